r"""Claims about ridge regression on real and synthetic rows: its risk and its best penalty."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.highdim import ridge
from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.pairs import bracket, log_ratios
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, identity, leading_components, side_by_side
from mixtheory.highdim.claims.ridge_formulas import CASES, SIX, SLANTED
from mixtheory.highdim.kernels import draw_design
from mixtheory.verification import Claim, EmpiricalBernstein, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS"]

# Simulation ------------------------------------------------------------------------------------------------------

SIZES = (8, 16, 32)
NOISE = 0.7


def _problem(p: int) -> tuple[Array, Array, Array]:
    """Return Sigma_t, Sigma_s and E beta beta^T as diagonals; all three differ, no two have a pooled mean alike."""
    return halves(p, 0.5, 1.5), halves(p, 3.0, 0.3), halves(p, 1.5, 0.5) / p


def _rows(
    p: int,
    counts: tuple[int, int],
    penalties: Sequence[float],
    problem: tuple[Array, Array, Array] | None = None,
    test: int = 0,
) -> Simulate:
    """Return the simulator of the risk given the rows, one column a penalty, the same rows for all."""
    sigma_t, sigma_s, prior = problem or _problem(p)
    n, metric = sum(counts), (sigma_t, sigma_s)[test]
    deviations = np.sqrt(np.repeat([sigma_t, sigma_s], counts, axis=0))

    def risk(scatter: Array, penalty: float) -> Array:
        q = np.linalg.inv(scatter + penalty * np.eye(p))
        # Q Sigma Q; the variance is its trace with the scatter, the bias its diagonal with the prior
        middle = (q * metric) @ q
        variance = np.einsum("kij,kij->k", middle, scatter) / n
        return np.asarray(NOISE * variance + penalty**2 * np.einsum("kii,i->k", middle, prior))

    def simulate(rng: Generator, size: int) -> Array:
        x = draw_design(rng, size * n, p).reshape(size, n, p) * deviations
        scatter = np.swapaxes(x, 1, 2) @ x / n
        return np.column_stack([risk(scatter, z) for z in penalties])

    return simulate


def _public(p: int, counts: tuple[int, int], penalty: float) -> float:
    sigma_t, sigma_s, prior = _problem(p)
    return float(ridge.ridge_risk(sigma_t, sigma_s, *counts, penalty, noise_var=NOISE, beta=np.diag(prior)).risk)


@functools.cache
def _reference(p: int, counts: tuple[int, int], penalty: float) -> float:
    sigma_t, sigma_s, prior = _problem(p)
    variance, bias = oracles.ridge_risk([sigma_t, sigma_s], counts, penalty, np.diag(prior))
    return NOISE * variance + bias


PENALTY = 0.3


def _quarter(p: int) -> tuple[int, int]:
    """Return a real row for every four dimensions and three synthetic ones: n = p, where least squares has no risk."""
    return p // 4, 3 * p // 4


def _sizes(penalty: float, swap: bool = False, test: int = 0) -> Simulate:
    def problem(p: int) -> tuple[Array, Array, Array]:
        sigma_t, sigma_s, prior = _problem(p)
        return sigma_t, sigma_s, prior[::-1] if swap else prior

    return side_by_side([_rows(p, _quarter(p), [penalty], problem(p), test) for p in SIZES])


RISK = Claim(
    name="highdim.ridge.risk",
    statement="The risk of ridge regression on real and synthetic rows, to leading order in the dimension.",
    latex=r"\mathcal R(z)=\sigma^2(c_t+c_s-1)+z^2\operatorname{Tr}[S_\beta Q(c_t\Sigma_t+c_s\Sigma_s)Q]",
    assumptions="n = p with a quarter real rows, z = 0.3, noise variance 0.7, two blocks of different variances; "
    "finite-size term 0.2/p, twice what was found on other seeds at p = 8 to 32",
    source=derived("ridge path of C1 and C2"),
    kind="equality",
    margin_class="leading order",
    components=leading_components(
        "risk",
        SIZES,
        lambda p: _public(p, _quarter(p), PENALTY),
        lambda p: _reference(p, _quarter(p), PENALTY),
        finite_size=0.2,
        skewness=1.5,
        intercept_skewness=0.1,
        oracle_rtol=1e-8,
    ),
    simulate=_sizes(PENALTY),
    block_size=2**9,
    mutants=(
        SimulatorMutant("z n / (n + p) for z", _sizes(PENALTY / 2)),
        SimulatorMutant("a synthetic test point", _sizes(PENALTY, test=1)),
        SimulatorMutant("prior of the other block", _sizes(PENALTY, swap=True)),
        FormulaMutant("variance alone", lambda: [NOISE * _noise_part(p) for p in (*SIZES, SIZES[0])]),
    ),
)


def _noise_part(p: int) -> float:
    sigma_t, sigma_s, prior = _problem(p)
    return oracles.ridge_risk([sigma_t, sigma_s], _quarter(p), PENALTY, np.diag(prior))[0]


# The best penalty ------------------------------------------------------------------------------------------------

# E beta beta^T = 2 I / p
SIGNAL = 2.0


def _best(case: tuple[Array, Array, int, int]) -> float:
    found = ridge.optimal_penalty(*case, noise_var=NOISE, beta=SIGNAL * np.eye(6) / 6)
    return float(found.penalty)


def _lowest(case: tuple[Array, Array, int, int]) -> float:
    """Return the smallest risk over penalties for the fixed beta."""
    sigma_t, sigma_s, n_t, n_s = case

    def risk(log_z: float) -> float:
        variance, bias = oracles.ridge_risk([sigma_t, sigma_s], [n_t, n_s], math.exp(log_z), SLANTED)
        return NOISE * variance + bias

    return float(optimize.minimize_scalar(risk, bracket=(-3.0, -1.0), tol=1e-6).fun)


def _best_penalties() -> list[float]:
    """Return best penalties for the isotropic prior, then what is found for a fixed beta in two brackets."""
    values = [_best(case) for case in (CASES[0], CASES[3])]
    for bracket_ends in (None, (1.0, 8.0), (0.01, 0.02)):
        found = ridge.optimal_penalty(*CASES[0], noise_var=NOISE, beta=SLANTED, bracket=bracket_ends)
        values += [*found.bracket, found.result.risk, float(found.at_edge)]
    return values


@functools.cache
def _reference_best_penalties() -> list[float]:
    sigma_t, sigma_s, n_t, n_s = CASES[0]
    pooled = float(n_t * np.mean(sigma_t) + n_s * np.mean(sigma_s)) / (n_t + n_s)

    def risk(penalty: float) -> float:
        variance, bias = oracles.ridge_risk([sigma_t, sigma_s], [n_t, n_s], penalty, SLANTED)
        return NOISE * variance + bias

    # before the best penalty the risk falls, beyond it the risk rises
    return [
        *(NOISE * 6 / (sum(case[2:]) * SIGNAL) for case in (CASES[0], CASES[3])),
        *(1e-6 * pooled, 1e6 * pooled, _lowest(CASES[0]), 0.0),
        *(1.0, 8.0, risk(1.0), 1.0),
        *(0.01, 0.02, risk(0.02), 1.0),
    ]


OPTIMAL = identity(
    "highdim.ridge.optimal",
    "For an isotropic random beta the best penalty is sigma^2 p / (n E|beta|^2), whatever the two covariances are.",
    r"\mathbb{E}\beta\beta^T=\tfrac{b^2}{p}I:\quad z^*=\frac{\sigma^2p}{nb^2}",
    "p = 6; n above and below p, with and without common axes; for a fixed beta the smallest risk, also in "
    "brackets beyond and before it",
    derived("best penalty"),
    [("best penalties", _best_penalties, _reference_best_penalties)],
    [
        FormulaMutant("n_t for n", lambda: [[NOISE * 6 / (8 * SIGNAL), *_reference_best_penalties()[1:]]]),
        FormulaMutant(
            "tr Sigma_t for p", lambda: [[NOISE * SIX.sum() / (12 * SIGNAL), *_reference_best_penalties()[1:]]]
        ),
    ],
    rtol=1e-6,
)

P = 16
EVEN = (8, 8)
# the isotropic prior of the claim: E beta beta^T = I / p, so that the best penalty is the noise variance at n = p
ISOTROPIC = (*_problem(P)[:2], np.ones(P) / P)
FACTORS = (4.0, 0.25)


def _log_loss(factor: float) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return the predicted log risk at a multiple of the best penalty over that at the best one."""

    def risk(penalty: float) -> float:
        sigma_t, sigma_s, prior = ISOTROPIC
        return float(ridge.ridge_risk(sigma_t, sigma_s, *EVEN, penalty, noise_var=NOISE, beta=np.diag(prior)).risk)

    def closed() -> float:
        return math.log(risk(factor * NOISE) / risk(NOISE))

    def oracle() -> float:
        return math.log(_isotropic(factor * NOISE) / _isotropic(NOISE))

    return closed, oracle


