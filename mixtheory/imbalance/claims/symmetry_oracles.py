r"""What the closed forms of the mean-shift symmetric model are held against: enumeration of discrete laws.

Nothing here imports a theory module. Every law of the noise is replaced by nodes that have its moments up to degree 7,
so that expectations of polynomials over rows, samples and synthetic rows are finite sums. A *law* is a pair of noise
rows, shape (k, d), and their probabilities.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

__all__ = [
    "Parts",
    "Scores",
    "given_mean",
    "influence",
    "leading_parts",
    "noise_law",
    "normal_parts",
    "sampled_parts",
    "score_trace",
    "total_risk",
]

Array = NDArray[np.float64]
Law = tuple[Array, Array]

# degree 2 * 4 - 1; the circle and the sphere by zonal quadrature of the same degree
_ORDER = 4
# an imaginary step: derivatives of polynomials to rounding
_STEP = 1e-30


def _symmetric(exponent: float) -> Law:
    """Return nodes of the density (1 - u^2)^exponent on (-1, 1)."""
    nodes, weights = special.roots_jacobi(_ORDER, exponent, exponent)
    return nodes[:, None], weights / weights.sum()


def _product(first: Law, second: Law) -> Law:
    pairs = list(itertools.product(range(len(first[1])), range(len(second[1]))))
    points = np.array([np.concatenate([first[0][i], second[0][j]]) for i, j in pairs])
    return points, np.array([first[1][i] * second[1][j] for i, j in pairs])


def _sphere(coordinates: int, d: int) -> Law:
    """Return the law of the first coordinates of a point on the unit sphere in d dimensions."""
    if d == 1:
        return np.array([[-1.0], [1.0]]), np.array([0.5, 0.5])
    first, weights = _symmetric((d - 3) / 2)
    if coordinates == 1:
        return first, weights
    rest, shares = _sphere(coordinates - 1, d - 1)
    points = [np.concatenate([[u], math.sqrt(1.0 - u * u) * row]) for u in first[:, 0] for row in rest]
    return np.array(points), np.outer(weights, shares).ravel()


def noise_law(noise: str, d: int, coordinates: int) -> Law:
    """Return nodes of the first coordinates of noise in d dimensions.

    Examples
    --------
    >>> points, weights = noise_law("sphere", 20, 2)
    >>> [round(float(weights @ points[:, 0] ** k * 22 / 20), 9) for k in (2, 4)]
    [1.1, 3.0]
    """
    if noise == "sphere":
        points, weights = _sphere(coordinates, d)
        return points * math.sqrt(d), weights
    if noise == "gaussian":
        nodes, masses = special.roots_hermitenorm(_ORDER)
        one = nodes[:, None], masses / masses.sum()
    elif noise == "cube":
        one = _symmetric(0.0)[0] * math.sqrt(3.0), _symmetric(0.0)[1]
    else:
        one = np.array([[-1.0], [1.0]]), np.array([0.5, 0.5])
    law = one
    for _ in range(coordinates - 1):
        law = _product(law, one)
    return law


class Scores(NamedTuple):
    """Noise and scores of the rows of a law, the minimiser, and the inverse of the second moments of a row."""

    noise: Array
    weights: Array
    psi: Array
    theta: Array
    metric: Array

    @classmethod
    def of(cls, noise: str, d: int, coordinates: int | None = None) -> Scores:
        """Return them for mu the first unit vector, from the law in as many coordinates."""
        points, weights = noise_law(noise, d, coordinates or d)
        z = points + np.eye(points.shape[1])[0]
        metric = np.linalg.inv(np.einsum("i,ij,ik->jk", weights, z, z))
        theta = metric @ (weights @ z)
        return cls(points, weights, _psi(z, theta), theta, metric)

    def trace(self, first: Array, second: Array) -> float:
        """Return tr A^{-1} Cov(first, second) of functions of a row."""
        product = np.einsum("i,ij,jk,ik->", self.weights, first, self.metric, second)
        return float(product - (self.weights @ first) @ self.metric @ (self.weights @ second))


def _psi(z: Array, theta: Array) -> Array:
    return np.asarray(z * (1.0 - z @ theta)[..., None])


def score_trace(noise: str, d: int) -> float:
    """Return T from the law of two coordinates: one along mu, and d - 1 like the other one.

    Examples
    --------
    >>> round(score_trace("cube", 20), 9), round(score_trace("sphere", 20), 6)
    (9.6, 9.284091)
    """
    law = Scores.of(noise, d, 2)
    parts = np.diagonal(law.metric) * (law.weights @ law.psi**2 - (law.weights @ law.psi) ** 2)
    return float(parts[0] + (d - 1) * parts[1])


class Parts(NamedTuple):
    r"""Expectations in the metric A^{-1}: of a generator's rows, and the trace T of a real row.

    The trace of the covariance of a synthetic row's score, the squared norm of its mean, and the product of that with
    n1 times the mean score of the minority.
    """

    own: float
    squared: float
    product: float
    real: float


def total_risk(parts: Parts, n_majority: float, n_minority: float, n_synthetic: float) -> float:
    """Return the mean of the squared sum of all scores over the squared number of rows, term by term."""
    rows = n_majority + n_minority + n_synthetic
    square = (n_majority + n_minority) * parts.real
    square += n_synthetic * parts.own + n_synthetic**2 * parts.squared + 2 * n_synthetic * parts.product
    return square / rows**2


def sampled_parts(noise: str, d: int, n_minority: int, generator: str) -> Parts:
    """Return the parts from every sample of the minority's rows and, for each, every synthetic row."""
    law = Scores.of(noise, d)
    many = len(law.weights)
    chosen = np.array(list(itertools.product(range(many), repeat=n_minority)))
    chances = np.prod(law.weights[chosen], axis=1)
    if generator == "bootstrap":
        rows = law.psi[chosen]
        weights = np.full(n_minority, 1.0 / n_minority)
    else:
        centres = law.noise[chosen].mean(axis=1)
        rows = _psi(centres[:, None] + law.noise + np.eye(d)[0], law.theta)
        weights = law.weights
    means = np.einsum("k,skj->sj", weights, rows)
    squares = np.einsum("k,ski,ij,skj->s", weights, rows, law.metric, rows)
    norms = np.einsum("si,ij,sj->s", means, law.metric, means)
    minority = law.psi[chosen].sum(axis=1)
    products = np.einsum("si,ij,sj->s", means, law.metric, minority)
    return Parts(
        float(chances @ (squares - norms)),
        float(chances @ norms),
        float(chances @ products),
        law.trace(law.psi, law.psi),
    )


