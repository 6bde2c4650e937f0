"""Raw to repaired: the model is asked again for cells that fail, and told what the kernel knows.

A cell at a time, the first that fails by itself; once none is left, one whose step a check speaks
against. What comes back takes the cell's place only where it is better, and nothing is tried once
nothing fails: every further round would only make some notebooks worse. Checks speak on rows of
their own (see ``feedback``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from harness.errors import PromptError
from harness.notebooks import jupyter, repair_notes, stored, syntax
from harness.notebooks.notebook import Notebook
from harness.ports import Engine, RunStore
from harness.records import (
    Cell,
    CellResult,
    CellStatus,
    CheckResult,
    Evidence,
    Execution,
    RepairAttempt,
    Repairing,
    Run,
)
from harness.runs import (
    asking,
    attempts,
    execution,
    failures,
    findings,
    judging,
    patching,
    targets,
)
from harness.runs.asking import Question
from harness.runs.attempts import Repairs
from harness.runs.execution import NotebookEnvironment
from harness.runs.findings import Looked
from harness.runs.plans import Plan
from harness.runs.store import save_record
from harness.runs.targets import Target
from harness.runs.trials import Bench
from harness.steering import evidence, folding
from harness.steering.evidence import Failure


def repair(
    plan: Plan,
    run: Run,
    at: NotebookEnvironment,
    store: RunStore,
    model: Callable[[], Engine],
    *,
    more: bool = False,
) -> Run:
    """Ask for what fails, up to ``plan.help.repair`` times a cell; run and store what came of it.

    ``model`` is called where something has to be asked. ``more``: the patched notebook follows.
    Raises HarnessError where the harness itself fails, and passes KeyboardInterrupt on; attempts
    that were finished until then are stored.
    """
    with contextlib.ExitStack() as used:
        work = _Repair(plan, run, at, store, model, used)
        done = work.carried_out()
    notebook = stored.rewritten(work.raw, done.sources)
    made = stored.executed(run)
    if done.sources:
        made = _executed(plan, run, notebook, done, at, store, more=more)
    repaired = run.model_copy(
        update={
            "repaired": Repairing(
                raw_sha256=work.raw_sha256,
                attempts=done.attempts,
                sources=done.sources,
                cells_sha256=notebook.digest,
                execution=made,
            )
        }
    )
    outcome = patching.outcome_of(repaired)
    return save_record(store, plan.key, repaired.model_copy(update={"outcome": outcome}))


def _executed(
    plan: Plan,
    run: Run,
    notebook: Notebook,
    done: Repairs,
    at: NotebookEnvironment,
    store: RunStore,
    *,
    more: bool,
) -> Execution:
    """The repaired notebook run from top to bottom in a fresh kernel, and stored."""
    outcomes: execution.Outcomes = {}
    looked = Looked()
    try:
        found = execution.execute("repaired", notebook, at, outcomes, more=more)
        looked = findings.after_running(run, "repaired", notebook, outcomes, at)
    finally:
        about = {"run_id": run.run_id, "model": run.model.name, "form": "repaired"}
        raw = stored.raw(run)
        notes = folding.notes(raw.cells, run.replies)
        notes |= repair_notes.of(raw, done.sources, done.attempts)
        made = jupyter.build(notebook, outcomes, about, notes=notes, findings=looked.findings)
        store.save(plan.key, stored.REPAIRED, jupyter.dump(made))
    for name, blob in found.artifacts.items():
        store.save(plan.key, f"artifacts/repaired/{name}", blob)
    classed = failures.classify(notebook, found.execution.cells)
    return found.execution.model_copy(update={"cells": classed})


class _Repair:
    """The repairs of one run, from what is stored of them on."""

    def __init__(
        self,
        plan: Plan,
        run: Run,
        at: NotebookEnvironment,
        store: RunStore,
        model: Callable[[], Engine],
        used: contextlib.ExitStack,
    ) -> None:
        self._plan, self._run, self._at, self._store = plan, run, at, store
        self._model, self._used = model, used
        self._engine: Engine | None = None
        self.raw = stored.raw(run)
        self.raw_sha256 = patching.digest(self.raw, stored.executed(run))
        self._bench = Bench(at)
        used.callback(self._bench.close)
        self._facts: dict[tuple[str, str], tuple[Evidence, ...]] = {}  # by cell and source
        self._too_long: set[str] = set()  # cells whose conversation leaves no room

    def carried_out(self) -> Repairs:
        """Every attempt that is to be made."""
        of = attempts.digest(self.raw_sha256, self._run)
        done = attempts.load(self._plan, of, self._store)
        if done is None:
            done = Repairs(of=of, cells=stored.executed(self._run).cells)
        while True:
            target, done = self._next(done)
            if target is None:
                return done
            self._at.reporter.repairing(
                target.cell, target.number, self._plan.help.repair, target.why
            )
            done = self._attempt(target, done)

    def _next(self, done: Repairs) -> tuple[Target | None, Repairs]:
        """What is asked for next, and the repairs with what was said of them, if that was asked."""
        notebook = stored.rewritten(self.raw, done.sources)
        most, passed_over = self._plan.help.repair, self._too_long
        target = targets.failing(notebook, done, most, passed_over)
        if target is not None or not (done.cells and self._at.stage.checks):
            return target, done
        done = self._judged(done)
        return targets.wanting(notebook, self._at.stage, done, most, passed_over), done

    def _attempt(self, target: Target, done: Repairs) -> Repairs:
        begun = done.begun
        if begun is None or (begun.cell, begun.number) != (target.cell.id, target.number):
            begun = self._asked(target, done)
            if begun is None:
                self._too_long.add(target.cell.id)
                return done
            attempts.save(self._plan, done.model_copy(update={"begun": begun}), self._store)
        done = self._tried(target, begun, done)
        attempts.save(self._plan, done, self._store)
        self._at.reporter.repaired(done.attempts[-1])
        return done

    def _asked(self, target: Target, done: Repairs) -> RepairAttempt | None:
        """The model's answer; None where the conversation leaves no room for one."""
        facts = () if target.checks else self._known(target, done)
        self._bench.rest()
        notebook = stored.rewritten(self.raw, done.sources)
        before = notebook.code[: targets.place(notebook, target.cell.id)]
        try:
            question = Question(target, done, facts, before)
            return asking.ask(self._plan, self._run, self._at, self._writer(), question)
        except PromptError:
            return None

    def _writer(self) -> Engine:
        if self._engine is None:
            self._engine = self._used.enter_context(contextlib.closing(self._model()))
        return self._engine

    def _known(self, target: Target, done: Repairs) -> tuple[Evidence, ...]:
        """What the kernel knows of the failure, where the cell failed there as it is recorded."""
        key = target.cell.id, target.source
        can_tell = target.result.status is CellStatus.ERROR and syntax.parses(target.source)
        if key not in self._facts and can_tell:
            notebook = stored.rewritten(self.raw, {**done.sources, key[0]: key[1]})
            cells = notebook.code[: targets.place(notebook, key[0]) + 1]
            outcome = self._bench.reach(cells, len(notebook.code))[-1]
            self._remember(cells[-1], execution.result_of(cells[-1], outcome))
        return self._facts.get(key, ())

    def _remember(self, cell: Cell, result: CellResult) -> None:
        """What the kernel knows of a cell that has just failed in it."""
        if result.status is CellStatus.ERROR:
            found = evidence.gather(Failure(cell.source, result), self._bench.ask)
            self._facts[cell.id, cell.source] = found

    def _tried(self, target: Target, begun: RepairAttempt, done: Repairs) -> Repairs:
        """The attempt with what came of it, and in the cell's place where that is better."""
        known = {attempts.shape(one.source) for one in done.at(target.cell.id)}
        known |= {attempts.shape(target.cell.source), attempts.shape(target.source)}
        reason = targets.NO_CODE if not begun.source else ""
        if not reason and attempts.shape(begun.source) in known:
            reason = targets.SAME
        if not reason and begun.completion.finish == "length":
            reason = targets.CUT_OFF
        if not reason:
            notebook = stored.rewritten(self.raw, done.sources)
            reason = targets.lacks(notebook, target, begun.source)
        if reason:
            return done.ended(begun.model_copy(update={"reason": reason}))
        sources = {**done.sources, target.cell.id: begun.source}
        notebook = stored.rewritten(self.raw, sources)
        self._at.reporter.executing("tried")
        results, reason = self._ran(notebook, target, done)
        own = next(one for one in results if one.cell == target.cell.id)
        said: tuple[CheckResult, ...] | None = None
        if not reason and self._at.stage.checks:
            made, done = self._bench.made(), self._judged(done)
            said = self._at.feedback(*made)
            reason = targets.worse(done.feedback or (), said, target)
        update = {"status": own.status, "result": own, "reason": reason, "kept": not reason}
        done = done.ended(begun.model_copy(update=update))
        if reason:
            return done
        return done.model_copy(update={"sources": sources, "cells": results, "feedback": said})

    def _ran(
        self, notebook: Notebook, target: Target, done: Repairs
    ) -> tuple[tuple[CellResult, ...], str]:
        """How the cells ended with the new one, and why that is not better; empty where it is."""
        ran = {one.cell for one in done.cells if one.status is CellStatus.OK}
        place, total = targets.place(notebook, target.cell.id), len(notebook.code)
        results: list[CellResult] = []
        told = False
        for number in range(place, total):
            outcomes = self._bench.reach(notebook.code[: number + 1], total)
            pairs = zip(notebook.code, outcomes, strict=False)
            results = [execution.result_of(cell, outcome) for cell, outcome in pairs]
            last = results[-1]
            if last.failed and not told:
                self._remember(notebook.code[number], last)
                told = True
            if number == place and last.status is not CellStatus.OK:
                return tuple(results), f"it ends with {last.verdict}"
            if last.cell in ran and last.status is not CellStatus.OK:
                return tuple(results), f"{last.cell} does not run any more ({last.verdict})"
        return tuple(results), ""

    def _judged(self, done: Repairs) -> Repairs:
        """With what the checks say of the notebook as it stands; only of the raw one they may not
        have been asked.
        """
        if done.feedback is not None:
            return done
        self._bench.close()
        blobs, shown = judging.made(self._plan.key, "raw", stored.executed(self._run), self._store)
        return done.model_copy(update={"feedback": self._at.feedback(blobs, shown)})
