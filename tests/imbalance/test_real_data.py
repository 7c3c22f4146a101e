"""Tuned sizes and rivals on real and simulated data: what is fitted to what, the measures, the designs of studies."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtheory import imbalanced_datasets
from mixtheory.imbalance.generators import ADASYN, SMOTE, BorderlineSMOTE, MinorityGenerator, Scaled
from mixtheory.imbalance.size import SyntheticSizeSearchCV, calibration
from mixtheory.imbalance.studies import configurations, methods, real_data, simulated_data
from mixtheory.imbalance.studies.baselines import balanced_weights, fit_balanced
from mixtheory.imbalance.studies.methods import GRID, MEASURES, METHODS, RIVALS, TUNED, Contest, judge
from mixtheory.publishing.figures import load_script


class Table(ClassifierMixin, BaseEstimator):
    """Probabilities that are handed in as the only column."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


@pytest.mark.parametrize("seed", range(4))
def test_measures_against_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [80, 20])
    p = np.clip(rng.beta(2, 3, size=100) + 0.2 * y, 0.01, 0.99).round(2)
    found = judge(Table(), p[:, None], y)
    weights = np.where(y, 2.5, 0.625)
    assert set(found) == set(MEASURES)
    assert found["balanced_log_loss"] == pytest.approx(log_loss(y, p, sample_weight=weights))
    assert found["auc"] == pytest.approx(roc_auc_score(y, p))
    assert found["balanced_brier"] == pytest.approx(brier_score_loss(y, p, sample_weight=weights))
    assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, p > 0.5))
    assert found["prevalence_error"] == pytest.approx(np.average(p, weights=weights) - 0.5)


def test_the_calibration_error_of_equal_classes():
    rng = np.random.default_rng(0)
    p = rng.random(2000)
    y = np.sort(rng.random(2000) < 0.5).astype(int)
    y[:1000], y[1000:] = 0, 1
    mine = judge(Table(), p[:, None], y)["calibration_error"]
    # with equal classes the weights are even
    assert mine == pytest.approx(calibration(p, y, strategy="uniform").expected_error)
    assert judge(Table(), np.full((40, 1), 0.5), np.repeat([0, 1], [30, 10]))["calibration_error"] == pytest.approx(0)


@pytest.fixture(scope="module")
def rows():
    return configurations.configuration("linear").sample(np.random.default_rng(3), 300, 40)


@pytest.fixture(scope="module")
def fitted(rows):
    estimator = make_pipeline(StandardScaler(), LogisticRegression())
    return Contest(estimator, Scaled(SMOTE()), estimator, cv=3, threshold_folds=3).fit(*rows, 5)


def test_every_method_is_fitted_as_it_says(rows, fitted):
    X, y = rows
    assert tuple(fitted.models) == METHODS == (*RIVALS, *TUNED)
    p = {name: model.predict_proba(X)[:, 1] for name, model in fitted.models.items()}
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    np.testing.assert_allclose(p["none"], clone(plain).fit(X, y).predict_proba(X)[:, 1], rtol=1e-6)
    weighted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced")).fit(X, y)
    np.testing.assert_allclose(p["class_weights"], weighted.predict_proba(X)[:, 1], rtol=1e-4)
    # equal priors leave the likelihood ratio
    share = y.mean()
    expected = (p["none"] / share) / (p["none"] / share + (1 - p["none"]) / (1 - share))
    np.testing.assert_allclose(p["prior_correction"], expected, rtol=1e-6)
    balanced = fit_balanced(plain, Scaled(SMOTE()), X, y, np.random.default_rng(5))
    np.testing.assert_allclose(p["balancing"], balanced.predict_proba(X)[:, 1], rtol=1e-6)


def test_the_searches_are_the_tool(rows, fitted):
    X, y = rows
    for tuned, multipliers in (("vtss", GRID), ("tg_vtss", fitted.diagnosis.candidates.multipliers)):
        search = SyntheticSizeSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression()),
            Scaled(SMOTE()),
            multipliers=multipliers,
            cv=3,
            test_symmetry=False,
            random_state=5,
        ).fit(X, y)
        assert fitted.searches[tuned].best_multiplier_ == search.best_multiplier_
        np.testing.assert_allclose(fitted.models[tuned].predict_proba(X), search.predict_proba(X))
    choices = fitted.choices()
    assert choices["multiplier_vtss"] in GRID
    assert choices["multiplier_tg_vtss"] in fitted.diagnosis.candidates.multipliers
    assert {choices[name] for name in ("symmetric", "biased", "diagnosed")} <= {0.0, 1.0}


@pytest.mark.parametrize("most", [5, 9, 11, 41])
def test_thinned_candidates(most):
    thinned = Contest(None, None, None, 3, 3, most)._thin(GRID)
    assert len(thinned) == most and thinned[0] == 0.0 and thinned[-1] == 2.0
    if most == 9:
        np.testing.assert_allclose(thinned, np.arange(9) / 4)
    assert Contest(None, None, None, 3, 3, most)._thin((0.0, 0.2)) == (0.0, 0.2)


