r"""What one synthetic row does to the excess risk of the mean-shift symmetric model, at no synthetic rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory.imbalance.kernels.cholesky import solve_cholesky
from mixtheory.imbalance.kernels.mean_shift import (
    BOOTSTRAP,
    GAUSSIAN_FIT,
    GENERATORS,
    SMOTE,
    check_model,
    draw_training,
    measure,
)
from mixtheory.imbalance.kernels.oversampling import fill_resampled
from mixtheory.imbalance.kernels.scatters import GAUSSIAN, Floats, fill_noise

__all__ = ["marginal_prices"]


@jit
def _product(x: Floats, y: Floats) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@jit
def _prices(
    rng: Generator,
    kind: int,
    generator: int,
    counts: NDArray[np.int64],
    shift: float,
    shrinkage: float,
    minority: Floats,
    out: Floats,
) -> None:
    d = minority.shape[1]
    matrix, right, theta = np.empty((d, d)), np.empty(d), np.empty(d)
    centre, factor, root = np.empty(d), np.zeros((d, d)), np.empty((d, d))
    row, z, push, pull = np.empty((1, d)), np.empty(d), np.empty(d), np.empty(d)
    weighted, fitted_pull, fitted_theta = np.empty(d), np.empty(d), np.empty(d)
    for r in range(out.size):
        draw_training(rng, kind, generator, counts, shift, shrinkage, minority, matrix, right, centre, factor)
        excess, _ = measure(matrix, right, 1.0, root, theta)
        if math.isinf(excess):
            out[r] = math.nan
            continue
        # the gradient of the excess risk at the fit, through the inverse scatter: half of it
        for i in range(d):
            weighted[i] = theta[i] if i else 2.0 * (theta[0] - 0.5)
        solve_cholesky(root, weighted, pull)
        if generator == BOOTSTRAP:
            fill_resampled(rng, minority, row)
        else:
            fill_noise(rng, GAUSSIAN if generator == GAUSSIAN_FIT else kind, row)
        for i in range(d):
            z[i] = centre[i]
            if generator == GAUSSIAN_FIT:
                for j in range(i + 1):
                    z[i] += factor[i, j] * row[0, j]
            else:
                z[i] += row[0, i]
        residual = 1.0 - _product(z, theta)
        solve_cholesky(root, z, push)
        scale = residual / (1.0 + _product(z, push))
        change = 0.0
        for i in range(d):
            step = push[i] * scale
            change += 2.0 * weighted[i] * step + (2.0 if i == 0 else 1.0) * step**2
        # less the first-order effect of the new row, plus its mean given the training rows
        change -= 2.0 * residual * _product(pull, z)
        if generator == BOOTSTRAP:
            mean = 0.0
            for i in range(minority.shape[0]):
                for j in range(d):
                    z[j] = centre[j] + minority[i, j]
                mean += _product(pull, z) * (1.0 - _product(z, theta))
            change += 2.0 * mean / minority.shape[0]
        else:
            change += 2.0 * _product(pull, centre) * (1.0 - _product(centre, theta))
            if generator == GAUSSIAN_FIT:
                for i in range(d):
                    fitted_pull[i], fitted_theta[i] = 0.0, 0.0
                    for j in range(i, d):
                        fitted_pull[i] += factor[j, i] * pull[j]
                        fitted_theta[i] += factor[j, i] * theta[j]
                change -= 2.0 * _product(fitted_pull, fitted_theta)
            else:
                change -= 2.0 * _product(pull, theta)
        out[r] = change


def marginal_prices(
    rng: Generator,
    replicates: int,
    d: int,
    n_majority: int,
    n_minority: int,
    *,
    noise: str = "cube",
    generator: str = "oracle",
    eta: float = 0.0,
    shrinkage: float = 0.1,
) -> Floats:
    r"""Draw the change of the excess risk that one synthetic row makes, without the noise that has no mean.

    The new row z is drawn and its exact effect taken (a rank-one change of the fit), less its first-order effect
    :math:`2 (\hat\theta - \theta^*)^T A M^{-1} z (1 - z^T \hat\theta)`, plus the mean of that given the training rows,
    which needs the mean and the covariance of the generator's law only.

    Parameters
    ----------
    rng, replicates, d, n_majority, n_minority, noise, eta, shrinkage
        As in `excess_risks`.
    generator : {"oracle", "bootstrap", "semi_oracle", "shift", "gaussian_fit"}

    Returns
    -------
    ndarray, shape (replicates,)
        NaN where the scatter of the real rows is singular.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    """
    many, kind, source, counts, shift, share, minority = check_model(
        rng, replicates, d, n_majority, n_minority, noise, generator, GENERATORS[:SMOTE], eta, shrinkage
    )
    out = np.empty(many)
    _prices(rng, kind, source, counts, shift, share, minority, out)
    return out
