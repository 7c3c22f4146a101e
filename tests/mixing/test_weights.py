"""EpBeta and Beta against SciPy, quadrature and exact rational arithmetic."""

import copy
import pickle
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import integrate, special, stats

from mixtheory.mixing.quadrature import expect
from mixtheory.mixing.weights import Beta, EpBeta, MixingLaw

PUBLISHED = EpBeta(4.34, 1.33, 0.3, 0.3)
UNEQUAL = EpBeta(2.0, 3.0, 0.15, 0.4)
LAWS = [
    PUBLISHED,
    UNEQUAL,
    EpBeta(0.3, 0.7, 0.05, 0.6),
    EpBeta(5.5, 0.4, 1.2, 0.0),
    EpBeta(0.9, 8.0, 0.0, 2.5),
    EpBeta.preserving(0.8, eps0=0.1, eps1=0.3),
    EpBeta.preserving_uniform(),
    Beta(0.1, 0.1),
    Beta(2.0, 5.0),
]
BAD_REALS = [np.nan, np.inf, -np.inf]


def quadrature_mean(law, function):
    """E f(lambda) by adaptive quadrature with the end-point powers of the density as a weight."""
    width = 1 + law.eps0 + law.eps1
    value, error = integrate.quad(
        lambda b: function(-law.eps0 + width * b),
        0.0,
        1.0,
        weight="alg",
        wvar=(law.alpha - 1, law.beta - 1),
        epsabs=1e-13,
        epsrel=1e-13,
    )
    constant = special.beta(law.alpha, law.beta)
    assert error / constant < 1e-9
    return value / constant


def rational_moment(law, k):
    """Binomial sum of note 01, T4 in exact rational arithmetic."""
    alpha, beta, eps0, eps1 = (Fraction(v) for v in (law.alpha, law.beta, law.eps0, law.eps1))
    width = 1 + eps0 + eps1
    total, raw = Fraction(0), Fraction(1)
    for j in range(k + 1):
        total += comb(k, j) * (-eps0) ** (k - j) * width**j * raw
        raw *= (alpha + j) / (alpha + beta + j)
    return total


def rational_r(law):
    """Bold formula of note 01, T4 in exact rational arithmetic."""
    alpha, beta, eps0, eps1 = (Fraction(v) for v in (law.alpha, law.beta, law.eps0, law.eps1))
    width, s = 1 + eps0 + eps1, alpha + beta
    return width**2 * alpha * beta / (s * (s + 1)) - width * (alpha * eps1 + beta * eps0) / s + eps0 * eps1


