"""Tells a GGUF file from what is often found in its place."""

from __future__ import annotations

from harness.errors import ModelFileError
from harness.weights.gguf.cursor import AGAIN, CHOOSE, Cursor

MAGIC = b"GGUF"
FOREIGN = (  # how a file starts, what that makes it
    (b"<", "a web page, perhaps a login or error page", AGAIN),
    (b"version https://git-lfs", "a Git LFS pointer", "Fetch the file itself with: git lfs pull"),
    (b"{", "JSON text, perhaps a server's error message", AGAIN),
    (b"PK\3\4", "a ZIP archive or PyTorch checkpoint", CHOOSE),
    (b"\0\0\0\0", "empty space, as of a download that never ended", AGAIN),
    *(
        (magic, "an older GGML file, from before GGUF", "Choose a GGUF file of the same model")
        for magic in (b"lmgg", b"fmgg", b"tjgg", b"algg", b"ggml", b"ggmf", b"ggjt", b"ggla")
    ),
)


def read_version(cursor: Cursor) -> int:
    """Past the magic and the version, which is 2 or 3: their layouts are the same."""
    head = cursor.head()
    if not head.startswith(MAGIC):
        raise _foreign(cursor, head)
    cursor.skip(len(MAGIC), "the magic")
    version = cursor.u32("the version")
    if version and version & 0xFFFF == 0:
        raise cursor.error("big-endian GGUF", "Convert it with gguf-py's gguf_convert_endian.py")
    if version == 1:
        raise cursor.error("GGUF version 1, long abandoned", "Choose a newer file of that model")
    if version not in (2, 3):
        raise cursor.error(f"GGUF version {version:,}, where 2 and 3 are known", CHOOSE)
    return version


def _foreign(cursor: Cursor, head: bytes) -> ModelFileError:
    if not head or MAGIC.startswith(head):
        return cursor.error(f"has {len(head)} bytes, less than any GGUF file")
    # Checked first: its length comes before the brace and may look like any other start.
    if head[8:10] == b'{"' and 2 <= int.from_bytes(head[:8], "little") < cursor.size:
        return cursor.error("not GGUF but safetensors", CHOOSE)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, kind, hint in FOREIGN:
        if start.startswith(magic):
            return cursor.error(f"not GGUF but {kind}", hint)
    return cursor.error(f"not GGUF: starts with the bytes {head[:4].hex(' ')}", CHOOSE)
