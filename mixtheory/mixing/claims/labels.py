r"""Claims about hard labels of pairs across classes (T10(c) of the note); collects all claims about labels."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.mixing import kernels, labels
from mixtheory.mixing.claims import enumeration, label_identities, oracles, soft_labels
from mixtheory.mixing.claims.enumeration import UNIFORM, Law
from mixtheory.mixing.claims.labelled import (
    CENTRE,
    MEANS,
    PROPORTIONS,
    PUBLISHED,
    SDS,
    THREE,
    WITHIN,
    Simulator,
    atoms,
    classes,
    largest_square,
    squares,
    still,
    support,
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

CHUNK = 2**13
CLASS_COVARIANCE = (
    r"\mathrm{Cov}(\tilde X\mid k)=\mathbb{E}\omega^2\,\Sigma_k+\mathbb{E}(1-\omega)^2\,\Sigma_T"
    r"+\mathrm{Var}(\omega)\,d_kd_k'"
)
UNIT_MEAN: Law = (1.0, 1.0, 0.0, 1.0)


# Hard labels: C13, D5 -----------------------------------------------------------------------------------------------


@functools.cache
def _class_mean(law: Law, rule: str, label: int) -> float:
    return float(enumeration.labelled_records(atoms(), law, rule).of_class(label).mean[0])


def _class_variance(law: Law, rule: str, label: int) -> float:
    return float(enumeration.labelled_records(atoms(), law, rule).of_class(label).covariance[0, 0])


def _labelled(rng: Generator, n: int, law: Law, rule: str, label: int, same_class: bool) -> kernels.LabelledPairs:
    """Draw pairs until n of them carry the label."""
    found: list[kernels.LabelledPairs] = []
    count = 0
    while count < n:
        drawn = kernels.labelled_pairs(rng, CHUNK, PROPORTIONS, MEANS, SDS, *law, same_class=same_class, draw=still)
        chosen = kernels.hard_labels(rng, drawn, rule).label == label
        found.append(kernels.LabelledPairs(*(column[chosen] for column in drawn)))
        count += int(chosen.sum())
    return kernels.LabelledPairs(*(np.concatenate(column)[:n] for column in zip(*found, strict=True)))


def _class_values(law: Law, rule: str, label: int) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        return kernels.records_of_class(
            rng, n, label, PROPORTIONS, MEANS, SDS, *law, rule=rule, draw=kernels.rademacher
        )

    return simulate


def _class_squares(law: Law, rule: str, label: int, *, of: str = "", same_class: bool = False) -> Simulator:
    """Return squared distances from the enumerated class mean; `of` is another rule by which records get the label."""

    def simulate(rng: Generator, n: int) -> Array:
        return squares(_labelled(rng, n, law, of or rule, label, same_class), _class_mean(law, rule, label))

    return simulate


def _hard_claim(
    name: str,
    check: str,
    statement: str,
    latex: str,
    weights: str,
    component: Component,
    simulate: Simulator,
    *mutants: FormulaMutant | SimulatorMutant,
) -> Claim:
    return Claim(
        name=f"mixing.labels.hard.{name}",
        statement=statement,
        latex=latex,
        assumptions=f"{THREE}; independent parents from the whole population; {weights}",
        source=derived("T10(c)", check),
        kind="equality",
        margin_class="exact",
        components=(component,),
        simulate=simulate,
        mutants=mutants,
    )


HARD_MEAN = _hard_claim(
    "bernoulli.mean",
    "C13",
    "With hard labels of pairs across classes a class mean moves towards the mean of all records.",
    r"\mathbb{E}[\tilde X\mid k]=\mu+\mathbb{E}\omega\,d_k",
    "lambda uniform on (0, 1), label of the first parent with probability lambda",
    Component(
        label="mean of class 1",
        closed=lambda: labels.hard_label_class_means(labels.owner_weight(Beta.uniform(), "bernoulli"), classes())[1, 0],
        oracle=lambda: _class_mean(UNIFORM, "bernoulli", 1),
        # a quarter of the distance to the label of the first parent, and a little less
        margin=Relative(0.0085),
        interval=EmpiricalBernstein(*support(UNIFORM)),
    ),
    _class_values(UNIFORM, "bernoulli", 1),
    FormulaMutant("class mean kept", lambda: 2.0),
    SimulatorMutant("label of the first parent", _class_values(UNIFORM, "first_parent", 1)),
)

# The mean of class 1 under the published law and the label of the first parent.
FIRST_MEAN = CENTRE + oracles.mixed_moment(1, 0, PUBLISHED) * (float(MEANS[1]) - CENTRE)

FIRST_PARENT_VARIANCE = _hard_claim(
    "first_parent.variance",
    "C13",
    "The variance of a class with hard labels takes in that of all records, through the parent without a say.",
    CLASS_COVARIANCE,
    "EpBeta(4.34, 1.33; 0.3, 0.3), label of the first parent",
    Component(
        label="variance of class 1",
        closed=lambda: labels.hard_label_class_covariances(
            labels.owner_weight(EpBeta(*PUBLISHED), "first_parent"), classes()
        )[1, 0, 0],
        oracle=lambda: _class_variance(PUBLISHED, "first_parent", 1),
        margin=Relative(0.01),
        interval=EmpiricalBernstein(0.0, largest_square(PUBLISHED, FIRST_MEAN)),
    ),
    _class_squares(PUBLISHED, "first_parent", 1),
    FormulaMutant("W in place of Sigma_T", lambda: _without_between(PUBLISHED, "first_parent", 1)),
    SimulatorMutant("pairs of one class", _class_squares(PUBLISHED, "first_parent", 1, same_class=True)),
    SimulatorMutant("label of the larger weight", _class_squares(PUBLISHED, "first_parent", 1, of="larger_weight")),
)

BERNOULLI_VARIANCE = _hard_claim(
    "bernoulli.variance",
    "D5",
    "The variance of an outlying class with hard labels also grows by the spread of the owner's weight.",
    CLASS_COVARIANCE,
    "lambda uniform on (0, 1), label of the first parent with probability lambda",
    Component(
        label="variance of class 2",
        closed=lambda: labels.hard_label_class_covariances(labels.owner_weight(Beta.uniform(), "bernoulli"), classes())[
            2, 0, 0
        ],
        oracle=lambda: _class_variance(UNIFORM, "bernoulli", 2),
        margin=Relative(0.01),
        # the class mean lies within the range of the members
        interval=EmpiricalBernstein(0.0, (support(UNIFORM)[1] - support(UNIFORM)[0]) ** 2),
    ),
    _class_squares(UNIFORM, "bernoulli", 2),
    FormulaMutant(
        # Var(omega) = E omega^2 - (E omega)^2 = 1/2 - 4/9
        "no Var(omega) d d'",
        lambda: _class_variance(UNIFORM, "bernoulli", 2) - (1 / 2 - 4 / 9) * (MEANS[2] - CENTRE) ** 2,
    ),
    SimulatorMutant("label of the first parent", _class_squares(UNIFORM, "bernoulli", 2, of="first_parent")),
    SimulatorMutant("pairs of one class", _class_squares(UNIFORM, "bernoulli", 2, same_class=True)),
)


def _without_between(law: Law, rule: str, label: int) -> float:
    """Return the class variance less the between part of Sigma_T, for the first parent's label (omega = lambda)."""
    between = float(np.dot(PROPORTIONS, (MEANS - CENTRE) ** 2))
    return _class_variance(law, rule, label) - oracles.mixed_moment(0, 2, law) * between


