"""Inverses of many symmetric matrices: kernels of our own while they are small, LAPACK beyond.

Only the lower triangles (row-major) are read. A pivot of less than 1e-13 of its diagonal entry, as rank-deficient
Rademacher designs have, is taken for zero.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg import lapack

from mixtheory._jit import jit
from mixtheory.highdim.kernels.designs import Floats

__all__ = ["SMALL", "inverse_traces", "invert"]

# up to this order the kernels here are faster than three calls of LAPACK through Python
SMALL = 112
_DEFICIENT = 1e-13


@jit
def _factor_small(s: Floats, scale: Floats) -> bool:
    """Write L and L^T of S = L L^T beside the diagonal of `s`, 1 / L_ii to `scale`; return whether S has full rank."""
    # Neither here nor below is the inner loop a sum: without licence to reorder, the compiler vectorises updates of
    # rows but no inner products. Four updates at once save three of four passes over the row.
    p = s.shape[0]
    for i in range(p):
        j = 0
        while j + 4 <= i:
            c0 = s[i, j] * scale[j]
            c1 = (s[i, j + 1] - c0 * s[j, j + 1]) * scale[j + 1]
            c2 = (s[i, j + 2] - c0 * s[j, j + 2] - c1 * s[j + 1, j + 2]) * scale[j + 2]
            c3 = (s[i, j + 3] - c0 * s[j, j + 3] - c1 * s[j + 1, j + 3] - c2 * s[j + 2, j + 3]) * scale[j + 3]
            s[i, j], s[i, j + 1], s[i, j + 2], s[i, j + 3] = c0, c1, c2, c3
            for m in range(j + 4, i):
                s[i, m] -= c0 * s[j, m] + c1 * s[j + 1, m] + c2 * s[j + 2, m] + c3 * s[j + 3, m]
            j += 4
        while j < i:
            c0 = s[i, j] * scale[j]
            s[i, j] = c0
            for m in range(j + 1, i):
                s[i, m] -= c0 * s[j, m]
            j += 1
        pivot = s[i, i]
        for m in range(i):
            pivot -= s[i, m] * s[i, m]
            s[m, i] = s[i, m]
        if not pivot > _DEFICIENT * s[i, i]:
            return False
        scale[i] = 1.0 / math.sqrt(pivot)
    return True


@jit
def _invert_small(s: Floats, scale: Floats, row: Floats) -> None:
    """Replace the lower triangle by that of V = L^{-1}, from what `_factor_small` has left."""
    for i in range(s.shape[0]):
        for m in range(i):
            row[m] = -s[i, m] * scale[i]
            s[i, m] = 0.0
        s[i, i] = scale[i]
        k = 0
        while k + 4 <= i:
            c0, c1, c2, c3 = row[k], row[k + 1], row[k + 2], row[k + 3]
            for m in range(k + 1):
                s[i, m] += c0 * s[k, m] + c1 * s[k + 1, m] + c2 * s[k + 2, m] + c3 * s[k + 3, m]
            s[i, k + 1] += c1 * s[k + 1, k + 1] + c2 * s[k + 2, k + 1] + c3 * s[k + 3, k + 1]
            s[i, k + 2] += c2 * s[k + 2, k + 2] + c3 * s[k + 3, k + 2]
            s[i, k + 3] += c3 * s[k + 3, k + 3]
            k += 4
        while k < i:
            c0 = row[k]
            for m in range(k + 1):
                s[i, m] += c0 * s[k, m]
            k += 1


@jit
def _square_small(s: Floats) -> float:
    """Replace V by all of V^T V, row by row (row i needs rows i, i + 1, ... of V only); return the trace."""
    p = s.shape[0]
    trace = 0.0
    for i in range(p):
        c0 = s[i, i]
        for m in range(i + 1):
            s[i, m] *= c0
        j = i + 1
        while j + 4 <= p:
            c0, c1, c2, c3 = s[j, i], s[j + 1, i], s[j + 2, i], s[j + 3, i]
            for m in range(i + 1):
                s[i, m] += c0 * s[j, m] + c1 * s[j + 1, m] + c2 * s[j + 2, m] + c3 * s[j + 3, m]
            j += 4
        while j < p:
            c0 = s[j, i]
            for m in range(i + 1):
                s[i, m] += c0 * s[j, m]
            j += 1
        trace += s[i, i]
    for i in range(p):
        for m in range(i):
            s[m, i] = s[i, m]
    return trace


@jit
def _small_traces(s: Floats, scale: Floats, row: Floats, out: Floats) -> None:
    for b in range(s.shape[0]):
        if not _factor_small(s[b], scale):
            out[b] = math.inf
            continue
        _invert_small(s[b], scale, row)
        total = 0.0
        for i in range(s.shape[1]):
            for m in range(i + 1):
                total += s[b, i, m] * s[b, i, m]
        out[b] = total


@jit
def _small_inverses(s: Floats, scale: Floats, row: Floats, traces: Floats) -> None:
    for b in range(s.shape[0]):
        if _factor_small(s[b], scale):
            _invert_small(s[b], scale, row)
            traces[b] = _square_small(s[b])
        else:
            traces[b] = math.inf
            s[b] = 0.0


def _factor(s: Floats) -> Floats | None:
    """Return the upper factor (column-major, in place) of a matrix, or None if its rank is deficient."""
    diagonal = s.diagonal().copy()
    factor, info = lapack.dpotrf(s.T, lower=0, overwrite_a=1, clean=1)
    if info or np.any(factor.diagonal() ** 2 <= _DEFICIENT * diagonal):
        return None
    found: Floats = factor
    return found


def inverse_traces(s: Floats) -> Floats:
    r"""Return :math:`Tr S_b^{-1}` (B,), inf where the rank is deficient; `s` (B, p, p) is overwritten."""
    out = np.empty(len(s))
    if s.shape[1] <= SMALL:
        _small_traces(s, np.empty(s.shape[1]), np.empty(s.shape[1]), out)
        return out
    for b in range(len(s)):
        factor = _factor(s[b])
        if factor is None:
            out[b] = math.inf
        else:
            flat = lapack.dtrtri(factor, lower=0, overwrite_c=1)[0].ravel(order="K")
            out[b] = flat @ flat
    return out


def invert(s: Floats) -> Floats:
    r"""Replace `s` (B, p, p) by its inverses; return their traces (B,), inf (and the inverse 0) at deficient rank."""
    traces = np.empty(len(s))
    if s.shape[1] <= SMALL:
        _small_inverses(s, np.empty(s.shape[1]), np.empty(s.shape[1]), traces)
        return traces
    for b in range(len(s)):
        factor = _factor(s[b])
        if factor is None:
            traces[b], s[b] = math.inf, 0.0
        else:
            inverse = lapack.dpotri(factor, lower=0, overwrite_c=1)[0]
            diagonal = inverse.diagonal().copy()
            s[b] = inverse + inverse.T
            s[b].flat[:: s.shape[1] + 1] = diagonal
            traces[b] = diagonal.sum()
    return traces
