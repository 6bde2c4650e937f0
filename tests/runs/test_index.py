"""The index opens what changed, forgets what went, and is never trusted over the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import Model, Silent, begin, make_environment, make_plan

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
    read = Path.read_bytes

    def watched(path: Path) -> bytes:
        if path.name == "run.json":
            seen.append(path)
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", watched)
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
