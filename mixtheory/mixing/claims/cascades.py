r"""Claims about generations of an infinite population, and of large tables with one weight a batch (section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import generations, kernels
from mixtheory.mixing.claims import enumeration, oracles
from mixtheory.mixing.claims.enumeration import ASYMMETRIC, PRESERVING, UNIFORM, Law
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.verification import (
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
)

__all__ = ["CLAIMS"]

Simulator = Callable[[Generator, int], Array]
# Asymmetric laws with r = 0, by root finding and by the variance of a Beta variable.
EQUAL: Law = (4.34, 1.33, *[oracles.preserving_eps(4.34, 1.33)] * 2)  # type: ignore[assignment]
SYMMETRIC: Law = oracles.symmetric(3.0)


# Normal records: C16 and C16b -------------------------------------------------------------------------------------


def _fourth_powers(law: Law, generation: tuple[int, ...]) -> Simulator:
    """Return a simulator of E[x^4 | weights] = 3 V^2: given the weights a record is N(0, V)."""

    def simulate(rng: Generator, n: int) -> Array:
        sums = [kernels.cascade_power_sums(rng, n, *law, generations=t) for t in generation]
        return np.asarray(3.0 * np.square(np.stack(sums, axis=1)))

    return simulate


def _reused_weight(law: Law, generation: tuple[int, ...]) -> Simulator:
    """Return the mistake of one weight for all pairs of a generation: V is then a product of t factors."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for t in generation:
            scales = [kernels.normal_pair_scales(rng, n, *law) for _ in range(t)]
            columns.append(3.0 * np.prod(scales, axis=0) ** 2)
        return np.stack(columns, axis=1)

    return simulate


def _squared_variance(law: Law, generation: int) -> float:
    """Return E V_t^2 from E V_t, with V' = lambda^2 V_1 + (1 - lambda)^2 V_2 for independent V_1 and V_2."""
    own, cross, scale = oracles.power_sum(4, law), 2 * oracles.mixed_moment(2, 2, law), oracles.power_sum(2, law)
    mean = square = 1.0
    for _ in range(generation):
        mean, square = scale * mean, own * square + cross * mean**2
    return square


def _normal_fourth(law: EpBeta, generation: int) -> float:
    cumulant = generations.generation_fourth_cumulant(law, 0.0, 1.0, generation)
    return float(cumulant + 3 * generations.generation_covariance(law, 1.0, generation) ** 2)


def _fourth_claim(
    name: str,
    label: str,
    check: str,
    law: Law,
    build: Callable[[], EpBeta],
    generation: tuple[int, ...],
    wrong: FormulaMutant,
    *,
    share: float = 0.01,
) -> Claim:
    # V is at most the largest value of lambda^2 + (1 - lambda)^2, for each generation
    largest = law[2] ** 2 + (1 + law[2]) ** 2
    return Claim(
        name=f"mixing.generations.kurtosis.{name}",
        statement="The fourth moment over generations of a normal population follows from its fourth cumulant.",
        latex=r"\kappa_{4,t+1}=(1-4r+2q_2)\kappa_{4,t}+12\,\mathrm{Var}(q)\,\sigma_t^4",
        assumptions=f"{label}; standard normal records, an infinite pool in each generation",
        source=derived("section 4", check),
        kind="equality",
        margin_class="exact",
        components=tuple(
            Component(
                label=f"fourth moment of generation {t}",
                closed=lambda t=t: _normal_fourth(build(), t),  # type: ignore[misc]
                oracle=lambda t=t: 3 * _squared_variance(law, t),  # type: ignore[misc]
                margin=Relative(share),
                interval=EmpiricalBernstein(0.0, 3.0 * largest ** (2 * t) * (1 + 1e-9)),
            )
            for t in generation
        ),
        simulate=_fourth_powers(law, generation),
        block_size=2**13,
        mutants=(
            FormulaMutant("normal law kept", lambda: [3 * build().variance_factor ** (2 * t) for t in generation]),
            wrong,
            SimulatorMutant("one weight for a generation", _reused_weight(law, generation)),
            SimulatorMutant("self-pairs", lambda rng, n: np.full((n, len(generation)), 3.0)),
        ),
    )


# Identities ----------------------------------------------------------------------------------------------------------

VALUES = np.array([-1.0, 0.5, 3.0])
MASS = np.array([0.5, 0.3, 0.2])
PLANE = np.array([[-1.0, 2.0], [0.5, 0.0], [3.0, 1.0]])


def _enumerated(power: int) -> Callable[[], list[float]]:
    """Return central moments of generations 0 to 2 of three atoms, over all parents and grandparents."""

    def compute() -> list[float]:
        values, mass = VALUES, MASS
        found = []
        for t in range(3):
            if t:
                values, mass = enumeration.mix_population(values, mass, ASYMMETRIC)
            _, second, third, fourth = enumeration.moments(values, mass)
            found.append({2: second, 3: third, 4: fourth - 3 * second**2, 0: fourth / second**2 - 3}[power])
        return found

    return compute


