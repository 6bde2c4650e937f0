"""A reply as a server streams it: events of JSON, and what grows out of them.

What stands in a stream without the frame of an event is read too: servers put their errors there,
and one that does not stream answers with a single JSON object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from harness.engines.openai_http import refusals
from harness.errors import EngineError
from harness.ports import OnProgress
from harness.records import Completion, Progress

# Of server-sent events; JSON may hold what other standards take for the end of a line.
LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")  # a last CR may be the half of CR LF
LONGEST_EVENT = 4 << 20  # characters
DONE = "[DONE]"
END: dict[str, Any] = {"done": True}  # what ``events`` makes of it


def events(pieces: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream that comes in pieces; what is none comes as an ``error``.

    Raises EngineError where one has no end.
    """
    event, bare = _Lines(), _Lines()
    failed = False  # the event says of itself that it is an error
    for line in chain(_lines(pieces), [""]):
        field, _, value = line.partition(":")
        found = None
        if not line:
            found = event.whole()
        elif field == "data":
            found = event.taken(value)
        elif field == "event":
            failed = value.strip() == "error"
        elif field == "error":
            found = {"error": _value(value) or value.strip()}
        elif field not in ("", "id", "retry"):  # the first begins a comment
            found = bare.taken(line)
        if found is not None:
            yield {"error": found} if failed else found
        if found is END:
            break
        failed = failed and bool(line)
    rest = bare.whole()
    if rest is not None:
        yield rest


class _Lines:
    """The lines of an object that may go on over several."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._size = 0  # characters

    def taken(self, line: str) -> dict[str, Any] | None:
        """The object, where the line is all of it; else the line is held."""
        text = line.strip()
        value = _value(text) if not self._held else None
        if value is None and text:
            self._held.append(text)
            self._size += len(text)
            if self._size > LONGEST_EVENT:
                raise EngineError("the server sent an event without an end")
        return value

    def whole(self) -> dict[str, Any] | None:
        """The object that the lines held are together, or an error with their text."""
        text = "\n".join(self._held)
        self._held, self._size = [], 0
        return (_value(text) or {"error": text}) if text else None


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    rest: list[str] = []
    size = 0  # characters
    for piece in pieces:
        rest.append(piece)
        if "\n" in piece or "\r" in piece:
            *whole, last = LINE_END.split("".join(rest))
            yield from whole
            rest, size = [last], 0
        size += len(piece)
        if size > LONGEST_EVENT:
            raise EngineError("the server sent an event without an end")
    yield "".join(rest)


def _value(text: str) -> dict[str, Any] | None:
    """The JSON object of a text; None where it is not JSON, empty where it is another value."""
    if text.strip() == DONE:
        return END
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str):
        return {"error": value}
    return value if isinstance(value, dict) else {}


class StreamedReply:
    """A reply as it grows. ``prompt``: its tokens, as far as the server does not say."""

    def __init__(self, sample: int, prompt: int, on_progress: OnProgress) -> None:
        self._sample, self._prompt, self._on_progress = sample, prompt, on_progress
        self._pieces: list[str] = []
        self._usage: dict[str, Any] = {}
        self._answered = False  # by anything that belongs to a reply
        self._finish: str | None = None
        self._done = False
        self.model: str | None = None  # the name that the server gives it
        self.is_cut = False  # no more of it is wanted
        self.notes: tuple[str, ...] = ()
        self.seconds = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether the server said that this is all, with or without a reason."""
        return self._finish is not None or (self._done and self._answered)

    @property
    def has_reason(self) -> bool:
        """Whether the server said why it ended."""
        return self._finish is not None

    def take(self, event: dict[str, Any]) -> None:
        """One event of the stream. Raises RefusalError where it is an error of the server."""
        refusal = refusals.of_event(event)
        if refusal is not None and not self.is_whole:
            raise refusal
        self._done = self._done or event is END
        if isinstance(event.get("usage"), dict):
            self._usage = event["usage"]
        if isinstance(event.get("model"), str):
            self.model = event["model"] or self.model
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return
        self._answered = True
        self._grow(choices[0])
        if isinstance(choices[0].get("finish_reason"), str):
            self._finish = choices[0]["finish_reason"]

    def _grow(self, choice: dict[str, Any]) -> None:
        delta, message = choice.get("delta"), choice.get("message")
        if not isinstance(delta, dict) and isinstance(message, dict) and not self._pieces:
            delta, self._done = message, True  # the server does not stream
        text = _text(delta.get("content")) if isinstance(delta, dict) else ""
        if text:
            self._pieces.append(text)
            self.grew(_without_halves(text))

    def grew(self, text: str) -> None:
        """Tell what is new."""
        progress = Progress(
            sample=self._sample,
            text=text,
            tokens=len(self._pieces),
            prompt_done=self._prompt,
            prompt_total=self._prompt,
        )
        self._on_progress(progress)

    def completion(self, seed: int, most: int) -> Completion:
        """The whole reply; token counts are the server's where it gives them.

        Where it does not say why the reply ended, one of ``most`` tokens was cut off.
        """
        tokens = _count(self._usage.get("completion_tokens"), len(self._pieces))
        cut = self._finish == "length" or (self._finish is None and tokens >= most)
        return Completion(
            text=_without_halves("".join(self._pieces)),
            finish="length" if cut else "stop",
            prompt_tokens=_count(self._usage.get("prompt_tokens"), self._prompt),
            completion_tokens=tokens,
            seconds=round(self.seconds, 3),
            seed=seed,
            notes=self.notes,
        )


def _text(content: object) -> str:
    """The text of a message, whole or as a list of parts, some of which may be no text."""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _without_halves(text: str) -> str:
    """A text that can be stored: halves of a surrogate pair are joined, or replaced if alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise
