r"""Claims about mixup as a generator of minority rows: mismatch, best size, and risk to second order."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory import EpBeta
from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.mixup_cases import (
    ALIGNED,
    CASES,
    INFLATING,
    LEVEL,
    MULTIPLIERS,
    NO_SIZE,
    SETTING,
    TILTED,
    UNIFORM,
    Array,
    Case,
    Sampled,
    at_points,
    everywhere,
    norm_moment,
    sampled,
)
from mixtheory.imbalance.claims.parts import Simulate, derived, identity, share
from mixtheory.imbalance.kernels import mixup as kernels
from mixtheory.imbalance.models.mixup import cancelling_multiplier
from mixtheory.imbalance.models.sizes import code_multiplier, exact_multiplier
from mixtheory.verification import (
    Claim,
    Component,
    FormulaMutant,
    Relative,
    SimulatorMutant,
    StudentT,
    extrapolation,
)

__all__ = ["CLAIMS"]

MOMENTS = identity(
    "imbalance.mixup.mismatch",
    "Mixup's mismatch is that of the covariance, (c - 1) times the minority's; its score covariance needs E S^2 too.",
    r"b=2(c-1)S_1\theta^*,\quad c=\mathbb{E}[\lambda^2+(1-\lambda)^2]",
    f"{SETTING}; nine cases with three laws, with and without intercept",
    derived("C2 for mixup"),
    [
        ("minimiser", lambda: everywhere(lambda c: c.public().theta_star), lambda: at_points(lambda at: at.theta)),
        (
            "gap",
            lambda: everywhere(lambda c: c.public().gap),
            lambda: at_points(lambda at: at.scores[0] - at.scores[1]),
        ),
        (
            "mismatch",
            lambda: everywhere(lambda c: c.public().mismatch),
            lambda: at_points(lambda at: at.scores[2] - at.scores[1]),
        ),
        (
            "mean scores",
            lambda: everywhere(lambda c: [law.mean_score for law in c.public().moments()]),
            lambda: at_points(lambda at: at.scores),
        ),
        (
            "Hessians",
            lambda: everywhere(lambda c: [law.hessian for law in c.public().moments()]),
            lambda: at_points(lambda at: at.hessians),
        ),
        (
            "score covariances",
            lambda: everywhere(lambda c: [law.score_covariance for law in c.public().moments()]),
            lambda: at_points(lambda at: at.covariances),
        ),
    ],
    [
        FormulaMutant("no mismatch", lambda: [None, None, 0 * at_points(lambda at: at.scores[0]), None, None, None]),
        FormulaMutant("noise of real rows", lambda: [*[None] * 5, at_points(lambda at: at.covariances, kept=True)]),
    ],
)

# Sizes ------------------------------------------------------------------------------------------------------------

SIZED = (*ALIGNED, Case(NO_SIZE, (1.0, 0.0), (1.0, 1.0), (2000, 100)))


def _cancelling(case: Case) -> float:
    return share(oracles.cancelling_size("squared", case.laws(), *case.counts))


def _floor(case: Case, size: float) -> float:
    laws = case.laws()
    return oracles.excess("squared", oracles.minimiser("squared", laws, (*case.counts, size)), laws)


def _best(case: Case) -> float:
    """Return the multiplier of the smallest floor, by Newton's method on a fine polynomial."""
    deficit = case.counts[0] - case.counts[1]
    found = optimize.minimize_scalar(lambda m: _floor(case, m * deficit), bounds=(0.01, 6.0), method="bounded")
    centre, step = float(found.x), 0.02
    grid = np.arange(-4.0, 5.0)
    for _ in range(2):
        values = [_floor(case, (centre + step * x) * deficit) for x in grid]
        slope = np.polynomial.Polynomial.fit(grid, np.array(values) / values[4] - 1, 8).convert().deriv()
        roots = slope.roots()
        real = roots[np.abs(roots.imag) < 1e-6].real
        centre += step * float(real[np.argmin(np.abs(real))])
    return share(centre)


def _aligned_direction(case: Case) -> float:
    """Return the multiplier at which the slopes are parallel to those of the balanced minimiser."""
    laws, deficit, first = case.laws(), case.counts[0] - case.counts[1], int(case.intercept)
    target = oracles.balanced("squared", laws)[first:]

    def miss(m: float) -> float:
        slopes = oracles.minimiser("squared", laws, (*case.counts, m * deficit))[first:]
        return float(slopes[0] * target[1] - slopes[1] * target[0])

    return share(float(optimize.brentq(miss, 0.0, 20.0, xtol=1e-14, rtol=1e-14)))


