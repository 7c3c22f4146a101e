r"""Estimators of intrinsic dimension: local principal components, Levina and Bickel's maximum likelihood, TwoNN.

All three look at the nearest neighbours of a point, so that their answer belongs to a scale: the distance to the k-th
neighbour. Data on a curve with an offset of size s into all directions look like a curve at scales above s and fill
the space below it. Every estimator takes the rows at which it is evaluated (`at`), while neighbours come from all
rows, and a search that is already done (`neighbors`). Copies of a point (distance 0) are not its neighbours.

``backend="skdim"`` computes the same definitions by scikit-dimension, an independent implementation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors

from mixtheory._validation import check_choice, check_integer, check_matrix, check_real, shown

__all__ = [
    "BACKENDS",
    "Neighbors",
    "inverse_dimensions",
    "local_pca_dimension",
    "local_pca_dimensions",
    "mle_dimension",
    "nearest_neighbors",
    "two_nn_dimension",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

BACKENDS = ("sklearn", "skdim")

# entries of the neighbourhoods that are held at once
_CHUNK = 2**22


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest neighbours of some rows among all rows, the row itself left out.

    Attributes
    ----------
    distances : ndarray, shape (m, k)
        Euclidean distances, increasing.
    indices : ndarray of int64, shape (m, k)
        Row numbers of the neighbours.
    """

    distances: Array
    indices: Indices

    def nearest(self, n_neighbors: int) -> Neighbors:
        """Return the first `n_neighbors` of them.

        Raises
        ------
        ValueError
            If there are fewer.
        """
        k = check_integer("n_neighbors", n_neighbors, low=1, high=self.distances.shape[1])
        return Neighbors(self.distances[:, :k], self.indices[:, :k])


def _check_rows(at: ArrayLike | None, n: int) -> Indices:
    if at is None:
        return np.arange(n)
    rows = np.asarray(at)
    if rows.ndim != 1 or rows.size == 0 or rows.dtype.kind not in "iu":
        raise TypeError(f"at must be a sequence of row numbers, got {shown(at)}")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"at must be row numbers between 0 and {n - 1}, got {shown(at)}")
    return np.asarray(rows, dtype=np.int64)


def nearest_neighbors(X: ArrayLike, n_neighbors: int, *, at: ArrayLike | None = None) -> Neighbors:
    """Find the nearest neighbours of the rows `at` among all rows of a table.

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data.
    n_neighbors : int
        Number of neighbours, from 1 to n - 1.
    at : array_like of int, shape (m,), optional
        Rows whose neighbours are looked for; by default all.

    Returns
    -------
    Neighbors

    Raises
    ------
    ValueError, TypeError
        If `X` is no finite table, or a number is out of range.

    Notes
    -----
    By a k-d tree in any number of columns: the faster search by norms loses the digits of small distances, which are
    what estimators at a small scale are made of.

    Examples
    --------
    >>> found = nearest_neighbors([[0.0], [1.0], [3.0]], 2)
    >>> found.distances.tolist(), found.indices.tolist()
    ([[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]], [[1, 2], [0, 2], [1, 0]])
    """
    table = check_matrix("X", X, min_rows=2)
    n = len(table)
    k = check_integer("n_neighbors", n_neighbors, low=1, high=n - 1)
    rows = _check_rows(at, n)
    tree = NearestNeighbors(n_neighbors=k + 1, algorithm="kd_tree").fit(table)
    distances, indices = tree.kneighbors(table[rows])
    others = indices != rows[:, None]
    # among many equal rows a row need not find itself
    others[others.all(axis=1), -1] = False
    return Neighbors(distances[others].reshape(-1, k), indices[others].reshape(-1, k).astype(np.int64))


def _search(X: Array, n_neighbors: int, at: ArrayLike | None, neighbors: Neighbors | None) -> Neighbors:
    if neighbors is None:
        return nearest_neighbors(X, n_neighbors, at=at)
    if at is not None:
        raise ValueError("at belongs to the search: give either at or neighbors")
    return neighbors.nearest(n_neighbors)


def _skdim(neighbors: Neighbors | None) -> Any:
    if neighbors is not None:
        raise ValueError("neighbors must be left out with backend='skdim', which searches by itself")
    try:
        import skdim
    except ImportError as error:
        raise ImportError("backend='skdim' needs scikit-dimension: pip install 'mixtheory[dimension]'") from error
    return skdim


# Local principal components --------------------------------------------------------------------------------------


