r"""Claims about the columns of a row: correlation under a shared weight (T2), separate weights and rigidity (T3)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import moments, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import CORRELATED, Array, Simulate, derived, identity, signs
from mixtheory.mixing.kernels import draw_weights, mix_columns
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Relative,
    SimulatorMutant,
    StudentT,
    Upper,
    ratio,
)

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
FIRST_COLUMN: oracles.Law = (1.4, 0.6, 0.0, 0.0)
SECOND_COLUMN: oracles.Law = (2.0, 3.0, 0.0, 0.0)
SIGMA = np.array([[2.0, 0.6, -0.4], [0.6, 1.0, 0.3], [-0.4, 0.3, 0.5]])


def _agreement(rng: Generator, n: int) -> Array:
    """Draw products of the two signs of a record: the law of `signs` with less random numbers."""
    return np.where(rng.random(n) < 0.8, 1.0, -1.0)


def _moments_of(*chosen: oracles.Law) -> Simulate:
    """Return a simulator of squares and product of a mixed row of two signs, one weight law a column or a shared one.

    The second parent enters with both of its signs, whose average is taken: cross products of the parents cancel.
    """

    def simulate(rng: Generator, n: int) -> Array:
        drawn = [draw_weights(rng, n, *law) for law in chosen]
        one, two = drawn[0], drawn[-1]
        product = one * two * _agreement(rng, n) + (1 - one) * (1 - two) * _agreement(rng, n)
        return np.stack([oracles.square_sum(one), oracles.square_sum(two), product], axis=1)

    return simulate


def _covariance_of(*chosen: oracles.Law) -> Simulate:
    simulate = _moments_of(*chosen)
    return lambda rng, n: simulate(rng, n)[:, 2]


def _correlations(covariance: Array) -> Array:
    sd = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / np.outer(sd, sd))


def _from_squares(means: Array) -> float:
    return float(means[2] / np.sqrt(means[0] * means[1]))


def _shared() -> Array:
    return np.asarray(moments.mixed_covariance(weights.Beta.uniform(), CORRELATED))


CORRELATION = Claim(
    name="mixing.correlation",
    statement="Correlation and regression slope survive any weight that is shared by the columns of a row.",
    latex=r"\operatorname{Corr}(\tilde X,\tilde Y)=\operatorname{Corr}(X,Y)",
    assumptions="uniform weights (variance factor 2/3); two-sign records with correlation 0.6",
    source=derived("T2(d)"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="correlation",
            closed=lambda: _correlations(_shared())[0, 1],
            oracle=lambda: CORRELATED[0, 1],
            margin=Relative(0.01),
            interval=StudentT(1.7),
            columns=(0, 1, 2),
            function=_from_squares,
        ),
        Component(
            label="slope",
            closed=lambda: np.divide(*_shared()[0, ::-1]),
            oracle=lambda: CORRELATED[0, 1],
            margin=Relative(0.01),
            interval=StudentT(1.7),
            columns=(2, 0),
            function=ratio,
        ),
    ),
    simulate=_moments_of(UNIFORM),
    mutants=(
        FormulaMutant("separate weights", lambda: [0.6 * 0.5 / (2 / 3), 0.6 * 0.5 / (2 / 3)]),
        SimulatorMutant("one weight a column", _moments_of(UNIFORM, UNIFORM)),
    ),
)


def _factors(*columns: weights.EpBeta) -> Array:
    means, spreads = [law.mean for law in columns], [law.var for law in columns]
    return moments.separate_weights_matrix(means, np.diag(spreads))  # type: ignore[arg-type]


def _independent(first: oracles.Law, second: oracles.Law) -> float:
    """Return E[lambda_1 lambda_2 + (1 - lambda_1)(1 - lambda_2)] of independent weights."""
    one, two = oracles.mixed_moment(1, 0, first), oracles.mixed_moment(1, 0, second)
    return one * two + (1 - one) * (1 - two)


SEPARATE = Claim(
    name="mixing.separate.covariance",
    statement="Independent weights of two columns multiply their covariance by 1 - m_1 - m_2 + 2 m_1 m_2.",
    latex=r"\operatorname{Cov}(\tilde X_1,\tilde X_2)=(1-m_1-m_2+2m_1m_2)\Sigma_{12}",
    assumptions="weights Beta(1.4, 0.6) and Beta(2, 3); two-sign records with correlation 0.6",
    source=derived("T3", "C7"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="covariance",
            closed=lambda: moments.separate_covariance(
                _factors(weights.Beta(1.4, 0.6), weights.Beta(2.0, 3.0)), CORRELATED
            )[0, 1],
            oracle=lambda: 0.6 * _independent(FIRST_COLUMN, SECOND_COLUMN),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(-1.0, 1.0),
        ),
    ),
    simulate=_covariance_of(FIRST_COLUMN, SECOND_COLUMN),
    mutants=(
        FormulaMutant(
            "geometric mean of the factors",
            lambda: 0.6 * (oracles.power_sum(2, FIRST_COLUMN) * oracles.power_sum(2, SECOND_COLUMN)) ** 0.5,
        ),
        SimulatorMutant("shared weight", _covariance_of(FIRST_COLUMN)),
        SimulatorMutant("mirrored second weight", _covariance_of(FIRST_COLUMN, (3.0, 2.0, 0.0, 0.0))),
    ),
)


def _kept(eps0: float, eps1: float) -> oracles.Law:
    """Return the law of mean 0.8 that keeps a variance."""
    alpha, beta = oracles.preserving_shapes(0.8, eps0, eps1)
    return float(alpha), float(beta), eps0, eps1


def _keeping() -> tuple[weights.EpBeta, weights.EpBeta]:
    return weights.EpBeta.preserving(0.8, eps0=0.1, eps1=0.3), weights.EpBeta.preserving(0.8, eps0=0.4, eps1=0.05)


PAIR = (_kept(0.1, 0.3), _kept(0.4, 0.05))
WIDEST = 1.8**2


def _separate_part(label: str, i: int, j: int, low: float, oracle: Callable[[], float]) -> Component:
    return Component(
        label=label,
        closed=lambda: moments.separate_covariance(_factors(*_keeping()), CORRELATED)[i, j],
        oracle=oracle,
        margin=Relative(0.01),
        interval=EmpiricalBernstein(low, WIDEST),
    )


SEPARATE_PRESERVING = Claim(
    name="mixing.separate.preserving",
    statement="Separate weights can keep both variances, but then they do not keep the covariance.",
    latex=r"r_1=r_2=0,\ m_1=m_2=0.8\ \Rightarrow\ \operatorname{Cov}(\tilde X_1,\tilde X_2)=0.68\,\Sigma_{12}",
    assumptions="independent preserving weights of mean 0.8; two-sign records with correlation 0.6",
    source=derived("T3", "C7b"),
    kind="equality",
    margin_class="exact",
    components=(
        _separate_part("first variance", 0, 0, 0.0, lambda: oracles.power_sum(2, PAIR[0])),
        _separate_part("second variance", 1, 1, 0.0, lambda: oracles.power_sum(2, PAIR[1])),
        _separate_part("covariance", 0, 1, -WIDEST, lambda: 0.6 * _independent(*PAIR)),
    ),
    simulate=_moments_of(*PAIR),
    mutants=(
        FormulaMutant("covariance kept", lambda: [None, None, 0.6]),
        SimulatorMutant("shared weight", _moments_of(PAIR[0])),
        SimulatorMutant("weights in [0, 1]", _moments_of(*((*p[:2], 0.0, 0.0) for p in PAIR))),
    ),
)

RIGIDITY = Claim(
    name="mixing.rigidity",
    statement="Two independent weights, each of which keeps its column's variance, lose covariance.",
    latex=r"C_{11}=C_{22}=1,\ \lambda_1\perp\lambda_2:\quad C_{12}<1",
    assumptions="one pair of independent preserving weights of mean 0.8, against a shared one; correlation 0.6; "
    "that no other weights keep it (the converse) is algebra, see mixing.separate.matrix",
    source=derived("T3"),
    kind="difference",
    margin_class="qualitative",
    components=(
        Component(
            label="covariance below that of a shared weight",
            closed=lambda: np.asarray(moments.mixed_covariance(_keeping()[0], CORRELATED))[0, 1],
            oracle=lambda: 0.6 * oracles.power_sum(2, PAIR[0]),
            margin=0.12,
            region=Upper(),
            expected=lambda: 0.6 * _independent(*PAIR),
            interval=EmpiricalBernstein(-WIDEST, WIDEST),
        ),
    ),
    simulate=lambda rng, n: mix_columns(rng, n, signs, PAIR).prod(axis=1),
    mutants=(
        SimulatorMutant("shared weight", lambda rng, n: mix_columns(rng, n, signs, PAIR[:1]).prod(axis=1)),
        FormulaMutant("separate factor", lambda: 0.6 * _independent(*PAIR)),
    ),
)

OUTCOMES = np.array([[0.1, -0.2, 0.1], [0.9, 1.3, 0.9], [0.4, 0.4, 0.4], [1.2, 0.7, 1.2]])
CHANCES = np.array([0.1, 0.4, 0.3, 0.2])


def _joint() -> Array:
    """Return C by the public function from means and covariances of the joint law of three weights."""
    means = CHANCES @ OUTCOMES
    return moments.separate_weights_matrix(means, (OUTCOMES - means).T @ ((OUTCOMES - means) * CHANCES[:, None]))


def _enumerated() -> Array:
    """Return C by enumeration of the products."""
    terms = [w[:, None] * w + (1 - w)[:, None] * (1 - w) for w in OUTCOMES]
    return np.asarray(sum(p * term for p, term in zip(CHANCES, terms, strict=True)))


def _residuals() -> Array:
    """Return minus the Gram determinants of (lambda, 1 - lambda), as half the mean squared cross products."""
    vectors = np.stack([OUTCOMES, 1 - OUTCOMES]) * np.sqrt(CHANCES)[:, None]
    flat = vectors.transpose(2, 0, 1).reshape(3, -1)
    cross = flat[:, None, :, None] * flat[None, :, None, :] - flat[:, None, None, :] * flat[None, :, :, None]
    return np.asarray(-np.sum(cross**2, axis=(2, 3)) / 2)


MATRIX = identity(
    "mixing.separate.matrix",
    "Separate weights multiply the covariance matrix entrywise by C, whose residual vanishes for equal weights only.",
    r"C_{kl}=1-m_k-m_l+2m_km_l+2\operatorname{Cov}(\lambda_k,\lambda_l)",
    "a joint law of three weights on four outcomes, the first and third equal",
    derived("T3"),
    [
        ("factors", _joint, _enumerated),
        ("covariance", lambda: moments.separate_covariance(_joint(), SIGMA), lambda: _enumerated() * SIGMA),
        ("residual", lambda: moments.rigidity_residual(_joint()), _residuals),
        ("correlations", lambda: moments.correlation_factors(_joint()), lambda: _correlations(_enumerated())),
        (
            "slopes",
            lambda: [moments.slope_factor(_joint()), moments.slope_factor(_joint(), 1, 2)],
            lambda: [_enumerated()[0, 1] / _enumerated()[0, 0], _enumerated()[2, 1] / _enumerated()[1, 1]],
        ),
        ("no negative direction", lambda: float(np.linalg.eigvalsh(_joint())[0] > -1e-12), lambda: 1.0),
    ],
    [
        FormulaMutant("covariance of the weights once", lambda: [_enumerated() - _weight_covariance(), *[None] * 5]),
        FormulaMutant("no cross term", lambda: [np.diag(np.diagonal(_enumerated())), *[None] * 5]),
    ],
)


def _weight_covariance() -> Array:
    return np.asarray(np.cov(OUTCOMES.T, aweights=CHANCES, ddof=0))


CLAIMS: tuple[Claim, ...] = (CORRELATION, SEPARATE, SEPARATE_PRESERVING, RIGIDITY, MATRIX)
