"""The commands for a person's own tables: files in, files out, and nothing half-done."""

import io
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mixtheory import CovarianceMatcher, Mixup
from mixtheory.cli import app
from mixtheory.tablefiles import read_table


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def people(seed=0, n=120):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": rng.lognormal(10, 1, n),
            "job": rng.choice(["clerk", "farmer", "smith"], n),
            "code": rng.integers(0, 4, n),
            "y": np.where(np.arange(n) < n // 4, "yes", "no"),
            "score": rng.normal(size=n),
        }
    )


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    people().to_csv("data.csv", index=False)
    return "data.csv"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_augment_keeps_rows_columns_and_categories(data, tmp_path):
    done = invoke("augment", data, "--target", "y", "--categorical", "code", "--out", "out.csv", "--seed", 5)
    assert done.exit_code == 0, done.output
    real, made = people(), pd.read_csv("out.csv")
    assert list(made.columns) == list(real.columns)
    pd.testing.assert_frame_equal(made.iloc[:120], real.astype(made.dtypes), check_exact=True)
    new = made.iloc[120:]
    assert new["y"].value_counts().to_dict() == {"no": 90, "yes": 30}
    assert set(new["code"]) <= set(real["code"]) and set(new["job"]) <= set(real["job"])
    assert made["age"].dtype.kind == "i"
    assert not np.isin(new["income"], real["income"]).all()
    for text in (
        "age     whole numbers  18 to",
        "code    categories     4:",
        "score   numbers",
        "class yes: 30 real rows, 30 new",
    ):
        assert text in done.stdout
    assert "variance factor, covariance of a new row over that of class yes: 1\n" in done.stdout
    assert "120 real rows, 120 new" in done.stdout


def test_augment_does_what_the_sampler_does(data):
    assert invoke("augment", data, "--target", "y", "--law", "beta", "--out", "out.csv", "--seed", 9).exit_code == 0
    frame = read_table(data).frame
    X, y = Mixup("beta", amount=1.0, random_state=9).fit_resample(frame.drop(columns="y"), frame["y"])
    X.insert(4, "y", y)
    pd.testing.assert_frame_equal(read_table("out.csv").frame, X)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_same_seed_writes_the_same_bytes(data, tmp_path, ending):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        assert invoke("augment", data, "--target", "y", "--out", f"{name}.{ending}", "--seed", seed).exit_code == 0
    first, second, third = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
    assert first == second
    assert first != third


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (["--ratio", "0.5"], {"no": 45, "yes": 15}),
        (["--count", "8"], {"no": 6, "yes": 2}),
        (["--count", "0"], {}),
        (["--balance"], {"yes": 60}),
        (["--method", "zeta", "--balance", "--preserve", "covariance"], {"yes": 60}),
        (["--pairing", "any", "--label-rule", "larger_weight", "--count", "4"], {"no": 3, "yes": 1}),
        (["--pairing", "knn", "--neighbors", "3", "--balance"], {"yes": 60}),
    ],
)
def test_how_many_rows_of_which_class(data, options, counts):
    done = invoke("augment", data, "--target", "y", "--only-synthetic", "--out", "out.csv", *options)
    if counts:
        assert done.exit_code == 0, done.output
        assert pd.read_csv("out.csv")["y"].value_counts().to_dict() == counts
        # a dry run says the same without a file
        planned = invoke("augment", data, "--target", "y", "--only-synthetic", "--dry-run", *options)
        said = [line for line in planned.stdout.splitlines() if line.startswith(("class", "variance", "120 real"))]
        assert said and set(said) <= set(done.stdout.splitlines())
    else:
        assert done.exit_code == 0, done.output
        assert (pd.read_csv("out.csv").shape) == (0, 6)


