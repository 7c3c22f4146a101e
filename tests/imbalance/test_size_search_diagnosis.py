"""What the diagnosis makes of data, and what the search says of calibration afterwards."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from mixtheory.imbalance.generators import SMOTE, Bootstrap, GaussianFit, Oracle
from mixtheory.imbalance.losses import SQUARED
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.size import PriorCorrectedClassifier, SyntheticSizeSearchCV, tg_candidates
from mixtheory.imbalance.size.diagnosis import working_model
from mixtheory.imbalance.size.results import HeldOut
from mixtheory.imbalance.symmetry import symmetry_test


class LeastSquares(ClassifierMixin, BaseEstimator):
    """Least squares of the labels 0 and 1 without intercept, as in the Gaussian example."""

    fit_intercept = False
    working_loss = SQUARED

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.coef_ = np.linalg.solve(X.T @ X, X.T @ (y == self.classes_[1]))
        return self

    def predict(self, X):
        return self.classes_[(X @ self.coef_ > 0.5).astype(int)]


def balanced_risk(model, X, y):
    errors = (X @ model.coef_ - y) ** 2
    return -0.5 * (errors[y == 0].mean() + errors[y == 1].mean())


def linear_configuration(seed=0, n_majority=1600, n_minority=80):
    """Majority N(0, I_5), minority two clusters at (2, +-1.75)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, 5))
    X[n_majority:, 0] += 2
    X[n_majority:, 1] += 1.75 * rng.choice([-1, 1], n_minority)
    return X, np.repeat([0, 1], [n_majority, n_minority])


def gaussian_example(seed, n_majority, n_minority):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, 2))
    X[n_majority:, 0] += 1
    return X, np.repeat([0, 1], [n_majority, n_minority])


def shifted(a):
    return Oracle(lambda rng, n: rng.normal(size=(n, 2)) + [a, 0.0])


def test_the_candidates_are_those_of_the_findings():
    X, y = linear_configuration()
    found = SyntheticSizeSearchCV(LogisticRegression(), SMOTE(), random_state=0, cv=2).fit(X, y)
    assert found.symmetry_.statistic == pytest.approx(symmetry_test(X, y).statistic)
    assert found.symmetry_.pvalue < 1e-6
    assert found.gqs_ == found.quality_.score
    expected = tg_candidates(
        1600, 80, symmetric=False, quality=found.gqs_, gap=found.symmetry_.gap, mismatch=found.quality_.mismatch
    )
    assert found.candidates_.multipliers == expected.multipliers
    assert found.best_multiplier_ in expected.multipliers
    sizes = found.cv_results_["size"][found.cv_results_["is_candidate"]]
    assert sizes.tolist() == np.rint(np.array(expected.multipliers) * 1520).astype(int).tolist()


def test_the_threshold_decides_between_the_grids():
    X, y = linear_configuration()
    found = {
        threshold: SyntheticSizeSearchCV(
            LogisticRegression(), SMOTE(), random_state=0, cv=2, gqs_threshold=threshold
        ).fit(X, y)
        for threshold in (0.0, 1e6)
    }
    assert found[0.0].candidates_.regime == "biased generator"
    assert found[1e6].candidates_.regime == "realistic generator"
    assert found[0.0].gqs_ == found[1e6].gqs_


def test_under_local_symmetry_only_small_sizes_are_compared():
    # for a model without intercept, classes that mirror each other are locally symmetric
    half = np.random.default_rng(0).normal(size=(2000, 2)) - [0.5, 0.0]
    X, signs = np.vstack([half, -half[:400]]), np.repeat([-1, 1], [2000, 400])
    model = LogisticRegression(fit_intercept=False)
    found = SyntheticSizeSearchCV(model, Bootstrap(), random_state=0, cv=2).fit(X, signs)
    assert found.candidates_.regime == "local symmetry"
    assert found.best_multiplier_ <= 0.2
    assert found.gqs_ is None
    assert found.cv_results_["param_multiplier"].tolist() == [0.0, 0.05, 0.1, 0.15, 0.2, 1.0]
    untested = SyntheticSizeSearchCV(model, Bootstrap(), test_symmetry=False, random_state=0, cv=2).fit(X, signs)
    assert untested.symmetry_ is None
    assert untested.gqs_ is not None


def test_the_bias_aware_search_leaves_twice_the_deficit_where_the_theory_does():
    # the published candidates end at 2, the bias vanishes at 4
    X, y = gaussian_example(0, 10_000, 2000)
    assert GaussianExample(mu=1.0, a=0.5, n_majority=10_000, n_minority=2000).optimal_multiplier() == pytest.approx(4)
    found = {
        rule: SyntheticSizeSearchCV(
            LeastSquares(), shifted(0.5), multipliers=rule, scoring=balanced_risk, random_state=0
        ).fit(X, y)
        for rule in ("auto", "bias_aware")
    }
    assert found["auto"].candidates_.regime == found["bias_aware"].candidates_.regime == "biased generator"
    assert found["auto"].best_multiplier_ == 2.0
    assert 2.5 < found["bias_aware"].best_multiplier_ < 8.0
    assert 3.0 < found["bias_aware"].candidates_.target < 5.5
    assert found["bias_aware"].best_score_ > found["auto"].best_score_
    assert found["bias_aware"].differs_from_balancing_


