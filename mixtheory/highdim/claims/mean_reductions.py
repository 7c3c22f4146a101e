r"""Exact low-dimensional simulators of what means do, for rows of equal covariance.

With Sigma_t = Sigma_s = I and Gaussian rows everything about the means happens in their span, of dimension k <= 3.
Turn the rows so that one row a group carries its mean, :math:`y_g=z_g+\sqrt{n_g}\mu_g`, and the others are standard
normal. Then (n > p) the block of :math:`(X^TX)^{-1}` in the span is the inverse of the Gram matrix of k columns off
p - k standard normal ones, a uniformly random space; and (n < p) the block of :math:`I-X^+X` is the Gram matrix of k
directions off a uniformly random space and off the y's. Corners of random projections are matrix-variate Beta (R. J.
Muirhead, "Aspects of Multivariate Statistical Theory", Wiley 1982, theorem 3.3.1), so a unit costs a few k x k matrices
whatever n and p are. Off the span, entries of :math:`(X^TX)^{-1}` are reciprocals of chi-squares with n - p + 1 degrees
of freedom, whose mean 1/(n - p - 1) stands for them. No formula about risks enters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "carry",
    "centred_effect",
    "mean_effect",
    "mean_term",
    "null_bias",
    "null_block",
    "over_mean_term",
    "quadratic",
    "random_corner",
    "source_only_risk",
    "span_block",
    "wishart_root",
]

Array = NDArray[np.float64]


def wishart_root(rng: Generator, units: int, k: int, freedom: int) -> Array:
    """Draw lower triangular L with L L^T ~ Wishart_k(freedom, I): Bartlett's decomposition, shape (units, k, k)."""
    out = np.zeros((units, k, k))
    for i in range(k):
        out[:, i, i] = np.sqrt(rng.chisquare(freedom - i, units))
        out[:, i, :i] = rng.standard_normal((units, i))
    return out


def _gram(root: Array) -> Array:
    return np.asarray(root @ root.transpose(0, 2, 1))


def random_corner(rng: Generator, units: int, k: int, dimension: int, rest: int) -> Array:
    """Draw the k x k corner of the projection on a uniformly random space of a dimension, shape (units, k, k).

    The surrounding space has ``dimension + rest`` dimensions; both are at least k.
    """
    inside = wishart_root(rng, units, k, dimension)
    total = np.linalg.cholesky(_gram(inside) + _gram(wishart_root(rng, units, k, rest)))
    return _gram(np.linalg.solve(total, inside))


def carry(counts: Sequence[int], means: ArrayLike) -> Array:
    """Return the rows sqrt(n_g) mu_g that carry the means, shape (groups, k); groups without rows are left out.

    `means` (groups, k) are coordinates in an orthonormal basis of a space that holds them.
    """
    n_g = np.asarray(counts, dtype=np.float64)
    carried = np.sqrt(n_g)[:, np.newaxis] * np.asarray(means, dtype=np.float64)
    return np.asarray(carried[n_g > 0])


def span_block(rng: Generator, units: int, p: int, n: int, carried: Array) -> Array:
    """Draw the block of (X^T X)^{-1} in the span of the means, n > p, shape (units, k, k).

    `carried` holds the rows that carry the means, see `carry`.
    """
    groups, k = carried.shape
    corner = random_corner(rng, units, groups, n - p + k, p - k)
    # the mean rows off the random space have this Gram matrix; its root gives their coordinates
    shifted = np.linalg.cholesky(corner).transpose(0, 2, 1) @ carried
    shifted += rng.standard_normal(shifted.shape)
    scatter = shifted.transpose(0, 2, 1) @ shifted + _gram(wishart_root(rng, units, k, n - p + k - groups))
    return np.asarray(np.linalg.inv(scatter))


def null_block(rng: Generator, units: int, p: int, n: int, carried: Array) -> Array:
    """Draw the block of I - X^+ X in a space that holds the means, n < p, shape (units, k, k); see `carry`."""
    groups, k = carried.shape
    free = p - n + groups
    corner = random_corner(rng, units, k, free, n - groups)
    root = np.linalg.cholesky(corner).transpose(0, 2, 1)
    rows = root @ carried.T + rng.standard_normal((units, k, groups))
    cross = rows.transpose(0, 2, 1) @ root
    gram = rows.transpose(0, 2, 1) @ rows + _gram(wishart_root(rng, units, groups, free - k))
    return np.asarray(corner - cross.transpose(0, 2, 1) @ np.linalg.solve(gram, cross))


