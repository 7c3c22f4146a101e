r"""What the closed forms of augmented learning are held against: quadrature, root finding and exact laws.

Nothing here imports a theory module. A *law* is a triple ``(points, probabilities, label)``; normal laws are given by
Gauss-Hermite nodes, with which moments of polynomials are exact.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

__all__ = [
    "Law",
    "Point",
    "Terms",
    "balanced",
    "cancelling_size",
    "drift",
    "example_laws",
    "exact_excess",
    "excess",
    "hessian",
    "limit",
    "mean_score",
    "minimiser",
    "never_turns",
    "normal_law",
    "point",
    "quadratic",
    "score_covariance",
    "second_order_terms",
    "stationary",
]

Array = NDArray[np.float64]
Law = tuple[Array, Array, float]

# degree 2 * 9 - 1 is above the eighth moments that variances of squares need
_ORDER = 9


def normal_law(mean: ArrayLike, covariance: ArrayLike, label: float, order: int = _ORDER) -> Law:
    """Return nodes and weights of a normal law, exact for polynomials of degree ``2 order - 1``.

    Examples
    --------
    >>> points, weights, _ = normal_law([1.0], [[4.0]], 1.0)
    >>> [round(float(weights @ points[:, 0] ** k), 9) for k in range(5)]
    [1.0, 1.0, 5.0, 13.0, 73.0]
    """
    mean = np.asarray(mean, dtype=np.float64)
    roots, masses = np.polynomial.hermite_e.hermegauss(order)
    masses = masses / masses.sum()
    d = mean.size
    points = np.array(list(itertools.product(roots, repeat=d)))
    weights = np.prod(list(itertools.product(masses, repeat=d)), axis=1)
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    return points * np.sqrt(values) @ vectors.T + mean, weights, label


def _derivatives(loss: str, theta: Array, law: Law) -> tuple[Array, Array]:
    """Return the loss's first and second derivatives in the linear predictor at every point."""
    points, _, label = law
    predictor = points @ theta
    if loss == "squared":
        return 2.0 * (predictor - label), np.full(len(points), 2.0)
    chance = 1.0 / (1.0 + np.exp(-predictor))
    return chance - label, chance * (1.0 - chance)


def mean_score(loss: str, theta: Array, law: Law) -> Array:
    """Return the mean gradient of the loss under a law, shape (p,)."""
    return np.asarray((law[1] * _derivatives(loss, theta, law)[0]) @ law[0])


def hessian(loss: str, theta: Array, law: Law) -> Array:
    """Return the mean second derivative of the loss under a law, shape (p, p)."""
    return np.asarray(np.einsum("i,ij,ik->jk", law[1] * _derivatives(loss, theta, law)[1], law[0], law[0]))


def score_covariance(loss: str, theta: Array, law: Law) -> Array:
    """Return the covariance of the gradient of the loss under a law, shape (p, p)."""
    scores = _derivatives(loss, theta, law)[0][:, None] * law[0]
    centred = scores - law[1] @ scores
    return np.asarray(np.einsum("i,ij,ik->jk", law[1], centred, centred))


def minimiser(loss: str, laws: Sequence[Law], counts: Sequence[float]) -> Array:
    """Return where the mean gradient over laws with these counts is 0, by a general solver."""
    shares = np.asarray(counts, dtype=np.float64) / np.sum(counts)

    def gradient(theta: Array) -> Any:
        return sum(w * mean_score(loss, theta, law) for w, law in zip(shares, laws, strict=True))

    def slope(theta: Array) -> Any:
        return sum(w * hessian(loss, theta, law) for w, law in zip(shares, laws, strict=True))

    found = optimize.root(gradient, np.zeros(laws[0][0].shape[1]), jac=slope, tol=1e-13)
    # one Newton step more takes the solver's tolerance out
    return np.asarray(found.x - np.linalg.solve(slope(found.x), gradient(found.x)))


def balanced(loss: str, laws: Sequence[Law]) -> Array:
    """Return the minimiser of the balanced risk of the first two laws."""
    return minimiser(loss, laws[:2], (1.0, 1.0))


def excess(loss: str, theta: Array, laws: Sequence[Law]) -> float:
    """Return the balanced risk above its minimum, from the loss itself."""

    def risk(at: Array) -> float:
        total = 0.0
        for points, weights, label in laws[:2]:
            predictor = points @ at
            losses = (label - predictor) ** 2 if loss == "squared" else np.log1p(np.exp(predictor)) - label * predictor
            total += 0.5 * float(weights @ losses)
        return total

    return risk(theta) - risk(balanced(loss, laws))


class Point(NamedTuple):
    """First-order quantities of majority, minority and generator at the balanced minimiser."""

    theta: Array
    scores: tuple[Array, ...]
    hessians: tuple[Array, ...]
    covariances: tuple[Array, ...]


def point(loss: str, laws: Sequence[Law]) -> Point:
    """Return the first-order quantities of three laws at the balanced minimiser of the first two."""
    theta = balanced(loss, laws)
    return Point(
        theta,
        tuple(mean_score(loss, theta, law) for law in laws),
        tuple(hessian(loss, theta, law) for law in laws),
        tuple(score_covariance(loss, theta, law) for law in laws),
    )


