"""What the README shows works, and its two commands are where continuous integration looks for them."""

import re

import pytest


@pytest.fixture
def readme(pytestconfig):
    return (pytestconfig.rootpath / "README.md").read_text("utf-8")


def test_python_examples_run(readme, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the report that an example writes
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})
    assert "Choice of mixing weights" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["reproduce", "tests"])
def test_commands_are_marked(readme, name):
    (command,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*)\n```\n", readme)
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")


def test_named_scripts_exist(readme, pytestconfig):
    root = pytestconfig.rootpath
    for name in re.findall(r"mixtheory run (\w+)", readme):
        assert name.startswith("my_") or (root / "simulations" / f"{name}.py").is_file(), name
    for name in re.findall(r"mixtheory figures (\w+)", readme):
        assert (root / "figures" / f"{name}.py").is_file(), name
