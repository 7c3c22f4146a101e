r"""Identities of labels (T10 of the note): every formula against complete enumeration, with two columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mixtheory.mixing import labels, moments
from mixtheory.mixing.claims import enumeration, oracles
from mixtheory.mixing.claims.enumeration import ASYMMETRIC, Law
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.classes import Classes
from mixtheory.mixing.weights import EpBeta
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

PROPORTIONS = (0.5, 0.3, 0.2)
MEANS = np.array([[0.0, 1.0], [2.0, -1.0], [5.0, 0.5]])
ROOTS = np.array([[[1.0, 0.0], [0.3, 0.5]], [[0.5, 0.0], [-0.2, 0.7]], [[2.0, 0.0], [1.0, 1.0]]])
LAWS: tuple[Law, ...] = (ASYMMETRIC, (1.0, 2.5, 0.0, 0.0), (4.0, 1.5, 0.3, 0.1))
INSIDE: Law = (2.0, 3.0, 0.0, 0.0)
WHERE = "three classes with unequal probabilities, two columns; complete enumeration of parents and members"


def _classes() -> Classes:
    return Classes(PROPORTIONS, MEANS, ROOTS @ ROOTS.transpose(0, 2, 1))


def _records(
    law: Law | tuple[Law, ...], rule: str = "first_parent", *, same_class: bool = False
) -> enumeration.Labelled:
    return enumeration.labelled_records(
        enumeration.class_atoms(PROPORTIONS, MEANS, ROOTS), law, rule, same_class=same_class
    )


def _covariances(records: enumeration.Labelled) -> list[Array]:
    return [records.of_class(k).covariance for k in range(3)]


def _third(k: int) -> float:
    """Return the third central moment of a mix of two members of a skewed class of three atoms, by enumeration."""
    values, mass = np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.3, 0.2])
    return enumeration.moments(*enumeration.mix_population(values, mass, LAWS[k]))[2]


def _skewed() -> float:
    return enumeration.moments(np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.3, 0.2]))[2]


SAME_CLASS = identity(
    "mixing.labels.same_class",
    "Pairs of one class: class means stay, class covariances and third moments scale by its own law.",
    r"\mathrm{Cov}(\tilde X\mid k)=\rho_k\Sigma_k,\quad\mathrm{Cov}(\tilde X)=\sum_k\pi_k\rho_k\Sigma_k+B",
    f"{WHERE}; one law a class",
    derived("T10(a)"),
    [
        ("class means", lambda: _classes().means, lambda: [r.mean for r in _same_class_parts()]),
        (
            "class covariances",
            lambda: labels.same_class_covariances([EpBeta(*law) for law in LAWS], _classes()),
            lambda: _covariances(_records(LAWS, same_class=True)),
        ),
        (
            "pooled covariance",
            lambda: labels.pooled_covariance([EpBeta(*law) for law in LAWS], _classes()),
            lambda: _records(LAWS, same_class=True).covariance,
        ),
        (
            "pooled covariance, one law",
            lambda: labels.pooled_covariance(EpBeta(*ASYMMETRIC), _classes()),
            lambda: _records(ASYMMETRIC, same_class=True).covariance,
        ),
        (
            "third moment in each class",
            lambda: [moments.third_central_moment(EpBeta(*law), _skewed()) for law in LAWS],
            lambda: [_third(k) for k in range(3)],
        ),
    ],
    [FormulaMutant("pairs across classes", lambda: [None, None, None, _records(ASYMMETRIC).covariance, None])],
)


def _same_class_parts() -> list[enumeration.Labelled]:
    records = _records(LAWS, same_class=True)
    return [records.of_class(k) for k in range(3)]


def _pure(records: enumeration.Labelled) -> list[float]:
    return [float(records.mass @ (np.abs(records.soft[:, k] - 1) < 1e-9)) for k in range(3)]


SOFT = identity(
    "mixing.labels.soft",
    "Soft labels of pairs across classes: mean, covariance, covariance with the record, pure labels, entries outside.",
    r"\mathbb{E}\tilde y=\pi,\quad\mathrm{Cov}(\tilde y)=\rho(\mathrm{diag}\,\pi-\pi\pi'),\quad"
    r"\mathrm{Cov}(\tilde x,\tilde y)=\rho\,\mathrm{Cov}(x,y)",
    f"{WHERE}; EpBeta(2, 3; 0.15, 0.4)",
    derived("T10(b)"),
    [
        (
            "mean",
            lambda: labels.soft_label_mean(EpBeta(*ASYMMETRIC), PROPORTIONS),
            lambda: _records(ASYMMETRIC).mass @ _records(ASYMMETRIC).soft,
        ),
        (
            "covariance",
            lambda: labels.soft_label_covariance(EpBeta(*ASYMMETRIC), PROPORTIONS),
            lambda: _cross(lambda r: (r.soft, r.soft)),
        ),
        (
            "covariance with the record",
            lambda: labels.soft_label_cross_covariance(EpBeta(*ASYMMETRIC), _classes()),
            lambda: _cross(lambda r: (r.value, r.soft)),
        ),
        ("pure labels", lambda: labels.soft_label_pure(PROPORTIONS), lambda: _pure(_records(ASYMMETRIC))),
        (
            "outside",
            lambda: labels.soft_label_outside(EpBeta(*ASYMMETRIC), PROPORTIONS),
            lambda: (1 - sum(_pure(_records(ASYMMETRIC)))) * _outside(ASYMMETRIC),
        ),
    ],
    [
        FormulaMutant(
            "population moments",
            lambda: [None, np.diag(PROPORTIONS) - np.outer(PROPORTIONS, PROPORTIONS), None, None, None],
        ),
        FormulaMutant("P(lambda outside)", lambda: [None, None, None, None, _outside(ASYMMETRIC)]),
    ],
)


def _cross(columns: Callable[[enumeration.Labelled], tuple[Array, Array]]) -> Array:
    records = _records(ASYMMETRIC)
    return enumeration.covariance(*columns(records), records.mass)


def _outside(law: Law) -> float:
    return oracles.expectation(lambda w: float(w < 0 or w > 1), law)


# A rule with its law: "bernoulli" needs weights in [0, 1], the enumeration of "larger_weight" integer shapes.
RULES: tuple[tuple[str, Law], ...] = (
    ("first_parent", ASYMMETRIC),
    ("bernoulli", INSIDE),
    ("larger_weight", ASYMMETRIC),
)


def _by_rule(function: Callable[[labels.OwnerWeight], Any]) -> Callable[[], list[Any]]:
    return lambda: [function(labels.owner_weight(EpBeta(*law), rule)) for rule, law in RULES]


def _enumerated(function: Callable[[enumeration.Labelled], Any]) -> Callable[[], list[Any]]:
    return lambda: [function(_records(law, rule)) for rule, law in RULES]


def _within() -> Array:
    return np.asarray(sum(p * root @ root.T for p, root in zip(PROPORTIONS, ROOTS, strict=True)))


def _excess(records: enumeration.Labelled) -> Array:
    averaged = sum(p * c for p, c in zip(PROPORTIONS, _covariances(records), strict=True))
    return np.asarray(averaged - _within())


HARD = identity(
    "mixing.labels.hard",
    "Hard labels copied by a rule that looks at the weight alone: probabilities, means and covariances of the classes.",
    r"P(\tilde y=k)=\pi_k,\quad\mathbb{E}[\tilde X\mid k]=\mu+\mathbb{E}\omega\,d_k,\quad"
    r"\mathrm{Cov}(\tilde X\mid k)=\mathbb{E}\omega^2\Sigma_k+\mathbb{E}(1-\omega)^2\Sigma_T"
    r"+\mathrm{Var}(\omega)\,d_kd_k'",
    f"{WHERE}; rules first parent, Bernoulli and larger weight",
    derived("T10(c)"),
    [
        (
            "class probabilities",
            _by_rule(lambda omega: _classes().probabilities),
            _enumerated(lambda r: [r.of_class(k).mass.sum() for k in range(3)]),
        ),
        (
            "class means",
            _by_rule(lambda omega: labels.hard_label_class_means(omega, _classes())),
            _enumerated(lambda r: [r.of_class(k).mean for k in range(3)]),
        ),
        (
            "class covariances",
            _by_rule(lambda omega: labels.hard_label_class_covariances(omega, _classes())),
            _enumerated(_covariances),
        ),
        ("excess", _by_rule(lambda omega: labels.hard_label_excess(omega, _classes())), _enumerated(_excess)),
    ],
    [
        FormulaMutant(
            "W in place of Sigma_T",
            lambda: [
                None,
                None,
                _by_rule(lambda w: w.second * _classes().covariances + w.other_second * _within())(),
                None,
            ],
        ),
        FormulaMutant("class means kept", lambda: [None, [MEANS] * 3, None, None]),
    ],
)


def _weights_of_owner() -> list[list[float]]:
    """Return E omega and E omega^2 of the three rules, of the last one by quadrature."""
    larger = [
        oracles.expectation(lambda w: max(w, 1 - w), (2.5, 0.8, 0.15, 0.4)),
        oracles.expectation(lambda w: max(w, 1 - w) ** 2, (2.5, 0.8, 0.15, 0.4)),
    ]
    first = [oracles.mixed_moment(k, 0, ASYMMETRIC) for k in (1, 2)]
    return [first, [oracles.power_sum(k, INSIDE) for k in (2, 3)], larger]


def _owner_weights() -> list[list[float]]:
    larger = labels.owner_weight(EpBeta(2.5, 0.8, 0.15, 0.4), "larger_weight")
    found = [labels.owner_weight(EpBeta(*law), rule) for rule, law in RULES[:2]] + [larger]
    return [[omega.mean, omega.second] for omega in found]


def _total() -> Array:
    centre = np.asarray(PROPORTIONS) @ MEANS
    return _within() + sum(p * np.outer(m - centre, m - centre) for p, m in zip(PROPORTIONS, MEANS, strict=True))


RIGIDITY = identity(
    "mixing.labels.hard.excess",
    "Moments of the owner's weight; where E omega = 1 the average class covariance grows by 2 Var(omega)(W + B).",
    r"\mathbb{E}\omega=1:\quad\sum_k\pi_k\mathrm{Cov}(\tilde X\mid k)-W=2\,\mathrm{Var}(\omega)(W+B)",
    f"{WHERE}; lambda uniform on (0, 2) for the excess",
    derived("T10(c)"),
    [
        ("weight of the owner", _owner_weights, _weights_of_owner),
        (
            "excess",
            lambda: labels.hard_label_excess(
                labels.owner_weight(EpBeta(1.0, 1.0, 0.0, 1.0), "first_parent"), _classes()
            ),
            # Var lambda = 1/3
            lambda: 2 / 3 * _total(),
        ),
    ],
    [
        FormulaMutant("Var(omega)(W + B)", lambda: [None, _total() / 3]),
        FormulaMutant("E omega = 1/2 for the larger weight", lambda: [[*_weights_of_owner()[:2], [0.5, 0.25]], None]),
    ],
)

POINTS = np.array([-0.3, -0.1, 0.0, 0.2, 0.5, 0.9, 1.0, 1.2, 1.5])


def _numeric_cdf(p: float, x: float) -> float:
    """Return P(mixed label <= x) over the four pairs of labels."""
    below = float(oracles.weight_cdf(np.array([x]), ASYMMETRIC)[0])
    mirrored = 1 - float(oracles.weight_cdf(np.array([1 - x]), ASYMMETRIC)[0])
    return (1 - p) ** 2 * (x >= 0) + p * (1 - p) * below + (1 - p) * p * mirrored + p**2 * (x >= 1)


NUMERIC = identity(
    "mixing.labels.numeric.law",
    "Law of a Bernoulli label that is mixed as a number: two atoms and the symmetrised law of the weight.",
    r"P(\tilde y\le x)=(1-p)^2 1(x\ge0)+p^2 1(x\ge1)+p(1-p)[F(x)+1-F(1-x)]",
    "p = 0.3; EpBeta(2, 3; 0.15, 0.4); enumeration of the pairs of labels",
    derived("T10(d)"),
    [
        (
            "distribution function",
            lambda: labels.binary_label_cdf(EpBeta(*ASYMMETRIC), 0.3, POINTS),
            lambda: [_numeric_cdf(0.3, float(x)) for x in POINTS],
        ),
        ("atoms", lambda: labels.binary_label_atoms(0.3), lambda: [0.7 * 0.7, 0.3 * 0.3]),
        (
            "above 1/2",
            lambda: labels.thresholded_label_mean(EpBeta(*ASYMMETRIC), 0.3),
            lambda: 1 - _numeric_cdf(0.3, 0.5),
        ),
    ],
    [FormulaMutant("atoms of the label", lambda: [None, [0.7, 0.3], None])],
)

CLAIMS: tuple[Claim, ...] = (SAME_CLASS, SOFT, HARD, RIGIDITY, NUMERIC)
