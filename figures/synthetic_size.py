"""Loss against the number of synthetic rows on the two populations of the public code, and the loss of each method."""

import style
from matplotlib import pyplot as plt

from mixtheory.imbalance.studies.methods import METHODS, TUNED
from mixtheory.publishing.figures import figures_main

STUDIES = ("synthetic_size",)
CAPTION = (
    "The linear (left: SMOTE, logistic regression) and the non-linear population (right: jitter, random Fourier "
    "features) of the public code, with the largest minority that was simulated, twenty majority rows for each of its "
    "rows. Top: mean balanced log loss against the multiplier, the number of synthetic rows in units of what the "
    "minority lacks: on the validation splits and on test rows. Below the curves: median and quartiles of the chosen "
    "multiplier; the upright line marks balancing. Bottom: balanced log loss on test rows by method; the upright line "
    "is that of balancing, and a loss far to the right is written as a number. Bars of losses: two Monte Carlo "
    "standard errors, not seen where they are shorter than the marker."
)

TITLES = {"linear": "linear", "nonlinear": "non-linear"}
CURVES = {
    "validation": style.Style("validation", style.ORANGE, "--", "s"),
    "test": style.Style("test", style.BLACK, "-", "o"),
}


def curve_of(rows, kind):
    """Return the rows of one loss curve, in the order of the multiplier."""
    chosen = rows[rows["metric"].str.startswith(f"{kind}_loss_")].dropna(subset="estimate")
    place = chosen["metric"].str.removeprefix(f"{kind}_loss_").astype(float)
    return chosen.assign(multiplier=place).sort_values("multiplier")


def draw_curves(ax, rows, value):
    """Draw both losses against the multiplier, and below them the choices."""
    for kind, look in CURVES.items():
        chosen = curve_of(rows, kind)
        ax.plot(chosen["multiplier"], chosen["estimate"], **look.line_kw(linewidth=0.9))
        style.points(ax, chosen["multiplier"], chosen, look, markersize=2.8)
    low, high = ax.get_ylim()
    ax.set_yticks([tick for tick in ax.get_yticks() if low <= tick <= high])
    step = 0.09 * (high - low)
    for index, tuned in enumerate(TUNED, start=1):
        look, height = style.METHODS[tuned], low - index * step
        middle, *ends = (value[f"multiplier_{tuned}_{name}"] for name in ("median", "q25", "q75"))
        ax.plot(ends, [height, height], color=look.colour, linewidth=1.2)
        ax.plot(middle, height, **look.point_kw(markersize=4))
    ax.set_ylim(low - 3 * step, high)
    ax.axvline(1, color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_xlim(-0.06, 2.06)
    ax.set_xlabel("multiplier")


def draw_methods(ax, rows, value):
    """Draw the test loss of each method; doing nothing is far off, so that its value is written at the edge."""
    shown = [value[f"balanced_log_loss_{method}"] for method in METHODS if method != "none"]
    right = max(shown) + 0.35 * (max(shown) - min(shown))
    for place, method in enumerate(METHODS):
        look = style.METHODS[method]
        one = rows[rows["metric"] == f"balanced_log_loss_{method}"].iloc[0]
        if one["estimate"] > right:
            words = rf"{one['estimate']:.2f} $\rightarrow$"
            ax.text(0.99, place, words, transform=ax.get_yaxis_transform(), ha="right", va="center")
            continue
        bar = [one["estimate"] - 2 * one["mcse"], one["estimate"] + 2 * one["mcse"]]
        ax.plot(bar, [place, place], color=look.colour, linewidth=0.9)
        ax.plot(one["estimate"], place, **look.point_kw(markersize=4))
    ax.axvline(value["balanced_log_loss_balancing"], color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_yticks(range(len(METHODS)), [style.METHODS[method].label for method in METHODS])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(METHODS) - 0.5, -0.5)
    ax.set_xlabel("balanced log loss, test")


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("synthetic_size")
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 4.6), gridspec_kw={"height_ratios": [1.25, 1]})
    for column, name in enumerate(TITLES):
        rows = frame[frame["configuration"] == name]
        rows = rows[rows["n_minority"] == rows["n_minority"].max()]
        value = rows.set_index("metric")["estimate"]
        draw_curves(axes[0, column], rows, value)
        draw_methods(axes[1, column], rows, value)
        style.panel(axes[0, column], "ab"[column], TITLES[name])
        style.panel(axes[1, column], "cd"[column])
    axes[0, 0].set_ylabel("balanced log loss")
    axes[1, 0].set_ylabel("method")
    axes[1, 1].tick_params(axis="y", labelleft=False)
    handles = [plt.Line2D([], [], label=look.label, **look.line_kw(marker=look.marker)) for look in CURVES.values()]
    handles += [
        plt.Line2D([], [], label=f"choice: {style.METHODS[name].label}", **style.METHODS[name].point_kw(linestyle="-"))
        for name in TUNED
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
