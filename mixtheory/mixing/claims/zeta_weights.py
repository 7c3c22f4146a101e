r"""Claims about p-series weights (C1, C2, C5): sums, dominance of the first parent, entropy, matching exponents."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from mixtheory.mixing import p_series, zeta
from mixtheory.mixing.claims import zeta_oracles
from mixtheory.mixing.claims.member_weights import matching_exponent
from mixtheory.mixing.claims.parts import Array, Simulate, identity
from mixtheory.mixing.claims.zeta_laws import from_note
from mixtheory.mixing.claims.zeta_oracles import series
from mixtheory.mixing.kernels.zeta_batches import mixed_classes
from mixtheory.verification import Claim, Component, EmpiricalBernstein, FormulaMutant, Relative, SimulatorMutant

__all__ = ["CLAIMS", "PAPER"]

PAPER = "K. Abhishek, C.J. Brown and G. Hamarneh, J. Big Data 11:43 (2024)"
PUBLISHED_WEIGHTS = f"note 02, C1 [paper]: {PAPER}"

# Sums of the series ----------------------------------------------------------------------------------------------

# on both sides of the place where the public functions pass from sums to the Euler-Maclaurin formula
COUNTS = (2, 3, 5, 31, 32, 33, 40, 1000)
GAMMAS = (0.0, 0.4, 1.0, 1.02, 1.3, 1.72865, 2.8, 6.0, 40.0)
CONVERGENT = (1.05, 1.72865, 2.0, 2.4, 2.8, 4.0, 11.0)


def _finite(oracle: Callable[[float, int], float]) -> Callable[[], Array]:
    return lambda: np.array([[oracle(g, n) for g in GAMMAS] for n in COUNTS])


def _infinite(oracle: Callable[[float, float], float]) -> Callable[[], Array]:
    return lambda: np.array([oracle(g, math.inf) for g in CONVERGENT])


def _index(gamma: float, n_parents: float) -> float:
    """Return 1 - sum w^2; for finite T as the sum of w_s w_t over different parents, which does not cancel."""
    if math.isinf(n_parents):
        return 1 - zeta_oracles.power_sum(2, gamma, n_parents)
    terms = [k**-gamma for k in range(1, int(n_parents) + 1)]
    before = itertools.accumulate(terms, initial=0.0)
    return (
        2
        * math.fsum(term * sum_before for term, sum_before in zip(terms, before, strict=False))
        / math.fsum(terms) ** 2
    )


def _unpowered() -> list[object]:
    """Return H_{T, r gamma} / H_{T, gamma}, which forgets the power of the normalisation."""
    h = zeta_oracles.harmonic
    return [[[h(r * g, n) / h(g, n) for g in GAMMAS] for n in COUNTS] for r in range(5)]


SERIES = identity(
    "mixing.zeta.series",
    "Sums, power sums, largest weight and entropy of p-series weights, for any number of parents and infinitely many.",
    r"H=\sum_{k\le T}k^{-\gamma},\ A_r=\frac{H_{T,r\gamma}}{H_{T,\gamma}^r},\ "
    r"h=\ln H+\frac\gamma H\sum_{k\le T}k^{-\gamma}\ln k",
    "T = 2 to 1000 with gamma from 0 to 40; infinitely many parents by accelerated alternating series",
    f"{PUBLISHED_WEIGHTS}; {from_note('C5, C6')}",
    [
        ("H", lambda: [p_series.harmonic(n, GAMMAS) for n in COUNTS], _finite(zeta_oracles.harmonic)),
        ("zeta", lambda: p_series.harmonic(math.inf, CONVERGENT), _infinite(zeta_oracles.harmonic)),
        (
            "power sums",
            lambda: [[p_series.power_sum(r, GAMMAS, n) for n in COUNTS] for r in range(5)],
            lambda: [[[zeta_oracles.power_sum(r, g, n) for g in GAMMAS] for n in COUNTS] for r in range(5)],
        ),
        (
            "power sums, infinitely many",
            lambda: [p_series.power_sum(r, CONVERGENT, math.inf) for r in (1, 2, 3, 4)],
            lambda: [[zeta_oracles.power_sum(r, g, math.inf) for g in CONVERGENT] for r in (1, 2, 3, 4)],
        ),
        # (pi^4/90) / (pi^2/6)^2 and (pi^8/9450) / (pi^4/90)^2
        ("2/5 and 6/7", lambda: p_series.power_sum(2, [2.0, 4.0], math.inf), lambda: [2 / 5, 6 / 7]),
        (
            "largest weight",
            lambda: [p_series.dominant_weight(GAMMAS, n) for n in COUNTS],
            lambda: 1 / _finite(zeta_oracles.harmonic)(),
        ),
        ("Gini-Simpson", lambda: [p_series.gini_simpson(GAMMAS, n) for n in COUNTS], _finite(_index)),
        ("Gini-Simpson, infinitely many", lambda: p_series.gini_simpson(CONVERGENT, math.inf), _infinite(_index)),
        ("entropy", lambda: [p_series.entropy(GAMMAS, n) for n in COUNTS], _finite(zeta_oracles.entropy)),
        ("entropy, infinitely many", lambda: p_series.entropy(CONVERGENT, math.inf), _infinite(zeta_oracles.entropy)),
    ],
    [
        FormulaMutant("H_{T, r gamma} / H_{T, gamma}", lambda: [None, None, _unpowered(), *[None] * 7]),
        FormulaMutant(
            "entropy without gamma",
            lambda: [
                *[None] * 9,
                [math.log(z := zeta_oracles.zeta(g)) - zeta_oracles.zeta_slope(g) / z for g in CONVERGENT],
            ],
        ),
    ],
    rtol=1e-12,
    atol=1e-13,
)

# The law ---------------------------------------------------------------------------------------------------------

LAWS = ((0.0, 3), (1.0, 8), (2.4, 16), (2.8, 32), (6.0, 2))


def _each(value: Callable[[zeta.Zeta], object]) -> Callable[[], Array]:
    return lambda: np.array([value(zeta.Zeta(*law)) for law in LAWS])


def _all(value: Callable[[zeta.Zeta], object]) -> Callable[[], Array]:
    return lambda: np.concatenate([np.atleast_1d(np.asarray(value(zeta.Zeta(*law)))) for law in LAWS])


def _vectors() -> Array:
    return np.concatenate([series(*law) for law in LAWS])


def _sums(r: int) -> Array:
    return np.array([math.fsum(series(*law) ** r) for law in LAWS])


LAW = identity(
    "mixing.zeta.law",
    "The law of zeta-mixup: fixed weights, so that powers of their sum of squares do not vary.",
    r"w_{(k)}=\frac{k^{-\gamma}}{H_{T,\gamma}},\ \mathbb{E}\sum_kw_k^r=A_r,\ \operatorname{Var}\sum_kw_k^2=0",
    "five laws of 2 to 32 parents; gamma 0 gives equal weights",
    f"{PUBLISHED_WEIGHTS}; {from_note('C6')}",
    [
        ("weights", _all(lambda law: law.weights), _vectors),
        ("means", _all(lambda law: law.weight_means), _vectors),
        ("variances", _all(lambda law: law.weight_variances), lambda: 0 * _vectors()),
        ("parents", _each(lambda law: law.n_parents), lambda: [n for _, n in LAWS]),
        (
            "power sums",
            lambda: [[zeta.Zeta(*law).power_sum(r) for law in LAWS] for r in range(5)],
            lambda: [_sums(r) for r in range(5)],
        ),
        ("covariance factor", _each(lambda law: law.covariance_factor), lambda: _sums(2)),
        ("third factor", _each(lambda law: law.third_moment_factor), lambda: _sums(3)),
        ("r", _each(lambda law: law.r), lambda: (1 - _sums(2)) / 2),
        ("q2", _each(lambda law: law.q2), lambda: ((1 - _sums(2)) / 2) ** 2),
        ("variance of S", _each(lambda law: law.squared_norm_variance), lambda: [0.0] * 5),
        ("largest weight", _each(lambda law: law.dominant_weight), lambda: [max(series(*law)) for law in LAWS]),
        ("entropy", _each(lambda law: law.entropy), lambda: [zeta_oracles.entropy(*law) for law in LAWS]),
        ("dominates", _each(lambda law: law.dominates), lambda: [2 * max(series(*law)) >= 1 for law in LAWS]),
    ],
    [
        FormulaMutant("weights not normalised", lambda: [_vectors() * 1.1, *[None] * 12]),
        FormulaMutant("A_2^1.5 for A_3", lambda: [*[None] * 6, _sums(2) ** 1.5, *[None] * 6]),
    ],
    atol=1e-14,
)

FACTORS = ((11 / 12, 2), (6 / 7, 8), (2 / 3, 32), (0.6, 512), (0.2, 9), (0.02, 64), (0.999, 5))
LIMITS = (11 / 12, 6 / 7, 2 / 3, 0.6, 0.3)

MATCHING = identity(
    "mixing.zeta.matching",
    "For each covariance factor there is one gamma; mixup of Beta(0.2, 0.2) is matched by gamma = 4 for T infinite.",
    r"\frac{H_{T,2\gamma}}{H_{T,\gamma}^2}=\rho,\qquad\frac{\zeta(8)}{\zeta(4)^2}=\frac67",
    "2 to 512 parents and infinitely many; by root finding in plain sums, the limits by scipy's zeta function",
    from_note("C10"),
    [
        (
            "T parents",
            lambda: [p_series.matching_gamma(*pair) for pair in FACTORS],
            lambda: [matching_exponent(*pair) for pair in FACTORS],
        ),
        (
            "infinitely many",
            lambda: p_series.matching_gamma(LIMITS, math.inf),
            lambda: [matching_exponent(factor, math.inf) for factor in LIMITS],
        ),
        ("exactly 4", lambda: p_series.matching_gamma(6 / 7, math.inf), lambda: 4.0),
        (
            "law",
            lambda: [
                getattr(zeta.Zeta.matching(2 / 3, 32), name) for name in ("gamma", "n_parents", "covariance_factor")
            ],
            lambda: [matching_exponent(2 / 3, 32), 32, 2 / 3],
        ),
    ],
    [
        FormulaMutant("one gamma for all T", lambda: [None, None, matching_exponent(6 / 7, 8), None]),
        FormulaMutant(
            "largest weight for the sum of squares",
            lambda: [None, [_largest_weight_exponent(factor) for factor in LIMITS], None, None],
        ),
    ],
)


def _largest_weight_exponent(factor: float) -> float:
    """Return the gamma at which the largest of infinitely many weights is `factor`."""
    low, high = 1.01, 60.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if 1 / zeta_oracles.zeta(middle) < factor else (low, middle)
    return low


# Dominance: C2 ---------------------------------------------------------------------------------------------------

SIZES = (3, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
SCANNED = (*range(3, 41), *(2**k + j for k in range(6, 10) for j in (-1, 0, 1)), 1023, 1024)
STEP = 1e-6


def _sides(threshold: Callable[[int], float]) -> list[bool]:
    """Return whether the first parent outweighs all others just below and just above a threshold."""
    return [
        2 * float(p_series.dominant_weight(gamma + step, n)) >= 1
        for gamma, n in zip(map(threshold, SCANNED), SCANNED, strict=True)
        for step in (-STEP, STEP)
    ]


def _unit_excess(n: int) -> float:
    """Return the gamma with H_{T, gamma} = 1 + 1/T."""
    low, high = 0.0, 60.0
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (middle, high) if zeta_oracles.harmonic(middle, n) > 1 + 1 / n else (low, middle)
    return low


DOMINANCE = identity(
    "mixing.zeta.dominance",
    "The first parent weighs as much as all others from one gamma on, lower for fewer parents; 1.72865 is sufficient.",
    r"w_{(1)}\ge\sum_{k>1}w_{(k)}\iff H_{T,\gamma}\le2\iff\gamma\ge\gamma^*_T,\ "
    r"\gamma^*_T\uparrow\zeta^{-1}(2)=1.72864\ldots",
    "thresholds by root finding in plain sums; sign of w - 1/2 at distance 1e-6 on both sides, 52 values of T to 1024",
    f"note 02, C2, limit [paper]: {PAPER}; finite T: {from_note('C2')}",
    [
        (
            "thresholds",
            lambda: [p_series.dominance_threshold(n) for n in SIZES],
            lambda: [zeta_oracles.threshold(n) for n in SIZES],
        ),
        ("two parents", lambda: p_series.dominance_threshold(2), lambda: 0.0),
        ("limit", lambda: p_series.dominance_threshold(math.inf), lambda: zeta_oracles.threshold(math.inf)),
        ("scan", lambda: _sides(p_series.dominance_threshold), lambda: [False, True] * len(SCANNED)),
        (
            "at the limit dominance is strict",
            lambda: [2 * zeta.Zeta(p_series.dominance_threshold(math.inf), n).dominant_weight > 1 for n in SIZES],
            lambda: [True] * len(SIZES),
        ),
        (
            "dominates",
            lambda: [zeta.Zeta(p_series.dominance_threshold(n) + s, n).dominates for n in SIZES for s in (-STEP, STEP)],
            lambda: [False, True] * len(SIZES),
        ),
    ],
    [
        FormulaMutant("H = 1 + 1/T", lambda: [[_unit_excess(n) for n in SIZES], *[None] * 5]),
        FormulaMutant("1.72865 as necessary", lambda: [[1.72865] * len(SIZES), *[None] * 5]),
        FormulaMutant("scan at 1.72865", lambda: [*[None] * 3, _sides(lambda n: 1.72865), None, None]),
    ],
)

FAR = 2**36


def _leading_gap(g: float) -> float:
    return float(FAR ** (1 - g) / ((g - 1) * abs(zeta_oracles.zeta_slope(g))))


def _gap() -> float:
    return p_series.dominance_threshold(math.inf) - p_series.dominance_threshold(FAR)


GAP = identity(
    "mixing.zeta.dominance.gap",
    "The threshold of T parents falls short of its limit by a power of T.",
    r"\gamma_{\min}-\gamma^*_T\sim\frac{T^{1-g}}{(g-1)|\zeta'(g)|},\ g=\gamma_{\min}",
    "T = 2^36, where the next term is 3e-7 of the leading one; derivative of zeta by accelerated series",
    from_note("C2"),
    [("gap over leading term", lambda: _gap() / _leading_gap(zeta_oracles.threshold(math.inf)), lambda: 1.0)],
    [
        FormulaMutant(
            "without g - 1",
            lambda: _gap() / _leading_gap(zeta_oracles.threshold(math.inf)) / (zeta_oracles.threshold(math.inf) - 1),
        ),
        FormulaMutant("T^-g", lambda: _gap() / _leading_gap(zeta_oracles.threshold(math.inf)) * FAR),
    ],
    rtol=1e-6,
)


def _agreement(gamma: float, n_parents: int, n_classes: int = 3) -> float:
    """Return the share of all assignments of classes in which the largest soft label is the first parent's class."""
    weights = zeta.Zeta(gamma, n_parents).weights
    hits = [
        int(np.argmax(np.bincount(labels, weights, n_classes))) == labels[0]
        for labels in itertools.product(range(n_classes), repeat=n_parents)
    ]
    return float(np.mean(hits))