@pytest.mark.parametrize("law", LAWS, ids=repr)
class TestMoments:
    def test_mean_and_variance_match_scipy(self, law):
        oracle = stats.beta(law.alpha, law.beta, loc=-law.eps0, scale=1 + law.eps0 + law.eps1)
        assert law.mean == pytest.approx(oracle.mean(), rel=1e-13, abs=1e-14)
        assert law.var == pytest.approx(oracle.var(), rel=1e-13)
        assert law.support == pytest.approx(oracle.support(), abs=1e-15)
        assert law.width == pytest.approx(law.support[1] - law.support[0])

    @pytest.mark.parametrize("k", [0, 1, 2, 3, 4, 7, 20, 60])
    def test_moment_matches_rational_arithmetic(self, law, k):
        assert law.moment(k) == pytest.approx(float(rational_moment(law, k)), rel=1e-12, abs=0)

    def test_r_matches_rational_arithmetic_and_quadrature(self, law):
        assert law.r == pytest.approx(float(rational_r(law)), rel=1e-12, abs=1e-15)
        assert law.r == pytest.approx(quadrature_mean(law, lambda w: w * (1 - w)), abs=1e-10)
        assert law.r == pytest.approx(law.mean - law.mean**2 - law.var, abs=1e-14)

    @pytest.mark.parametrize("k", [0, 1, 2, 3, 5])
    def test_q_moment_matches_quadrature(self, law, k):
        assert law.q_moment(k) == pytest.approx(quadrature_mean(law, lambda w: (w * (1 - w)) ** k), rel=1e-9, abs=1e-10)

    def test_q2_is_the_rational_value(self, law):
        exact = rational_moment(law, 2) - 2 * rational_moment(law, 3) + rational_moment(law, 4)
        assert law.q2 == pytest.approx(float(exact), rel=1e-11, abs=1e-14)

    @pytest.mark.parametrize("k", [0, 1, 2, 3, 4])
    def test_power_sums_match_quadrature(self, law, k):
        assert law.power_sum(k) == pytest.approx(quadrature_mean(law, lambda w: w**k + (1 - w) ** k), rel=1e-9)

    def test_power_identities(self, law):
        assert law.variance_factor == pytest.approx(law.power_sum(2), rel=1e-12)
        assert law.third_moment_factor == pytest.approx(law.power_sum(3), rel=1e-12, abs=1e-13)
        assert law.power_sum(4) == pytest.approx(1 - 4 * law.r + 2 * law.q2, rel=1e-12)
        assert law.q_moment(1) == pytest.approx(law.r, abs=1e-14)
        spread = law.q_moment(2) - law.q_moment(1) ** 2
        assert law.squared_norm_variance == pytest.approx(4 * spread, abs=1e-13)

    def test_mirror_is_the_law_of_one_minus_lambda(self, law):
        mirror = law.mirror
        assert (mirror.alpha, mirror.beta, mirror.eps0, mirror.eps1) == (law.beta, law.alpha, law.eps1, law.eps0)
        assert mirror.mirror == law
        assert mirror.mean == pytest.approx(1 - law.mean, abs=1e-14)
        assert mirror.r == pytest.approx(law.r, abs=1e-14)
        assert mirror.q2 == pytest.approx(law.q2, abs=1e-13)
        assert mirror.mass_outside() == pytest.approx(law.mass_outside(), rel=1e-12)
        inner = np.linspace(*law.support, 9)[1:-1]
        assert mirror.pdf(1 - inner) == pytest.approx(law.pdf(inner), rel=1e-10)
        assert mirror.cdf(1 - inner) == pytest.approx(1 - law.cdf(inner), abs=1e-12)

    def test_means_and_variances_of_both_weights(self, law):
        assert law.weight_means == pytest.approx([law.mean, 1 - law.mean], abs=1e-14)
        assert law.weight_variances == pytest.approx([law.var, law.mirror.var], rel=1e-12)
        assert law.covariance_factor == law.variance_factor
        # E sum w^2 from the means and variances
        assert law.weight_means @ law.weight_means + law.weight_variances.sum() == pytest.approx(
            law.variance_factor, rel=1e-12
        )

    def test_dominant_weight_matches_quadrature(self, law):
        larger = expect(law, lambda w: np.maximum(w, 1 - w))
        assert law.dominant_weight == pytest.approx(float(larger), rel=1e-10)
        assert law.dominant_weight == pytest.approx(law.mirror.dominant_weight, rel=1e-12)

    def test_entropy_matches_quadrature_or_is_refused(self, law):
        if law.reach:
            with pytest.raises(ValueError, match=r"entropy needs weights in \[0, 1\], got EpBeta"):
                law.entropy  # noqa: B018
        else:
            expected = expect(law, lambda w: special.entr(w) + special.entr(1 - w))
            assert law.entropy == pytest.approx(float(expected), rel=1e-10)

    def test_reach_is_the_larger_extension(self, law):
        assert law.reach == max(law.eps0, law.eps1)
        assert law.n_parents == 2
        assert isinstance(law, MixingLaw)


