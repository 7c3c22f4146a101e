"""One self-contained page: verdicts, figures, tables and provenance; it opens offline and needs no LaTeX."""

from __future__ import annotations

import base64
import html
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from mixtheory._files import write_atomically
from mixtheory.publishing.figures import DrawnFigure, Results
from mixtheory.publishing.markup import caption_to_latex, latex_to_html
from mixtheory.publishing.tables import Table, TableSpec, build_table, format_number
from mixtheory.publishing.verdicts import Verdicts, component_cells, number_of, read_verdicts

__all__ = ["installed_versions", "report_html", "write_report"]

PACKAGES = ("mixtheory", "numpy", "scipy", "pandas", "numba", "scikit-learn", "statsmodels", "matplotlib", "joblib")
STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")


def installed_versions(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of the packages that results depend on."""
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _e(value: object) -> str:
    return html.escape(str(value))


def _badge(verdict: object) -> str:
    known = {"verified": "good", "refuted": "bad", "undecided": "open"}
    return f'<span class="badge {known.get(str(verdict), "open")}">{_e(verdict)}</span>'


def _number(text: str) -> str:
    """Return the plain text of a number, such as ``-1.2(3)e-08`` or ``2^20``, as HTML."""
    base, hat, power = text.partition("^")
    if not hat and text[:1] in "-(0123456789" and "e" in text:
        base, hat, power = text.partition("e")
        base, power = f"{base} × 10", str(int(power))
    shown = _e(base.replace("-", "−"))
    return f"{shown}<sup>{_e(power.replace('-', '−'))}</sup>" if hat else shown


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], n_text: int = 1) -> str:
    """Return an HTML table; cells and headings are HTML, the first `n_text` columns are left-aligned."""
    kinds = ['<th scope="col">' if k < n_text else '<th scope="col" class="n">' for k in range(len(head))]
    lines = ['<div class="wide"><table>', "<thead><tr>"]
    lines += [f"{kind}{name}</th>" for kind, name in zip(kinds, head, strict=True)] + ["</tr></thead>", "<tbody>"]
    for row in rows:
        cells = [
            f"<td{'' if k < n_text else ' class=' + chr(34) + 'n' + chr(34)}>{cell}</td>" for k, cell in enumerate(row)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _claim(claim: Mapping[str, Any]) -> str:
    parts = [
        "<details class='claim'>",
        f"<summary><code>{_e(claim['name'])}</code> {_badge(claim['verdict'])}"
        f'<span class="statement">{_e(claim.get("statement", ""))}</span></summary>',
    ]
    facts = [("Assumptions", "assumptions"), ("Source", "source"), ("Kind", "kind"), ("Class", "margin_class")]
    parts.append("<dl>")
    parts += [f"<dt>{label}</dt><dd>{_e(claim[key])}</dd>" for label, key in facts if claim.get(key)]
    parts.append("</dl>")
    components = claim.get("components") or ()
    if components:
        rows = []
        for component in components:
            cells = component_cells(component)
            numbers = [_number(cells[key]) for key in ("closed", "residual", "estimate", "margin")]
            rows.append(
                [
                    _e(component.get("component", "")),
                    *numbers,
                    _number(cells["units"]),
                    _badge(component.get("verdict")),
                ]
            )
        parts.append(_table(["component", "closed form", "residual", "simulation", "margin", "size", "verdict"], rows))
    mutants = claim.get("mutants") or ()
    if mutants:
        rows = []
        for m in mutants:
            verdict = '<span class="badge good">yes</span>' if m["refuted"] else '<span class="badge bad">no</span>'
            margins = format_number(number_of(m.get("distance_in_margins")), 3)
            rows.append([_e(m.get("name", "")), _e(m.get("kind", "")), verdict, _e(m.get("detail", "")), _e(margins)])
        parts.append(_table(["mutant", "kind", "refuted", "how", "margins away"], rows, n_text=4))
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
        parts.append(f'<h3><code>{_e(prefix)}</code> <span class="quiet">{good} of {len(claims)} verified</span></h3>')
        parts += [_claim(claim) for claim in claims]
    return "\n".join([*parts, "</section>"])


def _figure(figure: DrawnFigure) -> str:
    data = base64.b64encode(figure.png.read_bytes()).decode("ascii")
    caption = f"<strong>{_e(figure.title)}.</strong> {latex_to_html(caption_to_latex(figure.caption))}"
    source = f'<img src="data:image/png;base64,{data}" alt="{_e(figure.title)}">'
    return f'<figure id="figure-{_e(figure.name)}">{source}<figcaption>{caption}</figcaption></figure>'


def _result_table(table: Table) -> str:
    spec = table.spec
    head = [latex_to_html(spec.headings.get(name, _plain(name))) for name in spec.rows]
    for group in table.groups:
        name = latex_to_html(spec.headings.get(group, _plain(group)))
        head += [f'{name}<br><span class="quiet">closed form</span>', name] if table.has_reference(group) else [name]
    rows = []
    for record in table.frame.itertuples(index=False):
        left = [latex_to_html(spec.headings.get(str(v), _plain(str(v)))) for v in record[: len(spec.rows)]]
        rows.append([*left, *[_number(str(value)) for value in record[len(spec.rows) :]]])
    caption = f"<figcaption>{latex_to_html(spec.caption)}</figcaption>"
    return f'<figure id="table-{_e(spec.name)}">{caption}{_table(head, rows, len(spec.rows))}</figure>'


def _plain(text: str) -> str:
    # Names of parameters and metrics are no LaTeX: keep them from being read as such.
    return "".join("\\" + c if c in "\\{}$&#%_" else c for c in text.replace("_", " "))


def _facts(title: str, facts: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{_e(key)}</dt><dd>{_e(value)}</dd>" for key, value in facts.items())
    return f"<h3>{_e(title)}</h3><dl>{rows}</dl>"


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
    items = "".join(f'<li class="{kind}"><b>{_e(value)}</b> {_e(name)}</li>' for value, name, kind in tiles)
    return f'<ul class="tiles">{items}</ul>'


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
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8"><title>mixtheory report</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<style>\n{STYLE}</style></head><body>",
        "<header><h1>mixtheory report</h1><p>The statistics of synthetic data: claims, simulations, figures and tables "
        "of one run.</p>",
        _tiles(verdicts, figures, tables),
        *[f'<p class="note">{_e(note)}</p>' for note in notes],
        '<nav><a href="#claims">Claims</a> <a href="#figures">Figures</a> <a href="#tables">Tables</a> '
        '<a href="#provenance">Provenance</a></nav></header><main>',
    ]
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
    parts += [_facts(title, facts) for title, facts in {**(info or {}), "Versions": installed_versions()}.items()]
    if verdicts is not None:
        parts.append(_facts("Verification", dict(verdicts.numbers())))
    parts.append("</section></main></body></html>\n")
    return "\n".join(parts)


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
