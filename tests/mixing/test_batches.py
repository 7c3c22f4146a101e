"""Mixed batches: the stated sums in the stated precision, labels, rescaling, and what is wrong with the input."""

import numpy as np
import pandas as pd
import pytest

from mixtheory.mixing.batches import _check_finite, mix_batch
from mixtheory.mixing.choose import choose_law
from mixtheory.mixing.dirichlet import Dirichlet, ExpandedDirichlet
from mixtheory.mixing.kernels.orderings import ordered_weights
from mixtheory.mixing.pairing import draw_parents
from mixtheory.mixing.points import DIFFERENT_PARENTS, PAIRINGS
from mixtheory.mixing.rescaling import batch_scale, known_mean_scale
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.mixing.zeta import Zeta

# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0

FLOATS = [(np.float32, 2e-6), (np.float64, 1e-14)]
LAWS = [
    Zeta(2.8, 6),
    Dirichlet(1.0, 6),
    Zeta(1.0, 3),
    EpBeta.preserving_uniform(),
    ExpandedDirichlet.preserving(1.0, 3),
]


def generator(seed=0):
    return np.random.default_rng(seed)


def batch(*shape, dtype=np.float64):
    return generator(99).normal(size=shape or (6, 2, 3)).astype(dtype)


def weights_of(law, n, seed, pairing="anchored"):
    """The weights over the members: mixing the identity matrix."""
    return mix_batch(np.eye(n), law, generator(seed), pairing=pairing)


# ---- the sums


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize(("dtype", "tolerance"), FLOATS)
def test_records_are_sums_with_one_weight_vector_each(law, pairing, dtype, tolerance):
    X = batch(dtype=dtype)
    before = X.copy()
    new = mix_batch(X, law, generator(1), pairing=pairing)
    weights = weights_of(law, 6, 1, pairing)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(new, np.einsum("ij,j...->i...", weights, X), rtol=0, atol=20 * tolerance)
    assert new.dtype == dtype and new.shape == X.shape and new.flags.c_contiguous
    assert np.array_equal(X, before) and not np.shares_memory(new, X)


@pytest.mark.parametrize("law", [Zeta(1.0, 3), Dirichlet([5.0, 2.0, 1.0]), Beta(2.0, 1.0)], ids=repr)
@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("n", [3, 20, 40])
def test_few_parents_are_those_of_the_pairing(law, pairing, n):
    whole = n == law.n_parents and pairing in ("distinct", "anchored")
    twin = generator(2)
    if whole:
        expected = ordered_weights(twin, law.weight_vectors(n, twin), n, anchored=pairing == "anchored")
    else:
        parents = draw_parents(n, law.n_parents, twin, pairing=pairing)
        vectors = np.broadcast_to(law.weight_vectors(1 if pairing == "shared" else n, twin), parents.shape)
        expected = np.zeros((n, n))
        np.add.at(expected, (np.arange(n)[:, None], parents), vectors)
    np.testing.assert_allclose(weights_of(law, n, 2, pairing), expected, atol=1e-15)


@pytest.mark.parametrize("gamma", [0.5, 2.8])
@pytest.mark.parametrize("n", [2, 6, 40])
def test_anchored_zeta_has_its_largest_weight_on_the_diagonal(gamma, n):
    law = Zeta(gamma, n)
    weights = weights_of(law, n, 3)
    assert np.array_equal(weights.argmax(axis=1), np.arange(n))
    np.testing.assert_array_equal(np.sort(weights, axis=1)[:, ::-1], np.tile(law.weights, (n, 1)))


def test_all_parents_in_any_order_leave_the_diagonal():
    law, n = Zeta(2.8, 8), 8
    rng = generator(4)
    dominant = [mix_batch(np.eye(n), law, rng, pairing="distinct").argmax(axis=1) for _ in range(500)]
    share = np.mean(np.array(dominant) == np.arange(n))
    assert abs(share - 1 / n) < WIDE * np.sqrt(1 / n * (1 - 1 / n) / (500 * n))


