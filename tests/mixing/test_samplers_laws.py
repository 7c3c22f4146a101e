"""The law of a synthetic row given the data: every outcome of laws on atoms, and moments of continuous ones."""

import itertools

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

from mixtheory.mixing.classes import Classes
from mixtheory.mixing.labels import (
    OwnerWeight,
    hard_label_class_covariances,
    hard_label_class_means,
    owner_weight,
)
from mixtheory.mixing.samplers import Mixup, RegressionMixup, ZetaMixup
from mixtheory.mixing.weights import Beta, EpBeta
from mixtheory.mixing.zeta import Zeta
from tests.mixing.atomic import INSIDE, OUTSIDE, THREE_PARENTS, AtomicLaw

# probability 2e-9 a comparison for a normal statistic
WIDE = 6.0
# false-alarm rate of a test of a whole law
LEVEL = 1e-9

INSIDE_THREE = AtomicLaw(((0.5, 0.3, 0.2), (0.15, 0.25, 0.6)), (0.5, 0.5))
FIXED = AtomicLaw((tuple(Zeta(1.0, 3).weights.tolist()),), (1.0,))
RULES = ("first_parent", "bernoulli", "larger_weight")

# Rows without coincidences: no two mixtures of them are equal unless parents and weights are.
X = np.array([[0.0, 1.0], [1.3, 0.2], [2.9, -4.1], [7.7, 3.3], [-1.9, 5.7], [4.2, 2.8], [0.6, -7.4]])
LABELS = np.array(["a", "a", "a", "b", "b", "b", "b"])
Y = np.array([[0.3, -2.0], [1.7, 0.4], [-0.2, 3.1], [5.3, 1.1], [2.2, -0.7], [0.0, 9.0], [1.0, 1.0]])


def outcomes(rows, law):
    """Every choice of different parents and of weights: places, weights, probability."""
    choices = list(itertools.permutations(range(len(rows)), law.n_parents))
    for who, (weights, share) in itertools.product(choices, zip(law.vectors, law.probabilities, strict=True)):
        yield list(who), np.array(weights), share / len(choices)


def owners(weights, rule):
    """Places of the parents that may give the label, with probabilities."""
    if rule == "bernoulli":
        return enumerate(weights)
    return [(0 if rule == "first_parent" else int(weights.argmax()), 1.0)]


def labelled(law, rule):
    """Law of a mixed row of the whole table given each label: rows and probabilities."""
    found = {label: ([], []) for label in np.unique(LABELS)}
    for who, weights, mass in outcomes(X, law):
        for place, share in owners(weights, rule):
            rows, masses = found[LABELS[who[place]]]
            rows.append(weights @ X[who])
            masses.append(mass * share)
    return {label: (np.array(rows), np.array(mass) / np.sum(mass)) for label, (rows, mass) in found.items()}


def mixed(rows, law):
    """Law of a mixed row: rows and probabilities."""
    found = [(weights @ rows[who], mass) for who, weights, mass in outcomes(rows, law)]
    return np.array([row for row, _ in found]), np.array([mass for _, mass in found])


def moments(rows, mass):
    mean = mass @ rows
    return mean, (rows - mean).T @ ((rows - mean) * mass[:, np.newaxis])


def assert_law(sample, rows, mass):
    """Hold a sample against a law on atoms: no other values, and frequencies by a chi-square test."""
    values = np.round(np.concatenate([rows, sample]), 9) + 0.0
    # a view as one item a row makes the search for equal rows a sort of items
    items = np.ascontiguousarray(values).view([("", values.dtype)] * values.shape[1]).ravel()
    places = np.unique(items, return_inverse=True)[1]
    expected = len(sample) * np.bincount(places[: len(rows)], mass, minlength=places.max() + 1)
    counts = np.bincount(places[len(rows) :], minlength=expected.size)
    assert not counts[expected == 0].any()
    counts, expected = counts[expected > 0], expected[expected > 0]
    assert expected.min() > 10
    assert stats.chi2.sf(((counts - expected) ** 2 / expected).sum(), expected.size - 1) > LEVEL


def drawn(sampler, y, seed=0):
    return sampler.set_params(append=False, random_state=seed).fit_resample(X, y)


# ---- rows of one class


