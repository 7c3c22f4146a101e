r"""Simulator of the mean-shift symmetric model: least squares on :math:`Z = y X = \mu + \xi` and synthetic rows.

Both classes have one law of Z, so a sample is its scatter and its sum. Every replicate goes once over nested sizes;
with normal or Rademacher noise the cost hardly depends on the numbers of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_generator, check_integer, check_real, check_reals, shown
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky
from mixtheory.imbalance.kernels.oversampling import fill_interpolated, fill_resampled, nearest_neighbours
from mixtheory.imbalance.kernels.scatters import (
    BLOCK,
    GAUSSIAN,
    NOISES,
    Floats,
    add_noise,
    add_rows,
    clear_sums,
    fill_noise,
    transform_sums,
    write_sums,
)

__all__ = [
    "BOOTSTRAP",
    "GAUSSIAN_FIT",
    "GENERATORS",
    "NOISES",
    "SMOTE",
    "check_model",
    "check_sizes",
    "draw_training",
    "excess_and_linear",
    "excess_risks",
    "measure",
]

GENERATORS = ("oracle", "bootstrap", "semi_oracle", "shift", "gaussian_fit", "smote")
ORACLE, BOOTSTRAP, SEMI_ORACLE, SHIFT, GAUSSIAN_FIT, SMOTE = range(len(GENERATORS))


@jit
def _centre(rows: float, centre: Floats, scatter: Floats, total: Floats, matrix: Floats, right: Floats) -> None:
    """Add the scatter and the sum of the rows `centre` + noise, given those of the noise."""
    for i in range(centre.size):
        right[i] += total[i] + rows * centre[i]
        for j in range(i + 1):
            matrix[i, j] += scatter[i, j] + centre[i] * total[j] + total[i] * centre[j] + rows * centre[i] * centre[j]


@jit
def measure(matrix: Floats, right: Floats, rows: float, factor: Floats, theta: Floats) -> tuple[float, float]:
    r"""Fit, and return the excess risk and its linear part :math:`\bar\psi^T A^{-1} \bar\psi`."""
    excess = math.inf
    if cholesky(matrix, factor):
        solve_cholesky(factor, right, theta)
        excess = 2.0 * (theta[0] - 0.5) ** 2
        for i in range(1, theta.size):
            excess += theta[i] ** 2
    linear = 0.5 * (right[0] - 0.5 * matrix[0, 0]) ** 2
    for i in range(1, theta.size):
        linear += (right[i] - 0.5 * matrix[i, 0]) ** 2
    return excess, linear / rows**2


@jit
def draw_training(
    rng: Generator,
    kind: int,
    generator: int,
    counts: NDArray[np.int64],
    shift: float,
    shrinkage: float,
    minority: Floats,
    matrix: Floats,
    right: Floats,
    centre: Floats,
    factor: Floats,
) -> None:
    """Draw the real rows; write their sums, the centre of the generator's rows and the factor of their noise.

    `minority` keeps the noise of the minority rows where the generator needs it and has no rows otherwise.
    """
    d = right.size
    scatter, total = np.zeros((d, d)), np.zeros(d)
    mu = np.zeros(d)
    mu[0] = 1.0
    clear_sums(matrix, right)
    add_noise(rng, kind, counts[0], scatter, total)
    _centre(counts[0], mu, scatter, total, matrix, right)
    clear_sums(scatter, total)
    if minority.shape[0]:
        fill_noise(rng, kind, minority)
        add_rows(minority, scatter, total)
    else:
        add_noise(rng, kind, counts[1], scatter, total)
    _centre(counts[1], mu, scatter, total, matrix, right)
    for i in range(d):
        centre[i] = mu[i]
    if generator == SHIFT:
        centre[1] += shift
    if generator in (SEMI_ORACLE, GAUSSIAN_FIT):
        for i in range(d):
            centre[i] += total[i] / counts[1]
    if generator == GAUSSIAN_FIT:
        trace = 0.0
        for i in range(d):
            for j in range(i + 1):
                scatter[i, j] = (scatter[i, j] - total[i] * total[j] / counts[1]) / (counts[1] - 1)
            trace += scatter[i, i]
        for i in range(d):
            for j in range(i + 1):
                scatter[i, j] *= 1.0 - shrinkage
            scatter[i, i] += shrinkage * trace / d
        cholesky(scatter, factor)


@jit
def _add_copies(
    rng: Generator, minority: Floats, neighbours: NDArray[np.int64], rows: int, scatter: Floats, total: Floats
) -> None:
    """Add resampled rows (without neighbours) or interpolated ones."""
    block = np.empty((min(rows, BLOCK), total.size))
    for start in range(0, rows, BLOCK):
        part = block[: min(BLOCK, rows - start)]
        if neighbours.size:
            fill_interpolated(rng, minority, neighbours, part)
        else:
            fill_resampled(rng, minority, part)
        add_rows(part, scatter, total)


@jit
def _curves(
    rng: Generator,
    kind: int,
    generator: int,
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    shift: float,
    shrinkage: float,
    k: int,
    minority: Floats,
    excess: Floats,
    linear: Floats,
) -> None:
    replicates, d = excess.shape[0], minority.shape[1]
    real, real_right = np.empty((d, d)), np.empty(d)
    matrix, right, theta = np.empty((d, d)), np.empty(d), np.empty(d)
    scatter, total = np.empty((d, d)), np.empty(d)
    moved, moved_total = np.empty((d, d)), np.empty(d)
    centre, factor, root = np.empty(d), np.empty((d, d)), np.empty((d, d))
    neighbours = np.empty((0, 0), np.int64)
    for r in range(replicates):
        draw_training(rng, kind, generator, counts, shift, shrinkage, minority, real, real_right, centre, factor)
        if generator == SMOTE:
            neighbours = nearest_neighbours(minority, k)
        clear_sums(scatter, total)
        done = 0
        for s in range(sizes.size):
            fresh = sizes[s] - done
            done = sizes[s]
            if generator in (BOOTSTRAP, SMOTE):
                _add_copies(rng, minority, neighbours, fresh, scatter, total)
            else:
                add_noise(rng, GAUSSIAN if generator == GAUSSIAN_FIT else kind, fresh, scatter, total)
            write_sums(real, real_right, matrix, right)
            if generator == GAUSSIAN_FIT:
                transform_sums(factor, scatter, total, moved, moved_total)
                _centre(done, centre, moved, moved_total, matrix, right)
            else:
                _centre(done, centre, scatter, total, matrix, right)
            excess[r, s], linear[r, s] = measure(matrix, right, counts[0] + counts[1] + done, root, theta)


def check_sizes(sizes: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers of synthetic rows as an array of integers; one or more, each >= 0."""
    given = np.atleast_1d(np.asarray(sizes))
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"sizes must be a sequence of one or more integers >= 0, got {shown(sizes)}")
    values = check_reals("sizes", given, low=0.0, closed="left")
    if np.any(values != np.floor(values)):
        raise ValueError(f"sizes must be integers, got {shown(sizes)}")
    return values.astype(np.int64)


