r"""Claims about the excess risk of augmented logistic regression (C1): the master expansion against simulation."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, fit_counts, mean_of_form
from mixtheory.imbalance.models.expansion import expand
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser
from mixtheory.verification import Claim, Component, FormulaMutant, Relative, SimulatorMutant, StudentT, extrapolation

__all__ = ["CLAIMS"]

# an intercept and a covariate with five values
POINTS = np.column_stack([np.ones(5), np.arange(-2.0, 3.0)])
MAJORITY = np.array([0.3, 0.4, 0.2, 0.07, 0.03])
MINORITY = np.array([0.05, 0.25, 0.3, 0.25, 0.15])
RATIO = 4
# four times a square: all numbers of rows are whole
SIZES = (1936, 7744, 30976)
# length of the mismatch, along the gap: D / (1 - 2 rho) rows cancel the bias
RHO = 0.1
# synthetic rows short of that size and beyond it, in roots of the majority: the squared bias is of order 1/n0
AWAY = 2.0
# replicates of a unit: the remainder has heavy tails, and the mean of eight is nearly normal
TIMES = 8


@functools.cache
def generator() -> Array:
    """Return the probabilities nearest to the minority's whose mean score differs from its by rho times the gap."""
    laws = [(POINTS, MAJORITY, 0.0), (POINTS, MINORITY, 1.0)]
    theta = oracles.balanced("logistic", laws)
    gap = oracles.mean_score("logistic", theta, laws[0]) - oracles.mean_score("logistic", theta, laws[1])
    scores = (1.0 / (1.0 + np.exp(-POINTS @ theta)) - 1.0)[:, None] * POINTS
    conditions = np.vstack([np.ones(5), scores.T])
    return np.asarray(MINORITY + np.linalg.pinv(conditions) @ np.concatenate([[0.0], RHO * gap]))


def _laws() -> list[oracles.Law]:
    return [(POINTS, MAJORITY, 0.0), (POINTS, MINORITY, 1.0), (POINTS, generator(), 1.0)]


def _counts(n1: int) -> list[tuple[int, int, int]]:
    """Return class and synthetic sizes short of the cancelling size and beyond it."""
    n0 = RATIO * n1
    away = round(AWAY * math.sqrt(n0))
    cancelling = round((n0 - n1) / (1.0 - 2.0 * RHO))
    return [(n0, n1, cancelling - away), (n0, n1, cancelling + away)]


# Simulation -------------------------------------------------------------------------------------------------------


def _risk(theta: Array) -> Array:
    """Return balanced risks of coefficients (replicates, 2)."""
    predictor = theta @ POINTS.T
    return np.asarray(np.log1p(np.exp(predictor)) @ (0.5 * (MAJORITY + MINORITY)) - 0.5 * predictor @ MINORITY)


def _excess(weight: float = 1.0) -> Simulate:
    """Return n0 times the excess risk, the mean of both sizes, one column a class size, and their extrapolation.

    The quadratic form of the mean score is a control variate. Its mean is taken from the multinomial law of the counts,
    not from the moments that the prediction is made of.
    """

    def simulate(rng: Generator, n: int) -> Array:
        laws = _laws()
        at = oracles.point("logistic", laws)
        chance = 1.0 / (1.0 + np.exp(-POINTS @ at.theta))
        scores = [(chance - label)[:, None] * POINTS for label in (0.0, 1.0, 1.0)]
        shares = (MAJORITY, MINORITY, generator())
        floor = _risk(at.theta[None])[0]
        columns = []
        for n1 in SIZES:
            few, many = _counts(n1)
            replicates = n * TIMES
            majority = rng.multinomial(few[0], MAJORITY, size=replicates).astype(np.float64)
            minority = rng.multinomial(few[1], MINORITY, size=replicates).astype(np.float64)
            first = rng.multinomial(few[2], generator(), size=replicates).astype(np.float64)
            second = first + rng.multinomial(many[2] - few[2], generator(), size=replicates)
            total = np.zeros(replicates)
            for counts, synthetic in ((few, first), (many, second)):
                theta = fit_counts(majority, minority + weight * synthetic, POINTS, at.theta)
                score = (majority * chance + (minority + synthetic) * (chance - 1.0)) @ POINTS / sum(counts)
                curvature = sum(k * h for k, h in zip(counts, at.hessians, strict=True)) / sum(counts)
                move = np.linalg.inv(curvature)
                form = 0.5 * move @ (0.5 * (at.hessians[0] + at.hessians[1])) @ move
                control = np.einsum("ri,ij,rj->r", score, form, score)
                mean = mean_of_form(form, scores, shares, counts)
                total += 0.5 * few[0] * (_risk(theta) - floor - control + mean)
            columns.append(total.reshape(n, TIMES).mean(axis=1))
        columns.append(sum(w * column for w, column in zip(_WEIGHTS, columns, strict=True)))
        return np.stack(columns, axis=1)

    return simulate


