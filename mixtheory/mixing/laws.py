"""What every law of mixing weights shares, and the primitives of a Beta variable stretched beyond [0, 1]."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

__all__ = [
    "MixingLaw",
    "Real",
    "Size",
    "beta_quantile",
    "check_law",
    "check_single_law",
    "dirichlet_entropy",
    "plain",
    "shifted_beta_density",
    "shifted_beta_larger",
    "shifted_beta_moment",
    "shifted_beta_outside",
]

Real: TypeAlias = float | NDArray[np.float64]
"""A float, or an array of floats where a parameter is an array."""

Size: TypeAlias = int | tuple[int, ...]


def plain(value: ArrayLike) -> Real:
    """Return a float for a single number and a float64 array for anything else."""
    array = np.asarray(value, dtype=np.float64)
    return array if array.ndim else float(array)


def shifted_beta_moment(k: int, alpha: Real, beta: Real, eps0: Real, eps1: Real) -> Real:
    r"""Moment of order `k` of :math:`\lambda = -\epsilon_0 + (1+\epsilon_0+\epsilon_1) B`, B ~ Beta(alpha, beta).

    Integration by parts of :math:`w^k (w+\epsilon_0)(1+\epsilon_1-w)` against the density gives, with
    :math:`s = \alpha + \beta` and :math:`M_k = E\lambda^k`,

    .. math:: (s+k) M_{k+1} = (\alpha(1+\epsilon_1) - \beta\epsilon_0 + k(1+\epsilon_1-\epsilon_0)) M_k
              + k \epsilon_0 (1+\epsilon_1) M_{k-1}.

    All terms are positive wherever the mean is and :math:`\epsilon_0 \le 1+\epsilon_1`; the binomial sum of note
    01, T4 is the same number but cancels for large `k`.

    Source: note 01, T4 [D]: derived in this project.
    """
    before: Real = np.zeros_like(alpha, dtype=np.float64)
    now: Real = np.ones_like(alpha, dtype=np.float64)
    for j in range(k):
        rate = alpha * (1 + eps1) - beta * eps0 + j * (1 + eps1 - eps0)
        before, now = now, (rate * now + j * eps0 * (1 + eps1) * before) / (alpha + beta + j)
    return plain(now)


def beta_quantile(alpha: Real, beta: Real, p: NDArray[np.float64]) -> Real:
    r"""Quantile function of a Beta variable.

    SciPy has none of some laws below 1e-16, where it is :math:`(p \alpha B(\alpha, \beta))^{1/\alpha}` up to rounding.
    """
    values = np.asarray(special.betaincinv(alpha, beta, p))
    if not np.any(np.isnan(values)):
        return plain(values)
    with np.errstate(divide="ignore"):
        leading = np.exp((np.log(p) + np.log(alpha) + special.betaln(alpha, beta)) / alpha)
    return plain(np.where(np.isnan(values), leading, values))


def shifted_beta_outside(alpha: Real, beta: Real, eps0: Real, eps1: Real) -> Real:
    r"""Probability that the stretched Beta variable of `shifted_beta_moment` lies outside [0, 1].

    :math:`I_{\epsilon_0/L}(\alpha,\beta) + I_{\epsilon_1/L}(\beta,\alpha)` with :math:`L = 1+\epsilon_0+\epsilon_1`;
    the upper tail is taken from its own side so that a small one keeps its digits.

    Source: note 01, T4 [D]: derived in this project.
    """
    width = 1 + eps0 + eps1
    return plain(special.betainc(alpha, beta, eps0 / width) + special.betainc(beta, alpha, eps1 / width))


def shifted_beta_density(x: ArrayLike, alpha: Real, beta: Real, eps0: Real, eps1: Real) -> Real:
    r"""Density of the stretched Beta variable of `shifted_beta_moment` at `x`.

    .. math:: f(w) = \frac{(w+\epsilon_0)^{\alpha-1} (1+\epsilon_1-w)^{\beta-1}}{B(\alpha,\beta) L^{\alpha+\beta-1}},
              \quad L = 1+\epsilon_0+\epsilon_1.

    Source: note 01, T4 [D]: derived in this project.
    """
    points, width = np.asarray(x, dtype=np.float64), 1 + eps0 + eps1
    below, above = (points + eps0) / width, (1 + eps1 - points) / width
    outside = (below < 0) | (above < 0)
    log_density = special.xlogy(alpha - 1, np.where(outside, 1.0, below))
    log_density = log_density + special.xlogy(beta - 1, np.where(outside, 1.0, above))
    log_density = log_density - special.betaln(alpha, beta)
    return plain(np.where(outside, 0.0, np.exp(log_density) / width))


def shifted_beta_larger(alpha: Real, beta: Real, eps0: Real, eps1: Real) -> Real:
    r"""Mean of the larger one of :math:`\lambda` and :math:`1-\lambda` for the variable of `shifted_beta_moment`.

    With :math:`u = (1/2+\epsilon_0)/L`, where :math:`\lambda = 1/2`, :math:`s = \alpha+\beta` and the regularised
    incomplete beta function I,

    .. math:: \frac12 + E|\lambda - \tfrac12| = \frac Ls\{\alpha I_{1-u}(\beta,\alpha+1) + \beta I_u(\alpha,\beta+1)\}
              - \epsilon_0 I_{1-u}(\beta,\alpha) - \epsilon_1 I_u(\alpha,\beta).

    Source: derived in this project.
    """
    s, width = alpha + beta, 1 + eps0 + eps1
    below, above = (0.5 + eps0) / width, (0.5 + eps1) / width
    first = width * (alpha / s) * special.betainc(beta, alpha + 1, above) - eps0 * special.betainc(beta, alpha, above)
    second = width * (beta / s) * special.betainc(alpha, beta + 1, below) - eps1 * special.betainc(alpha, beta, below)
    return plain(first + second)


def dirichlet_entropy(alpha: ArrayLike) -> Real:
    r"""Mean entropy :math:`-E\sum_t D_t\ln D_t` in nats of Dirichlet weights; parents on the last axis of `alpha`.

    .. math:: \psi(s+1) - \sum_t \frac{\alpha_t}{s} \psi(\alpha_t+1), \quad s = \sum_t \alpha_t.

    Source: note 02, C5 [derived] for two equal concentrations; in general derived in this project.
    """
    shapes = np.asarray(alpha, dtype=np.float64)
    s = shapes.sum(axis=-1, keepdims=True)
    return plain(np.sum(shapes / s * (special.digamma(s + 1) - special.digamma(shapes + 1)), axis=-1))


class MixingLaw(ABC):
    r"""Law of the mixing weights of k parents, which sum to one: :math:`\tilde X = \sum_t w_t X_t`.

    Who the parents are is the business of a pairing scheme; the weights are in the order in which it draws them.
    Everything that mixing does to central moments of order two to four depends on the weights through the power sums
    :math:`E\sum_t w_t^k` and through :math:`q = (1 - \sum_t w_t^2)/2`, which for two parents with weights
    :math:`\lambda, 1-\lambda` is :math:`q = \lambda(1-\lambda)`.

    Source: note 01, T2, T7 and T11 [D]: derived in this project.
    """

    @abstractmethod
    def _key(self) -> tuple[Any, ...]:
        """Return what makes two laws of one family equal."""

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, MixingLaw) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    @property
    @abstractmethod
    def n_parents(self) -> int:
        """Number of parents of one synthetic record."""

    @property
    @abstractmethod
    def r(self) -> Real:
        r""":math:`r = E q`; the covariance is preserved if and only if r = 0."""

    @property
    @abstractmethod
    def q2(self) -> Real:
        r""":math:`E q^2`, the price in kurtosis."""

    @abstractmethod
    def power_sum(self, k: int) -> Real:
        r"""Power sum :math:`E \sum_t w_t^k` for an integer ``k >= 0``."""

    @abstractmethod
    def weight_vectors(self, size: Size, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw `size` weight vectors; the last axis has length `n_parents` and sums to one."""

    @property
    @abstractmethod
    def weight_means(self) -> NDArray[np.float64]:
        """Means of the weights, shape (..., k), first parent first; leading axes are those of array parameters."""

    @property
    @abstractmethod
    def weight_variances(self) -> NDArray[np.float64]:
        """Variances of the weights, shape (..., k), first parent first."""

    @property
    @abstractmethod
    def dominant_weight(self) -> Real:
        r"""Mean :math:`E\max_t w_t` of the largest weight."""

    @property
    @abstractmethod
    def entropy(self) -> Real:
        r"""Mean entropy :math:`-E\sum_t w_t\ln w_t` in nats; ValueError if a weight can leave [0, 1]."""

    @property
    def variance_factor(self) -> Real:
        r"""Factor :math:`\rho = E\sum_t w_t^2 = 1 - 2r` of the covariance matrix."""
        return 1 - 2 * self.r

    @property
    def covariance_factor(self) -> Real:
        r"""The same as `variance_factor`: one weight vector serves all columns of a record."""
        return self.variance_factor

    @property
    def squared_norm_variance(self) -> Real:
        r"""Variance of :math:`\sum_t w_t^2 = 1 - 2q`."""
        return 4 * (self.q2 - self.r**2)

    @property
    def third_moment_factor(self) -> Real:
        r"""Factor :math:`E\sum_t w_t^3` of every third central moment (:math:`1 - 3r` for two parents)."""
        return self.power_sum(3)


def _what(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    hint = "; give its law: choice.law" if isinstance(getattr(value, "law", None), MixingLaw) else ""
    return type(value).__name__ + hint


def check_law(law: Any) -> None:
    """Raise TypeError unless `law` is a mixing law, of single numbers or of arrays as parameters."""
    if not isinstance(law, MixingLaw):
        raise TypeError(f"law must be a mixing law, got {_what(law)}")


def check_single_law(law: Any) -> None:
    """Raise an error unless `law` is a mixing law with single numbers as parameters."""
    check_law(law)
    shape = np.shape(law.r)
    if shape:
        raise ValueError(f"law must be a single law, got one with parameters of shape {shape}")
