"""The look of all figures: sizes, colours, markers, and error bars of two Monte Carlo standard errors.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart; line styles and markers differ
as well, so that a figure survives a grey printer.
"""

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np

from mixtheory.publishing.palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION
from mixtheory.publishing.palette import GREY as GREY
from mixtheory.publishing.palette import LIGHT as LIGHT

ONE_COLUMN = 3.35
TWO_COLUMNS = 6.9

RC = {
    "figure.constrained_layout.use": True,
    "figure.dpi": 120,
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 4,
    "errorbar.capsize": 0,
    "hatch.linewidth": 0.4,
    "axes.formatter.use_mathtext": True,
}


@dataclass(frozen=True)
class Style:
    """How one law, population or scheme is drawn everywhere."""

    label: str
    colour: str
    line: object
    marker: str

    def line_kw(self, **other):
        """Return keywords of a theory line."""
        return {"color": self.colour, "linestyle": self.line, **other}

    def point_kw(self, **other):
        """Return keywords of simulated points."""
        return {"color": self.colour, "marker": self.marker, "linestyle": "none", **other}


LAWS = {
    "copying": Style("copying (bootstrap)", BLACK, (0, (1, 1.2)), "P"),
    "uniform": Style("U(0, 1)", VERMILION, "--", "s"),
    "beta": Style("Beta(0.1, 0.1)", ORANGE, "-.", "D"),
    "preserving": Style("preserving uniform", BLUE, "-", "o"),
    "published": Style("EpBeta(4.34, 1.33; 0.3, 0.3)", GREEN, (0, (6, 1.5)), "^"),
    "compensated": Style("compensated for $n$", PURPLE, (0, (3, 1, 1, 1, 1, 1)), "v"),
}

POPULATIONS = {
    "normal": Style("normal", BLUE, "-", "o"),
    "exponential": Style("exponential", VERMILION, "--", "s"),
    "student_t": Style("Student $t_{12}$", GREEN, "-.", "^"),
    "two_clusters": Style("two clusters", PURPLE, (0, (1, 1.2)), "D"),
}

PAIRINGS = {
    "independent": Style("independent", BLUE, "-", "o"),
    "distinct": Style("distinct", SKY, "--", "s"),
    "permutation": Style("permutation", GREEN, "-.", "^"),
    "derangement": Style("derangement", ORANGE, (0, (1, 1.2)), "D"),
    "shared": Style("one weight a batch", VERMILION, (0, (6, 1.5)), "v"),
}

SPECTRA = {
    0.9: Style(r"$\rho_s=0.9$ (matched)", BLUE, "-", "o"),
    0.6: Style(r"$\rho_s=0.6$", GREEN, "-.", "^"),
    0.0: Style(r"$\rho_s=0$", VERMILION, "--", "s"),
}

SPLITS = {
    "more real": Style("$n_s<n_t$", VERMILION, "--", "s"),
    "equal": Style("$n_s=n_t$", GREEN, "-.", "^"),
    "more synthetic": Style("$n_s>n_t$", BLUE, "-", "o"),
}

RULES = {
    "none": Style("no synthetic rows", BLACK, "-", "X"),
    "random": Style("random", ORANGE, "-", "s"),
    "center_matching": Style("nearest to the centre", SKY, "-", "<"),
    "center_sampling": Style("by cosine to the centre", SKY, "-", ">"),
    "k_means": Style("$k$-means", GREEN, "-", "D"),
    "ds3": Style("DS3", GREEN, "-", "P"),
    "largest_norm": Style("largest norm", VERMILION, "-", "^"),
    "matching": Style("covariance matching", BLUE, "-", "o"),
    "matching_trace": Style("matching, trace scaled", BLUE, "-", "v"),
    "matching_risk": Style("matching of the risk", PURPLE, "-", "h"),
    "real": Style("real rows instead", BLACK, "-", "*"),
}

DESIGN_LAWS = {
    "gaussian": Style("normal", BLUE, "-", "o"),
    "rademacher": Style("Rademacher", GREEN, "-.", "^"),
    "uniform": Style("uniform", ORANGE, (0, (1, 1.2)), "D"),
    "student_t8": Style("Student $t_8$", PURPLE, (0, (6, 1.5)), "v"),
    "student_t3": Style("Student $t_3$", VERMILION, "--", "s"),
}

METHODS = {
    "none": Style("nothing", BLACK, (0, (1, 1.2)), "h"),
    "class_weights": Style("class weights", GREEN, "-.", "^"),
    "prior_correction": Style("prior correction", SKY, (0, (3, 1, 1, 1, 1, 1)), "v"),
    "threshold_moving": Style("threshold moving", PURPLE, (0, (6, 1.5)), "P"),
    "balancing": Style("balancing", ORANGE, "--", "s"),
    "vtss": Style("tuned, plain grid", VERMILION, (0, (4, 1)), "D"),
    "tg_vtss": Style("tuned, theory-guided", BLUE, "-", "o"),
}

