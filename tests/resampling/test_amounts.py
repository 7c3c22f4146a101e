"""How many rows are made, of which class, and what the size search decides."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mixtheory import Beta, GeneratorSampler, Mixup
from mixtheory.imbalance import generators
from mixtheory.resampling.amounts import row_count
from tests.resampling.simple import Weigher

X = np.random.default_rng(0).normal(size=(100, 2))
Y = np.repeat(["a", "b", "c"], [60, 30, 10])


@pytest.mark.parametrize(
    ("amount", "counts"),
    [
        (10, [6, 3, 1]),
        # rounded one by one they were 2, 1, 0
        (4, [3, 1, 0]),
        (0, [0, 0, 0]),
        (0.25, [15, 8, 2]),
        (2.0, [120, 60, 20]),
        (1, [1, 0, 0]),
        (np.int32(20), [12, 6, 2]),
    ],
)
def test_amounts_keep_the_shares_of_classes(amount, counts):
    sampler = Weigher(amount=amount, append=False)
    _, labels = sampler.fit_resample(X, Y)
    assert sampler.sampling_strategy_ == dict(zip("abc", counts, strict=True))
    assert labels.tolist() == [label for label, count in zip("abc", counts, strict=True) for _ in range(count)]
    assert sampler.n_new_ == sum(counts) == len(sampler.sample_indices_)


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("auto", [0, 30, 50]),
        ("not majority", [0, 30, 50]),
        ("minority", [0, 0, 50]),
        ("all", [0, 30, 50]),
        ("not minority", [0, 30, 0]),
        ({"c": 25}, [0, 0, 15]),
        (lambda y: {"b": int((y == "b").sum()) + 4}, [0, 4, 0]),
    ],
)
def test_strategies_are_those_of_imbalanced_learn(strategy, counts):
    sampler = Weigher(sampling_strategy=strategy, append=False)
    _, labels = sampler.fit_resample(X, Y)
    assert [int((labels == label).sum()) for label in "abc"] == counts
    assert sampler.sampling_strategy_ == dict(zip("abc", counts, strict=True))
    assert sampler.class_counts_.tolist() == [60, 30, 10] and sampler.classes_.tolist() == ["a", "b", "c"]


def test_a_ratio_of_the_larger_class():
    sampler = Weigher(sampling_strategy=0.8).fit(X[:90], Y[:90] == "a")
    assert sampler.sampling_strategy_ == {False: 18, True: 0}
    with pytest.raises(ValueError, match="increase the ratio"):
        Weigher(sampling_strategy=0.5).fit(X[:90], Y[:90] == "a")
    with pytest.raises(ValueError, match="binary"):
        Weigher(sampling_strategy=0.8).fit(X, Y)


def test_one_class_needs_an_amount():
    with pytest.raises(ValueError, match="more than 1 class"):
        Weigher().fit(X, np.zeros(100, dtype=int))
    _, labels = Weigher(amount=5).fit_resample(X, np.zeros(100, dtype=int))
    assert labels.tolist() == [0] * 105


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"amount": -1}, ValueError, "amount must be an integer >= 0, got -1"),
        ({"amount": -0.5}, ValueError, "amount must be finite and >= 0"),
        ({"amount": float("inf")}, ValueError, "amount must be finite"),
        ({"amount": True}, TypeError, "amount must be an integer, got True"),
        ({"amount": "half"}, ValueError, "amount must be None, 'auto'"),
        ({"amount": [1]}, TypeError, "amount must be a single real number"),
        (
            {"amount": 3, "sampling_strategy": "all"},
            ValueError,
            "amount and sampling_strategy must not be given together",
        ),
        ({"amount": "auto", "sampling_strategy": 0.5}, ValueError, "must not be given together"),
        ({"sampling_strategy": {"z": 3}}, ValueError, "'z'|z"),
        ({"append": 1}, TypeError, "append must be True or False"),
        ({"categorical_rule": "mean"}, ValueError, "categorical_rule must be one of"),
        ({"random_state": "x"}, ValueError, "random_state must be None"),
        ({"amount": "auto"}, ValueError, "two classes, got 3 classes"),
    ],
)
def test_errors(options, error, message):
    with pytest.raises(error, match=message):
        Weigher(**options).fit(X, Y)


def test_row_count_rounds():
    assert [row_count(ratio, 10) for ratio in (0.0, 0.04, 0.16, 1.0, np.float32(2.5))] == [0, 0, 2, 10, 25]


def imbalanced(rng, columns=3):
    y = np.repeat(["rare", "usual"], [40, 260])
    rows = rng.normal(size=(300, columns))
    rows[:40] += 1.0
    return rows, y


@pytest.mark.parametrize(
    "sampler", [Mixup(amount="auto"), GeneratorSampler(generators.Mixup(Beta(1.0, 1.0)), amount="auto", append=False)]
)
def test_the_size_search_decides(sampler):
    rows, y = imbalanced(np.random.default_rng())
    sampler.set_params(random_state=1)
    new, labels = sampler.fit_resample(rows, y)
    search = sampler.search_
    assert search.classes_.tolist() == ["rare", "usual"] and search.minority_label_ == "rare"
    assert search.generator.sampler.amount is None and search.deficit_ == 220
    assert sampler.sampling_strategy_ == {"rare": search.best_size_, "usual": 0}
    kept = 300 if sampler.append else 0
    assert len(new) == kept + search.best_size_ and np.all(labels[kept:] == "rare")
    again, _ = sampler.fit_resample(rows, y)
    assert np.array_equal(again, new)


@pytest.mark.slow
def test_the_size_search_knows_the_rules_of_the_columns():
    rng = np.random.default_rng()
    rows, y = imbalanced(rng)
    table = pd.DataFrame(rows, columns=["a", "b", "c"]).assign(
        count=rng.poisson(3, 300), town=rng.choice(["x", "y", "z"], 300), a=np.abs(rows[:, 0])
    )
    sampler = Weigher(amount="auto", bounds="nonnegative").fit(table, y)
    inner = sampler.search_.generator.sampler
    assert inner.bounds[0] == [0.0, None] and 1 not in inner.bounds and inner.bounds[3][0] == 0.0
    assert inner.integer_features == [3] and inner.categorical_features == [4]
    made = sampler.search_.generator.fit(*(np.ones((4, 5)) * [[k + 1.5, 1, 1, 1, k] for k in range(4)],) * 2)
    drawn = made.sample(50, np.random.default_rng())
    assert drawn.shape == (50, 5) and np.all(drawn[:, 3:] % 1 == 0) and set(drawn[:, 4]) <= {0.0, 1.0, 2.0, 3.0}
    assert np.all(drawn[:, 0] >= 0)


@pytest.mark.parametrize("bounds", ["observed", {0: (-0.5, None)}])
def test_the_size_search_learns_from_the_rows_in_training_alone(bounds):
    rows, y = imbalanced(np.random.default_rng())
    search = Weigher((3.0, -2.0), amount="auto", bounds=bounds).fit(rows, y).search_
    part, rng = rows[::2], np.random.default_rng()
    drawn = search.generator.fit(part[y[::2] == "rare"], part[y[::2] == "usual"]).sample(4000, rng)
    assert drawn.shape == (4000, 3)
    if bounds == "observed":
        np.testing.assert_array_equal([drawn.min(axis=0), drawn.max(axis=0)], [part.min(axis=0), part.max(axis=0)])
    else:
        assert drawn[:, 0].min() == -0.5 and (drawn.max(axis=0) > rows.max(axis=0)).all()


def test_the_size_search_is_given_minority_rows_of_its_own_stream():
    rows, y = imbalanced(np.random.default_rng())
    generator = Weigher((0.6, 0.4), amount="auto").fit(rows, y).search_.generator
    generator.fit(rows[y == "rare"] + 1000.0, rows[y == "usual"])
    first, again, other = (generator.sample(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (50, 3) and first.min() > 900
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_balanced_classes_need_no_more_rows():
    rng = np.random.default_rng()
    sampler = Weigher(amount="auto").fit(rng.normal(size=(80, 2)), np.repeat([0, 1], 40))
    assert sampler.n_new_ == 0


def test_what_the_size_search_cannot_take():
    with pytest.raises(TypeError, match="amount='auto' needs a dense table"):
        Weigher(amount="auto").fit(sparse.csr_matrix(X), np.arange(100) > 30)
    with pytest.raises(ValueError, match="needs a target of two classes, got numbers"):
        Weigher(amount="auto", target="numbers").fit(X, X[:, 0])
    with pytest.raises(ValueError, match="needs a target of two classes, got soft labels"):
        Weigher(amount="auto", target="soft").fit(X, np.arange(100) > 30)
    with pytest.raises(ValueError, match="folds need at least 5 rows of each class"):
        Weigher(amount="auto").fit(X, np.arange(100) > 96)
