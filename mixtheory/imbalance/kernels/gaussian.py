r"""The Gaussian example with squared loss: least squares on a majority, a minority and synthetic minority rows.

Rows are :math:`N(0, I_d)` with label 0 (majority), :math:`N(\mu e_1, I_d)` with label 1 (minority) and
:math:`N(a e_1, I_d)` with label 1 (synthetic); there is no intercept. The estimate needs :math:`X'X` and :math:`X'y`
alone, and both are drawn from their exact laws: the scatter of m normal rows about their mean is a Wishart matrix with
m - 1 degrees of freedom (Bartlett 1933), independent of the mean. So a replicate costs the same whatever the counts.

All sizes of a replicate share its rows: the synthetic rows of a smaller size are the first ones of a larger one.
Everything is measured by the balanced risk :math:`R(\theta) = |\theta|^2 + \tfrac12 (\mu\theta_1 - 1)^2`, half the mean
squared loss of each class, with its minimiser :math:`\theta^* = \mu e_1 / (\mu^2 + 2)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer, check_real, check_reals, shown
from mixtheory.imbalance.kernels.cholesky import cholesky, solve_cholesky

__all__ = ["controlled_risks", "estimates", "estimates_from_rows", "excess_risks"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Draw = Callable[[Generator, int, int, Integers, float, float, Floats, Floats], None]


@jit
def _add_scatters(rng: Generator, freedom: int, grams: Floats) -> None:
    """Add a Wishart matrix of identity covariance to the lower triangle of each matrix (replicates, d, d)."""
    replicates, d, _ = grams.shape
    lower = np.zeros((d, d))
    for r in range(replicates):
        # the matrix is singular, and normal rows are as cheap
        if freedom < d:
            for _ in range(freedom):
                for i in range(d):
                    lower[i, 0] = rng.standard_normal()
                    for j in range(i + 1):
                        grams[r, i, j] += lower[i, 0] * lower[j, 0]
            continue
        for i in range(d):
            for j in range(i):
                lower[i, j] = rng.standard_normal()
            lower[i, i] = math.sqrt(2.0 * rng.standard_gamma(0.5 * (freedom - i)))
            for j in range(i + 1):
                total = 0.0
                for k in range(j + 1):
                    total += lower[i, k] * lower[j, k]
                grams[r, i, j] += total


@jit
def _add_means(rng: Generator, rows: int, mean: float, grams: Floats, crosses: Floats) -> None:
    """Add what the means of rows with label 1 contribute to ``X'X`` and ``X'y``."""
    replicates, d = crosses.shape
    root = math.sqrt(rows)
    row = np.empty(d)
    for r in range(replicates):
        for i in range(d):
            row[i] = rng.standard_normal()
        row[0] += root * mean
        for i in range(d):
            crosses[r, i] += root * row[i]
            for j in range(i + 1):
                grams[r, i, j] += row[i] * row[j]


@jit
def _solve(grams: Floats, crosses: Floats) -> Floats:
    """Return the solutions of ``gram theta = cross`` by Cholesky's factors of the lower triangles."""
    replicates, d = crosses.shape
    lower, theta = np.empty((d, d)), np.full((replicates, d), np.nan)
    for r in range(replicates):
        if cholesky(grams[r], lower, 0.0):
            solve_cholesky(lower, crosses[r], theta[r])
    return theta


def _draw(
    rng: Generator, n_majority: int, n_minority: int, steps: Integers, mu: float, a: float, theta: Floats, sums: Floats
) -> None:
    """Fill `theta` (replicates, sizes, d), and `sums` with the first entries of X'X and X'y."""
    replicates, _, d = theta.shape
    grams, crosses = np.zeros((replicates, d, d)), np.zeros((replicates, d))
    _add_means(rng, n_minority, mu, grams, crosses)
    # all classes have the same covariance, so that their scatters about the means add up to one Wishart matrix
    freedom = n_majority + n_minority - 1
    for s, step in enumerate(steps):
        if step:
            _add_means(rng, step, a, grams, crosses)
            freedom += step - 1
        _add_scatters(rng, freedom, grams)
        freedom = 0
        theta[:, s] = _solve(grams, crosses)
        sums[:, s, 0], sums[:, s, 1] = grams[:, 0, 0], crosses[:, 0]


def _draw_rows(
    rng: Generator, n_majority: int, n_minority: int, steps: Integers, mu: float, a: float, theta: Floats, sums: Floats
) -> None:
    """Do as `_draw` from the rows themselves."""
    d = theta.shape[2]
    for r in range(len(theta)):
        majority, minority = rng.standard_normal((n_majority, d)), rng.standard_normal((n_minority, d))
        minority[:, 0] += mu
        synthetic = rng.standard_normal((int(steps.sum()), d))
        synthetic[:, 0] += a
        for s, size in enumerate(np.cumsum(steps)):
            X = np.vstack([majority, minority, synthetic[:size]])
            y = np.repeat([0.0, 1.0], [n_majority, n_minority + size])
            theta[r, s] = np.linalg.lstsq(X, y)[0]
            sums[r, s] = np.sum(X[:, 0] ** 2), np.sum(X[:, 0] * y)


