r"""Wald statistics of local symmetry on two uniform classes, one a replicate.

The classes are :math:`X \mid 0 = -e_1 + diag(2, 1, \ldots, 1) U` and :math:`X \mid 1 = b e_1 + U` with independent
:math:`U_j` uniform on :math:`[-\sqrt 3, \sqrt 3]`; the loss is :math:`(x'\theta - y + 1/2)^2` and the pilot its
balanced least-squares fit.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_flag, check_generator, check_integer, check_real

__all__ = ["wald_statistics"]

Floats: TypeAlias = NDArray[np.float64]

# Coordinates are stored one after the other. Each sum is kept in so many lanes and added up at the end: the compiler
# may not reorder a sum, but it vectorises the lanes. A power of 2 would put the lanes on the same lines of the cache.
_LANES = 120
# random numbers that are drawn at once: enough to hide the call, few enough for the cache of a core
_DRAWS = 32_768
# a Cholesky pivot of less than this share of its diagonal entry is taken for zero
_DEFICIENT = 1e-12


@jit
def _add_products(x: Floats, y: Floats, lanes: Floats) -> None:
    for i in range(x.size):
        lanes[i] += x[i] * y[i]


@jit
def _total(lanes: Floats) -> float:
    # one sum would wait for each addition; _LANES is a multiple of 4
    a0 = a1 = a2 = a3 = 0.0
    for i in range(0, lanes.size, 4):
        a0 += lanes[i]
        a1 += lanes[i + 1]
        a2 += lanes[i + 2]
        a3 += lanes[i + 3]
    return (a0 + a1) + (a2 + a3)


@jit
def _collect(sums: Floats, n: int, mean: Floats, second: Floats) -> None:
    """Add up the lanes: of each coordinate its sum, and its products with itself and those before."""
    place = 0
    for j in range(mean.size):
        mean[j] = _total(sums[place]) / n
        for k in range(j + 1):
            second[j, k] = _total(sums[place + k + 1]) / n
            second[k, j] = second[j, k]
        place += j + 2


@jit
def _class_moments(x: Floats, shift: float, scale: float, sums: Floats, mean: Floats, second: Floats) -> None:
    """Turn uniform numbers on [0, 1) (d, n) into rows of a class in place; write the means of x and xx'."""
    d, n = x.shape
    spread = math.sqrt(12.0)
    sums[:] = 0.0
    for start in range(0, n, _LANES):
        stop = min(start + _LANES, n)
        place = 0
        for j in range(d):
            factor = spread * scale if j == 0 else spread
            offset = (shift if j == 0 else 0.0) - 0.5 * factor
            column, lanes = x[j, start:stop], sums[place]
            for i in range(column.size):
                value = offset + factor * column[i]
                column[i] = value
                lanes[i] += value
            for k in range(j + 1):
                _add_products(column, x[k, start:stop], sums[place + k + 1])
            place += j + 2
    _collect(sums, n, mean, second)


@jit
def _score_moments(
    x: Floats, theta: Floats, target: float, sums: Floats, work: Floats, mean: Floats, covariance: Floats
) -> None:
    """Write the mean and the covariance of the scores 2 x (x'theta - target)."""
    d, n = x.shape
    sums[:] = 0.0
    for start in range(0, n, _LANES):
        stop = min(start + _LANES, n)
        error = work[d, : stop - start]
        error[:] = -2.0 * target
        for j in range(d):
            slope, column = 2.0 * theta[j], x[j, start:stop]
            for i in range(column.size):
                error[i] += slope * column[i]
        place = 0
        for j in range(d):
            score, column, lanes = work[j, : stop - start], x[j, start:stop], sums[place]
            for i in range(column.size):
                value = column[i] * error[i]
                score[i] = value
                lanes[i] += value
            for k in range(j + 1):
                _add_products(score, work[k, : stop - start], sums[place + k + 1])
            place += j + 2
    _collect(sums, n, mean, covariance)
    for j in range(d):
        for k in range(d):
            covariance[j, k] = (covariance[j, k] - mean[j] * mean[k]) * (n / (n - 1))


@jit
def _factor(a: Floats) -> bool:
    """Replace the lower triangle by the Cholesky factor; return whether the rank is full."""
    for j in range(a.shape[0]):
        pivot = a[j, j]
        for k in range(j):
            pivot -= a[j, k] * a[j, k]
        if not pivot > _DEFICIENT * a[j, j]:
            return False
        a[j, j] = math.sqrt(pivot)
        for i in range(j + 1, a.shape[0]):
            entry = a[i, j]
            for k in range(j):
                entry -= a[i, k] * a[j, k]
            a[i, j] = entry / a[j, j]
    return True


@jit
def _forward(a: Floats, v: Floats) -> None:
    for i in range(v.size):
        for k in range(i):
            v[i] -= a[i, k] * v[k]
        v[i] /= a[i, i]


@jit
def _solve(a: Floats, v: Floats) -> None:
    """Replace `v` by the solution of L L' x = v."""
    _forward(a, v)
    for i in range(v.size - 1, -1, -1):
        for k in range(i + 1, v.size):
            v[i] -= a[k, i] * v[k]
        v[i] /= a[i, i]


