r"""Claims about where matching is optimal and where it is not when something else than tr M^T M is held (C8, C9)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from scipy import optimize

from mixtheory.highdim import optimality, two_block
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.pairs import bracket, log_ratios, reference_risk, same_draws, trace
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity, side_by_side
from mixtheory.verification import Claim, Component, FormulaMutant, Relative, SimulatorMutant, StudentT, extrapolation

__all__ = ["CLAIMS"]

P = 16
ONES = np.ones(P)


def _log_change(lam: Array, n_t: int, n_s: int) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return the predicted log risk over that of matching, of the public function and of the oracle."""
    matched = np.ones(lam.size)
    return (
        lambda: math.log(optimality.spectrum_risk(lam, n_t, n_s) / optimality.spectrum_risk(matched, n_t, n_s)),
        lambda: math.log(reference_risk(lam, n_t, n_s) / reference_risk(matched, n_t, n_s)),
    )


def _against_matched(lam: Array, counts: tuple[int, int]) -> Simulate:
    return log_ratios(same_draws([trace((ONES, ONES), counts), trace((ONES, lam), counts)]))


# Determinant normalisation (C8) ----------------------------------------------------------------------------------

FEW, MANY = (24, 8), (8, 24)


def _spread(width: float) -> Array:
    """Return eigenvalues e^-width and e^width, half of each: their product is 1."""
    return halves(P, math.exp(-width), math.exp(width))


def _determinants(lam: Array, few: tuple[int, int] = FEW, many: tuple[int, int] = MANY) -> Simulate:
    return side_by_side([_against_matched(lam, few), _against_matched(lam, many)])


DETERMINANT = Claim(
    name="highdim.optimality.determinant",
    statement="At det M^T M = 1 eigenvalues e^-1.5 and e^1.5 beat matching with fewer synthetic than real rows, and "
    "lose to it with more.",
    latex=r"\lambda=e^{\pm1.5}:\ \mathcal R_u(M)<\mathcal R_u(I)\ (n_s<n_t),\ "
    r"\mathcal R_u(M)>\mathcal R_u(I)\ (n_s>n_t)",
    assumptions="p = 16, eigenvalues e^-1.5 and e^1.5, (n_t, n_s) = (24, 8) and (8, 24); normal entries, the same for "
    "both; within a quarter of the prediction",
    source=derived("C8", "K8"),
    kind="difference",
    margin_class="qualitative",
    components=(
        *bracket("fewer synthetic rows", *_log_change(_spread(1.5), *FEW), 0.1, column=0),
        *bracket("more synthetic rows", *_log_change(_spread(1.5), *MANY), 0.1, column=1),
    ),
    simulate=_determinants(_spread(1.5)),
    block_size=2**10,
    mutants=(
        SimulatorMutant("real and synthetic counts swapped", _determinants(_spread(1.5), MANY, FEW)),
        SimulatorMutant("trace p for determinant 1", _determinants(_spread(1.5) / math.cosh(1.5))),
        SimulatorMutant("eigenvalues e^-2.5 and e^2.5", _determinants(_spread(2.5))),
        FormulaMutant("matching is always the best", lambda: [0.0, 0.0, None, None]),
    ),
)

SIZES = (6, 12, 24)


def _ratios(width: float, shares: tuple[int, int] = (3, 1)) -> Simulate:
    """Return log risks over those of matching, one column a size, at n = 4 p."""

    def one(p: int) -> Simulate:
        lam, counts = halves(p, math.exp(-width), math.exp(width)), (shares[0] * p, shares[1] * p)
        return log_ratios(same_draws([trace((np.ones(p), np.ones(p)), counts), trace((np.ones(p), lam), counts)]))

    return side_by_side([one(p) for p in SIZES])


def _ratio(risk: Callable[[Array, int, int], float], p: int, width: float = 1.5) -> float:
    lam = halves(p, math.exp(-width), math.exp(width))
    return risk(lam, 3 * p, p) / risk(np.ones(p), 3 * p, p)


def _geometric_mean(means: Array) -> float:
    return math.exp(float(means[0]))


def _geometric_limit(means: Array) -> float:
    return extrapolation(SIZES, order=2)(np.exp(means))


