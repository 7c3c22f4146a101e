r"""Simulators with less variance: part of the randomness is replaced by its exact conditional mean.

Only plain algebra of the data law is integrated out, never a moment of the weights, which the closed forms are about:

- normal parents: given the weight, :math:`\tilde x \sim N(0, S)` with :math:`S = \lambda^2 + (1 - \lambda)^2`;
- exponential parents: :math:`x_i + x_j = T` and :math:`x_i / T = U` are independent, T is Gamma(2), U uniform, hence
  :math:`\tilde x = T a` with :math:`a = \lambda U + (1 - \lambda)(1 - U)` and :math:`E T^k = (k + 1)!`.

The returned statistics are bounded (weights are), where the raw powers have heavy tails.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import special

from mixtheory._jit import jit
from mixtheory._validation import check_integer, check_real
from mixtheory.mixing.kernels.draws import Floats, check_call, check_law, chunks, raw_weights, width_of

__all__ = [
    "exponential_pair_powers",
    "exponential_pair_shares",
    "normal_pair_absolute",
    "normal_pair_cdf",
    "normal_pair_powers",
    "normal_pair_scales",
]


@jit
def _scales(weights: Floats, out: Floats) -> None:
    for i in range(weights.size):
        out[i] = weights[i] * weights[i] + (1.0 - weights[i]) * (1.0 - weights[i])


@jit
def _shares(weights: Floats, u: Floats, out: Floats) -> None:
    for i in range(weights.size):
        out[i] = weights[i] * u[i] + (1.0 - weights[i]) * (1.0 - u[i])


@jit
def _horner(coefficients: Floats, values: Floats) -> None:
    for i in range(values.size):
        result = 0.0
        for k in range(coefficients.size):
            result = result * values[i] + coefficients[k]
        values[i] = result


def normal_pair_scales(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw `n` independent values of :math:`S = \lambda^2 + (1 - \lambda)^2`.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of values.
    alpha, beta, eps0, eps1 : float
        The weight law.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> bool(normal_pair_scales(np.random.default_rng(1), 100, 1.0, 1.0).min() >= 0.5)
    True
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    out = np.empty(n)
    for slot in chunks(n):
        _scales(raw_weights(rng, width_of(slot), *law), out[slot])
    return out


def normal_pair_powers(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0, *, power: int = 4
) -> NDArray[np.float64]:
    r"""Draw :math:`E[\tilde x^k | \lambda] = (k - 1)!! S^{k/2}` for standard normal parents and an even power k.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `normal_pair_scales`.
    power : int, default 4
        The even exponent k, at least 2.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the power is odd (the mean is then 0 by symmetry).
    """
    power = check_integer("power", power, low=2)
    if power % 2:
        raise ValueError(f"power must be even, got {power}")
    values = normal_pair_scales(rng, n, alpha, beta, eps0, eps1)
    coefficients = np.zeros(power // 2 + 1)
    coefficients[0] = math.prod(range(1, power, 2))
    _horner(coefficients, values)
    return values


def normal_pair_absolute(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw :math:`E[|\tilde x| \,|\, \lambda] = \sqrt{2 S / \pi}` for standard normal parents.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `normal_pair_scales`.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `normal_pair_scales`.
    """
    values = normal_pair_scales(rng, n, alpha, beta, eps0, eps1)
    result: NDArray[np.float64] = np.sqrt(values * (2.0 / math.pi))
    return result


def normal_pair_cdf(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0, *, point: float
) -> NDArray[np.float64]:
    r"""Draw :math:`P(\tilde x \le x | \lambda) = \Phi(x / \sqrt S)` for standard normal parents.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `normal_pair_scales`.
    point : float
        The point x.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `normal_pair_scales`.
    """
    point = check_real("point", point)
    values = normal_pair_scales(rng, n, alpha, beta, eps0, eps1)
    result: NDArray[np.float64] = special.ndtr(point / np.sqrt(values))
    return result


def exponential_pair_shares(
    rng: Generator, n: int, alpha: float, beta: float, eps0: float = 0.0, eps1: float = 0.0
) -> NDArray[np.float64]:
    r"""Draw :math:`a = \lambda U + (1 - \lambda)(1 - U)`; a mix of exponential parents is Gamma(2) times a.

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `normal_pair_scales`.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `normal_pair_scales`.
    """
    n = check_call(rng, n)
    law = check_law(alpha, beta, eps0, eps1)
    out = np.empty(n)
    for slot in chunks(n):
        size = width_of(slot)
        _shares(raw_weights(rng, size, *law), rng.random(size), out[slot])
    return out


def exponential_pair_powers(
    rng: Generator,
    n: int,
    alpha: float,
    beta: float,
    eps0: float = 0.0,
    eps1: float = 0.0,
    *,
    power: int = 2,
    center: float = 1.0,
) -> NDArray[np.float64]:
    r"""Draw the mean of :math:`(\tilde x - c)^k` given a: :math:`\sum_j \binom{k}{j} (j + 1)! \, a^j (-c)^{k-j}`.

    The parents are Exponential(1).

    Parameters
    ----------
    rng, n, alpha, beta, eps0, eps1
        As in `normal_pair_scales`.
    power : int, default 2
        The exponent k, at least 1.
    center : float, default 1
        The centre c; 1 is the population mean.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    TypeError, ValueError
        As in `normal_pair_scales`.
    """
    power = check_integer("power", power, low=1)
    center = check_real("center", center)
    values = exponential_pair_shares(rng, n, alpha, beta, eps0, eps1)
    coefficients = [math.comb(power, j) * math.factorial(j + 1) * (-center) ** (power - j) for j in range(power + 1)]
    _horner(np.array(coefficients[::-1]), values)
    return values
