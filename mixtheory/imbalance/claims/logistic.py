r"""Claims about the logistic symmetric model (C7): class gradients, and the excess risk with new minority rows."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.imbalance.claims import oracles
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, fit_counts, identity, mean_of_form
from mixtheory.imbalance.kernels.logistic import class_gradients
from mixtheory.imbalance.models.logistic import LogisticSymmetricModel
from mixtheory.verification import (
    Claim,
    Component,
    FormulaMutant,
    OfSd,
    Relative,
    SimulatorMutant,
    StudentT,
    extrapolation,
    ratio,
)

__all__ = ["CLAIMS"]

Parameters = tuple[float, float, float]

SETTING = "X = T v + W, T in {-a, b}, E W = 0, P(Y = 1 | X) = sigma(c T)"
CASES: tuple[Parameters, ...] = ((5.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.5, 0.4, 2.0), (0.8, 1.3, 0.7))
MULTIPLES = (0.0, 0.5, 1.7)


def _chance(t: Array | float) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(t))))


@functools.cache
def _alpha(a: float, b: float, c: float) -> float:
    """Return P(T = -a) for which the classes' gradients vanish, by a root finder."""
    values = np.array([-a, b])
    slopes = _chance(c * values) * (1.0 - _chance(c * values)) * values
    return float(optimize.brentq(lambda p: p * slopes[0] + (1.0 - p) * slopes[1], 0.0, 1.0, xtol=1e-16, rtol=1e-15))


def _swapped(a: float, b: float, c: float) -> float:
    """Return the share with a and b swapped in the numerator."""
    far, near = a * float(_chance(c * a) * _chance(-c * a)), b * float(_chance(c * b) * _chance(-c * b))
    return far / (far + near)


def _cells(a: float, b: float, c: float, alpha: float) -> tuple[Array, Array]:
    """Return the values of T and the joint probabilities of T and Y, shape (2, 2)."""
    values = np.array([-a, b])
    positive = _chance(c * values)
    return values, np.array([alpha, 1.0 - alpha])[:, None] * np.stack([1.0 - positive, positive], axis=1)


def _laws(case: Parameters, d: int, alpha: float | None = None) -> tuple[list[oracles.Law], Array]:
    """Return the class laws of X with W at 2^(d - 1) points, correlated and of other variances, and the shares."""
    values, joint = _cells(*case, _alpha(*case) if alpha is None else alpha)
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * (d - 1))).reshape(d - 1, -1).T if d > 1 else np.zeros((1, 0))
    mix = np.tril(np.full((d - 1, d - 1), 0.4)) + 0.6 * np.eye(d - 1)
    across = signs @ mix.T
    points = np.array([[t, *row] for t in values for row in across])
    masses = [np.repeat(joint[:, y] / joint[:, y].sum(), len(across)) / len(across) for y in (0, 1)]
    return [(points, mass, float(y)) for y, mass in enumerate(masses)], joint.sum(axis=0)


def _gradients(case: Parameters, multiple: float) -> list[float]:
    laws, _ = _laws(case, 2)
    return [float(oracles.mean_score("logistic", np.array([multiple, 0.0]), law)[0]) for law in laws]


def _models() -> list[LogisticSymmetricModel]:
    return [LogisticSymmetricModel(*case) for case in CASES]


def _matrices(case: Parameters) -> tuple[list[list[float]], list[list[float]]]:
    """Return Hessians and score covariances of the classes along v and across it, for W = +-1."""
    laws, _ = _laws(case, 2)
    at = np.array([case[2], 0.0])
    return tuple(  # type: ignore[return-value]
        [np.diagonal(matrix("logistic", at, law)).tolist() for law in laws]
        for matrix in (oracles.hessian, oracles.score_covariance)
    )


