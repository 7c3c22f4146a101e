import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from mixtheory.mixing import generations, moments
from mixtheory.mixing.quadrature import expect
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta, ExpandedDirichlet
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, TWO_POINT, AtomicLaw, central_moments, mix_population

VALUES, MASSES = np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("law", [INSIDE, OUTSIDE, TWO_POINT, THREE_PARENTS])
def test_moments_to_order_four_equal_enumeration(law):
    _, var, mu3, mu4 = central_moments(VALUES, MASSES)
    _, new_var, new_mu3, new_mu4 = central_moments(*mix_population(VALUES, MASSES, law))
    kappa4 = mu4 - 3 * var**2
    new_kappa4 = new_mu4 - 3 * new_var**2
    assert moments.mixed_covariance(law, var) == pytest.approx(new_var, rel=1e-12)
    assert moments.third_central_moment(law, mu3) == pytest.approx(new_mu3, rel=1e-12)
    assert moments.fourth_central_moment(law, mu4, var) == pytest.approx(new_mu4, rel=1e-12)
    assert moments.fourth_cumulant(law, kappa4, var) == pytest.approx(new_kappa4, rel=1e-11)
    assert moments.excess_kurtosis(law, kappa4 / var**2) == pytest.approx(new_kappa4 / new_var**2, rel=1e-11)
    ratio = (new_mu3 / new_var**1.5) / (mu3 / var**1.5)
    assert moments.skewness_factor(law) == pytest.approx(ratio, rel=1e-12)


def test_squared_norm_variance_equals_enumeration():
    for law in (OUTSIDE, THREE_PARENTS):
        squares = np.array([np.dot(w, w) for w in law.vectors])
        mean = np.dot(law.probabilities, squares)
        assert law.squared_norm_variance == pytest.approx(np.dot(law.probabilities, (squares - mean) ** 2))


def test_mean_needs_one_population():
    other = VALUES + 2.0
    mean, shifted = MASSES @ VALUES, MASSES @ other
    value = sum(
        p * MASSES[i] * MASSES[j] * (w * VALUES[i] + (1 - w) * other[j])
        for (w, p), i, j in itertools.product(OUTSIDE.lambdas, range(3), range(3))
    )
    assert moments.mixed_mean(OUTSIDE, mean, shifted) == pytest.approx(value)
    assert moments.mixed_mean(OUTSIDE, mean) == pytest.approx(
        central_moments(*mix_population(VALUES, MASSES, OUTSIDE))[0]
    )


def test_covariance_matrix_is_scaled_as_a_whole():
    sigma = np.array([[2.0, 0.3], [0.3, 1.0]])
    mixed = moments.mixed_covariance(Beta(2.0, 5.0), sigma)
    assert np.allclose(mixed / sigma, mixed[0, 0] / sigma[0, 0], rtol=1e-14)


def test_separate_weights_equal_enumeration():
    rows = np.array([[-1.0, 0.5], [0.0, -2.0], [2.0, 1.0]])
    mass = np.array([0.5, 0.2, 0.3])
    joint = [((0.2, 0.9), 0.4), ((1.3, 0.5), 0.35), ((-0.1, -0.2), 0.25)]
    weights, shares = np.array([w for w, _ in joint]), np.array([p for _, p in joint])
    means = shares @ weights
    covariance = (weights - means).T @ np.diag(shares) @ (weights - means)
    c = moments.separate_weights_matrix(means, covariance)
    centred = rows - mass @ rows
    sigma = centred.T @ np.diag(mass) @ centred
    exact = np.zeros((2, 2))
    for (w, p), i, j in itertools.product(joint, range(3), range(3)):
        row = np.array(w) * centred[i] + (1 - np.array(w)) * centred[j]
        exact += p * mass[i] * mass[j] * np.outer(row, row)
    assert np.allclose(moments.separate_covariance(c, sigma), exact, atol=1e-14)
    correlation = sigma[0, 1] / np.sqrt(sigma[0, 0] * sigma[1, 1])
    mixed_correlation = exact[0, 1] / np.sqrt(exact[0, 0] * exact[1, 1])
    assert moments.correlation_factors(c)[0, 1] == pytest.approx(mixed_correlation / correlation)
    slope = (exact[0, 1] / exact[1, 1]) / (sigma[0, 1] / sigma[1, 1])
    assert moments.slope_factor(c, predictor=1, response=0) == pytest.approx(slope)
    assert moments.slope_factor(c) == pytest.approx((exact[0, 1] / exact[0, 0]) / (sigma[0, 1] / sigma[0, 0]))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-1, 2), st.floats(-1, 2)), min_size=2, max_size=4))
