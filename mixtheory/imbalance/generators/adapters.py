"""Generators made from others: in standardised columns, or from a sampler of imbalanced-learn."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_array, check_integer, shown
from mixtheory.imbalance.generators.base import MinorityGenerator, check_minority_generator, check_sample, fit_copy

__all__ = ["ImblearnSampler", "Scaled"]

Array = NDArray[np.float64]


class Scaled(MinorityGenerator):
    r"""Generate in standardised columns and scale back.

    Each column is brought to mean 0 and standard deviation 1 over all rows that `fit` gets, minority and majority, and
    what depends on units (distances, shrinkage, absolute noise) counts in these. With a the means and D the diagonal
    matrix of the standard deviations, mean and covariance of a synthetic row are :math:`a + D m` and :math:`D C D` if
    the generator has m and C, so a generator that is equivariant under such maps, such as `Bootstrap` or `Mixup`, is
    unchanged (derived in this project). A column that is constant over all rows is only centred.

    Parameters
    ----------
    generator : object with ``fit`` and ``sample``
        What generates in standardised columns; a copy is fitted. `Oracle` and `SemiOracle` have units of their own and
        are refused.

    Attributes
    ----------
    generator_ : object
        The fitted copy.
    center_, scale_ : ndarray, shape (n_features,)
        Means and standard deviations (divisor: number of rows; 1 for a constant column).

    Raises
    ------
    TypeError, ValueError
        In `fit`, as the generator's; in `sample` also if the generator returns rows of the wrong shape, type or number,
        or rows that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory.imbalance.generators import GaussianFit
    >>> rows = np.random.default_rng(0).normal(size=(50, 2)) * [1.0, 1000.0]
    >>> deviations = [np.sqrt(np.diag(g.fit(rows).covariance_)) for g in (GaussianFit(), Scaled(GaussianFit()))]
    >>> [bool(sd[0] < 2) for sd in deviations]
    [False, True]
    """

    def __init__(self, generator: Any) -> None:
        self.generator = generator

    def _fit(self, minority: Array, majority: Array | None) -> None:
        check_minority_generator("generator", self.generator)
        if getattr(self.generator, "_fixed_units", False):
            raise TypeError(
                f"generator must not be {type(self.generator).__name__}: its law has units of its own, which scaling "
                "back would change"
            )
        rows = minority if majority is None else np.concatenate([minority, majority])
        self._check_spread("X_minority and X_majority" if majority is not None else "X_minority", rows)
        # a range too small to be squared counts as none
        constant = (np.ptp(rows, axis=0) == 0) | (rows.std(axis=0) == 0)
        self.center_ = np.where(constant, rows[0], rows.mean(axis=0))
        self.scale_ = np.where(constant, 1.0, rows.std(axis=0))
        others = None if majority is None else (majority - self.center_) / self.scale_
        self.generator_ = fit_copy(self.generator, (minority - self.center_) / self.scale_, others)

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw synthetic minority rows; nested if the generator is. See `MinorityGenerator.sample`."""
        check_is_fitted(self)
        n = check_integer("n", n, low=0)
        return self._draw(n, rng)

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        rows = check_sample(self.generator_.sample(size, rng), size, self.n_features_in_, name="what generator samples")
        return np.asarray(self.center_ + self.scale_ * rows)

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`, if the generator knows it."""
        check_is_fitted(self)
        return np.asarray(self.center_ + self.scale_ * self.generator_.mean_)

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`, if the generator knows it."""
        check_is_fitted(self)
        return np.asarray(self.generator_.covariance_ * np.outer(self.scale_, self.scale_))


class ImblearnSampler(MinorityGenerator):
    r"""Draw rows from any over-sampler of imbalanced-learn.

    A sampler makes one batch of a given size and orders it, so its batches for two sizes have nothing in common. Rows
    are therefore drawn in batches of one size, each by a fresh copy of the sampler with a random state of its own, and
    shuffled within the batch. Mean and covariance of a row are those of the sampler's batch of that size; each batch
    searches its neighbours anew, so where `SMOTE`, `BorderlineSMOTE` and `ADASYN` of this package do, they are faster.

    Parameters
    ----------
    sampler : over-sampler of imbalanced-learn
        With a parameter `random_state`, which is replaced, and ``sampling_strategy="auto"`` (if it has that parameter):
        sizes are asked for in `sample`. It must keep the real rows, first and unchanged, as over-samplers do and
        combinations such as SMOTEENN do not.
    block_size : int, optional
        Rows of a batch, at least 1; by default what balances the classes, or as many as there are minority rows if
        these are not fewer. Samplers that share out rows among parents and round, such as ADASYN, need large batches.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `X_majority` is missing or `sampler` is not as described; in `sample` if the sampler fails
        (its message is given), changes the real rows, or returns none or rows that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from imblearn.over_sampling import SVMSMOTE
    >>> rng = np.random.default_rng(0)
    >>> minority, majority = rng.normal(size=(30, 2)) + 1.5, rng.normal(size=(200, 2))
    >>> generator = ImblearnSampler(SVMSMOTE()).fit(minority, majority)
    >>> generator.sample(5, np.random.default_rng(1)).shape
    (5, 2)
    """

    _needs_majority = True

    def __init__(self, sampler: Any, *, block_size: int | None = None) -> None:
        self.sampler = sampler
        self.block_size = block_size

    def _fit(self, minority: Array, majority: Array | None) -> None:
        assert majority is not None
        self._check_sampler()
        if self.block_size is None:
            deficit = len(majority) - len(minority)
            self._size = deficit if deficit > 0 else len(minority)
        else:
            self._size = check_integer("block_size", self.block_size, low=1)
        self._rows = np.concatenate([majority, minority])
        self._labels = np.repeat([0, 1], [len(majority), len(minority)])

    def _check_sampler(self) -> None:
        if isinstance(self.sampler, type) or not callable(getattr(self.sampler, "fit_resample", None)):
            raise TypeError(
                f"sampler must be an over-sampler of imbalanced-learn with a method fit_resample, got "
                f"{shown(self.sampler)}"
            )
        parameters = self.sampler.get_params(deep=False)
        if "random_state" not in parameters or "sampling_strategy" not in parameters:
            raise TypeError(
                "sampler must have the parameters random_state and sampling_strategy, so that its rows can be drawn "
                f"anew in the number that is asked for, got {shown(self.sampler)}"
            )
        strategy = parameters["sampling_strategy"]
        if not isinstance(strategy, str) or strategy != "auto":
            raise ValueError(
                f"sampler must have sampling_strategy='auto', got {shown(strategy)}: sizes are asked for in sample"
            )

    def _block(self, rng: np.random.Generator) -> Array:
        # not in place: the rows belong to the sampler
        return rng.permutation(self._draw(self._size, rng))

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        real = len(self._rows)
        sampler = clone(self.sampler).set_params(
            random_state=int(rng.integers(2**31)), sampling_strategy={1: int(self._labels.sum()) + size}
        )
        try:
            with warnings.catch_warnings():
                # a batch may be larger than what balances
                warnings.filterwarnings("ignore", "After over-sampling, the number of samples", UserWarning)
                X, y = sampler.fit_resample(self._rows, self._labels)[:2]
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"sampler {shown(self.sampler)} fails to make {size} minority rows: {error}") from error
        rows = check_array("what sampler returns", X, ndims=(2,), what="an array of rows")
        if rows.shape[1] != self.n_features_in_ or not np.array_equal(rows[:real], self._rows):
            raise ValueError(
                f"sampler must return the real rows first and unchanged, as an over-sampler does, got other rows from "
                f"{shown(self.sampler)}"
            )
        if len(rows) == real or not np.all(np.asarray(y)[real:] == 1):
            raise ValueError(
                f"sampler must return new minority rows, got {len(rows) - real} new row(s) from {shown(self.sampler)}"
            )
        return rows[real:]
