"""Tables and targets of any kind come back as what they were, with synthetic rows of the right values."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mixtheory.resampling.reading import read_table
from tests.resampling.simple import Weigher

N = 30
X = np.random.default_rng(0).normal(size=(N, 3)) * [1.0, 10.0, 100.0]
Y = np.array(["a"] * 20 + ["b"] * 10)


def expected(sampler, numbers):
    """Synthetic rows from their parents and weights, by another route than the sampler's."""
    return np.einsum(
        "mk,mkd->md", sampler.sample_weights_, np.asarray(numbers, dtype=np.float64)[sampler.sample_indices_]
    )


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_floats(dtype, order):
    rows = np.array(X, dtype=dtype, order=order)
    kept = rows.copy()
    sampler = Weigher(random_state=0)
    new, labels = sampler.fit_resample(rows, Y)
    assert type(new) is np.ndarray and new.dtype == rows.dtype and new.shape == (40, 3)
    assert np.array_equal(new[:N], rows) and np.array_equal(rows, kept)
    tolerance = 4 * float(max(np.finfo(dtype).eps, np.finfo("f8").eps))
    np.testing.assert_allclose(new[N:].astype("f8"), expected(sampler, rows), rtol=tolerance, atol=tolerance * 300)
    assert labels.tolist() == [*Y.tolist(), *["b"] * 10]
    assert sampler.n_features_in_ == 3 and not hasattr(sampler, "feature_names_in_")


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "i8", "u8", ">i4"])
def test_arrays_of_integers(dtype):
    rows = np.abs(X).astype(dtype)
    sampler = Weigher(random_state=0)
    new, _ = sampler.fit_resample(rows, Y)
    assert new.dtype == rows.dtype and np.array_equal(new[:N], rows)
    exact = expected(sampler, rows)
    assert np.all(np.abs(new[N:].astype("f8") - exact) < 1)
    assert sampler.column_costs_["rule"].tolist() == ["integer"] * 3


def test_strides_and_writing():
    wide = np.zeros((2 * N, 6))
    wide[::2, ::2] = X
    wide.flags.writeable = False
    new, _ = Weigher(random_state=0).fit_resample(wide[::2, ::2], Y)
    same, _ = Weigher(random_state=0).fit_resample(X, Y)
    assert np.array_equal(new, same)


def test_an_array_is_read_without_a_copy():
    assert read_table(X, "auto").numbers is X
    single = X.astype("f4")
    assert read_table(single, "auto").numbers is single


@pytest.mark.parametrize("part", [slice(0, 10), slice(9, None, -1), slice(30, 40)])
def test_rows_of_any_place_in_memory_come_below_the_real_ones(part):
    class Elsewhere(Weigher):
        def _draw(self, table, target, counts, rng):
            drawn = super()._draw(table, target, counts, rng)
            whole = np.zeros((40, 3))
            whole[part] = drawn.rows
            return replace(drawn, rows=whole[part])

    new, _ = Elsewhere(random_state=0).fit_resample(X, Y)
    assert np.array_equal(new, Weigher(random_state=0).fit_resample(X, Y)[0])


def test_lists_come_back_as_lists():
    new, labels = Weigher(random_state=0).fit_resample(X.tolist(), Y.tolist())
    same, _ = Weigher(random_state=0).fit_resample(X, Y)
    assert new == same.tolist() and labels == [*Y.tolist(), *["b"] * 10]
    mixed = [[float(a), "xyz"[k % 3], k] for k, a in enumerate(X[:, 0])]
    new, _ = Weigher(random_state=0).fit_resample(mixed, Y)
    assert new[:N] == mixed
    assert {tuple(type(value) for value in row) for row in new} == {(float, str, int)}


def frame():
    return pd.DataFrame(
        {
            "float": X[:, 0],
            "single": X[:, 1].astype("f4"),
            "int": np.arange(N, dtype="i2"),
            "Int": pd.array(range(N), dtype="Int64"),
            "Float": pd.array(X[:, 2], dtype="Float64"),
            "bool": np.arange(N) % 2 == 0,
            "boolean": pd.array([True, False, None] * 10, dtype="boolean"),
            "text": list("uvw") * 10,
            "object": np.array(["x", 1, None] * 10, dtype=object),
            "category": pd.Categorical(list("xyz") * 10, categories=list("zyxw"), ordered=True),
            "arrow": pd.array(range(N), dtype="int64[pyarrow]"),
            "held": pd.arrays.SparseArray([2.5, 3.5] * 15, fill_value=2.5),
        },
        index=range(100, 100 + N),
    )


def test_frame_keeps_columns_types_and_attributes():
    table = frame().drop(columns="held")
    table.attrs["source"] = "laboratory"
    table.columns.name = "quantity"
    kept = table.copy(deep=True)
    sampler = Weigher(random_state=0)
    new, labels = sampler.fit_resample(table, pd.Series(Y, name="label", index=table.index))
    pd.testing.assert_frame_equal(table, kept)
    assert type(new) is pd.DataFrame and new.dtypes.equals(table.dtypes) and new.columns.equals(table.columns)
    assert new.columns.name == "quantity" and new.attrs == table.attrs
    assert new.index.equals(pd.RangeIndex(40)) and labels.index.equals(new.index) and labels.name == "label"
    pd.testing.assert_frame_equal(new[:N], table.reset_index(drop=True))
    assert sampler.feature_names_in_.tolist() == table.columns.tolist()
    owners = sampler.sample_indices_[:, 0]
    for column in ("bool", "boolean", "text", "object", "category"):
        taken = table[column].iloc[owners].reset_index(drop=True)
        pd.testing.assert_series_equal(new[column][N:].reset_index(drop=True), taken)
    np.testing.assert_allclose(new[["float", "Float"]][N:].to_numpy("f8"), expected(sampler, X[:, [0, 2]]))
    for column in ("int", "Int", "arrow"):
        assert np.all(np.abs(new[column][N:].to_numpy("f8") - expected(sampler, np.arange(N)[:, None])[:, 0]) < 1)