def test_one_search_serves_equal_grids():
    # separated classes: no diagnosis, so that both tuned methods compare the plain grid
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(80, 2)), rng.normal(size=(20, 2)) + 20])
    found = Contest(LogisticRegression(), SMOTE(), LogisticRegression(), 3, 3, most=3).fit(
        X, np.repeat([0, 1], [80, 20]), 0
    )
    assert found.searches["vtss"] is found.searches["tg_vtss"]
    assert found.choices()["diagnosed"] == 0.0 and np.isnan(found.choices()["quality"])


@pytest.mark.parametrize("generator", [Scaled(ADASYN()), Scaled(BorderlineSMOTE())])
def test_the_second_generator_where_the_first_cannot_be_fitted(generator):
    rng = np.random.default_rng(0)
    minority, majority = rng.normal(size=(20, 2)), rng.normal(size=(60, 2)) + 50
    either = real_data.OrElse(generator, Scaled(SMOTE())).fit(minority, majority)
    assert either.fell_back_
    alone = Scaled(SMOTE()).fit(minority, majority).sample(7, np.random.default_rng(1))
    np.testing.assert_array_equal(either.sample(7, np.random.default_rng(1)), alone)
    near = real_data.OrElse(generator, Scaled(SMOTE())).fit(minority, majority - 49)
    assert not near.fell_back_ and near.generator_ is not generator


@pytest.mark.parametrize("name", real_data.GENERATORS)
def test_generators_serve_unlike_sets(name):
    # few rows, many columns, separated classes
    for dataset in ("appendicitis", "spectf", "shuttle_c0_vs_c4"):
        data = imbalanced_datasets.load(dataset)
        X, y = data.X.to_numpy(), data.y.to_numpy() == 1
        made = real_data._GENERATORS[name]()
        assert isinstance(made, (MinorityGenerator, real_data.OrElse))
        assert np.isfinite(made.fit(X[y][::2], X[~y][:200]).sample(10, np.random.default_rng(0))).all()


@pytest.mark.parametrize("model", real_data.MODELS)
def test_a_split_of_real_data(model):
    rng = np.random.default_rng(0)
    found = real_data.tune_and_test(rng, 1, dataset="new_thyroid1", model=model, generator="smote")
    assert set(real_data.OUTPUTS) <= set(found)
    assert all(values.shape == (1,) for values in found.values())
    assert all(np.isfinite(found[name]).all() for name in real_data.OUTPUTS)
    for measure in real_data.DIFFERENCES:
        pair = found[f"{measure}_difference_tg_vtss_none"]
        assert pair == pytest.approx(found[f"{measure}_tg_vtss"] - found[f"{measure}_none"])


def test_generators_share_splits():
    outcomes = [
        real_data.tune_and_test(np.random.default_rng(4), 1, dataset="appendicitis", model="logistic", generator=name)
        for name in ("jitter", "gaussian_fit")
    ]
    for method in ("none", "class_weights", "prior_correction", "threshold_moving"):
        name = f"balanced_log_loss_{method}"
        assert outcomes[0][name] == outcomes[1][name]


def test_no_held_out_row_is_seen(monkeypatch):
    seen = []

    class Spy:
        def fit(self, X, y, seed):
            seen.append((X, y))
            models = dict.fromkeys(METHODS, Table())
            return type("F", (), {"models": models, "choices": lambda self: {}})()

        generator = Scaled(SMOTE())

    data = imbalanced_datasets.load("glass6")
    with np.errstate(all="ignore"):
        monkeypatch.setattr(Table, "predict_proba", lambda self, X: seen.append(X) or np.full((len(X), 2), 0.5))
        real_data._one_split("glass6", Spy(), np.random.default_rng(0))
    (X, y), tested = seen[0], seen[1]
    held_out = pd.DataFrame(tested, columns=data.X.columns)
    assert len(X) + len(held_out) == data.n_rows
    assert y.sum() == 29 - round(0.3 * 29)
    # the set has one repeated row
    assert len(pd.merge(pd.DataFrame(X, columns=data.X.columns), held_out)) <= 1


def test_tables_by_method_and_by_pair():
    rows = [{"dataset": "a", "metric": name, "estimate": float(k)} for k, name in enumerate(real_data.OUTPUTS)]
    frame = pd.DataFrame(rows)
    losses = real_data.losses(frame, "balanced_log_loss")
    assert losses["method"].tolist() == list(METHODS)
    pairs = real_data.tuned_minus_others(frame, "balanced_log_loss")
    assert len(pairs) == 11 and set(pairs["tuned"]) == set(TUNED)
    assert ("tg_vtss", "vtss") in set(zip(pairs["tuned"], pairs["rival"], strict=True))
    for one in pairs.itertuples():
        assert one.metric == f"balanced_log_loss_difference_{one.tuned}_{one.rival}"
    with pytest.raises(ValueError, match="measure"):
        real_data.losses(frame, "log_loss")


