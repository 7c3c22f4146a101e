"""What all selectors share: checks, classes and their shares, the rows that come out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtheory._validation import check_integer, check_matrix, check_random_state, shown
from mixtheory.resampling.amounts import allocate

__all__ = ["Selector"]

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

# data of this size need no scaling
_ORDINARY = 1e70


def _labels(name: str, y: Any, rows: int, owner: str) -> NDArray[Any]:
    import pandas as pd

    labels = np.asarray(y)
    if labels.ndim != 1 or labels.shape[0] != rows:
        raise ValueError(f"{name} must have one label for each of the {rows} rows of {owner}, got shape {labels.shape}")
    if np.ma.is_masked(y) or np.any(pd.isna(np.asarray(y, dtype=object))):
        raise ValueError(f"{name} must have no missing labels, got None, NaN or masked entries")
    return labels


def _exponent(target: Array) -> int:
    """Return the power of 2 of data so large or so small that products of four numbers would overflow, else 0."""
    size = float(np.max(np.abs(target)))
    return 0 if size == 0 or 1 / _ORDINARY < size < _ORDINARY else int(np.frexp(size)[1])


def _take(rows: Any, indices: Indices) -> Any:
    """Return some rows of a table or labels in the container that they came in."""
    return rows.iloc[indices] if hasattr(rows, "iloc") else np.asarray(rows)[indices]


class Selector(BaseEstimator):  # type: ignore[misc]
    """Base of the selectors: `fit` finds the places of the rows to take from a pool, `fit_resample` returns them.

    With labels every class is a selection of its own: `n_select` is shared out by the classes' shares of the target
    (`allocate`), and rows are taken class by class, in the order of the labels. A subclass says how many rows it
    takes from a part of the pool (`_pick`) and may learn from all target rows first (`_prepare`).

    Parameters
    ----------
    n_select : int
        Number of rows to select, at least 1.
    random_state : None, int, SeedSequence or Generator
        Source of what is random in the selection.

    Attributes
    ----------
    sample_indices_ : ndarray of int64, shape (n_select,)
        Places of the selected rows in the pool, in order of selection.
    classes_ : ndarray
        Labels of the target in order; only with labels.
    class_counts_ : ndarray of int64
        How many rows were selected of each of `classes_`; only with labels.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if the pool is a DataFrame whose column names are all text.
    """

    def __init__(self, n_select: int, *, random_state: Any = None) -> None:
        self.n_select = n_select
        self.random_state = random_state

    def fit(
        self, X_pool: ArrayLike, X_target: ArrayLike, y_pool: ArrayLike | None = None, y_target: ArrayLike | None = None
    ) -> Selector:
        """Select rows of the pool.

        Parameters
        ----------
        X_pool : array_like or DataFrame, shape (n_pool, n_features)
            Candidates, real and finite.
        X_target : array_like or DataFrame, shape (n_target, n_features)
            Real rows; all that is learnt about the target is learnt from these.
        y_pool, y_target : array_like, optional
            Their labels, both or neither; then each class is matched on its own.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the data are not real numbers, or a parameter is of the wrong type.
        ValueError
            If the data are not finite or empty, columns differ in number or names, only one of the labels is given, a
            label is missing, a class of the target has no rows in the pool, or more is to be selected than there is.

        Warns
        -----
        UserWarning
            If only one of pool and target has column names.
        """
        count = self._count()
        rng = check_random_state(self.random_state)
        for name, value in (("X_pool", X_pool), ("X_target", X_target)):
            if issparse(value):
                raise TypeError(f"{name} must be dense, got a sparse {type(value).__name__}; use its toarray()")
        pool = check_matrix("X_pool", X_pool)
        target = check_matrix("X_target", X_target)
        if target.shape[1] != pool.shape[1]:
            raise ValueError(
                f"X_target must have as many columns as X_pool, {pool.shape[1]} features, got shape {target.shape}"
            )
        if (y_pool is None) != (y_target is None):
            raise ValueError("y_pool and y_target must be given together or not at all")
        validate_data(self, X_pool, skip_check_array=True)
        try:
            validate_data(self, X_target, skip_check_array=True, reset=False)
        except ValueError as error:
            raise ValueError(f"X_target must have the columns of X_pool in their order. {error}") from None
        # a power of 2 changes no digit, so the selection is that of the data as they are
        self._exponent = _exponent(target)
        if self._exponent:
            with np.errstate(over="ignore"):
                pool, target = np.ldexp(pool, -self._exponent), np.ldexp(target, -self._exponent)
        for attribute in ("classes_", "class_counts_"):
            self.__dict__.pop(attribute, None)
        if y_pool is None or y_target is None:
            parts = [("X_pool", np.arange(pool.shape[0]), np.arange(target.shape[0]), count)]
        else:
            parts = self._parts(
                _labels("y_pool", y_pool, pool.shape[0], "X_pool"),
                _labels("y_target", y_target, target.shape[0], "X_target"),
                count,
            )
        for name, candidates, _, wanted in parts:
            if wanted > candidates.size:
                raise ValueError(f"n_select asks for {wanted} rows of {name}, which has {candidates.size}")
        self._prepare(pool, target)
        picked = [np.empty(0, dtype=np.int64)]
        for name, candidates, real, wanted in parts:
            if wanted:
                picked.append(candidates[self._pick(name, pool, candidates, target[real], wanted, rng)])
        self.sample_indices_ = np.concatenate(picked)
        return self

    def fit_resample(
        self, X_pool: ArrayLike, X_target: ArrayLike, y_pool: ArrayLike | None = None, y_target: ArrayLike | None = None
    ) -> Any:
        """Select rows of the pool and return them.

        Parameters
        ----------
        X_pool, X_target, y_pool, y_target
            As for `fit`.

        Returns
        -------
        X_selected : ndarray or DataFrame, shape (n_select, n_features)
            The selected rows in order of selection, of the kind of `X_pool`; a DataFrame keeps its index.
        y_selected : ndarray or Series, shape (n_select,)
            Their labels; only if labels are given.

        Raises
        ------
        TypeError, ValueError
            As for `fit`.
        """
        self.fit(X_pool, X_target, y_pool, y_target)
        check_is_fitted(self, "sample_indices_")
        rows = _take(X_pool, self.sample_indices_)
        return rows if y_pool is None else (rows, _take(y_pool, self.sample_indices_))

    def _count(self) -> int:
        return check_integer("n_select", self.n_select, low=1)

    def _parts(self, pool: NDArray[Any], target: NDArray[Any], count: int) -> list[tuple[str, Indices, Indices, int]]:
        try:
            self.classes_, codes = np.unique(target, return_inverse=True)
        except TypeError:
            raise TypeError("y_target must have labels of one kind that can be ordered") from None
        self.class_counts_ = allocate(count, np.bincount(codes))
        parts = []
        for code, label in enumerate(self.classes_):
            candidates = np.flatnonzero(pool == label)
            if not candidates.size:
                raise ValueError(f"class {shown(label)} of y_target has no rows in the pool")
            name = f"class {shown(label)} of X_pool"
            parts.append((name, candidates, np.flatnonzero(codes == code), int(self.class_counts_[code])))
        return parts

    def _prepare(self, pool: Array, target: Array) -> None:
        """Learn from all target rows what the classes share."""

    def _pick(
        self, name: str, pool: Array, candidates: Indices, target: Array, count: int, rng: np.random.Generator
    ) -> Indices:
        """Return `count` places in `candidates`, which are places in `pool`."""
        raise NotImplementedError
