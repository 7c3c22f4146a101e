"""What all tables of a report share: settings, streams of random numbers, notes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mixtheory.fidelity.expectation import Expectation
from mixtheory.fidelity.inputs import Tables

__all__ = ["FEWEST_ROWS", "LAW_ROWS", "Context"]

FEWEST_ROWS = 8
"""Rows of both tables, or of both parts of a class, that are needed for a null."""

LAW_ROWS = 20_000
"""Rows that are drawn from an expected law, to see by how much samples of it vary."""


@dataclass(eq=False)
class Context:
    """Two tables, settings, and what the tables of the report add: notes and arrays.

    Every table draws from a stream of its own (`stream`), so that one does not change with the others.
    """

    tables: Tables
    expectation: Expectation | None
    level: float
    replicates: int
    max_rows: int
    seed: np.random.SeedSequence
    notes: list[str] = field(default_factory=list)
    arrays: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Real rows."""
        return len(self.tables.real_codes)

    @property
    def m(self) -> int:
        """Synthetic rows."""
        return len(self.tables.synthetic_codes)

    @property
    def can_shuffle(self) -> bool:
        """Whether there are enough rows for a null."""
        return self.n > 1 and self.n + self.m >= FEWEST_ROWS

    @property
    def own_share(self) -> float:
        """Errors of m rows alone, as a share of those of their difference to n others: sqrt(n / (n + m))."""
        return float(np.sqrt(self.n / (self.n + self.m)))

    def law_rows(self, rng: np.random.Generator, group: int | None = None) -> NDArray[np.float64] | None:
        """Return rows drawn from the expected law (of one group) in the columns that vary, or None.

        A sample that misses the rare large values of its law cannot tell how rare they are; the law can.
        """
        if self.expectation is None or self.expectation.sample is None:
            return None
        if group is not None and group not in self.expectation.factors:
            return None
        return self.expectation.sample(LAW_ROWS, rng, group)[:, self.tables.varies]

    def stream(self, name: str) -> np.random.Generator:
        """Return the generator of a table."""
        key = tuple(self.seed.spawn_key) + tuple(name.encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed.entropy, spawn_key=key))
