"""What the paper shows that is generated: tables, numbers and figures, each from a closed form or a stored result."""

import math

import highdim_contents as highdim
import imbalance_contents as imbalance
import over_splits
import zeta_contents as zeta
from scipy import stats

from mixtheory.mixing import distances, finite, generations, moments, preservation
from mixtheory.mixing.studies.repeated import TEST_SHARE
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.publishing.macros import closed_form, number
from mixtheory.publishing.tables import TableSpec

# The example of Lee, Im and Kim (arXiv 2503.02645), and the same with the beta that makes r vanish.
EXAMPLE = EpBeta(4.34, 1.33, 0.3, 0.3)
UNIFORM, PRESERVING = Beta.uniform(), EpBeta.preserving_uniform()

FIGURES = (
    "distortion_against_weight_law",
    "preserving_surface",
    "contours_published_example",
    "kurtosis_price",
    "class_conditional",
    "variance_survival",
    "fidelity_over_generations",
    "downstream_accuracy",
    "primary_comparison",
    *zeta.FIGURES,
    *highdim.FIGURES,
    *imbalance.FIGURES,
)

LAWS = {
    "copying": "copies",
    "uniform": r"$\mathrm U(0,1)$",
    "beta": r"$\mathrm{Beta}(0.1,0.1)$",
    "preserving": "preserving uniform",
    "published": "published example",
    "compensated": "compensated",
}
METRICS = {
    "variance": "variance",
    "covariance": "covariance",
    "correlation": "correlation",
    "skewness": "skewness",
    "kurtosis": "excess kurtosis",
    "mean_x": r"$\mathrm E(\tilde X\mid k)$",
    "variance_x": r"$\mathrm{Var}(\tilde X\mid k)$",
    "variance_median": "median variance",
    "mean_variance": r"$n\,\mathrm{Var}(\bar x_t)$",
}
DATASETS = {
    "breast_cancer": "breast cancer",
    "wine": "wine",
    "diabetes": "diabetes",
    "fair": "fair",
    "randhie": "randhie",
}


def exact_beta():
    """Return the published example with the beta of the preserving law of this alpha and these extensions."""
    from scipy.optimize import brentq

    beta = brentq(lambda b: EpBeta(EXAMPLE.alpha, b, EXAMPLE.eps0, EXAMPLE.eps1).r, 1.0, 2.0, xtol=1e-14)
    return EpBeta(EXAMPLE.alpha, beta, EXAMPLE.eps0, EXAMPLE.eps1)


def with_preserving_eps(frame):
    """Show the eps that the family "preserving" computes."""
    frame = frame.copy()
    rows = frame["eps"].isna()
    frame.loc[rows, "eps"] = [float(EpBeta.preserving_symmetric(a).eps0) for a in frame.loc[rows, "alpha"]]
    return frame


def chosen_weight_laws(frame):
    """Keep a few weight laws of each family, on every profile's grid."""
    beta = (frame["family"] == "beta") & frame["alpha"].isin([0.2, 1.0, 8.0])
    expanded = (frame["family"] == "expanded") & frame["eps"].isin([0.1, 0.3, 0.5])
    preserving = (frame["family"] == "preserving") & frame["alpha"].isin([0.2, 1.0, 4.0])
    return with_preserving_eps(frame[beta | expanded | preserving])


def primary_tests(frame):
    """Show the tests of the primary comparison of repeated synthesis."""
    return over_splits.tests(frame, test_share=TEST_SHARE, family=("law",))


