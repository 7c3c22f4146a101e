r"""Newton's method for logistic regression on the first rows of one table, for many numbers of rows.

Every step is bounded: with m the largest change of a row's linear predictor, the curvature of a row,
:math:`v = \sigma(1-\sigma)`, changes along a step by a factor of at most :math:`e^{\pm m}`, since
:math:`|v'| \le v`. This gives, without a line search, steps that always lower the loss, Hessians that serve for
several steps, and a bound on the gradient after the last step.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky

__all__ = ["nested_minimisers"]

Array = NDArray[np.float64]

# Largest gradient, in units of the sum of |x_j| times the curvature of each row.
_TOLERANCE = 1e-9
_MOST_STEPS = 100
# A Hessian serves until linear predictors have moved by more than this.
_STALE = 0.1
_BLOCK = 256
_LOG2_E = 1.4426950408889634
# log 2 in two parts, so that integer multiples of the first are exact
_LOG_2_HIGH, _LOG_2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_ROUNDING = 1.5 * 2.0**52
# What a pivot keeps of its diagonal entry if the columns are independent in double precision.
_DEPENDENT = 1e-13


@jit
def _dot(a: Array, b: Array, lanes: Array) -> float:
    """Return the sum of products of two blocks; side by side in 32 lanes, so that it runs on several rows at once."""
    for i in range(32):
        lanes[i] = ((a[i] * b[i] + a[i + 32] * b[i + 32]) + (a[i + 64] * b[i + 64] + a[i + 96] * b[i + 96])) + (
            (a[i + 128] * b[i + 128] + a[i + 160] * b[i + 160]) + (a[i + 192] * b[i + 192] + a[i + 224] * b[i + 224])
        )
    for i in range(8):
        lanes[i] += (lanes[i + 8] + lanes[i + 16]) + lanes[i + 24]
    return float(((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7])))


@jit
def _residuals(
    eta: Array, labels: Array, weights: Array, residual: Array, curvature: Array, power: Array, bits: NDArray[np.int64]
) -> None:
    r"""Fill in :math:`w(\sigma - y)` and :math:`w\sigma(1 - \sigma)`; `bits` are the bits of `power`.

    The exponential is :math:`2^k e^x` with :math:`|x| \le \tfrac12 \log 2` and the Taylor polynomial of degree 12, to
    two units in the last place. Loops without calls and branches run on several rows at once, ``math.exp`` does not.
    """
    for i in range(eta.size):
        # adding 1.5 * 2^52 rounds to an integer, which then stands in the lowest bits
        power[i] = max(min(-eta[i], 700.0), -700.0) * _LOG2_E + _ROUNDING
    for i in range(eta.size):
        k = power[i] - _ROUNDING
        x = (max(min(-eta[i], 700.0), -700.0) - k * _LOG_2_HIGH) - k * _LOG_2_LOW
        x2 = x * x
        x4 = x2 * x2
        low = 1.0 + x + x2 * (1 / 2 + x * (1 / 6))
        middle = 1 / 24 + x * (1 / 120) + x2 * (1 / 720 + x * (1 / 5040))
        high = 1 / 40320 + x * (1 / 362880) + x2 * (1 / 3628800 + x * (1 / 39916800))
        curvature[i] = low + x4 * (middle + x4 * (high + x4 * (1 / 479001600)))
    for i in range(bits.size):
        bits[i] = (bits[i] + 1023) << 52
    for i in range(eta.size):
        odds = curvature[i] * power[i]
        probability = 1.0 / (1.0 + odds)
        residual[i] = weights[i] * (probability - labels[i])
        curvature[i] = weights[i] * (odds * probability * probability)


@jit
def _derivatives(
    rows: Array,
    labels: Array,
    weights: Array,
    eta: Array,
    first: int,
    last: int,
    second: bool,
    gradient: Array,
    hessian: Array,
) -> None:
    """Add the gradient of rows first, ..., last - 1, and with `second` their Hessian (lower triangle)."""
    q = rows.shape[0]
    residual, curvature, scaled, lanes = np.zeros(_BLOCK), np.zeros(_BLOCK), np.empty(_BLOCK), np.empty(32)
    bits = np.empty(_BLOCK, dtype=np.int64)
    power = bits.view(np.float64)
    # blocks start at multiples of their length and are whole in `rows`; rows that are not meant get zeros
    for start in range(first - first % _BLOCK, last, _BLOCK):
        stop = min(start + _BLOCK, last)
        used = slice(start, stop)
        _residuals(eta[used], labels[used], weights[used], residual, curvature, power, bits)
        residual[: max(0, first - start)] = 0.0
        curvature[: max(0, first - start)] = 0.0
        residual[stop - start :] = 0.0
        curvature[stop - start :] = 0.0
        for j in range(q):
            row = rows[j, start : start + _BLOCK]
            gradient[j] += _dot(row, residual, lanes)
            if second:
                for i in range(_BLOCK):
                    scaled[i] = row[i] * curvature[i]
                for k in range(j + 1):
                    hessian[j, k] += _dot(rows[k, start : start + _BLOCK], scaled, lanes)


@jit
def _factor(hessian: Array, ridge: Array, out: Array) -> bool:
    """Cholesky factor of hessian + diag(ridge); False if a column depends on those before it."""
    for j in range(hessian.shape[0]):
        for k in range(j + 1):
            out[j, k] = hessian[j, k]
        out[j, j] += ridge[j]
    return cholesky(out, out, _DEPENDENT)


@jit
def _move(rows: Array, step: Array, theta: Array, eta: Array, change: Array, count: int) -> float:
    """Take a step, shortened so that the loss falls; return m, the largest change of a linear predictor before that."""
    largest = 0.0
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        part = change[start : start + size]
        part[:] = 0.0
        for j in range(step.size):
            row = rows[j, start : start + size]
            for i in range(size):
                part[i] -= step[j] * row[i]
        # two maxima, so that a comparison need not wait for the last one
        first = second = 0.0
        for i in range(0, size - size % 2, 2):
            first, second = max(first, abs(part[i])), max(second, abs(part[i + 1]))
        largest = max(largest, first, second, abs(part[size - 1]))
    # t - (exp(tm) - tm - 1)/m^2 of the squared Newton decrement is gained at least; t = 1 will do up to m = 1
    length = 1.0 if largest <= 1.0 else math.log1p(largest) / largest
    for i in range(count):
        eta[i] += length * change[i]
    for j in range(step.size):
        theta[j] -= length * step[j]
    return largest


@jit
def nested_minimisers(
    rows: Array, labels: Array, weights: Array, counts: NDArray[np.int64], ridges: Array, start: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """Fit the first counts[k] rows for every k.

    Parameters
    ----------
    rows : ndarray, shape (q, n)
        Columns of the design, each contiguous.
    labels, weights : ndarray, shape (n,)
        0 and 1; weights >= 0 on the sum of losses.
    counts : ndarray of int, shape (n_sizes,)
        Ascending.
    ridges : ndarray, shape (n_sizes, q)
        Penalties: half of each times the squared coefficient is added.
    start : ndarray, shape (q,)
        Where the first fit starts.

    Returns
    -------
    ndarray, shape (n_sizes, q)
        The minimisers.
    ndarray of bool, shape (n_sizes,)
        Whether they were found; it stops at the first that is not.
    """
    q, total = rows.shape
    columns = np.zeros((q, -(-total // _BLOCK) * _BLOCK))
    columns[:, :total] = rows
    out, done = np.zeros((counts.size, q)), np.zeros(counts.size, dtype=np.bool_)
    theta, eta, change = start.copy(), np.zeros(total), np.empty(total)
    gradient, hessian, factor, step = np.zeros(q), np.zeros((q, q)), np.zeros((q, q)), np.zeros(q)
    predicted, missed = np.zeros(q), np.zeros(q)
    previous, square, drift = 0, 0.0, math.inf
    for k in range(counts.size):
        count = counts[k]
        for i in range(previous, count):
            eta[i] = 0.0
            for j in range(q):
                eta[i] += theta[j] * columns[j, i]
        for attempt in range(-1 if k else 0, _MOST_STEPS):
            # old rows and penalties are at their minimum: what pulls is new, and the last Hessian lacks the new rows
            ahead = attempt < 0
            fresh = ahead or drift > _STALE
            first = previous if ahead else 0
            for j in range(q):
                gradient[j] = ridges[k, j] * theta[j]
                if ahead:
                    gradient[j] -= ridges[k - 1, j] * theta[j]
                elif fresh:
                    hessian[j, : j + 1] = 0.0
            if fresh:
                drift = 0.0
            _derivatives(columns, labels, weights, eta, first, count, fresh, gradient, hessian)
            if fresh and not _factor(hessian, ridges[k], factor):
                break
            solve_cholesky(factor, gradient, step)
            if ahead:
                # add the second-order term that the last such step lacked, in proportion to the squared steps
                before, square = square, 0.0
                for j in range(q):
                    square += gradient[j] * step[j]
                share = min(2.0, square / before) if before > 0.0 else 0.0
                for j in range(q):
                    predicted[j] = theta[j] - step[j]
                    step[j] -= share * missed[j]
            largest = _move(columns, step, theta, eta, change, count)
            # what is left of the gradient after a full step, in units of the curvature at the last Hessian
            left = math.expm1(largest) - largest if fresh else largest * math.expm1(drift + largest)
            drift += largest
            if ahead:
                drift = math.inf
            elif left <= _TOLERANCE:
                done[k] = True
                break
        if not done[k]:
            break
        drift = math.inf
        for j in range(q):
            out[k, j] = theta[j]
            missed[j] = theta[j] - predicted[j] if k else 0.0
        previous = count
    return out, done
