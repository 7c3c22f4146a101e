"""Solutions of r = E[lambda (1 - lambda)]: bands are exactly tight."""

import numpy as np
import pytest

from mixtheory.mixing.tolerance import alpha_band, concentration, concentration_band, eps_band, equal_extension
from mixtheory.mixing.weights import EpBeta


@pytest.mark.parametrize("r", [-0.2, -0.01, 0.0, 0.05, 0.15])
def test_concentration_gives_the_wanted_r(r):
    mean, eps0, eps1 = 0.7, 0.5, 0.3
    s = concentration(r, mean=mean, eps0=eps0, eps1=eps1)
    law = EpBeta(s * (mean + eps0) / 1.8, s * (1 + eps1 - mean) / 1.8, eps0, eps1)
    assert law.r == pytest.approx(r, abs=1e-15)
    assert law.moment(1) - law.moment(2) == pytest.approx(r, abs=1e-14)


@pytest.mark.parametrize("r", [-1.0, -0.01, 0.0, 0.05])
def test_equal_extension_gives_the_wanted_r(r):
    law = EpBeta(2.5, 1.2, *[equal_extension(r, 2.5, 1.2)] * 2)
    assert law.moment(1) - law.moment(2) == pytest.approx(r, abs=1e-14)


def test_equal_extension_is_zero_where_the_plain_law_has_less_r():
    assert equal_extension(0.2, 1.0, 1.0) == 0.0


@pytest.mark.parametrize("delta", [1e-3, 0.05, 0.3, 0.499])
def test_concentration_band_formula_of_the_note(delta):
    mean, eps0, eps1 = 0.6, 0.8, 0.9
    product = (mean + eps0) * (1 + eps1 - mean)
    low, high = concentration_band(delta, mean=mean, eps0=eps0, eps1=eps1)
    room = mean * (1 - mean)
    assert low + 1 == pytest.approx(product / (room + delta / 2), rel=1e-13)
    assert high + 1 == pytest.approx(product / (room - delta / 2) if room > delta / 2 else np.inf, rel=1e-11)


@pytest.mark.parametrize("delta", [1e-3, 0.05, 0.3])
@pytest.mark.parametrize("eps", [0.0, 0.3, 1.0])
def test_alpha_band_is_tight(delta, eps):
    low, high = alpha_band(delta, eps)
    assert 2 * high + 1 == pytest.approx((1 + 2 * eps) ** 2 / (1 - 2 * delta), rel=1e-12)
    assert EpBeta(high, high, eps, eps).variance_factor == pytest.approx(1 - delta, abs=1e-14)
    if low > 0:
        assert EpBeta(low, low, eps, eps).variance_factor == pytest.approx(1 + delta, abs=1e-14)
    else:
        assert (1 + 2 * eps) ** 2 <= 1 + 2 * delta
        assert EpBeta(1e-9, 1e-9, eps, eps).variance_factor <= 1 + delta


@pytest.mark.parametrize("delta", [1e-3, 0.05, 0.3])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (4.34, 1.33), (0.05, 0.1)])
def test_eps_band_is_tight(delta, alpha, beta):
    low, high = eps_band(delta, alpha, beta)
    kappa = alpha * beta / ((alpha + beta) * (alpha + beta + 1))
    assert high == pytest.approx((np.sqrt(1 + 4 * (kappa + delta / 2) / (1 - 4 * kappa)) - 1) / 2, rel=1e-12)
    assert EpBeta(alpha, beta, high, high).variance_factor == pytest.approx(1 + delta, abs=1e-14)
    if low > 0:
        assert EpBeta(alpha, beta, low, low).variance_factor == pytest.approx(1 - delta, abs=1e-14)
    else:
        assert EpBeta(alpha, beta, 0.0, 0.0).variance_factor >= 1 - delta


def test_mean_is_one_half_by_default():
    assert concentration_band(0.1, eps0=0.2, eps1=0.4) == concentration_band(0.1, mean=0.5, eps0=0.2, eps1=0.4)


def test_bands_shrink_to_the_exact_solution():
    exact = concentration(0.0, mean=0.3, eps0=0.2, eps1=0.4)
    widths = []
    for delta in (0.1, 0.01, 0.001):
        low, high = concentration_band(delta, mean=0.3, eps0=0.2, eps1=0.4)
        assert low < exact < high
        widths.append(high - low)
    assert widths[0] > 9 * widths[1] > 81 * widths[2]


def test_bands_broadcast():
    low, high = concentration_band(np.array([0.01, 0.2]), mean=np.array([[0.5], [0.95]]), eps0=0.1, eps1=0.2)
    assert low.shape == high.shape == (2, 2)
    assert np.isinf(high[1, 1]) and np.isfinite(high[0]).all()
    for i, mean in enumerate((0.5, 0.95)):
        for j, delta in enumerate((0.01, 0.2)):
            assert concentration_band(delta, mean=mean, eps0=0.1, eps1=0.2) == (low[i, j], high[i, j])


@pytest.mark.parametrize("delta", [0.0, 0.5, -0.1, 0.7, np.nan, np.inf])
def test_bad_delta(delta):
    for call in (
        lambda d: concentration_band(d, eps0=0.1, eps1=0.1),
        lambda d: alpha_band(d, 0.1),
        lambda d: eps_band(d, 1.0, 1.0),
    ):
        with pytest.raises(ValueError, match=r"delta must be in \(0, 0.5\), got"):
            call(delta)


def test_other_bad_arguments():
    with pytest.raises(ValueError, match=r"mean must be in \(0, 1\), got 1"):
        concentration(0.0, mean=1.0, eps0=0.1, eps1=0.1)
    with pytest.raises(ValueError, match="eps1 must be finite and >= 0, got -1"):
        concentration(0.0, mean=0.5, eps0=0.1, eps1=-1)
    with pytest.raises(ValueError, match="eps must be finite and >= 0, got -1"):
        alpha_band(0.1, -1)
    with pytest.raises(ValueError, match="r must be finite and < 0.25, got 0.25"):
        equal_extension(0.25, 1.0, 1.0)
    with pytest.raises(ValueError, match="beta must be finite and > 0, got 0"):
        eps_band(0.1, 1.0, 0.0)
