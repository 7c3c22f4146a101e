r"""Claims about tolerance bands (T6) and about the workflow that chooses a law from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import choose, moments, tolerance, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.distance import ks_bound
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.kernels import draw_weights
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

DELTAS = (0.01, 0.05, 0.3)


def _square_sums(rng: Generator, n: int, chosen: Sequence[oracles.Law]) -> Array:
    """Draw the variance of a mixed standard record given its weight, a column a law."""
    return oracles.square_sum(np.stack([draw_weights(rng, n, *law) for law in chosen], axis=1))


def _end(r: float) -> oracles.Law:
    """Return the symmetric law with eps = 0.3 and this r."""
    alpha, beta = oracles.preserving_shapes(0.5, 0.3, 0.3, r)
    return float(alpha), float(beta), 0.3, 0.3


def _factor_at(first: float, second: float) -> Callable[[Generator, int], Array]:
    return lambda rng, n: _square_sums(rng, n, [_end(first), _end(second)])


def _at_end(side: str, r: float) -> Component:
    return Component(
        label=f"{side} end",
        closed=lambda: weights.EpBeta.within(0.05, eps0=0.3, eps1=0.3, side=side).variance_factor,
        oracle=lambda: oracles.power_sum(2, _end(r)),
        # the mutant is 0.025 away
        margin=Relative(0.005),
        interval=EmpiricalBernstein(0.5, 1.7801),
    )


BAND_ENDS = Claim(
    name="mixing.tolerance.ends",
    statement="The ends of the tolerance band have variance factors 1 - delta and 1 + delta.",
    latex=r"2\alpha+1=\frac{(1+2\epsilon)^2}{1\pm2\delta}\ \Rightarrow\ \rho=1\pm\delta",
    assumptions="symmetric law, eps = 0.3, delta = 0.05: alpha = 0.9222 and 0.6636",
    source=derived("T6", "C6"),
    kind="equality",
    margin_class="exact",
    components=(_at_end("lower", 0.025), _at_end("upper", -0.025)),
    simulate=_factor_at(0.025, -0.025),
    mutants=(
        FormulaMutant("1 +- delta in place of 1 +- 2 delta", lambda: [0.975, 1.025]),
        SimulatorMutant("band of 1 +- delta", _factor_at(0.0125, -0.0125)),
        SimulatorMutant("ends swapped", _factor_at(-0.025, 0.025)),
    ),
)


def _deltas() -> Array:
    return np.array(DELTAS)


def _s_of(r: Array) -> Array:
    """Concentration at m = 0.7, eps = (0.2, 0.45) from the variance m (1 - m) - r of the weight."""
    return np.asarray(np.sum(oracles.preserving_shapes(0.7, 0.2, 0.45, r), axis=0))


def _eps_ends(alpha: float, beta: float) -> Array:
    ends = [[max(0.0, oracles.preserving_eps(alpha, beta, sign * d / 2)) for d in DELTAS] for sign in (1, -1)]
    return np.array(ends)


BANDS = identity(
    "mixing.tolerance.bands",
    "Bands of concentration, shape and extension in which the variance factor is within 1 - delta and 1 + delta.",
    r"|\rho-1|\le\delta\iff|r|\le\delta/2\iff\frac{(m+\epsilon_0)(1+\epsilon_1-m)}{m(1-m)+\delta/2}\le s+1\le"
    r"\frac{(m+\epsilon_0)(1+\epsilon_1-m)}{m(1-m)-\delta/2}",
    "delta = 0.01, 0.05 and 0.3; m = 0.7, eps0 = 0.2, eps1 = 0.45; shapes (2, 0.8) and (0.05, 0.05)",
    derived("T6, T2"),
    [
        (
            "concentration",
            lambda: tolerance.concentration([-0.1, 0.0, 0.1], mean=0.7, eps0=0.2, eps1=0.45),
            lambda: _s_of(np.array([-0.1, 0.0, 0.1])),
        ),
        (
            "concentration band",
            lambda: tolerance.concentration_band(_deltas(), mean=0.7, eps0=0.2, eps1=0.45),
            lambda: [_s_of(-_deltas() / 2), _s_of(_deltas() / 2)],
        ),
        (
            "open ends",
            # compactified: the lower end is 0, the upper one infinite
            lambda: [math.atan(float(s)) for s in tolerance.concentration_band(0.45, mean=0.1, eps0=0.02, eps1=0.05)],
            lambda: [0.0, math.pi / 2],
        ),
        (
            "shape band",
            lambda: tolerance.alpha_band(_deltas(), 0.6),
            lambda: [(1.2 + 1) ** 2 / (1 + 2 * s * _deltas()) / 2 - 0.5 for s in (1, -1)],
        ),
        ("extension band", lambda: tolerance.eps_band(_deltas(), 2.0, 0.8), lambda: _eps_ends(2.0, 0.8)),
        ("cut at 0", lambda: tolerance.eps_band(_deltas(), 0.05, 0.05), lambda: _eps_ends(0.05, 0.05)),
        (
            "equal extension",
            lambda: tolerance.equal_extension(0.1, [2.0, 0.3], [0.8, 2.2]),
            lambda: [max(0.0, oracles.preserving_eps(2.0, 0.8, 0.1)), max(0.0, oracles.preserving_eps(0.3, 2.2, 0.1))],
        ),
        (
            "laws at the ends",
            lambda: [
                [weights.EpBeta.within(d, mean=0.7, eps0=0.2, eps1=0.45, side=s).r for s in ("lower", "upper")]
                for d in DELTAS
            ],
            lambda: [[d / 2, -d / 2] for d in DELTAS],
        ),
        (
            "law inside",
            lambda: [
                weights.EpBeta.within(0.3, mean=0.7, eps0=0.2, eps1=0.45, s=2.5).alpha,
                weights.EpBeta.within(0.3, mean=0.7, eps0=0.2, eps1=0.45, s=2.5).beta,
            ],
            lambda: [2.5 * 0.9 / 1.65, 2.5 * 0.75 / 1.65],
        ),
        (
            "largest plain alpha",
            lambda: [moments.largest_plain_alpha(d) for d in DELTAS],
            lambda: [(1 / (1 - 2 * d) - 1) / 2 for d in DELTAS],
        ),
        (
            "plain Beta at its largest alpha",
            lambda: [
                weights.Beta(moments.largest_plain_alpha(d), moments.largest_plain_alpha(d)).variance_factor
                for d in DELTAS
            ],
            lambda: 1 - _deltas(),
        ),
    ],
    [
        FormulaMutant("delta for delta / 2", lambda: [None, [_s_of(-_deltas()), _s_of(_deltas())], *[None] * 9]),
        FormulaMutant("plain alpha delta / (1 - delta)", lambda: [*[None] * 9, [d / (1 - d) for d in DELTAS], None]),
    ],
)

# The workflow ----------------------------------------------------------------------------------------------------

DELTA, GENERATIONS, CENTRE, LOW, HIGH = 0.12, 3, 0.65, 0.3, 0.2
FALL, RISE = 1 - (1 - DELTA) ** (1 / GENERATIONS), (1 + DELTA) ** (1 / GENERATIONS) - 1
SIDES = {"exact": 0.0, "lower": FALL / 2, "upper": -RISE / 2}


def _choice(side: str | None = None) -> choose.Choice:
    return choose.choose_law(DELTA, eps0=LOW, eps1=HIGH, mean=CENTRE, generations=GENERATIONS, side=side)


def _chosen(side: str) -> oracles.Law:
    alpha, beta = oracles.preserving_shapes(CENTRE, LOW, HIGH, SIDES[side])
    return float(alpha), float(beta), LOW, HIGH


def _concentration(r: float) -> float:
    return float(np.sum(oracles.preserving_shapes(CENTRE, LOW, HIGH, r)))


def _kurtosis(law: oracles.Law, generations: int) -> float:
    """Return the excess kurtosis of normal records, one generation after the other."""
    value, square = 0.0, oracles.power_sum(2, law) ** 2
    for _ in range(generations):
        value = (oracles.power_sum(4, law) * (value + 3) + 6 * oracles.mixed_moment(2, 2, law)) / square - 3
    return value


def _report(side: str) -> list[float]:
    """Return one generation's numbers of the report."""
    law = _chosen(side)
    return [
        oracles.power_sum(2, law),
        oracles.power_sum(3, law),
        oracles.power_sum(3, law) / oracles.power_sum(2, law) ** 1.5,
        _kurtosis(law, 1),
        oracles.mixture_ks(law),
        ks_bound(law),
        oracles.expectation(lambda w: float(w < 0 or w > 1), law, cuts=(0.0, 1.0)),
        oracles.expectation(lambda w: abs(min(w, 1 - w)), law),
        max(LOW, HIGH),
    ]


