"""The simulators against exact laws and against designs drawn by NumPy, over replicates.

Means are compared within `LIMIT` standard errors, distributions by Kolmogorov-Smirnov tests at `LEVEL`: a false alarm
in fewer than one run of a million each.
"""

import numpy as np
import pytest
from scipy import special, stats

from mixtheory.highdim import kernels
from mixtheory.highdim.kernels import conditional, inverses, regression, scatters
from mixtheory.highdim.kernels.populations import check_populations
from tests.highdim.test_kernels_exact import brute_all, generator, root, rows

LIMIT = 5.5
LEVEL = 1e-7


def assert_mean(values, expected):
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) < LIMIT * error, (values.mean(), expected, error)


def assert_same_mean_and_variance(one, two):
    for power in (1, 2):
        a, b = ((values - (power - 1) * values.mean()) ** power for values in (one, two))
        error = np.hypot(a.std() / np.sqrt(len(a)), b.std() / np.sqrt(len(b)))
        assert abs(a.mean() - b.mean()) < LIMIT * error, (power, a.mean(), b.mean(), error)


def assert_same_law(one, two):
    assert_same_mean_and_variance(one, two)
    assert stats.ks_2samp(one, two, method="asymp").pvalue > LEVEL


def ones(p, k=2):
    return (np.ones(p),) * k


# ---- designs


@pytest.mark.parametrize(
    ("law", "reference"),
    [
        ("gaussian", stats.norm()),
        ("uniform", stats.uniform(-np.sqrt(3), 2 * np.sqrt(3))),
        ("student_t8", stats.t(8, scale=np.sqrt(6 / 8))),
        ("student_t3", stats.t(3, scale=np.sqrt(1 / 3))),
    ],
)
def test_entries_have_the_law(law, reference):
    assert reference.mean() == pytest.approx(0, abs=1e-12)
    assert reference.var() == pytest.approx(1)
    z = kernels.draw_design(generator(), 200, 150, law)
    assert stats.kstest(z.ravel(), reference.cdf, method="asymp").pvalue > LEVEL
    neighbours = (np.sign(z[:, 1:]) == np.sign(z[:, :-1])).ravel()
    assert_mean(neighbours, 0.5)


def test_signs_are_fair_and_independent():
    z = kernels.draw_design(generator(), 301, 203, "rademacher")
    assert set(np.unique(z)) == {-1.0, 1.0}
    for a, b in ((z, 1.0), (z[1:], z[:-1]), (z[:, 1:], z[:, :-1]), (z[:, 8:], z[:, :-8]), (z[:, 3:], z[:, :-3])):
        assert_mean((a * b).ravel(), 0.0)


@pytest.mark.parametrize("size", [(3, 5), (80, 90)])
def test_normal_entries_are_the_bits_of_numpy(size):
    ours, theirs = generator(), generator()
    np.testing.assert_array_equal(kernels.draw_design(ours, *size), theirs.standard_normal(size))
    assert ours.bit_generator.state == theirs.bit_generator.state


# ---- scatter matrices


def wisharts(m, factor, size, seed=11):
    p = len(factor)
    out = np.zeros((size, p, p))
    scatters.add_scatter(generator(seed), m, factor, "gaussian", out)
    lower = np.tril(out)
    return lower + np.swapaxes(np.tril(out, -1), 1, 2)


@pytest.mark.parametrize("small", [0, inverses.SMALL])
@pytest.mark.parametrize("m", [3, 4, 5, 9])
def test_scatters_have_the_moments_of_wishart(monkeypatch, m, small):
    """Mean m S, covariance m (S_ik S_jl + S_il S_jk), and E log det = log det S + p log 2 + sum digamma."""
    monkeypatch.setattr(scatters, "SMALL", small)
    p, size = 4, 20_000
    factor = np.linalg.cholesky(root(p, 0))
    s = factor.T @ factor
    w = wisharts(m, factor, size)
    for i in range(p):
        for j in range(i + 1):
            assert_mean(w[:, i, j], m * s[i, j])
            for k, other in ((0, 1), (2, 2), (3, 1)):
                product = (w[:, i, j] - m * s[i, j]) * (w[:, k, other] - m * s[k, other])
                assert_mean(product, m * (s[i, k] * s[j, other] + s[i, other] * s[j, k]))
    if m >= p:
        sign, values = np.linalg.slogdet(w)
        assert (sign > 0).all()
        digammas = special.digamma((m - np.arange(p)) / 2).sum()
        assert_mean(values, np.linalg.slogdet(s)[1] + p * np.log(2) + digammas)


