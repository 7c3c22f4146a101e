"""How far mixed records lie from their dominant parent at equal covariance, and how uncertain their labels are."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.mixing.zeta import Zeta
from mixtheory.publishing.figures import figures_main

STUDIES = ("zeta_mixup",)
CAPTION = (
    "Mixup of two parents and zeta-mixup of 32 at equal covariance factor, against the alpha of the weights "
    "Beta(alpha, alpha): plain, and rescaled so that the covariance is kept. (a) Mean square displacement of a record "
    "from the parent of the largest weight, relative to the trace of the covariance. (b) Excess kurtosis of records "
    "from normal parents; the lines of zeta-mixup coincide at zero. (c) Entropy of the weights (filled) and of the "
    "soft label of three classes with probabilities 0.5, 0.3 and 0.2 (hollow). (d) The same two for zeta-mixup of T "
    "records against its exponent. Lines: closed forms; thin lines join points. Points: simulation with bars of two "
    "Monte Carlo standard errors."
)

ALPHAS = np.geomspace(0.045, 4.5, 33)
GAMMAS = np.linspace(0.0, 6.0, 61)


def closed_forms(study):
    """Return the closed forms of every law along alpha."""
    (first, *_) = [cell for cell in study.cells(study.profiles[0]) if cell["design"] == "matched"]
    return {
        law: [study.reference(**{**first, "law": law, "alpha": alpha}) for alpha in ALPHAS.tolist()]
        for law in style.BATCH_LAWS
    }


def draw_matched(ax, closed, frame, metric, *, hollow=False):
    """Draw a metric against alpha for every law that has it."""
    rows = frame[(frame["metric"] == metric) & frame["estimate"].notna()]
    for law, look in style.BATCH_LAWS.items():
        mine = rows[rows["law"] == law].sort_values("alpha")
        if mine.empty or (metric.endswith("entropy") and law == "rescaled"):
            continue
        if mine["reference"].notna().all():
            ax.plot(ALPHAS, [values[metric] for values in closed[law]], **look.line_kw())
        else:
            ax.plot(mine["alpha"], mine["estimate"], **look.line_kw(linewidth=0.6))
        style.points(ax, mine["alpha"], mine, look, hollow=hollow, markersize=3.5)
    ax.set(xscale="log", xlim=(ALPHAS[0], ALPHAS[-1]), xlabel=r"$\alpha$ of the weights Beta$(\alpha,\alpha)$")
    style.fixed_ticks(ax.xaxis, [0.05, 0.1, 0.2, 0.5, 1, 2, 4])


def draw_entropies(ax, frame):
    """Draw entropies of weights and labels against the exponent."""
    for batch in (2, 8, 32, 128):
        look = style.BATCHES[batch]
        ax.plot(GAMMAS, [Zeta(gamma, batch).entropy for gamma in GAMMAS], **look.line_kw())
        mine = frame[frame["batch"] == batch].sort_values("gamma")
        weights, labels = (mine[mine["metric"] == f"{what}_entropy"] for what in ("weight", "label"))
        style.points(ax, weights["gamma"], weights, look, markersize=3)
        ax.plot(labels["gamma"], labels["estimate"], **look.line_kw(linewidth=0.6))
        style.points(ax, labels["gamma"], labels, look, hollow=True, markersize=3, label=look.label)
    ax.set(xlabel=r"exponent $\gamma$", xlim=(-0.1, 6.2), ylim=(0, 5.1))
    ax.legend(loc="upper right", fontsize=7)


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("zeta_mixup")
    frame, closed = results.frame(study.name), closed_forms(study)
    matched, factors = (frame[frame["design"] == design] for design in ("matched", "factors"))
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 4.9))
    draw_matched(axes[0, 0], closed, matched, "displacement")
    draw_matched(axes[0, 1], closed, matched, "kurtosis")
    draw_matched(axes[1, 0], closed, matched, "weight_entropy")
    draw_matched(axes[1, 0], closed, matched, "label_entropy", hollow=True)
    draw_entropies(axes[1, 1], factors[(factors["pairing"] == "anchored") & (factors["population"] == "normal")])
    axes[0, 0].set_yscale("log")
    labels = (
        r"mean square displacement / $\mathrm{tr}\,\Sigma$",
        "excess kurtosis",
        "entropy (nats)",
        "entropy (nats)",
    )
    for letter, ax, label in zip("abcd", axes.flat, labels, strict=True):
        style.panel(ax, letter)
        ax.set_ylabel(label)
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker})
        for look in style.BATCH_LAWS.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
