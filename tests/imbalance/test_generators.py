"""The protocol of the generators: nested samples, scikit-learn's conventions, and what is refused."""

import inspect
import pickle
import re

import numpy as np
import pandas as pd
import pytest
from imblearn import over_sampling
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mixtheory import Beta, Dirichlet, EpBeta
from mixtheory.imbalance import generators
from mixtheory.imbalance.generators import (
    ADASYN,
    BLOCK_ROWS,
    SMOTE,
    Bootstrap,
    BorderlineSMOTE,
    GaussianFit,
    ImblearnSampler,
    Jitter,
    MinorityGenerator,
    Mixup,
    Oracle,
    Scaled,
    SemiOracle,
    check_minority_generator,
    check_sample,
)


def normal(rng, n):
    return rng.normal(size=(n, 3))


def columnwise(rng, n):
    """Draw column by column and shuffle: nothing in here is nested of itself."""
    rows = np.stack([rng.normal(size=n) for _ in range(3)], axis=1)
    rng.shuffle(rows)
    return rows


GENERATORS = [
    Oracle(normal),
    Oracle(columnwise),
    SemiOracle(normal),
    Bootstrap(),
    Jitter(),
    Jitter([1.0, 0.0, 2.0], units="absolute"),
    GaussianFit(),
    GaussianFit(0.0),
    SMOTE(),
    BorderlineSMOTE(),
    ADASYN(),
    Mixup(Beta(0.4, 0.4)),
    Mixup(EpBeta.preserving(0.8, eps0=0.2, eps1=0.3)),
    Mixup(Dirichlet(1.0, 4)),
    Scaled(SMOTE()),
    Scaled(GaussianFit(0.3)),
    ImblearnSampler(over_sampling.ADASYN()),
    ImblearnSampler(over_sampling.SVMSMOTE(), block_size=300),
    Scaled(ImblearnSampler(over_sampling.SMOTE(k_neighbors=3))),
]


def ident(generator):
    # addresses differ between the processes that share the tests
    return re.sub(r" at 0x\w+", "", repr(generator).replace("\n", ""))[:60]


every = pytest.mark.parametrize("generator", GENERATORS, ids=ident)


def data(seed=0, n_minority=40, n_majority=300):
    rng = np.random.default_rng(seed)
    minority = rng.normal(size=(n_minority, 3)) * [1.0, 5.0, 0.2] + [1.0, 3.0, 0.1]
    return minority, rng.normal(size=(n_majority, 3)) * [1.0, 5.0, 0.2]


def rng_of(seed=0):
    return np.random.default_rng(seed)


def fresh(generator, seed=0):
    return clone(generator).fit(*data(seed))


# nested samples


@every
def test_the_first_rows_of_a_sample_are_the_smaller_sample(generator):
    fitted = fresh(generator)
    longest = fitted.sample(2 * BLOCK_ROWS + 3, rng_of(5))
    for m in (0, 1, 259, 260, 261, 301, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS):
        rows = fitted.sample(m, rng_of(5))
        assert rows.shape == (m, 3) and rows.dtype == np.float64 and rows.flags.c_contiguous
        assert rows.tobytes() == longest[:m].tobytes()
    assert np.isfinite(longest).all()


@every
def test_samples_are_nested_in_the_state_of_the_generator_not_in_its_origin(generator):
    fitted = fresh(generator)
    moved, copied = rng_of(1), rng_of(2)
    moved.random(7)
    copied.bit_generator.state = moved.bit_generator.state
    np.testing.assert_array_equal(fitted.sample(30, moved), fitted.sample(20_0, copied)[:30])
    # both are left in one state, a new one
    assert moved.bit_generator.state == copied.bit_generator.state
    assert not np.array_equal(fitted.sample(30, moved), fitted.sample(30, rng_of(2)))


