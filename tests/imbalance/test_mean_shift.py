"""Mean-shift symmetric model: enumeration of small samples, quadrature, dense linear algebra, the note's numbers."""

from __future__ import annotations

import itertools
import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from mixtheory.imbalance.models.mean_shift import NOISES, MeanShiftModel, noise_moments

Array = NDArray[np.float64]


@cache
def law(noise: str, d: int) -> tuple[Array, Array]:
    """Points (m, d) and probabilities with all moments of the noise up to order 5."""
    if noise == "sphere":
        if d == 2:
            angles = 2 * math.pi * np.arange(8) / 8
            return math.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)], axis=1), np.full(8, 1 / 8)
        # height by Gauss-Legendre, angle by equally spaced points
        assert d == 3
        heights, weights = np.polynomial.legendre.leggauss(4)
        angles = 2 * math.pi * np.arange(8) / 8
        points = [
            (z, math.sqrt(1 - z * z) * math.cos(t), math.sqrt(1 - z * z) * math.sin(t)) for z in heights for t in angles
        ]
        return math.sqrt(3) * np.array(points), np.repeat(weights / 16, 8)
    if noise == "rademacher":
        one, weight = np.array([-1.0, 1.0]), np.full(2, 0.5)
    elif noise == "cube":
        one, weight = np.polynomial.legendre.leggauss(3)
        one, weight = one * math.sqrt(3), weight / 2
    else:
        one, weight = np.polynomial.hermite_e.hermegauss(3)
        weight = weight / weight.sum()
    points = np.array(list(itertools.product(one, repeat=d)))
    return points, np.prod(list(itertools.product(weight, repeat=d)), axis=1)


def metric(d: int) -> Array:
    a = np.eye(d)
    a[0, 0] = 2.0
    return a


def score(z: Array) -> Array:
    return z * (1 - z[..., :1] / 2)


def samples(noise: str, rows: int) -> tuple[Array, Array]:
    """Every sample of `rows` noise rows in two dimensions, (m, rows, 2), and its probability."""
    points, weights = law(noise, 2)
    places = np.array(list(itertools.product(range(len(points)), repeat=rows)))
    return points[places], np.prod(weights[places], axis=1)


def quadratic_form(total: Array, rows: int) -> Array:
    """Squared norm in A^{-1} of the mean score, from the sum of the scores."""
    return (total[..., 0] ** 2 / 2 + total[..., 1] ** 2) / rows**2


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("d", [2, 3])
def test_moments_and_trace(noise: str, d: int) -> None:
    points, weights = law(noise, d)
    kurtosis, cross = noise_moments(noise, d)
    assert math.isclose(weights @ points[:, 0] ** 4, kurtosis, rel_tol=1e-12)
    assert math.isclose(weights @ (points[:, 0] ** 2 * points[:, 1] ** 2), cross, rel_tol=1e-12)
    psi = score(points + np.eye(d)[0])
    assert np.allclose(weights @ psi, 0, atol=1e-14)
    trace = np.trace(np.linalg.solve(metric(d), (psi.T * weights) @ psi))
    assert math.isclose(MeanShiftModel(d, 5, 2, noise).score_trace, trace, rel_tol=1e-12)


def test_traces_of_the_note() -> None:
    traces = [MeanShiftModel(20, 2000, 100, noise).score_trace for noise in NOISES]
    assert np.allclose(traces, [9.6, 9.5, 9.284091, 9.75], atol=5e-7)


