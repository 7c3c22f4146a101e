r"""Claims about the root that the risk rests on, n > p, and about the scale of the synthetic rows."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.polynomial import Polynomial

from mixtheory.highdim import fixedpoint, optimality
from mixtheory.highdim.claims.pairs import (
    Pair,
    bracket,
    log_gain,
    log_ratios,
    random_spectra,
    reference_risk,
    same_draws,
    trace,
)
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity, paper
from mixtheory.verification import Claim, EmpiricalBernstein, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS"]

# splits (n_t, n_s); the last has no real rows at all
SPLITS = ((12, 4), (8, 8), (4, 12), (7, 20), (0, 16))

# Uniqueness ------------------------------------------------------------------------------------------------------

FIVE = random_spectra(12, 5, seed=3)


def _roots(lam: Array, n_t: int, n_s: int) -> list[float]:
    """Return all a_s in (0, 1 - p/n) that solve (E2), from the polynomial that it becomes times its denominators."""
    n, c = n_t + n_s, 1 - lam.size / (n_t + n_s)
    a = Polynomial([0.0, 1.0])
    factors = [Polynomial([c, value - 1.0]) for value in lam]
    total = (a - n_s / n) * math.prod(factors, start=Polynomial([1.0]))
    for i, value in enumerate(lam):
        total += a * value / n * math.prod(factors[:i] + factors[i + 1 :], start=Polynomial([1.0]))
    found = total.roots()
    real = found[np.abs(found.imag) < 1e-9].real
    return [float(root) for root in real if 0 < root < c]


def _public_roots() -> list[float]:
    counts = [SPLITS[k % 4] for k in range(len(FIVE))]
    return [
        float(fixedpoint.solve_under([np.ones(5), lam], split).weights[1])
        for lam, split in zip(FIVE, counts, strict=True)
    ]


def _all_roots() -> list[float]:
    return [root for k, lam in enumerate(FIVE) for root in _roots(lam, *SPLITS[k % 4])]


UNIQUE = identity(
    "highdim.optimality.unique",
    "The equation for a_s has one solution in (0, 1 - p/n), the one that the solver returns.",
    r"F(a)=a+\frac1n\sum_i\frac{a\lambda_i}{a\lambda_i+1-p/n-a}-\frac{n_s}{n},\qquad F'>0",
    "p = 5, so that the equation is a polynomial of degree 6; twelve random spectra, four splits",
    derived("uniqueness of the root of C1"),
    [
        ("solutions", _public_roots, _all_roots),
        (
            "risk grows with a_s alone",
            lambda: _from_weight(_public_roots()),
            lambda: [reference_risk(lam, *SPLITS[k % 4]) for k, lam in enumerate(FIVE)],
        ),
    ],
    [
        FormulaMutant("a_t for a_s", lambda: [_swapped_roots(), None]),
    ],
)


def _from_weight(roots: list[float]) -> list[float]:
    """Return (p + n a_s - n_s) / (n a_t), the risk as an increasing function of a_s alone (E3)."""
    values = []
    for k, a in enumerate(roots):
        n_t, n_s = SPLITS[k % 4]
        n = n_t + n_s
        values.append((5 + n * a - n_s) / (n * (1 - 5 / n - a)))
    return values


def _swapped_roots() -> list[float]:
    return [1 - 5 / sum(SPLITS[k % 4]) - root for k, root in enumerate(_all_roots())]


# Scale -----------------------------------------------------------------------------------------------------------

SPECTRA = random_spectra(3, 8, seed=1)
SCALES = np.geomspace(0.1, 100.0, 13)
FAR = 1e9
# splits for the limit; at n_s = p it is reached as slowly as eta^(-1/2)
ENDS = ((12, 4), (9, 7), (4, 12))


def _over_scales(risk: Callable[[Array, int, int], float]) -> Array:
    return np.array([[risk(eta * SPECTRA[0], *split) for eta in SCALES] for split in SPLITS])


def _far(n_t: int, n_s: int) -> float:
    """Return the risk of n_t rows in the max(p - n_s, 0) dimensions that exact synthetic answers leave open."""
    free = max(8 - n_s, 0)
    return free / (n_t - free)


SCALE = identity(
    "highdim.optimality.scale",
    "Larger synthetic rows always lower the risk, towards that of the real rows off the span of the synthetic ones.",
    r"\mathcal R_u(\eta M)<\mathcal R_u(M),\ \eta>1;\qquad "
    r"\lim_{\eta\to\infty}\mathcal R_u(\eta M)=\sigma^2\frac{(p-n_s)^+}{n_t-(p-n_s)^+}",
    "n > p = 8; a random spectrum, five splits; the limit at eta = 1e9 for three spectra and splits",
    paper("scale always helps", "after theorem 4.3") + "; the limit " + derived("C7"),
    [
        ("risk over scales", lambda: _over_scales(optimality.spectrum_risk), lambda: _over_scales(reference_risk)),
        (
            "share of steps that lower it",
            lambda: np.mean(np.diff(_over_scales(optimality.spectrum_risk)) < 0),
            lambda: 1.0,
        ),
        (
            "limit",
            lambda: [optimality.spectrum_risk(FAR * lam, *split) for lam in SPECTRA for split in ENDS],
            lambda: [_far(*split) for _ in SPECTRA for split in ENDS],
        ),
    ],
    [
        FormulaMutant(
            "scale does not matter",
            lambda: [np.repeat(_over_scales(reference_risk)[:, :1], SCALES.size, axis=1), 0.0, None],
        ),
        FormulaMutant("the risk falls to 0", lambda: [None, None, np.zeros(9)]),
    ],
    rtol=1e-6,
    atol=1e-7,
)

P = 16
ONES = np.ones(P)
LARGE: dict[str, Pair] = {
    "four times the variance": (ONES, 4 * ONES),
    "large and unmatched": (ONES, 4 * halves(P, 0.25, 1.75)),
    "a million times the variance": (ONES, 1e6 * halves(P, 0.25, 1.75)),
}
FEW = (24, 8)
# far from all ratios that occur; a bounded statistic needs no moments
CLIP = (-2.0, 1.5)


def _against_matched(pairs: dict[str, Pair], counts: tuple[int, int] = FEW) -> Simulate:
    return log_ratios(same_draws([trace(pair, counts) for pair in [(ONES, ONES), *pairs.values()]]), CLIP)


PULL = Claim(
    name="highdim.optimality.pull",
    statement="Without a normalisation large synthetic rows win, matched or not: they beat matched rows of unit scale.",
    latex=r"\mathcal R_u(2M)<\mathcal R_u(I)\quad\text{for }M^TM\text{ of mean }1\text{ with values }0.25,\,1.75",
    assumptions="p = 16, n_t = 24, n_s = 8, normal entries, the same for all; log ratios clipped to [-2, 1.5]; "
    "within a quarter of the prediction",
    source=paper("scale always helps", "after theorem 4.3"),
    kind="difference",
    margin_class="qualitative",
    components=tuple(
        component
        for column, (label, pair) in enumerate(LARGE.items())
        for component in bracket(
            label,
            *log_gain(pair, FEW, (ONES, ONES)),
            EmpiricalBernstein(*CLIP),
            column=column,
            oracle_rtol=1e-8,
        )
    ),
    simulate=_against_matched(LARGE),
    block_size=2**10,
    mutants=(
        SimulatorMutant(
            "traces made equal",
            _against_matched({label: (a, b / np.mean(b)) for label, (a, b) in LARGE.items()}),
        ),
        SimulatorMutant("real and synthetic counts swapped", _against_matched(LARGE, FEW[::-1])),
        FormulaMutant("scale does not matter", lambda: [0.0] * 6),
    ),
)

CLAIMS: tuple[Claim, ...] = (UNIQUE, SCALE, PULL)
