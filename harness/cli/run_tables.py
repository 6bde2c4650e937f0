"""Tables of the runs that a command is about: what is left of each, and what came of it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from harness.batch.matrix import Planned
from harness.batch.outcomes import Ended
from harness.cli import show
from harness.records import CellStatus, CheckStatus, RunSummary
from harness.runs.plans import Plan
from harness.runs.remaining import Remaining
from harness.runs.store import FileStore, summary

STATES = {
    Remaining.WRITE: "to do",
    Remaining.EXECUTE: "to execute",
    Remaining.REPAIR: "to repair",
    Remaining.PATCH: "to patch",
    Remaining.CHECK: "to check",
    Remaining.NOTHING: "done",
}


def print_plan(seen: Sequence[Planned], expected: dict[str, float]) -> None:
    """What will run, what is done already, and how long it may take."""
    table = show.table("", "model", "stage", "context", ("seed", "right"), "run", "state")
    for one in seen:
        state = STATES[one.left]
        if one.replies and (one.run is None or one.run.raw is None):
            state = f"begun, {one.replies} replies kept"
        table.add_row(
            one.plan.model.name,
            one.plan.stage.name,
            one.plan.context.name,
            str(one.plan.seed),
            one.plan.run_id,
            show.status(state),
        )
    show.out.print(table)
    for label in dict.fromkeys(one.plan.help.label for one in seen if one.plan.help.given):
        show.info(f"Help      {label}")
    todo = [one for one in seen if not one.done]
    known = [expected[one.plan.run_id] for one in todo if one.plan.run_id in expected]
    left = ""
    if known:
        whole = sum(known) + statistics.fmean(known) * (len(todo) - len(known))
        left = f"; about {show.seconds(whole)} by past runs"
    elif todo:
        left = "; no past runs to tell the time by"
    show.out.print(f"\n{len(todo)} of {len(seen)} runs to do{left}")


def print_ended(ended: Sequence[Ended], store: FileStore) -> None:
    """Model by stage: outcome, cells, human share, speed, time, and the model before."""
    before = _before(ended, store)
    several = len({one.planned.plan.context for one in ended}) > 1
    table = show.table(
        "", "model", "stage", ("seed", "right"), "outcome", ("cells", "right"),
        ("checks", "right", "extra"), ("human", "right"), ("tok/s", "right", "extra"),
        ("time", "right", "extra"), ("before", "extra"),
    )  # fmt: skip
    for one in ended:
        plan = one.planned.plan
        name = plan.model.name
        stage = f"{plan.stage.name} {plan.context.name}" if several else plan.stage.name
        if one.run is None:
            table.add_row(name, stage, str(plan.seed), show.status("failed"), *[""] * 6)
            continue
        line = summary(plan.key, one.run, store.root)
        made = line.completion_tokens / line.own_seconds if line.own_seconds else 0
        share = f"{line.human_share:.0%}" if line.human_share is not None else ""
        table.add_row(
            name,
            stage,
            str(plan.seed),
            show.status(line.outcome),
            _cells(one),
            _checks(one),
            share,
            f"{made:.1f}" if made else "",
            show.seconds(line.cost),
            _delta(line, before.get(_work(plan))),
        )
    show.out.print()
    show.out.print(table)


def _cells(one: Ended) -> str:
    if one.run is None or one.run.raw is None:
        return ""
    raw = one.run.raw.cells
    told = f"{sum(c.status is CellStatus.OK for c in raw)}/{len(raw)}"
    rewritten = one.run.repaired if one.run.is_rewritten else None
    changed = one.run.patched if one.run.patched and one.run.patched.changes else None
    for cells in (made.execution.cells for made in (rewritten, changed) if made):
        told += f"→{sum(c.status is CellStatus.OK for c in cells)}/{len(cells)}"
    return told


def _checks(one: Ended) -> str:
    if one.run is None or one.run.raw is None:
        return ""
    last = list(one.run.executions.values())[-1]
    good = sum(check.status.holds for check in last.checks)
    claimed = sum(check.status is CheckStatus.CLAIMED for check in last.checks)
    aside = f", {claimed} claimed" if claimed else ""
    return f"{good}/{len(last.checks)}{aside}" if last.checks else ""


def _work(plan: Plan) -> tuple[str, ...]:
    return plan.stage.name, plan.stage_sha256, plan.context.name, plan.help.label


def _before(ended: Sequence[Ended], store: FileStore) -> dict[tuple[str, ...], RunSummary]:
    """The newest finished run of the same work by a model that is not in this batch."""
    ours = {one.planned.plan.model.sha256 for one in ended}
    data = {one.planned.plan.profile.sha256 for one in ended}
    found: dict[tuple[str, ...], RunSummary] = {}
    for run in store.summaries():
        if run.model_sha256 not in ours and run.dataset_sha256 in data and run.cells:
            found.setdefault((run.stage, run.stage_sha256, run.context, run.help), run)
    return found


def _delta(line: RunSummary, other: RunSummary | None) -> str:
    if other is None:
        return ""
    more = line.cells_ok / max(line.cells, 1) - other.cells_ok / max(other.cells, 1)
    return f"{more:+.0%} cells, {other.outcome}"
