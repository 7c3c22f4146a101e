"""Every kernel as plain Python at a tiny size; run as a script it saves the results."""

import numpy as np

from mixtheory.highdim import kernels
from tests.plain_kernels import assert_plain_python_agrees


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
    assert_plain_python_agrees(__name__, tmp_path / "plain.npz", rtol=1e-12)


def test_some_designs_are_deficient():
    assert np.isinf(results()["deficient"]).any()
