"""Selection on real data: rows of a split are kept apart, and rules differ in nothing but the rows they choose."""

import numpy as np
import pytest

from mixtheory.datasets import load
from mixtheory.highdim import real_data


@pytest.mark.parametrize("dataset", real_data.DATASETS)
def test_a_split_keeps_its_parts_apart(dataset):
    data = load(dataset)
    split = real_data._split(dataset, np.random.default_rng(0))
    sizes = [split.y.size, split.y_reserve.size, split.y_test.size]
    assert sum(sizes) == data.n_rows
    shares = np.array(sizes) / data.n_rows
    train, test = real_data.TRAIN_SHARE, real_data.TEST_SHARE
    assert np.allclose(shares, [train, 1 - train - test, test], atol=0.02)
    # every class has training rows, and a reserve that is large enough for the rule that takes real rows
    for label in np.unique(data.y):
        count = (split.y == label).sum()
        assert count >= 2 and (split.y_reserve == label).sum() >= real_data.SYNTHETIC_PER_REAL * count
    # the training rows are standardised by themselves, and the directions are theirs
    assert np.allclose(split.X.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(split.directions @ split.directions.T, np.eye(len(split.directions)))
    assert len(split.directions) == real_data.COMPONENTS[dataset]


@pytest.mark.parametrize("rule", real_data.RULES)
def test_every_rule_on_one_set(rule):
    found = real_data.select_and_test(np.random.default_rng(5), 2, dataset="wine", rule=rule)
    assert all(values.shape == (2,) and np.isfinite(values).all() for values in found.values())
    assert ((found["score"] > 0.5) & (found["score"] <= 1)).all()
    if rule == real_data.REFERENCE_RULE:
        assert not found["score_difference"].any() and not found["log_risk_difference"].any()


def test_rules_share_the_split_and_the_pool():
    outcomes = []
    for rule in ("none", "random"):
        found = real_data.select_and_test(np.random.default_rng(2), 2, dataset="wine", rule=rule)
        outcomes.append(found["score"] - found["score_difference"])
    # score minus difference is the score of matching, which saw the same split and pool
    assert np.allclose(outcomes[0], outcomes[1], rtol=0, atol=1e-12)


def test_the_risk_is_that_of_the_rows():
    split = real_data._split("wine", np.random.default_rng(1))
    rows = split.reserve[:40]
    found = real_data._test(split, rows, split.y_reserve[:40])["risk"]
    X = np.concatenate([split.X, rows]) @ split.directions.T
    x = split.X_test @ split.directions.T
    noise = np.random.default_rng(0).normal(size=(len(X), 4000))
    errors = x @ np.linalg.lstsq(X, noise)[0]
    # 4000 draws of the noise: the standard error is below 2 %
    assert np.mean(errors**2) == pytest.approx(found, rel=0.1)


def test_bad_input():
    with pytest.raises(ValueError, match="dataset must be one of"):
        real_data.select_and_test(np.random.default_rng(0), 1, dataset="fair", rule="random")
    with pytest.raises(ValueError, match="did you mean 'matching"):
        real_data.select_and_test(np.random.default_rng(0), 1, dataset="wine", rule="matchin")
