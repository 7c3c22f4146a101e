r"""Simulator of mixup as a generator: least squares with mixed minority rows.

The classes are :math:`N(0, I)` with label 0 and :math:`N(m, diag(k))` with label 1; a mixed row is
:math:`\sum_t w_t x_t` with label 1. Parents are new rows of the minority's law, and the row is then normal given the
weights, or rows of the sample. Real rows enter by their scatters, which have exact laws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_flag, check_generator, check_integer, check_matrix, check_reals
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky
from mixtheory.imbalance.kernels.mean_shift import check_sizes
from mixtheory.imbalance.kernels.mixing_weights import (
    MixingWeights,
    draw_weights,
    empty_weights,
    mean_square,
    mixing_weights,
)
from mixtheory.imbalance.kernels.scatters import (
    GAUSSIAN,
    Floats,
    add_noise,
    add_rows,
    clear_sums,
    fill_noise,
    write_sums,
)

__all__ = ["PARENTS", "add_class", "estimates", "excess_risks"]

PARENTS = ("population", "sample")


@jit
def add_class(
    rows: float,
    label: float,
    lead: int,
    centre: Floats,
    roots: Floats,
    scatter: Floats,
    total: Floats,
    matrix: Floats,
    right: Floats,
) -> None:
    """Add X'X and X'y of the rows centre + roots * noise, given the scatter and the sum of the noise."""
    if lead:
        matrix[0, 0] += rows
        right[0] += label * rows
    for i in range(centre.size):
        column = rows * centre[i] + roots[i] * total[i]
        right[lead + i] += label * column
        if lead:
            matrix[lead + i, 0] += column
        for j in range(i + 1):
            cross = centre[i] * roots[j] * total[j] + roots[i] * total[i] * centre[j]
            matrix[lead + i, lead + j] += roots[i] * roots[j] * scatter[i, j] + cross + rows * centre[i] * centre[j]


@jit
def _add_mixed(
    rng: Generator,
    law: MixingWeights,
    parents: Floats,
    rows: int,
    weights: Floats,
    row: Floats,
    scatter: Floats,
    total: Floats,
) -> float:
    """Add mixed noise rows, of normal parents if there are no rows in `parents`; return the sum of E(S | weights).

    S is the squared norm of the weights, 1 where a parent of the sample meets itself.
    """
    d, n = row.size, parents.shape[0]
    squares = 0.0
    for _ in range(rows):
        square = draw_weights(rng, law, weights)
        if n:
            for k in range(d):
                row[k] = 0.0
            for t in range(weights.size):
                i = int(rng.random() * n)
                for k in range(d):
                    row[k] += weights[t] * parents[i, k]
            square += (1.0 - square) / n
        else:
            scale = math.sqrt(square)
            for k in range(d):
                row[k] = scale * rng.standard_normal()
        squares += square
        for k in range(d):
            total[k] += row[k]
            for m in range(k + 1):
                scatter[k, m] += row[k] * row[m]
    return squares


@jit
def _fits(
    rng: Generator,
    law: MixingWeights,
    counts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    lead: int,
    centre: Floats,
    roots: Floats,
    kept: int,
    aims: Floats,
    factors: Floats,
    bases: Floats,
    slopes: Floats,
    theta: Floats,
    linear: Floats,
) -> None:
    d, p = centre.size, theta.shape[2]
    minority, row = np.empty((kept, d)), np.empty(d)
    weights = empty_weights(law)
    scatter, total = np.empty((d, d)), np.empty(d)
    real, real_right = np.empty((p, p)), np.empty(p)
    matrix, right, factor = np.empty((p, p)), np.empty(p), np.empty((p, p))
    zero, one = np.zeros(d), np.ones(d)
    for r in range(theta.shape[0]):
        clear_sums(real, real_right)
        clear_sums(scatter, total)
        add_noise(rng, GAUSSIAN, counts[0], scatter, total)
        add_class(counts[0], 0.0, lead, zero, one, scatter, total, real, real_right)
        clear_sums(scatter, total)
        if kept:
            fill_noise(rng, GAUSSIAN, minority)
            add_rows(minority, scatter, total)
        else:
            add_noise(rng, GAUSSIAN, counts[1], scatter, total)
        add_class(counts[1], 1.0, lead, centre, roots, scatter, total, real, real_right)
        clear_sums(scatter, total)
        done, squares = 0, 0.0
        for s in range(sizes.size):
            squares += _add_mixed(rng, law, minority, sizes[s] - done, weights, row, scatter, total)
            done = sizes[s]
            write_sums(real, real_right, matrix, right)
            add_class(done, 1.0, lead, centre, roots, scatter, total, matrix, right)
            cholesky(matrix, factor)
            solve_cholesky(factor, right, theta[r, s])
            for i in range(p):
                right[i] += slopes[s, i] * squares - bases[s, i]
                for j in range(p):
                    right[i] -= (matrix[i, j] if j <= i else matrix[j, i]) * aims[s, j]
            solve_cholesky(factors[s], right, linear[r, s])


def estimates(
    rng: Generator,
    replicates: int,
    law: Any,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    *,
    mean: ArrayLike = (1.0, 0.0),
    variances: ArrayLike = (1.0, 1.0),
    fit_intercept: bool = False,
    parents: str = "population",
) -> tuple[Floats, Floats]:
    r"""Draw least-squares estimates and, for each, its linear part, which has mean 0.

    With :math:`\bar\theta` the minimiser of the mean risk and G the mean of X'X the linear part of
    :math:`\hat\theta - \bar\theta` is :math:`G^{-1} X'(y - X\bar\theta)`, here less its mean given the mixing weights.

    Parameters
    ----------
    rng, replicates, law, n_majority, n_minority, sizes, mean, variances, fit_intercept, parents
        As in `excess_risks`.

    Returns
    -------
    theta, linear : ndarray, shape (replicates, len(sizes), columns)

    Raises
    ------
    TypeError, ValueError
        As in `excess_risks`.
    """
    check_generator(rng)
    many = check_integer("replicates", replicates, low=1)
    given = check_sizes(sizes)
    copied = check_choice("parents", parents, PARENTS) == "sample"
    lead = int(check_flag("fit_intercept", fit_intercept))
    centre, roots = check_matrix("mean", mean, ndim=1), np.sqrt(check_reals("variances", variances, low=0.0))
    if roots.shape != centre.shape:
        raise ValueError(f"variances must have the {centre.size} entries of mean, got shape {roots.shape}")
    counts = np.array([check_integer("n_majority", n_majority, low=1), check_integer("n_minority", n_minority, low=1)])
    if counts.sum() <= centre.size + lead:
        raise ValueError(f"n_majority + n_minority must exceed {centre.size + lead} columns, got {counts.sum()}")
    chosen = mixing_weights(law)
    order = np.argsort(given, kind="stable")
    wanted = given[order]
    # population moments of rows with labels 0 and 1, and of the noise of the latter
    majority = np.eye(lead + centre.size)
    noise = np.diag(np.concatenate([np.zeros(lead), roots**2]))
    pulled = np.concatenate([np.ones(lead), centre])
    minority = noise + np.outer(pulled, pulled)
    factor = mean_square(chosen)
    p = pulled.size
    aims, factors = np.empty((wanted.size, p)), np.empty((wanted.size, p, p))
    bases, slopes = np.empty((wanted.size, p)), np.empty((wanted.size, p))
    for s, size in enumerate(wanted):
        gram = counts[0] * majority + counts[1] * minority + size * (factor * noise + np.outer(pulled, pulled))
        aims[s] = np.linalg.solve(gram, (counts[1] + size) * pulled)
        factors[s] = np.linalg.cholesky(gram)
        scores = counts[1] * (pulled - minority @ aims[s]) - counts[0] * majority @ aims[s]
        bases[s] = scores + size * pulled * (1.0 - pulled @ aims[s])
        slopes[s] = noise @ aims[s]
    theta, linear = np.empty((many, wanted.size, p)), np.empty((many, wanted.size, p))
    kept = int(counts[1]) if copied else 0
    _fits(rng, chosen, counts, wanted, lead, centre, roots, kept, aims, factors, bases, slopes, theta, linear)
    back = np.argsort(order)
    return theta[:, back], linear[:, back]


def excess_risks(
    rng: Generator,
    replicates: int,
    law: Any,
    n_majority: int,
    n_minority: int,
    sizes: Sequence[int] | NDArray[np.int64],
    *,
    mean: ArrayLike = (1.0, 0.0),
    variances: ArrayLike = (1.0, 1.0),
    fit_intercept: bool = False,
    parents: str = "population",
) -> Floats:
    r"""Draw excess balanced risks of least squares on real rows and nested numbers of mixed minority rows.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
    law : object
        Law of the weights, as in `mixtheory.imbalance.kernels.mixing_weights.mixing_weights`.
    n_majority, n_minority : int
        Numbers of real rows, in sum more than the columns of the design.
    sizes : sequence of int
        Numbers of mixed rows, in any order; the rows of a smaller size are the first of a larger one.
    mean, variances : array_like, shape (d,)
        Mean and variances of the minority.
    fit_intercept : bool
    parents : {"population", "sample"}
        New rows of the minority's law, or rows of the sample with replacement, which may meet themselves.

    Returns
    -------
    ndarray, shape (replicates, len(sizes))

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> from mixtheory import Beta
    >>> risks = excess_risks(np.random.default_rng(0), 400, Beta(1, 1), 2000, 100, [0, 1425])
    >>> bool(risks[:, 1].mean() < 0.01 < 0.1 < risks[:, 0].mean())
    True
    """
    theta, _ = estimates(
        rng,
        replicates,
        law,
        n_majority,
        n_minority,
        sizes,
        mean=mean,
        variances=variances,
        fit_intercept=fit_intercept,
        parents=parents,
    )
    lead = np.ones(int(fit_intercept))
    pulled = np.concatenate([lead, np.asarray(mean, dtype=np.float64)])
    spread = np.concatenate([0.0 * lead, np.asarray(variances, dtype=np.float64)])
    metric = np.eye(pulled.size) + np.diag(spread) + np.outer(pulled, pulled)
    error = theta - np.linalg.solve(metric, pulled)
    return np.asarray(np.einsum("rsi,ij,rsj->rs", error, metric, error) / 2.0)