def test_first_weight_of_a_random_law_is_the_own_one():
    law = Dirichlet([9.0, 1.0, 1.0, 1.0])
    rng = generator(5)
    own = np.array([mix_batch(np.eye(4), law, rng).diagonal() for _ in range(1000)]).ravel()
    assert abs(own.mean() - 0.75) < WIDE * own.std() / np.sqrt(own.size)


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("law", [Zeta(2.8, 30), Dirichlet(1.0, 30), Zeta(2.8, 4), Beta(1.0, 1.0)], ids=repr)
def test_same_seed_gives_the_same_records_in_both_precisions(law, pairing):
    X = batch(30, 5, dtype=np.float32)
    single = mix_batch(X, law, generator(6), pairing=pairing)
    double = mix_batch(X.astype(np.float64), law, generator(6), pairing=pairing)
    again = mix_batch(X, law, generator(6), pairing=pairing)
    np.testing.assert_allclose(single, double, rtol=0, atol=1e-5)
    assert np.array_equal(single, again)
    assert not np.allclose(single, mix_batch(X, law, generator(7), pairing=pairing), atol=1e-3)


# ---- labels


def test_numbers_are_mixed_with_their_records():
    X = batch(12, 3)
    slope = np.array([1.0, -2.0, 0.5])
    for law in (Zeta(2.0, 12), Beta(1.0, 1.0)):
        new, y = mix_batch(X, law, generator(8), y=3 + X @ slope)
        np.testing.assert_allclose(y, 3 + new @ slope, atol=1e-12)
        new, y = mix_batch(X, law, generator(8), y=np.stack([X, 2 * X], axis=1))
        np.testing.assert_allclose(y, np.stack([new, 2 * new], axis=1), atol=1e-12)


@pytest.mark.parametrize(
    "container",
    [list, tuple, np.array, pd.Series, pd.Categorical, lambda labels: np.array(labels, dtype=object)],
)
@pytest.mark.parametrize(("labels", "classes"), [("baabca", "bca"), ([2, 0, 0, 2, 7, 0], [2, 7, 0])])
@pytest.mark.parametrize("law", [Zeta(2.8, 6), Zeta(2.8, 2)])
def test_classes_are_columns_in_their_order(container, labels, classes, law):
    labels, classes = list(labels), list(classes)
    X = batch(dtype=np.float32)
    new, soft = mix_batch(X, law, generator(9), y=container(labels), classes=classes)
    weights = weights_of(law, 6, 9)
    expected = weights @ np.array([[label == name for name in classes] for label in labels], dtype=float)
    np.testing.assert_allclose(soft, expected, atol=1e-6)
    assert soft.dtype == np.float32 and soft.shape == (6, 3)
    np.testing.assert_array_equal(new, mix_batch(X, law, generator(9)))


def test_classes_need_not_all_occur_and_may_be_an_array():
    _, soft = mix_batch(batch(), Zeta(2.0, 6), generator(), y=[1, 1, 3, 1, 3, 1], classes=np.array([0, 1, 2, 3]))
    np.testing.assert_allclose(soft.sum(axis=0)[[0, 2]], 0.0)
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)


def test_labels_are_not_rescaled():
    plain = mix_batch(batch(), Zeta(2.0, 6), generator(1), y=list("aabbcc"), classes=list("abc"))
    rescaled = mix_batch(batch(), Zeta(2.0, 6), generator(1), y=list("aabbcc"), classes=list("abc"), rescale="batch")
    assert np.array_equal(plain[1], rescaled[1])
    assert not np.allclose(plain[0], rescaled[0])


# ---- rescaling


@pytest.mark.parametrize("law", [Zeta(2.0, 6), Dirichlet(1.0, 6), Zeta(2.0, 3), Beta(1.0, 1.0)], ids=repr)
@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize(("dtype", "tolerance"), FLOATS)
def test_rescaling_about_the_mean_of_the_batch(law, pairing, dtype, tolerance):
    X = batch(dtype=dtype) + dtype(10)
    mixed = mix_batch(X, law, generator(2), pairing=pairing).astype(np.float64)
    new = mix_batch(X, law, generator(2), pairing=pairing, rescale="batch")
    mean = X.astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(new, mean + batch_scale(law, 6, pairing) * (mixed - mean), rtol=0, atol=200 * tolerance)
    assert new.dtype == dtype


@pytest.mark.parametrize("pairing", ["anchored", "distinct"])
def test_rescaled_records_have_the_covariance_of_the_batch(pairing):
    X, law, draws = batch(6, 2), Zeta(2.0, 6), 2000
    rng = generator(3)
    found = np.array([mix_batch(X, law, rng, pairing=pairing, rescale="batch") for _ in range(draws)]) - X.mean(axis=0)
    for first, second in ((0, 0), (0, 1), (1, 1)):
        each = (found[..., first] * found[..., second]).mean(axis=1)  # a batch is the independent unit
        expected = np.cov(X.T, ddof=0)[first, second]
        assert abs(each.mean() - expected) < WIDE * each.std() / np.sqrt(draws)


