"""Accuracy after training on mixed batches, against the exponent of zeta-mixup."""

from dataclasses import replace

import style
from matplotlib import pyplot as plt

from mixtheory.comparisons import compare_over_splits
from mixtheory.mixing.p_series import matching_gamma
from mixtheory.mixing.studies import augmentation
from mixtheory.mixing.weights import Beta
from mixtheory.publishing.figures import figures_main

STUDIES = ("zeta_mixup_real",)
METRIC = "accuracy_difference_erm"
CAPTION = (
    "Accuracy on held-out rows after training on mixed batches of 32 rows minus that after training on the rows "
    "themselves (no mixing, zero), in percentage points, for three data sets (columns) and three models (rows). "
    "Zeta-mixup, plain and rescaled, against its exponent; mixup is drawn at the exponent of equal covariance, with a "
    "thin line at the level of Beta(1, 1), and EpBeta, which keeps the covariance, at the right end. Means over splits "
    "and 95 percent intervals with the correction of Nadeau and Bengio for overlapping splits; filled: different from "
    "zero at level 0.05 after Holm's correction over the nine panels. Points at one exponent are shifted sideways. "
    "Vertical scales differ."
)

MODELS = {"logistic": "logistic regression", "neighbours": "nearest neighbours", "network": "network"}
DATASETS = {"wine": "wine", "breast_cancer": "breast cancer", "digits": "digits"}
LOOKS = {
    ("zeta", None): style.BATCH_LAWS["zeta"],
    ("rescaled_zeta", None): style.BATCH_LAWS["rescaled"],
    ("mixup", 1.0): replace(style.BATCH_LAWS["mixup"], label="mixup, Beta(1, 1)"),
    ("mixup", 0.2): style.Style("mixup, Beta(0.2, 0.2)", style.ORANGE, "-.", "v"),
    ("epbeta", 1.0): replace(style.BATCH_LAWS["preserving"], label=r"EpBeta, $\alpha=\beta=1$"),
    ("epbeta", 0.2): style.Style(r"EpBeta, $\alpha=\beta=0.2$", style.BLACK, ":", ">"),
}
RIGHT_END = 8.5


def place(method, parameter):
    """Return where a method stands on the axis of exponents."""
    if method in ("zeta", "rescaled_zeta"):
        return parameter * (1.03 if method == "rescaled_zeta" else 1.0)
    if method == "mixup":
        return 0.95 * float(matching_gamma(Beta(parameter, parameter).variance_factor, augmentation.BATCH))
    return RIGHT_END * (1.0 if parameter == 1 else 1.05)


def draw_panel(ax, table):
    """Draw the methods on one data set with one model."""
    for (method, parameter), look in LOOKS.items():
        rows = table[table["method"] == method].sort_values("parameter")
        if parameter is not None:
            rows = rows[rows["parameter"] == parameter]
        x = [place(method, value) for value in rows["parameter"]]
        if parameter is None:
            ax.plot(x, 100 * rows["estimate"], **look.line_kw(linewidth=0.9))
        for where, row in zip(x, rows.to_dict("records"), strict=True):
            ax.plot([where, where], [100 * row["lower"], 100 * row["upper"]], color=look.colour, linewidth=0.8)
            full = {} if row["p_holm"] < 0.05 else {"markerfacecolor": "white"}
            ax.plot(where, 100 * row["estimate"], **look.point_kw(markersize=3.2, markeredgewidth=0.8, **full))
            if (method, parameter) == ("mixup", 1.0):
                ax.axhline(100 * row["estimate"], zorder=0, **look.line_kw(linewidth=0.5))
    ax.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("zeta_mixup_real")
    chosen = frame[(frame["metric"] == METRIC) & (frame["method"] != "erm")]
    table = compare_over_splits(chosen, test_share=augmentation.TEST_SHARE, family=("method", "parameter"))
    figure, axes = plt.subplots(3, 3, figsize=(style.TWO_COLUMNS, 5.6), sharex=True)
    for number, ax in enumerate(axes.flat):
        model, dataset = list(MODELS)[number // 3], list(DATASETS)[number % 3]
        draw_panel(ax, table[(table["model"] == model) & (table["dataset"] == dataset)])
        style.panel(ax, "abcdefghi"[number], DATASETS[dataset] if number < 3 else "")
    for ax, words in zip(axes[:, 0], MODELS.values(), strict=True):
        ax.set_ylabel(f"{words},\npercentage points")
    axes[0, 0].set_xscale("log")
    axes[0, 0].set_xlim(1.6, 1.15 * RIGHT_END)
    for ax in axes[-1]:
        ax.set_xticks([1.73, 2, 2.8, 4, 6, RIGHT_END], ["1.73", "2", "2.8", "4", "6", "EpBeta"])
        ax.set_xticks([], minor=True)
    figure.supxlabel(r"exponent $\gamma$", fontsize=9)
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.point_kw(), "linestyle": look.line if value is None else "none"})
        for (_, value), look in LOOKS.items()
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
