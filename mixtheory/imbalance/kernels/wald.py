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
from mixtheory._validation import check_flag, check_generator, check_integer, check_real, check_reals
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky, solve_lower
from mixtheory.imbalance.kernels.sandwiches import DEFICIENT, add_sandwich, common_fit, scaled_covariance

__all__ = ["gap_moments", "wald_statistics"]

Floats: TypeAlias = NDArray[np.float64]

# Coordinates are stored one after the other. Each sum is kept in so many lanes and added up at the end: the compiler
# may not reorder a sum, but it vectorises the lanes. A power of 2 would put the lanes on the same lines of the cache.
_LANES = 120
# random numbers that are drawn at once: enough to hide the call, few enough for the cache of a core
_DRAWS = 32_768


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
def _fill_covariance(
    v: Floats, total: Floats, seconds: Floats, covariances: Floats, n0: int, n1: int, corrected: bool
) -> None:
    """Write the covariance of the gap; `total` is the factor of the sum of E xx' over the classes."""
    d = len(v)
    for i in range(d):
        for j in range(d):
            v[i, j] = 0.0 if corrected else covariances[0, i, j] / n0 + covariances[1, i, j] / n1
    if corrected:
        # A_0 = H_1 H^{-1}, A_1 = -H_0 H^{-1}; the Hessians are 2 E xx', so H is the sum of E xx' over the classes
        add_sandwich(seconds[1], 1.0, total, covariances[0], n0, v)
        add_sandwich(seconds[0], -1.0, total, covariances[1], n1, v)


@jit
def _fill_moments(
    v: Floats, gap: Floats, scores: Floats, spreads: Floats, n0: int, n1: int, weights: Floats, out: Floats
) -> None:
    """Write the scaled squared gap, the scaled trace of its covariance, and the squared mean scores and their noise."""
    out[:] = 0.0
    for j in range(gap.size):
        out[0] += (weights[2, j] * gap[j]) ** 2
        out[1] += weights[2, j] ** 2 * v[j, j]
        out[2] += (weights[0, j] * scores[0, j] + weights[1, j] * scores[1, j]) ** 2
        out[3] += weights[0, j] ** 2 * spreads[0, j, j] / n0 + weights[1, j] ** 2 * spreads[1, j, j] / n1


