"""The report as a whole: known distortions are found, real rows pass, and every table has its columns."""

import pickle

import numpy as np
import pandas as pd
import pytest

from mixtheory.fidelity import TABLES, FidelityReport, fidelity_report
from mixtheory.mixing.synthesis import synthesize
from mixtheory.mixing.weights import Beta

STARRED = ["value", "std_error", "low", "high", "null_low", "null_high", "within_null"]


def population(rows, rng):
    table = rng.normal(size=(rows, 3)) @ [[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 2.0]]
    return pd.DataFrame(table, columns=["a", "b", "c"])


def labels_of(table, rng):
    return np.where(table["a"] + rng.normal(size=len(table)) > 0, "yes", "no")


@pytest.fixture(scope="module")
def mixed():
    """A report on Beta(1, 1) mixup within classes, with its inputs."""
    rng = np.random.default_rng()
    real = population(800, rng)
    y = labels_of(real, rng)
    rows, labels = synthesize(real, Beta(1.0, 1.0), rng, pairing="distinct", y=y, same_class=True, n=1_600)
    real, rows = real.assign(kind="x", flat=7.0), rows.assign(kind="x", flat=7.0)
    report = fidelity_report(real, rows, y_real=y, y_synthetic=labels, expected=Beta(1.0, 1.0), n_bootstrap=60)
    return real, y, rows, labels, report


def test_a_report_has_the_tables_and_columns_that_it_promises(mixed):
    report = mixed[-1]
    assert list(report.tables) == list(TABLES)
    assert list(report.titles) == list(TABLES)
    for name, table in report.tables.items():
        assert table.index.is_unique, name
        assert len(table), name
        if name not in ("overview", "expected"):
            assert [column for column in STARRED if column not in table] == [], name
            assert str(table["within_null"].dtype) == "boolean"
            low, value, high = (table[column] for column in ("low", "value", "high"))
            assert ((low <= value + 1e-9) & (value <= high + 1e-9))[low.notna()].all(), name
            if "expected" in table:
                inside = (table["low"] - 1e-9 <= table["expected"]) & (table["expected"] <= table["high"] + 1e-9)
                known = table["as_expected"].notna()
                assert (table["as_expected"][known].astype(bool) == inside[known]).all(), name
    assert {"means", "variances", "covariance", "shape", "classes"} <= set(
        report.tables["expected"].index.get_level_values("table")
    )
    assert report.meta["rows_real"] == 800
    assert report.meta["columns"] == ["a", "b", "c", "flat", "kind"]
    assert report.meta["nominal"] == ["kind"]
    for name in ("correlations_real", "correlations_synthetic"):
        assert report.arrays[name].shape == (3, 3)
    assert report.arrays["quantiles_real"].shape == (3, 99)


def test_mixup_shrinks_by_two_thirds_as_its_law_says(mixed):
    report = mixed[-1]
    variances = report.tables["variances"].drop(index="flat")
    # the class means keep their distance, so that columns which tell the classes apart shrink less
    away = (variances["value"] - variances["expected"]).abs() / variances["std_error"]
    assert (away < 6).all()
    assert (variances["expected"] < 0.85).all()
    assert not variances["within_null"].any()
    for label in ("yes", "no"):
        row = report.tables["classes"].loc[(label, "total variance")]
        assert row["expected"] == pytest.approx(2 / 3, abs=0.01)
        assert abs(row["value"] - 2 / 3) < 6 * row["std_error"] + 0.01
        assert not row["within_null"]
    assert not report.tables["overview"].loc["covariance", "within_null"]


def test_constant_columns_are_kept_apart(mixed):
    report = mixed[-1]
    assert report.tables["variances"].loc["flat", "value"] == 1
    assert report.tables["means"].loc["flat", "within_null"]
    assert any("Constant in the real rows" in note for note in report.notes)
    assert "flat" not in report.tables["marginals"].index.get_level_values("column")


def test_the_same_seed_gives_the_same_report(mixed):
    real, y, rows, labels, _ = mixed
    first, second, third = (
        fidelity_report(real[:60], rows[:60], y_real=y[:60], y_synthetic=labels[:60], random_state=seed, n_bootstrap=20)
        for seed in (3, 3, 4)
    )
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name])
    assert not first.tables["means"]["std_error"].equals(third.tables["means"]["std_error"])