def influence(noise: str, d: int, generator: str, shrinkage: float = 0.1) -> tuple[Scores, Array]:
    """Return what a minority row adds to the mean score of a generator's rows: derivatives at mixtures with the row."""
    law = Scores.of(noise, d)
    mu, step = np.eye(d)[0], 1j * _STEP
    if generator == "bootstrap":
        return law, law.psi
    moved = []
    for row in law.noise:
        mean = mu + step * row
        if generator == "semi_oracle":
            score = law.weights @ _psi(mean + law.noise, law.theta)
        else:
            covariance = (1.0 - step) * np.eye(d) + (step - step**2) * np.outer(row, row)
            fitted = (1.0 - shrinkage) * covariance + shrinkage * np.trace(covariance) / d * np.eye(d)
            score = mean - (fitted + np.outer(mean, mean)) @ law.theta
        moved.append(score.imag / _STEP)
    return law, np.array(moved)


def leading_parts(noise: str, d: int, generator: str, n_minority: float, shrinkage: float = 0.1) -> Parts:
    """Return the parts to leading order in the number of minority rows."""
    law, moved = influence(noise, d, generator, shrinkage)
    real = law.trace(law.psi, law.psi)
    own = score_trace("gaussian", d) if generator == "gaussian_fit" else real
    return Parts(own, law.trace(moved, moved) / n_minority, law.trace(moved, law.psi), real)


def normal_parts(d: int, n_minority: int) -> Parts:
    """Return the parts of a generator of fresh normal noise about the minority's mean, by averages over that mean.

    The mean is independent of the centred scatter of the minority, whose expectation is n_minority - 1 times I.
    """
    law = Scores.of("gaussian", d)
    mu = np.eye(d)[0]
    centres = mu + law.noise / math.sqrt(n_minority)
    rows = _psi(centres[:, None] + law.noise, law.theta)
    means = np.einsum("k,skj->sj", law.weights, rows)
    squares = np.einsum("k,ski,ij,skj->s", law.weights, rows, law.metric, rows)
    norms = np.einsum("si,ij,sj->s", means, law.metric, means)
    minority = n_minority * _psi(centres, law.theta) - (n_minority - 1) * law.theta
    products = np.einsum("si,ij,sj->s", means, law.metric, minority)
    real = law.trace(law.psi, law.psi)
    own, squared, product = (float(law.weights @ values) for values in (squares - norms, norms, products))
    return Parts(own, squared, product, real)


def given_mean(noise: str, d: int, n_majority: int, n_minority: int, n_synthetic: int, order: int = 10) -> float:
    """Return the risk of the fit to expected rows given the minority's mean, averaged over normal errors of the mean.

    The rows' scatter is its expectation for normal noise, one degree of freedom less than rows in its centred part; of
    "cube" and "rademacher" noise only the coordinate along mu is not normal.
    """
    points, weights = noise_law(noise, d, d)
    if noise in ("cube", "rademacher"):
        points, weights = _product(noise_law(noise, d, 1), noise_law("gaussian", d, d - 1))
    mu, eye = np.eye(d)[0], np.eye(d)
    second = np.einsum("i,ij,ik->jk", weights, points + mu, points + mu)
    best = np.linalg.solve(second, mu)
    nodes, masses = special.roots_hermitenorm(order)
    picks = np.array(list(itertools.product(range(order), repeat=d)))
    m = mu + nodes[picks] / math.sqrt(n_minority)
    scatter = (n_majority + n_minority - 1 + n_synthetic) * eye + n_majority * np.outer(mu, mu)
    scatter = scatter + (n_minority + n_synthetic) * np.einsum("si,sj->sij", m, m)
    inverse = np.linalg.inv(scatter)
    theta = np.einsum("sij,sj->si", inverse, n_majority * mu + (n_minority + n_synthetic) * m)
    spread = np.zeros_like(scatter)
    for count, centre in ((n_majority, mu + 0 * m), (n_synthetic, m), (n_minority - 1, None)):
        if centre is None:
            rows = points * np.einsum("kj,sj->sk", points, theta)[..., None]
        else:
            z = centre[:, None] + points
            rows = z * (1.0 - np.einsum("skj,sj->sk", z, theta))[..., None]
        rows = rows - np.einsum("k,skj->sj", weights, rows)[:, None]
        spread += count * np.einsum("k,ski,skj->sij", weights, rows, rows)
    error = theta - best
    risks = np.einsum("si,ij,sj->s", error, second, error)
    risks += np.einsum("sij,jk,skl,sli->s", inverse, second, inverse, spread)
    return float(np.prod((masses / masses.sum())[picks], axis=1) @ risks)
