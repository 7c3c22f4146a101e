import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtheory.publishing.figures import MissingResults
from mixtheory.publishing.macros import closed_form, define, load_contents, macro_name, number, stored


@given(st.text(min_size=1))
def test_names_are_letters(text):
    if re.search("[A-Za-z0-9]", text):
        assert re.fullmatch("val[A-Za-z]+", macro_name(text))
    else:
        with pytest.raises(ValueError, match="letters or digits"):
            macro_name(text)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_in_names_stay_apart(first, second):
    assert (macro_name(f"t{first}") == macro_name(f"t{second}")) == (first == second)


def test_definitions():
    lines = define([("a", "-1.2(3)e-08"), ("b", "0.5 ± 0.1")]).splitlines()
    assert lines == [
        r"\newcommand{\valA}{\ensuremath{-1.2(3)\times 10^{-8}}}",
        r"\newcommand{\valB}{\ensuremath{0.5 \pm 0.1}}",
    ]


def test_clashes_are_refused():
    with pytest.raises(ValueError, match="two macros"):
        define([("a b", "1"), ("aB", "2")])


def test_values(results):
    assert closed_form("x", lambda: 2 / 3, 3).text(results) == "0.667"
    where = {"law": "uniform", "n": 10}
    assert stored("x", "study", "variance", where).text(results) == "0.6667(3)"
    assert stored("x", "study", "variance", where, column="replicates").text(results) == "512"
    assert number("x", "study").text(results) == "512"
    assert number("x", "study", "n").text(results) == r"\text{at least }10"


def test_wrong_values_are_named(results):
    with pytest.raises(ValueError, match="macro x: 4 rows"):
        stored("x", "study", "variance").text(results)
    with pytest.raises(ValueError, match="no column 'lw'.*did you mean 'law'"):
        stored("x", "study", "variance", {"lw": 1}).text(results)
    with pytest.raises(MissingResults, match="mixtheory run absent"):
        stored("x", "absent", "variance").text(results)


def test_contents_of_the_paper_name_their_studies(pytestconfig):
    root = pytestconfig.rootpath
    contents = load_contents(root / "paper")
    assert {f"{name}.py" for name in contents.figures} <= {path.name for path in (root / "figures").iterdir()}
    assert {f"{name}.py" for name in contents.studies} <= {path.name for path in (root / "simulations").iterdir()}
    assert len({spec.name for spec in contents.tables}) == len(contents.tables)
    text = "".join(path.read_text("utf-8") for path in (root / "paper").rglob("*.tex"))
    shown = set(re.findall(r"\\input\{generated/tables/(\w+)\}", text))
    assert shown == {spec.name for spec in contents.tables}
    assert set(re.findall(r"\\paperfigure(?:\[.*?\])?\{(\w+)\}", text)) == set(contents.figures)


def test_every_closed_form_of_the_paper_has_a_value(pytestconfig, results):
    closed = [macro for macro in load_contents(pytestconfig.rootpath / "paper").macros if not macro.studies]
    assert closed
    for macro in closed:
        assert re.fullmatch(r"-?[\d.]+(e-?\d+)?", macro.text(results)), macro.name
