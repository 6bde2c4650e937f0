"""The flow: what each step sees, what is stored when, and how a broken run goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan

from harness.errors import StoreError
from harness.executors.scripted import ScriptedExecutor
from harness.project import stages
from harness.records import CellOutcome, CellStatus, Message, Outcome, Replies, Run, RunKey
from harness.runs import pipeline
from harness.runs.plans import Plan

CODE = "Text.\n```python\nx = 1\n```\n"
FAILED = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'", traceback="...")


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    return make_plan(project, stages.load(project, "tiny"))


def go(
    plan: Plan,
    folder: Path,
    model: Model,
    store: MemoryStore,
    outcomes: dict[str, CellOutcome] | None = None,
    reporter: Silent | None = None,
) -> Run:
    folder.mkdir(exist_ok=True)
    reporter = reporter or Silent()
    return pipeline.run_stage(
        begin(plan), model, make_environment(plan, folder, outcomes, reporter), store, reporter
    )


def test_step_two_sees_step_one_and_its_reply(plan: Plan, tmp_path: Path) -> None:
    model = Model(lambda turns: CODE)
    go(plan, tmp_path / "w", model, MemoryStore())
    assert [turn.role for turn in model.seen[0]] == ["system", "user"]
    assert [turn.role for turn in model.seen[1]] == ["system", "user", "assistant", "user"]
    assert model.seen[1][2].content == CODE


def test_a_record_keeps_the_time_of_its_first_writing(plan: Plan, tmp_path: Path) -> None:
    def slowly(turns: object) -> str:
        time.sleep(1.1)
        return CODE

    store = MemoryStore()
    begun = datetime.now(UTC)
    run = go(plan, tmp_path / "w", Model(slowly), store)
    assert datetime.fromisoformat(run.created) < begun + timedelta(seconds=1)
    assert run.updated is not None
    assert datetime.fromisoformat(run.updated) > begun + timedelta(seconds=1)


@pytest.mark.parametrize("rule", [2, None])
def test_a_record_says_how_held_out_rows_were_chosen(
    plan: Plan, tmp_path: Path, rule: int | None
) -> None:
    profile = plan.profile.model_copy(update={"holdout_rule": rule})
    of_rule = plan.model_copy(update={"profile": profile})
    store = MemoryStore()
    go(of_rule, tmp_path / "w", Model(lambda turns: CODE), store)
    assert json.loads(store.blobs[plan.run_id, "run.json"])["holdout_rule"] == rule


def test_a_reply_is_kept_to_the_byte(plan: Plan, tmp_path: Path) -> None:
    odd = "  \r\n```py\n\tx = '\u2028é'\n"
    store = MemoryStore()
    go(plan, tmp_path / "w", Model(lambda turns: odd), store)
    stored = json.loads(store.blobs[plan.run_id, "replies.json"])
    assert stored["replies"][0]["completion"]["text"] == odd


def test_what_a_later_cell_changes_is_stored_where_it_is_shown(plan: Plan, tmp_path: Path) -> None:
    shown = ({"output_type": "stream", "name": "stdout", "text": "100 %"},)
    texts = iter(("```python\nbar = 1\n```\n```python\nx = 2\n```\n", CODE))
    environment = make_environment(plan, tmp_path)._replace(
        executor=ScriptedExecutor(updates={"x = 1": {0: shown}})
    )
    store = MemoryStore()
    model = Model(lambda turns: next(texts))
    pipeline.run_stage(begin(plan), model, environment, store, Silent())
    cells = nbformat.reads(store.blobs[plan.run_id, "raw.ipynb"].decode(), as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [[dict(o) for o in cell.outputs] for cell in code] == [[shown[0]], [], []]


def test_all_cells_ok_is_raw_and_one_failure_is_failed(plan: Plan, tmp_path: Path) -> None:
    model = Model(lambda turns: CODE)
    assert go(plan, tmp_path / "a", model, MemoryStore()).outcome is Outcome.RAW
    failed = go(plan, tmp_path / "b", model, MemoryStore(), {"x = 1": FAILED})
    assert failed.outcome is Outcome.FAILED
    assert failed.raw is not None
    assert failed.raw.cells[0].error == "KeyError"


def test_a_failed_cell_does_not_stop_the_notebook(plan: Plan, tmp_path: Path) -> None:
    reporter = Silent()
    model = Model(lambda turns: f"```python\n{'a' if len(turns) == 2 else 'b'} = 1\n```")
    go(plan, tmp_path / "w", model, MemoryStore(), {"a = 1": FAILED}, reporter)
    assert [result.status for result in reporter.results] == [CellStatus.ERROR, CellStatus.OK]


@pytest.mark.parametrize("reply", ["", "Only words."])
def test_a_stage_without_code_failed(plan: Plan, tmp_path: Path, reply: str) -> None:
    run = go(plan, tmp_path / "w", Model(lambda turns: reply), MemoryStore())
    assert run.outcome is Outcome.FAILED
    assert run.raw is not None
    assert run.raw.cells == ()


def test_the_notebook_says_where_each_cell_came_from(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()
    go(plan, tmp_path / "w", Model(lambda turns: CODE), store, {"x = 1": FAILED})
    notebook = nbformat.reads(store.blobs[plan.run_id, "raw.ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells][:3] == ["one-000", "one-001", "one-002"]
    about = notebook.cells[2].metadata.harness
    assert (about.step, about.origin, about.result.error) == ("one", "fence", "KeyError")
    assert notebook.metadata.harness.run_id == plan.run_id


def test_an_interrupted_reply_is_kept_and_the_run_goes_on(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()

    def interrupt_second(turns: Sequence[Message]) -> str:
        if len(turns) > 2:
            raise KeyboardInterrupt
        return CODE

    with pytest.raises(KeyboardInterrupt):
        go(plan, tmp_path / "w", Model(interrupt_second), store)
    kept = Replies.model_validate_json(store.blobs[plan.run_id, "replies.json"])
    assert [reply.step for reply in kept.replies] == ["one"]
    assert kept.partial is not None
    assert (kept.partial.step, kept.partial.completion.text) == ("two", "begun")
    record = Run.model_validate_json(store.blobs[plan.run_id, "run.json"])
    assert record.outcome is Outcome.INCOMPLETE

    model, reporter = Model(lambda turns: CODE), Silent()
    run = go(plan, tmp_path / "w", model, store, reporter=reporter)
    assert reporter.resumed == ["one"]
    assert len(model.seen) == 1
    assert run.outcome is Outcome.RAW


def test_an_interrupted_execution_keeps_the_cells_done(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()

    class Impatient(Silent):
        def executed(self, result: object) -> None:
            raise KeyboardInterrupt

    model = Model(lambda turns: CODE)
    with pytest.raises(KeyboardInterrupt):
        go(plan, tmp_path / "w", model, store, reporter=Impatient())
    notebook = nbformat.reads(store.blobs[plan.run_id, "raw.ipynb"].decode(), as_version=4)
    statuses = [c.metadata.harness.result.status for c in notebook.cells if c.cell_type == "code"]
    assert statuses == ["ok", "not run"]
    assert go(plan, tmp_path / "w", model, store).outcome is Outcome.RAW
    assert len(model.seen) == 2


def test_replies_of_another_stage_are_not_reused(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()
    go(plan, tmp_path / "w", Model(lambda turns: CODE), store)
    text = store.blobs[plan.run_id, "replies.json"].decode().replace('"one"', '"other"')
    store.blobs[plan.run_id, "replies.json"] = text.encode()
    model = Model(lambda turns: CODE)
    go(plan, tmp_path / "w", model, store)
    assert len(model.seen) == 2


def test_a_store_that_fails_in_the_middle_loses_no_reply(plan: Plan, tmp_path: Path) -> None:
    class Full(MemoryStore):
        full = False

        def save(self, key: RunKey, name: str, blob: bytes) -> None:
            if self.full:
                raise StoreError("no space left")
            super().save(key, name, blob)

    store = Full()

    def fill(turns: Sequence[Message]) -> str:
        store.full = len(turns) > 2
        return CODE

    with pytest.raises(StoreError):
        go(plan, tmp_path / "w", Model(fill), store)
    store.full = False
    model = Model(lambda turns: CODE)
    assert go(plan, tmp_path / "w", model, store).outcome is Outcome.RAW
    assert len(model.seen) == 1


def test_promised_artifacts_are_collected_or_missing(plan: Plan, tmp_path: Path) -> None:
    store = MemoryStore()
    run = go(plan, tmp_path / "w", Model(lambda turns: CODE), store)
    assert run.raw is not None
    assert [(a.name, a.status) for a in run.raw.artifacts] == [("out.csv", "missing")]
    (tmp_path / "w" / "out.csv").write_text("1")
    run = go(plan, tmp_path / "w", Model(lambda turns: CODE), store)
    assert store.blobs[plan.run_id, "artifacts/raw/out.csv"] == b"1"


def test_the_engine_is_closed_before_cells_run(plan: Plan, tmp_path: Path) -> None:
    model = Model(lambda turns: CODE)
    go(plan, tmp_path / "w", model, MemoryStore())
    assert model.closed
