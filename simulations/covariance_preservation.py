"""When mixing keeps a covariance matrix: the preserving surface, tolerance bands, separate weights, many columns."""

import math

from mixtheory.mixing import moments
from mixtheory.mixing.studies import scenarios
from mixtheory.mixing.weights import EpBeta
from mixtheory.montecarlo import Mean, SmoothFunction, Study, grid

CORRELATION = 0.9
BATCH = 128


def weight_law(law, mean, eps0, eps1, delta):
    """Return a named law, or the law on the preserving surface, moved to an end of its tolerance band by delta."""
    if law != "surface":
        return scenarios.named_law(law)
    if delta == 0:
        return EpBeta.preserving(mean, eps0=eps0, eps1=eps1)
    return EpBeta.within(abs(delta), mean=mean, eps0=eps0, eps1=eps1, side="lower" if delta < 0 else "upper")


def simulate(rng, n, *, design, law, mean, eps0, eps1, delta, weights, dimension):
    """Draw batches of synthetic records of a serially correlated normal population."""
    return scenarios.covariance_batches(
        rng,
        n,
        law=weight_law(law, mean, eps0, eps1, delta),
        weights=weights,
        dimension=dimension,
        correlation=CORRELATION,
        batch=BATCH,
    )


def reference(*, design, law, mean, eps0, eps1, delta, weights, dimension):
    """Return the closed forms T2 (one weight a record) and T3 (a weight for each column)."""
    chosen = weight_law(law, mean, eps0, eps1, delta)
    if weights == "shared":
        distance = scenarios.distance_factor(chosen, dimension, CORRELATION, BATCH)
        rho = chosen.variance_factor
        return {"variance": rho, "covariance": rho, "correlation": CORRELATION, "distance": distance}
    spread = [[chosen.var, 0.0], [0.0, chosen.var]]
    factors = moments.separate_weights_matrix([chosen.mean, chosen.mean], spread)
    correlation = CORRELATION * moments.correlation_factors(factors)[0, 1]
    return {"variance": factors[0, 0], "covariance": factors[0, 1], "correlation": correlation}


def cell(design, law="surface", mean=None, eps0=None, eps1=None, delta=0.0, weights="shared", dimension=2):
    """Return one cell with every parameter."""
    return {
        "design": design,
        "law": law,
        "mean": mean,
        "eps0": eps0,
        "eps1": eps1,
        "delta": delta,
        "weights": weights,
        "dimension": dimension,
    }


def cells(means, extensions, deltas, dimensions):
    """Put the four designs together."""
    named = ("uniform", "beta", "preserving", "published")
    rows = [cell("surface", mean=m, eps0=a, eps1=b) for m in means for a, b in extensions]
    rows += [cell("tolerance", mean=m, eps0=0.3, eps1=0.3, delta=d) for m in (0.5, 0.8) for d in deltas]
    rows += [cell("weights", **row) for row in grid(law=named, weights=("shared", "separate"))]
    rows += [
        cell("weights", mean=m, eps0=0.3, eps1=0.3, weights=w) for m in means if m > 0.5 for w in ("shared", "separate")
    ]
    return rows + [cell("dimension", **row) for row in grid(law=named, dimension=dimensions)]


STUDY = Study(
    name="covariance_preservation",
    title="Preservation of covariance: surface, tolerance, separate weights, dimension",
    cells={
        "quick": cells(
            (0.5, 0.7, 0.9), ((0.1, 0.1), (0.3, 0.1), (0.0, 0.4)), (-0.1, -0.05, 0.05, 0.1), (2, 5, 10, 20, 50)
        ),
        "paper": cells(
            (0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
            ((0.05, 0.05), (0.1, 0.1), (0.3, 0.1), (0.1, 0.3), (0.3, 0.3), (0.0, 0.4), (0.6, 0.6)),
            (-0.1, -0.05, -0.02, 0.02, 0.05, 0.1),
            (2, 3, 5, 10, 20, 35, 50),
        ),
    },
    simulate=simulate,
    metrics=[
        Mean("variance"),
        Mean("covariance"),
        SmoothFunction(
            "correlation",
            lambda outputs, cell: [outputs["variance"], outputs["covariance"]],
            lambda means, n: CORRELATION * means[1] / means[0] if means[0] > 0 else math.nan,
        ),
        Mean("distance"),
    ],
    data=("dimension",),
    replicates={"quick": 2**10, "paper": 2**14},
    block_size=2**9,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
