"""The runs that are stored with the code: what is made of them now is what was stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import fixes
from harness.fixes import attribution
from harness.notebooks import jupyter, stored
from harness.records import Patching, Run, RunKey
from harness.runs import patching
from harness.runs.store import FOLDER, RECORD, FileStore

REPOSITORY = Path(__file__).parents[2]
STORE = FileStore(REPOSITORY)
RUNS = sorted(path.parent.name for path in (REPOSITORY / FOLDER).glob(f"*/*/*/{RECORD}"))


@pytest.fixture(params=RUNS)
def found(request: pytest.FixtureRequest) -> tuple[RunKey, Run, Patching]:
    key, run = STORE.find(request.param)
    assert run.patched is not None
    return key, run, run.patched


def test_the_raw_notebook_has_its_digests(found: tuple[RunKey, Run, Patching]) -> None:
    key, run, _ = found
    blob = STORE.load(key, stored.RAW)
    assert blob is not None
    there, is_edited = jupyter.read(blob, Path(stored.RAW))
    assert stored.raw(run).digest == there.digest
    assert not is_edited


def test_the_patched_notebook_has_its_digest(found: tuple[RunKey, Run, Patching]) -> None:
    key, run, patched = found
    assert attribution.of_run(run).notebook.digest == patched.cells_sha256
    assert attribution.of_run(run).changes == patched.changes
    assert patching.is_untouched(key, run, STORE)


def test_its_fixes_give_the_record_again(found: tuple[RunKey, Run, Patching]) -> None:
    _, run, patched = found
    assert patching.base_digest(run) == patched.raw_sha256
    applied = fixes.apply_to_run(run, fixes.series(REPOSITORY, run.stage, run.dataset))
    assert patching.record(run, applied, patched.execution) == patched


def test_the_raw_notebook_of_a_run_is_made_once(found: tuple[RunKey, Run, Patching]) -> None:
    _, run, _ = found
    other = Run.model_validate_json(run.model_copy(update={"patched": None}).model_dump_json())
    assert stored.raw(other) is stored.raw(run)
