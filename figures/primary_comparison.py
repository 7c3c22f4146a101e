"""Synthetic against real training rows: the comparison that was fixed beforehand."""

import style
from matplotlib import pyplot as plt

from mixtheory.comparisons import compare_over_splits
from mixtheory.mixing.studies import repeated
from mixtheory.publishing.figures import figures_main

STUDIES = ("repeated_synthesis_real",)
METRIC, LAW, GENERATION = "score_gain", "preserving", 10
CAPTION = (
    "Held-out accuracy (left) and R squared (right) of the model trained on generation 10 minus that of the model "
    "trained on the real rows of the same split: means over splits and 95 percent intervals with the correction of "
    "Nadeau and Bengio for overlapping splits. The law of the primary comparison is the preserving uniform law; a "
    "filled marker means a difference from zero at level 0.05 after Holm's correction over the five data sets (for "
    "each law)."
)

ORDER = ("preserving", "published", "compensated", "copying", "beta", "uniform")
PANELS = (("breast_cancer", "wine", "fair"), ("diabetes", "randhie"))


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("repeated_synthesis_real")
    chosen = (frame["metric"] == METRIC) & (frame["generation"] == GENERATION) & (frame["pairing"] == "independent")
    table = compare_over_splits(frame[chosen], test_share=repeated.TEST_SHARE, family=("law",))
    figure, axes = plt.subplots(
        1, 2, figsize=(style.TWO_COLUMNS, 3.0), gridspec_kw={"width_ratios": [1, 1]}, sharey=False
    )
    for letter, ax, datasets in zip("ab", axes, PANELS, strict=True):
        for row, dataset in enumerate(datasets):
            for index, law in enumerate(ORDER):
                look = style.LAWS[law]
                one = table[(table["dataset"] == dataset) & (table["law"] == law)].iloc[0]
                height = row + 0.12 * (index - 2.5)
                ax.plot([one["lower"], one["upper"]], [height, height], color=look.colour, linewidth=0.9)
                full = {} if one["p_holm"] < 0.05 else {"markerfacecolor": "white"}
                ax.plot(one["estimate"], height, **look.point_kw(markersize=4 if law == LAW else 3.2, **full))
        ax.axvline(0, color=style.GREY, linewidth=0.6, zorder=0)
        ax.set_yticks(range(len(datasets)), [style.DATASETS[name] for name in datasets])
        ax.set_ylim(len(datasets) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
        style.panel(ax, letter)
    axes[0].set_xlabel("accuracy, synthetic minus real")
    axes[1].set_xlabel("$R^2$, synthetic minus real")
    handles = [
        plt.Line2D([], [], label=style.LAWS[law].label, **style.LAWS[law].point_kw(linestyle="-")) for law in ORDER
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
