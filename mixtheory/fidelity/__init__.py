r"""Fidelity reports: what synthetic rows keep of real ones, what they distort, and what was to be expected.

`fidelity_report` compares two tables with the same columns and returns a `FidelityReport`. Every number comes with

- an interval: synthetic rows are random given the real ones, which are fixed;
- a null band: where the number lies if the synthetic rows are a fresh sample of the population of the real ones;
- what a mixing law predicts given the real rows, if there is one.

Names are imported on first use, since constants of its modules serve without the statistics.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_EXPORTS = {
    "TABLES": "mixtheory.fidelity.report",
    "FidelityReport": "mixtheory.fidelity.report",
    "fidelity_report": "mixtheory.fidelity.compare",
}

__all__ = ["TABLES", "FidelityReport", "fidelity_report"]

if TYPE_CHECKING:
    from mixtheory.fidelity.compare import fidelity_report as fidelity_report
    from mixtheory.fidelity.report import TABLES as TABLES
    from mixtheory.fidelity.report import FidelityReport as FidelityReport


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_EXPORTS[name]), name)
