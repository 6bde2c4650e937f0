"""llama.cpp, in this process, through llama-cpp-python.

Turns are evaluated one by one: what a conversation adds since the last user turn is read as one
stretch, replies included, even where the reply's own tokens are still in the cache. So a resumed
run feeds the model the very batches of an uninterrupted one, and the same seed on the same machine
gives the same reply (docs/decisions/0005-turn-aligned-evaluation.md).
"""

from __future__ import annotations

import codecs
import ctypes
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import llama_cpp
import psutil

from harness.engines.chat import ChatTemplate, render
from harness.errors import EngineError, PromptError
from harness.ports import OnProgress
from harness.records import Completion, Message, Progress, Sampling

LOG_LEVEL_ERROR = 4  # ggml.h: enum ggml_log_level
BATCH = 128  # tokens read between two signs of progress, so that Ctrl-C acts within seconds
_complaints: deque[str] = deque(maxlen=3)  # what llama.cpp said last, for error messages


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _listen(level: int, text: bytes, _: object) -> None:
    # llama.cpp writes to stderr by default, straight through a progress display.
    if level == LOG_LEVEL_ERROR:
        _complaints.append(text.decode(errors="replace").strip())


class LlamaCppEngine:
    """One GGUF file, loaded on first use. ``vocab_only`` counts tokens without the weights."""

    def __init__(
        self,
        path: Path,
        template: ChatTemplate,
        n_ctx: int,
        *,
        vocab_only: bool = False,
        n_threads: int | None = None,
    ) -> None:
        self._path = path
        self._template = template
        self._n_ctx = n_ctx
        self._vocab_only = vocab_only
        self._threads = n_threads or threads()
        self._llama: llama_cpp.Llama | None = None
        self._read: list[list[int]] = []  # prompts in the cache, each a prefix of the next

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """See ``harness.ports.Engine``."""
        return len(self._tokens([conversation])[0])

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
    ) -> list[Completion]:
        """See ``harness.ports.Engine``. Samples are made one after another."""
        users = [i for i, message in enumerate(conversation) if message.role == "user"]
        prompts = self._tokens([conversation[: i + 1] for i in users])
        needed = len(prompts[-1]) + sampling.max_tokens
        if needed > self._n_ctx:
            raise PromptError(
                f"the prompt has {len(prompts[-1]):,} tokens and the reply may have "
                f"{sampling.max_tokens:,}, together {needed:,}; the context holds {self._n_ctx:,}",
                "Raise n_ctx in models.toml, or lower max_tokens (--max-tokens)",
            )
        return [
            self._one(prompts, sampling, seed, sample, on_progress)
            for sample, seed in enumerate(seeds)
        ]

    def close(self) -> None:
        """Free the weights and the cache."""
        if self._llama is not None:
            self._llama.close()
            self._llama = None

    def _one(
        self,
        prompts: list[list[int]],
        sampling: Sampling,
        seed: int,
        sample: int,
        on_progress: OnProgress,
    ) -> Completion:
        started = time.monotonic()
        total = len(prompts[-1])
        for done in self._evaluate(prompts):
            on_progress(
                Progress(sample=sample, text="", tokens=0, prompt_done=done, prompt_total=total)
            )
        text, count, finish = "", 0, "length"
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        for token in self._sample(sampling, seed):
            if llama_cpp.llama_vocab_is_eog(self._model()._model.vocab, token):
                finish = "stop"
                break
            count += 1
            piece = decoder.decode(_bytes_of(self._model(), token))
            text += piece
            cut = self._stop_at(text, len(piece))
            if cut is not None:
                text, finish = text[:cut], "stop"
                break
            on_progress(
                Progress(
                    sample=sample, text=piece, tokens=count, prompt_done=total, prompt_total=total
                )
            )
            if count >= sampling.max_tokens:
                break
        return Completion(
            text=text + (decoder.decode(b"", final=True) if finish == "length" else ""),
            finish=finish,
            prompt_tokens=total,
            completion_tokens=count,
            seconds=round(time.monotonic() - started, 3),
            seed=seed,
        )

    def _evaluate(self, prompts: list[list[int]]) -> Iterator[int]:
        """Read the prompts, all but the last token; yields how many tokens are read."""
        llama = self._model()
        shared = 0
        for old, new in zip(self._read, prompts[:-1], strict=False):
            if old != new:
                break
            shared += 1
        self._read = self._read[:shared]
        start = len(self._read[-1]) if self._read else 0
        llama._ctx.kv_cache_seq_rm(-1, start, -1)
        llama.n_tokens = start
        for prompt in prompts[shared:]:
            end = len(prompt) - 1 if prompt is prompts[-1] else len(prompt)
            while start < end:
                stretch = prompt[start : min(start + BATCH, end)]
                self._eval(stretch)
                start += len(stretch)
                yield start
            if prompt is not prompts[-1]:
                self._read.append(prompt)
        self._last = prompts[-1][-1]

    def _eval(self, tokens: list[int]) -> None:
        try:
            self._model().eval(tokens)
        except RuntimeError as error:
            raise EngineError(f"llama.cpp could not read the prompt ({error})") from error

    def _sample(self, sampling: Sampling, seed: int) -> Iterator[int]:
        llama = self._model()
        llama.set_seed(seed)
        stream: Iterator[int] = llama.generate(
            [self._last],
            temp=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,
            min_p=sampling.min_p,
            repeat_penalty=sampling.repeat_penalty,
            reset=False,
        )
        try:
            yield from stream
        except RuntimeError as error:
            raise EngineError(f"llama.cpp failed while generating ({error})") from error

    def _stop_at(self, text: str, new: int) -> int | None:
        for stop in self._template.stops:
            found = text.find(stop, max(0, len(text) - new - len(stop)))
            if found >= 0:
                return found
        return None

    def _tokens(self, conversations: Sequence[Sequence[Message]]) -> list[list[int]]:
        llama = self._model()
        special = {"bos_token": _piece(llama, "bos"), "eos_token": _piece(llama, "eos")}
        adds_bos = bool(llama_cpp.llama_vocab_get_add_bos(llama._model.vocab))
        prompts = []
        for text in render(self._template, conversations, special):
            begins = bool(special["bos_token"]) and text.startswith(special["bos_token"])
            tokens = llama.tokenize(text.encode(), add_bos=adds_bos and not begins, special=True)
            prompts.append(list(tokens))
        return _nested(prompts)

    def _model(self) -> llama_cpp.Llama:
        if self._llama is None:
            llama_cpp.llama_log_set(_listen, ctypes.c_void_p(0))
            _complaints.clear()
            try:
                self._llama = llama_cpp.Llama(
                    model_path=str(self._path),
                    n_ctx=self._n_ctx,
                    n_batch=BATCH,
                    n_threads=self._threads,
                    n_threads_batch=self._threads,
                    n_gpu_layers=-1,
                    vocab_only=self._vocab_only,
                    verbose=False,
                )
            except (ValueError, RuntimeError, OSError, MemoryError) as error:
                said = _complaints[0] if _complaints else str(error)
                raise EngineError(
                    f"llama.cpp could not load {self._path.name} ({said})",
                    "Run harness doctor; a lower n_ctx in models.toml needs less memory",
                ) from error
        return self._llama


def threads() -> int:
    """Physical cores that this process may use: llama.cpp gains nothing from the others."""
    allowed = len(os.sched_getaffinity(0))
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))


def _bytes_of(llama: llama_cpp.Llama, token: int) -> bytes:
    size = 64
    while True:
        piece = ctypes.create_string_buffer(size)
        written = llama_cpp.llama_token_to_piece(llama._model.vocab, token, piece, size, 0, False)
        if written >= 0:
            return bytes(piece.raw[:written])
        size = -written


def _piece(llama: llama_cpp.Llama, which: str) -> str:
    token = llama.token_bos() if which == "bos" else llama.token_eos()
    if token < 0:
        return ""
    return str(llama_cpp.llama_vocab_get_text(llama._model.vocab, token).decode(errors="replace"))


def _nested(prompts: list[list[int]]) -> list[list[int]]:
    # A token may span the end of a turn; the earlier prompt then ends before it.
    for i in range(len(prompts) - 2, -1, -1):
        shared = 0
        for old, new in zip(prompts[i], prompts[i + 1], strict=False):
            if old != new:
                break
            shared += 1
        prompts[i] = prompts[i][:shared]
    return prompts
