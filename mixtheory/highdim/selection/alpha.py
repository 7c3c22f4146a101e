r"""Greedy selection by the risk that the theory predicts for real and selected rows together.

With n_t real rows, n_s rows to select, n = n_t + n_s > p and whitened coordinates (the target's covariance is I), let
W be the covariance of the rows chosen and c = 1 - p/n. The predicted excess risk of least squares over the noise
variance is [paper* Rezaei et al. 2026, Thm 4.1]

.. math:: R = \frac1n Tr[(a W + (c - a) I)^{-1}], \qquad a + \frac1n Tr[a W (a W + (c - a) I)^{-1}] = n_s / n ,

and it increases with a alone (derived in this project). So the best row is the one with the smallest root a. At any
common a the left side of the equation increases with a and equals :math:`a + p/n - (c - a) Tr[D^{-1}] / n`,
:math:`D = aW + (c - a)I`; a candidate with a smaller :math:`Tr[D^{-1}]` at the root of another has a smaller root. The
search therefore goes: best candidate at some a, its root, best candidate at that root, and so on until it stays; the
roots fall strictly, so the search ends, and it ends at the exact minimum. A candidate changes W by a matrix of rank
one, so in the eigenbasis of the rows chosen, with :math:`D_i = a W_i + c - a`,

.. math:: Tr[D'^{-1}] = \sum_i \frac1{D_i} - \frac{a w \sum_i v_i^2 / D_i^2}{1 + a w \sum_i v_i^2 / D_i} .

A step costs one product of the pool with a d x d matrix, O(N d^2) by BLAS, and about two passes of O(N d).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory.highdim.selection.greedy import SHAPELESS, Array, Panels, Scatter, Sweep, first_lowest

__all__ = ["greedy_risk", "root"]

# traces that differ by less than this share are ties; the lowest index is taken
_TIE = 1e-12
_BISECTIONS = 100


def root(values: Array, n_target: int, n_select: int) -> float:
    """Return the root a of the equation of the module for a covariance with eigenvalues `values`.

    The left side increases from a value below n_s / n at 0 to one above at c, so bisection finds the only root.
    """
    return float(_root(np.asarray(values, dtype=np.float64), n_target, n_select))


@jit
def _root(values: Any, n_target: int, n_select: int) -> float:
    n = n_target + n_select
    c = 1.0 - values.size / n
    low, high = 0.0, c
    for _ in range(_BISECTIONS):
        a = 0.5 * (low + high)
        if not low < a < high:
            break
        left = n * a
        for value in values:
            left += a * value / (a * value + (c - a))
        if left > n_select:
            high = a
        else:
            low = a
    return float(0.5 * (low + high))


@jit
def _trace_pass(
    rotated: Any, mean: Any, values: Any, a: float, c: float, w: float, goal: float, taken: Any, out: Any
) -> None:
    """Tr D'^{-1} of the candidates of one panel; `goal` > 0 scales every covariance to that trace."""
    d, lanes = rotated.shape
    one, two, three, scale = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes), np.ones(lanes)
    if goal > 0.0:
        length, square = np.zeros(lanes), np.full(lanes, (mean * mean).sum())
        for j in range(d):
            for i in range(lanes):
                v = rotated[j, i] - mean[j]
                length[i] += v * v
                square[i] += rotated[j, i] * rotated[j, i]
        total = values.sum()
        for i in range(lanes):
            trace = total + w * length[i]
            # equal rows stay at zero, the worst of all
            scale[i] = np.divide(goal, trace) if trace > SHAPELESS * square[i] else 0.0
        for j in range(d):
            row, center, value = rotated[j], mean[j], values[j]
            for i in range(lanes):
                v = row[i] - center
                inverse = np.divide(1.0, a * scale[i] * value + (c - a))
                first = v * v * inverse
                one[i] += first
                two[i] += first * inverse
                three[i] += inverse
    else:
        # one matrix D for all candidates
        for j in range(d):
            row, center = rotated[j], mean[j]
            inverse = 1.0 / (a * values[j] + (c - a))
            three += inverse
            for i in range(lanes):
                v = row[i] - center
                first = v * v * inverse
                one[i] += first
                two[i] += first * inverse
    for i in range(lanes):
        weight = a * scale[i] * w
        out[i] = three[i] - np.divide(weight * two[i], 1.0 + weight * one[i])
        if taken[i]:
            out[i] = np.inf


