"""The list of tensors, without the tensors."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import NamedTuple

from harness.weights.gguf import tables
from harness.weights.gguf.cursor import Cursor, shown

WORDS, SCORES = b"token_embd.weight", b"output.weight"


class Tensors(NamedTuple):
    """The tensors of a file: how many, and their bytes."""

    number: int
    total: int  # without padding, and without tensors of a type unknown here
    matrices: Counter[int]  # of those that are multiplied with, by type
    words: Counter[int]  # of the one that words are looked up in, by type
    scores: bool  # whether words have another one for their scores


def read_tensors(cursor: Cursor, count: int, alignment: int) -> Tensors:
    """All tensors, once sure that each lies inside the file."""
    names: set[bytes] = set()
    matrices: Counter[int] = Counter()
    words: Counter[int] = Counter()
    total = end = 0
    follows: int | None = 0  # where the next one must start; None: not known
    for _ in range(count):
        name = cursor.string("a tensor's name", tables.MAX_NAME)
        what = f"the tensor '{shown(name)}'"
        if name in names:
            raise cursor.error(f"has {what} twice")
        names.add(name)
        kind, dims, size = _tensor(cursor, what)
        if dims > 1:
            (words if name == WORDS else matrices)[kind] += size or 0
        offset = cursor.u64(what)
        if follows is not None and offset != follows:
            raise cursor.error(f"{what} starts at {offset:,} of the data, not at {follows:,}")
        total += size or 0
        end = max(end, offset + (size or 0))
        follows = None if size is None else _padded(offset + size, alignment)
    needed = _padded(cursor.tell(), alignment) + end if count else 0  # a first part may have none
    if needed > cursor.size:
        share = 1000 * cursor.size // needed / 10
        raise cursor.error(
            f"cut short: has {cursor.size:,} bytes, its tensors need {needed:,} ({share} %)",
            "Download it again",
        )
    return Tensors(count, total, matrices, words, SCORES in names)


def _tensor(cursor: Cursor, what: str) -> tuple[int, int, int | None]:
    """Type, dimensions, and bytes from both; None: a type newer than this table."""
    dims = cursor.u32(what)
    if dims > tables.MAX_DIMS:
        raise cursor.error(f"{what} has {dims:,} dimensions, more than {tables.MAX_DIMS}")
    shape = [cursor.u64(what) for _ in range(dims)]
    elements = prod(shape)
    if max(shape, default=0) >= 1 << 63 or elements >= 1 << 63:
        raise cursor.error(f"{what} has an impossible shape")
    kind = cursor.u32(what)
    if kind in tables.REMOVED_TYPES:
        hint = "Choose the Q4_0 or IQ4_NL file of the same model"
        raise cursor.error(f"{what} has type {kind}, which llama.cpp no longer reads", hint)
    if kind not in tables.TENSOR_TYPES:
        return kind, dims, None
    block, size = tables.TENSOR_TYPES[kind]
    if (shape[0] if shape else 1) % block:
        raise cursor.error(f"{what} has rows that are not of whole blocks of {block}")
    return kind, dims, elements // block * size


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
