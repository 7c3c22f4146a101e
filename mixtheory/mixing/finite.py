r"""Finite samples: what mixing does to the moments of a table of n rows, for every way to pair the rows.

Given data x with plug-in variance S^2 (divisor n) and sample variance s^2 (divisor n - 1), a synthetic row is
lambda x_i + (1 - lambda) x_j. Pairing schemes:

- ``"independent"``: i and j drawn independently with replacement, so a row meets itself with probability 1/n;
- ``"distinct"``: a uniformly drawn pair i != j for every synthetic row;
- ``"permutation"``: row i with row pi(i) of one uniform permutation, its own lambda for every row;
- ``"derangement"``: row i with its successor on one uniformly random cycle through all rows, lambda as above;
- ``"shared"``: a uniform permutation and one lambda for the whole batch.

Section 4 of the theory note; every formula is tagged [D]: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from mixtheory._validation import check_choice, check_integer, check_matrix, check_real, check_reals
from mixtheory.mixing.laws import Real, plain
from mixtheory.mixing.moments import fourth_central_moment, third_central_moment
from mixtheory.mixing.weights import EpBeta

__all__ = [
    "PAIRINGS",
    "batch_variance",
    "batch_variance_factor",
    "compensated_eps",
    "generation_mean_variance",
    "generation_variance_factor",
    "mean_variance_factor",
    "naive_coverage",
    "neutral_r",
    "point_fourth_moment",
    "point_third_moment",
    "point_variance",
]

PAIRINGS = ("independent", "distinct", "permutation", "derangement", "shared")


def _sample(data: ArrayLike) -> tuple[NDArray[np.float64], int]:
    """Return the centred sample and its size, at least two."""
    x = check_matrix("data", data, ndim=1, min_rows=2)
    return x - np.mean(x), x.size


def _moment(x: NDArray[np.float64], k: int) -> float:
    """Return the plug-in central moment of a centred sample."""
    return float(np.mean(x**k))


def _deviation_scale(n: int, pairing: str) -> float:
    """Return the factor on the deviation from the law of the data when a row cannot meet itself.

    A pair with replacement is a row twice (probability 1/n), which mixes to itself, or a distinct pair. So for any
    functional linear in the law the deviation is n / (n - 1) times larger for distinct pairs. A row of a uniform
    permutation is a pair with replacement, a row of a random cycle is a distinct pair.
    """
    return n / (n - 1) if pairing in ("distinct", "derangement") else 1.0


def _point_moment(data_moment: Real, replaced_moment: Real, n: int, pairing: str) -> Real:
    """Return a central moment of one synthetic row from the same moment of the data and of a pair with replacement."""
    return data_moment + _deviation_scale(n, pairing) * (replaced_moment - data_moment)


def _check_scheme(n: int, pairing: str) -> tuple[int, str]:
    return check_integer("n", n, low=2), check_choice("pairing", pairing, PAIRINGS)


def point_variance(law: EpBeta, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Variance of one synthetic row given the data.

    .. math:: (1 - 2 r) S^2 \ \text{(independent, permutation, shared)}, \qquad
              (1 - 2 r \tfrac{n}{n-1}) S^2 \ \text{(distinct, derangement)}.

    Parameters
    ----------
    law : EpBeta
    data : array_like, shape (n,)
        At least two finite values.
    pairing : str
        One of `PAIRINGS`.

    Raises
    ------
    ValueError
        If the data have fewer than two rows, are not finite or not one-dimensional, or the pairing is unknown.

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_variance(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 6))
    5.926667
    """
    x, n = _sample(data)
    check_choice("pairing", pairing, PAIRINGS)
    return _plug_in_variance_factor(law, n, pairing) * _moment(x, 2)


def _plug_in_variance_factor(law: EpBeta, n: int, pairing: str) -> Real:
    """Return the variance of one synthetic row divided by the plug-in variance of the data."""
    return _point_moment(1.0, law.variance_factor, n, pairing)


def point_third_moment(law: EpBeta, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Third central moment of one synthetic row given the data: m_3 (1 - 3 r), with r n / (n - 1) for distinct pairs.

    Parameters and errors as for `point_variance`. Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_third_moment(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 6))
    11.286
    """
    x, n = _sample(data)
    check_choice("pairing", pairing, PAIRINGS)
    third = _moment(x, 3)
    return _point_moment(third, third_central_moment(law, third), n, pairing)


def point_fourth_moment(law: EpBeta, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Fourth central moment of one synthetic row given the data.

    .. math:: m_4 + c \, [(2 q_2 - 4 r) m_4 + 6 q_2 m_2^2]

    with c = 1, or n / (n - 1) for distinct pairs.

    Parameters and errors as for `point_variance`. Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_fourth_moment(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 4))
    88.9272
    """
    x, n = _sample(data)
    check_choice("pairing", pairing, PAIRINGS)
    fourth = _moment(x, 4)
    replaced = fourth_central_moment(law, fourth, _moment(x, 2))
    return _point_moment(fourth, replaced, n, pairing)