@pytest.mark.parametrize("law", LAWS, ids=repr)
class TestDistribution:
    def test_pdf_cdf_ppf_match_scipy(self, law):
        oracle = stats.beta(law.alpha, law.beta, loc=-law.eps0, scale=1 + law.eps0 + law.eps1)
        low, high = law.support
        x = np.concatenate([[low - 1, high + 1, -np.inf, np.inf], np.linspace(low, high, 41)[1:-1]])
        p = np.linspace(0, 1, 33)
        assert law.pdf(x) == pytest.approx(oracle.pdf(x), rel=1e-10)
        assert law.cdf(x) == pytest.approx(oracle.cdf(x), rel=1e-12, abs=1e-300)
        assert law.ppf(p) == pytest.approx(oracle.ppf(p), rel=1e-10, abs=1e-12)

    def test_ends_of_the_support(self, law):
        low, high = law.support
        assert law.ppf([0.0, 1.0]).tolist() == [low, high]
        assert law.cdf([low, high]).tolist() == [0.0, 1.0]
        for end, shape in ((low, law.alpha), (high, law.beta)):
            value = law.pdf(end)
            assert np.isinf(value) if shape < 1 else (value > 0 if shape == 1 else value == 0)

    def test_mass_outside_matches_scipy(self, law):
        oracle = stats.beta(law.alpha, law.beta, loc=-law.eps0, scale=1 + law.eps0 + law.eps1)
        assert law.mass_outside() == pytest.approx(oracle.cdf(0.0) + oracle.sf(1.0), rel=1e-10, abs=1e-300)

    def test_nan_stays_nan(self, law):
        assert np.isnan(law.pdf(np.nan))
        assert np.isnan(law.cdf(np.nan))

    def test_draws_follow_the_distribution_function(self, law):
        draws = law.rvs(2000, np.random.default_rng(7))
        assert draws.shape == (2000,)
        assert draws.min() >= law.support[0]
        assert draws.max() <= law.support[1]
        assert stats.kstest(draws, law.cdf).pvalue > 1e-9

    def test_weights_sum_to_one(self, law):
        first = law.weight_vectors((3, 5), np.random.default_rng(1))
        assert first.shape == (3, 5, 2)
        assert first.sum(axis=-1) == pytest.approx(1.0, abs=1e-15)
        assert np.array_equal(first[..., 0], law.rvs((3, 5), np.random.default_rng(1)))


def test_density_formula_of_the_note():
    w = np.linspace(-0.1, 1.3, 15)
    expected = (w + 0.15) ** 1 * (1.4 - w) ** 2 / (special.beta(2, 3) * 1.55**4)
    assert UNEQUAL.pdf(w) == pytest.approx(expected, rel=1e-13)


def test_published_example():
    """Digits as printed in the theory note; r needs full precision."""
    assert round(PUBLISHED.mean, 6) == 0.924691
    assert round(PUBLISHED.variance_factor, 6) == 0.998548
    assert round(PUBLISHED.q2, 6) == 0.034486


def test_arrays_of_parameters_have_weights_on_the_last_axis():
    rows = [(0.1, 0.1), (2.0, 5.0), (1.0, 1.0)]
    law = Beta(*np.transpose(rows))
    single = [Beta(*row) for row in rows]
    assert law.weight_means == pytest.approx(np.array([one.weight_means for one in single]), rel=1e-14)
    assert law.weight_variances == pytest.approx(np.array([one.weight_variances for one in single]), rel=1e-14)
    assert law.dominant_weight == pytest.approx([one.dominant_weight for one in single], rel=1e-14)
    assert law.entropy == pytest.approx([one.entropy for one in single], rel=1e-14)
    with pytest.raises(ValueError, match="entropy needs weights in"):
        EpBeta([1.0, 2.0], 1.0, [0.0, 0.1], 0.0).entropy  # noqa: B018


