r"""The sandwiches of the Wald statistic of local symmetry, compiled."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky, solve_lower

__all__ = ["DEFICIENT", "add_sandwich", "common_fit", "scaled_covariance"]

Floats: TypeAlias = NDArray[np.float64]

# a Cholesky pivot of less than this share of its diagonal entry is taken for zero
DEFICIENT = 1e-12


@jit
def add_sandwich(second: Floats, sign: float, root: Floats, covariance: Floats, n: int, total: Floats) -> None:
    """Add M C M' / n to `total` for M = sign * 2 second (root root')^{-1}."""
    d = second.shape[0]
    rows, product = np.empty((d, d)), np.empty(d)
    for i in range(d):
        for j in range(d):
            rows[i, j] = 2.0 * sign * second[i, j]
        solve_cholesky(root, rows[i], rows[i])
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
            solve_cholesky(factors[k], inverse[j], inverse[j])
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
        solve_cholesky(factors[k], fits[k], fits[k])
    for j in range(d):
        step[j] = fits[1, j] - fits[0, j]
    if not cholesky(total, total, DEFICIENT):
        return False
    solve_cholesky(total, step, step)
    for i in range(d):
        out[i] = fits[0, i]
        for j in range(d):
            out[i] += spreads[0, i, j] * step[j]
    return True


@jit
def scaled_covariance(x: Floats, theta: Floats, target: float, root: Floats, covariance: Floats) -> None:
    """Write the covariance of the scores, each divided by 1 - the leverage of its row in its class."""
    d, n = x.shape
    row, score, mean = np.empty(d), np.empty(d), np.zeros(d)
    covariance[:] = 0.0
    for i in range(n):
        error = -target
        for j in range(d):
            row[j] = x[j, i]
            error += theta[j] * row[j]
        solve_lower(root, row, row)
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
