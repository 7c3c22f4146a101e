"""Class means and covariances after mixing."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory.mixing import labels
from mixtheory.mixing.studies import scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("class_conditional",)
CAPTION = (
    "Class means and one-standard-deviation ellipses of three normal classes. Grey: the parents; coloured lines: "
    "closed form for synthetic records with that label; markers: simulated means and points on the simulated ellipses "
    "(bars of two Monte Carlo standard errors of the means are smaller than the markers). Columns: both parents from "
    "the label's class; parents from any class and the label of the first; of the one with the larger weight. Rows: "
    "U(0, 1) weights, and the published example. Only same-class pairs with a preserving law keep both means and "
    "covariances."
)

RULES = {
    "same_class": "same-class pairs",
    "first_parent": "label of the first parent",
    "larger_weight": "label of the larger weight",
}
LAWS = ("uniform", "published")
CLASSES = (
    style.Style("class 1", style.BLUE, "-", "o"),
    style.Style("class 2", style.VERMILION, "--", "s"),
    style.Style("class 3", style.GREEN, "-.", "^"),
)


def ellipse(mean, covariance, count):
    """Return `count` points at one standard deviation around a mean."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=count > 50)
    return mean[:, None] + np.linalg.cholesky(covariance) @ np.stack([np.cos(turn), np.sin(turn)])


def closed_form(rule, law):
    """Return the class means and covariances of the synthetic records."""
    classes = scenarios.three_classes()
    if rule == "same_class":
        return np.asarray(classes.means), labels.same_class_covariances(law, classes)
    omega = labels.owner_weight(law, rule)
    return labels.hard_label_class_means(omega, classes), labels.hard_label_class_covariances(omega, classes)


def simulated(frame, rule, law, label):
    """Return the simulated mean, its standard errors and the covariance of one class."""
    rows = frame[(frame["rule"] == rule) & (frame["law"] == law) & (frame["label"] == label)].set_index("metric")
    value = rows["estimate"]
    covariance = [[value["variance_x"], value["covariance"]], [value["covariance"], value["variance_y"]]]
    mean = np.array([value["mean_x"], value["mean_y"]])
    return mean, rows.loc[["mean_x", "mean_y"], "mcse"].to_numpy(), np.array(covariance)


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("class_conditional")
    parents = scenarios.three_classes()
    figure, axes = plt.subplots(
        len(LAWS),
        len(RULES),
        figsize=(style.TWO_COLUMNS, 4.5),
        sharex=True,
        sharey=True,
        subplot_kw={"aspect": "equal"},
    )
    for row, law in zip(axes, LAWS, strict=True):
        for ax, rule in zip(row, RULES, strict=True):
            means, covariances = closed_form(rule, scenarios.named_law(law))
            for label, look in enumerate(CLASSES):
                start, spread = np.asarray(parents.means)[label], np.asarray(parents.covariances)[label]
                ax.fill(
                    *ellipse(start, spread, 181), facecolor=style.LIGHT, edgecolor=style.GREY, linewidth=0.6, zorder=0
                )
                ax.plot(*start, marker="+", color=style.GREY, markersize=6)
                ax.plot(*ellipse(means[label], covariances[label], 181), **look.line_kw())
                mean, mcse, covariance = simulated(frame, rule, law, label)
                ax.errorbar(*mean, xerr=2 * mcse[0], yerr=2 * mcse[1], **look.point_kw(), elinewidth=0.8, zorder=3)
                ax.plot(*ellipse(mean, covariance, 12), **look.point_kw(markersize=2.2, markeredgewidth=0))
    for letter, ax, title in zip("abcdef", axes.flat, [*RULES.values(), "", "", ""], strict=True):
        style.panel(ax, letter, title)
    for ax, law in zip(axes[:, 0], LAWS, strict=True):
        ax.set_ylabel(f"{style.LAWS[law].label}\n$x_2$")
    for ax in axes[-1]:
        ax.set_xlabel("$x_1$")
    handles = [
        plt.Line2D([], [], label=look.label, **{**look.line_kw(), "marker": look.marker}) for look in CLASSES
    ] + [plt.Line2D([], [], color=style.GREY, marker="+", linewidth=0.6, label="parents")]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
