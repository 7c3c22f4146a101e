"""Population moments and the master expansion: against quadrature, linear solves and exact enumeration of samples."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mixtheory.imbalance.losses import LOGISTIC, SQUARED
from mixtheory.imbalance.models.expansion import class_gap, expand, mismatch
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser, gaussian_nodes, pooled_minimiser


@pytest.fixture
def rng():
    return np.random.default_rng()


def random_law(rng, p=3, m=12, centre=0.0):
    return centre + rng.standard_normal((m, p)), rng.dirichlet(np.ones(m))


def three_moments(loss, theta, laws, labels=(0.0, 1.0, 1.0)):
    return [ClassMoments.of_points(loss, theta, X, y, p) for (X, p), y in zip(laws, labels, strict=True)]


def balanced_risk(loss, theta, laws):
    (X0, p0), (X1, p1) = laws[:2]
    return (p0 @ loss.value(theta, X0, np.zeros(len(X0))) + p1 @ loss.value(theta, X1, np.ones(len(X1)))) / 2


# --- laws, nodes and minimisers


def test_nodes_have_the_moments_of_the_law(rng):
    root = rng.standard_normal((3, 3))
    mean, covariance = rng.standard_normal(3), root @ root.T
    points, masses = gaussian_nodes(mean, covariance, order=3)
    assert masses.sum() == pytest.approx(1)
    np.testing.assert_allclose(masses @ points, mean, atol=1e-12)
    centred = points - mean
    np.testing.assert_allclose((centred * masses[:, None]).T @ centred, covariance, atol=1e-11)
    # Isserlis: E (a'Z)^4 = 3 (a'Ca)^2
    direction = rng.standard_normal(3)
    fourth = masses @ (centred @ direction) ** 4
    assert fourth == pytest.approx(3 * (direction @ covariance @ direction) ** 2, rel=1e-10)


def test_nodes_of_a_degenerate_law():
    points, masses = gaussian_nodes([1.0, 2.0], [[1.0, 1.0], [1.0, 1.0]], order=4)
    np.testing.assert_allclose(points[:, 1] - points[:, 0], 1.0, atol=1e-12)
    assert masses @ points[:, 0] ** 2 == pytest.approx(2)


def test_logistic_moments_by_adaptive_quadrature():
    theta, mean, scale = 0.7, 0.4, 1.3

    def expected(function):
        def integrand(x):
            return function(x) * stats.norm.pdf(x, mean, scale)

        return integrate.quad(integrand, -15, 15, epsabs=1e-13, limit=200)[0]

    points, masses = gaussian_nodes([mean], [[scale**2]], order=60)
    ours = ClassMoments.of_points("logistic", [theta], points, 1, masses)
    score = expected(lambda x: (special.expit(theta * x) - 1) * x)
    square = expected(lambda x: ((special.expit(theta * x) - 1) * x) ** 2)
    curvature = expected(lambda x: special.expit(theta * x) * special.expit(-theta * x) * x**2)
    assert ours.mean_score[0] == pytest.approx(score, rel=1e-9)
    assert ours.score_covariance[0, 0] == pytest.approx(square - score**2, rel=1e-9)
    assert ours.hessian[0, 0] == pytest.approx(curvature, rel=1e-9)


def test_points_are_equally_likely_by_default(rng):
    X, y, theta = rng.standard_normal((9, 2)), rng.standard_normal(9), [0.3, -1.0]
    ours = ClassMoments.of_points("squared", theta, X, y)
    scores = SQUARED.scores(theta, X, y)
    np.testing.assert_allclose(ours.mean_score, scores.mean(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.score_covariance, np.cov(scores.T, ddof=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ours.hessian, 2 * X.T @ X / 9, rtol=1e-12, atol=1e-12)
    scaled = ClassMoments.of_points("squared", theta, X, y, np.full(9, 4.0))
    np.testing.assert_allclose(scaled.mean_score, ours.mean_score, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss", [SQUARED, LOGISTIC])
def test_balanced_minimiser_is_stationary(loss, rng):
    X = rng.standard_normal((10, 2))
    laws = (X, rng.dirichlet(np.ones(10))), (X, rng.dirichlet(np.ones(10)))
    theta = balanced_minimiser(loss, *laws)
    majority, minority = three_moments(loss, theta, laws, (0.0, 1.0))
    np.testing.assert_allclose(majority.mean_score + minority.mean_score, 0, atol=1e-9)
    np.testing.assert_allclose(class_gap(majority, minority), 2 * majority.mean_score, atol=1e-9)


def test_minimisers_weigh_laws_by_their_counts(rng):
    laws = [random_law(rng) for _ in range(3)]
    counts, labels = (7.0, 2.0, 3.5), (-1.0, 0.5, 2.0)
    moments = [(n, (X * p[:, None]).T @ X, y * p @ X) for n, (X, p), y in zip(counts, laws, labels, strict=True)]
    exact = np.linalg.solve(sum(n * A for n, A, _ in moments), sum(n * v for n, _, v in moments))
    np.testing.assert_allclose(pooled_minimiser("squared", laws, counts, labels=labels), exact, rtol=1e-9, atol=1e-12)
    balanced = balanced_minimiser("squared", *laws[:2], labels=(-1.0, 0.5))
    equal = [(A, v) for _, A, v in moments[:2]]
    np.testing.assert_allclose(balanced, np.linalg.solve(equal[0][0] + equal[1][0], equal[0][1] + equal[1][1]))


# --- the expansion


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 50), st.integers(0, 1000), st.floats(0, 3000))
def test_squared_loss_bias_is_exact(seed, n_minority, extra, size):
    rng = np.random.default_rng(seed)
    laws = [random_law(rng, m=20), random_law(rng, m=20, centre=0.5), random_law(rng, m=20, centre=0.8)]
    theta = balanced_minimiser("squared", *laws[:2])
    counts = (n_minority + extra, n_minority, size)
    result = expand(*three_moments(SQUARED, theta, laws), *counts)
    pooled = pooled_minimiser("squared", laws, counts)
    np.testing.assert_allclose(theta + result.displacement, pooled, rtol=1e-6, atol=1e-8)
    excess = balanced_risk(SQUARED, pooled, laws) - balanced_risk(SQUARED, theta, laws)
    assert result.bias_risk == pytest.approx(excess, rel=1e-6, abs=1e-12)
    assert result.fraction == pytest.approx(size / sum(counts))


def test_drift_is_linear_in_the_fraction(rng):
    laws = [random_law(rng) for _ in range(3)]
    moments = three_moments(SQUARED, balanced_minimiser("squared", *laws[:2]), laws)
    result = expand(*moments, 300, 20, np.array([0.0, 100.0, 500.0, 1e9]))
    gap, shift = class_gap(*moments[:2]), mismatch(*moments[1:])
    kappa = 280 / 320
    np.testing.assert_allclose(result.drift[0], kappa / 2 * gap, atol=1e-12)
    # only generated points: the mean score of the generator
    np.testing.assert_allclose(result.drift[3], shift - gap / 2, atol=1e-5)
    for w, drift in zip(result.fraction, result.drift, strict=True):
        line = (1 - w / result.fraction[3]) * result.drift[0] + w / result.fraction[3] * result.drift[3]
        np.testing.assert_allclose(drift, line, atol=1e-9)


def test_logistic_displacement_is_first_order():
    """The relative errors of the displacement and of the bias risk are of the order of the drift."""
    X = np.array([[1.0, x] for x in (-2.0, -1.0, -0.5, 0.0, 0.7, 1.5)])
    masses = np.array([[0.30, 0.25, 0.20, 0.10, 0.10, 0.05], [0.05, 0.10, 0.15, 0.20, 0.25, 0.25]])
    tilt = np.array([0.02, 0.03, -0.04, 0.01, 0.02, -0.04])
    errors = []
    for t in (0.4, 0.2, 0.1):
        # the gap stays; the drift is of the order of t by a size near balance and a generator near the minority
        laws = [(X, masses[0]), (X, masses[1]), (X, masses[1] + t * tilt)]
        theta = balanced_minimiser("logistic", *laws[:2])
        size = 280 * (1 + t)
        result = expand(*three_moments(LOGISTIC, theta, laws), 300, 20, size)
        pooled = pooled_minimiser("logistic", laws, (300, 20, size))
        bias = balanced_risk(LOGISTIC, pooled, laws) - balanced_risk(LOGISTIC, theta, laws)
        scale = np.linalg.norm(pooled - theta)
        errors.append((np.linalg.norm(theta + result.displacement - pooled) / scale, abs(result.bias_risk / bias - 1)))
    errors = np.array(errors)
    np.testing.assert_allclose(errors[1:] / errors[:-1], 0.5, atol=0.1)
    assert np.all(errors[-1] < 0.05)


def test_curvature_of_the_augmented_risk_not_of_the_balanced_one():
    example = GaussianExample(1.0, 0.5, n_majority=2000, n_minority=100)
    result = expand(*example.moments(), 2000, 100, 1900)
    # theta_1 = 2 (r + 1) / (3 (3 r + 1)) at balance, where the first entry of H / 2 is 3 / 2
    assert result.bias_risk == pytest.approx(19**2 / (6 * 61**2), rel=1e-12)
    wrong = result.drift @ np.linalg.solve(example.hessian, result.drift) / 2
    assert wrong == pytest.approx((19 / 40 / 2) ** 2 / 6, rel=1e-12)


def test_estimating_a_mean_by_enumeration_of_all_samples():
    """X = 1 and random labels: the estimator is the mean of all labels, and the expansion is exact."""
    values = {0: [0.0, 1.0], 1: [0.5, 3.0], 2: [-1.0, 2.0]}
    masses = {0: [0.3, 0.7], 1: [0.6, 0.4], 2: [0.5, 0.5]}
    means = [np.dot(values[k], masses[k]) for k in range(3)]
    theta = (means[0] + means[1]) / 2
    moments = [ClassMoments.of_points("squared", [theta], np.ones((2, 1)), values[k], masses[k]) for k in range(3)]
    owners = [0, 0, 0, 1, 1, 2, 2]
    excess = 0.0
    for choice in itertools.product((0, 1), repeat=7):
        probability = np.prod([masses[k][c] for k, c in zip(owners, choice, strict=True)])
        fit = np.mean([values[k][c] for k, c in zip(owners, choice, strict=True)])
        excess += probability * (fit - theta) ** 2
    assert expand(*moments, 3, 2, 2).excess_risk == pytest.approx(excess, rel=1e-12)


def two_point_problem():
    """Laws on the same two points with different slopes: the Hessian of the mixture is not that of the classes."""
    x = np.array([1.0, 3.0])
    labels = [np.array([0.0, 1.0]), np.array([2.0, 1.0]), np.array([2.0, -2.0])]
    masses = [np.array([0.8, 0.2]), np.array([0.3, 0.7]), np.array([0.9, 0.1])]
    a, v = ([float(q @ (x * z)) for q, z in zip(masses, other, strict=True)] for other in ([x] * 3, labels))
    theta = (v[0] + v[1]) / (a[0] + a[1])
    scores = [v[k] - a[k] * theta for k in range(3)]
    moments = [ClassMoments.of_points("squared", [theta], x[:, None], labels[k], masses[k]) for k in range(3)]
    return x, labels, masses, a, theta, scores, moments


def exact_excess(counts):
    """Expected excess risk of least squares, by summing over the binomial counts of the three laws."""
    x, labels, masses, a, theta, _, _ = two_point_problem()
    grams, targets, weights = [], [], []
    for n, y, q in zip(counts, labels, masses, strict=True):
        k = np.arange(n + 1)
        grams.append((n - k) * x[0] ** 2 + k * x[1] ** 2)
        targets.append((n - k) * x[0] * y[0] + k * x[1] * y[1])
        weights.append(stats.binom.pmf(k, n, q[1]))

    def total(parts):
        return parts[0][:, None, None] + parts[1][:, None] + parts[2]

    fit = total(targets) / total(grams)
    loss = (a[0] + a[1]) / 2 * (fit - theta) ** 2
    return np.einsum("i,j,k,ijk->", *weights, loss, optimize=True)


def test_variance_by_enumeration_where_the_bias_is_cancelled():
    _, _, _, a, _, scores, moments = two_point_problem()
    # n0 s0 + n1 s1 + nt s2 = 0 with s1 = -s0
    ratio = -scores[0] / scores[2]
    assert ratio > 0
    base = (6, 2)
    predictions, wrong, exact = [], [], []
    for k in (2, 4, 8):
        majority, minority = base[0] * k, base[1] * k
        size = (majority - minority) * ratio
        nearest = round(size)
        result = expand(*moments, majority, minority, nearest)
        predictions.append(float(result.excess_risk))
        curvature = (a[0] + a[1]) / 2
        wrong.append(float(result.variance_risk) * float(result.hessian[0, 0] / 2 / curvature) ** 2)
        exact.append(exact_excess((majority, minority, nearest)))
    error = np.array(predictions) / exact - 1
    assert np.all(np.abs(error[1:]) < 0.7 * np.abs(error[:-1])) and abs(error[-1]) < 0.05
    # the balanced curvature in place of that of the augmented risk is off for good
    assert abs(wrong[-1] / exact[-1] - 1) > 4 * abs(error[-1])


def test_covariance_is_the_sandwich(rng):
    laws = [random_law(rng) for _ in range(3)]
    theta = balanced_minimiser("squared", *laws[:2])
    moments = three_moments(SQUARED, theta, laws)
    result = expand(*moments, 40, 10, 25)
    counts = (40, 10, 25)
    inverse = np.linalg.inv(sum(n * m.hessian for n, m in zip(counts, moments, strict=True)))
    meat = sum(n * m.score_covariance for n, m in zip(counts, moments, strict=True))
    np.testing.assert_allclose(result.covariance, inverse @ meat @ inverse, rtol=1e-9, atol=1e-14)
    curvature = (moments[0].hessian + moments[1].hessian) / 2
    assert result.variance_risk == pytest.approx(np.trace(curvature @ result.covariance) / 2)
    assert result.excess_risk == result.bias_risk + result.variance_risk


def test_shapes_follow_the_sizes(rng):
    laws = [random_law(rng) for _ in range(3)]
    moments = three_moments(SQUARED, balanced_minimiser("squared", *laws[:2]), laws)
    result = expand(*moments, 40, 10, np.arange(6).reshape(2, 3))
    assert result.drift.shape == result.displacement.shape == (2, 3, 3)
    assert result.hessian.shape == result.covariance.shape == (2, 3, 3, 3)
    assert result.fraction.shape == result.excess_risk.shape == (2, 3)
    one = expand(*moments, 40, 10, 5)
    np.testing.assert_allclose(result.covariance[1, 2], one.covariance, rtol=1e-12)
    assert one.excess_risk.shape == () and one.n_total == 55


# --- bad input


def test_moments_away_from_the_balanced_minimiser_are_refused(rng):
    laws = [random_law(rng) for _ in range(3)]
    theta = balanced_minimiser("squared", *laws[:2]) + 0.01
    with pytest.raises(ValueError, match="balanced minimiser"):
        expand(*three_moments(SQUARED, theta, laws), 40, 10, 5)


def test_bad_input():
    good = ClassMoments(np.zeros(2), np.eye(2), np.eye(2))
    other = ClassMoments(np.zeros(3), np.eye(3), np.eye(3))
    flat = ClassMoments(np.zeros(2), np.diag([1.0, 0.0]), np.eye(2))
    for arguments, message in [
        ((good, good, other, 3, 2, 1), "one number of coefficients"),
        ((good, other, good, 3, 2, 1), "one number of coefficients"),
        ((flat, flat, flat, 3, 2, 1), "Hessian of the augmented risk is singular"),
        ((good, good, good, 2, 3, 1), "n_majority must be an integer >= 3"),
        ((good, good, good, 3, 0, 1), "n_minority must be an integer >= 1"),
        ((good, good, good, 3, 2, -1), "n_synthetic must be finite and >= 0"),
        ((good, good, good, 3, 2, [1, np.nan]), "n_synthetic must be finite"),
    ]:
        with pytest.raises(ValueError, match=message):
            expand(*arguments)


@pytest.mark.parametrize(
    ("mean", "hessian", "covariance", "message"),
    [
        ([0.0, np.nan], np.eye(2), np.eye(2), "mean_score must be finite"),
        ([0.0, 0.0], np.eye(3), np.eye(2), r"hessian must have shape \(2, 2\)"),
        ([0.0, 0.0], np.eye(2), [[1.0, 0.5], [0.0, 1.0]], "score_covariance must be symmetric"),
        ([[0.0]], np.eye(1), np.eye(1), "mean_score must have 1 dimension"),
    ],
)
def test_bad_moments(mean, hessian, covariance, message):
    with pytest.raises(ValueError, match=message):
        ClassMoments(mean, hessian, covariance)


def test_bad_laws():
    law = ([[1.0], [2.0]], [0.5, 0.5])
    for laws, counts, labels, message in [
        ((law, law), (1.0,), (0, 1), "counts and labels must have one entry"),
        ((law, law), (1.0, 1.0), (0,), "counts and labels must have one entry"),
        ((law, law), (1.0, -1.0), (0, 1), "counts must be finite and >= 0"),
        ((law, law), (0.0, 0.0), (0, 1), "weights must have a finite positive sum"),
        ((law, ([[1.0, 2.0]], None)), (1.0, 1.0), (0, 1), "laws must have one dimension"),
        (((law[0], [1.0]), law), (1.0, 1.0), (0, 1), "probabilities must be 2 numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            pooled_minimiser("squared", laws, counts, labels=labels)
    with pytest.raises(TypeError, match=r"laws\[0\] must be a tuple"):
        pooled_minimiser("squared", [[[1.0]], law], (1, 1))
    with pytest.raises(ValueError, match="probabilities must be finite and >= 0"):
        ClassMoments.of_points("squared", [0.0], law[0], 0, [1.5, -0.5])
    with pytest.raises(ValueError, match="labels must be a number or have one entry"):
        ClassMoments.of_points("squared", [0.0], law[0], [0, 1, 1])


def test_bad_gaussian_laws():
    for mean, covariance, order, message in [
        ([0.0, 0.0], np.eye(3), 5, "covariance must have shape"),
        ([0.0, 0.0], [[1.0, 0.0], [0.0, -1.0]], 5, "positive semidefinite"),
        ([0.0, 0.0], [[1.0, 2.0], [0.0, 1.0]], 5, "covariance must be symmetric"),
        (np.zeros(9), np.eye(9), 20, "at most 1,000,000 points"),
        ([0.0], [[1.0]], 0, "order must be an integer >= 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            gaussian_nodes(mean, covariance, order)
