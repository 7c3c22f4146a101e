r"""Claims about the whole distribution of mixed normal records (T9(b)): scale mixtures and Kolmogorov distance."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import special

from mixtheory.mixing import distances, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.distance import largest_curvature
from mixtheory.mixing.claims.parts import Array, Simulate, clipped, derived, stretched
from mixtheory.mixing.kernels import draw_weights, mix_pairs, normal
from mixtheory.verification import (
    DKW,
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
    extrapolation,
)

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: oracles.Law = oracles.symmetric(1.0)
ROUND: oracles.Law = oracles.symmetric(4.0)


def _preserving() -> weights.EpBeta:
    return weights.EpBeta.preserving_uniform()


def _mixed(law: oracles.Law) -> Simulate:
    return lambda rng, n: mix_pairs(rng, n, normal, *law)


def _clipped_mix(law: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn = clipped(draw_weights(rng, n, *law))
        return np.asarray(drawn * normal(rng, n) + (1 - drawn) * normal(rng, n))

    return simulate


def _through(function: Callable[[Array], Array], simulate: Simulate) -> Simulate:
    return lambda rng, n: np.asarray(function(simulate(rng, n)), dtype=np.float64)


def _below(x: Array) -> Array:
    return np.asarray(x <= 0.71, dtype=np.float64)


POINT = Claim(
    name="mixing.normal.point",
    statement="Mixed normal records are a scale mixture: P(X~ <= 0.71) exceeds that of the data by 0.013.",
    latex=r"P(\tilde X\le x)=\mathbb{E}\,\Phi(x/\sqrt S)",
    assumptions="uniform preserving weights; standard normal records",
    source=derived("T9(b)", "C19"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="probability",
            closed=lambda: float(distances.gaussian_cdf(_preserving(), 0.71)),
            oracle=lambda: float(oracles.mixture_cdf(0.71, PRESERVING)),
            # the normal law is 0.0132 away
            margin=Relative(0.004),
            interval=ClopperPearson(),
        ),
    ),
    simulate=_through(_below, _mixed(PRESERVING)),
    mutants=(
        FormulaMutant("normal law", lambda: float(oracles.normal_cdf(0.71))),
        SimulatorMutant("self-pairs", _through(_below, normal)),
        SimulatorMutant("lambda clipped to [0, 1]", _through(_below, _clipped_mix(PRESERVING))),
    ),
)

DEVIATION = Claim(
    name="mixing.normal.absolute",
    statement="At r = 0 the mean absolute deviation of normal records falls by the factor E sqrt(S).",
    latex=r"\mathbb{E}|\tilde X-\mu|=\mathbb{E}\sqrt S\;\mathbb{E}|X-\mu|",
    assumptions="uniform preserving weights; standard normal records",
    source=derived("T9(b)", "C19b"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="mean absolute deviation",
            closed=lambda: math.sqrt(2 / math.pi) * distances.absolute_deviation_factor(_preserving()),
            oracle=lambda: oracles.expectation(lambda w: math.sqrt(2 / math.pi) * math.hypot(w, 1 - w), PRESERVING),
            # the normal law is 0.019 away
            margin=Relative(0.0055),
            interval=StudentT(1.3),
        ),
    ),
    simulate=_through(np.abs, _mixed(PRESERVING)),
    mutants=(
        FormulaMutant("normal law", lambda: math.sqrt(2 / math.pi)),
        SimulatorMutant("self-pairs", _through(np.abs, normal)),
        SimulatorMutant("lambda clipped to [0, 1]", _through(np.abs, _clipped_mix(PRESERVING))),
    ),
)


def _edges() -> Array:
    """Return normal quantiles, made a little wider for the mixture."""
    return np.asarray(special.ndtri(np.linspace(0, 1, 2402)[1:-1])) * 1.1


DISTRIBUTION = Claim(
    name="mixing.normal.distribution",
    statement="The whole distribution of mixed normal records is E Phi(x / sqrt(S)).",
    latex=r"\tilde F(x)=\mathbb{E}\,\Phi(x/\sqrt S)",
    assumptions="symmetric preserving weights with alpha = 4; standard normal records",
    source=derived("T9(b)"),
    kind="distribution",
    margin_class="exact",
    components=(
        Component(
            label="distribution",
            oracle=lambda: oracles.mixture_cdf(_edges(), ROUND),
            # the normal law is 0.0187 away
            margin=0.0045,
            interval=DKW(lambda x: distances.gaussian_cdf(weights.EpBeta.preserving_symmetric(4.0), x), _edges),
        ),
    ),
    simulate=_mixed(ROUND),
    mutants=(
        FormulaMutant("normal law", lambda: oracles.normal_cdf(_edges())),
        SimulatorMutant("self-pairs", normal),
        SimulatorMutant("plain Beta", _mixed((4.0, 4.0, 0.0, 0.0))),
    ),
)


def _against_normal(
    label: str, closed: Callable[[], float], oracle: Callable[[], float], region: Lower | Upper, margin: float
) -> Component:
    """Return a bound on the Kolmogorov distance between the units and the normal law."""
    return Component(
        label=label,
        closed=closed,
        oracle=oracle,
        margin=margin,
        region=region,
        expected=lambda: oracles.mixture_ks(PRESERVING),
        columns=0,
        interval=DKW(oracles.normal_cdf, lambda: _edges() / 1.1),
    )


def _curvature_bound(share: float) -> float:
    return share * largest_curvature()[1] * 4 * oracles.mixed_moment(2, 2, PRESERVING)


KS_BOUNDS = Claim(
    name="mixing.ks.bounds",
    statement="The Kolmogorov distance of mixed to original normal records is below its bounds, and is not 0.",
    latex=r"0<\sup_x|\tilde F(x)-\Phi(x)|\le1.101\,q_2,\quad\mathrm{KS}\le\sqrt{2MW_1}",
    assumptions="uniform preserving weights; standard normal records; M = 0.399",
    source=derived("T9(a), T9(b)"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        _against_normal(
            "below the rigorous bound",
            lambda: distances.gaussian_ks_bound(_preserving()),
            lambda: _curvature_bound(2.0),
            Upper(),
            0.002,
        ),
        _against_normal(
            "below the bound from W1",
            lambda: distances.ks_bound_from_w1(distances.gaussian_w1(_preserving()), 1 / math.sqrt(2 * math.pi)),
            lambda: math.sqrt(2 / math.sqrt(2 * math.pi) * oracles.mixture_w1(PRESERVING)),
            Upper(),
            0.05,
        ),
        _against_normal(
            "above half of the leading order",
            lambda: distances.gaussian_ks_leading(_preserving()) / 2,
            lambda: _curvature_bound(0.25),
            Lower(),
            0.001,
        ),
    ),
    simulate=_mixed(PRESERVING),
    mutants=(
        SimulatorMutant("self-pairs", normal),
        SimulatorMutant("weights in [-3, 4]", _mixed((1.0, 1.0, 3.0, 3.0))),
        FormulaMutant("an eighth of the bound", lambda: [_curvature_bound(0.25), None, None]),
        FormulaMutant("Var(S) / 2 for Var(S) / 8", lambda: [None, None, _curvature_bound(1.0)]),
    ),
)


def _cosine(x: Array) -> Array:
    return np.cos(2 * x)


CHARFN = Claim(
    name="mixing.normal.charfn",
    statement="The characteristic function of mixed normal records lies above the normal one of equal variance.",
    latex=r"\mathbb{E}e^{it\tilde X}=\mathbb{E}e^{-St^2/2}>e^{-\rho t^2/2}",
    assumptions="uniform preserving weights; standard normal records; t = 2",
    source=derived("T9(b)"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        Component(
            label="above the normal law",
            closed=lambda: math.exp(-2 * float(_preserving().variance_factor)),
            oracle=lambda: math.exp(-2 * oracles.power_sum(2, PRESERVING)),
            margin=0.02,
            region=Lower(),
            expected=lambda: oracles.expectation(lambda w: math.exp(-2 * (w * w + (1 - w) ** 2)), PRESERVING),
            interval=EmpiricalBernstein(-1.0, 1.0),
        ),
        Component(
            label="not above twice the excess",
            closed=lambda: 2 * float(distances.gaussian_charfn(_preserving(), 2.0)) - math.exp(-2),
            oracle=lambda: (
                2 * oracles.expectation(lambda w: math.exp(-2 * (w * w + (1 - w) ** 2)), PRESERVING) - math.exp(-2)
            ),
            margin=0.02,
            region=Upper(),
            columns=0,
            interval=EmpiricalBernstein(-1.0, 1.0),
        ),
    ),
    simulate=_through(_cosine, _mixed(PRESERVING)),
    mutants=(
        SimulatorMutant("self-pairs", _through(_cosine, normal)),
        SimulatorMutant("weights in [0, 1]", _through(_cosine, _mixed(UNIFORM))),
        FormulaMutant("normal law of half the variance", lambda: [math.exp(-1), None]),
    ),
)

# Leading order ---------------------------------------------------------------------------------------------------

SIZES = (100, 200, 400)
OCTAVES = 24


def _concentrating(size: int) -> oracles.Law:
    """Return the preserving law with alpha = 1 and beta = size: weights within about 1 / size of 0."""
    eps = oracles.preserving_eps(1.0, float(size))
    return 1.0, float(size), eps, eps


def _strata() -> tuple[Array, Array]:
    """Return starts and widths of strata of (0, 1): three an octave, so that no far draw dominates a unit."""
    ends = [2.0**-k * np.array([1.0, 5 / 6, 2 / 3]) for k in range(OCTAVES)]
    edges = np.concatenate([*ends, [2.0**-OCTAVES, 0.0]])
    return edges[1:], edges[:-1] - edges[1:]


def _signed_gap(scales: Array, point: float) -> Array:
    r"""Return :math:`\Phi(x/\sqrt S)-\Phi(x)` less its linear term, whose mean is 0 because E S = 1."""
    gap = special.ndtr(point / np.sqrt(scales)) - float(oracles.normal_cdf(point))
    return np.asarray(gap + (scales - 1) * point * oracles.normal_pdf(point) / 2)


def _expansion(factor: float = 1.0, at: float | None = None) -> Simulate:
    """Return a simulator of the gap over q2, by default at the point where the leading term peaks, a column a size."""

    def simulate(rng: Generator, n: int) -> Array:
        starts, widths = _strata()
        point = largest_curvature()[0] if at is None else at
        out = np.empty((n, len(SIZES)))
        for j, size in enumerate(SIZES):
            law = _concentrating(size)
            uniform = starts + widths * rng.random((n, starts.size))
            # the quantile function of Beta(1, size)
            drawn = stretched(1 - uniform ** (1 / size), law)
            scales = 1 + factor * (oracles.square_sum(drawn) - 1)
            out[:, j] = np.sum(_signed_gap(scales, point) * widths, axis=1) / oracles.mixed_moment(2, 2, law)
        return out

    return simulate


def _remainder(size: int) -> float:
    r"""Return Taylor's bound of the next term over q2: :math:`\max_s|f'''(s)|\,E|S-1|^3/6`, f(s) = Phi(x/sqrt s)."""
    law, point = _concentrating(size), largest_curvature()[0]
    s = np.linspace(0.5, 1.1, 2001)
    u = point / np.sqrt(s)
    third = np.max(np.abs(oracles.normal_pdf(u) * u * (u**4 - 10 * u**2 + 15) / (8 * s**3)))
    cube = oracles.expectation(lambda w: abs(2 * w * (1 - w)) ** 3, law, cuts=(0.0, 0.1, 0.5, 1.0))
    return float(third * cube / 6 / oracles.mixed_moment(2, 2, law))


def _leading(size: int) -> Callable[[], float]:
    def closed() -> float:
        law = weights.EpBeta.preserving_equal(1.0, float(size))
        return float(distances.gaussian_ks_leading(law) / law.q2)

    return closed


LEADING = Claim(
    name="mixing.ks.leading",
    statement="As weights concentrate near 0, the distribution of mixed normal records at x0 = 0.742, where the "
    "leading term of the gap is largest, exceeds the normal one by 0.2753 q2, to leading order.",
    latex=r"\tilde F(x_0)-\Phi(x_0)\sim\tfrac18\operatorname{Var}(S)\,x_0(3-x_0^2)\varphi(x_0),"
    r"\quad x_0=\arg\max_x|x(3-x^2)|\varphi(x)",
    assumptions="r = 0 and S -> 1 uniformly (E|S - 1|^3 << Var S): alpha = 1, equal extensions, beta = 100, 200, 400; "
    "the supremum itself is compared with quadrature in mixing.distance.formulas",
    source=derived("T9(b)"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"gap at x0, beta = {size}",
                # at x0 the leading term equals that of the supremum
                closed=_leading(size),
                oracle=lambda: 2 * largest_curvature()[1],
                margin=Relative(0.01),
                finite_size=lambda size=size: _remainder(size),  # type: ignore[misc]
                size=size,
                interval=StudentT(0.1),
                oracle_rtol=1e-8,
            )
            for size in SIZES
        ),
        Component(
            label="limit of the gap at x0",
            closed=_leading(SIZES[-1]),
            oracle=lambda: 2 * largest_curvature()[1],
            margin=Relative(0.005),
            size=math.inf,
            columns=(0, 1, 2),
            function=extrapolation(SIZES),
            interval=StudentT(0.1),
            oracle_rtol=1e-8,
        ),
    ),
    simulate=_expansion(),
    block_size=2**11,
    mutants=(
        FormulaMutant("Var(S) / 2 for Var(S) / 8", lambda: [8 * largest_curvature()[1]] * 4),
        SimulatorMutant("S = 1 - 4 q", _expansion(factor=2.0)),
        SimulatorMutant("S = 1 - q", _expansion(factor=0.5)),
        SimulatorMutant("gap at x = 1", _expansion(at=1.0)),
        SimulatorMutant("2 % more of S - 1", _expansion(factor=1.02)),
    ),
)

CLAIMS: tuple[Claim, ...] = (POINT, DEVIATION, DISTRIBUTION, KS_BOUNDS, CHARFN, LEADING)
