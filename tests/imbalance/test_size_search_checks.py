"""The search keeps scikit-learn's contract."""

import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixtheory.imbalance.generators import Bootstrap
from mixtheory.imbalance.size import SyntheticSizeSearchCV

# the checks' data are tiny: three folds leave a few minority rows each, and the diagnosis says when it has too few
SEARCHES = [
    SyntheticSizeSearchCV(LogisticRegression(), Bootstrap(), cv=3),
    SyntheticSizeSearchCV(LogisticRegression(), Bootstrap(), cv=3, multipliers=[0.0, 0.5], test_symmetry=False),
]


@pytest.mark.filterwarnings("ignore:the diagnosis of local symmetry:UserWarning")
@parametrize_with_checks(SEARCHES)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_parameters_are_kept_as_they_are_given():
    search = SEARCHES[1]
    assert clone(search).get_params(deep=False).keys() == search.get_params(deep=False).keys()
    assert search.get_params()["estimator__C"] == 1.0
    assert clone(search).set_params(estimator__C=2.0, cv=4).estimator.C == 2.0