ARGMAX = identity(
    "mixing.zeta.dominance.label",
    "From the threshold on the largest soft label is the class of the first parent, however the classes fall.",
    r"w_{(1)}>\tfrac12\ \Rightarrow\ \arg\max_c\hat y_c=\text{class of the first parent}",
    "six parents of three classes, all 729 assignments; just below the threshold only a united rest wins, in 2 of 243",
    from_note("C2"),
    [
        ("above", lambda: _agreement(p_series.dominance_threshold(6) + STEP, 6), lambda: 1.0),
        ("below", lambda: _agreement(p_series.dominance_threshold(6) - STEP, 6), lambda: 1 - 2 / 3**5),
    ],
    [FormulaMutant("always", lambda: [None, 1.0]), FormulaMutant("one class may unite", lambda: [None, 1 - 1 / 3**5])],
)


def _label_hits(gamma: float) -> Simulate:
    weights = np.arange(1.0, 17.0) ** -gamma

    def simulate(rng: Generator, n: int) -> Array:
        drawn = mixed_classes(rng, n, [0.2, 0.3, 0.5], [0.0] * 3, [0.0] * 3, weights / weights.sum())
        return np.asarray(np.argmax(drawn.soft, axis=1) == drawn.first, dtype=np.float64)

    return simulate


