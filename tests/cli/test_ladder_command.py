"""The ladder as a user meets it: what is missing is made, what is stored is told."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Begin, Cli, Tty

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
COUNT = "```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"
SLOW = "```python\nimport time\nopen('started', 'w').close()\ntime.sleep(30)\n```\n"
LADDER = """
best = "told"
[rungs.alone]
context = "blind"
[rungs.told]
context = "schema"
[rungs.nowhere]
context = "not-there"
[rungs.helped]
context = "schema"
steer = true
"""


@pytest.fixture(autouse=True)
def rungs(project: Path) -> None:
    (project / "prompt_templates/ladder.toml").write_text(LADDER)


def stored(project: Path) -> int:
    return len(list(project.glob("generated/*/*/*/run.json")))


def test_a_ladder_is_climbed_once_and_told_again(
    cli: Cli, tty: Tty, script: Script, project: Path
) -> None:
    script([COUNT, WRITE])
    args = ("ladder", "--stage", "tiny", "--samples", "2")
    before = cli(*args, "--no-run")
    assert "There are no runs of these rungs yet" in before.stdout
    assert stored(project) == 0
    done = cli(*args, "--out", "told")
    assert done.returncode == 0, done.stderr
    assert stored(project) == 6
    assert "Rung 2 of 3: told, schema context" in done.stdout
    assert "nowhere is left out: no context named 'not-there'" in done.stderr
    kinds = {path.suffix for path in (project / "told").iterdir()}
    assert kinds == {".png", ".svg", ".json", ".md"}

    again = cli(*args, "--json")
    (found,) = json.loads(again.stdout)
    assert stored(project) == 6
    assert [one["name"] for one in found["rungs"]] == ["alone", "told", "nowhere", "helped"]
    assert {one["rung"] for one in found["samples"]} == {"alone", "told", "helped"}
    assert found["rows"][0]["cells"]["part"] == found["rows"][0]["cells"]["whole"] == 4

    more = cli("ladder", "--stage", "tiny", "--samples", "3", "--no-run", "--rungs", "told,alone")
    assert "alone: 1 run is missing" in more.stdout
    assert "nowhere" not in more.stdout
    for columns in (80, 120):
        shown = tty(*args, "--no-run", columns=columns)
        assert max(map(len, shown.split("\n"))) <= columns
        table = [line for line in shown.split("\n") if line.startswith(("alone", "told  "))]
        assert table
        assert max(map(len, table)) <= columns


def test_an_unknown_rung_names_the_nearest(cli: Cli) -> None:
    done = cli("ladder", "--rungs", "tolt", "--no-run")
    assert done.returncode == 1
    assert "no rung named 'tolt'. Did you mean 'told'?" in done.stderr


def test_an_interrupted_ladder_goes_on_where_it_stopped(
    begin: Begin, cli: Cli, script: Script, project: Path
) -> None:
    script([SLOW, WRITE])
    going = begin(
        "ladder", "--stage", "tiny", "--rungs", "alone", until="generated/*/*/*/work/started"
    )
    going.send_signal(signal.SIGINT)
    _, said = going.communicate(timeout=60)
    assert going.returncode == 130, said
    assert "what was done is kept" in said
    shown = cli("ladder", "--stage", "tiny", "--rungs", "alone", "--no-run", "--json")
    assert json.loads(shown.stdout) == []
    kept = json.loads(next(project.glob("generated/*/*/*/replies.json")).read_text())
    assert len(kept["replies"]) == 2


def test_best_is_what_the_ladder_calls_so(cli: Cli, script: Script, project: Path) -> None:
    script([COUNT, WRITE])
    path = project / "prompt_templates/ladder.toml"
    path.write_text(LADDER.replace('best = "told"', 'best = "helped"'))
    (asked,) = json.loads(cli("generate", "tiny", "--best", "--dry-run", "--json").stdout)
    assert (asked["context"], asked["help"]) == ("schema", "steered")
    (plain,) = json.loads(cli("generate", "tiny", "--dry-run", "--json").stdout)
    assert plain["help"] == ""
    assert plain["run_id"] != asked["run_id"]
