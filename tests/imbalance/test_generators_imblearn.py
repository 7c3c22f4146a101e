"""SMOTE, BorderlineSMOTE and ADASYN against imbalanced-learn's, and its samplers through the adapter."""

import numpy as np
import pytest
from imblearn import combine, over_sampling
from scipy import stats
from sklearn.base import BaseEstimator

from mixtheory.imbalance.generators import ADASYN, SMOTE, BorderlineSMOTE, ImblearnSampler
from mixtheory.imbalance.generators.neighbours import _neighbours

# chance is below this once in 1e10
NEVER = 1e-10


def data(seed=0, n_minority=40, n_majority=300):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_minority, 3)) + 1.2, rng.normal(size=(n_majority, 3))


def theirs(sampler, minority, majority, size, seed=0):
    sampler.set_params(random_state=seed, sampling_strategy={1: len(minority) + size})
    labels = np.repeat([0, 1], [len(majority), len(minority)])
    return sampler.fit_resample(np.concatenate([majority, minority]), labels)[0][len(labels) :]


def places(rows, start, end):
    """Where on the segment each row lies, from 0 to 1; NaN for rows that do not lie on it."""
    step = end - start
    place = (rows - start) @ step / (step @ step)
    off = np.abs(start + place[:, np.newaxis] * step - rows).max(axis=1)
    return np.where((off < 1e-9) & (place > -1e-9) & (place < 1 + 1e-9), place, np.nan)


def segments(fitted):
    """Unordered pairs of rows and their probabilities."""
    k = fitted.neighbors_.shape[1]
    pairs = {}
    for parent, share, neighbours in zip(
        fitted.parents_.tolist(), fitted.parent_probabilities_, fitted.neighbors_.tolist(), strict=True
    ):
        for other in neighbours:
            pair = (min(parent, other), max(parent, other))
            pairs[pair] = pairs.get(pair, 0.0) + share / k
    return pairs


def assert_law(rows, fitted, minority):
    """Every row lies on a segment, segments have their probabilities, and places on them are uniform."""
    pairs = segments(fitted)
    directed = dict(zip(fitted.parents_.tolist(), fitted.neighbors_.tolist(), strict=True))
    counts, uniform = [], []
    for first, second in pairs:
        forward, backward = second in directed.get(first, ()), first in directed.get(second, ())
        start, end = (first, second) if forward else (second, first)
        place = places(rows, minority[start], minority[end])
        counts.append(np.isfinite(place).sum())
        # seen from both ends any law looks symmetric
        if not (forward and backward):
            uniform.append(place[np.isfinite(place)])
    assert sum(counts) == len(rows)
    assert stats.chisquare(counts, len(rows) * np.array(list(pairs.values()))).pvalue > NEVER
    assert stats.kstest(np.concatenate(uniform), "uniform").pvalue > NEVER


@pytest.mark.parametrize("k", [1, 5])
def test_smote_has_the_law_of_imbalanced_learn(k, seed=0):
    minority, majority = data(seed)
    fitted = SMOTE(k).fit(minority)
    assert_law(fitted.sample(20_000, np.random.default_rng([seed, 1])), fitted, minority)
    assert_law(theirs(over_sampling.SMOTE(k_neighbors=k), minority, majority, 20_000, seed), fitted, minority)


@pytest.mark.filterwarnings("ignore:After over-sampling")
@pytest.mark.parametrize("m", [7, 8])
def test_borderline_smote_has_the_law_of_imbalanced_learn(m, seed=0):
    minority, majority = data(seed)
    fitted = BorderlineSMOTE(4, m).fit(minority, majority)
    sampler = over_sampling.BorderlineSMOTE(k_neighbors=4, m_neighbors=m)
    rows = theirs(sampler, minority, majority, 20_000, seed)
    np.testing.assert_array_equal(fitted.parents_, sampler.in_danger_indices[1] - len(majority))
    assert 0 < fitted.parents_.size < len(minority)
    assert_law(rows, fitted, minority)
    assert_law(fitted.sample(20_000, np.random.default_rng([seed, 1])), fitted, minority)


