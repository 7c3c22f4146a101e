r"""Claims about rankings (section 6) that are simulated: pairs of rows, and fitted directions."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims.parts import Array, Simulate, derived
from mixtheory.imbalance.claims.ranking import (
    EXAMPLE,
    OTHER,
    SYNTHETIC_COV,
    SYNTHETIC_DELTA,
    area,
    augmented,
    mixed,
    slope,
    without_spread,
)
from mixtheory.imbalance.kernels.ranking import concordant_pairs, fitted_directions
from mixtheory.imbalance.models import ranking
from mixtheory.verification import (
    Claim,
    ClopperPearson,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Lower,
    Relative,
    SimulatorMutant,
    StudentT,
    extrapolation,
    ratio,
)

__all__ = ["CLAIMS"]

# Pairs of rows ----------------------------------------------------------------------------------------------------

COMPARED = (1 / 21, 0.5, 0.9)


def _pairs(covariance: Array = EXAMPLE[1]) -> Simulate:
    """Return whether the minority row of a pair scores higher, at each prior, and what p = 1/2 gains on the others."""
    directions = np.stack([slope(p, EXAMPLE) for p in COMPARED])

    def simulate(rng: Generator, n: int) -> Array:
        higher = concordant_pairs(rng, n, directions, EXAMPLE[0], covariance, EXAMPLE[2]).astype(np.float64)
        return np.column_stack([higher, higher[:, 1] - higher[:, 0], higher[:, 1] - higher[:, 2]])

    return simulate


def _gain(p: float) -> float:
    return ranking.auc_of_prior(0.5, *EXAMPLE) - ranking.auc_of_prior(p, *EXAMPLE)


PAIRS = Claim(
    name="imbalance.ranking.pairs",
    statement="The share of pairs in which the minority row scores higher is the AUC of the formula; the prior 1/2 is "
    "better than none and than over-balancing.",
    latex=r"P(w_p'X_1>w_p'X_0)=\mathrm{AUC}(p),\qquad\mathrm{AUC}(1/2)>\mathrm{AUC}(1/21),\ \mathrm{AUC}(9/10)",
    assumptions="normal classes, C0 = I, C1 = diag(1/4, 4), delta = (1, 1); p = 1/21, 1/2 and 0.9; gains of 0.02 and "
    "0.005 at least",
    source=derived("section 6", "11"),
    kind="difference",
    margin_class="qualitative",
    components=(
        *(
            Component(
                label=f"AUC at p = {p:.3g}",
                closed=lambda p=p: ranking.auc_of_prior(p, *EXAMPLE),  # type: ignore[misc]
                oracle=lambda p=p: area(slope(p, EXAMPLE), EXAMPLE),  # type: ignore[misc]
                oracle_rtol=1e-8,
                margin=Relative(0.01),
                interval=ClopperPearson(),
            )
            for p in COMPARED
        ),
        *(
            Component(
                label=f"gain on p = {p:.3g}",
                closed=lambda: 0.0,
                no_oracle="a bound; the AUC of each prior has an oracle",
                margin=margin,
                interval=EmpiricalBernstein(-1.0, 1.0),
                region=Lower(),
                expected=lambda p=p: _gain(p),  # type: ignore[misc]
            )
            for p, margin in ((1 / 21, 0.02), (0.9, 0.005))
        ),
    ),
    simulate=_pairs(),
    block_size=2**14,
    mutants=(
        SimulatorMutant("covariances of the classes alike", _pairs(EXAMPLE[0])),
        SimulatorMutant("minority of a larger variance", _pairs(np.diag([0.25, 16.0]))),
        FormulaMutant(
            "covariance of the mixture in the denominator",
            lambda: [*(mixed(p, EXAMPLE) for p in COMPARED), None, None],
        ),
    ),
)

# Fitted directions ------------------------------------------------------------------------------------------------

ROWS = (200, 800, 3200)


def _counts(n1: int) -> tuple[int, int, int]:
    return 3 * n1, n1, n1


def _fits(covariance: Array = OTHER[1], own: Array = SYNTHETIC_COV) -> Simulate:
    """Return both entries of fitted directions, of each number of rows."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for n1 in ROWS:
            n0, _, size = _counts(n1)
            fits = fitted_directions(
                rng,
                n,
                n0,
                n1,
                [size],
                OTHER[0],
                covariance,
                OTHER[2],
                cov_synthetic=own,
                delta_synthetic=SYNTHETIC_DELTA,
            )
            columns.append(fits[:, 0] * sum(_counts(n1)))
        return np.hstack(columns)

    return simulate


def _quotient() -> float:
    n = _counts(ROWS[0])
    w = ranking.augmented_direction(*n, *OTHER, cov_synthetic=SYNTHETIC_COV, delta_synthetic=SYNTHETIC_DELTA)
    return float(w[1] / w[0])


def _expected_quotient() -> float:
    w = augmented(_counts(ROWS[0]), OTHER, SYNTHETIC_COV, SYNTHETIC_DELTA)
    return float(w[1] / w[0])


def _plain() -> float:
    w = without_spread(_counts(ROWS[0]))
    return float(w[1] / w[0])


def _limit(means: Array) -> float:
    quotients = means[1::2] / means[::2]
    return extrapolation(ROWS)(quotients)


FITS = Claim(
    name="imbalance.ranking.fitted_direction",
    statement="Least squares of the label on augmented rows has, in the limit, the direction of the mixture of "
    "minority and synthetic rows.",
    latex=r"\mathbb{E}\hat w_2/\mathbb{E}\hat w_1\to w_2/w_1",
    assumptions="normal classes and synthetic rows with a mean and a covariance of their own, n0 = 3 n1, as many "
    "synthetic rows as n1; n1 = 200, 800 and 3200, and the limit; finite-size term 0.5/n1, from other seeds at n1 = 20 "
    "to 200 and frozen",
    source=derived("section 6"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"w2 / w1, n1 = {n1}",
                closed=_quotient,
                oracle=_expected_quotient,
                margin=Relative(0.01),
                finite_size=lambda n1=n1: 0.5 / n1 * abs(_quotient()),  # type: ignore[misc]
                interval=StudentT(0.3),
                columns=(2 * i + 1, 2 * i),
                function=ratio,
                size=n1,
            )
            for i, n1 in enumerate(ROWS)
        ),
        Component(
            label="w2 / w1, limit",
            closed=_quotient,
            oracle=_expected_quotient,
            margin=Relative(0.005),
            interval=StudentT(0.1),
            columns=range(2 * len(ROWS)),
            function=_limit,
            size=math.inf,
        ),
    ),
    simulate=_fits(),
    block_size=2**12,
    mutants=(
        SimulatorMutant("synthetic rows with the minority's covariance", _fits(own=OTHER[1])),
        FormulaMutant("no distance of the means", lambda: [_plain()] * 4),
    ),
)

CLAIMS = (PAIRS, FITS)
