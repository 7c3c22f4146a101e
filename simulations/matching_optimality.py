"""Where equal covariances of real and synthetic rows are the best choice, and where they are not.

All covariances have two blocks of half the coordinates. A design fixes the real covariance and the normalisation of the
synthetic one; `spread` moves along the curve that the normalisation leaves, and at 0 both covariances are equal.
"""

from mixtheory.highdim import scenarios
from mixtheory.montecarlo import Mean, Study, grid

# variances of the real rows in the two blocks, what the curve keeps, coefficients
DESIGNS = {
    "trace": ((1.0, 1.0), "relative_trace", "isotropic"),
    "determinant": ((1.0, 1.0), "determinant", "isotropic"),
    "own_trace": ((4.0, 0.25), "own_trace", "isotropic"),
    "isotropic": ((1.0, 1.0), "relative_trace", "isotropic"),
    "fixed_beta": ((1.0, 1.0), "relative_trace", "first"),
    "two_variances": ((4.0, 0.25), "relative_trace", "isotropic"),
}


def design_of(*, design, **parameters):
    """Return the design of a cell."""
    target, normalisation, beta = DESIGNS[design]
    return scenarios.curve_design(target=target, normalisation=normalisation, beta=beta, **parameters)


def simulate(rng, n, **cell):
    """Draw designs and return the risk given each."""
    return scenarios.simulated_risk(rng, n, design_of(**cell))


def reference(**cell):
    """Return the deterministic equivalents C1 and C2."""
    limit = scenarios.predicted_risk(design_of(**cell))
    return {"risk": limit.risk, "variance": limit.variance, "bias": limit.bias}


def shares(design, p, splits, spreads, noises=(1.0,)):
    """Return the cells of one design; a split gives the numbers of rows in units of p."""
    sizes = [{"n_t": round(n_t * p), "n_s": round(n_s * p)} for n_t, n_s in splits]
    return [
        {"design": design, "p": p, **size, **row} for size in sizes for row in grid(spread=spreads, noise_var=noises)
    ]


def cells(p, spreads, wide):
    """Put the designs together."""
    under, over = ((1.5, 0.5), (1, 1), (0.5, 1.5)), ((0.25, 0.25), (0.15, 0.5))
    return [
        *shares("trace", p, under, spreads),
        *shares("determinant", p, under, spreads),
        *shares("own_trace", p, under[1:2], wide),
        *shares("isotropic", p, over, spreads),
        *shares("fixed_beta", p, over[:1], spreads, (0.0, 1.0)),
        *shares("two_variances", p, over, spreads, (0.0, 1.0)),
    ]


STUDY = Study(
    name="matching_optimality",
    title="Risk along curves of synthetic covariances that pass through the real one",
    cells={
        "quick": cells(80, (-1.5, -0.75, 0.0, 0.75, 1.5), (-1.8, -1.2, -0.6, 0.0, 0.6)),
        "paper": cells(
            400,
            tuple(k / 4 for k in range(-8, 9)),
            tuple(k / 5 for k in range(-12, 5)),
        ),
    },
    simulate=simulate,
    metrics=[Mean("risk"), Mean("variance"), Mean("bias")],
    data=("p", "n_t", "n_s"),
    replicates={"quick": 192, "paper": 256},
    block_size=64,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
