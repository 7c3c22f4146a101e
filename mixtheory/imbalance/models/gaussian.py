r"""The Gaussian example: squared loss, two Gaussian classes, a generator with the wrong mean (C4 and C5).

Majority N(0, I_2) with label 0, minority N((mu, 0), I_2) with label 1, generator N((a, 0), I_2) with label 1, no
intercept. The balanced risk is :math:`|\theta|^2 + \frac12 (\theta' \mu_1 - 1)^2` up to a constant, and everything
about the estimator has a closed form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from mixtheory._validation import check_integer, check_real, check_reals
from mixtheory.imbalance.models.expansion import check_sizes
from mixtheory.imbalance.models.moments import ClassMoments

__all__ = ["GaussianExample", "cancelling_multiplier", "realistic_mean", "solvable_means"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GaussianExample:
    r"""Least squares on an augmented sample of Gaussian classes.

    Parameters
    ----------
    mu : float
        First coordinate of the minority's mean, > 0.
    a : float
        First coordinate of the generator's mean.
    n_majority, n_minority : int
        n_0 >= n_1 >= 1.

    Raises
    ------
    ValueError
        If mu <= 0, a is not finite, or the sizes are not as described.

    Notes
    -----
    The setting is that of the public code of Ma and Zhang (2026) [code], whose ridge of 1e-6 on the sum matrix is left
    out; the closed forms are derived in this project (C5) and checked by simulation.

    Examples
    --------
    Each point of a generator with a = 1/2 pulls a quarter as hard as a minority point: four times the deficit is
    needed, and balancing leaves a floor.

    >>> example = GaussianExample(mu=1.0, a=0.5, n_majority=2000, n_minority=100)
    >>> round(example.optimal_multiplier(), 12)
    4.0
    >>> example.floor([0, 1900, 7600]).round(7).tolist()
    [0.1243113, 0.0161695, 0.0]
    """

    mu: float = 1.0
    a: float = 1.0
    n_majority: int = field(kw_only=True)
    n_minority: int = field(kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mu", check_real("mu", self.mu, low=0.0))
        object.__setattr__(self, "a", check_real("a", self.a))
        n_majority, n_minority = check_sizes(self.n_majority, self.n_minority)
        object.__setattr__(self, "n_majority", n_majority)
        object.__setattr__(self, "n_minority", n_minority)

    @property
    def deficit(self) -> int:
        """D = n_0 - n_1, the number of points that balances the classes."""
        return self.n_majority - self.n_minority

    @property
    def theta_star(self) -> Array:
        r"""Balanced minimiser :math:`(\mu / (\mu^2 + 2), 0)`."""
        return np.array([self.mu / (self.mu**2 + 2), 0.0])

    @property
    def hessian(self) -> Array:
        r"""Curvature :math:`H = 2I + \mu_1 \mu_1'` of the balanced risk; its excess is exactly d'Hd/2."""
        return np.diag([2 + self.mu**2, 2.0])

    @property
    def gap(self) -> Array:
        r"""Class gap :math:`g = 4\mu / (\mu^2 + 2)\, e_1`."""
        return np.array([4 * self.mu / (self.mu**2 + 2), 0.0])

    @property
    def mismatch(self) -> Array:
        r"""Generator mismatch :math:`b = 2 [(2 + a^2) \mu / (\mu^2 + 2) - a]\, e_1`, 0 for a = mu and a = 2/mu."""
        # the roots as factors: b is exactly 0 where the law is right
        factor = 2 * (self.a - self.mu) * (self.mu * self.a - 2) / (self.mu**2 + 2)
        return np.array([factor, 0.0])

    def moments(self) -> tuple[ClassMoments, ClassMoments, ClassMoments]:
        """Mean scores, Hessians and score covariances of majority, minority and generator at theta*."""
        theta = self.theta_star
        return (
            _score_moments(0.0, 0.0, theta),
            _score_moments(self.mu, 1.0, theta),
            _score_moments(self.a, 1.0, theta),
        )

    def theta_pop(self, n_synthetic: ArrayLike) -> Array:
        r"""Minimiser of the augmented population risk, shape (..., 2).

        .. math:: \theta_1 = \frac{n_1 \mu + \tilde n a}{N + n_1 \mu^2 + \tilde n a^2}, \qquad \theta_2 = 0.

        Raises
        ------
        ValueError
            If a size is negative or not finite.
        """
        sizes = _synthetic_sizes(n_synthetic)
        pull = self.n_minority * self.mu + sizes * self.a
        first = pull / (self._total(sizes) + self.n_minority * self.mu**2 + sizes * self.a**2)
        return np.stack([first, np.zeros_like(first)], axis=-1)

    def floor(self, n_synthetic: ArrayLike) -> Array:
        r"""Excess risk of `theta_pop`, :math:`(1 + \mu^2 / 2)(\theta_1 - \theta^*_1)^2`, shape (...).

        No amount of data removes it. For mu = 1, a = 1/2 and balance it is :math:`(r - 1)^2 / (6 (3r + 1)^2)` with
        :math:`r = n_0 / n_1`.
        """
        return self._excess(self.theta_pop(n_synthetic) - self.theta_star)

    def covariance(self, n_synthetic: ArrayLike) -> Array:
        r"""Covariance of the estimator to O(1/N), shape (..., 2, 2).

        .. math:: A^{-1} \Big( \sum_k n_k C_k \Big) A^{-1} / N^2, \qquad A = \sum_k n_k (I + m_k m_k') / N,

        where :math:`C_k = Cov_k(X(y - X'\theta))` at theta = `theta_pop`: with :math:`e = y - m'\theta`

        .. math:: C = (e^2 + |\theta|^2) I - e (m\theta' + \theta m') + |\theta|^2 m m' + \theta\theta'.
        """
        sizes = _synthetic_sizes(n_synthetic)
        theta, inverse, total = self.theta_pop(sizes), self._inverse(sizes), self._total(sizes)
        parts = [count[..., None, None] * _score_scatter(m, y, theta) for m, y, count in self._classes(sizes)]
        return np.asarray(inverse @ np.sum(parts, axis=0) @ inverse / total[..., None, None] ** 2)

    def variance(self, n_synthetic: ArrayLike) -> Array:
        """Part of the excess risk that is due to the `covariance`, tr(H Cov)/2, shape (...)."""
        return np.asarray(np.einsum("ij,...ji->...", self.hessian, self.covariance(n_synthetic)) / 2)

    def second_order_shift(self, n_synthetic: ArrayLike) -> Array:
        r"""Mean of the estimator minus `theta_pop` to O(1/N), shape (..., 2).

        .. math::
            -A^{-1} \sum_k n_k c_k / N^2, \qquad c_k = E_k[(XX' - S_k) A^{-1} (X\epsilon - E X\epsilon)], \quad
            \epsilon = y - X'\theta, \quad S = I + mm',

        by Gaussian fourth moments, with :math:`V = A^{-1}` and :math:`q = m'Vm + tr V`,

        .. math::
            c = y (q m + 2Vm) - [q S + 2V + 2(V m m' + m m' V)] \theta - S V (y m - S\theta).
        """
        sizes = _synthetic_sizes(n_synthetic)
        theta, inverse, total = self.theta_pop(sizes), self._inverse(sizes), self._total(sizes)
        parts = [count[..., None] * _fourth_order(m, y, theta, inverse) for m, y, count in self._classes(sizes)]
        return np.asarray(-(inverse @ np.sum(parts, axis=0)[..., None])[..., 0] / total[..., None] ** 2)

    def second_order(self, n_synthetic: ArrayLike) -> Array:
        r"""Part of the excess risk that is due to the `second_order_shift`, :math:`(\theta_{pop} - \theta^*)' H` shift.

        It is of the order of `variance` where the floor is positive, and 0 at the cancelling size. Shape (...).
        """
        distance = self.theta_pop(n_synthetic) - self.theta_star
        return np.asarray(np.einsum("...i,ij,...j->...", distance, self.hessian, self.second_order_shift(n_synthetic)))

    def excess_risk(self, n_synthetic: ArrayLike) -> Array:
        r"""Excess balanced risk, on average and up to O(1/N^2): `floor` + `variance` + `second_order`, shape (...).

        Notes
        -----
        C5 [derived]: derived in this project and checked by simulation.

        Examples
        --------
        >>> example = GaussianExample(mu=1.0, a=0.5, n_majority=2000, n_minority=100)
        >>> example.excess_risk([1900, 7600]).round(7).tolist()
        [0.0163886, 0.0001288]
        """
        return np.asarray(self.floor(n_synthetic) + self.variance(n_synthetic) + self.second_order(n_synthetic))

    def optimal_multiplier(self) -> float:
        """Size in units of the deficit that minimises the `floor`: `cancelling_multiplier` where that is finite.

        Elsewhere the floor is monotone in the size: infinity if it falls for ever, 0 if it never falls.
        """
        multiplier = float(cancelling_multiplier(self.a, self.mu))
        if np.isfinite(multiplier):
            return multiplier
        falls = self.a / (1 + self.a**2) > self.theta_pop(0.0)[0]
        return np.inf if falls else 0.0

    def best_size(self) -> float:
        r"""Size that minimises `excess_risk`, as a real number; infinity if it is above 2000 (n_0 + n_1).

        With an ideal generator and mu = 1 it is :math:`n_0 - n_1 + 5/4 + O(1/n_0)`: balancing is right to O(1) samples
        (C4), because the squared bias has curvature O(1/n_0^2) and the variance the slope O(1/n_0^2).

        Examples
        --------
        >>> round(GaussianExample(n_majority=4000, n_minority=200).best_size() - 3800, 2)
        1.25
        """

        def risk(fraction: float) -> float:
            return float(self.excess_risk(real * fraction / (1 - fraction)))

        real = self.n_majority + self.n_minority
        grid = np.linspace(0.0, 1.0, 2001)[:-1]
        values = self.excess_risk(real * grid / (1 - grid))
        best = int(np.argmin(values))
        if best == len(grid) - 1:
            return np.inf
        ends = (grid[max(best - 1, 0)], grid[best + 1])
        found = minimize_scalar(risk, bounds=ends, method="bounded", options={"xatol": 1e-13})
        fraction = float(found.x) if found.fun < values[best] else float(grid[best])
        return real * fraction / (1 - fraction)

    def _classes(self, sizes: Array) -> list[tuple[float, float, Array]]:
        """Mean along the first axis, label and count of majority, minority and generator."""
        real = np.ones_like(sizes)
        return [(0.0, 0.0, self.n_majority * real), (self.mu, 1.0, self.n_minority * real), (self.a, 1.0, sizes)]

    def _total(self, sizes: Array) -> Array:
        return self.n_majority + self.n_minority + sizes

    def _inverse(self, sizes: Array) -> Array:
        """Inverse of the mean of XX', which is diagonal."""
        first = 1 + (self.n_minority * self.mu**2 + sizes * self.a**2) / self._total(sizes)
        return np.asarray(np.stack([1 / first, np.ones_like(first)], axis=-1)[..., None] * np.eye(2))

    def _excess(self, distance: Array) -> Array:
        return np.asarray(np.einsum("...i,ij,...j->...", distance, self.hessian, distance) / 2)