def _covariances() -> list[Array]:
    values, mass, found = PLANE, MASS, []
    for t in range(3):
        if t:
            values, mass = enumeration.mix_population(values, mass, ASYMMETRIC)
        found.append(enumeration.covariance(values, values, mass))
    return found


def _start(index: int) -> float:
    return enumeration.moments(VALUES, MASS)[index]


def _over_time(function: Callable[[EpBeta, int], Any]) -> Callable[[], list[Any]]:
    return lambda: [function(EpBeta(*ASYMMETRIC), t) for t in range(3)]


POPULATION = identity(
    "mixing.generations.population",
    "Covariance, third moment, fourth cumulant and kurtosis over generations of an infinite population.",
    r"\Sigma_t=\rho^t\Sigma,\quad\mu_{3,t}=(1-3r)^t\mu_3,\quad\kappa_{4,t+1}=(1-4r+2q_2)\kappa_{4,t}+12\,\mathrm{Var}(q)\sigma_t^4",
    "three atoms, EpBeta(2, 3; 0.15, 0.4); complete enumeration of two generations",
    derived("section 4"),
    [
        (
            "covariance",
            _over_time(lambda w, t: generations.generation_covariance(w, _covariances()[0], t)),
            _covariances,
        ),
        (
            "third moment",
            _over_time(lambda w, t: generations.generation_third_moment(w, _start(2), t)),
            _enumerated(3),
        ),
        (
            "fourth cumulant",
            _over_time(
                lambda w, t: generations.generation_fourth_cumulant(w, _start(3) - 3 * _start(1) ** 2, _start(1), t)
            ),
            _enumerated(4),
        ),
        (
            "excess kurtosis",
            _over_time(lambda w, t: generations.generation_excess_kurtosis(w, _start(3) / _start(1) ** 2 - 3, t)),
            _enumerated(0),
        ),
    ],
    [FormulaMutant("law of the start kept", lambda: [[_covariances()[0]] * 3, [_start(2)] * 3, None, None])],
)


def _normal_kurtosis(law: Law, generation: int) -> float:
    return 3 * _squared_variance(law, generation) / oracles.power_sum(2, law) ** (2 * generation) - 3


def _grown(law: Law, g: float, generation: int) -> float:
    """Return the kurtosis of a cascade of leaves with excess kurtosis g: their own part and that of the weights."""
    return _normal_kurtosis(law, generation) + g * oracles.power_sum(4, law) ** generation


GROWTH = identity(
    "mixing.generations.kurtosis.growth",
    "At r = 0 the excess kurtosis grows exponentially; for the uniform weight on (0, 1) it tends to 1.5.",
    r"g_t=(1+2q_2)^t(g_0+6)-6,\quad g_\infty=\frac{12(q_2-r^2)}{4r^2-2q_2}",
    "three laws with r = 0, t = 1, 2, 7 and 10; the limit by iteration of the cascade's second moment",
    derived("section 4"),
    [
        (
            "growth",
            lambda: [
                float(generations.preserving_excess_kurtosis(law.q2, g, t))
                for law in (
                    EpBeta.preserving_uniform(),
                    EpBeta.preserving_equal(4.34, 1.33),
                    EpBeta.preserving_symmetric(3.0),
                )
                for g, t in ((0.0, 1), (-1.2, 2), (3.0, 7), (0.0, 10))
            ],
            lambda: [
                _grown(law, g, t)
                for law in (PRESERVING, EQUAL, SYMMETRIC)
                for g, t in ((0.0, 1), (-1.2, 2), (3.0, 7), (0.0, 10))
            ],
        ),
        (
            "limit",
            lambda: [generations.limit_excess_kurtosis(law) for law in (Beta.uniform(), Beta(2.0, 3.0))],
            lambda: [_normal_kurtosis(law, 400) for law in (UNIFORM, (2.0, 3.0, 0.0, 0.0))],
        ),
    ],
    [
        FormulaMutant(
            "linear growth",
            lambda: [
                [
                    g + t * oracles.mixed_moment(2, 2, law) * (12 + 2 * g)
                    for law in (PRESERVING, EQUAL, SYMMETRIC)
                    for g, t in ((0.0, 1), (-1.2, 2), (3.0, 7), (0.0, 10))
                ],
                None,
            ],
        )
    ],
)


def _criterion(w: float) -> float:
    return sum(u**2 * math.log(abs(u)) for u in (w, 1 - w) if u)


def _drift(w: float) -> float:
    return math.log(w**2 + (1 - w) ** 2)


