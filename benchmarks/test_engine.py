"""What the engine costs on top of the simulator, and what a second worker brings."""

import statistics
import subprocess
import sys
import textwrap
import time

import pytest
from ratio import interleave

from mixtheory.mixing import kernels
from mixtheory.montecarlo import Mean, Study, block_generator

ALPHA = 0.5


def simulate(rng, n, alpha):
    return kernels.pair_powers(rng, n, kernels.normal, alpha, alpha, power=2)


def make_study(blocks):
    # no block_size: the default is what is measured
    return Study([{"alpha": ALPHA}], simulate, [Mean("value")], name="scaling", batched=True, replicates=blocks * 2**20)


def plain_loop(blocks, size):
    """The same draws and sums without an engine."""
    metric, total = Mean("value"), None
    for index in range(blocks):
        rng = block_generator(0, "scaling", {"alpha": ALPHA}, index)
        part = metric.collect({"value": simulate(rng, size, ALPHA)}, {})
        total = part if total is None else total.merge(part)
    return total


def test_engine_overhead(benchmark, record, tmp_path):
    """Seeds, dispatch, storage and merging, at the default block size, with a store on disk."""
    blocks = 8
    study = make_study(blocks)
    names = iter(range(1000))

    def ours():
        study.run(store=tmp_path / f"{next(names)}.sqlite")

    result = interleave(ours, lambda: plain_loop(blocks, study.block_size), rounds=15)
    benchmark.pedantic(ours, rounds=3)
    record(blocks=blocks, block_size=study.block_size, baseline="a plain loop over the same blocks", time=result)
    assert result.ratio <= 1.05


COPY = textwrap.dedent(
    """
    import sys, time
    sys.path.insert(0, sys.argv[1])
    from test_engine import plain_loop
    blocks, size = int(sys.argv[2]), int(sys.argv[3])
    plain_loop(1, size)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    plain_loop(blocks, size)
    print(time.perf_counter() - start, flush=True)
    """
)


def two_copies(blocks, size):
    """Seconds that two independent processes need for half of the blocks each, started together."""
    command = [sys.executable, "-c", COPY, __file__.rpartition("/")[0], str(blocks // 2), str(size)]
    copies = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for copy in copies:
        assert copy.stdout.readline() == "ready\n"
    for copy in copies:
        copy.stdin.write("go\n")
        copy.stdin.flush()
    times = [float(copy.stdout.readline()) for copy in copies]
    for copy in copies:
        copy.communicate()
    return max(times)


@pytest.mark.parametrize(("backend", "rounds", "least"), [("loky", 3, 0.95), ("threads", 1, 0.8)])
def test_two_workers_against_two_independent_copies(benchmark, record, tmp_path, backend, rounds, least):
    """A study of ten seconds or more on two workers, their start and the store included.

    Two processes reach what two copies reach; two threads share one interpreter and one address space and fall short.
    """
    blocks = 512
    study = make_study(blocks)
    size = study.block_size
    study.run(replicates=size)
    ratios, ours_times = [], []
    for round_ in range(rounds):
        start = time.perf_counter()
        study.run(workers=2, backend=backend, store=tmp_path / f"{round_}.sqlite")
        ours = time.perf_counter() - start
        ratios.append(two_copies(blocks, size) / ours)
        ours_times.append(ours)
    benchmark.pedantic(lambda: study.run(replicates=size), rounds=1)
    record(
        blocks=blocks,
        baseline="two processes with half of the blocks each, no engine",
        seconds=statistics.median(ours_times),
        share_reached=statistics.median(ratios),
    )
    assert min(ours_times) >= 10.0
    assert statistics.median(ratios) >= least


def test_replicates_cost_linearly(benchmark, record):
    """Ten and a hundred times the replicates cost ten and a hundred times as much, once the source is hashed."""
    study = make_study(1)
    size = study.block_size

    def run(blocks):
        study.run(replicates=blocks * size)

    run(1)
    ten = interleave(lambda: run(10), lambda: [run(1) for _ in range(10)], rounds=5)
    hundred = interleave(lambda: run(100), lambda: [run(1) for _ in range(100)], rounds=1)
    benchmark.pedantic(lambda: run(1), rounds=3)
    record(draws_at_least=size, ten_times=ten, hundred_times=hundred)
    for result in (ten, hundred):
        assert 0.75 <= result.ratio <= 1.1
