import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import sparse, stats
from scipy.special import expit
from statsmodels.regression.linear_model import OLSResults

from mixtheory.imbalance.losses import LOGISTIC, SQUARED, LogisticLoss, SeparationError
from mixtheory.imbalance.models.wald import null_shift
from mixtheory.imbalance.symmetry import COVARIANCES, symmetry_test


def overlapping(rng, n0=120, n1=40, d=2, distance=0.8):
    x = np.vstack([rng.standard_normal((n0, d)), distance + 1.3 * rng.standard_normal((n1, d))])
    return x, np.repeat([0, 1], [n0, n1])


def uniform_classes(rng, b, n0, n1, d=5):
    x = rng.uniform(-math.sqrt(3), math.sqrt(3), (n0 + n1, d))
    x[:n0, 0] = 2 * x[:n0, 0] - 1
    x[n0:, 0] += b
    return x, np.repeat([0, 1], [n0, n1])


def by_hand(x, y, loss):
    """Return gap and covariance as the public code computes them, with labels 0 and 1 and the design `x`."""
    n0, n1 = np.bincount(y)
    theta = loss.minimise(x, y, np.where(y == 0, 1 / n0, 1 / n1))
    scores = [loss.scores(theta, x[y == k], y[y == k]) for k in (0, 1)]
    hessians = [loss.hessian(theta, x[y == k], y[y == k]) for k in (0, 1)]
    slope = (hessians[0] - hessians[1]) @ np.linalg.inv(hessians[0] + hessians[1])
    v = np.zeros_like(slope)
    for sign, s in zip((1, -1), scores, strict=True):
        a = sign * np.eye(len(slope)) - slope
        v += a @ np.cov(s.T) @ a.T / len(s)
    return theta, scores[0].mean(axis=0) - scores[1].mean(axis=0), v


