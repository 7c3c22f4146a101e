"""The Gaussian example: closed forms against quadrature, exact fractions, and a second-order expansion of the fit."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtheory.imbalance.losses import SQUARED
from mixtheory.imbalance.models.gaussian import (
    GaussianExample,
    cancelling_multiplier,
    realistic_mean,
    solvable_means,
)
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser, gaussian_nodes, pooled_minimiser

RATIO = 20
CASES = [(1.0, 0.5), (1.0, 1.0), (1.0, 2.0), (0.6, 1.7), (2.5, 0.9), (1.0, -0.4)]
SIZES = np.array([0.0, 700.0, 1900.0, 7600.0])


def example(a=0.5, n_minority=100, ratio=RATIO, mu=1.0):
    return GaussianExample(mu, a, n_majority=ratio * n_minority, n_minority=n_minority)


def nodes(mean, order=8):
    return gaussian_nodes([mean, 0.0], np.eye(2), order)


def laws(mu, a):
    return nodes(0.0), nodes(mu), nodes(a)


def risk(theta, mu):
    """Balanced risk up to a constant, by quadrature."""
    (X0, p0), (X1, p1), _ = laws(mu, mu)
    return p0 @ (X0 @ theta) ** 2 / 2 + p1 @ (X1 @ theta - 1) ** 2 / 2


@pytest.mark.parametrize(("mu", "a"), CASES)
def test_minimisers_gap_and_mismatch_by_quadrature(mu, a):
    this = example(a, mu=mu)
    majority, minority, generator = laws(mu, a)
    theta = balanced_minimiser("squared", majority, minority)
    np.testing.assert_allclose(this.theta_star, theta, atol=1e-12)
    means = [p @ SQUARED.scores(theta, X, np.full(len(X), y)) for (X, p), y in zip(laws(mu, a), (0, 1, 1), strict=True)]
    np.testing.assert_allclose(this.gap, means[0] - means[1], atol=1e-12)
    np.testing.assert_allclose(this.mismatch, means[2] - means[1], atol=1e-12)
    for size, ours in zip(SIZES, this.theta_pop(SIZES), strict=True):
        exact = pooled_minimiser("squared", (majority, minority, generator), (2000, 100, size))
        np.testing.assert_allclose(ours, exact, atol=1e-12)
        floor = risk(exact, mu) - risk(theta, mu)
        assert this.floor(size) == pytest.approx(floor, abs=1e-13)


@pytest.mark.parametrize(("mu", "a"), CASES)
def test_moments_by_quadrature(mu, a):
    this = example(a, mu=mu)
    for ours, (X, p), y in zip(this.moments(), laws(mu, a), (0.0, 1.0, 1.0), strict=True):
        exact = ClassMoments.of_points("squared", this.theta_star, X, y, p)
        np.testing.assert_allclose(ours.mean_score, exact.mean_score, atol=1e-12)
        np.testing.assert_allclose(ours.hessian, exact.hessian, atol=1e-12)
        np.testing.assert_allclose(ours.score_covariance, exact.score_covariance, atol=1e-11)


def expanded_risk(mu, a, n_majority, n_minority, size):
    """Excess risk to O(1/N) and its floor: f + tr(f'' Cov) / 2 for f a function of the means of XX' and Xy."""
    counts = (n_majority, n_minority, size)
    total = sum(counts)
    mean, scatter = np.zeros(5), np.zeros((5, 5))
    for (X, p), y, count in zip(laws(mu, a), (0.0, 1.0, 1.0), counts, strict=True):
        statistics = np.column_stack([X[:, 0] ** 2, X[:, 0] * X[:, 1], X[:, 1] ** 2, X[:, 0] * y, X[:, 1] * y])
        centre = p @ statistics
        mean += count * centre / total
        scatter += count * ((statistics - centre) * p[:, None]).T @ (statistics - centre) / total**2
    (X0, p0), (X1, p1), _ = laws(mu, a)
    star = balanced_minimiser("squared", (X0, p0), (X1, p1))

    def excess(s):
        theta = np.linalg.solve([[s[0], s[1]], [s[1], s[2]]], s[3:])
        return p0 @ ((X0 @ theta) ** 2 - (X0 @ star) ** 2) / 2 + p1 @ ((X1 @ theta - 1) ** 2 - (X1 @ star - 1) ** 2) / 2

    step = 2e-3
    axes = step * np.eye(5)
    second = np.empty((5, 5))
    for i in range(5):
        for j in range(5):
            corners = [excess(mean + u * axes[i] + v * axes[j]) * u * v for u in (-1, 1) for v in (-1, 1)]
            second[i, j] = sum(corners) / (4 * step**2)
    return excess(mean), np.sum(second * scatter) / 2


