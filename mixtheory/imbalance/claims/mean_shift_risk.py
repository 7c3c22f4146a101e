r"""Claims about the excess risk of least squares in the mean-shift symmetric model (C6): simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import symmetry_oracles as symmetry
from mixtheory.imbalance.claims.mean_shift import SETTING
from mixtheory.imbalance.claims.parts import Array, Simulate, derived
from mixtheory.imbalance.kernels.mean_shift import excess_and_linear, excess_risks
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.verification import (
    Claim,
    Component,
    FormulaMutant,
    Relative,
    SimulatorMutant,
    StudentT,
    contrast,
    extrapolation,
)

__all__ = ["CLAIMS"]

D = 3
RATIO = 4
# large, as the remainder beyond the leading order is skew until the minority is
SIZES = (20_000, 80_000, 320_000)


def _counts(n1: int) -> tuple[int, int, int]:
    return RATIO * n1, n1, (RATIO - 1) * n1


# Leading order ----------------------------------------------------------------------------------------------------

GENERATORS = ("oracle", "semi_oracle")


# rows of a unit from which the mean of the control variate is taken
DRAWS = 512


def _mean_squares(rng: Generator, n: int) -> Array:
    """Return unbiased draws of N times the mean square of the mean score, a column a generator and size.

    They are linear in the moments of the noise, which come from drawn rows: x along mu, of either sign, and y across.
    Rows of covariance v I about mu + e have the mean score (1 - e_1^2 - v) / 2 along mu and e_2 (1 - e_1) / 2 across.
    """
    square, across = rng.standard_normal((n, DRAWS)) ** 2, rng.chisquare(D - 1, (n, DRAWS))
    x2, x4, y2, both = (np.mean(v, axis=1) for v in (square, square**2, across, across * square))

    def row(variance: float) -> Array:
        """Return the square of the score of one row, of noise of that variance."""
        along = (1.0 - 2.0 * variance * x2 + variance**2 * x4) / 8.0
        return np.asarray(along + variance * (y2 + variance * both) / 4.0)

    columns = [row(1.0)] * len(SIZES)
    for n1 in SIZES:
        n0, _, size = _counts(n1)
        # mean scores given the mean of the minority: of synthetic rows, and their product with that of the minority
        own = x4 / (8.0 * n1**2) + (y2 + both / n1) / (4.0 * n1)
        total = (n0 + n1) * row(1.0) + size * row(1.0 + 1.0 / n1) + size * (size - 1) * own
        columns.append((total + 2.0 * n1 * size * (own - x2 / (8.0 * n1**2))) / (n0 + n1 + size))
    return np.stack(columns, axis=1)


def _scaled(sources: Sequence[str] = GENERATORS, eta: float = 0.0) -> Simulate:
    """Return N times the excess risk, less the mean square of the mean score plus its mean where that is known."""
    controlled = tuple(sources) == GENERATORS

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for source in sources:
            for n1 in SIZES:
                n0, _, size = _counts(n1)
                excess, linear = excess_and_linear(
                    rng, n, D, n0, n1, [size], noise="gaussian", generator=source, eta=eta
                )
                columns.append((n0 + n1 + size) * (excess - linear if controlled else excess)[:, 0])
        units = np.stack(columns, axis=1)
        return units + _mean_squares(rng, n) if controlled else units

    return simulate


def _closed(generator: str, n1: int) -> float:
    n0, _, size = _counts(n1)
    model = MeanShiftModel(D, n0, n1, "gaussian")
    return (n0 + n1 + size) * (model.oracle(size) if generator == "oracle" else model.semi_oracle(size))


def _oracle(generator: str, product: bool = True) -> float:
    trace = symmetry.score_trace("gaussian", D)
    parts = symmetry.Parts(trace, 0.0, 0.0, trace)
    if generator != "oracle":
        parts = symmetry.leading_parts("gaussian", D, generator, SIZES[0])
    if not product:
        parts = parts._replace(product=0.0)
    counts = _counts(SIZES[0])
    return sum(counts) * symmetry.total_risk(parts, *counts)


def _leading(generator: str, first: int, label: str) -> tuple[Component, ...]:
    finite = tuple(
        Component(
            label=f"N excess, {label}, n1 = {n1}",
            closed=lambda n1=n1: _closed(generator, n1),  # type: ignore[misc]
            oracle=lambda: _oracle(generator),
            margin=Relative(0.01),
            finite_size=lambda n1=n1: 1.0 / n1 * _closed(generator, n1),  # type: ignore[misc]
            interval=StudentT(0.3),
            columns=first + i,
            size=n1,
        )
        for i, n1 in enumerate(SIZES)
    )
    limit = Component(
        label=f"N excess, {label}, limit",
        closed=lambda: _closed(generator, SIZES[-1]),
        oracle=lambda: _oracle(generator),
        margin=Relative(0.005),
        interval=StudentT(0.3),
        columns=range(first, first + len(SIZES)),
        function=extrapolation(SIZES),
        size=math.inf,
    )
    return (*finite, limit)


LEADING = Claim(
    name="imbalance.symmetry.risk.leading",
    statement="The excess risk of least squares is, to leading order, T / N with new rows of the minority's law, and "
    "that of the Semi-Oracle's formula with fresh noise about the minority's mean.",
    latex=r"N\,\mathbb{E}[R(\hat\theta)-R(\theta^*)]\to T,\qquad "
    r"T+(d-1)\Bigl[\frac{\tilde n^2}{4n_1N}+\frac{\tilde n}{2N}\Bigr]",
    assumptions=f"{SETTING}; normal noise, d = {D}, r = {RATIO}, balance; n1 = 20,000, 80,000 and 320,000, and the "
    "limit; the mean square of the mean score as control variate, its mean from moments of drawn rows; finite-size "
    "term 1/n1, from other seeds at n1 = 100 to 1600, times 1.3 and frozen",
    source=derived("C6", "4"),
    kind="equality",
    margin_class="leading order",
    components=(*_leading("oracle", 0, "Oracle"), *_leading("semi_oracle", len(SIZES), "Semi-Oracle")),
    simulate=_scaled(),
    block_size=2**9,
    mutants=(
        SimulatorMutant("a shifted generator", _scaled(("shift", "shift"), 0.5)),
        FormulaMutant("T = d / 2", lambda: [0.5 * D] * 4 + [None] * 4),
        FormulaMutant(
            "covariance term of the Semi-Oracle dropped", lambda: [None] * 4 + [_oracle("semi_oracle", False)] * 4
        ),
    ),
)

# Laws and generators against the Oracle with normal noise ---------------------------------------------------------

SMALL, MODERATE = (16, 8, 24), (100, 50, 100)
# noise, generator and numbers of rows of every column; the first one is what the others are compared with
Case = tuple[str, str, tuple[int, int, int]]
CASES: tuple[Case, ...] = (
    *((noise, "oracle", SMALL) for noise in ("gaussian", "cube", "rademacher", "sphere")),
    ("gaussian", "bootstrap", MODERATE),
    ("gaussian", "semi_oracle", MODERATE),
)


def _squares(cases: Sequence[Case] = CASES) -> Simulate:
    """Return N times mean squares of the mean score."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for noise, generator, counts in cases:
            n0, n1, size = counts
            _, linear = excess_and_linear(rng, n, D, n0, n1, [size], noise=noise, generator=generator)
            columns.append(sum(counts) * linear)
        return np.hstack(columns)

    return simulate


