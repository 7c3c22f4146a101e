r"""Normalised p-series weights :math:`w_{(k)} = k^{-\gamma}/H_{T,\gamma}` of T parents: sums, entropy, thresholds.

:math:`H_{T,\gamma} = \sum_{k\le T} k^{-\gamma}` is the generalised harmonic number and, for infinitely many parents,
the zeta function. The weights are those of zeta-mixup (K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43,
2024); unless a docstring says otherwise the formulas below are derived in this project.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from scipy.optimize import brentq

from mixtheory._validation import check_flag, check_integer, check_reals, check_sequence, shown
from mixtheory.mixing.laws import Real, plain

__all__ = [
    "distinct_outputs",
    "dominance_threshold",
    "dominant_weight",
    "entropy",
    "gini_simpson",
    "harmonic",
    "matching_gamma",
    "power_sum",
]

Array = NDArray[np.float64]

# Terms before this one are added one by one, the others by the Euler-Maclaurin formula with this many corrections.
_START = 32
_ORDER = 8
_CORRECTIONS = special.bernoulli(2 * _ORDER)[2::2] / special.factorial(2 * np.arange(1, _ORDER + 1))

# Coefficients of the derivative of exprel at 0, highest power first, for arguments below this size.
_SLOPE = 1 / (special.factorial(np.arange(18)) * np.arange(2, 20))[::-1]
_NEAR = 0.5

# 2^-gamma underflows well before this exponent.
_LARGEST = 2000.0

# More parents than this add nothing at the end of a convergent series.
_MANY = 1e300

# One parent dominates at this gamma whatever T, zeta(2) < 2; and from the other one on, H - 1 <= 2^(1 - gamma).
_DOMINATED = 2.0
_DECAYING = 3.0

_XTOL = 1e-16
_RTOL = 4 * np.finfo(np.float64).eps


def _check_parents(n_parents: Any) -> float:
    """Return the number of parents as a float: an integer >= 2, or infinity."""
    if isinstance(n_parents, (float, np.floating)) and math.isinf(n_parents) and n_parents > 0:
        return math.inf
    count = check_integer("n_parents", n_parents, low=2)
    if count > 1e300:
        raise ValueError("n_parents must be at most 1e300, or infinity, got a larger integer")
    return float(count)


def _check_gamma(gamma: ArrayLike, parents: float) -> Array:
    """Return exponents >= 0, more than 1 for infinitely many parents, up to where all other weights underflow."""
    infinite = math.isinf(parents)
    values = check_reals("gamma", gamma, low=1.0) if infinite else check_reals("gamma", gamma, low=0.0, closed="left")
    return np.minimum(values, _LARGEST)


def _tail_integrals(gamma: Array, length: float) -> tuple[Array, Array]:
    r"""Return the integrals of :math:`x^{-\gamma}` and :math:`x^{-\gamma}\ln x` from `_START` to `_START` e^length."""
    base = _START ** (1 - gamma)
    if math.isinf(length):
        plain_part = base / (gamma - 1)
        return plain_part, plain_part * (math.log(_START) + 1 / (gamma - 1))
    u = (1 - gamma) * length
    ratio = special.exprel(u)
    # derivative of exprel, by its series where the quotient cancels
    slope = np.asarray(np.polyval(_SLOPE, u))
    np.divide(np.exp(u) - ratio, u, out=slope, where=np.abs(u) >= _NEAR)
    return base * length * ratio, base * length * (math.log(_START) * ratio + length * slope)


def _sums(parents: float, gamma: Array) -> tuple[Array, Array]:
    r"""Return the sums of :math:`k^{-\gamma}` and :math:`k^{-\gamma}\ln k` over k = 2, ..., T, to full precision.

    The Euler-Maclaurin formula from `_START` on makes the work independent of T. The second sum is minus the
    derivative of the first, and so is each of its corrections.
    """
    k = np.arange(2.0, min(parents + 1, _START))
    terms = k ** -gamma[..., np.newaxis]
    total, logs = terms.sum(axis=-1), (terms * np.log(k)).sum(axis=-1)
    if parents < _START:
        return total, logs
    log_start, log_parents = math.log(_START), math.log(min(parents, _MANY))
    integral, log_integral = _tail_integrals(gamma, math.log(parents / _START))
    first, last = np.exp(-gamma * log_start), np.exp(-gamma * log_parents)
    total, logs = total + integral, logs + log_integral
    total, logs = total + (first + last) / 2, logs + (first * log_start + last * log_parents) / 2
    # rising factorial gamma (gamma + 1) ... of 2j - 1 factors, and its derivative
    rising, slope = gamma, np.ones_like(gamma)
    for j, correction in enumerate(_CORRECTIONS, start=1):
        power = 2 * j - 1
        first_power, last_power = first * math.exp(-power * log_start), last * math.exp(-power * log_parents)
        total = total + correction * rising * (first_power - last_power)
        drop = first_power * log_start - last_power * log_parents
        logs = logs + correction * (rising * drop - slope * (first_power - last_power))
        for factor in (gamma + power, gamma + power + 1):
            rising, slope = rising * factor, slope * factor + rising
    return total, logs


def harmonic(n_parents: int | float, gamma: ArrayLike) -> Real:
    r"""Return the generalised harmonic number :math:`H_{T,\gamma} = \sum_{k=1}^T k^{-\gamma}`, or zeta(gamma).

    Parameters
    ----------
    n_parents : int or inf
        Number T >= 2 of terms; the time does not depend on it.
    gamma : float or array_like
        Exponent, >= 0, and > 1 for infinitely many terms.

    Returns
    -------
    float or ndarray, shape of `gamma`

    Raises
    ------
    ValueError
        If an argument is outside its range.
    TypeError
        If `n_parents` is no integer or `gamma` is not real.

    Notes
    -----
    The normalising constant C of the weights of Abhishek, Brown and Hamarneh (2024); note 02, C1 [paper].

    Examples
    --------
    >>> round(harmonic(4, 1.0), 6), round(harmonic(float("inf"), 2.0), 6)
    (2.083333, 1.644934)
    """
    parents = _check_parents(n_parents)
    return plain(1 + _sums(parents, _check_gamma(gamma, parents))[0])


def power_sum(r: int, gamma: ArrayLike, n_parents: int | float) -> Real:
    r"""Return :math:`A_r = \sum_k w_{(k)}^r = H_{T,r\gamma} / H_{T,\gamma}^r`, the factor of the r-th cumulant.

    Parameters
    ----------
    r : int
        Order, >= 0, and >= 1 for infinitely many parents.
    gamma : float or array_like
        As in `harmonic`.
    n_parents : int or inf
        Number T >= 2 of parents.

    Returns
    -------
    float or ndarray, shape of `gamma`

    Raises
    ------
    ValueError
        If an argument is outside its range.
    TypeError
        If `r` or `n_parents` is no integer or `gamma` is not real.

    Notes
    -----
    Note 02, C6 [derived]: derived in this project. Infinitely many parents: 2/5 at gamma 2 and 6/7 at gamma 4.

    Examples
    --------
    >>> round(power_sum(2, 2.0, float("inf")), 12), round(power_sum(2, 2.8, 32), 5)
    (0.4, 0.6592)
    """
    parents = _check_parents(n_parents)
    exponent = _check_gamma(gamma, parents)
    order = check_integer("r", r, low=1 if math.isinf(parents) else 0)
    total, scaled = (1 + _sums(parents, g)[0] for g in (exponent, np.minimum(order * exponent, _LARGEST)))
    with np.errstate(over="ignore"):
        return plain(scaled / total**order)


def gini_simpson(gamma: ArrayLike, n_parents: int | float) -> Real:
    r"""Return the Gini-Simpson index :math:`1 - A_2` of the weights, without cancellation where it is small.

    With :math:`e_r = H_{T,r\gamma} - 1` it is :math:`(2 e_1 + e_1^2 - e_2) / (1 + e_1)^2`.

    Parameters, returned shape and errors as in `harmonic`. Note 02, C6 [derived]: derived in this project.

    Examples
    --------
    >>> round(gini_simpson(4.0, float("inf")) * 7, 12)
    1.0
    """
    parents = _check_parents(n_parents)
    exponent = _check_gamma(gamma, parents)
    first, second = _sums(parents, exponent)[0], _sums(parents, 2 * exponent)[0]
    return plain((2 * first + (first**2 - second)) / (1 + first) ** 2)


def dominant_weight(gamma: ArrayLike, n_parents: int | float) -> Real:
    r"""Return the largest weight :math:`w_{(1)} = 1 / H_{T,\gamma}`.

    Parameters, returned shape and errors as in `harmonic`. Note 02, C1 [paper].

    Examples
    --------
    >>> round(dominant_weight(2.8, 32), 5)
    0.80258
    """
    return plain(1 / np.asarray(harmonic(n_parents, gamma)))


def entropy(gamma: ArrayLike, n_parents: int | float) -> Real:
    r"""Return the entropy of the weights in nats, :math:`\ln H + \gamma H^{-1} \sum_k k^{-\gamma} \ln k`.

    For infinitely many parents it is :math:`\ln\zeta(\gamma) - \gamma\zeta'(\gamma)/\zeta(\gamma)`.

    Parameters, returned shape and errors as in `harmonic`. Note 02, C5 [derived]: derived in this project.

    Examples
    --------
    >>> round(entropy(2.8, float("inf")), 4), round(entropy(2.8, 32), 4)
    (0.7927, 0.7827)
    """
    parents = _check_parents(n_parents)
    exponent = _check_gamma(gamma, parents)
    total, logs = _sums(parents, exponent)
    return plain(np.log1p(total) + exponent * logs / (1 + total))


def dominance_threshold(n_parents: int | float) -> float:
    r"""Return the smallest gamma at which one parent weighs as much as all others: :math:`H_{T,\gamma} = 2`.

    H falls in gamma, so the first weight is at least 1/2 from this gamma on. The threshold grows with T from 0 at
    T = 2 to the root 1.7286472389982 of zeta(gamma) = 2; the latter suffices for every T and is necessary for none.

    Parameters
    ----------
    n_parents : int or inf
        Number T >= 2 of parents.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        If `n_parents` is no integer >= 2 and not infinite.

    Notes
    -----
    The limit, rounded up to 1.72865, is Theorem 1 of Abhishek, Brown and Hamarneh (2024) [paper]; thresholds for
    finite T: note 02, C2 [derived]: derived in this project.

    Examples
    --------
    >>> round(dominance_threshold(32), 6), round(dominance_threshold(float("inf")), 13)
    (1.650535, 1.7286472389982)
    """
    parents = _check_parents(n_parents)
    if parents == 2:
        return 0.0
    low = 1.5 if math.isinf(parents) else 0.0
    return float(brentq(lambda g: float(_sums(parents, np.asarray(g))[0]) - 1, low, _DOMINATED, xtol=_XTOL, rtol=_RTOL))


def matching_gamma(covariance_factor: ArrayLike, n_parents: int | float) -> Real:
    r"""Return the gamma whose weights have this covariance factor :math:`A_2`.

    :math:`A_2` grows with gamma from 1/T at 0 (from 0 at 1 for infinitely many parents) to 1, so there is one
    solution; for the factor :math:`(\alpha+1)/(2\alpha+1)` it makes zeta-mixup contract like mixup with
    Beta(alpha, alpha).

    Parameters
    ----------
    covariance_factor : float or array_like
        In (1/T, 1).
    n_parents : int or inf
        Number T >= 2 of parents.

    Returns
    -------
    float or ndarray, shape of `covariance_factor`

    Raises
    ------
    ValueError
        If an argument is outside its range.
    TypeError
        If `n_parents` is no integer or `covariance_factor` is not real.

    Notes
    -----
    Note 02, C10 [derived]: derived in this project.

    Examples
    --------
    >>> round(matching_gamma(2 / 3, 32), 4), round(matching_gamma(6 / 7, float("inf")), 12)
    (2.8311, 4.0)
    """
    parents = _check_parents(n_parents)
    factors = check_reals("covariance_factor", covariance_factor, low=1 / parents, high=1.0)
    return plain(np.reshape([_matching(float(factor), parents) for factor in factors.ravel()], factors.shape))


def _matching(factor: float, parents: float) -> float:
    """Solve A_2 = factor, in 1 - A_2 where that is the smaller one."""
    count = parents if math.isinf(parents) else int(parents)

    def excess(gamma: float) -> float:
        if factor > 0.5:
            return 1 - float(gini_simpson(gamma, count)) / (1 - factor)
        return float(power_sum(2, gamma, count)) / factor - 1

    low = math.nextafter(1.0, math.inf) if math.isinf(parents) else 0.0
    # 1 - A_2 <= 2 (H - 1) <= 2^(2 - gamma) is less than 1 - factor there
    high = max(_DECAYING, _DECAYING - math.log2(1 - factor))
    if excess(low) >= 0:
        return low
    return float(brentq(excess, low, high, xtol=_XTOL, rtol=_RTOL))


def distinct_outputs(n_parents: int, multiplicities: Sequence[int] | None = None, *, anchored: bool = False) -> int:
    r"""Return the number of different synthetic records that one batch of T rows and one gamma > 0 give.

    T! orders of T affinely independent rows, :math:`T!/\prod_j m_j!` if row j occurs :math:`m_j` times; with the
    largest weight on one given row, the orders of the others. At gamma = 0 the only record is the mean. With repeated
    rows there are fewer at isolated gamma, where sums of different weights coincide: at gamma = 1,
    1/2 + 1/12 = 1/3 + 1/4.

    Parameters
    ----------
    n_parents : int
        Number T >= 2 of rows.
    multiplicities : sequence of int, optional
        How often each different row occurs; they sum to `n_parents`. All rows differ by default.
    anchored : bool
        Whether the largest weight is that of the first row counted.

    Returns
    -------
    int

    Raises
    ------
    ValueError, TypeError
        If an argument is no integer, out of range, or the multiplicities do not sum to `n_parents`.

    Notes
    -----
    T! [paper]: Abhishek, Brown and Hamarneh (2024); the rest is note 02, C4 [derived]: derived in this project.

    Examples
    --------
    >>> distinct_outputs(6), distinct_outputs(6, [3, 2, 1]), distinct_outputs(6, anchored=True)
    (720, 60, 120)
    """
    total = check_integer("n_parents", n_parents, low=2)
    counts = [1] * total
    if multiplicities is not None:
        check_sequence("multiplicities", multiplicities)
        counts = [check_integer("multiplicities", count, low=1) for count in multiplicities]
        if sum(counts) != total:
            raise ValueError(f"multiplicities must sum to n_parents = {total}, got {shown(list(counts))}")
    if check_flag("anchored", anchored):
        counts, total = [counts[0] - 1, *counts[1:]], total - 1
    return math.factorial(total) // math.prod(map(math.factorial, counts))
