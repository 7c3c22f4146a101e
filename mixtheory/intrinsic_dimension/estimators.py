"""The three estimators, from the nearest neighbours of points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_integer, check_matrix, check_real, shown
from mixtheory.intrinsic_dimension.neighbors import (
    CHUNK,
    Neighbors,
    check_increasing,
    nearest_neighbors,
    rescaled,
)

__all__ = [
    "BACKENDS",
    "inverse_dimensions",
    "local_pca_dimension",
    "local_pca_dimensions",
    "mle_dimension",
    "two_nn_dimension",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

BACKENDS = ("sklearn", "skdim")

# logarithms of ratios of distances below it are ties: equal distances differ by rounding
_TIED = 1e-9
_UNTIE = "or add noise of the size of the rounding to data that are rounded or on a lattice"


def _check_neighbors(table: Array, neighbors: Neighbors) -> None:
    if not isinstance(neighbors, Neighbors):
        raise TypeError(f"neighbors must be Neighbors, the result of nearest_neighbors, got {shown(neighbors)}")
    if neighbors.indices.max() >= len(table):
        raise ValueError(
            f"neighbors must be those of the rows of X, got row number {neighbors.indices.max()} for {len(table)} rows"
        )


def _search(X: Array, n_neighbors: int, at: ArrayLike | None, neighbors: Neighbors | None) -> Neighbors:
    if neighbors is None:
        return nearest_neighbors(X, n_neighbors, at=at)
    if at is not None:
        raise ValueError("at belongs to the search: give either at or neighbors")
    _check_neighbors(X, neighbors)
    if neighbors.indices.shape[1] < n_neighbors:
        raise ValueError(f"neighbors must hold {n_neighbors} for each row, got {neighbors.indices.shape[1]}")
    return neighbors.nearest(n_neighbors)


def _skdim(neighbors: Neighbors | None) -> Any:
    if neighbors is not None:
        raise ValueError("neighbors must be left out with backend='skdim': give at")
    try:
        import skdim
    except ImportError as error:
        raise ImportError("backend='skdim' needs scikit-dimension: pip install 'mixtheory[dimension]'") from error
    return skdim


# Local principal components --------------------------------------------------------------------------------------


def local_pca_dimensions(X: ArrayLike, neighbors: Neighbors, *, cut: float = 0.05) -> Indices:
    """Return the number of principal components of each neighbourhood, shape (m,); see `local_pca_dimension`."""
    table = check_matrix("X", X)
    _check_neighbors(table, neighbors)
    table = rescaled(table)[0]
    share = check_real("cut", cut, low=0.0, high=1.0)
    m, k = neighbors.indices.shape
    step = max(1, CHUNK // (k * table.shape[1]))
    counts = np.empty(m, dtype=np.int64)
    for start in range(0, m, step):
        cloud = table[neighbors.indices[start : start + step]]
        cloud = cloud - cloud.mean(axis=1, keepdims=True)
        # the smaller of the two matrices with the same eigenvalues
        wide = cloud.shape[2] > k
        gram = cloud @ cloud.transpose(0, 2, 1) if wide else cloud.transpose(0, 2, 1) @ cloud
        values = np.linalg.eigvalsh(gram)
        counts[start : start + step] = np.sum(values > share * values[:, -1:], axis=1)
    return _check_counts(counts)


def _check_counts(counts: Indices) -> Indices:
    if counts.min() < 1:
        raise ValueError("X must have neighbourhoods with a variance, got differences whose squares underflow")
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
        Number k of neighbours, from 2 to the number of different rows - 1.
    cut : float
        Share c of the largest eigenvalue that counts as zero, in (0, 1).
    at : array_like of int or bool, optional
        Rows at which the dimension is estimated, as numbers or as a mask; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least `n_neighbors` neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, `X` has too few different rows, or `neighbors` is given together with `at` or
        with ``backend="skdim"``, or belongs to another table.
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
        found = nearest_neighbors(table, k, at=at)
        estimator = skdim.id.lPCA(ver="FO", alphaFO=cut)
        # it also computes ratios of eigenvalues, of which some are zero
        with np.errstate(divide="ignore", invalid="ignore"):
            local = skdim.asPointwise(rescaled(table)[0], estimator, precomputed_knn=found.indices)
        return float(np.mean(_check_counts(local)))
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
        If there are fewer than two columns, or distances are negative or not sorted.

    Examples
    --------
    >>> inverse_dimensions([[1.0, 2.0, 4.0]]).round(6).tolist()
    [1.039721]
    """
    table = check_matrix("distances", distances)
    if table.shape[1] < 2:
        raise ValueError(f"distances must have at least 2 columns, got shape {table.shape}")
    if table.min() < 0:
        raise ValueError(f"distances must be >= 0, got {table.min():g}")
    check_increasing(table)
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
        Number k of neighbours, from 2 to the number of different rows - 1.
    average : {"inverse", "mean"}
        ``"inverse"``: one over the mean of :math:`1/\hat m`, the maximum likelihood estimate when points share one
        dimension; ``"mean"``: the mean of :math:`\hat m`, which is too large by the factor (k - 1)/(k - 2) on flat
        data.
    at : array_like of int or bool, optional
        Rows at which the dimension is estimated, as numbers or as a mask; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least `n_neighbors` neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, `X` has too few different rows, distances are tied so that the estimate is
        infinite, or `neighbors` is given together with `at` or with ``backend="skdim"``, or belongs to another table.
    ImportError
        If scikit-dimension is asked for and not installed.

    Notes
    -----
    E. Levina and P. J. Bickel, "Maximum likelihood estimation of intrinsic dimension" (NIPS 2004), with
    ``average="mean"``; the inverse mean is the correction of D. J. C. MacKay and Z. Ghahramani (comment, 2005).
    It is ``MLE`` of scikit-dimension with ``comb="mle"`` and ``comb="mean"``, where no points coincide. A point whose k
    neighbours are all at one distance has an infinite :math:`\hat m`: with ``average="mean"`` one of them is an error,
    with ``average="inverse"`` they make the estimate large, and only all of them are an error.

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
        # K, of another method, warns of fewer rows if it is left out
        estimator = _skdim(neighbors).id.MLE(K=1)
        found = nearest_neighbors(table, k, at=at)
        # ties are infinite there
        with np.errstate(divide="ignore"):
            estimator.fit(table, n_neighbors=k, precomputed_knn_arrays=(found.distances, found.indices))
        inverse = 1 / np.asarray(estimator.dimension_pw_, dtype=np.float64)
    else:
        inverse = inverse_dimensions(_search(table, k, at, neighbors).distances)
    tied = inverse < _TIED
    if tied.all() or (average == "mean" and tied.any()):
        raise ValueError(
            f"X must not have tied distances only, got {tied.sum()} of {tied.size} rows whose {k} neighbours are all "
            f"at one distance: take more neighbours, {_UNTIE}"
        )
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

    .. math:: -\log(1 - i/N) \approx d \log\mu_{(i)},
        \quad i \le \min(\lfloor (1-\text{discard}) N\rfloor, N - 1).

    Parameters
    ----------
    X : array_like, shape (n, d)
        The data.
    discard : float
        Share of the largest ratios that is left out, in [0, 1). The largest ratio, at which the left side is infinite,
        is always left out.
    at : array_like of int or bool, optional
        Rows at which ratios are taken, as numbers or as a mask; by default all.
    neighbors : Neighbors, optional
        A search that is already done, with at least two neighbours; then `at` is part of it.
    backend : {"sklearn", "skdim"}

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, `X` has too few different rows, fewer than two ratios are left, all of them are
        one (ties), or `neighbors` is given together with `at` or with ``backend="skdim"``, or belongs to another table.
    ImportError
        If scikit-dimension is asked for and not installed.

    Notes
    -----
    E. Facco, M. d'Errico, A. Rodriguez and A. Laio, Scientific Reports 7 (2017) 12140; it is ``TwoNN`` of
    scikit-dimension. Points whose two neighbours are at one distance have a ratio of one and make the estimate
    larger; it is refused only if no other ratio is left. Their share is
    ``np.mean(found.distances[:, 0] == found.distances[:, 1])`` of `nearest_neighbors`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> round(two_nn_dimension(rng.random((3000, 2))))
    2
    """
    table = check_matrix("X", X, min_rows=3)
    share = check_real("discard", discard, low=0.0, high=1.0, closed="left")
    skdim = _skdim(neighbors) if check_choice("backend", backend, BACKENDS) == "skdim" else None
    distances = _search(table, 2, at, neighbors).distances
    n = len(distances)
    kept = min(math.floor(n * (1 - share)), n - 1)
    if kept < 2:
        raise ValueError(
            f"discard must leave at least 2 ratios of distances, got {share:g}, which leaves {kept} of {n} rows"
        )
    x = np.sort(np.log(distances[:, 1] / distances[:, 0]))[:kept]
    if x[-1] < _TIED:
        raise ValueError(
            f"X must not have tied distances only, got {kept} of {n} rows or more whose two neighbours are at one "
            f"distance: use mle_dimension or local_pca_dimension with many neighbours, {_UNTIE}"
        )
    if skdim is not None:
        # at least half a ratio, so that the largest is left out
        estimator = skdim.id.TwoNN(discard_fraction=max(share, 0.5 / n), dist=True)
        return float(estimator.fit(distances).dimension_)
    y = -np.log1p(-np.arange(1, kept + 1) / n)
    return float(np.sum(x * y) / np.sum(x * x))
