"""Greedy covariance matching against its definition written in NumPy, and against one pass over the candidates.

The definition forms the covariance of the chosen rows and each candidate, so a step costs O(N d^2); it is timed on a
slice of the steps and scaled (every step costs the same), since the whole would take minutes.
"""

import subprocess
import sys

import numpy as np
import pytest
from ratio import interleave

from mixtheory._jit import jit
from mixtheory.highdim.selection.alpha import greedy_risk
from mixtheory.highdim.selection.greedy import Panels, greedy_frobenius

N, D, K = 20_000, 32, 2_000


def problem(n=N, d=D, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) * np.geomspace(0.3, 3.0, d)
    return rows, np.cov(rng.standard_normal((200, d)).T)


def state(rows, target, chosen):
    m, mean = len(chosen), rows[chosen].mean(axis=0)
    centred = rows[chosen] - mean
    return m, mean, centred.T @ centred / m - target


def direct_loop(rows, target, indices, steps):
    """Take `steps` steps after `indices`, in each a loop over the candidates that forms A and its squared norm."""
    chosen = list(indices)
    for _ in range(steps):
        m, mean, gap = state(rows, target, chosen)
        scores = np.empty(len(rows))
        for i, row in enumerate(rows):
            delta = row - mean
            scores[i] = np.sum((gap + np.outer(delta, delta) / (m + 1)) ** 2)
        scores[chosen] = np.inf
        chosen.append(int(scores.argmin()))
    return chosen


def broadcast(rows, target, indices, steps, chunk=N):
    """The same without a loop over the candidates, whose d x d matrices are held `chunk` at a time."""
    chosen = list(indices)
    for _ in range(steps):
        m, mean, gap = state(rows, target, chosen)
        scores = np.empty(len(rows))
        for start in range(0, len(rows), chunk):
            delta = rows[start : start + chunk] - mean
            matrices = delta[:, :, None] * (delta / (m + 1))[:, None, :]
            matrices += gap
            np.square(matrices, out=matrices)
            scores[start : start + chunk] = matrices.sum(axis=(1, 2))
        scores[chosen] = np.inf
        chosen.append(int(scores.argmin()))
    return chosen


def by_quadratic_forms(rows, target, indices, steps):
    """The same steps with the rank-one form but without cached products: O(N d^2) by BLAS."""
    chosen = list(indices)
    for _ in range(steps):
        m, mean, gap = state(rows, target, chosen)
        delta = rows - mean
        forms = np.einsum("ij,ij->i", delta @ gap, delta)
        lengths = np.einsum("ij,ij->i", delta, delta)
        scores = 2 * forms / (m + 1) + (lengths / (m + 1)) ** 2
        scores[chosen] = np.inf
        chosen.append(int(scores.argmin()))
    return chosen


@jit
def two_products(rows, vectors):
    """The least that a step must do: read each candidate once, take two products, keep the lowest of a score."""
    best, place = np.inf, -1
    for i in range(rows.shape[0]):
        # four sums each, so that the products are not bound by the latency of an addition
        a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = 0.0
        for j in range(0, rows.shape[1], 4):
            x0, x1, x2, x3 = rows[i, j], rows[i, j + 1], rows[i, j + 2], rows[i, j + 3]
            a0 += x0 * vectors[0, j]
            a1 += x1 * vectors[0, j + 1]
            a2 += x2 * vectors[0, j + 2]
            a3 += x3 * vectors[0, j + 3]
            b0 += x0 * vectors[1, j]
            b1 += x1 * vectors[1, j + 1]
            b2 += x2 * vectors[1, j + 2]
            b3 += x3 * vectors[1, j + 3]
        score = (a0 + a1 + a2 + a3) + (b0 + b1 + b2 + b3)
        if score < best:
            best, place = score, i
    return place


def in_cache(rows, target, indices, steps):
    """The same, tuned: so few matrices at a time that they stay in the cache."""
    return broadcast(rows, target, indices, steps, chunk=64)


def test_against_the_direct_loop_in_numpy(benchmark, record):
    """At d = 32, N = 20,000, K = 2,000, layout of the pool and first products included: at least 150 times faster."""
    rows, target = problem()
    slice_steps = 3
    indices, _ = greedy_frobenius(Panels.of(rows), target, 200, 0)
    start = indices[: 200 - slice_steps].tolist()
    ratios = {}
    for function in (direct_loop, broadcast, in_cache, by_quadratic_forms):
        assert function(rows, target, start, slice_steps) == indices.tolist()
        result = interleave(
            lambda: greedy_frobenius(Panels.of(rows), target, K, 0),
            lambda function=function: function(rows, target, start, slice_steps),
            rounds=3,
        )
        name, times = function.__name__, K / slice_steps / result.ratio
        ratios[name] = times
        scaled = result.baseline * K / slice_steps
        record(**{name: f"{scaled:.4g} s scaled, ours {result.ours:.3g} s: {times:.0f} times"})
    benchmark.pedantic(lambda: greedy_frobenius(Panels.of(rows), target, K, 0), rounds=1)
    record(size=f"d = {D}, N = {N}, K = {K}", baseline=f"{slice_steps} steps, scaled to {K}", times_faster=ratios)
    assert ratios["direct_loop"] >= 150
    assert ratios["broadcast"] >= 150


