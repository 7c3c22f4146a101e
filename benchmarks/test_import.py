"""Import times, in fresh interpreters, less what an empty one needs."""

import statistics
import subprocess
import sys
import time

import pytest

ROUNDS = 7


def wall(code):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("code", "limit"), [("import mixtheory", 0.3), ("from mixtheory import EpBeta", 1.5)], ids=["package", "law"]
)
def test_import_time(benchmark, record, code, limit):
    wall(code)  # byte code is written here
    times = [(wall(code), wall("pass")) for _ in range(ROUNDS)]
    benchmark.pedantic(wall, args=(code,), rounds=1)
    net = statistics.median(a - b for a, b in times)
    record(code=code, seconds=net, with_the_interpreter=statistics.median(a for a, _ in times))
    assert net < limit


def test_import_compiles_nothing(benchmark, record):
    code = """
import sys
from mixtheory import EpBeta
assert "numba" not in sys.modules
"""
    benchmark.pedantic(wall, args=(code,), rounds=1)
    record(numba_imported=False)