def test_a_simulated_data_set():
    found = simulated_data.tune_and_test(np.random.default_rng(0), 1, configuration="linear", n_minority=30, n_test=500)
    curve = np.array([found[f"test_loss_{m:.1f}"][0] for m in simulated_data.CURVE])
    # without synthetic rows the curve starts at the loss of doing nothing, and it falls steeply
    assert curve[0] == pytest.approx(found["balanced_log_loss_none"][0], rel=1e-6) and curve[10] < 0.7 * curve[0]
    validation = np.array([found[f"validation_loss_{m:.1f}"][0] for m in simulated_data.CURVE])
    assert np.isfinite(validation).all() and validation.argmin() > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: real_data.tune_and_test(rng, 1, dataset="glass", model="logistic", generator="smote"), "glass6"),
        (lambda rng: real_data.tune_and_test(rng, 1, dataset="glass6", model="trees", generator="smote"), "model"),
        (lambda rng: real_data.contest("logistic", "smot"), "did you mean 'smote'"),
        (
            lambda rng: simulated_data.tune_and_test(rng, 1, configuration="line", n_minority=30, n_test=9),
            "configuration",
        ),
        (
            lambda rng: simulated_data.tune_and_test(rng, 1, configuration="linear", n_minority=3, n_test=9),
            "n_minority",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))


def test_settings_are_those_that_are_documented():
    logistic, boosting = (real_data.contest(model, "smote") for model in real_data.MODELS)
    assert (logistic.cv, logistic.most, boosting.cv, boosting.most) == (5, None, 3, 9)
    assert set(methods.METHODS) >= {"none", "class_weights", "balancing"}


def test_the_working_regression_is_the_penalised_one(rows):
    X, y = rows
    working = methods.WorkingRegression(C=0.1, tol=1e-10, max_iter=1000)
    # weights with which both classes weigh the same and the rows n in all, as the pilot of the diagnosis has them
    weights = balanced_weights(y)
    mine = working.working_loss.minimise(np.column_stack([X, np.ones(len(y))]), y, weights)
    theirs = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(mine, [*theirs.coef_[0], *theirs.intercept_], atol=1e-6)


def test_separated_classes_have_a_diagnosis_with_a_penalty():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(200, 2)), rng.normal(size=(30, 2)) + 8])
    y = np.repeat([0, 1], [200, 30])
    found = [
        Contest(LogisticRegression(), SMOTE(), working, 3, 3, most=3).fit(X, y, 0).choices()["diagnosed"]
        for working in (LogisticRegression(), methods.WorkingRegression())
    ]
    assert found == [0.0, 1.0]


def test_the_diagnosis_of_real_data_is_that_of_the_tool():
    data = imbalanced_datasets.load("fair_thinned")
    X, y = data.X.to_numpy()[::3], data.y.to_numpy()[::3]
    for model in real_data.MODELS:
        one = real_data.contest(model, "gaussian_fit")
        search = SyntheticSizeSearchCV(one.working, one.generator, cv=2, random_state=0).fit(X, y)
        assert one._diagnose(X, y, 0).symmetry.statistic == pytest.approx(search.symmetry_.statistic)


def test_the_primary_comparison_is_part_of_the_design_and_in_the_figure():
    root = Path(__file__).parents[2]
    script = load_script(root / "simulations" / "synthetic_size_real.py")
    figure = load_script(root / "figures" / "synthetic_size_real.py")
    style = load_script(root / "figures" / "style.py")
    name = f"{script.PRIMARY_METRIC}_difference_{script.PRIMARY_TUNED}_{script.PRIMARY_RIVAL}"
    assert name in {metric.name for metric in script.STUDY.metrics}
    for profile, datasets in (("quick", script.QUICK_DATASETS), ("paper", imbalanced_datasets.NAMES)):
        chosen = [
            cell["dataset"]
            for cell in script.STUDY.cells(profile)
            if (cell["model"], cell["generator"]) == (script.PRIMARY_MODEL, script.PRIMARY_GENERATOR)
        ]
        assert chosen == list(datasets)
    assert (figure.MEASURE, figure.TUNED, figure.GENERATOR) == (
        script.PRIMARY_METRIC,
        script.PRIMARY_TUNED,
        script.PRIMARY_GENERATOR,
    )
    assert script.PRIMARY_RIVAL in figure.RIVALS and script.PRIMARY_MODEL in figure.TITLES
    assert set(style.IMBALANCED) == set(imbalanced_datasets.NAMES)
    ratios = [imbalanced_datasets.ratio(imbalanced_datasets.load(name)) for name in style.IMBALANCED]
    assert ratios == sorted(ratios, reverse=True)
    for table, names in ((style.METHODS, METHODS), (style.GENERATORS, real_data.GENERATORS)):
        assert set(table) == set(names)
        for what in ("colour", "marker", "label"):
            assert len({getattr(look, what) for look in table.values()}) == len(table)
