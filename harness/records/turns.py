"""Conversations with a model, and what comes back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.records.base import Name, Record
from harness.records.observations import Observation
from harness.records.steering import Steered


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
    # Of a steered reply: tokens that were written and taken back.
    taken_back: int | None = Field(None, exclude_if=lambda tokens: tokens is None)
    # Likewise, the probability that was forbidden, by characters of the reply before that place.
    forbidden: tuple[tuple[int, float], ...] = Field((), exclude_if=lambda places: not places)
    # Mean log probability of the tokens that were drawn, at temperature 1 with nothing forbidden,
    # where it was watched or is one of several.
    likelihood: float | None = Field(None, exclude_if=lambda value: value is None)

    @property
    def own(self) -> float:
        """Seconds that it cost; all of them where nobody tells its part."""
        return self.seconds if self.own_seconds is None else self.own_seconds


class Progress(Record):
    """How far one reply has come."""

    sample: int  # index among the replies asked for
    text: str  # new since the last call
    # Characters of what was told before that are still there; None: all of them.
    kept: int | None = Field(None, exclude_if=lambda kept: kept is None)
    tokens: int  # of the reply so far
    taken_back: int = 0  # tokens that were written besides, and are gone
    prompt_done: int  # tokens of the prompt that the model has read
    prompt_total: int


class Candidate(Record):
    """A version of a step that was written beside others."""

    completion: Completion
    steered: Steered | None = None
    cells_ok: int = 0
    cells: int = 0
    lacking: tuple[str, ...] = ()  # names and files that the prompt asks for, and checks
    likelihood: float | None = None  # mean log probability of its tokens


class Reply(Record):
    """The model's text for a step, kept to the byte."""

    step: Name
    completion: Completion
    # The prompt as it was sent, where it told what the kernel held.
    asked: str | None = Field(None, exclude_if=lambda asked: asked is None)
    # What the kernel held before the step.
    observation: Observation | None = Field(None, exclude_if=lambda seen: seen is None)
    steered: Steered | None = Field(None, exclude_if=lambda steered: steered is None)
    # All versions, where there were several, that of this reply among them.
    candidates: tuple[Candidate, ...] = Field((), exclude_if=lambda versions: not versions)

    @property
    def written(self) -> tuple[Completion, ...]:
        """All that was written for it, versions that were not chosen included."""
        return tuple(one.completion for one in self.candidates) or (self.completion,)

    @property
    def seconds(self) -> float:
        """Wall time of all that was written; versions that were watched came one after another."""
        every = [one.seconds for one in self.written]
        return sum(every) if self.completion.taken_back is not None else max(every)

    @property
    def own(self) -> float:
        """Seconds that it cost; all of them where nobody tells its part."""
        known = [one.own_seconds for one in self.written if one.own_seconds is not None]
        return sum(known) if len(known) == len(self.written) else self.seconds


class Replies(Record):
    """``replies.json``. ``partial`` is what an interrupted step had written; it is made anew."""

    replies: tuple[Reply, ...] = ()
    partial: Reply | None = None
