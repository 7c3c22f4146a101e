import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from mixtheory.mixing import distances, preservation
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta, ExpandedDirichlet
from tests.mixing.atomic import AtomicLaw, central_moments, mix_population
from tests.mixing.test_moments import density_integral

UNIFORM = EpBeta.preserving_symmetric(1.0)
LAWS = [UNIFORM, Beta(1.0, 1.0), EpBeta(4.34, 1.33, 0.3, 0.3), EpBeta(0.4, 2.0, 0.1, 0.5)]


def gaussian_cdf(law, x):
    return density_integral(law, lambda w: stats.norm.cdf(x / np.sqrt(w**2 + (1 - w) ** 2)))


@pytest.mark.parametrize("law", LAWS)
def test_gaussian_law_equals_independent_quadrature(law):
    for x in (-2.0, 0.0, 0.71, 4.0):
        assert distances.gaussian_cdf(law, x) == pytest.approx(gaussian_cdf(law, x), abs=1e-10)
    h = 1e-5
    slope = (gaussian_cdf(law, 0.8 + h) - gaussian_cdf(law, 0.8 - h)) / (2 * h)
    assert distances.gaussian_pdf(law, 0.8) == pytest.approx(slope, abs=1e-7)
    factor = density_integral(law, lambda w: np.sqrt(w**2 + (1 - w) ** 2))
    assert distances.absolute_deviation_factor(law) == pytest.approx(factor, abs=1e-10)


@pytest.mark.parametrize("law", LAWS)
def test_characteristic_function_is_the_transform_of_the_density(law):
    for t in (0.0, 0.7, 2.0):
        transform = (
            2
            * integrate.quad(lambda x, t=t: np.cos(t * x) * float(distances.gaussian_pdf(law, x)), 0, 16, epsabs=1e-11)[
                0
            ]
        )
        value = distances.gaussian_charfn(law, t)
        assert value == pytest.approx(transform, abs=1e-8)
        assert value >= np.exp(-law.variance_factor * t**2 / 2) - 1e-12


@pytest.mark.parametrize("law", LAWS)
def test_exact_distances_equal_brute_force(law):
    # Quantiles of both laws on a fine grid: W_p^p is the mean of |difference|^p, KS the largest gap on a grid.
    x = np.linspace(0, 16, 8001)
    cdf = distances.gaussian_cdf(law, -x)
    gap = np.abs(cdf - stats.norm.cdf(-x))
    assert distances.gaussian_ks(law) == pytest.approx(gap.max(), abs=1e-6)
    assert distances.gaussian_w1(law) == pytest.approx(2 * integrate.trapezoid(gap, x), abs=1e-6)
    p = np.geomspace(1e-14, 0.5, 20001)
    quantile = -np.interp(np.log(p), np.log(cdf[::-1]), x[::-1])
    square = 2 * integrate.trapezoid((quantile - stats.norm.ppf(p)) ** 2, p)
    assert distances.gaussian_w2(law) == pytest.approx(np.sqrt(square), rel=1e-4)


laws = st.builds(EpBeta, st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0, 1.5), st.floats(0, 1.5))


@settings(max_examples=25, deadline=None)
@given(laws)
def test_bounds_hold_for_every_law(law):
    ks, w1, w2 = distances.gaussian_ks(law), distances.gaussian_w1(law), distances.gaussian_w2(law)
    slack = 1e-9
    assert ks <= distances.gaussian_ks_bound(law) + slack
    assert ks <= distances.ks_bound_from_w1(w1, stats.norm.pdf(0)) + slack
    assert w1 <= w2 + slack
    assert w1 <= distances.wasserstein_bound(law, 1, distances.gaussian_pair_distance()) + slack
    assert w2 <= distances.wasserstein_bound(law, 2, 2.0) + slack


def test_second_order_distance_is_at_least_the_difference_of_standard_deviations():
    law = Beta(2.0, 2.0)
    assert distances.gaussian_w2(law) >= 1 - np.sqrt(law.variance_factor)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.5])
@pytest.mark.parametrize("law", LAWS)
def test_moment_of_the_smaller_weight(law, p):
    exact = density_integral(law, lambda w: abs(min(w, 1 - w)) ** p)
    assert distances.smaller_weight_moment(law, p) == pytest.approx(exact, abs=1e-9)
    assert distances.wasserstein_bound(law, p, 3.0) == pytest.approx((3 * exact) ** (1 / p), abs=1e-7)


def test_distance_of_a_gaussian_pair():
    exact = integrate.quad(lambda x: abs(x) * stats.norm.pdf(x, scale=np.sqrt(2) * 1.7), -40, 40, points=[0])[0]
    assert distances.gaussian_pair_distance(1.7) == pytest.approx(exact)


def test_leading_order_is_the_limit_of_the_exact_distance_as_weights_approach_a_copy():
    # Mean 1 - delta and reach sqrt(delta): abs(S - 1) is of order sqrt(delta), so the relative error is too.
    relative = []
    for delta in (1e-2, 1e-4, 1e-6):
        law = EpBeta.preserving(1 - delta, eps0=0.0, eps1=np.sqrt(delta))
        relative.append(abs(distances.gaussian_ks(law) / distances.gaussian_ks_leading(law) - 1) / np.sqrt(delta))
    assert relative[1] == pytest.approx(relative[2], rel=0.2)
    assert relative[2] < 10


