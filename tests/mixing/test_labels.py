import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtheory.mixing import labels
from mixtheory.mixing.classes import Classes
from mixtheory.mixing.weights import Beta, EpBeta
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw
from tests.mixing.test_moments import density_integral

PI = np.array([0.5, 0.3, 0.2])
# Three records a class in two columns; the classes differ in mean and in covariance.
POINTS = np.array(
    [
        [[0.0, 0.0], [1.0, -1.0], [-1.0, 2.0]],
        [[2.0, 1.0], [2.5, 1.0], [1.0, 0.0]],
        [[5.0, -3.0], [3.0, 0.0], [6.0, -1.0]],
    ]
)
SHARES = np.array([0.5, 0.25, 0.25])


def covariance(rows, mass):
    centred = rows - mass @ rows
    return centred.T @ (mass[:, None] * centred)


CLASSES = Classes(PI, SHARES @ POINTS, np.array([covariance(rows, SHARES) for rows in POINTS]))
RECORDS = [(k, a, PI[k] * SHARES[a]) for k in range(3) for a in range(3)]
WEIGHTS = {"inside": INSIDE, "outside": OUTSIDE}


def cross_class(law):
    """Every pair of records and weight: mixed row, both classes, lambda, probability."""
    for (k, a, p), (c, b, q), (w, share) in itertools.product(RECORDS, RECORDS, law.lambdas):
        yield w * POINTS[k, a] + (1 - w) * POINTS[c, b], k, c, w, p * q * share


def mixtures(law):
    """Every choice of parents and weights of any number of parents: mixed rows, soft labels, probabilities."""
    rows, soft, mass = [], [], []
    for parents in itertools.product(RECORDS, repeat=law.n_parents):
        classes, records, shares = (list(part) for part in zip(*parents, strict=True))
        for weights, share in zip(law.vectors, law.probabilities, strict=True):
            rows.append(np.asarray(weights) @ POINTS[classes, records])
            soft.append(np.asarray(weights) @ np.eye(3)[classes])
            mass.append(np.prod(shares) * share)
    return np.array(rows), np.array(soft), np.array(mass)


def test_within_between_and_total_equal_enumeration():
    rows = POINTS.reshape(-1, 2)
    mass = np.array([p for _, _, p in RECORDS])
    assert np.allclose(CLASSES.mean, mass @ rows)
    assert np.allclose(CLASSES.total, covariance(rows, mass))
    assert np.allclose(CLASSES.between, covariance(np.asarray(CLASSES.means), PI))
    assert np.allclose(CLASSES.total - CLASSES.between, CLASSES.within)


def test_one_column_classes_take_plain_numbers():
    classes = Classes(PI, [0, 2, 5], [1, 0.25, 4])
    assert classes.within.item() == pytest.approx(0.5 * 1 + 0.3 * 0.25 + 0.2 * 4)
    assert classes.means.shape == (3, 1) and classes.covariances.shape == (3, 1, 1)


def test_same_class_pairs_equal_enumeration():
    laws = [INSIDE, OUTSIDE, AtomicLaw.of_lambda((0.3, 0.5), (0.5, 0.5))]
    rows, mass, owner = [], [], []
    for k, law in enumerate(laws):
        for a, b, (w, share) in itertools.product(range(3), range(3), law.lambdas):
            rows.append(w * POINTS[k, a] + (1 - w) * POINTS[k, b])
            mass.append(PI[k] * SHARES[a] * SHARES[b] * share)
            owner.append(k)
    rows, mass, owner = np.array(rows), np.array(mass), np.array(owner)
    assert np.allclose(labels.pooled_covariance(laws, CLASSES), covariance(rows, mass))
    for k in range(3):
        exact = covariance(rows[owner == k], mass[owner == k] / PI[k])
        assert np.allclose(labels.same_class_covariances(laws, CLASSES)[k], exact)


def test_one_law_for_all_classes_scales_only_the_within_part():
    law = Beta(1.0, 1.0)
    assert np.allclose(labels.pooled_covariance(law, CLASSES), 2 / 3 * CLASSES.within + CLASSES.between)


