"""What a report says, in plain words: for each table how many rows lie outside their null bands, and which."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixtheory.fidelity.cells import HEADINGS, REPEATING, farness, row_name, shorten
from mixtheory.publishing.tables import format_number

if TYPE_CHECKING:
    import pandas as pd

    from mixtheory.fidelity.report import FidelityReport

__all__ = ["FEW_ROWS", "Finding", "count", "fewness", "findings", "headline", "sizes"]

FEW_ROWS = 20
"""Rows of either table below which a report can tell little."""

# copies come first: they are what cannot be put right later
_FIRST = ("privacy",)
_NEAR_PARENTS = (
    "Mixed rows lie near their parents by construction: near-copies are no proof of a defect, but such rows are not "
    "anonymous."
)
_NAMED = 3
_LONGEST_NAME = 40


@dataclass(frozen=True)
class Finding:
    """What one table says.

    Attributes
    ----------
    table, heading : str
        The table and its heading.
    verdict : {"alike", "differs", "differs, as predicted", "as predicted", "not as predicted", "not judged"}
        As predicted only if every row outside its null band (every row, where there are no bands) has an expectation
        that its interval holds.
    kind : {"good", "bad", "open"}
    sentence : str
    checked, outside : int
        Rows with a null band, and those outside of it.
    unexplained : int
        Rows outside the null band that have no expectation.
    predicted, missed : int
        Rows with an expectation, and those whose interval does not hold it.
    """

    table: str
    heading: str
    verdict: str
    kind: str
    sentence: str
    checked: int
    outside: int
    unexplained: int
    predicted: int
    missed: int


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> count(1, "row"), count(12000, "row")
    ('1 row', '12,000 rows')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _flags(frame: pd.DataFrame, column: str) -> tuple[int, pd.DataFrame]:
    """Return how many rows are judged by a column of flags, and the rows that fail."""
    if column not in frame:
        return 0, frame.iloc[:0]
    known = frame[column].notna()
    return int(known.sum()), frame[known & ~frame[column].fillna(True).astype(bool)]


def _named(rows: pd.DataFrame) -> str:
    """Return the rows by name, the farthest first, with what they are and where they ought to be."""
    order = (-farness(rows)).argsort(kind="stable")
    parts = []
    for place in order[:_NAMED]:
        row = rows.iloc[place]
        band = f"{format_number(row['value'], 3)}"
        low, high = (float(row.get(name, math.nan)) for name in ("null_low", "null_high"))
        if not math.isnan(low) and not math.isnan(high):
            band += f", null {format_number(low, 3)} to {format_number(high, 3)}"
        parts.append(f"{shorten(row_name(rows.index[place]), _LONGEST_NAME)} ({band})")
    more = len(rows) - len(parts)
    return "; ".join(parts) + (f"; and {more:,} more" if more else "")


def _finding(name: str, frame: pd.DataFrame) -> Finding:
    checked, outside = _flags(frame, "within_null")
    predicted, missed = _flags(frame, "as_expected")
    sentences = []
    if "count" in frame:
        known = frame["count"].dropna()
        sentences.append(f"{_listed([f'{int(number):,} {row_name(key)}' for key, number in known.items()])}.")
    if checked and outside.empty:
        sentences.append("Inside its null band." if checked == 1 else f"All {checked:,} inside their null bands.")
    elif checked:
        sentences.append(f"{len(outside):,} of {checked:,} outside the null band: {_named(outside)}.")
    silent = len(frame) - predicted
    if predicted and missed.empty and silent:
        agree = "The 1 predicted agrees" if predicted == 1 else f"The {predicted:,} predicted agree"
        sentences.append(f"{agree} with the law; {_unpredicted(silent)}.")
    elif predicted and missed.empty:
        sentences.append("As the law predicts." if predicted == 1 else f"All {predicted:,} as the law predicts.")
    elif predicted:
        names = "" if not outside.empty and set(missed.index) == set(outside.index) else f": {_named(missed)}"
        sentences.append(f"{len(missed):,} of {predicted:,} not as the law predicts{names}.")
        if silent:
            sentences.append(f"{_unpredicted(silent)[0].upper()}{_unpredicted(silent)[1:]}.")
    unexplained = int((~outside.index.isin(_predicted(frame))).sum())
    if not checked and not predicted:
        verdict, kind = "not judged", "open"
        sentences.append("There are no null bands to compare with.")
    elif outside.empty and not missed.empty:
        verdict, kind = "not as predicted", "bad"
    elif not checked:
        verdict, kind = ("not judged", "open") if silent else ("as predicted", "good")
    elif outside.empty:
        verdict, kind = "alike", "good"
    elif missed.empty and not unexplained:
        verdict, kind = "differs, as predicted", "open"
    else:
        verdict, kind = "differs", "bad"
    if name == "privacy":
        sentences.append(_NEAR_PARENTS)
    said = " ".join(sentences)
    return Finding(
        name, HEADINGS[name], verdict, kind, said, checked, len(outside), unexplained, predicted, len(missed)
    )


def _unpredicted(number: int) -> str:
    return f"{number:,} {'has' if number == 1 else 'have'} no prediction"


def _predicted(frame: pd.DataFrame) -> pd.Index:
    return frame.index[frame["as_expected"].notna()] if "as_expected" in frame else frame.index[:0]


def findings(report: FidelityReport) -> list[Finding]:
    """Return what each table says, copies first."""
    names = [name for name in report.tables if name not in REPEATING]
    ordered = [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]
    return [_finding(name, report.tables[name]) for name in ordered]


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def fewness(meta: Mapping[str, Any]) -> str | None:
    """Return a warning if there are too few rows of either kind to tell much, otherwise None."""
    few = [
        count(int(meta[f"rows_{kind}"]), f"{kind} row")
        for kind in ("synthetic", "real")
        if int(meta[f"rows_{kind}"]) < FEW_ROWS
    ]
    if not few:
        return None
    return f"With only {_listed(few)} this report can tell little: below {FEW_ROWS} only gross differences show."


def headline(report: FidelityReport) -> str:
    """Return the answer in two or three sentences: what differs, and whether that was to be expected."""
    found = findings(report)
    judged = [finding for finding in found if finding.checked]
    differing = [finding for finding in judged if finding.outside]
    parts = []
    if (few := fewness(report.meta)) is not None:
        parts.append(few)
    if judged and not differing:
        parts.append(
            f"In none of {len(judged)} comparisons do the synthetic rows differ from the real ones by more than fresh "
            "real rows would."
        )
    elif judged:
        names = _listed([finding.heading.lower() for finding in differing])
        parts.append(
            f"The synthetic rows differ from the real ones by more than fresh real rows would in {len(differing)} of "
            f"{len(judged)} comparisons: {names}."
        )
    explained = [finding.heading.lower() for finding in differing if finding.verdict.endswith("as predicted")]
    if explained:
        parts.append(f"The law explains what it does to {_listed(explained)}.")
    predicted = sum(finding.predicted for finding in found)
    unexplained = sum(finding.unexplained for finding in differing)
    if predicted and unexplained:
        total = sum(finding.outside for finding in differing)
        parts.append(
            f"For {unexplained:,} of {count(total, 'number')} outside the null bands the law predicts nothing."
        )
    missed = [finding for finding in found if finding.missed]
    if predicted and not missed:
        parts.append(f"All {predicted:,} predictions of the law agree with the synthetic rows.")
    elif predicted:
        lost = sum(finding.missed for finding in missed)
        names = _listed([finding.heading.lower() for finding in missed])
        parts.append(f"{lost:,} of {predicted:,} predictions of the law do not hold ({names}).")
    if not judged and not predicted:
        parts.append("Nothing could be judged.")
    return " ".join(parts)


def sizes(report: FidelityReport) -> str:
    """Return what was compared, in a sentence."""
    meta = report.meta
    nominal = len(meta.get("nominal", ()))
    columns = count(len(meta["columns"]), "column")
    columns += f", {nominal:,} of them nominal" if nominal else ""
    target = {"classes": ", with class labels", "numbers": ", with a numeric target"}.get(str(meta.get("target")), "")
    rows = count(int(meta["rows_synthetic"]), "synthetic row")
    return f"{rows} against {count(int(meta['rows_real']), 'real row')} in {columns}{target}."
