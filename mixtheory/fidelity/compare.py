"""The fidelity report: all tables, their overview, and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtheory._validation import check_integer, check_random_state, check_real
from mixtheory.fidelity import (
    by_class,
    coefficients,
    dimension,
    halves,
    marginals,
    matrices,
    moments,
    privacy,
    ranges,
    shares,
)
from mixtheory.fidelity.cells import farness
from mixtheory.fidelity.context import FEWEST_ROWS, Context
from mixtheory.fidelity.expectation import expect
from mixtheory.fidelity.inputs import read_tables
from mixtheory.fidelity.report import TABLES, FidelityReport
from mixtheory.fidelity.verdict import fewness

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fidelity_report"]

_TITLES = {
    "overview": "Each table in a line: how many rows were checked, how many lie outside their null bands (by chance at "
    "most {chance} of the tables have any), how many are not as expected, and the row that lies farthest out.",
    "expected": "Every number that the law predicts given the real rows, with the {level} interval of the synthetic "
    "rows; by chance about {chance} of the tables have an interval that misses any of its predictions.",
}


# replicates below which the ends of intervals are among the few largest ones
_COARSE = 100


def _label(entry: Any) -> str:
    return ", ".join(map(str, entry)) if isinstance(entry, tuple) else str(entry)


def _overview(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for table in tables.values():
        place = int(np.argmax(farness(table)))
        outside = int((table["within_null"] == False).sum())  # noqa: E712  (unknown ones are no False)
        row: dict[str, Any] = {
            "checked": len(table),
            "outside_null": outside,
            "not_as_expected": pd.NA,
            "worst": _label(table.index[place]),
            **{name: float(table[name].to_numpy()[place]) for name in ("value", "null_low", "null_high")},
            "within_null": outside == 0 if table["within_null"].notna().any() else pd.NA,
            "as_expected": pd.NA,
        }
        if "as_expected" in table:
            row["not_as_expected"] = int((table["as_expected"] == False).sum())  # noqa: E712
            row["as_expected"] = row["not_as_expected"] == 0
        rows.append(row)
    overview = pd.DataFrame(rows, index=pd.Index(tables, name="table"))
    types = {"not_as_expected": "Int64", "within_null": "boolean", "as_expected": "boolean"}
    return overview.astype(types)


def _expected(tables: dict[str, pd.DataFrame]) -> pd.DataFrame | None:
    import pandas as pd

    columns = ["value", "std_error", "low", "high", "expected", "as_expected"]
    parts = []
    for name, table in tables.items():
        if "expected" in table:
            part = table.loc[table["expected"].notna().to_numpy(), columns]
            labels = [(name, _label(entry)) for entry in part.index]
            parts.append(part.set_axis(pd.MultiIndex.from_tuples(labels, names=["table", "row"]), axis=0))
    return pd.concat(parts) if parts else None


def _seed(random_state: Any) -> tuple[np.random.SeedSequence, str]:
    if isinstance(random_state, np.random.SeedSequence):
        return random_state, f"entropy {random_state.entropy}"
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        check_random_state(random_state)
        return np.random.SeedSequence(int(random_state)), str(int(random_state))
    entropy = int(check_random_state(random_state).integers(2**63))
    return np.random.SeedSequence(entropy), str(entropy)


def fidelity_report(
    real: Any,
    synthetic: Any,
    *,
    y_real: Any = None,
    y_synthetic: Any = None,
    expected: Any = None,
    categorical_features: Any = "auto",
    n_bootstrap: int = 200,
    level: float = 0.95,
    max_rows: int = 20_000,
    random_state: Any = 0,
) -> FidelityReport:
    r"""Compare synthetic rows with real ones: moments, distributions, neighbours, regressions.

    Three questions are asked of every number. *How sure is it?* Synthetic rows are random given the real ones, which
    are fixed: ``std_error`` and the interval ``low`` to ``high`` come from a bootstrap of the synthetic rows, or from a
    closed form where there is one. *Could it be chance?* ``null_low`` to ``null_high`` is where the number lies when
    the synthetic rows are a fresh sample of the population of the real rows: real and synthetic rows are shuffled
    together and dealt out again into n and m rows (a permutation test, exact under that hypothesis).
    *Was it to be expected?* ``expected`` is what a mixing law predicts given the real rows, ``as_expected`` whether it
    lies in the interval. Intervals and nulls of a table hold for all of its rows at once with probability `level`
    (approximately where they come from a bootstrap).

    Parameters
    ----------
    real, synthetic : DataFrame or array_like, shapes (n, d) and (m, d)
        Tables with the same columns; of the synthetic table only the synthetic rows, not the originals.
    y_real, y_synthetic : array_like, shapes (n,) and (m,), optional
        Class labels, or numbers (floating point with more than 20 different values), which become a further column.
    expected : MixingLaw, fitted sampler or float, optional
        A law: every synthetic row is a mixture of different rows, of one class where class labels are given. A sampler
        with ``variance_factor_`` (and ``law_``): what it says. A number: means are kept and covariances
        multiplied by it.
    categorical_features : "auto", None, or sequence of bool, int or str
        Nominal columns; "auto": the columns of text, categories and truth values.
    n_bootstrap : int
        Bootstrap replicates, and shuffles, at least 20; with fewer than 100 intervals and null bands are coarse.
    level : float
        Probability of intervals, in (0.5, 1).
    max_rows : int
        Rows of either table between which nearest records are looked for, at least 20.
    random_state : int, SeedSequence, RandomState, Generator or None

    Returns
    -------
    FidelityReport

    Raises
    ------
    ValueError
        If tables have different columns, missing or infinite values (the columns are named), no rows, or synthetic
        values that are farther from the real ones than any unit allows; if targets do not fit; if `expected` is not
        fitted or does not fit; if a number is out of range.
    TypeError
        If a column holds neither numbers nor categories, or an argument has a wrong type.

    Notes
    -----
    The bootstrap draws synthetic rows independently. Where a sampler fixes the numbers of rows of its classes or draws
    rows that depend on each other negatively, intervals are wider than needed; where synthetic rows depend positively
    (one vector of weights shared by a batch), they are too narrow. Third and fourth moments of heavy-tailed columns
    need many rows before any interval is right.

    Nulls of n and m rows, not halves of the real rows: splits of the real rows alone do not know by how much their own
    spread is uncertain, and with them 7 to 15 % of the tables of fresh rows, by kind, were outside null bands of 95 %.
    Now, with four columns, a nominal one and two classes, and 200 shuffles, of 300 pairs of tables at most these were
    outside in any kind of table: 9 % (means; standard error 1.6 %) of normal tables of 80 rows each, 6 % with an
    exponential column, 8 % (variances) with an exponential column, 300 real and 500 synthetic rows. Bands that hold
    for many rows at once are estimated from the shuffles themselves: of 20 independent normal rows and 200 shuffles
    6.4 % are outside, of 10 rows and 100 shuffles 7.2 %.

    Examples
    --------
    >>> from mixtheory.mixing.synthesis import synthesize
    >>> from mixtheory.mixing.weights import Beta
    >>> rng = np.random.default_rng(0)
    >>> real = rng.normal(size=(300, 2))
    >>> synthetic = synthesize(real, Beta(1.0, 1.0), rng, pairing="distinct", n=3000)
    >>> report = fidelity_report(real, synthetic, expected=Beta(1.0, 1.0))
    >>> variances = report.tables["variances"]
    >>> variances["expected"].round(3).tolist()
    [0.666, 0.666]
    >>> bool(variances["as_expected"].all()), bool(variances["within_null"].any())
    (True, False)
    """
    replicates = check_integer("n_bootstrap", n_bootstrap, low=20)
    probability = check_real("level", level, low=0.5, high=1.0)
    rows = check_integer("max_rows", max_rows, low=20)
    seed, words = _seed(random_state)
    both = read_tables(real, synthetic, y_real, y_synthetic, categorical_features)
    notes: list[str] = []
    expectation = expect(expected, both, notes)
    context = Context(both, expectation, probability, replicates, rows, seed, notes)
    if not context.can_shuffle:
        notes.append(
            f"{context.n} real and {context.m} synthetic rows are too few for null bands: {FEWEST_ROWS} rows are "
            "needed, two of them real."
        )
    found = {
        **moments.moment_tables(context),
        **matrices.matrix_tables(context),
        "marginals": marginals.marginal_table(context),
        "range": ranges.range_table(context),
        "categories": shares.category_table(context),
        "classes": by_class.class_table(context),
        "dimension": dimension.dimension_table(context),
        "privacy": privacy.privacy_table(context),
        "regression": coefficients.regression_table(context),
    }
    tables = {name: table for name in TABLES if (table := found.get(name)) is not None}
    words_of = {"level": f"{100 * probability:g}%", "chance": f"{100 * (1 - probability):.3g}%"}
    titles = {name: title.format(**words_of) for name, title in _TITLES.items()}
    for module in (halves, moments, matrices, marginals, ranges, shares, by_class, dimension, privacy, coefficients):
        titles |= module.TITLES
    listed = _expected(tables)
    split = halves.halves_table(context, tables)
    tables = (
        {"overview": _overview(tables)}
        | ({} if split is None else {"halves": split})
        | tables
        | ({} if listed is None else {"expected": listed})
    )
    notes.append(
        f"Intervals: {replicates} bootstrap replicates of the synthetic rows, the real rows fixed. Null bands: "
        f"{replicates} shuffles of real and synthetic rows together. Seed {words}."
    )
    if replicates < _COARSE:
        notes.append(f"{replicates} replicates make intervals and null bands coarse: {_COARSE} or more are better.")
    if probability > replicates / (replicates + 1):
        notes.append(
            f"The level {probability:g} needs more than {replicates} replicates: null bands hold with probability "
            f"{replicates / (replicates + 1):.3g}."
        )
    meta = {
        "rows_real": context.n,
        "rows_synthetic": context.m,
        "columns": list(dict.fromkeys([*both.numeric, *both.nominal])),
        "nominal": list(both.nominal),
        "target": both.kind,
        "level": probability,
        "n_bootstrap": replicates,
        "seed": words,
        "expected": "" if expectation is None else expectation.text,
    }
    if (few := fewness(meta)) is not None:
        notes.insert(0, few)
    return FidelityReport(tables, {name: titles[name] for name in tables}, notes, context.arrays, meta)
