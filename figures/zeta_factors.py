"""What zeta-mixup does to moments, and how its two laws of rows differ."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.mixing.finite import mean_variance_factor
from mixtheory.mixing.moments import excess_kurtosis
from mixtheory.mixing.p_series import dominance_threshold
from mixtheory.mixing.weights import Beta
from mixtheory.mixing.zeta import Zeta
from mixtheory.publishing.figures import figures_main

STUDIES = ("zeta_mixup",)
CAPTION = (
    "Zeta-mixup of batches of T records against its exponent. (a) Factor on the covariance matrix, normal records; "
    "horizontal lines: factors of mixup with weights Beta(alpha, alpha). (b) Excess kurtosis over that of the parents, "
    "exponential records (filled) and two clusters (hollow). Bars across the curves: the exponent from which one "
    "parent outweighs all others; dotted vertical line: its limit for large T. (c) Variance of the mean of a mixed "
    "batch given the batch, over that of T independent records drawn from it: hollow, uniform orderings; filled, those "
    "of the public code, in which every record dominates one row. (d) Batch variance, relative to the start, over "
    "rounds of mixing the same batch of 32 with exponent 2.8; grey: parents always fresh. Lines: closed forms; points: "
    "simulation with bars of two Monte Carlo standard errors."
)

ALPHAS = (0.1, 0.2, 0.5, 1.0, 2.0)
GAMMAS = np.linspace(0.0, 6.0, 61)
# equal weights make every row the mean of its batch
POSITIVE = np.linspace(0.3, 6.0, 58)
PAIRINGS = {"distinct": "uniform orderings", "anchored": "one row a record"}
EXPONENT, BATCH = 2.8, 32


def draw_curves(ax, frame, metric, function, populations):
    """Draw a factor against the exponent, a curve for each batch size, with points of populations, hollow or not."""
    for batch, look in style.BATCHES.items():
        ax.plot(GAMMAS, [function(Zeta(gamma, batch)) for gamma in GAMMAS], **look.line_kw())
        rows = frame[(frame["metric"] == metric) & (frame["batch"] == batch)]
        for population, hollow in populations.items():
            mine = rows[rows["population"] == population]
            style.points(ax, mine["gamma"], mine, look, hollow=hollow, markersize=4.5 if hollow else 3)
        start = dominance_threshold(batch)
        ax.plot(
            start, function(Zeta(start, batch)), "|", color=style.VERMILION, markersize=9, markeredgewidth=1.3, zorder=4
        )
    ax.axvline(dominance_threshold(np.inf), color=style.GREY, linewidth=0.7, linestyle=":", zorder=0)


def draw_equivalents(ax):
    """Mark the covariance factors of mixup at the right end."""
    for alpha in ALPHAS:
        factor = float(Beta(alpha, alpha).covariance_factor)
        ax.axhline(factor, color=style.LIGHT, linewidth=0.8, zorder=0)
        ax.text(6.3, factor, rf"$\alpha={alpha:g}$", fontsize=7, va="center", color=style.GREY)


def draw_means(ax, frame):
    """Draw the variance of the batch mean under both laws of rows."""
    rows = frame[(frame["metric"] == "mean_shift") & (frame["population"] == "normal") & (frame["gamma"] > 0)]
    for batch in (8, 32, 128):
        look = style.BATCHES[batch]
        for pairing, hollow in (("distinct", True), ("anchored", False)):
            curve = [batch * mean_variance_factor(Zeta(gamma, batch), batch, pairing) for gamma in POSITIVE]
            ax.plot(POSITIVE, curve, **look.line_kw(linewidth=0.8 if hollow else 1.1))
            mine = rows[(rows["batch"] == batch) & (rows["pairing"] == pairing)]
            style.points(ax, mine["gamma"], mine, look, hollow=hollow, markersize=3)
    ax.set_yscale("log")
    style.fixed_ticks(ax.yaxis, [0.0001, 0.001, 0.01, 0.1, 1])


def draw_rounds(ax, study, frame):
    """Draw the batch variance over rounds of mixing."""
    rows = frame[frame["metric"] == "batch_variance"]
    rounds = np.arange(0, rows["rounds"].max() + 1)
    ax.plot(rounds, Zeta(EXPONENT, BATCH).covariance_factor ** rounds, color=style.GREY, linewidth=0.9)
    for law in ("zeta", "rescaled"):
        for pairing, hollow in (("distinct", True), ("anchored", False)):
            look, mine = style.BATCH_LAWS[law], rows[(rows["law"] == law) & (rows["pairing"] == pairing)]
            curve = [1.0, *style.curve(study, mine.iloc[0], "batch_variance", "rounds", rounds[1:].tolist())]
            label = f"{'rescaled' if law == 'rescaled' else 'plain'}, {PAIRINGS[pairing]}"
            ax.plot(rounds, curve, **look.line_kw(linewidth=0.8 if hollow else 1.1))
            style.points(ax, mine["rounds"], mine, look, hollow=hollow, label=label, markersize=3)
    ax.set_yscale("log")
    style.fixed_ticks(ax.yaxis, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
    ax.legend(loc="lower left", fontsize=7)


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("zeta_mixup")
    frame = results.frame(study.name)
    factors = frame[(frame["design"] == "factors")]
    anchored = factors[factors["pairing"] == "anchored"]
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 5.0))
    draw_curves(axes[0, 0], anchored, "covariance_factor", lambda law: law.covariance_factor, {"normal": False})
    draw_equivalents(axes[0, 0])
    skewed = {"two_clusters": True, "exponential": False}
    draw_curves(axes[0, 1], anchored, "kurtosis_factor", lambda law: excess_kurtosis(law, 1.0), skewed)
    draw_means(axes[1, 0], factors)
    draw_rounds(axes[1, 1], study, frame[frame["design"] == "rounds"])
    labels = (
        "covariance factor $A_2$",
        "kurtosis factor $A_4/A_2^2$",
        r"variance of the batch mean / $(S_b/T)$",
        "batch variance / start",
    )
    for letter, ax, label in zip("abcd", axes.flat, labels, strict=True):
        style.panel(ax, letter)
        ax.set_ylabel(label)
    for ax in (*axes[0], axes[1, 0]):
        ax.set(xlabel=r"exponent $\gamma$", xlim=(-0.1, 6.2))
    axes[1, 1].set_xlabel("rounds of mixing")
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker})
        for look in style.BATCHES.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
