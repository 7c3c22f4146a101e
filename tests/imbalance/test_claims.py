"""The claims about imbalanced augmentation: every one decides; oracles and simulators know no theory.

Claims that are simulated are decided, with their mutants, by ``mixtheory verify``, which continuous integration runs
with two seeds; ``pytest tests/imbalance/test_claims.py -m slow`` checks that every component is refuted by a wrong
simulator.
"""

import numpy as np
import pytest

from mixtheory.imbalance import claims
from mixtheory.imbalance.claims import (
    logistic,
    logistic_risk,
    mean_shift_risk,
    oracles,
    parts,
    quadratic_forms,
    quality,
    symmetry_oracles,
    wald_calibration,
)
from mixtheory.imbalance.kernels import gaussian as kernels
from mixtheory.verification import decide
from tests.claim_checks import assert_passed, idle_components, imported_by, named

BY_NAME = {claim.name: claim for claim in claims.CLAIMS}
IDENTITIES = [claim for claim in claims.CLAIMS if claim.simulate is None]
SIMULATED = [claim for claim in claims.CLAIMS if claim.simulate is not None]
# check specifications of the theory note that these claims cover
CHECKS = [str(k) for k in range(1, 13)]


# Structure -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_of_the_note_is_a_claim(check):
    assert any(f"check {check})" in claim.source for claim in claims.CLAIMS)


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=named)
def test_source_is_tagged(claim):
    derived = "derived in this project" in claim.source
    published = "Ma and Zhang (2026)" in claim.source
    assert derived or published or claim.source.startswith("textbook")
    assert "Theorem" not in claim.source


@pytest.mark.parametrize("module", [oracles, quadratic_forms, symmetry_oracles])
def test_oracles_import_no_theory(module):
    used = {name for name in imported_by(module) if name.split(".")[0] == "mixtheory"}
    assert used <= {"mixtheory.imbalance.claims"}


# Oracles against each other and against textbook values ----------------------------------------------------------


@pytest.mark.parametrize("mean", [np.zeros(2), np.array([0.4, -1.0])])
def test_nodes_have_the_moments_of_the_law(mean):
    covariance = np.array([[1.5, 0.4], [0.4, 0.8]])
    points, weights, _ = oracles.normal_law(mean, covariance, 1.0)
    centred = points - weights @ points
    assert weights @ points == pytest.approx(mean, abs=1e-12)
    assert np.einsum("i,ij,ik->jk", weights, centred, centred) == pytest.approx(covariance)
    assert weights @ centred[:, 0] ** 4 == pytest.approx(3 * 1.5**2)


def test_ordinary_least_squares_is_the_minimiser():
    laws = oracles.example_laws(1.0, 0.5)
    gram = np.diag([2000 + 100 * 2 + 1900 * 1.25, 4000.0])
    expected = np.linalg.solve(gram, [100 + 1900 * 0.5, 0.0])
    assert oracles.minimiser("squared", laws, (2000, 100, 1900)) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_minimiser_of_logistic_loss_with_two_points_is_the_log_odds():
    law = (np.array([[1.0]]), np.array([1.0]), 0.0)
    other = (np.array([[1.0]]), np.array([1.0]), 1.0)
    assert oracles.minimiser("logistic", [law, other], (1.0, 3.0)) == pytest.approx([np.log(3.0)], rel=1e-12)


@pytest.mark.parametrize("a", [0.5, 1.3])
@pytest.mark.parametrize("size", [0, 40, 300])
def test_exact_law_approaches_the_second_order(a, size):
    laws, counts = oracles.example_laws(1.2, a), np.array([120.0, 30.0, size])
    gaps = []
    for scale in (10.0, 20.0):
        terms = oracles.second_order_terms(laws, counts * scale)
        gaps.append(oracles.exact_excess(1.2, a, *(counts * scale)) - terms.variance - terms.cross)
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.02)


def test_exact_law_of_balanced_data_without_signal():
    # for mu = a = 0 the estimate is a normal matrix on fixed labels: E |theta|^2 = m d / (N (N - d - 1))
    assert oracles.exact_excess(0.0, 0.0, 30, 10, 20) == pytest.approx(30 * 2 / (60 * 57), rel=1e-9)
    assert oracles.exact_excess(0.0, 0.0, 30, 10, 0, d=5) == pytest.approx(10 * 5 / (40 * 34), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 20])
def test_exact_law_is_that_of_the_rows(size):
    n, d = 40_000, 3
    theta = kernels.estimates_from_rows(np.random.default_rng(0), n, 30, 8, [size], mu=1.5, a=0.6, d=d)[:, 0]
    excess = (theta[:, 0] - 1.5 / 4.25) ** 2 * (1 + 1.5**2 / 2) + np.sum(theta[:, 1:] ** 2, axis=1)
    counts = (30, 8, size)
    floor = oracles.second_order_terms(oracles.example_laws(1.5, 0.6), counts).floor
    expected = floor + oracles.exact_excess(1.5, 0.6, *counts, d=d)
    assert abs(excess.mean() - expected) < 5 * excess.std() / np.sqrt(n)


def test_sizes_are_compared_on_a_bounded_scale():
    assert [parts.share(m) for m in (0.0, 1.0, float("inf"))] == [0.0, 0.5, 1.0]


# Regression on five points ---------------------------------------------------------------------------------------