@pytest.mark.parametrize(
    "method",
    [
        "smote",
        "gaussian",
        *[pytest.param(x, marks=pytest.mark.slow) for x in ("borderline", "adasyn", "bootstrap", "jitter")],
    ],
)
def test_generators(tmp_path, monkeypatch, method):
    monkeypatch.chdir(tmp_path)
    people().drop(columns="job").to_csv("data.csv", index=False)
    done = invoke("augment", "data.csv", "--target", "y", "--method", method, "--balance", "--out", "out.csv")
    assert done.exit_code == 0, done.output
    made = pd.read_csv("out.csv")
    assert made["y"].value_counts().to_dict() == {"no": 90, "yes": 90}
    assert made["age"].dtype.kind == "i"
    assert "none that is known before a draw" in done.stdout


@pytest.mark.parametrize("method", ["mixup", "regression", "zeta"])
def test_numbers_as_target(data, method):
    options = ["--target", "score", "--method", method, "--out", "out.csv", "--only-synthetic", "--bounds", "observed"]
    done = invoke("augment", data, *options)
    assert done.exit_code == 0, done.output
    assert "score   numbers" in done.stdout and "target, numbers" in done.stdout
    made, real = pd.read_csv("out.csv"), people()
    assert list(made.columns) == list(real.columns) and len(made) == 120
    assert made["income"].between(real["income"].min(), real["income"].max()).all()
    assert "covariance of a new row over that of the data" in done.stdout


def test_soft_labels_stand_where_the_target_did(data):
    done = invoke("augment", data, "--target", "y", "--target-kind", "soft", "--law", "within", "--out", "out.csv")
    assert done.exit_code == 0, done.output
    made = pd.read_csv("out.csv")
    assert list(made.columns) == ["age", "income", "job", "code", "y=no", "y=yes", "score"]
    assert np.allclose(made["y=no"] + made["y=yes"], 1)
    assert made["y=yes"].iloc[:120].isin([0, 1]).all()
    assert not made["y=yes"].iloc[120:].isin([0, 1]).all()


def test_rows_outside_the_range_are_counted(data):
    assert invoke("augment", data, "--target", "y", "--only-synthetic", "--out", "out.csv").exit_code == 0
    made, real = pd.read_csv("out.csv"), people()
    numeric = list(real.select_dtypes("number").columns)
    outside = ((made[numeric] < real[numeric].min()) | (made[numeric] > real[numeric].max())).any(axis=1).sum()
    # the law goes beyond both ends of every segment with probability over a third: some of 120 rows lie outside
    assert outside > 0
    again = invoke("augment", data, "--target", "y", "--out", "both.csv")
    assert f"note: {outside} of 120 new rows lie outside the range of the real ones: " in again.stderr
    for options in (["--law", "within"], ["--law", "beta"], ["--bounds", "observed"]):
        kept = invoke("augment", data, "--target", "y", "--out", "kept.csv", "--force", *options)
        assert kept.exit_code == 0
        assert "outside the range" not in kept.stderr


def test_soft_labels_outside_the_unit_interval_are_said(data):
    done = invoke("augment", data, "--target", "y", "--target-kind", "soft", "--bounds", "observed", "--out", "out.csv")
    assert done.exit_code == 0, done.output
    assert "outside the range of the real ones: 'y=no' (" in done.stderr and "real 0 to 1)" in done.stderr


def test_texts_that_name_rows_are_said(data):
    people().assign(name=[f"person {k}" for k in range(120)]).to_csv("named.csv", index=False)
    named = invoke("augment", "named.csv", "--target", "y", "--dry-run")
    assert named.exit_code == 0 and "note: texts differ in most rows in column(s) ['name']" in named.stderr
    assert "texts differ" not in invoke("augment", data, "--target", "y", "--dry-run").stderr


