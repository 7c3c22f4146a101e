"""The parts of the report against independent computations."""

import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from mixtheory.fidelity.blocks import RowBlocks
from mixtheory.fidelity.expectation import expect
from mixtheory.fidelity.inputs import read_tables
from mixtheory.fidelity.marginals import column_distances
from mixtheory.fidelity.nearest import Records, nearest_distances, row_hashes
from mixtheory.fidelity.readings import half_widths, null_reach
from mixtheory.fidelity.refits import coefficients_of_parts
from mixtheory.fidelity.shares import fisher_counts, share_readings
from mixtheory.mixing.moments import check_covariance
from mixtheory.mixing.weights import EpBeta
from mixtheory.mixing.zeta import Zeta


@pytest.mark.parametrize("rows", [5, 1000, 3777])
def test_moments_in_blocks_are_those_of_the_rows(rows):
    rng = np.random.default_rng(rows)
    table = rng.exponential(size=(rows, 3)) @ rng.normal(size=(3, 3)) + 2.0
    found = RowBlocks(table, rng).moments()
    centred = table - table.mean(axis=0)
    assert found.rows == rows
    np.testing.assert_allclose(found.mean, table.mean(axis=0))
    np.testing.assert_allclose(found.sample_covariance, np.cov(table.T))
    for power, moment in ((2, found.second), (3, found.third), (4, found.fourth)):
        np.testing.assert_allclose(moment, np.mean(centred**power, axis=0), rtol=1e-9, atol=1e-9)


def test_blocks_have_the_standard_errors_of_rows():
    rng = np.random.default_rng()
    table = rng.exponential(size=(20_000, 1))
    blocks = RowBlocks(table, rng, matrices=False)
    parts = list(blocks.resampled(1000, rng))
    means, variances = (np.concatenate([getattr(part, name)[:, 0] for part in parts]) for name in ("mean", "second"))
    centred = table[:, 0] - table.mean()
    # the errors of mean and variance, from the second and the fourth moment of the rows themselves
    errors = [np.std(table), np.sqrt(np.mean(centred**4) - np.var(table) ** 2)] / np.sqrt(len(table))
    found = [np.std(means), np.std(variances)]
    # 1,000 blocks and 1,000 replicates: 3.2 %, more for the heavier squares
    np.testing.assert_allclose(found, errors, rtol=0.25)


def test_batches_have_the_moments_of_single_copies():
    rng = np.random.default_rng()
    table = rng.exponential(size=(40, 3))
    for first, second in RowBlocks(table, rng).splits(30, rng, 15):
        np.testing.assert_array_equal(first.rows, 15)
        np.testing.assert_allclose(15 * first.mean + 25 * second.mean, np.tile(table.sum(axis=0), (30, 1)))
        products = table.T @ table
        for part in (first, second):
            assert part.covariance.shape == (30, 3, 3)
            np.testing.assert_allclose(part.second, np.diagonal(part.covariance, axis1=1, axis2=2))
            second_moment = part.covariance + part.mean[:, :, None] * part.mean[:, None, :]
            products = products - part.rows[:, None, None] * second_moment
        np.testing.assert_allclose(products, 0, atol=1e-9)


def test_far_rows_take_no_digits_from_copies_without_them():
    rng = np.random.default_rng()
    table = rng.normal(size=(50, 2))
    far = np.concatenate([table, [[1e50, -1e55]]])
    for first, second in RowBlocks(far, rng).splits(40, rng, 25):
        for place in range(40):
            near = first if abs(first.mean[place]).max() < 1e9 else second
            assert (near.second[place] < 10).all()
            assert (near.second[place] > 0.05).all()


def test_shuffled_parts_differ_as_much_as_theory_says():
    rng = np.random.default_rng()
    table = rng.normal(size=(3_000, 1))
    pairs = RowBlocks(table, rng, matrices=False).splits(1000, rng, 2_900)
    found = np.std(np.concatenate([second.mean[:, 0] - first.mean[:, 0] for first, second in pairs]))
    assert found == pytest.approx(np.std(table) * np.sqrt(1 / 2_900 + 1 / 100), rel=0.2)