def drift(at: Point, counts: Sequence[float]) -> Array:
    """Return the mean gradient of the augmented risk at the balanced minimiser."""
    return np.asarray(sum(n * m for n, m in zip(counts, at.scores, strict=True)) / np.sum(counts))


def quadratic(at: Point, counts: Sequence[float]) -> tuple[float, float]:
    """Return ``B' H^{-1} B / 2`` and ``tr(H^{-1} Cov(z)) / 2`` for the mean score z of independent rows."""
    n = np.asarray(counts, dtype=np.float64)
    inverse = np.linalg.inv(0.5 * (at.hessians[0] + at.hessians[1]))
    b = drift(at, counts)
    covariance = sum(k * c for k, c in zip(n, at.covariances, strict=True)) / n.sum() ** 2
    return float(0.5 * b @ inverse @ b), float(0.5 * np.trace(inverse @ covariance))


# Sizes ------------------------------------------------------------------------------------------------------------


def _norm(weight: ArrayLike | None, vector: Array) -> float:
    return float(vector @ vector if weight is None else vector @ np.asarray(weight) @ vector)


def _size_at_root(function: Callable[[float], float], n_majority: float, n_minority: float) -> float:
    """Return the root in w = nt / (S + nt) as a multiple of the deficit, infinity if there is none up to w = 1."""
    if function(0.0) * function(1.0) >= 0:
        return math.inf
    w = optimize.brentq(function, 0.0, 1.0, xtol=1e-16, rtol=1e-15)
    return float((n_majority + n_minority) * w / ((n_majority - n_minority) * (1.0 - w)))


def stationary(
    gap: ArrayLike,
    mismatch: ArrayLike,
    n_majority: float,
    n_minority: float,
    weight: ArrayLike | None = None,
    *,
    normalised: bool = True,
) -> float:
    """Return the size whose drift has the smallest norm, in units of the deficit; infinity if the norm falls for ever.

    The norm of ``n0 g / 2 - n1 g / 2 + nt (b - g / 2)``, divided by all rows unless not `normalised`, is minimised
    by the root of its derivative along ``w = nt / (S + nt)``, in which the drift is a line.
    """
    g, b = np.asarray(gap, dtype=np.float64), np.asarray(mismatch, dtype=np.float64)
    start, step, rows = 0.5 * (n_majority - n_minority) * g, b - 0.5 * g, n_majority + n_minority

    def slope(w: float) -> float:
        # derivative along the curve of |start (1 - w) + rows step w|^2, or with 1 / (1 - w)^2 beside it
        direction = rows * step - start if normalised else rows * step
        at = start * (1.0 - w) + rows * step * w
        return 0.5 * (_norm(weight, at + direction) - _norm(weight, at - direction))

    if slope(0.0) >= 0:
        return 0.0
    return _size_at_root(slope, n_majority, n_minority)


def cancelling_size(loss: str, laws: Sequence[Law], n_majority: float, n_minority: float) -> float:
    """Return the size at which the first coordinate of the pooled minimiser is the balanced one, over the deficit.

    Infinity if there is no such size: the pooled minimiser then keeps to one side for ever.
    """
    target = balanced(loss, laws)[0]

    def miss(w: float) -> float:
        rows = n_majority + n_minority
        counts = (n_majority * (1 - w), n_minority * (1 - w), w * rows)
        return float(minimiser(loss, laws, counts)[0] - target)

    return _size_at_root(miss, n_majority, n_minority)


# The Gaussian example ---------------------------------------------------------------------------------------------


@functools.cache
def example_laws(mu: float, a: float, d: int = 2, order: int = 5) -> tuple[Law, Law, Law]:
    """Return majority, minority and generator of the Gaussian example."""
    axis = np.eye(d)[0]
    return (
        normal_law(0.0 * axis, np.eye(d), 0.0, order),
        normal_law(mu * axis, np.eye(d), 1.0, order),
        normal_law(a * axis, np.eye(d), 1.0, order),
    )


class Terms(NamedTuple):
    """Excess risk of least squares to second order, and the moments of the estimate that it is made of."""

    floor: float
    variance: float
    cross: float
    covariance: Array
    shift: Array

    @property
    def excess(self) -> float:
        """Mean excess risk up to O(1/N^2)."""
        return self.floor + self.variance + self.cross