def test_adasyn_has_the_law_of_imbalanced_learn(seed=0):
    minority, majority = data(seed)
    fitted = ADASYN(4).fit(minority, majority)
    assert_law(fitted.sample(20_000, np.random.default_rng([seed, 1])), fitted, minority)
    rows = theirs(over_sampling.ADASYN(n_neighbors=4), minority, majority, 5000, seed)
    # imbalanced-learn gives each parent its share, rounded, in the order of the parents
    shares = np.rint(5000 * fitted.parent_probabilities_).astype(int)
    assert len(rows) == shares.sum() and len(np.unique(shares)) > 2
    taken, uniform = np.zeros((len(shares), 4), dtype=int), []
    for i, part in enumerate(np.split(rows, np.cumsum(shares)[:-1])):
        for j, other in enumerate(fitted.neighbors_[i]):
            place = places(part, minority[fitted.parents_[i]], minority[other])
            taken[i, j] = np.isfinite(place).sum()
            uniform.append(place[np.isfinite(place)])
    np.testing.assert_array_equal(taken.sum(axis=1), shares)
    expected = np.repeat(shares[:, np.newaxis] / 4, 4, axis=1)
    assert stats.chi2.sf(np.sum((taken - expected) ** 2 / expected), 3 * len(shares)) > NEVER
    assert stats.kstest(np.concatenate(uniform), "uniform").pvalue > NEVER


def test_the_check_of_the_law_sees_other_laws():
    minority, majority = data()
    fitted = SMOTE(5).fit(minority)
    for other in (SMOTE(4), SMOTE(6), BorderlineSMOTE(5, 7), ADASYN(5)):
        rows = other.fit(minority, majority).sample(5000, np.random.default_rng(1))
        with pytest.raises(AssertionError):
            assert_law(rows, fitted, minority)


def test_neighbours_are_the_nearest_other_rows():
    rows = data()[0]
    distances = np.linalg.norm(rows[:, np.newaxis] - rows, axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(_neighbours(rows, 40, 6), np.argsort(distances, axis=1)[:, :6])
    np.testing.assert_array_equal(_neighbours(rows, 7, 6), np.argsort(distances, axis=1)[:7, :6])


def test_equal_rows_are_neighbours_of_each_other():
    rows = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], [9, 3, 2], axis=0)
    found = _neighbours(rows, len(rows), 2)
    assert not (found == np.arange(len(rows))[:, np.newaxis]).any()
    # copies lie at distance 0; the last two rows have one copy each, then the nearest of the others
    assert np.array_equal(rows[found[:12]], np.repeat(rows[:12, np.newaxis], 2, axis=1))
    np.testing.assert_array_equal(rows[found[12:]], [[[5.0, 5.0], [1.0, 0.0]]] * 2)
    assert SMOTE(5).fit(np.ones((8, 2))).sample(4, np.random.default_rng(0)).tolist() == [[1.0, 1.0]] * 4


# the adapter


