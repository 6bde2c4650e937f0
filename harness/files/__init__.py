"""Files and folders: written whole, read within bounds, walked and cleared whatever they hold.

Anything may import from here: ``write_atomic``, ``sha256``, ``text_digest``; ``read`` and
``opened`` for files that others left; ``clear``, ``fresh`` and ``walk`` for folders that generated
code wrote into; ``Scratch`` for temporary ones. The smallest to copy is ``writing.py``.
"""

from harness.files.clearing import clear, fresh
from harness.files.reading import opened, read
from harness.files.scratch import Scratch, collect
from harness.files.walking import open_folder, walk
from harness.files.writing import (
    CHUNK,
    OnBytes,
    copy,
    ignore,
    part,
    sha256,
    text_digest,
    to_json,
    write_atomic,
)

__all__ = [
    "CHUNK",
    "OnBytes",
    "Scratch",
    "clear",
    "collect",
    "copy",
    "fresh",
    "ignore",
    "open_folder",
    "opened",
    "part",
    "read",
    "sha256",
    "text_digest",
    "to_json",
    "walk",
    "write_atomic",
]
