"""What the samplers take and refuse, who the parents are, and the containers that kernels cannot see."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.base import clone

from mixtheory.mixing.kernels.label_pairs import label_partners
from mixtheory.mixing.points import point_variance_factor
from mixtheory.mixing.samplers import Mixup, RegressionMixup, ZetaMixup
from mixtheory.mixing.samplers.neighbours import nearest_rows, rule_of_thumb
from mixtheory.mixing.weights import Beta, Dirichlet, EpBeta
from mixtheory.mixing.zeta import Zeta
from tests.mixing.atomic import INSIDE

LEVEL = 1e-9


def table(rows=40, columns=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)) + np.arange(columns), np.repeat(["a", "b"], [rows // 4, rows - rows // 4])


SAMPLERS = [
    Mixup("beta"),
    Mixup("beta", preserve="covariance"),
    Mixup("within", pairing="knn", n_neighbors=3),
    Mixup(pairing="any", label_rule="larger_weight"),
    Mixup(Dirichlet(1.0, 3), pairing="any", target="soft"),
    ZetaMixup(n_parents=15),
    ZetaMixup(pairing="knn", n_neighbors=4),
    RegressionMixup("beta", preserve="covariance"),
    RegressionMixup(pairing="label"),
    RegressionMixup(pairing="knn"),
    RegressionMixup(Dirichlet(0.5, 4), pairing="label", bandwidth=0.1),
]


def run(sampler, seed=0, amount=200, X=None, **params):
    rows, labels = table()
    rows = rows if X is None else X
    y = np.asarray(rows.sum(axis=1)).ravel() if sampler.target == "continuous" else labels
    made = clone(sampler).set_params(random_state=seed, amount=amount, append=False, **params)
    return made, *made.fit_resample(rows, y)


# ---- rows are the stated sums of the stated parents


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_rows_are_the_sums_of_their_parents(sampler):
    rows, labels = table()
    made, new, target = run(sampler)
    parents, weights = made.sample_indices_, made.sample_weights_
    assert parents.shape == weights.shape == (200, parents.shape[1])
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    expected = np.einsum("mk,mkd->md", weights, rows[parents])
    if sampler.preserve == "covariance":
        factors = made.variance_factor_
        plain = run(sampler, preserve="none")[0].variance_factor_
        groups = {"a": labels == "a", "b": labels == "b"} if isinstance(factors, dict) else {None: labels != ""}
        for name, members in groups.items():
            factor = plain[name] if isinstance(plain, dict) else plain
            center, own = rows[members].mean(axis=0), target == name if name else slice(None)
            expected[own] = center + (expected[own] - center) / np.sqrt(factor)
    np.testing.assert_allclose(new, expected, atol=1e-12)
    used = weights != 0
    for row, how in zip(parents, used, strict=True):
        assert len(set(row[how])) == how.sum() or sampler.pairing == "label"
    if sampler.target == "hard":
        assert (labels[parents[:, 0]] == target).all()
    elif sampler.target == "soft":
        np.testing.assert_allclose(target, np.einsum("mk,mkc->mc", weights, np.eye(2)[(labels == "b")[parents] + 0]))
    else:
        np.testing.assert_allclose(target, new.sum(axis=1), atol=1e-12)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_one_stream_and_the_same_seed_the_same_rows(sampler):
    first, again, other = (run(sampler, seed)[1] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    rng = np.random.default_rng(5)
    np.testing.assert_array_equal(run(sampler, rng)[1], first)
    assert not np.array_equal(run(sampler, rng)[1], first)


def test_classes_do_not_replay_the_numbers_of_each_other():
    rows, _ = table()
    made = Mixup("beta", amount=400, random_state=0, append=False)
    made.fit_resample(np.tile(rows, (2, 1)), np.repeat([0, 1], 40))
    weights, parents = (np.split(part, 2) for part in (made.sample_weights_, made.sample_indices_))
    assert not np.isin(weights[0], weights[1]).any()
    assert not np.array_equal(parents[0], parents[1] - 40)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_a_fitted_sampler_is_pickled_and_a_clone_is_unfitted(sampler):
    made = run(sampler)[0]
    copy = pickle.loads(pickle.dumps(made))
    assert str(copy.variance_factor_) == str(made.variance_factor_)
    assert copy.law_ == made.law_
    assert not hasattr(clone(made), "law_")


def test_parents_that_are_missing_weigh_nothing():
    made, _, target = run(ZetaMixup(n_parents=15))
    assert made.n_parents_ == {"a": 10, "b": 15}
    small = target == "a"
    assert (made.sample_weights_[small, 10:] == 0).all()
    assert (made.sample_indices_[small, 10:] == made.sample_indices_[small, :1]).all()
    assert (made.sample_weights_[~small] > 0).all()


# ---- what is known before a draw


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_what_is_known_before_a_draw(sampler):
    rows, labels = table()
    y = rows.sum(axis=1) if sampler.target == "continuous" else labels
    fitted = clone(sampler).set_params(amount=1).fit(rows, y)
    factors = fitted.variance_factor_
    by_class = sampler.pairing == "same_class" or sampler.target == "hard"
    assert isinstance(factors, dict) == by_class
    sizes = {"a": 10, "b": 30} if sampler.pairing == "same_class" else dict.fromkeys("ab" if by_class else [None], 40)
    for name, size in sizes.items():
        factor = factors[name] if by_class else factors
        law = fitted.law_[name] if isinstance(fitted.law_, dict) else fitted.law_
        if sampler.pairing in ("knn", "label") or (sampler.pairing == "any" and sampler.target == "hard"):
            assert np.isnan(factor)
        elif sampler.preserve == "covariance":
            assert factor == 1
        else:
            assert factor == point_variance_factor(law, size, "distinct")


def test_a_class_that_cannot_be_mixed_has_no_factor_and_needs_no_rows():
    rows, labels = table()
    labels = labels.astype("<U6")
    labels[0] = "single"
    made = Mixup(sampling_strategy={"a": 30}, random_state=0).fit(rows, labels)
    assert np.isnan(made.variance_factor_["single"])
    assert len(made.fit_resample(rows, labels)[0]) == 61


def test_a_refit_leaves_nothing_behind():
    rows, labels = table()
    made = Mixup(pairing="label", target="continuous", amount=5).fit(rows, rows[:, 0])
    assert made.bandwidth_ == rule_of_thumb(rows[:, 0])
    made.set_params(pairing="same_class", target="hard").fit(rows, labels)
    assert not hasattr(made, "bandwidth_")


def test_bandwidths():
    y = np.random.default_rng(2).normal(size=300)
    spread = min(y.std(), stats.iqr(y) / 1.34)
    assert rule_of_thumb(y) == pytest.approx(0.9 * spread * 300**-0.2, rel=1e-12)
    assert rule_of_thumb(y * 1e300) == pytest.approx(1e300 * rule_of_thumb(y), rel=1e-12)
    mostly = np.array([0.0] * 9 + [5.0])
    assert rule_of_thumb(mostly) == pytest.approx(0.9 * mostly.std() * 10**-0.2, rel=1e-12)
    assert rule_of_thumb(np.zeros(5)) == rule_of_thumb(np.full(5, 0.1)) == 1.0


# ---- neighbours and labels


@pytest.mark.parametrize("scales", [1.0, np.array([1e-200, 1.0, 1e250])])
def test_neighbours_are_the_nearest_in_scaled_columns(scales):
    rows, _ = table()
    unit = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    distances = np.linalg.norm(unit[:, np.newaxis] - unit, axis=2)
    np.fill_diagonal(distances, np.inf)
    expected = np.sort(np.argsort(distances, axis=1)[:, :4], axis=1)
    np.testing.assert_array_equal(np.sort(nearest_rows(rows * scales, 4), axis=1), expected)
    if np.ndim(scales) == 0:
        np.testing.assert_array_equal(np.sort(nearest_rows(rows + 1e8, 4), axis=1), expected)
        np.testing.assert_array_equal(np.sort(nearest_rows(sparse.csr_matrix(rows), 4), axis=1), expected)


def test_neighbours_of_equal_and_constant_rows():
    rows = np.zeros((6, 2))
    near = nearest_rows(rows, 3)
    assert all(len(set(row) | {place}) == 4 for place, row in enumerate(near.tolist()))


@pytest.mark.parametrize("sampler", [Mixup(INSIDE, pairing="knn", n_neighbors=3), RegressionMixup(pairing="knn")])
def test_other_parents_are_neighbours_each_with_the_same_probability(sampler):
    rows, labels = table()
    made, _, target = run(sampler, amount=8000)
    k = made.n_neighbors
    owners, others = made.sample_indices_.T
    groups = ("a", "b") if made.target == "hard" else (None,)
    for name in groups:
        places = np.flatnonzero(labels == name) if name else np.arange(40)
        near = places[nearest_rows(rows[places], k)]
        own = np.isin(owners, places) if name is None else target == name
        ranks = near[np.searchsorted(places, owners[own])] == others[own, np.newaxis]
        assert (ranks.sum(axis=1) == 1).all()
        assert stats.chisquare(ranks.sum(axis=0)).pvalue > LEVEL
        assert stats.chisquare(np.bincount(np.searchsorted(places, owners[own]))).pvalue > LEVEL


def test_label_pairs_come_from_the_kernel():
    rows, _ = table()
    y = rows[:, 0]
    made = RegressionMixup(pairing="label", bandwidth=0.2, amount=50, random_state=9, append=False)
    made.fit_resample(rows, y)
    rng = np.random.default_rng(9)
    owners = rng.integers(40, size=50)
    np.testing.assert_array_equal(made.sample_indices_[:, 0], owners)
    np.testing.assert_array_equal(made.sample_indices_[:, 1:], label_partners(rng, y, owners, 0.2))


# ---- containers and precision


def test_single_precision_is_mixed_in_it():
    rows, labels = table()
    single, y = Mixup(random_state=0).fit_resample(rows.astype(np.float32), labels)
    double, _ = Mixup(random_state=0).fit_resample(rows, labels)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=0, atol=2e-6 * np.abs(rows).max())


@pytest.mark.parametrize("sampler", [s for s in SAMPLERS if s.preserve == "none"], ids=repr)
def test_sparse_rows_are_the_dense_ones(sampler):
    rows = np.where(np.random.default_rng(3).random((40, 9)) < 0.5, 0.0, table(columns=9)[0])
    made, dense, _ = run(sampler, X=rows)
    other, new, _ = run(sampler, X=sparse.csr_matrix(rows))
    assert sparse.issparse(new)
    np.testing.assert_allclose(new.toarray(), dense, atol=1e-12)
    np.testing.assert_array_equal(made.sample_indices_, other.sample_indices_)


def test_sparse_rows_are_stretched_only_by_nothing():
    X = sparse.csr_matrix(table()[0])
    plain, kept = (run(Mixup(preserve=preserve), X=X)[1] for preserve in ("none", "covariance"))
    np.testing.assert_array_equal(plain.toarray(), kept.toarray())
    # of this law the factor is 1 but for rounding
    nearly = EpBeta.preserving_symmetric(7.7)
    assert point_variance_factor(nearly, 10, "distinct") != 1
    run(Mixup(nearly, preserve="covariance"), X=X)
    with pytest.raises(ValueError, match="sparse table needs a law that keeps the covariance"):
        run(Mixup("beta", preserve="covariance"), X=X)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_constant_columns_stay_to_the_last_bit(sampler):
    rows, _ = table()
    rows[:, 1] = 0.1
    assert (run(sampler, X=rows)[1][:, 1] == 0.1).all()


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
@pytest.mark.parametrize("unit", [1e-290, 1e290])
def test_units_of_the_columns_do_not_matter(sampler, unit):
    rows, _ = table()
    if sampler.pairing == "label" and sampler.bandwidth != "silverman":
        sampler = clone(sampler).set_params(bandwidth=sampler.bandwidth * unit)
        usual = run(clone(sampler).set_params(bandwidth=sampler.bandwidth / unit))[1]
    else:
        usual = run(sampler)[1]
    np.testing.assert_allclose(run(sampler, X=rows * unit)[1] / unit, usual, rtol=0, atol=1e-9)


def test_nominal_columns_follow_the_parents():
    rows, labels = table()
    frame = pd.DataFrame(rows, columns=list("xyz")).assign(place=np.arange(40).astype(str))
    made = ZetaMixup(n_parents=5, random_state=0, append=False, amount=100)
    new, _ = made.fit_resample(frame, labels)
    heaviest = made.sample_indices_[np.arange(100), made.sample_weights_.argmax(axis=1)]
    assert new["place"].tolist() == heaviest.astype(str).tolist()


def test_several_targets_and_their_names():
    rows, _ = table()
    y = pd.DataFrame({"cost": rows[:, 0], "time": rows[:, 1]})
    new, target = RegressionMixup("beta", random_state=0).fit_resample(pd.DataFrame(rows, columns=list("xyz")), y)
    assert target.columns.tolist() == ["cost", "time"]
    assert len(new) == 80
    np.testing.assert_allclose(target, new[["x", "y"]], atol=1e-12)


# ---- cost


def test_pairs_are_never_enumerated():
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    y = rows[:, 0]
    for sampler, target in (
        (Mixup(amount=1.0), np.repeat([0, 1], 10_000)),
        (Mixup(pairing="any", amount=1.0), np.repeat([0, 1], 10_000)),
        (RegressionMixup(pairing="label"), y),
        (RegressionMixup(), y),
    ):
        sampler.fit_resample(rows[:100], target[::200])  # compiled code is loaded here
        tracemalloc.start()
        sampler.fit_resample(rows, target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        # 60 numbers a row, where pairs would take 20,000
        assert peak < 60 * 8 * len(rows)


# ---- refusals


ROWS, NAMES = table()


@pytest.mark.parametrize(
    ("match", "sampler"),
    [
        ("law must be one of", Mixup("preserve")),
        ("law must be a mixing law, got Choice|law must be a mixing law", Mixup(3)),
        ("law must be a single law", Mixup(Beta([1.0, 2.0], 1.0))),
        ("alpha must", Mixup("beta", alpha=0.0)),
        ("delta must", Mixup("within", delta=0.7)),
        ("pairing must be one of", Mixup(pairing="same")),
        ("target must be one of", Mixup(target="harder")),
        ("label_rule must be one of", Mixup(label_rule="first")),
        ("preserve must be one of", Mixup(preserve="mean")),
        ("n_neighbors must be an integer", Mixup(pairing="knn", n_neighbors=0)),
        ("n_neighbors must be at least 3", Mixup(Dirichlet(1.0, 4), pairing="knn", n_neighbors=2)),
        ("n_neighbors must be below.*class 'a' has 10 row", Mixup(pairing="knn", n_neighbors=10)),
        ("gamma must", ZetaMixup(-1.0)),
        ("n_parents must", ZetaMixup(n_parents=1)),
        ("needs them in \\[0, 1\\]", Mixup(pairing="any", label_rule="bernoulli")),
        ("needs target='continuous'", Mixup(pairing="label")),
        ("multiple of that of the data", Mixup(pairing="any", preserve="covariance")),
        ("multiple of that of the data", Mixup(pairing="knn", preserve="covariance")),
        ("class 'a' has 10 row.*11 different parents", Mixup(Dirichlet(1.0, 11))),
        ("the table has 40 row.*50 different parents", Mixup(Dirichlet(1.0, 50), pairing="any", target="soft")),
        ("mean of the 10 rows", Mixup(Zeta(0.0, 10), preserve="covariance")),
    ],
)
def test_refusals(match, sampler):
    with pytest.raises((TypeError, ValueError), match=match):
        sampler.set_params(amount=40).fit_resample(ROWS, NAMES)


@pytest.mark.parametrize(
    ("match", "sampler"),
    [
        ("pairing must be 'any', 'knn' or 'label'", RegressionMixup(pairing="same_class")),
        ("bandwidth must be one of", RegressionMixup(pairing="label", bandwidth="scott")),
        ("bandwidth must be", RegressionMixup(pairing="label", bandwidth=-1.0)),
        ("multiple of that of the data", RegressionMixup(pairing="label", preserve="covariance")),
    ],
)
def test_refusals_of_numbers(match, sampler):
    with pytest.raises((TypeError, ValueError), match=match):
        sampler.fit_resample(ROWS, ROWS[:, 0])


def test_label_pairs_need_one_target_and_neighbours_need_numbers():
    with pytest.raises(ValueError, match="one column of targets, got 2"):
        RegressionMixup(pairing="label").fit(ROWS, ROWS[:, :2])
    with pytest.raises(ValueError, match="numeric columns, got none"):
        Mixup(pairing="knn").fit(pd.DataFrame({"text": NAMES}), NAMES)


def test_a_single_row_of_a_class_is_named():
    labels = NAMES.astype("<U6")
    labels[0] = "single"
    for sampler in (Mixup(), ZetaMixup(), Mixup(EpBeta.preserving_uniform(), preserve="covariance")):
        with pytest.raises(ValueError, match="class 'single' has 1 row.*a single row cannot be mixed"):
            sampler.fit_resample(ROWS, labels)
    # across classes it can
    new, made = Mixup(pairing="any", random_state=0).fit_resample(ROWS, labels)
    assert (made == "single").sum() == 30


def test_weights_that_are_probabilities_may_give_the_label():
    for law in ("beta", "within", Dirichlet(1.0, 3), Zeta(2.0, 4)):
        new, _ = Mixup(law, pairing="any", label_rule="bernoulli", random_state=0).fit_resample(ROWS, NAMES)
        assert len(new) == 60
