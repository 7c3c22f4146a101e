"""Kernels of the Wald statistic and of generator quality: against NumPy on the same draws, and as plain Python."""

import math

import numpy as np
import pytest

from mixtheory.imbalance.kernels.quality import loss_differences, quality_scores
from mixtheory.imbalance.kernels.wald import gap_moments, wald_statistics
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.quality import expected_quality, loss_difference
from mixtheory.imbalance.symmetry import symmetry_test
from tests.plain_kernels import assert_plain_python_agrees

B0 = (5 - math.sqrt(21)) / 2


def generator(seed=11):
    return np.random.Generator(np.random.PCG64DXSM(seed))


def wald_by_numpy(uniforms, d, n0, n1, b, corrected):
    u = (uniforms - 0.5) * math.sqrt(12)
    x0, x1 = u[: n0 * d].reshape(d, n0).T.copy(), u[n0 * d :].reshape(d, n1).T.copy()
    x0[:, 0] = 2 * x0[:, 0] - 1
    x1[:, 0] += b
    h0, h1 = 2 * x0.T @ x0 / n0, 2 * x1.T @ x1 / n1
    theta = np.linalg.solve(h0 + h1, x1.mean(axis=0) - x0.mean(axis=0))
    s0, s1 = 2 * x0 * (x0 @ theta + 0.5)[:, None], 2 * x1 * (x1 @ theta - 0.5)[:, None]
    slope = (h0 - h1) @ np.linalg.inv(h0 + h1) if corrected else np.zeros((d, d))
    a0, a1 = np.eye(d) - slope, -np.eye(d) - slope
    v = a0 @ np.cov(s0.T).reshape(d, d) @ a0.T / n0 + a1 @ np.cov(s1.T).reshape(d, d) @ a1.T / n1
    gap = s0.mean(axis=0) - s1.mean(axis=0)
    return gap @ np.linalg.solve(v, gap)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("counts", [(200, 64), (71, 13)])
def test_wald_statistics_against_numpy(d, corrected, counts):
    n0, n1 = counts
    found = wald_statistics(generator(), 3, d, 0.4, n0, n1, pilot_corrected=corrected)
    rng = generator()
    wanted = [wald_by_numpy(rng.random(d * (n0 + n1)), d, n0, n1, 0.4, corrected) for _ in range(3)]
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def classes(rng, d, n0, n1, b):
    """Return the rows of both classes from the draws of the kernel."""
    u = (rng.random(d * (n0 + n1)) - 0.5) * math.sqrt(12)
    x0, x1 = u[: n0 * d].reshape(d, n0).T.copy(), u[n0 * d :].reshape(d, n1).T.copy()
    x0[:, 0] = 2 * x0[:, 0] - 1
    x1[:, 0] += b
    return x0, x1


@pytest.mark.parametrize("hc3", [True, False])
@pytest.mark.parametrize(("d", "n0", "n1"), [(1, 40, 12), (3, 90, 30)])
def test_wald_statistics_are_those_of_the_tool(hc3, d, n0, n1):
    found = wald_statistics(generator(), 2, d, 0.4, n0, n1, hc3=hc3)
    rng, covariance = generator(), "hc3" if hc3 else "plain"
    for value in found:
        x, y = np.vstack(classes(rng, d, n0, n1, 0.4)), np.repeat([0, 1], [n0, n1])
        options = {"loss": "squared", "fit_intercept": False, "codes": (-0.5, 0.5), "minority": 1}
        assert value == pytest.approx(symmetry_test(x, y, covariance=covariance, **options).statistic, rel=1e-9)


