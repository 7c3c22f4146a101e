"""Mixup as a generator in closed form: against other models, limits and simulation."""

from types import SimpleNamespace

import numpy as np
import pytest

from mixtheory import Beta, EpBeta, excess_risk
from mixtheory.highdim.equivalents import excess_risk_mixture
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup import GaussianMixup, cancelling_multiplier
from mixtheory.imbalance.models.mixup_prices import copying, marginal_price, mixed_regression_risk, own_trace
from mixtheory.imbalance.models.ranking import score_direction
from mixtheory.imbalance.studies import mixup_scenarios

UNIFORM = Beta(1, 1)
KEEPING = SimpleNamespace(variance_factor=1.0, squared_norm_variance=0.0, power_sum=lambda k: 1.0)
SIZES = [0, 30, 80, 400]


def test_rows_with_the_law_of_the_minority_give_the_gaussian_example():
    mixed = GaussianMixup(KEEPING, (1.3, 0.0), n_majority=90, n_minority=20)
    plain = GaussianExample(1.3, 1.3, n_majority=90, n_minority=20)
    assert mixed.excess_risk(SIZES) == pytest.approx(plain.excess_risk(SIZES), rel=1e-12)
    assert mixed.floor(SIZES) == pytest.approx(plain.floor(SIZES), rel=1e-12, abs=1e-18)
    assert mixed.mean_estimate(SIZES) == pytest.approx(plain.theta_pop(SIZES) + plain.second_order_shift(SIZES))


@pytest.mark.parametrize("law", [UNIFORM, EpBeta(1, 1, 0.6, 0.6)])
@pytest.mark.parametrize("mean", [0.3, 2.0])
def test_the_size_without_bias_is_free_of_mean_and_counts(law, mean):
    for counts in ((2000, 100), (30, 20)):
        model = GaussianMixup(law, (0.0, mean), (7.0, 2.0), n_majority=counts[0], n_minority=counts[1])
        best = model.optimal_multiplier()
        assert best == pytest.approx(1 / (1 + (1 - law.variance_factor) * 2.0))
        assert model.floor(best * model.deficit) == pytest.approx(0.0, abs=1e-25)


def test_no_size_removes_the_bias_with_an_intercept_or_other_directions():
    for model in (
        GaussianMixup(UNIFORM, n_majority=200, n_minority=20, fit_intercept=True),
        GaussianMixup(UNIFORM, (1.0, 1.0), (0.5, 3.0), n_majority=200, n_minority=20),
    ):
        assert model.scale is None
        best = model.optimal_multiplier() * model.deficit
        assert model.floor(best) > 1e-8
        assert model.floor(best) < min(model.floor([best * 0.99, best * 1.01]))
    kept = GaussianMixup(KEEPING, (1.0, 1.0), (0.5, 3.0), n_majority=200, n_minority=20, fit_intercept=True)
    assert kept.optimal_multiplier() == pytest.approx(1.0)


def test_inflating_laws_without_a_size():
    assert np.isinf(cancelling_multiplier(2.0)) and np.isinf(cancelling_multiplier(1.6, 2.0))
    model = GaussianMixup(EpBeta(1, 1, 1.2, 1.2), n_majority=200, n_minority=20)
    assert np.isinf(model.optimal_multiplier())


@pytest.mark.parametrize("intercept", [False, True])
def test_a_mixed_row_counts_c_rows_for_the_direction(intercept):
    mean, variances = np.array([1.0, 0.5]), np.array([0.5, 3.0])
    model = GaussianMixup(UNIFORM, mean, variances, n_majority=400, n_minority=50, fit_intercept=intercept)
    for size in (0, 100, model.direction_multiplier * model.deficit):
        slopes = model.theta_pop(size)[int(intercept) :]
        counted = 50 + UNIFORM.variance_factor * size
        expected = score_direction(counted / (400 + counted), np.eye(2), np.diag(variances), mean)
        assert slopes[0] * expected[1] == pytest.approx(slopes[1] * expected[0])
    assert counted == pytest.approx(400)


