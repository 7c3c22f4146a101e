r"""Claims about soft labels and regression with many parents (C9 of note 02).

Members of the classes are integrated out, so that a record is what the classes of its parents make of it and every
statistic is bounded. The means are chosen so that the label of the first class has an almost unskewed regression.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import labels, locality, regression
from mixtheory.mixing.claims import enumeration, member_weights
from mixtheory.mixing.claims.member_weights import Atoms, Records, p_series
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import LAWS_TEXT, dominants, enumerated, from_note, theory
from mixtheory.mixing.classes import Classes
from mixtheory.mixing.kernels.zeta_batches import MixedClasses, mixed_classes
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
    StudentT,
)
from mixtheory.verification.functions import ratio

__all__ = ["CLAIMS"]

GAMMA, SIZE = 2.4, 16
WEIGHTS = p_series(GAMMA, SIZE)
SQUARES = float(np.sum(WEIGHTS**2))

PROPORTIONS = (0.4, 0.3, 0.3)
MEANS = np.array([0.0, 2.0, 3.0])
SDS = np.array([1.0, 0.5, 1.0])
CENTRE = float(np.dot(PROPORTIONS, MEANS))
THREE = "three classes with probabilities 0.4, 0.3, 0.3, means 0, 2, 3 and standard deviations 1, 0.5, 1"

# The class whose label is regressed on the record, and its population moments.
CLASS = 0
SHARE = PROPORTIONS[CLASS]
LABEL_VARIANCE = SHARE * (1 - SHARE)
COVARIANCE = SHARE * float(MEANS[CLASS] - CENTRE)
TOTAL = float(np.dot(PROPORTIONS, SDS**2 + (MEANS - CENTRE) ** 2))
SLOPE = COVARIANCE / TOTAL
RESIDUAL = LABEL_VARIANCE - COVARIANCE**2 / TOTAL


def _law() -> Zeta:
    return Zeta(GAMMA, SIZE)


def _three() -> Classes:
    return Classes(PROPORTIONS, MEANS, SDS**2)


# Independent parents: C9 ---------------------------------------------------------------------------------------------


def _records(label_of: Callable[[MixedClasses], Array], weights: Array = WEIGHTS) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn = mixed_classes(rng, n, PROPORTIONS, MEANS, SDS, weights)
        label = label_of(drawn)
        of_class, x = label[:, CLASS] - SHARE, drawn.x - CENTRE
        return np.stack(
            [
                of_class**2,
                of_class * x,
                x**2 + drawn.variance,
                (of_class - SLOPE * x) ** 2 + SLOPE**2 * drawn.variance,
                label[:, CLASS] * drawn.x / SHARE,
                label[np.arange(n), drawn.first],
            ],
            axis=1,
        )

    return simulate


def _hard(drawn: MixedClasses) -> Array:
    """Return the label of the first parent."""
    return np.asarray(np.eye(len(MEANS))[drawn.first])


def _first_class_mass() -> float:
    """Return the mass on the class of the first parent, from the probability that two parents share a class."""
    together = sum(p * q for i, p in enumerate(PROPORTIONS) for j, q in enumerate(PROPORTIONS) if i == j)
    return float(WEIGHTS[0] + np.sum(WEIGHTS[1:]) * together)


def _class_mean() -> float:
    """Return E[y x]/p over the pairs of parents: one parent with its own label, or two independent ones."""
    same = SQUARES * float(MEANS[CLASS])
    return same + (1 - SQUARES) * CENTRE


REGRESSION = Claim(
    name="mixing.zeta.labels.regression",
    statement="Soft labels of many parents: variance, covariance with the record and residual variance shrink by A_2, "
    "so the regression of the label on the record stays; class means move to the centre by A_2.",
    latex=r"\mathrm{Cov}(\hat y)=A_2(\mathrm{diag}\,p-pp'),\ \mathrm{Cov}(\hat y,\hat x)=A_2\mathrm{Cov}(y,x),\ "
    r"\hat\beta=\beta,\ \mathbb{E}[\hat y_c\hat x]/p_c=\mu+A_2(\mu_c-\mu),\ "
    r"\mathbb{E}\,\hat y_{c(1)}=w_1+(1-w_1)\textstyle\sum p_c^2",
    assumptions=f"{THREE}; gamma 2.4 and T = 16 independent parents; label of the first class",
    source=from_note("C9"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="variance of the label",
            closed=lambda: labels.soft_label_covariance(_law(), PROPORTIONS)[CLASS, CLASS],
            oracle=lambda: SQUARES * LABEL_VARIANCE,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, (1 - SHARE) ** 2 + 1e-9),
        ),
        Component(
            label="covariance",
            closed=lambda: labels.soft_label_cross_covariance(_law(), _three())[0, CLASS],
            oracle=lambda: SQUARES * COVARIANCE,
            margin=Relative(0.01),
            # label and record lie in [0, 1] and [0, 3], both centred
            interval=EmpiricalBernstein(-(1 - SHARE) * CENTRE - 1e-9, (1 - SHARE) * (3 - CENTRE) + 1e-9),
        ),
        Component(
            label="slope",
            closed=lambda: regression.mixed_ridge_slopes(
                _law(), _three().total, _three().probabilities[CLASS] * _three().shifts[CLASS]
            )[0],
            oracle=lambda: SLOPE,
            margin=Relative(0.01),
            interval=StudentT(0.3),
            columns=(1, 2),
            function=ratio,
        ),
        Component(
            label="residual variance",
            closed=lambda: regression.residual_variance_factor(_law()) * RESIDUAL,
            oracle=lambda: SQUARES * RESIDUAL,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, (1 + 3 * abs(SLOPE)) ** 2 + SLOPE**2),
            columns=3,
        ),
        Component(
            label="class mean",
            closed=lambda: labels.soft_label_class_means(_law(), _three())[CLASS, 0],
            oracle=_class_mean,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 3 / SHARE),
            columns=4,
        ),
        Component(
            label="mass on the class of the first parent",
            closed=lambda: locality.dominant_label_mass(_law(), PROPORTIONS),
            oracle=_first_class_mass,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0 + 1e-9),
            columns=5,
        ),
    ),
    simulate=_records(lambda drawn: drawn.soft),
    block_size=2**14,
    mutants=(
        FormulaMutant("unscaled", lambda: [LABEL_VARIANCE, COVARIANCE, None, RESIDUAL, float(MEANS[CLASS]), None]),
        FormulaMutant("A_2 times the slope", lambda: [None, None, SQUARES * SLOPE, None, None, None]),
        FormulaMutant("w_1 for the mass", lambda: [*[None] * 5, WEIGHTS[0]]),
        SimulatorMutant("label of the dominant parent", _records(_hard)),
        SimulatorMutant("gamma 2", _records(lambda drawn: drawn.soft, p_series(2.0, SIZE))),
    ),
)

# Identities ----------------------------------------------------------------------------------------------------------

PLANE = np.array([[0.0, 1.0], [2.0, -1.0], [5.0, 0.5]])
HALVES = np.array([[1.0, 0.3], [0.5, -0.2], [2.0, 1.0]])
RIDGE = 0.7


def _classes() -> Classes:
    return Classes(PROPORTIONS, PLANE, HALVES[:, :, None] * HALVES[:, None, :])


def _mixed(atoms: Atoms) -> Records:
    """Enumerate mixes of three classes whose members are two points each."""
    value = np.stack([PLANE - HALVES, PLANE + HALVES], axis=1).reshape(-1, 2)
    return member_weights.class_records(np.repeat(np.arange(3), 2), value, np.repeat(PROPORTIONS, 2) / 2, atoms)


def _joint(records: Records) -> tuple[Array, Array, Array]:
    """Return the covariances of the record, of the label, and of record and label."""
    return (
        enumeration.covariance(records.value, records.value, records.mass),
        enumeration.covariance(records.soft, records.soft, records.mass),
        enumeration.covariance(records.value, records.soft, records.mass),
    )


def _original() -> Records:
    """Return the population itself: one parent."""
    return _mixed(Atoms(np.ones((1, 1)), np.ones(1)))


def _ridge(records: Records, penalty: float) -> Array:
    """Minimise E|y - b_0 - B'x|^2 + penalty |B|^2 by least squares on the atoms with rows of the penalty below."""
    root = np.sqrt(records.mass)[:, None]
    design = np.concatenate([root, root * records.value], axis=1)
    below = np.sqrt(penalty) * np.eye(design.shape[1])[1:]
    target = np.concatenate([root * records.soft, np.zeros((len(below), records.soft.shape[1]))])
    return np.asarray(np.linalg.lstsq(np.concatenate([design, below]), target, rcond=None)[0][1:])


