"""Reports to be shown: every table and picture, computed from random rows and not by the report's own code."""

import numpy as np
import pandas as pd
from scipy import stats

from mixtheory.fidelity.report import TABLES, FidelityReport

AWKWARD = ("<b>a&b</b>", "a_b$%", "größe μ 名前", "x" * 90, "back\\slash {brace}^~#", "tab\tnew\nline\x00‮", '"quoted"')
LEVEL = 0.95


def judged(index, value, error, half, centre=0.0, expected=None, **columns):
    """Return a table with the columns that all tables share."""
    value, error = np.asarray(value, float), np.broadcast_to(np.asarray(error, float), np.shape(value))
    frame = pd.DataFrame({**columns, "value": value, "std_error": error}, index=index)
    frame["low"], frame["high"] = value - 2 * error, value + 2 * error
    frame["null_low"], frame["null_high"] = centre - half, centre + half
    frame["within_null"] = pd.array(np.abs(value - centre) <= half, dtype="boolean")
    if expected is not None:
        frame["expected"] = np.asarray(expected, float)
        frame["as_expected"] = pd.array(
            (frame["expected"] >= frame["low"]) & (frame["expected"] <= frame["high"]), dtype="boolean"
        )
    return frame


def example(names=("age", "income", "height", "score"), *, factor=2 / 3, n=400, seed=0, expected=True, notes=()):
    """Return a report of rows whose deviations are shrunk: variances are smaller by `factor`."""
    rng = np.random.default_rng(seed)
    d = len(names)
    mixing = np.eye(d) + rng.normal(size=(d, d)) / (2 * np.sqrt(d))
    real = rng.normal(size=(n, d)) @ mixing.T
    parents = rng.integers(n, size=n)
    synthetic = real.mean(axis=0) + np.sqrt(factor) * (real[parents] - real.mean(axis=0))
    synthetic[: n // 100] = real[: n // 100]
    scale = real.std(axis=0)
    real, synthetic = (part / scale for part in (real, synthetic))
    column = pd.Index(names, name="column")
    se = np.sqrt(2 / n)
    law = {"expected": np.full(d, factor)} if expected else {}
    before, after = np.cov(real.T).reshape(d, d), np.cov(synthetic.T).reshape(d, d)
    tables = {
        "means": judged(
            column, synthetic.mean(0) - real.mean(0), se / 2, 3 * se, real=real.mean(0), synthetic=synthetic.mean(0),
            **({"expected": np.zeros(d)} if expected else {}),
        ),
        "variances": judged(
            column, np.diag(after) / np.diag(before), se, 3 * se, 1.0, real=np.sqrt(np.diag(before)),
            synthetic=np.sqrt(np.diag(after)), **law,
        ),
        "covariance": judged(
            pd.Index(["operator norm", "Frobenius norm"], name="statistic"),
            [np.linalg.norm(after - before, order) / np.linalg.norm(before, order) for order in (2, "fro")], se, 3 * se,
        ),
        "shape": judged(
            pd.MultiIndex.from_product([names, ["skewness", "excess kurtosis"]], names=["column", "statistic"]),
            np.ravel([[s(synthetic[:, j]) - s(real[:, j]) for s in (stats.skew, stats.kurtosis)] for j in range(d)]),
            3 * se, 8 * se,
        ),
        "marginals": judged(
            pd.MultiIndex.from_product([names, ["KS", "Wasserstein"]], names=["column", "statistic"]),
            np.ravel([
                [f(real[:, j], synthetic[:, j]) for f in (lambda a, b: stats.ks_2samp(a, b).statistic,
                                                         stats.wasserstein_distance)] for j in range(d)
            ]), se / 3, 1.5 * se,
        ),
        "categories": judged(
            pd.MultiIndex.from_tuples([("town", "north & <south>"), ("town", "east")], names=["column", "category"]),
            [0.01, -0.01], 0.02, 0.05, real=[0.4, 0.6], synthetic=[0.41, 0.59],
        ),
        "dimension": judged(pd.Index(["two_nn", "mle"], name="statistic"), [0.1, -2.0], 0.2, 0.5, real=[d, d],
                            synthetic=[d + 0.1, d - 2.0]),
    }  # fmt: skip
    values, vectors = np.linalg.eigh(before)
    values, vectors = values[::-1], vectors[:, ::-1]
    along = np.einsum("ij,ik,kj->j", vectors, after, vectors)
    if d > 1:
        tables["eigenvalues"] = judged(
            pd.Index(np.arange(1, d + 1).astype(str), name="component"), along / values, se, 3 * se, 1.0,
            real=values, synthetic=along, **law,
        )  # fmt: skip
        pairs = np.triu_indices(d, 1)
        first, second = np.corrcoef(real.T)[pairs], np.corrcoef(synthetic.T)[pairs]
        index = pd.MultiIndex.from_arrays([column[pairs[0]], column[pairs[1]]], names=["column", "other"])
        tables["correlations"] = judged(index, second - first, se, 3 * se, real=first, synthetic=second)
    nearest, other = (_nearest(real, rows) for rows in (synthetic, real))
    tables["privacy"] = judged(
        pd.Index(["exact copies", "median nearest distance"], name="statistic"),
        [np.mean(nearest == 0), np.median(nearest) / np.median(other)], [0.002, 0.02], np.array([0.001, 0.1]),
        np.array([0.0, 1.0]), real=[0.0, np.median(other)], synthetic=[np.mean(nearest == 0), np.median(nearest)],
        count=[float(np.sum(nearest == 0)), np.nan],
    )  # fmt: skip
    terms = pd.Index(["const", *names], name="term")
    slopes = rng.normal(size=(2, d + 1))
    slopes[1] = slopes[0] + rng.normal(size=d + 1) * 0.05
    tables["regression"] = judged(
        terms, slopes[1] - slopes[0], 0.05, 0.15, real=slopes[0], real_se=np.full(d + 1, 0.05), synthetic=slopes[1],
        synthetic_se=np.full(d + 1, 0.04), z=(slopes[1] - slopes[0]) / 0.064,
    )  # fmt: skip
    tables["overview"] = pd.DataFrame(
        [
            [int(t["within_null"].notna().sum()), int((~t["within_null"]).sum()), str(t.index[0])]
            for t in tables.values()
        ],
        index=pd.Index(tables, name="table"),
        columns=["checked", "outside_null", "worst"],
    )
    arrays = {
        "nearest_synthetic": nearest, "nearest_real": other, "near_threshold": np.quantile(other, [0.01]),
        "projection_real": real @ vectors[:, :2], "projection_synthetic": synthetic @ vectors[:, :2],
    }  # fmt: skip
    meta = {
        "rows_real": n, "rows_synthetic": n, "columns": [*names, "town"], "nominal": ["town"], "target": "numbers",
        "level": LEVEL, "n_bootstrap": 200, "seed": "0", "expected": f"covariance times {factor:.3g}" * expected,
    }  # fmt: skip
    titles = {name: f"What {name} shows & how to read it: <value> in 50% of cases." for name in tables}
    assert set(tables) <= set(TABLES)
    return FidelityReport(tables, titles, notes, arrays if d > 1 else {}, meta)


def part(report, *names):
    """Return a report of some tables, without arrays."""
    tables = {name: report.tables[name].copy() for name in names}
    return FidelityReport(tables, {name: report.titles[name] for name in names}, report.notes, {}, report.meta)


def _nearest(real, rows):
    squares = ((rows[:, None, :] - real[None, :, :]) ** 2).sum(-1)
    if rows is real:
        np.fill_diagonal(squares, np.inf)
    return np.sqrt(squares.min(axis=1))
