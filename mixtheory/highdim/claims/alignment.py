r"""Claims about n < p: the bias is free of the means only if the coefficients are not aligned with one (C6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import aligned_designs, mean_oracles, oracles
from mixtheory.highdim.claims.mean_parts import SIZES, embed, ones, sweep, sweeps
from mixtheory.highdim.claims.mean_reductions import null_bias
from mixtheory.highdim.claims.parts import Array, Simulate, derived
from mixtheory.highdim.claims.rule_oracle import rule_with_shares
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    SimulatorMutant,
    Upper,
)

__all__ = ["CLAIMS"]

Counts = tuple[int, int]

# directions of the real mean, of the synthetic mean and of neither
REAL, SYNTHETIC, NEITHER = np.eye(3)


def _quarters(p: int) -> Counts:
    return p // 4, p // 4


def _means(length_t: float, length_s: float) -> Array:
    return np.stack([length_t * REAL, length_s * SYNTHETIC])


# Short means: a change of order one --------------------------------------------------------------------------------

SHORT = _means(1.0, 2.0)
BETAS: tuple[tuple[str, Array], ...] = (("along mu_t", REAL), ("along mu_s", SYNTHETIC))


def _aligned(beta: Array) -> Callable[[int], float]:
    return lambda p: mean_shift.aligned_bias(ones(p), ones(p), *_quarters(p), *embed([beta, *SHORT], p))


def _biases(
    means: Callable[[int], Array], betas: Array, counts: Callable[[int], Counts] = _quarters, sizes: Any = SIZES
) -> Simulate:
    """Simulate the bias, columns by coefficients and within them by dimension."""

    def simulate(rng: Generator, n: int) -> Array:
        drawn = [null_bias(rng, n, p, counts(p), means(p), betas) for p in sizes]
        return np.stack(drawn, axis=2).reshape(n, -1)

    return simulate


def _at_rest(p: int) -> Array:
    return _means(0.0, 0.0)


DIRECTIONS = np.stack([beta for _, beta in BETAS])

ALIGNED = Claim(
    name="highdim.means.aligned.short",
    statement="With n < p, means of length O(1) change the bias of coefficients along them at order one, as the "
    "second-moment rule says.",
    latex=r"\mathrm{Bias}\to\beta^\top T_\Psi(c_t\Psi_t+c_s\Psi_s)T_\Psi\beta,\quad "
    r"T_\Psi=(I+b_t\Psi_t+b_s\Psi_s)^{-1}",
    assumptions="n_t = n_s = p/4, unit covariances, Gaussian rows, |mu_t| = 1, |mu_s| = 2, orthogonal means; "
    "finite-size term calibrated at p = 32 to 400 on other seeds (at most 1.7/p)",
    source=derived("C6", "K6"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"coefficients {label}",
                _aligned(beta),
                # the closed form does not change with p, so that a dense oracle may be small
                lambda p, beta=beta: mean_oracles.aligned_bias(  # type: ignore[misc]
                    np.ones(16), np.ones(16), _quarters(16), embed(beta, 16)[0], list(embed(SHORT, 16))
                ),
            )
            for label, beta in BETAS
        ],
        finite_size=2.5,
        skewness=0.2,
        oracle_rtol=1e-8,
    ),
    simulate=_biases(lambda p: SHORT, DIRECTIONS),
    block_size=2048,
    mutants=(
        FormulaMutant("mean-free", lambda: [0.5] * 8),
        FormulaMutant("coefficients exchanged", lambda: [_aligned(b)(16) for b in (SYNTHETIC, REAL) for _ in range(4)]),
        SimulatorMutant("no means", _biases(_at_rest, DIRECTIONS)),
        SimulatorMutant("coefficients along neither", _biases(lambda p: SHORT, np.stack([NEITHER, NEITHER]))),
        SimulatorMutant("real mean not in the metric", _biases(lambda p: SHORT[::-1], DIRECTIONS[::-1])),
    ),
)

# Long means: orthogonal coefficients do not notice them ----------------------------------------------------------


def _long(p: int) -> Array:
    return _means(2.0 * np.sqrt(p), 2.0 * np.sqrt(p))


def _mean_free(p: int) -> float:
    return _bias(p, _quarters(p), NEITHER, _means(0.0, 0.0))


def _bias(p: int, counts: Counts, beta: Array, means: Array) -> float:
    b, mu_t, mu_s = embed([beta, *means], p)
    bias = equivalents.excess_risk(ones(p), ones(p), *counts, beta=b, mu_t=mu_t, mu_s=mu_s).bias
    assert bias is not None
    return bias


ORTHOGONAL = Claim(
    name="highdim.means.aligned.orthogonal",
    statement="With n < p the bias of coefficients orthogonal to both means is free of them, however long they are.",
    latex=r"\beta\perp\mu_t,\mu_s:\quad\mathrm{Bias}\to\mathrm{Bias}(\mu=0)=(1-n/p)|\beta|^2",
    assumptions="n_t = n_s = p/4, unit covariances, Gaussian rows, orthogonal means of length 2 sqrt(p); finite-size "
    "term calibrated at p = 60 to 480 on other seeds (6.1/p)",
    source=derived("C6", "K6"),
    kind="equality",
    margin_class="leading order",
    components=sweep(
        "bias",
        _mean_free,
        lambda p: oracles.isotropic_over(p, p // 2)[1],
        finite_size=8.0,
        skewness=0.1,
    ),
    simulate=_biases(_long, NEITHER[np.newaxis]),
    block_size=2048,
    mutants=(
        FormulaMutant("no bias", lambda: [0.0] * 4),
        SimulatorMutant("coefficients along mu_t", _biases(_long, REAL[np.newaxis])),
        SimulatorMutant("coefficients along mu_s", _biases(_long, SYNTHETIC[np.newaxis])),
        SimulatorMutant("half of the rows", _biases(_long, NEITHER[np.newaxis], lambda p: (p // 8, p // 8))),
    ),
)

FEW, FEW_P = (1, 4), 800
FEW_CUT = 8.0


def _few(p: int, n_t: int) -> Counts:
    return n_t, p // 2 - n_t


def _orthogonal_few(more: int = 0, means: Callable[[int], Array] = _long) -> Simulate:
    beta = NEITHER[np.newaxis]

    def simulate(rng: Generator, n: int) -> Array:
        drawn = [null_bias(rng, n, FEW_P, _few(FEW_P, n_t + more), means(FEW_P), beta) for n_t in FEW]
        return np.minimum(np.concatenate(drawn, axis=1), FEW_CUT)

    return simulate


def _few_bias(n_t: int) -> float:
    return _bias(FEW_P, _few(FEW_P, n_t), NEITHER, _long(FEW_P))


def _few_oracle(n_t: int) -> float:
    return rule_with_shares([np.ones(3)] * 2, _few(FEW_P, n_t), list(_long(FEW_P)), NEITHER, rest=FEW_P - 3)[1]


ORTHOGONAL_FEW = Claim(
    name="highdim.means.aligned.few_real_rows",
    statement="With few real rows and a long real mean the bias of orthogonal coefficients is not mean-free: the real "
    "rows show their mean up to its error only, which adds up to a share 1/n_t.",
    latex=r"\beta\perp\mu_t,\mu_s:\quad\mathrm{Bias}\to\Bigl(1+\frac{e_t^2}{n_t}\Bigr)\mathrm{Bias}(\mu=0),"
    r"\quad e_t=v_t\mu_t^\top A_\Psi^{-1}\mu_t\le 1",
    assumptions="p = 800, n = p/2 with 1 and 4 real rows, unit covariances, Gaussian rows, orthogonal means of length "
    "2 sqrt(p); bias cut at 8, so that it is bounded; within 0.03 and 0.02, where the rule adds 0.36 and 0.12 to 0.5",
    source=derived("C6", "K6"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"{n_t} real rows",
            closed=lambda n_t=n_t: _few_bias(n_t),  # type: ignore[misc]
            oracle=lambda n_t=n_t: _few_oracle(n_t),  # type: ignore[misc]
            oracle_rtol=1e-8,
            margin=margin,
            interval=EmpiricalBernstein(0.0, FEW_CUT),
        )
        for n_t, margin in zip(FEW, (0.03, 0.02), strict=True)
    ),
    simulate=_orthogonal_few(),
    block_size=2048,
    mutants=(
        FormulaMutant("mean-free", lambda: [0.5, 0.5]),
        FormulaMutant("a share 1/n_t", lambda: [1.0, 0.625]),
        SimulatorMutant("one real row more", _orthogonal_few(more=1)),
        SimulatorMutant("no means", _orthogonal_few(means=_at_rest)),
    ),
)

NOTE_P = 240
NOTE_COUNTS = (60, 60)


def _note_means() -> Array:
    return _means(0.2 * np.sqrt(NOTE_P), 0.2 * np.sqrt(NOTE_P))


def _note(means: Callable[[int], Array], beta: Array) -> Simulate:
    draw = _biases(means, beta[np.newaxis], lambda p: NOTE_COUNTS, (NOTE_P,))
    return lambda rng, n: draw(rng, n)[:, 0]


DIFFERENCE = Claim(
    name="highdim.means.aligned.difference",
    statement="With n < p a real mean of length 0.2 sqrt(p) along the coefficients lowers the bias by more than a "
    "fifth of what mean-free theory says.",
    latex=r"\beta\parallel\mu_t:\quad\mathrm{Bias}<\tfrac45\,\mathrm{Bias}(\mu=0)",
    assumptions="p = 240, n_t = n_s = 60, unit covariances, Gaussian rows, orthogonal means of length 0.2 sqrt(p)",
    source=derived("C6", "K6"),
    kind="difference",
    margin_class="qualitative",
    components=(
        Component(
            label="bias below the mean-free one",
            closed=lambda: _bias(NOTE_P, NOTE_COUNTS, REAL, _means(0.0, 0.0)),
            oracle=lambda: oracles.isotropic_over(NOTE_P, sum(NOTE_COUNTS))[1],
            margin=0.1,
            interval=EmpiricalBernstein(0.0, 1.0 + 0.04 * NOTE_P),
            region=Upper(),
            expected=lambda: mean_oracles.block_bias(NOTE_P, NOTE_COUNTS, _note_means(), REAL),
        ),
    ),
    simulate=_note(lambda p: _note_means(), REAL),
    block_size=2048,
    mutants=(
        FormulaMutant("bias of the second-moment rule", lambda: _bias(NOTE_P, NOTE_COUNTS, REAL, _note_means())),
        SimulatorMutant("coefficients along neither", _note(lambda p: _note_means(), NEITHER)),
        SimulatorMutant("no means", _note(_at_rest, REAL)),
    ),
)

CLAIMS: tuple[Claim, ...] = (ALIGNED, ORTHOGONAL, ORTHOGONAL_FEW, DIFFERENCE, *aligned_designs.CLAIMS)