@pytest.mark.parametrize("m", [5, 12])
def test_bartlett_factors_and_designs_have_the_same_law(m):
    p, size = 5, 4000
    scales = root(p, 0, diagonal=True)
    bartlett = wisharts(m, scales, size)
    x = generator(12).normal(size=(size, m, p)) * scales
    direct = np.swapaxes(x, 1, 2) @ x
    for statistic in (
        lambda w: np.linalg.slogdet(w)[1],
        lambda w: np.linalg.eigvalsh(w)[:, 0],
        lambda w: np.linalg.eigvalsh(w)[:, -1],
        lambda w: w[:, 0, 0],
        lambda w: w[:, -1, -1],
        lambda w: w[:, 3, 1],
    ):
        assert_same_law(statistic(bartlett), statistic(direct))


@pytest.mark.parametrize("law", ["gaussian", "student_t8"])
def test_centred_scatters_and_means(law):
    """A population of n rows: mean (n - 1) F^T F, scaled means of covariance F^T F, uncorrelated with the scatter."""
    p, counts = 3, (2, 7)
    populations = check_populations(counts, (root(p, 0), root(p, 1)), None, law)
    place = populations.whitened()
    scatter, centres = scatters.draw_scatters(generator(), 30_000, populations, place)
    grams = [np.diag(f * f) if f.ndim == 1 else f.T @ f for f in place.factors]
    expected = sum((n - 1) * gram for n, gram in zip(counts, grams, strict=True))
    for i in range(p):
        for j in range(i + 1):
            assert_mean(scatter[:, i, j], expected[i, j])
            for k in range(2):
                assert_mean(centres[:, k, i] * centres[:, k, j], grams[k][i, j])
                assert_mean(centres[:, k, i] * (scatter[:, i, j] - expected[i, j]), 0.0)
            assert_mean(centres[:, 0, i] * centres[:, 1, j], 0.0)


# ---- exact laws


@pytest.mark.parametrize(("counts", "p"), [((20, 20), 10), ((9, 31), 10), ((0, 30), 8), ((5, 6, 20), 7)])
def test_equal_covariances_have_mean_p_over_n_minus_p_minus_1(counts, p):
    roots = [np.eye(p) * 1.3 + 0.2] * len(counts)
    values = kernels.trace_risk(generator(), 20_000, counts, roots)
    assert_mean(values, p / (sum(counts) - p - 1))


def test_the_test_covariance_enters_linearly_when_it_has_no_rows():
    """Rows of one covariance only: the mean is Tr(S^-1 T) / (n - p - 1)."""
    p, n = 6, 20
    test, other = root(p, 0), root(p, 1)
    values = kernels.trace_risk(generator(), 20_000, (0, n), (test, other))
    assert_mean(values, np.trace(np.linalg.solve(other @ other, test @ test)) / (n - p - 1))


def test_fewer_rows_than_columns_with_covariance_identity():
    """Bias (1 - n/p) |beta|^2 and variance n / (p - n - 1), exactly."""
    p, counts = 12, (2, 4)
    betas = [np.eye(p)[0], np.full(p, 0.5)]
    found = kernels.conditional_risk(generator(), 20_000, counts, ones(p), betas=betas)
    assert_mean(found["variance"], 6 / (p - 6 - 1))
    assert_mean(found["bias"][:, 0], 0.5)
    assert_mean(found["bias"][:, 1], 0.5 * 3.0)
    assert not found["mean_term"].any()


def test_synthetic_rows_only_with_an_intercept():
    """1/n + [Tr(Sigma_t S^-1) + d^T S^-1 d + p / n] / (n - p - 2) for a shift d of the means."""
    p, n = 5, 18
    test, other = root(p, 0), root(p, 1)
    means = generator(1).normal(size=(2, p))
    found = kernels.conditional_risk(generator(), 20_000, (0, n), (test, other), means=means, fit_intercept=True)
    inverse = np.linalg.inv(other @ other)
    shift = means[0] - means[1]
    trace, quadratic = np.trace(inverse @ test @ test), shift @ inverse @ shift
    assert_mean(found["variance"], trace / (n - p - 2))
    assert_mean(found["mean_term"], 1 / n + (quadratic + p / n) / (n - p - 2))


def test_leverages_add_up_to_the_dimension_and_go_by_counts():
    p, counts = 8, (7, 12, 0, 21)
    roots = [root(p, k) for k in range(4)]
    found = kernels.leverages(generator(), 500, counts, roots)
    np.testing.assert_allclose(found.sum(axis=1), p, rtol=1e-11)
    assert (found[:, :] >= 0).all() and (found <= np.minimum(counts, p) + 1e-9).all()
    equal = kernels.leverages(generator(), 20_000, counts, [roots[0]] * 4)
    for k, n in enumerate(counts):
        if n:
            assert_mean(equal[:, k], p * n / sum(counts))


def test_leverages_do_not_depend_on_common_coordinates():
    p, counts = 5, (8, 9)
    one = kernels.leverages(generator(), 50, counts, (np.full(p, 1.0), np.full(p, 2.0)))
    other = kernels.leverages(generator(), 50, counts, (root(p, 0, True), 2 * root(p, 0, True)))
    np.testing.assert_allclose(one, other, rtol=1e-10)


