"""Patching as a repeatable pass: raw stays, what is stale is noticed, edits are never lost."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from notebook_text import patch, rule

from harness.errors import EditedError, NotebookError
from harness.executors.scripted import ScriptedExecutor, ScriptedSession
from harness.fixes import capture, writing
from harness.fixes.files import read
from harness.notebooks import jupyter
from harness.project import stages
from harness.records import (
    CellOutcome,
    CellStatus,
    Fix,
    FixHeader,
    Limits,
    Outcome,
    Run,
    Verdict,
    When,
    Workspace,
)
from harness.runs import minimise, patching, pipeline
from harness.runs.plans import Plan

REPLY = "```python\nx = broken()\n```\n```python\ny = x + 1\n```\n"
ERROR = CellOutcome(status=CellStatus.ERROR, error="NameError", message="name 'x' is not defined")
BROKEN = {
    "x = broken()": CellOutcome(status=CellStatus.ERROR, error="TypeError", message="no"),
    "y = x + 1": ERROR,
}
MEND = patch("@@ -6,3 +6,3 @@ one-001\n # %%\n-x = broken()\n+x = 1\n \n", "010-mend")
FIXED = {"x = broken()": BROKEN["x = broken()"]}


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    return make_plan(project, stages.load(project, "tiny"))


@pytest.fixture
def kept(plan: Plan, tmp_path: Path) -> MemoryStore:
    """A store with one failed run in it, not patched."""
    store = MemoryStore()
    model = Model(lambda turns: REPLY if len(turns) == 2 else "```python\nz = 3\n```")
    folder = tmp_path / "work"
    folder.mkdir()
    pipeline.run_stage(begin(plan), model, make_environment(plan, folder, BROKEN), store, Silent())
    return store


def record(kept: MemoryStore, plan: Plan) -> Run:
    return Run.model_validate_json(kept.blobs[plan.run_id, "run.json"])


def go(
    kept: MemoryStore, plan: Plan, *series: Fix, outcomes=FIXED, reporter=None, **options
) -> Run:
    environment = make_environment(plan, Path(plan.table).parent, outcomes, reporter)
    return patching.patch(plan.key, record(kept, plan), series, environment, kept, **options)


def notebook(kept: MemoryStore, plan: Plan, name: str = "patched.ipynb") -> nbformat.NotebookNode:
    return nbformat.reads(kept.blobs[plan.run_id, name].decode(), as_version=4)


def edit(kept: MemoryStore, plan: Plan, old: str, new: str) -> None:
    there = notebook(kept, plan)
    for cell in there.cells:
        cell.source = cell.source.replace(old, new)
    kept.blobs[plan.run_id, "patched.ipynb"] = nbformat.writes(there).encode()


def test_raw_is_never_touched_and_the_run_is_patched(kept: MemoryStore, plan: Plan) -> None:
    before = kept.blobs[plan.run_id, "raw.ipynb"]
    run = go(kept, plan, MEND)
    assert kept.blobs[plan.run_id, "raw.ipynb"] == before
    assert run.outcome is Outcome.PATCHED
    assert record(kept, plan) == run
    assert run.patched is not None
    (verdict,) = run.patched.verdicts
    assert verdict.verdict is Verdict.APPLIED
    assert [(e.cell, e.before, e.after) for e in verdict.cells] == [("one-001", "TypeError", "ok")]
    assert run.patched.ledger.share == round(1 / 3, 4)


def test_failures_are_classed_before_and_behind_the_fixes(kept: MemoryStore, plan: Plan) -> None:
    raw = record(kept, plan).raw
    assert raw is not None
    assert [cell.failure for cell in raw.cells] == ["root", "cascade", None]
    # The name is one that no failed cell would have bound, yet the cell runs behind the fix.
    odd = {**BROKEN, "y = x + 1": ERROR.model_copy(update={"message": "name 'q' is not defined"})}
    plan2 = plan.model_copy(update={"run_id": "other"})
    store = MemoryStore()
    model = Model(lambda turns: REPLY if len(turns) == 2 else "```python\nz = 3\n```")
    environment = make_environment(plan2, plan.table.parent, odd)
    run = pipeline.run_stage(begin(plan2), model, environment, store, Silent())
    assert run.raw is not None
    assert [cell.failure for cell in run.raw.cells] == ["root", "root", None]
    run = go(store, plan2, MEND)
    assert run.raw is not None
    assert [cell.failure for cell in run.raw.cells] == ["root", "cascade", None]


def test_the_patched_notebook_says_who_touched_what_and_why(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan, MEND)
    made = notebook(kept, plan)
    nbformat.validate(made)
    assert made.metadata.harness.form == "patched"
    cells = {cell.id: cell for cell in made.cells}
    assert cells["one-001"].metadata.harness.fixes == [
        {
            "fix": "010-mend",
            "author": "Somebody",
            "cause": "data-unseen",
            "description": "Why",
        }
    ]
    assert cells["one-001"].metadata.tags == ["fix:010-mend"]
    assert "fixes" not in cells["one-002"].metadata.harness
    assert "`010-mend` applied · Why · *data-unseen, Somebody* · exact" in made.cells[0].source


def test_a_fix_that_applies_and_leaves_its_cell_failing_is_recorded_so(
    kept: MemoryStore, plan: Plan
) -> None:
    still = {"x = 1": CellOutcome(status=CellStatus.ERROR, error="ValueError"), **FIXED}
    run = go(kept, plan, MEND, outcomes=still)
    assert run.outcome is Outcome.FAILED
    assert run.patched is not None
    (verdict,) = run.patched.verdicts
    assert verdict.verdict is Verdict.APPLIED
    assert [(e.before, e.after) for e in verdict.cells] == [("TypeError", "ValueError")]


def test_where_no_fix_applies_raw_serves_without_another_kernel(
    kept: MemoryStore, plan: Plan
) -> None:
    reporter = Silent()
    run = go(kept, plan, reporter=reporter)
    assert reporter.forms == []
    assert run.patched is not None
    assert run.raw is not None
    assert run.patched.execution.cells == tuple(
        cell.model_copy(update={"failure": cell.failure}) for cell in run.raw.cells
    )
    assert notebook(kept, plan).metadata.harness.form == "patched"
    obsolete = rule("rule: {pattern: nothing($A)}\nrewrite: something($A)\n")
    go(kept, plan, obsolete, reporter=reporter)
    assert reporter.forms == []
    assert "obsolete" in notebook(kept, plan).cells[0].source


def test_what_is_stale_is_noticed(kept: MemoryStore, plan: Plan) -> None:
    assert not patching.is_current(record(kept, plan), [])
    run = go(kept, plan, MEND)
    assert patching.is_current(run, [MEND])
    assert not patching.is_current(run, [])
    assert not patching.is_current(run, [MEND.model_copy(update={"sha256": "0" * 64})])
    assert run.raw is not None
    cells = tuple(c.model_copy(update={"message": "another"}) for c in run.raw.cells)
    other = run.model_copy(update={"raw": run.raw.model_copy(update={"cells": cells})})
    assert not patching.is_current(other, [MEND])


def test_edits_are_not_overwritten_unless_someone_says_so(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan, MEND)
    edit(kept, plan, "z = 3", "z = 4")
    mine = kept.blobs[plan.run_id, "patched.ipynb"]
    with pytest.raises(EditedError, match="harness fixes capture"):
        go(kept, plan, MEND)
    assert kept.blobs[plan.run_id, "patched.ipynb"] == mine
    go(kept, plan, MEND, discard=True)
    assert "z = 4" not in kept.blobs[plan.run_id, "patched.ipynb"].decode()


def test_a_patched_notebook_that_cannot_be_read_may_hold_edits(
    kept: MemoryStore, plan: Plan
) -> None:
    go(kept, plan, MEND)
    kept.blobs[plan.run_id, "patched.ipynb"] = b"<<<<<<< HEAD"
    with pytest.raises(EditedError, match="cannot be read"):
        go(kept, plan, MEND)


def test_outputs_and_metadata_are_no_edits(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan, MEND)
    there = notebook(kept, plan)
    for cell in there.cells:
        cell.metadata["collapsed"] = True
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = 99
        cell.source += "\n"
    kept.blobs[plan.run_id, "patched.ipynb"] = nbformat.writes(there).encode()
    assert capture.take(plan.key, record(kept, plan), [MEND], kept).changes == []
    go(kept, plan, MEND)


def new_fixes(kept: MemoryStore, plan: Plan, project: Path, *series: Fix) -> list[Path]:
    run = record(kept, plan)
    taken = capture.take(plan.key, run, series, kept)
    header = FixHeader(
        description="Why",
        author="me",
        date="2026-11-24",  # type: ignore[arg-type]
        cause="syntax",  # type: ignore[arg-type]
        when=When(word="always"),
    )
    texts = [
        ("why", ".patch", writing.patch_text(header, "tiny", found.hunk)) for found in taken.changes
    ]
    return capture.keep(project, plan.key, run, series, taken, texts, kept)


def test_captured_edits_come_back_after_everything_else_is_gone(
    kept: MemoryStore, plan: Plan, project: Path
) -> None:
    go(kept, plan)
    edit(kept, plan, "x = broken()", "x = 1")
    there = notebook(kept, plan)
    there.cells.insert(2, nbformat.v4.new_code_cell("import os\n\nprint(os.name)"))
    kept.blobs[plan.run_id, "patched.ipynb"] = nbformat.writes(there).encode()
    wanted = [(c.cell_type, c.source) for c in there.cells]
    paths = new_fixes(kept, plan, project)
    assert [path.name for path in paths] == ["010-why.patch", "020-why.patch"]
    series = [read(path) for path in paths]
    assert capture.take(plan.key, record(kept, plan), series, kept).changes == []
    del kept.blobs[plan.run_id, "patched.ipynb"]
    go(kept, plan, *series)
    made = notebook(kept, plan)
    assert [(c.cell_type, c.source) for c in made.cells if c.id != jupyter.NOTE] == wanted


def test_what_was_saved_while_it_was_captured_is_not_captured(
    kept: MemoryStore, plan: Plan, project: Path
) -> None:
    go(kept, plan, MEND)
    edit(kept, plan, "z = 3", "z = 4")
    run = record(kept, plan)
    taken = capture.take(plan.key, run, [MEND], kept)
    edit(kept, plan, "z = 4", "z = 5")
    header = FixHeader(
        description="d",
        author="a",
        date="2026-11-24",  # type: ignore[arg-type]
        cause="syntax",  # type: ignore[arg-type]
        when=When(word="always"),
    )
    texts = [("why", ".patch", writing.patch_text(header, "tiny", taken.changes[0].hunk))]
    with pytest.raises(EditedError, match="saved again"):
        capture.keep(project, plan.key, run, [MEND], taken, texts, kept)
    assert not list((project / "fixes").glob("tiny/*"))


def test_fixes_that_would_not_give_the_notebook_back_are_not_written(
    kept: MemoryStore, plan: Plan, project: Path
) -> None:
    go(kept, plan, MEND)
    edit(kept, plan, "z = 3", "z = (")
    with pytest.raises(EditedError, match=r"two-001 would not be Python"):
        new_fixes(kept, plan, project, MEND)
    assert not list((project / "fixes").glob("tiny/*"))


def test_edits_on_top_of_a_fix_that_changed_are_refused(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan, MEND)
    edit(kept, plan, "z = 3", "z = 4")
    changed = MEND.model_copy(update={"sha256": "0" * 64})
    for series in ([changed], []):
        with pytest.raises(EditedError, match="010-mend changed since"):
            capture.take(plan.key, record(kept, plan), series, kept)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"cells": [1], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        b"[" * 5000,
        b'{"cells": {}, "metadata": [], "nbformat": 4, "nbformat_minor": 5}',
        b'{"nbformat": 99, "cells": []}',
    ],
)
def test_a_broken_notebook_is_one_line(kept: MemoryStore, plan: Plan, blob: bytes) -> None:
    go(kept, plan, MEND)
    kept.blobs[plan.run_id, "patched.ipynb"] = blob
    with pytest.raises(NotebookError) as caught:
        capture.take(plan.key, record(kept, plan), [MEND], kept)
    assert "\n" not in str(caught.value)


def test_ids_that_are_missing_or_there_twice_are_no_obstacle(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan, MEND)
    there = json.loads(kept.blobs[plan.run_id, "patched.ipynb"])
    there["nbformat_minor"] = 4
    for cell in there["cells"]:
        del cell["id"]
    kept.blobs[plan.run_id, "patched.ipynb"] = json.dumps(there).encode()
    taken = capture.take(plan.key, record(kept, plan), [MEND], kept)
    assert taken.changes == []


def test_minimise_names_the_needless_fix(kept: MemoryStore, plan: Plan) -> None:
    idle = patch("@@ -18,3 +18,3 @@ two-001\n # %%\n-z = 3\n+z = 30\n \n", "020-idle")
    run = go(kept, plan, MEND, idle)
    judged: list[tuple[str, str | None]] = []
    environment = make_environment(plan, plan.table.parent, FIXED)
    done = minimise.minimise(
        plan.key,
        run,
        [MEND, idle],
        environment,
        kept,
        lambda n, of, v: judged.append((v.fix, v.need)),
    )
    assert judged == [("010-mend", "necessary"), ("020-idle", "redundant")]
    assert record(kept, plan) == done
    assert done.patched is not None
    assert done.patched.verdicts[0].need_reason == "one-001: TypeError"
    reporter = Silent()
    environment = make_environment(plan, plan.table.parent, BROKEN, reporter)
    minimise.minimise(plan.key, done, [MEND, idle], environment, kept, lambda *_: None)
    assert reporter.forms == []  # judged already


@pytest.mark.parametrize("is_steady", [True, False])
def test_minimise_compares_what_cells_show_unless_it_always_differs(
    kept: MemoryStore, plan: Plan, is_steady: bool
) -> None:
    drawn = patch("@@ -18,3 +18,3 @@ two-001\n # %%\n-z = 3\n+z = 30\n \n", "020-draws")
    run = go(kept, plan, MEND, drawn)
    reporter = Silent()
    passes: list[int] = []

    def image() -> str:
        passes.append(1)
        return "iVBOR" if is_steady else f"iVBOR{len(passes)}"

    class Drawing(ScriptedSession):
        def run(self, source: str) -> CellOutcome:
            found = super().run(source)
            shown = {"image/png": image(), "text/plain": f"<Figure at {hex(len(passes))}>"}
            figure = {"output_type": "display_data", "metadata": {}, "data": shown}
            return found.model_copy(update={"outputs": (figure,) if source == "z = 30" else ()})

    class Executor(ScriptedExecutor):
        def start(self, workspace: Workspace, limits: Limits) -> ScriptedSession:
            return Drawing(FIXED)

    environment = make_environment(plan, plan.table.parent, None, reporter)
    environment = environment._replace(executor=Executor())
    done = minimise.minimise(plan.key, run, [MEND, drawn], environment, kept, lambda *_: None)
    assert done.patched is not None
    need = done.patched.verdicts[1]
    assert need.need == ("necessary" if is_steady else "redundant")
    assert (need.need_reason == "two-001: image/png is another") == is_steady
    assert [form for form in reporter.forms if "all fixes" in form] == [
        "with all fixes, to compare what it shows",
        "with all fixes, again, to compare what it shows",
    ]


def test_minimise_wants_what_is_up_to_date(kept: MemoryStore, plan: Plan) -> None:
    run = go(kept, plan, MEND)
    environment = make_environment(plan, plan.table.parent)
    with pytest.raises(EditedError, match="harness patch"):
        minimise.minimise(plan.key, run, [], environment, kept, lambda *_: None)


def test_interrupted_patching_leaves_the_last_state(kept: MemoryStore, plan: Plan) -> None:
    go(kept, plan)
    before = dict(kept.blobs)

    class Impatient(Silent):
        def executed(self, result: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(kept, plan, MEND, reporter=Impatient())
    assert kept.blobs == before
    assert go(kept, plan, MEND).outcome is Outcome.PATCHED
