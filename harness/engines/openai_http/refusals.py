"""What a server says in place of a reply, with a status or inside a stream, and what to do then."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from harness.errors import EngineError, HarnessError, PromptError

KEY_VARIABLE = "HARNESS_API_KEY"
TEMPORARY = {408, 409, 425, 429, 500, 502, 503, 504}  # statuses
RATE_LIMIT = 429
LONGEST_BODY = 1 << 20  # characters of an answer that is no reply
LONGEST_MESSAGE = 200  # characters of the server's words that a person is shown
LONGEST_SEARCHED = 4000  # characters
DEEPEST = 4  # objects around a message
# Each server says it in its own way, and none has a status for it alone.
CONTEXT = re.compile(
    r"context[ _-]?(length|window|size)|n_ctx|max(imum)?[ _](model|seq|sequence)[ _]?len"
    r"|(prompt|input)( is)? too (long|large)|input length|too many (input )?tokens"
    r"|exceeds? the maximum number of tokens|`?inputs`? (tokens|must have less)",
    re.IGNORECASE,
)
# What a server may refuse to take, and under which name it may take it. None: it does without.
FIELDS = {
    "max_tokens": "max_completion_tokens",
    "temperature": None,
    "top_p": None,
    "seed": None,
    "stream_options": None,
}


class TemporaryError(Exception):
    """Something that may be gone on the next try; ``pause``: the seconds that the server wants."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class RefusalError(Exception):
    """A server's words in place of a reply, or of the rest of one.

    ``status`` is None where they came in a stream without one; ``about`` are all words that may
    say what it is about, codes and names of fields included.
    """

    def __init__(
        self,
        said: object,
        status: int | None = None,
        *,
        reason: str = "an error",
        pause: float | None = None,
    ) -> None:
        inner = _innermost(said)
        own = inner.get("code") if isinstance(inner, dict) else None
        self.status = own if status is None and _is_failure(own) else status
        self.words = " ".join(_message(inner).split())[:LONGEST_MESSAGE] or reason
        self.about = _about(inner)[:LONGEST_SEARCHED]
        self.pause = pause
        super().__init__(self.words)

    def refused_field(self, body: dict[str, Any]) -> str | None:
        """The field of the request that the server names first as what it does not take."""
        if self.status not in (400, 422) or self._is_about_context:
            return None
        found = re.search(rf"\b({'|'.join(FIELDS)})\b", self.about)
        return found[1] if found and found[1] in body else None

    def explained(self, base: str) -> HarnessError | TemporaryError:
        """What to raise, and to tell the user or to try again."""
        if self._is_about_context:
            return PromptError(
                f"the prompt does not fit the server's context ({self.words})",
                "Start the server with a larger one, or lower max_tokens (--max-tokens)",
            )
        if self.status is None:
            return TemporaryError(self.words)
        if self.status in TEMPORARY:
            return TemporaryError(f"status {self.status}, {self.words}", self.pause)
        if self.status in (401, 403):
            return EngineError(f"{base} wants another key ({self.words})", f"Set {KEY_VARIABLE}")
        hint = "Look at server and served in models.toml"
        return EngineError(f"{base} answered {self.status}, {self.words}", hint)

    @property
    def _is_about_context(self) -> bool:
        said = self.status == 400 and "context" in self.words.lower()
        return self.status != RATE_LIMIT and (said or CONTEXT.search(self.about) is not None)


def of_event(event: dict[str, Any]) -> RefusalError | None:
    """The refusal that an event of a stream is, or that stands in its choice."""
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and (choice.get("error") or choice.get("finish_reason") == "error"):
        return RefusalError({"error": choice.get("error") or event.get("error") or ""})
    said = any(isinstance(event.get(key), str | list) for key in ("message", "detail"))
    if event.get("error") or event.get("object") == "error" or (choices is None and said):
        return RefusalError(event)
    return None


def of_body(text: str, status: int, reason: str, pause: float | None) -> RefusalError:
    """The refusal that an answer with this status is; ``reason`` stands in where it is empty."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    return RefusalError(said, status, reason=reason, pause=pause)


def of_response(response: httpx.Response) -> RefusalError:
    """What an answer with another status than 200 says."""
    text = ""
    for piece in response.iter_text():
        text += piece
        if len(text) > LONGEST_BODY:
            break
    pause = _retry_after(response)
    return of_body(text, response.status_code, response.reason_phrase, pause)


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _innermost(said: object) -> object:
    """The error without the objects around it."""
    for _ in range(DEEPEST):
        if not (isinstance(said, dict) and isinstance(said.get("error"), str | dict | list)):
            break
        said = said["error"] or {**said, "error": None}
    return said


def _message(said: object) -> str:
    """The words for a person."""
    if isinstance(said, dict):
        keys = ("message", "detail", "msg")
        said = next((said[key] for key in keys if isinstance(said.get(key), str | list)), "")
    if isinstance(said, list):  # as FastAPI says what is wrong with each field
        return "; ".join(_of_field(one) for one in said[:DEEPEST])
    return said if isinstance(said, str) else ""


def _of_field(said: object) -> str:
    if not isinstance(said, dict):
        return said if isinstance(said, str) else ""
    place = said.get("loc")
    names = [one for one in place if isinstance(one, str)] if isinstance(place, list) else []
    return f"{'.'.join(names)}: {said.get('msg')}"


def _about(said: object) -> str:
    names = [said.get(key) for key in ("param", "code", "type")] if isinstance(said, dict) else []
    return " ".join([*(one for one in names if isinstance(one, str)), _message(said)])


def _is_failure(code: object) -> bool:
    return isinstance(code, int) and 400 <= code < 600
