"""Generators of synthetic minority rows, with one protocol: ``fit(X_minority, X_majority=None).sample(n, rng)``.

All are nested: the first m of n samples are the samples of size m. Any object with these two methods can be used in
their place; `check_minority_generator` and `check_sample` say what is wrong with one that does not fit.
"""

from mixtheory.imbalance.generators.adapters import ImblearnSampler, Scaled
from mixtheory.imbalance.generators.base import (
    BLOCK_ROWS,
    MinorityGenerator,
    check_minority_generator,
    check_sample,
    fit_copy,
)
from mixtheory.imbalance.generators.mixup import Mixup
from mixtheory.imbalance.generators.neighbours import ADASYN, SMOTE, BorderlineSMOTE
from mixtheory.imbalance.generators.parametric import GaussianFit, Oracle, SemiOracle
from mixtheory.imbalance.generators.resampling import Bootstrap, Jitter

__all__ = [
    "ADASYN",
    "BLOCK_ROWS",
    "SMOTE",
    "Bootstrap",
    "BorderlineSMOTE",
    "GaussianFit",
    "ImblearnSampler",
    "Jitter",
    "MinorityGenerator",
    "Mixup",
    "Oracle",
    "Scaled",
    "SemiOracle",
    "check_minority_generator",
    "check_sample",
    "fit_copy",
]
