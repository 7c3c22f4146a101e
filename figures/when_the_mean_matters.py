"""Where the mean of the rows does matter: few real rows, synthetic rows alone, and coefficients along a mean."""

import numpy as np
import style
from matplotlib import pyplot as plt

from mixtheory import catalog
from mixtheory.highdim import mean_shift, scenarios
from mixtheory.publishing.figures import figures_main

STUDIES = ("covariance_vs_mean_shift",)
CAPTION = (
    "The exceptions. (a) Four times as many rows as columns: what the mean of the test point adds to the risk, "
    "against the number of real rows, for means of norm twice the root of the dimension; lines: its limit; dotted: "
    "the bound for all means. (b) Synthetic rows alone: excess risk against the norm of their mean, which has the "
    "direction of the real mean; solid: the corrected formula, dashed: the published one. (c) Half as many rows as "
    "columns, real covariance the identity: bias of coefficients along the real mean, against its norm; line: the "
    "prediction with the means; dotted: the limit without means. Points are simulated, with two Monte Carlo standard "
    "errors."
)

ANGLES = {
    0.0: style.Style("orthogonal means", style.BLUE, "-", "o"),
    0.9: style.Style("cosine 0.9", style.GREEN, "-.", "^"),
}
CORRECTED = style.Style("corrected", style.BLUE, "-", "o")
PRINTED = style.Style("published", style.VERMILION, "--", "s")


def norms(rows, name):
    """Return the norms of a mean."""
    return rows[name] * np.sqrt(rows["p"])


def dense(rows, name):
    """Return lengths of a mean between the smallest and the largest of some rows."""
    return np.geomspace(rows[name].min(), rows[name].max(), 25)


def design_of(study, row):
    """Return the design of a row of the table."""
    names = [key for key in study.cells(study.profiles[0])[0] if key not in ("design", "regime")]
    return scenarios.shift_design(**{key: row[key] for key in names})


def few_rows(ax, study, frame):
    """Draw the mean term against the number of real rows."""
    for cosine, look in ANGLES.items():
        rows = frame[frame["cosine"] == cosine].sort_values("n_t")
        ax.plot(rows["n_t"], rows["reference"], **look.line_kw(label=look.label))
        style.points(ax, rows["n_t"], rows, look)
    shapes = [design_of(study, row) for _, row in rows.iterrows()]
    bounds = [mean_shift.mean_term_bound(d.sigma_t, d.sigma_s, d.n_t, d.n_s) for d in shapes]
    ax.plot(rows["n_t"], bounds, color=style.GREY, linestyle=":", label="bound for all means")
    ax.set_xscale("log")
    ax.set_yscale("log")
    style.fixed_ticks(ax.xaxis, sorted(rows["n_t"].unique()))
    ax.set_xlabel("real rows $n_t$")
    ax.set_ylabel("mean term of the risk")


def synthetic_only(ax, study, frame):
    """Draw the risk of synthetic rows alone against the norm of their mean."""
    frame = frame.sort_values("length_s")
    first, lengths = frame.iloc[0], dense(frame, "length_s")
    ax.plot(
        lengths * np.sqrt(first["p"]),
        style.curve(study, first, "risk", "length_s", lengths),
        **CORRECTED.line_kw(label=CORRECTED.label),
    )
    printed = []
    for length in lengths:
        d = design_of(study, {**first, "length_s": length})
        printed.append(mean_shift.synthetic_only_risk(d.sigma_t, d.sigma_s, d.n_s, d.mu_t, d.mu_s, form="printed"))
    ax.plot(lengths * np.sqrt(first["p"]), printed, **PRINTED.line_kw(label=PRINTED.label))
    style.points(ax, norms(frame, "length_s"), frame, CORRECTED)
    ax.set_xscale("log")
    ax.set_ylim(0, None)
    ax.set_xlabel(r"norm of the mean $\|\mu_s\|$")
    ax.set_ylabel("excess risk")


def aligned(ax, study, frame):
    """Draw the bias of coefficients along the real mean against its norm."""
    frame = frame.sort_values("length_t")
    first, lengths = frame.iloc[0], dense(frame, "length_t")
    ax.plot(
        lengths * np.sqrt(first["p"]),
        style.curve(study, first, "bias", "length_t", lengths),
        **CORRECTED.line_kw(label="with the means"),
    )
    free = scenarios.predicted_risk(design_of(study, first), means=False).bias
    ax.axhline(free, color=style.GREY, linestyle=":", label="without means")
    style.points(ax, norms(frame, "length_t"), frame, CORRECTED)
    ax.set_xscale("log")
    ax.set_ylim(0, None)
    ax.set_xlabel(r"norm of the mean $\|\mu_t\|$")
    ax.set_ylabel("bias")


def draw(results):
    """Draw the figure."""
    style.use()
    study = catalog.load_study("covariance_vs_mean_shift")
    frame = results.frame(study.name)
    figure, axes = plt.subplots(1, 3, figsize=(style.TWO_COLUMNS, 2.6))
    panels = (
        (few_rows, "few_rows", "mean_term", "few real rows"),
        (synthetic_only, "synthetic_only", "risk", "synthetic rows alone"),
        (aligned, "aligned", "bias", r"$n=p/2$, $\beta$ along $\mu_t$"),
    )
    for letter, ax, (draw_panel, design, metric, title) in zip("abc", axes, panels, strict=True):
        draw_panel(ax, study, frame[(frame["design"] == design) & (frame["metric"] == metric)])
        ax.legend()
        style.panel(ax, letter, title)
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
