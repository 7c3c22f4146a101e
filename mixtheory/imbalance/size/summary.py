"""The summary of a search for the synthetic size: what was found, what was compared, and how well it is calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtheory._summary import head
from mixtheory.imbalance.size.calibration import Calibration

if TYPE_CHECKING:
    from mixtheory.imbalance.size.search import SyntheticSizeSearchCV

__all__ = ["summarise"]

_MODELS = (("no synthetic rows", "without"), ("chosen size", "chosen"), ("chosen, prior corrected", "corrected"))


def _number(value: float) -> str:
    return "none" if not np.isfinite(value) else f"{value:.4g}"


def _calibrated(part: Calibration) -> list[str]:
    values = (part.predicted - part.observed, part.in_the_large, part.slope, part.expected_error, part.brier)
    return [f"{value:.4f}" for value in values]


def summarise(search: SyntheticSizeSearchCV) -> Any:
    """Return a statsmodels ``Summary`` of a fitted search."""
    from statsmodels.iolib.summary import Summary
    from statsmodels.iolib.table import SimpleTable
    from statsmodels.iolib.tableformatting import fmt_params

    table, best, comparison = search.cv_results_, search.best_index_, search.balance_comparison_
    symmetry = "not tested" if search.symmetry_ is None else f"{search.symmetry_.pvalue:.3g}"
    multipliers = table["param_multiplier"]
    minority = int(search.class_counts_[int(search.minority_label_ == search.classes_[1])])
    left = [
        ("Estimator:", type(search.estimator).__name__),
        ("Generator:", type(search.generator).__name__),
        ("Minority:", f"{search.minority_label_} (n = {minority})"),
        ("Rows that it lacks:", str(search.deficit_)),
        ("Rule:", search.candidates_.regime),
    ]
    right = [
        ("Chosen size:", str(search.best_size_)),
        ("Chosen multiplier:", _number(search.best_multiplier_)),
        ("Theory's target:", _number(search.candidates_.target)),
        ("P-value of symmetry:", symmetry),
        ("Quality score:", "not needed" if search.gqs_ is None else _number(search.gqs_)),
    ]
    shown = [("no synthetic rows", 0.0), ("balancing", 1.0)] if search.deficit_ else []
    rows = [(name, int(np.flatnonzero(multipliers == value)[0])) for name, value in shown] + [("choice", best)]
    losses = SimpleTable(
        [
            [f"{table['size'][k]}", f"{table['mean_test_loss'][k]:.4f}", f"{table['sem_test_score'][k]:.4f}"]
            for _, k in rows
        ],
        ["rows", "mean loss", "std err"],
        [name for name, _ in rows],
        txt_fmt=fmt_params,
    )
    summary = Summary()
    summary.tables = [head("Search for the Synthetic Size", left, right), losses]
    calibrations = search.calibration_
    if calibrations is not None:
        parts = [(name, getattr(calibrations, part)) for name, part in _MODELS]
        columns = ["overstated by", "in the large", "slope", "ECE", "Brier"]
        body = [_calibrated(part) for _, part in parts]
        summary.tables.append(SimpleTable(body, columns, [name for name, _ in parts], txt_fmt=fmt_params))
    words = "differs" if search.differs_from_balancing_ else "does not differ"
    summary.add_extra_txt(
        [
            f"Validation loss by {comparison.n_splits} splits. The choice {words} from balancing by more than its "
            "standard",
            f"error: {comparison.difference:+.4f} with standard error {comparison.standard_error:.4f}.",
        ]
    )
    return summary
