r"""Claims about selection (section 7): the greedy search is exact, and what matching does to the risk in a toy."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory.highdim import selection
from mixtheory.highdim.claims.parts import Array, Simulate, derived, identity
from mixtheory.highdim.selection import alpha, baselines, greedy
from mixtheory.verification import Claim, ClopperPearson, Component, FormulaMutant, Lower, SimulatorMutant

__all__ = ["CLAIMS"]

Score = Callable[[Array], Array]

# Brute force -----------------------------------------------------------------------------------------------------

_DRAW = np.random.default_rng(1)
REAL = _DRAW.normal(size=(30, 6)) * [1.0, 2.0, 0.5, 1.5, 1.0, 0.7] + [0.0, 3.0, 0.0, 0.0, -1.0, 0.0]
POOL = _DRAW.normal(size=(120, 6)) * np.where(_DRAW.random((120, 6)) < 0.5, 0.6, 1.8) + 1.0
REAL_LABELS = np.arange(30) % 3 == 0
POOL_LABELS = np.arange(120) % 2 == 0
SEED = 5


def _covariances(chosen: list[int], rows: Array) -> Array:
    """Return the unbiased covariances of the chosen rows and each candidate, (candidates, d, d), from raw moments."""
    count = len(chosen) + 1
    first = rows[chosen].sum(axis=0) + rows
    second = rows[chosen].T @ rows[chosen] + rows[:, :, None] * rows[:, None]
    return np.asarray((second - first[:, :, None] * first[:, None] / count) / (count - 1))


def _search(rows: Array, count: int, first: int, score: Score) -> tuple[list[int], list[float]]:
    """Return the greedy sequence and its scores; `score` takes covariances, shape (candidates, d, d)."""
    chosen = [first]
    path = [float(score(np.zeros((1, rows.shape[1], rows.shape[1])))[0])]
    while len(chosen) < count:
        scores = score(_covariances(chosen, rows))
        scores[chosen] = np.inf
        # the second row is always a tie if only shapes count and the metric knows no directions
        chosen.append(int(np.argmax(scores <= scores.min() * (1 + 1e-11))))
        path.append(float(scores[chosen[-1]]))
    return chosen, path


def _distance(target: Array, normalise: bool) -> Score:
    def score(covariances: Array) -> Array:
        if normalise:
            traces = np.trace(covariances, axis1=1, axis2=2)[:, None, None]
            covariances = covariances * np.trace(target) / np.where(traces > 0, traces, 1.0)
        return np.asarray(np.sqrt(np.sum((covariances - target) ** 2, axis=(1, 2))))

    return score


def _projected(real: Array, pool: Array, components: int, shared: Array) -> tuple[Array, Array]:
    """Return pool and covariance of the real rows in the leading axes of all real rows."""
    _, basis = np.linalg.eigh(np.cov(shared.T))
    axes = basis[:, ::-1][:, :components]
    return pool @ axes, np.cov((real @ axes).T)


@functools.cache
def _matched(components: int, count: int, normalise: bool) -> tuple[list[int], list[float]]:
    pool, target = _projected(REAL, POOL, components, REAL)
    first = int(np.random.default_rng(SEED).integers(len(POOL)))
    return _search(pool, count, first, _distance(target, normalise))


@functools.cache
def _by_class(count: int) -> list[int]:
    """Return the sequence for two classes, one after the other; a third of the real rows are of the second class."""
    rng, found = np.random.default_rng(SEED), []
    for label, share in ((False, 2 * count // 3), (True, count // 3)):
        places = np.flatnonzero(POOL_LABELS == label)
        pool, target = _projected(REAL[REAL_LABELS == label], POOL[places], 4, REAL)
        first = int(rng.integers(places.size))
        found += places[_search(pool, share, first, _distance(target, False))[0]].tolist()
    return found


def _fitted(
    components: int, count: int, scale: str = "none", pool: Array = POOL, **labels: Any
) -> selection.CovarianceMatcher:
    matcher = selection.CovarianceMatcher(count, n_components=components, scale=scale, random_state=SEED)
    return matcher.fit(pool, REAL, **labels)


# more steps than the search takes before it forms its running sums anew
LONG = _DRAW.normal(size=(700, 3)) * [1.0, 1.5, 0.7] + 2.0
WIDE = np.array([[1.0, 0.3, 0.0], [0.3, 2.0, 0.2], [0.0, 0.2, 0.6]])


def _long() -> list[int]:
    indices, _ = greedy.greedy_frobenius(greedy.Panels.of(LONG - LONG.mean(axis=0)), WIDE, 600, 3)
    return [int(i) for i in indices]


@functools.cache
def _reference_long() -> list[int]:
    return _search(LONG, 600, 3, _distance(WIDE, False))[0]


# Mistakes in the rank-one update ---------------------------------------------------------------------------------


def _recursion(mistake: str) -> list[int]:
    """Return the sequence of the recursion with d operations a candidate, with a mistake in it."""
    rows, c = _projected(REAL, POOL, 4, REAL)
    first = int(np.random.default_rng(SEED).integers(len(POOL)))
    squares, along, h = np.sum(rows**2, axis=1), np.einsum("ij,jk,ik->i", rows, c, rows), np.zeros(len(rows))
    mean, scatter, chosen = rows[first].copy(), np.zeros_like(c), [first]
    while len(chosen) < 40:
        m = len(chosen)
        a = scatter / m - c
        center = np.zeros_like(mean) if mistake == "mean" else mean
        w = 1 / m if mistake == "weight" else 1 / (m + 1)
        form = h / m - along - 2 * rows @ (a @ center) + center @ a @ center
        length = squares - 2 * rows @ center + center @ center
        score = 2 * w * form + (w * length) ** 2
        score[chosen] = np.inf
        best = int(np.argmin(score))
        delta = rows[best] - mean
        if mistake != "h":
            h += m / (m + 1) * (rows @ delta) ** 2
        scatter += m / (m + 1) * np.outer(delta, delta)
        mean = mean + delta / (m + 1)
        chosen.append(best)
    return chosen


GREEDY = identity(
    "highdim.selection.greedy",
    "The greedy search with O(d) work a candidate selects the rows that brute force selects, in the same order.",
    r"\|\operatorname{cov}(S+x)-C\|_F^2=\|A\|_F^2+2w\,\delta^TA\delta+w^2(\delta^T\delta)^2",
    "120 candidates, 30 real rows, 4 of 6 axes, 40 rows; also with the trace normalised, with a pool of three times "
    "the scale, by classes, and for 600 steps",
    derived("section 7", "K10"),
    [
        ("indices", lambda: _fitted(4, 40).sample_indices_, lambda: _matched(4, 40, False)[0]),
        ("objective", lambda: _fitted(4, 40).objective_path_, lambda: _matched(4, 40, False)[1]),
        (
            "indices, trace normalised",
            lambda: _fitted(6, 40, "trace").sample_indices_,
            lambda: _matched(6, 40, True)[0],
        ),
        (
            "indices, trace normalised, larger pool",
            lambda: _fitted(6, 40, "trace", pool=3 * POOL).sample_indices_,
            lambda: _matched(6, 40, True)[0],
        ),
        # past the first step, whose covariance has no trace to be normalised
        (
            "objective, trace normalised",
            lambda: _fitted(6, 40, "trace").objective_path_[1:],
            lambda: _matched(6, 40, True)[1][1:],
        ),
        (
            "indices, by class",
            lambda: _fitted(4, 30, y_pool=POOL_LABELS, y_target=REAL_LABELS).sample_indices_,
            lambda: _by_class(30),
        ),
        ("indices, 600 steps", _long, _reference_long),
    ],
    [
        FormulaMutant("weight 1 / m for 1 / (m + 1)", lambda: [_recursion("weight"), *[None] * 6]),
        FormulaMutant("h not updated", lambda: [_recursion("h"), *[None] * 6]),
        FormulaMutant("mean not subtracted", lambda: [_recursion("mean"), *[None] * 6]),
        FormulaMutant("trace not normalised", lambda: [None, None, _matched(6, 40, False)[0], *[None] * 4]),
    ],
    rtol=1e-9,
    atol=1e-10,
)

# The predicted risk as the objective -----------------------------------------------------------------------------

COUNTS = (12, 20)


def _roots(values: Array, n_t: int, n_s: int) -> Array:
    """Return a_s for rows of eigenvalues by bisection of (E2) as it stands."""
    n = n_t + n_s
    c = 1 - values.shape[1] / n
    low, high = np.zeros(len(values)), np.full(len(values), c)
    for _ in range(60):
        a = ((low + high) / 2)[:, None]
        above = a[:, 0] + np.sum(a * values / (a * values + c - a), axis=1) / n > n_s / n
        low, high = np.where(above, low, a[:, 0]), np.where(above, a[:, 0], high)
    return np.asarray((low + high) / 2)


def _predicted(normalise: bool) -> Score:
    """Return the predicted risks of whitened covariances."""
    n = sum(COUNTS)

    def score(covariances: Array) -> Array:
        d = covariances.shape[1]
        values = np.linalg.eigvalsh(covariances).clip(0.0)
        if normalise:
            total = values.sum(axis=1, keepdims=True)
            values = values * d / np.where(total > 0, total, 1.0)
        a = _roots(values, *COUNTS)[:, None]
        return np.asarray(np.sum(1 / (a * values + 1 - d / n - a), axis=1) / n)

    return score


@functools.cache
def _by_risk(normalise: bool) -> tuple[list[int], list[float]]:
    pool, target = _projected(REAL[: COUNTS[0]], POOL, 3, REAL[: COUNTS[0]])
    values, basis = np.linalg.eigh(target)
    first = int(np.random.default_rng(SEED).integers(len(POOL)))
    return _search(pool @ basis / np.sqrt(values), COUNTS[1], first, _predicted(normalise))


def _risk_matcher(scale: str) -> selection.CovarianceMatcher:
    matcher = selection.CovarianceMatcher(COUNTS[1], n_components=3, objective="risk", scale=scale, random_state=SEED)
    return matcher.fit(POOL, REAL[: COUNTS[0]])


SPREAD = np.cov(_DRAW.normal(size=(12, 4)).T)
STEP = _DRAW.normal(size=4)


def _numeric_step(weight: float) -> float:
    """Return how fast the public root moves as `weight` v v^T is added, from four values."""

    def at(x: float) -> float:
        moved: Array = SPREAD + x * weight * np.outer(STEP, STEP)
        return alpha.root(np.asarray(np.linalg.eigvalsh(moved), dtype=np.float64), *COUNTS)

    h = 1e-3
    return (8 * (at(h) - at(-h)) - at(2 * h) + at(-2 * h)) / (12 * h)


def _first_order(weight: float) -> float:
    """Return ``-(a_s a_t / n) w v^T (a_s W + a_t)^-2 v / F'``."""
    n, d = sum(COUNTS), len(STEP)
    c = 1 - d / n
    a_s = float(_roots(np.asarray(np.linalg.eigvalsh(SPREAD)[None], dtype=np.float64), *COUNTS)[0])
    inverse = np.linalg.inv(a_s * SPREAD + (c - a_s) * np.eye(d))
    slope = 1 + c * float(np.trace(inverse @ SPREAD @ inverse)) / n
    return -a_s * (c - a_s) / n * weight * float(STEP @ inverse @ inverse @ STEP) / slope


