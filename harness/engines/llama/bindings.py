"""A thin skin over llama.cpp's C interface: a model's vocabulary, and a context that reads rows.

What can go wrong in here is an EngineError with what llama.cpp said. What it answers with an abort
ends the process; that is why this runs in one of its own (``server``).
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import llama_cpp as llama
import numpy as np
import numpy.typing as npt

from harness.errors import EngineError

LOG_LEVEL_ERROR = 4  # ggml.h: enum ggml_log_level
NO_SLOT = 1  # llama_decode: no slot for the batch
N_BATCH = 256  # most rows of one llama_decode
N_UBATCH = 128  # of them that go through the model together; the working memory grows with it
# ggml.h: enum ggml_type, those that a cache can have.
CACHE_TYPES = {"f32": 0, "f16": 1, "bf16": 30, "q8_0": 8, "q5_1": 7, "q5_0": 6, "q4_0": 2}
_errors: deque[str] = deque(maxlen=3)  # what llama.cpp said last


class Row(NamedTuple):
    """One token to be read."""

    token: int
    position: int
    sequence: int
    wanted: bool  # whether the token after it is asked for


class CacheFullError(Exception):
    """The cache holds no more."""


@llama.llama_log_callback  # type: ignore[untyped-decorator]
def _listen(level: int, text: bytes, _: object) -> None:
    # llama.cpp writes to stderr by default.
    if level == LOG_LEVEL_ERROR:
        _errors.append(text.decode(errors="replace").strip())


def gpu_build() -> bool:
    """Whether layers go to a GPU, which has its own rules of what is dear."""
    return bool(llama.llama_supports_gpu_offload())


class Vocabulary:
    """A model file: its vocabulary, and unless ``vocab_only`` its weights, mapped into memory."""

    def __init__(self, path: Path, *, vocab_only: bool) -> None:
        llama.llama_log_set(_listen, ctypes.c_void_p(0))
        llama.llama_backend_init()
        parameters = llama.llama_model_default_params()
        parameters.vocab_only = vocab_only
        parameters.n_gpu_layers = -1  # all of them, where this is a build for a GPU
        self.model = llama.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            said = _errors[0] if _errors else "it does not say why"
            raise EngineError(
                f"llama.cpp could not load {path.name} ({said})",
                "Run harness doctor; a lower n_ctx in models.toml needs less memory",
            )
        # A state that is carried along cannot be cut back or shared in part.
        self.is_recurrent = bool(
            llama.llama_model_is_recurrent(self.model) or llama.llama_model_is_hybrid(self.model)
        )
        self.vocab = llama.llama_model_get_vocab(self.model)
        self.size = llama.llama_vocab_n_tokens(self.vocab)
        self.special = {
            "bos_token": self._text(llama.llama_vocab_bos(self.vocab)),
            "eos_token": self._text(llama.llama_vocab_eos(self.vocab)),
        }
        self._adds_bos = bool(llama.llama_vocab_get_add_bos(self.vocab))

    def tokens(self, text: str, *, begins: bool = True, special: bool = True) -> list[int]:
        """Tokens of a text; ``begins``: a prompt begins with it; ``special``: marks count in it."""
        bos = self.special["bos_token"]
        add = begins and self._adds_bos and not (bos and text.startswith(bos))
        data = text.encode()
        room = len(data) + 8
        made = (llama.llama_token * room)()
        count = llama.llama_tokenize(self.vocab, data, len(data), made, room, add, special)
        if count < 0:
            raise EngineError("llama.cpp could not make tokens of the prompt")
        return list(made[:count])

    def piece(self, token: int) -> bytes:
        """What a token reads as; nothing for a special one."""
        size = 64
        while True:
            piece = ctypes.create_string_buffer(size)
            written = llama.llama_token_to_piece(self.vocab, token, piece, size, 0, False)
            if written >= 0:
                return bytes(piece.raw[:written])
            size = -written

    def ends(self, token: int) -> bool:
        """Whether the model ends its turn with it."""
        return bool(llama.llama_vocab_is_eog(self.vocab, token))

    def is_control(self, token: int) -> bool:
        """Whether it marks turns, and stands for no text."""
        return bool(llama.llama_vocab_is_control(self.vocab, token))

    def written(self, text: str) -> list[int]:
        """Tokens that read as a text in the middle of a reply; none of them is a mark."""
        for before in ("", "\n", ";", "x"):  # some put a space before whatever comes first
            head = self.tokens(before, begins=False, special=False)
            made = self.tokens(before + text, begins=False, special=False)
            rest = made[len(head) :]
            if made[: len(head)] == head and b"".join(map(self.piece, rest)) == text.encode():
                return rest
        return self.tokens(text, begins=False, special=False)

    @cached_property
    def ending(self) -> npt.NDArray[np.int32]:
        """The tokens that end a turn."""
        return np.array([one for one in range(self.size) if self.ends(one)], np.int32)

    def beginning_with(self, text: bytes) -> npt.NDArray[np.int32]:
        """The tokens that begin with a text."""
        pieces, tokens = self._sorted
        behind = text.rstrip(b"\xff")  # the least that sorts behind all that begin so
        behind = behind[:-1] + bytes([behind[-1] + 1]) if behind else b""
        last = bisect_left(pieces, behind) if behind else len(pieces)
        return tokens[bisect_left(pieces, text) : last]

    @cached_property
    def _sorted(self) -> tuple[list[bytes], npt.NDArray[np.int32]]:
        pieces = [(self.piece(token), token) for token in range(self.size)]
        pieces.sort()
        return [piece for piece, _ in pieces], np.array([token for _, token in pieces], np.int32)

    def _text(self, token: int) -> str:
        if token < 0:
            return ""
        return str(llama.llama_vocab_get_text(self.vocab, token).decode(errors="replace"))


class LlamaContext:
    """The cache of a model, and the rows that are read into it.

    ``unified``: all ``sequences`` share the ``cells``. Otherwise each has an equal part of them for
    itself, so that none pays for what others hold. Rows of neighbouring sequences then go through
    the model in one pass, others in several.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        cells: int,
        sequences: int,
        threads: int,
        cache_type: str,
        flash_attention: bool,
        unified: bool = True,
    ) -> None:
        parameters = llama.llama_context_default_params()
        parameters.n_ctx = cells
        parameters.n_batch, parameters.n_ubatch = N_BATCH, N_UBATCH
        parameters.n_seq_max = sequences
        parameters.kv_unified = unified
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = int(flash_attention)
        parameters.type_k = parameters.type_v = CACHE_TYPES[cache_type]
        parameters.no_perf = True
        self._vocabulary = vocabulary
        self.raw = llama.llama_init_from_model(vocabulary.model, parameters)
        if not self.raw:
            said = _errors[0] if _errors else "not enough memory?"
            raise EngineError(
                f"llama.cpp could not make a cache for {cells:,} tokens ({said})",
                "A lower n_ctx in models.toml needs less memory",
            )
        self._memory = llama.llama_get_memory(self.raw)
        self._batch = llama.llama_batch_init(N_BATCH, 0, 1)

    def close(self) -> None:
        """Free it."""
        llama.llama_batch_free(self._batch)
        llama.llama_free(self.raw)

    def read(self, rows: Sequence[Row]) -> None:
        """Read rows in one batch. Raises CacheFullError, with nothing read, and EngineError."""
        batch = self._batch
        batch.n_tokens = len(rows)
        for i, row in enumerate(rows):
            batch.token[i] = row.token
            batch.pos[i] = row.position
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = row.sequence
            batch.logits[i] = row.wanted
        status = llama.llama_decode(self.raw, batch)
        if status == NO_SLOT:
            raise CacheFullError
        if status != 0:
            said = f", {_errors[-1]}" if _errors else ""
            raise EngineError(f"llama.cpp could not read a batch (status {status}{said})")

    def scores(self, row: int) -> npt.NDArray[np.float32]:
        """The logits after a row of the last batch; what is written to them is drawn from."""
        scores = llama.llama_get_logits_ith(self.raw, row)
        return np.ctypeslib.as_array(scores, (self._vocabulary.size,))

    def cut(self, sequence: int, length: int) -> None:
        """Forget a sequence's tokens from ``length`` on."""
        llama.llama_memory_seq_rm(self._memory, sequence, length, -1)

    def copy(self, source: int, target: int, length: int) -> None:
        """Let an empty sequence have the first ``length`` tokens of another."""
        # Unless the cache is unified, llama.cpp copies whole sequences only.
        llama.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        llama.llama_memory_seq_rm(self._memory, target, length, -1)

    def state_bytes(self, sequence: int) -> int:
        """How large the file of a sequence's cells would be, without its tokens."""
        return int(llama.llama_state_seq_get_size(self.raw, sequence))

    def save(self, sequence: int, path: Path, tokens: Sequence[int]) -> bool:
        """Write a sequence's cells to a file; whether that worked."""
        held = (llama.llama_token * len(tokens))(*tokens)
        target = str(path).encode()
        written = llama.llama_state_seq_save_file(self.raw, target, sequence, held, len(tokens))
        return bool(written)

    def load(self, sequence: int, path: Path, length: int) -> list[int]:
        """Read them back into an empty sequence; its tokens, none where the file is of no use."""
        held = (llama.llama_token * length)()
        count = ctypes.c_size_t(0)
        source = str(path).encode()
        read = llama.llama_state_seq_load_file(
            self.raw, source, sequence, held, length, ctypes.byref(count)
        )
        return list(held[: count.value]) if read else []
