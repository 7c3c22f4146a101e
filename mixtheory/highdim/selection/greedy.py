r"""Greedy matching of a covariance with O(d) work a candidate and step.

Rows are added to a set S so that its covariance comes near a target C. With m rows in S, their mean :math:`\bar x`,
their centred scatter T and :math:`\delta = x - \bar x`, adding x makes the scatter
:math:`T + k\,\delta\delta^\top`, k = m / (m + 1), so the unbiased covariance is :math:`T/m + w\,\delta\delta^\top`,
w = k / m, and with A = T / m - C

.. math:: \|cov(S + x) - C\|_F^2 = \|A\|_F^2 + 2 w\,\delta^\top A\delta + w^2 (\delta^\top\delta)^2

(derived in this project). Each candidate keeps :math:`x^\top x`, :math:`x^\top C x`, :math:`x^\top T x` and
:math:`x^\top\bar x`; the last two follow from one product with the row chosen last, so a step needs two products of
length d a candidate, three with the trace normalised, in one pass over the pool.

Candidates lie in panels: `LANES` neighbours side by side, one row of a panel a column of the data. Sums run over the
columns in one order for all candidates, so equal rows have equal scores and threads change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit

__all__ = ["LANES", "SHAPELESS", "TIE", "Panels", "Sweep", "first_lowest", "greedy_frobenius"]

Array = NDArray[np.float64]

LANES = 512
# sums of the steps drift by rounding and are formed anew this often
REFRESH = 512
# scores that differ by less than this share of the size of their terms are ties; the lowest index is taken
TIE = 1e-13
# a trace below this share of the mean squares is rounding: equal rows, whose covariance cannot be scaled
SHAPELESS = 1e-14
_WORST = 1e300
# a step below this many numbers is faster on one thread than shared out
_WORTH_SHARING = 200_000


class Panels:
    """Candidate rows laid out for the passes: `values` of shape (panels, d, LANES), padded with zeros.

    Parameters
    ----------
    n : int
        Number of candidates.
    d : int
        Their length.
    batches : iterable of ndarray, shape (rows, d)
        The candidates in order; only one batch is held beside the panels.
    """

    def __init__(self, n: int, d: int, batches: Iterable[Array]) -> None:
        self.n, self.d = n, d
        self.count = -(-n // LANES)
        self.values = np.zeros((self.count, d, LANES))
        place = 0
        for batch in batches:
            _place(self.values, place, np.ascontiguousarray(batch))
            place += batch.shape[0]
        if place != n:
            raise ValueError(f"batches must hold {n} rows, got {place}")

    @classmethod
    def of(cls, rows: Array) -> Panels:
        """Return the panels of a matrix of candidates."""
        return cls(rows.shape[0], rows.shape[1], [rows])

    def row(self, index: int) -> Array:
        """Return a copy of one candidate."""
        return np.array(self.values[index // LANES, :, index % LANES])

    def rows(self, indices: NDArray[np.int64]) -> Array:
        """Return a copy of some candidates, shape (indices, d)."""
        return np.asarray(self.values[indices // LANES, :, indices % LANES])

    def per_candidate(self) -> Array:
        """Return zeros, one number a candidate and lane."""
        return np.zeros((self.count, LANES))

    def quadratic(self, matrix: Array, out: Array) -> None:
        """Write x' `matrix` x of every candidate to `out`."""
        for panel, result in zip(self.values, out, strict=True):
            np.einsum("jl,jl->l", matrix @ panel, panel, out=result)


@jit
def _place(values: Any, start: int, batch: Any) -> None:
    lanes = values.shape[2]
    for i in range(batch.shape[0]):
        panel, lane = divmod(start + i, lanes)
        for j in range(batch.shape[1]):
            values[panel, j, lane] = batch[i, j]


