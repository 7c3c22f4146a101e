r"""Claims about the price of a synthetic row under local symmetry (C6), and about exponents of the excess risk (C3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.imbalance.claims import symmetry_oracles as symmetry
from mixtheory.imbalance.claims.mean_shift import SETTING
from mixtheory.imbalance.claims.parts import Array, Simulate, derived, identity
from mixtheory.imbalance.kernels.mean_shift import excess_risks
from mixtheory.imbalance.kernels.prices import marginal_prices
from mixtheory.imbalance.models.mean_shift import NOISES, MeanShiftModel
from mixtheory.verification import (
    Claim,
    Component,
    FormulaMutant,
    Lower,
    SimulatorMutant,
    StudentT,
    contrast,
    log_slope,
)

__all__ = ["CLAIMS"]

# Closed forms -----------------------------------------------------------------------------------------------------

COPIES = ("bootstrap", "semi_oracle", "gaussian_fit")
SHRINKAGES = (0.0, 0.1, 1.0)
MAJORITY, MINORITY = 40, 10


def _models() -> list[MeanShiftModel]:
    return [MeanShiftModel(d, MAJORITY, MINORITY, noise) for noise in NOISES for d in (2, 3)]


def _parts(generator: str, shrinkage: float = 0.1) -> list[symmetry.Parts]:
    return [symmetry.leading_parts(noise, d, generator, MINORITY, shrinkage) for noise in NOISES for d in (2, 3)]


def _price(parts: symmetry.Parts) -> float:
    """Return the derivative of the risk in the number of synthetic rows at none, in units of T / S^2."""
    step = 1e-30j
    risk: Any = symmetry.total_risk(parts, MAJORITY, MINORITY, step)  # type: ignore[arg-type]
    return float(risk.imag / step.imag * (MAJORITY + MINORITY) ** 2 / parts.real)


def _fresh(parts: symmetry.Parts) -> symmetry.Parts:
    return symmetry.Parts(parts.real, 0.0, 0.0, parts.real)


def _resampled(parts: symmetry.Parts) -> symmetry.Parts:
    """Return the parts of the Bootstrap at a finite number of minority rows: what is drawn varies a little less."""
    return parts._replace(own=parts.real * (1.0 - 1.0 / MINORITY))


def _copying_shares() -> list[float]:
    return [p.product / p.real for g in COPIES for s in SHRINKAGES for p in _parts(g, s)]


def _prices_of(generator: str) -> list[float]:
    return [m.marginal_price(m.copying(generator)) for m in _models()]


def _fitted_prices() -> list[float]:
    def trace(model: MeanShiftModel) -> float:
        return MeanShiftModel(model.d, MAJORITY, MINORITY, "gaussian").score_trace

    return [m.marginal_price(m.copying("gaussian_fit"), own_trace=trace(m)) for m in _models()]


PRICE = identity(
    "imbalance.symmetry.price",
    "The price of one synthetic row at none is 2 c - 1 in units of T / S^2, with c the share of the minority's "
    "sampling error that the generator copies: Oracle -1, Bootstrap +1.",
    r"\frac{d}{d\tilde n}\Bigl|_0\mathbb{E}\|\bar\psi\|_{A^{-1}}^2=(2c-1)\frac T{S^2},\quad "
    r"c=\frac{n_1}T\operatorname{tr}A^{-1}\operatorname{Cov}(\mathbb{E}_Q\psi,\bar\psi_1)",
    f"{SETTING}; four laws, d = 2 and 3; mean scores of synthetic rows by their derivative in the minority's law",
    derived("C6", "5"),
    [
        (
            "share that is copied",
            lambda: [m.copying(g, shrinkage=s) for g in COPIES for s in SHRINKAGES for m in _models()],
            _copying_shares,
        ),
        ("Oracle", lambda: _prices_of("oracle"), lambda: [_price(_fresh(p)) for p in _parts("bootstrap")]),
        ("Semi-Oracle", lambda: _prices_of("semi_oracle"), lambda: [_price(p) for p in _parts("semi_oracle")]),
        ("Bootstrap", lambda: _prices_of("bootstrap"), lambda: [_price(p) for p in _parts("bootstrap")]),
        (
            "Bootstrap, finite minority",
            lambda: [m.marginal_price(1.0, own_trace=m.score_trace * (1.0 - 1.0 / MINORITY)) for m in _models()],
            lambda: [_price(_resampled(p)) for p in _parts("bootstrap")],
        ),
        ("fitted normal law", _fitted_prices, lambda: [_price(p) for p in _parts("gaussian_fit")]),
        (
            "unit",
            lambda: [m.price_unit for m in _models()],
            lambda: [p.real / (MAJORITY + MINORITY) ** 2 for p in _parts("bootstrap")],
        ),
    ],
    [
        FormulaMutant(
            "covariance term of the Semi-Oracle dropped",
            lambda: [None, None, [_price(p._replace(product=0.0)) for p in _parts("semi_oracle")], *[None] * 4],
        ),
        FormulaMutant("c in place of 2 c", lambda: [*[None] * 3, [0.0] * 8, *[None] * 3]),
    ],
)

# The regime at no synthetic rows ----------------------------------------------------------------------------------

COLUMNS = ("oracle", "semi_oracle", "bootstrap")
D, N0, N1 = 10, 800, 200


def _changes(generators: Sequence[str] = COLUMNS) -> Simulate:
    """Return what one synthetic row of each generator does to the excess risk, in units of T / S^2."""
    unit = symmetry.score_trace("rademacher", D) / (N0 + N1) ** 2

    def simulate(rng: Generator, n: int) -> Array:
        columns = [marginal_prices(rng, n, D, N0, N1, noise="rademacher", generator=g) for g in generators]
        return np.stack(columns, axis=1) / unit

    return simulate


def _public_price(generator: str) -> float:
    model = MeanShiftModel(D, N0, N1, "rademacher")
    return model.marginal_price(model.copying(generator))


def _expected_price(generator: str) -> float:
    return _price(symmetry.leading_parts("rademacher", 3, generator, N1))


def _bound(
    label: str,
    columns: tuple[int, ...],
    weights: Sequence[float],
    expected: float,
    closed: float,
    skewness: float = 0.15,
) -> Component:
    """Return the claim that a combination of prices is above `closed` Bootstrap prices, in theory `expected`."""
    return Component(
        label=label,
        closed=lambda: closed * _public_price("bootstrap"),
        oracle=lambda: closed * _expected_price("bootstrap"),
        interval=StudentT(skewness),
        region=Lower(),
        columns=columns,
        function=contrast(weights),
        expected=expected,
    )


REGIME = Claim(
    name="imbalance.symmetry.regime_at_zero",
    statement="Under local symmetry the first synthetic row of the minority's law helps, a resampled row hurts by as "
    "much, and fresh noise about the minority's mean does neither: its effect is within a tenth of the Bootstrap's.",
    latex=r"\frac{\partial}{\partial\tilde n}\Bigl|_0:\quad -\frac T{S^2},\quad+\frac T{S^2},\quad0",
    assumptions=f"{SETTING}; Rademacher noise, for which c = 1/2 exactly, d = {D}, n0 = {N0}, n1 = {N1}; the effect of "
    "one row given the fit, its first order replaced by the mean; as much within 15 %, neutral within 10 % of the "
    "Bootstrap's effect, either way",
    source=derived("C6", "5"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        _bound("Oracle helps, 0.9 at least", (0,), (-1.0,), 1.0, 0.9, skewness=0.2),
        _bound("Bootstrap hurts, 0.9 at least", (2,), (1.0,), 0.97, 0.9),
        _bound("Oracle helps at most 1.15 times as much", (0, 2), (1.0, 1.15), 0.1, 0.0),
        _bound("Oracle helps at least 0.85 times as much", (0, 2), (-1.0, -0.85), 0.15, 0.0),
        _bound("Semi-Oracle helps less than a tenth", (1, 2), (1.0, 0.1), 0.07, 0.0),
        _bound("Semi-Oracle hurts less than a tenth", (1, 2), (-1.0, 0.1), 0.1, 0.0),
    ),
    simulate=_changes(),
    block_size=2**12,
    mutants=(
        SimulatorMutant("resampled rows everywhere", _changes(("bootstrap",) * 3)),
        SimulatorMutant("new rows everywhere", _changes(("oracle",) * 3)),
        FormulaMutant("resampling hurts twice", lambda: [None, 2.0, *[None] * 4]),
    ),
)

# Exponents --------------------------------------------------------------------------------------------------------

SIZES = (1_000, 10_000, 100_000, 1_000_000)
FAR = (10**10, 10**11)

Counts = Callable[[int], tuple[int, int, int]]


def _fixed_ratio(multiplier: float) -> Counts:
    return lambda n1: (5 * n1, n1, round(multiplier * 4 * n1))


def _few(n1: int) -> tuple[int, int, int]:
    """Return counts at balance for n0 = n1^(3/2)."""
    n0 = round(n1**1.5)
    return n0, n1, n0 - n1


def _none(n1: int) -> tuple[int, int, int]:
    return *_few(n1)[:2], 0


def _allowed(n1: int) -> tuple[int, int, int]:
    """Return as many synthetic rows as the rate permits: w^2 of the order of n1 / n0."""
    n0 = round(n1**1.5)
    return n0, n1, round(math.sqrt(n0 * n1))


# label, generator, counts at n1
REGIMES: tuple[tuple[str, str, Counts], ...] = (
    ("Oracle, twice the deficit", "oracle", _fixed_ratio(2.0)),
    ("Semi-Oracle, balance", "semi_oracle", _fixed_ratio(1.0)),
    ("few minority rows, none", "oracle", _none),
    ("few minority rows, Semi-Oracle at balance", "semi_oracle", _few),
    ("few minority rows, Semi-Oracle, w^2 = n1 / n0", "semi_oracle", _allowed),
)
DIMENSION = 3


def _exponent(index: int) -> float:
    _, generator, counts = REGIMES[index]

    def risk(n1: int) -> float:
        n0, _, size = counts(n1)
        model = MeanShiftModel(DIMENSION, n0, n1, "gaussian")
        return model.oracle(size) if generator == "oracle" else model.semi_oracle(size)

    return log_slope([float(counts(n)[0]) for n in FAR])(np.array([risk(n) for n in FAR]))


def _reference_exponent(index: int) -> float:
    _, generator, counts = REGIMES[index]

    def risk(n1: int) -> float:
        trace = symmetry.score_trace("gaussian", DIMENSION)
        parts = symmetry.Parts(trace, 0.0, 0.0, trace)
        if generator != "oracle":
            parts = symmetry.leading_parts("gaussian", DIMENSION, generator, n1)
        n0, _, size = counts(n1)
        return symmetry.total_risk(parts, n0, n1, size)

    return log_slope([float(counts(n)[0]) for n in FAR])(np.array([risk(n) for n in FAR]))


def _risks(generator: str | None = None, eta: float = 0.0, sizes: Sequence[int] = SIZES) -> Simulate:
    """Return excess risks of every regime at every size, of one generator where it is given."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for _, own, counts in REGIMES:
            for n1 in sizes:
                n0, _, size = counts(n1)
                columns.append(
                    excess_risks(
                        rng, n, DIMENSION, n0, n1, [size], noise="gaussian", generator=generator or own, eta=eta
                    )
                )
        return np.hstack(columns)

    return simulate


