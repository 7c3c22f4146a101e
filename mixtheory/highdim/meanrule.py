r"""Means and an intercept in the deterministic equivalents: the second-moment rule, corrected for few rows.

The rule C4 replaces Sigma_k by Psi_k = Sigma_k + mu_k mu_k^T in the fixed point too. That fails for a population of few
rows with a long mean: a mean is no random direction, and one row is enough to see it. Here the two parts of Psi_k have
weights of their own,

.. math:: A_\Psi = B + \sum_k (w_k \Sigma_k + v_k \mu_k \mu_k^T), \qquad
          v_k = \frac{n_k}{\ell + \tau_k}, \qquad w_k = \frac{n_k - h_k}{\ell + \tau_k}, \qquad
          \tau_k = Tr(\Sigma_k A_\Psi^{-1}), \qquad h_k = v_k \mu_k^T A_\Psi^{-1} \mu_k,

with l = n for n > p and 0 for n < p as in `fixedpoint`; h_k in [0, 1] is the share of a row that the mean takes up. To
leading order w_k = v_k are the mean-free weights, for every n_k; for n_k of order n the rule C4 gives the same to the
order 1/n. The w solve the mean-free equations with the numbers of rows

.. math:: n_k - h_k + w_k Tr[\Sigma_k (A^{-1} - A_\Psi^{-1})];

one such step is made, from the mean-free weights. An intercept is one more column, constant 1, that is not shrunk: mu_k
becomes (mu_k, 1). Eliminating it leaves the means nu_k = mu_k - sum v mu / sum v and adds v_k / sum v to h_k. Only
differences of the means matter then, and interpolation starts at n = p + 1.

[derived], derived in this project and checked by simulation. X^T X is the sum of the scatters about the means of the
populations, which do not feel the means, and of n_k xbar_k xbar_k^T, a perturbation of rank K with
mu_k^T A^{-1} mu_l + delta_kl tau_k / n_k in place of xbar_k^T A^{-1} xbar_l. For n < p the projection P on the null
space of X follows in the same way from P xbar_k = 0. With N and G of the mean-free equations,

.. math:: P \Psi_t P \to A_\Psi^{-1} \sum_k c_k \Psi_k A_\Psi^{-1}, \qquad
          (X^T X)^+ \to A_\Psi^{-1} \sum_k \omega_k \Psi_k A_\Psi^{-1},

c = e_t + (N - G)^{-1} (Tr[Sigma_k A^{-1} Sigma_t A^{-1}] + mu_t^T A_Psi^{-1} Sigma_k A_Psi^{-1} mu_t)_k, whose last
part counts for a long mu_t without rows, and (N - G) omega = 1; for the means c - e_t and omega are larger by v_k / w_k
each. As xbar_k misses mu_k by the mean error of n_k rows, the bias has one more term for few rows:
sum_k e_k^2 B_k / n_k, e_k = v_k mu_t^T A_Psi^{-1} mu_k, with the bias B_k in the metric Sigma_k.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from mixtheory.highdim.fixedpoint import FixedPoint, solve
from mixtheory.highdim.resolvents import Form, Point, solve_dominant

__all__ = ["MeanUpdate", "Response", "check_length", "solve_with_means"]

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
# A population whose mean takes up its only row keeps this much of it, so that its weight has a logarithm.
_LEAST_ROWS = 1e-9
# Beyond this parallel means cannot be told from each other to any digit that matters.
_LONGEST = 1e10


def check_length(whitened: Array, longest: float) -> None:
    """Refuse vectors, in units of standard deviations, that are too long for double precision."""
    size = float(np.max(np.abs(whitened)))
    if not size <= longest:
        raise ValueError(
            f"means and beta must be shorter than {longest:g} standard deviations of the rows, beyond which sums lose "
            f"their digits, got one of length {size:.3g}"
        )


class MeanUpdate:
    """A_Psi^{-1} from A^{-1} and the means (K, p) with weights v_k, where A is the identity."""

    def __init__(self, point: Point, means: Array, weights: Array, *, intercept: bool) -> None:
        total = float(weights.sum())
        self._point, self.weights = point, weights
        self.constant = 1 / total if intercept else 0.0
        self.means: Array = point.whiten((means - weights @ means / total if intercept else means).T)
        self._columns = self.means * np.sqrt(weights)
        check_length(self._columns, _LONGEST)
        size = weights.size
        # A stack instead of 1 + U^T U: long means lose half as many digits
        orthogonal, self._upper = linalg.qr(
            np.concatenate([np.eye(size), self._columns]), mode="economic", check_finite=False
        )
        self._removed: Array = orthogonal[size:]
        # U (I + U^T U)^{-1} by its factors: for a long mean the difference of `shrink` has lost the digits
        inside = linalg.solve_triangular(self._upper, self._removed.T, check_finite=False).T
        trained = weights > 0
        self._roots = np.sqrt(np.where(trained, weights, 1.0))
        self.shrunk: Array = np.where(trained, inside / self._roots, self.shrink(self.means))

    def _inner(self, vectors: Array) -> Array:
        """Return U^T (I + U U^T)^{-1} V."""
        return np.asarray(linalg.solve_triangular(self._upper, self._removed.T @ vectors, check_finite=False))

    def shrink(self, vectors: Array) -> Array:
        """Return (I + U U^T)^{-1} V."""
        return np.asarray(vectors - self._columns @ self._inner(vectors))

    def along(self, vectors: Array) -> Array:
        """Return the products nu_k^T A_Psi^{-1} V, a row a population."""
        direct = self.means.T @ self.shrink(vectors)
        return np.where((self.weights > 0)[:, np.newaxis], self._inner(vectors) / self._roots[:, np.newaxis], direct)

    def lost(self, k: int) -> float:
        """Tr[Sigma_k (A^{-1} - A_Psi^{-1})]."""
        return float(np.sum(self._removed * self._point.apply(k, self._removed)))

    def quadratic(self, k: int) -> float:
        """(nu_k, 1)^T A_Psi^{-1} (nu_k, 1), without the 1 if there is no intercept."""
        inner = self._inner(self.means[:, k])
        return float(np.sum(self.shrunk[:, k] ** 2) + np.sum(inner**2)) + self.constant

    def form(self, k: int, vectors: Array) -> float:
        """Sum of v^T S_k v over the whitened columns v."""
        return float(np.sum(vectors * self._point.apply(k, vectors)))

    def _overlap(self, k: int, other: int) -> float:
        """Tr[Sigma_k A_Psi^{-1} Sigma_other A_Psi^{-1}] less Tr[Sigma_k A^{-1} Sigma_other A^{-1}]."""
        first, second = self._point.apply(k, self._removed), self._point.apply(other, self._removed)
        inner = (self._removed.T @ first) * (self._removed.T @ second)
        return float(inner.sum()) - 2 * float(np.sum(first * second))

    def variance_change(self, response: Response) -> float:
        """Tr[Psi_test A_Psi^{-1} (sum_k omega_k Psi_k) A_Psi^{-1}] less its value without means."""
        test, ratio = response.test, self._ratio(response)
        shift = self.shrunk[:, [test]]
        along = self.along(self.means[:, [test]])[:, 0] + self.constant
        change = 0.0
        for k, rate in enumerate(response.rates):
            mean = self.form(test, self.shrunk[:, [k]]) + along[k] ** 2
            change += rate * (self._overlap(test, k) + self.form(k, shift) + ratio[k] * mean)
        return change

    def _ratio(self, response: Response) -> Array:
        """v_k / w_k: the part of the mean moves by that much more than the part of the covariance."""
        weights = response.weights
        return np.where(weights > 0, self.weights / np.where(weights > 0, weights, 1.0), 1.0)

    def bias(self, response: Response, beta: Array, counts: Array) -> float:
        """Bias for columns V (p, r) with V V^T = E beta beta^T, the sampling error of the means included."""
        whitened = self._point.whiten(beta)
        seen = self.shrink(whitened)
        forms = np.array([self.form(k, seen) for k in range(counts.size)])
        along = np.sum(self.along(whitened) ** 2, axis=1)
        shift = self.shrunk[:, [response.test]]
        change = response.change(response.test)
        change += response.solve(response.weights * [self.form(k, shift) for k in range(counts.size)])
        change_along = change * self._ratio(response)
        change[response.test] += 1
        change_along[response.test] += 1
        total = float(change @ forms + change_along @ along)
        errors = self.weights * (self.along(self.means[:, [response.test]])[:, 0] + self.constant)
        for k in np.flatnonzero(counts):
            derivatives = response.change(int(k))
            derivatives[k] += 1
            total += errors[k] ** 2 / counts[k] * float(derivatives @ forms)
        return total


class Response:
    """How the equations for n < p respond at their root."""

    def __init__(self, point: Point, weights: Array, test: int) -> None:
        self.weights, self.test = weights, test
        self._point, self._present = point, np.flatnonzero(weights > 0)

    def solve(self, right: Array) -> Array:
        """Return (N - G)^{-1} x for right = b x."""
        # N - G = diag(b)^{-1} H diag(b)^{-1}, and H has the surplus Tr W_k W_B: every term below is positive
        present, point = self._present, self._point
        couplings, surplus = point.overlaps[np.ix_(present, present)], point.base_overlaps[present]
        found = np.zeros(self.weights.size)
        found[present] = self.weights[present] * solve_dominant(couplings, surplus, right[present])
        return found

    def change(self, k: int) -> Array:
        """(N - G)^{-1} G e_k, with a row of G of its own for a population without rows."""
        return self.solve(self._point.overlaps_with(k))

    @property
    def rates(self) -> Array:
        """(N - G)^{-1} 1 for the variance."""
        return self.solve(self.weights)


def solve_with_means(
    form: Form, counts: tuple[int, ...], linear: float, means: Array | None, *, intercept: bool
) -> tuple[FixedPoint, Point, MeanUpdate | None]:
    """Solve for w, and return it with the mean-free resolvent there and the update by the means (K, p)."""
    numbers = np.array(counts, dtype=np.float64)
    if means is None and not intercept:
        found = solve(form, counts, linear)
        return found, form.at(found.weights), None
    rows = np.zeros((numbers.size, form.size)) if means is None else means
    total = numbers.sum()
    first = solve(form, numbers * ((total - 1) / total if intercept else 1.0), linear)
    point = form.at(first.weights)
    traces = np.array([point.trace_of(k) for k in range(numbers.size)])
    update = MeanUpdate(point, rows, numbers / (linear + traces), intercept=intercept)
    lost = np.array([update.lost(k) for k in range(numbers.size)])
    taken = update.weights * np.array([update.quadratic(k) for k in range(numbers.size)])
    effective = np.where(numbers > 0, np.maximum(numbers - taken + first.weights * lost, _LEAST_ROWS), 0.0)
    found = solve(form, effective, linear)
    point = form.at(found.weights)
    update = MeanUpdate(point, rows, update.weights, intercept=intercept)
    traces = np.array([point.trace_of(k) for k in range(numbers.size)])
    kept = traces - np.array([update.lost(k) for k in range(numbers.size)])
    # Long means that fill the space leave nothing but rounding.
    update = MeanUpdate(point, rows, numbers / (linear + np.maximum(kept, _EPS * traces)), intercept=intercept)
    iterations = first.iterations + found.iterations
    return FixedPoint(found.weights, found.residual, iterations), point, update
