r"""Claims about how many records a batch can give (C4), and about the rows of other laws: the published ablation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.random import Generator
from scipy import optimize

from mixtheory.mixing import moments, p_series, points
from mixtheory.mixing.claims import oracles, zeta_oracles
from mixtheory.mixing.claims.parts import Array, Simulate, identity, parameters
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.claims.zeta_oracles import series
from mixtheory.mixing.claims.zeta_weights import PAPER
from mixtheory.mixing.dirichlet import Dirichlet, ExpandedDirichlet
from mixtheory.mixing.kernels import dirichlet_weights
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS"]

# Number of records: C4 -------------------------------------------------------------------------------------------

SIZES = (2, 3, 4, 5, 6)
# which row each member of the batch repeats
BATCHES = ((0, 0, 1), (0, 0, 1, 1, 2), (0, 1, 1, 1, 2, 2), (0, 0, 0, 0, 0, 1), (0, 0, 0, 0))


def _multiplicities(groups: tuple[int, ...], first: int = 0) -> list[int]:
    """Return how often each row occurs, the row of the member `first` in front."""
    counts = [groups.count(row) for row in range(max(groups) + 1)]
    return [counts.pop(groups[first]), *counts]


def _rational(n: int) -> tuple[Fraction, ...]:
    return zeta_oracles.fractions(2, n)


def _counts(first: int | None) -> list[int]:
    return [zeta_oracles.count_outputs(_rational(len(groups)), groups, first) for groups in BATCHES]


def _crossing() -> float:
    """Return the gamma at which the weights 1, 5, 6 of six weigh as much as the weights 2, 3, 4."""

    def excess(gamma: float) -> float:
        terms = np.arange(1.0, 7.0) ** -gamma
        return float(terms[[0, 4, 5]].sum() - terms[[1, 2, 3]].sum())

    return float(optimize.brentq(excess, 0.05, 1.0, xtol=1e-15))


def _two_rows(gamma: float) -> int:
    """Count the records of two rows that occur three times each, from the public weights."""
    shares = [sum(three) for three in itertools.combinations(Zeta(gamma, 6).weights, 3)]
    return len(set(np.round(shares, 9)))


OUTPUTS = identity(
    "mixing.zeta.outputs",
    "T different rows give T! records, fewer where rows repeat, and (T - 1)! with a given first parent; with repeated "
    "rows this holds for almost every gamma, for at single values different orders give one record.",
    r"T!,\quad\frac{T!}{\prod_jm_j!},\quad(T-1)!;\qquad"
    r"\gamma=0.2509:\ 1+5^{-\gamma}+6^{-\gamma}=2^{-\gamma}+3^{-\gamma}+4^{-\gamma}",
    "affinely independent rows, batches of 2 to 6 rows with up to five repeats, gamma = 2; all orders, in fractions",
    f"note 02, C4, T! [paper]: {PAPER}; {from_note('C4')}",
    [
        (
            "different rows",
            lambda: [p_series.distinct_outputs(n) for n in SIZES],
            lambda: [zeta_oracles.count_outputs(_rational(n), range(n)) for n in SIZES],
        ),
        (
            "given first parent",
            lambda: [p_series.distinct_outputs(n, anchored=True) for n in SIZES],
            lambda: [zeta_oracles.count_outputs(_rational(n), range(n), 0) for n in SIZES],
        ),
        (
            "repeated rows",
            lambda: [p_series.distinct_outputs(len(groups), _multiplicities(groups)) for groups in BATCHES],
            lambda: _counts(None),
        ),
        (
            "repeated rows, given first parent",
            lambda: [
                p_series.distinct_outputs(len(groups), _multiplicities(groups), anchored=True) for groups in BATCHES
            ],
            lambda: _counts(0),
        ),
        (
            "repeated rows, last member as first parent",
            lambda: [
                p_series.distinct_outputs(len(groups), _multiplicities(groups, -1), anchored=True) for groups in BATCHES
            ],
            lambda: [zeta_oracles.count_outputs(_rational(len(g)), g, len(g) - 1) for g in BATCHES],
        ),
        (
            "coincidence and the values around it",
            lambda: [_two_rows(_crossing() + step) for step in (-1e-3, 0.0, 1e-3)],
            lambda: [20, 19, 20],
        ),
        ("equal weights", lambda: _two_rows(0.0), lambda: 1),
    ],
    [
        FormulaMutant("T! with repeats", lambda: [None, None, [math.factorial(len(g)) for g in BATCHES], *[None] * 4]),
        FormulaMutant("T! with a given first parent", lambda: [None, [math.factorial(n) for n in SIZES], *[None] * 5]),
        FormulaMutant("20 for every gamma", lambda: [*[None] * 5, [20] * 3, None]),
    ],
)

# Dominance and entropy of other laws -----------------------------------------------------------------------------

PAIRS: tuple[oracles.Law, ...] = ((2.0, 3.0, 0.15, 0.4), (0.7, 1.9, 0.35, 0.1), (1.0, 1.0, 0.0, 0.0))
SHAPES, EPS = (3, 1, 2), 0.21


def _pairs() -> EpBeta:
    return EpBeta(*parameters(PAIRS))


def _pair_moments(k: int) -> Array:
    return np.array([[oracles.mixed_moment(k, 0, law), oracles.mixed_moment(0, k, law)] for law in PAIRS])


def _share_moments(k: int) -> Array:
    unit = np.eye(3, dtype=int)
    return np.array([oracles.dirichlet_moment(list(k * row), SHAPES, EPS) for row in unit])


def _plogp(w: float) -> float:
    return -w * math.log(w) if w > 0 else 0.0


def _marginal_entropy(shapes: tuple[int, ...]) -> float:
    """Return the mean entropy of Dirichlet weights from the Beta law of each."""
    return math.fsum(oracles.expectation(_plogp, (a, sum(shapes) - a, 0.0, 0.0)) for a in shapes)


OTHER_LAWS = identity(
    "mixing.zeta.other_laws",
    "Means, variances, largest weight and entropy of the weights of two random parents and of Dirichlet weights.",
    r"\mathbb{E}\max(\lambda,1-\lambda),\ \mathbb{E}\max_tw_t=(1+k\epsilon)\,\mathbb{E}\max_tD_t-\epsilon,\ "
    r"\mathbb{E}h=\psi(s+1)-\sum_t\frac{\alpha_t}s\psi(\alpha_t+1)",
    "three EpBeta laws by quadrature; Dirichlet(3, 1, 2) by exact integrals of independent gamma variables, also with "
    "eps = 0.21",
    from_note("C5, C9"),
    [
        ("means of two", lambda: _pairs().weight_means, lambda: _pair_moments(1)),
        ("variances of two", lambda: _pairs().weight_variances, lambda: _pair_moments(2) - _pair_moments(1) ** 2),
        (
            "larger of two",
            lambda: _pairs().dominant_weight,
            lambda: [oracles.expectation(lambda w: max(w, 1 - w), law, cuts=(0.5,)) for law in PAIRS],
        ),
        ("entropy of two", lambda: EpBeta(2.0, 5.0, 0.0, 0.0).entropy, lambda: _marginal_entropy((2, 5))),
        ("means of three", lambda: ExpandedDirichlet(SHAPES, eps=EPS).weight_means, lambda: _share_moments(1)),
        (
            "variances of three",
            lambda: ExpandedDirichlet(SHAPES, eps=EPS).weight_variances,
            lambda: _share_moments(2) - _share_moments(1) ** 2,
        ),
        (
            "largest of three",
            lambda: [Dirichlet(SHAPES).dominant_weight, ExpandedDirichlet(SHAPES, eps=EPS).dominant_weight],
            lambda: [(1 + 3 * e) * zeta_oracles.largest_dirichlet(SHAPES) - e for e in (0.0, EPS)],
        ),
        ("entropy of three", lambda: Dirichlet(SHAPES).entropy, lambda: _marginal_entropy(SHAPES)),
    ],
    [
        FormulaMutant("larger mean", lambda: [None, None, _pair_moments(1).max(axis=1), *[None] * 5]),
        FormulaMutant(
            "entropy of the mean weights", lambda: [*[None] * 7, math.fsum(_plogp(a / sum(SHAPES)) for a in SHAPES)]
        ),
    ],
    atol=1e-11,
)

# Dirichlet(1) rows of the published ablation ---------------------------------------------------------------------

MEMBERS = (2, 8, 32, 128)
ABLATION = f"note 02, section 3 [derived]: derived in this project; the rows and their error [paper]: {PAPER}"


def _squares(m: int) -> float:
    """Return E sum w^2 of m shares between uniform points: each has the second moment 2 / (m (m + 1))."""
    return m * oracles.dirichlet_moment([2] + [0] * (m - 1), [1.0] * m, 0.0)


def _harmonic(m: int) -> float:
    return math.fsum(1 / k for k in range(1, m + 1))


# concentration with the covariance factor of Zeta(2.8, 32): E sum w^2 = (alpha + 1) / (m alpha + 1)
def _matched() -> float:
    factor = zeta_oracles.power_sum(2, 2.8, 32)
    return (1 - factor) / (32 * factor - 1)


DIRICHLET = identity(
    "mixing.zeta.dirichlet",
    "Dirichlet(1) rows over a batch of m contract the batch almost to its mean; other concentrations need not.",
    r"\mathbb{E}A_2=\frac2{m+1},\ \mathrm{Cov}(\hat x\mid\text{batch})=\frac{S_b}{m+1},\ "
    r"\mathbb{E}\max_tw_t=\frac{H_m}m,\ \mathbb{E}h=H_m-1",
    "m = 2 to 128. The published ablation with these rows reports an error of 94.69 %. The contraction says that its "
    "records hardly differ from the mean of the batch and its soft labels from the mix of the batch; it predicts no "
    "error, and as covariance, dominance and entropy all change at once, the comparison does not single out p-series "
    "weights. A Dirichlet law of concentration 0.017 has the covariance factor of gamma = 2.8 at T = 32.",
    ABLATION,
    [
        (
            "covariance factor",
            lambda: [Dirichlet(1.0, m).covariance_factor for m in MEMBERS],
            lambda: [_squares(m) for m in MEMBERS],
        ),
        (
            "given the batch",
            lambda: [points.point_variance_factor(Dirichlet(1.0, m), m, "distinct") for m in MEMBERS],
            lambda: [(m * _squares(m) - 1) / (m - 1) for m in MEMBERS],
        ),
        (
            "largest weight",
            lambda: [Dirichlet(1.0, m).dominant_weight for m in MEMBERS],
            lambda: [_harmonic(m) / m for m in MEMBERS],
        ),
        ("entropy", lambda: [Dirichlet(1.0, m).entropy for m in MEMBERS], lambda: [_harmonic(m) - 1 for m in MEMBERS]),
        (
            "two members are mixup",
            lambda: Dirichlet(1.0, 2).covariance_factor,
            lambda: oracles.power_sum(2, (1, 1, 0, 0)),
        ),
        (
            "matched concentration",
            lambda: [Dirichlet(_matched(), 32).covariance_factor, Beta(1.0, 1.0).covariance_factor],
            lambda: [zeta_oracles.power_sum(2, 2.8, 32), 2 / 3],
        ),
    ],
    [
        FormulaMutant("equal weights", lambda: [[1 / m for m in MEMBERS], *[None] * 5]),
        FormulaMutant("A_2 for c_B", lambda: [None, [2 / (m + 1) for m in MEMBERS], *[None] * 4]),
    ],
    atol=1e-11,
)

SIZE = 16
SIGNS = np.where(np.arange(SIZE) % 2 == 0, 1.0, -1.0)


def _contracted(draw: Callable[[Generator, int], Array], *, fresh: bool = False) -> Simulate:
    """Return a simulator of squared records of a batch of signs and of independent signs, and of the largest weight."""

    def simulate(rng: Generator, n: int) -> Array:
        weights = draw(rng, n)
        parents = np.where(rng.integers(0, 2, (n, SIZE), dtype=np.int8) == 1, 1.0, -1.0)
        population = np.einsum("ij,ij->i", weights, parents)
        given = population if fresh else weights @ SIGNS
        return np.stack([given**2, population**2, weights.max(axis=1)], axis=1)

    return simulate


def _rows(alpha: float) -> Callable[[Generator, int], Array]:
    return lambda rng, n: dirichlet_weights(rng, n, alpha, SIZE)


def _ordered(rng: Generator, n: int) -> Array:
    """Return p-series weights of gamma 2.8 in random order."""
    return rng.permuted(np.tile(series(2.8, SIZE), (n, 1)), axis=1)


CONTRACTION = Claim(
    name="mixing.zeta.dirichlet.contraction",
    statement="A record with Dirichlet(1) weights over a batch of 16 keeps 1/17 of its variance, and 2/17 of that of "
    "the population; its largest weight is 0.21 on average.",
    latex=r"\mathrm{Var}(\hat x\mid\text{batch})=\frac{S_b}{m+1},\ \mathrm{Var}(\hat x)=\frac{2\sigma^2}{m+1},\ "
    r"\mathbb{E}\max_tw_t=\frac{H_m}m",
    assumptions="weights Dirichlet(1, ..., 1), m = 16; a batch of eight 1 and eight -1, and independent signs",
    source=ABLATION,
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="variance given the batch",
            closed=lambda: points.point_variance(Dirichlet(1.0, SIZE), SIGNS, "distinct"),
            oracle=lambda: (SIZE * _squares(SIZE) - 1) / (SIZE - 1),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0 + 1e-9),
        ),
        Component(
            label="variance",
            closed=lambda: moments.mixed_covariance(Dirichlet(1.0, SIZE), 1.0),
            oracle=lambda: _squares(SIZE),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0 + 1e-9),
        ),
        Component(
            label="largest weight",
            closed=lambda: Dirichlet(1.0, SIZE).dominant_weight,
            oracle=lambda: _harmonic(SIZE) / SIZE,
            oracle_atol=1e-11,
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0),
        ),
    ),
    simulate=_contracted(_rows(1.0)),
    block_size=2**13,
    mutants=(
        FormulaMutant("A_2 S_b", lambda: [2 / (SIZE + 1), None, None]),
        FormulaMutant("equal weights", lambda: [None, 1 / SIZE, 1 / SIZE]),
        SimulatorMutant("p-series weights", _contracted(_ordered)),
        SimulatorMutant("independent parents for the batch", _contracted(_rows(1.0), fresh=True)),
    ),
)

CLAIMS: tuple[Claim, ...] = (OUTPUTS, OTHER_LAWS, DIRICHLET, CONTRACTION)