@pytest.mark.parametrize("one_sided", [False, True])
def test_null_bands_hold_for_a_further_replicate_at_the_level(one_sided):
    rng = np.random.default_rng()
    kinds = np.full(4, one_sided)
    missed = 0
    for _ in range(400):
        draws = rng.exponential(size=(100, 4)) * [1.0, 2.0, 0.1, 5.0]
        centre, below, above = null_reach(draws[1:], 0.9, kinds)
        inside = (draws[0] <= centre + above) & (one_sided | (centre - below <= draws[0]))
        missed += not inside.all()
    # 40 expected; quantiles of the same replicates add a little: 80 of 400 have a probability below 1e-5 up to 13 %
    assert 8 <= missed <= 80


def test_rows_without_finite_replicates_have_no_null_and_take_nothing_from_others():
    rng = np.random.default_rng()
    draws = rng.normal(size=(200, 3))
    draws[:, 1] = np.inf
    draws[0, 2] = np.nan
    centre, below, above = null_reach(draws, 0.95, np.zeros(3, dtype=bool))
    assert np.isinf([below[1], above[1]]).all()
    assert np.isfinite([*below[[0, 2]], *above[[0, 2]], *centre]).all()


@pytest.mark.parametrize("logistic", [False, True])
def test_refits_of_parts_are_those_of_statsmodels(logistic):
    import statsmodels.api as sm

    rng = np.random.default_rng()
    design = np.column_stack([np.ones(200), rng.normal(size=(200, 2))])
    target = design[:, 1] - 0.5 + rng.normal(size=200)
    target = (target > 0).astype(float) if logistic else target
    weights = (rng.random((5, 200)) < 0.5).astype(float)
    found = coefficients_of_parts(design, target, weights, logistic)
    for row, chosen in zip(found, weights > 0, strict=True):
        model = sm.Logit if logistic else sm.OLS
        fit = model(target[chosen], design[chosen]).fit(**({"disp": 0} if logistic else {}))
        np.testing.assert_allclose(row, fit.params, atol=1e-6)


def test_refits_of_separated_or_empty_parts_are_numbers():
    rng = np.random.default_rng()
    design = np.column_stack([np.ones(40), rng.normal(size=40), np.arange(40) == 0])
    weights = np.ones((2, 40))
    weights[1, 0] = 0.0
    for logistic in (False, True):
        found = coefficients_of_parts(design, (design[:, 1] > 0).astype(float), weights, logistic)
        assert np.isfinite(found).all()
        assert found[1, 2] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("columns", [1, 2, 20])
def test_half_widths_hold_for_all_rows_at_once(columns):
    rng = np.random.default_rng()
    deviations = rng.normal(size=(40_000, columns)) * np.arange(1, columns + 1)
    half = half_widths(deviations, 0.95, 10**6)
    missed = np.mean((np.abs(rng.normal(size=(40_000, columns)) * np.arange(1, columns + 1)) > half).any(axis=1))
    # two samples of 40,000: a standard error of 0.0015
    assert missed == pytest.approx(0.05, abs=0.01)
    # Sidak's factor of independent rows
    np.testing.assert_allclose(
        half / np.arange(1, columns + 1), stats.norm.ppf((1 + 0.95 ** (1 / columns)) / 2), rtol=0.06
    )


def test_few_rows_take_t_and_constant_or_infinite_rows_do_not_count():
    rng = np.random.default_rng(0)
    deviations = np.column_stack([rng.normal(size=500), np.zeros(500), np.full(500, np.inf)])
    many, few = half_widths(deviations, 0.95, 10**6), half_widths(deviations, 0.95, 4)
    assert few[0] / many[0] == pytest.approx(stats.t.ppf(0.975, 3) / stats.norm.ppf(0.975), rel=1e-4)
    assert many[1] == 0
    assert np.isinf(many[2])


def test_distances_of_columns_are_scipys():
    rng = np.random.default_rng()
    for _ in range(20):
        first, second = np.sort(rng.integers(9, size=30) / 3.0), np.sort(rng.normal(1.0, 2.0, size=45))
        second[:10] = first[:10]
        second.sort()
        ks, at, wasserstein = column_distances(first, second)
        assert ks == pytest.approx(stats.ks_2samp(first, second).statistic)
        assert wasserstein == pytest.approx(stats.wasserstein_distance(first, second))
        assert 0 <= at <= 1


