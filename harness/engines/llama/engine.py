"""llama.cpp in a process of its own, through llama-cpp-python: the side that asks.

The process (``server``) is started on first use, and again where it died: a model
file that makes llama.cpp abort, or memory that runs out, costs the replies at work and a line of
text, no more. Several threads may ask at once; their replies are written side by side.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import importlib.metadata
import itertools
import threading
from collections.abc import Sequence

from harness import machine
from harness.engines.llama import chat
from harness.engines.llama.messages import (
    BeginConversation,
    Cancel,
    CountTokens,
    EndConversation,
    Generate,
    LoadModel,
    ReplyDone,
    ReplyProgress,
    TokenCount,
)
from harness.engines.llama.process import Process
from harness.engines.llama.watching import Watched
from harness.errors import EngineError, ModelFileError
from harness.ports import OnProgress, Watcher
from harness.records import (
    Completion,
    EngineSetup,
    Message,
    ModelIdentity,
    Record,
    Sampling,
    SteeringKind,
)

NO_CONVERSATION = -1  # the conversation of a request that belongs to none
STATES_VERSION = 2  # of how the loop lays tokens out in the cache


def build(setup: EngineSetup) -> LlamaCppEngine:
    """The engine of a GGUF file. Raises ModelFileError where nothing says how to render chats."""
    identity = setup.identity
    name = _states_name(identity, setup.threads)
    quantized = identity.cache_type.startswith("q")  # llama.cpp reads such values with it only
    asked = identity.flash_attention
    n_ctx = identity.n_ctx if setup.n_ctx is None else setup.n_ctx
    return LlamaCppEngine(
        LoadModel(
            path=setup.path,
            template=_chat_template(setup),
            n_ctx=n_ctx,
            n_ctx_asked=identity.n_ctx if n_ctx < identity.n_ctx else None,
            threads=setup.threads,
            concurrent=setup.concurrent,
            cache_type=identity.cache_type,
            flash_attention=quantized if asked is None else asked,  # decision 0017
            vocab_only=setup.vocab_only,
            recurrent=setup.recurrent,
            # With several, what is read depends on the company: going on is not exact anyway.
            states=setup.cache / "states" / name if setup.concurrent == 1 else None,
            timing=setup.cache / "timing" / f"{name}.json",
        )
    )


class LlamaCppEngine:
    """One GGUF file, loaded as ``settings`` say. A conversation is a copy with a number."""

    def __init__(self, settings: LoadModel) -> None:
        self.steering = SteeringKind.NONE if settings.recurrent else SteeringKind.TOKENS
        self._supervisor = _Supervisor(settings)
        self._conversation = NO_CONVERSATION
        self._announcement: BeginConversation | None = None
        self._announced_to: Process | None = None  # which knows of the conversation

    def load(self) -> None:
        """Begin to load, without waiting; what is wrong with the model is said when it is asked."""
        self._supervisor.start()

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """See ``harness.ports.Engine``."""
        process, number = self._supervisor.running(), self._supervisor.number()
        inbox = process.expect([number])
        try:
            process.send(CountTokens(request=number, turns=tuple(conversation)))
            answer = process.answer(inbox)
        finally:
            process.forget([number])
        if not isinstance(answer, TokenCount):
            raise EngineError(f"the engine answered with '{answer.kind}'")
        return answer.tokens

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
        """See ``harness.ports.Engine``. Samples are written side by side, as many as fit."""
        process = self._supervisor.running()
        self._announce(process)
        numbers = {self._supervisor.number(): sample for sample in range(len(seeds))}
        inbox = process.expect(numbers)
        watched = dict(zip(numbers, map(Watched, watchers), strict=bool(watchers)))
        done: dict[int, Completion] = {}
        try:
            process.send(
                Generate(
                    seeds=dict(zip(numbers, seeds, strict=True)),
                    conversation=self._conversation,
                    turns=tuple(conversation),
                    sampling=sampling,
                    repeats=repeats,
                    watched=bool(watchers),
                )
            )
            while len(done) < len(seeds):
                answer = process.answer(inbox)
                if isinstance(answer, ReplyProgress):
                    one = watched.get(answer.request)
                    if one is not None and one.outdated(answer):
                        continue
                    sample = numbers[answer.request]
                    on_progress(answer.progress.model_copy(update={"sample": sample}))
                    verdict = one.look(answer) if one is not None else None
                    if verdict is not None:
                        process.send(verdict)
                elif isinstance(answer, ReplyDone):
                    done[numbers[answer.request]] = answer.completion
        except BaseException:
            for number in numbers:
                with contextlib.suppress(EngineError):
                    process.send(Cancel(request=number))
            raise
        finally:
            process.forget(numbers)
        return [done[sample] for sample in range(len(seeds))]

    def converse(self, order: int, group_size: int, *, patient: bool = False) -> LlamaCppEngine:
        """This engine, for one of ``group_size`` conversations that begin together, in this order.

        ``patient``: something may run between a reply and its next request; others wait for it.
        Closing it ends the conversation and leaves the model to the others.
        """
        other = copy.copy(self)
        other._conversation = self._supervisor.number()
        other._announcement = BeginConversation(
            conversation=other._conversation,
            order=order,
            group_size=group_size,
            patient=patient,
        )
        return other

    def _announce(self, process: Process) -> None:
        """Begin the conversation over there; alone, where it goes on with another process."""
        if self._announcement is not None and process is not self._announced_to:
            process.send(self._announcement)
            self._announcement = self._announcement.model_copy(update={"group_size": 1})
            self._announced_to = process

    def close(self) -> None:
        """End the process with all it holds; a conversation leaves its turn to others."""
        if self._conversation == NO_CONVERSATION:
            self._supervisor.end()
        else:
            self._supervisor.notify(EndConversation(conversation=self._conversation))


class _Supervisor:
    """Has the process, and starts it again where it died. For use from several threads."""

    def __init__(self, settings: LoadModel) -> None:
        self._settings = settings
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._process: Process | None = None

    def number(self) -> int:
        """One that no request or conversation had before."""
        return next(self._numbers)

    def start(self) -> Process:
        """The process, begun where there is none; it may still be loading. Raises EngineError."""
        with self._lock:
            if self._process is None or self._process.dead:
                if self._process is not None:
                    self._process.end()
                self._process = Process(self._settings)
            return self._process

    def running(self) -> Process:
        """The process, once it has loaded the model. Raises EngineError."""
        process = self.start()
        process.wait_until_loaded()
        return process

    def notify(self, message: Record) -> None:
        """Send it, if there is a process to hear it."""
        with self._lock, contextlib.suppress(EngineError):
            if self._process is not None:
                self._process.send(message)

    def end(self) -> None:
        """End the process. Safe to call twice."""
        with self._lock:
            if self._process is not None:
                self._process.end()
                self._process = None


def _chat_template(setup: EngineSetup) -> chat.ChatTemplate:
    if setup.identity.chat_format is not None:
        return chat.named(setup.identity.chat_format)
    if setup.chat_template is None:
        raise ModelFileError(
            f"{setup.path.name} holds no chat template", "Set chat_format in models.toml"
        )
    return chat.ChatTemplate(source=setup.chat_template, trusted=False)


def _states_name(identity: ModelIdentity, threads: int) -> str:
    """A folder's name for states of the cache: by all that their numbers depend on.

    The processor is one of them, for a home folder may be shared by several machines.
    """
    made_by = importlib.metadata.version("llama-cpp-python")
    about = [identity.sha256, identity.cache_type, identity.flash_attention, threads, made_by]
    about.append(machine.facts()["processor"])
    return hashlib.sha256(repr([STATES_VERSION, *about]).encode()).hexdigest()[:16]