def cancelling_multiplier(a: ArrayLike, mu: float = 1.0) -> Array:
    r"""Size without bias in units of the deficit, as a function of the generator's mean; infinity where there is none.

    .. math:: \frac{\tilde n^*}{n_0 - n_1} = \frac{\mu}{a (\mu^2 + 2) - \mu (1 + a^2)} = \frac1{1 - 2\rho}, \qquad
              b = \rho g.

    It exists for a between the `solvable_means`. At a = 2/mu it is 1: the law is wrong, yet b = 0.

    Parameters
    ----------
    a : array_like, shape (...)
        Generator's means.
    mu : float
        Minority's mean, > 0.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ValueError
        If an argument is not finite or mu <= 0.

    Notes
    -----
    C5 [derived]: derived in this project.

    Examples
    --------
    >>> cancelling_multiplier([0.3, 0.5, 1.0, 1.5, 2.0, 2.5]).round(12).tolist()
    [inf, 4.0, 1.0, 0.8, 1.0, 4.0]
    """
    means = check_reals("a", a)
    low, high = solvable_means(mu)
    inside = (means > low) & (means < high)
    return np.where(inside, 1 / np.where(inside, (means - low) * (high - means), 1.0), np.inf)


def solvable_means(mu: float = 1.0) -> tuple[float, float]:
    r"""Open interval of the generator's means for which some size removes the bias (rho < 1/2).

    .. math:: \frac{\mu^2 + 2 \mp \sqrt{(\mu^2 + 2)^2 - 4\mu^2}}{2\mu}.

    Raises
    ------
    ValueError
        If mu is not finite or <= 0.

    Notes
    -----
    C5 [derived]: derived in this project; at the ends a / (1 + a^2), the minimiser on the generator's points alone,
    equals theta*, so that any finite number of them leaves the estimator short of it.

    Examples
    --------
    >>> tuple(round(end, 6) for end in solvable_means(1.0))
    (0.381966, 2.618034)
    """
    mu = check_real("mu", mu, low=0.0)
    high = (mu**2 + 2 + np.hypot(mu**2, 2)) / (2 * mu)
    return float(1 / high), float(high)


