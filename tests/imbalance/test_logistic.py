"""Logistic symmetric model: root finding, dense matrices over a discrete law, and scikit-learn on the same draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats
from sklearn.linear_model import LogisticRegression

from mixtheory.imbalance.kernels import logistic as kernels
from mixtheory.imbalance.models.logistic import LogisticSymmetricModel

Array = NDArray[np.float64]
MODELS = [(5.0, 1.0, 1.0), (2.0, 0.5, 1.5), (1.0, 3.0, 0.4)]


def sigma(t: Array | float) -> Array:
    return 1 / (1 + np.exp(-np.asarray(t, dtype=float)))


def across() -> Array:
    """Rows of a law of W in two dimensions with mean 0 and a covariance that is not isotropic, all as likely."""
    return np.array([[1.0, 0.5], [-1.0, -0.5], [0.2, -2.0], [-0.2, 2.0]])


def population(a: float, b: float, c: float, alpha: float) -> tuple[Array, Array, Array]:
    """Points in three dimensions, and the probabilities of (point, label 0) and (point, label 1)."""
    points, zero, one = [], [], []
    for t, share in ((-a, alpha), (b, 1 - alpha)):
        for w in across():
            points.append([t, *w])
            zero.append(share / 4 * (1 - float(sigma(c * t))))
            one.append(share / 4 * float(sigma(c * t)))
    return np.array(points), np.array(zero), np.array(one)


@pytest.mark.parametrize(("a", "b", "c"), MODELS)
def test_alpha_cancels_the_pull(a: float, b: float, c: float) -> None:
    def pull(alpha: float) -> float:
        points, zero, _ = population(a, b, c, alpha)
        return float(zero / zero.sum() @ (sigma(c * points[:, 0]) * points[:, 0]))

    model = LogisticSymmetricModel(a, b, c)
    assert math.isclose(model.alpha, optimize.brentq(pull, 1e-9, 1 - 1e-9, xtol=1e-15), rel_tol=1e-10)
    _, _, one = population(a, b, c, model.alpha)
    assert math.isclose(model.prevalence, one.sum(), rel_tol=1e-12)


@pytest.mark.parametrize(("a", "b", "c"), MODELS)
@pytest.mark.parametrize("multiple", [None, 0.0, 0.7, -2.0])
def test_class_gradients_over_the_joint_law(a: float, b: float, c: float, multiple: float | None) -> None:
    model = LogisticSymmetricModel(a, b, c)
    points, zero, one = population(a, b, c, model.alpha)
    t = c if multiple is None else multiple
    first = zero / zero.sum() @ (sigma(t * points[:, :1]) * points)
    second = one / one.sum() @ ((sigma(t * points[:, :1]) - 1) * points)
    assert np.allclose([first[1:], second[1:]], 0, atol=1e-15)
    assert np.allclose(model.class_gradients(multiple), [first[0], second[0]], rtol=1e-12, atol=1e-14)
    if multiple is None:
        assert max(abs(value) for value in model.class_gradients()) < 1e-12


def test_wrong_alpha_leaves_a_gap() -> None:
    """a and b swapped in the numerator of alpha."""
    model = LogisticSymmetricModel()
    swapped = 1 - LogisticSymmetricModel(1.0, 5.0).alpha
    assert math.isclose(swapped, model.alpha, rel_tol=1e-12)
    slopes = {t: float(sigma(t) * sigma(-t)) for t in (5.0, 1.0)}
    mutant = 5 * slopes[5.0] / (5 * slopes[5.0] + slopes[1.0])
    points, zero, _ = population(5.0, 1.0, 1.0, mutant)
    assert zero @ (sigma(points[:, 0]) * points[:, 0]) > 0.01


@pytest.mark.parametrize(("a", "b", "c"), MODELS)
def test_oracle_from_dense_matrices(a: float, b: float, c: float) -> None:
    model = LogisticSymmetricModel(a, b, c)
    points, zero, one = population(a, b, c, model.alpha)
    theta = np.array([c, 0.0, 0.0])
    hessians, covariances = [], []
    for label, weights in ((0, zero / zero.sum()), (1, one / one.sum())):
        p = sigma(points @ theta)
        hessians.append((points.T * (weights * p * (1 - p))) @ points)
        covariances.append((points.T * (weights * (p - label) ** 2)) @ points)
    for counts in ((400, 50, 0), (400, 50, 350), (30, 70, 5)):
        shares = np.array([counts[0], counts[1] + counts[2]]) / sum(counts)
        inverse = np.linalg.inv(shares[0] * hessians[0] + shares[1] * hessians[1])
        spread = shares[0] * covariances[0] + shares[1] * covariances[1]
        risk = np.trace(inverse @ (hessians[0] + hessians[1]) @ inverse @ spread) / (4 * sum(counts))
        assert math.isclose(model.oracle(3, *counts), risk, rel_tol=1e-12)


def test_scores_of_one_class_are_the_curvature_of_the_other() -> None:
    model = LogisticSymmetricModel(2.0, 0.5, 1.5)
    odds = model.prevalence / (1 - model.prevalence)
    assert np.allclose(model.score_variances(0), odds * np.array(model.curvatures(1)), rtol=1e-12)
    assert np.allclose(odds * np.array(model.score_variances(1)), model.curvatures(0), rtol=1e-12)


def test_numbers_of_the_note_and_far_values() -> None:
    model = LogisticSymmetricModel()
    assert round(model.alpha, 10) == 0.8553841079
    assert round(model.prevalence, 7) == 0.1114476
    assert LogisticSymmetricModel(1000.0, 1.0).alpha == 1.0


@pytest.mark.parametrize("multiple", [None, 0.6])
def test_kernel_gradients(multiple: float | None) -> None:
    model = LogisticSymmetricModel(2.0, 0.5, 1.5)
    gradients, shares = kernels.class_gradients(
        np.random.default_rng(1), 4000, 500, model.alpha, a=2.0, b=0.5, c=1.5, multiple=multiple
    )
    weights = np.array([1 - model.prevalence, model.prevalence])
    for values, means in ((shares, weights), (gradients, weights * model.class_gradients(multiple))):
        error = values.std(axis=0, ddof=1) / math.sqrt(len(values))
        assert np.all(np.abs(values.mean(axis=0) - means) < 5.5 * error)
    assert np.allclose(shares.sum(axis=1), 1)


def draw_class(rng: np.random.Generator, n: int, d: int, a: float, b: float, first: float) -> Array:
    rows = np.empty((n, d))
    for row in rows:
        row[0] = -a if rng.random() < first else b
        sign = 1.0 if rng.random() < 0.5 else -1.0
        row[1:] = rng.standard_normal(d - 1)
        row[1:4] += 2.5 * sign
    return rows


def population_risk(theta: Array, a: float, b: float, firsts: Array) -> float:
    """Balanced risk by adaptive quadrature over the normal part."""
    total, spread = 0.0, math.sqrt(float(np.sum(theta[1:] ** 2)))
    for label in (0, 1):
        for t, share in ((-a, firsts[label]), (b, 1 - firsts[label])):
            for side in (-2.5, 2.5):
                centre = theta[0] * t + side * float(np.sum(theta[1:4]))

                def loss(z: float, centre: float = centre, sign: int = 1 - 2 * label) -> float:
                    return float(np.logaddexp(0, sign * (centre + spread * z)) * stats.norm.pdf(z))

                total += share / 4 * integrate.quad(loss, -12, 12, epsabs=1e-13, limit=200)[0]
    return total


@pytest.mark.parametrize("generator", kernels.GENERATORS)
def test_kernel_fits_against_scikit_learn(generator: str) -> None:
    a, b, d, n_0, n_1, sizes = 5.0, 1.0, 5, 150, 60, [0, 40]
    alpha = LogisticSymmetricModel(a, b).alpha
    ours = kernels.excess_risks(np.random.default_rng(3), 1, d, n_0, n_1, sizes, alpha, generator=generator)
    rng = np.random.default_rng(3)
    joint = np.array([alpha, 1 - alpha])[:, np.newaxis] * np.array(
        [[float(sigma(s * t)) for s in (-1, 1)] for t in (-a, b)]
    )
    firsts = joint[0] / joint.sum(axis=0)
    majority = draw_class(rng, n_0, d, a, b, firsts[0])
    minority = draw_class(rng, n_1, d, a, b, firsts[1])
    if generator == "oracle":
        synthetic = draw_class(rng, 40, d, a, b, firsts[1])
    elif generator == "bootstrap":
        synthetic = minority[(rng.random(40) * n_1).astype(int)]
    elif generator == "gaussian_fit":
        covariance = np.cov(minority.T)
        covariance += 1e-6 * np.trace(covariance) / d * np.eye(d)
        synthetic = minority.mean(axis=0) + rng.standard_normal((40, d)) @ np.linalg.cholesky(covariance).T
    else:
        distances = np.linalg.norm(minority[:, np.newaxis] - minority, axis=2)
        np.fill_diagonal(distances, np.inf)
        nearest = np.argsort(distances, axis=1)[:, :5]
        u = rng.random((40, 3))
        base = (u[:, 0] * n_1).astype(int)
        other = nearest[base, (u[:, 1] * 5).astype(int)]
        synthetic = minority[base] + u[:, 2:] * (minority[other] - minority[base])
    best = population_risk(np.eye(d)[0], a, b, firsts)
    for place, size in enumerate(sizes):
        x = np.vstack([majority, minority, synthetic[:size]])
        y = np.repeat([0, 1], [n_0, n_1 + size])
        fit = LogisticRegression(C=np.inf, fit_intercept=False, solver="newton-cholesky", tol=1e-12).fit(x, y)
        assert math.isclose(ours[0, place], population_risk(fit.coef_[0], a, b, firsts) - best, rel_tol=1e-5)


def test_kernel_reaches_the_leading_order() -> None:
    model = LogisticSymmetricModel(2.0, 1.0)
    sizes = [0, 500, 3000]
    risks = kernels.excess_risks(np.random.default_rng(5), 200, 5, 2500, 2000, sizes, model.alpha, a=2.0)
    for column, nt in zip(risks.T, sizes, strict=True):
        error = column.std(ddof=1) / math.sqrt(column.size)
        leading = model.oracle(5, 2500, 2000, nt)
        assert abs(column.mean() - leading) < 5.5 * error + 0.02 * leading


def test_separable_rows_have_infinite_risk() -> None:
    risks = kernels.excess_risks(np.random.default_rng(1), 20, 12, 10, 4, [0, 3], 0.855)
    assert np.all(np.isinf(risks))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"rng": None}, TypeError, "rng"),
        ({"replicates": 0}, ValueError, "replicates"),
        ({"d": 1}, ValueError, "d must"),
        ({"n_majority": 2, "n_minority": 1, "d": 3}, ValueError, "exceed d"),
        ({"n_minority": 5, "generator": "smote"}, ValueError, "n_minority"),
        ({"n_minority": 1, "generator": "gaussian_fit"}, ValueError, "n_minority"),
        ({"sizes": [-2]}, ValueError, "sizes"),
        ({"alpha": 1.0}, ValueError, "alpha"),
        ({"a": 0.0}, ValueError, "a must"),
        ({"c": -1.0}, ValueError, "c must"),
        ({"generator": "adasyn"}, ValueError, "generator"),
        ({"separation": math.inf}, ValueError, "separation"),
    ],
)
def test_bad_input(change: dict[str, object], error: type[Exception], text: str) -> None:
    arguments: dict[str, object] = {
        "rng": np.random.default_rng(1),
        "replicates": 1,
        "d": 4,
        "n_majority": 30,
        "n_minority": 12,
        "sizes": [0],
        "alpha": 0.8,
    }
    with pytest.raises(error, match=text):
        kernels.excess_risks(**(arguments | change))  # type: ignore[arg-type]


def test_bad_models() -> None:
    with pytest.raises(ValueError, match="b must"):
        LogisticSymmetricModel(1.0, -1.0)
    with pytest.raises(ValueError, match="label"):
        LogisticSymmetricModel().nodes(2)
    with pytest.raises(ValueError, match="multiple"):
        LogisticSymmetricModel().class_gradients(math.nan)
    with pytest.raises(ValueError, match="n_synthetic"):
        LogisticSymmetricModel().oracle(3, 10, 5, -1)
    with pytest.raises(ValueError, match="rows"):
        kernels.class_gradients(np.random.default_rng(1), 1, 0, 0.5)
