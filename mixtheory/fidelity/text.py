"""A fidelity report as text for a terminal, in statsmodels' manner."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

from mixtheory._summary import head
from mixtheory.fidelity.cells import LISTING, ShownTable, shorten, shown_table
from mixtheory.fidelity.verdict import findings, headline

if TYPE_CHECKING:
    from mixtheory.fidelity.report import FidelityReport

__all__ = ["report_text"]

_WIDTH, _ROWS = 98, 8
# what goes first where a table is too wide
_SPARE = (
    ("sorted", "sorted_value"),
    ("std_error",),
    ("fresh",),
    ("z",),
    ("real_se", "synthetic_se"),
    ("null_low",),
    ("real", "synthetic"),
    ("low",),
)
# longest names: first wished, then where nothing else helps
_NAMES, _SHORTEST = (30, 24, 18), 10


def _width(text: str) -> int:
    """Return how many places of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


def _pad(text: str, width: int, left: bool) -> str:
    space = " " * max(0, width - _width(text))
    return text + space if left else space + text


def _grid(table: ShownTable, longest: int) -> list[str]:
    rows = [list(table.head)]
    rows += [[shorten(cell.text, longest) if cell.kind == "name" else cell.text for cell in row] for row in table.rows]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(table.head))]
    lines = [
        "  ".join(_pad(text, width, k < table.n_names) for k, (text, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    return [lines[0], "-" * _width(lines[0]), *lines[1:]]


def _fitted(report: FidelityReport, name: str) -> list[str]:
    """Return a table with shorter names and fewer columns until it fits."""
    for left_out in range(len(_SPARE) + 1):
        table = shown_table(report, name, _ROWS, leave_out=sum(_SPARE[:left_out], ()))
        for longest in (*_NAMES, _SHORTEST) if left_out == len(_SPARE) else _NAMES:
            lines = _grid(table, longest)
            if max(map(_width, lines)) <= _WIDTH:
                return [table.heading, *lines, *([table.selection] if table.selection else [])]
    lines = [line if _width(line) <= _WIDTH else shorten(line, _WIDTH // 2) for line in lines]
    return [table.heading, *lines, *([table.selection] if table.selection else [])]


def report_text(report: FidelityReport) -> str:
    """Return a fidelity report as text of at most 100 columns.

    Parameters
    ----------
    report : FidelityReport

    Returns
    -------
    str
        The answer, what each table says, and the tables: of long ones the eight rows that are farthest from their null
        bands, of wide ones the columns that fit. All of it is in ``report.tables``.
    """
    meta = report.meta
    found = findings(report)
    left = [
        ("Real rows:", f"{int(meta['rows_real']):,}"),
        ("Synthetic rows:", f"{int(meta['rows_synthetic']):,}"),
        ("Columns:", f"{len(meta['columns']):,} ({len(meta['nominal']):,} nominal)"),
        ("Target:", {"classes": "class labels", "numbers": "numbers"}.get(str(meta["target"]), "none")),
    ]
    right = [
        ("Level:", f"{float(meta['level']):g}"),
        ("Bootstrap replicates:", f"{int(meta['n_bootstrap']):,}"),
        ("Outside null:", f"{sum(item.outside for item in found):,} of {sum(item.checked for item in found):,}"),
        ("Not as expected:", f"{sum(item.missed for item in found):,} of {sum(item.predicted for item in found):,}"),
    ]
    lines = [*str(head("Fidelity of Synthetic Rows", left, right)).splitlines(), "=" * _WIDTH]
    lines += textwrap.wrap(headline(report), _WIDTH)
    if meta["expected"]:
        lines += textwrap.wrap(f"Expected: {meta['expected']}", _WIDTH)
    lines.append("=" * _WIDTH)
    names = max(map(len, (item.heading for item in found)), default=0)
    for item in found:
        lines += textwrap.wrap(f"{item.heading:<{names}}  {item.sentence}", _WIDTH, subsequent_indent=" " * (names + 2))
    for name in [name for name in report.tables if name not in LISTING]:
        lines += ["=" * _WIDTH, *_fitted(report, name)]
    lines.append("=" * _WIDTH)
    for note in report.notes:
        lines += textwrap.wrap(f"Note: {note}", _WIDTH, subsequent_indent="      ")
    return "\n".join(line.rstrip() for line in lines)
