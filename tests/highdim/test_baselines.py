"""The simple rules of selection, each against what it says, and the interface that they share."""

import inspect

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from mixtheory.highdim.selection import baselines
from mixtheory.highdim.selection.baselines import (
    CenterMatching,
    CenterSampling,
    DS3Selection,
    KMeansSelection,
    LargestNorm,
    NoSynthetic,
    RandomSelection,
    RealUpperBound,
)

RULES = [getattr(baselines, name) for name in baselines.__all__]
RANDOM = [RandomSelection, RealUpperBound, CenterSampling, DS3Selection]


def generator(seed=0):
    return np.random.default_rng(seed)


def data(seed=0, n_pool=90, n_target=30):
    rng = generator(seed)
    return rng.normal(size=(n_pool, 3)) * [1.0, 2.0, 0.5] + 1, rng.normal(size=(n_target, 3)) + 2


@pytest.mark.parametrize("rule", RULES)
def test_the_interface(rule):
    pool, real = data()
    model = rule(12, random_state=3)
    rows = model.fit_resample(pool, real)
    count = 0 if rule is NoSynthetic else 12
    assert model.sample_indices_.shape == (count,) and model.sample_indices_.dtype == np.int64
    assert np.unique(model.sample_indices_).size == count
    assert np.array_equal(rows, pool[model.sample_indices_])
    assert model.n_features_in_ == 3
    again = clone(model).fit(pool, real)
    assert np.array_equal(again.sample_indices_, model.sample_indices_)
    frame = model.fit_resample(pd.DataFrame(pool, columns=list("abc")), pd.DataFrame(real, columns=list("abc")))
    assert np.array_equal(frame.to_numpy(), rows) and list(frame) == list("abc")


@pytest.mark.parametrize("rule", RULES)
def test_classes_share_the_rows_by_the_target(rule):
    pool, real = data()
    y_pool, y_real = np.arange(90) % 3, np.repeat([2, 0], [20, 10])
    model = rule(9, random_state=0)
    rows, labels = model.fit_resample(pool, real, y_pool, y_real)
    expected = [] if rule is NoSynthetic else [0] * 3 + [2] * 6
    assert labels.tolist() == expected and len(rows) == len(expected)
    with pytest.raises(ValueError, match="class 7 of y_target has no rows in the pool"):
        model.fit(pool, real, y_pool, np.repeat([2, 7], [20, 10]))


@pytest.mark.parametrize("rule", RULES)
def test_the_whole_pool_can_be_taken_and_no_more(rule):
    pool, real = data(n_pool=15)
    if rule is NoSynthetic:
        return
    assert sorted(rule(15, random_state=0).fit(pool, real).sample_indices_.tolist()) == list(range(15))
    with pytest.raises(ValueError, match="n_select asks for 16 rows of X_pool, which has 15"):
        rule(16).fit(pool, real)
    with pytest.raises(ValueError, match="X_pool must be finite"):
        rule(2).fit(pool * np.nan, real)
    with pytest.raises(ValueError, match="n_select must be an integer >= 1"):
        rule(0).fit(pool, real)


@pytest.mark.parametrize("rule", RULES)
def test_many_equal_rows_are_no_obstacle(rule):
    pool = np.repeat(data(n_pool=4)[0], 10, axis=0)
    count = rule(20, random_state=0).fit(pool, data()[1]).sample_indices_.size
    assert count == (0 if rule is NoSynthetic else 20)


def test_every_rule_is_listed():
    classes = {
        name
        for name, item in vars(baselines).items()
        if inspect.isclass(item) and item.__module__ == baselines.__name__
    }
    assert classes == set(baselines.__all__)


def test_nearest_and_farthest_rows():
    pool, real = data(1)
    distances = np.linalg.norm(pool - real.mean(axis=0), axis=1)
    near, far = CenterMatching(40).fit(pool, real).sample_indices_, LargestNorm(40).fit(pool, real).sample_indices_
    assert np.array_equal(near, np.argsort(distances)[:40])
    assert np.array_equal(far, np.argsort(distances)[::-1][:40])
    equal = np.ones((6, 3))
    assert CenterMatching(3).fit(equal, real).sample_indices_.tolist() == [0, 1, 2]
    assert LargestNorm(3).fit(equal, real).sample_indices_.tolist() == [0, 1, 2]


