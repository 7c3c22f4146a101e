"""Numba simulators of mixup: what the closed forms are held against.

Nothing here imports a theory module: a weight law is four numbers (alpha, beta, eps0, eps1) or an array of weights, a
population a function ``draw(rng, size)`` or an array. Every function takes the generator first and returns one entry an
independent unit.

=================  ==========================================================================================
`draws`            weights; populations that need no formula (normal, exponential, Rademacher, Cauchy)
`pairs`            mixed pairs of an infinite population, in one dimension and in several
`conditional`      the same with part of the randomness integrated out exactly
`integrands`       pairs as functions on the unit cube, for quasi-Monte Carlo
`labels`           pairs of one class and across classes, with soft and hard labels
`parents`          k parents; the tree of 2^t leaves of t generations
`schemes`          a finite sample and its five pairing schemes
`generations`      repeated synthesis in a finite sample
`orderings`        weights over the members of a batch, in random order
`zeta_batches`     batches mixed with the weights of a p-series, once and in rounds; with labels
`mixed_rows`       weighted sums of rows of a table, gathered in one pass
`label_pairs`      partners by the distance of their labels
`ranks`            different rows from ranks among those that are left
=================  ==========================================================================================
"""

from mixtheory.mixing.kernels.conditional import (
    exponential_pair_powers,
    exponential_pair_shares,
    normal_pair_absolute,
    normal_pair_cdf,
    normal_pair_powers,
    normal_pair_scales,
)
from mixtheory.mixing.kernels.draws import (
    CHUNK,
    Draw,
    cauchy,
    draw_weights,
    exponential,
    normal,
    normal_rows,
    rademacher,
)
from mixtheory.mixing.kernels.generations import (
    GenerationPaths,
    generation_paths,
)
from mixtheory.mixing.kernels.integrands import exponential_pair_at, normal_pair_at
from mixtheory.mixing.kernels.label_pairs import label_partners
from mixtheory.mixing.kernels.labels import (
    LABEL_RULES,
    HardLabels,
    LabelledPairs,
    hard_labels,
    labelled_pairs,
    records_of_class,
    soft_labels,
)
from mixtheory.mixing.kernels.mixed_rows import mixed_rows
from mixtheory.mixing.kernels.orderings import ordered_weights
from mixtheory.mixing.kernels.pairs import (
    mix_columns,
    mix_pairs,
    mix_rows,
    pair_moments,
    pair_powers,
    row_moments,
)
from mixtheory.mixing.kernels.parents import (
    cascade,
    cascade_power_sums,
    dirichlet_weights,
    mix_parents,
    parent_power_sums,
)
from mixtheory.mixing.kernels.ranks import ranks_to_rows
from mixtheory.mixing.kernels.schemes import (
    SCHEMES,
    mix_sample,
    mix_table,
    pair_indices,
    sample_pairs,
)

__all__ = [
    "CHUNK",
    "Draw",
    "GenerationPaths",
    "HardLabels",
    "LABEL_RULES",
    "LabelledPairs",
    "SCHEMES",
    "cascade",
    "cascade_power_sums",
    "cauchy",
    "dirichlet_weights",
    "draw_weights",
    "exponential",
    "exponential_pair_at",
    "exponential_pair_powers",
    "exponential_pair_shares",
    "generation_paths",
    "hard_labels",
    "label_partners",
    "labelled_pairs",
    "mix_columns",
    "mix_pairs",
    "mix_parents",
    "mix_rows",
    "mix_sample",
    "mix_table",
    "mixed_rows",
    "normal",
    "normal_pair_absolute",
    "normal_pair_at",
    "normal_pair_cdf",
    "normal_pair_powers",
    "normal_pair_scales",
    "normal_rows",
    "ordered_weights",
    "pair_indices",
    "pair_moments",
    "pair_powers",
    "parent_power_sums",
    "rademacher",
    "ranks_to_rows",
    "records_of_class",
    "row_moments",
    "sample_pairs",
    "soft_labels",
]
