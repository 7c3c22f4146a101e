"""Tables as numbers: a column of 0 and 1 for each category."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_numbers"]

# how many columns categories may become: more than this is an identifier rather than a category
_MOST_CATEGORIES = 1000


def as_numbers(
    frames: Sequence[pd.DataFrame], nominal: Collection[str], *, drop_first: bool = False
) -> list[pd.DataFrame]:
    """Return tables with the same columns as numbers, nominal columns as 0 and 1 for each category of any table.

    Parameters
    ----------
    frames : sequence of DataFrame
        With the same columns, in the same order.
    nominal : collection of str
        Columns that are categories.
    drop_first : bool
        Whether the first category of each column is left out, so that no column is a sum of others.

    Raises
    ------
    ValueError
        If a column has more than 1,000 categories, which are names of rows rather than categories.
    """
    import pandas as pd

    parts: list[list[pd.Series[float]]] = [[] for _ in frames]
    for name in frames[0].columns:
        if name not in nominal:
            for frame, part in zip(frames, parts, strict=True):
                part.append(frame[name].astype(np.float64))
            continue
        texts = [frame[name].astype(object).astype("str") for frame in frames]
        levels = sorted(set().union(*[set(text) for text in texts]))
        if len(levels) > _MOST_CATEGORIES:
            raise ValueError(
                f"column {name!r} has {len(levels):,} categories, more than {_MOST_CATEGORIES:,}: it names rows rather "
                "than kinds of them; leave it out"
            )
        for level in levels[int(drop_first) :]:
            for text, part in zip(texts, parts, strict=True):
                part.append((text == level).astype(np.float64).rename(f"{name}={level}"))
    return [pd.concat(part, axis=1) for part in parts]