def _excesses(law: Law, *, same_class: bool = False) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(rng, n, PROPORTIONS, MEANS, SDS, *law, same_class=same_class, draw=still)
        return squares(pairs, MEANS[pairs.first]) - WITHIN

    return simulate


def _enumerated_excess(law: Law) -> float:
    records = enumeration.labelled_records(atoms(), law, "first_parent")
    spread = [records.of_class(k).covariance[0, 0] for k in range(3)]
    return float(np.dot(PROPORTIONS, spread)) - WITHIN


RIGIDITY = _hard_claim(
    "rigidity",
    "",
    "Hard labels of pairs across classes that keep all class means inflate the average class variance.",
    r"\mathbb{E}\omega=1:\quad\sum_k\pi_k\mathrm{Cov}(\tilde X\mid k)-W=2\,\mathrm{Var}(\omega)(W+B)",
    "lambda uniform on (0, 2), label of the first parent",
    Component(
        label="excess of the average class variance",
        closed=lambda: labels.hard_label_excess(labels.owner_weight(EpBeta(*UNIT_MEAN), "first_parent"), classes())[
            0, 0
        ],
        oracle=lambda: _enumerated_excess(UNIT_MEAN),
        margin=Relative(0.01),
        interval=EmpiricalBernstein(-WITHIN, max(largest_square(UNIT_MEAN, float(mean)) for mean in MEANS)),
    ),
    _excesses(UNIT_MEAN),
    FormulaMutant("Var(omega) (W + B)", lambda: _enumerated_excess(UNIT_MEAN) / 2),
    SimulatorMutant("pairs of one class", _excesses(UNIT_MEAN, same_class=True)),
)


def _owners(rule: Callable[[Generator, kernels.LabelledPairs], list[NDArray[np.int64]]]) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        pairs = kernels.labelled_pairs(rng, n, PROPORTIONS, MEANS, SDS, *UNIFORM, draw=still)
        return np.stack([found == k for found in rule(rng, pairs) for k in (0, 1)], axis=1).astype(np.float64)

    return simulate


RULES = ("bernoulli", "larger_weight")

MARGINAL = Claim(
    name="mixing.labels.hard.marginal",
    statement="A hard label copied from the first parent with probability lambda, or from the parent of the larger "
    "weight, has exactly the class probabilities.",
    latex=r"P(\tilde y=k)=\pi_k,\quad k=0,1",
    assumptions=f"{THREE}; lambda uniform on (0, 1), independent parents; two rules that look at the weight alone",
    source=derived("T10(c)"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"{rule}, class {k}",
            closed=lambda k=k: classes().probabilities[k],  # type: ignore[misc]
            oracle=lambda rule=rule, k=k: (  # type: ignore[misc]
                enumeration.labelled_records(atoms(), UNIFORM, rule).of_class(k).mass.sum()
            ),
            margin=Relative(0.01),
            interval=ClopperPearson(),
        )
        for rule in RULES
        for k in (0, 1)
    ),
    simulate=_owners(lambda rng, pairs: [kernels.hard_labels(rng, pairs, rule).label for rule in RULES]),
    mutants=(
        FormulaMutant("equal shares", lambda: [1 / 3] * 4),
        SimulatorMutant("rule that looks at the classes", _owners(lambda rng, p: [np.minimum(p.first, p.second)] * 2)),
    ),
)

CLAIMS: tuple[Claim, ...] = (
    HARD_MEAN,
    FIRST_PARENT_VARIANCE,
    BERNOULLI_VARIANCE,
    RIGIDITY,
    MARGINAL,
    *soft_labels.CLAIMS,
    *label_identities.CLAIMS,
)
