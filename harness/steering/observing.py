"""Sees what a kernel holds: data of the kernel's making, and never a reason to fail."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from pydantic import Field, ValidationError

from harness.records import FileSeen, Observation, Record, Variable
from harness.records.observations import MOST_FILES, MOST_VARIABLES, Short
from harness.steering import programs

Ask = Callable[[str, object, float], object | None]
"""A program, a question and seconds: see ``harness.ports.Session.ask``."""

SECONDS = 2.0  # until it is interrupted, where something hangs
# Seconds of its own work after which it begins with nothing new: what is seen, and so the next
# prompt, must not depend on what else the machine does.
LOOKS_FOR = 0.25
MOST_COLUMNS = 1_000  # of all frames together; guards ask for the rest where they need it
NO_ANSWER = "the kernel did not tell what it holds"
ODD_ANSWER = "what the kernel told of itself makes no sense"


class _Seen(Record):
    variables: tuple[Variable, ...] = Field((), max_length=MOST_VARIABLES)
    left: int = 0
    imports: dict[Short, Short] = Field(default_factory=dict, max_length=300)
    files: tuple[FileSeen, ...] = Field((), max_length=MOST_FILES)
    seconds: float = 0.0


def observe(ask: Ask, ran: Sequence[str], inputs: Sequence[str]) -> Observation:
    """What the names of the cells stand for; ``ran`` is the code that bound them, in order.

    ``inputs`` are the files that were there from the start. Never raises for what a kernel answers.
    """
    question = {
        "first": _newest_first(ran)[:MOST_VARIABLES],
        "inputs": list(inputs),
        "variables": MOST_VARIABLES,
        "columns": MOST_COLUMNS,
        "files": MOST_FILES,
        "seconds": LOOKS_FOR,
    }
    answer = ask(programs.source("observe"), question, SECONDS)
    if answer is None:
        return Observation(problem=NO_ANSWER)
    try:
        seen = _Seen.model_validate(answer)
    except ValidationError:
        return Observation(problem=ODD_ANSWER)
    return Observation(
        variables=seen.variables,
        variables_left=seen.left,
        imports=seen.imports,
        files=seen.files,
        seconds=round(seen.seconds, 3),
    )


def _newest_first(ran: Sequence[str]) -> list[str]:
    """The names that code bound or changed, those of the last piece first."""
    found: dict[str, None] = {}  # in order
    for source in reversed(ran):
        try:
            module = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for name in reversed(list(_bound(module))):
            found.setdefault(name)
    return list(found)


def _bound(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif (
            isinstance(node, ast.Subscript | ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
        ):
            yield node.value.id