def test_leading_order_is_no_limit_when_q2_falls_because_interior_weights_become_rare():
    # There abs(S - 1) stays large where it is not small: the ratio tends to a constant other than one.
    ratios = []
    for alpha in (0.01, 0.001):
        law = EpBeta.preserving_symmetric(alpha)
        ratios.append(distances.gaussian_ks(law) / distances.gaussian_ks_leading(law))
    assert ratios[0] == pytest.approx(ratios[1], rel=0.05)
    assert abs(ratios[1] - 1) > 0.1


def test_bound_is_the_distance_of_scales_when_the_squared_norm_is_constant():
    law = AtomicLaw.of_lambda((0.2, 0.8), (0.5, 0.5))
    grid = np.linspace(0, 6, 200001)
    exact = np.max(np.abs(stats.norm.cdf(grid / np.sqrt(0.68)) - stats.norm.cdf(grid)))
    assert distances.gaussian_ks_bound(law) == pytest.approx(exact, abs=1e-9)


def test_bound_vanishes_for_copies():
    assert distances.gaussian_ks_bound(AtomicLaw.of_lambda((0.0, 1.0), (0.5, 0.5))) == 0


@pytest.mark.parametrize("law", [Dirichlet(1.0, 3), ExpandedDirichlet.preserving(0.5, 3)])
def test_bound_covers_more_parents(law):
    rng = np.random.default_rng(11)
    scale = np.sqrt((law.weight_vectors(20000, rng) ** 2).sum(axis=1))
    x = np.linspace(0, 4, 41)
    mixed = stats.norm.cdf(x[:, None] / scale).mean(axis=1)
    error = np.sqrt(np.log(2 / 1e-9) / (2 * scale.size))  # Hoeffding at one point
    assert np.max(np.abs(mixed - stats.norm.cdf(x))) <= distances.gaussian_ks_bound(law) + error


def test_excess_fourth_moment_certifies_that_no_law_is_preserved():
    values, mass = np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.3, 0.2])
    _, var, _, mu4 = central_moments(values, mass)
    for law in (AtomicLaw.of_lambda((-0.2, 0.6), (0.5, 0.5)), AtomicLaw.of_lambda((0.0, 1.0), (0.3, 0.7))):
        _, _, _, mixed = central_moments(*mix_population(values, mass, law))
        assert preservation.fourth_moment_excess(law, mu4, var) == pytest.approx(mixed - mu4, abs=1e-12)
    law = EpBeta.preserving(0.7, eps0=0.1, eps1=0.3)
    excess = preservation.fourth_moment_excess(law, mu4, var)
    assert excess == pytest.approx(law.q2 * (2 * mu4 + 6 * var**2))
    assert excess > 0


@pytest.mark.parametrize(("index", "law"), [(2.0, "norm"), (1.0, "cauchy")])
def test_stable_scale_by_characteristic_functions(index, law):
    def charfn(t):
        return np.exp(-(np.abs(t) ** index))

    w = np.array([-0.4, 0.3, 0.5, 1.2])
    scale = preservation.stable_scale(w, index)
    for t in (0.3, 1.0, 2.5):
        assert np.allclose(charfn(w * t) * charfn((1 - w) * t), charfn(scale * t))


def test_weights_inside_leave_the_cauchy_law_unchanged():
    x = np.array([-3.0, 0.0, 0.4, 10.0])
    assert np.allclose(preservation.cauchy_cdf(Beta(0.3, 0.7), x), stats.cauchy.cdf(x), atol=1e-13)


def test_expanded_weights_inflate_the_cauchy_law():
    law = EpBeta(4.34, 1.33, 0.3, 0.3)
    exact = density_integral(law, lambda w: stats.cauchy.cdf(2.0, scale=abs(w) + abs(1 - w)))
    assert preservation.cauchy_cdf(law, 2.0) == pytest.approx(exact, abs=1e-10)
    assert preservation.cauchy_cdf(law, 2.0) < stats.cauchy.cdf(2.0)


@pytest.mark.parametrize("law", LAWS)
def test_negative_mass_of_exponential_data_equals_a_double_integral(law):
    def conditional(w):
        low, high = sorted((w, 1 - w))
        if low >= 0:
            return 0.0
        # P(high E_2 < -low E_1) given E_1 = x.
        return integrate.quad(lambda x: np.exp(-x) * -np.expm1(low * x / high), 0, np.inf)[0]

    exact = density_integral(law, conditional)
    assert preservation.exponential_negative_probability(law) == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: distances.wasserstein_bound(UNIFORM, 0.5, 1.0), "p"),
        (lambda: distances.wasserstein_bound(UNIFORM, 1.0, -1.0), "pair_moment"),
        (lambda: distances.smaller_weight_moment(UNIFORM, np.nan), "p"),
        (lambda: distances.gaussian_pair_distance(0.0), "sd"),
        (lambda: distances.ks_bound_from_w1(-1.0, 1.0), "w1"),
        (lambda: distances.ks_bound_from_w1(1.0, 0.0), "density_bound"),
        (lambda: distances.gaussian_cdf(UNIFORM, np.nan), "x"),
        (lambda: distances.gaussian_pdf(UNIFORM, np.inf), "x"),
        (lambda: distances.gaussian_charfn(UNIFORM, np.nan), "t"),
        (lambda: preservation.fourth_moment_excess(UNIFORM, np.nan, 1.0), "mu4"),
        (lambda: preservation.stable_scale(0.5, 2.5), "index"),
        (lambda: preservation.stable_scale(np.nan, 1.0), "weight"),
        (lambda: preservation.cauchy_cdf(UNIFORM, np.nan), "x"),
    ],
)
def test_bad_input_names_the_argument(call, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()