# ---- factors against designs that NumPy draws, in law


@pytest.mark.parametrize(
    ("counts", "p", "diagonal"),
    [((8, 20), 8, True), ((12, 20), 8, False), ((5, 20), 8, False), ((9, 8, 9), 8, True), ((1, 0, 30), 6, False)],
)
def test_traces_have_the_law_of_designs(counts, p, diagonal):
    size = 4000
    roots = [root(p, k, diagonal) for k in range(len(counts))]
    zs = [generator(20 + k).normal(size=(size, n, p)) for k, n in enumerate(counts)]
    x = rows(zs, roots, None)
    covariance = np.diag(roots[0] ** 2) if diagonal else roots[0] @ roots[0]
    direct = np.trace(np.linalg.inv(np.swapaxes(x, 1, 2) @ x) @ covariance, axis1=1, axis2=2)
    assert_same_law(kernels.trace_risk(generator(), size, counts, roots), direct)


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(("counts", "p"), [((8, 20), 8), ((2, 20), 6), ((2, 3), 9)])
def test_parts_have_the_law_of_designs(counts, p, fit_intercept):
    size = 1500
    roots = [root(p, 0), root(p, 1)]
    means, betas = generator(1).normal(size=(2, p)), generator(2).normal(size=(1, p))
    zs = [generator(30 + k).normal(size=(size, n, p)) for k, n in enumerate(counts)]
    direct = brute_all(rows(zs, roots, means), roots[0], means[0], betas, fit_intercept)
    found = kernels.conditional_risk(
        generator(), size, counts, roots, means=means, betas=betas, fit_intercept=fit_intercept
    )
    assert_same_law(found["variance"], direct["variance"])
    assert_same_law(found["mean_term"], direct["mean_term"])
    if sum(counts) < p:
        assert_same_law(found["bias"][:, 0], direct["bias"][:, 0])
    else:
        assert not found["bias"].any()


@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("counts", [(9, 14), (3, 3)])
def test_the_mean_over_noise_is_the_conditional_risk(counts, fit_intercept):
    p, noise_sd = (6, 0.7) if sum(counts) > 10 else (14, 0.7)
    roots = [root(p, 0), root(p, 1)]
    means, beta = generator(1).normal(size=(2, p)), generator(2).normal(size=p)
    options = {"means": means, "fit_intercept": fit_intercept}
    parts = kernels.conditional_risk(generator(1), 6000, counts, roots, betas=[beta], **options)
    given = noise_sd**2 * (parts["variance"] + parts["mean_term"]) + parts["bias"][:, 0]
    whole = kernels.regression_risk(generator(2), 6000, counts, roots, beta, noise_sd, **options)
    error = np.hypot(given.std(), whole.std()) / np.sqrt(6000)
    assert abs(given.mean() - whole.mean()) < LIMIT * error


@pytest.mark.parametrize("counts", [(5, 7), (2, 2)])
def test_noise_averages_to_the_conditional_risk_on_one_design(monkeypatch, counts):
    """Every replicate fits the same design, so that only the noise varies."""
    p = 7
    roots = [root(p, 0), root(p, 1)]
    means, beta = generator(1).normal(size=(2, p)), generator(2).normal(size=p)
    zs = [generator(3).normal(size=(1, n, p)) for n in counts]
    expected = brute_all(rows(zs, roots, means), roots[0], means[0], [beta])
    monkeypatch.setattr(regression, "draw_designs", lambda rng, size, populations: [np.repeat(z, size, 0) for z in zs])
    values = kernels.regression_risk(generator(), 5000, counts, roots, beta, 0.8, means=means)
    risk = 0.64 * (expected["variance"] + expected["mean_term"]) + expected["bias"][:, 0]
    assert len(np.unique(values)) == len(values)
    assert_mean(values, risk[0])


def test_heavy_tails_cost_more():
    """Universality fails for entries without a fourth moment: at least 5 % more risk than for signs."""
    p, counts = 30, (60, 60)
    risks = {law: kernels.trace_risk(generator(), 400, counts, ones(p), law=law) for law in kernels.LAWS}
    difference = risks["student_t3"].mean() - 1.05 * risks["rademacher"].mean()
    assert difference > LIMIT * np.hypot(risks["student_t3"].std(), risks["rademacher"].std()) / 20


def test_large_dimension_takes_lapack():
    p = inverses.SMALL + 16
    values = kernels.trace_risk(generator(), 150, (2 * p, 2 * p), ones(p))
    assert_mean(values, p / (3 * p - 1))
    found = kernels.conditional_risk(generator(), 60, (p // 4, p // 4), ones(p), betas=np.eye(p)[:1])
    assert_mean(found["variance"], (p // 4 * 2) / (p - p // 4 * 2 - 1))
    assert conditional.invert is inverses.invert