def over_mean_term(rng: Generator, units: int, p: int, counts: Sequence[int], means: ArrayLike) -> Array:
    """Draw mu_t^T (X^T X)^+ mu_t for n < p: the squared length of the coefficients of mu_t on the rows of X.

    First those on the rows y that carry the means, off the n - groups standard normal rows; then those of what is left
    on the latter, whose Gram matrix is Wishart and independent of the space that they span.
    """
    m = np.asarray(means, dtype=np.float64)
    carried = carry(counts, m)
    groups, k = carried.shape
    n = int(np.sum(counts))
    free, others = p - n + groups, n - groups
    corner = random_corner(rng, units, k, free, others)
    grams = []
    for block, dimension in ((corner, free), (np.eye(k) - corner, others)):
        root = np.linalg.cholesky(block).transpose(0, 2, 1)
        rows = root @ carried.T + rng.standard_normal((units, k, groups))
        mean = (root @ m[0])[:, :, np.newaxis]
        joint = np.concatenate([rows, mean], axis=2)
        gram = joint.transpose(0, 2, 1) @ joint
        gram[:, :groups, :groups] += _gram(wishart_root(rng, units, groups, dimension - k))
        grams.append(gram)
    off, along = grams
    first = np.linalg.solve(off[:, :groups, :groups], off[:, :groups, groups:])
    left = np.concatenate([-first, np.ones((units, 1, 1))], axis=1)
    rest = (left.transpose(0, 2, 1) @ along @ left)[:, 0, 0]
    return np.asarray(np.sum(first[:, :, 0] ** 2, axis=1) + rest / rng.chisquare(p - others + 1, units))


def quadratic(blocks: Array, vector: ArrayLike) -> Array:
    """Return v^T B v for each block."""
    v = np.asarray(vector, dtype=np.float64)
    return np.asarray((blocks @ v) @ v)


def mean_term(rng: Generator, units: int, p: int, counts: Sequence[int], means: ArrayLike) -> Array:
    """Draw mu_t^T (X^T X)^{-1} mu_t; the first of `means` is that of the test point."""
    m = np.asarray(means, dtype=np.float64)
    return quadratic(span_block(rng, units, p, sum(counts), carry(counts, m)), m[0])


def mean_effect(rng: Generator, units: int, p: int, counts: Sequence[int], means: ArrayLike) -> Array:
    """Draw units whose mean is n (R(mu) - R(0)) for unit noise; directions off the span cancel."""
    m = np.asarray(means, dtype=np.float64)
    n = sum(counts)
    block = span_block(rng, units, p, n, carry(counts, m))
    free = m.shape[1] / (n - p - 1.0)
    return np.asarray(n * (np.trace(block, axis1=1, axis2=2) - free + quadratic(block, m[0])))


def centred_effect(rng: Generator, units: int, p: int, counts: Sequence[int], shift: float) -> Array:
    """Draw units whose mean is n (R - R(0)), R of a fit with intercept for means at a distance `shift`.

    R(0) = p / (n - p - 1) has neither. Centring takes one row; what is left of the means is carried by one row,
    sqrt(n_t n_s / n) times their difference. The test point lies off the mean of all rows by n_s / n of the difference
    and by that mean's noise, 1 / n a direction.
    """
    n_t, n_s = counts
    n = n_t + n_s
    along = span_block(rng, units, p, n - 1, np.array([[np.sqrt(n_t * n_s / n) * shift]]))[:, 0, 0]
    trace = (p - 1) / (n - p - 2.0) + along
    risk = 1.0 / n + (1.0 + 1.0 / n) * trace + (n_s / n * shift) ** 2 * along
    return np.asarray(n * (risk - p / (n - p - 1.0)))


def null_bias(rng: Generator, units: int, p: int, counts: Sequence[int], means: ArrayLike, betas: ArrayLike) -> Array:
    """Draw the squared bias beta^T P (I + mu_t mu_t^T) P beta with P = I - X^+ X, a column each of `betas` (m, k)."""
    m = np.asarray(means, dtype=np.float64)
    block = null_block(rng, units, p, sum(counts), carry(counts, m))
    columns = [quadratic(block, b) + (block @ b @ m[0]) ** 2 for b in np.asarray(betas, dtype=np.float64)]
    return np.column_stack(columns)


def source_only_risk(
    rng: Generator, units: int, p: int, n: int, means: ArrayLike, variance: float, *, centred: bool = False
) -> Array:
    """Draw units whose mean is the risk for unit noise of n synthetic rows with covariance `variance` I, real ones I.

    `means` (2, k) are those of the test point and of the rows; with `centred` the fit has an intercept.
    """
    mu_t, mu_s = np.asarray(means, dtype=np.float64) / np.sqrt(variance)
    if centred:
        # the mean of the rows is known up to noise of 1 / n a direction, which acts like covariance of the test point
        mu_t, mu_s = mu_t - mu_s, np.zeros_like(mu_s)
    rows, spread = (n - 1, 1.0 / variance + 1.0 / n) if centred else (n, 1.0 / variance)
    block = span_block(rng, units, p, rows, np.sqrt(n) * mu_s[np.newaxis])
    trace = (p - mu_t.size) / (rows - p - 1.0) + np.trace(block, axis1=1, axis2=2)
    return np.asarray(spread * trace + quadratic(block, mu_t) + (1.0 / n if centred else 0.0))