def _public(case: Case) -> float:
    """Return N times the public risk."""
    noise, generator, (n0, n1, size) = case
    model = MeanShiftModel(D, n0, n1, noise)
    if generator == "semi_oracle":
        return (n0 + n1 + size) * model.semi_oracle(size, form="score")
    return (n0 + n1 + size) * (model.oracle(size) if generator == "oracle" else model.bootstrap(size))


def _expected(case: Case) -> float:
    noise, generator, counts = case
    n1, trace = counts[1], symmetry.score_trace(noise, D)
    parts = symmetry.Parts(trace, 0.0, 0.0, trace)
    if generator == "bootstrap":
        # the mean of the minority's scores, and draws from them
        parts = symmetry.Parts(trace * (1 - 1 / n1), trace / n1, trace, trace)
    elif generator == "semi_oracle":
        parts = symmetry.normal_parts(D, n1)
    return sum(counts) * symmetry.total_risk(parts, *counts)


def _weight(case: Case) -> float:
    """Return how often the reference has to be taken off for a difference of mean 0, and of little skewness."""
    return _expected(case) / _expected(CASES[0])


RATIOS = Claim(
    name="imbalance.symmetry.risk.ratios",
    statement="The mean square of the mean score, beside that of new rows with normal noise: uniform, Rademacher and "
    "spherical noise lower it, resampled rows and fresh noise about the minority's mean raise it by what the formulas "
    "say.",
    latex=r"N\,\mathbb{E}\|\bar\psi\|_{A^{-1}}^2-\lambda T_{\mathrm{normal}}",
    assumptions=f"{SETTING}; d = {D}, n0 = 2 n1, 8 or 50 minority and 24 or 100 synthetic rows; exact at every size; "
    "lambda the expected quotient; margin a twentieth",
    source=derived("C6", "4"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"{case[1]}, {case[0]} noise",
            closed=lambda case=case: _public(case) - _weight(case) * _public(CASES[0]),  # type: ignore[misc]
            oracle=lambda: 0.0,
            oracle_atol=1e-9,
            margin=0.05 * _expected(case),
            interval=StudentT(0.3 if case[0] == "rademacher" else 0.15),
            columns=(column, 0),
            function=contrast([1.0, -_weight(case)]),
        )
        for column, case in enumerate(CASES)
        if column
    ),
    simulate=_squares(),
    block_size=2**12,
    mutants=(
        SimulatorMutant("normal noise and new rows everywhere", _squares([CASES[0]] * len(CASES))),
        FormulaMutant("T = d / 2", lambda: [0.5 * D * (1.0 - _weight(case)) for case in CASES[1:4]] + [None] * 2),
        FormulaMutant(
            "copies as new rows", lambda: [None] * 3 + [_expected(CASES[0]) * (1.0 - _weight(c)) for c in CASES[4:]]
        ),
    ),
)

