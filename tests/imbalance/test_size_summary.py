"""The summary of the search says what its attributes say."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from mixtheory.imbalance.generators import Bootstrap
from mixtheory.imbalance.size import SyntheticSizeSearchCV


def searched(estimator, n_minority=60, **options):
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(300, 2)), rng.normal(size=(n_minority, 2)) + 1.0])
    y = np.repeat(["common", "rare"], [300, n_minority])
    return SyntheticSizeSearchCV(estimator, Bootstrap(), random_state=0, **options).fit(X, y)


def line(text, name):
    (found,) = [row for row in text.splitlines() if row.startswith(name)]
    return found.removeprefix(name).split()


@pytest.mark.parametrize("rule", ["auto", [0.0, 0.5, 1.0, 2.0]])
def test_it_holds_what_the_attributes_hold(rule):
    search = searched(LogisticRegression(), multipliers=rule)
    text = str(search.summary())
    table, best = search.cv_results_, search.best_index_
    assert f"rare (n = {60})" in text
    assert f"Chosen multiplier: {search.best_multiplier_:.4g}" in " ".join(text.split())
    assert line(text, "choice") == [
        str(search.best_size_),
        f"{table['mean_test_loss'][best]:.4f}",
        f"{table['sem_test_score'][best]:.4f}",
    ]
    assert line(text, "balancing")[0] == "240"
    assert line(text, "chosen, prior corrected")[-1] == f"{search.calibration_.corrected.brier:.4f}"
    assert ("does not differ" in text) is not search.differs_from_balancing_
    assert ("Quality score: not needed" in " ".join(text.split())) is (search.gqs_ is None)


def test_equal_classes_and_models_without_probabilities_have_shorter_ones():
    equal = str(searched(LogisticRegression(), n_minority=300).summary())
    assert "balancing" not in [row.split(" ")[0] for row in equal.splitlines()]
    assert line(equal, "choice")[0] == "0"
    plain = str(searched(RidgeClassifier(), scoring="balanced_accuracy", multipliers=[0, 1]).summary())
    assert "Brier" not in plain
    assert line(plain, "balancing")[0] == "240"


def test_it_needs_a_fit():
    with pytest.raises(NotFittedError):
        SyntheticSizeSearchCV(LogisticRegression(), Bootstrap()).summary()
