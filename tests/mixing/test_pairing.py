"""Who the parents are: random draws under every scheme, for few parents and for all of the rows."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from mixtheory.mixing import pairing as module
from mixtheory.mixing.kernels.ranks import ranks_to_rows
from mixtheory.mixing.pairing import different_rows, draw_parents, weight_matrix
from mixtheory.mixing.points import DIFFERENT_PARENTS, PAIRINGS

# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0


def generator(seed=0):
    return np.random.default_rng(seed)


def assert_equally_likely(rows, outcomes):
    """Check that every outcome among `outcomes` occurs, nothing else does, and all about equally often."""
    found, counts = np.unique(rows, axis=0, return_counts=True)
    assert found.tolist() == sorted(list(outcome) for outcome in outcomes)
    share = 1 / len(found)
    assert np.abs(counts - len(rows) * share).max() < WIDE * np.sqrt(len(rows) * share * (1 - share))


def is_permutation(column):
    return np.array_equal(np.sort(column), np.arange(column.size))


@pytest.mark.parametrize("n_parents", [1, 2, 3, 7, 9])
@pytest.mark.parametrize("seed", range(5))
def test_parents_of_every_scheme(n_parents, seed):
    n = 9
    for pairing in PAIRINGS:
        parents = draw_parents(n, n_parents, generator(seed), pairing=pairing)
        assert parents.shape == (n, n_parents) and parents.min() >= 0 and parents.max() < n
        if pairing in ("permutation", "shared", "anchored"):
            assert np.array_equal(parents[:, 0], np.arange(n))
        if pairing in ("permutation", "shared", "derangement"):
            assert all(is_permutation(column) for column in parents.T)
        if pairing in DIFFERENT_PARENTS:
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


# up to four parents of four rows are drawn as ranks, five of five by a shuffle
@pytest.mark.parametrize(("n", "n_parents"), [(4, 3), (4, 4), (5, 5)])
def test_ordered_draws_are_uniform(n, n_parents):
    rows = draw_parents(n, n_parents, generator(2), pairing="distinct", size=60_000)
    assert_equally_likely(rows, itertools.permutations(range(n), n_parents))


@pytest.mark.parametrize(("n", "n_parents"), [(4, 3), (4, 4), (6, 6)])
def test_other_parents_of_an_anchored_row_are_uniform(n, n_parents):
    rng = generator(3)
    batches = np.array([draw_parents(n, n_parents, rng, pairing="anchored") for _ in range(4000)])
    for row in (0, n - 1):
        others = [i for i in range(n) if i != row]
        assert_equally_likely(batches[:, row, 1:], itertools.permutations(others, n_parents - 1))


def test_anchored_rows_are_independent():
    rng = generator(4)
    batches = np.array([draw_parents(3, 2, rng, pairing="anchored") for _ in range(12_000)])
    assert_equally_likely(batches[:, :, 1], itertools.product((1, 2), (0, 2), (0, 1)))


@pytest.mark.parametrize("block", [1, 700, 1 << 20])
def test_all_rows_of_large_data_are_shuffled(monkeypatch, block):
    monkeypatch.setattr(module, "_BLOCK", block)
    parents = draw_parents(512, 512, generator(5), pairing="distinct", size=40)
    assert (np.sort(parents, axis=1) == np.arange(512)).all()
    assert len(np.unique(parents, axis=0)) == 40
    anchored = draw_parents(100, 100, generator(5), pairing="anchored")
    assert (np.sort(anchored, axis=1) == np.arange(100)).all() and (anchored[:, 0] == np.arange(100)).all()


def test_ranks_and_shuffles_have_the_same_law(monkeypatch):
    sums = []
    for from_ in (0, 4):
        monkeypatch.setattr(module, "_SHUFFLE_FROM", from_)
        rows = different_rows(30, 6, 20_000, generator(6))
        assert all(len(set(row)) == 6 for row in rows.tolist())
        sums.append(rows @ np.array([1.0, -2.0, 0.5, 0.0, 3.0, -1.0]))
    for power in (1, 2):
        first, second = (values**power for values in sums)
        assert abs(first.mean() - second.mean()) < WIDE * np.sqrt((first.var() + second.var()) / 20_000)


def in_columns(n, n_parents, size, rng):
    """Draw the same, a parent at a time: each rank skips the rows taken before, in their order."""
    parents = np.empty((size, n_parents), dtype=np.int64)
    for t in range(n_parents):
        draw = rng.integers(n - t, size=size)
        for taken in np.sort(parents[:, :t], axis=1).T:
            draw += draw >= taken
        parents[:, t] = draw
    return parents


@pytest.mark.parametrize(
    ("n", "n_parents", "size"), [(300, 32, 200), (9, 6, 64), (5, 2, 65), (2, 2, 500), (10**12, 12, 63), (7, 1, 9)]
)
def test_ranks_become_the_rows_that_are_left(n, n_parents, size):
    found = different_rows(n, n_parents, size, generator(9))
    np.testing.assert_array_equal(found, in_columns(n, n_parents, size, generator(9)))
    ranks = generator(10).integers(12 - np.arange(12), size=(100, 12))
    rows = ranks.copy()
    ranks_to_rows(rows)
    for row, places in zip(rows.tolist(), ranks.tolist(), strict=True):
        left = list(range(12))
        assert row == [left.pop(place) for place in places]


@pytest.mark.parametrize(("n", "kind"), [(9, np.ndarray), (100, sparse.csr_array)])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_weights_over_the_rows(n, kind, pairing):
    parents = draw_parents(n, 3, generator(7), pairing=pairing)
    vectors = generator(8).random((1 if pairing == "shared" else n, 3))
    matrix = weight_matrix(parents, vectors, n)
    assert isinstance(matrix, kind)
    expected = np.zeros((n, n))
    for row, (who, how) in enumerate(zip(parents, np.broadcast_to(vectors, parents.shape), strict=True)):
        np.add.at(expected[row], who, how)
    np.testing.assert_allclose(matrix @ np.eye(n), expected, rtol=1e-15)


@pytest.mark.parametrize("pairing", DIFFERENT_PARENTS)
def test_more_parents_than_rows(pairing):
    with pytest.raises(ValueError, match=f"^pairing '{pairing}' needs at least 3 row\\(s\\), got 2"):
        draw_parents(2, 3, generator(), pairing=pairing)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: draw_parents(0, 2, generator()), ValueError, "^n must"),
        (lambda: draw_parents(2, 0, generator()), ValueError, "^n_parents must"),
        (lambda: draw_parents(2, 2, generator(), size=0), ValueError, "^size must"),
        (lambda: draw_parents(3, 2, generator(), size=4, pairing="anchored"), ValueError, "makes as many rows"),
        (lambda: draw_parents(3, 2, generator(), pairing="anchord"), ValueError, "did you mean 'anchored'"),
        (lambda: draw_parents(3, 2, 1), TypeError, "^rng must"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
