"""Results are equal bit for bit, whoever computes the blocks, in whatever order, and however often interrupted."""

import importlib.util
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from mixtheory.montecarlo import Store
from mixtheory.montecarlo import execute as execution
from tests.montecarlo.studies import make_study

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def serial():
    return make_study().run(seed=7)


def same_bits(left, right):
    return left.to_csv(index=False) == right.to_csv(index=False)


def test_seed_matters(serial):
    assert not same_bits(serial, make_study().run(seed=8))


@pytest.mark.parametrize("backend", ["threads", "loky"])
def test_two_workers_equal_serial(serial, backend):
    assert same_bits(serial, make_study().run(seed=7, workers=2, backend=backend))


def test_dask_cluster_of_two_processes_equals_serial(serial):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        client.wait_for_workers(2)
        assert same_bits(serial, make_study().run(seed=7, scheduler=cluster.scheduler_address))


def test_script_functions_reach_worker_processes(tmp_path, monkeypatch):
    """A simulator from a file that workers cannot import travels by value."""
    script = tmp_path / "mystudy.py"
    script.write_text(
        textwrap.dedent(
            """
            from mixtheory.montecarlo import Mean, Study
            OFFSET = 10.0
            def helper(rng):
                return OFFSET + rng.random()
            def simulate(rng, k):
                return helper(rng)
            STUDY = Study([{"k": 1}], simulate, [Mean("value")], replicates=40, block_size=10)
            if __name__ == "__main__":
                for backend in ("threads", "loky"):
                    print(repr(float(STUDY.run(workers=2, backend=backend)["estimate"].iloc[0])))
            """
        )
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, cwd="/")
    lines = done.stdout.split()
    spec = importlib.util.spec_from_file_location("mystudy_by_path", script)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mystudy_by_path", module)
    spec.loader.exec_module(module)
    lines.append(repr(float(module.STUDY.run(workers=2, backend="loky")["estimate"].iloc[0])))
    assert len(lines) == 3
    assert len(set(lines)) == 1
    assert 10.0 < float(lines[0]) < 11.0


@pytest.mark.parametrize("order", range(3))
def test_shuffled_completion_order_equals_serial(serial, monkeypatch, order):
    honest = execution.execute

    def shuffled(*args, **kwargs):
        outcomes = list(honest(*args, **kwargs))
        random.Random(order).shuffle(outcomes)
        yield from outcomes

    monkeypatch.setattr(execution, "execute", shuffled)
    assert same_bits(serial, make_study().run(seed=7))


def test_top_up_equals_all_at_once(tmp_path):
    path = tmp_path / "s.sqlite"
    make_study().run(seed=7, replicates=1500, store=path)
    topped = make_study().run(seed=7, replicates=3000, store=path, workers=2)
    assert same_bits(topped, make_study().run(seed=7, replicates=3000))


def test_adding_a_cell_changes_no_other_cell(serial):
    more = make_study([{"k": 7}, {"k": 3}, {"k": 40}]).run(seed=7)
    old = more[more.k != 7].reset_index(drop=True)
    assert same_bits(old, serial)


def test_compared_methods_share_their_random_numbers():
    cells = [{"k": 3, "method": "plain"}, {"k": 3, "method": "shifted"}]
    shared = make_study(cells, data=("k",)).run(seed=7)
    apart = make_study(cells).run(seed=7)

    def quantiles(frame):
        return frame[frame.metric == "quantile_0.9"].estimate.tolist()

    assert len(set(quantiles(shared))) == 1
    assert len(set(quantiles(apart))) == 2


KILLED = """
import sys, time
from tests.montecarlo.studies import make_study, simulate
def slow(rng, n, k):
    time.sleep(0.004)
    return simulate(rng, n, k)
study = make_study(simulator=slow, block_size=50, replicates=2000)
print("ready", flush=True)
frame = study.run(seed=7, store=sys.argv[1])
print(frame.to_csv(index=False), flush=True)
"""


def test_killed_twenty_times_and_resumed_equals_uninterrupted(tmp_path):
    path = tmp_path / "s.sqlite"
    command = [sys.executable, "-c", KILLED, str(path)]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    chance = random.Random()
    kills, stored = 0, []
    while kills < 20:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.06))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kills += 1
        with Store(path) as store:
            (count,) = store._connection.execute("SELECT count(*) FROM blocks").fetchone()
        stored.append(count)
    # no finished block is ever lost
    assert stored == sorted(stored)
    resumed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout
    expected = make_study(block_size=50, replicates=2000).run(seed=7).to_csv(index=False)
    assert resumed == "ready\n" + expected + "\n"


def test_a_kill_leaves_a_stale_lock_that_is_taken_over(tmp_path):
    path = tmp_path / "s.sqlite"
    hold = textwrap.dedent(
        """
        import sys, time
        from mixtheory.montecarlo import Store
        store = Store(sys.argv[1])
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.kill()
    process.wait()
    process.stdout.close()
    with Store(path) as store:
        assert str(process.pid) in store.stale_lock
    with Store(path) as store:
        assert store.stale_lock is None
