import math

import numpy as np
import pytest

from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.moments import ClassMoments, gaussian_nodes
from mixtheory.imbalance.models.quality import (
    expected_quality,
    loss_difference,
    preference_probability,
    quality_noise,
)


def example(n1, ratio, a):
    return GaussianExample(1.0, a, n_majority=ratio * n1, n_minority=n1).moments(), ratio * n1, n1


@pytest.mark.parametrize(
    ("n1", "ratio", "a", "value"),
    [
        (100, 5, 1.0, 2.600),
        (100, 20, 1.0, 13.775),
        (400, 20, 1.0, 13.775),
        (100, 40, 1.0, 28.763),
        (100, 20, 0.5, 60.3),
    ],
)
def test_values_of_the_gaussian_example(n1, ratio, a, value):
    moments, n0, n1 = example(n1, ratio, a)
    # the last value is known to one digit less
    assert expected_quality(*moments, n0, n1) == pytest.approx(value, abs=0.05 if a < 1 else 6e-4)


def test_a_perfect_generator_shows_the_noise_alone_and_it_does_not_shrink():
    moments, n0, n1 = example(100, 20, 1.0)
    noise = quality_noise(*moments, n0, n1)
    assert expected_quality(*moments, n0, n1) == pytest.approx(noise, rel=1e-12)
    assert quality_noise(*moments, 100 * n0, 100 * n1) == pytest.approx(noise, rel=1e-12)
    # a wrong law without mismatch is not told from a perfect one by its bias
    wrong, n0, n1 = example(100, 20, 2.0)
    assert expected_quality(*wrong, n0, n1) == pytest.approx(quality_noise(*wrong, n0, n1), rel=1e-12)
    # and what is not noise grows like n
    biased = example(100, 20, 0.5)[0]
    parts = [expected_quality(*biased, k * n0, k * n1) - quality_noise(*biased, k * n0, k * n1) for k in (1, 7)]
    assert parts[1] == pytest.approx(7 * parts[0], rel=1e-12)


def test_noise_by_drawing_the_mean_scores():
    """The mismatch is normal with covariance S_1/n_1 + S_s/(K D): an average of quadratic forms, 6 standard errors."""
    moments, n0, n1 = example(50, 10, 0.7)
    majority, minority, generator = moments
    rng = np.random.default_rng(0)
    deficit, folds, many = n0 - n1, 4, 200_000
    draws = rng.multivariate_normal(generator.mean_score, generator.score_covariance / (folds * deficit), many)
    draws -= rng.multivariate_normal(minority.mean_score, minority.score_covariance / n1, many)
    hessian = (majority.hessian + minority.hessian) / 2
    augmented = 0.5 * majority.score_covariance + (n1 * minority.score_covariance) / (2 * n0)
    augmented += deficit * generator.score_covariance / (2 * n0)
    ratio = deficit**2 / (2 * n0) / np.trace(np.linalg.solve(hessian, augmented))
    scores = ratio * np.einsum("ri,ri->r", draws, np.linalg.solve(hessian, draws.T).T)
    assert expected_quality(*moments, n0, n1, folds) == pytest.approx(
        scores.mean(), abs=6 * scores.std() / math.sqrt(many)
    )


def test_loss_difference_by_quadrature():
    slope, other, mu = 0.7, -0.2, 1.6
    means, variances = [], []
    for label, centre in ((0.0, 0.0), (1.0, mu)):
        points, masses = gaussian_nodes([centre], [[1.0]], order=8)
        values = (label - slope * points[:, 0]) ** 2 - (label - other * points[:, 0]) ** 2
        means.append(masses @ values)
        variances.append(masses @ (values - means[-1]) ** 2)
    np.testing.assert_allclose(loss_difference(slope, other, mu), [sum(means) / 2, *variances], rtol=1e-12)


@pytest.mark.parametrize(
    ("slopes", "counts", "mu"),
    [
        ((14 / 61, 1 / 3), (40, 2), 1.0),
        ((0.5, -0.2), (3, 5), 2.0),
        ((1 / 3, 0.2), (1, 1), 1.0),
        ((-0.3, 0.3), (2, 3), 0.4),
    ],
)
def test_exact_preferences_against_rows(slopes, counts, mu):
    rng = np.random.default_rng(2)
    many = 100_000
    difference = np.zeros(many)
    for label, (count, centre) in enumerate(zip(counts, (0.0, mu), strict=True)):
        rows = centre + rng.standard_normal((many, count))
        for sign, slope in zip((1, -1), slopes, strict=True):
            difference += sign * ((label - slope * rows) ** 2).mean(axis=1) / 2
    wins = difference > 0
    exact = preference_probability(*slopes, *counts, mu=mu, exact=True)
    assert exact == pytest.approx(wins.mean(), abs=6 * math.sqrt(exact * (1 - exact) / many))


def test_preferences_swap_and_tend_to_normal_ones():
    slopes = (14 / 61, 1 / 3)
    for exact in (False, True):
        forward = preference_probability(*slopes, 30, 10, exact=exact)
        assert forward + preference_probability(*slopes[::-1], 30, 10, exact=exact) == pytest.approx(1, abs=1e-9)
    close = (0.30, 1 / 3)
    gaps = [
        abs(preference_probability(*close, 20 * m, m) - preference_probability(*close, 20 * m, m, exact=True))
        for m in (10, 1000)
    ]
    assert gaps[1] < gaps[0] / 4


def test_bad_input():
    moments, n0, n1 = example(10, 3, 1.0)
    with pytest.raises(ValueError, match="n_majority must be an integer >= 11"):
        quality_noise(*moments, 10, 10)
    with pytest.raises(ValueError, match="folds must be an integer >= 2"):
        expected_quality(*moments, n0, n1, 1)
    with pytest.raises(TypeError, match="generator must be ClassMoments"):
        quality_noise(*moments[:2], 1.0, n0, n1)
    flat = ClassMoments([0.0, 0.0], np.zeros((2, 2)), np.eye(2))
    with pytest.raises(ValueError, match="positive definite"):
        quality_noise(flat, flat, flat, n0, n1)
    with pytest.raises(ValueError, match="generator must have 2 coefficients"):
        quality_noise(*moments[:2], ClassMoments([0.0], np.eye(1), np.eye(1)), n0, n1)
    with pytest.raises(ValueError, match="other must differ from slope"):
        preference_probability(0.2, 0.2, 5, 5)
