"""Generators that repeat minority rows: as they are, or with noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_choice, check_reals
from mixtheory.imbalance.generators.base import MinorityGenerator

__all__ = ["Bootstrap", "Jitter"]

Array = NDArray[np.float64]


class Bootstrap(MinorityGenerator):
    r"""Repeat minority rows, drawn with replacement.

    Given the rows, with :math:`\bar x` their mean and S their covariance with divisor n - 1, a synthetic row has

    .. math:: E = \bar x, \qquad Cov = (1 - 1/n)\,S.

    It brings no information: the sampling error of the minority is copied whole. For squared loss adding nt rows is in
    expectation to give every minority row the weight 1 + nt/n (derived in this project).

    Examples
    --------
    >>> import numpy as np
    >>> generator = Bootstrap().fit([[0.0], [4.0]])
    >>> float(generator.mean_[0]), float(generator.covariance_[0, 0])
    (2.0, 4.0)
    >>> bool(np.isin(generator.sample(10, np.random.default_rng(0)), [0.0, 4.0]).all())
    True
    """

    def _fit(self, minority: Array, majority: Array | None) -> None:
        self._rows = minority

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        return np.asarray(self._rows[rng.integers(len(self._rows), size=size)])

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`: theirs."""
        check_is_fitted(self)
        return np.asarray(self._rows.mean(axis=0))

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`: theirs with divisor n."""
        check_is_fitted(self)
        return np.atleast_2d(np.cov(self._rows, rowvar=False, ddof=0))


class Jitter(Bootstrap):
    r"""Repeat minority rows and add Gaussian noise, the same law of noise for every row.

    With noise of standard deviation :math:`\sigma_j` in column j a synthetic row has, given the rows,

    .. math:: E = \bar x, \qquad Cov = (1 - 1/n)\,S + \mathrm{diag}(\sigma_1^2, \dots, \sigma_d^2),

    so the mean is kept and every variance grows (the smoothed bootstrap; derived in this project). A column that is
    constant in the minority gets no noise and stays constant.

    Parameters
    ----------
    scale : float or array_like of shape (n_features,), default 0.1
        Standard deviation of the noise, >= 0, for all columns or for each.
    units : {"std", "absolute"}, default "std"
        ``"std"``: `scale` counts in standard deviations of the minority's column (divisor n - 1), which needs two
        rows; ``"absolute"``: in the units of the data, as in the public code of Ma and Zhang (2026).

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `scale` is no real number >= 0 or has another number of entries than columns.

    Examples
    --------
    >>> generator = Jitter(1.0, units="absolute").fit([[0.0], [4.0]])
    >>> float(generator.mean_[0]), float(generator.covariance_[0, 0])
    (2.0, 5.0)
    """

    def __init__(self, scale: ArrayLike = 0.1, *, units: str = "std") -> None:
        self.scale = scale
        self.units = units

    def _fit(self, minority: Array, majority: Array | None) -> None:
        scale = check_reals("scale", self.scale, low=0.0, closed="left")
        check_choice("units", self.units, ("std", "absolute"))
        d = minority.shape[1]
        if scale.shape not in ((), (d,)):
            raise ValueError(f"scale must be a single number or one for each of {d} columns, got shape {scale.shape}")
        if self.units == "std":
            self._check_rows(minority, 2, "for a standard deviation")
            self._check_spread("X_minority", minority)
            # a constant column is 0 after this, however large
            scale = scale * (minority - minority[0]).std(axis=0, ddof=1)
        self._noise = np.where(np.ptp(minority, axis=0) > 0, scale, 0.0)
        super()._fit(minority, majority)

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        rows = super()._draw(size, rng)
        return rows + self._noise * rng.standard_normal(rows.shape)

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`: theirs with divisor n, plus the noise."""
        return super().covariance_ + np.diag(self._noise**2)
