"""Coverage of every interval, by computation where it can be exact, and tail validity at the level that is used."""

import math

import numpy as np
import pytest
from scipy import special, stats

from mixtheory.verification import (
    DKW,
    ClopperPearson,
    EmpiricalBernstein,
    StudentT,
    Summary,
    decide,
    required_units,
    stage_level,
)
from mixtheory.verification.intervals import normal_quantile, skewness_size
from tests.verification.toys import exact, most

SEEDS = [0, 1, 2]


def summary_of(values: np.ndarray) -> Summary:
    return Summary(count=len(values), estimate=float(np.mean(values)), sd=float(np.std(values, ddof=1)))


@pytest.mark.parametrize("n", [1, 7, 40, 300])
@pytest.mark.parametrize("alpha", [0.05, 1e-3])
def test_clopper_pearson_coverage_is_exact(n, alpha):
    counts = np.arange(n + 1)
    bounds = [ClopperPearson().bounds(Summary(count=n, estimate=k / n, sd=0.5), alpha) for k in counts]
    low, high = np.array(bounds).T
    for p in np.linspace(0.0, 1.0, 101):
        probabilities = stats.binom.pmf(counts, n, p)
        assert probabilities[p < low].sum() <= alpha / 2 + 1e-12
        assert probabilities[p > high].sum() <= alpha / 2 + 1e-12


@pytest.mark.parametrize(("n", "k"), [(10**6, 3), (10**6, 400_000), (10**8, 10**8 - 5), (50, 25)])
def test_clopper_pearson_tails_are_exact_at_the_level_that_is_used(n, k):
    alpha = 1e-9
    low, high = ClopperPearson().bounds(Summary(count=n, estimate=k / n, sd=0.5), alpha)
    assert stats.binom.sf(k - 1, n, low) == pytest.approx(alpha / 2, rel=1e-4)
    assert stats.binom.cdf(k, n, high) == pytest.approx(alpha / 2, rel=1e-4)


def test_bernstein_is_the_formula_of_maurer_and_pontil():
    values = np.array([0.0, 0.25, 1.0, 0.5])
    low, high = EmpiricalBernstein(0.0, 1.0).bounds(summary_of(values), 0.1)
    log = math.log(4 / 0.1)
    pairs = sum((a - b) ** 2 for a in values for b in values) / (2 * 4 * 3)
    half = math.sqrt(2 * pairs * log / 4) + 7 * log / (3 * 3)
    assert (low, high) == pytest.approx((0.4375 - half, 0.4375 + half))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("p", [0.01, 0.5])
def test_bernstein_coverage(seed, p):
    trials, n, alpha = 3000, 400, 0.05
    values = (np.random.default_rng([seed, 1]).random((trials, n)) < p).astype(float)
    interval = EmpiricalBernstein(0.0, 1.0)
    bounds = np.array([interval.bounds(summary_of(row), alpha) for row in values])
    assert np.sum((bounds[:, 0] > p) | (bounds[:, 1] < p)) <= most(trials, alpha)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", [1.0, 7.0])
def test_bernstein_scales_with_its_range(seed, scale):
    values = np.random.default_rng(seed).random(50)
    one = EmpiricalBernstein(0.0, 1.0).bounds(summary_of(values), 0.01)
    other = EmpiricalBernstein(-1.0, scale - 1.0).bounds(summary_of(scale * values - 1.0), 0.01)
    assert other == pytest.approx([scale * one[0] - 1.0, scale * one[1] - 1.0])


@pytest.mark.parametrize("seed", SEEDS)
def test_student_coverage_of_a_skewed_mean_from_the_valid_size_on(seed):
    alpha, trials = 0.05, 2000
    n = math.ceil(skewness_size(alpha, 2.0))
    rng = np.random.default_rng([seed, 2])
    miss = 0
    for _ in range(trials):
        low, high = StudentT(2.0).bounds(replace_skewness(summary_of(rng.exponential(size=n))), alpha)
        miss += not low <= 1.0 <= high
    assert miss <= most(trials, alpha)


