r"""Exact laws of training on synthetic rows alone, on whole designs, and the formulas for n_t = 0 (C5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import mean_oracles, oracles
from mixtheory.highdim.claims.parts import Array, Simulate, derived, identity, paper
from mixtheory.highdim.kernels import conditional_risk
from mixtheory.verification import Claim, Component, FormulaMutant, Relative, SimulatorMutant, StudentT

__all__ = ["CLAIMS"]

# Exact laws, on whole designs -------------------------------------------------------------------------------------

EXACT_P, EXACT_N = 8, 192


def _exact_case() -> tuple[Any, Any, int, Array, Array]:
    """Return covariances that do not commute, the number of rows and means that are not aligned."""
    return (
        oracles.kms(EXACT_P, 0.5),
        np.linspace(0.5, 1.5, EXACT_P),
        EXACT_N,
        np.ones(EXACT_P),
        np.linspace(-0.4, 1.0, EXACT_P),
    )


def _kernel_risk(rng: Generator, n: int, rows: int, mu_t: Array, mu_s: Array, intercept: bool) -> Array:
    sigma_t, sigma_s = _exact_case()[:2]
    values, vectors = np.linalg.eigh(sigma_t)
    roots = ((vectors * np.sqrt(values)) @ vectors.T, np.diag(np.sqrt(sigma_s)))
    drawn = conditional_risk(rng, n, (0, rows), roots, means=(mu_t, mu_s), fit_intercept=intercept)
    return drawn["variance"] + drawn["mean_term"]


def _exact(*, rows: int = EXACT_N, share: float = 1.0, intercept: bool = False, common: float = 0.0) -> Simulate:
    """Simulate the risk; `share` multiplies the synthetic mean before `common` is added to every entry of both."""
    mu_t, mu_s = _exact_case()[3:]
    return lambda rng, n: _kernel_risk(rng, n, rows, mu_t + common, share * mu_s + common, intercept)


EXACT = Claim(
    name="highdim.means.synthetic_only.exact",
    statement="For normal rows the mean risk of training on synthetic rows alone is known exactly.",
    latex=r"\mathbb{E}R=\frac{\sigma^2}{n-p-1}\Bigl[\operatorname{Tr}\Sigma_t\Sigma_s^{-1}+m_{tt}"
    r"-{}_1F_1\bigl(1;\tfrac n2+1;-\tfrac n2m_{ss}\bigr)(m_{ts}^2+s^\top\Sigma_ts)\Bigr],\quad s=\Sigma_s^{-1}\mu_s",
    assumptions="p = 8, n = 192, Gaussian rows, KMS (0.5) real and diagonal synthetic covariance, means in general "
    "position",
    source=derived("C5", "K5"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="risk",
            closed=lambda: mean_shift.synthetic_only_risk(*_exact_case(), finite_sample=True),
            oracle=lambda: mean_oracles.synthetic_only_exact(*_exact_case()),
            margin=Relative(0.0025),
            interval=StudentT(0.42),
        ),
    ),
    simulate=_exact(),
    block_size=2048,
    mutants=(
        FormulaMutant("printed form", lambda: mean_oracles.synthetic_only(*_exact_case(), printed=True)),
        SimulatorMutant("three rows fewer", _exact(rows=EXACT_N - 3)),
        SimulatorMutant("half of the synthetic mean", _exact(share=0.5)),
        SimulatorMutant("fit with intercept", _exact(intercept=True)),
    ),
)

# added to every entry of both means: it must do nothing
COMMON = 2.0


def _intercept_oracle() -> float:
    """Return 1/n plus the trace of a second moment against the mean inverse of the centred scatter."""
    sigma_t, sigma_s, n, mu_t, mu_s = _exact_case()
    source = oracles.dense(sigma_s)
    spread = oracles.second_moment(oracles.dense(sigma_t) + source / n, mu_t - mu_s)
    return 1.0 / n + float(np.trace(np.linalg.inv(source) @ spread)) / (n - EXACT_P - 2)


INTERCEPT = Claim(
    name="highdim.means.synthetic_only.intercept",
    statement="With an intercept only the shift d of the mean matters; for normal rows the mean risk is known exactly.",
    latex=r"\mathbb{E}R=\sigma^2\Bigl(\frac1n+\frac{\operatorname{Tr}\Sigma_t\Sigma_s^{-1}+d^\top\Sigma_s^{-1}d+p/n}"
    r"{n-p-2}\Bigr),\quad d=\mu_t-\mu_s",
    assumptions="p = 8, n = 192, Gaussian rows, KMS (0.5) real and diagonal synthetic covariance, means in general "
    "position with 2 added to every entry of both",
    source=derived("C5", "K5"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="risk",
            closed=lambda: mean_shift.synthetic_only_intercept_risk(
                *_exact_case()[:3], *(mean + COMMON for mean in _exact_case()[3:]), finite_sample=True
            ),
            oracle=_intercept_oracle,
            margin=Relative(0.0025),
            interval=StudentT(0.42),
        ),
    ),
    simulate=_exact(intercept=True, common=COMMON),
    block_size=2048,
    mutants=(
        FormulaMutant("no intercept", lambda: mean_oracles.synthetic_only_exact(*_exact_case())),
        SimulatorMutant("fit without intercept", _exact(common=COMMON)),
        SimulatorMutant("half of the synthetic mean", _exact(share=0.5, intercept=True, common=COMMON)),
    ),
)

# Formulas ---------------------------------------------------------------------------------------------------------


def _leading_intercept(case: tuple[Any, Any, int, Array, Array]) -> float:
    sigma_t, sigma_s, n, mu_t, mu_s = case
    inverse = np.linalg.inv(oracles.dense(sigma_s))
    moved = oracles.second_moment(sigma_t, mu_t - mu_s)
    return (1.0 + float(np.trace(moved @ inverse))) / (n - len(inverse))


def _cases() -> list[tuple[Any, Any, int, Array, Array]]:
    rng = np.random.default_rng(7)
    return [
        _exact_case(),
        (np.array([2.0, 0.5, 1.0]), np.array([0.3, 1.0, 4.0]), 9, rng.normal(size=3), 5.0 * rng.normal(size=3)),
        (np.array([2.0, 0.5, 1.0]), oracles.kms(3, -0.4), 8, np.array([9.0, 0.0, 1.0]), np.array([0.1, 0.0, 0.2])),
        (oracles.kms(5, 0.8), oracles.kms(5, 0.2), 11, np.zeros(5), np.ones(5)),
    ]


def _without_mean() -> tuple[Any, Any, int, Array, Array]:
    return (*_exact_case()[:4], np.zeros(EXACT_P))


FORMULAS = identity(
    "highdim.means.synthetic_only.formulas",
    "Refined, printed and exact forms of the risk for n_t = 0, with and without intercept.",
    r"m_{tt}-\frac{m_{ts}^2}{1+m_{ss}}=\mu_t^\top(\Sigma_s+\mu_s\mu_s^\top)^{-1}\mu_t",
    "diagonal and dense covariances, short and long means; sigma^2 = 1.7",
    paper("C5", "Proposition 4.2 (printed form)", "K5") + "; the other forms " + derived("C5"),
    [
        (
            "refined",
            lambda: [mean_shift.synthetic_only_risk(*case, noise_var=1.7) for case in _cases()],
            lambda: [1.7 * mean_oracles.synthetic_only(*case) for case in _cases()],
        ),
        (
            "printed",
            lambda: [mean_shift.synthetic_only_risk(*case, noise_var=1.7, form="printed") for case in _cases()],
            lambda: [1.7 * mean_oracles.synthetic_only(*case, printed=True) for case in _cases()],
        ),
        (
            "exact",
            lambda: [
                mean_shift.synthetic_only_risk(*case, noise_var=1.7, finite_sample=True)
                for case in (*_cases(), _without_mean())
            ],
            lambda: [1.7 * mean_oracles.synthetic_only_exact(*case) for case in (*_cases(), _without_mean())],
        ),
        (
            "with intercept",
            lambda: [mean_shift.synthetic_only_intercept_risk(*case, noise_var=1.7) for case in _cases()],
            lambda: [1.7 * _leading_intercept(case) for case in _cases()],
        ),
        (
            "with intercept, exact",
            lambda: mean_shift.synthetic_only_intercept_risk(*_exact_case(), noise_var=1.7, finite_sample=True),
            lambda: 1.7 * _intercept_oracle(),
        ),
        (
            "general function",
            lambda: [
                equivalents.excess_risk(t, s, 0, n, noise_var=1.7, mu_t=x, mu_s=y, fit_intercept=intercept).risk
                for t, s, n, x, y in _cases()
                for intercept in (False, True)
            ],
            lambda: [
                1.7 * value
                for case in _cases()
                for value in (mean_oracles.synthetic_only(*case), _leading_intercept(case))
            ],
        ),
    ],
    [
        FormulaMutant(
            "m_ss for 1 + m_ss",
            lambda: [[1.7 * mean_oracles.synthetic_only(*case, printed=True) for case in _cases()], *[None] * 5],
        ),
        FormulaMutant(
            "leading order for the exact law",
            lambda: [
                *[None] * 2,
                [1.7 * mean_oracles.synthetic_only(*case) for case in (*_cases(), _without_mean())],
                *[None] * 3,
            ],
        ),
    ],
    rtol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (EXACT, INTERCEPT, FORMULAS)
