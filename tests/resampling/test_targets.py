"""Labels of any kind, one-hot rows, soft labels and numbers."""

import numpy as np
import pandas as pd
import pytest

from tests.resampling.simple import Weigher

N = 30
X = np.random.default_rng(0).normal(size=(N, 2))
PLACES = np.repeat([0, 1], [20, 10])


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        [0, 1],
        [False, True],
        np.array([-1, 1], dtype="i2"),
        np.array([3.0, 7.0], dtype="f4"),
        np.array(["no", "yes"], dtype=object),
        np.array([False, True], dtype=object),
    ],
    ids=str,
)
@pytest.mark.parametrize("container", [np.asarray, list, tuple, pd.Series, pd.DataFrame, pd.Categorical])
def test_labels(labels, container):
    y = np.asarray(labels)[PLACES]
    given = container(y.tolist() if container in (list, tuple) else y)
    sampler = Weigher()
    _, new = sampler.fit_resample(X, given)
    assert isinstance(new, list if container is tuple else type(given))
    assert np.asarray(new).ravel().tolist() == [*y.tolist(), *[y[-1]] * 10]
    for attribute in ("dtype", "dtypes"):
        if hasattr(given, attribute):
            assert np.all(getattr(new, attribute) == getattr(given, attribute))


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "string", "category", "int64[pyarrow]"])
def test_series_keep_their_type_and_name(dtype):
    y = (
        pd.Series(PLACES, name="y", index=range(5, 5 + N))
        .astype("boolean" if dtype == "boolean" else object)
        .astype(dtype)
    )
    _, new = Weigher().fit_resample(X, y)
    assert new.dtype == y.dtype and new.name == "y" and new.index.equals(pd.RangeIndex(40))
    assert new[:N].reset_index(drop=True).equals(y.reset_index(drop=True)) and new[N:].eq(y.iloc[-1]).all()


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("container", [np.asarray, pd.DataFrame, list])
def test_one_hot_rows(classes, container):
    places = np.arange(N) % 7 % classes
    hot = np.eye(classes, dtype="i4")[places]
    given = container(hot.tolist()) if container is list else container(hot)
    rows, new = Weigher(random_state=0).fit_resample(X, given)
    same, labels = Weigher(random_state=0).fit_resample(X, places)
    assert type(new) is type(given) and np.array_equal(rows, same)
    assert np.array_equal(np.asarray(new), np.eye(classes)[labels])
    if container is np.asarray:
        assert new.dtype == hot.dtype


def test_soft_labels():
    y = np.array(["b", "a", "c"])[np.arange(N) % 3]
    sampler = Weigher((0.6, 0.4), target="soft", amount=12)
    _, soft = sampler.fit_resample(X, y)
    hot = (y[:, None] == np.array(["a", "b", "c"])).astype(float)
    assert np.array_equal(soft[:N], hot) and sampler.classes_.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(soft[N:], np.einsum("mk,mkc->mc", sampler.sample_weights_, hot[sampler.sample_indices_]))
    for given in (pd.Series(y, name="y"), pd.DataFrame({"y": y}), pd.Series(y).astype("category")):
        _, framed = Weigher((0.6, 0.4), target="soft", amount=12).fit_resample(X, given)
        assert isinstance(framed, pd.DataFrame) and framed.columns.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("container", [np.asarray, "pandas", list])
def test_numbers(dtype, columns, container):
    y = np.arange(N if columns is None else N * columns, dtype=dtype).reshape((N,) if columns is None else (N, columns))
    if container == "pandas":
        given = pd.Series(y, name="q") if columns is None else pd.DataFrame(y, columns=list("pqr")[:columns])
    else:
        given = y.tolist() if container is list else y
    sampler = Weigher(target="numbers", amount=0.5)
    rows, new = sampler.fit_resample(X, given)
    assert type(new) is type(given) and np.shape(new) == (N + 15, *y.shape[1:]) and len(rows) == N + 15
    values = np.asarray(new)
    assert values.dtype == ("f4" if dtype == "f4" and container is not list else "f8")
    mixed = np.einsum("mk,mk...->m...", sampler.sample_weights_, y[sampler.sample_indices_].astype("f8"))
    np.testing.assert_allclose(values[N:], mixed, rtol=1e-6)
    assert np.array_equal(values[:N], y)
    assert sampler.sampling_strategy_ == {} and sampler.n_new_ == 15 and not hasattr(sampler, "classes_")
    if container == "pandas":
        assert new.name == "q" if columns is None else new.columns.equals(given.columns)


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        (None, {}, ValueError, "requires y to be passed, but the target y is None"),
        (PLACES[:-1], {}, ValueError, "a target for each of the 30 rows of X, got 29"),
        (3, {}, ValueError, "got 0"),
        (X[:, 0], {}, ValueError, "Unknown label type"),
        ((X > -1).astype(int), {}, ValueError, "Multilabel and multioutput targets are not supported"),
        (np.zeros((N, 3), dtype=int), {}, ValueError, "Multilabel and multioutput targets are not supported"),
        (PLACES + 1j, {}, ValueError, "Complex data not supported"),
        (pd.Series(["a", None, "b"] * 10), {}, ValueError, "labels y must not be missing"),
        (np.array(["a", 1, 2] * 10, dtype=object), {}, TypeError, "labels of one kind"),
        (["a", 1, 2] * 10, {}, TypeError, "labels y must be of one kind"),
        (X[:, 0], {"target": "numbers"}, ValueError, "amount must be given for a target of numbers"),
        (["a"] * N, {"target": "numbers", "amount": 1}, TypeError, "y must be an array of real numbers"),
        ([np.nan] * N, {"target": "numbers", "amount": 1}, ValueError, "y must be finite"),
    ],
)
def test_errors(y, options, error, message):
    with pytest.raises(error, match=message):
        Weigher(**options).fit(X, y)
