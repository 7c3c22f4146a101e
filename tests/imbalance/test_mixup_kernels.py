"""Simulators of mixup as a generator, against rows in plain NumPy and against closed forms."""

import numpy as np
import pytest

from mixtheory import Beta, EpBeta, Zeta
from mixtheory.imbalance.kernels import mixup, mixup_prices
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup import GaussianMixup
from mixtheory.imbalance.models.mixup_prices import copying, marginal_price, mixed_regression_risk

LAW = EpBeta(2.0, 3.0, 0.1, 0.4)
FIXED = Zeta(1.2, 3)
MEAN, VARIANCES = np.array([1.0, 0.5]), np.array([2.0, 0.5])
# a false alarm once in 1e9
WIDE = 6.1


def fits_of_rows(rng, n, n0, n1, size, parents, intercept, law):
    """Return estimates from the rows themselves."""
    found = []
    for _ in range(n):
        majority = rng.standard_normal((n0, 2))
        minority = MEAN + np.sqrt(VARIANCES) * rng.standard_normal((n1, 2))
        weights = law.weight_vectors(size, rng)
        if parents == "sample":
            drawn = minority[rng.integers(n1, size=weights.shape)]
        else:
            drawn = MEAN + np.sqrt(VARIANCES) * rng.standard_normal((*weights.shape, 2))
        X = np.vstack([majority, minority, np.einsum("nt,ntd->nd", weights, drawn)])
        X = np.hstack([np.ones((len(X), 1)), X]) if intercept else X
        found.append(np.linalg.lstsq(X, np.repeat([0.0, 1.0], [n0, n1 + size]))[0])
    return np.array(found)


@pytest.mark.parametrize("parents", mixup.PARENTS)
@pytest.mark.parametrize(("law", "intercept"), [(LAW, False), (LAW, True), (FIXED, True)])
def test_estimates_have_the_law_of_fits_of_rows(parents, law, intercept):
    rng, n = np.random.default_rng(0), 1500
    slow = fits_of_rows(rng, n, 12, 5, 8, parents, intercept, law)
    fast, linear = mixup.estimates(
        rng, 8 * n, law, 12, 5, [8], mean=MEAN, variances=VARIANCES, fit_intercept=intercept, parents=parents
    )
    fast = fast[:, 0]
    for power in (1, 2):
        errors = np.hypot((slow**power).std(axis=0) / n**0.5, (fast**power).std(axis=0) / (8 * n) ** 0.5)
        assert np.all(np.abs((slow**power).mean(axis=0) - (fast**power).mean(axis=0)) < WIDE * errors)
    assert np.all(np.abs(linear.mean(axis=0)) < WIDE * linear.std(axis=0) / (8 * n) ** 0.5)


@pytest.mark.parametrize("parents", mixup.PARENTS)
def test_excess_risks_approach_the_second_order(parents):
    gaps = []
    for n1, n in ((10, 40_000), (40, 20_000)):
        model = GaussianMixup(Beta(1, 1), n_majority=3 * n1, n_minority=n1)
        risks = mixup.excess_risks(np.random.default_rng(0), n, Beta(1, 1), 3 * n1, n1, [6 * n1, 0], parents=parents)
        closed = model.excess_risk([6 * n1, 0], parents=parents)
        error = WIDE * risks.std(axis=0) / n**0.5 / closed
        gaps.append(np.abs(risks.mean(axis=0) / closed - 1) - error)
    # relative errors of order 1 / n_1
    assert np.all(gaps[0] < 0.15) and np.all(gaps[1] < 0.04)


def test_sizes_are_nested_and_in_any_order():
    one = mixup.excess_risks(np.random.default_rng(3), 4, LAW, 20, 5, [0, 7, 15], parents="sample")
    two = mixup.excess_risks(np.random.default_rng(3), 4, LAW, 20, 5, [15, 0, 7], parents="sample")
    np.testing.assert_array_equal(one[:, [2, 0, 1]], two)
    few = mixup.excess_risks(np.random.default_rng(3), 1, LAW, 20, 5, [0, 7])
    np.testing.assert_allclose(few, mixup.excess_risks(np.random.default_rng(3), 1, LAW, 20, 5, [0, 7, 15])[:, :2])


@pytest.mark.parametrize("law", [LAW, FIXED])
@pytest.mark.parametrize("noise", ["gaussian", "rademacher", "sphere", "cube"])
def test_copied_noise(noise, law):
    n, model = 40_000, MeanShiftModel(4, 8, 5, noise)
    drawn = mixup_prices.copied_scores(np.random.default_rng(0), n, law, 4, 5, noise=noise) / model.score_trace
    assert abs(drawn.mean() - copying(model, law, finite=True)) < WIDE * drawn.std() / n**0.5
    assert drawn.std() / n**0.5 < 0.01


