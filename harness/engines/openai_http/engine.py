"""Any server that speaks OpenAI's chat completions: llama.cpp's own, vLLM, Ollama and kin.

After a temporary failure, a busy server or a lost connection, a reply is asked for again from its
start, after a pause that doubles; any other failure is one line. The API key comes from the
environment and goes nowhere else.
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
from httpx_sse import connect_sse
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential

from harness.engines.openai_http.stream import STREAM, StreamedReply, TemporaryError, events
from harness.errors import EngineError, PromptError, UnknownNameError
from harness.ports import OnProgress
from harness.records import Completion, EngineSetup, Message, Sampling

KEY_VARIABLE = "HARNESS_API_KEY"
CONNECT_SECONDS = 10
SILENCE_SECONDS = 180  # between two tokens, the reading of a long prompt included
TRIES = 5
LONGEST_PAUSE = 20  # seconds
BACKOFF = wait_exponential(multiplier=0.5, max=LONGEST_PAUSE)  # seconds, doubled with each try
TEMPORARY = {408, 409, 425, 429, 500, 502, 503, 504}  # statuses
CHARACTERS_PER_TOKEN = 3.5  # of code and English; a guess, since no server need tell


def build(setup: EngineSetup) -> OpenAIEngine:
    """The engine of a model that a server has."""
    identity = setup.identity
    return OpenAIEngine(identity.server or "", identity.file, concurrent=setup.concurrent)


class OpenAIEngine:
    """One model of one server. ``base`` ends in ``/v1``, or whatever comes before the path.

    The server gets ``concurrent`` requests at a time. ``sleep`` waits before the next try.
    """

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
        self._listed = False
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
        prompt = self.count_tokens(conversation)
        try:
            return self._retrying(self._attempt, body, sample, prompt, on_progress)
        except TemporaryError as problem:
            raise EngineError(
                f"{self._base} failed {TRIES} times, last: {problem}",
                "Look at the server, then give the same command to go on",
            ) from None

    def _attempt(
        self, body: dict[str, Any], sample: int, prompt: int, on_progress: OnProgress
    ) -> Completion:
        started = time.monotonic()
        reply = StreamedReply(sample, prompt, on_progress)
        url = f"{self._base}/chat/completions"
        try:
            with connect_sse(self._client, "POST", url, json=body) as source:
                self._check_status(source.response)
                for event in events(source):
                    self._check_model(event)
                    reply.take(event)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise EngineError(f"{self._base} is no address of a server ({error})") from None
        except httpx.ConnectError as error:
            raise TemporaryError(f"it cannot be reached ({error})") from None
        except httpx.TimeoutException:
            raise TemporaryError(f"it was silent for {SILENCE_SECONDS} s") from None
        except (httpx.TransportError, httpx.StreamError) as error:
            raise TemporaryError(f"the connection was lost ({type(error).__name__})") from None
        if reply.finish is None:
            raise TemporaryError("the stream ended before the reply did")
        return reply.completion(body["seed"], time.monotonic() - started)

    def _check_status(self, response: httpx.Response) -> None:
        streams = STREAM in response.headers.get("content-type", "")
        if response.status_code == httpx.codes.OK and streams:
            return
        response.read()
        message = _message(response)
        if response.status_code in TEMPORARY:
            failure = f"status {response.status_code}, {message}"
            raise TemporaryError(failure, _retry_after(response))
        if response.status_code in (401, 403):
            raise EngineError(
                f"{self._base} wants another key ({message})", f"Set {KEY_VARIABLE} to it"
            )
        if response.status_code == 400 and "context" in message.lower():
            raise PromptError(
                f"the prompt does not fit the server's context ({message})",
                "Start the server with a larger one, or lower max_tokens (--max-tokens)",
            )
        hint = "Look at server and served in models.toml"
        raise EngineError(f"{self._base} answered {response.status_code}, {message}", hint)

    def _check_model(self, event: dict[str, Any]) -> None:
        answered = event.get("model")
        if isinstance(answered, str) and answered and answered != self._model:
            raise EngineError(
                f"{self._base} answered as '{answered[:100]}', not as '{self._model}'",
                f"Set served = {json.dumps(answered[:100])} in models.toml if that is the model",
            )


def _pause(state: RetryCallState) -> float:
    """Seconds until the next try: those that the server wants, or a pause that doubles."""
    problem = state.outcome.exception() if state.outcome is not None else None
    wanted = problem.pause if isinstance(problem, TemporaryError) else None
    seconds = BACKOFF(state) if wanted is None else min(wanted, LONGEST_PAUSE)
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _message(response: httpx.Response) -> str:
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
