"""Zeta-mixup against its closed forms: moments, both laws of the rows of a batch, rounds, locality and entropy.

Every cell mixes batches of T rows with themselves. Designs: the exponent gamma against T on several populations;
mixup, zeta-mixup and their covariance-preserving forms at equal covariance factor; and rounds of mixing one batch.
"""

import math

import numpy as np

from mixtheory.mixing.studies import zeta_scenarios
from mixtheory.montecarlo import Mean, SmoothFunction, Study, grid

# rows of the batches in which laws are compared
BATCH = 32


def simulate(rng, n, *, design, **cell):
    """Draw mixed batches."""
    return zeta_scenarios.mixed_batches(rng, n, **cell)


def reference(*, design, **cell):
    """Return the closed forms C5 to C12."""
    return zeta_scenarios.predicted(**cell)


def excess(second, fourth):
    """Return the excess kurtosis of a variable with mean 0."""
    return fourth / second**2 - 3


def factors(gammas, populations):
    """Return cells of gamma against the batch size: anchored rows on all populations, any order on a normal one."""
    fixed = {"design": ["factors"], "law": ["zeta"], "gamma": gammas, "alpha": [None], "batch": (2, 8, 32, 128)}
    return [
        *grid(**fixed, population=populations, pairing=["anchored"], rounds=[1]),
        *grid(**fixed, population=["normal"], pairing=["distinct"], rounds=[1]),
    ]


def cells(gammas, populations, alphas, rounds):
    """Put the three designs together."""
    own = {"batch": [BATCH], "population": ["normal"]}
    return [
        *factors(gammas, populations),
        *grid(
            design=["matched"],
            law=zeta_scenarios.LAWS,
            gamma=[None],
            alpha=alphas,
            **own,
            pairing=["anchored"],
            rounds=[1],
        ),
        *grid(
            design=["rounds"],
            law=("zeta", "rescaled"),
            gamma=(2.8,),
            alpha=[None],
            **own,
            pairing=("distinct", "anchored"),
            rounds=rounds,
        ),
    ]


STUDY = Study(
    name="zeta_mixup",
    title="Zeta-mixup: moments, rows of a batch, rounds, locality and entropy",
    cells={
        "quick": cells(
            (0.0, 1.0, 2.0, 2.8, 4.0, 6.0), ("normal", "exponential"), (0.1, 0.2, 0.5, 1.0, 2.0), (1, 2, 4, 8)
        ),
        "paper": cells(
            tuple(k / 2 for k in range(13)),
            ("normal", "exponential", "two_clusters"),
            (0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 4.0),
            (1, 2, 3, 4, 6, 8, 10),
        ),
    },
    simulate=simulate,
    metrics=[
        Mean("second", name="variance_factor"),
        Mean("product", name="covariance_factor"),
        SmoothFunction(
            "skewness",
            lambda outputs, cell: [outputs["second"], outputs["third"]],
            lambda means, n: means[1] / means[0] ** 1.5,
        ),
        SmoothFunction(
            "kurtosis",
            lambda outputs, cell: [outputs["second"], outputs["fourth"]],
            lambda means, n: excess(*means),
        ),
        SmoothFunction(
            "kurtosis_factor",
            lambda outputs, cell: [
                *(outputs[name] for name in ("second", "fourth", "parents_second", "parents_fourth")),
                np.full(len(outputs["second"]), cell["population"] == "normal"),
            ],
            lambda means, n: math.nan if means[4] else excess(*means[:2]) / excess(*means[2:4]),
        ),
        Mean("batch_variance"),
        Mean("mean_shift"),
        Mean("own_row_slope"),
        Mean("displacement"),
        Mean("dominant_mass"),
        Mean("weight_entropy"),
        Mean("label_entropy"),
    ],
    data=("batch", "population"),
    replicates={"quick": 2**7, "paper": 2**12},
    block_size=2**7,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