ALPHA = identity(
    "highdim.selection.risk",
    "The greedy search by the predicted risk selects the rows that brute force selects; to first order a row moves the "
    "root by a quadratic form.",
    r"\mathrm{d}a_s=-\frac{a_sa_t}{n}\,\frac{w\,v^T(a_sW+a_t)^{-2}v}{F'}",
    "120 candidates, 12 real rows, 3 of 6 axes, 20 rows; the derivative at a random covariance in 4 dimensions",
    derived("section 7"),
    [
        ("indices", lambda: _risk_matcher("none").sample_indices_, lambda: _by_risk(False)[0]),
        ("predicted risk", lambda: _risk_matcher("none").objective_path_, lambda: _by_risk(False)[1]),
        ("indices, trace normalised", lambda: _risk_matcher("trace").sample_indices_, lambda: _by_risk(True)[0]),
        ("predicted risk, trace normalised", lambda: _risk_matcher("trace").objective_path_, lambda: _by_risk(True)[1]),
        (
            "derivative of the root",
            lambda: [_numeric_step(w) for w in (0.1, 1.0)],
            lambda: [_first_order(w) for w in (0.1, 1.0)],
        ),
    ],
    [
        FormulaMutant("trace not normalised", lambda: [None, None, *_by_risk(False), None]),
        FormulaMutant("the root rises", lambda: [*[None] * 4, [-_first_order(w) for w in (0.1, 1.0)]]),
    ],
    rtol=1e-7,
    atol=1e-10,
)