TABLES = (
    TableSpec(
        name="distortion",
        study="variance_distortion",
        where={"population": "exponential", "metric": ("variance", "skewness", "kurtosis")},
        rows=("family", "alpha", "eps"),
        transform=chosen_weight_laws,
        reference=True,
        headings={
            **METRICS,
            "family": "weight law",
            "alpha": r"$\alpha$",
            "eps": r"$\varepsilon$",
            "beta": r"$\mathrm{Beta}(\alpha,\alpha)$",
            "expanded": r"$\mathrm{EpBeta}(\alpha,\alpha;\varepsilon,\varepsilon)$",
            "preserving": r"the same, $r=0$",
        },
        caption=r"Moments of synthetic records from exponential data (variance 1, skewness 2, excess kurtosis 6).",
    ),
    TableSpec(
        name="separate",
        study="covariance_preservation",
        where={"design": "weights", "law": tuple(LAWS), "metric": ("variance", "covariance", "correlation")},
        rows=("law", "weights"),
        reference=True,
        headings={**METRICS, **LAWS, "shared": "one a record", "separate": "one a column", "law": "weight law"},
        caption=r"One weight for each record, or an independent one for each column: normal data with unit variances "
        r"and correlation $0.9$ (Theorem~\ref{thm:separate}).",
    ),
    TableSpec(
        name="classes",
        study="class_conditional",
        where={"label": 0, "metric": ("mean_x", "variance_x"), "law": ("uniform", "beta", "preserving", "published")},
        rows=("rule", "law"),
        reference=True,
        headings={
            **METRICS,
            **LAWS,
            "rule": "label",
            "law": "weight law",
            "same_class": "of both parents",
            "first_parent": "of the first parent",
            "larger_weight": "of the larger weight",
            "bernoulli": "drawn by the weight",
        },
        caption=r"Conditional mean and variance of the first coordinate in the first of three normal classes "
        r"(Proposition~\ref{prop:within} and Theorem~\ref{thm:hard}).",
    ),
    TableSpec(
        name="pairing",
        study="repeated_synthesis",
        where={
            "law": "preserving",
            "population": "normal",
            "generation": 10,
            "metric": ("variance", "variance_median", "mean_variance"),
        },
        rows=("pairing",),
        reference=True,
        headings={
            **METRICS,
            "independent": "with replacement",
            "distinct": "distinct pairs",
            "permutation": "uniform permutation",
            "derangement": "cyclic shift",
            "shared": "permutation, one weight",
        },
        caption=r"Ten generations of samples of $n=100$ normal observations under the uniform law that preserves the "
        r"variance, by pairing (Theorem~\ref{thm:pairing}).",
    ),
    TableSpec(
        name="real_variance",
        study="repeated_synthesis_real",
        where={"pairing": "independent", "generation": 10, "metric": "variance"},
        rows=("dataset",),
        columns="law",
        headings={**LAWS, **DATASETS, "dataset": "data set"},
        caption=r"Real data: variance after ten generations over that of the real training rows, mean over "
        r"columns (and classes) and over splits.",
    ),
    TableSpec(
        name="primary",
        study="repeated_synthesis_real",
        where={"pairing": "independent", "generation": 10, "law": "preserving", "metric": "score_gain"},
        rows=("dataset",),
        transform=primary_tests,
        headings={
            **DATASETS,
            "dataset": "data set",
            "gain": "difference of scores",
            "p_value": "$p$",
            "p_holm": "$p$, Holm",
        },
        caption=r"Primary comparison, fixed before the results: tenth generation of the uniform law that preserves the "
        r"variance against the real training rows. Standard errors (in parentheses) and tests with the variance of "
        r"\citet{nadeau2003}.",
    ),
    *zeta.TABLES,
    *highdim.TABLES,
    *imbalance.TABLES,
)

# The closed form of the leading constant of Theorem "Gaussian data".
_PEAK = math.sqrt(3 - math.sqrt(6))

MACROS = (
    closed_form("example mean", lambda: EXAMPLE.mean),
    closed_form("example r", lambda: EXAMPLE.r, 3),
    closed_form("example rho", lambda: EXAMPLE.variance_factor, 5),
    closed_form("example exact eps", lambda: EpBeta.preserving_equal(EXAMPLE.alpha, EXAMPLE.beta).eps0, 5),
    closed_form("example outside", EXAMPLE.mass_outside, 3),
    closed_form("kurtosis uniform", lambda: moments.excess_kurtosis(UNIFORM, 0.0), 3),
    closed_form("kurtosis example", lambda: moments.excess_kurtosis(EXAMPLE, 0.0), 3),
    closed_form("kurtosis preserving uniform", lambda: moments.excess_kurtosis(PRESERVING, 0.0), 3),
    closed_form("skewness uniform", lambda: moments.skewness_factor(UNIFORM)),
    closed_form("ks constant", lambda: math.sqrt(6) * _PEAK * stats.norm.pdf(_PEAK) / 8, 3),
    closed_form("ks uniform", lambda: distances.gaussian_ks(PRESERVING), 3),
    closed_form("ks uniform leading", lambda: distances.gaussian_ks_leading(PRESERVING), 3),
    closed_form("ks uniform bound", lambda: distances.gaussian_ks_bound(PRESERVING), 3),
    closed_form("negative example", lambda: preservation.exponential_negative_probability(exact_beta()), 3),
    closed_form("kurtosis growth", lambda: 1 + 2 * EXAMPLE.q2),
    closed_form("kurtosis ten", lambda: generations.preserving_excess_kurtosis(EXAMPLE.q2, 0.0, 10), 3),
    closed_form("cascade uniform", lambda: generations.cascade_criterion(PRESERVING), 3),
    closed_form("cascade example", lambda: generations.cascade_criterion(exact_beta()), 3),
    closed_form("coverage preserving", lambda: finite.naive_coverage(PRESERVING), 3),
    closed_form("coverage uniform", lambda: finite.naive_coverage(UNIFORM), 3),
    closed_form("log drift uniform", lambda: generations.log_variance_drift(PRESERVING), 3),
    number("splits", "repeated_synthesis_real", "replicates"),
    number("draws distortion", "variance_distortion", "replicates"),
    *zeta.MACROS,
    *highdim.MACROS,
    *imbalance.MACROS,
)