def frequencies(model, pool, real, draws=600):
    counts = np.zeros(len(pool))
    for _ in range(draws):
        counts[model.fit(pool, real).sample_indices_] += 1
    return counts / draws


def assert_frequencies(found, expected, draws=600):
    # z = 6.1 for a normal frequency; certain events must be certain
    assert np.all(np.abs(found - expected) <= 6.1 * np.sqrt(expected * (1 - expected) / draws) + 1e-12)


@pytest.mark.parametrize("rule", [RandomSelection, RealUpperBound])
def test_uniform_draws(rule):
    pool, real = data(n_pool=10)
    assert_frequencies(frequencies(rule(3, random_state=generator()), pool, real), np.full(10, 0.3))


def test_center_sampling_is_by_the_cosine():
    angles = np.array([0.0, 0.5, 1.0, 1.4, 2.5])
    pool = np.column_stack([np.cos(angles), np.sin(angles)]) * [[1], [9], [1], [0.1], [1]]
    real = np.array([[1.0, 0.0], [3.0, 0.0]])
    cosines = np.cos(angles).clip(0)
    shares = cosines / cosines.sum()
    assert_frequencies(frequencies(CenterSampling(1, random_state=generator()), pool, real), shares)
    # two draws without replacement: first i, then j by the cosines that are left
    pairs = shares + [sum(shares[i] * shares[j] / (1 - shares[i]) for i in range(5) if i != j) for j in range(5)]
    assert_frequencies(frequencies(CenterSampling(2, random_state=generator()), pool, real), pairs)
    assert 4 not in CenterSampling(4, random_state=0).fit(pool, real).sample_indices_
    assert CenterSampling(5, random_state=0).fit(pool, real).sample_indices_[-1] == 4


def test_center_sampling_without_any_direction_is_uniform():
    pool = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [2.0, 2.0]])
    real = np.array([[1.0, 1.0], [-1.0, -1.0]])
    assert_frequencies(frequencies(CenterSampling(1, random_state=generator()), pool, real), np.full(4, 0.25))


def clumps(centers, size, seed=0):
    rng = generator(seed)
    return np.concatenate([np.array(center) + 0.01 * rng.normal(size=(size, 2)) for center in centers])


def test_k_means_takes_the_row_nearest_to_each_center():
    pool = clumps([(0, 0), (10, 0), (0, 10), (50, 50)], 12)
    for seed in range(5):
        chosen = KMeansSelection(4, random_state=seed).fit(pool, pool).sample_indices_
        if len(set(chosen // 12)) < 4:
            continue  # a poor local optimum
        for index in chosen:
            rows = pool[12 * (index // 12) : 12 * (index // 12) + 12]
            distances = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
            assert distances.argmin() == index % 12
    assert len(set(KMeansSelection(4, random_state=0).fit(pool, pool).sample_indices_ // 12)) == 4


def test_clusters_near_real_rows_are_kept_and_the_next_ones_follow():
    pool = clumps([(0, 0), (10, 0), (0, 30), (90, 90)], 12)
    real = clumps([(1, 0), (9, 0)], 4)
    for seed in range(10):
        model = DS3Selection(24, n_clusters=4, random_state=seed).fit(pool, real)
        if model.sample_indices_.max() < 24:
            break
    else:
        pytest.fail("the rows of the two near clusters were never taken")
    found = frequencies(DS3Selection(6, n_clusters=48, random_state=generator()), pool, real, draws=100)
    assert found[24:].sum() == 0
    every = DS3Selection(48, n_clusters=48, random_state=0).fit(pool, real).sample_indices_
    assert set((every[24:36] // 12).tolist()) == {2} and set((every[36:] // 12).tolist()) == {3}
    with pytest.raises(ValueError, match="n_clusters must be an integer >= 1"):
        DS3Selection(2, n_clusters=0).fit(pool, real)


@pytest.mark.parametrize("rule", RANDOM)
def test_other_seeds_draw_other_rows(rule):
    pool, real = data()
    draws = {tuple(rule(10, random_state=seed).fit(pool, real).sample_indices_) for seed in range(5)}
    assert len(draws) > 1
