"""Tuned synthetic sizes on sixteen real imbalanced sets, against their rivals: loss, AUC, calibration, chosen size.

Fixed here before any result. Sets: all of mixtheory.imbalanced_datasets, none left out afterwards. Splits: 30 % of the
rows of each class held out at random, the same splits for every model and generator. Models, generators, grids of
sizes, folds: mixtheory.imbalance.studies.real_data. Primary metric: the balanced log loss on held-out rows. Primary
comparison: theory-guided tuning minus balancing, with logistic regression and SMOTE, tested on each set with the
variance of Nadeau and Bengio and Holm's correction over the sets. Everything else is secondary and reported whole.

The paper profile takes about 40 minutes of one core, nine tenths of them for boosting; the quick one about 20 seconds.
"""

from mixtheory.imbalance.studies import real_data
from mixtheory.montecarlo import Mean, Study, grid

PRIMARY_METRIC = "balanced_log_loss"
PRIMARY_TUNED, PRIMARY_RIVAL = "tg_vtss", "balancing"
PRIMARY_MODEL, PRIMARY_GENERATOR = "logistic", "smote"

QUICK_DATASETS = ("appendicitis", "ecoli3", "new_thyroid1", "yeast4")
QUICK_GENERATORS = ("smote", "gaussian_fit")


def simulate(rng, n, *, dataset, model, generator):
    """Split a data set, fit tuned sizes and their rivals, and test."""
    return real_data.tune_and_test(rng, n, dataset=dataset, model=model, generator=generator)


STUDY = Study(
    name="synthetic_size_real",
    title="How many synthetic minority rows to add on sixteen real data sets",
    cells={
        "quick": grid(dataset=QUICK_DATASETS, model=real_data.MODELS, generator=QUICK_GENERATORS),
        "paper": grid(dataset=real_data.DATASETS, model=real_data.MODELS, generator=real_data.GENERATORS),
    },
    simulate=simulate,
    metrics=[Mean(name) for name in real_data.OUTPUTS],
    data=("dataset",),
    replicates={"quick": 2, "paper": 16},
    block_size=2,
    batched=True,
    backend="loky",
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
