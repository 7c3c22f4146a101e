"""Pools of graded synthetic rows: what each generator does to mean and covariance, and how a pool is put together."""

import numpy as np
import pytest

from mixtheory.highdim import pools

# share of the trace that a generator leaves, and whether it keeps the shape of the covariance
TRACES = {
    "gaussian": 1.0,
    "mixup_preserving": 1.0,
    "mixup_uniform": 2 / 3,
    "mixup_concentrated": 9 / 17,
    "shrunk": 0.25,
    "tilted": 1.0,
    "shifted": 1.0,
}
N = 40_000


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(3)
    return rng.normal(size=(2000, 3)) * [1.0, 2.0, 4.0] + [5.0, 0.0, -5.0]


def test_every_generator_is_described():
    assert set(pools.GENERATORS) == set(TRACES)


@pytest.mark.parametrize("name", pools.GENERATORS)
def test_moments(name, real):
    rows = pools.generate(name, real, N, np.random.default_rng(0))
    share = np.trace(np.cov(rows.T)) / np.trace(np.cov(real.T))
    # the share of the trace has a standard error of about 1 %
    assert abs(share - TRACES[name]) < 0.06 * TRACES[name]
    shift = np.linalg.norm(rows.mean(axis=0) - real.mean(axis=0)) / np.sqrt(np.trace(np.cov(real.T)))
    assert abs(shift - (pools.SHIFT if name == "shifted" else 0.0)) < 0.05


def test_a_tilt_flattens_the_spectrum(real):
    straight, tilted = (pools.generate(name, real, N, np.random.default_rng(0)) for name in ("gaussian", "tilted"))
    before, after = (np.linalg.cond(np.cov(rows.T)) for rows in (straight, tilted))
    assert after == pytest.approx(np.sqrt(before), rel=0.1)


def test_a_pool_has_the_classes_and_generators_in_equal_parts(real):
    labels = np.repeat([3, 7], [500, 1500])
    X, y, origin = pools.pool(real, labels, 1400, np.random.default_rng(0))
    assert X.shape == (1400, 3)
    assert np.array_equal(np.unique(y, return_counts=True), [[3, 7], [350, 1050]])
    for label in (3, 7):
        assert np.unique(origin[y == label], return_counts=True)[1].tolist() == [(y == label).sum() // 7] * 7


def test_generators_are_fitted_class_by_class(real):
    moved = np.concatenate([real[:1000], real[1000:] + 100])
    X, y, _ = pools.pool(moved, np.repeat([0, 1], 1000), 700, np.random.default_rng(0), generators=("mixup_uniform",))
    assert X[y == 0].max() < 50 < X[y == 1].min()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: pools.generate("gausian", np.eye(3), 5, rng), "did you mean 'gaussian'"),
        (lambda rng: pools.generate("gaussian", np.ones((1, 3)), 5, rng), "at least 2 row"),
        (lambda rng: pools.generate("gaussian", np.eye(3), -1, rng), "n must be an integer >= 0"),
        (lambda rng: pools.pool(np.eye(3), [0, 1], 5, rng), "one entry a row"),
        (lambda rng: pools.pool(np.eye(4), [0, 0, 1, 1], 0, rng), "size must be an integer >= 1"),
        (lambda rng: pools.pool(np.eye(4), [0, 0, 1, 1], 5, rng, generators=()), "at least one name"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.random.default_rng(0))
