"""The rivals of synthetic rows: weights, moved thresholds, balancing; against hand-made and scikit-learn's versions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtheory.imbalance.generators import SMOTE, Bootstrap
from mixtheory.imbalance.studies.baselines import (
    ThresholdMoving,
    balanced_weights,
    best_threshold,
    fit_balanced,
    fit_weighted,
)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(200, 3)), rng.normal(size=(20, 3)) + [1.5, 0.5, 0.0]])
    return X, np.repeat([0, 1], [200, 20])


def test_weights_are_those_of_scikit_learn(rows):
    from sklearn.utils.class_weight import compute_sample_weight

    X, y = rows
    for labels in (y, 1 - y, np.where(y, "rare", "common"), y.astype(bool)):
        np.testing.assert_allclose(balanced_weights(labels), compute_sample_weight("balanced", labels))


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: make_pipeline(StandardScaler(), e)])
def test_weighted_fit(rows, wrap):
    X, y = rows
    mine = fit_weighted(wrap(LogisticRegression()), X, y)
    theirs = wrap(LogisticRegression(class_weight="balanced")).fit(X, y)
    np.testing.assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
    nested = fit_weighted(make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression())), X, y)
    assert nested.predict_proba(X)[:, 1].mean() > 2 * y.mean()


def test_a_model_without_weights_is_refused(rows):
    with pytest.raises(TypeError, match="sample_weight in fit, got KNeighborsClassifier"):
        fit_weighted(make_pipeline(StandardScaler(), KNeighborsClassifier()), *rows)


def test_balancing_by_copies_is_weighting_when_copies_are_even(rows):
    X, y = rows

    class EvenCopies(Bootstrap):
        def sample(self, n, rng):
            return np.resize(self._rows, (n, self._rows.shape[1]))

    model = LogisticRegression(C=1e6, tol=1e-8)
    copied = fit_balanced(model, EvenCopies(), X, y, np.random.default_rng(0))
    # 180 copies of 20 rows: each counts ten times, as with weights 10 to 1
    weighted = LogisticRegression(C=1e6, tol=1e-8).fit(X, y, sample_weight=np.where(y, 10.0, 1.0))
    np.testing.assert_allclose(copied.coef_, weighted.coef_, rtol=1e-3)
    np.testing.assert_allclose(copied.intercept_, weighted.intercept_, rtol=1e-3)


@pytest.mark.parametrize("flip", [False, True])
def test_balancing_makes_equal_classes(rows, flip):
    X, y = rows
    seen = {}

    class Recorder(LogisticRegression):
        def fit(self, X, y):
            seen["y"] = np.asarray(y)
            return super().fit(X, y)

    labels = np.where((y == 1) ^ flip, "b", "a")
    fit_balanced(Recorder(), SMOTE(), X, labels, np.random.default_rng(0))
    assert np.unique(seen["y"], return_counts=True)[1].tolist() == [200, 200]
    assert (seen["y"][:220] == labels).all()


@pytest.mark.parametrize("seed", range(8))
def test_best_threshold_against_all_of_them(seed):
    rng = np.random.default_rng(seed)
    p, members = np.maximum(rng.beta(1, 20, size=60).round(2), 0.001), rng.random(60) < 0.2
    members[:2] = True, False
    candidates = np.concatenate([[-1], np.unique(p)])
    best = max(balanced_accuracy_score(members, p > t) for t in candidates)
    assert balanced_accuracy_score(members, p > best_threshold(p, members)) == pytest.approx(best)


def test_best_threshold_at_the_ends():
    # the order is exactly wrong: one prediction for all is best
    assert 0 < best_threshold([0.2, 0.1], [False, True]) < 0.1
    assert best_threshold([0.0, 1.0], [False, True]) == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(ValueError, match="both classes"):
        best_threshold([0.1, 0.2], [True, True])


@pytest.mark.parametrize("flip", [False, True])
def test_the_threshold_of_held_out_predictions(rows, flip):
    X, y = rows
    labels = np.where((y == 1) ^ flip, "b", "a")
    rare = "a" if flip else "b"
    model = ThresholdMoving(LogisticRegression(), cv=4, random_state=3).fit(X, labels)
    folds = StratifiedKFold(4, shuffle=True, random_state=3)
    p = cross_val_predict(LogisticRegression(), X, labels, cv=folds, method="predict_proba")[:, 0 if flip else 1]
    assert model.threshold_ == best_threshold(p, labels == rare)
    assert model.minority_label_ == rare
    fitted = LogisticRegression().fit(X, labels).predict_proba(X)[:, 0 if flip else 1]
    np.testing.assert_array_equal(model.predict(X) == rare, fitted > model.threshold_)
    moved = model.predict_proba(X)
    np.testing.assert_allclose(moved.sum(axis=1), 1)
    np.testing.assert_array_equal(moved[:, 0 if flip else 1] > 0.5, fitted > model.threshold_)


@pytest.mark.parametrize(
    "estimator", [LogisticRegression(), GradientBoostingClassifier(n_estimators=5, random_state=0)]
)
def test_frames_and_any_model(rows, estimator):
    X, y = rows
    frame = pd.DataFrame(X, columns=list("abc"))
    probability = ThresholdMoving(estimator, random_state=0).fit(frame, y).predict_proba(frame)
    same = ThresholdMoving(estimator, random_state=0).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(probability, same, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda X, y: ThresholdMoving(LogisticRegression(), cv=21).fit(X, y), ValueError, "cv"),
        (lambda X, y: ThresholdMoving(LogisticRegression()).fit(X, np.zeros(220)), ValueError, "two classes"),
        (lambda X, y: balanced_weights(np.arange(3)), ValueError, "two classes, got 3"),
        (lambda X, y: fit_balanced(LogisticRegression(), SMOTE(), X, y + X[:, 0].round(), None), ValueError, "two"),
    ],
)
def test_bad_input(rows, call, error, message):
    with pytest.raises(error, match=message):
        call(*rows)
