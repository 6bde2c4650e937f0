"""A kernel's names in a plain dictionary, and guards that ask the real program about them."""

from __future__ import annotations

import builtins
import json
from typing import Any

from harness.steering import guards
from harness.steering.guards import Alarm, Code, Live
from harness.steering.guards.support.live import program


def answer(question: object, names: dict[str, Any]) -> Any:
    """What the program says, through JSON both ways."""
    space: dict[str, Any] = {
        "__builtins__": dict(vars(builtins)),
        "__name__": "harness",
        "USER": names,
    }
    exec(compile(program(), "<harness>", "exec", dont_inherit=True), space)
    return json.loads(json.dumps(space["answer"](json.loads(json.dumps(question)))))


def live_of(setup: str = "", **names: Any) -> Live:
    """What is known of a kernel that ran ``setup``."""
    held: dict[str, Any] = {**names, "__name__": "__main__"}
    exec(setup, held)
    held.pop("__builtins__")
    return Live(lambda _program, question, _seconds: answer(question, held))


def judged(cell: str, live: Live, start: int = 0) -> Alarm | None:
    """The alarm over a whole statement."""
    return guards.judge(Code(cell, start, True), live)


def first_seen(cell: str, live: Live, start: int = 0) -> tuple[Alarm, str] | None:
    """The first alarm while a statement is written, one character after the other, and when."""
    for end in range(start + 1, len(cell) + 1):
        alarm = guards.judge(Code(cell[:end], start, False), live)
        if alarm is not None:
            return alarm, cell[:end]
    return None
