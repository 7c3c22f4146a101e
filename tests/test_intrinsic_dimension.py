"""Estimators of intrinsic dimension: by hand, on flat data of known dimension, and against scikit-dimension."""

import sys

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from mixtheory.intrinsic_dimension import (
    Neighbors,
    inverse_dimensions,
    local_pca_dimension,
    local_pca_dimensions,
    mle_dimension,
    nearest_neighbors,
    two_nn_dimension,
)
from mixtheory.intrinsic_dimension import neighbors as search

ESTIMATORS = {
    "pca": lambda X, **options: local_pca_dimension(X, n_neighbors=9, cut=0.2, **options),
    "mle": lambda X, **options: mle_dimension(X, n_neighbors=9, **options),
    "mle_mean": lambda X, **options: mle_dimension(X, n_neighbors=9, average="mean", **options),
    "two_nn": two_nn_dimension,
}


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def flat(rng, n, d, ambient):
    """Draw uniform points of a d-dimensional cube in a space of more dimensions."""
    basis = np.linalg.qr(rng.normal(size=(ambient, d)))[0]
    return rng.random((n, d)) @ basis.T


# Neighbours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 3, 30])
def test_neighbours_by_brute_force(rng, d):
    X = rng.normal(size=(60, d))
    all_distances = cdist(X, X)
    np.fill_diagonal(all_distances, np.inf)
    at = rng.permutation(60)[:17]
    found = nearest_neighbors(X, 5, at=at)
    np.testing.assert_allclose(found.distances, np.sort(all_distances[at], axis=1)[:, :5], rtol=1e-12)
    np.testing.assert_array_equal(found.indices, np.argsort(all_distances[at], axis=1)[:, :5])
    np.testing.assert_array_equal(found.nearest(2).indices, found.indices[:, :2])


@pytest.mark.parametrize(("n", "d", "slow"), [(900, 2, "_by_all_distances"), (300, 40, "_by_tree")])
def test_the_two_searches_find_the_same(rng, monkeypatch, n, d, slow):
    X, k = rng.normal(size=(n, d)), 6
    at = rng.permutation(n)[:50]
    distances, indices = search._by_all_distances(X, at, k)
    by_tree = search._by_tree(search.KDTree(X), X, at, k)
    np.testing.assert_array_equal(by_tree[1], indices)
    np.testing.assert_allclose(by_tree[0], distances, rtol=1e-14)
    monkeypatch.setattr(search, "CHUNK", 1)
    np.testing.assert_array_equal(search._by_all_distances(X, at, k)[0], distances)
    # only the faster one is called
    monkeypatch.setattr(search, slow, None)
    np.testing.assert_array_equal(nearest_neighbors(X, k, at=at).indices, indices)


def test_tiny_distances_in_many_columns_keep_their_digits():
    X = np.zeros((40, 30))
    X[:, 0] = 1e3 + 1e-9 * np.arange(40) ** 2
    assert nearest_neighbors(X, 1, at=[1]).distances[0, 0] == pytest.approx(X[1, 0] - X[0, 0], rel=1e-12)


def test_a_mask_is_as_good_as_row_numbers(rng):
    X = rng.normal(size=(40, 3))
    mask = X[:, 0] > 0
    for estimate in ESTIMATORS.values():
        assert estimate(X, at=mask) == estimate(X, at=np.flatnonzero(mask))


# Copies, ties and units ------------------------------------------------------------------------------------------


def test_copies_are_no_neighbours():
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [-0.0, 3.0], [0.0, 3.0]], 6, axis=0)
    found = nearest_neighbors(X, 2)
    np.testing.assert_array_equal(found.indices, np.repeat([[6, 12], [0, 12], [0, 6]], [6, 6, 12], axis=0))
    far = np.sqrt(10.0)
    expected = np.repeat([[1.0, 3.0], [1.0, far], [3.0, far]], [6, 6, 12], axis=0)
    np.testing.assert_allclose(found.distances, expected)


