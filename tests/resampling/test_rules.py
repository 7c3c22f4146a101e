"""Rounding and clipping: what is kept exactly, what it costs, and that the costs are reported as they are."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tests.resampling.simple import Weigher

# standard deviations that a sum of bounded terms exceeds less than once in 1e9
SIGMAS = 6.5

N = 400
Y = np.repeat([0, 1], [200, 200])


def unrounded(sampler, numbers):
    return np.einsum(
        "mk,mkd->md", sampler.sample_weights_, np.asarray(numbers, dtype=np.float64)[sampler.sample_indices_]
    )


def table(rng):
    return np.column_stack([rng.integers(-5, 50, N), rng.integers(0, 3, N), rng.integers(0, 2**20, N)])


def test_rounding_keeps_means_and_covariances_and_adds_the_predicted_variance():
    rng = np.random.default_rng()
    X = pd.DataFrame(table(rng), columns=["a", "b", "c"]).assign(z=rng.normal(size=N))
    m = 40_000
    sampler = Weigher(amount=m, append=False)
    new = sampler.fit_resample(X, Y)[0].to_numpy("f8")
    exact = unrounded(sampler, X)
    change, fraction = (new - exact)[:, :3], (exact - np.floor(exact))[:, :3]
    assert np.all(np.abs(change) < 1) and np.array_equal(new[:, :3], np.round(new[:, :3]))
    added = fraction * (1 - fraction)
    assert np.all(np.abs(change.sum(axis=0)) <= SIGMAS * np.sqrt(added.sum(axis=0)) + 1)
    # with another column, and of one rounded column with another
    z = exact[:, 3] - exact[:, 3].mean()
    assert np.all(np.abs(change.T @ z) <= SIGMAS * np.sqrt(added.T @ z**2) + np.abs(z).max())
    assert abs(change[:, 0] @ change[:, 1]) <= SIGMAS * np.sqrt(added[:, 0] @ added[:, 1]) + 1
    costs = sampler.column_costs_
    assert costs.index.tolist() == ["a", "b", "c"] and (costs["rounding_variance"] <= 0.25).all()
    np.testing.assert_allclose(costs["rounding_variance"], added.mean(axis=0), rtol=1e-9)
    # the square of a change has mean f (1 - f) and lies in [0, 1]
    assert np.all(np.abs((change**2 - added).sum(axis=0)) <= SIGMAS * np.sqrt(added.sum(axis=0)) + SIGMAS)


def test_whole_numbers_are_left_alone():
    largest = np.full((N, 1), 2**53)
    new, _ = Weigher((1.0,), amount=50).fit_resample(largest, Y)
    assert np.all(new == 2**53)
    costs = Weigher((1.0,), amount=50)
    costs.fit_resample(largest - 7, Y)
    assert costs.column_costs_.drop(columns="rule").to_numpy().tolist() == [[0.0] * 6]


@pytest.mark.parametrize("scale", [1.0, 1e300, 1e-300, 1e5])
@pytest.mark.parametrize("weights", [(0.5, 0.5), (1.7, -0.7)])
def test_costs_are_those_of_the_batch(scale, weights):
    rng = np.random.default_rng()
    X = pd.DataFrame(
        {"bounded": (rng.normal(size=N) + 3) * scale, "free": rng.normal(size=N), "count": rng.poisson(4, N)}
    )
    bounds = {"bounded": (2.5 * scale, 3.5 * scale), "count": (None, 4)}
    sampler = Weigher(weights, amount=9_000, append=False, bounds=bounds)
    new = sampler.fit_resample(X, Y)[0]
    costs = sampler.column_costs_
    assert costs["rule"].to_dict() == {"bounded": "bounds", "count": "integer, bounds"}
    before = pd.DataFrame(unrounded(sampler, X), columns=X.columns)
    # mixtures of few integers that are whole, up to rounding errors
    nearest = before["count"].round()
    before["count"] = before["count"].where((before["count"] - nearest).abs() > 1e-9, nearest)
    for column, unit in (("bounded", scale), ("count", 1.0)):
        x, y = before[column] / unit, new[column] / unit
        row = costs.loc[column]
        assert row["share_changed"] == np.mean(before[column] != new[column])
        assert row["mean_change"] / unit == pytest.approx(y.mean() - x.mean(), abs=1e-12)
        assert row["mean_change_sd"] == pytest.approx((y.mean() - x.mean()) / x.std(ddof=0), abs=1e-12)
        assert row["variance_change_relative"] == pytest.approx(y.var(ddof=0) / x.var(ddof=0) - 1, abs=1e-11)
        if scale in (1.0, 1e5):
            assert row["variance_change"] == pytest.approx((y.var(ddof=0) - x.var(ddof=0)) * unit**2, rel=1e-9)
    assert costs.loc["bounded", "rounding_variance"] == 0


def test_large_numbers_are_rounded_at_random_like_others():
    X = 10**12 + np.random.default_rng().integers(0, 2, size=(N, 1))
    sampler = Weigher((0.75, 0.25), amount=20_000, append=False)
    above = sampler.fit_resample(X, Y)[0][:, 0] - 10**12
    exact = np.einsum("mk,mk->m", sampler.sample_weights_, (X[:, 0] - 10**12)[sampler.sample_indices_])
    for fraction in (0.25, 0.75):
        chosen = above[exact == fraction]
        deviation = np.sqrt(fraction * (1 - fraction) / len(chosen))
        # near 1e12 doubles are 1e-4 apart
        assert len(chosen) > 1000 and abs(chosen.mean() - fraction) < SIGMAS * deviation + 1e-3


def test_costs_of_nothing_and_of_constants():
    X = np.column_stack([np.full(N, 3), np.arange(N)])
    sampler = Weigher(amount=0)
    sampler.fit_resample(X, Y)
    assert sampler.column_costs_.drop(columns="rule").isna().all(axis=None)
    sampler = Weigher(amount=10)
    sampler.fit_resample(X, Y)
    assert sampler.column_costs_.loc[0].tolist() == ["integer", *[0.0] * 6]


@pytest.mark.parametrize("value", [1, 3, 10**6 + 1, 10**12 + 1, -(10**14) - 1])
@pytest.mark.parametrize("weights", [(0.7, 0.3), (1.0 / 3,) * 3, (1.7, -0.7), (0.1,) * 10])
def test_a_constant_column_of_integers_stays_constant(value, weights):
    sampler = Weigher(weights, amount=5000)
    new, _ = sampler.fit_resample(np.column_stack([np.full(N, value), np.arange(N)]), Y)
    assert np.all(new[:, 0] == value) and sampler.column_costs_.loc[0, "share_changed"] == 0


def test_observed_range_and_signs():
    rng = np.random.default_rng()
    X = pd.DataFrame({"p": rng.exponential(size=N), "q": rng.normal(size=N), "n": rng.integers(0, 4, N)})
    far = Weigher((3.0, -2.0), amount=2000, append=False)
    new, _ = far.fit_resample(X, Y)
    assert (new.min() < X.min()).all() and (new.max() > X.max()).all()
    for bounds, rules in (("observed", ["p", "q", "n"]), ("nonnegative", ["p", "n"])):
        far = Weigher((3.0, -2.0), amount=2000, bounds=bounds)
        new, _ = far.fit_resample(X, Y)
        assert far.column_costs_.index.tolist() == rules
        pd.testing.assert_frame_equal(new[:N], X)
        if bounds == "observed":
            assert new.min().equals(X.min()) and new.max().equals(X.max())
        else:
            assert (new[["p", "n"]].min() == 0).all() and new["q"].min() < X["q"].min()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_bounds_hold_after_rounding_to_the_type(dtype):
    X = np.linspace(0, 1, 2 * N).reshape(N, 2).astype(dtype)
    sampler = Weigher((2.0, -1.0), amount=3000, bounds={0: (0.1, 0.3), 1: (1 / 3, None)}, append=False)
    new = sampler.fit_resample(X, Y)[0]
    assert new.dtype == X.dtype
    first, second = new.astype("f8").T
    eps = float(np.finfo(dtype).eps)
    assert 0.1 <= first.min() < 0.1 + eps and 0.3 - eps < first.max() <= 0.3
    assert 1 / 3 <= second.min() < 1 / 3 + eps and second.max() > 1


def test_integers_stay_in_their_bounds_and_in_the_range_of_their_type():
    X = np.random.default_rng().integers(0, 256, size=(N, 2), dtype="u1")
    new, _ = Weigher((3.0, -2.0), amount=2000, append=False).fit_resample(X, Y)
    assert new.dtype == "u1" and new.min() == 0 and new.max() == 255
    sampler = Weigher((3.0, -2.0), amount=20_000, append=False, bounds={0: (9.5, 12.5)})
    new, _ = sampler.fit_resample(X, Y)
    assert set(new[:, 0].tolist()) == {10, 11, 12}
    with pytest.raises(ValueError, match="an integer between them, got none for column 1"):
        Weigher(bounds={1: (0.2, 0.8)}).fit(X, Y)


def test_which_columns_stay_whole():
    X = pd.DataFrame({"i": np.arange(N), "f": np.arange(N, dtype="f8"), "b": np.arange(N) % 2 == 0})
    options = [
        ("auto", ["int64", "float64", "bool"], ["i"]),
        (None, ["float64", "float64", "bool"], []),
        (["f"], ["float64", "float64", "bool"], ["f"]),
        ([True, True, False], ["int64", "float64", "bool"], ["i", "f"]),
    ]
    for features, dtypes, whole in options:
        sampler = Weigher(amount=200, integer_features=features)
        new, _ = sampler.fit_resample(X, Y)
        assert new.dtypes.astype(str).tolist() == dtypes and sampler.column_costs_.index.tolist() == whole
        for column in ("i", "f"):
            assert np.all(new[column][N:] % 1 == 0) == (column in whole)
    # a boolean column that is a number is 0 or 1, with the mean of its mixtures
    sampler = Weigher(amount=20_000, categorical_features=None, append=False)
    new, _ = sampler.fit_resample(X[["b"]], Y)
    exact = unrounded(sampler, X[["b"]])
    deviation = np.sqrt((exact * (1 - exact)).sum())
    assert new.dtypes.tolist() == [bool] and abs(new["b"].sum() - exact.sum()) <= SIGMAS * deviation + 1
    # an array has one type
    new, _ = Weigher(integer_features=[0]).fit_resample(np.arange(2 * N).reshape(N, 2), np.arange(N) > 300)
    assert new.dtype == np.float64 and np.all(new[:, 0] % 1 == 0) and np.any(new[:, 1] % 1 != 0)


def test_sparse_tables_have_the_same_rules():
    rng = np.random.default_rng()
    X = rng.integers(0, 5, size=(N, 3)) * (rng.random((N, 3)) < 0.3)
    one = Weigher((2.0, -1.0), amount=3000, append=False, bounds={0: (-1.0, 2.0)})
    new, _ = one.fit_resample(sparse.csr_matrix(X), Y)
    exact = unrounded(one, X)
    dense = new.toarray()
    assert dense[:, 0].min() >= -1 and dense[:, 0].max() == 2
    assert np.array_equal(dense[:, 1:], np.round(exact[:, 1:]))
    changed = np.clip(exact[:, 0], -1, 2)
    costs = one.column_costs_
    assert costs.loc[0, "share_changed"] == np.mean(changed != exact[:, 0])
    assert costs.loc[0, "mean_change"] == pytest.approx(changed.mean() - exact[:, 0].mean(), abs=1e-9)
    assert costs.loc[0, "variance_change"] == pytest.approx(changed.var() - exact[:, 0].var(), rel=1e-9)
    with pytest.raises(ValueError, match="0 between them for the zeros of a sparse table.* column 1"):
        Weigher(bounds={1: (1.0, 2.0)}, amount=3000).fit_resample(sparse.csr_matrix(X), Y)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bounds": "positive"}, ValueError, "bounds must be one of"),
        ({"bounds": {"x": (0, 1)}}, ValueError, "bounds must have names of columns of X, got 'x'"),
        ({"bounds": {"s": (0, 1)}}, ValueError, "bounds must have numeric columns, got the nominal 's'"),
        ({"bounds": {"a": (1, 0)}}, ValueError, "low <= high"),
        ({"bounds": {"a": 3}}, TypeError, "a pair"),
        ({"bounds": {"a": (0, float("nan"))}}, ValueError, "bounds of 'a' must be finite"),
        ({"bounds": 3}, TypeError, "bounds must be one of"),
        ({"integer_features": ["s"]}, ValueError, "integer_features must have numeric columns, got the nominal 's'"),
        ({"integer_features": "all"}, TypeError, "integer_features must be a sequence"),
    ],
)
def test_errors(options, error, message):
    X = pd.DataFrame({"a": [0.0, 1.0], "s": ["u", "v"]})
    with pytest.raises(error, match=message):
        Weigher(amount=1, **options).fit(X, [0, 1])
