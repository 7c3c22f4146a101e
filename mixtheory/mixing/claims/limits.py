r"""Claims about what no weights preserve (T8): fourth moments at r = 0, convex order on [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.polynomial import Polynomial
from numpy.random import Generator

from mixtheory.mixing import populations
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, derived, share_range
from mixtheory.mixing.kernels import exponential_pair_powers, normal_pair_powers, pair_powers, rademacher
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Lower, SimulatorMutant, Upper

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: oracles.Law = oracles.symmetric(1.0)
# mean of (T a - 1)^4 given a, for T ~ Gamma(2) with E T^k = (k + 1)!
FOURTH = Polynomial([1.0, -8.0, 36.0, -96.0, 120.0])


def _exponential_fourth() -> float:
    return oracles.central_moment(4, lambda x: math.exp(-x), 0.0, math.inf)


def _fourth(law: oracles.Law, mu4: float) -> float:
    """Return the fourth central moment for unit variance by expanding (lambda U + (1 - lambda) V)^4."""
    return oracles.power_sum(4, law) * mu4 + 6 * oracles.mixed_moment(2, 2, law)


def _three_fourths(law: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        return np.stack(
            [
                pair_powers(rng, n, rademacher, *law, power=4),
                normal_pair_powers(rng, n, *law, power=4),
                exponential_pair_powers(rng, n, *law, power=4),
            ],
            axis=1,
        )

    return simulate


def _three_copies(rng: Generator, n: int) -> Array:
    """Return fourth moments of records without mixing."""
    return np.stack([np.ones(n), np.full(n, 3.0), np.asarray(FOURTH(rng.random(n)))], axis=1)


def _three(
    name: str,
    law: oracles.Law,
    texts: tuple[str, str, str],
    region: Lower | Upper,
    margins: tuple[float, float, float],
    source: str,
    mutants: Sequence[FormulaMutant | SimulatorMutant],
) -> Claim:
    known: tuple[tuple[str, Callable[[], populations.Population], float, EmpiricalBernstein], ...] = (
        ("signs", populations.Rademacher, 1.0, EmpiricalBernstein(0.0, 9.0)),
        ("normal", populations.Normal, 3.0, EmpiricalBernstein(0.0, 12.1)),
        ("exponential", populations.Exponential, 9.0, share_range(FOURTH, PRESERVING)),
    )
    return Claim(
        name=name,
        statement=texts[0],
        latex=texts[1],
        assumptions=texts[2],
        source=source,
        kind="inequality",
        margin_class="qualitative",
        components=tuple(
            Component(
                label=label,
                closed=lambda public=public: public().mu4,  # type: ignore[misc]
                oracle=lambda mu4=mu4: mu4 if mu4 < 9 else _exponential_fourth(),  # type: ignore[misc]
                margin=margin,
                region=region,
                expected=lambda mu4=mu4: _fourth(law, mu4),  # type: ignore[misc]
                interval=interval,
            )
            for (label, public, mu4, interval), margin in zip(known, margins, strict=True)
        ),
        simulate=_three_fourths(law),
        mutants=tuple(mutants),
    )


NOT_PRESERVED = _three(
    "mixing.not_preserved",
    PRESERVING,
    (
        "Uniform weights that keep the variance raise the fourth moment of signs, normal and exponential records.",
        r"r=0,\ q_2=\tfrac1{20}:\quad\tilde\mu_4-\mu_4=q_2(2\mu_4+6\sigma^4)>0",
        "uniform weights with r = 0, the only law simulated; excesses 0.4, 0.6 and 1.2",
    ),
    Lower(),
    (0.2, 0.3, 0.6),
    derived("T8"),
    [
        SimulatorMutant("copies of records", _three_copies),
        SimulatorMutant("weights in [0, 1]", _three_fourths(UNIFORM)),
        FormulaMutant("fourth moments with their excess", lambda: [1.4, 3.6, 10.2]),
    ],
)
CONVEX_ORDER = _three(
    "mixing.convex_order",
    UNIFORM,
    (
        "Weights uniform on [0, 1] lower the fourth moment, one convex functional, of three kinds of records.",
        r"\lambda\sim U(0,1):\quad\mathbb{E}(\tilde X-\mu)^4<\mathbb{E}(X-\mu)^4",
        "uniform weights on [0, 1]; signs, normal and exponential records; other convex functionals are not simulated",
    ),
    Upper(),
    (0.2, 1.0, 3.0),
    derived("T8"),
    [
        SimulatorMutant("copies of records", _three_copies),
        SimulatorMutant("preserving weights", _three_fourths(PRESERVING)),
        FormulaMutant("half the bound", lambda: [0.5, 1.5, 4.5]),
    ],
)

CLAIMS: tuple[Claim, ...] = (NOT_PRESERVED, CONVEX_ORDER)