def test_the_working_model_follows_the_last_step():
    assert working_model(make_pipeline(StandardScaler(), LeastSquares())) == (SQUARED, False)
    assert working_model(RidgeClassifier()) == ("squared", True)
    assert working_model(RidgeClassifier(fit_intercept=False)) == ("logistic", False)
    assert working_model(RandomForestClassifier()) == ("logistic", True)


def test_the_working_model_sees_what_the_last_step_sees():
    X, y = linear_configuration(n_majority=400)
    steps = PolynomialFeatures(2, include_bias=False), StandardScaler()
    model = make_pipeline(*steps, RandomForestClassifier(5, max_depth=3, random_state=0))
    found = SyntheticSizeSearchCV(model, GaussianFit(), cv=2, random_state=0).fit(X[:, :2], y)
    assert found.symmetry_.df == 5 + 1
    features = make_pipeline(*steps).fit_transform(X[:, :2])
    assert found.symmetry_.statistic == pytest.approx(symmetry_test(features, y).statistic)
    assert found.quality_.mismatch.shape == (6,)


def test_separable_classes_are_said_and_searched_with_a_plain_grid():
    X, y = gaussian_example(0, 90, 30)
    X[y == 1, 0] += 12
    for test_symmetry in (True, False):
        with pytest.warns(UserWarning, match="minimiser of the logistic loss lies at infinity"):
            found = SyntheticSizeSearchCV(
                LogisticRegression(), SMOTE(), cv=2, test_symmetry=test_symmetry, random_state=0
            ).fit(X, y)
        assert found.candidates_.regime == "grid"
        assert (found.symmetry_, found.gqs_) == (None, None)
        assert np.mean(found.predict(X) == y) == 1.0
    with pytest.warns(UserWarning, match="infinity"):
        given = SyntheticSizeSearchCV(LogisticRegression(), SMOTE(), multipliers=[0.0, 1.0], cv=2).fit(X, y)
    assert given.cv_results_["param_multiplier"].tolist() == [0.0, 1.0]


def test_a_constant_feature_is_said_and_does_no_harm():
    X, y = linear_configuration(n_majority=400)
    X[:, 4] = 3.0
    with pytest.warns(UserWarning, match="constant"):
        found = SyntheticSizeSearchCV(LogisticRegression(), SMOTE(), cv=2, random_state=0).fit(X, y)
    assert found.candidates_.regime == "grid"
    assert found.best_size_ > 0


def test_a_plain_grid_reports_the_test_without_following_it():
    X, y = linear_configuration(n_majority=400)
    found = SyntheticSizeSearchCV(LogisticRegression(), SMOTE(), multipliers=[0.0], cv=2).fit(X, y)
    assert found.symmetry_.pvalue < 0.05
    assert found.gqs_ is None
    assert found.best_size_ == 0


@pytest.mark.parametrize("labels", [("common", "rare"), ("usual", "rare")])
def test_calibration_falls_with_synthetic_rows_and_is_restored(labels):
    X, codes = gaussian_example(0, 4000, 400)
    y = np.array(labels)[codes]
    found = SyntheticSizeSearchCV(
        LogisticRegression(), shifted(1.0), multipliers=[1.0], repeats=2, test_symmetry=False, random_state=0
    ).fit(X, y)
    measured = found.calibration_
    assert measured.without.observed == pytest.approx(400 / 4400)
    # balanced rows move the log-odds by log 10; the errors of these figures are about 0.06 and 0.01
    assert measured.chosen.in_the_large == pytest.approx(-np.log(10), abs=0.4)
    assert abs(measured.without.in_the_large) < 0.4
    assert abs(measured.corrected.in_the_large) < 0.4
    assert measured.chosen.expected_error > 3 * max(measured.without.expected_error, measured.corrected.expected_error)
    corrected = found.prior_corrected()
    minority = list(found.classes_).index("rare")
    assert corrected.shift_ == pytest.approx(-np.log(10) * (1 if minority == 1 else -1))
    assert corrected.predict_proba(X)[:, minority].mean() == pytest.approx(400 / 4400, rel=0.1)
    p, q = found.predict_proba(X)[:, minority], corrected.predict_proba(X)[:, minority]
    assert np.allclose(np.log(q / (1 - q)), np.log(p / (1 - p)) - np.log(10))
    even = found.prior_corrected(population_share=0.5)
    assert np.allclose(even.predict_proba(X), found.predict_proba(X))
    # the wrapper that fits the search itself does the same
    wrapped = PriorCorrectedClassifier(found).fit(X, y)
    assert np.allclose(wrapped.predict_proba(X), corrected.predict_proba(X))


def test_the_correction_divides_the_odds():
    p, outcome = np.array([0.2, 0.4, 0.5, 0.9]), np.array([False, True, False, True])
    found = HeldOut(p, p, outcome, np.array([1.0, 1.0, 3.0, 3.0])).calibration()
    assert found.without == found.chosen
    assert found.without.brier == pytest.approx((0.04 + 0.36 + 0.25 + 0.01) / 4)
    assert found.corrected.brier == pytest.approx((0.04 + 0.36 + 0.25**2 + 0.25**2) / 4)
