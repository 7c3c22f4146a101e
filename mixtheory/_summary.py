"""Summaries in statsmodels' manner: a head of two columns of names and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["head"]

Entries = Sequence[tuple[str, str]]


def head(title: str, left: Entries, right: Entries) -> Any:
    """Return the top table of a statsmodels ``Summary``: names and values in two columns of equal length."""
    # here, so that the tools do not import statsmodels
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_2cols

    first, second = (
        SimpleTable(
            [[value] for _, value in part], None, [indent + name for name, _ in part], heading, txt_fmt=fmt_2cols
        )
        for part, heading, indent in ((left, title, ""), (right, None, "  "))
    )
    first.extend_right(second)
    return first
