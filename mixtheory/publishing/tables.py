"""Tidy frames of results as CSV and as LaTeX booktabs, every estimate rounded to its Monte Carlo standard error."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from mixtheory._validation import check_choice, check_integer, near_matches
from mixtheory.publishing.figures import Results
from mixtheory.publishing.latex import escape_latex, latex_number, latex_table

__all__ = [
    "Table",
    "TableSpec",
    "build_table",
    "format_number",
    "format_uncertain",
    "write_tables",
]

# Enough digits to round any pair of floats exactly: the context of `decimal` would round first.
_EXACT = Context(prec=800)
_CLOSED = " (closed form)"


def format_number(value: float, digits: int = 4) -> str:
    """Return `value` rounded to `digits` significant digits, without an exponent where that stays short.

    Examples
    --------
    >>> format_number(2 / 3), format_number(1e-9), format_number(250000.0)
    ('0.6667', '1e-09', '250000')
    """
    check_integer("digits", digits, low=1)
    number = float(value)
    if not math.isfinite(number):
        return "–" if math.isnan(number) else ("∞" if number > 0 else "-∞")
    if number == 0:
        return "0"
    mantissa, _, power = f"{number:.{digits - 1}e}".partition("e")
    if -5 < int(power) < 7:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - int(power), 0)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{power}"


def _error_digits(error: Decimal) -> int:
    # A leading 1 carries too little of the error alone: 0.00015 would become 0.0001 or 0.0002.
    return 2 if error.as_tuple().digits[0] == 1 else 1


def format_uncertain(estimate: float, mcse: float, *, style: str = "parentheses", digits: int | None = None) -> str:
    """Return an estimate rounded to the digits that its Monte Carlo standard error supports.

    Parameters
    ----------
    estimate, mcse : float
        The estimate and its Monte Carlo standard error. Where the error is zero, missing or not finite, the estimate
        alone is given with six significant digits.
    style : {"parentheses", "plusminus"}
        ``0.6667(3)`` or ``0.6667 ± 0.0003``: the parenthesis counts units of the last digit shown.
    digits : int, optional
        Significant digits of the error; by default one, or two where its first digit is 1.

    Returns
    -------
    str
        Plain text; `Table.to_latex` escapes it.

    Raises
    ------
    ValueError
        If `style` is unknown or `mcse` is negative.

    Examples
    --------
    >>> format_uncertain(0.666712, 0.000312), format_uncertain(0.666712, 0.000312, style="plusminus")
    ('0.6667(3)', '0.6667 ± 0.0003')
    >>> format_uncertain(-12345.6, 789.0), format_uncertain(1.23456e-8, 2.5e-11)
    ('-12300(800)', '1.235(3)e-08')
    """
    check_choice("style", style, ("parentheses", "plusminus"))
    if mcse < 0:
        raise ValueError(f"mcse must be >= 0, got {mcse!r}")
    if not math.isfinite(estimate) or not math.isfinite(mcse) or mcse == 0:
        return format_number(estimate, 6)
    value, error = Decimal(float(estimate)), Decimal(float(mcse))
    kept = check_integer("digits", digits, low=1) if digits is not None else _error_digits(error)
    unit = error.adjusted() - kept + 1
    step = Decimal(1).scaleb(unit)
    # A carry (0.0096 -> 0.010) is left as two digits: its first digit is then a 1.
    error = error.quantize(step, ROUND_HALF_EVEN, _EXACT)
    value = value.quantize(step, ROUND_HALF_EVEN, _EXACT)
    if not value:
        value = abs(value)  # never "-0.00"
    leading = max(value.adjusted() if value else unit, error.adjusted())
    exponent = leading if leading < -4 or leading > 8 else 0
    value, error = value.scaleb(-exponent, _EXACT), error.scaleb(-exponent, _EXACT)
    places = max(exponent - unit, 0)
    suffix = f"e{exponent:+03d}" if exponent else ""
    if style == "plusminus":
        pair = f"{value:.{places}f} ± {error:.{places}f}"
        return f"({pair}){suffix}" if suffix else pair
    return f"{value:.{places}f}({error.scaleb(places, _EXACT):.0f}){suffix}"


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """What a table shows: one study, filtered, and pivoted from tidy to wide.

    Parameters
    ----------
    name : str
        Names the files ``NAME.csv`` and ``NAME.tex`` and, by default, the label ``tab:NAME``.
    study : str
        The study whose tidy frame is read.
    caption : str
        LaTeX, taken as it is.
    rows : sequence of str
        Columns of the tidy frame that make the rows.
    columns : str
        The column whose values become columns: ``"metric"`` or a parameter.
    where : mapping
        Column -> a value, a collection of values, or a function of the column that returns a Boolean column.
    headings : mapping
        Name or value -> LaTeX to show for it, taken as it is; what is not listed is escaped.
    transform : callable, optional
        Takes the filtered tidy frame and returns the tidy frame that is shown. A column ``text`` in it, where
        not missing, is shown instead of estimate and standard error.
    reference : bool
        Show the closed form beside the estimates that have one.
    style : {"parentheses", "plusminus"}
        How estimates show their standard errors.
    """

    name: str
    study: str
    caption: str
    rows: Sequence[str]
    columns: str = "metric"
    where: Mapping[str, Any] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    transform: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    reference: bool = False
    style: str = "parentheses"
    label: str = ""


@dataclass(frozen=True)
class Table:
    """A wide table of text: `index` columns first, then one column (two with closed forms) for each pivoted value."""

    spec: TableSpec
    frame: pd.DataFrame
    groups: tuple[str, ...]

    def to_csv(self) -> str:
        """Return the table as CSV text."""
        return self.frame.to_csv(index=False, lineterminator="\n")

    def has_reference(self, group: str) -> bool:
        """Return whether a column of closed forms precedes the estimates of `group`."""
        return f"{group}{_CLOSED}" in self.frame.columns

    def to_latex(self) -> str:
        """Return a LaTeX ``table`` environment (booktabs) with caption and label."""
        spec, n_index = self.spec, len(self.spec.rows)
        head = [_heading(spec, name) for name in spec.rows]
        spans, rules = [""] * n_index, []
        position = n_index + 1
        for group in self.groups:
            if self.has_reference(group):
                spans.append(rf"\multicolumn{{2}}{{c}}{{{_heading(spec, group)}}}")
                rules.append(rf"\cmidrule(lr){{{position}-{position + 1}}}")
                head += ["closed form", "simulation"]
                position += 2
            else:
                spans.append("")
                head.append(rf"\multicolumn{{1}}{{c}}{{{_heading(spec, group)}}}")
                position += 1
        body = [
            [*[_heading(spec, value) for value in record[:n_index]], *[latex_number(str(v)) for v in record[n_index:]]]
            for record in self.frame.itertuples(index=False)
        ]
        columns = f"{'l' * n_index}{'r' * (position - 1 - n_index)}"
        label = spec.label or "tab:" + spec.name
        heads = [spans, head] if rules else [head]
        return latex_table(columns, heads, body, caption=spec.caption, label=label, rules="".join(rules))


def _heading(spec: TableSpec, value: object) -> str:
    text = format_number(value) if isinstance(value, float) else str(value)
    if text in spec.headings:
        return spec.headings[text]
    return latex_number(text) if isinstance(value, (int, float)) else escape_latex(text.replace("_", " "))


def _selected(spec: TableSpec, frame: pd.DataFrame) -> pd.DataFrame:
    for column, wanted in spec.where.items():
        _check_columns(spec, frame, (column,))
        if callable(wanted):
            keep = wanted(frame[column])
        elif isinstance(wanted, Collection) and not isinstance(wanted, str):
            keep = frame[column].isin(list(wanted))
        else:
            keep = frame[column] == wanted
        frame = frame[keep]
    if frame.empty:
        raise ValueError(f"table {spec.name}: no row of study {spec.study} satisfies {dict(spec.where)}")
    return frame


def _check_columns(spec: TableSpec, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in frame.columns:
            hint = near_matches(column, list(frame.columns))
            raise ValueError(f"table {spec.name}: study {spec.study} has no column {column!r}{hint}")


def build_table(spec: TableSpec, results: Results) -> Table:
    """Return the wide table that `spec` describes.

    Rows and columns keep the order in which the tidy frame first shows them (the order of the study's grid).

    Raises
    ------
    MissingResults
        If the study is not stored.
    ValueError
        If a column does not exist, nothing is left after filtering, or `rows` and `columns` do not identify a result.
    """
    frame = results.frame(spec.study)
    keys = [*spec.rows, spec.columns]
    frame = _selected(spec, frame)
    if spec.transform is not None:
        frame = spec.transform(frame)
    _check_columns(spec, frame, keys)
    if frame.duplicated(keys).any():
        varying = [
            c for c in frame.columns if c not in keys and frame.groupby(keys, dropna=False)[c].nunique().max() > 1
        ]
        raise ValueError(f"table {spec.name}: several results for one cell; add to `rows` or `where` one of {varying}")
    shown: dict[tuple[object, ...], dict[str, str]] = {}
    groups: dict[str, None] = {}
    referenced: set[str] = set()
    for record in frame.to_dict("records"):
        group = record[spec.columns]
        name = format_number(group) if isinstance(group, float) else str(group)
        groups[name] = None
        row = shown.setdefault(tuple(record[column] for column in spec.rows), {})
        reference = record.get("reference", math.nan)
        if spec.reference and not pd.isna(reference):
            row[f"{name}{_CLOSED}"] = format_number(reference, 5)
            referenced.add(name)
        text = record.get("text")
        shown_error = _error_of(record)
        row[name] = (
            text if isinstance(text, str) else format_uncertain(record["estimate"], shown_error, style=spec.style)
        )
    columns = [part for name in groups for part in ([f"{name}{_CLOSED}", name] if name in referenced else [name])]
    data = [[*key, *[row.get(column, "") for column in columns]] for key, row in shown.items()]
    wide = pd.DataFrame(data, columns=[*spec.rows, *columns], dtype=object)
    return Table(spec=spec, frame=wide, groups=tuple(groups))


def _error_of(record: Mapping[Any, Any]) -> float:
    error = record["mcse"]
    return float(error) if error is not None and not pd.isna(error) else math.nan


def write_tables(specs: Sequence[TableSpec], results: Results, out_dir: str | Path | None = None) -> list[Path]:
    """Write each table as ``NAME.csv`` and ``NAME.tex`` and return the files.

    Parameters
    ----------
    specs : sequence of TableSpec
        For example ``load_contents("paper").tables``.
    results : Results
        The stored results.
    out_dir : path, optional
        ``results/published`` by default. Nothing is written unless every table can be built.
    """
    folder = Path(out_dir) if out_dir is not None else results.folder / "published"
    results.require([spec.study for spec in specs])
    tables = [build_table(spec, results) for spec in specs]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table in tables:
        for suffix, text in ((".csv", table.to_csv()), (".tex", table.to_latex())):
            path = folder / f"{table.spec.name}{suffix}"
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