@every
def test_blocks_do_not_repeat_each_other(generator):
    rows = fresh(generator).sample(2 * BLOCK_ROWS, rng_of(3))
    assert not np.array_equal(rows[:BLOCK_ROWS], rows[BLOCK_ROWS:])
    assert not np.array_equal(rows[:260], rows[260:520]) and not np.array_equal(rows[:300], rows[300:600])


def test_any_bit_generator_serves_also_one_without_a_seed_sequence():
    fitted = fresh(SMOTE())
    for bits in (np.random.MT19937, np.random.Philox, np.random.SFC64):
        longer = fitted.sample(9, np.random.Generator(bits(3)))
        np.testing.assert_array_equal(fitted.sample(4, np.random.Generator(bits(3))), longer[:4])
    legacy = np.random.MT19937()
    legacy._legacy_seeding(1)
    assert fitted.sample(4, np.random.Generator(legacy)).shape == (4, 3)


# conventions


@every
def test_scikit_learn_conventions(generator):
    before = repr(generator)
    fitted = clone(generator)
    with pytest.raises(NotFittedError):
        fitted.sample(3, rng_of())
    for moment in ("mean_", "covariance_"):
        assert not hasattr(fitted, moment)
    minority, majority = data()
    assert fitted.fit(minority, majority) is fitted
    check_is_fitted(fitted)
    assert (fitted.n_minority_, fitted.n_features_in_) == (40, 3) and not hasattr(fitted, "feature_names_in_")
    assert repr(clone(fitted)) == before == repr(fitted)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.sample(9, rng_of()), fitted.sample(9, rng_of()))
    # a second fit forgets the first
    np.testing.assert_array_equal(fitted.fit(*data(4)).sample(9, rng_of()), fresh(generator, 4).sample(9, rng_of()))
    # a fit that fails leaves nothing to sample from
    with pytest.raises(ValueError, match="finite"):
        fitted.fit(np.full((40, 3), np.nan), majority)
    with pytest.raises(NotFittedError):
        fitted.sample(3, rng_of())


def test_nested_parameters_can_be_set():
    assert Scaled(SMOTE()).set_params(generator__k_neighbors=2).generator.k_neighbors == 2
    sampler = ImblearnSampler(over_sampling.SMOTE()).set_params(sampler__k_neighbors=2).sampler
    assert sampler.k_neighbors == 2


@every
def test_what_comes_in_is_neither_kept_nor_changed(generator):
    minority, majority = data()
    kept = minority.copy(), majority.copy()
    fitted = clone(generator).fit(minority, majority)
    first = fitted.sample(50, rng_of())
    assert np.array_equal(minority, kept[0]) and np.array_equal(majority, kept[1])
    minority[:], majority[:] = 1e3, 1e3
    np.testing.assert_array_equal(fitted.sample(50, rng_of()), first)


@every
def test_frames_lists_and_integers_give_what_arrays_give(generator):
    minority, majority = (np.round(10 * part) for part in data())
    expected = clone(generator).fit(minority, majority).sample(20, rng_of())
    frames = [pd.DataFrame(part, columns=list("abc")) for part in (minority, majority)]
    framed = clone(generator).fit(*frames)
    assert framed.feature_names_in_.tolist() == ["a", "b", "c"]
    for fitted in (
        framed,
        clone(generator).fit(minority.astype(int), majority.astype(np.int16)),
        clone(generator).fit(minority.tolist(), majority.tolist()),
        clone(generator).fit(np.asfortranarray(minority), np.asfortranarray(majority)),
    ):
        np.testing.assert_array_equal(fitted.sample(20, rng_of()), expected)


@pytest.mark.parametrize("generator", [g for g in GENERATORS if not isinstance(g, (Oracle, SemiOracle))], ids=ident)
def test_a_constant_column_stays_constant(generator):
    minority, majority = data()
    minority[:, 1], majority[:, 1] = 0.1, 0.1
    rows = clone(generator).fit(minority, majority).sample(60, rng_of())
    np.testing.assert_allclose(rows[:, 1], 0.1, rtol=1e-14)
    assert (np.ptp(rows, axis=0)[[0, 2]] > 0).all()


