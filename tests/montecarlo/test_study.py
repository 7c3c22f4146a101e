import math

import numpy as np
import pytest

from mixtheory.montecarlo import Bias, Coverage, Failures, Mean, SchedulerError, Study, grid
from tests.montecarlo.studies import make_study


def plain(rng, n, true_mean=0.0):
    x = rng.normal(true_mean, 1.0, size=n)
    se = x.std(ddof=1) / math.sqrt(n)
    return {"estimate": x.mean(), "low": x.mean() - 2 * se, "high": x.mean() + 2 * se}


def test_a_persons_own_study_in_a_few_lines():
    study = Study(
        grid(n=[5, 50], true_mean=[1.0]),
        plain,
        [Bias("estimate", truth="true_mean"), Coverage("low", "high", truth="true_mean"), Failures("estimate")],
        replicates=2000,
    )
    frame = study.run(seed=1)
    assert list(frame.columns) == ["n", "true_mean", "metric", "estimate", "mcse", "replicates"]
    bias = frame[frame.metric == "bias"]
    assert (bias.estimate.abs() < 7 * bias.mcse).all()
    # t intervals with normal quantile 2 cover less at n = 5
    coverage = frame[frame.metric == "coverage"].set_index("n").estimate
    assert coverage[5] < coverage[50]


def test_reference_column_stands_beside_the_estimate():
    study = Study(
        [{"n": 4}], plain, [Mean("estimate"), Mean("low")], replicates=100, reference=lambda n: {"estimate": 0.0}
    )
    frame = study.run()
    assert frame.reference.tolist()[0] == 0.0
    assert math.isnan(frame.reference.tolist()[1])


def test_profiles_choose_cells_and_replicates():
    study = make_study({"quick": grid(k=[3]), "paper": grid(k=[3, 40])}, replicates={"quick": 500, "paper": 1000})
    assert study.profiles == ("quick", "paper")
    assert set(study.run(profile="quick").replicates) == {500}
    assert len(study.cells("paper")) == 2
    with pytest.raises(ValueError, match="did you mean 'paper'"):
        study.run(profile="papers")


@pytest.mark.parametrize("bad", [0, -5])
def test_replicates_and_workers_must_be_positive(bad):
    study = make_study()
    with pytest.raises(ValueError, match="replicates must be an integer >= 1"):
        study.run(replicates=bad)
    with pytest.raises(ValueError, match="workers must be an integer >= 1"):
        study.run(workers=bad)


def test_wrong_types_are_named():
    study = make_study()
    with pytest.raises(TypeError, match="replicates must be an integer"):
        study.run(replicates=1.5)
    with pytest.raises(TypeError, match="seed must be an integer"):
        study.run(seed="a")
    with pytest.raises(ValueError, match="did you mean 'threads'"):
        study.run(backend="thread")


def test_unreachable_scheduler_is_a_clear_error(monkeypatch):
    pytest.importorskip("distributed")
    from mixtheory.montecarlo import execute

    monkeypatch.setattr(execute, "_CONNECT_SECONDS", 0.5)
    with pytest.raises(SchedulerError, match="127.0.0.1:9 .*cannot be reached|cannot be reached"):
        make_study().run(scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match="scheduler must be the address"):
        make_study().run(backend="dask")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "at least one mapping"),
        ([{"k": 1}, {"k": 1}], "two are the same"),
        ("ab", "at least one mapping"),
    ],
)
def test_bad_cells(cells, message):
    with pytest.raises(ValueError, match=message):
        make_study(cells)


@pytest.mark.parametrize("name", ["estimate", "metric", "mcse", "replicates", "reference", "rng", "n"])
def test_reserved_parameter_names_are_refused(name):
    with pytest.raises(ValueError, match=f"must not call a parameter .*'{name}'"):
        make_study([{"k": 3, name: 1}])


def test_contradictory_backend_and_scheduler():
    with pytest.raises(ValueError, match="backend must be 'dask' or left out"):
        make_study().run(backend="loky", scheduler="tcp://127.0.0.1:8786")
    with pytest.raises(ValueError, match="scheduler must be an address such as"):
        make_study().run(scheduler="nonsense")


def test_failures_without_a_store_are_not_said_to_be_stored():
    with pytest.raises(RuntimeError, match="nothing is kept without a store"):
        Study([{"k": 1}], lambda rng, k: 1 / 0, [Mean("value")], replicates=100, name="broken").run()


def test_changing_outputs_are_named():
    def simulate(rng, k):
        return {"a": 1.0} if rng.random() < 0.5 else {"a": 1.0, "b": 2.0}

    with pytest.raises(RuntimeError, match=r"always return the same outputs: \['b'\]"):
        Study([{"k": 1}], simulate, [Mean("a")], replicates=100).run()


def test_other_bad_definitions():
    with pytest.raises(TypeError, match="sequence of metrics"):
        Study([{"k": 1}], plain, Mean("a"))
    with pytest.raises(TypeError, match="sequence of metrics"):
        Study([{"k": 1}], plain, ["a"])
    with pytest.raises(ValueError, match="without '/'"):
        Study([{"k": 1}], plain, [Mean("a")], name="a/b")
    with pytest.raises(TypeError, match="sd must be a sequence"):
        grid(sd=1.0)
    with pytest.raises(TypeError, match="mappings"):
        make_study([1])
    with pytest.raises(ValueError, match="lacks"):
        make_study(data=("n",))
    with pytest.raises(TypeError, match="callable"):
        Study([{"k": 1}], 3, [Mean("value")])
    with pytest.raises(ValueError, match="at least one metric"):
        Study([{"k": 1}], plain, [])
    with pytest.raises(ValueError, match="different names"):
        Study([{"k": 1}], plain, [Mean("a"), Mean("a")])


def test_simulator_must_return_the_replicates_it_is_asked_for():
    study = Study([{"k": 1}], lambda rng, n, k: np.zeros(n + 1), [Mean("value")], batched=True, name="short")
    with pytest.raises(RuntimeError, match="must return 512 replicates"):
        study.run(replicates=1)
