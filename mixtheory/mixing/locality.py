r"""How far a synthetic record lies from its dominant parent, and how much of its soft label is that parent's class.

The dominant parent is the one of the largest weight. Laws of the same covariance factor differ in both.

C9 and C10 of note 02 [derived]: derived in this project.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mixtheory.mixing.classes import check_probabilities
from mixtheory.mixing.laws import MixingLaw, Real, check_law

__all__ = ["displacement_factor", "dominant_label_mass"]


def displacement_factor(law: MixingLaw) -> Real:
    r"""Mean square distance of a record from its dominant parent, divided by the trace of the covariance.

    .. math:: \frac{E \|\tilde x - x_{dom}\|^2}{tr \Sigma} = 1 - 2 E \max_t w_t + E \sum_t w_t^2

    for independent records; two parents: 2 E min(lambda, 1 - lambda)^2. For rows given a batch of n rows with parents
    that differ, tr Sigma is that of the covariance with divisor n - 1.

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.

    Notes
    -----
    Note 02, C10 [derived]: derived in this project. The displacement is the weighted sum of records with the weights
    w_t, less one for the dominant parent; these sum to zero, and their squares to the factor.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(displacement_factor(Beta(1.0, 1.0)), 6))
    0.166667
    """
    check_law(law)
    return 1 - 2 * law.dominant_weight + law.variance_factor


def dominant_label_mass(law: MixingLaw, probabilities: ArrayLike) -> Real:
    r"""Mean mass of a soft label on the class of the dominant parent.

    .. math:: E \max_t w_t + (1 - E \max_t w_t) \sum_c p_c^2

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    probabilities : array_like, shape (k,)
        Proportions p_c of the classes.

    Raises
    ------
    ValueError
        If the probabilities are negative or do not sum to one.

    Notes
    -----
    Note 02, C9 [derived]: derived in this project; independent records.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> float(round(dominant_label_mass(Beta(1.0, 1.0), [0.5, 0.5]), 12))
    0.875
    """
    check_law(law)
    same_class = float(np.sum(check_probabilities(probabilities) ** 2))
    return law.dominant_weight + (1 - law.dominant_weight) * same_class
