"""Nearest records in mixed columns without a matrix of all distances, and equal rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

__all__ = ["Records", "nearest_distances", "row_hashes"]

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

# beyond this many numeric columns all distances in blocks are faster than a tree
_TREE_COLUMNS = 8
# numbers in a block of distances
_BLOCK = 2**21
# odd multipliers of splitmix64
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Records:
    """Rows with standardised numbers (n, d) and codes of categories (n, c)."""

    def __init__(self, numbers: Array, codes: Codes) -> None:
        self.numbers, self.codes = np.ascontiguousarray(numbers), codes

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: NDArray[np.int64]) -> Records:
        return Records(self.numbers[rows], self.codes[rows])


def row_hashes(records: Records) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row; equal rows have equal hashes."""
    out = np.zeros(len(records), dtype=np.uint64)
    columns = [(column + 0.0).view(np.uint64) for column in records.numbers.T.copy()]
    columns += [column.astype(np.uint64) for column in records.codes.T]
    with np.errstate(over="ignore"):
        for bits in columns:
            out = (out ^ bits) * _MIX[0]
            out = (out ^ (out >> np.uint64(30))) * _MIX[1]
            out = (out ^ (out >> np.uint64(27))) * _MIX[2]
            out ^= out >> np.uint64(31)
    return out


def _distances(first: Records, second: Records) -> Array:
    """Return the distances of rows with the same place."""
    squares = np.sum((first.numbers - second.numbers) ** 2, axis=1) + np.sum(first.codes != second.codes, axis=1)
    return np.asarray(np.sqrt(squares))


def nearest_distances(queries: Records, reference: Records, *, same: bool = False) -> Array:
    r"""Return the distance from each query to its nearest row of the reference.

    .. math:: d^2(x, z) = \sum_{j \text{ numeric}} (x_j - z_j)^2 + \#\{j \text{ nominal}: x_j \ne z_j\}.

    With `same`, queries and reference are the same rows and a row is not its own neighbour (its copies are).
    """
    if not queries.codes.shape[1] and queries.numbers.shape[1] <= _TREE_COLUMNS:
        found = np.asarray(KDTree(reference.numbers).query(queries.numbers, k=2 if same else 1)[0])
        return np.asarray(found[:, 1] if same else found, dtype=np.float64)
    nearest = np.empty(len(queries), dtype=np.int64)
    norms = np.sum(reference.numbers**2, axis=1)
    step = max(1, _BLOCK // len(reference))
    for start in range(0, len(queries), step):
        stop = min(start + step, len(queries))
        # the norm of the query is the same for all candidates
        squares = norms - 2 * (queries.numbers[start:stop] @ reference.numbers.T)
        for mine, others in zip(queries.codes[start:stop].T, reference.codes.T, strict=True):
            squares += mine[:, None] != others
        if same:
            squares[np.arange(stop - start), np.arange(start, stop)] = np.inf
        nearest[start:stop] = np.argmin(squares, axis=1)
    # the digits of small distances, which the products have lost
    return _distances(queries, reference[nearest])
