"""Any server that speaks OpenAI's chat completions: llama.cpp's own, vLLM, Ollama and kin.

After a temporary failure, a busy server or a lost connection, a reply is asked for again from its
start, after a pause that doubles; any other failure is one line. A field of the request that the
server does not take is left out or renamed, and the reply's notes say so. The API key comes from
the environment and goes nowhere else.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

from harness.engines.openai_http import refusals
from harness.engines.openai_http.refusals import KEY_VARIABLE, RefusalError, TemporaryError
from harness.engines.openai_http.stream import StreamedReply, events
from harness.errors import EngineError, UnknownNameError
from harness.ports import OnProgress, Watcher
from harness.records import Completion, EngineSetup, Message, Sampling, SteeringKind

STREAM = "text/event-stream"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 180  # between two tokens, the reading of a long prompt included
TRIES = 5
LONGEST_PAUSE = 20  # seconds
BACKOFF = wait_exponential(multiplier=0.5, max=LONGEST_PAUSE)  # seconds, doubled with each try
LONGEST_BODY = 1 << 20  # characters of an answer that is no reply
CHARACTERS_PER_TOKEN = 3.5  # of code and English; a guess, since no server need tell


def build(setup: EngineSetup) -> OpenAIEngine:
    """The engine of a model that a server has."""
    identity = setup.identity
    return OpenAIEngine(identity.server or "", identity.file, concurrent=setup.concurrent)


class OpenAIEngine:
    """One model of one server. ``base`` ends in ``/v1``, or whatever comes before the path.

    The server gets ``concurrent`` requests at a time. ``sleep`` waits before the next try.
    """

    steering = SteeringKind.NONE

    def __init__(
        self,
        base: str,
        model: str,
        *,
        concurrent: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base, self._model = base.rstrip("/"), model
        self._slots = threading.BoundedSemaphore(concurrent)
        self._at_work: set[object] = set()  # calls; their number tells a reply's own part
        self._listed: list[str] | None = None  # names of the server's models
        self._reached = False
        self._refused: tuple[str, ...] = ()  # fields that the server does not take
        self._retrying = Retrying(
            retry=retry_if_exception_type(TemporaryError),
            stop=stop_after_attempt(TRIES),
            wait=_pause,
            sleep=sleep,
            reraise=True,
        )
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
        watchers: Sequence[Watcher] = (),
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
        if self._listed is not None:
            return
        try:
            answer = self._client.get(f"{self._base}/models", timeout=CONNECT_SECONDS)
            self._reached = True
            names = [str(one["id"]) for one in answer.json()["data"]]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            return  # no list; what is wrong shows when a reply is asked for
        if names and self._model not in names:
            raise UnknownNameError(f"model on {self._base}", self._model, names, "See served")
        self._listed = names

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
        if sampling.stops:
            body["stop"] = list(sampling.stops)
        prompt = self.count_tokens(conversation)
        try:
            return self._retrying(self._attempt, body, sample, prompt, on_progress)
        except TemporaryError as problem:
            raise EngineError(
                f"{self._base} failed {TRIES} times, last: {problem}",
                "Look at the server, then give the same command to go on",
            ) from None

    def _attempt(
        self, fields: dict[str, Any], sample: int, prompt: int, on_progress: OnProgress
    ) -> Completion:
        started = time.monotonic()
        body = self._taken(fields)
        reply = StreamedReply(sample, prompt, on_progress)
        try:
            self._read(body, reply)
        except RefusalError as refusal:
            field = refusal.refused_field(body)
            if field is None:
                raise refusal.explained(self._base) from None
            self._refused += (field,)
            return self._attempt(fields, sample, prompt, on_progress)
        if not reply.is_whole:
            raise TemporaryError("the stream ended before the reply did")
        seconds = time.monotonic() - started
        notes = self._notes(fields, body, reply)
        return reply.completion(fields["seed"], seconds, fields["max_tokens"], notes)

    def _read(self, body: dict[str, Any], reply: StreamedReply) -> None:
        """Ask, and let the reply grow. Raises RefusalError, TemporaryError or EngineError."""
        url, headers = f"{self._base}/chat/completions", {"Accept": STREAM}
        try:
            with self._client.stream("POST", url, json=body, headers=headers) as response:
                self._reached = True
                if response.status_code != httpx.codes.OK:
                    raise _refusal(response)
                self._take_events(response, reply)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise EngineError(f"{self._base} is no address of a server ({error})") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            said = f"cannot be reached ({error})"
            if not self._reached:  # so it does not run, or is elsewhere, and waiting is no help
                hint = "Start the server, or correct server in models.toml"
                raise EngineError(f"{self._base} {said}", hint) from None
            raise TemporaryError(f"it {said}") from None
        except httpx.TimeoutException:
            raise TemporaryError(f"it was silent for {SILENCE_SECONDS} s") from None
        except (httpx.TransportError, httpx.StreamError) as error:
            raise TemporaryError(f"the connection was lost ({type(error).__name__})") from None

    def _take_events(self, response: httpx.Response, reply: StreamedReply) -> None:
        try:
            for event in events(response.iter_text()):
                reply.take(event)
                self._check_model(reply.model)
        except RefusalError as refusal:
            if refusal.status is None and STREAM not in response.headers.get("content-type", ""):
                refusal.status = response.status_code  # a page or the like, each time
            raise

    def _check_model(self, answered: str | None) -> None:
        """Raise EngineError where another model answers; one that is listed may be an alias."""
        if answered not in (None, self._model) and not self._listed:
            name = str(answered)[:100]
            raise EngineError(
                f"{self._base} answered as '{name}', not as '{self._model}'",
                f"Set served = {json.dumps(name)} in models.toml if that is the model",
            )

    def _taken(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields of a request without those that the server does not take."""
        kept = {name: value for name, value in fields.items() if name not in self._refused}
        others = {name: refusals.FIELDS[name] for name in self._refused}
        return kept | {other: fields[name] for name, other in others.items() if other}

    def _notes(
        self, fields: dict[str, Any], body: dict[str, Any], reply: StreamedReply
    ) -> tuple[str, ...]:
        """What the record should tell of how this reply came about."""
        notes = []
        for name in fields.keys() - body.keys():
            other = refusals.FIELDS[name]
            how = f"was sent as {other}" if other else "was left out"
            notes.append(f"{name} {how}, as the server refused it")
        if reply.model not in (None, self._model):
            notes.append(f"asked for '{self._model}', the server answered as '{reply.model}'")
        if not reply.has_reason:
            notes.append("the server did not say why the reply ended")
        return tuple(sorted(notes))


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: those that the server wants, or a pause that doubles."""
    problem = state.outcome.exception() if state.outcome is not None else None
    wanted = problem.pause if isinstance(problem, TemporaryError) else None
    seconds = BACKOFF(state) if wanted is None else min(wanted, LONGEST_PAUSE)
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _refusal(response: httpx.Response) -> RefusalError:
    """What an answer with another status than 200 says."""
    text = ""
    for piece in response.iter_text():
        text += piece
        if len(text) > LONGEST_BODY:
            break
    pause = _retry_after(response)
    return refusals.of_body(text, response.status_code, response.reason_phrase, pause)


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
