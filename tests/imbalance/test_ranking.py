"""Score-based metrics: quadrature, dense least squares, and the kernels against NumPy on the same draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from mixtheory.imbalance.kernels.ranking import concordant_pairs, fitted_directions
from mixtheory.imbalance.models.ranking import (
    auc,
    auc_of_prior,
    augmented_direction,
    best_auc,
    effective_prior,
    intercept_shift,
    ranking_is_free,
    score_direction,
)

Array = NDArray[np.float64]
NOTE = (np.eye(2), np.diag([0.25, 4.0]), np.ones(2))


def classes(seed: int, d: int = 3) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((2, d, 2 * d))
    return roots[0] @ roots[0].T, roots[1] @ roots[1].T, rng.standard_normal(d)


def unit(direction: Array) -> Array:
    return direction / np.linalg.norm(direction, axis=-1, keepdims=True)


def least_squares(p: float, cov0: Array, cov1: Array, delta: Array) -> Array:
    """Slope of the population regression of the label on (1, x), from the second moments."""
    d = len(delta)
    second = np.zeros((d + 1, d + 1))
    for share, mean, cov in ((1 - p, np.zeros(d), cov0), (p, delta, cov1)):
        full = np.concatenate([[1.0], mean])
        second += share * np.outer(full, full)
        second[1:, 1:] += share * cov
    return np.linalg.solve(second, p * np.concatenate([[1.0], delta]))[1:]


@pytest.mark.parametrize("p", [0.05, 0.5, 0.93])
def test_direction_is_that_of_least_squares(p: float) -> None:
    population = classes(1)
    assert np.allclose(unit(score_direction(p, *population)), unit(least_squares(p, *population)), atol=1e-12)


def test_direction_with_a_law_of_the_generator() -> None:
    cov0, cov1, delta = classes(2)
    cov_s, _, delta_s = classes(3)
    n_0, n_1, nt = 700, 40, 260
    second, cross = np.zeros((4, 4)), np.zeros(4)
    for count, mean, cov, label in (
        (n_0, np.zeros(3), cov0, 0),
        (n_1, delta, cov1, 1),
        (nt, delta_s, cov_s, 1),
    ):
        full = np.concatenate([[1.0], mean])
        second += count * np.outer(full, full)
        second[1:, 1:] += count * cov
        cross += count * label * full
    expected = np.linalg.solve(second, cross)[1:]
    found = augmented_direction(n_0, n_1, nt, cov0, cov1, delta, cov_synthetic=cov_s, delta_synthetic=delta_s)
    assert np.allclose(unit(found), unit(expected), atol=1e-12)
    plain = augmented_direction(n_0, n_1, nt, cov0, cov1, delta)
    assert np.allclose(plain, score_direction(effective_prior(n_0, n_1, nt), cov0, cov1, delta))


def test_auc_by_quadrature() -> None:
    cov0, cov1, delta = classes(4)
    w = np.array([0.4, -1.0, 0.7])
    zero, one = stats.norm(0, math.sqrt(w @ cov0 @ w)), stats.norm(w @ delta, math.sqrt(w @ cov1 @ w))
    area = integrate.quad(lambda s: one.pdf(s) * zero.cdf(s), -60, 60, points=[0], limit=400)[0]
    assert math.isclose(auc(w, cov0, cov1, delta), area, rel_tol=1e-8)
    assert math.isclose(auc(-w, cov0, cov1, delta), 1 - area, rel_tol=1e-8)


def test_table_of_the_note() -> None:
    table = {1 / 21: 0.79975, 0.1: 0.81061, 0.25: 0.83141, 0.5: 0.84134, 0.75: 0.83644, 0.9: 0.83105}
    for p, value in table.items():
        assert round(auc_of_prior(p, *NOTE), 5) == value
    assert round(best_auc(*NOTE), 6) == 0.841345


@pytest.mark.parametrize("seed", range(5))
def test_best_at_one_half_and_falling_from_there(seed: int) -> None:
    population = classes(seed, 4)
    grid = np.linspace(0, 1, 41)
    values = np.array([auc_of_prior(p, *population) for p in grid])
    assert np.all(np.diff(values[:21]) > 0) and np.all(np.diff(values[20:]) < 0)
    assert math.isclose(values[20], best_auc(*population), rel_tol=1e-12)
    directions = np.random.default_rng(seed).standard_normal((200, 4))
    assert max(auc(w, *population) for w in directions) <= best_auc(*population) + 1e-12
    assert not ranking_is_free(*population)


def test_derivative_in_the_prior() -> None:
    """The formula of the docstring, for d log (w' delta)^2 / w'(C0 + C1) w."""
    factors, delta = np.array([0.25, 4.0, 2.0]), np.array([1.0, 0.5, -0.8])

    def log_ratio(p: float) -> float:
        w = delta / (1 - p + p * factors)
        return math.log((w @ delta) ** 2 / (w**2 @ (1 + factors)))

    for p in (0.1, 0.4, 0.8):
        first, second, third = (np.sum(delta**2 / (1 - p + p * factors) ** k) for k in (1, 2, 3))
        slope = 2 * (1 - 2 * p) * (first * third - second**2) / (p * first * (first - (1 - 2 * p) * second))
        assert math.isclose((log_ratio(p + 1e-5) - log_ratio(p - 1e-5)) / 2e-5, slope, rel_tol=1e-6)


def test_rankings_that_do_not_move() -> None:
    cov0, _, delta = classes(5)
    # C1 differs from C0 in all directions but delta's
    aside = np.linalg.qr(np.stack([np.linalg.solve(cov0, delta), np.eye(3)[0], np.eye(3)[1]], axis=1))[0][:, 1:]
    cov1 = 2 * cov0 + aside @ np.diag([3.0, 0.5]) @ aside.T
    assert ranking_is_free(cov0, cov1, delta)
    values = [auc_of_prior(p, cov0, cov1, delta) for p in (0.01, 0.3, 0.99)]
    assert np.allclose(values, best_auc(cov0, cov1, delta), rtol=1e-12)


def test_logistic_intercept_moves_alone() -> None:
    """A discrete law: log-odds before and after adding rows of the minority's law, by Bayes' rule."""
    zero, one = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    before, after = (np.log(count * one / (900 * zero)) for count in (50, 50 + 425))
    assert np.allclose(after - before, intercept_shift(50, 425), rtol=1e-12)
    assert intercept_shift(50, 0) == 0.0
    assert effective_prior(900, 50, 850) == 0.5


def test_fitted_directions_on_the_same_draws() -> None:
    """Groups of at most d rows are drawn one by one: the regression on rows with an intercept."""
    d, n_0, n_1, sizes = 6, 6, 4, [0, 3, 5]
    cov0, cov1, delta = classes(6, d)
    cov_s, _, delta_s = classes(7, d)
    ours = fitted_directions(
        np.random.default_rng(8), 2, n_0, n_1, sizes, cov0, cov1, delta, cov_synthetic=cov_s, delta_synthetic=delta_s
    )
    rng = np.random.default_rng(8)
    for replicate in ours:
        rows = []
        for count, mean, cov in ((n_0, 0, cov0), (n_1, delta, cov1), (3, delta_s, cov_s), (2, delta_s, cov_s)):
            rows.append(rng.standard_normal((count, d)) @ np.linalg.cholesky(cov).T + mean)
        x = np.vstack(rows)
        for direction, size in zip(replicate, sizes, strict=True):
            total = n_0 + n_1 + size
            design = np.column_stack([np.ones(total), x[:total]])
            slope = np.linalg.lstsq(design, np.repeat([0.0, 1.0], [n_0, n_1 + size]), rcond=None)[0][1:]
            assert np.allclose(unit(direction), unit(slope), atol=1e-7)


def test_fitted_directions_reach_the_population() -> None:
    found = fitted_directions(np.random.default_rng(9), 4, 4_000_000, 200_000, [0, 3_800_000], *NOTE)
    expected = unit(np.stack([score_direction(1 / 21, *NOTE), score_direction(0.5, *NOTE)]))
    assert np.allclose(unit(found), expected, atol=0.02)


def test_concordant_pairs_estimate_the_auc() -> None:
    directions = np.stack([score_direction(p, *NOTE) for p in (1 / 21, 0.5)])
    wins = concordant_pairs(np.random.default_rng(10), 100_000, directions, *NOTE)
    for column, direction in zip(wins.T, directions, strict=True):
        value = auc(direction, *NOTE)
        assert abs(column.mean() - value) < 5.5 * math.sqrt(value * (1 - value) / len(column))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((1.2, *NOTE), ValueError, "p must"),
        ((0.5, np.ones((2, 3)), NOTE[1], NOTE[2]), ValueError, "cov0"),
        ((0.5, NOTE[0], np.array([[1.0, 2.0], [2.0, 1.0]]), NOTE[2]), ValueError, "cov1 must be positive definite"),
        ((0.5, np.eye(3), NOTE[1], NOTE[2]), ValueError, "one shape"),
        ((0.5, NOTE[0], NOTE[1], np.ones(3)), ValueError, "delta"),
        ((0.5, NOTE[0], NOTE[1], np.zeros(2)), ValueError, "delta must not be 0"),
        ((0.5, NOTE[0], NOTE[1], ["a", "b"]), TypeError, "delta"),
    ],
)
def test_bad_populations(arguments: tuple[object, ...], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        score_direction(*arguments)  # type: ignore[arg-type]


def test_bad_arguments() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="n_minority"):
        effective_prior(10, 0, 5)
    with pytest.raises(ValueError, match="n_synthetic"):
        intercept_shift(10, -1)
    with pytest.raises(ValueError, match="direction"):
        auc([0, 0], *NOTE)
    with pytest.raises(ValueError, match="tolerance"):
        ranking_is_free(*NOTE, tolerance=2)
    with pytest.raises(ValueError, match="cov_synthetic"):
        augmented_direction(5, 5, 5, *NOTE, cov_synthetic=np.eye(3))
    with pytest.raises(ValueError, match="delta_synthetic"):
        fitted_directions(rng, 1, 9, 9, [0], *NOTE, delta_synthetic=np.ones(3))
    with pytest.raises(ValueError, match="exceed d"):
        fitted_directions(rng, 1, 2, 1, [0], *NOTE)
    with pytest.raises(ValueError, match="cov1 must"):
        fitted_directions(rng, 1, 9, 9, [0], np.eye(2), -np.eye(2), np.ones(2))
    with pytest.raises(ValueError, match="directions"):
        concordant_pairs(rng, 5, np.ones((1, 3)), *NOTE)
    with pytest.raises(ValueError, match="pairs"):
        concordant_pairs(rng, 0, np.ones((1, 2)), *NOTE)
