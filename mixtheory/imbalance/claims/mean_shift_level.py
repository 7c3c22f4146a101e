r"""Claim about the level of the risk in the mean-shift symmetric model (C6): the mean square of the mean score."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import symmetry_oracles as symmetry
from mixtheory.imbalance.claims.mean_shift import SETTING
from mixtheory.imbalance.claims.parts import Array, Simulate, derived
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.verification import Claim, Component, FormulaMutant, Relative, SimulatorMutant, StudentT

__all__ = ["CLAIMS"]

D = 3
# majority, minority and synthetic rows; few, as the mean is exact for every number
COUNTS = (2, 1, 1)
# replicates of a unit: a square of few nearly normal scores is skew
TIMES = 64


def _squares(noise: str = "rademacher") -> Simulate:
    """Return N times the square of the mean score of rows mu + xi at mu / 2, with nothing taken off it."""

    def simulate(rng: Generator, n: int) -> Array:
        shape = (D, sum(COUNTS), n * TIMES)
        z = (
            rng.choice((-1.0, 1.0), shape)
            if noise == "rademacher"
            else rng.uniform(-math.sqrt(3.0), math.sqrt(3.0), shape)
        )
        z[0] += 1.0
        squares = np.sum(z * (1.0 - 0.5 * z[0]), axis=1) ** 2
        # the second moments of a row are 2 along mu and 1 across it
        forms = (0.5 * squares[0] + squares[1:].sum(axis=0)) / sum(COUNTS)
        return np.asarray(forms.reshape(n, TIMES).mean(axis=1))

    return simulate


def _public() -> float:
    return sum(COUNTS) * MeanShiftModel(D, *COUNTS[:2], "rademacher").oracle(COUNTS[2])


LEVEL = Claim(
    name="imbalance.symmetry.risk.level",
    statement="With new rows of the minority's law the mean square of the mean score is T / N for every number of "
    "rows, with T of the noise and not d / 2.",
    latex=r"N\,\mathbb{E}\|\bar\psi\|_{A^{-1}}^2=T=\frac{\kappa_4-1}8+\frac{(d-1)(1+\kappa_{22})}4",
    assumptions=f"{SETTING}; Rademacher noise, d = {D}, {COUNTS[0]} majority, {COUNTS[1]} minority and {COUNTS[2]} "
    "synthetic row; no control variate",
    source=derived("C6", "4"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="N times the mean square",
            closed=_public,
            oracle=lambda: symmetry.score_trace("rademacher", D),
            margin=Relative(0.01),
            interval=StudentT(0.25),
        ),
    ),
    simulate=_squares(),
    block_size=2**9,
    mutants=(
        SimulatorMutant("uniform noise", _squares("cube")),
        FormulaMutant("T = d / 2", lambda: 0.5 * D),
    ),
)

CLAIMS: tuple[Claim, ...] = (LEVEL,)