@pytest.mark.parametrize("backend", ["sklearn", "skdim"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimates_are_those_of_the_different_rows(rng, name, backend):
    X = rng.normal(size=(60, 3))
    copies = np.concatenate([X, X[::2], X[::3]])
    estimate = ESTIMATORS[name]
    at = np.arange(60)
    assert estimate(copies, at=at, backend=backend) == estimate(X, backend=backend)


@pytest.mark.parametrize("backend", ["sklearn", "skdim"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_copies_only_are_refused(name, backend):
    X = np.repeat([[0.0, 0.0], [1.0, 0.0]], 8, axis=0)
    with pytest.raises(ValueError, match=r"X must have .* different rows .* got 2 in 16 rows: copies of a row"):
        ESTIMATORS[name](X, backend=backend)


@pytest.mark.parametrize("backend", ["sklearn", "skdim"])
@pytest.mark.parametrize("step", [1.0, 0.1, 1e-3])
def test_a_lattice_is_refused_where_all_distances_are_tied(backend, step):
    # steps of 0.1 are equal up to rounding only
    X = step * np.array([[i, j] for i in range(12) for j in range(12)])
    inside = np.all((X > 1.5 * step) & (X < 9.5 * step), axis=1)
    for average in ("inverse", "mean"):
        with pytest.raises(ValueError, match="X must not have tied distances only, got 64 of 64 rows"):
            mle_dimension(X, n_neighbors=4, at=inside, average=average, backend=backend)
    with pytest.raises(ValueError, match="X must not have tied distances only"):
        two_nn_dimension(X, backend=backend)
    assert 1.5 < mle_dimension(X, n_neighbors=24, at=inside, backend=backend) < 2.5


@pytest.mark.parametrize("backend", ["sklearn", "skdim"])
def test_some_ties_are_infinite_in_the_mean_only(backend):
    # the middle one of three equal steps has its two neighbours at one distance
    X = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [4.0, 0.0], [8.0, 0.0]])
    inverse = np.log([2.0, 1.0, 2.0, 3 / 2, 6 / 4])
    assert mle_dimension(X, n_neighbors=2, backend=backend) == pytest.approx(1 / inverse.mean())
    with pytest.raises(ValueError, match="got 1 of 5 rows whose 2 neighbours"):
        mle_dimension(X, n_neighbors=2, average="mean", backend=backend)


@pytest.mark.parametrize("backend", ["sklearn", "skdim"])
@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("exponent", [-665, 1000])
def test_units_do_not_matter(rng, name, backend, exponent):
    X = rng.normal(size=(80, 3))
    estimate = ESTIMATORS[name](X, backend=backend)
    assert ESTIMATORS[name](np.ldexp(X, exponent), backend=backend) == pytest.approx(estimate, rel=1e-12)
    np.testing.assert_array_equal(
        nearest_neighbors(np.ldexp(X, exponent), 3).distances, np.ldexp(nearest_neighbors(X, 3).distances, exponent)
    )


def test_distances_that_are_no_numbers_are_refused():
    for X in ([[-1.7e308], [1.7e308], [0.0]], [[0.0], [1e-200], [1.0]]):
        with pytest.raises(ValueError, match="X must have distances between its rows that are floating-point numbers"):
            nearest_neighbors(X, 2)
    X = np.concatenate([np.eye(3), np.eye(3) * 1e-170])
    inside = Neighbors(np.ones((1, 3)), np.array([[3, 4, 5]]))
    with pytest.raises(ValueError, match="X must have neighbourhoods with a variance"):
        local_pca_dimension(X, n_neighbors=3, neighbors=inside)


# Definitions -----------------------------------------------------------------------------------------------------


def test_maximum_likelihood_by_hand():
    distances = [[1.0, 2.0, 8.0], [0.0, 3.0, 6.0], [0.0, 0.0, 5.0], [0.0, 0.0, 0.0]]
    expected = [np.log(8 * 4) / 2, np.log(2.0), np.nan, np.nan]
    np.testing.assert_allclose(inverse_dimensions(distances), expected)


def test_the_two_averages_by_hand(rng):
    X = rng.normal(size=(50, 3))
    inverse = inverse_dimensions(nearest_neighbors(X, 6).distances)
    assert mle_dimension(X, n_neighbors=6) == pytest.approx(1 / inverse.mean())
    assert mle_dimension(X, n_neighbors=6, average="mean") == pytest.approx((1 / inverse).mean())


def test_principal_components_by_hand():
    cross = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.4], [0.0, -0.4]])
    # the four neighbours of the centre have eigenvalues in the ratio of 0.16
    for cut, dimension in ((0.15, 2), (0.17, 1)):
        found = nearest_neighbors(cross, 4, at=[0])
        assert local_pca_dimensions(cross, found, cut=cut).tolist() == [dimension]


def test_both_forms_of_the_eigenvalues_agree(rng):
    X = rng.normal(size=(40, 12))
    for k in (5, 30):
        found = nearest_neighbors(X, k)
        expected = []
        for row in found.indices:
            values = np.linalg.eigvalsh(np.cov(X[row].T))
            expected.append(int(np.sum(values > 0.1 * values[-1])))
        np.testing.assert_array_equal(local_pca_dimensions(X, found, cut=0.1), expected)


