"""What a cell of the studies of imbalanced augmentation stands for, and that a point and its line are of one design."""

import numpy as np
import pytest

from mixtheory.imbalance.kernels import wald
from mixtheory.imbalance.models.wald import null_shift
from mixtheory.imbalance.studies import scenarios
from mixtheory.imbalance.symmetry import symmetry_test

ASYMMETRIC = {"n_minority": 50, "a": 0.5, "method": "fixed"}


def test_best_multipliers():
    best = scenarios.best_multiplier
    assert best(100, 0.5, "fixed", 1.5) == 1.5
    assert best(100, 0.5, "exact") == pytest.approx(4.0)
    # no finite size, and then the largest that is compared
    assert best(100, 0.3, "exact") == 8.0 == best(10, None, "exact")
    assert best(100, 0.5, "tg_vtss") == 2.0
    # with an ideal generator the best size is 5/4 rows above balance (C4)
    assert best(100, 1.0, "bias_aware") == pytest.approx(1 + 1.25 / 1900, abs=2e-4)
    with pytest.raises(ValueError, match="method must be one of"):
        best(100, 0.5, "vtss")
    with pytest.raises(TypeError, match="multiplier"):
        best(100, 0.5, "fixed")


@pytest.mark.parametrize("multiplier", [0.0, 1.0, 4.0])
def test_a_point_and_its_line_are_of_one_design(multiplier):
    cell = {**ASYMMETRIC, "multiplier": multiplier}
    outputs = scenarios.asymmetric_risks(np.random.default_rng(0), 40, **cell)
    closed = scenarios.asymmetric_reference(**cell)
    for name in ("excess_risk", "over_balance"):
        error = outputs[name].std() / np.sqrt(40)
        # the closed form leaves out terms of relative order 1/n_1 of the variance
        assert abs(outputs[name].mean() - closed[name]) <= 7 * error + 3e-5
    assert np.all(outputs["multiplier"] == multiplier) and not outputs["biased"].any()


def test_sizes_share_real_rows():
    raw, balanced, more = (
        scenarios.asymmetric_risks(np.random.default_rng(3), 6, **ASYMMETRIC, multiplier=multiplier)
        for multiplier in (0.0, 1.0, 4.0)
    )
    assert np.array_equal(balanced["over_balance"], np.zeros(6))
    for outputs in (raw, more):
        difference = outputs["excess_risk"] - outputs["over_balance"]
        assert np.allclose(difference, balanced["excess_risk"], rtol=1e-12)


def test_methods_share_data_sets():
    cell = {"n_minority": 20, "a": None}
    draws = {
        method: scenarios.asymmetric_risks(np.random.default_rng(1), 3, **cell, method=method, multiplier=multiplier)
        for method, multiplier in (("fixed", 1.0), ("exact", None), ("tg_vtss", None), ("bias_aware", None))
    }
    balanced = draws["fixed"]["excess_risk"]
    for outputs in draws.values():
        assert np.allclose(outputs["excess_risk"] - outputs["over_balance"], balanced, atol=1e-14)
    assert set(draws["tg_vtss"]["biased"]) <= {0.0, 1.0}
    # the target of a generator that is called realistic may lie anywhere
    assert np.all((draws["tg_vtss"]["multiplier"] <= 2) | (draws["tg_vtss"]["biased"] == 0))
    with pytest.raises(ValueError, match="a must be None"):
        scenarios.asymmetric_risks(np.random.default_rng(1), 1, n_minority=20, a=0.5, method="tg_vtss", multiplier=None)


def test_rates():
    sizes = np.array([10, 30, 100, 1000])
    slope, error = scenarios.fitted_rate(sizes, 5.0 / np.sqrt(sizes), 0.01 / np.sqrt(sizes))
    assert slope == pytest.approx(-0.5) and error < 1e-9
    # a risk known ten thousand times better pulls the line through it
    risks = 1.0 / sizes * [1, 1, 1, 2]
    slope, error = scenarios.fitted_rate(sizes, risks, risks * [1e-4, 1e-4, 1e-4, 1.0])
    assert slope == pytest.approx(-1.0, abs=1e-4) and error > 0
    with pytest.raises(ValueError, match="three or more"):
        scenarios.fitted_rate([1, 2], [1, 2], [1, 1])
    with pytest.raises(ValueError, match="risks"):
        scenarios.fitted_rate([1, 2, 3], [1, -2, 3], [1, 1, 1])


SHAPE = {"d": 5, "n_majority": 1000, "n_minority": 250}


