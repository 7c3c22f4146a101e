import ast
import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import mixtheory
from mixtheory import _jit

PACKAGE = Path(mixtheory.__file__).parent


def python(code, **environment):
    """Run `code` in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def fresh_folder():
    _jit.cache_folder.cache_clear()
    yield
    _jit.cache_folder.cache_clear()


@pytest.fixture
def package(tmp_path):
    (tmp_path / "a.py").write_text("from mixtheory._jit import jit\n")
    (tmp_path / "b.py").write_text("from mixtheory._jit import jit\nX = 1\n")
    (tmp_path / "plain.py").write_text("X = 1\n")
    return tmp_path


def test_hash_sees_a_change_in_any_file_with_kernels(package):
    before = _jit.source_hash(package)
    (package / "b.py").write_text("from mixtheory._jit import jit\nX = 2\n")
    assert _jit.source_hash(package) != before


def test_hash_sees_a_new_file_with_kernels_and_a_renamed_one(package):
    hashes = {_jit.source_hash(package)}
    (package / "b.py").rename(package / "c.py")
    hashes.add(_jit.source_hash(package))
    (package / "d.py").write_text("from mixtheory._jit import jit\n")
    hashes.add(_jit.source_hash(package))
    assert len(hashes) == 3


def test_hash_ignores_files_without_kernels(package):
    before = _jit.source_hash(package)
    (package / "plain.py").write_text("X = 2\n")
    assert _jit.source_hash(package) == before


def test_every_module_with_kernels_is_hashed():
    hashed = {path.relative_to(PACKAGE).as_posix() for path in _jit.kernel_sources()}
    decorated = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if "\n@jit\n" in path.read_text()
    }
    assert decorated
    assert decorated <= hashed


def test_only_the_policy_compiles():
    for path in PACKAGE.rglob("*.py"):
        if path.name != "_jit.py":
            names = {
                node.attr if isinstance(node, ast.Attribute) else node.id
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, (ast.Attribute, ast.Name))
            }
            assert not names & {"njit", "prange", "guvectorize"}, path


def test_policy_releases_the_gil_on_one_thread():
    from mixtheory.mixing.kernels.draws import _fill_normal

    if numba.config.DISABLE_JIT:
        pytest.skip("kernels are plain Python")
    assert _fill_normal.targetoptions["nogil"]
    assert not _fill_normal.targetoptions.get("parallel", False)
    assert not _fill_normal.targetoptions.get("fastmath", False)


def test_folder_follows_the_environment(tmp_path, monkeypatch, fresh_folder):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
    assert _jit.cache_folder() == tmp_path / "own" / f"kernels-{_jit.source_hash()}"


def test_unwritable_home_falls_back_to_the_temporary_folder(tmp_path, monkeypatch, fresh_folder):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked / "cache"))
    monkeypatch.setattr(_jit.tempfile, "tempdir", str(tmp_path))
    folder = _jit.cache_folder()
    assert folder is not None
    assert folder.parent.parent == tmp_path


def test_without_any_writable_folder_kernels_compile_uncached(tmp_path, monkeypatch, fresh_folder):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(_jit, "_candidates", lambda: [blocked / "a", blocked / "b"])
    assert _jit.cache_folder() is None

    @_jit.jit
    def double(x):
        return 2.0 * x

    assert double(1.5) == 3.0


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX permissions")
def test_a_folder_that_anybody_can_write_is_refused(tmp_path, monkeypatch, fresh_folder):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    monkeypatch.setattr(_jit, "_candidates", lambda: [shared])
    assert _jit.cache_folder() is None


def test_decorating_leaves_numba_settings_alone(tmp_path):
    before = numba.config.CACHE_DIR

    @_jit.jit
    def double(x):
        return 2.0 * x

    assert before == numba.config.CACHE_DIR
    assert double(2.0) == 4.0


def test_compiled_function_equals_its_plain_twin():
    @_jit.jit
    def total(values):
        result = 0.0
        for value in values:
            result += value
        return result

    values = np.random.default_rng(3).random(1000)
    assert total(values) == getattr(total, "py_func", total)(values)


def test_import_of_the_package_leaves_numba_out():
    assert python("import sys, mixtheory; print('numba' in sys.modules)") == "False"


def test_import_compiles_nothing_and_a_second_process_reads_the_cache(tmp_path):
    code = """
import pkgutil, importlib
import numpy as np
from mixtheory.mixing import kernels
modules = [importlib.import_module(m.name) for m in pkgutil.iter_modules(kernels.__path__, kernels.__name__ + ".")]
found = [value for module in modules for value in vars(module).values() if hasattr(value, "signatures")]
print(len(found) > 10, sum(len(value.signatures) for value in found))
kernels.normal(np.random.default_rng(1), 5000)
stats = kernels.draws._fill_normal.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    assert python(code, **environment).split() == ["True", "0", "0", "1"]
    assert python(code, **environment).split() == ["True", "0", "1", "0"]
    assert [path.name for path in tmp_path.iterdir()] == [f"kernels-{_jit.source_hash()}"]