# Most rows synthetic ----------------------------------------------------------------------------------------------

# few minority rows for the dimension, and so many others that the error of the mean is nearly all of the risk
MANY = (8, 3000, 30, 9000)
TOTAL = sum(MANY[1:])


def _pair(n1: int = MANY[2]) -> Simulate:
    """Return N times excess risks of the Semi-Oracle and the Oracle, of independent data."""

    def simulate(rng: Generator, n: int) -> Array:
        d, n0, _, size = MANY
        return TOTAL * np.hstack(
            [excess_risks(rng, n, d, n0, n1, [size], noise="gaussian", generator=g) for g in GENERATORS[::-1]]
        )

    return simulate


def _leading_risk() -> float:
    """Return N times the leading risk in eight dimensions: that of two, and six steps from two to three."""
    two, three = (
        symmetry.total_risk(symmetry.leading_parts("gaussian", d, "semi_oracle", MANY[2]), *MANY[1:]) for d in (2, 3)
    )
    return TOTAL * (two + (MANY[0] - 2) * (three - two))


# how often the Oracle's risk is taken off, for little skewness
OFF = _leading_risk() / symmetry.score_trace("gaussian", MANY[0])


def _difference(form: str) -> float:
    d, n0, n1, size = MANY
    model = MeanShiftModel(d, n0, n1, "gaussian")
    return TOTAL * (model.semi_oracle(size, form=form) - OFF * model.oracle(size))


