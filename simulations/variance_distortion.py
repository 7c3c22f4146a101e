"""What a weight law does to variance, covariance, correlation, skewness and kurtosis, on four populations."""

from mixtheory.mixing import moments
from mixtheory.mixing.studies import scenarios
from mixtheory.mixing.weights import EpBeta
from mixtheory.montecarlo import Correlation, Kurtosis, Mean, Skewness, Study, Variance, grid

CORRELATION = 0.6


def weight_law(family, alpha, eps):
    """Return Beta(alpha, alpha) stretched by eps on both sides; "preserving" takes the eps that keeps the variance."""
    return EpBeta.preserving_symmetric(alpha) if family == "preserving" else EpBeta(alpha, alpha, eps, eps)


def simulate(rng, n, *, family, alpha, eps, population):
    """Draw synthetic records of two correlated columns."""
    law = weight_law(family, alpha, eps)
    return scenarios.mixed_pairs(rng, n, law=law, population=population, correlation=CORRELATION)


def reference(*, family, alpha, eps, population):
    """Return the closed forms T2 and T7."""
    law, parents = weight_law(family, alpha, eps), scenarios.named_population(population)
    return {
        "variance": law.variance_factor,
        "covariance": law.variance_factor,
        "correlation": CORRELATION,
        "skewness": moments.skewness_factor(law) * parents.skewness,
        "kurtosis": moments.excess_kurtosis(law, parents.excess_kurtosis),
    }


def cells(alphas, extensions, preserving):
    """Cross the laws of the three families with the populations."""
    laws = [{"family": "beta", "alpha": alpha, "eps": 0.0} for alpha in alphas]
    laws += [{"family": "expanded", "alpha": 1.0, "eps": eps} for eps in extensions]
    laws += [{"family": "preserving", "alpha": alpha, "eps": None} for alpha in preserving]
    return [{**law, **data} for law in laws for data in grid(population=scenarios.POPULATIONS)]


STUDY = Study(
    name="variance_distortion",
    title="Moments of mixed records against the weight law",
    cells={
        "quick": cells((0.05, 0.2, 0.5, 1.0, 2.0, 8.0), (0.1, 0.2, 0.3, 0.4, 0.5), (0.2, 0.5, 1.0, 2.0, 4.0)),
        "paper": cells(
            (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0, 8.0, 16.0),
            (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5),
            (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0),
        ),
    },
    simulate=simulate,
    metrics=[
        Variance("x", name="variance"),
        Mean("product", name="covariance"),
        Correlation("x", "y"),
        Skewness("x"),
        Kurtosis("x"),
    ],
    data=("population",),
    replicates={"quick": 2**17, "paper": 2**22},
    block_size=2**17,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
