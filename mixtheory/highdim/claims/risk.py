r"""Claims about the risk with more rows than dimensions (C1): trace, leverages, three populations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, derived, leading_components, paper
from mixtheory.highdim.claims.sweeps import NOISE, Blocks, leverage_columns, rotated, sides, trace_columns
from mixtheory.verification import Claim, Component, FormulaMutant, SimulatorMutant

__all__ = ["CLAIMS", "FEW_REAL", "SIZES", "THREE", "TIMES", "TWO_POINT"]

# far apart: the extrapolation then weights the largest by 1.5 and the noise of the smallest little
SIZES = (4, 12, 48)
TIMES = (40, 10, 1)

TWO_POINT = Blocks((np.ones(2), np.array([0.1, 1.9])), (1.25, 2.75))
ISOTROPIC = Blocks((np.ones(1), np.ones(1)), (1.5, 2.5))
TOEPLITZ = Blocks((oracles.kms(4, 0.9), oracles.kms(4, 0.3)), (1.5, 2.5))
# fewer real rows than dimensions, and axes that differ by 40 degrees
FEW_REAL = Blocks((rotated((0.4, 1.6), 0.0), rotated((0.3, 1.7), 0.7)), (0.5, 3.5))
THREE = Blocks(
    (rotated((0.5, 1.5), 0.0), rotated((0.25, 1.75), 0.5), rotated((2.0, 0.4), 1.1)),
    (1.0, 1.25, 1.75),
)

LATEX = (
    r"\mathcal R\to\frac{\sigma^2}{n}\operatorname{Tr}[\Sigma_t(a_t\Sigma_t+a_s\Sigma_s)^{-1}],\quad "
    r"a_t+a_s=1-\tfrac pn,\quad a_s+\frac1n\operatorname{Tr}[a_s\Sigma_s(a_t\Sigma_t+a_s\Sigma_s)^{-1}]=\tfrac{n_s}n"
)
SIZES_TEXT = "noise variance 1/4; normal rows at p = 4, 12 and 48 with n = 4p, and the limit extrapolated from them"
FROZEN = "from other seeds at p = 8, 24 and 72, times 1.3 and frozen"


def everywhere(value: float) -> list[float]:
    """Return one value for every size and the limit, which do not differ."""
    return [value] * (len(SIZES) + 1)


def risk_mutants(problem: Blocks) -> tuple[FormulaMutant | SimulatorMutant, ...]:
    """Return mistakes of C1 and one of its simulation that moves every size by more than its margin."""
    return (
        FormulaMutant("a_t and a_s exchanged", lambda: logs(problem.swapped().limit()[0])),
        FormulaMutant("no correction by p/n", lambda: logs(uncorrected(problem))),
        SimulatorMutant("standard deviation of the noise", _trace(problem, noise=math.sqrt(NOISE))),
    )


def logs(value: float) -> list[float]:
    """Return the logarithm of one value for every size and the limit."""
    return everywhere(math.log(value))


def uncorrected(problem: Blocks) -> float:
    """Return the risk of the expected scatter, ``sigma^2 Tr[Sigma_t (sum_k n_k Sigma_k)^{-1}]``."""
    parts = [share * oracles.dense(base) for share, base in zip(problem.shares, problem.bases, strict=True)]
    mean = float(np.trace(np.linalg.solve(sum(parts), oracles.dense(problem.bases[0]))))
    return float(NOISE * mean / problem.bases[0].shape[0])


def _trace(problem: Blocks, noise: float = NOISE) -> Callable[..., Array]:
    return sides(SIZES, TIMES, trace_columns(problem, noise=noise))


def _risk(
    name: str,
    statement: str,
    assumptions: str,
    source: str,
    problem: Blocks,
    *,
    finite_size: float | tuple[float, float],
    latex: str = LATEX,
    mutants: Sequence[FormulaMutant | SimulatorMutant] | None = None,
) -> Claim:
    return Claim(
        name=f"highdim.risk.under.{name}",
        statement=statement,
        latex=latex,
        assumptions=assumptions,
        source=source,
        kind="equality",
        margin_class="leading order",
        components=leading_components(
            "risk",
            SIZES,
            lambda p: problem.public(p).risk,
            lambda _: problem.limit()[0],
            finite_size=finite_size,
            skewness=1.6,
            intercept_skewness=0.05,
            times=TIMES,
            logarithms=True,
            combined=True,
        ),
        simulate=_trace(problem),
        block_size=2**8,
        mutants=risk_mutants(problem) if mutants is None else tuple(mutants),
    )


TWO_POINT_RISK = _risk(
    "two_point",
    "With more rows than dimensions the risk has the limit of C1: half the relative eigenvalues 0.1, half 1.9.",
    f"five real rows to eleven synthetic ones; {SIZES_TEXT}; finite-size term 0.8/p - 1.7/p^2, {FROZEN}",
    paper("C1", "Theorem 4.1", "K1"),
    TWO_POINT,
    finite_size=(0.8, 1.7),
    mutants=(
        *risk_mutants(TWO_POINT),
        FormulaMutant("pooled covariance", lambda: logs(TWO_POINT.pooled().limit()[0])),
        FormulaMutant("inverse relative spectrum", lambda: logs(TWO_POINT.inverted().limit()[0])),
        SimulatorMutant("eigenvalues inverted", _trace(TWO_POINT.inverted())),
    ),
)
EQUAL = _risk(
    "equal_covariances",
    "With equal covariances the risk is sigma^2 p / (n - p) to leading order, however the rows are divided.",
    f"three real rows to five synthetic ones; {SIZES_TEXT}; finite-size term of the exact mean p / (n - p - 1), which "
    "bounds that of the geometric mean from above",
    derived("C1, special case", "K11"),
    ISOTROPIC,
    finite_size=4 / 11,
    latex=r"\Sigma_s=\Sigma_t:\quad\mathcal R\to\sigma^2\frac p{n-p}",
    mutants=(
        FormulaMutant("p / n", lambda: logs(NOISE / 4)),
        SimulatorMutant("real rows lost", _trace(Blocks(ISOTROPIC.bases, (0.0, 2.5)))),
        SimulatorMutant(
            "four times the synthetic variance", _trace(Blocks((np.ones(1), np.full(1, 4.0)), ISOTROPIC.shares))
        ),
    ),
)
KMS = _risk(
    "toeplitz",
    "The risk has the limit of C1 for covariances that do not commute: Toeplitz blocks with correlations 0.9 and 0.3.",
    "blocks rho^|i - j| of order 4, three real rows to five synthetic ones; "
    f"{SIZES_TEXT}; finite-size term 0.55/p - 1.2/p^2, {FROZEN}",
    paper("C1", "Theorem 4.1"),
    TOEPLITZ,
    finite_size=(0.55, 1.2),
    # exchanged counts change the risk by 5 % only: too little for a wrong simulator to be refuted at p = 4
    mutants=(
        FormulaMutant("no correction by p/n", lambda: logs(uncorrected(TOEPLITZ))),
        FormulaMutant("a_t and a_s exchanged", lambda: logs(TOEPLITZ.swapped().limit()[0])),
        SimulatorMutant("test point from the synthetic law", _trace(TOEPLITZ.tested_on(1))),
        SimulatorMutant("standard deviation of the noise", _trace(TOEPLITZ, noise=math.sqrt(NOISE))),
    ),
)
FEWER = _risk(
    "few_real_rows",
    "The limit of C1 holds with fewer real rows than dimensions and with covariances whose axes are turned.",
    f"one real row to seven synthetic ones, n_t = p/2; {SIZES_TEXT}; finite-size term 0.5/p - p^-2, {FROZEN}",
    paper("C1", "Theorem 4.1"),
    FEW_REAL,
    finite_size=(0.5, 1.0),
    mutants=(
        *risk_mutants(FEW_REAL),
        SimulatorMutant("real and synthetic counts exchanged", _trace(FEW_REAL.swapped())),
    ),
)
POPULATIONS = _risk(
    "three_populations",
    "The risk of least squares on rows of three populations, whose covariances do not commute.",
    f"rows 4 : 5 : 7; {SIZES_TEXT}; finite-size term 0.55/p - 0.8/p^2, {FROZEN}",
    derived("C1 for K populations"),
    THREE,
    finite_size=(0.55, 0.8),
    latex=r"\mathcal R\to\frac{\sigma^2}n\operatorname{Tr}[\Sigma_1D],\quad "
    r"a_k+\frac1n\operatorname{Tr}[a_k\Sigma_kD]=\frac{n_k}n,\quad D=\Bigl(\sum_ka_k\Sigma_k\Bigr)^{-1}",
    mutants=(
        FormulaMutant("no correction by p/n", lambda: logs(uncorrected(THREE))),
        FormulaMutant(
            "third population forgotten",
            lambda: logs(Blocks(THREE.bases[:2], THREE.shares[:2]).limit()[0]),
        ),
        SimulatorMutant(
            "third population like the second", _trace(Blocks((*THREE.bases[:2], THREE.bases[1]), THREE.shares))
        ),
        SimulatorMutant("standard deviation of the noise", _trace(THREE, noise=math.sqrt(NOISE))),
    ),
)

# Leverages -------------------------------------------------------------------------------------------------------

# their spread is a third of that of the risk
LEVERAGE_SIZES = (4, 12, 36)
LEVERAGE_TIMES = (12, 4, 1)
LEVERAGE_TEXT = "normal rows at p = 4, 12 and 36 with n = 4p, and the limit extrapolated from them"


def _leverages(problem: Blocks) -> Callable[..., Array]:
    return sides(LEVERAGE_SIZES, LEVERAGE_TIMES, leverage_columns(problem))


def _weights(problem: Blocks, populations: Sequence[int], finite_size: float) -> tuple[Component, ...]:
    components: tuple[Component, ...] = ()
    for k in populations:
        components += leading_components(
            f"weight of population {k}",
            LEVERAGE_SIZES,
            lambda p, k=k: float(problem.public(p).weights[k]),  # type: ignore[misc]
            lambda _, k=k: float(problem.weights()[k]),  # type: ignore[misc]
            finite_size=finite_size,
            skewness=1.0,
            intercept_skewness=0.05,
            times=LEVERAGE_TIMES,
            combined=True,
            first=k,
            stride=len(problem.bases) + 1,
        )
    return components


LEVERAGES = Claim(
    name="highdim.risk.under.leverages",
    statement="The leverages of the real rows determine the weights and the risk: n_t - n a_t is the limit of their "
    "sum, and the risk is sigma^2 times the odds of a real row's leverage.",
    latex=r"H_t=\sum_{i\in t}h_{ii}\to n_t-na_t,\qquad\mathcal R\to\sigma^2\frac{H_t}{n_t-H_t}",
    assumptions=f"the covariances of highdim.risk.under.two_point; {LEVERAGE_TEXT}; finite-size terms 0.07/p and "
    f"0.18/p, {FROZEN}",
    source=derived("C1, equivalent forms E3 and E4"),
    kind="equality",
    margin_class="leading order",
    components=(
        *_weights(TWO_POINT, [0], 0.07),
        *leading_components(
            "risk as odds",
            LEVERAGE_SIZES,
            lambda p: TWO_POINT.public(p).risk,
            lambda _: TWO_POINT.limit()[0],
            finite_size=0.18,
            skewness=1.6,
            intercept_skewness=0.05,
            times=LEVERAGE_TIMES,
            logarithms=True,
            combined=True,
            first=2,
            stride=3,
        ),
    ),
    simulate=_leverages(TWO_POINT),
    block_size=2**8,
    mutants=(
        FormulaMutant(
            "weights without the correction by p/n",
            lambda: [*everywhere(TWO_POINT.shares[0] / sum(TWO_POINT.shares)), *logs(uncorrected(TWO_POINT))],
        ),
        FormulaMutant(
            "weight of the synthetic rows",
            lambda: [*everywhere(float(TWO_POINT.weights()[1])), *logs(TWO_POINT.limit()[0])],
        ),
        SimulatorMutant("ten times the synthetic variance", _leverages(TWO_POINT.scaled(10.0))),
        SimulatorMutant("rows of equal covariances", _leverages(Blocks((np.ones(2), np.ones(2)), TWO_POINT.shares))),
    ),
)
LEVERAGES_OF_THREE = Claim(
    name="highdim.risk.under.leverages_of_three",
    statement="The sums of the leverages of three populations determine the weights of the three.",
    latex=r"\frac1n\Bigl(n_k-\sum_{i\in k}h_{ii}\Bigr)\to a_k,\qquad\sum_ka_k=1-\frac pn",
    assumptions=f"the covariances of highdim.risk.under.three_populations; {LEVERAGE_TEXT}; finite-size term 0.03/p, "
    f"{FROZEN}",
    source=derived("C1 for K populations"),
    kind="equality",
    margin_class="leading order",
    components=_weights(THREE, [0, 1, 2], 0.03),
    simulate=_leverages(THREE),
    block_size=2**8,
    mutants=(
        FormulaMutant(
            "rows in proportion",
            lambda: [v for share in THREE.shares for v in everywhere(share / sum(THREE.shares) * 0.75)],
        ),
        SimulatorMutant("ten times the variance of the second population", _leverages(THREE.scaled(10.0))),
    ),
)

CLAIMS: tuple[Claim, ...] = (TWO_POINT_RISK, EQUAL, KMS, FEWER, POPULATIONS, LEVERAGES, LEVERAGES_OF_THREE)