def test_rigidity_residual_is_negative_unless_the_weights_agree(atoms):
    weights = np.array(atoms)
    covariance = np.cov(weights.T, ddof=0)
    c = moments.separate_weights_matrix(weights.mean(axis=0), covariance)
    residual = moments.rigidity_residual(c)[0, 1]
    gap = float(np.mean((weights[:, 0] - weights[:, 1]) ** 2))
    # Lagrange's identity: minus the sum of squared cross products over all pairs of coordinates of all draws.
    first = np.stack([weights[:, 0], 1 - weights[:, 0]], axis=1).ravel()
    second = np.stack([weights[:, 1], 1 - weights[:, 1]], axis=1).ravel()
    cross = np.outer(first, second) - np.outer(second, first)
    assert residual == pytest.approx(-np.sum(cross**2) / 2 / len(weights) ** 2, abs=1e-9)
    if gap > 1e-3:
        assert residual < 0
    shared = moments.separate_weights_matrix([0.3, 0.3], np.full((2, 2), 0.4))
    assert moments.rigidity_residual(shared)[0, 1] == pytest.approx(0, abs=1e-14)


def test_two_variance_preserving_weights_lose_covariance_unless_equal():
    law = EpBeta.preserving(0.8, eps0=0.2, eps1=0.3)
    c = moments.separate_weights_matrix([law.mean, law.mean], np.diag([law.var, law.var]))
    assert np.diag(c) == pytest.approx([1, 1])
    assert c[0, 1] == pytest.approx(1 - 2 * 0.8 + 2 * 0.64)


@pytest.mark.parametrize("delta", [0.02, 0.25, 0.4])
def test_largest_plain_alpha_loses_exactly_delta(delta):
    alpha = moments.largest_plain_alpha(delta)
    assert 1 - Beta(alpha, alpha).variance_factor == pytest.approx(delta)


def test_excess_kurtosis_always_grows_at_r_zero():
    law = EpBeta.preserving(0.7, eps0=0.1, eps1=0.4)
    for g in (-2.0, 0.0, 6.0):
        assert moments.excess_kurtosis(law, g) == pytest.approx((1 + 2 * law.q2) * g + 12 * law.q2)
        assert moments.excess_kurtosis(law, g) > g


def test_dirichlet_fourth_cumulant_equals_moments_of_gamma_ratios():
    # Weights D = G / sum(G) with exact Dirichlet moments from Beta functions: E prod D_s^{a_s}.
    alpha, k, eps = 1.5, 3, 0.2
    law = ExpandedDirichlet(alpha, k, eps)

    def mixed(powers):
        total = sum(powers)
        value = 1.0
        for power in powers:
            value *= np.prod([alpha + i for i in range(power)])
        return value / np.prod([k * alpha + i for i in range(total)])

    def expanded(s, t):
        scale = 1 + k * eps
        terms = 0.0
        for i, j in itertools.product(range(3), range(3)):
            coefficient = [eps**2, -2 * eps * scale, scale**2][i] * [eps**2, -2 * eps * scale, scale**2][j]
            powers = [0, 0, 0]
            powers[s] += i
            powers[t] += j
            terms += coefficient * mixed(powers)
        return terms

    square = sum(expanded(s, t) for s in range(k) for t in range(k))
    fourth = sum(expanded(s, s) for s in range(k))
    rho = sum((1 + k * eps) ** 2 * mixed([2, 0, 0]) - 2 * eps * (1 + k * eps) / k + eps**2 for _ in range(k))
    assert law.variance_factor == pytest.approx(rho)
    assert law.squared_norm_variance == pytest.approx(square - rho**2)
    assert moments.fourth_cumulant(law, 2.0, 1.5) == pytest.approx(2.0 * fourth + 3 * (square - rho**2) * 1.5**2)
    assert moments.skewness_factor(Dirichlet(alpha, k)) < 1


