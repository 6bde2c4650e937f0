"""Small tables in files, and what the reference pipeline makes of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from harness.project.datasets import Table
from harness.records import DatasetSpec, Task
from harness.runs import reference

Columns = dict[str, Sequence[object]]


class Case(NamedTuple):
    """A dataset and its table."""

    spec: DatasetSpec
    table: Table

    def prepared(self) -> Any:
        """The reference's table."""
        import pandas as pd

        path = reference.made("table", self.spec, self.table)
        assert path is not None
        return pd.read_csv(path)

    def held(self) -> Any:
        """Held-out rows as that table has them."""
        import pandas as pd

        path = reference.held_table(self.spec, self.table)
        assert path is not None
        return pd.read_csv(path)

    def columns(self) -> list[str]:
        """The model's features."""
        path = reference.made("columns", self.spec, self.table)
        assert path is not None
        found: list[str] = json.loads(path.read_text())
        return found

    def figures(self) -> dict[str, float]:
        return reference.figures(self.spec, self.table).figures


def case(
    folder: Path, columns: Columns, *, held: int = 0, target: str | None = "y", **spec: Any
) -> Case:
    """A CSV table of these columns, its last ``held`` rows held out."""
    rows = list(zip(*columns.values(), strict=True))
    cut = len(rows) - held
    visible = written(folder / "visible.csv", columns, rows[:cut])
    parts = written(folder / "held.csv", columns, rows[cut:]) if held else None
    if target is None:
        spec = {"task": Task.EXPLORE, **spec}
    elif "task" not in spec:
        spec = {"task": Task.BINARY, "positive": "a", **spec}
    made = DatasetSpec(name="odd", description="D", file="odd.csv", target=target, **spec)
    table = Table(
        path=visible, synthetic=False, visible=visible, held=parts, holdout_rule=None, counts=None
    )
    return Case(made, table)


def written(path: Path, names: Iterable[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([list(names), *rows])
    return path


def classes(rows: int, named: Sequence[str] = "ab") -> list[str]:
    """A target that nothing tells."""
    return [named[i * 7919 % 31 % len(named)] for i in range(rows)]