@pytest.mark.parametrize("loss", [LOGISTIC, SQUARED], ids=["logistic", "squared"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_published_statistic(loss, fit_intercept):
    x, y = overlapping(np.random.default_rng(0))
    design = np.column_stack([x, np.ones(len(x))]) if fit_intercept else x
    theta, gap, v = by_hand(design, y, loss)
    found = symmetry_test(x, y, loss=loss, fit_intercept=fit_intercept)
    np.testing.assert_allclose(found.theta, theta, rtol=1e-7)
    np.testing.assert_allclose(found.gap, gap, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.covariance, v, rtol=1e-7, atol=1e-12)
    assert found.statistic == pytest.approx(gap @ np.linalg.solve(v, gap), rel=1e-7)
    assert found.pvalue == pytest.approx(stats.chi2.sf(found.statistic, found.df), rel=1e-12)
    assert found.df == design.shape[1]
    assert found.nobs == (120, 40)


@pytest.mark.parametrize("seed", range(4))
def test_squared_loss_is_the_robust_chow_test_of_statsmodels(seed):
    """Class-wise OLS; HC0 of statsmodels at the pooled coefficients, once the scores are centred with divisor n - 1."""
    x, y = uniform_classes(np.random.default_rng(seed), 0.6, 150, 60, d=3)
    target = y - 0.5
    found = symmetry_test(x, y, loss="squared", fit_intercept=False, codes=(-0.5, 0.5))
    fits, covariances = [], []
    for k in (0, 1):
        model = sm.OLS(target[y == k], x[y == k])
        fit = model.fit()
        fits.append(fit.params)
        pooled = OLSResults(model, found.theta, fit.normalized_cov_params, cov_type="HC0")
        mean = fit.normalized_cov_params @ (model.exog.T @ pooled.resid)
        n = len(model.endog)
        covariances.append(n / (n - 1) * (pooled.cov_params() - np.outer(mean, mean) / n))
    difference = fits[1] - fits[0]
    chow = difference @ np.linalg.solve(covariances[0] + covariances[1], difference)
    assert found.statistic == pytest.approx(chow, rel=1e-9)


@pytest.mark.parametrize("covariance", ["plain", "hc3"])
@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_the_units_of_the_features_do_not_matter(loss, covariance):
    x, y = overlapping(np.random.default_rng(3))
    first = symmetry_test(x, y, loss=loss, covariance=covariance)
    moved = symmetry_test(x * [1e6, 1e-5] + [3e7, 2.0], y, loss=loss, covariance=covariance)
    assert moved.statistic == pytest.approx(first.statistic, rel=1e-6)
    np.testing.assert_allclose(moved.theta[:2] * [1e6, 1e-5], first.theta[:2], rtol=1e-6)
    np.testing.assert_allclose(np.diagonal(moved.hessians[0])[2], first.hessians[0][2, 2], rtol=1e-6)


def test_weights_define_the_law_of_each_class():
    rng = np.random.default_rng(4)
    x, y = overlapping(rng)
    weights = rng.uniform(0.5, 2.0, len(y))
    first = symmetry_test(x, y, sample_weight=weights)
    scaled = symmetry_test(x, y, sample_weight=weights * np.where(y == 1, 7.0, 0.1))
    assert scaled.statistic == pytest.approx(first.statistic, rel=1e-8)
    equal = symmetry_test(x, y, sample_weight=np.full(len(y), 3.0))
    assert equal.statistic == pytest.approx(symmetry_test(x, y).statistic, rel=1e-10)
    # rows of weight 0 are left out
    kept = rng.random(len(y)) < 0.8
    for covariance in ("plain", "hc3"):
        without = symmetry_test(x[kept], y[kept], covariance=covariance)
        zero = symmetry_test(x, y, sample_weight=kept.astype(float), covariance=covariance)
        assert zero.statistic == pytest.approx(without.statistic, rel=1e-8)
        assert zero.nobs == without.nobs
    # the weight 2 gives the same fit as a repeated row, but not a second observation
    doubled = symmetry_test(x, y, sample_weight=np.where(np.arange(len(y)) % 2, 2.0, 1.0))
    places = np.repeat(np.arange(len(y)), np.where(np.arange(len(y)) % 2, 2, 1))
    repeated = symmetry_test(x[places], y[places])
    np.testing.assert_allclose(doubled.gap, repeated.gap, rtol=1e-7, atol=1e-10)
    assert doubled.statistic < 0.9 * repeated.statistic


def test_the_variance_of_weighted_means():
    """With random weights the estimated covariance of the gap is that over repetitions, to 6 standard errors."""
    rng = np.random.default_rng(5)
    gaps, variances = [], []
    for _ in range(250):
        x, y = overlapping(rng, 150, 80, d=1)
        found = symmetry_test(x, y, sample_weight=rng.exponential(size=len(y)), loss="squared")
        gaps.append(found.gap)
        variances.append(np.diagonal(found.covariance))
    ratio = np.var(gaps, axis=0, ddof=1) / np.mean(variances, axis=0)
    # 8 % is allowed for the bias of the covariance at 80 rows
    assert np.all(np.abs(ratio - 1) < 6 * math.sqrt(2 / 250) + 0.08)


@dataclasses.dataclass(frozen=True)
class Wrapped:
    """A loss that the test does not know."""

    inner: LogisticLoss = LOGISTIC
    name: str = "wrapped"

    def __getattr__(self, attribute):
        return getattr(object.__getattribute__(self, "inner"), attribute)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_any_loss_with_scores_and_hessians(covariance):
    x, y = overlapping(np.random.default_rng(6))
    options = {"covariance": covariance, "n_bootstrap": 39, "random_state": 1}
    own, known = symmetry_test(x, y, loss=Wrapped(), **options), symmetry_test(x, y, **options)
    assert own.loss == "wrapped"
    assert own.statistic == pytest.approx(known.statistic, rel=1e-6)
    assert own.pvalue == pytest.approx(known.pvalue, rel=1e-6)


def test_hc3_by_its_definition():
    """Generalised least squares for the common fit, leverages of OLS: for squared loss no linearisation is left."""
    x, y = uniform_classes(np.random.default_rng(7), 0.5, 90, 30, d=3)
    target = y - 0.5
    theta, gap, _ = by_hand(x, y, _Centred())
    parts = [(x[y == k], target[y == k]) for k in (0, 1)]
    hessians = [2 * rows.T @ rows / len(rows) for rows, _ in parts]
    roots = [np.cov((2 * rows * (rows @ theta - t)[:, None]).T) / len(rows) for rows, t in parts]
    precisions = [h @ np.linalg.solve(s, h) for h, s in zip(hessians, roots, strict=True)]
    fits = [np.linalg.lstsq(rows, t, rcond=None)[0] for rows, t in parts]
    common = np.linalg.solve(sum(precisions), sum(w @ fit for w, fit in zip(precisions, fits, strict=True)))
    v = np.zeros((3, 3))
    for sign, (rows, t), other in zip((1, -1), parts, hessians[::-1], strict=True):
        leverage = np.sum(rows * np.linalg.solve(rows.T @ rows, rows.T).T, axis=1)
        scores = 2 * rows * ((rows @ common - t) / (1 - leverage))[:, None]
        a = sign * other @ np.linalg.inv(sum(hessians) / 2)
        v += a @ np.cov(scores.T) @ a.T / len(rows)
    found = symmetry_test(x, y, loss="squared", fit_intercept=False, codes=(-0.5, 0.5), covariance="hc3")
    assert found.statistic == pytest.approx(gap @ np.linalg.solve(v, gap), rel=1e-9)


class _Centred:
    def minimise(self, x, y, weights):
        return SQUARED.minimise(x, y - 0.5, weights)

    def scores(self, theta, x, y):
        return SQUARED.scores(theta, x, y - 0.5)

    def hessian(self, theta, x, y):
        return SQUARED.hessian(theta, x, y)


def test_the_bootstrap_refits_on_drawn_rows():
    """For squared loss its one Newton step is the refit: the whole test is repeated on the same draws."""
    x, y = uniform_classes(np.random.default_rng(8), 0.6, 80, 30, d=2)
    options = {"loss": "squared", "fit_intercept": False, "codes": (-0.5, 0.5)}
    found = symmetry_test(x, y, covariance="bootstrap", n_bootstrap=25, random_state=3, **options)
    rng = np.random.default_rng(3)
    for value in found.bootstrap:
        places = np.concatenate([rng.integers(80, size=80), 80 + rng.integers(30, size=30)])
        again = symmetry_test(x[places], y[places], **options)
        gap = again.gap - found.gap
        assert value == pytest.approx(gap @ np.linalg.solve(again.covariance, gap), rel=1e-8)
    assert found.pvalue == (1 + np.sum(found.bootstrap >= found.statistic)) / 26
    plain = symmetry_test(x, y, **options)
    assert found.statistic == plain.statistic
    again = symmetry_test(x, y, covariance="bootstrap", n_bootstrap=25, random_state=3, **options)
    assert again.pvalue == found.pvalue


def test_power_and_summary():
    x, y = overlapping(np.random.default_rng(9))
    frame = pd.DataFrame(x, columns=["age", "dose"])
    found = symmetry_test(frame, np.where(y == 1, "ill", "well"))
    assert found.labels == ("well", "ill")
    assert found.names == ("age", "dose", "intercept")
    noncentrality = found.gap @ np.linalg.solve(found.covariance, found.gap)
    cutoff = stats.chi2.isf(0.1, 3)
    assert found.power(found.gap, 0.1) == pytest.approx(stats.ncx2.sf(cutoff, 3, noncentrality), rel=1e-9)
    assert found.power(np.zeros(3), 0.1) == 0.1
    text = str(found)
    for word in ("Wald Test of Local Symmetry", "age", "dose", "intercept", "ill (n = 40)", f"{found.gap[0]:.3f}"):
        assert word in text
    assert "[0.005" in str(found.summary(0.01))
    assert "dose" in found.summary().as_html()
    with pytest.raises(ValueError, match="gap_alternative must have one entry a coefficient, 3"):
        found.power([1.0])
    with pytest.raises(ValueError, match="level"):
        found.summary(2.0)


def test_labels_of_any_kind():
    x, y = overlapping(np.random.default_rng(10))
    wanted = symmetry_test(x, y).statistic
    for labels in (
        y == 1,
        np.where(y == 1, "b", "a"),
        pd.Series(y),
        pd.Series(np.where(y, "b", "a"), dtype="category"),
    ):
        found = symmetry_test(x, labels)
        assert found.statistic == pytest.approx(wanted, rel=1e-12)
    swapped = symmetry_test(x, y, minority=0)
    assert swapped.labels == (1, 0)
    # logistic loss does not know which class is called 1
    assert swapped.statistic == pytest.approx(wanted, rel=1e-7)
    even = symmetry_test(x[80:], y[80:])
    assert even.nobs == (40, 40)
    assert even.labels == (0, 1)


def test_an_intercept_makes_local_symmetry_impossible():
    """The intercept's entry of the gap is E_0 p + E_1 (1 - p) > 0, whatever the data."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal((300, 2))
    y = (rng.random(300) < 0.3).astype(int)
    found = symmetry_test(x, y)
    p = expit(x @ found.theta[:2] + found.theta[2])
    assert found.gap[2] == pytest.approx(p[y == 0].mean() + (1 - p[y == 1]).mean(), rel=1e-7)
    assert found.gap[2] > 0.5


X, Y = overlapping(np.random.default_rng(12))
HOLE = X.copy()
HOLE[3, 1] = np.nan
FLAT = np.column_stack([X, np.ones(len(X))])
ABSENT = np.column_stack([X, np.where(Y == 0, np.arange(len(Y)) % 2, 0)])
TWICE = np.column_stack([X, X[:, 0] - 2 * X[:, 1]])
SINGLE = np.column_stack([X, np.arange(len(Y)) == len(Y) - 1])


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "message"),
    [
        (X, np.zeros(len(Y)), {}, ValueError, "y must hold two classes, got 1"),
        (X, np.arange(len(Y)) % 3, {}, ValueError, r"two classes, got 3: \[0, 1, 2\]; test one class against"),
        (X, Y[1:], {}, ValueError, "one label for each of the 160 rows"),
        (X, np.column_stack([Y, Y]), {}, ValueError, "y must have 1 dimension"),
        (X, np.where(Y == 1, np.nan, 0.0), {}, ValueError, "no missing labels"),
        (X, np.where(Y == 1, None, "a"), {}, ValueError, "no missing labels"),
        (X, np.array([0, "a"] * 80, dtype=object), {}, TypeError, "labels of one kind"),
        (HOLE, Y, {}, ValueError, "X must be finite"),
        (pd.DataFrame(HOLE, columns=["a", "b"]), Y, {}, ValueError, "missing values in 'b'"),
        (sparse.csr_matrix(X), Y, {}, TypeError, r"X must be dense.*toarray"),
        (X.astype(str), Y, {}, TypeError, "X must be an array of real numbers"),
        (FLAT, Y, {}, ValueError, "constant in the majority 0.*'x3'"),
        (ABSENT, Y, {}, ValueError, "constant in the minority 1.*'x3'"),
        (ABSENT, Y, {"fit_intercept": False}, ValueError, "constant in the minority 1.*'x3'"),
        (TWICE, Y, {}, ValueError, "linearly independent columns in each class"),
        (X[:123], Y[:123], {}, ValueError, "more rows in each class than coefficients, got 3 rows of the minority 1"),
        (np.where(Y == 1, 5.0, -5.0)[:, None] + X, Y, {}, SeparationError, "separable data"),
        (X, Y, {"sample_weight": -np.ones(len(Y))}, ValueError, "sample_weight must be >= 0"),
        (X, Y, {"sample_weight": Y}, ValueError, "y must hold two classes, got 1"),
        (X, Y, {"sample_weight": [1.0]}, ValueError, "one entry for each of the 160 rows"),
        (X, Y, {"minority": 2}, ValueError, "minority must be one of the labels"),
        (X, Y, {"loss": "hinge"}, ValueError, "loss must be one of"),
        (X, Y, {"loss": 3}, TypeError, "loss must be"),
        (X, Y, {"covariance": "hc2"}, ValueError, "did you mean 'hc3'"),
        (X, Y, {"fit_intercept": 1}, TypeError, "fit_intercept must be True or False"),
        (X, Y, {"codes": (1, 1)}, ValueError, "codes must be two different numbers"),
        (X, Y, {"codes": (-1, 1)}, ValueError, "y must be 0 or 1 for the logistic loss"),
        (X, Y, {"n_bootstrap": 3}, ValueError, "n_bootstrap must be an integer >= 19"),
        (X, Y, {"covariance": "bootstrap", "random_state": "x"}, ValueError, "random_state must be None"),
        (
            SINGLE,
            Y,
            {"covariance": "hc3", "loss": "squared", "fit_intercept": False},
            ValueError,
            "constant in the maj",
        ),
    ],
)
def test_bad_input(x, y, options, error, message):
    with pytest.raises(error, match=message):
        symmetry_test(x, y, **options)


def test_a_row_of_full_leverage_is_refused():
    rng = np.random.default_rng(13)
    x = rng.standard_normal((100, 2))
    y = np.repeat([0, 1], [60, 40])
    x[:, 1] = np.isin(np.arange(100), [5, 70])
    with pytest.raises(ValueError, match="no row of leverage 1, got one in the majority 0"):
        symmetry_test(x, y, loss="squared", covariance="hc3")


@pytest.mark.slow
def test_the_correction_brings_the_size_to_the_level():
    """At 50 rows of the minority against 1,000 the plain test rejects thrice as often as it should."""
    rng = np.random.default_rng(14)
    many, rejected = 2000, np.zeros(2)
    for _ in range(many):
        x, y = uniform_classes(rng, null_shift(), 1000, 50)
        for k, covariance in enumerate(("plain", "hc3")):
            found = symmetry_test(
                x, y, loss="squared", fit_intercept=False, codes=(-0.5, 0.5), covariance=covariance, minority=1
            )
            rejected[k] += found.pvalue < 0.05
    assert rejected[0] / many > 0.12
    assert rejected[1] / many <= 0.07


# The slopes alone -----------------------------------------------------------------------------------------------------


def minimisers(x, chance, mixes):
    """Return logistic minimisers at mixes of the classes, for a law on points with P(y = 1 | x) in the balanced law."""
    laws = (1 - chance) / (1 - chance).sum(), chance / chance.sum()
    y = np.repeat([0.0, 1.0], len(x))
    return [LOGISTIC.minimise(np.vstack([x, x]), y, np.concatenate([(1 - m) * laws[0], m * laws[1]])) for m in mixes]


def first_order(x, chance, theta):
    """Return gap and Hessians of the classes at a coefficient vector."""
    laws = (1 - chance) / (1 - chance).sum(), chance / chance.sum()
    labels = np.zeros(len(x)), np.ones(len(x))
    means = [p @ LOGISTIC.scores(theta, x, y) for p, y in zip(laws, labels, strict=True)]
    return means[0] - means[1], [LOGISTIC.hessian(theta, x, y, p) for p, y in zip(laws, labels, strict=True)]


@pytest.mark.parametrize("specified", [True, False])
def test_the_null_of_the_slopes_is_that_the_mix_moves_the_intercept_alone(specified):
    """In a well-specified logistic model g = 4 H e_I at the balanced mix; H_w of another mix has no such property."""
    rng = np.random.default_rng(15)
    half = np.column_stack([rng.standard_normal((40, 2)), np.zeros(40)])
    # both signs of the predictor: the classes are then equally frequent
    x = np.vstack([half, -half]) + [0.0, 0.0, 1.0]
    predictor = x @ [0.8, -0.5, 0.0]
    chance = expit(predictor if specified else predictor + 0.8 * x[:, 0] ** 2)
    step = 1e-4
    centre, low, high = minimisers(x, chance, (0.5, 0.5 - step, 0.5 + step))
    gap, hessians = first_order(x, chance, centre)
    curvature = (hessians[0] + hessians[1]) / 2
    # the majority's share is 1 - the mix
    np.testing.assert_allclose((high - low) / (2 * step), np.linalg.solve(curvature, gap), rtol=1e-5, atol=1e-6)
    far = minimisers(x, chance, (0.05,))[0]
    tilted = np.linalg.solve(0.95 * hessians[0] + 0.05 * hessians[1], gap)
    if specified:
        np.testing.assert_allclose(gap, 4 * curvature[:, 2], atol=1e-9)
        np.testing.assert_allclose(far - centre, [0, 0, math.log(0.05 / 0.95)], atol=1e-7)
        assert np.abs(tilted[:2]).max() > 0.01
    else:
        assert np.abs((high - low)[:2]).max() / (2 * step) > 0.1


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_without_intercept_the_slopes_are_all(loss, covariance):
    x, y = overlapping(np.random.default_rng(16))
    options = {"loss": loss, "covariance": covariance, "fit_intercept": False, "n_bootstrap": 19, "random_state": 0}
    slopes, every = symmetry_test(x, y, parameters="slopes", **options), symmetry_test(x, y, **options)
    assert (slopes.statistic, slopes.pvalue, slopes.df) == (every.statistic, every.pvalue, 2)
    assert slopes.parameters == "all"


def perturbed(x, y, weights):
    """Return the effective gap of the balanced logistic fit with weights of the rows."""
    shares = [np.where(y == k, weights, 0) / weights[y == k].sum() for k in (0, 1)]
    theta = LOGISTIC.minimise(x, y.astype(float), shares[0] + shares[1])
    g = (shares[0] - shares[1]) @ LOGISTIC.scores(theta, x, y)
    h = (LOGISTIC.hessian(theta, x, y, shares[0]) + LOGISTIC.hessian(theta, x, y, shares[1])) / 2
    return g[:-1] - h[:-1, -1] * g[-1] / h[-1, -1]


def test_effective_gap_and_its_infinitesimal_jackknife():
    """Rows of the covariance are derivatives of the effective gap in the weights of the rows, refitted each time."""
    x, y = overlapping(np.random.default_rng(17), 25, 15)
    found = symmetry_test(x, y, parameters="slopes")
    design, ones, step = np.column_stack([x, np.ones(40)]), np.ones(40), 1e-4
    np.testing.assert_allclose(found.gap, perturbed(design, y, ones), rtol=1e-6)
    rows = np.array(
        [
            (perturbed(design, y, ones + step * e) - perturbed(design, y, ones - step * e)) / (2 * step)
            for e in np.eye(40)
        ]
    )
    wanted = sum(rows[y == k].T @ rows[y == k] * n / (n - 1) for k, n in ((0, 25), (1, 15)))
    np.testing.assert_allclose(found.covariance, wanted, rtol=1e-4, atol=1e-6 * np.abs(wanted).max())
    assert found.statistic == pytest.approx(found.gap @ np.linalg.solve(wanted, found.gap), rel=1e-4)
    assert found.df == 2
    assert found.names == ("x1", "x2")
    assert "the mix of the classes moves the intercept alone" in str(found)
    assert found.power(np.zeros(2)) == 0.05


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_units_do_not_matter_to_the_slopes(loss, covariance):
    x, y = overlapping(np.random.default_rng(18))
    options = {"loss": loss, "covariance": covariance, "parameters": "slopes", "n_bootstrap": 19}
    first = symmetry_test(x, y, random_state=0, **options)
    moved = symmetry_test(x * [1e4, 1e-4] + [3e4, 2.0], y, random_state=0, **options)
    assert moved.statistic == pytest.approx(first.statistic, rel=1e-6)
    np.testing.assert_allclose(moved.gap / [1e4, 1e-4], first.gap, rtol=1e-5, atol=1e-8)
    assert moved.pvalue == pytest.approx(first.pvalue, rel=1e-5)


@pytest.mark.parametrize("loss", [pytest.param("logistic", marks=pytest.mark.slow), "squared"])
def test_size_and_power_of_the_slopes(loss):
    """Normal classes of one covariance keep their slopes; another covariance of the minority moves them."""
    rng = np.random.default_rng(19)
    y, many = np.repeat([0, 1], [600, 300]), 80
    null, other = [], []
    for _ in range(many):
        x = rng.standard_normal((900, 2))
        moved = x * np.where(y == 1, 1.6, 1.0)[:, None] ** [1, -1]
        shift = np.outer(y, [0.8, 0.5])
        null.append(symmetry_test(x + shift, y, loss=loss, parameters="slopes").pvalue)
        other.append(symmetry_test(moved + shift, y, loss=loss, parameters="slopes").pvalue)
    # 6 standard errors of a share of 0.05 above 0.08, which leaves 0.03 for the size of the minority
    assert np.mean(np.array(null) < 0.05) < 0.08 + 6 * math.sqrt(0.05 * 0.95 / many)
    # a law whose variance is taken too large has p-values near 1
    assert 0.5 - 6 * math.sqrt(1 / (12 * many)) - 0.06 < np.mean(null) < 0.5 + 6 * math.sqrt(1 / (12 * many))
    # the test of all coefficients sees the intercept
    assert symmetry_test(x + shift, y, loss=loss).pvalue < 1e-6
    assert np.mean(np.array(other) < 0.05) > 0.9


def test_the_bootstrap_of_the_slopes_refits_on_drawn_rows():
    x, y = overlapping(np.random.default_rng(20), 80, 40)
    options = {"loss": "squared", "parameters": "slopes"}
    found = symmetry_test(x, y, covariance="bootstrap", n_bootstrap=19, random_state=3, **options)
    rng = np.random.default_rng(3)
    for value in found.bootstrap:
        places = np.concatenate([rng.integers(80, size=80), 80 + rng.integers(40, size=40)])
        again = symmetry_test(x[places], y[places], **options)
        gap = again.gap - found.gap
        assert value == pytest.approx(gap @ np.linalg.solve(again.covariance, gap), rel=1e-6)


def test_bad_parameters():
    with pytest.raises(ValueError, match="did you mean 'slopes'"):
        symmetry_test(X, Y, parameters="slope")