@functools.cache
def _isotropic(penalty: float) -> float:
    sigma_t, sigma_s, prior = ISOTROPIC
    variance, bias = oracles.ridge_risk([sigma_t, sigma_s], EVEN, penalty, np.diag(prior))
    return NOISE * variance + bias


def _penalties(best: float, factors: Sequence[float] = FACTORS) -> Simulate:
    return log_ratios(_rows(P, EVEN, [best, *(factor * best for factor in factors)], ISOTROPIC))


LOSS = Claim(
    name="highdim.ridge.loss",
    statement="A penalty four times or a quarter of sigma^2 p / (n E|beta|^2) costs what the theory predicts.",
    latex=r"\mathbb{E}\log\frac{\mathcal R_X(4z^*)}{\mathcal R_X(z^*)},\ "
    r"\mathbb{E}\log\frac{\mathcal R_X(z^*/4)}{\mathcal R_X(z^*)}>0",
    assumptions="p = n = 16, half the rows real, noise variance 0.7, E beta beta^T = I / p; the same rows for all "
    "penalties; within a quarter of the prediction",
    source=derived("best penalty"),
    kind="difference",
    margin_class="qualitative",
    components=tuple(
        component
        for column, (factor, label) in enumerate(zip(FACTORS, ("four times", "a quarter"), strict=True))
        # eigenvalue by eigenvalue of the scatter, and thus for every draw, the ratio is at least 1 and at most 25/16;
        # the mutants need more room
        for component in bracket(
            label, *_log_loss(factor), EmpiricalBernstein(-1.0, 1.0), column=column, oracle_rtol=1e-6
        )
    ),
    simulate=_penalties(NOISE),
    block_size=2**10,
    mutants=(
        SimulatorMutant("n_t for n", _penalties(2 * NOISE)),
        SimulatorMutant("half the penalty", _penalties(NOISE / 2)),
        FormulaMutant("the penalty does not matter", lambda: [0.0] * 4),
    ),
)

CLAIMS: tuple[Claim, ...] = (RISK, OPTIMAL, LOSS)
