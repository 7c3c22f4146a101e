"""The hash of a simulator changes with what it does, and with nothing else."""

import importlib.util
import sys

import pytest

from mixtheory.montecarlo.source import source_hash

BASE = '''
import numpy as np
import mixtheory.montecarlo.seeds as seeds

SCALE = 2.0

def helper(x):
    return x * SCALE

def unused(x):
    return x - 1

class Law:
    def draw(self, rng):
        return helper(rng.random())

def simulate(rng, n, factor=1.0):
    """Say something."""
    # a comment
    seeds.canonical(n)
    return Law().draw(rng) * factor + helper(n)
'''


@pytest.fixture
def hashed(tmp_path):
    count = iter(range(100))

    def load(text, name="simulate"):
        # one module name for all versions, as when a person edits a file
        path = tmp_path / f"v{next(count)}" / "mine.py"
        path.parent.mkdir()
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("mine_for_test", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules["mine_for_test"] = module
        spec.loader.exec_module(module)
        return source_hash([getattr(module, name)])

    yield load
    sys.modules.pop("mine_for_test", None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# a comment", "# another comment, longer"),
        ('"""Say something."""', '"""Say something else."""'),
        ("return x - 1", "return x - 2"),
        ("x * SCALE", "x*SCALE"),
    ],
    ids=["comment", "docstring", "unused function", "layout"],
)
def test_what_does_not_count(hashed, old, new):
    assert hashed(BASE) == hashed(BASE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCALE = 2.0", "SCALE = 2.5"),
        ("x * SCALE", "x + SCALE"),
        ("rng.random()", "rng.normal()"),
        ("factor=1.0", "factor=1.5"),
        ("+ helper(n)", "- helper(n)"),
    ],
    ids=["constant", "callee", "method", "default", "simulator"],
)
def test_what_counts(hashed, old, new):
    assert hashed(BASE) != hashed(BASE.replace(old, new))


def test_callees_inside_the_package_count(hashed, monkeypatch):
    before = hashed(BASE)
    import mixtheory.montecarlo.seeds as seeds

    monkeypatch.setattr(seeds, "canonical", lambda value: "something else")
    assert hashed(BASE) != before


def test_kernels_are_followed_through_the_compiler():
    from mixtheory._jit import jit

    @jit
    def kernel(x):
        return x + 1.0

    @jit
    def other(x):
        return x + 2.0

    def simulate(rng):
        return kernel(rng.random())

    def simulate_other(rng):
        return other(rng.random())

    assert source_hash([simulate]) == source_hash([simulate])
    assert source_hash([kernel]) != source_hash([other])
    assert source_hash([simulate]) != source_hash([simulate_other])
