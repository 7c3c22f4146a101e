r"""Claims about mixing one batch again and again (C11 of note 02): the variance falls by f each round, not by A_2.

A path of rounds is the independent unit. It starts from the corners of a simplex, of which every batch is a linear
image, and the variances of all directions are averaged.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy import linalg

from mixtheory.mixing import finite
from mixtheory.mixing.claims import member_weights
from mixtheory.mixing.claims.member_weights import p_series, uniform_share
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.generations import generation_covariance
from mixtheory.mixing.kernels.zeta_batches import remix
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

GAMMA, SIZE, ROUNDS = 2.4, 16, 3
WEIGHTS = p_series(GAMMA, SIZE)
SQUARES = float(np.sum(WEIGHTS**2))
# a simplex: all balanced orthogonal columns of signs, each of variance 1
START = np.asarray(linalg.hadamard(SIZE)[:, 1:], dtype=np.float64)


def _variances(rows: Array) -> Array:
    return np.asarray(rows.var(axis=1).mean(axis=1))


def _paths(*anchored: bool, rounds: int = ROUNDS) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = [_variances(remix(rng, n, START, WEIGHTS, anchored=law, rounds=rounds)) for law in anchored]
        return np.stack(columns, axis=1)

    return simulate


def _after(anchored: bool) -> float:
    """Return E S_b after the rounds from the exact second moments of the batch."""
    return member_weights.after_rounds(
        START[:, 0], member_weights.fixed(GAMMA, SIZE), anchored=anchored, rounds=ROUNDS
    )[0]


REPEATED = Claim(
    name="mixing.zeta.repeated.variance",
    statement="Mixing a batch of sixteen three times: the expected variance falls by f each round, f = (1 - 1/T) c_B "
    "for independent orders and c_B - c_W/T for anchored rows; the factor of fresh parents does not apply.",
    latex=r"\mathbb{E}S_b^{(r)}=f^rS_b,\ f_U=(1-\tfrac1T)c_B,\ f_R=c_B-c_W/T",
    assumptions="gamma 2.4, T = 16, three rounds from the corners of a simplex",
    source=from_note("C11"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=label,
            closed=lambda pairing=pairing: finite.generation_variance_factor(  # type: ignore[misc]
                Zeta(GAMMA, SIZE), SIZE, pairing, ROUNDS
            ),
            oracle=lambda anchored=anchored: _after(anchored),  # type: ignore[misc]
            margin=Relative(0.01),
            # after one round all rows are equally far from the centre of the simplex, and later rounds are averages
            interval=EmpiricalBernstein(0.0, uniform_share(WEIGHTS) * (1 + 1e-9)),
        )
        for label, pairing, anchored in (
            ("independent orders", "distinct", False),
            ("anchored rows", "anchored", True),
        )
    ),
    simulate=_paths(False, True),
    block_size=2**8,
    mutants=(
        FormulaMutant("c_B^r without the mean's share", lambda: [uniform_share(WEIGHTS) ** ROUNDS, None]),
        FormulaMutant("the other row law", lambda: [_after(True), _after(False)]),
        FormulaMutant("A_2^r of fresh parents", lambda: [SQUARES**ROUNDS] * 2),
        SimulatorMutant("the row laws exchanged", _paths(True, False)),
        SimulatorMutant("two rounds", _paths(False, True, rounds=ROUNDS - 1)),
    ),
)


def _leaves() -> float:
    """Return the variance of a record after the rounds: it is a weighted sum of T^r independent records."""
    leaves = WEIGHTS
    for _ in range(ROUNDS - 1):
        leaves = np.outer(leaves, WEIGHTS).ravel()
    return float(np.sum(leaves**2))


FRESH = identity(
    "mixing.zeta.repeated.fresh_parents",
    "With fresh independent parents in every round the covariance falls by A_2 each, more slowly than in a batch that "
    "is mixed again.",
    r"\mathrm{Cov}(x^{(r)})=A_2^r\Sigma,\ A_2>f_R>f_U",
    "gamma 2.4, T = 16, three rounds; all leaves of the tree of parents",
    from_note("C11"),
    [
        ("covariance", lambda: generation_covariance(Zeta(GAMMA, SIZE), 1.0, ROUNDS), _leaves),
        (
            "shares of it that the row laws keep",
            lambda: [
                finite.generation_variance_factor(Zeta(GAMMA, SIZE), SIZE, pairing, ROUNDS)
                / generation_covariance(Zeta(GAMMA, SIZE), 1.0, ROUNDS)
                for pairing in ("distinct", "anchored")
            ],
            lambda: [_after(anchored) / _leaves() for anchored in (False, True)],
        ),
    ],
    [FormulaMutant("the same in a batch that is mixed again", lambda: [None, [1.0, 1.0]])],
)

CLAIMS: tuple[Claim, ...] = (REPEATED, FRESH)