@pytest.mark.parametrize(("mu", "a"), CASES)
def test_excess_risk_is_the_second_order_expansion_of_the_fit(mu, a):
    this = example(a, n_minority=10, mu=mu)
    for size in (0.0, 190.0, 760.0):
        floor, rest = expanded_risk(mu, a, 200, 10, size)
        assert this.floor(size) == pytest.approx(floor, abs=1e-12)
        assert this.variance(size) + this.second_order(size) == pytest.approx(rest, rel=2e-4)
        assert this.excess_risk(size) == pytest.approx(floor + rest, rel=2e-4)


def test_variance_alone_is_not_the_expansion():
    _, rest = expanded_risk(1.0, 0.5, 200, 10, 0.0)
    assert abs(example(0.5, 10).variance(0.0) - rest) > 0.02 * rest


def test_shapes_follow_the_sizes():
    this = example()
    grid = np.arange(6.0).reshape(2, 3)
    for method in (this.floor, this.variance, this.second_order, this.excess_risk):
        assert method(grid).shape == (2, 3) and method(5).shape == ()
        np.testing.assert_allclose(method(grid)[1, 2], method(5.0), rtol=1e-12)
    assert this.theta_pop(grid).shape == this.second_order_shift(grid).shape == (2, 3, 2)
    assert this.covariance(grid).shape == (2, 3, 2, 2)


def test_published_floors_and_the_wrong_curvature():
    floors = {
        0: 0.1243113,
        0.5: 0.0401433,
        1: 0.0161695,
        2: 0.0031141,
        3: 0.00043245,
        4: 0,
        5: 0.00018982,
        8: 0.0013387,
    }
    this = example()
    ours = this.floor(np.array(list(floors)) * this.deficit)
    np.testing.assert_allclose(ours, list(floors.values()), rtol=2e-5, atol=1e-16)
    r = Fraction(RATIO)
    assert this.floor(this.deficit) == pytest.approx(float((r - 1) ** 2 / (6 * (3 * r + 1) ** 2)), rel=1e-12)
    # the curvature H of the balanced risk in place of that of the augmented risk
    drift = this.deficit / (2 * this.n_majority) * this.mismatch
    wrong = drift @ np.linalg.solve(this.hessian, drift) / 2
    assert wrong == pytest.approx(0.0094010, abs=5e-8)
    assert example(ratio=10**7, n_minority=1).floor(10.0**7 - 1) == pytest.approx(1 / 54, rel=1e-6)


def test_cancelling_multipliers():
    table = {0.3: np.inf, 0.5: 4, 0.8: 1 / 0.76, 1: 1, 1.5: 0.8, 2: 1, 2.5: 4, 2.7: np.inf, -1: np.inf}
    np.testing.assert_allclose(cancelling_multiplier(list(table)), list(table.values()), rtol=1e-12)
    # twice the deficit over 1 - rho would be 1.6
    assert abs(float(cancelling_multiplier(0.5)) - 1 / (1 - 3 / 8)) > 2
    grid = np.linspace(0.4, 2.6, 23)
    assert grid[np.argmin(cancelling_multiplier(grid))] == pytest.approx(1.5)


