"""A cell asked for again: the turn, and the answer, which does not go the way that failed.

Where statements run while they are written, they do so here, in a kernel that has run the cells
before this one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.notebooks import tracebacks
from harness.ports import Engine, Watcher
from harness.project import repair_prompts
from harness.project.repair_prompts import Wanted
from harness.records import (
    Cell,
    CellResult,
    Evidence,
    RepairAttempt,
    Run,
    Steered,
    SteeringKind,
)
from harness.runs import attempts, targets, working
from harness.runs.attempts import Repairs
from harness.runs.execution import NotebookEnvironment
from harness.runs.plans import Plan
from harness.runs.targets import Target
from harness.runs.working import Steering
from harness.steering import again
from harness.steering.again import Again, Way


class Question(NamedTuple):
    """A cell to be asked for, what is known beside it, and the cells that come before it."""

    target: Target
    done: Repairs
    facts: tuple[Evidence, ...]
    before: tuple[Cell, ...]


def ask(
    plan: Plan, run: Run, at: NotebookEnvironment, engine: Engine, question: Question
) -> RepairAttempt:
    """The model's answer, not tried yet.

    Raises PromptError where the conversation leaves no room for one.
    """
    target, done, facts, before = question
    wanted = _wanted(target, done, facts)
    turn = repair_prompts.render(plan.repair_template, wanted)
    turns = attempts.conversation(run, target.cell.step, turn)
    seed = plan.seed + target.number - 1
    kind = engine.steering
    with contextlib.ExitStack() as used:
        judge = _judge(plan, at, kind, before, used)
        ways = list(_ways(target, done, facts)) if kind is SteeringKind.TOKENS else []
        watcher = Again(ways, judge, at.reporter.stepped_back)
        watchers: list[Watcher] = [watcher] if ways or judge is not None else []
        (completion,) = engine.complete(
            turns, plan.sampling, [seed], at.reporter.progress, repeats=True, watchers=watchers
        )
        if judge is not None:
            judge.settle(completion.text)
        steered = _steered(watcher, judge, kind)
    said = [Evidence(kind="checks", text=f"{one.name}\n{one.message}") for one in target.checks]
    return RepairAttempt(
        cell=target.cell.id,
        number=target.number,
        error=wanted.error or None,
        message=wanted.message or None,
        evidence=(*said, *facts),
        prompt=turn,
        completion=completion,
        source=attempts.code_of(target.cell.step, completion.text),
        steered=steered,
    )


def _wanted(target: Target, done: Repairs, facts: Sequence[Evidence]) -> Wanted:
    checks = tuple(f"{one.name}: {one.message}" for one in target.checks)
    if checks:
        return Wanted(source=target.source, checks=checks, tried=targets.others(done, target))
    result = target.result
    number = line_of(target.source, result)
    return Wanted(
        source=target.source,
        error=result.error or result.status.value,
        message=result.message or result.reason or "",
        line=target.source.split("\n")[number - 1].strip() if number is not None else "",
        facts=tuple(facts),
        tried=targets.others(done, target),
    )


def line_of(source: str, result: CellResult) -> int | None:
    """The line of a cell, from 1, that led to its error; None where that is not known.

    A traceback may be of an earlier cell, and a kernel may say anything.
    """
    line = tracebacks.innermost_line(result)
    lines = [text.strip() for text in source.split("\n")]
    if line is None or not line.text or line.text not in lines:
        return None
    if 1 <= line.number <= len(lines) and lines[line.number - 1] == line.text:
        return line.number
    return lines.index(line.text) + 1


def _ways(target: Target, done: Repairs, facts: Sequence[Evidence]) -> Iterator[Way]:
    """How versions of the cell went until they failed; of one that ran, all of it."""
    known: list[tuple[str, CellResult | None]] = [(target.source, target.result)]
    known += [(one.source, one.result) for one in done.at(target.cell.id) if one.result is not None]
    if not target.checks and target.source != target.cell.source:
        known.append((target.cell.source, None))
    told = [one.message for one in target.checks]
    imports = [one.text.split("\n")[1] for one in facts if one.text.startswith("imports\n")]
    for source, result in known:
        failed = result if result is not None and result.failed else None
        found = again.way(source, line_of(source, failed) if failed else None)
        if found is None:
            continue
        error = failed.error if failed else target.checks[0].name if told else None
        message = (failed.message if failed else next(iter(told), "")) or ""
        if failed is not None and failed == target.result:
            message = "; ".join(filter(None, [message, *imports[:1]]))
        yield found._replace(error=error, message=message, is_wrong=failed is not None or not told)


def _judge(
    plan: Plan,
    at: NotebookEnvironment,
    kind: SteeringKind,
    before: Sequence[Cell],
    used: contextlib.ExitStack,
) -> Steering | None:
    """Who runs statements while they are written, where that is wanted."""
    if not plan.help.steer or kind is SteeringKind.NONE:
        return None
    beside = working.Working(plan, at)
    used.callback(beside.close)
    for cell in before:
        beside.kernel.run(cell.source, stays=True)
    return beside.watcher(kind, at.reporter.stepped_back)


def _steered(watcher: Again, judge: Steering | None, kind: SteeringKind) -> Steered | None:
    made = judge.steered if judge is not None else Steered(kind=kind)
    taken = (*made.taken_back, *watcher.taken_back)
    if judge is None and not taken:
        return None
    return made.model_copy(update={"taken_back": taken})
