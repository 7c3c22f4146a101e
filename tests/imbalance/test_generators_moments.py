"""Mean and covariance that the generators state: against enumeration, against samples, and over minority samples."""

import numpy as np
import pytest
from scipy import special, stats

from mixtheory import Beta, Dirichlet, EpBeta, Zeta
from mixtheory.imbalance.generators import (
    ADASYN,
    SMOTE,
    Bootstrap,
    BorderlineSMOTE,
    GaussianFit,
    Jitter,
    Mixup,
    Scaled,
    SemiOracle,
)

# a number of standard errors that chance passes once in 1e11
FAR = 6.8


def data(seed=0, n_minority=30, n_majority=200, d=3):
    rng = np.random.default_rng(seed)
    units = np.array([1.0, 5.0, 0.2])[:d]
    minority = (rng.gamma(2.0, size=(n_minority, d)) + rng.normal(size=(n_minority, 1))) * units
    return minority, rng.normal(size=(n_majority, d)) * units


def moments_of(points, probabilities):
    mean = probabilities @ points
    return mean, (points - mean).T @ ((points - mean) * probabilities[:, np.newaxis])


def enumerated(fitted, minority):
    """Every parent, neighbour and node of Gauss' rule in u, which is exact for polynomials of degree 3."""
    points, probabilities = [], []
    nodes, weights = np.polynomial.legendre.leggauss(2)
    for parent, share, neighbours in zip(fitted.parents_, fitted.parent_probabilities_, fitted.neighbors_, strict=True):
        for other in neighbours:
            for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
                points.append((1 - node) * minority[parent] + node * minority[other])
                probabilities.append(share * weight / len(neighbours))
    return moments_of(np.array(points), np.array(probabilities))


@pytest.mark.parametrize("generator", [SMOTE(), SMOTE(1), BorderlineSMOTE(3, 8), ADASYN(4), SMOTE(29)])
def test_moments_of_smote_and_its_relatives_by_enumeration(generator):
    minority, majority = data()
    fitted = generator.fit(minority, majority)
    mean, covariance = enumerated(fitted, minority)
    assert fitted.parent_probabilities_.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(fitted.mean_, mean, rtol=1e-12)
    np.testing.assert_allclose(fitted.covariance_, covariance, rtol=1e-10, atol=1e-12)


def test_smote_with_all_rows_as_neighbours():
    """Then the pair is a uniform pair of different rows, whose covariance is -S_n/(n-1): 2/3 S_n - 1/3 S_n/(n-1)."""
    minority, _ = data()
    fitted = SMOTE(29).fit(minority)
    np.testing.assert_allclose(fitted.mean_, minority.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        fitted.covariance_, (2 / 3 - 1 / 3 / 29) * np.cov(minority.T, ddof=0), rtol=1e-10, atol=1e-12
    )


def test_smote_does_not_lose_digits_far_from_zero():
    minority, majority = data()
    near, far = (SMOTE().fit(minority + shift, majority + shift) for shift in (0.0, 2.0**20))
    np.testing.assert_allclose(far.covariance_, near.covariance_, rtol=1e-6)
    np.testing.assert_allclose(far.mean_ - 2.0**20, near.mean_, atol=1e-8)


@pytest.mark.parametrize(("alpha", "beta", "eps"), [(2.0, 3.0, 0.0), (0.4, 0.4, 0.0), (1.5, 0.7, 0.3)])
def test_moments_of_mixup_by_enumeration(alpha, beta, eps):
    minority, _ = data(n_minority=9)
    law = EpBeta(alpha, beta, eps, eps)
    nodes, weights = special.roots_sh_jacobi(3, alpha + beta - 1, alpha)
    points, probabilities = [], []
    for node, weight in zip((1 + 2 * eps) * nodes - eps, weights / weights.sum(), strict=True):
        for first in minority:
            for second in minority:
                points.append(node * first + (1 - node) * second)
                probabilities.append(weight / len(minority) ** 2)
    mean, covariance = moments_of(np.array(points), np.array(probabilities))
    fitted = Mixup(law).fit(minority)
    np.testing.assert_allclose(fitted.mean_, mean, rtol=1e-10)
    np.testing.assert_allclose(fitted.covariance_, covariance, rtol=1e-9, atol=1e-12)


def noise(rng, n):
    return rng.exponential(size=(n, 3)) - 1


KNOWN = [
    Bootstrap(),
    Jitter(0.7),
    Jitter([1.0, 0.0, 2.0], units="absolute"),
    GaussianFit(0.4),
    GaussianFit(0.0),
    SMOTE(),
    BorderlineSMOTE(3, 8),
    ADASYN(),
    Mixup(Beta(0.5, 2.0)),
    Mixup(EpBeta.preserving(0.8, eps0=0.2, eps1=0.3)),
    Mixup(Dirichlet(1.0, 4)),
    Mixup(Zeta(1.4, 4)),
    Scaled(SMOTE()),
    Scaled(GaussianFit(0.4)),
    Scaled(Jitter(0.7, units="absolute")),
]


def assert_sampled(rows, mean, covariance):
    n = len(rows)
    deviations = rows - mean
    products = deviations[:, :, np.newaxis] * deviations[:, np.newaxis, :]
    for values, expected in ((rows, mean), (products, covariance)):
        errors = values.std(axis=0) / np.sqrt(n)
        assert np.max(np.abs(values.mean(axis=0) - expected) / errors) < FAR


