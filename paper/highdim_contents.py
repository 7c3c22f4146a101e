"""Numbers and tables of the paper's sections on real and synthetic rows in high-dimensional regression."""

import functools
import math

import numpy as np
import over_splits

from mixtheory.catalog import load_study
from mixtheory.highdim import mean_shift, optimality, real_data, scenarios, selection
from mixtheory.highdim.equivalents import excess_risk
from mixtheory.highdim.selection.toy import draw_toy
from mixtheory.highdim.two_block import optimal_two_block
from mixtheory.publishing.macros import Macro, closed_form, number
from mixtheory.publishing.tables import TableSpec

FIGURES = (
    "covariance_vs_mean_shift",
    "finite_size_risk",
    "when_the_mean_matters",
    "matching_optimality",
    "synthetic_selection",
)

# The examples of the section: dimension and numbers of real and synthetic rows.
UNDER, OVER = 200, 120
FEW_OVER = (30, 30)
BLOCKS = (4.0, 0.25)
# Dimension of the examples with few real rows.
LARGE = 800
# Draws of the toy of selection, and rows that are chosen in each.
TOY_DRAWS, TOY_ROWS = 16, 96

RULES = {
    "rule": "rule",
    "none": "no synthetic rows",
    "random": "random rows",
    "center_matching": "center matching",
    "center_sampling": "center sampling",
    "k_means": "$k$-means",
    "ds3": "DS3",
    "largest_norm": "longest rows",
    "matching": "covariance matching",
    "matching_trace": "the same, trace normalized",
    "matching_risk": "risk minimized",
    "real": "real rows of the reserve",
}
DATASETS = {"dataset": "data set", "breast_cancer": "breast cancer", "wine": "wine", "digits": "digits"}


def two_blocks(p, first, second):
    """Return p values, the first half equal to `first`."""
    return scenarios.two_blocks(p, first, second).values


def two_point_risk(pooled=False):
    """Return the risk for relative eigenvalues 0.1 and 1.9, or what the pooled covariance would predict."""
    n_t, n_s = 120, 280
    lam = two_blocks(UNDER, 0.1, 1.9)
    if pooled:
        mixed = (n_t + n_s * lam) / (n_t + n_s)
        return float(np.sum(1 / mixed)) / (n_t + n_s - UNDER)
    return optimality.spectrum_risk(lam, n_t, n_s)


