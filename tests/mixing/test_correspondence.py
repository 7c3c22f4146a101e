"""Two-parent zeta-mixup and mixup: weights and gammas, and the law of gamma against the Beta law it reproduces."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mixtheory.mixing.correspondence import MixupGamma, gamma_of_weight, weight_of_gamma
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta

STABLE = settings(derandomize=True, deadline=None, max_examples=60)
ALPHAS = [1e-4, 0.1, 0.2, 0.5, 1.0, 2.0, 37.0, 1e5]
ORDERS = np.array([1e-9, 0.01, 0.2, 0.499999, 0.5, 0.500001, 0.8, 0.99, 1 - 1e-9])

weights = st.floats(1e-300, 1 - 1e-16, exclude_max=True)


class TestWeights:
    @STABLE
    @given(weights)
    def test_round_trip(self, weight):
        gamma = gamma_of_weight(weight)
        assert gamma >= 0
        if weight > 1e-6:
            assert gamma_of_weight(1 - weight) == pytest.approx(gamma, rel=1e-9, abs=1e-14)
        assert weight_of_gamma(gamma) == pytest.approx(max(weight, 1 - weight), rel=1e-14)

    @STABLE
    @given(st.floats(0.0, 500.0))
    def test_weights_of_the_law_of_two_parents(self, gamma):
        assert Zeta(gamma, 2).weights == pytest.approx([weight_of_gamma(gamma), 1 - weight_of_gamma(gamma)], abs=1e-15)

    def test_no_digits_are_lost_near_one_half_and_near_zero(self):
        assert gamma_of_weight(0.5 + 2.0**-40) == pytest.approx(2.0**-38 / math.log(2), rel=1e-14)
        assert gamma_of_weight(2.0**-700) == pytest.approx(700, rel=1e-15)
        assert gamma_of_weight(1 - 2.0**-50) == pytest.approx(math.log2(2.0**50 - 1), rel=1e-15)

    def test_values_and_shapes(self):
        assert weight_of_gamma([0.0, 1.0, 2.0]) == pytest.approx([1 / 2, 2 / 3, 4 / 5], rel=1e-15)
        assert gamma_of_weight([[0.5, 2 / 3], [0.8, 1 / 3]]) == pytest.approx(np.array([[0, 1], [2, 1]]), abs=1e-15)
        assert isinstance(gamma_of_weight(0.3), float)

    @pytest.mark.parametrize("weight", [0.0, 1.0, -0.1, 1.1, math.nan])
    def test_weights_out_of_range(self, weight):
        with pytest.raises(ValueError, match=r"weight must be in \(0, 1\)"):
            gamma_of_weight(weight)

    @pytest.mark.parametrize("gamma", [-1e-9, math.nan, math.inf])
    def test_gammas_out_of_range(self, gamma):
        with pytest.raises(ValueError, match="gamma must be finite and >= 0"):
            weight_of_gamma(gamma)


@pytest.mark.parametrize("alpha", ALPHAS)
class TestLaw:
    def test_distribution_is_that_of_the_beta_law(self, alpha):
        """P(gamma <= t) = P(1 - u <= lambda <= u) with the weight u of t."""
        law = MixupGamma(alpha)
        t = np.linspace(0.05, 20, 40) * min(1.0, law.median)
        smaller = 1 / (1 + 2.0**t)
        oracle = stats.beta(alpha, alpha)
        assert law.cdf(t) == pytest.approx(oracle.cdf(weight_of_gamma(t)) - oracle.cdf(smaller), abs=1e-12)
        assert law.sf(t) == pytest.approx(2 * oracle.cdf(smaller), rel=1e-10)

    def test_quantiles_invert_both_tails(self, alpha):
        law = MixupGamma(alpha)
        t = law.ppf(ORDERS)
        assert (np.diff(t) > 0).all()
        assert law.cdf(t) == pytest.approx(ORDERS, rel=1e-11)
        assert law.sf(t) == pytest.approx(1 - ORDERS, rel=1e-11)
        assert law.median == law.ppf(0.5)
        assert law.ppf([0, 1]).tolist() == [0.0, math.inf]

    def test_density_integrates_to_the_distribution(self, alpha):
        law = MixupGamma(alpha)
        edges = np.concatenate([[0.0], law.ppf([0.1, 0.5, 0.9, 0.999])])
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            mass = integrate.quad(law.pdf, low, high, epsabs=1e-12)[0]
            assert mass == pytest.approx(law.cdf(high) - law.cdf(low), abs=1e-9)

    def test_density_formula_of_the_note(self, alpha):
        law = MixupGamma(alpha)
        t = law.ppf([0.1, 0.6, 0.95])
        z = t * math.log(2)
        log_density = -alpha * z - 2 * alpha * np.log1p(np.exp(-z)) - special.betaln(alpha, alpha)
        assert law.pdf(t) == pytest.approx(2 * math.log(2) * np.exp(log_density), rel=1e-8)

    def test_random_gammas_make_mixup(self, alpha):
        law, rng = MixupGamma(alpha), np.random.default_rng(21)
        gammas = law.rvs(3000, rng)
        assert stats.kstest(gammas, law.cdf).pvalue > 1e-9
        larger = weight_of_gamma(gammas)
        weight = np.where(rng.random(3000) < 0.5, larger, 1 - larger)
        assert law.beta == Beta(alpha, alpha)
        # below 1e-16 the complement of a weight rounds to 0, where the law has mass if alpha is small
        if alpha >= 0.1:
            assert stats.kstest(weight, law.beta.cdf).pvalue > 1e-9

    def test_moments_of_the_mixture_of_two_atom_laws(self, alpha):
        """E over gamma of the power sums of the fixed law are those of the Beta law."""
        law = MixupGamma(alpha)
        nodes, mass = np.polynomial.legendre.leggauss(200)
        u = weight_of_gamma(law.ppf((nodes + 1) / 2))
        for k in (2, 3, 4):
            assert mass @ (u**k + (1 - u) ** k) / 2 == pytest.approx(law.beta.power_sum(k), abs=2e-5)


def test_uniform_weights():
    law = MixupGamma(1.0)
    t = np.array([0.0, 1e-9, 0.3, 1.0, 2.0, 30.0, 600.0])
    assert law.sf(t) == pytest.approx(2 / (1 + 2.0**t), rel=1e-12)
    assert law.median == pytest.approx(math.log2(3), rel=1e-14)


def test_one_gamma_is_not_mixup():
    """The fixed law with the same covariance factor has another fourth moment: its squared norm does not vary."""
    mixup = Beta.uniform()
    fixed = Zeta.matching(float(mixup.variance_factor), 2)
    assert fixed.covariance_factor == pytest.approx(mixup.covariance_factor, rel=1e-13)
    assert fixed.power_sum(3) == pytest.approx(mixup.power_sum(3), rel=1e-13)
    assert fixed.power_sum(4) == pytest.approx(1 - 4 * fixed.r + 2 * fixed.r**2, rel=1e-13)
    assert mixup.power_sum(4) - fixed.power_sum(4) == pytest.approx(mixup.squared_norm_variance / 2, rel=1e-10)


def test_points_outside_the_support():
    law = MixupGamma(0.7)
    assert law.pdf([-1.0, math.inf]).tolist() == [0.0, 0.0]
    assert law.cdf([-1.0, 0.0, math.inf]).tolist() == [0.0, 0.0, 1.0]
    assert law.sf([-1.0, 0.0, math.inf]).tolist() == [1.0, 1.0, 0.0]
    assert law.sf(1e5) == pytest.approx(math.exp(-0.7 * 1e5 * math.log(2)), abs=1e-300)


def test_far_tail_is_a_power_law():
    law = MixupGamma(0.01)
    assert law.sf(5000.0) / law.sf(4000.0) == pytest.approx(2.0**-10, rel=1e-12)
    assert law.sf(law.ppf(0.6)) == pytest.approx(0.4, rel=1e-13)


class TestBadInput:
    @pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
    def test_shape(self, alpha):
        with pytest.raises(ValueError, match="alpha must be finite and > 0"):
            MixupGamma(alpha)

    def test_types(self):
        with pytest.raises(TypeError, match="alpha must be a single real number"):
            MixupGamma([1.0, 2.0])
        with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator"):
            MixupGamma(1.0).rvs(3, 0)
        with pytest.raises(ValueError, match="size must be an integer >= 0"):
            MixupGamma(1.0).rvs(-1, np.random.default_rng(0))

    @pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
    def test_orders(self, p):
        with pytest.raises(ValueError, match=r"p must be in \[0, 1\]"):
            MixupGamma(1.0).ppf(p)
