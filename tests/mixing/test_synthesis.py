"""Synthetic tables: parents, weights, classes, targets, generations."""

import numpy as np
import pytest

from mixtheory.mixing import finite
from mixtheory.mixing.scenarios import Copying
from mixtheory.mixing.synthesis import PAIRINGS, draw_parents, generations, synthesize
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta

# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0


def generator(seed=0):
    return np.random.default_rng(seed)


def table(rows=12, columns=3):
    return generator(99).normal(size=(rows, columns)) + np.arange(columns)


def is_permutation(column):
    return np.array_equal(np.sort(column), np.arange(column.size))


@pytest.mark.parametrize("n_parents", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_parents_of_every_scheme(n_parents, seed):
    n = 9
    for pairing in PAIRINGS:
        parents = draw_parents(n, n_parents, generator(seed), pairing=pairing)
        assert parents.shape == (n, n_parents) and parents.min() >= 0 and parents.max() < n
        if pairing in ("permutation", "shared"):
            assert np.array_equal(parents[:, 0], np.arange(n))
        if pairing in ("permutation", "shared", "derangement"):
            assert all(is_permutation(column) for column in parents.T)
        if pairing in ("distinct", "derangement"):
            assert all(len(set(row)) == n_parents for row in parents.tolist())


def test_derangement_is_one_cycle():
    first, second = draw_parents(8, 2, generator(), pairing="derangement").T
    step = dict(zip(first.tolist(), second.tolist(), strict=True))
    place, seen = 0, []
    for _ in range(8):
        place = step[place]
        seen.append(place)
    assert sorted(seen) == list(range(8))


@pytest.mark.parametrize(("pairing", "cells"), [("independent", 16), ("distinct", 12)])
def test_pairs_are_uniform(pairing, cells):
    draws = 24_000
    first, second = draw_parents(4, 2, generator(1), pairing=pairing, size=draws).T
    counts = np.bincount(4 * first + second, minlength=16)
    counts = counts[counts > 0]
    assert counts.size == cells
    sd = np.sqrt(draws / cells * (1 - 1 / cells))
    assert np.abs(counts - draws / cells).max() < WIDE * sd


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("law", [Beta(2.0, 3.0), EpBeta.preserving_uniform(), Dirichlet(1.0, 3)])
def test_rows_are_the_stated_sums(pairing, law):
    X = table()
    new = synthesize(X, law, generator(3), pairing=pairing)
    twin = generator(3)
    parents = draw_parents(len(X), law.n_parents, twin, pairing=pairing)
    weights = np.broadcast_to(law.weights(1 if pairing == "shared" else len(X), twin), parents.shape)
    for row, who, how in zip(new, parents, weights, strict=True):
        np.testing.assert_allclose(row, how @ X[who], rtol=0, atol=1e-12)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_expected_batch_variance_is_the_closed_form(pairing):
    law, X, batches = EpBeta(2.0, 3.0, 0.15, 0.4), np.array([[0.0], [1.0], [2.0], [4.0], [9.0]]), 2000
    rng = generator(4)
    draws = np.array([synthesize(X, law, rng, pairing=pairing).var(ddof=1) for _ in range(batches)])
    expected = finite.batch_variance(law, X[:, 0], pairing)
    assert abs(draws.mean() - expected) < WIDE * draws.std(ddof=1) / np.sqrt(batches)


def test_covariance_in_expectation():
    law, X = Beta(1.0, 1.0), table(40, 2)
    new = synthesize(X, law, generator(5), n=60_000)
    centred = new - X.mean(axis=0)
    for k, j in ((0, 0), (0, 1), (1, 1)):
        products = centred[:, k] * centred[:, j]
        expected = law.variance_factor * np.cov(X.T, ddof=0)[k, j]
        assert abs(products.mean() - expected) < WIDE * products.std() / np.sqrt(len(new))
    assert (np.abs(new.mean(axis=0) - X.mean(axis=0)) < WIDE * new.std(axis=0) / np.sqrt(len(new))).all()


def test_one_weight_a_batch_keeps_the_mean():
    X = table()
    new = synthesize(X, EpBeta.preserving_uniform(), generator(6), pairing="shared")
    np.testing.assert_allclose(new.mean(axis=0), X.mean(axis=0), atol=1e-12)


def test_target_is_mixed_with_its_row():
    X = table()
    slope = np.array([1.0, -2.0, 0.5])
    new, y = synthesize(X, EpBeta.preserving_uniform(), generator(7), y=3 + X @ slope)
    np.testing.assert_allclose(y, 3 + new @ slope, atol=1e-12)
    new, soft = synthesize(X, Beta(1.0, 1.0), generator(7), y=np.eye(2)[[0, 1] * 6], n=30)
    assert new.shape == (30, 3) and soft.shape == (30, 2)
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_classes_do_not_mix(pairing):
    labels = np.array(["b", "a", "b", "c"] * 5)
    X = table(20, 2) + 100 * (labels == "b")[:, None] - 100 * (labels == "c")[:, None]
    new, y = synthesize(X, Beta(1.0, 2.0), generator(8), y=labels, same_class=True, pairing=pairing)
    assert np.array_equal(y, labels)
    for label in "abc":
        mine, parents = new[labels == label], X[labels == label]
        assert (mine >= parents.min(axis=0) - 1e-9).all() and (mine <= parents.max(axis=0) + 1e-9).all()


def test_each_class_has_its_law():
    labels = np.repeat([0, 1], 6)
    X = table()
    laws = {0: Copying(), 1: Beta(5.0, 5.0)}
    new, _ = synthesize(X, laws, generator(9), y=labels, same_class=True, pairing="distinct")
    rows = {tuple(row) for row in X}
    assert all(tuple(row) in rows for row in new[:6])
    assert not any(tuple(row) in rows for row in new[6:])


def test_size_of_classes_follows_the_data():
    labels = np.repeat([0, 1], [3, 9])
    new, y = synthesize(table(), Beta(1.0, 1.0), generator(10), y=labels, same_class=True, n=8000)
    assert new.shape == (8000, 3)
    assert abs(np.mean(y == 0) - 0.25) < WIDE * np.sqrt(0.25 * 0.75 / 8000)


def test_copies_of_copies_only_lose_rows():
    X = table(30)
    before = {tuple(row) for row in X}
    for step, (batch, y) in enumerate(generations(X, Copying(), generator(11), 5), start=1):
        now = {tuple(row) for row in batch}
        assert y is None and now <= before and step <= 5
        before = now


def test_generations_carry_the_target():
    X = table()
    paths = list(generations(X, Beta(1.0, 1.0), generator(12), 3, y=X[:, 0], pairing="distinct"))
    assert len(paths) == 3
    for batch, y in paths:
        np.testing.assert_allclose(y, batch[:, 0], atol=1e-12)
    assert list(generations(X, Beta(1.0, 1.0), generator(12), 0)) == []


def test_same_seed_same_rows():
    first = synthesize(table(), Beta(1.0, 1.0), generator(13))
    assert np.array_equal(first, synthesize(table(), Beta(1.0, 1.0), generator(13)))


LAW = Beta(1.0, 1.0)
ROWS = table(4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: synthesize(ROWS[:1], LAW, generator()), ValueError, "X must have at least 2 row"),
        (lambda: synthesize(ROWS[:0], LAW, generator()), ValueError, "X must"),
        (lambda: synthesize(ROWS[:, 0], LAW, generator()), ValueError, "X must have 2 dimension"),
        (lambda: synthesize(ROWS * np.nan, LAW, generator()), ValueError, "X must be finite"),
        (lambda: synthesize([["a"], ["b"]], LAW, generator()), TypeError, "X must be an array of real numbers"),
        (lambda: synthesize(ROWS, 0.5, generator()), TypeError, "law must be a mixing law"),
        (lambda: synthesize(ROWS, LAW, 0), TypeError, "rng"),
        (lambda: synthesize(ROWS, LAW, generator(), pairing="permutations"), ValueError, "did you mean 'permutation'"),
        (lambda: synthesize(ROWS, LAW, generator(), n=0), ValueError, "n must"),
        (lambda: synthesize(ROWS, LAW, generator(), n=3, pairing="shared"), ValueError, "as many rows"),
        (lambda: synthesize(ROWS, LAW, generator(), same_class=True), ValueError, "same_class needs the labels"),
        (lambda: synthesize(ROWS, {0: LAW}, generator(), y=[0] * 4), ValueError, "same_class=True"),
        (lambda: synthesize(ROWS, LAW, generator(), y=[1.0, 2.0]), ValueError, "y must have 4 row"),
        (lambda: synthesize(ROWS, LAW, generator(), y=[1.0, 2.0, np.inf, 0]), ValueError, "y must be finite"),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=np.ones((4, 2)), same_class=True),
            ValueError,
            "labels y must have 1 dimension",
        ),
        (
            lambda: synthesize(ROWS, {0: LAW}, generator(), y=[0, 0, 1, 1], same_class=True),
            ValueError,
            "no entry for class 1",
        ),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=[0, 0, 0, 1], same_class=True, pairing="distinct"),
            ValueError,
            "class 1: pairing 'distinct' needs at least 2",
        ),
        (lambda: draw_parents(2, 3, generator(), pairing="derangement"), ValueError, "at least 3 row"),
        (lambda: draw_parents(0, 2, generator()), ValueError, "n must"),
        (lambda: list(generations(ROWS, LAW, generator(), -1)), ValueError, "n_generations"),
        (lambda: list(generations(ROWS, {0: LAW}, generator(), 1)), ValueError, "needs the labels"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
