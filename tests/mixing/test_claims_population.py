"""The claims of the population part: every one decides, for every seed; oracles and simulators know no theory.

``pytest tests/mixing/test_claims_population.py -m slow`` decides ten cheap claims with their mutants for seeds 0 to 99;
continuous integration decides all by ``mixtheory verify``, with a fixed seed and one of the commit, and changes the
theory's source by ``mixtheory verify --mutate``.
"""

import re
from collections import Counter

import pytest

from mixtheory.mixing import claims
from mixtheory.mixing.claims import oracles
from mixtheory.verification import decide
from tests.claim_checks import assert_passed, idle_components, imported_by, named

BY_NAME = {claim.name: claim for claim in claims.POPULATION_CLAIMS}
# how often the note lists a row of this part
ROWS = {
    "C1": 1, "C2": 3, "C3": 1, "C3c": 1, "C4": 1, "C4b": 1, "C5": 1, "C6": 1, "C7": 1, "C7b": 1, "C8": 2, "C9": 2,
    "C10": 2, "C15": 2, "C18": 1, "C19": 1, "C19b": 1, "D4": 1, "D8": 1,
}  # fmt: skip
THEOREMS = [f"T{k}" for k in range(1, 12) if k != 10]
PARTS = [
    "T2(a)", "T2(b)", "T2(c)", "T2(d)", "T5(a)", "T5(b)", "T5(c)", "T5(d)", "T9(a)", "T9(b)", "T9(c)", "T9(d)",
]  # fmt: skip
CHEAP = [
    "mixing.mean", "mixing.mean.two_populations", "mixing.variance.uniform", "mixing.variance.bounds",
    "mixing.rigidity", "mixing.fourth.two_point.uniform", "mixing.fourth.normal.preserving", "mixing.not_preserved",
    "mixing.wasserstein.bound", "mixing.normal.charfn",
]  # fmt: skip


# Structure -------------------------------------------------------------------------------------------------------


def test_every_row_of_the_note_is_a_claim():
    found = Counter(row for claim in claims.POPULATION_CLAIMS for row in re.findall(r"check (\w+)", claim.source))
    assert found == ROWS


@pytest.mark.parametrize("tag", [*THEOREMS, *PARTS])
def test_every_theorem_has_a_claim(tag):
    assert any(re.search(rf"{re.escape(tag)}(?![0-9])", claim.source) for claim in claims.POPULATION_CLAIMS)


@pytest.mark.parametrize("claim", claims.POPULATION_CLAIMS, ids=named)
def test_source_is_tagged_and_never_attributed(claim):
    derived = "[D]: derived in this project" in claim.source
    assert derived or claim.source.startswith("textbook")
    assert "Lee" not in claim.source and "paper" not in claim.source


def test_oracles_import_no_theory():
    assert not [name for name in imported_by(oracles) if name.split(".")[0] == "mixtheory"]


# Oracles against each other --------------------------------------------------------------------------------------

LAWS = [(2.0, 3.0, 0.15, 0.4), (0.7, 1.9, 0.35, 0.1), (4.34, 1.33, 0.3, 0.3)]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("powers", [(0, 0), (1, 0), (1, 1), (2, 3)])
def test_algebra_and_both_quadratures_agree(law, powers):
    i, j = powers
    exact = oracles.mixed_moment(i, j, law)
    assert oracles.expectation(lambda w: w**i * (1 - w) ** j, law) == pytest.approx(exact, rel=1e-10)
    assert oracles.smooth_mean(lambda w: w**i * (1 - w) ** j, law) == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("law", LAWS)
def test_distribution_function_is_the_integral_of_the_density(law):
    for point in (-0.05, 0.3, 0.9):
        inside = oracles.expectation(lambda w: float(w <= point), law, cuts=(point,))  # noqa: B023
        assert oracles.weight_cdf([point], law)[0] == pytest.approx(inside, rel=1e-9)


def test_two_parents_are_a_dirichlet_law():
    assert oracles.dirichlet_moment([2, 1], (2.0, 5.0), 0.3) == pytest.approx(
        oracles.mixed_moment(2, 1, (2.0, 5.0, 0.3, 0.3)), rel=1e-12
    )


# Decisions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_NAME)
def test_claim_is_verified(name):
    assert_passed(decide(BY_NAME[name], seed=0))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_cheap_claims_hold_for_every_seed(seed):
    for name in CHEAP:
        assert_passed(decide(BY_NAME[name], seed=seed, mutants=True))


@pytest.mark.slow
@pytest.mark.parametrize("claim", [c for c in claims.CLAIMS if c.simulate], ids=named)
def test_every_component_is_refuted_by_a_simulator_mutant(claim):
    assert idle_components(claim) == []
