"""The claims about high-dimensional regression: every one decides; oracles and simulators know no theory.

Claims that are simulated are decided, with their mutants, by ``mixtheory verify``, which continuous integration runs
with two seeds; ``pytest tests/highdim/test_claims.py -m slow`` checks that every component is refuted by a wrong
simulator.
"""

import numpy as np
import pytest

from mixtheory.highdim import claims
from mixtheory.highdim.claims import oracles
from mixtheory.verification import decide
from tests.claim_checks import assert_passed, idle_components, imported_by, named

BY_NAME = {claim.name: claim for claim in claims.CLAIMS}
IDENTITIES = [claim for claim in claims.CLAIMS if claim.simulate is None]
SIMULATED = [claim for claim in claims.CLAIMS if claim.simulate is not None]
# rows of the check table of the theory note
ROWS = [f"K{k}" for k in range(1, 12)]


# Structure -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_note_is_a_claim(row):
    assert any(f"check {row})" in claim.source or f"{row}," in claim.source for claim in claims.CLAIMS)


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=named)
def test_source_is_tagged(claim):
    derived = "derived in this project" in claim.source
    published = "Rezaei et al. (2026)" in claim.source
    assert derived or published or claim.source.startswith("textbook")


def test_oracles_import_no_theory():
    assert not [name for name in imported_by(oracles) if name.split(".")[0] == "mixtheory"]


# Oracles against each other --------------------------------------------------------------------------------------

COVARIANCES = [np.diag([0.3, 1.0, 2.5, 0.8]), oracles.kms(4, 0.8), oracles.kms(4, -0.3)]


@pytest.mark.parametrize("counts", [[2, 9, 4], [1, 1, 12]])
def test_iteration_and_solver_agree_on_the_weights(counts):
    found = oracles.under_weights(COVARIANCES, counts)
    assert found == pytest.approx(oracles.mixed_weights(COVARIANCES, counts), rel=1e-9)


def test_two_equations_of_the_spectrum_agree_with_the_iteration():
    lam = oracles.relative_eigenvalues(COVARIANCES[0], COVARIANCES[1])
    assert oracles.lam_weights(lam, 5, 9) == pytest.approx(oracles.under_weights(COVARIANCES[:2], [5, 9]), rel=1e-9)


def test_weights_for_fewer_rows_solve_their_equations():
    b = oracles.over_weights(COVARIANCES, [1, 1, 1])
    t = np.linalg.inv(np.eye(4) + sum(w * s for w, s in zip(b, COVARIANCES, strict=True)))
    assert [w * np.trace(s @ t) for w, s in zip(b, COVARIANCES, strict=True)] == pytest.approx([1, 1, 1], rel=1e-12)
    assert np.trace(t) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("counts", [[2, 9, 4], [1, 1, 0]])
def test_small_penalties_lead_to_least_squares(counts):
    beta = np.array([0.5, -1.0, 0.2, 0.3])
    ridge = np.array(oracles.ridge_risk(COVARIANCES, counts, 1e-7, beta))
    limit = np.array(oracles.mixture_risk(COVARIANCES, counts, beta))
    assert ridge == pytest.approx(limit, rel=1e-4, abs=1e-9)


def test_second_moments_add_the_mean():
    assert oracles.second_moment([1.0, 2.0], [1.0, -1.0]).tolist() == [[2.0, -1.0], [-1.0, 3.0]]


def test_equal_covariances_approach_their_exact_laws():
    rough = [oracles.mixture_risk([np.ones(p)], [2 * p])[0] / oracles.isotropic_under(p, 2 * p) for p in (50, 100)]
    assert [1 - value for value in rough] == pytest.approx([0.02, 0.01], rel=1e-9)
    variance, bias = oracles.isotropic_over(40, 20)
    assert oracles.mixture_risk([np.ones(40)], [20], np.eye(40)[0]) == pytest.approx((variance * 19 / 20, bias))


# Decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", IDENTITIES, ids=named)
def test_identity_holds(claim):
    assert_passed(decide(claim, seed=0, mutants=True))


@pytest.mark.slow
@pytest.mark.parametrize("claim", SIMULATED, ids=named)
def test_every_component_is_refuted_by_a_simulator_mutant(claim):
    assert idle_components(claim) == []
