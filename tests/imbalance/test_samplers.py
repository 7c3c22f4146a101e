"""The generators in imbalanced-learn's contract: class by class, with their own moments, and what they cannot take."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE as Sampler
from scipy import sparse
from sklearn.base import BaseEstimator

from mixtheory import Beta, GeneratorSampler
from mixtheory.imbalance import generators

X = np.random.default_rng(0).normal(size=(90, 3)) * [1.0, 5.0, 0.2]
Y = np.repeat(["a", "b", "c"], [50, 30, 10])


class Recorder(BaseEstimator):
    """Notes the rows of its fit, and counts the draws."""

    def __init__(self, rows=None):
        self.rows = rows

    def fit(self, X_minority, X_majority):
        self.minority_, self.majority_ = X_minority, X_majority
        return self

    def sample(self, n, rng):
        self.drawn_ = rng.random((n, 3))
        return self.drawn_ if self.rows is None else self.rows


def test_every_class_is_the_minority_once():
    sampler = GeneratorSampler(Recorder(), random_state=0)
    new, labels = sampler.fit_resample(X, Y)
    assert list(sampler.generators_) == ["b", "c"] and labels[90:].tolist() == ["b"] * 20 + ["c"] * 40
    for label, generator in sampler.generators_.items():
        assert np.array_equal(generator.minority_, X[Y == label]) and np.array_equal(generator.majority_, X[Y != label])
    drawn = np.random.default_rng(0).random((60, 3))
    assert np.array_equal(new[90:], drawn) and np.array_equal(new[:90], X)
    assert not hasattr(sampler, "sample_indices_") and not hasattr(sampler.generator, "minority_")


def test_a_single_class_has_no_majority():
    sampler = GeneratorSampler(Recorder(), amount=4)
    sampler.fit_resample(X, np.zeros(90, dtype=int))
    assert sampler.generators_[0].majority_ is None


@pytest.mark.parametrize(
    "generator",
    [generators.GaussianFit(), generators.SMOTE(), generators.Mixup(Beta(2.0, 2.0)), generators.Bootstrap()],
)
def test_rows_have_the_moments_of_the_generator(generator):
    m = 20_000
    sampler = GeneratorSampler(generator, amount=m, append=False)
    new, labels = sampler.fit_resample(X[:80], Y[:80])
    for label, fitted in sampler.generators_.items():
        rows = new[labels == label]
        z = (rows - fitted.mean_) / np.sqrt(np.diag(fitted.covariance_))
        # beyond 7 standard errors once in 1e11; fourth moments of these laws are below 6
        assert np.all(np.abs(z.mean(axis=0)) < 7 / np.sqrt(len(rows)))
        assert np.all(np.abs((z**2).mean(axis=0) - 1) < 7 * np.sqrt(5 / len(rows)))


def test_tables_with_rules():
    table = pd.DataFrame(X, columns=["p", "q", "r"]).assign(
        count=np.arange(90) % 4, sparse=pd.arrays.SparseArray(X[:, 0] > 0, dtype="f8")
    )
    sampler = GeneratorSampler(generators.GaussianFit(), bounds={"p": (0, None), "sparse": (0, 1)}, amount=500)
    new, _ = sampler.fit_resample(table, Y)
    assert new.dtypes.equals(table.dtypes) and new.columns.equals(table.columns)
    pd.testing.assert_frame_equal(new[:90], table)
    assert new["p"][90:].min() == 0 and np.asarray(new["sparse"]).max() == 1
    assert sampler.column_costs_["rule"].to_dict() == {"p": "bounds", "count": "integer", "sparse": "bounds"}


@pytest.mark.parametrize("dtype", ["f2", "f4", "i4"])
def test_generators_see_double_precision(dtype):
    rows = (X * 10).astype(dtype)
    sampler = GeneratorSampler(Recorder(), random_state=0)
    new, _ = sampler.fit_resample(rows, Y)
    assert sampler.generators_["b"].minority_.dtype == np.float64 and new.dtype == dtype


@pytest.mark.parametrize(
    ("generator", "table", "error", "message"),
    [
        (Sampler(), X, TypeError, "wrap it in ImblearnSampler"),
        (generators.ImblearnSampler(Sampler()), X, TypeError, "generator must not be an ImblearnSampler"),
        (generators.SMOTE, X, TypeError, "got the class SMOTE"),
        (3, X, TypeError, "without fit"),
        (generators.SMOTE(k_neighbors=10), X, ValueError, "cannot be fitted to class 'c': SMOTE needs at least 11"),
        (Recorder(), sparse.csr_matrix(X), TypeError, "X must be dense, got a sparse csr_matrix"),
        (
            Recorder(),
            pd.DataFrame(X).assign(town="x").rename(columns=str),
            ValueError,
            "column 'town', got text; .*if the sampler has that parameter; otherwise encode it or drop it",
        ),
        (Recorder(), np.where(X > 2, np.nan, X), ValueError, "missing"),
    ],
)
def test_what_cannot_be_fitted(generator, table, error, message):
    with pytest.raises(error, match=message):
        GeneratorSampler(generator).fit(table, Y)


def test_single_precision_is_not_left_without_a_word():
    sampler = GeneratorSampler(Recorder(np.full((20, 3), 1e39)), sampling_strategy={"b": 50})
    with pytest.raises(ValueError, match=r"overflow in column 0 \(float32\)"):
        sampler.fit_resample(X.astype("f4"), Y)


@pytest.mark.parametrize(
    ("rows", "message"), [(np.zeros((2, 3)), "must have shape"), (np.full((20, 3), np.nan), "must be finite")]
)
def test_what_a_generator_may_not_return(rows, message):
    sampler = GeneratorSampler(Recorder(rows), sampling_strategy={"b": 50})
    with pytest.raises(ValueError, match=message):
        sampler.fit_resample(X, Y)