LOGARITHMS = identity(
    "mixing.generations.criterion",
    "Laws with r = 0 have a non-degenerate limit over generations by Biggins' criterion, which is negative; the "
    "logarithm of the variance drifts down where one weight is shared by a batch.",
    r"\mathbb{E}[\lambda^2\log|\lambda|+(1-\lambda)^2\log|1-\lambda|]<0,\quad\mathbb{E}\log S<0",
    "two laws with r = 0 and EpBeta(2, 3; 0.15, 0.4); quadrature over the density; Biggins' theorem is not simulated",
    derived("section 4"),
    [
        (
            name,
            lambda f=function: [  # type: ignore[misc]
                f(law)
                for law in (EpBeta.preserving_uniform(), EpBeta.preserving_equal(4.34, 1.33), EpBeta(*ASYMMETRIC))
            ],
            lambda g=integrand: [oracles.expectation(g, law) for law in (PRESERVING, EQUAL, ASYMMETRIC)],  # type: ignore[misc]
        )
        for name, function, integrand in (
            ("criterion", generations.cascade_criterion, _criterion),
            ("drift of the logarithm", generations.log_variance_drift, _drift),
        )
    ],
    [FormulaMutant("boundary case", lambda: [[0.0] * 3, [0.0] * 3])],
    rtol=1e-8,
    atol=1e-10,
)

# One weight a batch: the typical run -------------------------------------------------------------------------------

STEPS = 20
ROWS = 50
# share of the drift for large tables that is claimed of a small one
SHARE = 0.9


def _log_variances(scheme: str) -> Simulator:
    start = np.repeat([-1.0, 1.0], ROWS // 2)

    def simulate(rng: Generator, n: int) -> Array:
        paths = kernels.generation_paths(rng, n, start, *PRESERVING, generations=STEPS, scheme=scheme)
        ratio = paths.variance[:, 1] / paths.variance[:, 0]
        return np.stack([np.log(ratio), (ratio < 0.5).astype(np.float64)], axis=1)

    return simulate


COLLAPSE = Claim(
    name="mixing.generations.shared.collapse",
    statement="With one weight for each batch the logarithm of the variance falls at least nine tenths as fast as its "
    "drift for large tables, and most runs lose over half of the variance.",
    latex=r"\mathbb{E}\log(s_t^2/s_0^2)\le0.9\,t\,\mathbb{E}\log S,\quad P(s_t^2<s_0^2/2)>1/2",
    assumptions="uniform lambda with r = 0, one a batch; a table of 50 signs, t = 20",
    source=derived("section 4"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        Component(
            label="mean logarithm of the variance",
            # a bound, not a value: of 50 rows the logarithm falls about 3 % faster than t E log S
            closed=lambda: SHARE * STEPS * generations.log_variance_drift(EpBeta.preserving_uniform()),
            oracle=lambda: SHARE * STEPS * oracles.expectation(_drift, PRESERVING),
            margin=Relative(0.05),
            region=Upper(),
            interval=StudentT(skewness=0.1),
        ),
        Component(
            label="runs that lose over half",
            # the median is below s_0^2 / 2 if more than half of the runs are
            closed=lambda: 0.5,
            no_oracle="a bound, not a value: one half",
            margin=0.1,
            interval=ClopperPearson(),
            region=Lower(),
            expected=0.7,
        ),
    ),
    simulate=_log_variances("shared"),
    block_size=2**10,
    mutants=(
        FormulaMutant("E log S^2", lambda: [2 * SHARE * STEPS * oracles.expectation(_drift, PRESERVING), None]),
        SimulatorMutant("one lambda a row", _log_variances("permutation")),
        SimulatorMutant("independent pairs", _log_variances("independent")),
    ),
)

CLAIMS: tuple[Claim, ...] = (
    _fourth_claim(
        "preserving",
        "uniform lambda with r = 0, t = 1, 2, 3",
        "C16",
        PRESERVING,
        EpBeta.preserving_uniform,
        (1, 2, 3),
        # q2 = 1/20: the exponential growth of t = 3 differs from the linear one by 0.186
        FormulaMutant("linear growth", lambda: [None, None, 3 + 3 * 12 * EpBeta.preserving_uniform().q2]),
        share=0.009,
    ),
    _fourth_claim(
        "uniform",
        "lambda uniform on (0, 1), t = 5",
        "C16b",
        UNIFORM,
        Beta.uniform,
        (5,),
        # the cumulant of a normal start is proportional to the coefficient
        FormulaMutant("6 Var(q) in place of 12", lambda: (_normal_fourth(Beta.uniform(), 5) + 3 * (2 / 3) ** 10) / 2),
    ),
    POPULATION,
    GROWTH,
    LOGARITHMS,
    COLLAPSE,
)
