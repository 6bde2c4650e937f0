"""llama.cpp in a process of its own, through llama-cpp-python: the side that asks.

The process (``harness.engines.llama``) is started on first use, and again where it died: a model
file that makes llama.cpp abort, or memory that runs out, costs the replies at work and a line of
text, no more. Several threads may ask at once; their replies are written side by side.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import threading
from collections.abc import Sequence

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
from harness.errors import EngineError
from harness.ports import OnProgress
from harness.records import Completion, Message, Record, Sampling

NOBODY = -1  # the conversation of a request that belongs to none


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
