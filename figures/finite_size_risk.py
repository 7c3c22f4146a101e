"""The finite-size error of the limits: its rate, and designs that are not normal."""

import numpy as np
import statsmodels.api as sm
import style
from matplotlib import pyplot as plt

from mixtheory.publishing.figures import figures_main

STUDIES = ("finite_size_risk",)
CAPTION = (
    "Relative error of the limit of the risk, with synthetic variances 0.1 and 1.9. (a) Normal designs: against the "
    "dimension, with the line of weighted least squares on logarithms and its slope with a 95 percent interval "
    "(weights from the Monte Carlo standard errors). (b) Designs of other laws at one dimension: with finite fourth "
    "moments the error is of order 1/p; with three degrees of freedom it falls like one over the root of p. Points "
    "with two Monte Carlo standard errors."
)

REGIMES = {
    "under": style.Style("$n=2p$", style.BLUE, "-", "o"),
    "over": style.Style("$n=p/2$", style.VERMILION, "--", "s"),
}


def fitted_rate(rows):
    """Fit log error = a - b log p with weights from the standard errors; return the fit and the exponent's interval."""
    logs = sm.add_constant(np.log(rows["p"].to_numpy(dtype=float)))
    precision = (rows["estimate"] / rows["mcse"]) ** 2
    # the weights are known variances, not only proportional to them
    fit = sm.WLS(np.log(rows["estimate"].to_numpy()), logs, weights=precision.to_numpy()).fit(cov_type="fixed scale")
    return fit, fit.conf_int()[1]


def draw(results):
    """Draw the figure."""
    style.use()
    frame = results.frame("finite_size_risk")
    frame = frame[frame["metric"] == "relative_error"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(style.TWO_COLUMNS, 2.7))
    for regime, look in REGIMES.items():
        rows = frame[(frame["regime"] == regime) & (frame["law"] == "gaussian")].sort_values("p")
        style.points(left, rows["p"], rows, look)
        # an error that is not positive has no logarithm
        fit, (low, high) = fitted_rate(rows[rows["estimate"] > 0])
        sizes = np.array([rows["p"].min(), rows["p"].max()], dtype=float)
        slope = f"{fit.params[1]:.2f} ({low:.2f}, {high:.2f})".replace("-", "\N{MINUS SIGN}")
        line = np.exp(fit.params[0] + fit.params[1] * np.log(sizes))
        left.plot(sizes, line, **look.line_kw(label=f"{look.label}: slope {slope}"))
    left.set_xscale("log")
    left.set_yscale("log")
    style.fixed_ticks(left.xaxis, sorted(frame.loc[frame["law"] == "gaussian", "p"].unique()))
    left.set_xlabel("dimension $p$")
    left.set_ylabel("relative error of the limit")
    left.legend()
    style.panel(left, "a", "normal designs")
    size = int(frame.loc[frame["law"] != "gaussian", "p"].iloc[0])
    laws = frame[frame["p"] == size]
    for shift, (regime, look) in zip((-0.12, 0.12), REGIMES.items(), strict=True):
        rows = laws[laws["regime"] == regime].set_index("law").loc[list(style.DESIGN_LAWS)]
        style.points(right, np.arange(len(rows)) + shift, rows, look, label=look.label)
    right.axhline(0, color=style.GREY, linewidth=0.6, zorder=0)
    labels = [law.label.replace("Student ", "") for law in style.DESIGN_LAWS.values()]
    right.set_xticks(range(len(labels)), labels)
    right.set_ylabel("relative error of the limit")
    right.legend()
    style.panel(right, "b", f"laws of the entries, $p={size}$")
    return figure


if __name__ == "__main__":
    raise SystemExit(figures_main(__file__))
