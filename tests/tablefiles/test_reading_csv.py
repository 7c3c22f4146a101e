"""CSV as people have it: what is read, and what every refusal names."""

import re

import numpy as np
import pandas as pd
import pytest

from mixtheory.tablefiles import csv_reading, read_table, scanning


@pytest.fixture
def read(tmp_path):
    def read_bytes(content, name="table.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, **options)

    return read_bytes


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a,b\r\n1,x\r\n2,y\r\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a,b\r1,x\r2,y", {"a": [1, 2], "b": ["x", "y"]}),
        ("\ufeffa,b\n1,é\n", {"a": [1], "b": ["é"]}),
        ("a,b\n1,é\n".encode("utf-16"), {"a": [1], "b": ["é"]}),
        ("\n  \na,b\n\n1,x\n", {"a": [1], "b": ["x"]}),
        ('a,"b,c"\n1,"x\ny"\n2,"say ""so"""\n', {"a": [1, 2], "b,c": ["x\ny", 'say "so"']}),
        ("a;b\n1;x,y\n2;z\n", {"a": [1, 2], "b": ["x,y", "z"]}),
        ("a\tb\n1\tx y\n", {"a": [1], "b": ["x y"]}),
        ("a|b\n1|x\n", {"a": [1], "b": ["x"]}),
        ("a\n1\n2\n\n", {"a": [1, 2]}),
        ("a,b\n1e300,-0.0\n1e-05,2\n", {"a": [1e300, 1e-05], "b": [-0.0, 2.0]}),
        ("a,b\n0.1,1\n0.30000000000000004,2\n", {"a": [0.1, 0.1 + 0.2], "b": [1, 2]}),
        # spelling of categories is kept
        ("a,b\ntrue,True\nfalse,False\n", {"a": ["true", "false"], "b": ["True", "False"]}),
        # identifiers
        ("a,b\n007,1\n010,2\n", {"a": ["007", "010"], "b": [1, 2]}),
        ("a,b\n-05,1\n3,2\n", {"a": ["-05", "3"], "b": [1, 2]}),
        ("a,b\n123456789012345678901,1\n2,2\n", {"a": ["123456789012345678901", "2"], "b": [1, 2]}),
        # decimals with zeros in front are numbers
        ("a,b\n01.5,0.05\n3,1e-05\n", {"a": [1.5, 3.0], "b": [0.05, 1e-05]}),
        # a word like others among words
        ("a,b\nNA,1\nyes,2\nNone,3\n", {"a": ["NA", "yes", "None"], "b": [1, 2, 3]}),
        (" a,b \n 1,x \n2, y\n", {" a": [1, 2], "b ": ["x ", " y"]}),
    ],
)
def test_what_is_read(read, content, expected):
    table = read(content)
    assert table.frame.to_dict("list") == expected
    kinds = {name: type(values[0]) for name, values in expected.items()}
    for name, kind in kinds.items():
        assert {int: "i", float: "f", str: "O"}[kind] == table.frame[name].dtype.kind


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "table.csv is empty"),
        ("\n \n", "table.csv is empty"),
        ("a,b\n", r"only a line of names \(line 1\), and no row"),
        ("a,b,a\n1,2,3\n", r"line 1: names of columns must differ, got 'a' \(columns 1, 3\)"),
        (",a\n1,2\n", "line 1: column 1 has no name; row numbers"),
        ("a, ,b,\n1,2,3,4\n", "line 1: column 2, 4 has no name"),
        ("a,b\n1,x\n2\n3,z\n", r"line 3 has 1 cell\(s\), but the names in line 1 are 2"),
        ("a,b\n1,x\n2,y,4\n", "line 3 has 3 cell"),
        ("a,b\n1,x,3\n2,y\n", "line 2 has 3 cell"),
        ("a,b\n1,x,\n2,y,\n", "line 2 has 3 cell"),
        ('\na,b\n\n1,"x\ny"\n2\n', "line 6 has 1 cell.*line 2"),
        (
            "a,b\n1,x\n,y\n3,\n4,\n",
            r"'b' has 2 missing value\(s\): lines 4, 5; .*'a' has 1 missing value\(s\): line 3; fill",
        ),
        ("a,b\nNaN,1\n2,NA\n", r"'a' has 1 missing value\(s\): line 2; .*'b' has 1 missing value\(s\): line 3"),
        ('a,b\n1,"x\n\ny"\n\n2,z\n,w\n', "'a' has 1 missing.*line 7"),
        ("a,b\n" + "1,2\n" * 9 + ",\n" * 9, r"9 missing value\(s\): lines 11, 12, 13, \.\.\."),
        ("a\n1\n\n2\n", "line 3 is blank: in a table of one column that is a missing value"),
        (
            "a,b\n1,x\n2,y\nfoo,z\n",
            r"'a' holds 2 number\(s\) and 1 text\(s\); text first in line 4: 'foo'.*--categorical a",
        ),
        ("a,b\nx,1\ny,2\n3,3\n", r"'a' holds 1 number\(s\) and 2 text\(s\); a number first in line 4: '3'"),
        ("a,b\n" + "1,2\n" * 500 + "x,2\n", "500 number.*line 502: 'x'"),
        ("a,b\n" + "x,2\n" * 500 + "7,2\n", "a number first in line 502: '7'"),
        ("a,b\n1_000,2\n3,4\n", "text first in line 2: '1_000'"),
        (
            "a,b\ninf,1\n2,-Infinity\n",
            r"'a' has 1 infinite value\(s\): line 2; .*'b' has 1 infinite value\(s\): line 3",
        ),
        ("a,b\n1e400,1\n", "'a' has 1 infinite"),
        ("a,b\n2026-05-01,1\n2026-05-02,2\n", r"'a' holds dates \(line 2: '2026-05-01'\).*--categorical a"),
        ("a,b\n1.5.2026,1\n2.5.2026,2\n", "'a' holds dates"),
        ("a,b\n2026-05-01T12:30:00Z,1\n", "'a' holds dates"),
        ("a;b\n1,5;x\n2;y\n", "'a' holds numbers with a decimal comma.*line 2: '1,5'.*--decimal ,"),
        ('a,b\n"1,200",x\n500,y\n', "'a' holds numbers with commas .*line 2: '1,200'.*thousands, or say --decimal ,"),
        ('a,b\n"1,200,300.5",x\n"1,200",y\n', "'a' holds numbers with commas .*line 2: '1,200,300.5'"),
        ('a,b\n1,x\n2,"y\n3,z\n', "line 3: a quote is never closed"),
        ("a,b\n1,é\n".encode("latin-1"), "line 2: byte 7 of the file, 0xe9, is no text in utf-8.*--encoding"),
        ("a,b\n1,x\n".encode("utf-16-le"), "line 1: a zero byte.*--encoding utf-16"),
        (b"PK\x03\x04...", "is a zip archive or a workbook"),
        (b"\x1f\x8b...", "compressed by gzip"),
        ("a,b\n1," + "x" * 200_000 + "\n2\n", "line 2: field larger than field limit"),
    ],
)
def test_what_is_refused_names_line_and_column(read, content, message):
    with pytest.raises(ValueError, match=f"(?s){message}") as caught:
        read(content)
    assert "table.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("a;b\n1,5;x\n2;y\n", {"decimal": ","}, {"a": [1.5, 2.0], "b": ["x", "y"]}),
        ("a:b\n1:x\n", {"separator": ":"}, {"a": [1], "b": ["x"]}),
        ("a,b\n1,é\n".encode("cp1252"), {"encoding": "cp1252"}, {"a": [1], "b": ["é"]}),
        ("a,b\n1,é\n".encode("utf-16-le"), {"encoding": "utf-16-le"}, {"a": [1], "b": ["é"]}),
        ("a,b\n1,x\n02,y\nz,w\n", {"text": ["a"]}, {"a": ["1", "02", "z"], "b": ["x", "y", "w"]}),
        ("a,b\n2026-05-01,1\n", {"text": ["a"]}, {"a": ["2026-05-01"], "b": [1]}),
    ],
)
def test_options(read, content, options, expected):
    assert read(content, **options).frame.to_dict("list") == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"separator": ";;"}, "--separator must be one character"),
        ({"separator": ","}, None),
        ({"separator": ",", "decimal": ","}, "must differ"),
        ({"decimal": "x"}, "--decimal must be one of"),
        ({"encoding": "utf-99"}, "--encoding must be one that Python knows"),
        ({"encoding": "ascii"}, None),
        ({"encoding": "utf-16"}, "is no text in utf-16|UTF-16"),
    ],
)
def test_bad_options(read, options, message):
    if message is None:
        assert read("a,b\n1,x\n", **options).frame.shape == (1, 2)
        return
    with pytest.raises(ValueError, match=message):
        read("a,b\n1,x\n", **options)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(ValueError, match="POOL must name a file.*there is no such file"):
        read_table(tmp_path / "none.csv", argument="POOL")
    with pytest.raises(ValueError, match="DATA must name a file.*is a folder"):
        read_table(tmp_path)


