"""Test on data whether both classes pull the balanced fit equally, which is local symmetry.

============ ========================================================================
`classes`    the input: checks, labels, weights, the design and its coordinates
`covariance` the class gap and its covariance, plain and corrected for small classes
`slopes`     the effective gap, that of the slopes with the intercept profiled out
`bootstrap`  the statistic under resampling
`result`     the result and its summary
`wald`       the test
============ ========================================================================
"""

from mixtheory.imbalance.symmetry.result import SymmetryTestResult
from mixtheory.imbalance.symmetry.wald import COVARIANCES, PARAMETERS, symmetry_test

__all__ = ["COVARIANCES", "PARAMETERS", "SymmetryTestResult", "symmetry_test"]