def test_uniform_weights_have_textbook_values():
    assert Beta.uniform().dominant_weight == pytest.approx(3 / 4, rel=1e-15)
    assert Beta.uniform().entropy == pytest.approx(1 / 2, rel=1e-15)
    # U(a, 1 - a) with a = (1 - sqrt 3) / 2: the mean of the larger weight is 1/2 + sqrt(3) / 4
    assert EpBeta.preserving_uniform().dominant_weight == pytest.approx(0.5 + np.sqrt(3) / 4, rel=1e-14)
    assert Beta(1e6, 1e6).dominant_weight == pytest.approx(0.5 + 0.5 / np.sqrt(np.pi * 1e6), rel=1e-6)
    # U(0, 3): E|lambda - 1/2| = (1/8 + 25/8) / 3
    assert EpBeta(1.0, 1.0, 0.0, 2.0).dominant_weight == pytest.approx(0.5 + 13 / 12, rel=1e-15)


def test_swapped_extensions_change_the_law():
    swapped = EpBeta(UNEQUAL.alpha, UNEQUAL.beta, UNEQUAL.eps1, UNEQUAL.eps0)
    assert UNEQUAL.r == pytest.approx(0.153, abs=1e-13)
    assert swapped.r == pytest.approx(0.0755, abs=1e-13)
    assert float(rational_r(swapped)) == pytest.approx(0.0755, abs=1e-13)
    assert swapped != UNEQUAL


def test_huge_shapes_do_not_overflow():
    assert EpBeta.preserving_equal(1e200, 1.0).eps0 == pytest.approx(0.0, abs=1e-15)
    assert EpBeta.preserving_equal(1e200, 1e200).eps0 == pytest.approx(1e100 / np.sqrt(2), rel=1e-14)
    assert Beta(1e300, 1e300).variance_factor == pytest.approx(0.5)


def test_r_keeps_its_digits_for_tiny_shapes_and_large_extensions():
    tiny = Beta(1e-9, 2e-9)
    assert tiny.r == pytest.approx(float(rational_r(tiny)), rel=1e-14)
    wide = EpBeta.preserving(0.3, eps0=1e4, eps1=3e4)
    assert abs(float(rational_r(wide))) < 1e-10
    assert wide.r == pytest.approx(float(rational_r(wide)), abs=1e-10)