def _through_origin(records: Records, penalty: float) -> Array:
    """Minimise E|y - B'x|^2 + penalty |B|^2 in the same way."""
    root = np.sqrt(records.mass)[:, None]
    columns = records.value.shape[1]
    target = np.concatenate([root * records.soft, np.zeros((columns, records.soft.shape[1]))])
    design = np.concatenate([root * records.value, np.sqrt(penalty) * np.eye(columns)])
    return np.asarray(np.linalg.lstsq(design, target, rcond=None)[0])


def _residual(records: Records) -> float:
    """Return the residual variance of the label of one class."""
    value, label, cross = _joint(records)
    return float(label[CLASS, CLASS] - cross[:, CLASS] @ np.linalg.solve(value, cross[:, CLASS]))


def _weighted_means(records: Records) -> Array:
    shares = records.mass @ records.soft
    return np.asarray((records.mass[:, None] * records.soft).T @ records.value / shares[:, None])


def _moments() -> tuple[Array, Array]:
    """Return covariance and cross-covariance of the original pairs."""
    value, _, cross = _joint(_original())
    return value, cross


def _same_class() -> float:
    return float(np.sum(np.square(PROPORTIONS)))


WHERE = f"three classes of two-point members, two columns; {LAWS_TEXT}; complete enumeration of the parents"


def _by_law(function: Callable[[Records], Any]) -> Callable[[], list[Any]]:
    return enumerated(lambda atoms: function(_mixed(atoms)))