def greedy_risk(
    panels: Panels, n_target: int, n_select: int, first: int, *, normalise: bool = False, n_jobs: int = 1
) -> tuple[NDArray[np.int64], Array]:
    """Select rows one by one so that the predicted risk over the noise variance is smallest after each.

    Parameters
    ----------
    panels : Panels
        The candidates in coordinates in which the target's covariance is I, best with a mean near zero.
    n_target, n_select : int
        Rows of the target and rows to select; together more than the length d of a row. The risk of a set of m rows is
        that of `n_select` rows with the covariance of the m: the plan for the whole selection.
    first : int
        Index of the first row.
    normalise : bool, default False
        Scale every covariance to the trace d of the target before the risk is computed; otherwise long rows win,
        since the risk falls with every eigenvalue.
    n_jobs : int, default 1
        Number of threads; the result is the same for any number.

    Returns
    -------
    indices : ndarray of int64, shape (n_select,)
        In order of selection; among ties (traces within 1e-12 of each other) the lowest index.
    path : ndarray, shape (n_select,)
        The predicted risk over the noise variance after each row (with the covariance of a single row set to zero).
    """
    d, n = panels.d, n_target + n_select
    c = 1.0 - d / n
    goal = float(d) if normalise else 0.0
    scatter = Scatter(d)
    taken = np.zeros((panels.count, panels.values.shape[2]), dtype=np.bool_)
    taken.ravel()[panels.n :] = True
    scores = panels.per_candidate()
    sweep = Sweep(panels, n_jobs)
    indices = np.empty(n_select, dtype=np.int64)
    path = np.empty(n_select)

    def value_of(covariance: Array) -> tuple[float, float]:
        values = np.linalg.eigvalsh(covariance).clip(0.0)
        if normalise and values.sum() > 0:
            values = values * (goal / values.sum())
        a = root(values, n_target, n_select)
        return a, float(np.sum(1.0 / (a * values + c - a)) / n)

    chosen, a = first, 0.0
    with sweep.open():
        for step in range(n_select):
            indices[step] = chosen
            scatter.add(panels.row(chosen))
            taken.ravel()[chosen] = True
            a, path[step] = value_of(scatter.covariance())
            if step + 1 < n_select:
                chosen = _best(panels, scatter, sweep, taken, scores, a, c, goal, value_of)
    return indices, path


def _best(
    panels: Panels,
    scatter: Scatter,
    sweep: Sweep,
    taken: Any,
    scores: Array,
    a: float,
    c: float,
    goal: float,
    value_of: Any,
) -> int:
    m = scatter.m
    w = 1.0 / (m + 1)
    values, basis = np.linalg.eigh(scatter.matrix / m)
    values = values.clip(0.0)
    mean = basis.T @ scatter.mean

    def search(at: float) -> tuple[int, float]:
        def work(start: int, stop: int) -> float:
            for b in range(start, stop):
                _trace_pass(basis.T @ panels.values[b], mean, values, at, c, w, goal, taken[b], scores[b])
            return float(scores[start:stop].min())

        lowest = min(sweep.run(work))
        return int(first_lowest(scores, lowest * (1 + _TIE), panels.n)), lowest

    chosen, _ = search(a)
    while True:
        delta = panels.row(chosen) - scatter.mean
        a, _ = value_of(scatter.matrix / m + w * np.outer(delta, delta))
        better, lowest = search(a)
        if better == chosen or scores.ravel()[chosen] <= lowest * (1 + _TIE):
            return better
        chosen = better
