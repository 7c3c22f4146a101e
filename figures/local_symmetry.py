"""Excess risk along the number of synthetic rows under local symmetry, by generator: who copies the sample pays."""

import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.imbalance.studies import scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("local_symmetry",)
CAPTION = (
    "Locally symmetric populations: without synthetic rows imbalance brings no bias, and a synthetic row can but lower "
    "the variance. (a) to (c) The mean-shift model in 20 dimensions, 100 minority against 2000 majority rows, with "
    "noise on the cube, of random signs, and on the sphere; (d) the logistic model, 557 against 4443 rows. Excess risk "
    "against the number of synthetic rows in units of what the minority lacks. Lines are closed forms where there are "
    "any, points are simulated, with two Monte Carlo standard errors; grey: without synthetic rows. The closed forms "
    "are leading orders, but for the Semi-Oracle, whose line is solved given the error of the mean."
)

TITLES = {"cube": "cube", "rademacher": "random signs", "sphere": "sphere", "logistic": "logistic model"}


def curve_of(rows):
    """Return the rows of one curve in the order of the multiplier."""
    chosen = rows[rows["metric"].str.startswith("excess_risk_")]
    place = chosen["metric"].str.removeprefix("excess_risk_").astype(float)
    return chosen.assign(multiplier=place).sort_values("multiplier")


def draw_population(ax, study, frame):
    """Draw the curves of all generators in one population."""
    for generator, look in style.SYMMETRIC.items():
        rows = curve_of(frame[frame["generator"] == generator])
        if rows.empty:
            continue
        first = rows.iloc[0]
        cell = {key: first[key] for key in study.cells(study.profiles[0])[0]}
        closed = study.reference(**cell)
        line = [closed[f"excess_risk_{m:.1f}"] for m in scenarios.MULTIPLIERS if f"excess_risk_{m:.1f}" in closed]
        if len(line) > 1:
            ax.plot(scenarios.MULTIPLIERS, line, **look.line_kw())
        style.points(ax, rows["multiplier"], rows, look, markersize=3)
        ax.axhline(line[0], color=style.GREY, linewidth=0.6, zorder=0)
    ax.set_yscale("log")
    ax.set_xlim(-0.1, 4.1)


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("local_symmetry")
    frame = results.frame(study.name)
    figure, axes = plt.subplots(2, 2, figsize=(style.TWO_COLUMNS, 5.0), sharex=True)
    for letter, ax, (population, title) in zip("abcd", axes.flat, TITLES.items(), strict=True):
        draw_population(ax, study, frame[frame["population"] == population])
        style.panel(ax, letter, title)
    for ax in axes[1]:
        ax.set_xlabel("multiplier")
    for ax in axes[:, 0]:
        ax.set_ylabel("excess risk")
    looks = style.SYMMETRIC.values()
    closed = ("oracle", "semi_oracle", "bootstrap")
    handles = [
        plt.Line2D([], [], label=look.label, **look.point_kw(linestyle=look.line if name in closed else "none"))
        for name, look in zip(style.SYMMETRIC, looks, strict=True)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=5)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
