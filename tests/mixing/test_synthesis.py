"""Synthetic tables: parents, weights, classes, targets, generations."""

import numpy as np
import pandas as pd
import pytest

from mixtheory.mixing import finite
from mixtheory.mixing.choose import choose_law
from mixtheory.mixing.studies.scenarios import Copying
from mixtheory.mixing.synthesis import PAIRINGS, draw_parents, generations, synthesize
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from mixtheory.mixing.zeta import Zeta

# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0


def generator(seed=0):
    return np.random.default_rng(seed)


def table(rows=12, columns=3):
    return generator(99).normal(size=(rows, columns)) + np.arange(columns)


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("law", [Beta(2.0, 3.0), EpBeta.preserving_uniform(), Dirichlet(1.0, 3), Zeta(2.0, 12)])
def test_rows_are_the_stated_sums(pairing, law):
    X = table()
    new = synthesize(X, law, generator(3), pairing=pairing)
    twin = generator(3)
    parents = draw_parents(len(X), law.n_parents, twin, pairing=pairing)
    weights = np.broadcast_to(law.weight_vectors(1 if pairing == "shared" else len(X), twin), parents.shape)
    for row, who, how in zip(new, parents, weights, strict=True):
        np.testing.assert_allclose(row, how @ X[who], rtol=0, atol=1e-12)


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("law", [EpBeta(2.0, 3.0, 0.15, 0.4), Zeta(1.5, 5), Dirichlet([2.0, 0.5, 1.0])])
def test_expected_batch_variance_is_the_closed_form(law, pairing):
    X, batches = np.array([[0.0], [1.0], [2.0], [4.0], [9.0]]), 800
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


TEXT = ["b", "a", "b", "c"] * 5
CONTAINERS = [
    list,
    np.array,
    lambda labels: np.array(labels, dtype=object),
    pd.Series,
    lambda labels: pd.Series(labels, index=range(len(labels), 0, -1)),
    pd.Index,
    pd.Categorical,
    lambda labels: pd.Series(pd.Categorical(labels)),
]


@pytest.mark.parametrize("n", [None, 7])
@pytest.mark.parametrize(
    ("labels", "container"),
    [
        *((TEXT, container) for container in CONTAINERS),
        *(([3, 1, 3, 2] * 5, container) for container in CONTAINERS),
        *(([True, False] * 10, container) for container in CONTAINERS),
        (TEXT, lambda labels: pd.array(labels, dtype="string")),
        (TEXT, lambda labels: pd.Series(labels, dtype="string")),
        ([3, 1] * 10, lambda labels: pd.array(labels, dtype="Int64")),
        (TEXT, lambda labels: np.array(labels, dtype=np.dtypes.StringDType())),
    ],
)
def test_every_container_of_labels_gives_the_same_rows(labels, container, n):
    laws = {label: Beta(1.0, 2.0 + place) for place, label in enumerate(sorted(set(labels)))}
    new, y = synthesize(table(20), laws, generator(8), y=container(labels), same_class=True, n=n)
    expected, plain = synthesize(table(20), laws, generator(8), y=np.array(labels), same_class=True, n=n)
    assert isinstance(y, np.ndarray) and y.tolist() == plain.tolist()
    assert np.array_equal(new, expected)


def test_labels_may_be_tuples():
    labels = pd.Series([("a", 1), ("a", 2)] * 10)
    new, y = synthesize(table(20), Beta(1.0, 2.0), generator(8), y=labels, same_class=True)
    assert y.tolist() == labels.tolist()
    assert np.array_equal(new, synthesize(table(20), Beta(1.0, 2.0), generator(8), y=[0, 1] * 10, same_class=True)[0])


@pytest.mark.parametrize(
    "labels",
    [
        ["a", None, "b", "a"],
        ["a", np.nan, "b", "a"],
        [1.0, np.nan, 2.0, 1.0],
        pd.Series(["a", None, "b", "a"]),
        pd.Series(["a", None, "b", "a"], dtype=object),
        pd.Series(["a", None, "b", "a"], dtype="string"),
        pd.Categorical(["a", None, "b", "a"]),
        pd.array([1, None, 2, 1], dtype="Int64"),
        np.ma.array([1, 2, 1, 2], mask=[0, 1, 0, 0]),
    ],
)
def test_missing_labels_are_refused(labels):
    with pytest.raises(ValueError, match="labels y must not be missing"):
        synthesize(ROWS, LAW, generator(), y=labels, same_class=True)


def test_a_class_of_one_row_is_copied():
    new, y = synthesize(ROWS, LAW, generator(), y=[0, 0, 0, 1], same_class=True)
    np.testing.assert_allclose(new[y == 1], ROWS[3:], rtol=1e-15)


@pytest.mark.parametrize("y", [None, np.arange(12.0)])
def test_a_frame_gives_a_frame(y):
    frame = pd.DataFrame(table(), columns=["u", "v", "v"], index=range(12, 0, -1))
    frames, arrays = (synthesize(X, LAW, generator(), y=y) for X in (frame, table()))
    new, expected = (frames, arrays) if y is None else (frames[0], arrays[0])
    assert isinstance(new, pd.DataFrame) and list(new.columns) == ["u", "v", "v"] and list(new.index) == list(range(12))
    assert np.array_equal(new.to_numpy(), expected)
    for batch, _ in generations(frame, LAW, generator(), 2, y=y):
        assert isinstance(batch, pd.DataFrame) and list(batch.columns) == ["u", "v", "v"]


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
        (lambda: synthesize(ROWS, Zeta, generator()), TypeError, "law must be a mixing law, got the class Zeta"),
        (lambda: synthesize(ROWS, choose_law(eps0=0.2, eps1=0.2), generator()), TypeError, "Choice; give .*choice.law"),
        (lambda: synthesize(ROWS, Beta([1.0, 2.0, 3.0, 4.0], 1.0), generator()), ValueError, "law must be a single"),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=list("abab")),
            TypeError,
            "y must .*dtype <U1; .*same_class=True",
        ),
        (lambda: synthesize(ROWS, LAW, generator(), y=pd.Series(list("abab"))), TypeError, "y must .*same_class=True"),
        (lambda: synthesize(ROWS, LAW, generator(), y=[[1], [1, 2], [1], [2]]), ValueError, "y must be an array"),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=[1, "a", 1, 2], same_class=True),
            TypeError,
            "y must be of one kind",
        ),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=pd.Series([1, "a", 1, 2]), same_class=True),
            TypeError,
            "y must be of one kind.*got int, str",
        ),
        (
            lambda: synthesize(ROWS, LAW, generator(), y=[0, np.inf, 0, 0], same_class=True),
            ValueError,
            "labels y must be finite",
        ),
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
            "class 1: law .* has 2 parents: pairing 'distinct' needs at least 2 rows, got 1",
        ),
        (
            lambda: synthesize(ROWS, Zeta(2.8, 5), generator(), pairing="anchored"),
            ValueError,
            "needs at least 5 rows, got 4",
        ),
        (
            lambda: synthesize(ROWS, LAW, generator(), n=3, pairing="anchored"),
            ValueError,
            r"n must be left out .*\(4\), got 3",
        ),
        (lambda: list(generations(ROWS, LAW, generator(), -1)), ValueError, "n_generations"),
        (lambda: list(generations(ROWS, {0: LAW}, generator(), 1)), ValueError, "needs the labels"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
