"""Tables, files and the exit status."""

import io
import json
import math

import pytest
from rich.console import Console

from mixtheory.verification import SimulatorMutant, StudentT, decide, verify
from mixtheory.verification.report import (
    exit_status,
    format_estimate,
    mutant_frame,
    summary_line,
    table,
    to_frame,
    to_json,
    worst_component,
)
from tests.verification.test_claim import identity
from tests.verification.toys import claim, exact, mean_component, normal, pair


@pytest.fixture(scope="module")
def good():
    claims = [exact(name="toy.exact_one"), pair(0.0, name="toy.pair"), identity(lambda: 1.0, lambda: 1.0)]
    return verify(claims, mutants=True)


def lame_mutant():
    mean = mean_component(0.0, 0.3, StudentT(0.0))
    same = SimulatorMutant("no change", lambda rng, n: rng.normal(size=n))
    return claim(mean, simulate=lambda rng, n: rng.normal(size=n), mutants=(same,))


def rendered(results, **options):
    console = Console(file=io.StringIO(), width=200)
    console.print(table(results, **options))
    return console.file.getvalue()


def test_exit_status(good):
    assert exit_status(good) == 0
    assert exit_status([]) == 1
    assert exit_status([*good, decide(normal(2.0, name="false"))]) == 1
    undecided = decide(normal(0.0, margin=1e-4, name="cheap", max_units=4096))
    assert undecided.verdict == "undecided"
    assert exit_status([*good, undecided]) == 1


def test_a_mutant_that_is_not_refuted_fails_the_run():
    assert exit_status([decide(lame_mutant())]) == 0
    result = decide(lame_mutant(), mutants=True)
    assert result.verdict == "verified"
    assert exit_status([result]) == 1
    assert "NOT refuted" in rendered([result], mutants=True)
    assert "0 of 1 mutants refuted" in summary_line([result])


def test_table_shows_every_claim_and_mutant(good):
    text = rendered(good, mutants=True)
    for result in good:
        assert result.claim.name in text
        for mutant in result.mutants:
            assert mutant.name in text
    assert "1 of 2" in text
    assert "residual 0.0e+00" in text
    everything = rendered(good, every_component=True)
    assert "[first]" in everything and "[second]" in everything


def test_table_says_what_an_undecided_claim_needs():
    result = decide(normal(0.0, margin=1e-4, name="cheap", max_units=4096))
    assert "undecided (needs" in rendered([result])


def test_table_says_which_column_refuted():
    wrong = mean_component(0.0, 0.3, StudentT(0.0), oracle=lambda: 0.1)
    result = decide(claim(wrong, simulate=lambda rng, n: rng.normal(size=n)))
    assert (result.verdict, result.formula_verdict, result.simulator_verdict) == ("refuted", "refuted", "verified")
    assert "refuted (formula)" in rendered([result])


def test_json_holds_everything(good):
    document = json.loads(to_json(good))
    assert document["passed"] is True
    assert [c["name"] for c in document["claims"]] == [r.claim.name for r in good]
    first = document["claims"][0]
    assert first["components"][0]["estimate"] == good[0].components[0].estimate
    assert {m["name"] for m in first["mutants"]} == {"half", "wider"}
    assert document["claims"][2]["components"][0]["estimate"] is None


def test_frames(good):
    frame = to_frame(good)
    assert len(frame) == 4
    assert list(frame["verdict"]) == ["verified"] * 4
    assert frame["replicates"].iloc[0] == good[0].components[0].units
    mutants = mutant_frame(good)
    assert len(mutants) == 4
    assert mutants["refuted"].all()


def test_worst_component_is_the_one_that_fails():
    result = decide(pair(2.0, name="half.false"))
    assert worst_component(result).label == "second"


@pytest.mark.parametrize(
    ("estimate", "mcse", "text"),
    [
        (0.123456, 0.00123, "0.1235 +- 0.0012"),
        (-5.0, 1.0, "-5.0 +- 1.0"),
        (1e6, 2345.0, "1000000 +- 2345"),
        (1.0, math.nan, "1 +- nan"),
        (math.nan, math.nan, "-"),
        (1.0, 1e-14, "1 +- 1e-14"),
    ],
)
def test_format(estimate, mcse, text):
    assert format_estimate(estimate, mcse) == text


def test_a_narrow_table_keeps_verdicts_whole(good):
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table(good, mutants=True, narrow=True))
    text = console.export_text()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.count("verified") == len(good)
    assert "source" not in text