@pytest.mark.parametrize("name", WEIGHTS)
def test_soft_labels_equal_enumeration(name):
    law = WEIGHTS[name]
    rows, soft, mass, pure = [], [], [], np.zeros(3)
    for row, k, c, w, p in cross_class(law):
        rows.append(row)
        soft.append(w * np.eye(3)[k] + (1 - w) * np.eye(3)[c])
        mass.append(p)
        pure[k] += p * (k == c)
    rows, soft, mass = np.array(rows), np.array(soft), np.array(mass)
    assert np.allclose(labels.soft_label_mean(law, PI), mass @ soft)
    assert np.allclose(labels.soft_label_covariance(law, PI), covariance(soft, mass))
    joint = covariance(np.hstack([rows, soft]), mass)
    assert np.allclose(labels.soft_label_cross_covariance(law, CLASSES), joint[:2, 2:])
    assert np.allclose(labels.soft_label_pure(PI), pure)
    leaves = ((soft < -1e-12) | (soft > 1 + 1e-12)).any(axis=1)
    assert labels.soft_label_outside(law, PI) == pytest.approx(mass @ leaves, abs=1e-14)


@pytest.mark.parametrize("law", [THREE_PARENTS, INSIDE])
def test_soft_labels_of_any_number_of_parents_equal_enumeration(law):
    rows, soft, mass = mixtures(law)
    assert np.allclose(labels.soft_label_mean(law, PI), mass @ soft)
    assert np.allclose(labels.soft_label_covariance(law, PI), covariance(soft, mass))
    joint = covariance(np.hstack([rows, soft]), mass)
    assert np.allclose(labels.soft_label_cross_covariance(law, CLASSES), joint[:2, 2:])
    weighted = [mass @ (soft[:, [k]] * rows) / (mass @ soft[:, k]) for k in range(3)]
    assert np.allclose(labels.soft_label_class_means(law, CLASSES), weighted)


def test_soft_label_means_of_many_laws():
    assert labels.soft_label_mean(Beta([1.0, 2.0], 3.0), PI).shape == (2, 3)


def owner_probability(rule, w):
    """Probability that the first parent gives the label."""
    if rule == "first_parent":
        return 1.0
    return w if rule == "bernoulli" else float(w > 0.5)


@pytest.mark.parametrize(
    ("rule", "law"),
    [
        ("first_parent", OUTSIDE),
        ("first_parent", INSIDE),
        ("bernoulli", INSIDE),
        ("larger_weight", OUTSIDE),
        ("larger_weight", INSIDE),
    ],
)
def test_hard_labels_equal_enumeration(rule, law):
    rows, mass, owner, weight = [], [], [], []
    for row, k, c, w, p in cross_class(law):
        first = owner_probability(rule, w)
        rows += [row, row]
        mass += [p * first, p * (1 - first)]
        owner += [k, c]
        weight += [w, 1 - w]
    rows, mass, owner, weight = np.array(rows), np.array(mass), np.array(owner), np.array(weight)
    omega = labels.owner_weight(law, rule)
    assert omega.mean == pytest.approx(mass @ weight)
    assert omega.second == pytest.approx(mass @ weight**2)
    means = labels.hard_label_class_means(omega, CLASSES)
    covariances = labels.hard_label_class_covariances(omega, CLASSES)
    average = 0.0
    for k in range(3):
        share = mass[owner == k].sum()
        assert share == pytest.approx(PI[k])
        conditional = mass[owner == k] / share
        assert np.allclose(means[k], conditional @ rows[owner == k])
        assert np.allclose(covariances[k], covariance(rows[owner == k], conditional))
        average = average + share * covariance(rows[owner == k], conditional)
    assert np.allclose(labels.hard_label_excess(omega, CLASSES), average - CLASSES.within)


@pytest.mark.parametrize("law", [Beta(1.0, 1.0), EpBeta(4.34, 1.33, 0.3, 0.3), EpBeta(0.4, 2.0, 0.1, 0.5)])
def test_larger_weight_equals_independent_quadrature(law):
    omega = labels.owner_weight(law, "larger_weight")
    assert omega.mean == pytest.approx(density_integral(law, lambda x: max(x, 1 - x)), abs=1e-9)
    assert omega.second == pytest.approx(density_integral(law, lambda x: max(x, 1 - x) ** 2), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 0.95), st.floats(0.0, 2.0), st.floats(0.01, 2.0))
