"""The whole workflow on tables of every task: right replies pass, and one fault fails one check.

Each run is the command line's own, with a scripted model and real kernels.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import REPOSITORY, Cli
from good_replies import Replies, replies, with_fault
from small_tables import TARGETS, rows, text

from harness.project import datasets
from harness.project.datasets import Dataset
from harness.records import CheckStatus, Run, Task
from harness.runs.store import FileStore

SHARED = REPOSITORY.parent / "shared/data"
REAL = {"penguins": "species", "diamonds": "price"}
PREDICTED = (Task.BINARY, Task.MULTICLASS, Task.REGRESSION)

Played = Callable[[Dataset, dict[str, Replies], str], dict[str, list[Run]]]


@pytest.fixture
def tickets(project: Path) -> Callable[[Task], Dataset]:
    """A table of tickets in the project, for a task."""

    def add(task: Task) -> Dataset:
        target = TARGETS.get(task, TARGETS[Task.BINARY])
        lines = ['description = "Tickets of a help desk."', f'task = "{task.value}"']
        lines += [f'target = "{target}"'] if task is not Task.EXPLORE else []
        lines += ['positive = "yes"'] if task is Task.BINARY else []
        lines += ['row = "ticket"', 'file = "tickets.csv"', "holdout = 0.2"]
        folder = project / "data/tickets"
        folder.mkdir()
        (folder / "dataset.toml").write_text("\n".join(lines) + "\n")
        table = rows(task if task in PREDICTED else Task.BINARY, 500, 7)
        for number in range(0, 500, 50):
            table[number][0] = ""
        (folder / "tickets.csv").write_text(text(target, table))
        return datasets.open_dataset(project, "tickets")

    return add


@pytest.fixture
def played(project: Path, cli: Cli) -> Played:
    """The runs that replies come to, of a stage or of all, by what the replies are called.

    All of them are made by one command: what they share, such as the reference, is made once.
    """

    def play(data: Dataset, said: dict[str, Replies], stage: str) -> dict[str, list[Run]]:
        entries = [f'default = "{next(iter(said))}"\n']
        for name, by_stage in said.items():
            (project / f"{name}.json").write_text(json.dumps(by_stage))
            entries.append(f'[models.{name}]\nscript = "{name}.json"\n')
        (project / "models.toml").write_text("".join(entries))
        asked = ["--stage", stage] if stage else []
        asked += ["--model", ",".join(said), "--dataset", data.spec.name, "--no-patch"]
        done = cli("regenerate", *asked, timeout=900)
        assert done.returncode == 0, done.stdout + done.stderr
        runs = [run for _, run in FileStore(project).runs()][::-1]
        return {name: [run for run in runs if run.model.name == name] for name in said}

    return play


def failed(run: Run) -> dict[str, str]:
    """The checks that do not hold, and what they say."""
    assert run.raw is not None
    return {one.name: one.message for one in run.raw.checks if not one.status.holds}


@pytest.mark.parametrize("task", Task)
def test_right_replies_pass_every_check(
    tickets: Callable[[Task], Dataset], played: Played, task: Task
) -> None:
    data = tickets(task)
    runs = played(data, {"good": replies(data)}, "")["good"]
    stages = ["eda", "modeling", "deployment"] if task is not Task.EXPLORE else ["eda"]
    assert [run.stage for run in runs] == stages
    assert {run.stage: (run.outcome.value, failed(run)) for run in runs} == {
        stage: ("raw", {}) for stage in stages
    }
    statuses = {one.status for run in runs if run.raw for one in run.raw.checks}
    assert statuses == {CheckStatus.PASSED}  # and none is only claimed


@pytest.mark.parametrize("name", REAL)
@pytest.mark.skipif(not SHARED.is_dir(), reason="public tables are not beside this checkout")
def test_right_replies_pass_on_public_tables(
    project: Path, cli: Cli, played: Played, name: str
) -> None:
    table = SHARED / name / f"{name}.csv"
    added = cli("data", "add", table, "--target", REAL[name])
    assert added.returncode == 0, added.stderr
    data = datasets.open_dataset(project, name)
    runs = played(data, {"good": replies(data)}, "")["good"]
    assert {run.stage: (run.outcome.value, failed(run)) for run in runs} == {
        stage: ("raw", {}) for stage in ("eda", "modeling", "deployment")
    }


SAVED = 'prepared.to_csv("prepared.csv"'
FITTED = "model.fit(X_train, y_train)"
# A fault, where it is, what it replaces, and the one check that has to find it.
FAULTS = [
    ("rows are lost", "eda", SAVED, f"prepared.iloc[10:]{SAVED[8:]}", "rows"),
    (
        "blanks are left",
        "eda",
        SAVED,
        f'prepared.assign(days=prepared["days"].where(prepared["days"] > 5)){SAVED[8:]}',
        "no blanks",
    ),
    ("a text is left", "eda", SAVED, f'prepared.assign(team="x"){SAVED[8:]}', "only numbers"),
    ("the target is turned", "eda", "== 'yes'", "!= 'yes'", "target kept"),
    (
        "the target is among the features",
        "eda",
        SAVED,
        f'prepared.assign(code=prepared["open"] * 2 + 1){SAVED[8:]}',
        "no copy of the target",
    ),
    (
        "the model is no model",
        "modeling",
        'model.save_model("model.json")',
        'open("model.json", "w").write("{}")',
        "model loads",
    ),
    ("too few trials", "modeling", "n_trials=20", "n_trials=5", "tuned"),
    (
        "features in another order",
        "modeling",
        "(X_train.columns)",
        "(X_train.columns)[::-1]",
        "features listed",
    ),
    ("fitted on the test rows", "modeling", FITTED, "model.fit(X, y)", "test rows left out"),
    (
        "fitted on labels of other rows",
        "modeling",
        FITTED,
        "model.fit(X_train, y_train.sample(frac=1, random_state=3).values)",
        "held-out ROC AUC",
    ),
    ("the app does not start", "deployment", "app = FastAPI()", "app = Fast()", "app starts"),
    (
        "one record is refused",
        "deployment",
        "frame = pd.DataFrame(records)",
        "frame = pd.DataFrame(records)\n    assert len(records) > 1",
        "one record",
    ),
    (
        "many records are refused",
        "deployment",
        "frame = pd.DataFrame(records)",
        "frame = pd.DataFrame(records)\n    assert len(records) < 500",
        "a thousand records",
    ),
    (
        "an unknown category is guessed",
        "deployment",
        'if (record[name] or "missing") not in known:',
        "if False:",
        "refuses unknown category",
    ),
    (
        "a missing field breaks it",
        "deployment",
        "if name not in record:",
        "if False:",
        "refuses missing field",
    ),
    (
        "a class has another name",
        "deployment",
        "CLASSES = ['no', 'yes']",
        "CLASSES = [0, 1]",
        "predictions are classes",
    ),
    (
        "classes and probabilities disagree",
        "deployment",
        "if one >= 0.5",
        "if one < 0.5",
        "predictions agree",
    ),
    (
        "probabilities are of the other class",
        "deployment",
        "predict_proba(X)[:, 1]",
        "predict_proba(X)[:, 0]",
        "held-out ROC AUC",
    ),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("stage", ["eda", "modeling", "deployment"])
def test_one_fault_fails_one_check(
    tickets: Callable[[Task], Dataset], played: Played, stage: str
) -> None:
    data = tickets(Task.BINARY)
    faults = {about.replace(" ", "-"): rest for about, where, *rest in FAULTS if where == stage}
    said = {
        name: with_fault(replies(data), stage, old, new) for name, (old, new, _) in faults.items()
    }
    runs = played(data, said, stage)
    found = {name: failed(run) for name, (run,) in runs.items()}
    told = {name: list(checks) for name, checks in found.items()}
    assert told == {name: [check] for name, (_, _, check) in faults.items()}, found
    assert all(len(why) > 10 for checks in found.values() for why in checks.values())


OF_OTHER_TASKS = [
    (
        Task.MULTICLASS,
        "eda",
        "{'bug': 0, 'question': 1, 'wish': 2}",
        "{'bug': 0, 'question': 1, 'wish': 1}",
        "target kept",
    ),
    (Task.MULTICLASS, "modeling", FITTED, "model.fit(X, y)", "test rows left out"),
    (
        Task.MULTICLASS,
        "deployment",
        "zip(CLASSES, map(float, row))",
        "zip(CLASSES[::-1], map(float, row))",
        "predictions agree",
    ),
    (Task.REGRESSION, "eda", "= df['price']", "= df['price'].rank()", "target kept"),
    (Task.REGRESSION, "modeling", FITTED, "model.fit(X, y)", "test rows left out"),
    (Task.REGRESSION, "deployment", "float(one) for", "2 * float(one) for", "held-out R²"),
]


@pytest.mark.parametrize("task", [Task.MULTICLASS, Task.REGRESSION])
def test_each_task_has_its_own(
    tickets: Callable[[Task], Dataset], played: Played, task: Task
) -> None:
    data = tickets(task)
    for of, stage, old, new, check in OF_OTHER_TASKS:
        if of is task:
            name = f"wrong-{stage}"
            runs = played(data, {name: with_fault(replies(data), stage, old, new)}, stage)
            assert check in failed(runs[name][-1])