@pytest.mark.parametrize("block", [1, 2, 3, 7])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_blocks_may_end_anywhere(read, monkeypatch, block, encoding):
    monkeypatch.setattr(scanning, "_BLOCK", block)
    content = "name,é\n007,ß\r\n-1,x\n".encode(encoding)
    # the first block must hold a byte order mark
    if encoding == "utf-16" and block < 2:
        return
    table = read(content, encoding=encoding)
    assert table.frame.to_dict("list") == {"name": ["007", "-1"], "é": ["ß", "x"]}
    bad = "a,b\n1,x\n2,é\n".encode("cp1252")
    with pytest.raises(ValueError, match="line 3: byte 11 of the file, 0xe9"):
        read(bad)


def test_a_huge_line_is_refused_before_it_is_held(read, monkeypatch):
    monkeypatch.setattr(scanning, "LONGEST_LINE", 1000)
    monkeypatch.setattr(scanning, "_BLOCK", 100)
    assert len(read("a,b\n" + f"1,{'x' * 997}\n" * 3).frame) == 3
    with pytest.raises(ValueError, match="line 3 is longer than 1,000 bytes"):
        read("a,b\n1,2\n" + "1," + "x" * 1200 + "\n")
    with pytest.raises(ValueError, match="line 1 is longer"):
        read("x" * 2000)