@pytest.mark.parametrize("corrected", [True, False])
def test_moments_of_the_gap(corrected):
    d, n0, n1, b, theta = 2, 50, 20, 0.3, np.array([0.2, -0.1])
    weights = np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, 1.1]])
    found = gap_moments(generator(), 2, b, n0, n1, theta, weights, pilot_corrected=corrected)
    rng = generator()
    for row in found:
        x0, x1 = classes(rng, d, n0, n1, b)
        h0, h1 = 2 * x0.T @ x0 / n0, 2 * x1.T @ x1 / n1
        fit = np.linalg.solve(h0 + h1, x1.mean(axis=0) - x0.mean(axis=0))
        s0, s1 = 2 * x0 * (x0 @ fit + 0.5)[:, None], 2 * x1 * (x1 @ fit - 0.5)[:, None]
        slope = (h0 - h1) @ np.linalg.inv(h0 + h1) if corrected else np.zeros((d, d))
        a0, a1 = np.eye(d) - slope, -np.eye(d) - slope
        v = a0 @ np.cov(s0.T) @ a0.T / n0 + a1 @ np.cov(s1.T) @ a1.T / n1
        scores = 2 * x0 * (x0 @ theta + 0.5)[:, None], 2 * x1 * (x1 @ theta - 0.5)[:, None]
        linear = weights[0] * scores[0].mean(axis=0) + weights[1] * scores[1].mean(axis=0)
        gap = weights[2] * (s0.mean(axis=0) - s1.mean(axis=0))
        noise = weights[0] ** 2 @ np.var(scores[0], axis=0, ddof=1) / n0
        noise += weights[1] ** 2 @ np.var(scores[1], axis=0, ddof=1) / n1
        wanted = [gap @ gap, weights[2] ** 2 @ np.diag(v), linear @ linear, noise]
        np.testing.assert_allclose(row, wanted, rtol=1e-9)


