"""Tables that nobody has to read: profiles and datasets of each task, made by hand."""

from __future__ import annotations

from typing import Any

from harness.records import ColumnProfile, DatasetSpec, TableProfile, Task

BREEDS = ("Angus", "Galloway", "Hereford")
OF_TASK: dict[Task, dict[str, Any]] = {
    Task.BINARY: {"target": "sold", "positive": "true", "positive_means": "it found a buyer"},
    Task.MULTICLASS: {"target": "breed"},
    Task.REGRESSION: {"target": "weight", "units": {"weight": "kilograms"}},
    Task.EXPLORE: {},
}


def column(name: str, kind: str, **facts: Any) -> ColumnProfile:
    """A column of which nothing is odd but what ``facts`` say."""
    return ColumnProfile(
        **{"name": name, "type": kind, "distinct": 9, "missing": 0, "blank": 0, **facts}
    )


def herd(task: Task, *more: ColumnProfile, **about: Any) -> tuple[DatasetSpec, TableProfile]:
    """Cattle at a fair, with a target for each task, and ``more`` columns."""
    columns = (
        column("breed", "text", levels=tuple((one, 10) for one in BREEDS)),
        column("weight", "real", minimum="90.5", maximum="1200"),
        column("sold", "boolean", levels=(("false", 20), ("true", 10))),
        *more,
    )
    spec = DatasetSpec.model_validate(
        {"name": "fair", "description": "Cattle at a fair.", "task": task, "row": "animal"}
        | {"file": "fair.csv", **OF_TASK[task], **about}
    )
    classes = {Task.BINARY: ("false", "true"), Task.MULTICLASS: BREEDS}.get(task, ())
    return spec, TableProfile(
        dataset="fair",
        file=spec.file,
        sha256="1" * 64,
        rows=30,
        synthetic=False,
        description=spec.description,
        task=task,
        target=spec.target,
        target_balance=tuple((one, 1 / len(classes)) for one in classes),
        classes=classes,
        columns=columns,
    )
