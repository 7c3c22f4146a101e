"""Kernels of the mean-shift model against NumPy on the same draws, against textbook laws, and against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from mixtheory.imbalance.kernels import cholesky, logistic, ranking, scatters
from mixtheory.imbalance.kernels.mean_shift import GENERATORS, NOISES, check_sizes, excess_and_linear, excess_risks
from mixtheory.imbalance.kernels.oversampling import nearest_neighbours
from mixtheory.imbalance.kernels.prices import marginal_prices
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from tests.plain_kernels import assert_plain_python_agrees

Array = NDArray[np.float64]


def assert_close(values: Array, others: Array) -> None:
    """Means of two samples within 5.5 standard errors: a false alarm has probability below 1e-7."""
    error = math.hypot(values.std(ddof=1) / math.sqrt(values.size), others.std(ddof=1) / math.sqrt(others.size))
    assert abs(values.mean() - others.mean()) < 5.5 * error, (values.mean(), others.mean(), error)


def draw_rows(rng: np.random.Generator, noise: str, n: int, d: int, *, kept: bool) -> Array:
    """Noise rows from the draws that the kernels make; `kept` where they need the rows themselves."""
    if noise == "cube":
        return math.sqrt(3) * (2 * rng.random((n, d)) - 1)
    if noise == "rademacher" and kept:
        return np.where(rng.random((n, d)) < 0.5, 1.0, -1.0)
    if noise == "rademacher":
        rows = np.empty((n, d))
        for j in range(d):
            for start in range(0, n, 53):
                bits = min(53, n - start)
                word = int(rng.random() * 2.0**bits)
                rows[start : start + bits, j] = [2.0 * (word >> k & 1) - 1 for k in range(bits)]
        return rows
    rows = rng.standard_normal((n, d))
    return rows * np.sqrt(d / np.sum(rows**2, axis=1, keepdims=True)) if noise == "sphere" else rows


def script(
    rng: np.random.Generator, d: int, n_0: int, n_1: int, sizes: list[int], noise: str, generator: str
) -> tuple[Array, Array]:
    """One replicate as a person would write it: rows, labels, a fit for each size."""
    mu, kept = np.eye(d)[0], generator in ("bootstrap", "smote")
    majority = draw_rows(rng, noise, n_0, d, kept=False) + mu
    xi = draw_rows(rng, noise, n_1, d, kept=kept)
    minority = xi + mu
    synthetic = np.empty((0, d))
    nearest = NearestNeighbors(n_neighbors=3).fit(xi).kneighbors(return_distance=False)
    excess, linear = [], []
    for size in sizes:
        fresh = size - len(synthetic)
        if generator == "bootstrap":
            rows = minority[(rng.random(fresh) * n_1).astype(int)]
        elif generator == "smote":
            u = rng.random((fresh, 3))
            base = (u[:, 0] * n_1).astype(int)
            other = nearest[base, (u[:, 1] * 3).astype(int)]
            rows = minority[base] + u[:, 2:] * (minority[other] - minority[base])
        elif generator == "gaussian_fit":
            covariance = np.cov(xi.T)
            covariance = 0.75 * covariance + 0.25 * np.trace(covariance) / d * np.eye(d)
            rows = minority.mean(axis=0) + rng.standard_normal((fresh, d)) @ np.linalg.cholesky(covariance).T
        else:
            centre = {"oracle": mu, "shift": mu + 0.4 * np.eye(d)[1], "semi_oracle": minority.mean(axis=0)}[generator]
            rows = centre + draw_rows(rng, noise, fresh, d, kept=False)
        synthetic = np.vstack([synthetic, rows])
        y = np.repeat([-1.0, 1.0, 1.0], [n_0, n_1, size])
        x = np.vstack([-majority, minority, synthetic])
        theta = np.linalg.lstsq(x, y, rcond=None)[0]
        metric = np.eye(d) + np.outer(mu, mu)
        excess.append((theta - mu / 2) @ metric @ (theta - mu / 2))
        mean = np.mean(x * y[:, np.newaxis] * (1 - y * (x @ mu) / 2)[:, np.newaxis], axis=0)
        linear.append(mean @ np.linalg.solve(metric, mean))
    return np.array(excess), np.array(linear)


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("noise", NOISES)
def test_against_a_script_on_the_same_draws(noise: str, generator: str) -> None:
    """Groups of normal rows have at most d of them, so that they are drawn one by one."""
    d = 8 if noise == "gaussian" else 4
    n_0, n_1, sizes = (8, 7, [0, 3, 11]) if noise == "gaussian" else (150, 60, [0, 3, 131])
    if generator == "gaussian_fit":
        sizes = [0, 3, 3 + d]
    settings = {"eta": 0.4} if generator == "shift" else {}
    ours = excess_and_linear(
        np.random.default_rng(7),
        2,
        d,
        n_0,
        n_1,
        sizes,
        noise=noise,
        generator=generator,
        shrinkage=0.25,
        k_neighbors=3,
        **settings,
    )
    rng = np.random.default_rng(7)
    expected = [script(rng, d, n_0, n_1, sizes, noise, generator) for _ in range(2)]
    if noise == "rademacher" and generator == "smote":
        # neighbours at equal distance are ordered differently, which the sizes before any synthetic row do not see
        assert np.allclose(ours[0][0, 0], expected[0][0][0], rtol=1e-10)
        return
    assert np.allclose(ours[0], [row[0] for row in expected], rtol=1e-9)
    assert np.allclose(ours[1], [row[1] for row in expected], rtol=1e-9)


def sums(noise: str, rows: int, d: int, many: int, seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    scatter, total = np.zeros((many, d, d)), np.zeros((many, d))
    for k in range(many):
        scatters.add_noise(rng, NOISES.index(noise), rows, scatter[k], total[k])
    return scatter, total


def test_wishart_factors_have_the_law_of_rows() -> None:
    """Moments of scatter and sum: textbook values for the Wishart law and its independence of the mean."""
    rows, d, many = 9, 4, 20_000
    scatter, total = sums("gaussian", rows, d, many, 1)
    inner = np.einsum("ki,kij,kj->k", total, np.tril(scatter) + np.swapaxes(np.tril(scatter, -1), 1, 2), total)
    for values, mean, variance in (
        (scatter[:, 2, 2], rows, 2 * rows),
        (scatter[:, 3, 1], 0, rows),
        (total[:, 3], 0, rows),
        # E (sum' S sum) = tr E[S sum sum'] = d (rows^2 + rows (d + 1)) for normal rows
        (inner, d * rows * (rows + d + 1), None),
    ):
        spread = values.var() if variance is None else variance
        assert abs(values.mean() - mean) < 5.5 * math.sqrt(spread / many)
        if variance is not None:
            fourth = np.mean((values - mean) ** 4) / variance**2
            assert abs(values.var() / variance - 1) < 5.5 * math.sqrt((fourth - 1) / many)


@pytest.mark.parametrize("noise", NOISES)
def test_sums_of_no_rows_and_of_blocks(noise: str) -> None:
    scatter, total = sums(noise, 0, 3, 1, 1)
    assert not scatter.any() and not total.any()
    if noise != "gaussian":
        rows = 2 * scatters.BLOCK + 7
        scatter, total = sums(noise, rows, 3, 1, 2)
        drawn = draw_rows(np.random.default_rng(2), noise, rows, 3, kept=False)
        assert np.allclose(np.tril(scatter[0]), np.tril(drawn.T @ drawn), atol=1e-9)
        assert np.allclose(total[0], drawn.sum(axis=0), atol=1e-9)


def test_linear_algebra() -> None:
    rng = np.random.default_rng(3)
    root = rng.standard_normal((5, 9))
    matrix, factor, out = root @ root.T, np.zeros((5, 5)), np.empty(5)
    assert cholesky.cholesky(matrix, factor)
    assert np.allclose(factor, np.linalg.cholesky(matrix))
    cholesky.solve_cholesky(factor, root[:, 0].copy(), out)
    assert np.allclose(out, np.linalg.solve(matrix, root[:, 0]))
    assert not cholesky.cholesky(np.ones((2, 2)), np.zeros((2, 2)))
    same, right = matrix.copy(), root[:, 0].copy()
    assert cholesky.cholesky(same, same)
    cholesky.solve_cholesky(same, right, right)
    assert np.array_equal(right, out)
    moved, total = np.empty((5, 5)), np.empty(5)
    scatters.transform_sums(factor, np.tril(matrix), root[:, 1].copy(), moved, total)
    assert np.allclose(np.tril(moved), np.tril(factor @ matrix @ factor.T))
    assert np.allclose(total, factor @ root[:, 1])


def test_neighbours() -> None:
    rows = np.random.default_rng(4).standard_normal((40, 6))
    expected = NearestNeighbors(n_neighbors=5).fit(rows).kneighbors(return_distance=False)
    assert np.array_equal(nearest_neighbours(rows, 5), expected)
    # of rows at equal distance the earlier ones
    line = np.array([[0.0], [1.0], [-1.0], [2.0]])
    assert nearest_neighbours(line, 2).tolist() == [[1, 2], [0, 3], [0, 1], [1, 0]]


@pytest.mark.parametrize("generator", GENERATORS[:5])
@pytest.mark.parametrize("noise", ["gaussian", "rademacher"])
def test_price_is_the_mean_difference_of_one_row(noise: str, generator: str) -> None:
    settings = {"noise": noise, "generator": generator, "eta": 0.5 * (generator == "shift")}
    pairs = excess_risks(np.random.default_rng(5), 20_000, 3, 30, 12, [0, 1], **settings)
    prices = marginal_prices(np.random.default_rng(6), 5000, 3, 30, 12, **settings)
    assert_close(prices, pairs[:, 1] - pairs[:, 0])
    assert prices.std() < 0.7 * (pairs[:, 1] - pairs[:, 0]).std()


@pytest.mark.parametrize("noise", NOISES)
def test_linear_part_of_the_semi_oracle_has_its_closed_form(noise: str) -> None:
    model = MeanShiftModel(5, 60, 12, noise)
    sizes = [0, 48, 200]
    _, linear = excess_and_linear(
        np.random.default_rng(8), 4000, 5, 60, 12, sizes, noise=noise, generator="semi_oracle"
    )
    for column, nt in zip(linear.T, sizes, strict=True):
        error = column.std(ddof=1) / math.sqrt(column.size)
        assert abs(column.mean() - model.semi_oracle(nt, form="score")) < 5.5 * error


def test_given_mean_form_where_the_leading_order_is_too_high() -> None:
    """Most rows synthetic, n_minority of the order of d."""
    model = MeanShiftModel(20, 2000, 100, "gaussian")
    risks = excess_risks(
        np.random.default_rng(9), 4000, 20, 2000, 100, [7600], noise="gaussian", generator="semi_oracle"
    )
    error = risks.std(ddof=1) / math.sqrt(risks.size)
    exact, leading = model.semi_oracle(7600, form="given_mean"), model.semi_oracle(7600)
    assert abs(risks.mean() - exact) < 5.5 * error + 0.005 * exact
    assert leading > risks.mean() + 10 * error


def test_sizes_are_nested_in_any_order() -> None:
    curves = [
        excess_risks(np.random.default_rng(2), 3, 4, 40, 10, sizes, generator="smote")
        for sizes in ([0, 20, 5], [5, 0, 20], np.array([20, 5, 0]))
    ]
    assert np.array_equal(curves[0][:, [2, 0, 1]], curves[1])
    assert np.array_equal(curves[0][:, [1, 2, 0]], curves[2])
    assert check_sizes(7).tolist() == [7]


def test_singular_scatter_is_infinite_risk() -> None:
    risks = excess_risks(np.random.default_rng(1), 300, 2, 2, 1, [0], noise="rademacher")
    prices = marginal_prices(np.random.default_rng(1), 300, 2, 2, 1, noise="rademacher")
    assert 0 < np.mean(np.isinf(risks)) < 1
    assert 0 < np.mean(np.isnan(prices)) < 1


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"rng": 3}, TypeError, "rng"),
        ({"replicates": 0}, ValueError, "replicates"),
        ({"d": 1}, ValueError, "d must"),
        ({"n_majority": 0}, ValueError, "n_majority"),
        ({"n_majority": 1, "n_minority": 1}, ValueError, "exceed d"),
        ({"sizes": []}, ValueError, "sizes"),
        ({"sizes": [-1]}, ValueError, "sizes"),
        ({"sizes": [0.5]}, ValueError, "sizes"),
        ({"sizes": [[1]]}, ValueError, "sizes"),
        ({"noise": "cubic"}, ValueError, "did you mean 'cube'"),
        ({"generator": "adasyn"}, ValueError, "generator"),
        ({"eta": 0.1}, ValueError, "eta"),
        ({"generator": "smote", "n_minority": 5}, ValueError, "n_minority"),
        ({"generator": "gaussian_fit", "n_minority": 1}, ValueError, "n_minority"),
        ({"generator": "gaussian_fit", "n_minority": 3, "shrinkage": 0}, ValueError, "shrinkage"),
        ({"shrinkage": 1.5}, ValueError, "shrinkage"),
        ({"k_neighbors": 0}, ValueError, "k_neighbors"),
    ],
)
def test_bad_input(change: dict[str, object], error: type[Exception], text: str) -> None:
    arguments: dict[str, object] = {
        "rng": np.random.default_rng(1),
        "replicates": 1,
        "d": 3,
        "n_majority": 20,
        "n_minority": 8,
        "sizes": [0],
    }
    with pytest.raises(error, match=text):
        excess_risks(**(arguments | change))  # type: ignore[arg-type]


def test_prices_know_no_smote() -> None:
    with pytest.raises(ValueError, match="generator"):
        marginal_prices(np.random.default_rng(1), 1, 3, 20, 8, generator="smote")


def results() -> dict[str, Array]:
    """Small samples from every kernel of the symmetric models and of rankings."""
    found = {}
    for noise in NOISES:
        for generator in GENERATORS:
            given = (np.random.default_rng(12), 2, 3, 20, 8)
            found[f"{noise} {generator}"] = excess_risks(*given, [0, 5], noise=noise, generator=generator)
            if generator != "smote":
                found[f"{noise} {generator} price"] = marginal_prices(*given, noise=noise, generator=generator)
    for generator in logistic.GENERATORS:
        rng = np.random.default_rng(13)
        found[f"logistic {generator}"] = logistic.excess_risks(rng, 1, 3, 60, 30, [0, 9], 0.8, generator=generator)
    rng = np.random.default_rng(14)
    found["directions"] = ranking.fitted_directions(rng, 2, 9, 6, [0, 7], np.eye(2), np.diag([0.5, 2]), np.ones(2))
    return found


def test_plain_python_twins_agree(tmp_path):
    assert_plain_python_agrees(__name__, tmp_path / "plain.npz", rtol=1e-9)
