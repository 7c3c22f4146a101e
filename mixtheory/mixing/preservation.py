r"""What no law of weights preserves: the fourth moment, heavy-tailed scales, the sign of non-negative data.

T8 and T9(d) of the theory note; every formula is tagged [D]: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_real, check_reals
from mixtheory.mixing.laws import MixingLaw, Real
from mixtheory.mixing.moments import fourth_central_moment
from mixtheory.mixing.quadrature import expect
from mixtheory.mixing.weights import EpBeta

__all__ = ["cauchy_cdf", "exponential_negative_probability", "fourth_moment_excess", "stable_scale"]

Array = NDArray[np.float64]


def fourth_moment_excess(law: MixingLaw, mu4: ArrayLike, variance: ArrayLike) -> Real:
    r"""Change of the fourth central moment: the certificate that a law of weights does not preserve distributions.

    At r = 0 it is q_2 (2 mu_4 + 6 sigma^4) > 0 unless lambda is 0 or 1 almost surely. As r = 0 is needed for the
    variance, no other law of weights preserves any distribution with a finite fourth moment.

    Parameters
    ----------
    law : MixingLaw
    mu4, variance : array_like
        Fourth central moment and variance of the records.

    Raises
    ------
    ValueError
        If an argument is not finite or negative.

    Notes
    -----
    T8 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(float(fourth_moment_excess(EpBeta.preserving_symmetric(1.0), 3.0, 1.0)), 12)
    0.6
    """
    return fourth_central_moment(law, mu4, variance) - check_reals("mu4", mu4)


def stable_scale(weight: ArrayLike, index: float) -> Array:
    r"""Scale (abs(l)^a + abs(1 - l)^a)^{1/a} of l X_i + (1 - l) X_j for symmetric a-stable records of scale one.

    Parameters
    ----------
    weight : array_like
        Values of lambda.
    index : float
        Stability index a in (0, 2]; 1 is Cauchy, 2 is normal.

    Raises
    ------
    ValueError
        If the index is outside (0, 2] or a weight is not finite.

    Notes
    -----
    T8 [D]: derived in this project. For a = 1 and weights in [0, 1] the scale is 1: the law is exactly unchanged.

    Examples
    --------
    >>> stable_scale([0.3, 1.25], 1.0).tolist()
    [1.0, 1.5]
    """
    a = check_real("index", index, low=0, high=2, closed="right")
    w = check_reals("weight", weight)
    return np.asarray((np.abs(w) ** a + np.abs(1 - w) ** a) ** (1 / a))


def cauchy_cdf(law: EpBeta, x: ArrayLike) -> Array:
    r"""Distribution function of mixed standard Cauchy records, scale mixtures of the Cauchy law.

    .. math:: E[\tfrac12 + \arctan(x / (|\lambda| + |1 - \lambda|)) / \pi].

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.
    x : array_like

    Notes
    -----
    T8 [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> round(float(cauchy_cdf(Beta(0.3, 0.7), 1.0)), 12)
    0.75
    """
    points = check_reals("x", x)[..., np.newaxis]
    return expect(law, lambda w: 0.5 + np.arctan(points / stable_scale(w, 1.0)) / np.pi)


def exponential_negative_probability(law: EpBeta) -> float:
    r"""P(X~ < 0) for exponential records: mass that leaves the support of non-negative data.

    .. math:: E\Big[\frac{-\lambda}{1 - 2 \lambda}; \lambda < 0\Big]
              + E\Big[\frac{\lambda - 1}{2 \lambda - 1}; \lambda > 1\Big].

    Given a weight -a < 0 on one parent, a E_1 > (1 + a) E_2 has probability a / (1 + 2 a).

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.

    Notes
    -----
    T9(d) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta, EpBeta
    >>> exponential_negative_probability(Beta(1.0, 1.0))
    0.0
    >>> round(exponential_negative_probability(EpBeta(4.34, 1.33, 0.3, 0.3)), 4)
    0.0492
    """

    def conditional(weight: Array) -> Array:
        excess = np.maximum(-np.minimum(weight, 1 - weight), 0)
        return np.asarray(excess / (1 + 2 * excess))

    return float(expect(law, conditional))
