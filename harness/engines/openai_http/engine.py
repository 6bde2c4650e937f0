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
from harness.engines.openai_http.continued import OWNERS, Continued
from harness.engines.openai_http.refusals import KEY_VARIABLE, RefusalError, TemporaryError
from harness.engines.openai_http.stream import StreamedReply, events
from harness.errors import EngineError, UnknownNameError
from harness.ports import OnProgress, Watcher
from harness.records import (
    Completion,
    Continues,
    EngineSetup,
    Message,
    Sampling,
    SteeringKind,
)

STREAM = "text/event-stream"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 180  # between two tokens, the reading of a long prompt included
TRIES = 5
LONGEST_PAUSE = 20  # seconds
BACKOFF = wait_exponential(multiplier=0.5, max=LONGEST_PAUSE)  # seconds, doubled with each try
CHARACTERS_PER_TOKEN = 3.5  # of code and English; a guess, since no server need tell


def build(setup: EngineSetup) -> OpenAIEngine:
    """The engine of a model that a server has."""
    identity = setup.identity
    return OpenAIEngine(
        identity.server or "",
        identity.file,
        concurrent=setup.concurrent,
        continues=identity.continues,
    )


class OpenAIEngine:
    """One model of one server. ``base`` ends in ``/v1``, or whatever comes before the path.

    The server gets ``concurrent`` requests at a time. ``continues``: as which of OWNERS it goes on
    with a reply, or that it does not; None: as it says of itself. ``sleep`` waits before the next
    try.
    """

    def __init__(
        self,
        base: str,
        model: str,
        *,
        concurrent: int = 1,
        continues: Continues | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base, self._model = base.rstrip("/"), model
        self._slots = threading.BoundedSemaphore(concurrent)
        self._at_work: set[object] = set()  # calls; their number tells a reply's own part
        self._listed: list[str] | None = None  # names of the server's models
        self._continues: str | None = continues
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

    @property
    def steering(self) -> SteeringKind:
        """By the text that stays, where the server goes on with one. It may be asked what it is."""
        if self._continues is None:
            self._check_listed()
        return SteeringKind.PREFIX if self._continues in OWNERS else SteeringKind.NONE

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
                steered = bool(watchers) and self.steering is SteeringKind.PREFIX
                watch = watchers if steered else ()
                made = [
                    self._one(conversation, sampling, seed, sample, on_progress, watch)
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
            data = answer.json()["data"]
            names = [str(one["id"]) for one in data]
            owners = {one["owned_by"] for one in data if isinstance(one.get("owned_by"), str)}
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
        ):
            return  # no list; what is wrong shows when a reply is asked for
        if names and self._model not in names:
            raise UnknownNameError(f"model on {self._base}", self._model, names, "See served")
        self._listed = names
        if self._continues is None:
            self._continues = next(iter(owners & OWNERS.keys()), "never")

    def _one(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seed: int,
        sample: int,
        on_progress: OnProgress,
        watchers: Sequence[Watcher],
    ) -> Completion:
        fields: dict[str, Any] = {
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
            fields["stop"] = list(sampling.stops)
        prompt = self.count_tokens(conversation)
        try:
            if watchers:
                whole = Continued(watchers[sample], sample, prompt, on_progress)
                return self._watched(fields, whole)
            reply = self._retrying(
                self._attempt, fields, lambda: StreamedReply(sample, prompt, on_progress)
            )
            return reply.completion(seed, sampling.max_tokens)
        except TemporaryError as problem:
            raise EngineError(
                f"{self._base} failed {TRIES} times, last: {problem}",
                "Look at the server, then give the same command to go on",
            ) from None

    def _watched(self, fields: dict[str, Any], whole: Continued) -> Completion:
        more, seconds = OWNERS[self._continues or ""], 0.0
        while True:
            rest = whole.fields(fields, more)
            reply = self._retrying(self._attempt, rest, whole.part)
            seconds = reply.seconds = seconds + reply.seconds
            goes_on = reply.is_cut or whole.goes_on()
            if not goes_on or whole.written >= fields["max_tokens"]:
                return whole.completion(reply, fields["seed"], fields["max_tokens"])

    def _attempt(self, fields: dict[str, Any], make: Callable[[], StreamedReply]) -> StreamedReply:
        body, reply, started = self._taken(fields), make(), time.monotonic()
        try:
            self._read(body, reply)
        except RefusalError as refusal:
            field = refusal.refused_field(body)
            if field is None:
                raise refusal.explained(self._base) from None
            self._refused += (field,)
            return self._attempt(fields, make)
        if not (reply.is_whole or reply.is_cut):
            raise TemporaryError("the stream ended before the reply did")
        reply.notes = self._notes(fields, body, reply)
        reply.seconds = time.monotonic() - started
        return reply

    def _read(self, body: dict[str, Any], reply: StreamedReply) -> None:
        """Ask, and let the reply grow. Raises RefusalError, TemporaryError or EngineError."""
        url, headers = f"{self._base}/chat/completions", {"Accept": STREAM}
        try:
            with self._client.stream("POST", url, json=body, headers=headers) as response:
                self._reached = True
                if response.status_code != httpx.codes.OK:
                    raise refusals.of_response(response)
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
                if reply.is_cut:
                    return
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
        if not reply.has_reason and not reply.is_cut:
            notes.append("the server did not say why the reply ended")
        return tuple(sorted(notes))


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: those that the server wants, or a pause that doubles."""
    problem = state.outcome.exception() if state.outcome is not None else None
    wanted = problem.pause if isinstance(problem, TemporaryError) else None
    seconds = BACKOFF(state) if wanted is None else min(wanted, LONGEST_PAUSE)
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311
