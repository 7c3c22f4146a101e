r"""Finite samples: batches of synthetic rows, generations of them, and what their mean is worth.

Given n rows of data with plug-in variance S^2 (divisor n) and sample variance s^2 (divisor n - 1), a batch of synthetic
rows is made with a law of weights and a pairing scheme of `points`, which holds what a single row does. r is half of
1 - E sum_t w_t^2, so that formulas in r hold for any number of parents.

Section 4 of note 01 and C8, C11 of note 02; every formula is derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from mixtheory._validation import check_choice, check_integer, check_matrix, check_real, check_reals
from mixtheory.mixing.laws import MixingLaw, Real, check_law, plain
from mixtheory.mixing.points import (
    PAIRINGS,
    check_scheme,
    deviation_scale,
    point_variance_factor,
    within_row_factor,
)

__all__ = [
    "batch_variance",
    "batch_variance_factor",
    "compensated_eps",
    "generation_mean_variance",
    "generation_variance_factor",
    "mean_variance_factor",
    "naive_coverage",
    "neutral_r",
]


def mean_variance_factor(law: MixingLaw, n: int, pairing: str = "independent", size: int | None = None) -> Real:
    r"""Variance of the mean of a synthetic batch given the data, divided by S^2.

    .. math:: (1 - 2 r) / N, \quad (1 - 2 r \tfrac{n}{n-1}) / N, \quad c_W / n, \quad V / n, \quad V / (n - 1), \quad 0

    for independent, distinct, anchored, permutation, derangement and shared, with V = sum_t Var w_t, which is
    2 Var lambda for two parents, and c_W the `within_row_factor`.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n : int
        Rows of the data, at least 2.
    pairing : str
        One of `PAIRINGS`.
    size : int, optional
        Rows N of the batch; n by default, and always n for the pairings that give every row its turn.

    Raises
    ------
    ValueError
        If n or size is out of range, the pairing is unknown, needs more rows than n for the parents of the law, or
        cannot have the size.

    Notes
    -----
    Note 01, section 4 [D] (two parents) and note 02, C8 [derived]: derived in this project. Given who the parents are,
    the mean under permutations and cycles moves only by the weights: row by row by a quadratic form in the covariance
    matrix of the weights, whose entries sum to zero and whose trace is V.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(mean_variance_factor(EpBeta.preserving_symmetric(1.0), 10, "permutation"), 12))
    0.05
    """
    n, pairing = check_scheme(law, n, pairing)
    rows = n if size is None else check_integer("size", size, low=1)
    if pairing in ("independent", "distinct"):
        return point_variance_factor(law, n, pairing) / rows
    if rows != n:
        raise ValueError(f"size must be n = {n} for pairing {pairing!r}, which gives every row its turn, got {rows}")
    if pairing == "shared":
        return 0.0
    if pairing == "anchored":
        return within_row_factor(law, n) / n
    return deviation_scale(n, pairing) * plain(np.sum(law.weight_variances, axis=-1)) / n


def batch_variance_factor(law: MixingLaw, n: int, pairing: str = "independent") -> Real:
    r"""Factor per generation: expected sample variance of a batch of n synthetic rows over that of the data.

    .. math:: (1 - 2 r)(1 - \tfrac1n), \quad \tfrac{n-1}{n} - 2 r, \quad 1 - 2 r \tfrac{n}{n-1} - \tfrac{c_W}{n}, \quad
              1 - 2 r - \tfrac{V}{n}, \quad 1 - 2 r \tfrac{n}{n-1} - \tfrac{V}{n-1}, \quad 1 - 2 r

    for independent, distinct, anchored, permutation, derangement and shared, symbols as in `mean_variance_factor`. All
    follow from one identity: the expected plug-in variance of a batch is the variance of a row minus the variance of
    the batch mean. The same factor multiplies the covariance matrix.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n : int
        Rows of the data and of the batch, at least 2.
    pairing : str
        One of `PAIRINGS`.

    Raises
    ------
    ValueError
        If n is below 2, the pairing is unknown, or it needs more rows than n for the parents of the law.

    Notes
    -----
    Note 01, section 4 [D] (two parents) and note 02, C8 and C11 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(batch_variance_factor(Beta(1.0, 1.0), 10, "distinct"), 12))
    0.566666666667
    """
    return point_variance_factor(law, n, pairing) - mean_variance_factor(law, n, pairing)


def batch_variance(law: MixingLaw, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Sample variance (divisor n - 1) of a batch of n synthetic rows, expected given the data.

    Parameters, errors and source as for `point_variance` and `batch_variance_factor`.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(batch_variance(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "independent"), 6))
    6.773333
    """
    x = check_matrix("data", data, ndim=1, min_rows=2)
    return batch_variance_factor(law, x.size, pairing) * float(np.var(x, ddof=1))


def generation_variance_factor(law: MixingLaw, n: int, pairing: str, generations: int) -> Real:
    r"""E s_t^2 / s_0^2 after t generations of n rows: the t-th power of `batch_variance_factor`.

    Parameters and errors as for `generation_mean_variance`. Note 01, section 4 [D] (two parents) and note 02,
    C11 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(generation_variance_factor(EpBeta.preserving_symmetric(1.0), 10, "independent", 5), 6))
    0.59049
    """
    return batch_variance_factor(law, n, pairing) ** check_integer("generations", generations, low=0)


