"""The tables of a fidelity report in LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixtheory.fidelity.cells import MISSING, Cell, each_number, shorten, shown_table
from mixtheory.fidelity.verdict import headline, sizes
from mixtheory.publishing.latex import escape_latex, latex_number, latex_table

if TYPE_CHECKING:
    from mixtheory.fidelity.report import FidelityReport

__all__ = ["report_latex"]

_ROWS, _NAME = 25, 24
# what would make the tables too wide to read: intervals say it too, or it is only beside the point
_LEFT_OUT = ("std_error", "z", "sorted", "sorted_value")
_MARKS = {"good": "yes", "bad": r"\textbf{no}"}


def _cell(cell: Cell) -> str:
    if cell.kind == "name":
        return escape_latex(shorten(cell.text, _NAME))
    if cell.kind == "mark":
        return _MARKS.get(cell.state, "--")
    return "--" if cell.text == MISSING else each_number(cell.text, latex_number)


def report_latex(report: FidelityReport) -> str:
    r"""Return the tables of a fidelity report as LaTeX ``table`` environments, to be read into a document.

    Parameters
    ----------
    report : FidelityReport

    Returns
    -------
    str
        One table after the other, with captions and labels ``tab:fidelity_NAME``. They need the packages booktabs and
        graphicx. Of tables with more than 25 rows the 25 farthest from their null bands are shown, and the caption says
        so; names longer than 24 characters are shortened in the middle, and characters without a definition in
        pdfLaTeX appear as their codes. Standard errors of values are left out: their intervals are there.
    """
    parts = ["% Needs \\usepackage{booktabs,graphicx}."]
    for place, name in enumerate(report.tables):
        table = shown_table(report, name, _ROWS, leave_out=_LEFT_OUT)
        caption = f"{escape_latex(table.heading)}. {escape_latex(table.reading)}"
        if table.selection:
            caption += f" {escape_latex(table.selection)}"
        if place == 0:
            caption += f" {escape_latex(sizes(report))} {escape_latex(headline(report))}"
        head = [escape_latex(shorten(title, _NAME)) for title in table.head]
        head = head[: table.n_names] + [rf"\multicolumn{{1}}{{c}}{{{title}}}" for title in head[table.n_names :]]
        kinds = [cell.kind for cell in table.rows[0]] if table.rows else []
        columns = "".join("r" if kind == "number" else "l" for kind in kinds) or "l" * len(head)
        body = [[_cell(cell) for cell in row] for row in table.rows]
        parts.append(latex_table(columns, [head], body, caption=caption, label=f"tab:fidelity_{name}"))
    return "\n".join(parts)
