"""What the claims of this package share: provenance, laws on nodes, and sizes as finite numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.models.expansion import Expansion, expand
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser, gaussian_nodes
from mixtheory.verification.identities import Part, derived, identity

__all__ = [
    "Array",
    "Normals",
    "Part",
    "Simulate",
    "code",
    "derived",
    "fit_counts",
    "identity",
    "mean_of_form",
    "minimum",
    "share",
]

Array = NDArray[np.float64]
Simulate = Callable[[Generator, int], Array]


def code(statement: str, check: str = "") -> str:
    """Return the provenance of a statement that the theory note takes from the published code.

    Examples
    --------
    >>> code("C2", "2")
    'C2 [C]: public code of Ma and Zhang (2026) (check 2)'
    """
    return f"{statement} [C]: public code of Ma and Zhang (2026)" + (f" (check {check})" if check else "")


def share(multiplier: float) -> float:
    """Return ``m / (1 + m)``, which is 1 for an infinite multiplier: claims compare finite numbers.

    Examples
    --------
    >>> share(4.0), share(float("inf"))
    (0.8, 1.0)
    """
    return 1.0 if math.isinf(multiplier) else multiplier / (1.0 + multiplier)


def minimum(risk: Callable[[float], float], centre: float, step: float) -> float:
    """Return where a smooth function of a size has its minimum, from the interpolating polynomial of seven values.

    Examples
    --------
    >>> round(minimum(lambda n: (n - 3.0) ** 2 + 1.0, 2.0, 0.5), 12)
    3.0
    """
    grid = np.arange(-3.0, 4.0)
    for _ in range(2):
        values = np.array([risk(centre + step * x) for x in grid])
        slope = np.polynomial.Polynomial.fit(grid, values - values[3], 6).convert().deriv()
        roots = slope.roots()
        real = roots[np.abs(roots.imag) < 1e-6].real
        centre += step * float(real[np.argmin(np.abs(real))])
    return centre


def mean_of_form(form: Array, scores: Sequence[Array], shares: Sequence[Array], counts: Sequence[int]) -> float:
    """Return the mean of a quadratic form of the mean score of rows at points: multinomial counts for every law.

    Examples
    --------
    >>> signs = np.array([[-1.0], [1.0]])
    >>> mean_of_form(np.eye(1), [signs], [np.array([0.25, 0.75])], [3])
    0.5
    """
    mean, scatter = np.zeros(len(form)), np.zeros(form.shape)
    for rows, values, masses in zip(counts, scores, shares, strict=True):
        mean += rows * masses @ values
        scatter += rows * values.T @ (np.diag(masses) - np.outer(masses, masses)) @ values
    return float(mean @ form @ mean + np.sum(form * scatter)) / sum(counts) ** 2


@dataclass(frozen=True)
class Normals:
    """Majority, minority and generator as normal laws, with labels 0, 1 and 1; `order` nodes an axis."""

    means: tuple[Array, Array, Array]
    covariances: tuple[Array, Array, Array]
    loss: str = "squared"
    order: int = 5

    def public(self) -> tuple[list[tuple[Array, Array]], tuple[ClassMoments, ClassMoments, ClassMoments]]:
        """Return nodes and moments at the balanced minimiser from the public functions."""
        laws = [gaussian_nodes(m, c, self.order) for m, c in zip(self.means, self.covariances, strict=True)]
        theta = balanced_minimiser(self.loss, laws[0], laws[1])
        majority, minority, generator = (
            ClassMoments.of_points(self.loss, theta, points, label, probabilities)
            for (points, probabilities), label in zip(laws, (0.0, 1.0, 1.0), strict=True)
        )
        return laws, (majority, minority, generator)

    def expand(self, counts: Sequence[float], sizes: Sequence[float]) -> Expansion:
        """Return the public expansion for class sizes `counts`."""
        return expand(*self.public()[1], int(counts[0]), int(counts[1]), np.asarray(sizes))

    def laws(self) -> list[oracles.Law]:
        """Return the nodes of the oracles."""
        return [
            oracles.normal_law(m, c, label, self.order)
            for m, c, label in zip(self.means, self.covariances, (0.0, 1.0, 1.0), strict=True)
        ]

    def moved(self, mean: Array) -> Normals:
        """Return the same with another mean of the generator."""
        return replace(self, means=(*self.means[:2], mean))


def fit_counts(zeros: Array, ones: Array, points: Array, start: Array) -> Array:
    """Return logistic regression's two coefficients by Newton's method, from counts of the labels at some points.

    Parameters
    ----------
    zeros, ones : ndarray, shape (replicates, m)
        Numbers of rows of each label at each point.
    points : ndarray, shape (m, 2)
    start : ndarray, shape (2,)

    Returns
    -------
    ndarray, shape (replicates, 2)

    Raises
    ------
    RuntimeError
        If Newton's method does not converge.
    """
    theta = np.tile(start, (len(zeros), 1))
    total = zeros + ones
    x, w = points.T
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-(theta @ points.T)))
        miss, weight = total * chance - ones, total * chance * (1.0 - chance)
        p, q, r = weight @ x**2, weight @ (x * w), weight @ w**2
        first, second = miss @ x, miss @ w
        step = np.stack([r * first - q * second, p * second - q * first], axis=1) / (p * r - q * q)[:, None]
        theta -= step
        if np.max(np.abs(step)) < 1e-10:
            return theta
    raise RuntimeError("Newton's method did not converge")