@pytest.mark.parametrize(("numeric", "nominal"), [(2, 0), (12, 0), (3, 2), (0, 3)])
def test_nearest_records_are_those_of_all_distances(numeric, nominal):
    rng = np.random.default_rng()

    def records(rows):
        return Records(rng.normal(size=(rows, numeric)), rng.integers(3, size=(rows, nominal)))

    first, second = records(60), records(80)
    first.numbers[:5], first.codes[:5] = second.numbers[:5], second.codes[:5]

    def all_distances(a, b):
        squares = cdist(a.numbers, b.numbers, "sqeuclidean") if numeric else 0.0
        return np.sqrt(squares + (a.codes[:, None] != b.codes[None]).sum(axis=2))

    found = nearest_distances(first, second)
    np.testing.assert_allclose(found, all_distances(first, second).min(axis=1), atol=1e-12)
    assert (found[:5] == 0).all()
    own = all_distances(second, second)
    np.fill_diagonal(own, np.inf)
    np.testing.assert_allclose(nearest_distances(second, second, same=True), own.min(axis=1), atol=1e-12)
    same = row_hashes(first)[:, None] == row_hashes(second)[None]
    equal = (first.numbers[:, None] == second.numbers[None]).all(axis=2)
    np.testing.assert_array_equal(same, equal & (first.codes[:, None] == second.codes[None]).all(axis=2))


def test_positive_and_negative_zero_are_equal():
    codes = np.empty((2, 0), np.int64)
    hashes = row_hashes(Records(np.array([[0.0, 1.0], [-0.0, 1.0]]), codes))
    assert hashes[0] == hashes[1]


def test_counts_of_fisher_are_quantiles_of_the_hypergeometric_law():
    for total, n, m in ((10, 50, 50), (3, 200, 1_000), (200, 300, 500), (20_000, 30_000, 50_000)):
        law = stats.hypergeom(n + m, total, m)
        low, high = (int(bound[0]) for bound in fisher_counts(total, n, m, 0.99))
        # the normal law of large counts may be one or two off in hundreds
        slack = 2 if total > 10_000 else 0
        assert abs(low - law.ppf(0.005)) <= slack
        assert abs(high - law.ppf(0.995)) <= slack


def test_intervals_of_shares_cover_all_categories_at_once():
    rng = np.random.default_rng()
    shares = np.array([0.6, 0.3, 0.08, 0.02])
    missed = flagged = 0
    for _ in range(120):
        real, synthetic = rng.multinomial(150, shares), rng.multinomial(100, shares)
        table = share_readings(list("abcd"), real, 150, synthetic, 100, 0.95)
        truth = shares - real / 150
        missed += not ((table["low"] <= truth) & (truth <= table["high"])).all()
        flagged += not table["within_null"].all()
    # binomial counts with a rate of at most 5 %: more than 17 of 120 have a probability below 1e-4
    assert missed <= 17
    assert flagged <= 17


def law_moments(rows, law, scale=1.0):
    """Return the first four moments over all ordered pairs of different rows of a law with fixed weights."""
    weights = law.weight_vectors(1, np.random.default_rng(0))[0]
    mixed = np.array([weights @ rows[list(pair)] for pair in permutations(range(len(rows)), weights.size)])
    return rows.mean(axis=0) + scale * (mixed - rows.mean(axis=0))


class FittedSampler:
    """What the report asks of a fitted sampler."""

    def __init__(self, law, factors):
        self.law_, self.variance_factor_ = law, factors

    def __repr__(self):
        return "FittedSampler()"