def test_a_report_survives_pickle(mixed):
    report = mixed[-1]
    again = pickle.loads(pickle.dumps(report))
    assert isinstance(again, FidelityReport)
    pd.testing.assert_frame_equal(again.tables["overview"], report.tables["overview"])
    assert repr(again) == repr(report)


def test_copies_are_counted_among_all_rows():
    rng = np.random.default_rng()
    real, synthetic = population(300, rng), population(200, rng)
    synthetic.iloc[:37] = real.iloc[100:137].to_numpy()
    table = fidelity_report(real, synthetic, max_rows=50, n_bootstrap=40).tables["privacy"]
    copies = table.loc["exact copies"]
    assert copies["count"] == 37
    assert copies["synthetic"] == 37 / 200
    assert not copies["within_null"]
    whole = fidelity_report(real, synthetic, n_bootstrap=40).tables["privacy"]
    assert whole.loc["near-copies", "count"] >= 37
    assert not whole.loc["near-copies", "within_null"]


def test_rows_drawn_again_are_copies_with_the_same_moments():
    rng = np.random.default_rng()
    real = population(400, rng)
    report = fidelity_report(real, real.iloc[rng.integers(400, size=400)], expected=1.0, n_bootstrap=40)
    assert report.tables["privacy"].loc["exact copies", "synthetic"] == 1
    means = report.tables["means"]
    assert ((means["value"] - means["expected"]).abs() < 6 * means["std_error"]).all()


def test_a_shifted_column_is_flagged_and_only_it():
    rng = np.random.default_rng()
    real, synthetic = population(500, rng), population(500, rng)
    synthetic["b"] += 1.0
    report = fidelity_report(real, synthetic, n_bootstrap=40)
    assert not report.tables["means"].loc["b", "within_null"]
    for statistic in ("KS", "Wasserstein"):
        assert not report.tables["marginals"].loc[("b", statistic), "within_null"]
    assert report.tables["overview"].loc["means", "worst"] == "b"
    assert report.tables["means"].loc["b", "value"] == pytest.approx(1 / real["b"].std(), abs=0.5)


def test_categories_that_appear_or_vanish_are_flagged():
    rng = np.random.default_rng()
    real = pd.DataFrame({"k": rng.choice(["u", "v", "w"], 300), "t": rng.random(300) < 0.5})
    synthetic = pd.DataFrame({"k": rng.choice(["u", "v", "new"], 300), "t": rng.random(300) < 0.5})
    report = fidelity_report(real, synthetic, n_bootstrap=20)
    table = report.tables["categories"]
    assert not table.loc[("k", "new"), "within_null"]
    assert not table.loc[("k", "w"), "within_null"]
    assert table["synthetic"].groupby("column").sum().tolist() == pytest.approx([1, 1])
    assert any("do not occur in the real rows" in note for note in report.notes)
    assert "means" not in report.tables


def test_coefficients_are_those_of_least_squares():
    rng = np.random.default_rng()
    tables, targets = [], []
    for slope in (1.0, 3.0):
        table = population(400, rng)
        tables.append(table)
        targets.append(slope * table["a"].to_numpy() + rng.normal(size=400))
    table = fidelity_report(*tables, y_real=targets[0], y_synthetic=targets[1], n_bootstrap=40).tables["regression"]
    mean, deviation = tables[0].mean(), tables[0].std(ddof=0)
    for column, rows, target in zip(("real", "synthetic"), tables, targets, strict=True):
        design = np.column_stack([np.ones(400), (rows - mean) / deviation])
        scaled = (target - targets[0].mean()) / targets[0].std()
        np.testing.assert_allclose(table[column], np.linalg.lstsq(design, scaled, rcond=None)[0], atol=1e-9)
    assert not table.loc["a", "within_null"]
    assert abs(table.loc["a", "z"]) > 5


def test_collinear_and_separated_refits_are_noted():
    rng = np.random.default_rng(0)
    real, synthetic = (population(100, rng).assign(double=lambda t: 2 * t["a"]) for _ in range(2))
    report = fidelity_report(real, synthetic, y_real=real["a"] > 0, y_synthetic=synthetic["a"] > 0, n_bootstrap=20)
    assert "regression" not in report.tables
    assert any("combinations of others" in note for note in report.notes)
    assert any("separated" in note for note in report.notes)


