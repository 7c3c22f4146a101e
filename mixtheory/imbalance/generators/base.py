"""The protocol of the generators: checks of real and synthetic rows, and nested samples by blocks."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from mixtheory._validation import check_generator, check_integer, check_matrix, shown

__all__ = ["BLOCK_ROWS", "MinorityGenerator", "check_minority_generator", "check_sample", "fit_copy"]

Array = NDArray[np.float64]

BLOCK_ROWS = 512
"""Rows that a generator draws from one stream of random numbers."""


def check_sample(rows: Any, n: int, d: int, *, name: str = "the sample") -> Array:
    """Return synthetic rows as a C-contiguous float array if they are `n` finite rows of `d` columns.

    For rows that come from outside: a user's generator, law or sampler.

    Parameters
    ----------
    rows : array_like or DataFrame
        What a generator returned.
    n, d : int
        Number of rows that were asked for and of columns of the real rows, n >= 0 and d >= 1.
    name : str
        What the rows are, for messages.

    Returns
    -------
    ndarray of float64, shape (n, d)

    Raises
    ------
    TypeError
        If `rows` is sparse, a tuple such as (X, y), or not of real numbers.
    ValueError
        If the shape is not (n, d), or an entry is masked, NaN or infinite.

    Examples
    --------
    >>> check_sample([[1, 2], [3, 4]], 2, 2).dtype
    dtype('float64')
    """
    if issparse(rows):
        raise TypeError(f"{name} must be dense, got a sparse {type(rows).__name__}")
    if isinstance(rows, tuple):
        raise TypeError(f"{name} must be an array of shape ({n}, {d}) without labels, got a tuple of {len(rows)}")
    try:
        shape = np.shape(rows)
    except ValueError:
        raise TypeError(f"{name} must be an array of shape ({n}, {d}), got entries of different shapes") from None
    if shape != (n, d):
        raise ValueError(f"{name} must have shape ({n}, {d}): {n} row(s) of {d} column(s), got shape {shape}")
    return np.ascontiguousarray(check_matrix(name, rows)) if n else np.empty((0, d))


def check_minority_generator(name: str, value: Any) -> None:
    """Check that `value` follows the protocol: an instance with the methods `fit` and `sample`.

    Raises
    ------
    TypeError
        If it does not; an imbalanced-learn sampler is told how to become one.
    """
    if inspect.isclass(value):
        raise TypeError(f"{name} must be an instance, got the class {value.__name__}; call it: {value.__name__}(...)")
    if hasattr(value, "fit_resample") and not hasattr(value, "sample"):
        raise TypeError(
            f"{name} must have the methods fit and sample, got the sampler {shown(value)}; wrap it in ImblearnSampler"
        )
    missing = [method for method in ("fit", "sample") if not callable(getattr(value, method, None))]
    if missing:
        raise TypeError(f"{name} must have the methods fit and sample, got {shown(value)} without {missing[0]}")


def fit_copy(generator: Any, minority: Array, majority: Array | None) -> Any:
    """Fit a copy of a generator; one of a user whose `fit` returns nothing is taken as its own result."""
    copy = clone(generator, safe=False)
    fitted = copy.fit(minority, majority)
    return copy if fitted is None else fitted


class MinorityGenerator(BaseEstimator, ABC):  # type: ignore[misc]
    """Base of the generators of minority rows: ``fit(X_minority, X_majority=None).sample(n, rng)``.

    A subclass learns from the checked rows in `_fit` and draws rows in `_draw`. A sample is made of blocks of
    `BLOCK_ROWS` rows, each drawn whole from a stream of its own, and cut to the size that is asked for. It is thereby
    nested bit for bit whatever a subclass does inside a block: ``sample(m, rng)`` equals the first m rows of
    ``sample(n, rng)`` for a generator ``rng`` in the same state, which is left in the same state by both. Along a
    grid of sizes one sample of the largest is therefore enough, and all sizes share their random numbers.

    Attributes
    ----------
    n_minority_ : int
        Number of minority rows in `fit`.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str
        Names of the columns, if `X_minority` is a DataFrame whose column names are all text.
    mean_ : ndarray, shape (n_features,)
        Mean of a synthetic row given the rows of `fit`; only where it is known.
    covariance_ : ndarray, shape (n_features, n_features)
        Covariance of a synthetic row given the rows of `fit`; only where it is known.
    """

    _needs_majority = False
    # the rows that come out are in units that the user's law fixes, whatever the units of the rows of fit
    _fixed_units = False

    def fit(self, X_minority: ArrayLike, X_majority: ArrayLike | None = None) -> Self:
        """Learn from the real rows.

        Parameters
        ----------
        X_minority : array_like or DataFrame, shape (n_minority, n_features)
            Real minority rows, finite.
        X_majority : array_like or DataFrame, shape (n_majority, n_features), optional
            Real majority rows with the same columns. Only BorderlineSMOTE, ADASYN and most imbalanced-learn samplers
            need them, and `Scaled` uses them; otherwise they are checked and left alone.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If rows are sparse or not real numbers, or a parameter is of the wrong type.
        ValueError
            If rows are empty, masked or not finite, their columns differ in number or names, majority rows are needed
            and missing, there are too few rows, values are squared whose squares overflow or vanish (ranges beyond
            about 1e150 and 1e-150), or a parameter is outside its range.

        Warns
        -----
        UserWarning
            If only one of the two tables has column names.
        """
        self.__dict__.pop("n_minority_", None)
        for name, value in (("X_minority", X_minority), ("X_majority", X_majority)):
            if issparse(value):
                raise TypeError(f"{name} must be dense, got a sparse {type(value).__name__}; use its toarray()")
        # a copy: the table may change after fit
        minority = np.array(check_matrix("X_minority", X_minority), order="C")
        validate_data(self, X_minority, skip_check_array=True)
        majority = None
        if X_majority is not None:
            majority = check_matrix("X_majority", X_majority)
            try:
                validate_data(self, X_majority, skip_check_array=True, reset=False)
            except ValueError as error:
                raise ValueError(f"X_majority must have the columns of X_minority in their order. {error}") from None
        elif self._needs_majority:
            raise ValueError(f"{type(self).__name__} needs X_majority, got None: it looks for majority neighbours")
        self._fit(minority, majority)
        self.n_minority_ = len(minority)
        return self

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw synthetic minority rows.

        Parameters
        ----------
        n : int
            Number of rows, at least 0.
        rng : numpy.random.Generator
            Source of randomness; it is advanced by 16 bytes whatever `n` is.

        Returns
        -------
        ndarray of float64, shape (n, n_features)
            C-contiguous; the first m rows are ``sample(m, rng)`` with `rng` in the same state.

        Raises
        ------
        NotFittedError
            If `fit` was not called.
        TypeError, ValueError
            If `n` is no integer >= 0 or `rng` no generator, or a law or sampler of the user returns rows of the wrong
            shape, type or number, or rows that are not finite.
        """
        check_is_fitted(self)
        n = check_integer("n", n, low=0)
        seeds = np.random.SeedSequence(int.from_bytes(check_generator(rng).bytes(16), "little"))
        out = np.empty((n, self.n_features_in_))
        filled = 0
        while filled < n:
            block = self._block(np.random.default_rng(seeds.spawn(1)[0]))[: n - filled]
            out[filled : filled + len(block)] = block
            filled += len(block)
        return out

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` came to its end."""
        return hasattr(self, "n_minority_")

    def _block(self, rng: np.random.Generator) -> Array:
        """Return one block of rows, at least one, drawn in full."""
        return self._draw(BLOCK_ROWS, rng)

    @abstractmethod
    def _fit(self, minority: Array, majority: Array | None) -> None:
        """Check the parameters and learn from checked rows."""

    @abstractmethod
    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        """Return `size` rows."""

    def _check_spread(self, name: str, rows: Array) -> None:
        """Check that sums of squared differences of rows neither overflow nor vanish."""
        # a quarter of each range, which cannot overflow
        quarters = np.ptp(rows / 4, axis=0)
        most = 1e153 / np.sqrt(rows.size)
        worst = int(quarters.argmax())
        if 4 * (quarters[worst] / most) > 1 or 0 < quarters[worst] < 2.5e-151:
            found = 4 * quarters[worst].astype(np.longdouble)
            raise ValueError(
                f"{name} must have columns whose ranges are at most {most:.1e}, the largest at least 1e-150 or 0, "
                f"since {type(self).__name__} squares them, got {found:.1e} in column {worst}; scale them"
            )

    def _check_rows(self, minority: Array, least: int, why: str) -> None:
        if len(minority) < least:
            raise ValueError(
                f"{type(self).__name__} needs at least {least} minority rows ({why}), "
                f"got X_minority with {len(minority)} row(s)"
            )
