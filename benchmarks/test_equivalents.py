"""Cost of the deterministic equivalents: milliseconds for diagonals, O(p) and O(p^3) growth."""

import statistics

import numpy as np
import pytest
from ratio import interleave, seconds

from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.spectra import Spectrum

# Rows over features: (real, synthetic)
REGIMES = {"n = 2 p": (1.0, 1.0), "n = p / 2": (0.25, 0.25), "n = 2 p, few real rows": (0.01, 1.99)}


def problem(p, shares, *, general):
    rng = np.random.default_rng(p)
    sigmas = [Spectrum.random(p, rng, decades=6.0, rotate=general) for _ in range(2)]
    counts = [max(1, round(share * p)) for share in shares]
    return sigmas, counts, rng.standard_normal(p) / p**0.5


def solver(p, shares, *, general, dense=False, **kwargs):
    sigmas, counts, beta = problem(p, shares, general=general)
    inputs = [sigma.matrix() for sigma in sigmas] if dense else sigmas

    def call():
        return excess_risk(*inputs, *counts, beta=beta, **kwargs)

    return call


def median(function, rounds):
    function()
    return statistics.median(seconds(function) for _ in range(rounds))


@pytest.mark.parametrize("regime", REGIMES)
def test_diagonal_risk_of_2000_features(benchmark, record, regime):
    call = solver(2000, REGIMES[regime], general=False)
    taken = median(call, 31)
    means = median(solver(2000, REGIMES[regime], general=False, mu_t=np.ones(2000), fit_intercept=True), 31)
    benchmark.pedantic(call, rounds=5)
    result = call()
    record(
        regime=regime,
        milliseconds=1e3 * taken,
        milliseconds_with_means_and_intercept=1e3 * means,
        residual=result.residual,
        iterations=result.iterations,
    )
    assert result.residual < 1e-10
    assert taken < 5e-3


@pytest.mark.parametrize("regime", REGIMES)
def test_general_risk_of_500_features(benchmark, record, regime):
    """Matrices as a user passes them: both eigendecompositions are part of the time."""
    call = solver(500, REGIMES[regime], general=True, dense=True)
    taken = median(call, 5)
    benchmark.pedantic(call, rounds=1)
    result = call()
    record(regime=regime, seconds=taken, residual=result.residual, iterations=result.iterations)
    assert result.residual < 1e-10
    assert taken < 1.0


@pytest.mark.parametrize("regime", ["n = 2 p", "n = p / 2"])
def test_diagonal_cost_grows_linearly(benchmark, record, regime):
    """Cost a feature at p against four times as many features, at which calls no longer matter."""
    sizes = [2**14, 2**16, 2**18, 2**20]
    each = {}
    for p in sizes:
        call = solver(p, REGIMES[regime], general=False)
        each[p] = 1e9 * median(call, 5) / p / call().iterations
    benchmark.pedantic(call, rounds=1)
    slope = np.polyfit(np.log(sizes), np.log([p * each[p] for p in sizes]), 1)[0]
    record(regime=regime, nanoseconds_a_feature_and_iteration=each, exponent=slope)
    # arrays that leave the caches cost more a number
    assert 0.8 < slope < 1.35


@pytest.mark.parametrize("regime", ["n = 2 p", "n = p / 2"])
def test_general_cost_grows_with_the_cube(benchmark, record, regime):
    """Against an eigendecomposition of the same size, which is the yardstick of O(p^3) on this machine."""
    ratios = {}
    times = {}
    for p in (250, 500, 1000):
        call = solver(p, REGIMES[regime], general=True)
        matrix = problem(p, REGIMES[regime], general=True)[0][0].matrix()
        result = interleave(call, lambda matrix=matrix: np.linalg.eigh(matrix), rounds=3)
        times[p], ratios[p] = result.ours, result.ratio
    benchmark.pedantic(call, rounds=1)
    slope = np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)[0]
    record(regime=regime, seconds=times, eigendecompositions=ratios, exponent=slope)
    assert 2.0 < slope < 3.4
    assert max(ratios.values()) < 40
