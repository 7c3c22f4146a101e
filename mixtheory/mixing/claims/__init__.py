"""Claims about generalized mixup: every check of the theory note and the statements around them, in its order."""

from mixtheory.mixing.claims import (
    columns,
    data,
    dimension,
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
    zeta_finite,
    zeta_given_batch,
    zeta_labels,
    zeta_locality,
    zeta_mixup,
    zeta_moments,
    zeta_outputs,
    zeta_repeated,
    zeta_rescaling,
    zeta_rows,
    zeta_weights,
)
from mixtheory.verification import Claim

__all__ = ["CLAIMS", "POPULATION_CLAIMS", "SUPPORT_MODULES", "THEORY_MODULES", "ZETA_CLAIMS"]

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
ZETA_CLAIMS: tuple[Claim, ...] = (
    *zeta_weights.CLAIMS,
    *zeta_mixup.CLAIMS,
    *zeta_outputs.CLAIMS,
    *zeta_moments.CLAIMS,
    *zeta_given_batch.CLAIMS,
    *zeta_finite.CLAIMS,
    *zeta_rows.CLAIMS,
    *zeta_labels.CLAIMS,
    *zeta_locality.CLAIMS,
    *zeta_repeated.CLAIMS,
    *zeta_rescaling.CLAIMS,
    *dimension.CLAIMS,
)
CLAIMS: tuple[Claim, ...] = (
    *POPULATION_CLAIMS,
    *labels.CLAIMS,
    *finite.CLAIMS,
    *generations.CLAIMS,
    *ZETA_CLAIMS,
)

# modules that the theory imports and that hold no closed form
SUPPORT_MODULES = ("mixtheory.mixing.quadrature",)

# modules that hold closed forms, whose source `mixtheory verify --mutate` changes
THEORY_MODULES = (
    "mixtheory.mixing.laws",
    "mixtheory.mixing.p_series",
    "mixtheory.mixing.zeta",
    "mixtheory.mixing.correspondence",
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
    "mixtheory.mixing.points",
    "mixtheory.mixing.finite",
    "mixtheory.mixing.generations",
    "mixtheory.mixing.rescaling",
    "mixtheory.mixing.locality",
    "mixtheory.mixing.regression",
)
