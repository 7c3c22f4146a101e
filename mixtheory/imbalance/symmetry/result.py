"""The result of the test of local symmetry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mixtheory._summary import head
from mixtheory._validation import check_matrix, check_real
from mixtheory.imbalance.models.wald import power
from mixtheory.imbalance.symmetry.classes import INTERCEPT
from mixtheory.imbalance.symmetry.covariance import quadratic_form

__all__ = ["SymmetryTestResult"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SymmetryTestResult:
    """Result of `symmetry_test`; print it or its `summary`.

    Attributes
    ----------
    statistic : float
        T = g' V^{-1} g.
    df : int
        Degrees of freedom: the number p of coefficients, or p - 1 for the slopes beside an intercept.
    pvalue : float
    gap : ndarray, shape (df,)
        Mean score of the majority less that of the minority at the balanced fit; for the slopes the effective gap.
    covariance : ndarray, shape (df, df)
        V, the estimated covariance of the gap.
    theta : ndarray, shape (p,)
        Balanced fit, the intercept last.
    hessians : tuple of ndarray, shape (p, p)
        Mean Hessians of majority and minority at the balanced fit.
    nobs : tuple of int
        Rows of majority and minority, without those of weight 0.
    labels : tuple
        Labels of majority and minority.
    names : tuple of str
        Names of the tested coefficients.
    loss, method, parameters : str
        Name of the loss, how the covariance and the reference law were found, and whether "all" coefficients were
        tested or the "slopes".
    bootstrap : ndarray, shape (n_bootstrap,)
        Statistics of the bootstrap, empty without one; inf where a matrix was singular.
    """

    statistic: float
    df: int
    pvalue: float
    gap: Array
    covariance: Array
    theta: Array
    hessians: tuple[Array, Array]
    nobs: tuple[int, int]
    labels: tuple[Any, Any]
    names: tuple[str, ...]
    loss: str
    method: str
    parameters: str = "all"
    bootstrap: Array = field(default_factory=lambda: np.empty(0), repr=False)

    def power(self, gap_alternative: ArrayLike, level: float = 0.05) -> float:
        r"""Asymptotic power at these sample sizes if the class gap were `gap_alternative`.

        :math:`P(\chi^2_{df}(\lambda) > \chi^2_{df, 1 - level})` with :math:`\lambda = g' V^{-1} g` and the estimated V:
        for gaps of the order of their standard errors, which leave V as it is.

        Parameters
        ----------
        gap_alternative : array_like, shape (df,)
        level : float, default 0.05

        Raises
        ------
        TypeError, ValueError
            If the gap has not one entry a coefficient, or `level` is not in (0, 1).
        """
        gap = check_matrix("gap_alternative", gap_alternative, ndim=1)
        if len(gap) != self.df:
            raise ValueError(f"gap_alternative must have one entry a coefficient, {self.df}, got {len(gap)}")
        return power(quadratic_form(gap, self.covariance), self.df, level)

    def summary(self, level: float = 0.05) -> Any:
        """Return a statsmodels ``Summary``: the test, and each entry of the gap with its 1 - level interval.

        The intervals of the entries are normal ones with the standard errors from V, whatever the method of the test.
        """
        # here, so that the test does not import statsmodels
        from statsmodels.iolib.summary import Summary, forg
        from statsmodels.iolib.table import SimpleTable
        from statsmodels.iolib.tableformatting import fmt_params

        level = check_real("level", level, low=0.0, high=1.0)
        left = [("Loss:", self.loss), ("Method:", self.method)]
        for role, label, n in zip(("Majority", "Minority"), self.labels, self.nobs, strict=True):
            left.append((f"{role}:", f"{label} (n = {n})"))
        right = [
            ("Wald statistic:", forg(self.statistic)),
            ("Df:", str(self.df)),
            ("P-value:", f"{self.pvalue:#.3g}"),
            ("No. Observations:", str(sum(self.nobs))),
        ]
        errors = np.sqrt(np.diagonal(self.covariance))
        ratios = self.gap / errors
        reach = float(stats.norm.isf(level / 2)) * errors
        columns = (self.gap, errors, ratios, 2 * stats.norm.sf(np.abs(ratios)), self.gap - reach, self.gap + reach)
        rows = [[f"{v:#6.3f}" if k == 3 else forg(v) for k, v in enumerate(row)] for row in zip(*columns, strict=True)]
        header = ["gap", "std err", "z", "P>|z|", f"[{level / 2:.4g}", f"{1 - level / 2:.4g}]"]
        summary = Summary()
        gaps = SimpleTable(rows, header, list(self.names), txt_fmt=fmt_params)
        summary.tables = [head("Wald Test of Local Symmetry", left, right), gaps]
        summary.add_extra_txt(self._null())
        return summary

    def _null(self) -> list[str]:
        if self.parameters == "slopes":
            return ["Null hypothesis: to first order the mix of the classes moves the intercept alone."]
        lines = ["Null hypothesis: at the balanced fit both classes have a mean score of zero (gap = 0)."]
        if self.names[-1] == INTERCEPT:
            lines.append(
                "An intercept's entry of the gap is positive in any population (see the notes of symmetry_test)."
            )
        return lines

    def __str__(self) -> str:
        return str(self.summary())