@pytest.mark.parametrize("mean", [5.0, np.array([[1.0], [2.0]]), np.arange(6.0).reshape(2, 3), [4.0, 5, 6]])
def test_rescaling_about_a_known_mean(mean):
    X, law = batch(), Zeta(2.0, 6)
    mixed = mix_batch(X, law, generator(4))
    new = mix_batch(X, law, generator(4), rescale=mean)
    np.testing.assert_allclose(new, mean + known_mean_scale(law) * (mixed - mean), atol=1e-12)


def test_records_about_a_known_mean_have_the_covariance_of_the_population():
    law, draws = Zeta(1.5, 5), 3000
    rng = generator(5)
    found = np.array([mix_batch(rng.normal(3.0, 2.0, 5), law, rng, rescale=3.0) for _ in range(draws)])
    each = ((found - 3.0) ** 2).mean(axis=1)
    assert abs(each.mean() - 4.0) < WIDE * each.std() / np.sqrt(draws)


@pytest.mark.parametrize("pairing", ["independent", "permutation", "shared"])
def test_a_known_mean_needs_different_parents(pairing):
    with pytest.raises(ValueError, match="rescale by a known mean needs a pairing of .*, got '" + pairing):
        mix_batch(batch(), Beta(1.0, 1.0), generator(), pairing=pairing, rescale=0.0)


@pytest.mark.parametrize(
    ("rescale", "error", "message"),
    [
        ("bach", ValueError, r"rescale must be one of \['batch'\], got 'bach'; did you mean 'batch'"),
        (np.zeros(4), ValueError, r"rescale must broadcast to shape \(2, 3\) of a record, got \(4,\)"),
        (np.zeros((6, 2, 3)), ValueError, r"got \(6, 2, 3\)"),
        ([np.nan, 0, 0], ValueError, "rescale must be finite"),
        (1j, TypeError, "rescale must be a real number"),
        (True, TypeError, "rescale must be None, 'batch' or an array of means, got True"),
        (np.False_, TypeError, "rescale must be None, 'batch' or an array of means, got False"),
        ([True, False, True], TypeError, "rescale must be None, 'batch' or an array of means"),
    ],
)
def test_bad_rescaling(rescale, error, message):
    with pytest.raises(error, match=message):
        mix_batch(batch(), Zeta(2.0, 6), generator(), rescale=rescale)


def test_a_known_mean_with_labels_goes_to_the_columns_of_its_labels():
    X = pd.DataFrame(batch(6, 3) + [1.0, 20.0, 300.0], columns=["a", "b", "c"])
    expected = mix_batch(X, Zeta(2.0, 6), generator(), rescale=[1.0, 20.0, 300.0])
    mean = pd.Series({"c": 300.0, "a": 1.0, "b": 20.0})
    for given in (mean, mean.to_frame().T, mean[["a", "b", "c"]]):
        pd.testing.assert_frame_equal(mix_batch(X, Zeta(2.0, 6), generator(), rescale=given), expected)
    assert not np.allclose(mix_batch(X, Zeta(2.0, 6), generator(), rescale=mean.to_numpy()), expected)


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "d"], ["a", "b", "b"], [0, 1, 2], list("abcd")])
def test_a_known_mean_with_other_labels(labels):
    X = pd.DataFrame(batch(6, 3), columns=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"rescale must have the columns of X \['a', 'b', 'c'\] as its labels, got \["):
        mix_batch(X, Zeta(2.0, 6), generator(), rescale=pd.Series(1.0, index=labels))


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("rescale", ["batch", 1e4])
@pytest.mark.parametrize("gamma", [0.05, 2.0])
def test_rescaling_keeps_the_digits_of_single_precision(pairing, rescale, gamma):
    if rescale != "batch" and pairing not in DIFFERENT_PARENTS:
        pytest.skip("a known mean needs different parents")
    X = (batch(30, 4) + 1e4).astype(np.float32)
    labels = np.arange(30) % 2
    new, soft = mix_batch(X, Zeta(gamma, 30), generator(), pairing=pairing, rescale=rescale, y=labels, classes=[0, 1])
    double = mix_batch(X.astype(np.float64), Zeta(gamma, 30), generator(), pairing=pairing, rescale=rescale)
    assert new.dtype == soft.dtype == np.float32
    np.testing.assert_array_equal(new, double.astype(np.float32))
    plain = mix_batch(X, Zeta(gamma, 30), generator(), pairing=pairing, y=labels, classes=[0, 1])
    np.testing.assert_allclose(soft, plain[1], rtol=0, atol=1e-6)


