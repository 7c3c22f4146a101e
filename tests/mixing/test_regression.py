"""Regression on mixed pairs: fits of every pair of an enumerated population against the closed forms."""

import itertools

import numpy as np
import pytest

from mixtheory.mixing import regression
from mixtheory.mixing.weights import Beta, Dirichlet
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS

# five records of two predictors and two targets, with means that are not 0
X = np.array([[1.0, 2.0], [0.0, 3.0], [4.0, 1.0], [2.0, 5.0], [-1.0, 1.0]])
Y = np.array([[0.5, 1.0], [2.0, 1.0], [4.0, 0.0], [1.0, 3.0], [0.0, 7.0]])
P = np.array([0.1, 0.3, 0.2, 0.15, 0.25])
LAWS = [INSIDE, OUTSIDE, THREE_PARENTS]


def mixed(law):
    """All mixed predictors and targets with their probabilities."""
    who = np.array(list(itertools.product(range(5), repeat=law.n_parents)))
    rows = [
        np.concatenate([np.tensordot(who_w, part[who].swapaxes(0, 1), 1) for who_w in law.vectors]) for part in (X, Y)
    ]
    mass = np.concatenate([share * np.prod(P[who], axis=1) for share in law.probabilities])
    return *rows, mass


def fit(x, y, mass, penalty=0.0, *, intercept=True, on_intercept=0.0):
    """Slopes, intercept and mean square errors that minimise the penalised square error, by its normal equations."""
    design = np.hstack([x, np.ones((len(x), 1))]) if intercept else x
    penalties = np.full(design.shape[1], penalty)
    if intercept:
        penalties[-1] = on_intercept
    solution = np.linalg.solve(design.T @ (mass[:, None] * design) + np.diag(penalties), design.T @ (mass[:, None] * y))
    return solution[:2], solution[2:], mass @ (y - design @ solution) ** 2


def moments():
    x, y = X - P @ X, Y - P @ Y
    return x.T @ (P[:, None] * x), x.T @ (P[:, None] * y)


@pytest.mark.parametrize("law", LAWS)
def test_least_squares_does_not_change_and_the_residual_variance_scales(law):
    slopes, intercept, error = fit(*mixed(law))
    original, start, noise = fit(X, Y, P)
    np.testing.assert_allclose(slopes, original, rtol=1e-9)
    np.testing.assert_allclose(intercept, start, rtol=1e-9)
    np.testing.assert_allclose(regression.mixed_ridge_slopes(law, *moments()), slopes, rtol=1e-9)
    np.testing.assert_allclose(regression.residual_variance_factor(law) * noise, error, rtol=1e-9)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("penalty", [0.3, 4.0])
def test_ridge_with_a_free_intercept_acts_like_the_larger_penalty(law, penalty):
    slopes, intercept, _ = fit(*mixed(law), penalty)
    original, start, _ = fit(X, Y, P, regression.ridge_penalty(law, penalty))
    np.testing.assert_allclose(slopes, original, rtol=1e-9)
    np.testing.assert_allclose(intercept, start, rtol=1e-9)
    np.testing.assert_allclose(regression.mixed_ridge_slopes(law, *moments(), penalty), slopes, rtol=1e-9)
    equal = regression.ridge_slopes(*moments(), regression.ridge_penalty(law, penalty))
    np.testing.assert_allclose(equal, slopes, rtol=1e-9)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_without_an_intercept_mixing_changes_the_slopes(law, penalty):
    slopes, _, _ = fit(*mixed(law), penalty, intercept=False)
    closed = regression.mixed_ridge_slopes_through_origin(law, *moments(), P @ X, P @ Y, penalty)
    np.testing.assert_allclose(closed, slopes, rtol=1e-9)
    # no penalty on the original pairs gives these slopes
    for other in (penalty, penalty / law.variance_factor):
        assert np.abs(fit(X, Y, P, other, intercept=False)[0] - slopes).max() > 1e-3


@pytest.mark.parametrize("law", LAWS)
def test_a_penalty_on_the_intercept_breaks_the_rule(law):
    slopes, _, _ = fit(*mixed(law), 0.3, on_intercept=0.3)
    for other in (0.3, 0.3 / law.variance_factor):
        assert np.abs(fit(X, Y, P, other, on_intercept=other)[0] - slopes).max() > 1e-3


def test_centred_predictors_need_no_intercept():
    sigma, cross = moments()
    closed = regression.mixed_ridge_slopes_through_origin(THREE_PARENTS, sigma, cross, [0.0, 0.0], P @ Y, 0.3)
    np.testing.assert_allclose(closed, regression.mixed_ridge_slopes(THREE_PARENTS, sigma, cross, 0.3), rtol=1e-13)


def test_one_predictor_takes_plain_numbers():
    assert regression.ridge_slopes(2.0, 1.0).tolist() == [0.5]
    assert regression.mixed_ridge_slopes(Dirichlet(1.0, 3), 2.0, 1.0, 1.0) == pytest.approx([0.25])
    penalties = regression.ridge_penalty(Beta(1.0, 1.0), [0.0, 2.0])
    np.testing.assert_allclose(penalties, [0.0, 3.0])


EYE, ONES = np.eye(2), np.ones(2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: regression.ridge_slopes(EYE, ONES, -1.0), ValueError, "^penalty must"),
        (lambda: regression.ridge_penalty(INSIDE, -1.0), ValueError, "^penalty must"),
        (lambda: regression.ridge_slopes(np.ones((2, 2)), ONES), ValueError, "^penalty must be > 0"),
        (lambda: regression.ridge_slopes(np.ones((2, 3)), ONES), ValueError, "^covariance must"),
        (lambda: regression.ridge_slopes(EYE, np.ones(3)), ValueError, "^cross_covariance must have 2 row"),
        (lambda: regression.mixed_ridge_slopes(INSIDE, EYE, np.ones((2, 2, 2))), ValueError, "^cross_covariance must"),
        (lambda: regression.mixed_ridge_slopes(Beta([1.0, 2.0], 1.0), EYE, ONES), TypeError, "factor of law must be a"),
        (
            lambda: regression.mixed_ridge_slopes_through_origin(INSIDE, EYE, ONES, [1.0], 0.0),
            ValueError,
            "^mean must have shape",
        ),
        (
            lambda: regression.mixed_ridge_slopes_through_origin(INSIDE, EYE, ONES, ONES, [0.0, 1.0]),
            ValueError,
            "^target_mean must have shape",
        ),
    ],
)
def test_bad_input_names_the_argument(call, error, message):
    with pytest.raises(error, match=message):
        call()