def mean_variance_factor(law: EpBeta, n: int, pairing: str = "independent", size: int | None = None) -> Real:
    r"""Variance of the mean of a synthetic batch given the data, divided by S^2.

    .. math:: \rho / N, \quad (1 - 2 r \tfrac{n}{n-1}) / N, \quad 2 v / n, \quad 2 v / (n - 1), \quad 0

    for independent, distinct, permutation, derangement and shared, with v = Var lambda.

    Parameters
    ----------
    law : EpBeta
    n : int
        Rows of the data, at least 2.
    pairing : str
        One of `PAIRINGS`.
    size : int, optional
        Rows N of the batch; n by default, and always n for the pairings that use each row once.

    Raises
    ------
    ValueError
        If n or size is out of range, the pairing is unknown, or a size is given that the pairing cannot have.

    Notes
    -----
    Section 4 [D]: derived in this project. Under a permutation the mean moves by (1/n) sum lambda_i (x_i - x_pi(i)).

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(mean_variance_factor(EpBeta.preserving_symmetric(1.0), 10, "permutation"), 12))
    0.05
    """
    n, pairing = _check_scheme(n, pairing)
    rows = n if size is None else check_integer("size", size, low=1)
    if pairing in ("independent", "distinct"):
        return _plug_in_variance_factor(law, n, pairing) / rows
    if rows != n:
        raise ValueError(f"size must be n = {n} for pairing {pairing!r}, which uses every row once, got {rows}")
    if pairing == "shared":
        return 0.0
    return _deviation_scale(n, pairing) * 2 * law.var / n


def batch_variance_factor(law: EpBeta, n: int, pairing: str = "independent") -> Real:
    r"""Factor per generation: expected sample variance of a batch of n synthetic rows over that of the data.

    .. math:: (1 - 2 r)(1 - \tfrac1n), \quad \tfrac{n-1}{n} - 2 r, \quad 1 - 2 r - \tfrac{2 v}{n}, \quad
              1 - 2 r \tfrac{n}{n-1} - \tfrac{2 v}{n-1}, \quad 1 - 2 r

    for independent, distinct, permutation, derangement and shared. All follow from one identity: the expected plug-in
    variance of a batch is the variance of a row minus the variance of the batch mean.

    Parameters
    ----------
    law : EpBeta
    n : int
        Rows of the data and of the batch, at least 2.
    pairing : str
        One of `PAIRINGS`.

    Raises
    ------
    ValueError
        If n is below 2 or the pairing is unknown.

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(batch_variance_factor(Beta(1.0, 1.0), 10, "distinct"), 12))
    0.566666666667
    """
    n, pairing = _check_scheme(n, pairing)
    return _plug_in_variance_factor(law, n, pairing) - mean_variance_factor(law, n, pairing)


