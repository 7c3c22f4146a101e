"""Axes in which several covariances are diagonal at once: there a problem costs O(p)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mixtheory.highdim.spectra import Spectrum

__all__ = ["common_axes"]

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)


def _isotropic(spectrum: Spectrum) -> bool:
    return bool(np.all(spectrum.values == spectrum.values[0]))


def _apply(spectrum: Spectrum, vector: Array) -> Array:
    """Return the covariance, scaled to a largest eigenvalue of 1, times a vector."""
    values = spectrum.values / np.max(spectrum.values)
    if spectrum.basis is None:
        return np.asarray(values * vector)
    return np.asarray(spectrum.basis @ (values * (spectrum.basis.T @ vector)))


def _values_in(basis: Array | None, other: Spectrum) -> Array | None:
    """Return the diagonal of `other` in `basis`, or None if it is not diagonal there to rounding."""
    columns = other.factor() if basis is None else basis.T @ other.factor()
    rotated = columns @ columns.T
    values = np.diagonal(rotated).copy()
    np.fill_diagonal(rotated, 0)
    small = np.max(np.abs(rotated)) <= 8 * _EPS * other.p * np.max(other.values)
    return values if small else None


def common_axes(spectra: Sequence[Spectrum]) -> tuple[Array | None, Array] | None:
    """Return axes in which all covariances are diagonal and their diagonals (K, p), or None if there are none.

    Axes None are the coordinate axes. Diagonal and isotropic covariances and those with the same basis are recognised
    in O(K p^2) at most; others are compared on one vector first, and as matrices only if they agree there.
    """
    shaped = [s for s in spectra if not _isotropic(s)]
    axes = shaped[0].basis if shaped else None
    rows: list[Array] = []
    for spectrum in spectra:
        same = spectrum.basis is axes or _isotropic(spectrum)
        if not same and spectrum.basis is not None and axes is not None:
            same = np.array_equal(spectrum.basis, axes)
        if same:
            rows.append(spectrum.values)
            continue
        first = shaped[0]
        probe = np.cos(np.arange(spectrum.p) ** 2.0)
        swap = _apply(first, _apply(spectrum, probe)) - _apply(spectrum, _apply(first, probe))
        limit = 64 * _EPS * spectrum.p * math.sqrt(spectrum.p)
        values = None if np.max(np.abs(swap)) > limit else _values_in(axes, spectrum)
        if values is None or np.any(values <= 0):
            return None
        rows.append(values)
    return axes, np.array(rows)