def check_model(
    rng: Generator,
    replicates: int,
    d: int,
    n_majority: int,
    n_minority: int,
    noise: str,
    generator: str,
    choices: Sequence[str],
    eta: float,
    shrinkage: float,
    k_neighbors: int = 0,
) -> tuple[int, int, int, NDArray[np.int64], float, float, Floats]:
    """Check the arguments; return them as the kernels take them, with room for the minority rows they keep."""
    check_generator(rng)
    kind = NOISES.index(check_choice("noise", noise, NOISES))
    source = GENERATORS.index(check_choice("generator", generator, choices))
    d = check_integer("d", d, low=2)
    least = {GAUSSIAN_FIT: 2, SMOTE: k_neighbors + 1}.get(source, 1)
    counts = np.array(
        [check_integer("n_majority", n_majority, low=1), check_integer("n_minority", n_minority, low=least)]
    )
    if counts.sum() <= d:
        raise ValueError(f"n_majority + n_minority must exceed d = {d}, got {counts.sum()}")
    shift = check_real("eta", eta)
    if shift and source != SHIFT:
        raise ValueError(f"eta must be 0 unless generator is 'shift', got {shown(eta)} with {generator!r}")
    share = check_real("shrinkage", shrinkage, low=0.0, high=1.0, closed="both")
    if source == GAUSSIAN_FIT and share == 0 and counts[1] <= d:
        raise ValueError(
            f"shrinkage must be positive for a gaussian_fit to n_minority = {counts[1]} rows in d = {d} dimensions"
        )
    minority = np.empty((int(counts[1]) if source in (BOOTSTRAP, SMOTE) else 0, d))
    return check_integer("replicates", replicates, low=1), kind, source, counts, shift, share, minority


