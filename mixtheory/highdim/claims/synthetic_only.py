r"""Claims about training on synthetic rows alone, n_t = 0: here the means matter, with and without intercept (C5)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import mean_shift
from mixtheory.highdim.claims import mean_oracles
from mixtheory.highdim.claims.mean_parts import SIZES, embed, ones, plane, sweeps
from mixtheory.highdim.claims.mean_reductions import mean_term, source_only_risk
from mixtheory.highdim.claims.parts import Array, Simulate, derived, paper, side_by_side
from mixtheory.verification import Claim, Component, FormulaMutant, Lower, SimulatorMutant, StudentT

__all__ = ["CLAIMS"]

# covariance of synthetic rows; real rows have I
VARIANCE = 0.6
Lengths = tuple[float, float]


def _short(p: int, cosine: float) -> Array:
    """Return a real mean of length 2 sqrt(p) and a synthetic one of length 1."""
    return plane(2.0 * np.sqrt(p), 1.0, cosine)


def _long(p: int, cosine: float) -> Array:
    return plane(2.0 * np.sqrt(p), 2.0 * np.sqrt(p), cosine)


Means = Callable[[int, float], Array]


def _risk(means: Means, cosine: float, form: str) -> Callable[[int], float]:
    return lambda p: mean_shift.synthetic_only_risk(
        ones(p), VARIANCE * ones(p), 2 * p, *embed(means(p, cosine), p), form=form
    )


def _oracle(means: Means, cosine: float, printed: bool) -> Callable[[int], float]:
    """Return the leading order, of which p - 2 directions are equal: only the block of the means is a matrix."""

    def value(p: int) -> float:
        given = means(p, cosine)
        two = np.ones(2)
        block = (2 * p - 2) * mean_oracles.synthetic_only(two, VARIANCE * two, 2 * p, *given, printed=printed)
        return (block + (p - 2) / VARIANCE) / p

    return value


def _unprojected(p: int) -> float:
    """Return the value without the term that the synthetic mean takes off, for a real mean of length 2 sqrt(p)."""
    return 5.0 / VARIANCE


def _draw(means: Means, cosine: float, *, centred: bool = False) -> Simulate:
    return side_by_side(
        [
            lambda rng, n, p=p: source_only_risk(rng, n, p, 2 * p, means(p, cosine), VARIANCE, centred=centred)  # type: ignore[misc]
            for p in SIZES
        ]
    )


ANGLES = (1.0, 0.6)

REFINED = Claim(
    name="highdim.means.synthetic_only.refined",
    statement="Trained on synthetic rows alone the risk holds the part of the real mean that the synthetic mean, "
    "through 1 + m_ss, does not take off.",
    latex=r"R\to\frac{\sigma^2}{n-p}\Bigl[\operatorname{Tr}\Sigma_t\Sigma_s^{-1}+m_{tt}-\frac{m_{ts}^2}{1+m_{ss}}\Bigr]",
    assumptions="n = 2p, Sigma_s = 0.6 I, Sigma_t = I, Gaussian rows, |mu_t| = 2 sqrt(p) and |mu_s| = 1 at cosine 1 "
    "and 0.6; finite-size term from the exact law (at most 0.81/p)",
    source=derived("C5", "K5"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"cosine {cosine:g}",
                _risk(_short, cosine, "refined"),
                _oracle(_short, cosine, False),
            )
            for cosine in ANGLES
        ],
        finite_size=1.0,
        skewness=0.3,
    ),
    simulate=side_by_side([_draw(_short, cosine) for cosine in ANGLES]),
    block_size=2048,
    mutants=(
        FormulaMutant("m_ss for 1 + m_ss", lambda: [_oracle(_short, c, True)(800) for c in ANGLES for _ in range(4)]),
        FormulaMutant("nothing taken off", lambda: [_unprojected(800)] * 8),
        SimulatorMutant("long synthetic mean", side_by_side([_draw(_long, cosine) for cosine in ANGLES])),
        SimulatorMutant("orthogonal means", side_by_side([_draw(_short, 0.0) for _ in ANGLES])),
        SimulatorMutant("fit with intercept", side_by_side([_draw(_short, c, centred=True) for c in ANGLES])),
    ),
)

LONG_MEANS = Claim(
    name="highdim.means.synthetic_only.long_means",
    statement="For synthetic means of length of order sqrt(p) the printed form holds: the projection of the real mean "
    "drops out.",
    latex=r"R\to\frac{\sigma^2}{n}\frac{g}{g-1}\Bigl[\operatorname{Tr}\Sigma_t\Sigma_s^{-1}+m_{tt}"
    r"-\frac{m_{ts}^2}{m_{ss}}\Bigr],\quad g=n/p",
    assumptions="n = 2p, Sigma_s = 0.6 I, Sigma_t = I, Gaussian rows, both means of length 2 sqrt(p) at cosine 1 and "
    "0.6; finite-size term from the exact law (at most 0.81/p)",
    source=paper("C5", "Proposition 4.2", "K5"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"cosine {cosine:g}",
                _risk(_long, cosine, "printed"),
                _oracle(_long, cosine, True),
            )
            for cosine in ANGLES
        ],
        finite_size=1.0,
        skewness=0.3,
    ),
    simulate=side_by_side([_draw(_long, cosine) for cosine in ANGLES]),
    block_size=2048,
    mutants=(
        FormulaMutant("nothing taken off", lambda: [_unprojected(800)] * 8),
        FormulaMutant("mean-free", lambda: [1.0 / VARIANCE] * 4 + [1.0 / VARIANCE] * 4),
        SimulatorMutant("short synthetic mean", side_by_side([_draw(_short, cosine) for cosine in ANGLES])),
        SimulatorMutant("orthogonal means", side_by_side([_draw(_long, 0.0) for _ in ANGLES])),
    ),
)

P = SIZES[0]


def _one(means: Means, cosine: float) -> Simulate:
    return lambda rng, n: source_only_risk(rng, n, P, 2 * P, means(P, cosine), VARIANCE)


PRINTED = Claim(
    name="highdim.means.synthetic_only.printed_form",
    statement="For a synthetic mean of length 1 the printed form misses the risk by more than half a noise variance.",
    latex=r"R-\frac{\sigma^2}{n-p}\Bigl[\operatorname{Tr}\Sigma_t\Sigma_s^{-1}+m_{tt}-\frac{m_{ts}^2}{m_{ss}}\Bigr]"
    r"\ge\frac{\sigma^2}{2}",
    assumptions="p = 800, n = 1600, Sigma_s = 0.6 I, Sigma_t = I, Gaussian rows, |mu_t| = 2 sqrt(p) along mu_s, |mu_s| "
    "= 1",
    source="printed form " + paper("C5", "Proposition 4.2") + "; where it fails " + derived("C5", "K5"),
    kind="difference",
    margin_class="qualitative",
    components=(
        Component(
            label="risk above the printed form",
            closed=lambda: _risk(_short, 1.0, "printed")(P),
            oracle=lambda: _oracle(_short, 1.0, True)(P),
            margin=0.5,
            interval=StudentT(0.3),
            region=Lower(),
            expected=lambda: _oracle(_short, 1.0, False)(P),
        ),
    ),
    simulate=_one(_short, 1.0),
    block_size=2048,
    mutants=(
        FormulaMutant("refined form", lambda: _oracle(_short, 1.0, False)(P)),
        SimulatorMutant("long synthetic mean", _one(_long, 1.0)),
    ),
)


def _gain(cosine: float) -> Simulate:
    far, near = _one(_long, cosine), _one(_long, 1.0)
    return lambda rng, n: far(rng, n) - near(rng, n)


def _mixed_gain(rng: Generator, n: int) -> Array:
    """Draw what turning the synthetic mean changes with half of the rows real (covariances I)."""
    terms = [mean_term(rng, n, P, (P, P), _long(P, cosine)) for cosine in (0.0, 1.0)]
    return np.asarray(terms[0] - terms[1])


DIRECTION = Claim(
    name="highdim.means.synthetic_only.direction",
    statement="Trained on synthetic rows alone, a synthetic mean orthogonal to the real one costs a multiple of the "
    "noise, in place of one along it.",
    latex=r"R(\mu_s\perp\mu_t)-R(\mu_s=\mu_t)\to\frac{\sigma^2}{n-p}\,m_{tt}",
    assumptions="p = 800, n = 1600, Sigma_s = 0.6 I, Sigma_t = I, Gaussian rows, both means of length 2 sqrt(p); at "
    "least nine tenths of the difference",
    source=paper("C5", "Proposition 4.2"),
    kind="difference",
    margin_class="qualitative",
    components=(
        Component(
            label="cost of the wrong direction",
            closed=lambda: 0.9 * (_risk(_long, 0.0, "refined")(P) - _risk(_long, 1.0, "refined")(P)),
            oracle=lambda: 0.9 * (_oracle(_long, 0.0, False)(P) - _oracle(_long, 1.0, False)(P)),
            interval=StudentT(0.3),
            region=Lower(),
            expected=lambda: _oracle(_long, 0.0, False)(P) - _oracle(_long, 1.0, False)(P),
        ),
    ),
    simulate=_gain(0.0),
    block_size=2048,
    mutants=(
        FormulaMutant("twice the cost", lambda: 1.8 * (_oracle(_long, 0.0, False)(P) - _oracle(_long, 1.0, False)(P))),
        SimulatorMutant("half of the rows real", _mixed_gain),
        SimulatorMutant("cosine 0.6", _gain(0.6)),
    ),
)

CLAIMS: tuple[Claim, ...] = (REFINED, LONG_MEANS, PRINTED, DIRECTION)