RATES = Claim(
    name="imbalance.rates.symmetry",
    statement="Under local symmetry the excess risk is of order 1/n0 whatever the number of synthetic rows at a fixed "
    "ratio; with few minority rows a generator that was fitted to them loses that order, unless w^2 is at most of the "
    "order of n1 / n0.",
    latex=r"\Theta(1/N)\text{ with new rows};\quad \Theta(1/S)+\Theta(w^2/n_1)\text{ with fresh noise about }\bar X_1",
    assumptions=f"{SETTING}; normal noise, d = {DIMENSION}; n1 = 10^3 to 10^6; n0 = 5 n1, or n0 = n1^(3/2) for few "
    "minority rows; exponents in n0 within 0.05",
    source=derived("C3"),
    kind="rate",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"exponent, {label}",
            closed=lambda i=i: _exponent(i),  # type: ignore[misc]
            oracle=lambda i=i: _reference_exponent(i),  # type: ignore[misc]
            margin=0.05,
            interval=StudentT(0.1),
            columns=range(len(SIZES) * i, len(SIZES) * (i + 1)),
            function=log_slope([counts(n)[0] for n in SIZES]),
        )
        for i, (label, _, counts) in enumerate(REGIMES)
    ),
    simulate=_risks(),
    block_size=2**11,
    mutants=(
        SimulatorMutant("rows as few as at the smallest size", _risks(sizes=SIZES[:1] * len(SIZES))),
        SimulatorMutant("a shifted generator", _risks("shift", 0.5)),
        FormulaMutant("1 / sqrt n0 with new rows", lambda: [-0.5, None, -0.5, None, None]),
        FormulaMutant("1 / n0 for every generator", lambda: [*[None] * 3, -1.0, None]),
        FormulaMutant("a loss for every size", lambda: [*[None] * 4, -2.0 / 3.0]),
    ),
)

CLAIMS: tuple[Claim, ...] = (PRICE, REGIME, RATES)
