r"""Regression coefficients refitted on both tables, side by side.

Numeric targets by least squares, two classes by logistic regression (of the second class in the order of their text),
more classes one against the rest. Columns are centred and scaled by the real mean and standard deviation, numeric
targets too, in both fits; nominal columns are dummies of all but their most frequent category. Standard errors are
those of White's sandwich with the factor n / (n - k) (HC1): given the real rows no model is true. The real rows are
given: intervals use the standard error of the synthetic fit. The null refits shuffled rows of both tables. Of more than
40 coefficients it is normal: the difference of two fits to independent samples has variance
:math:`se^2 (1 + n / m)`, with se of the real fit.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, stats

from mixtheory.fidelity.context import Context
from mixtheory.fidelity.readings import table_of_readings
from mixtheory.fidelity.refits import LARGEST_DESIGN, shuffled_differences

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REGRESSION_ROWS", "TITLES", "regression_table"]

Array = NDArray[np.float64]

REGRESSION_ROWS = 100_000
"""Rows of either table that are fitted at most."""
_LARGEST_DESIGN = 200
_DUMMIES = 20
_CLASSES = 10
# a column whose part orthogonal to the others is smaller than this is a combination of them
_COLLINEAR = 1e-7

TITLES = {
    "regression": "Coefficients of the same regression fitted to either table, per real standard deviation of a "
    "column, with robust standard errors; value is the difference, z the difference over the standard error of two "
    "independent fits. Intervals (Bonferroni) and null bands hold for all coefficients at once.",
}
"""Readings of the tables."""


def _design(context: Context) -> tuple[list[str], list[Array], list[Array]]:
    """Return the names of the columns without the intercept, and these columns of both tables."""
    tables = context.tables
    names, real, synthetic = [], [], []
    last = len(tables.numeric) - (tables.kind == "numbers")
    for place in np.flatnonzero(tables.varies[:last]).tolist():
        names.append(tables.numeric[place])
        real.append(tables.real[:, place])
        synthetic.append(tables.synthetic[:, place])
    for place, (column, categories) in enumerate(zip(tables.nominal, tables.categories, strict=True)):
        counts = np.bincount(tables.real_codes[:, place], minlength=len(categories))
        order = [int(code) for code in np.argsort(-counts, kind="stable") if counts[code]]
        if len(order) > _DUMMIES:
            context.notes.append(f"Regression without {column!r}: {len(order)} categories, more than {_DUMMIES}.")
            continue
        for code in order[1:]:
            names.append(f"{column} = {categories[code]}")
            real.append((tables.real_codes[:, place] == code).astype(np.float64))
            synthetic.append((tables.synthetic_codes[:, place] == code).astype(np.float64))
    return names, real, synthetic


def _independent(matrix: Array) -> NDArray[np.int64]:
    """Return the columns that are no combinations of others and the intercept, in order."""
    centred = matrix - matrix.mean(axis=0)
    norms = np.linalg.norm(centred, axis=0)
    scaled = centred / np.where(norms > 0, norms, 1.0)
    r, order = linalg.qr(scaled, mode="r", pivoting=True)
    diagonal = np.abs(np.diagonal(r))
    return np.sort(order[: diagonal.size][diagonal > _COLLINEAR])


def _fit(design: Array, target: Array, logistic: bool) -> tuple[Array, Array]:
    """Return coefficients and standard errors; ValueError with the reason if there are none."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ModelWarning, PerfectSeparationError

    if len(design) <= design.shape[1]:
        raise ValueError(f"{len(design)} rows are too few for {design.shape[1]} coefficients")
    if target.min() == target.max():
        raise ValueError("the target is constant")
    if _independent(design[:, 1:]).size < design.shape[1] - 1:
        raise ValueError("columns are collinear")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if logistic:
                fit = sm.Logit(target, design).fit(disp=0, cov_type="HC1")
            else:
                fit = sm.OLS(target, design).fit(cov_type="HC1")
            coefficients, errors = np.asarray(fit.params), np.asarray(fit.bse)
    except (PerfectSeparationError, ModelWarning, RuntimeWarning, np.linalg.LinAlgError) as error:
        raise ValueError(f"the classes are separated or the fit does not converge ({type(error).__name__})") from error
    if not (np.isfinite(coefficients).all() and np.isfinite(errors).all()):
        raise ValueError("standard errors are not finite")
    return coefficients, errors


