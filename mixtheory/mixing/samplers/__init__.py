"""Mixing in the contract of imbalanced-learn: over-samplers whose rows are weighted sums of rows of the table."""

from mixtheory.mixing.samplers.mixers import Mixup, RegressionMixup, ZetaMixup
from mixtheory.mixing.samplers.rowmixer import RowMixer

__all__ = ["Mixup", "RegressionMixup", "RowMixer", "ZetaMixup"]
