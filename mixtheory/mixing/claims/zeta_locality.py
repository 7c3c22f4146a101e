r"""Claims about the distance of a record from its dominant parent, against mixup at equal covariance (C10 of note 02).

Of all laws of fixed weights with a sum of squares :math:`A_2 \ge 1/2`, two parents have the smallest largest weight,
because :math:`A_2 \le w_1^2 + (1-w_1)^2`; and a random weight of two parents lies farther than the fixed one, because
:math:`\min(\lambda,1-\lambda)^2` is convex in :math:`\lambda(1-\lambda)`. So zeta-mixup is closer than mixup at every
equal covariance factor; how much closer depends on alpha and T.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import locality
from mixtheory.mixing.claims import member_weights, oracles
from mixtheory.mixing.claims.member_weights import Atoms, matching_exponent, p_series
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import DATA, LAWS_TEXT, N, dominants, enumerated, from_note, theory
from mixtheory.mixing.kernels import draw_weights, rademacher
from mixtheory.mixing.kernels.zeta_batches import batch_weights
from mixtheory.mixing.p_series import matching_gamma
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

# mixup with a uniform weight, and zeta-mixup of a batch of eight with the same covariance factor 2/3
SIZE, COLUMNS, PAIRS = 8, 4, 64
WEIGHTS = p_series(matching_exponent(2 / 3, SIZE), SIZE)
# the weights of a displacement have the absolute sum 2 (1 - w_1)
FARTHEST = 4 * float(1 - WEIGHTS[0]) ** 2 * (1 + 1e-9)


def _displacement(weights: Array) -> float:
    """Return the sum of squares of the weights of the displacement from the first parent."""
    return float(np.sum((weights - np.eye(weights.size)[0]) ** 2))


@functools.cache
def _mixup(alpha: float) -> float:
    """Return 2 E min(lambda, 1 - lambda)^2 by quadrature."""
    return 2 * oracles.expectation(lambda w: min(w, 1 - w) ** 2, (alpha, alpha, 0.0, 0.0))


# Batches of iid records: C10b ----------------------------------------------------------------------------------------


def _batches(rng: Generator, n: int, *, anchored: bool, nearest: bool) -> Array:
    """Return the mean square displacement per column from the parent of the largest (or least) weight."""
    records = rademacher(rng, n * SIZE * COLUMNS).reshape(n, SIZE, COLUMNS)
    drawn = batch_weights(rng, n, WEIGHTS, anchored=anchored)
    parent = drawn.argmax(axis=2) if nearest else drawn.argmin(axis=2)
    np.put_along_axis(drawn, parent[:, :, None], np.take_along_axis(drawn, parent[:, :, None], axis=2) - 1, axis=2)
    return np.asarray(np.mean((drawn @ records) ** 2, axis=(1, 2)))


def _pairs(rng: Generator, n: int, *, nearest: bool) -> Array:
    apart = rademacher(rng, n) - rademacher(rng, n)
    weight = draw_weights(rng, n, 1.0, 1.0)
    share = np.minimum(weight, 1 - weight) if nearest else np.maximum(weight, 1 - weight)
    return np.asarray((share * apart) ** 2)


def _simulate(nearest: bool = True) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        rows = [_batches(rng, n, anchored=anchored, nearest=nearest) for anchored in (False, True)]
        # many pairs a unit, so that it varies no more than a batch
        pairs = _pairs(rng, PAIRS * n, nearest=nearest).reshape(n, PAIRS).mean(axis=1)
        # no displacement from the nearest parent is larger: the cut touches the mutant alone
        return np.asarray(np.minimum(np.stack([*rows, pairs], axis=1), [FARTHEST, FARTHEST, 1.0]))

    return simulate


def _matched() -> Zeta:
    return Zeta.matching(float(Beta(1.0, 1.0).variance_factor), SIZE)


DISPLACEMENT = Claim(
    name="mixing.zeta.locality.displacement",
    statement="Mean square displacement from the dominant parent: the same for independent orders and anchored rows, "
    "and 3.1 times smaller than that of mixup from the nearer parent at equal covariance.",
    latex=r"\mathbb{E}\lVert\hat x-x_{dom}\rVert^2=(1-2w_1+A_2)\,\mathrm{tr}\,\Sigma,\ "
    r"\text{mixup: }2\,\mathbb{E}\min(\lambda,1-\lambda)^2\,\mathrm{tr}\,\Sigma",
    assumptions="batches of T = 8 records of four independent signs; uniform lambda, and gamma with A_2 = 2/3",
    source=from_note("C10b"),
    kind="equality",
    margin_class="exact",
    components=(
        *(
            Component(
                label=label,
                closed=lambda: locality.displacement_factor(_matched()),
                oracle=lambda: _displacement(WEIGHTS),
                oracle_rtol=1e-8,
                margin=Relative(0.01),
                interval=EmpiricalBernstein(0.0, FARTHEST),
            )
            for label in ("independent orders", "anchored rows")
        ),
        Component(
            label="mixup",
            closed=lambda: locality.displacement_factor(Beta(1.0, 1.0)),
            oracle=lambda: _mixup(1.0),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0),
        ),
    ),
    simulate=_simulate(),
    block_size=2**12,
    mutants=(
        FormulaMutant("2 (1 - w_1)^2", lambda: [2 * (1 - WEIGHTS[0]) ** 2] * 2 + [None]),
        FormulaMutant("2 E lambda^2", lambda: [None, None, 2 / 3]),
        SimulatorMutant("the parent of the least weight", _simulate(nearest=False)),
    ),
)

# Identities ----------------------------------------------------------------------------------------------------------

ALPHAS = (0.1, 0.2, 0.5, 1.0, 2.0)
PARENTS = (2, 8, 32, 128, 512, math.inf)
# the published settings and others at which the advantage is below three or above six
SETTINGS = tuple((a, t) for a in (0.05, 0.2, 0.5, 1.0, 3.0, 10.0) for t in (2, 3, 8, 32))


def _factor(alpha: float) -> float:
    return (alpha + 1) / (2 * alpha + 1)


def _advantages() -> list[float]:
    return [
        float(
            locality.displacement_factor(Beta(a, a))
            / locality.displacement_factor(Zeta.matching(float(Beta(a, a).variance_factor), t))
        )
        for a, t in SETTINGS
    ]


def _within(low: float, high: float, chosen: Callable[[float, int], bool]) -> float:
    """Return 1 if the advantage is in a range at all chosen settings."""
    pairs = zip(SETTINGS, _advantages(), strict=True)
    return float(all(low <= ratio <= high for setting, ratio in pairs if chosen(*setting)))


def _advantage(alpha: float, n_parents: int) -> float:
    return _mixup(alpha) / _displacement(p_series(matching_exponent(_factor(alpha), n_parents), n_parents))


def _third(alpha: float, n_parents: int) -> float:
    return float(np.sum(p_series(matching_exponent(_factor(alpha), n_parents), n_parents) ** 3))


def _law_displacements() -> list[float]:
    """Return the factor of each law from the mean of its largest weight and its sum of squares."""
    squares = enumerated(lambda atoms: float(atoms.mass @ np.sum(atoms.vectors**2, axis=1)))()
    return [1 - 2 * top + square for top, square in zip(dominants(), squares, strict=True)]


def _in_batch(atoms: Atoms) -> list[float]:
    """Return E (x~ - x_dom)^2 in a batch whose first parent dominates, over all parents that differ."""
    (weights,) = atoms.vectors
    moved = Atoms(np.array([weights - np.eye(weights.size)[0]]), np.ones(1))
    return [member_weights.row_moment(DATA, moved, pairing, 2) for pairing in ("distinct", "anchored")]


FORMULAS = identity(
    "mixing.zeta.locality.formulas",
    "Displacement of any law for independent parents, and of rows given their batch, where tr Sigma has divisor T - 1.",
    r"\mathbb{E}\lVert\hat x-x_{dom}\rVert^2=(1-2\,\mathbb{E}\max_tw_t+A_2)\,\mathrm{tr}\,\Sigma",
    f"{LAWS_TEXT}; a batch of four rows and all its orderings",
    from_note("C10b"),
    [
        ("any law", theory(locality.displacement_factor), _law_displacements),
        (
            "given the batch",
            lambda: [
                [float(locality.displacement_factor(Zeta(g, t))) * float(np.var(DATA, ddof=1))] * 2
                for g, t in ((1.3, N), (2.8, 3))
            ],
            lambda: [_in_batch(member_weights.fixed(g, t)) for g, t in ((1.3, N), (2.8, 3))],
        ),
        (
            "mixup",
            lambda: [locality.displacement_factor(Beta(a, a)) for a in ALPHAS],
            lambda: [_mixup(a) for a in ALPHAS],
        ),
    ],
    [
        FormulaMutant("2 (1 - max)^2", lambda: [[2 * (1 - top) ** 2 for top in dominants()], None, None]),
        FormulaMutant(
            "divisor T given the batch",
            lambda: [
                None,
                [[_displacement(p_series(g, t)) * float(np.var(DATA))] * 2 for g, t in ((1.3, N), (2.8, 3))],
                None,
            ],
        ),
    ],
    rtol=1e-8,
)

MATCHED = identity(
    "mixing.zeta.locality.matched",
    "At equal covariance zeta-mixup stays closer to the dominant parent than mixup for every alpha and T: 1.1 to 1.9 "
    "times for two parents and alpha from 1 to 10, 3 to 6.45 times for T >= 8 and alpha between 0.2 and 1, and over 16 "
    "times for alpha = 0.05; it keeps more of the third moment for T >= 3, and as much for T = 2.",
    r"A_2=\frac{\alpha+1}{2\alpha+1}:\ 1-2w_1+A_2\le2\,\mathbb{E}\min(\lambda,1-\lambda)^2",
    "alpha from 0.05 to 10 and T from 2 to 512 and infinity; root finding and quadrature",
    from_note("C10"),
    [
        (
            "matching gamma",
            lambda: [[matching_gamma(float(Beta(a, a).variance_factor), t) for t in PARENTS] for a in ALPHAS],
            lambda: [[matching_exponent(_factor(a), t) for t in PARENTS] for a in ALPHAS],
        ),
        (
            "alpha 0.2 and infinitely many parents",
            lambda: matching_gamma(float(Beta(0.2, 0.2).variance_factor), math.inf),
            # zeta(8) / zeta(4)^2 = 6/7
            lambda: 4.0,
        ),
        ("advantage", _advantages, lambda: [_advantage(*setting) for setting in SETTINGS]),
        ("closer than mixup", lambda: [float(ratio > 1) for ratio in _advantages()], lambda: [1.0] * len(SETTINGS)),
        (
            "ranges of the advantage",
            lambda: [
                _within(1.1, 1.9, lambda a, t: t == 2 and a >= 1),
                _within(3.0, 6.45, lambda a, t: t >= 8 and 0.2 <= a <= 1),
                _within(16.0, math.inf, lambda a, t: a == 0.05),
            ],
            lambda: [1.0] * 3,
        ),
        (
            "third moment",
            lambda: [Zeta.matching(float(Beta(a, a).variance_factor), t).power_sum(3) for a, t in SETTINGS],
            lambda: [_third(*setting) for setting in SETTINGS],
        ),
        (
            "more of the third moment",
            lambda: [
                float(Zeta.matching(float(law.variance_factor), t).power_sum(3) > law.third_moment_factor)
                for law, t in ((Beta(a, a), t) for a, t in SETTINGS if t > 2)
            ],
            lambda: [1.0] * sum(t > 2 for _, t in SETTINGS),
        ),
        (
            "third moment of mixup, and of two parents",
            lambda: [
                [float(Beta(a, a).third_moment_factor) for a in ALPHAS],
                [Zeta.matching(float(Beta(a, a).variance_factor), 2).power_sum(3) for a in ALPHAS],
            ],
            lambda: [[(a + 2) / (2 * (2 * a + 1)) for a in ALPHAS]] * 2,
        ),
    ],
    [
        FormulaMutant("three to six times everywhere", lambda: [*[None] * 2, [4.5] * len(SETTINGS), *[None] * 5]),
        FormulaMutant(
            "the default gamma for alpha = 1",
            lambda: [*[None] * 2, [_mixup(a) / _displacement(p_series(2.8, t)) for a, t in SETTINGS], *[None] * 5],
        ),
        FormulaMutant(
            "third moment A_2^1.5", lambda: [*[None] * 5, [_factor(a) ** 1.5 for a, _ in SETTINGS], None, None]
        ),
    ],
    rtol=1e-8,
    atol=1e-9,
)

CLAIMS: tuple[Claim, ...] = (DISPLACEMENT, FORMULAS, MATCHED)
