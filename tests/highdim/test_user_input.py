"""What users pass to mixtheory.highdim: odd types, extreme values, and input that must be refused clearly."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp1f1

from mixtheory.highdim import kernels
from mixtheory.highdim.axes import common_axes
from mixtheory.highdim.equivalents import excess_risk, excess_risk_mixture
from mixtheory.highdim.mean_shift import (
    mean_term,
    mean_term_bound,
    synthetic_only_risk,
    trace_change_bound,
)
from mixtheory.highdim.optimality import optimal_two_block, over_variance, risk_gradient, spectrum_risk
from mixtheory.highdim.pools import pool
from mixtheory.highdim.problems import shrinkage
from mixtheory.highdim.ridge import optimal_penalty, ridge_risk
from mixtheory.highdim.scenarios import two_blocks
from mixtheory.highdim.selection import CovarianceMatcher
from mixtheory.highdim.selection.baselines import RandomSelection
from mixtheory.highdim.selection.toy import draw_toy
from mixtheory.highdim.spectra import Spectrum, relative_spectrum
from mixtheory.resampling.amounts import allocate

ONES, RAMP, BETA = np.ones(10), np.linspace(0.5, 2.0, 10), np.full(10, 1 / 3)


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(500, 4)) * 5 + 2, rng.normal(size=(60, 4)) * [1, 2, 3, 4]


def selected(candidates, target, n=20, **options):
    return CovarianceMatcher(n, random_state=0, **options).fit(candidates, target).sample_indices_.tolist()


class TestSpectra:
    @pytest.mark.parametrize("q", [1e-300, 1e-17, 1e-12, 1e-8, -1e-12, 5e-324])
    def test_power_means_near_order_zero_are_near_the_geometric_mean(self, q):
        # derivative at 0: half the variance of the logarithms times the mean
        expected = 2.0 * (1 + q * math.log(2) ** 2 / 2)
        assert Spectrum([1.0, 4.0]).power_mean(q) == pytest.approx(expected, rel=1e-15, abs=0)

    @pytest.mark.parametrize("q", [-1000.0, -2.0, -0.3, 0.5, 1.0, 3.0, 1000.0])
    def test_power_means_of_other_orders(self, q):
        values = np.array([0.7, 1.0, 1.9])
        expected = np.exp(np.logaddexp.reduce(q * np.log(values)) / q - np.log(3) / q)
        assert Spectrum(values).power_mean(q) == pytest.approx(expected, rel=1e-13)

    def test_the_largest_matrices_are_read(self):
        matrix = np.eye(3) + 0.1
        for scale in (1e308, 1e-300):
            assert np.allclose(Spectrum.from_matrix(scale * matrix).values / scale, Spectrum.from_matrix(matrix).values)

    @pytest.mark.parametrize("scale", [1e300, 1e-300])
    def test_common_axes_do_not_depend_on_the_unit(self, scale):
        matrix = np.eye(3) + 0.1
        pair = [Spectrum.from_matrix(scale * matrix), Spectrum.from_matrix(scale * matrix @ matrix)]
        assert common_axes(pair) is not None
        assert common_axes([pair[0], Spectrum([scale, 2 * scale, 3 * scale])]) is None

    @pytest.mark.parametrize(
        ("call", "error", "match"),
        [
            (lambda: Spectrum([1.0]).scaled(1e-320).scaled(1e-10), ValueError, "c = 1e-10"),
            (lambda: Spectrum([1e300]).scaled(1e300), ValueError, r"c = 1e\+300"),
            (lambda: Spectrum.power_law(1000, 200), ValueError, "exponent = 200"),
            (lambda: Spectrum.power_law(1000, -200), ValueError, "exponent = -200"),
            (lambda: Spectrum.random(3, np.random.default_rng(0), decades=5000), ValueError, "decades must be in"),
            (lambda: Spectrum.spiked(4, [-1.0]), ValueError, "spikes must be finite and > 0, got"),
            (lambda: Spectrum.toeplitz(100, 1 - 1e-15), ValueError, "rho = 0.999999999999999 must be positive def"),
            (lambda: Spectrum.from_matrix([[1, 0.5], [0.4, 1]]), ValueError, "symmetric, got entries .* by 0.1"),
            (lambda: Spectrum([1, 2], [[1, 1], [0, 1]]), ValueError, "orthonormal columns, got .* off by 1"),
            (lambda: relative_spectrum([1e-200, 1], [1e200, 1]), ValueError, "sigma_t and sigma_s"),
            (lambda: relative_spectrum([[1], [1, 2]], [1]), TypeError, "sigma_t must be an array of real numbers"),
            (lambda: relative_spectrum(None, [1]), ValueError, "sigma_t must be a Spectrum.*got None"),
            (lambda: two_blocks(4, 1.0, -1.0), ValueError, "second must be finite and > 0, got -1"),
        ],
    )
    def test_refused(self, call, error, match):
        with pytest.raises(error, match=match):
            call()


class TestEquivalents:
    @pytest.mark.parametrize("sigma", [ONES, np.eye(10) + 0.3])
    @pytest.mark.parametrize("ridge", [False, True])
    def test_an_indefinite_beta_is_refused_whatever_the_covariances(self, sigma, ridge):
        beta = np.full((10, 10), 2.0) - np.eye(10)
        with pytest.raises(ValueError, match="beta must be positive semidefinite.* -1 "):
            ridge_risk(sigma, RAMP, 3, 3, 0.5, beta=beta) if ridge else excess_risk(sigma, RAMP, 3, 3, beta=beta)

    def test_semidefinite_betas_of_low_rank_are_accepted(self):
        rng = np.random.default_rng(1)
        for rank in (1, 2, 5):
            factor = rng.normal(size=(10, rank))
            one_by_one = sum(excess_risk(ONES, RAMP, 3, 3, beta=column).bias for column in factor.T)
            assert excess_risk(ONES, RAMP, 3, 3, beta=factor @ factor.T).bias == pytest.approx(one_by_one, rel=1e-12)
        assert excess_risk(ONES, RAMP, 3, 3, beta=np.zeros((10, 10))).bias == 0

    @pytest.mark.parametrize("counts", [(15, 20), (3, 3)])
    @pytest.mark.parametrize("opposite", [1, -1])
    def test_means_of_any_length_allowed_reach_the_limit(self, counts, opposite):
        def risk(length):
            means = {"mu_t": length * BETA, "mu_s": opposite * length / 10 * BETA}
            return excess_risk(ONES, RAMP, *counts, beta=BETA, **means).risk

        assert risk(1e9) == pytest.approx(risk(1e5), rel=1e-6)
        with pytest.raises(ValueError, match=r"means and beta must be shorter than 1e\+10 .* length 2\S*e\+19"):
            risk(1e20)

    @pytest.mark.parametrize(
        ("options", "error", "match"),
        [
            ({"beta": [[1], [1, 2]]}, TypeError, "beta must be an array of real numbers"),
            ({"beta": np.ones((10, 10, 1))}, ValueError, r"beta must be a vector \(p,\) or a matrix"),
            ({"beta": np.triu(np.ones((10, 10)))}, ValueError, "beta must be symmetric.* differs by 1"),
            ({"beta": 1e200 * BETA}, ValueError, r"beta must have entries of size 1e\+150 at most, got 3.33333e\+199"),
            ({"fit_intercept": 1, "beta": BETA}, TypeError, "fit_intercept must be True or False, got 1"),
        ],
    )
    def test_refused(self, options, error, match):
        with pytest.raises(error, match=match):
            excess_risk(ONES, RAMP, 3, 3, **options)

    def test_numbers_of_rows(self):
        with pytest.raises(ValueError, match=r"n_t \+ n_s must be positive.*got \(0, 0\)"):
            excess_risk(ONES, RAMP, 0, 0)
        with pytest.raises(ValueError, match=r"n_t \+ n_s must be at most 1e\+100 rows"):
            excess_risk(ONES, RAMP, 10**400, 1)

    @pytest.mark.parametrize(
        ("arguments", "match"),
        [
            ((None, [1]), "covariances must be a sequence"),
            ((Spectrum(ONES), [20]), "covariances must be a sequence"),
            (([ONES], 20), "counts must be a sequence"),
            (([ONES], "a"), "counts must be a sequence"),
        ],
    )
    def test_populations_come_in_sequences(self, arguments, match):
        with pytest.raises(TypeError, match=match):
            excess_risk_mixture(*arguments)
        with pytest.raises(TypeError, match="means must be a sequence"):
            excess_risk_mixture([ONES], [20], means=1.0)

    def test_extreme_penalties(self):
        ridgeless = excess_risk(ONES, RAMP, 15, 20).risk
        assert ridge_risk(ONES, RAMP, 15, 20, 1e-300, beta=BETA).risk == pytest.approx(ridgeless, rel=1e-12)
        assert ridge_risk(ONES, RAMP, 15, 20, 1e300, beta=BETA).risk == pytest.approx(float(BETA @ BETA), rel=1e-12)
        found = optimal_penalty(1e150 * ONES, 1e150 * RAMP, 15, 20, beta=1e-75 * BETA)
        ordinary = optimal_penalty(ONES, RAMP, 15, 20, beta=BETA)
        assert found.result.risk == pytest.approx(ordinary.result.risk, rel=1e-9)
        assert found.penalty == pytest.approx(1e150 * ordinary.penalty, rel=1e-4)


class TestMeanShift:
    @pytest.mark.parametrize("b", [6.0, 26.0, 201.0])
    @pytest.mark.parametrize("x", [0.0, 1e-3, 1.0, 40.0, 3e3])
    def test_the_shrinkage_is_the_confluent_function(self, b, x):
        assert shrinkage(b, x) == pytest.approx(float(hyp1f1(1.0, b, -x)), rel=1e-9)

    def test_the_exact_risk_of_long_synthetic_means_falls_to_its_limit(self):
        risks = [synthetic_only_risk(ONES, RAMP, 50, BETA, 10.0**k * BETA, finite_sample=True) for k in range(1, 12)]
        assert np.all(np.isfinite(risks))
        # a mean that long takes its own direction off: Tr of the rest, with the projection on Sigma_s^{-1} mu_s removed
        scaled = BETA / RAMP
        limit = (np.sum(1 / RAMP) - np.sum(scaled**2) / np.sum(BETA * scaled)) / 39
        assert risks[-1] == pytest.approx(limit, rel=1e-9)
        assert np.all(np.diff(np.abs(np.array(risks[:5]) - limit)) < 0)

    def test_long_parallel_means_cancel(self):
        for scale in (1e3, 1e6, 1e9, 1e12):
            found = synthetic_only_risk(ONES, RAMP, 20, scale * BETA, scale * BETA)
            assert found == pytest.approx((np.sum(1 / RAMP) + 1) / 10, rel=1e-5)
        with pytest.raises(ValueError, match=r"length 4.71e\+149"):
            synthetic_only_risk(ONES, RAMP, 20, 1e150 * BETA, 1e150 * BETA)

    @pytest.mark.parametrize("counts", [(15, 20), (3, 3)])
    def test_long_parallel_means_reach_the_limit_of_the_mean_term(self, counts):
        terms = [mean_term(ONES, RAMP, *counts, 10.0**k * BETA, 10.0 ** (k - 1) * BETA) for k in (5, 7, 9)]
        assert terms == pytest.approx([terms[0]] * 3, rel=1e-6)
        if counts == (15, 20):
            assert terms[-1] <= mean_term_bound(ONES, RAMP, *counts)
        with pytest.raises(ValueError, match="means and beta must be shorter"):
            mean_term(ONES, RAMP, *counts, 1e150 * BETA, 1e149 * BETA)

    def test_refused(self):
        with pytest.raises(TypeError, match="finite_sample must be True or False, got 'no'"):
            synthetic_only_risk(ONES, RAMP, 20, BETA, BETA, finite_sample="no")
        with pytest.raises(TypeError, match="x_t must be an array of real numbers"):
            trace_change_bound([[1], [1, 2]], np.ones((4, 3)), np.ones(3))


class TestOptimality:
    def test_short_integers_do_not_overflow(self):
        lam, many = np.linspace(0.5, 1.5, 10), np.int8(100)
        assert spectrum_risk(lam, many, many) == spectrum_risk(lam, 100, 100) > 0
        assert np.array_equal(risk_gradient(lam, many, many), risk_gradient(lam, 100, 100))

    def test_a_spectrum_over_all_floats(self):
        # two eigenvalues count as infinite or 0, so b_s solves 1 + 2 b / (1 + b_t + b) = n_s
        assert over_variance([1e-300, 1e300, 1.0, 1.0], 0, 2) == pytest.approx(1.0, rel=1e-12)
        assert over_variance([1e-300, 1e300, 1.0, 1.0], 1, 1) == pytest.approx(0.5, rel=1e-12)

    def test_two_blocks_at_orders_near_zero(self):
        at_zero = optimal_two_block(ONES, 8, 9, block=4, q=0.0)
        near = optimal_two_block(ONES, 8, 9, block=4, q=1e-14)
        assert np.allclose(near.values, at_zero.values, rtol=1e-10)

    def test_refused(self):
        with pytest.raises(ValueError, match=r"bounds must be .* got \(0.5, 3\)"):
            optimal_two_block(ONES, 8, 9, block=5, bounds=(0.5, 3))


class TestKernels:
    def test_refused(self):
        rng, roots = np.random.default_rng(0), (ONES, RAMP)
        for call in (
            lambda: kernels.conditional_risk(rng, 2, (15, 20), roots, fit_intercept="no"),
            lambda: kernels.paired_risk(rng, 2, (15, 20), roots, [None], fit_intercept="no"),
            lambda: kernels.regression_risk(rng, 2, (15, 20), roots, BETA, 1.0, fit_intercept="no"),
        ):
            with pytest.raises(TypeError, match="fit_intercept must be True or False, got 'no'"):
                call()
        with pytest.raises(TypeError, match=r"roots\[1\] must be an array of real numbers"):
            kernels.trace_risk(rng, 2, (15, 20), (ONES, [[1], [1, 2]]))


class TestSelection:
    @pytest.mark.parametrize("objective", ["frobenius", "risk"])
    @pytest.mark.parametrize("scale", ["none", "trace"])
    @pytest.mark.parametrize("unit", [1e-150, 1e-100, 1e100, 1e150])
    def test_the_selection_does_not_depend_on_the_unit(self, rows, objective, scale, unit):
        options = {"objective": objective, "scale": scale}
        assert selected(rows[0] * unit, rows[1] * unit, **options) == selected(*rows, **options)

    @pytest.mark.parametrize("unit", [1e-150, 1e150])
    def test_the_path_is_in_the_unit_of_the_data(self, rows, unit):
        ordinary = CovarianceMatcher(20, random_state=0).fit(*rows)
        found = CovarianceMatcher(20, random_state=0).fit(rows[0] * unit, rows[1] * unit)
        assert found.objective_path_ == pytest.approx(ordinary.objective_path_ * unit**2, rel=1e-9)
        assert found.scale_ == pytest.approx(ordinary.scale_, rel=1e-12)

    @pytest.mark.parametrize("objective", ["frobenius", "risk"])
    @pytest.mark.parametrize("scale", ["none", "trace"])
    def test_no_row_is_taken_twice_from_equal_rows(self, rows, objective, scale):
        picked = selected(np.ones((30, 4)), rows[1], objective=objective, scale=scale)
        assert len(set(picked)) == 20

    @pytest.mark.parametrize("outlier", [1e8, 1e15, 1e60])
    def test_a_row_far_out_changes_nothing_else(self, rows, outlier):
        pool_rows, target = rows
        picked = selected(np.vstack([pool_rows, np.full(4, outlier)]), target)
        # the first row is drawn from one more, so begin with the same one
        ordinary = selected(np.vstack([pool_rows, [300.0, 300.0, 300.0, 300.0]]), target)
        assert picked == ordinary
        assert 500 not in picked

    def test_rows_out_of_reach_are_refused(self, rows):
        pool_rows = rows[0].copy()
        pool_rows[3, 1] = 1e150
        with pytest.raises(
            ValueError, match=r"X_pool must lie within 1e\+70 standard deviations.* got a row at .*e\+1"
        ):
            selected(pool_rows, rows[1])

    def test_a_second_fit_without_labels_forgets_the_classes(self, rows):
        labels = np.arange(500) % 2, np.arange(60) % 2
        for rule in (CovarianceMatcher(5, random_state=0), RandomSelection(5, random_state=0)):
            assert rule.fit(*rows, *labels).class_counts_.sum() == 5
            assert not hasattr(rule.fit(*rows), "classes_")
            assert not hasattr(rule, "class_counts_")

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            ({"n_jobs": 0}, "n_jobs must be None or an integer other than 0, got 0"),
            ({"random_state": True}, "random_state must be None, an integer >= 0.* got True"),
        ],
    )
    def test_refused_parameters(self, rows, options, match):
        with pytest.raises(ValueError, match=match):
            CovarianceMatcher(5, **options).fit(*rows)

    def test_tables_that_do_not_fit(self, rows):
        table, target = pd.DataFrame(rows[0], columns=list("wxyz")), pd.DataFrame(rows[1], columns=list("wxyz"))
        with pytest.raises(ValueError, match="X_target must have the columns of X_pool in their order"):
            selected(table, target[list("zyxw")])
        holes = table.assign(x=pd.array([1, None] * 250, dtype="Int64"))
        with pytest.raises(ValueError, match="X_pool must be finite, got missing values in 'x'"):
            selected(holes, target)

    def test_shares_of_large_numbers(self):
        assert allocate(10**12, [10**9, 10**9, 1]).sum() == 10**12
        assert allocate(10**12, [10**9, 10**9]).tolist() == [5 * 10**11] * 2
        with pytest.raises(ValueError, match="n_select must be an integer >= 0, got -3"):
            allocate(-3, [1, 2])
        with pytest.raises(ValueError, match=r"counts must hold a number > 0, got \[0, 0\]"):
            allocate(3, [0, 0])


class TestToyAndPools:
    def test_refused(self):
        rng = np.random.default_rng(0)
        toy = draw_toy(rng)
        for call in (toy.risk, toy.at_target_trace):
            with pytest.raises(ValueError, match=r"selected must have 32 columns, got shape \(2, 5\)"):
                call(np.ones((2, 5)))
        with pytest.raises(ValueError, match="selected must have an entry other than 0"):
            toy.at_target_trace(np.zeros((2, 32)))
        real = rng.normal(size=(5, 2))
        with pytest.raises(TypeError, match="labels must be an array of real numbers"):
            pool(real, list("aabbb"), 7, rng)
        with pytest.raises(ValueError, match="labels must be integers"):
            pool(real, [0.5, 0.5, 1, 1, 1], 7, rng)
        with pytest.raises(ValueError, match="the rows of class 1 must have at least 2 row"):
            pool(real, [0, 0, 0, 0, 1], 7, rng)
