"""Mixing shrinks data unless its weights may leave [0, 1]."""

import numpy as np
from matplotlib import patheffects
from matplotlib.patches import Ellipse

from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.publishing.figures import figures_main

STUDIES = ()
CAPTION = (
    "Left: the variance of synthetic records, relative to the data, for weights Beta(α, α) stretched to [-ε, 1 + ε]; "
    "ordinary mixup is ε = 0, and circles mark the laws that keep the covariance. Right: covariance ellipses of "
    "generations 0, 1, 2, 3, 5 and 8 of synthesis from synthesis, with ordinary (uniform) and with preserving "
    "weights. Closed forms only."
)

INK, QUIET, LOSS, KEEP = "#1d2329", "#6b747c", "#b3402a", "#0b6e8f"
TITLE = {"fontsize": 11, "fontweight": "bold", "color": INK}
EXTENSIONS = (0.0, 0.1, 0.2, 0.3, 0.4)
GENERATIONS = (0, 1, 2, 3, 5, 8)
CORRELATION = 0.75


def label_curve(axes, alpha, factor, text, colour, height=1.17):
    """Write on a curve where it passes a height that all of them pass, or where it starts."""
    position = max(np.argmin(np.abs(factor - height)), 40)
    label = axes.text(alpha[position], factor[position], text, color=colour, fontsize=9, ha="center", va="center")
    label.set_path_effects([patheffects.withStroke(linewidth=4, foreground="white")])


def draw_factors(axes):
    """Draw the variance factor against alpha, a curve for each eps."""
    alpha = np.geomspace(0.05, 20, 400)
    shades = ["#7fb4c4", "#5a9db2", "#37869f", KEEP]
    axes.axhspan(0.45, 1, color=LOSS, alpha=0.055, lw=0)
    axes.axhline(1, color=INK, lw=0.9)
    for eps, colour in zip(EXTENSIONS, [LOSS, *shades], strict=True):
        law = EpBeta(alpha, alpha, eps, eps)
        axes.plot(alpha, law.variance_factor, color=colour, lw=2.8 if eps == 0 else 1.7, solid_capstyle="round")
        if eps == 0:
            axes.text(0.055, 0.77, "ordinary mixup (ε = 0)", color=colour, va="top", fontsize=9, fontweight="bold")
        else:
            label_curve(
                axes, alpha, law.variance_factor, f"ε = {eps:g}" if eps == EXTENSIONS[1] else f"{eps:g}", colour
            )
        if eps:
            exact = 2 * eps * (1 + eps)
            kept = EpBeta.preserving_symmetric(exact)
            axes.plot(exact, kept.variance_factor, "o", ms=7, mfc="white", mec=colour, mew=1.8, zorder=5)
    uniform = Beta.uniform().variance_factor
    axes.plot(1, uniform, "o", ms=6.5, color=LOSS, zorder=5)
    axes.annotate(
        "uniform weights\nkeep two thirds", (1, uniform), (0.2, 0.6), color=LOSS, fontsize=9, ha="center", va="center",
        arrowprops={"arrowstyle": "-", "color": LOSS, "lw": 0.8, "shrinkB": 5},
    )  # fmt: skip
    axes.text(19, 1.012, "variance kept", color=INK, fontsize=9, va="bottom", ha="right")
    axes.text(19, 0.985, "variance lost", color=LOSS, fontsize=9, va="top", ha="right")
    axes.set(xscale="log", xlim=(0.05, 20), ylim=(0.45, 1.33), xlabel="concentration α of the weights")
    axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_yticks([0.5, 0.75, 1.0, 1.25], ["½", "¾", "1", "1¼"])
    axes.set_title("Variance of synthetic records, relative to the data", loc="left", **TITLE)


def draw_ellipses(axes, law, colour, centre, label):
    """Draw two-standard-deviation ellipses of the generations, around a centre."""
    angle = 45.0
    for generation in GENERATIONS:
        scale = 2 * np.sqrt(law.variance_factor**generation)
        width, height = 2 * scale * np.sqrt(1 + CORRELATION), 2 * scale * np.sqrt(1 - CORRELATION)
        first = generation == 0
        if first or law.variance_factor < 0.999:
            axes.add_patch(Ellipse(centre, width, height, angle=angle, fc=colour, alpha=0.1, lw=0))
        edge = Ellipse(
            centre, width, height, angle=angle, fc="none", ec=INK if first else colour, lw=3 if first else 1.2
        )
        axes.add_patch(edge)
    axes.text(
        centre[0], -2.4, label, color=colour, ha="center", va="top", fontsize=10, fontweight="bold", linespacing=1.4
    )


def draw(results):
    """Return the figure; closed forms only."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.1), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.12, 1))
    draw_factors(left)
    draw_ellipses(right, Beta.uniform(), LOSS, (-2.15, 0), "ordinary weights:\nthe data collapse")
    draw_ellipses(right, EpBeta.preserving_uniform(), KEEP, (2.15, 0), "preserving weights:\nall on the first")
    note = right.annotate(
        "the data", (-0.62, 1.6), (0.35, 2.35), color=INK, fontsize=9, ha="center",
        arrowprops={"arrowstyle": "-", "color": INK, "lw": 0.8, "shrinkB": 2},
    )  # fmt: skip
    note.set_path_effects([patheffects.withStroke(linewidth=3, foreground="white")])
    right.set(xlim=(-4.4, 4.4), ylim=(-3.6, 2.7), aspect="equal")
    right.set_title("Covariance over eight generations of synthesis", loc="center", **TITLE)
    right.axis("off")
    left.spines[["top", "right"]].set_visible(False)
    left.spines[["left", "bottom"]].set_color(QUIET)
    left.tick_params(colors=QUIET, labelsize=9)
    left.xaxis.label.set(color=QUIET, fontsize=9.5)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
