"""What failed of a reply, whoever saw it, and the step back that comes of it."""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.records import CellStatus, Level, StepBack, TakenBack
from harness.steering import levels, places
from harness.steering.alarms import Alarm
from harness.steering.kernel import Inner, Tried
from harness.steering.levels import Choice
from harness.steering.places import Place
from harness.steering.reading import Statement

FENCE = re.compile(r"`{3,}|~{3,}")
MOST_MESSAGE = 500  # characters that are kept of what was said
RUN = "run"  # who saw it, where no guard did


class Failure(NamedTuple):
    """Why a statement cannot stay."""

    by: str
    error: str | None
    message: str
    places: tuple[Place, ...]
    insert: str = ""  # a line that mends it
    splits: bool = False  # that line begins a cell of its own
    again: bool = False  # the same was written, and failed, before
    ended_kernel: bool = False
    no_python: bool = False
    inner: Inner | None = None  # code of an earlier statement that was at work


def of_run(one: Statement, tried: Tried) -> Failure:
    """Of a statement that ran, and failed."""
    outcome = tried.outcome
    said = (outcome.message or outcome.reason or "").strip()[:MOST_MESSAGE]
    message = said.encode(errors="replace").decode()
    is_error = outcome.status is CellStatus.ERROR
    at = places.of_error(one.source, tried.place if is_error else None, message)
    inner = tried.inner if is_error else None
    return Failure(RUN, outcome.error, message, at, ended_kernel=not is_error, inner=inner)


def of_syntax(one: Statement) -> Failure:
    """Of a statement that is no Python."""
    said = places.syntax_message(one.source)
    return Failure(RUN, "SyntaxError", said, places.of_syntax(one.source), no_python=True)


def of_alarm(one: Statement, alarm: Alarm) -> Failure:
    """Of a statement that a guard says cannot be so."""
    begin = len(one.before)
    if alarm.at < begin and not alarm.insert:
        at: tuple[Place, ...] = (Place(Level.STATEMENT, alarm.at - begin, alarm.end - begin),)
        return Failure(alarm.guard, None, alarm.message[:MOST_MESSAGE], at)
    start = min(max(alarm.at - begin, 0), len(one.source))
    end = min(max(alarm.end - begin, start), len(one.source))
    whole = places.of_error(one.source, None, None)
    at = (Place(Level.NAME, start, end), *whole) if start < end else whole
    said = alarm.message[:MOST_MESSAGE]
    return Failure(alarm.guard, None, said, at, alarm.insert, splits=alarm.splits)


def insertion(one: Statement, failure: Failure, text: str) -> StepBack | None:
    """A line that the harness writes before a statement, or below the magic that begins it.

    One that splits the cell stands where the cell goes wrong, behind its fence and a new one.
    """
    if failure.splits:
        opened = text[: one.around[0].at].rstrip("\r\n").rpartition("\n")[2].strip()
        mark = FENCE.match(opened)
        if mark is None:
            return None
        at = one.place(failure.places[0].start)
        return StepBack(keep=at, insert=f"{mark[0]}\n\n{opened}\n{failure.insert}\n")
    is_magic = one.source.startswith("%%")
    if is_magic and len(one.rows) < 2:
        return None
    at = one.rows[1].at if is_magic else one.start
    line = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
    return StepBack(keep=at, insert=f"{failure.insert}\n{text[line:at]}")


def back(one: Statement, choice: Choice, failure: Failure) -> StepBack:
    """Where the reply goes on from, by a choice of ``levels``."""
    start, end = one.place(choice.place.start), one.place(choice.place.end)
    told = choice.level is Level.HINT
    return StepBack(
        keep=start,
        reject=end,
        penalty=choice.penalty,
        insert=levels.hint(failure.error, failure.message) if told else "",
        hidden=told,
    )


def taken(failure: Failure, at: int, text: str, level: Level, tried: int) -> TakenBack:
    """The record of it."""
    return TakenBack(
        at=at,
        text=text,
        level=level,
        tried=tried,
        by=failure.by,
        error=failure.error,
        message=failure.message,
    )
