"""Theory-guided tuning of the synthetic size against its rivals on real data, set by set."""

import style
from matplotlib import pyplot as plt

from mixtheory.comparisons import compare_over_splits
from mixtheory.imbalance.studies import real_data
from mixtheory.publishing.figures import figures_main

STUDIES = ("synthetic_size_real",)
MEASURE, TUNED, GENERATOR = "balanced_log_loss", "tg_vtss", "smote"
CAPTION = (
    "Balanced log loss on held-out rows after theory-guided tuning of the number of SMOTE rows, minus that after doing "
    "nothing, after class weights, after correcting the prior and after balancing by SMOTE (left of zero: tuning is "
    "better), for logistic regression (top) and boosted trees (bottom). Means over splits and 95 percent intervals "
    "with the correction of Nadeau and Bengio for overlapping splits; filled: different from zero at level 0.05 after "
    "Holm's correction over the data sets. Sets are ordered by the ratio of their classes, the largest on top. Axes "
    "are linear near zero and logarithmic further out. The comparison that was fixed beforehand is that with balancing "
    "for logistic regression."
)

RIVALS = ("none", "class_weights", "prior_correction", "balancing")
TITLES = {"logistic": "logistic regression", "boosting": "boosted trees"}
LINEAR = 0.1


def draw_panel(ax, table, datasets, look):
    """Draw the differences on all sets."""
    for place, dataset in enumerate(datasets):
        one = table[table["dataset"] == dataset].iloc[0]
        ax.plot([one["lower"], one["upper"]], [place, place], color=look.colour, linewidth=0.9)
        full = {} if one["p_holm"] < 0.05 else {"markerfacecolor": "white"}
        ax.plot(one["estimate"], place, **look.point_kw(markersize=3.4, **full))
    ax.axvline(0, color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_xscale("symlog", linthresh=LINEAR, linscale=1.2)
    style.fixed_ticks(ax.xaxis, [-1, -0.1, 0, 0.1, 1])
    ax.set_ylim(len(datasets) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("synthetic_size_real")
    pairs = real_data.tuned_minus_others(frame[frame["generator"] == GENERATOR], MEASURE)
    pairs = pairs[(pairs["tuned"] == TUNED) & pairs["rival"].isin(RIVALS)]
    table = compare_over_splits(pairs, test_share=real_data.TEST_SHARE, family=("model", "rival"))
    datasets = [name for name in style.IMBALANCED if name in set(table["dataset"])]
    figure, axes = plt.subplots(
        len(TITLES), len(RIVALS), figsize=(style.TWO_COLUMNS, 6.4), sharex=True, sharey=True, squeeze=False
    )
    for row, (model, words) in zip(axes, TITLES.items(), strict=True):
        for ax, rival in zip(row, RIVALS, strict=True):
            chosen = table[(table["model"] == model) & (table["rival"] == rival)]
            draw_panel(ax, chosen, datasets, style.METHODS[rival])
            ax.set_title(f"minus {style.METHODS[rival].label}", color=style.BLACK)
        row[0].set_yticks(range(len(datasets)), [style.IMBALANCED[name] for name in datasets])
        row[0].set_ylabel(words)
    for letter, ax in zip("ab", axes[:, 0], strict=True):
        ax.set_title(f"({letter})", loc="left")
    figure.supxlabel("difference of the balanced log loss", fontsize=9)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
