r"""Claims about two parents (C3, C5): p-series weights as mixup weights, and the law of gamma that makes them mixup."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from scipy import integrate

from mixtheory.mixing import correspondence, moments
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.claims.zeta_weights import PAPER
from mixtheory.mixing.kernels import draw_weights
from mixtheory.mixing.laws import Real
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import DKW, Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

ALPHAS = (0.1, 0.3, 1.0, 2.5)
# from the middle of the law of gamma far into its tail, where a weight is below 2^-150
POINTS = np.array([0.01, 0.4, 1.3, 1.6, 3.0, 9.0, 40.0, 160.0])
INNER = POINTS[:5]
# so near to 0 that the distribution function is linear to rounding
NEAR = 1e-9
# a shape so small that the smaller weight is often below the smallest number
FLAT = 0.01
FAR = 1200.0


def _plain(alpha: float) -> oracles.Law:
    return alpha, alpha, 0.0, 0.0


def _small(t: Array) -> Array:
    """Return the smaller weight 2^-t / (1 + 2^-t)."""
    return np.asarray(2.0**-t / (1 + 2.0**-t))


def _over(function: Callable[[float], object]) -> Callable[[], Array]:
    return lambda: np.array([function(alpha) for alpha in ALPHAS])


def _survival(alpha: float, points: Array = POINTS) -> Array:
    """Return P(gamma > t): both weights are equally likely to be the smaller one."""
    return 2 * oracles.weight_cdf(_small(points), _plain(alpha))


def _densities(alpha: float) -> Array:
    """Return the density of gamma from that of lambda: |d lambda / d gamma| = lambda (1 - lambda) ln 2."""
    w = _small(INNER)
    return np.array([2 * math.log(2) * x * (1 - x) * oracles.density(x, _plain(alpha)) for x in w])


def _random_gamma(alpha: float, k: int) -> float:
    """Return E sum w^k over the random gamma, by quadrature of the public density and the public weights."""

    def integrand(t: float) -> float:
        w = float(correspondence.weight_of_gamma(t))
        return float(correspondence.MixupGamma(alpha).pdf(t)) * (w**k + (1 - w) ** k)

    return math.fsum(integrate.quad(integrand, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in ((0, 5), (5, 60)))


WEIGHTS = np.array([1e-12, 0.02, 0.2, 0.5, 0.7, 0.99])
EXPONENTS = np.array([0.0, 0.3, 1.0, 2.0, 6.0, 30.0])

CORRESPONDENCE = identity(
    "mixing.zeta.mixup",
    "Two parents with p-series weights are a mixup pair, and mixup is the case of a random gamma.",
    r"\lambda=\frac1{1+2^{-\gamma}},\ \gamma=\Bigl|\log_2\frac\lambda{1-\lambda}\Bigr|,\ "
    r"f(t)=\frac{2\ln2\,e^{-\alpha z}}{B(\alpha,\alpha)(1+e^{-z})^{2\alpha}},\ z=t\ln2",
    "lambda from 1e-12 to 0.99; Beta(alpha, alpha) with alpha from 0.1 to 2.5, by quadrature and change of variables",
    f"note 02, C3, two parents as mixup [paper]: {PAPER}; the law of gamma: {from_note('C3')}",
    [
        ("lambda", lambda: correspondence.weight_of_gamma(EXPONENTS), lambda: 1 - _small(EXPONENTS)),
        (
            "weights of the law",
            lambda: [Zeta(g, 2).weights for g in EXPONENTS],
            lambda: [[1 - w, w] for w in _small(EXPONENTS)],
        ),
        (
            "gamma",
            lambda: correspondence.gamma_of_weight(WEIGHTS),
            lambda: [abs(math.log2(w) - math.log2(1 - w)) for w in WEIGHTS],
        ),
        ("density", _over(lambda a: correspondence.MixupGamma(a).pdf(INNER)), _over(_densities)),
        (
            "tail",
            _over(lambda a: np.log(correspondence.MixupGamma(a).sf(POINTS))),
            _over(lambda a: np.log(_survival(a))),
        ),
        (
            "distribution",
            _over(lambda a: correspondence.MixupGamma(a).cdf(POINTS)),
            _over(lambda a: 1 - _survival(a)),
        ),
        ("quantiles", lambda: _quantiles(), lambda: np.concatenate([_invertible(a) for a in ALPHAS])),
        (
            "below 0 and at 0",
            _over(lambda a: [f(t) for f in _functions(a)[:3] for t in (-1.0, 0.0)]),
            _over(lambda a: [0.0, _at_zero(a), 1.0, 1.0, 0.0, 0.0]),
        ),
        (
            "near 0",
            _over(lambda a: [f(NEAR) / NEAR for f in _functions(a)[2:]]),
            _over(lambda a: [_at_zero(a), 1 / _at_zero(a)]),
        ),
        (
            "where the weights underflow",
            lambda: [
                float(np.log(correspondence.MixupGamma(FLAT).sf(FAR))),
                float(correspondence.MixupGamma(FLAT).ppf(-math.expm1(_log_tail()))),
            ],
            lambda: [_log_tail(), FAR],
        ),
        ("median", lambda: correspondence.MixupGamma(1.0).median, lambda: math.log2(3)),
        ("2 / (1 + 2^t)", lambda: correspondence.MixupGamma(1.0).sf(INNER), lambda: 2 / (1 + 2**INNER)),
        (
            "weights it reproduces",
            lambda: [[_random_gamma(a, k) for k in (2, 3, 4)] for a in ALPHAS[2:]],
            lambda: [[oracles.power_sum(k, _plain(a)) for k in (2, 3, 4)] for a in ALPHAS[2:]],
        ),
        (
            "law of lambda",
            lambda: [[(beta := correspondence.MixupGamma(a).beta).alpha, beta.beta] for a in ALPHAS],
            lambda: [[a, a] for a in ALPHAS],
        ),
    ],
    [
        FormulaMutant("2^-t", lambda: [*[None] * 11, 2.0**-INNER, None, None]),
        FormulaMutant(
            "natural logarithm", lambda: [None, None, [abs(math.log(w / (1 - w))) for w in WEIGHTS], *[None] * 11]
        ),
    ],
    atol=1e-10,
)


def _at_zero(alpha: float) -> float:
    """Return the density of gamma at 0."""
    return math.log(2) / 2 * oracles.density(0.5, _plain(alpha))


def _log_tail() -> float:
    """Return log P(gamma > 1200) from the first term of the incomplete beta function, which is all of it here."""
    log_beta = 2 * math.lgamma(FLAT) - math.lgamma(2 * FLAT)
    return math.log(2) - FLAT * FAR * math.log(2) - math.log(FLAT) - log_beta


def _invertible(alpha: float) -> Array:
    """Return the points whose order is not within rounding of 1."""
    return POINTS[_survival(alpha) > 1e-6]


def _quantiles() -> Array:
    orders = {a: 1 - _survival(a, _invertible(a)) for a in ALPHAS}
    return np.concatenate([np.asarray(correspondence.MixupGamma(a).ppf(p)) for a, p in orders.items()])


def _functions(alpha: float) -> Sequence[Callable[[float], Real]]:
    law = correspondence.MixupGamma(alpha)
    return law.pdf, law.sf, law.cdf, law.ppf


# One gamma is not mixup ------------------------------------------------------------------------------------------


def _matched() -> tuple[Zeta, Beta]:
    """Return both laws with covariance factor 2/3."""
    return Zeta.matching(2 / 3, 2), Beta(1.0, 1.0)


def _square_variance() -> float:
    """Return the variance of the sum of squared mixup weights, 1 - 2 lambda (1 - lambda), for uniform lambda."""
    law = _plain(1.0)
    return 4 * (oracles.mixed_moment(2, 2, law) - oracles.mixed_moment(1, 1, law) ** 2)


TWO_ATOMS = identity(
    "mixing.zeta.mixup.fixed_gamma",
    "One gamma for two parents is a law of lambda on two atoms; at the covariance of mixup it lacks its kurtosis.",
    r"\lambda\in\{w_{(1)},w_{(2)}\}:\ \operatorname{Var}\textstyle\sum w^2=0,\quad"
    r"\tilde g=0\ne\frac{3\operatorname{Var}\sum w^2}{(\mathbb{E}\sum w^2)^2}\text{ for normal parents}",
    "gamma that matches Beta(1, 1), so that both laws have covariance factor 2/3 and third factor 1/2",
    from_note("C3"),
    [
        (
            "covariance and third factor",
            lambda: [[law.covariance_factor, law.third_moment_factor] for law in _matched()],
            lambda: [[oracles.power_sum(k, _plain(1.0)) for k in (2, 3)]] * 2,
        ),
        (
            "variance of the sum of squares",
            lambda: [law.squared_norm_variance for law in _matched()],
            lambda: [0.0, _square_variance()],
        ),
        (
            "excess kurtosis of normal records",
            lambda: [moments.excess_kurtosis(law, 0.0) for law in _matched()],
            lambda: [0.0, 3 * _square_variance() / oracles.power_sum(2, _plain(1.0)) ** 2],
        ),
    ],
    [FormulaMutant("the same method", lambda: [None, [_square_variance()] * 2, None])],
)

# The law of gamma ------------------------------------------------------------------------------------------------

# far beyond the last edge, and finite where lambda rounds to 0 or 1
CAP = 200.0


def _edges(alpha: float) -> Array:
    """Return quantiles of gamma, from the distribution of lambda inverted by interpolation."""
    fine = np.concatenate([[0.0], np.geomspace(1e-4, 120.0, 4000)])
    return np.asarray(np.interp(np.linspace(0, 1, 802)[1:-1], 1 - _survival(alpha, fine), fine))


def _log_odds(weight: Array, base: float = 2.0) -> Array:
    with np.errstate(divide="ignore"):
        odds = np.abs(np.log(weight) - np.log1p(-weight)) / math.log(base)
    return np.asarray(np.minimum(odds, CAP))


SHAPES = (1.0, 0.5)


def _gammas(base: float = 2.0, factor: float = 1.0) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        return np.stack([_log_odds(draw_weights(rng, n, factor * a, factor * a), base) for a in SHAPES], axis=1)

    return simulate


LAW_OF_GAMMA = Claim(
    name="mixing.zeta.mixup.law",
    statement="The gamma that makes p-series weights of a mixup weight is random; for uniform weights P = 2/(1 + 2^t).",
    latex=r"P(|\log_2\tfrac\lambda{1-\lambda}|>t)=\frac2{1+2^t}\ (\alpha=1)",
    assumptions="lambda ~ Beta(alpha, alpha) with alpha = 1 and 1/2",
    source=from_note("C3"),
    kind="distribution",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"alpha = {a:g}",
            oracle=lambda a=a: 1 - _survival(a, _edges(a)),  # type: ignore[misc]
            margin=0.01,
            interval=DKW(
                lambda t, a=a: correspondence.MixupGamma(a).cdf(t),  # type: ignore[misc]
                lambda a=a: _edges(a),  # type: ignore[misc]
            ),
        )
        for a in SHAPES
    ),
    simulate=_gammas(),
    mutants=(
        FormulaMutant("2^-t", lambda: [1 - 2.0 ** -_edges(1.0), None]),
        SimulatorMutant("one gamma, log2 3", lambda rng, n: np.full((n, 2), math.log2(3))),
        SimulatorMutant("natural logarithm", _gammas(base=math.e)),
        SimulatorMutant("shapes doubled", _gammas(factor=2.0)),
    ),
)


def _weight_edges(alpha: float) -> Array:
    fine = (1 - np.cos(np.linspace(0, math.pi, 4001)[1:-1])) / 2
    return np.interp(np.linspace(0, 1, 802)[1:-1], oracles.weight_cdf(fine, _plain(alpha)), fine)


def _reproduced(*, ordered: bool = False, fixed: bool = False) -> Simulate:
    """Return a simulator of the first weight of two parents in random order, with gamma from the public sampler."""

    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for a in SHAPES:
            gamma = np.full(n, 1.5) if fixed else correspondence.MixupGamma(a).rvs(n, rng)
            larger = np.asarray(correspondence.weight_of_gamma(gamma))
            columns.append(np.where(ordered | (rng.random(n) < 0.5), larger, 1 - larger))
        return np.stack(columns, axis=1)

    return simulate


SAMPLER = Claim(
    name="mixing.zeta.mixup.sampler",
    statement="A random gamma and a random order give back the Beta(alpha, alpha) weights of mixup.",
    latex=r"\gamma\sim f,\ \text{random order}\ \Rightarrow\ w\sim\mathrm{Beta}(\alpha,\alpha)",
    assumptions="gamma by the public sampler with alpha = 1 and 1/2; which parent gets the larger weight is a coin",
    source=from_note("C3"),
    kind="distribution",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"alpha = {a:g}",
            oracle=lambda a=a: oracles.weight_cdf(_weight_edges(a), _plain(a)),  # type: ignore[misc]
            margin=0.01,
            interval=DKW(
                lambda x, a=a: correspondence.MixupGamma(a).beta.cdf(x),  # type: ignore[misc]
                lambda a=a: _weight_edges(a),  # type: ignore[misc]
            ),
        )
        for a in SHAPES
    ),
    simulate=_reproduced(),
    mutants=(
        FormulaMutant("uniform for both", lambda: [None, _weight_edges(0.5)]),
        SimulatorMutant("first parent always dominates", _reproduced(ordered=True)),
        SimulatorMutant("one gamma", _reproduced(fixed=True)),
    ),
)

# Entropy ---------------------------------------------------------------------------------------------------------


def _entropy(w: float) -> float:
    return 0.0 if w in (0.0, 1.0) else -w * math.log(w) - (1 - w) * math.log1p(-w)


MEAN_SHAPES = (1.0, 0.2)


def _entropies(factor: float = 1.0) -> Simulate:
    def simulate(rng: Generator, n: int) -> Array:
        columns = []
        for a in MEAN_SHAPES:
            w = draw_weights(rng, n, factor * a, factor * a)
            safe = np.where((w > 0) & (w < 1), w, 0.5)
            columns.append(np.where(safe == w, -safe * np.log(safe) - (1 - safe) * np.log1p(-safe), 0.0))
        return np.stack(columns, axis=1)

    return simulate


def _halves(rng: Generator, n: int) -> Array:
    return np.full((n, 2), math.log(2))


ENTROPY = Claim(
    name="mixing.zeta.mixup.entropy",
    statement="The mean entropy of mixup weights is a difference of digamma functions, 1/2 nat for uniform weights.",
    latex=r"\mathbb{E}h=\psi(2\alpha+1)-\psi(\alpha+1)",
    assumptions="lambda ~ Beta(alpha, alpha), alpha = 1 and 0.2",
    source=from_note("C5"),
    kind="equality",
    margin_class="exact",
    components=tuple(
        Component(
            label=f"alpha = {a:g}",
            closed=lambda a=a: Beta(a, a).entropy,  # type: ignore[misc]
            oracle=lambda a=a: oracles.expectation(_entropy, _plain(a)),  # type: ignore[misc]
            margin=Relative(0.01),
            # rounding may lift the largest entropy
            interval=EmpiricalBernstein(0.0, math.log(2) * (1 + 1e-12)),
        )
        for a in MEAN_SHAPES
    ),
    simulate=_entropies(),
    mutants=(
        FormulaMutant("ln 2", lambda: [math.log(2)] * 2),
        SimulatorMutant("shapes doubled", _entropies(2.0)),
        SimulatorMutant("entropy of the mean weight", _halves),
    ),
)

CLAIMS: tuple[Claim, ...] = (CORRESPONDENCE, TWO_ATOMS, LAW_OF_GAMMA, SAMPLER, ENTROPY)
