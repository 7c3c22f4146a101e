"""How many synthetic rows tuning chooses on real data, by set and generator."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.publishing.figures import figures_main

STUDIES = ("synthetic_size_real",)
TUNED = "tg_vtss"
CAPTION = (
    "Mean multiplier that theory-guided tuning chooses on real data, the number of synthetic rows in units of what the "
    "minority lacks, for logistic regression (a) and boosted trees (b), by generator; bars: two standard errors over "
    "the splits, without a correction for their overlap. Upright lines: adding nothing and balancing. A hollow marker: "
    "the theory-guided diagnosis could be made on fewer than half of the splits, as where classes are separated or the "
    "minority has fewer rows than coefficients; the search then compares the plain grid. Sets are ordered by the ratio "
    "of their classes."
)

TITLES = {"logistic": "logistic regression", "boosting": "boosted trees"}


def draw_panel(ax, rows, datasets):
    """Draw the mean multipliers of one model."""
    generators = [name for name in style.GENERATORS if name in set(rows["generator"])]
    for index, generator in enumerate(generators):
        look = style.GENERATORS[generator]
        chosen = rows[rows["generator"] == generator].set_index(["metric", "dataset"])
        height = np.arange(len(datasets)) + 0.15 * (index - (len(generators) - 1) / 2)
        for place, dataset in zip(height, datasets, strict=True):
            one = chosen.loc[f"multiplier_{TUNED}", dataset]
            full = {} if chosen.loc[("diagnosed", dataset), "estimate"] >= 0.5 else {"markerfacecolor": "white"}
            bar = [one["estimate"] - 2 * one["mcse"], one["estimate"] + 2 * one["mcse"]]
            ax.plot(bar, [place, place], color=look.colour, linewidth=0.7)
            ax.plot(one["estimate"], place, **look.point_kw(markersize=3, **full))
    for multiplier in (0, 1):
        ax.axvline(multiplier, color=style.GREY, linewidth=0.6, zorder=0)
    for edge in np.arange(1, len(datasets)) - 0.5:
        ax.axhline(edge, color=style.LIGHT, linewidth=0.4, zorder=0)
    ax.set_ylim(len(datasets) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("chosen multiplier")


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("synthetic_size_real")
    datasets = [name for name in style.IMBALANCED if name in set(frame["dataset"])]
    figure, axes = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 6.2), sharey=True, sharex=True)
    for letter, ax, (model, words) in zip("ab", axes, TITLES.items(), strict=True):
        draw_panel(ax, frame[frame["model"] == model], datasets)
        style.panel(ax, letter, words)
    axes[0].set_yticks(range(len(datasets)), [style.IMBALANCED[name] for name in datasets])
    axes[0].set_ylabel("data set")
    present = [look for name, look in style.GENERATORS.items() if name in set(frame["generator"])]
    handles = [plt.Line2D([], [], label=look.label, **look.point_kw(linestyle="-")) for look in present]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
