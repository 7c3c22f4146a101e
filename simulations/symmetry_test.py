"""Calibration and power of the Wald test of local symmetry, plain and corrected for small minorities.

Two uniform classes that are locally symmetric at one shift of the minority, as in the public code. The naive test takes
the balanced fit as known: what its covariance leaves out is a caution.
"""

from mixtheory.imbalance.studies import scenarios
from mixtheory.montecarlo import Mean, Power, Quantile, Study, grid

LEVEL = 0.05
D = 5


def simulate(rng, n, **cell):
    """Draw statistics and p-values."""
    return scenarios.wald_draws(rng, n, d=D, **cell)


def reference(**cell):
    """Return level, power and quantiles of the limit."""
    return scenarios.wald_reference(d=D, level=LEVEL, **cell)


def cells(signals, sizes):
    """Put calibration and power together; the resampling is for small minorities."""
    null = {"ratio": [20], "h": [0.0]}
    return [
        *grid(n_minority=sizes, ratio=[5, 20], h=signals, covariance=["plain"]),
        *grid(n_minority=sizes, **null, covariance=["hc3", "naive"]),
        *grid(n_minority=sizes[:1], **null, covariance=["bootstrap"]),
    ]


STUDY = Study(
    name="symmetry_test",
    title="Size and power of the Wald test of local symmetry",
    cells={
        "quick": cells((-4.0, -2.0, 0.0, 2.0, 4.0), (50, 250)),
        "paper": cells((-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0), (50, 250, 500)),
    },
    simulate=simulate,
    metrics=[
        Power("pvalue", alpha=LEVEL, name="rejected"),
        Mean("statistic", name="mean_statistic"),
        *(Quantile("statistic", q) for q in scenarios.QUANTILES),
    ],
    data=("n_minority", "ratio", "h"),
    replicates={"quick": 125, "paper": 5000},
    block_size=125,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
