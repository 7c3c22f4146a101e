"""The package as a whole: arrows of import, lazy exports, module sizes, kernels without theory."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mixtheory
from mixtheory import catalog

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mixtheory"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path):
    """Return the modules that a file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # a name from a package is a module of it, or what the package exports
            if not ROOT.joinpath(*node.module.split(".")).is_dir():
                found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("folder", ["montecarlo", "verification", "resampling"])
def test_the_engine_the_verifier_and_the_sampler_contract_know_no_theory(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith(catalog.TOPICS)], path


@pytest.mark.parametrize("topic", catalog.TOPICS)
def test_topics_import_neither_each_other_nor_publishing_nor_the_command_line(topic):
    for path in PACKAGE.joinpath(*topic.split(".")[1:]).rglob("*.py"):
        others = tuple(other for other in catalog.TOPICS if other != topic)
        bad = (*others, "mixtheory.publishing", "mixtheory.cli", "mixtheory.catalog", "mixtheory.reproduction")
        assert not [name for name in imported(path) if name.startswith(bad)], path


def test_theory_imports_numpy_scipy_and_theory_only():
    theory = {*catalog.theory_modules(), *catalog.support_modules()}
    allowed_roots = {"numpy", "scipy", *sys.stdlib_module_names}
    for name in theory:
        path = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
        for used in imported(path):
            if used.partition(".")[0] in allowed_roots:
                continue
            inside = used in theory or used.rpartition(".")[0] in theory
            assert inside or used.startswith("mixtheory._validation"), (name, used)


def test_modules_have_a_readable_size():
    for path in MODULES:
        lines = len(path.read_text("utf-8").splitlines())
        assert lines <= 400, (path.relative_to(ROOT), lines)


def test_public_names_are_lazy_and_complete():
    for name in mixtheory.__all__:
        assert getattr(mixtheory, name) is not None
        assert name in dir(mixtheory)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mixtheory.nothing


def test_import_loads_no_heavy_library():
    code = "import mixtheory, sys; print([m for m in ('numpy', 'numba', 'pandas', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
