"""What the engine's process is told, and what it tells: JSON over a pipe, one record a message."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from harness.engines.llama.chat import ChatTemplate
from harness.records import CacheType, Completion, Message, Progress, Record, Sampling

KEEP_BYTES = 2 << 30  # of states of the cache, on disk


class Setup(Record):
    """The first message: what to load, and how."""

    kind: Literal["setup"] = "setup"
    path: Path
    template: ChatTemplate
    n_ctx: int  # tokens that one conversation may hold
    threads: int
    concurrent: int = 1  # replies that are written side by side, each with room for n_ctx tokens
    cache_type: CacheType = "f16"
    flash_attention: bool = False
    vocab_only: bool = False  # enough to count tokens
    keep: Path | None = None  # a folder for states of the cache; None: nothing is kept on disk
    keep_bytes: int = KEEP_BYTES
    pace: Path | None = None  # a file for how this machine reads; None: it is not asked


class Ask(Record):
    """Replies are wanted, one for each request; in one message, so that they begin together."""

    kind: Literal["ask"] = "ask"
    seeds: dict[int, int]  # request -> seed
    conversation: int
    turns: tuple[Message, ...]
    sampling: Sampling
    drafts: bool = False  # the reply is likely to repeat its prompt


class Open(Record):
    """A conversation is about to ask, one of ``among`` that begin together."""

    kind: Literal["open"] = "open"
    conversation: int
    order: int
    among: int


class Rest(Record):
    """A conversation asks nothing more."""

    kind: Literal["rest"] = "rest"
    conversation: int


class Count(Record):
    """How many tokens would the prompt have?"""

    kind: Literal["count"] = "count"
    request: int
    turns: tuple[Message, ...]


class Drop(Record):
    """Nobody waits for that reply any more."""

    kind: Literal["drop"] = "drop"
    request: int


class Ready(Record):
    """The model is loaded."""

    kind: Literal["ready"] = "ready"


class Grown(Record):
    """A prompt was read further, or a reply has grown."""

    kind: Literal["grown"] = "grown"
    request: int
    progress: Progress


class Made(Record):
    """A reply is complete."""

    kind: Literal["made"] = "made"
    request: int
    completion: Completion


class Counted(Record):
    """Answers ``Count``."""

    kind: Literal["counted"] = "counted"
    request: int
    tokens: int


class Failed(Record):
    """A request, or with None the whole engine, came to nothing."""

    kind: Literal["failed"] = "failed"
    request: int | None
    error: Literal["prompt", "engine"]
    message: str
    hint: str = ""


Told = Annotated[Setup | Ask | Open | Rest | Count | Drop, Field(discriminator="kind")]
Tells = Annotated[Ready | Grown | Made | Counted | Failed, Field(discriminator="kind")]
_TOLD: TypeAdapter[Told] = TypeAdapter(Told)
_TELLS: TypeAdapter[Tells] = TypeAdapter(Tells)


def send(pipe: Connection, message: Record) -> None:
    """Raises OSError where the other side is gone."""
    pipe.send_bytes(message.model_dump_json().encode())


def told(pipe: Connection) -> Told:
    """The next message to the engine's process. Raises EOFError, OSError."""
    return _TOLD.validate_json(pipe.recv_bytes())


def tells(pipe: Connection) -> Tells:
    """The next message from it. Raises EOFError, OSError; ValueError where it makes no sense."""
    return _TELLS.validate_json(pipe.recv_bytes())
