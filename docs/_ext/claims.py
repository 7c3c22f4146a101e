"""A directive that lists claims with what the verifier found: ``.. claims:: mixing.variance mixing.covariance``.

Verdicts are read from the file that ``mixtheory verify --mutants --json`` writes. Without it claims are listed from
the package, and the page says that nothing was decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from mixtheory.publishing.tables import format_number
from mixtheory.publishing.verdicts import Verdicts, number_of, read_verdicts

__all__ = ["claims_under", "load_verdicts", "margins", "prefixes_of", "setup"]

COMMAND = "mixtheory verify --mutants --json results/claims.json"
HEADINGS = ("Claim", "Kind, class", "Margin", "Verdict", "Mutants refuted")
UNDECIDED = "no verdict in this build"


def load_verdicts(path: str | Path) -> tuple[Verdicts, bool]:
    """Return the claims and whether they were decided: from the file, or from the package if there is none."""
    if Path(path).is_file():
        return read_verdicts(path), True
    from mixtheory import catalog

    listed = [
        {
            "name": claim.name,
            "statement": claim.statement,
            "latex": claim.latex,
            "assumptions": claim.assumptions,
            "source": claim.source,
            "kind": claim.kind,
            "margin_class": claim.margin_class,
            "verdict": UNDECIDED,
        }
        for claim in catalog.claims()
    ]
    return Verdicts(tuple(listed)), False


def claims_under(verdicts: Verdicts, prefixes: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the claims whose dotted name starts with one of `prefixes`, in the order of the prefixes.

    Raises
    ------
    ValueError
        If no claim has one of the prefixes.
    """
    under = verdicts.prefixes()
    absent = [prefix for prefix in prefixes if prefix not in under]
    if absent:
        raise ValueError(f"no claim is called {', '.join(absent)}")
    found: dict[str, Mapping[str, Any]] = {}
    for prefix in prefixes:
        found |= {claim["name"]: claim for claim in under[prefix]}
    return list(found.values())


def prefixes_of(text: str) -> list[str]:
    """Return the prefixes that the directives of a page name."""
    lines = re.findall(r"^\.\. claims:: (.+)\n(?!\s+:summary:)", text + "\n", re.MULTILINE)
    return [prefix for line in lines for prefix in line.split()]


def margins(claim: Mapping[str, Any]) -> str:
    """Return the margin of a claim, or the smallest and the largest of its components."""
    found = []
    for component in claim.get("components") or ():
        value = number_of(component.get("margin"))
        found.append(number_of(component.get("tolerance")) if value != value else value)
    found = sorted(value for value in found if value == value)
    if not found:
        return "–"
    low, high = format_number(found[0], 2), format_number(found[-1], 2)
    return low if low == high else f"{low} to {high}"


def _mutants(claim: Mapping[str, Any]) -> str:
    tried = claim.get("mutants") or ()
    return f"{sum(bool(m['refuted']) for m in tried)} of {len(tried)}" if tried else "–"


def _cell(*children: nodes.Node) -> nodes.entry:
    return nodes.entry("", *children)


def _text(text: str, *classes: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.inline("", text, classes=list(classes)))


def table(head: Sequence[str], rows: Sequence[Sequence[nodes.Node]], widths: Sequence[int]) -> nodes.table:
    """Return a table node from cells."""
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", nodes.row("", *[_cell(_text(name)) for name in head]))
    group += nodes.tbody("", *[nodes.row("", *[_cell(cell) for cell in row]) for row in rows])
    return nodes.table("", group, classes=["claims"])


def _statement(claim: Mapping[str, Any]) -> nodes.Node:
    cell = nodes.container("", nodes.paragraph("", "", nodes.literal("", claim["name"])))
    sentence = nodes.paragraph("", claim.get("statement", ""))
    if claim.get("latex"):
        sentence += [nodes.Text(" "), nodes.math(claim["latex"], claim["latex"])]
    cell += sentence
    facts = [f"Assumptions: {claim['assumptions']}."] if claim.get("assumptions") else []
    facts += [f"Source: {claim['source']}."] if claim.get("source") else []
    if facts:
        cell += _text(" ".join(facts), "quiet")
    return cell


class Claims(SphinxDirective):
    """``.. claims:: prefix prefix ...``; with ``:summary:``, a line for each prefix."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"summary": directives.flag}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Return the table of claims, or of their counts."""
        path = Path(self.config.mixtheory_results) / "claims.json"
        self.env.note_dependency(str(path))
        if path not in _READ:
            _READ[path] = load_verdicts(path)
        verdicts, decided = _READ[path]
        prefixes = self.arguments[0].split()
        try:
            claims = claims_under(verdicts, prefixes)
        except ValueError as error:
            raise self.error(str(error)) from error
        shown: list[nodes.Node] = []
        if not decided and not self.env.metadata[self.env.docname].get("claims-note"):
            self.env.metadata[self.env.docname]["claims-note"] = "shown"
            words = nodes.paragraph("", "This build found no verdicts, so none is shown. ")
            words += [nodes.literal("", COMMAND), nodes.Text(" makes them; build the site again after it.")]
            shown.append(nodes.warning("", words))
        if "summary" in self.options:
            return [*shown, self._summary(verdicts, prefixes)]
        rows = [
            (
                _statement(claim),
                _text(", ".join(str(claim[key]) for key in ("kind", "margin_class") if claim.get(key))),
                _text(margins(claim)),
                _text(str(claim["verdict"]), "verdict", f"verdict-{str(claim['verdict']).split()[0]}"),
                _text(_mutants(claim)),
            )
            for claim in claims
        ]
        return [*shown, table(HEADINGS, rows, (60, 12, 10, 10, 8))]

    def _summary(self, verdicts: Verdicts, prefixes: Sequence[str]) -> nodes.Node:
        rows = []
        for prefix in prefixes:
            part = Verdicts(tuple(claims_under(verdicts, [prefix])))
            rows.append(
                (
                    nodes.paragraph("", "", nodes.literal("", prefix)),
                    _text(str(part.count())),
                    _text(str(part.count("verified"))),
                    _text(str(part.count("refuted"))),
                    _text(f"{part.mutants(refuted=True)} of {part.mutants()}" if part.mutants() else "–"),
                )
            )
        return table(("Name", "Claims", "Verified", "Refuted", "Mutants refuted"), rows, (28, 18, 18, 18, 18))


_READ: dict[Path, tuple[Verdicts, bool]] = {}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_config_value("mixtheory_results", "results", "env")
    app.add_directive("claims", Claims)
    app.connect("builder-inited", lambda app: _READ.clear())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
