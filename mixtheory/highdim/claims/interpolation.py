r"""Claims about the risk with fewer rows than dimensions (C2): variance and bias of the interpolating fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.highdim.claims import oracles
from mixtheory.highdim.claims.parts import Array, derived, leading_components
from mixtheory.highdim.claims.sweeps import NOISE, Blocks, interpolation_columns, rotated, sides
from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.kernels import conditional_risk
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

SIZES = (8, 24, 96)
TIMES = (32, 6, 1)

GEOMETRIC = np.geomspace(0.4, 2.5, 4)
OPPOSITE = Blocks((GEOMETRIC, GEOMETRIC[::-1]), (0.125, 0.125), np.eye(4)[3])
TURNED = Blocks((rotated((0.4, 1.6), 0.0), rotated((0.3, 1.7), 0.7)), (0.125, 0.125), np.array([0.6, 0.8]))
THREE = Blocks(
    (rotated((0.5, 1.5), 0.0), rotated((0.25, 1.75), 0.5), rotated((2.0, 0.4), 1.1)),
    (0.125, 0.125, 0.125),
    np.array([0.6, -0.8]),
)

LATEX = (
    r"\mathcal R\to\sigma^2(c_t+c_s-1)+\beta^TT(c_t\Sigma_t+c_s\Sigma_s)T\beta,\quad "
    r"T=(I+b_t\Sigma_t+b_s\Sigma_s)^{-1},\ b_k\operatorname{Tr}[\Sigma_kT]=n_k,\ c=(N-G)^{-1}Ne_t"
)
SIZES_TEXT = "normal rows at p = 8, 24 and 96, and the limit extrapolated from them"
FROZEN = "from other seeds at p = 16, 32 and 64, times 1.3 and frozen"


def _pair(variance: float, bias: float) -> list[float]:
    times = len(SIZES) + 1
    return [math.log(variance)] * times + [bias] * times


def _both(problem: Blocks, noise: float = NOISE) -> Callable[..., Array]:
    return sides(SIZES, TIMES, interpolation_columns(problem, noise))


def _weights(problem: Blocks) -> tuple[list[Array], Array, Array, Array]:
    """Return covariances, b, T and G of the oracle's weights at the order of the base problem."""
    q = problem.bases[0].shape[0]
    sigmas = [oracles.dense(base) for base in problem.bases]
    b = oracles.over_weights(sigmas, [share * q for share in problem.shares])
    t = np.linalg.inv(np.eye(q) + sum(w * s for w, s in zip(b, sigmas, strict=True)))
    g = np.array([[np.trace(x @ t @ y @ t) for y in sigmas] for x in sigmas])
    return sigmas, b, t, g


def _mistaken(problem: Blocks, *, variance: bool = True, metric: str = "both") -> list[float]:
    """Return C2 with a mistake: c_t - 1 for the variance, or a bias with part of its metric."""
    sigmas, b, t, g = _weights(problem)
    q = problem.bases[0].shape[0]
    n = np.diag(np.array(problem.shares) * q / b**2)
    c = np.linalg.solve(n - g, n[:, 0])
    middle = {
        "both": sum(w * s for w, s in zip(c, sigmas, strict=True)),
        "no c": np.eye(q),
        "target": sigmas[0],
        "c_t": c[0] * sigmas[0],
    }[metric]
    assert problem.direction is not None
    left = t @ problem.direction
    return _pair(NOISE * (c.sum() - 1 if variance else c[0] - 1), float(left @ middle @ left))


def _claim(
    name: str,
    statement: str,
    assumptions: str,
    source: str,
    problem: Blocks,
    *,
    terms: tuple[tuple[float, float], float],
    skewness: tuple[float, float],
    latex: str = LATEX,
    mutants: Sequence[FormulaMutant | SimulatorMutant],
) -> Claim:
    def components(label: str, part: Callable[[Blocks, int], float], index: int) -> tuple[Component, ...]:
        return leading_components(
            label,
            SIZES,
            lambda p: part(problem, p),
            lambda _: problem.limit()[index],
            finite_size=terms[index],
            skewness=skewness[index],
            intercept_skewness=0.05,
            times=TIMES,
            logarithms=index == 0,
            combined=True,
            first=index,
            stride=2,
        )

    return Claim(
        name=f"highdim.risk.over.{name}",
        statement=statement,
        latex=latex,
        assumptions=f"{assumptions}; noise variance 1/4; {SIZES_TEXT}; finite-size terms "
        f"{terms[0][0]:g}/p - {terms[0][1]:g}/p^2 and {terms[1]:g}/p, {FROZEN}; the bias "
        "averaged over the exchangeable coordinates of a block",
        source=source,
        kind="equality",
        margin_class="leading order",
        components=(
            *components("variance", lambda blocks, p: blocks.public(p).variance, 0),
            *components("bias", lambda blocks, p: _bias(blocks, p), 1),
        ),
        simulate=_both(problem),
        block_size=2**8,
        mutants=tuple(mutants),
    )


def _bias(problem: Blocks, p: int) -> float:
    bias = problem.public(p).bias
    assert bias is not None
    return bias


