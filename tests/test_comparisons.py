"""Comparisons over overlapping splits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mixtheory.comparisons import (
    compare_over_splits,
    corrected_standard_error,
    holm,
    rank_summary,
    win_tie_loss,
)


def test_corrected_error_from_the_differences():
    differences = np.array([0.1, -0.2, 0.3, 0.05, 0.0, -0.1])
    naive = differences.std(ddof=1) / np.sqrt(6)
    # Nadeau and Bengio: S^2 (1 / R + n_test / n_train), here with 30 test rows and 70 training rows
    direct = np.sqrt(differences.var(ddof=1) * (1 / 6 + 30 / 70))
    assert corrected_standard_error(naive, 6, 0.3) == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_holm_against_statsmodels(seed):
    p = np.random.default_rng(seed).random(7) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-12)


def frame(**columns):
    table = {"law": ["a", "a", "b"], "estimate": [0.2, -0.1, 0.0], "mcse": [0.01, 0.02, 0.0], "replicates": 10}
    return pd.DataFrame({**table, **columns})


def test_intervals_and_tests():
    out = compare_over_splits(frame(), test_share=0.3)
    error = corrected_standard_error([0.01, 0.02, 0.0], 10, 0.3)
    np.testing.assert_allclose(out["standard_error"], error)
    np.testing.assert_allclose(out["upper"] - out["estimate"], stats.t.ppf(0.975, 9) * error)
    p = 2 * stats.t.sf(np.array([0.2, 0.1]) / error[:2], 9)
    np.testing.assert_allclose(out["p_value"][:2], p)
    np.testing.assert_allclose(out["p_holm"][:2], holm(p))
    assert out["p_value"][2] == out["p_holm"][2] == 1.0


def test_a_certain_difference_has_p_zero():
    out = compare_over_splits(frame(mcse=0.0), test_share=0.3)
    assert out["p_value"].tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: corrected_standard_error(-1.0, 5, 0.3), "mcse"),
        (lambda: corrected_standard_error(1.0, 1, 0.3), "splits"),
        (lambda: corrected_standard_error(1.0, 5, 1.0), "test_share"),
        (lambda: holm([0.5, 1.5]), "p_values"),
        (lambda: holm([]), "p_values"),
        (lambda: compare_over_splits(frame().drop(columns="mcse"), test_share=0.3), "mcse"),
        (lambda: compare_over_splits(frame(estimate=np.nan), test_share=0.3), "estimate"),
        (lambda: compare_over_splits(frame(), test_share=0.3, level=1.0), "level"),
        (lambda: compare_over_splits(frame(), test_share=0.3, family=("set",)), "set"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def outcomes(**columns):
    table = {
        "rival": ["none", "none", "none", "weights"],
        "estimate": [-0.5, -0.1, 0.4, 0.0],
        "p_value": [0.001, 0.04, 0.03, 1.0],
        "p_holm": [0.003, 0.06, 0.06, 1.0],
    }
    return pd.DataFrame({**table, **columns})


def test_wins_ties_and_losses():
    counts = win_tie_loss(outcomes(), by=["rival"]).set_index("rival")
    assert counts.loc["none"].to_dict() == {
        "sets": 3, "better": 2, "wins": 2, "ties": 0, "losses": 1, "wins_holm": 1, "losses_holm": 0,
    }  # fmt: skip
    assert counts.loc["weights", ["sets", "better", "wins", "ties", "losses"]].tolist() == [1, 0, 0, 1, 0]
    reverse = win_tie_loss(outcomes(), by=["rival"], lower_is_better=False).set_index("rival")
    assert reverse.loc["none", ["better", "wins", "losses"]].tolist() == [1, 1, 2]


def losses(seed, sets=16, ties=False):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(sets, 4)) + [0.0, 0.2, 2.5, 2.6]
    return pd.DataFrame(values.round(0) if ties else values, columns=list("abcd"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ties", [False, True])
def test_friedman_against_scipy(seed, ties):
    table = losses(seed, ties=ties)
    summary, (n, k) = rank_summary(table), table.shape
    chi2 = stats.friedmanchisquare(*table.to_numpy().T).statistic
    # Iman and Davenport (1980)
    expected = (n - 1) * chi2 / (n * (k - 1) - chi2)
    assert summary.statistic == pytest.approx(expected, rel=1e-9)
    assert summary.p_value == pytest.approx(stats.f.sf(expected, k - 1, (k - 1) * (n - 1)), rel=1e-9)
    np.testing.assert_allclose(summary.ranks[table.columns], stats.rankdata(table, axis=1).mean(axis=0))
    assert summary.ranks.is_monotonic_increasing and summary.sets == n


def test_the_law_of_the_statistic_without_differences():
    # all orders of three methods on two sets are equally likely: the p-value must not be too small too often
    orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    p = [
        rank_summary(pd.DataFrame([first, second], columns=list("abc"))).p_value
        for first in orders
        for second in orders
    ]
    assert np.mean(np.array(p) == 0.0) == pytest.approx(1 / 6)  # the same order twice, no residual
    assert np.mean(np.array(p) == 1.0) == pytest.approx(1 / 6)  # opposite orders


@pytest.mark.parametrize("seed", range(5))
def test_pairs_against_scipy(seed):
    table = losses(seed)
    pairs = rank_summary(table).pairs
    assert len(pairs) == 6
    for row in pairs.itertuples():
        difference = table[row.first] - table[row.second]
        assert row.p_value == pytest.approx(stats.wilcoxon(difference).pvalue)
        assert row.better + row.worse == len(table) and row.better == (difference < 0).sum()
        assert row.median == pytest.approx(difference.median())
    np.testing.assert_allclose(pairs["p_holm"], holm(pairs["p_value"]))


def test_the_sign_only_turns_the_order():
    table = losses(0)
    lower, higher = rank_summary(table), rank_summary(-table, lower_is_better=False)
    pd.testing.assert_series_equal(lower.ranks, higher.ranks)
    assert lower.groups == higher.groups and lower.p_value == pytest.approx(higher.p_value)


def test_groups_are_the_maximal_runs():
    base = np.arange(20.0)[:, None]
    # a and b differ by noise of both signs, c is always worse than both
    wobble = np.where(np.arange(20) % 2, 0.1, -0.1)
    table = pd.DataFrame(np.column_stack([base[:, 0], base[:, 0] + wobble, base[:, 0] + 1]), columns=list("abc"))
    summary = rank_summary(table)
    assert [set(group) for group in summary.groups] == [{"a", "b"}]
    assert rank_summary(table.iloc[:4]).groups == (tuple(rank_summary(table.iloc[:4]).ranks.index),)


def test_overlapping_groups():
    from mixtheory.comparisons import _groups

    # pairs ab, ac, ad, bc, bd, cd
    assert _groups("abcd", np.array([False, True, True, False, True, False])) == (("a", "b"), ("b", "c"), ("c", "d"))
    assert _groups("abcd", np.array([False, False, True, False, False, False])) == (("a", "b", "c"), ("b", "c", "d"))
    assert _groups("abcd", np.ones(6, dtype=bool)) == ()
    # a differs from c alone: no run that holds both
    assert _groups("abcd", np.array([False, True, False, False, False, False])) == (("a", "b"), ("b", "c", "d"))


def test_equal_methods():
    table = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})
    summary = rank_summary(table)
    assert summary.ranks.tolist() == [1.5, 1.5] and summary.p_value == 1.0
    assert summary.pairs["p_value"].tolist() == [1.0] and summary.groups == (("a", "b"),)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rank_summary(losses(0)[["a"]]), "at least 2 columns"),
        (lambda: rank_summary(losses(0).iloc[:1]), "at least 2 row"),
        (lambda: rank_summary(losses(0).where(losses(0) < 2)), "finite"),
        (lambda: rank_summary(losses(0)[["a", "a"]]), "different names"),
        (lambda: rank_summary(losses(0), level=0.0), "level"),
        (lambda: win_tie_loss(outcomes().drop(columns="p_holm"), by=["rival"]), "p_holm"),
        (lambda: win_tie_loss(outcomes(), by=["rival"], level=1.0), "level"),
    ],
)
def test_bad_tables(call, message):
    with pytest.raises(ValueError, match=message):
        call()
