r"""Claims about zeta-mixup of a population (C6): each cumulant times a power sum, and normal records stay normal."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
from numpy.polynomial import Polynomial
from numpy.random import Generator

from mixtheory.mixing import moments
from mixtheory.mixing.claims import oracles, zeta_oracles
from mixtheory.mixing.claims.member_weights import uniform_share
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.claims.zeta_oracles import series
from mixtheory.mixing.kernels import dirichlet_weights, draw_weights, normal
from mixtheory.mixing.populations import Exponential
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

# Records of a population: C6 -------------------------------------------------------------------------------------

ORDERS = (2, 3, 4)
# laws with an integer gamma, whose weights are fractions, and the chance of a one among 0-1 parents
RATIONAL = ((1, 8), (2, 5), (3, 2))
CHANCE = Fraction(1, 8)
Weights = tuple[Fraction, ...]


def _each(value: Callable[[Zeta], float]) -> Callable[[], list[float]]:
    return lambda: [value(Zeta(float(gamma), n)) for gamma, n in RATIONAL]


def _over(value: Callable[[Weights], float]) -> Callable[[], list[float]]:
    return lambda: [value(zeta_oracles.fractions(*law)) for law in RATIONAL]


def _central(k: int, parents: Callable[[], tuple[float, float, float]], law: Zeta) -> float:
    """Return the public central moment of order k of a mix of parents with these central moments of order 2 to 4."""
    mu = parents()
    if k == 2:
        return float(moments.mixed_covariance(law, mu[0]))
    if k == 3:
        return float(moments.third_central_moment(law, mu[1]))
    return float(moments.fourth_central_moment(law, mu[2], mu[0]))


def _exponential_moments() -> tuple[float, float, float]:
    return 1.0, float(Exponential().mu3), float(Exponential().mu4)


def _bernoulli_moments() -> tuple[float, float, float]:
    p, q = float(CHANCE), 1 - float(CHANCE)
    return p * q, p * q * (q - p), p * q * (q**3 + p**3)


def _exponential_moment(k: int, weights: Weights) -> float:
    return zeta_oracles.exponential_moment(weights, k)


def _bernoulli_moment(k: int, weights: Weights) -> float:
    return zeta_oracles.mixture_moment(weights, CHANCE, k)


def _standard(k: int, weights: Weights) -> float:
    """Return the standardised moment of a mix of exponential parents."""
    moment = zeta_oracles.exponential_moment
    return float(moment(weights, k) / moment(weights, 2) ** (k / 2))


def _squared(power: float) -> list[float]:
    return [zeta_oracles.power_sum(2, *law) ** power for law in RATIONAL]


POPULATION = identity(
    "mixing.zeta.population",
    "Zeta-mixup multiplies each cumulant of a population by a power sum of the weights; normal records stay normal.",
    r"\tilde\kappa_r=A_r\kappa_r,\ \text{skewness}\times\frac{A_3}{A_2^{3/2}},\ "
    r"\text{excess kurtosis}\times\frac{A_4}{A_2^2}",
    "gamma 1, 2, 3 with 8, 5, 2 parents; exponential parents by partial fractions, 0-1 parents by all of their values",
    from_note("C6"),
    [
        *(
            (
                f"exponential, order {k}",
                _each(partial(_central, k, _exponential_moments)),
                _over(partial(_exponential_moment, k)),
            )
            for k in ORDERS
        ),
        *(
            (
                f"0-1, order {k}",
                _each(partial(_central, k, _bernoulli_moments)),
                _over(partial(_bernoulli_moment, k)),
            )
            for k in ORDERS
        ),
        (
            "skewness",
            _each(lambda law: 2 * float(moments.skewness_factor(law))),
            _over(partial(_standard, 3)),
        ),
        (
            "excess kurtosis",
            _each(lambda law: float(moments.excess_kurtosis(law, 6.0))),
            _over(lambda weights: _standard(4, weights) - 3),
        ),
        ("normal records", _each(lambda law: float(moments.excess_kurtosis(law, 0.0))), lambda: [0.0] * 3),
    ],
    [
        FormulaMutant("2 A_2^1.5", lambda: [None, [2 * a for a in _squared(1.5)], *[None] * 7]),
        FormulaMutant("9 A_2^2", lambda: [None, None, [9 * a for a in _squared(2)], *[None] * 6]),
        FormulaMutant("c_B", lambda: [[uniform_share(series(*law)) for law in RATIONAL], *[None] * 8]),
    ],
)


GAMMA, SIZE = 1.0, 8
WEIGHTS = series(GAMMA, SIZE)


def _given_share(power: int) -> Polynomial:
    """Return E (G a - 1)^power as a polynomial in a, for G ~ Gamma(8) with E G^k = 8 (9) ... (7 + k).

    A multiple of a - 1/8 is taken off, which has mean 0 because each share has the mean 1/8.
    """
    raw = [math.comb(power, k) * (-1) ** (power - k) * math.prod(range(SIZE, SIZE + k)) for k in range(power + 1)]
    return Polynomial(raw) - CONTROLS[power] * Polynomial([-1 / SIZE, 1.0])


# slopes of the least-squares lines, which cost no exactness and save half of the units
CONTROLS = {2: 4.3, 3: 8.9, 4: 14.1}
POLYNOMIALS = {k: _given_share(k) for k in ORDERS}


def _exponential(weights: Array) -> Simulate:
    """Return a simulator of the central moments of a mix of exponential parents, their sum integrated.

    The parents are a Gamma(8) variable times shares that are independent of it.
    """

    def simulate(rng: Generator, n: int) -> Array:
        shares = dirichlet_weights(rng, n, 1.0, SIZE) @ weights
        return np.stack([POLYNOMIALS[k](shares) for k in ORDERS], axis=1)

    return simulate


def _share_interval(power: int) -> EmpiricalBernstein:
    values = POLYNOMIALS[power](np.linspace(0, 1, 4001) * WEIGHTS[0])
    room = 1e-3 * float(np.ptp(values))
    return EmpiricalBernstein(float(values.min()) - room, float(values.max()) + room)


EXPONENTIAL = Claim(
    name="mixing.zeta.population.exponential",
    statement="Central moments of order 2 to 4 of records made of eight exponential parents with gamma = 1.",
    latex=r"\tilde\mu_2=A_2,\ \tilde\mu_3=2A_3,\ \tilde\mu_4=6A_4+3A_2^2",
    assumptions="Exp(1) parents, T = 8, gamma = 1; the sum of the parents, Gamma(8), is integrated exactly",
    source=from_note("C6"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"order {k}",
            closed=lambda k=k: _central(k, _exponential_moments, Zeta(GAMMA, SIZE)),  # type: ignore[misc]
            oracle=lambda k=k: zeta_oracles.exponential_moment(zeta_oracles.fractions(1, SIZE), k),  # type: ignore[misc]
            margin=Relative(0.01),
            interval=_share_interval(k),
        )
        for k in ORDERS
    ),
    simulate=_exponential(WEIGHTS),
    block_size=2**13,
    mutants=(
        FormulaMutant("c_B", lambda: [uniform_share(WEIGHTS), None, None]),
        FormulaMutant("2 A_2^1.5", lambda: [None, 2 * zeta_oracles.power_sum(2, GAMMA, SIZE) ** 1.5, None]),
        FormulaMutant("9 A_2^2", lambda: [None, None, 9 * zeta_oracles.power_sum(2, GAMMA, SIZE) ** 2]),
        SimulatorMutant("equal weights", _exponential(np.full(SIZE, 1 / SIZE))),
        SimulatorMutant("gamma 0.9", _exponential(series(0.9, SIZE))),
    ),
)

# Normal in, normal out -------------------------------------------------------------------------------------------

FOUR, STEEP = 4, 3.5
POINT = 1.85
# the shape with which mixup has the covariance factor of these weights
MATCHED = (1 - zeta_oracles.power_sum(2, STEEP, FOUR)) / (2 * zeta_oracles.power_sum(2, STEEP, FOUR) - 1)


def _cosines(weights: Array) -> Simulate:
    return lambda rng, n: np.cos(normal(rng, weights.size * n).reshape(n, -1) @ (POINT * weights))


def _mixup_cosines(rng: Generator, n: int) -> Array:
    w = draw_weights(rng, n, MATCHED, MATCHED)
    return np.asarray(np.cos(POINT * (w * normal(rng, n) + (1 - w) * normal(rng, n))))


def _mixup_charfn() -> float:
    """Return the characteristic function of the scale mixture that mixup makes of normal records."""
    law = (MATCHED, MATCHED, 0.0, 0.0)
    return float(oracles.smooth_mean(lambda w: np.exp(-(POINT**2) * oracles.square_sum(w) / 2), law))


NORMAL = Claim(
    name="mixing.zeta.population.normal",
    statement="Zeta-mixup makes exactly normal records of normal ones; mixup with the same covariance makes a mixture.",
    latex=r"\mathbb{E}e^{it\hat x}=e^{-t^2A_2/2}",
    assumptions="standard normal parents, T = 4, gamma = 3.5; t = 1.85",
    source=from_note("C6"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="characteristic function",
            closed=lambda: math.exp(-(POINT**2) * Zeta(STEEP, FOUR).covariance_factor / 2),
            oracle=lambda: math.prod(math.exp(-((POINT * w) ** 2) / 2) for w in series(STEEP, FOUR)),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(-1.0, 1.0),
        ),
    ),
    simulate=_cosines(series(STEEP, FOUR)),
    mutants=(
        FormulaMutant("scale mixture of mixup", _mixup_charfn),
        SimulatorMutant("mixup with the same covariance factor", _mixup_cosines),
        SimulatorMutant("gamma 3", _cosines(series(3.0, FOUR))),
    ),
)

CLAIMS: tuple[Claim, ...] = (POPULATION, EXPONENTIAL, NORMAL)
