"""llama.cpp in a process of its own, through llama-cpp-python: the side that asks.

The process (``harness.engines.llama``) is started on first use, and again where it died: a model
file that makes llama.cpp abort, or memory that runs out, costs the replies at work and a line of
text, no more. Several threads may ask at once; their replies are written side by side.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Sequence

from harness.engines.llama.messages import (
    Ask,
    Count,
    Counted,
    Drop,
    Grown,
    Hold,
    Made,
    Open,
    Rest,
    Setup,
)
from harness.engines.llama.process import Process
from harness.errors import EngineError
from harness.ports import OnProgress
from harness.records import Completion, Message, Sampling

NOBODY = -1  # the conversation of a request that belongs to none


class LlamaCppEngine:
    """One GGUF file, loaded as ``setup`` says."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._child: Process | None = None

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """See ``harness.ports.Engine``."""
        child, number = self._running(), next(self._numbers)
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
        return self._complete(NOBODY, conversation, sampling, seeds, on_progress, repeats)

    def converse(self, order: int, among: int) -> Conversation:
        """One of ``among`` conversations that begin together, and always in the same order."""
        child, number = self._running(), next(self._numbers)
        child.send(Open(conversation=number, order=order, among=among))
        return Conversation(self, number)

    def hold(self, *, on: bool) -> None:
        """See ``harness.ports.Engine``."""
        with self._lock, contextlib.suppress(EngineError):
            if self._child is not None:
                self._child.send(Hold(change=1 if on else -1))

    def close(self) -> None:
        """End the process, and with it the weights and the cache."""
        with self._lock:
            if self._child is not None:
                self._child.end()
                self._child = None

    def rest(self, conversation: int) -> None:
        """The conversation asks no more."""
        with self._lock, contextlib.suppress(EngineError):
            if self._child is not None:
                self._child.send(Rest(conversation=conversation))

    def _complete(
        self,
        conversation: int,
        turns: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        repeats: bool,
    ) -> list[Completion]:
        child = self._running()
        numbers = {next(self._numbers): sample for sample in range(len(seeds))}
        inbox = child.expect(numbers)
        made: dict[int, Completion] = {}
        try:
            for number, sample in numbers.items():
                child.send(
                    Ask(
                        request=number,
                        conversation=conversation,
                        turns=tuple(turns),
                        sampling=sampling,
                        seed=seeds[sample],
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

    def _running(self) -> Process:
        with self._lock:
            if self._child is None or self._child.dead:
                if self._child is not None:
                    self._child.end()
                self._child = Process(self._setup)
            return self._child


class Conversation:
    """An engine for one conversation of several that are held side by side; close it to rest."""

    def __init__(self, engine: LlamaCppEngine, number: int) -> None:
        self._engine, self._number = engine, number
        self.count_tokens, self.converse = engine.count_tokens, engine.converse
        self.hold = engine.hold

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        *,
        repeats: bool = False,
    ) -> list[Completion]:
        """See ``harness.ports.Engine``."""
        return self._engine._complete(
            self._number, conversation, sampling, seeds, on_progress, repeats
        )

    def close(self) -> None:
        """Leave the turn to others; the model stays."""
        self._engine.rest(self._number)
