r"""Mixup as a generator: what the law of the mixing weights does to bias, variance and best size.

A synthetic row is :math:`\tilde x = \sum_t w_t x_t` with independent parents and weights that sum to one. With the
squared weight :math:`S = \sum_t w_t^2` and the law's variance factor c = E S it has the mean of its parents and c
times their covariance; for normal parents it is normal given S with S times their covariance. So c decides the bias
and the best size, and c with E S^2 the risk to second order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_flag, check_matrix, check_real, check_reals, shown
from mixtheory.imbalance.models.expansion import check_sizes
from mixtheory.imbalance.models.moments import ClassMoments
from mixtheory.imbalance.models.sizes import population_multiplier

__all__ = ["PARENTS", "GaussianMixup", "cancelling_multiplier", "factors"]

Array = NDArray[np.float64]

PARENTS = ("population", "sample")
"""Parents that are new rows of the minority's law, or draws with replacement from the minority rows at hand."""


def cancelling_multiplier(variance_factor: ArrayLike, scale: ArrayLike = 1.0) -> Array:
    r"""Size without bias in units of the deficit; infinity where there is none.

    .. math:: \frac{\tilde n^*}{n_0 - n_1} = \frac1{1 + (1 - c) k}, \qquad b = \rho g, \quad \rho = \frac{(c - 1) k}2,

    for a minority whose covariance is k times the majority's in the direction that matters. Shrinking weights, c < 1,
    need less than balance; c = 1 needs balance, and :math:`c \ge 1 + 1/k` has no size.

    Parameters
    ----------
    variance_factor : array_like, shape (...)
        c > 0.
    scale : array_like, shape (...)
        k > 0.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If an argument is not finite and positive.

    Notes
    -----
    Derived in this project (C2 for mixup). It does not depend on the classes' means or sizes.

    Examples
    --------
    >>> cancelling_multiplier([2 / 3, 1.0, 1.5, 2.0]).round(6).tolist()
    [0.75, 1.0, 2.0, inf]
    """
    c, k = check_reals("variance_factor", variance_factor, low=0.0), check_reals("scale", scale, low=0.0)
    denominator = 1 + (1 - c) * k
    return np.where(denominator > 0, 1 / np.where(denominator > 0, denominator, 1.0), np.inf)


class _Class(NamedTuple):
    """Mean, covariance and label of the rows of one class in the coordinates of the design."""

    mean: Array
    covariance: Array
    label: float

    @property
    def second(self) -> Array:
        return self.covariance + np.outer(self.mean, self.mean)


class _Parts(NamedTuple):
    """What one normal row of a class adds, split in parts linear and quadratic in its noise z; `square` is Szz'S."""

    linear: Array
    quadratic: Array
    square: Array
    linear_shift: Array
    quadratic_shift: Array
    square_shift: Array


