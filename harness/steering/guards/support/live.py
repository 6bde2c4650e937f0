"""What the kernel knows of expressions that have not run, asked once for each accepted state.

The answers are of the kernel's making: what does not look like an answer is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Literal

from pydantic import Field, ValidationError

from harness.records.base import Record
from harness.steering import programs

PARTS = ("look_values", "look_frames", "look_calls", "look_attributes", "look")
OWN_IMPORTS = re.compile(
    r"^from (?:__future__|harness[\w.]*) import (?:\([^)]*\)|[^(\n]*)\n", re.MULTILINE
)
Ask = Callable[[str, object, float], object | None]
"""``Session.ask``."""
# For a question: most take milliseconds, and one that imports a library seconds.
SECONDS = 20.0
Key = tuple[str, bool]


class Signature(Record):
    """What a callable takes."""

    parameters: tuple[tuple[str, int, bool], ...]  # name, kind as inspect has it, is required
    also: tuple[str, ...] = ()  # names that a wrapper may take
    counted: bool = False  # whether the number of arguments can be judged
    options: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether it takes any name."""
        return any(kind == 4 for _, kind, _ in self.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """All that may be given by name."""
        return tuple(name for name, kind, _ in self.parameters if kind in (1, 3)) + self.also


class Fact(Record):
    """What is sure of an expression; None in a field: it may be anything."""

    kind: str  # frame, module, class, ``instance pandas.Series``, ``function seaborn.x.y``, method
    attributes: tuple[str, ...] | None = None
    callables: tuple[str, ...] | None = None  # attributes that can be called
    columns: tuple[str, ...] | None = None  # of a frame, at most these
    levels: tuple[str, ...] | None = None  # names of its index
    keys: tuple[str, ...] | None = None  # texts by which a container can be asked
    signature: Signature | None = None


class Answer(Record):
    """What the program said, as far as it can be read."""

    tables: dict[str, tuple[str, ...]]
    facts: tuple[dict[str, Any] | None, ...]
    modules: dict[str, bool | None]
    names: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    exports: dict[str, tuple[str, ...]] | None = None


@cache
def program() -> str:
    """The text of the program that answers, put together from its parts."""
    texts = [OWN_IMPORTS.sub("", programs.source(one)) for one in PARTS]
    return "from __future__ import annotations\n" + "\n".join(texts)


class Live:
    """What is known of a kernel as it stands. ``ask`` asks it a program; None: no answer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.forget()
        self._exports: dict[tuple[str, ...], Mapping[str, tuple[str, ...]] | None] = {}

    def forget(self) -> None:
        """Something ran: nothing that was known need hold."""
        self._facts: dict[Key, Fact | None] = {}
        self._modules: dict[str, bool | None] = {}
        self._names: frozenset[str] | Literal[False] | None = False
        self._files: tuple[str, ...] | Literal[False] | None = False

    def look(
        self, keys: Iterable[Key], modules: Iterable[str] = (), *, names: bool = False
    ) -> None:
        """Ask for several things at once that will be wanted. A key: an expression, and whether
        its code runs later."""
        looked = [key for key in dict.fromkeys(keys) if key not in self._facts]
        named = [name for name in dict.fromkeys(modules) if name not in self._modules]
        names = names and self._names is False
        if not looked and not named and not names:
            return
        answer = self._answer({"look": looked, "modules": named, "names": names})
        facts = answer.facts if answer is not None else ()
        for i, key in enumerate(looked):
            self._facts[key] = _fact(facts[i], answer) if answer and i < len(facts) else None
        for name in named:
            self._modules[name] = answer.modules.get(name) if answer is not None else None
        if names:
            found = answer.names if answer is not None else None
            self._names = None if found is None else frozenset(found)

    def fact(self, expression: str, *, deferred: bool = False) -> Fact | None:
        """What is sure of an expression, which need not have run."""
        self.look([(expression, deferred)])
        return self._facts[expression, deferred]

    def module(self, name: str) -> bool | None:
        """Whether a module is there to be imported."""
        self.look([], [name])
        return self._modules[name]

    def names(self) -> frozenset[str] | None:
        """All names that a cell can use, built-in ones among them."""
        self.look([], names=True)
        return None if self._names is False else self._names

    def files(self) -> tuple[str, ...] | None:
        """The files of the work folder."""
        files = self._files
        if files is False:
            answer = self._answer({"files": True})
            files = self._files = answer.files if answer is not None else None
        return files

    def exporters(self, name: str, packages: tuple[str, ...]) -> tuple[str, ...]:
        """The public modules of some packages that say they export a name."""
        if packages not in self._exports:
            answer = self._answer({"exports": packages})
            self._exports[packages] = answer.exports if answer is not None else None
        return (self._exports[packages] or {}).get(name, ())

    def _answer(self, question: Mapping[str, object]) -> Answer | None:
        try:
            return Answer.model_validate(self._ask(program(), dict(question), SECONDS))
        except ValidationError:
            return None


def _fact(told: dict[str, Any] | None, answer: Answer) -> Fact | None:
    if told is None:
        return None
    shared = {
        name: answer.tables.get(str(told.get(name)))
        for name in ("attributes", "callables", "columns", "levels", "keys")
    }
    try:
        return Fact.model_validate({**told, **shared})
    except ValidationError:
        return None
