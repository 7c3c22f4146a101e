"""Half-moons and a spiral, and what mixup and zeta-mixup make of them."""

import numpy as np
import style
from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap

from mixtheory.mixing.studies import zeta_panels, zeta_scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("zeta_panels",)
CAPTION = (
    "512 records of two half-moons (noise 0.1) and of a spiral, and what mixing in batches of 32 makes of them, with "
    "every record the first parent of one synthetic record. Grey curves: the manifolds. Colours: part of the soft "
    "label on the lower half-moon, and height on the spiral, which is seen from the side with its height stretched. "
    "Units are radii. A: factor on the covariance; d: mean distance of synthetic records to the curve, simulated, with "
    "Monte Carlo standard errors below 0.01. Mixup and zeta-mixup with exponent 2.8 have nearly equal factors. The "
    "records drawn are those of one replicate."
)

# dark to light and blue to yellow; the lightest end would vanish on white
SHADES = LinearSegmentedColormap.from_list("shades", plt.get_cmap("cividis")(np.linspace(0.0, 0.83, 128)))
PANELS = (
    ("original", np.nan, "original"),
    ("mixup", np.nan, "mixup, Beta(1, 1)"),
    ("preserving", np.nan, "EpBeta, preserving"),
    ("zeta", 2.4, r"$\zeta$-mixup, $\gamma=2.4$"),
    ("zeta", 2.8, r"$\zeta$-mixup, $\gamma=2.8$"),
    ("zeta", 4.0, r"$\zeta$-mixup, $\gamma=4$"),
    ("rescaled", 2.8, r"rescaled, $\gamma=2.8$"),
)


def records_of(rows, output):
    """Return the coordinates of the records in the order of their numbers."""
    mine = rows[rows["metric"].str.startswith(f"{output}_")]
    return mine.iloc[mine["metric"].str.removeprefix(f"{output}_").astype(int).argsort()]["estimate"].to_numpy()


def factor_of(law, gamma):
    """Return the covariance factor of a panel: 1 for the original and what is rescaled."""
    if law in ("original", "rescaled"):
        return 1.0
    return float(zeta_scenarios.mixing_law(law, zeta_panels.BATCH, gamma=gamma, alpha=1.0).covariance_factor)


def draw_half_moons(ax, rows):
    """Draw half-moons and records in the colours of their labels."""
    turn = np.linspace(0, np.pi, 100)
    for x, y in ((np.cos(turn), np.sin(turn)), (1 - np.cos(turn), 0.5 - np.sin(turn))):
        ax.plot(x, y, color=style.LIGHT, linewidth=2.2, zorder=0)
    first, second, share = (records_of(rows, output) for output in ("first", "second", "third"))
    ax.set(xlim=(-1.9, 2.9), ylim=(-1.6, 1.7), xticks=[-1, 0, 1, 2], yticks=[-1, 0, 1], aspect="equal")
    return ax.scatter(first, second, c=share, s=2.2, cmap=SHADES, vmin=0, vmax=1, linewidths=0)


def draw_spiral(ax, rows):
    """Draw the spiral from the side."""
    turn = np.linspace(0, 10 * np.pi, 600)
    ax.plot(turn / 100, np.cos(turn), color=style.LIGHT, linewidth=1.2, zorder=0)
    first, third = records_of(rows, "first"), records_of(rows, "third")
    ax.set(xlim=(-0.06, 0.38), ylim=(-1.95, 1.6), xticks=[0, 0.1, 0.2, 0.3], yticks=[-1, 0, 1])
    ax.scatter(third, first, c=third, s=2.2, cmap=SHADES, vmin=0, vmax=0.32, linewidths=0)


def draw_block(axes, frame, manifold, letters):
    """Draw all panels of one manifold; return the last drawn colours."""
    rows = frame[frame["manifold"] == manifold]
    colours = None
    for letter, ax, (law, gamma, title) in zip(letters, axes, PANELS, strict=True):
        mine = rows[(rows["law"] == law) & ((rows["gamma"] == gamma) | (rows["gamma"].isna() & np.isnan(gamma)))]
        if manifold == "spiral":
            draw_spiral(ax, mine)
        else:
            colours = draw_half_moons(ax, mine)
        distance = mine[mine["metric"] == "distance"].iloc[0]
        note = f"$A={factor_of(law, gamma):.3g}$, $d={distance['estimate']:.3f}$"
        clear = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        ax.text(0.03, 0.025, note, transform=ax.transAxes, fontsize=7, va="bottom", bbox=clear)
        style.panel(ax, letter, title)
    for place, ax in enumerate(axes):
        ax.tick_params(labelleft=place % 4 == 0, labelbottom=place > 3)
        if place % 4 == 0:
            ax.set_ylabel("$x_1$" if manifold == "spiral" else "$x_2$")
        if place > 3:
            ax.set_xlabel("$x_3$" if manifold == "spiral" else "$x_1$")
    return colours


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("zeta_panels")
    figure, grid = plt.subplots(4, 4, figsize=(style.TWO_COLUMNS, 5.9))
    colours = draw_block(grid[:2].flat[:7], frame, "noisy_half_moons", "abcdefg")
    draw_block(grid[2:].flat[:7], frame, "spiral", "hijklmn")
    bar = figure.colorbar(colours, cax=grid[1, 3].inset_axes([0.15, 0.08, 0.08, 0.84]), ticks=[0, 0.5, 1])
    bar.outline.set_linewidth(0.6)
    bar.set_label("part of the label on\nthe lower half-moon")
    for ax in grid[1::2, 3]:
        ax.axis("off")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
