"""Every kernel as plain Python at a tiny size; run as a script it saves the results."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from mixtheory.highdim import kernels


def generator():
    return np.random.Generator(np.random.PCG64DXSM(11))


def results():
    """Return a mapping from a name to the array that a simulator makes."""
    p = 5
    vector, square = np.linspace(0.5, 2.0, p), np.eye(p) * 1.5 + 0.1
    means = (np.ones(p), np.arange(p) / p)
    found = {"design": kernels.draw_design(generator(), 60, 60)}
    for name, roots in (("diagonal", (vector, vector[::-1].copy())), ("dense", (vector, square))):
        found[f"{name} trace"] = kernels.trace_risk(generator(), 4, (6, 9), roots)
        found[f"{name} uniform"] = kernels.trace_risk(generator(), 4, (6, 9), roots, law="uniform")
        found[f"{name} leverages"] = kernels.leverages(generator(), 4, (6, 9), roots)
        found[f"{name} paired"] = kernels.paired_risk(generator(), 4, (6, 9), roots, [None, means])
        over = kernels.conditional_risk(generator(), 4, (1, 2), roots, means=means, betas=np.eye(p))
        found |= {f"{name} {part}": value for part, value in over.items()}
    found["deficient"] = kernels.trace_risk(generator(), 60, (0, 3), (np.ones(2), np.ones(2)), law="rademacher")
    return found


def test_plain_python_twins_agree(tmp_path):
    target = tmp_path / "plain.npz"
    done = subprocess.run(
        [sys.executable, "-m", "tests.highdim.test_kernels_twins", str(target)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compiled = results()
    assert np.isinf(compiled["deficient"]).any()
    with np.load(target) as plain:
        assert set(plain.files) == set(compiled)
        for name in plain.files:
            np.testing.assert_allclose(plain[name], compiled[name], rtol=1e-12, err_msg=name)


if __name__ == "__main__":
    np.savez(sys.argv[1], **results())
