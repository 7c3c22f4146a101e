"""The engine: studies, cells and blocks; seeds, accumulators, metrics, execution and the store. It knows no theory."""

from mixtheory.montecarlo.accumulate import Histogram, Moments, Raw, fold
from mixtheory.montecarlo.distribution_metrics import KolmogorovSmirnov, Quantile, jackknife
from mixtheory.montecarlo.execute import SchedulerError
from mixtheory.montecarlo.lock import StoreError, StoreLocked
from mixtheory.montecarlo.metrics import (
    RMSE,
    Bias,
    Correlation,
    Coverage,
    EmpiricalSE,
    Estimate,
    Failures,
    Kurtosis,
    Mean,
    Metric,
    ModelSE,
    Power,
    Ratio,
    Skewness,
    SmoothFunction,
    Variance,
)
from mixtheory.montecarlo.run import BlockFailure, MixedResults
from mixtheory.montecarlo.seeds import block_generator, canonical, key_words
from mixtheory.montecarlo.store import Store
from mixtheory.montecarlo.study import Study, grid

__all__ = [
    "RMSE",
    "Bias",
    "BlockFailure",
    "Correlation",
    "Coverage",
    "EmpiricalSE",
    "Estimate",
    "Failures",
    "Histogram",
    "KolmogorovSmirnov",
    "Kurtosis",
    "Mean",
    "Metric",
    "MixedResults",
    "ModelSE",
    "Moments",
    "Power",
    "Quantile",
    "Ratio",
    "Raw",
    "SchedulerError",
    "Skewness",
    "SmoothFunction",
    "Store",
    "StoreError",
    "StoreLocked",
    "Study",
    "Variance",
    "block_generator",
    "canonical",
    "fold",
    "grid",
    "jackknife",
    "key_words",
]