SYMMETRY = identity(
    "imbalance.symmetry.logistic",
    "P(T = -a) for which the classes pull the minimiser with no force at all, the share of the minority, class "
    "gradients, Hessians and score covariances.",
    r"\alpha=\frac{b\,\sigma'(cb)}{a\,\sigma'(ca)+b\,\sigma'(cb)},\qquad m_0=m_1=0\text{ at }\theta=cv",
    f"{SETTING}; four sets of (a, b, c)",
    derived("C7", "12"),
    [
        ("alpha", lambda: [m.alpha for m in _models()], lambda: [_alpha(*case) for case in CASES]),
        (
            "share of the minority",
            lambda: [m.prevalence for m in _models()],
            lambda: [_laws(case, 2)[1][1] for case in CASES],
        ),
        ("gradients at the minimiser", lambda: [m.class_gradients() for m in _models()], lambda: [(0.0, 0.0)] * 4),
        (
            "gradients elsewhere",
            lambda: [m.class_gradients(t) for m in _models() for t in MULTIPLES],
            lambda: [_gradients(case, t) for case in CASES for t in MULTIPLES],
        ),
        (
            "Hessians",
            lambda: [m.curvatures(y) for m in _models() for y in (0, 1)],
            lambda: [_matrices(case)[0] for case in CASES],
        ),
        (
            "score covariances",
            lambda: [m.score_variances(y) for m in _models() for y in (0, 1)],
            lambda: [_matrices(case)[1] for case in CASES],
        ),
    ],
    [
        FormulaMutant("a and b swapped in the numerator", lambda: [[_swapped(*c) for c in CASES], *[None] * 5]),
        FormulaMutant("equal shares of T", lambda: [[0.5] * 4, *[None] * 5]),
    ],
)

# Excess risk ------------------------------------------------------------------------------------------------------

COUNTS = ((4443, 557, 0), (4443, 557, 3886), (300, 200, 900))


def _sandwich(case: Parameters, d: int, counts: tuple[int, int, int], *, weighted: bool = True) -> float:
    """Return half the trace of the balanced Hessian and the covariance of the estimate."""
    laws, _ = _laws(case, d)
    at = np.zeros(d)
    at[0] = case[2]
    n = np.array([counts[0], counts[1] + counts[2]], dtype=np.float64)
    hessians = [oracles.hessian("logistic", at, law) for law in laws]
    spreads = [oracles.score_covariance("logistic", at, law) for law in laws]
    fixed = 0.5 * (hessians[0] + hessians[1])
    inverse = np.linalg.inv((n[0] * hessians[0] + n[1] * hessians[1]) / n.sum() if weighted else fixed)
    spread = (n[0] * spreads[0] + n[1] * spreads[1]) / n.sum() ** 2
    return 0.5 * float(np.trace(inverse @ fixed @ inverse @ spread))


def _sandwiches(weighted: bool = True) -> list[float]:
    return [_sandwich(case, d, n, weighted=weighted) for case in CASES for d in (1, 3) for n in COUNTS]


LEADING = identity(
    "imbalance.symmetry.logistic.leading_order",
    "Leading order of the excess risk with new rows of the minority's law, along v and across it.",
    r"\frac1{2N}\Bigl[\frac{h\,s_w}{h_w^2}+(d-1)\frac{h^\perp s_w^\perp}{(h_w^\perp)^2}\Bigr]",
    f"{SETTING}; d = 1 and 3, W of any covariance; three numbers of rows",
    derived("C7"),
    [("risk", lambda: [m.oracle(d, *n) for m in _models() for d in (1, 3) for n in COUNTS], _sandwiches)],
    [FormulaMutant("H in place of H_w", lambda: _sandwiches(False))],
)

# Simulation -------------------------------------------------------------------------------------------------------

CASE: Parameters = (3.0, 1.0, 1.0)
ROWS = 400


