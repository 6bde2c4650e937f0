"""Findings of runs: looked for when a notebook has run, kept, and looked for anew where stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from small_kinds import FAULTY, TODOS, finding

from harness import findings
from harness.errors import HarnessError
from harness.findings.subject import Subject
from harness.notebooks import stored
from harness.project import datasets, stages
from harness.records import (
    Cell,
    CellOutcome,
    CellStatus,
    FindingKind,
    Needed,
    Observation,
    Outcome,
    Run,
    Variable,
)
from harness.runs import pipeline
from harness.runs.findings import LONGEST, MOST, Beside, Findings, look, subject
from harness.runs.plans import Plan
from harness.runs.store import FileStore, save_record

REPLY = "```python\nx = 1  # TODO\n```\n"
BAD = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'")
SAID = {"output_type": "stream", "name": "stdout", "text": "4 rows\n"}
SHOWN = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "<Figure>"}}
ALSO = CellOutcome(status=CellStatus.OK, outputs=(SAID, SHOWN))


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    return make_plan(project, stages.load(project, "tiny"), packages={"pandas": "3.0"})


def run_once(plan: Plan, folder: Path, store, finders=TODOS, outcomes=None) -> Run:
    model = Model(lambda turns: REPLY if len(turns) == 2 else "```python\ny = x\n```")
    at = make_environment(plan, folder, outcomes)._replace(finders=finders, profile=plan.profile)
    return pipeline.run_stage(begin(plan, ()), model, at, store, Silent())


def test_they_are_in_the_record_the_cells_metadata_and_the_summary(
    plan: Plan, project: Path
) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store)
    (one,) = run.findings
    assert (one.cell, one.line, one.column, one.rule) == ("one-001", 1, 9, "todo")
    assert run.findings_version == findings.VERSION
    (line,) = store.summaries()
    assert line.findings == {FindingKind.EXPLICITNESS: 1}
    for file in (stored.RAW, stored.PATCHED):
        cells = json.loads((store.folder(plan.key) / file).read_text())["cells"]
        told = {one["id"]: one["metadata"]["harness"].get("findings") for one in cells}
        (kept,) = told.pop("one-001")
        assert kept == one.model_dump(mode="json", exclude={"cell"}, exclude_none=True)
        assert not any(told.values())


def test_a_finder_that_fails_costs_no_run_and_is_told_to_who_asks(
    plan: Plan, project: Path
) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store, FAULTY)
    assert run.outcome is Outcome.RAW
    assert (run.findings, run.findings_version) == ((), None)
    with pytest.raises(HarnessError, match=r"could not be looked at \(RecursionError"):
        Findings(store, FAULTY).of(run)
    assert Findings(store, FAULTY).renewed(run).findings_version is None
    assert Findings(store, TODOS).renewed(run).findings_version == findings.VERSION


def test_what_is_recorded_is_read_and_what_is_older_is_looked_for_anew(
    plan: Plan, project: Path
) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store)
    made = Findings(store, FAULTY)
    assert made.of(run) == run.findings
    assert made.of(run, "repaired") == ()
    older = run.model_copy(update={"findings_version": findings.VERSION - 1, "findings": ()})
    assert Findings(store, TODOS).of(older) == run.findings
    with pytest.raises(HarnessError, match="patched notebook"):
        made.of(run, "patched")


def test_an_older_record_is_read_and_looked_at(plan: Plan, project: Path) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store)
    record = json.loads((store.folder(plan.key) / "run.json").read_text())
    del record["findings"], record["findings_version"]
    older = Run.model_validate_json(json.dumps(record))
    assert Findings(store, TODOS).of(older) == run.findings


def test_what_is_looked_for_is_remembered_until_what_it_is_of_is_another(
    plan: Plan, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "kept"))
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store, FAULTY)
    notes = tmp_path / "kept/findings"
    seen = Findings(store).of(run)
    (note,) = notes.iterdir()
    note.write_text(f"[{finding('one-001').model_dump_json()}]")
    assert Findings(store).of(run) == (finding("one-001"),)
    note.write_text("[{")
    assert Findings(store).of(run) == seen
    Findings(store).of(run.model_copy(update={"packages": {"pandas": "4.0"}}))
    assert len(list(notes.iterdir())) == 2


def test_the_subject_of_a_stored_run_is_that_of_the_run_that_was_executed(
    plan: Plan, project: Path, tmp_path: Path
) -> None:
    """What is looked for later sees the same, so that both find the same."""
    seen: list[Subject] = []

    def watch(about: Subject) -> list[object]:
        seen.append(about)
        return []

    store = FileStore(project)
    watching = {FindingKind.COLUMNS: watch}
    outcomes = {"x = 1  # TODO": ALSO, "y = x": BAD}
    run = run_once(plan, store.work_folder(plan.key), store, watching, outcomes)
    later = Findings(store).subject(run)
    first = seen[0]
    assert (later.notebook, later.results) == (first.notebook, first.results)
    assert later.printed == first.printed == {"one-001": "4 rows\n\n<Figure>"}
    assert later.prompts == first.prompts
    assert list(later.prompts) == ["one", "two"]
    assert first.profile == plan.profile
    assert first.files == {"table.csv"}
    assert later.packages["pandas"] == first.packages["pandas"] == "3.0"


def test_a_stored_run_has_its_profile_only_while_its_table_is_the_same(
    plan: Plan, project: Path
) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store)
    now = datasets.open_dataset(project, "telco").profile
    need = Needed(name="a.csv", stage="eda", source="raw")
    gone = need.model_copy(update={"name": "b.csv", "source": "missing"})
    other = {"dataset": "telco", "needs": (need, gone)}
    same = run.model_copy(update={**other, "dataset_sha256": now.sha256})
    found = Findings(store)
    assert found.subject(same).profile == now
    assert found.subject(same).files == {now.file, "a.csv"}
    assert found.subject(run.model_copy(update=other)).profile is None
    assert found.subject(run).profile is None


def test_a_later_notebook_is_not_judged_by_what_the_kernel_held_while_the_first_was_written(
    plan: Plan, tmp_path: Path
) -> None:
    run = run_once(plan, tmp_path, MemoryStore())
    seen = Observation(variables=(Variable(name="df", type="pandas.DataFrame"),))
    told = run.replies[1].model_copy(update={"observation": seen, "asked": "df is there. Write."})
    run = run.model_copy(update={"replies": (run.replies[0], told)})
    raw = subject(run, "raw", {}, stored.raw(run), Beside())
    assert raw.observations == {"two": seen}
    assert raw.prompts["two"] == "df is there. Write."
    assert subject(run, "patched", {}, stored.raw(run), Beside()).observations == {}


def test_no_notebook_makes_a_record_of_any_size() -> None:
    def endless(about: Subject):
        for line in range(1, 5 * MOST):
            yield finding("a", line, message="m" * 10 * LONGEST, replacement="r" * 10 * LONGEST)

    cell = Cell(id="a", kind="code", source="x", step="s", origin="fence")
    found = look(Subject(stored.Notebook((cell,))), {FindingKind.COLUMNS: endless})
    assert len(found) == MOST
    assert len(found[0].message) == len(found[0].replacement or "") == LONGEST + 1


def test_a_run_without_an_executed_notebook_has_none(plan: Plan, project: Path) -> None:
    store = FileStore(project)
    run = run_once(plan, store.work_folder(plan.key), store)
    begun = save_record(store, plan.key, run.model_copy(update={"raw": None}))
    assert Findings(store).of(begun) == ()
    with pytest.raises(HarnessError, match="no executed notebook"):
        Findings(store).subject(begun)
