"""The published statement about intrinsic dimension, decided from stored results of its study.

K. Abhishek, C. J. Brown and G. Hamarneh (J. Big Data 11:43, 2024) state that zeta-mixup preserves the intrinsic
dimension of data better than mixup. For one data set, estimator and number of neighbours this is a statement about the
mean of a paired difference, and it is decided as claims are: by where an interval lies.
"""

from __future__ import annotations

import math

import pandas as pd

from mixtheory._validation import check_choice, check_real
from mixtheory.verification.claim import Lower
from mixtheory.verification.intervals import StudentT, Summary
from mixtheory.verification.results import REFUTED, UNDECIDED, VERIFIED

__all__ = ["READINGS", "dimension_outcomes"]

READINGS = ("closer", "lower")
"""``"closer"``: the estimate after zeta-mixup is closer to that of the data by the margin than the estimate after
mixup; ``"lower"``: it is lower by the margin, whatever that of the data."""

_CELL = ["data", "size", "pair", "alpha", "gamma"]


def _find(low: float, high: float, margin: float) -> tuple[str, str]:
    """Return the verdict on the statement, and which of the three possible truths the interval is inside of."""
    region = Lower().limits(0.0, margin)
    if math.isnan(low):
        return UNDECIDED, "open"
    verdict = VERIFIED if low >= region[0] else REFUTED if high < region[0] else UNDECIDED
    if verdict == VERIFIED:
        return verdict, "zeta"
    if high <= -margin:
        return verdict, "mixup"
    return verdict, "tie" if -margin <= low and high <= margin else "open"


def dimension_outcomes(
    frame: pd.DataFrame, *, reading: str = "closer", margin: float = 0.05, level: float = 0.01
) -> pd.DataFrame:
    """Decide for each comparison, estimator and scale whether zeta-mixup preserves the dimension better.

    Parameters
    ----------
    frame : DataFrame
        Rows of the study ``intrinsic_dimension``: its parameters, ``metric``, ``estimate``, ``mcse``, ``replicates``.
    reading : {"closer", "lower"}
        What "better" means, see `READINGS`.
    margin : float
        What a person would call material, in dimensions, > 0.
    level : float
        Probability of one false verdict or more in the whole table, in (0, 1), split evenly over its rows.

    Returns
    -------
    DataFrame
        A row for each comparison (``data``, ``size``, ``pair``, ``alpha``, ``gamma``; 0 where it is matched) and
        estimator: ``estimator``, ``k`` (2 for TwoNN), the mean estimates ``original``, ``mixup``, ``zeta``; the mean
        ``gain`` of zeta-mixup with ``mcse``, ``lower``, ``upper``; ``verdict`` on the statement "gain >= margin":
        verified, refuted or undecided; ``found``: "zeta" or "mixup" where that law is better by the margin, "tie" where
        neither is, "constant" where all replicates agree, "open" otherwise; ``reach`` and ``offset``: median distance
        to the k-th neighbour in the data and root mean square displacement by zeta-mixup, both over the root of the
        total variance.

    Raises
    ------
    ValueError
        If columns are missing, `reading` is unknown or a number is out of range.

    Notes
    -----
    Student's interval needs 64 replicates; fewer leave everything undecided. The level is nominal: skewness is taken as
    zero. Maximum likelihood and TwoNN have differences of skewness up to about one half in absolute value, which makes
    an error on one side a few times as frequent as stated. Differences of local principal components can be far more
    skewed (2 and more, where almost every row counts all directions or none of them): their verdicts are indications,
    and where all differences are equal there is none, ``found`` is "constant". On a real data set the interval is about
    that data set, whose rows are drawn again and again, not about others like it. Two readings of one table have twice
    the level together.
    """
    check_choice("reading", reading, READINGS)
    bar = check_real("margin", margin, low=0.0)
    alpha = check_real("level", level, low=0.0, high=1.0)
    missing = {*_CELL, "metric", "estimate", "mcse", "replicates"} - set(frame.columns)
    if missing:
        raise ValueError(f"frame lacks the columns {sorted(missing)}")
    table = frame.assign(gamma=pd.to_numeric(frame["gamma"]).fillna(0.0))
    means = table.pivot(index=_CELL, columns="metric", values="estimate")
    rows = table[table["metric"].str.endswith(f"_{reading}") & (table["metric"] != f"distance_{reading}")]
    rows = rows[rows["estimate"].notna()]
    out = []
    for record in rows.to_dict("records"):
        name = str(record["metric"]).removesuffix(f"_{reading}")
        family, _, digits = name.rpartition("_")
        k = int(digits) if digits.isdigit() else 2
        count = int(record["replicates"])
        sd = float(record["mcse"]) * math.sqrt(count)
        summary = Summary(count=count, estimate=float(record["estimate"]), sd=sd)
        low, high = StudentT(0.0).bounds(summary, alpha / len(rows)) or (math.nan, math.nan)
        verdict, found = _find(low, high, bar) if sd > 0 else (UNDECIDED, "constant")
        cell = means.loc[tuple(record[key] for key in _CELL)]
        out.append(
            {
                **{key: record[key] for key in _CELL},
                "estimator": family if digits.isdigit() else name,
                "k": k,
                **{side: float(cell[f"{name}_{side}"]) for side in ("original", "mixup", "zeta")},
                "gain": summary.estimate,
                "mcse": float(record["mcse"]),
                "lower": low,
                "upper": high,
                "verdict": verdict,
                "found": found,
                "reach": float(cell.get(f"reach_{k}_original", math.nan)),
                "offset": math.sqrt(float(cell["displacement_zeta"])),
            }
        )
    return pd.DataFrame(out)
