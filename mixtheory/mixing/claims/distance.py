r"""Claims about distances between mixed records and the data (T9)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.mixing import distances, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, clipped, derived, identity, stretched
from mixtheory.mixing.kernels import draw_weights, normal_pair_scales, rademacher
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant, Upper

__all__ = ["CLAIMS", "ks_bound", "largest_curvature"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
PRESERVING: oracles.Law = oracles.symmetric(1.0)
ASYMMETRIC: oracles.Law = (2.0, 3.0, 0.15, 0.4)
PUBLISHED: oracles.Law = (4.34, 1.33, 0.3, 0.3)
# S reaches 5
WIDE: oracles.Law = (1.0, 1.0, 1.0, 1.0)
LAWS = (UNIFORM, PRESERVING, ASYMMETRIC, PUBLISHED)
POINTS = np.array([-2.5, -0.71, 0.0, 0.3, 1.0, 4.0])


def _preserving() -> weights.EpBeta:
    return weights.EpBeta.preserving_uniform()


def _laws() -> list[weights.EpBeta]:
    return [weights.EpBeta(*law) for law in LAWS]


def _lesser(w: float) -> float:
    """Return the size of the weight of the parent that is not kept."""
    return abs(min(w, 1 - w))


def _curvature(point: float, step: float = 1e-3) -> float:
    """Return the second derivative of Phi(x / sqrt(s)) in s at 1, by central differences of order eight."""
    coefficients = [-205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560]
    step *= 20
    total = coefficients[0] * float(oracles.normal_cdf(point))
    for k, c in enumerate(coefficients[1:], start=1):
        total += c * float(sum(oracles.normal_cdf(point / math.sqrt(1 + sign * k * step)) for sign in (-1, 1)))
    return total / step**2


@cache
def largest_curvature() -> tuple[float, float]:
    """Return where the second derivative is largest in size, and its size."""
    found = optimize.minimize_scalar(lambda x: -abs(_curvature(x)), bounds=(0.5, 1.0), method="bounded")
    return float(found.x), float(-found.fun)


def _norm_variance(law: oracles.Law) -> float:
    return 4 * (oracles.mixed_moment(2, 2, law) - oracles.mixed_moment(1, 1, law) ** 2)


def _scale_gap(rho: float) -> float:
    """Return max |Phi(x / sqrt(rho)) - Phi(x)| on a fine grid around its best point."""
    if abs(rho - 1) < 1e-12:
        return 0.0

    def gap(x: float) -> float:
        return -abs(float(oracles.normal_cdf(x / math.sqrt(rho)) - oracles.normal_cdf(x)))

    return float(-optimize.minimize_scalar(gap, bounds=(0.3, 2.5), method="bounded", options={"xatol": 1e-9}).fun)


def ks_bound(law: oracles.Law) -> float:
    """Return the bound: scale part, and Var(S) / 2 times the curvature at the least possible S = 1/2."""
    return _scale_gap(oracles.power_sum(2, law)) + 2 * largest_curvature()[1] * _norm_variance(law)


def _each(function: Callable[[oracles.Law], float]) -> Callable[[], list[float]]:
    return lambda: [function(law) for law in LAWS]


def _per_law(function: Callable[[Array, oracles.Law], Array]) -> Callable[[], list[Array]]:
    return lambda: [function(POINTS, law) for law in LAWS]


FORMULAS = identity(
    "mixing.distance.formulas",
    "Mixed normal records: distribution, density, characteristic function and distances to the data.",
    r"\tilde X\mid\lambda\sim N(0,S),\quad W_p\le(\mathbb{E}|1-\omega|^p)^{1/p}(\mathbb{E}|X-X'|^p)^{1/p}",
    "uniform, preserving, published and asymmetric weights",
    derived("T9"),
    [
        ("distribution", lambda: [distances.gaussian_cdf(p, POINTS) for p in _laws()], _per_law(oracles.mixture_cdf)),
        ("density", lambda: [distances.gaussian_pdf(p, POINTS) for p in _laws()], _per_law(oracles.mixture_pdf)),
        (
            "characteristic function",
            lambda: [distances.gaussian_charfn(p, POINTS) for p in _laws()],
            lambda: [
                [oracles.expectation(lambda w, t=t: math.exp(-(t**2) * (w * w - w + 0.5)), law) for t in POINTS]  # type: ignore[misc]
                for law in LAWS
            ],
        ),
        (
            "mean absolute deviation",
            lambda: [distances.absolute_deviation_factor(p) for p in _laws()],
            lambda: [oracles.expectation(lambda w: math.hypot(w, 1 - w), law) for law in LAWS],
        ),
        (
            "lesser weight",
            lambda: [[distances.smaller_weight_moment(p, k) for p in _laws()] for k in (1, 2, 3.5)],
            lambda: [[oracles.expectation(lambda w, k=k: _lesser(w) ** k, law) for law in LAWS] for k in (1, 2, 3.5)],  # type: ignore[misc]
        ),
        (
            "Wasserstein bound",
            lambda: [[distances.wasserstein_bound(p, k, 3.0) for p in _laws()] for k in (1, 2, 3.5)],
            lambda: [
                [(3.0 * oracles.expectation(lambda w, k=k: _lesser(w) ** k, law)) ** (1 / k) for law in LAWS]  # type: ignore[misc]
                for k in (1, 2, 3.5)
            ],
        ),
        (
            "normal pair distance",
            lambda: distances.gaussian_pair_distance(1.7),
            lambda: float(oracles.folded_distance(1.7 * math.sqrt(2), 0.0)),
        ),
        ("density bound", lambda: distances.ks_bound_from_w1(0.3, 0.7), lambda: 0.42**0.5),
        ("KS distance", lambda: [distances.gaussian_ks(p) for p in _laws()], _each(oracles.mixture_ks)),
        ("W1", lambda: [distances.gaussian_w1(p) for p in _laws()], _each(oracles.mixture_w1)),
        ("W2", lambda: [distances.gaussian_w2(p) for p in _laws()], _each(oracles.mixture_w2)),
        (
            "leading order of KS",
            lambda: [distances.gaussian_ks_leading(p) for p in _laws()],
            lambda: [largest_curvature()[1] / 2 * _norm_variance(law) for law in LAWS],
        ),
        ("rigorous bound of KS", lambda: [distances.gaussian_ks_bound(p) for p in _laws()], _each(ks_bound)),
    ],
    [
        FormulaMutant("normal law", lambda: [[oracles.normal_cdf(POINTS)] * 4, *[None] * 12]),
        FormulaMutant("kept parent is the first", lambda: [*[None] * 4, np.full((3, 4), 0.5), *[None] * 8]),
    ],
    rtol=1e-7,
    atol=1e-11,
)

# Coupling and Wasserstein distances ------------------------------------------------------------------------------


def _coupled(law: oracles.Law, keep: str = "larger") -> Simulate:
    """Return a simulator of the distance of a mixed sign to the parent that is kept, and of its square."""

    def simulate(rng: Generator, n: int) -> Array:
        drawn = draw_weights(rng, n, *law)
        if keep == "larger, clipped":
            drawn = clipped(drawn)
        first, second = rademacher(rng, n), rademacher(rng, n)
        kept = first if keep == "first" else np.where(drawn >= 0.5, first, second)
        gap = np.abs(drawn * first + (1 - drawn) * second - kept)
        return np.stack([gap, gap**2], axis=1)

    return simulate


def _lesser_moment(power: int) -> float:
    return oracles.expectation(lambda w: _lesser(w) ** power, ASYMMETRIC)


COUPLING = Claim(
    name="mixing.wasserstein.coupling",
    statement="A mixed record is (1 - omega)(X - X') away from the parent with the larger weight omega.",
    latex=r"\mathbb{E}|\tilde X-X_{\mathrm{kept}}|^p=\mathbb{E}|1-\omega|^p\,\mathbb{E}|X-X'|^p",
    assumptions="EpBeta(2, 3; 0.15, 0.4); records -1 or 1; p = 1 and 2",
    source=derived("T9(a)"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"p = {p}",
            # a pair of signs differs by 2 half of the time
            closed=lambda p=p: distances.wasserstein_bound(weights.EpBeta(*ASYMMETRIC), p, 2.0 ** (p - 1)) ** p,  # type: ignore[misc]
            oracle=lambda p=p: 2.0 ** (p - 1) * _lesser_moment(p),  # type: ignore[misc]
            # clipped weights are 3.2 % away at p = 1
            margin=Relative(0.006),
            interval=EmpiricalBernstein(0.0, 2.81**p),
        )
        for p in (1, 2)
    ),
    simulate=_coupled(ASYMMETRIC),
    mutants=(
        FormulaMutant("weight 1 - lambda", lambda: [oracles.expectation(lambda w: abs(1 - w), ASYMMETRIC), None]),
        SimulatorMutant("first parent kept", _coupled(ASYMMETRIC, keep="first")),
        SimulatorMutant("lambda clipped to [0, 1]", _coupled(ASYMMETRIC, keep="larger, clipped")),
    ),
)

STRATA = 16


@cache
def _crossing(law: oracles.Law) -> float:
    return oracles.crossing(law)


def _dual(scales: Array, law: oracles.Law) -> Array:
    """Return what one value of S adds to the dual form of W1, of which the optimal function is ||x| - x_0|."""
    point = _crossing(law)
    return oracles.folded_distance(np.sqrt(scales), point) - float(oracles.folded_distance(1.0, point))


def _stratified(rng: Generator, n: int, law: oracles.Law) -> Array:
    """Return the dual form over sixteen weights, stratified over a uniform law."""
    total = np.zeros(n)
    for k in range(STRATA):
        total += _dual(oracles.square_sum(stretched((k + rng.random(n)) / STRATA, law)), law)
    return total / STRATA


def _clipped_dual(rng: Generator, n: int) -> Array:
    return _dual(oracles.square_sum(clipped(draw_weights(rng, n, *PRESERVING))), PRESERVING)


def _dual_range(largest: float = 2.0) -> EmpiricalBernstein:
    values = _dual(np.linspace(0.5, largest, 4001), PRESERVING)
    return EmpiricalBernstein(float(values.min()) - 1e-3, float(values.max()) + 1e-3)


W1 = Claim(
    name="mixing.wasserstein.normal",
    statement="W1 between mixed and original normal records, by Kantorovich duality.",
    latex=r"W_1=\mathbb{E}\bigl||\tilde X|-x_0\bigr|-\mathbb{E}\bigl||X|-x_0\bigr|",
    assumptions="uniform preserving weights in sixteen strata; standard normal records, integrated given the weight",
    source=derived("T9(c)"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="W1",
            closed=lambda: distances.gaussian_w1(_preserving()),
            oracle=lambda: oracles.mixture_w1(PRESERVING),
            margin=Relative(0.01),
            interval=_dual_range(),
        ),
    ),
    simulate=lambda rng, n: _stratified(rng, n, PRESERVING),
    mutants=(
        FormulaMutant("the coupling bound", lambda: _lesser_bound(PRESERVING)),
        SimulatorMutant("lambda clipped to [0, 1]", _clipped_dual),
        SimulatorMutant("self-pairs", lambda rng, n: np.zeros(n)),
    ),
)


def _lesser_bound(law: oracles.Law) -> float:
    return 2 / math.sqrt(math.pi) * oracles.expectation(_lesser, law)


def _gaps(law: oracles.Law) -> Simulate:
    """Return a simulator of the means of |sqrt(S) Z - Z|, of its square, and of the dual form of W1, given S."""

    def simulate(rng: Generator, n: int) -> Array:
        scales = normal_pair_scales(rng, n, *law)
        change = np.abs(np.sqrt(scales) - 1)
        return np.stack([math.sqrt(2 / math.pi) * change, change**2, _dual(scales, PRESERVING)], axis=1)

    return simulate


LOOSE = Claim(
    name="mixing.wasserstein.bound",
    statement="The bounds on W1 and W2 hold with room, and that on W1 is loose by a factor of five or more.",
    latex=r"W_1\le\mathbb{E}|1-\omega|\,\mathbb{E}|X-X'|,\quad W_2^2\le2\,\mathbb{E}(1-\omega)^2\sigma^2",
    assumptions="uniform preserving weights; normal records coupled as sqrt(S) Z and Z, integrated given the weight",
    source=derived("T9(a), T9(c)"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        Component(
            label="W1 holds",
            closed=lambda: distances.wasserstein_bound(_preserving(), 1, distances.gaussian_pair_distance()),
            oracle=lambda: _lesser_bound(PRESERVING),
            margin=0.04,
            region=Upper(),
            interval=EmpiricalBernstein(0.0, 1.6),
        ),
        Component(
            label="W2 holds",
            closed=lambda: distances.wasserstein_bound(_preserving(), 2, 2.0) ** 2,
            oracle=lambda: 2 * oracles.expectation(lambda w: _lesser(w) ** 2, PRESERVING),
            margin=0.05,
            region=Upper(),
            interval=EmpiricalBernstein(0.0, 1.6),
        ),
        Component(
            label="W1 is five times smaller",
            closed=lambda: distances.wasserstein_bound(_preserving(), 1, distances.gaussian_pair_distance()) / 5,
            oracle=lambda: _lesser_bound(PRESERVING) / 5,
            margin=0.005,
            region=Upper(),
            expected=lambda: oracles.mixture_w1(PRESERVING),
            interval=_dual_range(5.0),
        ),
    ),
    simulate=_gaps(PRESERVING),
    mutants=(
        SimulatorMutant("weights in [0, 1]", _gaps(UNIFORM)),
        SimulatorMutant("weights in [-1, 2]", _gaps(WIDE)),
        FormulaMutant("a tenth of the bound", lambda: [None, None, _lesser_bound(PRESERVING) / 10]),
    ),
)

CLAIMS: tuple[Claim, ...] = (FORMULAS, COUPLING, W1, LOOSE)