def test_large_whole_numbers_are_codes_or_refused(data):
    people().assign(account=2**53 + 2 + np.arange(120)).to_csv("large.csv", index=False)
    refused = invoke("augment", "large.csv", "--target", "y", "--out", "out.csv")
    assert refused.exit_code == 2
    assert "column 'account' of DATA has whole numbers beyond 2**53" in refused.stderr
    assert "--categorical account" in refused.stderr
    done = invoke("augment", "large.csv", "--target", "y", "--out", "out.csv", "--categorical", "account")
    assert done.exit_code == 0, done.output
    assert set(pd.read_csv("out.csv")["account"]) == set(2**53 + 2 + np.arange(120))


def test_bounds_of_a_column(data):
    bounds = ["--bounds", "age=30:60", "--bounds", "income=0:"]
    done = invoke("augment", data, "--target", "y", "--only-synthetic", "--out", "out.csv", *bounds)
    assert done.exit_code == 0, done.output
    made = pd.read_csv("out.csv")
    assert made["age"].between(30, 60).all() and (made["income"] >= 0).all()
    assert "columns kept valid, and what that changed" in done.stdout


def test_parquet_keeps_types(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    frame = people()
    frame["single"] = frame["score"].astype(np.float32)
    frame["kind"] = pd.Categorical(frame["job"], categories=["smith", "clerk", "farmer", "none"])
    frame["day"] = pd.to_datetime("2026-01-01") + pd.to_timedelta(frame["code"], unit="D")
    frame["truth"] = frame["code"] > 1
    frame.index = pd.Index([f"p{k}" for k in range(120)], name="person")
    frame.to_parquet("data.parquet")
    options = ["--target", "y", "--categorical", "code", "--categorical", "day"]
    done = invoke("augment", "data.parquet", *options, "--out", "out.parquet")
    assert done.exit_code == 0, done.output
    made = pd.read_parquet("out.parquet")
    assert made.dtypes.to_dict() == frame.dtypes.to_dict()
    pd.testing.assert_frame_equal(made.iloc[:120], frame.reset_index(drop=True))
    assert set(made["day"]) == set(frame["day"])
    assert "note: the row index 'person' of data.parquet is no column" in done.stderr


def test_spelling_of_the_input_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = people()[["age", "score", "job", "y"]].replace({"job": {"smith": "Köhler"}})
    frame.to_csv("data.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    spelling = ["--decimal", ",", "--encoding", "cp1252"]
    assert invoke("augment", "data.csv", "--target", "y", "--out", "out.csv", *spelling).exit_code == 0
    made = pd.read_csv("out.csv", sep=";", decimal=",", encoding="cp1252")
    pd.testing.assert_frame_equal(made.iloc[:120], frame.astype(made.dtypes))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "yy", "--out", "o.csv"], "--target must name a column of data.csv"),
        (["--target", "y"], "--out must name a file for the result, or --dry-run be given"),
        (["--target", "y", "--out", "o.xlsx"], "--out must end in one of .csv"),
        (["--target", "y", "--out", "data.csv"], "'data.csv' is DATA itself; --force replaces it"),
        (["--target", "y", "--out", "old.csv"], "'old.csv' exists already; --force replaces it"),
        (["--target", "y", "--out", "."], "--out must"),
        (["--target", "y", "--out", "o.csv", "--method", "smot"], "did you mean 'smote'"),
        (["--target", "y", "--out", "o.csv", "--law", "preservin"], "did you mean 'preserving'"),
        (["--target", "y", "--out", "o.csv", "--pairing", "nn"], "pairing must be one of"),
        (["--target", "y", "--out", "o.csv", "--target-kind", "hardd"], "did you mean 'hard'"),
        (["--target", "y", "--out", "o.csv", "--ratio", "1", "--balance"], "got --ratio and --balance"),
        (["--target", "y", "--out", "o.csv", "--ratio", "-1"], "--ratio must be finite and >= 0"),
        (["--target", "y", "--out", "o.csv", "--count", "-1"], "--count must be an integer >= 0"),
        (["--target", "y", "--out", "o.csv", "--method", "zeta", "--law", "beta"], "--law has no effect with --method"),
        (["--target", "y", "--out", "o.csv", "--method", "smote", "--pairing", "knn"], "--pairing has no effect with"),
        (["--target", "y", "--out", "o.csv", "--seed", "-1"], "--seed must be an integer >= 0"),
        (["--target", "y", "--out", "o.csv", "--categorical", "cod"], "did you mean 'code'"),
        (["--target", "y", "--out", "o.csv", "--bounds", "observd"], "--bounds must be observed, nonnegative or"),
        (["--target", "y", "--out", "o.csv", "--bounds", "aeg=1:2"], "did you mean 'age'"),
        (["--target", "y", "--out", "o.csv", "--bounds", "age=x:2"], "must have numbers as LOW and HIGH"),
        (["--target", "y", "--out", "o.csv", "--bounds", "observed", "--bounds", "age=1:2"], "must stand alone"),
        (
            ["--target", "y", "--out", "o.csv", "--method", "smote"],
            "--method smote makes numbers, got categories in 'job'",
        ),
        (
            ["--target", "y", "--out", "o.csv", "--method", "jitter", "--categorical", "code"],
            "got categories in 'job', 'code'",
        ),
        (["--target", "score", "--out", "o.csv", "--method", "smote"], "--method smote needs classes, got continuous"),
        (["--target", "y", "--out", "o.csv", "--method", "regression", "--target-kind", "hard"], "got hard"),
        (["--target", "y", "--out", "o.csv", "--method", "regression"], "y"),
        (["--target", "job", "--out", "o.csv", "--auto"], "needs a target of two classes, got 3 classes"),
        (["--target", "y", "--out", "o.csv", "--decimal", "x"], "--decimal must be one of"),
        (["--out", "o.csv"], "--target"),
    ],
)
def test_bad_options_are_named_and_nothing_is_written(data, tmp_path, arguments, message):
    (tmp_path / "old.csv").write_text("kept")
    before = (tmp_path / "data.csv").read_bytes()
    done = invoke("augment", data, *arguments)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert names(tmp_path) == ["data.csv", "old.csv"]
    assert (tmp_path / "old.csv").read_text() == "kept"
    assert (tmp_path / "data.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a,y\n", "only a line of names"),
        ("y\nu\nv\n", "must have columns beside the target 'y'"),
        ("a,y\n1,u\n", "row"),
        ("a,y\n1,u\n,v\n2,u\n", "column 'a' has 1 missing value(s): line 3"),
        ("a,y\n1,u\n2,\n2,u\n", "column 'y' has 1 missing value(s): line 3"),
        ("a,a,y\n1,2,u\n", "names of columns must differ, got 'a' (columns 1, 2)"),
        ("a,y\n9007199254740995,u\n3,u\n4,v\n5,v\n", "'a'"),
        ("a,y\n1e308,u\n-1e308,u\n1e308,u\n-1e308,u\n", "'a'"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(text)
    done = invoke("augment", "data.csv", "--target", "y", "--out", "o.csv")
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert names(tmp_path) == ["data.csv"]


def test_force_replaces_even_the_input(data, tmp_path):
    assert invoke("augment", data, "--target", "y", "--out", data, "--force").exit_code == 0
    assert len(pd.read_csv(data)) == 240
    assert names(tmp_path) == ["data.csv"]


def test_a_dry_run_writes_nothing_not_even_a_folder(data, tmp_path):
    done = invoke("augment", data, "--target", "y", "--out", "new/o.csv", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "dry run: nothing was written" in done.stdout
    assert names(tmp_path) == ["data.csv"]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (OSError("disk full"), 1, "error: disk full"),
        (MemoryError(), 1, "error: not enough memory"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
    ],
)
def test_a_writer_that_fails_leaves_what_was_there(data, tmp_path, monkeypatch, error, status, message):
    from mixtheory.tablefiles import writing

    def fail(frame, file, *rest):
        file.write("half a")
        raise error

    monkeypatch.setattr(writing, "_write_csv", fail)
    done = invoke("augment", data, "--target", "y", "--out", data, "--force")
    assert done.exit_code == status
    assert message in done.stderr
    assert names(tmp_path) == ["data.csv"]
    pd.testing.assert_frame_equal(pd.read_csv(data), people().astype(pd.read_csv(data).dtypes))


def test_select_takes_the_rows_of_the_matcher(data):
    pool = people(seed=1, n=400)
    pool["id"] = [f"{k:04d}" for k in range(400)]
    pool.to_csv("pool.csv", index=False)
    options = ["--target", data, "-n", 40, "--class-column", "y", "--ignore", "id", "--ignore", "job"]
    done = invoke("select", "pool.csv", *options, "--out", "out.csv", "--seed", 2)
    assert done.exit_code == 0, done.output
    columns = ["age", "income", "code", "score"]
    real = read_table(data).frame
    deviation = real[columns].std(ddof=0)
    matcher = CovarianceMatcher(40, random_state=2, n_components=4)
    matcher.fit(pool[columns] / deviation, real[columns] / deviation, pool["y"], real["y"])
    expected = pool.iloc[matcher.sample_indices_].reset_index(drop=True)
    made = read_table("out.csv").frame
    pd.testing.assert_frame_equal(made, expected.astype(made.dtypes))
    assert "class no: 30 rows, class yes: 10 rows" in done.stdout
    raw = invoke("select", "pool.csv", *options, "--units", "raw", "--out", "raw.csv", "--seed", 2)
    assert raw.exit_code == 0, raw.output
    matcher.fit(pool[columns], real[columns], pool["y"], real["y"])
    assert read_table("raw.csv").frame["id"].tolist() == pool["id"].iloc[matcher.sample_indices_].tolist()


def test_select_compares_categories(data):
    pool = people(seed=1, n=300)
    pool.to_csv("pool.csv", index=False)
    done = invoke("select", "pool.csv", "--target", data, "-n", 200, "--categorical", "code", "--out", "out.csv")
    assert done.exit_code == 0, done.output
    assert "a column of 0 and 1 for each category: 'job', 'code', 'y'" in done.stderr
    # each category adds up to one, which is known and no news
    assert "direction" not in done.stderr
    chosen = pd.read_csv("out.csv")
    for table in (chosen, pool):
        table["rare"] = (table["y"] == "yes").astype(float)
    target = (people()["y"] == "yes").astype(float).var()
    assert abs(chosen["rare"].var() - target) <= abs(pool["rare"].var() - target) + 0.02


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-n", "0", "--out", "o.csv"], "-n must be an integer >= 1"),
        (["-n", "500", "--out", "o.csv"], "-n must be at most the 120 rows of POOL, got 500"),
        (["-n", "5"], "--out must name a file"),
        (["-n", "5", "--out", "o.csv", "--class-column", "z"], "--class-column must name a column"),
        (["-n", "5", "--out", "o.csv", "--ignore", "z"], "--ignore must name a column"),
        (["-n", "5", "--out", "o.csv", "--units", "sd"], "--units must be one of"),
        (["-n", "5", "--out", "o.csv", "--components", "0"], "--components must be"),
        (["-n", "5", "--out", "real.csv"], "is --target itself"),
    ],
)
def test_bad_selections(data, tmp_path, options, message):
    people(seed=3).to_csv("real.csv", index=False)
    done = invoke("select", data, "--target", "real.csv", *options)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert names(tmp_path) == ["data.csv", "real.csv"]


