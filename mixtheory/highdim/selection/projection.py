"""Principal components of the real rows alone: the coordinates in which covariances are matched."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEGLIGIBLE", "principal_axes", "warn_of_constant_columns"]

Array = NDArray[np.float64]

# a direction in which the standard deviation is below this share of the largest is rounding, or might as well be
NEGLIGIBLE = 1e-8


def principal_axes(target: Array, n_components: int) -> Array:
    """Return the leading principal directions of the rows of `target`.

    Parameters
    ----------
    target : ndarray, shape (n, p)
        Real rows, at least two.
    n_components : int
        How many directions are asked for, at least 1; more than p means all.

    Returns
    -------
    ndarray, shape (components, p)
        Orthonormal rows in order of falling variance, the largest entry of each positive. Directions whose standard
        deviation is below 1e-8 of the largest are left out.

    Raises
    ------
    ValueError
        If there are fewer than two rows, or all are equal.

    Warns
    -----
    UserWarning
        If fewer directions are returned than asked for: there are no more directions in which the
        target varies: too few rows, constant columns, or columns that depend on each other.
    """
    n, p = target.shape
    if n < 2:
        raise ValueError(f"X_target must have at least 2 rows to have a covariance, got {n} sample")
    if np.all(target == target[0]):
        raise ValueError(f"X_target must have a column that varies, got {n} equal rows")
    # the triangle of a QR factorisation has the same axes without an n x p matrix of left vectors
    _, deviations, axes = np.linalg.svd(np.linalg.qr(target - target.mean(axis=0), mode="r"), full_matrices=False)
    wanted = min(n_components, p)
    rank = int(np.count_nonzero(deviations > NEGLIGIBLE * deviations[0]))
    if rank < wanted:
        warnings.warn(
            f"X_target has {n} row(s), {p} column(s) and {rank} direction(s) in which it varies: {rank} principal "
            f"component(s) are used where {wanted} were asked for",
            UserWarning,
            stacklevel=5,
        )
    axes = axes[: min(rank, wanted)]
    # the sign of a component is arbitrary; this makes it the same everywhere
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return np.asarray(axes * np.sign(largest)[:, np.newaxis])


def warn_of_constant_columns(pool: Array, target: Array) -> None:
    """Warn of columns that are constant in `target` and not in `pool`: no principal component sees them."""
    constant = np.flatnonzero(np.all(target == target[0], axis=0))
    blind = [int(column) for column in constant if np.any(pool[:, column] != pool[0, column])]
    if blind:
        warnings.warn(
            f"{len(blind)} column(s), the first is column {blind[0]}, are constant in X_target and vary in X_pool: the "
            "principal components of the target do not see them, so rows are selected without regard to them",
            UserWarning,
            stacklevel=5,
        )