# what each size has in the extrapolation
_WEIGHTS = [extrapolation(SIZES)(row) for row in np.eye(len(SIZES))]


def _mean_form(at: oracles.Point, counts: tuple[int, int, int], form: Array) -> float:
    """Return the mean of a quadratic form of the mean score of independent rows."""
    drift = oracles.drift(at, counts)
    scatter = sum(k * c for k, c in zip(counts, at.covariances, strict=True)) / sum(counts) ** 2
    return float(drift @ form @ drift + np.trace(form @ scatter))


# Prediction -------------------------------------------------------------------------------------------------------

# so many that what is left of the finite size is below the tolerance of the oracle
HUGE = 10**12


def _closed(n1: int) -> float:
    theta = balanced_minimiser("logistic", (POINTS, MAJORITY), (POINTS, MINORITY))
    majority, minority, other = (
        ClassMoments.of_points("logistic", theta, POINTS, label, probabilities)
        for probabilities, label in ((MAJORITY, 0.0), (MINORITY, 1.0), (generator(), 1.0))
    )
    counts = _counts(n1)
    risks = expand(majority, minority, other, RATIO * n1, n1, [size for *_, size in counts]).excess_risk
    return RATIO * n1 * float(np.mean(risks))


def _oracle(n1: int, *, weighted: bool = True, variance: bool = True) -> float:
    at = oracles.point("logistic", _laws())
    fixed = 0.5 * (at.hessians[0] + at.hessians[1])
    total = 0.0
    for counts in _counts(n1):
        curvature = sum(k * h for k, h in zip(counts, at.hessians, strict=True)) / sum(counts)
        move = np.linalg.inv(curvature if weighted else fixed)
        form = 0.5 * move @ fixed @ move
        drift = oracles.drift(at, counts)
        total += 0.5 * (_mean_form(at, counts, form) if variance else float(drift @ form @ drift))
    return RATIO * n1 * total


FINITE = 1.0
SKEWNESS = 0.15

LOGISTIC_RISK = Claim(
    name="imbalance.expansion.logistic.risk",
    statement="With logistic loss the excess risk is the sum of bias and variance terms of the expansion, to leading "
    "order, for a generator of another law and Hessian than the minority's.",
    latex=r"\mathbb{E}R(\hat\theta)-R(\theta^*)\approx\tfrac12B'H_w^{-1}HH_w^{-1}B"
    r"+\tfrac1{2N}\operatorname{tr}(HH_w^{-1}\Sigma_wH_w^{-1})",
    assumptions="an intercept and a covariate with five values, b = g / 10, n0 = 4 n1, mean of the sizes two roots of "
    "n0 short of D / (1 - 2 rho) and beyond it (terms of odd order cancel); n1 = 1936, 7744 and 30976, and the limit; "
    "the quadratic form of the mean score as control variate; finite-size term 1/n1, from other seeds at n1 = 50 to "
    "1600, times 1.3 and frozen",
    source=derived("C1"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"n0 excess, n1 = {n1}",
                closed=lambda n1=n1: _closed(n1),  # type: ignore[misc]
                oracle=lambda n1=n1: _oracle(n1),  # type: ignore[misc]
                margin=Relative(0.01),
                finite_size=lambda n1=n1: FINITE / n1 * _closed(n1),  # type: ignore[misc]
                interval=StudentT(SKEWNESS),
                columns=column,
                size=n1,
            )
            for column, n1 in enumerate(SIZES)
        ),
        Component(
            label="n0 excess, limit",
            closed=lambda: _closed(HUGE),
            oracle=lambda: _oracle(HUGE),
            margin=Relative(0.005),
            interval=StudentT(SKEWNESS),
            columns=len(SIZES),
            size=math.inf,
        ),
    ),
    simulate=_excess(),
    block_size=2**9,
    mutants=(
        SimulatorMutant("synthetic rows of weight 1.2", _excess(weight=1.2)),
        FormulaMutant("H in place of H_w", lambda: [_oracle(n, weighted=False) for n in (*SIZES, HUGE)]),
        FormulaMutant("no variance", lambda: [_oracle(n, variance=False) for n in (*SIZES, HUGE)]),
    ),
)

CLAIMS: tuple[Claim, ...] = (LOGISTIC_RISK,)
