"""A reply as a server streams it: server-sent events with JSON, and what grows out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from httpx_sse import EventSource

from harness.errors import EngineError
from harness.ports import OnProgress
from harness.records import Completion, Progress

STREAM = "text/event-stream"
LONGEST_EVENT = 4 << 20  # characters


class TemporaryError(Exception):
    """Something that may be gone on the next try; ``pause``: the seconds that the server wants."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


def events(source: EventSource) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream of server-sent events."""
    for event in source.iter_sse():
        if len(event.data) > LONGEST_EVENT:
            raise EngineError("the server sent an event without an end")
        text = event.data.strip()
        if text == "[DONE]":
            return
        if not text:
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise TemporaryError("it sent what is no JSON") from None
        if isinstance(value, dict):
            yield value


class StreamedReply:
    """A reply as it grows. ``prompt``: its tokens, as far as the server does not say."""

    def __init__(self, sample: int, prompt: int, on_progress: OnProgress) -> None:
        self._sample, self._prompt, self._on_progress = sample, prompt, on_progress
        self._pieces: list[str] = []
        self._usage: dict[str, Any] = {}
        self.finish: str | None = None

    def take(self, event: dict[str, Any]) -> None:
        """One event of the stream. Raises TemporaryError where it makes no sense."""
        if isinstance(event.get("error"), dict):
            raise TemporaryError(str(event["error"].get("message", "an error"))[:200])
        if isinstance(event.get("usage"), dict):
            self._usage = event["usage"]
        choices = event.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return
        delta = choices[0].get("delta")
        text = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(text, str) and text:
            self._pieces.append(text)
            self._on_progress(
                Progress(
                    sample=self._sample,
                    text=text,
                    tokens=len(self._pieces),
                    prompt_done=self._prompt,
                    prompt_total=self._prompt,
                )
            )
        if isinstance(choices[0].get("finish_reason"), str):
            self.finish = choices[0]["finish_reason"]

    def completion(self, seed: int, seconds: float) -> Completion:
        """The whole reply; token counts are the server's where it gives them."""
        return Completion(
            text="".join(self._pieces),
            finish="length" if self.finish == "length" else "stop",
            prompt_tokens=_count(self._usage.get("prompt_tokens"), self._prompt),
            completion_tokens=_count(self._usage.get("completion_tokens"), len(self._pieces)),
            seconds=round(seconds, 3),
            seed=seed,
        )


def _count(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value >= 0 else otherwise
