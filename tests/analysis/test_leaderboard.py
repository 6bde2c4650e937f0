"""Boards rank what is alike, and result files of other machines are merged or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import Model, Silent, begin, make_environment, make_plan
from pydantic import ValidationError
from small_kinds import TODOS

from harness.analysis.leaderboard import Board, Entry, boards, entry, formats, merged, read
from harness.errors import HarnessError
from harness.project import stages
from harness.records import CellOutcome, CellStatus, FindingKind
from harness.runs import pipeline
from harness.runs.store import FileStore

BAD = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'")
HOSTILE = "| <script> \x1b]0;pwn\x07\n# x"


def line(of: str = "a", seed: int = 1, **changes: object) -> Entry:
    """A run of ten cells that all ran, and four checks that all held."""
    made = {
        "run_id": f"{of}-{seed}-{len(str(changes))}",
        "updated": "2026-11-26T10:00:00+00:00",
        "harness_version": "0.1.0",
        "model": of,
        "model_sha256": of[0] * 64,
        "stage": "eda",
        "stage_sha256": "1" * 64,
        "dataset": "telco",
        "dataset_sha256": "2" * 64,
        "synthetic": False,
        "context": "schema",
        "seed": seed,
        "outcome": "raw",
        "passed": True,
        "cells": 10,
        "cells_ok": 10,
        "checks": 4,
        "checks_held": 4,
        "raw_cells": 10,
        "tokens": 100,
        "seconds": 5.0,
    }
    return Entry.model_validate(made | changes)


def ranks(board: Board) -> list[tuple[int, str]]:
    return [(one.rank, one.model) for one in board.places]


def test_what_passed_ranks_first_then_checks_then_cells_then_people() -> None:
    failed = {"passed": False, "outcome": "failed"}
    few, many = ({"lines": 100, "human_lines": n} for n in (5, 40))
    entries = [
        line("a", cells_ok=9, **failed),
        line("b", **failed, checks_held=3),
        line("c", cells_ok=8, **failed),
        line("d", **many),
        line("e", **few),
        line("f", **few),
    ]
    (board,) = boards(entries)
    assert ranks(board) == [(1, "e"), (1, "f"), (3, "d"), (4, "a"), (5, "c"), (6, "b")]
    assert board.places[2].human == 0.4


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "modeling"},
        {"stage_sha256": "3" * 64},
        {"dataset_sha256": "3" * 64},
        {"synthetic": True},
        {"context": "blind"},
        {"context_sha256": "3" * 64},
        {"help": "steered, 2 repairs"},
    ],
)
def test_runs_of_other_work_are_ranked_apart(change: dict[str, object]) -> None:
    one, other = boards([line("a"), line("b", **change)])[:2]
    assert len({one.title, other.title}) == 2
    assert sorted(ranks(one) + ranks(other)) == [(1, "a"), (1, "b")]


def test_all_stages_are_added_up_for_models_that_did_them_all() -> None:
    entries = [line("a"), line("a", stage="modeling", cells_ok=5), line("b")]
    *_, whole = boards(entries)
    assert (whole.stages, whole.stage, whole.stage_sha256) == (("eda", "modeling"), "", "")
    assert ranks(whole) == [(1, "a")]
    assert (whole.places[0].cells.part, whole.places[0].cells.whole) == (15, 20)
    # Two versions of a stage are two pieces of work, of which a sum would count one twice.
    more = [*entries, line("a", stage_sha256="3" * 64)]
    assert all(one.stage for one in boards(more))


def test_weights_are_one_model_whatever_they_are_called() -> None:
    named = line("a", 2, model="a-file.Q4")
    (board,) = boards([line("a"), named, line("a", 3)])
    assert [(one.model, one.runs, one.seeds) for one in board.places] == [("a", 3, 3)]
    other = line("a", 4, model_sha256="9" * 64)
    (board,) = boards([line("a"), other])
    assert len({one.model for one in board.places}) == 2


def test_a_share_has_bounds_where_there_are_seeds() -> None:
    (board,) = boards([line("a", seed, cells_ok=seed) for seed in (3, 7)])
    (place,) = board.places
    assert place.cells.value == 0.5
    assert place.cells.low is not None
    assert formats.percent(place.cells).startswith("50% (")
    (board,) = boards([line("a", cells_ok=5), line("a", cells_ok=5, run_id="again")])
    assert formats.percent(board.places[0].cells) == "50%"


def test_findings_are_counted_in_cells_that_were_looked_at() -> None:
    found = dict.fromkeys(FindingKind, 0) | {FindingKind.COLUMNS: 5}
    (board,) = boards([line("a", findings=found), line("a", 2), line("b")])
    told = {one.model: one.findings for one in board.places}
    assert told["a"][FindingKind.COLUMNS] == 0.5
    assert told["b"] == {}


def test_each_run_counts_once_as_it_was_last() -> None:
    old = line("a", cells_ok=1, run_id="same")
    new = line("a", cells_ok=9, run_id="same", updated="2026-11-27T10:00:00+00:00")
    for order in ([old, new, line("b")], [new, line("b"), old]):
        found = {one.run_id: one for one in merged(order)}
        assert found["same"].cells_ok == 9
        assert len(found) == 2


def write(path: Path, *entries: Entry, **changes: object) -> Path:
    made = formats.document(entries, boards(entries)) | changes
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(made))
    return path


def test_files_and_folders_of_several_machines_are_read(tmp_path: Path) -> None:
    one = write(tmp_path / "one.json", line("a"))
    write(tmp_path / "below" / "two.json", line("b"))
    (tmp_path / "other.json").write_text('{"a": 1}')
    said: list[str] = []
    assert [found.model for found in read([one], said.append)] == ["a"]
    assert [found.model for found in read([tmp_path], said.append)] == ["b", "a"]
    assert said == []


BROKEN = [
    ("cells_ok", 11),
    ("cells", -1),
    ("seconds", "NaN"),
    ("seed", 10**30),
    ("model", HOSTILE),
    ("stage", "../../etc"),
    ("help", HOSTILE),
    ("outcome", "best"),
    ("updated", HOSTILE),
    ("model_sha256", "0"),
    ("more", 1),
]


@pytest.mark.parametrize(("field", "value"), BROKEN)
def test_a_line_that_cannot_be_is_refused(field: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        line("a", **{field: value})
    broken = line("a").model_dump(mode="json") | {field: value}
    path = write(tmp_path / "broken.json", line("b"), results=[broken])
    with pytest.raises(HarnessError, match="is no result file") as refused:
        list(read([path], print))
    assert "pwn" not in str(refused.value)
    said: list[str] = []
    write(tmp_path / "whole.json", line("c"))
    assert [one.model for one in read([tmp_path], said.append)] == ["c"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no result file"),
        ("{", "is no result file"),
        ("[" * 100_000, "is no result file"),
        ('{"format": "harness-results", "version": 2, "results": []}', "newer version"),
        ('{"format": "another", "version": 1, "results": []}', "is no result file"),
    ],
)
def test_a_file_that_is_named_must_be_one(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(HarnessError, match=told):
        list(read([path], print))
    with pytest.raises(HarnessError, match="is not there"):
        list(read([tmp_path / "gone"], print))


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no project and no result file"):
        list(read([tmp_path], print))


def test_a_table_in_markdown_has_a_cell_for_each_header() -> None:
    lines = formats.markdown(boards([line("a"), line("b_c")])).splitlines()
    assert lines[0] == "### eda, schema context, telco"
    table = [one for one in lines if one.startswith("|")]
    assert {one.count("|") for one in table} == {len(formats.HEADER) + 1}


def test_a_run_of_a_project_is_a_line(project: Path, two_steps: Path) -> None:
    store = FileStore(project)
    plan = make_plan(project, stages.load(project, "tiny"))
    model = Model(lambda turns: "```python\nx = 1  # TODO\n```")
    outcomes = {"x = 1  # TODO": BAD}
    at = make_environment(plan, store.work_folder(plan.key), outcomes)._replace(finders=TODOS)
    run = pipeline.run_stage(begin(plan, ()), model, at, store, Silent())
    made = entry(run)
    assert (made.cells, made.cells_ok, made.raw_cells, made.passed) == (2, 0, 2, False)
    assert made.findings is not None
    assert made.findings[FindingKind.EXPLICITNESS] == 2
    assert list(read([project], print)) == list(read([project.parent], print)) == [made]
    (row,) = formats.rows(boards([made]))
    assert (row["model"], row["explicitness_per_cell"], row["cells"]) == ("m", 1.0, 0.0)
