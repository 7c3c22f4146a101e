"""The shared checks of imbalanced-learn and of scikit-learn, on every sampler; what is not run is listed, and why."""

import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.utils.estimator_checks import check_dataframe_column_names_consistency
from imblearn.utils.estimator_checks import estimator_checks_generator as imblearn_checks
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator as sklearn_checks

from mixtheory import Beta, GeneratorSampler, Mixup, ZetaMixup
from mixtheory.imbalance import generators

SAMPLERS = [
    GeneratorSampler(generators.SMOTE(), random_state=0),
    Mixup(random_state=0),
    Mixup("within", pairing="knn", random_state=0),
    Mixup("beta", pairing="any", label_rule="larger_weight", random_state=0),
    # from here on in the second step of the tests: others with the code of these
    ZetaMixup(n_parents=3, random_state=0),
    GeneratorSampler(generators.GaussianFit(), random_state=0),
    GeneratorSampler(generators.Bootstrap(), random_state=0),
    GeneratorSampler(generators.Jitter(), random_state=0),
    GeneratorSampler(generators.Mixup(Beta(1.0, 1.0)), random_state=0),
    GeneratorSampler(generators.Scaled(generators.SMOTE()), random_state=0),
    Mixup("beta", preserve="covariance", random_state=0),
    Mixup("beta", pairing="any", label_rule="bernoulli", categorical_rule="vote", random_state=0),
]
FIRST = 4

# what the tags of our samplers leave out of the checks that imbalanced-learn has for its RandomOverSampler, and why
LEFT_OUT = {
    "check_samplers_nan": "a missing number has no place in a sum of rows; refused, see test_columns",
    "check_samplers_sparse": "generators learn from dense rows; refused, see test_samplers",
    "check_samplers_string": "generators learn from numbers; refused, see test_samplers",
}
# what a sampler of the list refuses for a good reason: its place, the check, and the reason
EXPECTED_FAILURES = {
    **{
        (place, "check_fit2d_1feature"): "classes of 3 rows, and SMOTE has 5 neighbours"
        for place, sampler in enumerate(SAMPLERS)
        if "SMOTE" in repr(sampler)
    },
    **{
        (place, "check_samplers_string"): "text alone has no distances, and so no neighbours"
        for place, sampler in enumerate(SAMPLERS)
        if getattr(sampler, "pairing", None) == "knn"
    },
    **{
        (place, check): "moving rows away from their mean would fill a sparse table"
        for place, sampler in enumerate(SAMPLERS)
        for check in ("check_samplers_sparse", "check_samplers_pandas_sparse", "check_estimator_sparse_tag")
        if getattr(sampler, "preserve", None) == "covariance"
    },
}
# scikit-learn skips it unless SCIPY_ARRAY_API is set before SciPy is loaded
ELSEWHERE = "check_array_api_input"


def name_of(check):
    while isinstance(check, partial):
        check = check.func
    return name_of(check.__wrapped__) if hasattr(check, "__wrapped__") else check.__name__


def pairs(checks):
    found = []
    for place, sampler in enumerate(SAMPLERS):
        for estimator, check in checks(clone(sampler)):
            name = name_of(check)
            reason = EXPECTED_FAILURES.get((place, name))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            marks += [pytest.mark.slow] if place >= FIRST else []
            if name != ELSEWHERE:
                found.append(pytest.param(estimator, check, marks=marks, id=f"{place}-{type(sampler).__name__}-{name}"))
    return found


@pytest.mark.parametrize(("sampler", "check"), pairs(imblearn_checks))
def test_imbalanced_learn(sampler, check):
    check(sampler)


@pytest.mark.parametrize(("sampler", "check"), pairs(sklearn_checks))
def test_scikit_learn(sampler, check):
    check(sampler)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_names_of_columns(sampler):
    check_dataframe_column_names_consistency(type(sampler).__name__, clone(sampler))


@pytest.mark.slow
def test_array_interface_of_scikit_learn():
    code = (
        "from tests.resampling.test_contract import *\n"
        "for sampler in SAMPLERS:\n"
        "    found = [check for _, check in sklearn_checks(clone(sampler)) if name_of(check) == ELSEWHERE]\n"
        "    assert len(found) == 1\n"
        "    found[0](clone(sampler))\n"
        "print(len(SAMPLERS))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        cwd=Path(__file__).resolve().parents[2],
    )
    assert done.stdout.split() == [str(len(SAMPLERS))], done.stderr


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_what_imbalanced_learn_checks_of_its_own_sampler_is_checked_of_ours(sampler):
    theirs = {name_of(check) for _, check in imblearn_checks(RandomOverSampler())}
    ours = {name_of(check) for _, check in imblearn_checks(clone(sampler))}
    assert ours <= theirs
    known = LEFT_OUT if isinstance(sampler, GeneratorSampler) else ["check_samplers_nan"]
    assert theirs - ours == set(known)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
def test_what_scikit_learn_checks_of_their_sampler_is_checked_of_ours(sampler):
    theirs = Counter(name_of(check) for _, check in sklearn_checks(RandomOverSampler()))
    ours = Counter(name_of(check) for _, check in sklearn_checks(clone(sampler)))
    assert not theirs - ours
    # theirs takes missing numbers
    assert ours - theirs == Counter(["check_estimators_nan_inf"])
