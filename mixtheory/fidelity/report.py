r"""The result of a fidelity report: pandas tables with their readings, notes, and arrays for pictures.

Tables, in this order; one that does not apply is absent. Every table has one or two index levels (text).

==============  =====================  =================================================================================
table           index                  columns
==============  =====================  =================================================================================
overview        table                  checked, outside_null, not_as_expected, worst, value, null_low, null_high,
                                       within_null, as_expected
halves          statistic              value (synthetic and real rows), median (of pairs of halves), * (null_low and
                                       null_high: central range of pairs of halves; the rest is not known)
means           column                 real, synthetic, value (difference / real standard deviation), *
variances       column                 real, synthetic (standard deviations), value (ratio of the variances), *
covariance      statistic              real, synthetic, value, *
eigenvalues     component              real, synthetic (variances along the real eigenvectors), value (their ratio), *,
                                       sorted (eigenvalue of the synthetic rows), sorted_value (its ratio)
correlations    column, other          real, synthetic, value (difference), *
shape           column, statistic      real, synthetic, value (difference), * ("skewness", "excess kurtosis")
marginals       column, statistic      value, * ("KS", "Wasserstein")
range           column, end            real, synthetic (smallest or largest number), count_beyond (synthetic rows beyond
                                       the real one), fresh (their share to be expected of fresh rows), value (their
                                       share), * ("lowest", "highest")
categories      column, category       real, synthetic (shares), value (difference), *
classes         class, statistic       real, synthetic, value, *
dimension       statistic              real, synthetic, value (difference), * ("two_nn", "mle")
privacy         statistic              real, synthetic, count (synthetic rows, or NaN), value, *
regression      term | class, term     real, real_se, synthetic, synthetic_se, z, value (difference), *
expected        table, row             value, std_error, low, high, expected, as_expected
==============  =====================  =================================================================================

The star stands for std_error, low, high, null_low, null_high, within_null and, if something was expected and the law
says something of this table, expected and as_expected. Entries that are not known are NaN (numbers) or NA (booleans,
dtype "boolean").

Arrays (float64 unless said otherwise; one that does not apply is absent; "columns" are the numeric ones that vary, as
in the array ``columns``, d of them):

======================  ==============  =============================================================================
array                   shape           what
======================  ==============  =============================================================================
columns                 (d,) text       names of the columns of the matrices
nearest_synthetic       (q,)            distances from synthetic rows to their nearest real rows
nearest_real            (r,)            distances from real rows to their nearest other real rows
near_threshold          (1,)            a synthetic row at this distance or less is a near-copy
eigenvalues_real        (p,)            eigenvalues, largest first (real standard deviations as units)
eigenvalues_synthetic   (p,)            sorted eigenvalues of the synthetic rows
eigenvalues_along       (p,)            variances of the synthetic rows along the real eigenvectors
correlations_real       (d, d)          correlation matrix
correlations_synthetic  (d, d)          correlation matrix
projection_real         (a, 2)          some real rows on the two leading real eigenvectors (absent if d < 2)
projection_synthetic    (b, 2)          some synthetic rows on them
quantile_levels         (99,)           0.01, ..., 0.99
quantiles_real          (d, 99)         quantiles of the columns, centred and scaled by real mean and deviation
quantiles_synthetic     (d, 99)         those of the synthetic rows, centred and scaled by the same numbers
======================  ==============  =============================================================================

Meta: "rows_real", "rows_synthetic" (int), "columns" (list of names), "nominal" (list), "target" (None, "classes" or
"numbers"), "level" (float), "n_bootstrap" (int), "seed" (text), "expected" (text, "" if nothing was expected).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["TABLES", "FidelityReport"]

TABLES = (
    "overview",
    "halves",
    "means",
    "variances",
    "covariance",
    "eigenvalues",
    "correlations",
    "shape",
    "marginals",
    "range",
    "categories",
    "classes",
    "dimension",
    "privacy",
    "regression",
    "expected",
)
"""Names of the tables of a report, in order."""


@dataclass(frozen=True, eq=False, repr=False)
class FidelityReport:
    """What distinguishes synthetic rows from real ones; made by `fidelity_report`.

    Attributes
    ----------
    tables : mapping of str to DataFrame
        The tables, in the order of `TABLES`; their columns are listed at the top of this module.
    titles : mapping of str to str
        What each table shows and how to read it, in a sentence or two.
    notes : tuple of str
        Subsamples and seeds, and what could not be computed and why.
    arrays : mapping of str to ndarray
        Numbers behind the pictures.
    meta : mapping of str to object
        Sizes, level, seed and what was expected, in words.
    """

    tables: Mapping[str, pd.DataFrame]
    titles: Mapping[str, str]
    notes: Sequence[str] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [name for name in self.tables if name not in TABLES]
        if unknown or set(self.tables) != set(self.titles):
            raise ValueError(
                f"tables and titles must share names among {list(TABLES)}, "
                f"got {list(self.tables)} and {list(self.titles)}"
            )
        for name in ("tables", "titles"):
            given = getattr(self, name)
            ordered = {table: given[table] for table in TABLES if table in given}
            object.__setattr__(self, name, MappingProxyType(ordered))
        object.__setattr__(self, "notes", tuple(self.notes))
        arrays = {name: np.asarray(array) for name, array in self.arrays.items()}
        object.__setattr__(self, "arrays", MappingProxyType(arrays))
        object.__setattr__(self, "meta", MappingProxyType(dict(self.meta)))

    def __reduce__(self) -> tuple[type[FidelityReport], tuple[Any, ...]]:
        parts = (dict(self.tables), dict(self.titles), self.notes, dict(self.arrays), dict(self.meta))
        return type(self), parts

    def summary(self) -> str:
        """Return the report as text for a terminal."""
        from mixtheory.fidelity.text import report_text

        return report_text(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        rows = f"{self.meta.get('rows_real', '?')} real, {self.meta.get('rows_synthetic', '?')} synthetic rows"
        return f"FidelityReport({rows}, tables {', '.join(self.tables)})"

    def plot(self, axes: Any = None) -> Figure:
        """Return a figure of the report; `axes` are Axes to draw into, one a picture, by default new ones."""
        from mixtheory.fidelity.plotting import plot_report

        return plot_report(self, axes=axes)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Return the report as one self-contained page, and write it to `path` if that is given."""
        from mixtheory.fidelity.html import report_html

        return report_html(self, path=path)

    def to_latex(self) -> str:
        """Return the tables as LaTeX."""
        from mixtheory.fidelity.latex import report_latex

        return report_latex(self)
