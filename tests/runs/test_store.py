"""What is under generated/ can be trusted, or says why not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from fakes import Model, Silent, begin, make_environment, make_plan

from harness.errors import RunLockedError, StoreError, UnknownNameError
from harness.project import stages
from harness.records import SCHEMA_VERSION, Run, RunKey
from harness.runs import export, pipeline
from harness.runs.store import FileStore, save_record, summary

RECORDS = Path(__file__).parents[1] / "data/records"


@pytest.fixture
def stored(project: Path, two_steps: Path) -> tuple[FileStore, RunKey, Run]:
    plan = make_plan(project, stages.load(project, "tiny"))
    store = FileStore(project)
    model = Model(lambda turns: "```python\nx = 1\n```")
    work = store.work_folder(plan.key)
    run = pipeline.run_stage(begin(plan), model, make_environment(plan, work), store, Silent())
    return store, plan.key, run


def test_a_run_reads_back_as_written(stored: tuple[FileStore, RunKey, Run]) -> None:
    store, key, run = stored
    assert store.run(key) == run
    assert list(store.runs()) == [(key, run)]


def test_a_run_is_found_by_the_start_of_its_id(stored: tuple[FileStore, RunKey, Run]) -> None:
    store, key, run = stored
    assert store.find(key.run_id[:4])[1] == run
    for missing in ("zzz", ""):
        with pytest.raises(UnknownNameError):
            store.find(missing)


def test_a_summary_counts_cells(stored: tuple[FileStore, RunKey, Run]) -> None:
    store, key, run = stored
    line = summary(key, run, store.root)
    assert (line.cells_ok, line.cells, line.outcome) == (2, 2, "raw")
    assert line.path.is_dir()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', "\x00"])
def test_a_broken_record_is_one_line_naming_its_file(
    stored: tuple[FileStore, RunKey, Run], text: str
) -> None:
    store, key, _ = stored
    (store.folder(key) / "run.json").write_text(text)
    with pytest.raises(StoreError, match=r"run\.json is not a run record") as caught:
        store.run(key)
    assert "\n" not in str(caught.value)


def test_a_record_whose_prompts_and_replies_do_not_fit_is_broken(
    stored: tuple[FileStore, RunKey, Run],
) -> None:
    store, key, run = stored
    lost = run.model_copy(update={"prompts": run.prompts[:-1]})
    (store.folder(key) / "run.json").write_text(lost.model_dump_json())
    with pytest.raises(StoreError, match=r"run record \(\d prompts and \d replies do not fit"):
        store.run(key)
    assert list(FileStore(store.project).runs()) == []


def test_a_record_of_a_newer_schema_says_so(stored: tuple[FileStore, RunKey, Run]) -> None:
    store, key, _ = stored
    path = store.folder(key) / "run.json"
    newer = path.read_text().replace(
        f'"schema_version": {SCHEMA_VERSION}', '"schema_version": 9, "new": 1'
    )
    path.write_text(newer)
    with pytest.raises(StoreError, match="A newer version"):
        store.run(key)


def test_two_writers_are_never_in_one_run(stored: tuple[FileStore, RunKey, Run]) -> None:
    store, key, _ = stored
    other = FileStore(store.root.parent)
    with store.lock(key), pytest.raises(RunLockedError), other.lock(key):
        pass
    with other.lock(key):
        pass


def test_the_work_folder_is_made_anew_whatever_was_left_there(
    stored: tuple[FileStore, RunKey, Run], tmp_path: Path
) -> None:
    store, key, _ = stored
    work = store.work_folder(key)
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (work / "link").symlink_to(tmp_path)
    (work / "sealed" / "inner").mkdir(parents=True)
    (work / "sealed").chmod(0)
    os.mkfifo(work / "pipe")
    assert list(store.work_folder(key).iterdir()) == []
    assert precious.read_text() == "keep"


def test_a_folder_that_cannot_be_written_is_one_line(project: Path) -> None:
    (project / "generated").rmdir()
    (project / "generated").write_text("in the way")
    key = RunKey(model="m", stage="s", run_id="r")
    store = FileStore(project)
    with pytest.raises(StoreError), store.lock(key):
        pass
    with pytest.raises(StoreError):
        store.save(key, "run.json", b"")


@pytest.mark.parametrize("version", [1, 2])
def test_records_of_older_schemas_are_read(project: Path, version: int) -> None:
    """One of each, as the versions of that time wrote them."""
    old = RECORDS / f"schema-{version}.json"
    written = json.loads(old.read_text())
    assert written["schema_version"] == version
    folder = project / "generated/script/tiny" / written["run_id"]
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(old.read_bytes())
    store = FileStore(project)
    (listed,) = store.summaries()
    key, run = store.find(written["run_id"][:6])
    assert (listed.created, listed.updated) == (written["created"], written["created"])
    assert [cell.status for cell in run.raw.cells] == ["ok", "error"]
    assert list(export.rows([run]))
    again = save_record(store, key, run)
    assert (again.created, again.schema_version) == (written["created"], SCHEMA_VERSION)
    assert store.run(key) == again
