"""The price of preservation: kurtosis."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing import generations, moments
from mixtheory.mixing.studies import scenarios
from mixtheory.mixing.weights import EpBeta
from mixtheory.publishing.figures import figures_main

STUDIES = ("variance_distortion",)
CAPTION = (
    "What a covariance-preserving law costs in the fourth order. (a) Excess kurtosis after one synthesis with the "
    "symmetric preserving law of parameter alpha, on four populations; lines: closed form, points: simulation with "
    "bars of two Monte Carlo standard errors, light lines: the parents. (b) Excess kurtosis added to a normal law, 12 "
    "q2, against the mean m of the weight, for three pairs of equal extensions; all laws on these lines preserve the "
    "covariance. The price vanishes only where records become copies (m near 0 or 1); the star is the published "
    "example. (c) Excess kurtosis of a normal law over population generations (infinite samples)."
)

ALPHAS = np.geomspace(0.15, 9, 200)
EXTENSIONS = {0.1: style.LAWS["beta"], 0.3: style.LAWS["published"], 0.6: style.LAWS["compensated"]}


def draw_populations(ax, frame):
    """Draw kurtosis after one synthesis against the parameter of the symmetric preserving law."""
    law = EpBeta.preserving_symmetric(ALPHAS)
    rows = frame[(frame["family"] == "preserving") & (frame["metric"] == "kurtosis")]
    for name, look in style.POPULATIONS.items():
        start = scenarios.named_population(name).excess_kurtosis
        mine = rows[rows["population"] == name]
        ax.axhline(start, color=style.LIGHT, linewidth=0.8, zorder=0)
        ax.plot(ALPHAS, moments.excess_kurtosis(law, start), **look.line_kw())
        style.points(ax, mine["alpha"], mine, look)
    ax.set(xscale="log", xlabel=r"$\alpha$ of the preserving law", ylabel="excess kurtosis", ylim=(-1.5, 11.5))
    style.fixed_ticks(ax.xaxis, [0.2, 0.5, 1, 2, 4, 8])
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker})
        for look in style.POPULATIONS.values()
    ]
    ax.legend(handles=handles, loc="upper left", fontsize=7, ncols=2, columnspacing=0.8, handlelength=2)


def draw_closeness(ax):
    """Draw the added kurtosis against the mean of the weight along preserving laws."""
    mean = np.linspace(0.005, 0.995, 397)
    for eps, look in EXTENSIONS.items():
        law = EpBeta.preserving(mean, eps0=eps, eps1=eps)
        ax.plot(mean, 12 * law.q2, **look.line_kw())
        height = float(12 * EpBeta.preserving(0.5, eps0=eps, eps1=eps).q2)
        ax.text(0.5, height - 0.02, rf"$\epsilon={eps:g}$", ha="center", va="top", fontsize=8)
    example = scenarios.named_law("published")
    ax.plot(example.mean, moments.excess_kurtosis(example, 0.0), marker="*", color=style.BLACK, markersize=8)
    ax.set(xlabel="mean $m$ of the weight", ylabel=r"added excess kurtosis $12\,q_2$", xlim=(0, 1), ylim=(0, None))


def draw_generations(ax):
    """Draw kurtosis over population generations."""
    steps = np.arange(21)
    for name in ("uniform", "beta", "published", "preserving"):
        law, look = scenarios.named_law(name), style.LAWS[name]
        values = [generations.generation_excess_kurtosis(law, 0.0, int(t)) for t in steps]
        ax.plot(steps, values, label=look.label, **look.line_kw())
    ax.set_yscale("symlog", linthresh=1, linscale=0.6)
    style.fixed_ticks(ax.yaxis, [0, 1, 10, 100])
    ax.set(xlabel="generation", ylabel="excess kurtosis", xlim=(0, 20), ylim=(0, 700), xticks=[0, 5, 10, 15, 20])
    ax.legend(loc="upper left", fontsize=7, handlelength=2)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("variance_distortion")
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.5))
    draw_populations(axes[0], frame)
    draw_closeness(axes[1])
    draw_generations(axes[2])
    for letter, ax in zip("abc", axes, strict=True):
        style.panel(ax, letter)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
