r"""Claims about matching with fewer rows than parameters, n < p (C10): where it is optimal and where it is not."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, optimality
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.pairs import biases, bracket, log_ratios, same_draws, trace
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity, paper
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

P = 16
ONES = np.ones(P)
BASIS = np.eye(P)
# E beta beta^T = I / p
RANDOM = BASIS / P
OVER = (4, 4)
UNEVEN: dict[str, Array] = {
    "two points": halves(P, 0.2, 1.8),
    "geometric": np.geomspace(0.1, 3.0, P) / np.mean(np.geomspace(0.1, 3.0, P)),
}


def _variance_change(lam: Array, counts: tuple[int, int]) -> tuple[Callable[[], float], Callable[[], float]]:
    def closed() -> float:
        matched, other = (equivalents.excess_risk(ONES, s, *counts, beta=RANDOM).variance for s in (ONES, lam))
        return math.log(other / matched)

    def oracle() -> float:
        matched, other = (oracles.mixture_risk([ONES, s], counts)[0] for s in (ONES, lam))
        return math.log(other / matched)

    return closed, oracle


def _variances(spectra: list[Array], counts: tuple[int, int] = OVER) -> Simulate:
    return log_ratios(same_draws([trace((ONES, ONES), counts), *(trace((ONES, lam), counts) for lam in spectra)]))


OVER_VARIANCE = Claim(
    name="highdim.optimality.over.variance",
    statement="With n < p and Sigma_t = I an isotropic Sigma_s has the least variance of all of trace p.",
    latex=r"\Sigma_t=I,\ \operatorname{tr}\Sigma_s=p:\quad\mathcal V(\Sigma_s)\ge\mathcal V(I)=\sigma^2\frac{n}{p-n}",
    assumptions="p = 16, n_t = n_s = 4, normal entries, the same for all; within two fifths of the prediction",
    source=paper("matching is optimal for Sigma_t = I", "theorem 4.5")
    + "; the proof for the variance "
    + derived("C10"),
    kind="difference",
    margin_class="qualitative",
    components=tuple(
        component
        for column, (label, lam) in enumerate(UNEVEN.items())
        for component in bracket(label, *_variance_change(lam, OVER), 0.3, column=column, share=0.4)
    ),
    simulate=_variances(list(UNEVEN.values())),
    block_size=2**11,
    mutants=(
        SimulatorMutant("a third of the way from isotropic", _variances([(2 + lam) / 3 for lam in UNEVEN.values()])),
        SimulatorMutant("a third of the trace", _variances([lam / 3 for lam in UNEVEN.values()])),
        FormulaMutant("the covariance does not matter", lambda: [0.0] * 4),
    ),
)


# the spectra of T-transforms at p = 12
WIDE = 10 ** np.random.default_rng(4).uniform(-1, 1, (8, 12))
WIDE *= 12 / WIDE.sum(axis=1, keepdims=True)
NARROW = np.linspace(0.99, 1.01, 12)
SPLIT = (2, 4)


def _public(lam: Array) -> tuple[float, float]:
    found = equivalents.excess_risk(np.ones(12), lam, *SPLIT, beta=np.eye(12) / 12)
    return float(found.variance), float(found.bias or 0.0)


def _reference(lam: Array) -> tuple[float, float]:
    return _reference_at(tuple(lam))


@functools.cache
def _reference_at(lam: tuple[float, ...]) -> tuple[float, float]:
    return oracles.mixture_risk([np.ones(12), np.array(lam)], SPLIT, np.eye(12) / 12)


def _steps() -> list[tuple[Array, Array]]:
    return [(lam, optimality.t_transform(lam, k % 6, 11 - k % 5, 0.3)) for k, lam in enumerate(WIDE)]


def _averaged(lam: Array, i: int, j: int) -> Array:
    moved = lam.copy()
    moved[i], moved[j] = 0.7 * lam[i] + 0.3 * lam[j], 0.7 * lam[j] + 0.3 * lam[i]
    return moved


@functools.cache
def _synthetic_variance(n_s: int) -> float:
    return oracles.mixture_risk([np.ones(12), WIDE[0]], [1e-14, n_s])[0]


OVER_SCHUR = identity(
    "highdim.optimality.over.schur",
    "With n < p and Sigma_t = I the variance is Schur-convex in Sigma_s; a random isotropic beta has one bias for all.",
    r"\Sigma_t=I:\quad\mathcal V=\sigma^2(b_t+b_s),\ b_t=\frac{n_t}{p-n};\qquad "
    r"\mathbb{E}\beta\beta^T=I/p\Rightarrow\mathcal B=1-\frac np",
    "p = 12, n_t = 2, n_s = 4; eight random spectra over two decades",
    derived("C10", "K9"),
    [
        (
            "change of the variance by a T-transform",
            lambda: [_public(after)[0] - _public(before)[0] for before, after in _steps()],
            lambda: [
                _reference(_averaged(lam, k % 6, 11 - k % 5))[0] - _reference(lam)[0] for k, lam in enumerate(WIDE)
            ],
        ),
        (
            "share of T-transforms that lower it",
            lambda: np.mean([_public(after)[0] < _public(before)[0] for before, after in _steps()]),
            lambda: 1.0,
        ),
        ("share above matching", lambda: np.mean([_public(lam)[0] > 1.0 for lam in WIDE]), lambda: 1.0),
        ("variance of matching", lambda: _public(np.ones(12))[0], lambda: 6 / (12 - 6)),
        (
            "variance from the spectrum",
            lambda: [optimality.over_variance(lam, *SPLIT, noise_var=0.7) for lam in (*WIDE, NARROW, np.ones(12))],
            lambda: [0.7 * _reference(lam)[0] for lam in (*WIDE, NARROW, np.ones(12))],
        ),
        (
            "variance from the spectrum of one kind of rows",
            lambda: [optimality.over_variance(WIDE[0], *split, noise_var=0.7) for split in ((0, 6), (4, 0))],
            lambda: [0.7 * _synthetic_variance(6), 0.7 * 4 / (12 - 4)],
        ),
        (
            "sum of the weights",
            lambda: [sum(equivalents.excess_risk(np.ones(12), lam, *SPLIT, beta=np.eye(12)).weights) for lam in WIDE],
            lambda: [_reference(lam)[0] for lam in WIDE],
        ),
        ("bias", lambda: [_public(lam)[1] for lam in WIDE], lambda: [1 - 6 / 12] * len(WIDE)),
    ],
    [
        FormulaMutant("Schur-concave", lambda: [None, 0.0, 0.0, *[None] * 5]),
        FormulaMutant("the bias follows n_s alone", lambda: [None] * 7 + [[1 - 4 / 12] * len(WIDE)]),
    ],
    rtol=1e-8,
    atol=1e-10,
)

SMALL = 12
FEW_ROWS = (2, 2)


def _random_axis(spectra: list[Array], sigma_t: Array) -> Simulate:
    """Return biases for beta a coordinate axis taken at random, whose second moment is I / p."""
    parts = [biases((sigma_t, lam), FEW_ROWS, np.eye(SMALL)) for lam in spectra]

    def simulate(rng: Generator, n: int) -> Array:
        axis = rng.integers(SMALL, size=n)
        return np.column_stack([part(rng, n)[np.arange(n), axis] for part in parts])

    return simulate


def _first_axis(spectra: list[Array]) -> Simulate:
    betas = np.eye(SMALL)[:1]
    parts = [biases((np.ones(SMALL), lam), FEW_ROWS, betas) for lam in spectra]
    return lambda rng, n: np.column_stack([part(rng, n)[:, 0] for part in parts])


STEEP = {"two points": halves(SMALL, 0.1, 1.9), "geometric": np.geomspace(3.0, 0.03, SMALL)}

RANDOM_BETA = Claim(
    name="highdim.optimality.over.random_beta",
    statement="With n < p, Sigma_t = I and a random isotropic beta the bias is 1 - n/p whatever Sigma_s is.",
    latex=r"\Sigma_t=I,\ \mathbb{E}\beta\beta^T=I/p:\quad\mathcal B=1-\frac np",
    assumptions="p = 12, n_t = n_s = 2; beta a coordinate axis taken at random; two spectra; exact in finite samples",
    source=derived("C10", "K9"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=label,
            closed=lambda lam=lam: (
                equivalents.excess_risk(  # type: ignore[misc]
                    np.ones(SMALL), lam, *FEW_ROWS, beta=np.eye(SMALL) / SMALL
                ).bias
            ),
            oracle=lambda: oracles.isotropic_over(SMALL, sum(FEW_ROWS))[1],
            margin=Relative(0.01),
            # a projection shortens every vector
            interval=EmpiricalBernstein(0.0, 1.0 + 1e-9),
            columns=column,
        )
        for column, (label, lam) in enumerate(STEEP.items())
    ),
    simulate=_random_axis(list(STEEP.values()), np.ones(SMALL)),
    block_size=2**12,
    mutants=(
        SimulatorMutant("beta the first axis", _first_axis(list(STEEP.values()))),
        SimulatorMutant("Sigma_t not isotropic", _random_axis(list(STEEP.values()), halves(SMALL, 0.2, 1.0))),
        FormulaMutant("1 - n_s/p", lambda: [1 - 2 / 12, 1 - 2 / 12]),
    ),
)

# where it fails: a fixed beta, and Sigma_t that is not isotropic
FIRST_AXIS = BASIS[:1]
BOOSTED = np.where(np.arange(P) < 2, 4.5, 0.5)
BLOCKS = halves(P, 4.0, 0.25)
EVEN, MOSTLY_SYNTHETIC = (4, 4), (2, 8)


def _weighted(first: float) -> Array:
    """Return factors of the two blocks with tr M^T M = p."""
    return halves(P, first, 2 - first)


def _bias_change(
    sigma_t: Array, factor: Array, counts: tuple[int, int], prior: Array
) -> tuple[Callable[[], float], Callable[[], float]]:
    def closed() -> float:
        matched, other = (
            equivalents.excess_risk(sigma_t, sigma_t * s, *counts, beta=prior).bias for s in (ONES, factor)
        )
        return float(other or 0.0) - float(matched or 0.0)

    def oracle() -> float:
        matched, other = (oracles.mixture_risk([sigma_t, sigma_t * s], counts, prior)[1] for s in (ONES, factor))
        return other - matched

    return closed, oracle


def _bias_changes(factor: Callable[[Array], Array], alike: bool = False) -> Simulate:
    """Return the biases less those of matched rows in three settings.

    `factor` changes the synthetic covariance; with `alike` the real rows have it too.
    """

    def change(sigma_t: Array, lam: Array, counts: tuple[int, int], betas: Array) -> Simulate:
        split = (0, sum(counts)) if alike else counts
        both = [
            biases((sigma_t, sigma_t), counts, betas),
            biases((sigma_t, sigma_t * factor(lam)), split, betas),
        ]
        summed: list[Simulate] = [lambda rng, n, part=part: part(rng, n).sum(axis=1) for part in both]  # type: ignore[misc]
        compare = same_draws(summed)
        return lambda rng, n: np.diff(compare(rng, n), axis=1)

    parts = [
        change(ONES, BOOSTED, OVER, FIRST_AXIS),
        change(BLOCKS, _weighted(1.95), EVEN, BASIS / math.sqrt(P)),
        change(BLOCKS, _weighted(1.6), MOSTLY_SYNTHETIC, BASIS / math.sqrt(P)),
    ]
    return lambda rng, n: np.column_stack([part(rng, n) for part in parts])


FAILS = Claim(
    name="highdim.optimality.over.fails",
    statement="With n < p matching does not have the least bias for a fixed beta, nor if Sigma_t is not isotropic.",
    latex=r"\mathcal B(\Sigma_s)<\mathcal B(\Sigma_t)\quad\text{for some }\Sigma_s,\ \operatorname{tr}M^TM=p",
    assumptions="p = 16: beta = e_1 with n = 4 + 4 and its block of two boosted to 4.5; a random beta with blocks of "
    "variance 4 and 1/4, the first weighted 1.95 (n = 4 + 4) or 1.6 (n = 2 + 8); within a quarter of the prediction",
    source=derived("C10"),
    kind="difference",
    margin_class="qualitative",
    components=(
        *bracket(
            "fixed beta",
            *_bias_change(ONES, BOOSTED, OVER, BASIS[:1].T @ BASIS[:1]),
            EmpiricalBernstein(-1.0, 1.0),
            column=0,
        ),
        # tr(P Sigma_t) / p for a projection P of rank 8 lies in [1/8, 2], and of rank 6 in [3/32, 3/2]
        *bracket(
            "two blocks, even split",
            *_bias_change(BLOCKS, _weighted(1.95), EVEN, RANDOM),
            EmpiricalBernstein(-1.88, 1.88),
            column=1,
        ),
        *bracket(
            "two blocks, mostly synthetic",
            *_bias_change(BLOCKS, _weighted(1.6), MOSTLY_SYNTHETIC, RANDOM),
            EmpiricalBernstein(-1.41, 1.41),
            column=2,
        ),
    ),
    simulate=_bias_changes(lambda lam: lam),
    block_size=2**11,
    mutants=(
        SimulatorMutant("matched rows", _bias_changes(np.ones_like)),
        SimulatorMutant("the other directions boosted", _bias_changes(lambda lam: lam[::-1])),
        SimulatorMutant("real rows boosted too", _bias_changes(lambda lam: lam, alike=True)),
        FormulaMutant("the bias does not change", lambda: [0.0] * 6),
    ),
)

WEIGHTS = (0.05, 0.5, 1.0, 1.25, 1.6, 1.95)
# split at p = 16 and noise variance
SETTINGS = ((EVEN, 0.0), (EVEN, 1.0), (MOSTLY_SYNTHETIC, 0.1))


def _risks() -> Array:
    return np.array(
        [
            [
                equivalents.excess_risk(BLOCKS, BLOCKS * _weighted(x), *counts, noise_var=noise, beta=RANDOM).risk
                for x in WEIGHTS
            ]
            for counts, noise in SETTINGS
        ]
    )


@functools.cache
def _reference_risks() -> Array:
    found = [
        [oracles.mixture_risk([BLOCKS, BLOCKS * _weighted(x)], counts, RANDOM) for x in WEIGHTS]
        for counts, _ in SETTINGS
    ]
    noise = np.array([noise for _, noise in SETTINGS])[:, None]
    return np.asarray(noise * np.array(found)[..., 0] + np.array(found)[..., 1])


def _best(risks: Array) -> list[float]:
    return [WEIGHTS[int(i)] for i in np.argmin(risks, axis=1)]


OVER_WEIGHTS = identity(
    "highdim.optimality.over.weights",
    "With n < p and Sigma_t of two blocks the best synthetic rows put more weight on the block of large variance.",
    r"\operatorname{argmin}_x\mathcal R(x)>1",
    "p = 16, variances 4 and 1/4 times x and 2 - x, E beta beta^T = I / p; n = 4 + 4 with noise 0 and 1, n = 2 + 8 "
    "with noise 0.1",
    derived("C10"),
    [
        ("risk", _risks, _reference_risks),
        ("best weight", lambda: _best(_risks()), lambda: _best(_reference_risks())),
        ("share of settings where matching loses", lambda: np.mean(np.array(_best(_risks())) > 1), lambda: 1.0),
    ],
    [
        FormulaMutant("matching is the best", lambda: [None, [1.0, 1.0, 1.0], 0.0]),
        FormulaMutant("weights exchanged", lambda: [_reference_risks()[:, ::-1], None, None]),
    ],
    rtol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (OVER_VARIANCE, OVER_SCHUR, RANDOM_BETA, FAILS, OVER_WEIGHTS)