@jit
def _products(panel: Any, vectors: Any, sums: Any) -> None:
    """Sum the columns of a panel times each of two or three vectors."""
    d = panel.shape[0]
    whole = d - d % 4
    sums[:] = 0.0
    s, r = sums[0], sums[1]
    # four columns and two vectors at once spare most loads and stores of the sums
    for j in range(0, whole, 4):
        p0, p1, p2, p3 = panel[j], panel[j + 1], panel[j + 2], panel[j + 3]
        a0, a1, a2, a3 = vectors[0, j], vectors[0, j + 1], vectors[0, j + 2], vectors[0, j + 3]
        b0, b1, b2, b3 = vectors[1, j], vectors[1, j + 1], vectors[1, j + 2], vectors[1, j + 3]
        for i in range(s.size):
            s[i] += (p0[i] * a0 + p1[i] * a1) + (p2[i] * a2 + p3[i] * a3)
            r[i] += (p0[i] * b0 + p1[i] * b1) + (p2[i] * b2 + p3[i] * b3)
        if vectors.shape[0] == 3:
            c0, c1, c2, c3 = vectors[2, j], vectors[2, j + 1], vectors[2, j + 2], vectors[2, j + 3]
            q = sums[2]
            for i in range(q.size):
                q[i] += (p0[i] * c0 + p1[i] * c1) + (p2[i] * c2 + p3[i] * c3)
    for j in range(whole, d):
        p0 = panel[j]
        for v in range(vectors.shape[0]):
            a0, q = vectors[v, j], sums[v]
            for i in range(q.size):
                q[i] += p0[i] * a0


@jit
def _match_pass(
    values: Any, first: int, last: int, vectors: Any, numbers: Any, squares: Any, targets: Any, h: Any, u: Any, f: Any
) -> float:
    # numbers: k and 1/(m+1) of the row that came last; then 1/m, w, mean'mean, mean'A mean, |A|^2
    k, share, inverse, w, xx, xax, base = numbers
    sums = np.empty((vectors.shape[0], values.shape[2]))
    best = np.inf
    for b in range(first, last):
        _products(values[b], vectors, sums)
        with_last, with_mean = sums[0], sums[1]
        hb, ub, gb, tb, fb = h[b], u[b], squares[b], targets[b], f[b]
        for i in range(with_last.size):
            ub[i] += share * with_last[i]
            hb[i] += k * (with_last[i] * with_last[i])
            length = gb[i] - 2.0 * ub[i] + xx
            form = hb[i] * inverse - tb[i] - 2.0 * with_mean[i] + xax
            fb[i] = base + 2.0 * w * form + (w * length) * (w * length)
        for i in range(with_last.size):
            best = min(best, fb[i])
    return best


@jit
def _shape_pass(
    values: Any, first: int, last: int, vectors: Any, numbers: Any, squares: Any, targets: Any, h: Any, u: Any, f: Any
) -> float:
    # as above with T and C apart; then mean'T mean, mean'C mean, |T|^2, <T, C>, tr T, |C|^2, tr C, the least trace
    k, share, now, xx, xtx, xcx, tt, tc, trace, cc, goal, tiny = numbers
    sums = np.empty((vectors.shape[0], values.shape[2]))
    best = np.inf
    for b in range(first, last):
        _products(values[b], vectors, sums)
        with_last, with_t, with_c = sums[0], sums[1], sums[2]
        hb, ub, gb, tb, fb = h[b], u[b], squares[b], targets[b], f[b]
        for i in range(with_last.size):
            ub[i] += share * with_last[i]
            hb[i] += k * (with_last[i] * with_last[i])
            length = now * (gb[i] - 2.0 * ub[i] + xx)
            squared = tt + 2.0 * now * (hb[i] - 2.0 * with_t[i] + xtx) + length * length
            inner = tc + now * (tb[i] - 2.0 * with_c[i] + xcx)
            # np.divide does not raise, so the loop can be vectorised
            ratio = np.divide(goal, trace + max(length, tiny))
            score = cc + ratio * (ratio * squared - 2.0 * inner)
            # rows that are all equal have no shape: worse than any other, better than a row that is taken
            shapeless = trace + length <= SHAPELESS * (gb[i] + xx)
            fb[i] = _WORST + hb[i] if shapeless else score
        for i in range(with_last.size):
            best = min(best, fb[i])
    return best


