r"""Linear regression of a mixed target on mixed predictors: what least squares and ridge see of the weights.

Pairs (x, y) of a population are mixed with one weight vector a record, so that all their central second moments are
multiplied by A_2 = E sum_t w_t^2 and the means stay. y may be a number or a vector, such as a one-hot label.

C9 of note 02 [derived]: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_array, check_real, check_reals
from mixtheory.mixing.laws import MixingLaw, Real, check_law
from mixtheory.mixing.moments import check_covariance

__all__ = [
    "mixed_ridge_slopes",
    "mixed_ridge_slopes_through_origin",
    "residual_variance_factor",
    "ridge_penalty",
    "ridge_slopes",
]

Array = NDArray[np.float64]


def _moments(covariance: ArrayLike, cross_covariance: ArrayLike) -> tuple[Array, Array]:
    """Return the covariance matrix (d, d) and the cross-covariances (d,) or (d, k) as arrays."""
    sigma = np.atleast_2d(check_covariance("covariance", covariance))
    what = "a vector or matrix with one row a predictor"
    cross = check_array("cross_covariance", np.atleast_1d(cross_covariance), ndims=(1, 2), what=what)
    if cross.shape[0] != sigma.shape[0]:
        raise ValueError(f"cross_covariance must have {sigma.shape[0]} row(s) as covariance has, got {cross.shape[0]}")
    return sigma, cross


def _solve(sigma: Array, cross: Array, penalty: float) -> Array:
    """Return (sigma + penalty I)^-1 cross."""
    try:
        return np.asarray(np.linalg.solve(sigma + penalty * np.eye(len(sigma)), cross))
    except np.linalg.LinAlgError:
        raise ValueError("penalty must be > 0 where the matrix of moments is singular, got 0") from None


def ridge_slopes(covariance: ArrayLike, cross_covariance: ArrayLike, penalty: float = 0.0) -> Array:
    r"""Slopes of ridge regression with an unpenalised intercept, in the population; least squares at penalty 0.

    .. math:: \arg\min_b \min_{b_0} E (y - b_0 - b'x)^2 + \kappa \|b\|^2 = (\Sigma + \kappa I)^{-1} Cov(x, y).

    Parameters
    ----------
    covariance : array_like, shape (d, d)
        Covariance matrix of the predictors.
    cross_covariance : array_like, shape (d,) or (d, k)
        Covariances of the predictors with the targets.
    penalty : float
        Penalty kappa >= 0 on the mean square error (for n rows and a sum of squares it is n kappa).

    Returns
    -------
    ndarray, shape (d,) or (d, k)

    Raises
    ------
    ValueError
        If shapes disagree, values are not finite, the penalty is negative, or it is 0 and the matrix singular.

    Examples
    --------
    >>> ridge_slopes([[2.0, 0.0], [0.0, 1.0]], [1.0, 1.0], 1.0).round(6).tolist()
    [0.333333, 0.5]
    """
    sigma, cross = _moments(covariance, cross_covariance)
    return _solve(sigma, cross, check_real("penalty", penalty, low=0, closed="left"))


def mixed_ridge_slopes(
    law: MixingLaw, covariance: ArrayLike, cross_covariance: ArrayLike, penalty: float = 0.0
) -> Array:
    r"""Slopes of ridge regression with an unpenalised intercept on mixed pairs.

    .. math:: (A_2 \Sigma + \kappa I)^{-1} A_2 \, Cov(x, y) = (\Sigma + \tfrac{\kappa}{A_2} I)^{-1} Cov(x, y):

    least squares (kappa = 0) is unchanged, and a penalty acts like `ridge_penalty` on the original pairs. The intercept
    E y - b'E x is that of the same slopes, so the fitted functions are equal, too.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    covariance, cross_covariance, penalty
        Of the original pairs, as for `ridge_slopes`.

    Returns
    -------
    ndarray, shape (d,) or (d, k)

    Raises
    ------
    ValueError
        As for `ridge_slopes`.

    Notes
    -----
    Note 02, C9 [derived]: derived in this project. It rests on central moments: the minimum over the intercept leaves
    Var(y - b'x), and mixing multiplies only these by one factor. Without an intercept, or with a penalty on it, see
    `mixed_ridge_slopes_through_origin`. In a batch of n rows mixing multiplies the expected central moments by the
    `finite.batch_variance_factor`; of its slopes the statement holds to leading order in n.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> law = Beta(1.0, 1.0)
    >>> mixed_ridge_slopes(law, 2.0, 1.0).round(12).tolist(), mixed_ridge_slopes(law, 2.0, 1.0, 1.0).round(6).tolist()
    ([0.5], [0.285714])
    """
    check_law(law)
    sigma, cross = _moments(covariance, cross_covariance)
    factor = check_real("variance_factor of law", law.variance_factor)
    return _solve(factor * sigma, factor * cross, check_real("penalty", penalty, low=0, closed="left"))


def mixed_ridge_slopes_through_origin(
    law: MixingLaw,
    covariance: ArrayLike,
    cross_covariance: ArrayLike,
    mean: ArrayLike,
    target_mean: ArrayLike,
    penalty: float = 0.0,
) -> Array:
    r"""Slopes of ridge regression without an intercept on mixed pairs: these do change, even at penalty 0.

    .. math:: (A_2 \Sigma + \mu \mu' + \kappa I)^{-1} (A_2 \, Cov(x, y) + \mu \, (E y)').

    The raw moments of a mixed pair are A_2 times the central ones plus the product of the means, so no penalty on the
    original pairs gives the same slopes unless mu = 0. A column of ones in x is a penalised intercept.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    covariance, cross_covariance, penalty
        Of the original pairs, as for `ridge_slopes`.
    mean : array_like, shape (d,)
        Means mu of the predictors.
    target_mean : array_like, shape () or (k,)
        Means of the targets.

    Returns
    -------
    ndarray, shape (d,) or (d, k)

    Raises
    ------
    ValueError
        As for `ridge_slopes`, or if the means do not fit.

    Notes
    -----
    Derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> slopes = mixed_ridge_slopes_through_origin(Beta(1.0, 1.0), 1.0, 1.0, [1.0], 2.0)
    >>> slopes.round(12).tolist()
    [1.6]
    """
    check_law(law)
    sigma, cross = _moments(covariance, cross_covariance)
    mu, of_target = np.atleast_1d(check_reals("mean", mean)), check_reals("target_mean", target_mean)
    if mu.shape != sigma.shape[:1]:
        raise ValueError(f"mean must have shape {sigma.shape[:1]} to match covariance, got {mu.shape}")
    if of_target.shape != cross.shape[1:]:
        raise ValueError(f"target_mean must have shape {cross.shape[1:]} to match the targets, got {of_target.shape}")
    factor = check_real("variance_factor of law", law.variance_factor)
    raw, raw_cross = factor * sigma + np.outer(mu, mu), factor * cross + np.multiply.outer(mu, of_target)
    return _solve(raw, raw_cross, check_real("penalty", penalty, low=0, closed="left"))


def residual_variance_factor(law: MixingLaw) -> Real:
    r"""Factor A_2 = E sum_t w_t^2 on the residual variance of least squares (note 02, C9; derived in this project)."""
    check_law(law)
    return law.variance_factor


def ridge_penalty(law: MixingLaw, penalty: ArrayLike) -> Real:
    r"""Penalty kappa / A_2 on the original pairs like which kappa acts on mixed pairs, the intercept unpenalised.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    penalty : array_like
        Penalty kappa >= 0.

    Raises
    ------
    ValueError
        If the penalty is negative or not finite.

    Notes
    -----
    Note 02, C9 [derived]: derived in this project; see `mixed_ridge_slopes` for what exactly holds.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(ridge_penalty(Beta(1.0, 1.0), 2.0), 12))
    3.0
    """
    check_law(law)
    return check_reals("penalty", penalty, low=0, closed="left") / law.variance_factor