def test_tables_that_do_not_agree(data, tmp_path):
    people().drop(columns="job").to_csv("less.csv", index=False)
    people().assign(job=1).to_csv("other.csv", index=False)
    for command in (
        ["select", data, "--target", "less.csv", "-n", 5, "--out", "o.csv"],
        ["fidelity", data, "less.csv"],
    ):
        done = invoke(*command)
        assert done.exit_code == 2
        assert "must have the same columns, got only in" in done.stderr and "['job']" in done.stderr
    done = invoke("fidelity", data, "other.csv")
    assert done.exit_code == 2
    assert (
        "column 'job' holds text in REAL and numbers in SYNTHETIC; --categorical job takes both as text" in done.stderr
    )


def test_identifiers_are_no_categories(data, tmp_path):
    frame = pd.DataFrame({"a": np.arange(1500.0), "name": [f"n{k}" for k in range(1500)]})
    frame.to_csv("pool.csv", index=False)
    done = invoke("select", "pool.csv", "--target", "pool.csv", "-n", 5, "--out", "o.csv")
    assert done.exit_code == 2
    assert "column 'name' has 1,500 categories" in done.stderr


def test_size_finds_the_size_of_the_search(tmp_path, monkeypatch):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from mixtheory import SyntheticSizeSearchCV
    from mixtheory.imbalance.generators import GaussianFit

    monkeypatch.chdir(tmp_path)
    frame = people(n=200)
    frame.to_csv("data.csv", index=False)
    done = invoke("size", "data.csv", "--target", "y", "--generator", "gaussian", "--seed", 3, "--out", "sizes.csv")
    assert done.exit_code == 0, done.output
    numbers = frame.drop(columns=["y", "job"]).astype(float)
    numbers.insert(2, "job=farmer", (frame["job"] == "farmer").astype(float))
    numbers.insert(3, "job=smith", (frame["job"] == "smith").astype(float))
    search = SyntheticSizeSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), GaussianFit(), random_state=3)
    search.fit(numbers, frame["y"])
    assert f"add {search.best_size_:,} rows to class yes" in done.stdout
    sizes = pd.read_csv("sizes.csv")
    assert np.array_equal(sizes["mean_loss"], search.cv_results_["mean_test_loss"])
    assert sizes.loc[sizes["chosen"], "size"].tolist() == [search.best_size_]
    assert "each category but the first: 'job'" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "job"], "--target must be a column of two classes, got 3 in 'job'"),
        (["--target", "y", "--generator", "smot"], "did you mean 'smote'"),
        (["--target", "y", "--neighbors", "0"], "--neighbors must be"),
        (["--target", "y", "--out", "data.csv"], "is DATA itself"),
    ],
)
def test_bad_sizes(data, options, message):
    done = invoke("size", data, *options)
    assert done.exit_code == 2
    assert message in done.stderr


