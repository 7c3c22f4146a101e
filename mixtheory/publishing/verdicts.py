"""Verdicts of claims, as `mixtheory verify --json` writes them: for the paper's table, its numbers and the report."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixtheory.publishing.figures import MissingResults
from mixtheory.publishing.latex import escape_latex, latex_number
from mixtheory.publishing.tables import format_number, format_uncertain

__all__ = ["Verdicts", "claims_latex", "read_verdicts"]

COMMAND = "mixtheory verify --mutants --json"


@dataclass(frozen=True)
class Verdicts:
    """What one run of the verifier found.

    Attributes
    ----------
    claims : tuple of mappings
        Plain data of each claim: its fields, ``verdict``, ``components`` and ``mutants``.
    run : mapping
        The rest of the file: root seed, level, versions, seconds.
    """

    claims: tuple[Mapping[str, Any], ...]
    run: Mapping[str, Any] = field(default_factory=dict)

    def count(self, verdict: str | None = None) -> int:
        """Return the number of claims, or of those with this verdict."""
        return sum(verdict is None or claim["verdict"] == verdict for claim in self.claims)

    def mutants(self, refuted: bool | None = None) -> int:
        """Return the number of mutants that were tried, or of those that were refuted or not."""
        tried = [mutant for claim in self.claims for mutant in claim.get("mutants") or ()]
        return sum(refuted is None or bool(mutant["refuted"]) == refuted for mutant in tried)

    def prefixes(self) -> dict[str, list[Mapping[str, Any]]]:
        """Return the claims under every dotted prefix of their names: ``mixing``, ``mixing.variance``, ..."""
        under: dict[str, list[Mapping[str, Any]]] = {}
        for claim in self.claims:
            parts = str(claim["name"]).split(".")
            for stop in range(1, len(parts) + 1):
                under.setdefault(".".join(parts[:stop]), []).append(claim)
        return under

    def numbers(self) -> list[tuple[str, str]]:
        """Return names and texts of the numbers about the run that the paper quotes."""
        found = [
            ("claims", str(self.count())),
            ("claims verified", str(self.count("verified"))),
            ("claims refuted", str(self.count("refuted"))),
            ("claims undecided", str(self.count("undecided"))),
            ("identities", str(sum(claim.get("kind") == "identity" for claim in self.claims))),
            ("mutants", str(self.mutants())),
            ("mutants refuted", str(self.mutants(refuted=True))),
            ("components", str(sum(len(claim.get("components") or ()) for claim in self.claims))),
        ]
        seeds = {str(claim["seed"]) for claim in self.claims if "seed" in claim}
        levels = {format_number(float(claim["alpha"]), 3) for claim in self.claims if "alpha" in claim}
        for name, values in (("seed", seeds), ("alpha", levels)):
            found.append((name, next(iter(values)) if len(values) == 1 else "–"))
        return found

    def commands(self) -> str:
        r"""Return LaTeX definitions behind ``\claims{prefix}``: the name, how many claims, and their verdicts."""
        lines = []
        for prefix, claims in self.prefixes().items():
            name = rf"\texttt{{{escape_latex(prefix)}}}"
            if len(claims) == 1 and claims[0]["name"] == prefix:
                text = f"{name} {claims[0]['verdict']}"
            else:
                counts = Counter(str(claim["verdict"]) for claim in claims)
                text = f"{name} ({', '.join(f'{n} {verdict}' for verdict, n in sorted(counts.items(), reverse=True))})"
            lines.append(rf"\expandafter\newcommand\csname claims@{prefix}\endcsname{{\mbox{{{text}}}}}")
        return "\n".join([*lines, ""])


def read_verdicts(source: str | Path | Mapping[str, Any]) -> Verdicts:
    """Return the verdicts in a JSON file, or in the mapping that it holds.

    Raises
    ------
    MissingResults
        If there is no such file; the message says which command writes it.
    ValueError
        If it is not what `mixtheory verify --json` writes.
    """
    if isinstance(source, Mapping):
        data: Any = source
    else:
        path = Path(source)
        if not path.is_file():
            raise MissingResults(f"no verdicts in {path}: `{COMMAND} {path}` makes them")
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is no JSON ({error}); `{COMMAND} {path}` writes it anew") from error
    claims = data.get("claims") if isinstance(data, Mapping) else data
    if not isinstance(claims, list | tuple):
        raise ValueError(f"the verdicts hold no list of claims; `{COMMAND} FILE` writes them")
    for claim in claims:
        if not isinstance(claim, Mapping) or not {"name", "verdict"} <= set(claim):
            raise ValueError(f"a claim without name or verdict in the verdicts; `{COMMAND} FILE` writes them")
    return Verdicts(
        tuple(claims), {k: v for k, v in data.items() if k != "claims"} if isinstance(data, Mapping) else {}
    )


def number_of(value: Any) -> float:
    """Return a number of a JSON file; None and text such as ``"nan"`` or ``"inf"`` are read as floats."""
    return math.nan if value is None else float(value)


def component_cells(component: Mapping[str, Any]) -> dict[str, str]:
    """Return what tables show of a component, as plain text of numbers."""
    estimate, mcse = number_of(component.get("estimate")), number_of(component.get("mcse"))
    identity = math.isnan(estimate)
    return {
        "closed": format_number(number_of(component.get("closed")), 6),
        "estimate": format_uncertain(estimate, mcse),
        "residual": format_number(number_of(component.get("residual")), 2),
        "margin": format_number(number_of(component.get("tolerance" if identity else "margin")), 2),
        "units": "–" if identity else format_units(number_of(component.get("replicates"))),
    }


def format_units(units: float) -> str:
    """Return a number of replicates, as a power of two where it is one and large.

    Examples
    --------
    >>> format_units(2**20), format_units(1000.0), format_units(0)
    ('2^20', '1000', '–')
    """
    if not math.isfinite(units) or units <= 0:
        return "–"
    exponent = math.log2(units)
    return f"2^{exponent:.0f}" if units >= 2**14 and exponent.is_integer() else f"{units:.0f}"


def _latex_units(text: str) -> str:
    base, hat, power = text.partition("^")
    return f"${base}^{{{power}}}$" if hat else latex_number(text)


def claims_latex(verdicts: Verdicts) -> str:
    """Return the paper's table of claims: a ``longtable`` with a line for each component."""
    head = (
        r"component & \multicolumn{1}{c}{closed form} & \multicolumn{1}{c}{residual} & "
        r"\multicolumn{1}{c}{simulation} & \multicolumn{1}{c}{margin} & \multicolumn{1}{c}{size} & verdict \\"
    )
    lines = [
        r"\setlength{\tabcolsep}{4pt}",
        r"\begin{longtable}{@{}>{\raggedright\arraybackslash}p{0.29\textwidth}rrrrrl@{}}",
        rf"\toprule {head} \midrule \endfirsthead",
        rf"\toprule {head} \midrule \endhead",
        r"\bottomrule \endfoot",
    ]
    for claim in verdicts.claims:
        tried = claim.get("mutants") or ()
        refuted = f"{sum(bool(m['refuted']) for m in tried)}/{len(tried)}" if tried else "--"
        about = ", ".join(escape_latex(claim[key]) for key in ("margin_class", "source") if claim.get(key))
        # Breaks after dots: long names would otherwise run over the column.
        name = escape_latex(claim["name"]).replace(".", r".\allowbreak{}")
        lines.append(
            rf"\addlinespace[3pt]\multicolumn{{7}}{{@{{}}p{{\textwidth}}@{{}}}}{{\textbf{{\texttt{{{name}}}}} \ "
            rf"{escape_latex(claim['verdict'])}; mutants refuted {refuted}. {statement_latex(claim)} "
            rf"{{\color{{quiet}}[{about}]}}}} \\*"
        )
        for component in claim.get("components") or ():
            cells = component_cells(component)
            numbers = " & ".join(latex_number(cells[key]) for key in ("closed", "residual", "estimate", "margin"))
            label, verdict = escape_latex(component.get("component", "")), escape_latex(component.get("verdict", ""))
            lines.append(rf"\quad {label} & {numbers} & {_latex_units(cells['units'])} & {verdict} \\")
    return "\n".join([*lines, r"\end{longtable}", ""])


def statement_latex(claim: Mapping[str, Any]) -> str:
    """Return the statement of a claim: its plain text, escaped, and its formula."""
    formula = claim.get("latex")
    return escape_latex(claim.get("statement", "")) + (rf" \enspace ${formula}$" if formula else "")
