r"""Claims about the risk of the Gaussian example to second order (C4, C5): quadrature, exact law and simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.gaussian import CASES, SETTING
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, identity, minimum, share
from mixtheory.imbalance.kernels import gaussian as kernels
from mixtheory.imbalance.models.gaussian import GaussianExample
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

MULTIPLIERS = (0.0, 0.7, 1.0, 4.0)


def _public(values: Callable[[GaussianExample, Array], object]) -> Array:
    found = []
    for mu, a, n_majority, n_minority in CASES:
        example = GaussianExample(mu, a, n_majority=n_majority, n_minority=n_minority)
        # in units of 1 / n0, so that the largest entries do not set the tolerance of all
        found.append(np.ravel(np.asarray(values(example, np.array(MULTIPLIERS) * example.deficit))) * n_majority)
    return np.concatenate(found)


def _oracle(values: Callable[[oracles.Terms], object]) -> Array:
    found = []
    for mu, a, n_majority, n_minority in CASES:
        for m in MULTIPLIERS:
            counts = (n_majority, n_minority, m * (n_majority - n_minority))
            terms = oracles.second_order_terms(oracles.example_laws(mu, a), counts)
            found.append(np.ravel(np.asarray(values(terms))) * n_majority)
    return np.concatenate(found)


def _limits(values: Callable[[float, float, float, float, float], float]) -> list[float]:
    """Return limits of n0 times an excess at counts that grow together."""
    return [
        oracles.limit(
            lambda s, c=case, m=m: s * c[2] * values(c[0], c[1], s * c[2], s * c[3], s * m * (c[2] - c[3])),  # type: ignore[misc]
            4.0,
        )
        for case in CASES
        for m in MULTIPLIERS
    ]


SECOND_ORDER = identity(
    "imbalance.gaussian.second_order",
    "Covariance and mean shift of the estimate to O(1/N), and what they add to the excess risk; the sum is the limit "
    "of n0 times the excess risk above the floor under the exact law.",
    r"\mathbb{E}R(\hat\theta)-R(\theta^*)=\text{floor}+\operatorname{tr}(M\operatorname{Cov})"
    r"+2(\theta_{\mathrm{pop}}-\theta^*)'M\,\text{shift}+O(N^{-2})",
    f"{SETTING}; five pairs of means and sizes, no synthetic rows, 0.7, 1 and 4 deficits",
    derived("C5", "3"),
    [
        ("covariance", lambda: _public(lambda e, n: e.covariance(n)), lambda: _oracle(lambda t: t.covariance)),
        ("shift", lambda: _public(lambda e, n: e.second_order_shift(n)), lambda: _oracle(lambda t: t.shift)),
        ("variance", lambda: _public(lambda e, n: e.variance(n)), lambda: _oracle(lambda t: t.variance)),
        ("cross term", lambda: _public(lambda e, n: e.second_order(n)), lambda: _oracle(lambda t: t.cross)),
        ("excess risk", lambda: _public(lambda e, n: e.excess_risk(n)), lambda: _oracle(lambda t: t.excess)),
        (
            "limit of the exact law",
            lambda: _public(lambda e, n: e.excess_risk(n) - e.floor(n)),
            lambda: _limits(oracles.exact_excess),
        ),
    ],
    [
        FormulaMutant("no cross term", lambda: [*[None] * 4, _oracle(lambda t: t.floor + t.variance), None]),
        FormulaMutant("no mean shift", lambda: [None, _oracle(lambda t: 0.0 * t.shift), *[None] * 4]),
        FormulaMutant("no variance", lambda: [*[None] * 5, _oracle(lambda t: t.cross)]),
    ],
    rtol=1e-8,
    atol=1e-10,
)

# Best size with an ideal generator --------------------------------------------------------------------------------

RATIOS = (2, 5, 20, 100)
IDEAL = 20


def _predicted(n_majority: float, n_minority: float, size: float) -> float:
    return oracles.second_order_terms(oracles.example_laws(1.0, 1.0), (n_majority, n_minority, size)).excess


def _exact(n_majority: float, n_minority: float, size: float) -> float:
    floor = oracles.second_order_terms(oracles.example_laws(1.0, 1.0), (n_majority, n_minority, size)).floor
    return floor + oracles.exact_excess(1.0, 1.0, n_majority, n_minority, size)


def _shift(risk: Callable[[float, float, float], float], ratio: float, n_minority: float) -> float:
    """Return the best size less the deficit."""
    n_majority = ratio * n_minority
    balance = n_majority - n_minority
    return minimum(lambda size: risk(n_majority, n_minority, size), balance, 0.004 * n_majority) - balance


def _public_risk(n_majority: float, n_minority: float, size: float) -> float:
    return float(GaussianExample(n_majority=int(n_majority), n_minority=int(n_minority)).excess_risk(size))


def _limiting_shift(risk: Callable[[float, float, float], float], ratio: float) -> float:
    return float(oracles.limit(lambda n: _shift(risk, ratio, n), 40.0, 5))


def _never_turns(n: int) -> float:
    """Return 1 if the risk to second order falls in w = nt / N up to 1 at a = 0.3, r = 20, and nan if it does not."""
    laws, real = oracles.example_laws(1.0, 0.3), np.array([20.0 * n, n])
    grid = np.linspace(0.0, 0.9995, 13)
    risks = [oracles.second_order_terms(laws, (*real, real.sum() * w / (1.0 - w))).excess for w in grid]
    return 1.0 if np.all(np.diff(risks) < 0) else math.nan


BEST_SIZE = identity(
    "imbalance.gaussian.best_size",
    "With an ideal generator the best size is n0 - n1 + 5/4 + O(1/n0), whatever the ratio: balancing is right to O(1) "
    "rows, under the exact law too.",
    r"\tilde n_{\mathrm{opt}}=n_0-n_1+\tfrac54+O(1/n_0)",
    f"{SETTING}; mu = a = 1, ratios 2 to 100; extrapolated from minorities of 40 to 640 rows",
    derived("C4"),
    [
        (
            "best size",
            lambda: [GaussianExample(n_majority=r * IDEAL, n_minority=IDEAL).best_size() for r in RATIOS],
            lambda: [(r - 1) * IDEAL + _shift(_predicted, r, IDEAL) for r in RATIOS],
        ),
        (
            "no best size",
            lambda: [share(GaussianExample(1.0, 0.3, n_majority=20 * n, n_minority=n).best_size()) for n in (20, 200)],
            lambda: [_never_turns(n) for n in (20, 200)],
        ),
        ("shift in the limit", lambda: [_limiting_shift(_public_risk, r) for r in (2, 20)], lambda: [1.25, 1.25]),
        (
            "shift in the limit, exact law",
            lambda: _limiting_shift(_public_risk, 5),
            lambda: _limiting_shift(_exact, 5),
        ),
    ],
    [
        FormulaMutant("7/4, curvature held fixed", lambda: [None, None, [1.75] * 2, None]),
        FormulaMutant("23/12, variance alone", lambda: [None, None, [23 / 12] * 2, None]),
        FormulaMutant("balance", lambda: [[(r - 1) * IDEAL for r in RATIOS], None, None, None]),
    ],
    rtol=1e-6,
    atol=1e-6,
)

# Simulation -------------------------------------------------------------------------------------------------------

RATIO = 20
# the size that cancels the bias at a = 1/2
CANCELLING = 4
SIZES = (10, 100, 1000)


def _counts(n1: int) -> tuple[int, int, int]:
    return RATIO * n1, n1, CANCELLING * (RATIO - 1) * n1


def _terms(a: float) -> oracles.Terms:
    """Return the oracle's terms at the smallest counts; all but the floor fall like 1/n0."""
    return oracles.second_order_terms(oracles.example_laws(1.0, a), _counts(1))


