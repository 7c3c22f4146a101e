"""What the part of the paper on zeta-mixup shows that is generated: tables, numbers and figures."""

import functools
import math

import over_splits
import pandas as pd

from mixtheory.mixing import finite, locality, p_series
from mixtheory.mixing.studies import augmentation, dimension
from mixtheory.mixing.studies.dimension_outcomes import dimension_outcomes
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta
from mixtheory.publishing.macros import Macro, closed_form, number, stored
from mixtheory.publishing.tables import TableSpec

# the published default: its exponent, in a batch of this many records
GAMMA, BATCH = 2.8, 32

# a class of sparse data on which a batch of mixup holds near-copies
THREES = {"data": "digits_3", "size": 128, "alpha": 0.2}

FIGURES = (
    "zeta_panels",
    "zeta_factors",
    "zeta_locality",
    "intrinsic_dimension",
    "zeta_accuracy",
)


def default(gamma=GAMMA):
    """Return the law of the published default, or with another exponent."""
    return Zeta(gamma, BATCH)


def displacement_gain(alpha, n_parents=BATCH):
    """Return how many times farther mixup is from its nearer parent, in mean square, at an equal covariance factor."""
    law = Beta(alpha, alpha)
    return locality.displacement_factor(law) / locality.displacement_factor(
        Zeta.matching(law.covariance_factor, n_parents)
    )


def mean_ratio():
    """Return how much more the mean of a batch varies under uniform orderings than with a row for each record."""
    uniform, anchored = (finite.mean_variance_factor(default(), BATCH, rows) for rows in ("distinct", "anchored"))
    return uniform / anchored


def at_equal_covariance(table):
    """Keep the decisions at matched exponents by the estimators whose errors are nearly symmetric."""
    return table[(table["pair"] == "mixup") & (table["gamma"] == 0) & (table["estimator"] != "pca")]


@functools.cache
def outcomes(results, reading):
    """Return the decisions on the published statement about dimension at equal covariance, row by row."""
    return at_equal_covariance(dimension_outcomes(results.frame("intrinsic_dimension"), reading=reading))


def samples(results):
    """Return the number of samples on which a statement is decided."""
    frame = results.frame("intrinsic_dimension")
    return str(int(frame.loc[frame["metric"] == "mle_8_closer", "replicates"].min()))


def counted(reading, column, value):
    """Return a macro for the number of decisions."""
    return Macro(
        f"zeta {reading} {value}",
        lambda results: str(int((outcomes(results, reading)[column] == value).sum())),
        ("intrinsic_dimension",),
    )


def at_scale(name, verdict, low, high):
    """Return a macro for decisions by maximum likelihood, by the distance to the k-th neighbour in displacements."""

    def text(results):
        table = outcomes(results, "closer")
        scale = table["reach"] / table["offset"]
        chosen = (table["estimator"] == "mle") & (scale > low) & (scale <= high) & (table["verdict"] == verdict)
        return str(int(chosen.sum()))

    return Macro(f"zeta {name} {verdict}", text, ("intrinsic_dimension",))


def by_data(frame):
    """Count the decisions on the published statement for each data set, over sizes, laws, estimators and scales."""
    table = at_equal_covariance(dimension_outcomes(frame, reading="closer"))
    table = table.assign(data=table["data"].replace(dict.fromkeys(dimension.DIGITS, "digits_class")))
    rows = []
    for data, group in table.groupby("data", sort=False):
        counts = {
            "verified": (group["verdict"] == "verified").sum(),
            "refuted": (group["verdict"] == "refuted").sum(),
            "better": (group["found"] == "mixup").sum(),
            "tie": (group["found"] == "tie").sum(),
            "undecided": (group["verdict"] == "undecided").sum(),
        }
        rows += [
            {"data": data, "metric": name, "estimate": float(count), "mcse": math.nan, "text": str(int(count))}
            for name, count in counts.items()
        ]
    return pd.DataFrame(rows)


