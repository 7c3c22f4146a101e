r"""Claims about the populations that the other claims and the studies draw from: moments, quantiles, samplers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.mixing import populations
from mixtheory.mixing.claims import oracles
from mixtheory.mixing.claims.parts import Array, Part, identity
from mixtheory.verification import DKW, Claim, ClopperPearson, Component, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

ORDERS = np.array([0.001, 0.05, 0.3, 0.5, 0.8, 0.99])
VALUES, CHANCES = np.array([0.0, 1.0, 3.0, -2.0]), np.array([0.4, 0.3, 0.1, 0.2])
Density = Callable[[float], float]


def _normal_density(x: float) -> float:
    return math.exp(-(((x - 0.7) / 1.6) ** 2) / 2) / (1.6 * math.sqrt(2 * math.pi))


def _student_density(x: float) -> float:
    constant = math.gamma(4.75) / (math.gamma(4.25) * math.sqrt(8.5 * math.pi))
    return float(constant * (1 + x * x / 8.5) ** -4.75)


def _clusters_density(x: float) -> float:
    lower, upper = ((x + sign * 1.5) / 0.8 for sign in (1, -1))
    return (0.7 * math.exp(-(lower**2) / 2) + 0.3 * math.exp(-(upper**2) / 2)) / (0.8 * math.sqrt(2 * math.pi))


def _from_density(density: Density, low: float, high: float) -> list[float]:
    """Return mean, variance, mu3, mu4, skewness, kappa4 and excess kurtosis by quadrature."""
    return _derived(*(oracles.central_moment(k, density, low, high) for k in (1, 2, 3, 4)))


def _derived(mean: float, var: float, mu3: float, mu4: float) -> list[float]:
    return [mean, var, mu3, mu4, mu3 / var**1.5, mu4 - 3 * var * var, (mu4 - 3 * var * var) / (var * var)]


def _from_atoms(values: Array, chances: Array) -> list[float]:
    mean = math.fsum(values * chances)
    return _derived(mean, *(math.fsum((values - mean) ** k * chances) for k in (2, 3, 4)))


def _moments(population: populations.Population) -> list[float]:
    names = ("mean", "var", "mu3", "mu4", "skewness", "kappa4", "excess_kurtosis")
    return [float(getattr(population, name)) for name in names]


def _quantiles(density: Density, center: float) -> list[float]:
    """Return quantiles by root finding in the integrated density."""

    def tail(x: float) -> float:
        return oracles.central_mass(density, center, x)

    return [float(optimize.brentq(lambda x, p=p: tail(x) - (p - 0.5), -60, 60, xtol=1e-13)) for p in ORDERS]


SHAPES: dict[str, tuple[Callable[[], populations.Population], Callable[[], list[float]]]] = {
    "normal": (
        lambda: populations.Normal(0.7, 1.6),
        lambda: _from_density(_normal_density, -np.inf, np.inf),
    ),
    "exponential": (
        lambda: populations.Exponential(1.3),
        lambda: _from_density(lambda x: math.exp(-x / 1.3) / 1.3, 0.0, np.inf),
    ),
    "Student": (
        lambda: populations.StudentT(8.5),
        lambda: _from_density(_student_density, -np.inf, np.inf),
    ),
    "signs": (
        populations.Rademacher,
        lambda: _from_atoms(np.array([-1.0, 1.0]), np.array([0.5, 0.5])),
    ),
    "Bernoulli": (
        lambda: populations.Bernoulli(0.3),
        lambda: _from_atoms(np.array([0.0, 1.0]), np.array([0.7, 0.3])),
    ),
    "atoms": (
        lambda: populations.Discrete(tuple(VALUES), tuple(CHANCES)),
        lambda: _from_atoms(VALUES, CHANCES),
    ),
    "two clusters": (
        lambda: populations.TwoClusters(3.0, 0.3, 0.8),
        lambda: _from_density(_clusters_density, -20.0, 20.0),
    ),
}


def _part(name: str) -> Part:
    public, oracle = SHAPES[name]
    return name, lambda: _moments(public()), oracle


def _compact(values: Array) -> Array:
    """Map the line to (-1, 1), so that infinite ends can be compared."""
    return np.arctan(values) / (math.pi / 2)


def _atom_quantiles() -> list[float]:
    """Return the smallest value with enough mass up to it."""
    order = sorted(range(4), key=lambda i: VALUES[i])
    found = []
    for p in ORDERS:
        total = 0.0
        for i in order:
            total += CHANCES[i]
            if total >= p:
                found.append(float(VALUES[i]))
                break
    return found


MOMENTS = identity(
    "mixing.populations.moments",
    "Central moments to order four and quantiles of the populations.",
    r"\mu_k=\mathbb{E}(X-\mu)^k",
    "normal, exponential, Student (8.5 degrees of freedom), Cauchy, discrete and two-cluster records",
    "textbook formulas, checked by quadrature and enumeration",
    [
        *(_part(name) for name in SHAPES),
        (
            "normal quantiles",
            lambda: populations.Normal(0.7, 1.6).ppf(ORDERS),
            lambda: _quantiles(_normal_density, 0.7),
        ),
        (
            "exponential quantiles",
            lambda: populations.Exponential(1.3).ppf(ORDERS),
            lambda: 1.3 * np.log(1 / (1 - ORDERS)),
        ),
        ("Student quantiles", lambda: populations.StudentT(8.5).ppf(ORDERS), lambda: _quantiles(_student_density, 0.0)),
        (
            "Cauchy quantiles",
            lambda: populations.Cauchy().ppf(ORDERS),
            lambda: -1 / np.tan(np.pi * ORDERS),
        ),
        (
            "quantiles of atoms",
            lambda: populations.Discrete(tuple(VALUES), tuple(CHANCES)).ppf(ORDERS),
            _atom_quantiles,
        ),
        (
            "ends of the line",
            lambda: [
                _compact(p.ppf([0.0, 1.0]))
                for p in (populations.Normal(), populations.StudentT(3.0), populations.Cauchy())
            ],
            lambda: [[-1.0, 1.0]] * 3,
        ),
        (
            "ends of the half line",
            lambda: _compact(populations.Exponential().ppf([0.0, 1.0])),
            lambda: [0.0, 1.0],
        ),
    ],
    [
        FormulaMutant("normal mu4 is sd^4", lambda: [[0.7, 2.56, 0.0, 6.5536, 0.0, 0.0, 0.0], *[None] * 13]),
        FormulaMutant("Student variance 1", lambda: [None, None, [0.0, 1.0, 0.0, 3.0, 0.0, 0.0, 0.0], *[None] * 11]),
    ],
    rtol=1e-8,
    atol=1e-10,
)

GRID = np.linspace(0, 1, 802)[1:-1]


def _sample(
    scale: float = 1.0, p: float = 0.3, student: float = 1.0, chances: Array = CHANCES
) -> Callable[[Generator, int], Array]:
    def simulate(rng: Generator, n: int) -> Array:
        return np.stack(
            [
                populations.Normal(0.7, 1.6 * scale).rvs(n, rng),
                populations.Exponential(1.3 * scale).rvs(n, rng),
                populations.StudentT(8.5).rvs(n, rng) * student * scale,
                populations.Cauchy().rvs(n, rng) * scale,
                populations.TwoClusters(3.0, p, 0.8).rvs(n, rng),
                populations.Bernoulli(p).rvs(n, rng) == 0.0,
                populations.Discrete(tuple(VALUES), tuple(chances)).rvs(n, rng) <= 1.0,
            ],
            axis=1,
        )

    return simulate


def _quantile_part(
    label: str, public: Callable[[], populations.Population], cdf: Callable[[Array], Array], margin: float = 0.01
) -> Component:
    """Return the claim that draws fall below the quantile of order p with probability p."""
    return Component(label=label, oracle=lambda: GRID, margin=margin, interval=DKW(cdf, lambda: public().ppf(GRID)))


def _clusters_cdf(x: Array) -> Array:
    return np.asarray(0.7 * oracles.normal_cdf((x + 1.5) / 0.8) + 0.3 * oracles.normal_cdf((x - 1.5) / 0.8))


def _fine() -> Array:
    return (np.arange(1000) + 0.5) / 1000


def _student_cdf(x: Array) -> Array:
    """Return Student's distribution function from its density by a Gauss-Legendre rule on each half line."""
    nodes, rule = np.polynomial.legendre.leggauss(120)
    # t = sqrt(df) tan(angle): the density becomes a power of a cosine
    angle = np.arctan(np.asarray(x) / math.sqrt(8.5))
    inner = np.cos(angle[:, None] * (nodes + 1) / 2) ** 7.5
    constant = math.gamma(4.75) / (math.gamma(4.25) * math.sqrt(math.pi))
    return np.asarray(0.5 + constant * angle / 2 * np.sum(inner * rule, axis=-1))


