r"""Identities of the deterministic equivalents (K11): equations, equivalent forms and special cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mixtheory.highdim import spectra
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, derived, halves, identity, paper
from mixtheory.highdim.equivalents import RiskResult, excess_risk, excess_risk_mixture
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]

Case = tuple[Array, Array, int, int]

ONES = np.ones(6)
STEEP = np.geomspace(0.2, 4.0, 6)
SLANTED = np.array([0.5, -0.2, 0.1, 0.4, -0.3, 0.7])
NOISE = 0.7


def _turned(values: Array, seed: int = 1) -> Array:
    axes = oracles.rotation(values.size, seed)
    return np.asarray((axes * values) @ axes.T)


# two spectra, opposite spectra, Toeplitz matrices, six decades, turned axes, common turned axes; both sides of n_k = p
UNDER: tuple[Case, ...] = (
    (ONES, halves(6, 0.1, 1.9), 4, 14),
    (STEEP, STEEP[::-1].copy(), 12, 3),
    (oracles.kms(6, 0.9), oracles.kms(6, 0.3), 2, 20),
    (np.diag(np.geomspace(1e-3, 1e3, 6)), _turned(STEEP), 9, 9),
    (_turned(STEEP), _turned(STEEP[::-1]), 7, 8),
)
WIDE = np.geomspace(0.2, 4.0, 10)
BETA = np.append(SLANTED, [0.2, -0.6, 0.1, 0.3])
PRIOR = _turned(np.linspace(0.1, 1.0, 10), 5)
OVER: tuple[Case, ...] = (
    (WIDE, WIDE[::-1].copy(), 2, 4),
    (oracles.kms(10, 0.9), oracles.kms(10, 0.3), 5, 1),
    (np.diag(WIDE), _turned(WIDE, 3), 1, 3),
    (np.diag(np.geomspace(1e-2, 1e2, 10)), _turned(WIDE, 3), 3, 3),
    (_turned(WIDE, 3), _turned(WIDE[::-1], 3), 2, 3),
)


def public(case: Case, beta: Any = None) -> RiskResult:
    return excess_risk(*case, noise_var=NOISE, beta=beta)


def each(cases: tuple[Case, ...], function: Callable[..., Any]) -> list[Any]:
    return [value for case in cases for value in np.atleast_1d(function(case))]


def under(function: Callable[[Case], Any]) -> Callable[[], list[Any]]:
    return lambda: each(UNDER, function)


def over(function: Callable[[Case], Any]) -> Callable[[], list[Any]]:
    return lambda: each(OVER, function)


def dimension(case: Case) -> int:
    return int(case[0].shape[0])


def rows(case: Case) -> int:
    return case[2] + case[3]


def _lam(case: Case) -> Array:
    return oracles.relative_eigenvalues(case[0], case[1])


def _a(case: Case) -> Array:
    return oracles.under_weights(case[:2], case[2:])


def _under_risk(case: Case) -> float:
    return NOISE * oracles.mixture_risk(case[:2], case[2:])[0]


def _second(case: Case, k: int) -> float:
    """Return ``a_k + Tr(a_k Sigma_k D) / n`` with the weights of the public function and the oracle's spectrum."""
    a_t, a_s = public(case).weights
    lam = _lam(case)
    part = (a_t * np.ones_like(lam), a_s * lam)[k]
    return float((a_t, a_s)[k] + np.sum(part / (a_s * lam + a_t)) / rows(case))


def _excess(case: Case, k: int) -> float:
    """Return ``n a_k (1 + Tr(Sigma_k D) / n)``, which is n_k."""
    found = public(case)
    d = np.linalg.inv(found.weights[0] * oracles.dense(case[0]) + found.weights[1] * oracles.dense(case[1]))
    return float(rows(case) * found.weights[k] * (1 + np.trace(oracles.dense(case[k]) @ d) / rows(case)))


