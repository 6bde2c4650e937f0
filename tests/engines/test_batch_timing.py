"""How this machine reads is measured once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.engines.llama import batch_timing
from harness.engines.llama.batch_timing import BatchTiming
from harness.engines.llama.batches import groups
from harness.engines.llama.bindings import Row


class Clocked:
    """A context with a clock: a batch takes as long as a table says, by its number of rows."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self._seconds, self._now = seconds, 0.0
        self.batches = 0
        self.cells: dict[int, int] = {}

    def clock(self) -> float:
        return self._now

    def read(self, rows: list[Row]) -> None:
        self.batches += 1
        self._now += self._seconds[len(rows)]
        for row in rows:
            self.cells[row.sequence] = row.position + 1

    def cut(self, sequence: int, length: int) -> None:
        self.cells[sequence] = length


def ask(context: Clocked, path: Path, concurrent: int = 8) -> bool:
    fake: Any = context
    return batch_timing.splits(fake, concurrent, path, context.clock)


@pytest.mark.parametrize(("whole", "split"), [(0.25, True), (0.2, False), (0.222, False)])
def test_eight_rows_are_split_where_that_is_clearly_sooner(
    tmp_path: Path, whole: float, split: bool
) -> None:
    context = Clocked({8: whole, 4: 0.11})
    path = tmp_path / "timing" / "m.json"
    assert ask(context, path) is split
    assert set(context.cells.values()) == {0}
    batches = context.batches
    assert ask(context, path) is split
    assert context.batches == batches  # it is not asked again


def test_what_is_spoiled_is_measured_anew_and_a_folder_that_cannot_be_is_no_error(
    tmp_path: Path,
) -> None:
    context = Clocked({8: 0.3, 4: 0.1})
    path = tmp_path / "m.json"
    path.write_text('{"whole": "soon"')
    assert ask(context, path) is True
    assert BatchTiming.model_validate_json(path.read_bytes()).split is True
    assert ask(context, path / "under a file") is True
    assert [one.name for one in tmp_path.iterdir()] == ["m.json"]


def test_fewer_than_eight_are_never_asked_for(tmp_path: Path) -> None:
    context = Clocked({})
    assert ask(context, tmp_path / "m.json", 7) is False
    assert context.batches == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("many", "split", "sizes"),
    [
        (0, True, []),
        (7, True, [7]),
        (8, True, [4, 4]),
        (9, True, [4, 5]),
        (10, True, [10]),
        (8, False, [8]),
    ],
)
def test_only_eight_and_nine_are_split(many: int, split: bool, sizes: list[int]) -> None:
    rows: list[Any] = list(range(many))
    assert [len(group) for group in groups(rows, split=split)] == sizes