def test_against_one_pass_over_the_candidates(benchmark, record):
    """K steps take at most 3 times K passes that read each candidate once and take as many products of length d."""
    rows, target = problem()
    steps = 300
    vectors = np.random.default_rng(1).standard_normal((2, D))
    columns, out = np.ascontiguousarray(vectors.T), np.empty((N, 2))

    def ours(normalise=False):
        greedy_frobenius(panels, target, steps, 0, normalise=normalise)

    def by_blas():
        for _ in range(steps):
            np.dot(rows, columns, out=out)
            out[:, 0].argmin()

    def by_loop():
        for _ in range(steps):
            two_products(rows, vectors)

    panels = Panels.of(rows)
    against = {"BLAS": interleave(ours, by_blas, rounds=7), "loop": interleave(ours, by_loop, rounds=7)}
    shape = interleave(lambda: ours(normalise=True), by_blas, rounds=5)
    benchmark.pedantic(ours, rounds=1)
    record(
        steps=steps, **{f"pass_by_{name}": str(value) for name, value in against.items()}, with_scale_trace=str(shape)
    )
    assert max(value.ratio for value in against.values()) <= 3


def test_cost_is_linear_in_candidates_and_steps(benchmark, record):
    """A step costs the same a candidate within a factor 2, from 10^4 to 1.6 10^5 candidates and 250 to 4,000 steps."""
    costs = {}
    rows, target = problem(160_000)
    reference = Panels.of(rows[:20_000])
    greedy_frobenius(reference, target, 2, 0)
    for n, steps in ((10_000, 500), (40_000, 500), (160_000, 200), (20_000, 250), (20_000, 1_000), (20_000, 4_000)):
        panels = Panels.of(rows[:n])
        result = interleave(
            lambda panels=panels, steps=steps: greedy_frobenius(panels, target, steps, 0),
            lambda: greedy_frobenius(reference, target, 500, 0),
            rounds=3,
        )
        costs[n, steps] = result.ratio * 20_000 * 500 / (n * steps)
    benchmark.pedantic(lambda: greedy_frobenius(reference, target, 500, 0), rounds=1)
    record(cost_of_a_candidate_and_step_against_20000_and_500=costs)
    assert max(costs.values()) <= 2
    assert min(costs.values()) >= 0.5


def test_the_risk_costs_a_few_products_of_the_pool_with_a_matrix(benchmark, record):
    rows, _ = problem()
    panels, steps = Panels.of(rows), 40
    matrix = np.eye(D)

    def by_blas():
        for _ in range(steps):
            rows @ matrix

    result = interleave(lambda: greedy_risk(panels, 200, steps, 0), by_blas, rounds=5)
    benchmark.pedantic(lambda: greedy_risk(panels, 200, steps, 0), rounds=1)
    record(steps=steps, baseline="one product of the pool with a d x d matrix a step", time=result)
    assert result.ratio <= 10


LARGE = """
import resource, time
import numpy as np
from mixtheory.highdim.selection import CovarianceMatcher

rng = np.random.default_rng(0)
pool = rng.standard_normal((10**6, 64))
pool *= np.geomspace(0.3, 3.0, 64)
real = rng.standard_normal((500, 64))
settings = {"n_components": 64, "random_state": 0, "n_jobs": 2}
CovarianceMatcher(5, **settings).fit(pool[:2000], real)
start, work = time.perf_counter(), time.process_time()
model = CovarianceMatcher(1000, **settings).fit(pool, real)
assert np.unique(model.sample_indices_).size == 1000
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.perf_counter() - start, time.process_time() - work, peak / 2**20)
"""


@pytest.mark.slow
def test_a_million_candidates(benchmark, record):
    """10^6 candidates, d = 64, K = 1,000: under 3 minutes on two threads and 3 GiB with the pool itself."""

    def run():
        return subprocess.run([sys.executable, "-c", LARGE], check=True, capture_output=True, text=True).stdout

    wall, work, gibibytes = map(float, benchmark.pedantic(run, rounds=1).split())
    record(wall_seconds=wall, processor_seconds=work, peak_gibibytes=gibibytes)
    assert wall < 180
    assert gibibytes < 3
