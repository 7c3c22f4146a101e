"""Models trained on generations of synthetic data, tested on real rows."""

import style
from matplotlib import pyplot as plt

from mixtheory.publishing.figures import figures_main

STUDIES = ("repeated_synthesis_real",)
CAPTION = (
    "Logistic (breast cancer, wine, fair) and linear regression (diabetes, randhie) fitted on generation t of "
    "synthetic data and tested on held-out real rows, against the same model fitted on the real rows of the same "
    "split. Top: change of accuracy or R squared (below is worse). Bottom: change of the mean negative log predictive "
    "density (above is worse). Points: medians over splits, joined by lines; bars: from the lower to the upper "
    "quartile over splits; points of one generation are shifted sideways. Vertical axes are linear near zero and "
    "logarithmic further out, except for accuracy. The last series has one weight a batch; all others have a weight a "
    "row and independent pairs."
)

SERIES = (
    ("uniform", "independent"),
    ("beta", "independent"),
    ("copying", "independent"),
    ("published", "independent"),
    ("preserving", "independent"),
    ("preserving", "shared"),
)
SHARED = style.Style("preserving uniform, one weight a batch", style.SKY, ":", "v")
REGRESSIONS = ("diabetes", "randhie")


def look_of(law, pairing):
    """Return the style of a series."""
    return SHARED if pairing == "shared" else style.LAWS[law]


def draw_panel(ax, frame, output):
    """Draw medians and quartiles of the series of one data set; generation 0 is zero by construction."""
    for index, (law, pairing) in enumerate(SERIES):
        rows = frame[(frame["law"] == law) & (frame["pairing"] == pairing)]
        value = rows.pivot(index="generation", columns="metric", values="estimate")
        middle = value[f"{output}_median"]
        bars = [middle - value[f"{output}_q25"], value[f"{output}_q75"] - middle]
        place, look = style.dodge(value.index.to_numpy(), 0.7 * (index - 2.5)), look_of(law, pairing)
        ax.plot(place, middle, **look.line_kw(linewidth=0.9))
        ax.errorbar(place, middle, yerr=bars, elinewidth=0.7, **look.point_kw(markersize=2.8), zorder=3)
    ax.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    style.generation_axis(ax)
    ax.set_xticks([0, 10, 30, 50])


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("repeated_synthesis_real")
    figure, axes = plt.subplots(2, 5, figsize=(style.TWO_COLUMNS, 3.6), sharex=True)
    for column, (dataset, title) in enumerate(style.DATASETS.items()):
        rows = frame[frame["dataset"] == dataset]
        top, bottom = axes[:, column]
        draw_panel(top, rows, "score_gain")
        draw_panel(bottom, rows, "log_loss_gain")
        style.panel(top, "abcde"[column], title)
        style.panel(bottom, "fghij"[column])
        bottom.set_yscale("symlog", linthresh=1, linscale=1)
        if dataset in REGRESSIONS:
            top.set_yscale("symlog", linthresh=0.5, linscale=1.5)
            top.set_ylim(-20, 0.1)
            style.fixed_ticks(top.yaxis, [-10, -2, -0.5, -0.25, 0])
            bottom.set_ylim(-0.3, 1e11)
            bottom.set_yticks([0, 1, 1e3, 1e6, 1e9], ["0", "1", "$10^3$", "$10^6$", "$10^9$"])
            bottom.set_yticks([], minor=True)
        else:
            top.set_ylim(-0.45, 0.05)
            bottom.set_ylim(-0.15, 60)
            style.fixed_ticks(bottom.yaxis, [0, 0.5, 1, 10, 50])
    axes[0, 0].set_ylabel("accuracy or $R^2$,\nchange")
    axes[1, 0].set_ylabel("log loss,\nchange")
    figure.supxlabel("generation", fontsize=9)
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker, "markersize": 3})
        for look in (look_of(*series) for series in SERIES)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