def test_copying_is_full_for_resampling_and_half_the_price_of_it():
    model = MeanShiftModel(20, 2000, 100, "cube")
    assert copying(model, KEEPING) == pytest.approx(1.0) == copying(model, KEEPING, finite=True)
    assert own_trace(model, KEEPING) == pytest.approx(model.score_trace)
    assert marginal_price(model, KEEPING) == pytest.approx(1.0)


def test_mixing_in_the_middle_is_cheapest_in_many_dimensions():
    model = MeanShiftModel(4000, 20000, 10000, "rademacher")
    middle = SimpleNamespace(variance_factor=0.5, squared_norm_variance=0.0, power_sum=lambda k: 0.5 ** (k - 1))
    assert marginal_price(model, middle) == pytest.approx(7 / 8, abs=1e-3)
    for law in (UNIFORM, Beta(0.1, 0.1), EpBeta.preserving_uniform()):
        c = law.variance_factor
        limit = 1 - (c - c**2 - law.squared_norm_variance) / 2
        assert marginal_price(model, law) == pytest.approx(limit, abs=1e-3)
        assert limit > 7 / 8


@pytest.mark.parametrize("law", [UNIFORM, EpBeta.preserving_uniform()])
def test_regression_on_mixed_rows_is_regression_on_a_mixture_of_scales(law):
    p, k = 40, 20
    weights = law.ppf((np.arange(20 * k) + 0.5) / (20 * k))
    squares = np.sort(weights**2 + (1 - weights) ** 2).reshape(k, 20).mean(axis=1)
    sigmas = [np.ones(p), *(s * np.ones(p) for s in squares)]
    mixture = excess_risk_mixture(sigmas, [60, *[5] * k]).risk
    assert mixed_regression_risk(law, p, 60, 5 * k) == pytest.approx(mixture, rel=2e-3)
    alone = excess_risk(np.ones(p), law.variance_factor * np.ones(p), 60, 5 * k).risk
    assert alone < mixture
    assert alone == mixup_scenarios.risk_by_covariance("uniform" if law == UNIFORM else "preserving", p, 60, 5 * k)


def test_what_the_covariance_misses_in_regression_to_first_order():
    law, n_real, n_mixed, p = EpBeta.preserving_uniform(), 3000, 5000, 20
    miss = p * n_mixed * law.squared_norm_variance / (n_real + n_mixed) ** 2
    alone = excess_risk(np.ones(p), np.ones(p), n_real, n_mixed).risk
    assert mixed_regression_risk(law, p, n_real, n_mixed) / alone - 1 == pytest.approx(miss, rel=0.02)
    assert mixed_regression_risk(law, p, n_real, n_mixed, noise_var=2.0) / alone > 2.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GaussianMixup(UNIFORM, (0.0,), (1.0,), n_majority=5, n_minority=2), "mean must not be 0"),
        (lambda: GaussianMixup(UNIFORM, (1.0,), n_majority=5, n_minority=2), "its length"),
        (lambda: GaussianMixup(0.5, n_majority=5, n_minority=2), "variance_factor"),
        (lambda: GaussianMixup(UNIFORM, n_majority=2, n_minority=5), "n_majority"),
        (lambda: GaussianMixup(UNIFORM, n_majority=5, n_minority=2).excess_risk(1, parents="rows"), "parents"),
        (lambda: GaussianMixup(UNIFORM, n_majority=5, n_minority=2).floor(-1), "n_synthetic"),
        (lambda: cancelling_multiplier(0.0), "variance_factor"),
        (lambda: mixed_regression_risk(UNIFORM, 10, 5, 5), "must exceed p = 10"),
        (lambda: mixed_regression_risk(KEEPING, 10, 50, 5), "Beta, EpBeta or Zeta"),
        (lambda: mixup_scenarios.mixing_law("unifrom"), "did you mean 'uniform'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
