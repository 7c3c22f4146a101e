"""Kernels compiled and as plain Python: the same results, of a module's `results()`."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np


def assert_plain_python_agrees(module, target, *, rtol, atol=0.0):
    """Compare ``module.results()``, a mapping from names to arrays, with that of a process without compilation."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.plain_kernels", module, str(target)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compiled = importlib.import_module(module).results()
    with np.load(target) as plain:
        assert set(plain.files) == set(compiled)
        for name in plain.files:
            np.testing.assert_allclose(plain[name], compiled[name], rtol=rtol, atol=atol, err_msg=name)


if __name__ == "__main__":
    np.savez(sys.argv[2], **importlib.import_module(sys.argv[1]).results())
