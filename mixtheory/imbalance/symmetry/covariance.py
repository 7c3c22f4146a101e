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

__all__ = ["Fit", "corrected_covariances", "covariance_of_mean", "fit_balanced", "quadratic_form"]

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
    labels = [np.full(len(design), code) for design, code in zip(data.designs, codes, strict=True)]
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
    try:
        inverses = [np.asarray(np.linalg.inv(hessian)) for hessian in fit.hessians]
    except np.linalg.LinAlgError:
        raise ValueError("covariance='hc3' must have invertible Hessians in both classes, got a singular one") from None
    minimisers = [fit.theta - inverse @ mean for inverse, mean in zip(inverses, fit.means, strict=True)]
    spreads = [inverse @ c @ inverse for inverse, c in zip(inverses, fit.covariances, strict=True)]
    step = np.linalg.lstsq(spreads[0] + spreads[1], minimisers[1] - minimisers[0], rcond=None)[0]
    common = minimisers[0] + spreads[0] @ step
    found = []
    for k, role in enumerate(("majority", "minority")):
        design, weights = data.designs[k], data.weights[k]
        label = np.full(len(design), codes[k])
        leverages = weights * _hessian_traces(loss, fit.theta, design, label, inverses[k])
        if np.any(leverages > _FULL_LEVERAGE):
            raise ValueError(
                f"covariance='hc3' must have no row of leverage 1, got one in the {role} {data.labels[k]!r}: "
                "some coefficient there depends on that row alone"
            )
        scores = loss.scores(common, design, label) / (1 - leverages)[:, None]
        found.append(covariance_of_mean(scores, weights))
    return found[0], found[1]


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