class TestPreserving:
    def test_full_parametrisation_grid(self):
        """Every mean and every pair of extensions: positive shapes, r = 0, and the mean that was asked for."""
        m, e0, e1 = np.meshgrid(np.arange(1, 20) / 20, np.arange(6) / 5, np.arange(6) / 5, indexing="ij")
        keep = e0 + e1 > 0
        m, e0, e1 = m[keep], e0[keep], e1[keep]
        law = EpBeta.preserving(m, eps0=e0, eps1=e1)
        assert law.alpha.shape == (19 * 35,)
        assert (law.alpha > 0).all() and (law.beta > 0).all()
        assert np.abs(law.mean - m).max() < 1e-14
        assert np.abs(law.r).max() < 1e-14
        residuals = [abs(float(rational_r(EpBeta(*row)))) for row in zip(law.alpha, law.beta, e0, e1, strict=True)]
        assert max(residuals) < 1e-14
        assert law.var == pytest.approx(m * (1 - m), rel=1e-12)
        assert law.variance_factor == pytest.approx(1.0, abs=1e-13)
        assert law.third_moment_factor == pytest.approx(1.0, abs=1e-13)

    def test_concentration_formula_of_the_note(self):
        law = EpBeta.preserving(0.8, eps0=0.1, eps1=0.3)
        assert law.alpha + law.beta + 1 == pytest.approx(0.9 * 0.5 / 0.16, rel=1e-14)

    @pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0, 3.0, 40.0])
    @pytest.mark.parametrize("beta", [0.05, 0.7, 1.0, 12.0])
    def test_equal_extensions(self, alpha, beta):
        law = EpBeta.preserving_equal(alpha, beta)
        assert law.eps0 == law.eps1 > 0
        assert abs(float(rational_r(law))) < 1e-13
        kappa = alpha * beta / ((alpha + beta) * (alpha + beta + 1))
        assert law.eps0 == pytest.approx(((1 - 4 * kappa) ** -0.5 - 1) / 2, rel=1e-11)
        again = EpBeta.preserving(law.mean, eps0=law.eps0, eps1=law.eps1)
        assert (again.alpha, again.beta) == pytest.approx((alpha, beta), rel=1e-9)

    @pytest.mark.parametrize("alpha", [0.01, 0.5, 1.0, 4.0, 100.0])
    def test_symmetric(self, alpha):
        law = EpBeta.preserving_symmetric(alpha)
        assert law.eps0 == law.eps1 == pytest.approx((np.sqrt(2 * alpha + 1) - 1) / 2, rel=1e-12)
        assert 2 * law.eps0 * (1 + law.eps0) == pytest.approx(alpha, rel=1e-12)
        assert law.q2 == pytest.approx(alpha / (4 * (2 * alpha + 3)), rel=1e-10)
        assert law.mean == pytest.approx(0.5, abs=1e-15)

    @pytest.mark.parametrize("mean", [0.1, 0.5, 0.95])
    def test_one_sided(self, mean):
        law = EpBeta.preserving(mean, eps0=0.0, eps1=0.4)
        s = 0.4 / (1 - mean)
        assert (law.alpha, law.beta) == pytest.approx((s * mean / 1.4, s * (1.4 - mean) / 1.4), rel=1e-12)
        assert law.support[0] == 0.0
        assert law.mirror.alpha == pytest.approx(EpBeta.preserving(1 - mean, eps0=0.4, eps1=0.0).alpha, rel=1e-12)

    def test_uniform(self):
        law = EpBeta.preserving_uniform()
        assert (law.alpha, law.beta) == (1.0, 1.0)
        assert law.support == pytest.approx((0.5 - np.sqrt(3) / 2, 0.5 + np.sqrt(3) / 2), rel=1e-14)
        assert abs(law.r) < 1e-15

    def test_published_shapes_with_exact_extension_or_exact_beta(self):
        assert EpBeta.preserving_equal(4.34, 1.33).eps0 == pytest.approx(0.301164, abs=5e-7)
        assert abs(EpBeta(4.34, 1.325641, 0.3, 0.3).r) < 1e-6


class TestWithin:
    @pytest.mark.parametrize("delta", [0.001, 0.05, 0.2])
    @pytest.mark.parametrize(("mean", "eps0", "eps1"), [(0.5, 0.3, 0.3), (0.8, 0.1, 0.3), (0.3, 0.0, 0.5)])
    def test_ends_of_the_band_are_attained(self, delta, mean, eps0, eps1):
        for side, factor in (("lower", 1 - delta), ("upper", 1 + delta)):
            law = EpBeta.within(delta, mean=mean, eps0=eps0, eps1=eps1, side=side)
            assert law.mean == pytest.approx(mean, abs=1e-14)
            assert float(1 - 2 * rational_r(law)) == pytest.approx(factor, abs=1e-13)

    def test_a_law_inside_the_band(self):
        law = EpBeta.within(0.05, eps0=0.3, eps1=0.3, s=1.6)
        assert law.alpha + law.beta == pytest.approx(1.6, rel=1e-15)
        assert abs(law.variance_factor - 1) < 0.05

    def test_plain_beta_within_the_band(self):
        law = EpBeta.within(0.1, eps0=0.0, eps1=0.0)
        assert law.alpha == law.beta == pytest.approx(0.1 / 0.8, rel=1e-14)
        assert law.variance_factor == pytest.approx(0.9, abs=1e-15)

    def test_an_end_that_is_not_attained_is_refused(self):
        with pytest.raises(ValueError, match="delta is too large.*upper end"):
            EpBeta.within(0.1, eps0=0.0, eps1=0.0, side="upper")
        with pytest.raises(ValueError, match="delta is too large.*lower end"):
            EpBeta.within(0.2, mean=0.99, eps0=0.3, eps1=0.3, side="lower")

    def test_bad_arguments(self):
        with pytest.raises(ValueError, match=r"s must be in \[1.3.*got 3"):
            EpBeta.within(0.05, eps0=0.3, eps1=0.3, s=3)
        for s in (0, -1):
            with pytest.raises(ValueError, match=rf"s must be in \(0, 0.5\], got {s}"):
                EpBeta.within(0.1, eps0=0.1, eps1=0.0, s=s)
        with pytest.raises(ValueError, match="side must be one of.*did you mean 'upper'"):
            EpBeta.within(0.05, eps0=0.3, eps1=0.3, side="uper")
        for delta in (0.0, 0.5, -0.1, np.nan, np.inf):
            with pytest.raises(ValueError, match="delta must be"):
                EpBeta.within(delta, eps0=0.3, eps1=0.3)