@jit
def _statistics(
    draws: Floats,
    d: int,
    n0: int,
    n1: int,
    b: float,
    corrected: bool,
    hc3: bool,
    fixed: Floats,
    weights: Floats,
    out: Floats,
    moments: Floats,
) -> None:
    means, seconds = np.empty((2, d)), np.empty((2, d, d))
    gradients, covariances = np.empty((2, d)), np.empty((2, d, d))
    theta, gap, total, v = np.empty(d), np.empty(d), np.empty((d, d)), np.empty((d, d))
    factors, common = np.empty((2, d, d)), np.empty(d)
    sums, work = np.empty((d * (d + 3) // 2, _LANES)), np.empty((d + 1, _LANES))
    scores, spreads, weighted = np.empty((2, d)), np.empty((2, d, d)), np.any(weights)
    for r in range(out.size):
        out[r] = math.nan
        majority = draws[r, : n0 * d].reshape(d, n0)
        minority = draws[r, n0 * d :].reshape(d, n1)
        _class_moments(majority, -1.0, 2.0, sums, means[0], seconds[0])
        _class_moments(minority, b, 1.0, sums, means[1], seconds[1])
        for j in range(d):
            theta[j] = (means[1, j] - means[0, j]) / 2.0
            for k in range(d):
                total[j, k] = seconds[0, j, k] + seconds[1, j, k]
        if not cholesky(total, total, DEFICIENT):
            continue
        solve_cholesky(total, theta, theta)
        _score_moments(majority, theta, -0.5, sums, work, gradients[0], covariances[0])
        _score_moments(minority, theta, 0.5, sums, work, gradients[1], covariances[1])
        for j in range(d):
            gap[j] = gradients[0, j] - gradients[1, j]
        if hc3:
            factors[:] = seconds
            if not (cholesky(factors[0], factors[0], DEFICIENT) and cholesky(factors[1], factors[1], DEFICIENT)):
                continue
            if not common_fit(means, factors, covariances, n0, n1, common):
                continue
            scaled_covariance(majority, common, -0.5, factors[0], covariances[0])
            scaled_covariance(minority, common, 0.5, factors[1], covariances[1])
        _fill_covariance(v, total, seconds, covariances, n0, n1, corrected)
        if weighted:
            _score_moments(majority, fixed, -0.5, sums, work, scores[0], spreads[0])
            _score_moments(minority, fixed, 0.5, sums, work, scores[1], spreads[1])
            _fill_moments(v, gap, scores, spreads, n0, n1, weights, moments[r])
        if cholesky(v, v, DEFICIENT):
            solve_lower(v, gap, gap)
            out[r] = np.sum(gap * gap)


def wald_statistics(
    rng: Generator,
    replicates: int,
    d: int,
    b: float,
    n_majority: int,
    n_minority: int,
    *,
    pilot_corrected: bool = True,
    hc3: bool = False,
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
    hc3 : bool, default False
        Whether the score covariances are those at the efficient common fit, with each score divided by 1 - the leverage
        of its row in its class.

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
    zeros = np.zeros((4, check_integer("d", d, low=1)))
    return _draw(rng, replicates, zeros, b, (n_majority, n_minority), pilot_corrected, hc3)[0]


def gap_moments(
    rng: Generator,
    replicates: int,
    b: float,
    n_majority: int,
    n_minority: int,
    theta: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    pilot_corrected: bool = True,
) -> NDArray[np.float64]:
    r"""Draw squares of the estimated gap, traces of its estimated covariance, squares of mean scores and their noise.

    Parameters
    ----------
    rng, replicates, b, n_majority, n_minority, pilot_corrected
        As in `wald_statistics`.
    theta : ndarray, shape (d,)
    weights : ndarray, shape (3, d)
        Weights :math:`w_0, w_1` of the mean scores of the classes at `theta`, and :math:`w_2` of the gap.

    Returns
    -------
    ndarray, shape (replicates, 4)
        :math:`\sum_j (w_{2j} \hat g_j)^2`, :math:`\sum_j w_{2j}^2 \hat V_{jj}`,
        :math:`\sum_j (w_{0j} \bar s_{0j}(\theta) + w_{1j} \bar s_{1j}(\theta))^2` and
        :math:`\sum_{kj} w_{kj}^2 \hat S_{kjj}(\theta)/n_k` with sample covariances of the scores. Where the mean scores
        at `theta` have mean 0, the last two have the same mean: their difference is a control variate.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> gap_moments(np.random.default_rng(1), 3, 0.2, 50, 20, np.zeros(2), np.ones((3, 2))).shape
    (3, 4)
    """
    at = check_reals("theta", theta)
    rows = [check_reals("weights", row) for row in weights]
    if at.ndim != 1 or len(rows) != 3 or any(row.shape != at.shape for row in rows):
        raise ValueError(f"weights must have shape (3, {at.size}), got {np.shape(weights)}")
    return _draw(rng, replicates, np.stack([at, *rows]), b, (n_majority, n_minority), pilot_corrected, False)[1]


def _draw(
    rng: Generator,
    replicates: int,
    given: Floats,
    b: float,
    rows: tuple[int, int],
    pilot_corrected: bool,
    hc3: bool,
) -> tuple[Floats, Floats]:
    """Return statistics and moments; `given` holds theta and three weights, each (d,)."""
    check_generator(rng)
    replicates = check_integer("replicates", replicates, low=1)
    d = given.shape[1]
    b = check_real("b", b)
    n0 = check_integer("n_majority", rows[0], low=d + 1)
    n1 = check_integer("n_minority", rows[1], low=d + 1)
    corrected, scaled = check_flag("pilot_corrected", pilot_corrected), check_flag("hc3", hc3)
    numbers = d * (n0 + n1)
    buffer = np.empty((min(replicates, max(1, _DRAWS // numbers)), numbers))
    out, moments = np.empty(replicates), np.empty((replicates, 4))
    for start in range(0, replicates, len(buffer)):
        part = slice(start, min(start + len(buffer), replicates))
        draws = buffer[: part.stop - part.start]
        rng.random(out=draws)
        _statistics(draws, d, n0, n1, b, corrected, scaled, given[0], given[1:], out[part], moments[part])
    return out, moments
