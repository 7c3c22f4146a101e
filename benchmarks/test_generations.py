"""Paths of repeated synthesis against a vectorised NumPy script over all paths at once."""

import numpy as np
import pytest
from ratio import interleave

from mixtheory.mixing import kernels

PATHS, SIZE, GENERATIONS = 20_000, 10, 5


def script(rng, scheme):
    """What a user would write: a row a path."""
    rows = np.arange(PATHS)[:, np.newaxis]
    sample = rng.standard_normal((PATHS, SIZE))
    for _ in range(GENERATIONS):
        weight = rng.random((PATHS, SIZE))
        if scheme == "independent":
            first = rng.integers(0, SIZE, (PATHS, SIZE))
            second = rng.integers(0, SIZE, (PATHS, SIZE))
            sample = weight * sample[rows, first] + (1 - weight) * sample[rows, second]
        else:
            sample = weight * sample + (1 - weight) * rng.permuted(sample, axis=1)
    return sample.var(axis=1, ddof=1)


@pytest.mark.parametrize("scheme", ["independent", "permutation"])
def test_paths_against_a_script(benchmark, record, generators, scheme):
    ours_rng, numpy_rng = generators

    def ours():
        kernels.generation_paths(
            ours_rng, PATHS, kernels.normal, 1.0, 1.0, generations=GENERATIONS, size=SIZE, scheme=scheme
        )

    result = interleave(ours, lambda: script(numpy_rng, scheme), rounds=9)
    benchmark.pedantic(ours, rounds=5)
    each = 1e9 * result.ours / (PATHS * SIZE * GENERATIONS)
    record(baseline="vectorised NumPy script", time=result, speedup=1 / result.ratio, nanoseconds_a_mixing_draw=each)
    assert result.ratio <= 1