@jit
def _add_sandwich(second: Floats, sign: float, factor: Floats, covariance: Floats, n: int, total: Floats) -> None:
    """Add M C M' / n to `total` for M = sign * 2 second (factor factor')^{-1}."""
    d = second.shape[0]
    rows, product = np.empty((d, d)), np.empty(d)
    for i in range(d):
        for j in range(d):
            rows[i, j] = 2.0 * sign * second[i, j]
        _solve(factor, rows[i])
    for i in range(d):
        for j in range(d):
            product[j] = 0.0
            for k in range(d):
                product[j] += rows[i, k] * covariance[k, j]
        for j in range(i + 1):
            for k in range(d):
                total[i, j] += product[k] * rows[j, k] / n


@jit
def _statistic(
    total: Floats,
    v: Floats,
    seconds: Floats,
    gap: Floats,
    covariances: Floats,
    n0: int,
    n1: int,
    corrected: bool,
) -> float:
    """Return the Wald statistic from the moments of both classes; `total` is the factor of the sum of E xx'."""
    d = gap.size
    for i in range(d):
        for j in range(d):
            v[i, j] = 0.0 if corrected else covariances[0, i, j] / n0 + covariances[1, i, j] / n1
    if corrected:
        # A_0 = H_1 H^{-1}, A_1 = -H_0 H^{-1}; the Hessians are 2 E xx', so H is the sum of E xx' over the classes
        _add_sandwich(seconds[1], 1.0, total, covariances[0], n0, v)
        _add_sandwich(seconds[0], -1.0, total, covariances[1], n1, v)
    if not _factor(v):
        return math.nan
    _forward(v, gap)
    value = 0.0
    for j in range(d):
        value += gap[j] * gap[j]
    return value


@jit
def _statistics(draws: Floats, d: int, n0: int, n1: int, b: float, corrected: bool, out: Floats) -> None:
    means, seconds = np.empty((2, d)), np.empty((2, d, d))
    gradients, covariances = np.empty((2, d)), np.empty((2, d, d))
    theta, gap, total, v = np.empty(d), np.empty(d), np.empty((d, d)), np.empty((d, d))
    sums, work = np.empty((d * (d + 3) // 2, _LANES)), np.empty((d + 1, _LANES))
    for r in range(out.size):
        majority = draws[r, : n0 * d].reshape(d, n0)
        minority = draws[r, n0 * d :].reshape(d, n1)
        _class_moments(majority, -1.0, 2.0, sums, means[0], seconds[0])
        _class_moments(minority, b, 1.0, sums, means[1], seconds[1])
        for j in range(d):
            theta[j] = (means[1, j] - means[0, j]) / 2.0
            for k in range(d):
                total[j, k] = seconds[0, j, k] + seconds[1, j, k]
        if not _factor(total):
            out[r] = math.nan
            continue
        _solve(total, theta)
        _score_moments(majority, theta, -0.5, sums, work, gradients[0], covariances[0])
        _score_moments(minority, theta, 0.5, sums, work, gradients[1], covariances[1])
        for j in range(d):
            gap[j] = gradients[0, j] - gradients[1, j]
        out[r] = _statistic(total, v, seconds, gap, covariances, n0, n1, corrected)


def wald_statistics(
    rng: Generator,
    replicates: int,
    d: int,
    b: float,
    n_majority: int,
    n_minority: int,
    *,
    pilot_corrected: bool = True,
) -> NDArray[np.float64]:
    r"""Draw Wald statistics of local symmetry.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
        Number of independent data sets, at least 1.
    d : int
        Dimension, at least 1.
    b : float
        Shift of the minority; the classes are locally symmetric at :math:`(5 - \sqrt{21})/2`.
    n_majority, n_minority : int
        Rows of each class, more than d.
    pilot_corrected : bool, default True
        Whether the covariance of the gap allows for the estimation of the pilot. False takes
        :math:`S_0/n_0 + S_1/n_1`, which is too small here.

    Returns
    -------
    ndarray, shape (replicates,)
        nan where a matrix is singular to rounding.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    At the null the mean is about d for large classes.

    >>> import numpy as np
    >>> draws = wald_statistics(np.random.default_rng(1), 2000, 3, (5 - 21**0.5) / 2, 500, 500)
    >>> bool(abs(draws.mean() - 3) < 0.4)
    True
    """
    check_generator(rng)
    replicates = check_integer("replicates", replicates, low=1)
    d = check_integer("d", d, low=1)
    b = check_real("b", b)
    n0 = check_integer("n_majority", n_majority, low=d + 1)
    n1 = check_integer("n_minority", n_minority, low=d + 1)
    corrected = check_flag("pilot_corrected", pilot_corrected)
    numbers = d * (n0 + n1)
    buffer = np.empty((min(replicates, max(1, _DRAWS // numbers)), numbers))
    out = np.empty(replicates)
    for start in range(0, replicates, len(buffer)):
        part = out[start : start + len(buffer)]
        draws = buffer[: part.size]
        rng.random(out=draws)
        _statistics(draws, d, n0, n1, b, corrected, part)
    return out
