"""Tuned synthetic sizes on the two populations of the public code, against their rivals, on large test sets.

Losses are balanced log losses on test rows of equal classes. The non-linear population has no smaller minority: the
theory-guided diagnosis needs more minority rows than its 101 coefficients. The paper profile takes about 17 minutes of
one core, the quick one about 10 seconds.
"""

from mixtheory.imbalance.studies import simulated_data
from mixtheory.imbalance.studies.methods import METHODS, RIVALS, TUNED
from mixtheory.montecarlo import Mean, Quantile, Study

MEANS = (
    *(f"{measure}_{method}" for measure in simulated_data.MEASURES for method in METHODS),
    *(f"balanced_log_loss_difference_{tuned}_{rival}" for tuned in TUNED for rival in RIVALS),
    "balanced_log_loss_difference_tg_vtss_vtss",
    *(f"{kind}_loss_{multiplier:.1f}" for kind in ("validation", "test") for multiplier in simulated_data.CURVE),
    *(f"multiplier_{tuned}" for tuned in TUNED),
    *(f"zero_{tuned}" for tuned in TUNED),
    "symmetric",
    "biased",
    "diagnosed",
)
QUANTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75}

CELLS = {
    "quick": [
        {"configuration": name, "n_minority": size, "n_test": 2000}
        for name, size in (("linear", 50), ("linear", 110), ("nonlinear", 110))
    ],
    "paper": [
        {"configuration": name, "n_minority": size, "n_test": 10_000}
        for name, size in (("linear", 50), ("linear", 200), ("nonlinear", 200))
    ],
}


def simulate(rng, n, *, configuration, n_minority, n_test):
    """Draw training and test rows, follow the loss along the size, fit tuned sizes and their rivals, and test."""
    return simulated_data.tune_and_test(rng, n, configuration=configuration, n_minority=n_minority, n_test=n_test)


STUDY = Study(
    name="synthetic_size",
    title="How many synthetic minority rows to add, on the linear and the non-linear population of the public code",
    cells=CELLS,
    simulate=simulate,
    metrics=[
        *(Mean(name) for name in MEANS),
        *(
            Quantile(output, q, name=f"{output}_{suffix}")
            for output in ("quality", *(f"multiplier_{tuned}" for tuned in TUNED))
            for suffix, q in QUANTILES.items()
        ),
    ],
    data=("configuration", "n_minority", "n_test"),
    replicates={"quick": 2, "paper": 100},
    block_size=2,
    batched=True,
    backend="loky",
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
