"""The workflow: the chosen law meets the tolerance exactly and the report is what the law does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from mixtheory.mixing.choose import Choice, choose_law, step_tolerances
from mixtheory.mixing.weights import Beta, EpBeta


@pytest.mark.parametrize("delta", [1e-6, 0.01, 0.1, 0.499])
@pytest.mark.parametrize("generations", [1, 2, 10, 1000])
def test_step_tolerances_compound_to_the_tolerance(delta, generations):
    fall, rise = step_tolerances(delta, generations)
    assert (1 - fall) ** generations == pytest.approx(1 - delta, rel=1e-12)
    assert (1 + rise) ** generations == pytest.approx(1 + delta, rel=1e-12)
    assert 0 < rise <= delta / generations * (1 + 1e-12) and fall >= delta / generations * (1 - 1e-12)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.floats(0.001, 0.3),
    st.floats(0.0, 1.0),
    st.floats(0.01, 1.0),
    st.floats(0.2, 0.8),
    st.integers(1, 40),
    st.booleans(),
)
def test_every_choice_meets_its_tolerance(delta, eps0, eps1, mean, generations, swap):
    if swap:
        eps0, eps1 = eps1, eps0
    choice = choose_law(delta, eps0=eps0, eps1=eps1, mean=mean, generations=generations)
    assert choice.side == "exact"
    assert abs(choice.variance_factor**generations - 1) < 1e-11
    assert choice.law.mean == pytest.approx(mean, abs=1e-12)
    low, high = choice.concentration_band
    assert low < choice.law.alpha + choice.law.beta < high
    lower = choose_law(delta, eps0=eps0, eps1=eps1, mean=mean, generations=generations, side="lower")
    assert lower.variance_factor**generations == pytest.approx(1 - delta, rel=1e-10)
    assert lower.law.alpha + lower.law.beta == pytest.approx(high, rel=1e-9)
    if low > 1e-9:
        upper = choose_law(delta, eps0=eps0, eps1=eps1, mean=mean, generations=generations, side="upper")
        assert upper.variance_factor**generations == pytest.approx(1 + delta, rel=1e-10)
        assert upper.law.alpha + upper.law.beta == pytest.approx(low, rel=1e-6)


def test_no_extrapolation_gives_a_plain_beta_law_at_the_lower_end():
    choice = choose_law(0.1, eps0=0.0, eps1=0.0)
    assert choice.side == "lower"
    assert choice.law == Beta(choice.law.alpha, choice.law.beta)
    assert choice.law.alpha == pytest.approx(0.1 / (1 - 2 * 0.1), rel=1e-13)
    assert (choice.mass_outside, choice.reach(), choice.reach(7)) == (0.0, 0.0, 0.0)
    assert choice.concentration_band[0] == 0.0


def test_closeness_to_the_first_parent():
    close, even = (choose_law(0.05, eps0=0.2, eps1=0.2, mean=m) for m in (0.95, 0.5))
    assert close.law.mean == pytest.approx(0.95)
    assert close.novelty < even.novelty
    assert close.gaussian_kurtosis() != even.gaussian_kurtosis()


def test_which_extension_is_which():
    up, down = choose_law(eps0=0.0, eps1=0.4, mean=0.7), choose_law(eps0=0.4, eps1=0.0, mean=0.7)
    assert up.law.support == pytest.approx((0.0, 1.4))
    assert down.law.support == pytest.approx((-0.4, 1.0))
    assert up.law == EpBeta.preserving(0.7, eps0=0.0, eps1=0.4)


def test_report_against_the_moments_of_the_law():
    choice = choose_law(0.05, eps0=0.3, eps1=0.3, mean=0.9, generations=5, side="lower")
    law, rho = choice.law, choice.variance_factor
    assert choice.third_moment_factor == pytest.approx(law.power_sum(3), rel=1e-12)
    assert choice.skewness_factor == pytest.approx(law.power_sum(3) / law.power_sum(2) ** 1.5, rel=1e-12)
    assert choice.gaussian_kurtosis() == pytest.approx(12 * (law.q2 - law.r**2) / rho**2, rel=1e-12)
    assert choice.gaussian_kurtosis(0) == 0.0
    assert choice.mass_outside == pytest.approx(1 - law.cdf(1.0) + law.cdf(0.0), rel=1e-12)
    lesser, _ = integrate.quad(lambda w: abs(min(w, 1 - w)) * law.pdf(w), -0.3, 1.3, points=[0.0, 0.5, 1.0])
    assert choice.novelty == pytest.approx(lesser, rel=1e-6)


def test_costs_of_exact_preservation():
    choice = choose_law(0.05, eps0=0.25, eps1=0.6, mean=0.7, generations=4)
    q2 = choice.law.q2
    assert choice.gaussian_kurtosis() == pytest.approx(12 * q2, rel=1e-12)
    assert choice.gaussian_kurtosis(4) == pytest.approx(6 * (1 + 2 * q2) ** 4 - 6, rel=1e-11)
    grid = np.linspace(0, 5, 200001)
    constant = np.max(np.abs(grid * (3 - grid**2)) * stats.norm.pdf(grid)) / 2
    assert choice.gaussian_ks_bound == pytest.approx(constant * 4 * q2, rel=1e-6)
    assert 0 < choice.gaussian_ks < choice.gaussian_ks_bound


def test_gaussian_ks_against_the_mixture():
    choice = choose_law(eps0=0.3, eps1=0.3)
    law, x = choice.law, 0.7

    def gap(x):
        return (
            stats.norm.cdf(x)
            - integrate.quad(lambda p: stats.norm.cdf(x / np.hypot(law.ppf(p), 1 - law.ppf(p))), 0, 1, epsabs=1e-10)[0]
        )

    assert abs(gap(x)) <= choice.gaussian_ks + 1e-8
    assert choice.gaussian_ks == pytest.approx(max(abs(gap(x)) for x in np.linspace(0.5, 1.0, 26)), rel=1e-3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_records_stay_within_the_reach(seed):
    rng = np.random.default_rng(seed)
    choice = choose_law(eps0=0.1, eps1=0.5, mean=0.8, generations=3)
    data = rng.normal(size=200)
    low, high = data.min(), data.max()
    for generation in range(1, 4):
        weight = choice.law.rvs(200, rng)
        data = weight * data + (1 - weight) * rng.permutation(data)
        room = choice.reach(generation) * (high - low) * (1 + 1e-12)
        assert low - room <= data.min() and data.max() <= high + room
    assert choice.reach() == 0.5
    assert choice.reach(3) == pytest.approx((2**3 - 1) / 2)
    assert choice.reach(10**4) == np.inf


def test_summary():
    choice = choose_law(0.05, eps0=0.3, eps1=0.3, mean=0.9, generations=5)
    text = choice.summary()
    assert str(choice) == text
    assert all(len(line) <= 78 for line in text.splitlines())
    for label, one, last in choice.rows():
        line = next(line for line in text.splitlines() if line.startswith(label))
        shown = line[42:].split()
        assert shown == [f"{v:.6g}" for v in (one, last) if v is not None]
    assert "EpBeta(alpha=3.25, beta=1.08333, eps0=0.3, eps1=0.3)" in text
    assert "0.05 after 5 generation(s)" in text


def test_report_over_generations():
    choice = choose_law(0.1, eps0=0.3, eps1=0.3, generations=6, side="lower")
    rows = {label: (one, last) for label, one, last in choice.rows()}
    assert rows["Variances and covariances, factor"][1] == pytest.approx(0.9, rel=1e-12)
    for label in ("Third central moments, factor", "Skewness, factor"):
        assert rows[label][1] == pytest.approx(rows[label][0] ** 6, rel=1e-12)
    assert rows["Excess kurtosis of Gaussian data"] == (choice.gaussian_kurtosis(1), choice.gaussian_kurtosis(6))


def test_object():
    choice = choose_law(0.05, eps0=0.3, eps1=0.3)
    assert eval(repr(choice)) == choice
    assert choice != choose_law(0.06, eps0=0.3, eps1=0.3)
    with pytest.raises(AttributeError):
        choice.delta = 0.1
    assert Choice(choice.law, 0.05, 1, "exact") == choice


class TestBadInput:
    @pytest.mark.parametrize("delta", [0.0, 0.5, -1.0, np.nan, np.inf])
    def test_delta(self, delta):
        with pytest.raises(ValueError, match=r"delta must be in \(0, 0.5\), got"):
            choose_law(delta, eps0=0.3, eps1=0.3)

    @pytest.mark.parametrize("mean", [0.0, 1.0, -0.1, np.nan])
    @pytest.mark.parametrize("side", ["exact", "lower"])
    def test_mean(self, mean, side):
        with pytest.raises(ValueError, match=r"mean must be in \(0, 1\), got"):
            choose_law(eps0=0.3, eps1=0.3, mean=mean, side=side)

    @pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
    def test_extensions(self, value):
        with pytest.raises(ValueError, match="eps0 must be finite and >= 0, got"):
            choose_law(eps0=value, eps1=0.3)
        with pytest.raises(ValueError, match="eps1 must be finite and >= 0, got"):
            choose_law(eps0=0.3, eps1=value)

    @pytest.mark.parametrize("generations", [0, -1, 1001])
    def test_generations(self, generations):
        with pytest.raises(ValueError, match="generations must be an integer between 1 and 1000, got"):
            choose_law(eps0=0.3, eps1=0.3, generations=generations)

    def test_side_and_ends(self):
        with pytest.raises(ValueError, match="side must be one of.*did you mean 'exact'"):
            choose_law(eps0=0.3, eps1=0.3, side="exakt")
        with pytest.raises(ValueError, match=r"eps0 \+ eps1 must be finite and > 0"):
            choose_law(eps0=0.0, eps1=0.0, side="exact")
        with pytest.raises(ValueError, match="delta is too large.*upper end"):
            choose_law(eps0=0.0, eps1=0.0, side="upper")

    @pytest.mark.parametrize("name", ["delta", "eps0", "eps1", "mean"])
    def test_arrays_are_refused(self, name):
        arguments = {"delta": 0.05, "eps0": 0.1, "eps1": 0.1, "mean": 0.5, name: [0.1, 0.2]}
        with pytest.raises(TypeError, match=f"{name} must be a single real number"):
            choose_law(arguments.pop("delta"), **arguments)
