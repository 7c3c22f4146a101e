r"""Claims about more than two parents (T11): Dirichlet weights and their expansion beyond the simplex."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.mixing import moments, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, clipped, derived, identity
from mixtheory.mixing.kernels import dirichlet_weights, mix_parents, parent_power_sums, rademacher
from mixtheory.verification import DKW, Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

ALPHA = (0.6, 1.7, 2.4)
EPS = 0.21
FOUR = (0.5, 0.5, 3.0, 1.2)
SINGLE = (1.0, 1.0, 1.0)


def _uneven() -> weights.ExpandedDirichlet:
    return weights.ExpandedDirichlet(ALPHA, eps=EPS)


def _three() -> weights.ExpandedDirichlet:
    return weights.ExpandedDirichlet.preserving(1.0, 3)


def _single(power: int, alpha: tuple[float, ...] = ALPHA, eps: float = EPS) -> list[float]:
    """Return moments of each weight."""
    unit = np.eye(len(alpha), dtype=int)
    return [oracles.dirichlet_moment(list(power * row), alpha, eps) for row in unit]


def _products(alpha: tuple[float, ...], eps: float) -> float:
    """Return the sum over pairs of parents of E w_s w_t."""
    unit = np.eye(len(alpha), dtype=int)
    return math.fsum(oracles.dirichlet_moment(list(a + b), alpha, eps) for a, b in itertools.combinations(unit, 2))


def _second_products(alpha: tuple[float, ...], eps: float) -> float:
    """Return E q^2 with q = (1 - sum w^2) / 2."""
    square = oracles.dirichlet_power_sum(2, alpha, eps)
    return (1 - 2 * square + oracles.dirichlet_norm_moment(alpha, eps)) / 4


def _norm_variance(alpha: tuple[float, ...], eps: float) -> float:
    return oracles.dirichlet_norm_moment(alpha, eps) - oracles.dirichlet_power_sum(2, alpha, eps) ** 2


def _eps_of(alpha: tuple[float, ...]) -> float:
    """Return the expansion that preserves the variance, by root finding."""
    return float(optimize.brentq(lambda eps: oracles.dirichlet_power_sum(2, alpha, eps) - 1, 0.0, 5.0, xtol=1e-15))


def _fourth(alpha: tuple[float, ...], eps: float, mu4: float, variance: float) -> float:
    """Return the fourth central moment by expanding the fourth power of the sum over parents."""
    fourth = oracles.dirichlet_power_sum(4, alpha, eps)
    pairs = oracles.dirichlet_norm_moment(alpha, eps) - fourth
    return fourth * mu4 + 3 * pairs * variance**2


def _marginal(index: int) -> oracles.Law:
    return ALPHA[index], sum(ALPHA) - ALPHA[index], EPS, 2 * EPS


def _vectors() -> Array:
    first = np.array([[0.2, 0.3], [-0.1, 0.9], [1.1, -0.15], [0.5, 0.1]])
    return np.column_stack([first, 1 - first.sum(axis=1)])


def _density() -> Array:
    """Return the density of the first two weights at some points of the expanded simplex."""
    a, b, c = ALPHA
    width = 1 + 3 * EPS
    constant = math.gamma(a + b + c) / (math.gamma(a) * math.gamma(b) * math.gamma(c)) / width ** (a + b + c - 1)
    x = _vectors() + EPS
    return np.asarray(constant * x[:, 0] ** (a - 1) * x[:, 1] ** (b - 1) * x[:, 2] ** (c - 1))


def _total_mass() -> float:
    """Integrate the public density for shapes 2, 3, 2, where it is a polynomial, over the expanded simplex."""
    nodes, rule = np.polynomial.legendre.leggauss(8)
    low, width = -0.1, 1.3
    x = low + width * (nodes[:, None] + 1) / 2
    y = low + (width - (x - low)) * (nodes + 1) / 2
    points = np.stack([x + 0 * y, y, 1 - x - y], axis=-1)
    values = weights.ExpandedDirichlet((2.0, 3.0, 2.0), eps=0.1).pdf(points)
    return float(np.sum(values * rule[:, None] * rule * (width - (x - low))) * width / 4)


def _outside() -> list[float]:
    """Return the mass of each weight outside [0, 1] from its own law."""

    def tails(w: float) -> float:
        return float(w < 0 or w > 1)

    return [oracles.expectation(tails, _marginal(i), cuts=(0.0, 1.0)) for i in range(3)]


FORMULAS = identity(
    "mixing.parents.formulas",
    "Moments, power sums, density and mass outside [0, 1] of Dirichlet weights expanded beyond the simplex.",
    r"\operatorname{Cov}\tilde X=\mathbb{E}\lVert w\rVert^2\Sigma,\ \tilde\mu_3=\mathbb{E}\textstyle\sum w^3\mu_3,"
    r"\ \tilde\kappa_4=\mathbb{E}\textstyle\sum w^4\kappa_4+3\operatorname{Var}(\lVert w\rVert^2)\sigma^4",
    "three parents with concentrations 0.6, 1.7, 2.4 and eps = 0.21; equal concentrations where stated",
    derived("T11"),
    [
        ("mean", lambda: _uneven().mean, lambda: _single(1)),
        ("variance", lambda: _uneven().var, lambda: np.array(_single(2)) - np.square(_single(1))),
        ("moments", lambda: [_uneven().moment(k) for k in range(5)], lambda: [_single(k) for k in range(5)]),
        (
            "power sums",
            lambda: [_uneven().power_sum(k) for k in range(5)],
            lambda: [oracles.dirichlet_power_sum(k, ALPHA, EPS) for k in range(5)],
        ),
        ("r", lambda: _uneven().r, lambda: _products(ALPHA, EPS)),
        ("q2", lambda: _uneven().q2, lambda: _second_products(ALPHA, EPS)),
        ("variance factor", lambda: _uneven().variance_factor, lambda: oracles.dirichlet_power_sum(2, ALPHA, EPS)),
        ("third factor", lambda: _uneven().third_moment_factor, lambda: oracles.dirichlet_power_sum(3, ALPHA, EPS)),
        ("variance of S", lambda: _uneven().squared_norm_variance, lambda: _norm_variance(ALPHA, EPS)),
        ("mass outside", lambda: _uneven().mass_outside(), _outside),
        (
            "support, width, reach",
            lambda: [*_uneven().support, _uneven().width, _uneven().reach],
            lambda: [-EPS, 1 + 2 * EPS, 1 + 3 * EPS, 2 * EPS],
        ),
        ("density", lambda: _uneven().pdf(_vectors()), _density),
        ("density outside", lambda: _uneven().pdf([[-0.3, 0.8, 0.5], [1.5, -0.2, -0.3]]), lambda: [0.0, 0.0]),
        ("total mass", _total_mass, lambda: 1.0),
        (
            "fourth central moment",
            lambda: moments.fourth_central_moment(_uneven(), 11.0, 1.4),
            lambda: _fourth(ALPHA, EPS, 11.0, 1.4),
        ),
        (
            "excess kurtosis",
            lambda: moments.excess_kurtosis(_uneven(), 0.7),
            lambda: _fourth(ALPHA, EPS, 3.7, 1.0) / oracles.dirichlet_power_sum(2, ALPHA, EPS) ** 2 - 3,
        ),
    ],
    [
        FormulaMutant("eps forgotten", lambda: [_single(1, eps=0.0), *[None] * 15]),
        FormulaMutant(
            "independent weights", lambda: [*[None] * 8, sum(np.array(_single(4)) - np.square(_single(2))), *[None] * 7]
        ),
    ],
    rtol=1e-8,
    atol=1e-11,
)


def _third_kept(k: int, a: float) -> float:
    root = math.sqrt(k * a + 1)
    return (3 * k - 2) / k**2 + 2 * (k - 1) * (k - 2) * root / (k**2 * (k * a + 2))


PRESERVING = identity(
    "mixing.parents.preserving",
    "One expansion of Dirichlet weights preserves the covariance; with three parents or more it loses skewness.",
    r"\epsilon=\frac{\sqrt{k\alpha+1}-1}{k},\quad"
    r"\mathbb{E}\sum w^3=\frac{3k-2}{k^2}+\frac{2(k-1)(k-2)\sqrt{k\alpha+1}}{k^2(k\alpha+2)}",
    "equal concentrations for k = 2 to 5; concentrations 0.6, 1.7, 2.4 and 0.5, 0.5, 3, 1.2 by root finding",
    derived("T11"),
    [
        (
            "unequal concentrations",
            lambda: [weights.ExpandedDirichlet.preserving(a).eps for a in (ALPHA, FOUR)],
            lambda: [_eps_of(ALPHA), _eps_of(FOUR)],
        ),
        (
            "equal concentrations",
            lambda: [weights.ExpandedDirichlet.preserving(0.7, k).eps for k in (2, 3, 4, 5)],
            lambda: [(math.sqrt(0.7 * k + 1) - 1) / k for k in (2, 3, 4, 5)],
        ),
        (
            "E sum w^3",
            lambda: [weights.ExpandedDirichlet.preserving(0.7, k).third_moment_factor for k in (2, 3, 4, 5)],
            lambda: [_third_kept(k, 0.7) for k in (2, 3, 4, 5)],
        ),
        ("43/45", lambda: _three().third_moment_factor, lambda: 43 / 45),
        (
            "plain Dirichlet",
            lambda: [weights.Dirichlet(a, k).variance_factor for a, k in ((0.3, 2), (1.0, 3), (2.5, 4))],
            lambda: [(a + 1) / (k * a + 1) for a, k in ((0.3, 2), (1.0, 3), (2.5, 4))],
        ),
        (
            "two parents",
            lambda: [getattr(weights.Dirichlet((2.0, 5.0)), name) for name in ("r", "q2", "third_moment_factor")],
            lambda: [
                oracles.mixed_moment(1, 1, (2.0, 5.0, 0.0, 0.0)),
                oracles.mixed_moment(2, 2, (2.0, 5.0, 0.0, 0.0)),
                oracles.power_sum(3, (2.0, 5.0, 0.0, 0.0)),
            ],
        ),
        ("number of parents", lambda: [weights.Dirichlet(1.0, 3).n_parents, _uneven().n_parents], lambda: [3, 3]),
    ],
    [
        FormulaMutant("eps of two parents", lambda: [None, [(math.sqrt(2.4) - 1) / 2] * 4, *[None] * 5]),
        FormulaMutant("third moments kept", lambda: [None, None, [1.0] * 4, *[None] * 4]),
    ],
)


def _claim(
    name: str,
    label: str,
    texts: tuple[str, str, str],
    closed: Callable[[], float],
    oracle: Callable[[], float],
    interval: EmpiricalBernstein,
    simulate: Simulate,
    mutants: tuple[FormulaMutant | SimulatorMutant, ...],
    check: str,
) -> Claim:
    return Claim(
        name=name,
        statement=texts[0],
        latex=texts[1],
        assumptions=texts[2],
        source=derived("T11", check),
        kind="equality",
        margin_class="exact",
        components=(Component(label=label, closed=closed, oracle=oracle, margin=Relative(0.01), interval=interval),),
        simulate=simulate,
        mutants=mutants,
    )


def _mixed(power: int, eps: float) -> Simulate:
    return lambda rng, n: mix_parents(rng, n, rademacher, 1.0, 3, eps) ** power


def _clipped_mix(power: int) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn = clipped(dirichlet_weights(rng, n, 1.0, 3, 1 / 3))
        return np.asarray(np.sum(drawn * rademacher(rng, 3 * n).reshape(n, 3), axis=1) ** power)

    return simulate


TWO_EPS = (math.sqrt(3) - 1) / 2
# largest sum of absolute weights, with the wrong eps of the mutants
LARGEST = 1 + 4 * TWO_EPS

VARIANCE = _claim(
    "mixing.parents.variance",
    "variance",
    (
        "Three parents with eps = 1/3 preserve the variance.",
        r"\operatorname{Var}\tilde X=\mathbb{E}\lVert w\rVert^2\sigma^2=\sigma^2",
        "expanded Dirichlet(1, 1, 1) weights, eps = 1/3; records -1 or 1",
    ),
    lambda: float(moments.mixed_covariance(_three(), 1.0)),
    lambda: oracles.dirichlet_power_sum(2, SINGLE, 1 / 3),
    EmpiricalBernstein(0.0, LARGEST**2),
    _mixed(2, 1 / 3),
    (
        FormulaMutant("eps of two parents", lambda: oracles.dirichlet_power_sum(2, SINGLE, TWO_EPS)),
        SimulatorMutant("expanded for two parents", _mixed(2, TWO_EPS)),
        SimulatorMutant("weights clipped to [0, 1]", _clipped_mix(2)),
    ),
    "C15",
)
THIRD = _claim(
    "mixing.parents.third",
    "E sum w^3",
    (
        "Three parents that preserve the variance multiply third moments by 43/45: skewness is lost.",
        r"\mathbb{E}\sum_tw_t^3=43/45",
        "expanded Dirichlet(1, 1, 1) weights, eps = 1/3",
    ),
    lambda: float(_three().third_moment_factor),
    lambda: oracles.dirichlet_power_sum(3, SINGLE, 1 / 3),
    EmpiricalBernstein(-1.0, 6.0),
    lambda rng, n: parent_power_sums(rng, n, 1.0, 3, 1 / 3, power=3),
    (
        FormulaMutant("third moments kept", lambda: 1.0),
        SimulatorMutant("two parents", lambda rng, n: parent_power_sums(rng, n, 1.0, 2, TWO_EPS, power=3)),
        SimulatorMutant("plain Dirichlet", lambda rng, n: parent_power_sums(rng, n, 1.0, 3, power=3)),
    ),
    "C15",
)
FOURTH = _claim(
    "mixing.parents.fourth",
    "fourth central moment",
    (
        "Fourth central moment of a mix of three parents.",
        r"\tilde\kappa_4=\mathbb{E}\sum w^4\kappa_4+3\operatorname{Var}(\lVert w\rVert^2)\sigma^4",
        "expanded Dirichlet(1, 1, 1) weights, eps = 1/3; records -1 or 1",
    ),
    lambda: float(moments.fourth_central_moment(_three(), 1.0, 1.0)),
    lambda: _fourth(SINGLE, 1 / 3, 1.0, 1.0),
    EmpiricalBernstein(0.0, LARGEST**4),
    _mixed(4, 1 / 3),
    (
        FormulaMutant("1 for 3 Var", lambda: _fourth(SINGLE, 1 / 3, 1.0, 1.0) - 2 * _norm_variance(SINGLE, 1 / 3)),
        SimulatorMutant("expanded for two parents", _mixed(4, TWO_EPS)),
        SimulatorMutant("weights clipped to [0, 1]", _clipped_mix(4)),
    ),
    "",
)


def _edges(index: int) -> Array:
    law = _marginal(index)
    fine = (1 - np.cos(np.linspace(0, math.pi, 2001)[1:-1])) / 2 * (1 + 3 * EPS) - EPS
    return np.interp(np.linspace(0, 1, 802)[1:-1], oracles.weight_cdf(fine, law), fine)


SAMPLER = Claim(
    name="mixing.parents.sampler",
    statement="Each expanded Dirichlet weight alone is EpBeta(alpha_t, s - alpha_t; eps, (k - 1) eps).",
    latex=r"w_t\sim\mathrm{EpBeta}(\alpha_t,s-\alpha_t;\epsilon,(k-1)\epsilon)",
    assumptions="draws by the public sampler; concentrations 0.6, 1.7, 2.4, eps = 0.21",
    source=derived("T11"),
    kind="distribution",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"weight {i + 1}",
            oracle=lambda i=i: oracles.weight_cdf(_edges(i), _marginal(i)),  # type: ignore[misc]
            margin=0.01,
            interval=DKW(
                lambda x, i=i: weights.EpBeta(*_marginal(i)).cdf(x),  # type: ignore[misc]
                lambda i=i: _edges(i),  # type: ignore[misc]
            ),
        )
        for i in range(3)
    ),
    simulate=lambda rng, n: _uneven().weight_vectors(n, rng),
    mutants=(
        SimulatorMutant("parents reversed", lambda rng, n: _uneven().weight_vectors(n, rng)[:, ::-1]),
        SimulatorMutant("not expanded", lambda rng, n: weights.Dirichlet(ALPHA).weight_vectors(n, rng)),
        FormulaMutant("uniform law", lambda: [(_edges(0) + EPS) / (1 + 3 * EPS), None, None]),
    ),
)

CLAIMS: tuple[Claim, ...] = (FORMULAS, PRESERVING, VARIANCE, THIRD, FOURTH, SAMPLER)
