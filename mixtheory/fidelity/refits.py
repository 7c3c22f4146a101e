"""Regressions of many random parts of one table at once, by least squares or maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_DESIGN", "coefficients_of_parts", "shuffled_differences"]

Array = NDArray[np.float64]

LARGEST_DESIGN = 40
"""Coefficients of one regression up to which random parts are refitted."""

# rows of either table
_PART = 2_000
# numbers in a matrix of rows and replicates
_BATCH = 10**6
_STEPS = 30
_SINGULAR = 1e-12


def _solved(matrices: Array, sides: Array) -> Array:
    """Return the shortest solutions (B, k) of symmetric systems: 0 for columns that are 0 in a part."""
    values, vectors = np.linalg.eigh(matrices)
    usable = values > np.maximum(_SINGULAR * values[:, -1:], np.finfo(np.float64).tiny)
    along = np.einsum("bji,bj->bi", vectors, sides) / np.where(usable, values, np.inf)
    return np.asarray(np.einsum("bij,bj->bi", vectors, along))


def coefficients_of_parts(design: Array, target: Array, weights: Array, logistic: bool) -> Array:
    """Return the coefficients (B, k) of regressions on the rows (N, k) with weights 0 or 1 (B, N).

    Logistic regression by Newton's method, with halved steps where the likelihood falls. Coefficients of separated
    classes are where 30 steps lead, far out.
    """
    n, k = design.shape
    products = (design[:, :, None] * design[:, None, :]).reshape(n, k * k)
    if not logistic:
        return _solved((weights @ products).reshape(-1, k, k), weights @ (design * target[:, None]))
    found, step = np.zeros((2, len(weights), k))
    best = np.full(len(weights), -np.inf)
    some = np.arange(len(weights))
    sign = 2 * target - 1
    for _ in range(_STEPS):
        scores = found[some] @ design.T
        likelihood = -np.sum(weights[some] * np.logaddexp(0.0, -sign * scores), axis=1)
        # without a fall there is a gain, and an end if it is small
        worse = likelihood < best[some] - 1e-9
        step[some[worse]] /= 2
        found[some[worse]] -= step[some[worse]]
        better = ~worse & (likelihood > best[some] + 1e-9)
        best[some[better]] = likelihood[better]
        moved, share = some[better], np.exp(-np.logaddexp(0.0, -scores[better]))
        slope = (weights[moved] * (target - share)) @ design
        step[moved] = _solved(((weights[moved] * share * (1 - share)) @ products).reshape(-1, k, k), slope)
        found[moved] += step[moved]
        some = some[better | worse]
        if not some.size:
            break
    return found


def shuffled_differences(
    real: Array, synthetic: Array, targets: Sequence[tuple[Array, Array]], logistic: bool, replicates: int,
    rng: np.random.Generator,
) -> tuple[Array, float]:  # fmt: skip
    """Return differences of coefficients of shuffled rows (B, sum of k), and their factor to the sizes of the tables.

    Parameters
    ----------
    real, synthetic : ndarray, shapes (n, k) and (m, k)
        Designs; at most 2,000 rows of either are shuffled.
    targets : sequence of pairs of ndarray, shapes (n,) and (m,)
    logistic : bool
    replicates : int
    rng : numpy.random.Generator
    """
    sizes = len(real), len(synthetic)
    chosen = [np.sort(rng.permutation(size)[:_PART]) for size in sizes]
    n, m = (some.size for some in chosen)
    design = np.concatenate([real[chosen[0]], synthetic[chosen[1]]])
    together = [np.concatenate([first[chosen[0]], second[chosen[1]]]) for first, second in targets]
    parts: list[list[Array]] = [[] for _ in targets]
    batch = max(1, _BATCH // (n + m))
    for start in range(0, replicates, batch):
        weights = np.zeros((min(batch, replicates - start), n + m))
        weights[:, :n] = 1.0
        weights = rng.permuted(weights, axis=1)
        for place, target in enumerate(together):
            first, second = (coefficients_of_parts(design, target, part, logistic) for part in (weights, 1 - weights))
            parts[place].append(second - first)
    factor = np.sqrt((1 / sizes[0] + 1 / sizes[1]) / (1 / n + 1 / m))
    return np.concatenate([np.concatenate(part) for part in parts], axis=1), float(factor)