def _targets(context: Context, some: NDArray[np.int64], others: NDArray[np.int64]) -> list[tuple[str, Array, Array]]:
    tables = context.tables
    if tables.kind == "numbers":
        return [("", tables.real[some, -1], tables.synthetic[others, -1])]
    codes = sorted(range(len(tables.classes)), key=lambda code: str(tables.classes[code]))
    if len(codes) == 2:
        codes = codes[1:]
    if len(codes) > _CLASSES:
        context.notes.append(f"Logistic regressions of {_CLASSES} of {len(codes)} classes.")
    return [
        (
            str(tables.classes[code]),
            (tables.real_labels[some] == code).astype(np.float64),
            (tables.synthetic_labels[others] == code).astype(np.float64),
        )
        for code in codes[:_CLASSES]
    ]


def regression_table(context: Context) -> pd.DataFrame | None:
    """Return the table "regression"; None if there is no target or nothing could be fitted."""
    import pandas as pd

    tables, rng, notes = context.tables, context.stream("regression"), context.notes
    if tables.kind is None or (tables.kind == "numbers" and not tables.varies[-1]):
        return None
    names, real, synthetic = _design(context)
    if not 0 < len(names) <= _LARGEST_DESIGN:
        notes.append(f"No regression: {len(names)} columns to regress on, from 1 to {_LARGEST_DESIGN} are possible.")
        return None
    some, others = (np.sort(rng.permutation(rows)[:REGRESSION_ROWS]) for rows in (context.n, context.m))
    if max(context.n, context.m) > REGRESSION_ROWS:
        notes.append(f"Regression on at most {REGRESSION_ROWS} rows of either table, drawn at random.")
    matrix = np.column_stack([column[some] for column in real])
    kept = _independent(matrix)
    if kept.size < len(names):
        lacking = [name for place, name in enumerate(names) if place not in kept]
        notes.append(f"Regression without columns that are combinations of others: {', '.join(lacking)}.")
    first = np.column_stack([np.ones(some.size), matrix[:, kept]])
    second = np.column_stack([np.ones(others.size), *(synthetic[place][others] for place in kept)])
    terms = ["intercept", *(names[place] for place in kept)]
    index: list[Any] = []
    columns: list[list[Array]] = []
    fitted: list[tuple[Array, Array]] = []
    for label, target, other in _targets(context, some, others):
        fits = []
        for name, design, values in (("real", first, target), ("synthetic", second, other)):
            try:
                fits.append(_fit(design, values, tables.kind == "classes"))
            except ValueError as error:
                of = f" of class {label}" if label else ""
                notes.append(f"Regression{of} on the {name} rows: {error}.")
        if len(fits) == 2:
            index += [(label, term) for term in terms]
            columns.append([*fits[0], *fits[1]])
            fitted.append((target, other))
    if not index:
        return None
    before, before_se, after, after_se = (np.concatenate(part) for part in zip(*columns, strict=True))
    value = after - before
    each = 1 - (1 - context.level) / len(value)
    reach = stats.t.ppf((1 + each) / 2, max(1, others.size - len(terms)))
    null, factor, band = None, 1.0, None
    if len(terms) <= LARGEST_DESIGN:
        logistic = tables.kind == "classes"
        null, factor = shuffled_differences(first, second, fitted, logistic, context.replicates, rng)
    else:
        reach_of_null = stats.norm.ppf((1 + each) / 2) * before_se * np.sqrt(1 + some.size / others.size)
        band = (-reach_of_null, reach_of_null)
        notes.append(
            f"Regression: the null bands of {len(terms)} coefficients are normal and may be too narrow; those of at "
            f"most {LARGEST_DESIGN} come from shuffled rows."
        )
    expected = None
    if context.expectation is not None and context.expectation.slopes:
        expected = np.zeros(value.size)
    levels: Any = pd.MultiIndex.from_tuples(index, names=["class", "term"])
    return table_of_readings(
        levels.droplevel("class") if tables.kind == "numbers" else levels,
        value,
        scales="difference",
        level=context.level,
        columns={
            "real": before,
            "real_se": before_se,
            "synthetic": after,
            "synthetic_se": after_se,
            "z": value / np.hypot(before_se, after_se),
        },
        interval=(after_se, value - reach * after_se, value + reach * after_se),
        null=null,
        null_factor=factor,
        null_band=band,
        expected=expected,
    )
