"""What goes over the pipe: commands to the engine's process, answers from it; a record each."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from harness.engines.llama.chat import ChatTemplate
from harness.records import (
    CacheType,
    Completion,
    Message,
    Progress,
    Record,
    Sampling,
    StepBack,
)

STATES_BYTES = 2 << 30  # of states of the cache, on disk
MOST_AHEAD = 256  # tokens


class LoadModel(Record):
    """The first command: what to load, and how."""

    kind: Literal["load"] = "load"
    path: Path
    template: ChatTemplate
    n_ctx: int  # tokens that one conversation may hold
    n_ctx_asked: int | None = None  # that it was to hold, where memory is too short for them
    threads: int
    concurrent: int = 1  # replies that are written side by side, each with room for n_ctx tokens
    cache_type: CacheType = "f16"
    flash_attention: bool = False
    vocab_only: bool = False  # enough to count tokens
    recurrent: bool = False  # its state is carried along, and cannot be stepped back
    states: Path | None = None  # a folder for states of the cache; None: none is kept on disk
    states_bytes: int = STATES_BYTES
    timing: Path | None = None  # a file for ``BatchTiming``; None: it is not measured
    ahead: int = MOST_AHEAD  # tokens of a lone reply that are drawn before its watcher has answered


class Generate(Record):
    """Replies are wanted, one for each request; in one command, so that they begin together."""

    kind: Literal["generate"] = "generate"
    seeds: dict[int, int]  # request -> seed
    conversation: int
    turns: tuple[Message, ...]
    sampling: Sampling
    repeats: bool = False  # the reply is likely to repeat its prompt
    watched: bool = False  # after each token a ``Verdict`` is awaited


class Verdict(Record):
    """What a watcher says of a reply where it was asked to look."""

    kind: Literal["verdict"] = "verdict"
    request: int
    look: int  # the one that is answered
    place: int = 0  # of those in it that was stepped back at; behind them, the end
    back: StepBack | None


class BeginConversation(Record):
    """A conversation is about to ask, one of ``group_size`` that begin together.

    ``patient``: something may run between a reply and its next request, so that all wait for it.
    """

    kind: Literal["begin"] = "begin"
    conversation: int
    order: int
    group_size: int
    patient: bool = False


class EndConversation(Record):
    """A conversation asks nothing more."""

    kind: Literal["end"] = "end"
    conversation: int


class CountTokens(Record):
    """How many tokens would the prompt have?"""

    kind: Literal["count"] = "count"
    request: int
    turns: tuple[Message, ...]


class Cancel(Record):
    """Nobody waits for that reply any more."""

    kind: Literal["cancel"] = "cancel"
    request: int


class ModelLoaded(Record):
    """Answers ``LoadModel``."""

    kind: Literal["loaded"] = "loaded"


class ReplyProgress(Record):
    """A prompt was read further, or a reply has grown.

    With ``look``, a watched one is to be looked at after each of its ``looks`` characters, and
    where it ``ended``; the answer is one ``Verdict``.
    """

    kind: Literal["progress"] = "progress"
    request: int
    progress: Progress
    backs: int = 0  # how often it had been stepped back
    look: int | None = None  # its number
    looks: tuple[int, ...] = ()
    ended: bool = False


class ReplyDone(Record):
    """A reply is complete."""

    kind: Literal["done"] = "done"
    request: int
    completion: Completion


class TokenCount(Record):
    """Answers ``CountTokens``."""

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


Command = Annotated[
    LoadModel | Generate | Verdict | BeginConversation | EndConversation | CountTokens | Cancel,
    Field(discriminator="kind"),
]
Answer = Annotated[
    ModelLoaded | ReplyProgress | ReplyDone | TokenCount | Failed, Field(discriminator="kind")
]
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
_ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def send(pipe: Connection, message: Record) -> None:
    """Raises OSError where the other side is gone."""
    pipe.send_bytes(message.model_dump_json().encode())


def receive_command(pipe: Connection) -> Command:
    """The next command to the engine's process. Raises EOFError, OSError."""
    return _COMMAND.validate_json(pipe.recv_bytes())


def receive_answer(pipe: Connection) -> Answer:
    """The next answer of it. Raises EOFError, OSError; ValueError where it makes no sense."""
    return _ANSWER.validate_json(pipe.recv_bytes())
