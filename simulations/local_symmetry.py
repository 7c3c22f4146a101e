"""Excess risk under local symmetry, where synthetic rows can but lower the variance: five generators along the size.

The mean-shift model with three laws of the noise and the logistic symmetric model, with the settings of the public
code. A curve goes over nested sizes of the same data set.
"""

from mixtheory.imbalance.studies import scenarios
from mixtheory.montecarlo import Mean, Study, grid

GENERATORS = ("oracle", "semi_oracle", "bootstrap", "gaussian_fit", "smote")
# fits of the logistic model are slow
LOGISTIC = ("oracle", "gaussian_fit", "smote")
SIZES = {
    "mean_shift": {"d": 20, "n_majority": 2000, "n_minority": 100},
    # the expected numbers of the classes among 5000 rows
    "logistic": {"d": 20, "n_majority": 4443, "n_minority": 557},
}


def simulate(rng, n, **cell):
    """Draw curves of excess risk along the number of synthetic rows."""
    return scenarios.symmetric_curves(rng, n, **cell)


def reference(**cell):
    """Return the closed forms C6 and C7."""
    return scenarios.symmetric_reference(**cell)


def cells(logistic):
    """Put both models together."""
    return [
        *({**row, **SIZES["mean_shift"]} for row in grid(population=scenarios.POPULATIONS[:3], generator=GENERATORS)),
        *({**row, **SIZES["logistic"]} for row in grid(population=["logistic"], generator=logistic)),
    ]


STUDY = Study(
    name="local_symmetry",
    title="Excess risk against the number of synthetic rows under local symmetry, by generator",
    cells={"quick": cells(("oracle",)), "paper": cells(LOGISTIC)},
    simulate=simulate,
    metrics=[*(Mean(f"excess_risk_{multiplier:.1f}") for multiplier in scenarios.MULTIPLIERS), Mean("first_step")],
    data=("population",),
    replicates={"quick": 8, "paper": 100},
    block_size=4,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