class TestBadInput:
    @pytest.mark.parametrize("value", [0.0, -1.0, *BAD_REALS, [1.0, 0.0]])
    def test_shapes(self, value):
        for name in ("alpha", "beta"):
            arguments = {"alpha": 1.0, "beta": 1.0, name: value}
            with pytest.raises(ValueError, match=f"{name} must be finite and > 0, got"):
                EpBeta(**arguments, eps0=0.1, eps1=0.1)
            with pytest.raises(ValueError, match=f"{name} must be finite and > 0, got"):
                Beta(**arguments)
            with pytest.raises(ValueError, match=f"{name} must be finite and > 0, got"):
                EpBeta.preserving_equal(**arguments)

    @pytest.mark.parametrize("value", [-1e-9, *BAD_REALS])
    def test_extensions(self, value):
        for name in ("eps0", "eps1"):
            extensions = {"eps0": 0.1, "eps1": 0.1, name: value}
            with pytest.raises(ValueError, match=f"{name} must be finite and >= 0, got"):
                EpBeta(1.0, 1.0, **extensions)
            with pytest.raises(ValueError, match=f"{name} must be finite and >= 0, got"):
                EpBeta.preserving(**extensions)

    @pytest.mark.parametrize("value", [0.0, 1.0, -0.2, 1.2, *BAD_REALS])
    def test_mean(self, value):
        with pytest.raises(ValueError, match="mean must be in \\(0, 1\\), got"):
            EpBeta.preserving(value, eps0=0.1, eps1=0.1)

    @pytest.mark.parametrize(("eps0", "eps1"), [(0.0, 0.0), (0, 0), ([0.0, 0.1], 0.0)])
    def test_no_extension_preserves_nothing(self, eps0, eps1):
        with pytest.raises(ValueError, match=r"eps0 and eps1 must not both be 0.*got [\[0]"):
            EpBeta.preserving(0.5, eps0=eps0, eps1=eps1)

    @pytest.mark.parametrize("name", ["eps0", "eps1"])
    def test_extensions_too_large_for_the_shapes(self, name):
        extensions = {"eps0": 0.1, "eps1": 0.1, name: 1e200}
        for make in (EpBeta.preserving, lambda **given: EpBeta.within(0.1, **given)):
            with pytest.raises(ValueError, match=rf"{name} must be at most 1e\+50, got 1e\+200"):
                make(**extensions)
        assert np.isfinite(EpBeta.preserving(**{**extensions, name: 1e50}).alpha)

    @pytest.mark.parametrize(
        ("size", "error"), [(-3, ValueError), ("a", TypeError), (2.0, TypeError), ((2, -1), ValueError)]
    )
    def test_sizes(self, size, error):
        for draw in (UNEQUAL.rvs, UNEQUAL.weight_vectors):
            with pytest.raises(error, match="size must be an integer"):
                draw(size, np.random.default_rng(0))

    @pytest.mark.parametrize("value", ["1", None, 1j, [1.0, "a"]])
    def test_types(self, value):
        with pytest.raises(TypeError, match="alpha must be a real number"):
            EpBeta(value, 1.0, 0.1, 0.1)

    def test_shapes_that_do_not_broadcast(self):
        with pytest.raises(ValueError, match=r"broadcast.*alpha \(2,\), beta \(3,\)"):
            Beta([1.0, 2.0], [1.0, 2.0, 3.0])

    def test_orders_and_probabilities(self):
        for bad in (-1, 1.5):
            with pytest.raises((ValueError, TypeError), match="k must be an integer"):
                UNEQUAL.moment(bad)
            with pytest.raises((ValueError, TypeError), match="k must be an integer"):
                UNEQUAL.q_moment(bad)
        with pytest.raises(ValueError, match=r"p must be in \[0, 1\]"):
            UNEQUAL.ppf([0.5, 1.1])
        with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
            UNEQUAL.rvs(3, 42)