def test_factors_of_different_laws_are_not_confused():
    X = batch(5, 3)
    for law in (Zeta(2.0, 5), Dirichlet(2.0, 5), Zeta(2.5, 5), Zeta(2.0, 5)):
        mixed = mix_batch(X, law, generator())
        new = mix_batch(X, law, generator(), rescale="batch")
        np.testing.assert_allclose(new - X.mean(axis=0), batch_scale(law, 5, "anchored") * (mixed - X.mean(axis=0)))


def test_the_mean_of_the_batch_cannot_be_rescaled():
    with pytest.raises(ValueError, match="law must not make every row the mean"):
        mix_batch(batch(), Zeta(0.0, 6), generator(), rescale="batch")


# ---- types and layouts


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        *(("bool", "float32"), ("uint8", "float32"), ("int8", "float32"), ("uint16", "float32"), ("int16", "float32")),
        *(("int32", "float64"), ("uint32", "float64"), ("int64", "float64"), ("uint64", "float64")),
        *(
            ("float16", "float32"),
            (">f4", "float32"),
            ("<f4", "float32"),
            (">f8", "float64"),
            ("longdouble", "float64"),
        ),
    ],
)
@pytest.mark.parametrize("law", [Zeta(2.8, 4), Beta(1.0, 1.0)])
def test_dtype_of_the_result(dtype, expected, law):
    X = generator(6).integers(0, 2 if dtype == "bool" else 100, (4, 3, 2)).astype(dtype)
    before = X.copy()
    new, y = mix_batch(X, law, generator(7), y=X[:, 0, 0])
    assert new.dtype == y.dtype == expected
    np.testing.assert_allclose(new, mix_batch(X.astype(np.float64), law, generator(7)), rtol=2e-5)
    np.testing.assert_allclose(y, new[:, 0, 0], rtol=1e-6)
    assert X.dtype == before.dtype and np.array_equal(X, before)
    assert (new != np.rint(new)).any()


