"""Tables of a report as text: headings, numbers with as many digits as their errors allow, intervals, marks.

The page, the LaTeX tables and the summary show the same cells; each escapes and arranges them in its own way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mixtheory.publishing.tables import format_number

if TYPE_CHECKING:
    import pandas as pd

    from mixtheory.fidelity.report import FidelityReport

__all__ = [
    "HEADINGS",
    "LISTING",
    "MISSING",
    "REPEATING",
    "Cell",
    "ShownTable",
    "each_number",
    "farness",
    "farthest_first",
    "plain",
    "row_name",
    "shorten",
    "shown_table",
]

HEADINGS = {
    "overview": "Overview",
    "halves": "Two halves of the real rows",
    "means": "Means",
    "variances": "Variances",
    "covariance": "Covariance matrix",
    "eigenvalues": "Principal components",
    "correlations": "Correlations",
    "shape": "Skewness and kurtosis",
    "marginals": "Distribution of each column",
    "range": "Values beyond the real range",
    "categories": "Shares of categories",
    "classes": "Class by class",
    "dimension": "Intrinsic dimension",
    "privacy": "Copies and near-copies",
    "regression": "Refitted coefficients",
    "expected": "What the law predicts",
}
"""Table name -> heading."""

LISTING = ("overview", "expected")
"""Tables that list rows of the others."""

REPEATING = (*LISTING, "halves")
"""Tables that repeat what the others say: no findings of their own."""

_VALUES = {
    "halves": "synthetic and real",
    "means": "difference (sd)",
    "variances": "ratio of variances",
    "eigenvalues": "ratio",
    "correlations": "difference",
    "shape": "difference",
    "marginals": "distance",
    "range": "share",
    "categories": "difference",
    "dimension": "difference",
    "regression": "difference",
}
_WORDS = {
    "std_error": "std. error",
    "within_null": "within null",
    "as_expected": "as expected",
    "outside_null": "outside null",
    "not_as_expected": "not as expected",
    "sorted": "sorted",
    "sorted_value": "ratio, sorted",
}
# names of columns that mean something else in one table
_OWN_WORDS = {
    ("halves", "median"): "median of halves",
    ("halves", "null_low"): "range of halves",
    ("variances", "real"): "real sd",
    ("variances", "synthetic"): "synthetic sd",
    ("range", "real"): "real end",
    ("range", "synthetic"): "synthetic end",
    ("range", "count_beyond"): "beyond",
    ("range", "fresh"): "fresh rows",
}
# columns that are shown together: the first one's place, how the pair is named, how it is joined
_PAIRS = {"low": ("high", "interval"), "null_low": ("null_high", "null band")}
_ERRORS = {"real_se": "real", "synthetic_se": "synthetic"}
_READ_TOGETHER = ("value", "low", "high", "null_low", "null_high", "expected")
_NUMBER = re.compile(r"-?(?:\d[\d.]*(?:e[+-]?\d+)?|∞)")
_COMPARED = ("real", "synthetic")
MISSING = "–"


@dataclass(frozen=True)
class Cell:
    """What a table shows in one place.

    Attributes
    ----------
    text : str
        Plain text, neither escaped nor shortened.
    kind : {"name", "number", "mark"}
    state : {"", "good", "bad"}
        Of a mark.
    """

    text: str
    kind: str = "number"
    state: str = ""


@dataclass(frozen=True)
class ShownTable:
    """A table as text: `total` rows, of which `rows` shows all or the ones farthest from their null bands."""

    name: str
    heading: str
    reading: str
    head: tuple[str, ...]
    n_names: int
    rows: tuple[tuple[Cell, ...], ...]
    total: int

    @property
    def selection(self) -> str:
        """Which rows are shown, in words; empty if all are."""
        if len(self.rows) == self.total:
            return ""
        return f"{len(self.rows)} of {self.total:,} rows, those farthest from their null bands first."


def plain(value: object) -> str:
    r"""Return text whose characters can all be printed; others, also those that turn the direction, become escapes.

    Examples
    --------
    >>> print(plain("a\tb\x00"), plain(("x", 1)))
    a\tb\x00 ('x', 1)
    """
    text = str(value)
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shorten(text: str, width: int) -> str:
    """Return at most `width` characters, the beginning and the end of a longer text.

    Examples
    --------
    >>> shorten("a_very_long_column_name", 12)
    'a_very…_name'
    """
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def each_number(text: str, convert: Callable[[str], str]) -> str:
    """Return the text of a cell with every number in it converted.

    Examples
    --------
    >>> each_number("[-1e-09, 0.5]", lambda number: f"<{number}>")
    '[<-1e-09>, <0.5>]'
    """
    return _NUMBER.sub(lambda found: convert(found[0]), text)


def row_name(key: object) -> str:
    """Return the name of a row of a table with one or two index levels."""
    return ", ".join(plain(part) for part in key) if isinstance(key, tuple) else plain(key)


def _numbers(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def farness(frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return how far values lie from the middles of their null bands, in half widths: above 1 is outside.

    Positive bands are read on a logarithmic scale, where a half and a double are equally far; bands of distances, which
    begin at 0, by their upper ends. Rows without a band have -1, or 0 where the value is not as expected.
    """
    value, low, high = (_numbers(frame, name) for name in ("value", "null_low", "null_high"))
    ratio = (low > 0) & (value >= 0)
    with np.errstate(all="ignore"):
        value, low, high = (np.where(ratio, np.log(part), part) for part in (value, low, high))
        far = np.abs(value - (low + high) / 2) / ((high - low) / 2)
        far = np.where((low == 0) & (value >= 0) & ~ratio, value / high, far)
        # a band of no width, as of copies, is met or missed
        far = np.where(high == low, np.where(value == low, 0.0, np.inf), far)
    missed = _numbers(frame, "as_expected") == 0
    return np.where(np.isnan(far), np.where(missed, 0.0, -1.0), far)


