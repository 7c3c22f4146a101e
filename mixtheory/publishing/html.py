"""One self-contained page: verdicts, figures, tables and provenance; it opens offline and needs no LaTeX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixtheory._files import write_atomically
from mixtheory.publishing import page
from mixtheory.publishing.figures import DrawnFigure, Results
from mixtheory.publishing.markup import caption_to_latex, latex_to_html
from mixtheory.publishing.tables import Table, TableSpec, build_table, format_number
from mixtheory.publishing.verdicts import Verdicts, component_cells, number_of, read_verdicts

__all__ = ["report_html", "write_report"]


def _badge(verdict: object) -> str:
    known = {"verified": "good", "refuted": "bad", "undecided": "open"}
    return page.badge(known.get(str(verdict), "open"), verdict)


def _claim(claim: Mapping[str, Any]) -> str:
    parts = [
        "<details class='claim'>",
        f"<summary><code>{page.escape(claim['name'])}</code> {_badge(claim['verdict'])}"
        f'<span class="statement">{page.escape(claim.get("statement", ""))}</span></summary>',
    ]
    facts = [("Assumptions", "assumptions"), ("Source", "source"), ("Kind", "kind"), ("Class", "margin_class")]
    parts.append("<dl>")
    parts += [f"<dt>{label}</dt><dd>{page.escape(claim[key])}</dd>" for label, key in facts if claim.get(key)]
    parts.append("</dl>")
    components = claim.get("components") or ()
    if components:
        rows = []
        for component in components:
            cells = component_cells(component)
            numbers = [page.number(cells[key]) for key in ("closed", "residual", "estimate", "margin")]
            rows.append(
                [
                    page.escape(component.get("component", "")),
                    *numbers,
                    page.number(cells["units"]),
                    _badge(component.get("verdict")),
                ]
            )
        parts.append(
            page.table(["component", "closed form", "residual", "simulation", "margin", "size", "verdict"], rows)
        )
    mutants = claim.get("mutants") or ()
    if mutants:
        rows = []
        for m in mutants:
            verdict = page.badge("good", "yes") if m["refuted"] else page.badge("bad", "no")
            margins = format_number(number_of(m.get("distance_in_margins")), 3)
            rows.append(
                [
                    page.escape(m.get("name", "")),
                    page.escape(m.get("kind", "")),
                    verdict,
                    page.escape(m.get("detail", "")),
                    page.escape(margins),
                ]
            )
        parts.append(page.table(["mutant", "kind", "refuted", "how", "margins away"], rows, n_text=4))
    return "\n".join([*parts, "</details>"])


def _claims_section(verdicts: Verdicts) -> str:
    parts = ['<section id="claims"><h2>Claims</h2>']
    parts.append(
        "<p>A claim is <em>verified</em> if a confidence interval lies inside the claimed region, <em>refuted</em> if "
        "it lies outside, and <em>undecided</em> otherwise. Open a claim to see its numbers and its mutants: wrong "
        "versions that must be refuted.</p>"
    )
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for claim in verdicts.claims:
        groups.setdefault(".".join(str(claim["name"]).split(".")[:2]), []).append(claim)
    for prefix, claims in groups.items():
        good = sum(claim["verdict"] == "verified" for claim in claims)
        parts.append(
            f'<h3><code>{page.escape(prefix)}</code> <span class="quiet">{good} of {len(claims)} verified</span></h3>'
        )
        parts += [_claim(claim) for claim in claims]
    return "\n".join([*parts, "</section>"])


def _figure(figure: DrawnFigure) -> str:
    caption = f"<strong>{page.escape(figure.title)}.</strong> {latex_to_html(caption_to_latex(figure.caption))}"
    source = f'<img src="{page.data_uri(figure.png.read_bytes())}" alt="{page.escape(figure.title)}">'
    return f'<figure id="figure-{page.escape(figure.name)}">{source}<figcaption>{caption}</figcaption></figure>'


def _result_table(table: Table) -> str:
    spec = table.spec
    head = [latex_to_html(spec.headings.get(name, _plain(name))) for name in spec.rows]
    for group in table.groups:
        name = latex_to_html(spec.headings.get(group, _plain(group)))
        head += [f'{name}<br><span class="quiet">closed form</span>', name] if table.has_reference(group) else [name]
    rows = []
    for record in table.frame.itertuples(index=False):
        left = [latex_to_html(spec.headings.get(str(v), _plain(str(v)))) for v in record[: len(spec.rows)]]
        rows.append([*left, *[page.number(str(value)) for value in record[len(spec.rows) :]]])
    caption = f"<figcaption>{latex_to_html(spec.caption)}</figcaption>"
    return f'<figure id="table-{page.escape(spec.name)}">{caption}{page.table(head, rows, len(spec.rows))}</figure>'


def _plain(text: str) -> str:
    # Names of parameters and metrics are no LaTeX: keep them from being read as such.
    return "".join("\\" + c if c in "\\{}$&#%_" else c for c in text.replace("_", " "))


def _tiles(verdicts: Verdicts | None, figures: Sequence[DrawnFigure], tables: Sequence[Table]) -> str:
    tiles = []
    if verdicts is not None:
        total, good = verdicts.count(), verdicts.count("verified")
        tiles.append((f"{good}/{total}", "claims verified", "good" if good == total else "bad"))
        if verdicts.mutants():
            caught = verdicts.mutants(refuted=True)
            tiles.append(
                (f"{caught}/{verdicts.mutants()}", "mutants refuted", "good" if caught == verdicts.mutants() else "bad")
            )
    tiles += [(str(len(figures)), "figures", ""), (str(len(tables)), "tables", "")]
    return page.tiles(tiles)


def report_html(
    *,
    verdicts: Verdicts | None = None,
    figures: Sequence[DrawnFigure] = (),
    tables: Sequence[Table] = (),
    info: Mapping[str, Mapping[str, Any]] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Return the report as the text of one HTML page without external resources.

    Parameters
    ----------
    verdicts : Verdicts, optional
        What the verifier found.
    figures, tables : sequences
        Drawn figures, whose PNG files are embedded, and built tables.
    info : mapping of mappings
        Provenance: section title -> name -> value, such as seeds, fingerprint and times.
    notes : sequence of str
        Plain lines shown at the top, such as why there is no PDF.
    """
    header = [
        "<p>The statistics of synthetic data: claims, simulations, figures and tables of one run.</p>",
        _tiles(verdicts, figures, tables),
        *[f'<p class="note">{page.escape(note)}</p>' for note in notes],
    ]
    parts = []
    if verdicts is not None:
        parts.append(_claims_section(verdicts))
    else:
        parts.append('<section id="claims"><h2>Claims</h2><p>No verdicts in this run.</p></section>')
    parts.append('<section id="figures"><h2>Figures</h2>')
    parts += [_figure(figure) for figure in figures] or ["<p>No figures in this run.</p>"]
    parts.append('</section><section id="tables"><h2>Tables</h2>')
    parts.append("<p>Simulated values carry their Monte Carlo standard error: 0.6667(3) means 0.6667 ± 0.0003.</p>")
    parts += [_result_table(table) for table in tables] or ["<p>No tables in this run.</p>"]
    parts.append('</section><section id="provenance"><h2>Provenance</h2>')
    parts += [
        page.facts(title, facts) for title, facts in {**(info or {}), "Versions": page.installed_versions()}.items()
    ]
    if verdicts is not None:
        parts.append(page.facts("Verification", dict(verdicts.numbers())))
    parts.append("</section>")
    sections = {"claims": "Claims", "figures": "Figures", "tables": "Tables", "provenance": "Provenance"}
    return page.frame("mixtheory report", header, parts, sections)


