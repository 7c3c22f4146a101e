"""Importing a script by its path: studies, figures and the paper's contents are files, not installed modules."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from mixtheory._validation import near_matches

__all__ = ["load_script"]


@contextmanager
def _import_path(*folders: Path) -> Iterator[None]:
    before = list(sys.path)
    sys.path[:0] = [str(folder) for folder in folders]
    try:
        yield
    finally:
        sys.path[:] = before


def load_script(path: str | Path) -> ModuleType:
    """Import the script at `path` under a private name; its folder and the one above are importable meanwhile.

    Raises
    ------
    FileNotFoundError
        If there is no such file; near matches are suggested.
    """
    script = Path(path).resolve()
    if not script.is_file():
        names = [other.stem for other in script.parent.glob("*.py")]
        raise FileNotFoundError(f"no script {script.name} in {script.parent}{near_matches(script.stem, names)}")
    name = f"_script_{script.parent.name}_{script.stem}"
    spec = importlib.util.spec_from_file_location(name, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # registered, so that the engine finds the source of what the script defines
    sys.modules[name] = module
    with _import_path(script.parent, script.parent.parent):
        try:
            # compiled from the text as it is now: cached bytecode misses an edit within the clock's resolution
            exec(compile(script.read_bytes(), str(script), "exec"), module.__dict__)
        except BaseException:
            del sys.modules[name]
            raise
    return module
