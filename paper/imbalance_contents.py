"""Numbers and tables of the paper's sections on synthetic rows for imbalanced classes."""

import functools
import math

import numpy as np
import over_splits
import pandas as pd

from mixtheory.catalog import load_study
from mixtheory.comparisons import compare_over_splits, win_tie_loss
from mixtheory.imbalance.models import expansion, quality, ranking, sizes, wald
from mixtheory.imbalance.models.gaussian import GaussianExample
from mixtheory.imbalance.models.logistic import LogisticSymmetricModel
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup import GaussianMixup
from mixtheory.imbalance.models.mixup_prices import mixed_regression_risk
from mixtheory.imbalance.size.candidates import LARGEST_MULTIPLIER
from mixtheory.imbalance.studies import methods, real_data, scenarios, simulated_data
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.publishing.macros import Macro, closed_form, number, stored
from mixtheory.publishing.tables import TableSpec, format_number

FIGURES = (
    "local_asymmetry",
    "size_map",
    "local_symmetry",
    "symmetry_test",
    "mixup_as_generator",
    "synthetic_size",
    "synthetic_size_ranks",
    "synthetic_size_real",
)

# Minority rows of the examples; the ratio is that of the studies.
N = 100
RATIO = scenarios.RATIO
SEARCH = {"design": "realistic", "n_minority": N}

GENERATORS = {
    "generator": "generator",
    "oracle": "Oracle",
    "semi_oracle": "Semi-Oracle",
    "bootstrap": "Bootstrap",
    "gaussian_fit": "fitted normal law",
    "smote": "SMOTE",
    "cube": "cube",
    "rademacher": "random signs",
    "sphere": "sphere",
    "logistic": "logistic model",
}
COVARIANCES = {
    "n_minority": "$n_1$",
    "ratio": "$r$",
    "covariance": "covariance",
    "plain": "public code",
    "hc3": "HC3",
    "bootstrap": "bootstrap",
    "naive": "pilot as known",
    "rejected": "rejections",
    "mean_statistic": "mean of the statistic",
}
METHODS = {
    "method": "method",
    "none": "nothing",
    "class_weights": "class weights",
    "prior_correction": "prior correction",
    "threshold_moving": "threshold moving",
    "balancing": "balancing",
    "vtss": "VTSS",
    "tg_vtss": "TG-VTSS",
}
MEASURES = {
    "balanced_log_loss": "log loss",
    "auc": "AUC",
    "balanced_brier": "Brier score",
    "calibration_error": "calibration error",
}
DATASETS = {
    "dataset": "data set",
    "abalone_17_vs_7_8_9_10": "abalone 17",
    "winequality_red_4": "red wine 4",
    "page_blocks_1_3_vs_4": "page blocks",
    "shuttle_c0_vs_c4": "shuttle",
    "fair_thinned": "fair",
    "breast_cancer_thinned": "breast cancer",
}


def example(a=0.5, ratio=RATIO):
    """Return the Gaussian example with a generator's mean a."""
    return GaussianExample(1.0, a, n_majority=ratio * N, n_minority=N)


def wrong_floor():
    """Return what H in the place of H_w gives for the floor at balance."""
    found = example()
    drift = expansion.expand(*found.moments(), RATIO * N, N, found.deficit).drift
    return drift @ np.linalg.solve(found.hessian, drift) / 2


def across(weight=None):
    """Return the best multiplier for a mismatch of 0.3 of the gap's length, across the gap."""
    return sizes.exact_multiplier([1.0, 0.0], [0.0, 0.3], RATIO * N, N, weight)


def realistic(multiplier):
    """Return the excess risk with the generator that learns; the best with None."""
    found = scenarios.gaussian_example(N, None)
    return found.excess_risk(found.best_size() if multiplier is None else multiplier * found.deficit)


def mean_shift():
    """Return the mean-shift model of the study, with noise on the cube."""
    return MeanShiftModel(20, 2000, 100, "cube")


def price_gaussian():
    """Return the marginal price of a fitted normal law, whose rows have the trace of normal noise."""
    model = mean_shift()
    own = MeanShiftModel(model.d, model.n_majority, model.n_minority, "gaussian").score_trace
    return model.marginal_price(model.copying("gaussian_fit"), own_trace=own)


def semi_oracle(form):
    """Return the excess risk of the Semi-Oracle at four times the deficit."""
    model = mean_shift()
    return model.semi_oracle(4 * (model.n_majority - model.n_minority), form=form)


def power(h):
    """Return the power at 250 minority rows."""
    return wald.SymmetryDesign(5, wald.local_shift(h, RATIO * 250, 250)).power(RATIO * 250, 250)


def perfect_quality(ratio):
    """Return the mean quality score of a perfect generator."""
    return quality.quality_noise(*example(1.0, ratio).moments(), ratio * N, N)


def prefers(n_minority):
    """Return the probability that validation prefers the size without bias to balance."""
    found = example()
    slopes = float(found.theta_pop(found.deficit)[0]), float(found.theta_star[0])
    return quality.preference_probability(*slopes, RATIO * n_minority, n_minority, exact=True)


