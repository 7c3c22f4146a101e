"""Simulators of high-dimensional regression against a user's script and against the bare cost of their parts.

A replicate of the script holds noise that the kernels integrate exactly, so the two are compared by what a person pays
for: the time to a given standard error, that is cost times variance.
"""

import math

import numpy as np
import pytest
from ratio import interleave
from scipy.linalg import blas, lapack

from mixtheory.highdim import kernels


def populations(p):
    """Two populations of p rows each; the second has variances 0.1 and 1.9."""
    return (p, p), (np.ones(p), np.sqrt(np.repeat([0.1, 1.9], [p // 2, p - p // 2])))


def script(rng, counts, roots, test_rows, *, exact=False):
    """What a user would write: draw X and y, fit, and measure the error on new rows (or by the quadratic form)."""
    p = len(roots[0])
    beta = np.ones(p)
    x = np.vstack([rng.standard_normal((n, p)) * root for n, root in zip(counts, roots, strict=True)])
    y = x @ beta + rng.standard_normal(len(x))
    fit = np.linalg.lstsq(x, y, rcond=None)[0]
    if exact:
        return np.sum((roots[0] * (fit - beta)) ** 2)
    new = rng.standard_normal((test_rows, p)) * roots[0]
    # the known noise variance is taken off, which leaves an unbiased estimate of the excess risk
    return np.mean((new @ beta + rng.standard_normal(test_rows) - new @ fit) ** 2) - 1.0


@pytest.mark.parametrize("exact", [False, True])
def test_time_to_a_standard_error_against_a_script(benchmark, record, generators, exact):
    counts, roots = populations(200)
    rng, numpy_rng = generators
    many = 20

    def ours():
        return kernels.trace_risk(rng, many, counts, roots)

    def baseline():
        return script(numpy_rng, counts, roots, 1000, exact=exact)

    result = interleave(ours, baseline, rounds=15)
    own = kernels.trace_risk(rng, 1000, counts, roots)
    theirs = np.array([baseline() for _ in range(150)])
    error = math.hypot(own.std() / math.sqrt(own.size), theirs.std() / math.sqrt(theirs.size))
    cost = many / result.ratio
    variance = theirs.var(ddof=1) / own.var(ddof=1)
    benchmark.pedantic(ours, rounds=3)
    record(
        baseline="script with the exact quadratic form" if exact else "script with 1,000 test rows",
        time=result,
        cost_ratio=round(cost, 1),
        variance_ratio=round(variance, 1),
        time_to_a_standard_error=round(cost * variance),
        means=(round(float(own.mean()), 4), round(float(theirs.mean()), 4)),
    )
    assert abs(own.mean() - theirs.mean()) < 5 * error
    assert cost * variance >= 200


def bare_factors(rng, replicates, p):
    """Random numbers, products and factorisation of two Bartlett factors, and no more."""
    out = np.empty(replicates)
    lower = np.tri(p, k=-1, dtype=bool)
    for r in range(replicates):
        total = np.zeros((p, p), order="F")
        for _ in range(2):
            factor = np.zeros((p, p))
            factor[lower] = rng.standard_normal(p * (p - 1) // 2)
            factor.flat[:: p + 1] = np.sqrt(rng.chisquare(np.arange(1.0, p + 1)))
            total += lapack.dlauum(factor.T, lower=0, overwrite_c=1)[0]
        root = lapack.dpotrf(total, lower=0, overwrite_a=1, clean=1)[0]
        inverse = lapack.dtrtri(root, lower=0, overwrite_c=1)[0].ravel(order="K")
        out[r] = inverse @ inverse
    return out


def bare_designs(rng, replicates, p, scales):
    """The same for two designs of p rows with uniform entries."""
    out = np.empty(replicates)
    for r in range(replicates):
        x = rng.random((2 * p, p))
        x -= 0.5
        x *= math.sqrt(12.0)
        x[p:] *= scales
        total = blas.dsyrk(1.0, x.T)
        root = lapack.dpotrf(total, lower=0, overwrite_a=1, clean=1)[0]
        inverse = lapack.dtrtri(root, lower=0, overwrite_c=1)[0].ravel(order="K")
        out[r] = inverse @ inverse
    return out


def bare_short_designs(rng, replicates, p, scales):
    """The same for n = p / 2 rows: the Gram of the rows, its inverse, and the Gram that the test covariance weights."""
    out = np.empty(replicates)
    for r in range(replicates):
        x = rng.standard_normal((p // 2, p))
        x[: p // 4] *= scales
        gram = blas.dsyrk(1.0, x.T, trans=1)
        weighted = blas.dsyrk(1.0, (x * scales).T, trans=1)
        weighted += np.triu(weighted, 1).T
        root = lapack.dpotrf(gram, lower=0, overwrite_a=1)[0]
        inverse = lapack.dpotri(root, lower=0, overwrite_c=1)[0]
        inverse += np.triu(inverse, 1).T
        out[r] = np.sum((inverse @ weighted) * inverse)
    return out


@pytest.mark.parametrize("p", [16, 32, 64, 100, 200, 400])
@pytest.mark.parametrize("kind", ["factors", "designs", "short"])
def test_near_the_cost_of_the_parts(benchmark, record, generators, kind, p):
    rng, numpy_rng = generators
    counts, roots = populations(p)
    replicates = max(1, 2_000_000 // p**3, 4000 // p**2)

    def ours():
        if kind == "factors":
            return kernels.trace_risk(rng, replicates, counts, roots)
        if kind == "designs":
            return kernels.trace_risk(rng, replicates, counts, roots, law="uniform")
        return kernels.conditional_risk(rng, replicates, (p // 4, p // 4), roots[::-1])["variance"]

    def bare():
        if kind == "factors":
            return bare_factors(numpy_rng, replicates, p)
        bare = bare_designs if kind == "designs" else bare_short_designs
        return bare(numpy_rng, replicates, p, roots[1])

    result = interleave(ours, bare, rounds=15)
    benchmark.pedantic(ours, rounds=3)
    record(kind=kind, p=p, microseconds_a_replicate=round(1e6 * result.ours / replicates, 1), time=result)
    assert result.ratio <= 2.0


def test_cost_grows_no_faster_than_the_cube_of_the_dimension(benchmark, record, generators):
    """Doubling p multiplies the cost by at most 8 (and 15 % for the clock), by less while random numbers weigh in."""
    rng, _ = generators

    def ours(p):
        counts, roots = populations(p)
        kernels.trace_risk(rng, max(1, 30_000_000 // p**3), counts, roots)

    ours(8)
    growth = {}
    sizes = (16, 32, 64, 128, 256, 512, 1024)
    for p in sizes[:-1]:
        result = interleave(lambda p=p: ours(2 * p), lambda p=p: ours(p), rounds=7)
        share = max(1, 30_000_000 // p**3) / max(1, 30_000_000 // (2 * p) ** 3)
        growth[f"{p} to {2 * p}"] = round(result.ratio * share, 2)
    benchmark.pedantic(ours, args=(64,), rounds=3)
    record(cost_of_a_replicate_when_p_doubles=growth)
    assert max(growth.values()) <= 8 * 1.15


def test_a_thousand_dimensions(benchmark, record, generators):
    rng, numpy_rng = generators
    counts, roots = populations(1000)
    dense = np.diag(roots[1]) + 0.2 / 1000
    result = interleave(
        lambda: kernels.trace_risk(rng, 1, counts, roots), lambda: bare_factors(numpy_rng, 1, 1000), rounds=5
    )
    mixed = interleave(
        lambda: kernels.trace_risk(rng, 1, counts, (roots[0], dense)),
        lambda: kernels.trace_risk(rng, 1, counts, roots),
        rounds=3,
    )
    benchmark.pedantic(lambda: kernels.trace_risk(rng, 1, counts, roots), rounds=3)
    record(p=1000, n=2000, diagonal=result, dense_against_diagonal=mixed)
    assert result.ours < 1.0
    assert result.ratio <= 2.0
    assert mixed.ours < 2.0