@dataclass(frozen=True)
class GaussianMixup:
    r"""Least squares on normal classes with a mixed minority: majority N(0, I), minority N(m, diag(k)), labels 0 and 1.

    Two normal classes take this form in suitable coordinates whenever the fit has an intercept or the majority is
    centred.

    Parameters
    ----------
    law : object
        Law of mixing weights with ``variance_factor`` (c) and ``squared_norm_variance`` (Var S), such as
        `mixtheory.EpBeta`.
    mean : array_like, shape (d,)
        m, not 0.
    variances : array_like, shape (d,)
        k > 0, the minority's variances in units of the majority's.
    n_majority, n_minority : int
        n_0 >= n_1 >= 1.
    fit_intercept : bool
        Whether the design has a column of ones, the first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Derived in this project and checked by simulation. With :math:`S_k, m_k` covariance and mean of class k in the
    design, :math:`(S_0 + S_1 + m_0 m_0' + m_1 m_1') \theta^* = m_1`, :math:`g = 4 (S_0 + m_0 m_0') \theta^*` and

    .. math:: b = 2 (c - 1) S_1 \theta^*.

    Examples
    --------
    >>> from mixtheory import Beta
    >>> example = GaussianMixup(Beta(1, 1), n_majority=2000, n_minority=100)
    >>> round(example.optimal_multiplier(), 12)
    0.75
    >>> example.floor([0, 1425, 1900]).round(7).tolist()
    [0.1243113, 0.0, 0.0023212]
    """

    law: Any
    mean: ArrayLike = (1.0, 0.0)
    variances: ArrayLike = (1.0, 1.0)
    n_majority: int = field(kw_only=True)
    n_minority: int = field(kw_only=True)
    fit_intercept: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        factors(self.law)
        mean, variances = check_matrix("mean", self.mean, ndim=1), check_reals("variances", self.variances, low=0.0)
        if variances.shape != mean.shape or not np.any(mean):
            raise ValueError(
                "mean must not be 0 and variances must have its length, "
                f"got {shown(self.mean)} and {shown(self.variances)}"
            )
        n_majority, n_minority = check_sizes(self.n_majority, self.n_minority)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "variances", variances)
        object.__setattr__(self, "n_majority", n_majority)
        object.__setattr__(self, "n_minority", n_minority)
        check_flag("fit_intercept", self.fit_intercept)

    @property
    def deficit(self) -> int:
        """D = n_0 - n_1, the number of rows that balances the classes."""
        return self.n_majority - self.n_minority

    @property
    def theta_star(self) -> Array:
        """Balanced minimiser, the intercept first if there is one."""
        majority, minority = self._classes()
        return np.asarray(np.linalg.solve(majority.second + minority.second, minority.mean))

    @property
    def hessian(self) -> Array:
        """Curvature H of the balanced risk; its excess is exactly d'Hd/2."""
        majority, minority = self._classes()
        return np.asarray(majority.second + minority.second)

    @property
    def gap(self) -> Array:
        r"""Class gap :math:`g = 4 (S_0 + m_0 m_0') \theta^*`."""
        return np.asarray(4 * self._classes()[0].second @ self.theta_star)

    @property
    def mismatch(self) -> Array:
        r"""Generator mismatch :math:`b = 2 (c - 1) S_1 \theta^*`; an intercept has none."""
        return np.asarray(2 * (factors(self.law)[0] - 1) * self._classes()[1].covariance @ self.theta_star)

    def moments(self) -> tuple[ClassMoments, ClassMoments, ClassMoments]:
        """Mean scores, Hessians and score covariances of majority, minority and mixed rows at theta*."""
        c, c2 = factors(self.law)
        majority, minority = self._classes()
        theta = self.theta_star
        found = []
        for law, first, second in ((majority, 1.0, 1.0), (minority, 1.0, 1.0), (minority, c, c2)):
            spread = first * law.covariance + np.outer(law.mean, law.mean)
            scatter = _own_covariance(_parts(law, theta, np.eye(len(theta))), first, second)
            found.append(ClassMoments(2 * (spread @ theta - law.label * law.mean), 2 * spread, 4 * scatter))
        return found[0], found[1], found[2]

    @property
    def scale(self) -> float | None:
        r"""The factor k with :math:`S_1 \theta^* = k S_0 \theta^*`, for which some size removes the bias; else None.

        It exists if the variances agree wherever the mean is not 0 and there is no intercept: the same condition under
        which the direction of the estimate does not depend on the size.
        """
        values = np.asarray(self.variances)[np.asarray(self.mean) != 0]
        return None if self.fit_intercept or np.ptp(values) > 0 else float(values[0])

    def optimal_multiplier(self) -> float:
        r"""Size in units of the deficit that minimises the `floor`: `cancelling_multiplier` if there is a `scale`.

        Otherwise no size removes the bias unless c = 1, and the minimum is found numerically; infinity where the floor
        falls for ever, 0 where it never falls.

        Raises
        ------
        ValueError
            If n_0 = n_1.
        """
        if self.scale is not None and np.isfinite(cancelling_multiplier(factors(self.law)[0], self.scale)):
            return float(cancelling_multiplier(factors(self.law)[0], self.scale))
        return population_multiplier(*self.moments(), self.n_majority, self.n_minority)

    @property
    def direction_multiplier(self) -> float:
        r"""Size in units of the deficit at which the slopes have the direction of the balanced ones: 1/c.

        With or without intercept the slopes are parallel to :math:`(n_0 I + (n_1 + c \tilde n) diag(k))^{-1} m`: for
        ranking, a mixed row counts as c rows.
        """
        return 1 / factors(self.law)[0]

    def theta_pop(self, n_synthetic: ArrayLike) -> Array:
        """Minimiser of the augmented population risk, shape (..., p)."""
        sizes = check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")
        c = factors(self.law)[0]
        return np.array([self._pooled(float(size), c)[1] for size in sizes.ravel()]).reshape(*sizes.shape, -1)

    def floor(self, n_synthetic: ArrayLike) -> Array:
        """Excess risk of `theta_pop`, shape (...), which no amount of data removes."""
        error = self.theta_pop(n_synthetic) - self.theta_star
        return np.asarray(np.einsum("...i,ij,...j->...", error, self.hessian, error) / 2)

    def excess_risk(self, n_synthetic: ArrayLike, *, parents: str = "population") -> Array:
        r"""Excess balanced risk, on average and up to O(1/N^2), shape (...).

        The floor, plus tr(H Cov)/2, plus the cross term of bias and second-order mean shift, as in the Gaussian
        example C5. With z = x - m_k, e = y_k - m_k'theta and V the inverse of the mean of xx', the parts of
        :math:`x (y - x'\theta)` that are linear and quadratic in z have covariances and products with xx'

        .. math::
            C_L = e^2 S - e (S\theta m' + m\theta'S) + (\theta'S\theta) mm', \quad
            C_Q = (\theta'S\theta) S + S\theta\theta'S, \\
            c_L = e (SVm + tr(VS) m) - (m'Vm) S\theta - (m'VS\theta) m, \quad
            c_Q = -(tr(VS) S + SVS) \theta.

        A real row counts (1, 1) of the two, a mixed row given its parents' law c of the first and, of the second, the
        same with E S^2 for the products of four z. With parents from the sample, a minority row counts
        :math:`(1 + \nu)^2` and :math:`(1 + c\nu)^2`, :math:`\nu = \tilde n / n_1`: its noise is copied, in full where
        it moves the mean and c times where it moves the covariance.

        Parameters
        ----------
        n_synthetic : array_like, shape (...)
        parents : {"population", "sample"}

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.

        Examples
        --------
        >>> from mixtheory import Beta
        >>> example = GaussianMixup(Beta(1, 1), n_majority=2000, n_minority=100)
        >>> example.excess_risk([1425, 1900]).round(6).tolist()
        [0.000136, 0.002461]
        >>> example.excess_risk([1425, 1900], parents="sample").round(6).tolist()
        [0.001729, 0.004277]
        """
        check_choice("parents", parents, PARENTS)
        sizes = check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")
        found = []
        for size in sizes.ravel():
            theta, shift, covariance = self._expansion(float(size), parents == "sample")
            error, metric = theta - self.theta_star, self.hessian
            found.append(error @ metric @ (error / 2 + shift) + np.trace(metric @ covariance) / 2)
        return np.array(found).reshape(sizes.shape)

    def mean_estimate(self, n_synthetic: ArrayLike, *, parents: str = "population") -> Array:
        """Mean of the estimate up to O(1/N^2), shape (..., p): `theta_pop` and the second-order shift.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.
        """
        check_choice("parents", parents, PARENTS)
        sizes = check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")
        expansions = [self._expansion(float(size), parents == "sample") for size in sizes.ravel()]
        return np.array([theta + shift for theta, shift, _ in expansions]).reshape(*sizes.shape, -1)

    def _expansion(self, size: float, copied: bool) -> tuple[Array, Array, Array]:
        """Minimiser of the mean risk, second-order mean shift and covariance of the estimate."""
        c, c2 = factors(self.law)
        share = size / self.n_minority if copied else 0.0
        # parents that meet themselves: the mean law of a row from the sample is that of this factor
        mean_factor = c + (1 - c) / self.n_minority if copied else c
        gram, theta = self._pooled(size, mean_factor)
        inverse = np.asarray(np.linalg.inv(gram), dtype=np.float64)
        majority, minority = (_parts(law, theta, inverse) for law in self._classes())
        linear, quadratic = self.n_minority * (1 + share) ** 2, self.n_minority * (1 + c * share) ** 2
        scatter = self.n_majority * _own_covariance(majority, 1.0, 1.0) + size * _own_covariance(minority, c, c2)
        scatter += linear * minority.linear + quadratic * minority.quadratic
        shift = self.n_majority * _own_shift(majority, 1.0, 1.0) + size * _own_shift(minority, c, c2)
        shift += linear * minority.linear_shift + quadratic * minority.quadratic_shift
        return theta, -inverse @ shift, inverse @ scatter @ inverse

    def _classes(self) -> tuple[_Class, _Class]:
        mean, variances = np.asarray(self.mean), np.asarray(self.variances)
        lead = np.ones(int(self.fit_intercept))
        empty = np.zeros_like(lead)
        return (
            _Class(np.append(lead, 0 * mean), np.diag(np.append(empty, np.ones_like(mean))), 0.0),
            _Class(np.append(lead, mean), np.diag(np.append(empty, variances)), 1.0),
        )

    def _pooled(self, size: float, factor: float) -> tuple[Array, Array]:
        """Sum of xx' over all rows, on average, and the minimiser."""
        majority, minority = self._classes()
        gram = self.n_majority * majority.second + self.n_minority * minority.second
        gram = gram + size * (factor * minority.covariance + np.outer(minority.mean, minority.mean))
        return gram, np.asarray(np.linalg.solve(gram, (self.n_minority + size) * minority.mean))


