"""The path of logistic regressions along nested synthetic sizes, against scikit-learn's refits and its own gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mixtheory.imbalance.losses import SeparationError
from mixtheory.imbalance.size import descent
from mixtheory.imbalance.size.newton import FastFit, logistic_path, supports

SIZES = [0, 10, 37, 38, 150, 300]


def problem(seed=0, n=(300, 40), m=300, d=4):
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(size=(n[0], d)), rng.normal(size=(n[1], d)) + 0.8])
    return X, np.repeat([0, 1], n), rng.normal(size=(m, d)) + 1.0


def refit(model, X, y, synthetic, size, **weights):
    """Refit scikit-learn's model, tightly, and return its coefficients on the columns as they are given."""
    last = model[-1] if isinstance(model, Pipeline) else model
    last.set_params(solver="newton-cholesky", tol=1e-13, max_iter=500)
    model.fit(np.concatenate([X, synthetic[:size]]), np.concatenate([y, np.ones(size, dtype=int)]), **weights)
    slope, intercept = last.coef_[0], last.intercept_[0]
    if last is not model:
        scaler = model[0]
        slope = slope / scaler.scale_ if scaler.with_std else slope
        intercept = intercept - slope @ scaler.mean_ if scaler.with_mean else intercept
    return np.append(slope, intercept)


def relative_gradient(beta, X, y, synthetic, size, penalty):
    """Return the largest gradient, in units of the sum of |x_j| times curvature."""
    design = np.column_stack([np.concatenate([X, synthetic[:size]]), np.ones(len(X) + size)])
    outcome = np.concatenate([y, np.ones(size)])
    p = expit(design @ beta)
    gradient = design.T @ (p - outcome) + np.append(penalty * beta[:-1], 0.0)
    return np.max(np.abs(gradient) / (np.abs(design).T @ (p * expit(-(design @ beta)))))


# the same as refits


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(C=1e6),
        LogisticRegression(C=0.3),
        LogisticRegression(C=np.inf),
        LogisticRegression(C=2.0, fit_intercept=False),
        make_pipeline(StandardScaler(), LogisticRegression(C=0.05)),
        make_pipeline(StandardScaler(with_mean=False), LogisticRegression(C=0.05, fit_intercept=False)),
        make_pipeline(StandardScaler(with_std=False), LogisticRegression(C=0.05)),
        make_pipeline(StandardScaler(), LogisticRegression(C=np.inf)),
    ],
    ids=str,
)
def test_every_size_equals_a_refit_of_scikit_learn(model):
    X, y, synthetic = problem()
    X, synthetic = X * [1, 5, 0.2, 1] + [0, 3, 0, -2], synthetic * [2, 5, 0.2, 1] + [0, 1, 0, -2]
    fast = supports(model)
    path = logistic_path(X, y, synthetic, SIZES, **fast.options)
    for size, row in zip(SIZES, path, strict=True):
        expected = refit(model, X, y, synthetic, size)
        np.testing.assert_allclose(row, expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())


def test_sample_weights_equal_those_of_scikit_learn_and_a_weight_of_zero_leaves_a_row_out():
    X, y, synthetic = problem()
    weights = np.random.default_rng(1).choice([0.0, 0.5, 3.0], size=len(y))
    path = logistic_path(X, y, synthetic, SIZES, penalty=0.5, sample_weight=weights)
    for size, row in zip(SIZES, path, strict=True):
        full = np.concatenate([weights, np.ones(size)])
        expected = refit(LogisticRegression(C=2.0), X, y, synthetic, size, sample_weight=full)
        np.testing.assert_allclose(row, expected, rtol=1e-7, atol=1e-9)
    kept = weights > 0
    without = logistic_path(X[kept], y[kept], synthetic, SIZES, penalty=0.5, sample_weight=weights[kept])
    np.testing.assert_allclose(path, without, rtol=1e-8)


def test_penalties_may_differ_between_sizes_and_columns():
    X, y, synthetic = problem()
    penalties = np.array([[0.1], [10.0], [0.0]]) * [1.0, 2.0, 3.0, 4.0]
    path = logistic_path(X, y, synthetic, [0, 50, 300], penalty=penalties)
    for k, size in enumerate((0, 50, 300)):
        alone = logistic_path(X, y, synthetic, [size], penalty=penalties[k])
        np.testing.assert_allclose(path[k], alone[0], rtol=1e-8)
        assert relative_gradient(path[k], X, y, synthetic, size, penalties[k]) < 1e-9


