"""Samplers at their edges: as many parents as rows, rows that repeat, owners, neighbours and units of any size."""

import itertools

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.base import clone

from mixtheory.mixing.samplers import Mixup, RegressionMixup, ZetaMixup, named_law
from mixtheory.mixing.samplers.groups import owner_first
from mixtheory.mixing.samplers.neighbours import nearest_rows, rule_of_thumb
from mixtheory.mixing.samplers.rowmixer import _mean
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from mixtheory.mixing.zeta import Zeta

LEVEL = 1e-9
# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0

X = np.random.default_rng(0).normal(size=(40, 3)) + np.arange(3)
LABELS = np.repeat(["a", "b"], [10, 30])


# ---- as many parents as rows, and rows that repeat


@pytest.mark.parametrize("rows", [np.array([[0.0], [1.0], [5.0]]), np.array([[2.0], [2.0], [5.0]])])
def test_a_class_of_as_many_rows_as_parents(rows):
    law = Zeta(1.0, 3)
    table, labels = np.concatenate([rows, X[:, :1]]), np.repeat([0, 1], [3, 40])
    sampler = ZetaMixup(1.0, n_parents=3, amount=8600, append=False, random_state=0)
    new, made = sampler.fit_resample(table, labels)
    orders = list(itertools.permutations(range(3)))
    every = np.array([law.weights @ rows[list(order), 0] for order in orders])
    assert sampler.variance_factor_[0] == pytest.approx(every.var() / rows.var(), rel=1e-12)
    own = sampler.sample_indices_[made == 0]
    counts = [int((own == order).all(axis=1).sum()) for order in orders]
    # rows that are equal are rows of their own
    assert sum(counts) == len(own) and stats.chisquare(counts).pvalue > LEVEL
    stretched = clone(sampler).set_params(preserve="covariance").fit_resample(table, labels)[0][made == 0]
    np.testing.assert_allclose(
        stretched, rows.mean() + (new[made == 0] - rows.mean()) / np.sqrt(every.var() / rows.var()), rtol=1e-12
    )


# ---- owners


@pytest.mark.parametrize(
    ("weights", "owned"),
    [([0.2, 0.8], [0.8, 0.2]), ([1.4, -2.0, 1.6], [1.6, -2.0, 1.4]), ([0.5, 0.5], [0.5, 0.5])],
)
def test_the_larger_weight_is_the_owner_even_of_a_single_row(weights, owned):
    for size in (1, 3):
        vectors = np.tile(weights, (size, 1))
        rng = np.random.default_rng(0)
        np.testing.assert_array_equal(owner_first(vectors, size, "larger_weight", rng), [owned] * size)
        np.testing.assert_array_equal(owner_first(vectors, size, "first_parent", rng), vectors)


def test_the_owner_of_a_single_row_is_drawn_by_its_weights():
    rng = np.random.default_rng(1)
    first = [owner_first(np.array([[0.7, 0.2, 0.1]]), 1, "bernoulli", rng)[0, 0] for _ in range(3000)]
    assert stats.chisquare([first.count(w) for w in (0.7, 0.2, 0.1)], [2100, 600, 300]).pvalue > LEVEL


def test_partners_of_a_row_by_label_are_independent():
    sampler = RegressionMixup(Dirichlet(1.0, 3), pairing="label", bandwidth=1e6, amount=20_000, random_state=2)
    sampler.fit_resample(X, X[:, 0])
    _, first, second = sampler.sample_indices_.T
    share = 1 / 39
    assert abs((first == second).mean() - share) < WIDE * np.sqrt(share * (1 - share) / 20_000)


# ---- soft labels


def test_soft_labels_leave_the_simplex_only_with_their_weights():
    for law, inside in (("preserving", False), ("within", True), ("beta", True)):
        sampler = Mixup(law, pairing="any", target="soft", amount=2000, append=False, random_state=3)
        soft = sampler.fit_resample(X, LABELS)[1]
        np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-12)
        assert (soft.min() >= 0 and soft.max() <= 1) == inside


# ---- neighbours and bandwidths


def exact_neighbours(rows, k):
    unit = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    distances = np.linalg.norm(unit[:, np.newaxis] - unit, axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.sort(np.argsort(distances, axis=1)[:, :k], axis=1)


# of few columns a tree finds the neighbours, of many a product of matrices, which loses digits to large values
@pytest.mark.parametrize("columns", [3, 20])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("unit", [1e-290, 1.0, 1e300])
def test_values_in_common_do_not_hide_the_neighbours(columns, container, unit):
    rows = np.random.default_rng(4).normal(size=(60, columns))
    expected = exact_neighbours(rows, 4)
    # 49 * (1 / 49) is no 1
    constant = np.full((60, 2), 49.0) * [1.0, 0.1]
    moved = np.hstack([rows + 1e8, constant]) * unit
    np.testing.assert_array_equal(np.sort(nearest_rows(container(moved), 4), axis=1), expected)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_neighbours_of_columns_with_zeros(container):
    rng = np.random.default_rng(5)
    rows = np.where(rng.random((50, 6)) < 0.4, 0.0, rng.normal(size=(50, 6)) * 10.0 ** np.arange(6))
    found = np.sort(nearest_rows(container(np.hstack([rows, np.zeros((50, 1))])), 3), axis=1)
    np.testing.assert_array_equal(found, exact_neighbours(rows, 3))


def test_the_spread_of_heavy_tails_is_that_of_their_quartiles():
    y = np.random.default_rng(6).standard_cauchy(500)
    assert stats.iqr(y) / 1.34 < y.std() / 2
    assert rule_of_thumb(y) == pytest.approx(0.9 * stats.iqr(y) / 1.34 * 500**-0.2, rel=1e-12)


# ---- precision


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e36])
@pytest.mark.parametrize(
    "sampler", [Mixup("beta"), ZetaMixup(n_parents=5), Mixup(EpBeta(0.5, 0.5, 0.2, 0.2))], ids=repr
)
def test_single_precision_of_any_size_is_stretched_in_it(sampler, unit):
    made = clone(sampler).set_params(preserve="covariance", append=False, amount=500, random_state=7)
    double = made.fit_resample(X, LABELS)[0]
    single = made.fit_resample((X * unit).astype(np.float32), LABELS)[0]
    assert single.dtype == np.float32
    # a few dozen roundings of numbers of the size of the table
    np.testing.assert_allclose(single / np.float64(unit), double, rtol=0, atol=40 * 2.0**-24 * np.abs(X).max())


def test_the_centre_is_a_mean_in_double_precision():
    rows = (np.random.default_rng(8).normal(size=(20_000, 2)) + 3).astype(np.float32)
    np.testing.assert_allclose(_mean(rows, np.arange(20_000)), rows.mean(axis=0, dtype=np.float64), rtol=1e-12)


# ---- laws by name


def test_laws_by_name():
    assert named_law("preserving") == EpBeta.preserving_uniform() == Mixup().fit(X, LABELS).law_
    assert named_law("beta", alpha=0.3) == Beta(0.3, 0.3)
    for delta in (0.02, 0.3):
        law = named_law("within", delta=delta)
        assert law == Mixup("within", delta=delta).fit(X, LABELS).law_
        assert law.support == (0.0, 1.0) and law.variance_factor == pytest.approx(1 - delta, abs=1e-14)
    with pytest.raises(ValueError, match="law must be one of"):
        named_law("wthin")
