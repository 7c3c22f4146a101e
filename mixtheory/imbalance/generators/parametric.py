"""Generators that draw from a law: the true one, the true one around an estimated mean, or a fitted Gaussian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_real, shown
from mixtheory.imbalance.generators.base import MinorityGenerator, check_sample

__all__ = ["GaussianFit", "Oracle", "SemiOracle"]

Array = NDArray[np.float64]
Law = Callable[[np.random.Generator, int], Any]


def _check_law(name: str, law: Any) -> None:
    if not callable(law):
        raise TypeError(f"{name} must be a function of (rng, n) that returns n rows, got {shown(law)}")


class Oracle(MinorityGenerator):
    r"""Draw rows from a given law, whatever the real rows: with the minority's own law the ideal generator.

    With the minority's law a synthetic row is worth a real one: mean and covariance are the population's and the
    generator mismatch is b = 0. With any other law it is a generator of known bias that does not depend on the data.

    Parameters
    ----------
    law : callable
        ``law(rng, n)`` returns n independent rows, shape (n, n_features).

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `law` is not callable; in `sample` if it returns no n finite rows of the right width.

    Examples
    --------
    >>> import numpy as np
    >>> generator = Oracle(lambda rng, n: rng.normal(size=(n, 2))).fit([[0.0, 0.0]])
    >>> generator.sample(3, np.random.default_rng(0)).shape
    (3, 2)
    """

    _fixed_units = True

    def __init__(self, law: Law) -> None:
        self.law = law

    def _fit(self, minority: Array, majority: Array | None) -> None:
        _check_law("law", self.law)

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        return check_sample(self.law(rng, size), size, self.n_features_in_, name="what law(rng, n) returns")


class SemiOracle(MinorityGenerator):
    r"""Draw rows around the minority's sample mean, with noise of the true law: :math:`\bar x + \xi`.

    Given the rows the mean is :math:`\bar x` and the covariance that of the noise, which is right; only the error
    of the mean is copied. In the mean-shift model its first row neither helps nor hurts, to leading order: half-way
    between `Oracle` and `Bootstrap` (derived in this project; the generator is that of the public code of Ma and Zhang
    2026).

    Parameters
    ----------
    noise : callable
        ``noise(rng, n)`` returns n independent rows with mean zero, shape (n, n_features).

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `noise` is not callable; in `sample` if it returns no n finite rows of the right width.

    Examples
    --------
    >>> SemiOracle(lambda rng, n: rng.normal(size=(n, 2))).fit([[0.0, 1.0], [2.0, 3.0]]).mean_.tolist()
    [1.0, 2.0]
    """

    _fixed_units = True

    def __init__(self, noise: Law) -> None:
        self.noise = noise

    def _fit(self, minority: Array, majority: Array | None) -> None:
        _check_law("noise", self.noise)
        self._center = np.asarray(minority.mean(axis=0))

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        rows = check_sample(self.noise(rng, size), size, self.n_features_in_, name="what noise(rng, n) returns")
        return self._center + rows

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`: theirs."""
        check_is_fitted(self)
        return self._center.copy()


class GaussianFit(MinorityGenerator):
    r"""Draw from a Gaussian with the minority's mean and its covariance, shrunk towards a multiple of the identity.

    .. math:: N\!\left(\bar x,\; (1-\alpha)\,S + \alpha\,\frac{\mathrm{tr}\,S}{d}\,I\right),

    with S of divisor n - 1 and :math:`\alpha` the shrinkage, so over samples of the minority the mean is unbiased and
    the covariance has the expectation :math:`(1-\alpha)\Sigma + \alpha(\mathrm{tr}\,\Sigma/d) I`; all that is not
    Gaussian is lost (derived in this project; the form of the shrinkage is that of the public code of Ma and Zhang
    2026). Columns that are constant in the minority stay constant: the shrinkage and its d see the others only.

    Parameters
    ----------
    shrinkage : float, default 0.1
        Weight of the identity, in [0, 1]. With 0 a covariance that is singular is used as it is. The identity depends
        on the columns' units; see `Scaled`.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `shrinkage` is outside [0, 1] or there are fewer than two minority rows.

    Examples
    --------
    >>> GaussianFit(0.5).fit([[0.0, 0.0], [2.0, 4.0]]).covariance_.tolist()
    [[3.5, 2.0], [2.0, 6.5]]
    """

    def __init__(self, shrinkage: float = 0.1) -> None:
        self.shrinkage = shrinkage

    def _fit(self, minority: Array, majority: Array | None) -> None:
        shrinkage = check_real("shrinkage", self.shrinkage, low=0.0, high=1.0, closed="both")
        self._check_rows(minority, 2, "for a covariance")
        self._check_spread("X_minority", minority)
        # a constant column is 0 after this, however large
        covariance = np.atleast_2d(np.cov(minority - minority[0], rowvar=False))
        varying = np.ptp(minority, axis=0) > 0
        # rounding of the mean can give a constant column a variance
        covariance[~varying] = covariance[:, ~varying] = 0.0
        size = np.trace(covariance) / max(1, int(varying.sum()))
        self._center = np.asarray(minority.mean(axis=0))
        self._center[~varying] = minority[0, ~varying]
        self._covariance = (1 - shrinkage) * covariance + shrinkage * size * np.diag(varying.astype(np.float64))
        values, basis = np.linalg.eigh(self._covariance)
        self._factor = basis * np.sqrt(np.maximum(values, 0.0))
        self._factor[~varying] = 0.0

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        # a product of matrices may round otherwise for another number of rows; blocks are of one size
        return np.asarray(self._center + rng.standard_normal((size, len(self._center))) @ self._factor.T)

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`: theirs."""
        check_is_fitted(self)
        return np.array(self._center)

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`: theirs after shrinkage."""
        check_is_fitted(self)
        return np.array(self._covariance)
