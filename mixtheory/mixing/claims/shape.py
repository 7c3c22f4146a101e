r"""Claims about third and fourth moments of mixed records (T7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.polynomial import Polynomial
from numpy.random import Generator

from mixtheory.mixing import moments, populations, preservation, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, clipped, derived, identity, share_range
from mixtheory.mixing.kernels import (
    draw_weights,
    exponential_pair_powers,
    normal_pair_powers,
    pair_powers,
    rademacher,
)
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: oracles.Law = oracles.symmetric(1.0)
PUBLISHED: oracles.Law = (4.34, 1.33, 0.3, 0.3)
LAWS: tuple[oracles.Law, ...] = (UNIFORM, PRESERVING, PUBLISHED, (2.0, 3.0, 0.15, 0.4), (0.7, 1.9, 0.35, 0.1))
# mean of (T a - 1)^3 given a, for T ~ Gamma(2) with E T^k = (k + 1)!
CUBE = Polynomial([-1.0, 6.0, -18.0, 24.0])


def _law(numbers: oracles.Law) -> weights.EpBeta:
    return weights.EpBeta(*numbers)


def _uniform() -> weights.EpBeta:
    return weights.Beta.uniform()


def _exponential(k: int) -> float:
    return oracles.central_moment(k, lambda x: float(np.exp(-x)), 0.0, np.inf)


def _fourth(law: oracles.Law, mu4: float, variance: float) -> float:
    """Return the fourth central moment by expanding (lambda U + (1 - lambda) V)^4."""
    return oracles.power_sum(4, law) * mu4 + 6 * oracles.mixed_moment(2, 2, law) * variance**2


# Third order -----------------------------------------------------------------------------------------------------


def _self_pairs(polynomial: Polynomial) -> Simulate:
    return lambda rng, n: np.asarray(polynomial(rng.random(n)))


def _clipped_pairs(polynomial: Polynomial, law: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn, u = clipped(draw_weights(rng, n, *law)), rng.random(n)
        return np.asarray(polynomial(drawn * u + (1 - drawn) * (1 - u)))

    return simulate


def _two_weights(polynomial: Polynomial, law: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        u = rng.random(n)
        share = draw_weights(rng, n, *law) * u + (1 - draw_weights(rng, n, *law)) * (1 - u)
        return np.asarray(polynomial(share))

    return simulate


def _third(
    name: str,
    law: oracles.Law,
    public: Callable[[], weights.EpBeta],
    mutants: Sequence[FormulaMutant | SimulatorMutant],
) -> Claim:
    return Claim(
        name=f"mixing.third.{name}",
        statement=f"Under {name} weights the third central moment is multiplied by 1 - 3 r.",
        latex=r"\tilde\mu_3=(1-3r)\mu_3",
        assumptions="exponential records, the sum of the parents integrated",
        source=derived("T7", "C8"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="third central moment",
                closed=lambda: moments.third_central_moment(public(), populations.Exponential().mu3),
                oracle=lambda: oracles.power_sum(3, law) * _exponential(3),
                margin=Relative(0.01),
                interval=share_range(CUBE, law),
            ),
        ),
        simulate=lambda rng, n: exponential_pair_powers(rng, n, *law, power=3, center=1.0),
        mutants=tuple(mutants),
    )


THIRD = _third(
    "uniform",
    UNIFORM,
    _uniform,
    [
        FormulaMutant("rho^1.5", lambda: 2 * (2 / 3) ** 1.5),
        SimulatorMutant("self-pairs", _self_pairs(CUBE)),
        SimulatorMutant("separate weights of the parents", _two_weights(CUBE, UNIFORM)),
    ],
)
THIRD_KEPT = _third(
    "preserving",
    PRESERVING,
    lambda: weights.EpBeta.preserving_uniform(),
    [
        FormulaMutant("2 E lambda^3", lambda: 2 * oracles.mixed_moment(3, 0, PRESERVING)),
        SimulatorMutant("lambda clipped to [0, 1]", _clipped_pairs(CUBE, PRESERVING)),
        SimulatorMutant("weights in [0, 1]", lambda rng, n: exponential_pair_powers(rng, n, *UNIFORM, power=3)),
    ],
)

RECORDS = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [1.0, 1.0, 3.0]])
CHANCES = np.array([0.7, 0.15, 0.1, 0.05])


def _cross(*powers: int) -> float:
    return oracles.discrete_moment(RECORDS, CHANCES, *powers)


def _cross_products(columns: Callable[[Generator, int], Array]) -> Simulate:
    """Return a simulator of third cross products, averaged over all pairs of records, given the weights of a row."""
    centred = RECORDS - CHANCES @ RECORDS

    def simulate(rng: Generator, n: int) -> Array:
        w = columns(rng, n)
        out = np.zeros((n, 2))
        for first, p in zip(centred, CHANCES, strict=True):
            for second, q in zip(centred, CHANCES, strict=True):
                row = second + w * (first - second)
                out[:, 0] += p * q * row[:, 0] * row[:, 1] * row[:, 2]
                out[:, 1] += p * q * row[:, 0] ** 2 * row[:, 2]
        return out

    return simulate


THIRD_CROSS = Claim(
    name="mixing.third.cross",
    statement="One weight a row multiplies every third cross moment of the columns by 1 - 3 r.",
    latex=r"\mathbb{E}\prod_{k=1}^3(\tilde X_k-\mu_k)=(1-3r)\,\mathbb{E}\prod_{k=1}^3(X_k-\mu_k)",
    assumptions="uniform weights; four records of three columns, averaged over all pairs of records",
    source=derived("T7"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"powers {powers}",
            closed=lambda powers=powers: moments.third_central_moment(_uniform(), _cross(*powers)),  # type: ignore[misc]
            oracle=lambda powers=powers: oracles.power_sum(3, UNIFORM) * _cross(*powers),  # type: ignore[misc]
            margin=Relative(0.01),
            interval=EmpiricalBernstein(-0.01, 0.2),
        )
        for powers in ((1, 1, 1), (2, 0, 1))
    ),
    simulate=_cross_products(lambda rng, n: rng.random((n, 1))),
    mutants=(
        FormulaMutant("rho^1.5", lambda: [(2 / 3) ** 1.5 * _cross(1, 1, 1), (2 / 3) ** 1.5 * _cross(2, 0, 1)]),
        SimulatorMutant("one weight a column", _cross_products(lambda rng, n: rng.random((n, 3)))),
        SimulatorMutant("self-pairs", _cross_products(lambda rng, n: np.ones((n, 1)))),
    ),
)

# Fourth order ----------------------------------------------------------------------------------------------------


def _clipped_signs(rng: Generator, n: int) -> Array:
    drawn = clipped(draw_weights(rng, n, *PUBLISHED))
    return np.asarray((drawn * rademacher(rng, n) + (1 - drawn) * rademacher(rng, n)) ** 4)


def _two_point(
    name: str,
    law: oracles.Law,
    public: Callable[[], weights.EpBeta],
    high: float,
    mutants: Sequence[FormulaMutant | SimulatorMutant],
) -> Claim:
    return Claim(
        name=f"mixing.fourth.two_point.{name}",
        statement=f"Fourth moment of mixed signs under the {name} law: 1 - 4 r + 2 q2 times mu4, plus 6 q2 sigma^4.",
        latex=r"\tilde\mu_4=(1-4r+2q_2)\mu_4+6q_2\sigma^4",
        assumptions="records -1 or 1, for which the coefficient 6 weighs most",
        source=derived("T7", "C9"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="fourth central moment",
                closed=lambda: moments.fourth_central_moment(
                    public(), populations.Rademacher().mu4, populations.Rademacher().var
                ),
                oracle=lambda: _fourth(law, 1.0, 1.0),
                margin=Relative(0.01),
                interval=EmpiricalBernstein(0.0, high),
            ),
        ),
        simulate=lambda rng, n: pair_powers(rng, n, rademacher, *law, power=4),
        mutants=(
            FormulaMutant("3 q2", lambda: _fourth(law, 1.0, 1.0) - 3 * oracles.mixed_moment(2, 2, law)),
            *mutants,
        ),
    )


SIGNS = _two_point(
    "uniform",
    UNIFORM,
    _uniform,
    1.0,
    [
        SimulatorMutant("self-pairs", lambda rng, n: rademacher(rng, n) ** 4),
        SimulatorMutant("averages of the parents", lambda rng, n: ((rademacher(rng, n) + rademacher(rng, n)) / 2) ** 4),
    ],
)
SIGNS_PUBLISHED = _two_point(
    "published",
    PUBLISHED,
    lambda: _law(PUBLISHED),
    1.6**4 + 1e-9,
    [SimulatorMutant("lambda clipped to [0, 1]", _clipped_signs)],
)


def _normal_fourth(rng: Generator, n: int, law: oracles.Law) -> Array:
    return normal_pair_powers(rng, n, *law, power=4)


def _clipped_normal(law: oracles.Law) -> Simulate:
    return lambda rng, n: 3 * oracles.square_sum(clipped(draw_weights(rng, n, *law))) ** 2


def _normal(name: str, law: oracles.Law, public: Callable[[], weights.EpBeta], wrong: FormulaMutant) -> Claim:
    far = max(law[2:])
    return Claim(
        name=f"mixing.fourth.normal.{name}",
        statement=f"Fourth moment of mixed normal records under the {name} law.",
        latex=r"\tilde\mu_4=3(\rho^2+4\operatorname{Var}q)\sigma^4",
        assumptions="standard normal records, integrated given the weight",
        source=derived("T7", "C10"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="fourth central moment",
                closed=lambda: moments.fourth_central_moment(
                    public(), populations.Normal().mu4, populations.Normal().var
                ),
                oracle=lambda: _fourth(law, 3.0, 1.0),
                margin=Relative(0.01),
                interval=EmpiricalBernstein(0.0, 3 * (far**2 + (1 + far) ** 2) ** 2 + 1e-9),
            ),
        ),
        simulate=lambda rng, n: _normal_fourth(rng, n, law),
        mutants=(
            wrong,
            SimulatorMutant("lambda clipped to [0, 1]", _clipped_normal(law)),
            SimulatorMutant("self-pairs", lambda rng, n: np.full(n, 3.0)),
        ),
    )


NORMAL_PUBLISHED = _normal(
    "published",
    PUBLISHED,
    lambda: _law(PUBLISHED),
    FormulaMutant("3 rho^2", lambda: 3 * oracles.power_sum(2, PUBLISHED) ** 2),
)
NORMAL_PRESERVING = _normal(
    "preserving",
    PRESERVING,
    lambda: weights.EpBeta.preserving_uniform(),
    FormulaMutant("still normal", lambda: 3.0),
)


def _norm_variances() -> Array:
    return np.array([4 * (oracles.mixed_moment(2, 2, p) - oracles.mixed_moment(1, 1, p) ** 2) for p in LAWS])


def _shape(law: oracles.Law, mu4: float, variance: float) -> float:
    """Return the excess kurtosis from the fourth moment and the variance of the mix."""
    return _fourth(law, mu4, variance) / (oracles.power_sum(2, law) * variance) ** 2 - 3


FORMULAS = identity(
    "mixing.moments.orders",
    "Third and fourth moments, cumulants, skewness and kurtosis of mixed records from those of the records.",
    r"\tilde\kappa_4=(1-4r+2q_2)\kappa_4+12\operatorname{Var}(q)\sigma^4",
    "five laws, two of them with four different parameters; mu3 = -1.7, mu4 = 11 and sigma^2 = 1.4",
    derived("T7, T8"),
    [
        (
            "third central moment",
            lambda: [moments.third_central_moment(_law(p), -1.7) for p in LAWS],
            lambda: [-1.7 * oracles.power_sum(3, p) for p in LAWS],
        ),
        (
            "skewness factor",
            lambda: [moments.skewness_factor(_law(p)) for p in LAWS],
            lambda: [oracles.power_sum(3, p) / oracles.power_sum(2, p) ** 1.5 for p in LAWS],
        ),
        ("variance of S", lambda: [_law(p).squared_norm_variance for p in LAWS], _norm_variances),
        (
            "fourth central moment",
            lambda: [moments.fourth_central_moment(_law(p), 11.0, 1.4) for p in LAWS],
            lambda: [_fourth(p, 11.0, 1.4) for p in LAWS],
        ),
        (
            "fourth cumulant",
            lambda: [moments.fourth_cumulant(_law(p), 11.0 - 3 * 1.4**2, 1.4) for p in LAWS],
            lambda: [_fourth(p, 11.0, 1.4) - 3 * (1.4 * oracles.power_sum(2, p)) ** 2 for p in LAWS],
        ),
        (
            "excess kurtosis",
            lambda: [moments.excess_kurtosis(_law(p), 11.0 / 1.4**2 - 3) for p in LAWS],
            lambda: [_shape(p, 11.0, 1.4) for p in LAWS],
        ),
        (
            "fourth moment excess",
            lambda: [preservation.fourth_moment_excess(_law(p), 11.0, 1.4) for p in LAWS],
            lambda: [_fourth(p, 11.0, 1.4) - 11.0 for p in LAWS],
        ),
    ],
    [
        FormulaMutant("rho^1.5 for 1 - 3 r", lambda: [None, np.ones(5), *[None] * 5]),
        FormulaMutant(
            "3 q2 for 6 q2",
            lambda: [
                *[None] * 3,
                [_fourth(p, 11.0, 1.4) - 3 * 1.4**2 * oracles.mixed_moment(2, 2, p) for p in LAWS],
                *[None] * 3,
            ],
        ),
    ],
)

CLAIMS: tuple[Claim, ...] = (
    THIRD,
    THIRD_KEPT,
    THIRD_CROSS,
    SIGNS,
    SIGNS_PUBLISHED,
    NORMAL_PUBLISHED,
    NORMAL_PRESERVING,
    FORMULAS,
)
