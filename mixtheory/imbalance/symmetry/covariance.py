r"""The class gap and its covariance from data.

With weights :math:`\omega_i` that sum to 1 in class k, mean scores are :math:`\bar s_k = \sum \omega_i s_i` and

.. math:: C_k = \frac{\sum \omega_i^2 (s_i - \bar s_k)(s_i - \bar s_k)'}{1 - \sum \omega_i^2},

which is :math:`S_k / n_k` with the divisor :math:`n_k - 1` for equal weights. The scores are centred because at the
balanced fit the means of the classes are plus and minus half the gap, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mixtheory.imbalance.losses import LogisticLoss, Loss, SquaredLoss
from mixtheory.imbalance.models.chow import wald_covariance
from mixtheory.imbalance.symmetry.classes import TwoClasses
from mixtheory.imbalance.symmetry.slopes import covariance_with_fit, effective_gap, effective_scores

__all__ = ["Fit", "corrected_covariances", "covariance_of_mean", "fit_balanced", "quadratic_form", "slope_gap"]

Array = NDArray[np.float64]

# the least eigenvalue of a covariance, in units in which its diagonal is 1
_SINGULAR = 1e-12
_FULL_LEVERAGE = 1 - 1e-8


@dataclass(frozen=True, eq=False)
class Fit:
    """Balanced fit, and at it the mean scores, Hessians and covariances of the mean scores of both classes."""

    theta: Array
    means: tuple[Array, Array]
    hessians: tuple[Array, Array]
    covariances: tuple[Array, Array]

    @property
    def gap(self) -> Array:
        """Mean score of the majority less that of the minority."""
        return self.means[0] - self.means[1]

    @property
    def covariance(self) -> Array:
        """Covariance V of the gap."""
        return wald_covariance(*self.hessians, *self.covariances, 1, 1)


def covariance_of_mean(scores: Array, weights: Array, counts: Array | None = None) -> Array:
    """Covariance of the weighted mean of the rows of `scores`, each of which occurs once or `counts` times."""
    times = np.ones(len(weights)) if counts is None else counts
    shares = weights / (times @ weights)
    centred = scores - (times * shares) @ scores
    left = 1 - times @ shares**2
    # a single row says nothing of its variance; a covariance of zero is taken for singular later
    return np.asarray(
        (centred * (times * shares**2)[:, None]).T @ centred / left if left > 0 else 0 * centred.T @ centred
    )


def fit_balanced(loss: Loss, data: TwoClasses, codes: tuple[float, float]) -> Fit:
    """Minimise the balanced risk and evaluate scores and Hessians there."""
    labels = data.coded(codes)
    theta = loss.minimise(np.vstack(data.designs), np.concatenate(labels), np.concatenate(data.weights))
    means, hessians, covariances = [], [], []
    for design, label, weights in zip(data.designs, labels, data.weights, strict=True):
        scores = loss.scores(theta, design, label)
        means.append(weights @ scores)
        hessians.append(loss.hessian(theta, design, label, weights))
        covariances.append(covariance_of_mean(scores, weights))
    return Fit(theta, (means[0], means[1]), (hessians[0], hessians[1]), (covariances[0], covariances[1]))


def corrected_covariances(loss: Loss, data: TwoClasses, codes: tuple[float, float], fit: Fit) -> tuple[Array, Array]:
    r"""Covariances of the mean scores at the efficient common fit, each score divided by 1 - its leverage.

    The linearised minimisers :math:`\theta_k = \hat\theta - H_k^{-1} \bar s_k` of the classes have covariances
    :math:`D_k = H_k^{-1} C_k H_k^{-1}`; under the null the best combination is
    :math:`\theta_0 + D_0 (D_0 + D_1)^{-1} (\theta_1 - \theta_0)`, which leans on the larger class where the balanced
    fit gives both the same say. The leverage of a row is :math:`h_i = \omega_i tr(H_k^{-1} \nabla^2 \ell_i)`.
    """
    inverses = _inverses(fit)
    minimisers = [fit.theta - inverse @ mean for inverse, mean in zip(inverses, fit.means, strict=True)]
    spreads = [inverse @ c @ inverse for inverse, c in zip(inverses, fit.covariances, strict=True)]
    step = np.linalg.lstsq(spreads[0] + spreads[1], minimisers[1] - minimisers[0], rcond=None)[0]
    common = minimisers[0] + spreads[0] @ step
    found = []
    for design, label, weights, leverages in zip(
        data.designs, data.coded(codes), data.weights, _leverages(loss, data, codes, fit), strict=True
    ):
        scores = loss.scores(common, design, label) / (1 - leverages)[:, None]
        found.append(covariance_of_mean(scores, weights))
    return found[0], found[1]


def slope_gap(
    loss: Loss, data: TwoClasses, codes: tuple[float, float], fit: Fit, *, corrected: bool
) -> tuple[Array, Array]:
    r"""Return the effective gap :math:`\psi` (p - 1,) and its covariance, see `mixtheory.imbalance.symmetry.slopes`.

    If `corrected`, its rows are taken at the efficient fit under :math:`\psi = 0`, which is
    :math:`\hat\theta - Cov(\hat\theta, \hat\psi) Var(\hat\psi)^{-1} \hat\psi`, and, once centred, divided by 1 - the
    leverage in their class.
    """
    labels = data.coded(codes)
    effective = effective_gap(loss, fit.theta, data.designs, labels, data.weights)
    rows = effective_scores(loss, fit.theta, effective, data.designs, labels)
    covariance = sum(covariance_of_mean(z, weights) for z, weights in zip(rows, data.weights, strict=True))
    if not corrected:
        return effective.gap, np.asarray(covariance)
    leverages = _leverages(loss, data, codes, fit)
    common = sum(
        covariance_with_fit(effective, loss.scores(fit.theta, x, y), z, weights)
        for x, y, z, weights in zip(data.designs, labels, rows, data.weights, strict=True)
    )
    restricted = fit.theta - common @ np.linalg.lstsq(covariance, effective.gap, rcond=None)[0]
    rows = effective_scores(loss, restricted, effective, data.designs, labels)
    return effective.gap, np.asarray(
        sum(
            covariance_of_mean((z - weights @ z) / (1 - h)[:, None], weights)
            for z, weights, h in zip(rows, data.weights, leverages, strict=True)
        )
    )


def _inverses(fit: Fit) -> list[Array]:
    try:
        return [np.asarray(np.linalg.inv(hessian)) for hessian in fit.hessians]
    except np.linalg.LinAlgError:
        raise ValueError("covariance='hc3' must have invertible Hessians in both classes, got a singular one") from None


def _leverages(loss: Loss, data: TwoClasses, codes: tuple[float, float], fit: Fit) -> list[Array]:
    """Return the leverage of each row in its class."""
    found = []
    classes = zip(data.designs, data.coded(codes), data.weights, _inverses(fit), data.labels, strict=True)
    for (design, label, weights, inverse, name), role in zip(classes, ("majority", "minority"), strict=True):
        leverages = weights * _hessian_traces(loss, fit.theta, design, label, inverse)
        if np.any(leverages > _FULL_LEVERAGE):
            raise ValueError(
                f"covariance='hc3' must have no row of leverage 1, got one in the {role} {name!r}: "
                "some coefficient there depends on that row alone"
            )
        found.append(leverages)
    return found


def _hessian_traces(loss: Loss, theta: Array, design: Array, label: Array, inverse: Array) -> Array:
    """Return tr(M H_i) for the Hessian H_i of each row."""
    if isinstance(loss, (SquaredLoss, LogisticLoss)):
        forms = np.einsum("ij,ij->i", design @ inverse, design)
        predictor = design @ theta
        return np.asarray(forms * (2.0 if isinstance(loss, SquaredLoss) else expit(predictor) * expit(-predictor)))
    return np.array(
        [np.sum(inverse * loss.hessian(theta, design[i : i + 1], label[i : i + 1])) for i in range(len(design))]
    )


def quadratic_form(vector: Array, covariance: Array) -> float:
    """Return v' V^{-1} v, inf if V is singular; V is scaled first, so that units of the features do not matter."""
    scale = np.sqrt(np.diagonal(covariance))
    if not np.all(scale > 0):
        return np.inf
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    if values[0] <= _SINGULAR:
        return np.inf
    return float(np.sum((vectors.T @ (vector / scale)) ** 2 / values))