def test_size_dry_run(data):
    done = invoke("size", data, "--target", "y", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "the class yes lacks 60 rows" in done.stdout


@pytest.mark.slow
def test_fidelity_writes_its_reports(data, tmp_path):
    for seed, name in ((0, data), (8, "synthetic.csv")):
        people(seed)[["age", "code", "y"]].to_csv(name, index=False)
    options = ["--target", "y", "--bootstrap", 50, "--expected-law", "preserving", "--categorical", "code"]
    done = invoke("fidelity", data, "synthetic.csv", *options, "--latex", "r.tex")
    assert done.exit_code == 0, done.output
    assert "Fidelity" in done.stdout and "EpBeta" in done.stdout
    assert "tabular" in (tmp_path / "r.tex").read_text("utf-8")
    again = invoke("fidelity", data, "synthetic.csv", "--latex", "r.tex")
    assert again.exit_code == 2
    assert "--latex must be new" in again.stderr


@pytest.mark.slow
def test_fidelity_writes_a_page(data, tmp_path):
    people(seed=8).to_csv("synthetic.csv", index=False)
    pages = []
    for name in ("a.html", "b.html"):
        done = invoke("fidelity", data, "synthetic.csv", "--target", "y", "--bootstrap", 50, "--html", name)
        assert done.exit_code == 0, done.output
        pages.append((tmp_path / name).read_bytes())
    assert b"<html" in pages[0]
    # the same seed, the same bytes
    assert pages[0] == pages[1]


def test_fidelity_refuses_real_rows_among_the_synthetic_ones(data):
    assert invoke("augment", data, "--target", "y", "--out", "all.csv").exit_code == 0
    done = invoke("fidelity", data, "all.csv", "--target", "y", "--dry-run")
    assert done.exit_code == 2 and "SYNTHETIC must hold synthetic rows only" in done.stderr


@pytest.mark.slow
def test_fidelity_of_a_numeric_target(data, tmp_path):
    people(seed=8).to_csv("synthetic.csv", index=False)
    done = invoke("fidelity", data, "synthetic.csv", "--target", "score", "--bootstrap", 50, "--expected-factor", "1")
    assert done.exit_code == 0, done.output
    assert names(tmp_path) == ["data.csv", "synthetic.csv"]
    dry = invoke("fidelity", data, "synthetic.csv", "--target", "score", "--dry-run", "--html", "r.html")
    assert dry.exit_code == 0
    assert "dry run" in dry.stdout
    assert names(tmp_path) == ["data.csv", "synthetic.csv"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--expected-law", "bta"], "--expected-law must be one of"),
        (["--expected-law", "beta", "--expected-factor", "1"], "only one of"),
        (["--html", "r", "--latex", "r"], "must name different files"),
        (["--target", "z"], "--target must name a column"),
        (["--html", "."], "--html must be new|--html must name a file"),
    ],
)
def test_bad_comparisons(data, tmp_path, options, message):
    import re

    done = invoke("fidelity", data, data, *options)
    assert done.exit_code == 2, done.output
    assert re.search(message, done.stderr)
    assert names(tmp_path) == ["data.csv"]


