"""A fidelity report as one self-contained page: the answer first, then every table with its picture and its reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mixtheory._files import write_atomically
from mixtheory.fidelity.cells import Cell, ShownTable, each_number, plain, shown_table
from mixtheory.fidelity.panels import Panel, panels_of
from mixtheory.fidelity.plotting import panel_svg
from mixtheory.fidelity.verdict import Finding, count, findings, headline, sizes
from mixtheory.publishing import page
from mixtheory.publishing.tables import format_number

if TYPE_CHECKING:
    from os import PathLike

    from mixtheory.fidelity.report import FidelityReport

__all__ = ["report_html"]

STYLE = (Path(__file__).parent / "fidelity.css").read_text(encoding="utf-8")

# rows that are shown at once, of a longer table, and at most
_AT_ONCE, _FIRST, _MOST = 24, 12, 500


def _cell(cell: Cell) -> str:
    if cell.kind == "number":
        return each_number(cell.text, page.number)
    text = page.escape(cell.text)
    return f'<span class="mark {cell.state}">{text}</span>' if cell.state else text


def _grid(table: ShownTable) -> str:
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    head = [page.escape(name) for name in table.head]
    text = [k for k in range(len(head)) if k < table.n_names or any(row[k].kind == "name" for row in table.rows)]
    return page.table(head, rows, text, labelled_by=f"{table.name}-title", row_heads=True)


def _tables(report: FidelityReport, name: str) -> list[str]:
    """Return a table, or its farthest rows and all of it folded away."""
    total = len(report.tables[name])
    if total <= _AT_ONCE:
        return [_grid(shown_table(report, name))]
    short, long = shown_table(report, name, _FIRST), shown_table(report, name, _MOST)
    title = f"All {total:,} rows" if not long.selection else long.selection
    return [
        f'<p class="quiet">{page.escape(short.selection)}</p>',
        _grid(short),
        f"<details><summary>{page.escape(title)}</summary>{_grid(long)}</details>",
    ]


def _picture(report: FidelityReport, panel: Panel, said: str) -> str:
    """Return a picture that follows the colour scheme of the page."""
    light, dark = (page.data_uri(panel_svg(report, panel, dark=dark), "image/svg+xml") for dark in (False, True))
    text = page.escape(f"{panel.alternative}. {said}".strip())
    return (
        f'<figure id="picture-{panel.name}"><picture>'
        f'<source srcset="{dark}" media="(prefers-color-scheme: dark)"><img src="{light}" alt="{text}"></picture>'
        f"<figcaption>{page.escape(panel.alternative)}.</figcaption></figure>"
    )


def _section(report: FidelityReport, name: str, panels: Sequence[Panel], finding: Finding | None) -> str:
    shown = shown_table(report, name, 1)
    parts = [f'<section id="{name}"><h2 id="{name}-title">{page.escape(shown.heading)}</h2>']
    said = ""
    if finding is not None:
        said = finding.sentence
        parts.append(f"<p>{page.badge(finding.kind, finding.verdict)} {page.escape(said)}</p>")
    parts.append(f'<p class="reading">{page.escape(shown.reading)}</p>')
    pictures = [_picture(report, panel, said) for panel in panels if panel.table == name]
    if pictures:
        parts += ['<div class="pictures">', *pictures, "</div>"]
    return "\n".join([*parts, *_tables(report, name), "</section>"])


def _answer(found: Sequence[Finding]) -> str:
    items = [
        f'<li><span class="topic"><a href="#{item.table}">{page.escape(item.heading)}</a> '
        f"{page.badge(item.kind, item.verdict)}</span><p>{page.escape(item.sentence)}</p></li>"
        for item in found
    ]
    return f'<section id="answer"><h2>In short</h2><ul class="findings">{"".join(items)}</ul></section>'


def _tiles(report: FidelityReport, found: Sequence[Finding]) -> str:
    tiles = []
    for statistic, number in report.tables["privacy"]["count"].items() if "privacy" in report.tables else ():
        if number == number:
            tiles.append((f"{int(number):,}", str(statistic), ""))
    checked, outside = sum(item.checked for item in found), sum(item.outside for item in found)
    if checked:
        tiles.append((f"{checked - outside:,}/{checked:,}", "as in fresh real rows", "bad" if outside else "good"))
    predicted, missed = sum(item.predicted for item in found), sum(item.missed for item in found)
    if predicted:
        tiles.append((f"{predicted - missed:,}/{predicted:,}", "as the law predicts", "bad" if missed else "good"))
    return page.tiles(tiles) if tiles else ""


def _reading(report: FidelityReport) -> str:
    level = format_number(100 * float(report.meta["level"]))
    entries = {
        "Null band": f"Where a number lies if the synthetic rows are fresh rows of the population of the real ones. "
        f"With probability {level}% all numbers of a table lie inside at once.",
        "Interval": f"Where the number lies for the law of the synthetic rows, given the real ones; at {level}%, for "
        "all rows of a table at once.",
        "Expected": "What the mixing law predicts given the real rows. It holds if it lies inside the interval.",
        "Marks": "✓ yes and ✗ no. A number outside its null band tells synthetic rows from real ones; that may be "
        "what the law is meant to do, and then it is as expected.",
    }
    if not any("expected" in table for table in report.tables.values()):
        entries.pop("Expected")
    rows = "".join(f"<dt>{name}</dt><dd>{page.escape(text)}</dd>" for name, text in entries.items())
    return f'<section id="reading"><h2>How to read the numbers</h2><dl>{rows}</dl></section>'


def _provenance(report: FidelityReport) -> str:
    meta = report.meta
    run = {
        "Made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Real rows": f"{int(meta['rows_real']):,}",
        "Synthetic rows": f"{int(meta['rows_synthetic']):,}",
        "Columns": ", ".join(plain(name) for name in meta["columns"]),
        "Nominal columns": ", ".join(plain(name) for name in meta["nominal"]) or "none",
        "Target": {"classes": "class labels", "numbers": "numbers"}.get(str(meta["target"]), "none"),
        "Expected": plain(meta["expected"]) or "nothing",
        "Level": format_number(float(meta["level"])),
        "Bootstrap replicates": f"{int(meta['n_bootstrap']):,}",
        "Seed": plain(meta["seed"]),
    }
    facts = [page.facts("Report", run), page.facts("Versions", page.installed_versions())]
    return "\n".join(['<section id="provenance"><h2>Provenance</h2>', *facts, "</section>"])


def report_html(report: FidelityReport, path: str | PathLike[str] | None = None) -> str:
    """Return a fidelity report as the text of one HTML page without scripts or external resources.

    Parameters
    ----------
    report : FidelityReport
    path : path, optional
        Where to write the page too: it is there whole or not at all.

    Returns
    -------
    str
        The page. It follows the reader's light or dark colour scheme; tables that are wider than the window scroll in
        boxes of their own. Of tables with more than 500 rows it shows the 500 farthest from their null bands.
    """
    found = findings(report)
    panels = panels_of(report)
    of_table = {finding.table: finding for finding in found}
    expected = plain(report.meta["expected"])
    header = [
        f'<p class="lead">{page.escape(headline(report))}</p>',
        f"<p>{page.escape(sizes(report))}{' Expected: ' + page.escape(expected) + '.' if expected else ''}</p>",
        _tiles(report, found),
    ]
    main = [_answer(found), _reading(report)]
    main += [_section(report, name, panels, of_table.get(name)) for name in report.tables]
    sections = {"answer": "In short", "reading": "How to read"}
    sections |= {name: shown_table(report, name, 1).heading for name in report.tables}
    if report.notes:
        items = "".join(f"<li>{page.escape(plain(note))}</li>" for note in report.notes)
        title = count(len(report.notes), "note").capitalize()
        main.append(f'<section id="notes"><h2>{title}</h2><ul>{items}</ul></section>')
        sections["notes"] = "Notes"
    main.append(_provenance(report))
    sections["provenance"] = "Provenance"
    text = page.frame("Fidelity report", header, main, sections, style=STYLE)
    if path is not None:
        write_atomically(Path(path), text)
    return text