def _reach(generations: int) -> float:
    """Return how far the range has grown on one side, in ranges of the data."""
    low, high = 0.0, 1.0
    for _ in range(generations):
        width = high - low
        low, high = low - max(LOW, HIGH) * width, high + max(LOW, HIGH) * width
    return -low


def _later(side: str) -> list[float]:
    """Return what the report says of the last generation."""
    one = _report(side)
    return [*(value**GENERATIONS for value in one[:3]), _kurtosis(_chosen(side), GENERATIONS), _reach(GENERATIONS)]


def _sizes(choice: choose.Choice) -> list[int]:
    lines = str(choice).splitlines()
    return [len(lines), sum(set(line) == {"="} for line in lines), max(len(line) for line in lines[9:-2])]


WORKFLOW = identity(
    "mixing.workflow",
    "From tolerance, extrapolation, closeness and generations to a law, with a report of what it keeps and costs.",
    r"(1-\delta)^{1/T}\le1-2r\le(1+\delta)^{1/T}",
    "delta = 0.12 after 3 generations, eps0 = 0.3, eps1 = 0.2, mean 0.65; exact, lower and upper end",
    derived("T4 to T9, section 4"),
    [
        (
            "steps",
            lambda: [choose.step_tolerances(DELTA, GENERATIONS), choose.step_tolerances(0.3, 1)],
            lambda: [[FALL, RISE], [0.3, 0.3]],
        ),
        (
            "laws",
            lambda: [[getattr(_choice(s).law, n) for n in ("alpha", "beta", "eps0", "eps1")] for s in SIDES],
            lambda: [_chosen(side) for side in SIDES],
        ),
        (
            "sides by default",
            lambda: [
                _choice().variance_factor,
                choose.choose_law(0.1, eps0=0.2, eps1=0.2, mean=CENTRE).variance_factor,
                choose.choose_law(0.1, eps0=0.0, eps1=0.0, mean=CENTRE).variance_factor,
            ],
            lambda: [1.0, 1.0, 0.9],
        ),
        (
            "concentration band",
            lambda: _choice().concentration_band,
            lambda: [_concentration(-RISE / 2), _concentration(FALL / 2)],
        ),
        (
            "report of one generation",
            lambda: [[one for _, one, _ in _choice(side).rows()] for side in SIDES],
            lambda: [_report(side) for side in SIDES],
        ),
        (
            "report of the last generation",
            lambda: [[last for _, _, last in _choice(side).rows() if last is not None] for side in SIDES],
            lambda: [_later(side) for side in SIDES],
        ),
        ("reach", lambda: [_choice().reach(t) for t in range(4)], lambda: [_reach(t) for t in range(4)]),
        (
            "kurtosis",
            lambda: [_choice("lower").gaussian_kurtosis(t) for t in (1, 2, 6)],
            lambda: [_kurtosis(_chosen("lower"), t) for t in (1, 2, 6)],
        ),
        ("lines of the report", lambda: _sizes(_choice()), lambda: [22, 3, 78]),
    ],
    [
        FormulaMutant("delta / T in both directions", lambda: [[[0.04, 0.04], [0.3, 0.3]], *[None] * 8]),
        FormulaMutant(
            "reach grows linearly", lambda: [*[None] * 6, [t * max(LOW, HIGH) for t in range(4)], None, None]
        ),
    ],
    rtol=1e-7,
)

CLAIMS: tuple[Claim, ...] = (BAND_ENDS, BANDS, WORKFLOW)
