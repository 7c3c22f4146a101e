"""Training on mixed batches: the exact loss of soft labels, fair methods, and no look at the held-out rows."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier

from mixtheory.datasets import load
from mixtheory.downstream import fit_and_score
from mixtheory.mixing.labels import soft_label_outside
from mixtheory.mixing.rescaling import batch_scale
from mixtheory.mixing.studies import augmentation
from mixtheory.mixing.studies.augmentation import (
    BATCH,
    COPIES,
    DATASETS,
    METHODS,
    MODELS,
    NEIGHBOURS,
    OUTPUTS,
    TEST_SHARE,
    MixedPasses,
    by_class,
    fit,
    mixing_law,
    predict,
    split,
    train_and_test,
    within_simplex,
)

PARAMETER = {"erm": 0.0, "mixup": 1.0, "epbeta": 1.0, "zeta": 2.8, "rescaled_zeta": 2.8}


def blobs(seed, n=64, d=3, k=3):
    """Return rows of k overlapping classes and their labels, one-hot."""
    rng = np.random.default_rng(seed)
    labels = np.eye(k)[np.arange(n) % k]
    return rng.normal(size=(n, d)) + labels @ rng.normal(size=(k, d)), labels


def passes_of(method, seed=0, data_seed=0, **shape):
    return MixedPasses(*blobs(data_seed, **shape), method, PARAMETER[method], np.random.default_rng(seed))


def first_passes(passes, count):
    rows, labels = zip(*(next(passes) for _ in range(count)), strict=True)
    return np.concatenate(rows), np.concatenate(labels)


def soft_cross_entropy(coefficients, rows, labels, penalty):
    """Return the sum of soft cross entropies plus the penalty on all but intercepts, and its gradient."""
    W = coefficients.reshape(rows.shape[1] + 1, -1)
    design = np.column_stack([np.ones(len(rows)), rows])
    scores = design @ W
    value = -np.sum(labels * (scores - logsumexp(scores, axis=1, keepdims=True))) + penalty / 2 * np.sum(W[1:] ** 2)
    gradient = design.T @ (softmax(scores, axis=1) - labels)
    gradient[1:] += penalty * W[1:]
    return value, gradient.ravel()


@pytest.mark.parametrize("method", METHODS)
def test_weights_by_class_give_the_soft_cross_entropy(method):
    rows, labels = next(passes_of(method))
    repeated, classes, weights = by_class(rows, labels)
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(repeated, classes, sample_weight=weights)
    found = minimize(
        soft_cross_entropy, np.zeros(12), (rows, labels, 1.0), jac=True, method="BFGS", options={"gtol": 1e-9}
    ).x.reshape(4, 3)
    # intercepts are determined up to a constant
    expected = found - np.vstack([np.full((1, 3), found[0].mean()), np.zeros((3, 3))])
    intercept = model.intercept_ - model.intercept_.mean()
    np.testing.assert_allclose(np.vstack([intercept, model.coef_.T]), expected, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_logistic_regression_minimises_the_mean_over_copies(method):
    model = fit("logistic", passes_of(method))
    rows, labels = first_passes(passes_of(method), COPIES)
    found = np.vstack([model.intercept_, model.coef_.T]).ravel()
    # a mean over copies with a penalty of 1 is a sum over copies with one of COPIES
    gradient = soft_cross_entropy(found, rows, labels, COPIES)[1] / len(rows)
    # the tolerance of scikit-learn is on the gradient of the mean loss
    assert np.abs(gradient).max() < 1.001e-4
    if method != "erm":
        hard = np.eye(3)[labels.argmax(axis=1)]
        assert np.abs(soft_cross_entropy(found, rows, hard, COPIES)[1] / len(rows)).max() > 1e-2


def by_hand(passes, k, epochs, seed):
    """Train the network again with the gradient of the soft cross entropy and Adam, in plain NumPy."""
    X, _ = first_passes(passes_of("erm", k=k), 1)
    start = MLPClassifier((32,), learning_rate_init=1e-300, random_state=seed)
    start.partial_fit(X, np.arange(len(X)) % k, classes=np.arange(k))
    parameters = [start.coefs_[0], start.coefs_[1], start.intercepts_[0], start.intercepts_[1]]
    first, second = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters]
    step = 0
    for _ in range(epochs):
        rows, labels = next(passes)
        for at in range(0, len(rows), BATCH):
            x, y = rows[at : at + BATCH], labels[at : at + BATCH]
            a, b, c, d = parameters
            hidden = np.maximum(x @ a + c, 0)
            delta = (softmax(hidden @ b + d, axis=1) - y) / BATCH
            back = (delta @ b.T) * (hidden > 0)
            decay = start.alpha / BATCH
            gradients = [x.T @ back + decay * a, hidden.T @ delta + decay * b, back.sum(axis=0), delta.sum(axis=0)]
            step += 1
            first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
            second = [0.999 * v + 0.001 * g**2 for v, g in zip(second, gradients, strict=True)]
            rate = 0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            moves = [rate * m / (np.sqrt(v) + 1e-8) for m, v in zip(first, second, strict=True)]
            parameters = [p - move for p, move in zip(parameters, moves, strict=True)]
    return parameters


@pytest.mark.parametrize("method", METHODS)
def test_the_network_takes_one_soft_step_a_batch(method, monkeypatch):
    monkeypatch.setattr(augmentation, "EPOCHS", 3)
    monkeypatch.setattr(augmentation, "_PASSES_A_CALL", 2)
    model = fit("network", passes_of(method), seed=5)
    expected = by_hand(passes_of(method), 3, 3, 5)
    for fitted, known in zip([*model.coefs_, *model.intercepts_], expected, strict=True):
        np.testing.assert_allclose(fitted, known, atol=1e-9)


@pytest.mark.parametrize("k", [2, 3])
def test_all_methods_make_the_same_number_of_updates(k, monkeypatch):
    monkeypatch.setattr(augmentation, "EPOCHS", 7)
    for method in METHODS:
        model = fit("network", passes_of(method, k=k))
        assert model.batch_size == BATCH * k
        assert model.t_ == 7 * 64 * k, method


def test_without_mixing_the_fits_are_those_to_the_training_rows():
    X, labels = blobs(3)
    y, new = labels.argmax(axis=1), blobs(4)[0]
    neighbours = predict(fit("neighbours", passes_of("erm", data_seed=3)), new)
    plain = KNeighborsClassifier(NEIGHBOURS).fit(X, y).predict_proba(new)
    np.testing.assert_allclose(neighbours, (NEIGHBOURS * plain + 1 / 3) / (NEIGHBOURS + 1), atol=1e-12)
    # standardised rows, so that the plain fit of the project does not change them
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    model = fit("logistic", MixedPasses(scaled, labels, "erm", 0.0, np.random.default_rng(0)))
    probabilities = predict(model, scaled)
    loss = -np.mean(np.log(probabilities[np.arange(64), y]))
    assert fit_and_score(scaled, y, scaled, y, "classification")[1] == pytest.approx(loss, abs=1e-4)


def test_methods_share_batches_and_anchors():
    plain, labels = first_passes(passes_of("erm"), 3)
    near = MixedPasses(*blobs(0), "zeta", 60.0, np.random.default_rng(0))
    rows, soft = first_passes(near, 3)
    np.testing.assert_allclose(rows, plain, atol=1e-12)
    np.testing.assert_allclose(soft, labels, atol=1e-12)
    assert np.array_equal(np.sort(plain[:64], axis=0), np.sort(blobs(0)[0], axis=0))
    assert not np.array_equal(plain[:64], plain[64:128])


def test_rescaling_is_about_the_mean_of_each_batch():
    (mixed, _), (rescaled, _) = (next(passes_of(method)) for method in ("zeta", "rescaled_zeta"))
    plain, _ = next(passes_of("erm"))
    scale = float(batch_scale(mixing_law("zeta", 2.8), BATCH, "anchored"))
    for at in (0, BATCH):
        batch = slice(at, at + BATCH)
        centre = plain[batch].mean(axis=0)
        np.testing.assert_allclose(rescaled[batch], centre + scale * (mixed[batch] - centre), atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_soft_labels_are_probabilities_and_changes_are_counted(method):
    passes = passes_of(method)
    assert passes.clipped == 0.0
    labels = first_passes(passes, 5)[1]
    assert labels.min() >= 0
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-12)
    assert (passes.clipped > 0) == (method in ("epbeta", "rescaled_zeta"))


def test_how_often_labels_leave_the_simplex():
    shares = []
    passes, law = passes_of("epbeta"), mixing_law("epbeta", 1.0)
    for _ in range(200):
        before = passes.clipped * 64 * len(shares)
        next(passes)
        shares.append((passes.clipped * 64 * (len(shares) + 1) - before) / 64)
    classes = np.bincount(np.arange(64) % 3) / 64
    # two parents are different rows
    expected = soft_label_outside(law, classes) * 64 / 63
    assert abs(np.mean(shares) - expected) < 6.5 * np.std(shares, ddof=1) / np.sqrt(200)


def test_the_rule_for_labels_outside_the_simplex():
    labels, changed = within_simplex(np.array([[0.2, 0.8, 0.0], [1.2, -0.3, 0.1], [1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(labels, [[0.2, 0.8, 0.0], [1.2 / 1.3, 0.0, 0.1 / 1.3], [1.0, 0.0, 0.0]])
    assert changed.tolist() == [False, True, False]


@pytest.mark.parametrize("name", DATASETS)
def test_training_rows_fill_whole_batches(name):
    strata = load(name).y.to_numpy()
    for seed in range(5):
        train, test = split(strata, DATASETS[name], np.random.default_rng(seed))
        assert train.size % BATCH == 0 and train.size + test.size == DATASETS[name]
        assert not set(train) & set(test)
        assert test.size / DATASETS[name] == pytest.approx(TEST_SHARE, abs=0.005)
        assert set(strata[train]) == set(strata[test]) == set(strata)


@pytest.mark.parametrize("model", MODELS)
def test_held_out_rows_are_not_seen(model, monkeypatch):
    monkeypatch.setattr(augmentation, "EPOCHS", 2)
    data, seen = load("wine"), []

    def watched(name, passes, *, seed):
        fitted = fit(name, passes, seed=seed)
        seen.append((next(passes), predict(fitted, data.X.to_numpy() / 1000)))
        return fitted

    _, test = split(data.y.to_numpy(), 178, np.random.default_rng(11).spawn(1)[0])
    poisoned = data.X.copy()
    poisoned.iloc[test] = 1e6
    monkeypatch.setattr(augmentation, "fit", watched)
    scores = []
    for table in (data.X, poisoned):
        monkeypatch.setattr(augmentation, "load", lambda _, X=table: dataclasses.replace(data, X=X))
        scores.append(augmentation._scores.__wrapped__("wine", model, "zeta", 2.8, 11))
    (clean_pass, clean), (poisoned_pass, other) = seen
    assert all(np.array_equal(a, b) for a, b in zip(clean_pass, poisoned_pass, strict=True))
    assert np.array_equal(clean, other)
    # the poison reached the rows that are scored
    assert scores[0][0] > scores[1][0] + 0.2


@pytest.mark.parametrize("model", ["logistic", "neighbours"])
def test_reproducible_and_paired(model):
    found = {}
    for method in METHODS:
        cell = {"dataset": "wine", "model": model, "method": method, "parameter": PARAMETER[method]}
        found[method] = train_and_test(np.random.default_rng(3), 2, **cell)
        augmentation._scores.cache_clear()
        again = train_and_test(np.random.default_rng(3), 2, **cell)
        assert set(again) == set(OUTPUTS)
        assert all(np.array_equal(found[method][key], again[key]) for key in OUTPUTS)
    for measure in ("accuracy", "log_loss"):
        for method in METHODS:
            for rival in ("erm", "mixup"):
                difference = found[method][measure] - found[rival][measure]
                np.testing.assert_allclose(found[method][f"{measure}_difference_{rival}"], difference, atol=1e-15)
    assert not found["erm"]["accuracy_difference_erm"].any() and not found["mixup"]["log_loss_difference_mixup"].any()


def test_a_class_without_probability_has_a_finite_loss():
    model = fit("neighbours", passes_of("erm"))
    probabilities = predict(model, np.full((1, 3), 50.0))
    assert probabilities.min() >= 1 / 3 / (NEIGHBOURS + 1)
    assert probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mixing_law("zetta", 2.0), "did you mean 'zeta'"),
        (lambda: mixing_law("erm", 1.0), "parameter must be"),
        (lambda: mixing_law("zeta", -1.0), "gamma must be"),
        (lambda: mixing_law("mixup", 0.0), "alpha must be"),
        (lambda: MixedPasses(np.zeros((33, 2)), np.eye(33), "erm", 0.0, np.random.default_rng(0)), "multiple of 32"),
        (lambda: fit("forest", passes_of("erm")), "model must be one of"),
        (lambda: fit("network", passes_of("erm"), seed=-1), "seed must be"),
        (lambda: split(np.zeros(5, dtype=int), 6, np.random.default_rng(0)), "rows must be"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "change", [{"dataset": "diabetes"}, {"model": "tree"}, {"method": "cutmix"}, {"parameter": -1.0}], ids=str
)
def test_bad_cells(change):
    cell = {"dataset": "wine", "model": "logistic", "method": "zeta", "parameter": 2.8, **change}
    with pytest.raises(ValueError, match="must be"):
        train_and_test(np.random.default_rng(0), 1, **cell)
