"""What is left of a run is decided in one place: generate and regenerate never differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from conftest import Cli

pytestmark = pytest.mark.usefixtures("two_steps")

COUNT = "```python\nrows = len(open('telco.csv').readlines()) - 1\nprint(rows)\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"
FIX = """Description: Print more
Author: A Person
Date: 2026-01-01
Cause: enhancement
When: always

--- raw
+++ patched
@@ -1,2 +1,3 @@
 rows = len(open('telco.csv').readlines()) - 1
 print(rows)
+print(rows, {word!r})
"""
CHECK = '\n[[checks]]\nkind = "table"\nartifact = "out.csv"\n'


def nothing(project: Path) -> None:
    pass


def keep_replies(project: Path) -> None:
    """As a command killed before its notebook ran leaves it."""
    (record,) = project.glob("generated/*/tiny/*/run.json")
    found = json.loads(record.read_text())
    record.write_text(json.dumps({**found, "raw": None, "outcome": "incomplete"}))


def lose_a_reply(project: Path) -> None:
    keep_replies(project)
    (path,) = project.glob("generated/*/tiny/*/replies.json")
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "replies": found["replies"][:1]}))


def change_a_fix(project: Path) -> None:
    (project / "fixes/tiny").mkdir(parents=True, exist_ok=True)
    (project / "fixes/tiny/010-more.patch").write_text(FIX.format(word="again"))


def edit(project: Path) -> None:
    (path,) = project.glob("generated/*/tiny/*/patched.ipynb")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += "\n# mine"
    nbformat.write(notebook, path)


def edit_and_change_a_fix(project: Path) -> None:
    edit(project)
    change_a_fix(project)


def change_the_checks(project: Path) -> None:
    path = project / "prompt_templates/tiny/stage.toml"
    path.write_text(path.read_text() + CHECK)


def change_a_limit(project: Path) -> None:
    path = project / "prompt_templates/tiny/stage.toml"
    path.write_text(path.read_text().replace("disk_mb = 64", "disk_mb = 65"))


def change_a_template(project: Path) -> None:
    (project / "prompt_templates/tiny/two.md.j2").write_text("Write out.csv, please.")


STATES: list[tuple[Callable[[Path], None], str]] = [
    (nothing, "nothing"),
    (keep_replies, "execute"),
    (lose_a_reply, "write"),
    (change_a_fix, "patch"),
    (edit, "nothing"),
    (edit_and_change_a_fix, "patch"),
    (change_the_checks, "check"),
    (change_a_limit, "execute"),
    (change_a_template, "write"),
]


def left(cli: Cli, command: str) -> str:
    done = cli(command, "--stage", "tiny", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)
    return str(run["left"])


def files(project: Path) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(project.glob("generated/*/tiny/**/*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture
def finished(cli: Cli, script: Callable[..., str]) -> None:
    script([COUNT, WRITE])
    assert cli("generate", "--stage", "tiny").returncode == 0


def test_nothing_stored_means_everything(cli: Cli, script: Callable[..., str]) -> None:
    script([COUNT, WRITE])
    assert left(cli, "generate") == left(cli, "regenerate") == "write"


@pytest.mark.parametrize(("change", "expected"), STATES)
def test_both_commands_decide_alike(
    cli: Cli, finished: None, project: Path, change: Callable[[Path], None], expected: str
) -> None:
    change(project)
    assert left(cli, "generate") == left(cli, "regenerate") == expected


@pytest.mark.parametrize("command", ["generate", "regenerate"])
def test_unsaved_edits_are_found_before_anything_is_written(
    cli: Cli, finished: None, project: Path, command: str
) -> None:
    edit_and_change_a_fix(project)
    before = files(project)
    done = cli(command, "--stage", "tiny")
    assert done.returncode == 1
    assert "has edits that no fix holds" in done.stderr
    assert files(project) == before


@pytest.mark.parametrize("command", ["generate", "regenerate"])
def test_with_changed_fixes_the_raw_notebook_does_not_run_again(
    cli: Cli, finished: None, project: Path, command: str
) -> None:
    change_a_fix(project)
    before = files(project)
    assert cli(command, "--stage", "tiny").returncode == 0
    changed = {name for name, blob in files(project).items() if before.get(name) != blob}
    assert {Path(name).name for name in changed} == {"patched.ipynb", "run.json", "out.csv"} - (
        {"out.csv"} if not any("out.csv" in name for name in changed) else set()
    )
    assert left(cli, command) == "nothing"


@pytest.mark.parametrize("command", ["generate", "regenerate"])
def test_changed_checks_judge_again_and_run_no_notebook(
    cli: Cli, finished: None, project: Path, command: str
) -> None:
    (record,) = project.glob("generated/*/tiny/*/run.json")
    before = json.loads(record.read_text())
    change_the_checks(project)
    assert cli(command, "--stage", "tiny").returncode == 0
    after = json.loads(record.read_text())
    assert before["outcome"] == "raw"
    assert after["outcome"] == "failed"  # a number is no table of 5,651 rows
    assert after["raw"]["cells"] == before["raw"]["cells"]
    assert after["created"] == before["created"]
    assert after["updated"] >= before["updated"]
    assert left(cli, command) == "nothing"


def test_the_first_time_stays_when_a_run_goes_on(cli: Cli, finished: None, project: Path) -> None:
    (record,) = project.glob("generated/*/tiny/*/run.json")
    found = json.loads(record.read_text())
    old = {"created": "2020-01-01T00:00:00+00:00", "updated": "2020-01-01T00:00:00+00:00"}
    record.write_text(json.dumps({**found, **old}))
    lose_a_reply(project)
    assert cli("regenerate", "--stage", "tiny").returncode == 0
    made = json.loads(record.read_text())
    assert made["created"] == old["created"]
    assert made["updated"] > old["updated"]