@pytest.mark.parametrize("mu", [0.3, 1.0, 2.0, 7.0])
def test_solvable_means_are_where_rho_is_one_half(mu):
    for a in solvable_means(mu):
        this = example(a, mu=mu)
        assert this.mismatch[0] == pytest.approx(this.gap[0] / 2, rel=1e-9)
    low, high = solvable_means(mu)
    assert low < mu < high and low < 2 / mu < high
    if mu == 1:
        assert (low, high) == pytest.approx(((3 - 5**0.5) / 2, (3 + 5**0.5) / 2), rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(
    st.fractions(Fraction(1, 10), 4, max_denominator=20),
    st.fractions(Fraction(-3), 6, max_denominator=20),
    st.integers(1, 40),
    st.integers(1, 400),
)
def test_cancelling_size_in_exact_arithmetic(mu, a, n_minority, extra):
    # stationarity of the augmented risk at theta*: n0 m0 + n1 m1 + nt ms = 0, all along the first axis
    star = mu / (mu * mu + 2)
    majority, minority, generator = star, (1 + mu * mu) * star - mu, (1 + a * a) * star - a
    size = -(extra * majority) / generator if generator != 0 else Fraction(-1)
    assert minority == -majority
    this = GaussianExample(float(mu), float(a), n_majority=n_minority + extra, n_minority=n_minority)
    ours = float(cancelling_multiplier(float(a), float(mu)))
    if size > 0:
        assert ours == pytest.approx(float(size / extra), rel=1e-6)
        assert this.optimal_multiplier() == ours
        assert this.floor(float(size)) == pytest.approx(0, abs=1e-12)
    else:
        assert ours == np.inf


def test_a_wrong_law_without_mismatch():
    this = example(2.0)
    assert this.mismatch.tolist() == [0, 0] and this.optimal_multiplier() == pytest.approx(1.0, rel=1e-12)
    assert this.floor(this.deficit) < 1e-30
    majority, minority, generator = this.moments()
    assert np.linalg.norm(generator.score_covariance - minority.score_covariance) > 1


@pytest.mark.parametrize(("a", "expected"), [(0.0, 0.0), (0.04, 0.0), (0.05, np.inf), (3.0, np.inf), (30.0, 0.0)])
def test_where_no_size_cancels_the_floor_is_monotone(a, expected):
    this = example(a)
    assert this.optimal_multiplier() == expected
    floors = this.floor(np.geomspace(1, 1e7, 60))
    steps = np.diff(np.r_[this.floor(0), floors])
    assert np.all(steps < 0) if expected else np.all(steps > 0)
    assert this.best_size() == (np.inf if expected else 0.0)


def test_where_the_floor_starts_to_fall():
    # a / (1 + a^2), the limit of many points, against n_1 mu / (n_0 + n_1 + n_1 mu^2) without any: a^2 - 22 a + 1 = 0
    threshold = 11 - 120**0.5
    assert example(threshold * (1 - 1e-9)).optimal_multiplier() == 0
    assert example(threshold * (1 + 1e-9)).optimal_multiplier() == np.inf


def test_price_at_the_cancelling_size():
    for a, constant in {0.5: 0.25755, 1.0: 7 / 27, 1.5: 0.174159, 2.0: 0.111850}.items():
        this = example(a, n_minority=10**6)
        size = this.optimal_multiplier() * this.deficit
        assert this.excess_risk(size) * this.n_majority == pytest.approx(constant, rel=2e-5)


def test_predictions_of_the_published_settings():
    np.testing.assert_allclose(example().excess_risk([0, 1900, 7600]), [0.124360, 0.0163886, 0.00012877], rtol=5e-5)
    table = {
        100: (0.534, 3.156, 0.013243, 0.001786),
        200: (0.566, 2.654, 0.010645, 0.000787),
        300: (0.581, 2.463, 0.009509, 0.000457),
        400: (0.591, 2.355, 0.008826, 0.000296),
        500: (0.599, 2.283, 0.008353, 0.000204),
    }
    for n_minority, row in table.items():
        mean = realistic_mean(n_minority)
        this = example(mean, n_minority)
        risks = this.excess_risk(np.array([1, 2]) * this.deficit)
        # to the digits that are given
        np.testing.assert_allclose([mean, this.optimal_multiplier(), *risks], row, rtol=3e-3, atol=5e-7)
    assert realistic_mean(10) < solvable_means()[0]


def exact_excess(n, m):
    """Excess risk with n points of N(0, I) and m of N(e1, I) in fractions, every matrix being diagonal."""
    t = m / (n + 2 * m)
    e = 1 - t
    first, second = n + 2 * m, n + m
    along = n * 2 * t**2 + m * (e**2 - 2 * e * t + 3 * t**2)
    across = n * t**2 + m * (e**2 + t**2)
    variance = Fraction(3, 2) * along / first**2 + across / second**2
    u, v = second / first, Fraction(1)
    majority = -(3 * u + v) * t + u * t
    minority = (4 * u + v) - (10 * u + 2 * v) * t - 2 * u * (1 - 2 * t)
    shift = -u * (n * majority + m * minority) / second**2
    distance = t - Fraction(1, 3)
    return Fraction(3, 2) * distance**2 + variance + 3 * distance * shift


def differences(n, m, h):
    """Central differences of the excess risk in m, of order one and two."""
    low, middle, high = (exact_excess(n, m + s) for s in (-h, 0, h))
    return (high - low) / (2 * h), (high - 2 * middle + low) / h**2


@pytest.mark.parametrize(("ratio", "shift"), [(2, 1.2556), (5, 1.2522), (20, 1.2506), (100, 1.2501)])
def test_best_size_with_an_ideal_generator(ratio, shift):
    this = example(1.0, 200, ratio)
    n = Fraction(this.n_majority)
    first, second = differences(n, n, Fraction(1))
    assert float(-first / second) == pytest.approx(shift, abs=6e-5)
    for s in (0, 3, Fraction(1, 2) * n):
        assert this.excess_risk(float(this.deficit + s)) == pytest.approx(float(exact_excess(n, n + s)), rel=1e-12)
    # the minimum itself, by bisection on the slope
    low, high = Fraction(1), Fraction(3, 2)
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if differences(n, n + middle, Fraction(1, 10**6))[0] < 0 else (low, middle)
    assert this.best_size() - this.deficit == pytest.approx(float(low), abs=2e-3)
    assert abs(float(low) - 1.25) < 6 / float(n)


def test_best_size_tends_to_five_quarters_above_balance():
    first, second = differences(Fraction(10**8), Fraction(10**8), Fraction(1, 10**3))
    # without the second-order term it would be 23/12
    assert float(-first / second) == pytest.approx(5 / 4, abs=1e-6)


def test_best_size_depends_on_the_majority_alone():
    shifts = [GaussianExample(n_majority=4000, n_minority=n).best_size() - (4000 - n) for n in (20, 200, 2000)]
    np.testing.assert_allclose(shifts, shifts[0], atol=2e-3)


def test_best_size_is_the_minimum_of_the_risk():
    for a in (0.5, 0.8, 1.6):
        this = example(a, n_minority=50)
        best = this.best_size()
        around = this.excess_risk(np.linspace(0, 8 * this.deficit, 4001))
        assert this.excess_risk(best) <= around.min()
        assert best == pytest.approx(this.optimal_multiplier() * this.deficit, rel=0.1)


def test_bad_input():
    for change, message in [
        ({"mu": 0.0}, "mu must be finite and > 0"),
        ({"mu": -1.0}, "mu must be"),
        ({"a": np.nan}, "a must be finite"),
        ({"n_minority": 0}, "n_minority must be an integer >= 1"),
        ({"n_majority": 5}, "n_majority must be an integer >= 10"),
    ]:
        with pytest.raises(ValueError, match=message):
            GaussianExample(**({"n_majority": 20, "n_minority": 10} | change))
    with pytest.raises(TypeError, match="n_majority must be an integer"):
        GaussianExample(n_majority=20.0, n_minority=10)
    for bad in (-1.0, [1.0, np.inf]):
        with pytest.raises(ValueError, match="n_synthetic must be"):
            example().excess_risk(bad)
    with pytest.raises(ValueError, match="n_minority must be an integer >= 2"):
        realistic_mean(1)
    with pytest.raises(ValueError, match="mu must be"):
        solvable_means(0.0)
