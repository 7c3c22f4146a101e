"""Risk against the angle of the means, and against the covariance of the synthetic rows."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.publishing.figures import figures_main

STUDIES = ("covariance_vs_mean_shift",)
CAPTION = (
    "Excess risk of least squares on real and synthetic rows, with serially correlated covariances (0.9 to the power "
    "of the lag for the real rows), scaled to the same relative trace, and means of norm twice the root of the "
    "dimension. Top: four times as many rows as columns; bottom: half as many, minimal norm, random coefficients. "
    "Left: the angle between the means; right: the correlation of the synthetic rows, with the matched one dotted. "
    "Lines are the limits without means, points are simulated (two Monte Carlo standard errors; most are smaller than "
    "the points), at the dimension that the panels name."
)

ROWS = {"under": "$n=4p$", "over": "$n=p/2$"}


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("covariance_vs_mean_shift")
    frame = results.frame(study.name)
    frame = frame[(frame["metric"] == "risk") & frame["design"].isin(("cosine", "covariance"))]
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 4.6), sharey="row")
    for (regime, words), (left, right), letters in zip(ROWS.items(), axes, ("ab", "cd"), strict=True):
        part = frame[frame["regime"] == regime]
        for rho, look in style.SPECTRA.items():
            rows = part[(part["design"] == "cosine") & (part["rho_s"] == rho)].sort_values("cosine")
            left.plot(rows["cosine"], rows["reference"], **look.line_kw(label=look.label))
            style.points(left, rows["cosine"], rows, look)
        rows = part[part["design"] == "covariance"].sort_values("rho_s")
        correlations = np.linspace(0, rows["rho_s"].max(), 33)
        right.plot(correlations, style.curve(study, rows.iloc[0], "risk", "rho_s", correlations), color=style.BLACK)
        right.errorbar(
            rows["rho_s"], rows["estimate"], yerr=2 * rows["mcse"], color=style.BLACK, marker="o", linestyle="none"
        )
        right.axvline(0.9, color=style.GREY, linewidth=0.6, linestyle=":", zorder=0)
        size = int(part["p"].max())
        style.panel(left, letters[0], f"{words}, $p={size}$: the mean shift")
        style.panel(right, letters[1], f"{words}, $p={size}$: the covariance shift")
        left.set_ylabel("excess risk")
        left.set_ylim(0.9 * part["estimate"].min(), 1.03 * part["estimate"].max())
    axes[1, 0].set_xlabel(r"cosine of the angle between $\mu_t$ and $\mu_s$")
    axes[1, 1].set_xlabel(r"correlation $\rho_s$ of the synthetic rows")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
