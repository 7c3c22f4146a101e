"""Optimality of matching: gradients against differences, Schur convexity, curvature, and where matching loses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.optimality import (
    matching_curvature,
    matching_is_local_minimum,
    optimal_two_block,
    over_variance,
    risk_gradient,
    schur_gap,
    spectrum_risk,
    t_transform,
)
from mixtheory.highdim.spectra import Spectrum

Array = NDArray[np.float64]

SPLITS = [(30, 50), (5, 55), (70, 10), (0, 60), (60, 0)]


def reference_risk(lam: Array, n_t: int, n_s: int) -> float:
    """C1 by a root finder on E1 and E2 as printed."""
    p, n = lam.size, n_t + n_s
    room = 1 - p / n
    if n_t == 0:
        return float(np.sum(1 / lam) / (n - p))

    def excess(a: float) -> float:
        return float(a + np.sum(a * lam / (a * lam + room - a)) / n - n_s / n)

    a = optimize.brentq(excess, 0, room, xtol=1e-16, rtol=1e-15)
    return float(np.sum(1 / (a * lam + room - a)) / n)


def random_spectrum(rng: np.random.Generator, p: int, decades: float = 2.0) -> Array:
    """Log-uniform eigenvalues with mean 1."""
    lam = 10 ** (decades * (rng.random(p) - 0.5))
    return np.asarray(lam / lam.mean())


class TestSpectrumRisk:
    @pytest.mark.parametrize(("n_t", "n_s"), SPLITS)
    def test_agrees_with_printed_equations_and_excess_risk(self, n_t: int, n_s: int) -> None:
        rng = np.random.default_rng(n_t)
        for decades in (0.0, 2.0, 6.0):
            lam = random_spectrum(rng, 25, decades)
            value = spectrum_risk(lam, n_t, n_s, noise_var=0.4)
            assert value == pytest.approx(0.4 * reference_risk(lam, n_t, n_s), rel=1e-9)
            sigma_t = rng.uniform(0.2, 3, 25)
            whole = excess_risk(sigma_t, lam * sigma_t, n_t, n_s, noise_var=0.4).risk
            assert value == pytest.approx(whole, rel=1e-11)

    @pytest.mark.parametrize(("n_t", "n_s"), SPLITS)
    def test_gradient_is_that_of_central_differences(self, n_t: int, n_s: int) -> None:
        lam = random_spectrum(np.random.default_rng(3), 12)
        gradient = risk_gradient(lam, n_t, n_s, noise_var=1.6)
        for i in range(12):
            h = 1e-5 * lam[i]
            up, down = lam.copy(), lam.copy()
            up[i] += h
            down[i] -= h
            difference = 1.6 * (reference_risk(up, n_t, n_s) - reference_risk(down, n_t, n_s)) / (2 * h)
            assert gradient[i] == pytest.approx(difference, rel=1e-5, abs=1e-9)
        assert np.all(gradient <= 0)
        assert np.all(gradient < 0) or n_s == 0

    def test_risk_falls_with_scale_and_keeps_the_order_of_its_argument(self) -> None:
        lam = random_spectrum(np.random.default_rng(5), 20)
        risks = [spectrum_risk(eta * lam, 30, 20) for eta in (0.5, 1.0, 1.5, 4.0)]
        assert np.all(np.diff(risks) < 0)
        assert spectrum_risk(lam[::-1], 30, 20) == pytest.approx(risks[1], rel=1e-13)
        assert np.allclose(risk_gradient(lam[::-1], 30, 20), risk_gradient(lam, 30, 20)[::-1], rtol=1e-12)


class TestSchur:
    def test_gap_is_positive_and_transforms_do_not_increase_the_risk(self) -> None:
        rng = np.random.default_rng(7)
        for _ in range(200):
            p = int(rng.integers(2, 30))
            n_t = int(rng.integers(0, 3 * p))
            n_s = int(rng.integers(max(1, p + 1 - n_t), 4 * p))
            lam = random_spectrum(rng, p)
            assert schur_gap(lam, n_t, n_s) >= 0
            i, j = rng.choice(p, 2, replace=False)
            moved = t_transform(lam, int(i), int(j), rng.random())
            assert spectrum_risk(moved, n_t, n_s) <= spectrum_risk(lam, n_t, n_s) * (1 + 1e-13)
            assert spectrum_risk(np.ones(p), n_t, n_s) < spectrum_risk(lam, n_t, n_s)

    def test_neighbours_decide_for_all_pairs(self) -> None:
        lam = random_spectrum(np.random.default_rng(9), 15)
        gradient = risk_gradient(lam, 10, 20)
        pairs = np.subtract.outer(lam, lam) * np.subtract.outer(gradient, gradient)
        smallest = pairs[~np.eye(15, dtype=bool)].min()
        assert schur_gap(lam, 10, 20) == pytest.approx(smallest, rel=1e-9)
        assert smallest > 0

    def test_transform_keeps_trace_and_shrinks_spread(self) -> None:
        lam = np.array([0.5, 3.0, 1.0])
        assert t_transform(lam, 0, 1, 1.0).tolist() == [3.0, 0.5, 1.0]
        assert t_transform(lam, 0, 1, 0.0).tolist() == lam.tolist()
        moved = t_transform(lam, 0, 1, 0.5)
        assert moved.tolist() == [1.75, 1.75, 1.0]
        assert lam.tolist() == [0.5, 3.0, 1.0]


def normalised(spread: Array, q: float) -> Array:
    """Spectrum exp(spread) with power mean 1 of order q."""
    lam = np.exp(spread - spread.mean())
    return np.asarray(lam if q == 0 else lam / np.mean(lam**q) ** (1 / q))


class TestCurvature:
    @pytest.mark.parametrize("q", [-0.9, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0])
    @pytest.mark.parametrize(("n_t", "n_s"), [(300, 100), (200, 200), (100, 300), (0, 400), (390, 10), (60, 70)])
    def test_agrees_with_numeric_second_differences(self, q: float, n_t: int, n_s: int) -> None:
        p, e = 50, 0.02
        # A skewed direction: its third-order part cancels in the symmetric difference.
        direction = np.arange(p) ** 2.0
        direction -= direction.mean()
        direction /= math.sqrt(float(np.mean(direction**2)))
        second = []
        for size in (e, e / 2):
            risks = [reference_risk(normalised(s * size * direction, q), n_t, n_s) for s in (-1, 0, 1)]
            second.append((risks[0] - 2 * risks[1] + risks[2]) / (2 * size**2 * risks[1]))
        extrapolated = (4 * second[1] - second[0]) / 3
        assert matching_curvature(q, n_t, n_s) == pytest.approx(extrapolated, abs=2e-6)

    def test_signs_of_small_spreads(self) -> None:
        checked = 0
        for q in (-0.5, 0.0, 0.3, 0.5, 0.75, 1.0, 2.0):
            for n_t, n_s in ((300, 100), (200, 200), (100, 300), (260, 140)):
                curvature = matching_curvature(q, n_t, n_s)
                change = spectrum_risk(normalised(np.repeat([0.05, -0.05], 100), q), n_t, n_s) - 1
                assert matching_is_local_minimum(q, n_t, n_s) == (curvature > 0)
                if (1 + q) * n_s != (1 - q) * n_t:
                    checked += 1
                    assert np.sign(change) == np.sign(curvature)
        assert checked == 24

    def test_boundary_and_no_synthetic_rows(self) -> None:
        assert not matching_is_local_minimum(0.5, 300, 100)
        assert matching_curvature(0.5, 300, 100) == pytest.approx(0, abs=1e-15)
        assert matching_is_local_minimum(0.5, 300, 101)
        assert not matching_is_local_minimum(1.0, 300, 0)
        assert matching_is_local_minimum(-0.5, 0, 10)

    def test_local_minimum_loses_to_a_large_spread(self) -> None:
        # n_s/n_t = .36 is above (1-q)/(1+q) = 1/3 at q = 1/2; the note's size is n = 5 p.
        for p, n_t, n_s in ((100, 368, 132), (400, 1471, 529)):
            assert matching_is_local_minimum(0.5, n_t, n_s)
            block = np.repeat([1.0, -1.0], p // 2)
            near, far = (spectrum_risk(normalised(e * block, 0.5), n_t, n_s) - p / (n_t + n_s - p) for e in (0.05, 1.5))
            assert near == pytest.approx(2.4e-6, rel=0.1)
            assert far == pytest.approx(-0.0012, abs=1e-4)

    def test_determinant_numbers_of_the_note(self) -> None:
        lam = np.exp(np.repeat([1.5, -1.5], 100))
        assert spectrum_risk(lam, 300, 100) == pytest.approx(0.8865, abs=5e-5)
        assert spectrum_risk(lam, 100, 300) == pytest.approx(1.4406, abs=5e-5)


class TestOverVariance:
    @pytest.mark.parametrize(("n_t", "n_s"), [(10, 20), (1, 35), (30, 1), (0, 25), (25, 0), (0, 1)])
    def test_agrees_with_excess_risk(self, n_t: int, n_s: int) -> None:
        rng = np.random.default_rng(n_s)
        for decades in (0.0, 2.0, 6.0):
            lam = random_spectrum(rng, 40, decades)
            whole = excess_risk(np.ones(40), lam, n_t, n_s, noise_var=0.7, beta=np.eye(40)).variance
            assert over_variance(lam, n_t, n_s, noise_var=0.7) == pytest.approx(whole, rel=1e-9)

    def test_matching_and_transforms(self) -> None:
        rng = np.random.default_rng(11)
        for _ in range(200):
            p = int(rng.integers(4, 40))
            n_t = int(rng.integers(0, p - 2))
            n_s = int(rng.integers(1, p - n_t))
            lam = random_spectrum(rng, p)
            value = over_variance(lam, n_t, n_s)
            i, j = rng.choice(p, 2, replace=False)
            assert over_variance(t_transform(lam, int(i), int(j), rng.random()), n_t, n_s) <= value * (1 + 1e-12)
            matched = over_variance(np.ones(p), n_t, n_s)
            assert matched == pytest.approx((n_t + n_s) / (p - n_t - n_s), rel=1e-12)
            assert value > matched

    def test_isotropic_coefficients_have_one_bias(self) -> None:
        rng = np.random.default_rng(13)
        for n_t, n_s in ((10, 15), (1, 30), (5, 5)):
            bias = excess_risk(np.ones(40), random_spectrum(rng, 40), n_t, n_s, beta=np.eye(40) / 40).bias
            assert bias == pytest.approx(1 - (n_t + n_s) / 40, rel=1e-10)


class TestTwoBlock:
    def test_equal_traces_numbers_of_the_note(self) -> None:
        sigma_t = Spectrum.two_point(200, 4, 0.25)
        found = optimal_two_block(sigma_t, 200, 200, block=100, normalisation="trace")
        assert found.matched == pytest.approx(1, rel=1e-12)
        assert found.value == pytest.approx(0.735, abs=5e-4)
        # The minimum is flat: the note's scanned point differs a little from the minimiser.
        assert found.value <= spectrum_risk(np.repeat([0.656, 6.50], 100), 200, 200) < 0.736
        assert found.lam == pytest.approx((0.656, 6.50), rel=0.03)
        assert not found.at_edge
        assert 4 * found.lam[0] + 0.25 * found.lam[1] == pytest.approx(4.25, rel=1e-12)

    @pytest.mark.parametrize(
        ("n_t", "n_s", "noise_var", "at", "best", "matched"),
        [(30, 30, 0.0, 1.95, 0.391, 0.500), (30, 30, 1.0, 1.25, 2.607, 2.625), (15, 60, 0.1, 1.60, 0.500, 0.576)],
    )
    def test_overparametrised_numbers_of_the_note(
        self, n_t: int, n_s: int, noise_var: float, at: float, best: float, matched: float
    ) -> None:
        found = optimal_two_block(
            Spectrum.two_point(120, 4, 0.25), n_t, n_s, block=60, noise_var=noise_var, beta=np.eye(120) / 120
        )
        assert found.grid[0] == pytest.approx(0.05)
        assert found.grid[-1] == pytest.approx(1.95)
        assert found.lam[0] == pytest.approx(at, abs=0.02)
        assert found.value == pytest.approx(best, abs=5e-4)
        assert found.matched == pytest.approx(matched, abs=5e-4)
        assert found.at_edge == (noise_var == 0)

    def test_fixed_coefficients_gain_from_boosting_their_axis(self) -> None:
        beta = np.eye(120)[0]
        # A block of ten axes at five times the others: the note's numbers.
        lam = np.repeat([3.75, 0.75], [10, 110])
        result = excess_risk(np.ones(120), lam, 30, 30, beta=beta)
        assert result.bias == pytest.approx(0.277, abs=5e-4)
        assert result.variance == pytest.approx(1.063, abs=5e-4)
        found = optimal_two_block(np.ones(120), 30, 30, block=1, beta=beta, objective="bias", bounds=(0.5, 5.0))
        assert found.matched == pytest.approx(0.5, rel=1e-10)
        assert found.at_edge
        assert found.value < 0.3
        variance = optimal_two_block(np.ones(120), 30, 30, block=1, beta=beta, objective="variance", bounds=(0.5, 5.0))
        assert variance.lam == pytest.approx((1.0, 1.0), abs=1e-3)
        assert variance.value == pytest.approx(1.0, rel=1e-8)

    @pytest.mark.parametrize("q", [-0.5, 0.0, 0.4, 1.0, 2.0])
    @pytest.mark.parametrize("block", [3, 10])
    def test_is_the_minimum_of_a_fine_scan(self, q: float, block: int) -> None:
        p, n_t, n_s = 20, 30, 20
        found = optimal_two_block(np.geomspace(0.2, 2, p), n_t, n_s, block=block, q=q)
        share = block / p
        best = math.inf
        for x in np.linspace(found.grid[0], found.grid[-1], 301):
            y = x ** (-share / (1 - share)) if q == 0 else ((1 - share * x**q) / (1 - share)) ** (1 / q)
            best = min(best, reference_risk(np.repeat([x, y], [block, p - block]), n_t, n_s))
        assert found.value == pytest.approx(best, rel=5e-3)
        assert found.value <= best * (1 + 1e-7)
        x, y = found.lam
        mean = share * x**q + (1 - share) * y**q if q else share * math.log(x) + (1 - share) * math.log(y) + 1
        assert mean == pytest.approx(1, rel=1e-10)
        assert found.value == pytest.approx(reference_risk(np.repeat([x, y], [block, p - block]), n_t, n_s), rel=1e-9)
        if q >= 1:
            assert found.lam == pytest.approx((1, 1), abs=1e-3)

    def test_bad_input(self) -> None:
        i = np.ones(6)
        bad: list[tuple[dict[str, Any], str]] = [
            ({"block": 0}, "block must be an integer between 1 and 5"),
            ({"block": 6}, "block must be an integer between 1 and 5"),
            ({"block": 3, "points": 2}, "points must be an integer >= 3"),
            ({"block": 3, "normalisation": "traces"}, "did you mean 'trace'"),
            ({"block": 3, "objective": "loss"}, "objective must be one of"),
            ({"block": 3, "bounds": (1.0, 2.0)}, "below 2"),
            ({"block": 3, "bounds": (0.4, 0.3)}, "0 < low < high"),
            ({"block": 3, "bounds": (0.0, 0.3)}, "0 < low < high"),
            ({"block": 3, "bounds": 1.0}, "two relative eigenvalues"),
            ({"block": 3, "q": -1.0, "bounds": (0.4, 2.0)}, "above 0.5"),
            ({"block": 3, "objective": "bias"}, "needs beta"),
        ]
        for options, message in bad:
            with pytest.raises(ValueError, match=message):
                optimal_two_block(i, 10, 10, **options)
        with pytest.raises(ValueError, match="sigma_t must be diagonal"):
            optimal_two_block(Spectrum.toeplitz(6, 0.3), 10, 10, block=3)


class TestBadInput:
    def test_spectra_and_counts(self) -> None:
        for function in (spectrum_risk, risk_gradient, schur_gap):
            with pytest.raises(ValueError, match="lam must be positive"):
                function([1.0, 0.0], 5, 5)
            with pytest.raises(ValueError, match="lam must be finite"):
                function([1.0, np.nan], 5, 5)
            with pytest.raises(ValueError, match="lam must have 1 dimension"):
                function(np.eye(2), 5, 5)
            with pytest.raises(ValueError, match="more rows than features"):
                function([1.0, 2.0], 1, 1)
            with pytest.raises(ValueError, match="n_t must be an integer >= 0"):
                function([1.0, 2.0], -1, 9)
            with pytest.raises(ValueError, match="must be positive: there are no rows"):
                function([1.0, 2.0], 0, 0)
        with pytest.raises(ValueError, match="at least two"):
            schur_gap([1.0], 5, 5)
        with pytest.raises(ValueError, match="below p = 3"):
            over_variance(np.ones(3), 2, 1)
        with pytest.raises(ValueError, match="noise_var"):
            spectrum_risk(np.ones(3), 5, 5, noise_var=-1)

    def test_transform_and_curvature(self) -> None:
        lam = np.ones(3)
        with pytest.raises(ValueError, match="j must be an integer between 0 and 2"):
            t_transform(lam, 0, 3, 0.5)
        with pytest.raises(ValueError, match="i and j must differ"):
            t_transform(lam, 1, 1, 0.5)
        with pytest.raises(ValueError, match=r"share must be in \[0, 1\]"):
            t_transform(lam, 0, 1, 1.5)
        for function in (matching_curvature, matching_is_local_minimum):
            with pytest.raises(ValueError, match="q must be finite and > -1"):
                function(-1.0, 5, 5)
            with pytest.raises(ValueError, match="must be positive: there are no rows"):
                function(0.0, 0, 0)
