"""What fits on this machine: threads, memory, conversations side by side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import psutil

from harness.errors import EngineError
from harness.records import ModelIdentity
from harness.weights.gguf import Header, read_header

# Bytes of 32 numbers of the cache; ggml's block sizes, ggml-common.h.
BLOCK_BYTES = {
    "f32": 128, "f16": 64, "bf16": 64, "q8_0": 34, "q5_1": 24, "q5_0": 22, "q4_0": 18,
}  # fmt: skip
BLOCK = 32
# llama.cpp keeps some matrices twice, as they are in the file and as its kernels like them.
WEIGHTS_TWICE = 1.9
WORKING_BYTES = 400 << 20  # activations, the process itself
SCORE_BYTES = 4 * 128  # of a head and a token, for each row of one pass (llama.bindings.N_UBATCH)
KERNEL_BYTES = 2 << 30  # what a notebook beside it is allowed for
CONTEXT_STEP = 256


class Fit(NamedTuple):
    """How one model sits in memory, in bytes."""

    weights: int
    cell: int  # one token of the cache
    scores: int  # what a row looks up in one token, once, however many are side by side
    n_ctx: int  # tokens of one conversation
    free: int

    def needed(self, concurrent: int) -> int:
        """Bytes for so many conversations side by side."""
        return self.weights + self.n_ctx * (self.scores + concurrent * self.cell)

    def concurrent(self, wanted: int) -> int:
        """How many of those wanted fit, with room for a notebook; never less than one."""
        left = self.free - KERNEL_BYTES - self.needed(0)
        return max(1, min(wanted, left // max(1, self.n_ctx * self.cell)))


def of(identity: ModelIdentity, path: Path, free: int | None = None) -> Fit:
    """How a model fits into ``free`` bytes; by default those of this machine.

    Raises EngineError, with the numbers and the setting that would fit, where not even one
    conversation does; ModelFileError where the file cannot be read.
    """
    free = free_bytes() if free is None else free
    header = read_header(path)
    cell = cell_bytes(header, identity.cache_type)
    weights = round(header.size * WEIGHTS_TWICE) + WORKING_BYTES
    scores = SCORE_BYTES * (header.n_heads or 0)
    found = Fit(weights, cell, scores, identity.n_ctx, free)
    if found.needed(1) > free:
        fits = (free - weights) // max(1, cell + scores) // CONTEXT_STEP * CONTEXT_STEP
        hint = "Close programs, or use a smaller model or a lower quantization"
        if fits >= CONTEXT_STEP:
            hint = f"n_ctx = {fits} in models.toml would fit"
        needed = found.needed(1)
        raise EngineError(
            f"{identity.name} needs {needed / 1e9:.1f} GB: {weights / 1e9:.1f} for its "
            f"weights and {(needed - weights) / 1e9:.1f} for {identity.n_ctx:,} tokens; "
            f"{free / 1e9:.1f} GB are free",
            hint,
        )
    return found


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
    """Memory that programs may still have, without swapping."""
    return int(psutil.virtual_memory().available)


def cores() -> int:
    """Physical cores that this process may use."""
    allowed = len(os.sched_getaffinity(0))
    return max(1, min(psutil.cpu_count(logical=False) or allowed, allowed))