GENERATORS = {
    "smote": Style("SMOTE", BLUE, "-", "o"),
    "borderline_smote": Style("Borderline-SMOTE", SKY, "--", "v"),
    "adasyn": Style("ADASYN", GREEN, "-.", "^"),
    "jitter": Style("jitter", ORANGE, (0, (1, 1.2)), "s"),
    "gaussian_fit": Style("Gaussian fit", VERMILION, (0, (6, 1.5)), "D"),
}

# by the ratio of their classes, the largest first
IMBALANCED = {
    "abalone_17_vs_7_8_9_10": "abalone 17",
    "winequality_red_4": "red wine 4",
    "yeast4": "yeast 4",
    "page_blocks_1_3_vs_4": "page blocks",
    "shuttle_c0_vs_c4": "shuttle",
    "pc1": "pc1",
    "fair_thinned": "fair",
    "vowel0": "vowel 0",
    "breast_cancer_thinned": "breast cancer",
    "ecoli3": "ecoli 3",
    "glass6": "glass 6",
    "segment0": "segment 0",
    "new_thyroid1": "new thyroid 1",
    "appendicitis": "appendicitis",
    "spectf": "spectf",
    "vehicle0": "vehicle 0",
}

# what a size is chosen by under local asymmetry
SEARCHES = {
    "balancing": METHODS["balancing"],
    "tg_vtss": METHODS["tg_vtss"],
    "bias_aware": Style("tuned, bias-aware", PURPLE, (0, (6, 1.5)), "D"),
    "exact": Style("bias cancelled", GREEN, "-.", "^"),
}

SYMMETRIC = {
    "oracle": Style("oracle", BLUE, "-", "o"),
    "semi_oracle": Style("Semi-Oracle", GREEN, "--", "^"),
    "bootstrap": Style("bootstrap", PURPLE, "-.", "P"),
    "gaussian_fit": Style("Gaussian fit", VERMILION, (0, (6, 1.5)), "D"),
    "smote": Style("SMOTE", BLACK, (0, (1, 1.2)), "s"),
}

COVARIANCES = {
    "naive": Style("pilot taken as known", VERMILION, "--", "s"),
    "plain": Style("published", BLUE, "-", "o"),
    "hc3": Style("HC3", GREEN, "-.", "^"),
    "bootstrap": Style("bootstrap", PURPLE, (0, (1, 1.2)), "P"),
}

MINORITIES = {
    50: Style("$n_1=50$", VERMILION, "--", "s"),
    250: Style("$n_1=250$", GREEN, "-.", "^"),
    500: Style("$n_1=500$", BLUE, "-", "o"),
}

BATCHES = {
    2: Style("$T=2$", ORANGE, (0, (1, 1.2)), "D"),
    8: Style("$T=8$", SKY, "-.", "^"),
    32: Style("$T=32$", BLUE, "-", "o"),
    128: Style("$T=128$", BLACK, "--", "s"),
}

BATCH_LAWS = {
    "zeta": Style("zeta-mixup", BLUE, "-", "o"),
    "rescaled": Style("zeta-mixup, rescaled", GREEN, "-.", "^"),
    "mixup": Style("mixup", VERMILION, "--", "s"),
    "preserving": Style("EpBeta, preserving", PURPLE, (0, (1, 1.2)), "D"),
}

DATASETS = {
    "breast_cancer": "breast cancer",
    "wine": "wine",
    "fair": "fair",
    "diabetes": "diabetes",
    "randhie": "randhie",
}


def use():
    """Set the common parameters; call it first in every figure."""
    mpl.rcParams.update(RC)


def points(ax, x, frame, style, *, hollow=False, label=None, **other):
    """Draw estimates of a tidy frame with bars of two Monte Carlo standard errors."""
    # a bar that reaches zero or below would have no end on a logarithmic axis
    options = {"markerfacecolor": "white"} if hollow else {}
    ax.errorbar(
        x,
        frame["estimate"],
        yerr=2 * frame["mcse"],
        elinewidth=0.8,
        label=label,
        zorder=3,
        **style.point_kw(markeredgewidth=0.9, **options, **other),
    )


def curve(study, row, metric, name, values):
    """Return the closed form of a study's metric along one parameter, all others as in a row of its table."""
    # a table writes None as an empty field
    cell = {key: None if row[key] != row[key] else row[key] for key in study.cells(study.profiles[0])[0]}
    return [study.reference(**{**cell, name: value})[metric] for value in values]


def panel(ax, letter, title=""):
    """Name a panel."""
    ax.set_title(f"({letter}) {title}".rstrip(), loc="left")


def generation_axis(ax):
    """Put generations 0 to 50 on an axis, with room for points that are shifted sideways."""
    ax.set_xticks([0, 10, 20, 30, 40, 50])
    ax.set_xlim(-2, 54)


def dodge(generation, step):
    """Return where to put points of a series at some generations: later ones step aside, the first stay in place."""
    return generation + step * np.minimum(1, generation / 10)


def fixed_ticks(axis, values):
    """Label an axis, logarithmic ones too, with plain numbers at given places."""
    axis.set_ticks(values, [f"{value:g}".replace("-", "\N{MINUS SIGN}") for value in values])
    axis.set_ticks([], minor=True)