def primary(frame):
    """Show the tests of the primary comparison of accuracies."""
    return over_splits.tests(
        frame, test_share=augmentation.TEST_SHARE, family=("method", "parameter"), rows=("dataset", "model")
    )


TABLES = (
    TableSpec(
        name="zeta_dimension",
        study="intrinsic_dimension",
        rows=("data",),
        transform=by_data,
        headings={
            "data": "data",
            "half_moons": "half-moons",
            "noisy_half_moons": "half-moons with noise",
            "swiss_roll": "Swiss roll",
            "five_in_twenty": "five dimensions in twenty",
            "digits_class": "digits, each class",
            "digits": "digits, all",
            "better": "mixup better",
        },
        caption=r"\emph{After $\zeta$-mixup the estimated dimension is closer to that of the data than after mixup of "
        r"equal covariance, by $0.05$ at least}: number of verdicts over sizes, laws, scales and two estimators, "
        r"maximum likelihood and TwoNN; among the refuted, where mixup is closer by $0.05$ and where neither is (in "
        r"the others one of these). One level of $0.01$ for all decisions of the study.",
    ),
    TableSpec(
        name="zeta_primary",
        study="zeta_mixup_real",
        where={"metric": "accuracy_difference_mixup", "method": "zeta", "parameter": GAMMA},
        rows=("dataset", "model"),
        transform=primary,
        headings={
            "dataset": "data set",
            "model": "model",
            "breast_cancer": "breast cancer",
            "logistic": "logistic regression",
            "neighbours": "nearest neighbours",
            "gain": r"$\zeta$-mixup minus mixup",
            "p_value": "$p$",
            "p_holm": "$p$, Holm",
        },
        caption=r"Primary comparison, fixed before the results: accuracy of $\zeta$-mixup with $\gamma=2.8$ minus that "
        r"of mixup with uniform weights. Standard errors (in parentheses) and tests with the variance of "
        r"\citet{nadeau2003}.",
    ),
)

MACROS = (
    closed_form("zeta threshold", lambda: p_series.dominance_threshold(float("inf")), 8),
    closed_form("zeta threshold thirty two", lambda: p_series.dominance_threshold(BATCH)),
    closed_form("zeta factor default", lambda: default().covariance_factor, 3),
    closed_form("zeta mean ratio", mean_ratio, 2),
    closed_form("zeta displacement default", lambda: locality.displacement_factor(default()), 3),
    closed_form("zeta displacement uniform", lambda: locality.displacement_factor(Beta.uniform()), 3),
    closed_form("zeta displacement four", lambda: locality.displacement_factor(default(4.0)), 2),
    closed_form("zeta displacement fifth", lambda: locality.displacement_factor(Beta(0.2, 0.2)), 2),
    closed_form("zeta gain uniform", lambda: displacement_gain(1.0), 2),
    closed_form("zeta gain fifth", lambda: displacement_gain(0.2), 2),
    closed_form("zeta gain two", lambda: displacement_gain(2.0), 2),
    closed_form("zeta gain two parents", lambda: displacement_gain(1.0, 2), 2),
    number("zeta splits", "zeta_mixup_real"),
    Macro("zeta samples", samples, ("intrinsic_dimension",)),
    *(
        counted(reading, "verdict", value)
        for reading in ("closer", "lower")
        for value in ("verified", "refuted", "undecided")
    ),
    *(counted("closer", "found", value) for value in ("mixup", "tie")),
    *(
        at_scale(name, verdict, low, high)
        for name, low, high in (("below", 0.0, 1.0), ("between", 1.0, 3.0), ("above", 3.0, math.inf))
        for verdict in ("verified", "refuted")
    ),
    *(
        stored(f"zeta threes {name}", "intrinsic_dimension", f"mle_8_{side}", {**THREES, "pair": pair})
        for name, pair, side in (
            ("data", "mixup", "original"),
            ("mixup", "mixup", "mixup"),
            ("own", "own", "mixup"),
            ("zeta", "mixup", "zeta"),
        )
    ),
    closed_form("zeta test share", lambda: 100 * augmentation.TEST_SHARE),
)