def test_every_generator_is_exported_and_documented():
    classes = [c for c in vars(generators).values() if inspect.isclass(c) and issubclass(c, MinorityGenerator)]
    assert {type(g) for g in GENERATORS} == set(classes) - {MinorityGenerator}
    assert set(generators.__all__) >= {c.__name__ for c in classes}


def test_a_frozen_law_of_scipy_is_a_law_of_weights():
    fitted = Mixup(stats.uniform(-0.5, 2.0)).fit(*data())
    rows = fitted.sample(BLOCK_ROWS + 20, rng_of())
    np.testing.assert_array_equal(fitted.sample(30, rng_of()), rows[:30])
    assert np.ptp(rows[:, 0]) > np.ptp(data()[0][:, 0])


# what is refused


@every
def test_bad_tables(generator):
    minority, majority = data()
    holes = minority.copy()
    holes[3, 1] = np.nan
    for bad, error, words in (
        (holes, ValueError, "X_minority must be finite"),
        (np.where(np.isnan(holes), np.inf, holes), ValueError, "X_minority must be finite"),
        (np.ma.masked_invalid(holes), ValueError, "X_minority must have no masked"),
        (minority[:, 0], ValueError, "X_minority must have 2 dimension"),
        (minority[:0], ValueError, "X_minority must have at least 1 row"),
        (minority[:, :0], ValueError, "X_minority must not be empty"),
        (minority.astype(str), TypeError, "X_minority must be an array of real numbers"),
        (sparse.csr_array(minority), TypeError, "X_minority must be dense"),
        (pd.DataFrame({"a": ["x"], "b": [1.0], "c": [1.0]}), TypeError, "numeric columns only, got 'a'"),
    ):
        with pytest.raises(error, match=words):
            clone(generator).fit(bad, majority)
    for bad, error, words in (
        (majority * np.nan, ValueError, "X_majority must be finite"),
        (majority[:, :2], ValueError, "X_majority must have the columns of X_minority"),
        (sparse.csr_array(majority), TypeError, "X_majority must be dense"),
        (majority[:0], ValueError, "X_majority must have at least 1 row"),
    ):
        with pytest.raises(error, match=words):
            clone(generator).fit(minority, bad)


def test_columns_are_checked_by_name():
    minority, majority = (pd.DataFrame(part, columns=list("abc")) for part in data())
    with pytest.raises(ValueError, match="X_majority must have the columns of X_minority in their order"):
        SMOTE().fit(minority, majority[["b", "a", "c"]])
    with pytest.raises(ValueError, match="X_majority must have the columns"):
        SMOTE().fit(minority, majority.rename(columns={"a": "z"}))
    with pytest.warns(UserWarning, match="feature names"):
        SMOTE().fit(minority, majority.to_numpy())


@every
def test_bad_sizes_and_generators(generator):
    fitted = fresh(generator)
    for n, error in ((-1, ValueError), (2.0, TypeError), (True, TypeError), ("3", TypeError), (None, TypeError)):
        with pytest.raises(error, match="n must be an integer"):
            fitted.sample(n, rng_of())
    for bad in (0, None, np.random, np.random.RandomState(0)):
        with pytest.raises(TypeError, match="rng must be a numpy.random.Generator"):
            fitted.sample(3, bad)


@pytest.mark.parametrize("generator", [BorderlineSMOTE(), ADASYN(), ImblearnSampler(over_sampling.SMOTE())], ids=ident)
def test_majority_rows_are_needed(generator):
    with pytest.raises(ValueError, match=f"{type(generator).__name__} needs X_majority, got None"):
        generator.fit(data()[0])


