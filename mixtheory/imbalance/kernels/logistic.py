r"""Simulator of the logistic symmetric model: class gradients, and logistic regression on nested synthetic rows.

X = T v + W with v the first unit vector, T in {-a, b} and W normal about one of two opposite means, all in the other
coordinates; P(Y = 1 | X) = sigma(c T). P(T = -a) is an argument: the model is symmetric for one value of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_generator, check_integer, check_real
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky
from mixtheory.imbalance.kernels.mean_shift import check_sizes
from mixtheory.imbalance.kernels.oversampling import fill_interpolated, fill_resampled, nearest_neighbours
from mixtheory.imbalance.kernels.scatters import Floats, add_rows

__all__ = ["GENERATORS", "class_gradients", "excess_risks"]

GENERATORS = ("oracle", "bootstrap", "gaussian_fit", "smote")
_ORACLE, _BOOTSTRAP, _GAUSSIAN_FIT, _SMOTE = range(len(GENERATORS))
# coordinates across v in which the two means of W differ, as in the public code
_MIXED = 3
_STEPS = 50


@jit
def _log1p_exp(t: float) -> float:
    return max(t, 0.0) + math.log1p(math.exp(-abs(t)))


@jit
def _fill_class(rng: Generator, t: Floats, first: float, separation: float, out: Floats) -> None:
    """Draw rows whose T is ``t[0]`` with probability `first`, else ``t[1]``."""
    d = out.shape[1]
    for i in range(out.shape[0]):
        out[i, 0] = t[0] if rng.random() < first else t[1]
        centre = separation if rng.random() < 0.5 else -separation
        for j in range(1, d):
            out[i, j] = rng.standard_normal() + (centre if j <= _MIXED else 0.0)


@jit
def _fill_fitted(rng: Generator, rows: Floats, out: Floats) -> None:
    """Draw rows of a normal law with the mean and the covariance of `rows`."""
    n, d = rows.shape
    scatter, total, factor = np.zeros((d, d)), np.zeros(d), np.zeros((d, d))
    add_rows(rows, scatter, total)
    trace = 0.0
    for i in range(d):
        for j in range(i + 1):
            scatter[i, j] = (scatter[i, j] - total[i] * total[j] / n) / (n - 1)
        trace += scatter[i, i]
    for i in range(d):
        scatter[i, i] += 1e-6 * trace / d
    cholesky(scatter, factor)
    noise = np.empty(d)
    for i in range(out.shape[0]):
        for j in range(d):
            noise[j] = rng.standard_normal()
        for j in range(d):
            out[i, j] = total[j] / n
            for k in range(j + 1):
                out[i, j] += factor[j, k] * noise[k]


@jit
def _newton(rows: Floats, labels: Floats, theta: Floats) -> bool:
    """Minimise the logistic loss from `theta`; False if that does not end (separable rows)."""
    d = theta.size
    weighted = np.empty(rows.shape)
    gradient, step, factor = np.empty(d), np.empty(d), np.zeros((d, d))
    for _ in range(_STEPS):
        for j in range(d):
            gradient[j] = 0.0
        for i in range(rows.shape[0]):
            score = 0.0
            for j in range(d):
                score += theta[j] * rows[i, j]
            p = 1.0 / (1.0 + math.exp(-score))
            for j in range(d):
                gradient[j] += (p - labels[i]) * rows[i, j]
                weighted[i, j] = p * (1.0 - p) * rows[i, j]
        if not cholesky(np.dot(rows.T, weighted), factor):
            return False
        solve_cholesky(factor, gradient, step)
        largest = 0.0
        for j in range(d):
            theta[j] -= step[j]
            largest = max(largest, abs(step[j]))
        if largest < 1e-9:
            return True
    return False


@jit
def _balanced_risk(
    theta: Floats, t: Floats, firsts: Floats, separation: float, nodes: Floats, weights: Floats
) -> float:
    """Mean of the two class risks: exact in T and in the sign of W's mean, Gauss-Hermite in its normal part."""
    centre, square = 0.0, 0.0
    for j in range(1, theta.size):
        square += theta[j] ** 2
        if j <= _MIXED:
            centre += separation * theta[j]
    total = 0.0
    for label in range(2):
        sign = 1.0 if label == 0 else -1.0
        for k in range(2):
            share = firsts[label] if k == 0 else 1.0 - firsts[label]
            for side in range(2):
                for q in range(nodes.size):
                    score = theta[0] * t[k] + (1.0 - 2.0 * side) * centre + math.sqrt(square) * nodes[q]
                    total += 0.25 * share * weights[q] * _log1p_exp(sign * score)
    return total


