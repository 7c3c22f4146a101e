"""LaTeX of texts, numbers and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["escape_latex", "latex_number", "latex_table"]

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "−": r"$-$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "²": r"$^2$",
    "³": r"$^3$",
    "ε": r"$\varepsilon$",
    "φ": r"$\varphi$",
}


def escape_latex(text: object) -> str:
    r"""Return `text` so that LaTeX prints it literally.

    Examples
    --------
    >>> escape_latex("50% of x_1 & y")
    '50\\% of x\\_1 \\& y'
    """
    return "".join(_ESCAPES.get(character) or _greek(character) for character in str(text))


def _greek(character: str) -> str:
    if character.isascii():
        return character
    name = unicodedata.name(character, "").removeprefix("GREEK ").split()
    if len(name) == 3 and name[1] == "LETTER":  # SMALL LETTER ALPHA
        letter = name[2].lower().replace("lamda", "lambda")
        return rf"$\{letter.capitalize() if name[0] == 'CAPITAL' else letter}$"
    # pdflatex stops at characters without a definition; accented Latin letters have one.
    return character if ord(character) < 0x180 else rf"\texttt{{U+{ord(character):04X}}}"


def latex_number(text: str) -> str:
    """Return plain text of a number, such as ``-1.2(3)e-08``, as LaTeX mathematics."""
    if text in ("", "–"):
        return "--"
    body, _, power = text.partition("e") if text[:1] in "-(0123456789" else (text, "", "")
    body = body.replace("∞", r"\infty").replace("±", r"\pm")
    return f"${body}\\times 10^{{{int(power)}}}$" if power else f"${body}$"


def latex_table(
    columns: str,
    heads: Sequence[Sequence[str]],
    body: Sequence[Sequence[str]],
    *,
    caption: str,
    label: str,
    rules: str = "",
) -> str:
    """Return a LaTeX ``table`` environment (booktabs, graphicx), scaled down where it is wider than the text.

    Parameters
    ----------
    columns : str
        Alignment of the columns, such as ``"lrr"``.
    heads, body : sequences of rows
        LaTeX of the cells.
    caption, label : str
        LaTeX, taken as it is.
    rules : str
        Rules between two rows of headings.
    """
    lines = [
        r"\begin{table}[tbp]",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\label{{{label}}}",
        r"\small\setlength{\tabcolsep}{5pt}",
        # A table that is wider than the text is scaled down to it, others are left alone.
        r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        *[_row(head) for head in heads[:-1]],
        *([rules] if rules else []),
        _row(heads[-1]),
        r"\midrule",
        *[_row(cells) for cells in body],
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
