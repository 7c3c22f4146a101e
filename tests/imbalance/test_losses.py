"""Losses: derivatives against finite differences, minimisers against other solvers, and data without a minimiser."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize
from sklearn.linear_model import LogisticRegression

from mixtheory.imbalance.losses import LOGISTIC, SQUARED, LogisticLoss, Loss, SeparationError, SquaredLoss, as_loss

BOTH = pytest.mark.parametrize("loss", [SQUARED, LOGISTIC])


@pytest.fixture
def rng():
    return np.random.default_rng()


def overlapping(rng, n=60, p=3):
    """Rows of a design with both labels at every point, so that no hyperplane separates them."""
    half = rng.standard_normal((n // 2, p))
    return np.vstack([half, half]), np.repeat([0.0, 1.0], n // 2), rng.uniform(0.1, 2.0, n)


def central(function, theta, step):
    """Central differences of a function of theta along each axis, stacked last."""
    shifts = step * np.eye(len(theta))
    return np.stack([(function(theta + s) - function(theta - s)) / (2 * step) for s in shifts], axis=-1)


@BOTH
def test_scores_and_hessian_are_the_derivatives_of_the_value(loss, rng):
    X, y, weights = overlapping(rng)
    theta = rng.standard_normal(3)
    numeric = central(lambda t: loss.value(t, X, y), theta, 1e-5)
    np.testing.assert_allclose(loss.scores(theta, X, y), numeric, atol=1e-6)
    second = central(lambda t: weights @ loss.scores(t, X, y) / weights.sum(), theta, 1e-5)
    np.testing.assert_allclose(loss.hessian(theta, X, y, weights), second, atol=1e-7)
    np.testing.assert_allclose(loss.hessian(theta, X, y), loss.hessian(theta, X, y, np.full(60, 7.0)), rtol=1e-12)


def test_values_by_hand():
    assert SQUARED.value([2.0], [[3.0]], [1.0]).tolist() == [25.0]
    np.testing.assert_allclose(LOGISTIC.value([0.0], [[3.0], [1.0]], [1, 0]), np.log(2))
    assert SQUARED.hessian([0.0], [[3.0], [1.0]], [0, 0], [1, 3]).tolist() == [[6.0]]
    np.testing.assert_allclose(LOGISTIC.hessian([0.0], [[3.0], [1.0]], [0, 0], [1, 3]), [[0.75]])


def test_logistic_loss_keeps_its_precision_far_out():
    X, y = [[1.0], [1.0]], [1, 0]
    np.testing.assert_allclose(LOGISTIC.value([60.0], X, y), [np.exp(-60), 60], rtol=1e-12)
    np.testing.assert_allclose(LOGISTIC.scores([60.0], X, y)[:, 0], [-np.exp(-60), 1], rtol=1e-12)
    assert np.all(np.isfinite(LOGISTIC.scores([1e5], X, y)))


def test_squared_minimiser_is_weighted_least_squares(rng):
    X, _, weights = overlapping(rng)
    y = rng.standard_normal(60)
    np.testing.assert_allclose(SQUARED.minimise(X, y, weights), sm.WLS(y, X, weights).fit().params, rtol=1e-9)
    ridge = np.array([0.0, 0.5, 2.0])
    share = weights / weights.sum()
    normal = 2 * (X * share[:, None]).T @ X + np.diag(ridge)
    np.testing.assert_allclose(
        SQUARED.minimise(X, y, weights, penalty=ridge), np.linalg.solve(normal, 2 * X.T @ (share * y)), rtol=1e-9
    )


def test_logistic_minimiser_is_the_maximum_likelihood_fit(rng):
    X, y, weights = overlapping(rng)
    fit = sm.GLM(y, X, sm.families.Binomial(), freq_weights=weights).fit(tol=1e-14)
    np.testing.assert_allclose(LOGISTIC.minimise(X, y, weights), fit.params, atol=1e-8)


def test_logistic_penalty_is_that_of_scikit_learn(rng):
    X, y, weights = overlapping(rng)
    C = 0.3
    peer = LogisticRegression(C=C, fit_intercept=False, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=weights)
    ours = LOGISTIC.minimise(X, y, weights, penalty=1 / (C * weights.sum()))
    np.testing.assert_allclose(ours, peer.coef_[0], atol=1e-6)


@BOTH
def test_gradient_vanishes_at_the_minimiser(loss, rng):
    X, y, weights = overlapping(rng, n=200, p=5)
    theta = loss.minimise(X, y, weights)
    gradient = weights @ loss.scores(theta, X, y) / weights.sum()
    assert np.max(np.abs(gradient)) < 1e-10
    assert np.all(np.linalg.eigvalsh(loss.hessian(theta, X, y, weights)) > 0)


@BOTH
def test_minimiser_moves_with_the_units_of_the_columns(loss, rng):
    X, y, _ = overlapping(rng)
    units = np.array([1e-9, 1.0, 1e9])
    np.testing.assert_allclose(loss.minimise(X * units, y) * units, loss.minimise(X, y), rtol=1e-6, atol=1e-9)


@BOTH
def test_minimiser_with_columns_far_from_the_origin(loss, rng):
    X, y, _ = overlapping(rng)
    near = loss.minimise(np.column_stack([np.ones(60), X]), y)
    far = loss.minimise(np.column_stack([np.ones(60), X + 1e5]), y)
    np.testing.assert_allclose(far[1:], near[1:], atol=1e-7)
    assert far[0] + 1e5 * far[1:].sum() == pytest.approx(near[0], abs=1e-4)


@BOTH
def test_rows_of_weight_zero_do_not_count(loss, rng):
    X, y, weights = overlapping(rng)
    more = np.vstack([X, 100 + rng.standard_normal((5, 3))])
    ours = loss.minimise(more, np.r_[y, np.ones(5)], np.r_[weights, np.zeros(5)])
    np.testing.assert_allclose(ours, loss.minimise(X, y, weights), rtol=1e-9)


def test_logistic_minimiser_on_hard_but_inseparable_data():
    # one point on the wrong side: the slope is large and finite
    x = np.r_[np.linspace(-1, -0.01, 500), np.linspace(0.01, 1, 500), -0.02]
    y = np.r_[np.zeros(500), np.ones(500), 1.0]
    slope = LOGISTIC.minimise(x[:, None], y)[0]

    def gradient(t):
        return np.mean((1 / (1 + np.exp(-t * x)) - y) * x)

    assert slope == pytest.approx(optimize.brentq(gradient, 1.0, 600.0, xtol=1e-12), rel=1e-8)
    assert slope > 50


@pytest.mark.parametrize("shift", [0.1, 0.0])
@pytest.mark.parametrize("flip", [1, -1])
def test_separable_data_have_no_minimiser(shift, flip, rng):
    # with shift 0 the classes meet on the hyperplane: quasi-complete separation
    x = np.r_[rng.uniform(-1, -shift - 1e-3, 30), -shift, shift, rng.uniform(shift + 1e-3, 1, 30)]
    X = np.column_stack([np.ones(62), flip * x, rng.standard_normal(62)])
    X[30:32, 2] = 0.0
    y = np.repeat([0, 1], 31)
    with pytest.raises(SeparationError, match="infinity"):
        LOGISTIC.minimise(X, y)
    assert np.all(np.isfinite(LOGISTIC.minimise(X, y, penalty=1e-3)))


def test_quasi_separation_by_one_column(rng):
    # a dummy column that only one class has
    X = np.column_stack([np.ones(40), rng.standard_normal(40), np.r_[1.0, 1.0, np.zeros(38)]])
    X[2:21, 1] = X[21:40, 1]
    y = np.r_[1, 1, np.zeros(19), np.ones(19)].astype(int)
    with pytest.raises(SeparationError):
        LOGISTIC.minimise(X, y)
    # a penalty on the dummy alone is enough, one on the others is not
    assert np.isfinite(LOGISTIC.minimise(X, y, penalty=[0, 0, 0.1])).all()
    with pytest.raises(SeparationError):
        LOGISTIC.minimise(X, y, penalty=[0, 0.1, 0])


def test_one_class_is_separable():
    with pytest.raises(SeparationError):
        LOGISTIC.minimise(np.ones((5, 1)), np.ones(5))
    with pytest.raises(SeparationError):
        LOGISTIC.minimise([[1.0], [1.0]], [0, 1], [1.0, 0.0])
    assert issubclass(SeparationError, ValueError)


@BOTH
def test_dependent_columns_are_refused_unless_penalised(loss, rng):
    X, y, _ = overlapping(rng)
    for bad in (np.column_stack([X, X[:, 0]]), np.column_stack([X, np.zeros(60)])):
        with pytest.raises(ValueError, match="linearly independent"):
            loss.minimise(bad, y)
        assert np.isfinite(loss.minimise(bad, y, penalty=0.1)).all()


def test_as_loss():
    assert as_loss("squared") == SquaredLoss() and as_loss("logistic") == LogisticLoss()
    assert as_loss(LOGISTIC) is LOGISTIC and isinstance(SQUARED, Loss)
    assert (SQUARED.name, LOGISTIC.name) == ("squared", "logistic")
    with pytest.raises(ValueError, match="did you mean 'logistic'"):
        as_loss("logit")
    for bad in (None, 3, LogisticLoss):
        with pytest.raises(TypeError, match="loss"):
            as_loss(bad)


def test_a_loss_of_ones_own_is_accepted():
    class Half:
        name = "half"

        def value(self, theta, X, y):
            return SQUARED.value(theta, X, y) / 2

        def scores(self, theta, X, y):
            return SQUARED.scores(theta, X, y) / 2

        def hessian(self, theta, X, y, weights=None):
            return SQUARED.hessian(theta, X, y, weights) / 2

        def minimise(self, X, y, weights=None, *, penalty=0.0):
            return SQUARED.minimise(X, y, weights, penalty=2 * np.asarray(penalty))

    assert as_loss(Half()).name == "half"


@BOTH
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 1, 1]}, "one label for each"),
        ({"y": [0, np.nan]}, "y must be finite"),
        ({"y": [[0], [1]]}, "y must have 1 dimension"),
        ({"X": [[1.0, np.inf], [0.0, 1.0]]}, "X must be finite"),
        ({"X": [1.0, 2.0]}, "X must have 2 dimension"),
        ({"weights": [1.0]}, "weights must have one entry"),
        ({"weights": [1.0, -1.0]}, "weights must be finite and >= 0"),
        ({"weights": [0.0, 0.0]}, "weights must have a finite positive sum"),
        ({"penalty": -1.0}, "penalty must be finite and >= 0"),
        ({"penalty": [1.0, 1.0, 1.0]}, "penalty must be a number"),
    ],
)
def test_bad_input_of_minimise(loss, change, message):
    arguments = {"X": [[1.0, 0.0], [1.0, 2.0]], "y": [0, 1], "weights": None, "penalty": 1.0} | change
    with pytest.raises(ValueError, match=message):
        loss.minimise(arguments["X"], arguments["y"], arguments["weights"], penalty=arguments["penalty"])


@BOTH
def test_theta_of_the_wrong_length(loss):
    for method in (loss.value, loss.scores, loss.hessian):
        with pytest.raises(ValueError, match="theta must have one entry for each of the 2 columns"):
            method([1.0], [[1.0, 0.0]], [1])


def test_logistic_labels():
    for bad in ([-1, 1], [0.5, 1.0], [1, 2]):
        with pytest.raises(ValueError, match="y must be 0 or 1"):
            LOGISTIC.minimise([[1.0], [2.0]], bad)
    with pytest.raises(TypeError, match="y must be an array of real numbers"):
        LOGISTIC.minimise([[1.0], [2.0]], ["a", "b"])
    assert LOGISTIC.minimise([[1.0]] * 2, [True, False]).tolist() == [0.0]
