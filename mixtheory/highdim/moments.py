"""Covariances, means and coefficients, checked and in the coordinates of a resolvent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from mixtheory._validation import check_array, check_integer, check_matrix, shown
from mixtheory.highdim.resolvents import DiagonalForm, FactorForm, Form
from mixtheory.highdim.spectra import Spectrum, common_axes

__all__ = [
    "check_beta",
    "check_counts",
    "check_means",
    "check_vector",
    "columns",
    "form_and_axes",
    "mean_squares",
    "rotated",
    "spectral_form",
]

Array = NDArray[np.float64]

_SEMIDEFINITE = 1e-10
_MOST_ROWS = 1e100
# squares of coefficients stay finite
_LARGEST_ENTRY = 1e150


def check_counts(counts: Sequence[int], names: Sequence[str] | None = None) -> tuple[int, ...]:
    """Return numbers of rows as ints >= 0 with a positive sum."""
    labels = names if names is not None else [f"counts[{k}]" for k in range(len(counts))]
    checked = tuple(check_integer(name, count, low=0) for name, count in zip(labels, counts, strict=True))
    if sum(checked) > _MOST_ROWS:
        raise ValueError(f"{' + '.join(labels)} must be at most {_MOST_ROWS:g} rows, got more")
    if sum(checked) == 0:
        raise ValueError(f"{' + '.join(labels)} must be positive: there are no rows to fit, got {shown(checked)}")
    return checked


def check_vector(name: str, value: object, p: int) -> Array:
    """Return a finite vector with one entry a feature."""
    vector = check_matrix(name, value, ndim=1)  # type: ignore[arg-type]
    if vector.shape != (p,):
        raise ValueError(f"{name} must have one entry a feature, shape {(p,)}, got {vector.shape}")
    return vector


def check_means(names: Sequence[str], means: Sequence[object], p: int) -> Array | None:
    """Return means as rows (K, p), 0 for None, or None if all are 0."""
    rows = np.zeros((len(means), p))
    for k, (name, mean) in enumerate(zip(names, means, strict=True)):
        if mean is None:
            continue
        rows[k] = check_vector(name, mean, p)
    return rows if np.any(rows) else None


def check_beta(beta: object, p: int) -> Array | Spectrum:
    """Return coefficients (p,), or the matrix E(beta beta^T) (p, p) or Spectrum of random ones."""
    if isinstance(beta, Spectrum):
        if beta.p != p:
            raise ValueError(f"beta must have the dimension {p} of the covariances, got {beta.p}")
        return beta
    array = check_array("beta", beta, ndims=(1, 2), what="a vector (p,) or a matrix (p, p)")
    if array.shape != (p,) * array.ndim:
        raise ValueError(f"beta must have shape {(p,)} or {(p, p)} to match the covariances, got {array.shape}")
    if array.ndim == 2:
        _check_semidefinite(array)
    elif np.max(np.abs(array)) > _LARGEST_ENTRY:
        raise ValueError(f"beta must have entries of size {_LARGEST_ENTRY:g} at most, got {np.max(np.abs(array)):g}")
    return array


def _check_semidefinite(array: Array) -> None:
    size = np.max(np.abs(array))
    gap = np.max(np.abs(array - array.T))
    if gap > _SEMIDEFINITE * size:
        raise ValueError(f"beta must be symmetric if it is a matrix, E beta beta^T; it differs by {gap:.3g}")
    least = float(np.min(np.diagonal(array)))
    if least >= 0 and np.count_nonzero(array) > np.count_nonzero(np.diagonal(array)):
        try:
            linalg.cholesky(array / size + _SEMIDEFINITE * np.eye(len(array)), check_finite=False)
        except linalg.LinAlgError:
            least = float(linalg.eigvalsh(array, check_finite=False)[0])
    if least < 0:
        raise ValueError(
            f"beta must be positive semidefinite if it is a matrix, E beta beta^T; it has the value {least:.3g} on its "
            "diagonal or as an eigenvalue"
        )


def spectral_form(spectra: Sequence[Spectrum], base: float) -> Form:
    """Return covariances as diagonals if they have common axes and as factors otherwise.

    `base` is 0 for n > p, and 1 for n < p and for ridge.
    """
    return form_and_axes(spectra, base)[0]


def form_and_axes(spectra: Sequence[Spectrum], base: float) -> tuple[Form, Array | None]:
    """Return the form and, if it is one of diagonals, the axes in which they are (None for the coordinate axes)."""
    ground = np.full(spectra[0].p, base)
    common = common_axes(spectra)
    if common is not None:
        return DiagonalForm(common[1], ground), common[0]
    hints = np.array([np.sort(spectrum.values) for spectrum in spectra])
    return FactorForm([spectrum.factor() for spectrum in spectra], ground, hints), None


def mean_squares(beta: Array | Spectrum, axes: Array | None) -> Array:
    """Return the mean squares (p,) of the coordinates of beta in the axes."""
    if isinstance(beta, Spectrum):
        if axes is None and beta.diagonal:
            return beta.values
        beta = beta.matrix()
    if beta.ndim == 1:
        return np.asarray((beta if axes is None else axes.T @ beta) ** 2)
    return np.asarray(np.diagonal(beta) if axes is None else np.sum(axes * (beta @ axes), axis=0))


def columns(beta: Array | Spectrum, axes: Array | None) -> Array:
    """Return V (p, r) in the axes with V V^T = E beta beta^T."""
    if isinstance(beta, Spectrum):
        found = beta.factor()
    elif beta.ndim == 1:
        found = beta[:, np.newaxis]
    else:
        values, basis = linalg.eigh(beta)
        found = basis * np.sqrt(np.maximum(values, 0))
    return found if axes is None else np.asarray(axes.T @ found)


def rotated(means: Array | None, axes: Array | None) -> Array | None:
    """Return means (K, p) in the axes."""
    return means if means is None or axes is None else np.asarray(means @ axes)
