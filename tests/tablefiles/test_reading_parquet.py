"""Parquet: types are kept, an index is no column, and what cannot be used is named."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from mixtheory.tablefiles import read_table

pa = pytest.importorskip("pyarrow")


@pytest.fixture
def read(tmp_path):
    def read_frame(frame, **options):
        path = tmp_path / "table.parquet"
        if isinstance(frame, pd.DataFrame):
            frame.to_parquet(path)
        else:
            import pyarrow.parquet as pq

            pq.write_table(frame, path)
        return read_table(path, **options)

    return read_frame


def test_types_are_kept(read):
    frame = pd.DataFrame(
        {
            "single": np.array([1.5, 2.5], dtype=np.float32),
            "small": np.array([1, 2], dtype=np.int8),
            "truth": [True, False],
            "text": ["a", "b"],
            "kind": pd.Categorical(["x", "y"], categories=["y", "x", "z"], ordered=True),
            "nullable": pd.array([1, 2], dtype="Int64"),
        }
    )
    table = read(frame)
    pd.testing.assert_frame_equal(table.frame, frame)
    assert table.format.kind == "parquet"
    assert table.notes == []


def test_an_index_is_no_column(read):
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["u", "v"], name="person"))
    table = read(frame)
    assert list(table.frame.columns) == ["a"]
    assert table.frame.index.tolist() == ["u", "v"]
    assert table.notes == ["the row index 'person' of table.parquet is no column"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            pd.DataFrame({"a": [1.0, None, 3.0], "b": [None, "x", None]}),
            r"'a' has 1 missing value\(s\): row 2; .*'b'.*rows 1, 3",
        ),
        (pd.DataFrame({"a": [1.0, np.inf]}), r"'a' has 1 infinite value\(s\): row 2"),
        (pd.DataFrame({"a": pd.to_datetime(["2026-05-01", "2026-05-02"])}), "'a' holds dates .row 1"),
        (pd.DataFrame({"a": [datetime.date(2026, 5, 1)]}), "'a' holds dates"),
        (pd.DataFrame({"a": pd.Categorical(pd.to_datetime(["2026-05-01"]))}), "'a' holds dates"),
        (pd.DataFrame({"a": pd.to_timedelta([1, 2], unit="s")}), "'a' holds durations"),
        (pd.DataFrame({"a": [decimal.Decimal("1.5")]}), "'a' holds decimal numbers.*decimal128"),
        (pd.DataFrame({"a": [[1, 2], [3]], "b": [{"x": 1}, {"x": 2}]}), "'a' holds lists or records.*'b' holds lists"),
        (pd.DataFrame({"a": [b"x"]}), "'a' holds bytes"),
        (pd.DataFrame({"a": [None, None]}), r"'a' has 2 missing"),
        (pd.DataFrame({"a": []}), r"has 0 row\(s\) and 1 column"),
        (pa.table([[1], [2]], names=["a", "a"]), r"names of columns must differ, got 'a' \(columns 1, 2\)"),
        (pa.table([[1], [2]], names=["a", ""]), "column 2 has no name"),
    ],
)
def test_what_is_refused_names_row_and_column(read, frame, message):
    with pytest.raises(ValueError, match=message):
        read(frame)


def test_dates_may_be_categories(read):
    frame = pd.DataFrame({"a": pd.to_datetime(["2026-05-01", "2026-05-02"])})
    pd.testing.assert_frame_equal(read(frame, text=["a"]).frame, frame)


def test_a_broken_file(tmp_path):
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(ValueError, match="cannot be read as Parquet"):
        read_table(path)


def test_without_pyarrow_it_says_what_to_install(read, monkeypatch):
    import sys

    table = read(pd.DataFrame({"a": [1]}))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(RuntimeError, match="pip install 'mixtheory"):
        read_table(table.path)