@jit
def first_lowest(scores: Any, limit: float, count: int) -> int:
    """Return the first of `count` places whose score is at most `limit`, or -1."""
    flat = scores.ravel()
    for i in range(count):
        if flat[i] <= limit:
            return i
    return -1


class Sweep:
    """Runs a pass over all panels, on some threads; the panels are shared out in runs of neighbours."""

    def __init__(self, panels: Panels, n_jobs: int) -> None:
        jobs = n_jobs if panels.values.size >= _WORTH_SHARING else 1
        self.cuts = np.linspace(0, panels.count, min(jobs, panels.count) + 1).astype(int).tolist()
        self._pool: ThreadPoolExecutor | None = None

    @contextmanager
    def open(self) -> Iterator[Sweep]:
        """Hold the threads for as long as the context lasts."""
        if len(self.cuts) == 2:
            yield self
            return
        with ThreadPoolExecutor(len(self.cuts) - 1) as self._pool:
            yield self

    def run(self, work: Callable[[int, int], Any]) -> list[Any]:
        """Return what `work` (first panel, panel after the last) returns for each run of panels."""
        if self._pool is None:
            return [work(*self.cuts)]
        return list(self._pool.map(work, self.cuts[:-1], self.cuts[1:]))


class Scatter:
    """Mean and centred scatter of the rows chosen so far, updated by one row at a time."""

    def __init__(self, d: int) -> None:
        self.m = 0
        self.mean = np.zeros(d)
        self.matrix = np.zeros((d, d))

    def add(self, row: Array) -> tuple[Array, float, float]:
        """Add a row; return its distance to the mean before, k = m / (m + 1) and 1 / (m + 1)."""
        delta = row - self.mean
        share = 1.0 / (self.m + 1)
        k = self.m * share
        self.mean = self.mean + share * delta
        self.matrix += k * np.outer(delta, delta)
        self.m += 1
        return delta, k, share

    def form(self, rows: Array) -> None:
        """Form mean and scatter anew from all rows."""
        self.m = rows.shape[0]
        self.mean = rows.mean(axis=0)
        centred = rows - self.mean
        self.matrix = centred.T @ centred

    def covariance(self) -> Array:
        """Return the unbiased covariance; of one row it is set to zero."""
        return np.asarray(self.matrix / max(self.m - 1, 1))


def greedy_frobenius(
    panels: Panels, target: Array, n_select: int, first: int, *, normalise: bool = False, n_jobs: int = 1
) -> tuple[NDArray[np.int64], Array]:
    r"""Select rows one by one so that their unbiased covariance comes near a target in Frobenius norm.

    Parameters
    ----------
    panels : Panels
        The candidates, best with a mean near zero.
    target : ndarray, shape (d, d)
        C, symmetric.
    n_select : int
        Number of rows to select, at most the number of candidates.
    first : int
        Index of the first row; a single row has no covariance that could decide.
    normalise : bool, default False
        Compare :math:`cov(S)\,tr(C)/tr(cov(S))` with C, so that only the shape of the covariance counts.
    n_jobs : int, default 1
        Number of threads; the result is the same for any number.

    Returns
    -------
    indices : ndarray of int64, shape (n_select,)
        In order of selection; among ties (scores within `TIE` of the size of their terms) the lowest index.
    path : ndarray, shape (n_select,)
        The distance :math:`\|cov(S) - C\|_F` after each row (with the covariance of a single row set to zero).
    """
    run = _Run(panels, target, normalise)
    sweep = Sweep(panels, n_jobs)
    indices = np.empty(n_select, dtype=np.int64)
    path = np.empty(n_select)
    chosen = first
    with sweep.open():
        for step in range(n_select):
            indices[step] = chosen
            run.take(chosen)
            if step and step % REFRESH == 0:
                run.refresh(indices[: step + 1])
            path[step] = run.distance()
            if step + 1 < n_select:
                chosen = run.best(sweep)
    return indices, path


