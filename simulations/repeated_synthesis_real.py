"""Generations of synthetic data made from synthetic data: five real data sets, tested on held-out real rows.

Fixed here before any result: the data sets, the random splits (30 % held out in every class), the grid, and the primary
comparison: the score of the model trained on generation PRIMARY_GENERATION of law PRIMARY_LAW against that of the model
trained on the real rows of the same split, with Holm's correction over the data sets.
"""

from mixtheory.mixing.studies import repeated, scenarios
from mixtheory.montecarlo import Mean, Quantile, Study, grid

DATASETS = ("breast_cancer", "wine", "diabetes", "fair", "randhie")

PRIMARY_METRIC = "score_gain"
PRIMARY_LAW = "preserving"
PRIMARY_GENERATION = 10

OUTPUTS = ("variance", "correlation_distance", "ks", "kurtosis", "score", "score_gain", "log_loss", "log_loss_gain")


def simulate(rng, n, *, dataset, law, pairing, generation):
    """Split a data set, follow its training part over generations, train there and test on the held-out rows."""
    return repeated.real_paths(rng, n, dataset=dataset, law=law, pairing=pairing, generation=generation)


def reference(*, dataset, law, pairing, generation):
    """Return the closed form of section 4, given the data: the expected ratio of variances."""
    return repeated.real_reference(dataset, law, pairing, generation)


def cells(laws, pairings, generations):
    """Cross the data sets with the laws under independent pairs, and with the other schemes under the primary law."""
    rows = grid(dataset=DATASETS, law=laws, pairing=("independent",), generation=generations)
    return rows + grid(dataset=DATASETS, law=(PRIMARY_LAW,), pairing=pairings, generation=generations)


STUDY = Study(
    name="repeated_synthesis_real",
    title="Repeated synthesis of five real data sets and models trained on it",
    cells={
        "quick": cells(scenarios.LAWS, ("shared",), (0, 1, 10, 50)),
        "paper": cells(
            scenarios.LAWS, ("distinct", "permutation", "derangement", "shared"), (0, 1, 2, 5, 10, 20, 30, 50)
        ),
    },
    simulate=simulate,
    metrics=[Mean(name) for name in OUTPUTS]
    + [Quantile(name, 0.5, name=f"{name}_median") for name in OUTPUTS]
    + [
        Quantile(f"{name}_gain", q, name=f"{name}_gain_q{q:.0%}"[:-1])
        for name in ("score", "log_loss")
        for q in (0.25, 0.75)
    ],
    data=("dataset",),
    replicates={"quick": 8, "paper": 96},
    block_size=8,
    batched=True,
    backend="loky",
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
