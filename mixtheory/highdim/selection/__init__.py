"""Choosing rows from a pool of synthetic rows: covariance matching, and the rules to compare it with."""

from mixtheory.highdim.selection.baselines import (
    CenterMatching,
    CenterSampling,
    DS3Selection,
    KMeansSelection,
    LargestNorm,
    NoSynthetic,
    RandomSelection,
    RealUpperBound,
)
from mixtheory.highdim.selection.matching import CovarianceMatcher
from mixtheory.highdim.selection.selector import Selector

__all__ = [
    "CenterMatching",
    "CenterSampling",
    "CovarianceMatcher",
    "DS3Selection",
    "KMeansSelection",
    "LargestNorm",
    "NoSynthetic",
    "RandomSelection",
    "RealUpperBound",
    "Selector",
]
