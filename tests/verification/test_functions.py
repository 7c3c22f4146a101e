"""Functions of means: their derivatives, and the delta method against simulation."""

import numpy as np
import pytest
from scipy import stats

from mixtheory.verification import (
    StudentT,
    contrast,
    correlation,
    decide,
    extrapolation,
    kurtosis,
    log_slope,
    ratio,
)
from mixtheory.verification.functions import derivatives
from tests.verification.toys import claim, mean_component


@pytest.mark.parametrize(
    ("function", "means", "gradient", "hessian"),
    [
        (ratio, [2.0, 4.0], [1 / 4, -2 / 16], [[0.0, -1 / 16], [-1 / 16, 4 / 64]]),
        (contrast([2.0, -3.0]), [1.0, 5.0], [2.0, -3.0], [[0.0, 0.0], [0.0, 0.0]]),
        (lambda m: float(m[0] ** 2 * m[1]), [3.0, 2.0], [12.0, 9.0], [[4.0, 6.0], [6.0, 0.0]]),
    ],
)
@pytest.mark.parametrize("count", [64, 10**6, 10**9])
def test_derivatives_against_algebra(function, means, gradient, hessian, count):
    found = derivatives(function, np.array(means), np.array([1.0, 0.5]), count)
    assert found.value == function(np.array(means))
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.hessian, hessian, rtol=1e-3, atol=1e-4)


def test_a_column_that_does_not_vary_has_no_derivative():
    found = derivatives(ratio, np.array([2.0, 4.0]), np.array([1.0, 0.0]), 100)
    assert found.gradient[1] == 0.0


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("order", [1, 2])
def test_extrapolation_removes_its_finite_size_terms(power, order):
    sizes = np.array([5.0, 10.0, 20.0, 40.0])
    means = 1.7 + sum(3.0 * (-1) ** j * sizes ** (-power * j) for j in range(1, order + 1))
    assert extrapolation(sizes, power=power, order=order)(means) == pytest.approx(1.7, rel=1e-10)


def test_log_slope_is_an_exponent():
    sizes = [7.0, 30.0, 55.0, 400.0]
    assert log_slope(sizes)(-4.0 * np.array(sizes) ** -1.5) == pytest.approx(-1.5)


@pytest.mark.parametrize("bad", [[3.0], [2.0, 2.0], [0.0, 1.0], [-1.0, 2.0]])
def test_sizes_must_differ_and_be_positive(bad):
    with pytest.raises(ValueError, match="sizes must"):
        log_slope(bad)


def test_extrapolation_needs_more_sizes_than_terms():
    with pytest.raises(ValueError, match="order=2"):
        extrapolation([1.0, 2.0], order=2)


def draw_ratio(rng, n):
    x = rng.exponential(size=n)
    return np.stack([x + rng.normal(size=n), 2.0 + x], axis=1)


def draw_correlation(rng, n):
    x, e = rng.normal(size=(2, n))
    y = 0.6 * x + 0.8 * e
    return np.stack([x, y, x * x, y * y, x * y], axis=1)


def draw_kurtosis(rng, n):
    x = rng.uniform(-1.0, 1.0, n)
    return np.stack([x, x**2, x**3, x**4], axis=1)


FUNCTIONS = [(ratio, draw_ratio, 1 / 3), (correlation, draw_correlation, 0.6), (kurtosis, draw_kurtosis, -1.2)]


@pytest.mark.parametrize(("function", "draw", "truth"), FUNCTIONS)
@pytest.mark.parametrize("seed", [0, 1])
def test_claims_about_functions_of_means(function, draw, truth, seed):
    component = mean_component(truth, 0.05 * abs(truth), StudentT(0.5), function=function)
    result = decide(claim(component, simulate=draw, block_size=2**13), seed=seed, alpha=0.01)
    assert result.verdict == "verified"
    wrong = mean_component(1.2 * truth, 0.05 * abs(truth), StudentT(0.5), function=function)
    assert decide(claim(wrong, simulate=draw, block_size=2**13), seed=seed, alpha=0.01).verdict == "refuted"


@pytest.mark.parametrize(("function", "draw", "truth"), FUNCTIONS)
def test_delta_method_error_against_the_spread_over_seeds(function, draw, truth):
    trials = 60
    found = []
    for i in range(trials):
        component = mean_component(truth, 1.0, StudentT(0.0), function=function)
        found.append(decide(claim(component, simulate=draw, name=f"toy.{i}", block_size=1024), alpha=0.5).components[0])
    scores = np.array([(c.estimate - truth) / c.mcse for c in found])
    # the scores are close to standard normal; 10 % room for how close
    low, high = stats.chi2.ppf([1e-9, 1 - 1e-9], trials)
    assert low / 1.1 <= np.sum(scores**2) <= high * 1.1
