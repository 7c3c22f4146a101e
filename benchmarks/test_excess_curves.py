"""Excess-risk curves of the mean-shift model over 20 sizes in one pass against a script that fits every size anew.

Settings of the public code of Ma and Zhang (2026): 20 features, 2,000 against 100 rows, 20 multipliers from 0 to 4.
"""

import numpy as np
import pytest
from ratio import interleave
from sklearn.neighbors import NearestNeighbors

from mixtheory.imbalance.kernels.mean_shift import excess_risks
from mixtheory.imbalance.kernels.oversampling import nearest_neighbours

D, N_MAJORITY, N_MINORITY = 20, 2000, 100
SIZES = np.round(np.linspace(0, 4, 20) * (N_MAJORITY - N_MINORITY)).astype(int)
REPLICATES = 20


def draw(rng, noise, n):
    if noise == "cube":
        return rng.uniform(-np.sqrt(3), np.sqrt(3), size=(n, D))
    if noise == "rademacher":
        return rng.choice([-1.0, 1.0], size=(n, D))
    rows = rng.standard_normal((n, D))
    if noise == "sphere":
        rows *= np.sqrt(D) / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def oversample(rng, noise, generator, minority, n):
    mean = minority.mean(axis=0)
    if generator == "oracle":
        return np.eye(D)[0] + draw(rng, noise, n)
    if generator == "semi_oracle":
        return mean + draw(rng, noise, n)
    if generator == "gaussian_fit":
        covariance = np.cov(minority, rowvar=False)
        shrunk = 0.9 * covariance + 0.1 * np.trace(covariance) / D * np.eye(D)
        return rng.multivariate_normal(mean, shrunk, size=n)
    base = rng.integers(0, len(minority), n)
    if generator == "bootstrap":
        return minority[base]
    neighbours = NearestNeighbors(n_neighbors=5).fit(minority).kneighbors(return_distance=False)
    other = neighbours[base, rng.integers(0, 5, n)]
    return minority[base] + rng.random((n, 1)) * (minority[other] - minority[base])


def script(rng, noise, generator):
    """One replicate as a user would write it: nested synthetic rows, a fit by the normal equations for each size."""
    mu = np.eye(D)[0]
    majority, minority = -mu + draw(rng, noise, N_MAJORITY), mu + draw(rng, noise, N_MINORITY)
    synthetic = oversample(rng, noise, generator, minority, SIZES[-1])
    risks = []
    for size in SIZES:
        x = np.vstack([majority, minority, synthetic[:size]])
        y = np.concatenate([-np.ones(N_MAJORITY), np.ones(N_MINORITY + size)])
        theta = np.linalg.solve(x.T @ x, x.T @ y)
        risks.append((1 - theta @ mu) ** 2 + theta @ theta - 0.5)
    return np.array(risks)


CASES = [
    ("cube", "oracle"),
    ("cube", "bootstrap"),
    ("cube", "semi_oracle"),
    ("cube", "gaussian_fit"),
    ("cube", "smote"),
    ("sphere", "oracle"),
    ("rademacher", "oracle"),
    ("gaussian", "oracle"),
]


@pytest.mark.parametrize(("noise", "generator"), CASES)
def test_curves_against_a_fit_for_each_size(benchmark, record, generators, noise, generator):
    rng, numpy_rng = generators

    def ours():
        return excess_risks(rng, REPLICATES, D, N_MAJORITY, N_MINORITY, SIZES, noise=noise, generator=generator)

    result = interleave(ours, lambda: script(numpy_rng, noise, generator), rounds=11)
    own = np.vstack([ours() for _ in range(10)])
    theirs = np.array([script(numpy_rng, noise, generator) for _ in range(60)])
    error = np.sqrt(own.var(axis=0, ddof=1) / len(own) + theirs.var(axis=0, ddof=1) / len(theirs))
    benchmark.pedantic(ours, rounds=3)
    record(
        case=f"{noise} noise, {generator}",
        milliseconds_a_replicate=(round(1e3 * result.ours / REPLICATES, 3), round(1e3 * result.baseline, 3)),
        times_faster=round(REPLICATES / result.ratio, 1),
        time=result,
    )
    assert np.all(np.abs(own.mean(axis=0) - theirs.mean(axis=0)) < 6 * error)
    assert REPLICATES / result.ratio >= (50 if noise in ("rademacher", "gaussian") else 6)


@pytest.mark.parametrize(("noise", "generator"), CASES)
def test_twenty_sizes_for_little_more_than_one(benchmark, record, generators, noise, generator):
    """What the 19 other points of a curve cost beside the last one, whose rows are drawn anyway."""
    rng, _ = generators

    def curve(sizes):
        return excess_risks(rng, REPLICATES, D, N_MAJORITY, N_MINORITY, sizes, noise=noise, generator=generator)

    result = interleave(lambda: curve(SIZES), lambda: curve(SIZES[-1:]), rounds=11)
    benchmark.pedantic(lambda: curve(SIZES), rounds=3)
    record(case=f"{noise} noise, {generator}", time=result)
    # where sums are drawn in place of rows, a point costs its own factor or bits and a fit of 20 parameters
    drawn_as_sums = noise in ("rademacher", "gaussian") or generator == "gaussian_fit"
    assert result.ratio <= (10.0 if drawn_as_sums else 1.5)


def test_where_the_time_goes(benchmark, record, generators):
    """Cube noise and SMOTE: random numbers, products of rows, neighbours; the rest is 20 fits and bookkeeping."""
    rng, numpy_rng = generators
    rows = N_MAJORITY + N_MINORITY + SIZES[-1]
    block = np.ascontiguousarray(draw(numpy_rng, "cube", 128))
    minority = draw(numpy_rng, "cube", N_MINORITY)

    def total(generator):
        excess_risks(rng, REPLICATES, D, N_MAJORITY, N_MINORITY, SIZES, noise="cube", generator=generator)

    def numbers():
        for _ in range(REPLICATES):
            numpy_rng.random((rows, D))

    def products():
        for _ in range(REPLICATES * rows // len(block)):
            block.T @ block

    def neighbours():
        for _ in range(REPLICATES):
            nearest_neighbours(minority, 5)

    shares = {
        "oracle: random numbers": interleave(numbers, lambda: total("oracle"), rounds=7).ratio,
        "oracle: products": interleave(products, lambda: total("oracle"), rounds=7).ratio,
        "smote: products": interleave(products, lambda: total("smote"), rounds=7).ratio,
        "smote: neighbours": interleave(neighbours, lambda: total("smote"), rounds=7).ratio,
    }
    benchmark.pedantic(lambda: total("oracle"), rounds=3)
    record(shares_of_a_replicate={name: round(value, 2) for name, value in shares.items()})
    # within twice the bare cost of its random numbers and products
    assert shares["oracle: random numbers"] + shares["oracle: products"] >= 0.5