def test_generator_of_the_logistic_claim_is_a_law_with_an_aligned_mismatch():
    law = logistic_risk.generator()
    assert law.min() > 0.05
    assert law.sum() == pytest.approx(1.0)
    masses = (logistic_risk.MAJORITY, logistic_risk.MINORITY, law)
    laws = [(logistic_risk.POINTS, p, y) for p, y in zip(masses, (0, 1, 1), strict=True)]
    scores = oracles.point("logistic", laws).scores
    assert scores[2] - scores[1] == pytest.approx(logistic_risk.RHO * (scores[0] - scores[1]))


def test_newton_fit_finds_the_minimiser():
    negatives, positives = np.array([[30.0, 40, 20, 7, 3]]), np.array([[5.0, 25, 30, 25, 15]])
    points = logistic_risk.POINTS
    laws = [(points, negatives[0] / 100, 0.0), (points, positives[0] / 100, 1.0)]
    expected = oracles.minimiser("logistic", laws, (100, 100))
    assert parts.fit_counts(negatives, positives, points, np.zeros(2))[0] == pytest.approx(expected, rel=1e-9)


def test_synthetic_rows_of_the_logistic_claim_have_the_law_and_number():
    # the control variate would hide a wrong law of the rows
    seen = []

    class Watched:
        def __init__(self):
            self.rng = np.random.default_rng(3)

        def multinomial(self, rows, law, size):
            counts = self.rng.multinomial(rows, law, size=size)
            seen.append((rows, law))
            return counts

    logistic_risk._excess()(Watched(), 2)
    for n1, drawn in zip(logistic_risk.SIZES, np.split(np.array([rows for rows, _ in seen]), 3), strict=True):
        few, many = logistic_risk._counts(n1)
        assert list(drawn) == [*few, many[2] - few[2]]
    expected = [logistic_risk.MAJORITY, logistic_risk.MINORITY, logistic_risk.generator(), logistic_risk.generator()]
    np.testing.assert_array_equal([law for _, law in seen], expected * 3)


def test_simulated_logistic_risk_is_free_of_the_predicted_moments(monkeypatch):
    # with the prediction for the mean of its control variate the simulator would follow a wrong one
    def draws():
        return logistic_risk._excess()(np.random.default_rng(4), 2)

    right = draws()
    for name in ("score_covariance", "drift"):
        function = getattr(oracles, name)
        monkeypatch.setattr(oracles, name, lambda *args, function=function: 1.2 * function(*args))
    np.testing.assert_array_equal(draws(), right)


def test_simulated_quality_is_free_of_the_predicted_score(monkeypatch):
    def draws():
        return quality._draws()(np.random.default_rng(4), 2)

    right = draws()
    for module, name in ((quality, "_score"), (oracles, "score_covariance")):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, function=function, **parts: 1.2 * function(*args, **parts))
    assert quality.PERFECT.components[0].oracle() > 1.1 * quality.PERFECT.components[0].closed()
    np.testing.assert_array_equal(draws(), right)


def test_simulated_gap_is_free_of_the_predicted_covariance(monkeypatch):
    def draws():
        return wald_calibration._moments()(np.random.default_rng(4), 2)

    right = draws()
    function = quadratic_forms.gap_covariance
    monkeypatch.setattr(quadratic_forms, "gap_covariance", lambda *args, **options: 1.2 * function(*args, **options))
    for component in wald_calibration.COVARIANCE.components:
        assert component.oracle() > 1.1 * component.closed()
    np.testing.assert_array_equal(draws(), right)


def test_simulated_symmetric_logistic_risk_is_free_of_the_predicted_moments(monkeypatch):
    def draws():
        return logistic._excess(logistic._alpha(*logistic.CASE))(np.random.default_rng(4), 2)

    right = draws()
    for module, name in ((oracles, "score_covariance"), (logistic, "_sandwich")):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, function=function: 1.2 * function(*args))
    np.testing.assert_array_equal(draws(), right)


def test_simulated_risk_of_the_mean_shift_model_is_free_of_the_predicted_moments(monkeypatch):
    def draws():
        return mean_shift_risk._scaled()(np.random.default_rng(4), 2)

    right = draws()
    for name in ("score_trace", "total_risk"):
        function = getattr(symmetry_oracles, name)
        monkeypatch.setattr(symmetry_oracles, name, lambda *args, function=function: 1.2 * function(*args))
    monkeypatch.delattr(symmetry_oracles, "normal_parts")
    np.testing.assert_array_equal(draws(), right)


def test_mean_of_the_control_variate_of_the_mean_shift_model_is_that_of_the_enumeration(monkeypatch):
    # few minority rows, where the terms of higher order count
    monkeypatch.setattr(mean_shift_risk, "SIZES", (2, 5, 40))
    draws = mean_shift_risk._mean_squares(np.random.default_rng(5), 1000)
    trace = symmetry_oracles.score_trace("gaussian", mean_shift_risk.D)
    fresh = symmetry_oracles.Parts(trace, 0.0, 0.0, trace)
    expected = []
    for law in (lambda n1: fresh, lambda n1: symmetry_oracles.normal_parts(mean_shift_risk.D, n1)):
        for n1 in mean_shift_risk.SIZES:
            counts = mean_shift_risk._counts(n1)
            expected.append(sum(counts) * symmetry_oracles.total_risk(law(n1), *counts))
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - expected) < 6.0 * error)
    assert np.all(error < 0.005 * np.array(expected))


# Decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", IDENTITIES, ids=named)
def test_identity_holds(claim):
    assert_passed(decide(claim, seed=0, mutants=True))


@pytest.mark.slow
@pytest.mark.parametrize("claim", SIMULATED, ids=named)
def test_every_component_is_refuted_by_a_simulator_mutant(claim):
    assert idle_components(claim) == []
