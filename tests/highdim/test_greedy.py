"""The greedy searches against brute force: the same rows, the same objectives."""

import numpy as np
import pytest
from scipy.optimize import brentq

from mixtheory.highdim.selection import alpha, greedy
from mixtheory.highdim.selection.alpha import greedy_risk
from mixtheory.highdim.selection.greedy import Panels, greedy_frobenius


def generator(seed=0):
    return np.random.default_rng(seed)


def pool_and_target(seed, n, d):
    rng = generator(seed)
    rows = rng.normal(size=(n, d)) * rng.uniform(0.2, 3.0, size=d) * rng.uniform(0.5, 1.5, size=(n, 1))
    real = rng.normal(size=(4 * d + 10, d)) @ rng.normal(size=(d, d)) / np.sqrt(d)
    return rows, np.cov(real.T).reshape(d, d)


def brute_force(score, n, n_select, first, tie):
    """Greedy with every candidate scored from scratch; `tie` gives the width of a tie from the rows chosen."""
    chosen, path = [first], []
    while len(chosen) < n_select:
        scores = np.full(n, np.inf)
        for i in set(range(n)) - set(chosen):
            scores[i] = score([*chosen, i])
        best = int(np.flatnonzero(scores <= scores.min() + tie(chosen, scores.min()))[0])
        chosen.append(best)
        path.append(scores[best])
    return np.array(chosen), np.array(path)


def frobenius_brute(rows, target, n_select, first, normalise):
    def covariance(chosen):
        matrix = np.cov(rows[chosen].T).reshape(target.shape)
        return matrix * np.trace(target) / np.trace(matrix) if normalise else matrix

    def tie(chosen, _):
        now = covariance(chosen) if len(chosen) > 1 and np.ptp(rows[chosen], axis=0).any() else 0 * target
        return greedy.TIE * (np.sum(now**2) + np.sum(target**2))

    def score(chosen):
        if not np.ptp(rows[chosen], axis=0).any():
            return np.sum(target**2)
        return np.sum((covariance(chosen) - target) ** 2)

    indices, path = brute_force(score, len(rows), n_select, first, tie)
    return indices, np.sqrt([np.sum(target**2), *path])


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize(("n", "d", "n_select"), [(40, 1, 30), (40, 2, 40), (70, 5, 20), (70, 9, 20), (60, 32, 15)])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_rows_as_brute_force(seed, n, d, n_select, normalise):
    rows, target = pool_and_target(seed, n, d)
    expected, distances = frobenius_brute(rows, target, n_select, 7, normalise and d > 1)
    indices, path = greedy_frobenius(Panels.of(rows), target, n_select, 7, normalise=normalise and d > 1)
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(path, distances, rtol=0, atol=1e-12 * distances[0])


@pytest.mark.parametrize("seed", range(5))
def test_ties_go_to_the_lowest_index(seed):
    """On a small grid of integers almost every step has ties: equal rows, mirrored rows, other ways to one score."""
    rows = generator(seed).integers(-2, 3, size=(60, 2)).astype(float)
    target = np.array([[2.0, 0.5], [0.5, 1.0]])
    expected, _ = frobenius_brute(rows, target, 25, 3, False)
    indices, _ = greedy_frobenius(Panels.of(rows), target, 25, 3)
    assert np.array_equal(indices, expected)
    doubled = np.repeat(rows, 2, axis=0)
    indices, _ = greedy_frobenius(Panels.of(doubled), target, 40, 6)
    first_seen = {}
    for index in indices[1:]:
        if index % 2 and index != 7:
            assert index - 1 in first_seen
        first_seen[index] = True


def direct(rows, target, n_select, first):
    """Every candidate's covariance from sums of products, without the rank-one form; vectorised for long runs."""
    outer = rows[:, :, None] * rows[:, None, :]
    chosen, total, products = [first], rows[first].copy(), outer[first].copy()
    while len(chosen) < n_select:
        m = len(chosen) + 1
        sums = total + rows
        covariances = (products + outer - sums[:, :, None] * sums[:, None, :] / m) / (m - 1)
        scores = np.sum((covariances - target) ** 2, axis=(1, 2))
        scores[chosen] = np.inf
        best = int(np.argmin(scores))
        chosen.append(best)
        total += rows[best]
        products += outer[best]
    return np.array(chosen)


@pytest.mark.parametrize("normalise", [False, True])
def test_sums_do_not_drift_in_a_long_run(normalise):
    rows, target = pool_and_target(1, 1500, 4)
    assert greedy.REFRESH < 1200
    indices, path = greedy_frobenius(Panels.of(rows), target, 1200, 0, normalise=normalise)
    assert np.unique(indices).size == 1200
    if not normalise:
        assert np.array_equal(indices, direct(rows, target, 1200, 0))
    for step in (511, 512, 513, 1199):
        matrix = np.cov(rows[indices[: step + 1]].T)
        matrix *= np.trace(target) / np.trace(matrix) if normalise else 1.0
        np.testing.assert_allclose(path[step], np.linalg.norm(matrix - target), rtol=1e-9)