def test_the_order_of_sizes_and_repeated_sizes_change_nothing():
    X, y, synthetic = problem()
    path = logistic_path(X, y, synthetic, SIZES)
    mixed = logistic_path(X, y, synthetic, [300, 10, 10, 0, 150, 38, 37, 300])
    np.testing.assert_allclose(mixed, path[[5, 1, 1, 0, 4, 3, 2, 5]], rtol=1e-8)


def test_no_synthetic_rows_is_logistic_regression():
    X, y, _ = problem()
    (row,) = logistic_path(X, y, np.empty((0, 4)), [0])
    np.testing.assert_allclose(row, refit(LogisticRegression(C=np.inf), X, y, np.empty((0, 4)), 0), rtol=1e-7)


def test_columns_far_from_zero_and_of_different_units_lose_no_digits():
    X, y, synthetic = problem()
    plain = logistic_path(X, y, synthetic, SIZES)
    scale, shift = np.array([1e-6, 1.0, 1e4, 1.0]), np.array([0.0, 1e5, 0.0, -30.0])
    moved = logistic_path(X * scale + shift, y, synthetic * scale + shift, SIZES)
    np.testing.assert_allclose(moved[:, :4] * scale, plain[:, :4], rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-6, 1.0]), st.floats(0.2, 3.0))
def test_the_gradient_is_as_small_as_it_says(seed, penalty, distance):
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(size=(60, 2)), rng.normal(size=(8, 2)) + distance])
    y, synthetic = np.repeat([0, 1], [60, 8]), rng.standard_t(2, size=(100, 2))
    sizes = rng.integers(0, 101, size=5)
    try:
        path = logistic_path(X, y, synthetic, sizes, penalty=penalty)
    except SeparationError:
        assert penalty == 0
        return
    for size, row in zip(sizes, path, strict=True):
        # the bound, and the rounding of the coefficients
        rounding = 1e-11 * (1 + np.abs(row).max())
        assert relative_gradient(row, X, y, synthetic, size, penalty) < 1e-9 + rounding


# no minimiser


def test_separable_data_are_reported_with_the_size():
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    y = np.array([0, 0, 1, 1])
    with pytest.raises(SeparationError, match="with 0 synthetic rows, a hyperplane separates"):
        logistic_path(X, y, [[-1.5]], [1, 0])
    (row,) = logistic_path(X, y, [[-1.5]], [1])
    assert relative_gradient(row, X, y, np.array([[-1.5]]), 1, 0.0) < 1e-9


def test_separation_up_to_ties_is_reported():
    X, y = np.array([[0.0], [0.0], [1.0], [2.0]]), np.array([0, 1, 1, 1])
    with pytest.raises(SeparationError):
        logistic_path(X, y, [[3.0]], [0, 1])


def test_a_penalty_has_a_minimiser_for_separable_data():
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    for penalty in (1e-6, 1.0):
        (row,) = logistic_path(X, y, [[1.5]], [1], penalty=penalty)
        assert relative_gradient(row, X, y, np.array([[1.5]]), 1, penalty) < 1e-8
        assert row[0] > 0


def test_dependent_columns_need_a_penalty():
    X, y, synthetic = problem()
    X, synthetic = (np.column_stack([part, part[:, 0] - part[:, 1]]) for part in (X, synthetic))
    with pytest.raises(ValueError, match="linearly independent"):
        logistic_path(X, y, synthetic, [0, 20])
    path = logistic_path(X, y, synthetic, [0, 20], penalty=1.0)
    np.testing.assert_allclose(path[1], refit(LogisticRegression(), X, y, synthetic, 20), rtol=1e-6, atol=1e-9)


def test_a_constant_column_needs_a_penalty_and_then_has_no_weight():
    X, y, synthetic = problem()
    X, synthetic = (np.column_stack([part, np.full(len(part), 0.1)]) for part in (X, synthetic))
    with pytest.raises(ValueError, match="linearly independent"):
        logistic_path(X, y, synthetic, [0])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    path = logistic_path(X, y, synthetic, [0, 20], **supports(model).options)
    np.testing.assert_allclose(path[1], refit(model, X, y, synthetic, 20), rtol=1e-6, atol=1e-9)
    assert np.abs(path[:, 4]).max() < 1e-9