def auc(p):
    """Return the AUC at an effective prior, for covariances I and diag(1/4, 4) and difference (1, 1)."""
    return ranking.auc_of_prior(p, np.eye(2), np.diag([0.25, 4.0]), [1.0, 1.0])


def mixed(parents):
    """Return the excess risk of the example with three quarters of the deficit in rows mixed with uniform weights."""
    found = GaussianMixup(Beta.uniform(), n_majority=RATIO * N, n_minority=N)
    return found.excess_risk(0.75 * found.deficit, parents=parents)


def by_covariance(frame):
    """Put the rows in the order of the covariances, ratios and sizes."""
    order = {name: place for place, name in enumerate(scenarios.COVARIANCES)}
    return frame.sort_values(
        ["covariance", "ratio", "n_minority"],
        key=lambda c: c.map(order) if c.name == "covariance" else c,
        kind="stable",
    )


def first_step(frame):
    """Show the change of the excess risk from the first to the second size, in per cent of that without rows."""
    keys = ["population", "generator"]
    base = frame[frame["metric"] == "excess_risk_0.0"].set_index(keys)["reference"]
    rows = frame[frame["metric"] == "first_step"]
    scale = 100 / base.loc[pd.MultiIndex.from_frame(rows[keys])].to_numpy()
    return rows.assign(**{name: rows[name] * scale for name in ("estimate", "mcse", "reference")})


def methods_of(frame):
    """Put the method of a metric such as auc_none in a column of its own."""
    parts = {f"{measure}_{method}": (measure, method) for measure in MEASURES for method in methods.METHODS}
    rows = frame[frame["metric"].isin(list(parts))]
    pairs = rows["metric"].map(parts)
    return rows.assign(measure=pairs.str[0], method=pairs.str[1])


def over_sets(frame):
    """Show means over data sets and generators of what each method reaches on held-out rows."""
    rows = methods_of(frame)
    rows = rows.groupby(["model", "method", "measure"], sort=False)["estimate"].mean().reset_index()
    column = rows["model"].astype(str) + " " + rows["measure"]
    text = [format_number(value, 3) for value in rows["estimate"]]
    return rows.assign(column=column, text=text, mcse=math.nan)


def primary(frame):
    """Show the tests of the primary comparison on real data."""
    study = load_study("synthetic_size_real").simulate.__globals__
    pairs = real_data.tuned_minus_others(frame, study["PRIMARY_METRIC"])
    pairs = pairs[(pairs["tuned"] == study["PRIMARY_TUNED"]) & (pairs["rival"] == study["PRIMARY_RIVAL"])]
    chosen = (pairs["model"] == study["PRIMARY_MODEL"]) & (pairs["generator"] == study["PRIMARY_GENERATOR"])
    return over_splits.tests(pairs[chosen], test_share=real_data.TEST_SHARE, family=("model",))


@functools.cache
def outcomes(results):
    """Return counts over data sets and generators of theory-guided tuning against each rival, by model."""
    pairs = real_data.tuned_minus_others(results.frame("synthetic_size_real"), "balanced_log_loss")
    pairs = pairs[pairs["tuned"] == "tg_vtss"]
    table = compare_over_splits(pairs, test_share=real_data.TEST_SHARE, family=("model", "rival", "generator"))
    return win_tie_loss(table, by=["model", "rival"]).set_index(["model", "rival"])


def outcome(model, rival, count):
    """Return a macro for one of these counts."""
    return Macro(
        f"im {model} {rival} {count}",
        lambda results: str(outcomes(results).loc[(model, rival), count]),
        ("synthetic_size_real",),
    )


def share(name, metric, **where):
    """Return a macro for the mean over data sets and generators of a share, in per cent."""

    def text(results):
        frame = results.frame("synthetic_size_real")
        for key, value in {"metric": metric, **where}.items():
            frame = frame[frame[key] == value]
        return format_number(100 * frame["estimate"].mean(), 2)

    return Macro(name, text, ("synthetic_size_real",))


