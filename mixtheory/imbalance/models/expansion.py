r"""The master expansion: what class imbalance and an imperfect generator do to empirical risk minimisation (C1).

n_majority points of P_0, n_minority of P_1 and n_synthetic of a generator Q enter the augmented risk with equal
weight. To first order the estimator is displaced from the balanced minimiser theta* by two gradients at theta*: the
class gap g = m_0 - m_1 and the generator mismatch b = m_s - m_1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_integer, check_reals
from mixtheory.imbalance.models.moments import ClassMoments

__all__ = ["Expansion", "class_gap", "expand", "mismatch"]

Array = NDArray[np.float64]

_STATIONARY = 1e-6


@dataclass(frozen=True, eq=False)
class Expansion:
    r"""First-order behaviour of the augmented estimator; every array has the shape of n_synthetic in front.

    Attributes
    ----------
    n_synthetic : ndarray, shape (...)
    n_total : ndarray, shape (...)
        :math:`N = n_0 + n_1 + \tilde n`.
    fraction : ndarray, shape (...)
        :math:`w = \tilde n / N`.
    drift : ndarray, shape (..., p)
        :math:`B`, the gradient of the augmented population risk at theta*.
    hessian : ndarray, shape (..., p, p)
        :math:`H_w = (n_0 H_0 + n_1 H_1 + \tilde n H_s) / N`, the curvature of the augmented population risk.
    displacement : ndarray, shape (..., p)
        :math:`-H_w^{-1} B`, the bias of the estimator.
    covariance : ndarray, shape (..., p, p)
        :math:`H_w^{-1} \Sigma_w H_w^{-1} / N`, with :math:`\Sigma_w = (n_0 S_0 + n_1 S_1 + \tilde n S_s) / N`.
    bias_risk : ndarray, shape (...)
        :math:`\frac12 B' H_w^{-1} H H_w^{-1} B`.
    variance_risk : ndarray, shape (...)
        :math:`\frac1{2N} tr(H H_w^{-1} \Sigma_w H_w^{-1})`.
    """

    n_synthetic: Array
    n_total: Array
    fraction: Array
    drift: Array
    hessian: Array
    displacement: Array
    covariance: Array
    bias_risk: Array
    variance_risk: Array

    @property
    def excess_risk(self) -> Array:
        r"""Leading order of :math:`E R(\hat\theta) - R(\theta^*)`: `bias_risk` + `variance_risk`, shape (...)."""
        return np.asarray(self.bias_risk + self.variance_risk)


def class_gap(majority: ClassMoments, minority: ClassMoments) -> Array:
    r"""Class gap :math:`g = m_0 - m_1`, the difference of the classes' mean scores at theta*, shape (p,).

    It is 0 (local symmetry) iff theta* is a stationary point of the risk of each class alone, since m_0 + m_1 = 0.

    Raises
    ------
    ValueError
        If the dimensions differ or the moments are not taken at theta*, where m_0 + m_1 = 0.

    Notes
    -----
    The idea is due to Ma and Zhang (2026), the name g_phi to their public code [paper, code].
    """
    _check_laws(majority, minority)
    return np.asarray(majority.mean_score - minority.mean_score)


def mismatch(minority: ClassMoments, generator: ClassMoments) -> Array:
    r"""Mismatch :math:`b = m_s - m_1` of a generator, shape (p,): a difference of gradients, not a distance of laws.

    A wrong generator may have b = 0, and then balancing removes the bias all the same.

    Raises
    ------
    ValueError
        If the dimensions differ.

    Notes
    -----
    The name g_psi is that of the public code of Ma and Zhang (2026) [code].
    """
    _check_dimensions(minority, generator)
    return np.asarray(generator.mean_score - minority.mean_score)


def expand(
    majority: ClassMoments,
    minority: ClassMoments,
    generator: ClassMoments,
    n_majority: int,
    n_minority: int,
    n_synthetic: ArrayLike,
) -> Expansion:
    r"""Bias and variance of the augmented estimator to first order.

    .. math::
        \hat\theta - \theta^* = -H_w^{-1} (B + \bar z) + o(\cdot), \qquad
        B = \frac{(n_0 - n_1 - \tilde n)\, g / 2 + \tilde n\, b}{N}, \qquad
        Cov(\bar z) = \frac{n_0 S_0 + n_1 S_1 + \tilde n S_s}{N^2},

    and with the curvature :math:`H = (H_0 + H_1) / 2` of the balanced risk R

    .. math::
        E R(\hat\theta) - R(\theta^*) \approx \tfrac12 B' H_w^{-1} H H_w^{-1} B
            + \tfrac1{2N} tr(H H_w^{-1} \Sigma_w H_w^{-1}).

    Parameters
    ----------
    majority, minority, generator : ClassMoments
        Moments of P_0, P_1 and Q at the balanced minimiser theta*.
    n_majority, n_minority : int
        n_0 >= n_1 >= 1.
    n_synthetic : array_like, shape (...)
        Sizes >= 0, integers or not. The generator is independent of the training sample.

    Returns
    -------
    Expansion

    Raises
    ------
    ValueError
        If dimensions differ, the moments are not taken at theta* (m_0 + m_1 is not 0), H_w is singular, or a size is
        not as described.

    Notes
    -----
    C1 [derived]: derived in this project. The first-order condition of the augmented risk is expanded at theta*, with
    m_0 = g/2 and m_1 = -g/2. For the squared loss the displacement and `bias_risk` are exact; otherwise their errors
    are ``O(|B|^2)`` and ``O(|B|^3)``. H_w may be replaced by H only where the two agree: if the classes and the
    generator have one Hessian, or at balance with H_s = H_1. A generator that is fitted on the sample adds cross terms
    to the variance.

    Examples
    --------
    With the generator's mean at half the minority's, balancing leaves a bias; four times the deficit removes it.

    >>> from mixtheory.imbalance.models.gaussian import GaussianExample
    >>> example = GaussianExample(mu=1.0, a=0.5, n_majority=2000, n_minority=100)
    >>> expansion = expand(*example.moments(), 2000, 100, [0, 1900, 7600])
    >>> expansion.bias_risk.round(7).tolist()
    [0.1243113, 0.0161695, 0.0]
    """
    n_majority, n_minority = check_sizes(n_majority, n_minority)
    sizes = check_reals("n_synthetic", n_synthetic, low=0.0, closed="left")
    gap, shift = class_gap(majority, minority), mismatch(minority, generator)
    total = n_majority + n_minority + sizes
    laws = (majority, minority, generator)
    shares = [n_majority / total, n_minority / total, sizes / total]
    hessian = _mixture(shares, [law.hessian for law in laws])
    scatter = _mixture(shares, [law.score_covariance for law in laws])
    deficit = n_majority - n_minority
    drift = ((deficit - sizes) / 2 / total)[..., None] * gap + (sizes / total)[..., None] * shift
    curvature = (majority.hessian + minority.hessian) / 2
    if np.any(np.linalg.cond(hessian) > 1e14):
        raise ValueError("the Hessian of the augmented risk is singular: some coefficients are not identified")
    displacement = np.asarray(-np.linalg.solve(hessian, drift[..., None])[..., 0], dtype=np.float64)
    half = np.linalg.solve(hessian, scatter)
    covariance = np.linalg.solve(hessian, np.swapaxes(half, -1, -2)) / total[..., None, None]
    return Expansion(
        n_synthetic=sizes,
        n_total=total,
        fraction=shares[2],
        drift=drift,
        hessian=hessian,
        displacement=displacement,
        covariance=covariance,
        bias_risk=np.einsum("...i,ij,...j->...", displacement, curvature, displacement) / 2,
        variance_risk=np.einsum("ij,...ji->...", curvature, covariance) / 2,
    )


def check_sizes(n_majority: int, n_minority: int) -> tuple[int, int]:
    """Return the class sizes as ints with n_majority >= n_minority >= 1."""
    minority = check_integer("n_minority", n_minority, low=1)
    return check_integer("n_majority", n_majority, low=minority), minority


def _mixture(shares: list[Array], matrices: list[Array]) -> Array:
    """Return sum_k shares_k matrices_k, shape (..., p, p)."""
    return np.asarray(np.einsum("k...,kij->...ij", np.stack(shares), np.stack(matrices)))


def _check_dimensions(first: ClassMoments, second: ClassMoments) -> None:
    if first.p != second.p:
        raise ValueError(f"laws must have one number of coefficients, got {first.p} and {second.p}")


def _check_laws(majority: ClassMoments, minority: ClassMoments) -> None:
    _check_dimensions(majority, minority)
    total = majority.mean_score + minority.mean_score
    scale = np.sqrt(
        np.trace(majority.score_covariance + minority.score_covariance)
        + majority.mean_score @ majority.mean_score
        + minority.mean_score @ minority.mean_score
    )
    if np.max(np.abs(total)) > _STATIONARY * scale:
        raise ValueError(
            "moments must be taken at the balanced minimiser, where the mean scores of the classes sum to 0, "
            f"got a sum of length {np.linalg.norm(total):g}"
        )
