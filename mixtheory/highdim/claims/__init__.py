"""Claims about regression on real and synthetic rows in high dimension: risk, means, optimality and selection."""

from mixtheory.highdim.claims import (
    designs,
    equations,
    interpolation,
    means,
    optimality,
    over_equations,
    risk,
    selection,
    solvers,
    spectra,
)
from mixtheory.verification import Claim

__all__ = ["CLAIMS", "RISK_CLAIMS", "SUPPORT_MODULES", "THEORY_MODULES"]

RISK_CLAIMS: tuple[Claim, ...] = (
    *equations.CLAIMS,
    *solvers.CLAIMS,
    *over_equations.CLAIMS,
    *risk.CLAIMS,
    *interpolation.CLAIMS,
    *designs.CLAIMS,
)
CLAIMS: tuple[Claim, ...] = (*spectra.CLAIMS, *RISK_CLAIMS, *means.CLAIMS, *optimality.CLAIMS, *selection.CLAIMS)

# modules that the theory imports and that hold no closed form: coordinates, and the search for roots, which may take
# another path to the same root; the claims check what it returns against the equations
SUPPORT_MODULES = ("mixtheory.highdim.axes", "mixtheory.highdim.fixedpoint")

# modules that hold closed forms, whose source `mixtheory verify --mutate` changes
THEORY_MODULES = (
    "mixtheory.highdim.spectra",
    "mixtheory.highdim.moments",
    "mixtheory.highdim.resolvents",
    "mixtheory.highdim.meanrule",
    "mixtheory.highdim.equivalents",
    "mixtheory.highdim.problems",
    "mixtheory.highdim.mean_shift",
    "mixtheory.highdim.ridge",
    "mixtheory.highdim.two_block",
    "mixtheory.highdim.optimality",
)