def replace_skewness(summary: Summary) -> Summary:
    # coverage at the smallest size that the declared skewness allows
    return Summary(count=summary.count, estimate=summary.estimate, sd=summary.sd, skewness=0.0)


def tails_of_exponential_means(n: int, shape: float, z: float, seed: int, trials: int) -> tuple[float, float]:
    """Return the tail probabilities of the t statistic of n gamma variables, exactly but for the variation of s.

    The coefficient of variation c = s / mean is independent of the mean (Basu), and the sum is a gamma variable, so
    P(t > z | c) = P(sum > n shape / (1 - z c / sqrt n)) is exact; only c is simulated, and it hardly varies.
    """
    rng = np.random.default_rng([seed, n])
    upper, lower = [], []
    for _ in range(trials):
        values = rng.standard_gamma(shape, size=n)
        step = z * float(np.std(values, ddof=1) / np.mean(values)) / math.sqrt(n)
        # t = sqrt(n) (mean - shape) / s > z means mean > shape / (1 - z c / sqrt n)
        upper.append(special.gammaincc(n * shape, n * shape / (1.0 - step)))
        lower.append(special.gammainc(n * shape, n * shape / (1.0 + step)))
    return float(np.mean(upper)), float(np.mean(lower))


@pytest.mark.parametrize("seed", SEEDS)
def test_student_tails_hold_at_the_level_of_a_claim(seed):
    alpha = stage_level(1e-9, 1)
    n = math.ceil(skewness_size(alpha, 2.0))
    z = -float(special.stdtrit(n - 1, alpha / 2))
    upper, lower = tails_of_exponential_means(n, 1.0, z, seed, trials=6)
    # an error of either kind needs one tail, whose excess is bounded by exp(0.1); the variation of c adds about 1 %
    assert max(upper, lower) <= alpha / 2 * math.exp(0.1) * 1.05
    assert upper + lower <= alpha * 1.05
    # and the bound is not slack: the condition is about the size that is needed
    assert lower >= alpha / 2 * math.exp(0.1) / 1.05


@pytest.mark.parametrize("seed", SEEDS)
def test_student_tails_fail_far_below_the_valid_size(seed):
    alpha = stage_level(1e-9, 1)
    n = math.ceil(skewness_size(alpha, 2.0) / 100)
    z = -float(special.stdtrit(n - 1, alpha / 2))
    _, lower = tails_of_exponential_means(n, 1.0, z, seed, trials=20)
    assert lower >= 2 * alpha / 2


def test_student_is_not_valid_below_64_units_or_below_the_size_for_its_skewness():
    alpha = 1e-9
    assert StudentT(0.0).bounds(Summary(count=63, estimate=0.0, sd=1.0), alpha) is None
    assert StudentT(0.0).bounds(Summary(count=64, estimate=0.0, sd=1.0), alpha) is not None
    z = normal_quantile(alpha)
    needed = (z**3 * 1.5 / 0.3) ** 2
    for declared, estimated in ((1.5, 0.0), (-1.5, 0.2), (0.0, 1.5), (0.3, -1.5)):
        for n, valid in ((math.floor(needed), False), (math.ceil(needed), True)):
            unit = Summary(count=n, estimate=0.0, sd=1.0, skewness=estimated)
            assert (StudentT(declared).bounds(unit, alpha) is not None) == valid


