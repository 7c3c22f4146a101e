r"""Claims about mean and covariance of mixed records with one weight a row (T1, T2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import moments, populations, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, derived, identity
from mixtheory.mixing.kernels import draw_weights, exponential_pair_powers
from mixtheory.verification import (
    Claim,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Lower,
    Relative,
    SimulatorMutant,
    Upper,
)

__all__ = ["CLAIMS"]

UNIFORM: oracles.Law = (1.0, 1.0, 0.0, 0.0)
SKEWED: oracles.Law = (2.0, 5.0, 0.0, 0.0)
EXTREME: oracles.Law = (0.1, 0.1, 0.0, 0.0)
ROUND: oracles.Law = (3.0, 3.0, 0.0, 0.0)


def _exponential_moment(k: int) -> float:
    return oracles.central_moment(k, lambda x: float(np.exp(-x)), 0.0, np.inf)


def _share(first: Array, second: Array, u: Array) -> Array:
    """Return x~ / T for exponential parents T U and T (1 - U) with weights `first` and `second`."""
    return first * u + second * (1 - u)


def _squares(share: Array) -> Array:
    """Return the mean of (T a - 1)^2 for T ~ Gamma(2), whose second moment is 6."""
    return 6 * share**2 - 4 * share + 1


def _self_pairs(rng: Generator, n: int) -> Array:
    return _squares(rng.random(n))


def _two_weights(law: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        first, second = draw_weights(rng, n, *law), 1 - draw_weights(rng, n, *law)
        return _squares(_share(first, second, rng.random(n)))

    return simulate


# T1 --------------------------------------------------------------------------------------------------------------


def _larger_parent(rng: Generator, n: int) -> Array:
    drawn, u = draw_weights(rng, n, *SKEWED), rng.random(n)
    return 2 * _share(drawn, 1 - drawn, np.maximum(u, 1 - u))


MEAN = Claim(
    name="mixing.mean",
    statement="The mean of mixed records is that of the records, whatever the mean of the weights.",
    latex=r"\mathbb{E}\tilde X=\mu",
    assumptions="Beta(2, 5) weights of mean 2/7, independent of exponential records; the sum of the parents integrated",
    source=derived("T1", "C1"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="mean",
            closed=lambda: moments.mixed_mean(weights.Beta(2.0, 5.0), populations.Exponential().mean),
            oracle=lambda: _exponential_moment(1),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 2.0),
        ),
    ),
    simulate=lambda rng, n: exponential_pair_powers(rng, n, *SKEWED, power=1, center=0.0),
    mutants=(
        FormulaMutant("2 m mu", lambda: 2 * oracles.mixed_moment(1, 0, SKEWED)),
        SimulatorMutant("both parents with weight lambda", lambda rng, n: 2 * draw_weights(rng, n, *SKEWED)),
        SimulatorMutant("lambda goes to the larger parent", _larger_parent),
    ),
)


def _two_populations(first: float, second: float) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        drawn = draw_weights(rng, n, *SKEWED)
        return np.asarray(drawn * (rng.random(n) < first) + (1 - drawn) * (rng.random(n) < second))

    return simulate


TWO_POPULATIONS = Claim(
    name="mixing.mean.two_populations",
    statement="Parents of two populations give the mean m mu_i + (1 - m) mu_j, which does depend on m.",
    latex=r"\mathbb{E}\tilde X=m\mu_i+(1-m)\mu_j",
    assumptions="Beta(2, 5) weights; Bernoulli(0.2) and Bernoulli(0.7) records",
    source=derived("T1"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="mean",
            closed=lambda: moments.mixed_mean(
                weights.Beta(2.0, 5.0), populations.Bernoulli(0.2).mean, populations.Bernoulli(0.7).mean
            ),
            oracle=lambda: 0.2 * oracles.mixed_moment(1, 0, SKEWED) + 0.7 * oracles.mixed_moment(0, 1, SKEWED),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0),
        ),
    ),
    simulate=_two_populations(0.2, 0.7),
    mutants=(
        FormulaMutant("parents swapped", lambda: (0.7 * 2 + 0.2 * 5) / 7),
        SimulatorMutant("wrong order of the parents", _two_populations(0.7, 0.2)),
        SimulatorMutant("one population", _two_populations(0.2, 0.2)),
    ),
)

# T2 --------------------------------------------------------------------------------------------------------------


def _variance_claim(name: str, law: oracles.Law, wrong: str, value: Callable[[], float]) -> Claim:
    alpha, beta = law[:2]
    return Claim(
        name=f"mixing.variance.{name}",
        statement=f"Beta({alpha:g}, {beta:g}) weights multiply the variance by 1 - 2 r.",
        latex=r"\operatorname{Var}\tilde X=(1-2r)\sigma^2",
        assumptions=f"Beta({alpha:g}, {beta:g}) weights; exponential records, the sum of the parents integrated",
        source=derived("T2", "C2"),
        kind="equality",
        margin_class="exact",
        components=(
            Component(
                label="variance",
                closed=lambda: moments.mixed_covariance(weights.Beta(alpha, beta), populations.Exponential().var),
                oracle=lambda: oracles.power_sum(2, law) * _exponential_moment(2),
                margin=Relative(0.01),
                interval=EmpiricalBernstein(0.333, 3.0),
            ),
        ),
        simulate=lambda rng, n: exponential_pair_powers(rng, n, *law, power=2, center=1.0),
        mutants=(
            FormulaMutant(wrong, value),
            SimulatorMutant("self-pairs", _self_pairs),
            SimulatorMutant("separate weights of the parents", _two_weights(law)),
        ),
    )


VARIANCES = (
    _variance_claim("uniform", UNIFORM, "1 - r", lambda: 5 / 6),
    _variance_claim("asymmetric", SKEWED, "1 - 2 m (1 - m)", lambda: 1 - 2 * 10 / 49),
    _variance_claim("extreme", EXTREME, "1 - r", lambda: 1 - oracles.mixed_moment(1, 1, EXTREME)),
)


def _two_laws(first: oracles.Law, second: oracles.Law) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        return np.stack([exponential_pair_powers(rng, n, *law) for law in (first, second)], axis=1)

    return simulate


BOUNDS = Claim(
    name="mixing.variance.bounds",
    statement="Weights in [0, 1] always lose variance, and no weights lose more than half of it.",
    latex=r"\tfrac12\sigma^2\le\operatorname{Var}\tilde X<\sigma^2",
    assumptions="Beta(3, 3) weights, close to averaging, and Beta(0.1, 0.1) weights, close to copying",
    source=derived("T2(a), T2(b)"),
    kind="inequality",
    margin_class="qualitative",
    components=(
        Component(
            label="above one half",
            closed=lambda: populations.Exponential().var / 2,
            oracle=lambda: _exponential_moment(2) / 2,
            margin=0.04,
            region=Lower(),
            expected=lambda: oracles.power_sum(2, ROUND),
            interval=EmpiricalBernstein(0.333, 3.0),
        ),
        Component(
            label="below one",
            closed=lambda: populations.Exponential().var,
            oracle=lambda: _exponential_moment(2),
            margin=0.04,
            region=Upper(),
            expected=lambda: oracles.power_sum(2, EXTREME),
            interval=EmpiricalBernstein(0.333, 3.0),
        ),
    ),
    simulate=_two_laws(ROUND, EXTREME),
    mutants=(
        SimulatorMutant("self-pairs", lambda rng, n: np.stack([_self_pairs(rng, n), _self_pairs(rng, n)], axis=1)),
        SimulatorMutant("fixed weight 1/2", lambda rng, n: np.full((n, 2), 0.5)),
        FormulaMutant("nine tenths of the upper bound", lambda: [None, 0.9]),
        FormulaMutant("a fifth above the lower bound", lambda: [0.6, None]),
    ),
)


def _criterion(laws: Sequence[oracles.Law]) -> list[float]:
    return [1 + 2 * oracles.expectation(lambda w: (w - 0.5) ** 2 - 0.25, law) for law in laws]


MANY: tuple[oracles.Law, ...] = (UNIFORM, SKEWED, EXTREME, ROUND, (2.0, 3.0, 0.15, 0.4), (0.7, 1.9, 0.35, 0.1))
SIGMA = np.array([[2.0, 0.6, -0.4], [0.6, 1.0, 0.3], [-0.4, 0.3, 0.5]])


def _mixed() -> Array:
    return np.asarray(moments.mixed_covariance(weights.EpBeta(2.0, 3.0, 0.15, 0.4), SIGMA))


def _slopes(covariance: Array) -> Array:
    return np.asarray(np.linalg.solve(covariance[:2, :2], covariance[:2, 2]))


def _determination(covariance: Array) -> float:
    return float(covariance[:2, 2] @ _slopes(covariance) / covariance[2, 2])


def _projection(covariance: Array) -> Array:
    """Projection on the first principal direction, which has no sign."""
    direction = np.linalg.eigh(covariance)[1][:, -1]
    return np.outer(direction, direction)


def _correlations(covariance: Array) -> Array:
    sd = np.sqrt(np.diagonal(covariance))
    return np.asarray(covariance / np.outer(sd, sd))


LINEAR = identity(
    "mixing.covariance.linear",
    "One weight a row multiplies the whole covariance matrix: correlations, slopes, R^2 and principal directions stay.",
    r"\operatorname{Cov}(\tilde X)=(1-2r)\Sigma,\quad \rho=\tfrac12+2\mathbb{E}(\lambda-\tfrac12)^2",
    "iid pairs with covariance of three columns; EpBeta(2, 3; 0.15, 0.4)",
    derived("T1, T2(a), T2(c), T2(d)"),
    [
        ("factor", lambda: [weights.EpBeta(*p).variance_factor for p in MANY], lambda: _criterion(MANY)),
        ("matrix", _mixed, lambda: oracles.power_sum(2, (2.0, 3.0, 0.15, 0.4)) * SIGMA),
        ("correlations", lambda: _correlations(_mixed()), lambda: _correlations(SIGMA)),
        ("slopes", lambda: _slopes(_mixed()), lambda: _slopes(SIGMA)),
        ("R squared", lambda: _determination(_mixed()), lambda: _determination(SIGMA)),
        ("principal direction", lambda: _projection(_mixed()), lambda: _projection(SIGMA)),
        (
            "means",
            lambda: moments.mixed_mean(weights.EpBeta(2.0, 3.0, 0.15, 0.4), [1.0, -2.0], [0.5, 3.0]),
            lambda: [
                a * oracles.mixed_moment(1, 0, (2.0, 3.0, 0.15, 0.4))
                + b * oracles.mixed_moment(0, 1, (2.0, 3.0, 0.15, 0.4))
                for a, b in ((1.0, 0.5), (-2.0, 3.0))
            ],
        ),
    ],
    [
        FormulaMutant("1 - r", lambda: [[1 - oracles.mixed_moment(1, 1, p) for p in MANY], *[None] * 6]),
        FormulaMutant("diagonal alone", lambda: [None, SIGMA + np.diag(np.diagonal(_mixed() - SIGMA)), *[None] * 5]),
    ],
)

CLAIMS: tuple[Claim, ...] = (MEAN, TWO_POPULATIONS, *VARIANCES, BOUNDS, LINEAR)
