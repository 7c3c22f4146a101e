"""Cholesky factors of small matrices inside kernels, where a call of LAPACK would cost more than the work."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mixtheory._jit import jit

__all__ = ["cholesky", "solve_cholesky", "solve_lower"]

Floats: TypeAlias = NDArray[np.float64]


@jit
def cholesky(matrix: Floats, factor: Floats, tolerance: float = 1e-13) -> bool:
    """Write the lower factor of the lower triangle of `matrix`, in place if `factor` is `matrix`.

    False where a column depends on those before it: a pivot is below `tolerance` times the entry of the diagonal.
    """
    for i in range(matrix.shape[0]):
        for j in range(i + 1):
            value = matrix[i, j]
            for k in range(j):
                value -= factor[i, k] * factor[j, k]
            if j < i:
                factor[i, j] = value / factor[j, j]
            elif value > tolerance * matrix[i, i]:
                factor[i, i] = math.sqrt(value)
            else:
                return False
    return True


@jit
def solve_lower(factor: Floats, right: Floats, out: Floats) -> None:
    """Write the solution of ``factor @ out = right``, in place if `out` is `right`."""
    for i in range(right.size):
        value = right[i]
        for k in range(i):
            value -= factor[i, k] * out[k]
        out[i] = value / factor[i, i]


@jit
def solve_cholesky(factor: Floats, right: Floats, out: Floats) -> None:
    """Write the solution of ``factor @ factor.T @ out = right``, in place if `out` is `right`."""
    solve_lower(factor, right, out)
    for i in range(right.size - 1, -1, -1):
        value = out[i]
        for k in range(i + 1, right.size):
            value -= factor[k, i] * out[k]
        out[i] = value / factor[i, i]
