"""Class means and covariances after mixing: parents of one class, or parents of any class and the label of one."""

from mixtheory.mixing import labels
from mixtheory.mixing.studies import scenarios
from mixtheory.montecarlo import Mean, Ratio, SmoothFunction, Study, grid

CLASSES = (0, 1, 2)
PRESERVING = ("preserving", "published")


def simulate(rng, n, *, rule, law, label):
    """Draw labelled synthetic records of three normal classes in the plane."""
    return scenarios.labelled_records(rng, n, law=scenarios.named_law(law), rule=rule, label=label)


def reference(*, rule, law, label):
    """Return the closed forms T10(a) and T10(c)."""
    classes, chosen = scenarios.three_classes(), scenarios.named_law(law)
    if rule == "same_class":
        mean, covariance = classes.means[label], labels.same_class_covariances(chosen, classes)[label]
    else:
        omega = labels.owner_weight(chosen, rule)
        mean = labels.hard_label_class_means(omega, classes)[label]
        covariance = labels.hard_label_class_covariances(omega, classes)[label]
    return {
        "share": classes.probabilities[label],
        "mean_x": mean[0],
        "mean_y": mean[1],
        "variance_x": covariance[0, 0],
        "variance_y": covariance[1, 1],
        "covariance": covariance[0, 1],
    }


def second_moment(name, product, first, second):
    """Return the metric of a covariance within the class, from sums over all records."""
    return SmoothFunction(
        name,
        lambda outputs, cell: [outputs[key] for key in ("share", product, first, second)],
        lambda means, n: means[1] / means[0] - means[2] * means[3] / means[0] ** 2,
    )


STUDY = Study(
    name="class_conditional",
    title="Conditional means and covariances of three classes",
    cells=grid(rule=("same_class",), law=("uniform", "beta", *PRESERVING), label=CLASSES)
    + grid(rule=("first_parent", "larger_weight"), law=("uniform", "beta", *PRESERVING), label=CLASSES)
    + grid(rule=("bernoulli",), law=("uniform", "beta"), label=CLASSES),
    simulate=simulate,
    metrics=[
        Mean("share"),
        Ratio("x", "share", name="mean_x"),
        Ratio("y", "share", name="mean_y"),
        second_moment("variance_x", "xx", "x", "x"),
        second_moment("variance_y", "yy", "y", "y"),
        second_moment("covariance", "xy", "x", "y"),
    ],
    data=(),
    replicates={"quick": 2**17, "paper": 2**21},
    block_size=2**17,
    batched=True,
    reference=reference,
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
