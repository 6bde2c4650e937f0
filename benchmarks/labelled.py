"""Real replies in which people have marked what is wrong, and how far each kind agrees with them.

``labelled_findings_words.json`` has labels of the kinds that read words only; a notebook of
``labelled_cells/`` has those of all kinds. docs/findings.md says how they were labelled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from harness import findings
from harness.analysis.ladder.shares import Share, share
from harness.findings.subject import Subject
from harness.notebooks import replies
from harness.notebooks.notebook import Notebook
from harness.records import (
    Cell,
    CellResult,
    CellStatus,
    ColumnProfile,
    FindingKind,
    TableProfile,
)

DATA = Path(__file__).parents[1] / "tests/data"
WORDS, CELLS = DATA / "labelled_findings_words.json", DATA / "labelled_cells"
Place = tuple[str, str, int]  # rule, cell, line

_CELLS = TypeAdapter(tuple[Cell, ...])


class Labelled(NamedTuple):
    """A notebook, the cells that were looked at, and what is wrong in them, by kind."""

    name: str
    half: str  # building, unseen
    model: str
    subject: Subject
    cells: frozenset[str]
    wrong: dict[FindingKind, frozenset[Place]]


class Agreement(NamedTuple):
    """Findings that are right, findings that are not, and faults that were not found.

    Each is a number per notebook.
    """

    right: tuple[int, ...]
    false: tuple[int, ...]
    missed: tuple[int, ...]

    @property
    def precision(self) -> Share:
        """Of what was found, that which is right."""
        return share([(a, a + b) for a, b in zip(self.right, self.false, strict=True)])

    @property
    def recall(self) -> Share:
        """Of what is wrong, that which was found."""
        return share([(a, a + b) for a, b in zip(self.right, self.missed, strict=True)])

    def __str__(self) -> str:
        right, false, missed = map(sum, self)
        return f"{right} right, {false} false, {missed} missed"


def agreement(
    kind: FindingKind, half: str, among: Sequence[Labelled] | None = None
) -> tuple[Agreement, list[str]]:
    """How a kind agrees with the labels of a half, and what it does not agree on.

    ``among``: of these notebooks; by default of all.
    """
    find = findings.kinds()[kind]
    counts: list[tuple[int, int, int]] = []
    apart: list[str] = []
    for one in notebooks() if among is None else among:
        if one.half != half or kind not in one.wrong:
            continue
        wrong = one.wrong[kind]
        found = {(f.rule, f.cell, f.line) for f in find(one.subject) if f.cell in one.cells}
        counts.append((len(found & wrong), len(found - wrong), len(wrong - found)))
        apart += [f"{one.name}: false {place}" for place in sorted(found - wrong)]
        apart += [f"{one.name}: missed {place}" for place in sorted(wrong - found)]
    columns = [tuple(column) for column in zip(*counts, strict=True)] or [(), (), ()]
    return Agreement(*columns), apart


@cache
def notebooks() -> tuple[Labelled, ...]:
    """All that are labelled."""
    return (*of_words(), *of_cells())


def of_words() -> Iterator[Labelled]:
    """Those whose words alone are labelled."""
    stored = json.loads(WORDS.read_text())
    for one in stored["notebooks"]:
        cells = tuple(
            cell
            for step in one["steps"]
            for cell in replies.cells_of(step["step"], step["prompt"], step["reply"])
        )
        looked_at = frozenset(cell.id for cell in cells if cell.step not in one["shared"])
        wrong = {kind: one[kind.value] for kind in FindingKind if kind.value in one}
        subject = _subject_of_words(one, cells, stored["tables"][one["table"]])
        yield Labelled(one["name"], one["half"], one["model"], subject, looked_at, _places(wrong))


def _subject_of_words(
    one: dict[str, Any], cells: tuple[Cell, ...], about: dict[str, Any]
) -> Subject:
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


def table(file: str, columns: Iterable[str]) -> TableProfile:
    """A profile of which only the names matter."""
    return TableProfile(
        dataset="table",
        file=file,
        sha256="0" * 64,
        rows=1_000,
        synthetic=False,
        description="",
        target=None,
        target_balance=(),
        columns=tuple(
            ColumnProfile(name=name, type="text", distinct=2, missing=0, blank=0)
            for name in columns
        ),
    )


def of_cells() -> Iterator[Labelled]:
    """Those that are labelled for all kinds."""
    for path in sorted(CELLS.glob("*.json")):
        one = json.loads(path.read_text())
        cells = _CELLS.validate_python(one["cells"])
        results = {name: CellResult.model_validate(told) for name, told in one["results"].items()}
        profile = CELLS / "profiles" / f"{one['table']}.json"
        subject = Subject(
            Notebook(cells),
            results=results,
            printed=one["printed"],
            prompts=one["prompts"],
            profile=TableProfile.model_validate_json(profile.read_text()),
            packages=one["packages"],
            files=frozenset(one["files"]),
        )
        wrong = {kind: one["labels"][kind.value] for kind in FindingKind}
        every = frozenset(cell.id for cell in cells)
        yield Labelled(one["name"], one["half"], one["model"], subject, every, _places(wrong))


def _places(wrong: dict[FindingKind, list[Any]]) -> dict[FindingKind, frozenset[Place]]:
    return {
        kind: frozenset((rule, cell, line) for rule, cell, line, *_ in places)
        for kind, places in wrong.items()
    }