def means_of(p):
    """Return two orthogonal means of norm 2 sqrt(p)."""
    return np.full(p, 2.0), np.repeat([2.0, -2.0], p // 2)


def mean_term(n_t):
    """Return the mean term at 400 rows and 200 columns, equal covariances and orthogonal means."""
    one = np.ones(UNDER)
    return mean_shift.mean_term(one, one, n_t, 2 * UNDER - n_t, *means_of(UNDER))


def mean_bound(n_t):
    """Return the bound on that term."""
    one = np.ones(UNDER)
    return mean_shift.mean_term_bound(one, one, n_t, 2 * UNDER - n_t)


def along_axes(*coordinates):
    """Return vectors of the large dimension with these first coordinates."""
    return [np.pad(np.array(first, dtype=float), (0, LARGE - len(first))) for first in coordinates]


def few_rows_effect(rule):
    """Return what means of norm 2 sqrt(p) and cosine 0.6 add to the risk of one real row among 2 p."""
    one, counts, length = np.ones(LARGE), (1, 2 * LARGE - 1), 2 * math.sqrt(LARGE)
    mu_t, mu_s = along_axes([length, 0], [0.6 * length, 0.8 * length])
    if rule == "mean term":
        return mean_shift.mean_term(one, one, *counts, mu_t, mu_s)
    if rule == "plain":
        real, synthetic = (np.eye(2) + np.outer(mu, mu) for mu in (mu_t[:2], mu_s[:2]))
        lam = np.append(np.linalg.eigvals(np.linalg.solve(real, synthetic)).real, np.ones(LARGE - 2))
        return optimality.spectrum_risk(lam, *counts) - 1
    return excess_risk(one, one, *counts, mu_t=mu_t, mu_s=mu_s).risk - 1


def with_rule(frame):
    """Show the rule for means as the closed form of the risk, for which the study has none."""
    names = ["p", "n_t", "n_s", "rho_t", "rho_s", "cosine", "length_t", "length_s", "beta"]
    cells = frame[names].to_dict("records")
    risks = [scenarios.predicted_risk(scenarios.shift_design(**cell)).risk for cell in cells]
    return frame.assign(reference=frame["reference"].where(frame["metric"] != "risk", risks))


def orthogonal_bias(n_t):
    """Return the bias of unit coefficients orthogonal to long orthogonal means, p/2 rows."""
    one, length = np.ones(LARGE), 2 * math.sqrt(LARGE)
    mu_t, mu_s, beta = along_axes([length], [0, length], [0, 0, 1])
    return excess_risk(one, one, n_t, LARGE // 2 - n_t, beta=beta, mu_t=mu_t, mu_s=mu_s).bias


@functools.cache
def toy_risks(rule, known=False, stretch=1.0):
    """Return risks over draws of the toy, of rows as selected and with the relative trace of the target, (draws, 2)."""
    selector = {
        "random": selection.RandomSelection(TOY_ROWS, random_state=0),
        "center": selection.CenterMatching(TOY_ROWS),
        "longest": selection.LargestNorm(TOY_ROWS),
        "matching": selection.CovarianceMatcher(TOY_ROWS, random_state=0),
        "real": selection.RealUpperBound(TOY_ROWS, random_state=0),
    }[rule]
    found = []
    for seed in range(TOY_DRAWS):
        toy = draw_toy(np.random.default_rng(seed))
        pool = toy.fresh if rule == "real" else stretch * toy.pool
        rows = selector.fit_resample(pool, toy.fresh if known else toy.real)
        found.append((toy.risk(rows), toy.risk(toy.at_target_trace(rows))))
    return np.array(found)


def toy_error(column):
    """Return the largest standard error of one column of the table of the toy."""
    cases = [(rule, False) for rule in ("random", "center", "longest", "matching", "real")] + [("matching", True)]
    return max(toy_risks(*case)[:, column].std(ddof=1) for case in cases) / math.sqrt(TOY_DRAWS)


def toy_macros():
    """Return the numbers of the table of the toy."""
    cases = [(rule, rule, {}) for rule in ("random", "center", "longest", "matching", "real")]
    cases += [("known", "matching", {"known": True})]
    cases += [(f"stretched {rule}", rule, {"stretch": 2.0}) for rule in ("random", "matching")]
    return tuple(
        Macro(f"hd toy {name} {form}", lambda _, r=rule, k=kinds, c=column: f"{toy_risks(r, **k)[:, c].mean():.3f}")
        for name, rule, kinds in cases
        for column, form in enumerate(("plain", "scaled"))
    )


def synthetic_only(**form):
    """Return the risk without real rows for a long real mean and a parallel synthetic mean of norm one."""
    one = np.ones(UNDER)
    return mean_shift.synthetic_only_risk(one, one, 2 * UNDER, means_of(UNDER)[0], one / math.sqrt(UNDER), **form)


def aligned_bias(length):
    """Return the bias of coefficients along the real mean."""
    one, direction, zero = np.ones(OVER), np.full(OVER, 1 / math.sqrt(OVER)), np.zeros(OVER)
    return mean_shift.aligned_bias(one, one, *FEW_OVER, direction, length * direction, zero)


def local_change(spread):
    """Return the relative change of the risk on the constraint of power mean 1/2, against matching."""
    p, n_t, n_s = 40, 147, 53
    lam = two_blocks(p, math.exp(spread), math.exp(-spread))
    lam = lam / np.mean(np.sqrt(lam)) ** 2
    return optimality.spectrum_risk(lam, n_t, n_s) / optimality.spectrum_risk(np.ones(p), n_t, n_s) - 1


def determinant_risk(n_t, n_s):
    """Return the risk of a spread-out spectrum of determinant one."""
    return optimality.spectrum_risk(two_blocks(UNDER, math.exp(1.5), math.exp(-1.5)), n_t, n_s)


def equal_traces():
    """Return the best scaling of two blocks that keeps the trace of the covariance."""
    sigma = two_blocks(UNDER, *BLOCKS)
    return optimal_two_block(sigma, UNDER, UNDER, block=UNDER // 2, normalisation="trace", points=301)


def fixed_coefficients(first):
    """Return the limit for coefficients along coordinate one, Sigma_t = I and relative eigenvalues x and 2 - x."""
    beta = np.zeros(OVER)
    beta[0] = 1.0
    return excess_risk(np.ones(OVER), two_blocks(OVER, first, 2 - first), *FEW_OVER, beta=beta)


def two_variances(first, noise_var):
    """Return the risk for real variances 4 and 1/4, random coefficients and relative eigenvalues x and 2 - x."""
    sigma, lam = two_blocks(OVER, *BLOCKS), two_blocks(OVER, first, 2 - first)
    return excess_risk(sigma, sigma * lam, *FEW_OVER, noise_var=noise_var, beta=np.eye(OVER) / OVER).risk


MACROS = (
    closed_form("hd two point", two_point_risk),
    closed_form("hd pooled", lambda: two_point_risk(pooled=True)),
    closed_form("hd mean four", lambda: mean_term(4), 3),
    closed_form("hd mean four bound", lambda: mean_bound(4), 3),
    closed_form("hd mean half", lambda: mean_term(200), 3),
    closed_form("hd few size", lambda: LARGE),
    closed_form("hd few rule", lambda: few_rows_effect("rule")),
    closed_form("hd few plain", lambda: few_rows_effect("plain")),
    closed_form("hd few limit", lambda: few_rows_effect("mean term")),
    closed_form("hd orthogonal one", lambda: orthogonal_bias(1), 3),
    closed_form("hd orthogonal four", lambda: orthogonal_bias(4), 3),
    closed_form("hd orthogonal many", lambda: orthogonal_bias(LARGE // 4), 3),
    *toy_macros(),
    closed_form("hd toy draws", lambda: TOY_DRAWS),
    closed_form("hd toy rows", lambda: TOY_ROWS),
    closed_form("hd toy error plain", lambda: toy_error(0), 1),
    closed_form("hd toy error scaled", lambda: toy_error(1), 1),
    closed_form("hd printed", lambda: synthetic_only(form="printed")),
    closed_form("hd refined", lambda: synthetic_only(form="refined")),
    closed_form("hd exact synthetic", lambda: synthetic_only(finite_sample=True)),
    closed_form("hd bias free", lambda: aligned_bias(0.0)),
    closed_form("hd bias one", lambda: aligned_bias(1.0), 3),
    closed_form("hd bias long", lambda: aligned_bias(2 * math.sqrt(OVER)), 2),
    closed_form("hd det few", lambda: determinant_risk(300, 100), 3),
    closed_form("hd det many", lambda: determinant_risk(100, 300), 3),
    closed_form("hd local near", lambda: local_change(0.05), 2),
    closed_form("hd local far", lambda: local_change(1.5), 2),
    closed_form("hd trace low", lambda: equal_traces().lam[0], 2),
    closed_form("hd trace high", lambda: equal_traces().lam[1], 2),
    closed_form("hd trace best", lambda: equal_traces().value, 3),
    closed_form("hd fixed bias one", lambda: fixed_coefficients(1.0).bias, 3),
    closed_form("hd fixed bias", lambda: fixed_coefficients(1.5).bias, 3),
    closed_form("hd fixed var one", lambda: fixed_coefficients(1.0).variance, 3),
    closed_form("hd fixed var", lambda: fixed_coefficients(1.5).variance, 3),
    closed_form("hd block noiseless one", lambda: two_variances(1.0, 0.0), 3),
    closed_form("hd block noiseless", lambda: two_variances(1.95, 0.0), 3),
    closed_form("hd block noisy one", lambda: two_variances(1.0, 1.0)),
    closed_form("hd block noisy", lambda: two_variances(1.25, 1.0)),
    closed_form("hd test share", lambda: 100 * real_data.TEST_SHARE),
    closed_form("hd train share", lambda: 100 * real_data.TRAIN_SHARE),
    closed_form("hd per real", lambda: real_data.SYNTHETIC_PER_REAL),
    closed_form("hd pool", lambda: real_data.POOL_PER_ROW),
    closed_form("hd components digits", lambda: real_data.COMPONENTS["digits"]),
    closed_form("hd components breast", lambda: real_data.COMPONENTS["breast_cancer"]),
    closed_form("hd components wine", lambda: real_data.COMPONENTS["wine"]),
    closed_form("hd paper splits", lambda: load_study("synthetic_selection").replicates["paper"]),
    number("hd selection splits", "synthetic_selection"),
)

TABLES = (
    TableSpec(
        name="few_real_rows",
        study="covariance_vs_mean_shift",
        where={"design": "few_rows", "metric": ("risk", "mean_term"), "cosine": 0.0, "n_t": lambda n_t: n_t > 0},
        rows=("n_t",),
        transform=with_rule,
        reference=True,
        headings={"n_t": "$n_t$", "risk": "risk", "mean_term": "mean term"},
        caption=r"Few real rows, $n=4p$, orthogonal means of length $2\sqrt p$, $\sigma^2=1$: the risk by the rule of "
        r"Proposition~\ref{prop:meanrule}, and the mean term of Proposition~\ref{prop:meanterm}.",
    ),
    TableSpec(
        name="selection_scores",
        study="synthetic_selection",
        where={"metric": "score"},
        rows=("rule",),
        columns="dataset",
        transform=lambda frame: over_splits.with_corrected_errors(frame, test_share=real_data.TEST_SHARE),
        headings={**RULES, **DATASETS},
        caption=r"Held-out accuracy by rule of selection, mean over splits. Standard errors with the variance of "
        r"\citet{nadeau2003}; Figure~\ref{fig:synthetic_selection} shows differences between rules on the same splits.",
    ),
    TableSpec(
        name="selection_primary",
        study="synthetic_selection",
        where={"metric": "score_difference", "rule": "random"},
        rows=("dataset",),
        transform=lambda frame: over_splits.tests(frame, test_share=real_data.TEST_SHARE, family=("rule",)),
        headings={**DATASETS, "gain": "accuracy, random minus matching", "p_value": "$p$", "p_holm": "$p$, Holm"},
        caption=r"Primary comparison, fixed before the results: random selection minus covariance matching from the "
        r"same pool. Standard errors (in parentheses) and tests with the variance of \citet{nadeau2003}.",
    ),
)