# what is served


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (LogisticRegression(C=4.0), FastFit(0.25, False, True)),
        (LogisticRegression(C=np.inf, fit_intercept=False), FastFit(0.0, False, False)),
        (LogisticRegression(solver="newton-cg", tol=1e-2), FastFit(1.0, False, True)),
        (Pipeline([("a", StandardScaler()), ("b", LogisticRegression())]), FastFit(1.0, True, True)),
        (make_pipeline(StandardScaler(with_std=False), LogisticRegression()), FastFit(1.0, False, True)),
        (make_pipeline(StandardScaler(), LogisticRegression(fit_intercept=False)), None),
        (make_pipeline(StandardScaler(), StandardScaler(), LogisticRegression()), None),
        (make_pipeline(MinMaxScaler(), LogisticRegression()), None),
        (make_pipeline(LogisticRegression()), None),
        (LogisticRegression(class_weight="balanced"), None),
        (LogisticRegression(class_weight={0: 1, 1: 1}), None),
        (LogisticRegression(solver="liblinear"), None),
        (LogisticRegression(solver="saga"), None),
        (LogisticRegression(solver="saga", l1_ratio=1.0), None),
        (LogisticRegression(solver="saga", l1_ratio=0.5), None),
        (LogisticRegression(warm_start=True), None),
        (LogisticRegression(C=-1.0), None),
        (LogisticRegression(C="1"), None),
        (LogisticRegression(penalty="l2"), FastFit(1.0, False, True)),
        (LogisticRegression(penalty=None), FastFit(0.0, False, True)),
        (LogisticRegression(penalty="l1", solver="saga"), None),
        (LogisticRegressionCV(), None),
        (type("Mine", (LogisticRegression,), {})(), None),
        (LogisticRegression, None),
        (None, None),
    ],
    ids=repr,
)
def test_what_can_be_served(estimator, expected):
    assert supports(estimator) == expected


# input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.repeat([1, 2], [300, 40])}, "y must be 0 or 1"),
        ({"y": np.zeros(340)}, "both classes"),
        ({"y": np.zeros(3)}, "one label for each"),
        ({"sizes": [301]}, "between 0 and 300"),
        ({"sizes": [-1]}, "between 0 and 300"),
        ({"sizes": []}, "sizes must be a list"),
        ({"X_synthetic": np.ones((5, 3))}, "as many columns"),
        ({"X_synthetic": np.full((5, 4), np.nan)}, "X_synthetic must be finite"),
        ({"penalty": -1.0}, "penalty must be"),
        ({"penalty": [1.0, 2.0]}, "penalty must broadcast"),
        ({"sample_weight": np.ones(3)}, "sample_weight must have shape"),
        ({"sample_weight": -np.ones(340)}, "sample_weight must be"),
        ({"sample_weight": np.repeat([1.0, 0.0], [300, 40])}, "none of positive weight with label 1"),
    ],
)
def test_bad_input_is_refused(change, message):
    X, y, synthetic = problem()
    call = {"X": X, "y": y, "X_synthetic": synthetic, "sizes": [0, 5]} | change
    with pytest.raises(ValueError, match=message):
        logistic_path(**call)


def test_sizes_must_be_whole_numbers_and_flags_flags():
    X, y, synthetic = problem()
    with pytest.raises(TypeError, match="sizes must be an integer"):
        logistic_path(X, y, synthetic, [0.5])
    with pytest.raises(TypeError, match="standardize"):
        logistic_path(X, y, synthetic, [0], standardize=1)


# the kernel


def test_the_plain_twin_of_the_kernel_finds_the_same():
    X, y, synthetic = problem(n=(12, 5), m=8, d=2)
    rows = np.column_stack([np.concatenate([X, synthetic]), np.ones(25)]).T.copy()
    labels, ridges = np.concatenate([y, np.ones(8)]), np.full((3, 3), 0.5)
    arguments = rows, labels, np.ones(25), np.array([17, 20, 25]), ridges, np.zeros(3)
    plain = getattr(descent.nested_minimisers, "py_func", descent.nested_minimisers)
    np.testing.assert_allclose(plain(*arguments)[0], descent.nested_minimisers(*arguments)[0], rtol=1e-12)


@pytest.mark.parametrize("labels", [0.0, 1.0])
def test_probabilities_are_right_to_the_last_digits_everywhere(labels):
    eta = np.concatenate([np.linspace(-40, 40, 3001), np.geomspace(1e-300, 1, 50), [-690.0, 690.0, -1e9, 1e9, 0.0]])
    size = eta.size
    residual, curvature, bits = np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
    outcome = np.full(size, labels)
    descent._residuals(eta, outcome, np.ones(size), residual, curvature, bits.view(np.float64), bits)
    np.testing.assert_allclose(residual, expit(eta) - outcome, rtol=1e-14, atol=2e-16)
    inside = np.abs(eta) < 680
    np.testing.assert_allclose(curvature[inside], (expit(eta) * expit(-eta))[inside], rtol=1e-14)
    assert np.all(np.isfinite(curvature)) and np.all(curvature[~inside] < 1e-280)
