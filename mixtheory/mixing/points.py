r"""One synthetic row given the data: its central moments under every way to choose the parents.

Given n rows of data with plug-in variance S^2 (divisor n), a synthetic row is sum_t w_t x_{p_t} with the weights w of a
law of k parents. A pairing scheme says who the parents p_1, ..., p_k are:

- ``"independent"``: all parents of all rows independent and uniform, so a row meets itself with probability 1/n;
- ``"distinct"``: a uniformly ordered draw of k different rows for every synthetic row (the row law U of note 02);
- ``"anchored"``: row i is the first parent of synthetic row i, the others a uniformly ordered draw of different other
  rows (the row law R of note 02);
- ``"permutation"``: row i with rows pi_2(i), ..., pi_k(i) of independent uniform permutations, own weights a row;
- ``"derangement"``: the rows on one uniformly random cycle, parent t is t - 1 places after the first; weights as above;
- ``"shared"``: as ``"permutation"`` with one weight vector for the whole batch.

A row of a permutation, taken at random, has independent parents; one of a cycle or of an anchored batch has a uniformly
ordered draw of different rows.

Section 4 of note 01 and C7, C8 of note 02; every formula is derived in this project.
"""

from __future__ import annotations

from math import perm

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_integer, check_matrix
from mixtheory.mixing.laws import MixingLaw, Real, check_law
from mixtheory.mixing.moments import fourth_central_moment, third_central_moment

__all__ = [
    "DIFFERENT_PARENTS",
    "PAIRINGS",
    "check_parents",
    "check_scheme",
    "deviation_scale",
    "own_row_slope",
    "point_fourth_moment",
    "point_third_moment",
    "point_variance",
    "point_variance_factor",
    "within_row_factor",
]

PAIRINGS = ("independent", "distinct", "anchored", "permutation", "derangement", "shared")

DIFFERENT_PARENTS = ("distinct", "anchored", "derangement")
"""Schemes in which no row meets itself; they need as many rows as parents."""


def check_parents(law: MixingLaw, n: int, pairing: str) -> None:
    """Raise ValueError if parents that differ are asked for and there are more of them than rows."""
    if n < law.n_parents and pairing in DIFFERENT_PARENTS:
        raise ValueError(
            f"law {law!r} has {law.n_parents} parents: pairing {pairing!r} needs at least {law.n_parents} rows, got {n}"
        )


def check_scheme(law: MixingLaw, n: int, pairing: str) -> tuple[int, str]:
    """Return the number of rows and the pairing scheme, if the scheme can give every parent of the law a row."""
    check_law(law)
    n = check_integer("n", n, low=2)
    check_choice("pairing", pairing, PAIRINGS)
    check_parents(law, n, pairing)
    return n, pairing


def deviation_scale(n: int, pairing: str) -> float:
    """Return the factor on 1 - E sum w^2 when a row cannot meet itself.

    Two different rows have covariance -S^2 / (n - 1), two independent ones 0.
    """
    return n / (n - 1) if pairing in DIFFERENT_PARENTS else 1.0


def point_variance_factor(law: MixingLaw, n: int, pairing: str = "independent") -> Real:
    r"""Variance of one synthetic row given the data, divided by S^2.

    .. math:: A_2 \ \text{(independent, permutation, shared)}, \qquad
              \frac{n A_2 - 1}{n - 1} \ \text{(distinct, anchored, derangement)}, \qquad A_2 = E \sum_t w_t^2;

    two parents: 1 - 2 r and 1 - 2 r n / (n - 1). The same factor multiplies the plug-in covariance matrix. With the
    variance s^2 / n of the mean of the data, s^2 = S^2 n / (n - 1), the second form adds up to A_2 s^2.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n : int
        Rows of the data, at least 2.
    pairing : str
        One of `PAIRINGS`.

    Raises
    ------
    TypeError
        If `law` is no mixing law.
    ValueError
        If n is below 2, the pairing is unknown, or it needs more rows than n for the parents of the law.

    Notes
    -----
    Note 01, section 4 [D] (two parents) and note 02, C7 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.dirichlet import Dirichlet
    >>> float(round(point_variance_factor(Dirichlet(1.0, 5), 5, "distinct"), 12))
    0.166666666667
    """
    n, pairing = check_scheme(law, n, pairing)
    return 1.0 + deviation_scale(n, pairing) * (law.variance_factor - 1.0)


def _sample(data: ArrayLike) -> NDArray[np.float64]:
    """Return the centred sample of at least two rows."""
    x = check_matrix("data", data, ndim=1, min_rows=2)
    return x - np.mean(x)


def _moment(x: NDArray[np.float64], k: int) -> float:
    """Return the plug-in central moment of a centred sample."""
    return float(np.mean(x**k))


