"""Stores that are locked, damaged, full or read-only give a clear error and lose no finished block."""

import os
import subprocess
import sys
import textwrap

import pytest

from mixtheory.montecarlo import Store, StoreError, StoreLocked
from mixtheory.montecarlo import execute as execution
from mixtheory.montecarlo.run import BlockFailure, MixedResults
from mixtheory.montecarlo.salvage import salvage
from tests.montecarlo.studies import make_study, simulate


@pytest.fixture
def path(tmp_path):
    return tmp_path / "toy.sqlite"


def block_count(path):
    with Store(path, readonly=True) as store:
        return store._connection.execute("SELECT count(*) FROM blocks").fetchone()[0]


def test_second_process_is_refused(path):
    with Store(path):
        code = f"from mixtheory.montecarlo import Store; Store({str(path)!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    assert "StoreLocked" in done.stderr
    assert f"in use by process {os.getpid()} on " in done.stderr


def test_second_writer_in_one_process_is_refused_and_readers_are_not(path):
    study = make_study()
    with Store(path) as store:
        study.run(store=store, replicates=500)
        with pytest.raises(StoreLocked, match="in use by process"):
            Store(path)
        assert block_count(path) == 2
    Store(path).close()


def test_lock_of_another_host_is_believed(path):
    Store(path).close()
    lock = path.with_name(path.name + ".lock")
    lock.write_text('{"host": "elsewhere", "pid": 1, "since": "yesterday"}')
    with pytest.raises(StoreLocked, match="process 1 on elsewhere"):
        Store(path)
    lock.unlink()
    Store(path).close()


def test_rerun_computes_nothing(path, monkeypatch):
    study = make_study()
    first = study.run(store=path)

    def forbidden(*args, **kwargs):
        raise AssertionError("a stored block was computed again")

    monkeypatch.setattr(execution, "_compute", forbidden)
    assert study.run(store=path).equals(first)


def other_simulate(rng, n, k):
    result = simulate(rng, n, k)
    return {**result, "mean": result["mean"] + 1.0}


def test_changed_simulator_starts_a_generation_beside_the_old(path, capsys):
    old = make_study().run(store=path)
    changed = make_study(simulator=other_simulate)
    new = changed.run(store=path, progress=True)
    said = capsys.readouterr().err
    assert "12 blocks of 1 earlier version(s) are kept and not used" in said
    assert not new.equals(old)
    assert block_count(path) == 24
    # the old one is still there whole
    assert make_study().run(store=path, progress=True).equals(old)
    assert "12 of 12 blocks were stored before" in capsys.readouterr().err


def test_other_block_size_is_never_mixed(path, capsys):
    make_study(block_size=500).run(store=path)
    other = make_study(block_size=250).run(store=path, progress=True)
    assert "blocks of other sizes [500] are kept and not used; this run has size 250" in capsys.readouterr().err
    assert other.equals(make_study(block_size=250).run())
    assert block_count(path) == 12 + 24


def test_rounding_up_is_said(capsys):
    frame = make_study(block_size=500).run(replicates=501, progress=True)
    assert "501 replicates a cell rounded up to 1000 (2 blocks)" in capsys.readouterr().err
    assert set(frame.replicates) == {1000}


def test_other_fingerprint_is_refused_unless_told(path, monkeypatch):
    study = make_study()
    study.run(store=path, replicates=500)
    monkeypatch.setattr(execution, "fingerprint_text", lambda: '{"cpu": "another"}')
    with pytest.raises(MixedResults, match="another"):
        study.run(store=path, replicates=1000)
    assert block_count(path) == 2
    study.run(store=path, replicates=1000, allow_mixed=True)
    with pytest.raises(MixedResults):
        study.run(store=path, replicates=1000)


def test_worker_with_other_fingerprint_is_refused(monkeypatch):
    honest = execution._compute
    monkeypatch.setattr(execution, "_compute", lambda *a: honest(*a)._replace(fingerprint='{"cpu": "other"}'))
    with pytest.raises(MixedResults, match="a worker has another processor"):
        make_study().run()


def fails_sometimes(rng, n, k):
    result = simulate(rng, n, k)
    if result["first"][0] > 0.0:
        raise ArithmeticError(f"no luck with {result['first'][0]}")
    return result


def test_failed_blocks_are_recorded_never_cached_and_replayable(path):
    study = make_study(simulator=fails_sometimes, replicates=500 * 16)
    with pytest.raises(BlockFailure, match="no luck") as caught:
        study.run(store=path, seed=3)
    with Store(path) as store:
        failures = store.failures()
        for failure in failures:
            assert failure.block not in store.present(failure.result_key, failure.generation)
    assert 0 < len(failures) < 32
    assert block_count(path) == 32 - len(failures)
    assert failures[0].name in str(caught.value) or len(failures) > 3
    for failure in failures:
        assert "ArithmeticError" in failure.traceback
        assert "spawn_key" in failure.seed
        with pytest.raises(ArithmeticError, match="no luck") as again:
            study.replay(failure.name, seed=3)
        assert str(again.value) in failure.traceback


def always_fails(rng, n, k):
    raise ArithmeticError("never works")


def test_a_hopeless_run_stops_early():
    with pytest.raises(BlockFailure, match=r"8 of \d+ blocks"):
        make_study(simulator=always_fails, replicates=500 * 40).run()


def test_full_disk_keeps_finished_blocks(path):
    study = make_study(replicates=500 * 64)
    expected = study.run()
    with Store(path) as store:
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 40}")
        with pytest.raises(StoreError, match="the disk is full; blocks finished so far are kept"):
            study.run(store=store)
    assert 0 < block_count(path) < 128
    assert study.run(store=path).equals(expected)


def test_truncated_store_is_refused_untouched_and_salvaged(path, tmp_path):
    study = make_study(replicates=500 * 64)
    expected = study.run(store=path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(StoreError, match="damaged"):
        study.run(store=path)
    assert path.read_bytes() == data[: len(data) // 2]
    fresh = tmp_path / "fresh.sqlite"
    copied = salvage(path, fresh)
    assert copied == block_count(fresh)
    assert 0 < copied < 128
    assert study.run(store=fresh).equals(expected)


def test_foreign_and_garbage_files_are_refused(path):
    path.write_bytes(b"this is no database at all, and long enough to be taken for one" * 20)
    with pytest.raises(StoreError, match="damaged or is no store"):
        Store(path)
    path.unlink()
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(StoreError, match="no mixtheory store"):
        Store(path)


def test_flipped_byte_in_a_payload_is_noticed(path):
    study = make_study()
    study.run(store=path)
    with Store(path) as store:
        store._connection.execute("UPDATE blocks SET payload = zeroblob(length(payload)) WHERE block = 3")
    with pytest.raises(StoreError, match="block 3 .* checksum"):
        study.run(store=path)


def test_other_format_is_refused(path):
    with Store(path) as store:
        store._connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match="format 99"):
        Store(path)


def test_read_only_folder(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    # the user root may write anywhere, so the check runs as nobody where it can
    code = textwrap.dedent(
        f"""
        import os
        from mixtheory.montecarlo import Store, StoreError
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            Store({str(folder / "s.sqlite")!r})
        except StoreError as error:
            print(error)
        """
    )
    for parent in (tmp_path, *tmp_path.parents[:3]):
        os.chmod(parent, os.stat(parent).st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "check the path and its permissions" in done.stdout
    assert list(folder.iterdir()) == []


def test_missing_store_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="there is no store"):
        Store(tmp_path / "none.sqlite", readonly=True)