MACROS = (
    closed_form("im floor", lambda: example().floor(example().deficit)),
    closed_form("im floor wrong", wrong_floor),
    closed_form("im code across", lambda: sizes.code_multiplier([1.0, 0.0], [0.0, 0.3])),
    closed_form("im exact across", across, 3),
    closed_form("im exact across risk", lambda: across(np.diag([1 / 3, 1 / 2])), 3),
    closed_form("im realistic hundred", lambda: scenarios.gaussian_example(100, None).optimal_multiplier(), 3),
    closed_form("im realistic five hundred", lambda: scenarios.gaussian_example(500, None).optimal_multiplier(), 3),
    closed_form("im realistic balanced", lambda: realistic(1), 3),
    closed_form("im realistic grid", lambda: realistic(2), 3),
    closed_form("im realistic best", lambda: realistic(None), 3),
    closed_form("im largest", lambda: LARGEST_MULTIPLIER),
    closed_form("im price gaussian", price_gaussian, 3),
    closed_form("im semi leading", lambda: semi_oracle("leading"), 3),
    closed_form("im semi given", lambda: semi_oracle("given_mean"), 3),
    closed_form("im logistic alpha", lambda: LogisticSymmetricModel().alpha),
    closed_form("im logistic prevalence", lambda: LogisticSymmetricModel().prevalence),
    closed_form("im auc raw", lambda: auc(1 / 21)),
    closed_form("im auc balanced", lambda: auc(0.5)),
    closed_form("im auc over", lambda: auc(0.9)),
    closed_form("im naive twenty", lambda: wald.naive_size(20, 1, 5), 3),
    closed_form("im naive five", lambda: wald.naive_size(5, 1, 5), 3),
    closed_form("im power plus", lambda: power(4.0), 3),
    closed_form("im power minus", lambda: power(-4.0), 3),
    closed_form("im gqs five", lambda: perfect_quality(5), 3),
    closed_form("im gqs twenty", lambda: perfect_quality(20), 3),
    closed_form("im gqs forty", lambda: perfect_quality(40), 3),
    closed_form("im prefer ten", lambda: prefers(10), 3),
    closed_form("im prefer twenty", lambda: prefers(20), 3),
    closed_form("im prefer forty", lambda: prefers(40), 3),
    closed_form("im mixup new", lambda: mixed(parents="population"), 3),
    closed_form("im mixup sample", lambda: mixed(parents="sample"), 3),
    closed_form("im mixup regression", lambda: mixed_regression_risk(EpBeta.preserving_uniform(), N, N, N), 3),
    closed_form("im sets", lambda: len(real_data.DATASETS)),
    closed_form("im generators", lambda: len(real_data.GENERATORS)),
    closed_form("im test share", lambda: 100 * real_data.TEST_SHARE),
    closed_form("im simulated ratio", lambda: simulated_data.RATIO),
    closed_form("im paper splits", lambda: load_study("synthetic_size_real").replicates["paper"]),
    stored("im search guided", "local_asymmetry", "excess_risk", {**SEARCH, "method": "tg_vtss"}),
    stored("im search aware", "local_asymmetry", "excess_risk", {**SEARCH, "method": "bias_aware"}),
    number("im splits", "synthetic_size_real"),
    number("im simulated draws", "synthetic_size"),
    share("im differs logistic", "differs_tg_vtss", model="logistic"),
    share("im differs boosting", "differs_tg_vtss", model="boosting"),
    share("im zero logistic", "zero_tg_vtss", model="logistic"),
    share("im zero boosting", "zero_tg_vtss", model="boosting"),
    *(
        outcome(model, rival, count)
        for model in real_data.MODELS
        for rival in ("none", "class_weights", "prior_correction", "balancing", "vtss")
        for count in ("better", "wins", "losses")
    ),
    outcome("logistic", "balancing", "sets"),
    share("im diagnosed", "diagnosed", model="logistic"),
    share("im symmetric", "symmetric", model="logistic"),
    share("im biased", "biased", model="logistic"),
)

TABLES = (
    TableSpec(
        name="first_step",
        study="local_symmetry",
        where={"metric": ("excess_risk_0.0", "first_step"), "population": scenarios.POPULATIONS[:3]},
        rows=("generator",),
        columns="population",
        transform=first_step,
        reference=True,
        headings=GENERATORS,
        caption=r"What the first fifth of the deficit in synthetic rows does to the excess risk, in per cent of that "
        r"without, by generator and noise: mean-shift model, $d=20$, $n_0=2000$, $n_1=100$. Closed forms are leading "
        r"orders, for the Semi-Oracle given the mean.",
    ),
    TableSpec(
        name="symmetry_size",
        study="symmetry_test",
        where={"h": 0.0, "metric": ("rejected", "mean_statistic")},
        rows=("covariance", "ratio", "n_minority"),
        transform=by_covariance,
        reference=True,
        headings=COVARIANCES,
        caption=r"The Wald test of local symmetry under its null hypothesis, $d=5$, level $0.05$: share of rejections "
        r"and mean of the statistic, with their limits.",
    ),
    TableSpec(
        name="size_measures",
        study="synthetic_size_real",
        rows=("method",),
        columns="column",
        transform=over_sets,
        headings={
            **METHODS,
            **{f"{model} {key}": word for model in real_data.MODELS for key, word in MEASURES.items()},
        },
        caption=r"Real data: means over data sets, generators and splits on held-out rows, for logistic regression "
        r"(left) and boosted trees (right). Log loss, Brier score and calibration error weigh both classes equally.",
    ),
    TableSpec(
        name="size_primary",
        study="synthetic_size_real",
        rows=("dataset",),
        transform=primary,
        headings={**DATASETS, "gain": "TG-VTSS minus balancing", "p_value": "$p$", "p_holm": "$p$, Holm"},
        caption=r"Primary comparison, fixed before the results: balanced log loss of TG-VTSS minus that of balancing, "
        r"logistic regression and SMOTE; negative is better. Standard errors (in parentheses) and tests with the "
        r"variance of \citet{nadeau2003}.",
    ),
)
