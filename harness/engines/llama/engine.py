"""llama.cpp in a process of its own, through llama-cpp-python: the side that asks.

The process (``harness.engines.llama``) is started on first use, and again where it died: a model
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
    Ask,
    Count,
    Counted,
    Drop,
    Grown,
    Made,
    Open,
    Rest,
    Setup,
)
from harness.engines.llama.process import Process
from harness.errors import EngineError, ModelFileError
from harness.ports import OnProgress
from harness.records import Completion, EngineSetup, Message, ModelIdentity, Record, Sampling

NOBODY = -1  # the conversation of a request that belongs to none
STATES_VERSION = 2  # of how the loop lays tokens out in the cache


def build(setup: EngineSetup) -> LlamaCppEngine:
    """The engine of a GGUF file. Raises ModelFileError where nothing says how to render chats."""
    identity = setup.identity
    name = _states_name(identity, setup.threads)
    quantized = identity.cache_type.startswith("q")  # llama.cpp reads such values with it only
    asked = identity.flash_attention
    return LlamaCppEngine(
        Setup(
            path=setup.path,
            template=_chat_template(setup),
            n_ctx=identity.n_ctx,
            threads=setup.threads,
            concurrent=setup.concurrent,
            cache_type=identity.cache_type,
            flash_attention=quantized if asked is None else asked,  # decision 0017
            vocab_only=setup.vocab_only,
            # With several, what is read depends on the company: going on is not exact anyway.
            keep=setup.cache / "states" / name if setup.concurrent == 1 else None,
            pace=setup.cache / "pace" / f"{name}.json",
        )
    )


class LlamaCppEngine:
    """One GGUF file, loaded as ``setup`` says; a conversation with it is the same with a number."""

    def __init__(self, setup: Setup) -> None:
        self._owner = _Owner(setup)
        self._conversation = NOBODY
        self._opening: Open | None = None
        self._opened: Process | None = None  # which knows of the conversation

    def load(self) -> None:
        """Begin to load, without waiting; what is wrong with the model is said when it is asked."""
        self._owner.start()

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """See ``harness.ports.Engine``."""
        child, number = self._owner.running(), self._owner.number()
        inbox = child.expect([number])
        try:
            child.send(Count(request=number, turns=tuple(conversation)))
            answer = child.answer(inbox)
        finally:
            child.forget([number])
        if not isinstance(answer, Counted):
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
    ) -> list[Completion]:
        """See ``harness.ports.Engine``. Samples are written side by side, as many as fit."""
        child = self._owner.running()
        self._open(child)
        numbers = {self._owner.number(): sample for sample in range(len(seeds))}
        inbox = child.expect(numbers)
        made: dict[int, Completion] = {}
        try:
            child.send(
                Ask(
                    seeds=dict(zip(numbers, seeds, strict=True)),
                    conversation=self._conversation,
                    turns=tuple(conversation),
                    sampling=sampling,
                    drafts=repeats,
                )
            )
            while len(made) < len(seeds):
                answer = child.answer(inbox)
                if isinstance(answer, Grown):
                    sample = numbers[answer.request]
                    on_progress(answer.progress.model_copy(update={"sample": sample}))
                elif isinstance(answer, Made):
                    made[numbers[answer.request]] = answer.completion
        except BaseException:
            for number in numbers:
                with contextlib.suppress(EngineError):
                    child.send(Drop(request=number))
            raise
        finally:
            child.forget(numbers)
        return [made[sample] for sample in range(len(seeds))]

    def converse(self, order: int, among: int) -> LlamaCppEngine:
        """This engine, for one of ``among`` conversations that begin together and in that order.

        Closing it ends the conversation and leaves the model to the others.
        """
        other = copy.copy(self)
        other._conversation = self._owner.number()
        other._opening = Open(conversation=other._conversation, order=order, among=among)
        return other

    def _open(self, child: Process) -> None:
        """Take part in turns, from the first request on; alone where the process is another now."""
        if self._opening is not None and child is not self._opened:
            child.send(self._opening)
            self._opening = self._opening.model_copy(update={"among": 1})
            self._opened = child

    def close(self) -> None:
        """End the process with all it holds; of a conversation, leave its turn to others."""
        if self._conversation == NOBODY:
            self._owner.end()
        else:
            self._owner.tell(Rest(conversation=self._conversation))


class _Owner:
    """Has the process, and starts it again where it died. For use from several threads."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._child: Process | None = None

    def number(self) -> int:
        """One that no request or conversation had before."""
        return next(self._numbers)

    def start(self) -> Process:
        """The process, begun where there is none; it may still be loading. Raises EngineError."""
        with self._lock:
            if self._child is None or self._child.dead:
                if self._child is not None:
                    self._child.end()
                self._child = Process(self._setup)
            return self._child

    def running(self) -> Process:
        """The process, once it has loaded the model. Raises EngineError."""
        child = self.start()
        child.loaded()
        return child

    def tell(self, message: Record) -> None:
        """Send it, if there is a process to hear it."""
        with self._lock, contextlib.suppress(EngineError):
            if self._child is not None:
                self._child.send(message)

    def end(self) -> None:
        """End the process. Safe to call twice."""
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None


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

    The processor is among it, for a home folder may be shared by several machines.
    """
    made_by = importlib.metadata.version("llama-cpp-python")
    about = [identity.sha256, identity.cache_type, identity.flash_attention, threads, made_by]
    about.append(machine.facts()["processor"])
    return hashlib.sha256(repr([STATES_VERSION, *about]).encode()).hexdigest()[:16]