def _above(a: float, d: int = 2) -> Simulate:
    """Return n0 times the excess risk above the floor, less its linear part, one column a size."""

    def simulate(rng: Generator, n: int) -> Array:
        floor = _terms(a).floor
        columns = []
        for n1 in SIZES:
            n0, _, size = _counts(n1)
            excess, control = kernels.controlled_risks(rng, n, n0, n1, [size], a=a, d=d)
            columns.append(n0 * ((excess - control)[:, 0] - floor))
        return np.stack(columns, axis=1)

    return simulate


def _second_order(a: float, name: str, finite_size: float, skewness: float, **rest: Any) -> Claim:
    """Return the claim that n0 times the excess risk above the floor has the predicted value, at four deficits."""

    def closed(n1: int) -> float:
        n0, _, size = _counts(n1)
        example = GaussianExample(1.0, a, n_majority=n0, n_minority=n1)
        return n0 * float(example.variance(size) + example.second_order(size))

    def oracle() -> float:
        return RATIO * (_terms(a).variance + _terms(a).cross)

    finite = tuple(
        Component(
            label=f"n0 (excess - floor), n1 = {n1}",
            closed=lambda n1=n1: closed(n1),  # type: ignore[misc]
            oracle=oracle,
            margin=Relative(0.01),
            finite_size=lambda n1=n1: finite_size / n1 * closed(n1),  # type: ignore[misc]
            interval=StudentT(skewness),
            columns=column,
            size=n1,
        )
        for column, n1 in enumerate(SIZES)
    )
    limit = Component(
        label="n0 (excess - floor), limit",
        closed=lambda: closed(SIZES[-1]),
        oracle=oracle,
        margin=Relative(0.005),
        # two sizes with weights near 1/2 are less skew than one
        interval=StudentT(0.75 * skewness),
        columns=range(len(SIZES)),
        function=extrapolation(SIZES),
        size=math.inf,
    )
    return Claim(
        name=f"imbalance.gaussian.risk.{name}",
        assumptions=f"{SETTING}; r = 20, mu = 1, a = {a:g}; n1 = 10, 100 and 1000, and the limit extrapolated from "
        f"them; finite-size term {finite_size:g}/n1, rounded up from the exact law; the linear part of the estimate, "
        "of mean 0, as control variate",
        source=derived("C5", "3"),
        kind="equality",
        margin_class="leading order",
        components=(*finite, limit),
        simulate=_above(a),
        block_size=2**14,
        **rest,
    )


