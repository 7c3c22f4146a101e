"""Nearest neighbours among the different rows of a table, with all digits of small distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist
from sklearn.neighbors import KDTree

from mixtheory._validation import check_integer, check_matrix, shown

__all__ = ["CHUNK", "Neighbors", "check_increasing", "nearest_neighbors", "rescaled"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

CHUNK = 2**22
"""Numbers that are held at once."""

# a tree that meets a larger share of all points is slower than the search through all of them (measured)
_SHARE = 0.25
_PROBES = 16


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest neighbours of some rows among the different rows of a table, the row itself and its copies left out.

    Attributes
    ----------
    distances : ndarray, shape (m, k)
        Euclidean distances, > 0 and increasing.
    indices : ndarray of int64, shape (m, k)
        Row numbers of the neighbours; of equal rows the first.

    Raises
    ------
    ValueError, TypeError
        If the two are not such arrays of one shape.
    """

    distances: Array
    indices: Indices

    def __post_init__(self) -> None:
        distances = check_matrix("distances", self.distances)
        if distances.min() <= 0:
            raise ValueError("distances must be > 0, as copies of a row are not its neighbours")
        check_increasing(distances)
        indices = np.asarray(self.indices)
        if indices.dtype.kind not in "iu":
            raise TypeError(f"indices must be row numbers, got {shown(self.indices)}")
        if indices.shape != distances.shape:
            raise ValueError(f"indices must have the shape of distances {distances.shape}, got {indices.shape}")
        if indices.min() < 0:
            raise ValueError(f"indices must be row numbers >= 0, got {indices.min()}")
        object.__setattr__(self, "distances", distances)
        object.__setattr__(self, "indices", indices.astype(np.int64, copy=False))

    def nearest(self, n_neighbors: int) -> Neighbors:
        """Return the first `n_neighbors` of them.

        Raises
        ------
        ValueError
            If there are fewer.
        """
        k = check_integer("n_neighbors", n_neighbors, low=1, high=self.distances.shape[1])
        return Neighbors(self.distances[:, :k], self.indices[:, :k])


def check_increasing(distances: Array) -> None:
    """Raise an error if a row of `distances` is not sorted."""
    if np.any(distances[:, 1:] < distances[:, :-1]):
        raise ValueError("distances must increase in each row, got rows that are not sorted")


def _check_rows(at: ArrayLike | None, n: int) -> Indices:
    """Return `at`, row numbers or a mask of `n` rows, as row numbers; None are all rows."""
    if at is None:
        return np.arange(n)
    rows = np.asarray(at)
    if rows.dtype.kind == "b" and rows.ndim == 1:
        if len(rows) != n:
            raise ValueError(f"at must have one entry for each of the {n} rows if it is a mask, got {len(rows)}")
        rows = np.flatnonzero(rows)
    if rows.ndim == 1 and rows.size == 0:
        raise ValueError(f"at must name at least one row, got {shown(at)}")
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise TypeError(f"at must be a sequence of row numbers or a mask, got {shown(at)}")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"at must be row numbers between 0 and {n - 1}, got {shown(at)}")
    return np.asarray(rows, dtype=np.int64)


def rescaled(table: Array) -> tuple[Array, int]:
    """Return the table over 2**e with entries within (-1, 1), so that no square overflows, and e."""
    exponent = int(np.frexp(np.abs(table).max())[1])
    return np.ldexp(table, -exponent), exponent


def _different_rows(table: Array) -> tuple[Indices, Indices]:
    """Return the row numbers of the first of equal rows, increasing, and the place of each row among them."""
    if len(np.unique(table[:, 0])) == len(table):
        return np.arange(len(table)), np.arange(len(table))
    _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return first[order], place[inverse.ravel()]


def _by_tree(tree: Any, points: Array, rows: Indices, k: int) -> tuple[Array, Indices]:
    distances, indices = tree.query(points[rows], k=k + 1)
    others = indices != rows[:, None]
    # points at a distance that is too small for a number may hide the point itself
    others[others.all(axis=1), -1] = False
    return distances[others].reshape(-1, k), indices[others].reshape(-1, k)


def _by_all_distances(points: Array, rows: Indices, k: int) -> tuple[Array, Indices]:
    distances, indices = np.empty((len(rows), k)), np.empty((len(rows), k), dtype=np.int64)
    step = max(1, CHUNK // len(points))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        squares = cdist(points[part], points, "sqeuclidean")
        squares[np.arange(len(part)), part] = np.inf
        nearest = np.argpartition(squares, k - 1, axis=1)[:, :k]
        found = np.take_along_axis(squares, nearest, axis=1)
        order = np.argsort(found, axis=1)
        distances[start : start + step] = np.sqrt(np.take_along_axis(found, order, axis=1))
        indices[start : start + step] = np.take_along_axis(nearest, order, axis=1)
    return distances, indices


def _find(points: Array, rows: Indices, k: int) -> tuple[Array, Indices]:
    tree = KDTree(points, leaf_size=30)
    probes = rows[np.linspace(0, len(rows) - 1, min(_PROBES, len(rows)), dtype=np.int64)]
    tree.reset_n_calls()
    tree.query(points[probes], k=k + 1)
    if tree.get_n_calls() > _SHARE * len(probes) * len(points):
        return _by_all_distances(points, rows, k)
    return _by_tree(tree, points, rows, k)


def nearest_neighbors(X: ArrayLike, n_neighbors: int, *, at: ArrayLike | None = None) -> Neighbors:
    """Find the nearest neighbours of the rows `at` among the different rows of a table.

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data. Equal rows count as one.
    n_neighbors : int
        Number of neighbours, from 1 to the number of different rows - 1.
    at : array_like of int, shape (m,), or of bool, shape (n,), optional
        Rows whose neighbours are looked for, as numbers or as a mask; by default all.

    Returns
    -------
    Neighbors

    Raises
    ------
    ValueError, TypeError
        If `X` is no finite table or has too few different rows, its distances overflow or underflow, or a number is
        out of range.

    Notes
    -----
    By a k-d tree, or by all distances where a few rows show that the tree would meet more than a quarter of the points
    (many neighbours, or data that fill many dimensions); the faster search by norms loses the digits of small
    distances, which are what estimators at a small scale are made of. Which of several points at the distance of the
    k-th neighbour is taken is not specified.

    Examples
    --------
    >>> found = nearest_neighbors([[0.0], [1.0], [3.0], [3.0]], 2)
    >>> found.distances.tolist()
    [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0], [2.0, 3.0]]
    >>> found.indices.tolist()
    [[1, 2], [0, 2], [1, 0], [1, 0]]
    """
    table = check_matrix("X", X, min_rows=2)
    n = len(table)
    k = check_integer("n_neighbors", n_neighbors, low=1, high=n - 1)
    rows = _check_rows(at, n)
    first, place = _different_rows(table)
    if len(first) <= k:
        raise ValueError(
            f"X must have at least {k + 1} different rows for {k} neighbours, got {len(first)} in {n} rows: "
            "copies of a row are not its neighbours"
        )
    points, exponent = rescaled(table[first])
    distances, indices = _find(points, place[rows], k)
    with np.errstate(over="ignore", under="ignore"):
        distances = np.ldexp(distances, exponent)
    if not np.all(np.isfinite(distances) & (distances > 0)):
        raise ValueError("X must have distances between its rows that are floating-point numbers, got 0 or infinity")
    return Neighbors(distances, first[indices])
