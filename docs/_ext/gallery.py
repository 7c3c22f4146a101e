"""Pages of the gallery: every figure script with its title, its caption, its picture and its source.

The picture is that of ``results/figures``; where it is missing and its studies are stored it is drawn; otherwise the
page says which commands make it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

from mixtheory import catalog
from mixtheory.publishing.figures import MissingResults, draw_figure
from mixtheory.publishing.markup import caption_to_latex
from mixtheory.scripts import load_script

__all__ = ["Entry", "caption_to_rst", "entries", "escape", "setup", "write_gallery"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A figure: its script, what it declares, and its picture if there is one."""

    name: str
    title: str
    caption: str
    studies: tuple[str, ...]
    script: Path
    picture: Path | None = None


def escape(text: str) -> str:
    """Return text in which nothing is markup."""
    return re.sub(r"([\\*`|_<>])", r"\\\1", text)


def caption_to_rst(text: str) -> str:
    r"""Return a figure's caption as reStructuredText, with its formulas.

    Examples
    --------
    >>> print(caption_to_rst("The factor rho_1 and $x_1$, twice"))
    The factor rho\_1 and \ :math:`x_1`\ , twice
    """
    latex = caption_to_latex(text).split("$")
    if len(latex) % 2 == 0:
        return escape(text)
    plain = re.compile(r"\\([%&_#{}])")
    words = {"textless{}": "<", "textgreater{}": ">", "textasciitilde{}": "~"}
    parts = []
    for k, part in enumerate(latex):
        if k % 2:
            # Greek letters of the plain text are single characters already
            parts.append(rf"\ :math:`{part}`\ ")
            continue
        for command, symbol in words.items():
            part = part.replace("\\" + command, symbol)
        parts.append(escape(plain.sub(r"\1", part)))
    return "".join(parts)


def _picture(name: str, script: Path, results: Path, drawn: Path) -> Path | None:
    stored = results / "figures" / f"{name}.png"
    if stored.is_file():
        return stored
    try:
        return draw_figure(script, results, drawn).png
    except MissingResults:
        return None


def entries(results: str | Path, drawn: str | Path) -> list[Entry]:
    """Return all figures of the project by name; pictures that must be drawn go to `drawn`."""
    found = []
    for script in sorted((catalog.project_root() / "figures").glob("*.py")):
        module = load_script(script)
        if not callable(getattr(module, "draw", None)):
            continue
        studies: Any = getattr(module, "STUDIES", ())
        found.append(
            Entry(
                name=script.stem,
                title=(module.__doc__ or script.stem).strip().partition("\n")[0].rstrip("."),
                caption=" ".join(str(getattr(module, "CAPTION", "")).split()),
                studies=(studies,) if isinstance(studies, str) else tuple(studies),
                script=script,
                picture=_picture(script.stem, script, Path(results), Path(drawn)),
            )
        )
    return found


def _commands(entry: Entry) -> list[str]:
    runs = [f"mixtheory run {name} --profile quick" for name in entry.studies]
    return [*runs, f"mixtheory figures {entry.name}"]


def _page(entry: Entry, image: str | None) -> str:
    title = escape(entry.title)
    lines = [f".. _figure-{entry.name}:", "", title, "=" * (len(title) + 2), ""]
    if image is None:
        lines += [
            ".. admonition:: No picture in this build",
            "",
            "   The results that this figure shows are not stored here. The commands below make them.",
            "",
        ]
    else:
        lines += [f".. image:: {image}", f"   :alt: {entry.title}", "   :class: gallery-picture", ""]
    lines += [caption_to_rst(entry.caption), "", "Make it", "-------", "", ".. code-block:: console", ""]
    lines += [f"   $ {command}" for command in _commands(entry)]
    lines += ["", "The script", "----------", "", f"``figures/{entry.script.name}``", ""]
    lines += [".. code-block:: python", ""]
    lines += [f"   {line}".rstrip() for line in entry.script.read_text("utf-8").splitlines()]
    return "\n".join([*lines, ""])


def write_gallery(folder: str | Path, results: str | Path) -> list[Entry]:
    """Write a page for each figure and an index into `folder`; return the figures."""
    target = Path(folder)
    pictures = target / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    found = entries(results, pictures)
    lines = [
        "Gallery",
        "=======",
        "",
        "Every figure of the project: lines are closed forms, points are simulations, and bars are two Monte Carlo",
        "standard errors unless the caption says otherwise. Each page has the script that draws it; scripts read",
        "stored results and never simulate.",
        "",
        ".. container:: gallery",
        "",
    ]
    for entry in found:
        image = None
        if entry.picture is not None:
            copy = pictures / entry.picture.name
            if copy != entry.picture:
                copy.write_bytes(entry.picture.read_bytes())
            image = f"pictures/{entry.picture.name}"
        (target / f"{entry.name}.rst").write_text(_page(entry, image), encoding="utf-8")
        if image is None:
            lines += ["   .. container:: gallery-absent", "", f"      :ref:`figure-{entry.name}`", ""]
            lines += ["      No picture in this build; the page has the commands that make it.", ""]
        else:
            lines += [f"   .. figure:: {image}", f"      :target: {entry.name}.html", f"      :alt: {entry.title}", ""]
            lines += [f"      :ref:`figure-{entry.name}`", ""]
    lines += [".. toctree::", "   :hidden:", ""] + [f"   {entry.name}" for entry in found]
    (target / "index.rst").write_text("\n".join([*lines, ""]), encoding="utf-8")
    absent = [entry.name for entry in found if entry.picture is None]
    if absent:
        _LOG.info("no results, so no picture, for %s", ", ".join(absent))
    return found


def _generate(app: Sphinx) -> None:
    write_gallery(Path(app.srcdir) / "generated" / "gallery", app.config.mixtheory_results)


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the gallery before the pages are read."""
    app.connect("builder-inited", _generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
