"""Error rates of the decision, its budget, its mutants, and that the verdict depends on nothing else."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import special, stats

from mixtheory.verification import (
    BETA,
    CLAIM_ALPHA,
    CLAIM_SHARE,
    DKW,
    SUITE_ALPHA,
    ClaimError,
    Component,
    EmpiricalBernstein,
    FormulaMutant,
    Lower,
    SimulatorMutant,
    StudentT,
    Upper,
    decide,
    log_slope,
    stage_level,
    verify,
)
from mixtheory.verification.intervals import normal_quantile, skewness_size
from tests.verification.test_claim import identity
from tests.verification.toys import (
    bernoulli,
    bounded,
    claim,
    decisions,
    exact,
    exponential,
    mean_component,
    most,
    normal,
    pair,
)

ALPHA = 0.05
EDGES = [(normal, 0.3), (bernoulli, 0.08), (bounded, 0.08), (exponential, 0.1), (pair, 0.3)]


def rates(make, shift, trials, seed):
    return Counter(r.verdict for r in decisions(make, shift, trials, alpha=ALPHA, seed=seed))


def check_edge(make, edge, trials, seed):
    """At the edge of the region a claim is as false as it is true: either verdict is an error."""
    for side in (edge, -edge):
        found = rates(make, side, trials // 2, seed)
        assert found["verified"] <= most(trials // 2, ALPHA)
        assert found["refuted"] <= most(trials // 2, ALPHA)


@pytest.mark.parametrize(("make", "edge"), EDGES)
def test_error_rates_at_the_edge_of_the_region(make, edge):
    check_edge(make, edge, 400, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "edge"), EDGES)
def test_error_rates_at_the_edge_of_the_region_at_length(make, edge):
    check_edge(make, edge, 4000, seed=1)


@pytest.mark.parametrize(("make", "edge"), EDGES)
def test_power(make, edge):
    """A true claim is verified and one that is two margins off is refuted, both except with probability BETA."""
    trials = 60
    assert trials - rates(make, 0.0, trials, 1)["verified"] <= most(trials, BETA)
    assert trials - rates(make, 2.2 * edge, trials, 1)["refuted"] <= most(trials, BETA)


def test_the_error_of_a_vector_is_split_over_its_components():
    """Two components at the edge together err no more often than one."""

    def both(shift, **changes):
        parts = [mean_component(0.0, 0.3, StudentT(0.0), label) for label in "ab"]
        return claim(*parts, simulate=lambda rng, n: rng.normal(shift, 1.0, (n, 2)), **changes)

    found = rates(both, 0.3, 300, 2)
    assert found["refuted"] <= most(300, ALPHA)
    assert found["verified"] <= most(300, ALPHA**2)


def test_levels_of_the_stages_add_up_and_a_claim_has_a_fixed_share():
    assert sum(stage_level(ALPHA, k) for k in range(1, 10**5)) == pytest.approx(ALPHA, rel=1e-4)
    assert CLAIM_ALPHA == SUITE_ALPHA / CLAIM_SHARE == pytest.approx(1e-9)
    results = verify([normal(0.0, name=f"n{i}") for i in range(3)])
    assert [r.alpha for r in results] == [CLAIM_ALPHA] * 3
    assert verify([normal(0.0, name="n1")])[0].components == results[1].components


@pytest.mark.parametrize("seed", range(3))
def test_a_true_claim_is_decided_within_twice_the_least_size(seed):
    made = normal(0.0, margin=0.02)
    least = ((normal_quantile(CLAIM_ALPHA) + normal_quantile(BETA)) / 0.02) ** 2
    component = decide(made, seed=seed).components[0]
    assert component.verdict == "verified"
    assert component.units <= 2 * least
    skewed = decide(exponential(0.0, block_size=2**14), seed=seed).components[0]
    assert skewed.units <= 2 * skewness_size(stage_level(CLAIM_ALPHA, skewed.stage), 2.0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", [normal, bernoulli, bounded])
def test_an_undecided_claim_says_the_size_that_decides(make, seed):
    margin = 0.02
    short = decide(make(0.0, margin=margin, max_units=8192), seed=seed).components[0]
    assert short.verdict == "undecided"
    needed = short.units_needed
    enough = decide(make(0.0, margin=margin, max_units=math.ceil(1.1 * needed)), seed=seed).components[0]
    assert enough.verdict == "verified"
    assert needed / 4 <= enough.units <= 1.1 * needed
    less = decide(make(0.0, margin=margin, max_units=int(needed / 8)), seed=seed).components[0]
    assert less.verdict == "undecided"


def test_a_claim_at_the_edge_stops_and_says_that_it_needs_more():
    results = decisions(normal, 0.3, 20, alpha=1e-9)
    for component in (r.components[0] for r in results):
        assert component.verdict == "undecided"
        assert component.units_needed > component.units
        z = normal_quantile(stage_level(1e-9, 10))
        # the interval may have to wait until a sample skewness of 7 sqrt(6 / n) is small enough
        waiting = 7 * math.sqrt(6) * z**3 / 0.3
        assert component.units <= 2 * max(waiting, ((z + normal_quantile(BETA)) / 0.3) ** 2)


def ar1_batch_means(rng, n, steps=32, phi=0.8):
    """Means of batches of a stationary autoregression; the batches are independent, their steps are not."""
    noise = rng.normal(size=(n, steps))
    x = noise[:, 0] / math.sqrt(1 - phi**2)
    total = x.copy()
    for t in range(1, steps):
        x = phi * x + noise[:, t]
        total += x
    return total / steps


def ar1_steps(rng, n):
    """The same as if every step were an independent unit."""
    steps = 32
    noise = rng.normal(size=(n // steps, steps))
    x = np.empty_like(noise)
    x[:, 0] = noise[:, 0] / 0.6
    for t in range(1, steps):
        x[:, t] = 0.8 * x[:, t - 1] + noise[:, t]
    return x.ravel()


def squared_scores(simulate):
    component = mean_component(0.0, 1.5, StudentT(0.0))
    trials = 120
    claims = [claim(component, simulate=simulate, name=f"ar.{i}", block_size=256) for i in range(trials)]
    scores = [r.components[0].estimate / r.components[0].mcse for r in verify(claims)]
    return trials, float(np.sum(np.square(scores)))


def test_the_standard_error_of_batches_is_their_spread_over_seeds():
    trials, total = squared_scores(ar1_batch_means)
    # 1.03: a standard error from 256 units or more has a squared t score of mean (n - 1) / (n - 3)
    low, high = stats.chi2.ppf([1e-9, 1 - 1e-9], trials)
    assert low / 1.03 <= total <= high * 1.03


def test_dependent_steps_taken_for_units_are_seen_in_the_spread():
    trials, total = squared_scores(ar1_steps)
    assert total > stats.chi2.ppf(1 - 1e-9, trials) * 1.03


@pytest.mark.parametrize("workers", [2, 3])
def test_verdicts_are_the_same_bits_for_any_workers_and_any_order(workers):
    claims = [normal(0.0), bernoulli(0.0), pair(0.0), exact(), bounded(0.0), identity(lambda: 1.0, lambda: 1.0)]
    claims = [c.__class__(**(vars(c) | {"name": f"toy.{i}"})) for i, c in enumerate(claims)]
    seen = []
    serial = verify(claims, mutants=True, progress=lambda done, total, name: seen.append((done, total, name)))
    assert [s[:2] for s in seen] == [(i + 1, 11) for i in range(11)]
    assert verify(claims, mutants=True, workers=workers) == serial
    assert verify(claims[::-1], mutants=True, workers=workers) == serial[::-1]
    assert [decide(c, mutants=True) for c in claims] == serial


def test_seeds_and_names_give_other_random_numbers():
    estimates = {decide(normal(0.0, name=name), seed=s).components[0].estimate for name in "ab" for s in (0, 1, 2**100)}
    assert len(estimates) == 6


def test_a_mutant_has_its_own_stream():
    same = SimulatorMutant("same", lambda rng, n: rng.normal(0.0, 1.0, n))
    result = decide(normal(0.0, mutants=(same,)), mutants=True)
    assert not result.mutants[0].refuted
    assert result.mutants[0].distance * 0.3 != abs(result.components[0].estimate)


def test_formula_mutants_are_refuted_by_arithmetic():
    mutants = (
        FormulaMutant("far", lambda: [None, 1.2]),
        FormulaMutant("near", lambda: [0.0, 1.19]),
        SimulatorMutant("wrong", lambda rng, n: rng.normal(1.0, 1.0, (n, 2))),
    )
    result = decide(pair(0.0, mutants=mutants), mutants=True)
    assert [(m.refuted, m.kind) for m in result.mutants] == [(True, "formula"), (False, "formula"), (True, "simulator")]
    assert result.mutants[0].distance == pytest.approx(4.0)
    assert not result.passed
    false = decide(pair(1.0, mutants=mutants), mutants=True)
    assert not false.mutants[0].refuted
    assert "the claim is refuted" in false.mutants[0].detail


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0], None], [math.nan, None]])
def test_mutant_values_must_fit(values):
    mutants = (FormulaMutant("bad", lambda: values), SimulatorMutant("s", lambda rng, n: np.ones((n, 2))))
    with pytest.raises(ValueError, match="mutant 'bad'"):
        decide(pair(0.0, mutants=mutants), mutants=True)


def test_both_columns_must_hold():
    wrong_formula = exact(component={"oracle": lambda: 1.0 + 1e-8})
    result = decide(wrong_formula)
    assert (result.formula_verdict, result.simulator_verdict, result.verdict) == ("refuted", "verified", "refuted")
    wrong_simulator = exact(simulate=lambda rng, n: rng.random(n))
    result = decide(wrong_simulator)
    assert (result.formula_verdict, result.simulator_verdict, result.verdict) == ("verified", "refuted", "refuted")


@pytest.mark.parametrize("seed", range(3))
def test_inequalities(seed):
    def made(truth, region, **changes):
        component = mean_component(1.0, 0.2, StudentT(0.0), region=region, **changes)
        return claim(component, simulate=lambda rng, n: rng.normal(truth, 1.0, n), kind="inequality")

    def verdict(*arguments, **changes):
        return decide(made(*arguments, **changes), seed=seed).verdict

    assert verdict(1.5, Lower()) == "verified"
    assert verdict(1.5, Lower(), expected=1.5) == "verified"
    assert verdict(1.5, Upper()) == "refuted"
    assert verdict(0.5, Upper(), expected=0.6) == "verified"
    # a budget for 0.5 suffices to refute what is as far on the other side of the edge at 0.8
    assert verdict(1.1, Upper(), expected=0.5) == "refuted"
    assert verdict(0.85, Upper()) == "refuted"
    assert verdict(1.2, Lower(), expected=1.5) == "undecided"
    with pytest.raises(ValueError, match="outside the region"):
        verdict(1.5, Lower(), expected=1.1)


def test_a_mutant_of_a_bound_is_refuted_by_the_interval():
    component = mean_component(1.0, 0.2, StudentT(0.0), region=Lower(), expected=1.5)
    mutants = (
        FormulaMutant("bound too high", lambda: 1.6),
        FormulaMutant("weaker bound", lambda: 0.1),
        SimulatorMutant("small", lambda rng, n: rng.normal(0.0, 1.0, n)),
    )
    made = claim(component, simulate=lambda rng, n: rng.normal(1.5, 1.0, n), kind="inequality", mutants=mutants)
    assert [m.refuted for m in decide(made, mutants=True).mutants] == [True, False, True]


def distribution(shift, margin=0.02):
    edges = stats.norm.ppf(np.linspace(0.0, 1.0, 401)[1:-1])
    component = Component(
        label="F",
        interval=DKW(special.ndtr, edges),
        oracle=lambda: stats.norm.cdf(edges),
        margin=margin,
    )
    mutants = (
        FormulaMutant("scale", lambda: stats.norm.cdf(edges / 2.0)),
        SimulatorMutant("wide", lambda rng, n: rng.normal(0.0, 2.0, n)),
    )
    return claim(component, simulate=lambda rng, n: rng.normal(shift, 1.0, n), kind="distribution", mutants=mutants)


@pytest.mark.parametrize("seed", range(3))
def test_distributions(seed):
    result = decide(distribution(0.0), seed=seed, mutants=True)
    assert result.passed
    assert decide(distribution(0.3), seed=seed).verdict == "refuted"


def test_a_distance_with_a_closed_form():
    edges = stats.norm.ppf(np.linspace(0.0, 1.0, 401)[1:-1])
    distance = 2 * special.ndtr(0.25) - 1
    component = mean_component(distance, 0.05, DKW(special.ndtr, edges))
    made = claim(component, simulate=lambda rng, n: rng.normal(0.5, 1.0, n), kind="distribution")
    assert decide(made, mutants=True).passed


@pytest.mark.parametrize("seed", range(3))
def test_rates(seed):
    sizes = np.array([10.0, 100.0, 1000.0])

    def made(exponent):
        slope = mean_component(exponent, 0.1, StudentT(0.0), function=log_slope(sizes))
        half = SimulatorMutant("half", lambda rng, n: sizes**-0.5 * rng.normal(1.0, 0.5, (n, 3)))
        return claim(slope, simulate=lambda rng, n: rng.normal(1.0, 0.5, (n, 3)) / sizes, kind="rate", mutants=(half,))

    assert decide(made(-1.0), seed=seed, mutants=True).passed
    assert decide(made(-1.5), seed=seed).verdict == "refuted"


def test_identities():
    grid = np.linspace(0.1, 3.0, 50)
    right = identity(lambda: np.expm1(grid), lambda: np.exp(grid) - 1, (FormulaMutant("exp", lambda: np.exp(grid)),))
    result = decide(right, mutants=True)
    assert result.passed
    assert result.components[0].units == 50
    wrong = identity(lambda: np.expm1(grid) + 1e-7, lambda: np.exp(grid) - 1)
    assert decide(wrong).verdict == "refuted"
    undefined = identity(lambda: math.nan, lambda: 1.0)
    assert decide(undefined).verdict == "refuted"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 1.5}, "alpha"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**128}, "seed"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        verify([normal(0.0)], **options)


def test_names_must_differ():
    with pytest.raises(ValueError, match=r"different names, got \['toy'\]"):
        verify([normal(0.0), bernoulli(0.0)])


def test_an_error_in_a_thread_names_the_claim():
    def broken(rng, n):
        return np.full(n, np.inf)

    claims = [normal(0.0, name=f"ok{i}") for i in range(3)] + [normal(0.0, name="bad", simulate=broken)]
    with pytest.raises(ValueError, match="claim 'bad'"):
        verify(claims, workers=2)


def test_a_claim_is_decided_without_a_blas_thread_more():
    """A matrix product in a simulator has the same bits inside and outside a pool."""

    def simulate(rng, n):
        return rng.normal(size=(n, 300)) @ np.full(300, 1 / 300)

    made = claim(mean_component(0.0, 0.02, StudentT(0.0)), simulate=simulate)
    assert decide(made) == verify([made, normal(0.0, name="other")], workers=2)[0]


def test_a_mutant_within_four_margins_does_not_count():
    """In an exact claim the margin is at most a quarter of the distance to the mutant that refutes it."""

    def made(distance):
        return claim(
            mean_component(1.0, 0.01, StudentT(skewness=0.0)),
            simulate=lambda rng, n: rng.normal(1.0, 0.1, size=n),
            margin_class="exact",
            name=f"near.{round(10 * distance)}",
            block_size=2**16,
            mutants=(SimulatorMutant("near", lambda rng, n: rng.normal(1.0 + 0.01 * distance, 0.1, size=n)),),
        )

    for distance, counts in ((3.0, False), (5.0, True)):
        result = decide(made(distance), mutants=True)
        assert result.verdict == "verified"
        assert result.mutants[0].refuted is counts, result.mutants[0].detail
        assert result.passed is counts


def test_a_two_sided_component_beside_a_bound_is_held_to_an_equality():
    loophole = claim(
        mean_component(1.0, 0.9, EmpiricalBernstein(0.0, 1.0)),
        mean_component(0.0, 0.1, EmpiricalBernstein(0.0, 1.0), label="bound", region=Lower(), columns=0),
        simulate=lambda rng, n: rng.random(n),
        kind="inequality",
    )
    with pytest.raises(ClaimError, match="margin 0.9 is above 1.0% of 1"):
        decide(loophole)


def test_units_without_spread_decide_nothing():
    constant = claim(
        mean_component(1.0, 0.01, StudentT(skewness=0.0)),
        simulate=lambda rng, n: np.ones(n),
        margin_class="exact",
        max_units=2**12,
    )
    assert decide(constant).verdict == "undecided"
