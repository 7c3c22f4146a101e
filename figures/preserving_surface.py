"""The laws that preserve the covariance."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing import tolerance
from mixtheory.mixing.weights import EpBeta
from mixtheory.publishing.figures import figures_main

STUDIES = ("covariance_preservation",)
CAPTION = (
    "The weight laws that preserve the covariance matrix. (a) Symmetric laws: contours of the factor rho on the "
    "covariance; the thick line is the preserving curve, the shaded band keeps rho within 0.05 of one. (b) For given "
    "extensions and mean m of the weight exactly one pair (alpha, beta) preserves; it is drawn as a path in m from "
    "0.05 (open end) to 0.95 (dot). The star is the published example. (c) Simulated minus true factor on the "
    "variance for laws on the surface (at 0) and at the ends of tolerance bands; bars are two Monte Carlo standard "
    "errors. All points share their parents, so that they err together; points at one place are shifted sideways."
)

DELTA = 0.05
EXTENSIONS = ((0.1, 0.1), (0.3, 0.3), (0.3, 0.1), (0.0, 0.4))
LOOKS = (
    style.Style("", style.BLUE, "-", "o"),
    style.Style("", style.GREEN, (0, (6, 1.5)), "^"),
    style.Style("", style.VERMILION, "--", "s"),
    style.Style("", style.PURPLE, "-.", "D"),
)


def draw_symmetric(ax):
    """Draw the factor on the covariance over the symmetric laws."""
    eps, alpha = np.meshgrid(np.linspace(0, 0.7, 141), np.linspace(0.02, 2.5, 149))
    rho = EpBeta(alpha, alpha, eps, eps).variance_factor
    lines = ax.contour(eps, alpha, rho, levels=[0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.4], colors=style.GREY, linewidths=0.6)
    ax.clabel(lines, fontsize=7, fmt="%g", inline_spacing=2)
    curve = np.linspace(0, 0.7, 200)
    ax.fill_between(curve, *tolerance.alpha_band(DELTA, curve), color=style.SKY, alpha=0.45, linewidth=0)
    ax.plot(curve, 2 * curve * (1 + curve), color=style.BLUE, linewidth=1.8)
    ax.set(xlabel=r"$\epsilon_0=\epsilon_1=\epsilon$", ylabel=r"$\alpha=\beta$", xlim=(0, 0.7), ylim=(0, 2.5))


def draw_paths(ax):
    """Draw the preserving pairs (alpha, beta) along the mean of the weight."""
    mean = np.linspace(0.05, 0.95, 181)
    for look, (eps0, eps1) in zip(LOOKS, EXTENSIONS, strict=True):
        law = EpBeta.preserving(mean, eps0=eps0, eps1=eps1)
        ax.plot(law.alpha, law.beta, label=rf"$\epsilon_0={eps0:g},\ \epsilon_1={eps1:g}$", **look.line_kw())
        ax.plot(law.alpha[0], law.beta[0], **look.point_kw(markersize=3.5, marker="o", markerfacecolor="white"))
        ax.plot(law.alpha[-1], law.beta[-1], **look.point_kw(markersize=3.5, marker="o"))
    ax.plot(4.34, 1.33, marker="*", color=style.BLACK, markersize=7, linestyle="none")
    ax.set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"$\beta$")
    for axis in (ax.xaxis, ax.yaxis):
        style.fixed_ticks(axis, [0.1, 0.3, 1, 3, 10])
    ax.set(ylim=(0.12, 40))
    ax.legend(loc="upper left", fontsize=7, handlelength=2, borderpad=0.1, labelspacing=0.2)


def draw_simulated(ax, frame):
    """Draw the simulated factor against the tolerance that the law was made for."""
    rows = frame[(frame["metric"] == "variance") & frame["design"].isin(["surface", "tolerance"])]
    ax.axhline(0, color=style.BLACK, linewidth=0.8)
    for mean, look in zip((0.5, 0.7, 0.8, 0.9), LOOKS, strict=True):
        mine = rows[np.isclose(rows["mean"], mean)]
        # laws of one mean and delta sit side by side in the order of the table
        side = mine.groupby("delta").cumcount() - (mine.groupby("delta")["delta"].transform("size") - 1) / 2
        x = mine["delta"] + 0.0035 * side + 0.13 * (mean - 0.7) * np.where(mine["delta"] == 0, 1, 0.15)
        gap = mine.assign(estimate=mine["estimate"] - mine["reference"])
        style.points(ax, x, gap, look, label=f"$m={mean:g}$", markersize=3)
    top = 1.5 * max(abs(value) for value in ax.get_ylim())
    ax.set(xlabel=r"$\rho-1$ of the law", ylabel=r"simulated $-$ closed form", xlim=(-0.12, 0.12), ylim=(-top, top))
    style.fixed_ticks(ax.xaxis, [-0.1, -0.05, 0, 0.05, 0.1])
    ax.legend(loc="upper center", ncols=2, fontsize=7, handletextpad=0, columnspacing=0.6, borderpad=0)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("covariance_preservation")
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.55))
    draw_symmetric(axes[0])
    draw_paths(axes[1])
    draw_simulated(axes[2], frame)
    style.panel(axes[0], "a", r"$\rho=1$: $\alpha=2\epsilon(1+\epsilon)$")
    style.panel(axes[1], "b", r"$\rho=1$ for every mean $m$")
    style.panel(axes[2], "c", "simulation")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