@jit
def _curves(
    rng: Generator,
    generator: int,
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    t: Floats,
    slope: float,
    firsts: Floats,
    separation: float,
    k: int,
    nodes: Floats,
    weights: Floats,
    out: Floats,
) -> None:
    d = int(counts[2])
    zeros, real = counts[0], counts[0] + counts[1]
    rows = np.empty((real + sizes[-1], d))
    labels = np.zeros(rows.shape[0])
    for i in range(zeros, labels.size):
        labels[i] = 1.0
    theta = np.zeros(d)
    theta[0] = slope
    best = _balanced_risk(theta, t, firsts, separation, nodes, weights)
    for r in range(out.shape[0]):
        _fill_class(rng, t, firsts[0], separation, rows[:zeros])
        minority, synthetic = rows[zeros:real], rows[real:]
        _fill_class(rng, t, firsts[1], separation, minority)
        if generator == _ORACLE:
            _fill_class(rng, t, firsts[1], separation, synthetic)
        elif generator == _BOOTSTRAP:
            fill_resampled(rng, minority, synthetic)
        elif generator == _GAUSSIAN_FIT:
            _fill_fitted(rng, minority, synthetic)
        else:
            fill_interpolated(rng, minority, nearest_neighbours(minority, k), synthetic)
        for j in range(d):
            theta[j] = 0.0
        for s in range(sizes.size):
            last = real + sizes[s]
            if _newton(rows[:last], labels[:last], theta):
                out[r, s] = _balanced_risk(theta, t, firsts, separation, nodes, weights) - best
            else:
                out[r, s] = math.inf
                for j in range(d):
                    theta[j] = 0.0


def _check(a: float, b: float, c: float, alpha: float) -> tuple[Floats, Floats]:
    """Return the two values of T and the probabilities of the cells (T = -a, b) x (Y = 0, 1)."""
    values = np.array([-check_real("a", a, low=0), check_real("b", b, low=0)])
    odds = np.exp(-check_real("c", c, low=0) * values)
    share = check_real("alpha", alpha, low=0, high=1)
    positive = 1.0 / (1.0 + odds)
    return values, np.array([share, 1 - share])[:, np.newaxis] * np.stack([1 - positive, positive], axis=1)


def class_gradients(
    rng: Generator,
    replicates: int,
    rows: int,
    alpha: float,
    *,
    a: float = 5.0,
    b: float = 1.0,
    c: float = 1.0,
    multiple: float | None = None,
) -> tuple[Floats, Floats]:
    r"""Draw samples of (T, Y); return the gradients along v that each class adds, and the shares of the classes.

    T and Y take two values each, so a sample is four counts. A class's mean gradient is the ratio of the two columns.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
    rows : int
        Rows of a sample, of both classes together.
    alpha : float
        P(T = -a), in (0, 1).
    a, b, c : float
        The model's parameters, positive.
    multiple : float, optional
        t in theta = t v; by default c.

    Returns
    -------
    gradients : ndarray, shape (replicates, 2)
        Sum over the rows of a class of (sigma(t T) - Y) T, divided by the number of all rows.
    shares : ndarray, shape (replicates, 2)
        Shares of the classes among the rows.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    check_generator(rng)
    values, cells = _check(a, b, c, alpha)
    at = c if multiple is None else check_real("multiple", multiple)
    size = check_integer("rows", rows, low=1)
    drawn = rng.multinomial(size, cells.ravel(), size=check_integer("replicates", replicates, low=1))
    counts = drawn.reshape(-1, 2, 2) / size
    residual = 1.0 / (1.0 + np.exp(-at * values))[:, np.newaxis] - np.array([0.0, 1.0])
    return np.sum(counts * (residual * values[:, np.newaxis]), axis=1), np.sum(counts, axis=1)


def excess_risks(
    rng: Generator,
    replicates: int,
    d: int,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    alpha: float,
    *,
    a: float = 5.0,
    b: float = 1.0,
    c: float = 1.0,
    generator: str = "oracle",
    separation: float = 2.5,
    k_neighbors: int = 5,
) -> Floats:
    r"""Draw excess balanced logistic risks, over that of c v, of logistic regression without intercept.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
    d : int
        Number of features, at least 2.
    n_majority, n_minority : int
        Numbers of real rows with label 0 and 1, in sum more than d.
    sizes : sequence of int
        Numbers of synthetic rows with label 1, nested; each fit starts from the one before.
    alpha : float
        P(T = -a), in (0, 1).
    a, b, c : float
        The model's parameters, positive.
    generator : {"oracle", "bootstrap", "gaussian_fit", "smote"}
    separation : float
        Entries of the two opposite means of W, in its first three coordinates.
    k_neighbors : int
        Neighbours of "smote"; n_minority must exceed it.

    Returns
    -------
    ndarray, shape (replicates, len(sizes))
        Exact in the population; inf where the rows are separable.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    C7 [C for the model and three of the generators]: Ma and Zhang (2026), public code. There the classes of a sample
    are drawn together; here their counts are given.
    """
    check_generator(rng)
    wanted = check_sizes(sizes)
    values, cells = _check(a, b, c, alpha)
    d = check_integer("d", d, low=2)
    source = GENERATORS.index(check_choice("generator", generator, GENERATORS))
    k = check_integer("k_neighbors", k_neighbors, low=1)
    least = {_GAUSSIAN_FIT: 2, _SMOTE: k + 1}.get(source, 1)
    counts = np.array(
        [
            check_integer("n_majority", n_majority, low=1),
            check_integer("n_minority", n_minority, low=least),
            d,
        ]
    )
    if counts[:2].sum() <= d:
        raise ValueError(f"n_majority + n_minority must exceed d = {d}, got {counts[:2].sum()}")
    between = check_real("separation", separation)
    nodes, weights = np.polynomial.hermite_e.hermegauss(32)
    order = np.argsort(wanted, kind="stable")
    out = np.empty((check_integer("replicates", replicates, low=1), wanted.size))
    firsts = cells[0] / cells.sum(axis=0)
    _curves(rng, source, counts, wanted[order], values, c, firsts, between, k, nodes, weights / weights.sum(), out)
    return out[:, np.argsort(order)]