@pytest.mark.parametrize("preserve", ["none", "covariance"])
@pytest.mark.parametrize("law", [INSIDE, OUTSIDE, THREE_PARENTS, FIXED], ids=["inside", "outside", "three", "fixed"])
def test_rows_of_a_class_have_the_law_of_different_parents(law, preserve):
    sampler = Mixup(law, preserve=preserve, amount=14_000)
    new, labels = drawn(sampler, LABELS)
    for label in ("a", "b"):
        own = X[LABELS == label]
        rows, mass = mixed(own, law)
        mean, covariance = moments(rows, mass)
        np.testing.assert_allclose(mean, own.mean(axis=0), atol=1e-12)
        factor = sampler.variance_factor_[label]
        if preserve == "covariance":
            center = own.mean(axis=0)
            # the stretched law, from a factor that is read off the enumeration
            rows = center + np.sqrt(np.trace(np.cov(own.T, ddof=0)) / np.trace(covariance)) * (rows - center)
            covariance = moments(rows, mass)[1]
            assert factor == 1.0
        np.testing.assert_allclose(covariance, factor * np.cov(own.T, ddof=0), rtol=1e-10)
        assert_law(new[labels == label], rows, mass)


# ---- hard labels across classes


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("law", [INSIDE, INSIDE_THREE, FIXED], ids=["inside", "three", "fixed"])
def test_rows_asked_for_in_a_class_have_the_law_given_the_label(law, rule):
    assert_law_given_the_label(law, rule)


@pytest.mark.parametrize("rule", ["first_parent", "larger_weight"])
@pytest.mark.parametrize("law", [OUTSIDE, THREE_PARENTS], ids=["outside", "three"])
def test_weights_outside_the_unit_interval_have_the_law_given_the_label(law, rule):
    assert_law_given_the_label(law, rule)


def assert_law_given_the_label(law, rule):
    sampler = Mixup(law, pairing="any", label_rule=rule, amount=40_000)
    new, labels = drawn(sampler, LABELS)
    for label, (rows, mass) in labelled(law, rule).items():
        assert_law(new[labels == label], rows, mass)
        assert np.isnan(sampler.variance_factor_[label])
    assert (LABELS[sampler.sample_indices_[:, 0]] == labels).all()


@pytest.mark.parametrize("rule", RULES)
def test_class_moments_under_hard_labels_are_those_of_the_theory(rule):
    """The theory is of a population; in n rows the owner's weight is as if diluted by its own part of the others."""
    law, n = INSIDE, len(X)
    shares = np.array([np.mean(LABELS == label) for label in ("a", "b")])
    parts = [X[LABELS == label] for label in ("a", "b")]
    classes = Classes(shares, [part.mean(axis=0) for part in parts], [np.cov(part.T, ddof=0) for part in parts])
    omega = owner_weight(law, rule)
    mean = (n * omega.mean - 1) / (n - 1)
    diluted = OwnerWeight(mean, omega.var * (n / (n - 1)) ** 2 + mean**2)
    means, covariances = hard_label_class_means(diluted, classes), hard_label_class_covariances(diluted, classes)
    for k, label in enumerate(("a", "b")):
        found = moments(*labelled(law, rule)[label])
        np.testing.assert_allclose(found[0], means[k], atol=1e-12)
        own = classes.covariances[k] + classes.shift_products[k]
        np.testing.assert_allclose(
            found[1], covariances[k] - diluted.other_second * (classes.total + own) / n, atol=1e-11
        )


# ---- soft labels and numbers


@pytest.mark.parametrize("law", [OUTSIDE, THREE_PARENTS], ids=["outside", "three"])
def test_soft_labels_are_mixed_with_their_rows(law):
    sampler = Mixup(law, pairing="any", target="soft", amount=25_000)
    new, soft = drawn(sampler, LABELS)
    table = np.hstack([X, np.eye(2)[np.unique(LABELS, return_inverse=True)[1]]])
    rows, mass = mixed(table, law)
    assert_law(np.hstack([new, soft]), rows, mass)
    covariance = moments(rows, mass)[1]
    np.testing.assert_allclose(covariance, sampler.variance_factor_ * np.cov(table.T, ddof=0), atol=1e-12)


def test_soft_labels_are_not_stretched_and_covary_by_the_root():
    law = THREE_PARENTS
    plain = Mixup(law, pairing="any", target="soft", amount=25_000)
    sampler = Mixup(law, pairing="any", target="soft", preserve="covariance", amount=25_000)
    new, soft = drawn(sampler, LABELS)
    _, same = drawn(plain, LABELS)
    np.testing.assert_array_equal(soft, same)
    hot = np.eye(2)[np.unique(LABELS, return_inverse=True)[1]]
    center = X.mean(axis=0)
    rows, mass = mixed(np.hstack([X, hot]), law)
    factor = plain.variance_factor_
    rows[:, :2] = center + (rows[:, :2] - center) / np.sqrt(factor)
    assert_law(np.hstack([new, soft]), rows, mass)
    covariance, data = moments(rows, mass)[1], np.cov(np.hstack([X, hot]).T, ddof=0)
    np.testing.assert_allclose(covariance[:2, :2], data[:2, :2], rtol=1e-10)
    np.testing.assert_allclose(covariance[:2, 2:], np.sqrt(factor) * data[:2, 2:], rtol=1e-10)


