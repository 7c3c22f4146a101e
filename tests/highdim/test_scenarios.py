"""The designs of the studies: what a number in a cell stands for."""

import numpy as np
import pytest

from mixtheory.highdim import scenarios
from mixtheory.highdim.spectra import Spectrum, relative_spectrum


@pytest.mark.parametrize("normalisation", scenarios.NORMALISATIONS)
@pytest.mark.parametrize("target", [(1.0, 1.0), (4.0, 0.25)])
def test_what_a_curve_keeps(normalisation, target):
    for spread in (-1.5, 0.0, 0.7):
        first, second = scenarios.relative_blocks(target, normalisation, spread)
        assert first / second == pytest.approx(np.exp(2 * spread))
        kept = {
            "relative_trace": (first + second, 2.0),
            "determinant": (first * second, 1.0),
            "own_trace": (first * target[0] + second * target[1], sum(target)),
        }[normalisation]
        assert kept[0] == pytest.approx(kept[1])


def test_a_point_and_its_line_are_of_one_design():
    parameters = {"p": 30, "n_t": 40, "n_s": 50, "target": (4.0, 0.25), "normalisation": "own_trace", "spread": 0.4}
    design = scenarios.curve_design(**parameters, beta="isotropic", noise_var=2.0)
    first, second = scenarios.relative_blocks((4.0, 0.25), "own_trace", 0.4)
    assert np.allclose(np.unique(relative_spectrum(design.sigma_t, design.sigma_s)), sorted((first, second)))
    estimate = scenarios.simulated_risk(np.random.default_rng(0), 4000, design)["risk"]
    limit = scenarios.predicted_risk(design).risk
    # the limit is off by about 1.5/p at this ratio of n to p
    assert 0 < estimate.mean() / limit - 1 < 0.12


@pytest.mark.parametrize("beta", scenarios.BETAS)
def test_coefficients(beta):
    mu_t, mu_s = scenarios.mean_pair(12, 0.3, 1.0, 2.0)
    design = scenarios.Design(Spectrum.isotropic(12), Spectrum.isotropic(12), 3, 3, mu_t, mu_s, beta=beta)
    rows = scenarios.coefficients(design)
    assert np.sum(rows**2) == pytest.approx(1.0)
    if beta == "isotropic":
        assert np.allclose(rows.T @ rows, np.eye(12) / 12)
    elif beta != "first":
        mean = mu_t if beta == "mean_t" else mu_s
        assert abs(rows[0] @ mean) == pytest.approx(np.linalg.norm(mean))


def test_risk_adds_up():
    mu_t, mu_s = scenarios.mean_pair(20, -0.4, 1.0, 1.0)
    design = scenarios.Design(Spectrum.isotropic(20), Spectrum.geometric(20, 0.5, 2.0), 5, 6, mu_t, mu_s, noise_var=3.0)
    parts = scenarios.simulated_risk(np.random.default_rng(1), 10, design)
    assert np.allclose(parts["risk"], parts["variance"] + parts["bias"])
    assert (parts["mean_term"] < parts["variance"]).all() and (parts["bias"] > 0).all()


def test_bad_input():
    free = scenarios.Design(Spectrum.isotropic(4), Spectrum.isotropic(4), 1, 1, beta="mean_t")
    with pytest.raises(ValueError, match="needs a mean that is not zero"):
        scenarios.coefficients(free)
    with pytest.raises(ValueError, match="normalisation must be one of"):
        scenarios.relative_blocks((1.0, 1.0), "trace", 0.0)
    with pytest.raises(ValueError, match="cosine must be in"):
        scenarios.mean_pair(5, 1.5, 1.0, 1.0)