@pytest.mark.parametrize("noise", NOISES)
def test_oracle_and_bootstrap_by_enumeration(noise: str) -> None:
    """Three real rows (two of the minority) and two resampled ones, in every constellation."""
    model = MeanShiftModel(2, 1, 2, noise)
    xi, weights = samples(noise, 3)
    psi = score(xi + np.array([1.0, 0.0]))
    assert math.isclose(weights @ quadratic_form(psi.sum(axis=1), 3), model.oracle(0), rel_tol=1e-11)
    mean = np.mean(
        [weights @ quadratic_form(psi.sum(axis=1) + psi[:, i] + psi[:, j], 5) for i in (1, 2) for j in (1, 2)]
    )
    assert math.isclose(mean, model.bootstrap(2), rel_tol=1e-11)
    assert math.isclose(model.oracle(2), 3 / 5 * model.oracle(0), rel_tol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("n_minority", [1, 2])
def test_semi_oracle_score_form_by_enumeration(noise: str, n_minority: int) -> None:
    """Real rows and two rows of fresh noise around the mean of the minority's: exact at any size."""
    model = MeanShiftModel(2, 1, n_minority, noise)
    rows = n_minority + 3
    real, real_weights = samples(noise, n_minority + 1)
    fresh, fresh_weights = samples(noise, 2)
    mu = np.array([1.0, 0.0])
    eta = real[:, 1:].mean(axis=1)
    total = score(real + mu).sum(axis=1)
    form = np.zeros(len(real))
    for xi, weight in zip(fresh, fresh_weights, strict=True):
        added = score(mu + eta + xi[0]) + score(mu + eta + xi[1])
        form += weight * quadratic_form(total + added, rows)
    assert math.isclose(real_weights @ form, model.semi_oracle(2, form="score"), rel_tol=1e-11)


@pytest.mark.parametrize("noise", NOISES)
def test_semi_oracle_forms_agree_for_many_rows(noise: str) -> None:
    model = MeanShiftModel(20, 2_000_000, 100_000, noise)
    for nt in (0, 190_000, 7_600_000):
        leading = model.semi_oracle(nt)
        assert math.isclose(model.semi_oracle(nt, form="score"), leading, rel_tol=1e-3)
        assert math.isclose(model.semi_oracle(nt, form="given_mean"), leading, rel_tol=1e-3)
    # the correction is of relative order 1/n_minority
    gaps = [
        MeanShiftModel(20, 20 * n, n, noise).semi_oracle(76 * n, form="score")
        / MeanShiftModel(20, 20 * n, n, noise).semi_oracle(76 * n)
        - 1
        for n in (100, 1000)
    ]
    assert 8 < gaps[0] / gaps[1] < 12


def test_semi_oracle_given_the_mean_by_dense_algebra() -> None:
    """Normal noise in three dimensions: product quadrature over the error of the mean, no reduction to a plane."""
    d, n_0, n_1, nt = 3, 200, 40, 300
    one, weight = np.polynomial.hermite_e.hermegauss(14)
    weight = weight / weight.sum()
    points, weights = law("gaussian", d)
    mu = np.eye(d)[0]
    total = 0.0
    for places in itertools.product(range(one.size), repeat=d):
        share = np.prod(weight[list(places)])
        if share < 1e-16:
            continue
        mean = mu + one[list(places)] / math.sqrt(n_1)
        scatter = n_0 * (np.eye(d) + np.outer(mu, mu)) + nt * np.eye(d) + (nt + n_1) * np.outer(mean, mean)
        scatter += (n_1 - 1) * np.eye(d)
        theta = np.linalg.solve(scatter, n_0 * mu + (nt + n_1) * mean)
        covariance = np.zeros((d, d))
        for count, z in ((n_0, points + mu), (nt, points + mean)):
            psi = z * (1 - z @ theta)[:, np.newaxis]
            psi = psi - weights @ psi
            covariance += count * (psi.T * weights) @ psi
        wishart = points * (points @ theta)[:, np.newaxis]
        wishart = wishart - weights @ wishart
        covariance += (n_1 - 1) * (wishart.T * weights) @ wishart
        inverse = np.linalg.inv(scatter)
        error = theta - mu / 2
        total += share * (error @ metric(d) @ error + np.trace(inverse @ metric(d) @ inverse @ covariance))
    model = MeanShiftModel(d, n_0, n_1, "gaussian")
    assert math.isclose(model.semi_oracle(nt, form="given_mean"), total, rel_tol=1e-7)


@pytest.mark.parametrize(("eta", "along", "w"), [(0.3, 0.0, 0.7835), (1.5, 0.0, 1.0), (0.4, -0.6, 0.3), (0, 0.2, 0.5)])
def test_fixed_shift_floor_by_linear_solve(eta: float, along: float, w: float) -> None:
    d, mu = 5, np.eye(5)[0]
    mean = mu + along * mu + eta * np.array([0, 0.6, 0, -0.8, 0])
    second = np.eye(d) + (1 - w) * np.outer(mu, mu) + w * np.outer(mean, mean)
    error = np.linalg.solve(second, (1 - w) * mu + w * mean) - mu / 2
    model = MeanShiftModel(d, 10, 5)
    assert math.isclose(model.fixed_shift_floor(eta, w, along=along), error @ metric(d) @ error, rel_tol=1e-11)


def test_fixed_shift_floor_closed_form_and_limits() -> None:
    model = MeanShiftModel(20, 2000, 100)
    for eta, w in ((0.3, 7600 / 9700), (2.0, 0.4)):
        square = w * w * eta * eta
        closed = square * (1 + square / 2) / (2 + 2 * w * eta**2 - square) ** 2
        assert math.isclose(model.fixed_shift_floor(eta, w), closed, rel_tol=1e-12)
    assert round(model.fixed_shift_floor(0.3, 7600 / 9700), 6) == 0.01305
    assert math.isclose(model.fixed_shift_floor(1.7, 1.0), 1.7**2 / (2 * (2 + 1.7**2)), rel_tol=1e-12)
    assert model.fixed_shift_floor(0.5, 0.0) == model.fixed_shift_floor(0.0, 0.7) == 0.0
    assert math.isclose(model.fixed_shift_floor(0, 0.6, along=0.01), 0.6**2 * 0.01**4 / 8, rel_tol=0.05)


@pytest.mark.parametrize(("c", "w"), [(0.756, 0.8), (0.0, 0.5), (3.0, 1.0)])
def test_shrunk_covariance_floor_by_linear_solve(c: float, w: float) -> None:
    mu = np.eye(4)[0]
    second = (1 - w) * np.eye(4) + w * c * np.eye(4) + np.outer(mu, mu)
    error = np.linalg.solve(second, mu) - mu / 2
    closed = MeanShiftModel(4, 10, 5).shrunk_covariance_floor(c, w)
    assert math.isclose(closed, error @ metric(4) @ error, rel_tol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
def test_price_is_the_slope_of_the_risk(noise: str) -> None:
    model = MeanShiftModel(7, 2_000_000, 200_000, noise)
    for generator, risk in (
        ("oracle", model.oracle),
        ("bootstrap", model.bootstrap),
        ("semi_oracle", lambda nt: model.semi_oracle(nt, form="score")),
    ):
        slope = (risk(100) - risk(0)) / (100 * model.price_unit)
        assert math.isclose(model.marginal_price(model.copying(generator)), slope, abs_tol=1e-3), generator
    # fresh rows of a normal law add their own trace
    own = MeanShiftModel(7, 2, 2, "gaussian").score_trace
    expected = 2 * 0.3 - 2 + own / model.score_trace
    assert math.isclose(model.marginal_price(0.3, own_trace=own), expected, rel_tol=1e-12)
    assert math.isclose(model.marginal_price(0.3, own_trace=model.score_trace), 2 * 0.3 - 1, abs_tol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("generator", ["oracle", "bootstrap", "semi_oracle", "gaussian_fit"])
def test_copied_share_from_the_influence_function(noise: str, generator: str) -> None:
    """c is the covariance of a row's score with its influence on the generator's mean score, by differences."""
    d, share, step = 3, 0.25, 1e-6
    points, weights = law(noise, d)
    mu = np.eye(d)[0]

    def mean_score(probabilities: Array) -> Array:
        if generator == "oracle":
            return weights @ score(points + mu)
        if generator == "bootstrap":
            return probabilities @ score(points + mu)
        mean = mu + probabilities @ points
        covariance = np.eye(d)
        if generator == "gaussian_fit":
            fitted = (points.T * probabilities) @ points - np.outer(mean - mu, mean - mu)
            covariance = (1 - share) * fitted + share * np.trace(fitted) / d * np.eye(d)
        return mean - (covariance + np.outer(mean, mean)) @ mu / 2

    psi = score(points + mu)
    cross = np.zeros((d, d))
    for i, weight in enumerate(weights):
        direction = np.eye(len(points))[i] - weights
        change = (mean_score(weights + step * direction) - mean_score(weights - step * direction)) / (2 * step)
        cross += weight * np.outer(change, psi[i])
    model = MeanShiftModel(d, 50, 10, noise)
    copied = np.trace(np.linalg.solve(metric(d), cross)) / model.score_trace
    assert math.isclose(model.copying(generator, shrinkage=share), copied, abs_tol=1e-8)


def test_numbers_of_the_note() -> None:
    cube = MeanShiftModel(20, 2000, 100, "cube")
    sizes = (0, 190, 1900, 7600)
    assert np.allclose([cube.oracle(n) for n in sizes], [0.004571, 0.004192, 0.0024, 0.00099], atol=6e-7)
    assert np.allclose([cube.semi_oracle(n) for n in sizes], [0.004571, 0.004863, 0.014245, 0.030916], atol=6e-7)
    assert np.allclose([cube.bootstrap(n) for n in sizes[1:]], [0.005545, 0.026329, 0.061465], atol=6e-7)
    large = MeanShiftModel(20, 10_000, 500, "cube")
    changes = [risk(950) - risk(0) for risk in (large.oracle, large.semi_oracle, large.bootstrap)]
    assert np.allclose(changes, [-7.59e-5, 5.84e-5, 1.953e-4], atol=6e-8)


def test_weighting_is_resampling_without_its_noise() -> None:
    """Weights 1 + nt/n1 on the minority have the score of the resampled sample in expectation."""
    model = MeanShiftModel(3, 30, 5)
    weighted = model.score_trace * (30 + 5 * (1 + 25 / 5) ** 2) / 60**2
    assert math.isclose(model.bootstrap(25) - weighted, model.score_trace * 25 * (1 - 1 / 5) / 60**2, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((1, 10, 5), ValueError, "d must be"),
        ((2.5, 10, 5), TypeError, "d must be"),
        ((3, 0, 5), ValueError, "n_majority"),
        ((3, 10, 0), ValueError, "n_minority"),
        ((3, 10, 5, "cubes"), ValueError, "cube"),
    ],
)
def test_bad_models(arguments: tuple[object, ...], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        MeanShiftModel(*arguments)  # type: ignore[arg-type]


def test_bad_arguments() -> None:
    model = MeanShiftModel(3, 10, 5)
    with pytest.raises(ValueError, match="n_synthetic"):
        model.oracle(-1)
    with pytest.raises(TypeError, match="n_synthetic"):
        model.bootstrap(1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="form"):
        model.semi_oracle(3, form="exact")
    with pytest.raises(ValueError, match="w must be"):
        model.fixed_shift_floor(0.1, 1.2)
    with pytest.raises(ValueError, match="c must be"):
        model.shrunk_covariance_floor(-0.1, 0.2)
    with pytest.raises(ValueError, match="generator"):
        model.copying("smote")
    with pytest.raises(ValueError, match="shrinkage"):
        model.copying("gaussian_fit", shrinkage=2)
    with pytest.raises(ValueError, match="own_trace"):
        model.marginal_price(0.5, own_trace=-1)
