"""The samplers against two `np.take` and one multiply-add, imbalanced-learn's SMOTE, and scikit-bio's mixup.

Whole calls of ours are timed: checks, parents, weights, rows, targets. Two threads fill the rows, so times are those of
the clock on the wall, in neighbouring runs; what other processes take hits both sides, and `np.take` has one thread.
"""

import time

import numpy as np
import pytest
from ratio import interleave, seconds
from sklearn.base import BaseEstimator

from mixtheory.mixing.samplers import Mixup, RegressionMixup, ZetaMixup

ROWS, COLUMNS = 1_000_000, 50
WALL = time.perf_counter


def table(rows=ROWS, columns=COLUMNS, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, columns)).astype(dtype), np.repeat([0, 1], [rows // 2, rows - rows // 2])


def takes(X, size, seed=1):
    """Return the baseline: given parents and weights, two copies of rows and one weighted sum."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(len(X), size=(2, size))
    weights = rng.random((size, 1)).astype(X.dtype)

    def mix():
        a, b = np.take(X, first, axis=0), np.take(X, second, axis=0)
        return b + weights * (a - b)

    return mix


CASES = {
    "same class": Mixup(append=False),
    "same class, appended": Mixup(),
    "stretched": Mixup("beta", preserve="covariance", append=False),
    "any class": Mixup(pairing="any", label_rule="larger_weight", append=False),
    "soft labels": Mixup(pairing="any", target="soft", append=False),
    "regression": RegressionMixup(append=False),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_a_million_rows_against_two_takes_and_a_multiply_add(benchmark, record, case, dtype):
    """At most 2.5 times the baseline, and less than 2 seconds at best, for 10^6 x 50 rows out of as many."""
    X, y = table(dtype=dtype)
    sampler = CASES[case].set_params(amount=ROWS, random_state=0)
    target = X[:, 0] if case == "regression" else y

    def ours():
        return sampler.fit_resample(X, target)

    assert len(ours()[0]) == ROWS * (1 + sampler.append)
    result = interleave(ours, takes(X, ROWS), rounds=5, timer=WALL)
    best = min(seconds(ours, WALL) for _ in range(3))
    benchmark.pedantic(ours, rounds=1)
    record(baseline="two takes and one multiply-add", whole=result, best=f"{best:.2f} s")
    assert result.ratio <= 2.5
    assert best < 2.0


class GivenNeighbours(BaseEstimator):
    """Stands for a search whose result is known: every row's neighbours, the row itself first."""

    def __init__(self, places=None):
        self.places = places

    def fit(self, X):
        self.n_neighbors = self.places.shape[1]
        return self

    def kneighbors(self, X, return_distance=False):
        return self.places

    def kneighbors_graph(self, X):
        raise NotImplementedError

    def __sklearn_clone__(self):
        return self


@pytest.mark.parametrize(("minority", "columns", "limit"), [(2_000, 20, 2), (20_000, 50, 3), (100_000, 50, 5)])
def test_against_the_smote_of_imbalanced_learn_without_its_search(benchmark, record, minority, columns, limit):
    """At least 5 times faster than SMOTE's generation of 900,000 rows with the neighbours given.

    Smaller tables, which stay in the cache, and whole calls, which copy the real rows alike, gain less.
    """
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    X, _ = table(11 * minority, columns)
    y = np.repeat([0, 1], [10 * minority, minority])
    known = np.column_stack([np.arange(minority), np.random.default_rng(2).integers(minority, size=(minority, 5))])
    smote = over_sampling.SMOTE(k_neighbors=GivenNeighbours(known), random_state=0)
    wanted, own = 9 * minority, X[y == 1]

    def generation():
        return smote._make_samples(own, y.dtype, 1, own, known[:, 1:], wanted, 1.0)

    alone = Mixup("beta", append=False, random_state=0)
    whole = Mixup("beta", random_state=0)
    assert len(alone.fit_resample(X, y)[0]) == len(generation()[0]) == wanted
    assert len(whole.fit_resample(X, y)[0]) == len(smote.fit_resample(X, y)[0])
    sampler, table_, target, counts = drawing(alone, X, y)
    rng = np.random.default_rng(0)
    parts = interleave(lambda: sampler._draw(table_, target, counts, rng), generation, rounds=7, timer=WALL)
    calls = interleave(lambda: whole.fit_resample(X, y), lambda: smote.fit_resample(X, y), rounds=3, timer=WALL)
    benchmark.pedantic(lambda: alone.fit_resample(X, y), rounds=3)
    record(generation=f"{parts}, {1 / parts.ratio:.1f} times", calls=f"{calls}, {1 / calls.ratio:.1f} times")
    assert 1 / parts.ratio >= limit


def drawing(sampler, X, y):
    """Return what the sampler needs for a draw, so that generation is held against generation."""
    table_, target, _, counts = sampler._learn(X, y, np.random.default_rng(0))
    return sampler, table_, target, counts


def test_against_the_mixup_of_scikit_bio(benchmark, record):
    """At least 5 times faster for as many rows as the table of 5,000 has; scikit-bio lists all pairs."""
    skbio = pytest.importorskip("skbio.table")
    X, y = table(5_000, 50)
    X = np.abs(X)
    ours = Mixup("beta", pairing="any", target="soft", amount=5_000, append=False, random_state=0)

    def theirs():
        return skbio.mixup(X, 5_000, labels=y, alpha=1.0, seed=0)

    assert ours.fit_resample(X, y)[1].shape == theirs()[1].shape
    result = interleave(lambda: ours.fit_resample(X, y), theirs, rounds=5, timer=WALL)
    benchmark.pedantic(lambda: ours.fit_resample(X, y), rounds=5)
    record(whole=f"{result}, {1 / result.ratio:.0f} times")
    assert 1 / result.ratio >= 5


def test_partners_by_label_cost_n_log_n(benchmark, record):
    """Eight times the rows take at most 1.5 times what n log n gives, for narrow and wide bandwidths alike.

    The narrow one has the same number of labels within it for both sizes, as the wide one has all: with a fixed number
    in between, the larger table has more labels and so more bins within a bandwidth.
    """
    # the labels of neither fit into the cache of a core
    few, many = 200_000, 1_600_000
    growth = many * np.log(many) / (few * np.log(few))
    found = {}
    for name, bandwidth in {"silverman": None, "narrow": 4.0, "wide": 1e9}.items():
        calls = []
        for rows in (many, few):
            X, _ = table(rows, 2)
            sampler = RegressionMixup(pairing="label", append=False, random_state=0)
            sampler.set_params(bandwidth=name if bandwidth is None else bandwidth / rows)
            calls.append(lambda X=X, sampler=sampler: sampler.fit_resample(X, X[:, 0]))
        found[name] = interleave(*calls, rounds=3)
    benchmark.pedantic(calls[1], rounds=3)
    record(**{f"bandwidth {name}": f"{value}, n log n: {growth:.2f}" for name, value in found.items()})
    assert max(value.ratio for value in found.values()) <= 1.5 * growth


def test_many_parents_against_as_many_takes(benchmark, record):
    """Sums of 32 rows in one pass: recorded against takes of 32 parents, one after the other."""
    X, y = table(100_000, 50)
    sampler = ZetaMixup(append=False, amount=100_000, random_state=0)
    parents = np.random.default_rng(3).integers(len(X), size=(100_000, 32))

    def takes_of_all():
        rows = 0.5 * np.take(X, parents[:, 0], axis=0)
        for t in range(1, 32):
            rows += 0.01 * np.take(X, parents[:, t], axis=0)
        return rows

    result = interleave(lambda: sampler.fit_resample(X, y), takes_of_all, rounds=3, timer=WALL)
    benchmark.pedantic(lambda: sampler.fit_resample(X, y), rounds=1)
    record(baseline="32 takes and multiply-adds", whole=result)
    assert result.ratio <= 2.5
