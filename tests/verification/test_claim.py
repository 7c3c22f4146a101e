"""What a claim may not be."""

import math

import numpy as np
import pytest

from mixtheory.verification import (
    DKW,
    Around,
    Claim,
    ClaimError,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Lower,
    OfSd,
    Relative,
    SimulatorMutant,
    StudentT,
    Upper,
    decide,
    extrapolation,
)
from tests.verification.toys import claim, exact, mean_component, normal


def draw(rng, n):
    return rng.normal(size=n)


GOOD = {"label": "m", "closed": lambda: 1.0, "oracle": lambda: 1.0, "margin": 0.1, "interval": StudentT(0.0)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": ""}, "label"),
        ({"closed": None}, "closed may be left out only with a DKW"),
        ({"oracle": None}, "no_oracle"),
        ({"oracle_rtol": 1e-3}, "oracle_rtol must be"),
        ({"oracle_atol": -1.0}, "oracle_atol must be"),
        ({"margin": -0.1}, "margin must be"),
        ({"margin": 0.0}, "positive margin"),
        ({"margin": math.nan}, "margin must be"),
        ({"function": np.sum, "interval": EmpiricalBernstein(0.0, 1.0)}, "needs a StudentT"),
    ],
)
def test_impossible_components(change, message):
    with pytest.raises(ValueError, match=message):
        Component(**(GOOD | change))


def test_a_component_without_oracle_says_why_and_is_flagged():
    silent = Component(**(GOOD | {"oracle": None, "no_oracle": "a bound, not a value", "closed": lambda: 0.0}))
    result = decide(claim(silent, simulate=draw))
    assert result.verdict == "verified"
    assert result.formula_verdict == "no oracle"
    assert result.components[0].formula.reason == "a bound, not a value"


IDENTITY = {"kind": "identity", "margin_class": "identity", "simulate": None}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "two words"}, "name must be"),
        ({"statement": " "}, "statement"),
        ({"source": ""}, "source"),
        ({"kind": "equalty"}, "did you mean 'equality'"),
        ({"margin_class": "loose"}, "margin_class must be one of"),
        ({"block_size": 0}, "block_size"),
        ({"max_units": 10}, "max_units"),
        ({"pilot_blocks": 0}, "pilot_blocks"),
        ({"components": ()}, "components must not be empty"),
        ({"components": (Component(**GOOD), Component(**GOOD))}, "component label"),
        ({"mutants": ()}, "at least one SimulatorMutant"),
        ({"mutants": (FormulaMutant("a", lambda: 2.0),)}, "at least one SimulatorMutant"),
        ({"mutants": (SimulatorMutant("a", draw), SimulatorMutant("a", draw))}, "mutant name"),
        ({"simulate": None}, "an identity has"),
        ({"kind": "identity"}, "an identity has"),
        (IDENTITY, "needs an oracle and no interval"),
        ({"kind": "inequality"}, "Lower or Upper"),
        ({"kind": "difference"}, "Lower or Upper"),
        ({"kind": "distribution"}, "DKW"),
        ({"components": (Component(**(GOOD | {"region": Lower()})),)}, "regions Around only"),
        ({"components": (Component(**(GOOD | {"interval": None})),)}, "needs an interval"),
        ({"components": (Component(**(GOOD | {"finite_size": 0.1})),)}, "leading order"),
        ({"margin_class": "leading order"}, "three finite sizes"),
    ],
)
def test_impossible_claims(change, message):
    change = dict(change)
    component = change.pop("components", (Component(**GOOD),))
    with pytest.raises(ClaimError, match=message):
        claim(*component, **({"simulate": draw} | change))


TWICE = (FormulaMutant("twice", lambda: 2.0),)


def identity(closed, oracle, mutants=TWICE, **changes):
    component = Component(label="residual", closed=closed, oracle=oracle, **changes)
    return claim(component, mutants=mutants, **IDENTITY)


@pytest.mark.parametrize(
    ("mutants", "message"),
    [((), "FormulaMutant"), ((FormulaMutant("a", lambda: 2.0), SimulatorMutant("b", draw)), "SimulatorMutant")],
)
def test_mutants_of_an_identity(mutants, message):
    with pytest.raises(ClaimError, match=message):
        identity(lambda: 1.0, lambda: 1.0, mutants)


def test_building_a_claim_runs_nothing():
    def never(*_):
        raise AssertionError("called")

    component = Component(label="m", closed=never, oracle=never, margin=Relative(0.01), interval=StudentT(never))
    claim(component, simulate=never, mutants=(FormulaMutant("f", never), SimulatorMutant("s", never)))


def test_regions():
    assert Around().limits(1.0, 0.1) == (0.9, 1.1)
    assert Lower().limits(1.0, 0.1) == (1.1, math.inf)
    assert Upper().limits(1.0, 0.1) == (-math.inf, 0.9)