def test_larger_weight_attenuates_class_means_at_r_zero(mean, eps0, eps1):
    omega = labels.owner_weight(EpBeta.preserving(mean, eps0=eps0, eps1=eps1), "larger_weight")
    assert omega.mean < 1
    # At r = 0: E omega^2 = 1/2 + E|lambda - 1/2| = E omega.
    assert omega.second == pytest.approx(omega.mean, abs=1e-9)


@pytest.mark.parametrize("var", [0.0, 0.3])
def test_rigidity_of_hard_labels(var):
    omega = labels.OwnerWeight(1.0, 1.0 + var)
    assert np.allclose(labels.hard_label_excess(omega, CLASSES), 2 * var * CLASSES.total)
    assert np.allclose(labels.hard_label_class_means(omega, CLASSES), CLASSES.means)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_numeric_binary_label_equals_enumeration(p):
    law = EpBeta(4.34, 1.33, 0.3, 0.2)
    for x in (-0.2, 0.0, 0.4, 1.0, 1.15):
        exact = 0.0
        for first, second in itertools.product((0, 1), repeat=2):
            share = (p if first else 1 - p) * (p if second else 1 - p)
            if first == second:
                exact += share * (x >= first)
            else:
                exact += share * (law if first else law.mirror).cdf(x)
        assert labels.binary_label_cdf(law, p, x) == pytest.approx(exact, abs=1e-14)
    assert labels.thresholded_label_mean(law, p) == pytest.approx(p, abs=1e-12)
    zero, one = labels.binary_label_atoms(p)
    jump = labels.binary_label_cdf(law, p, 0.0) - labels.binary_label_cdf(law, p, -1e-12)
    assert zero == pytest.approx(jump, abs=1e-9)
    assert one == pytest.approx(p * p)


def test_unknown_rule_suggests_near_matches():
    with pytest.raises(ValueError, match="rule must be one of .*did you mean 'larger_weight'"):
        labels.owner_weight(Beta(1.0, 1.0), "larger-weight")


def test_bernoulli_rule_needs_weights_inside():
    with pytest.raises(ValueError, match="^rule 'bernoulli'"):
        labels.owner_weight(EpBeta(1.0, 1.0, 0.1, 0.0), "bernoulli")


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        (([], [], []), "probabilities"),
        (([0.5, 0.6], [0, 1], [1, 1]), "probabilities"),
        (([1.5, -0.5], [0, 1], [1, 1]), "probabilities"),
        (([0.5, np.nan], [0, 1], [1, 1]), "probabilities"),
        (([0.5, 0.5], [0, 1, 2], [1, 1]), "means"),
        (([0.5, 0.5], [0, np.nan], [1, 1]), "means"),
        (([0.5, 0.5], 0.0, [1, 1]), "means"),
        (([0.5, 0.5], [0, 1], [1]), "covariances"),
        (([0.5, 0.5], [[0, 1], [1, 0]], [1, 1]), "covariances"),
        (([0.5, 0.5], [0, 1], np.eye(2)), "covariances"),
        (([0.5, 0.5], [0, 1], [1, np.inf]), "covariances"),
    ],
)
def test_bad_classes_are_named(arguments, argument):
    with pytest.raises(ValueError, match=f"^{argument} must"):
        Classes(*arguments)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: labels.same_class_covariances([INSIDE, OUTSIDE], CLASSES), "laws"),
        (lambda: labels.soft_label_mean(INSIDE, [0.5, 0.6]), "probabilities"),
        (lambda: labels.soft_label_covariance(INSIDE, [[0.5], [0.5]]), "probabilities"),
        (lambda: labels.binary_label_cdf(Beta(1.0, 1.0), 1.1, 0.0), "p"),
        (lambda: labels.binary_label_cdf(Beta(1.0, 1.0), 0.5, np.nan), "x"),
    ],
)
def test_bad_input_names_the_argument(call, argument):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()
