"""Training on mixed batches of three real data sets: no mixing, mixup, EpBeta, zeta-mixup and rescaled zeta-mixup.

Fixed here before any result. Data sets: wine, breast cancer, digits, all classifications of the size at which mixing
is used against overfitting that come with scikit-learn. Splits: 28 % of the rows in use held out at random in each
class, the same splits, batches and number of updates for every method (`mixtheory.mixing.studies.augmentation` states
the rows in use and the models). Primary metric: accuracy on held-out rows. Primary comparison: zeta-mixup with gamma
2.8 minus mixup with Beta(1, 1), whose covariance factors are 0.659 and 0.667, for each data set and model, with the
variance of Nadeau and Bengio and Holm's correction over the nine. Everything else is secondary and reported whole.

The paper profile takes about 14 minutes of one core, most of them for the networks; the quick one about 18 seconds.
"""

from mixtheory.mixing.studies import augmentation
from mixtheory.montecarlo import Mean, Study, grid

PRIMARY_METRIC = "accuracy_difference_mixup"
PRIMARY_METHOD, PRIMARY_GAMMA = "zeta", 2.8


def simulate(rng, n, *, dataset, model, method, parameter):
    """Split a data set, train on mixed batches and test on the held-out rows, beside the two rivals."""
    return augmentation.train_and_test(rng, n, dataset=dataset, model=model, method=method, parameter=parameter)


def cells(*, mixup, epbeta, zeta, rescaled_zeta):
    """Cross data sets and models with the methods, each at its values of alpha or gamma."""
    values = {"erm": (0.0,), "mixup": mixup, "epbeta": epbeta, "zeta": zeta, "rescaled_zeta": rescaled_zeta}
    return [
        cell
        for dataset in augmentation.DATASETS
        for model in augmentation.MODELS
        for method, parameters in values.items()
        for cell in grid(dataset=(dataset,), model=(model,), method=(method,), parameter=parameters)
    ]


STUDY = Study(
    name="zeta_mixup_real",
    title="Accuracy of models trained on mixed batches of three real data sets",
    cells={
        "quick": cells(mixup=(1.0,), epbeta=(1.0,), zeta=(PRIMARY_GAMMA, 6.0), rescaled_zeta=(PRIMARY_GAMMA,)),
        "paper": cells(
            mixup=(0.2, 1.0),
            epbeta=(0.2, 1.0),
            zeta=(1.73, 2.0, 2.4, PRIMARY_GAMMA, 4.0, 6.0),
            rescaled_zeta=(2.0, PRIMARY_GAMMA, 4.0),
        ),
    },
    simulate=simulate,
    metrics=[Mean(name) for name in augmentation.OUTPUTS],
    data=("dataset",),
    replicates={"quick": 2, "paper": 40},
    block_size=2,
    batched=True,
    backend="loky",
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
