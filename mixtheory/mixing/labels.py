r"""Labels under mixing: same-class pairs, soft labels, hard labels by a rule, and a numeric label mixed as a feature.

Symbols are those of `classes`. T10 of the theory note; every formula is tagged [D]: derived in this project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_real, check_reals
from mixtheory.mixing.classes import Classes, check_probabilities
from mixtheory.mixing.laws import MixingLaw
from mixtheory.mixing.weights import EpBeta

__all__ = [
    "HARD_LABEL_RULES",
    "OwnerWeight",
    "binary_label_atoms",
    "binary_label_cdf",
    "hard_label_class_covariances",
    "hard_label_class_means",
    "hard_label_excess",
    "owner_weight",
    "pooled_covariance",
    "same_class_covariances",
    "soft_label_class_means",
    "soft_label_covariance",
    "soft_label_cross_covariance",
    "soft_label_mean",
    "soft_label_outside",
    "soft_label_pure",
    "thresholded_label_mean",
]

Array = NDArray[np.float64]

HARD_LABEL_RULES = ("first_parent", "bernoulli", "larger_weight")


def same_class_covariances(laws: MixingLaw | Sequence[MixingLaw], classes: Classes) -> Array:
    r"""Class covariances rho_k Sigma_k when both parents come from one class; class means stay.

    Parameters
    ----------
    laws : MixingLaw or sequence of MixingLaw
        One law for all classes or one for each class.
    classes : Classes

    Returns
    -------
    ndarray, shape (k, d, d)

    Raises
    ------
    ValueError
        If the number of laws is not the number of classes.

    Notes
    -----
    T10(a) [D]: derived in this project.
    """
    covariances = classes.covariances
    each = list(laws) if isinstance(laws, Sequence) else [laws] * len(covariances)
    if len(each) != len(covariances):
        raise ValueError(f"laws must be one law or {len(covariances)} laws, one a class, got {len(each)}")
    factors = np.array([law.variance_factor for law in each], dtype=np.float64)
    return np.asarray(factors[:, np.newaxis, np.newaxis] * covariances)


def pooled_covariance(laws: MixingLaw | Sequence[MixingLaw], classes: Classes) -> Array:
    r"""Covariance sum_k pi_k rho_k Sigma_k + B of all records under same-class pairs, classes drawn with pi.

    With one law this is rho W + B and not rho (W + B), so correlations change unless rho = 1.

    Parameters and errors as for `same_class_covariances`. T10(a) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.classes import Classes
    >>> from mixtheory.mixing.weights import Beta
    >>> classes = Classes([0.5, 0.3, 0.2], [0, 2, 5], [1, 0.25, 4])
    >>> pooled_covariance(Beta(1.0, 1.0), classes).round(6).tolist()
    [[4.556667]]
    """
    mixed = same_class_covariances(laws, classes)
    return classes.average(mixed) + classes.between


def soft_label_mean(law: MixingLaw, probabilities: ArrayLike) -> Array:
    r"""Mean pi = sum_t E w_t pi of the soft label sum_t w_t e_t (T10(b) [D], derived in this project)."""
    pi = check_probabilities(probabilities)
    return np.asarray(np.sum(law.weight_means, axis=-1, keepdims=True) * pi)


def soft_label_class_means(law: MixingLaw, classes: Classes) -> Array:
    r"""Class means mu + rho d_k of records weighted by their soft label.

    .. math:: E[\tilde y_k \tilde x] / \pi_k = \mu + E \sum_t w_t^2 \, (\mu_k - \mu)

    Parameters
    ----------
    law : MixingLaw
        Any number of parents.
    classes : Classes

    Returns
    -------
    ndarray, shape (k, d)

    Notes
    -----
    Note 02, C9 [derived]: derived in this project (`soft_label_cross_covariance` over pi_k, plus mu).

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> soft_label_class_means(Beta(1.0, 1.0), Classes([0.5, 0.5], [0, 2], [1, 1])).round(6).tolist()
    [[0.333333], [1.666667]]
    """
    return np.asarray(classes.mean + law.variance_factor * classes.shifts)


def soft_label_covariance(law: MixingLaw, probabilities: ArrayLike) -> Array:
    r"""Covariance rho (diag pi - pi pi') of the soft label.

    Parameters
    ----------
    law : MixingLaw
    probabilities : array_like, shape (k,)

    Returns
    -------
    ndarray, shape (k, k)

    Raises
    ------
    ValueError
        If the probabilities are negative or do not sum to one.

    Notes
    -----
    T10(b) [D]: derived in this project.
    """
    pi = check_probabilities(probabilities)
    return np.asarray(law.variance_factor * (np.diag(pi) - np.outer(pi, pi)))


def soft_label_cross_covariance(law: MixingLaw, classes: Classes) -> Array:
    r"""Cross-covariance rho Cov(x, y) of record and soft label, with Cov(x, y_k) = pi_k d_k.

    Returns
    -------
    ndarray, shape (d, k)

    Notes
    -----
    T10(b) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.classes import Classes
    >>> from mixtheory.mixing.weights import Beta
    >>> classes = Classes([0.5, 0.3, 0.2], [0, 2, 5], [1, 0.25, 4])
    >>> soft_label_cross_covariance(Beta(1.0, 1.0), classes).round(6).tolist()
    [[-0.533333, 0.08, 0.453333]]
    """
    return np.asarray(law.variance_factor * (classes.probabilities[:, np.newaxis] * classes.shifts).T)


def soft_label_pure(probabilities: ArrayLike) -> Array:
    r"""Probabilities pi_k^2 that a soft label is purely class k (T10(b) [D], derived in this project)."""
    return check_probabilities(probabilities) ** 2


def soft_label_outside(law: EpBeta, probabilities: ArrayLike) -> float:
    r"""Probability (1 - sum_k pi_k^2) P(lambda outside [0, 1]) that entries of a soft label leave [0, 1].

    Parameters
    ----------
    law : EpBeta
    probabilities : array_like, shape (k,)

    Raises
    ------
    ValueError
        If the probabilities are negative or do not sum to one.

    Notes
    -----
    T10(b) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(soft_label_outside(EpBeta(4.34, 1.33, 0.3, 0.3), [0.3, 0.7]), 6)
    0.196082
    """
    return float((1 - np.sum(soft_label_pure(probabilities))) * law.mass_outside())


@dataclass(frozen=True)
class OwnerWeight:
    """First two moments of omega, the weight of the parent that gives the label."""

    mean: float
    second: float

    @property
    def var(self) -> float:
        """Var omega."""
        return self.second - self.mean**2

    @property
    def other_second(self) -> float:
        """E (1 - omega)^2, for the parent that does not give the label."""
        return self.var + (1 - self.mean) ** 2


def owner_weight(law: EpBeta, rule: str) -> OwnerWeight:
    r"""Moments of the weight omega of the parent from which a hard label is copied.

    ``"first_parent"``: omega = lambda. ``"bernoulli"``: parent i with probability lambda, so E omega = rho and
    E omega^2 = E[lambda^3 + (1 - lambda)^3] = 1 - 3 r. ``"larger_weight"``: omega = max(lambda, 1 - lambda).

    Parameters
    ----------
    law : EpBeta
        Law with scalar parameters.
    rule : str
        One of `HARD_LABEL_RULES`.

    Raises
    ------
    ValueError
        If the rule is unknown, or is ``"bernoulli"`` and lambda can leave [0, 1].

    Notes
    -----
    T10(c) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import Beta
    >>> round(owner_weight(Beta(1.0, 1.0), "larger_weight").mean, 12)
    0.75
    """
    check_choice("rule", rule, HARD_LABEL_RULES)
    if rule == "first_parent":
        return OwnerWeight(float(law.mean), float(law.var + law.mean**2))
    if rule == "bernoulli":
        if law.mass_outside() > 0:
            raise ValueError("rule 'bernoulli' needs lambda in [0, 1], but this law has mass outside")
        return OwnerWeight(float(law.variance_factor), float(law.third_moment_factor))
    larger = float(law.dominant_weight)
    return OwnerWeight(larger, larger - float(law.r))


def hard_label_class_means(omega: OwnerWeight, classes: Classes) -> Array:
    r"""Class means mu + E(omega) d_k of records that carry a hard label; the label marginal is exactly pi.

    Parameters
    ----------
    omega : OwnerWeight
        From `owner_weight`.
    classes : Classes

    Returns
    -------
    ndarray, shape (k, d)

    Notes
    -----
    T10(c) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.classes import Classes
    >>> from mixtheory.mixing.weights import Beta
    >>> classes = Classes([0.5, 0.3, 0.2], [0, 2, 5], [1, 0.25, 4])
    >>> hard_label_class_means(owner_weight(Beta(1.0, 1.0), "bernoulli"), classes)[1].round(6).tolist()
    [1.866667]
    """
    return np.asarray(classes.mean + omega.mean * classes.shifts)


def hard_label_class_covariances(omega: OwnerWeight, classes: Classes) -> Array:
    r"""Class covariances of records that carry a hard label.

    .. math:: E \omega^2 \, \Sigma_k + E (1 - \omega)^2 \, \Sigma_T + Var(\omega) d_k d_k'.

    Parameters
    ----------
    omega : OwnerWeight
        From `owner_weight`.
    classes : Classes

    Returns
    -------
    ndarray, shape (k, d, d)

    Notes
    -----
    T10(c) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.classes import Classes
    >>> from mixtheory.mixing.weights import Beta
    >>> classes = Classes([0.5, 0.3, 0.2], [0, 2, 5], [1, 0.25, 4])
    >>> hard_label_class_covariances(owner_weight(Beta(1.0, 1.0), "bernoulli"), classes)[2].round(6).tolist()
    [[3.478056]]
    """
    own = omega.second * classes.covariances
    return own + omega.other_second * classes.total + omega.var * classes.shift_products


def hard_label_excess(omega: OwnerWeight, classes: Classes) -> Array:
    r"""Average class covariance under hard labels minus W; at E omega = 1 it is 2 Var(omega) (W + B).

    So hard labels of cross-class pairs that keep all class means (E omega = 1, where B != 0) inflate the average class
    covariance unless omega = 1 almost surely, which is copying.

    Parameters
    ----------
    omega : OwnerWeight
    classes : Classes

    Returns
    -------
    ndarray, shape (d, d)

    Notes
    -----
    T10(c), rigidity [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.classes import Classes
    >>> classes = Classes([0.5, 0.5], [-1, 1], [1, 1])
    >>> hard_label_excess(OwnerWeight(mean=1.0, second=1.25), classes).tolist()
    [[1.0]]
    """
    covariances = hard_label_class_covariances(omega, classes)
    return classes.average(covariances) - classes.within


def binary_label_atoms(p: float) -> tuple[float, float]:
    r"""Atoms (1 - p)^2 at 0 and p^2 at 1 of a mixed Bernoulli(p) label (T10(d) [D], derived in this project)."""
    p = check_real("p", p, low=0, high=1, closed="both")
    return (1 - p) ** 2, p**2


def binary_label_cdf(law: EpBeta, p: float, x: ArrayLike) -> Array:
    r"""Distribution function of a Bernoulli(p) label that is mixed as a number.

    .. math:: (1 - p)^2 1(x \ge 0) + p^2 1(x \ge 1) + p (1 - p) [F(x) + 1 - F(1 - x)],

    the last part being the law of lambda or of 1 - lambda, each with weight p (1 - p).

    Parameters
    ----------
    law : EpBeta
    p : float
        In [0, 1].
    x : array_like

    Raises
    ------
    ValueError
        If p is outside [0, 1] or x is not finite.

    Notes
    -----
    T10(d) [D]: derived in this project.
    """
    at_zero, at_one = binary_label_atoms(p)
    points = check_reals("x", x)
    mixed = (law.cdf(points) + 1 - law.cdf(1 - points)) / 2
    return np.asarray(at_zero * (points >= 0) + at_one * (points >= 1) + (1 - at_zero - at_one) * mixed)


def thresholded_label_mean(law: EpBeta, p: float) -> float:
    r"""P(mixed label > 1/2) = p: thresholding a mixed Bernoulli(p) label at 1/2 restores its law.

    Notes
    -----
    T10(d) [D]: derived in this project.

    Examples
    --------
    >>> from mixtheory.mixing.weights import EpBeta
    >>> round(thresholded_label_mean(EpBeta(4.34, 1.33, 0.3, 0.3), 0.3), 12)
    0.3
    """
    return float(1 - binary_label_cdf(law, p, 0.5))