# A toy -----------------------------------------------------------------------------------------------------------

D = 6
ROWS = 24
SELECT = 32
SIGMA_T = np.geomspace(0.3, 3.0, D)
LAST = np.arange(D) == D - 1
# covariances and shares of the generators that a pool mixes: short rows, rows long in one direction, and good ones
SIZES = ([0.1 * SIGMA_T, np.where(LAST, 6.0, 0.1) * SIGMA_T, 1.5 * SIGMA_T], [0.7, 0.1, 0.2])
DIRECTIONS = ([0.1 * SIGMA_T, np.where(LAST, 6.0, 0.1) * SIGMA_T, SIGMA_T], [0.4, 0.3, 0.3])
Generators = tuple[list[Array], list[float]]
Rule = Callable[[Array, Array, Generator], Array]


def _matching(pool: Array, real: Array, rng: Generator) -> Array:
    return np.asarray(selection.CovarianceMatcher(SELECT, random_state=rng).fit_resample(pool, real))


def _random(pool: Array, real: Array, rng: Generator) -> Array:
    return np.asarray(baselines.RandomSelection(SELECT, random_state=rng).fit_resample(pool, real))


def _center(pool: Array, real: Array, rng: Generator) -> Array:
    return np.asarray(baselines.CenterMatching(SELECT).fit_resample(pool, real))


