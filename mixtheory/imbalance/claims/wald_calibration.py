r"""Claims about the Wald test of local symmetry that are simulated: its covariance, size, power and small samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from scipy import stats

from mixtheory.imbalance.claims import quadratic_forms as forms
from mixtheory.imbalance.claims.parts import Array, Simulate, derived
from mixtheory.imbalance.claims.wald import (
    LEVEL,
    design_power_oracle,
    naive_ratio_oracle,
    naive_size_oracle,
    shift_oracle,
)
from mixtheory.imbalance.kernels import wald as kernels
from mixtheory.imbalance.models import wald
from mixtheory.imbalance.models.wald import SymmetryDesign, local_shift, naive_size
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
    Upper,
)

__all__ = ["CLAIMS"]

# a dimension beside the one that carries the gap
DIMENSION = 2
# replicates of a unit: what the control variate leaves has heavy tails, and the mean of sixteen is nearly normal
RATIO, LARGE, TIMES = 2, 800, 16


def _moments(corrected: bool = True, shift: float = 0.0) -> Simulate:
    """Return squared gaps and traces of their estimated covariance, both times n1 / d.

    The control variate is the square of mean scores of the same rows less its unbiased estimate, the sample covariances
    of the scores: its mean is 0 at the null, whatever V is predicted.
    """

    def simulate(rng: Generator, n: int) -> Array:
        b = forms.shift_of_gap(0.0)
        at = forms.design_point(DIMENSION, b)
        h0, h1 = (np.diag(h) for h in at.hessians)
        weights = np.stack([2 * h1 / (h0 + h1), -2 * h0 / (h0 + h1), np.ones(DIMENSION)])
        found = kernels.gap_moments(
            rng, n * TIMES, b + shift, RATIO * LARGE, LARGE, at.theta, weights, pilot_corrected=corrected
        )
        columns = np.stack([found[:, 0] - found[:, 2] + found[:, 3], found[:, 1]], axis=1) * LARGE / DIMENSION
        return np.asarray(columns.reshape(n, TIMES, 2).mean(axis=1))

    return simulate


def _closed_trace() -> float:
    """Return n1 tr V / d for the public V."""
    return LARGE * float(np.trace(SymmetryDesign(DIMENSION).covariance(RATIO * LARGE, LARGE))) / DIMENSION


def _trace(corrected: bool = True) -> float:
    """Return n1 tr V / d for the V of the oracle."""
    at = forms.design_point(DIMENSION, forms.shift_of_gap(0.0))
    return LARGE * float(np.trace(forms.gap_covariance(at, RATIO * LARGE, LARGE, corrected=corrected))) / DIMENSION


COVARIANCE = Claim(
    name="imbalance.test.covariance",
    statement="At the null the mean square of the estimated gap is the trace of V, and so is the mean of its estimate.",
    latex=r"\mathbb{E}\,\hat g'\hat g=\operatorname{tr}V,\quad\mathbb{E}\operatorname{tr}\hat V=\operatorname{tr}V",
    assumptions="design of two uniform classes, d = 2, 800 rows of the minority and 1,600 of the majority; both means "
    "are within 0.2 % at this size; times n1 / d; the mean scores at theta* serve as control variate",
    source=derived("Section 4", "7"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="squared gap",
            closed=_closed_trace,
            oracle=_trace,
            margin=Relative(0.01),
            interval=StudentT(0.05),
        ),
        Component(
            label="estimated covariance",
            closed=_closed_trace,
            oracle=_trace,
            margin=Relative(0.01),
            interval=StudentT(0.03),
        ),
    ),
    simulate=_moments(),
    block_size=2**6,
    mutants=(
        SimulatorMutant("pilot taken as known", _moments(corrected=False)),
        SimulatorMutant("shift 0.1 off the null", _moments(shift=0.1)),
        FormulaMutant("covariance with a known pilot", lambda: [_trace(corrected=False)] * 2),
    ),
)


def _rejections(corrected: bool, shift: float, n0: int, n1: int, d: int = DIMENSION, hc3: bool = False) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        found = kernels.wald_statistics(rng, n, d, shift, n0, n1, pilot_corrected=corrected, hc3=hc3)
        return (found > stats.chi2.isf(LEVEL, d)).astype(np.float64)

    return simulate


def _columns(*parts: Simulate) -> Simulate:
    return lambda rng, n: np.stack([part(rng, n) for part in parts], axis=1)


NULL = (5.0 - math.sqrt(21.0)) / 2.0
# rows of the minority, against five times as many
NULL_ROWS = 400


def _upside_down() -> float:
    """Return the size with 1/rho in place of rho, by scaling the sum with rho."""
    rho = naive_ratio_oracle(5)
    return forms.tail(rho * float(stats.chi2.isf(LEVEL, DIMENSION)), 1, rho, DIMENSION - 1)


SIZE = Claim(
    name="imbalance.test.size",
    statement="At the null the test has its level for large classes; the test that takes the pilot as known rejects "
    "more than twice as often.",
    latex=r"P(T>\chi^2_{d,0.95})\to0.05,\quad P(T_{\mathrm{naive}}>\chi^2_{d,0.95})"
    r"\to P(\rho\chi^2_1+\chi^2_{d-1}>\chi^2_{d,0.95})",
    assumptions="design of two uniform classes, d = 2, 400 rows of the minority, ratio 5; the margin of 0.015 leaves "
    "room for the size at 400 rows, about 0.053",
    source=derived("Section 4", "7"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="size of the test",
            closed=lambda: wald.power(SymmetryDesign(DIMENSION).noncentrality(5 * NULL_ROWS, NULL_ROWS), DIMENSION),
            oracle=lambda: LEVEL,
            oracle_atol=1e-8,
            margin=0.015,
            interval=ClopperPearson(),
        ),
        Component(
            label="size with a known pilot",
            closed=lambda: naive_size(5, 1, DIMENSION),
            oracle=lambda: naive_size_oracle(5, DIMENSION),
            oracle_rtol=1e-8,
            margin=0.02,
            interval=ClopperPearson(),
        ),
    ),
    simulate=_columns(
        _rejections(True, NULL, 5 * NULL_ROWS, NULL_ROWS), _rejections(False, NULL, 5 * NULL_ROWS, NULL_ROWS)
    ),
    block_size=2**9,
    mutants=(
        SimulatorMutant(
            "corrections exchanged",
            _columns(
                _rejections(False, NULL, 5 * NULL_ROWS, NULL_ROWS), _rejections(True, NULL, 5 * NULL_ROWS, NULL_ROWS)
            ),
        ),
        FormulaMutant("rho upside down", lambda: [None, _upside_down()]),
    ),
)

POWER_ROWS = 400
H = 3.0


def _powers(h: float) -> Simulate:
    """Return the mean of rejections at the alternatives h and -h: terms of odd order cancel."""

    def simulate(rng: Generator, n: int) -> Array:
        n0 = 5 * POWER_ROWS
        both = [_rejections(True, shift_oracle(n0, POWER_ROWS, x), n0, POWER_ROWS)(rng, n) for x in (h, -h)]
        return (both[0] + both[1]) / 2.0

    return simulate


def _closed_power() -> float:
    n0 = 5 * POWER_ROWS
    powers = [SymmetryDesign(DIMENSION, local_shift(h, n0, POWER_ROWS)).power(n0, POWER_ROWS) for h in (H, -H)]
    return sum(powers) / 2.0


POWER = Claim(
    name="imbalance.test.power.simulated",
    statement="At local alternatives the test rejects with the probability of the non-central chi-square law.",
    latex=r"P(T>\chi^2_{d,0.95})\approx P(\chi^2_d(\lambda)>\chi^2_{d,0.95}),\quad\lambda=g'V^{-1}g",
    assumptions="design of two uniform classes, d = 2, 400 rows of the minority, ratio 5, mean over the alternatives "
    "h = 3 and h = -3; the margin of 0.03 holds the terms of order 1/n1",
    source=derived("Section 4", "8"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="power",
            closed=_closed_power,
            oracle=lambda: (
                (design_power_oracle(H, 5, POWER_ROWS, DIMENSION) + design_power_oracle(-H, 5, POWER_ROWS, DIMENSION))
                / 2
            ),
            oracle_rtol=1e-8,
            margin=0.03,
            interval=EmpiricalBernstein(0.0, 1.0),
        ),
    ),
    simulate=_powers(H),
    block_size=2**9,
    mutants=(
        SimulatorMutant("alternatives of twice the size", _powers(2 * H)),
        FormulaMutant("central law", lambda: LEVEL),
    ),
)

# what is asked of the correction, and what it corrects, at 50 rows against 1,000
ASKED, SHOWN = 0.07, 0.12
FEW, MANY, FIVE = 50, 1000, 5

SMALL = Claim(
    name="imbalance.test.small",
    statement="At 50 rows of the minority the plain test rejects a true null far too often, and the test with hc3 "
    "covariances does not.",
    latex=r"P(T_{\mathrm{plain}}>\chi^2_{5,0.95})>0.12,\quad P(T_{\mathrm{hc3}}>\chi^2_{5,0.95})<0.07",
    assumptions="design of two uniform classes, d = 5, 50 rows of the minority, ratio 20",
    source=derived("Section 4", "7"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        Component(
            label="plain",
            closed=lambda: SHOWN,
            no_oracle="a bound",
            region=Lower(),
            interval=ClopperPearson(),
            expected=0.16,
        ),
        Component(
            label="hc3",
            closed=lambda: ASKED,
            no_oracle="a bound",
            region=Upper(),
            interval=ClopperPearson(),
            expected=0.05,
        ),
    ),
    simulate=_columns(_rejections(True, NULL, MANY, FEW, FIVE), _rejections(True, NULL, MANY, FEW, FIVE, hc3=True)),
    block_size=2**9,
    mutants=(
        SimulatorMutant(
            "covariances exchanged",
            _columns(_rejections(True, NULL, MANY, FEW, FIVE, hc3=True), _rejections(True, NULL, MANY, FEW, FIVE)),
        ),
    ),
)

CLAIMS: tuple[Claim, ...] = (COVARIANCE, SIZE, POWER, SMALL)
