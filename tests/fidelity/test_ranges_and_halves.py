"""Values beyond the real range, and two halves of the real rows, against enumeration and theory."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixtheory.fidelity import fidelity_report
from mixtheory.fidelity.halves import largest_ks
from mixtheory.fidelity.ranges import most_beyond
from tests.fidelity.examples import part


@pytest.mark.parametrize(("n", "m"), [(1, 6), (4, 4), (6, 3), (7, 1)])
def test_rows_beyond_an_end_are_those_of_all_orders(n, m):
    # every choice of the places of the n real rows among all is equally likely; rows before the first are beyond
    beyond = np.array([min(places) for places in combinations(range(n + m), n)])
    assert beyond.mean() == pytest.approx(m / (n + 1))
    for level in (0.51, 0.8, 0.93, 0.991):
        most = most_beyond(n, m, level)
        assert np.mean(beyond <= most) >= level - 1e-12
        assert most == 0 or np.mean(beyond <= most - 1) < level


def test_values_beyond_the_real_range_are_counted_and_negative_ones_named():
    rng = np.random.default_rng()
    real = pd.DataFrame({"income": rng.exponential(size=300) + 1e-3, "flat": 1.0, "x": rng.normal(size=300)})
    rows = real.sample(200, replace=True, random_state=rng).reset_index(drop=True)
    rows.loc[:39, "income"] = -1.5
    rows.loc[:2, "x"] = real["x"].max() + 0.1
    report = fidelity_report(real, rows, n_bootstrap=20, max_rows=20)
    table = report.tables["range"]
    assert table.index.tolist() == [(name, end) for name in ("income", "x") for end in ("lowest", "highest")]
    assert table["count_beyond"].tolist() == [40, 0, 0, 3]
    np.testing.assert_allclose(table["value"], [0.2, 0, 0, 0.015])
    np.testing.assert_allclose(table["fresh"], 1 / 301)
    ends = [real["income"].min(), real["income"].max(), real["x"].min(), real["x"].max()]
    np.testing.assert_allclose(table["real"], ends)
    assert table["synthetic"].iloc[0] == pytest.approx(-1.5)
    assert not table["within_null"].iloc[0] and table["within_null"].iloc[1:3].all()
    assert "income: 40 of 200 synthetic values are negative, none of the real ones." in report.notes
    for text in (" ".join(str(report).split()), part(report, "range").to_html()):
        assert "Values beyond the real range" in text and "income, lowest (0.2, null 0 to " in text
        assert "of 200 fresh rows about 0.664, m / (n + 1)," in text


def test_halves_are_those_of_the_rows():
    rng = np.random.default_rng()
    rows = rng.integers(9, size=(25, 3)) / 3.0
    chosen = rng.permuted(np.tile(np.arange(25) < 12, (20, 1)), axis=1)
    expected = [
        max(stats.ks_2samp(rows[some, j], rows[~some, j]).statistic for j in range(rows.shape[1])) for some in chosen
    ]
    np.testing.assert_allclose(largest_ks(rows, chosen), expected)


def test_the_table_of_halves_stands_beside_the_report():
    rng = np.random.default_rng()
    n = 600
    real, far = rng.normal(size=(n, 1)), rng.normal(size=(300, 1)) * 3 + 2
    report = fidelity_report(real, far, n_bootstrap=20, max_rows=20)
    table = report.tables["halves"]
    assert list(report.tables)[:2] == ["overview", "halves"] and "halves" not in report.tables["overview"].index
    assert table["value"].iloc[0] == pytest.approx(abs(report.tables["means"]["value"].iloc[0]))
    assert table["value"]["total variance, ratio"] == report.tables["covariance"]["value"]["total variance"]
    assert table["value"]["largest KS"] == pytest.approx(stats.ks_2samp(real[:, 0], far[:, 0]).statistic)
    assert (table["null_low"] <= table["median"]).all() and (table["median"] <= table["null_high"]).all()
    assert (table["value"] > table["null_high"]).all()
    assert table["within_null"].isna().all()
    # the difference of the means of two halves is normal with variance 4 / n
    scale = np.sqrt(4 / n)
    median = table["median"].iloc[0] / scale
    # a median of 50: its standard error is 0.11
    assert median == pytest.approx(stats.halfnorm.median(), abs=0.6)
    assert table["null_high"].iloc[0] / scale < 5
    again = fidelity_report(real, far, n_bootstrap=20, max_rows=20).tables["halves"]
    np.testing.assert_array_equal(again["median"], table["median"])
    assert "50 random splits" in str(report) and "50 random splits" in part(report, "halves").to_html()


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5])
def test_few_rows_have_no_halves_or_finite_ones_and_a_warning(rows):
    rng = np.random.default_rng()
    report = fidelity_report(rng.integers(2, size=(rows, 2)) + 0.0, rng.normal(size=(40, 2)), n_bootstrap=20)
    assert rows >= 4 or "halves" not in report.tables
    assert f"only {rows} real row" in report.notes[0] and "can tell little" in str(report)