def test_population_generations_equal_enumeration():
    values, mass = np.array([0.0, 1.0]), np.array([0.7, 0.3])
    _, var, mu3, mu4 = central_moments(values, mass)
    law = TWO_POINT
    for t in range(4):
        if t:
            values, mass = mix_population(values, mass, law)
        _, new_var, new_mu3, new_mu4 = central_moments(values, mass)
        kappa4 = new_mu4 - 3 * new_var**2
        assert generations.generation_covariance(law, var, t) == pytest.approx(new_var, rel=1e-10)
        assert generations.generation_third_moment(law, mu3, t) == pytest.approx(new_mu3, rel=1e-10)
        assert generations.generation_fourth_cumulant(law, mu4 - 3 * var**2, var, t) == pytest.approx(kappa4, rel=1e-9)
        g = (mu4 - 3 * var**2) / var**2
        assert generations.generation_excess_kurtosis(law, g, t) == pytest.approx(kappa4 / new_var**2, rel=1e-9)


@pytest.mark.parametrize("t", [0, 1, 7])
def test_closed_form_of_kurtosis_at_r_zero(t):
    law = EpBeta.preserving(0.6, eps0=0.3, eps1=0.2)
    recursion = generations.generation_excess_kurtosis(law, 1.5, t)
    assert generations.preserving_excess_kurtosis(law.q2, 1.5, t) == pytest.approx(recursion, rel=1e-12)


def test_limit_of_kurtosis_is_reached_or_infinite():
    law = Beta(1.0, 1.0)
    for start in (-2.0, 5.0):
        late = generations.generation_excess_kurtosis(law, start, 400)
        assert generations.limit_excess_kurtosis(law) == pytest.approx(late, rel=1e-10)
    assert generations.limit_excess_kurtosis(EpBeta.preserving_symmetric(1.0)) == np.inf


LAWS = [EpBeta.preserving_symmetric(1.0), EpBeta(4.34, 1.33, 0.3, 0.3), EpBeta(0.4, 2.0, 0.1, 0.5)]


def density_integral(law, function):
    """Integral of a function against the density by QUADPACK with algebraic end-point weights."""
    low, high = law.support
    inner = [c for c in (0.0, 0.5, 1.0) if low < c < high]
    edges = [low, *inner, high]
    scale = integrate.quad(lambda x: 1.0, low, high, weight="alg", wvar=(law.alpha - 1, law.beta - 1))[0]
    total = 0.0
    for a, b in itertools.pairwise(edges):
        left, right = (law.alpha - 1 if a == low else 0.0), (law.beta - 1 if b == high else 0.0)

        def rest(x, a=a, b=b):
            value = 1.0 if a == low else (x - low) ** (law.alpha - 1)
            return function(x) * value * (1.0 if b == high else (high - x) ** (law.beta - 1))

        total += integrate.quad(rest, a, b, weight="alg", wvar=(left, right), epsabs=1e-13, epsrel=1e-12)[0]
    return total / scale


@pytest.mark.parametrize("law", LAWS)
def test_cascade_criterion_and_drift_equal_independent_quadrature(law):
    def cascade(x):
        return sum(0.0 if w == 0 else w**2 * np.log(abs(w)) for w in (x, 1 - x))

    assert generations.cascade_criterion(law) == pytest.approx(density_integral(law, cascade), abs=1e-9)
    drift = density_integral(law, lambda x: np.log(x**2 + (1 - x) ** 2))
    assert generations.log_variance_drift(law) == pytest.approx(drift, abs=1e-9)


def test_cascade_does_not_degenerate_for_the_two_examples():
    assert all(generations.cascade_criterion(law) < 0 for law in LAWS[:2])


shapes = st.floats(0.05, 20.0)


@settings(max_examples=60, deadline=None)
@given(shapes, shapes, st.floats(0, 2), st.floats(0, 2))
def test_quadrature_is_exact_for_moments(alpha, beta, eps0, eps1):
    law = EpBeta(alpha, beta, eps0, eps1)
    for k in range(1, 5):
        bound = max(1.0, eps0, 1 + eps1) ** k
        assert float(expect(law, lambda w, k=k: w**k)) == pytest.approx(law.moment(k), abs=1e-10 * bound)