DETERMINANT_LIMIT = Claim(
    name="highdim.optimality.determinant.limit",
    statement="At det M^T M = 1 and n_s = n_t / 3 synthetic rows of another spectrum lower the risk, to leading order.",
    latex=r"\frac{\mathcal R_X(M)}{\mathcal R_X(I)}\to\frac{\mathcal R_u(M)}{\mathcal R_u(I)}<1,\ \lambda=e^{\pm1.5}",
    assumptions="n_t = 3 p, n_s = p, eigenvalues e^-1.5 and e^1.5; normal entries, the same for both; geometric means; "
    "finite-size term 0.15/p, twice what was found on other seeds at p = 8 to 32",
    source=derived("C8", "K8"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"ratio of risks, p = {p}",
                closed=lambda p=p: _ratio(optimality.spectrum_risk, p),  # type: ignore[misc]
                oracle=lambda p=p: _ratio(reference_risk, p),  # type: ignore[misc]
                margin=Relative(0.01),
                finite_size=lambda p=p: 0.15 / p * _ratio(optimality.spectrum_risk, p),  # type: ignore[misc]
                interval=StudentT(0.1),
                columns=[column],
                function=_geometric_mean,
                size=p,
            )
            for column, p in enumerate(SIZES)
        ),
        Component(
            label="ratio of risks, limit",
            closed=lambda: _ratio(optimality.spectrum_risk, SIZES[0]),
            oracle=lambda: _ratio(reference_risk, SIZES[0]),
            margin=Relative(0.005),
            interval=StudentT(0.1),
            columns=range(len(SIZES)),
            function=_geometric_limit,
            size=math.inf,
        ),
    ),
    simulate=_ratios(1.5),
    block_size=2**11,
    mutants=(
        SimulatorMutant("real and synthetic counts swapped", _ratios(1.5, (1, 3))),
        SimulatorMutant("eigenvalues e^-0.5 and e^0.5", _ratios(0.5)),
        FormulaMutant("matching is always the best", lambda: [1.0] * 4),
        FormulaMutant("a third of the spread", lambda: [_ratio(reference_risk, p, 0.5) for p in (*SIZES, SIZES[0])]),
    ),
)

ORDERS = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0)
# synthetic rows of 100; no order is on the boundary n_s / n_t = (1 - q) / (1 + q)
SYNTHETIC = (10, 22, 35, 45, 60, 72, 85)
GRID = [(q, 100 - n_s, n_s) for q in ORDERS for n_s in SYNTHETIC]


def _held(q: float, width: float, p: int = 4) -> Array:
    """Return eigenvalues in the ratio e^(2 width), half of each, scaled to a power mean of order q of 1."""
    lam = halves(p, math.exp(-width), math.exp(width))
    scale = np.mean(lam**q) ** (1 / q) if q else math.exp(float(np.mean(np.log(lam))))
    return np.asarray(lam / scale)


def _curvature(q: float, n_t: float, n_s: float) -> float:
    """Return the second-order coefficient of the log risk in the width, by two differences and Richardson."""

    def at(width: float) -> float:
        # p = 4 at n = 2 p; the coefficient knows shares only
        counts = (8 * n_t / (n_t + n_s), 8 * n_s / (n_t + n_s))
        return math.log(reference_risk(_held(q, width), *counts) / reference_risk(_held(q, 0.0), *counts)) / width**2

    return (at(0.04) - 20 * at(0.02) + 64 * at(0.01)) / 45


# determinant 1 and more synthetic rows: a local minimum that loses to one small eigenvalue
SMALL = np.exp(np.append(np.full(P - 1, 10.0 / (P - 1)), -10.0))


def _one_small(risk: Callable[[Array, int, int], float]) -> list[float]:
    return [risk(SMALL, *MANY), risk(SMALL, *MANY) - risk(ONES, *MANY)]


@functools.cache
def _curvatures() -> Array:
    return np.array([_curvature(*case) for case in GRID])


# matching is a local minimum here and loses to a large spread
LOCAL = (0.5, 50, 18)
WIDTHS = (0.05, 0.3, 1.5, 2.0)


def _away(risk: Callable[[Array, int, int], float]) -> list[float]:
    q, *counts = LOCAL
    return [risk(_held(q, width, 34), *counts) - risk(np.ones(34), *counts) for width in WIDTHS]