@pytest.mark.parametrize(
    ("margin", "closed", "message"),
    [
        (Relative(0.011), 1.0, "above 1.0% of 1"),
        (0.0101, -1.0, "above 1.0% of 1"),
        (OfSd(0.011, sd=1.0), 0.0, "above 1.0% of 1"),
        (OfSd(0.01, sd=1.0), 0.5, "closed form that is 0"),
        (0.01, 0.0, "above 1.0% of 0"),
        (0.01, math.nan, "the closed form is nan"),
    ],
)
def test_margins_of_the_exact_class_are_bounded(margin, closed, message):
    component = mean_component(closed, margin, StudentT(0.0))
    with pytest.raises(ClaimError, match=message):
        decide(claim(component, simulate=draw, margin_class="exact"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_declared_standard_deviation_is_checked(seed):
    def zero(sd):
        component = mean_component(1e-17, OfSd(0.01, sd=lambda: sd), StudentT(0.0))
        return claim(component, simulate=draw, margin_class="exact", block_size=2**15)

    assert decide(zero(1.0), seed=seed, alpha=1e-3).verdict == "verified"
    with pytest.raises(ClaimError, match="toy.*standard deviation, which is"):
        decide(zero(1.5), seed=seed, alpha=1e-3)


def test_a_qualitative_margin_is_what_a_person_calls_material():
    assert decide(normal(0.0, margin=0.3)).verdict == "verified"


SIZES = (10.0, 20.0, 40.0)


def leading_order(offset=0.0, intercept_margin=0.005, finite_size=1.0):
    """Claim that a mean is 1 up to 0.5/n where it is 1 + 0.5/n + offset."""
    parts = [
        mean_component(
            1.0, Relative(0.01), StudentT(0.0), f"n={n:g}", size=n, finite_size=lambda n=n: finite_size * 0.5 / n
        )
        for n in SIZES
    ]
    limit = mean_component(
        1.0, Relative(intercept_margin), StudentT(0.0), "limit", size=math.inf, function=extrapolation(SIZES),
        columns=range(3),
    )  # fmt: skip

    def simulate(rng, n):
        return 1.0 + offset + 0.5 / np.array(SIZES) + 0.1 * rng.normal(size=(n, 3))

    return claim(*parts, limit, simulate=simulate, margin_class="leading order", block_size=2**12)


@pytest.mark.parametrize("seed", [0, 1])
def test_leading_order_allows_a_term_that_vanishes_and_refutes_one_that_does_not(seed):
    assert decide(leading_order(), seed=seed).verdict == "verified"
    result = decide(leading_order(offset=0.009), seed=seed)
    verdicts = {c.label: c.verdict for c in result.components}
    # each size alone would let the offset pass within 1 %
    assert (result.verdict, verdicts["limit"]) == ("refuted", "refuted")
    assert "refuted" not in [verdicts[f"n={n:g}"] for n in SIZES]


def test_the_intercept_has_half_the_margin():
    with pytest.raises(ClaimError, match="limit.*above 0.5%"):
        decide(leading_order(intercept_margin=0.006))


@pytest.mark.parametrize(
    ("simulate", "message"),
    [
        (lambda rng, n: rng.normal(size=n + 1), "must return shape"),
        (lambda rng, n: np.full(n, np.nan), "nan or infinite"),
        (lambda rng, n: rng.normal(size=(n, 1, 1)), "must return shape"),
    ],
)
def test_impossible_units(simulate, message):
    with pytest.raises(ClaimError, match=f"claim 'toy'.*{message}"):
        decide(claim(mean_component(0.0, 0.1, StudentT(0.0)), simulate=simulate))


def test_units_of_the_wrong_kind():
    with pytest.raises(ClaimError, match=r"declared in \[0, 0.5\]"):
        decide(claim(mean_component(0.5, 0.1, EmpiricalBernstein(0.0, 0.5)), simulate=lambda rng, n: rng.random(n)))


def test_missing_columns():
    second = mean_component(0.0, 0.1, StudentT(0.0), columns=1)
    with pytest.raises(ClaimError, match="column 1 of 1"):
        decide(claim(second, simulate=draw))


def test_several_columns_need_a_function():
    with pytest.raises(ClaimError, match="a mean has one column"):
        decide(claim(mean_component(0.0, 0.1, StudentT(0.0), columns=(0, 1)), simulate=draw))


def test_closed_form_and_oracle_have_one_shape():
    with pytest.raises(ClaimError, match="2 closed values, 1 oracle"):
        decide(identity(lambda: [1.0, 2.0], lambda: 1.0))


def test_a_distribution_may_leave_out_the_closed_form():
    dkw = DKW(lambda x: x, np.linspace(0.01, 0.99, 99))
    component = Component(label="F", interval=dkw, margin=0.1, oracle=lambda: np.linspace(0.01, 0.99, 99))
    made = claim(component, simulate=lambda rng, n: rng.random(n), kind="distribution")
    assert isinstance(made, Claim)


def test_exact_claims_need_no_more_than_the_example():
    assert decide(exact(), mutants=True).passed