@pytest.mark.parametrize("append", [True, False])
def test_sparse_columns_of_a_frame(append):
    table = frame()[["float", "int", "text", "held"]].assign(
        zeros=pd.arrays.SparseArray([0, 3] * 15), gaps=pd.arrays.SparseArray(X[:, 0])
    )
    sampler = Weigher(random_state=0, append=append)
    new, _ = sampler.fit_resample(table, Y)
    dense, _ = Weigher(random_state=0, append=append).fit_resample(dense_of(table), Y)
    assert new.dtypes.equals(table.dtypes) and list(new["text"]) == list(dense["text"])
    for column in ("float", "held", "gaps"):
        np.testing.assert_allclose(np.asarray(new[column]), np.asarray(dense[column]), rtol=1e-12)
    start = N if append else 0
    for column in ("int", "zeros"):
        exact = expected(sampler, np.asarray(table[column])[:, None])[:, 0]
        assert np.all(np.abs(np.asarray(new[column])[start:] - exact) < 1)


def dense_of(table):
    return table.apply(lambda column: np.asarray(column) if isinstance(column.dtype, pd.SparseDtype) else column)


def test_frame_of_one_type_takes_the_short_way_to_the_same_rows():
    table = pd.DataFrame(X, columns=["p", "q", "r"])
    new, _ = Weigher(random_state=0).fit_resample(table, Y)
    same, _ = Weigher(random_state=0).fit_resample(X, Y)
    other, _ = Weigher(random_state=0).fit_resample(table.assign(s="text"), Y)
    assert np.array_equal(new.to_numpy(), same)
    pd.testing.assert_frame_equal(other[["p", "q", "r"]], new)
    # what comes out is not tied to what went in
    new.iloc[0, 0] = 99.0
    assert table.iloc[0, 0] == X[0, 0]


@pytest.mark.parametrize("kind", ["csr_matrix", "csc_matrix", "csr_array", "csc_array"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_sparse_tables(kind, dtype):
    rows = np.where(np.abs(X) > 5, X, 0).astype(dtype)
    table = getattr(sparse, kind)(rows)
    sampler = Weigher(random_state=0)
    new, _ = sampler.fit_resample(table, Y)
    assert type(new) is type(table) and new.dtype == table.dtype
    assert np.array_equal(new.toarray()[:N], rows)
    tolerance = 1 - 1e-9 if dtype == "i4" else 1e-4
    np.testing.assert_allclose(new.toarray()[N:], expected(sampler, rows), rtol=0, atol=tolerance)


def test_other_sparse_formats_become_csr_and_duplicates_are_summed():
    entries = ([1.0, 2.0, 4.0], ([0, 0, 25], [1, 1, 2]))
    new, _ = Weigher(random_state=0).fit_resample(sparse.coo_matrix(entries, shape=(N, 3)), Y)
    assert isinstance(new, sparse.csr_matrix) and new[0, 1] == 3.0
    unsummed = sparse.csr_matrix(([1.0, 2.0], [1, 1], [0, 2] + [2] * (N - 1)), shape=(N, 3))
    new, _ = Weigher(random_state=0).fit_resample(unsummed, Y)
    assert new[0, 1] == 3.0


@pytest.mark.parametrize("target", [sparse.csr_matrix(np.eye(3)[[0] * 20 + [1] * 10])], ids=["sparse"])
def test_sparse_targets_are_refused(target):
    with pytest.raises(TypeError, match="y must be dense"):
        Weigher().fit(X, target)


@pytest.mark.parametrize("append", [True, False])
def test_append(append):
    sampler = Weigher(random_state=0, append=append, amount=7)
    new, labels = sampler.fit_resample(X, Y)
    whole, whole_labels = Weigher(random_state=0, amount=7).fit_resample(X, Y)
    start = 0 if append else N
    assert np.array_equal(new, whole[start:]) and np.array_equal(labels, whole_labels[start:])


def test_nothing_is_added():
    for append, length in ((True, N), (False, 0)):
        sampler = Weigher(amount=0, append=append)
        new, labels = sampler.fit_resample(frame(), pd.Series(Y))
        assert len(new) == len(labels) == length and new.dtypes.equals(frame().dtypes)
        assert sampler.sample_indices_.shape == (0, 2) and sampler.n_new_ == 0


def test_objects_keep_what_they_hold():
    rows = np.array([[1, 2.5, "x"], [3, 4.5, None]] * 15, dtype=object)
    new, _ = Weigher(random_state=0).fit_resample(rows, Y)
    assert new.dtype == object
    assert {tuple(map(type, row[:2])) for row in new} == {(int, float)}
    assert set(new[:, 2].tolist()) == {"x", None}
    unhashable = np.array([[[1], 1.0]] * N + [[1, 2]], dtype=object)[:N]
    assert Weigher(random_state=0).fit_resample(unhashable, Y)[0][-1, 0] == [1]
    with pytest.raises(TypeError, match="values that can be compared in 0"):
        Weigher((0.4, 0.3, 0.3), categorical_rule="vote").fit_resample(unhashable, Y)


def test_text_and_booleans_in_arrays_are_nominal():
    for rows in (np.array([["x", "1.5"], ["y", "2.5"]] * 15), X > 0):
        sampler = Weigher(random_state=0)
        new, _ = sampler.fit_resample(rows, Y)
        assert new.dtype == rows.dtype and np.array_equal(new[N:], rows[sampler.sample_indices_[:, 0]])
        assert sampler.column_costs_.empty
