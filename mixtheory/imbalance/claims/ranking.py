r"""Claims about rankings (section 6): AUC of least squares as a function of the effective prior."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, derived, identity
from mixtheory.imbalance.models import ranking
from mixtheory.verification import FormulaMutant

__all__ = [
    "CLAIMS",
    "EXAMPLE",
    "OTHER",
    "SYNTHETIC_COV",
    "SYNTHETIC_DELTA",
    "area",
    "augmented",
    "mixed",
    "slope",
    "without_spread",
]

Classes = tuple[Array, Array, Array]

# covariances of majority and minority and difference of the means; the first pair is that of the note
EXAMPLE: Classes = (np.eye(2), np.diag([0.25, 4.0]), np.array([1.0, 1.0]))
OTHER: Classes = (
    np.array([[1.0, 0.3], [0.3, 2.0]]),
    np.array([[0.8, -0.4], [-0.4, 0.5]]),
    np.array([0.7, -0.2]),
)
PRIORS = (1 / 21, 0.1, 0.25, 0.5, 0.75, 0.9)


def _mixture(classes: Classes) -> list[oracles.Law]:
    """Return rows with an intercept and labels 0 and 1 of both classes, as nodes."""
    cov0, cov1, delta = classes
    laws = [oracles.normal_law(0.0 * delta, cov0, 0.0, 4), oracles.normal_law(delta, cov1, 1.0, 4)]
    return [(np.column_stack([np.ones(len(w)), x]), w, label) for x, w, label in laws]


def slope(p: float, classes: Classes) -> Array:
    """Return the direction of the population least-squares slope of the label."""
    slope = oracles.minimiser("squared", _mixture(classes), (1.0 - p, p))[1:]
    return np.asarray(slope / np.linalg.norm(slope))


def _unit(direction: ArrayLike) -> Array:
    vector = np.asarray(direction, dtype=np.float64)
    return np.asarray(vector / np.linalg.norm(vector))


def area(direction: Array, classes: Classes) -> float:
    """Return the area under the curve of true against false positives, by quadrature over the minority's scores."""
    cov0, cov1, delta = classes
    nodes, weights = np.polynomial.legendre.leggauss(160)
    z = 9.0 * nodes
    scores = direction @ delta + math.sqrt(direction @ cov1 @ direction) * z
    below = special.ndtr(scores / math.sqrt(direction @ cov0 @ direction))
    return float(9.0 * weights @ (below * np.exp(-0.5 * z * z)) / math.sqrt(2.0 * math.pi))


def _largest(classes: Classes, value: Callable[[Array], float]) -> tuple[float, float]:
    """Return angle and value of the best direction in the plane."""

    def lost(angle: float) -> float:
        return -value(np.array([math.cos(angle), math.sin(angle)]))

    start = float(min(np.linspace(-math.pi, math.pi, 25), key=lost))
    found = optimize.minimize_scalar(lost, bracket=(start - 0.2, start, start + 0.2), tol=1e-9)
    return float(found.x), -float(found.fun)


def mixed(p: float, classes: Classes) -> float:
    """Return the AUC with the covariance of the mixture in the denominator in place of the sum."""
    cov0, cov1, delta = classes
    w = slope(p, classes)
    return float(special.ndtr(w @ delta / math.sqrt(w @ ((1.0 - p) * cov0 + p * cov1) @ w)))


