"""Simple rules of selection to compare with covariance matching, all with the interface of `CovarianceMatcher`.

The rules of others are implemented as published summaries describe them: nearness to the real centre (He et al.
2023), sampling by similarity to it (Lin et al. 2023), clusters near real points (DS3, Hulkund et al. 2025). They work
on the columns as given, without a projection.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances_argmin_min

from mixtheory._validation import check_integer
from mixtheory.highdim.selection.selector import Selector

__all__ = [
    "CenterMatching",
    "CenterSampling",
    "DS3Selection",
    "KMeansSelection",
    "LargestNorm",
    "NoSynthetic",
    "RandomSelection",
    "RealUpperBound",
]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def _squared_distances(rows: Array, center: Array) -> Array:
    difference = rows - center
    return np.asarray(np.einsum("ij,ij->i", difference, difference))


def _clusters(rows: Array, count: int, rng: np.random.Generator) -> KMeans:
    with warnings.catch_warnings():
        # fewer distinct rows than clusters: some clusters are empty, which the callers handle
        warnings.simplefilter("ignore", ConvergenceWarning)
        return KMeans(count, n_init=1, random_state=int(rng.integers(2**31 - 1))).fit(rows)


class NoSynthetic(Selector):
    """Selects nothing: the model is fitted to real rows alone.

    Parameters
    ----------
    n_select : int, default 0
        Ignored, so that the rule can stand in a list of rules.
    random_state : ignored

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(20, 2))
    >>> NoSynthetic().fit_resample(rows, rows).shape
    (0, 2)
    """

    def __init__(self, n_select: int = 0, *, random_state: Any = None) -> None:
        super().__init__(n_select, random_state=random_state)

    def _count(self) -> int:
        return 0


class RandomSelection(Selector):
    """Rows drawn uniformly without replacement.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).normal(size=(20, 2))
    >>> RandomSelection(5, random_state=0).fit_resample(rows, rows).shape
    (5, 2)
    """

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        return rng.permutation(candidates.size)[:count]


class RealUpperBound(RandomSelection):
    """Extra real rows, as many as synthetic ones would be selected: what more real data would give.

    Fit it with the extra real rows as the pool; rows are drawn from them uniformly without replacement.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> real, extra = rng.normal(size=(20, 2)), rng.normal(size=(30, 2))
    >>> RealUpperBound(10, random_state=0).fit_resample(extra, real).shape
    (10, 2)
    """


class CenterMatching(Selector):
    """The rows nearest to the mean of the target rows (He et al. 2023, as described in published summaries).

    Distances are Euclidean; equal ones are taken in the order of the pool.

    Examples
    --------
    >>> rule = CenterMatching(2).fit([[3.0], [0.1], [-2.0], [0.0]], [[-1.0], [1.0]])
    >>> rule.sample_indices_.tolist()
    [3, 1]
    """

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        distances = _squared_distances(pool[candidates], target.mean(axis=0))
        return np.argsort(distances, kind="stable")[:count]


class LargestNorm(Selector):
    """The rows farthest from the mean of the target rows: what a criterion without a normalised scale is drawn to.

    Equal distances are taken in the order of the pool.

    Examples
    --------
    >>> rule = LargestNorm(2).fit([[3.0], [0.1], [-2.0], [0.0]], [[-1.0], [1.0]])
    >>> rule.sample_indices_.tolist()
    [0, 2]
    """

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        distances = _squared_distances(pool[candidates], target.mean(axis=0))
        return np.argsort(-distances, kind="stable")[:count]


class CenterSampling(Selector):
    """Rows drawn without replacement by their cosine with the target's mean (Lin et al. 2023, published summaries).

    One after another, a row is drawn with probability proportional to the cosine of the angle between it and the mean
    of the target rows, negative cosines counted as 0. Once all rows of positive cosine are taken, the rest are drawn
    uniformly. Angles are taken at the origin of the data, so centred data give this rule little to work with.

    Examples
    --------
    >>> rule = CenterSampling(2, random_state=0).fit([[1.0, 0.0], [2.0, 0.1], [-1.0, 0.0]], [[1.0, 0.0], [3.0, 0.0]])
    >>> sorted(rule.sample_indices_.tolist())
    [0, 1]
    """

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        rows, center = pool[candidates], target.mean(axis=0)
        lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(center)
        cosines = np.divide(rows @ center, lengths, out=np.zeros(len(rows)), where=lengths > 0).clip(0.0)
        # exponential clocks: the first to ring is drawn with probability proportional to its rate
        clocks = rng.standard_exponential(len(rows))
        reachable = cosines > 0
        times = np.divide(clocks, cosines, out=clocks.copy(), where=reachable)
        return np.lexsort((times, ~reachable))[:count]


class KMeansSelection(Selector):
    """One row for each of `n_select` clusters of the pool: the one nearest to the cluster's centre (k-means).

    Clusters that are empty, as the pool has fewer distinct rows, are replaced by rows drawn uniformly.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    >>> sorted(KMeansSelection(2, random_state=0).fit(rows, rows).sample_indices_.tolist())
    [1, 4]
    """

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        rows = pool[candidates]
        model = _clusters(rows, count, rng)
        distances = _squared_distances(rows, model.cluster_centers_[model.labels_])
        order = np.lexsort((distances, model.labels_))
        _, first = np.unique(model.labels_[order], return_index=True)
        picked = order[first]
        rest = rng.permutation(len(rows))
        rest = rest[~np.isin(rest, picked)]
        return np.concatenate([picked, rest[: count - picked.size]])


class DS3Selection(Selector):
    """Rows drawn uniformly from the clusters that are near real points (DS3, Hulkund et al. 2025, published summaries).

    The pool is cut into clusters (k-means); those whose centre is the nearest of all to at least one target row are
    kept. If they have too few rows, further clusters follow in the order of the distance from their centre to the
    nearest target row.

    Parameters
    ----------
    n_select : int
        Number of rows to select.
    n_clusters : int, default 200
        Number of clusters, at most the rows of the pool (then each row is a cluster).
    random_state : None, int, SeedSequence or Generator
        Source of randomness of the clusters and of the draw.

    Examples
    --------
    >>> import numpy as np
    >>> pool = np.array([[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]])
    >>> rule = DS3Selection(2, n_clusters=2, random_state=0).fit(pool, [[8.0], [10.0]])
    >>> bool((rule.sample_indices_ >= 3).all())
    True
    """

    def __init__(self, n_select: int, *, n_clusters: int = 200, random_state: Any = None) -> None:
        super().__init__(n_select, random_state=random_state)
        self.n_clusters = n_clusters

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        rows = pool[candidates]
        model = _clusters(rows, min(check_integer("n_clusters", self.n_clusters, low=1), len(rows)), rng)
        centers = model.cluster_centers_
        nearest, _ = pairwise_distances_argmin_min(target, centers)
        _, distances = pairwise_distances_argmin_min(centers, target)
        kept = np.zeros(len(centers), dtype=bool)
        kept[nearest] = True
        # groups: 0 for the clusters kept, then 1, 2, ... as far as they are needed
        group = np.zeros(len(centers), dtype=np.int64)
        others = np.flatnonzero(~kept)
        group[others[np.argsort(distances[others], kind="stable")]] = np.arange(1, others.size + 1)
        return np.lexsort((rng.permutation(len(rows)), group[model.labels_]))[:count]
