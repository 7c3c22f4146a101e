"""Risk along curves of covariances through the matched one: where matching is optimal, and where it is not."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.publishing.figures import figures_main

STUDIES = ("matching_optimality",)
CAPTION = (
    "Excess risk relative to that of matched covariances (dotted), when the first of two blocks of synthetic "
    "variances is exp(2 spread) times the second, relative to the real ones. Top, more rows than columns: (a) "
    "relative trace fixed: matching is the best choice for every split; (b) determinant fixed: only with more "
    "synthetic than real rows; (c) the synthetic trace fixed at the real one, real variances 4 and 1/4: matching is "
    "not optimal. Bottom, fewer rows than columns, relative trace fixed: (d) real covariance the identity, random "
    "coefficients; (e) the same with coefficients along a coordinate of the first block; (f) real variances 4 and "
    "1/4, random coefficients. Lines are limits, points are simulated, with two Monte Carlo standard errors."
)

TITLES = {
    "trace": "relative trace",
    "determinant": "determinant",
    "own_trace": "own trace, (4, 1/4)",
    "isotropic": r"$\Sigma_t=I$, random $\beta$",
    "fixed_beta": r"$\Sigma_t=I$, $\beta$ in block 1",
    "two_variances": r"$\Sigma_t=(4,1/4)$, random $\beta$",
}
NOISES = {0.0: ("white", r"$\sigma^2=0$"), 1.0: (None, r"$\sigma^2=1$")}


def split_name(row):
    """Return which of the two kinds of rows is in the majority."""
    if row["n_s"] == row["n_t"]:
        return "equal"
    return "more synthetic" if row["n_s"] > row["n_t"] else "more real"


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("matching_optimality")
    frame = results.frame(study.name)
    frame = frame[frame["metric"] == "risk"]
    frame = frame.assign(split=frame.apply(split_name, axis=1))
    figure, axes = plt.subplots(2, 3, figsize=(style.TWO_COLUMNS, 4.6))
    for letter, ax, (design, title) in zip("abcdef", axes.flat, TITLES.items(), strict=True):
        part = frame[frame["design"] == design]
        noises = sorted(part["noise_var"].unique())
        for (split, noise), rows in part.groupby(["split", "noise_var"]):
            rows = rows.sort_values("spread")
            matched = rows.loc[np.isclose(rows["spread"], 0.0), "reference"].iloc[0]
            look = style.SPLITS[split]
            face = NOISES[noise][0] if len(noises) > 1 else None
            spreads = np.linspace(rows["spread"].min(), rows["spread"].max(), 49)
            line = np.array(style.curve(study, rows.iloc[0], "risk", "spread", spreads)) / matched
            ax.plot(spreads, line, **look.line_kw(alpha=0.6 if face else 1.0))
            ax.errorbar(
                rows["spread"],
                rows["estimate"] / matched,
                yerr=2 * rows["mcse"] / matched,
                elinewidth=0.8,
                **look.point_kw(markerfacecolor=face or look.colour),
            )
        ax.axhline(1, color=style.GREY, linewidth=0.6, linestyle=":", zorder=0)
        ax.axvline(0, color=style.GREY, linewidth=0.6, linestyle=":", zorder=0)
        style.panel(ax, letter, title)
    for ax in axes[1]:
        ax.set_xlabel("spread")
    for ax in axes[:, 0]:
        ax.set_ylabel("risk / matched risk")
    handles = [
        plt.Line2D([], [], label=look.label, **look.point_kw(linestyle=look.line)) for look in style.SPLITS.values()
    ]
    handles += [
        plt.Line2D(
            [], [], color=style.GREY, marker="o", linestyle="none", label=label, markerfacecolor=face or style.GREY
        )
        for face, label in NOISES.values()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=5)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