def excess_and_linear(
    rng: Generator,
    replicates: int,
    d: int,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    *,
    noise: str = "cube",
    generator: str = "oracle",
    eta: float = 0.0,
    shrinkage: float = 0.1,
    k_neighbors: int = 5,
) -> tuple[Floats, Floats]:
    r"""Draw excess risks and their linear parts :math:`\bar\psi^T A^{-1} \bar\psi`, a control variate for them.

    psi = Z (1 - Z^T theta*) is the score of a row at theta* = mu/2, :math:`\bar\psi` its mean over all N rows and A = I
    + mu mu^T; the excess risk is the linear part to leading order.

    Parameters
    ----------
    rng, replicates, d, n_majority, n_minority, sizes, noise, generator, eta, shrinkage, k_neighbors
        As in `excess_risks`.

    Returns
    -------
    excess, linear : ndarray, shape (replicates, len(sizes))

    Raises
    ------
    TypeError, ValueError
        As in `excess_risks`.
    """
    wanted = check_sizes(sizes)
    k = check_integer("k_neighbors", k_neighbors, low=1)
    many, kind, source, counts, shift, share, minority = check_model(
        rng, replicates, d, n_majority, n_minority, noise, generator, GENERATORS, eta, shrinkage, k
    )
    order = np.argsort(wanted, kind="stable")
    excess, linear = np.empty((many, wanted.size)), np.empty((many, wanted.size))
    _curves(rng, kind, source, counts, wanted[order], shift, share, k, minority, excess, linear)
    back = np.argsort(order)
    return excess[:, back], linear[:, back]


def excess_risks(
    rng: Generator,
    replicates: int,
    d: int,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    *,
    noise: str = "cube",
    generator: str = "oracle",
    eta: float = 0.0,
    shrinkage: float = 0.1,
    k_neighbors: int = 5,
) -> Floats:
    r"""Draw exact population excess risks of least squares on real rows and nested numbers of synthetic ones.

    .. math:: (\hat\theta - \theta^*)^T A (\hat\theta - \theta^*), \qquad
              \hat\theta = \Bigl(\sum_i Z_i Z_i^T\Bigr)^{-1} \sum_i Z_i, \qquad Z = y X = \mu + \xi,

    with mu the first unit vector, A = I + mu mu^T and theta* = mu / 2.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
    d : int
        Number of features, at least 2.
    n_majority, n_minority : int
        Numbers of real rows, in sum more than d.
    sizes : sequence of int
        Numbers of synthetic minority rows, in any order; the rows of a smaller size are the first of a larger one.
    noise : {"cube", "rademacher", "sphere", "gaussian"}
        Law of xi; all have mean 0 and covariance I.
    generator : {"oracle", "bootstrap", "semi_oracle", "shift", "gaussian_fit", "smote"}
        The minority's law; its rows with replacement; their mean plus fresh noise; mean mu + eta e_2 plus fresh noise;
        a normal law with their mean and shrunk covariance; interpolation between near ones.
    eta : float
        Length of the shift across mu, for "shift".
    shrinkage : float
        Weight of the isotropic matrix of equal trace in the covariance of "gaussian_fit".
    k_neighbors : int
        Neighbours of "smote"; n_minority must exceed it.

    Returns
    -------
    ndarray, shape (replicates, len(sizes))
        inf where the scatter of the rows is singular, as a few Rademacher rows can make it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    C6 [C for the model, the settings of its five generators and the one pass over nested sizes]: Ma and Zhang (2026),
    public code; "shift" is of this project.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> risks = excess_risks(rng, 2000, 5, 400, 100, [0, 300], noise="gaussian")
    >>> (500 * risks[:, 0]).mean().round(0), (800 * risks[:, 1]).mean().round(0)
    (np.float64(2.0), np.float64(2.0))
    """
    return excess_and_linear(
        rng,
        replicates,
        d,
        n_majority,
        n_minority,
        sizes,
        noise=noise,
        generator=generator,
        eta=eta,
        shrinkage=shrinkage,
        k_neighbors=k_neighbors,
    )[0]
