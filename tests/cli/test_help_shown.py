"""What help a run had stands wherever runs with other help could stand beside it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli, Tty

from harness.cli import run_filters
from harness.records import Help, Run
from harness.runs.store import FileStore, save_record

pytestmark = pytest.mark.usefixtures("two_steps")
COUNT = "```python\nrows = 3\n```\n"
WRITE = "```python\nopen('out.csv', 'w').write(str(rows))\n```\n"


@pytest.fixture
def two(cli: Cli, script: Callable[..., str], project: Path) -> list[str]:
    """Two runs of one model that differ in their help; returns their ids, the plain one first."""
    script([COUNT, WRITE], "one")
    done = cli("generate", "tiny", "--model", "one")
    assert done.returncode == 0, done.stderr
    store = FileStore(project)
    ((key, run),) = store.runs()
    helped = run.model_copy(update={"run_id": "f" * 12, "help": Help(steer=True, repair=2)})
    other = key.model_copy(update={"run_id": "f" * 12})
    save_record(store, other, Run.model_validate(helped.model_dump()))
    for name in ("raw.ipynb", "patched.ipynb"):
        store.save(other, name, store.load(key, name) or b"")
    return [run.run_id, "f" * 12]


def test_every_list_and_total_tells_runs_with_other_help_apart(
    two: list[str], cli: Cli, tty: Tty, project: Path
) -> None:
    for columns in (80, 120):
        shown = tty("runs", "list", columns=columns)
        assert "steered" in shown
        assert max(map(len, shown.split("\n"))) <= columns
        assert all(run in shown for run in two)
    assert "steered, 2 repairs" in cli("runs", "list").stdout
    assert "steered, 2 repairs" in cli("runs", "show", "ffff").stdout
    assert "steered" not in cli("runs", "show", two[0]).stdout
    assert "steered, 2 repairs" in cli("ledger").stdout
    assert {one["help"] for one in json.loads(cli("ledger", "--json").stdout)} == {
        "",
        "steered, 2 repairs",
    }
    cells = cli("runs", "export", "--output", "-").stdout.splitlines()
    assert {row["help"] for row in csv.DictReader(cells)} == {"", "steered, 2 repairs"}
    compared = cli("compare", "one", "one").stdout
    assert "tiny, schema context, steered, 2 repairs" in compared
    assert "steered, 2 repairs" in cli("compare", "one", "one", "--csv").stdout
    page = cli("diff", two[0], "--against", "ffff", "--format", "html", "--output", "-")
    assert "steered, 2 repairs" in page.stdout, page.stderr


def test_runs_are_chosen_by_their_help(two: list[str], cli: Cli) -> None:
    def ids(*args: str) -> set[str]:
        return {one["run_id"] for one in json.loads(cli("runs", "--json", *args).stdout)}

    assert ids("--with", "steer") == ids("--with", "steer,repair") == {two[1]}
    assert ids("--with", "none") == {two[0]}
    assert ids("--with", "candidates") == ids("--with", "none,steer") == set()
    done = cli("runs", "--with", "ster")
    assert "no help named 'ster'. Did you mean 'steer'?" in done.stderr


def test_each_kind_of_help_is_found_by_its_own_words_alone() -> None:
    given = {
        "steer": Help(steer=True),
        "repair": Help(repair=1),
        "candidates": Help(candidates=2),
        "none": Help(),
    }
    assert set(run_filters.HELP) == set(given)
    for kind, holds in run_filters.HELP.items():
        assert [name for name, help in given.items() if holds(help.label)] == [kind]