@pytest.mark.parametrize("kind", ["table", "classes", "stretched"])
def test_expected_moments_are_those_of_all_mixtures(kind):
    rng = np.random.default_rng()
    rows, law, labels = rng.exponential(size=(9, 2)), Zeta(2.0, 3), np.array([0] * 5 + [1] * 4)
    counts = {0: 7, 1: 21}
    if kind == "classes":
        parts = [law_moments(rows[labels == code], law) for code in (0, 1)]
        weights = np.concatenate([np.full(len(p), counts[code] / 28 / len(p)) for code, p in enumerate(parts)])
        mixed = np.concatenate(parts)
        given = {"y_real": labels, "y_synthetic": np.repeat([0, 1], [7, 21])}
        expected = law
    else:
        scale = 1.3 if kind == "stretched" else 1.0
        mixed = law_moments(rows, law, scale)
        weights = np.full(len(mixed), 1 / len(mixed))
        given = {"y_real": None, "y_synthetic": None}
        factor = scale**2 * np.cov(law_moments(rows, law).T, bias=True)[0, 0] / np.var(rows[:, 0])
        expected = FittedSampler(law, factor) if kind == "stretched" else law
    tables = read_tables(rows, np.zeros((28, 2)), **given, categorical_features=None)
    found = expect(expected, tables, [])
    standardised = (mixed - rows.mean(axis=0)) / rows.std(axis=0)
    mean = weights @ standardised
    centred = standardised - mean
    np.testing.assert_allclose(found.mean, mean, atol=1e-12)
    np.testing.assert_allclose(check_covariance("found", found.covariance), (centred.T * weights) @ centred, atol=1e-12)
    np.testing.assert_allclose(found.third, weights @ centred**3, atol=1e-12)
    np.testing.assert_allclose(found.fourth, weights @ centred**4, atol=1e-12)


def test_rows_drawn_from_the_expected_law_have_its_moments():
    rng = np.random.default_rng()
    rows, labels = rng.normal(size=(40, 2)), np.repeat([0, 1], 20)
    tables = read_tables(rows, rows, labels, labels, None)
    found = expect(EpBeta.preserving_symmetric(2.0), tables, [])
    drawn = found.sample(200_000, rng)
    error = 6 / np.sqrt(len(drawn))
    np.testing.assert_allclose(drawn.mean(axis=0), found.mean, atol=error)
    np.testing.assert_allclose(np.cov(drawn.T), found.covariance, atol=4 * error)


def test_a_sampler_without_a_factor_expects_nothing_and_says_so():
    rows, notes = np.random.default_rng(0).normal(size=(20, 2)), []
    tables = read_tables(rows, rows, None, None, None)
    assert expect(FittedSampler(None, float("nan")), tables, notes) is None
    assert "has no covariance factor" in notes[0]


def test_columns_under_a_rule_of_the_sampler_have_no_expectation():
    pd = pytest.importorskip("pandas")
    rows, notes = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"]), []
    tables = read_tables(rows, rows, None, None, None)
    sampler = FittedSampler(EpBeta.preserving_symmetric(2.0), 1.0)
    sampler.column_costs_ = pd.DataFrame({"rule": ["integer"] * 2, "share_changed": [0.0, 0.5]}, index=["a", "b"])
    found = expect(sampler, tables, notes)
    np.testing.assert_array_equal(np.isnan(found.mean), [False, True])
    np.testing.assert_array_equal(np.isnan(found.covariance), [[False, True], [True, True]])
    assert "rounds or clips: b" in notes[0]


def test_whole_columns_have_no_expectation_under_a_law_alone():
    rng, notes = np.random.default_rng(), []
    whole = rng.integers(50, size=(40, 1))
    real = np.column_stack([whole, whole, np.full(40, 7.0), rng.normal(size=40)])
    synthetic = real + np.array([0.0, 0.5, 0.0, 0.0])
    tables = read_tables(real, synthetic, None, None, None)
    np.testing.assert_array_equal(tables.whole, [True, False, False, False])
    law = EpBeta.preserving_symmetric(2.0)
    found = expect(law, tables, notes)
    np.testing.assert_array_equal(np.isnan(found.mean), tables.whole)
    np.testing.assert_array_equal(np.isnan(found.covariance), tables.whole[:, None] | tables.whole)
    assert len(notes) == 1 and "only whole numbers in both tables: x0 (they were rounded" in notes[0]
    # a fitted sampler says what it rounds
    assert not np.isnan(expect(FittedSampler(law, 1.0), tables, notes).mean).any() and len(notes) == 1


def test_a_constant_of_the_report_is_imported_without_its_statistics():
    code = "import sys; from mixtheory.fidelity.inputs import LABEL_NUMBERS; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
