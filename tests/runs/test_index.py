"""The index opens what changed, forgets what went, and is never trusted over the files."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes import Model, Silent, begin, make_environment, make_plan

from harness import files
from harness.project import stages
from harness.records import RunKey
from harness.runs import index, pipeline
from harness.runs.store import FileStore


@pytest.fixture
def store(project: Path, two_steps: Path) -> FileStore:
    kept = FileStore(project)
    for seed in (1, 2, 3):
        plan = make_plan(project, stages.load(project, "tiny"), seed=seed)
        model = Model(lambda turns: "```python\nx = 1\n```")
        work = kept.work_folder(plan.key)
        pipeline.run_stage(begin(plan), model, make_environment(plan, work), kept, Silent())
    return kept


def opened(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The records that a listing opens."""
    seen: list[Path] = []
    read = files.read

    def watched(path: Path, most: int) -> bytes:
        if path.name == "run.json":
            seen.append(path)
        return read(path, most)

    with monkeypatch.context() as patch:
        patch.setattr(files, "read", watched)
        store.listed()
    return seen


def test_nothing_is_opened_twice(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(opened(store, monkeypatch)) == 3
    assert opened(store, monkeypatch) == []


def test_what_changed_is_read_again_and_what_went_is_forgotten(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, _ = store.summaries()
    path = first.path / "run.json"
    record = json.loads(path.read_text())
    record["updated"] = "2001-01-01T00:00:00+00:00"
    path.write_text(json.dumps(record))
    (second.path / "run.json").unlink()
    assert [p.parent.name for p in opened(store, monkeypatch)] == [first.run_id]
    assert [one.run_id for one in store.summaries()][-1] == first.run_id
    assert len(store.summaries()) == 2


@pytest.mark.parametrize("blob", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_broken_index_is_made_anew(store: FileStore, blob: bytes) -> None:
    assert len(store.summaries()) == 3
    (store.root / index.FILE).write_bytes(blob)
    assert len(store.summaries()) == 3


def test_a_broken_record_is_told_and_the_others_are_listed(store: FileStore) -> None:
    key = RunKey(model="m", stage="tiny", run_id=store.summaries()[0].run_id)
    (store.folder(key) / "run.json").write_text("{")
    found = store.listed()
    assert len(found.summaries) == 2
    assert len(found.broken) == 1
    assert str(store.folder(key)) in found.broken[0]


def test_half_written_folders_and_links_are_no_runs(store: FileStore, tmp_path: Path) -> None:
    (store.root / "m" / "tiny" / "half").mkdir()
    (store.root / "m" / "tiny" / "half" / ".run.json.x").write_text("{")
    (store.root / "link").symlink_to(tmp_path, target_is_directory=True)
    (store.root / "file").write_text("")
    assert len(store.summaries()) == 3


def test_runs_are_opened_only_where_they_match(store: FileStore) -> None:
    wanted = store.summaries()[1]
    (found,) = store.runs(seed=wanted.seed)
    assert found[1].run_id == wanted.run_id
    assert list(store.runs(stage="another")) == []
    seeds = {one.seed for one in store.summaries()}
    assert {one.seed for one in store.summaries(seed=seeds - {wanted.seed})} < seeds
    assert len(store.summaries(stage=["another", "tiny"], seed=None)) == 3


def test_no_folder_is_no_runs(tmp_path: Path) -> None:
    assert FileStore(tmp_path / "nowhere").summaries() == []


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(3 << 30)


def garbage(path: Path) -> None:
    path.write_bytes(b"garbage" * 1000)


def other_rows(path: Path) -> None:
    """As somebody else would write it: other rows in the same table, and of other types."""
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.executescript(
            f"PRAGMA user_version = {index.VERSION};"
            "CREATE TABLE runs (path, mtime, size, summary);"
            "INSERT INTO runs VALUES (CAST(x'ff' AS TEXT), NULL, 'x', 5), ('a', 1, 2, x'ff'),"
            "(NULL, NULL, NULL, NULL)"
        )


@pytest.mark.parametrize("name", [index.FILE, f"{index.FILE}-journal", f"{index.FILE}-wal"])
@pytest.mark.parametrize("odd", [pipe, endless, sparse, garbage, other_rows, Path.mkdir])
def test_whatever_lies_in_place_of_the_index(
    store: FileStore, odd: Callable[[Path], None], name: str
) -> None:
    (store.root / name).unlink(missing_ok=True)
    odd(store.root / name)
    for _ in range(2):
        assert len(store.listed().summaries) == 3
        assert store.listed().broken == []


def test_an_index_that_was_cut_anywhere(store: FileStore) -> None:
    store.listed()
    whole = (store.root / index.FILE).read_bytes()
    for size in range(0, len(whole), len(whole) // 9):
        (store.root / index.FILE).write_bytes(whole[:size])
        assert len(store.listed().summaries) == 3
    for at in range(0, len(whole), len(whole) // 31):
        (store.root / index.FILE).write_bytes(whole[:at] + b"\xff" * 64 + whole[at + 64 :])
        assert len(store.listed().summaries) == 3


def test_a_record_that_goes_while_it_is_listed_is_no_run(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = store.summaries()[0].path / "run.json"
    (store.root / index.FILE).unlink()
    read = files.read

    def late(path: Path, most: int) -> bytes:
        gone.unlink(missing_ok=True)
        return read(path, most)

    monkeypatch.setattr(files, "read", late)
    assert len(store.listed().summaries) == 2
    assert store.listed().broken == []
    assert [run.run_id for _, run in store.runs()] == [one.run_id for one in store.summaries()]
