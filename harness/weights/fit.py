"""What fits on this machine: threads, memory, conversations side by side."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import NamedTuple

import psutil
from pydantic import ByteSize, TypeAdapter, ValidationError

from harness.errors import EngineError, HarnessError
from harness.records import ModelIdentity
from harness.weights.gguf import Header, read_header, tables

# Bytes of 32 numbers of the cache; ggml's block sizes, ggml-common.h.
BLOCK_BYTES = {
    "f32": 128, "f16": 64, "bf16": 64, "q8_0": 34, "q5_1": 24, "q5_0": 22, "q4_0": 18,
}  # fmt: skip
BLOCK = 32
ROWS = 128  # that go through the model in one pass (llama.bindings.N_UBATCH)
PROCESS_BYTES = 52 << 20  # of the engine's process before it has a model: Python and libraries
SCORE_BYTES = 4 * ROWS  # of a head and a token
KERNEL_BYTES = 2 << 30  # what a notebook beside it is allowed for
WORKING_BYTES = 600 << 20  # what a kernel holds while its notebook is written, one for each reply
CONTEXT_STEP = 256
MODEST_CONTEXT = 4096  # tokens that matter more than room for a notebook
LIMIT = "HARNESS_MEMORY"


class Fit(NamedTuple):
    """How one model sits in memory, in bytes."""

    weights: int
    cell: int  # one token of the cache
    scores: int  # what a row looks up in one token, once, however many are side by side
    n_ctx: int  # tokens of one conversation, as many as there is memory for
    free: int
    asked: int  # tokens that one conversation was to have

    def needed(self, concurrent: int) -> int:
        """Bytes for so many conversations side by side."""
        return self.weights + self.n_ctx * (self.scores + concurrent * self.cell)

    def concurrent(self, wanted: int, *, beside: bool = False) -> int:
        """How many of those wanted fit, with room for a notebook; never less than one.

        ``beside``: a kernel lives beside each.
        """
        left = self.free - KERNEL_BYTES - self.needed(0)
        each = self.n_ctx * self.cell + WORKING_BYTES * beside
        return max(1, min(wanted, left // max(1, each)))


def of(identity: ModelIdentity, path: Path, free: int | None = None) -> Fit:
    """How a model fits into ``free`` bytes; by default those of this machine.

    Where the context asked for does not fit beside the weights, it gets one that does, for that
    changes no reply whose prompt still fits (docs/decisions/0028-context-by-memory.md). Raises
    EngineError, with the numbers, where there is none; ModelFileError where the file is no model.
    """
    free = free_bytes() if free is None else free
    header = read_header(path)
    cell = cell_bytes(header, identity.cache_type)
    scores = SCORE_BYTES * (header.n_heads or 0)
    asked = identity.n_ctx
    found = Fit(weights_bytes(header), cell, scores, asked, free, asked)
    if found.needed(1) <= free:
        return found
    fits = _tokens(free - found.weights, cell + scores)
    fixed = asked > (header.n_ctx_original or asked) >= fits  # another context, other rotations
    if fits >= CONTEXT_STEP and not fixed:
        return found._replace(n_ctx=fits)
    hint = "Close programs, or use a smaller model or a lower quantization"
    if fits >= CONTEXT_STEP:
        hint = f"n_ctx = {fits} in models.toml would fit, and may change replies of this model"
    raise EngineError(f"{identity.name} needs {_numbers(found)}", hint)


def notice(name: str, fitted: Fit) -> str | None:
    """What to tell of a model whose context had to be smaller than asked for, in one line."""
    if fitted.n_ctx == fitted.asked:
        return None
    whole = fitted._replace(n_ctx=fitted.asked)
    return f"{name} would need {_numbers(whole)}: taking n_ctx = {fitted.n_ctx:,}"


def _numbers(fitted: Fit) -> str:
    needed = fitted.needed(1)
    return (
        f"{needed / 1e9:.1f} GB: {fitted.weights / 1e9:.1f} for its weights and "
        f"{(needed - fitted.weights) / 1e9:.1f} for {fitted.n_ctx:,} tokens; "
        f"{fitted.free / 1e9:.1f} GB are free"
    )


def _tokens(room: int, each: int) -> int:
    """Tokens of context for so many bytes: a modest number, more only beside a notebook."""
    beside = (room - KERNEL_BYTES) // max(1, each)
    alone = min(room // max(1, each), MODEST_CONTEXT)
    return max(beside, alone, 0) // CONTEXT_STEP * CONTEXT_STEP


def weights_bytes(header: Header) -> int:
    """What the process has in memory before any token: the file, and what is made of it.

    llama.cpp maps the file, and keeps what its kernels want in another order a second time.
    """
    kinds = tables.REPACKED.get(platform.machine(), frozenset())
    twice = sum(size for kind, size in header.matrices.items() if kind in kinds)
    numbers = (header.vocab_size or 0) + 6 * (header.embedding_length or 0)  # of a row, at its most
    return header.size + twice + PROCESS_BYTES + 4 * ROWS * numbers


def cell_bytes(header: Header, cache_type: str) -> int:
    """Bytes that one token takes in the cache: a key and a value per layer and head.

    An estimate where the file does not say enough: 0. Layers that look back a window only, and
    those without attention, take less.
    """
    if not (header.n_layers and header.n_heads and header.embedding_length):
        return 0
    width = header.head_length or header.embedding_length // header.n_heads
    numbers = 2 * header.n_layers * (header.n_heads_kv or header.n_heads) * width
    return numbers * BLOCK_BYTES[cache_type] // BLOCK


def free_bytes() -> int:
    """Memory that a model may have: what is free without swapping, at most ``$HARNESS_MEMORY``.

    Raises HarnessError where that is no amount.
    """
    free = int(psutil.virtual_memory().available)
    limit = os.environ.get(LIMIT)
    if not limit:
        return free
    try:
        return min(free, int(TypeAdapter(ByteSize).validate_python(limit)))
    except ValidationError:
        raise HarnessError(f"{LIMIT} is '{limit}', no amount of memory", "Such as 12GB") from None


def cores() -> int:
    """Physical cores that this process may use."""
    allowed = len(os.sched_getaffinity(0))
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))