def point_variance(law: MixingLaw, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Variance of one synthetic row given the data: S^2 times `point_variance_factor`.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    data : array_like, shape (n,)
        At least two finite values.
    pairing : str
        One of `PAIRINGS`. Under ``"anchored"``, ``"permutation"``, ``"derangement"`` and ``"shared"`` the row is one of
        the batch taken at random.

    Raises
    ------
    ValueError
        If the data have fewer than two rows, are not finite or not one-dimensional, the pairing is unknown, or it needs
        more rows for the parents of the law.

    Notes
    -----
    Note 01, section 4 [D] (two parents) and note 02, C7 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_variance(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 6))
    5.926667
    """
    x = _sample(data)
    return point_variance_factor(law, x.size, pairing) * _moment(x, 2)


def point_third_moment(law: MixingLaw, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Third central moment of one synthetic row given the data.

    .. math:: A_3 \, m_3, \qquad \text{parents that differ: }
              \frac{n^2 A_3 - 3 n A_2 + 2}{(n - 1)(n - 2)} \, m_3, \qquad A_k = E \sum_t w_t^k;

    two parents: (1 - 3 r) m_3, with r n / (n - 1) for distinct pairs. Two rows have m_3 = 0.

    Parameters and errors as for `point_variance`. Note 01, section 4 [D] (two parents) and note 02, C7 [derived]:
    derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_third_moment(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 6))
    11.286
    """
    x = _sample(data)
    n, pairing = check_scheme(law, x.size, pairing)
    third = _moment(x, 3)
    if pairing not in DIFFERENT_PARENTS or n == 2:  # two rows have m_3 = 0
        return third_central_moment(law, third)
    return (n**2 * law.power_sum(3) - 3 * n * law.variance_factor + 2) / ((n - 1) * (n - 2)) * third


def point_fourth_moment(law: MixingLaw, data: ArrayLike, pairing: str = "independent") -> Real:
    r"""Fourth central moment of one synthetic row given the data.

    Independent parents: `fourth_central_moment` with the moments of the data. Parents that differ: with
    :math:`a_i = w_i - 1/n` (w_i = 0 for the rows that are not drawn), :math:`p_k = \sum_i a_i^k`,
    :math:`q_k = \sum_i (x_i - \bar x)^k` and the falling factorial :math:`(n)_k`,

    .. math:: E \Big[ \frac{p_4 q_4}{n} + \frac{4 p_4 q_4}{(n)_2} + \frac{3 (p_2^2 - p_4)(q_2^2 - q_4)}{(n)_2}
              + \frac{6 (2 p_4 - p_2^2)(2 q_4 - q_2^2)}{(n)_3}
              + \frac{(3 p_2^2 - 6 p_4)(3 q_2^2 - 6 q_4)}{(n)_4} \Big],

    without the terms of more rows than n; two parents: m_4 + c [(2 q_2 - 4 r) m_4 + 6 q_2 m_2^2] with c = n / (n - 1)
    and q_2 = E [lambda (1 - lambda)]^2.

    Parameters and errors as for `point_variance`. Note 01, section 4 [D] (two parents) and note 02, C7 [derived]:
    derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(point_fourth_moment(Beta(1.0, 1.0), [0, 1, 2, 4, 9], "distinct"), 4))
    88.9272
    """
    x = _sample(data)
    n, pairing = check_scheme(law, x.size, pairing)
    second, fourth = _moment(x, 2), _moment(x, 4)
    if pairing not in DIFFERENT_PARENTS:
        return fourth_central_moment(law, fourth, second)
    p4 = law.power_sum(4) - 4 * law.power_sum(3) / n + 6 * law.variance_factor / n**2 - 3 / n**3
    square = law.squared_norm_variance + (law.variance_factor - 1 / n) ** 2
    q4, q_square = n * fourth, (n * second) ** 2
    moment = p4 * q4 / n + (4 * p4 * q4 + 3 * (square - p4) * (q_square - q4)) / perm(n, 2)
    if n > 2:
        moment = moment + 6 * (2 * p4 - square) * (2 * q4 - q_square) / perm(n, 3)
    if n > 3:
        moment = moment + 9 * (square - 2 * p4) * (q_square - 2 * q4) / perm(n, 4)
    return moment


def own_row_slope(law: MixingLaw, n: int) -> Real:
    r"""Slope of an anchored row on its first parent given the data.

    .. math:: E[\tilde x_i \mid x] = \bar x + \rho (x_i - \bar x), \qquad \rho = \frac{n m_1 - 1}{n - 1}, \quad
              m_1 = E w_1.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n : int
        Rows of the data, at least 2 and at least the number of parents.

    Raises
    ------
    ValueError
        If n is too small.

    Notes
    -----
    Note 02, C8 [derived] for fixed weights: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.dirichlet import Dirichlet
    >>> float(round(own_row_slope(Dirichlet([3.0, 1.0, 1.0]), 5), 12))
    0.5
    """
    n, _ = check_scheme(law, n, "anchored")
    return (n * law.weight_means[..., 0] - 1) / (n - 1)


def within_row_factor(law: MixingLaw, n: int) -> Real:
    r"""Variance of an anchored row given the data about its own mean, averaged over rows and divided by S^2.

    .. math:: c_W = \frac{n}{n - 1} \Big[ A_2 - m_1^2 - \frac{(1 - m_1)^2}{n - 1} \Big], \qquad m_1 = E w_1,

    so that `point_variance_factor` is c_W plus the square of `own_row_slope`. Of the law of the first weight only its
    mean counts.

    Parameters, errors and source as for `own_row_slope`.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> float(round(within_row_factor(EpBeta.preserving_symmetric(1.0), 10), 12))
    0.802469135802
    """
    n, _ = check_scheme(law, n, "anchored")
    first = law.weight_means[..., 0]
    return n / (n - 1) * (law.variance_factor - first**2 - (1 - first) ** 2 / (n - 1))
