"""Reports on random tables: no error that is not documented, and numbers that agree with each other."""

import re

import numpy as np
import pandas as pd
import pytest

from mixtheory import Mixup
from mixtheory.fidelity import fidelity_report
from mixtheory.mixing.weights import Beta

CASES, CHUNKS = 1_000, 10
DOCUMENTED = (
    r"column '.*' must be finite",
    r"synthetic column '.*' has values more than 1e\+60 real standard deviations",
    r"expected law .* mixes 2 different rows",
    r"column '.*' of synthetic must hold numbers as in the other table",
    r"expected Mixup must know the classes of y_synthetic",
)


def column(rng, kind, rows):
    if kind == "normal":
        return rng.normal(size=rows)
    if kind == "huge":
        return rng.normal(size=rows) * 1e300
    if kind == "tiny":
        return rng.normal(size=rows) * 1e-300
    if kind == "outlier":
        return np.where(np.arange(rows) == 0, 1e30, rng.normal(size=rows))
    if kind == "constant":
        return np.full(rows, 3.25)
    if kind == "whole":
        return rng.integers(-2, 3, size=rows)
    if kind == "small":
        return rng.integers(0, 200, size=rows).astype(rng.choice(["uint8", "int16"]))
    if kind == "single":
        return rng.normal(size=rows).astype(np.float32)
    if kind == "nullable":
        return pd.array(rng.integers(0, 4, size=rows), dtype="Int64")
    if kind == "truth":
        return rng.random(rows) < 0.3
    if kind == "category":
        return pd.Categorical(rng.choice(["u", "v w", "<x>"], rows), categories=["<x>", "u", "v w", "never"])
    return rng.choice(["", "a", "ß", "a_b$"], rows)


KINDS = (
    "normal", "huge", "tiny", "outlier", "constant", "whole", "small", "single", "nullable", "truth", "category",
    "text",
)  # fmt: skip


def pair_of_tables(rng):
    """Return a real and a synthetic table of the same random columns, sometimes with rows of the one in the other."""
    n, m = (int(size) for size in rng.integers(1, 31, size=2))
    kinds = rng.choice(KINDS, size=rng.integers(1, 5))
    real, synthetic = (
        pd.DataFrame({f"c{place}": column(rng, kind, rows) for place, kind in enumerate(kinds)}) for rows in (n, m)
    )
    what = rng.integers(4)
    if what == 0:
        synthetic = real.iloc[rng.integers(n, size=m)]
    elif what == 1:
        real = real.iloc[rng.integers(max(1, n // 3), size=n)]
    return real, synthetic


def targets(rng, real, synthetic):
    what = rng.integers(3)
    if what == 0:
        return {}
    if what == 1:
        labels = np.array(["one", "two", "three"])[: rng.integers(1, 4)]
        return {"y_real": rng.choice(labels, len(real)), "y_synthetic": rng.choice(labels, len(synthetic))}
    return {"y_real": rng.normal(size=len(real)), "y_synthetic": rng.normal(size=len(synthetic))}


def expectation(rng, real, given):
    what = rng.integers(4)
    if what == 0:
        return Beta(1.0, 1.0)
    if what == 1:
        return float(rng.choice([0.0, 2 / 3, 1.0]))
    if what == 2 and len(given) and len(set(given["y_real"])) == 2 and min(np.unique_counts(given["y_real"])[1]) > 1:
        return Mixup("beta", amount=0, random_state=0).fit(real, given["y_real"])
    return None


PROMISED = {"means": "value", "variances": "std_error", "categories": "value", "privacy": "value", "marginals": "value"}


def check(report, m):
    for name, table in report.tables.items():
        assert table.index.is_unique, name
        if name in ("overview", "expected"):
            continue
        value, low, high, null_low, null_high = (
            table[key].to_numpy(float) for key in ("value", "low", "high", "null_low", "null_high")
        )
        some = ~np.isnan(low)
        assert (np.isnan(low) == np.isnan(high)).all(), name
        assert (low[some] <= high[some]).all(), name
        within = (low - 1e-9 <= value) & (value <= high + 1e-9 * (1 + np.abs(high)))
        assert within[some & ~np.isnan(value)].all(), name
        known = table["within_null"].notna().to_numpy()
        assert (null_low[known] <= null_high[known]).all(), name
        slack = 1e-8 * (1 + np.where(np.isfinite(value), np.abs(value), 0.0))
        inside = (null_low - slack <= value) & (value <= null_high + slack)
        strictly = (null_low + slack <= value) & (value <= null_high - slack)
        flags = table["within_null"].fillna(False).to_numpy(bool)
        assert (inside[known] >= flags[known]).all() and (strictly[known] <= flags[known]).all(), name
        if m > 1 and name in PROMISED:
            assert table[PROMISED[name]].notna().all(), name


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_tables_have_reports_or_documented_errors(chunk):
    seed = np.random.SeedSequence().entropy
    made = 0
    for place in range(CASES // CHUNKS):
        rng = np.random.default_rng([seed, chunk, place])
        where = f"default_rng([{seed}, {chunk}, {place}])"
        real, synthetic = pair_of_tables(rng)
        given = targets(rng, real, synthetic)
        try:
            expected = expectation(rng, real, given)
            report = fidelity_report(real, synthetic, **given, expected=expected, n_bootstrap=20, random_state=place)
        except (ValueError, TypeError) as error:
            assert any(re.search(pattern, str(error)) for pattern in DOCUMENTED), f"{where}: {error}"
            continue
        except Exception as error:
            raise AssertionError(where) from error
        made += 1
        try:
            check(report, len(synthetic))
            if place % 20 == 0:
                assert len(report.summary()) > 500
            if place == CASES // CHUNKS - 1:
                assert report.to_html().startswith("<!")
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
    # most tables are fine
    assert made > CASES // CHUNKS / 2
