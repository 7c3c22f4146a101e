"""Distortion of moments against the weight law."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing import moments
from mixtheory.mixing.studies import scenarios
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.publishing.figures import figures_main

STUDIES = ("variance_distortion",)
CAPTION = (
    "What mixing does to moments. Top: weights Beta(alpha, alpha). Bottom: uniform weights stretched to [-eps, 1 + "
    "eps]; the vertical line marks the eps that preserves the variance. Left: factor on variances (filled) and "
    "covariances (hollow), the same for every population. Middle: skewness of the two skewed populations. Right: "
    "excess kurtosis. Lines: closed forms; points: simulation with bars of two Monte Carlo standard errors; points of "
    "different populations are shifted sideways. Light horizontal lines: the parents."
)

ALPHAS = np.geomspace(0.04, 18, 200)
EXTENSIONS = np.linspace(0, 0.55, 200)
SKEWED = ("exponential", "two_clusters")


def shifted(x, index, log):
    """Move the points of one population a little to the side."""
    step = index - 1.5
    return x * 1.07**step if log else x + 0.007 * step


def draw_row(axes, frame, law, x, column):
    """Draw variance factor, skewness and kurtosis against one parameter of the law."""
    log = column == "alpha"
    axes[0].plot(x, law.variance_factor, color=style.BLACK, linestyle="-")
    axes[0].axhline(1, color=style.LIGHT, linewidth=0.8, zorder=0)
    for index, (name, look) in enumerate(style.POPULATIONS.items()):
        parents = scenarios.named_population(name)
        mine = frame[frame["population"] == name]
        for metric, hollow, area in (("covariance", True, 5), ("variance", False, 2)):
            rows = mine[mine["metric"] == metric]
            style.points(axes[0], shifted(rows[column], index, log), rows, look, hollow=hollow, markersize=area)
        curves = {"kurtosis": (axes[2], moments.excess_kurtosis(law, parents.excess_kurtosis), parents.excess_kurtosis)}
        if name in SKEWED:
            factor = moments.skewness_factor(law)
            curves["skewness"] = (axes[1], factor * parents.skewness, parents.skewness)
        for metric, (ax, curve, start) in curves.items():
            rows = mine[mine["metric"] == metric]
            ax.axhline(start, color=style.LIGHT, linewidth=0.8, zorder=0)
            ax.plot(x, curve, **look.line_kw())
            style.points(ax, shifted(rows[column], index, log), rows, look)
    for ax in axes:
        if log:
            ax.set_xscale("log")
            style.fixed_ticks(ax.xaxis, [0.05, 0.2, 1, 4, 16])
        else:
            ax.axvline(EpBeta.preserving_uniform().eps0, color=style.GREY, linewidth=0.7, linestyle=":", zorder=0)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("variance_distortion")
    figure, axes = plt.subplots(2, 3, figsize=(style.TWO_COLUMNS, 4.2))
    draw_row(axes[0], frame[frame["family"] == "beta"], Beta(ALPHAS, ALPHAS), ALPHAS, "alpha")
    expanded = EpBeta(1.0, 1.0, EXTENSIONS, EXTENSIONS)
    draw_row(axes[1], frame[frame["family"] == "expanded"], expanded, EXTENSIONS, "eps")
    names = ("factor on (co)variance", "skewness", "excess kurtosis")
    for letter, ax, name in zip("abcdef", axes.flat, names * 2, strict=True):
        style.panel(ax, letter)
        ax.set_ylabel(name)
    for ax in axes[0]:
        ax.set_xlabel(r"$\alpha$ of Beta$(\alpha,\alpha)$")
    for ax in axes[1]:
        ax.set_xlabel(r"$\epsilon$ of EpBeta$(1,1;\epsilon,\epsilon)$")
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker})
        for look in style.POPULATIONS.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
