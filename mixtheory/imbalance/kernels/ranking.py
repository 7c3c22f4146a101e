"""Simulators of rankings by least squares: fitted directions on nested synthetic rows, and pairs of rows compared."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer, check_matrix
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky
from mixtheory.imbalance.kernels.mean_shift import check_sizes
from mixtheory.imbalance.kernels.scatters import GAUSSIAN, Floats, add_noise, transform_sums

__all__ = ["concordant_pairs", "fitted_directions"]


@jit
def _add_class(rng: Generator, rows: int, mean: Floats, root: Floats, scatter: Floats, total: Floats) -> None:
    """Add the uncentred sums of new normal rows."""
    d = mean.size
    noise, noise_total = np.zeros((d, d)), np.zeros(d)
    moved, moved_total = np.empty((d, d)), np.empty(d)
    add_noise(rng, GAUSSIAN, rows, noise, noise_total)
    transform_sums(root, noise, noise_total, moved, moved_total)
    for i in range(d):
        total[i] += moved_total[i] + rows * mean[i]
        for j in range(i + 1):
            scatter[i, j] += (
                moved[i, j] + mean[i] * moved_total[j] + moved_total[i] * mean[j] + rows * mean[i] * mean[j]
            )


@jit
def _directions(
    rng: Generator, counts: NDArray[np.int64], sizes: NDArray[np.int64], means: Floats, roots: Floats, out: Floats
) -> None:
    d = means.shape[1]
    matrix, factor, gap = np.empty((d, d)), np.empty((d, d)), np.empty(d)
    for r in range(out.shape[0]):
        scatters, totals = np.zeros((2, d, d)), np.zeros((2, d))
        _add_class(rng, counts[0], means[0], roots[0], scatters[0], totals[0])
        _add_class(rng, counts[1], means[1], roots[1], scatters[1], totals[1])
        done = 0
        for s in range(sizes.size):
            _add_class(rng, sizes[s] - done, means[2], roots[2], scatters[1], totals[1])
            done = sizes[s]
            zeros, ones = counts[0], counts[1] + done
            for i in range(d):
                gap[i] = totals[1, i] / ones - totals[0, i] / zeros
                for j in range(i + 1):
                    matrix[i, j] = (
                        scatters[0, i, j]
                        + scatters[1, i, j]
                        - totals[0, i] * totals[0, j] / zeros
                        - totals[1, i] * totals[1, j] / ones
                    )
            if cholesky(matrix, factor):
                solve_cholesky(factor, gap, out[r, s])
            else:
                out[r, s] = math.nan


def _roots(d: int, covariances: Sequence[tuple[str, ArrayLike]]) -> Floats:
    roots = []
    for name, value in covariances:
        matrix = check_matrix(name, value)
        if matrix.shape != (d, d):
            raise ValueError(f"{name} must have shape {(d, d)} to match delta, got {matrix.shape}")
        try:
            roots.append(np.linalg.cholesky(matrix))
        except np.linalg.LinAlgError:
            raise ValueError(f"{name} must be positive definite") from None
    return np.stack(roots)


def fitted_directions(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    cov0: ArrayLike,
    cov1: ArrayLike,
    delta: ArrayLike,
    *,
    cov_synthetic: ArrayLike | None = None,
    delta_synthetic: ArrayLike | None = None,
) -> Floats:
    r"""Fit least squares of the label with an intercept on normal classes; return the slopes' directions.

    The slope is parallel to the inverse of the scatter within classes times the difference of the means (Fisher), so a
    replicate needs the means and Bartlett factors of the scatters only.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
    n_majority, n_minority : int
        Numbers of real rows, in sum more than d + 1.
    sizes : sequence of int
        Numbers of synthetic minority rows, nested.
    cov0, cov1 : array_like, shape (d, d)
    delta : array_like, shape (d,)
        Mean of the minority; that of the majority is 0.
    cov_synthetic, delta_synthetic : array_like, optional
        Law of the synthetic rows; by default that of the minority.

    Returns
    -------
    ndarray, shape (replicates, len(sizes), d)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    check_generator(rng)
    wanted = check_sizes(sizes)
    gap = check_matrix("delta", delta, ndim=1)
    moved = gap if delta_synthetic is None else check_matrix("delta_synthetic", delta_synthetic, ndim=1)
    if moved.shape != gap.shape:
        raise ValueError(f"delta_synthetic must have shape {gap.shape} to match delta, got {moved.shape}")
    other = cov1 if cov_synthetic is None else cov_synthetic
    roots = _roots(gap.size, [("cov0", cov0), ("cov1", cov1), ("cov_synthetic", other)])
    counts = np.array([check_integer("n_majority", n_majority, low=1), check_integer("n_minority", n_minority, low=1)])
    if counts.sum() <= gap.size + 1:
        raise ValueError(f"n_majority + n_minority must exceed d + 1 = {gap.size + 1}, got {counts.sum()}")
    order = np.argsort(wanted, kind="stable")
    out = np.empty((check_integer("replicates", replicates, low=1), wanted.size, gap.size))
    _directions(rng, counts, wanted[order], np.stack([np.zeros(gap.size), gap, moved]), roots, out)
    return out[:, np.argsort(order)]


def concordant_pairs(
    rng: Generator, pairs: int, directions: ArrayLike, cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike
) -> NDArray[np.bool_]:
    """Draw pairs of a majority and a minority row; say for each direction whether the minority row scores higher.

    Parameters
    ----------
    rng : numpy.random.Generator
    pairs : int
        Number of independent pairs.
    directions : array_like, shape (k, d)
        Scores that are compared on the same pairs.
    cov0, cov1, delta
        As in `fitted_directions`.

    Returns
    -------
    ndarray of bool, shape (pairs, k)
        The mean of a column estimates the AUC of its score without bias.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    check_generator(rng)
    gap = check_matrix("delta", delta, ndim=1)
    scores = check_matrix("directions", directions)
    if scores.shape[1] != gap.size:
        raise ValueError(f"directions must have {gap.size} columns to match delta, got shape {scores.shape}")
    roots = _roots(gap.size, [("cov0", cov0), ("cov1", cov1)])
    shape = (check_integer("pairs", pairs, low=1), gap.size)
    majority = rng.standard_normal(shape) @ roots[0].T
    minority = rng.standard_normal(shape) @ roots[1].T + gap
    return np.asarray((minority - majority) @ scores.T > 0)