def _largest(pool: Array, real: Array, rng: Generator) -> Array:
    return np.asarray(baselines.LargestNorm(SELECT).fit_resample(pool, real))


def _loss(real: Array, chosen: Array) -> float:
    """Return the risk given the rows, unit noise."""
    return float(np.sum(np.diag(np.linalg.inv(real.T @ real + chosen.T @ chosen)) * SIGMA_T))


def _scaled(chosen: Array) -> Array:
    """Return the rows with the trace of the target, in the metric of the target."""
    return np.asarray(chosen * np.sqrt(chosen.size / np.sum(chosen**2 / SIGMA_T)))


def _trial(rng: Generator, matching: Rule, largest: Rule) -> list[bool]:
    def draw(generators: Generators) -> tuple[Array, Array]:
        kinds: NDArray[np.int64] = rng.choice(len(generators[1]), size=200, p=generators[1])
        deviations = np.sqrt(np.array(generators[0]))
        return rng.normal(size=(ROWS, D)) * np.sqrt(SIGMA_T), rng.normal(size=(200, D)) * deviations[kinds]

    real, pool = draw(SIZES)
    matched = _loss(real, matching(pool, real, rng))
    outcome = [
        matched < 0.95 * _loss(real, _random(pool, real, rng)),
        matched < 0.9 * _loss(real, _center(pool, real, rng)),
        _loss(real, largest(pool, real, rng)) < 0.9 * matched,
    ]
    real, pool = draw(DIRECTIONS)
    normalised = _loss(real, _scaled(matching(pool, real, rng)))
    return [*outcome, normalised < 0.9 * _loss(real, _scaled(largest(pool, real, rng)))]


def _trials(matching: Rule = _matching, largest: Rule = _largest) -> Simulate:
    return lambda rng, n: np.array([_trial(rng, matching, largest) for _ in range(n)], dtype=np.float64)


OUTCOMES: Sequence[str] = (
    "matching 5 % below random",
    "matching 10 % below the nearest to the centre",
    "largest norm 10 % below matching",
    "matching 10 % below largest norm, traces equal",
)

TOY = Claim(
    name="highdim.selection.toy",
    statement="In a toy matching beats random rows and those nearest to the centre; the longest rows beat matching "
    "until the traces are made equal.",
    latex=r"P\{\mathcal R_X(\text{matching})<0.95\,\mathcal R_X(\text{random})\}>0.7",
    assumptions="6 dimensions, 24 real rows, 32 of 200; pools of short rows, rows long in one direction and good rows, "
    "70, 10 and 20 % (the last outcome: 40, 30 and 30 %); the public selectors",
    source=derived("selection toy of section 8"),
    kind="difference",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=label,
            closed=lambda: 0.7,
            no_oracle="a bound, not a value: seven of ten draws",
            margin=0.05,
            region=Lower(),
            interval=ClopperPearson(),
            columns=column,
        )
        for column, label in enumerate(OUTCOMES)
    ),
    simulate=_trials(),
    block_size=16,
    mutants=(
        SimulatorMutant("nearest to the centre for matching", _trials(matching=_center)),
        SimulatorMutant("smallest norm for largest", _trials(largest=_center)),
        FormulaMutant("in every draw", lambda: [1.0] * 4),
    ),
)

CLAIMS: tuple[Claim, ...] = (GREEDY, ALPHA, TOY)
