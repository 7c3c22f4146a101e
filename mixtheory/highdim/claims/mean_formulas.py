r"""Identities of the formulas for means, n > p: the mean term, its bound, and the rules for the risk (C3, C4)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import mean_oracles, oracles
from mixtheory.highdim.claims.parts import Array, derived, identity
from mixtheory.highdim.claims.rule_oracle import rule_with_shares
from mixtheory.verification import Claim, FormulaMutant

__all__ = ["CLAIMS"]


def _cases() -> list[tuple[Any, Any, int, int, Array, Array]]:
    """Return covariances, counts and means: diagonal, dense and rotated, with and without real rows."""
    rng = np.random.default_rng(3)
    turn = oracles.rotation(6)
    rotated = turn @ np.diag(np.linspace(0.4, 2.0, 6)) @ turn.T
    return [
        (np.ones(5), np.array([0.3, 0.6, 1.0, 1.4, 2.0]), 4, 9, rng.normal(size=5), rng.normal(size=5)),
        (oracles.kms(6, 0.7), (rotated + rotated.T) / 2, 5, 8, 3.0 * rng.normal(size=6), rng.normal(size=6)),
        (oracles.kms(6, 0.5), np.ones(6), 1, 14, 9.0 * np.ones(6), 9.0 * np.ones(6)),
        (np.array([2.0, 0.5, 1.0]), oracles.kms(3, -0.4), 0, 8, rng.normal(size=3), np.array([1.0, 0.0, 2.0])),
        (np.array([2.0, 0.5, 1.0]), oracles.kms(3, -0.4), 6, 3, np.zeros(3), np.array([1.0, 0.0, 2.0])),
    ]


def _lengths() -> list[tuple[Any, Any, int, int, Array, Array]]:
    """Return the problems with real rows, with means of random directions and lengths over six decades."""
    rng = np.random.default_rng(6)
    return [
        (*case[:4], *(10 ** rng.uniform(-2, 4, size=(2, 1)) * rng.normal(size=(2, case[4].size))))
        for case in _mixed_cases()
        for _ in range(25)
    ]


def _rows() -> tuple[Array, Array]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(7, 4)) + 5.0, rng.normal(size=(6, 4)) * np.array([0.5, 1.0, 2.0, 1.0]) - 3.0


def _mixed_cases() -> list[tuple[Any, Any, int, int, Array, Array]]:
    return [case for case in _cases() if case[2]]


FORMULAS = identity(
    "highdim.means.formulas",
    "Mean term, its bound, the bound of the trace's change, and the rules for the risk with means, n > p.",
    r"\frac{\sigma^2}{n}\bigl[(K^{-1}+\operatorname{diag}(a_t,a_s))^{-1}\bigr]_{tt}"
    r"=\frac{\sigma^2}{n}\mu_t^\top(a_t\Psi_t+a_s\Psi_s)^{-1}\mu_t",
    "diagonal, dense and rotated covariances, no real rows included; sigma^2 = 1.7",
    derived("C3, C4", "K3"),
    [
        (
            "mean term",
            lambda: [mean_shift.mean_term(*case, noise_var=1.7) for case in _cases()],
            lambda: [1.7 * mean_oracles.mean_term(*case) for case in _cases()],
        ),
        (
            "bound of the mean term",
            lambda: [mean_shift.mean_term_bound(*case[:4], noise_var=1.7) for case in _mixed_cases()],
            lambda: [1.7 * (1 + oracles.mixture_risk(case[:2], case[2:4])[0]) / case[2] for case in _mixed_cases()],
        ),
        (
            "share of means within the bound",
            lambda: np.mean(
                [mean_shift.mean_term(*case) <= mean_shift.mean_term_bound(*case[:4]) for case in _lengths()]
            ),
            lambda: 1.0,
        ),
        (
            "bound of the trace's change",
            lambda: [
                mean_shift.trace_change_bound(*_rows(), oracles.kms(4, 0.6), noise_var=1.7),
                mean_shift.trace_change_bound(_rows()[0], np.empty((0, 4)), np.arange(1.0, 5.0)),
            ],
            lambda: [
                1.7 * np.sum(mean_oracles.scatter_eigenvalues(_rows(), oracles.kms(4, 0.6))[:2]),
                mean_oracles.scatter_eigenvalues(_rows()[:1], np.arange(1.0, 5.0))[0],
            ],
        ),
        (
            "rule with shares",
            lambda: [
                equivalents.excess_risk(
                    *case[:4], noise_var=1.7, mu_t=case[4], mu_s=case[5], fit_intercept=intercept
                ).risk
                for case in _mixed_cases()
                for intercept in (False, True)
            ],
            lambda: [
                1.7 * rule_with_shares((t, s), (n_t, n_s), (x, y), intercept=intercept)[0]
                for t, s, n_t, n_s, x, y in _mixed_cases()
                for intercept in (False, True)
            ],
        ),
        (
            "second moments as covariances",
            lambda: [
                equivalents.excess_risk(
                    oracles.second_moment(t, x), oracles.second_moment(s, y), n_t, n_s, noise_var=1.7
                ).risk
                for t, s, n_t, n_s, x, y in _mixed_cases()
            ],
            lambda: [1.7 * mean_oracles.rule_risk(*case) for case in _mixed_cases()],
        ),
    ],
    [
        FormulaMutant("the mean term drops out", lambda: [[0.0] * 5, *[None] * 5]),
        FormulaMutant("the bound is passed", lambda: [None, None, 0.0, *[None] * 3]),
        FormulaMutant(
            "the means drop out of the rule",
            lambda: [*[None] * 5, [1.7 * oracles.mixture_risk(c[:2], c[2:4])[0] for c in _mixed_cases()]],
        ),
        FormulaMutant(
            "real and synthetic rows exchanged",
            lambda: [[1.7 * mean_oracles.mean_term(s, t, m, n, x, y) for t, s, n, m, x, y in _cases()], *[None] * 5],
        ),
    ],
    rtol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (FORMULAS,)