def test_refreshing_changes_no_choice(monkeypatch):
    rows, target = pool_and_target(2, 400, 6)
    expected, _ = greedy_frobenius(Panels.of(rows), target, 200, 0)
    monkeypatch.setattr(greedy, "REFRESH", 1)
    indices, _ = greedy_frobenius(Panels.of(rows), target, 200, 0)
    assert np.array_equal(indices, expected)


def test_the_scores_after_a_long_run_are_exact():
    """What a step adds up over the run equals what is computed from scratch, to rounding."""
    rows, target = pool_and_target(3, 700, 8)
    run = greedy._Run(Panels.of(rows), target, False)
    sweep = greedy.Sweep(run.panels, 1)
    chosen = [0]
    run.take(0)
    for _ in range(500):
        chosen.append(run.best(sweep))
        run.take(chosen[-1])
    run.best(sweep)
    for i in sorted(set(range(0, 700, 50)) - set(chosen)):
        exact = np.sum((np.cov(rows[[*chosen, i]].T) - target) ** 2)
        assert abs(run.scores.ravel()[i] - exact) < 1e-13 * np.sum(target**2)


@pytest.mark.parametrize("normalise", [False, True])
def test_threads_change_nothing(normalise):
    rows, target = pool_and_target(4, 28_800, 7)
    panels = Panels.of(rows)
    assert panels.values.size >= greedy._WORTH_SHARING
    one = greedy_frobenius(panels, target, 12, 5, normalise=normalise)
    risk = greedy_risk(panels, 40, 6, 5, normalise=normalise)
    for jobs in (2, 3, 1000):
        more = greedy_frobenius(panels, target, 12, 5, normalise=normalise, n_jobs=jobs)
        assert np.array_equal(one[0], more[0]) and np.array_equal(one[1], more[1])
        more = greedy_risk(panels, 40, 6, 5, normalise=normalise, n_jobs=jobs)
        assert np.array_equal(risk[0], more[0]) and np.array_equal(risk[1], more[1])


def test_equal_scores_in_two_threads_go_to_the_lowest_index():
    rows, target = pool_and_target(5, 15_000, 8)
    panels = Panels.of(np.vstack([rows, rows]))
    indices, _ = greedy_frobenius(panels, target, 20, 0, n_jobs=2)
    assert (np.flatnonzero(indices >= 15_000) > 0).all()
    for place, index in enumerate(indices):
        if index >= 15_000:
            assert index - 15_000 in indices[:place]


@pytest.mark.parametrize("n", [1, 511, 512, 513, 1100])
def test_panels_hold_the_rows(n):
    rows = generator(n).normal(size=(n, 3))
    panels = Panels(n, 3, (rows[start : start + 100] for start in range(0, n, 100)))
    everything = np.arange(n)
    assert np.array_equal(panels.rows(everything), rows)
    assert np.array_equal(panels.row(n - 1), rows[-1])
    matrix = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 1.0]])
    forms = panels.per_candidate()
    panels.quadratic(matrix, forms)
    np.testing.assert_allclose(forms.ravel()[:n], np.einsum("ij,jk,ik->i", rows, matrix, rows), rtol=1e-12, atol=1e-13)


def test_panels_count_their_rows():
    with pytest.raises(ValueError, match="must hold 5 rows, got 4"):
        Panels(5, 2, [np.zeros((4, 2))])


def test_equal_rows_have_no_shape_and_do_not_stop_the_search():
    rows = np.ones((20, 3))
    rows[10:] += generator().normal(size=(10, 3))
    rows -= rows.mean(axis=0)  # no longer exact in binary
    panels = Panels.of(rows)
    for indices, path in (
        greedy_frobenius(panels, np.eye(3), 20, 0, normalise=True),
        greedy_risk(panels, 6, 20, 0, normalise=True),
    ):
        assert np.array_equal(np.sort(indices), np.arange(20))
        assert np.isfinite(path).all()
        assert indices[1] >= 10


def test_a_pool_of_equal_rows_is_taken_in_order():
    panels = Panels.of(np.full((6, 2), 0.1))
    for normalise in (False, True):
        for indices, path in (
            greedy_frobenius(panels, np.eye(2), 6, 2, normalise=normalise),
            greedy_risk(panels, 6, 6, 2, normalise=normalise),
        ):
            assert indices.tolist() == [2, 0, 1, 3, 4, 5]
            np.testing.assert_allclose(path, path[0], rtol=1e-12)