def test_curvature_raises_the_valid_size():
    assert skewness_size(1e-9, 0.0, 10.0) == pytest.approx((10.0 * normal_quantile(1e-9) / 0.1) ** 2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shift", [0.0, 0.1, 1.0])
def test_dkw_coverage(seed, shift):
    """Units are N(shift, 1) and are compared with N(0, 1), so the distance is 2 Phi(shift / 2) - 1."""
    trials, n, alpha = 1500, 300, 0.05
    edges = stats.norm.ppf(np.linspace(0.005, 0.995, 199))
    interval = DKW(special.ndtr, edges)
    reference = interval.reference()
    truth = 2 * special.ndtr(shift / 2) - 1
    rng = np.random.default_rng([seed, 3])
    miss = 0
    for _ in range(trials):
        below = np.searchsorted(np.sort(rng.normal(shift, 1.0, n)), edges, side="left") / n
        low, high = interval.bounds(DKW.summarize(n, below, reference), alpha)
        miss += not low <= truth <= high
    assert miss <= most(trials, alpha)


@pytest.mark.parametrize("seed", SEEDS)
def test_dkw_edges_bracket_the_exact_distance(seed):
    rng = np.random.default_rng([seed, 4])
    for shift in (0.0, 0.3):
        values = np.sort(rng.normal(shift, 1.2, 500))
        edges = stats.norm.ppf(np.linspace(0.01, 0.99, 99))
        below = np.searchsorted(values, edges, side="left") / 500
        summary = DKW.summarize(500, below, special.ndtr(edges))
        exact_distance = stats.ks_1samp(values, stats.norm.cdf).statistic
        assert summary.estimate <= exact_distance <= summary.upper <= exact_distance + 0.01 + 1e-12


INTERVALS = [
    (StudentT(0.0), lambda rng, n: rng.normal(size=n), 0.0, 0.2),
    (StudentT(2.0), lambda rng, n: rng.exponential(size=n), 1.0, 0.15),
    (EmpiricalBernstein(0.0, 1.0), lambda rng, n: rng.random(n), 0.5, 0.1),
    (ClopperPearson(), lambda rng, n: (rng.random(n) < 0.1).astype(float), 0.1, 0.08),
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("interval", "draw", "truth", "distance"), INTERVALS)
def test_an_interval_of_the_required_size_reaches_no_farther_than_asked(interval, draw, truth, distance, seed):
    alpha, beta, trials = 0.05, 0.1, 600
    rng = np.random.default_rng([seed, 5])
    pilot = summary_of(draw(rng, 200_000))
    n = int(required_units(interval, pilot, alpha=alpha, beta=beta, distance=distance))
    far = 0
    for _ in range(trials):
        low, high = interval.bounds(summary_of(draw(rng, n)), alpha)
        far += low < truth - distance or high > truth + distance
    assert far <= most(trials, beta)


def test_the_required_size_of_a_mean_is_the_formula_of_the_budget():
    unit = Summary(count=1000, estimate=0.0, sd=3.0)
    n = required_units(StudentT(0.0), unit, alpha=1e-9, beta=1e-6, distance=0.02)
    formula = ((normal_quantile(1e-9) + normal_quantile(1e-6)) * 3.0 / 0.02) ** 2
    assert formula <= n <= 1.001 * formula


def test_no_size_is_enough_for_a_distance_of_zero():
    unit = Summary(count=1000, estimate=0.0, sd=3.0)
    assert required_units(StudentT(0.0), unit, alpha=1e-9, beta=1e-6, distance=0.0) == math.inf


def test_dkw_with_coarse_edges_never_reaches_the_margin():
    unit = DKW.summarize(1000, np.array([0.5]), np.array([0.5]))
    assert required_units(DKW(special.ndtr, [0.0]), unit, alpha=1e-9, beta=1e-6, distance=0.1) == math.inf


@pytest.mark.parametrize("bad", [lambda: EmpiricalBernstein(1.0, 0.0), lambda: StudentT(math.nan)])
def test_impossible_parameters_are_refused(bad):
    with pytest.raises(ValueError, match="must be"):
        bad()


@pytest.mark.parametrize("edges", [[0.0, 0.0], [1.0, 0.0], []])
def test_edges_must_increase(edges):
    with pytest.raises(ValueError, match="edges must be"):
        DKW(special.ndtr, edges).resolve()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_interval_of_a_verified_claim_lies_in_its_region(seed):
    component = decide(exact(), seed=seed).components[0]
    assert component.region[0] <= component.low <= component.estimate <= component.high <= component.region[1]
