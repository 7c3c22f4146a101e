"""Excess risk over the generator's mean and the number of synthetic rows: where some size works, where none."""

import numpy as np
import style
from matplotlib import pyplot as plt
from matplotlib.colors import LogNorm

from mixtheory.imbalance.models.gaussian import cancelling_multiplier, solvable_means
from mixtheory.imbalance.studies import scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("local_asymmetry",)
CAPTION = (
    "Two Gaussian classes with means 0 and 1 along an axis, squared loss, 100 minority against 2000 majority rows, and "
    "a generator with mean a. (a) Excess risk, in closed form, against a and the multiplier, the number of synthetic "
    "rows in units of what the minority lacks; circles: simulated, on the same scale of colours. White line: the size "
    "that cancels the bias; hatched: no size does. Star: a wrong law, a = 2, without mismatch, so that balancing is "
    "right. (b) Along the multiplier at four means; lines are closed forms, points are simulated, with two Monte Carlo "
    "standard errors."
)

MEANS = {
    0.0: style.Style("$a=0$", style.BLACK, (0, (1, 1.2)), "s"),
    0.5: style.Style("$a=0.5$", style.VERMILION, "--", "D"),
    1.0: style.Style("$a=1$", style.BLUE, "-", "o"),
    2.0: style.Style("$a=2$", style.GREEN, "-.", "^"),
}
SCALE = LogNorm(1e-4, 0.2)
COLOURS = "cividis"


def risks(n_minority, a, multipliers):
    """Return the closed form along the multiplier."""
    example = scenarios.gaussian_example(n_minority, a)
    return example.excess_risk(np.asarray(multipliers) * example.deficit)


def draw_map(figure, ax, frame, n_minority):
    """Draw the map, the simulated cells on it, and the best size."""
    top = frame["multiplier"].max()
    means, multipliers = np.linspace(0, 3, 301), np.linspace(0, top, 301)
    values = np.array([risks(n_minority, a, multipliers) for a in means]).T
    image = ax.pcolormesh(means, multipliers, values, norm=SCALE, cmap=COLOURS, shading="gouraud", rasterized=True)
    ax.scatter(
        frame["a"], frame["multiplier"], c=frame["estimate"], norm=SCALE, cmap=COLOURS, s=17, edgecolors="white",
        linewidths=0.5, zorder=3, clip_on=False,
    )  # fmt: skip
    low, high = solvable_means()
    for ends in ((0, low), (high, 3)):
        ax.fill_betweenx([0, top], *ends, facecolor="none", edgecolor="white", hatch="////", linewidth=0)
        ax.axvline(low if ends[0] == 0 else high, color="white", linewidth=0.8, linestyle="--")
    inside = np.linspace(low, high, 401)[1:-1]
    best = cancelling_multiplier(inside)
    ax.plot(inside[best <= top], best[best <= top], color="white", linewidth=1.6)
    ax.plot(2, 1, marker="*", color=style.VERMILION, markersize=10, markeredgecolor="white", zorder=4)
    ax.set_xlim(0, 3)
    ax.set_ylim(0, top)
    ax.set_xlabel("generator's mean $a$")
    ax.set_ylabel("multiplier")
    bar = figure.colorbar(image, cax=ax.inset_axes([1.04, 0, 0.045, 1]), extend="both")
    bar.outline.set_linewidth(0.6)


def draw_cuts(ax, frame, n_minority):
    """Draw the excess risk along the multiplier."""
    dense = np.linspace(0, frame["multiplier"].max(), 301)
    for a, look in MEANS.items():
        rows = frame[frame["a"] == a].sort_values("multiplier")
        ax.plot(dense, risks(n_minority, a, dense), **look.line_kw())
        style.points(ax, rows["multiplier"], rows, look, label=look.label)
    ax.set_yscale("log")
    ax.set_xlabel("multiplier")
    ax.set_ylabel("excess risk")
    ax.set_ylim(bottom=1e-5)
    ax.legend(ncols=2, loc="lower right")


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("local_asymmetry")
    frame = frame[(frame["design"] == "map") & (frame["metric"] == "excess_risk")]
    n_minority = int(frame["n_minority"].iloc[0])
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 3.0), width_ratios=[1.2, 1])
    draw_map(figure, left, frame, n_minority)
    draw_cuts(right, frame, n_minority)
    style.panel(left, "a", "excess risk")
    style.panel(right, "b", "cuts")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