class TestObject:
    def test_frozen(self):
        with pytest.raises(AttributeError):
            PUBLISHED.alpha = 1.0

    def test_equality_and_hash(self):
        assert EpBeta(4.34, 1.33, 0.3, 0.3) == PUBLISHED
        assert hash(EpBeta(4.34, 1.33, 0.3, 0.3)) == hash(PUBLISHED)
        assert EpBeta(1, 2, 0, 0) == Beta(1.0, 2.0)
        assert EpBeta(1, 2, -0.0, 0) == Beta(1.0, 2.0)
        assert hash(EpBeta(1, 2, -0.0, 0)) == hash(Beta(1.0, 2.0))
        assert len({PUBLISHED, EpBeta(4.34, 1.33, 0.3, 0.30000001), UNEQUAL}) == 3
        assert PUBLISHED != "EpBeta(4.34, 1.33, 0.3, 0.3)"
        assert Beta([1.0, 2.0], 1.0) == Beta(np.array([1.0, 2.0]), np.ones(2))
        assert Beta([1.0, 1.0], 1.0) != Beta(1.0, 1.0)

    def test_repr_rebuilds_the_law(self):
        assert repr(PUBLISHED) == "EpBeta(alpha=4.34, beta=1.33, eps0=0.3, eps1=0.3)"
        for law in LAWS:
            assert eval(repr(law)) == law
        assert repr(Beta(np.float32(0.5), 1)) == "Beta(alpha=0.5, beta=1.0)"

    def test_pickle_and_copy(self):
        for law in (*LAWS, Beta([0.5, 1.0], 2.0)):
            for other in (pickle.loads(pickle.dumps(law)), copy.deepcopy(law)):
                assert other == law
                assert type(other) is type(law)

    def test_array_parameters_are_copied_and_read_only(self):
        alpha = np.array([1.0, 2.0])
        law = Beta(alpha, 1.0)
        alpha[0] = 9.0
        assert law.alpha.tolist() == [1.0, 2.0]
        with pytest.raises(ValueError, match="read-only"):
            law.alpha[0] = 9.0

    def test_scalars_are_plain_floats(self):
        for name in ("alpha", "mean", "var", "r", "q2", "variance_factor", "third_moment_factor", "reach", "width"):
            assert type(getattr(UNEQUAL, name)) is float, name
        for value in (UNEQUAL.moment(3), UNEQUAL.q_moment(2), UNEQUAL.power_sum(3), UNEQUAL.mass_outside()):
            assert type(value) is float
        for value in (UNEQUAL.pdf(0.2), UNEQUAL.cdf(0.2), UNEQUAL.ppf(0.2)):
            assert type(value) is float

    def test_named_laws(self):
        assert Beta.uniform() == Beta(1.0, 1.0)
        assert Beta.uniform().variance_factor == pytest.approx(2 / 3, rel=1e-15)


def test_quantiles_far_out_in_a_tail():
    # SciPy has no quantile of this law below 1e-16
    p = 10.0 ** -np.arange(10.0, 40.0)
    law = Beta(1.03125, 0.25)
    assert law.cdf(law.ppf(p)) == pytest.approx(p, rel=1e-9)
