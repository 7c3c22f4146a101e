r"""Linear algebra of small matrices, and the sandwiches of the Wald statistic of local symmetry, compiled."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit

__all__ = ["add_sandwich", "common_fit", "factor", "forward", "scaled_covariance", "solve"]

Floats: TypeAlias = NDArray[np.float64]

# a Cholesky pivot of less than this share of its diagonal entry is taken for zero
_DEFICIENT = 1e-12


@jit
def factor(a: Floats) -> bool:
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
def forward(a: Floats, v: Floats) -> None:
    """Replace `v` by the solution of L x = v."""
    for i in range(v.size):
        for k in range(i):
            v[i] -= a[i, k] * v[k]
        v[i] /= a[i, i]


@jit
def solve(a: Floats, v: Floats) -> None:
    """Replace `v` by the solution of L L' x = v."""
    forward(a, v)
    for i in range(v.size - 1, -1, -1):
        for k in range(i + 1, v.size):
            v[i] -= a[k, i] * v[k]
        v[i] /= a[i, i]


@jit
def add_sandwich(second: Floats, sign: float, cholesky: Floats, covariance: Floats, n: int, total: Floats) -> None:
    """Add M C M' / n to `total` for M = sign * 2 second (cholesky cholesky')^{-1}."""
    d = second.shape[0]
    rows, product = np.empty((d, d)), np.empty(d)
    for i in range(d):
        for j in range(d):
            rows[i, j] = 2.0 * sign * second[i, j]
        solve(cholesky, rows[i])
    for i in range(d):
        for j in range(d):
            product[j] = 0.0
            for k in range(d):
                product[j] += rows[i, k] * covariance[k, j]
        for j in range(i + 1):
            for k in range(d):
                total[i, j] += product[k] * rows[j, k] / n


@jit
def common_fit(means: Floats, factors: Floats, covariances: Floats, n0: int, n1: int, out: Floats) -> bool:
    """Write the efficient fit under one minimiser of both classes; the factors are of E xx' = H_k / 2."""
    d = out.size
    spreads, total, step = np.zeros((2, d, d)), np.zeros((d, d)), np.empty(d)
    for k in range(2):
        inverse, product = np.eye(d), np.zeros((d, d))
        for j in range(d):
            solve(factors[k], inverse[j])
        for i in range(d):
            for j in range(d):
                for m in range(d):
                    product[i, j] += inverse[i, m] * covariances[k, m, j] / (4.0 * (n0 if k == 0 else n1))
        for i in range(d):
            for j in range(d):
                for m in range(d):
                    spreads[k, i, j] += product[i, m] * inverse[m, j]
                total[i, j] += spreads[k, i, j]
    fits = np.empty((2, d))
    for k in range(2):
        for j in range(d):
            fits[k, j] = (0.5 if k == 1 else -0.5) * means[k, j]
        solve(factors[k], fits[k])
    for j in range(d):
        step[j] = fits[1, j] - fits[0, j]
    if not factor(total):
        return False
    solve(total, step)
    for i in range(d):
        out[i] = fits[0, i]
        for j in range(d):
            out[i] += spreads[0, i, j] * step[j]
    return True


@jit
def scaled_covariance(x: Floats, theta: Floats, target: float, cholesky: Floats, covariance: Floats) -> None:
    """Write the covariance of the scores, each divided by 1 - the leverage of its row in its class."""
    d, n = x.shape
    row, score, mean = np.empty(d), np.empty(d), np.zeros(d)
    covariance[:] = 0.0
    for i in range(n):
        error = -target
        for j in range(d):
            row[j] = x[j, i]
            error += theta[j] * row[j]
        forward(cholesky, row)
        leverage = 0.0
        for j in range(d):
            leverage += row[j] * row[j] / n
        for j in range(d):
            score[j] = 2.0 * x[j, i] * error / (1.0 - leverage)
            mean[j] += score[j] / n
            for k in range(j + 1):
                covariance[j, k] += score[j] * score[k]
    for j in range(d):
        for k in range(j + 1):
            covariance[j, k] = (covariance[j, k] - n * mean[j] * mean[k]) / (n - 1)
            covariance[k, j] = covariance[j, k]