def test_wald_statistics_do_not_depend_on_the_block():
    whole = wald_statistics(generator(), 40, 2, B0, 900, 100)
    rng = generator()
    parts = [wald_statistics(rng, k, 2, B0, 900, 100) for k in (1, 7, 32)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def quality_by_numpy(rng, n0, n1, folds, mu, a, fixed):
    deficit = n0 - n1
    x = [rng.standard_normal((1, n0, 2))[0], rng.standard_normal((1, n1, 2))[0] + [mu, 0]]
    synthetic = rng.standard_normal((1, folds, deficit, 2))[0] + [a, 0]
    deltas, fixed_deltas, noises, hessians, covariances = [], [], [], [], []
    for f in range(folds):
        held = [np.arange(f * n // folds, (f + 1) * n // folds) for n in (n0, n1)]
        train = [np.delete(rows, places, axis=0) for rows, places in zip(x, held, strict=True)]
        grams = [rows.T @ rows / len(rows) for rows in train]
        theta = np.linalg.solve(sum(grams), train[1].mean(axis=0))
        out = [x[0][held[0]], x[1][held[1]], synthetic[f]]
        scores = [-2 * rows * (label - rows @ theta)[:, None] for rows, label in zip(out, (0, 1, 1), strict=True)]
        deltas.append(scores[2].mean(axis=0) - scores[1].mean(axis=0))
        at = [-2 * rows * (1 - rows @ fixed)[:, None] for rows in out[1:]]
        fixed_deltas.append(at[1].mean(axis=0) - at[0].mean(axis=0))
        noises.append(sum(np.cov(s.T) / len(s) for s in at))
        hessians.append(sum(rows.T @ rows / len(rows) for rows in out[:2]))
        covariances.append([np.cov(s.T) for s in scores])
    delta, hessian, parts = np.mean(deltas, axis=0), np.mean(hessians, axis=0), np.mean(covariances, axis=0)
    augmented = (n0 * parts[0] + n1 * parts[1] + deficit * parts[2]) / (2 * n0)
    ratio = delta @ np.linalg.solve(hessian, delta) / np.trace(np.linalg.solve(hessian, augmented))
    return deficit**2 / (2 * n0) * ratio, delta, np.mean(fixed_deltas, axis=0), np.mean(noises, axis=0) / folds


@pytest.mark.parametrize(("n0", "n1", "folds"), [(60, 12, 3), (50, 11, 4)])
def test_quality_scores_against_numpy(n0, n1, folds):
    fixed = (0.3, -0.1)
    found = quality_scores(generator(), 1, n0, n1, folds=folds, mu=0.8, a=0.5, fixed_theta=fixed)
    wanted = quality_by_numpy(generator(), n0, n1, folds, 0.8, 0.5, np.array(fixed))
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours[0], theirs, rtol=1e-10, atol=1e-13)


def test_quality_scores_have_the_expectation_of_the_theory():
    """Large folds and a control variate of mean 0: 6 standard errors and 3 % for the finite size."""
    n0, n1, folds, many = 1200, 300, 3, 800
    moments = GaussianExample(1.0, 1.0, n_majority=n0, n_minority=n1).moments()
    draws = quality_scores(generator(3), many, n0, n1, folds=folds, fixed_theta=(1 / 3, 0.0))
    closed = expected_quality(*moments, n0, n1, folds)
    inverse = np.linalg.inv((moments[0].hessian + moments[1].hessian) / 2)
    control = np.einsum("ri,ij,rj->r", draws.fixed_mismatch, inverse, draws.fixed_mismatch)
    control -= np.sum(inverse * draws.fixed_covariance, axis=(1, 2))
    control *= closed / np.sum(
        inverse * (moments[1].score_covariance / n1 + moments[2].score_covariance / (folds * (n0 - n1)))
    )
    rest = draws.score - control
    assert abs(rest.mean() - closed) < 6 * rest.std() / math.sqrt(many) + 0.03 * closed


def test_loss_differences_have_the_moments_of_the_theory():
    slopes, m0, m1, many = (0.6, 0.2), 7, 4, 200_000
    draws = loss_differences(generator(5), many, m0, m1, slopes, mu=1.3)
    mean, v0, v1 = loss_difference(*slopes, mu=1.3)
    variance = (v0 / m0 + v1 / m1) / 4
    assert abs(draws.mean() - mean) < 6 * math.sqrt(variance / many)
    square = (draws - mean) ** 2
    assert abs(square.mean() - variance) < 6 * square.std() / math.sqrt(many)


def test_bad_input():
    rng = generator()
    with pytest.raises(ValueError, match="n_minority must be an integer >= 6"):
        wald_statistics(rng, 1, 5, B0, 100, 5)
    with pytest.raises(TypeError, match="pilot_corrected must be True or False"):
        wald_statistics(rng, 1, 5, B0, 100, 50, pilot_corrected=1)
    with pytest.raises(TypeError, match="hc3 must be True or False"):
        wald_statistics(rng, 1, 5, B0, 100, 50, hc3="yes")
    with pytest.raises(ValueError, match=r"weights must have shape \(3, 2\), got \(2, 2\)"):
        gap_moments(rng, 1, B0, 100, 50, np.ones(2), np.ones((2, 2)))
    with pytest.raises(TypeError, match="rng must be"):
        wald_statistics(0, 1, 5, B0, 100, 50)
    with pytest.raises(ValueError, match="n_minority must be an integer >= 6"):
        quality_scores(rng, 1, 100, 5)
    with pytest.raises(ValueError, match="n_majority must be an integer >= 12"):
        quality_scores(rng, 1, 10, 10)
    with pytest.raises(ValueError, match="n_minority must be an integer >= 2"):
        loss_differences(rng, 1, 5, 1, (0.1, 0.2))


def results():
    """Return a mapping from a name to the array that a simulator makes."""
    quality = quality_scores(generator(), 2, 20, 7, folds=3, a=0.5)
    return {
        "wald": wald_statistics(generator(), 2, 3, B0, 70, 9),
        "hc3": wald_statistics(generator(), 2, 2, 0.4, 20, 9, hc3=True),
        "moments": gap_moments(generator(), 2, 0.4, 20, 9, np.ones(2), np.ones((3, 2))),
        "naive": wald_statistics(generator(), 2, 2, 0.4, 20, 9, pilot_corrected=False),
        **quality._asdict(),
    }


def test_plain_python_twins_agree(tmp_path):
    assert_plain_python_agrees(__name__, tmp_path / "plain.npz", rtol=1e-11)