def farthest_first(frame: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Return the table itself if it has at most `limit` rows, otherwise its farthest ones, the farthest first."""
    if len(frame) <= limit:
        return frame
    return frame.iloc[np.argsort(-farness(frame), kind="stable")[:limit]]


def _decimals(record: dict[str, Any]) -> int | None:
    """Return the decimals that show two digits of the smallest error of a row, or None where that is no help."""
    widths = [record.get("std_error", math.nan)]
    widths += [(record.get(b, math.nan) - record.get(a, math.nan)) / 4 for a, (b, _) in _PAIRS.items()]
    usable = [width for width in widths if math.isfinite(width) and width > 0]
    shown = [abs(record[name]) for name in _READ_TOGETHER if name in record and math.isfinite(record[name])]
    if not usable or not shown or max(shown) >= 1e6:
        return None
    places = 1 - math.floor(math.log10(min(usable)))
    return max(places, 0) if places <= 6 else None


def _compared(record: dict[str, Any]) -> int | None:
    """Return the decimals that show four digits of the larger of the real and the synthetic number."""
    sizes = [abs(float(record.get(name, math.nan))) for name in _COMPARED]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return max(0, 3 - math.floor(math.log10(largest))) if 1e-4 < largest < 1e6 else None


def _number(value: Any, decimals: int | None = None) -> str:
    if isinstance(value, (int, np.integer)):
        return str(value)
    number = float(value)
    if math.isnan(number):
        return MISSING
    if decimals is None or not math.isfinite(number):
        return format_number(number)
    text = f"{number:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _mark(value: Any) -> Cell:
    if value is None or value != value or not isinstance(value, (bool, np.bool_)):
        return Cell(MISSING, "mark")
    return Cell("✓ yes", "mark", "good") if value else Cell("✗ no", "mark", "bad")


def _cell(name: str, record: dict[str, Any], decimals: int | None, errors: Mapping[str, str]) -> Cell:
    value = record[name]
    if name in ("within_null", "as_expected"):
        return _mark(value)
    if isinstance(value, str):
        return Cell(plain(value), "name")
    if name in _PAIRS:
        pair = [_number(record[part], decimals) for part in (name, _PAIRS[name][0])]
        return Cell(MISSING if pair == [MISSING, MISSING] else f"[{pair[0]}, {pair[1]}]")
    shown = _number(value, decimals if name in _READ_TOGETHER else _compared(record) if name in _COMPARED else None)
    if name == "std_error":
        shown = _number(value, decimals) if decimals is not None else format_number(float(value), 2)
    for key in [key for key, of in errors.items() if of == name]:
        error = record[key]
        shown = f"{_number(value, _decimals({'std_error': error, 'value': value}))} ({format_number(float(error), 2)})"
    return Cell(shown)


def _heading(table: str, column: str, level: float) -> str:
    if (table, column) in _OWN_WORDS:
        return _OWN_WORDS[table, column]
    if column == "value":
        return _VALUES.get(table, "value")
    if column == "low":
        return f"{format_number(100 * level)}% interval"
    if column in _PAIRS:
        return _PAIRS[column][1]
    return _WORDS.get(column, column.replace("_", " "))


def shown_table(
    report: FidelityReport, name: str, limit: int | None = None, *, leave_out: Sequence[str] = ()
) -> ShownTable:
    """Return a table of a report as text.

    Parameters
    ----------
    report : FidelityReport
    name : str
        One of the report's tables.
    limit : int, optional
        Most rows to show; of more the farthest from their null bands are shown.
    leave_out : sequence of str
        Columns that are not shown. Columns without any entry never are.

    Returns
    -------
    ShownTable
    """
    import pandas as pd

    whole = report.tables[name]
    frame = whole if limit is None else farthest_first(whole, limit)
    joined = {second for second, _ in _PAIRS.values()} | {key for key in _ERRORS if _ERRORS[key] in frame}
    columns = [c for c in frame.columns if c not in joined and c not in leave_out and frame[c].notna().any()]
    level = float(report.meta.get("level", math.nan))
    errors = {error: of for error, of in _ERRORS.items() if error in frame and error not in leave_out}
    rows = []
    for key, values in zip(frame.index, frame.itertuples(index=False, name=None), strict=True):
        record = {
            column: math.nan if value is pd.NA or value is None else value
            for column, value in zip(frame.columns, values, strict=True)
        }
        names = [Cell(plain(part), "name") for part in (key if isinstance(key, tuple) else (key,))]
        decimals = _decimals(record)
        rows.append((*names, *[_cell(column, record, decimals, errors) for column in columns]))
    index = [plain(part) if part is not None else "" for part in frame.index.names]
    heads = [_heading(name, column, level) for column in columns]
    heads = [f"{head} (std. error)" if c in errors.values() else head for c, head in zip(columns, heads, strict=True)]
    return ShownTable(
        name=name,
        heading=HEADINGS[name],
        reading=report.titles[name],
        head=(*index, *heads),
        n_names=len(index),
        rows=tuple(rows),
        total=len(whole),
    )
