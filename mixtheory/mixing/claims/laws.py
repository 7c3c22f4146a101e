r"""Claims about the laws of two weights (T4): moments, r and q2, distribution, samplers."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import laws, weights
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, clipped, derived, identity, parameters, stretched
from mixtheory.mixing.kernels import draw_weights
from mixtheory.verification import DKW, Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

# All four parameters differ, and so do their roles: swapped arguments and signs show.
ASYMMETRIC: oracles.Law = (2.0, 3.0, 0.15, 0.4)
LAWS: tuple[oracles.Law, ...] = (
    ASYMMETRIC,
    (0.7, 1.9, 0.35, 0.1),
    (3.2, 0.6, 0.0, 0.25),
    (4.34, 1.33, 0.3, 0.3),
    (0.1, 0.1, 0.0, 0.0),
    (2.0, 5.0, 0.0, 0.0),
)
INNER = np.array([0.02, 0.11, 0.35, 0.5, 0.72, 0.97])
ORDERS = range(7)
# shapes and probabilities for which SciPy has no quantile
STEEP, FAR = (1.03125, 0.25), (1e-18, 1e-24)


def _vector() -> weights.EpBeta:
    return weights.EpBeta(*parameters(LAWS))


def _moments(k: int) -> Array:
    return np.array([oracles.mixed_moment(k, 0, law) for law in LAWS])


def _variances() -> Array:
    return _moments(2) - _moments(1) ** 2


def _products(k: int) -> Array:
    return np.array([oracles.mixed_moment(k, k, law) for law in LAWS])


def _swapped(k: int) -> Array:
    return np.array([oracles.mixed_moment(k, k, (a, b, e1, e0)) for a, b, e0, e1 in LAWS])


def _points(law: oracles.Law) -> Array:
    return stretched(INNER, law)


def _densities() -> Array:
    return np.array([oracles.density(float(x), law) for law in LAWS for x in _points(law)])


def _far_quantiles() -> list[float]:
    """Return logarithms of quantiles so small that the density is a power there."""
    a, b = STEEP
    constant = a * math.gamma(a) * math.gamma(b) / math.gamma(a + b)
    return [math.log(p * constant) / a for p in FAR]


def _cdfs() -> Array:
    return np.concatenate([oracles.weight_cdf(_points(law), law) for law in LAWS])


def _outside() -> Array:
    """Mass outside [0, 1] by quadrature over the two outer pieces."""

    def tails(law: oracles.Law) -> float:
        return oracles.expectation(lambda w: float(w < 0 or w > 1), law, cuts=(0.0, 1.0))

    return np.array([tails(law) for law in LAWS])


MOMENTS = identity(
    "mixing.law.moments",
    "Moments of every order of an EpBeta weight, and the power sums that mixing needs, follow from its parameters.",
    r"\mathbb{E}\lambda^k=\sum_j\binom kj(-\epsilon_0)^{k-j}L^j\prod_{i<j}\frac{\alpha+i}{\alpha+\beta+i}",
    "lambda = -eps0 + L B, B ~ Beta(alpha, beta), L = 1 + eps0 + eps1; six laws with all parameters different",
    derived("T4"),
    [
        ("mean", lambda: _vector().mean, lambda: _moments(1)),
        ("variance", lambda: _vector().var, _variances),
        ("moments", lambda: [_vector().moment(k) for k in ORDERS], lambda: [_moments(k) for k in ORDERS]),
        (
            "power sums",
            lambda: [_vector().power_sum(k) for k in ORDERS],
            lambda: [[oracles.power_sum(k, law) for law in LAWS] for k in ORDERS],
        ),
        (
            "moments of one law",
            lambda: [weights.EpBeta(*ASYMMETRIC).moment(k) for k in ORDERS],
            lambda: [oracles.mixed_moment(k, 0, ASYMMETRIC) for k in ORDERS],
        ),
        (
            "shifted moment",
            lambda: [laws.shifted_beta_moment(k, *ASYMMETRIC) for k in ORDERS],
            lambda: [oracles.expectation(lambda w, k=k: w**k, ASYMMETRIC) for k in ORDERS],  # type: ignore[misc]
        ),
    ],
    [
        FormulaMutant(
            "eps swapped", lambda: [[oracles.mixed_moment(1, 0, (a, b, d, c)) for a, b, c, d in LAWS], *[None] * 5]
        ),
        FormulaMutant("L instead of L^2", lambda: [None, _variances() / _widths(), *[None] * 4]),
    ],
)


def _widths() -> Array:
    return np.array([1 + law[2] + law[3] for law in LAWS])


FACTORS = identity(
    "mixing.law.factors",
    "r, the moments of q = lambda (1 - lambda) and the factors of variance and third moment from the parameters.",
    r"r=\frac{L^2\alpha\beta}{s(s+1)}-\frac{L(\alpha\epsilon_1+\beta\epsilon_0)}{s}+\epsilon_0\epsilon_1",
    "as mixing.law.moments; eps1 goes with alpha",
    derived("T4"),
    [
        ("r", lambda: _vector().r, lambda: _products(1)),
        ("q moments", lambda: [_vector().q_moment(k) for k in range(4)], lambda: [_products(k) for k in range(4)]),
        ("q2", lambda: _vector().q2, lambda: _products(2)),
        ("variance factor", lambda: _vector().variance_factor, lambda: [oracles.power_sum(2, law) for law in LAWS]),
        ("third factor", lambda: _vector().third_moment_factor, lambda: [oracles.power_sum(3, law) for law in LAWS]),
        (
            "third factor of any law",
            lambda: laws.MixingLaw.third_moment_factor.fget(_vector()),  # type: ignore[attr-defined]
            lambda: [oracles.power_sum(3, law) for law in LAWS],
        ),
        (
            "variance of S",
            lambda: _vector().squared_norm_variance,
            lambda: 4 * (_products(2) - _products(1) ** 2),
        ),
    ],
    [
        FormulaMutant("eps swapped", lambda: [_swapped(1), None, _swapped(2), None, None, None, None]),
        FormulaMutant("third factor rho^1.5", lambda: [*[None] * 4, (1 - 2 * _products(1)) ** 1.5, None, None]),
    ],
)

DISTRIBUTION = identity(
    "mixing.law.distribution",
    "Density, distribution, quantiles, support and mass outside [0, 1] are those of a stretched Beta variable.",
    r"f(w)=\frac{(w+\epsilon_0)^{\alpha-1}(1+\epsilon_1-w)^{\beta-1}}{B(\alpha,\beta)L^{\alpha+\beta-1}}",
    "as mixing.law.moments; 1 - lambda has the law EpBeta(beta, alpha; eps1, eps0)",
    derived("T4"),
    [
        ("density", lambda: np.concatenate([_law(p).pdf(_points(p)) for p in LAWS]), _densities),
        ("density outside", lambda: [_law(p).pdf([-p[2] - 0.1, 1.1 + p[3]]) for p in LAWS], lambda: [[0.0, 0.0]] * 6),
        ("distribution", lambda: np.concatenate([_law(p).cdf(_points(p)) for p in LAWS]), _cdfs),
        ("ends", lambda: [_law(p).cdf([-p[2] - 0.1, 1.1 + p[3]]) for p in LAWS], lambda: [[0.0, 1.0]] * 6),
        (
            "quantiles",
            lambda: np.concatenate([_law(p).ppf(oracles.weight_cdf(_points(p), p)) for p in LAWS]),
            lambda: np.concatenate([_points(p) for p in LAWS]),
        ),
        ("support", lambda: _vector().support, lambda: [[-p[2] for p in LAWS], [1 + p[3] for p in LAWS]]),
        ("width", lambda: _vector().width, _widths),
        ("reach", lambda: _vector().reach, lambda: [max(p[2:]) for p in LAWS]),
        ("mass outside", lambda: _vector().mass_outside(), _outside),
        ("outside", lambda: laws.shifted_beta_outside(*ASYMMETRIC), lambda: _outside()[0]),
        (
            "mirror",
            lambda: [_law(p).mirror.cdf(1 - _points(p)) for p in LAWS],
            lambda: [1 - oracles.weight_cdf(_points(p), p) for p in LAWS],
        ),
        (
            "special cases",
            lambda: np.array(
                [*_numbers(weights.Beta.uniform()), *_numbers(weights.Beta(2.0, 5.0)), weights.Beta.uniform().n_parents]
            ),
            lambda: [1.0, 1.0, 0.0, 0.0, 2.0, 5.0, 0.0, 0.0, 2.0],
        ),
        ("far quantiles", lambda: np.log(weights.Beta(*STEEP).ppf(FAR)), _far_quantiles),
    ],
    [
        FormulaMutant(
            "unstretched density",
            lambda: [_densities() * np.repeat(_widths(), INNER.size), *[None] * 12],
        ),
        FormulaMutant("one side outside", lambda: [*[None] * 8, _lower_mass(), *[None] * 4]),
    ],
    rtol=1e-8,
    atol=1e-11,
)


def _law(numbers: oracles.Law) -> weights.EpBeta:
    return weights.EpBeta(*numbers)


def _numbers(law: weights.EpBeta) -> tuple[object, ...]:
    return law.alpha, law.beta, law.eps0, law.eps1


def _lower_mass() -> Array:
    return np.array([float(oracles.weight_cdf([max(0.0, -p[2])], p)[0]) for p in LAWS])


def _products_of(rng: Generator, n: int, law: oracles.Law) -> Array:
    drawn = draw_weights(rng, n, *law)
    return drawn * (1 - drawn)


def _lowest(law: oracles.Law) -> float:
    """Lowest value of q: at the end of the support that is farther from 1/2."""
    return -max(law[2] * (1 + law[2]), law[3] * (1 + law[3]))


SWAPPED: oracles.Law = (2.0, 3.0, 0.4, 0.15)

R = Claim(
    name="mixing.law.r",
    statement="E[lambda (1 - lambda)] of EpBeta(2, 3; 0.15, 0.4) is the closed form r.",
    latex=r"r=\frac{L^2\alpha\beta}{s(s+1)}-\frac{L(\alpha\epsilon_1+\beta\epsilon_0)}{s}+\epsilon_0\epsilon_1",
    assumptions="all four parameters different; bounded statistic lambda (1 - lambda)",
    source=derived("T4", "C3"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="r",
            closed=lambda: weights.EpBeta(*ASYMMETRIC).r,
            oracle=lambda: oracles.expectation(lambda w: w * (1 - w), ASYMMETRIC),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(_lowest(ASYMMETRIC), 0.25),
        ),
    ),
    simulate=lambda rng, n: _products_of(rng, n, ASYMMETRIC),
    mutants=(
        FormulaMutant("eps swapped", lambda: oracles.mixed_moment(1, 1, SWAPPED)),
        FormulaMutant("no eps0 eps1", lambda: oracles.mixed_moment(1, 1, ASYMMETRIC) - 0.15 * 0.4),
        SimulatorMutant("eps of the other side", lambda rng, n: _products_of(rng, n, SWAPPED)),
        SimulatorMutant("shapes swapped", lambda rng, n: _products_of(rng, n, (3.0, 2.0, 0.15, 0.4))),
    ),
)


def _squares_of(rng: Generator, n: int, law: oracles.Law) -> Array:
    return np.square(_products_of(rng, n, law))


def _clipped_squares(rng: Generator, n: int) -> Array:
    drawn = clipped(draw_weights(rng, n, *ASYMMETRIC))
    return np.square(drawn * (1 - drawn))


Q2 = Claim(
    name="mixing.law.q2",
    statement="E[(lambda (1 - lambda))^2] of EpBeta(2, 3; 0.15, 0.4) is the closed form q2.",
    latex=r"q_2=\mathbb{E}\lambda^2-2\mathbb{E}\lambda^3+\mathbb{E}\lambda^4",
    assumptions="all four parameters different; bounded statistic",
    source=derived("T4", "C3c"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="q2",
            closed=lambda: weights.EpBeta(*ASYMMETRIC).q2,
            oracle=lambda: oracles.expectation(lambda w: (w * (1 - w)) ** 2, ASYMMETRIC),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, _lowest(ASYMMETRIC) ** 2),
        ),
    ),
    simulate=lambda rng, n: _squares_of(rng, n, ASYMMETRIC),
    mutants=(
        FormulaMutant("r^2", lambda: oracles.mixed_moment(1, 1, ASYMMETRIC) ** 2),
        SimulatorMutant("lambda clipped to [0, 1]", _clipped_squares),
        SimulatorMutant("eps of the other side", lambda rng, n: _squares_of(rng, n, SWAPPED)),
    ),
)


def _edges() -> Array:
    """Quantiles of the sampler's law from its own distribution function, inverted by interpolation."""
    fine = stretched((1 - np.cos(np.linspace(0, math.pi, 2001))) / 2, ASYMMETRIC)[1:-1]
    values = oracles.weight_cdf(fine, ASYMMETRIC)
    return np.interp(np.linspace(0, 1, 802)[1:-1], values, fine)


