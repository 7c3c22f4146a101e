"""Rules of selection on real data against covariance matching: accuracy, log loss and risk."""

import style
from matplotlib import pyplot as plt

from mixtheory.comparisons import compare_over_splits
from mixtheory.highdim import real_data
from mixtheory.publishing.figures import figures_main

STUDIES = ("synthetic_selection",)
CAPTION = (
    "Models fitted on a few real rows and four times as many selected synthetic rows, by rule of selection, minus the "
    "same with covariance matching from the same pool, on held-out rows: accuracy (right is better than matching), "
    "negative log likelihood and logarithm of the conditional risk of least squares (left is better than matching). "
    "Means over splits and 95 percent intervals with the correction of Nadeau and Bengio for overlapping splits; "
    "filled: different from zero at level 0.05 after Holm's correction over the three data sets, for each rule."
)

METRICS = {
    "score_difference": "accuracy",
    "log_loss_difference": "log loss",
    "log_risk_difference": "log risk",
}


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("synthetic_selection")
    rules = [rule for rule in style.RULES if rule != real_data.REFERENCE_RULE]
    datasets = list(real_data.DATASETS)
    figure, axes = plt.subplots(
        len(datasets), len(METRICS), figsize=(style.TWO_COLUMNS, 6.0), sharey=True, sharex="col", squeeze=False
    )
    for column, (metric, words) in enumerate(METRICS.items()):
        chosen = (frame["metric"] == metric) & (frame["rule"] != real_data.REFERENCE_RULE)
        table = compare_over_splits(frame[chosen], test_share=real_data.TEST_SHARE, family=("rule",))
        for ax, dataset in zip(axes[:, column], datasets, strict=True):
            for row, rule in enumerate(rules):
                look = style.RULES[rule]
                one = table[(table["dataset"] == dataset) & (table["rule"] == rule)].iloc[0]
                ax.plot([one["lower"], one["upper"]], [row, row], color=look.colour, linewidth=0.9)
                full = {} if one["p_holm"] < 0.05 else {"markerfacecolor": "white"}
                ax.plot(one["estimate"], row, **look.point_kw(markersize=4, **full))
            ax.axvline(0, color=style.GREY, linewidth=0.6, zorder=0)
            ax.set_yticks(range(len(rules)), [style.RULES[rule].label for rule in rules])
            ax.tick_params(axis="y", length=0)
        axes[-1, column].set_xlabel(f"{words}, minus matching")
    for letter, ax, dataset in zip("abc", axes[:, 0], datasets, strict=True):
        style.panel(ax, letter, style.DATASETS.get(dataset, dataset))
        ax.set_ylim(len(rules) - 0.5, -0.5)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
