r"""Oracles of the Wald test and of validation: the design by quadrature, and laws of sums of chi-square variables.

Nothing here imports a theory module.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from mixtheory.imbalance.claims import oracles

__all__ = ["DesignPoint", "design_gap", "design_point", "gap_covariance", "shift_of_gap", "tail"]

Array = NDArray[np.float64]


class DesignPoint(NamedTuple):
    """What the two uniform classes are at the balanced minimiser: theta, gap, Hessians and score covariances."""

    theta: Array
    gap: Array
    hessians: tuple[Array, ...]
    covariances: tuple[Array, ...]


def _uniform_law(d: int, scale: float, shift: float, label: float) -> oracles.Law:
    """Return Gauss-Legendre nodes of independent uniform variables of variance 1, the first one scaled and shifted."""
    roots, masses = np.polynomial.legendre.leggauss(4)
    grids = np.meshgrid(*[roots * math.sqrt(3)] * d, indexing="ij")
    points = np.stack(grids, axis=-1).reshape(-1, d)
    weights = np.prod(np.stack(np.meshgrid(*[masses / 2] * d, indexing="ij"), axis=-1).reshape(-1, d), axis=1)
    points[:, 0] = scale * points[:, 0] + shift
    return points, weights, label


def design_point(d: int, b: float) -> DesignPoint:
    """Return the first-order quantities of the design with shift b, by quadrature and a general solver."""
    at = oracles.point("squared", [_uniform_law(d, 2.0, -1.0, -0.5), _uniform_law(d, 1.0, b, 0.5)])
    return DesignPoint(at.theta, at.scores[0] - at.scores[1], at.hessians, at.covariances)


def design_gap(b: float) -> float:
    """Return the first entry of the class gap of the design."""
    return float(design_point(1, b).gap[0])


def shift_of_gap(gap: float) -> float:
    """Return the shift next to the null at which the design has a class gap, by root finding."""
    low, high = (-1.5, 0.21) if gap < 0 else (0.2, 2.0)
    return float(optimize.brentq(lambda b: design_gap(b) - gap, low, high, xtol=1e-15, rtol=1e-15))


def gap_covariance(at: DesignPoint, n_majority: float, n_minority: float, *, corrected: bool = True) -> Array:
    """Return the covariance of the estimated gap in the form of the public code."""
    slope = (at.hessians[0] - at.hessians[1]) @ np.linalg.inv(at.hessians[0] + at.hessians[1])
    total = np.zeros_like(slope)
    for sign, s, n in ((1.0, at.covariances[0], n_majority), (-1.0, at.covariances[1], n_minority)):
        a = sign * np.eye(len(slope)) - (slope if corrected else 0.0)
        total += a @ s @ a.T / n
    return total


def tail(bound: float, degrees: int, wide: float = 1.0, wide_degrees: int = 0, shift: float = 0.0) -> float:
    r"""Return :math:`P(\chi^2_k + w \chi^2_m(\lambda) > x)` for :math:`w \ge 1` as a mixture of central tails.

    :math:`w \chi^2_m` has the law of :math:`\chi^2_{m + 2J}` with J negative binomial (m/2, 1/w), and
    :math:`\chi^2_m(\lambda)` that of :math:`\chi^2_{m + 2K}` with K of mean :math:`\lambda/2` by Poisson's law:
    H. Ruben, "Probability content of regions under spherical normal distributions, IV", Annals of Mathematical
    Statistics 33 (1962).

    Examples
    --------
    >>> round(tail(11.0705, 5), 6), round(tail(11.0705, 0, 1.0, 5, 7.0027), 4)
    (0.05, 0.5008)
    """
    k = np.arange(np.ceil(shift / 2 + 12 * math.sqrt(shift / 2) + 30) if shift else 1)
    poisson = np.exp(-shift / 2 + special.xlogy(k, shift / 2) - special.gammaln(k + 1))
    half = wide_degrees / 2 + k[-1]
    reach = half * (wide - 1) + 12 * wide * math.sqrt(half) + 60 * wide
    j = np.arange(math.ceil(reach) if wide > 1 else 1)[:, None]
    size = wide_degrees / 2 + k
    if wide_degrees == 0:
        mixed = (j == 0).astype(np.float64)
    else:
        log = special.gammaln(size + j) - special.gammaln(size) - special.gammaln(j + 1)
        mixed = np.exp(log - size * math.log(wide) + special.xlogy(j, 1 - 1 / wide))
    return float(np.sum(poisson * mixed * stats.chi2.sf(bound, degrees + wide_degrees + 2 * (k + j))))