@pytest.mark.parametrize(
    "sampler",
    [
        over_sampling.SMOTE(),
        over_sampling.ADASYN(),
        over_sampling.BorderlineSMOTE(kind="borderline-2"),
        over_sampling.SVMSMOTE(),
        over_sampling.RandomOverSampler(shrinkage=0.5),
        over_sampling.KMeansSMOTE(cluster_balance_threshold=0.01, kmeans_estimator=3),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_any_over_sampler_is_a_generator(sampler):
    minority, majority = data()
    fitted = ImblearnSampler(sampler).fit(minority, majority)
    rows = fitted.sample(700, np.random.default_rng(0))
    np.testing.assert_array_equal(fitted.sample(300, np.random.default_rng(0)), rows[:300])
    assert len(np.unique(rows, axis=0)) == 700
    assert sampler.random_state is None and sampler.sampling_strategy == "auto"


def test_a_batch_is_what_the_sampler_makes_in_another_order(seed=0):
    made = []

    class Recorded(over_sampling.ADASYN):
        def fit_resample(self, X, y):
            rows, labels = super().fit_resample(X, y)
            made.append(rows[len(X) :])
            return rows, labels

    fitted = ImblearnSampler(Recorded()).fit(*data(seed))
    rows = fitted.sample(800, np.random.default_rng(seed))
    # rounding decides how many rows a batch has
    ends = np.cumsum([len(batch) for batch in made])
    assert len(made) > 2 and ends[-2] < 800 <= ends[-1]
    for batch, part in zip(made, np.split(rows, ends[:-1]), strict=True):
        assert {*map(tuple, part)} <= {*map(tuple, batch)} and len(np.unique(part, axis=0)) == len(part)
        assert not np.array_equal(part, batch[: len(part)])


def test_adapter_has_the_law_of_smote(seed=0):
    minority, majority = data(seed)
    fitted = SMOTE().fit(minority)
    rows = ImblearnSampler(over_sampling.SMOTE()).fit(minority, majority).sample(6000, np.random.default_rng(seed))
    assert_law(rows, fitted, minority)


@pytest.mark.parametrize(("n_majority", "expected"), [(300, 260), (40, 40), (30, 40)])
def test_default_batches_balance(n_majority, expected):
    calls = []

    class Recorded(over_sampling.SMOTE):
        def fit_resample(self, X, y):
            calls.append(self.sampling_strategy[1] - 40)
            return super().fit_resample(X, y)

    ImblearnSampler(Recorded()).fit(*data(n_majority=n_majority)).sample(expected + 1, np.random.default_rng(0))
    assert calls == [expected, expected]


class Broken(BaseEstimator):
    """A sampler whose output is spoilt in one way."""

    def __init__(self, change=None, sampling_strategy="auto", random_state=None):
        self.change = change
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def fit_resample(self, X, y):
        size = self.sampling_strategy[1] - int(y.sum())
        return self.change(np.concatenate([X, np.ones((size, X.shape[1]))]), np.concatenate([y, np.ones(size)]))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda X, y: (X[1:], y[1:]), ValueError, "real rows first and unchanged"),
        (lambda X, y: (X[::-1], y[::-1]), ValueError, "real rows first and unchanged"),
        (lambda X, y: (X[:, :2], y), ValueError, "real rows first and unchanged"),
        (lambda X, y: (X[:340], y[:340]), ValueError, r"new minority rows, got 0 new row\(s\)"),
        (lambda X, y: (X, 0 * y), ValueError, "must return new minority rows"),
        (lambda X, y: (np.where(X == 1, np.nan, X), y), ValueError, "must be finite"),
        (lambda X, y: (X[:, 0], y), ValueError, "must be an array of rows"),
        (lambda X, y: (X.astype(str), y), TypeError, "real numbers"),
    ],
)
def test_what_a_sampler_returns_is_checked(change, error, words):
    generator = ImblearnSampler(Broken(change)).fit(*data())
    with pytest.raises(error, match=words):
        generator.sample(5, np.random.default_rng(0))


def test_samplers_that_cannot_serve():
    minority, majority = data()
    for sampler in (combine.SMOTEENN(), combine.SMOTETomek()):
        with pytest.raises(ValueError, match="real rows first and unchanged"):
            ImblearnSampler(sampler).fit(minority, majority).sample(5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="SMOTE.* fails to make 296 minority rows: Expected n_neighbors"):
        ImblearnSampler(over_sampling.SMOTE()).fit(minority[:4], majority).sample(5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="ADASYN.* fails to make 260 minority rows: Not any"):
        ImblearnSampler(over_sampling.ADASYN()).fit(minority + 99, majority).sample(5, np.random.default_rng(0))

    class Fixed(BaseEstimator):
        def fit_resample(self, X, y):
            return X, y

    with pytest.raises(TypeError, match="must have the parameters random_state and sampling_strategy"):
        ImblearnSampler(Fixed()).fit(minority, majority)
