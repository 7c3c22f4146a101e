"""Excess risk under local asymmetry: how many synthetic rows a biased generator needs, and what it costs to search.

Two Gaussian classes, squared loss, and a generator whose mean is wrong along the line of the class means. Designs: a
growing minority, a generator that learns as the minority grows and a size that has to be found, and a map.
"""

from mixtheory.imbalance.studies import scenarios
from mixtheory.montecarlo import Mean, Study, grid

# minority rows of the map
N_MAP = 100


def simulate(rng, n, *, design, **cell):
    """Draw excess risks with some method."""
    return scenarios.asymmetric_risks(rng, n, **cell)


def reference(*, design, **cell):
    """Return the closed form C5, for a search at the best size within its reach."""
    return scenarios.asymmetric_reference(**cell)


def cells(growing, learning, means, multipliers):
    """Put the designs together."""
    fixed = [("fixed", 1.0), ("exact", None), ("tg_vtss", None), ("bias_aware", None)]
    return [
        *grid(design=["rates"], n_minority=growing, a=[0.5], method=["fixed"], multiplier=[0.0, 1.0, 4.0]),
        *(
            {"design": "realistic", "n_minority": size, "a": None, "method": method, "multiplier": multiplier}
            for size in learning
            for method, multiplier in fixed
        ),
        *grid(design=["map"], n_minority=[N_MAP], a=means, method=["fixed"], multiplier=multipliers),
    ]


STUDY = Study(
    name="local_asymmetry",
    title="Excess risk against the number of synthetic rows of a biased generator, under local asymmetry",
    cells={
        "quick": cells((12, 50, 200, 800), (10, 100), (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0), (0.0, 1.0, 2.0, 4.0)),
        "paper": cells(
            (6, 12, 25, 50, 100, 200, 400, 800, 1600, 3200),
            (10, 100, 200, 300, 400, 500),
            tuple(k / 4 for k in range(13)),
            tuple(k / 2 for k in range(13)),
        ),
    },
    simulate=simulate,
    metrics=[Mean("excess_risk"), Mean("over_balance"), Mean("multiplier"), Mean("biased")],
    data=("design", "n_minority", "a"),
    replicates={"quick": 20, "paper": 200},
    block_size=10,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
