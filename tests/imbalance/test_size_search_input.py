"""What users hand to the search and to the quality score: tables, labels, splits, scorers, and names in answers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtheory.imbalance.generators import SMOTE, Bootstrap, Jitter
from mixtheory.imbalance.size import SyntheticSizeSearchCV, generator_quality


def two_classes(n_majority=90, n_minority=30, seed=0):
    rng = np.random.default_rng(seed)
    X = np.concatenate([rng.normal(size=(n_majority, 2)), rng.normal(size=(n_minority, 2)) + [1.0, 0.5]])
    return X, np.repeat([0, 1], [n_majority, n_minority])


def search(**options):
    kept = {
        "estimator": LogisticRegression(),
        "generator": Bootstrap(),
        "multipliers": [0.0, 1.0],
        "cv": 3,
        "random_state": 0,
    }
    return SyntheticSizeSearchCV(**(kept | options))


def masked_first(values):
    mask = np.zeros(np.shape(values), dtype=bool)
    mask.flat[0] = True
    return np.ma.array(values, mask=mask)


MISSING_LABELS = [
    masked_first,
    lambda y: np.concatenate([[np.nan], y[1:]]),
    lambda y: np.concatenate([[None], y[1:].astype(object)]),
    lambda y: pd.Series([pd.NA, *y[1:].tolist()], dtype="Int64"),
]


@pytest.mark.parametrize("change", MISSING_LABELS)
@pytest.mark.parametrize("call", [lambda X, y: search().fit(X, y), lambda X, y: generator_quality(X, y, Bootstrap())])
def test_missing_labels_are_said_to_be_missing(call, change):
    X, y = two_classes()
    with pytest.raises(ValueError, match="y must have no missing labels"):
        call(X, change(y))


def test_labels_of_two_kinds_are_refused():
    X, y = two_classes()
    mixed = np.array(["a" if label else 1 for label in y], dtype=object)
    for call in (search().fit, lambda X, y: generator_quality(X, y, Bootstrap())):
        with pytest.raises(TypeError, match="labels of one kind, got a mixture of int, text"):
            call(X, mixed)


@pytest.mark.parametrize(
    ("make", "minority"),
    [
        (lambda y: y.astype(object), 1),
        (lambda y: pd.Series(y, dtype="Int64"), 1),
        (lambda y: pd.Series(y == 1, dtype="boolean"), True),
    ],
)
def test_labels_keep_their_kind(make, minority):
    X, y = two_classes()
    found = search().fit(X, make(y))
    assert found.minority_label_ == minority
    assert found.predict(X).dtype.kind == ("b" if minority is True else "i")


def test_three_classes_are_named_with_a_way_out():
    X, y = two_classes()
    y[:5] = 2
    with pytest.raises(ValueError, match=r"got \[0, 1, 2\]; set one against the rest with y == label"):
        search().fit(X, y)


@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        (["a"] * 120, TypeError, r"numeric columns only, got 'kind'"),
        (pd.Categorical(["a", "b"] * 60), TypeError, r"numeric columns only, got 'kind' \(category\)"),
        (pd.Timestamp("2020-01-01"), TypeError, r"numeric columns only, got 'kind' \(datetime"),
        ([np.nan] + [1.0] * 119, ValueError, "missing values in 'kind'"),
    ],
)
def test_columns_that_do_not_fit_are_named(column, error, message):
    X, y = two_classes()
    with pytest.raises(error, match=message):
        search().fit(pd.DataFrame(X, columns=["u", "v"]).assign(kind=column), y)


def test_masked_entries_are_refused_at_every_door():
    X, y = two_classes()
    with pytest.raises(ValueError, match="X must have no masked entries"):
        search().fit(masked_first(X), y)
    fitted = search().fit(X, y)
    for method in (fitted.predict, fitted.predict_proba, fitted.decision_function):
        with pytest.raises(ValueError, match="X must have no masked entries"):
            method(masked_first(X))


def test_missing_values_are_refused_in_predictions_whatever_the_table():
    X, y = two_classes()
    frame = pd.DataFrame(X, columns=["u", "v"])
    fitted = search(estimator=HistGradientBoostingClassifier(max_iter=2)).fit(frame, y)
    with pytest.raises(ValueError, match="missing values in 'u'"):
        fitted.predict(frame.assign(u=np.nan))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (lambda y: y[:-1], r"one label for each of the 120 rows of X, got shape \(119,\)"),
        (lambda y: y[:, None], r"got shape \(120, 1\)"),
        (lambda y: y + 1, r"y must hold labels of fit, \[0, 1\], got \[2\]"),
        (masked_first, "no missing labels"),
    ],
)
def test_labels_to_score_are_checked(labels, message):
    X, y = two_classes()
    fitted = search().fit(X, y)
    with pytest.raises(ValueError, match=message):
        fitted.score(X, labels(y))


def test_splits_that_cannot_serve_are_described():
    X, y = two_classes()
    with pytest.raises(ValueError, match=r"cv must make at least one split, got none from \[\]"):
        search(cv=[]).fit(X, y)
    places = np.arange(120)
    splits = [(places[::2], places[1::2]), (places[::2], places[:5])]
    with pytest.raises(ValueError, match="got 5 row.* and 0 of the minority in the held-out part of split 1"):
        search(cv=splits).fit(X, y)


@pytest.mark.parametrize("given", ["fine", [1, 2], None])
def test_scorers_must_give_a_number(given):
    X, y = two_classes()
    with pytest.raises(TypeError, match="scoring='odd' must give a number"):

        def odd(estimator, X, y):
            return given

        search(scoring=odd).fit(X, y)


class Quiet:
    """A generator whose `fit` returns nothing."""

    def fit(self, minority, majority=None):
        self.rows = minority

    def sample(self, n, rng):
        return self.rows[rng.integers(len(self.rows), size=n)]


def test_a_generator_need_not_return_itself():
    X, y = two_classes()
    assert search(generator=Quiet()).fit(X, y).deficit_ == 60
    assert generator_quality(X, y, Quiet(), random_state=0).score >= 0


def test_the_test_of_symmetry_speaks_of_the_users_labels_and_columns():
    X, y = two_classes()
    frame, labels = pd.DataFrame(X, columns=["age", "dose"]), np.where(y, "ill", "well")
    found = search().fit(frame, labels).symmetry_
    assert found.labels == ("well", "ill")
    assert found.names == ("age", "dose", "intercept")
    scaler = StandardScaler().set_output(transform="pandas")
    assert search(estimator=make_pipeline(scaler, LogisticRegression())).fit(frame, labels).symmetry_.names[0] == "age"


def test_a_failed_test_of_symmetry_leaves_given_multipliers_alone():
    X, y = two_classes()
    with pytest.warns(UserWarning, match="symmetry failed: .* The multipliers are compared as they were given"):
        found = search().fit(np.column_stack([X, X[:, 0]]), y)
    assert found.candidates_.multipliers == (0.0, 1.0)


@pytest.mark.parametrize(
    ("scoring", "label"),
    [
        ("balanced_squared_error", "validation balanced squared error"),
        ("neg_log_loss", "validation log loss"),
        ("roc_auc", "minus validation roc auc"),
    ],
)
def test_the_axis_of_the_plot_says_what_is_drawn(scoring, label):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    found = search(scoring=scoring).fit(*two_classes())
    assert found.plot(Figure().subplots()).get_ylabel() == label


def test_the_quality_score_takes_what_the_search_takes():
    X, y = two_classes(31, 30)
    assert generator_quality(X, y, Jitter(), random_state=np.random.RandomState(0)).n_synthetic == 2
    for folds in ("three", None, [(np.arange(61), np.arange(61))]):
        with pytest.raises(TypeError, match="folds must be an integer or a splitter"):
            generator_quality(X, y, Jitter(), folds=folds)


def test_the_quality_score_does_not_lose_its_digits_unseen():
    X, y = two_classes()
    near, shifted = (generator_quality(X + shift, y, SMOTE(), random_state=0).score for shift in (0.0, 1e4))
    assert shifted == pytest.approx(near, rel=1e-4)
    with pytest.raises(ValueError, match="condition number .* standardise the columns"):
        generator_quality(X + 1e9, y, SMOTE(), random_state=0)
    scaled = generator_quality(X + 1e9, y, SMOTE(), random_state=0, transformer=StandardScaler()).score
    assert scaled == pytest.approx(
        generator_quality(X, y, SMOTE(), random_state=0, transformer=StandardScaler()).score, rel=1e-4
    )
