"""The Wald test of local symmetry: its size by minority and covariance, its quantiles, and its power."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.publishing.figures import figures_main

STUDIES = ("symmetry_test",)
CAPTION = (
    "Two uniform classes in five dimensions that are locally symmetric at h = 0; level 0.05 (grey). (a) Share of "
    "rejections at the null against the minority's size, twenty majority rows for each minority row: the published "
    "covariance, two corrections for small minorities, and the covariance that takes the pilot fit as known, with its "
    "limit (dashed). (b) Quantiles of the published statistic, and of that with HC3 covariance for the smallest "
    "minority, against those of chi-square with five degrees of freedom, from 0.05 to 0.995. (c), (d) Share of "
    "rejections against the local signal h, with five and with twenty majority rows for each minority row; lines: "
    "non-central chi-square. Bars: two Monte Carlo standard errors."
)

RATIO = 20
SIDESTEP = {"naive": 0.94, "plain": 0.98, "hc3": 1.02, "bootstrap": 1.06}


def of(frame, **values):
    """Return the rows with some values."""
    for name, value in values.items():
        frame = frame[frame[name] == value]
    return frame


def sizes(ax, study, frame):
    """Draw the share of rejections at the null against the minority's size."""
    null = of(frame, metric="rejected", h=0.0, ratio=RATIO)
    for name, look in style.COVARIANCES.items():
        rows = of(null, covariance=name).sort_values("n_minority")
        style.points(ax, rows["n_minority"] * SIDESTEP[name], rows, look, label=look.label)
    naive = of(null, covariance="naive").iloc[0]
    ax.axhline(
        style.curve(study, naive, "rejected", "h", [0.0])[0], **style.COVARIANCES["naive"].line_kw(linewidth=0.8)
    )
    ax.axhline(study_level(study, naive), color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_xscale("log")
    style.fixed_ticks(ax.xaxis, sorted(null["n_minority"].unique()))
    ax.set_ylim(0, None)
    ax.set_xlabel("minority rows $n_1$")
    ax.set_ylabel("share of rejections")
    ax.legend(loc="upper right")


def study_level(study, row):
    """Return the level of the test."""
    return style.curve(study, {**row, "covariance": "plain"}, "rejected", "h", [0.0])[0]


def quantiles(ax, study, frame):
    """Draw quantiles against those of the limit."""
    null = of(frame, h=0.0, ratio=RATIO)
    null = null[null["metric"].str.startswith("quantile_")]
    series = [(of(null, covariance="plain", n_minority=size), look) for size, look in style.MINORITIES.items()]
    smallest = null["n_minority"].min()
    series.append((of(null, covariance="hc3", n_minority=smallest), style.COVARIANCES["hc3"]))
    top = 0.0
    for rows, look in series:
        if rows.empty:
            continue
        closed = study.reference(**{key: rows.iloc[0][key] for key in study.cells(study.profiles[0])[0]})
        limit = [closed[metric] for metric in rows["metric"]]
        corrected = look is style.COVARIANCES["hc3"]
        label = f"{style.MINORITIES[smallest].label}, HC3" if corrected else look.label
        style.points(ax, limit, rows, look, label=label, hollow=corrected, markersize=3.5)
        top = max(top, *limit)
    ax.plot([0, top], [0, top], color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_xlabel(r"quantiles of $\chi^2_5$")
    ax.set_ylabel("quantiles of the statistic")
    ax.legend(loc="upper left")


def power(ax, study, frame, ratio):
    """Draw the share of rejections against the local signal."""
    rows = of(frame, metric="rejected", covariance="plain", ratio=ratio)
    signals = np.linspace(rows["h"].min(), rows["h"].max(), 81)
    for size, look in style.MINORITIES.items():
        chosen = of(rows, n_minority=size).sort_values("h")
        if chosen.empty:
            continue
        ax.plot(signals, style.curve(study, chosen.iloc[0], "rejected", "h", signals), **look.line_kw())
        style.points(ax, chosen["h"], chosen, look)
    ax.axhline(study_level(study, rows.iloc[0]), color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_ylim(0, None)
    ax.set_xlabel("local signal $h$")
    ax.set_ylabel("share of rejections")


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("symmetry_test")
    frame = results.frame(study.name)
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 5.0))
    sizes(axes[0, 0], study, frame)
    quantiles(axes[0, 1], study, frame)
    ratios = sorted(frame["ratio"].unique())
    for ax, ratio in zip(axes[1], ratios, strict=True):
        power(ax, study, frame, ratio)
    handles = [
        plt.Line2D([], [], label=look.label, **look.point_kw(linestyle=look.line))
        for size, look in style.MINORITIES.items()
        if size in set(frame["n_minority"])
    ]
    axes[1, 0].legend(handles=handles, loc="upper center")
    titles = ("size", "quantiles", *(f"power, ratio {ratio}" for ratio in ratios))
    for letter, ax, title in zip("abcd", axes.flat, titles, strict=True):
        style.panel(ax, letter, title)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
