"""Bootstrap of the Wald statistic: rows are drawn again within each class, and the gap is recentred."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixtheory.imbalance.losses import Loss
from mixtheory.imbalance.models.chow import wald_covariance
from mixtheory.imbalance.symmetry.classes import TwoClasses
from mixtheory.imbalance.symmetry.covariance import Fit, covariance_of_mean, quadratic_form
from mixtheory.imbalance.symmetry.slopes import effective_gap, effective_scores

__all__ = ["bootstrap_statistics"]

Array = NDArray[np.float64]


def bootstrap_statistics(
    loss: Loss,
    data: TwoClasses,
    codes: tuple[float, float],
    fit: Fit,
    gap: Array,
    replicates: int,
    rng: np.random.Generator,
    *,
    slopes: bool,
) -> Array:
    r"""Draw Wald statistics whose null is true in the bootstrap world; `gap` is that of the data, which recentres.

    In each replicate the rows of each class are drawn with replacement, with their weights, the balanced fit is
    repeated by one Newton step from that of the data (exact for squared loss), and
    :math:`T^* = (g^* - \hat g)' V^{*-1} (g^* - \hat g)`. Hessians and covariances are those of the drawn rows. If
    `slopes`, g is the effective gap of the slopes.

    Returns
    -------
    ndarray, shape (replicates,)
        inf where the drawn rows leave a matrix singular, which counts in favour of the null.
    """
    labels = data.coded(codes)
    scores = [loss.scores(fit.theta, x, y) for x, y in zip(data.designs, labels, strict=True)]
    out = np.empty(replicates)
    for b in range(replicates):
        drawn = []
        for weights in data.weights:
            draws = rng.integers(len(weights), size=len(weights))
            counts = np.bincount(draws, minlength=len(weights)).astype(np.float64)
            drawn.append((counts, counts * weights / (counts @ weights)))
        try:
            found, covariance = _drawn_gap(loss, data, labels, scores, fit, drawn, slopes)
            out[b] = quadratic_form(found - gap, covariance)
        except np.linalg.LinAlgError:
            out[b] = np.inf
    return out


def _drawn_gap(
    loss: Loss,
    data: TwoClasses,
    labels: list[Array],
    scores: list[Array],
    fit: Fit,
    drawn: list[tuple[Array, Array]],
    slopes: bool,
) -> tuple[Array, Array]:
    classes = list(zip(data.designs, labels, [shares for _, shares in drawn], strict=True))
    slope = sum(loss.hessian(fit.theta, x, y, shares) for x, y, shares in classes)
    total = sum(shares @ s for (_, shares), s in zip(drawn, scores, strict=True))
    theta = fit.theta - np.linalg.solve(slope, total)
    if slopes:
        effective = effective_gap(loss, theta, data.designs, labels, [shares for *_, shares in classes])
        rows = effective_scores(loss, theta, effective, data.designs, labels)
        parts = zip(rows, drawn, data.weights, strict=True)
        return effective.gap, np.asarray(sum(covariance_of_mean(z, w, counts) for z, (counts, _), w in parts))
    means, hessians, covariances = [], [], []
    for (x, y, shares), (counts, _), weights in zip(classes, drawn, data.weights, strict=True):
        at = loss.scores(theta, x, y)
        means.append(shares @ at)
        hessians.append(loss.hessian(theta, x, y, shares))
        covariances.append(covariance_of_mean(at, weights, counts))
    # what one Newton step leaves of the sum of the means is projected out of the gap
    excess = np.linalg.solve(hessians[0] + hessians[1], means[0] + means[1])
    gap = means[0] - means[1] - (hessians[0] - hessians[1]) @ excess
    return gap, wald_covariance(hessians[0], hessians[1], covariances[0], covariances[1], 1, 1)