UNDER_EQUATIONS = identity(
    "highdim.risk.under.equations",
    "The weights solve (E1) and (E2), and the equivalent forms of the equations and of the risk hold.",
    r"a_t+a_s=1-\tfrac pn,\quad a_k+\tfrac1n\operatorname{Tr}[a_k\Sigma_kD]=\tfrac{n_k}n,\quad "
    r"\mathcal R=\sigma^2\frac{p+na_s-n_s}{na_t},\quad na_t=\frac{n_t}{1+\mathcal R/\sigma^2}",
    "n > p; four pairs of covariances, diagonal, Toeplitz and turned, over six decades; noise variance 0.7",
    paper("C1", "Theorem 4.1", "K11") + "; the equivalent forms are derived in this project",
    [
        ("relative spectrum", under(lambda c: np.sort(spectra.relative_spectrum(c[0], c[1]))), under(_lam)),
        ("weights", under(lambda c: public(c).weights), under(_a)),
        (
            "weights, two equations solved",
            lambda: public(UNDER[0]).weights,
            lambda: oracles.lam_weights(_lam(UNDER[0]), 4, 14),
        ),
        ("E1", under(lambda c: public(c).weights.sum()), under(lambda c: 1 - dimension(c) / rows(c))),
        ("E2", under(lambda c: _second(c, 1)), under(lambda c: c[3] / rows(c))),
        ("E2'", under(lambda c: _second(c, 0)), under(lambda c: c[2] / rows(c))),
        ("risk", under(lambda c: public(c).risk), under(_under_risk)),
        (
            "risk, from the spectrum",
            under(lambda c: public(c).risk),
            under(lambda c: NOISE / rows(c) * np.sum(1 / (_a(c)[1] * _lam(c) + _a(c)[0]))),
        ),
        (
            "E3",
            under(lambda c: public(c).risk),
            under(lambda c: NOISE * (dimension(c) + rows(c) * _a(c)[1] - c[3]) / (rows(c) * _a(c)[0])),
        ),
        (
            "E4, real rows",
            under(lambda c: rows(c) * public(c).weights[0] * (1 + public(c).risk / NOISE)),
            under(lambda c: c[2]),
        ),
        ("E4, synthetic rows", under(lambda c: _excess(c, 1)), under(lambda c: c[3])),
        ("no bias", under(lambda c: public(c, np.ones(6)).bias), under(lambda c: 0.0)),
    ],
    [
        FormulaMutant("a_t and a_s exchanged", lambda: [None, each(UNDER, lambda c: _a(c)[::-1]), *[None] * 10]),
        FormulaMutant(
            "no correction by p/n",
            lambda: [None, each(UNDER, lambda c: np.array(c[2:]) / rows(c)), *[None] * 10],
        ),
    ],
    rtol=1e-8,
)

# Special cases ---------------------------------------------------------------------------------------------------


def _multiple(eta: float) -> float:
    """Return the risk for Sigma_s = eta Sigma_t, n_t = 4, n_s = 14, p = 6: the root of a quadratic equation."""
    p, n_t, n = 6, 4, 18
    c = 1 - p / n
    # a (a + eta (c - a)) + (p/n) a = (n_t/n) (a + eta (c - a)), a = a_t
    roots = np.roots([1 - eta, eta * c + p / n - n_t / n * (1 - eta), -n_t / n * eta * c])
    a_t = float(next(r for r in roots if 0 < r < c))
    return p / n / (a_t + eta * (c - a_t))


MAP = _turned(np.linspace(0.5, 3.0, 6), 7) @ np.tril(np.ones((6, 6)))

SPECIAL = identity(
    "highdim.risk.under.special_cases",
    "Special cases with more rows than dimensions: equal and proportional covariances, one kind of rows alone, and "
    "covariances seen through one linear map.",
    r"\Sigma_s=\Sigma_t:\ a_k=\tfrac{n_k}n(1-\tfrac pn),\ \mathcal R=\sigma^2\tfrac p{n-p};\qquad "
    r"n_t=0:\ \mathcal R=\tfrac{\sigma^2}{n-p}\sum_i\tfrac1{\lambda_i}",
    "n_t = 4, n_s = 14, p = 6",
    derived("C1, special cases", "K11"),
    [
        ("equal covariances, weights", lambda: excess_risk(STEEP, STEEP, 4, 14).weights, lambda: [4 / 27, 14 / 27]),
        ("equal covariances", lambda: excess_risk(STEEP, STEEP, 4, 14).risk, lambda: 0.5),
        (
            "proportional covariances",
            lambda: [excess_risk(STEEP, eta * STEEP, 4, 14).risk for eta in (0.1, 3.0)],
            lambda: [_multiple(eta) for eta in (0.1, 3.0)],
        ),
        (
            "synthetic rows alone",
            lambda: [excess_risk(*case[:2], 0, 18).risk for case in UNDER],
            lambda: [np.sum(1 / _lam(case)) / 12 for case in UNDER],
        ),
        (
            "real rows alone",
            lambda: [excess_risk(*case[:2], 18, 0).risk for case in UNDER],
            lambda: [0.5] * len(UNDER),
        ),
        (
            "one linear map",
            lambda: each(
                UNDER[:3],
                lambda c: public((MAP @ oracles.dense(c[0]) @ MAP.T, MAP @ oracles.dense(c[1]) @ MAP.T, *c[2:])).risk,
            ),
            lambda: each(UNDER[:3], _under_risk),
        ),
    ],
    [
        FormulaMutant("p / n", lambda: [None, 1 / 3, *[None] * 4]),
        FormulaMutant(
            "sum of the eigenvalues", lambda: [*[None] * 3, [np.sum(_lam(c)) / 12 for c in UNDER], None, None]
        ),
    ],
    rtol=1e-8,
)