def _all(value: float) -> list[float]:
    return [RATIO * value] * (len(SIZES) + 1)


def _unweighted_variance() -> list[float]:
    """Return n0 times the variance term with the curvature H of the balanced risk in place of H_w."""
    return _all(oracles.quadratic(oracles.point("squared", oracles.example_laws(1.0, 0.5)), _counts(1))[1])


CANCELLING_RISK = _second_order(
    0.5,
    "cancelling",
    0.042,
    2.05,
    statement="At the size that cancels the bias the excess risk is the variance term, of order 1/n0.",
    latex=r"\tilde n=4(n_0-n_1):\quad n_0\,\mathbb{E}[R(\hat\theta)-R(\theta^*)]\to "
    r"n_0\operatorname{tr}(M\operatorname{Cov})",
    mutants=(
        SimulatorMutant("a third dimension", _above(0.5, d=3)),
        FormulaMutant("variance forgotten", lambda: _all(0.0)),
        FormulaMutant("H in place of H_w", _unweighted_variance),
    ),
)
OVERSHOOTING_RISK = _second_order(
    1.0,
    "overshooting",
    0.15,
    2.2,
    statement="Beyond the size that cancels the bias the excess risk is above its floor by the variance term and by "
    "the cross term of bias and second-order mean shift.",
    latex=r"n_0\,\mathbb{E}[R(\hat\theta)-R(\theta_{\mathrm{pop}})]\to "
    r"n_0\{\operatorname{tr}(M\operatorname{Cov})+2(\theta_{\mathrm{pop}}-\theta^*)'M\,\text{shift}\}",
    mutants=(
        SimulatorMutant("a third dimension", _above(1.0, d=3)),
        FormulaMutant("no cross term", lambda: _all(_terms(1.0).variance)),
        FormulaMutant("cross term with the other sign", lambda: _all(_terms(1.0).variance - _terms(1.0).cross)),
    ),
)

