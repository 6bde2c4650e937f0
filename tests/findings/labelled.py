"""Real replies in which a person has marked what is wrong, and how far a kind agrees with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from marked import table

from harness.findings.subject import Subject
from harness.notebooks import replies
from harness.notebooks.notebook import Notebook
from harness.records import Cell, CellResult, CellStatus, Finding

FILE = Path(__file__).parents[1] / "data/labelled_findings_words.json"
Place = tuple[str, str, int]  # rule, cell, line


class Labelled(NamedTuple):
    """A notebook, the cells that were looked at, and what is wrong in them, by kind."""

    name: str
    half: str  # building, unseen
    subject: Subject
    cells: frozenset[str]
    wrong: dict[str, frozenset[Place]]


class Agreement(NamedTuple):
    """Findings that are right, findings that are not, and faults that were not found."""

    right: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / found if (found := self.right + self.false) else 1.0

    @property
    def recall(self) -> float:
        return self.right / there if (there := self.right + self.missed) else 1.0


@cache
def notebooks() -> tuple[Labelled, ...]:
    """All that are labelled."""
    return tuple(_read(json.loads(FILE.read_text())))


def _read(stored: dict[str, Any]) -> Iterator[Labelled]:
    for one in stored["notebooks"]:
        wrong = {
            kind: frozenset((rule, cell, line) for rule, cell, line, *_ in one[kind])
            for kind in ("explicitness", "commentary")
        }
        cells = _cells(one)
        looked_at = {cell.id for cell in cells if cell.step not in one["shared"]}
        subject = _subject(one, cells, stored["tables"][one["table"]])
        yield Labelled(one["name"], one["half"], subject, frozenset(looked_at), wrong)


def agreement(
    kind: str, find: Callable[[Subject], Iterable[Finding]], half: str
) -> tuple[Agreement, list[str]]:
    """How a kind agrees with the labels of a half, and what it does not agree on."""
    right = false = missed = 0
    apart: list[str] = []
    for one in notebooks():
        if one.half != half:
            continue
        found = {(f.rule, f.cell, f.line) for f in find(one.subject) if f.cell in one.cells}
        right += len(found & one.wrong[kind])
        false += len(found - one.wrong[kind])
        missed += len(one.wrong[kind] - found)
        apart += [f"{one.name}: false {place}" for place in sorted(found - one.wrong[kind])]
        apart += [f"{one.name}: missed {place}" for place in sorted(one.wrong[kind] - found)]
    return Agreement(right, false, missed), apart


def _cells(one: dict[str, Any]) -> tuple[Cell, ...]:
    steps = one["steps"]
    return tuple(
        cell
        for step in steps
        for cell in replies.cells_of(step["step"], step["prompt"], step["reply"])
    )


def _subject(one: dict[str, Any], cells: tuple[Cell, ...], about: dict[str, Any]) -> Subject:
    failed = set(one["failed"])
    results = {
        cell.id: CellResult(
            cell=cell.id,
            step=cell.step,
            first_line="",
            status=CellStatus.ERROR if cell.id in failed else CellStatus.OK,
            seconds=0,
        )
        for cell in cells
        if cell.kind == "code" and one["printed"]
    }
    return Subject(
        Notebook(cells),
        results=results,
        printed=one["printed"],
        prompts={step["step"]: step["prompt"] for step in one["steps"] if step["prompt"]},
        profile=table(about["file"], about["columns"]),
        files=frozenset({about["file"], *one["files"]}),
    )