def test_chunks_change_nothing(rng, monkeypatch):
    X = rng.normal(size=(60, 4))
    whole = local_pca_dimension(X, n_neighbors=10, cut=0.3)
    monkeypatch.setattr("mixtheory.intrinsic_dimension.estimators.CHUNK", 100)
    assert local_pca_dimension(X, n_neighbors=10, cut=0.3) == whole


def test_two_nn_by_hand():
    # one row a ratio: T_1 = 1 and T_2 = exp(x)
    X = np.arange(10.0)[:, None]
    found = nearest_neighbors(X, 2)
    found.distances[:] = np.stack([np.ones(10), np.exp(np.linspace(0.1, 1.0, 10))], axis=1)
    x = np.linspace(0.1, 1.0, 10)[:8]
    y = -np.log(1 - np.arange(1, 9) / 10)
    assert two_nn_dimension(X, discard=0.2, neighbors=found) == pytest.approx(np.sum(x * y) / np.sum(x * x))


def test_without_discard_the_largest_ratio_alone_is_left_out(rng):
    X = rng.normal(size=(30, 3))
    first, second = nearest_neighbors(X, 2).distances.T
    x, y = np.sort(np.log(second / first))[:-1], -np.log(1 - np.arange(1, 30) / 30)
    expected = np.sum(x * y) / np.sum(x * x)
    for discard in (0.0, 1e-17, 0.01, 1 / 30):
        for backend in ("sklearn", "skdim"):
            assert two_nn_dimension(X, discard=discard, backend=backend) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("d", [1, 2, 3])
def test_flat_data_have_their_dimension(seed, d):
    rng = np.random.default_rng(seed)
    X = flat(rng, 4000, d, 6)
    inside = np.flatnonzero(np.linalg.norm(X - X.mean(axis=0), axis=1) < 0.3)
    found = nearest_neighbors(X, 20, at=inside)
    m = len(inside)
    # log-ratios to the k-th neighbour are exponential with rate d: the relative error of m (k - 1) of them
    assert abs(mle_dimension(X, n_neighbors=20, neighbors=found) / d - 1) < 7 / np.sqrt(m * 19 / 20)
    assert abs(two_nn_dimension(X, neighbors=found) / d - 1) < 10 / np.sqrt(m)
    assert local_pca_dimension(X, n_neighbors=20, neighbors=found) == pytest.approx(d, abs=0.1)


def test_the_mean_of_local_estimates_is_too_large_by_its_factor(rng):
    X = flat(rng, 4000, 2, 2)
    inside = np.flatnonzero(np.linalg.norm(X - X.mean(axis=0), axis=1) < 0.4)
    found = nearest_neighbors(X, 6, at=inside)
    mean, inverse = (mle_dimension(X, n_neighbors=6, neighbors=found, average=a) for a in ("mean", "inverse"))
    assert mean / inverse == pytest.approx(5 / 4, rel=0.06)


def test_noise_fills_the_space_below_its_size_and_not_above(rng):
    t = np.sort(rng.random(4000))
    X = np.column_stack([t, np.zeros(4000), np.zeros(4000)]) + 0.005 * rng.normal(size=(4000, 3))
    small, large = (mle_dimension(X, n_neighbors=k, at=np.arange(1000, 3000, 5)) for k in (4, 1000))
    assert small > 2 and large < 1.3


def test_estimates_do_not_depend_on_position_scale_or_rotation(rng):
    X = rng.normal(size=(150, 3))
    turned = 7.0 * X @ np.linalg.qr(rng.normal(size=(3, 3)))[0] + 2.0
    for estimate in ESTIMATORS.values():
        assert estimate(turned) == pytest.approx(estimate(X), rel=1e-9)


# Against scikit-dimension ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("d", [2, 5])
def test_backends_agree(rng, name, d):
    X = rng.normal(size=(120, d))
    estimate = ESTIMATORS[name]
    assert estimate(X, backend="skdim") == pytest.approx(estimate(X), rel=1e-12)
    at = rng.permutation(120)[:50]
    assert estimate(X, at=at, backend="skdim") == pytest.approx(estimate(X, at=at), rel=1e-12)


