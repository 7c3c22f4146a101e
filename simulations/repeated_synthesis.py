"""Generations of synthetic data made from synthetic data: simulated populations, every pairing scheme and law."""

from mixtheory.mixing.studies import repeated, scenarios
from mixtheory.montecarlo import Mean, Quantile, Study, Variance, grid

CORRELATION = 0.6
SIZE = 100
PAIRINGS = ("independent", "distinct", "permutation", "derangement", "shared")


def simulate(rng, n, *, law, pairing, population, size, generation):
    """Follow samples over generations."""
    return repeated.population_paths(
        rng,
        n,
        law=law,
        pairing=pairing,
        population=population,
        size=size,
        generation=generation,
        correlation=CORRELATION,
    )


def reference(*, law, pairing, population, size, generation):
    """Return the closed forms of section 4: expected variance, variance of the scaled mean."""
    return repeated.population_reference(law, pairing, size, generation)


def cells(laws_by_pairing, populations, generations):
    """Cross pairs of law and scheme with populations and generations."""
    rows = grid(population=populations, size=(SIZE,), generation=generations)
    return [
        {"law": law, "pairing": pairing, **row} for pairing, laws in laws_by_pairing for law in laws for row in rows
    ]


STUDY = Study(
    name="repeated_synthesis",
    title="Repeated synthesis of simulated populations",
    cells={
        "quick": cells(
            [("independent", scenarios.LAWS)] + [(pairing, ("preserving",)) for pairing in PAIRINGS[1:]],
            ("normal", "exponential"),
            (0, 1, 2, 5, 10, 20, 50),
        ),
        "paper": cells(
            [("independent", scenarios.LAWS)] + [(pairing, scenarios.LAWS[:-1]) for pairing in PAIRINGS[1:]],
            ("normal", "exponential"),
            (0, 1, 2, 5, 10, 20, 30, 40, 50),
        ),
    },
    simulate=simulate,
    metrics=[
        Mean("variance"),
        Quantile("variance", 0.5, name="variance_median"),
        Mean("kurtosis"),
        Quantile("kurtosis", 0.5, name="kurtosis_median"),
        Variance("scaled_mean", name="mean_variance"),
        Mean("correlation_change"),
        Mean("ks"),
        Quantile("ks", 0.5, name="ks_median"),
        Mean("r_squared"),
        Quantile("r_squared", 0.5, name="r_squared_median"),
    ],
    data=("population", "size"),
    replicates={"quick": 2**8, "paper": 2**13},
    block_size=2**8,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
