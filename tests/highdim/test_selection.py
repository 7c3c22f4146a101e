"""CovarianceMatcher: what it selects, what it learns from, what it refuses."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from mixtheory.highdim.selection import CovarianceMatcher, greedy
from mixtheory.highdim.selection.baselines import CenterMatching, LargestNorm, RandomSelection, RealUpperBound
from mixtheory.highdim.selection.projection import principal_axes
from mixtheory.highdim.selection.toy import draw_toy
from mixtheory.resampling.amounts import allocate


def generator(seed=0):
    return np.random.default_rng(seed)


def data(seed=0, n_pool=200, n_target=60, d=5):
    rng = generator(seed)
    shape = rng.normal(size=(d, d))
    return rng.normal(size=(n_pool, d)) * 2 + 1, rng.normal(size=(n_target, d)) @ shape - 3


def labelled(seed=0):
    pool, real = data(seed, 240, 80)
    y_pool = np.array(["b", "a", "c", "d"])[np.arange(240) % 4]
    y_real = np.array(["a"] * 40 + ["b"] * 30 + ["c"] * 10)
    return pool, real, y_pool, y_real


# what is selected


@pytest.mark.parametrize("scale", ["none", "trace"])
@pytest.mark.parametrize("n_components", [1, 3, 5, 50])
def test_each_row_is_the_best_of_the_pool_in_the_principal_components(n_components, scale):
    pool, real = data()
    model = CovarianceMatcher(15, n_components=n_components, scale=scale, random_state=1).fit(pool, real)
    axes = np.linalg.svd(real - real.mean(axis=0))[2][:n_components]
    target = np.cov(real @ axes.T, rowvar=False).reshape(len(axes), -1)

    def distance(chosen):
        matrix = np.cov(pool[chosen] @ axes.T, rowvar=False).reshape(target.shape)
        if scale == "trace":
            matrix *= np.trace(target) / np.trace(matrix)
        return np.linalg.norm(matrix - target)

    chosen = model.sample_indices_.tolist()
    assert len(set(chosen)) == 15
    # in one dimension all sets have the same shape
    steps = range(1, 15) if not (n_components == 1 and scale == "trace") else []
    for step in steps:
        best = min(distance([*chosen[:step], i]) for i in range(len(pool)) if i not in chosen[:step])
        assert distance(chosen[: step + 1]) == pytest.approx(best, abs=1e-12 * np.linalg.norm(target))
        assert model.objective_path_[step] == pytest.approx(best, abs=1e-12 * np.linalg.norm(target))
    assert model.objective_path_[0] == pytest.approx(np.linalg.norm(target))
    matrix = np.cov(pool[chosen] @ axes.T, rowvar=False).reshape(target.shape)
    assert model.scale_ == pytest.approx(np.sqrt(np.trace(target) / np.trace(matrix)))
    assert model.projection_.shape == (min(n_components, 5), 5) and model.n_components_ == min(n_components, 5)


@pytest.mark.parametrize("objective", ["frobenius", "risk"])
def test_a_small_distance_is_reached(objective):
    rng = generator(3)
    pool, real = rng.normal(size=(3000, 4)) * [3.0, 2.0, 1.0, 1.0], rng.normal(size=(400, 4)) * [1.0, 2.0, 0.5, 1.5]
    chosen = CovarianceMatcher(200, objective=objective, scale="trace", random_state=0).fit_resample(pool, real)
    target, matrix = np.cov(real.T), np.cov(chosen.T)
    if objective == "frobenius":
        matrix *= np.trace(target) / np.trace(matrix)
        assert np.linalg.norm(matrix - target) < 0.05 * np.linalg.norm(target)
    else:
        relative = np.linalg.eigvals(np.linalg.solve(target, matrix)).real
        np.testing.assert_allclose(relative / relative.mean(), 1, atol=0.1)


@pytest.mark.parametrize("objective", ["frobenius", "risk"])
def test_means_have_no_part(objective):
    pool, real = data(2)
    # in binary steps, so that the long way from the origin is added without rounding
    pool = np.round(pool * 2**20) / 2**20
    settings = {"objective": objective, "random_state": 0}
    here = CovarianceMatcher(30, **settings).fit(pool, real).sample_indices_
    there = CovarianceMatcher(30, **settings).fit(pool + 2.0**24, real - np.arange(5.0)).sample_indices_
    assert np.array_equal(here, there)


def test_the_risk_objective_does_not_feel_a_change_of_coordinates():
    pool, real = data(4)
    mix = generator(5).normal(size=(5, 5)) + 2 * np.eye(5)
    for scale in ("none", "trace"):
        settings = {"objective": "risk", "scale": scale, "random_state": 0}
        here = CovarianceMatcher(25, **settings).fit(pool, real)
        there = CovarianceMatcher(25, **settings).fit(pool @ mix, real @ mix)
        assert np.array_equal(here.sample_indices_, there.sample_indices_)
        np.testing.assert_allclose(here.objective_path_, there.objective_path_, rtol=1e-8)


def test_the_risk_is_that_of_the_theory():
    from mixtheory.highdim.equivalents import excess_risk

    pool, real = data(6)
    for scale in ("none", "trace"):
        model = CovarianceMatcher(30, objective="risk", scale=scale, random_state=0).fit(pool, real)
        target = np.cov(real.T)
        for step in (10, 29):
            matrix = np.cov(pool[model.sample_indices_[: step + 1]].T)
            if scale == "trace":
                matrix *= 5 / np.trace(np.linalg.solve(target, matrix))
            expected = excess_risk(target, matrix, 60, 30).risk
            assert model.objective_path_[step] == pytest.approx(expected, rel=1e-9)


def test_the_first_row_is_uniform():
    pool, real = data(0, n_pool=4)
    rng = generator(0)
    counts = np.bincount(
        [CovarianceMatcher(1, random_state=rng).fit(pool, real).sample_indices_[0] for _ in range(400)]
    )
    # z = 6.1 for a normal count
    assert np.abs(counts - 100).max() < 6.1 * np.sqrt(75)


def test_projection_and_target_come_from_real_rows_only():
    pool, real = data(7)
    other = np.vstack([pool, generator(8).normal(size=(50, 5)) * 100])
    for objective in ("frobenius", "risk"):
        first = CovarianceMatcher(10, n_components=3, objective=objective).fit(pool, real).projection_
        second = CovarianceMatcher(10, n_components=3, objective=objective).fit(other, real).projection_
        assert np.array_equal(first, second)
    np.testing.assert_allclose(first @ first.T, np.eye(3), atol=1e-12)
    assert (first[np.arange(3), np.abs(first).argmax(axis=1)] > 0).all()
    spread = np.cov((real @ first.T).T)
    np.testing.assert_allclose(spread, np.diag(np.linalg.eigvalsh(np.cov(real.T))[::-1][:3]), atol=1e-10)


def test_batches_and_threads_change_nothing():
    pool, real = data(9)
    expected = CovarianceMatcher(40, random_state=0).fit(pool, real)
    for batch in (1, 7, 10_000):
        model = CovarianceMatcher(40, random_state=0, candidate_batch=batch, n_jobs=2).fit(pool, real)
        assert np.array_equal(model.sample_indices_, expected.sample_indices_)
        np.testing.assert_allclose(model.objective_path_, expected.objective_path_, rtol=1e-9)


def test_the_same_seed_selects_the_same_rows():
    pool, real = data()
    model = CovarianceMatcher(20, random_state=5)
    first = model.fit(pool, real).sample_indices_
    assert np.array_equal(first, model.fit(pool, real).sample_indices_)
    assert np.array_equal(first, clone(model).fit(pool, real).sample_indices_)


@pytest.mark.parametrize("objective", ["frobenius", "risk"])
@pytest.mark.parametrize("scale", ["none", "trace"])
def test_units_have_no_part(objective, scale):
    pool, real = data(11)
    settings = {"objective": objective, "scale": scale, "random_state": 0}
    here = CovarianceMatcher(30, **settings).fit(pool, real).sample_indices_
    for unit in (2.0**-40, 2.0**40):
        there = CovarianceMatcher(30, **settings).fit(pool * unit, real * unit).sample_indices_
        assert np.array_equal(here, there)


# classes


def test_classes_are_matched_apart():
    pool, real, y_pool, y_real = labelled()
    model = CovarianceMatcher(24, n_components=3, random_state=0).fit(pool, real, y_pool, y_real)
    assert model.classes_.tolist() == ["a", "b", "c"]
    assert model.class_counts_.tolist() == [12, 9, 3]
    assert y_pool[model.sample_indices_].tolist() == ["a"] * 12 + ["b"] * 9 + ["c"] * 3
    start = 0
    for place, (label, count) in enumerate(zip("abc", [12, 9, 3], strict=True)):
        chosen = model.sample_indices_[start : start + count]
        target = np.cov(real[y_real == label] @ model.projection_.T, rowvar=False)
        candidates = np.flatnonzero(y_pool == label)
        rows = pool @ model.projection_.T
        first = int(np.flatnonzero(candidates == chosen[0])[0])
        panels = greedy.Panels.of(rows[candidates])
        expected, path = greedy.greedy_frobenius(panels, target, count, first)
        assert np.array_equal(candidates[expected], chosen)
        np.testing.assert_allclose(model.objective_path_[start : start + count], path, rtol=1e-8)
        ratio = np.trace(target) / np.trace(np.cov(rows[chosen], rowvar=False))
        assert model.scale_[place] == pytest.approx(np.sqrt(ratio))
        start += count


def test_a_class_of_few_target_rows_may_get_nothing():
    pool, real, y_pool, y_real = labelled()
    y_real = y_real.copy()
    y_real[70:79] = "a"
    model = CovarianceMatcher(4, random_state=0).fit(pool, real, y_pool, y_real)
    assert model.class_counts_.tolist() == [2, 2, 0]
    assert np.isnan(model.scale_).tolist() == [False, False, True]


@pytest.mark.parametrize("seed", range(20))
def test_shares_are_nearest_whole_numbers(seed):
    rng = generator(seed)
    counts, total = rng.integers(0, 50, size=6), int(rng.integers(0, 200))
    counts[2] += 1
    parts, exact = allocate(total, counts), total * counts / counts.sum()
    assert parts.sum() == total and (np.abs(parts - exact) < 1).all()
    up, down = exact - np.floor(exact), parts > np.floor(exact + 1e-9)
    assert not down.any() or down.all() or up[down].min() >= up[~down].max() - 1e-9


def test_equal_remainders_go_to_the_first_class():
    assert allocate(4, [1, 1, 1]).tolist() == [2, 1, 1]
    assert allocate(5, [3, 3, 3]).tolist() == [2, 2, 1]


# containers


def test_frames_in_frames_out():
    pool, real, y_pool, y_real = labelled()
    names = [f"x{i}" for i in range(5)]
    frame = pd.DataFrame(pool, columns=names, index=np.arange(240) + 1000)
    model = CovarianceMatcher(20, random_state=0)
    rows, labels = model.fit_resample(
        frame, pd.DataFrame(real, columns=names), pd.Series(y_pool, index=frame.index), pd.Series(y_real)
    )
    assert model.feature_names_in_.tolist() == names and model.n_features_in_ == 5
    pd.testing.assert_frame_equal(rows, frame.iloc[model.sample_indices_])
    assert labels.index.equals(rows.index)
    assert labels.tolist() == y_pool[model.sample_indices_].tolist()
    plain = CovarianceMatcher(20, random_state=0)
    new, new_labels = plain.fit_resample(pool, real, y_pool.tolist(), y_real.tolist())
    assert np.array_equal(new, rows.to_numpy()) and new_labels.tolist() == labels.tolist()
    assert not hasattr(plain, "feature_names_in_")


def test_lists_and_integers_are_data_too():
    rng = generator(1)
    pool, real = rng.integers(0, 9, size=(40, 2)), rng.integers(0, 9, size=(20, 2))
    rows = CovarianceMatcher(5, random_state=0).fit_resample(pool.tolist(), real.tolist())
    assert np.array_equal(rows, CovarianceMatcher(5, random_state=0).fit_resample(pool, real))


def test_fitting_changes_neither_the_data_nor_the_parameters():
    pool, real = data()
    copies = pool.copy(), real.copy()
    model = CovarianceMatcher(10, random_state=3)
    before = model.get_params()
    model.fit(pool, real)
    assert model.get_params() == before
    assert np.array_equal(pool, copies[0]) and np.array_equal(real, copies[1])
    for flags in (pool.flags, real.flags):
        flags.writeable = False
    model.fit(pool, real)
    model.fit(np.asfortranarray(pool), real)


# bad input


def test_names_that_differ_are_refused():
    pool, real = data()
    frame = pd.DataFrame(pool, columns=list("abcde"))
    with pytest.raises(ValueError, match="feature names should match"):
        CovarianceMatcher(5).fit(frame, pd.DataFrame(real, columns=list("abcdx")))
    with pytest.raises(ValueError, match="same order"):
        CovarianceMatcher(5).fit(frame, pd.DataFrame(real, columns=list("edcba")))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        CovarianceMatcher(5).fit(frame, real)


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"n_select": 0}, ValueError, "n_select must be an integer >= 1, got 0"),
        ({"n_select": 2.5}, TypeError, "n_select must be an integer, got 2.5"),
        ({"n_select": 201}, ValueError, "n_select asks for 201 rows of X_pool, which has 200"),
        ({"n_components": 0}, ValueError, "n_components must be an integer >= 1"),
        ({"objective": "frobenus"}, ValueError, "did you mean 'frobenius'"),
        ({"scale": None}, TypeError, "scale must be one of"),
        ({"scale": "det"}, ValueError, "scale must be one of"),
        ({"candidate_batch": 0}, ValueError, "candidate_batch must be an integer >= 1"),
        ({"n_jobs": 1.5}, TypeError, "n_jobs must be an integer"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
        ({"random_state": "seed"}, ValueError, "random_state must be None"),
        ({"random_state": -1}, ValueError, "random_state must be None"),
    ],
)
def test_parameters_are_checked_when_fitting(settings, error, match):
    model = CovarianceMatcher(**{"n_select": 5, **settings})
    with pytest.raises(error, match=match):
        model.fit(*data())


def spoiled(value):
    pool, _ = data()
    pool[3, 2] = value
    return pool


@pytest.mark.parametrize(
    ("pool", "real", "match"),
    [
        (spoiled(np.nan), data()[1], "X_pool must be finite, got NaN or infinite values"),
        (data()[0], spoiled(np.inf), "X_target must be finite, got NaN or infinite values"),
        (data()[0], data()[1][:, :4], "X_target must have as many columns as X_pool, 5 features"),
        (data()[0][:, 0], data()[1], r"X_pool must have 2 dimension\(s\)"),
        (data()[0], data()[1][0], r"X_target must have 2 dimension\(s\)"),
        (data()[0][:0], data()[1], "X_pool must have at least 1 row"),
        (data()[0], data()[1][:1], "X_target must have at least 2 rows to have a covariance, got 1"),
        (data()[0], np.repeat(data()[1][:1], 7, axis=0), "X_target must have a column that varies, got 7 equal rows"),
    ],
)
def test_bad_data_are_refused(pool, real, match):
    with pytest.raises(ValueError, match=match):
        CovarianceMatcher(5).fit(pool, real)


def test_text_and_complex_numbers_are_refused():
    pool, real = data()
    with pytest.raises(TypeError, match="X_pool must be an array of real numbers"):
        CovarianceMatcher(5).fit(pool.astype(str), real)
    with pytest.raises(TypeError, match="X_target must be an array of real numbers"):
        CovarianceMatcher(5).fit(pool, real.astype(complex))


def test_bad_labels_are_refused():
    pool, real, y_pool, y_real = labelled()
    model = CovarianceMatcher(24, random_state=0)
    with pytest.raises(ValueError, match="together or not at all"):
        model.fit(pool, real, y_pool)
    with pytest.raises(ValueError, match="y_pool must have one label for each of the 240 rows of X_pool"):
        model.fit(pool, real, y_pool[:-1], y_real)
    with pytest.raises(ValueError, match="y_target must have one label for each of the 80 rows of X_target"):
        model.fit(pool, real, y_pool, y_real[:, None])
    with pytest.raises(ValueError, match="class 'c' of y_target has no rows in the pool"):
        model.fit(pool, real, np.where(y_pool == "c", "d", y_pool), y_real)
    with pytest.raises(ValueError, match="n_select asks for 75 rows of class 'a' of X_pool, which has 60"):
        clone(model).set_params(n_select=150).fit(pool, real, y_pool, y_real)
    with pytest.raises(ValueError, match="no missing labels"):
        model.fit(pool, real, y_pool, np.where(y_real == "c", None, y_real))
    with pytest.raises(TypeError, match="one kind"):
        model.fit(pool, real, y_pool, np.array([1, "a"] * 40, dtype=object))
    lonely = y_real.copy()
    lonely[:] = "a"
    lonely[0] = "b"
    with pytest.raises(ValueError, match="class 'b' of X_pool: the target must have at least 2 rows"):
        clone(model).set_params(n_select=60).fit(pool, real, y_pool, lonely)


def test_fewer_target_rows_than_components_are_a_warning():
    pool, real = data(0, d=8)
    with pytest.warns(UserWarning, match="4 row.* 3 direction.*: 3 principal .* where 8 were asked for"):
        model = CovarianceMatcher(10, random_state=0).fit(pool, real[:4])
    assert model.n_components_ == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CovarianceMatcher(10, n_components=3).fit(pool, real[:4])


def test_constant_columns_are_a_warning():
    pool, real = data()
    real[:, 2] = 0.1
    with pytest.warns(UserWarning) as caught:
        model = CovarianceMatcher(10, random_state=0).fit(pool, real)
    texts = [str(warning.message) for warning in caught]
    assert len(texts) == 2 and {warning.filename for warning in caught} == {__file__}
    assert "4 principal component(s) are used where 5 were asked for" in texts[0]
    assert "1 column(s), the first is column 2, are constant in X_target and vary in X_pool" in texts[1]
    np.testing.assert_allclose(model.projection_[:, 2], 0, atol=1e-12)
    pool[:, 2] = 7.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CovarianceMatcher(10, n_components=4).fit(pool, real)
    pool[:] = 7.0
    assert CovarianceMatcher(3, n_components=4, random_state=0).fit(pool, real).scale_ == np.inf


def test_a_nearly_singular_target_follows_the_stated_rule():
    pool, real = data()
    for gap, components in ((1e-6, 5), (1e-10, 4)):
        close = real.copy()
        close[:, 4] = close[:, 3] + gap * real[:, 4]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert len(principal_axes(close, 5)) == components
            assert CovarianceMatcher(10, objective="risk").fit(pool, close).n_components_ == components
        assert len(caught) == 2 * (components == 4)


def test_the_risk_needs_a_class_covariance_of_full_rank():
    pool, real, y_pool, y_real = labelled()
    model = CovarianceMatcher(24, objective="risk", random_state=0)
    model.fit(pool, real, y_pool, y_real)
    with pytest.raises(ValueError, match="class 'c' of X_pool: .* more target rows than the 5 principal .* got 5"):
        model.fit(pool, real[:75], y_pool, y_real[:75])
    flat = real.copy()
    flat[70:, 1] = flat[70:, 0]
    with pytest.raises(ValueError, match="class 'c' of X_pool: .* full rank"):
        model.fit(pool, flat, y_pool, y_real)


# conventions


class SelfMatching(CovarianceMatcher):
    """The pool is its own target: the signature that the checks of scikit-learn call."""

    def __init__(
        self,
        n_select=1,
        *,
        n_components=32,
        objective="frobenius",
        scale="none",
        candidate_batch=None,
        random_state=None,
        n_jobs=None,
    ):
        super().__init__(
            n_select,
            n_components=n_components,
            objective=objective,
            scale=scale,
            candidate_batch=candidate_batch,
            random_state=random_state,
            n_jobs=n_jobs,
        )

    def fit(self, X, y=None):
        return super().fit(X, X)


@pytest.mark.filterwarnings("ignore:X_target has")
@parametrize_with_checks(
    [SelfMatching()],
    expected_failed_checks=lambda _: {
        "check_complex_data": "refused with a TypeError, as everywhere in this package",
        "check_dtype_object": "refused, in other words",
        "check_estimators_empty_data_messages": "refused, in other words",
    },
)
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def test_parameters_and_state():
    model = CovarianceMatcher(7, scale="trace")
    assert repr(model) == "CovarianceMatcher(n_select=7, scale='trace')"
    assert clone(model).get_params() == model.get_params()
    assert set(model.get_params()) == {
        "n_select",
        "n_components",
        "objective",
        "scale",
        "candidate_batch",
        "random_state",
        "n_jobs",
    }
    assert model.set_params(n_select=9).n_select == 9
    with pytest.raises(NotFittedError):
        check_is_fitted(model)
    check_is_fitted(model.fit(*data()))


# the comparison of rules


def test_the_toy_is_what_it_says():
    rng = generator(12)
    toy = draw_toy(rng, p=4, n_target=9, n_pool=200_000, tilt=1.5, shift=0.5)
    assert toy.real.shape == (9, 4) and toy.fresh.shape == toy.pool.shape == (200_000, 4)
    np.testing.assert_allclose(toy.fresh.var(axis=0) / toy.variances, 1, atol=0.03)
    u = np.linspace(0, 1, 4)
    for g in range(5):
        rows = toy.pool[toy.generator == g]
        assert len(rows) == 40_000
        ratios = np.cov(rows.T)[np.diag_indices(4)] / toy.variances
        # a variance from 40,000 normal rows has a relative standard error of 0.7 %
        np.testing.assert_allclose(np.sort(ratios)[::-1], (1 - g / 8) * np.exp(-3 * g / 4 * u), rtol=0.045)
        length = np.linalg.norm(rows.mean(axis=0) / np.sqrt(toy.variances))
        assert length == pytest.approx(0.5 * g / 4 * 2, abs=0.05)


def test_the_risk_of_the_toy_is_the_trace():
    toy = draw_toy(generator(13))
    for rows in (np.empty((0, 32)), toy.pool[:50]):
        X = np.vstack([toy.real, rows])
        assert toy.risk(rows) == pytest.approx(np.trace(np.diag(toy.variances) @ np.linalg.inv(X.T @ X)), rel=1e-9)
    scaled = toy.at_target_trace(toy.pool[:50])
    assert np.sum(np.mean(scaled**2, axis=0) / toy.variances) == pytest.approx(32)
    np.testing.assert_allclose(scaled / toy.pool[:50], scaled[0, 0] / toy.pool[0, 0])
    with pytest.raises(ValueError, match="n_target must be an integer >= 33"):
        draw_toy(generator(), n_target=32)
    with pytest.raises(TypeError, match="Generator"):
        draw_toy(0)


def risks(rules, seeds, known):
    """Mean risk of each rule over draws of the toy, as selected and at the target's trace, and of the differences."""
    table = []
    for seed in seeds:
        toy = draw_toy(generator(seed))
        row = []
        for rule in rules:
            pool = toy.fresh if isinstance(rule, RealUpperBound) else toy.pool
            chosen = rule.fit_resample(pool, toy.fresh if known else toy.real)
            row.append((toy.risk(chosen), toy.risk(toy.at_target_trace(chosen))))
        table.append(row)
    return np.array(table)


