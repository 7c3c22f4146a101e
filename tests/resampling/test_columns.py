"""Nominal columns: whose value a synthetic row takes; and what no column may hold."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from mixtheory.resampling.columns import column_places, donor_rows
from tests.resampling.simple import Weigher

N = 60
Y = np.repeat([0, 1], [40, 20])


def by_hand(rule, parents, weights, codes):
    """Return the code that each row takes in each column, counted one by one."""
    out = np.empty((len(parents), codes.shape[1]), dtype=np.int64)
    for row, (places, shares) in enumerate(zip(parents, weights, strict=True)):
        for column in range(codes.shape[1]):
            values = codes[places, column].tolist()
            votes = [share if rule == "heavier" else 0.0 for share in shares]
            if rule == "vote":
                votes = [sum(s for s, v in zip(shares, values, strict=True) if v == value) for value in values]
            best = max(votes)
            out[row, column] = next(v for v, vote in zip(values, votes, strict=True) if vote == best)
    return out


@pytest.mark.parametrize("rule", ["heavier", "vote"])
@pytest.mark.parametrize("k", [1, 2, 3, 6])
def test_rules_by_hand(rule, k):
    rng = np.random.default_rng()
    codes = rng.integers(0, 3, size=(N, 4))
    parents = rng.integers(N, size=(500, k))
    # eighths, so that ties are exact, and some of them negative
    weights = rng.integers(-2, 8, size=(500, k)) / 8
    donors = donor_rows(rule, parents, weights, lambda: codes, 4)
    # two parents with one value have all of the weight, whatever its sign
    differ = slice(None) if rule == "heavier" or k > 2 else weights.min(axis=1) >= 0
    taken = np.take_along_axis(codes, donors, axis=0)
    assert np.array_equal(taken[differ], by_hand(rule, parents, weights, codes)[differ])
    assert np.all([np.isin(donors[row], parents[row]).all() for row in range(500)])


def test_rules_through_a_sampler():
    rng = np.random.default_rng()
    X = pd.DataFrame({"s": rng.choice(["u", "v", None], N), "c": pd.Categorical(rng.choice([3, 1, 2], N)), "x": 1.0})
    for rule in ("heavier", "vote"):
        sampler = Weigher((0.4, 0.35, 0.25), categorical_rule=rule, amount=300, append=False)
        new, _ = sampler.fit_resample(X, Y)
        codes = np.column_stack([pd.factorize(X[c], use_na_sentinel=False)[0] for c in ("s", "c")])
        taken = by_hand(rule, sampler.sample_indices_, sampler.sample_weights_, codes)
        for column, name in enumerate(("s", "c")):
            places = [int(np.flatnonzero(codes[:, column] == code)[0]) for code in taken[:, column]]
            pd.testing.assert_series_equal(new[name], X[name].iloc[places].reset_index(drop=True))
        assert new["x"].tolist() == pytest.approx([1.0] * 300)


def test_many_rows_vote_in_blocks():
    rng = np.random.default_rng()
    codes, parents = rng.integers(0, 3, size=(N, 2)), rng.integers(N, size=(40_000, 3))
    weights = rng.random((40_000, 3))
    donors = donor_rows("vote", parents, weights, lambda: codes, 2)
    some = rng.integers(40_000, size=300)
    taken = np.take_along_axis(codes, donors, axis=0)[some]
    assert np.array_equal(taken, by_hand("vote", parents[some], weights[some], codes))


@pytest.mark.parametrize(
    ("value", "places"),
    [(["b", 2], [1, 2]), ([True, False, True], [0, 2]), (np.array([2, 0]), [0, 2]), ((), []), (pd.Index(["c"]), [2])],
)
def test_places(value, places):
    assert column_places("columns", value, ("a", "b", "c"), True).tolist() == places


@pytest.mark.parametrize(
    ("value", "named", "error", "message"),
    [
        ("a", True, TypeError, "columns must be a sequence of column names, places or booleans, got 'a'"),
        (3, True, TypeError, "must be a sequence"),
        ([1.5], True, TypeError, "got the entry 1.5"),
        ([True, False], True, ValueError, "must have 3 entries, one a column, got 2"),
        ([3], True, ValueError, "places between 0 and 2, got 3"),
        ([-1], True, ValueError, "places between 0 and 2, got -1"),
        (["heigth"], True, ValueError, "got 'heigth'; did you mean 'height'"),
        (["a"], False, ValueError, "the columns of X have no names"),
    ],
)
def test_places_that_are_none(value, named, error, message):
    with pytest.raises(error, match=message):
        column_places("columns", value, ("a", "height", "c"), named)


def frame(**columns):
    return pd.DataFrame({"x": np.arange(N, dtype=float), **columns})


def late(values, *others):
    """Return a column of `values`, with some others at its end."""
    return [*[values] * (N - len(others)), *others]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (frame(bad=late(1.0, np.nan, np.nan)), ValueError, "2 missing (NaN) in column 'bad'"),
        (frame(bad=late(1.0, np.inf, -np.inf)), ValueError, "2 infinite (inf) in column 'bad'"),
        (frame(bad=pd.array(late(1, None), dtype="Int64")), ValueError, "1 missing (NaN) in column 'bad'"),
        (frame(bad=pd.array(late(1.0, None), dtype="Float64")), ValueError, "1 missing (NaN) in column 'bad'"),
        (frame(bad=pd.array(late(1, None), dtype="int64[pyarrow]")), ValueError, "1 missing (NaN) in column 'bad'"),
        (frame(bad=pd.arrays.SparseArray(late(1.0, np.nan))), ValueError, "1 missing (NaN) in column 'bad'"),
        (frame(bad=late(0, 2**53 + 2)), ValueError, "got 9007199254740994 in column 'bad'; if it is a code"),
        (frame(bad=late(0, 2**60)).astype({"bad": "Int64"}), ValueError, "in column 'bad'; if it is a code"),
        (frame(bad=np.array(late(0, 2**63), dtype="u8")), ValueError, "got 9223372036854775808 in column 'bad'"),
        (frame(bad=pd.date_range("2020", periods=N)), TypeError, "column 'bad', got dates or times"),
        (frame(bad=pd.timedelta_range("1h", periods=N)), TypeError, "column 'bad', got dates or times"),
        (frame(bad=late(1j)), ValueError, "Complex data not supported: X must hold real numbers in column 'bad'"),
        (np.array([[1.0, np.nan]] * N), ValueError, "60 missing (NaN) in column 1"),
        (np.array([[1, 2**54]] * N), ValueError, "got 18014398509481984 in column 1"),
        (np.array([[1, 2**70]] * N, dtype=object), ValueError, "in column 1"),
        (np.zeros((N, 2), dtype="M8[D]"), TypeError, "X must hold numbers, got dates or times"),
        (np.zeros((N, 2), dtype=complex), ValueError, "Complex data not supported"),
        (np.ma.masked_less(np.arange(2.0 * N).reshape(N, 2), 3), ValueError, "no masked entries"),
        (sparse.csr_matrix(np.diag(late(1.0, np.nan))), ValueError, "1 missing (NaN) in column 59"),
        (sparse.csr_matrix(np.eye(N, dtype=bool)), TypeError, "X must hold numbers to be sparse, got dtype bool"),
        (sparse.csr_matrix(np.eye(N, dtype=complex)), ValueError, "Complex data not supported"),
        ([[1, 2], [3]] * 30, ValueError, "X must have rows of one length"),
        (
            pd.DataFrame(np.zeros((N, 2)), columns=["a", "a"]),
            ValueError,
            "different column names, got 'a' more than once",
        ),
        (pd.DataFrame(index=range(N)), ValueError, "0 feature(s)"),
        (np.zeros((0, 2)), ValueError, "0 sample(s)"),
        (np.zeros(N), ValueError, "Expected 2D array, got 1D array"),
        (np.full((N, 1), np.finfo(np.longdouble).max), ValueError, "60 infinite (inf) in column 0"),
    ],
)
def test_what_is_refused(X, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Weigher().fit(X, Y)


def test_many_bad_columns_are_not_all_listed():
    with pytest.raises(ValueError, match=r"in column 4 and 25 more$"):
        Weigher().fit(np.full((N, 30), np.nan), Y)


@pytest.mark.parametrize(
    ("column", "error", "message"),
    [
        (list("uv") * 30, ValueError, "got text; declare it in categorical_features"),
        (pd.Categorical([1, 2] * 30), ValueError, "got categories; declare it in categorical_features"),
        (pd.Series([{}] * N, dtype=object), TypeError, "column 'bad': .*argument must be a string or a real number"),
    ],
)
def test_columns_that_are_declared_numbers(column, error, message):
    X = frame(bad=column)
    with pytest.raises(error, match=message):
        Weigher(categorical_features=None).fit(X, Y)
    assert Weigher(categorical_features=["bad"]).fit_resample(X, Y)[0].dtypes.equals(X.dtypes)


def test_objects_that_are_numbers():
    X = frame(n=np.array([1, 2] * 30, dtype=object))
    sampler = Weigher(categorical_features=None)
    new, _ = sampler.fit_resample(X, Y)
    assert new["n"].dtype == object and {type(value) for value in new["n"]} == {int}
    assert sampler.column_costs_.index.tolist() == ["n"]


def test_nominal_columns_of_sparse_tables_are_refused():
    with pytest.raises(TypeError, match="X must be dense to have nominal columns"):
        Weigher(categorical_features=[0]).fit(sparse.eye_array(N, format="csr"), Y)


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        (np.full((N, 2), 1e308), "float64"),
        (frame(v=np.full(N, 3e38, dtype="f4")), "float32"),
        (np.full((N, 1), 6e4, "f2"), "float16"),
    ],
)
def test_mixtures_that_overflow(X, dtype):
    with pytest.raises(ValueError, match=rf"got an overflow in column .* \({dtype}\)"):
        with np.errstate(over="ignore"):
            Weigher((3.0,), amount=5).fit_resample(X, Y)


@pytest.mark.parametrize(("dtype", "largest"), [("f8", 1.7e308), ("f4", np.finfo("f4").max), ("f2", 65504.0)])
def test_numbers_near_the_largest_one_are_mixed(dtype, largest):
    X = np.full((N, 3), largest, dtype=dtype)
    new, _ = Weigher((0.5, 0.5), amount=5).fit_resample(X, Y)
    assert new.dtype == dtype and np.all(new == X[0, 0])
