"""Checks of one's own: whatever the function does is a result, and stays in the sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import check_artifacts
import pytest
from conftest import Cli

from harness.checks import python
from harness.errors import ConfigError, HarnessError
from harness.project import new_stage, stages
from harness.records import CheckResult, CheckStatus, DatasetSpec, Task
from harness.runs.store import FileStore

STAGE = """
title = "T"
steps = ["one"]
produces = ["out.csv"]
[limits]
cell_seconds = 6
[[checks]]
kind = "python"
artifact = "out.csv"
file = "judge.py"
"""
OWN = python.Options(kind="python", artifact="out.csv", file="judge.py")
Judged = Callable[[str], dict[str, CheckResult]]


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    """The results of a check whose function is this code."""

    def run(code: str) -> dict[str, CheckResult]:
        blobs = {"out.csv": b"a,b\n1,2\n", "judge.py": code.encode()}
        return check_artifacts.run(OWN, blobs, tmp_path, seconds=8)

    return run


def test_a_function_gets_what_it_names_and_gives_results(judged: Judged) -> None:
    found = judged(
        """
import pandas as pd
def check(artifacts, table, held):
    made, seen, hidden = pd.read_csv(artifacts / "out.csv"), pd.read_csv(table), pd.read_csv(held)
    yield "width", made.shape[1] == 2, made.shape[1], "columns"
    yield {"name": "target", "passed": "Churn" in seen and "Churn" not in hidden}
    yield "rows", len(seen) > len(hidden) > 0, float("nan"), None
    yield "no", False
"""
    )
    assert {name: (one.status, one.figure, one.message) for name, one in found.items()} == {
        "width": ("passed", 2.0, "columns"),
        "target": ("passed", None, ""),
        "rows": ("passed", None, ""),
        "no": ("failed", None, ""),
    }


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def check(): raise ValueError('odd \\x1b[31m')", "ValueError: odd"),
        ("def check(): return [('a',)]", "a result is (name, passed, figure, message)"),
        ("def check(): return [('a', True, 'many')]", "the figure of 'a' is no number: 'many'"),
        ("def check(): return 3", "not iterable"),
        ("def check(): return []", "check returned no results"),
        ("def other(): return []", "judge.py has no function check"),
        ("def check(:", "SyntaxError"),
        ("def check(unknown): return []", "missing 1 required positional argument"),
        ("import os\ndef check(): os._exit(0)", "its process ended"),
        ("def check():\n while True: pass", "over its limit of 8 s"),
        ("def check(): return [('a', True)] * 1000", "its answer is not as it should be"),
        ("def check(): return [('a' * (20 << 20), True)]", "printed more than 8 MB"),
        ("def check(): return [('', True)]", "its answer is not as it should be"),
    ],
)
def test_whatever_it_does_is_a_result(judged: Judged, code: str, told: str) -> None:
    (found,) = judged(code).values()
    assert found.status is CheckStatus.FAILED
    assert told in found.message
    assert found.message.isprintable()


def test_a_changed_function_makes_verdicts_stale(project: Path) -> None:
    folder = write_stage(project)
    spec = DatasetSpec(name="d", description="", task=Task.EXPLORE, file="d.csv")
    before = stages.checks_digest(stages.load(project, "own"), spec)
    (folder / "judge.py").write_text("def check(): return [('b', False)]")
    assert stages.checks_digest(stages.load(project, "own"), spec) != before


def write_stage(project: Path, text: str = STAGE) -> Path:
    folder = project / "prompt_templates/own"
    folder.mkdir()
    (folder / "stage.toml").write_text(text)
    (folder / "one.md.j2").write_text("Write out.csv.")
    (folder / "judge.py").write_text("def check(): return [('a', True)]")
    return folder


def test_a_function_that_is_not_there_is_told_with_its_line(project: Path) -> None:
    (write_stage(project) / "judge.py").unlink()
    with pytest.raises(ConfigError, match=r"checks\.0\.file: 'judge\.py' is not there") as caught:
        stages.load(project, "own")
    assert caught.value.line == STAGE.splitlines().index('file = "judge.py"') + 1


SUMMARY = """```python
import pandas as pd
df = pd.read_csv("visits.csv")
summary = pd.DataFrame({"column": df.columns, "type": df.dtypes.astype(str).values,
    "missing": df.isna().sum().values, "distinct": df.nunique().values})
print(summary)
summary.to_csv("summary.csv", index=False)
```"""


def test_a_new_stage_runs_at_once_in_a_bare_project_about_an_added_table(
    project: Path, cli: Cli
) -> None:
    shutil.rmtree(project)
    project.mkdir()
    rows = "".join(f"{n},Caf\xe9 {n % 5},{n % 3}\n" for n in range(90))
    (project.parent / "visits.csv").write_bytes(f"visit,place,stars\n{rows}".encode("cp1252"))
    for args in (
        ("init", project, "--empty"),
        ("data", "add", project.parent / "visits.csv", "--target", "stars"),
        ("new", "stage", "segments"),
    ):
        done = cli(*args)
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Next: harness generate segments"
    (project / "models.toml").write_text('default = "s"\n[models.s]\nscript = "s.json"\n')
    (project / "s.json").write_text(json.dumps([SUMMARY]))
    done = cli("generate", "segments", "--strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed as written" in done.stdout
    (record,) = FileStore(project).runs()
    assert record[1].raw is not None
    names = {one.name for one in record[1].raw.checks if one.status is CheckStatus.PASSED}
    assert names == {"a row per column", "every column named"}


@pytest.mark.parametrize("name", ["eda", "../x", "", ".a", "a b"])
def test_a_name_that_is_taken_or_none_is_refused(project: Path, name: str) -> None:
    before = sorted(project.rglob("*"))
    with pytest.raises(HarnessError):
        new_stage.write(project, name)
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize(
    ("keys", "task", "fits"),
    [
        ("", Task.EXPLORE, True),
        ('tasks = ["regression"]', Task.REGRESSION, True),
        ('tasks = ["regression"]', Task.BINARY, False),
        ('datasets = ["d"]', Task.BINARY, True),
        ('datasets = ["e"]', Task.BINARY, False),
        ('tasks = ["binary"]\ndatasets = ["e", "d"]', Task.BINARY, True),
    ],
)
def test_a_stage_says_what_it_is_for(
    project: Path, two_steps: Path, keys: str, task: Task, fits: bool
) -> None:
    path = two_steps / "stage.toml"
    path.write_text(f"{keys}\n{path.read_text()}")
    spec = DatasetSpec(name="d", description="", task=task, file="d.csv")
    assert stages.load(project, "tiny").is_for(spec) is fits


def test_stages_for_other_tasks_are_left_out_and_said(
    project: Path, two_steps: Path, script: Callable[[list[str]], str], cli: Cli
) -> None:
    path = two_steps / "stage.toml"
    path.write_text(f'tasks = ["regression"]\n{path.read_text()}')
    script(["Nothing."] * 5)
    planned = cli("regenerate", "--dry-run")
    said = " ".join((planned.stdout + planned.stderr).split())
    assert "the tiny stage is for regression, and not for telco, a dataset of binary" in said
    assert "left out" in said
    asked = cli("generate", "tiny")
    assert asked.returncode == 1
    assert "Choose another stage" in asked.stdout + asked.stderr


def test_the_file_is_no_artifact(project: Path) -> None:
    write_stage(project, STAGE.replace('"judge.py"', '"out.csv"'))
    with pytest.raises(ConfigError, match="is an artifact of the stage"):
        stages.load(project, "own")
