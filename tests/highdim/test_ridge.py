"""Ridge: the raw resolvent equations, the ridgeless limits, the Marchenko-Pastur law, Bayes' penalty and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.mean_shift import aligned_bias, mean_term
from mixtheory.highdim.ridge import RidgeResult, optimal_penalty, ridge_risk
from mixtheory.highdim.spectra import Spectrum

Array = NDArray[np.float64]


def spd(rng: np.random.Generator, p: int) -> Array:
    """Random positive definite matrix."""
    root = rng.standard_normal((p, 2 * p))
    return root @ root.T / (2 * p) + 0.1 * np.eye(p)


def resolvent(base: Array, sigmas: tuple[Array, ...], counts: tuple[int, ...]) -> Array:
    """Q with Q^{-1} = base + sum a_k Sigma_k, by plain iteration of a_k = (n_k/n)/(1 + Tr(Sigma_k Q)/n)."""
    n = sum(counts)
    a = np.array([count / n for count in counts])
    for _ in range(20_000):
        q = np.linalg.inv(base + sum(weight * sigma for weight, sigma in zip(a, sigmas, strict=True)))
        new = np.array([m / n / (1 + np.trace(s @ q) / n) for m, s in zip(counts, sigmas, strict=True)])
        if np.max(np.abs(new - a)) < 1e-16:
            break
        a = 0.3 * a + 0.7 * new
    return q


def bias_and_variance(
    sigmas: tuple[Array, Array], counts: tuple[int, int], z: float, beta: Array
) -> tuple[float, float]:
    """Bias and variance (sigma^2 = 1) by central differences of the resolvent in eta and z."""
    eye = np.eye(len(beta))
    h = 1e-4
    moved = [resolvent(z * eye + s * h * sigmas[0], sigmas, counts) for s in (2, 1, -1, -2)]
    # Fourth-order central difference
    sandwich = -(-moved[0] + 8 * moved[1] - 8 * moved[2] + moved[3]) / (12 * h)
    shifted = [resolvent((z + s * h) * eye, sigmas, counts) for s in (2, 1, -1, -2)]
    square = -(-shifted[0] + 8 * shifted[1] - 8 * shifted[2] + shifted[3]) / (12 * h)
    q = resolvent(z * eye, sigmas, counts)
    return z**2 * beta @ sandwich @ beta, np.trace(sigmas[0] @ (q - z * square)) / sum(counts)


@pytest.mark.parametrize(("n_t", "n_s"), [(10, 20), (4, 3), (5, 5), (0, 8), (12, 0)])
@pytest.mark.parametrize("diagonal", [True, False])
def test_agrees_with_differences_of_the_raw_resolvent(n_t: int, n_s: int, diagonal: bool) -> None:
    rng = np.random.default_rng(n_t)
    p, z = 10, 0.4
    sigma_t, sigma_s, beta = spd(rng, p), spd(rng, p), rng.standard_normal(p)
    if diagonal:
        sigma_t, sigma_s = np.diag(np.diagonal(sigma_t)), np.diag(np.diagonal(sigma_s))
    bias, variance = bias_and_variance((sigma_t, sigma_s), (n_t, n_s), z, beta)
    found = ridge_risk(sigma_t, sigma_s, n_t, n_s, z, noise_var=1.5, beta=beta)
    assert found.bias == pytest.approx(bias, rel=1e-8)
    assert found.variance == pytest.approx(1.5 * variance, rel=1e-8)
    assert found.risk == pytest.approx(bias + 1.5 * variance, rel=1e-8)


@pytest.mark.parametrize("gamma", [0.2, 0.9, 1.0, 1.1, 5.0])
@pytest.mark.parametrize("z", [1e-3, 0.3, 20.0])
def test_isotropic_is_marchenko_pastur(gamma: float, z: float) -> None:
    p = 360
    n = round(p / gamma)
    g = p / n
    # m(z) = Tr Q / p of the Marchenko-Pastur law solves g z m^2 + (z + 1 - g) m = 1, and -m'(z) = Tr Qhat^2 / p
    root = math.sqrt((z + 1 - g) ** 2 + 4 * g * z)
    m = 2 / (z + 1 - g + root)
    beta = np.zeros(p)
    beta[0] = 2.0
    found = ridge_risk(np.ones(p), np.ones(p), n // 3, n - n // 3, z, noise_var=0.7, beta=beta)
    m_prime = -(m * (g * m + 1)) / (2 * g * z * m + z + 1 - g)
    assert found.bias == pytest.approx(4 * z**2 * -m_prime, rel=1e-10)
    assert found.variance == pytest.approx(0.7 * g * (m + z * m_prime), rel=1e-8)


@pytest.mark.parametrize(("n_t", "n_s"), [(50, 90), (20, 13), (0, 100), (0, 20), (30, 0), (1, 99)])
@pytest.mark.parametrize("form", ["diagonal", "general"])
def test_limits_are_the_ridgeless_risks_with_error_linear_in_penalty(n_t: int, n_s: int, form: str) -> None:
    p = 60
    rng = np.random.default_rng(1)
    sigma_t = Spectrum.geometric(p, 0.3, 3)
    sigma_s = Spectrum.two_point(p, 0.2, 1.8) if form == "diagonal" else Spectrum.toeplitz(p, 0.5)
    beta = rng.standard_normal(p)
    limit = excess_risk(sigma_t, sigma_s, n_t, n_s, noise_var=0.8, beta=beta)
    gaps = []
    for z in (1e-4, 1e-5, 1e-6):
        found = ridge_risk(sigma_t, sigma_s, n_t, n_s, z, noise_var=0.8, beta=beta)
        gaps.append((found.variance / limit.variance - 1) / z)
    assert np.allclose(gaps, gaps[-1], rtol=0.02)
    assert abs(gaps[-1]) > 1e-2
    tiny = ridge_risk(sigma_t, sigma_s, n_t, n_s, 1e-12, noise_var=0.8, beta=beta)
    assert limit.bias is not None
    assert tiny.variance == pytest.approx(limit.variance, rel=1e-8)
    assert tiny.bias == pytest.approx(limit.bias, rel=1e-8, abs=1e-12)
    if n_t + n_s < p:
        assert np.allclose(tiny.derivatives, limit.derivatives, rtol=1e-8)
        assert np.allclose(tiny.weights / 1e-12, limit.weights, rtol=1e-8)
    else:
        assert np.allclose(tiny.weights, limit.weights, rtol=1e-8)


def test_infinite_penalty_predicts_zero() -> None:
    sigma_t, beta = np.geomspace(0.1, 2, 20), np.linspace(-1, 1, 20)
    found = ridge_risk(sigma_t, np.ones(20), 15, 20, 1e12, beta=beta)
    assert found.bias == pytest.approx(float(sigma_t @ beta**2), rel=1e-10)
    assert 0 < found.variance < 1e-20


def test_two_populations_of_one_law_are_one() -> None:
    sigma, beta = Spectrum.toeplitz(15, 0.4), np.arange(15.0)
    whole = ridge_risk(sigma, np.ones(15), 12, 0, 0.2, beta=beta)
    parts = ridge_risk(sigma, sigma, 5, 7, 0.2, beta=beta)
    assert parts.risk == pytest.approx(whole.risk, rel=1e-12)
    assert parts.variance == pytest.approx(whole.variance, rel=1e-12)


def test_random_coefficients_and_common_axes() -> None:
    rng = np.random.default_rng(3)
    sigma_t = Spectrum.random(12, rng, rotate=True)
    u = sigma_t.basis
    assert u is not None
    sigma_s = Spectrum(rng.uniform(0.2, 2, 12), u)
    columns = rng.standard_normal((12, 3))
    matrix = columns @ columns.T
    parts = [ridge_risk(sigma_t, sigma_s, 8, 9, 0.3, beta=column).bias for column in columns.T]
    assert ridge_risk(sigma_t, sigma_s, 8, 9, 0.3, beta=matrix).bias == pytest.approx(sum(parts), rel=1e-10)
    plain = ridge_risk(sigma_t.values, sigma_s.values, 8, 9, 0.3, beta=u.T @ columns[:, 0])
    assert plain.bias == pytest.approx(parts[0], rel=1e-10)
    other = Spectrum.toeplitz(12, 0.5)
    parts = [ridge_risk(sigma_t, other, 8, 9, 0.3, beta=column).bias for column in columns.T]
    assert ridge_risk(sigma_t, other, 8, 9, 0.3, beta=matrix).bias == pytest.approx(sum(parts), rel=1e-10)


@pytest.mark.parametrize("matrix", [False, True])
def test_means_by_dense_algebra(matrix: bool) -> None:
    rng = np.random.default_rng(5)
    mu_t, mu_s, beta = rng.standard_normal((3, 10))
    z, n_t, n_s = 0.3, 6, 9
    sigma_t, sigma_s = np.geomspace(0.5, 2, 10), spd(rng, 10)
    free = ridge_risk(sigma_t, sigma_s, n_t, n_s, z, beta=beta, noise_var=0.5)
    found = ridge_risk(
        sigma_t,
        sigma_s,
        n_t,
        n_s,
        z,
        beta=np.outer(beta, beta) if matrix else beta,
        mu_t=mu_t,
        mu_s=mu_s,
        noise_var=0.5,
    )
    psi = (np.diag(sigma_t) + np.outer(mu_t, mu_t), sigma_s + np.outer(mu_s, mu_s))
    a, c = free.weights, free.derivatives
    q = np.linalg.inv(z * np.eye(10) + a[0] * psi[0] + a[1] * psi[1])
    assert found.bias == pytest.approx(z**2 * beta @ q @ (c[0] * psi[0] + c[1] * psi[1]) @ q @ beta, rel=1e-8)
    plain = np.linalg.inv(z * np.eye(10) + a[0] * np.diag(sigma_t) + a[1] * sigma_s)
    sigmas = (np.diag(sigma_t), sigma_s)
    gram = np.array([[np.trace(x @ plain @ y @ plain) for y in sigmas] for x in sigmas])
    w = np.linalg.solve(np.diag([n_t, n_s] / a**2) - gram, np.ones(2))
    added = 0.5 * mu_t @ q @ (w[0] * psi[0] + w[1] * psi[1]) @ q @ mu_t
    assert found.variance == pytest.approx(free.variance + added, rel=1e-8)


@pytest.mark.parametrize(("n_t", "n_s"), [(40, 50), (12, 14)])
def test_means_leave_the_ridgeless_mean_term_and_bias(n_t: int, n_s: int) -> None:
    rng = np.random.default_rng(6)
    mu_t, mu_s, beta = rng.standard_normal((3, 30))
    arguments: tuple[Any, ...] = (np.geomspace(0.5, 2, 30), Spectrum.toeplitz(30, 0.4), n_t, n_s)
    found = ridge_risk(*arguments, 1e-10, beta=beta, mu_t=mu_t, mu_s=mu_s)
    free = excess_risk(*arguments, beta=beta)
    assert found.variance == pytest.approx(free.variance + mean_term(*arguments, mu_t, mu_s), rel=1e-7)
    expected = aligned_bias(*arguments, beta, mu_t, mu_s) if n_t + n_s < 30 else 0.0
    assert found.bias == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("rotate", [False, True])
def test_residuals_over_the_stated_range(rotate: bool) -> None:
    rng = np.random.default_rng(7)
    for _ in range(60 if rotate else 250):
        p = int(rng.integers(2, 25 if rotate else 200))
        spectra = [Spectrum.random(p, rng, decades=6 * rng.random(), rotate=rotate) for _ in range(2)]
        n_t, n_s = (int(count) for count in rng.integers(0, 2 * p, 2))
        z = 10 ** rng.uniform(-12, 12) * sum(s.trace for s in spectra) / (2 * p)
        found = ridge_risk(*spectra, n_t, n_s + 1, z, beta=rng.standard_normal(p))
        assert found.residual <= 1e-10
        assert found.variance >= 0
        assert found.bias >= 0


@pytest.mark.parametrize(("n_t", "n_s"), [(20, 30), (15, 10), (25, 15)])
def test_simulation(n_t: int, n_s: int) -> None:
    rng = np.random.default_rng(11)
    p, z, reps = 40, 0.2, 300
    sigma_t, sigma_s = np.geomspace(0.3, 3, p), np.tile([0.3, 1.7], p // 2)
    beta = np.ones(p) / math.sqrt(p)
    n = n_t + n_s
    z_rows = rng.standard_normal((reps, n, p))
    x = z_rows * np.sqrt(np.where(np.arange(n)[:, np.newaxis] < n_t, sigma_t, sigma_s))
    inverse = np.linalg.inv(np.swapaxes(x, 1, 2) @ x / n + z * np.eye(p))
    bias = z**2 * np.sum(sigma_t * (inverse @ beta) ** 2, axis=1)
    half = inverse - z * inverse @ inverse
    variance = np.einsum("rii,i->r", half, sigma_t) / n
    found = ridge_risk(sigma_t, sigma_s, n_t, n_s, z, beta=beta)
    for values, expected in ((bias, found.bias), (variance, found.variance)):
        error = 5 * values.std(ddof=1) / math.sqrt(reps) + expected / p
        assert abs(values.mean() - expected) < error


class TestOptimalPenalty:
    @pytest.mark.parametrize(("n_t", "n_s"), [(20, 30), (6, 7), (10, 10), (0, 30), (25, 0)])
    @pytest.mark.parametrize("sigma_s", [np.ones(20), np.geomspace(0.1, 4, 20), Spectrum.toeplitz(20, 0.6)])
    def test_bayes_penalty_whatever_the_covariances(self, n_t: int, n_s: int, sigma_s: object) -> None:
        noise_var, squared_norm, p = 0.6, 2.5, 20
        known = noise_var * p / ((n_t + n_s) * squared_norm)
        arguments: tuple[Any, ...] = (np.geomspace(0.3, 2, p), sigma_s, n_t, n_s)
        options: dict[str, Any] = {"noise_var": noise_var, "beta": squared_norm / p * np.eye(p)}
        # The risk is flat to second order there, and the known penalty is not a point of the scan.
        best = ridge_risk(*arguments, known, **options).risk
        for factor in (0.97, 1.03):
            assert ridge_risk(*arguments, factor * known, **options).risk > best
        if isinstance(sigma_s, np.ndarray) or n_t == 6:
            found = optimal_penalty(*arguments, **options)
            assert found.penalty == pytest.approx(known, rel=1e-4)
            assert found.result.risk <= best * (1 + 1e-12)
            assert not found.at_edge

    def test_isotropic_rows_and_fixed_coefficients(self) -> None:
        beta = np.linspace(0, 1, 30)
        found = optimal_penalty(np.ones(30), np.ones(30), 20, 25, noise_var=2.0, beta=beta)
        assert found.penalty == pytest.approx(2 * 30 / (45 * float(beta @ beta)), rel=1e-4)

    def test_edges_are_reported(self) -> None:
        found = optimal_penalty(np.ones(10), np.ones(10), 20, 20, noise_var=0.0, beta=np.ones(10))
        assert found.at_edge
        assert found.penalty == pytest.approx(1e-6, rel=1e-6)
        found = optimal_penalty(np.ones(10), np.ones(10), 20, 20, beta=np.zeros(10), bracket=(0.1, 10.0))
        assert found.at_edge
        assert found.penalty == pytest.approx(10, rel=1e-6)
        assert found.bracket == (0.1, 10.0)

    @pytest.mark.parametrize("bracket", [(0.0, 1.0), (2.0, 1.0), (1.0, 1.0), (1.0,), 3.0, ("a", 1.0), (1.0, math.inf)])
    def test_bad_bracket(self, bracket: Any) -> None:
        with pytest.raises(ValueError, match="bracket must be two penalties"):
            optimal_penalty(np.ones(3), np.ones(3), 5, 5, beta=np.ones(3), bracket=bracket)


def test_shows_its_parts() -> None:
    found = ridge_risk(np.ones(10), np.ones(10), 5, 5, 1.0, beta=np.ones(10))
    assert isinstance(found, RidgeResult)
    assert f"{found.risk:.6g}" in str(found)
    assert "penalty 1" in str(found)


class TestBadInput:
    def test_values(self) -> None:
        i, beta = np.ones(4), np.ones(4)
        for z in (0.0, -1.0):
            with pytest.raises(ValueError, match="penalty must be > 0"):
                ridge_risk(i, i, 3, 3, z, beta=beta)
        with pytest.raises(ValueError, match="penalty must be finite"):
            ridge_risk(i, i, 3, 3, math.inf, beta=beta)
        with pytest.raises(ValueError, match="beta must be given"):
            ridge_risk(i, i, 3, 3, 1.0, beta=None)
        with pytest.raises(ValueError, match="beta"):
            ridge_risk(i, i, 3, 3, 1.0, beta=np.ones(5))
        with pytest.raises(ValueError, match="symmetric"):
            ridge_risk(i, i, 3, 3, 1.0, beta=np.triu(np.ones((4, 4))))
        with pytest.raises(ValueError, match="must be positive: there are no rows"):
            ridge_risk(i, i, 0, 0, 1.0, beta=beta)
        with pytest.raises(ValueError, match="n_t must be an integer >= 0"):
            ridge_risk(i, i, -1, 3, 1.0, beta=beta)
        with pytest.raises(ValueError, match="same dimension"):
            ridge_risk(i, np.ones(3), 3, 3, 1.0, beta=beta)
        with pytest.raises(ValueError, match="sigma_s must be finite"):
            ridge_risk(i, [1.0, np.nan, 1.0, 1.0], 3, 3, 1.0, beta=beta)
        with pytest.raises(ValueError, match="noise_var"):
            ridge_risk(i, i, 3, 3, 1.0, beta=beta, noise_var=-0.1)
        with pytest.raises(ValueError, match="mu_s"):
            ridge_risk(i, i, 3, 3, 1.0, beta=beta, mu_s=np.ones(3))
