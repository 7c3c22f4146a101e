"""Covariance matching against other rules of selection on real data: accuracy and risk of models, split by split.

Fixed here before any result: the data sets, the splits (a tenth of the rows real training data, 40 % held out), the
generators of the pool, the rules, and the primary comparison: the held-out accuracy (PRIMARY_METRIC) of random
selection (PRIMARY_RULE) minus that of covariance matching, with Holm's correction over the data sets.
"""

from mixtheory.highdim import real_data
from mixtheory.montecarlo import Mean, Study, grid

PRIMARY_METRIC = "score_difference"
PRIMARY_RULE = "random"

OUTPUTS = ("score", "log_loss", "risk", "score_difference", "log_loss_difference", "log_risk_difference")


def simulate(rng, n, *, dataset, rule):
    """Split a data set, make a pool, select by the rule and by covariance matching, fit and test."""
    return real_data.select_and_test(rng, n, dataset=dataset, rule=rule)


STUDY = Study(
    name="synthetic_selection",
    title="Rules of selection from a pool of graded synthetic rows, on three real data sets",
    cells={profile: grid(dataset=real_data.DATASETS, rule=real_data.RULES) for profile in ("quick", "paper")},
    simulate=simulate,
    metrics=[Mean(name) for name in OUTPUTS],
    data=("dataset",),
    replicates={"quick": 4, "paper": 96},
    block_size=4,
    batched=True,
    backend="loky",
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
