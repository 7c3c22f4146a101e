"""Who is near: nearest rows in columns of one scale, and the bandwidth of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

__all__ = ["nearest_rows", "rule_of_thumb"]

# The quartiles of a normal law are this many standard deviations apart.
_QUARTILES = 1.34


def _scaled_sparse(rows: Any) -> Any:
    columns = rows.astype(np.float64).tocsc()
    columns.sum_duplicates()
    n, d = columns.shape
    counts = np.diff(columns.indptr)
    places = np.repeat(np.arange(d), counts)
    values = columns.data / 2
    # as in a dense table; a column with zeros must keep them, and has no large value in common
    full = counts == n
    first = np.zeros(d)
    first[full] = values[columns.indptr[:-1][full]]
    values -= first[places]
    largest = np.zeros(d)
    np.maximum.at(largest, places, np.abs(values))
    values /= np.where(largest > 0, largest, 1.0)[places]
    means = np.bincount(places, values, minlength=d) / n
    squares = np.bincount(places, (values - means[places]) ** 2, minlength=d) + (n - counts) * means**2
    spread = np.sqrt(squares / n)
    columns.data = values / np.where(spread > 0, spread, 1.0)[places]
    return columns.tocsr()


def _scaled_dense(rows: Any) -> Any:
    # halves cannot overflow, and distances lose no digits to a common large value
    apart = np.asarray(rows, dtype=np.float64) / 2
    apart -= apart[0].copy()
    largest = np.abs(apart).max(axis=0)
    apart /= np.where(largest > 0, largest, 1.0)
    spread = apart.std(axis=0)
    apart /= np.where(spread > 0, spread, 1.0)
    return apart


def nearest_rows(rows: Any, k: int) -> NDArray[np.int64]:
    """Return the places of the `k` nearest other rows of each row (n, k), columns in units of standard deviations."""
    scaled = _scaled_sparse(rows) if sparse.issparse(rows) else _scaled_dense(rows)
    search = NearestNeighbors(n_neighbors=k).fit(scaled)
    return np.asarray(search.kneighbors(return_distance=False), dtype=np.int64)


def rule_of_thumb(labels: NDArray[np.float64]) -> float:
    r"""Return Silverman's bandwidth :math:`0.9 \min(s, IQR / 1.34)\, n^{-1/5}` of labels.

    Of labels whose quartiles agree it is :math:`0.9\,s\,n^{-1/5}`; of equal labels 1, as all bandwidths are one then.
    """
    largest = np.abs(labels).max()
    if not largest:
        return 1.0
    unit = labels / largest
    low, high = np.quantile(unit, [0.25, 0.75])
    spreads = [spread for spread in (unit.std(), (high - low) / _QUARTILES) if spread > 0]
    width = 0.9 * min(spreads, default=0.0) * labels.size**-0.2 * largest
    return float(width) if width > 0 else 1.0
