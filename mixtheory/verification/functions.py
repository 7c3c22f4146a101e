"""Smooth functions of means, for components that are not a mean: ratios, slopes, limits, shape.

Each factory returns a function of a vector of means. The verifier differentiates it numerically and takes its
standard error by the delta method from the covariance of the units' columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtheory._validation import check_integer, check_real, check_reals

__all__ = ["Derivatives", "contrast", "correlation", "derivatives", "extrapolation", "kurtosis", "log_slope", "ratio"]

Array = NDArray[np.float64]
MeanFunction = Callable[[Array], float]


def ratio(means: Array) -> float:
    """Return ``means[0] / means[1]``.

    Examples
    --------
    >>> ratio(np.array([1.0, 4.0]))
    0.25
    """
    return float(means[0] / means[1])


def kurtosis(means: Array) -> float:
    """Return the excess kurtosis ``mu4 / mu2^2 - 3`` from the means of ``x, x^2, x^3, x^4``.

    Examples
    --------
    >>> kurtosis(np.array([0.0, 1.0, 0.0, 3.0]))
    0.0
    """
    a, b, c, d = (float(m) for m in means)
    variance = b - a * a
    return (d - 4.0 * a * c + 6.0 * a * a * b - 3.0 * a**4) / variance**2 - 3.0


def correlation(means: Array) -> float:
    """Return the correlation from the means of ``x, y, x^2, y^2, x y``.

    Examples
    --------
    >>> correlation(np.array([0.0, 0.0, 1.0, 4.0, 1.0]))
    0.5
    """
    x, y, xx, yy, xy = (float(m) for m in means)
    return (xy - x * y) / math.sqrt((xx - x * x) * (yy - y * y))


def contrast(weights: Sequence[float]) -> MeanFunction:
    """Return the linear function ``sum_i weights[i] means[i]``.

    Examples
    --------
    >>> contrast([1.0, -1.0])(np.array([5.0, 3.0]))
    2.0
    """
    fixed = check_reals("weights", weights)
    return lambda means: float(np.sum(fixed * means))


def _least_squares(design: Array, row: int) -> Array:
    return np.asarray(np.linalg.pinv(design)[row], dtype=np.float64)


def log_slope(sizes: Sequence[float]) -> MeanFunction:
    """Return the least-squares slope of ``log |means|`` on ``log sizes``: the exponent of a rate.

    Parameters
    ----------
    sizes : sequence of float, two or more different ones
        The size that belongs to each mean.

    Raises
    ------
    ValueError
        If a size is not positive or all are equal.

    Examples
    --------
    >>> round(log_slope([10, 100, 1000])(np.array([3.0, 0.3, 0.03])), 12)
    -1.0
    """
    logs = np.log(check_reals("sizes", sizes, low=0.0))
    centred = logs - logs.mean()
    if logs.size < 2 or not np.any(centred):
        raise ValueError(f"sizes must hold two different sizes or more, got {list(sizes)}")
    weights = centred / np.sum(centred**2)
    return lambda means: float(np.sum(weights * np.log(np.abs(means))))


def extrapolation(sizes: Sequence[float], *, power: float = 1.0, order: int = 1) -> MeanFunction:
    """Return the least-squares limit at infinite size of ``sum_k c_k n^(-k power)``, k from 0 to `order`.

    Parameters
    ----------
    sizes : sequence of float
        The size that belongs to each mean; more than `order` different ones.
    power : float, positive
        Exponent of the leading finite-size term.
    order : int
        Number of finite-size terms.

    Raises
    ------
    ValueError
        If there are not more sizes than terms.

    Examples
    --------
    >>> n = np.array([10.0, 20.0, 40.0])
    >>> round(extrapolation(n)(2.0 + 3.0 / n), 12)
    2.0
    """
    given = check_reals("sizes", sizes, low=0.0)
    check_real("power", power, low=0.0)
    check_integer("order", order, low=1)
    if np.unique(given).size <= order:
        raise ValueError(f"sizes must hold more than order={order} different sizes, got {list(sizes)}")
    design = np.stack([given ** (-power * j) for j in range(order + 1)], axis=1)
    weights = _least_squares(design, 0)
    return lambda means: float(np.sum(weights * means))


@dataclass(frozen=True)
class Derivatives:
    """Value, gradient (k,) and Hessian (k, k) of a function of means."""

    value: float
    gradient: Array
    hessian: Array


def derivatives(function: MeanFunction, means: Array, sd: Array, count: int) -> Derivatives:
    """Return value, gradient and Hessian by central differences on the scale of the units.

    Parameters
    ----------
    function : callable
        Smooth function of a vector of means.
    means, sd : ndarray (k,)
        Where to differentiate, and the standard deviation of one unit in each column; a column that does not vary
        has derivative 0, since nothing can be learned from it.
    count : int
        Number of units; the steps of the second differences are at most a standard error.

    Examples
    --------
    >>> d = derivatives(ratio, np.array([1.0, 2.0]), np.array([1.0, 1.0]), 10**6)
    >>> d.gradient.round(6).tolist(), (d.hessian[1] + 0.0).round(3).tolist()
    ([0.5, -0.25], [-0.25, 0.25])
    """
    k = means.size
    value = float(function(means))
    gradient, hessian = np.zeros(k), np.zeros((k, k))
    varying = [i for i in range(k) if sd[i] > 0]

    def at(*moves: tuple[int, float]) -> float:
        point = means.astype(np.float64, copy=True)
        for i, step in moves:
            point[i] += step
        return float(function(point))

    steps = sd * min(1e-3, 1.0 / math.sqrt(count))
    for i in varying:
        step = steps[i] / 100.0
        gradient[i] = (at((i, step)) - at((i, -step))) / (2.0 * step)
    for i in varying:
        a = steps[i]
        hessian[i, i] = (at((i, a)) - 2.0 * value + at((i, -a))) / a**2
        for j in varying:
            if j < i:
                b = steps[j]
                mixed = at((i, a), (j, b)) - at((i, a), (j, -b)) - at((i, -a), (j, b)) + at((i, -a), (j, -b))
                hessian[i, j] = hessian[j, i] = mixed / (4.0 * a * b)
    return Derivatives(value, gradient, hessian)
