"""Mixing in the contract of imbalanced-learn: over-samplers whose rows are weighted sums of rows of the table."""

from mixtheory.mixing.samplers.mixers import NAMED_LAWS, Mixup, RegressionMixup, ZetaMixup, named_law
from mixtheory.mixing.samplers.rowmixer import RowMixer

__all__ = ["NAMED_LAWS", "Mixup", "RegressionMixup", "RowMixer", "ZetaMixup", "named_law"]
