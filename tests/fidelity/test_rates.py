"""How often tables of fresh real rows are outside their null bands, and intervals miss what a law predicts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mixtheory import Mixup, RegressionMixup, ZetaMixup
from mixtheory.fidelity import fidelity_report
from mixtheory.fidelity.by_class import class_table
from mixtheory.fidelity.coefficients import regression_table
from mixtheory.fidelity.context import Context
from mixtheory.fidelity.dimension import dimension_table
from mixtheory.fidelity.expectation import expect
from mixtheory.fidelity.inputs import read_tables
from mixtheory.fidelity.marginals import marginal_table
from mixtheory.fidelity.matrices import matrix_tables
from mixtheory.fidelity.moments import moment_tables
from mixtheory.fidelity.privacy import privacy_table
from mixtheory.fidelity.shares import category_table
from mixtheory.mixing.synthesis import synthesize
from mixtheory.mixing.weights import Beta

# the rate of false alarms that is allowed for, and the chance that a test of a table with this rate fails
RATE, FAILURE = 0.08, 1e-5


def most(trials):
    """Return how many of some trials with the rate fail at most."""
    return int(stats.binom.isf(FAILURE, trials, RATE))


def population(rows, rng):
    table = rng.normal(size=(rows, 3)) @ [[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 2.0]]
    frame = pd.DataFrame(table, columns=["a", "b", "c"]).assign(c=rng.exponential(size=rows))
    frame["kind"] = rng.choice(list("uvw"), rows, p=[0.6, 0.3, 0.1])
    return frame, np.where(table[:, 0] + rng.normal(size=rows) > 0, "yes", "no")


def context_of(real, synthetic, y_real, y_synthetic, expected, seed, replicates):
    tables = read_tables(real, synthetic, y_real, y_synthetic, "auto")
    sequence = np.random.SeedSequence(seed)
    return Context(tables, expect(expected, tables, []), 0.95, replicates, 20_000, sequence)


def all_tables(context):
    found = {**moment_tables(context), **matrix_tables(context)}
    found |= {
        "marginals": marginal_table(context),
        "categories": category_table(context),
        "classes": class_table(context),
        "dimension": dimension_table(context),
        "privacy": privacy_table(context),
        "regression": regression_table(context),
    }
    return {name: table for name, table in found.items() if table is not None}


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(80, 80), (120, 60)])
def test_fresh_real_rows_are_within_the_null_bands_at_the_stated_rate(sizes):
    rng = np.random.default_rng()
    counts, trials = {}, {}
    for place in range(40):
        (real, y), (fresh, z) = (population(rows, rng) for rows in sizes)
        for name, table in all_tables(context_of(real, fresh, y, z, None, place, 100)).items():
            trials[name] = trials.get(name, 0) + 1
            counts[name] = counts.get(name, 0) + (not table["within_null"].dropna().all())
    assert len(counts) == 12
    assert {name: count for name, count in counts.items() if count > most(trials[name])} == {}
    # the bands are no wider than they need be: the tables together are flagged as often as one of 5 % at least
    assert sum(counts.values()) >= stats.binom.ppf(FAILURE, sum(trials.values()) // 4, 0.05)


@pytest.mark.slow
def test_intervals_cover_what_the_law_predicts_at_the_stated_rate():
    rng = np.random.default_rng()
    law, counts = Beta(1.0, 1.0), {}
    for place in range(25):
        real, y = population(200, rng)
        real = real.drop(columns="kind")
        rows, labels = synthesize(real, law, rng, pairing="distinct", y=y, same_class=True, n=300)
        for name, table in all_tables(context_of(real, rows, y, labels, law, place, 100)).items():
            if "as_expected" in table:
                counts[name] = counts.get(name, 0) + (not table["as_expected"].dropna().all())
    assert {"means", "variances", "covariance", "eigenvalues", "correlations", "shape", "classes"} <= set(counts)
    assert {name: count for name, count in counts.items() if count > most(25)} == {}


SAMPLERS = {
    "classes": Mixup("beta", amount=300),
    "stretched": Mixup("beta", amount=300, preserve="covariance"),
    "neighbourhoods of zeta": ZetaMixup(2.0, n_parents=6, amount=300),
    "soft": Mixup("beta", pairing="any", target="soft", amount=300),
    "numbers": RegressionMixup("beta", amount=300),
    "stretched numbers": RegressionMixup("beta", amount=300, preserve="covariance"),
    "bounds": Mixup("preserving", amount=300, bounds={"c": (0.0, None)}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLERS)
def test_what_fitted_samplers_predict_holds_at_the_stated_rate(name):
    rng = np.random.default_rng()
    counts, told, reports = {}, 0, 12
    for place in range(reports):
        real, y = population(150, rng)
        y = real["a"].to_numpy() + rng.normal(size=150) if "numbers" in name else y
        sampler = SAMPLERS[name].set_params(append=False, random_state=place)
        rows, target = sampler.fit_resample(real, y)
        soft = {} if name == "soft" else {"y_real": y, "y_synthetic": target}
        context = context_of(real, rows, soft.get("y_real"), soft.get("y_synthetic"), sampler, place, 60)
        assert context.expectation is not None
        if name == "bounds":
            changed = sampler.column_costs_.loc["c", "share_changed"] > 0
            assert list(np.isnan(context.expectation.mean)) == [False, False, changed]
        if "stretched" in name:
            assert all(factor == 1 for factor in context.expectation.factors.values())
        found = {**moment_tables(context), **matrix_tables(context)}
        found |= {"classes": class_table(context), "regression": regression_table(context)}
        for table, frame in found.items():
            if frame is not None and "as_expected" in frame:
                told += frame["as_expected"].notna().sum()
                counts[table] = counts.get(table, 0) + (not frame["as_expected"].dropna().all())
    assert told > 5 * reports
    assert {table: count for table, count in counts.items() if count > most(reports)} == {}


def test_samplers_without_a_factor_predict_nothing_and_columns_without_a_change_are_predicted():
    rng = np.random.default_rng()
    real, y = population(60, rng)
    for options in ({"pairing": "knn"}, {"pairing": "any"}):
        sampler = Mixup("beta", amount=40, append=False, **options)
        rows, labels = sampler.fit_resample(real, y)
        report = fidelity_report(real, rows, y_real=y, y_synthetic=labels, expected=sampler, n_bootstrap=20)
        assert "expected" not in report.tables
        assert any("has no covariance factor" in note for note in report.notes)
    sampler = Mixup("beta", amount=40, append=False, bounds="observed")
    rows, labels = sampler.fit_resample(real, y)
    table = fidelity_report(real, rows, y_real=y, y_synthetic=labels, expected=sampler, n_bootstrap=20).tables["means"]
    assert (sampler.column_costs_["share_changed"] == 0).all()
    assert table["as_expected"].notna().all()


def test_slopes_of_mixed_targets_are_predicted():
    rng = np.random.default_rng()
    rows = rng.normal(size=(120, 2))
    target = rows @ [1.0, -2.0] + rng.normal(size=120)
    sampler = RegressionMixup("beta", preserve="covariance", append=False, amount=400)
    mixed, values = sampler.fit_resample(rows, target)
    report = fidelity_report(rows, mixed, y_real=target, y_synthetic=values, expected=sampler, n_bootstrap=40)
    table = report.tables["regression"]
    np.testing.assert_array_equal(table["expected"], 0.0)
    assert (table["value"].abs() < 7 * table["std_error"]).all()
    np.testing.assert_allclose(report.tables["variances"]["expected"], 1.0)


def test_samplers_that_predict_nothing_are_noted():
    from mixtheory import GeneratorSampler
    from mixtheory.imbalance.generators import GaussianFit

    rng = np.random.default_rng()
    rows, y = rng.normal(size=(40, 2)), np.repeat([0, 1], 20)
    sampler = GeneratorSampler(GaussianFit(), amount=30, append=False)
    made, labels = sampler.fit_resample(rows, y)
    report = fidelity_report(rows, made, y_real=y, y_synthetic=labels, expected=sampler, n_bootstrap=20)
    assert report.meta["expected"] == ""
    assert any("GeneratorSampler has no covariance factor" in note for note in report.notes)
