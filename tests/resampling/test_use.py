"""Random states, copies, pipelines, refits: a sampler among others of its kind."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import StandardScaler

from mixtheory import GeneratorSampler, Mixup
from mixtheory.imbalance import generators
from tests.resampling.simple import Weigher

X = np.random.default_rng(0).normal(size=(120, 3))
Y = np.repeat(["a", "b", "c"], [60, 40, 20])
SAMPLERS = [Weigher(amount=50), GeneratorSampler(generators.GaussianFit(), amount=50), Mixup(amount=50)]


def names(sampler):
    return type(sampler).__name__


@pytest.mark.parametrize("sampler", SAMPLERS, ids=names)
def test_states_of_every_kind(sampler):
    def draw(state):
        return clone(sampler).set_params(random_state=state).fit_resample(X, Y)[0]

    for make in (
        lambda: 3,
        lambda: np.random.SeedSequence(3),
        lambda: np.random.default_rng(3),
        lambda: np.random.RandomState(3),
    ):
        assert np.array_equal(draw(make()), draw(make()))
    assert np.array_equal(draw(3), draw(np.random.SeedSequence(3)))
    assert not np.array_equal(draw(None), draw(None))
    assert not np.array_equal(draw(3), draw(4))


@pytest.mark.parametrize("make", [np.random.default_rng, np.random.RandomState])
def test_a_generator_of_the_user_goes_on(make):
    sampler = Weigher(amount=50, random_state=make(0))
    first, second = (sampler.fit_resample(X, Y)[0] for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=names)
def test_no_global_state(sampler):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    clone(sampler).fit_resample(X, Y)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("sampler", SAMPLERS, ids=names)
def test_one_stream_for_all_classes(sampler):
    # the same rows in every class: a seed that starts anew for each class would repeat them
    rows = np.tile(X[:20], (3, 1))
    new, labels = (
        clone(sampler).set_params(append=False, amount=60, random_state=0).fit_resample(rows, np.repeat([0, 1, 2], 20))
    )
    parts = [new[labels == label] for label in range(3)]
    assert all(len(part) == 20 for part in parts)
    assert not any(np.allclose(parts[a], parts[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=names)
def test_copies(sampler):
    made = clone(sampler).set_params(random_state=5)
    assert clone(made).get_params().keys() == made.get_params().keys()
    new, _ = made.fit_resample(X, Y)
    assert np.array_equal(pickle.loads(pickle.dumps(made)).fit_resample(X, Y)[0], new)
    assert "amount=50" in repr(made)


def test_fit_draws_no_rows():
    sampler = Weigher(amount=50)
    assert sampler.fit(X, Y) is sampler
    assert sampler.variance_factor_ == pytest.approx(0.58)
    for attribute in ("sample_indices_", "sample_weights_", "column_costs_"):
        assert not hasattr(sampler, attribute)


def test_a_second_fit_forgets_the_first():
    sampler = Weigher(amount=50).fit(X, Y)
    sampler.fit_resample(X, Y)
    sampler.fit(X[:, :2], Y)
    assert sampler.n_features_in_ == 2
    for attribute in ("sample_indices_", "sample_weights_", "column_costs_"):
        assert not hasattr(sampler, attribute)
    sampler.set_params(target="numbers").fit_resample(X, X[:, 0])
    assert not hasattr(sampler, "classes_") and not hasattr(sampler, "class_counts_")


@pytest.mark.parametrize("sampler", SAMPLERS, ids=names)
def test_pipelines(sampler):
    pipeline = make_pipeline(StandardScaler(), clone(sampler).set_params(random_state=0), LogisticRegression())
    table = pd.DataFrame(X, columns=["p", "q", "r"])
    scores = cross_validate(pipeline, table, Y, cv=3, error_score="raise", return_estimator=True)
    assert scores["test_score"].shape == (3,)
    assert all(model[1].n_new_ == 50 and model[2].classes_.tolist() == ["a", "b", "c"] for model in scores["estimator"])
    # rows are made in training alone
    assert len(pipeline.fit(table, Y).predict(table)) == len(table)
    step = list(pipeline.named_steps)[1]
    search = GridSearchCV(pipeline, {f"{step}__amount": [0, 0.5]}, cv=3, error_score="raise").fit(table, Y)
    assert search.best_params_[f"{step}__amount"] in (0, 0.5)


def test_names_of_features():
    table = pd.DataFrame(X, columns=["p", "q", "r"])
    sampler = Weigher().fit(table, Y)
    assert sampler.get_feature_names_out().tolist() == ["p", "q", "r"]
    assert not hasattr(sampler.fit(X, Y), "feature_names_in_")
    with pytest.raises(TypeError, match="string"):
        sampler.fit(table.rename(columns={"q": 1}), Y)


def test_parents_and_weights_make_the_rows():
    sampler = Weigher((0.5, 0.3, 0.2), random_state=0)
    new, labels = sampler.fit_resample(X, Y)
    made = np.einsum("mk,mkd->md", sampler.sample_weights_, X[sampler.sample_indices_])
    np.testing.assert_allclose(new[120:], made, rtol=1e-12, atol=1e-14)
    assert np.array_equal(Y[sampler.sample_indices_[:, 0]], labels[120:])
    assert sampler.sample_indices_.dtype == np.int64 and sampler.sample_weights_.shape == (60, 3)
