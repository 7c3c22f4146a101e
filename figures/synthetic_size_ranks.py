"""Mean ranks over data sets of tuned synthetic sizes and their rivals, and how often tuning wins."""

import style
from matplotlib import pyplot as plt

from mixtheory.comparisons import compare_over_splits, rank_summary, win_tie_loss
from mixtheory.imbalance.studies import real_data
from mixtheory.imbalance.studies.methods import METHODS
from mixtheory.publishing.figures import figures_main

STUDIES = ("synthetic_size_real",)
MEASURE, TUNED = "balanced_log_loss", "tg_vtss"
CAPTION = (
    "Top: mean rank over the real data sets of each method's balanced log loss, averaged over splits and generators, "
    "for logistic regression (a) and boosted trees (b); 1 is best. Grey bars join methods of which no pair differs at "
    "level 0.05 by the signed-rank test of Wilcoxon with Holm's correction. Bottom (c, d): the share of pairs of data "
    "set and generator in which theory-guided tuning has a smaller (right of zero) or a larger mean balanced log loss "
    "(left of zero) than each rival; dark: different at level 0.05 by the test of Nadeau and Bengio, each pair for "
    "itself."
)

TITLES = {"logistic": "logistic regression", "boosting": "boosted trees"}
RIVALS = tuple(method for method in METHODS if method != TUNED)


def draw_ranks(ax, summary):
    """Draw mean ranks as lollipops in order, with bars that join methods that do not differ."""
    order = list(summary.ranks.index)
    for place, method in enumerate(order):
        look = style.METHODS[method]
        ax.plot([1, summary.ranks[method]], [place, place], color=style.LIGHT, linewidth=0.8, zorder=0)
        ax.plot(summary.ranks[method], place, **look.point_kw(markersize=4.5))
    for column, group in enumerate(summary.groups):
        ends = [order.index(group[0]) - 0.25, order.index(group[-1]) + 0.25]
        ax.plot([len(order) + 0.35 + 0.3 * column] * 2, ends, color=style.GREY, linewidth=2.0, solid_capstyle="butt")
    ax.set_yticks(range(len(order)), [style.METHODS[method].label for method in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.set_xlim(1, len(order) + 0.6 + 0.3 * max(1, len(summary.groups)))
    ax.set_xticks(range(1, len(order) + 1))
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("mean rank")


def draw_counts(ax, counts):
    """Draw the shares of wins and losses to both sides of zero."""
    counts = counts.set_index("rival").loc[list(RIVALS)]
    for place, rival in enumerate(RIVALS):
        one = counts.loc[rival] / counts.loc[rival, "sets"]
        worse = 1 - one["better"] - one["equal"]
        for share, clear, sign, colour in (
            (one["better"], one["wins"], 1, style.BLUE),
            (worse, one["losses"], -1, style.VERMILION),
        ):
            ax.barh(place, sign * share, color=colour, alpha=0.35, height=0.6)
            ax.barh(place, sign * clear, color=colour, height=0.6)
    ax.axvline(0, color=style.BLACK, linewidth=0.6)
    ax.set_yticks(range(len(RIVALS)), [f"vs {style.METHODS[rival].label}" for rival in RIVALS])
    ax.set_ylim(len(RIVALS) - 0.5, -0.5)
    ax.set_xlim(-1, 1)
    ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["100 %", "50 %", "0", "50 %", "100 %"])
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("tuning is worse | better")


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("synthetic_size_real")
    losses = real_data.losses(frame, MEASURE)
    pairs = real_data.tuned_minus_others(frame, MEASURE)
    pairs = pairs[pairs["tuned"] == TUNED]
    table = compare_over_splits(pairs, test_share=real_data.TEST_SHARE, family=("model", "generator", "rival"))
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 4.4))
    for column, (model, words) in enumerate(TITLES.items()):
        own = losses[losses["model"] == model]
        wide = own.pivot_table(index="dataset", columns="method", values="estimate", aggfunc="mean")
        draw_ranks(axes[0, column], rank_summary(wide))
        mine = table[table["model"] == model]
        equal = mine.assign(equal=mine["estimate"] == 0).groupby("rival", sort=False)["equal"].sum()
        counts = win_tie_loss(mine, by=["rival"])
        draw_counts(axes[1, column], counts.assign(equal=counts["rival"].map(equal)))
        style.panel(axes[0, column], "ab"[column], words)
        style.panel(axes[1, column], "cd"[column], words)
    axes[0, 0].set_ylabel("method")
    axes[1, 0].set_ylabel("rival")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
