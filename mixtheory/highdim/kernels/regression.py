"""The whole experiment, responses included: an end-to-end check of the simulators that condition on the design."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_flag, check_matrix, check_real
from mixtheory.highdim.kernels.conditional import draw_designs
from mixtheory.highdim.kernels.populations import blocks, check_call, check_populations, more_rows_than_columns

__all__ = ["regression_risk"]


def regression_risk(
    rng: Generator,
    replicates: int,
    counts: Sequence[int],
    roots: Sequence[ArrayLike],
    beta: ArrayLike,
    noise_sd: float,
    *,
    means: Sequence[ArrayLike | None] | None = None,
    fit_intercept: bool = False,
    law: str = "gaussian",
) -> NDArray[np.float64]:
    r"""Draw designs and responses, fit least squares of minimal norm and return the excess risk of the fit.

    With :math:`y = X \beta + \sigma \epsilon` and the fit :math:`\hat\beta = X^+ y`, the risk at a new point of the
    first population is :math:`(\hat\beta - \beta)^T (\Sigma_t + \mu_t \mu_t^T) (\hat\beta - \beta)`. With an intercept,
    X and y are centred by their means, and :math:`\mu_t^T (\hat\beta - \beta)` becomes
    :math:`\bar y + (\mu_t - \bar x)^T \hat\beta - \mu_t^T \beta`.

    Parameters
    ----------
    rng, replicates, counts, roots, means, fit_intercept, law
        As in `conditional_risk`.
    beta : array_like, shape (p,)
        True coefficients, the same in all populations.
    noise_sd : float
        Standard deviation of the (normal) noise, non-negative.

    Returns
    -------
    ndarray, shape (replicates,)

    Raises
    ------
    TypeError, ValueError
        As in `conditional_risk`.

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.ones(5)
    >>> draws = regression_risk(np.random.default_rng(1), 3000, (10, 10), (ones, ones), ones, 1.0)
    >>> bool(abs(draws.mean() - 5 / 14) < 0.05)
    True
    """
    replicates = check_call(rng, replicates)
    populations = check_populations(counts, roots, means, law)
    more_rows_than_columns(populations, lost=int(check_flag("fit_intercept", fit_intercept)))
    n, p = populations.n, populations.p
    coefficients = check_matrix("beta", beta, ndim=1)
    if len(coefficients) != p:
        raise ValueError(f"beta must have length {p}, got {len(coefficients)}")
    noise_sd = check_real("noise_sd", noise_sd, low=0.0, closed="left")
    test = np.zeros(p) if populations.means is None else populations.means[0]
    covariance = populations.test_covariance
    out = np.empty(replicates)
    for slot in blocks(replicates, n * p):
        size = slot.stop - slot.start
        x = populations.rows(draw_designs(rng, size, populations), populations.roots, populations.means)
        y = x @ coefficients + noise_sd * rng.standard_normal((size, n))
        offset = np.full(size, -(test @ coefficients))
        away = np.tile(test, (size, 1))
        if fit_intercept:
            offset += y.mean(axis=1)
            away -= x.mean(axis=1)
            y -= y.mean(axis=1, keepdims=True)
            x -= x.mean(axis=1, keepdims=True)
        fits = np.array([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(x, y, strict=True)])
        errors = fits - coefficients
        out[slot] = np.einsum("bi,bi->b", errors @ covariance, errors)
        out[slot] += (np.einsum("bi,bi->b", away, fits) + offset) ** 2
    return out