@pytest.mark.parametrize(
    "shapes", [(2, 2, 3), (1, 1, 2), (30, 1, 2), (1, 30, 2), (3, 40, 1), (9, 30, 30), (20, 20, 310)]
)
def test_small_and_wide_tables_have_a_report(shapes):
    rng = np.random.default_rng()
    n, m, d = shapes
    report = fidelity_report(
        rng.normal(size=(n, d)),
        rng.normal(size=(m, d)),
        y_real=np.arange(n) % 2,
        y_synthetic=np.arange(m) % 2,
        n_bootstrap=20,
    )
    assert {"overview", "means", "variances", "privacy"} <= set(report.tables)
    assert report.tables["means"]["value"].notna().all()


@pytest.mark.parametrize("kept", [True, False])
def test_constant_tables_have_a_report(kept):
    report = fidelity_report(
        np.ones((20, 2)), np.ones((20, 2)) if kept else np.random.default_rng(0).normal(size=(20, 2))
    )
    assert report.tables["means"]["within_null"].all() == kept
    assert report.tables["variances"]["within_null"].any() == kept


def test_extreme_units_change_nothing():
    rng = np.random.default_rng()
    real, synthetic = population(60, rng).to_numpy(), population(70, rng).to_numpy()
    units = 2.0 ** np.array([1000, -1000, 0])
    plain, extreme = (fidelity_report(real * scale, synthetic * scale, n_bootstrap=30) for scale in (1.0, units))
    for name, table in plain.tables.items():
        if name != "overview":
            pd.testing.assert_series_equal(table["value"], extreme.tables[name]["value"])
            assert np.isfinite(extreme.tables[name]["value"]).all(), name
    assert np.isfinite(extreme.tables["variances"][["real", "synthetic"]]).all(axis=None)


GOOD = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [1, 0, 2]})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"real": GOOD.assign(a=[1.0, np.nan, 2.0])}, r"real must have no missing values.*'a' \(1\)"),
        ({"synthetic": GOOD.assign(b=[None, 1, None])}, r"synthetic must have no missing values.*'b' \(2\)"),
        ({"real": GOOD.assign(a=[1.0, np.inf, 2.0])}, "column 'a' of real must be finite, got 1 others"),
        ({"synthetic": GOOD[["a"]]}, r"missing \['b'\]"),
        ({"synthetic": GOOD.assign(a="x")}, "column 'a' of synthetic must hold numbers"),
        ({"real": [1.0, 2.0]}, "real must be a table with rows and columns"),
        ({"real": GOOD.assign(a=pd.Timestamp("2020-01-01"))}, "'a' must hold numbers or categories"),
        ({"synthetic": GOOD.assign(a=1e200)}, "'a' has values more than 1e\\+60"),
        ({"y_real": [0, 1, 0]}, "both or neither"),
        ({"y_real": [0, 1, 0], "y_synthetic": [0, 1]}, "y_synthetic must have one label or number for each of 3"),
        ({"expected": "beta"}, "expected must be a mixing law, a fitted sampler or a covariance factor"),
        ({"expected": -1.0}, "expected must be"),
        ({"categorical_features": ["c"]}, "categorical_features must be columns of the table"),
        ({"level": 1.0}, "level must be"),
        ({"n_bootstrap": 19}, "n_bootstrap must be"),
        ({"random_state": "x"}, "random_state must be"),
    ],
)
def test_errors_name_what_is_wrong(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fidelity_report(**({"real": GOOD, "synthetic": GOOD} | change))


def test_unfitted_samplers_are_refused():
    class Sampler:
        def fit_resample(self, X, y):
            raise AssertionError

    with pytest.raises(ValueError, match="expected must be fitted, got Sampler"):
        fidelity_report(GOOD, GOOD, expected=Sampler())


def test_a_report_refuses_tables_that_it_does_not_know():
    with pytest.raises(ValueError, match="tables and titles must share names"):
        FidelityReport({"other": GOOD}, {"other": ""})


def test_few_replicates_are_noted():
    rng = np.random.default_rng()
    report = fidelity_report(rng.normal(size=(30, 1)), rng.normal(size=(30, 1)), n_bootstrap=20, level=0.99)
    assert any("20 replicates make intervals and null bands coarse" in note for note in report.notes)
    assert any("null bands hold with probability 0.952" in note for note in report.notes)
