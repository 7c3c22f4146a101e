import math
import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mixtheory.publishing.figures import MissingResults
from mixtheory.publishing.tables import (
    TableSpec,
    build_table,
    escape_latex,
    format_number,
    format_uncertain,
    write_tables,
)

FINITE = st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)
ERRORS = st.floats(1e-12, 1e6)
SHAPE = re.compile(r"(-?\d+(?:\.(\d+))?)\((\d+)\)(?:e([+-]\d+))?")


def read(text):
    """Return estimate, error and unit of the last digit of a text such as 0.6667(3)."""
    value, places, error, power = SHAPE.fullmatch(text).groups()
    scale = 10.0 ** int(power or 0)
    unit = 10.0 ** -len(places or "") * scale
    return float(value) * scale, int(error) * unit, unit


@given(FINITE, ERRORS)
@example(0.5, 0.0096)
@example(0.0, 0.00995)
@example(-12345.6, 789.0)
@example(9.9996, 0.0003)
@example(1e-9, 1e-12)
def test_rounding_keeps_what_the_error_supports(estimate, mcse):
    text = format_uncertain(estimate, mcse)
    shown, error, unit = read(text)
    step = max(unit, 10.0 ** (math.floor(math.log10(mcse)) - 1))
    slack = 1e-9 * (abs(estimate) + mcse)
    # one or two digits of the error are kept, and the estimate is rounded to the same place
    assert abs(shown - estimate) <= 5.001 * step + slack
    assert abs(error - mcse) <= 0.5001 * 10.0 ** math.floor(math.log10(mcse)) + slack
    assert 1 <= len(str(round(error / 10.0 ** math.floor(math.log10(error) + 1e-9)))) <= 2
    assert not text.startswith("-0(")


@given(FINITE, ERRORS)
def test_both_styles_show_the_same_digits(estimate, mcse):
    value, places, error, power = SHAPE.fullmatch(format_uncertain(estimate, mcse)).groups()
    other = format_uncertain(estimate, mcse, style="plusminus")
    shown = re.fullmatch(r"\(?(\S+) ± ([^)\s]+)\)?(?:e(\S+))?", other).groups()
    assert shown[0] == value
    assert int(shown[1].replace(".", "")) == int(error)
    assert (shown[2] or None) == power
    assert len(shown[1].partition(".")[2]) == len(places or "")


@pytest.mark.parametrize(
    ("estimate", "mcse", "text"),
    [
        (0.666712, 0.000312, "0.6667(3)"),
        (0.666712, 0.000152, "0.66671(15)"),
        (0.5, 0.0096, "0.500(10)"),
        (12.34, 1.26, "12.3(13)"),
        (0.0, 0.02, "0.00(2)"),
        (-0.001, 0.02, "0.00(2)"),
        (3.14159265, 0.0, "3.14159"),
        (math.nan, 0.1, "–"),
        (1.5, math.nan, "1.5"),
    ],
)
def test_known_values(estimate, mcse, text):
    assert format_uncertain(estimate, mcse) == text


def test_negative_error_and_unknown_style_are_refused():
    with pytest.raises(ValueError, match="mcse must be >= 0"):
        format_uncertain(1.0, -0.1)
    with pytest.raises(ValueError, match="style must be one of"):
        format_uncertain(1.0, 0.1, style="parenthesis")


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 9))
def test_numbers_are_rounded_to_significant_digits(value, digits):
    assert float(format_number(value, digits)) == float(f"{value:.{digits - 1}e}")


@given(st.text())
def test_escaped_text_is_inert(text):
    escaped = escape_latex(text)
    plain = re.sub(
        r"\\(?:[{}$&#%_]|texttt\{U\+[0-9A-F]+\}|char34\{\}|[A-Za-z]+(?:\{\})?)|\$(?:\\[A-Za-z]+|-|\^\d)\$", "", escaped
    )
    assert not set(plain) & set('\\{}$&#%_^~<>|"')


def test_escaping():
    assert escape_latex("a_b & 50% {x} ~ λ ≤ σ²") == (
        r"a\_b \& 50\% \{x\} \textasciitilde{} $\lambda$ $\le$ $\sigma$$^2$"
    )


def spec(**other):
    return TableSpec(**{"name": "t", "study": "study", "caption": "A caption.", "rows": ("law", "n"), **other})


def test_pivot_and_latex(results):
    table = build_table(spec(reference=True, headings={"variance": r"$\rho$", "pre_serving": "ours"}), results)
    assert list(table.frame.columns) == ["law", "n", "variance (closed form)", "variance", "mean"]
    assert table.frame["variance"].tolist() == ["0.6667(3)"] * 4
    latex = table.to_latex()
    assert r"\toprule" in latex and r"\label{tab:t}" in latex and r"\caption{A caption.}" in latex
    assert r"ours & $10$ & $0.66667$ & $0.6667(3)$ & $-0.010(12)$ \\" in latex
    assert all(
        line.count("&") == 4 for line in latex.splitlines() if line.endswith(r"\\") and "multicolumn{2}" not in line
    )


def test_where_takes_values_collections_and_functions(results):
    for where in ({"law": "uniform"}, {"n": (10,)}, {"n": lambda column: column < 50}):
        table = build_table(spec(where={**where, "metric": "variance"}), results)
        assert len(table.frame) == (2 if "law" in where or "n" in where else 4)
        assert list(table.frame.columns) == ["law", "n", "variance"]


def test_transform_and_text(results):
    def only(frame):
        return frame[frame["metric"] == "mean"].assign(text="0.04")

    assert build_table(spec(transform=only), results).frame["mean"].tolist() == ["0.04"] * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": ("law",)}, "several results for one cell.*'n'"),
        ({"rows": ("lw", "n")}, "no column 'lw'.*did you mean 'law'"),
        ({"where": {"law": "absent"}}, "no row of study study"),
        ({"where": {"nn": 1}}, "no column 'nn'"),
    ],
)
def test_wrong_specifications_are_named(results, change, message):
    with pytest.raises(ValueError, match=message):
        build_table(spec(**change), results)


def test_written_files(results, tmp_path):
    paths = write_tables([spec()], results, tmp_path / "out")
    assert [path.name for path in paths] == ["t.csv", "t.tex"]
    assert pd.read_csv(paths[0]).shape == (4, 4)


def test_nothing_is_written_when_a_study_is_missing(results, tmp_path):
    with pytest.raises(MissingResults, match="`mixtheory run stdy`.*did you mean 'study'"):
        write_tables([spec(), spec(study="stdy")], results, tmp_path / "out")
    assert not (tmp_path / "out").exists()
