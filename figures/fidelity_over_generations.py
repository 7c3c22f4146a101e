"""Correlations, margins and kurtosis of real data over generations of synthetic data."""

import style
from matplotlib import pyplot as plt

from mixtheory.publishing.figures import figures_main

STUDIES = ("repeated_synthesis_real",)
CAPTION = (
    "How far generation t of synthetic data is from the real rows it started from. Top: root mean square change of "
    "the correlations. Middle: Kolmogorov-Smirnov distance of the margins, mean over columns. Bottom: excess "
    "kurtosis, median over columns. Points: means over splits with bars of two Monte Carlo standard errors; lines "
    "join them. Independent pairs, within classes for breast cancer, wine and fair."
)

METRICS = {
    "correlation_distance": "correlation\ndistance",
    "ks": "marginal\nKS distance",
    "kurtosis": "excess\nkurtosis",
}
ORDER = ("uniform", "beta", "copying", "published", "preserving")


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("repeated_synthesis_real")
    frame = frame[frame["pairing"] == "independent"]
    figure, axes = plt.subplots(3, 5, figsize=(style.TWO_COLUMNS, 4.6), sharex=True, sharey="row")
    for row, (metric, label) in zip(axes, METRICS.items(), strict=True):
        for ax, (dataset, title) in zip(row, style.DATASETS.items(), strict=True):
            for index, law in enumerate(ORDER):
                look = style.LAWS[law]
                chosen = (frame["dataset"] == dataset) & (frame["law"] == law) & (frame["metric"] == metric)
                rows = frame[chosen].sort_values("generation")
                place = style.dodge(rows["generation"], 0.7 * (index - 2))
                ax.plot(place, rows["estimate"], **look.line_kw(linewidth=0.9))
                style.points(ax, place, rows, look, markersize=2.8)
            if metric == "correlation_distance":
                style.panel(ax, "abcde"[list(style.DATASETS).index(dataset)], title)
            style.generation_axis(ax)
            ax.set_xticks([0, 10, 30, 50])
        row[0].set_ylabel(label)
    for ax in axes[:2].flat:
        ax.set_ylim(0, None)
    for ax in axes[2]:
        ax.set_yscale("symlog", linthresh=3, linscale=1)
        style.fixed_ticks(ax.yaxis, [-2, 0, 2, 10, 30])
        ax.axhline(0, color=style.LIGHT, linewidth=0.8, zorder=0)
    figure.supxlabel("generation", fontsize=9)
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker, "markersize": 3})
        for look in (style.LAWS[law] for law in ORDER)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=5, columnspacing=1, handlelength=2)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
