"""The published example: a normal law with correlation 0.9 and its synthetic copies under three weight laws."""

from mixtheory.mixing.studies import scenarios
from mixtheory.montecarlo import Mean, Study, grid

CORRELATION = 0.9
BATCH = 2**14
PROBABILITIES = {"radius_50": 0.5, "radius_80": 0.8, "radius_95": 0.95}


def simulate(rng, n, *, law, angle):
    """Describe the contours of batches of synthetic records in one direction."""
    return scenarios.sector_radii(
        rng, n, law=scenarios.named_law(law), angle=angle, correlation=CORRELATION, batch=BATCH
    )


def reference(*, law, angle):
    """Return the closed form T9(b): contours are ellipses; a double sector of 15 degrees holds a twelfth."""
    chosen = scenarios.named_law(law)
    radii = {name: scenarios.normal_radius(chosen, p) for name, p in PROBABILITIES.items()}
    return {**radii, "share": 15 / 180}


STUDY = Study(
    name="published_example",
    title="Contours of original and synthetic data, bivariate normal with correlation 0.9",
    cells=grid(
        law=("copying", "published", "beta", "uniform"),
        angle=(0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 105.0, 120.0, 135.0, 150.0, 165.0),
    ),
    simulate=simulate,
    metrics=[Mean("radius_50"), Mean("radius_80"), Mean("radius_95"), Mean("share")],
    data=(),
    replicates={"quick": 8, "paper": 256},
    block_size=8,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