def factors(law: Any) -> tuple[float, float]:
    """Return c = E S and E S^2 of a law."""
    for name in ("variance_factor", "squared_norm_variance"):
        if not hasattr(law, name):
            raise TypeError(f"law must be a law of mixing weights with a {name}, got {shown(law)}")
    c = check_real("law.variance_factor", law.variance_factor, low=0.0)
    # a difference of moments, which rounds below 0 for weights that do not vary
    return c, max(check_real("law.squared_norm_variance", law.squared_norm_variance), 0.0) + c**2


def _parts(law: _Class, theta: Array, inverse: Array) -> _Parts:
    m, s = law.mean, law.covariance
    e, image, along = law.label - m @ theta, s @ theta, theta @ s @ theta
    cross = np.outer(image, m)
    turned, trace = s @ inverse, np.trace(s @ inverse)
    return _Parts(
        linear=e**2 * s - e * (cross + cross.T) + along * np.outer(m, m),
        quadratic=along * s + np.outer(image, image),
        square=np.outer(image, image),
        linear_shift=e * (turned @ m + trace * m) - (m @ inverse @ m) * image - (m @ inverse @ image) * m,
        quadratic_shift=-(trace * image + turned @ image),
        square_shift=-(turned @ image),
    )


def _own_covariance(parts: _Parts, c: float, c2: float) -> Array:
    """Covariance of x (y - x'theta) for a row whose noise has E S = c, E S^2 = c2."""
    return np.asarray(c * parts.linear + c2 * parts.quadratic + (c2 - c**2) * parts.square)


def _own_shift(parts: _Parts, c: float, c2: float) -> Array:
    return np.asarray(c * parts.linear_shift + c2 * parts.quadratic_shift + (c2 - c**2) * parts.square_shift)
