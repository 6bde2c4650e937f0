"""The repairs of a run as far as they came, kept after each, so that nothing is asked for twice."""

from __future__ import annotations

import hashlib
import json

from harness import files
from harness.notebooks import replies, stored, syntax
from harness.ports import RunStore
from harness.records import (
    CellResult,
    CheckResult,
    Message,
    Record,
    RepairAttempt,
    Run,
    Sha256,
)
from harness.runs import patching
from harness.runs.plans import Plan

REPAIRS = "repairs.json"


class Repairs(Record):
    """``repairs.json``. ``begun`` was answered, and not tried yet."""

    of: Sha256  # the raw notebook, how it ended, and what it was run on
    attempts: tuple[RepairAttempt, ...] = ()
    begun: RepairAttempt | None = None
    sources: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    cells: tuple[CellResult, ...]  # how the notebook with these sources ended
    feedback: tuple[CheckResult, ...] | None = None  # what was said of it; None: nobody asked

    def at(self, cell: str) -> tuple[RepairAttempt, ...]:
        """The attempts at a cell."""
        return tuple(one for one in self.attempts if one.cell == cell)

    def ended(self, attempt: RepairAttempt) -> Repairs:
        """With an attempt more, of which all is known."""
        return self.model_copy(update={"attempts": (*self.attempts, attempt), "begun": None})


def is_current(run: Run) -> bool:
    """Whether its repairs are those of the raw notebook as it is."""
    if run.raw is None or run.repaired is None:
        return False
    return run.repaired.raw_sha256 == patching.digest(stored.raw(run), run.raw)


def digest(raw_sha256: str, run: Run) -> str:
    """What attempts are of, beside the run's id: another raw notebook has others."""
    read = [one.sha256 for one in run.needs]
    limits = run.raw.limits_sha256 if run.raw else None
    return hashlib.sha256(json.dumps([raw_sha256, read, limits]).encode()).hexdigest()


def load(plan: Plan, of: str, store: RunStore) -> Repairs | None:
    """What an earlier command left; None where that is nothing, or of another notebook."""
    blob = store.load(plan.key, REPAIRS)
    if blob is None:
        return None
    try:
        found = Repairs.model_validate_json(blob)
    except ValueError:
        return None  # only this module writes it, atomically: what is broken is worth nothing
    return found if found.of == of else None


def save(plan: Plan, done: Repairs, store: RunStore) -> None:
    """Keep it. Raises StoreError."""
    store.save(plan.key, REPAIRS, (files.to_json(done.model_dump(mode="json")) + "\n").encode())


def conversation(run: Run, step: str, turn: str) -> tuple[Message, ...]:
    """All that was said up to and with a step, then one more turn of the user."""
    system, *users = run.prompts
    turns = [system]
    for user, reply in zip(users, run.replies, strict=True):
        turns += [user, Message(role="assistant", content=reply.completion.text)]
        if reply.step == step:
            break
    return (*turns, Message(role="user", content=turn))


def code_of(step: str, reply: str) -> str:
    """The code of a reply as the source of one cell; empty where it has none that acts."""
    found = [one.source for one in replies.cells_of(step, "", reply) if one.kind == "code"]
    if any(source.lstrip().startswith("%%") for source in found):
        found = found[:1]  # a magic is of the whole cell
    source = "\n\n".join(found)
    return source if shape(source) else ""


def shape(source: str) -> tuple[str, ...]:
    """What makes two sources the same code: their lines as Python sees them."""
    return tuple(line.text for line in syntax.logical_lines(source))
