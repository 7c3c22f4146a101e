r"""Claims about what mixing does to tails and supports (T8, T9(d)): Cauchy and stable records, non-negative records."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import preservation, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, clipped, derived, identity
from mixtheory.mixing.kernels import cauchy, draw_weights, mix_pairs
from mixtheory.verification import (
    DKW,
    Claim,
    ClopperPearson,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
)

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: oracles.Law = oracles.symmetric(1.0)
SKEWED: oracles.Law = (0.7, 1.9, 0.35, 0.1)
NEGATIVE_LAWS: tuple[oracles.Law, ...] = ((2.0, 3.0, 0.15, 0.4), SKEWED, UNIFORM)
POINTS = np.array([-3.0, -1.0, -0.2, 0.0, 0.4, 1.0, 2.5, 40.0])


def _stable(weight: float, index: float) -> float:
    """Return the scale whose index-th power is the sum of those of the two terms."""
    return float(sum(math.pow(abs(part), index) for part in (weight, 1 - weight)) ** (1 / index))


def _cauchy_cdf(x: float, law: oracles.Law) -> float:
    return 0.5 + oracles.expectation(lambda w: math.atan2(x, abs(w) + abs(1 - w)), law, cuts=(0.0, 1.0)) / math.pi


def _inside(rng: Generator, n: int, law: oracles.Law) -> Array:
    return (np.abs(mix_pairs(rng, n, cauchy, *law)) < 1).astype(np.float64)


def _both(rng: Generator, n: int) -> Array:
    return np.stack([_inside(rng, n, UNIFORM), _inside(rng, n, PRESERVING)], axis=1)


def _clipped_cauchy(rng: Generator, n: int) -> Array:
    drawn = clipped(draw_weights(rng, n, *PRESERVING))
    return drawn * cauchy(rng, n) + (1 - drawn) * cauchy(rng, n)


def _clipped_both(rng: Generator, n: int) -> Array:
    return np.stack([_inside(rng, n, UNIFORM), np.abs(_clipped_cauchy(rng, n)) < 1], axis=1).astype(np.float64)


def _standardised(rng: Generator, n: int, law: oracles.Law) -> Array:
    drawn = draw_weights(rng, n, *law)
    mixed = drawn * cauchy(rng, n) + (1 - drawn) * cauchy(rng, n)
    return np.asarray(mixed / np.sqrt(oracles.square_sum(drawn)))


def _standardised_both(rng: Generator, n: int) -> Array:
    columns = [np.abs(_standardised(rng, n, law)) < 1 for law in (UNIFORM, PRESERVING)]
    return np.stack(columns, axis=1).astype(np.float64)


def _normal_scale() -> list[float | None]:
    """Return the probability if scales added in squares, as they do for the normal law."""
    return [2 / math.pi * oracles.expectation(lambda w: math.atan(1 / math.hypot(w, 1 - w)), UNIFORM), None]


def _between(law: weights.EpBeta) -> float:
    upper, lower = preservation.cauchy_cdf(law, [1.0, -1.0])
    return float(upper - lower)


INTERVAL = Claim(
    name="mixing.cauchy.interval",
    statement="Cauchy records stay within (-1, 1) as often under uniform weights, less often under preserving ones.",
    latex=r"P(|\tilde X|<1)=\tfrac2\pi\,\mathbb{E}\arctan\frac{1}{|\lambda|+|1-\lambda|}",
    assumptions="standard Cauchy records; uniform weights on [0, 1] and on the preserving interval",
    source=derived("T8", "C18"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="weights in [0, 1]",
            closed=lambda: _between(weights.Beta.uniform()),
            oracle=lambda: 0.5,
            margin=Relative(0.01),
            interval=ClopperPearson(),
        ),
        Component(
            label="preserving weights",
            closed=lambda: _between(weights.EpBeta.preserving_uniform()),
            oracle=lambda: 2 * _cauchy_cdf(1.0, PRESERVING) - 1,
            margin=Relative(0.01),
            interval=ClopperPearson(),
        ),
    ),
    simulate=_both,
    mutants=(
        FormulaMutant("scales add in squares", _normal_scale),
        FormulaMutant("unchanged by any weights", lambda: [None, 0.5]),
        SimulatorMutant("lambda clipped to [0, 1]", _clipped_both),
        SimulatorMutant("standardised like normal records", _standardised_both),
    ),
)


def _edges() -> Array:
    return np.tan(np.pi * (np.linspace(0, 1, 1602)[1:-1] - 0.5))


UNCHANGED = Claim(
    name="mixing.cauchy.unchanged",
    statement="Any weights in [0, 1] leave Cauchy records exactly unchanged: the usual ranking is reversed.",
    latex=r"\lambda\in[0,1]\ \Rightarrow\ \tilde X\overset{d}{=}X",
    assumptions="standard Cauchy records; Beta(2, 5) weights; whole distribution",
    source=derived("T8"),
    kind="distribution",
    margin_class="exact",
    components=(
        Component(
            label="distribution",
            oracle=lambda: np.linspace(0, 1, 1602)[1:-1],
            # normal scaling is 0.035 away, preserving weights 0.020
            margin=0.0045,
            interval=DKW(lambda x: preservation.cauchy_cdf(weights.Beta(2.0, 5.0), x), _edges),
        ),
    ),
    simulate=lambda rng, n: mix_pairs(rng, n, cauchy, 2.0, 5.0),
    mutants=(
        FormulaMutant("normal scale sqrt(1 - 2 r)", lambda: np.arctan(_edges() / math.sqrt(9 / 14)) / np.pi + 0.5),
        SimulatorMutant("preserving weights", lambda rng, n: mix_pairs(rng, n, cauchy, *PRESERVING)),
        SimulatorMutant("standardised like normal records", lambda rng, n: _standardised(rng, n, (2.0, 5.0, 0.0, 0.0))),
    ),
)

STABLE = identity(
    "mixing.stable",
    "Scales of mixed stable records, and the distribution function of mixed Cauchy records.",
    r"(|\lambda|^a+|1-\lambda|^a)^{1/a}",
    "index 0.7, 1 and 2; weights inside and outside [0, 1]; three laws",
    derived("T8"),
    [
        (
            "scale",
            lambda: [preservation.stable_scale([-0.4, 0.0, 0.3, 1.2], a) for a in (0.7, 1.0, 2.0)],
            lambda: [[_stable(w, a) for w in (-0.4, 0.0, 0.3, 1.2)] for a in (0.7, 1.0, 2.0)],
        ),
        (
            "Cauchy distribution",
            lambda: [preservation.cauchy_cdf(weights.EpBeta(*law), POINTS) for law in (UNIFORM, PRESERVING, SKEWED)],
            lambda: [[_cauchy_cdf(x, law) for x in POINTS] for law in (UNIFORM, PRESERVING, SKEWED)],
        ),
    ],
    [
        FormulaMutant(
            "no root", lambda: [[[_stable(w, a) ** a for w in (-0.4, 0.0, 0.3, 1.2)] for a in (0.7, 1, 2)], None]
        ),
        FormulaMutant("unchanged", lambda: [None, [np.arctan(POINTS) / np.pi + 0.5] * 3]),
    ],
    rtol=1e-8,
)


def _published() -> oracles.Law:
    return 4.34, 1.32564, 0.3, 0.3


def _negative(law: oracles.Law) -> float:
    r"""Return P(x~ < 0) over the share u of the first parent: :math:`\lambda u+(1-\lambda)(1-u)<0`.

    For u > 1/2 that is lambda < -(1 - u)/(2 u - 1), possible for u near 1, and the mirror image for u < 1/2.
    """
    nodes, rule = np.polynomial.legendre.leggauss(200)

    def upper(eps: float, chosen: oracles.Law) -> float:
        if eps == 0:
            return 0.0
        start = (1 + eps) / (1 + 2 * eps)
        # the fourth power smooths the law's behaviour at the end of its support
        x = (nodes + 1) / 2
        u = start + (1 - start) * x**4
        inside = oracles.weight_cdf(-(1 - u) / (2 * u - 1), chosen)
        return float(np.sum(inside * 4 * x**3 * rule) * (1 - start) / 2)

    alpha, beta, eps0, eps1 = law
    return upper(eps0, law) + upper(eps1, (beta, alpha, eps1, eps0))


def _is_outside(w: float) -> float:
    return float(w < 0 or w > 1)


STRATA = 8


def _negative_shares(law: oracles.Law, cut: bool = False, pairs: bool = True) -> Simulate:
    """Return a simulator of the share of negative records among eight, stratified in the share of the first parent."""

    def simulate(rng: Generator, n: int) -> Array:
        drawn = draw_weights(rng, n, *law)
        if cut:
            drawn = clipped(drawn)
        total = np.zeros(n)
        for k in range(STRATA):
            u = (k + rng.random(n)) / STRATA
            share = drawn * u + (1 - drawn) * ((1 - u) if pairs else u)
            total += share < 0
        return total / STRATA

    return simulate


NEGATIVE = Claim(
    name="mixing.exponential.negative",
    statement="Preserving weights push 4.9 % of non-negative exponential records below zero.",
    latex=r"P(\tilde X<0)=\mathbb{E}\Bigl[\frac{-\lambda}{1-2\lambda};\lambda<0\Bigr]"
    r"+\mathbb{E}\Bigl[\frac{\lambda-1}{2\lambda-1};\lambda>1\Bigr]",
    assumptions="the published shapes with beta = 1.32564; eight records a weight, stratified in the parents' shares",
    source=derived("T9(d)", "D8"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="probability",
            closed=lambda: preservation.exponential_negative_probability(weights.EpBeta(*_published())),
            oracle=lambda: _negative(_published()),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0),
            oracle_rtol=1e-7,
        ),
    ),
    simulate=_negative_shares(_published()),
    mutants=(
        FormulaMutant("support kept", lambda: 0.0),
        FormulaMutant("probability of a weight outside", lambda: oracles.expectation(_is_outside, _published())),
        SimulatorMutant("lambda clipped to [0, 1]", _negative_shares(_published(), cut=True)),
        SimulatorMutant("self-pairs", _negative_shares(_published(), pairs=False)),
        SimulatorMutant("plain Beta", _negative_shares((4.34, 1.32564, 0.0, 0.0))),
    ),
)


def _excess(law: oracles.Law) -> float:
    return oracles.expectation(lambda w: max(-w, w - 1, 0.0), law)


NEGATIVE_FORMULA = identity(
    "mixing.exponential.negative.formula",
    "Probability that mixed exponential records are negative, for laws with all parameters different.",
    r"P(aE_1>(1+a)E_2)=a/(1+2a)",
    "three laws, one of them on [0, 1]",
    derived("T9(d)"),
    [
        (
            "probability",
            lambda: [preservation.exponential_negative_probability(weights.EpBeta(*law)) for law in NEGATIVE_LAWS],
            lambda: [_negative(law) for law in NEGATIVE_LAWS],
        ),
    ],
    [FormulaMutant("a for a / (1 + 2 a)", lambda: [[_excess(law) for law in NEGATIVE_LAWS]])],
    rtol=1e-6,
)

CLAIMS: tuple[Claim, ...] = (INTERVAL, UNCHANGED, STABLE, NEGATIVE, NEGATIVE_FORMULA)
