"""Oracles and simulators of the claims about batches of zeta-mixup, and the note's numbers; the claims decide."""

import itertools
import math

import numpy as np
import pytest

from mixtheory.mixing import finite, locality, points, rescaling
from mixtheory.mixing.claims import (
    enumeration,
    member_weights,
    oracles,
    zeta_finite,
    zeta_labels,
    zeta_locality,
    zeta_repeated,
    zeta_rescaling,
    zeta_rows,
)
from mixtheory.mixing.kernels import zeta_batches
from mixtheory.mixing.p_series import matching_gamma
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta
from mixtheory.verification import decide
from tests.claim_checks import idle_components, imported_by, named

MODULES = (zeta_finite, zeta_labels, zeta_locality, zeta_repeated, zeta_rescaling, zeta_rows)
CLAIMS = tuple(claim for module in MODULES for claim in module.CLAIMS)
STOCHASTIC = tuple(claim for claim in CLAIMS if claim.simulate is not None)
# the one claim that takes seconds is left to `mixtheory verify`
QUICK = tuple(claim for claim in CLAIMS if claim.name != "mixing.zeta.rows.precise_mean")
DATA = np.array([0.0, 1.0, 3.0, 9.0])
PAIR = member_weights.pair_atoms((2.0, 3.0, 0.15, 0.4))
THREE = member_weights.dirichlet_atoms((3.0, 1.0, 2.0))


# The note --------------------------------------------------------------------------------------------------------

# rows alpha, columns T = 2, 8, 32, 128, 512 and infinity, as C10 prints them
MATCHING = {
    0.1: (4.4564, 4.7378, 4.7404, 4.7404, 4.7404, 4.7404),
    0.2: (3.5748, 3.9917, 3.9999, 4.0000, 4.0000, 4.0000),
    0.5: (2.5431, 3.2041, 3.2310, 3.2323, 3.2324, 3.2324),
    1.0: (1.9000, 2.7818, 2.8311, 2.8350, 2.8353, 2.8353),
    2.0: (1.3885, 2.5002, 2.5727, 2.5802, 2.5811, 2.5812),
}


@pytest.mark.parametrize("alpha", MATCHING)
def test_matching_exponents_are_those_of_the_note(alpha):
    factor = Beta(alpha, alpha).variance_factor
    found = [matching_gamma(factor, n) for n in zeta_locality.PARENTS]
    assert found == pytest.approx(MATCHING[alpha], abs=5.1e-5)


def test_factors_are_those_of_the_note():
    default = Zeta(2.8, 32)
    assert points.within_row_factor(default, 32) == pytest.approx(0.014245, abs=5e-7)
    assert points.point_variance_factor(default, 32, "distinct") == pytest.approx(0.648204, abs=5e-7)
    # the note prints 0.90734
    assert rescaling.naive_rescaled_factor(Zeta(2.4, 8), 8) == pytest.approx(0.90733, abs=5e-6)
    three_rounds = [
        finite.generation_variance_factor(Zeta(2.4, 16), 16, p, 3) * 15 / 16 for p in ("distinct", "anchored")
    ]
    assert three_rounds == pytest.approx([0.11295, 0.13613], abs=5e-6)
    found = [locality.displacement_factor(law) for law in (default, Zeta(4.0, 32), Beta(1.0, 1.0), Beta(0.2, 0.2))]
    # the note prints 0.0594 for the last one
    assert found == pytest.approx([0.0540, 0.0093, 0.1667, 0.0595], abs=5e-5)