def generation_mean_variance(law: MixingLaw, n: int, pairing: str, generations: int, variance: ArrayLike = 1.0) -> Real:
    r"""Variance of the sample mean of generation t over data and mixing, for n iid rows of variance sigma^2 at t = 0.

    .. math:: Var(\bar x_t) = \frac{\sigma^2}{n} \Big[1 + (n - 1) c \sum_{s < t} f^s\Big]

    with f the `batch_variance_factor` and c the `mean_variance_factor`; independent pairs:
    (sigma^2 / n)(1 - f^{t+1}) / (1 - f).

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n, pairing, generations
        Rows of every generation (at least 2), one of `PAIRINGS`, number of generations.
    variance : array_like
        Population variance sigma^2.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Section 4 [D]: derived in this project (the means are a martingale, so variances of increments add up).

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(generation_mean_variance(EpBeta.preserving_symmetric(1.0), 10, "independent", 5), 6))
    0.468559
    """
    t = check_integer("generations", generations, low=0)
    sigma2 = check_reals("variance", variance, low=0, closed="left")
    of_mean = mean_variance_factor(law, n, pairing)
    survived: Real = sum((generation_variance_factor(law, n, pairing, s) for s in range(t)), start=0.0)
    return sigma2 / n * (1 + (n - 1) * of_mean * survived)


def naive_coverage(law: MixingLaw, pairing: str = "independent", level: float = 0.95) -> Real:
    r"""Asymptotic coverage of mu by the usual interval computed from one synthetic batch as large as the data.

    .. math:: 2 \Phi\big(z \sqrt{A_2 / (1 + c)}\big) - 1, \qquad A_2 = E \sum_t w_t^2 = 1 - 2 r,

    where sigma^2 c / n is the variance of the batch mean given the data: c = A_2 for independent and distinct parents,
    A_2 - (E w_1)^2 for anchored rows, sum_t Var w_t for permutations or a cycle, and 0 for shared weights. The interval
    believes in sigma^2 A_2 / n; the truth is sigma^2 (1 + c) / n.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    pairing : str
        One of `PAIRINGS`.
    level : float
        Nominal level in (0, 1).

    Raises
    ------
    ValueError
        If the pairing is unknown or the level is outside (0, 1).

    Notes
    -----
    Note 01, section 4 [D] (two parents): derived in this project; leading order as n grows and the law stays.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(naive_coverage(Beta(1.0, 1.0)), 4))
    0.7849
    """
    check_law(law)
    check_choice("pairing", pairing, PAIRINGS)
    z = ndtri((1 + check_real("level", level, low=0, high=1)) / 2)
    of_weights = np.sum(law.weight_variances, axis=-1)
    anchored = law.variance_factor - law.weight_means[..., 0] ** 2
    spread = {"permutation": of_weights, "derangement": of_weights, "shared": 0.0, "anchored": anchored}
    return 2 * plain(ndtr(z * np.sqrt(law.variance_factor / (1 + spread.get(pairing, law.variance_factor))))) - 1


def neutral_r(n: int, pairing: str = "independent", mean: float = 0.5) -> float:
    r"""Value of r at which E s^2 stays constant over generations of n rows.

    .. math:: -\frac{1}{2 (n - 1)}, \quad -\frac{1}{2 n}, \quad -\frac{(1 - m)(n (1 + m) - 2)}{2 (n - 1)^2}, \quad
              -\frac{m (1 - m)}{n - 1}, \quad -\frac{m (1 - m)}{n - 1}, \quad 0

    for independent, distinct, anchored, permutation, derangement and shared, with the mean m of the first weight. The
    forms for permutation and derangement are those of two parents, where v = m (1 - m) - r; the others hold for any
    number of parents.

    Parameters
    ----------
    n, pairing
        Rows of every generation (at least 2), one of `PAIRINGS`.
    mean : float
        Mean of the first weight (of lambda), in (0, 1).

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Note 01, section 4 [D], and for anchored rows from C8 of note 02 [derived]: derived in this project.

    Examples
    --------
    >>> neutral_r(10, "distinct")
    -0.05
    """
    n = check_integer("n", n, low=2)
    check_choice("pairing", pairing, PAIRINGS)
    m = check_real("mean", mean, low=0, high=1)
    if pairing == "independent":
        return -1 / (2 * (n - 1))
    if pairing == "distinct":
        return -1 / (2 * n)
    if pairing == "anchored":
        return -(1 - m) * (n * (1 + m) - 2) / (2 * (n - 1) ** 2)
    if pairing == "shared":
        return 0.0
    return -m * (1 - m) / (n - 1)


def compensated_eps(alpha: float, r: float) -> float:
    r"""Expansion eps0 = eps1 = eps that gives the symmetric law EpBeta(alpha, alpha; eps, eps) a wanted r.

    .. math:: (1 + 2 \epsilon)^2 = (1 - 4 r)(2 \alpha + 1).

    With r from `neutral_r` this law keeps the expected variance of a finite table over generations.

    Raises
    ------
    ValueError
        If alpha is not positive or no eps >= 0 gives this r, which needs r <= alpha / (2 (2 alpha + 1)).

    Notes
    -----
    Section 4 [D]: derived in this project.

    Examples
    --------
    >>> round(compensated_eps(1.0, neutral_r(10, "independent")), 4)
    0.4574
    """
    a = check_real("alpha", alpha, low=0)
    squared_width = (1 - 4 * check_real("r", r)) * (2 * a + 1)
    if squared_width < 1:
        raise ValueError(f"r must be <= alpha / (2 (2 alpha + 1)) = {a / (4 * a + 2):g} for eps >= 0, got {r!r}")
    return float((np.sqrt(squared_width) - 1) / 2)
