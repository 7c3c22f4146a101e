r"""Estimators of intrinsic dimension: local principal components, Levina and Bickel's maximum likelihood, TwoNN.

All three look at the nearest neighbours of a point, so that their answer belongs to a scale: the distance to the k-th
neighbour. Data on a curve with an offset of size s into all directions look like a curve at scales above s and fill
the space below it. Every estimator takes the rows at which it is evaluated (`at`), while neighbours come from all
rows, and a search that is already done (`neighbors`).

Equal rows are one point to their neighbours: the neighbours of a row are different from it and from each other. A row
that occurs twice is still looked at twice. Rounded data and data on a lattice also have equal distances, which say
nothing of the dimension: maximum likelihood and TwoNN are distorted by some ties and infinite, which is refused as an
error, where all distances are tied. Take so many neighbours that they are well beyond the size of the rounding.

``backend="skdim"`` computes the same definitions by scikit-dimension, an independent implementation, with the same
neighbours and the same errors.
"""

from mixtheory.intrinsic_dimension.estimators import (
    BACKENDS,
    inverse_dimensions,
    local_pca_dimension,
    local_pca_dimensions,
    mle_dimension,
    two_nn_dimension,
)
from mixtheory.intrinsic_dimension.neighbors import Neighbors, nearest_neighbors

__all__ = [
    "BACKENDS",
    "Neighbors",
    "inverse_dimensions",
    "local_pca_dimension",
    "local_pca_dimensions",
    "mle_dimension",
    "nearest_neighbors",
    "two_nn_dimension",
]
