"""Writes GGUF files of Code Llama's architecture that llama.cpp loads: tiny, whole or in parts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gguf_files import TENSOR_F32, U16, Tensor, Typed, gguf

UNKNOWN, CONTROL, BYTE, NORMAL = 2, 3, 6, 1  # of llama.cpp's token types
# Pieces of Code Llama's own vocabulary, with what they are joined from; the later, the better.
JOINED = (
    "IN ST INST SY SYS << >> ▁[ ▁<< ou Yo You Py th on thon Python Lo ad Load Pl ▁Pl ot ▁Plot "
    "df ▁df ▁= ▁1 it ▁it"
)
VOCABULARY = (
    ["<unk>", "<s>", "</s>"]
    + [f"<0x{byte:02X}>" for byte in range(256)]
    + ["▁", *map(chr, range(33, 127))]
    + JOINED.split()
)
TYPES = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * (len(VOCABULARY) - 259)]
SCORES = [0.0] * 259 + [float(i) - len(VOCABULARY) for i in range(len(VOCABULARY) - 259)]


def metadata(
    *, layers: int = 2, width: int = 32, heads: int = 4, trained: int = 16384, **more: Any
) -> dict[str, Any]:
    """Code Llama's keys, for a smaller shape; ``heads`` are not grouped, as in its 7B and 13B."""
    return {
        "general.architecture": "llama",
        "general.name": "Tiny Code Llama",
        "general.file_type": 15,
        "llama.context_length": trained,
        "llama.block_count": layers,
        "llama.embedding_length": width,
        "llama.feed_forward_length": 2 * width,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": heads,
        "llama.rope.dimension_count": width // heads,
        "llama.rope.freq_base": 1e6,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": VOCABULARY,
        "tokenizer.ggml.scores": SCORES,
        "tokenizer.ggml.token_type": Typed(9, TYPES, of=5),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        **more,
    }


def tensors(*, layers: int = 2, width: int = 32, kind: int = TENSOR_F32) -> list[Tensor]:
    """All that llama.cpp asks for; matrices of a type, vectors as F32."""
    words = len(VOCABULARY)
    made = [Tensor("token_embd.weight", (width, words), kind)]
    for layer in range(layers):
        for name, shape in (
            ("attn_norm", (width,)),
            ("attn_q", (width, width)),
            ("attn_k", (width, width)),
            ("attn_v", (width, width)),
            ("attn_output", (width, width)),
            ("ffn_norm", (width,)),
            ("ffn_gate", (width, 2 * width)),
            ("ffn_up", (width, 2 * width)),
            ("ffn_down", (2 * width, width)),
        ):
            held = TENSOR_F32 if len(shape) == 1 else kind
            made.append(Tensor(f"blk.{layer}.{name}.weight", shape, held))
    made.append(Tensor("output_norm.weight", (width,)))
    made.append(Tensor("output.weight", (width, words), kind))
    return made


def write_llama(path: Path, *, ends: bool = False, **more: Any) -> Path:
    """A whole model of random numbers, which are the same at each call; ``ends``: replies end."""
    made = tensors()
    data = bytearray(_numbers(made, 0))
    if ends:  # by chance, whenever the score of </s> is above all, which it is more often if scaled
        rows = np.frombuffer(data, "<f4")[-len(VOCABULARY) * 32 :].reshape(-1, 32)
        rows[2] *= 4
    path.write_bytes(gguf(metadata(**more), made, data=bytes(data)))
    return path


def write_parts(folder: Path, name: str = "tiny", count: int = 3, **more: Any) -> list[Path]:
    """The same model in parts, as llama.cpp's gguf-split makes them: the first has the metadata."""
    made = tensors()
    size = -(-len(made) // count)
    paths = []
    for number in range(count):
        split = split_keys(number, count, len(made))
        about = {**metadata(**more), **split} if number == 0 else split
        held = made[number * size : (number + 1) * size]
        path = folder / f"{name}-{number + 1:05d}-of-{count:05d}.gguf"
        path.write_bytes(gguf(about, held, data=_numbers(made, number * size, len(held))))
        paths.append(path)
    return paths


def split_keys(number: int, count: int, tensors: int) -> dict[str, Any]:
    """The keys of a part, ``number`` from 0 on."""
    return {
        "split.no": Typed(U16, number),
        "split.count": Typed(U16, count),
        "split.tensors.count": Typed(5, tensors),
    }


def _numbers(made: Sequence[Tensor], first: int, count: int | None = None) -> bytes:
    """The data of some of all F32 tensors, each of which fills whole alignments."""
    chosen = []
    for tensor in made[first : None if count is None else first + count]:
        seed = random.Random(tensor.name).getrandbits(32)
        drawn = np.random.default_rng(seed).normal(0, 0.5, tensor.size // 4)
        chosen.append(drawn.astype("<f4").tobytes())
    return b"".join(chosen)
