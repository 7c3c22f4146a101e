"""Calibration measures and the prior correction, against closed forms, other code and exact label shift."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.metrics import brier_score_loss
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtheory.imbalance.size.calibration import PriorCorrectedClassifier, calibration, prior_correction


def groups(levels, counts, events):
    """Return predictions `levels`, each for a number of rows of which some are events."""
    y = np.concatenate([np.arange(n) < k for n, k in zip(counts, events, strict=True)])
    return np.repeat(levels, counts), y.astype(int)


# measures


def test_predictions_that_equal_the_shares_are_calibrated():
    p, y = groups([0.1, 0.4, 0.75], [30, 20, 12], [3, 8, 9])
    found = calibration(p, y)
    assert found.observed == pytest.approx(found.predicted)
    assert found.in_the_large == pytest.approx(0, abs=1e-10)
    assert (found.intercept, found.slope) == pytest.approx((0, 1), abs=1e-8)
    assert found.expected_error == pytest.approx(0, abs=1e-15)
    assert found.brier == pytest.approx(np.sum([30 * 0.09, 20 * 0.24, 12 * 0.1875]) / 62)


@pytest.mark.parametrize(("shift", "factor"), [(0.7, 1.0), (0.0, 2.5), (-1.0, 0.4)])
def test_a_line_in_the_log_odds_is_found_again(shift, factor):
    p, y = groups([0.1, 0.4, 0.75], [30, 20, 12], [3, 8, 9])
    found = calibration(expit(shift + factor * logit(p)), y)
    assert found.slope == pytest.approx(1 / factor, rel=1e-8)
    assert found.intercept == pytest.approx(-shift / factor, abs=1e-8)
    if factor == 1:
        assert found.in_the_large == pytest.approx(-shift, abs=1e-9)


def test_measures_equal_those_of_other_code():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, size=500)
    y = (rng.random(500) < p**1.2).astype(int)
    found = calibration(p, y)
    assert found.brier == pytest.approx(brier_score_loss(y, p))
    model = LogisticRegression(C=np.inf, tol=1e-10, solver="newton-cholesky").fit(logit(p)[:, None], y)
    assert (found.intercept, found.slope) == pytest.approx((model.intercept_[0], model.coef_[0, 0]), rel=1e-7)
    assert np.mean(expit(found.in_the_large + logit(p))) == pytest.approx(y.mean(), rel=1e-10)


def test_expected_error_by_bins_of_equal_width_and_of_equal_numbers():
    p, y = groups([0.05, 0.15, 0.95], [4, 4, 2], [1, 1, 1])
    gaps = [abs(1 - 0.2), abs(1 - 0.6), abs(1 - 1.9)]
    assert calibration(p, y, strategy="uniform").expected_error == pytest.approx(sum(gaps) / 10)
    assert calibration(p, y, bins=2, strategy="uniform").expected_error == pytest.approx((abs(2 - 0.8) + 0.9) / 10)
    # halves at the median 0.15: equal predictions stay together
    assert calibration(p, y, bins=2).expected_error == pytest.approx((abs(2 - 0.8) + 0.9) / 10)
    assert calibration(p, y, bins=1).expected_error == pytest.approx(abs(y.mean() - p.mean()))


def test_extreme_equal_and_separating_predictions_have_defined_measures():
    extreme = calibration([0.0, 1.0, 0.3, 0.6], [0, 0, 1, 1])
    assert np.isfinite([extreme.in_the_large, extreme.slope, extreme.brier]).all()
    equal = calibration([0.3, 0.3, 0.3], [0, 1, 0])
    assert np.isnan(equal.slope) and equal.in_the_large == pytest.approx(logit(1 / 3) - logit(0.3))
    assert calibration([0.1, 0.2, 0.8], [0, 0, 1]).slope == np.inf
    assert calibration([0.9, 0.8, 0.1], [0, 0, 1]).slope == -np.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, 1.2], [0, 1]), "probability must be"),
        (([0.1, np.nan], [0, 1]), "probability must be"),
        (([0.1, 0.2], [0, 2]), "outcome must hold 0 and 1"),
        (([0.1, 0.2], [0, 0]), "outcome must hold 0 and 1"),
        (([0.1], [0, 1]), "probability must have shape"),
    ],
)
def test_bad_predictions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        calibration(*arguments)


def test_bad_bins_are_refused():
    with pytest.raises(ValueError, match="bins must be"):
        calibration([0.1, 0.2], [0, 1], bins=0)
    with pytest.raises(ValueError, match="strategy must be one of"):
        calibration([0.1, 0.2], [0, 1], strategy="quantiles")


# correction


@pytest.mark.parametrize("population", [0.01, 0.3, 0.9])
def test_the_correction_is_bayes_rule_under_label_shift(population):
    x = np.linspace(-3, 5, 9)

    def posterior(share):
        first, second = (1 - share) * norm.pdf(x), share * norm.pdf(x, 2, 1.5)
        return second / (first + second)

    moved = prior_correction(logit(posterior(0.5)), trained=0.5, population=population)
    np.testing.assert_allclose(expit(moved), posterior(population), rtol=1e-10)
    np.testing.assert_allclose(prior_correction(moved, trained=population, population=0.5), logit(posterior(0.5)))


def test_the_correction_after_added_rows_is_the_logarithm_of_their_factor():
    assert prior_correction(1.0, trained=300 / 1200, population=100 / 1000) == pytest.approx(1 - np.log(300 / 100))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, np.nan])
def test_shares_are_between_0_and_1(share):
    with pytest.raises(ValueError, match="trained must be"):
        prior_correction(0.0, trained=share, population=0.5)
    with pytest.raises(ValueError, match="population must be"):
        prior_correction(0.0, trained=0.5, population=share)


# wrapper


def data(seed=0, n=(900, 100)):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=(n[0], 2)), rng.normal(size=(n[1], 2)) + 1]), np.repeat([0, 1], n)


@parametrize_with_checks([PriorCorrectedClassifier(LogisticRegression(), trained_share=0.5)])
def test_it_is_a_classifier_of_scikit_learn(estimator, check):
    check(estimator)


def test_balanced_weights_are_corrected_to_the_probabilities_of_the_population():
    X, y = data()
    model = PriorCorrectedClassifier(LogisticRegression(class_weight="balanced", C=1e6), trained_share=0.5).fit(X, y)
    p = model.predict_proba(X)
    raw = model.estimator_.predict_proba(X)
    np.testing.assert_allclose(logit(p[:, 1]), logit(raw[:, 1]) + logit(0.1), rtol=1e-8)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    before, after = calibration(raw[:, 1], y), calibration(p[:, 1], y)
    assert before.in_the_large < -2
    assert abs(after.in_the_large) < 0.3
    assert after.slope == pytest.approx(before.slope, rel=1e-6)
    np.testing.assert_array_equal(model.predict(X), (p[:, 1] > 0.5).astype(int))


class Search(ClassifierMixin, BaseEstimator):
    """What the search of a size leaves behind."""

    def __init__(self, size, minority):
        self.size = size
        self.minority = minority

    def fit(self, X, y):
        self.classes_, self.best_size_, self.minority_label_ = np.unique(y), self.size, self.minority
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize(("minority", "second"), [("b", 300), ("a", 900)])
def test_the_share_after_a_search_counts_its_synthetic_rows(minority, second):
    X, y = data()
    names = np.where(y == 1, minority, "b" if minority == "a" else "a")
    model = PriorCorrectedClassifier(Search(200, minority)).fit(X, names)
    assert model.trained_share_ == pytest.approx(second / 1200)
    assert model.population_share_ == pytest.approx((second - 200 * (minority == "b")) / 1000)
    odds = model.predict_proba(X[:1])[0, 1] / model.predict_proba(X[:1])[0, 0]
    assert odds == pytest.approx(np.exp(model.shift_))


def test_without_synthetic_rows_nothing_changes_and_a_population_can_be_given():
    X, y = data()
    plain = LogisticRegression().fit(X, y)
    same = PriorCorrectedClassifier(FrozenEstimator(plain)).fit(X, y)
    np.testing.assert_allclose(same.predict_proba(X), plain.predict_proba(X))
    rarer = PriorCorrectedClassifier(FrozenEstimator(plain), population_share=0.01).fit(X, y)
    assert rarer.predict_proba(X)[:, 1].mean() < 0.2 * plain.predict_proba(X)[:, 1].mean()


def test_tables_keep_their_names_and_labels_their_kind():
    X, y = data()
    frame, names = pd.DataFrame(X, columns=["a", "b"]), pd.Series(np.where(y == 1, "rare", "common"))
    model = PriorCorrectedClassifier(LogisticRegression()).fit(frame, names)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert set(model.predict(frame)) <= {"rare", "common"}


def test_probabilities_of_0_and_1_stay():
    class Sure(Search):
        def predict_proba(self, X):
            return np.array([[1.0, 0.0], [0.0, 1.0]])

    X, y = data()
    model = PriorCorrectedClassifier(Sure(200, 1)).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X[:2]), [[1.0, 0.0], [0.0, 1.0]])


def test_bad_wrappers_are_refused():
    X, y = data()
    with pytest.raises(ValueError, match="two classes, got 3"):
        PriorCorrectedClassifier(LogisticRegression()).fit(X, np.arange(1000) % 3)
    with pytest.raises(ValueError, match="population_share must be"):
        PriorCorrectedClassifier(LogisticRegression(), population_share=1.0).fit(X, y)
    with pytest.raises(TypeError, match="predict_proba"):
        PriorCorrectedClassifier(Perceptron()).fit(X, y)
