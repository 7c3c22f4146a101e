r"""Identities of the solvers of the fixed points: roots, residuals, and the work that it takes to find them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mixtheory.highdim import fixedpoint
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, identity
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

STEEP = np.geomspace(1e-2, 1e2, 8)
MIXED = np.geomspace(0.2, 4.0, 8)


def _turned(values: Array, seed: int) -> Array:
    axes = oracles.rotation(values.size, seed)
    return np.asarray((axes * values) @ axes.T)


COMMON = (
    [STEEP, STEEP[::-1].copy()],
    [MIXED, STEEP],
    [STEEP, MIXED, MIXED[::-1].copy()],
    [np.ones(8), np.geomspace(1e-4, 1e4, 8)],
    [np.ones(8), np.array([1e-6] + [1.0] * 6 + [1e6])],
)
OTHERS = (
    [np.diag(STEEP), _turned(MIXED, 3)],
    [_turned(MIXED, 5), oracles.kms(8, 0.9)],
    [np.diag(MIXED), _turned(STEEP, 3), oracles.kms(8, 0.7)],
)
UNDER, OVER = ((9, 7, 4), (3, 20, 2), (30, 1, 5)), ((1, 3, 1), (4, 1, 2), (2, 2, 3))
PENALTIES = (1e-3, 0.5, 40.0)
Problem = tuple[str, list[Array], Sequence[int], float]


def _problems() -> list[Problem]:
    return [
        (kind, covariances, counts[: len(covariances)], penalty)
        for covariances in (*COMMON, *OTHERS)
        for kind, splits, penalties in (
            ("under", UNDER, (0.0,)),
            ("over", OVER, (0.0,)),
            ("ridge", (UNDER[0], OVER[0]), PENALTIES),
        )
        for counts in splits
        for penalty in penalties
    ]


def _found() -> list[fixedpoint.FixedPoint]:
    solved = []
    for kind, covariances, counts, penalty in _problems():
        if kind == "ridge":
            solved.append(fixedpoint.solve_ridge(covariances, counts, penalty))
        else:
            solver = fixedpoint.solve_under if kind == "under" else fixedpoint.solve_over
            solved.append(solver(covariances, counts))
    return solved


def _sums(covariances: Sequence[ArrayLike], weights: Array, kind: str) -> Array:
    """Return the traces w_k Tr[Sigma_k A^{-1}] at some weights."""
    sigmas = [oracles.dense(c) for c in covariances]
    a = sum(w * s for w, s in zip(weights, sigmas, strict=True)) + (kind != "under") * np.eye(len(sigmas[0]))
    return np.array([w * np.trace(np.linalg.solve(a, s)) for w, s in zip(weights, sigmas, strict=True)])


def _rows() -> list[float]:
    """Return the left sides of the equations at the roots."""
    values: list[float] = []
    for (kind, covariances, counts, penalty), found in zip(_problems(), _found(), strict=True):
        linear = {"under": 1.0, "over": 0.0, "ridge": penalty}[kind] * sum(counts)
        values += (linear * found.weights + _sums(covariances, found.weights, kind)).tolist()
    return values


def _evaluations() -> list[float]:
    """Return the mean number of evaluations for common and for other axes, n > p, n < p and ridge, and the least."""
    counts: dict[tuple[bool, str], list[int]] = {}
    for (kind, covariances, _, _), found in zip(_problems(), _found(), strict=True):
        counts.setdefault((covariances[0].ndim == 1, kind), []).append(found.iterations)
    return [*(float(np.mean(values)) for values in counts.values()), min(min(values) for values in counts.values())]


# counted, plus a quarter or so
MOST = (5.7, 6.2, 6.6, 8.6, 11.4, 10.3)


@functools.cache
def _reference() -> list[float]:
    return [float(count) for _, _, counts, _ in _problems() for count in counts]


SOLVED = identity(
    "highdim.solvers.roots",
    "The solvers find the root of the equations of least squares and ridge regression, to rounding, in few steps.",
    r"\ell w_k+w_k\operatorname{Tr}\Bigl[\Sigma_k\Bigl(B+\sum_jw_j\Sigma_j\Bigr)^{-1}\Bigr]=n_k",
    "two and three covariances of order 8 over four decades, with and without common axes; n above and below p; "
    "penalties 0.001, 0.5 and 40; work in evaluations of the equations, a mean of 6 to 11",
    "C1 and C2, solvers [D]: derived in this project",
    [
        ("equations", _rows, _reference),
        (
            "residuals",
            lambda: [found.residual < 1e-12 for found in _found()],
            lambda: [1.0] * len(_problems()),
        ),
        (
            "evaluations",
            lambda: [*(np.array(_evaluations()[:-1]) <= MOST), _evaluations()[-1] > 0],
            lambda: [1.0] * (len(MOST) + 1),
        ),
        (
            "rows of one population, in closed form",
            lambda: [
                value
                for found in (
                    fixedpoint.solve_under([STEEP], [12]),
                    fixedpoint.scalar_root(STEEP, 12, 0),
                    fixedpoint.scalar_root(STEEP, 0, 12),
                )
                for value in (*found.weights, found.residual, found.iterations)
            ],
            lambda: [1 / 3, 0, 0, 1 / 3, 0, 0, 0, 0, 1 / 3, 0, 0],
        ),
    ],
    [
        FormulaMutant("rows in proportion", lambda: [[1.0] * len(_reference()), None, None, None]),
        FormulaMutant("no convergence", lambda: [None, [0.0] * len(_problems()), None, None]),
    ],
    rtol=1e-9,
)

CLAIMS: tuple[Claim, ...] = (SOLVED,)
