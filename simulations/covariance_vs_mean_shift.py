"""Real and synthetic rows in one regression: the covariance of the synthetic rows matters, their mean does not.

Five designs: the angle between the means, at several covariances; the covariance, at one angle; and where the mean does
matter: few real rows, synthetic rows alone, and coefficients along a mean with fewer rows than columns.
"""

import math

from mixtheory.highdim import mean_shift, scenarios
from mixtheory.montecarlo import Mean, Study, grid

REGIMES = ("under", "over")


def design_of(*, design, regime, **parameters):
    """Return the design of a cell: KMS covariances with tr M'M = p, means of norms in units of sqrt(p)."""
    return scenarios.shift_design(**parameters)


def simulate(rng, n, **cell):
    """Draw designs and return the risk given each."""
    return scenarios.simulated_risk(rng, n, design_of(**cell))


def reference(**cell):
    """Return the limit without means (C1, C2), or what the means do where they matter (C3, C4, C5)."""
    shape = design_of(**cell)
    sigmas, means = (shape.sigma_t, shape.sigma_s), (shape.mu_t, shape.mu_s)
    if cell["design"] == "synthetic_only":
        return {"risk": mean_shift.synthetic_only_risk(*sigmas, shape.n_s, *means)}
    if cell["design"] == "few_rows":
        return {"mean_term": mean_shift.mean_term(*sigmas, shape.n_t, shape.n_s, *means)}
    limit = scenarios.predicted_risk(shape, means=cell["design"] == "aligned")
    return {"risk": limit.risk, "bias": limit.bias}


def cell(design, regime, p, **changes):
    """Return one cell with every parameter: four times as many rows as columns, or half as many."""
    n = 4 * p if regime == "under" else p // 2
    n_t = changes.pop("n_t", n // 2)
    means = {"cosine": 0.0, "length_t": 2.0, "length_s": 2.0}
    sizes = {"design": design, "regime": regime, "p": p, "n_t": n_t, "n_s": n - n_t}
    return {**sizes, "rho_t": 0.9, "rho_s": 0.6, **means, "beta": "isotropic", **changes}


def cells(p, cosines, spectra, few, lengths):
    """Put the five designs together."""
    rows = [cell("cosine", p=p, **row) for row in grid(regime=REGIMES, rho_s=(0.9, 0.6, 0.0), cosine=cosines)]
    rows += [cell("covariance", p=p, **row) for row in grid(regime=REGIMES, rho_s=spectra)]
    rows += [cell("few_rows", "under", p, **row) for row in grid(n_t=few, cosine=(0.0, 0.9))]
    rows += [cell("synthetic_only", "under", p, n_t=0, cosine=1.0, length_s=length) for length in lengths]
    return rows + [
        cell("aligned", "over", p, rho_t=0.0, length_t=length, length_s=0.0, beta="mean_t") for length in lengths
    ]


STUDY = Study(
    name="covariance_vs_mean_shift",
    title="Covariance shift against mean shift of the synthetic rows, at more and at fewer rows than columns",
    cells={
        "quick": cells(
            80,
            (-1.0, -0.5, 0.0, 0.5, 1.0),
            (0.0, 0.3, 0.6, 0.8, 0.9, 0.95, 0.98),
            (1, 2, 4, 8, 16, 32),
            (0.01, 0.03, 0.1, 0.3, 1.0),
        ),
        "paper": cells(
            600,
            tuple(round(math.cos(math.pi * k / 10), 4) for k in range(11)),
            (0.0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98),
            (1, 2, 4, 8, 16, 32, 64, 128),
            (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
        ),
    },
    simulate=simulate,
    metrics=[Mean("risk"), Mean("bias"), Mean("mean_term")],
    data=("regime", "p", "n_t", "n_s"),
    replicates={"quick": 96, "paper": 96},
    block_size=32,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