# Three populations -----------------------------------------------------------------------------------------------

THREE = (np.diag(STEEP), _turned(STEEP), oracles.kms(6, 0.7))
WIDE_THREE = (np.diag(WIDE), _turned(WIDE, 3), oracles.kms(10, 0.7))


def _mixture_bias(test: int) -> list[float]:
    found = excess_risk_mixture(WIDE_THREE, [2, 1, 3], test=test, noise_var=NOISE, beta=BETA)
    return [found.variance, float(found.bias or np.nan)]


def _reference_bias(test: int) -> list[float]:
    variance, bias = oracles.mixture_risk(WIDE_THREE, [2, 1, 3], BETA, test=test)
    return [NOISE * variance, bias]


POPULATIONS = identity(
    "highdim.risk.populations",
    "Any number of populations: the equations, a test point from any of them, and populations that are the same.",
    r"a_k+\tfrac1n\operatorname{Tr}[a_k\Sigma_kD]=\tfrac{n_k}n,\qquad b_k\operatorname{Tr}[\Sigma_kT]=n_k",
    "three covariances that do not commute; n = 18 > p = 6 and n = 6 < p = 10",
    derived("C1 and C2 for K populations"),
    [
        (
            "weights, n > p",
            lambda: excess_risk_mixture(THREE, [3, 5, 10]).weights,
            lambda: oracles.mixed_weights(THREE, [3, 5, 10]),
        ),
        (
            "risk, n > p",
            lambda: [excess_risk_mixture(THREE, [3, 5, 10], test=k, noise_var=NOISE).risk for k in range(3)],
            lambda: [NOISE * oracles.mixture_risk(THREE, [3, 5, 10], test=k)[0] for k in range(3)],
        ),
        (
            "weights, n < p",
            lambda: excess_risk_mixture(WIDE_THREE, [2, 1, 3], beta=BETA).weights,
            lambda: oracles.over_weights(WIDE_THREE, [2, 1, 3]),
        ),
        (
            "variance and bias, n < p",
            lambda: [value for k in range(3) for value in _mixture_bias(k)],
            lambda: [value for k in range(3) for value in _reference_bias(k)],
        ),
        (
            "two of a kind, n > p",
            lambda: excess_risk_mixture([THREE[0], THREE[1], THREE[1]], [3, 5, 10]).risk,
            lambda: oracles.mixture_risk(THREE[:2], [3, 15])[0],
        ),
        (
            "a population without rows, n < p",
            lambda: excess_risk_mixture(WIDE_THREE, [0, 3, 3], noise_var=NOISE, beta=PRIOR).risk,
            lambda: NOISE * _without_rows()[0] + _without_rows()[1],
        ),
    ],
    [FormulaMutant("rows in proportion", lambda: [np.array([3, 5, 10]) / 18 * (1 - 6 / 18), *[None] * 5])],
    rtol=1e-7,
)


def _without_rows() -> tuple[float, float]:
    """Return variance and bias at a test point whose population has no rows."""
    return oracles.mixture_risk(WIDE_THREE, [0, 3, 3], PRIOR)


CLAIMS: tuple[Claim, ...] = (UNDER_EQUATIONS, SPECIAL, POPULATIONS)
