"""Running a study from a shell: progress in a log and on a terminal, interruption, errors, exit statuses."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from mixtheory.montecarlo import Store, StoreError
from mixtheory.montecarlo.command import main
from mixtheory.montecarlo.progress import Progress
from tests.montecarlo.studies import make_study

ROOT = Path(__file__).resolve().parents[2]


def test_run_writes_store_table_and_record(tmp_path, capsys):
    study = make_study()
    assert main(study, ["--results", str(tmp_path), "--replicates", "500", "--seed", "4"]) == 0
    out, err = capsys.readouterr()
    assert "quantile_0.9" in out
    assert "toy: 100 % (2 of 2 blocks)" in err
    frame = pd.read_csv(tmp_path / "tables" / "toy.csv")
    assert frame.to_csv(index=False) == study.run(replicates=500, seed=4).to_csv(index=False)
    assert (tmp_path / "toy.sqlite").is_file()
    assert '"seed": 4' in (tmp_path / "runs" / "toy.json").read_text()


def test_bad_options_exit_with_two_and_write_nothing(tmp_path, capsys):
    assert main(make_study(), ["--results", str(tmp_path / "r"), "--replicates", "0"]) == 2
    assert "replicates must be an integer >= 1, got 0" in capsys.readouterr().err
    assert not (tmp_path / "r").exists()
    with pytest.raises(SystemExit) as stop:
        main(make_study(), ["--workers", "two"])
    assert stop.value.code == 2


def test_damaged_store_exits_with_one_and_salvage_goes_on(tmp_path, capsys):
    arguments = ["--results", str(tmp_path), "--replicates", "32000"]
    study = make_study()
    assert main(study, arguments) == 0
    table = (tmp_path / "tables" / "toy.csv").read_text()
    store = tmp_path / "toy.sqlite"
    store.write_bytes(store.read_bytes()[: store.stat().st_size // 2])
    assert main(study, arguments) == 1
    assert "--salvage" in capsys.readouterr().err
    assert main(study, [*arguments, "--salvage"]) == 0
    assert "blocks of the damaged store" in capsys.readouterr().err
    assert (tmp_path / "tables" / "toy.csv").read_text() == table
    assert (tmp_path / "toy.sqlite.damaged").is_file()


def test_salvage_leaves_live_sound_and_misnamed_stores_alone(tmp_path, capsys):
    arguments = ["--results", str(tmp_path), "--replicates", "1000", "--salvage"]
    study = make_study()
    assert main(study, arguments) == 1
    assert "no store" in capsys.readouterr().err
    assert main(study, arguments[:-1]) == 0
    store = tmp_path / "toy.sqlite"
    before = store.read_bytes()
    assert main(study, arguments) == 2
    assert "is sound" in capsys.readouterr().err
    with Store(store):
        assert main(study, arguments) == 1
        assert "in use by process" in capsys.readouterr().err
    store.write_bytes(before[: len(before) // 2])
    assert main(study, [*arguments, "--replicates", "0"]) == 2
    assert store.read_bytes() == before[: len(before) // 2]
    assert not list(tmp_path.glob("*.damaged"))


def test_unwritable_table_is_one_message(tmp_path, capsys):
    (tmp_path / "tables").write_text("not a folder")
    assert main(make_study(), ["--results", str(tmp_path), "--replicates", "500"]) == 1
    err = capsys.readouterr().err
    assert "FileExistsError" in err or "NotADirectoryError" in err
    assert "finished blocks are in" in err


INTERRUPTED = """
import sys, time
from tests.montecarlo.studies import make_study, simulate
from mixtheory.montecarlo import Store, StoreError
from mixtheory.montecarlo.command import main
def slow(rng, n, k):
    time.sleep(0.01)
    return simulate(rng, n, k)
study = make_study(simulator=slow, block_size=50, replicates=20000)
print("ready", flush=True)
sys.exit(main(study, sys.argv[1:]))
"""


def finished_blocks(path):
    try:
        with Store(path, readonly=True) as store:
            return store._connection.execute("SELECT count(*) FROM blocks").fetchone()[0]
    except StoreError:
        return 0


@pytest.mark.parametrize(("workers", "backend"), [("1", "threads"), ("2", "threads"), ("2", "loky")])
def test_interrupt_leaves_a_valid_store_and_says_how_to_go_on(tmp_path, workers, backend):
    command = [
        sys.executable,
        "-c",
        INTERRUPTED,
        "--results",
        str(tmp_path),
        "--workers",
        workers,
        "--backend",
        backend,
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert process.stdout.readline() == "ready\n"
    store = tmp_path / "toy.sqlite"
    deadline = time.monotonic() + 60
    # more than the first block, which the parent computes before there are workers
    while finished_blocks(store) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    # as a terminal does: to the whole group, workers included
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again to go on" in err
    assert "Traceback" not in err
    assert not (tmp_path / "tables").exists()
    Store(store).close()
    assert 0 < finished_blocks(store) < 800


def test_log_lines_carry_percentage_and_time_left():
    stream = io.StringIO()
    with Progress("work", 4, stream=stream, interval=0.0) as progress:
        for _ in range(4):
            progress.advance()
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("work: 25 % (1 of 4 blocks), ")
    assert lines[0].endswith(" left")
    assert lines[-1].startswith("work: 100 % (4 of 4 blocks) in ")


def test_terminal_gets_a_bar():
    pty = pytest.importorskip("pty")
    code = (
        "from mixtheory.montecarlo.progress import Progress\n"
        "with Progress('work', 3) as p:\n"
        "    p.say('hello')\n"
        "    for _ in range(3): p.advance()\n"
    )
    leader, follower = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", code], stderr=follower, env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(leader)
    assert process.wait() == 0
    text = shown.decode()
    assert "hello" in text
    assert "100%" in text
    assert "3/3" in text


def test_disabled_progress_says_nothing():
    stream = io.StringIO()
    with Progress("work", 2, enabled=False, stream=stream, interval=0.0) as progress:
        progress.say("hello")
        progress.advance()
    assert stream.getvalue() == ""
