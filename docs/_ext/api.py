"""Pages of the reference: every public name on one page, by topic.

A package that exports names is public through them; a package that exports none is public through its modules. An
object that is exported in several places is documented at the first of them, the shortest name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

import mixtheory

__all__ = ["TOPICS", "Topic", "exports", "home_of", "public_modules", "setup", "write_reference"]

# claims, studies and simulators are described with the architecture: they are what closed forms are held against; the
# command line has a page of its own
INTERNAL = ("claims", "studies", "kernels", "templates", "cli", "table_commands")


@dataclass(frozen=True)
class Topic:
    """A part of the reference: the modules under its prefixes."""

    name: str
    title: str
    text: str
    prefixes: tuple[str, ...]


TOPICS = (
    Topic(
        "resampling",
        "Samplers",
        "Over-samplers for a person's own table, in the contract of scikit-learn and imbalanced-learn.",
        ("mixtheory.resampling", "mixtheory.mixing.samplers", "mixtheory.imbalance.samplers"),
    ),
    Topic(
        "fidelity",
        "Fidelity and files",
        "What synthetic rows keep of real ones, intrinsic dimension, and tables in files.",
        ("mixtheory.fidelity", "mixtheory.intrinsic_dimension", "mixtheory.tablefiles"),
    ),
    Topic(
        "mixing",
        "Mixing",
        "Laws of mixing weights, what they do to moments, labels, samples and generations, and synthesis.",
        ("mixtheory.mixing",),
    ),
    Topic(
        "highdim",
        "High-dimensional regression",
        "Risk of regression on real and synthetic rows, and the selection of rows from a pool.",
        ("mixtheory.highdim",),
    ),
    Topic(
        "imbalance",
        "Imbalanced classes",
        "Generators of minority rows, how many of them to add, and tests of symmetry.",
        ("mixtheory.imbalance",),
    ),
    Topic(
        "engine",
        "Engine, verifier and publishing",
        "Studies and their execution, claims and their decision, figures, tables, the paper and data sets.",
        (
            "mixtheory.montecarlo",
            "mixtheory.verification",
            "mixtheory.publishing",
            "mixtheory.catalog",
            "mixtheory.comparisons",
            "mixtheory.datasets",
            "mixtheory.downstream",
            "mixtheory.imbalanced_datasets",
            "mixtheory.reproduction",
            "mixtheory.scripts",
        ),
    ),
)


@cache
def public_modules() -> tuple[str, ...]:
    """Return the names of the modules whose exports are public."""
    found: list[str] = []

    def visit(package: ModuleType) -> None:
        for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
            if info.name.startswith("_") or info.name in INTERNAL:
                continue
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            if exports(module.__name__):
                found.append(module.__name__)
            elif info.ispkg:
                visit(module)

    visit(mixtheory)
    return tuple(found)


def exports(name: str) -> list[str]:
    """Return the names that a module exports, in its order; dunder names are left out."""
    module = importlib.import_module(name)
    return [item for item in getattr(module, "__all__", ()) if not item.startswith("__")]


def home_of(module: str, name: str) -> str:
    """Return the full name under which an export is documented."""
    value = getattr(importlib.import_module(module), name)
    places = [
        place
        for place in ("mixtheory", *public_modules())
        if name in exports(place) and getattr(importlib.import_module(place), name) is value
    ]
    return f"{min(places, key=lambda place: (place.count('.'), place != module))}.{name}"


def topic_of(module: str) -> Topic:
    """Return the topic with the longest prefix of a module's name.

    Raises
    ------
    ValueError
        If a module belongs to no topic: it must be added to one.
    """
    found = [
        (len(prefix), topic)
        for topic in TOPICS
        for prefix in topic.prefixes
        if module == prefix or module.startswith(f"{prefix}.")
    ]
    if not found:
        raise ValueError(f"{module} belongs to no topic of the reference; add it to TOPICS in docs/_ext/api.py")
    return max(found, key=lambda pair: pair[0])[1]


def _directive(home: str) -> list[str]:
    module, _, name = home.rpartition(".")
    value = getattr(importlib.import_module(module), name)
    if inspect.isclass(value):
        # what one imports from the package is shown whole, with what it has from classes of the project
        whole = ["   :inherited-members:"] if module == "mixtheory" else []
        return [f".. autoclass:: {home}", "   :members:", *whole, ""]
    if inspect.isroutine(value) or hasattr(value, "py_func"):
        return [f".. autofunction:: {home}", ""]
    return [f".. autodata:: {home}", ""]


def _heading(text: str, line: str) -> list[str]:
    return [text, line * len(text), ""]


def _module_page(module: str) -> str:
    homes = [home_of(module, name) for name in exports(module)]
    lines = [*_heading(module, "="), f".. automodule:: {module}", "   :no-members:", "", ".. autosummary::", ""]
    # names of the page's own module are given without it, those that are documented elsewhere in full
    lines += [f"   {home.rpartition('.')[2] if home.rpartition('.')[0] == module else '~' + home}" for home in homes]
    lines.append("")
    for home in homes:
        if home.rpartition(".")[0] == module:
            lines += _directive(home)
    return "\n".join(lines)


def _object_page(name: str) -> str:
    home = f"mixtheory.{name}"
    return "\n".join([*_heading(name, "="), ".. currentmodule:: mixtheory", "", *_directive(home)])


def write_reference(folder: str | Path) -> dict[str, str]:
    """Write all pages into `folder` and return them by name: the index, topics, modules and top-level names."""
    modules = public_modules()
    pages: dict[str, str] = {}
    names = exports("mixtheory")
    index = _heading("Reference", "=")
    index += [
        "Every public name. What one imports from ``mixtheory`` itself comes first; the other names are on the page of",
        "their module. A package that exports names is public through them, and a package that exports none through",
        "its modules.",
        "",
        *_heading("From the package itself", "-"),
        ".. autosummary::",
        "",
        *[f"   mixtheory.{name}" for name in names],
        "",
        *_heading("By topic", "-"),
    ]
    for topic in TOPICS:
        mine = [module for module in modules if topic_of(module) is topic]
        if not mine:
            continue
        index += [f":doc:`{topic.name}`", f"    {topic.text}", ""]
        page = [*_heading(topic.title, "="), topic.text, ""]
        for module in mine:
            summary = (importlib.import_module(module).__doc__ or "").strip().partition("\n\n")[0].replace("\n", " ")
            page += [f":doc:`{module}`", f"    {summary}", ""]
            pages[module] = _module_page(module)
        page += [".. toctree::", "   :hidden:", "", *[f"   {module}" for module in mine], ""]
        pages[topic.name] = "\n".join(page)
    for name in names:
        pages[f"top.{name}"] = _object_page(name)
    pages["top"] = "\n".join(
        [
            *_heading("mixtheory", "="),
            "What one imports from the package itself.",
            "",
            *[".. autosummary::", "", *[f"   mixtheory.{name}" for name in names], ""],
            *[".. toctree::", "   :hidden:", "", *[f"   top.{name}" for name in names], ""],
        ]
    )
    present = [topic.name for topic in TOPICS if topic.name in pages]
    index += [".. toctree::", "   :hidden:", "", "   top", *[f"   {name}" for name in present], ""]
    pages["index"] = "\n".join(index)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        path = target / f"{name}.rst"
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return pages


def _generate(app: Sphinx) -> None:
    write_reference(Path(app.srcdir) / "generated" / "api")


def _skip(app: Sphinx, kind: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    # methods that scikit-learn writes into every estimator, and members that come from other projects
    function = getattr(member, "fget", None) or getattr(member, "func", None) or inspect.unwrap(member)
    foreign = not str(getattr(function, "__module__", None) or "mixtheory").startswith("mixtheory")
    return True if foreign or re.fullmatch(r"set_\w+_request", name) else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the reference before the pages are read."""
    app.connect("autodoc-skip-member", _skip)
    app.connect("builder-inited", _generate)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