AUC = identity(
    "imbalance.ranking.auc",
    "AUC of the least-squares score at an effective prior p, and the largest AUC of a linear score, which is that at "
    "p = 1/2.",
    r"w_p\propto((1-p)C_0+pC_1)^{-1}\delta,\qquad "
    r"\mathrm{AUC}=\Phi\Bigl(\frac{w'\delta}{\sqrt{w'(C_0+C_1)w}}\Bigr)",
    "normal classes; two pairs of covariances in the plane, p from 1/21 to 0.9",
    derived("section 6", "11"),
    [
        (
            "direction",
            lambda: [_unit(ranking.score_direction(p, *c)) for c in (EXAMPLE, OTHER) for p in PRIORS],
            lambda: [slope(p, c) for c in (EXAMPLE, OTHER) for p in PRIORS],
        ),
        (
            "AUC at a prior",
            lambda: [ranking.auc_of_prior(p, *c) for c in (EXAMPLE, OTHER) for p in PRIORS],
            lambda: [area(slope(p, c), c) for c in (EXAMPLE, OTHER) for p in PRIORS],
        ),
        (
            "AUC of any direction",
            lambda: [ranking.auc([math.cos(a), math.sin(a)], *OTHER) for a in (-2.0, 0.3, 1.4)],
            lambda: [area(np.array([math.cos(a), math.sin(a)]), OTHER) for a in (-2.0, 0.3, 1.4)],
        ),
        (
            "best AUC",
            lambda: [ranking.best_auc(*c) for c in (EXAMPLE, OTHER)],
            lambda: [_largest(c, lambda w, c=c: area(w, c))[1] for c in (EXAMPLE, OTHER)],  # type: ignore[misc]
        ),
        (
            "at one half",
            lambda: [ranking.auc_of_prior(0.5, *c) for c in (EXAMPLE, OTHER)],
            lambda: [_largest(c, lambda w, c=c: area(w, c))[1] for c in (EXAMPLE, OTHER)],  # type: ignore[misc]
        ),
    ],
    [
        FormulaMutant(
            "covariance of the mixture in the denominator",
            lambda: [None, [mixed(p, c) for c in (EXAMPLE, OTHER) for p in PRIORS], None, None, None],
        ),
        FormulaMutant(
            "p and 1 - p swapped",
            lambda: [[slope(1.0 - p, c) for c in (EXAMPLE, OTHER) for p in PRIORS], *[None] * 4],
        ),
    ],
    rtol=1e-8,
    atol=1e-9,
)

# Shape ------------------------------------------------------------------------------------------------------------

GRID = np.linspace(0.02, 0.98, 25)
# C1^{-1} delta along C0^{-1} delta, although the covariances are no multiples
ALIGNED: Classes = (np.eye(2), np.array([[2.5, -0.5], [-0.5, 2.5]]), np.array([1.0, 1.0]))
NEARLY: Classes = (np.eye(2), np.array([[2.5, -0.5], [-0.5, 2.5001]]), np.array([1.0, 1.0]))


def _steps(values: list[float]) -> Array:
    """Return the directions in which a curve over the grid goes, 0 where it stays."""
    steps = np.diff(values)
    return np.where(np.abs(steps) < 1e-12, 0.0, np.sign(steps))


SHAPE = identity(
    "imbalance.ranking.unimodal",
    "The AUC grows in the effective prior up to 1/2 and falls beyond: over-balancing hurts; it is constant if the two "
    "discriminants are collinear.",
    r"\operatorname{sign}\partial_p\mathrm{AUC}=\operatorname{sign}(1-2p)\quad\text{or}\quad "
    r"C_0^{-1}\delta\parallel C_1^{-1}\delta",
    "normal classes; four pairs of covariances, 25 priors from 0.02 to 0.98",
    derived("section 6", "11"),
    [
        (
            "steps",
            lambda: [_steps([ranking.auc_of_prior(p, *c) for p in GRID]) for c in (EXAMPLE, OTHER, ALIGNED)],
            lambda: [[1.0] * 12 + [-1.0] * 12] * 2 + [[0.0] * 24],
        ),
        (
            "whether it is constant",
            lambda: (
                [ranking.ranking_is_free(*c) for c in (EXAMPLE, OTHER, ALIGNED, NEARLY)]
                + [ranking.ranking_is_free(*OTHER, tolerance=share * _turn(OTHER)) for share in (0.99, 1.01)]
            ),
            lambda: [_turn(c) < 1e-9 for c in (EXAMPLE, OTHER, ALIGNED, NEARLY)] + [False, True],
        ),
    ],
    [FormulaMutant("the more balanced the better", lambda: [[[1.0] * 24] * 2 + [[0.0] * 24], None])],
)


def _turn(classes: Classes) -> float:
    """Return the sine of the angle between the slopes without and with minority rows alone, in the metric C0 + C1."""
    metric = classes[0] + classes[1]
    first, second = (np.linalg.solve(c, classes[2]) for c in classes[:2])
    cosine = first @ metric @ second / math.sqrt((first @ metric @ first) * (second @ metric @ second))
    return math.sqrt(max(0.0, 1.0 - float(cosine) ** 2))


# Augmentation -----------------------------------------------------------------------------------------------------

# a law of the synthetic rows that is not the minority's
SYNTHETIC_COV, SYNTHETIC_DELTA = np.array([[0.5, 0.2], [0.2, 1.0]]), np.array([1.4, 0.3])
SIZES = ((200, 40, 0), (200, 40, 60), (150, 50, 900))


