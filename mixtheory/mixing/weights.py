"""Laws of mixing weights: Beta, EpBeta (Beta stretched beyond [0, 1]) and, from `dirichlet`, laws for more parents."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mixtheory._validation import (
    broadcast_parameters,
    check_extensions,
    check_generator,
    check_integer,
    check_reals,
    check_size,
)
from mixtheory.mixing import laws
from mixtheory.mixing.dirichlet import Dirichlet, ExpandedDirichlet
from mixtheory.mixing.laws import MixingLaw, Real, Size, plain
from mixtheory.mixing.tolerance import concentration, concentration_within, equal_extension

__all__ = ["Beta", "Dirichlet", "EpBeta", "ExpandedDirichlet", "MixingLaw"]


@dataclass(frozen=True, eq=False)
class EpBeta(MixingLaw):
    r"""Beta law stretched to [-eps0, 1 + eps1]: :math:`\lambda = -\epsilon_0 + L B` with B ~ Beta(alpha, beta).

    :math:`L = 1+\epsilon_0+\epsilon_1`; a synthetic record is :math:`\lambda X_i + (1-\lambda) X_j`. The density is

    .. math:: f(w) = \frac{(w+\epsilon_0)^{\alpha-1} (1+\epsilon_1-w)^{\beta-1}}{B(\alpha,\beta) L^{\alpha+\beta-1}}.

    Parameters
    ----------
    alpha, beta : float or array_like
        Shapes, > 0.
    eps0, eps1 : float or array_like
        Extension below 0 and above 1, >= 0. Array parameters broadcast and every property is then an array.

    Raises
    ------
    ValueError
        If a parameter is not finite or outside its range.
    TypeError
        If a parameter is not real.

    Notes
    -----
    The law is that of C. Lee, J. Im and J.H.T. Kim, arXiv 2503.02645 (2025), and so is the example below. Formulas for
    moments, r and q2: note 01, T4 [D]: derived in this project.

    Examples
    --------
    >>> law = EpBeta(4.34, 1.33, 0.3, 0.3)
    >>> law
    EpBeta(alpha=4.34, beta=1.33, eps0=0.3, eps1=0.3)
    >>> round(law.mean, 6), round(law.r, 6), round(law.variance_factor, 6), round(law.q2, 6)
    (0.924691, 0.000726, 0.998548, 0.034486)
    """

    alpha: Real
    beta: Real
    eps0: Real
    eps1: Real

    def __post_init__(self) -> None:
        shapes = {name: check_reals(name, getattr(self, name), low=0.0) for name in ("alpha", "beta")}
        extensions = {name: check_reals(name, getattr(self, name), low=0.0, closed="left") for name in ("eps0", "eps1")}
        for name, value in broadcast_parameters(**shapes, **extensions).items():
            object.__setattr__(self, name, plain(value))

    def _key(self) -> tuple[Any, ...]:
        parameters = np.array([self.alpha, self.beta, self.eps0, self.eps1])
        return parameters.shape, parameters.tobytes()

    def _stretch(self, unit: ArrayLike) -> Real:
        """Map B in [0, 1] to lambda; exact at both ends."""
        share = np.asarray(unit, dtype=np.float64)
        return plain((1 + self.eps1) * share - self.eps0 * (1 - share))

    # Constructions -----------------------------------------------------------------------------------------------

    @staticmethod
    def _from_concentration(s: Real, mean: ArrayLike, eps0: ArrayLike, eps1: ArrayLike) -> EpBeta:
        m, below, above = (np.asarray(value, dtype=np.float64) for value in (mean, eps0, eps1))
        width = 1 + below + above
        return EpBeta(s * (m + below) / width, s * (1 + above - m) / width, below, above)

    @staticmethod
    def preserving(mean: ArrayLike = 0.5, *, eps0: ArrayLike, eps1: ArrayLike) -> EpBeta:
        r"""Return the one law with this mean and these extensions that preserves the covariance (r = 0).

        .. math:: s = \frac{\epsilon_0}{m} + \frac{\epsilon_1}{1-m} + \frac{\epsilon_0\epsilon_1}{m(1-m)}, \quad
                  \alpha = s\frac{m+\epsilon_0}{L}, \quad \beta = s\frac{1+\epsilon_1-m}{L}.

        One of the extensions may be 0 (a law that leaves [0, 1] on one side only).

        Parameters
        ----------
        mean : float or array_like
            Mean m of lambda, in (0, 1): how close a synthetic record stays to its first parent.
        eps0, eps1 : float or array_like
            Extension below 0 and above 1, >= 0, at most 1e50 and not both 0.

        Raises
        ------
        ValueError
            If an argument is outside its range; no law on [0, 1] preserves the covariance.

        Notes
        -----
        Source: note 01, T5(a) and T5(d) [D]: derived in this project.

        Examples
        --------
        >>> law = EpBeta.preserving(0.8, eps0=0.0, eps1=0.5)
        >>> round(law.alpha, 6), round(law.beta, 6), round(law.mean, 6), abs(law.r) < 1e-15
        (1.333333, 1.166667, 0.8, True)
        """
        check_extensions(eps0, eps1, some=True)
        s = concentration(0.0, mean=mean, eps0=eps0, eps1=eps1)
        return EpBeta._from_concentration(s, mean, eps0, eps1)

    @staticmethod
    def preserving_equal(alpha: ArrayLike, beta: ArrayLike) -> EpBeta:
        r"""Return the law with these shapes and equal extensions that preserves the covariance.

        .. math:: \epsilon_0 = \epsilon_1 = \frac12\Big(\sqrt{\frac{s(s+1)}{(\alpha-\beta)^2+s}} - 1\Big), \quad
                  s = \alpha+\beta.

        Raises
        ------
        ValueError
            If `alpha` or `beta` is not finite and > 0.

        Notes
        -----
        Source: note 01, T5(b) [D]: derived in this project.

        Examples
        --------
        >>> round(EpBeta.preserving_equal(4.34, 1.33).eps0, 6)
        0.301164
        """
        eps = equal_extension(0.0, alpha, beta)
        return EpBeta(alpha, beta, eps, eps)  # type: ignore[arg-type]

    @staticmethod
    def preserving_symmetric(alpha: ArrayLike) -> EpBeta:
        r"""Return the symmetric law alpha = beta that preserves the covariance: eps = (sqrt(2 alpha + 1) - 1)/2.

        Raises
        ------
        ValueError
            If `alpha` is not finite and > 0.

        Notes
        -----
        Source: note 01, T5(c) [D]: derived in this project.

        Examples
        --------
        >>> EpBeta.preserving_symmetric(4.0)
        EpBeta(alpha=4.0, beta=4.0, eps0=1.0, eps1=1.0)
        """
        return EpBeta.preserving_equal(alpha, alpha)

    @staticmethod
    def preserving_uniform() -> EpBeta:
        r"""Return the uniform law on :math:`1/2 \mp \sqrt3/2`, the only uniform law centred at 1/2 with r = 0.

        Examples
        --------
        >>> [round(end, 6) for end in EpBeta.preserving_uniform().support]
        [-0.366025, 1.366025]
        """
        return EpBeta.preserving_symmetric(1.0)

    @staticmethod
    def within(
        delta: float,
        *,
        mean: float = 0.5,
        eps0: float,
        eps1: float,
        side: str = "lower",
        s: float | None = None,
    ) -> EpBeta:
        """Return a law whose variance factor is within 1 - delta and 1 + delta, at given mean and extensions.

        Parameters
        ----------
        delta : float
            Tolerance, in (0, 1/2).
        mean : float
            Mean of lambda, in (0, 1).
        eps0, eps1 : float
            Extension below 0 and above 1, >= 0 and at most 1e50; both may be 0 for ``side="lower"``.
        side : {"lower", "upper"}
            End of the band: variance factor 1 - delta or 1 + delta.
        s : float, optional
            A value of alpha + beta inside `tolerance.concentration_band`, instead of an end.

        Raises
        ------
        ValueError
            If an argument is outside its range, `s` outside the band, or the end is not attained.

        Notes
        -----
        Source: note 01, T6 [D]: derived in this project.

        Examples
        --------
        >>> law = EpBeta.within(0.05, eps0=0.3, eps1=0.3, side="upper")
        >>> round(law.alpha, 4), round(law.variance_factor, 12)
        (0.6636, 1.05)
        """
        inside = concentration_within(delta, mean=mean, eps0=eps0, eps1=eps1, side=side, s=s)
        return EpBeta._from_concentration(inside, mean, eps0, eps1)

    # Moments -----------------------------------------------------------------------------------------------------

    @property
    def n_parents(self) -> int:
        """Number of parents of one synthetic record: 2."""
        return 2

    @property
    def width(self) -> Real:
        """Length L = 1 + eps0 + eps1 of the support."""
        return 1 + self.eps0 + self.eps1

    @property
    def support(self) -> tuple[Real, Real]:
        """Lowest and highest weight: -eps0 and 1 + eps1."""
        return 0.0 - self.eps0, 1 + self.eps1

    @property
    def reach(self) -> Real:
        """How far a synthetic value can leave the data range, in units of that range: max(eps0, eps1)."""
        return plain(np.maximum(self.eps0, self.eps1))

    @property
    def mirror(self) -> EpBeta:
        """The law of 1 - lambda: EpBeta(beta, alpha, eps1, eps0)."""
        return EpBeta(self.beta, self.alpha, self.eps1, self.eps0)

    @property
    def mean(self) -> Real:
        r"""Mean :math:`m = -\epsilon_0 + L\alpha/(\alpha+\beta)`."""
        return self._stretch(self.alpha / (self.alpha + self.beta))

    @property
    def var(self) -> Real:
        r"""Variance :math:`v = L^2\alpha\beta/(s^2(s+1))`, :math:`s = \alpha+\beta`."""
        s = self.alpha + self.beta
        return self.width**2 * (self.alpha / s) * (self.beta / s) / (s + 1)

    def moment(self, k: int) -> Real:
        r"""Moment :math:`E\lambda^k` for an integer ``k >= 0``, by the exact recurrence of `shifted_beta_moment`."""
        return laws.shifted_beta_moment(check_integer("k", k, low=0), self.alpha, self.beta, self.eps0, self.eps1)

    def power_sum(self, k: int) -> Real:
        r"""Power sum :math:`E[\lambda^k + (1-\lambda)^k]` for an integer ``k >= 0``."""
        return self.moment(k) + self.mirror.moment(k)

    @property
    def r(self) -> Real:
        r""":math:`r = E[\lambda(1-\lambda)]`; the covariance is preserved if and only if r = 0.

        .. math:: r = L^2\frac{\alpha\beta}{s(s+1)} - L\frac{\alpha\epsilon_1+\beta\epsilon_0}{s} + \epsilon_0\epsilon_1
                  = \frac{s\,m(1-m) - m\epsilon_1 - (1-m)\epsilon_0 - \epsilon_0\epsilon_1}{s+1}.

        The second form is computed: r is a small difference of large terms, and there less cancels.
        """
        s, m = self.alpha + self.beta, self.mean
        return (s * m * (1 - m) - m * self.eps1 - (1 - m) * self.eps0 - self.eps0 * self.eps1) / (s + 1)

    def q_moment(self, k: int) -> Real:
        r"""Moment :math:`E[(\lambda(1-\lambda))^k] = \sum_j (-1)^j \binom{k}{j} E\lambda^{k+j}` for ``k >= 0``."""
        order = check_integer("k", k, low=0)
        terms = [(-1) ** j * comb(order, j) * self.moment(order + j) for j in range(order + 1)]
        return plain(np.sum(terms, axis=0))

    @property
    def q2(self) -> Real:
        r""":math:`E[(\lambda(1-\lambda))^2] = E\lambda^2 - 2E\lambda^3 + E\lambda^4`, the price in kurtosis."""
        return self.q_moment(2)

    @property
    def weight_means(self) -> NDArray[np.float64]:
        """Means (m, 1 - m) of both weights, shape (..., 2)."""
        return np.stack([self.mean, self.mirror.mean], axis=-1)

    @property
    def weight_variances(self) -> NDArray[np.float64]:
        """Variances (v, v) of both weights, shape (..., 2)."""
        return np.stack([self.var, self.var], axis=-1)

    @property
    def dominant_weight(self) -> Real:
        r"""Mean :math:`E\max(\lambda, 1-\lambda)` of the larger weight, by `laws.shifted_beta_larger`."""
        return laws.shifted_beta_larger(self.alpha, self.beta, self.eps0, self.eps1)

    @property
    def entropy(self) -> Real:
        """Mean entropy of the weights in nats, by `laws.dirichlet_entropy`; ValueError unless eps0 = eps1 = 0."""
        if np.any(self.reach):
            raise ValueError(f"entropy needs weights in [0, 1], got {self!r}")
        return laws.dirichlet_entropy(np.stack([self.alpha, self.beta], axis=-1))

    @property
    def third_moment_factor(self) -> Real:
        r"""Factor :math:`E[\lambda^3 + (1-\lambda)^3] = 1 - 3r` of every third central moment."""
        return 1 - 3 * self.r

    # Distribution ------------------------------------------------------------------------------------------------

    def mass_outside(self) -> Real:
        r"""Probability :math:`I_{\epsilon_0/L}(\alpha,\beta) + I_{\epsilon_1/L}(\beta,\alpha)` outside [0, 1]."""
        return laws.shifted_beta_outside(self.alpha, self.beta, self.eps0, self.eps1)

    def pdf(self, x: ArrayLike) -> Real:
        """Density of lambda at `x`; infinite at an end of the support with shape < 1."""
        return laws.shifted_beta_density(x, self.alpha, self.beta, self.eps0, self.eps1)

    def cdf(self, x: ArrayLike) -> Real:
        r"""Distribution function :math:`I_{(x+\epsilon_0)/L}(\alpha,\beta)` of lambda."""
        unit = (np.asarray(x, dtype=np.float64) + self.eps0) / self.width
        return plain(special.betainc(self.alpha, self.beta, np.clip(unit, 0.0, 1.0)))

    def ppf(self, p: ArrayLike) -> Real:
        """Quantile function of lambda for `p` in [0, 1]."""
        order = check_reals("p", p, low=0.0, high=1.0, closed="both")
        return self._stretch(laws.beta_quantile(self.alpha, self.beta, order))

    def rvs(self, size: Size, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw `size` weights lambda; with array parameters `size` must be compatible with their shape."""
        shape = None if size is None else check_size("size", size)
        return np.asarray(self._stretch(check_generator(rng).beta(self.alpha, self.beta, shape)))

    def weight_vectors(self, size: Size, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw `size` weight vectors (lambda, 1 - lambda), shape (size, 2)."""
        draws = self.rvs(size, rng)
        return np.stack([draws, 1 - draws], axis=-1)


class Beta(EpBeta):
    r"""Beta(alpha, beta) law on [0, 1], the weight law of ordinary mixup; it always shrinks the variance.

    :math:`r = \alpha\beta/(s(s+1))` with :math:`s = \alpha+\beta`.

    Parameters
    ----------
    alpha, beta : float or array_like
        Shapes, > 0.

    Raises
    ------
    ValueError
        If a parameter is not finite and > 0.

    Notes
    -----
    Source: note 01, T2 [D]: derived in this project.

    Examples
    --------
    >>> law = Beta(0.1, 0.1)
    >>> law, round(law.variance_factor, 6)
    (Beta(alpha=0.1, beta=0.1), 0.916667)
    """

    def __init__(self, alpha: ArrayLike, beta: ArrayLike) -> None:
        super().__init__(alpha, beta, 0.0, 0.0)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"Beta(alpha={self.alpha!r}, beta={self.beta!r})"

    @staticmethod
    def uniform() -> Beta:
        """Return the uniform law on [0, 1].

        Examples
        --------
        >>> round(Beta.uniform().variance_factor, 6)
        0.666667
        """
        return Beta(1.0, 1.0)