def test_scikit_dimension_by_its_own_search_agrees(rng):
    skdim = pytest.importorskip("skdim")
    X = rng.normal(size=(150, 3))
    pca = skdim.asPointwise(X, skdim.id.lPCA(ver="FO", alphaFO=0.2), n_neighbors=9).mean()
    assert ESTIMATORS["pca"](X) == pytest.approx(pca)
    for average, comb in (("inverse", "mle"), ("mean", "mean")):
        fitted = skdim.id.MLE().fit(X, n_neighbors=9, comb=comb).dimension_
        assert mle_dimension(X, n_neighbors=9, average=average) == pytest.approx(fitted)
    assert two_nn_dimension(X) == pytest.approx(skdim.id.TwoNN().fit(X).dimension_)


def test_without_scikit_dimension_the_extra_is_named(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "skdim", None)
    for estimate in ESTIMATORS.values():
        with pytest.raises(ImportError, match=r"mixtheory\[dimension\]"):
            estimate(rng.normal(size=(30, 2)), backend="skdim")


# Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda X: mle_dimension(X, n_neighbors=1), ValueError, "n_neighbors must be an integer between 2 and 19"),
        (lambda X: mle_dimension(X, n_neighbors=20), ValueError, "n_neighbors"),
        (lambda X: mle_dimension(X, n_neighbors=3, average="median"), ValueError, "average"),
        (lambda X: mle_dimension(X, n_neighbors=3, backend="sklern"), ValueError, "did you mean 'sklearn'"),
        (lambda X: local_pca_dimension(X, n_neighbors=3, cut=1.0), ValueError, "cut"),
        (lambda X: local_pca_dimension(X[:, 0], n_neighbors=3), ValueError, "X must have 2 dimension"),
        (lambda X: two_nn_dimension(X, discard=1.0), ValueError, "discard"),
        (lambda X: two_nn_dimension(X, discard=0.95), ValueError, "discard must leave at least 2 ratios"),
        (lambda X: two_nn_dimension(X, at=[3], backend="skdim"), ValueError, "which leaves 0 of 1 rows"),
        (lambda X: two_nn_dimension(np.full((9, 2), np.nan)), ValueError, "finite"),
        (lambda X: nearest_neighbors(X, 2, at=[20]), ValueError, "at must be row numbers between 0 and 19"),
        (lambda X: nearest_neighbors(X, 2, at=[0.5]), TypeError, "at must be a sequence of row numbers"),
        (lambda X: two_nn_dimension(X, at=[1], neighbors=nearest_neighbors(X, 2)), ValueError, "either at or"),
        (lambda X: nearest_neighbors(X, 2, at=[]), ValueError, "at must name at least one row"),
        (lambda X: nearest_neighbors(X, 2, at=np.zeros(20, bool)), ValueError, "at must name at least one row"),
        (lambda X: nearest_neighbors(X, 2, at=[True, False]), ValueError, "one entry for each of the 20 rows"),
        (lambda X: mle_dimension(X, n_neighbors=4, neighbors=nearest_neighbors(X, 2)), ValueError, "must hold 4"),
        (lambda X: mle_dimension(X, n_neighbors=2, neighbors=(1, 2)), TypeError, "neighbors must be Neighbors"),
        (lambda X: local_pca_dimensions(X, (1, 2)), TypeError, "neighbors must be Neighbors"),
        (lambda X: two_nn_dimension(X[:9], neighbors=nearest_neighbors(X, 2)), ValueError, "rows of X, got row number"),
        (lambda X: Neighbors([1], [2]), ValueError, "distances must have 2 dimension"),
        (lambda X: Neighbors([[1.0, 2.0]], [[2]]), ValueError, "indices must have the shape of distances"),
        (lambda X: Neighbors([[1.0]], [[0.5]]), TypeError, "indices must be row numbers"),
        (lambda X: Neighbors([[1.0]], [[-1]]), ValueError, "indices must be row numbers >= 0"),
        (lambda X: Neighbors([[0.0]], [[1]]), ValueError, "copies of a row are not"),
        (lambda X: Neighbors([[2.0, 1.0]], [[1, 2]]), ValueError, "must increase in each row"),
        (
            lambda X: mle_dimension(X, n_neighbors=2, neighbors=nearest_neighbors(X, 2), backend="skdim"),
            ValueError,
            "neighbors must be left out",
        ),
        (lambda X: inverse_dimensions([[1.0]]), ValueError, "at least 2 columns"),
        (lambda X: inverse_dimensions([[-1.0, 1.0]]), ValueError, "distances must be >= 0, got -1"),
        (lambda X: inverse_dimensions([[2.0, 1.0]]), ValueError, "must increase in each row"),
    ],
)
def test_bad_input(rng, call, error, message):
    with pytest.raises(error, match=message):
        call(rng.normal(size=(20, 2)))
