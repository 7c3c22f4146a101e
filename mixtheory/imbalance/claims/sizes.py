r"""Claims about the optimal number of synthetic rows (C2): aligned, orthogonal and general mismatch."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, Normals, code, derived, identity, minimum, share
from mixtheory.imbalance.models import sizes
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

GAP = np.array([0.8, -0.3, 0.5])
ACROSS = np.array([0.3, 0.8, 0.0])  # orthogonal to the gap
COUNTS = ((2000, 100), (90, 30))
WEIGHT = np.array([[0.5, 0.1, -0.05], [0.1, 0.9, 0.2], [-0.05, 0.2, 0.4]])
WEIGHTS: tuple[Array | None, ...] = (None, WEIGHT)

# signed lengths of an aligned mismatch; above 1/2 no finite size cancels it, and at 1.2 no row helps
ALIGNED = (-0.8, -0.3, 0.0, 0.2, 0.375, 0.49)
HOPELESS = (0.5, 0.6, 0.72, 1.2)
# (rho, cosine) and the two worked examples of the note
GENERAL = ((0.2, 0.5), (0.3, 0.0), (0.3, -0.7), (0.45, 0.9), (1.4, 0.3), (1.2, -1.0))


def _general(rho: float, cosine: float) -> Array:
    along, across = GAP / np.linalg.norm(GAP), ACROSS / np.linalg.norm(ACROSS)
    sine = math.sqrt(1.0 - cosine**2)
    return np.asarray(rho * np.linalg.norm(GAP) * (cosine * along + sine * across))


def _exact(mismatch: Array, weight: Array | None = None) -> list[float]:
    return [share(sizes.exact_multiplier(GAP, mismatch, *counts, weight)) for counts in COUNTS]


def _stationary(mismatch: Array, weight: Array | None = None) -> list[float]:
    return [share(oracles.stationary(GAP, mismatch, *counts, weight)) for counts in COUNTS]


def _unnormalised(mismatch: Array, weight: Array | None = None) -> float:
    return share(oracles.stationary(GAP, mismatch, *COUNTS[0], weight, normalised=False))


def _projected(mismatch: Array) -> float:
    """Return the multiplier at which the drift has no component along the gap, infinity if there is none."""

    def along(gamma: float) -> float:
        return float(GAP @ ((1.0 - gamma) * 0.5 * GAP + gamma * mismatch))

    if along(1e9) >= 0:
        return math.inf
    return float(optimize.brentq(along, 0.0, 1e9, xtol=1e-13, rtol=1e-15))


ALIGNED_SIZE = identity(
    "imbalance.size.aligned",
    "A mismatch along the gap is cancelled by D / (1 - 2 rho) rows in every metric: the published target, the exact "
    "minimiser and the one without N agree.",
    r"b=\rho g,\ \rho<\tfrac12:\quad\tilde n^*=\frac{n_0-n_1}{1-2\rho}",
    "three coefficients; rho from -0.8 to 0.49; two pairs of class sizes; Euclidean and another metric",
    derived("C2", "2"),
    [
        (
            "published target",
            lambda: [share(sizes.code_multiplier(GAP, rho * GAP)) for rho in ALIGNED],
            lambda: [_stationary(rho * GAP)[0] for rho in ALIGNED],
        ),
        (
            "exact minimiser",
            lambda: [_exact(rho * GAP, weight) for rho in ALIGNED for weight in WEIGHTS],
            lambda: [_stationary(rho * GAP) for rho in ALIGNED for _ in WEIGHTS],
        ),
        (
            "minimiser without N",
            lambda: [
                share(sizes.unnormalised_multiplier(GAP, rho * GAP, weight)) for rho in ALIGNED for weight in WEIGHTS
            ],
            lambda: [_stationary(rho * GAP)[0] for rho in ALIGNED for _ in WEIGHTS],
        ),
    ],
    [
        FormulaMutant("1 / (1 - rho)", lambda: [[share(1 / (1 - rho)) for rho in ALIGNED], None, None]),
        FormulaMutant("1 / (1 - 2 |rho|)", lambda: [[share(1 / (1 - 2 * abs(rho))) for rho in ALIGNED], None, None]),
    ],
)

HOPELESS_SIZE = identity(
    "imbalance.size.none",
    "An aligned mismatch of half the gap or more is not cancelled by any finite size: up to (1 + kappa) / 2 the bias "
    "falls for ever, beyond it every synthetic row adds to the bias.",
    r"\tfrac12\le\rho<\tfrac{1+\kappa}2:\ \tilde n^*=\infty;\quad\rho\ge\tfrac{1+\kappa}2:\ \tilde n^*=0",
    "three coefficients; rho = 0.5, 0.6, 0.72 and 1.2 at kappa = 0.905 and 1/2; infinity is compared as 1 of "
    "m / (1 + m)",
    derived("C2", "2"),
    [
        (
            "published target",
            lambda: [share(sizes.code_multiplier(GAP, rho * GAP)) for rho in HOPELESS],
            lambda: [share(_projected(rho * GAP)) for rho in HOPELESS],
        ),
        (
            "exact minimiser",
            lambda: [_exact(rho * GAP) for rho in HOPELESS],
            lambda: [_by_search(rho * GAP) for rho in HOPELESS],
        ),
        (
            "minimiser without N",
            lambda: [sizes.unnormalised_multiplier(GAP, rho * GAP) for rho in HOPELESS],
            lambda: [0.0 for _ in HOPELESS],
        ),
    ],
    [FormulaMutant("balancing", lambda: [[0.5] * len(HOPELESS), None, None])],
)


def _by_search(mismatch: Array) -> list[float]:
    """Return w of the smallest drift on a grid of w = nt / N up to 1, as a multiplier: 0, 1 for infinite or inside."""
    found = []
    for n_majority, n_minority in COUNTS:
        real = n_majority + n_minority
        grid = np.linspace(0.0, 1.0, 4001)
        drift = np.outer(1.0 - grid, 0.5 * (n_majority - n_minority) / real * GAP) + np.outer(
            grid, mismatch - 0.5 * GAP
        )
        best = int(np.argmin(np.sum(drift**2, axis=1)))
        found.append(1.0 if best == grid.size - 1 else float(grid[best]))
    return found


GENERAL_SIZE = identity(
    "imbalance.size.general",
    "The minimiser of the squared bias in any metric, with N kept and with N ignored.",
    r"w^*=-\tfrac\kappa2\frac{g'Wv}{v'Wv},\ v=b-\tfrac{1+\kappa}2g;\quad"
    r"\frac{\tilde n}{n_0-n_1}=\frac{g'W(g-2b)}{(g-2b)'W(g-2b)}",
    "three coefficients; six pairs of rho and cosine; two pairs of class sizes; Euclidean and another metric",
    derived("C2", "2"),
    [
        (
            "exact minimiser",
            lambda: [_exact(_general(*pair), weight) for pair in GENERAL for weight in WEIGHTS],
            lambda: [_stationary(_general(*pair), weight) for pair in GENERAL for weight in WEIGHTS],
        ),
        (
            "minimiser without N",
            lambda: [
                share(sizes.unnormalised_multiplier(GAP, _general(*pair), weight))
                for pair in GENERAL
                for weight in WEIGHTS
            ],
            lambda: [_unnormalised(_general(*pair), weight) for pair in GENERAL for weight in WEIGHTS],
        ),
        (
            "relative length and cosine",
            lambda: [sizes.alignment(GAP, _general(*pair)) for pair in GENERAL],
            lambda: list(GENERAL),
        ),
        ("no mismatch", lambda: sizes.alignment(GAP, 0.0 * GAP), lambda: [0.0, 0.0]),
    ],
    [
        FormulaMutant(
            "published target for the exact minimiser",
            lambda: [
                [[share(_projected(_general(*pair)))] * 2 for pair in GENERAL for _ in WEIGHTS],
                None,
                None,
                None,
            ],
        ),
        FormulaMutant(
            "N ignored",
            lambda: [
                [[_unnormalised(_general(*pair), weight)] * 2 for pair in GENERAL for weight in WEIGHTS],
                None,
                None,
                None,
            ],
        ),
        FormulaMutant(
            "Euclidean metric throughout",
            lambda: [[_stationary(_general(*pair)) for pair in GENERAL for _ in WEIGHTS], None, None, None],
        ),
    ],
)

TURNED = (0.0, 0.5, -0.7)


def _slope(multiplier: Callable[[Array], float], cosine: float) -> float:
    """Return the derivative of a multiplier in rho at 0."""
    return float(oracles.limit(lambda k: k * (multiplier(_general(1.0 / k, cosine)) - 1.0), 256.0))


PUBLISHED = identity(
    "imbalance.size.published",
    "The published target removes the component of the bias along the gap and no other; it is the Euclidean minimiser "
    "to first order in rho.",
    r"\frac{\tilde n}{n_0-n_1}=\frac1{1-2\rho\cos}=1+2\rho\cos+O(\rho^2)",
    "three coefficients; six pairs of rho and cosine; derivatives in rho at 0 for three cosines",
    code("C2", "2") + "; its properties are derived in this project",
    [
        (
            "target",
            lambda: [share(sizes.code_multiplier(GAP, _general(*pair))) for pair in GENERAL],
            lambda: [share(_projected(_general(*pair))) for pair in GENERAL],
        ),
        (
            "first order, N kept",
            lambda: [_slope(lambda b: sizes.exact_multiplier(GAP, b, *COUNTS[0]), cosine) for cosine in TURNED],
            lambda: [_slope(_projected, cosine) for cosine in TURNED],
        ),
        (
            "first order, N ignored",
            lambda: [_slope(lambda b: sizes.unnormalised_multiplier(GAP, b), cosine) for cosine in TURNED],
            lambda: [2.0 * cosine for cosine in TURNED],
        ),
    ],
    [
        FormulaMutant(
            "1 / (1 - rho cos)", lambda: [[share(1 / (1 - rho * cosine)) for rho, cosine in GENERAL], None, None]
        ),
        FormulaMutant(
            "1 / (1 - 2 rho)",
            lambda: [[share(1 / (1 - 2 * rho)) if rho < 0.5 else 1.0 for rho, _ in GENERAL], None, None],
        ),
        FormulaMutant("no first-order term", lambda: [None, [0.0] * 3, None]),
    ],
    rtol=1e-7,
    atol=1e-7,
)

MULTIPLIERS = (0.0, 0.4, 1.0, 2.5, 30.0)


def _squared(values: Callable[[tuple[int, int], Array, Array | None], object]) -> Array:
    return np.concatenate(
        [
            np.ravel(np.asarray(values(counts, _general(*pair), weight)))
            for counts in COUNTS
            for pair in GENERAL
            for weight in WEIGHTS
        ]
    )


def _drift_length(
    counts: tuple[int, int], mismatch: Array, weight: Array | None, total: float | None = None
) -> list[float]:
    """Return squared lengths of the mean score; `total` replaces the number of all rows."""
    # mean scores that add up to 0 and have the gap
    scores = (0.5 * GAP, -0.5 * GAP, mismatch - 0.5 * GAP)
    metric = np.eye(3) if weight is None else weight
    found = []
    for m in MULTIPLIERS:
        rows = np.array([*counts, m * (counts[0] - counts[1])])
        mean = rows @ np.array(scores) / (total or rows.sum())
        found.append(float(mean @ metric @ mean))
    return found


def _least(counts: tuple[int, int], mismatch: Array) -> float:
    """Return the squared distance of the segment of drifts from 0, by a bounded search."""
    first = 0.5 * (counts[0] - counts[1]) / sum(counts) * GAP
    last = mismatch - 0.5 * GAP

    def squared(w: float) -> float:
        at = (1 - w) * first + w * last
        return float(at @ at)

    return float(optimize.minimize_scalar(squared, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12}).fun)


def _public_least(counts: tuple[int, int], mismatch: Array) -> float:
    multiplier = sizes.exact_multiplier(GAP, mismatch, *counts)
    return float(sizes.squared_bias(GAP, mismatch, *counts, multiplier * (counts[0] - counts[1])))


REMAINDER = identity(
    "imbalance.size.residual",
    "The squared bias at any size; a mismatch that is not along the gap leaves some at every size.",
    r"|B|_W^2,\quad B=\tfrac\kappa2g+w\Bigl(b-\tfrac{1+\kappa}2g\Bigr);\quad\min_w|B|^2>0\text{ unless }b\parallel g",
    "three coefficients; six pairs of rho and cosine, five sizes, two pairs of class sizes, two metrics",
    derived("C2"),
    [
        (
            "squared bias",
            lambda: _squared(
                lambda counts, b, weight: sizes.squared_bias(
                    GAP, b, *counts, np.array(MULTIPLIERS) * (counts[0] - counts[1]), weight
                )
            ),
            lambda: _squared(_drift_length),
        ),
        (
            "least squared bias",
            lambda: [_public_least(counts, _general(*pair)) for counts in COUNTS for pair in GENERAL],
            lambda: [_least(counts, _general(*pair)) for counts in COUNTS for pair in GENERAL],
        ),
    ],
    [
        FormulaMutant("quantity removes any bias", lambda: [None, [0.0] * (len(COUNTS) * len(GENERAL))]),
        FormulaMutant(
            "synthetic rows without N",
            lambda: [_squared(lambda counts, b, weight: _drift_length(counts, b, weight, total=sum(counts))), None],
        ),
    ],
)

# The size that is best for the population risk, curvature included ------------------------------------------------

TILTED = Normals(
    (np.array([1.0, 0.2]), np.array([1.4, 1.1]), np.array([0.9, 1.6])),
    (np.eye(2), np.array([[1.5, 0.4], [0.4, 0.8]]), np.array([[0.7, -0.2], [-0.2, 1.2]])),
)


def _population(counts: tuple[int, int]) -> float:
    laws = TILTED.laws()
    deficit = counts[0] - counts[1]

    def risk(w: float) -> float:
        size = w / (1 - w) * sum(counts)
        return oracles.excess("squared", oracles.minimiser("squared", laws, (*counts, size)), laws)

    start = optimize.minimize_scalar(risk, bounds=(0.0, 0.99), method="bounded").x
    w = minimum(risk, float(start), 2e-3)
    return w / (1 - w) * sum(counts) / deficit


# generators too near to the majority: the floor falls for ever, or the first row adds to it
EDGES = (0.36, 0.02)


def _edge(a: float) -> float:
    example = Normals((np.zeros(2), np.eye(2)[0], a * np.eye(2)[0]), (np.eye(2),) * 3)
    return share(sizes.population_multiplier(*example.public()[1], *COUNTS[0]))


POPULATION = identity(
    "imbalance.size.population",
    "The size that is best for the population risk, with the curvature of the augmented risk, is not the one that "
    "minimises the bias with that of the balanced risk.",
    r"\tilde n=\arg\min B'H_w^{-1}HH_w^{-1}B",
    "squared loss, normal classes in two dimensions without intercept, a generator with the wrong mean and covariance; "
    "infinity is compared as 1 of m / (1 + m)",
    derived("C1, C2"),
    [
        (
            "multiplier",
            lambda: [sizes.population_multiplier(*TILTED.public()[1], *counts) for counts in COUNTS],
            lambda: [_population(counts) for counts in COUNTS],
        ),
        (
            "no best size",
            lambda: [_edge(a) for a in EDGES],
            lambda: [oracles.never_turns(oracles.example_laws(1.0, a), COUNTS[0]) for a in EDGES],
        ),
    ],
    [
        FormulaMutant(
            "curvature held fixed",
            lambda: [
                [
                    oracles.stationary(
                        at.scores[0] - at.scores[1],
                        at.scores[2] - at.scores[1],
                        *counts,
                        np.linalg.inv(0.5 * (at.hessians[0] + at.hessians[1])),
                    )
                    for at in [oracles.point("squared", TILTED.laws())]
                    for counts in COUNTS
                ],
                None,
            ],
        )
    ],
    rtol=1e-6,
    atol=1e-6,
)

CLAIMS: tuple[Claim, ...] = (ALIGNED_SIZE, HOPELESS_SIZE, GENERAL_SIZE, PUBLISHED, REMAINDER, POPULATION)
