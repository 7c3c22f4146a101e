"""Finding claims, studies and figures by name.

Studies and figures are scripts in ``simulations/`` and ``figures/``; claims are in the topics' ``claims`` packages
and, a person's own, in ``claims/*.py``. The folders of the current directory come first, then those of the project.
"""

from __future__ import annotations

import fnmatch
import importlib
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from mixtheory._validation import near_matches
from mixtheory.scripts import load_script

if TYPE_CHECKING:
    from mixtheory.montecarlo import Study
    from mixtheory.verification import Claim

__all__ = ["claims", "figures", "load_study", "project_root", "studies", "support_modules", "theory_modules"]

TOPICS = ("mixtheory.mixing", "mixtheory.highdim", "mixtheory.imbalance")


def project_root() -> Path:
    """Return the folder that holds ``simulations/``, ``figures/`` and ``paper/`` of this project.

    In a checkout it is the checkout; an installed package carries a copy.
    """
    package = Path(__file__).resolve().parent
    checkout = package.parent
    return checkout if (checkout / "simulations").is_dir() else package / "_project"


def _roots() -> list[Path]:
    here, project = Path.cwd(), project_root()
    return [project] if here == project else [here, project]


def _scripts(folder: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in _roots():
        for path in sorted((root / folder).glob("*.py")):
            if not path.stem.startswith("_"):
                found.setdefault(path.stem, path)
    return found


def _pick(kind: str, name: str, found: dict[str, Path]) -> Path:
    if name not in found:
        raise ValueError(f"unknown {kind} {name!r}{near_matches(name, found)}; `mixtheory list` shows all")
    return found[name]


def _load(path: Path) -> ModuleType:
    """Import a script; whatever goes wrong in it becomes one message that names the file and the line."""
    try:
        return load_script(path)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else (lines or [None])[-1]
        where = f"{path}, line {line}" if line else str(path)
        raise ValueError(f"{where} cannot be imported: {type(error).__name__}: {error}") from error


def studies() -> dict[str, Path]:
    """Return the scripts of all studies by name."""
    return {name: path for name, path in _scripts("simulations").items() if "STUDY" in path.read_text("utf-8")}


def load_study(name: str) -> Study:
    """Return a study by name.

    Raises
    ------
    ValueError
        If there is none, with near matches, or its script gives it another name.
    """
    from mixtheory.montecarlo import Study

    path = _pick("study", name, studies())
    study = getattr(_load(path), "STUDY", None)
    if not isinstance(study, Study):
        raise ValueError(f"{path} must define STUDY = Study(...), got {study!r}")
    if study.name != name:
        raise ValueError(f"the study in {path} must be called {name!r} like its file, got {study.name!r}")
    return study


def figures() -> dict[str, Path]:
    """Return the scripts of all figures by name."""
    return {name: path for name, path in _scripts("figures").items() if "def draw" in path.read_text("utf-8")}


def figure(name: str) -> Path:
    """Return the script of a figure.

    Raises
    ------
    ValueError
        If there is none, with near matches.
    """
    return _pick("figure", name, figures())


def _all_claims() -> list[Claim]:
    from mixtheory.verification import Claim

    found: list[Claim] = []
    for topic in TOPICS:
        found += importlib.import_module(f"{topic}.claims").CLAIMS
    for path in _scripts("claims").values():
        own = getattr(_load(path), "CLAIMS", None)
        if not isinstance(own, (tuple, list)) or not all(isinstance(claim, Claim) for claim in own):
            raise ValueError(f"{path} must define CLAIMS, a tuple of Claim, got {own!r}")
        found += own
    names = [claim.name for claim in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"claims must have different names; these occur twice: {twice}")
    return found


def claims(patterns: Sequence[str] = ()) -> list[Claim]:
    """Return the claims whose names match any of some names or globs, all without patterns, in their order.

    Raises
    ------
    ValueError
        If a pattern matches nothing; near matches are suggested.
    """
    found = _all_claims()
    if not patterns:
        return found
    chosen: set[str] = set()
    for pattern in patterns:
        matching = {claim.name for claim in found if fnmatch.fnmatchcase(claim.name, pattern)}
        if not matching:
            raise ValueError(
                f"unknown claim {pattern!r}{near_matches(pattern, [c.name for c in found])}; `mixtheory list` shows all"
            )
        chosen |= matching
    return [claim for claim in found if claim.name in chosen]


def _modules(kind: str) -> list[str]:
    return [name for topic in TOPICS for name in getattr(importlib.import_module(f"{topic}.claims"), kind)]


def theory_modules() -> list[str]:
    """Return the names of the modules that hold closed forms, as the topics declare them."""
    return _modules("THEORY_MODULES")


def support_modules() -> list[str]:
    """Return the names of the modules that the theory imports and that hold no closed forms."""
    return _modules("SUPPORT_MODULES")
