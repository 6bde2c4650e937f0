"""``harness findings``, and where else the findings of stored runs are told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from conftest import Cli, Tty
from fakes import Model, Silent, begin, make_environment, make_plan
from small_kinds import TODOS, finding

from harness.findings import VERSION
from harness.project import stages
from harness.records import FindingKind, ModelIdentity, Severity
from harness.runs import pipeline
from harness.runs.store import FileStore, save_record

HOSTILE = "\x1b]0;pwn\x07\x9b31m\x1b[7;5mPWN\u202e"
LONG = "'TotalCharge' is no column of df at that point; the nearest is 'TotalCharges'."


@pytest.fixture
def made(project: Path, two_steps: Path) -> str:
    """The id of a run with findings of two kinds, one of which would command a terminal."""
    store = FileStore(project)
    identity = ModelIdentity(
        name="m" * 30, kind="script", sha256="0" * 64, size=1, file="m.json", n_ctx=9
    )
    plan = make_plan(project, stages.load(project, "tiny"), model=identity)
    model = Model(lambda turns: "```python\nx = 1\ny = 2  # TODO\n```")
    at = make_environment(plan, store.work_folder(plan.key))._replace(finders=TODOS)
    run = pipeline.run_stage(begin(plan, ()), model, at, store, Silent())
    more = (
        finding("two-001", 2, message=LONG, replacement="'TotalCharges'", evidence="As seen."),
        finding("two-001", rule="other", message=HOSTILE, severity=Severity.NOTE),
    )
    save_record(store, plan.key, run.model_copy(update={"findings": (*run.findings, *more)}))
    return run.run_id


@pytest.mark.parametrize("columns", [80, 120])
def test_each_is_told_with_its_place_and_fits_the_terminal(
    made: str, tty: Tty, columns: int
) -> None:
    shown = tty("-q", "findings", made, "-v", columns=columns)
    table = shown[shown.index("cell  ") :]
    assert max(map(len, table.split("\n"))) <= columns
    row = next(line for line in table.split("\n") if "missing-column" in line)
    assert row.split()[:3] == ["two-001", "2", "missing-column"]
    words = iter(" ".join(table.split()))
    assert all(char in words for char in "As seen.")
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "columns       2 in 1 cell: 1 error, 1 note" in table
    assert "explicitness  2 in 2 cells: 2 errors" in table
    assert "commentary    none" in table
    total = tty("findings", "--all", columns=columns)
    rows = total[total.index("stage ") :].split("\n")
    assert max(map(len, rows)) <= columns
    assert "2  1.00" in rows[1]


def test_a_kind_is_chosen_and_nonsense_is_refused(made: str, cli: Cli) -> None:
    shown = cli("findings", made[:6], "--kind", "columns").stdout
    assert "missing-column" in shown
    assert "todo" not in shown
    for words, told in (
        (["--kind", "colums"], "Did you mean 'columns'"),
        (["--form", "pached"], "Did you mean 'patched'"),
        (["--form", "repaired"], "has no repaired notebook"),
    ):
        done = cli("findings", made, *words)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
    assert cli("findings").returncode == cli("findings", made, "--all").returncode == 2
    assert cli("findings", "--all", "--stage", "eda").stdout == "No run matches\n"


def test_json_and_sarif_hold_what_the_table_does(made: str, cli: Cli, project: Path) -> None:
    one = json.loads(cli("findings", made, "--json").stdout)
    (every,) = json.loads(cli("findings", "--all", "--json").stdout)
    assert one == every
    assert one["counts"] == {
        "columns": 2, "deprecations": 0, "explicitness": 2, "commentary": 0
    }  # fmt: skip
    assert [found["rule"] for found in one["findings"]].count("todo") == 2
    results = json.loads(cli("findings", "--all", "--sarif").stdout)["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    file = project / place["artifactLocation"]["uri"]
    line = file.read_text().split("\n")[place["region"]["startLine"] - 1]
    columns = place["region"]["startColumn"] - 1, place["region"]["endColumn"] - 1
    assert line[slice(*columns)] == "TODO"
    (patched,) = json.loads(cli("findings", "--all", "--form", "patched", "--json").stdout)
    assert patched["form"] == "patched"


def test_a_run_its_list_and_the_ledger_count_them(made: str, cli: Cli) -> None:
    shown = cli("runs", "show", made).stdout
    assert f"Findings  2 columns, 2 explicitness; harness findings {made}" in shown
    (line,) = json.loads(cli("runs", "--json").stdout)
    assert line["findings"] == {"explicitness": 2, "columns": 2}
    assert line["findings_version"] == VERSION
    (total,) = json.loads(cli("ledger", "--json").stdout)
    assert total["findings"]["counts"]["columns"] == 2
    assert total["findings"]["per_cell"]["columns"] == 1.0
    assert "findings: 2 columns, 2 explicitness" in cli("ledger").stdout
    (row,) = csv.DictReader(cli("ledger", "--csv").stdout.splitlines())
    assert {row[f"{kind.value}_per_cell"] for kind in FindingKind} == {"0.0", "1.0"}


def test_a_result_file_gives_the_board_of_its_project(made: str, cli: Cli, project: Path) -> None:
    document = cli("leaderboard", "--json").stdout
    (result,) = json.loads(document)["results"]
    assert (result["run_id"], result["findings"]["columns"]) == (made, 2)
    (project / "results").mkdir()
    (project / "results/one.json").write_text(document)
    merged = cli("leaderboard", "results", "results/one.json", "--markdown").stdout
    assert merged == cli("leaderboard", "--markdown").stdout
    assert f"| 1 | {'m' * 30} | 1 | 100% |" in merged
    assert cli("leaderboard", "--csv", "--json").returncode == 2
    assert cli("leaderboard", "results", "--stage", "eda").stdout == "No run matches\n"
