r"""Claims about the rows of one batch of zeta-mixup (C8 of note 02): independent orders against anchored rows.

A batch is the independent unit, because its rows share their members. The members are the corners of a simplex, which
loses nothing (every batch is a linear image of that one) and lets the statistics average over all directions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import finite, points
from mixtheory.mixing.claims import member_weights
from mixtheory.mixing.claims.member_weights import p_series, uniform_share
from mixtheory.mixing.claims.parts import Array, Simulate
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.kernels.zeta_batches import batch_weights
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

__all__ = ["CLAIMS"]

GAMMA, SIZE = 2.4, 8
WEIGHTS = p_series(GAMMA, SIZE)
# deviations of a skewed table, for the slope
TABLE = np.array([0.0, 1.0, 1.5, 2.0, 4.0, 4.5, 6.0, 13.0])
DEVIATIONS = TABLE - TABLE.mean()


def _shift(matrices: Array) -> Array:
    """Return |mean row - mean of the batch|^2 over the total plug-in variance of the simplex, 1 - 1/T."""
    share = 1 / matrices.shape[1]
    # the centre of the simplex is 1/T in every coordinate
    shift = np.full(matrices.shape[1], share) @ matrices - share
    return np.asarray(np.einsum("nj,nj->n", shift, shift) / (1 - share))


def _spread(matrices: Array) -> Array:
    """Return the total plug-in variance of the rows over that of the simplex."""
    share = 1 / matrices.shape[1]
    about_centre = np.einsum("npj,npj->n", matrices, matrices) * share - share
    return np.asarray(about_centre / (1 - share) - _shift(matrices))


def _slopes(matrices: Array) -> Array:
    """Return the least-squares slope of the rows of each batch on the deviations of the table."""
    return np.asarray((matrices @ DEVIATIONS) @ DEVIATIONS / (DEVIATIONS @ DEVIATIONS))


# Every member is an anchor once, so the mean moves by the other weights alone: at most by their norm.
FARTHEST = SIZE * float(np.sum(WEIGHTS[1:] ** 2)) * SIZE / (SIZE - 1)


def _batches(anchored: bool, *, weights: Array = WEIGHTS, farthest: float = SIZE) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn = batch_weights(rng, n, weights, anchored=anchored)
        return np.stack([np.minimum(SIZE * _shift(drawn), farthest), _spread(drawn), _slopes(drawn)], axis=1)

    return simulate


def _independent_parents(rng: Generator, n: int) -> Array:
    """Mix parents that are drawn with replacement: a member may come twice in a row."""
    parents = rng.integers(0, SIZE, (n, SIZE, SIZE))
    drawn = np.zeros((n, SIZE, SIZE))
    for t, weight in enumerate(WEIGHTS):
        at = parents[:, :, t : t + 1]
        np.put_along_axis(drawn, at, weight + np.take_along_axis(drawn, at, axis=2), axis=2)
    return np.stack([SIZE * _shift(drawn), _spread(drawn)], axis=1)


def _place_average(weights: Array) -> tuple[float, float]:
    """Return c_W and rho from the places of the anchor and of two other members in the order of a row."""
    others = weights[1:]
    mean = float(others.mean())
    products = np.outer(others, others)
    cross = float((products.sum() - np.trace(products)) / (others.size * (others.size - 1)))
    variance, covariance = float(np.mean(others**2)) - mean**2, cross - mean**2
    # (v - c) sum_{j != p} d_j^2 + c d_p^2 is the variance of row p; the average of the squares is S_b
    return (variance - covariance) * others.size + covariance, float(weights[0] - mean)


ANCHORED = Claim(
    name="mixing.zeta.rows.anchored",
    statement="Where every row is dominated by its own member, the mean of a batch moves by c_W and not by c_B, the "
    "batch keeps more variance, and a row follows its member with slope rho.",
    latex=r"T\,\mathrm{Var}(\bar x'\mid x)/S_b=c_W,\ \mathbb{E}S_b'/S_b=c_B-c_W/T,\ "
    r"\mathbb{E}[\hat x_p\mid x]=\bar x+\rho d_p",
    assumptions="gamma 2.4, anchored rows of a batch of T = 8 at the corners of a simplex; slope for a skewed table",
    source=from_note("C8"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="T Var(mean) / S_b",
            closed=lambda: points.within_row_factor(Zeta(GAMMA, SIZE), SIZE),
            oracle=lambda: _place_average(WEIGHTS)[0],
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, FARTHEST),
        ),
        Component(
            label="E S_b' / S_b",
            closed=lambda: finite.batch_variance_factor(Zeta(GAMMA, SIZE), SIZE, "anchored"),
            oracle=lambda: (
                member_weights.after_rounds(DEVIATIONS, member_weights.fixed(GAMMA, SIZE), anchored=True, rounds=1)[0]
                / float(np.var(TABLE))
            ),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, SIZE / (SIZE - 1)),
        ),
        Component(
            label="slope on d_p",
            closed=lambda: points.own_row_slope(Zeta(GAMMA, SIZE), SIZE),
            oracle=lambda: _place_average(WEIGHTS)[1],
            margin=Relative(0.01),
            interval=EmpiricalBernstein(-SIZE / 2, SIZE / 2),
        ),
    ),
    # the cut touches the mutants alone, whose means lie beyond it or near it
    simulate=_batches(True, farthest=FARTHEST),
    block_size=2**12,
    mutants=(
        FormulaMutant("c_B for the mean", lambda: [uniform_share(WEIGHTS), None, None]),
        FormulaMutant(
            "(T - 1) c_B / T for the variance", lambda: [None, (SIZE - 1) / SIZE * uniform_share(WEIGHTS), None]
        ),
        FormulaMutant("w_1 for the slope", lambda: [None, None, WEIGHTS[0]]),
        SimulatorMutant("independent orders", _batches(False, farthest=FARTHEST)),
        SimulatorMutant("gamma 2", _batches(True, weights=p_series(2.0, SIZE), farthest=FARTHEST)),
    ),
)

UNIFORM = Claim(
    name="mixing.zeta.rows.uniform",
    statement="With independent orders the mean of a batch moves by c_B and no row follows a member of its own.",
    latex=r"T\,\mathrm{Var}(\bar x'\mid x)/S_b=c_B,\ \mathbb{E}S_b'/S_b=(1-1/T)c_B",
    assumptions="gamma 2.4, independent uniform orders of a batch of T = 8 at the corners of a simplex",
    source=from_note("C8"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="T Var(mean) / S_b",
            closed=lambda: SIZE * finite.mean_variance_factor(Zeta(GAMMA, SIZE), SIZE, "distinct"),
            oracle=lambda: uniform_share(WEIGHTS),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, SIZE * SIZE / (SIZE - 1)),
        ),
        Component(
            label="E S_b' / S_b",
            closed=lambda: finite.batch_variance_factor(Zeta(GAMMA, SIZE), SIZE, "distinct"),
            oracle=lambda: (
                member_weights.after_rounds(DEVIATIONS, member_weights.fixed(GAMMA, SIZE), anchored=False, rounds=1)[0]
                / float(np.var(TABLE))
            ),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, SIZE / (SIZE - 1)),
        ),
    ),
    simulate=_batches(False),
    block_size=2**12,
    mutants=(
        FormulaMutant("A_2", lambda: [float(np.sum(WEIGHTS**2)), None]),
        FormulaMutant("c_B without (T - 1) / T", lambda: [None, uniform_share(WEIGHTS)]),
        SimulatorMutant("anchored rows", _batches(True)),
        SimulatorMutant("parents drawn with replacement", _independent_parents),
    ),
)

# The batch of the public default: gamma 2.8, T = 32.
LARGE = 32


LARGE_WEIGHTS = p_series(2.8, LARGE)
# skewness of the squared shift of the mean, from a simulation; it sets no more than the size of the first stage
SKEWNESS = 0.75


def _large(*anchored: bool) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = [_shift(batch_weights(rng, n, LARGE_WEIGHTS, anchored=law)) for law in anchored]
        return LARGE * np.stack(columns, axis=1)

    return simulate


def _large_component(label: str, pairing: str, oracle: Callable[[], float]) -> Component:
    return Component(
        label=label,
        closed=lambda: LARGE * finite.mean_variance_factor(Zeta(2.8, LARGE), LARGE, pairing),
        oracle=oracle,
        margin=Relative(0.01),
        interval=StudentT(SKEWNESS),
    )


PRECISE_MEAN = Claim(
    name="mixing.zeta.rows.precise_mean",
    statement="At the published default, T = 32 and gamma 2.8, anchored rows make the mean of a batch 45.5 times less "
    "variable than independent orders do.",
    latex=r"c_W=0.014245,\ c_B=0.648204",
    assumptions="gamma 2.8; a batch of T = 32 at the corners of a simplex; both row laws",
    source=from_note("C8"),
    kind="equality",
    margin_class="exact",
    components=(
        _large_component("anchored rows", "anchored", lambda: _place_average(LARGE_WEIGHTS)[0]),
        _large_component("independent orders", "distinct", lambda: uniform_share(LARGE_WEIGHTS)),
    ),
    simulate=_large(True, False),
    # a block of weights stays in the cache
    block_size=2**8,
    mutants=(
        FormulaMutant("the same for both", lambda: [uniform_share(LARGE_WEIGHTS), None]),
        SimulatorMutant("the row laws exchanged", _large(False, True)),
    ),
)

CLAIMS: tuple[Claim, ...] = (ANCHORED, UNIFORM, PRECISE_MEAN)
