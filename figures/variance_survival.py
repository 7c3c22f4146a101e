"""Survival of variance over generations of synthetic data."""

import style
from matplotlib import pyplot as plt

from mixtheory.mixing.studies import repeated
from mixtheory.publishing.figures import figures_main

STUDIES = ("repeated_synthesis", "repeated_synthesis_real")
CAPTION = (
    "Variance of generation t over that of the start. (a) Normal samples of 100 rows, independent pairs, six weight "
    "laws. (b) The preserving uniform law under five pairing schemes. (c) to (g) Real data, independent pairs, within "
    "classes for a classification: mean over columns. Lines: closed form of the expected variance; filled points: "
    "means over runs, with bars of two Monte Carlo standard errors; hollow points: medians over runs. Where the "
    "filled points fall below their line the law over runs is so skewed that a mean of this many runs misses its rare "
    "large values: the expected variance is constant or slowly falling, the typical run collapses. Values below the "
    "axis are not shown."
)

GENERATIONS = range(0, 51, 5)
ORDER = ("uniform", "beta", "copying", "published", "preserving", "compensated")
# Series that stay near one would hide each other; steep ones keep their place, or they would seem to miss their line.
SHIFTS = {
    "copying": -1.5,
    "published": -0.5,
    "preserving": 0.5,
    "compensated": 1.5,
    "independent": -1.5,
    "distinct": -0.75,
    "derangement": 0.75,
    "permutation": 1.5,
}


def draw_curve(ax, frame, look, expected, shift):
    """Draw the closed form, the means and the medians of one law or scheme; series sit side by side."""
    ax.plot(GENERATIONS, expected, **look.line_kw(linewidth=0.9))
    means = frame[(frame["metric"] == "variance") & (frame["generation"] > 0)]
    medians = frame[(frame["metric"] == "variance_median") & (frame["generation"] > 0)]
    # a bar that reaches below zero ends at the foot of the logarithmic axis
    low = (2 * means["mcse"]).clip(upper=0.99 * means["estimate"])
    ax.errorbar(
        style.dodge(means["generation"], shift),
        means["estimate"],
        yerr=[low, 2 * means["mcse"]],
        elinewidth=0.8,
        zorder=3,
        **look.point_kw(markersize=3.2),
    )
    ax.plot(
        style.dodge(medians["generation"], shift),
        medians["estimate"],
        zorder=3,
        **look.point_kw(markersize=3.2, markerfacecolor="white", markeredgewidth=0.8),
    )


def legend(ax, looks, title):
    """Fill an empty panel with the key."""
    ax.axis("off")
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker, "markersize": 3.2})
        for look in looks
    ]
    handles += [
        plt.Line2D([], [], color=style.GREY, marker="o", linestyle="none", markersize=3.2, label="mean over runs"),
        plt.Line2D(
            [],
            [],
            color=style.GREY,
            marker="o",
            linestyle="none",
            markersize=3.2,
            markerfacecolor="white",
            label="median over runs",
        ),
    ]
    return ax.legend(handles=handles, loc="upper left", title=title, alignment="left", borderaxespad=0, fontsize=7.5)


def draw(results):
    """Draw the figure."""
    style.use()
    simulated = results.frame("repeated_synthesis")
    simulated = simulated[simulated["population"] == "normal"]
    size = int(simulated["size"].iloc[0])
    real = results.frame("repeated_synthesis_real")
    figure, axes = plt.subplots(3, 3, figsize=(style.TWO_COLUMNS, 5.6), sharex=True, sharey="row")
    for name in ORDER:
        rows = simulated[(simulated["law"] == name) & (simulated["pairing"] == "independent")]
        expected = [repeated.population_reference(name, "independent", size, t)["variance"] for t in GENERATIONS]
        draw_curve(axes[0, 0], rows, style.LAWS[name], expected, SHIFTS.get(name, 0.0))
    for name, look in style.PAIRINGS.items():
        rows = simulated[(simulated["law"] == "preserving") & (simulated["pairing"] == name)]
        expected = [repeated.population_reference("preserving", name, size, t)["variance"] for t in GENERATIONS]
        draw_curve(axes[0, 1], rows, look, expected, SHIFTS.get(name, 0.0))
    style.panel(axes[0, 0], "a", "normal samples, six laws")
    style.panel(axes[0, 1], "b", "normal samples, five schemes")
    panels = (axes[1, 0], axes[1, 1], axes[1, 2], axes[2, 0], axes[2, 1])
    for letter, ax, (dataset, title) in zip("cdefg", panels, style.DATASETS.items(), strict=True):
        for name in ORDER:
            chosen = (real["dataset"] == dataset) & (real["law"] == name) & (real["pairing"] == "independent")
            expected = [repeated.real_reference(dataset, name, "independent", t)["variance"] for t in GENERATIONS]
            draw_curve(ax, real[chosen], style.LAWS[name], expected, SHIFTS.get(name, 0.0))
        style.panel(ax, letter, title)
    for ax in (axes[0, 0], axes[0, 1], *panels):
        ax.axhline(1, color=style.LIGHT, linewidth=0.8, zorder=0)
        ax.set_yscale("log")
        style.generation_axis(ax)
    for ax in axes[:, 0]:
        ax.set_ylabel("variance / start")
    for row, foot in zip(axes, (3e-3, 0.03, 0.03), strict=True):
        row[0].set_ylim(foot, 4)
    figure.supxlabel("generation", fontsize=9)
    axes[1, 2].tick_params(labelbottom=True)
    legend(axes[0, 2], style.PAIRINGS.values(), "pairing schemes (b)")
    legend(axes[2, 2], [style.LAWS[name] for name in ORDER], "weight laws (a, c to g)")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
