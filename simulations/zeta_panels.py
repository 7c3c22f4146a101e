"""Half-moons and a spiral, and what mixing makes of them: single records for a picture, and their distances."""

from mixtheory.mixing.studies import zeta_panels
from mixtheory.montecarlo import Mean, Study


def simulate(rng, n, *, manifold, law, gamma, alpha):
    """Draw points and mix them in batches."""
    return zeta_panels.records(rng, n, manifold=manifold, law=law, gamma=gamma, alpha=alpha)


STUDY = Study(
    name="zeta_panels",
    title="Records of half-moons and of a spiral after mixing, and their distance to the curve",
    cells=[
        {"manifold": manifold, "law": law, "gamma": gamma, "alpha": alpha}
        for manifold in zeta_panels.MANIFOLDS
        for law, gamma, alpha in (
            ("original", None, None),
            ("mixup", None, 1.0),
            ("preserving", None, 1.0),
            ("zeta", 2.4, None),
            ("zeta", 2.8, None),
            ("zeta", 4.0, None),
            ("rescaled", 2.8, None),
        )
    ],
    simulate=simulate,
    metrics=[
        Mean("distance"),
        *(
            zeta_panels.Drawn(output, place)
            for output in ("first", "second", "third")
            for place in range(zeta_panels.RECORDS)
        ),
    ],
    data=("manifold",),
    replicates={"quick": 4, "paper": 32},
    block_size=4,
    batched=True,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
