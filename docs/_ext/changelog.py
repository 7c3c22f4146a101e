"""The changelog as a page: ``CHANGELOG.md`` uses headings, lists, links and code, which are translated."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

__all__ = ["markdown_to_rst", "setup"]

_LINES = {"# ": "=", "## ": "-", "### ": "~"}


def markdown_to_rst(text: str) -> str:
    r"""Return simple Markdown as reStructuredText.

    Examples
    --------
    >>> print(markdown_to_rst("## [1.0]\n- `x`, see [there](http://a.b)"))
    1.0
    ---
    <BLANKLINE>
    - ``x``, see `there <http://a.b>`__
    """
    lines = []
    for line in text.splitlines():
        mark = next((mark for mark in _LINES if line.startswith(mark)), None)
        if mark is not None:
            title = re.sub(r"\[(.*?)\]", r"\1", line[len(mark) :])
            lines += [title, _LINES[mark] * len(title), ""]
            continue
        parts = re.split(r"(`[^`]+`)", line)
        for k in range(0, len(parts), 2):
            plain = re.sub(r"([*|\\])", r"\\\1", parts[k])
            parts[k] = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"`\1 <\2>`__", plain)
        parts[1::2] = [f"`{code}`" for code in parts[1::2]]
        lines.append("".join(parts))
    return "\n".join(lines)


def _generate(app: Sphinx) -> None:
    source = Path(app.srcdir).parent / "CHANGELOG.md"
    target = Path(app.srcdir) / "generated" / "changelog.rst"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(markdown_to_rst(source.read_text("utf-8")) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the page before the pages are read."""
    app.connect("builder-inited", _generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
