r"""Population moments of mixed records: what a mixing law does to orders one to four.

A record is X~ = sum_s w_s X_s with independent copies X_s of X and weights w that sum to one and are independent of the
data. With S = sum_s w_s^2 = 1 - 2 q: q = lambda (1 - lambda) for two parents, r = E q and q2 = E q^2.

Every formula of this module is tagged [D] in the theory note: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_matrix, check_real, check_reals
from mixtheory.mixing.laws import MixingLaw, Real, check_law
from mixtheory.mixing.weights import EpBeta

__all__ = [
    "check_covariance",
    "correlation_factors",
    "excess_kurtosis",
    "fourth_central_moment",
    "fourth_cumulant",
    "largest_plain_alpha",
    "mixed_covariance",
    "mixed_mean",
    "rigidity_residual",
    "separate_covariance",
    "separate_weights_matrix",
    "skewness_factor",
    "slope_factor",
    "third_central_moment",
]

Array = NDArray[np.float64]


def check_covariance(name: str, value: ArrayLike) -> Array:
    """Return a variance (scalar) or a symmetric matrix (d, d) with a non-negative diagonal as an array."""
    array = check_reals(name, value)
    if array.ndim not in (0, 2) or array.size == 0 or (array.ndim == 2 and array.shape[0] != array.shape[1]):
        raise ValueError(f"{name} must be a variance or a square matrix, got shape {array.shape}")
    if array.ndim == 2 and not np.allclose(array, array.T):
        raise ValueError(f"{name} must be symmetric")
    if np.any(np.diagonal(np.atleast_2d(array)) < 0):
        raise ValueError(f"{name} must have variances >= 0 on its diagonal")
    return array


def mixed_mean(law: EpBeta, mean: ArrayLike, other_mean: ArrayLike | None = None) -> Real:
    r"""Mean of X~ = lambda X_i + (1 - lambda) X_j.

    .. math:: E \tilde X = m \mu_i + (1 - m) \mu_j,

    which is mu for two parents of one population, whatever m = E lambda.

    Parameters
    ----------
    law : EpBeta
    mean : array_like, shape () or (d,)
        Mean of the first parent.
    other_mean : array_like, optional
        Mean of the second parent, if it comes from another population.

    Raises
    ------
    ValueError
        If a mean is not finite.

    Notes
    -----
    T1 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(mixed_mean(Beta(2.0, 5.0), 1.0), 12))
    1.0
    """
    first = check_reals("mean", mean)
    second = first if other_mean is None else check_reals("other_mean", other_mean)
    return law.mean * first + (1 - law.mean) * second


def mixed_covariance(law: MixingLaw, covariance: ArrayLike) -> Real:
    r"""Covariance of a mixed record when one weight vector is shared by all coordinates.

    .. math:: Cov(\tilde X) = E \sum_s w_s^2 \, \Sigma, \qquad \text{two parents: } (1 - 2 r) \Sigma.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    covariance : array_like, shape () or (d, d)

    Raises
    ------
    ValueError
        If `covariance` is not a finite variance or symmetric matrix.

    Notes
    -----
    T2 and T11 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(mixed_covariance(Beta(1.0, 1.0), 3.0), 12))
    2.0
    """
    check_law(law)
    return law.variance_factor * check_covariance("covariance", covariance)


def largest_plain_alpha(delta: float) -> float:
    r"""Largest alpha for which Beta(alpha, alpha) loses at most a share delta of the variance.

    .. math:: 1 - \rho = \alpha / (2 \alpha + 1) \le \delta \iff \alpha \le \delta / (1 - 2 \delta).

    Raises
    ------
    ValueError
        If delta is outside (0, 1/2).

    Notes
    -----
    T2 [D]: derived in this project.

    Examples
    --------
    >>> round(largest_plain_alpha(0.25), 12)
    0.5
    """
    delta = check_real("delta", delta, low=0, high=0.5)
    return delta / (1 - 2 * delta)


def separate_weights_matrix(means: ArrayLike, covariance: ArrayLike) -> Array:
    r"""Matrix C of separate weights per column: Cov(x~_k, x~_l) = C_kl Sigma_kl.

    .. math:: C_{kl} = E[\lambda_k \lambda_l + (1 - \lambda_k)(1 - \lambda_l)]
              = 1 - m_k - m_l + 2 m_k m_l + 2 Cov(\lambda_k, \lambda_l).

    Parameters
    ----------
    means : array_like, shape (d,)
        Means m_k of the weights.
    covariance : array_like, shape (d, d)
        Covariance matrix of the weights; diagonal for independent weights.

    Returns
    -------
    ndarray, shape (d, d)

    Raises
    ------
    ValueError
        If shapes disagree or values are not finite.

    Notes
    -----
    T3 [D]: derived in this project.

    Examples
    --------
    >>> separate_weights_matrix([0.7, 0.4], [[0.07, 0.0], [0.0, 0.04]]).round(12).tolist()
    [[0.72, 0.46], [0.46, 0.6]]
    """
    m = check_matrix("means", means, ndim=1)
    cov = check_covariance("covariance", covariance)
    if cov.shape != (m.size, m.size):
        raise ValueError(f"covariance must have shape {(m.size, m.size)} to match means, got {cov.shape}")
    first, second = m[:, np.newaxis], m[np.newaxis, :]
    return np.asarray(1 - first - second + 2 * first * second + 2 * cov)


def _square(name: str, matrix: ArrayLike) -> Array:
    array = check_covariance(name, check_matrix(name, matrix))
    if np.any(np.diagonal(array) <= 0):
        raise ValueError(f"{name} must have a positive diagonal")
    return array


def separate_covariance(factors: ArrayLike, covariance: ArrayLike) -> Array:
    r"""Covariance under separate weights: the entrywise product C o Sigma (T3 [D], derived in this project).

    Parameters
    ----------
    factors : array_like, shape (d, d)
        Matrix C of `separate_weights_matrix`.
    covariance : array_like, shape (d, d)
        Covariance of the records.

    Raises
    ------
    ValueError
        If shapes disagree.
    """
    c, sigma = _square("factors", factors), check_covariance("covariance", covariance)
    if c.shape != sigma.shape:
        raise ValueError(f"covariance must have shape {c.shape} to match factors, got {sigma.shape}")
    return np.asarray(c * sigma)


def slope_factor(factors: ArrayLike, predictor: int = 0, response: int = 1) -> float:
    r"""Factor C_xy / C_xx on the regression slope of y~ on x~ (T3 [D], derived in this project).

    Parameters
    ----------
    factors : array_like, shape (d, d)
        Matrix C of `separate_weights_matrix`.
    predictor, response : int
        Columns of x and y.

    Raises
    ------
    ValueError
        If a column does not exist.
    """
    c = _square("factors", factors)
    x = check_integer("predictor", predictor, low=0, high=c.shape[0] - 1)
    y = check_integer("response", response, low=0, high=c.shape[0] - 1)
    return float(c[x, y] / c[x, x])


def correlation_factors(factors: ArrayLike) -> Array:
    r"""Factors C_kl / sqrt(C_kk C_ll) on the correlations, within [-1, 1] (T3 [D], derived in this project)."""
    c = _square("factors", factors)
    sd = np.sqrt(np.diagonal(c))
    return np.asarray(c / (sd[:, np.newaxis] * sd))


def rigidity_residual(factors: ArrayLike) -> Array:
    r"""Residual C_kl^2 - C_kk C_ll <= 0, zero off the diagonal iff lambda_k = lambda_l almost surely.

    A correlation that is not 0 is preserved only where the residual is 0. Proof: equality in Cauchy-Schwarz makes the
    vectors (lambda_k, 1 - lambda_k) proportional; their entries sum to one, so they are equal.

    Notes
    -----
    T3 [D]: derived in this project.

    Examples
    --------
    >>> c = separate_weights_matrix([0.5, 0.5], [[0.25, 0.0], [0.0, 0.25]])
    >>> rigidity_residual(c).tolist()
    [[0.0, -0.75], [-0.75, 0.0]]
    """
    c = _square("factors", factors)
    diagonal = np.diagonal(c)
    return np.asarray(c**2 - diagonal[:, np.newaxis] * diagonal)


def third_central_moment(law: MixingLaw, mu3: ArrayLike) -> Real:
    r"""Third central moment mu_3 E sum_s w_s^3; two parents (1 - 3 r) mu_3 (T7, T11 [D], derived in this project)."""
    check_law(law)
    return law.third_moment_factor * check_reals("mu3", mu3)


def skewness_factor(law: MixingLaw) -> Real:
    r"""Ratio of skewnesses E sum_s w_s^3 / (E sum_s w_s^2)^{3/2}; two parents: (1 - 3 r) / (1 - 2 r)^{3/2}.

    Notes
    -----
    T7 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(skewness_factor(Beta(1.0, 1.0)), 4))
    0.9186
    """
    check_law(law)
    return law.third_moment_factor / law.variance_factor**1.5


def fourth_cumulant(law: MixingLaw, kappa4: ArrayLike, variance: ArrayLike) -> Real:
    r"""Fourth cumulant of a mixed record.

    .. math:: \tilde\kappa_4 = E \sum_s w_s^4 \, \kappa_4 + 3 Var(\textstyle\sum_s w_s^2) \sigma^4,

    for two parents (1 - 4 r + 2 q_2) kappa_4 + 12 Var(q) sigma^4.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    kappa4 : array_like
        Fourth cumulant mu_4 - 3 sigma^4 of the records.
    variance : array_like
        Variance sigma^2 of the records.

    Raises
    ------
    ValueError
        If an argument is not finite or the variance is negative.

    Notes
    -----
    T7 and T11 [D]: derived in this project (law of total cumulance over the weights).
    """
    check_law(law)
    cumulant = check_reals("kappa4", kappa4)
    sigma2 = check_reals("variance", variance, low=0, closed="left")
    return law.power_sum(4) * cumulant + 3 * law.squared_norm_variance * sigma2**2


def fourth_central_moment(law: MixingLaw, mu4: ArrayLike, variance: ArrayLike) -> Real:
    r"""Fourth central moment of a mixed record; two parents: (1 - 4 r + 2 q_2) mu_4 + 6 q_2 sigma^4.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    mu4, variance : array_like
        Fourth central moment and variance of the records.

    Raises
    ------
    ValueError
        If an argument is not finite or negative.

    Notes
    -----
    T7 [D]: derived in this project. Each of the six ways to take two centred factors from either parent has weight
    lambda^2 (1 - lambda)^2; for any number of parents the sum over ordered pairs is 3 E[(sum w^2)^2 - sum w^4].

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(fourth_central_moment(Beta(1.0, 1.0), 1.0, 1.0), 12))
    0.6
    """
    fourth = check_reals("mu4", mu4, low=0, closed="left")
    sigma2 = check_reals("variance", variance, low=0, closed="left")
    return fourth_cumulant(law, fourth - 3 * sigma2**2, sigma2) + 3 * (law.variance_factor * sigma2) ** 2


def excess_kurtosis(law: MixingLaw, g: ArrayLike) -> Real:
    r"""Excess kurtosis of a mixed record from that of the records, g = kappa_4 / sigma^4.

    .. math:: \tilde g = \frac{(1 - 4 r + 2 q_2) g + 12 Var(q)}{(1 - 2 r)^2}.

    At r = 0 this is (1 + 2 q_2) g + 12 q_2: always larger than g.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    g : array_like
        Excess kurtosis of the records, at least -2.

    Raises
    ------
    ValueError
        If g is not finite or below -2.

    Notes
    -----
    T7 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(excess_kurtosis(Beta(1.0, 1.0), 0.0), 12))
    0.15
    """
    g = check_reals("g", g, low=-2, closed="left")
    return fourth_cumulant(law, g, 1.0) / law.variance_factor**2
