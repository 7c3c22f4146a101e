r"""Claims about n < p on whole designs, with coefficients along a mean, and the formulas for n < p with means (C6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import mean_oracles, oracles
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity
from mixtheory.highdim.claims.rule_oracle import rule_with_shares
from mixtheory.highdim.kernels import conditional_risk
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS"]

Counts = tuple[int, int]

# Unequal covariances, on whole designs ------------------------------------------------------------------------------

DESIGN_P = 40
DESIGN_COUNTS = (10, 20)
# as long as it takes for the bias along the real mean to differ from the mean-free one
LENGTH = 2.0
# far from all biases that occur
DESIGN_CUT = 2.0


def _design() -> tuple[Array, Array, Array, Array]:
    """Return covariances and directions of the means: along the ones, and orthogonal to them."""
    mean = np.full(DESIGN_P, DESIGN_P**-0.5)
    return np.ones(DESIGN_P), halves(DESIGN_P, 0.2, 1.8), mean, mean * np.tile([1.0, -1.0], DESIGN_P // 2)


def _designs(counts: Counts = DESIGN_COUNTS, length: float = LENGTH) -> Simulate:
    """Simulate the bias of coefficients along the real and along the synthetic mean."""
    sigma_t, sigma_s, mu_t, mu_s = _design()

    def simulate(rng: Generator, n: int) -> Array:
        drawn = conditional_risk(
            rng,
            n,
            counts,
            (np.sqrt(sigma_t), np.sqrt(sigma_s)),
            means=(length * mu_t, length * mu_s),
            betas=np.stack([mu_t, mu_s]),
        )
        return np.minimum(drawn["bias"], DESIGN_CUT)

    return simulate


def _design_bias(index: int) -> float:
    sigma_t, sigma_s, *means = _design()
    psi_t, psi_s = (oracles.second_moment(s, LENGTH * m) for s, m in zip((sigma_t, sigma_s), means, strict=True))
    bias = equivalents.excess_risk(psi_t, psi_s, *DESIGN_COUNTS, beta=means[index]).bias
    assert bias is not None
    return bias


def _design_oracle(index: int) -> float:
    sigma_t, sigma_s, *means = _design()
    moments = [oracles.second_moment(s, LENGTH * m) for s, m in zip((sigma_t, sigma_s), means, strict=True)]
    return oracles.mixture_risk(moments, DESIGN_COUNTS, means[index])[1]


def _design_free() -> list[float]:
    sigma_t, sigma_s, *means = _design()
    return [oracles.mixture_risk((sigma_t, sigma_s), DESIGN_COUNTS, mean)[1] for mean in means]


DESIGN = Claim(
    name="highdim.means.aligned.unequal",
    statement="The bias of coefficients along either mean is that of the second-moment rule, for unequal covariances "
    "too.",
    latex=r"\beta\parallel\mu_k:\quad\mathrm{Bias}\approx\beta^\top T_\Psi(c_t\Psi_t+c_s\Psi_s)T_\Psi\beta",
    assumptions="p = 40, 10 real and 20 synthetic Gaussian rows, Sigma_t = I, synthetic eigenvalues 0.2 and 1.8, "
    "orthogonal means of length 2; biases cut at 2, within 0.025, where they are 0.21 and 0.06 and mean-free 0.25",
    source=derived("C4, C6", "K6"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=label,
            closed=lambda i=i: _design_bias(i),  # type: ignore[misc]
            oracle=lambda i=i: _design_oracle(i),  # type: ignore[misc]
            margin=0.025,
            interval=EmpiricalBernstein(0.0, DESIGN_CUT),
        )
        for i, label in enumerate(("along mu_t", "along mu_s"))
    ),
    simulate=_designs(),
    block_size=512,
    mutants=(
        FormulaMutant("mean-free", _design_free),
        SimulatorMutant("no means", _designs(length=1e-9)),
        SimulatorMutant("real and synthetic counts exchanged", _designs(counts=DESIGN_COUNTS[::-1])),
        SimulatorMutant("means twice as long", _designs(length=2 * LENGTH)),
    ),
)

# Formulas -------------------------------------------------------------------------------------------------------------


def _cases() -> list[tuple[Any, Any, int, int, Array, Array, Array]]:
    """Return covariances, counts, coefficients and means."""
    rng = np.random.default_rng(9)
    turn = oracles.rotation(7)
    rotated = turn @ np.diag(np.linspace(0.3, 2.5, 7)) @ turn.T
    return [
        (np.ones(8), np.linspace(0.3, 2.0, 8), 2, 3, *rng.normal(size=(3, 8))),
        (oracles.kms(7, 0.6), (rotated + rotated.T) / 2, 3, 1, *rng.normal(size=(3, 7))),
        (oracles.kms(7, 0.6), np.ones(7), 2, 2, np.ones(7), 6.0 * np.ones(7), np.zeros(7)),
    ]


FORMULAS = identity(
    "highdim.means.aligned.formulas",
    "Variance and bias for n < p with means: leading order, and the rule that the general function uses.",
    r"T_\Psi=T-TU(\operatorname{diag}(b)^{-1}+U^\top TU)^{-1}U^\top T",
    "diagonal, dense and rotated covariances, with and without intercept; sigma^2 = 1.7",
    derived("C2, C4, C6", "K6"),
    [
        (
            "leading order",
            lambda: [mean_shift.aligned_bias(*case) for case in _cases()],
            lambda: [mean_oracles.aligned_bias(t, s, (n_t, n_s), b, (x, y)) for t, s, n_t, n_s, b, x, y in _cases()],
        ),
        (
            "mean term of the variance",
            lambda: [mean_shift.mean_term(t, s, n_t, n_s, x, y, noise_var=1.7) for t, s, n_t, n_s, _, x, y in _cases()],
            lambda: [
                1.7 * mean_oracles.over_mean_term(t, s, (n_t, n_s), (x, y)) for t, s, n_t, n_s, _, x, y in _cases()
            ],
        ),
        (
            "general function",
            lambda: [
                part
                for t, s, n_t, n_s, b, x, y in _cases()
                for intercept in (False, True)
                for result in (
                    equivalents.excess_risk(
                        t, s, n_t, n_s, noise_var=1.7, beta=b, mu_t=x, mu_s=y, fit_intercept=intercept
                    ),
                )
                for part in (result.variance, result.bias)
            ],
            lambda: [
                scale * part
                for t, s, n_t, n_s, b, x, y in _cases()
                for intercept in (False, True)
                for scale, part in zip(
                    (1.7, 1.0), rule_with_shares((t, s), (n_t, n_s), (x, y), b, intercept=intercept), strict=True
                )
            ],
        ),
        (
            "second moments as covariances",
            lambda: [
                equivalents.excess_risk(oracles.second_moment(t, x), oracles.second_moment(s, y), n_t, n_s, beta=b).bias
                for t, s, n_t, n_s, b, x, y in _cases()[:2]
            ],
            lambda: [
                oracles.mixture_risk((oracles.second_moment(t, x), oracles.second_moment(s, y)), (n_t, n_s), b)[1]
                for t, s, n_t, n_s, b, x, y in _cases()[:2]
            ],
        ),
    ],
    [
        FormulaMutant(
            "mean-free",
            lambda: [[oracles.mixture_risk(case[:2], case[2:4], case[4])[1] for case in _cases()], *[None] * 3],
        ),
        FormulaMutant(
            "means exchanged",
            lambda: [
                [mean_oracles.aligned_bias(t, s, (n_t, n_s), b, (y, x)) for t, s, n_t, n_s, b, x, y in _cases()],
                *[None] * 3,
            ],
        ),
    ],
    rtol=1e-8,
)

CLAIMS: tuple[Claim, ...] = (DESIGN, FORMULAS)