@pytest.mark.parametrize(("noise", "law"), [("gaussian", Beta(1, 1)), ("rademacher", Beta(1, 1)), ("gaussian", FIXED)])
def test_price_of_the_first_row(noise, law):
    n, model = 20_000, MeanShiftModel(4, 100, 100, noise)
    prices = mixup_prices.marginal_prices(np.random.default_rng(0), n, law, 4, 100, 100, noise=noise)
    prices /= model.price_unit
    closed = marginal_price(model, law)
    # far from 2 copying - 1, which a row with a real one's noise and second moment would cost
    assert abs(prices.mean() - closed) < WIDE * prices.std() / n**0.5 + 0.05
    assert closed - (2 * copying(model, law) - 1) > 0.15


def test_the_price_is_the_change_of_the_excess_risk():
    n, price = 30_000, marginal_price(MeanShiftModel(2, 6, 6, "gaussian"), Beta(1, 1))
    rng = np.random.default_rng(0)
    first = mixup_prices.marginal_prices(rng, n, Beta(1, 1), 2, 6, 6)
    changes = np.empty(n // 10)
    for r in range(len(changes)):
        rows = np.array([1.0, 0.0]) + rng.standard_normal((12, 2))
        weight, parents = rng.random(), rows[rng.integers(6, size=2)]
        longer = np.vstack([rows, weight * parents[0] + (1 - weight) * parents[1]])
        errors = [np.linalg.solve(Z.T @ Z, Z.sum(axis=0)) - [0.5, 0.0] for Z in (rows, longer)]
        changes[r] = np.diff([2 * e[0] ** 2 + e[1] ** 2 for e in errors])[0]
    error = np.hypot(first.std() / n**0.5, changes.std() / len(changes) ** 0.5)
    assert abs(first.mean() - changes.mean()) < WIDE * error and price > 0


@pytest.mark.parametrize("law", [EpBeta.preserving_uniform(), FIXED])
@pytest.mark.parametrize(("n_real", "n_mixed"), [(20, 20), (0, 40)])
def test_regression_on_mixed_rows(n_real, n_mixed, law):
    n, p = 1500, 20
    trace, plain = mixup_prices.regression_traces(np.random.default_rng(0), n, law, p, n_real, n_mixed)
    less = trace - (plain - p / (n_real + n_mixed - p - 1))
    closed = mixed_regression_risk(law, p, n_real, n_mixed)
    # relative errors of the limit are about 1.1 / p
    assert abs(less.mean() / closed - 1 - 1.1 / p) < WIDE * less.std() / closed / n**0.5 + 0.3 / p
    assert np.all(np.abs(plain.mean() - p / (n_real + n_mixed - p - 1)) < WIDE * plain.std() / n**0.5)


def test_rows_of_two_parents_are_normal_given_the_weight():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2, 4000, 30, 5))
    weights = LAW.rvs((4000, 30), rng)[..., None]
    mixed = weights * rows[0] + (1 - weights) * rows[1]
    slow = np.trace(np.linalg.inv(mixed.swapaxes(1, 2) @ mixed), axis1=1, axis2=2)
    fast, _ = mixup_prices.regression_traces(rng, 20_000, LAW, 5, 0, 30)
    error = np.hypot(slow.std() / 4000**0.5, fast.std() / 20_000**0.5)
    assert abs(slow.mean() - fast.mean()) < WIDE * error


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rng: mixup.excess_risks(rng, 1, LAW, 1, 1, [3]), "must exceed 2 columns"),
        (lambda rng: mixup.excess_risks(rng, 1, LAW, 5, 5, [3], mean=[1.0]), "variances"),
        (lambda rng: mixup.excess_risks(rng, 1, LAW, 5, 5, [2.5]), "integers"),
        (lambda rng: mixup.excess_risks(rng, 1, LAW, 5, 5, [3], parents="rows"), "parents"),
        (lambda rng: mixup.excess_risks(0, 1, LAW, 5, 5, [3]), "rng"),
        (lambda rng: mixup_prices.copied_scores(rng, 1, LAW, 3, 5, noise="laplace"), "noise"),
        (lambda rng: mixup_prices.regression_traces(rng, 1, LAW, 10, 5, 5), "must exceed p = 10"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call(np.random.default_rng(0))
