"""Any server that speaks OpenAI's chat completions: llama.cpp's own, vLLM, Ollama and kin.

Replies are streamed. What passes, a busy server or a lost connection, is tried again from the start
of the reply, after a pause that doubles; what does not pass is told in one line. The API key comes
from the environment and goes nowhere else.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from harness.errors import EngineError, PromptError, UnknownNameError
from harness.ports import OnProgress
from harness.records import Completion, EngineSetup, Message, Progress, Sampling

KEY_VARIABLE = "HARNESS_API_KEY"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 180  # between two tokens, the reading of a long prompt included
TRIES = 5
FIRST_PAUSE = 0.5  # seconds; doubles with each try
LONGEST_PAUSE = 20
PASSING = {408, 409, 425, 429, 500, 502, 503, 504}
CHARACTERS_PER_TOKEN = 3.5  # of code and English; a guess, since no server need tell
LONGEST_LINE = 4 << 20  # characters of one event


class _Passing(Exception):
    """Something that may be gone on the next try; ``pause`` is what the server asked for."""

    def __init__(self, told: str, pause: float | None = None) -> None:
        super().__init__(told)
        self.pause = pause


def build(setup: EngineSetup) -> OpenAIEngine:
    """The engine of a model that a server has."""
    identity = setup.identity
    return OpenAIEngine(identity.server or "", identity.file, concurrent=setup.concurrent)


class OpenAIEngine:
    """One model of one server. ``base`` ends in ``/v1``, or whatever comes before the path.

    It may be asked from several threads; the server gets ``concurrent`` requests at a time.
    """

    def __init__(
        self, base: str, model: str, *, concurrent: int = 1, pause: float = FIRST_PAUSE
    ) -> None:
        self._base, self._model, self._pause = base.rstrip("/"), model, pause
        self._slots = threading.BoundedSemaphore(concurrent)
        self._at_work: set[object] = set()  # calls; their number tells a reply's own part
        self._listed = False
        key = os.environ.get(KEY_VARIABLE)
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
        )

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """A guess from the number of characters."""
        return round(sum(len(message.content) for message in conversation) / CHARACTERS_PER_TOKEN)

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        *,
        repeats: bool = False,
    ) -> list[Completion]:
        """See ``harness.ports.Engine``. Samples of one call are asked for one after another."""
        with self._slots:
            self._check_listed()
            this = object()
            self._at_work.add(this)
            before = len(self._at_work)
            try:
                made = [
                    self._one(conversation, sampling, seed, sample, on_progress)
                    for sample, seed in enumerate(seeds)
                ]
                beside = (before + len(self._at_work)) / 2
            finally:
                self._at_work.remove(this)
        return [
            one.model_copy(update={"own_seconds": round(one.seconds / beside, 3)}) for one in made
        ]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _check_listed(self) -> None:
        """Some servers answer any name with the model they have; their list tells. Asked once."""
        if self._listed:
            return
        try:
            answer = self._client.get(f"{self._base}/models", timeout=CONNECT_SECONDS)
            names = [str(one["id"]) for one in answer.json()["data"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return  # no list; what is wrong shows when a reply is asked for
        if names and self._model not in names:
            raise UnknownNameError(f"model on {self._base}", self._model, names, "See served")
        self._listed = True

    def _one(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seed: int,
        sample: int,
        on_progress: OnProgress,
    ) -> Completion:
        body = {
            "model": self._model,
            "messages": [message.model_dump() for message in conversation],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        guess = self.count_tokens(conversation)
        pause = self._pause
        for number in range(1, TRIES + 1):
            started = time.monotonic()
            written = _Written(sample, guess, on_progress)
            try:
                self._stream(body, written)
            except _Passing as problem:
                if number == TRIES:
                    raise EngineError(
                        f"{self._base} failed {TRIES} times, last: {problem}",
                        "Look at the server, then give the same command to go on",
                    ) from None
                wait = problem.pause if problem.pause is not None else pause
                time.sleep(min(wait, LONGEST_PAUSE) * random.uniform(0.8, 1.2))  # noqa: S311
                pause *= 2
                continue
            return written.completion(seed, time.monotonic() - started)
        raise AssertionError

    def _stream(self, body: dict[str, Any], written: _Written) -> None:
        try:
            with self._client.stream(
                "POST", f"{self._base}/chat/completions", json=body
            ) as response:
                if response.status_code != httpx.codes.OK:
                    self._refused(response)
                for event in _events(response):
                    self._check_model(event)
                    written.take(event)
        except httpx.ConnectError as error:
            raise _Passing(f"it cannot be reached ({error})") from None
        except httpx.TimeoutException:
            raise _Passing(f"it was silent for {SILENCE_SECONDS} s") from None
        except (httpx.TransportError, httpx.StreamError) as error:
            raise _Passing(f"the connection was lost ({type(error).__name__})") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise EngineError(f"{self._base} is no address of a server ({error})") from None
        if written.finish is None:
            raise _Passing("the stream ended before the reply did")

    def _refused(self, response: httpx.Response) -> None:
        response.read()
        said = _said(response)
        if response.status_code in PASSING:
            raise _Passing(f"status {response.status_code}, {said}", _retry_after(response))
        if response.status_code in (401, 403):
            raise EngineError(
                f"{self._base} wants another key ({said})", f"Set {KEY_VARIABLE} to it"
            )
        if response.status_code == 400 and "context" in said.lower():
            raise PromptError(
                f"the prompt does not fit the server's context ({said})",
                "Start the server with a larger one, or lower max_tokens (--max-tokens)",
            )
        hint = "Look at server and served in models.toml"
        raise EngineError(f"{self._base} answered {response.status_code}, {said}", hint)

    def _check_model(self, event: dict[str, Any]) -> None:
        answered = event.get("model")
        if isinstance(answered, str) and answered and answered != self._model:
            raise EngineError(
                f"{self._base} answered as '{answered[:100]}', not as '{self._model}'",
                f"Set served = {json.dumps(answered[:100])} in models.toml if that is the model",
            )


class _Written:
    """A reply as it grows."""

    def __init__(self, sample: int, prompt: int, on_progress: OnProgress) -> None:
        self._sample, self._prompt, self._on_progress = sample, prompt, on_progress
        self._pieces: list[str] = []
        self._usage: dict[str, Any] = {}
        self.finish: str | None = None

    def take(self, event: dict[str, Any]) -> None:
        """One event of the stream. Raises _Passing where it makes no sense."""
        if isinstance(event.get("error"), dict):
            raise _Passing(str(event["error"].get("message", "an error"))[:200])
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


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The JSON objects of a stream of server-sent events."""
    for line in response.iter_lines():
        if len(line) > LONGEST_LINE:
            raise EngineError("the server sent a line without an end")
        if not line.startswith("data:"):
            continue
        text = line.removeprefix("data:").strip()
        if text == "[DONE]":
            return
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            raise _Passing("it sent what is no JSON") from None
        if isinstance(event, dict):
            yield event


def _said(response: httpx.Response) -> str:
    try:
        error = response.json()["error"]
        text = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        text = response.text
    return " ".join(str(text).split())[:200] or response.reason_phrase


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