def _closed(case: Case) -> float:
    return share(float(cancelling_multiplier(norm_moment(case.law), case.variances[0])))


SIZES = identity(
    "imbalance.mixup.optimal_size",
    "The number of mixed rows that removes the bias depends on the law's variance factor and the classes' scale alone; "
    "the slopes have the right direction at another one, D / c, which is the best for no law but c = 1.",
    r"\tilde n^*=\frac{n_0-n_1}{1+(1-c)k},\quad \hat\theta_{\mathrm{slopes}}\parallel\theta^*\text{ at }(n_0-n_1)/c",
    f"{SETTING}; an infinite size is compared as 1 of m / (1 + m)",
    derived("C2 for mixup"),
    [
        ("closed form", lambda: [_closed(c) for c in SIZED], lambda: [_cancelling(c) for c in SIZED]),
        (
            "best size of the model",
            lambda: [share(c.public().optimal_multiplier()) for c in SIZED[:3]],
            lambda: [_cancelling(c) for c in SIZED[:3]],
        ),
        (
            "published target",
            lambda: [share(code_multiplier(c.public().gap, c.public().mismatch)) for c in SIZED],
            lambda: [_cancelling(c) for c in SIZED],
        ),
        (
            "exact minimiser of the first order",
            lambda: [share(exact_multiplier(c.public().gap, c.public().mismatch, *c.counts)) for c in SIZED],
            lambda: [_cancelling(c) for c in SIZED],
        ),
        (
            "best size without alignment",
            lambda: [share(c.public().optimal_multiplier()) for c in (*TILTED, *LEVEL)],
            lambda: [_best(c) for c in (*TILTED, *LEVEL)],
        ),
        (
            "direction",
            lambda: [share(c.public().direction_multiplier) for c in (*TILTED, *LEVEL[2:])],
            lambda: [_aligned_direction(c) for c in (*TILTED, *LEVEL[2:])],
        ),
    ],
    [
        FormulaMutant("balancing", lambda: [[0.5] * 4, [0.5] * 3, [0.5] * 4, [0.5] * 4, [0.5] * 6, [0.5] * 4]),
        FormulaMutant(
            "D / (2 - c) at every scale",
            lambda: [
                [share(float(cancelling_multiplier(norm_moment(c.law), 1.0))) for c in SIZED],
                *[None] * 5,
            ],
        ),
    ],
    rtol=1e-6,
    atol=1e-8,
)

# Risk -------------------------------------------------------------------------------------------------------------


def _terms(values: Callable[[Sampled], object], *, copied: bool) -> Array:
    return everywhere(lambda case: [values(sampled(case, float(size), copied=copied)) for size in case.sizes()])


RISK = identity(
    "imbalance.mixup.risk",
    "Floor, mean of the estimate and excess risk to second order, with new parents and with parents from the sample, "
    "whose noise mixed rows copy: in full in the mean and c times in the covariance.",
    r"n_1(1+\nu)^2C_L+n_1(1+c\nu)^2C_Q+\tilde n\,C_{\mathrm{mixed}},\quad\nu=\tilde n/n_1",
    f"{SETTING}; nine cases, four sizes",
    derived("C1 for mixup"),
    [
        (
            "pooled minimiser",
            lambda: everywhere(lambda c: c.public().theta_pop(c.sizes())),
            lambda: everywhere(
                lambda c: [oracles.minimiser("squared", c.laws(), (*c.counts, size)) for size in c.sizes()]
            ),
        ),
        (
            "floor",
            lambda: everywhere(lambda c: c.public().floor(c.sizes())),
            lambda: everywhere(lambda c: [_floor(c, float(size)) for size in c.sizes()]),
        ),
        (
            "mean estimate, new parents",
            lambda: everywhere(lambda c: c.public().mean_estimate(c.sizes())),
            lambda: _terms(lambda t: t.mean, copied=False),
        ),
        (
            "mean estimate, parents from the sample",
            lambda: everywhere(lambda c: c.public().mean_estimate(c.sizes(), parents="sample")),
            lambda: _terms(lambda t: t.mean, copied=True),
        ),
        (
            "excess risk, new parents",
            lambda: everywhere(lambda c: c.public().excess_risk(c.sizes())),
            lambda: everywhere(
                lambda c: [oracles.second_order_terms(c.laws(), (*c.counts, size)).excess for size in c.sizes()]
            ),
        ),
        (
            "excess risk, parents from the sample",
            lambda: everywhere(lambda c: c.public().excess_risk(c.sizes(), parents="sample")),
            lambda: _terms(lambda t: t.excess, copied=True),
        ),
    ],
    [
        FormulaMutant("nothing is copied", lambda: [*[None] * 5, _terms(lambda t: t.excess, copied=False)]),
        FormulaMutant("no floor", lambda: [None, np.zeros(len(CASES) * len(MULTIPLIERS)), *[None] * 4]),
        FormulaMutant(
            "no shift",
            lambda: [
                *[None] * 2,
                everywhere(lambda c: [oracles.minimiser("squared", c.laws(), (*c.counts, s)) for s in c.sizes()]),
                *[None] * 3,
            ],
        ),
    ],
    rtol=1e-8,
    atol=1e-10,
)

