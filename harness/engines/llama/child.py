"""The engine's process: loads one model, listens, and turns the decode loop.

Started as ``python -m harness.engines.llama.child FD`` with one end of a pipe. When the other end
closes, however its owner ended, this process ends at once.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

from harness.engines.llama import messages, pace
from harness.engines.llama.chat import Renderer
from harness.engines.llama.library import LlamaContext, Vocabulary, gpu_build
from harness.engines.llama.loop import Held, Loop
from harness.engines.llama.messages import Ask, Count, Drop, Failed, Open, Rest, Setup, Told
from harness.engines.llama.sequences import Request, Sequence
from harness.engines.llama.state_cache import StateCache
from harness.engines.llama.turns import Turns
from harness.errors import EngineError, HarnessError, PromptError
from harness.records import Completion, Message, Progress

WAIT_SECONDS = 0.05  # between two looks at who is awaited
LEAST_SAVED = 64  # tokens that loading another conversation's state must save


class Server:
    """Takes requests in, lets the loop turn, and tells what came of it."""

    def __init__(self, setup: Setup, pipe: Connection) -> None:
        self._setup, self._pipe = setup, pipe
        self._renderer = Renderer(setup.template)  # which begins while the weights are loaded
        self._vocabulary = Vocabulary(setup.path, vocab_only=setup.vocab_only)
        self._turns = Turns(setup.concurrent)
        self._inbox: queue.Queue[Told] = queue.Queue()
        self._loop: Loop | None = None
        self._kept: StateCache | None = None
        if not setup.vocab_only:
            self._load()

    def _load(self) -> None:
        setup = self._setup
        several = setup.concurrent > 1
        context = LlamaContext(
            self._vocabulary,
            cells=setup.n_ctx * setup.concurrent,
            sequences=setup.concurrent if several else 2,  # see Loop
            threads=setup.threads,
            cache_type=setup.cache_type,
            flash_attention=setup.flash_attention,
            apart=several,
        )
        split = False
        if setup.pace is not None and not gpu_build():
            split = pace.splits(context, setup.concurrent, setup.pace)
        self._loop = Loop(
            self._vocabulary,
            context,
            concurrent=setup.concurrent,
            stops=setup.template.stops,
            split=split,
        )
        if setup.keep is not None:
            self._kept = StateCache(setup.keep, setup.keep_bytes, context)

    def serve(self) -> None:
        """Until the process ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        messages.send(self._pipe, messages.Ready())
        while True:
            loop = self._loop
            working = loop is not None and bool(loop.active or loop.waiting)
            awaited = self._turns.awaited(time.monotonic())
            self._take(wait=awaited or not working, forever=not (working or awaited))
            for ask in self._turns.ready(time.monotonic()):
                self._answer(ask)
            awaited = self._turns.awaited(time.monotonic())
            if loop is not None and working and not awaited:
                self._step(loop)

    def _listen(self) -> None:
        try:
            while True:
                self._inbox.put(messages.told(self._pipe))
        except (EOFError, OSError, ValueError):
            self._renderer.close()
            os._exit(0)  # nobody listens any more; llama.cpp may be in the middle of a batch

    def _take(self, *, wait: bool, forever: bool) -> None:
        try:
            self._handle(self._inbox.get(block=wait, timeout=None if forever else WAIT_SECONDS))
            while True:
                self._handle(self._inbox.get_nowait())
        except queue.Empty:
            return

    def _handle(self, message: Told) -> None:
        if isinstance(message, Open):
            self._turns.open(message, time.monotonic())
        elif isinstance(message, Rest):
            self._turns.rest(message.conversation)
        elif isinstance(message, Drop) and self._loop is not None:
            self._loop.drop(message.request)
        elif isinstance(message, Count):
            self._answer(message)
        elif isinstance(message, Ask):
            self._turns.ask(message)

    def _answer(self, message: Ask | Count) -> None:
        try:
            if isinstance(message, Count):
                count = len(self._vocabulary.tokens(self._render(message.turns)))
                self._send(messages.Counted(request=message.request, tokens=count))
            else:
                self._begin(message)
        except HarnessError as error:
            for request in message.seeds if isinstance(message, Ask) else [message.request]:
                self._fail(request, error)

    def _begin(self, ask: Ask) -> None:
        if self._loop is None:
            raise EngineError("only the vocabulary is loaded")
        text = self._render(ask.turns)
        if self._kept is not None and not (self._loop.active or self._loop.waiting):
            self._recall(self._loop, self._kept, text)
        tokens = self._tokens(text)
        most, limit = ask.sampling.max_tokens, self._setup.n_ctx
        if len(tokens) + most > limit:
            raise PromptError(
                f"the prompt has {len(tokens):,} tokens and the reply may have {most:,}, "
                f"together {len(tokens) + most:,}; the context holds {limit:,}",
                "Raise n_ctx in models.toml, or lower max_tokens (--max-tokens)",
            )
        self._loop.waiting += [
            Request(
                id=request,
                order=self._turns.order(ask.conversation),
                conversation=ask.conversation,
                text=text,
                tokens=tokens,
                sampling=ask.sampling,
                seed=seed,
                drafts=ask.drafts,
            )
            for request, seed in ask.seeds.items()
        ]
        self._loop.waiting.sort(key=lambda one: (one.order, one.id))

    def _render(self, turns: tuple[Message, ...]) -> str:
        return self._renderer.render(turns, self._vocabulary.special)

    def _tokens(self, text: str) -> list[int]:
        """Tokens of a prompt; where a reply is in it, those that were drawn, so none is read twice.

        The text of a reply may have other tokens too. A mark of turns must follow it.
        """
        held = self._loop.best(text) if self._loop is not None else None
        if held is not None:
            rest = self._vocabulary.tokens(text[len(held.text) :], begins=False)
            if rest and self._vocabulary.is_control(rest[0]):
                return held.tokens + rest
        return self._vocabulary.tokens(text)

    def _recall(self, loop: Loop, cache: StateCache, text: str) -> None:
        """Load what an earlier command kept of this prompt, where that is more than is here."""
        tokens = self._vocabulary.tokens(text)
        found = cache.find(text, tokens)
        if found is None:
            return
        least = 1 if found.whole else LEAST_SAVED
        if found.useful >= loop.known(tokens) + least:
            held = Held(found.tokens, found.text)
            loop.adopt(held, lambda place: cache.load(found, place))

    def _step(self, loop: Loop) -> None:
        try:
            grown = loop.step()
        except EngineError as error:
            for request in [one.request.id for one in loop.active]:
                loop.drop(request)
                self._fail(request, error)
            return
        for sequence in grown:
            self._tell(sequence)
            if sequence.finish is not None:
                self._finish(sequence)

    def _tell(self, sequence: Sequence) -> None:
        text, sequence.told = sequence.text[sequence.told :], len(sequence.text)
        progress = Progress(
            sample=0,
            text=text,
            tokens=sequence.written,
            prompt_done=min(sequence.read, sequence.prompt),
            prompt_total=sequence.prompt,
        )
        self._send(messages.Grown(request=sequence.request.id, progress=progress))

    def _finish(self, sequence: Sequence) -> None:
        if self._kept is not None and sequence.whole:
            held = sequence.tokens[: sequence.read]
            self._kept.save(sequence.place, held, sequence.request.text + sequence.text)
        self._turns.answered(sequence.request.conversation, time.monotonic())
        self._send(messages.Made(request=sequence.request.id, completion=_completion(sequence)))

    def _fail(self, request: int, error: HarnessError) -> None:
        kind = "prompt" if isinstance(error, PromptError) else "engine"
        self._send(Failed(request=request, error=kind, message=error.message, hint=error.hint))

    def _send(self, message: messages.Tells) -> None:
        try:
            messages.send(self._pipe, message)
        except OSError:
            os._exit(0)


def _completion(sequence: Sequence) -> Completion:
    lookup = sequence.lookup
    return Completion(
        text=sequence.text,
        finish=sequence.finish or "length",
        prompt_tokens=sequence.prompt,
        completion_tokens=sequence.written,
        seconds=round(time.monotonic() - sequence.started, 3),
        own_seconds=round(sequence.own, 3),
        seed=sequence.request.seed,
        evaluated=sequence.evaluated,
        drafted=lookup.drafted if lookup else None,
        accepted=lookup.accepted if lookup else None,
    )


def main(descriptor: int) -> None:
    """The life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    pipe = Connection(descriptor)
    try:
        setup = messages.told(pipe)
    except (EOFError, OSError):
        return
    if not isinstance(setup, Setup):
        raise TypeError(f"expected a setup, not {type(setup).__name__}")
    try:
        server = Server(setup, pipe)
    except EngineError as error:
        failed = Failed(request=None, error="engine", message=error.message, hint=error.hint)
        messages.send(pipe, failed)
        return
    server.serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
