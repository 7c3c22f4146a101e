r"""Scatter matrices :math:`F^T Z^T Z F`, by Bartlett factors where the design is normal and has rows enough.

For m rows of p independent normal entries, :math:`Z^T Z = L^T L` in law with L lower triangular and independent
:math:`L_{ij} \sim N(0, 1)` below the diagonal, :math:`L_{ii}^2 \sim \chi^2_{m - p + i}`, i = 1, ..., p (Bartlett 1933,
in reversed order; with m < p the rows without degrees of freedom are 0). That needs half the random numbers of a square
design, and no product of m rows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from scipy.linalg import blas, lapack

from mixtheory._jit import jit
from mixtheory.highdim.kernels.designs import Floats, fill_design
from mixtheory.highdim.kernels.inverses import SMALL
from mixtheory.highdim.kernels.populations import Coordinates, Populations

__all__ = ["add_scatter", "buffer_floats", "draw_scatters", "takes_factors"]


@jit
def _fill_bartlett(rng: Generator, rows: int, lower: Floats) -> None:
    p = lower.shape[1]
    for i in range(max(0, p - rows), p):
        for m in range(i):
            lower[i, m] = rng.standard_normal()
        lower[i, i] = math.sqrt(2.0 * rng.standard_gamma(0.5 * (rows - p + i + 1)))


@jit
def _scale_columns(lower: Floats, scales: Floats) -> None:
    for i in range(lower.shape[1]):
        for m in range(i + 1):
            lower[i, m] *= scales[m]


@jit
def _multiply_lower(lower: Floats, factor: Floats, row: Floats) -> None:
    for i in range(lower.shape[1]):
        for m in range(i + 1):
            row[m] = lower[i, m]
            lower[i, m] = 0.0
        for k in range(i + 1):
            c = row[k]
            for m in range(k + 1):
                lower[i, m] += c * factor[k, m]


@jit
def _add_wisharts(
    rng: Generator, rows: int, scales: Floats, factor: Floats, lower: Floats, row: Floats, out: Floats
) -> None:
    p = out.shape[1]
    for b in range(out.shape[0]):
        _fill_bartlett(rng, rows, lower)
        if factor.size:
            _multiply_lower(lower, factor, row)
        else:
            _scale_columns(lower, scales)
        # four rows at once: fewer passes over the sum; the rows below the last are 0
        for j in range(max(0, p - rows), p, 4):
            for i in range(min(j + 4, p)):
                c0, c1, c2, c3 = lower[j, i], lower[j + 1, i], lower[j + 2, i], lower[j + 3, i]
                for m in range(i + 1):
                    out[b, i, m] += (
                        c0 * lower[j, m] + c1 * lower[j + 1, m] + c2 * lower[j + 2, m] + c3 * lower[j + 3, m]
                    )


def _add_large_wisharts(rng: Generator, rows: int, factor: Floats, out: Floats) -> None:
    p = out.shape[1]
    for b in range(len(out)):
        lower = np.zeros((p, p))
        _fill_bartlett(rng, rows, lower)
        upper = lower.T  # column-major, as LAPACK wants it
        if factor.ndim == 1:
            _scale_columns(lower, factor)
        else:
            upper = blas.dtrmm(1.0, factor.T, upper, lower=0, overwrite_b=1)
        out[b] += lapack.dlauum(upper, lower=0, overwrite_c=1)[0].T


def _add_gram(z: Floats, factor: Floats, out: Floats) -> None:
    """Add F^T Z^T Z F, in the cheaper of the two orders."""
    _, rows, p = z.shape
    if factor.ndim == 1 and rows > p:
        out += (np.swapaxes(z, 1, 2) @ z) * np.outer(factor, factor)
    elif factor.ndim == 2 and 2 * rows > 3 * p:
        out += factor.T @ (np.swapaxes(z, 1, 2) @ z) @ factor
    else:
        x = z * factor if factor.ndim == 1 else z @ factor
        out += np.swapaxes(x, 1, 2) @ x


def takes_factors(rows: int, p: int, law: str) -> bool:
    """Whether `rows` rows are drawn as a Bartlett factor; LAPACK does not know of the zero rows of a short one."""
    return law == "gaussian" and (p <= SMALL or 2 * rows >= p)


def add_scatter(rng: Generator, rows: int, factor: Floats, law: str, out: Floats) -> None:
    """Add to each matrix of `out` (B, p, p) the uncentred scatter of `rows` new rows; lower triangles count."""
    size, p, _ = out.shape
    if not takes_factors(rows, p, law):
        z = np.empty((size, rows, p))
        fill_design(rng, z, law)
        _add_gram(z, factor, out)
    elif p > SMALL:
        _add_large_wisharts(rng, rows, factor, out)
    elif factor.ndim == 1:
        _add_wisharts(rng, rows, factor, np.empty((0, 0)), np.zeros((p + 3, p)), np.empty(p), out)
    else:
        _add_wisharts(rng, rows, np.empty(0), factor, np.zeros((p + 3, p)), np.empty(p), out)


def draw_scatters(rng: Generator, size: int, populations: Populations, place: Coordinates) -> tuple[Floats, Floats]:
    r"""Draw the sum of the centred scatters and the scaled sample means :math:`\sqrt{n_k} \bar x_k` for zero means.

    For normal rows the two are independent, and the scatter is that of :math:`n_k - 1` rows without centring.

    Returns
    -------
    scatter : ndarray, shape (size, p, p)
        The lower triangles count.
    centres : ndarray, shape (size, K, p)
    """
    p = populations.p
    scatter = np.zeros((size, p, p))
    centres = np.zeros((size, len(populations.counts), p))
    for k, (rows, factor) in enumerate(zip(populations.counts, place.factors, strict=True)):
        if not rows:
            continue
        if populations.law == "gaussian":
            centre = np.empty((size, p))
            fill_design(rng, centre, "gaussian")
            if rows > 1:
                add_scatter(rng, rows - 1, factor, "gaussian", scatter)
        else:
            z = np.empty((size, rows, p))
            fill_design(rng, z, populations.law)
            mean = z.mean(axis=1)
            centre = math.sqrt(rows) * mean
            z -= mean[:, np.newaxis]
            _add_gram(z, factor, scatter)
        centres[:, k] = centre * factor if factor.ndim == 1 else centre @ factor
    return scatter, centres


def buffer_floats(populations: Populations) -> int:
    """Return how many numbers a replicate keeps at once."""
    p = populations.p
    drawn = [rows for rows in populations.counts if not takes_factors(rows - 1, p, populations.law)]
    return p * (p + max(drawn, default=0))