def test_leading_zeros_are_found_wherever_they_stand():
    for text in ("007", "1,05", '"00"', "+05", "\n01", ";-00,"):
        assert scanning._leading_zeros(b"\n\n\n" + text.encode() + b"\n"), text
    for text in ("100", "1.05", "0.05", "1e05", "1E-05", "0", "-0.5", "10,200", "0,0"):
        assert not scanning._leading_zeros(b"\n\n\n" + text.encode() + b"\n"), text


def test_names_that_are_numbers_are_noted(read):
    assert "line 1 holds only numbers" in read("1.5,2.5\n3,4\n").notes[0]
    assert read("0,1\n3,4\n").notes == []
    assert "kept as text" in read("a,b\n007,1\n").notes[0]


@pytest.mark.parametrize("cells", [("1.200", "2.500"), ("1.200.300", "1.200"), ("1,5", "2.5"), ("1.200,5", "7")])
def test_points_among_decimal_commas_are_refused(read, cells):
    first = next(cell for cell in cells if "." in cell)
    with pytest.raises(
        ValueError, match=f"'a' holds numbers with points .*{re.escape(repr(first))}.*--decimal is a comma"
    ):
        read("a;b\n" + "".join(f"{cell};x\n" for cell in cells), decimal=",")
    assert read("a;b\n1,5;x\n-2;y\n", decimal=",").frame["a"].tolist() == [1.5, -2]


@pytest.mark.slow
def test_many_columns(read):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(rng.normal(size=(3, 1000)), columns=[f"gene {k}" for k in range(1000)])
    frame.insert(500, "kind", ["a", "b", "a"])
    pd.testing.assert_frame_equal(read(frame.to_csv(index=False)).frame, frame)
    broken = frame.to_csv(index=False).replace(",a,", ",,", 1)
    with pytest.raises(ValueError, match="column 'kind' has 1 missing"):
        read(broken)


def test_many_broken_columns_are_one_message(read):
    names = [f"c{k}" for k in range(40)]
    with pytest.raises(ValueError, match="'c7' has 1 missing.*; and 32 more columns; fill in"):
        read(",".join(names) + "\n" + "," * 39 + "\n" + ",".join("1" * 40) + "\n")


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_read_to_the_last_bit(read, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 2**63, 2000, dtype=np.int64).view(np.float64)
    values = values[np.isfinite(values)]
    frame = read("a,b\n" + "".join(f"{value!r},x\n" for value in values.tolist())).frame
    assert frame["a"].to_numpy().view(np.int64).tolist() == values.view(np.int64).tolist()
    assert read("a,b\n9223372036854775807,1\n-9223372036854775808,2\n").frame["a"].tolist() == [2**63 - 1, -(2**63)]


def test_older_versions_of_pandas_are_told_to_be_exact():
    assert csv_reading._EXACT == ({} if csv_reading._NEWER else {"float_precision": "round_trip"})


def test_columns_are_named_with_near_matches(read):
    table = read("age,income\n1,2\n")
    with pytest.raises(ValueError, match="--target must name a column of .*'age', 'income', got 'incom'; did you mean"):
        table.check_column("--target", "incom")


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    import time

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": np.arange(10**6), "b": rng.normal(size=10**6), "c": rng.choice(["x", "y"], 10**6)})
    path = tmp_path / "large.csv"
    frame.to_csv(path, index=False)
    start = time.perf_counter()
    table = read_table(path)
    assert time.perf_counter() - start < 20
    pd.testing.assert_frame_equal(table.frame, frame)
    with path.open("a") as file:
        file.write("x,1,y\n")
    with pytest.raises(ValueError, match="line 1000002: 'x'"):
        read_table(path)
