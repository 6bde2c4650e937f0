"""Steering as a user meets it: a script that is stepped back, a real kernel, the whole command."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Begin, Cli, Tty

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
GENERATE = ("generate", "--stage", "tiny", "--steer")
COUNT = "```python\nrows = open('telco.csv').read().cont('\\n') - 1\nprint(rows)\n```\n"
WRITE = {"text": "```python\nout = 'out.csv'\nopen(out, 'w').write(row)\n```\n", "instead": {}}


def fence(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```", ""])


def run_of(project: Path) -> dict:
    (path,) = project.glob("generated/*/*/*/run.json")
    return json.loads(path.read_text())


def texts(run: dict) -> list[str]:
    return [reply["completion"]["text"] for reply in run["replies"]]


def levels(reply: dict) -> list[str]:
    return [one["level"] for one in reply["steered"]["taken_back"]]


def test_one_sees_a_statement_fail_the_step_back_and_the_way_it_took(
    tty: Tty, cli: Cli, script: Script, project: Path
) -> None:
    count = {"text": COUNT, "instead": {"con": "count", "cont": "count"}}
    script([count, fence("open('out.csv', 'w').write(str(rows))")])
    shown = tty(*GENERATE)
    assert "↶ one: 'str' object has no attribute 'cont' → back to the name\n" in shown
    run = run_of(project)
    assert "count('\\n')" in texts(run)[0]
    assert run["help"]["steer"]
    assert {one["status"] for one in run["raw"]["cells"]} == {"ok"}
    (notebook,) = project.glob("generated/*/*/*/raw.ipynb")
    notes = [c for c in json.loads(notebook.read_text())["cells"] if c["id"].endswith("-note")]
    assert "<details>" in "".join(notes[0]["source"])
    listed = cli("runs", "show", run["run_id"]).stdout
    assert "Steered" in listed
    assert "back to the name" in listed


def test_without_it_nothing_is_stepped_back(cli: Cli, script: Script, project: Path) -> None:
    script([COUNT, fence("x = 1")])
    cli("generate", "--stage", "tiny")
    assert texts(run_of(project))[0] == COUNT
    assert "steered" not in run_of(project)["replies"][0]


HOSTILE = (
    "while True: pass",
    "import os; os._exit(1)",
    "exec('while True: print(1)')",
    "import os; [os.fork() for _ in range(9)] and os._exit(0)",
    "raise ValueError('x' * 100_000_000)",
)

LAST = ("c = a + 1", "open('out.csv', 'w').close()")  # what the step asks for


def test_hostile_statements_stay_after_a_few_tries_and_the_run_goes_on(
    cli: Cli, script: Script, project: Path
) -> None:
    stage = project / "prompt_templates/tiny/stage.toml"
    stage.write_text(stage.read_text().replace("cell_seconds = 20", "cell_seconds = 3"))
    script(["".join(fence("a = 1", bad, "b = 2") for bad in HOSTILE), fence(*LAST)])
    done = cli(*GENERATE)
    assert done.returncode == 0, done.stderr
    first, second = (reply["steered"] for reply in run_of(project)["replies"])
    assert tuple(one["text"] for one in first["left"]) == HOSTILE
    assert len(json.dumps(first)) < 50_000
    assert (second["left"], second["statements"]) == ([], len(LAST))


SLOW = ("import time, pathlib", "started = pathlib.Path('started').touch()", "time.sleep(3)")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_while_it_was_steered_goes_on_and_writes_the_same(
    cli: Cli, begin: Begin, script: Script, project: Path, sent: signal.Signals
) -> None:
    script([{"text": fence("a = b"), "instead": {"b": "1"}}, fence(*SLOW)])
    begun = begin(*GENERATE, until="generated/*/*/*/work*/started")
    begun.send_signal(sent)
    assert begun.wait(60) != 0
    assert cli(*GENERATE).returncode == 0
    assert texts(run_of(project)) == [fence("a = 1"), fence(*SLOW)]
