"""Listing, counting and exporting name what is stale, and can be told which runs to take."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

pytestmark = pytest.mark.usefixtures("two_steps")

Script = Callable[..., str]
WRITE = "```python\nopen('out.csv', 'w').write('a')\n```\n"


def test_stale_verdicts_are_marked_wherever_they_are_shown(
    cli: Cli, script: Script, project: Path, tmp_path: Path
) -> None:
    script([WRITE, WRITE])
    assert cli("generate", "--stage", "tiny").returncode == 0
    (row,) = json.loads(cli("runs", "--json").stdout)
    assert row["stale"] == []
    stage = project / "prompt_templates/tiny/stage.toml"
    stage.write_text(stage.read_text() + '[[checks]]\nkind = "table"\nartifact = "out.csv"\n')
    (row,) = json.loads(cli("runs", "--json").stdout)
    assert row["stale"] == ["the checks changed"]
    listed = cli("runs").stdout
    assert "raw, stale" in listed
    assert "1 run stale: the checks changed since" in listed
    assert "Stale     the checks changed since" in cli("runs", "show", row["run_id"]).stdout
    (total,) = json.loads(cli("ledger", "--json").stdout)
    assert (total["runs"], total["stale"]) == (1, 1)
    assert "1, 1 stale" in cli("ledger").stdout
    (compared,) = json.loads(cli("compare", "script", "script", "--json").stdout)["works"]
    assert [one["stale"] for one in compared["models"]] == [1, 1]
    assert "stale runs" in cli("compare", "script", "script").stdout
    assert "stale: the checks changed" in cli("diff", "tiny").stderr
    path = tmp_path / "cells.csv"
    assert cli("runs", "export", "-o", path).returncode == 0
    with path.open() as file:
        assert {one["stale"] for one in csv.DictReader(file)} == {"the checks changed"}


def test_runs_are_chosen_by_context_dataset_and_stage_version(
    cli: Cli, script: Script, project: Path, tmp_path: Path
) -> None:
    script([WRITE, WRITE])
    for context in ("schema", "blind"):
        assert cli("generate", "--stage", "tiny", "--context", context).returncode == 0
    template = project / "prompt_templates/tiny/one.md.j2"
    template.write_text(template.read_text() + " Again.")
    assert cli("generate", "--stage", "tiny").returncode == 0
    rows = json.loads(cli("runs", "--json").stdout)
    assert len(rows) == 3
    newest = rows[0]["stage_sha256"]
    assert [one["runs"] for one in json.loads(cli("ledger", "--json").stdout)] == [1, 1, 1]
    told = cli("ledger").stdout.splitlines()[0]
    assert "context" in told
    assert "version" in told
    for options, count in (
        (("--context", "blind"), 1),
        (("--stage-version", newest[:6]), 1),
        (("--dataset", "telco"), 3),
        (("--dataset", "none"), 0),
    ):
        assert len(json.loads(cli("runs", "list", *options, "--json").stdout)) == count
        assert len(json.loads(cli("ledger", *options, "--json").stdout)) == count
        path = tmp_path / "cells.csv"
        assert cli("runs", "export", *options, "-o", path).returncode == 0
        with path.open() as file:
            assert len({one["run_id"] for one in csv.DictReader(file)}) == count
    unknown = cli("runs", "list", "--stage-version", "zz")
    assert unknown.returncode == 1
    assert "stage version" in unknown.stderr
