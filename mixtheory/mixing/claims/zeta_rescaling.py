r"""Claims about stretching mixed rows until the covariance is restored (C12 of note 02).

About the mean of the batch the scale is that of rows given the batch; 1 / sqrt(A_2) is right about the true mean
alone. Stretched fixed weights are again fixed weights that sum to one, with sum of squares one: some are negative, so
stretched rows may leave the convex hull of the batch and stretched labels the simplex.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import rescaling
from mixtheory.mixing.claims import member_weights
from mixtheory.mixing.claims.member_weights import Atoms, p_series, uniform_share
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import DATA, LAWS_TEXT, PAIRINGS, N, enumerated, from_note, theory
from mixtheory.mixing.kernels import rademacher
from mixtheory.mixing.kernels.zeta_batches import batch_weights
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
)

__all__ = ["CLAIMS"]

GAMMA, SIZE, COLUMNS = 2.4, 8, 4
WEIGHTS = p_series(GAMMA, SIZE)
SQUARES = float(np.sum(WEIGHTS**2))
GIVEN_BATCH = uniform_share(WEIGHTS)
NAIVE = 1 - (1 / SQUARES - 1) / SIZE


def _law() -> Zeta:
    return Zeta(GAMMA, SIZE)


# Batches of iid records: C12 -----------------------------------------------------------------------------------------


def _stretched(*choices: tuple[str, float], anchored: bool) -> Simulate:
    """Return the mean square about the true mean 0 of rows stretched about a centre by 1 / sqrt(factor)."""

    def simulate(rng: Generator, n: int) -> Array:
        records = rademacher(rng, n * SIZE * COLUMNS).reshape(n, SIZE, COLUMNS)
        mixed = batch_weights(rng, n, WEIGHTS, anchored=anchored) @ records
        found = []
        for centre, factor in choices:
            middle = records.mean(axis=1, keepdims=True) if centre == "batch" else 0.0
            found.append(np.mean((middle + (mixed - middle) / math.sqrt(factor)) ** 2, axis=(1, 2)))
        return np.stack(found, axis=1)

    return simulate


def _unconditional(factor: float, scale: float) -> float:
    """Return the variance of a row stretched about the batch mean: of the batch mean, and about it."""
    return 1 / SIZE + (1 - 1 / SIZE) * factor * scale**2


RIGHT = (("batch", GIVEN_BATCH), ("batch", SQUARES), ("true", SQUARES))
# a coordinate of a stretched row: |mean| <= 1 and the distance from it at most 2, over the smaller root
LARGEST = (1 + 2 / math.sqrt(GIVEN_BATCH)) ** 2


def _claim(anchored: bool) -> Claim:
    rows = "anchored rows" if anchored else "independent orders"
    pairing = "anchored" if anchored else "distinct"
    interval = EmpiricalBernstein(0.0, LARGEST)
    return Claim(
        name=f"mixing.zeta.rescaling.{pairing}",
        statement="Rows stretched about the batch mean by 1/sqrt(c_B), or about the true mean by 1/sqrt(A_2), have the "
        "variance of the records; about the batch mean 1/sqrt(A_2) restores too little.",
        latex=r"\mathrm{Var}\bigl(\bar x+c_B^{-1/2}(\hat x-\bar x)\bigr)=\sigma^2,\ "
        r"\mathrm{Var}\bigl(\bar x+A_2^{-1/2}(\hat x-\bar x)\bigr)=\Bigl(1-\tfrac1T(\tfrac1{A_2}-1)\Bigr)\sigma^2",
        assumptions=f"gamma 2.4, T = 8 records of four independent signs, {rows}; averages over the rows of a batch",
        source=from_note("C12"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="c_B about the batch mean",
                closed=lambda: _unconditional(GIVEN_BATCH, float(rescaling.batch_scale(_law(), SIZE, pairing))),
                oracle=lambda: 1.0,
                margin=Relative(0.01),
                interval=interval,
            ),
            Component(
                label="A_2 about the batch mean",
                closed=lambda: rescaling.naive_rescaled_factor(_law(), SIZE, pairing),
                oracle=lambda: _unconditional(GIVEN_BATCH, SQUARES**-0.5),
                margin=Relative(0.01),
                interval=interval,
            ),
            Component(
                label="A_2 about the true mean",
                closed=lambda: SQUARES * float(rescaling.known_mean_scale(_law())) ** 2,
                oracle=lambda: 1.0,
                margin=Relative(0.01),
                interval=interval,
            ),
        ),
        simulate=_stretched(*RIGHT, anchored=anchored),
        block_size=2**12,
        mutants=(
            FormulaMutant("A_2 restores the variance", lambda: [None, 1.0, None]),
            FormulaMutant("c_B S_b counted as the whole", lambda: [1 - 1 / SIZE, None, None]),
            SimulatorMutant(
                "A_2 for c_B, c_B for A_2, no stretching",
                _stretched(("batch", SQUARES), ("batch", GIVEN_BATCH), ("true", 1.0), anchored=anchored),
            ),
            SimulatorMutant("no stretching", _stretched(*[(c, 1.0) for c, _ in RIGHT], anchored=anchored)),
        ),
    )


UNIFORM, ANCHORED = _claim(False), _claim(True)

# Identities ----------------------------------------------------------------------------------------------------------


def _row_spread(atoms: Atoms, pairing: str) -> float:
    return member_weights.row_moment(DATA, atoms, pairing, 2) / float(np.var(DATA))


def _squares(atoms: Atoms) -> float:
    return float(atoms.mass @ np.sum(atoms.vectors**2, axis=1))


def _stretched_weights(gamma: float, n: int) -> Array:
    """Return the weights of all members after stretching about their mean."""
    law = Zeta(gamma, n)
    return 1 / n + float(rescaling.batch_scale(law, n)) * (law.weights - 1 / n)


def _on_sphere(gamma: float, n: int) -> Array:
    """Return the weights on the line from 1/T through the given ones that have sum of squares one."""
    direction = p_series(gamma, n) - 1 / n
    return np.asarray(1 / n + direction * math.sqrt((1 - 1 / n) / float(direction @ direction)))


WHERE = f"four rows of data; {LAWS_TEXT}; complete enumeration of the parents"

FORMULAS = identity(
    "mixing.zeta.rescaling.formulas",
    "Scales for any law and pairing; given the data the stretched rows have exactly the covariance of the data.",
    r"\mathrm{Cov}\bigl(\bar x+c_B^{-1/2}(\tilde x-\bar x)\mid x\bigr)=S_b",
    WHERE,
    from_note("C12"),
    [
        (
            "variance restored given the data",
            theory(lambda law: [float(rescaling.batch_scale(law, N, pairing)) ** -2 for pairing in PAIRINGS]),
            enumerated(lambda atoms: [_row_spread(atoms, pairing) for pairing in PAIRINGS]),
        ),
        (
            "scale",
            theory(lambda law: [rescaling.batch_scale(law, N), rescaling.known_mean_scale(law)]),
            enumerated(lambda atoms: [_row_spread(atoms, "distinct") ** -0.5, _squares(atoms) ** -0.5]),
        ),
        (
            "naive factor",
            theory(lambda law: [rescaling.naive_rescaled_factor(law, N, pairing) for pairing in PAIRINGS]),
            enumerated(
                lambda atoms: [
                    1 / N + (1 - 1 / N) * _row_spread(atoms, pairing) / _squares(atoms) for pairing in PAIRINGS
                ]
            ),
        ),
        (
            "naive factor by default",
            theory(lambda law: rescaling.naive_rescaled_factor(law, N)),
            enumerated(lambda atoms: 1 - (1 / _squares(atoms) - 1) / N),
        ),
        (
            "array of laws",
            lambda: [
                rescaling.known_mean_scale(Beta([1.0, 2.0], [1.0, 2.0])),
                rescaling.batch_scale(Beta([1.0, 2.0], [1.0, 2.0]), 5, "independent"),
            ],
            lambda: [[1.5**0.5, (5 / 3) ** 0.5]] * 2,
        ),
    ],
    [
        FormulaMutant(
            "A_2 for the batch",
            lambda: [enumerated(lambda atoms: [_squares(atoms)] * len(PAIRINGS))(), *[None] * 4],
        ),
        FormulaMutant("nothing lost", lambda: [*[None] * 3, [1.0] * 4, None]),
    ],
)

HULL = identity(
    "mixing.zeta.rescaling.hull",
    "Stretched weights are those of a law that preserves the covariance: the sum of squares is one, so with three "
    "parents or more some are negative and rows may leave the hull; with two parents they are 1 and 0.",
    r"w'_k=\tfrac1T+c_B^{-1/2}\bigl(w_k-\tfrac1T\bigr),\ \sum_kw'_k=\sum_kw_k'^2=1",
    "gamma 2.4 and T = 8, gamma 1.1 and T = 3, gamma 0.3 and T = 2",
    from_note("C12"),
    [
        ("T = 8", lambda: _stretched_weights(2.4, 8), lambda: _on_sphere(2.4, 8)),
        ("T = 3", lambda: _stretched_weights(1.1, 3), lambda: _on_sphere(1.1, 3)),
        ("T = 2", lambda: _stretched_weights(0.3, 2), lambda: [1.0, 0.0]),
        (
            "smallest weight below zero",
            lambda: [float(_stretched_weights(g, t).min() < 0) for g, t in ((2.4, 8), (1.1, 3), (6.0, 32))],
            lambda: [1.0] * 3,
        ),
    ],
    [
        FormulaMutant("weights stay in the simplex", lambda: [None, None, None, [0.0] * 3]),
        FormulaMutant(
            "stretched by 1/sqrt(A_2)",
            lambda: [1 / 8 + (p_series(2.4, 8) - 1 / 8) / math.sqrt(SQUARES), None, None, None],
        ),
    ],
)

CLAIMS: tuple[Claim, ...] = (UNIFORM, ANCHORED, FORMULAS, HULL)