def batch_variance(law: EpBeta, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Sample variance (divisor n - 1) of a batch of n synthetic rows, expected given the data.

    Parameters and errors as for `point_variance`. Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(batch_variance(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "independent"), 6))
    6.773333
    """
    x, n = _sample(data)
    return batch_variance_factor(law, n, pairing) * _moment(x, 2) * n / (n - 1)


def generation_variance_factor(law: EpBeta, n: int, pairing: str, generations: int) -> Real:
    r"""E s_t^2 / s_0^2 after t generations of n rows: the t-th power of `batch_variance_factor`.

    Parameters and errors as for `generation_mean_variance`. Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(generation_variance_factor(EpBeta.preserving_symmetric(1.0), 10, "independent", 5), 6))
    0.59049
    """
    return batch_variance_factor(law, n, pairing) ** check_integer("generations", generations, low=0)


def generation_mean_variance(law: EpBeta, n: int, pairing: str, generations: int, variance: ArrayLike = 1.0) -> Real:
    r"""Variance of the sample mean of generation t over data and mixing, for n iid rows of variance sigma^2 at t = 0.

    .. math:: Var(\bar x_t) = \frac{\sigma^2}{n} \Big[1 + (n - 1) c \sum_{s < t} f^s\Big]

    with f the `batch_variance_factor` and c the `mean_variance_factor`; independent pairs:
    (sigma^2 / n)(1 - f^{t+1}) / (1 - f).

    Parameters
    ----------
    law : EpBeta
    n, pairing, generations
        Rows of every generation (at least 2), one of `PAIRINGS`, number of generations.
    variance : array_like
        Population variance sigma^2.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Section 4 [D]: derived in this project (the means are a martingale, so variances of increments add up).

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(generation_mean_variance(EpBeta.preserving_symmetric(1.0), 10, "independent", 5), 6))
    0.468559
    """
    t = check_integer("generations", generations, low=0)
    sigma2 = check_reals("variance", variance, low=0, closed="left")
    survived: Real = sum((generation_variance_factor(law, n, pairing, s) for s in range(t)), start=0.0)
    return sigma2 / n * (1 + (n - 1) * mean_variance_factor(law, n, pairing) * survived)


def naive_coverage(law: EpBeta, pairing: str = "independent", level: float = 0.95) -> Real:
    r"""Asymptotic coverage of mu by the usual interval computed from one synthetic batch as large as the data.

    .. math:: 2 \Phi\big(z \sqrt{\rho / (1 + c)}\big) - 1

    where sigma^2 c / n is the variance of the batch mean given the data: c = rho for pairs, 2 v for a permutation or a
    cycle, and 0 for one shared weight. The interval believes in sigma^2 rho / n; the truth is sigma^2 (1 + c) / n.

    Parameters
    ----------
    law : EpBeta
    pairing : str
        One of `PAIRINGS`.
    level : float
        Nominal level in (0, 1).

    Raises
    ------
    ValueError
        If the pairing is unknown or the level is outside (0, 1).

    Notes
    -----
    Section 4 [D]: derived in this project; leading order as n grows.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(naive_coverage(Beta(1.0, 1.0)), 4))
    0.7849
    """
    check_choice("pairing", pairing, PAIRINGS)
    z = ndtri((1 + check_real("level", level, low=0, high=1)) / 2)
    spread = {"permutation": 2 * law.var, "derangement": 2 * law.var, "shared": 0.0}.get(pairing, law.variance_factor)
    return 2 * plain(ndtr(z * np.sqrt(law.variance_factor / (1 + spread)))) - 1


def neutral_r(n: int, pairing: str = "independent", mean: float = 0.5) -> float:
    r"""Value of r at which E s^2 stays constant over generations of n rows.

    .. math:: -\frac{1}{2 (n - 1)}, \quad -\frac{1}{2 n}, \quad -\frac{m (1 - m)}{n - 1}, \quad
              -\frac{m (1 - m)}{n - 1}, \quad 0

    for independent, distinct, permutation, derangement and shared; m = E lambda matters only for permutation and
    derangement, where v = m (1 - m) - r.

    Parameters
    ----------
    n, pairing
        Rows of every generation (at least 2), one of `PAIRINGS`.
    mean : float
        Mean of lambda, in (0, 1).

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> neutral_r(10, "distinct")
    -0.05
    """
    n, pairing = _check_scheme(n, pairing)
    m = check_real("mean", mean, low=0, high=1)
    if pairing == "independent":
        return -1 / (2 * (n - 1))
    if pairing == "distinct":
        return -1 / (2 * n)
    if pairing == "shared":
        return 0.0
    return -m * (1 - m) / (n - 1)


def compensated_eps(alpha: float, r: float) -> float:
    r"""Expansion eps0 = eps1 = eps that gives the symmetric law EpBeta(alpha, alpha; eps, eps) a wanted r.

    .. math:: (1 + 2 \epsilon)^2 = (1 - 4 r)(2 \alpha + 1).

    With r from `neutral_r` this law keeps the expected variance of a finite table over generations.

    Raises
    ------
    ValueError
        If alpha is not positive or no eps >= 0 gives this r, which needs r <= alpha / (2 (2 alpha + 1)).

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> round(compensated_eps(1.0, neutral_r(10, "independent")), 4)
    0.4574
    """
    a = check_real("alpha", alpha, low=0)
    squared_width = (1 - 4 * check_real("r", r)) * (2 * a + 1)
    if squared_width < 1:
        raise ValueError(f"r must be <= alpha / (2 (2 alpha + 1)) = {a / (4 * a + 2):g} for eps >= 0, got {r!r}")
    return float((np.sqrt(squared_width) - 1) / 2)
