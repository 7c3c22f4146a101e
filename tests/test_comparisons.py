"""Comparisons over overlapping splits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mixtheory.comparisons import compare_over_splits, corrected_standard_error, holm


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