CURVATURE = identity(
    "highdim.optimality.curvature",
    "With the power mean of order q held at 1 matching is a local minimum iff n_s / n_t > (1 - q) / (1 + q); it may "
    "still lose to a large spread.",
    r"\frac{\mathcal R_u(\lambda)}{\mathcal R_u(1)}=1+\frac{n_s}{2n}\Bigl[q-\frac{n_t-n_s}{n}\Bigr]"
    r"\frac1p\sum\log^2\lambda_i+\dots",
    "seven orders and seven splits, at n = 2 p; the large spread at q = 1/2, n_t = 50, n_s = 18, p = 34, and at q = 0, "
    "n_t = 8, n_s = 24, p = 16 to one eigenvalue e^-10",
    derived("C8", "K8"),
    [
        ("curvature", lambda: [optimality.matching_curvature(*case) for case in GRID], _curvatures),
        (
            "local minimum",
            lambda: [float(optimality.matching_is_local_minimum(*case)) for case in GRID],
            lambda: (_curvatures() > 0).astype(float),
        ),
        ("changes at small and large spreads", lambda: _away(optimality.spectrum_risk), lambda: _away(reference_risk)),
        (
            "a local minimum that loses",
            lambda: [optimality.matching_is_local_minimum(*LOCAL), *(np.array(_away(optimality.spectrum_risk)) > 0)],
            lambda: [1.0, 1.0, 1.0, 0.0, 0.0],
        ),
        (
            "determinant 1, one small eigenvalue",
            lambda: _one_small(optimality.spectrum_risk),
            lambda: _one_small(reference_risk),
        ),
        (
            "determinant 1, a local minimum that loses",
            lambda: [optimality.matching_is_local_minimum(0, *MANY), _one_small(optimality.spectrum_risk)[1] < 0],
            lambda: [1.0, 1.0],
        ),
    ],
    [
        FormulaMutant("always a minimum", lambda: [None, np.ones(len(GRID)), None, np.ones(5), None, None]),
        FormulaMutant("the best with more synthetic rows", lambda: [*[None] * 5, [1.0, 0.0]]),
        FormulaMutant(
            "real and synthetic counts swapped",
            lambda: [[_curvature(q, s, t) for q, t, s in GRID[:1]] * len(GRID), *[None] * 5],
        ),
        FormulaMutant("the boundary is n_s = n_t", lambda: [None, [float(s > t) for _, t, s in GRID], *[None] * 4]),
    ],
    rtol=1e-7,
    atol=1e-9,
)

# Equal traces of the covariances (C9) ----------------------------------------------------------------------------

BLOCKS = halves(P, 4.0, 0.25)
EVEN = (P, P)
# the first factor at which the second is 0
EDGE = 17 / 16


def _shifted(first: float) -> Array:
    """Return the factor of each block that keeps tr Sigma_s: 4 x + y / 4 stays 4.25."""
    return halves(P, first, 17 - 16 * first)


EQUAL_TRACE = Claim(
    name="highdim.optimality.equal_trace",
    statement="At equal traces of the covariances matching is not the best: more variance where there is little wins.",
    latex=r"\operatorname{tr}\Sigma_s=\operatorname{tr}\Sigma_t:\quad\min\mathcal R_u<\mathcal R_u(I)",
    assumptions="p = n_t = n_s = 16, variances 4 and 1/4, synthetic ones 0.656 and 6.5 times these; normal entries; "
    "within a quarter of the prediction",
    source=derived("C9"),
    kind="difference",
    margin_class="qualitative",
    components=bracket("the better blocks", *_log_change(_shifted(0.656), *EVEN), 0.1, column=0),
    simulate=_against_matched(_shifted(0.656), EVEN),
    block_size=2**10,
    mutants=(
        SimulatorMutant("blocks exchanged", _against_matched(_shifted(0.656)[::-1] / 4, EVEN)),
        SimulatorMutant("twice the trace", _against_matched(2 * _shifted(0.656), EVEN)),
        FormulaMutant("matching is the best", lambda: [0.0, 0.0]),
    ),
)


POINTS = 9


