"""What the tests of the topics' claims share."""

import ast
import inspect
import sys
from contextlib import contextmanager
from pathlib import Path

from mixtheory.verification import SimulatorMutant
from mixtheory.verification.results import REFUTED
from mixtheory.verification.stages import run_stages
from mixtheory.verification.target import prepare


def named(claim):
    """Return the name of a claim, as the id of a parametrised test."""
    return claim.name


def assert_passed(result):
    """Assert that a claim and its formulas are verified, and its mutants refuted."""
    components = [(c.label, c.verdict, c.estimate, c.closed, c.margin, c.formula.residual) for c in result.components]
    assert result.verdict == "verified", components
    assert result.formula_verdict in ("verified", "no oracle")
    assert result.passed, [(m.name, m.detail) for m in result.mutants if not m.refuted]


def imported_by(module):
    """Return the modules that a module imports."""
    imported = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    return imported


@contextmanager
def called_in(files):
    """Collect the functions of some source files that are called."""
    seen = set()

    def on_event(frame, event, argument):
        if event == "call" and frame.f_code.co_filename in files:
            seen.add(f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}")

    before = sys.getprofile()
    sys.setprofile(on_event)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def idle_components(claim):
    """Return the components that no simulator mutant moves out of their region: these would prove nothing."""
    # a suite of some hundred checks: at this level a sound refutation costs a fraction of one at the claims' own
    level = 1e-5
    mutants = [m for m in claim.mutants if isinstance(m, SimulatorMutant)]
    idle = []
    for index, component in enumerate(claim.components):
        target = prepare(claim, index)
        for mutant in mutants:
            (outcome,) = run_stages(claim, [target], mutant.simulate, ("mutant", mutant.name), 0, level)
            if outcome.verdict == REFUTED:
                # the mistake that moved this component is likely to move the next one: the others cost most
                mutants.sort(key=lambda other, found=mutant: other is not found)
                break
        else:
            idle.append(component.label)
    return idle