@pytest.mark.parametrize("preserve", ["none", "covariance"])
def test_numbers_are_mixed_and_stretched_with_their_rows(preserve):
    law = THREE_PARENTS
    sampler = RegressionMixup(law, preserve=preserve, amount=25_000)
    new, values = drawn(sampler, Y)
    table = np.hstack([X, Y])
    rows, mass = mixed(table, law)
    if preserve == "covariance":
        center = table.mean(axis=0)
        scale = np.sqrt(np.cov(table.T, ddof=0)[0, 0] / moments(rows, mass)[1][0, 0])
        rows = center + scale * (rows - center)
    assert_law(np.hstack([new, values]), rows, mass)
    np.testing.assert_allclose(moments(rows, mass)[1], sampler.variance_factor_ * np.cov(table.T, ddof=0), rtol=1e-10)


# ---- continuous laws and larger tables


def table(seed=11):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3)) + 5, np.repeat([0, 1, 2], [10, 20, 30])


SAMPLERS = {
    "preserving": Mixup(),
    "within": Mixup("within"),
    "beta": Mixup("beta", alpha=0.4),
    "law": Mixup(EpBeta(2.0, 3.0, 0.15, 0.4)),
    "zeta": ZetaMixup(),
    "few": ZetaMixup(1.0, n_parents=3),
    "stretched": Mixup("beta", preserve="covariance"),
    "stretched zeta": ZetaMixup(preserve="covariance"),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_means_and_covariances_of_classes_are_as_predicted(name):
    rows, labels = table()
    sampler = clone(SAMPLERS[name]).set_params(amount=60_000, append=False, random_state=3)
    predicted = dict(sampler.fit(rows, labels).variance_factor_)
    new, new_labels = sampler.fit_resample(rows, labels)
    assert sampler.variance_factor_ == predicted
    for label in (0, 1, 2):
        own, made = rows[labels == label], new[new_labels == label]
        centred = made - own.mean(axis=0)
        assert (np.abs(centred.mean(axis=0)) < WIDE * made.std(axis=0) / np.sqrt(len(made))).all()
        expected = predicted[label] * np.cov(own.T, ddof=0)
        for i, j in itertools.combinations_with_replacement(range(3), 2):
            products = centred[:, i] * centred[:, j]
            assert abs(products.mean() - expected[i, j]) < WIDE * products.std() / np.sqrt(len(made))


@pytest.mark.parametrize("law", ["preserving", "within", "beta"])
@pytest.mark.parametrize("preserve", ["none", "covariance"])
def test_regressions_on_mixed_numbers_are_those_of_the_data(law, preserve):
    rows, _ = table()
    rng = np.random.default_rng(2)
    y = rows @ [1.0, -2.0, 0.5] + rng.normal(size=60)
    sampler = RegressionMixup(law, preserve=preserve, amount=60_000, append=False, random_state=4)
    new, values = sampler.fit_resample(rows, y)
    slopes = np.linalg.lstsq(rows - rows.mean(axis=0), y - y.mean(), rcond=None)[0]
    # residuals about the regression of the data have no covariance with the columns
    residuals = values - y.mean() - (new - rows.mean(axis=0)) @ slopes
    for column in (new - rows.mean(axis=0)).T:
        products = residuals * column
        assert abs(products.mean()) < WIDE * products.std() / np.sqrt(len(products))


def test_named_laws_are_what_they_say():
    rows, labels = table()
    assert Mixup("preserving").fit(rows, labels).law_.variance_factor == pytest.approx(1, abs=1e-14)
    within = Mixup("within", delta=0.1).fit(rows, labels).law_
    assert within.support == (0.0, 1.0)
    assert within.variance_factor == pytest.approx(0.9, abs=1e-14)
    assert Mixup("beta", alpha=0.3).fit(rows, labels).law_ == Beta(0.3, 0.3)
    laws = ZetaMixup(2.0, n_parents=15).fit(rows, labels).law_
    assert laws == {0: Zeta(2.0, 10), 1: Zeta(2.0, 15), 2: Zeta(2.0, 15)}
    assert ZetaMixup(2.0, n_parents=9).fit(rows, labels).law_ == Zeta(2.0, 9)
