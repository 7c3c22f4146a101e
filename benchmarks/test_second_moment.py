"""The mixup second moment against what NumPy needs for the same random numbers, and against a user's script."""

import tracemalloc

import numpy as np
import pytest
from ratio import interleave

from mixtheory.mixing import kernels

# Beta(1/2, 1/2) is the case of the limit and has a faster way to the same draws; the other law has none
LAWS = [(0.5, 0.5), (0.3, 0.7)]


def script(rng, n, alpha, beta):
    """What a user would write."""
    weight = rng.beta(alpha, beta, size=n)
    first = rng.standard_normal(n)
    second = rng.standard_normal(n)
    mixed = weight * first + (1 - weight) * second
    return np.mean(mixed**2)


def peak(function):
    tracemalloc.start()
    function()
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


@pytest.mark.parametrize("law", LAWS)
def test_second_moment_against_filling_arrays(benchmark, record, generators, law):
    n = 2**20
    ours_rng, numpy_rng = generators
    first, second = np.empty(n), np.empty(n)

    def ours():
        kernels.pair_moments(ours_rng, n, kernels.normal, *law)

    def fill():
        numpy_rng.beta(*law, size=n)
        numpy_rng.standard_normal(out=first)
        numpy_rng.standard_normal(out=second)

    result = interleave(ours, fill, rounds=21)
    benchmark.pedantic(ours, rounds=5)
    record(draws=n, baseline="NumPy fills three arrays", time=result)
    assert result.ratio <= 1.25


def test_memory_is_constant(benchmark, record, generators):
    rng, _ = generators

    def ours(n):
        kernels.pair_moments(rng, n, kernels.normal, 0.5, 0.5)

    ours(10)
    peaks = {n: peak(lambda n=n: ours(n)) for n in (10**5, 10**6, 10**7)}
    benchmark.pedantic(ours, args=(10**5,), rounds=5)
    record(peak_bytes=peaks)
    assert max(peaks.values()) <= 1.1 * min(peaks.values())


@pytest.mark.parametrize("law", LAWS)
def test_second_moment_against_a_script(benchmark, record, generators, law):
    n = 10**7
    ours_rng, numpy_rng = generators

    def ours():
        return kernels.pair_moments(ours_rng, n, kernels.normal, *law)[1]

    def baseline():
        return script(numpy_rng, n, *law)

    result = interleave(ours, baseline, rounds=5)
    memory = peak(ours) / peak(baseline)
    benchmark.pedantic(ours, rounds=1)
    record(draws=n, baseline="vectorised NumPy script", time=result, speedup=1 / result.ratio, memory_share=memory)
    assert memory < 0.01
    if law == LAWS[0]:
        assert result.ratio <= 1 / 1.2


def test_cost_is_linear_in_the_number_of_draws(benchmark, record, generators):
    """From 1e4 to 1e8 draws the cost of a draw stays within 25 % of that at 1e6, calls included."""
    rng, _ = generators

    def ours(n, calls=1):
        for _ in range(calls):
            kernels.pair_moments(rng, n, kernels.normal, 0.5, 0.5)

    costs = {}
    for exponent, rounds in ((4, 15), (5, 15), (6, 15), (7, 5), (8, 1)):
        n = 10**exponent
        calls = max(1, 10**6 // n)  # as long as the run that it is compared with
        result = interleave(lambda n=n, calls=calls: ours(n, calls), lambda: ours(10**6), rounds=rounds)
        costs[n] = result.ratio * 10**6 / (n * calls)
    benchmark.pedantic(ours, args=(10**6,), rounds=5)
    record(cost_of_a_draw_against_1e6=costs)
    assert max(costs.values()) <= 1.25
    assert min(costs.values()) >= 0.8
