r"""The effective class gap: what of the gap moves the slopes, with the intercept profiled out.

With :math:`H = (H_0 + H_1)/2`, the last coefficient I being the intercept and s the others, the effective gap is

.. math:: \psi = C g, \quad C = [I, \, -H_{sI}/H_{II}], \qquad \psi = g_s - H_{sI} \, c, \quad c = g_I/H_{II}.

The intercept's gap is no small number, so the estimate of :math:`H_{sI}` adds noise of the order of that of g. To first
order, with :math:`\partial_I` the derivative along the intercept and all at the balanced minimiser,

.. math:: \hat\psi - \psi = C \Bigl[ A_0 \bar s_0 + A_1 \bar s_1 - \tfrac c2 (\overline{\partial_I s}_0 +
    \overline{\partial_I s}_1) \Bigr], \quad A_0, A_1 = \pm I - \tfrac12 (H_0 - H_1 - c \, \partial_I H) H^{-1},

each mean less its expectation: independent rows whose covariances are those of the effective gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixtheory.imbalance.losses import Loss

__all__ = ["EffectiveGap", "covariance_with_fit", "effective_gap", "effective_scores"]

Array = NDArray[np.float64]

# of the central differences along the intercept, in units of the linear predictor: for logistic loss the error of the
# difference is about the square of it, for squared loss none
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class EffectiveGap:
    r"""Effective gap (p - 1,) and how it answers to the rows.

    `maps` are :math:`C A_0, C A_1` and `tilt` is :math:`\tfrac c2 C`, each (p - 1, p); `inverse` is :math:`H^{-1}`.
    """

    gap: Array
    maps: tuple[Array, Array]
    tilt: Array
    inverse: Array


def effective_gap(
    loss: Loss, theta: Array, designs: Sequence[Array], labels: Sequence[Array], shares: Sequence[Array]
) -> EffectiveGap:
    """Return the effective gap at a fit near the balanced one, whose intercept is the last coefficient.

    What is left of the sum of the mean scores at `theta` is projected out.
    """
    classes = list(zip(designs, labels, shares, strict=True))
    means = [weights @ loss.scores(theta, x, y) for x, y, weights in classes]
    hessians = [loss.hessian(theta, x, y, weights) for x, y, weights in classes]
    curvature = (hessians[0] + hessians[1]) / 2
    inverse = np.asarray(np.linalg.inv(curvature))
    gap = means[0] - means[1]
    share = gap[-1] / curvature[-1, -1]

    def mean_hessian(at: Array) -> Array:
        found = [loss.hessian(at, x, y, weights) for x, y, weights in classes]
        return np.asarray((found[0] + found[1]) / 2)

    bend = _along_intercept(mean_hessian, theta)
    slope = (hessians[0] - hessians[1] - share * bend) @ inverse / 2
    project = np.eye(len(theta))[:-1]
    project[:, -1] = -curvature[:-1, -1] / curvature[-1, -1]
    unit = np.eye(len(theta))
    return EffectiveGap(
        project @ (gap - slope @ (means[0] + means[1])),
        (project @ (unit - slope), project @ (-unit - slope)),
        share / 2 * project,
        inverse,
    )


def effective_scores(
    loss: Loss, theta: Array, effective: EffectiveGap, designs: Sequence[Array], labels: Sequence[Array]
) -> list[Array]:
    """Return the rows (n_k, p - 1) of each class whose means make the error of the effective gap."""
    rows = []
    for x, y, a in zip(designs, labels, effective.maps, strict=True):
        turned = _along_intercept(loss.scores, theta, x, y)
        rows.append(loss.scores(theta, x, y) @ a.T - turned @ effective.tilt.T)
    return rows


def covariance_with_fit(effective: EffectiveGap, scores: Array, rows: Array, weights: Array) -> Array:
    """Return what a class adds to the covariance (p, p - 1) of the balanced fit and the effective gap."""
    centred = rows - weights @ rows
    left = 1 - weights @ weights
    return np.asarray(-effective.inverse @ (scores * (weights**2)[:, None]).T @ centred / (2 * left))


def _along_intercept(function: Callable[..., Array], theta: Array, *rest: Array) -> Array:
    step = np.zeros(len(theta))
    step[-1] = _STEP
    return np.asarray((function(theta + step, *rest) - function(theta - step, *rest)) / (2 * _STEP))