def risk_of(matrix, n_target, n_select, normalise):
    """The equation of the theorem by another root finder, on the eigenvalues of a covariance from scratch."""
    values = np.linalg.eigvalsh(matrix).clip(0)
    if normalise and values.sum() > 0:
        values = values * values.size / values.sum()
    n = n_target + n_select
    c = 1 - values.size / n

    def equation(a):
        return a + np.sum(a * values / (a * values + c - a)) / n - n_select / n

    a = brentq(equation, 0, c * (1 - 1e-13), xtol=1e-16, rtol=1e-14)
    return np.sum(1 / (a * values + c - a)) / n


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize(
    ("n", "d", "n_target", "n_select"), [(30, 1, 5, 15), (40, 3, 6, 15), (40, 8, 12, 15), (40, 12, 13, 6)]
)
@pytest.mark.parametrize("seed", range(2))
def test_the_same_rows_as_brute_force_on_the_risk(seed, n, d, n_target, n_select, normalise):
    rows, _ = pool_and_target(seed, n, d)
    rows[20] = rows[10]

    def score(chosen):
        return risk_of(np.cov(rows[chosen].T).reshape(d, d), n_target, n_select, normalise)

    if d == 1 and normalise:
        return  # a variance that is scaled to 1 decides nothing
    expected, risks = brute_force(score, n, n_select, 5, lambda _, lowest: 1e-12 * lowest)
    indices, path = greedy_risk(Panels.of(rows), n_target, n_select, 5, normalise=normalise)
    assert np.array_equal(indices, expected)
    np.testing.assert_allclose(path[1:], risks, rtol=1e-11)
    assert path[0] == pytest.approx(risk_of(np.zeros((d, d)), n_target, n_select, False), rel=1e-12)


@pytest.mark.parametrize("goal", [0.0, 8.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_search_for_the_lowest_root_ends_at_it_from_anywhere(seed, goal):
    """Near 0 the trace knows only the length of a row, near c only the empty directions: the first pick is wrong."""
    n, d, n_target, n_select = 200, 8, 12, 40
    rows, _ = pool_and_target(seed, n, d)
    panels, scatter = Panels.of(rows), alpha.Scatter(d)
    scatter.form(rows[:15])
    taken = np.zeros((panels.count, greedy.LANES), dtype=bool)
    taken.ravel()[:15] = taken.ravel()[n:] = True
    c = 1 - d / (n_target + n_select)

    def value_of(matrix):
        values = np.linalg.eigvalsh(matrix)
        return alpha.root(values * (goal / values.sum() if goal else 1.0), n_target, n_select), 0.0

    roots = [value_of(np.cov(rows[[*range(15), i]].T))[0] for i in range(15, n)]
    for start in (1e-9, 0.5 * c, c * (1 - 1e-9)):
        scores, sweep = panels.per_candidate(), greedy.Sweep(panels, 1)
        found = alpha._best(panels, scatter, sweep, taken, scores, start, c, goal, value_of)
        assert found == 15 + int(np.argmin(roots))


@pytest.mark.parametrize("n_target", [3, 40, 400])
def test_root_solves_both_equations(n_target):
    values = np.geomspace(0.01, 50.0, 3)
    n_select = 17
    n = n_target + n_select
    a = alpha.root(values, n_target, n_select)
    other = 1 - 3 / n - a
    assert a + np.mean(a * values / (a * values + other)) * 3 / n == pytest.approx(n_select / n, rel=1e-12)
    assert other + np.mean(other / (a * values + other)) * 3 / n == pytest.approx(n_target / n, rel=1e-12)


def test_root_of_equal_covariances_is_in_closed_form():
    assert alpha.root(np.ones(10), 30, 20) == pytest.approx(20 / 50 * (1 - 10 / 50), rel=1e-14)


def test_kernels_agree_with_their_plain_twins():
    rows, target = pool_and_target(6, 30, 5)
    panels = Panels.of(rows)
    rng = generator(6)

    def plain(kernel):
        return getattr(kernel, "py_func", kernel)

    for kernel, vectors, numbers in (
        (greedy._match_pass, rng.normal(size=(2, 5)), rng.uniform(size=7)),
        (greedy._shape_pass, rng.normal(size=(3, 5)), rng.uniform(size=12)),
    ):
        results = []
        for function in (kernel, plain(kernel)):
            caches = [np.ones((panels.count, greedy.LANES)) for _ in range(5)]
            best = function(panels.values, 0, panels.count, vectors, tuple(numbers.tolist()), *caches)
            results.append(np.concatenate([[best], *(cache.ravel() for cache in caches)]))
        np.testing.assert_allclose(results[0], results[1], rtol=1e-13, atol=1e-13)
    for goal in (0.0, 5.0):
        out, mean = np.empty((2, greedy.LANES)), rng.normal(size=5)
        taken = np.zeros(greedy.LANES, dtype=bool)
        taken[3] = True
        for function, result in zip((alpha._trace_pass, plain(alpha._trace_pass)), out, strict=True):
            function(panels.values[0], mean, np.arange(5.0), 0.3, 0.7, 0.1, goal, taken, result)
        np.testing.assert_allclose(out[0], out[1], rtol=1e-13)
    placed = np.zeros_like(panels.values)
    plain(greedy._place)(placed, 0, rows)
    assert np.array_equal(placed, panels.values)
    scores = np.array([[3.0, 1.0, 1.0]])
    assert plain(greedy.first_lowest)(scores, 1.0, 3) == greedy.first_lowest(scores, 1.0, 3) == 1
    assert plain(greedy.first_lowest)(scores, 0.5, 3) == greedy.first_lowest(scores, 0.5, 3) == -1
