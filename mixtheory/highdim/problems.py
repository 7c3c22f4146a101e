r"""Two populations of rows with their mean-free fixed point, and vectors seen through its resolvent.

What the theory of means needs beside traces: quadratic forms of means and coefficients in
A^{-1} = (B + w_t Sigma_t + w_s Sigma_s)^{-1}, B = 0 for n > p and the identity for n < p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from mixtheory.highdim.fixedpoint import check_counts, solve
from mixtheory.highdim.meanrule import MeanUpdate, check_length
from mixtheory.highdim.moments import form_and_axes
from mixtheory.highdim.resolvents import Point
from mixtheory.highdim.spectra import Spectrum, check_covariances

__all__ = [
    "Problem",
    "apply_covariance",
    "inverse_trace",
    "shrinkage",
    "shrunk_form",
    "solve_covariance",
    "solve_problem",
    "split_mean",
]

Array = NDArray[np.float64]

# fourth powers of lengths stay finite
_LONGEST = 1e70


def apply_covariance(sigma: Spectrum, vector: Array) -> Array:
    """Return Sigma v."""
    if sigma.basis is None:
        return np.asarray(sigma.values * vector)
    return np.asarray(sigma.basis @ (sigma.values * (sigma.basis.T @ vector)))


def solve_covariance(sigma: Spectrum, vectors: Array) -> Array:
    """Return Sigma^{-1} V for vectors (p, k)."""
    if sigma.basis is None:
        return np.asarray(vectors / sigma.values[:, np.newaxis])
    return np.asarray(sigma.basis @ ((sigma.basis.T @ vectors) / sigma.values[:, np.newaxis]))


def inverse_trace(sigma_t: Spectrum, sigma_s: Spectrum) -> float:
    """Return Tr[Sigma_t Sigma_s^{-1}], as a sum of positive terms."""
    if sigma_s.basis is sigma_t.basis:
        return float(np.sum(sigma_t.values / sigma_s.values))
    left = np.eye(sigma_t.p) if sigma_t.basis is None else sigma_t.basis
    cosines = left if sigma_s.basis is None else sigma_s.basis.T @ left
    return float(np.sum(cosines**2 * sigma_t.values / sigma_s.values[:, np.newaxis]))


@dataclass(frozen=True, eq=False)
class Problem:
    """Numbers of rows and weights (real, synthetic), a_k for n > p and b_k for n < p, with the resolvent `point` there.

    `axes` are the common axes of covariances that commute, or None.
    """

    p: int
    counts: tuple[int, ...]
    weights: Array
    point: Point
    axes: Array | None

    @property
    def n(self) -> int:
        """Number of rows."""
        return sum(self.counts)

    @property
    def under(self) -> bool:
        """Whether n > p."""
        return self.n > self.p

    def whitened(self, vectors: Array) -> Array:
        """Return L^{-1} V for L L^T = A: the Gram matrix of its columns is V^T A^{-1} V."""
        whitened = self.point.whiten(vectors if self.axes is None else self.axes.T @ vectors)
        check_length(whitened, _LONGEST)
        return whitened


def solve_problem(sigma_t: object, sigma_s: object, n_t: int, n_s: int) -> Problem:
    """Check the arguments and solve the mean-free equations C1 or C2."""
    sigmas = check_covariances(sigma_t, sigma_s)
    p = sigmas[0].p
    counts = check_counts((n_t, n_s), ("n_t", "n_s"))
    n = sum(counts)
    if n == p:
        raise ValueError(f"n_t + n_s must differ from p = {p}: the risk diverges there")
    form, axes = form_and_axes(sigmas, 0.0 if n > p else 1.0)
    weights = solve(form, counts, float(n) if n > p else 0.0).weights
    return Problem(p, counts, weights, form.at(weights), axes)


def shrunk_form(problem: Problem, means: Array, vectors: Array | int, coefficients: Array) -> float:
    r"""Return Tr[V^T T_Psi (sum_k c_k Psi_k) T_Psi V] for a base I, means (p, 2), V (p, r) and mean-free weights.

    V may be given as the place of one of the means, which keeps the digits of a long one.

    .. math:: T_\Psi = (I + \sum_k b_k \Psi_k)^{-1}, \qquad \Psi_k = \Sigma_k + \mu_k \mu_k^T.
    """
    rows = means.T if problem.axes is None else means.T @ problem.axes
    update = MeanUpdate(problem.point, rows, problem.weights, intercept=False)
    if isinstance(vectors, int):
        whitened, seen = update.means[:, [vectors]], update.shrunk[:, [vectors]]
    else:
        whitened = problem.whitened(vectors)
        seen = update.shrink(whitened)
    spread = np.array([update.form(k, seen) for k in (0, 1)])
    return float(coefficients @ (spread + np.sum(update.along(whitened) ** 2, axis=1)))


def split_mean(sigma: Spectrum, means: Array) -> tuple[float, float, float]:
    """Split mu_t, of means (p, 2), along and across mu_s in the metric Sigma^{-1}.

    Returns the squares of the part across, of the part along, and of mu_s: differences of these would lose their digits
    for long means that are nearly parallel.
    """
    whitened = (means if sigma.basis is None else sigma.basis.T @ means) / np.sqrt(sigma.values)[:, np.newaxis]
    check_length(whitened, _LONGEST)
    first, second = whitened.T
    length = float(np.linalg.norm(second))
    direction = second / length if length > 0 else second
    along = float(first @ direction)
    across = first - along * direction
    return float(across @ across), along**2, length**2


def shrinkage(b: float, x: float) -> float:
    """Return 1F1(1; b; -x) for b > 1 and x >= 0, by its integral: series lose their digits for large x."""
    rate = b - 1 + x

    def weight(s: float) -> float:
        return float(np.exp(-(b - 1) * s / rate + x * np.expm1(-s / rate)))

    return (b - 1) / rate * float(quad(weight, 0, np.inf, epsabs=0, epsrel=1e-12, limit=200)[0])