# Estimates at chosen sizes -----------------------------------------------------------------------------------------

RATIO = 3
ROWS = (8, 16, 32)
# law, parents and multiplier: the size without bias, and one beside it
CHOICES = ((UNIFORM, "population", 0.75), (INFLATING, "population", 1.0))
# any share of the linear part may go, as its mean is 0; a third leaves units with little skewness
_CONTROLLED = 0.3


def _estimates(
    *, law: tuple[float, float, float, float] | None = None, mean: float = 1.0, more: float = 1.0
) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for chosen, parents, multiplier in CHOICES:
            for n1 in ROWS:
                size = round(more * multiplier * (RATIO - 1) * n1)
                theta, linear = kernels.estimates(
                    rng,
                    n,
                    EpBeta(*(law or chosen)),
                    RATIO * n1,
                    n1,
                    [size],
                    mean=[mean],
                    variances=[1.0],
                    parents=parents,
                )
                columns.append((theta - _CONTROLLED * linear)[:, 0, 0])
        return np.stack(columns, axis=1)

    return simulate


def _one(law: tuple[float, float, float, float], n1: int) -> Case:
    return Case(law, (1.0,), (1.0,), (RATIO * n1, n1))


def _estimate_components(k: int) -> tuple[Component, ...]:
    law, parents, multiplier = CHOICES[k]
    label = f"{'U(0, 1)' if law == UNIFORM else 'U(-0.6, 1.6)'}, {parents}, {multiplier:g}"

    def size(n1: int) -> float:
        return round(multiplier * (RATIO - 1) * n1)

    finite = tuple(
        Component(
            label=f"{label}, n1 = {n1}",
            closed=lambda n1=n1: float(_one(law, n1).public().mean_estimate(size(n1), parents=parents)[0]),  # type: ignore[misc]
            oracle=lambda n1=n1: float(sampled(_one(law, n1), size(n1), copied=parents == "sample").mean[0]),  # type: ignore[misc]
            margin=Relative(0.01),
            interval=StudentT(0.25 if n1 == ROWS[0] else 0.15),
            columns=len(ROWS) * k + i,
            size=n1,
        )
        for i, n1 in enumerate(ROWS)
    )
    limit = Component(
        label=f"{label}, limit",
        closed=lambda: float(_one(law, 1000).public().theta_pop(size(1000))[0]),
        oracle=lambda: float(oracles.minimiser("squared", _one(law, 1000).laws(), (3000, 1000, size(1000)))[0]),
        margin=Relative(0.005),
        interval=StudentT(0.15),
        columns=[len(ROWS) * k + i for i in range(len(ROWS))],
        function=extrapolation(ROWS),
        size=math.inf,
    )
    return (*finite, limit)


ESTIMATE = Claim(
    name="imbalance.mixup.estimate",
    statement="With the chosen number of mixed rows of new parents the estimate is that of "
    "balanced data up to O(1/N); balancing with inflated rows leaves a bias.",
    latex=r"\mathbb{E}\hat\theta=\theta_{\mathrm{pop}}+\text{shift}+O(N^{-2}),\quad"
    r"\theta_{\mathrm{pop}}=\theta^*\text{ at }\tilde n=(n_0-n_1)/(2-c)",
    assumptions="N(0, 1) against N(1, 1), r = 3; U(0, 1) with 0.75 deficits, U(-0.6, 1.6) with one; n1 = 8, 16 "
    "and 32, and the limit extrapolated from them",
    source=derived("C5 for mixup"),
    kind="equality",
    margin_class="leading order",
    components=tuple(c for k in range(len(CHOICES)) for c in _estimate_components(k)),
    simulate=_estimates(),
    block_size=2**11,
    mutants=(
        SimulatorMutant("weights of 0 and 1 nearly", _estimates(law=(0.02, 0.02, 0.0, 0.0))),
        SimulatorMutant("minority's mean 1.3", _estimates(mean=1.3)),
        FormulaMutant("no bias at balance", lambda: [*[None] * 7, 1 / 3]),
    ),
)

CLAIMS: tuple[Claim, ...] = (MOMENTS, SIZES, RISK, ESTIMATE)
