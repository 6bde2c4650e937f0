"""Steering: where a reply was stepped back while it was written, and why."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from harness.records.base import Name, Record


class SteeringKind(StrEnum):
    """How an engine can be steered.

    ``tokens``: it steps back within a reply, and is kept from tokens. ``prefix``: it goes on from
    the text that stays, and may write the same again. ``none``: not at all.
    """

    TOKENS = "tokens"
    PREFIX = "prefix"
    NONE = "none"


class StepBack(Record):
    """Where a reply goes on from, and what it must not be there. Places are characters of it."""

    keep: int = Field(ge=0)  # characters that stay; a token across that place goes too
    # What was written from there up to this place is the way that is not taken again; None: no way
    # is forbidden. A place behind the reply's last character rejects that it ends there.
    reject: int | None = None
    # Logits that the tokens of that way lose while a reply follows it, the first so many and each
    # next one 0.9 of it (ROCODE, arXiv 2411.07112); None: only its last token is impossible.
    penalty: float | None = None
    insert: str = ""  # what the harness writes at that place
    hidden: bool = False  # that is in the model's sight, and no part of the reply


class Level(StrEnum):
    """How much was taken back, from the least to the most."""

    NAME = "name"  # an attribute, key or argument
    EXPRESSION = "expression"
    STATEMENT = "statement"
    HINT = "hint"  # the statement, with a comment in the model's sight of what the kernel said
    IMPORT = "import"  # nothing but to write the import that was missing


class TakenBack(Record):
    """A piece that the model wrote, and that is not in its reply."""

    at: int  # characters of the reply before it
    text: str
    level: Level
    tried: int  # how often this place was stepped back from before
    by: str  # 'run', or the guard that saw it
    error: str | None = None  # the exception's class
    message: str = ""  # what the kernel or the guard said
    inserted: str = ""


class GuardCount(Record):
    """How a guard did in a reply.

    ``false_alarms``: it fired, and the same code ran all the same where it was written again.
    """

    guard: Name
    asked: int = 0
    fired: int = 0
    false_alarms: int = 0


class Steered(Record):
    """What steering did to a reply."""

    kind: SteeringKind
    taken_back: tuple[TakenBack, ...] = ()
    left: tuple[TakenBack, ...] = ()  # what still failed after the last try, and stayed
    statements: int = 0  # that ran while it was written
    seconds: float = 0.0  # in which the model waited for the kernel
    guards: tuple[GuardCount, ...] = ()