def write_report(
    results: Results | str | Path = "results",
    out: str | Path | None = None,
    *,
    claims: Verdicts | str | Path | Mapping[str, Any] | None = None,
    figures: Sequence[DrawnFigure] = (),
    tables: Sequence[TableSpec] = (),
    info: Mapping[str, Mapping[str, Any]] | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Write the self-contained report and return its path (``results/report.html`` by default).

    `claims` is what ``mixtheory verify --json`` wrote; by default ``results/claims.json`` if there is one. Tables whose
    study is not stored are left out with a note. The file is replaced at once, never half-written.

    Raises
    ------
    MissingResults, ValueError
        If `claims` is given and cannot be read, or a table cannot be built from its study.
    """
    store = results if isinstance(results, Results) else Results(results)
    target = Path(out) if out is not None else store.folder / "report.html"
    default = store.folder / "claims.json"
    if claims is None and default.is_file():
        claims = default
    verdicts = claims if isinstance(claims, Verdicts) or claims is None else read_verdicts(claims)
    absent = store.missing(list(dict.fromkeys(spec.study for spec in tables)))
    built = [build_table(spec, store) for spec in tables if spec.study not in absent]
    said = [*notes, *[f"No results of {name} yet: mixtheory run {name} makes them." for name in absent]]
    text = report_html(verdicts=verdicts, figures=figures, tables=built, info=info, notes=said)
    write_atomically(target, text)
    return target
