r"""Score-based metrics (section 6): what reweighting by synthetic rows does to a ranking.

Synthetic rows of the minority's own law change the effective prior p = (n_minority + n_synthetic)/N and nothing else.
A well specified logistic model then keeps its slope, so the ranking stays; the direction of least squares moves with p
unless the covariances of the classes agree in the direction that counts.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg
from scipy.special import ndtr

from mixtheory._validation import check_integer, check_matrix, check_real

__all__ = [
    "auc",
    "auc_of_prior",
    "augmented_direction",
    "best_auc",
    "effective_prior",
    "intercept_shift",
    "ranking_is_free",
    "score_direction",
]

Array = NDArray[np.float64]


def _covariance(name: str, value: ArrayLike) -> Array:
    matrix = check_matrix(name, value)
    if matrix.shape[0] != matrix.shape[1] or not np.allclose(matrix, matrix.T, rtol=1e-10, atol=1e-300):
        raise ValueError(f"{name} must be a symmetric matrix, got shape {matrix.shape}")
    try:
        linalg.cholesky(matrix)
    except linalg.LinAlgError:
        raise ValueError(f"{name} must be positive definite") from None
    return matrix


def _classes(cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike) -> tuple[Array, Array, Array]:
    majority, minority = _covariance("cov0", cov0), _covariance("cov1", cov1)
    if majority.shape != minority.shape:
        raise ValueError(f"cov0 and cov1 must have one shape, got {majority.shape} and {minority.shape}")
    return majority, minority, _vector("delta", delta, len(majority))


def _vector(name: str, value: ArrayLike, d: int) -> Array:
    vector = check_matrix(name, value, ndim=1)
    if vector.size != d:
        raise ValueError(f"{name} must have {d} entries, got shape {vector.shape}")
    if not np.any(vector):
        raise ValueError(f"{name} must not be 0")
    return vector


def effective_prior(n_majority: int, n_minority: int, n_synthetic: int) -> float:
    r"""Share p = (n_minority + n_synthetic)/N of minority rows after augmentation.

    Parameters
    ----------
    n_majority, n_minority, n_synthetic : int
        Numbers of rows; the first two at least 1.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or too small.

    Examples
    --------
    >>> round(effective_prior(2000, 100, 0), 6), effective_prior(2000, 100, 1900)
    (0.047619, 0.5)
    """
    zeros = check_integer("n_majority", n_majority, low=1)
    ones = check_integer("n_minority", n_minority, low=1) + check_integer("n_synthetic", n_synthetic, low=0)
    return ones / (zeros + ones)


def intercept_shift(n_minority: int, n_synthetic: int) -> float:
    r"""Move of the intercept of a well specified logistic model: log((n_minority + n_synthetic)/n_minority).

    With synthetic rows of the minority's law the log-odds of a row gain this constant; slope, ranking and AUC stay.

    Parameters
    ----------
    n_minority, n_synthetic : int
        Numbers of minority rows (at least 1) and of synthetic ones.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer or too small.

    Notes
    -----
    Section 6 [derived]: derived in this project, by Bayes' rule.

    Examples
    --------
    >>> round(intercept_shift(100, 1900), 6)
    2.995732
    """
    ones = check_integer("n_minority", n_minority, low=1)
    return math.log1p(check_integer("n_synthetic", n_synthetic, low=0) / ones)


def score_direction(p: float, cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike) -> Array:
    r"""Direction of the population least-squares (or linear discriminant) score at effective prior p.

    .. math:: w_p = ((1 - p) C_0 + p C_1)^{-1} \delta

    Parameters
    ----------
    p : float
        Share of minority rows, from 0 to 1 (the ends as limits).
    cov0, cov1 : array_like, shape (d, d)
        Covariances of majority and minority, positive definite.
    delta : array_like, shape (d,)
        Mean of the minority minus that of the majority, not 0.

    Returns
    -------
    ndarray, shape (d,)
        Only its direction has a meaning.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Section 6 [derived]: derived in this project. Least squares of labels with intercept has the slope V^{-1} p (1 - p)
    delta, V = (1 - p) C_0 + p C_1 + p (1 - p) delta delta^T, which is parallel to w_p by the Sherman-Morrison formula.

    Examples
    --------
    >>> score_direction(0.5, [[1, 0], [0, 1]], [[0.25, 0], [0, 4]], [1, 1]).round(6).tolist()
    [1.6, 0.4]
    """
    p = check_real("p", p, low=0, high=1, closed="both")
    majority, minority, gap = _classes(cov0, cov1, delta)
    direction: Array = linalg.solve((1 - p) * majority + p * minority, gap, assume_a="pos")
    return direction


def augmented_direction(
    n_majority: int,
    n_minority: int,
    n_synthetic: int,
    cov0: ArrayLike,
    cov1: ArrayLike,
    delta: ArrayLike,
    *,
    cov_synthetic: ArrayLike | None = None,
    delta_synthetic: ArrayLike | None = None,
) -> Array:
    r"""Direction of the least-squares score when the synthetic rows have a law of their own.

    .. math:: w = ((1 - p) C_0 + p C_m)^{-1} \delta_m, \qquad \delta_m = (1 - u) \delta + u \delta_s, \qquad
              C_m = (1 - u) C_1 + u C_s + u (1 - u) (\delta_s - \delta)(\delta_s - \delta)^T,

    with u = n_synthetic/(n_minority + n_synthetic): `score_direction` for the mixture of minority and synthetic rows.

    Parameters
    ----------
    n_majority, n_minority, n_synthetic : int
        Numbers of rows; the first two at least 1.
    cov0, cov1, delta
        As in `score_direction`.
    cov_synthetic : array_like, shape (d, d), optional
        Covariance of the synthetic rows; by default `cov1`.
    delta_synthetic : array_like, shape (d,), optional
        Mean of the synthetic rows minus that of the majority; by default `delta`.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the mixture's mean is that of the majority.

    Notes
    -----
    Section 6 [derived]: derived in this project.
    """
    p = effective_prior(n_majority, n_minority, n_synthetic)
    _, minority, gap = _classes(cov0, cov1, delta)
    other = minority if cov_synthetic is None else _covariance("cov_synthetic", cov_synthetic)
    if other.shape != minority.shape:
        raise ValueError(f"cov_synthetic must have the shape of cov1, {minority.shape}, got {other.shape}")
    moved = gap if delta_synthetic is None else _vector("delta_synthetic", delta_synthetic, gap.size)
    share = n_synthetic / (n_minority + n_synthetic)
    mixed = (1 - share) * minority + share * other + share * (1 - share) * np.outer(moved - gap, moved - gap)
    return score_direction(p, cov0, mixed, (1 - share) * gap + share * moved)


def auc(direction: ArrayLike, cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike) -> float:
    r"""Area under the ROC curve of a linear score for normal classes.

    .. math:: \Phi\Bigl( \frac{w^T \delta}{\sqrt{w^T (C_0 + C_1) w}} \Bigr)

    Parameters
    ----------
    direction : array_like, shape (d,)
        w, not 0.
    cov0, cov1, delta
        As in `score_direction`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Section 6 [derived]: the difference of the scores of a minority and a majority row is normal with mean w^T delta and
    variance w^T (C_0 + C_1) w.
    """
    majority, minority, gap = _classes(cov0, cov1, delta)
    w = _vector("direction", direction, gap.size)
    return float(ndtr(w @ gap / math.sqrt(w @ (majority + minority) @ w)))


def auc_of_prior(p: float, cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike) -> float:
    r"""AUC of `score_direction` at effective prior p: it grows up to p = 1/2 and falls beyond.

    Parameters
    ----------
    p, cov0, cov1, delta
        As in `score_direction`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Section 6 [derived]: derived in this project. In coordinates with C_0 = I and C_1 = diag(l_i), with s_i = 1 - p + p
    l_i and A_k = sum_i delta_i^2 / s_i^k, the derivative in p of log (w^T delta)^2 / w^T (C_0 + C_1) w is

    .. math:: \frac{2 (1 - 2 p) (A_1 A_3 - A_2^2)}{p A_1 (A_1 - (1 - 2 p) A_2)},

    of the sign of 1 - 2 p by the Cauchy-Schwarz inequality, or 0 for every p if all s_i with delta_i != 0 agree (see
    `ranking_is_free`). Balancing is best for the ranking; every step beyond hurts it.

    Examples
    --------
    >>> classes = [[1, 0], [0, 1]], [[0.25, 0], [0, 4]], [1, 1]
    >>> [round(auc_of_prior(p, *classes), 5) for p in (1 / 21, 0.5, 0.9)]
    [0.79975, 0.84134, 0.83105]
    """
    return auc(score_direction(p, cov0, cov1, delta), cov0, cov1, delta)


def best_auc(cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike) -> float:
    r"""Largest AUC of a linear score, Phi(sqrt(delta^T (C_0 + C_1)^{-1} delta)), reached at p = 1/2.

    Parameters
    ----------
    cov0, cov1, delta
        As in `score_direction`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Section 6 [derived]: the Cauchy-Schwarz inequality in the metric C_0 + C_1.

    Examples
    --------
    >>> round(best_auc([[1, 0], [0, 1]], [[0.25, 0], [0, 4]], [1, 1]), 6)
    0.841345
    """
    majority, minority, gap = _classes(cov0, cov1, delta)
    return float(ndtr(math.sqrt(gap @ linalg.solve(majority + minority, gap, assume_a="pos"))))


def ranking_is_free(cov0: ArrayLike, cov1: ArrayLike, delta: ArrayLike, *, tolerance: float = 1e-9) -> bool:
    r"""Whether the ranking does not depend on the effective prior: C_0^{-1} delta and C_1^{-1} delta are collinear.

    Parameters
    ----------
    cov0, cov1, delta
        As in `score_direction`.
    tolerance : float
        Largest sine of the angle between the two, in the metric C_0 + C_1, that counts as 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    Section 6 [derived]: derived in this project. If both are multiples of u, so is every w_p. If the AUC does not
    depend on p it is the largest one, which one direction alone reaches, so w_0 and w_1 are that direction.

    Examples
    --------
    >>> ranking_is_free([[1, 0], [0, 1]], [[2, 0], [0, 2]], [1, 1])
    True
    """
    tolerance = check_real("tolerance", tolerance, low=0, high=1)
    majority, minority, gap = _classes(cov0, cov1, delta)
    root = linalg.cholesky(majority + minority)
    first, second = (root @ linalg.solve(matrix, gap, assume_a="pos") for matrix in (majority, minority))
    first, second = first / np.linalg.norm(first), second / np.linalg.norm(second)
    return bool(np.linalg.norm(second - (first @ second) * first) <= tolerance)