def assert_below(first, second):
    """`first` < `second` in the mean over paired draws, by 3 standard errors; the gaps asked for are 7 or more wide."""
    gap = second - first
    assert gap.mean() > 3 * gap.std(ddof=1) / np.sqrt(gap.size)


RULES = (
    CovarianceMatcher(96, random_state=0),
    RandomSelection(96, random_state=0),
    CenterMatching(96),
    LargestNorm(96),
    RealUpperBound(96, random_state=0),
)


def test_matching_beats_random_and_center_and_loses_to_long_rows_as_selected():
    match, random, center, longest, real = risks(RULES, range(16), known=False)[:, :, 0].T
    for first, second in ((match, random), (random, center), (longest, match), (real, match)):
        assert_below(first, second)


def test_the_risk_as_objective_beats_long_rows_and_more_real_rows_as_selected():
    rules = (CovarianceMatcher(96, objective="risk", random_state=0), *RULES[-2:])
    risk, longest, real = risks(rules, range(16), known=False)[:, :, 0].T
    assert_below(risk, longest)
    assert_below(risk, real)


def test_at_the_target_trace_matching_a_known_covariance_is_best_and_matching_an_estimate_is_not():
    known = risks(RULES, range(16), known=True)[:, :, 1].T
    for other in known[1:]:
        assert_below(known[0], other)
    match, random, _, longest, _ = risks(RULES, range(16), known=False)[:, :, 1].T
    for other in (random, longest):
        assert_below(other, match)
