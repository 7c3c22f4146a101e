r"""Claims about pairs of one class, soft labels and numeric labels (T10(a), (b) and (d) of the note)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.mixing import kernels, labels
from mixtheory.mixing.claims import enumeration, oracles
from mixtheory.mixing.claims.enumeration import ASYMMETRIC, UNIFORM, Law
from mixtheory.mixing.claims.labelled import (
    CENTRE,
    MEANS,
    PROPORTIONS,
    PUBLISHED,
    SDS,
    THREE,
    TILTED,
    WITHIN,
    Simulator,
    atoms,
    classes,
    largest_square,
    still,
)
from mixtheory.mixing.claims.parts import Array, derived
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.verification import (
    Claim,
    ClopperPearson,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
)

__all__ = ["CLAIMS"]

# Pairs of one class: C14 -------------------------------------------------------------------------------------------


def _pooled(same_class: bool) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(
            rng, n, PROPORTIONS, MEANS, SDS, *UNIFORM, same_class=same_class, draw=kernels.rademacher
        )
        return np.square(pairs.x - CENTRE)

    return simulate


POOLED = Claim(
    name="mixing.labels.same_class.pooled",
    statement="Pairs of one class shrink the within-class part of the covariance alone, so correlations change.",
    latex=r"\mathrm{Cov}(\tilde X)=\rho W+B",
    assumptions=f"{THREE}; classes drawn with their probabilities, lambda uniform on (0, 1)",
    source=derived("T10(a)", "C14"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="variance of all records",
            closed=lambda: labels.pooled_covariance(Beta.uniform(), classes())[0, 0],
            oracle=lambda: enumeration.labelled_records(atoms(), UNIFORM, "first_parent", same_class=True).covariance,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, largest_square(UNIFORM, CENTRE)),
        ),
    ),
    simulate=_pooled(True),
    mutants=(
        FormulaMutant("rho (W + B)", lambda: 2 / 3 * (WITHIN + float(np.dot(PROPORTIONS, (MEANS - CENTRE) ** 2)))),
        SimulatorMutant("pairs across classes", _pooled(False)),
    ),
)

CLASS_LAWS: tuple[Law, ...] = (UNIFORM, ASYMMETRIC, PUBLISHED)


def _class_squares(laws: tuple[Law, ...]) -> Simulator:
    """Return a simulator of class variances, a column each, with the known shares of the classes taken out."""
    numbers = [np.array(column) for column in zip(*laws, strict=True)]

    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(
            rng, n, PROPORTIONS, MEANS, SDS, *numbers, same_class=True, draw=kernels.rademacher
        )
        columns = [
            # E of the share is known, so a constant inside and outside of the brackets changes no mean
            (pairs.first == k) * ((pairs.x - MEANS[k]) ** 2 - SDS[k] ** 2) / share + SDS[k] ** 2
            for k, share in enumerate(PROPORTIONS)
        ]
        return np.stack(columns, axis=1)

    return simulate


def _class_bounds(k: int) -> EmpiricalBernstein:
    square, share = float(SDS[k] ** 2), PROPORTIONS[k]
    # the widest law of all, for the mutants
    largest = square * (1 + 2 * max(max(law[2:]) for law in CLASS_LAWS)) ** 2
    return EmpiricalBernstein(square * (1 - 1 / share) - 1e-9, square + (largest - square) / share + 1e-9)


SAME_CLASS = Claim(
    name="mixing.labels.same_class.variances",
    statement="Pairs of one class keep class means and scale each class covariance by the factor of its own law.",
    latex=r"\mathrm{Cov}(\tilde X\mid k)=\rho_k\Sigma_k",
    assumptions=f"{THREE}; laws Beta(1, 1), EpBeta(2, 3; 0.15, 0.4) and EpBeta(4.34, 1.33; 0.3, 0.3) by class",
    source=derived("T10(a)"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"class {k}",
            closed=lambda k=k: labels.same_class_covariances([EpBeta(*law) for law in CLASS_LAWS], classes())[k, 0, 0],  # type: ignore[misc]
            oracle=lambda k=k: (  # type: ignore[misc]
                enumeration.labelled_records(atoms(), CLASS_LAWS, "first_parent", same_class=True)
                .of_class(k)
                .covariance
            ),
            margin=Relative(0.01),
            interval=_class_bounds(k),
        )
        for k in range(3)
    ),
    simulate=_class_squares(CLASS_LAWS),
    mutants=(
        FormulaMutant("factor of the first law", lambda: [None, *(oracles.power_sum(2, UNIFORM) * SDS[1:] ** 2)]),
        SimulatorMutant("first law for all classes", _class_squares((UNIFORM,) * 3)),
        SimulatorMutant("laws of the next class", _class_squares((*CLASS_LAWS[1:], UNIFORM))),
    ),
)

# Soft labels: C14b, C20 --------------------------------------------------------------------------------------------


def _products(*, same_class: bool = False, swapped: bool = False) -> Simulator:
    """Return a simulator of (x~ - mu)(y~_k - pi_k), a column for each class.

    Members stay at the means of their classes, as they do not depend on the label, and each pair is mixed in both
    orders. Class 1 lies near the mean of all: from its column products of both classes are taken out, whose means are
    population moments. The other columns are left alone, so that a wrong pairing is seen.
    """
    pi, shifts = np.array(PROPORTIONS), MEANS - CENTRE

    def simulate(rng: Generator, n: int) -> Array:
        one = kernels.labelled_pairs(rng, n, PROPORTIONS, MEANS, SDS, *UNIFORM, same_class=same_class, draw=still)
        other = one._replace(x=MEANS[one.first] + MEANS[one.second] - one.x, first=one.second, second=one.first)
        mixed = np.zeros((n, 3))
        for pairs in (one, other):
            label = pairs._replace(weight=1 - pairs.weight) if swapped else pairs
            mixed += (pairs.x - CENTRE)[:, None] * (kernels.soft_labels(label, 3) - pi) / 2
        first, second = (one.first == 1) - pi[1], (one.second == 1) - pi[1]
        a, b = shifts[one.first], shifts[one.second]
        mixed[:, 1] -= (a * first + b * second - 2 * pi[1] * shifts[1]) / 3 + (a * second + b * first) / 6
        return mixed

    return simulate


SOFT = Claim(
    name="mixing.labels.soft.covariance",
    statement="Soft labels of pairs across classes keep their relation to the record, up to the common factor rho.",
    latex=r"\mathrm{Cov}(\tilde x,\tilde y)=\rho\,\mathrm{Cov}(x,y)",
    assumptions=f"{THREE}; lambda uniform on (0, 1)",
    source=derived("T10(b)", "C14b"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"covariance with the label of class {k}",
            closed=lambda k=k: labels.soft_label_cross_covariance(Beta.uniform(), classes())[0, k],  # type: ignore[misc]
            oracle=lambda k=k: _enumerated_soft(k),  # type: ignore[misc]
            margin=Relative(0.01),
            # |x~ - mu| <= 3.4, |y~ - pi| <= 0.8; what is taken out of class 1 leaves less than half of that
            interval=EmpiricalBernstein(*((-1.36, 1.36) if k == 1 else (-2.72, 2.72))),
        )
        for k in range(3)
    ),
    simulate=_products(),
    mutants=(
        FormulaMutant("rho forgotten", lambda: [p * (m - CENTRE) for p, m in zip(PROPORTIONS, MEANS, strict=True)]),
        SimulatorMutant("pairs of one class", _products(same_class=True)),
        SimulatorMutant("weights of the label swapped", _products(swapped=True)),
    ),
)


def _enumerated_soft(k: int) -> float:
    records = enumeration.labelled_records(atoms(), UNIFORM, "first_parent")
    return float(enumeration.covariance(records.value, records.soft, records.mass)[0, k])


TWO = (0.3, 0.7)


def _leaves(*, across: bool = False) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(rng, n, TWO, (0.0, 1.0), (0.0, 0.0), *PUBLISHED, draw=still)
        if across:
            pairs = pairs._replace(second=1 - pairs.first)
        soft = kernels.soft_labels(pairs, 2)[:, 0]
        return ((soft < 0) | (soft > 1)).astype(np.float64)

    return simulate


def _outside(law: Law) -> float:
    return oracles.expectation(lambda w: float(w < 0 or w > 1), law)


LEAVING = Claim(
    name="mixing.labels.soft.outside",
    statement="Entries of a soft label leave [0, 1] where the weight does and the parents' classes differ.",
    latex=r"P(\tilde y\notin[0,1]^K)=\bigl(1-\sum_k\pi_k^2\bigr)P(\lambda\notin[0,1])",
    assumptions="two classes with probabilities 0.3 and 0.7; EpBeta(4.34, 1.33; 0.3, 0.3)",
    source=derived("T10(b)", "C20"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="P(outside)",
            closed=lambda: labels.soft_label_outside(EpBeta(*PUBLISHED), TWO),
            oracle=lambda: 2 * TWO[0] * TWO[1] * _outside(PUBLISHED),
            margin=Relative(0.01),
            interval=ClopperPearson(),
        ),
    ),
    simulate=_leaves(),
    mutants=(
        FormulaMutant("P(lambda outside)", lambda: _outside(PUBLISHED)),
        SimulatorMutant("parents of different classes", _leaves(across=True)),
    ),
)

# A numeric label: T10(d) -------------------------------------------------------------------------------------------

P = 0.45


def _numeric(events: tuple[Callable[[Array], NDArray[np.bool_]], ...], *, same_class: bool = False) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(
            rng, n, (1 - P, P), (0.0, 1.0), (0.0, 0.0), *TILTED, same_class=same_class, draw=still
        )
        return np.stack([event(pairs.x) for event in events], axis=1).astype(np.float64)

    return simulate


EVENTS: tuple[Callable[[Array], NDArray[np.bool_]], ...] = (lambda x: x > 0.5, lambda x: x == 1, lambda x: x == 0)

NUMERIC = Claim(
    name="mixing.labels.numeric",
    statement="A Bernoulli label mixed as a number keeps atoms p^2 and (1 - p)^2; a threshold at 1/2 restores its law.",
    latex=r"P(\tilde y>\tfrac12)=p,\quad P(\tilde y=1)=p^2,\quad P(\tilde y=0)=(1-p)^2",
    assumptions="p = 0.45; EpBeta(1, 1; 0.15, 0.4)",
    source=derived("T10(d)"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(label=label, closed=closed, oracle=oracle, margin=Relative(0.01), interval=ClopperPearson())
        for label, closed, oracle in (
            ("above 1/2", lambda: labels.thresholded_label_mean(EpBeta(*TILTED), P), lambda: _above()),
            ("atom at 1", lambda: labels.binary_label_atoms(P)[1], lambda: math.fsum([P * P])),
            ("atom at 0", lambda: labels.binary_label_atoms(P)[0], lambda: 1 - math.fsum([P * P, 2 * P * (1 - P)])),
        )
    ),
    simulate=_numeric(EVENTS),
    mutants=(
        FormulaMutant("atoms of the label", lambda: [None, P, 1 - P]),
        SimulatorMutant("pairs of one class", _numeric(EVENTS, same_class=True)),
        SimulatorMutant("threshold at E lambda", _numeric((lambda x: x > 0.625, *EVENTS[1:]))),
    ),
)


def _above() -> float:
    """Return P(mixed label > 1/2): both are 1, or the parent that is 1 has the larger weight."""
    first = oracles.expectation(lambda w: float(w > 0.5), TILTED)
    return P * P + P * (1 - P) * (first + (1 - first))


CLAIMS: tuple[Claim, ...] = (POOLED, SAME_CLASS, SOFT, LEAVING, NUMERIC)
