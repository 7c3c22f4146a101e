"""Every metric against its definition, and the coverage of every Monte Carlo standard error."""

import math

import numpy as np
import pytest
from scipy import stats

from mixtheory.montecarlo import (
    RMSE,
    Bias,
    Correlation,
    Coverage,
    EmpiricalSE,
    Failures,
    KolmogorovSmirnov,
    Kurtosis,
    Mean,
    ModelSE,
    Power,
    Quantile,
    Ratio,
    Skewness,
    SmoothFunction,
    Variance,
    jackknife,
)
from mixtheory.montecarlo.accumulate import Moments

RNG = np.random.default_rng


def estimate(metric, outputs, cell=None, blocks=1):
    parts = [{k: v[i::blocks] for k, v in outputs.items()} for i in range(blocks)]
    return metric.estimate([metric.collect(part, cell or {}) for part in parts])


def test_values_are_the_definitions():
    rng = RNG(5)
    n = 501
    out = {
        "est": rng.gamma(3.0, size=n),
        "truth": rng.normal(3.0, 0.1, size=n),
        "se": rng.uniform(0.5, 1.0, size=n),
        "p": rng.uniform(size=n),
    }
    out["lo"], out["hi"] = out["est"] - out["se"], out["est"] + out["se"]
    x, t = out["est"], out["truth"]
    expected = [
        (Mean("est"), x.mean()),
        (Bias("est", "truth"), (x - t).mean()),
        (Bias("est", "mu"), (x - 3).mean()),
        (RMSE("est", 3.0), math.sqrt(((x - 3) ** 2).mean())),
        (EmpiricalSE("est"), x.std(ddof=1)),
        (Variance("est", center=3.0), x.var(ddof=1)),
        (ModelSE("se"), math.sqrt((out["se"] ** 2).mean())),
        (Coverage("lo", "hi", "truth"), ((out["lo"] <= t) & (t <= out["hi"])).mean()),
        (Power("p", alpha=0.1), (out["p"] <= 0.1).mean()),
        (Skewness("est"), stats.skew(x)),
        (Kurtosis("est", center="mu"), stats.kurtosis(x)),
        (Correlation("est", "se"), np.corrcoef(x, out["se"])[0, 1]),
        (Ratio("est", "se"), x.mean() / out["se"].mean()),
        (Quantile("est", 0.25), np.quantile(x, 0.25)),
    ]
    for metric, value in expected:
        got = estimate(metric, out, {"mu": 3.0}, blocks=3)
        assert got.value == pytest.approx(value, rel=1e-10), metric
        assert got.replicates == n
        assert got.mcse > 0


def test_closed_formulas_of_the_standard_errors():
    rng = RNG(6)
    x, n = rng.normal(size=400), 400
    assert estimate(Bias("x", 0.0), {"x": x}).mcse == pytest.approx(x.std(ddof=1) / math.sqrt(n), rel=1e-9)
    p = (x <= 1.0).mean()
    power = estimate(Power("x", alpha=0.999), {"x": np.where(x <= 1.0, 0.0, 1.0)})
    assert power.mcse == pytest.approx(math.sqrt(p * (1 - p) / (n - 1)), rel=1e-9)
    square = x**2
    rmse = estimate(RMSE("x", 0.0), {"x": x})
    assert rmse.mcse == pytest.approx(square.std(ddof=1) / math.sqrt(n) / (2 * rmse.value), rel=1e-4)


def test_failures_are_counted_and_left_out():
    out = {"x": np.array([1.0, np.nan, 3.0, np.inf])}
    assert estimate(Failures("x"), out).value == 0.5
    mean = estimate(Mean("x"), out)
    assert (mean.value, mean.replicates) == (2.0, 2)
    nothing = estimate(Mean("x"), {"x": np.array([np.nan])})
    assert math.isnan(nothing.value)
    assert nothing.replicates == 0


def test_one_replicate_has_no_error():
    got = estimate(Mean("x"), {"x": np.array([2.0])})
    assert got.value == 2.0
    assert math.isnan(got.mcse)


