"""Which law keeps the intrinsic dimension at equal covariance: a question of scale."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing.studies.dimension_outcomes import dimension_outcomes
from mixtheory.publishing.figures import figures_main

STUDIES = ("intrinsic_dimension",)
CAPTION = (
    "Intrinsic dimension after mixup and zeta-mixup of equal covariance factor, batches of 32, maximum likelihood. (a) "
    "Estimates on a helix against the number of neighbours, Beta(0.2, 0.2); dotted: where the distance to the k-th "
    "neighbour in the data equals the root mean square offset of zeta-mixup. (b) How much closer zeta-mixup is to the "
    "estimate of the data, for all data without noise, sizes and numbers of neighbours, against the distance to the "
    "k-th neighbour over that offset; filled: Beta(0.2, 0.2), hollow: Beta(1, 1). (c, d) Estimates with 8 and 128 "
    "neighbours against the root mean square distance to the manifold, over the root of the total variance; lines lead "
    "from mixup (hollow) to zeta-mixup (filled) on the same data. Bars: two Monte Carlo standard errors."
)

LAWS = {
    "original": style.Style("data", style.BLACK, "-", "o"),
    "mixup": style.Style("mixup", style.VERMILION, "--", "s"),
    "zeta": style.Style("zeta-mixup", style.BLUE, "-", "^"),
}
DATA = {
    "half_moons": style.Style("half-moons", style.GREEN, "-", "^"),
    "spiral": style.Style("spiral", style.BLUE, "-", "o"),
    "helix": style.Style("helix", style.VERMILION, "-", "s"),
    "swiss_roll": style.Style("Swiss roll", style.ORANGE, "-", "D"),
    "five_in_twenty": style.Style("5 in 20", style.PURPLE, "-", "v"),
    "digits": style.Style("digits", style.BLACK, "-", "X"),
}
# with a distance to the manifold that shares its axis with the others
CURVES = ("half_moons", "spiral", "helix", "swiss_roll")
SIZE = 2048
ALPHA = 0.2


def estimates(frame, metric):
    """Return the rows of a metric, by data set and size."""
    return frame[frame["metric"] == metric].sort_values(["data", "size", "alpha"])


def draw_scale(ax, frame, table):
    """Draw estimates on a helix against the number of neighbours."""
    rows = table[(table["data"] == "helix") & (table["size"] == SIZE) & (table["alpha"] == ALPHA)].sort_values("k")
    cell = frame[(frame["data"] == "helix") & (frame["size"] == SIZE) & (frame["alpha"] == ALPHA)]
    for side, look in LAWS.items():
        points = [estimates(cell, f"mle_{k}_{side}").iloc[0] for k in rows["k"]]
        ax.plot(rows["k"], rows[side], **look.line_kw())
        errors = [2 * point["mcse"] for point in points]
        ax.errorbar(rows["k"], rows[side], errors, elinewidth=0.8, label=look.label, **look.point_kw())
    reach = np.log(rows["reach"])
    crossing = np.interp(np.log(rows["offset"].iloc[0]), reach, np.log(rows["k"]))
    ax.axvline(np.exp(crossing), color=style.GREY, linestyle=":", linewidth=1)
    ax.set(xscale="log", xlabel="number of neighbours $k$", ylabel="estimated dimension")
    style.fixed_ticks(ax.xaxis, [4, 8, 16, 32, 64, 128])
    ax.legend(handlelength=1.5)


def draw_gain(ax, table):
    """Draw the gain of zeta-mixup against the ratio of scale and offset."""
    for name, look in DATA.items():
        mine = table[table["data"].str.startswith(name)]
        for alpha, face in ((ALPHA, look.colour), (1.0, "white")):
            rows = mine[mine["alpha"] == alpha]
            ax.errorbar(
                rows["reach"] / rows["offset"],
                rows["gain"],
                2 * rows["mcse"],
                elinewidth=0.6,
                markersize=3.2,
                markerfacecolor=face,
                markeredgewidth=0.7,
                alpha=0.8,
                **look.point_kw(),
            )
    ax.axhline(0, color=style.GREY, linewidth=0.8, zorder=0)
    ax.axvline(1, color=style.GREY, linestyle=":", linewidth=1, zorder=0)
    ax.set(xscale="log", xlabel="distance to the $k$-th neighbour / offset", ylabel="gain of zeta-mixup")
    ax.set_yscale("symlog", linthresh=1, linscale=1)
    style.fixed_ticks(ax.yaxis, [-1, -0.5, 0, 0.5, 1, 2, 5])
    style.fixed_ticks(ax.xaxis, [0.1, 1, 10])


def draw_distance(ax, frame, k):
    """Draw estimates against the distance to the manifold, from mixup to zeta-mixup."""
    for name in CURVES:
        look, mine = DATA[name], frame[frame["data"] == name]
        mine = mine[mine["size"] == mine["size"][mine["size"] <= SIZE].max()]
        x = {side: estimates(mine, f"distance_{side}") for side in ("mixup", "zeta")}
        y = {side: estimates(mine, f"mle_{k}_{side}") for side in ("mixup", "zeta")}
        for row in range(len(x["zeta"])):
            ends = ([value[side]["estimate"].iloc[row] for side in x] for value in (x, y))
            ax.plot(*ends, color=look.colour, linewidth=0.9, zorder=1)
        for side in x:
            style.points(ax, x[side]["estimate"], y[side], look, hollow=side == "mixup", markersize=4.5)
    ax.set(xlabel="distance to the manifold", ylabel=f"estimated dimension, $k={k}$", xlim=(0, None))


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("intrinsic_dimension")
    frame = frame[(frame["pair"] == "mixup") & frame["gamma"].isna()]
    table = dimension_outcomes(frame)
    table = table[table["estimator"] == "mle"]
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 5.2))
    draw_scale(axes[0, 0], frame, table)
    draw_gain(axes[0, 1], table)
    for ax, k in zip(axes[1], (8, 128), strict=True):
        draw_distance(ax, frame, k)
    titles = ("helix", "all data sets", "8 neighbours", "128 neighbours")
    for ax, letter, title in zip(axes.flat, "abcd", titles, strict=True):
        style.panel(ax, letter, title)
    handles = [
        plt.Line2D([], [], label=look.label, **look.point_kw())
        for name, look in DATA.items()
        if table["data"].str.startswith(name).any()
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, columnspacing=1.2, handletextpad=0.2)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
