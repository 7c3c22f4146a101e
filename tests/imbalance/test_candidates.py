"""Which sizes are compared: the published rule, the bias-aware one, and the target with noise removed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.sizes import code_multiplier, exact_multiplier
from mixtheory.imbalance.size.candidates import (
    LARGEST_MULTIPLIER,
    bias_aware_candidates,
    debiased_target,
    grid_candidates,
    synthetic_sizes,
    tg_candidates,
)

GAP, ALIGNED = [4 / 3, 0.0], [0.5, 0.0]


def test_symmetry_leaves_only_small_sizes():
    found = tg_candidates(1100, 100, symmetric=True)
    assert found.regime == "local symmetry"
    assert synthetic_sizes(found.multipliers, 1000).tolist() == [0, 50, 100, 150, 200]
    assert bias_aware_candidates(1100, 100, symmetric=True, target=4.0).multipliers == found.multipliers


def test_a_biased_generator_gets_the_wide_grid():
    found = tg_candidates(1100, 100, symmetric=False, quality=10.5)
    assert found.regime == "biased generator"
    assert np.isnan(found.target)
    assert synthetic_sizes(found.multipliers, 1000).tolist() == list(range(0, 2001, 50))


def test_a_realistic_generator_gets_multiples_of_balance_and_target():
    found = tg_candidates(1100, 100, symmetric=False, quality=10.0, gap=GAP, mismatch=ALIGNED)
    assert found.regime == "realistic generator"
    assert found.target == pytest.approx(4.0, rel=1e-12)
    sizes = synthetic_sizes(found.multipliers, 1000).tolist()
    assert sizes == [*range(800, 1201, 50), *range(3200, 4801, 200)]


def test_a_target_without_finite_size_is_dropped():
    found = tg_candidates(1100, 100, symmetric=False, quality=1.0, gap=[1.0], mismatch=[0.5])
    assert found.target == np.inf
    assert synthetic_sizes(found.multipliers, 1000).tolist() == list(range(800, 1201, 50))


def test_the_candidates_of_a_published_run():
    # the first run of the public notebook TGVTSS, whose printed output gives counts, target and all candidates
    n_majority, n_minority, printed = 3200, 160, 3076
    rho_cosine = 0.0246354 / 0.636935 * 0.152379
    found = tg_candidates(
        n_majority, n_minority, symmetric=False, quality=5.47155, gap=[1.0, 0.0], mismatch=[rho_cosine, 0.3]
    )
    assert round(found.target * 3040) == printed
    assert synthetic_sizes(found.multipliers, 3040).tolist() == [
        2432, 2461, 2584, 2615, 2736, 2769, 2888, 2922, 3040, 3076, 3192, 3230, 3344, 3384, 3496, 3538, 3648, 3692,
    ]  # fmt: skip


@given(
    st.integers(1, 300),
    st.integers(0, 5000),
    st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    st.floats(0, 30),
    st.booleans(),
)
def test_candidates_ascend_and_give_distinct_sizes(n_minority, deficit, numbers, quality, symmetric):
    gap, mismatch = np.array(numbers[:2]) + [5.0, 0.0], numbers[2:]
    target = (
        debiased_target(gap, mismatch, np.eye(2), n_majority=n_minority + deficit, n_minority=n_minority)
        if deficit
        else 1.0
    )
    for found in (
        tg_candidates(
            n_minority + deficit, n_minority, symmetric=symmetric, quality=quality, gap=gap, mismatch=mismatch
        ),
        bias_aware_candidates(n_minority + deficit, n_minority, symmetric=symmetric, quality=quality, target=target),
    ):
        sizes = synthetic_sizes(found.multipliers, deficit)
        assert np.all(np.diff(sizes) > 0)
        assert np.all(np.diff(found.multipliers) > 0)
        if not symmetric:
            assert deficit in sizes


def test_balanced_classes_need_nothing():
    for found in (
        tg_candidates(50, 50, symmetric=False),
        bias_aware_candidates(50, 50, symmetric=False),
        grid_candidates(50, 50, [0.0, 1.0, 2.0]),
    ):
        assert found.multipliers == (0.0,)
        assert found.regime == "balanced classes"


def test_the_bias_aware_grid_reaches_the_target_of_the_gaussian_example():
    example = GaussianExample(mu=1.0, a=0.5, n_majority=2000, n_minority=100)
    assert example.optimal_multiplier() == pytest.approx(4.0)
    target = debiased_target(example.gap, example.mismatch, np.diag([1 / 3, 1 / 2]), n_majority=2000, n_minority=100)
    assert target == pytest.approx(4.0)
    published = tg_candidates(2000, 100, symmetric=False, quality=60.0, gap=example.gap, mismatch=example.mismatch)
    aware = bias_aware_candidates(2000, 100, symmetric=False, quality=60.0, target=target)
    assert max(published.multipliers) == 2.0
    assert set(published.multipliers) <= set(aware.multipliers)
    assert min(abs(np.array(aware.multipliers) - 4.0)) < 1e-9
    assert max(aware.multipliers) == pytest.approx(LARGEST_MULTIPLIER)
    beyond = np.array([value for value in aware.multipliers if value >= 2.0])
    assert np.max(beyond[1:] / beyond[:-1]) < 1.13


@pytest.mark.parametrize("target", [np.inf, 50.0])
def test_nothing_beyond_the_maximum_is_compared(target):
    for quality in (1.0, 100.0):
        found = bias_aware_candidates(2000, 100, symmetric=False, quality=quality, target=target, maximum=5.0)
        assert max(found.multipliers) == pytest.approx(5.0)


def test_a_bias_aware_search_without_target_is_the_published_one():
    for quality in (1.0, 100.0):
        aware = bias_aware_candidates(2000, 100, symmetric=False, quality=quality)
        published = tg_candidates(2000, 100, symmetric=False, quality=quality, gap=[1.0], mismatch=[0.0])
        assert aware.multipliers == published.multipliers


def test_the_target_is_that_of_the_theory_without_noise():
    rng = np.random.default_rng(0)
    for _ in range(20):
        root = rng.normal(size=(3, 3))
        metric = root @ root.T + np.eye(3)
        gap, mismatch = rng.normal(size=3), rng.normal(size=3)
        found = debiased_target(gap, mismatch, metric, n_majority=900, n_minority=100)
        assert found == pytest.approx(exact_multiplier(gap, mismatch, 900, 100, weight=metric), rel=1e-6)


def test_subtracting_noise_recovers_the_target_of_noisy_squares():
    # orthogonal noise of known squared length: exactly what is subtracted
    gap, mismatch = np.array([1.0, 0.0, 0.3, 0.0]), np.array([0.25, 0.2, 0.0, 0.4])
    clean = exact_multiplier([1.0, 0.0], [0.25, 0.2], 900, 100)
    found = debiased_target(
        gap, mismatch, np.eye(4), n_majority=900, n_minority=100, gap_noise=0.09, mismatch_noise=0.16
    )
    assert found == pytest.approx(clean, rel=1e-9)
    raw = debiased_target(gap, mismatch, np.eye(4), n_majority=900, n_minority=100)
    assert abs(raw - clean) > 0.1 * clean


def test_noise_beyond_the_estimates_leaves_no_target_or_an_aligned_one():
    sizes = {"n_majority": 900, "n_minority": 100}
    assert np.isnan(debiased_target(GAP, ALIGNED, np.eye(2), gap_noise=2.0, **sizes))
    found = debiased_target([1.0, 0.0], [0.2, 0.3], np.eye(2), mismatch_noise=5.0, **sizes)
    assert found == pytest.approx(code_multiplier([1.0], [0.2]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg_candidates(10, 20, symmetric=True), "n_majority"),
        (lambda: tg_candidates(20, 0, symmetric=True), "n_minority"),
        (lambda: tg_candidates(20, 10, symmetric=False), "quality"),
        (lambda: tg_candidates(20, 10, symmetric=False, quality=1.0), "gap and mismatch"),
        (lambda: tg_candidates(20, 10, symmetric=False, quality=1.0, gap=[1.0], mismatch=[1.0, 2.0]), "one length"),
        (lambda: tg_candidates(20, 10, symmetric=False, quality=1.0, threshold=np.nan), "threshold"),
        (lambda: grid_candidates(20, 10, [-1.0]), "multipliers"),
        (lambda: grid_candidates(20, 10, []), "multipliers"),
        (lambda: bias_aware_candidates(20, 10, symmetric=False, quality=1.0, maximum=1.0), "maximum"),
        (lambda: bias_aware_candidates(20, 10, symmetric=False, quality=1.0, target=-1.0), "target"),
        (lambda: debiased_target([1.0], [1.0], np.eye(2), n_majority=20, n_minority=10), "metric"),
        (lambda: debiased_target([1.0], [1.0], np.eye(1), n_majority=20, n_minority=10, gap_noise=-1.0), "gap_noise"),
        (lambda: synthetic_sizes([np.inf], 10), "multipliers"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()
