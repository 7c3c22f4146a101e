import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mixtheory.montecarlo.accumulate import Histogram, Moments, Raw, fold, from_bytes


def sample(seed, n=20_001, k=3):
    return np.random.default_rng(seed).exponential(size=(n, k)) + np.arange(k)


def test_moments_agree_with_scipy():
    x = sample(0)
    m = Moments.from_values(x)
    np.testing.assert_allclose(m.mean, x.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(m.variance, x.var(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(m.skewness, stats.skew(x), rtol=1e-11)
    np.testing.assert_allclose(m.kurtosis, stats.kurtosis(x), rtol=1e-11)
    np.testing.assert_allclose(m.covariance, np.cov(x.T), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(m.standard_error, stats.sem(x), rtol=1e-12)
    assert np.array_equal(np.diag(m.comoment), m.m2)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12), min_size=1, max_size=6),
)
def test_merging_parts_equals_the_whole(parts):
    whole = Moments.from_values(np.concatenate([np.asarray(p) for p in parts]))
    merged = fold(Moments.from_values(p) for p in parts)
    assert merged.count == whole.count
    scale = 1.0 + max(abs(v) for p in parts for v in p)
    for power, name in ((1, "mean"), (2, "m2"), (3, "m3"), (4, "m4")):
        np.testing.assert_allclose(
            getattr(merged, name), getattr(whole, name), rtol=1e-9, atol=1e-9 * scale**power * whole.count
        )


def test_large_mean_does_not_cancel():
    x = sample(1)[:, 0]
    shifted = Moments.from_values(x + 1e8)
    np.testing.assert_allclose(shifted.variance, x.var(ddof=1), rtol=1e-6)


def test_empty_and_constant():
    empty = Moments.empty(2)
    x = Moments.from_values(np.ones((5, 2)))
    assert empty.merge(x) is x
    assert x.merge(empty) is x
    assert np.isnan(empty.variance).all()
    assert np.array_equal(x.skewness, [0.0, 0.0])
    assert np.array_equal(x.kurtosis, [0.0, 0.0])


@pytest.mark.parametrize(
    "accumulator",
    [
        Moments.from_values(sample(2)),
        Histogram.from_values(sample(3)[:, 0], np.linspace(0, 3, 7)),
        Raw.from_values(sample(4, 11)),
    ],
    ids=["moments", "histogram", "raw"],
)
def test_binary_form_is_exact(accumulator):
    again = from_bytes(accumulator.to_bytes())
    assert type(again) is type(accumulator)
    assert again.count == accumulator.count
    assert again.to_bytes() == accumulator.to_bytes()


def test_histogram_is_exact_at_its_edges():
    x = np.array([0.0, 0.5, 1.0, 1.0, 2.0])
    h = Histogram.from_values(x, [0.0, 1.0, 2.0])
    assert h.counts.tolist() == [0, 2, 2, 1]
    assert h.below.tolist() == [0.0, 0.4, 0.8]
    assert h.merge(h).counts.tolist() == [0, 4, 4, 2]


def test_raw_keeps_order():
    assert Raw.from_values([1.0, 2.0]).merge(Raw.from_values([3.0])).values[:, 0].tolist() == [1.0, 2.0, 3.0]


def test_mismatched_parts_are_refused():
    with pytest.raises(ValueError, match="columns"):
        Moments.from_values(np.ones((3, 2))).merge(Moments.from_values(np.ones(3)))
    with pytest.raises(ValueError, match="edges"):
        Histogram.from_values([1.0], [0.0]).merge(Histogram.from_values([1.0], [0.5]))
    with pytest.raises(ValueError, match="edges"):
        Histogram.from_values([1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="shape"):
        Moments.from_values(np.ones((2, 2, 2)))
