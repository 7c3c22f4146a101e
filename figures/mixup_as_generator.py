"""Mixup as a generator of minority rows, with a class gap and without, and as a design in regression."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import Beta, EpBeta, catalog
from mixtheory.imbalance.models.mean_shift import MeanShiftModel
from mixtheory.imbalance.models.mixup import cancelling_multiplier
from mixtheory.imbalance.models.mixup_prices import copying, marginal_price
from mixtheory.imbalance.studies import mixup_scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("mixup_as_generator",)
CAPTION = (
    "Mixup with three laws of its weight, and zeta-mixup of eight parents with the variance factor of U(0, 1); lines "
    "are closed forms to leading order, points simulated (two Monte Carlo standard errors). Top: excess balanced risk "
    "of least squares in the Gaussian example against the multiplier, with parents that are new rows (left) and rows "
    "of the sample (right); upright lines mark the size without bias, 1/(2 - c), which two laws share. Bottom left: "
    "what the first mixed row costs where the classes agree (mean-shift model, eight columns), in units in which "
    "resampling costs 1, against the variance factor c: seven laws, lines for symmetric ones on [0, 1] up to c = 1 "
    "and uniform ones beyond; dotted: twice the copied share less 1. Bottom right: risk of least squares on real rows "
    "and mixtures of new ones with responses of their own, half as many columns as rows in all, where points lie "
    "above the limit by a share of about one in the number of columns; dotted: the prediction from the covariance of "
    "the mixed rows alone, which is right for zeta-mixup: its rows stay normal."
)

LAWS = {
    "uniform": style.Style("U(0, 1), c = 2/3", style.VERMILION, "--", "s"),
    "zeta": style.Style("zeta, c = 2/3", style.PURPLE, (0, (4, 1, 1, 1)), "D"),
    "preserving": style.Style("preserving uniform, c = 1", style.BLUE, "-", "o"),
    "inflating": style.Style("U(-0.6, 1.6), c = 1.31", style.GREEN, "-.", "^"),
}


def draw_sizes(ax, study, frame):
    """Draw excess risk against the multiplier."""
    for law, look in LAWS.items():
        rows = frame[frame["law"] == law].sort_values("multiplier")
        multipliers = np.linspace(0, rows["multiplier"].max(), 61)
        curve = style.curve(study, rows.iloc[0], "value", "multiplier", multipliers)
        ax.plot(multipliers, curve, **look.line_kw(label=look.label))
        style.points(ax, rows["multiplier"], rows, look, markersize=3)
        best = float(cancelling_multiplier(mixup_scenarios.mixing_law(law).variance_factor))
        ax.axvline(best, linewidth=0.6, zorder=0, **look.line_kw())
    ax.set_yscale("log")
    ax.set_xlabel("multiplier")


def draw_prices(ax, frame):
    """Draw prices against the variance factor, along two families of laws."""
    row = frame.iloc[0]
    model = MeanShiftModel(int(row["columns"]), int(row["n_first"]), int(row["n_second"]), "gaussian")
    families = (
        [Beta(a, a) for a in np.geomspace(0.01, 200, 60)],
        [EpBeta(1, 1, eps, eps) for eps in np.linspace(0.37, 1.0, 30)],
    )
    for family in families:
        factors = [law.variance_factor for law in family]
        ax.plot(factors, [marginal_price(model, law) for law in family], color=style.BLACK)
        ax.plot(factors, [2 * copying(model, law) - 1 for law in family], color=style.GREY, linestyle=":")
    ax.axhline(1, color=style.GREY, linewidth=0.6, zorder=0)
    for law in mixup_scenarios.LAWS:
        look = LAWS.get(law, style.Style(law, style.BLACK, "-", "D"))
        factor = mixup_scenarios.mixing_law(law).variance_factor
        style.points(ax, [factor], frame[frame["law"] == law], look)
    ax.set_xlabel("variance factor $c$")
    ax.set_ylabel("price of the first row")


def draw_regression(ax, frame):
    """Draw the risk of regression against the share of mixed rows."""
    for law, look in LAWS.items():
        rows = frame[frame["law"] == law].sort_values("n_second")
        total = rows["n_first"] + rows["n_second"]
        shares = rows["n_second"] / total
        columns = int(rows["columns"].iloc[0])
        ax.plot(shares, rows["reference"], **look.line_kw())
        pairs = zip(rows["n_first"], rows["n_second"], strict=True)
        alone = [mixup_scenarios.risk_by_covariance(law, columns, int(n), int(m)) for n, m in pairs]
        ax.plot(shares, alone, color=look.colour, linestyle=":", linewidth=0.9)
        style.points(ax, shares, rows, look, markersize=3)
    ax.set_xlabel("share of mixed rows")
    ax.set_ylabel("excess risk")


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("mixup_as_generator")
    frame = results.frame(study.name)
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 4.8))
    for ax, parents, letter in zip(axes[0], ("population", "sample"), "ab", strict=True):
        draw_sizes(ax, study, frame[frame["parents"] == parents])
        style.panel(ax, letter, {"population": "new parents", "sample": "parents from the sample"}[parents])
    low, high = axes[0, 0].get_ylim()
    axes[0, 1].set_ylim(low, high)
    axes[0, 0].set_ylabel("excess risk")
    draw_prices(axes[1, 0], frame[frame["design"] == "price"])
    draw_regression(axes[1, 1], frame[frame["design"] == "regression"])
    style.panel(axes[1, 0], "c", "no class gap")
    style.panel(axes[1, 1], "d", "regression")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
