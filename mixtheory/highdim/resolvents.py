r"""The resolvent A^{-1} = (B + sum_k w_k S_k)^{-1} of K covariances, and the traces that fixed points need.

B is 0 for n > p and the identity for n < p. Whitened by A, population k has W_k = w_k A^{-1/2} S_k A^{-1/2} and the
base W_B = A^{-1/2} B A^{-1/2}; W_B + sum_k W_k = I. Two forms with one interface: diagonals, at O(p) an evaluation,
and matrices S_k = F_k F_k^T kept as factors, at O(p^3).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

__all__ = ["DiagonalForm", "DiagonalPoint", "FactorForm", "FactorPoint", "Form", "Point", "solve_dominant"]

Array = NDArray[np.float64]


class DiagonalPoint:
    """Traces at given weights, for diagonals."""

    def __init__(self, form: DiagonalForm, weights: Array) -> None:
        self._form = form
        scaled = weights[:, np.newaxis] * form.rows
        self._combined = form.base + scaled.sum(axis=0)
        self._shares = scaled / self._combined
        self.traces: Array = self._shares.sum(axis=1)

    @property
    def log_determinant(self) -> float:
        """Log det A."""
        return float(np.sum(np.log(self._combined)))

    @cached_property
    def overlaps(self) -> Array:
        """Tr W_k W_l, shape (K, K)."""
        return np.asarray(self._shares @ self._shares.T)

    @cached_property
    def base_overlaps(self) -> Array:
        """Tr W_k W_B, shape (K,)."""
        return np.asarray(self._shares @ (self._form.base / self._combined))

    def trace_of(self, k: int) -> float:
        """Tr S_k A^{-1}."""
        return float(np.sum(self._form.rows[k] / self._combined))

    def overlaps_with(self, k: int) -> Array:
        """Tr W_l A^{-1/2} S_k A^{-1/2}, shape (K,)."""
        return np.asarray(self._shares @ (self._form.rows[k] / self._combined))

    def whiten(self, vectors: Array) -> Array:
        """Return L^{-1} V for L L^T = A."""
        return np.asarray(vectors / np.sqrt(self._combined)[:, np.newaxis])

    def apply(self, k: int, vectors: Array) -> Array:
        """Return L^{-1} S_k L^{-T} V."""
        return np.asarray((self._form.rows[k] / self._combined)[:, np.newaxis] * vectors)

    def bias(self, coefficients: Array, beta: Array) -> float:
        """Tr[E(beta beta^T) B A^{-1} (sum_k c_k S_k) A^{-1} B] from the mean squares of the coordinates of beta."""
        mixed = coefficients @ self._form.rows
        return float(np.sum(beta * mixed * (self._form.base / self._combined) ** 2))


class DiagonalForm:
    """Covariances that are diagonal in common axes: `rows` (K, m), `base` (m,)."""

    def __init__(self, rows: Array, base: Array) -> None:
        self.rows = rows
        self.base = base

    @property
    def size(self) -> int:
        """Number of columns m."""
        return int(self.rows.shape[1])

    @property
    def scales(self) -> Array:
        """Mean diagonal entries, shape (K,)."""
        return np.asarray(self.rows.mean(axis=1))

    def at(self, weights: Array, *, exact: bool = True) -> DiagonalPoint:
        """Evaluate at weights (K,)."""
        return DiagonalPoint(self, weights)

    def surrogate(self) -> DiagonalForm:
        """Return the form itself."""
        return self


class FactorPoint:
    """Traces at given weights, for matrices.

    By the Cholesky factor of A, or with `exact` by a QR decomposition of the stacked factors, whose error grows with
    the root of the condition number of A only.
    """

    def __init__(self, form: FactorForm, weights: Array, *, exact: bool) -> None:
        self._form = form
        roots = np.sqrt(weights)
        if exact:
            stack = [root * factor.T for root, factor in zip(roots, form.factors, strict=True)]
            if np.any(form.base):
                stack.append(np.diag(form.base))
            orthogonal, upper = linalg.qr(np.concatenate(stack), mode="economic", check_finite=False)
            self._lower = upper.T
            ends = np.cumsum([part.shape[0] for part in stack])[:-1]
            blocks = np.split(orthogonal, ends)
            self._whitened = [block.T @ block for block in blocks[: len(roots)]]
            self.traces: Array = np.array([float(np.sum(block * block)) for block in blocks[: len(roots)]])
        else:
            matrix = np.tensordot(weights, form.matrices, axes=1)
            matrix[np.diag_indices_from(matrix)] += form.base
            self._lower = linalg.cholesky(matrix, lower=True, check_finite=False)
            parts = [
                linalg.solve_triangular(self._lower, root * factor, lower=True, check_finite=False)
                for root, factor in zip(roots, form.factors, strict=True)
            ]
            self._whitened = [part @ part.T for part in parts]
            self.traces = np.array([float(np.sum(part * part)) for part in parts])

    def whitened(self, k: int) -> Array:
        """W_k, shape (m, m)."""
        return np.asarray(self._whitened[k])

    def whiten(self, vectors: Array) -> Array:
        """Return L^{-1} V for L L^T = A."""
        return np.asarray(linalg.solve_triangular(self._lower, vectors, lower=True, check_finite=False))

    @property
    def log_determinant(self) -> float:
        """Log det A."""
        return 2 * float(np.sum(np.log(np.abs(np.diagonal(self._lower)))))

    @cached_property
    def overlaps(self) -> Array:
        """Tr W_k W_l, shape (K, K)."""
        return np.array([[float(np.sum(a * b)) for b in self._whitened] for a in self._whitened])

    @cached_property
    def _whitened_base(self) -> Array:
        part = self.whiten(np.diag(self._form.base))
        return np.asarray(part @ part.T)

    @cached_property
    def base_overlaps(self) -> Array:
        """Tr W_k W_B, shape (K,)."""
        if not np.any(self._form.base):
            return np.zeros(len(self._whitened))
        return np.array([float(np.sum(part * self._whitened_base)) for part in self._whitened])

    def trace_of(self, k: int) -> float:
        """Tr S_k A^{-1}."""
        return float(np.sum(self.whiten(self._form.factors[k]) ** 2))

    def overlaps_with(self, k: int) -> Array:
        """Tr W_l A^{-1/2} S_k A^{-1/2}, shape (K,)."""
        part = self.whiten(self._form.factors[k])
        whitened = part @ part.T
        return np.array([float(np.sum(other * whitened)) for other in self._whitened])

    def apply(self, k: int, vectors: Array) -> Array:
        """Return L^{-1} S_k L^{-T} V."""
        factor = self._form.factors[k]
        inner = linalg.solve_triangular(self._lower, vectors, lower=True, trans=1, check_finite=False)
        return self.whiten(factor @ (factor.T @ inner))

    def bias(self, coefficients: Array, beta: Array) -> float:
        """Tr[V V^T B A^{-1} (sum_k c_k S_k) A^{-1} B] from columns V (m, r) with V V^T = E(beta beta^T)."""
        shrunk = self.whiten(self._form.base[:, np.newaxis] * beta)
        shrunk = linalg.solve_triangular(self._lower, shrunk, lower=True, trans=1, check_finite=False)
        parts = [float(np.sum((factor.T @ shrunk) ** 2)) for factor in self._form.factors]
        return float(coefficients @ np.array(parts))


class FactorForm:
    """Covariances S_k = F_k F_k^T by their factors (m, r_k), and a diagonal base (m,) of zeros and ones."""

    def __init__(self, factors: Sequence[Array], base: Array, hints: Array) -> None:
        self.factors = list(factors)
        self.base = base
        self._hints = hints

    @cached_property
    def matrices(self) -> Array:
        """S_k, shape (K, m, m)."""
        return np.array([factor @ factor.T for factor in self.factors])

    @property
    def size(self) -> int:
        """Number of columns m."""
        return int(self.base.size)

    @property
    def scales(self) -> Array:
        """Mean diagonal entries, shape (K,)."""
        return np.array([float(np.sum(factor**2)) for factor in self.factors]) / self.size

    def at(self, weights: Array, *, exact: bool = True) -> FactorPoint:
        """Evaluate at weights (K,); without `exact` faster, if A is not too ill-conditioned for that."""
        if not exact:
            try:
                return FactorPoint(self, weights, exact=False)
            except linalg.LinAlgError:
                pass
        return FactorPoint(self, weights, exact=True)

    def surrogate(self) -> DiagonalForm:
        """Return diagonals that stand in for the matrices when a start is sought."""
        return DiagonalForm(self._hints, self.base)


Form = DiagonalForm | FactorForm
Point = DiagonalPoint | FactorPoint


def solve_dominant(couplings: Array, surplus: Array, right: Array) -> Array:
    """Solve H x = right for H = diag(surplus + couplings 1) - couplings with couplings, surplus >= 0.

    Elimination without subtractions: for right >= 0 every entry of x keeps its relative accuracy.
    """
    size = surplus.size
    w, r, b = couplings.copy(), surplus.astype(np.float64), right.astype(np.float64)
    np.fill_diagonal(w, 0)
    pivots = np.empty(size)
    for k in range(size):
        pivots[k] = r[k] + w[k, k + 1 :].sum()
        if k + 1 < size:
            ratio = w[k + 1 :, k] / pivots[k]
            w[k + 1 :, k + 1 :] += ratio[:, np.newaxis] * w[k, k + 1 :]
            r[k + 1 :] += ratio * r[k]
            b[k + 1 :] += ratio * b[k]
            np.fill_diagonal(w, 0)
    x = np.empty(size)
    for k in range(size - 1, -1, -1):
        x[k] = (b[k] + w[k, k + 1 :] @ x[k + 1 :]) / pivots[k]
    return x