def test_quadrature_refuses_array_parameters():
    with pytest.raises(ValueError, match="^law must have scalar parameters"):
        expect(Beta(np.array([1.0, 2.0, 3.0]), 1.0), lambda w: w)


def test_quadrature_keeps_leading_axes():
    values = expect(Beta(2.0, 3.0), lambda w: np.array([[w], [w**2]]))
    assert values.shape == (2, 1)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: moments.mixed_covariance(INSIDE, float("nan")), "covariance"),
        (lambda: moments.mixed_covariance(INSIDE, -1.0), "covariance"),
        (lambda: moments.mixed_covariance(INSIDE, [1.0, 2.0]), "covariance"),
        (lambda: moments.mixed_covariance(INSIDE, [[1.0, 2.0]]), "covariance"),
        (lambda: moments.mixed_covariance(INSIDE, [[1.0, 2.0], [0.0, 1.0]]), "covariance"),
        (lambda: moments.mixed_covariance(INSIDE, np.empty((0, 0))), "covariance"),
        (lambda: moments.mixed_mean(INSIDE, np.inf), "mean"),
        (lambda: moments.mixed_mean(INSIDE, 0.0, np.nan), "other_mean"),
        (lambda: moments.largest_plain_alpha(0.5), "delta"),
        (lambda: moments.largest_plain_alpha(0.0), "delta"),
        (lambda: moments.separate_weights_matrix([], np.empty((0, 0))), "means"),
        (lambda: moments.separate_weights_matrix([0.5], np.eye(2)), "covariance"),
        (lambda: moments.separate_weights_matrix([[0.5]], np.eye(1)), "means"),
        (lambda: moments.separate_covariance(np.eye(2), np.eye(3)), "covariance"),
        (lambda: moments.slope_factor(np.eye(2), 0, 2), "response"),
        (lambda: moments.slope_factor(np.zeros((2, 2))), "factors"),
        (lambda: moments.third_central_moment(INSIDE, np.nan), "mu3"),
        (lambda: moments.fourth_central_moment(INSIDE, -1.0, 1.0), "mu4"),
        (lambda: moments.fourth_central_moment(INSIDE, 3.0, -1.0), "variance"),
        (lambda: moments.fourth_cumulant(INSIDE, np.nan, 1.0), "kappa4"),
        (lambda: moments.excess_kurtosis(INSIDE, -2.5), "g"),
        (lambda: generations.generation_covariance(INSIDE, 1.0, -1), "generations"),
        (lambda: generations.generation_third_moment(INSIDE, 1.0, -1), "generations"),
        (lambda: generations.generation_fourth_cumulant(INSIDE, 1.0, 1.0, -1), "generations"),
        (lambda: generations.generation_excess_kurtosis(INSIDE, -3.0, 1), "g"),
        (lambda: generations.preserving_excess_kurtosis(-0.1, 0.0, 1), "q2"),
        (lambda: generations.preserving_excess_kurtosis(0.1, -3.0, 1), "g"),
    ],
)
def test_bad_input_names_the_argument(call, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


def test_non_numbers_are_type_errors():
    with pytest.raises(TypeError, match="mu3"):
        moments.third_central_moment(INSIDE, "heavy")
    with pytest.raises(TypeError, match="generations"):
        generations.generation_covariance(INSIDE, 1.0, 2.5)


def test_array_parameters_broadcast():
    law = Beta(np.array([0.5, 1.0]), np.array([0.5, 1.0]))
    each = [moments.excess_kurtosis(Beta(a, a), 1.0) for a in (0.5, 1.0)]
    assert moments.excess_kurtosis(law, 1.0) == pytest.approx(each)


def test_copying_changes_nothing():
    copying = AtomicLaw.of_lambda((0.0, 1.0), (0.4, 0.6))
    assert moments.mixed_covariance(copying, 2.0) == 2.0
    assert moments.excess_kurtosis(copying, 1.0) == 1.0
