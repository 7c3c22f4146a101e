"""Excess risk with a generator of wrong mean: against the minority's size, and when the size has to be found."""

import math

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.imbalance.studies import scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("local_asymmetry",)
CAPTION = (
    "Two Gaussian classes, squared loss, twenty majority rows for each minority row. (a) The generator's mean is half "
    "of the minority's: excess risk without synthetic rows, at balance, and at the size that cancels the bias, four "
    "times what the minority lacks (D); with the slope on the log-log scale and two standard errors by weighted least "
    "squares over minorities of 50 rows and more. (b) A generator whose mean comes nearer as the minority grows. The "
    "published search compares sizes up to 2D, the bias-aware one up to 8D; dotted: the best size up to 2D. (c) The "
    "mean multiplier that the searches choose, and the one without bias up to 8; dotted: the end of the published "
    "grid. Lines are closed forms, points are simulated, with two Monte Carlo standard errors."
)

FITTED_FROM = 50
BIASED = {
    0.0: style.Style("none", style.BLACK, (0, (1, 1.2)), "h"),
    1.0: style.Style("D", style.ORANGE, "--", "s"),
    4.0: style.Style("4D", style.GREEN, "-.", "^"),
}


def closed(study, row, metric, sizes):
    """Return the closed form at other minority sizes; an empty field of the table is None."""
    cell = {key: None if row[key] != row[key] else row[key] for key in study.cells(study.profiles[0])[0]}
    return [study.reference(**{**cell, "n_minority": int(size)})[metric] for size in sizes]


def rounded(value, margin):
    """Return a value and its margin as text, to the first digit of the margin."""
    digits = max(0, -math.floor(math.log10(margin)))
    return rf"{value:.{digits}f} $\pm$ {margin:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def rates(ax, study, frame):
    """Draw the excess risk of a biased generator against the minority's size."""
    dense = np.unique(np.geomspace(frame["n_minority"].min(), frame["n_minority"].max(), 40).astype(int))
    for multiplier, look in BIASED.items():
        rows = frame[frame["multiplier"] == multiplier].sort_values("n_minority")
        large = rows[rows["n_minority"] >= FITTED_FROM]
        slope, error = scenarios.fitted_rate(large["n_minority"], large["estimate"], large["mcse"])
        ax.plot(dense, closed(study, rows.iloc[0], "excess_risk", dense), **look.line_kw())
        style.points(ax, rows["n_minority"], rows, look)
        # below a level line, above a falling one
        height = 0.65 * rows["estimate"].iloc[-1] if slope > -0.5 else 0.5 * rows["estimate"].iloc[0]
        words = f"{look.label}: slope {rounded(slope, 2 * error)}"
        ax.text(rows["n_minority"].iloc[-1], height, words, ha="right", va="top", fontsize=8)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("minority rows $n_1$")
    ax.set_ylabel("excess risk")


def name_of(row):
    """Return what the style calls the method of a row."""
    return "balancing" if row["method"] == "fixed" else row["method"]


def learning(ax, study, frame, metric):
    """Draw what a learning generator gives, by method, against the minority's size."""
    frame = frame.assign(name=frame.apply(name_of, axis=1))
    dense = np.unique(np.linspace(frame["n_minority"].min(), frame["n_minority"].max(), 60).astype(int))
    for name, look in style.SEARCHES.items():
        rows = frame[frame["name"] == name].sort_values("n_minority")
        if name in ("balancing", "exact"):
            ax.plot(dense, closed(study, rows.iloc[0], metric, dense), **look.line_kw())
        elif name == "tg_vtss":
            line = closed(study, rows.iloc[0], metric, dense)
            ax.plot(dense, line, color=look.colour, linestyle=":", linewidth=0.9)
        if metric == "multiplier" and name in ("balancing", "exact"):
            continue
        style.points(ax, rows["n_minority"], rows, look)
    ax.set_xlim(0, None)
    ax.set_xlabel("minority rows $n_1$")


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("local_asymmetry")
    frame = results.frame(study.name)
    risk = frame[frame["metric"] == "excess_risk"]
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.9), width_ratios=[1.25, 1, 1])
    rates(axes[0], study, risk[risk["design"] == "rates"])
    learning(axes[1], study, risk[risk["design"] == "realistic"], "excess_risk")
    axes[1].set_yscale("log")
    chosen = frame[(frame["metric"] == "multiplier") & (frame["design"] == "realistic")]
    learning(axes[2], study, chosen, "multiplier")
    axes[2].set_ylim(0, None)
    axes[1].set_ylabel("excess risk")
    axes[2].set_ylabel("multiplier")
    titles = ("half the minority's mean", "a generator that learns", "chosen size")
    for letter, ax, title in zip("abc", axes, titles, strict=True):
        style.panel(ax, letter, title)
    looks = style.SEARCHES.values()
    handles = [plt.Line2D([], [], label=look.label, **look.point_kw(linestyle=look.line)) for look in looks]
    figure.legend(handles=handles, loc="outside upper right", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
