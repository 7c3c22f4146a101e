"""The contract of imbalanced-learn: tables and targets in and out, how many rows to add, rules for columns.

It knows no theory: a sampler learns from a `Table` and a `Target` and answers with a `Draw`. Names are imported on
first use, since imbalanced-learn takes a second to load and `allocate` serves without it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_EXPORTS = {
    "Draw": "mixtheory.resampling.targets",
    "OverSampler": "mixtheory.resampling.sampler",
    "Table": "mixtheory.resampling.tables",
    "Target": "mixtheory.resampling.targets",
    "allocate": "mixtheory.resampling.amounts",
}

__all__ = ["Draw", "OverSampler", "Table", "Target", "allocate"]

if TYPE_CHECKING:
    from mixtheory.resampling.amounts import allocate as allocate
    from mixtheory.resampling.sampler import OverSampler as OverSampler
    from mixtheory.resampling.tables import Table as Table
    from mixtheory.resampling.targets import Draw as Draw
    from mixtheory.resampling.targets import Target as Target


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)
