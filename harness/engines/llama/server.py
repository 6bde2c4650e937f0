"""The engine's process: it loads one model, takes commands, and turns the decode loop.

Started as ``python -m harness.engines.llama.server FD`` with one end of a pipe. When the other end
closes, however its owner ended, this process ends at once.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from multiprocessing.connection import Connection

from harness.engines.llama import batch_timing, messages
from harness.engines.llama.bindings import LlamaContext, Vocabulary, gpu_build
from harness.engines.llama.chat import Renderer
from harness.engines.llama.loop import Cached, Loop
from harness.engines.llama.messages import (
    BeginConversation,
    Cancel,
    Command,
    CountTokens,
    EndConversation,
    Failed,
    Generate,
    LoadModel,
    Verdict,
)
from harness.engines.llama.reporting import Clock, Reports, completion
from harness.engines.llama.scheduler import Scheduler
from harness.engines.llama.sequences import Request, Sequence
from harness.engines.llama.state_cache import StateCache
from harness.errors import EngineError, HarnessError, PromptError
from harness.records import Message

WAIT_SECONDS = 0.05  # between two looks at whom the scheduler awaits
LEAST_SAVED = 64  # tokens that loading another conversation's state must save


class Server:
    """Takes commands in, lets the loop turn, and sends what comes of it."""

    def __init__(self, settings: LoadModel, pipe: Connection) -> None:
        self._settings, self._pipe = settings, pipe
        self._renderer = Renderer(settings.template)  # which begins while the weights are loaded
        self._vocabulary = Vocabulary(settings.path, vocab_only=settings.vocab_only)
        self._scheduler = Scheduler(settings.concurrent)
        self._inbox: queue.Queue[Command] = queue.Queue()
        self._clock = Clock()
        self._loop: Loop | None = None
        self._reports: Reports | None = None
        self._states: StateCache | None = None
        if not settings.vocab_only:
            self._load()

    def _load(self) -> None:
        settings = self._settings
        several = settings.concurrent > 1
        context = LlamaContext(
            self._vocabulary,
            cells=settings.n_ctx * settings.concurrent,
            sequences=settings.concurrent if several else 2,  # see Loop
            threads=settings.threads,
            cache_type=settings.cache_type,
            flash_attention=settings.flash_attention,
            unified=not several,
        )
        split = False
        if settings.timing is not None and not gpu_build():
            split = batch_timing.splits(context, settings.concurrent, settings.timing)
        self._loop = Loop(
            self._vocabulary,
            context,
            concurrent=settings.concurrent,
            stops=settings.template.stops,
            split=split,
        )
        self._reports = Reports(self._loop, settings.ahead)
        if settings.states is not None:
            about = (settings.states_bytes, context, settings.n_ctx)
            self._states = StateCache(settings.states, *about)

    def serve(self) -> None:
        """Until the process ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        messages.send(self._pipe, messages.ModelLoaded())
        while True:
            loop, reports = self._loop, self._reports
            working = loop is not None and bool(loop.active or loop.waiting)
            awaited = self._scheduler.awaits(self._clock.now())
            watched = reports is not None and (reports.wait or (awaited and reports.awaited))
            self._clock.run(on=not watched)  # what a watcher takes is nobody's delay
            idle = not (working or awaited)
            self._receive(wait=watched or awaited or idle, forever=watched or idle)
            for command in self._scheduler.ready(self._clock.now()):
                self._answer(command)
            if loop is None or reports is None or not working:
                continue
            if not reports.wait and not self._scheduler.awaits(self._clock.now()):
                self._step(loop, reports)

    def _listen(self) -> None:
        try:
            while True:
                self._inbox.put(messages.receive_command(self._pipe))
        except (EOFError, OSError, ValueError):
            self._renderer.close()
            os._exit(0)  # nobody listens any more; llama.cpp may be in the middle of a batch

    def _receive(self, *, wait: bool, forever: bool) -> None:
        try:
            self._handle(self._inbox.get(block=wait, timeout=None if forever else WAIT_SECONDS))
            while True:
                self._handle(self._inbox.get_nowait())
        except queue.Empty:
            return

    def _handle(self, command: Command) -> None:
        if isinstance(command, BeginConversation):
            self._scheduler.begin(command, self._clock.now())
        elif isinstance(command, EndConversation):
            self._scheduler.end(command.conversation)
        elif isinstance(command, Cancel):
            self._cancel(command.request)
        elif isinstance(command, Verdict):
            self._take(command)
        elif isinstance(command, CountTokens):
            self._answer(command)
        elif isinstance(command, Generate):
            self._scheduler.submit(command)

    def _cancel(self, request: int) -> None:
        if self._loop is not None and self._reports is not None:
            self._loop.cancel(request)
            self._reports.forget(request)

    def _take(self, verdict: Verdict) -> None:
        if self._loop is None or self._reports is None:
            return
        complete = self._reports.take(verdict)
        if complete is None:
            return
        if verdict.back is not None:  # it has no room to go on
            report = self._reports.of(complete)
            self._send(report.model_copy(update={"look": None}))
        self._loop.retire(complete)
        self._finish(complete)

    def _answer(self, command: Generate | CountTokens) -> None:
        try:
            if isinstance(command, CountTokens):
                count = len(self._vocabulary.tokens(self._render(command.turns)))
                self._send(messages.TokenCount(request=command.request, tokens=count))
            else:
                self._submit(command)
        except HarnessError as error:
            for request in command.seeds if isinstance(command, Generate) else [command.request]:
                self._fail(request, error)

    def _submit(self, command: Generate) -> None:
        if self._loop is None:
            raise EngineError("only the vocabulary is loaded")
        watched = command.watched and self._loop.steps_back
        text = self._render(command.turns)
        if self._states is not None and not (self._loop.active or self._loop.waiting):
            self._restore(self._loop, self._states, text)
        tokens = self._tokens(text)
        most, limit = command.sampling.max_tokens, self._settings.n_ctx
        if len(tokens) + most > limit:
            asked = self._settings.n_ctx_asked
            short = f", for memory is short of {asked:,}" if asked else ""
            raise PromptError(
                f"the prompt has {len(tokens):,} tokens and the reply may have {most:,}, "
                f"together {len(tokens) + most:,}; the context holds {limit:,}{short}",
                f"{'Close programs' if asked else 'Raise n_ctx in models.toml'}, or lower "
                "max_tokens (--max-tokens)",
            )
        self._loop.waiting += [
            Request(
                id=request,
                order=self._scheduler.order(command.conversation),
                conversation=command.conversation,
                text=text,
                tokens=tokens,
                sampling=command.sampling,
                seed=seed,
                repeats=command.repeats,
                watched=watched,
                scored=watched or len(command.seeds) > 1,
                notes=(*self._renderer.notes, *_context_note(self._settings)),
            )
            for request, seed in command.seeds.items()
        ]
        self._loop.waiting.sort(key=lambda one: (one.order, one.id))

    def _render(self, turns: tuple[Message, ...]) -> str:
        return self._renderer.render(turns, self._vocabulary.special)

    def _tokens(self, text: str) -> list[int]:
        """Tokens of a prompt; where a reply is in it, those that were drawn, so none is read twice.

        The text of a reply may have other tokens too. A mark of turns must follow it.
        """
        cached = self._loop.longest_cached(text) if self._loop is not None else None
        if cached is not None:
            rest = self._vocabulary.tokens(text[len(cached.text) :], begins=False)
            if rest and self._vocabulary.is_control(rest[0]):
                return cached.tokens + rest
        return self._vocabulary.tokens(text)

    def _restore(self, loop: Loop, cache: StateCache, text: str) -> None:
        """Load the state that an earlier run left, where more of the prompt is in it than here."""
        tokens = self._vocabulary.tokens(text)
        found = cache.find(text, tokens)
        if found is None:
            return
        least = 1 if found.whole else LEAST_SAVED
        if found.useful >= loop.cached_length(tokens) + least:
            cached = Cached(found.tokens, found.text)
            loop.restore(cached, lambda slot: cache.load(found, slot))

    def _step(self, loop: Loop, reports: Reports) -> None:
        try:
            grown = loop.step()
        except EngineError as error:
            for request in [one.request.id for one in loop.active]:
                self._cancel(request)
                self._fail(request, error)
            return
        for sequence in grown:
            self._send(reports.of(sequence))
            if sequence.finish is not None and not sequence.request.watched:
                self._finish(sequence)

    def _finish(self, sequence: Sequence) -> None:
        if self._reports is not None:
            self._reports.forget(sequence.request.id)
        if self._states is not None and sequence.says_it_all:
            read = sequence.tokens[: sequence.read]
            self._states.save(sequence.slot, read, sequence.request.text + sequence.text)
        self._scheduler.replied(sequence.request.conversation, self._clock.now())
        done = completion(sequence)
        self._send(messages.ReplyDone(request=sequence.request.id, completion=done))

    def _fail(self, request: int, error: HarnessError) -> None:
        kind = "prompt" if isinstance(error, PromptError) else "engine"
        self._send(Failed(request=request, error=kind, message=error.message, hint=error.hint))

    def _send(self, answer: messages.Answer) -> None:
        try:
            messages.send(self._pipe, answer)
        except OSError:
            os._exit(0)


def _context_note(settings: LoadModel) -> tuple[str, ...]:
    if settings.n_ctx_asked is None:
        return ()
    return (f"memory held a context of {settings.n_ctx:,} tokens, not {settings.n_ctx_asked:,}",)


def main(descriptor: int) -> None:
    """The life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    pipe = Connection(descriptor)
    try:
        settings = messages.receive_command(pipe)
    except (EOFError, OSError):
        return
    if not isinstance(settings, LoadModel):
        raise TypeError(f"expected LoadModel first, not {type(settings).__name__}")
    try:
        server = Server(settings, pipe)
    except EngineError as error:
        failed = Failed(request=None, error="engine", message=error.message, hint=error.hint)
        messages.send(pipe, failed)
        return
    server.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