@pytest.mark.parametrize("generator", KNOWN, ids=lambda g: repr(g)[:40])
def test_samples_have_the_stated_moments(generator, seed=0):
    fitted = generator.fit(*data(seed))
    rows = fitted.sample(40_000, np.random.default_rng([seed, 1]))
    assert_sampled(rows, fitted.mean_, fitted.covariance_)
    # the check sees an error of some per cent
    for wrong in (0.92, 1.08):
        with pytest.raises(AssertionError):
            assert_sampled(rows, fitted.mean_, wrong * fitted.covariance_)


def test_semi_oracle_is_the_sample_mean_and_the_noise():
    minority, _ = data()
    fitted = SemiOracle(noise).fit(minority)
    rows = fitted.sample(40_000, np.random.default_rng(1))
    np.testing.assert_allclose(fitted.mean_, minority.mean(axis=0))
    assert_sampled(rows, fitted.mean_, np.eye(3))


def test_gaussian_fit_is_gaussian_and_covers_singular_rows():
    minority, _ = data(n_minority=4)
    flat = np.hstack([minority, minority @ [[1.0], [2.0], [3.0]]])
    fitted = GaussianFit(0.0).fit(flat)
    rows = fitted.sample(5000, np.random.default_rng(0))
    np.testing.assert_allclose(rows @ [1.0, 2.0, 3.0, -1.0], 0, atol=1e-5)
    # three principal components of four rows, standardised
    axes = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)[2][:3]
    scores = (rows - fitted.mean_) @ axes.T
    for column in (scores / np.sqrt(np.diag(axes @ fitted.covariance_ @ axes.T))).T:
        assert stats.kstest(column, "norm").pvalue > 1e-10


def test_shrinkage_sees_the_columns_that_vary_only():
    minority, _ = data()
    rows = np.insert(minority, 1, 0.1, axis=1)
    expected = GaussianFit(0.4).fit(minority).covariance_
    found = GaussianFit(0.4).fit(rows).covariance_
    np.testing.assert_allclose(np.delete(np.delete(found, 1, 0), 1, 1), expected, rtol=1e-12)
    assert not found[1].any() and not found[:, 1].any()


def test_scaling_reaches_what_depends_on_units_only():
    minority, majority = data()
    units = np.array([1.0, 1e3, 1e-3])
    for generator in (SMOTE(), BorderlineSMOTE(3, 8), ADASYN(), GaussianFit(0.4), Bootstrap()):
        scaled, other = (
            Scaled(generator).fit(minority, majority),
            Scaled(generator).fit(minority * units, majority * units),
        )
        rows, others = (fitted.sample(50, np.random.default_rng(0)) for fitted in (scaled, other))
        np.testing.assert_allclose(others, rows * units, rtol=1e-8, atol=1e-11)
    plain = Mixup(Beta(1.0, 1.0)).fit(minority).sample(50, np.random.default_rng(0))
    scaled = Scaled(Mixup(Beta(1.0, 1.0))).fit(minority, majority).sample(50, np.random.default_rng(0))
    np.testing.assert_allclose(scaled, plain, rtol=1e-10, atol=1e-12)


def test_scaling_uses_all_rows_that_it_gets():
    minority, majority = data()
    fitted = Scaled(Bootstrap()).fit(minority, majority)
    both = np.concatenate([minority, majority])
    np.testing.assert_allclose(fitted.center_, both.mean(axis=0))
    np.testing.assert_allclose(fitted.scale_, both.std(axis=0))
    np.testing.assert_allclose(Scaled(Bootstrap()).fit(minority).scale_, minority.std(axis=0))


def covariance_factors(generator, n, seed, repeats=400):
    """Trace of the covariance of a synthetic row over the population's, and the squared error of its mean times n."""
    found = []
    for rng in np.random.default_rng(seed).spawn(repeats):
        fitted = generator.fit(rng.normal(size=(n, 3)))
        found.append((np.trace(fitted.covariance_) / 3, n * np.sum(fitted.mean_**2) / 3))
    return np.array(found)


@pytest.mark.parametrize(
    ("generator", "factor"),
    [
        (Bootstrap(), 11 / 12),
        (GaussianFit(0.3), 1.0),
        (Mixup(Beta(1.0, 1.0)), 11 / 18),
        (Mixup(EpBeta.preserving_uniform()), 11 / 12),
        (Jitter(0.5), 11 / 12 + 0.25),
        (SMOTE(11), 11 / 12 * (2 / 3 - 1 / 33)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_moments_over_minority_samples(generator, factor, seed=0):
    """Twelve rows of N(0, I): unbiased, the sampling error of the mean copied whole, the covariance by its factor."""
    found = covariance_factors(generator, 12, seed)
    errors = found.std(axis=0) / np.sqrt(len(found))
    assert np.all(np.abs(found.mean(axis=0) - [factor, 1.0]) < FAR * errors)


def test_smote_adds_to_the_error_of_the_mean(seed=0):
    """Which rows are neighbours of many is chance: in 20 dimensions the error of the mean exceeds 1/n a column."""
    gaps, factors = [], []
    for rng in np.random.default_rng(seed).spawn(400):
        rows = rng.normal(size=(60, 20))
        fitted = SMOTE().fit(rows)
        gaps.append(60 * (np.sum(fitted.mean_**2) - np.sum(rows.mean(axis=0) ** 2)) / 20)
        factors.append(np.trace(fitted.covariance_) / 20)
    assert np.mean(gaps) > FAR * np.std(gaps) / 20
    assert np.mean(factors) + FAR * np.std(factors) / 20 < 0.75
