r"""Simulators of what mixing copies and costs: the mean-shift symmetric model, and regression on mixed designs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer
from mixtheory.imbalance.kernels.cholesky import solve_cholesky
from mixtheory.imbalance.kernels.mean_shift import check_model, measure
from mixtheory.imbalance.kernels.mixing_weights import (
    MixingWeights,
    draw_weights,
    empty_weights,
    mixing_weights,
    squares,
)
from mixtheory.imbalance.kernels.mixup import add_class
from mixtheory.imbalance.kernels.scatters import Floats, add_noise, add_rows, clear_sums, fill_noise

__all__ = ["copied_scores", "marginal_prices", "regression_traces"]

# floats of a batch of designs
_BATCH = 2**21


@jit
def _copied(rng: Generator, kind: int, law: MixingWeights, rows: Floats, out: Floats) -> None:
    n, d = rows.shape
    own, drawn, weights = np.empty(d), np.empty(d), empty_weights(law)
    for r in range(out.size):
        fill_noise(rng, kind, rows)
        square = draw_weights(rng, law, weights)
        for k in range(d):
            total, product = 0.0, 0.0
            for i in range(n):
                total += rows[i, k]
                product += rows[i, k] * rows[i, 0]
            own[k], drawn[k] = total / n, product / n
        first = own[0]
        for k in range(d - 1, -1, -1):
            # mean of z (1 - z_1 / 2) for z = e_1 + noise, over the rows and over pairs of them given the weight
            level = 1.0 if k == 0 else 0.0
            mixed = square * (drawn[k] - own[k] * first) + own[k] * first
            plain = 0.5 * (level + own[k]) - 0.5 * (level * first + drawn[k])
            drawn[k] = 0.5 * (level + own[k]) - 0.5 * (level * first + mixed) - 0.5 * level * (1.0 - square)
            own[k] = plain
        value = 0.5 * own[0] * drawn[0]
        for k in range(1, d):
            value += own[k] * drawn[k]
        out[r] = n * value


def copied_scores(
    rng: Generator, replicates: int, law: Any, d: int, n_minority: int, *, noise: str = "gaussian"
) -> Floats:
    r"""Draw :math:`n_1 \bar\psi_Q^T A^{-1} \bar\psi_1` for the mean scores of minority rows and of their mixtures.

    The model is that of `mixtheory.imbalance.kernels.mean_shift`, psi = Z (1 - Z^T theta*); the mean over mixtures is
    the one over all parents given one vector of weights a replicate, less its mean over samples of infinite size.
    The expectation is that of the covariance of the two, summed in the metric :math:`A^{-1}`.

    Parameters
    ----------
    rng, replicates, law
        As in `mixtheory.imbalance.kernels.mixup.excess_risks`.
    d, n_minority : int
    noise : {"cube", "rademacher", "sphere", "gaussian"}

    Returns
    -------
    ndarray, shape (replicates,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    many, kind, _, counts, _, _, _ = check_model(
        rng, replicates, d, check_integer("d", d, low=2), n_minority, noise, "oracle", ("oracle",), 0.0, 0.0
    )
    out = np.empty(many)
    _copied(rng, kind, mixing_weights(law), np.empty((int(counts[1]), d)), out)
    return out


@jit
def _prices(
    rng: Generator, kind: int, law: MixingWeights, counts: NDArray[np.int64], minority: Floats, out: Floats
) -> None:
    n, d = minority.shape
    matrix, right, theta, root = np.empty((d, d)), np.empty(d), np.empty(d), np.empty((d, d))
    scatter, total = np.empty((d, d)), np.empty(d)
    slope, pull, push, z, one = np.empty(d), np.empty(d), np.empty(d), np.empty(d), np.ones(d)
    unit = np.zeros(d)
    unit[0] = 1.0
    weights = empty_weights(law)
    for r in range(out.size):
        clear_sums(matrix, right)
        clear_sums(scatter, total)
        add_noise(rng, kind, counts[0], scatter, total)
        add_class(counts[0], 1.0, 0, unit, one, scatter, total, matrix, right)
        clear_sums(scatter, total)
        fill_noise(rng, kind, minority)
        add_rows(minority, scatter, total)
        add_class(n, 1.0, 0, unit, one, scatter, total, matrix, right)
        excess, _ = measure(matrix, right, 1.0, root, theta)
        if math.isinf(excess):
            out[r] = math.nan
            continue
        # half the gradient of the excess risk at the fit, and through the inverse scatter
        for k in range(d):
            slope[k] = theta[k] if k else 2.0 * (theta[0] - 0.5)
        solve_cholesky(root, slope, pull)
        square = draw_weights(rng, law, weights)
        for k in range(d):
            z[k] = unit[k]
        for t in range(weights.size):
            i = int(rng.random() * n)
            for k in range(d):
                z[k] += weights[t] * minority[i, k]
        fit, mean_fit, mean_pull, pull_z = 0.0, 0.0, 0.0, 0.0
        for k in range(d):
            centre = unit[k] + total[k] / n
            fit += z[k] * theta[k]
            pull_z += z[k] * pull[k]
            mean_fit += centre * theta[k]
            mean_pull += centre * pull[k]
        covariance = 0.0
        for k in range(d):
            for m in range(d):
                entry = scatter[k, m] if m <= k else scatter[m, k]
                covariance += pull[k] * (entry / n - total[k] * total[m] / n**2) * theta[m]
        solve_cholesky(root, z, push)
        leverage = 0.0
        for k in range(d):
            leverage += z[k] * push[k]
        change = 0.0
        for k in range(d):
            step = push[k] * (1.0 - fit) / (1.0 + leverage)
            change += 2.0 * slope[k] * step + (1.0 if k else 2.0) * step**2
        # less the first-order effect of the row, plus its mean over parents given the weights
        out[r] = change - 2.0 * pull_z * (1.0 - fit) + 2.0 * (mean_pull * (1.0 - mean_fit) - square * covariance)


def marginal_prices(
    rng: Generator,
    replicates: int,
    law: Any,
    d: int,
    n_majority: int,
    n_minority: int,
    *,
    noise: str = "gaussian",
) -> Floats:
    r"""Draw the change of the excess risk that one mixed row makes in the mean-shift symmetric model.

    As `mixtheory.imbalance.kernels.prices.marginal_prices` does for other generators: the exact effect of the row, its
    first-order part replaced by its mean over parents given the mixing weights.

    Parameters
    ----------
    rng, replicates, law
        As in `mixtheory.imbalance.kernels.mixup.excess_risks`.
    d, n_majority, n_minority : int
    noise : {"cube", "rademacher", "sphere", "gaussian"}

    Returns
    -------
    ndarray, shape (replicates,)
        NaN where the scatter of the real rows is singular.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    many, kind, _, counts, _, _, _ = check_model(
        rng, replicates, d, n_majority, n_minority, noise, "oracle", ("oracle",), 0.0, 0.0
    )
    out = np.empty(many)
    _prices(rng, kind, mixing_weights(law), counts, np.empty((int(counts[1]), d)), out)
    return out


# Regression -------------------------------------------------------------------------------------------------------


def regression_traces(
    rng: Generator, replicates: int, law: Any, p: int, n_real: int, n_synthetic: int
) -> tuple[Floats, Floats]:
    r"""Draw :math:`Tr (X'X)^{-1}`, the risk given X at unit noise, for real rows N(0, I) and mixtures of new ones.

    Parameters
    ----------
    rng, replicates, law
        As in `mixtheory.imbalance.kernels.mixup.excess_risks`.
    p, n_real, n_synthetic : int
        Columns and rows, p + 1 rows or more.

    Returns
    -------
    trace : ndarray, shape (replicates,)
    plain : ndarray, shape (replicates,)
        The same with mixed rows of the norm of real ones, whose mean is p/(n - p - 1): a control variate.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    check_generator(rng)
    many, p = check_integer("replicates", replicates, low=1), check_integer("p", p, low=1)
    real = check_integer("n_real", n_real, low=0)
    n = real + check_integer("n_synthetic", n_synthetic, low=0)
    if n <= p:
        raise ValueError(f"n_real + n_synthetic must exceed p = {p}, got {n}")
    chosen = mixing_weights(law)
    trace, plain = np.empty(many), np.empty(many)
    step = max(1, _BATCH // (n * p))
    for start in range(0, many, step):
        slot = slice(start, min(start + step, many))
        rows = rng.standard_normal((slot.stop - start, n, p))
        norms = squares(rng, chosen, (len(rows), n - real, 1))
        plain[slot] = np.trace(np.linalg.inv(rows.swapaxes(1, 2) @ rows), axis1=1, axis2=2)
        rows[:, real:] *= np.sqrt(norms)
        trace[slot] = np.trace(np.linalg.inv(rows.swapaxes(1, 2) @ rows), axis1=1, axis2=2)
    return trace, plain
