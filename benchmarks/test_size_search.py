"""Tuning the synthetic size in the linear configuration, against a refit of scikit-learn for each size and fold.

Five covariates, 200 minority rows against 4,000, SMOTE, 41 sizes from 0 to twice the deficit, 5 folds, logistic
regression with C = 1e6 judged by balanced log loss. Both draw the same synthetic rows, so both see the same curve.
"""

import numpy as np
import pytest
from ratio import interleave
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from mixtheory.imbalance.generators import SMOTE
from mixtheory.imbalance.size.newton import logistic_path
from mixtheory.imbalance.size.scoring import balanced_log_loss
from mixtheory.imbalance.size.search import SyntheticSizeSearchCV
from mixtheory.imbalance.studies.configurations import configuration
from mixtheory.montecarlo.fingerprint import one_thread

N_MAJORITY, N_MINORITY, FOLDS = 4_000, 200, 5
MULTIPLIERS = np.arange(41) / 20


@pytest.fixture(autouse=True)
def one_blas_thread():
    with one_thread():
        yield


def problem(seed=0):
    X, y = configuration("linear").sample(np.random.default_rng(seed), N_MAJORITY, N_MINORITY)
    splits = list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y))
    return X, y, splits


def sizes_of(y):
    return np.rint(MULTIPLIERS * (np.sum(y == 0) - np.sum(y == 1))).astype(int)


def loss_of(probability, y):
    """Balanced log loss in NumPy, as the public code computes it."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    losses = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    return 0.5 * (losses[y == 0].mean() + losses[y == 1].mean())


def refits(X, y, splits, tol=1e-4):
    """For every size and fold: fit SMOTE, draw, fit scikit-learn's regression, predict; the losses (folds, sizes)."""
    out = np.empty((len(splits), len(MULTIPLIERS)))
    for fold, (train, test) in enumerate(splits):
        known, labels = X[train], y[train]
        for k, size in enumerate(sizes_of(labels)):
            added = SMOTE().fit(known[labels == 1]).sample(int(size), np.random.default_rng(fold))
            model = LogisticRegression(C=1e6, max_iter=3000, tol=tol)
            model.fit(np.concatenate([known, added]), np.concatenate([labels, np.ones(size, dtype=int)]))
            out[fold, k] = loss_of(model.predict_proba(X[test])[:, 1], y[test])
    return out


def refits_with_imblearn(X, y, splits):
    """The same with imbalanced-learn's SMOTE, as the public code does it: other synthetic rows."""
    from imblearn.over_sampling import SMOTE as Sampler

    out = np.empty((len(splits), len(MULTIPLIERS)))
    for fold, (train, test) in enumerate(splits):
        known, labels = X[train], y[train]
        for k, size in enumerate(sizes_of(labels)):
            rows, outcomes = known, labels
            if size:
                wanted = {1: int(labels.sum() + size)}
                rows, outcomes = Sampler(sampling_strategy=wanted, random_state=fold).fit_resample(known, labels)
            model = LogisticRegression(C=1e6, max_iter=3000).fit(rows, outcomes)
            out[fold, k] = loss_of(model.predict_proba(X[test])[:, 1], y[test])
    return out


def draw(X, y, train, fold):
    known, labels = X[train], y[train]
    return SMOTE().fit(known[labels == 1]).sample(int(sizes_of(labels)[-1]), np.random.default_rng(fold))


def fit(X, y, train, added):
    return logistic_path(X[train], y[train], added, sizes_of(y[train]), penalty=1e-6)


def judge(X, y, test, path):
    return balanced_log_loss(expit(path[:, :-1] @ X[test].T + path[:, -1:]), y[test] == 1)


def along_paths(X, y, splits):
    """One neighbour search and one Newton path a fold; the losses (folds, sizes)."""
    return np.array(
        [judge(X, y, test, fit(X, y, train, draw(X, y, train, fold))) for fold, (train, test) in enumerate(splits)]
    )


def test_paths_against_refits_of_scikit_learn(benchmark, record):
    """At least 20 times faster than refits with our SMOTE and with imbalanced-learn's, with the same choice."""
    X, y, splits = problem()
    ours = along_paths(X, y, splits)
    for seed in range(3):
        other = problem(seed)
        fast, slow = along_paths(*other).mean(axis=0), refits(*other, tol=1e-8).mean(axis=0)
        np.testing.assert_allclose(fast, slow, rtol=1e-6)
        assert fast.argmin() == slow.argmin()
    # lbfgs as it comes stops at a gradient of 1e-4, where losses have three or four digits
    np.testing.assert_allclose(ours, refits(X, y, splits), rtol=1e-2)
    ratios = {
        name: interleave(lambda: along_paths(X, y, splits), lambda call=call: call(X, y, splits), rounds=3)
        for name, call in (("our SMOTE", refits), ("imbalanced-learn", refits_with_imblearn))
    }
    (train, test), fold = splits[0], 0
    added = draw(X, y, train, fold)
    path = fit(X, y, train, added)
    parts = {
        "SMOTE": lambda: draw(X, y, train, fold),
        "Newton": lambda: fit(X, y, train, added),
        "losses": lambda: judge(X, y, test, path),
    }
    whole = interleave(lambda: along_paths(X, y, splits), lambda: None, rounds=15).ours
    shares = {name: FOLDS * interleave(part, lambda: None, rounds=15).ours / whole for name, part in parts.items()}
    benchmark.pedantic(lambda: along_paths(X, y, splits), rounds=5)
    record(
        **{name: f"{value}, {1 / value.ratio:.0f} times" for name, value in ratios.items()},
        shares={name: f"{share:.0%}" for name, share in shares.items()},
    )
    assert min(1 / value.ratio for value in ratios.values()) >= 20


def test_the_search_against_refits_of_scikit_learn(benchmark, record):
    """The search, its final fit and calibration included, at least 20 times faster than the refits; diagnosis apart."""
    X, y, splits = problem()
    search = SyntheticSizeSearchCV(
        LogisticRegression(C=1e6, max_iter=3000),
        SMOTE(),
        multipliers=MULTIPLIERS,
        cv=splits,
        test_symmetry=False,
        random_state=0,
    )
    result = interleave(lambda: search.fit(X, y), lambda: refits(X, y, splits), rounds=3)
    guided = search.__class__(**(search.get_params(deep=False) | {"multipliers": "auto", "test_symmetry": True}))
    auto = interleave(lambda: guided.fit(X, y), lambda: refits(X, y, splits), rounds=3)
    benchmark.pedantic(lambda: search.fit(X, y), rounds=5)
    record(grid=f"{result}, {1 / result.ratio:.0f} times", auto=f"{auto}, {1 / auto.ratio:.0f} times")
    record(candidates=len(guided.candidates_.multipliers), choice=guided.best_multiplier_)
    assert 1 / result.ratio >= 20
