"""Shared by the benchmarks: run with ``pytest benchmarks -s`` (the limits hold on one otherwise idle core)."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def generators():
    """Two generators of the kind that studies use, for ours and for the baseline."""
    return tuple(np.random.Generator(np.random.PCG64DXSM(seed)) for seed in (1, 2))


@pytest.fixture
def record(benchmark, request):
    """Print a measurement and keep it beside the timing of the benchmark."""

    def keep(**values):
        benchmark.extra_info.update({name: str(value) for name, value in values.items()})
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n{request.node.name}")
            for name, value in values.items():
                print(f"  {name}: {value}")

    return keep