def _sampled(alpha: float) -> Simulate:
    """Return sums of gradients of the classes at c v and at v / 2, and the shares of the classes."""

    def simulate(rng: Generator, n: int) -> Array:
        at, _ = class_gradients(rng, n, ROWS, alpha, a=CASE[0], b=CASE[1], c=CASE[2])
        off, shares = class_gradients(rng, n, ROWS, alpha, a=CASE[0], b=CASE[1], c=CASE[2], multiple=0.5)
        return np.hstack([at, off, shares])

    return simulate


def _model() -> LogisticSymmetricModel:
    return LogisticSymmetricModel(*CASE)


def _sd(label: int) -> float:
    """Return the standard deviation of the sum of a class's gradients at c v over the rows."""
    values, joint = _cells(*CASE, _alpha(*CASE))
    squares = joint[:, label] * ((_chance(CASE[2] * values) - label) * values) ** 2
    return math.sqrt(float(squares.sum()) / ROWS)


def _share(label: int) -> float:
    prevalence = _model().prevalence
    return prevalence if label else 1.0 - prevalence


GRADIENTS = Claim(
    name="imbalance.symmetry.logistic.gradients",
    statement="At c v the mean gradients of both classes vanish, although one class is rarer; elsewhere they do not.",
    latex=r"\mathbb{E}[(\sigma(X'\theta)-Y)X\mid Y=k]=0\text{ at }\theta=cv,\ k=0,1",
    assumptions=f"{SETTING}; a = 3, b = c = 1; samples of {ROWS} rows",
    source=derived("C7", "12"),
    kind="equality",
    margin_class="exact",
    components=(
        *(
            Component(
                label=f"class {y} at c v",
                closed=lambda y=y: _model().class_gradients()[y] * _share(y),  # type: ignore[misc]
                oracle=lambda: 0.0,
                margin=OfSd(0.01, lambda y=y: _sd(y)),  # type: ignore[misc]
                # a sum over the few rows of the minority is skew
                interval=StudentT(0.3 if y else 0.15),
                columns=y,
            )
            for y in (0, 1)
        ),
        *(
            Component(
                label=f"class {y} at v / 2",
                closed=lambda y=y: _model().class_gradients(0.5)[y],  # type: ignore[misc]
                oracle=lambda y=y: _gradients(CASE, 0.5)[y],  # type: ignore[misc]
                margin=Relative(0.01),
                interval=StudentT(0.3 if y else 0.15),
                columns=(2 + y, 4 + y),
                function=ratio,
            )
            for y in (0, 1)
        ),
        Component(
            label="share of the minority",
            closed=lambda: _model().prevalence,
            oracle=lambda: _laws(CASE, 2)[1][1],
            margin=Relative(0.01),
            interval=StudentT(0.1),
            columns=5,
        ),
    ),
    simulate=_sampled(_alpha(*CASE)),
    block_size=2**15,
    mutants=(
        SimulatorMutant("a and b swapped in alpha", _sampled(_swapped(*CASE))),
        FormulaMutant("equal shares of the classes", lambda: [None] * 4 + [0.5]),
    ),
)

SIZES = (8_000, 32_000, 128_000)
# replicates of a unit: the remainder has heavy tails, and a mean is nearly normal
TIMES = 32


# what each size has in the extrapolation, a column of its own
_WEIGHTS = [extrapolation(SIZES)(row) for row in np.eye(len(SIZES))]


def _counts(n1: int) -> tuple[int, int, int]:
    return 3 * n1, n1, n1


