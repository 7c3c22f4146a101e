"""The claims of p-series weights, of two parents, of populations and of given batches: their oracles and simulators.

``pytest tests/mixing/test_claims_zeta.py -m slow`` changes the source of the theory too.
"""

import itertools
import math
import re
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from numpy.polynomial.laguerre import laggauss
from scipy import integrate, special

from mixtheory.mixing.claims import (
    member_weights,
    zeta_given_batch,
    zeta_mixup,
    zeta_moments,
    zeta_oracles,
    zeta_outputs,
    zeta_weights,
)
from mixtheory.verification import decide
from tests.claim_checks import assert_passed, imported_by, named

CLAIMS = (
    *zeta_weights.CLAIMS,
    *zeta_mixup.CLAIMS,
    *zeta_outputs.CLAIMS,
    *zeta_moments.CLAIMS,
    *zeta_given_batch.CLAIMS,
)
IDENTITIES = tuple(claim for claim in CLAIMS if claim.simulate is None)
NAMED = {claim.name: claim for claim in CLAIMS}
# what the note asks of these modules: the mistakes that each check must refute
MISTAKES = {
    "mixing.zeta.dominance": {"H = 1 + 1/T", "1.72865 as necessary"},
    "mixing.zeta.mixup.law": {"2^-t"},
    "mixing.zeta.mixup.entropy": {"ln 2"},
    "mixing.zeta.population.exponential": {"c_B", "2 A_2^1.5", "9 A_2^2"},
    "mixing.zeta.batch.distinct": {"A_2 S_b", "A_3 q_3 / T"},
    "mixing.zeta.batch.anchored": {"A_2 S_b", "A_3 q_3 / T"},
}
# closed forms as the note prints them
PRINTED = {
    ("mixing.zeta.dominance", "thresholds"): [
        0.787885, 1.082131, 1.435793, 1.582023, 1.650535, 1.685310, 1.703941, 1.714301, 1.720211, 1.723644,
    ],
    ("mixing.zeta.dominance", "limit"): [1.728647],
    ("mixing.zeta.mixup.entropy", "alpha = 0.2"): [0.22766],
    ("mixing.zeta.population.exponential", "order 2"): [0.206779],
}  # fmt: skip


def value_of(name, label):
    (component,) = (c for c in NAMED[name].components if c.label == label)
    return component.closed_values()


