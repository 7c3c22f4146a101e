"""Optimal sizes: against searches over sizes, linear solves and the table of the published example."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize

from mixtheory.imbalance.losses import SQUARED
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser, pooled_minimiser
from mixtheory.imbalance.models.sizes import (
    alignment,
    code_multiplier,
    exact_multiplier,
    population_multiplier,
    squared_bias,
    unnormalised_multiplier,
)

VECTOR = st.lists(st.floats(-3, 3).map(lambda x: round(x, 3)), min_size=3, max_size=3).map(np.array)


def metric(seed, p=3):
    root = np.random.default_rng(seed).standard_normal((p, p))
    return root @ root.T + 0.1 * np.eye(p)


def direct(g, b, n_majority, n_minority, size, weight):
    """|B|_W^2 from the mean scores of the three samples."""
    scores = n_majority * g / 2 - n_minority * g / 2 + size * (b - g / 2)
    drift = scores / (n_majority + n_minority + size)
    return drift @ weight @ drift


def tilted(rho, cosine):
    return np.array([1.0, 0.0]), rho * np.array([cosine, np.sqrt(1 - cosine**2)])


@settings(max_examples=100, deadline=None)
@given(VECTOR, VECTOR, st.integers(1, 50), st.integers(1, 2000), st.integers(0, 10**6))
def test_exact_size_beats_every_other(g, b, n_minority, extra, seed):
    assume(np.linalg.norm(g) > 0.1)
    n_majority, weight = n_minority + extra, metric(seed)
    best = exact_multiplier(g, b, n_majority, n_minority, weight)
    grid = np.r_[0.0, np.geomspace(1e-3, 1e8, 3000)] * extra
    values = squared_bias(g, b, n_majority, n_minority, grid, weight)
    for k in (0, 1000, 2000):
        assert values[k] == pytest.approx(direct(g, b, n_majority, n_minority, grid[k], weight), rel=1e-6, abs=1e-12)
    if np.isinf(best):
        assert np.argmin(values) == len(grid) - 1
    else:
        least = direct(g, b, n_majority, n_minority, best * extra, weight)
        assert least <= values.min() + 1e-9 * values.max()


@settings(max_examples=100, deadline=None)
@given(VECTOR, VECTOR, st.integers(0, 10**6))
def test_unnormalised_size_minimises_the_numerator(g, b, seed):
    assume(np.linalg.norm(g - 2 * b) > 0.1)
    weight = metric(seed)
    best = unnormalised_multiplier(g, b, weight)

    def numerator(multiplier):
        drift = (1 - multiplier) / 2 * g + multiplier * b
        return drift @ weight @ drift

    assert best >= 0
    for other in (0.0, best / 2, best * 1.01, best + 0.01, best + 1):
        assert numerator(best) <= numerator(other) + 1e-12


@settings(max_examples=60, deadline=None)
@given(VECTOR, st.floats(-5, 0.45), st.integers(1, 50), st.integers(1, 2000), st.integers(0, 10**6))
def test_all_sizes_agree_for_an_aligned_mismatch(g, rho, n_minority, extra, seed):
    assume(np.linalg.norm(g) > 0.1)
    n_majority, weight, expected = n_minority + extra, metric(seed), 1 / (1 - 2 * rho)
    assert code_multiplier(g, rho * g) == pytest.approx(expected, rel=1e-9)
    assert unnormalised_multiplier(g, rho * g, weight) == pytest.approx(expected, rel=1e-9)
    assert exact_multiplier(g, rho * g, n_majority, n_minority, weight) == pytest.approx(expected, rel=1e-7)
    assert squared_bias(g, rho * g, n_majority, n_minority, expected * extra) < 1e-20 * (g @ g) * (1 + rho**2)


def test_published_comparison():
    """Code target, Euclidean minimiser, and the minimiser in the inverse Hessian diag(1/3, 1/2), without N."""
    weight = np.diag([1 / 3, 1 / 2])
    table = {(0.2, 0.5): (1.25, 1.0526, 0.9756), (0.3, 0.0): (1.0, 0.735, 0.649), (3 / 8, 1.0): (4, 4, 4)}
    for (rho, cosine), (code, euclidean, risk) in table.items():
        g, b = tilted(rho, cosine)
        assert code_multiplier(g, b) == pytest.approx(code, rel=1e-12)
        assert unnormalised_multiplier(g, b) == pytest.approx(euclidean, abs=5e-4)
        assert unnormalised_multiplier(g, b, weight) == pytest.approx(risk, abs=5e-4)


def test_orthogonal_mismatch_cannot_be_cancelled():
    g, b = tilted(0.3, 0.0)
    assert code_multiplier(g, b) == 1
    best = exact_multiplier(g, b, 2000, 100)
    found = optimize.minimize_scalar(
        lambda m: direct(g, b, 2000, 100, 1900 * m, np.eye(2)), bounds=(0, 3), method="bounded", options={"xatol": 1e-9}
    )
    assert best == pytest.approx(found.x, rel=1e-6) and best < 0.9
    residual = squared_bias(g, b, 2000, 100, best * 1900)
    assert 0.005 < residual < squared_bias(g, b, 2000, 100, 1900)
    # it vanishes with the mismatch only
    small = squared_bias(g, b / 10, 2000, 100, 1900 * exact_multiplier(g, b / 10, 2000, 100))
    assert small == pytest.approx(residual / 100, rel=0.2)


def test_code_target_is_first_order_in_the_euclidean_norm():
    for cosine in (-0.7, 0.0, 0.4):
        errors = []
        for rho in (0.02, 0.01, 0.005):
            g, b = tilted(rho, cosine)
            errors.append(abs(exact_multiplier(g, b, 2000, 100) - code_multiplier(g, b)) / rho)
        assert errors[2] == pytest.approx(errors[1] / 2, rel=0.1) and errors[1] == pytest.approx(errors[0] / 2, rel=0.1)
    # in another metric the first order is g'Wb / g'Wg
    g, b, weight = np.array([1.0, 0.0]), np.array([0.0, 1e-4]), np.array([[1.0, 0.5], [0.5, 1.0]])
    assert code_multiplier(g, b) == 1
    assert exact_multiplier(g, b, 2000, 100, weight) - 1 == pytest.approx(2 * 0.5e-4, rel=1e-3)


@pytest.mark.parametrize(
    ("rho", "code", "exact"),
    [(-1.0, 1 / 3, 1 / 3), (0.0, 1.0, 1.0), (0.5, np.inf, np.inf), (0.9, np.inf, np.inf), (0.96, np.inf, 0.0)],
)
def test_sizes_beyond_cancellation(rho, code, exact):
    # kappa = 19/21: the bias falls for ever up to rho = (1 + kappa) / 2 = 20/21, and never beyond
    g = np.array([2.0, -1.0])
    assert code_multiplier(g, rho * g) == pytest.approx(code)
    assert exact_multiplier(g, rho * g, 2000, 100) == pytest.approx(exact)
    values = squared_bias(g, rho * g, 2000, 100, [0, 1e3, 1e4, 1e6])
    if np.isinf(exact):
        assert np.all(np.diff(values) < 0)
    if exact == 0:
        assert np.all(np.diff(values) > 0)
    assert unnormalised_multiplier(g, rho * g) == (pytest.approx(exact) if rho < 0.5 else 0.0)


def test_the_example_needs_four_times_the_deficit():
    this = GaussianExample(1.0, 0.5, n_majority=2000, n_minority=100)
    assert alignment(this.gap, this.mismatch) == pytest.approx((3 / 8, 1.0))
    for multiplier in (
        code_multiplier(this.gap, this.mismatch),
        unnormalised_multiplier(this.gap, this.mismatch),
        exact_multiplier(this.gap, this.mismatch, 2000, 100, np.linalg.inv(this.hessian)),
    ):
        # D / (1 - rho) would be 1.6
        assert multiplier == pytest.approx(4.0, rel=1e-12)
    # the scan finds a minimum of 0 to the square root of rounding
    assert population_multiplier(*this.moments(), 2000, 100) == pytest.approx(4.0, rel=1e-6)


def test_symmetry_needs_no_points():
    gap, mismatched = np.zeros(2), np.array([0.3, 0.1])
    assert exact_multiplier(gap, mismatched, 300, 100) == 0.0
    assert exact_multiplier(gap, np.zeros(2), 300, 100) == 0.0
    assert unnormalised_multiplier(gap, mismatched) == 0.0
    assert np.all(np.diff(squared_bias(gap, mismatched, 300, 100, [0, 10, 100])) > 0)
    with pytest.raises(ValueError, match="local symmetry"):
        code_multiplier(gap, mismatched)
    with pytest.raises(ValueError, match="gap must not be 0"):
        alignment(gap, mismatched)


def test_population_size_against_pooled_solves():
    """General mismatch, unequal Hessians: the best size of the population minimiser itself."""
    rng = np.random.default_rng()
    laws = [(centre + rng.standard_normal((15, 2)), None) for centre in (0.0, 0.7, np.array([0.5, 0.9]))]
    theta = balanced_minimiser("squared", *laws[:2])
    moments = [ClassMoments.of_points(SQUARED, theta, X, y) for (X, _), y in zip(laws, (0, 1, 1), strict=True)]
    curvature = (moments[0].hessian + moments[1].hessian) / 2
    best = population_multiplier(*moments, 400, 40)

    def risk(fraction):
        distance = pooled_minimiser("squared", laws, (400, 40, 440 * fraction / (1 - fraction))) - theta
        return distance @ curvature @ distance / 2

    grid = np.linspace(0, 0.999, 300)
    values = np.array([risk(w) for w in grid])
    if np.isinf(best):
        assert np.argmin(values) == len(grid) - 1
    else:
        size = best * 360
        assert risk(size / (440 + size)) <= values.min() * (1 + 1e-9)


@pytest.mark.parametrize("shift", [[0.2, 0.1, 0.0], [-0.3, 0.4, 0.5], [0.0, 0.0, 0.3]])
def test_population_size_equals_the_exact_one_for_equal_hessians(shift):
    hessian = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 1.5]])
    gap = np.array([1.0, -0.5, 0.4])
    means = (gap / 2, -gap / 2, shift - gap / 2)
    moments = [ClassMoments(mean, hessian, np.eye(3)) for mean in means]
    expected = exact_multiplier(gap, shift, 400, 40, np.linalg.inv(hessian))
    assert 0 < expected < np.inf
    assert population_multiplier(*moments, 400, 40) == pytest.approx(expected, rel=1e-5)


def test_population_size_without_a_best_one():
    for a, expected in ((0.04, 0.0), (0.05, np.inf), (3.0, np.inf)):
        this = GaussianExample(1.0, a, n_majority=2000, n_minority=100)
        assert population_multiplier(*this.moments(), 2000, 100) == expected == this.optimal_multiplier()


def test_bad_input():
    g, b = [1.0, 0.0], [0.0, 0.5]
    for call, message in [
        (lambda: alignment(g, [1.0]), "gap and mismatch must have one shape"),
        (lambda: code_multiplier(g, [np.nan, 0.0]), "mismatch must be finite"),
        (lambda: exact_multiplier(g, b, 100, 100), "n_majority must exceed n_minority"),
        (lambda: exact_multiplier(g, b, 10, 100), "n_majority must be an integer >= 100"),
        (lambda: exact_multiplier(g, b, 100, 10, np.eye(3)), r"weight must have shape \(2, 2\)"),
        (lambda: unnormalised_multiplier(g, b, [[1.0, 0.0], [0.0, -1.0]]), "weight must be positive definite"),
        (lambda: squared_bias(g, b, 100, 10, -5.0), "n_synthetic must be finite and >= 0"),
        (lambda: squared_bias([g], [b], 100, 10, 5.0), "gap must have 1 dimension"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="gap must be an array of real numbers"):
        alignment("ab", b)
