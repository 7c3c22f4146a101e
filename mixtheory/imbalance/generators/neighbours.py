"""SMOTE and its relatives: points on the segments from minority rows to their minority neighbours.

The law of a row is that of imbalanced-learn's samplers. These are implementations of our own for two reasons: samples
are nested, which those of a sampler that lays out its parents for one size are not; and neighbours are searched once
in `fit`, not anew for each size and draw, so that a search along many sizes costs no more than its largest. Other
samplers of imbalanced-learn come in through `ImblearnSampler`.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_integer
from mixtheory.imbalance.generators.base import MinorityGenerator

__all__ = ["ADASYN", "SMOTE", "BorderlineSMOTE"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


def _neighbours(rows: Array, n_queries: int, k: int) -> Indices:
    """Return the places of the `k` nearest other rows of each of the first `n_queries` rows."""
    # in many columns distances are found from norms, which lose their digits far from the origin
    near = rows - rows[0]
    found = NearestNeighbors(n_neighbors=k + 1).fit(near).kneighbors(near[:n_queries], return_distance=False)
    others = found != np.arange(n_queries)[:, np.newaxis]
    # among many equal rows a row need not find itself
    others[others.all(axis=1), -1] = False
    return np.asarray(found[others].reshape(n_queries, k), dtype=np.int64)


class _Interpolator(MinorityGenerator):
    """Draw a parent, one of its neighbours, and a uniform point between them."""

    def _fit(self, minority: Array, majority: Array | None) -> None:
        name, k = self._neighbour_count()
        check_integer(name, k, low=1)
        self._check_rows(minority, k + 1, f"a row and its {name}={k} neighbours")
        self._check_spread("X_minority", minority)
        parents, probabilities = self._parents(minority, majority)
        self.parents_ = parents
        self.parent_probabilities_ = probabilities
        self.neighbors_ = _neighbours(minority, len(minority), k)[parents]
        self._rows = minority

    @abstractmethod
    def _neighbour_count(self) -> tuple[str, int]:
        """Return the name and the value of the number of neighbours to interpolate with."""

    @abstractmethod
    def _parents(self, minority: Array, majority: Array | None) -> tuple[Indices, Array]:
        """Return the places of the rows that can be parents, and their probabilities."""

    def _majority_neighbours(self, minority: Array, majority: Array | None, name: str, k: int) -> Indices:
        """Return how many of the `k` nearest rows of either class are majority rows, for each minority row."""
        assert majority is not None
        rows = np.concatenate([minority, majority])
        if len(rows) < k + 1:
            raise ValueError(
                f"{type(self).__name__} needs at least {k + 1} rows (a row and its {name}={k} neighbours), "
                f"got X_minority and X_majority with {len(rows)} row(s) together"
            )
        self._check_spread("X_minority and X_majority", rows)
        return np.asarray((_neighbours(rows, len(minority), k) >= len(minority)).sum(axis=1))

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        chosen = rng.choice(len(self.parents_), size=size, p=self.parent_probabilities_)
        start = self._rows[self.parents_[chosen]]
        end = self._rows[self.neighbors_[chosen, rng.integers(self.neighbors_.shape[1], size=size)]]
        return np.asarray(start + rng.random((size, 1)) * (end - start))

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`: half-way between the means of parents and neighbours."""
        check_is_fitted(self)
        center = self._rows.mean(axis=0)
        return np.asarray(center + self._weights() @ (self._rows - center) / 2)

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`, exact."""
        check_is_fitted(self)
        rows = self._rows - self._rows.mean(axis=0)
        parents = rows[self.parents_]
        cross = (parents.T * self.parent_probabilities_) @ rows[self.neighbors_].mean(axis=1)
        # E u^2 = E (1-u)^2 = 1/3 and E u(1-u) = 1/6
        second = (rows.T * self._weights()) @ rows / 3 + (cross + cross.T) / 6
        mean = self._weights() @ rows / 2
        return np.asarray(second - np.outer(mean, mean))

    def _weights(self) -> Array:
        """Return how often a row is a parent plus how often a neighbour, for one synthetic row."""
        n, k = len(self._rows), self.neighbors_.shape[1]
        weights = np.bincount(self.parents_, self.parent_probabilities_, minlength=n)
        shares = np.repeat(self.parent_probabilities_ / k, k)
        return np.asarray(weights + np.bincount(self.neighbors_.ravel(), shares, minlength=n), dtype=np.float64)


class SMOTE(_Interpolator):
    r"""Synthetic minority over-sampling (Chawla et al. 2002): a point between a row and one of its nearest rows.

    A synthetic row is :math:`x_i + u(x_j - x_i)` with a uniform parent i, a uniform j of its `k_neighbors` nearest
    minority rows and u uniform on [0, 1]. With :math:`\bar x` the mean of the n rows, :math:`\bar x_N` the mean of
    :math:`x_j` over parents and neighbours, :math:`M_{PP}, M_{NN}` and :math:`M_{PN}` the means of :math:`x_i x_i'`,
    :math:`x_j x_j'` and :math:`x_i x_j'`, given the rows

    .. math:: E = \tfrac12(\bar x + \bar x_N), \qquad
              Cov = \tfrac13(M_{PP} + M_{NN}) + \tfrac16(M_{PN} + M_{PN}') - E E'.

    The mean moves towards rows that are neighbours of many, which in many dimensions adds to its sampling error. The
    covariance shrinks: to 2/3 of its size if neighbours were drawn at random, less for near ones. Derived in this
    project.

    Parameters
    ----------
    k_neighbors : int, default 5
        Number of nearest minority rows to draw from, at least 1; there must be more minority rows.

    Attributes
    ----------
    parents_ : ndarray of int64, shape (n_parents,)
        Rows of `X_minority` that can be parents.
    parent_probabilities_ : ndarray, shape (n_parents,)
        Their probabilities.
    neighbors_ : ndarray of int64, shape (n_parents, k_neighbors)
        Their neighbours in `X_minority`, nearest first.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `k_neighbors` is no integer >= 1, or not below the number of minority rows.

    Examples
    --------
    >>> import numpy as np
    >>> generator = SMOTE(k_neighbors=1).fit([[0.0], [1.0], [3.0]])
    >>> generator.neighbors_[:, 0].tolist(), round(float(generator.mean_[0]), 6)
    ([1, 0, 1], 1.0)
    """

    def __init__(self, k_neighbors: int = 5) -> None:
        self.k_neighbors = k_neighbors

    def _neighbour_count(self) -> tuple[str, int]:
        return "k_neighbors", self.k_neighbors

    def _parents(self, minority: Array, majority: Array | None) -> tuple[Indices, Array]:
        n = len(minority)
        return np.arange(n), np.full(n, 1 / n)


class BorderlineSMOTE(SMOTE):
    r"""Borderline-SMOTE 1 (Han et al. 2005): SMOTE whose parents are the minority rows in danger.

    A row is in danger if at least half but not all of its `m_neighbors` nearest rows of either class belong to the
    majority. Mean and covariance of a synthetic row are those of `SMOTE` with i over these rows: the mean moves to the
    border between the classes, so the generator mismatch stays however many minority rows there are (derived in this
    project).

    Parameters
    ----------
    k_neighbors : int, default 5
        Number of nearest minority rows to draw from, at least 1; there must be more minority rows.
    m_neighbors : int, default 10
        Number of nearest rows of either class that decide about danger, at least 2; of one neighbour it could not be
        that at least half but not all belong to the majority.

    Attributes
    ----------
    parents_, parent_probabilities_, neighbors_
        As in `SMOTE`; the parents are the rows in danger.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `X_majority` is missing, there are too few rows for the numbers of neighbours, or no row is in
        danger, where imbalanced-learn returns no rows without a word.

    Examples
    --------
    >>> generator = BorderlineSMOTE(k_neighbors=1, m_neighbors=2)
    >>> generator.fit([[0.0], [1.0], [2.5]], [[3.0], [4.0], [5.0]]).parents_.tolist()
    [2]
    """

    _needs_majority = True

    def __init__(self, k_neighbors: int = 5, m_neighbors: int = 10) -> None:
        super().__init__(k_neighbors)
        self.m_neighbors = m_neighbors

    def _parents(self, minority: Array, majority: Array | None) -> tuple[Indices, Array]:
        m = check_integer("m_neighbors", self.m_neighbors, low=2)
        foreign = self._majority_neighbours(minority, majority, "m_neighbors", m)
        danger = np.flatnonzero((2 * foreign >= m) & (foreign < m))
        if not danger.size:
            raise ValueError(
                f"BorderlineSMOTE finds no minority row in danger: of the m_neighbors={m} nearest rows at least half "
                f"but not all must be majority rows, got between {foreign.min()} and {foreign.max()} of them; use "
                "another m_neighbors, or SMOTE"
            )
        return danger, np.full(danger.size, 1 / danger.size)


class ADASYN(_Interpolator):
    r"""Adaptive synthetic sampling (He et al. 2008): SMOTE whose parents are drawn by their share of majority rows.

    A parent has a probability in proportion to the number of majority rows among its `n_neighbors` nearest rows of
    either class. Mean and covariance of a synthetic row are those of `SMOTE` with the means over i taken with these
    probabilities: the mean moves to where the majority is, so the generator mismatch stays however many minority rows
    there are (derived in this project). Where imbalanced-learn gives each parent its rounded share of the rows, parents
    are drawn at random here: a row has the same law up to that rounding, any number of rows can be had, and samples are
    nested.

    Parameters
    ----------
    n_neighbors : int, default 5
        Number of nearest rows of either class that decide about probabilities, and of nearest minority rows to draw
        from, at least 1; there must be more minority rows.

    Attributes
    ----------
    parents_, parent_probabilities_, neighbors_
        As in `SMOTE`; the parents are the rows with a majority row among their neighbours.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `X_majority` is missing, there are too few minority rows, or none has a majority neighbour,
        which is an error in imbalanced-learn too.

    Examples
    --------
    >>> generator = ADASYN(n_neighbors=2).fit([[0.0], [1.0], [2.0], [3.1]], [[4.0], [5.0]])
    >>> generator.parents_.tolist(), generator.parent_probabilities_.tolist()
    ([3], [1.0])
    """

    _needs_majority = True

    def __init__(self, n_neighbors: int = 5) -> None:
        self.n_neighbors = n_neighbors

    def _neighbour_count(self) -> tuple[str, int]:
        return "n_neighbors", self.n_neighbors

    def _parents(self, minority: Array, majority: Array | None) -> tuple[Indices, Array]:
        foreign = self._majority_neighbours(minority, majority, "n_neighbors", self.n_neighbors)
        if not foreign.any():
            raise ValueError(
                f"ADASYN finds no majority row among the n_neighbors={self.n_neighbors} nearest rows of any minority "
                "row, so no parent has a share; use more neighbours, or SMOTE"
            )
        parents = np.flatnonzero(foreign)
        return parents, foreign[parents] / foreign.sum()
