"""Rows that are made of minority rows: resampled ones and SMOTE's interpolations."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory.imbalance.kernels.scatters import Floats

__all__ = ["fill_interpolated", "fill_resampled", "nearest_neighbours"]


@jit
def nearest_neighbours(rows: Floats, k: int) -> NDArray[np.int64]:
    """Return the k nearest other rows of each row (n, k), nearest first; of rows at equal distance the earlier ones."""
    n, d = rows.shape
    found = np.empty((n, k), np.int64)
    distances = np.empty(k)
    for i in range(n):
        distances[:] = np.inf
        for j in range(n):
            if j == i:
                continue
            distance = 0.0
            for c in range(d):
                distance += (rows[i, c] - rows[j, c]) ** 2
            if distance >= distances[k - 1]:
                continue
            place = k - 1
            while place > 0 and distances[place - 1] > distance:
                distances[place] = distances[place - 1]
                found[i, place] = found[i, place - 1]
                place -= 1
            distances[place] = distance
            found[i, place] = j
    return found


@jit
def fill_resampled(rng: Generator, rows: Floats, out: Floats) -> None:
    """Fill `out` with rows drawn with replacement."""
    n, d = rows.shape
    for i in range(out.shape[0]):
        base = int(rng.random() * n)
        for c in range(d):
            out[i, c] = rows[base, c]


@jit
def fill_interpolated(rng: Generator, rows: Floats, neighbours: NDArray[np.int64], out: Floats) -> None:
    """Fill `out` as SMOTE does: a uniform point between a random row and one of its neighbours."""
    n, d = rows.shape
    k = neighbours.shape[1]
    for i in range(out.shape[0]):
        base = int(rng.random() * n)
        other = neighbours[base, int(rng.random() * k)]
        along = rng.random()
        for c in range(d):
            out[i, c] = rows[base, c] + along * (rows[other, c] - rows[base, c])
