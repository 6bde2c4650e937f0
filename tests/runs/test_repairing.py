"""Cells that the model is asked for again: when, with what, what is kept, and when it stops."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fakes import MemoryStore, Model, Silent, begin, make_environment, make_plan
from pydantic import TypeAdapter

from harness.checks import AnyCheck
from harness.errors import PromptError, StoreError
from harness.executors.scripted import ScriptedExecutor, ScriptedSession
from harness.notebooks import stored
from harness.ports import Watcher
from harness.project import stages
from harness.records import (
    CellOutcome,
    CellStatus,
    CheckResult,
    CheckStatus,
    Help,
    Limits,
    Message,
    Outcome,
    Run,
    RunKey,
    SteeringKind,
    Workspace,
)
from harness.runs import pipeline
from harness.runs.attempts import REPAIRS
from harness.runs.execution import NotebookEnvironment
from harness.runs.plans import Plan
from harness.runs.remaining import Remaining, RunState, remaining

CHECK = TypeAdapter(AnyCheck).validate_python({"kind": "table", "artifact": "out.csv"})
ERROR = CellOutcome(status=CellStatus.ERROR, error="KeyError", message="'a'", traceback="...")
OTHER = CellOutcome(status=CellStatus.ERROR, error="TypeError", message="no", traceback="...")
FIRST, SECOND = "```python\nx = bad()\n```", "```python\ny = x\n```"
Answer = Callable[[Sequence[Message]], str]


@pytest.fixture
def plan(project: Path, two_steps: Path) -> Plan:
    return make_plan(project, stages.load(project, "tiny"), help=Help(repair=2))


def writer(*repairs: str) -> Model:
    """Writes the two steps, and then answers each time that it is asked for a cell again."""
    left = list(repairs)

    def answer(turns: Sequence[Message]) -> str:
        last = turns[-1].content
        if last.startswith("Count the rows"):
            return FIRST
        return SECOND if last.startswith("Write out.csv") else left.pop(0)

    return Model(answer)


def code(source: str) -> str:
    return f"It was wrong.\n```python\n{source}\n```\n"


def go(
    plan: Plan,
    model: Model,
    store: MemoryStore,
    outcomes: Mapping[str, CellOutcome],
    at: Callable[[NotebookEnvironment], NotebookEnvironment] = lambda at: at,
    reporter: Silent | None = None,
) -> Run:
    folder = Path(plan.table).parent / "w"
    folder.mkdir(exist_ok=True)
    environment = at(make_environment(plan, folder, dict(outcomes), reporter))
    state = begin(plan)
    blob = store.load(plan.key, "run.json")
    if blob is not None:
        run = Run.model_validate_json(blob)
        state = RunState(plan, run, None, remaining(plan, run, len(run.replies), None))
    return pipeline.run_stage(state, model, environment, store, reporter or Silent(), lambda: model)


def attempts(run: Run) -> list[tuple[str, int, str, bool]]:
    made = run.repaired.attempts if run.repaired else ()
    return [(one.cell, one.number, one.reason, one.kept) for one in made]


def test_a_second_attempt_mends_what_the_first_did_not(plan: Plan) -> None:
    store, reporter = MemoryStore(), Silent()
    model = writer(code("x = worse()"), code("x = 1"))
    failing = {"x = bad()": ERROR, "x = worse()": OTHER}
    run = go(plan, model, store, failing, reporter=reporter)
    assert run.outcome is Outcome.REPAIRED
    assert attempts(run) == [
        ("one-001", 1, "it ends with TypeError", False),
        ("one-001", 2, "", True),
    ]
    assert run.repaired is not None
    assert run.repaired.sources == {"one-001": "x = 1"}
    assert [cell.status for cell in run.repaired.execution.cells] == [CellStatus.OK] * 2
    assert run.raw is not None
    assert run.raw.cells[0].error == "KeyError"
    assert [one.kept for one in reporter.attempts] == [False, True]
    assert json.loads(store.blobs[plan.run_id, "run.json"])["repaired"]["attempts"][1]["kept"]


def test_it_is_asked_in_the_conversation_of_its_step_with_what_is_known(plan: Plan) -> None:
    model = writer(code("x = 1"))
    go(plan, model, MemoryStore(), {"x = bad()": ERROR})
    asked = model.seen[2]
    assert [turn.role for turn in asked] == ["system", "user", "assistant", "user"]
    assert asked[:3] == model.seen[1][:3]
    assert "x = bad()" in asked[-1].content
    assert '"KeyError": "\'a\'"' in asked[-1].content


def test_a_later_attempt_goes_on_from_what_got_further(plan: Plan) -> None:
    model = writer(code("x = worse()"), code("x = 1"))
    go(plan, model, MemoryStore(), {"x = bad()": ERROR, "x = worse()": OTHER})
    last = model.seen[3][-1].content
    assert "x = worse()" in last
    assert '"TypeError": "no"' in last


def test_the_same_text_counts_and_is_asked_for_with_another_seed(plan: Plan) -> None:
    model = writer(code("x = bad()  # as I said"), code("x =  bad( )"))
    run = go(plan, model, MemoryStore(), {"x = bad()": ERROR})
    assert attempts(run) == [
        ("one-001", 1, "the same code as before", False),
        ("one-001", 2, "the same code as before", False),
    ]
    assert run.repaired is not None
    assert [one.completion.seed for one in run.repaired.attempts] == [1, 2]
    assert [one.status for one in run.repaired.attempts] == [None, None]


def test_one_that_says_the_same_twice_is_not_asked_a_third_time(plan: Plan) -> None:
    patient = plan.model_copy(update={"help": Help(repair=5)})
    run = go(patient, writer(*[code("x = bad()")] * 5), MemoryStore(), {"x = bad()": ERROR})
    assert len(attempts(run)) == 2


@pytest.mark.parametrize("reply", ["", "I am sorry.", "```python\n# nothing to do\n```"])
def test_a_reply_without_code_is_an_attempt(plan: Plan, reply: str) -> None:
    run = go(plan, writer(reply, reply), MemoryStore(), {"x = bad()": ERROR})
    assert {one[2] for one in attempts(run)} == {"no code"}
    assert run.outcome is Outcome.FAILED


def test_what_breaks_a_later_cell_is_not_kept(plan: Plan) -> None:
    class Executor(ScriptedExecutor):
        def start(self, workspace: Workspace, limits: Limits) -> ScriptedSession:
            outcomes = dict(self._outcomes)

            class Session(ScriptedSession):
                def run(self, source: str) -> CellOutcome:
                    if source == "x = None":
                        outcomes["y = x"] = OTHER
                    return super().run(source)

            return Session(outcomes)

    def at(found: NotebookEnvironment) -> NotebookEnvironment:
        return found._replace(executor=Executor({"x = bad()": ERROR}))

    run = go(plan, writer(code("x = None"), code("x = 1")), MemoryStore(), {}, at)
    assert attempts(run) == [
        ("one-001", 1, "two-001 does not run any more (TypeError)", False),
        ("one-001", 2, "", True),
    ]


def test_nothing_is_asked_where_nothing_fails(plan: Plan) -> None:
    model, store = writer(), MemoryStore()
    run = go(plan, model, store, {})
    assert len(model.seen) == 2
    assert run.outcome is Outcome.RAW
    assert run.repaired is not None
    assert run.repaired.execution == run.raw
    assert (plan.run_id, "repaired.ipynb") not in store.blobs
    assert remaining(plan, run, 2, None) is Remaining.NOTHING


def test_a_cell_that_only_follows_is_not_asked_for(plan: Plan) -> None:
    missing = ERROR.model_copy(update={"error": "NameError", "message": "name 'x' is not defined"})
    model = writer(code("x = bad()"), code("x = bad()"))
    run = go(plan, model, MemoryStore(), {"x = bad()": ERROR, "y = x": missing})
    assert {one[0] for one in attempts(run)} == {"one-001"}


def test_a_kernel_that_dies_under_an_attempt_costs_that_attempt(plan: Plan) -> None:
    killed = CellOutcome(status=CellStatus.KILLED, reason="it died")
    model = writer(code("import os; x = os.abort()"), code("x = 1"))
    run = go(plan, model, MemoryStore(), {"x = bad()": ERROR, "import os; x = os.abort()": killed})
    assert [one[2] for one in attempts(run)] == ["it ends with killed", ""]


def test_a_conversation_that_leaves_no_room_ends_the_repairs_of_a_cell(plan: Plan) -> None:
    def answer(turns: Sequence[Message]) -> str:
        if len(turns) > 2 and "fails" in turns[-1].content:
            raise PromptError("too long")
        return FIRST if len(turns) == 2 else SECOND

    run = go(plan, Model(answer), MemoryStore(), {"x = bad()": ERROR})
    assert attempts(run) == []
    assert run.outcome is Outcome.FAILED


def said(*names: str) -> tuple[CheckResult, ...]:
    found = [CheckResult(name="rows", status=CheckStatus.PASSED, message="all of them")]
    found += [CheckResult(name=name, status=CheckStatus.FAILED, message="not so") for name in names]
    return tuple(found)


def test_a_check_that_speaks_has_the_cell_that_made_the_file_asked_for(plan: Plan) -> None:
    checked = plan.model_copy(update={"stage": plan.stage.model_copy(update={"checks": (CHECK,)})})
    told = iter([said("no blanks"), said("no blanks"), said()])
    model = writer(code("y = x + 0"), code("y = x + 1"))
    at = lambda found: found._replace(  # noqa: E731
        feedback=lambda made, printed: next(told), check=lambda made, printed: said()
    )
    run = go(checked, model, MemoryStore(), {}, at)
    assert attempts(run) == [
        ("two-001", 1, "no check holds that did not before", False),
        ("two-001", 2, "", True),
    ]
    assert '- "no blanks: not so"' in model.seen[2][-1].content
    assert run.repaired is not None
    assert run.repaired.attempts[0].evidence[0].kind == "checks"


def test_what_makes_a_check_fail_that_held_is_not_kept(plan: Plan) -> None:
    checked = plan.model_copy(update={"stage": plan.stage.model_copy(update={"checks": (CHECK,)})})
    lost = (CheckResult(name="rows", status=CheckStatus.FAILED, message="none"),)
    told = iter([said(), lost, said(), said()])
    at = lambda found: found._replace(feedback=lambda made, printed: next(told))  # noqa: E731
    model = writer(code("x = 0"), code("x = 1"))
    run = go(checked, model, MemoryStore(), {"x = bad()": ERROR}, at)
    assert [one[2] for one in attempts(run)] == ["the check 'rows' does not hold any more", ""]


def test_an_attempt_that_was_finished_is_not_asked_for_again(plan: Plan) -> None:
    store = MemoryStore()

    def interrupt(turns: Sequence[Message]) -> str:
        if "worse" in turns[-1].content:
            raise KeyboardInterrupt
        if turns[-1].content.startswith("This cell fails"):
            return code("x = worse()")
        return FIRST if len(turns) == 2 else SECOND

    failing = {"x = bad()": ERROR, "x = worse()": OTHER}
    with pytest.raises(KeyboardInterrupt):
        go(plan, Model(interrupt), store, failing)
    kept = json.loads(store.blobs[plan.run_id, REPAIRS])
    assert [one["source"] for one in kept["attempts"]] == ["x = worse()"]

    model = writer(code("x = 1"))
    run = go(plan, model, store, failing)
    assert len(model.seen) == 1
    assert [one[1] for one in attempts(run)] == [1, 2]
    assert run.outcome is Outcome.REPAIRED


def test_an_answer_that_was_not_tried_yet_is_tried_and_not_asked_for_again(plan: Plan) -> None:
    class Full(MemoryStore):
        left = 1

        def save(self, key: RunKey, name: str, blob: bytes) -> None:
            if name == REPAIRS:
                self.left -= 1
                if self.left < 0:
                    raise StoreError("no space left")
            super().save(key, name, blob)

    store = Full()
    with pytest.raises(StoreError):
        go(plan, writer(code("x = 1")), store, {"x = bad()": ERROR})
    store.left = 100
    model = writer()
    run = go(plan, model, store, {"x = bad()": ERROR})
    assert model.seen == []
    assert run.outcome is Outcome.REPAIRED


def test_attempts_of_another_raw_notebook_are_not_used(plan: Plan) -> None:
    store = MemoryStore()
    go(plan, writer(code("x = 1")), store, {"x = bad()": ERROR})
    blob = json.loads(store.blobs[plan.run_id, "run.json"])
    store.blobs[plan.run_id, "run.json"] = json.dumps({**blob, "raw": None}).encode()
    model = writer(code("x = 2"))
    run = go(plan, model, store, {"x = bad()": OTHER})
    assert len(model.seen) == 1
    assert run.repaired is not None
    assert run.repaired.sources == {"one-001": "x = 2"}


def test_the_repaired_notebook_tells_what_was_rewritten(plan: Plan) -> None:
    odd = 'x = bad()  # </details> ```\n"""\n````\n"""'
    store = MemoryStore()

    def answer(turns: Sequence[Message]) -> str:
        if "fails" in turns[-1].content:
            return code("x = 1")
        return f"`````python\n{odd}\n`````" if len(turns) == 2 else SECOND

    go(plan, Model(answer), store, {odd: ERROR})
    notebook = nbformat.reads(store.blobs[plan.run_id, "repaired.ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    at = [cell.id for cell in notebook.cells].index("one-001")
    assert notebook.cells[at].source == "x = 1"
    assert notebook.cells[at].metadata.harness.origin == "repair"
    note = notebook.cells[at + 1]
    assert note.metadata.harness.origin == "note"
    assert "attempt 1" in note.source
    assert note.source.count("</details>") == 1
    assert note.source.endswith("`````\n\n</details>")


def test_fixes_are_applied_to_what_the_model_mended(plan: Plan) -> None:
    run = go(plan, writer(code("x = 1")), MemoryStore(), {"x = bad()": ERROR})
    form, notebook, done = stored.base(run)
    assert form == "repaired"
    assert notebook.sources["one-001"] == "x = 1"
    assert done.cells[0].status is CellStatus.OK


def test_an_attempt_is_of_the_run_only_where_it_is_asked_for(plan: Plan) -> None:
    plain = plan.model_copy(update={"help": Help()})
    model = writer()
    run = go(plain, model, MemoryStore(), {"x = bad()": ERROR})
    assert run.repaired is None
    assert len(model.seen) == 2


def test_an_engine_that_can_be_steered_does_not_go_the_way_that_failed(plan: Plan) -> None:
    class Steered(Model):
        """Says the same again, unless it is stepped back."""

        steering = SteeringKind.TOKENS

        def complete(self, *given: Any, watchers: Sequence[Watcher] = (), **more: Any) -> Any:
            (made,) = super().complete(*given, **more)
            for watcher in watchers:
                back = watcher.look(made.text, ended=True)
                assert back is not None
                text = f"{made.text[: back.keep]}x = good()\n```"
                assert watcher.look(text, ended=True) is None
                made = made.model_copy(update={"text": text})
            return [made]

    def answer(turns: Sequence[Message]) -> str:
        if "fails" in turns[-1].content:
            return code("x = bad()")
        return FIRST if len(turns) == 2 else SECOND

    run = go(plan, Steered(answer), MemoryStore(), {"x = bad()": ERROR})
    assert run.repaired is not None
    assert run.repaired.sources == {"one-001": "x = good()"}
    (attempt,) = run.repaired.attempts
    assert attempt.steered is not None
    assert [one.text.split("\n")[0] for one in attempt.steered.taken_back] == ["x = bad()"]


def test_checks_speak_once_no_failing_cell_is_left_to_be_asked_for(plan: Plan) -> None:
    checked = plan.model_copy(
        update={
            "stage": plan.stage.model_copy(update={"checks": (CHECK,)}),
            "help": Help(repair=1),
        }
    )
    told = iter([said("no blanks"), said()])
    at = lambda found: found._replace(feedback=lambda made, printed: next(told))  # noqa: E731
    model = writer(code("x = worse()"), code("y = 2"))
    run = go(checked, model, MemoryStore(), {"x = bad()": ERROR, "x = worse()": OTHER}, at)
    assert [(one[0], one[3]) for one in attempts(run)] == [("one-001", False), ("two-001", True)]


def test_what_leaves_out_a_name_that_is_used_later_is_no_repair(plan: Plan) -> None:
    model = writer(code("print('x = 1')"), code("x = 1"))
    run = go(plan, model, MemoryStore(), {"x = bad()": ERROR})
    assert [one[2] for one in attempts(run)] == ["it does not define x, which two-001 uses", ""]