# Structure -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C10", "section 3"])
def test_every_part_of_the_note_has_a_claim(check):
    assert any(re.search(rf"note 02, [^[]*\b{check}\b", claim.source) for claim in CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_what_is_attributed_to_the_paper_is_named_and_the_rest_is_ours(claim):
    assert claim.name.startswith("mixing.zeta.")
    assert "derived in this project" in claim.source
    assert ("Abhishek" in claim.source) == ("[paper]" in claim.source)


@pytest.mark.parametrize(("name", "mistakes"), MISTAKES.items())
def test_the_mistakes_of_the_note_are_among_the_mutants(name, mistakes):
    assert mistakes <= {mutant.name for mutant in NAMED[name].mutants}


@pytest.mark.parametrize("where", PRINTED, ids=" ".join)
def test_closed_forms_are_those_of_the_note(where):
    assert value_of(*where) == pytest.approx(PRINTED[where], abs=6e-6)


def test_oracles_import_no_theory():
    assert not [name for name in imported_by(zeta_oracles) if name.split(".")[0] == "mixtheory"]


@pytest.mark.parametrize("claim", IDENTITIES, ids=named)
def test_identity_holds_and_its_mutants_do_not(claim):
    assert_passed(decide(claim, mutants=True))


# Oracles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", [1.02, 1.5, 2.0, 4.0, 12.0])
def test_accelerated_series_are_the_zeta_function_and_its_derivative(s):
    assert zeta_oracles.zeta(s) == pytest.approx(float(special.zeta(s)), rel=1e-13)
    step = 1e-3 * min(1.0, s - 1)
    stencil = np.array([1.0, -8.0, 8.0, -1.0]) @ special.zeta(s + step * np.array([-2.0, -1.0, 1.0, 2.0]))
    assert zeta_oracles.zeta_slope(s) == pytest.approx(stencil / (12 * step), rel=1e-7)


def test_infinitely_many_weights_are_the_limit_of_many():
    # what T parents lack is below T^-3 for gamma 4
    for oracle in (zeta_oracles.harmonic, zeta_oracles.entropy):
        assert oracle(4.0, 2000) == pytest.approx(oracle(4.0, math.inf), rel=1e-8)
    assert zeta_oracles.power_sum(3, 4.0, 2000) == pytest.approx(zeta_oracles.power_sum(3, 4.0, math.inf), rel=1e-9)


def test_thresholds_rise_to_the_root_of_zeta():
    found = [zeta_oracles.threshold(n) for n in (2, 3, 4, 30, 300)]
    assert found == sorted(found) and found[0] == 0.0
    assert special.zeta(zeta_oracles.threshold(math.inf)) == pytest.approx(2.0, rel=1e-13)


@pytest.mark.parametrize("gamma", [1, 3])
def test_exponential_and_binary_parents_have_the_cumulants_of_sums(gamma):
    weights = zeta_oracles.fractions(gamma, 4)
    sums = [float(sum(w**k for w in weights)) for k in (2, 3, 4)]
    exponential = [sums[0], 2 * sums[1], 6 * sums[2] + 3 * sums[0] ** 2]
    assert [zeta_oracles.exponential_moment(weights, k) for k in (2, 3, 4)] == pytest.approx(exponential, rel=1e-12)
    p = 1 / 8
    variance = p * (1 - p)
    third, fourth = variance * (1 - 2 * p), variance * (1 - 6 * variance)
    binary = [sums[0] * variance, sums[1] * third, sums[2] * fourth + 3 * (sums[0] * variance) ** 2]
    found = [zeta_oracles.mixture_moment(weights, Fraction(1, 8), k) for k in (2, 3, 4)]
    assert found == pytest.approx(binary, rel=1e-12)


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("parents", [2, 3, 5])
def test_rational_enumeration_agrees_with_that_in_floats(parents, anchored):
    data = [0, 1, 1, 4, 9]
    for k in (1, 2, 3, 4):
        exact = zeta_oracles.row_moment(data, zeta_oracles.fractions(2, parents), k, anchored=anchored)
        pairing = "anchored" if anchored else "distinct"
        other = member_weights.row_moment(data, member_weights.fixed(2.0, parents), pairing, k)
        assert other == pytest.approx(exact, rel=1e-12, abs=1e-12)


def test_outputs_are_counted_by_the_rows_that_they_mix():
    weights = zeta_oracles.fractions(1, 3)
    assert zeta_oracles.count_outputs(weights, [0, 1, 2]) == 6
    assert zeta_oracles.count_outputs(weights, [0, 0, 1]) == 3
    assert zeta_oracles.count_outputs(weights, [0, 0, 1], first=0) == 2
    assert zeta_oracles.count_outputs(weights, [0, 0, 1], first=2) == 1
    assert zeta_oracles.count_outputs(zeta_oracles.fractions(0, 3), [0, 1, 2]) == 1


def test_twelve_members_of_two_rows_coincide_for_the_harmonic_weights():
    # 1/2 + 1/12 = 1/3 + 1/4, so that a row that occurs twice gets one share from two pairs of ranks
    weights = zeta_oracles.fractions(1, 12)
    shares = {a + b for a, b in itertools.combinations(weights, 2)}
    assert len(shares) < math.comb(12, 2)


@pytest.mark.parametrize("count", [2, 5])
def test_largest_share_of_uniform_spacings(count):
    assert zeta_oracles.largest_dirichlet([1] * count) == pytest.approx(sum(1 / k for k in range(1, count + 1)) / count)


def test_largest_share_of_two_is_that_of_a_beta_variable():
    def integrand(x):
        return max(x, 1 - x) * x * (1 - x) ** 4 * 30

    mean = integrate.quad(integrand, 0, 0.5)[0] + integrate.quad(integrand, 0.5, 1)[0]
    assert zeta_oracles.largest_dirichlet([2, 5]) == pytest.approx(mean, rel=1e-12)


def test_label_entropies_of_one_class_and_of_all_classes():
    weights = zeta_oracles.series(1.3, 4)
    found = zeta_oracles.label_entropies(weights, 4)
    assert found.size == 4**4
    assert found.min() == pytest.approx(0.0, abs=1e-12)
    # no class twice: 4! of the assignments
    assert np.sum(np.isclose(found, zeta_oracles.entropy(1.3, 4), rtol=1e-12)) == math.factorial(4)


# Simulators ------------------------------------------------------------------------------------------------------


def within_six_errors(units, expected):
    """Assert that the column means are within six standard errors of where they should be."""
    error = np.std(units, axis=0) / math.sqrt(len(units))
    assert np.all(np.abs(np.mean(units, axis=0) - expected) <= 6 * error + 1e-12)


@pytest.mark.parametrize("power", [2, 3, 4])
def test_polynomials_are_the_moments_given_the_share(power):
    nodes, rule = laggauss(40)
    mass = rule * nodes**7 / math.factorial(7)
    for share in (0.05, 0.125, 0.3):
        mean = float(mass @ (nodes * share - 1) ** power)
        control = zeta_moments.CONTROLS[power] * (share - 1 / 8)
        assert zeta_moments.POLYNOMIALS[power](share) + control == pytest.approx(mean, rel=1e-10)


def test_given_the_share_and_in_full_exponential_parents_agree():
    rng = np.random.default_rng(5)
    # the fourth power in full is too skewed for so few units
    expected = [zeta_oracles.exponential_moment(zeta_oracles.fractions(1, zeta_moments.SIZE), k) for k in (2, 3)]
    within_six_errors(zeta_moments._exponential(zeta_moments.WEIGHTS)(rng, 20_000)[:, :2], expected)
    full = rng.standard_exponential((20_000, zeta_moments.SIZE)) @ zeta_moments.WEIGHTS - 1
    within_six_errors(np.stack([full**2, full**3], axis=1), expected)


@pytest.mark.parametrize("anchored", [False, True])
def test_rows_of_a_batch_have_the_enumerated_moments(anchored):
    units = zeta_given_batch._mixed(anchored=anchored)(np.random.default_rng(2), 20_000)
    expected = [zeta_given_batch._rational(k, anchored) for k in zeta_given_batch.ORDERS]
    within_six_errors(units, expected)


def test_records_reach_both_ends_of_their_range():
    low, high = zeta_given_batch.LOWEST, zeta_given_batch.HIGHEST
    orders = np.array(list(itertools.permutations(zeta_given_batch.DEVIATIONS)))[::7] @ zeta_given_batch.WEIGHTS
    assert low <= orders.min() + 1e-12 and orders.max() <= high + 1e-12
    assert high == pytest.approx(orders.max(), rel=0.05)


def test_farthest_shifts_are_attained():
    weights = zeta_oracles.series(1.5, zeta_given_batch.ROWS)
    means = {
        False: [np.mean(rows) for rows in itertools.product(weights, repeat=4)],
        True: [np.mean([weights[0], *rows]) for rows in itertools.product(weights[1:], repeat=3)],
    }
    for anchored, found in means.items():
        largest = max((mean - 1 / 4) ** 2 for mean in found)
        assert zeta_given_batch._farthest_shift(anchored=anchored) == pytest.approx(largest, rel=1e-6)


def test_log_odds_stay_finite_at_the_ends():
    found = zeta_mixup._log_odds(np.array([0.0, 0.2, 0.5, 1.0]))
    assert found == pytest.approx([zeta_mixup.CAP, 2.0, 0.0, zeta_mixup.CAP])


def test_entropies_of_simulated_weights_stay_in_range():
    units = zeta_mixup._entropies()(np.random.default_rng(3), 20_000)
    assert np.all((units >= 0) & (units <= math.log(2) * (1 + 1e-12)))
    within_six_errors(units, [special.digamma(2 * a + 1) - special.digamma(a + 1) for a in zeta_mixup.MEAN_SHAPES])


def test_characteristic_functions_of_both_methods_are_apart():
    rng = np.random.default_rng(4)
    weights = zeta_oracles.series(zeta_moments.STEEP, zeta_moments.FOUR)
    variance = float(np.sum(weights**2))
    # the mixup that is compared has the same covariance factor
    a = zeta_moments.MATCHED
    assert (a + 1) / (2 * a + 1) == pytest.approx(variance, rel=1e-12)
    within_six_errors(zeta_moments._cosines(weights)(rng, 20_000), math.exp(-(zeta_moments.POINT**2) * variance / 2))
    within_six_errors(zeta_moments._mixup_cosines(rng, 20_000), zeta_moments._mixup_charfn())


def test_dirichlet_rows_contract_and_p_series_rows_do_not():
    rng = np.random.default_rng(6)
    m = zeta_outputs.SIZE
    largest = sum(1 / k for k in range(1, m + 1)) / m
    units = zeta_outputs._contracted(zeta_outputs._rows(1.0))(rng, 20_000)
    within_six_errors(units, [1 / (m + 1), 2 / (m + 1), largest])
    weights = zeta_oracles.series(2.8, m)
    square = float(np.sum(weights**2))
    kept = zeta_outputs._contracted(zeta_outputs._ordered)(rng, 20_000)
    within_six_errors(kept, [(m * square - 1) / (m - 1), square, weights[0]])


def test_labels_follow_the_first_parent_above_the_threshold_alone():
    rng = np.random.default_rng(7)
    assert zeta_weights._label_hits(2.4)(rng, 4000).min() == 1.0
    assert zeta_weights._label_hits(1.0)(rng, 4000).mean() < 0.99


def test_a_random_gamma_gives_back_the_weight():
    drawn = zeta_mixup._reproduced()(np.random.default_rng(8), 20_000)
    variances = [1 / (4 * (2 * a + 1)) for a in zeta_mixup.SHAPES]
    within_six_errors(drawn, [0.5, 0.5])
    within_six_errors((drawn - 0.5) ** 2, variances)


def test_crossing_is_a_coincidence_of_two_halves():
    terms = np.arange(1.0, 7.0) ** -zeta_outputs._crossing()
    counted = Counter(round(sum(three), 9) for three in itertools.combinations(terms, 3))
    assert sorted(counted.values()) == [*[1] * 18, 2]
