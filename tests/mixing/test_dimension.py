"""The study of intrinsic dimension: how batches are mixed, what is compared, and how the outcomes are decided."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixtheory import datasets
from mixtheory.intrinsic_dimension import mle_dimension
from mixtheory.mixing.studies import dimension
from mixtheory.mixing.studies.dimension import BATCH, compared, comparison, laws_of, references, sides
from mixtheory.mixing.studies.dimension_outcomes import dimension_outcomes


@pytest.fixture
def rng():
    return np.random.default_rng(8)


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_laws_are_matched(alpha):
    for pair in ("mixup", "shared", "own"):
        mixup, zeta = laws_of(pair, alpha, None)
        assert zeta.covariance_factor == pytest.approx(float(mixup.covariance_factor), rel=1e-12)
    preserving, same = laws_of("preserving", alpha, None)
    assert float(preserving.covariance_factor) == pytest.approx(1.0) and same == zeta
    assert laws_of("mixup", alpha, 2.4)[1].gamma == 2.4


def test_rows_of_weights(rng):
    members = np.arange(BATCH)
    mixup, zeta = laws_of("mixup", 0.2, None)
    for pair, law in (("mixup", mixup), ("own", mixup), ("shared", mixup), ("zeta", zeta)):
        weights = np.stack([dimension._weights(law, rng, pair) for _ in range(40)])
        np.testing.assert_allclose(weights.sum(axis=2), 1.0)
        own = weights[:, members, members] == weights.max(axis=2)
        if pair in ("own", "zeta"):
            assert own.all()
        elif pair == "mixup":
            # a symmetric weight is below one half as often as not
            assert 0.4 < own.mean() < 0.6
        # a row that meets itself where all are permuted is left as it is
        mixed = weights.max(axis=2)[np.count_nonzero(weights, axis=2) > 1].round(9)
        # weights close to one are equal to nine digits
        low, high = {"zeta": (1, 1), "shared": (25, 40)}.get(pair, (1000, mixed.size))
        assert low <= np.unique(mixed).size <= high
        assert (np.count_nonzero(weights, axis=2) <= (BATCH if pair == "zeta" else 2)).all()


def test_the_own_member_only_trades_places():
    plain, own = (
        dimension._weights(laws_of("own", 0.2, None)[0], np.random.default_rng(4), pair) for pair in ("mixup", "own")
    )
    np.testing.assert_allclose(np.sort(plain, axis=1), np.sort(own, axis=1))


def test_displacement_and_variance_are_the_closed_forms(rng):
    for pair, alpha, gamma in (
        ("mixup", 0.2, None),
        ("own", 1.0, None),
        ("mixup", 1.0, 2.0),
        ("preserving", 1.0, None),
        ("shared", 1.0, None),
    ):
        out = compared(rng, 12, data="helix", size=128, pair=pair, alpha=alpha, gamma=gamma)
        for name, closed in references(128, pair, alpha, gamma).items():
            values = out[name]
            assert abs(values.mean() - closed) < 7 * values.std(ddof=1) / math.sqrt(12)


def test_outputs(rng):
    out = comparison(rng, data="helix", size=256, pair="mixup", alpha=0.2, gamma=None)
    assert out["distance_original"] < 1e-9
    assert out["siblings_zeta"] == 0.0 < out["siblings_mixup"]
    assert out["mle_8_lower"] == out["mle_8_mixup"] - out["mle_8_zeta"]
    gaps = [abs(out[f"mle_8_{side}"] - out["mle_8_original"]) for side in ("mixup", "zeta")]
    assert out["mle_8_closer"] == gaps[0] - gaps[1]
    reach = [out[f"reach_{k}_original"] for k in (4, 8, 16, 32, 64)]
    assert np.all(np.diff(reach) > 0) and "reach_128_original" not in out
    names = {f"{name}_{side}" for side, inside in sides().items() for name in inside}
    assert set(out) <= names == set(compared(rng, 1, data="helix", size=32, pair="own", alpha=1.0, gamma=2.0))


def test_near_and_far_rows_make_up_the_whole(rng):
    out = comparison(rng, data="helix", size=512, pair="mixup", alpha=0.2, gamma=None)
    share = out["untouched_8_mixup"]
    inverse = share / out["near_8_mixup"] + (1 - share) / out["far_8_mixup"]
    assert 1 / inverse == pytest.approx(out["mle_8_mixup"])


def test_cells_of_the_same_data_share_them():
    pairs = ("mixup", "own", "preserving")
    rows = [
        compared(np.random.default_rng(1), 2, data="digits_8", size=64, pair=p, alpha=1.0, gamma=None) for p in pairs
    ]
    for other in rows[1:]:
        np.testing.assert_array_equal(rows[0]["mle_8_original"], other["mle_8_original"])
    np.testing.assert_array_equal(rows[0]["mle_8_zeta"], rows[1]["mle_8_zeta"])
    assert (rows[0]["mle_8_mixup"] != rows[1]["mle_8_mixup"]).all()


def test_agreement_of_labels(rng):
    out = compared(rng, 4, data="half_moons", size=256, pair="mixup", alpha=1.0, gamma=None)
    assert (out["agreement_original"] == 1).all()
    # the dominant parent of mixup is often on the other moon than the mixed row
    assert (out["agreement_zeta"] > out["agreement_mixup"]).all()
    digits = compared(rng, 1, data="digits", size=256, pair="mixup", alpha=1.0, gamma=4.0)
    assert digits["agreement_original"] > 0.9 and digits["agreement_zeta"] > 0.9
    assert np.isnan(compared(rng, 1, data="digits_1", size=64, pair="mixup", alpha=1.0, gamma=4.0)["agreement_zeta"])


def test_real_rows_are_those_of_the_class(rng):
    drawn = dimension._draw(rng, "digits_4", 96)
    rows = {tuple(row) for row in datasets.load("digits").of_class(4).to_numpy()}
    assert len(drawn.rows) == 96 and {tuple(row) for row in drawn.rows} <= rows
    # what is held out is at distance zero, what is kept is not: no two digits are the same
    assert (drawn.distance(drawn.rows) > 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": "helx"}, "did you mean 'helix'"),
        ({"size": 100}, "multiple of 32"),
        ({"data": "digits_3", "size": 192}, "size"),
        ({"pair": "cutmix"}, "pair must be one of"),
        ({"gamma": -1.0}, "gamma"),
        ({"alpha": 0.0}, "alpha"),
    ],
)
def test_bad_input(rng, options, message):
    cell = {"data": "helix", "size": 64, "pair": "mixup", "alpha": 1.0, "gamma": None, **options}
    with pytest.raises(ValueError, match=message):
        compared(rng, 1, **cell)


# Outcomes --------------------------------------------------------------------------------------------------------


def invented(gains, replicates=64, mcse=0.01):
    """Return a frame of the study with one comparison for each gain of one estimator."""
    rows = []
    for number, gain in enumerate(gains):
        cell = {"data": "helix", "size": 32 * (number + 1), "pair": "mixup", "alpha": 0.2, "gamma": None}
        values = {"mle_8_original": 1.0, "mle_8_mixup": 2.0, "mle_8_zeta": 2.0 - gain, "displacement_zeta": 0.04}
        values |= {"mle_8_closer": gain, "mle_8_lower": gain, "reach_8_original": 0.1, "distance_lower": 0.3}
        errors = {"mcse": mcse, "replicates": replicates}
        rows += [{**cell, "metric": name, "estimate": value, **errors} for name, value in values.items()]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("reading", ["closer", "lower"])
def test_three_outcomes(reading):
    table = dimension_outcomes(invented([0.3, 0.0, -0.3, 0.06]), reading=reading)
    assert table["verdict"].tolist() == ["verified", "refuted", "refuted", "undecided"]
    assert table["found"].tolist() == ["zeta", "tie", "mixup", "open"]
    first = table.iloc[0]
    assert (first["estimator"], first["k"], first["reach"], first["offset"]) == ("mle", 8, 0.1, pytest.approx(0.2))
    # Student's interval at level 0.01, split over four rows
    half = 0.01 * stats.t(63).isf(0.01 / 4 / 2)
    assert first["upper"] - first["gain"] == pytest.approx(half)


def test_few_replicates_decide_nothing():
    table = dimension_outcomes(invented([5.0, -5.0], replicates=32))
    assert table["verdict"].tolist() == ["undecided"] * 2 and table["lower"].isna().all()


def test_the_margin_is_part_of_the_statement():
    assert dimension_outcomes(invented([0.3]), margin=0.5)["verdict"].tolist() == ["refuted"]


def test_a_run_of_the_study_is_decided(rng):
    cell = {"data": "half_moons", "size": 128, "pair": "mixup", "alpha": 0.2, "gamma": None}
    drawn = compared(rng, 64, **cell)
    rows = [
        {**cell, "metric": m, "estimate": v.mean(), "mcse": v.std(ddof=1) / 8, "replicates": 64}
        for m, v in drawn.items()
    ]
    table = dimension_outcomes(pd.DataFrame(rows)).set_index(["estimator", "k"])
    assert set(table.index) == {("two_nn", 2)} | {("mle", k) for k in (4, 8, 16, 32)} | {("pca", 8), ("pca", 32)}
    # neighbours are nearer than the offset of zeta-mixup
    assert table.loc[("mle", 4), "found"] == "mixup"


def test_outcomes_refuse_what_is_no_result_of_the_study():
    with pytest.raises(ValueError, match=r"lacks the columns \['alpha'"):
        dimension_outcomes(pd.DataFrame({"metric": [], "estimate": []}))
    with pytest.raises(ValueError, match="reading"):
        dimension_outcomes(invented([0.0]), reading="higher")
    with pytest.raises(ValueError, match="margin"):
        dimension_outcomes(invented([0.0]), margin=0.0)


def test_the_dimension_of_the_data_is_that_of_the_estimator(rng):
    out = comparison(rng, data="swiss_roll", size=128, pair="mixup", alpha=1.0, gamma=None)
    rows = dimension._draw(np.random.default_rng(8).spawn(3)[0], "swiss_roll", 128).rows
    assert out["mle_8_original"] == pytest.approx(mle_dimension(rows, n_neighbors=8))
