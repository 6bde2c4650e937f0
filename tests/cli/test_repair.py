"""Repairs from the command line: asked for, shown, gone on with after a kill, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Begin, Cli, Tty

pytestmark = pytest.mark.usefixtures("two_steps")

BAD = "```python\nrows = open('telco.csv').readline()\nrows.splat('a')\n```\n"
BETTER = "```python\nrows = open('telco.csv').readlines()\nrows.split('a')\n```\n"
GOOD = "```python\nimport time; time.sleep({0})\nrows = len(open('telco.csv').readlines())\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"
GENERATE = ("generate", "tiny", "--repair", "2")


def replies(seconds: float = 0) -> list[object]:
    again = {"splat": BETTER, "'list' object": GOOD.format(seconds)}
    return [{"text": BAD, "again": again}, WRITE]


def record(project: Path) -> dict[str, object]:
    (path,) = project.glob("generated/*/tiny/*/run.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def attempts(project: Path) -> list[tuple[int, bool]]:
    made = record(project)["repaired"]["attempts"]  # type: ignore[index]
    return [(one["number"], one["kept"]) for one in made]


def test_a_cell_that_the_model_mends_passes_with_its_repairs(
    project: Path, script: Callable[..., str], tty: Tty, cli: Cli
) -> None:
    script(replies())
    said = tty(*GENERATE)
    assert "repair  1 of 2  one-001" in said
    assert "AttributeError: 'str' object" in said
    assert "it ends with AttributeError" in said
    assert "mended" in said
    assert "passed with the model's repairs" in said
    assert "patched.ipynb" in said
    assert attempts(project) == [(1, False), (2, True)]
    shown = cli("runs", "show", record(project)["run_id"]).stdout
    assert "Repairs   2 attempts at 1 cell, 1 kept" in shown
    assert "repaired" in cli("runs", "list").stdout
    changed = cli("diff", "tiny", "--from", "raw", "--to", "repaired").stdout
    assert "+ rows = len(open('telco.csv').readlines())" in changed
    assert cli("generate", "tiny", "--repair", "2").stdout.count("done already") == 1


def test_a_killed_command_goes_on_with_the_attempt_that_was_not_tried(
    project: Path, script: Callable[..., str], begin: Begin, cli: Cli
) -> None:
    script(replies(seconds=1))
    process = begin(*GENERATE, until="generated/*/tiny/*/repairs.json")
    process.kill()
    process.communicate()
    assert "repaired" not in json.dumps(record(project)["repaired"])
    done = cli(*GENERATE)
    assert done.returncode == 0, done.stderr
    assert attempts(project) == [(1, False), (2, True)]
    assert record(project)["outcome"] == "repaired"


def test_runs_of_a_batch_are_repaired_side_by_side(
    project: Path, script: Callable[..., str], cli: Cli
) -> None:
    script(replies())
    done = cli(*GENERATE, "--samples", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["outcome"] for one in json.loads(done.stdout)] == ["repaired", "repaired"]