def realistic_mean(n_minority: int) -> float:
    r"""Mean :math:`1 - 1/\sqrt{\log n_1}` of the generator that improves slowly with the minority sample.

    Raises
    ------
    ValueError
        If n_minority < 2.

    Notes
    -----
    The choice is that of the public code of Ma and Zhang (2026) [code].

    Examples
    --------
    >>> [round(realistic_mean(n), 3) for n in (10, 100, 500)]
    [0.341, 0.534, 0.599]
    """
    return float(1 - 1 / np.sqrt(np.log(check_integer("n_minority", n_minority, low=2))))


def _synthetic_sizes(n_synthetic: ArrayLike) -> Array:
    return check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")


def _score_scatter(m: float, y: float, theta: Array) -> Array:
    """Covariance of X(y - X'theta) for X ~ N((m, 0), I), shape (..., 2, 2)."""
    mean, eye = np.array([m, 0.0]), np.eye(2)
    residual = (y - theta @ mean)[..., None, None]
    length = np.sum(theta**2, axis=-1)[..., None, None]
    cross = mean[:, None] * theta[..., None, :]
    square = theta[..., :, None] * theta[..., None, :]
    crosses = cross + np.swapaxes(cross, -1, -2)
    return np.asarray((residual**2 + length) * eye - residual * crosses + length * np.outer(mean, mean) + square)


def _score_moments(m: float, y: float, theta: Array) -> ClassMoments:
    second = np.diag([1 + m**2, 1.0])
    score = -2 * (y * np.array([m, 0.0]) - second @ theta)
    return ClassMoments(score, 2 * second, 4 * _score_scatter(m, y, theta))


def _fourth_order(m: float, y: float, theta: Array, inverse: Array) -> Array:
    """E[(XX' - S) V (X e - E X e)], e = y - X'theta, for X ~ N((m, 0), I), V = inverse, shape (..., 2)."""
    mean, second = np.array([m, 0.0]), np.diag([1 + m**2, 1.0])
    image = inverse @ mean
    size = (image @ mean + np.trace(inverse, axis1=-2, axis2=-1))[..., None]
    lengthened = image * (theta @ mean)[..., None] + mean * np.sum(image * theta, axis=-1)[..., None]

    def times(vector: Array) -> Array:
        return np.asarray((inverse @ vector[..., None])[..., 0])

    cubic = size * mean + 2 * image
    quartic = size * (theta @ second) + 2 * times(theta) + 2 * lengthened
    return np.asarray(y * cubic - quartic - times(y * mean - theta @ second) @ second)