def _excess(alpha: float) -> Simulate:
    """Return N times the excess risk at each size, and their extrapolation.

    The quadratic form in the mean score is a control variate; its mean is that of the multinomial counts.
    """
    truth, _ = _laws(CASE, 2)
    drawn, _ = _laws(CASE, 2, alpha)
    points = truth[0][0]
    best = np.array([CASE[2], 0.0])
    chance = _chance(points @ best)
    scores, shares = [(chance - label)[:, None] * points for label in (0.0, 1.0)], [law[1] for law in drawn]

    def risk(theta: Array) -> Array:
        predictor = theta @ points.T
        return np.asarray(
            np.log1p(np.exp(predictor)) @ (0.5 * (truth[0][1] + truth[1][1])) - 0.5 * predictor @ truth[1][1]
        )

    def simulate(rng: Generator, n: int) -> Array:
        hessians = [oracles.hessian("logistic", best, law) for law in truth]
        columns = []
        for n1 in SIZES:
            counts = _counts(n1)
            rows, positives = sum(counts), counts[1] + counts[2]
            zeros = rng.multinomial(counts[0], drawn[0][1], size=n * TIMES).astype(np.float64)
            ones = rng.multinomial(positives, drawn[1][1], size=n * TIMES).astype(np.float64)
            score = (zeros * chance + ones * (chance - 1.0)) @ points / rows
            move = np.linalg.inv((counts[0] * hessians[0] + positives * hessians[1]) / rows)
            form = 0.5 * move @ (0.5 * (hessians[0] + hessians[1])) @ move
            control = np.einsum("ri,ij,rj->r", score, form, score)
            excess = risk(fit_counts(zeros, ones, points, best)) - risk(best)
            scaled = rows * (excess - control + mean_of_form(form, scores, shares, (counts[0], positives)))
            columns.append(scaled.reshape(n, TIMES).mean(axis=1))
        columns.append(sum(w * column for w, column in zip(_WEIGHTS, columns, strict=True)))
        return np.stack(columns, axis=1)

    return simulate


def _scaled(n1: int) -> float:
    counts = _counts(n1)
    return sum(counts) * LogisticSymmetricModel(*CASE).oracle(2, *counts)


def _unweighted() -> float:
    counts = _counts(SIZES[0])
    return sum(counts) * _sandwich(CASE, 2, counts, weighted=False)


RISK = Claim(
    name="imbalance.symmetry.logistic.risk",
    statement="With new rows of the minority's law the excess balanced risk of logistic regression is of order 1/N, "
    "with the constant of the formula, although the majority remains more frequent.",
    latex=r"N\,\mathbb{E}[R(\hat\theta)-R(\theta^*)]\to\tfrac12\Bigl[\frac{h\,s_w}{h_w^2}"
    r"+(d-1)\frac{h^\perp s_w^\perp}{(h_w^\perp)^2}\Bigr]",
    assumptions=f"{SETTING}; a = 3, b = c = 1, d = 2, W = +-1; n0 = 3 n1, n1 synthetic rows; n1 = 8000, 32,000 and "
    "128,000, and the limit; the quadratic form of the mean score as control variate; finite-size term 4/n1, from "
    "other seeds at n1 = 200 to 2000, times 1.3 and frozen",
    source=derived("C7"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"N excess, n1 = {n1}",
                closed=lambda n1=n1: _scaled(n1),  # type: ignore[misc]
                oracle=lambda n1=n1: sum(_counts(n1)) * _sandwich(CASE, 2, _counts(n1)),  # type: ignore[misc]
                margin=Relative(0.01),
                finite_size=lambda n1=n1: 4.0 / n1 * _scaled(n1),  # type: ignore[misc]
                interval=StudentT(0.05),
                columns=column,
                size=n1,
            )
            for column, n1 in enumerate(SIZES)
        ),
        Component(
            label="N excess, limit",
            closed=lambda: _scaled(SIZES[-1]),
            oracle=lambda: sum(_counts(SIZES[-1])) * _sandwich(CASE, 2, _counts(SIZES[-1])),
            margin=Relative(0.005),
            interval=StudentT(0.05),
            columns=len(SIZES),
            size=math.inf,
        ),
    ),
    simulate=_excess(_alpha(*CASE)),
    block_size=2**8,
    mutants=(
        SimulatorMutant("a and b swapped in alpha", _excess(_swapped(*CASE))),
        FormulaMutant("H in place of H_w", lambda: [_unweighted()] * 4),
    ),
)

CLAIMS = (SYMMETRY, LEADING, GRADIENTS, RISK)
