r"""Generator-quality scores and validation losses in the Gaussian example, one a replicate.

Majority :math:`N(0, I_2)` with y = 0, minority :math:`N((\mu, 0), I_2)` and generator :math:`N((a, 0), I_2)` with
y = 1, squared loss, no intercept.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer, check_real

__all__ = ["QualityDraws", "loss_differences", "quality_scores"]

Floats: TypeAlias = NDArray[np.float64]

# rows that are drawn at once
_ROWS = 32_768


class QualityDraws(NamedTuple):
    """Quality scores and mismatches, and the mismatches of the same rows at a fixed theta.

    Attributes
    ----------
    score : ndarray, shape (R,)
    mismatch, fixed_mismatch : ndarray, shape (R, 2)
    fixed_covariance : ndarray, shape (R, 2, 2)
        Unbiased estimates of the covariance of `fixed_mismatch`, from the sample covariances of the scores.
    """

    score: NDArray[np.float64]
    mismatch: NDArray[np.float64]
    fixed_mismatch: NDArray[np.float64]
    fixed_covariance: NDArray[np.float64]


@jit
def _add_second_moment(rows: Floats, shift: float, out: Floats) -> None:
    """Add the mean of x over the rows to out[0:2], and those of x_1^2, x_1 x_2, x_2^2 to out[2:5]."""
    n = rows.shape[0]
    a = b = c = d = e = 0.0
    for i in range(n):
        x, z = rows[i, 0] + shift, rows[i, 1]
        a += x
        b += z
        c += x * x
        d += x * z
        e += z * z
    out[0] += a / n
    out[1] += b / n
    out[2] += c / n
    out[3] += d / n
    out[4] += e / n


@jit
def _score_moments(rows: Floats, shift: float, label: float, theta: Floats, out: Floats) -> None:
    """Write mean (2) and covariance (11, 12, 22; divisor n - 1) of the scores -2 x (y - x'theta)."""
    n = rows.shape[0]
    a = b = c = d = e = 0.0
    for i in range(n):
        x, z = rows[i, 0] + shift, rows[i, 1]
        error = -2.0 * (label - x * theta[0] - z * theta[1])
        s, t = x * error, z * error
        a += s
        b += t
        c += s * s
        d += s * t
        e += t * t
    out[0], out[1] = a / n, b / n
    out[2] = (c - a * a / n) / (n - 1)
    out[3] = (d - a * b / n) / (n - 1)
    out[4] = (e - b * b / n) / (n - 1)


@jit
def _scores(
    majority: Floats,
    minority: Floats,
    synthetic: Floats,
    mu: float,
    a: float,
    fixed: Floats,
    score: Floats,
    mismatch: Floats,
    fixed_mismatch: Floats,
    fixed_covariance: Floats,
) -> None:
    """Turn normal numbers (R, n0, 2), (R, n1, 2), (R, K, D, 2) into quality scores."""
    n0, n1, folds, deficit = majority.shape[1], minority.shape[1], synthetic.shape[1], synthetic.shape[2]
    theta, moments = np.empty(2), np.empty(5)
    for r in range(score.size):
        hessian, covariances = np.zeros(3), np.zeros((3, 3))
        mismatch[r] = 0.0
        fixed_mismatch[r] = 0.0
        fixed_covariance[r] = 0.0
        for f in range(folds):
            held0 = majority[r, f * n0 // folds : (f + 1) * n0 // folds]
            held1 = minority[r, f * n1 // folds : (f + 1) * n1 // folds]
            # what is left for training: the sums over all rows less those over the held-out ones
            train = np.zeros(5)
            for k in range(2):
                rows, held, shift = (majority[r], held0, 0.0) if k == 0 else (minority[r], held1, mu)
                whole, part = np.zeros(5), np.zeros(5)
                _add_second_moment(rows, shift, whole)
                _add_second_moment(held, shift, part)
                n, m = rows.shape[0], held.shape[0]
                for j in range(5):
                    mean = (n * whole[j] - m * part[j]) / (n - m)
                    # the label of the majority is 0: its mean does not enter the normal equations
                    train[j] += mean if j >= 2 or k == 1 else 0.0
                    if j >= 2:
                        hessian[j - 2] += part[j] / folds
            determinant = train[2] * train[4] - train[3] * train[3]
            theta[0] = (train[4] * train[0] - train[3] * train[1]) / determinant
            theta[1] = (train[2] * train[1] - train[3] * train[0]) / determinant
            for k in range(3):
                rows = held0 if k == 0 else (held1 if k == 1 else synthetic[r, f])
                shift = 0.0 if k == 0 else (mu if k == 1 else a)
                label = 0.0 if k == 0 else 1.0
                sign = 0.0 if k == 0 else (-1.0 if k == 1 else 1.0)
                _score_moments(rows, shift, label, theta, moments)
                for j in range(3):
                    covariances[k, j] += moments[2 + j] / folds
                for j in range(2):
                    mismatch[r, j] += sign * moments[j] / folds
                if k > 0:
                    _score_moments(rows, shift, label, fixed, moments)
                    for j in range(2):
                        fixed_mismatch[r, j] += sign * moments[j] / folds
                        for m in range(2):
                            fixed_covariance[r, j, m] += moments[2 + j + m] / (len(rows) * folds * folds)
        # the mean Hessian is half the sum of 2 E xx'
        determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1]
        i11, i12, i22 = hessian[2] / determinant, -hessian[1] / determinant, hessian[0] / determinant
        variance = 0.0
        for k in range(3):
            weight = 0.5 if k == 0 else (n1 / (2.0 * n0) if k == 1 else deficit / (2.0 * n0))
            c = covariances[k]
            variance += weight * (i11 * c[0] + 2.0 * i12 * c[1] + i22 * c[2])
        u, v = mismatch[r, 0], mismatch[r, 1]
        bias = i11 * u * u + 2.0 * i12 * u * v + i22 * v * v
        score[r] = deficit * deficit / (2.0 * n0) * bias / variance


def quality_scores(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    *,
    folds: int = 3,
    mu: float = 1.0,
    a: float = 1.0,
    fixed_theta: tuple[float, float] = (0.0, 0.0),
) -> QualityDraws:
    r"""Draw generator-quality scores as the public code computes them, the generator being a known law.

    In each fold the pilot is refitted to the other folds with balanced weights and n_majority - n_minority synthetic
    rows are drawn; mismatch, Hessian and covariances are averaged over the folds.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
        Number of independent data sets, at least 1.
    n_majority, n_minority : int
        The majority has more rows, and each fold at least two of the minority.
    folds : int, default 3
    mu, a : float
        First coordinate of the means of minority and generator.
    fixed_theta : tuple of float
        Coefficients at which the mismatch of the same rows is returned besides, for a control variate.

    Returns
    -------
    QualityDraws

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> draws = quality_scores(np.random.default_rng(1), 200, 500, 100)
    >>> bool(1.5 < draws.score.mean() < 4.0), draws.mismatch.shape
    (True, (200, 2))
    """
    check_generator(rng)
    replicates = check_integer("replicates", replicates, low=1)
    folds = check_integer("folds", folds, low=2)
    n1 = check_integer("n_minority", n_minority, low=2 * folds)
    n0 = check_integer("n_majority", n_majority, low=n1 + 2)
    mu, a = check_real("mu", mu), check_real("a", a)
    fixed = np.array([check_real("fixed_theta", entry) for entry in fixed_theta])
    score, mismatch, fixed_mismatch = np.empty(replicates), np.empty((replicates, 2)), np.empty((replicates, 2))
    fixed_covariance = np.empty((replicates, 2, 2))
    rows = n0 + n1 + folds * (n0 - n1)
    block = max(1, _ROWS // rows)
    for start in range(0, replicates, block):
        part = slice(start, min(start + block, replicates))
        size = part.stop - part.start
        majority = rng.standard_normal((size, n0, 2))
        minority = rng.standard_normal((size, n1, 2))
        synthetic = rng.standard_normal((size, folds, n0 - n1, 2))
        outputs = score[part], mismatch[part], fixed_mismatch[part], fixed_covariance[part]
        _scores(majority, minority, synthetic, mu, a, fixed, *outputs)
    return QualityDraws(score, mismatch, fixed_mismatch, fixed_covariance)


def loss_differences(
    rng: Generator,
    replicates: int,
    n_majority: int,
    n_minority: int,
    slopes: tuple[float, float],
    *,
    mu: float = 1.0,
) -> NDArray[np.float64]:
    r"""Draw the balanced validation loss of the first of two scorers less that of the second.

    The scores are :math:`t x_1`; mean squares over a class come from its mean and its variance, which are drawn.
    The second scorer is preferred where the difference is positive.

    Parameters
    ----------
    rng : numpy.random.Generator
    replicates : int
        Number of independent validation sets, at least 1.
    n_majority, n_minority : int
        Validation rows of each class, at least 2.
    slopes : tuple of float
    mu : float, default 1

    Returns
    -------
    ndarray, shape (replicates,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> import numpy as np
    >>> draws = loss_differences(np.random.default_rng(1), 4000, 400, 20, (14 / 61, 1 / 3))
    >>> bool(abs(np.mean(draws > 0) - 0.875) < 0.03)
    True
    """
    check_generator(rng)
    replicates = check_integer("replicates", replicates, low=1)
    counts = check_integer("n_majority", n_majority, low=2), check_integer("n_minority", n_minority, low=2)
    first, second = (check_real("slopes", slope) for slope in slopes)
    losses = np.zeros((2, replicates))
    for label, (n, centre) in enumerate(zip(counts, (0.0, check_real("mu", mu)), strict=True)):
        mean = centre + rng.standard_normal(replicates) / np.sqrt(n)
        square = rng.chisquare(n - 1, replicates) / n + mean**2
        for k, slope in enumerate((first, second)):
            losses[k] += (label - 2 * label * slope * mean + slope**2 * square) / 2
    return np.asarray(losses[0] - losses[1])