def _scan() -> list[float]:
    """Return the scanned risks, the least risk, that of matching, and whether the best is at an end."""
    found = two_block.optimal_two_block(BLOCKS, *EVEN, block=P // 2, normalisation="trace", points=POINTS)
    return [*found.values, found.value, found.matched, float(found.at_edge)]


@functools.cache
def _reference_best() -> float:
    def risk(x: float) -> float:
        return reference_risk(_shifted(x), *EVEN)

    # a root of the slope is known to more digits than a minimum
    def slope(x: float) -> float:
        return 8 * (risk(x + 1e-3) - risk(x - 1e-3)) - risk(x + 2e-3) + risk(x - 2e-3)

    return float(optimize.brentq(slope, 0.4, 0.9, xtol=1e-12))


def _reference_scan() -> list[float]:
    scanned = [reference_risk(_shifted(x), *EVEN) for x in np.linspace(0.025 * EDGE, 0.975 * EDGE, POINTS)]
    return [*scanned, reference_risk(_shifted(_reference_best()), *EVEN), P / (sum(EVEN) - P), 0.0]


def _slope(blocks: tuple[float, float]) -> float:
    """Return how fast the risk changes at matching when variance moves from the second block to the first."""
    direction = halves(P, 1 / blocks[0], -1 / blocks[1])
    return float(optimality.risk_gradient(ONES, *EVEN) @ direction)


def _reference_slope(blocks: tuple[float, float]) -> float:
    direction, h = halves(P, 1 / blocks[0], -1 / blocks[1]), 1e-3
    change = [reference_risk(ONES + k * h * direction, *EVEN) for k in (-2, -1, 1, 2)]
    return (change[0] - 8 * change[1] + 8 * change[2] - change[3]) / (12 * h)


EQUAL_TRACE_SCAN = identity(
    "highdim.optimality.equal_trace.scan",
    "At equal traces the risk has a slope at matching unless the covariance is a multiple of the identity.",
    r"\partial_x\mathcal R_u\propto\frac1{\tau_1}-\frac1{\tau_2}\text{ for variance moved between blocks}",
    "p = n_t = n_s = 16; variances 4 and 1/4, then 1 and 1; the risk along the line of equal traces",
    derived("C9"),
    [
        ("risk along the line", _scan, _reference_scan),
        ("slope at matching, two blocks", lambda: _slope((4.0, 0.25)), lambda: _reference_slope((4.0, 0.25))),
        ("slope at matching, isotropic", lambda: _slope((1.0, 1.0)), lambda: 0.0),
    ],
    [
        FormulaMutant("matching is stationary", lambda: [None, 0.0, None]),
        FormulaMutant("matching is the best", lambda: [[*_reference_scan()[:POINTS], 1.0, 1.0, 0.0], None, None]),
    ],
    rtol=1e-7,
    atol=1e-9,
)

# Scans over two blocks -------------------------------------------------------------------------------------------

SIX = np.array([3.0, 0.5, 1.0, 2.0, 0.7, 1.5])
BLOCK = 2
ORDERS_SCANNED = (-0.5, 0.0, 0.3, 0.5, 1.0, 2.0)


def _over_blocks(q: float) -> list[float]:
    found = two_block.optimal_two_block(SIX, 9, 3, block=BLOCK, q=q, points=5, noise_var=0.7)
    return [*found.grid, *found.values, found.matched]


def _reference_over_blocks(q: float) -> list[float]:
    share = BLOCK / SIX.size
    edge = share ** (-1 / q) if q else math.inf
    if q >= 1:
        grid = np.linspace(0.025 * edge, 0.975 * edge, 5)
    else:
        ends = (edge / 0.975, 20 * edge) if q < 0 else (0.05, min(20.0, 0.975 * edge))
        grid = ends[0] * (ends[1] / ends[0]) ** (np.arange(5) / 4)
    values = []
    for x in grid:
        y = ((1 - share * x**q) / (1 - share)) ** (1 / q) if q else math.exp(-math.log(x) * share / (1 - share))
        values.append(0.7 * reference_risk(np.repeat([x, y], [BLOCK, SIX.size - BLOCK]), 9, 3))
    return [*grid, *values, 0.7 * SIX.size / (12 - SIX.size)]


# n < p: over these ranges the bias falls and the variance rises, so that the best is at an end
PRIOR = np.eye(P) / P
ENDS = (("bias", (0.5, 1.5), 1.5), ("variance", (1.2, 1.8), 1.2))


def _at_ends() -> list[float]:
    values: list[float] = []
    for objective, bounds, _ in ENDS:
        found = two_block.optimal_two_block(
            BLOCKS, 4, 4, block=P // 2, objective=objective, beta=PRIOR, bounds=bounds, points=3
        )
        values += [*found.lam, found.value, float(found.at_edge)]
    return values


@functools.cache
def _reference_at_ends() -> list[float]:
    values: list[float] = []
    for objective, _, x in ENDS:
        variance, bias = oracles.mixture_risk([BLOCKS, BLOCKS * halves(P, x, 2 - x)], [4, 4], PRIOR)
        values += [x, 2 - x, bias if objective == "bias" else variance, 1.0]
    return values


SCANS = identity(
    "highdim.optimality.blocks",
    "Scans over two blocks keep the power mean of the factors and return the risk, variance or bias at each.",
    r"\tfrac1p\bigl(mx^q+(p-m)y^q\bigr)=1",
    "p = 6, n_t = 9, n_s = 3, two of six coordinates, orders from -1/2 to 2; n < p with p = 16, the best at an end",
    derived("C8 to C10"),
    [(f"order {q}", lambda q=q: _over_blocks(q), lambda q=q: _reference_over_blocks(q)) for q in ORDERS_SCANNED]
    + [("best at an end", _at_ends, _reference_at_ends)],
    [
        FormulaMutant(
            "order 1 for all", lambda: [*[_reference_over_blocks(1.0)] * 4, None, _reference_over_blocks(1.0), None]
        )
    ],
    rtol=1e-7,
)

CLAIMS: tuple[Claim, ...] = (DETERMINANT, DETERMINANT_LIMIT, CURVATURE, EQUAL_TRACE, EQUAL_TRACE_SCAN, SCANS)