def _shifted(rng: Generator, n: int) -> Array:
    return weights.EpBeta(*SWAPPED).rvs(n, rng)


SAMPLER = Claim(
    name="mixing.law.sampler",
    statement="Draws of EpBeta(2, 3; 0.15, 0.4) have the stated distribution function, and both weights sum to one.",
    latex=r"P(\lambda\le x)=I_{(x+\epsilon_0)/L}(\alpha,\beta)",
    assumptions="draws by the public samplers rvs and weights",
    source=derived("T4"),
    kind="distribution",
    margin_class="exact",
    components=(
        Component(
            label="rvs",
            oracle=lambda: oracles.weight_cdf(_edges(), ASYMMETRIC),
            margin=0.01,
            interval=DKW(lambda x: weights.EpBeta(*ASYMMETRIC).cdf(x), _edges),
        ),
        Component(
            label="second weight",
            oracle=lambda: 1 - oracles.weight_cdf(_edges(), ASYMMETRIC)[::-1],
            margin=0.01,
            interval=DKW(lambda x: weights.EpBeta(*ASYMMETRIC).mirror.cdf(x), lambda: 1 - _edges()[::-1]),
        ),
    ),
    simulate=lambda rng, n: weights.EpBeta(*ASYMMETRIC).weight_vectors(n, rng),
    mutants=(
        SimulatorMutant("eps of the other side", lambda rng, n: weights.EpBeta(*SWAPPED).weight_vectors(n, rng)),
        SimulatorMutant(
            "lambda clipped to [0, 1]", lambda rng, n: clipped(weights.EpBeta(*ASYMMETRIC).weight_vectors(n, rng))
        ),
        FormulaMutant("uniform law", lambda: [(_edges() + 0.15) / 1.55, None]),
    ),
)

CLAIMS: tuple[Claim, ...] = (MOMENTS, FACTORS, DISTRIBUTION, R, Q2, SAMPLER)
