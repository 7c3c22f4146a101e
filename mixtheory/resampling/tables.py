"""A table of any kind as a sampler sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

__all__ = ["Table", "is_sparse"]

Indices = NDArray[np.int64]


def is_sparse(value: Any) -> bool:
    """Whether `value` is a sparse array or matrix of SciPy."""
    return bool(issparse(value))


@dataclass(frozen=True, eq=False)
class Table:
    """A table: its numbers, its nominal columns, and the table itself for the way back.

    Attributes
    ----------
    numbers : ndarray or csr, shape (n, d_numeric)
        Numeric columns, float32 or float64, C-contiguous and finite. Not to be written to.
    names : tuple
        Names of the numeric columns; their places where there are no names.
    places : ndarray of int64, shape (d_numeric,)
        Places of the numeric columns in the table.
    dtypes : tuple of numpy.dtype
        What the numeric columns hold, ``int64`` for integers that came as objects.
    nominal_names : tuple
        Names of the nominal columns.
    nominal_places : ndarray of int64, shape (d_nominal,)
        Places of the nominal columns in the table.
    source : ndarray, csr, csc or DataFrame, shape (n, d)
        The table as it came.
    listed : bool
        Whether it came as a list.
    """

    numbers: Any
    names: tuple[Any, ...]
    places: Indices
    dtypes: tuple[np.dtype[Any], ...]
    nominal_names: tuple[Any, ...]
    nominal_places: Indices
    source: Any
    listed: bool

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.numbers.shape[0])

    @cached_property
    def nominal(self) -> Indices:
        """Codes of the nominal columns, 0, 1, ..., shape (n, d_nominal); a missing value is a value like others.

        Raises
        ------
        TypeError
            If a column has values that cannot be compared, such as lists.
        """
        import pandas as pd

        codes = np.empty((self.n_rows, len(self.nominal_places)), dtype=np.int64)
        for column, place in enumerate(self.nominal_places):
            values = self.source.iloc[:, place] if hasattr(self.source, "iloc") else self.source[:, place]
            try:
                codes[:, column] = pd.factorize(values, use_na_sentinel=False)[0]
            except TypeError as error:
                raise TypeError(
                    f"X must have values that can be compared in {self.nominal_names[column]!r}: {error}"
                ) from error
        return codes

    def blank(self, rows: int) -> NDArray[Any]:
        """Return an array of shape (rows, d_numeric) in the precision of `numbers`, to be filled with synthetic rows.

        Where the result is one array with the real rows on top, these are the rows below them, and nothing is copied.
        """
        whole = np.empty((self.n_rows + rows, self.numbers.shape[1]), dtype=self.numbers.dtype)
        return whole[self.n_rows :]
