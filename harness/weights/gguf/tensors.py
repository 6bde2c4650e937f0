"""The list of tensors, without the tensors."""

from __future__ import annotations

from math import prod

from harness.weights.gguf import tables
from harness.weights.gguf.cursor import Cursor, shown


def read_tensors(cursor: Cursor, count: int, alignment: int) -> int:
    """The bytes of all tensors, once sure that each lies inside the file."""
    names: set[bytes] = set()
    total = end = 0
    follows: int | None = 0  # where the next one must start; None: not known
    for _ in range(count):
        name = cursor.string("a tensor's name", tables.MAX_NAME)
        what = f"the tensor '{shown(name)}'"
        if name in names:
            raise cursor.error(f"has {what} twice")
        names.add(name)
        size = _tensor_size(cursor, what)
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
    return total


def _tensor_size(cursor: Cursor, what: str) -> int | None:
    """Bytes, from shape and type. None: a type newer than this table."""
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
        return None
    block, size = tables.TENSOR_TYPES[kind]
    if (shape[0] if shape else 1) % block:
        raise cursor.error(f"{what} has rows that are not of whole blocks of {block}")
    return elements // block * size


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