class _Run:
    """The state of one greedy selection: the scatter of the rows chosen and four numbers a candidate."""

    def __init__(self, panels: Panels, target: Array, normalise: bool) -> None:
        self.panels, self.target, self.normalise = panels, target, normalise
        self.scatter = Scatter(panels.d)
        self.squares, self.targets, self.h, self.u, self.scores = (panels.per_candidate() for _ in range(5))
        panels.quadratic(np.eye(panels.d), self.squares)
        panels.quadratic(target, self.targets)
        # padding and rows that are taken never win: their score is infinite
        self.h.ravel()[panels.n :] = np.inf
        self.goal = float(np.trace(target))
        self.size = float(np.sum(target * target))

    def take(self, chosen: int) -> None:
        self.delta, self.k, self.share = self.scatter.add(self.panels.row(chosen))
        self.h.ravel()[chosen] = np.inf

    def refresh(self, indices: NDArray[np.int64]) -> None:
        """Form the running sums anew; the next pass then has nothing to add for the row that came last."""
        taken = np.isinf(self.h)
        self.scatter.form(self.panels.rows(indices))
        self.panels.quadratic(self.scatter.matrix, self.h)
        self.h[taken] = np.inf
        for panel, out in zip(self.panels.values, self.u, strict=True):
            np.matmul(self.scatter.mean, panel, out=out)
        self.k = self.share = 0.0

    def distance(self) -> float:
        covariance = self.scatter.covariance()
        trace = float(np.trace(covariance))
        if self.normalise and trace > 0:
            covariance = covariance * (self.goal / trace)
        return float(np.linalg.norm(covariance - self.target))

    def best(self, sweep: Sweep) -> int:
        vectors, numbers, size = self._shape() if self.normalise else self._match()
        kernel = _shape_pass if self.normalise else _match_pass

        def work(start: int, stop: int) -> Any:
            caches = (self.squares, self.targets, self.h, self.u, self.scores)
            return kernel(self.panels.values, start, stop, vectors, numbers, *caches)

        lowest = min(sweep.run(work))
        return int(first_lowest(self.scores, lowest + TIE * size, self.panels.n))

    def _match(self) -> tuple[Array, tuple[float, ...], float]:
        m, mean, covariance = self.scatter.m, self.scatter.mean, self.scatter.matrix / self.scatter.m
        difference = covariance - self.target
        toward = difference @ mean
        base = float(np.sum(difference * difference))
        numbers = (self.k, self.share, 1.0 / m, 1.0 / (m + 1), float(mean @ mean), float(mean @ toward), base)
        return np.stack([self.delta, toward]), numbers, self.size + float(np.sum(covariance * covariance))

    def _shape(self) -> tuple[Array, tuple[float, ...], float]:
        m, mean, matrix = self.scatter.m, self.scatter.mean, self.scatter.matrix
        by_scatter, by_target = matrix @ mean, self.target @ mean
        trace = float(np.trace(matrix))
        numbers = (
            self.k,
            self.share,
            m / (m + 1),
            float(mean @ mean),
            float(mean @ by_scatter),
            float(mean @ by_target),
            float(np.sum(matrix * matrix)),
            float(np.sum(matrix * self.target)),
            trace,
            self.size,
            self.goal,
            np.finfo(float).tiny,
        )
        ratio = self.goal / trace if trace > 0 else 0.0
        return np.stack([self.delta, by_scatter, by_target]), numbers, self.size + ratio**2 * numbers[6]