DOMINANT_LABEL = Claim(
    name="mixing.zeta.dominance.label.sampled",
    statement="With 16 parents and gamma = 2.4 the largest soft label is always the class of the first parent.",
    latex=r"P(\arg\max_c\hat y_c=\text{class of the first parent})=1",
    assumptions="independent parents of three classes with shares 0.2, 0.3, 0.5",
    source=from_note("C2"),
    kind="equality",
    margin_class="exact",
    components=(
        Component(
            label="agreement",
            closed=lambda: float(zeta.Zeta(2.4, 16).dominates),
            oracle=lambda: float(2 * series(2.4, 16)[0] >= 1),
            margin=Relative(0.01),
            interval=EmpiricalBernstein(0.0, 1.0),
        ),
    ),
    simulate=_label_hits(2.4),
    mutants=(
        FormulaMutant("mean share of the class", lambda: series(2.4, 16)[0]),
        SimulatorMutant("gamma below the threshold", _label_hits(1.0)),
    ),
    block_size=2**12,
)

# Entropy of soft labels ------------------------------------------------------------------------------------------

LABEL_ENTROPY = identity(
    "mixing.zeta.entropy.labels",
    "Classes merge weights: a soft label has at most the entropy of the weights, and all of it if all classes differ.",
    r"\max_{\text{labels}}\Bigl(-\sum_c\hat y_c\ln\hat y_c\Bigr)=h,\qquad-\sum_c\hat y_c\ln\hat y_c\le h",
    "five parents, all assignments of five classes; with two classes one weight against the others is the most mixed "
    "where the first parent dominates",
    from_note("C5"),
    [
        (
            "largest entropy",
            lambda: [zeta.Zeta(g, 5).entropy for g in (0.0, 1.0, 2.8)],
            lambda: [max(zeta_oracles.label_entropies(series(g, 5), 5)) for g in (0.0, 1.0, 2.8)],
        ),
        (
            "two classes",
            lambda: _two_shares(zeta.Zeta(2.8, 5).dominant_weight),
            lambda: max(zeta_oracles.label_entropies(series(2.8, 5), 2)),
        ),
    ],
    [
        FormulaMutant("logarithm of the number of classes", lambda: [[math.log(5)] * 3, None]),
        FormulaMutant("weight entropy for two classes", lambda: [None, zeta_oracles.entropy(2.8, 5)]),
    ],
)


def _two_shares(share: float) -> float:
    return -share * math.log(share) - (1 - share) * math.log(1 - share)


CLAIMS: tuple[Claim, ...] = (
    SERIES,
    LAW,
    MATCHING,
    DOMINANCE,
    GAP,
    ARGMAX,
    DOMINANT_LABEL,
    LABEL_ENTROPY,
)
