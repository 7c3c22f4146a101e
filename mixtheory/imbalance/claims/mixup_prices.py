"""Claims about what mixed rows copy and cost where the classes agree, and about regression on mixed rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

from mixtheory import EpBeta, Zeta
from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.mixup_cases import INFLATING, LAWS, UNIFORM, norm_moment, weight_nodes
from mixtheory.imbalance.claims.parts import Simulate, derived, identity
from mixtheory.imbalance.kernels import mixup_prices as kernels
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup_prices import copying, marginal_price, mixed_regression_risk, own_trace
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

Array = NDArray[np.float64]


def _rademacher(d: int) -> tuple[Array, Array]:
    points = np.array(list(itertools.product((-1.0, 1.0), repeat=d)))
    points[:, 0] += 1.0
    return points, np.full(len(points), 1 / len(points))


class Prices(NamedTuple):
    """Copied share, own squared score and price, times T, with T."""

    copied: float
    own: float
    price: float
    trace: float


def _prices(law: tuple[float, float, float, float], points: Array, chances: Array) -> Prices:
    """Return the prices by sums over pairs of points: moments of scores, their projections, and a mean shift."""
    lambdas, masses = weight_nodes(law)
    d = points.shape[1]
    theta = np.eye(d)[0] / 2
    metric = np.eye(d) + np.outer(np.eye(d)[0], np.eye(d)[0])
    inverse = np.linalg.inv(metric)

    def scores(rows: Array) -> Array:
        return np.asarray(rows * (1 - rows @ theta)[..., None])

    own_scores = scores(points)
    projected = np.zeros_like(own_scores)
    second: Any = 0.0
    own, mean = 0.0, np.zeros(d)
    for weight, mass in zip(lambdas, masses, strict=True):
        rows = weight * points[:, None] + (1 - weight) * points[None]
        pairs = np.outer(chances, chances) * mass
        psi = scores(rows)
        second = second + np.einsum("ij,ija,ijb->ab", pairs, rows, rows)
        own += float(np.einsum("ij,ija,ab,ijb->", pairs, psi, inverse, psi))
        mean += np.einsum("ij,ija->a", pairs, psi)
        projected += mass * (np.einsum("j,ija->ia", chances, psi) + np.einsum("i,ija->ja", chances, psi))
    covariance = np.einsum("i,ia,ib->ab", chances, own_scores, own_scores)
    trace = float(np.trace(inverse @ covariance))
    copied = float(np.einsum("i,ia,ab,ib->", chances, own_scores, inverse, projected))
    bent = np.einsum("i,ia,ib,bc,ic->a", chances, points, points, inverse, own_scores)
    shift = -inverse @ bent
    flattened = float(np.trace(second @ inverse @ covariance @ inverse))
    return Prices(copied, own, 2 * copied + own - 2 * flattened + 4 * float(mean @ shift), trace)


def _in_models(values: Callable[[MeanShiftModel, EpBeta], float]) -> list[float]:
    return [
        values(MeanShiftModel(d, 40, 20, noise), EpBeta(*law))
        for noise, d in (("rademacher", 3), ("gaussian", 2), ("gaussian", 3))
        for law in LAWS
    ]


def _enumerated(values: Callable[[Prices], float]) -> list[float]:
    populations = [_rademacher(3)]
    for d in (2, 3):
        points, chances, _ = oracles.normal_law(np.eye(d)[0], np.eye(d), 1.0, 4)
        populations.append((points, chances))
    return [values(_prices(law, *population)) for population in populations for law in LAWS]


PRICE = identity(
    "imbalance.mixup.price",
    "What mixing copies of the minority's noise, the noise of a mixed row, and the price of the first one.",
    r"2\,\text{copying}-2+\frac{T_{\mathrm{own}}}T+\frac{1-c}T\Bigl[\frac{3(\kappa_4-1)}8+(d-1)k_{22}\Bigr]",
    "mean-shift symmetric model with random signs and normal noise in two and three dimensions; three laws",
    derived("C6 for mixup"),
    [
        ("copying", lambda: _in_models(copying), lambda: _enumerated(lambda p: p.copied / p.trace)),
        ("own squared score", lambda: _in_models(own_trace), lambda: _enumerated(lambda p: p.own)),
        ("price", lambda: _in_models(marginal_price), lambda: _enumerated(lambda p: p.price / p.trace)),
    ],
    [
        FormulaMutant("2 copying - 1", lambda: [None, None, _enumerated(lambda p: 2 * p.copied / p.trace - 1)]),
        FormulaMutant("all is copied", lambda: [[1.0] * 9, None, None]),
        FormulaMutant("noise of a real row", lambda: [None, _enumerated(lambda p: p.trace), None]),
    ],
)

COPIED_D, COPIED_N = 20, 4
_AVERAGED = 8


def _copied(laws: Sequence[tuple[float, float, float, float]] = (UNIFORM, INFLATING), rows: int = COPIED_N) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = [
            kernels.copied_scores(rng, n * _AVERAGED, EpBeta(*law), COPIED_D, rows, noise="rademacher") for law in laws
        ]
        trace = 0.5 * (COPIED_D - 1)
        return np.stack([column.reshape(n, _AVERAGED).mean(axis=1) / trace for column in columns], axis=1)

    return simulate


def _exact_copying(law: tuple[float, float, float, float]) -> float:
    """Return half of 1 + E S with a row meeting itself in one of n pairs: signs have no other fourth moments."""
    met = 1 / COPIED_N
    return 0.5 * (1 + met + (1 - met) * norm_moment(law))


COPIED = Claim(
    name="imbalance.mixup.copied_noise",
    statement="Mixed rows copy the noise of the minority's mean in full and that of its covariance c times.",
    latex=r"\frac{n_1}T\operatorname{tr}A^{-1}\operatorname{Cov}(\mathbb{E}_Q\psi,\bar\psi_1)"
    r"=\frac12\Bigl(1+c+\frac{1-c}{n_1}\Bigr)",
    assumptions="mean-shift symmetric model with random signs, d = 20, four minority rows; U(0, 1) and U(-0.6, 1.6)",
    source=derived("C6 for mixup"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=label,
            closed=lambda law=law: copying(  # type: ignore[misc]
                MeanShiftModel(COPIED_D, 40, COPIED_N, "rademacher"), EpBeta(*law), finite=True
            ),
            oracle=lambda law=law: _exact_copying(law),  # type: ignore[misc]
            margin=Relative(0.01),
            interval=StudentT(0.35),
        )
        for label, law in (("U(0, 1)", UNIFORM), ("U(-0.6, 1.6)", INFLATING))
    ),
    simulate=_copied(),
    block_size=2**12,
    mutants=(
        SimulatorMutant("resampled", _copied(((0.02, 0.02, 0.0, 0.0),) * 2)),
        SimulatorMutant("two rows", _copied(rows=2)),
        FormulaMutant("all is copied", lambda: [1.0, 1.0]),
    ),
)

# Regression -------------------------------------------------------------------------------------------------------

# exponent and number of parents of a law of fixed weights
FIXED = (2.4, 5)
DESIGNS = ((100, 100, 100), (50, 0, 100), (100, 400, 50))


def _regression_risk(law: tuple[float, float, float, float], p: int, n_real: int, n_mixed: int) -> float:
    """Return p times the solution t of n_t / (1 + p t) + ... in 1/t, by adaptive integration over the weight."""
    weight = stats.beta(law[0], law[1])
    width = 1 + law[2] + law[3]

    def excess(trace: float) -> float:
        def saved(b: float) -> float:
            s = (width * b - law[2]) ** 2 + (1 + law[2] - width * b) ** 2
            return float(weight.pdf(b)) / (1 + s * trace)

        free = integrate.quad(saved, 0.0, 1.0, epsabs=1e-13, epsrel=1e-13)[0]
        return n_real / (1 + trace) + n_mixed * free - (n_real + n_mixed - p)

    return float(optimize.brentq(excess, 1e-6, 1e6, xtol=1e-14, rtol=1e-14))


def _fixed_norm() -> float:
    """Return the sum of squared weights of `FIXED`."""
    weights = [rank ** -FIXED[0] for rank in range(1, FIXED[1] + 1)]
    return math.fsum(w**2 for w in weights) / math.fsum(weights) ** 2


def _covariance_risk(c: float, p: int, n_real: int, n_mixed: int) -> float:
    return float(
        optimize.brentq(lambda t: n_real * t / (1 + t) + n_mixed * c * t / (1 + c * t) - p, 1e-6, 1e6, xtol=1e-14)
    )


REGRESSION = identity(
    "imbalance.mixup.regression",
    "Risk of least squares on real and mixed rows in the proportional limit: that of a mixture of scales, above what "
    "the covariance alone predicts.",
    r"n_t\frac{\tau}{1+\tau}+n_s\mathbb{E}\Bigl[\frac{S\tau}{1+S\tau}\Bigr]=p,\quad R=\sigma^2\tau",
    "normal real rows, mixtures of new ones with true responses; three designs, three laws and fixed weights",
    derived("C1 for mixup"),
    [
        (
            "risk",
            lambda: [mixed_regression_risk(EpBeta(*law), *design) for law in LAWS for design in DESIGNS],
            lambda: [_regression_risk(law, *design) for law in LAWS for design in DESIGNS],
        ),
        (
            "fixed weights",
            lambda: [mixed_regression_risk(Zeta(*FIXED), *design) for design in DESIGNS],
            lambda: [_covariance_risk(_fixed_norm(), *design) for design in DESIGNS],
        ),
    ],
    [
        FormulaMutant(
            "covariance alone",
            lambda: [[_covariance_risk(norm_moment(law), *d) for law in LAWS for d in DESIGNS], None],
        ),
    ],
    rtol=1e-8,
)

# columns, and as many real and as many mixed rows
COLUMNS = (16, 32, 64)
# what each of them has in the extrapolation
_WEIGHTS = [extrapolation(COLUMNS)(row) for row in np.eye(len(COLUMNS))]


def _traces(law: tuple[float, float, float, float] = INFLATING) -> Simulate:
    """Return risks given the design, extrapolated in the number of columns.

    Designs without mixing, whose mean is that of an inverse Wishart matrix, are the control variate.
    """

    def simulate(rng: Generator, n: int) -> Array:
        total = np.zeros(n)
        for p, weight in zip(COLUMNS, _WEIGHTS, strict=True):
            trace, plain = kernels.regression_traces(rng, n, EpBeta(*law), p, p, p)
            total += weight * (trace - (plain - p / (p - 1)))
        return total

    return simulate


REGRESSION_LIMIT = Claim(
    name="imbalance.mixup.regression.simulated",
    statement="The risk of least squares on as many real as mixed rows tends to that of a mixture of scales, which for "
    "inflating weights is well above what the covariance alone predicts.",
    latex=r"\sigma^2\,\mathbb{E}\operatorname{tr}(X'X)^{-1}\to\sigma^2\tau",
    assumptions="normal real rows, mixtures of new ones with true responses, as many of each as columns; U(-0.6, 1.6); "
    "the limit extrapolated from 16, 32 and 64 columns; margin 1.5 %, of which the extrapolation takes about 0.1 %",
    source=derived("C1 for mixup"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="risk in the limit",
            closed=lambda: mixed_regression_risk(EpBeta(*INFLATING), 64, 64, 64),
            oracle=lambda: _regression_risk(INFLATING, 64, 64, 64),
            oracle_rtol=1e-8,
            margin=Relative(0.015),
            interval=StudentT(0.08),
        ),
    ),
    simulate=_traces(),
    block_size=2**8,
    mutants=(
        SimulatorMutant("weights of U(-0.9, 1.9)", _traces((1.0, 1.0, 0.9, 0.9))),
        FormulaMutant("covariance alone", lambda: _covariance_risk(norm_moment(INFLATING), 64, 64, 64)),
    ),
)

CLAIMS: tuple[Claim, ...] = (PRICE, COPIED, REGRESSION, REGRESSION_LIMIT)
