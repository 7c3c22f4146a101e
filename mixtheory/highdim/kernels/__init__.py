"""Simulators of regression on rows of several populations: what the deterministic equivalents are held against.

Nothing here imports a theory module: a population is a number of rows, a root of its covariance and a mean. The test
point has the law of the first. Every function takes the generator first and returns one entry a replicate; given the
design, all that concerns the noise is exact.

=================  ==========================================================================================
`designs`          independent entries of mean 0 and variance 1, from five laws
`populations`      the checks, and the coordinates in which the simulators work
`scatters`         sums of scatter matrices, by Bartlett factors where that is exact and cheaper
`inverses`         inverses of many symmetric matrices
`conditional`      variance, mean term and bias given the design; leverages
`paired`           the same design under several means
`regression`       responses drawn and fitted, as an end-to-end check
=================  ==========================================================================================
"""

from mixtheory.highdim.kernels.conditional import conditional_risk, leverages, trace_risk
from mixtheory.highdim.kernels.designs import LAWS, draw_design
from mixtheory.highdim.kernels.paired import paired_risk
from mixtheory.highdim.kernels.regression import regression_risk

__all__ = [
    "LAWS",
    "conditional_risk",
    "draw_design",
    "leverages",
    "paired_risk",
    "regression_risk",
    "trace_risk",
]
