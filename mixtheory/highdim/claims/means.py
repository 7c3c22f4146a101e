r"""Claims about mixed training: the means drop out at order one, and what is left of them at order 1/n (C3, C4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents
from mixtheory.highdim.claims import (
    alignment,
    few_real_rows,
    mean_formulas,
    mean_reductions,
    synthetic_exact,
    synthetic_only,
    unequal_means,
)
from mixtheory.highdim.claims.mean_parts import SIZES, block_rule, embed, ones, slanted, sweep, sweeps
from mixtheory.highdim.claims.parts import Array, Simulate, derived, paper, side_by_side
from mixtheory.verification import (
    Claim,
    Component,
    FormulaMutant,
    SimulatorMutant,
    StudentT,
    log_slope,
)

__all__ = ["CLAIMS"]

Counts = tuple[int, int]

# C4: the effect of order 1/n ----------------------------------------------------------------------------------------


def _quarter(p: int, rows: int) -> Counts:
    return rows // 4, rows - rows // 4


def _rule_effect(p: int) -> float:
    """Return n (R(mu) - R(0)) by the second-moment rule, a quarter of the rows real."""
    counts = _quarter(p, 2 * p)
    mu_t, mu_s = embed(slanted(p), p)
    moved = equivalents.excess_risk(ones(p), ones(p), *counts, mu_t=mu_t, mu_s=mu_s).risk
    return 2 * p * (moved - equivalents.excess_risk(ones(p), ones(p), *counts).risk)


def _rule_oracle(p: int) -> float:
    # p / (n - p) = 1 without means
    return 2 * p * (block_rule(p, _quarter(p, 2 * p), slanted(p)) - 1.0)


def _effects(counts: Callable[[int], Counts], sizes: Sequence[int] = SIZES) -> Simulate:
    return side_by_side(
        [lambda rng, n, p=p: mean_reductions.mean_effect(rng, n, p, counts(p), slanted(p)) for p in sizes]  # type: ignore[misc]
    )


def _trace_alone(rng: Generator, n: int) -> Array:
    """Draw n times the change of the trace term, the test point centred."""
    columns = []
    for p in SIZES:
        block = mean_reductions.span_block(rng, n, p, 2 * p, mean_reductions.carry(_quarter(p, 2 * p), slanted(p)))
        columns.append(2 * p * (np.trace(block, axis1=1, axis2=2) - 2.0 / (p - 1.0)))
    return np.column_stack(columns)


EFFECT = Claim(
    name="highdim.means.effect",
    statement="n times the effect of the means on the risk tends to a constant, which the second-moment rule gives.",
    latex=r"n\,(R(\mu)-R(0))\to\lim n\,\bigl(R_u(\Psi_t,\Psi_s)-R_u(\Sigma_t,\Sigma_s)\bigr),\quad "
    r"\Psi_k=\Sigma_k+\mu_k\mu_k^\top",
    assumptions="n = 2p, a quarter of the rows real, unit covariances, Gaussian rows, means of length 2 sqrt(p) at "
    "cosine 0.6; finite-size term calibrated at p = 24 to 800 on other seeds (less than 0.2/p)",
    source=derived("C4", "K4"),
    kind="equality",
    margin_class="leading order",
    components=sweep(
        "n times the effect",
        _rule_effect,
        _rule_oracle,
        finite_size=0.5,
        skewness=0.25,
        # two risks of order one are subtracted
        oracle_rtol=1e-8,
    ),
    simulate=_effects(lambda p: _quarter(p, 2 * p)),
    block_size=2048,
    mutants=(
        FormulaMutant("no effect of order 1/n", lambda: [0.0] * 4),
        FormulaMutant("mean term without the change of the trace", lambda: [8.0] * 4),
        SimulatorMutant("real and synthetic counts exchanged", _effects(lambda p: _quarter(p, 2 * p)[::-1])),
        SimulatorMutant("effect constant in p: four real rows", _effects(lambda p: (4, 2 * p - 4))),
        SimulatorMutant("centred test point", _trace_alone),
    ),
)

RATE_SIZES = (1000, 2000, 4000, 8000)


def _rates(counts: Callable[[int], Counts]) -> Simulate:
    draw = _effects(counts, RATE_SIZES)
    return lambda rng, n: draw(rng, n) / (2.0 * np.array(RATE_SIZES))


def _rate(effect: Callable[[int], float]) -> float:
    return log_slope(RATE_SIZES)(np.array([effect(p) / (2 * p) for p in RATE_SIZES]))


RATE = Claim(
    name="highdim.means.rate",
    statement="The effect of means of length 2 sqrt(p) on the risk falls like 1/n, not like a constant or n^(-1/2).",
    latex=r"R(\mu)-R(0)=\Theta(1/n)",
    assumptions="n = 2p, a quarter of the rows real, unit covariances, Gaussian rows, p = 1,000 to 8,000; exponent "
    "within 0.02 of that of the rule",
    source=derived("C3, C4", "K4"),
    kind="rate",
    margin_class="qualitative",
    components=(
        Component(
            label="exponent",
            closed=lambda: _rate(_rule_effect),
            oracle=lambda: _rate(_rule_oracle),
            oracle_rtol=1e-8,
            margin=0.02,
            interval=StudentT(0.15),
            columns=tuple(range(len(RATE_SIZES))),
            function=log_slope(RATE_SIZES),
        ),
    ),
    simulate=_rates(lambda p: _quarter(p, 2 * p)),
    block_size=1024,
    mutants=(
        FormulaMutant("effect constant in p", lambda: 0.0),
        FormulaMutant("exponent -1/2", lambda: -0.5),
        SimulatorMutant("effect constant in p: four real rows", _rates(lambda p: (4, 2 * p - 4))),
        SimulatorMutant("a share p^(-1/2) of real rows", _rates(lambda p: (int(p**0.5), 2 * p - int(p**0.5)))),
    ),
)

# Flat in the angle ----------------------------------------------------------------------------------------------------

FLAT_P, FLAT_COUNTS = 600, (1200, 1200)
COSINES = (1.0, 0.5, 0.0, -0.5, -1.0)


def _risks(counts: Counts) -> Simulate:
    """Simulate the risk for each cosine; without means it is exactly p / (n - p - 1)."""
    free = FLAT_P / (sum(counts) - FLAT_P - 1.0)

    def one(cosine: float) -> Simulate:
        means = slanted(FLAT_P, cosine)
        return lambda rng, n: mean_reductions.mean_effect(rng, n, FLAT_P, counts, means) / sum(counts) + free

    return side_by_side([one(cosine) for cosine in COSINES])


def _only_synthetic(rng: Generator, n: int) -> Array:
    rows = sum(FLAT_COUNTS)
    return np.column_stack(
        [mean_reductions.source_only_risk(rng, n, FLAT_P, rows, slanted(FLAT_P, c), 1.0) for c in COSINES]
    )


FLAT = Claim(
    name="highdim.means.angle",
    statement="In mixed training with equal covariances the risk is the mean-free one at every angle between the "
    "means.",
    latex=r"R(\cos(\mu_t,\mu_s))\to\frac{\sigma^2p}{n-p}\quad\text{for every cosine}",
    assumptions="the published setting: p = 600, n_t = n_s = 1,200, means of length 2 sqrt(p), but with equal "
    "covariances; cosines 1, 1/2, 0, -1/2 and -1; Gaussian rows; within 0.3 %",
    source=paper("C1, C3", "Theorem 4.1"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"cosine {cosine:g}",
            closed=lambda: equivalents.excess_risk(ones(FLAT_P), ones(FLAT_P), *FLAT_COUNTS).risk,
            oracle=lambda: FLAT_P / (sum(FLAT_COUNTS) - FLAT_P),
            margin=0.001,
            interval=StudentT(0.2),
        )
        for cosine in COSINES
    ),
    simulate=_risks(FLAT_COUNTS),
    block_size=2048,
    mutants=(
        FormulaMutant("risk of synthetic rows alone", lambda: [(1.0 + 4.0 * (1.0 - c**2)) / 3.0 for c in COSINES]),
        SimulatorMutant("synthetic rows alone", _only_synthetic),
        SimulatorMutant("one real row", _risks((1, 2399))),
        SimulatorMutant("half of the synthetic rows", _risks((1200, 600))),
    ),
)

# Intercept ----------------------------------------------------------------------------------------------------------


def _intercept_effect(shift: Callable[[int], float]) -> Callable[[int], float]:
    """Return n (R - R(0)) with intercept for a shift of the mean, by the rule for a column of ones."""

    def effect(p: int) -> float:
        n_t, n_s = _quarter(p, 2 * p)
        # a common mean of any length does nothing
        common = np.full(p, 3.0)
        moved = embed([[shift(p)]], p)[0] + common
        risk = equivalents.excess_risk(ones(p), ones(p), n_t, n_s, mu_t=moved, mu_s=common, fit_intercept=True).risk
        return 2 * p * (risk - equivalents.excess_risk(ones(p), ones(p), n_t, n_s).risk)

    return effect


def _intercept_oracle(shift: Callable[[int], float]) -> Callable[[int], float]:
    """Return the same from the shifted coordinate and the column of ones."""

    def effect(p: int) -> float:
        means = np.array([[shift(p)], [0.0]])
        return 2 * p * (block_rule(p, _quarter(p, 2 * p), means, intercept=True) - 1.0)

    return effect


def _centred(shift: Callable[[int], float], exchange: bool = False) -> Simulate:
    step = -1 if exchange else 1
    return side_by_side(
        [
            lambda rng, n, p=p: mean_reductions.centred_effect(rng, n, p, _quarter(p, 2 * p)[::step], shift(p))  # type: ignore[misc]
            for p in SIZES
        ]
    )


def _none(p: int) -> float:
    return 0.0


def _far(p: int) -> float:
    return float(2.0 * np.sqrt(p))


def _unit(p: int) -> float:
    return 1.0


SHIFTS: tuple[tuple[str, Callable[[int], float]], ...] = (("|d| = 1", _unit), ("|d| = 2 sqrt(p)", _far))

INTERCEPT = Claim(
    name="highdim.means.intercept",
    statement="With an intercept the shift of the mean costs O(1/n), which the rule for a column of ones gives.",
    latex=r"n\,(R_{\mathrm{int}}-R(0))\to\lim n\,\bigl(R_u(\tilde\Psi_t,\tilde\Psi_s)-R_u(\Sigma_t,\Sigma_s)\bigr),"
    r"\quad\tilde\Psi_k=\mathbb{E}\tbinom{x}{1}\tbinom{x}{1}^{\!\top}",
    assumptions="n = 2p, a quarter of the rows real, unit covariances, Gaussian rows, means at a distance of 1 and of "
    "2 sqrt(p); finite-size term calibrated at p = 32 to 128 on other seeds (at most 1.3/p)",
    source=derived("C4, C5"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                label,
                _intercept_effect(shift),
                _intercept_oracle(shift),
            )
            for label, shift in SHIFTS
        ],
        finite_size=2.0,
        skewness=0.25,
        oracle_rtol=1e-8,
    ),
    simulate=side_by_side([_centred(shift) for _, shift in SHIFTS]),
    block_size=2048,
    mutants=(
        FormulaMutant("the shift drops out", lambda: [4.0] * 8),
        FormulaMutant("an intercept costs nothing", lambda: [0.0] * 8),
        SimulatorMutant("no shift", side_by_side([_centred(_none) for _ in SHIFTS])),
        SimulatorMutant(
            "real and synthetic counts exchanged", side_by_side([_centred(shift, True) for _, shift in SHIFTS])
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (
    *few_real_rows.CLAIMS,
    EFFECT,
    RATE,
    FLAT,
    INTERCEPT,
    *mean_formulas.CLAIMS,
    *unequal_means.CLAIMS,
    *synthetic_only.CLAIMS,
    *synthetic_exact.CLAIMS,
    *alignment.CLAIMS,
)
