r"""Population generations: what repeated synthesis does when every generation is an infinite pool.

Generation t + 1 mixes independent records of generation t with fresh weights of one law. Section 4 of the theory note;
every formula is tagged [D]: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from mixtheory._validation import check_integer, check_reals
from mixtheory.mixing.laws import MixingLaw, Real
from mixtheory.mixing.moments import (
    check_covariance,
    excess_kurtosis,
    fourth_cumulant,
)
from mixtheory.mixing.quadrature import QuantileLaw, expect

__all__ = [
    "cascade_criterion",
    "generation_covariance",
    "generation_excess_kurtosis",
    "generation_fourth_cumulant",
    "generation_third_moment",
    "limit_excess_kurtosis",
    "log_variance_drift",
    "preserving_excess_kurtosis",
]


def generation_covariance(law: MixingLaw, covariance: ArrayLike, generations: int) -> Real:
    r"""Covariance rho^t Sigma after t population generations (section 4 [D], derived in this project).

    Raises
    ------
    ValueError
        If `generations` is negative or `covariance` is no covariance.
    """
    t = check_integer("generations", generations, low=0)
    return law.variance_factor**t * check_covariance("covariance", covariance)


def generation_third_moment(law: MixingLaw, mu3: ArrayLike, generations: int) -> Real:
    r"""Third central moment (1 - 3 r)^t mu_3 after t generations (section 4 [D], derived in this project)."""
    t = check_integer("generations", generations, low=0)
    return law.third_moment_factor**t * check_reals("mu3", mu3)


def generation_fourth_cumulant(law: MixingLaw, kappa4: ArrayLike, variance: ArrayLike, generations: int) -> Real:
    r"""Fourth cumulant after t generations: `fourth_cumulant` applied t times, with variances rho^t sigma^2.

    Notes
    -----
    Section 4 [D]: derived in this project.
    """
    t = check_integer("generations", generations, low=0)
    cumulant: Real = check_reals("kappa4", kappa4)
    for generation in range(t):
        cumulant = fourth_cumulant(law, cumulant, generation_covariance(law, variance, generation))
    return cumulant


def generation_excess_kurtosis(law: MixingLaw, g: ArrayLike, generations: int) -> Real:
    r"""Excess kurtosis after t generations: `excess_kurtosis` t times (section 4 [D], derived in this project)."""
    t = check_integer("generations", generations, low=0)
    kurtosis: Real = check_reals("g", g, low=-2, closed="left")
    for _ in range(t):
        kurtosis = excess_kurtosis(law, kurtosis)
    return kurtosis


def preserving_excess_kurtosis(q2: ArrayLike, g: ArrayLike, generations: int) -> Real:
    r"""Excess kurtosis g_t = (1 + 2 q_2)^t (g_0 + 6) - 6 after t generations of a law with r = 0.

    Raises
    ------
    ValueError
        If q2 is negative, g is below -2, or `generations` is negative.

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> round(float(preserving_excess_kurtosis(0.05, 0.0, 3)), 3)
    1.986
    """
    square = check_reals("q2", q2, low=0, closed="left")
    start = check_reals("g", g, low=-2, closed="left")
    t = check_integer("generations", generations, low=0)
    return (1 + 2 * square) ** t * (start + 6) - 6


def limit_excess_kurtosis(law: MixingLaw) -> float:
    r"""Limit of the excess kurtosis over population generations of a law with scalar parameters.

    .. math:: g_\infty = \frac{12 (q_2 - r^2)}{4 r^2 - 2 q_2} \quad \text{if } q_2 < 2 r^2, \text{ else } \infty.

    Notes
    -----
    Section 4 [D]: derived in this project (fixed point of `excess_kurtosis`).

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> round(limit_excess_kurtosis(Beta(1.0, 1.0)), 12)
    1.5
    """
    gap = float(4 * law.r**2 - 2 * law.q2)
    return 3 * float(law.squared_norm_variance) / gap if gap > 0 else float("inf")


def cascade_criterion(law: QuantileLaw) -> float:
    r"""Criterion of the limit over generations at r = 0: non-degenerate iff it is negative.

    .. math:: E[\lambda^2 \log|\lambda| + (1 - \lambda)^2 \log|1 - \lambda|].

    At r = 0 a record of generation t is a weighted sum over a binary cascade with E sum w^2 = 1. Its conditional
    variance is Biggins' martingale of the squared weights; its limit has mean one iff the criterion is negative and is
    zero otherwise.

    Notes
    -----
    Section 4 [D]: derived in this project (Biggins' theorem for the smoothing transform).

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(cascade_criterion(EpBeta.preserving_symmetric(1.0)), 4)
    -0.0463
    """
    return float(expect(law, lambda w: (xlogy(w**2, w**2) + xlogy((1 - w) ** 2, (1 - w) ** 2)) / 2))


def log_variance_drift(law: QuantileLaw) -> float:
    r"""Drift E log S per generation of the logarithm of the variance when one weight is shared by a batch.

    With one lambda per batch the variance of a large table is multiplied by S = lambda^2 + (1 - lambda)^2 in every
    generation, so its median behaves as exp(t E log S) even where its mean is constant.

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(log_variance_drift(EpBeta.preserving_symmetric(1.0)), 4)
    -0.0977
    """
    return float(expect(law, lambda w: np.log(w**2 + (1 - w) ** 2)))
