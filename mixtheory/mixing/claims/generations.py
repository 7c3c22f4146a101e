r"""Claims about repeated synthesis of a finite table (section 4 of the note); collects all claims about generations.

A path of generations is the independent unit. It starts from a fixed table or from a bounded population, so everything
that is made of it is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.mixing import finite, generations, kernels
from mixtheory.mixing.claims import cascades, enumeration, oracles, references
from mixtheory.mixing.claims.enumeration import ASYMMETRIC, PRESERVING, SCHEMES, UNIFORM, Law, largest_variance
from mixtheory.mixing.claims.parts import Array, derived, identity
from mixtheory.mixing.laws import Real
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
    StudentT,
)
from mixtheory.verification.intervals import Interval

__all__ = ["CLAIMS"]

Simulator = Callable[[Generator, int], Array]

# Ten rows of sample variance 1 with the smallest range, which keeps the bound of the variance low.
START = np.repeat([-1.0, 1.0], 5) * math.sqrt(0.9)
N = START.size
BLOCK = 2**13


# A finite table: C12, C12b ---------------------------------------------------------------------------------------


def _variances(scheme: str, law: Callable[[], Law], steps: int, ddof: int = 1) -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        paths = kernels.generation_paths(rng, n, START, *law(), generations=steps, scheme=scheme, ddof=ddof)
        return paths.variance[:, 1]

    return simulate


def _variance_claim(
    name: str,
    statement: str,
    latex: str,
    law: str,
    check: str,
    *,
    scheme: str,
    closed: Callable[[], float],
    oracle: Callable[[], float],
    weights: Callable[[], Law],
    bound: float,
    steps: int,
    mutants: tuple[FormulaMutant | SimulatorMutant, ...],
) -> Claim:
    return Claim(
        name=f"mixing.generations.variance.{name}",
        statement=statement,
        latex=latex,
        assumptions=f"{law}; a table of ten rows, every generation with as many, pairing {scheme!r}, t = {steps}",
        source=derived("section 4", check),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label=f"variance of generation {steps}",
                closed=closed,
                oracle=oracle,
                margin=Relative(0.01),
                interval=EmpiricalBernstein(0.0, bound),
            ),
        ),
        simulate=_variances(scheme, weights, steps),
        block_size=BLOCK,
        mutants=mutants,
    )


def _after_five(
    scheme: str,
    label: str,
    law: Law,
    build: Callable[[], EpBeta],
    statement: str,
    latex: str,
    wrong: Callable[[], float],
    *others: str,
) -> Claim:
    return _variance_claim(
        scheme,
        statement,
        latex,
        label,
        "C12",
        scheme=scheme,
        closed=lambda: float(finite.generation_variance_factor(build(), N, scheme, 5)),
        oracle=lambda: enumeration.sample_variance(START, scheme, law, 5),
        weights=lambda: law,
        bound=largest_variance(START, law, 5),
        steps=5,
        mutants=(
            FormulaMutant("pairing forgotten", wrong),
            *(SimulatorMutant(f"pairing {other!r}", _variances(other, lambda: law, 5)) for other in others),
        ),
    )


AFTER_FIVE = (
    _after_five(
        "independent",
        "uniform lambda with r = 0",
        PRESERVING,
        EpBeta.preserving_uniform,
        "A law that preserves the population variance still loses 1/n of it in each generation of n rows.",
        r"\mathbb{E}s_t^2=[(1-2r)(1-1/n)]^t s_0^2",
        lambda: float(generations.generation_covariance(EpBeta.preserving_uniform(), 1.0, 5)),
        "permutation",
        "shared",
    ),
    _after_five(
        "distinct",
        "lambda uniform on (0, 1)",
        UNIFORM,
        Beta.uniform,
        "With pairs of different rows the variance falls by (n - 1)/n - 2 r in each generation.",
        r"\mathbb{E}s_t^2=\bigl[\tfrac{n-1}n-2r\bigr]^t s_0^2",
        lambda: float(generations.generation_covariance(Beta.uniform(), 1.0, 5)),
        "independent",
    ),
    _after_five(
        "permutation",
        "uniform lambda with r = 0, one a row",
        PRESERVING,
        EpBeta.preserving_uniform,
        "A uniform permutation with a weight for each row loses 2 v/n in each generation.",
        r"\mathbb{E}s_t^2=[1-2r-2v/n]^t s_0^2",
        lambda: float(generations.generation_covariance(EpBeta.preserving_uniform(), 1.0, 5)),
        "shared",
        "independent",
    ),
    _after_five(
        "shared",
        "uniform lambda with r = 0, one a batch",
        PRESERVING,
        EpBeta.preserving_uniform,
        "A uniform permutation with one weight for the batch keeps the expected variance exactly.",
        r"\mathbb{E}s_t^2=(1-2r)^t s_0^2",
        lambda: float(finite.generation_variance_factor(EpBeta.preserving_uniform(), N, "independent", 5)),
        "permutation",
    ),
)


def _own_law(scheme: str) -> Law:
    eps = enumeration.neutral_extension(START, scheme)
    return (1.0, 1.0, eps, eps)


def _compensated(scheme: str) -> EpBeta:
    eps = finite.compensated_eps(1.0, finite.neutral_r(N, scheme))
    return EpBeta(1.0, 1.0, eps, eps)


def _compensated_law(scheme: str) -> Law:
    eps = finite.compensated_eps(1.0, finite.neutral_r(N, scheme))
    return (1.0, 1.0, eps, eps)


def _compensated_claim(scheme: str) -> Claim:
    return _variance_claim(
        f"compensated.{scheme}",
        "A slightly wider law, with r at its neutral value, keeps the expected variance of a finite table.",
        r"(1+2\epsilon)^2=(1-4r)(2\alpha+1),\quad r=-\tfrac1{2(n-1)}\text{ or }-\tfrac1{2n}",
        "alpha = beta = 1 and equal extensions",
        "C12b",
        scheme=scheme,
        closed=lambda: float(finite.generation_variance_factor(_compensated(scheme), N, scheme, 3)),
        oracle=lambda: enumeration.sample_variance(START, scheme, _own_law(scheme), 3),
        weights=lambda: _compensated_law(scheme),
        bound=largest_variance(START, (1.0, 1.0, 0.46, 0.46), 3),
        steps=3,
        mutants=(
            FormulaMutant(
                "factor of r = 0",
                lambda: float(finite.generation_variance_factor(EpBeta.preserving_uniform(), N, scheme, 3)),
            ),
            SimulatorMutant("law with r = 0", _variances(scheme, lambda: PRESERVING, 3)),
            SimulatorMutant("divisor n", _variances(scheme, lambda: _compensated_law(scheme), 3, ddof=0)),
        ),
    )


def _neutral(n: int, scheme: str, mean: float) -> float:
    """Return the r at which a batch keeps its variance: at a fixed mean the enumerated factor is affine in r."""
    data = np.arange(n) ** 2.0
    known = np.array([0.05, -0.05])
    shapes = zip(*oracles.preserving_shapes(mean, 0.2, 0.5, known), strict=True)
    factors = [
        enumeration.sample_variance(data, scheme, (float(a), float(b), 0.2, 0.5)) / float(np.var(data, ddof=1))
        for a, b in shapes
    ]
    return float(known[0] + (1 - factors[0]) * (known[1] - known[0]) / (factors[1] - factors[0]))


def _extension(alpha: float, r: float) -> float:
    def excess(eps: float) -> float:
        return oracles.mixed_moment(1, 1, (alpha, alpha, eps, eps)) - r

    return float(optimize.brentq(excess, 0.0, 3.0, xtol=1e-14))


NEUTRAL = identity(
    "mixing.generations.neutral",
    "The value of r at which a finite table keeps its expected variance, and the symmetric law that has it.",
    r"r=-\tfrac1{2(n-1)},\ -\tfrac1{2n},\ -\tfrac{m(1-m)}{n-1},\ -\tfrac{m(1-m)}{n-1},\ 0",
    "tables of 4 and 5 rows, E lambda = 0.3; the extension by root finding",
    derived("section 4"),
    [
        (
            f"neutral r, n = {n}",
            lambda n=n: [finite.neutral_r(n, s, 0.3) for s in SCHEMES],
            lambda n=n: [_neutral(n, s, 0.3) for s in SCHEMES],
        )
        for n in (4, 5)
    ]
    + [
        (
            "extension",
            lambda: [finite.compensated_eps(a, r) for a, r in ((1.0, -0.05), (2.5, 0.1), (0.7, -0.02))],
            lambda: [_extension(a, r) for a, r in ((1.0, -0.05), (2.5, 0.1), (0.7, -0.02))],
        )
    ],
    [
        FormulaMutant("r = 0", lambda: [[0.0] * 5, [0.0] * 5, None]),
        FormulaMutant("n for n - 1", lambda: [[finite.neutral_r(5, s, 0.3) for s in SCHEMES], None, None]),
    ],
)


# The mean of a generation: D1 ------------------------------------------------------------------------------------


def _squared_means(law: Law, steps: int = 5, scheme: str = "independent") -> Simulator:
    def simulate(rng: Generator, n: int) -> Array:
        start = kernels.rademacher
        paths = kernels.generation_paths(rng, n, start, *law, generations=steps, scheme=scheme, size=N)
        return np.square(paths.mean[:, 1])

    return simulate


def _mean_claim(
    name: str, label: str, law: Law, build: Callable[[], EpBeta], interval: Interval, *mutants: SimulatorMutant
) -> Claim:
    return Claim(
        name=f"mixing.generations.mean.{name}",
        statement="The mean of generation t varies far more than that of one synthetic table; its increments add up.",
        latex=r"\mathrm{Var}(\bar x_t)=\frac{\sigma^2}n\,\frac{1-f^{t+1}}{1-f},\quad f=\rho(1-1/n)",
        assumptions=f"{label}; ten independent rows of mean 0 and variance 1 (signs), independent pairs, t = 5",
        source=derived("section 4", "D1"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="variance of the mean of generation 5",
                closed=lambda: float(finite.generation_mean_variance(build(), N, "independent", 5)),
                oracle=lambda: enumeration.mean_variance(np.eye(N), "independent", law, 5),
                margin=Relative(0.01),
                interval=interval,
            ),
        ),
        simulate=_squared_means(law),
        block_size=BLOCK,
        mutants=(
            FormulaMutant("one batch", lambda: float(finite.generation_mean_variance(build(), N, "independent", 1))),
            SimulatorMutant("one generation", _squared_means(law, 1)),
            *mutants,
        ),
    )


def _steps(function: Callable[[str, int], Real]) -> Callable[[], list[list[float]]]:
    return lambda: [[float(function(scheme, t)) for t in range(4)] for scheme in SCHEMES]


TABLES = identity(
    "mixing.generations.tables",
    "Expected variance of generation t of a finite table, and variance of its mean over data and mixing.",
    r"\mathbb{E}s_t^2=f^ts_0^2,\quad\mathrm{Var}(\bar x_t)=\frac{\sigma^2}n\Bigl[1+(n-1)c\sum_{s<t}f^s\Bigr]",
    "five rows, every pairing, t = 0 to 3, EpBeta(2, 3; 0.15, 0.4); complete enumeration of two rows of a generation",
    derived("section 4"),
    [
        (
            "variance",
            _steps(lambda s, t: finite.generation_variance_factor(EpBeta(*ASYMMETRIC), 5, s, t)),
            _steps(lambda s, t: enumeration.sample_variance(enumeration.unit_table(5), s, ASYMMETRIC, t)),
        ),
        (
            "variance of the mean",
            _steps(lambda s, t: finite.generation_mean_variance(EpBeta(*ASYMMETRIC), 5, s, t, 1.7)),
            _steps(lambda s, t: enumeration.mean_variance(1.7 * np.eye(5), s, ASYMMETRIC, t)),
        ),
    ],
    [
        FormulaMutant(
            "population factor",
            lambda: [[[oracles.power_sum(2, ASYMMETRIC) ** t for t in range(4)] for _ in SCHEMES], None],
        )
    ],
)


CLAIMS: tuple[Claim, ...] = (
    *AFTER_FIVE,
    *(_compensated_claim(scheme) for scheme in SCHEMES[:2]),
    NEUTRAL,
    # the bound 3^5 of the squared mean would cost more units than its skewness
    _mean_claim("preserving", "uniform lambda with r = 0", PRESERVING, EpBeta.preserving_uniform, StudentT(1.9)),
    _mean_claim(
        "uniform",
        "lambda uniform on (0, 1)",
        UNIFORM,
        Beta.uniform,
        EmpiricalBernstein(0.0, 1.0 + 1e-9),
        SimulatorMutant("pairing 'permutation'", _squared_means(UNIFORM, scheme="permutation")),
    ),
    TABLES,
    *cascades.CLAIMS,
    *references.CLAIMS,
)
