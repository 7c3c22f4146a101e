"""Parts of self-contained HTML pages: frame, tables, numbers, pictures, lists of facts. No scripts, nothing to load."""

from __future__ import annotations

import base64
import html
import platform
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata
from pathlib import Path

__all__ = ["badge", "data_uri", "escape", "facts", "frame", "installed_versions", "number", "table", "tiles"]

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


def escape(value: object) -> str:
    """Return the HTML that shows `value` literally."""
    return html.escape(str(value))


def badge(kind: str, text: object) -> str:
    """Return a small label of kind "good", "bad" or "open"; the text says what it means, the colour repeats it."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def number(text: str) -> str:
    """Return the plain text of a number, such as ``-1.2(3)e-08`` or ``2^20``, as HTML.

    Examples
    --------
    >>> number("-1.2(3)e-08"), number("2^20")
    ('−1.2(3) × 10<sup>−8</sup>', '2<sup>20</sup>')
    """
    base, hat, power = text.partition("^")
    if not hat and text[:1] in "-(0123456789" and "e" in text:
        base, hat, power = text.partition("e")
        base, power = f"{base} × 10", str(int(power))
    shown = escape(base.replace("-", "−"))
    return f"{shown}<sup>{escape(power.replace('-', '−'))}</sup>" if hat else shown


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    n_text: int | Collection[int] = 1,
    *,
    labelled_by: str | None = None,
    row_heads: bool = False,
) -> str:
    """Return an HTML table in a box of its own, which scrolls sideways where the table is wider than the page.

    Parameters
    ----------
    head, rows : sequences of str
        HTML of headings and cells.
    n_text : int or collection of int
        How many columns at the left, or which ones, are text; the others hold numbers.
    labelled_by : str, optional
        Id of the element that names the table. The box can then be reached, and scrolled, by keyboard.
    row_heads : bool
        The first column names the rows.
    """
    text = range(n_text) if isinstance(n_text, int) else n_text
    kinds = ['<th scope="col">' if k in text else '<th scope="col" class="n">' for k in range(len(head))]
    box = f' role="region" tabindex="0" aria-labelledby="{escape(labelled_by)}"' if labelled_by else ""
    lines = [f'<div class="wide"{box}><table>', "<thead><tr>"]
    lines += [f"{kind}{name}</th>" for kind, name in zip(kinds, head, strict=True)] + ["</tr></thead>", "<tbody>"]
    for row in rows:
        cells = [
            f'<th scope="row">{cell}</th>'
            if row_heads and k == 0
            else f"<td{'' if k in text else ' class=' + chr(34) + 'n' + chr(34)}>{cell}</td>"
            for k, cell in enumerate(row)
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def data_uri(data: bytes, kind: str = "image/png") -> str:
    """Return the address of a picture that is held in the page itself."""
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def facts(title: str, values: Mapping[str, object]) -> str:
    """Return a titled list of names and values."""
    rows = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in values.items())
    return f"<h3>{escape(title)}</h3><dl>{rows}</dl>"


def tiles(items: Sequence[tuple[str, str, str]]) -> str:
    """Return large numbers with their names; each item is a number, its name and "good", "bad" or ""."""
    shown = "".join(f'<li class="{kind}"><b>{escape(value)}</b> {escape(name)}</li>' for value, name, kind in items)
    return f'<ul class="tiles">{shown}</ul>'


def frame(
    title: str, header: Sequence[str], main: Sequence[str], sections: Mapping[str, str], *, style: str = ""
) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
        Plain text, shown as the first heading too.
    header, main : sequences of str
        HTML below the title and of the body.
    sections : mapping
        Id -> name of the sections that the navigation names.
    style : str, optional
        CSS to follow the common one.
    """
    links = " ".join(f'<a href="#{escape(key)}">{escape(name)}</a>' for key, name in sections.items())
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<style>\n{STYLE}{style}</style></head><body>",
        f"<header><h1>{escape(title)}</h1>" + "\n".join(header),
        f"<nav>{links}</nav></header><main>",
        "\n".join(main),
    ]
    return "\n".join(lines) + "</main></body></html>\n"
