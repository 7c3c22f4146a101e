r"""Claims about few real rows: the mean term of the variance is O(1/n_t), bounded for means of any length (C3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import mean_oracles, mean_reductions
from mixtheory.highdim.claims.mean_parts import SIZES, block_rule, embed, limit_of, ones, slanted, sweeps
from mixtheory.highdim.claims.parts import Array, Simulate, derived, side_by_side
from mixtheory.verification import Claim, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS"]

# C3: few real rows ------------------------------------------------------------------------------------------------

FEW = (1, 4, 32)


def _few_closed(n_t: int) -> Callable[[int], float]:
    return lambda p: mean_shift.mean_term(ones(p), ones(p), n_t, 2 * p - n_t, *embed(slanted(p), p))


def _few_oracle(n_t: int) -> Callable[[int], float]:
    return lambda p: mean_oracles.block_mean_term(p, (n_t, 2 * p - n_t), slanted(p))


def _terms(n_t: int, p: int, rows: int, means: Array) -> Simulate:
    """Draw mean terms from `n_t` real rows of `rows` in all."""
    return lambda rng, n: mean_reductions.mean_term(rng, n, p, (n_t, rows - n_t), means)


def _few(cosine: float = 0.6, more: int = 0) -> Simulate:
    return side_by_side([_terms(n_t + more, p, 2 * p, slanted(p, cosine)) for n_t in FEW for p in SIZES])


def _few_unshifted(rng: Generator, n: int) -> Array:
    """Draw mean terms from real rows without a mean, the test point keeping its own."""
    columns = []
    for n_t in FEW:
        for p in SIZES:
            means = slanted(p)
            carried = mean_reductions.carry((n_t, 2 * p - n_t), means * np.array([[0.0], [1.0]]))
            columns.append(mean_reductions.quadratic(mean_reductions.span_block(rng, n, p, 2 * p, carried), means[0]))
    return np.column_stack(columns)


def _each(values: Callable[[int], float | None]) -> list[float | None]:
    """Return one value for each number of real rows, at all its sizes and in the limit."""
    return [values(n_t) for n_t in FEW for _ in range(len(SIZES) + 1)]


FEW_ROWS = Claim(
    name="highdim.means.few_real_rows",
    statement="The mean term of the variance is O(1/n_t): with few real rows the means matter, as C3 says.",
    latex=r"\sigma^2\mu_t^\top(X^\top X)^{-1}\mu_t\to\frac{\sigma^2}{n}"
    r"\bigl[(K^{-1}+\operatorname{diag}(a_t,a_s))^{-1}\bigr]_{tt}",
    assumptions="n = 2p, unit covariances, Gaussian rows, means of length 2 sqrt(p) at cosine 0.6; 1, 4 and 32 real "
    "rows; finite-size term calibrated at p = 25 to 200 on other seeds (at most 0.5/p)",
    source=derived("C3", "K3"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"{n_t} real rows",
                _few_closed(n_t),
                _few_oracle(n_t),
            )
            for n_t in FEW
        ],
        finite_size=0.8,
        skewness=0.25,
    ),
    simulate=_few(),
    block_size=2048,
    mutants=(
        FormulaMutant("the means drop out", lambda: _each(lambda n_t: 0.0)),
        FormulaMutant("bound for the term", lambda: _each(lambda n_t: 2.0 / n_t)),
        FormulaMutant(
            "no real rows", lambda: _each(lambda n_t: mean_oracles.block_mean_term(800, (0, 1600), slanted(800)))
        ),
        SimulatorMutant("parallel means", _few(cosine=1.0)),
        SimulatorMutant("one real row more", _few(more=1)),
        SimulatorMutant("real rows without their mean", _few_unshifted),
    ),
)

RISK_FEW = (1, 4)


def _few_risk(n_t: int) -> Callable[[int], float]:
    """Return what the means add to the risk with `n_t` real rows of 2p; without them it is 1."""

    def added(p: int) -> float:
        mu_t, mu_s = embed(slanted(p), p)
        return equivalents.excess_risk(ones(p), ones(p), n_t, 2 * p - n_t, mu_t=mu_t, mu_s=mu_s).risk - 1.0

    return added


def _plain_rule(n_t: int) -> float:
    return limit_of(lambda p: mean_oracles.block_risk(p, (n_t, 2 * p - n_t), slanted(p)) - 1.0)


def _few_effects(cosine: float = 0.6, more: int = 0) -> Simulate:
    def one(n_t: int, p: int) -> Simulate:
        counts = (n_t + more, 2 * p - n_t - more)
        return lambda rng, n: mean_reductions.mean_effect(rng, n, p, counts, slanted(p, cosine)) / (2 * p)

    return side_by_side([one(n_t, p) for n_t in RISK_FEW for p in SIZES])


FEW_RISK = Claim(
    name="highdim.means.few_real_rows.risk",
    statement="With few real rows the risk rises by the mean term: covariance and mean need weights of their own, one "
    "second moment in the fixed point overstates it.",
    latex=r"R(\mu)-R(0)\to\frac{\sigma^2}{n}\bigl[(K^{-1}+\operatorname{diag}(a_t,a_s))^{-1}\bigr]_{tt}",
    assumptions="n = 2p, unit covariances, Gaussian rows, means of length 2 sqrt(p) at cosine 0.6; 1 and 4 real rows; "
    "finite-size term calibrated at p = 32 to 800 on other seeds (at most 0.9/p)",
    source=derived("C3, C4", "K3"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"{n_t} real rows",
                _few_risk(n_t),
                lambda p, n_t=n_t: block_rule(p, (n_t, 2 * p - n_t), slanted(p)) - 1.0,  # type: ignore[misc]
            )
            for n_t in RISK_FEW
        ],
        finite_size=1.2,
        skewness=0.25,
        oracle_rtol=1e-8,
    ),
    simulate=_few_effects(),
    block_size=2048,
    mutants=(
        FormulaMutant("plain second-moment rule", lambda: [_plain_rule(n_t) for n_t in RISK_FEW for _ in range(4)]),
        SimulatorMutant("parallel means", _few_effects(cosine=1.0)),
        SimulatorMutant("one real row more", _few_effects(more=1)),
    ),
)

# C3: the bound ----------------------------------------------------------------------------------------------------

BOUND_ROWS = (1, 8)
LONG = 1000.0


def _long(length: float = LONG, more: int = 0) -> Simulate:
    return side_by_side([_terms(n_t + more, p, 3 * p, slanted(p, length=length)) for n_t in BOUND_ROWS for p in SIZES])


def _bound(n_t: int) -> Callable[[int], float]:
    return lambda p: mean_shift.mean_term_bound(ones(p), ones(p), n_t, 3 * p - n_t)


BOUND = Claim(
    name="highdim.means.bound",
    statement="Long means reach the bound (sigma^2 + R_u)/n_t of the mean term, which no length passes.",
    latex=r"\sup_{\mu_t,\mu_s}\sigma^2\mu_t^\top(X^\top X)^{-1}\mu_t\to\frac{\sigma^2}{na_t}=\frac{\sigma^2+R_u}{n_t}",
    assumptions="n = 3p, unit covariances, Gaussian rows, means of length 1000 sqrt(p) at cosine 0.6; finite-size term "
    "from the exact mean (n - 3)/(n_t (n - p - 1)) for infinitely long means (0.5/p)",
    source=derived("C3"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"{n_t} real rows",
                _bound(n_t),
                # p / (n - p) = 1/2 is the risk for equal covariances
                lambda p, n_t=n_t: 1.5 / n_t,  # type: ignore[misc]
            )
            for n_t in BOUND_ROWS
        ],
        finite_size=0.55,
        skewness=0.2,
    ),
    simulate=_long(),
    block_size=2048,
    mutants=(
        FormulaMutant("no risk in the bound", lambda: [1.0 / n_t for n_t in BOUND_ROWS for _ in range(4)]),
        FormulaMutant("bound by all rows", lambda: [1.5 / (3 * p) for _ in BOUND_ROWS for p in (*SIZES, 1e9)]),
        SimulatorMutant("means of length sqrt(p)/2", _long(length=0.5)),
        SimulatorMutant("one real row more", _long(more=1)),
    ),
)

# n < p --------------------------------------------------------------------------------------------------------------


def _over_closed(n_t: int) -> Callable[[int], float]:
    return lambda p: mean_shift.mean_term(ones(p), ones(p), n_t, p // 2 - n_t, *embed(slanted(p), p))


def _over_terms(cosine: float = 0.6, more: int = 0) -> Simulate:
    def one(n_t: int, p: int) -> Simulate:
        counts, means = (n_t + more, p // 2 - n_t - more), slanted(p, cosine)
        return lambda rng, n: mean_reductions.over_mean_term(rng, n, p, counts, means)

    return side_by_side([one(n_t, p) for n_t in RISK_FEW for p in SIZES])


OVER = Claim(
    name="highdim.means.few_real_rows.over",
    statement="With n < p the mean term of the variance is O(1/n_t) too, given by the second moments and mean-free "
    "weights.",
    latex=r"\sigma^2\mu_t^\top(X^\top X)^+\mu_t\to\sigma^2\mu_t^\top T_\Psi(w_t\Psi_t+w_s\Psi_s)T_\Psi\mu_t,"
    r"\quad(N-G)w=\mathbf{1}",
    assumptions="n = p/2, unit covariances, Gaussian rows, means of length 2 sqrt(p) at cosine 0.6; 1 and 4 real rows; "
    "finite-size term calibrated at p = 200 to 3,200 on other seeds (at most 0.7/p)",
    source=derived("C3, C6"),
    kind="equality",
    margin_class="leading order",
    components=sweeps(
        [
            (
                f"{n_t} real rows",
                _over_closed(n_t),
                lambda p, n_t=n_t: mean_oracles.block_over_mean_term(p, (n_t, p // 2 - n_t), slanted(p)),  # type: ignore[misc]
            )
            for n_t in RISK_FEW
        ],
        finite_size=1.0,
        skewness=0.3,
    ),
    simulate=_over_terms(),
    block_size=2048,
    mutants=(
        FormulaMutant("the mean drops out", lambda: [0.0] * 8),
        FormulaMutant("(sigma^2 + Var)/n_t", lambda: [2.0 / n_t for n_t in RISK_FEW for _ in range(4)]),
        SimulatorMutant("parallel means", _over_terms(cosine=1.0)),
        SimulatorMutant("one real row more", _over_terms(more=1)),
    ),
)

CLAIMS: tuple[Claim, ...] = (FEW_ROWS, FEW_RISK, BOUND, OVER)