SOFT = identity(
    "mixing.zeta.labels.soft",
    "Soft labels and weighted class means of any number of parents, and the mass on the dominant parent's class.",
    r"\mathbb{E}\hat y=p,\ \mathrm{Cov}(\hat y)=A_2(\mathrm{diag}\,p-pp'),\ "
    r"\mathbb{E}[\hat y_c\hat x]/p_c=\mu+A_2(\mu_c-\mu)",
    WHERE,
    from_note("C9"),
    [
        (
            "mean",
            theory(lambda law: labels.soft_label_mean(law, PROPORTIONS)),
            _by_law(lambda records: records.mass @ records.soft),
        ),
        (
            "covariance",
            theory(lambda law: labels.soft_label_covariance(law, PROPORTIONS)),
            _by_law(lambda records: _joint(records)[1]),
        ),
        (
            "covariance with the record",
            theory(lambda law: labels.soft_label_cross_covariance(law, _classes())),
            _by_law(lambda records: _joint(records)[2]),
        ),
        (
            "class means",
            theory(lambda law: labels.soft_label_class_means(law, _classes())),
            _by_law(_weighted_means),
        ),
        (
            "mass on the dominant class",
            theory(lambda law: locality.dominant_label_mass(law, PROPORTIONS)),
            lambda: [top + (1 - top) * _same_class() for top in dominants()],
        ),
    ],
    [
        FormulaMutant(
            "unscaled", lambda: [None, [np.diag(PROPORTIONS) - np.outer(PROPORTIONS, PROPORTIONS)] * 4, *[None] * 3]
        ),
        FormulaMutant("mass of the largest weight", lambda: [*[None] * 4, dominants()]),
    ],
    rtol=1e-8,
)

RIDGES = identity(
    "mixing.zeta.labels.ridge",
    "Least squares on mixed pairs finds the original slopes, and ridge with penalty k those of penalty k / A_2, where "
    "the intercept is not penalised; without an intercept neither holds.",
    r"(A_2\Sigma+\kappa I)^{-1}A_2\mathrm{Cov}(x,y)=(\Sigma+\tfrac\kappa{A_2}I)^{-1}\mathrm{Cov}(x,y)",
    f"{WHERE}; penalty 0.7",
    from_note("C9"),
    [
        (
            "original slopes",
            lambda: [regression.ridge_slopes(*_moments()), regression.ridge_slopes(*_moments(), RIDGE)],
            lambda: [_ridge(_original(), 0.0), _ridge(_original(), RIDGE)],
        ),
        (
            "least squares",
            theory(lambda law: regression.mixed_ridge_slopes(law, *_moments())),
            _by_law(lambda records: _ridge(records, 0.0)),
        ),
        ("unchanged", lambda: regression.ridge_slopes(*_moments()), lambda: _ridge(_mixed(_two()), 0.0)),
        (
            "ridge",
            theory(lambda law: regression.mixed_ridge_slopes(law, *_moments(), RIDGE)),
            _by_law(lambda records: _ridge(records, RIDGE)),
        ),
        (
            "penalty on the original pairs",
            theory(lambda law: regression.ridge_slopes(*_moments(), float(regression.ridge_penalty(law, RIDGE)))),
            _by_law(lambda records: _ridge(records, RIDGE)),
        ),
        (
            "through the origin",
            theory(
                lambda law: [
                    regression.mixed_ridge_slopes_through_origin(law, *_moments(), _classes().mean, PROPORTIONS, k)
                    for k in (0.0, RIDGE)
                ]
            ),
            _by_law(lambda records: [_through_origin(records, k) for k in (0.0, RIDGE)]),
        ),
        (
            "through the origin, no penalty",
            theory(
                lambda law: regression.mixed_ridge_slopes_through_origin(law, *_moments(), _classes().mean, PROPORTIONS)
            ),
            _by_law(lambda records: _through_origin(records, 0.0)),
        ),
        (
            "residual variance",
            theory(lambda law: regression.residual_variance_factor(law) * _residual(_original())),
            _by_law(_residual),
        ),
    ],
    [
        FormulaMutant(
            "A_2 times the slopes",
            lambda: [None, enumerated(lambda atoms: _square(atoms) * _ridge(_original(), 0.0))(), *[None] * 6],
        ),
        FormulaMutant("ridge unchanged", lambda: [*[None] * 3, [_ridge(_original(), RIDGE)] * 4, *[None] * 4]),
        FormulaMutant(
            "k / A_2 without an intercept",
            lambda: [
                *[None] * 5,
                enumerated(lambda atoms: [_through_origin(_original(), k / _square(atoms)) for k in (0.0, RIDGE)])(),
                *[None] * 2,
            ],
        ),
    ],
    rtol=1e-8,
    atol=1e-11,
)


def _square(atoms: Atoms) -> float:
    return float(atoms.mass @ np.sum(atoms.vectors**2, axis=1))


def _two() -> Atoms:
    return member_weights.fixed(1.0, 2)


CLAIMS: tuple[Claim, ...] = (REGRESSION, SOFT, RIDGES)
