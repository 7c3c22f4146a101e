r"""Claims about means beside unequal covariances, on whole designs: the covariance matters, the mean does not.

The margins are wider than those of `means`, whose simulators need equal covariances; here finite-size terms are inside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.highdim import equivalents, mean_shift
from mixtheory.highdim.claims import mean_oracles, oracles
from mixtheory.highdim.claims.parts import Array, Simulate, derived, halves, paper
from mixtheory.highdim.claims.rule_oracle import rule_with_shares
from mixtheory.highdim.kernels import conditional_risk, paired_risk
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Lower,
    SimulatorMutant,
    StudentT,
    Upper,
)

__all__ = ["CLAIMS"]

Counts = tuple[int, int]
Pair = tuple[Array, Array]


def _up(p: int) -> Array:
    """Return a mean of length 2 sqrt(p)."""
    return np.full(p, 2.0)


def _across(p: int) -> Array:
    """Return a mean of length 2 sqrt(p), orthogonal to `_up`."""
    return 2.0 * np.tile([1.0, -1.0], p // 2)


def _two_point(p: int) -> Pair:
    return np.ones(p), halves(p, 0.25, 1.75)


# C3: the mean term ------------------------------------------------------------------------------------------------

TERM_P, TERM_COUNTS = 24, (4, 92)
# a dozen standard deviations: bounded units need no skewness
TERM_CUT = 1.5


def _term_means() -> Pair:
    return _up(TERM_P), _across(TERM_P) + 0.5 * _up(TERM_P)


def _terms(counts: Counts = TERM_COUNTS, parallel: bool = False) -> Simulate:
    sigma_t, sigma_s = _two_point(TERM_P)
    roots = (np.sqrt(sigma_t), np.sqrt(sigma_s))
    means = _term_means()
    if parallel:
        means = means[0], means[0]

    def simulate(rng: Generator, n: int) -> Array:
        drawn = conditional_risk(rng, n, counts, roots, means=means)
        return np.minimum(drawn["mean_term"], TERM_CUT)

    return simulate


def _term() -> float:
    return mean_shift.mean_term(*_two_point(TERM_P), *TERM_COUNTS, *_term_means())


def _only_synthetic() -> tuple[Array, Array, int, Array, Array]:
    return np.zeros(TERM_P), _two_point(TERM_P)[1], sum(TERM_COUNTS), *_term_means()


TERM = Claim(
    name="highdim.means.unequal.few_real_rows",
    statement="With four real rows and unequal covariances the mean term is that of C3.",
    latex=r"\sigma^2\mu_t^\top(X^\top X)^{-1}\mu_t\approx\frac{\sigma^2}{n}"
    r"\bigl[(K^{-1}+\operatorname{diag}(a_t,a_s))^{-1}\bigr]_{tt}",
    assumptions="p = 24, n = 96, Gaussian rows, relative eigenvalues 0.25 and 1.75, means of length 2 sqrt(p) and "
    "sqrt(5p); terms cut at 1.5; within 0.035 of the leading order, a tenth of it",
    source=derived("C3", "K3"),
    kind="equality",
    margin_class="qualitative",
    components=(
        Component(
            label="mean term",
            closed=_term,
            oracle=lambda: mean_oracles.mean_term(*_two_point(TERM_P), *TERM_COUNTS, *_term_means()),
            margin=0.035,
            interval=EmpiricalBernstein(0.0, TERM_CUT),
        ),
    ),
    simulate=_terms(),
    block_size=1024,
    mutants=(
        FormulaMutant("the mean drops out", lambda: 0.0),
        FormulaMutant("effect of synthetic rows alone", lambda: mean_oracles.synthetic_only(*_only_synthetic())),
        SimulatorMutant("twice the real rows", _terms(counts=(8, 88))),
        SimulatorMutant("parallel means", _terms(parallel=True)),
        SimulatorMutant("half of the real rows", _terms(counts=(2, 94))),
    ),
)

# C4: the effect of order 1/n --------------------------------------------------------------------------------------

RULE_P, RULE_COUNTS = 16, (16, 48)
RULE_CUT = 16.0


def _rule_means() -> list[Pair]:
    zero = np.zeros(RULE_P)
    return [
        (zero, zero),
        (zero, 25.0 * _across(RULE_P)),
        (25.0 * _up(RULE_P), zero),
        (_up(RULE_P), _up(RULE_P)),
    ]


RULE_LABELS = ("long synthetic mean", "long real mean", "equal means")


def _effects(change: Callable[[Pair], Pair] = lambda means: means, counts: Counts = RULE_COUNTS) -> Simulate:
    roots = tuple(np.sqrt(sigma) for sigma in _two_point(RULE_P))

    def simulate(rng: Generator, n: int) -> Array:
        risks = paired_risk(rng, n, counts, roots, [change(means) for means in _rule_means()])
        return np.clip(sum(counts) * (risks[:, 1:] - risks[:, :1]), -RULE_CUT, RULE_CUT)

    return simulate


def _rule(index: int) -> float:
    mu_t, mu_s = _rule_means()[index]
    moved = equivalents.excess_risk(*_two_point(RULE_P), *RULE_COUNTS, mu_t=mu_t, mu_s=mu_s).risk
    return sum(RULE_COUNTS) * (moved - equivalents.excess_risk(*_two_point(RULE_P), *RULE_COUNTS).risk)


def _rule_oracle(index: int) -> float:
    moved, still = (rule_with_shares(_two_point(RULE_P), RULE_COUNTS, _rule_means()[i])[0] for i in (index, 0))
    return sum(RULE_COUNTS) * (moved - still)


def _terms_alone() -> list[float]:
    n = sum(RULE_COUNTS)
    return [n * mean_oracles.mean_term(*_two_point(RULE_P), *RULE_COUNTS, *means) for means in _rule_means()[1:]]


RULE = Claim(
    name="highdim.means.unequal.effect",
    statement="n times the effect of the means on the risk is that of the second-moment rule, sign included.",
    latex=r"n\,(R(\mu)-R(0))\approx n\,\bigl(R_u(\Psi_t,\Psi_s)-R_u(\Sigma_t,\Sigma_s)\bigr)",
    assumptions="p = 16, 16 real and 48 synthetic Gaussian rows, relative eigenvalues 0.25 and 1.75, designs paired, "
    "effects cut at -16 and 16; within 0.4, where they are -3.0, 3.5 and -1.5",
    source=derived("C4", "K4"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=label,
            closed=lambda i=i: _rule(i),  # type: ignore[misc]
            oracle=lambda i=i: _rule_oracle(i),  # type: ignore[misc]
            oracle_rtol=1e-8,
            margin=0.4,
            interval=EmpiricalBernstein(-RULE_CUT, RULE_CUT),
        )
        for i, label in enumerate(RULE_LABELS, start=1)
    ),
    simulate=_effects(),
    block_size=512,
    mutants=(
        FormulaMutant("no effect of order 1/n", lambda: [0.0, 0.0, 0.0]),
        FormulaMutant("mean term without the change of the trace", _terms_alone),
        SimulatorMutant("real and synthetic means exchanged", _effects(lambda means: means[::-1])),
        SimulatorMutant("short means", _effects(lambda means: (means[0] / 50.0, means[1] / 50.0))),
        SimulatorMutant("real and synthetic counts exchanged", _effects(counts=RULE_COUNTS[::-1])),
    ),
)

# Flat in the angle between the means -------------------------------------------------------------------------------

ANGLE_P, ANGLE_COUNTS = 16, (32, 32)
ANGLE_CUT = 0.3
COSINES = (0.0, -1.0)


def _kms() -> Pair:
    """Return KMS covariances, the synthetic one scaled so that the relative eigenvalues have mean 1."""
    target, source = oracles.kms(ANGLE_P, 0.9), oracles.kms(ANGLE_P, 0.3)
    return target, source * ANGLE_P / float(np.trace(np.linalg.solve(target, source)))


def _root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(values)) @ vectors.T)


def _angle_means() -> list[Pair]:
    up = _up(ANGLE_P)
    return [(up, up), (up, _across(ANGLE_P)), (up, -up)]


def _angles(counts: Counts = ANGLE_COUNTS, intercept: bool = False) -> Simulate:
    roots = tuple(_root(sigma) for sigma in _kms())

    def simulate(rng: Generator, n: int) -> Array:
        risks = np.log(paired_risk(rng, n, counts, roots, _angle_means(), fit_intercept=intercept))
        return np.asarray(np.clip(risks[:, 1:] - risks[:, :1], -ANGLE_CUT, ANGLE_CUT))

    return simulate


def _angle(risk: Callable[[Array, Array], float], index: int) -> float:
    pairs = _angle_means()
    return float(np.log(risk(*pairs[index]) / risk(*pairs[0])))


ANGLE = Claim(
    name="highdim.means.unequal.angle",
    statement="In mixed training the risk is flat in the angle between long means: within 2 % from parallel to "
    "opposite.",
    latex=r"R(\cos=0)\approx R(\cos=-1)\approx R(\cos=1)",
    assumptions="p = 16, 32 real and 32 synthetic Gaussian rows, KMS covariances (0.9, 0.3) with relative eigenvalues "
    "of mean 1, means of length 2 sqrt(p), designs paired; logarithms of ratios, cut at -0.3 and 0.3, within 0.01 of "
    "the rule, which says 0.009 and 0",
    source=paper("C3", "section on the experiments, figure 1") + "; the O(1/n) part " + derived("C4"),
    kind="equality",
    margin_class="qualitative",
    components=tuple(
        Component(
            label=f"cosine {cosine:g} against 1",
            closed=lambda i=i: _angle(  # type: ignore[misc]
                lambda mu_t, mu_s: equivalents.excess_risk(*_kms(), *ANGLE_COUNTS, mu_t=mu_t, mu_s=mu_s).risk, i
            ),
            oracle=lambda i=i: _angle(  # type: ignore[misc]
                lambda mu_t, mu_s: rule_with_shares(_kms(), ANGLE_COUNTS, (mu_t, mu_s))[0], i
            ),
            oracle_atol=1e-9,
            oracle_rtol=1e-8,
            margin=0.01,
            interval=EmpiricalBernstein(-ANGLE_CUT, ANGLE_CUT),
        )
        for i, cosine in enumerate(COSINES, start=1)
    ),
    simulate=_angles(),
    block_size=512,
    mutants=(
        FormulaMutant("risk in the distance of the means", lambda: [np.log(2.0), np.log(3.0)]),
        SimulatorMutant("synthetic rows alone", _angles(counts=(0, 64))),
        SimulatorMutant("two real rows", _angles(counts=(2, 62))),
        SimulatorMutant("two real rows, centred", _angles(counts=(2, 62), intercept=True)),
    ),
)

# Curved in the covariance ------------------------------------------------------------------------------------------

SHIFT_P, SHIFT_COUNTS = 16, (32, 32)


def _mismatch() -> Pair:
    """Return covariances whose relative eigenvalues 0.1 and 1.9 have mean 1."""
    return np.ones(SHIFT_P), halves(SHIFT_P, 0.1, 1.9)


def _log_risk(rng: Generator, n: int, sigmas: Pair, means: Pair) -> Array:
    roots = (np.sqrt(sigmas[0]), np.sqrt(sigmas[1]))
    drawn = conditional_risk(rng, n, SHIFT_COUNTS, roots, means=means)
    return np.asarray(np.log(drawn["variance"] + drawn["mean_term"]))


def _shifts(moved: Sequence[str]) -> Simulate:
    """Return log risks of two shifts, each of the "mean" or of the "covariance", against no shift."""
    same, up = (np.ones(SHIFT_P), np.ones(SHIFT_P)), _up(SHIFT_P)
    settings = {"mean": (same, (up, _across(SHIFT_P))), "covariance": (_mismatch(), (up, up))}

    def simulate(rng: Generator, n: int) -> Array:
        columns = [_log_risk(rng, n, *settings[kind]) - _log_risk(rng, n, same, (up, up)) for kind in moved]
        return np.column_stack(columns)

    return simulate


def _predicted() -> float:
    """Return the logarithm of the ratio by which the covariance shift raises the risk."""
    moved = equivalents.excess_risk(*_mismatch(), *SHIFT_COUNTS).risk
    still = equivalents.excess_risk(np.ones(SHIFT_P), np.ones(SHIFT_P), *SHIFT_COUNTS).risk
    return float(np.log(moved / still))


def _predicted_oracle() -> float:
    # p / (n - p) = 1/3 for equal covariances
    return float(np.log(3.0 * oracles.mixture_risk(_mismatch(), SHIFT_COUNTS)[0]))


SHIFT = Claim(
    name="highdim.means.unequal.covariance_not_mean",
    statement="A covariance shift raises the risk by three quarters of what C1 says at least, a shift of the mean by "
    "2 sqrt(2p) by less than a tenth of that.",
    latex=r"R_u(M)>R_u(I)\quad\text{while}\quad R(\mu_t,\mu_s)\approx R(\mu_t,\mu_t)",
    assumptions="p = 16, 32 real and 32 synthetic Gaussian rows; relative eigenvalues 0.1 and 1.9 (of the same trace) "
    "against equal covariances; orthogonal against equal means of length 2 sqrt(p); logarithms of risks",
    source=paper("C1, C3", "Theorem 4.1"),
    kind="difference",
    margin_class="qualitative",
    components=(
        Component(
            label="covariance shift",
            closed=lambda: 0.75 * _predicted(),
            oracle=lambda: 0.75 * _predicted_oracle(),
            interval=StudentT(0.1),
            region=Lower(),
            expected=_predicted_oracle,
        ),
        Component(
            label="mean shift",
            closed=lambda: 0.1 * _predicted(),
            oracle=lambda: 0.1 * _predicted_oracle(),
            interval=StudentT(0.1),
            region=Upper(),
            expected=0.0,
        ),
    ),
    simulate=_shifts(("covariance", "mean")),
    block_size=512,
    mutants=(
        FormulaMutant("twice the prediction", lambda: [1.5 * _predicted_oracle(), None]),
        SimulatorMutant("the mean in the place of the covariance", _shifts(("mean", "mean"))),
        SimulatorMutant("the covariance in the place of the mean", _shifts(("covariance", "covariance"))),
    ),
)

CLAIMS: tuple[Claim, ...] = (TERM, RULE, ANGLE, SHIFT)
