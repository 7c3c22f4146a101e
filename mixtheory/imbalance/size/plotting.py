"""Validation loss against synthetic size, with the balanced point, the theory target and the choice marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mixtheory.imbalance.size.scoring import as_scoring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_sizes"]


def plot_sizes(search: Any, ax: Axes | None = None) -> Axes:
    """Draw the validation loss of a fitted `SyntheticSizeSearchCV` against the synthetic size.

    Parameters
    ----------
    search : SyntheticSizeSearchCV
        Fitted.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default axes of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Mean loss over the splits with bars of one standard error, hollow where a size was only evaluated for
        reference; upright lines at the balanced size n_majority - n_minority, at the theory target where there is a
        finite one within or near the sizes that were compared, and at the choice.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If `search` is not fitted.
    """
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(search, "cv_results_")
    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots()
    results = search.cv_results_
    sizes, loss, error = results["size"], results["mean_test_loss"], results["sem_test_score"]
    chosen, reference = results["is_candidate"], ~results["is_candidate"]
    ax.errorbar(sizes[chosen], loss[chosen], yerr=error[chosen], fmt="o-", ms=4, capsize=2, label="candidates")
    if reference.any():
        ax.errorbar(
            sizes[reference], loss[reference], yerr=error[reference], fmt="o", ms=5, mfc="none", color="0.5",
            capsize=2, label="for reference",
        )  # fmt: skip
    ax.axvline(search.deficit_, color="0.3", ls="--", label=f"balanced, {search.deficit_}")
    target = search.candidates_.target * search.deficit_
    # a target far beyond what was compared would squeeze the curve to nothing
    if np.isfinite(target) and target <= 1.5 * max(sizes.max(), 1):
        ax.axvline(target, color="C2", ls="-.", label=f"theory target, {target:.0f}")
    ax.axvline(search.best_size_, color="C3", ls=":", lw=2, label=f"choice, {search.best_size_}")
    ax.set_xlabel("synthetic minority rows")
    scoring = as_scoring(search.scoring, search.best_estimator_)
    name = scoring.name.replace("_", " ")
    # what is drawn is minus the score, and scorers of losses are minus the loss
    is_loss = scoring.loss is not None or name.startswith("neg ")
    ax.set_ylabel(f"{'' if is_loss else 'minus '}validation {name.removeprefix('neg ')}")
    ax.legend()
    return ax
