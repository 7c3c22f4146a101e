"""The search: what it compares, what it sees, what it chooses and what it refuses."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import ShuffleSplit, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mixtheory.imbalance.generators import SMOTE, Bootstrap, GaussianFit, Oracle
from mixtheory.imbalance.size import SyntheticSizeSearchCV
from mixtheory.imbalance.size.results import choose, compare_with_balancing, cv_table
from mixtheory.imbalance.size.scoring import CLIP, as_scoring, balanced_log_loss, balanced_squared_error

GRID = [0.0, 0.5, 1.0, 1.5]


class Refitted(LogisticRegression):
    """A subclass is not served by the Newton path."""


class SpyTransformer(TransformerMixin, BaseEstimator):
    """Passes rows through; every fitted copy writes down what it was fitted to and what it transformed later."""

    log: list = []

    def fit(self, X, y=None):
        self.seen_ = {"fit": X[:, 0].copy(), "later": []}
        self.log.append(self.seen_)
        return self

    def fit_transform(self, X, y=None):
        self.fit(X)
        return X[:, 1:]

    def transform(self, X):
        self.seen_["later"].append(X[:, 0].copy())
        return X[:, 1:]


class SpyGenerator(Bootstrap):
    log: list = []
    sizes: list = []

    def fit(self, X_minority, X_majority=None):
        self.log.append(np.concatenate([X_minority[:, 0], X_majority[:, 0]]))
        return super().fit(X_minority, X_majority)

    def sample(self, n, rng):
        self.sizes.append(n)
        return super().sample(n, rng)


@pytest.fixture
def spies():
    SpyTransformer.log.clear()
    SpyGenerator.log.clear()
    SpyGenerator.sizes.clear()
    return SpyTransformer, SpyGenerator


def two_classes(n_majority=200, n_minority=40, shift=1.5, d=3, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_majority + n_minority, d))
    X[n_majority:, 0] += shift
    order = rng.permutation(len(X))
    return X[order], np.repeat([0, 1], [n_majority, n_minority])[order]


def search(estimator=None, generator=None, **options):
    options = {"multipliers": GRID, "test_symmetry": False, "random_state": 0, **options}
    return SyntheticSizeSearchCV(estimator or LogisticRegression(), generator or SMOTE(), **options)


@pytest.mark.parametrize("multipliers", [GRID, "auto", "bias_aware"])
def test_no_held_out_row_is_seen(spies, multipliers):
    transformer, generator = spies
    X, y = two_classes()
    X = np.column_stack([np.arange(len(X)), X])
    splits = list(StratifiedKFold(4, shuffle=True, random_state=1).split(X, y))
    model = make_pipeline(transformer(), LogisticRegression())
    options = {"multipliers": multipliers, "cv": splits, "test_symmetry": multipliers is not GRID}
    found = search(model, generator(), **options).fit(X, y)
    # what judged a model is what it transformed after it was fitted
    judged = [seen for seen in transformer.log if seen["later"]]
    fitted_to = [set(rows) for rows in generator.log]
    for train, test in splits:
        # the generator was fitted to the training rows, all of them and no others, once
        assert fitted_to.count(set(train)) == 1
        models = [seen for seen in judged if set(np.concatenate(seen["later"])) == set(test)]
        assert len(models) >= 4
        # synthetic rows are copies of minority rows here, and carry their places
        assert all(set(seen["fit"]) == set(train) for seen in models)
    refits = int(found.best_size_ > 0)
    if multipliers is GRID:
        assert len(judged) == 4 * len(GRID)
        assert len(fitted_to) == 4 + refits
    else:
        # the quality score fits the generator, and a transformer each, to folds of its own
        assert len(fitted_to) == 3 + 4 + refits
        assert found.gqs_ is not None
        for rows in fitted_to[:3]:
            assert len(rows) == len(X) * 2 / 3
            assert [set(seen["fit"]) for seen in transformer.log].count(rows) == 1
    assert all(len(rows) < len(X) for rows in fitted_to[: len(fitted_to) - refits])


def test_sizes_are_prefixes_of_one_sample(spies):
    transformer, generator = spies
    X, y = two_classes()
    X = np.column_stack([np.arange(len(X)), X])
    splits = list(StratifiedKFold(2).split(X, y))
    search(make_pipeline(transformer(), LogisticRegression()), generator(), cv=splits, repeats=2).fit(X, y)
    assert len(generator.log) == 4 + 1
    assert generator.sizes[:4] == [round(1.5 * 80)] * 4
    fits = [seen["fit"] for seen in transformer.log[:16]]
    for group in (fits[k : k + 4] for k in range(0, 16, 4)):
        assert [len(rows) - 120 for rows in group] == [0, 40, 80, 120]
        for small, large in zip(group, group[1:], strict=False):
            assert np.array_equal(small, large[: len(small)])
    # another repeat has other synthetic rows of the same training rows
    assert np.array_equal(fits[0], fits[8])
    assert not np.array_equal(np.sort(fits[3][-120:]), np.sort(fits[11][-120:]))


@pytest.mark.parametrize(
    ("scoring", "labels"),
    [
        ("balanced_log_loss", (0, 1)),
        ("balanced_squared_error", ("rare?", "common")),
        ("roc_auc", (True, False)),
        ("neg_log_loss", ("rare?", "common")),
    ],
)
def test_the_newton_path_gives_what_refitting_gives(scoring, labels):
    X, codes = two_classes()
    y = np.array(labels)[codes]
    options = {"C": 0.5, "solver": "newton-cholesky", "tol": 1e-8}
    for wrap in (lambda model: model, lambda model: make_pipeline(StandardScaler(), model)):
        fast = search(wrap(LogisticRegression(**options)), scoring=scoring, cv=2).fit(X * [1, 10, 0.1], y)
        slow = search(wrap(Refitted(**options)), scoring=scoring, cv=2).fit(X * [1, 10, 0.1], y)
        assert fast.best_size_ == slow.best_size_
        assert fast.minority_label_ == labels[1]
        assert np.allclose(fast.cv_results_["mean_test_score"], slow.cv_results_["mean_test_score"], rtol=1e-6)
        assert np.allclose(fast.predict_proba(X), slow.predict_proba(X), atol=1e-6)


def test_a_table_of_results_is_laid_out_as_in_scikit_learn():
    X, y = two_classes()
    found = search(cv=3, repeats=2).fit(X, y)
    results = found.cv_results_
    scores = np.array([results[f"split{k}_test_score"] for k in range(6)])
    assert "split6_test_score" not in results
    assert np.allclose(results["mean_test_score"], scores.mean(axis=0))
    assert np.allclose(results["std_test_score"], scores.std(axis=0))
    assert np.allclose(results["sem_test_score"], scores.std(axis=0, ddof=1) / np.sqrt(6))
    assert np.allclose(results["mean_test_loss"], -results["mean_test_score"])
    assert np.allclose(results["split2_test_loss"], -results["split2_test_score"])
    assert [entry["multiplier"] for entry in results["params"]] == GRID
    assert results["size"].tolist() == [0, 80, 160, 240]
    assert results["rank_test_score"][found.best_index_] == 1
    assert found.best_score_ == results["mean_test_score"].max()
    assert len(pd.DataFrame(results)) == 4


def test_the_losses_are_those_of_the_fitted_models():
    X, y = two_classes()
    splits = list(StratifiedKFold(3).split(X, y))
    found = search(Refitted(), multipliers=[0.0], cv=splits).fit(X, y)
    for k, (train, test) in enumerate(splits):
        p = Refitted().fit(X[train], y[train]).predict_proba(X[test])[:, 1]
        by_hand = 0.5 * (-np.log(p[y[test] == 1]).mean() - np.log(1 - p[y[test] == 0]).mean())
        assert found.cv_results_[f"split{k}_test_loss"][0] == pytest.approx(by_hand)
    assert found.best_size_ == 0
    assert np.allclose(found.predict_proba(X), Refitted().fit(X, y).predict_proba(X))
    # 0 and 1 are judged, but only what is asked for is chosen
    assert found.cv_results_["param_multiplier"].tolist() == [0.0, 1.0]
    assert found.cv_results_["is_candidate"].tolist() == [True, False]


def test_it_may_choose_to_add_nothing():
    # synthetic rows on the far side of the majority turn the slope around
    X, y = two_classes(shift=2.0)
    wrong = Oracle(lambda rng, n: rng.normal(size=(n, 3)) - [6.0, 0.0, 0.0])
    found = search(generator=wrong, scoring="balanced_accuracy").fit(X, y)
    assert found.best_size_ == 0
    assert found.best_multiplier_ == 0.0
    assert found.differs_from_balancing_
    assert found.balance_comparison_.difference < 0


def test_balanced_classes_get_nothing():
    X, y = two_classes(60, 60)
    for multipliers in (GRID, "auto"):
        found = search(multipliers=multipliers, test_symmetry=True).fit(X, y)
        assert (found.best_size_, found.best_multiplier_, found.deficit_) == (0, 0.0, 0)
        assert not found.differs_from_balancing_


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_the_number_of_jobs_changes_nothing(backend):
    X, y = two_classes(60, 20)
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    with joblib.parallel_config(backend=backend):
        alone, together = (search(tree, cv=2, scoring="balanced_accuracy", n_jobs=jobs).fit(X, y) for jobs in (1, 2))
    for name, values in alone.cv_results_.items():
        assert np.array_equal(values, together.cv_results_[name])
    assert alone.best_size_ == together.best_size_


def test_a_random_state_fixes_all():
    X, y = two_classes()
    state = np.random.SeedSequence(5)
    first, second = search(random_state=state).fit(X, y), search(random_state=state).fit(X, y)
    other = search(random_state=6).fit(X, y)
    assert np.array_equal(first.cv_results_["mean_test_score"], second.cv_results_["mean_test_score"])
    assert not np.array_equal(first.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"])
    for kind in (np.random.RandomState(0), np.random.default_rng(0), None):
        search(random_state=kind, cv=2, multipliers=[1.0]).fit(X, y)
    with pytest.raises(ValueError, match="random_state"):
        search(random_state="seed").fit(X, y)


def test_one_standard_error_prefers_less():
    scores = np.array([[0.0, 0.9, 1.0, 0.95], [0.0, 1.1, 1.2, 1.3], [0.0, 1.0, 1.1, 0.6]])
    sizes = np.arange(4)
    table = cv_table(scores, sizes / 2, sizes, np.ones(4, dtype=bool))
    assert choose(table, one_se_rule=False) == 2
    # the best one's standard error is 0.0577: 1.0 is too low by 0.1 - 0.0577
    assert choose(table, one_se_rule=True) == 2
    scores[:, 1] += 0.05
    assert choose(cv_table(scores, sizes / 2, sizes, np.ones(4, dtype=bool)), one_se_rule=True) == 1
    assert choose(cv_table(scores, sizes / 2, sizes, sizes != 2), one_se_rule=False) == 1
    # of equals the smallest, and a single split has no standard error
    assert choose(cv_table(np.zeros((1, 4)), sizes / 2, sizes, np.ones(4, dtype=bool)), one_se_rule=True) == 0


def test_the_choice_is_compared_with_balancing_split_by_split():
    rng = np.random.default_rng(0)
    hard = rng.normal(size=(8, 1))
    scores = hard * 10 + np.array([0.0, 0.3]) + 0.1 * rng.normal(size=(8, 2))
    found = compare_with_balancing(scores, 1, 0)
    differences = scores[:, 0] - scores[:, 1]
    assert found.difference == pytest.approx(differences.mean())
    assert found.standard_error == pytest.approx(differences.std(ddof=1) / np.sqrt(8))
    # the splits' own scatter, 10, would hide it
    assert found.differs
    assert not compare_with_balancing(scores, 0, 0).differs
    assert not compare_with_balancing(scores[:1], 1, 0).differs


def test_balanced_losses_weigh_the_classes_alike():
    p, minority = np.array([0.9, 0.2, 0.1, 0.6]), np.array([True, False, False, False])
    by_hand = 0.5 * (-np.log(0.9) - (np.log(0.8) + np.log(0.9) + np.log(0.4)) / 3)
    assert balanced_log_loss(p, minority) == pytest.approx(by_hand)
    assert balanced_squared_error(p, minority) == pytest.approx(0.5 * (0.01 + (0.04 + 0.01 + 0.36) / 3))
    both = balanced_log_loss(np.stack([p, 1 - p]), minority)
    assert both.shape == (2,)
    assert both[0] == pytest.approx(by_hand)
    # as many more majority rows of the same kind change nothing
    assert balanced_log_loss(np.r_[p, p[1:]], np.r_[minority, minority[1:]]) == pytest.approx(by_hand)
    assert balanced_log_loss([0.0, 0.0], np.array([True, False])) == pytest.approx(-0.5 * np.log(CLIP))
    with pytest.raises(ValueError, match="minority"):
        balanced_log_loss(p, np.zeros(4, dtype=bool))
    with pytest.raises(ValueError, match="probability"):
        balanced_log_loss(2 * p, minority)


def test_scorers_are_larger_for_better_models():
    X, y = two_classes(shift=2.5)
    auc = make_scorer(roc_auc_score, response_method="predict_proba")
    model = LogisticRegression(tol=1e-10)
    by_name, by_callable = (search(model, scoring=scoring).fit(X, y) for scoring in ("roc_auc", auc))
    assert np.allclose(by_name.cv_results_["mean_test_score"], by_callable.cv_results_["mean_test_score"])
    assert by_name.best_score_ > 0.8
    assert by_name.score(X, y) == pytest.approx(roc_auc_score(y, by_name.predict_proba(X)[:, 1]))
    loss = search().fit(X, y)
    assert loss.score(X, y) == pytest.approx(-balanced_log_loss(loss.predict_proba(X)[:, 1], y == 1))
    own = search(scoring=None).fit(X, y)
    assert own.score(X, y) == pytest.approx(np.mean(own.predict(X) == y))
    with pytest.raises(ValueError, match="balanced_log_loss"):
        as_scoring("balanced_logloss", None)
    with pytest.raises(TypeError, match="scoring"):
        as_scoring(3, None)


def test_models_without_probabilities_need_another_scoring():
    X, y = two_classes()
    with pytest.raises(ValueError, match="predict_proba"):
        search(RidgeClassifier()).fit(X, y)
    found = search(RidgeClassifier(), scoring="balanced_accuracy").fit(X, y)
    assert not hasattr(found, "predict_proba")
    assert found.decision_function(X).shape == y.shape
    assert found.calibration_ is None


def test_data_frames_reach_the_estimator():
    X, y = two_classes()
    frame = pd.DataFrame(X, columns=["a", "b", "c"], index=np.arange(len(X))[::-1])
    model = make_pipeline(ColumnTransformer([("some", StandardScaler(), ["a", "c"])]), LogisticRegression())
    found = search(model, multipliers="auto", test_symmetry=True).fit(frame, pd.Series(y, index=frame.index))
    assert found.feature_names_in_.tolist() == ["a", "b", "c"]
    plain = make_pipeline(ColumnTransformer([("some", StandardScaler(), [0, 2])]), LogisticRegression())
    same = search(plain, multipliers="auto", test_symmetry=True).fit(X, y)
    assert np.allclose(found.cv_results_["mean_test_score"], same.cv_results_["mean_test_score"])
    assert np.allclose(found.predict_proba(frame), same.predict_proba(X))
    with pytest.raises(TypeError, match="numeric columns"):
        search(model).fit(frame.assign(b=frame["b"].astype(str)), y)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda X, y: (csr_array(X), y), TypeError, "dense"),
        (lambda X, y: (np.where(X > 2, np.nan, X), y), ValueError, "NaN"),
        (lambda X, y: (X, np.zeros_like(y)), ValueError, "one class"),
        (lambda X, y: (X, y + (np.arange(len(y)) % 2)), ValueError, "Only binary classification is supported"),
        (lambda X, y: (X, X[:, 0]), ValueError, "Unknown label type"),
        (lambda X, y: (X, np.arange(len(y)) < 4), ValueError, "at least 5 rows of each class, got 4 of class True"),
        (lambda X, y: (X[:1], y[:1]), ValueError, "minimum of 2"),
    ],
)
def test_bad_data_are_refused(change, error, message):
    X, y = change(*two_classes())
    with pytest.raises(error, match=message):
        search().fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"multipliers": "automatic"}, "auto"),
        ({"multipliers": []}, "multipliers"),
        ({"multipliers": [0.0, -1.0]}, "multipliers"),
        ({"multipliers": [[0.0, 1.0]]}, "multipliers"),
        ({"cv": 1}, "cv"),
        ({"cv": ShuffleSplit(3, test_size=1, random_state=0)}, "both classes"),
        ({"repeats": 0}, "repeats"),
        ({"gqs_threshold": np.nan}, "gqs_threshold"),
        ({"test_symmetry": 1}, "test_symmetry"),
        ({"one_se_rule": "yes"}, "one_se_rule"),
        ({"scoring": "no_such"}, "scoring"),
        ({"generator": LogisticRegression()}, "generator"),
        ({"generator": SMOTE}, "generator"),
    ],
)
def test_bad_parameters_are_named(options, message):
    X, y = two_classes()
    with pytest.raises((TypeError, ValueError), match=message):
        search(**options).fit(X, y)


class Faulty:
    """No estimator, just the two methods; returns what `change` makes of good rows."""

    def __init__(self, change):
        self.change = change

    def fit(self, X_minority, X_majority=None):
        self.rows = X_minority
        return self

    def sample(self, n, rng):
        return self.change(self.rows[rng.integers(len(self.rows), size=n)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "shape"),
        (lambda rows: rows[:, :-1], "shape"),
        (lambda rows: rows.astype(str), "real numbers"),
        (lambda rows: rows * np.nan, "finite"),
        (lambda rows: (rows, np.ones(len(rows))), "tuple"),
        (lambda rows: csr_array(rows), "dense"),
    ],
)
def test_faulty_generators_are_named(change, message):
    X, y = two_classes()
    with pytest.raises((TypeError, ValueError), match=message):
        search(generator=Faulty(change)).fit(X, y)


def test_any_object_with_the_two_methods_will_do():
    X, y = two_classes()
    assert search(generator=Faulty(lambda rows: rows)).fit(X, y).best_size_ > 0


def test_too_few_rows_for_the_neighbours_are_an_error():
    X, y = two_classes(60, 6)
    with pytest.raises(ValueError, match="minority rows"):
        search(generator=SMOTE(k_neighbors=5), cv=5).fit(X, y)
    assert search(generator=Bootstrap(), cv=5).fit(X, y).deficit_ == 54


def test_the_plot_marks_balance_and_choice():
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    X, y = two_classes()
    found = search(multipliers=[0.0, 0.5, 1.5], generator=GaussianFit()).fit(X, y)
    ax = found.plot(Figure().subplots())
    assert isinstance(ax, matplotlib.axes.Axes)
    lines = {line.get_label(): line.get_xdata() for line in ax.get_lines()}
    assert lines["balanced, 160"] == [160, 160]
    assert lines[f"choice, {found.best_size_}"] == [found.best_size_] * 2
    curve, reference = ax.containers
    assert curve.lines[0].get_xdata().tolist() == [0, 80, 240]
    assert reference.lines[0].get_xdata().tolist() == [160]
    assert np.allclose(curve.lines[0].get_ydata(), found.cv_results_["mean_test_loss"][[0, 1, 3]])
    bars = curve.lines[2][0].get_segments()
    assert np.ptp(bars[0][:, 1]) == pytest.approx(2 * found.cv_results_["sem_test_score"][0])
    assert ax.get_ylabel() == "validation balanced log loss"
