"""The command line as a new user meets it: names, near matches, exit statuses, templates that work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mixtheory.cli import app

ROOT = Path(__file__).resolve().parents[1]


def invoke(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_list_shows_everything():
    done = invoke("list")
    assert done.exit_code == 0
    for name in ("variance_distortion", "repeated_synthesis", "preserving_surface", "mixing.mean"):
        assert name in done.stdout


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["run", "varance_distortion"], "variance_distortion"),
        (["figures", "preserving_surfac"], "preserving_surface"),
        (["verify", "mixing.meen"], "mixing.mean"),
        (["replay", "varance_distortion/abc/0"], "variance_distortion"),
    ],
)
def test_unknown_names_suggest_near_matches_and_exit_with_two(arguments, near, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert f"'{near}'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "variance_distortion", "--replicates", "0"], "replicates must be an integer >= 1, got 0"),
        (["run", "variance_distortion", "--workers", "0"], "workers must be an integer >= 1, got 0"),
        (["run", "variance_distortion", "--profile", "quik"], "did you mean 'quick'"),
        (["run", "variance_distortion", "--seed", "-1"], "seed must be an integer >= 0, got -1"),
        (["run", "variance_distortion", "--backend", "thread"], "did you mean 'threads'"),
        (["verify", "mixing.mean", "--alpha", "2"], "alpha must be in (0, 1), got 2"),
        (["verify", "mixing.mean", "--workers", "-3"], "workers must be an integer >= 1, got -3"),
        (["reproduce", "--profile", "papr"], "did you mean 'paper'"),
        (["new", "study", "not a name"], "name must be letters, digits and _"),
        (["new", "study", "class"], "name must be letters, digits and _"),
        (["new", "study", "numpy"], "name must not be that of an importable module"),
        (["new", "study", "variance_distortion"], "name must not be that of a study of the project"),
        (["verify", "mixing.mean", "--mutate"], "--mutate is for all claims together"),
        (["verify", "mixing.mean", "--json", "."], "--json must name a file, got '.'"),
        (["run", "variance_distortion", "--scheduler", "nonsense"], "scheduler must be an address such as"),
    ],
)
def test_bad_values_are_named_and_nothing_is_written(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("STUDY = (\n", "line 1 cannot be imported: SyntaxError"),
        ("x = 1\nSTUDY = x / 0\n", "line 2 cannot be imported: ZeroDivisionError"),
        ("STUDY = 3\n", "must define STUDY = Study(...), got 3"),
    ],
)
def test_a_broken_script_is_one_message_and_spares_the_others(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "simulations").mkdir()
    (tmp_path / "simulations" / "mine.py").write_text(text)
    done = invoke("run", "mine")
    assert done.exit_code == 2
    assert message in done.stderr
    listed = invoke("list")
    assert listed.exit_code == 0
    assert message in listed.stdout
    assert "variance_distortion" in listed.stdout


def test_broken_claims_are_one_message(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "mine.py").write_text("CLAIMS = 3\n")
    done = invoke("verify", "mixing.mean")
    assert done.exit_code == 2
    assert "must define CLAIMS, a tuple of Claim, got 3" in done.stderr


def test_version():
    done = invoke("--version")
    assert done.exit_code == 0
    assert done.stdout.startswith("mixtheory ")


def test_a_reader_that_stops_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m mixtheory list | head -n 1", shell=True, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("studies")
    assert "rror" not in done.stderr


def test_unknown_option_is_a_usage_error():
    assert invoke("verify", "--sed", "1").exit_code == 2


def test_unreachable_scheduler_exits_with_one(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    from mixtheory.montecarlo import execute

    monkeypatch.setattr(execute, "_CONNECT_SECONDS", 0.5)
    done = invoke("run", "variance_distortion", "--scheduler", "tcp://127.0.0.1:9", "--results", tmp_path)
    assert done.exit_code == 1
    assert "cannot be reached" in done.stderr
    assert not (tmp_path / "tables").exists()


def test_verify_one_claim_with_mutants_and_json(tmp_path):
    import json

    target = tmp_path / "out" / "claims.json"
    done = invoke("verify", "mixing.mean", "--mutants", "--json", target, "--seed", "5")
    assert done.exit_code == 0, done.output
    assert "mixing.mean" in done.stdout
    assert "verified" in done.stdout
    assert json.loads(target.read_text())


def test_figures_without_results_say_what_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke("figures", "distortion_against_weight_law", "--results", tmp_path / "none")
    assert done.exit_code == 1
    assert "mixtheory run variance_distortion" in done.stderr


def test_new_study_works_and_is_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("new", "study", "my_study").exit_code == 0
    assert "my_study" in invoke("list").stdout
    done = invoke("run", "my_study", "--replicates", "1000", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "results" / "tables" / "my_study.csv").is_file()
    again = invoke("new", "study", "my_study")
    assert again.exit_code == 2
    assert "exists already" in again.stderr


def test_new_study_runs_as_a_script(tmp_path):
    subprocess.run([sys.executable, "-m", "mixtheory", "new", "study", "alone"], cwd=tmp_path, check=True)
    command = [sys.executable, "simulations/alone.py", "--profile", "quick", "--replicates", "10"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "table: results/tables/alone.csv" in done.stdout.replace(os.sep, "/")


def test_new_claim_is_decided_with_its_mutants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("new", "claim", "my_claim").exit_code == 0
    done = invoke("verify", "my_claim", "--mutants")
    assert done.exit_code == 0, done.output
    path = tmp_path / "claims" / "my_claim.py"
    path.write_text(path.read_text().replace("rng.random(n) ** 2", "rng.random(n) ** 3"))
    assert invoke("verify", "my_claim").exit_code == 1


def test_replay_shows_the_error_of_a_failed_block(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("new", "study", "fragile").exit_code == 0
    path = tmp_path / "simulations" / "fragile.py"
    text = path.read_text().replace(
        "    estimate, se =", "    if x[0] > 3.5:\n        raise ArithmeticError('too far')\n    estimate, se ="
    )
    path.write_text(text)
    done = invoke("run", "fragile", "--replicates", "20000", "--workers", "1", "--seed", "2")
    assert done.exit_code == 1
    assert "mixtheory replay BLOCK" in done.stderr
    name = next(line.split()[1] for line in done.stderr.splitlines() if line.startswith("block fragile/"))
    again = invoke("replay", name)
    assert again.exit_code == 1
    assert "seed 2" in again.stdout
    study, key, index = name.split("/")
    other = next(str(i) for i in range(20) if f"block {study}/{key}/{i} failed" not in done.stderr)
    healthy = invoke("replay", f"{study}/{key}/{other}")
    assert healthy.exit_code == 0
    assert "estimate: 1000 replicates" in healthy.stdout
    assert index.isdigit()


@pytest.mark.slow
def test_each_script_has_help():
    for script in [*(ROOT / "simulations").glob("*.py"), *(ROOT / "figures").glob("*.py")]:
        if "__main__" not in script.read_text():
            continue
        done = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True)
        assert done.returncode == 0, (script, done.stderr)
        assert "--results" in done.stdout