@pytest.mark.parametrize(
    ("generator", "least"),
    [
        (SMOTE(4), 5),
        (BorderlineSMOTE(4, 4), 5),
        (ADASYN(4), 5),
        (Mixup(Beta(1, 1)), 2),
        (GaussianFit(), 2),
        (Jitter(), 2),
        (Scaled(SMOTE(4)), 5),
        (Bootstrap(), 1),
        (Jitter(1.0, units="absolute"), 1),
    ],
    ids=ident,
)
def test_too_few_minority_rows(generator, least):
    # every minority row has majority rows around it, so that the borderline and adaptive rules find parents
    minority = np.arange(least)[:, np.newaxis] * [10.0, 0.0]
    majority = np.concatenate([minority + [0.0, 1.0], minority - [0.0, 1.0]])[:-1]
    assert generator.fit(minority, majority).sample(3, rng_of()).shape == (3, 2)
    if least > 1:
        name = type(getattr(generator, "generator", generator)).__name__
        words = f"{name} needs at least {least} minority rows .*got X_minority with {least - 1} row"
        with pytest.raises(ValueError, match=words):
            generator.fit(minority[:-1], majority)


@pytest.mark.parametrize("kind", [SMOTE, BorderlineSMOTE, ADASYN])
def test_bad_numbers_of_neighbours(kind):
    for name in kind().get_params():
        for bad, error in ((0, ValueError), (2.5, TypeError), (True, TypeError), ("5", TypeError), (None, TypeError)):
            with pytest.raises(error, match=f"{name} must be an integer"):
                kind(**{name: bad}).fit(*data())


def test_borderline_rows_must_exist():
    minority, majority = data()
    with pytest.raises(ValueError, match="no minority row in danger.*got between 0 and 0.*or SMOTE"):
        BorderlineSMOTE().fit(minority, majority + 1000)
    # all are noise: only majority rows around each
    lonely = np.arange(6)[:, np.newaxis] * [100.0, 0.0]
    crowd = np.concatenate([lonely + step for step in np.linspace(0.1, 1, 10)])
    with pytest.raises(ValueError, match="got between 10 and 10"):
        BorderlineSMOTE().fit(lonely, crowd)
    with pytest.raises(ValueError, match="needs at least 51 rows .*m_neighbors=50.*with 50 row"):
        BorderlineSMOTE(m_neighbors=50).fit(minority, majority[:10])


def test_adasyn_needs_a_majority_neighbour():
    minority, majority = data()
    with pytest.raises(ValueError, match="no majority row among the n_neighbors=5 .*or SMOTE"):
        ADASYN().fit(minority, majority + 1000)


@pytest.mark.parametrize(
    ("generator", "error", "words"),
    [
        (Jitter(-1.0), ValueError, "scale must be finite and >= 0"),
        (Jitter("a"), TypeError, "scale must be a real number"),
        (Jitter([1.0, 2.0]), ValueError, "scale must be a single number or one for each of 3 columns"),
        (Jitter(units="sd"), ValueError, "units must be one of"),
        (GaussianFit(1.5), ValueError, r"shrinkage must be in \[0, 1\]"),
        (GaussianFit(None), TypeError, "shrinkage must be a real number"),
        (Oracle(3), TypeError, r"law must be a function of \(rng, n\)"),
        (SemiOracle(None), TypeError, r"noise must be a function of \(rng, n\)"),
        (Mixup(0.5), TypeError, "law must be a law of mixing weights with a method rvs"),
        (Mixup(Beta), TypeError, "law must be a law of mixing weights"),
        (Mixup(Beta([1.0, 2.0], 1.0)), ValueError, "law must be a single law"),
        (Scaled(SMOTE), TypeError, r"generator must be an instance, got the class SMOTE; call it: SMOTE\(...\)"),
        (Scaled(over_sampling.SMOTE()), TypeError, "wrap it in ImblearnSampler"),
        (Scaled(Oracle(normal)), TypeError, "generator must not be Oracle"),
        (Scaled(None), TypeError, "generator must have the methods fit and sample"),
        (ImblearnSampler(SMOTE()), TypeError, "with a method fit_resample"),
        (ImblearnSampler(over_sampling.SMOTE), TypeError, "with a method fit_resample"),
        (ImblearnSampler(over_sampling.SMOTE(sampling_strategy=0.5)), ValueError, "sampling_strategy='auto', got 0.5"),
        (ImblearnSampler(over_sampling.SMOTE(), block_size=0), ValueError, "block_size must be an integer >= 1"),
    ],
    ids=lambda value: ident(value) if isinstance(value, MinorityGenerator) else "",
)
def test_bad_parameters(generator, error, words):
    with pytest.raises(error, match=words):
        generator.fit(*data())


