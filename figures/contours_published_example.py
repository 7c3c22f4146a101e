"""Contours of original and synthetic data: the published example and its two competitors."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing.studies import scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("published_example",)
CAPTION = (
    "Regions that hold 50, 80 and 95 percent of a bivariate normal law with unit variances and correlation 0.9 (grey) "
    "and of its synthetic copies under three weight laws (coloured). Lines: closed form; points: simulation, in 24 "
    "directions; bars of two Monte Carlo standard errors. Each title gives the factor rho on the covariance matrix: "
    "ordinary mixup shrinks, the published law with its extended support does not, and the correlation is 0.9 in all "
    "panels."
)

CORRELATION = 0.9
LEVELS = {"radius_50": 0.5, "radius_80": 0.8, "radius_95": 0.95}
COMPETITORS = ("published", "beta", "uniform")


def ellipse(radius, angle):
    """Map a radius and direction (degrees) of the whitened plane to the plane of the data."""
    root = np.linalg.cholesky(scenarios.serial_covariance(2, CORRELATION))
    turn = np.deg2rad(angle)
    return root @ np.array([radius * np.cos(turn), radius * np.sin(turn)])


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("published_example")
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.75), sharex=True, sharey=True)
    turn = np.linspace(0, 360, 361)
    original = scenarios.named_law("copying")
    for letter, ax, name in zip("abc", axes, COMPETITORS, strict=True):
        law, look = scenarios.named_law(name), style.LAWS[name]
        for shade, (metric, level) in zip(("#C9C9C9", "#DDDDDD", "#EEEEEE"), LEVELS.items(), strict=True):
            outline = ellipse(scenarios.normal_radius(original, level), turn)
            ax.fill(*outline, facecolor=shade, edgecolor=style.GREY, linewidth=0.6, zorder=-level)
            ax.plot(*ellipse(scenarios.normal_radius(law, level), turn), **look.line_kw(linestyle="-", linewidth=0.9))
            rows = frame[(frame["law"] == name) & (frame["metric"] == metric)]
            radius, angle = rows["estimate"].to_numpy(), rows["angle"].to_numpy()
            bar = 2 * rows["mcse"].to_numpy()
            for side in (angle, angle + 180):
                ax.plot(*np.stack([ellipse(radius - bar, side), ellipse(radius + bar, side)], 1), color=look.colour)
                ax.plot(*ellipse(radius, side), **look.point_kw(markersize=2.4, markeredgewidth=0))
        style.panel(ax, letter, look.label)
        ax.text(0.04, 0.96, rf"$\rho = {float(law.variance_factor):.4f}$", transform=ax.transAxes, va="top")
        ax.set_aspect("equal")
        ax.set_xlabel("$x_1$")
        ax.set(xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    axes[0].set_ylabel("$x_2$")
    for level, text in zip(LEVELS.values(), ((1.55, -1.2), (1.8, -0.6), (2.05, 0.0)), strict=True):
        place = ellipse(scenarios.normal_radius(original, level), -45.0)
        axes[2].annotate(
            f"{level:.0%}",
            place,
            xytext=text,
            fontsize=7,
            color=style.GREY,
            arrowprops={"arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 0},
        )
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
