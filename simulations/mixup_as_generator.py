"""Mixup, its extended laws and zeta-mixup as generators of minority rows and as designs in regression.

Three designs: the excess risk of the Gaussian example against the number of mixed rows, with new parents and with
parents from the sample; the price of the first mixed row where the classes agree; and the risk of regression on real
and mixed rows.
"""

from mixtheory.imbalance.studies import mixup_scenarios
from mixtheory.montecarlo import Mean, Study, grid

SHOWN = ("uniform", "zeta", "preserving", "inflating")


def simulate(rng, n, **cell):
    """Draw excess risks, prices or risks given the design."""
    return mixup_scenarios.simulated(rng, n, **cell)


def reference(**cell):
    """Return the closed form."""
    return mixup_scenarios.predicted(**cell)


def cells(multipliers, counts, price, columns, shares):
    """Put the designs together."""
    laws = tuple(mixup_scenarios.LAWS)
    n_majority, n_minority = counts
    shape = {"n_first": [n_majority], "n_second": [n_minority], "columns": [2]}
    none = {"parents": [None], "multiplier": [None]}
    rows = 2 * columns
    return [
        *grid(
            design=["example"],
            law=SHOWN,
            parents=("population", "sample"),
            multiplier=multipliers,
            **shape,
        ),
        *grid(design=["price"], law=laws, **none, n_first=[price], n_second=[price], columns=[8]),
        *(
            {**cell, "n_first": rows - round(share * rows), "n_second": round(share * rows), "columns": columns}
            for cell in grid(design=["regression"], law=SHOWN, **none)
            for share in shares
        ),
    ]


STUDY = Study(
    name="mixup_as_generator",
    title="Mixup as a generator of minority rows and as a design in regression",
    cells={
        "quick": cells((0.0, 0.75, 1.0, 1.5, 2.5), (200, 20), 60, 30, (0.0, 0.5, 1.0)),
        "paper": cells(
            (0.0, 0.25, 0.5, 0.625, 0.75, 0.875, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0),
            (1000, 100),
            200,
            60,
            tuple(k / 8 for k in range(9)),
        ),
    },
    simulate=simulate,
    metrics=[Mean("value")],
    data=("design", "n_first", "n_second", "columns"),
    replicates={"quick": 100, "paper": 1000},
    block_size=50,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