def augmented(counts: tuple[int, int, int], classes: Classes, cov: Array, delta: Array) -> Array:
    """Return the slope of least squares on three laws in these numbers."""
    laws = _mixture(classes)
    x, w, _ = oracles.normal_law(delta, cov, 1.0, 4)
    laws.append((np.column_stack([np.ones(len(w)), x]), w, 1.0))
    return _unit(oracles.minimiser("squared", laws, counts)[1:])


def without_spread(counts: tuple[int, int, int]) -> Array:
    """Return the direction without the distance of the means in the covariance of minority and synthetic rows."""
    n0, n1, size = counts
    u, p = size / (n1 + size), (n1 + size) / sum(counts)
    within = (1 - p) * OTHER[0] + p * ((1 - u) * OTHER[1] + u * SYNTHETIC_COV)
    return _unit(np.linalg.solve(within, (1 - u) * OTHER[2] + u * SYNTHETIC_DELTA))


AUGMENTED = identity(
    "imbalance.ranking.augmented_direction",
    "Direction of the least-squares score where the synthetic rows have a law of their own, and the effective prior.",
    r"w\propto((1-p)C_0+pC_m)^{-1}\delta_m,\quad C_m=(1-u)C_1+uC_s+u(1-u)(\delta_s-\delta)(\delta_s-\delta)'",
    "any laws with these means and covariances; three numbers of rows; the defaults are the minority's law",
    derived("section 6"),
    [
        (
            "own law",
            lambda: [
                _unit(
                    ranking.augmented_direction(
                        *n, *OTHER, cov_synthetic=SYNTHETIC_COV, delta_synthetic=SYNTHETIC_DELTA
                    )
                )
                for n in SIZES
            ],
            lambda: [augmented(n, OTHER, SYNTHETIC_COV, SYNTHETIC_DELTA) for n in SIZES],
        ),
        (
            "law of the minority",
            lambda: [_unit(ranking.augmented_direction(*n, *OTHER)) for n in SIZES],
            lambda: [augmented(n, OTHER, OTHER[1], OTHER[2]) for n in SIZES],
        ),
        (
            "effective prior",
            lambda: [ranking.effective_prior(*n) for n in SIZES],
            lambda: [float(np.mean(np.repeat([0.0, 1.0, 1.0], n))) for n in SIZES],
        ),
    ],
    [FormulaMutant("no distance of the means", lambda: [[without_spread(n) for n in SIZES], None, None])],
)

# Logistic model: P1 / P0 proportional to exp(slope x) on five points
POINTS = np.column_stack([np.ones(5), np.arange(-2.0, 3.0)])
ZEROS = np.array([0.3, 0.3, 0.2, 0.15, 0.05])


def _logistic_moves() -> Array:
    """Return what synthetic rows move of intercept and slope of the population's logistic regression."""
    ones = ZEROS * np.exp(0.7 * POINTS[:, 1])
    laws = [(POINTS, ZEROS, 0.0), (POINTS, ones / ones.sum(), 1.0)]
    raw = [oracles.minimiser("logistic", laws, (n0, n1)) for n0, n1, _ in SIZES]
    return np.array(
        [oracles.minimiser("logistic", laws, (n[0], n[1] + n[2])) - r for n, r in zip(SIZES, raw, strict=True)]
    )


LOGISTIC = identity(
    "imbalance.ranking.logistic",
    "With synthetic rows of the minority's law the intercept of a correct logistic model moves, and nothing else.",
    r"\beta_0\to\beta_0+\log\frac{n_1+\tilde n}{n_1},\qquad\beta\to\beta",
    "densities with a log-ratio that is linear, on five points; three numbers of rows",
    derived("section 6"),
    [("intercept and slope", lambda: [[ranking.intercept_shift(*n[1:]), 0.0] for n in SIZES], _logistic_moves)],
    [
        FormulaMutant("log odds of the classes", lambda: [[math.log((n[1] + n[2]) / n[0]), 0.0] for n in SIZES]),
        FormulaMutant("a slope that moves", lambda: [[math.log1p(n[2] / n[1]), 0.1] for n in SIZES]),
    ],
    rtol=1e-8,
    atol=1e-9,
)

CLAIMS = (AUC, SHAPE, AUGMENTED, LOGISTIC)