SAMPLERS = Claim(
    name="mixing.populations.samplers",
    statement="Draws of the populations have the distributions that their moments and quantiles describe.",
    latex=r"P(X\le F^{-1}(p))=p",
    assumptions="draws by the public samplers",
    source="textbook laws",
    kind="distribution",
    margin_class="exact",
    components=(
        _quantile_part("normal", lambda: populations.Normal(0.7, 1.6), lambda x: oracles.normal_cdf((x - 0.7) / 1.6)),
        _quantile_part("exponential", lambda: populations.Exponential(1.3), lambda x: 1 - np.exp(-x / 1.3)),
        # variance 1 is 0.031 away for Student's law, a scale a fifth too large 0.030 for the Cauchy law
        _quantile_part("Student", lambda: populations.StudentT(8.5), _student_cdf, margin=0.0065),
        _quantile_part("Cauchy", populations.Cauchy, lambda x: 0.5 + np.arctan(x) / np.pi, margin=0.0065),
        Component(
            label="two clusters",
            no_oracle="the population has no public distribution function",
            margin=0.01,
            interval=DKW(_clusters_cdf, np.linspace(-5.0, 5.0, 1001)),
        ),
        Component(
            label="Bernoulli",
            closed=lambda: 1 - populations.Bernoulli(0.3).mean,
            oracle=lambda: 0.7,
            margin=Relative(0.01),
            interval=ClopperPearson(),
        ),
        Component(
            label="values up to 1",
            closed=lambda: float(np.mean(populations.Discrete(tuple(VALUES), tuple(CHANCES)).ppf(_fine()) <= 1.0)),
            oracle=lambda: 0.9,
            margin=Relative(0.01),
            interval=ClopperPearson(),
        ),
    ),
    simulate=_sample(),
    mutants=(
        SimulatorMutant("scales a fifth too large", _sample(scale=1.2)),
        SimulatorMutant("clusters and sides swapped", _sample(p=0.7)),
        SimulatorMutant("Student with variance 1", _sample(student=math.sqrt(6.5 / 8.5))),
        SimulatorMutant("chances in reverse", _sample(chances=CHANCES[::-1])),
        FormulaMutant("Bernoulli(1 - p)", lambda: [*[None] * 5, 0.3, None]),
    ),
)


CLAIMS: tuple[Claim, ...] = (MOMENTS, SAMPLERS)