COMMUTING = _claim(
    "commuting",
    "With fewer rows than dimensions variance and bias have the limits of C2: geometric spectra in opposite order, the "
    "coefficients where the real variance is largest.",
    "four blocks from 0.4 to 2.5, one real and one synthetic row to eight dimensions",
    derived("C2", "K2"),
    OPPOSITE,
    terms=((2.0, 12.5), 0.32),
    skewness=(5.0, 1.6),
    mutants=(
        FormulaMutant("variance c_t - 1", lambda: _mistaken(OPPOSITE, variance=False)),
        FormulaMutant("bias without c", lambda: _mistaken(OPPOSITE, metric="no c")),
        FormulaMutant("bias with the real covariance", lambda: _mistaken(OPPOSITE, metric="target")),
        FormulaMutant("pooled covariance", lambda: _pair(*OPPOSITE.pooled().limit())),
        SimulatorMutant("standard deviation of the noise", _both(OPPOSITE, math.sqrt(NOISE))),
        SimulatorMutant("test point from the synthetic law", _both(OPPOSITE.tested_on(1))),
    ),
)
NOT_COMMUTING = _claim(
    "not_commuting",
    "The limits of C2 hold for covariances that do not commute.",
    "two blocks, axes that differ by 40 degrees, one real and one synthetic row to eight dimensions",
    derived("C2"),
    TURNED,
    terms=((1.75, 9.6), 0.05),
    skewness=(4.5, 2.0),
    mutants=(
        FormulaMutant("variance c_t - 1", lambda: _mistaken(TURNED, variance=False)),
        FormulaMutant("bias with the real covariance", lambda: _mistaken(TURNED, metric="target")),
        SimulatorMutant(
            "coefficients along the other axis", _both(Blocks(TURNED.bases, TURNED.shares, np.array([0.8, -0.6])))
        ),
        SimulatorMutant("synthetic rows lost", _both(Blocks(TURNED.bases, (0.125, 0.0), TURNED.direction))),
    ),
)
POPULATIONS = _claim(
    "three_populations",
    "Variance and bias of the interpolating fit to rows of three populations, whose covariances do not commute.",
    "one row of each to eight dimensions",
    derived("C2 for K populations"),
    THREE,
    terms=((2.05, 8.4), 0.17),
    skewness=(6.0, 2.5),
    latex=r"\mathcal R\to\sigma^2\Bigl(\sum_kc_k-1\Bigr)+\beta^TT\sum_kc_k\Sigma_kT\beta",
    mutants=(
        FormulaMutant("variance c_t - 1", lambda: _mistaken(THREE, variance=False)),
        FormulaMutant("bias with c_t alone", lambda: _mistaken(THREE, metric="c_t")),
        SimulatorMutant("standard deviation of the noise", _both(THREE, math.sqrt(NOISE))),
        SimulatorMutant("second population lost", _both(Blocks(THREE.bases, (0.125, 0.0, 0.125), THREE.direction))),
    ),
)

# Equal covariances -----------------------------------------------------------------------------------------------

P, ROWS = 24, (2, 6)


def _one_coordinate(counts: tuple[int, int], scale: float = 1.0, p: int = P) -> Callable[[Generator, int], Array]:
    roots = (np.ones(p), np.full(p, scale))
    beta = np.eye(p)[:1]
    return lambda rng, n: np.asarray(conditional_risk(rng, n, counts, roots, betas=beta)["bias"][:, 0])


def _public_bias() -> float:
    bias = excess_risk(np.ones(P), np.ones(P), *ROWS, beta=np.eye(P)[0]).bias
    assert bias is not None
    return bias


EQUAL_BIAS = Claim(
    name="highdim.risk.over.equal_covariances",
    statement="With equal covariances, the identity, the bias is exactly (1 - n/p) |beta|^2 at every size.",
    latex=r"\Sigma_s=\Sigma_t=I:\quad\mathbb{E}\,\beta^T(I-X^+X)\beta=\Bigl(1-\frac np\Bigr)|\beta|^2",
    assumptions=f"normal rows, p = {P}, n_t = {ROWS[0]}, n_s = {ROWS[1]}, beta a coordinate",
    source=derived("C2, special case", "K11"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="bias",
            closed=_public_bias,
            oracle=lambda: oracles.isotropic_over(P, sum(ROWS))[1],
            margin=Relative(0.01),
            interval=EmpiricalBernstein(-1e-9, 1.0 + 1e-9),
        ),
    ),
    simulate=_one_coordinate(ROWS),
    block_size=2**10,
    mutants=(
        FormulaMutant("1 - n_t/p", lambda: 1 - ROWS[0] / P),
        FormulaMutant("(1 - n/p)^2", lambda: (1 - sum(ROWS) / P) ** 2),
        SimulatorMutant("synthetic rows lost", _one_coordinate((ROWS[0], 0))),
        SimulatorMutant("two rows too many", _one_coordinate((ROWS[0] + 2, ROWS[1]))),
    ),
)

CLAIMS: tuple[Claim, ...] = (COMMUTING, NOT_COMMUTING, POPULATIONS, EQUAL_BIAS)
