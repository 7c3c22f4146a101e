r"""Sums over many noise rows at once: :math:`\sum_i \xi_i` and :math:`\sum_i \xi_i \xi_i^T` for four laws.

Normal rows need no rows: their scatter is a Wishart matrix, drawn by its Bartlett factor. Signs are kept as bits, 53 to
a draw: the entries of the scatter of Rademacher rows count equal bits. Only lower triangles of scatters count.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit

__all__ = [
    "BLOCK",
    "CUBE",
    "GAUSSIAN",
    "NOISES",
    "RADEMACHER",
    "SPHERE",
    "Floats",
    "add_noise",
    "add_rows",
    "clear_sums",
    "fill_noise",
    "transform_sums",
    "write_sums",
]

Floats: TypeAlias = NDArray[np.float64]

NOISES = ("cube", "rademacher", "sphere", "gaussian")
CUBE, RADEMACHER, SPHERE, GAUSSIAN = range(len(NOISES))

# rows that are drawn before they are added up: a block of 20 columns stays in the first-level cache
BLOCK = 128
_BITS = 53
_SQRT3 = math.sqrt(3.0)


@jit
def fill_noise(rng: Generator, kind: int, out: Floats) -> None:
    """Fill the rows of `out` with noise of mean 0 and covariance I."""
    rows, d = out.shape
    if kind == CUBE:
        for i in range(rows):
            for j in range(d):
                out[i, j] = _SQRT3 * (2.0 * rng.random() - 1.0)
    elif kind == RADEMACHER:
        for i in range(rows):
            for j in range(d):
                out[i, j] = 1.0 if rng.random() < 0.5 else -1.0
    else:
        for i in range(rows):
            square = 0.0
            for j in range(d):
                out[i, j] = rng.standard_normal()
                square += out[i, j] * out[i, j]
            if kind == SPHERE:
                scale = math.sqrt(d / square)
                for j in range(d):
                    out[i, j] *= scale


# Loops rather than array expressions, here and in the callers: those take numba seconds to compile.


@jit
def write_sums(scatter: Floats, total: Floats, new_scatter: Floats, new_total: Floats) -> None:
    """Copy sums."""
    for i in range(total.size):
        new_total[i] = total[i]
        for j in range(i + 1):
            new_scatter[i, j] = scatter[i, j]


@jit
def clear_sums(scatter: Floats, total: Floats) -> None:
    """Set sums to 0."""
    for i in range(total.size):
        total[i] = 0.0
        for j in range(i + 1):
            scatter[i, j] = 0.0


@jit
def add_rows(rows: Floats, scatter: Floats, total: Floats) -> None:
    """Add the scatter and the sum of given rows."""
    product = np.dot(rows.T, rows)
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            total[j] += rows[i, j]
    for i in range(rows.shape[1]):
        for j in range(i + 1):
            scatter[i, j] += product[i, j]


@jit
def _count_bits(word: np.uint64) -> np.uint64:
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    # sums of bytes by halves rather than by a product that overflows, of which plain Python warns
    word += word >> np.uint64(8)
    word += word >> np.uint64(16)
    word += word >> np.uint64(32)
    return word & np.uint64(0x7F)


@jit
def _add_signs(rng: Generator, rows: int, scatter: Floats, total: Floats) -> None:
    d = total.size
    full, rest = divmod(rows, _BITS)
    many = full + (1 if rest else 0)
    words = np.empty((d, many), np.uint64)
    for i in range(d):
        ones = np.uint64(0)
        for k in range(many):
            # a double from [0, 1) holds 53 independent fair bits; the last word keeps as many as rows are left
            bits = _BITS if k < full else rest
            words[i, k] = np.uint64(rng.random() * 2.0**bits)
            ones += _count_bits(words[i, k])
        total[i] += 2.0 * np.float64(ones) - rows
        for j in range(i):
            unequal = np.uint64(0)
            for k in range(many):
                unequal += _count_bits(words[i, k] ^ words[j, k])
            scatter[i, j] += rows - 2.0 * np.float64(unequal)
        scatter[i, i] += rows


@jit
def _add_wishart(rng: Generator, rows: int, scatter: Floats, total: Floats) -> None:
    """Add scatter and sum of normal rows: their mean is independent of the centred scatter, a Wishart matrix."""
    d = total.size
    factor = np.zeros((d, d))
    mean = np.empty(d)
    for i in range(d):
        mean[i] = rng.standard_normal()
        total[i] += math.sqrt(rows) * mean[i]
        for j in range(i):
            factor[i, j] = rng.standard_normal()
        factor[i, i] = math.sqrt(2.0 * rng.standard_gamma(0.5 * (rows - 1 - i)))
    for i in range(d):
        for j in range(i + 1):
            value = mean[i] * mean[j]
            for k in range(j + 1):
                value += factor[i, k] * factor[j, k]
            scatter[i, j] += value


@jit
def add_noise(rng: Generator, kind: int, rows: int, scatter: Floats, total: Floats) -> None:
    """Add the scatter and the sum of `rows` new noise rows."""
    if rows == 0:
        return
    d = total.size
    if kind == RADEMACHER:
        _add_signs(rng, rows, scatter, total)
    elif kind == GAUSSIAN and rows > d:
        _add_wishart(rng, rows, scatter, total)
    else:
        block = np.empty((min(rows, BLOCK), d))
        for start in range(0, rows, BLOCK):
            part = block[: min(BLOCK, rows - start)]
            fill_noise(rng, kind, part)
            add_rows(part, scatter, total)


@jit
def transform_sums(factor: Floats, scatter: Floats, total: Floats, new_scatter: Floats, new_total: Floats) -> None:
    r"""Write the sums of :math:`F \xi_i` for lower triangular F."""
    d = total.size
    half = np.zeros((d, d))
    for i in range(d):
        new_total[i] = 0.0
        for k in range(i + 1):
            c = factor[i, k]
            new_total[i] += c * total[k]
            for j in range(k + 1):
                half[i, j] += c * scatter[k, j]
            for j in range(k + 1, d):
                half[i, j] += c * scatter[j, k]
    for i in range(d):
        for j in range(i + 1):
            value = 0.0
            for k in range(j + 1):
                value += half[i, k] * factor[j, k]
            new_scatter[i, j] = value
