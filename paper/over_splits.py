"""Comparisons over splits of real data, as rows of a table of the paper."""

import math

import pandas as pd

from mixtheory.comparisons import compare_over_splits, corrected_standard_error
from mixtheory.publishing.tables import format_number


def tests(frame, *, test_share, family, rows=("dataset",)):
    """Show mean differences and their tests, with the variance of Nadeau and Bengio (2003) and Holm's correction."""
    shown = []
    for row in compare_over_splits(frame, test_share=test_share, family=family).to_dict("records"):
        same = {**{key: row[key] for key in rows}, "mcse": math.nan}
        shown.append({**same, "metric": "gain", "estimate": row["estimate"], "mcse": row["standard_error"]})
        for name in ("p_value", "p_holm"):
            shown.append({**same, "metric": name, "estimate": row[name], "text": format_number(row[name], 2)})
    return pd.DataFrame(shown)


def with_corrected_errors(frame, *, test_share):
    """Put the corrected standard error in the place of the naive one."""
    errors = [
        float(corrected_standard_error(mcse, int(splits), test_share))
        for mcse, splits in zip(frame["mcse"], frame["replicates"], strict=True)
    ]
    return frame.assign(mcse=errors)
