import math

import numpy as np
import pytest
from scipy import stats

from mixtheory.imbalance.models import wald
from mixtheory.imbalance.models.moments import ClassMoments, balanced_minimiser


def uniform_nodes(d, scales, shift, order=4):
    """Tensor Gauss-Legendre rule for independent uniforms of variance 1, scaled and shifted along e_1."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    points = np.stack(np.meshgrid(*[nodes * math.sqrt(3)] * d, indexing="ij"), axis=-1).reshape(-1, d) * scales
    masses = np.prod(np.stack(np.meshgrid(*[weights / 2] * d, indexing="ij"), axis=-1).reshape(-1, d), axis=1)
    points[:, 0] += shift
    return points, masses


@pytest.mark.parametrize("b", [wald.null_shift(), 0.5, -1.3, 4.0])
def test_closed_forms_of_the_design_by_quadrature(b):
    d = 3
    majority = uniform_nodes(d, np.array([2.0, 1.0, 1.0]), -1.0)
    minority = uniform_nodes(d, np.ones(d), b)
    design = wald.SymmetryDesign(d, b)
    theta = balanced_minimiser("squared", majority, minority, labels=(-0.5, 0.5))
    np.testing.assert_allclose(design.theta_star, theta, atol=1e-12)
    laws = [
        ClassMoments.of_points("squared", theta, points, label, masses)
        for (points, masses), label in ((majority, -0.5), (minority, 0.5))
    ]
    np.testing.assert_allclose(design.gap, laws[0].mean_score - laws[1].mean_score, atol=1e-12)
    for k, law in enumerate(laws):
        np.testing.assert_allclose(design.hessians[k], law.hessian, atol=1e-11)
        np.testing.assert_allclose(design.score_covariances[k], law.score_covariance, atol=1e-11)


def test_the_null_and_local_alternatives():
    assert abs(5 * wald.null_shift() - 1 - wald.null_shift() ** 2) < 1e-15
    for h, n0, n1 in ((4.0, 5000, 250), (-4.0, 5000, 250), (1.5, 100, 20), (-14.0, 1000, 50), (7.0, 1000, 50)):
        scale = math.sqrt(n0 * n1 / (n0 + n1))
        assert wald.SymmetryDesign(2, wald.local_shift(h, n0, n1)).gap[0] == pytest.approx(h / scale, rel=1e-12)
    # a gap of -2 makes the quadratic equation linear
    h = -2 * math.sqrt(50 * 50 / 100)
    assert wald.SymmetryDesign(2, wald.local_shift(h, 50, 50)).gap[0] == pytest.approx(-2, rel=1e-12)
    with pytest.raises(ValueError, match="h must give a gap between"):
        wald.local_shift(10.0, 20, 20)


def test_power_tends_to_that_of_a_fixed_h_and_the_first_coordinate_carries_it():
    for ratio, noncentrality, value in ((20, 7.0027, 0.50076), (5, 7.8883, 0.55754)):
        n1 = 10**9
        design = wald.SymmetryDesign(5, wald.local_shift(4.0, ratio * n1, n1))
        assert design.noncentrality(ratio * n1, n1) == pytest.approx(noncentrality, abs=2e-3)
        assert design.power(ratio * n1, n1) == pytest.approx(value, abs=2e-4)
    b = 0.4
    assert wald.SymmetryDesign(2, b).noncentrality(900, 30) == pytest.approx(
        wald.SymmetryDesign(9, b).noncentrality(900, 30), rel=1e-12
    )
    assert wald.power(0.0, 4, 0.01) == 0.01
    assert wald.power(1e-9, 4, 0.01) == pytest.approx(0.01, abs=1e-9)
    draws = np.random.default_rng(0).noncentral_chisquare(4, 6.0, 200_000) > stats.chi2.isf(0.05, 4)
    assert wald.power(6.0, 4) == pytest.approx(draws.mean(), abs=6 * draws.std() / math.sqrt(draws.size))


def test_the_size_of_the_naive_test():
    rng = np.random.default_rng(1)
    for d, ratio in ((1, 20), (2, 5), (5, 20)):
        rho = wald.naive_ratio(ratio, 1)
        rest = rng.chisquare(d - 1, 400_000) if d > 1 else 0.0
        draws = rho * rng.chisquare(1, 400_000) + rest > stats.chi2.isf(0.05, d)
        assert wald.naive_size(ratio, 1, d) == pytest.approx(draws.mean(), abs=6 * draws.std() / math.sqrt(draws.size))
    assert wald.naive_ratio(2000, 100) == pytest.approx(wald.naive_ratio(20, 1), rel=1e-12)


def regressions(rng, n=(60, 40), p=3):
    """Two classes with unrelated coefficients and error variances that grow with x."""
    return [
        (x, x @ rng.standard_normal(p) + x[:, 0] * rng.standard_normal(m))
        for m in n
        for x in [rng.standard_normal((m, p)) @ rng.standard_normal((p, p)) + 1.0]
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_wald_statistic_is_the_chow_statistic_for_squared_loss(seed):
    classes = regressions(np.random.default_rng(seed))
    hessians = [2 * x.T @ x / len(x) for x, _ in classes]
    theta = np.linalg.solve(sum(hessians), sum(2 * x.T @ y / len(x) for x, y in classes))
    scores = [-2 * x * (y - x @ theta)[:, None] for x, y in classes]
    moments = (*hessians, *(np.cov(s.T) for s in scores), 60, 40)
    gap = scores[0].mean(axis=0) - scores[1].mean(axis=0)
    covariance = wald.wald_covariance(*moments)
    fits = [np.linalg.lstsq(x, y, rcond=None)[0] for x, y in classes]
    assert wald.wald_statistic(gap, covariance) == pytest.approx(wald.chow_statistic(*fits, *moments), rel=1e-9)
    # the covariance in the form of the public code
    slope = np.linalg.solve(sum(hessians) / 2, hessians[0] - hessians[1]).T / 2
    v = np.zeros((3, 3))
    for sign, s, n in ((1, scores[0], 60), (-1, scores[1], 40)):
        a = sign * np.eye(3) - slope
        v += a @ np.cov(s.T) @ a.T / n
    np.testing.assert_allclose(covariance, v, rtol=1e-9, atol=1e-9 * np.abs(v).max())


def test_bad_input():
    eye = np.eye(2)
    with pytest.raises(ValueError, match=r"hessian_minority must have shape \(2, 2\)"):
        wald.wald_covariance(eye, np.eye(3), eye, eye, 5, 5)
    with pytest.raises(ValueError, match="must be invertible"):
        wald.wald_covariance(0 * eye, 0 * eye, eye, eye, 5, 5)
    with pytest.raises(ValueError, match="n_minority must be an integer >= 1"):
        wald.wald_covariance(eye, eye, eye, eye, 5, 0)
    with pytest.raises(ValueError, match="hessian_majority must be invertible"):
        wald.chow_statistic([0, 0], [1, 1], 0 * eye, eye, eye, eye, 5, 5)
    with pytest.raises(ValueError, match="gap must have 2 entries"):
        wald.wald_statistic([1.0], eye)
    with pytest.raises(ValueError, match="d must be an integer >= 1"):
        wald.SymmetryDesign(0)
    with pytest.raises(ValueError, match="noncentrality"):
        wald.power(-1.0, 2)
