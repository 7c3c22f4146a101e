r"""Numbers of the paper as LaTeX macros: each is computed from a closed form or read from stored results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixtheory._validation import near_matches
from mixtheory.publishing.figures import Results
from mixtheory.publishing.latex import latex_number
from mixtheory.publishing.tables import TableSpec, format_number, format_uncertain
from mixtheory.scripts import load_script

__all__ = ["Contents", "Macro", "closed_form", "define", "load_contents", "macro_name", "number", "stored"]

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def macro_name(text: str, prefix: str = "val") -> str:
    r"""Return a control-sequence name for `text`: letters only, digits spelled, and a prefix against clashes.

    Raises
    ------
    ValueError
        If `text` holds no ASCII letter or digit.

    Examples
    --------
    >>> macro_name("rho uniform"), macro_name("mixing.generations.t10")
    ('valRhoUniform', 'valMixingGenerationsTOneZero')
    """
    words = re.findall(r"[A-Za-z]+|[0-9]", text)
    if not words:
        raise ValueError(f"a macro needs a name with letters or digits, got {text!r}")
    return prefix + "".join(_DIGITS[int(word)] if word.isdigit() else word[0].upper() + word[1:] for word in words)


@dataclass(frozen=True)
class Macro:
    """A generated number: the name it has in the paper and how its text is made from the stored results."""

    name: str
    text: Callable[[Results], str]
    studies: tuple[str, ...] = ()


def closed_form(name: str, function: Callable[[], float], digits: int = 4) -> Macro:
    """Return a macro whose value is a closed form, rounded to `digits` significant digits."""
    return Macro(name, lambda _: format_number(float(function()), digits))


def stored(
    name: str,
    study: str,
    metric: str,
    where: Mapping[str, Any] | None = None,
    *,
    style: str = "parentheses",
    column: str = "estimate",
) -> Macro:
    """Return a macro whose value is one stored result, rounded to its Monte Carlo standard error.

    `where` must leave exactly one row of the study's tidy frame. `column` other than ``"estimate"`` (for instance
    ``"replicates"``) is shown as it is.
    """

    def text(results: Results) -> str:
        frame = results.frame(study)
        for key, value in {"metric": metric, **(where or {})}.items():
            if key not in frame.columns:
                raise ValueError(f"macro {name}: study {study} has no column {key!r}{near_matches(key, frame.columns)}")
            frame = frame[frame[key] == value]
        if len(frame) != 1:
            raise ValueError(
                f"macro {name}: {len(frame)} rows of study {study} match {metric!r}, {where}; expected one"
            )
        row = frame.iloc[0]
        if column != "estimate":
            return format_number(float(row[column]), 6)
        return format_uncertain(float(row["estimate"]), float(row["mcse"]), style=style)

    return Macro(name, text, (study,))


def number(name: str, study: str, column: str = "replicates") -> Macro:
    """Return a macro for a number that is the same in every row of a stored table, such as the replicates of a cell.

    If it is not the same everywhere, the smallest is shown after "at least".
    """

    def text(results: Results) -> str:
        frame = results.frame(study)
        if column not in frame.columns:
            raise ValueError(
                f"macro {name}: study {study} has no column {column!r}{near_matches(column, frame.columns)}"
            )
        low, high = float(frame[column].min()), float(frame[column].max())
        shown = format_number(low, 9)
        return shown if low == high else rf"\text{{at least }}{shown}"

    return Macro(name, text, (study,))


def define(values: Iterable[tuple[str, str]]) -> str:
    r"""Return ``\newcommand`` lines for pairs of name and plain text of a number.

    Raises
    ------
    ValueError
        If two names make the same macro.

    Examples
    --------
    >>> print(define([("rho uniform", "0.6667")]))
    \newcommand{\valRhoUniform}{\ensuremath{0.6667}}
    <BLANKLINE>
    """
    lines: dict[str, str] = {}
    for name, text in values:
        command = macro_name(name)
        if command in lines:
            raise ValueError(f"two macros are called \\{command}; rename {name!r}")
        body = latex_number(text).strip("$")
        lines[command] = rf"\newcommand{{\{command}}}{{\ensuremath{{{body}}}}}"
    return "\n".join([*lines.values(), ""])


@dataclass(frozen=True)
class Contents:
    """What a paper shows that is generated: declared in ``paper/contents.py`` as TABLES, MACROS and FIGURES."""

    tables: tuple[TableSpec, ...] = ()
    macros: tuple[Macro, ...] = ()
    figures: tuple[str, ...] = ()
    studies: tuple[str, ...] = field(default=())


def load_contents(paper_dir: str | Path) -> Contents:
    """Return what ``paper_dir/contents.py`` declares, with the studies that its tables and macros read.

    Raises
    ------
    FileNotFoundError
        If the folder holds no ``contents.py``.
    """
    module = load_script(Path(paper_dir) / "contents.py")
    tables, macros = tuple(getattr(module, "TABLES", ())), tuple(getattr(module, "MACROS", ()))
    studies = dict.fromkeys([spec.study for spec in tables] + [name for macro in macros for name in macro.studies])
    return Contents(tables, macros, tuple(getattr(module, "FIGURES", ())), tuple(studies))
