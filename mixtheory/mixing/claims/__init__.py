"""Claims about generalized mixup: every check of the theory note and the statements around them, in its order."""

from mixtheory.mixing.claims import (
    columns,
    data,
    distance,
    finite,
    gaussian,
    generations,
    labels,
    laws,
    limits,
    parents,
    population,
    preserving,
    shape,
    tails,
    tolerance,
)
from mixtheory.verification import Claim

__all__ = ["CLAIMS", "POPULATION_CLAIMS", "SUPPORT_MODULES", "THEORY_MODULES"]

POPULATION_CLAIMS: tuple[Claim, ...] = (
    *population.CLAIMS,
    *columns.CLAIMS,
    *laws.CLAIMS,
    *preserving.CLAIMS,
    *tolerance.CLAIMS,
    *shape.CLAIMS,
    *limits.CLAIMS,
    *tails.CLAIMS,
    *distance.CLAIMS,
    *gaussian.CLAIMS,
    *parents.CLAIMS,
    *data.CLAIMS,
)
CLAIMS: tuple[Claim, ...] = (*POPULATION_CLAIMS, *labels.CLAIMS, *finite.CLAIMS, *generations.CLAIMS)

# modules that the theory imports and that hold no closed form
SUPPORT_MODULES = ("mixtheory.mixing.quadrature",)

# modules that hold closed forms, whose source `mixtheory verify --mutate` changes
THEORY_MODULES = (
    "mixtheory.mixing.laws",
    "mixtheory.mixing.weights",
    "mixtheory.mixing.dirichlet",
    "mixtheory.mixing.tolerance",
    "mixtheory.mixing.choose",
    "mixtheory.mixing.moments",
    "mixtheory.mixing.preservation",
    "mixtheory.mixing.distances",
    "mixtheory.mixing.populations",
    "mixtheory.mixing.classes",
    "mixtheory.mixing.labels",
    "mixtheory.mixing.finite",
    "mixtheory.mixing.generations",
)
