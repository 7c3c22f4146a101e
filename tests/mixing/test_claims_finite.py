"""The claims of finite samples, generations and labels: complete, well sourced, and decided for several seeds."""

import ast
import re
from pathlib import Path

import pytest

from mixtheory.mixing.claims import enumeration, finite, generations, labels, oracles
from mixtheory.verification import FormulaMutant, SimulatorMutant, decide

CLAIMS = (*finite.CLAIMS, *generations.CLAIMS, *labels.CLAIMS)
STOCHASTIC = tuple(claim for claim in CLAIMS if claim.simulate is not None)
# the rows of section 5 of the theory note that these modules owe; C12 has four, C12b, C13, D1 and D3 two each
CHECKS = {"C11a": 1, "C11b": 1, "C11c": 1, "C11d": 1, "C12": 4, "C12b": 2, "C13": 2, "C14": 1, "C14b": 1, "C16": 1}
CHECKS |= {"C16b": 1, "C20": 1, "D1": 2, "D2": 1, "D3": 2, "D5": 1}
# closed forms as the note prints them, to its last digit
PRINTED = {
    "C11a": [6.773333],
    "C11b": [5.926667],
    "C11c": [11.286],
    "C11d": [88.9272],
    "C12": [0.590490, 0.058430, 0.773781, 1.0],
    "C12b": [1.0, 1.0],
    "C13": [1.866667, 0.616048],
    "C14": [4.556667],
    "C16": [3.6, 4.26, 4.986],
    "C16b": [0.062677],
    "C20": [0.196082],
    "D1": [0.468559, 0.238336],
    "D2": [0.55],
    "D3": [0.784873] * 5 + [0.834224] * 5,
    "D5": [3.478056],
}


def of_check(check):
    return [claim for claim in CLAIMS if claim.source.endswith(f"(check {check})")]


def test_names_are_unique_and_say_where_they_belong():
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    assert all(re.match(r"mixing\.(finite|generations|labels)\.", name) for name in names)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_source_names_a_theorem_and_this_project(claim):
    assert re.fullmatch(
        r"(section 4|T10\([abcd]\)) \[D\]: derived in this project( \(check [CD]\d+[a-d]?\))?", claim.source
    )


@pytest.mark.parametrize(("check", "count"), CHECKS.items())
def test_every_row_of_the_note_has_its_claims(check, count):
    assert len(of_check(check)) == count


@pytest.mark.parametrize(("check", "values"), PRINTED.items())
def test_closed_forms_are_those_of_the_note(check, values):
    closed = [float(c.closed_values()[0]) for claim in of_check(check) for c in claim.components]
    assert closed == pytest.approx(values, abs=6e-7)


def test_soft_label_covariance_is_that_of_the_note():
    (claim,) = of_check("C14b")
    assert float(claim.components[1].closed_values()[0]) == pytest.approx(0.08)


@pytest.mark.parametrize("claim", STOCHASTIC, ids=lambda claim: claim.name)
def test_each_claim_has_mutants_of_both_kinds_and_an_oracle(claim):
    kinds = {type(mutant) for mutant in claim.mutants}
    assert kinds == {FormulaMutant, SimulatorMutant}
    assert all(component.oracle is not None or component.no_oracle for component in claim.components)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim_is_verified(claim):
    # the level of the suite, 1e-9, takes twice the time; the slow tests and `mixtheory verify` use it
    result = decide(claim, seed=0, alpha=1e-5)
    assert [(c.label, c.verdict) for c in result.components if c.verdict != "verified"] == []
    assert result.verdict == "verified"


@pytest.mark.parametrize("module", [enumeration, oracles], ids=["enumeration", "oracles"])
def test_oracles_import_no_theory(module):
    tree = ast.parse(Path(module.__file__).read_text())
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert {name for name in imported if name.startswith("mixtheory")} <= {"mixtheory.mixing.claims"}
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mixtheory.mixing.claims"
        for alias in node.names
    }
    assert names <= {"oracles"}


@pytest.mark.parametrize("scheme", enumeration.SCHEMES)
def test_enumeration_of_one_batch_copies_and_swaps(scheme):
    # a weight that is almost one copies the first parent: only pairs that are drawn lose variance
    copying = (900.0, 1e-4, 0.0, 0.0)
    table = enumeration.unit_table(5)
    lost = enumeration.sample_variance(table, scheme, copying)
    assert lost == pytest.approx(1 - 1 / 5 if scheme in ("independent", "distinct") else 1.0, abs=1e-6)
    # the mirrored law gives the first parent's share to the second one
    forward = enumeration.sample_variance(table, scheme, (2.0, 3.0, 0.15, 0.4))
    assert enumeration.sample_variance(table, scheme, (3.0, 2.0, 0.4, 0.15)) == pytest.approx(forward)
