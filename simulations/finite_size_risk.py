"""How far the risk of a finite design is from its limit: against the dimension, and against the law of the entries."""

import numpy as np

from mixtheory.highdim import scenarios
from mixtheory.montecarlo import Mean, SmoothFunction, Study, grid

BLOCKS = (0.1, 1.9)
SHARES = {"under": (1.0, 1.0), "over": (0.25, 0.25)}


def design_of(*, regime, p, law):
    """Return a design of two blocks of synthetic variances, at twice or half as many rows as columns."""
    n_t, n_s = (round(share * p) for share in SHARES[regime])
    return scenarios.Design(scenarios.two_blocks(p, 1.0, 1.0), scenarios.two_blocks(p, *BLOCKS), n_t, n_s, law=law)


def simulate(rng, n, *, regime, p, law):
    """Draw designs and return the risk given each, and its limit beside it."""
    shape = design_of(regime=regime, p=p, law=law)
    risk = scenarios.simulated_risk(rng, n, shape)["risk"]
    return {"risk": risk, "limit": np.full(n, scenarios.predicted_risk(shape).risk)}


def reference(*, regime, p, law):
    """Return the limit (C1, C2), the same for all laws with finite fourth moments; the error vanishes."""
    return {"risk": scenarios.predicted_risk(design_of(regime=regime, p=p, law=law)).risk}


def cells(sizes, p):
    """Cross both regimes with the sizes of normal designs, and with the laws at one size."""
    rows = grid(regime=tuple(SHARES), p=sizes, law=("gaussian",))
    laws = ("rademacher", "uniform", "student_t8", "student_t3")
    return rows + grid(regime=tuple(SHARES), p=(p,), law=laws)


STUDY = Study(
    name="finite_size_risk",
    title="Finite-size error of the deterministic equivalents, and designs that are not normal",
    cells={"quick": cells((20, 40, 80, 160), 80), "paper": cells((25, 50, 100, 200, 400, 800), 200)},
    simulate=simulate,
    metrics=[
        Mean("risk"),
        SmoothFunction(
            "relative_error",
            lambda outputs, cell: [outputs["risk"], outputs["limit"]],
            lambda means, n: means[0] / means[1] - 1,
        ),
    ],
    replicates={"quick": 512, "paper": 2048},
    block_size=128,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
