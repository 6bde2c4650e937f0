"""Writes small GGUF files, whole or damaged in one chosen way.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Nothing of the reader is used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Value types, and the tensor types used here: (elements in a block, bytes of a block).
U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = dict(
    zip((U8, I8, U16, I16, U32, I32, F32, BOOL, U64, I64, F64), "BbHhIif?Qqd", strict=True)
)
TENSOR_F32, TENSOR_Q4_0, TENSOR_Q4_K = 0, 2, 12
BLOCKS = {TENSOR_F32: (1, 4), TENSOR_Q4_0: (32, 18), TENSOR_Q4_K: (256, 144)}

TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
METADATA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.file_type": 15,
    "llama.context_length": 2048,
    "llama.block_count": 2,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.embedding_length": 32,
    "tokenizer.ggml.tokens": ["<s>", "</s>", "a", "Ġb"],
    "tokenizer.ggml.scores": [0.0, -1.0, -2.0, -3.0],
    "tokenizer.chat_template": TEMPLATE,
}


@dataclass(frozen=True)
class Typed:
    """A value of a chosen type; ``of`` is the type of a list's entries."""

    kind: int
    value: Any
    of: int = U32


@dataclass(frozen=True)
class Raw:
    """A value type and bytes as they are."""

    kind: int
    payload: bytes = b""


@dataclass(frozen=True)
class Tensor:
    """Zeros of a shape. ``offset`` (bytes of the data) None: right after the one before."""

    name: str | bytes = "token_embd.weight"
    shape: Sequence[int] = (32, 4)
    kind: int = TENSOR_F32
    offset: int | None = None

    @property
    def size(self) -> int:
        """Bytes; a type unknown here takes none."""
        block, size = BLOCKS.get(self.kind, (1, 0))
        elements = 1
        for side in self.shape:
            elements *= side
        return elements // block * size


TENSORS = (Tensor(), Tensor("output_norm.weight", (33,)), Tensor("q.weight", (64, 3), TENSOR_Q4_0))


def gguf(
    metadata: Mapping[str, Any] | Iterable[tuple[str | bytes, Any]] = METADATA,
    tensors: Sequence[Tensor] = TENSORS,
    *,
    changes: Mapping[str, Any] | None = None,
    without: Iterable[str] = (),
    magic: bytes = b"GGUF",
    version: int = 3,
    alignment: int = 32,
    n_keys: int | None = None,
    n_tensors: int | None = None,
    data: int | bytes | None = None,
    order: str = "<",
) -> bytes:
    """A file. ``n_keys``, ``n_tensors``: claims in place of the truth; ``data``: tensor data, or
    how many zeros, in place of what the tensors need; ``changes``, ``without``: edits of metadata.
    """
    pairs = list(metadata.items() if isinstance(metadata, Mapping) else metadata)
    if changes or without:
        pairs = [(k, v) for k, v in {**dict(pairs), **(changes or {})}.items() if k not in without]
    body = b"".join(_string(key, order) + _value(value, order) for key, value in pairs)
    end = last = 0
    for tensor in tensors:
        offset = end if tensor.offset is None else tensor.offset
        body += _string(tensor.name, order) + struct.pack(f"{order}I", len(tensor.shape))
        body += struct.pack(f"{order}{len(tensor.shape)}Q", *tensor.shape)
        body += struct.pack(f"{order}IQ", tensor.kind, offset)
        last = end + tensor.size
        end = -(-last // alignment) * alignment
    counts = (
        len(tensors) if n_tensors is None else n_tensors,
        len(pairs) if n_keys is None else n_keys,
    )
    head = magic + struct.pack(f"{order}IQQ", version, *counts) + body
    return head + bytes(-len(head) % alignment) + bytes(last if data is None else data)


def write(path: Path, *args: Any, **knobs: Any) -> Path:
    """The file that `gguf` makes of the knobs, at ``path``."""
    path.write_bytes(gguf(*args, **knobs))
    return path


def _string(text: str | bytes, order: str) -> bytes:
    encoded = text.encode() if isinstance(text, str) else text
    return struct.pack(f"{order}Q", len(encoded)) + encoded


def _value(value: Any, order: str) -> bytes:
    if isinstance(value, Raw):
        return struct.pack(f"{order}I", value.kind) + value.payload
    typed = value if isinstance(value, Typed) else _typed(value)
    return struct.pack(f"{order}I", typed.kind) + _payload(typed, order)


def _typed(value: Any) -> Typed:
    if isinstance(value, list):
        return Typed(ARRAY, value, _typed(value[0]).kind if value else U32)
    kinds = {bool: BOOL, int: U32, float: F32, str: STRING, bytes: STRING}
    return Typed(kinds[type(value)], value)


def _payload(typed: Typed, order: str) -> bytes:
    if typed.kind == STRING:
        return _string(typed.value, order)
    if typed.kind == ARRAY:
        entries = b"".join(_payload(_entry(typed, entry), order) for entry in typed.value)
        return struct.pack(f"{order}IQ", typed.of, len(typed.value)) + entries
    return struct.pack(order + CODES[typed.kind], typed.value)


def _entry(typed: Typed, entry: Any) -> Typed:
    return Typed(ARRAY, entry) if typed.of == ARRAY else Typed(typed.of, entry)