# Floors -----------------------------------------------------------------------------------------------------------

FLOOR_SIZES = (50, 200, 1000)


def _excess(a: float = 0.5, mu: float = 1.0) -> Simulate:
    """Return excess risks without synthetic rows and at balance, of the same data, for each size."""

    def simulate(rng: Generator, n: int) -> Array:
        return np.hstack(
            [kernels.excess_risks(rng, n, RATIO * n1, n1, [0, (RATIO - 1) * n1], mu=mu, a=a) for n1 in FLOOR_SIZES]
        )

    return simulate


def _floor_components(column: int, multiplier: int, label: str) -> tuple[Component, ...]:
    def example(n1: int) -> GaussianExample:
        return GaussianExample(1.0, 0.5, n_majority=RATIO * n1, n_minority=n1)

    def terms(n1: int) -> oracles.Terms:
        counts = (RATIO * n1, n1, multiplier * (RATIO - 1) * n1)
        return oracles.second_order_terms(oracles.example_laws(1.0, 0.5), counts)

    finite = tuple(
        Component(
            label=f"{label}, n1 = {n1}",
            closed=lambda n1=n1: float(example(n1).excess_risk(multiplier * example(n1).deficit)),  # type: ignore[misc]
            oracle=lambda n1=n1: terms(n1).excess,  # type: ignore[misc]
            margin=Relative(0.01),
            interval=StudentT(0.45),
            columns=2 * i + column,
            size=n1,
        )
        for i, n1 in enumerate(FLOOR_SIZES)
    )
    limit = Component(
        label=f"{label}, limit",
        closed=lambda: float(example(1).floor(multiplier * (RATIO - 1))),
        oracle=lambda: terms(1).floor,
        margin=Relative(0.005),
        interval=StudentT(0.15),
        columns=[2 * i + column for i in range(len(FLOOR_SIZES))],
        function=extrapolation(FLOOR_SIZES),
        size=math.inf,
    )
    return (*finite, limit)


def _unweighted_floor() -> float:
    counts = (RATIO, 1, RATIO - 1)
    return oracles.quadratic(oracles.point("squared", oracles.example_laws(1.0, 0.5)), counts)[0]


FLOOR_RISK = Claim(
    name="imbalance.gaussian.risk.floor",
    statement="Without synthetic rows, and at balance with a biased generator, the excess risk does not fall below the "
    "floor.",
    latex=r"\mathbb{E}R(\hat\theta)-R(\theta^*)=\text{floor}+O(1/n_0)",
    assumptions=f"{SETTING}; r = 20, mu = 1, a = 1/2; n1 = 50, 200 and 1000, and the limit extrapolated from them; "
    "the error of the prediction, below 0.2/n1^2 of it under the exact law, is left to the margin",
    source=derived("C5", "3"),
    kind="equality",
    margin_class="leading order",
    components=(*_floor_components(0, 0, "no synthetic rows"), *_floor_components(1, 1, "balance")),
    simulate=_excess(),
    block_size=2**14,
    mutants=(
        SimulatorMutant("generator with the right mean", _excess(a=1.0)),
        SimulatorMutant("minority's mean 1.2", _excess(mu=1.2)),
        FormulaMutant("no floor at balance", lambda: [*[None] * 7, 0.0]),
        FormulaMutant("H in place of H_w", lambda: [*[None] * 7, _unweighted_floor()]),
    ),
)

CLAIMS: tuple[Claim, ...] = (SECOND_ORDER, BEST_SIZE, CANCELLING_RISK, OVERSHOOTING_RISK, FLOOR_RISK)
