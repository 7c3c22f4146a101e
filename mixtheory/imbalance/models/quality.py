r"""What the published generator-quality score measures: its expectation with a good or bad generator, and validation.

The score is the squared synthetic bias over the variance of the balanced estimator, with the mismatch estimated by
cross-fitting: the mean score of synthetic rows less that of held-out minority rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, stats

from mixtheory._validation import check_flag, check_integer, check_real
from mixtheory.imbalance.models.moments import ClassMoments

__all__ = ["LossDifference", "expected_quality", "loss_difference", "preference_probability", "quality_noise"]

Array = NDArray[np.float64]


def quality_noise(
    majority: ClassMoments,
    minority: ClassMoments,
    generator: ClassMoments,
    n_majority: int,
    n_minority: int,
    folds: int = 3,
) -> float:
    r"""Part of the expected quality score that sampling alone makes, and that a perfect generator shows too (C8).

    .. math:: \frac{D^2}{2 n_0} \frac{tr(H^{-1} S_1)/n_1 + tr(H^{-1} S_s)/(K D)}{tr(H^{-1} \Sigma_{aug})}, \quad
        \Sigma_{aug} = \tfrac12 S_0 + \tfrac{n_1}{2 n_0} S_1 + \tfrac{D}{2 n_0} S_s,

    with :math:`D = n_0 - n_1` and :math:`H = (H_0 + H_1)/2`. At a fixed ratio r it does not shrink with :math:`n_1`:
    for a perfect generator it is about :math:`(r - 1)^2/(2r)` times a ratio of traces.

    Parameters
    ----------
    majority, minority, generator : ClassMoments
        Moments at the balanced minimiser.
    n_majority, n_minority : int
        :math:`n_0 > n_1 \ge 1`.
    folds : int, default 3
        Number K of folds, each with D synthetic rows.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, dimensions differ, or H or the trace below is not positive.

    Notes
    -----
    The score is that of the authors' public code; its expectation is derived in this project, to leading order in
    1/n: the fits of the folds are taken for the minimiser and the denominator for its limit.

    Examples
    --------
    The published example with its true law as the generator: a threshold of 10 calls it biased more often than not.

    >>> from mixtheory.imbalance.models.gaussian import GaussianExample
    >>> moments = GaussianExample(1.0, 1.0, n_majority=2000, n_minority=100).moments()
    >>> round(quality_noise(*moments, 2000, 100), 3)
    13.775
    """
    n0, n1, k = _counts(n_majority, n_minority, folds)
    inverse, scale = _scale(majority, minority, generator, n0, n1)
    held_out = float(np.sum(inverse * minority.score_covariance)) / n1
    synthetic = float(np.sum(inverse * generator.score_covariance)) / (k * (n0 - n1))
    return scale * (held_out + synthetic)


def expected_quality(
    majority: ClassMoments,
    minority: ClassMoments,
    generator: ClassMoments,
    n_majority: int,
    n_minority: int,
    folds: int = 3,
) -> float:
    r"""Return the expected generator-quality score (C8).

    .. math:: \frac{D^2}{2 n_0} \frac{b' H^{-1} b}{tr(H^{-1} \Sigma_{aug})} + \text{quality\_noise}, \quad
        b = m_s - m_1.

    Parameters
    ----------
    majority, minority, generator, n_majority, n_minority, folds
        As in `quality_noise`.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        As in `quality_noise`.

    Notes
    -----
    Derived in this project, to leading order in 1/n.

    Examples
    --------
    >>> from mixtheory.imbalance.models.gaussian import GaussianExample
    >>> moments = GaussianExample(1.0, 0.5, n_majority=2000, n_minority=100).moments()
    >>> round(expected_quality(*moments, 2000, 100), 1)
    60.3
    """
    noise = quality_noise(majority, minority, generator, n_majority, n_minority, folds)
    inverse, scale = _scale(majority, minority, generator, n_majority, n_minority)
    mismatch = generator.mean_score - minority.mean_score
    return scale * float(mismatch @ inverse @ mismatch) + noise


def _counts(n_majority: object, n_minority: object, folds: object) -> tuple[int, int, int]:
    n1 = check_integer("n_minority", n_minority, low=1)
    return check_integer("n_majority", n_majority, low=n1 + 1), n1, check_integer("folds", folds, low=2)


def _scale(
    majority: ClassMoments, minority: ClassMoments, generator: ClassMoments, n0: int, n1: int
) -> tuple[Array, float]:
    r"""Return :math:`H^{-1}` and :math:`D^2 / (2 n_0 tr(H^{-1} \Sigma_{aug}))`."""
    for name, law in (("majority", majority), ("minority", minority), ("generator", generator)):
        if not isinstance(law, ClassMoments):
            raise TypeError(f"{name} must be ClassMoments, got {type(law).__name__}")
        if law.p != majority.p:
            raise ValueError(f"{name} must have {majority.p} coefficients as majority has, got {law.p}")
    hessian = (majority.hessian + minority.hessian) / 2
    if not np.linalg.eigvalsh(hessian)[0] > 0:
        raise ValueError("majority and minority must have a positive definite mean Hessian, got a singular one")
    inverse = np.asarray(np.linalg.inv(hessian))
    deficit = n0 - n1
    augmented = (
        n0 * majority.score_covariance + n1 * minority.score_covariance + deficit * generator.score_covariance
    ) / (2 * n0)
    variance = float(np.sum(inverse * augmented))
    if not variance > 0:
        raise ValueError("majority, minority and generator must have some score variance, got none")
    return inverse, deficit**2 / (2 * n0 * variance)


class LossDifference(NamedTuple):
    """Mean of a difference of balanced losses, and the variances of the loss differences of a row of each class."""

    mean: float
    variance_majority: float
    variance_minority: float


def loss_difference(slope: float, other: float, mu: float = 1.0) -> LossDifference:
    r"""Moments of the loss of the scorer `slope` less that of `other` in the Gaussian example.

    The score of a row is :math:`t x_1` and its loss :math:`(y - t x_1)^2`, with :math:`x_1 \sim N(0, 1)` for y = 0 and
    :math:`N(\mu, 1)` for y = 1. With :math:`\alpha = t_a^2 - t_b^2` and :math:`\beta = -2(t_a - t_b)` the difference is
    :math:`\alpha x_1^2 + \beta y x_1`:

    .. math:: v_0 = 2\alpha^2, \quad v_1 = (2 + 4\mu^2)\alpha^2 + \beta^2 + 4\mu\alpha\beta, \quad
        \text{mean} = \tfrac12 [(2 + \mu^2)\alpha + \mu\beta].

    Parameters
    ----------
    slope, other : float
        :math:`t_a` and :math:`t_b`.
    mu : float, default 1

    Returns
    -------
    LossDifference

    Raises
    ------
    TypeError, ValueError
        If an argument is not a finite number.

    Examples
    --------
    >>> [round(value, 7) for value in loss_difference(14 / 61, 1 / 3)]
    [0.0161695, 0.0068298, 0.0150701]
    """
    first, second, mu = check_real("slope", slope), check_real("other", other), check_real("mu", mu)
    alpha, beta = first**2 - second**2, -2 * (first - second)
    minority = (2 + 4 * mu**2) * alpha**2 + beta**2 + 4 * mu * alpha * beta
    return LossDifference(((2 + mu**2) * alpha + mu * beta) / 2, 2 * alpha**2, minority)


def preference_probability(
    slope: float, other: float, n_majority: int, n_minority: int, *, mu: float = 1.0, exact: bool = False
) -> float:
    r"""Probability that the balanced validation loss prefers the scorer `other` to `slope` (C9).

    By the normal approximation, with the moments of `loss_difference`,

    .. math:: \Phi\Bigl( \text{mean} \Big/ \tfrac12 \sqrt{v_0/m_0 + v_1/m_1} \Bigr);

    the smaller validation count governs the noise. Exactly, with :math:`s = t_a + t_b`: `other` is preferred if

    .. math:: \frac1{m_1} \sum_{y=1} (x_1 - 1/s)^2 + \frac1{m_0} \sum_{y=0} x_1^2 < 1/s^2

    for :math:`|t_b| > |t_a|`, if > for :math:`|t_b| < |t_a|`: a non-central and a central :math:`\chi^2`, whose sum is
    integrated numerically.

    Parameters
    ----------
    slope, other : float
        Slopes :math:`t_a` and :math:`t_b` of the two scorers, different.
    n_majority, n_minority : int
        Validation rows :math:`m_0, m_1` of each class.
    mu : float, default 1
        Mean of the minority.
    exact : bool, default False

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the slopes are equal.

    Notes
    -----
    Derived in this project.

    Examples
    --------
    >>> [round(preference_probability(14 / 61, 1 / 3, 20 * m, m), 4) for m in (10, 20, 40)]
    [0.795, 0.878, 0.9503]
    >>> [round(preference_probability(14 / 61, 1 / 3, 20 * m, m, exact=True), 3) for m in (10, 20, 40)]
    [0.808, 0.875, 0.941]
    """
    m0 = check_integer("n_majority", n_majority, low=1)
    m1 = check_integer("n_minority", n_minority, low=1)
    first, second, mu = check_real("slope", slope), check_real("other", other), check_real("mu", mu)
    if first == second:
        raise ValueError(f"other must differ from slope, got {other!r} for both")
    moments = loss_difference(first, second, mu)
    normal = float(
        stats.norm.cdf(2 * moments.mean / math.sqrt(moments.variance_majority / m0 + moments.variance_minority / m1))
    )
    if not check_flag("exact", exact):
        return normal
    if first == -second:
        # the difference is linear in the rows of the minority
        return normal
    total = first + second
    below = _sum_below(1 / total**2, m0, m1, m1 * (mu - 1 / total) ** 2)
    return below if abs(second) > abs(first) else 1 - below


def _sum_below(bound: float, m0: int, m1: int, noncentrality: float) -> float:
    r"""Return :math:`P(\chi^2_{m_1}(\lambda)/m_1 + \chi^2_{m_0}/m_0 < bound)`."""

    def inside(root: float) -> float:
        # in the root of the central chi^2, whose density has no pole
        value = root**2
        return float(
            2 * root * stats.chi2.pdf(value, m0) * stats.ncx2.cdf(m1 * (bound - value / m0), m1, noncentrality)
        )

    edge = math.sqrt(m0 * bound)
    # nearly all of the mass of the root lies within some units of its centre, which adaptive rules must not miss
    centre = math.sqrt(m0)
    points = [centre] if centre < edge else None
    value = integrate.quad(inside, 0.0, edge, points=points, epsabs=1e-11, epsrel=1e-10, limit=200)[0]
    return min(1.0, float(value))
