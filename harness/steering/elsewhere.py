"""Failures whose cause stands in an earlier statement of the same reply.

A function that fails where a later statement calls it, and a class whose field a value does not
fit: what has to be written anew is there, and not the call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from harness.notebooks import magics
from harness.records import Level
from harness.steering import kernel, places
from harness.steering.failing import Failure
from harness.steering.places import Place
from harness.steering.reading import Statement
from harness.steering.words import words

WORD = re.compile(r"[^\W\d]\w*")
UNWANTED = {"required", "missing"}  # values lack the field
MOST_MESSAGE = 4_000  # characters of a message that are looked into


class Earlier(NamedTuple):
    """The statement, by its number in the reply, and what failed as a failure of it."""

    number: int
    failure: Failure


def cause(failure: Failure, one: Statement, before: Sequence[Statement]) -> Earlier | None:
    """Where the cause of a failure of ``one`` stands among the statements before it, if it does."""
    return _at_work(failure, before) or _field(failure, one, before)


def _at_work(failure: Failure, before: Sequence[Statement]) -> Earlier | None:
    """The code that was at work in the end."""
    if failure.inner is None:
        return None
    code = words(failure.inner.source)
    same = [number for number, one in enumerate(before) if words(one.source) == code]
    if not same:
        return None
    source = before[same[-1]].source
    place = kernel.placed(source, failure.inner.place)
    at = places.of_error(source, place, failure.message)
    return Earlier(same[-1], failure._replace(places=at, inner=None))


def _field(failure: Failure, one: Statement, before: Sequence[Statement]) -> Earlier | None:
    """The field that the message names, of a class that the statement names.

    Classes whose fields are annotated, as pydantic's and dataclasses are, say so of what they get.
    """
    named = set(WORD.findall(one.source))
    said = set(WORD.findall(failure.message[:MOST_MESSAGE]))
    for number in reversed(range(len(before))):
        source = before[number].source
        tree = magics.plain_python(source) if "class " in source else None
        for made in tree.body if tree is not None else ():
            if not isinstance(made, ast.ClassDef) or not {made.name} <= named & said:
                continue
            for field in made.body:
                if isinstance(field, ast.AnnAssign) and _name(field) in said:
                    at = (*_of_field(source, field, said), *places.of_error(source, None, None))
                    return Earlier(number, failure._replace(places=at, inner=None))
    return None


def _of_field(source: str, field: ast.AnnAssign, said: Set[str]) -> Iterator[Place]:
    """Its type; first all of it, where it should not be there."""
    line = Place(Level.EXPRESSION, *places.span(source, field))
    kind = Place(Level.NAME, *places.span(source, field.annotation))
    yield from (line, kind) if said & UNWANTED else (kind, line)


def _name(field: ast.AnnAssign) -> str | None:
    return field.target.id if isinstance(field.target, ast.Name) else None
