"""Small tables of every task, made up anew by a seed, and what is known of them."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from pathlib import Path

from harness.checks import Evidence
from harness.checks.labels import normal
from harness.records import DatasetSpec, ReferenceFigures, Task

Rows = list[list[str]]
TARGETS = {Task.BINARY: "open", Task.MULTICLASS: "kind", Task.REGRESSION: "price"}
KINDS = ("bug", "question", "wish")
HEADER = ["words", "days", "team"]


def rows(task: Task, count: int, seed: int) -> Rows:
    """Tickets: two numbers and a text, and the target that they tell of, last."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        words, days = chance.randint(1, 200), round(chance.uniform(0, 30), 2)
        team = chance.choice(["north", "south", "west"])
        score = words / 100 + (team == "north") + chance.gauss(0, 0.3)
        label = {
            Task.BINARY: "yes" if score > 1.3 else "no",
            Task.MULTICLASS: KINDS[min(2, max(0, int(score)))],
            Task.REGRESSION: f"{score * 1000:.2f}",
        }[task]
        made.append([str(words), str(days), team, label])
    return made


def text(target: str, table: Rows) -> str:
    """The table as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([[*HEADER, target], *table])
    return out.getvalue()


def evidence(
    folder: Path,
    task: Task,
    visible: Rows | None = None,
    held: Rows | None = None,
    figures: dict[str, float] | None = None,
    **of_dataset: object,
) -> Evidence:
    """What checks know of such a table. ``figures`` are the reference's."""
    seen = rows(task, 300, 1) if visible is None else visible
    unseen = rows(task, 100, 2) if held is None else held
    target = TARGETS[task]
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("visible.csv", seen), ("held.csv", unseen)):
        (folder / name).write_text(text(target, part))
    about = {"positive": "yes"} if task is Task.BINARY else {}
    spec = DatasetSpec.model_validate(
        {
            "name": "tickets",
            "description": "Tickets.",
            "task": task,
            "target": target,
            "row": "ticket",
            "file": "tickets.csv",
            **about,
            **of_dataset,
        }
    )
    classes = tuple(sorted({row[-1] for row in seen if row[-1].strip("NA ")}))
    return Evidence(
        dataset=spec,
        visible=folder / "visible.csv",
        held=folder / "held.csv",
        rows=len(seen),
        classes=classes if task.has_classes else (),
        reference=None if figures is None else ReferenceFigures(figures=figures, baseline={}),
    )


def knowing(known: Evidence, sure: float = 1.0, every: int = 0) -> list[list[float]]:
    """Predictions that give the right class so much, and of each ``every`` rows a wrong one."""
    labels = known.held_labels()
    if known.task is Task.REGRESSION:
        mean = sum(map(float, labels)) / len(labels)
        return [[mean + sure * (float(one) - mean)] for one in labels]
    classes = known.ordered_classes
    rest = (1 - sure) / (len(classes) - 1)
    made = []
    for number, label in enumerate(labels):
        at = classes.index(label)
        if every and number % every == 0:
            at = (at + 1) % len(classes)
        made.append([sure if one == at else rest for one in range(len(classes))])
    return made


def same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether labels are the same values."""
    return [normal(value) for value in one] == [normal(value) for value in other]