GIVEN_MEAN = Claim(
    name="imbalance.symmetry.risk.given_mean",
    statement="With few minority rows for the dimension and most rows synthetic the risk of the Semi-Oracle is that of "
    "the minimiser given the error of the minority's mean, averaged over the errors, and below the leading order.",
    latex=r"\mathbb{E}_\eta\Bigl[R(\theta_\eta)-R(\theta^*)+\operatorname{tr}A\operatorname{Cov}(\hat\theta\mid\eta)\Bigr]",
    assumptions=f"{SETTING}; normal noise, d = 8, n0 = 3000, n1 = 30, 9000 synthetic rows; N times the risk, less a "
    "multiple of the Oracle's; margin 2 % of the leading order",
    source=derived("C6"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="N excess",
            closed=lambda: _difference("given_mean"),
            no_oracle="the quadrature over errors in eight dimensions is too long; the claim "
            "imbalance.symmetry.semi_oracle has it in two and three",
            margin=0.02 * _leading_risk(),
            interval=StudentT(0.3),
            columns=(0, 1),
            function=contrast([1.0, -OFF]),
        ),
    ),
    simulate=_pair(),
    block_size=2**12,
    mutants=(
        SimulatorMutant("36 minority rows", _pair(36)),
        FormulaMutant("leading order", lambda: 0.0),
    ),
)

# Floor of a shifted generator -------------------------------------------------------------------------------------

ETA = 1.0
FLOOR_SIZES = (500, 2000, 8000)


def _floor_counts(n1: int) -> tuple[int, int, int]:
    return 3 * n1, n1, 4 * n1


def _shifted(eta: float) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for n1 in FLOOR_SIZES:
            n0, _, size = _floor_counts(n1)
            columns.append(excess_risks(rng, n, D, n0, n1, [size], noise="gaussian", generator="shift", eta=eta))
        return np.hstack(columns)

    return simulate


def _public_floor() -> float:
    return MeanShiftModel(D, 3, 1, "gaussian").fixed_shift_floor(ETA, 0.5)


def _floor() -> float:
    """Return the floor from the normal equations of half the rows with each mean."""
    means = np.array([[1.0, 0.0], [1.0, ETA]])
    error = np.linalg.solve(np.eye(2) + means.T @ means / 2, means.mean(axis=0)) - [0.5, 0.0]
    return float(2.0 * error[0] ** 2 + error[1] ** 2)


FLOOR = Claim(
    name="imbalance.symmetry.risk.floor",
    statement="With a generator whose mean is shifted across mu the excess risk does not fall below the floor.",
    latex=r"\mathbb{E}R(\hat\theta)-R(\theta^*)\to\frac{w^2\eta^2(1+w^2\eta^2/2)}{(2+2w\eta^2-w^2\eta^2)^2}",
    assumptions=f"{SETTING}; normal noise, d = {D}, n0 = 3 n1, balance to w = 1/2, shift 1; n1 = 500, 2000 and 8000, "
    "and the limit; finite-size term 5/n1, from other seeds at n1 = 100 to 1000, times 1.3 and frozen",
    source=derived("C6", "6"),
    kind="equality",
    margin_class="leading order",
    components=(
        *(
            Component(
                label=f"excess, n1 = {n1}",
                closed=_public_floor,
                oracle=_floor,
                margin=Relative(0.01),
                finite_size=lambda n1=n1: 5.0 / n1 * _public_floor(),  # type: ignore[misc]
                interval=StudentT(0.3),
                columns=column,
                size=n1,
            )
            for column, n1 in enumerate(FLOOR_SIZES)
        ),
        Component(
            label="excess, limit",
            closed=_public_floor,
            oracle=_floor,
            margin=Relative(0.005),
            interval=StudentT(0.1),
            columns=range(len(FLOOR_SIZES)),
            function=extrapolation(FLOOR_SIZES),
            size=math.inf,
        ),
    ),
    simulate=_shifted(ETA),
    block_size=2**12,
    mutants=(
        SimulatorMutant("shift 0.9", _shifted(0.9 * ETA)),
        FormulaMutant("first order w^2 eta^2 / 4", lambda: [ETA**2 / 16] * 4),
    ),
)

CLAIMS: tuple[Claim, ...] = (LEADING, RATIOS, GIVEN_MEAN, FLOOR)