def test_unknown_names_are_explained():
    with pytest.raises(ValueError, match="did you mean 'mean'"):
        estimate(Mean("meen"), {"mean": np.zeros(3)})


# name, metric, draw(rng, size), truth: the interval estimate +- 2.5758 MCSE must hold the truth in about 99 %
# of runs; the bounds below are exact binomial at 1e-9 around [0.97, 0.998], the range that a normal approximation
# with these sizes leaves.
def _exponential(rng, n):
    x = rng.exponential(size=n)
    return {"x": x, "y": x + rng.exponential(size=n), "u": rng.uniform(size=n)}


COVERAGE_CASES = {
    "bias": (Bias("x", 0.0), 1.0),
    "rmse": (RMSE("x", 1.0), 1.0),
    "empirical_se": (EmpiricalSE("x"), 1.0),
    "model_se": (ModelSE("x"), math.sqrt(2.0)),
    "power": (Power("u", alpha=0.3), 0.3),
    "correlation": (Correlation("x", "y"), math.sqrt(0.5)),
    "ratio": (Ratio("x", "y"), 0.5),
    "skewness": (Skewness("u"), 0.0),
    "kurtosis": (Kurtosis("u", center=0.5), -1.2),
    "quantile": (Quantile("x", 0.5), math.log(2.0)),
    "smooth": (SmoothFunction("log", lambda o, c: [o["x"]], lambda m, n: math.log(m[0])), 0.0),
}


@pytest.mark.parametrize("name", COVERAGE_CASES)
def test_standard_errors_cover(name):
    metric, truth = COVERAGE_CASES[name]
    runs, n, z = 1000, 4000, stats.norm.ppf(0.995)
    rng = RNG(11)
    hits = 0
    for _ in range(runs):
        got = estimate(metric, _exponential(rng, n))
        hits += abs(got.value - truth) <= z * got.mcse
    assert stats.binom.cdf(hits, runs, 0.97) > 1e-9
    assert stats.binom.sf(hits - 1, runs, 0.998) > 1e-9


def test_jackknife_agrees_with_the_delta_method():
    x = RNG(3).exponential(size=(128, 200))
    blocks = [Moments.from_values(row) for row in x]
    jack = jackknife(blocks, lambda m: float(m.mean[0] ** 2))
    delta = estimate(SmoothFunction("square", lambda o, c: [o["x"]], lambda m, n: m[0] ** 2), {"x": x.ravel()})
    assert jack.value == pytest.approx(delta.value, rel=1e-12)
    # with 128 blocks the jackknife variance has about 127 degrees of freedom: sixfold its own spread is allowed
    assert abs(jack.mcse / delta.mcse - 1) < 6 / math.sqrt(2 * 127)


def test_jackknife_refuses_few_blocks():
    with pytest.raises(ValueError, match="at least 64 blocks, got 63"):
        jackknife([Moments.from_values([1.0, 2.0])] * 63, lambda m: 0.0)


def test_kolmogorov_smirnov_covers_a_true_distance():
    edges = np.linspace(-3, 3, 61)
    shift = 0.3
    metric = KolmogorovSmirnov("x", lambda e: stats.norm.cdf(e), edges)
    truth = float(np.max(np.abs(stats.norm.cdf(edges - shift) - stats.norm.cdf(edges))))
    rng, runs, hits = RNG(8), 150, 0
    for _ in range(runs):
        got = estimate(metric, {"x": rng.normal(shift, size=64 * 100)}, blocks=64)
        hits += abs(got.value - truth) <= 3 * got.mcse
    assert stats.binom.cdf(hits, runs, 0.97) > 1e-9


def test_signature_tells_settings_apart():
    assert Quantile("x", 0.5).signature() != Quantile("x", 0.6).signature()
    assert Power("p", 0.05).signature() != Power("p", 0.01).signature()
    assert Mean("x").signature() == Mean("x").signature()