def local_pca_dimensions(X: ArrayLike, neighbors: Neighbors, *, cut: float = 0.05) -> Indices:
    """Return the number of principal components of each neighbourhood, shape (m,); see `local_pca_dimension`."""
    table = check_matrix("X", X)
    share = check_real("cut", cut, low=0.0, high=1.0)
    m, k = neighbors.indices.shape
    step = max(1, _CHUNK // (k * table.shape[1]))
    counts = np.empty(m, dtype=np.int64)
    for start in range(0, m, step):
        cloud = table[neighbors.indices[start : start + step]]
        cloud = cloud - cloud.mean(axis=1, keepdims=True)
        # the smaller of the two matrices with the same eigenvalues
        wide = cloud.shape[2] > k
        gram = cloud @ cloud.transpose(0, 2, 1) if wide else cloud.transpose(0, 2, 1) @ cloud
        values = np.linalg.eigvalsh(gram)
        counts[start : start + step] = np.sum(values > share * values[:, -1:], axis=1)
    return counts


def local_pca_dimension(
    X: ArrayLike,
    *,
    n_neighbors: int,
    cut: float = 0.05,
    at: ArrayLike | None = None,
    neighbors: Neighbors | None = None,
    backend: str = "sklearn",
) -> float:
    r"""Estimate the intrinsic dimension by the number of large principal components of neighbourhoods.

    With the eigenvalues :math:`\lambda_1 \ge \lambda_2 \ge \dots` of the covariance matrix of the k nearest
    neighbours of a point (the point itself left out, centred at their mean),

    .. math:: \hat d(x) = \#\{j: \lambda_j > c\,\lambda_1\},

    and the estimate is the mean over points.

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data.
    n_neighbors : int
        Number k of neighbours, from 2 to n - 1.
    cut : float
        Share c of the largest eigenvalue that counts as zero, in (0, 1).
    at : array_like of int, optional
        Rows at which the dimension is estimated; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least `n_neighbors` neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or `neighbors` is given together with `at` or with ``backend="skdim"``.
    ImportError
        If scikit-dimension is asked for and not installed.

    Notes
    -----
    The rule of K. Fukunaga and D. R. Olsen (IEEE Trans. Comput. C-20, 1971); it is ``lPCA(ver="FO", alphaFO=cut)`` of
    scikit-dimension on neighbourhoods.

    Examples
    --------
    >>> t = np.linspace(0.0, 3.0, 200)
    >>> local_pca_dimension(np.column_stack([np.cos(t), np.sin(t), t]), n_neighbors=10)
    1.0
    """
    table = check_matrix("X", X, min_rows=3)
    k = check_integer("n_neighbors", n_neighbors, low=2, high=len(table) - 1)
    check_real("cut", cut, low=0.0, high=1.0)
    if check_choice("backend", backend, BACKENDS) == "skdim":
        skdim = _skdim(neighbors)
        rows = _check_rows(at, len(table))
        found = nearest_neighbors(table, k, at=rows)
        local = skdim.asPointwise(table, skdim.id.lPCA(ver="FO", alphaFO=cut), precomputed_knn=found.indices)
        return float(np.mean(local))
    return float(np.mean(local_pca_dimensions(table, _search(table, k, at, neighbors), cut=cut)))


# Maximum likelihood ----------------------------------------------------------------------------------------------


def inverse_dimensions(distances: ArrayLike) -> Array:
    r"""Return :math:`1/\hat m(x)` of Levina and Bickel for each row of sorted distances to neighbours.

    .. math:: \frac1{\hat m_k(x)} = \frac1{k-1}\sum_{j<k}\log\frac{T_k(x)}{T_j(x)}.

    Parameters
    ----------
    distances : array_like, shape (m, k)
        Distances T_1 <= ... <= T_k, k >= 2. Zeros are left out, and k is then smaller; a row with fewer than two
        positive distances has no estimate (NaN).

    Raises
    ------
    ValueError
        If there are fewer than two columns.

    Examples
    --------
    >>> inverse_dimensions([[1.0, 2.0, 4.0]]).round(6).tolist()
    [1.039721]
    """
    table = check_matrix("distances", distances)
    if table.shape[1] < 2:
        raise ValueError(f"distances must have at least 2 columns, got shape {table.shape}")
    apart = table > 0
    logs = np.log(np.where(apart, table, 1.0))
    farthest = np.where(apart[:, -1], logs[:, -1], 0.0)
    total = np.sum(np.where(apart, farthest[:, None] - logs, 0.0), axis=1)
    terms = apart.sum(axis=1) - 1
    return np.where(terms > 0, total / np.maximum(terms, 1), np.nan)


def mle_dimension(
    X: ArrayLike,
    *,
    n_neighbors: int,
    average: str = "inverse",
    at: ArrayLike | None = None,
    neighbors: Neighbors | None = None,
    backend: str = "sklearn",
) -> float:
    r"""Estimate the intrinsic dimension by maximum likelihood from the distances to k nearest neighbours.

    The local estimate :math:`\hat m_k(x)` is that of `inverse_dimensions`.

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data.
    n_neighbors : int
        Number k of neighbours, from 2 to n - 1.
    average : {"inverse", "mean"}
        ``"inverse"``: one over the mean of :math:`1/\hat m`, the maximum likelihood estimate when points share one
        dimension; ``"mean"``: the mean of :math:`\hat m`, which is too large by the factor (k - 1)/(k - 2) on flat
        data.
    at : array_like of int, optional
        Rows at which the dimension is estimated; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least `n_neighbors` neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, no point has two neighbours at positive distances, or `neighbors` is given
        together with `at` or with ``backend="skdim"``.
    ImportError
        If scikit-dimension is asked for and not installed.

    Notes
    -----
    E. Levina and P. J. Bickel, "Maximum likelihood estimation of intrinsic dimension" (NIPS 2004), with
    ``average="mean"``; the inverse mean is the correction of D. J. C. MacKay and Z. Ghahramani (comment, 2005).
    It is ``MLE`` of scikit-dimension with ``comb="mle"`` and ``comb="mean"``, where no points coincide.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> round(mle_dimension(rng.normal(size=(2000, 2)), n_neighbors=10))
    2
    """
    table = check_matrix("X", X, min_rows=3)
    k = check_integer("n_neighbors", n_neighbors, low=2, high=len(table) - 1)
    check_choice("average", average, ("inverse", "mean"))
    if check_choice("backend", backend, BACKENDS) == "skdim":
        estimator = _skdim(neighbors).id.MLE()
        rows = _check_rows(at, len(table))
        found = nearest_neighbors(table, k)
        estimator.fit(table, n_neighbors=k, precomputed_knn_arrays=(found.distances, found.indices))
        inverse = 1 / np.asarray(estimator.dimension_pw_, dtype=np.float64)[rows]
    else:
        inverse = inverse_dimensions(_search(table, k, at, neighbors).distances)
    inverse = inverse[~np.isnan(inverse)]
    if inverse.size == 0:
        raise ValueError("X must have points with two neighbours at positive distances, got copies only")
    with np.errstate(divide="ignore"):
        return float(1 / np.mean(inverse) if average == "inverse" else np.mean(1 / inverse))


# Two nearest neighbours ------------------------------------------------------------------------------------------


def two_nn_dimension(
    X: ArrayLike,
    *,
    discard: float = 0.1,
    at: ArrayLike | None = None,
    neighbors: Neighbors | None = None,
    backend: str = "sklearn",
) -> float:
    r"""Estimate the intrinsic dimension from the ratios of the distances to the two nearest neighbours.

    The ratios :math:`\mu = T_2/T_1` of locally uniform data have :math:`P(\mu > u) = u^{-d}`. With the N ratios in
    increasing order and the largest of them discarded, d is the slope of the least-squares line through the origin

    .. math:: -\log(1 - i/N) \approx d \log\mu_{(i)}, \quad i \le \lfloor (1-\text{discard}) N\rfloor.

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data.
    discard : float
        Share of the largest ratios that is left out, in (0, 1).
    at : array_like of int, optional
        Rows at which ratios are taken; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least two neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, fewer than two ratios are left, or `neighbors` is given together with `at` or
        with ``backend="skdim"``.
    ImportError
        If scikit-dimension is asked for and not installed.

    Notes
    -----
    E. Facco, M. d'Errico, A. Rodriguez and A. Laio, Scientific Reports 7 (2017) 12140; it is ``TwoNN`` of
    scikit-dimension. Points with a copy have no ratio and are left out.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> round(two_nn_dimension(rng.random((3000, 2))))
    2
    """
    table = check_matrix("X", X, min_rows=3)
    share = check_real("discard", discard, low=0.0, high=1.0)
    if check_choice("backend", backend, BACKENDS) == "skdim":
        estimator = _skdim(neighbors).id.TwoNN(discard_fraction=share, dist=True)
        return float(estimator.fit(nearest_neighbors(table, 2, at=at).distances).dimension_)
    first, second = _search(table, 2, at, neighbors).distances.T
    ratio = np.sort(second[first > 0] / first[first > 0])
    kept = math.floor(ratio.size * (1 - share))
    if kept < 2:
        raise ValueError(f"X must leave at least 2 ratios of distances, got {kept} of {len(first)} points")
    x = np.log(ratio[:kept])
    y = -np.log1p(-np.arange(1, kept + 1) / ratio.size)
    return float(np.sum(x * y) / np.sum(x * x))
