r"""Restoring the covariance: synthetic rows stretched about the mean of their data, or about the true mean.

A batch of n rows is mixed and every synthetic row is moved away from a centre by a factor. About the mean of the batch
the factor must be the one of the rows given the data; the factor of the population, 1 / sqrt(A_2), is right only about
the true mean. Stretched rows may leave the convex hull of the data, and labels stretched with them the simplex; higher
cumulants stay as small as mixing made them relative to the variance.

C12 of note 02 [derived]: derived in this project.
"""

from __future__ import annotations

import numpy as np

from mixtheory._validation import shown
from mixtheory.mixing.laws import MixingLaw, Real, check_law, plain
from mixtheory.mixing.points import point_variance_factor

__all__ = ["batch_scale", "known_mean_scale", "naive_rescaled_factor"]

# a factor below this is the rounding error of rows that are all the mean of the batch
_ROUNDING = 1e-12


def batch_scale(law: MixingLaw, n: int, pairing: str = "distinct") -> Real:
    r"""Scale about the batch mean that restores the covariance: given the data exactly S_b, and so Sigma overall.

    .. math:: \bar x + c_B^{-1/2} (\tilde x - \bar x), \qquad c_B = \frac{n A_2 - 1}{n - 1}, \quad A_2 = E\sum_t w_t^2,

    for parents that differ, where S_b is the covariance of the batch (divisor n) and c_B the `point_variance_factor`;
    for independent parents 1 / sqrt(A_2). For anchored rows this holds for a row of the batch taken at random.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    n : int
        Rows of the batch, at least 2.
    pairing : str
        One of `PAIRINGS`.

    Raises
    ------
    ValueError
        If `point_variance_factor` does, or if every row is the batch mean (equal weights on all rows).

    Notes
    -----
    Note 02, C12 [derived]: derived in this project. Cov(x) = Sigma / n + (1 - 1/n) Sigma, where the first term is the
    covariance of the batch mean and E S_b = (1 - 1/n) Sigma.

    Examples
    --------
    >>> from mixtheory.mixing.dirichlet import Dirichlet
    >>> float(round(batch_scale(Dirichlet(1.0, 5), 5), 6))
    2.44949
    """
    factor = point_variance_factor(law, n, pairing)
    if np.any(np.less(factor, _ROUNDING)):
        raise ValueError(f"law must not make every row the mean of the {shown(n)} rows, got {law!r}")
    return plain(1 / np.sqrt(factor))


def known_mean_scale(law: MixingLaw) -> Real:
    r"""Scale about the true mean mu that restores the covariance: mu + (x~ - mu) / sqrt(A_2), A_2 = E sum_t w_t^2.

    Notes
    -----
    Note 02, C12 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(known_mean_scale(Beta(1.0, 1.0)), 6))
    1.224745
    """
    check_law(law)
    return plain(1 / np.sqrt(law.variance_factor))


def naive_rescaled_factor(law: MixingLaw, n: int, pairing: str = "distinct") -> Real:
    r"""Covariance over Sigma of rows stretched about the *batch* mean by the scale 1 / sqrt(A_2) of the true mean.

    .. math:: \frac1n + \Big(1 - \frac1n\Big) \frac{c}{A_2}, \qquad \text{parents that differ: }
              1 - \frac1n \Big(\frac{1}{A_2} - 1\Big),

    with c the `point_variance_factor`. Independent parents, which may meet themselves, have c = A_2: there the mistake
    is none. For n iid rows of variance Sigma.

    Parameters and errors as for `point_variance_factor`. Note 02, C12 [derived]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.dirichlet import Dirichlet
    >>> float(round(naive_rescaled_factor(Dirichlet(1.0, 5), 5), 12))
    0.6
    """
    given_data = point_variance_factor(law, n, pairing)
    return 1 / n + (1 - 1 / n) * given_data / law.variance_factor