def _simulate(
    draw: Draw,
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: ArrayLike,
    mu: float,
    a: float,
    d: int,
) -> tuple[Floats, Floats]:
    check_generator(rng)
    check_integer("replicates", replicates, low=0)
    check_integer("d", d, low=1)
    check_integer("n_minority", n_minority, low=1)
    check_integer("n_majority", n_majority, low=1)
    if n_majority + n_minority < d:
        raise ValueError(f"n_majority + n_minority must be at least d={d}, got {n_majority + n_minority}")
    counts = check_reals("sizes", sizes, low=0.0, closed="left")
    if counts.ndim != 1 or counts.size < 1 or np.any(counts != np.floor(counts)):
        raise ValueError(f"sizes must be a sequence of whole numbers, got {shown(sizes)}")
    distinct, place = np.unique(counts.astype(np.int64), return_inverse=True)
    theta, sums = np.empty((replicates, distinct.size, d)), np.empty((replicates, distinct.size, 2))
    steps = np.diff(distinct, prepend=0)
    draw(rng, n_majority, n_minority, steps, check_real("mu", mu), check_real("a", a), theta, sums)
    return theta[:, place], sums[:, place]


def estimates(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: ArrayLike,
    *,
    mu: float = 1.0,
    a: float = 1.0,
    d: int = 2,
) -> Floats:
    """Draw least-squares estimates for nested numbers of synthetic rows.

    Parameters
    ----------
    rng : Generator
    replicates : int
        Number of independent data sets.
    n_majority, n_minority : int
        Rows of each class, together at least `d`.
    sizes : sequence of int
        Numbers of synthetic rows, in any order.
    mu, a : float
        First coordinate of the mean of the minority and of the generator.
    d : int
        Dimension.

    Returns
    -------
    ndarray, shape (replicates, len(sizes), d)

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described.

    Examples
    --------
    >>> estimates(np.random.default_rng(0), 3, 20, 5, [0, 15]).shape
    (3, 2, 2)
    """
    return _simulate(_draw, rng, replicates, n_majority, n_minority, sizes, mu, a, d)[0]


def estimates_from_rows(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: ArrayLike,
    *,
    mu: float = 1.0,
    a: float = 1.0,
    d: int = 2,
) -> Floats:
    """Draw what `estimates` draws, from the rows themselves: slow, to hold the fast way against.

    Examples
    --------
    >>> estimates_from_rows(np.random.default_rng(0), 3, 20, 5, [0, 15]).shape
    (3, 2, 2)
    """
    return _simulate(_draw_rows, rng, replicates, n_majority, n_minority, sizes, mu, a, d)[0]


def _excess(theta: Floats, mu: float) -> Floats:
    """Return ``(theta - theta*)' (I + mu^2 e_1 e_1' / 2) (theta - theta*)``."""
    along, across = theta[..., 0] - mu / (mu**2 + 2.0), theta[..., 1:]
    return np.asarray((1.0 + 0.5 * mu**2) * along**2 + np.einsum("...i,...i->...", across, across))


def excess_risks(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: ArrayLike,
    *,
    mu: float = 1.0,
    a: float = 1.0,
    d: int = 2,
) -> Floats:
    """Draw excess balanced risks for nested numbers of synthetic rows; parameters are those of `estimates`.

    Returns
    -------
    ndarray, shape (replicates, len(sizes))

    Examples
    --------
    >>> risks = excess_risks(np.random.default_rng(0), 400, 2000, 100, [0, 1900])
    >>> bool(risks[:, 1].mean() < 0.01 < 0.1 < risks[:, 0].mean())
    True
    """
    return _excess(estimates(rng, replicates, n_majority, n_minority, sizes, mu=mu, a=a, d=d), mu)


def controlled_risks(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    sizes: ArrayLike,
    *,
    mu: float = 1.0,
    a: float = 1.0,
    d: int = 2,
) -> tuple[Floats, Floats]:
    r"""Draw excess risks and a control variate of mean 0 for each.

    With :math:`C = X'X` and :math:`c = X'y` the population minimiser is :math:`\bar\theta = (E C)^{-1} E c`, and
    :math:`\hat\theta - \bar\theta` has the linear part :math:`(E C)^{-1}[c - E c - (C - E C)\bar\theta]`, a sum of
    centred rows. Its part in the excess risk, :math:`2(\bar\theta - \theta^*)'M` times it with
    :math:`M = I + \mu^2 e_1e_1'/2`, has mean 0 exactly and carries most of the noise where the minimiser is biased.
    Subtract it from the first array.

    Returns
    -------
    excess, control : ndarray, shape (replicates, len(sizes))

    Examples
    --------
    >>> excess, control = controlled_risks(np.random.default_rng(0), 400, 2000, 100, [0, 1900], a=0.5)
    >>> bool(np.all((excess - control).std(axis=0) < 0.2 * excess.std(axis=0)))
    True
    """
    theta, sums = _simulate(_draw, rng, replicates, n_majority, n_minority, sizes, mu, a, d)
    counts = np.asarray(sizes, dtype=np.float64)
    gram = n_majority + n_minority * (1.0 + mu**2) + counts * (1.0 + a**2)
    cross = n_minority * mu + counts * a
    centre = cross / gram
    noise = (sums[..., 1] - cross - (sums[..., 0] - gram) * centre) / gram
    slope = 2.0 * (1.0 + 0.5 * mu**2) * (centre - mu / (mu**2 + 2.0))
    return _excess(theta, mu), slope * noise