@pytest.mark.parametrize("generator", ["oracle", "bootstrap", "semi_oracle"])
@pytest.mark.parametrize("population", scenarios.POPULATIONS[:3])
def test_symmetric_curves(population, generator):
    cell = {"population": population, "generator": generator, **SHAPE}
    outputs = scenarios.symmetric_curves(np.random.default_rng(0), 60, **cell)
    closed = scenarios.symmetric_reference(**cell)
    assert set(closed) == set(outputs)
    for name in ("excess_risk_0.0", "excess_risk_1.0", "first_step"):
        # leading orders: the next one is of relative order d/N, and d/n_1 for what copies the minority
        rest = 3 * 5 / 250 * max(abs(closed[name]), closed["excess_risk_0.0"] / 3)
        assert abs(outputs[name].mean() - closed[name]) <= 7 * outputs[name].std() / np.sqrt(60) + rest


def test_generators_share_real_rows():
    start = {
        generator: scenarios.symmetric_curves(
            np.random.default_rng(2), 2, population="cube", generator=generator, **SHAPE
        )["excess_risk_0.0"]
        for generator in ("oracle", "bootstrap", "semi_oracle", "gaussian_fit", "smote")
    }
    for values in start.values():
        assert np.allclose(values, start["oracle"], rtol=1e-10)


def test_the_logistic_curve():
    cell = {"population": "logistic", "generator": "oracle", "d": 8, "n_majority": 900, "n_minority": 300}
    outputs = scenarios.symmetric_curves(np.random.default_rng(0), 60, **cell)
    closed = scenarios.symmetric_reference(**cell)
    for name in ("excess_risk_0.0", "excess_risk_1.0", "excess_risk_4.0"):
        # a leading order; with so few rows the next one is some hundredths
        error = 7 * outputs[name].std() / np.sqrt(60)
        assert abs(outputs[name].mean() - closed[name]) <= error + 0.15 * closed[name]
    assert set(scenarios.symmetric_reference(**{**cell, "generator": "smote"})) == {"excess_risk_0.0"}


def test_rows_are_those_of_the_kernel():
    """One stream of random numbers gives the kernel's data sets, so that all covariances see the same."""
    b = null_shift()
    expected = wald.wald_statistics(np.random.default_rng(5), 3, 4, b, 90, 30)
    rng = np.random.default_rng(5)
    for value in expected:
        X, y = scenarios.two_uniform_classes(rng, 4, b, 90, 30)
        found = symmetry_test(X, y, loss="squared", fit_intercept=False, codes=(-0.5, 0.5))
        assert found.statistic == pytest.approx(value, rel=1e-9)


WALD = {"d": 3, "n_minority": 40, "ratio": 5, "h": 0.0}


def test_covariances_see_the_same_data_sets():
    draws = {
        name: scenarios.wald_draws(np.random.default_rng(1), 9, **WALD, covariance=name)
        for name in scenarios.COVARIANCES
    }
    plain = draws["plain"]["statistic"]
    tested = np.isfinite(draws["bootstrap"]["statistic"])
    assert tested.tolist() == [True, *[False] * 7, True]
    assert np.allclose(draws["bootstrap"]["statistic"][tested], plain[tested])
    assert np.flatnonzero(np.isfinite(draws["hc3"]["pvalue"])).tolist() == [0, 3, 6]
    assert np.all(draws["hc3"]["statistic"][::3] != plain[::3])
    assert np.all((draws["bootstrap"]["pvalue"][tested] * 100) % 1 < 1e-9)
    assert np.all(draws["naive"]["statistic"] != plain)


def test_limits_of_the_test():
    null = scenarios.wald_reference(**WALD, covariance="plain")
    assert null["rejected"] == 0.05 and null["mean_statistic"] == 3
    assert null["quantile_0.95"] == pytest.approx(7.8147279)
    away = scenarios.wald_reference(**{**WALD, "h": 4.0}, covariance="plain")
    assert away["rejected"] > 0.4 and away["quantile_0.5"] > null["quantile_0.5"] + 3
    naive = scenarios.wald_reference(**WALD, covariance="naive")
    assert naive["rejected"] > 0.08 and set(naive) == {"rejected", "mean_statistic"}
    with pytest.raises(ValueError, match="h must be 0"):
        scenarios.wald_reference(**{**WALD, "h": 1.0}, covariance="naive")
    large = scenarios.wald_draws(np.random.default_rng(0), 800, d=3, n_minority=400, ratio=5, h=4.0, covariance="plain")
    closed = scenarios.wald_reference(d=3, n_minority=400, ratio=5, h=4.0, covariance="plain")
    # the statistic of 400 rows is too large by some hundredths of itself
    error = 7 * large["statistic"].std() / np.sqrt(800)
    assert abs(large["statistic"].mean() - closed["mean_statistic"]) < error + 0.1 * closed["mean_statistic"]