class Weights:
    """A law of weights as a user might write it."""

    def __init__(self, draw):
        self.rvs = draw


@pytest.mark.parametrize(
    ("draw", "error", "words"),
    [
        (lambda rng, n: rng.normal(size=(n - 1, 3)), ValueError, r"must have shape \(512, 3\).* got shape \(511, 3\)"),
        (lambda rng, n: rng.normal(size=(n, 2)), ValueError, r"got shape \(512, 2\)"),
        (lambda rng, n: rng.normal(size=3 * n), ValueError, r"got shape \(1536,\)"),
        (lambda rng, n: np.full((n, 3), np.nan), ValueError, "must be finite"),
        (lambda rng, n: np.full((n, 3), "a"), TypeError, "real numbers"),
        (lambda rng, n: np.full((n, 3), 1j), TypeError, "real numbers"),
        (lambda rng, n: (np.ones((n, 3)), np.ones(n)), TypeError, "without labels, got a tuple"),
        (lambda rng, n: sparse.csr_array(np.ones((n, 3))), TypeError, "must be dense"),
        (lambda rng, n: [[1.0, 2.0, 3.0], [1.0]], TypeError, "entries of different shapes"),
        (lambda rng, n: None, ValueError, r"got shape \(\)"),
    ],
)
def test_what_a_law_of_the_user_returns_is_checked(draw, error, words):
    class Foreign:
        def fit(self, X_minority, X_majority=None):
            return self

        def sample(self, n, rng):
            return draw(rng, n)

    for generator in (Oracle(draw), SemiOracle(draw), Scaled(Foreign())):
        with pytest.raises(error, match=words):
            generator.fit(*data()).sample(512, rng_of())


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda n, rng: rng.random(n - 1), "must have 512 entries or rows, got shape"),
        (lambda n, rng: np.full(n, np.nan), "must be finite"),
        (lambda n, rng: rng.random((n, 2)), "must sum to 1 in each row"),
        (lambda n, rng: rng.random((n, 2, 2)), "must be 512 weights, or 512 vectors of weights"),
    ],
)
def test_what_a_law_of_weights_returns_is_checked(draw, words):
    generator = Mixup(Weights(draw)).fit(*data())
    with pytest.raises(ValueError, match=words):
        generator.sample(10, rng_of())
    with pytest.raises(AttributeError, match="covariance_ needs a law with a variance_factor"):
        _ = generator.covariance_


def test_check_sample():
    for rows in ([[1, 2], [3, 4]], pd.DataFrame([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]], order="F", dtype="f4")):
        checked = check_sample(rows, 2, 2)
        assert checked.tolist() == [[1, 2], [3, 4]] and checked.dtype == np.float64 and checked.flags.c_contiguous
    assert check_sample(np.empty((0, 2)), 0, 2).shape == (0, 2)
    with pytest.raises(ValueError, match=r"rows must have shape \(3, 2\): 3 row\(s\) of 2 column\(s\), got shape"):
        check_sample(np.ones((2, 2)), 3, 2, name="rows")


def test_check_minority_generator():
    check_minority_generator("generator", SMOTE())

    class Half:
        def fit(self, X_minority, X_majority=None):
            return self

    with pytest.raises(TypeError, match="generator must have the methods fit and sample, got .* without sample"):
        check_minority_generator("generator", Half())


def test_mixup_of_one_row_speaks_of_no_number_of_parents():
    with pytest.raises(ValueError, match=r"Mixup needs at least 2 minority rows \(to mix different ones\)"):
        Mixup(Dirichlet(1.0, 8)).fit([[0.0]])
