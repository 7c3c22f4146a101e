"""Verdicts for people and for files: a table on the terminal, JSON, data frames, LaTeX rows, an exit status."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mixtheory.verification.results import REFUTED, VERIFIED, ClaimResult, ComponentResult

__all__ = [
    "exit_status",
    "format_estimate",
    "mutant_frame",
    "show",
    "summary_line",
    "table",
    "to_frame",
    "to_json",
    "worst_component",
]

_COLUMNS = (
    "claim",
    "source",
    "class",
    "closed form",
    "estimate +- MCSE",
    "margin",
    "replicates",
    "formula",
    "verdict",
)
_NARROW = ("claim", "closed form", "estimate +- MCSE", "verdict")
_LOG_WIDTH = 200
_WIDE = 150
_STYLE = {"verified": "green", "refuted": "bold red", "undecided": "yellow"}


def exit_status(results: Sequence[ClaimResult]) -> int:
    """Return 0 if there are results, every claim is verified and every mutant that was tried is refuted, else 1."""
    return 0 if results and all(result.passed for result in results) else 1


def format_estimate(estimate: float, mcse: float) -> str:
    """Return an estimate and its Monte Carlo standard error, which is shown to two digits.

    Examples
    --------
    >>> format_estimate(0.666912, 0.000314)
    '0.66691 +- 0.00031'
    >>> format_estimate(12345.6, 120.0)
    '12346 +- 120'
    >>> format_estimate(2.0, 0.0)
    '2 +- 0'
    """
    if math.isnan(estimate):
        return "-"
    if not mcse > 0 or not math.isfinite(mcse):
        return f"{estimate:.6g} +- {mcse:g}"
    places = 1 - math.floor(math.log10(mcse))
    if places > 12:
        return f"{estimate:.12g} +- {mcse:.2g}"
    places = max(0, places)
    return f"{estimate:.{places}f} +- {mcse:.{places}f}"


def worst_component(result: ClaimResult) -> ComponentResult:
    """Return the component that stands for a claim: not verified before verified, then the largest deviation."""
    rank = {REFUTED: 2, VERIFIED: 0}

    def badness(c: ComponentResult) -> tuple[int, int, float]:
        deviation = c.formula.residual if math.isnan(c.estimate) else abs(c.estimate - c.closed)
        share = deviation / c.margin if c.margin > 0 else 0.0
        return int(c.formula.holds is False), rank.get(c.verdict, 1), share if math.isfinite(share) else math.inf

    return max(result.components, key=badness)


def _formula(component: ComponentResult) -> str:
    if component.formula.holds is None:
        return "no oracle"
    return VERIFIED if component.formula.holds else REFUTED


def _row(result: ClaimResult, component: ComponentResult) -> dict[str, Any]:
    claim = result.claim
    return {
        "claim": claim.name,
        "component": component.label,
        "source": claim.source,
        "kind": claim.kind,
        "class": claim.margin_class,
        "closed": component.closed,
        "estimate": component.estimate,
        "mcse": component.mcse,
        "margin": component.margin,
        "low": component.low,
        "high": component.high,
        "region_low": component.region[0],
        "region_high": component.region[1],
        "replicates": component.units,
        "stage": component.stage,
        "units_needed": math.nan if component.units_needed is None else component.units_needed,
        "verdict": component.verdict,
        "formula": _formula(component),
        "residual": component.formula.residual,
        "tolerance": component.formula.tolerance,
        "no_oracle": component.formula.reason,
    }


def to_frame(results: Sequence[ClaimResult]) -> pd.DataFrame:
    """Return a data frame with a row for every component of every claim."""
    return pd.DataFrame([_row(result, component) for result in results for component in result.components])


def mutant_frame(results: Sequence[ClaimResult]) -> pd.DataFrame:
    """Return a data frame with a row for every mutant that was tried; `distance` is in margins."""
    columns = ["claim", "mutant", "kind", "refuted", "component", "distance", "replicates", "detail"]
    rows = [
        (result.claim.name, m.name, m.kind, m.refuted, m.component, m.distance, m.units, m.detail)
        for result in results
        for m in result.mutants
    ]
    return pd.DataFrame(rows, columns=columns)


def _plain(value: Any) -> Any:
    # JSON has no nan and no infinity
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def to_json(results: Sequence[ClaimResult]) -> str:
    """Return everything behind the verdicts as JSON; nan and infinity become null."""
    claims = []
    for result in results:
        claim = result.claim
        claims.append(
            {
                "name": claim.name,
                "statement": claim.statement,
                "latex": claim.latex,
                "assumptions": claim.assumptions,
                "source": claim.source,
                "kind": claim.kind,
                "margin_class": claim.margin_class,
                "verdict": result.verdict,
                "formula_verdict": result.formula_verdict,
                "simulator_verdict": result.simulator_verdict,
                "passed": result.passed,
                "seed": str(result.seed),
                "alpha": result.alpha,
                "seconds": round(result.seconds, 3),
                "components": [
                    {key: _plain(value) for key, value in _row(result, c).items() if key not in ("claim", "source")}
                    for c in result.components
                ],
                "mutants": [
                    {
                        "name": m.name,
                        "kind": m.kind,
                        "refuted": m.refuted,
                        "component": m.component,
                        "distance_in_margins": _plain(m.distance),
                        "replicates": m.units,
                        "detail": m.detail,
                    }
                    for m in result.mutants
                ],
            }
        )
    document = {"passed": exit_status(results) == 0, "claims": claims}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _cells(result: ClaimResult, component: ComponentResult) -> tuple[str, str, str, str]:
    """Return closed form, estimate, margin and replicates of a component as text."""
    if component.stage == 0:
        cases = "1 case" if component.units == 1 else f"{component.units:,} cases"
        closed = cases if math.isnan(component.closed) else f"{component.closed:.6g}"
        return closed, f"residual {component.formula.residual:.1e}", f"{component.margin:.1e}", "-"
    estimate = format_estimate(component.estimate, component.mcse)
    sign = {"Lower": ">= ", "Upper": "<= "}
    region = next(type(c.region).__name__ for c in result.claim.components if c.label == component.label)
    # a closed form of 0 comes out as rounding error
    value = 0.0 if abs(component.closed) < 1e-9 * component.margin else component.closed
    return sign.get(region, "") + f"{value:.6g}", estimate, f"{component.margin:.2g}", f"{component.units:,}"


def _verdict(result: ClaimResult, component: ComponentResult) -> str:
    text = component.verdict
    if component.formula.holds is False:
        text = "refuted (formula)"
    elif component.units_needed is not None:
        text += f" (needs {component.units_needed:.2g})"
    return text


def table(
    results: Sequence[ClaimResult], *, mutants: bool = False, every_component: bool = False, narrow: bool = False
) -> Table:
    """Return the table of claims for a `rich.console.Console`.

    Parameters
    ----------
    results : sequence of ClaimResult
        What `verify` returned.
    mutants : bool
        Add a row for each mutant and how it was refuted.
    every_component : bool
        One row a component; by default the worst one stands for its claim, with the number of components.
    narrow : bool
        Leave out what a terminal of 80 columns has no room for: source, class, margin, replicates and formula.
    """
    out = Table(show_lines=False, pad_edge=False)
    shown_columns = [i for i, name in enumerate(_COLUMNS) if not narrow or name in _NARROW]
    for i in shown_columns:
        if 3 <= i <= 6:
            out.add_column(_COLUMNS[i], justify="right", no_wrap=True)
        else:
            out.add_column(_COLUMNS[i], overflow="fold", no_wrap=_COLUMNS[i] == "verdict")

    def add_row(*cells: Text | str) -> None:
        out.add_row(*(cells[i] for i in shown_columns))

    for result in results:
        shown = result.components if every_component else (worst_component(result),)
        for position, component in enumerate(shown):
            name = result.claim.name
            if len(result.components) > 1:
                suffix = component.label if every_component else f"{component.label}, 1 of {len(result.components)}"
                name = f"{name} [{suffix}]"
            first = position == 0
            verdict = _verdict(result, component)
            add_row(
                Text(name),
                Text(result.claim.source if first else ""),
                Text(result.claim.margin_class if first else ""),
                *(Text(cell) for cell in _cells(result, component)),
                Text(_formula(component), style="bold red" if component.formula.holds is False else ""),
                Text(verdict, style=_STYLE.get(verdict.split()[0], "")),
            )
        if mutants:
            for m in result.mutants:
                verdict = "refuted" if m.refuted else "NOT refuted"
                style = "green" if m.refuted else "bold red"
                add_row(
                    Text(f"  mutant: {m.name}", style="dim"),
                    Text(m.detail if not m.refuted else "", style="dim"),
                    Text(m.kind, style="dim"),
                    "",
                    Text(f"{m.distance:.3g} margins", style="dim"),
                    "",
                    Text(f"{m.units:,}" if m.kind == "simulator" else "-", style="dim"),
                    "",
                    Text(verdict, style=style),
                )
    return out


def show(results: Sequence[ClaimResult]) -> None:
    """Print the table of claims, with the mutants that were tried, and a line that sums it up."""
    console = Console()
    if not console.is_terminal:
        # a log has no width; the columns should not be broken to fit an imagined one
        console = Console(width=_LOG_WIDTH)
    console.print(table(results, mutants=True, narrow=console.width < _WIDE))
    console.print(summary_line(results), markup=False, highlight=False)


def summary_line(results: Sequence[ClaimResult]) -> str:
    """Return one line with the number of claims of each verdict, of mutants, and of claims without oracle."""
    counts = {v: sum(r.verdict == v for r in results) for v in ("verified", "refuted", "undecided")}
    line = f"{len(results)} claims: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    tried = [m for r in results for m in r.mutants]
    if tried:
        line += f"; {sum(m.refuted for m in tried)} of {len(tried)} mutants refuted"
    silent = sum(r.formula_verdict == "no oracle" for r in results)
    return line + (f"; {silent} without an oracle for some component" if silent else "")
