"""Conversations with a model, and what comes back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.records.base import Name, Record


class Message(Record):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Completion(Record):
    """What an engine returns for one seed."""

    text: str
    finish: Literal["stop", "length", "interrupted"]
    prompt_tokens: int
    completion_tokens: int
    seconds: float  # wall time, prompt evaluation included
    own_seconds: float | None = None  # of them its part, where others were written beside it
    seed: int
    evaluated: int | None = None  # tokens of the prompt that were read for it; the rest was held
    drafted: int | None = None  # tokens that were guessed, where guessing was on
    accepted: int | None = None  # of them, those that came true
    # What was sent or answered otherwise than was asked, in words.
    notes: tuple[str, ...] = Field((), exclude_if=lambda notes: not notes)

    @property
    def own(self) -> float:
        """Seconds that it cost; all of them where nobody tells its part."""
        return self.seconds if self.own_seconds is None else self.own_seconds


class Progress(Record):
    """How far one reply has come."""

    sample: int  # index among the replies asked for
    text: str  # new since the last call
    tokens: int  # of the reply so far
    prompt_done: int  # tokens of the prompt that the model has read
    prompt_total: int


class Reply(Record):
    """The model's text for a step, kept to the byte."""

    step: Name
    completion: Completion


class Replies(Record):
    """``replies.json``. ``partial`` is what an interrupted step had written; it is made anew."""

    replies: tuple[Reply, ...] = ()
    partial: Reply | None = None