@pytest.mark.parametrize("check", ["C7", "C8", "C9", "C10", "C10b", "C11", "C12"])
def test_every_row_of_the_note_has_a_claim(check):
    assert any(claim.source.endswith(f"(check {check})") for claim in CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_source_is_derived_here(claim):
    assert "derived in this project" in claim.source and "paper" not in claim.source


# Oracles ---------------------------------------------------------------------------------------------------------


def test_oracles_import_no_theory():
    found = {name for name in imported_by(member_weights) if name.startswith("mixtheory")}
    assert found <= {"mixtheory.mixing.claims", "mixtheory.mixing.claims.enumeration"}


@pytest.mark.parametrize("pairing", ["independent", "distinct", "permutation", "derangement", "shared"])
def test_two_parents_agree_with_the_enumeration_of_pairs(pairing):
    law = (2.0, 3.0, 0.15, 0.4)
    for power in (2, 3, 4):
        assert member_weights.row_moment(DATA, PAIR, pairing, power) == pytest.approx(
            enumeration.point_moment(DATA, pairing, law, power), rel=1e-12
        )
    centred = DATA - DATA.mean()
    assert member_weights.mean_spread(DATA, PAIR, pairing) == pytest.approx(
        enumeration.mean_variance(np.outer(centred, centred), pairing, law), rel=1e-12, abs=1e-14
    )


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("atoms", [PAIR, THREE, member_weights.fixed(1.3, 4)])
def test_places_of_two_members_agree_with_all_orderings(atoms, anchored):
    pairing = "anchored" if anchored else "distinct"
    variance, moved = member_weights.after_rounds(DATA, atoms, anchored=anchored, rounds=1)
    assert moved == pytest.approx(member_weights.mean_spread(DATA, atoms, pairing), rel=1e-12)
    assert variance + moved == pytest.approx(member_weights.row_moment(DATA, atoms, pairing, 2), rel=1e-12)


@pytest.mark.parametrize("powers", [(1, 0, 0), (2, 0, 2), (1, 1, 2), (0, 4, 0)])
def test_dirichlet_atoms_have_the_exact_moments(powers):
    found = THREE.mass @ np.prod(THREE.vectors ** np.array(powers), axis=1)
    assert found == pytest.approx(oracles.dirichlet_moment(powers, (3.0, 1.0, 2.0), 0.0), rel=1e-12)


def test_two_rounds_agree_with_every_pair_of_weight_matrices():
    weights = np.array([0.7, 0.2, 0.1])
    data = np.array([0.0, 1.0, 5.0])
    rows = [[np.array(o) for o in set(itertools.permutations(weights)) if o[p] == 0.7] for p in range(3)]
    matrices = [np.array(chosen) for chosen in itertools.product(*rows)]
    ends = np.array([second @ first @ data for first in matrices for second in matrices])
    atoms = member_weights.Atoms(weights[None, :], np.ones(1))
    variance, moved = member_weights.after_rounds(data, atoms, anchored=True, rounds=2)
    assert variance == pytest.approx(ends.var(axis=1).mean(), rel=1e-12)
    assert moved == pytest.approx(np.mean((ends.mean(axis=1) - data.mean()) ** 2), rel=1e-12)


def test_class_records_are_the_definition():
    atoms = member_weights.Atoms(np.array([[0.8, 0.2], [0.5, 0.5]]), np.array([0.25, 0.75]))
    found = member_weights.class_records(np.array([0, 1]), np.array([[0.0], [1.0]]), np.array([0.4, 0.6]), atoms)
    assert found.mass.sum() == pytest.approx(1.0)
    assert found.mass @ found.value[:, 0] == pytest.approx(0.6)
    # a record is its own soft label of the second class where the classes are 0 and 1
    np.testing.assert_allclose(found.value[:, 0], found.soft[:, 1])


def test_places_of_anchor_and_others_agree_with_all_orderings():
    weights = member_weights.p_series(1.3, 4)
    c_w, rho = zeta_rows._place_average(weights)
    atoms = member_weights.fixed(1.3, 4)
    assert c_w == pytest.approx(member_weights.spread_within(DATA, atoms) / np.var(DATA), rel=1e-12)
    assert rho == pytest.approx(member_weights.row_slope(DATA, atoms), rel=1e-12)


# Simulators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anchored", [False, True])
def test_every_row_is_an_ordering_and_anchors_are_kept(anchored):
    weights = [0.5, 0.3, 0.15, 0.05]
    drawn = zeta_batches.batch_weights(np.random.default_rng(0), 50, weights, anchored=anchored)
    np.testing.assert_array_equal(np.sort(drawn, axis=2), np.broadcast_to(sorted(weights), drawn.shape))
    on_anchor = drawn.argmax(axis=2) == np.arange(4)
    assert on_anchor.all() == anchored


def test_rows_may_have_weights_of_their_own():
    vectors = np.random.default_rng(0).dirichlet(np.ones(3), size=6)
    drawn = zeta_batches.batch_weights(np.random.default_rng(1), 2, vectors, anchored=True)
    np.testing.assert_array_equal(np.diagonal(drawn, axis1=1, axis2=2).ravel(), vectors[:, 0])


def test_remix_is_a_product_of_weight_matrices():
    weights, start = [0.6, 0.3, 0.1], np.array([[0.0, 1.0], [1.0, 0.0], [4.0, 2.0]])
    stream = np.random.default_rng(3)
    once, twice = (zeta_batches.batch_weights(stream, 7, weights, anchored=False) for _ in range(2))
    found = zeta_batches.remix(np.random.default_rng(3), 7, start, weights, anchored=False, rounds=2)
    np.testing.assert_allclose(found, twice @ (once @ start), rtol=1e-13)


def test_mixed_classes_are_the_definition():
    proportions, means, sds, weights = [0.2, 0.5, 0.3], [0.0, 1.0, 5.0], [1.0, 0.5, 2.0], [0.7, 0.2, 0.1]
    found = zeta_batches.mixed_classes(np.random.default_rng(5), 40, proportions, means, sds, weights)
    labels = np.searchsorted(np.cumsum(proportions), np.random.default_rng(5).random((40, 3)), side="right")
    np.testing.assert_array_equal(found.first, labels[:, 0])
    np.testing.assert_allclose(found.x, np.array(means)[labels] @ weights)
    np.testing.assert_allclose(found.variance, np.square(np.array(sds))[labels] @ np.square(weights))
    for c in range(3):
        np.testing.assert_allclose(found.soft[:, c], (labels == c) @ weights)


@pytest.mark.parametrize("shares", [(0.1,) * 10, (0.7, 0.2, 0.1)])
def test_a_number_next_to_one_has_a_class(shares):
    class Last(np.random.Generator):
        def random(self, size):
            return np.full(size, math.nextafter(1.0, 0.0))

    # cumulated proportions may end below one
    last = Last(np.random.PCG64(0))
    k = len(shares)
    found = zeta_batches.mixed_classes(last, 2, shares, np.arange(float(k)), np.ones(k), [0.7, 0.3])
    assert found.first.tolist() == [k - 1, k - 1]


def test_bad_input():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one size"):
        zeta_batches.mixed_classes(rng, 3, [0.5, 0.5], [0.0, 1.0, 2.0], [1.0, 1.0], [1.0])
    with pytest.raises(ValueError, match="rounds"):
        zeta_batches.remix(rng, 3, np.eye(2), [0.7, 0.3], anchored=True, rounds=0)


# Decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", QUICK, ids=named)
def test_claim_is_verified(claim):
    result = decide(claim, seed=0, alpha=1e-5)
    assert [(c.label, c.verdict) for c in result.components if c.verdict != "verified"] == []
    assert result.verdict == "verified"


@pytest.mark.slow
@pytest.mark.parametrize("claim", STOCHASTIC, ids=named)
def test_every_component_is_refuted_by_a_simulator_mutant(claim):
    assert idle_components(claim) == []
