"""``harness suite``: from a problem file to a table, stopped and gone on with, and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli
from suites.invented import ds1000_row, evalplus_row, write

Script = Callable[[list[str]], str]
GOOD = "```python\nresult = sum(numbers)\n```\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wants = ds1000_row()["code_context"].replace("sum([number, 2])", "None")
    rows = [ds1000_row(n, "Numpy" if n == 2 else "Pandas") for n in range(3)]
    rows.append(ds1000_row(3, code_context=wants, reference_code="result = None"))
    return write(tmp_path / "ds1000-tiny.jsonl.gz", *rows)


def test_a_file_becomes_a_table_and_nothing_is_asked_twice(
    cli: Cli, script: Script, file: Path, project: Path
) -> None:
    model = script([GOOD])
    shown = cli("suite", "run", file, "--model", model, "--limit", "2").stdout
    assert "2 of 2 answers" in shown
    assert "Code Llama 34B" in shown
    again = cli("suite", "run", file, "--model", model)
    assert "2 of 4 answers are kept from before" in again.stdout
    assert "75.0%" in again.stdout
    assert "Failed: 1 AssertionError" in again.stdout
    told = json.loads(cli("suite", "run", file, "--model", model, "--json").stdout)
    assert [(one["group"], one["share"]) for one in told["scores"]] == [
        ("all", 0.75), ("Numpy", 1.0), ("Pandas", 0.6667),
    ]  # fmt: skip
    lines = (Path(told["path"]) / "replies.jsonl").read_text().splitlines()
    assert len(lines) == 4
    assert told["path"].startswith(str(project / "generated" / model / "suites/ds1000-tiny"))


def test_runs_are_listed_shown_and_compared(cli: Cli, script: Script, file: Path) -> None:
    good, bad = script([GOOD], "good"), script(["I do not know."], "bad")  # type: ignore[call-arg]
    assert "No suite was run yet" in cli("suite", "show").stdout
    for model in (bad, good):
        cli("suite", "run", file, "--model", model)
    listed = json.loads(cli("suite", "show", "--json").stdout)
    ids = {one["model"]["name"]: one["id"] for one in listed}
    assert "75.0%" in cli("suite", "show", ids["good"][:8]).stdout
    one = cli("suite", "show", ids["good"], "--problem", "3").stdout
    assert "failed: AssertionError" in one
    assert "result = sum(numbers)" in one
    compared = json.loads(cli("suite", "compare", ids["bad"], ids["good"], "--json").stdout)
    assert compared["groups"]["all"]["gained"] == 3
    assert compared["groups"]["all"]["p"] == 0.25
    assert "cannot be told apart" in cli("suite", "compare", ids["bad"], ids["good"]).stdout
    assert cli("suite", "show", "zzz").returncode == 1


def test_references_that_pass_here_become_a_list(cli: Cli, tmp_path: Path) -> None:
    rows = [evalplus_row(), evalplus_row(task_id="Mbpp/9002", canonical_solution="def double(x):")]
    file, out = write(tmp_path / "m.jsonl", *rows), tmp_path / "valid.json"
    shown = cli("suite", "check", file, "--out", out).stdout
    assert "1 of 2 references pass here" in shown
    assert json.loads(out.read_text()) == ["Mbpp/9001"]
    told = cli("suite", "check", file, "--only", out, "--out", "-", "--json")
    assert json.loads(told.stdout) == {"valid": ["Mbpp/9001"], "failed": {}}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--samples", "2"), "greedy samples are all the same"),
        (("--style", "talk"), "no style named 'talk'"),
        (("--model", "none"), "no model named 'none'"),
        (("--judge-only",), "no reply is kept"),
    ],
)
def test_what_cannot_be_run_is_one_line(
    cli: Cli, script: Script, file: Path, options: tuple[str, ...], said: str
) -> None:
    model = () if "--model" in options else ("--model", script([GOOD]))
    done = cli("suite", "run", file, *model, *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
