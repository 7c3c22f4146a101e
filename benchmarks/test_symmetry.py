"""Null calibration of the Wald test of local symmetry against a NumPy script and against its random numbers.

The script is what a user would write after the public code: two classes, a balanced least-squares fit, scores, their
covariances, and the quadratic form by an eigendecomposition; d = 5, 250 rows of the minority, 5,000 of the majority.
"""

import math

import numpy as np
from ratio import interleave
from scipy.stats import chi2

from mixtheory.imbalance.kernels import wald
from mixtheory.imbalance.kernels.wald import wald_statistics

D, N0, N1 = 5, 5000, 250
NULL = (5 - math.sqrt(21)) / 2


def draw(rng):
    """Draw both classes as the script does."""
    spread = math.sqrt(3)
    x0 = rng.uniform(-spread, spread, (N0, D)) * np.array([2.0] + [1.0] * (D - 1))
    x0[:, 0] -= 1
    x1 = rng.uniform(-spread, spread, (N1, D))
    x1[:, 0] += NULL
    return x0, x1


def script(rng):
    """Return statistic and p-value of one replicate."""
    x0, x1 = draw(rng)
    gram0, gram1 = x0.T @ x0 / N0, x1.T @ x1 / N1
    theta = np.linalg.solve(gram0 + gram1, x1.mean(axis=0) - x0.mean(axis=0)) / 2
    s0 = 2 * x0 * (x0 @ theta + 0.5)[:, None]
    s1 = 2 * x1 * (x1 @ theta - 0.5)[:, None]
    gap = s0.mean(axis=0) - s1.mean(axis=0)
    mean, difference = gram0 + gram1, 2 * (gram0 - gram1)
    slope = np.linalg.solve(mean.T, difference.T).T / 2
    a0, a1 = np.eye(D) - slope, -np.eye(D) - slope
    v = a0 @ np.cov(s0, rowvar=False) @ a0.T / N0 + a1 @ np.cov(s1, rowvar=False) @ a1.T / N1
    values, vectors = np.linalg.eigh((v + v.T) / 2)
    statistic = float(np.sum((vectors.T @ gap) ** 2 / values))
    return statistic, float(chi2.sf(statistic, D))


def test_null_calibration_against_a_script(benchmark, record, generators):
    """A replicate takes at most a seventh of the script's time."""
    rng, numpy_rng = generators
    many = 100

    def ours():
        return wald_statistics(rng, many, D, NULL, N0, N1)

    def baseline():
        return np.array([script(numpy_rng) for _ in range(many // 4)])

    result = interleave(ours, baseline, rounds=15)
    times = 4 / result.ratio
    own, theirs = wald_statistics(rng, 4000, D, NULL, N0, N1), np.concatenate([baseline()[:, 0] for _ in range(40)])
    error = math.hypot(own.std() / math.sqrt(own.size), theirs.std() / math.sqrt(theirs.size))
    benchmark.pedantic(ours, rounds=3)
    record(
        time=result,
        microseconds_a_replicate=round(1e6 * result.ours / many),
        times_faster=round(times, 1),
        means=(round(float(own.mean()), 3), round(float(theirs.mean()), 3)),
    )
    assert abs(own.mean() - theirs.mean()) < 5 * error
    assert times >= 7


def test_near_the_cost_of_the_random_numbers(benchmark, record, generators):
    """A replicate takes at most twice the time of its D (N0 + N1) uniform numbers; where the rest goes is recorded."""
    rng, numpy_rng = generators
    many = 200
    numbers = np.empty(D * (N0 + N1))
    x, theta = np.random.default_rng(0).random((D, N0)), np.full(D, 0.1)
    sums, work = np.empty((D * (D + 3) // 2, wald._LANES)), np.empty((D + 1, wald._LANES))
    mean, second = np.empty(D), np.empty((D, D))

    def ours():
        return wald_statistics(rng, many, D, NULL, N0, N1)

    def random_numbers():
        for _ in range(many):
            numpy_rng.random(out=numbers)

    def rows():
        for _ in range(many):
            # the scale keeps the numbers, which are overwritten, where they are
            wald._class_moments(x, 0.5, 1 / math.sqrt(12), sums, mean, second)

    def scores():
        for _ in range(many):
            wald._score_moments(x, theta, -0.5, sums, work, mean, second)

    result = interleave(ours, random_numbers, rounds=25)
    parts = {
        name: round(1e6 * interleave(part, random_numbers, rounds=7).ours / many)
        for name, part in (("rows_and_their_moments", rows), ("scores_and_their_moments", scores))
    }
    benchmark.pedantic(ours, rounds=3)
    record(
        time=result,
        microseconds_a_replicate=round(1e6 * result.ours / many),
        random_numbers=round(1e6 * result.baseline / many),
        majority=parts,
    )
    assert result.ratio <= 2
