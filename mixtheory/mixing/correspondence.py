r"""Two parents: which gamma a mixup weight is, and the law of gamma that makes zeta-mixup into mixup.

With T = 2 the weights of `mixtheory.mixing.zeta.Zeta` are :math:`1/(1+2^{-\gamma})` and its complement, in random
order. One gamma is therefore a law on two atoms; mixup with Beta(alpha, alpha) needs a random gamma.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mixtheory._validation import check_generator, check_real, check_reals, check_size
from mixtheory.mixing.laws import Real, Size, plain
from mixtheory.mixing.weights import Beta

__all__ = ["MixupGamma", "gamma_of_weight", "weight_of_gamma"]

Array = NDArray[np.float64]

_LN2 = float(np.log(2.0))

# Below this value of log(4 lambda (1 - lambda)) its distribution is a power to all digits.
_POWER_LAW = -100.0

# Below this value of z = logit(lambda) distances from 1/2 keep their digits, above it those from 1.
_NEAR = 1.0


def weight_of_gamma(gamma: ArrayLike) -> Real:
    r"""Return the larger weight :math:`1/(1+2^{-\gamma})` of two parents.

    Parameters
    ----------
    gamma : float or array_like
        Exponent, >= 0.

    Returns
    -------
    float or ndarray, shape of `gamma`
        In [1/2, 1); rounded to 1 beyond gamma = 53.

    Raises
    ------
    ValueError, TypeError
        If `gamma` is negative, not finite or not real.

    Notes
    -----
    Theorem 2 of K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43 (2024) [paper]; note 02, C3.

    Examples
    --------
    >>> round(weight_of_gamma(2.0), 12)
    0.8
    """
    return plain(special.expit(check_reals("gamma", gamma, low=0.0, closed="left") * _LN2))


def gamma_of_weight(weight: ArrayLike) -> Real:
    r"""Return :math:`\gamma = |\log_2(\lambda/(1-\lambda))|`, whose two weights are lambda and 1 - lambda.

    Parameters
    ----------
    weight : float or array_like
        One of the two weights, in (0, 1); the ends would need an infinite gamma.

    Returns
    -------
    float or ndarray, shape of `weight`

    Raises
    ------
    ValueError, TypeError
        If `weight` is outside (0, 1) or not real.

    Notes
    -----
    Theorem 2 of Abhishek, Brown and Hamarneh (2024) [paper]; that weights below 1/2 come from the random order: note
    02, C3 [derived]: derived in this project.

    Examples
    --------
    >>> round(gamma_of_weight(0.8), 12), round(gamma_of_weight(0.2), 12)
    (2.0, 2.0)
    """
    return plain(np.abs(special.logit(check_reals("weight", weight, low=0.0, high=1.0))) / _LN2)


def _log_y(z: Array) -> Array:
    """Return the logarithm of y = 4 lambda (1 - lambda) = 1 / cosh(z / 2)^2 for z = logit(lambda) >= 0."""
    near = np.log1p(-np.square(np.tanh(np.minimum(z, _NEAR) / 2)))
    return np.asarray(np.where(z < _NEAR, near, 2 * _LN2 - z - 2 * np.log1p(np.exp(-z))))


@dataclass(frozen=True)
class MixupGamma:
    r"""Law of the random gamma with which two-parent zeta-mixup is mixup with Beta(alpha, alpha) weights.

    :math:`\gamma = |\operatorname{logit}\lambda|/\ln 2`, so that with :math:`z = t\ln 2` and
    :math:`y = 1/\cosh^2(z/2)`

    .. math:: f(t) = \frac{2 \ln 2\; e^{-\alpha z}}{B(\alpha,\alpha) (1+e^{-z})^{2\alpha}}
              = \frac{\ln 2\; y^\alpha}{B(\alpha,\frac12)}, \qquad P(\gamma > t) = I_y(\alpha, \tfrac12),

    because :math:`(2\lambda-1)^2 = 1 - y` has the law Beta(1/2, alpha).

    Parameters
    ----------
    alpha : float
        Both shapes of the law of lambda, > 0.

    Raises
    ------
    ValueError, TypeError
        If `alpha` is not finite and > 0 or not real.

    Notes
    -----
    Note 02, C3 [derived]: derived in this project. For alpha = 1: :math:`P(\gamma > t) = 2/(1+2^t)`, median
    :math:`\log_2 3`.

    Examples
    --------
    >>> law = MixupGamma(1.0)
    >>> round(law.sf(3.0), 12), round(2**law.median, 12)
    (0.222222222222, 3.0)
    """

    alpha: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", check_real("alpha", self.alpha, low=0.0))

    @property
    def beta(self) -> Beta:
        """The law Beta(alpha, alpha) of the mixup weight."""
        return Beta(self.alpha, self.alpha)

    @property
    def _log_scale(self) -> float:
        r"""Logarithm of :math:`\alpha B(\alpha, 1/2)`: P(gamma > t) is y^alpha over it where y is small."""
        return float(np.log(self.alpha) + special.betaln(self.alpha, 0.5))

    def pdf(self, t: ArrayLike) -> Real:
        """Density at `t`, 0 below 0."""
        points = np.asarray(t, dtype=np.float64)
        log_density = self.alpha * _log_y(np.maximum(points, 0.0) * _LN2) - special.betaln(self.alpha, 0.5)
        return plain(np.where(points < 0, 0.0, _LN2 * np.exp(log_density)))

    def cdf(self, t: ArrayLike) -> Real:
        """Distribution function at `t`."""
        z = np.maximum(np.asarray(t, dtype=np.float64), 0.0) * _LN2
        return plain(np.where(z < _NEAR, special.betainc(0.5, self.alpha, np.tanh(z / 2) ** 2), 1 - self._upper(z)))

    def sf(self, t: ArrayLike) -> Real:
        """Survival function P(gamma > t), with full relative precision in the upper tail."""
        z = np.maximum(np.asarray(t, dtype=np.float64), 0.0) * _LN2
        return plain(np.where(z < _NEAR, special.betaincc(0.5, self.alpha, np.tanh(z / 2) ** 2), self._upper(z)))

    def _upper(self, z: Array) -> Array:
        """Return P(gamma > z / ln 2) from y = 1 / cosh(z / 2)^2, which is precise away from z = 0."""
        log_y = _log_y(z)
        power_law = np.exp(self.alpha * np.minimum(log_y, _POWER_LAW) - self._log_scale)
        return np.asarray(np.where(log_y < _POWER_LAW, power_law, special.betainc(self.alpha, 0.5, np.exp(log_y))))

    def ppf(self, p: ArrayLike) -> Real:
        """Quantile of order `p` in [0, 1]; infinite at 1.

        Raises
        ------
        ValueError, TypeError
            If `p` is outside [0, 1] or not real.
        """
        order = check_reals("p", p, low=0.0, high=1.0, closed="both")
        inverse, complement = special.betaincinv, special.betainccinv
        with np.errstate(divide="ignore"):
            squares = np.where(order < 0.5, inverse(0.5, self.alpha, order), complement(0.5, self.alpha, 1 - order))
            log_y = np.log(
                np.where(order < 0.5, complement(self.alpha, 0.5, order), inverse(self.alpha, 0.5, 1 - order))
            )
            power_law = (np.log1p(-order) + self._log_scale) / self.alpha
            log_y = np.where(power_law < _POWER_LAW, power_law, log_y)
            # z/2 = artanh(x), and z = log((1 + x)^2 / y) where x = sqrt(1 - y) is near 1
            lower = 2 * np.arctanh(np.sqrt(squares))
            upper = 2 * np.log1p(np.sqrt(-np.expm1(log_y))) - log_y
        return plain(np.where(squares < 0.5, lower, upper) / _LN2)

    @property
    def median(self) -> float:
        """Median of gamma."""
        return float(self.ppf(0.5))

    def rvs(self, size: Size, rng: np.random.Generator) -> Array:
        r"""Draw `size` values: lambda/(1 - lambda) is the ratio of two gamma variables, here of their logarithms.

        Raises
        ------
        ValueError, TypeError
            If `size` is no size or `rng` no generator.
        """
        shape = tuple(np.atleast_1d(np.asarray(check_size("size", size), dtype=int)))
        generator = check_generator(rng)
        # log of a Gamma(alpha) variable without underflow: Gamma(alpha + 1) times U^(1/alpha)
        logs = np.log(generator.standard_gamma(self.alpha + 1, (2, *shape)))
        logs -= generator.standard_exponential((2, *shape)) / self.alpha
        return np.asarray(np.abs(logs[0] - logs[1]) / _LN2)
