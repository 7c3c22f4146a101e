"""All claims of all topics: names, statements that LaTeX can print, and two columns that know no theory."""

import importlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import mixtheory
from mixtheory import catalog
from mixtheory.verification import FormulaMutant, SimulatorMutant
from tests.claim_checks import called_in, named

PACKAGE = Path(mixtheory.__file__).parent
CLAIMS = catalog.claims()
# the samplers are public functions themselves, and a compensated law is chosen for its sample size by one
SIMULATED = [
    claim for claim in CLAIMS if claim.simulate and "sampler" not in claim.name and "compensated" not in claim.name
]


def theory_of(topic):
    """Return the files of the modules that hold a topic's closed forms."""
    claims = importlib.import_module(f"mixtheory.{topic}.claims")
    modules = (*claims.THEORY_MODULES, *claims.SUPPORT_MODULES)
    return {str(PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")) for module in modules}


THEORY = {topic: theory_of(topic) for topic in (name.rpartition(".")[2] for name in catalog.TOPICS)}


ALL_THEORY = set().union(*THEORY.values())


def watched(claim):
    """Return the files in which the simulators of a claim may not call anything; its oracles may call no theory."""
    return THEORY[claim.name.split(".")[0]]


def test_names_differ():
    assert [name for name, count in Counter(claim.name for claim in CLAIMS).items() if count > 1] == []


def test_claims_are_named_after_their_topic():
    for topic in THEORY:
        claims = importlib.import_module(f"mixtheory.{topic}.claims").CLAIMS
        assert claims and all(claim.name.startswith(f"{topic}.") for claim in claims)


def test_theory_modules_exist():
    assert all(Path(path).is_file() for paths in THEORY.values() for path in paths)


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_claim_can_fail(claim):
    kinds = {type(mutant) for mutant in claim.mutants}
    assert kinds & {FormulaMutant, SimulatorMutant}
    assert (SimulatorMutant in kinds) == (claim.simulate is not None)


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_oracles_call_no_theory(claim):
    with called_in(ALL_THEORY) as seen:
        for component in claim.components:
            if component.oracle is not None:
                component.oracle_values()
    assert not seen


@pytest.mark.parametrize("claim", SIMULATED, ids=named)
def test_simulators_call_no_theory(claim):
    simulators = [claim.simulate, *(m.simulate for m in claim.mutants if isinstance(m, SimulatorMutant))]
    with called_in(watched(claim)) as seen:
        for simulate in simulators:
            assert len(simulate(np.random.default_rng(1), 2)) == 2
    assert not seen


def test_the_watch_sees_theory():
    seen_in = set()
    for claim in CLAIMS:
        with called_in(watched(claim)) as seen:
            claim.components[0].closed_values()
        if seen:
            seen_in.add(claim.name.split(".")[0])
    assert seen_in == set(THEORY)


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_latex_is_balanced(claim):
    plain = re.sub(r"\\[{}]", "", claim.latex)
    assert plain.count("{") == plain.count("}")
    assert claim.latex.count(r"\left") == claim.latex.count(r"\right")
    # strings that are joined without a space make one command of two
    assert not re.search(r"\\(q?quad|to(?!p))[A-Za-z]", claim.latex)