LAYOUTS = {
    "fortran": np.asfortranarray,
    "steps": lambda X: np.repeat(np.repeat(X, 2, axis=0), 2, axis=-1)[::2, ..., ::2],
    "backwards": lambda X: X[::-1].copy()[::-1],
    "transposed": lambda X: np.ascontiguousarray(np.moveaxis(X, -1, 0)).transpose(*range(1, X.ndim), 0),
    "repeated": lambda X: np.broadcast_to(X[:1], X.shape),
    "matrix": lambda X: X.reshape(6, -1),
    "column": lambda X: X.reshape(6, -1)[:, 0],
    "unaligned": lambda X: np.frombuffer(b"x" + X.tobytes(), dtype=np.uint8)[1:].view(X.dtype).reshape(X.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("law", [Zeta(2.8, 6), Zeta(2.8, 2), Zeta(2.8, 3), Beta(1.0, 1.0)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layouts(layout, law, dtype):
    X = LAYOUTS[layout](batch(6, 4, 5, dtype=dtype))
    X.flags.writeable = False
    before = X.copy()
    new = mix_batch(X, law, generator(8))
    np.testing.assert_allclose(new, mix_batch(np.array(X, order="C"), law, generator(8)), rtol=0, atol=1e-6)
    assert new.dtype == dtype and new.flags.c_contiguous and new.flags.writeable
    assert np.array_equal(X, before)


def test_lists_and_objects_of_numbers():
    rows = [[1, 2], [3, 4], [5, 6]]
    expected = mix_batch(np.array(rows, dtype=float), Zeta(2.0, 3), generator())
    for given in (rows, tuple(map(tuple, rows)), np.array(rows, dtype=object), np.ma.array(rows, mask=False)):
        assert np.array_equal(mix_batch(given, Zeta(2.0, 3), generator()), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_frames(dtype):
    X = pd.DataFrame(generator(9).integers(0, 9, (5, 2)).astype(dtype), columns=["a", "b"], index=list("vwxyz"))
    new, y = mix_batch(X, Zeta(2.0, 5), generator(), y=X["b"])
    assert isinstance(new, pd.DataFrame) and list(new.columns) == ["a", "b"] and list(new.index) == list(range(5))
    assert np.array_equal(new.to_numpy(), mix_batch(X.to_numpy(), Zeta(2.0, 5), generator()))
    assert new.to_numpy().dtype == np.result_type(dtype, np.float32)
    np.testing.assert_allclose(y, new["b"], rtol=1e-6)


def test_large_finite_numbers_are_no_infinite_ones():
    X = np.full((4, 3), 3e38, dtype=np.float32)
    X[0] = 1e20
    assert np.isfinite(mix_batch(X, Zeta(2.8, 4), generator())).all()


# ---- bad input


@pytest.mark.parametrize("law", [Zeta(2.8, 5), Zeta(2.8, 2), Beta(1.0, 1.0), Zeta(900.0, 5)], ids=repr)
@pytest.mark.parametrize("pairing", ["anchored", "distinct"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("dtype", "rescale"), [(np.float32, None), (np.float64, "batch")])
def test_infinite_and_missing_values_are_found_wherever_they_are(law, pairing, bad, dtype, rescale):
    for place in np.ndindex(5, 3):
        X = np.ones((5, 3), dtype=dtype)
        X[place] = bad
        with pytest.raises(ValueError, match="X must be finite, got NaN or infinite values"):
            mix_batch(X, law, generator(), pairing=pairing, rescale=rescale)


def test_both_infinities_in_a_column_are_found():
    X = np.ones((5, 3))
    X[1, 1], X[3, 1] = np.inf, -np.inf
    with pytest.raises(ValueError, match="X must be finite"):
        mix_batch(X, Zeta(2.8, 5), generator())


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (3.0, ValueError, "X must be an array of rows, one a record, got 3.0"),
        (np.float32(3), ValueError, "X must be an array of rows, one a record, got 3.0"),
        (None, ValueError, "X must be an array of rows, one a record, got None"),
        (np.empty((0, 3)), ValueError, "X must have at least 2 records, got 0"),
        ([], ValueError, "X must have at least 2 records, got 0"),
        (np.empty((6, 0)), ValueError, r"X must not be empty, got shape \(6, 0\)"),
        (np.empty((6, 2, 0), dtype=np.uint8), ValueError, r"X must not be empty, got shape \(6, 2, 0\)"),
        (np.ones((1, 3)), ValueError, "X must have at least 2 records, got 1"),
        (np.ones((6, 2), dtype=complex), TypeError, "X must be an array of real numbers, got dtype complex128"),
        (np.full((6, 2), "a"), TypeError, "X must be an array of real numbers, got dtype <U1"),
        (np.full((6, 2), "a", dtype=object), TypeError, "X must be an array of real numbers"),
        (np.full((6, 2), None, dtype=object), ValueError, "X must be finite"),
        (np.zeros((6, 2), dtype="datetime64[s]"), TypeError, "X must be an array of real numbers"),
        ([[1.0], [1.0, 2.0]], TypeError, "X must be an array of real numbers, got list"),
        (np.ma.array(np.ones((6, 2)), mask=np.eye(6, 2)), ValueError, "X must have no masked entries"),
        (pd.DataFrame({"a": [1.0] * 6, "b": list("abcdef")}), TypeError, "X must have numeric columns only, got 'b'"),
        (pd.DataFrame({"a": [1.0] * 5 + [None]}), ValueError, "X must be finite, got missing values in 'a'"),
    ],
)
def test_bad_data(X, error, message):
    with pytest.raises(error, match=message):
        mix_batch(X, Zeta(2.8, 6), generator())


@pytest.mark.parametrize(
    ("y", "classes", "error", "message"),
    [
        ([1, 2, 3], None, ValueError, r"y must have 6 row\(s\) as X has, got shape \(3,\)"),
        (list("abcab"), list("abc"), ValueError, r"y must have 6 row\(s\) as X has, got shape \(5,\)"),
        (np.ones((7, 2)), None, ValueError, r"got shape \(7, 2\)"),
        (1.0, None, ValueError, r"got shape \(\)"),
        ([[1], [1, 2], 3, 4, 5, 6], None, ValueError, "y must be an array, got a list of entries of different shapes"),
        (list("abcabc"), None, TypeError, "y must be an array of real numbers, got dtype <U1; labels need classes"),
        ([1, 2, 3, 4, 5, np.nan], None, ValueError, "y must be finite"),
        (np.ma.array(np.ones(6), mask=[1, 0, 0, 0, 0, 0]), None, ValueError, "y must have no masked entries"),
        (np.ones(6, dtype=complex), None, TypeError, "y must be an array of real numbers"),
        (np.empty((6, 0)), None, ValueError, "y must not be empty"),
        (list("abcabd"), list("abc"), ValueError, r"labels y must be among classes \['a', 'b', 'c'\], got 'd'"),
        ([0, 1, 2, 0, 1, 3], [0, 1, 2], ValueError, r"labels y must be among classes \[0, 1, 2\], got 3"),
        (["a", "b", None, "a", "b", "a"], ["a", "b"], ValueError, "labels y must not be missing"),
        (["a", "b", np.nan, "a", "b", "a"], ["a", "b", "nan"], ValueError, "labels y must not be missing"),
        (np.ma.array([0, 1] * 3, mask=[1] + [0] * 5), [0, 1], ValueError, "labels y must not be missing"),
        (np.eye(6), [0, 1], ValueError, r"labels y must have 1 dimension, got shape \(6, 6\)"),
        (list("aabbcc"), list("aabc"), ValueError, r"classes must be different, got \['a', 'a', 'b', 'c'\]"),
        (list("aabbcc"), [], ValueError, r"labels y must be among classes \[\], got 'a'"),
        (list("aabbcc"), "abc", TypeError, "classes must be a sequence such as a list or tuple, got 'abc'"),
        (list("aabbcc"), 3, TypeError, "classes must be a sequence such as a list or tuple, got 3"),
        (list("aabbcc"), [["a"], ["b"]], TypeError, "classes and labels y must be hashable"),
        (None, list("abc"), ValueError, "classes needs the labels y"),
    ],
)
def test_bad_labels(y, classes, error, message):
    with pytest.raises(error, match=message):
        mix_batch(batch(), Zeta(2.8, 6), generator(), y=y, classes=classes)


@pytest.mark.parametrize(
    ("law", "error", "message"),
    [
        (2.8, TypeError, "law must be a mixing law, got float"),
        (None, TypeError, "law must be a mixing law, got NoneType"),
        (Zeta, TypeError, "law must be a mixing law, got the class Zeta"),
        (choose_law(eps0=0.2, eps1=0.2), TypeError, "give its law: choice.law"),
        (Beta([1.0, 2.0], 1.0), ValueError, r"law must be a single law, got one with parameters of shape \(2,\)"),
        (
            Zeta(2.8, 7),
            ValueError,
            r"law Zeta\(gamma=2.8, n_parents=7\) has 7 parents: pairing 'anchored' needs at least 7 rows, got 6",
        ),
    ],
)
def test_bad_laws(law, error, message):
    with pytest.raises(error, match=message):
        mix_batch(batch(), law, generator())


@pytest.mark.parametrize("pairing", ["anchored", "distinct", "derangement"])
@pytest.mark.parametrize("rescale", [None, "batch", 0.0])
def test_more_parents_than_records(pairing, rescale):
    rng = generator()
    with pytest.raises(ValueError, match=rf"9 parents: pairing '{pairing}' needs at least 9 rows, got 6"):
        mix_batch(batch(), Zeta(2.8, 9), rng, pairing=pairing, rescale=rescale)
    assert rng.bit_generator.state == generator().bit_generator.state
    assert mix_batch(batch(), Zeta(2.8, 9), rng, pairing="independent").shape == (6, 2, 3)


def test_bad_generator_and_pairing():
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, got int"):
        mix_batch(batch(), Zeta(2.8, 6), 0)
    with pytest.raises(ValueError, match=r"pairing must be one of .*, got 'anchor'; did you mean 'anchored'"):
        mix_batch(batch(), Zeta(2.8, 6), generator(), pairing="anchor")


def test_a_product_that_leaves_out_members_of_weight_zero_hides_no_missing_value():
    # some BLAS skip zeros, so that the first record may be finite
    X, mixed = np.array([[1.0], [np.nan]]), np.array([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="X must be finite"):
        _check_finite(np.eye(2), X, mixed)
    _check_finite(np.full((2, 2), 0.5), np.ones((2, 1)), np.ones((2, 1)))
