"""Files are there whole or not at all, and hold what was in the table."""

import os

import numpy as np
import pandas as pd
import pytest

from mixtheory import _files
from mixtheory._files import check_new, check_writable, open_atomically, write_atomically
from mixtheory.tablefiles import TableFormat, read_table, write_table, writing


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "spelling", [{}, {"separator": ";", "decimal": ","}, {"separator": "\t", "encoding": "utf-16"}]
)
def test_csv_round_trip_to_the_last_bit(tmp_path, seed, spelling):
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 2**63, 500, dtype=np.int64).view(np.float64)
    frame = pd.DataFrame(
        {
            "x": np.where(np.isfinite(numbers), numbers, 0.5),
            "whole": rng.integers(-(2**62), 2**62, 500),
            "te,x;t": rng.choice(['a"b', "c\nd", "e;f", "ü,\tß", " g "], 500),
            "id": [f"{k:05d}" for k in range(500)],
        }
    )
    file_format = TableFormat(**spelling)
    write_table(frame, tmp_path / "t.csv", file_format)
    options = {"decimal": file_format.decimal, "encoding": file_format.encoding}
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.csv", **options).frame, frame)


def test_csv_text_is_what_python_writes(tmp_path):
    frame = pd.DataFrame(
        {
            "a": [0.1, 1e300, -0.0],
            "b": np.array([0.1, 3e7, 2.0], dtype=np.float32),
            "c": [True, False, True],
            "d": pd.Categorical(["u", "v", "u"]),
            "e": pd.array([1, 2, 3], dtype="Int64"),
            "f": np.array([0.1, 1.0, 2.0], dtype=np.float16),
        }
    )
    write_table(frame, tmp_path / "t.csv", TableFormat())
    lines = (tmp_path / "t.csv").read_bytes().split(b"\n")
    assert lines[:2] == [b"a,b,c,d,e,f", b"0.1,0.1,True,u,1,0.1"]
    assert lines[2].startswith(b"1e+300,")
    back = read_table(tmp_path / "t.csv").frame
    assert np.array_equal(back["b"].to_numpy(np.float32), frame["b"])
    write_table(frame[["a"]], tmp_path / "comma.csv", TableFormat(separator=";", decimal=","))
    assert (tmp_path / "comma.csv").read_text().splitlines()[1:] == ["0,1", "1e+300", "-0,0"]


def test_parquet_keeps_types_and_bytes(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": np.array([1.5], dtype=np.float32), "b": pd.Categorical(["x"], categories=["y", "x"])})
    frame.index = pd.Index(["r"], name="row")
    for name in ("one.parquet", "two.parquet"):
        write_table(frame, tmp_path / name, TableFormat("parquet"))
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    pd.testing.assert_frame_equal(read_table(tmp_path / "one.parquet").frame, frame.reset_index(drop=True))
    write_table(frame, tmp_path / "index.parquet", TableFormat("parquet"), index=True)
    pd.testing.assert_frame_equal(read_table(tmp_path / "index.parquet").frame, frame)


@pytest.mark.parametrize("old", [None, b"what was there"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_failing_writer_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, kind, old):
    target = tmp_path / f"out.{kind}"
    if old is not None:
        target.write_bytes(old)
    frame = pd.DataFrame({"a": np.arange(100.0)})
    if kind == "csv":
        monkeypatch.setattr(writing, "_CHUNK", 10)
        done = []

        def advance(rows):
            done.append(rows)
            if len(done) == 3:
                raise OSError("disk full")

        options = {"advance": advance}
    else:
        pytest.importorskip("pyarrow")

        def fail(self, file, **options):
            file.write(b"half")
            raise OSError("disk full")

        monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
        options = {}
    with pytest.raises(OSError, match="disk full"):
        write_table(frame, target, TableFormat(kind), **options)
    assert [path.name for path in tmp_path.iterdir()] == ([target.name] if old else [])
    assert old is None or target.read_bytes() == old


def test_the_target_is_untouched_until_the_end(tmp_path, monkeypatch):
    target = tmp_path / "new" / "out.txt"
    with open_atomically(target) as file:
        file.write("half")
        file.flush()
        assert not target.exists()
    assert target.read_text() == "half"
    write_atomically(target, b"bytes")
    assert target.read_bytes() == b"bytes"
    write_atomically(target, "line\n")
    assert target.read_bytes() == b"line\n"
    monkeypatch.setattr(_files.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        write_atomically(target, "other")
    assert [path.name for path in target.parent.iterdir()] == ["out.txt"]


def test_an_encoding_that_lacks_a_letter(tmp_path):
    with pytest.raises(ValueError, match="cannot be written in ascii: 'é'"):
        write_table(pd.DataFrame({"a": ["é"]}), tmp_path / "t.csv", TableFormat(encoding="ascii"))
    assert list(tmp_path.iterdir()) == []


def test_formats_by_name(tmp_path):
    source = TableFormat(separator=";", decimal=",", encoding="cp1252")
    assert source.for_file("--out", tmp_path / "a.CSV") == source
    assert source.for_file("--out", tmp_path / "a.tsv").separator == "\t"
    assert source.for_file("--out", tmp_path / "a.pq") == TableFormat("parquet")
    assert TableFormat("parquet").for_file("--out", tmp_path / "a.csv") == TableFormat()
    with pytest.raises(ValueError, match=r"--out must end in one of \.csv, .*, got .*a\.xlsx"):
        source.for_file("--out", tmp_path / "a.xlsx")


def test_new_files_only(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    check_new("--out", path, force=False, inputs={"DATA": path})
    path.write_text("x")
    check_new("--out", path, force=True, inputs={})
    with pytest.raises(ValueError, match="--out must be new: .* exists already; --force replaces it"):
        check_new("--out", path, force=False, inputs={"DATA": tmp_path / "none.csv"})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is DATA itself"):
        check_new("--out", path, force=False, inputs={"DATA": path.relative_to(os.getcwd())})


def test_a_check_of_a_path_leaves_no_folders_behind(tmp_path):
    check_writable("--out", tmp_path / "a" / "b" / "out.csv")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match="--out must name a file that can be written"):
        check_writable("--out", tmp_path / "file" / "out.csv")