def test_progress_is_for_terminals(monkeypatch):
    from mixtheory.table_commands.options import working

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream, shown in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with working("reading [data].csv", 10) as advance:
            advance(5)
        assert ("reading [data].csv" in stream.getvalue()) == shown


@pytest.mark.slow
def test_a_killed_process_leaves_no_half_file(tmp_path):
    """The writer is stopped by force in the middle: the old file is still there, whole."""
    code = (
        "import time\n"
        "from pathlib import Path\n"
        "from mixtheory.tablefiles import read_table, write_table\n"
        "from mixtheory.tablefiles import writing\n"
        "writing._CHUNK = 10\n"
        "def wait(rows):\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(60)\n"
        "table = read_table('data.csv')\n"
        "write_table(table.frame, Path('out.csv'), table.format, advance=wait)\n"
    )
    people().to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "out.csv").write_text("old")
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line == "writing\n":
            break
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    assert (tmp_path / "out.csv").read_text() == "old"
    # what is left has the name of no table
    assert all(name.startswith(".") for name in names(tmp_path) if name not in ("data.csv", "out.csv"))


@pytest.mark.slow
def test_as_a_process_the_bytes_are_those_of_this_one(data, tmp_path):
    command = [sys.executable, "-m", "mixtheory", "augment", data, "--target", "y", "--seed", "7", "--out"]
    done = subprocess.run(
        [*command, "out.csv"], capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "9"}
    )
    assert done.returncode == 0, done.stderr
    here = invoke("augment", data, "--target", "y", "--seed", 7, "--out", "here.csv")
    assert here.exit_code == 0
    assert done.stderr == here.stderr
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


@pytest.mark.slow
def test_a_million_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.normal(size=500_000), "b": rng.integers(0, 9, 500_000), "y": rng.choice(["u", "v"], 500_000)}
    )
    frame.to_csv("data.csv", index=False)
    start = time.perf_counter()
    done = invoke("augment", "data.csv", "--target", "y", "--out", "out.csv")
    assert done.exit_code == 0, done.output
    assert time.perf_counter() - start < 40
    made = read_table("out.csv").frame
    assert len(made) == 10**6
    pd.testing.assert_frame_equal(made.iloc[:500_000], frame)
