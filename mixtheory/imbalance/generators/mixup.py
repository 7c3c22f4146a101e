"""Mixup within the minority: weighted sums of its rows, the weights drawn from a law of mixing weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from mixtheory._validation import check_array, check_real, shown
from mixtheory.imbalance.generators.base import MinorityGenerator

__all__ = ["Mixup"]

Array = NDArray[np.float64]

# weights of a row may miss a sum of one by rounding
_SUM_TOLERANCE = 1e-9


class Mixup(MinorityGenerator):
    r"""Mix minority rows with weights that sum to one: :math:`\tilde x = \sum_t w_t x_{p_t}`.

    Parents are independent uniform draws of the minority rows, so a row meets itself with probability 1/n. Given the
    rows, with :math:`\bar x` their mean, S their covariance with divisor n - 1 and :math:`c = E\sum_t w_t^2` the law's
    variance factor (:math:`1 - 2E[\lambda(1-\lambda)]` for two parents), a synthetic row has

    .. math:: E = \bar x, \qquad Cov = c\,(1 - 1/n)\,S.

    Weights in [0, 1] shrink the covariance, c < 1; the laws ``EpBeta.preserving...`` of `mixtheory` have c = 1 and
    keep it. Under fixed weights, as those of `mixtheory.Zeta`, mixtures of normal rows are normal. A law of scalar
    weights mixes two rows, :math:`\lambda` and :math:`1 - \lambda`; neither the order of the parents nor a mean of
    :math:`\lambda` other than 1/2 matters for the law of a row's first two moments. Derived in this project.

    Parameters
    ----------
    law : object with ``rvs(size, rng)``
        The law of the weights, such as `mixtheory.Beta` and `mixtheory.EpBeta`: `rvs` returns `size` numbers
        :math:`\lambda`, or `size` vectors of weights that sum to one, one weight for each parent, as
        `mixtheory.Dirichlet` and `mixtheory.Zeta` do. With a number ``variance_factor`` the moments of a row are known.

    Raises
    ------
    TypeError, ValueError
        In `fit`, also if `law` has no method `rvs`, is an array of laws, or there are fewer than two minority rows; in
        `sample` if `rvs` returns other than described.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtheory import Beta, EpBeta
    >>> rows = [[0.0], [4.0]]
    >>> [round(float(Mixup(law).fit(rows).covariance_[0, 0]), 6) for law in (Beta(1, 1), EpBeta.preserving_uniform())]
    [2.666667, 4.0]
    >>> Mixup(Beta(1, 1)).fit(rows).sample(3, np.random.default_rng(0)).shape
    (3, 1)
    """

    def __init__(self, law: Any) -> None:
        self.law = law

    def _fit(self, minority: Array, majority: Array | None) -> None:
        if not callable(getattr(self.law, "rvs", None)) or isinstance(self.law, type):
            hint = "; give its law: choice.law" if hasattr(getattr(self.law, "law", None), "rvs") else ""
            raise TypeError(f"law must be a law of mixing weights with a method rvs, got {shown(self.law)}{hint}")
        if np.ndim(getattr(self.law, "variance_factor", 0.0)):
            raise ValueError(f"law must be a single law, got one with arrays as parameters: {shown(self.law)}")
        self._check_rows(minority, 2, "to mix different ones")
        self._rows = minority

    def _draw(self, size: int, rng: np.random.Generator) -> Array:
        weights = self._weights(size, rng)
        parents = rng.integers(len(self._rows), size=weights.shape)
        rows = weights[:, :1] * self._rows[parents[:, 0]]
        for t in range(1, weights.shape[1]):
            rows += weights[:, t : t + 1] * self._rows[parents[:, t]]
        return np.asarray(rows)

    def _weights(self, size: int, rng: np.random.Generator) -> Array:
        name = "what law.rvs(size, rng) returns"
        weights = check_array(
            name, self.law.rvs(size, rng), ndims=(1, 2), what=f"{size} weights, or {size} vectors of weights"
        )
        if len(weights) != size:
            raise ValueError(f"{name} must have {size} entries or rows, got shape {weights.shape}")
        if weights.ndim == 1:
            return np.stack([weights, 1 - weights], axis=1)
        sums = weights.sum(axis=1)
        worst = sums[np.argmax(np.abs(sums - 1))]
        if not abs(worst - 1) <= _SUM_TOLERANCE * np.abs(weights).max():
            raise ValueError(f"{name} must sum to 1 in each row, got a sum of {shown(worst)}")
        return weights

    @property
    def mean_(self) -> Array:
        """Mean of a synthetic row given the rows of `fit`: theirs."""
        check_is_fitted(self)
        return np.asarray(self._rows.mean(axis=0))

    @property
    def covariance_(self) -> Array:
        """Covariance of a synthetic row given the rows of `fit`: theirs with divisor n times the variance factor.

        Raises
        ------
        AttributeError
            If the law has no attribute `variance_factor`.
        """
        check_is_fitted(self)
        if not hasattr(self.law, "variance_factor"):
            raise AttributeError(f"covariance_ needs a law with a variance_factor, got {shown(self.law)}")
        factor = check_real("law.variance_factor", self.law.variance_factor, low=0.0)
        return factor * np.atleast_2d(np.cov(self._rows, rowvar=False, ddof=0))