def second_order_terms(laws: Sequence[Law], counts: Sequence[float]) -> Terms:
    """Return the excess risk of least squares to second order, from moments by quadrature.

    With C the mean of xx' over the rows the estimate is expanded to second order about the pooled minimiser: its
    covariance is that of ``C^{-1} mean(x e)``, its mean shift ``-E[C^{-1} (C_n - C) C^{-1} mean(x e)]``.
    """
    n = np.asarray(counts, dtype=np.float64)
    total = n.sum()
    pooled, best = minimiser("squared", laws, counts), balanced("squared", laws)
    second = [np.einsum("i,ij,ik->jk", weights, points, points) for points, weights, _ in laws]
    risk = 0.5 * (second[0] + second[1])
    inverse = np.linalg.inv(sum(k * s for k, s in zip(n, second, strict=True)) / total)
    covariance: Any = 0.0
    shift: Any = 0.0
    for k, (points, weights, label), moment in zip(n, laws, second, strict=True):
        products = points * (label - points @ pooled)[:, None]
        centred = products - weights @ products
        covariance = covariance + k * np.einsum("i,ij,ik->jk", weights, centred, centred)
        bent = np.einsum("ij,ik,ik->ij", points, points, centred @ inverse) - centred @ inverse @ moment
        shift = shift - k * weights @ bent
    offset = pooled - best
    covariance, shift = inverse @ covariance @ inverse / total**2, inverse @ shift / total**2
    variance, cross = float(np.trace(risk @ covariance)), float(2.0 * offset @ risk @ shift)
    return Terms(float(offset @ risk @ offset), variance, cross, covariance, shift)


def _gamma_nodes(shape: float, order: int) -> tuple[Array, Array]:
    """Return Gauss-Laguerre nodes and weights of a gamma law, from its Jacobi matrix: no weight overflows."""
    k = np.arange(order)
    jacobi = np.diag(2.0 * k + shape)
    off = np.sqrt(k[1:] * (k[1:] + shape - 1.0))
    jacobi += np.diag(off, 1) + np.diag(off, -1)
    nodes, vectors = np.linalg.eigh(jacobi)
    return nodes, vectors[0] ** 2


def exact_excess(
    mu: float, a: float, n_majority: float, n_minority: float, n_synthetic: float, d: int = 2, order: int = 20
) -> float:
    r"""Return the mean excess risk of the Gaussian example at finite sizes, less that of the pooled minimiser.

    Given the first column x of the design and the labels y, the others are a normal matrix Z independent of both. With
    the residual of y on x, of squared length r^2, and s^2 = |x|^2 the rest of the estimate is least squares of the
    residual on Z in N - 1 dimensions, so that its squared length has mean
    :math:`V = r^2(d-1)/((N-1)(N-d-1))` (mean of an inverse Wishart matrix), and the first entry is :math:`x'y/s^2` plus
    an independent part of variance :math:`V/s^2`. What is left are two means and a chi-square variable, by quadrature.
    """
    total = n_majority + n_minority + n_synthetic
    counts, means = np.array([n_minority, n_synthetic]), np.array([mu, a])
    counts, means = counts[counts > 0], means[counts > 0]
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    weights = weights / weights.sum()
    scatter, masses = _gamma_nodes(0.5 * (total - counts.size), order)
    # exact corrections of the pooled minimiser keep digits: everything is a difference from its values
    gram = total + float(np.sum(counts * means**2))
    cross = float(np.sum(counts * means))
    centre, labelled = cross / gram, float(np.sum(counts))
    gram_step = (2.0 * scatter - (total - counts.size)).reshape(-1, *[1] * counts.size)
    cross_step: Any = 0.0
    probability: Any = masses.reshape(-1, *[1] * counts.size)
    for i, (k, m) in enumerate(zip(counts, means, strict=True)):
        shape = [1] * (counts.size + 1)
        shape[i + 1] = order
        noise = nodes.reshape(shape)
        gram_step = gram_step + 2.0 * math.sqrt(k) * m * noise + noise**2 - 1.0
        cross_step = cross_step + math.sqrt(k) * noise
        probability = probability * weights.reshape(shape)
    length = gram + gram_step
    move = (cross_step - centre * gram_step) / length
    spread = (labelled - (centre + move) ** 2 * length) * (d - 1) / ((total - 1.0) * (total - d - 1.0))
    along = 1.0 + 0.5 * mu**2
    offset = centre - mu / (mu**2 + 2.0)
    values = along * (2.0 * offset * move + move**2 + spread / length) + spread
    return float(np.sum(probability * values))


def limit(values: Callable[[float], Any], start: float, terms: int = 6) -> Any:
    """Return the limit of c_0 + c_1 / n + ..., a number or an array, by Richardson's scheme on n, 2 n, 4 n, ...

    Examples
    --------
    >>> round(limit(lambda n: n * math.sin(1.0 / n) + 1.0 / n, 4.0), 9)
    1.0
    """
    table = [values(start * 2.0**k) for k in range(terms)]
    for j in range(1, terms):
        table = [(2.0**j * table[i + 1] - table[i]) / (2.0**j - 1.0) for i in range(len(table) - 1)]
    return table[0]


def never_turns(laws: Sequence[Law], counts: Sequence[float]) -> float:
    """Return 1 if the floor of least squares falls in w = nt / N up to 1, 0 if it rises, and nan if it turns."""
    real = np.asarray(counts, dtype=np.float64)
    floors = [
        excess("squared", minimiser("squared", laws, (*(real * (1.0 - w)), real.sum() * w)), laws)
        for w in np.linspace(0.0, 1.0, 9)
    ]
    steps = np.sign(np.diff(floors))
    return float((1.0 - steps[0]) / 2.0) if np.all(steps == steps[0]) else math.nan
