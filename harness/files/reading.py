"""Reads files that people or programs left, within bounds: no pipe, no device, nothing endless.

What is refused raises OSError, whose ``strerror`` says why, as the system itself would.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

KINDS = {
    stat.S_IFDIR: (errno.EISDIR, "a folder"),
    stat.S_IFIFO: (errno.EINVAL, "a pipe"),
    stat.S_IFSOCK: (errno.EINVAL, "a socket"),
    stat.S_IFCHR: (errno.EINVAL, "a device"),
    stat.S_IFBLK: (errno.EINVAL, "a device"),
}


def read(path: Path, most: int) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes. Links are followed.

    Raises OSError, at once where it is of another kind or larger.
    """
    with opened(path) as source:
        if os.fstat(source.fileno()).st_size <= most:
            blob = source.read(most + 1)  # it may grow meanwhile
            if len(blob) <= most:
                return blob
    raise OSError(errno.EFBIG, f"larger than {most >> 20} MB, so not what it should be", str(path))


def opened(path: Path) -> BinaryIO:
    """A regular file, to be read. Raises OSError where it is of another kind."""
    _facts(path)  # before it is opened, which can do something to a device
    # Without waiting for the other end, should it be a pipe by now.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _check(os.fstat(handle), path)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _facts(path: Path) -> os.stat_result:
    try:
        facts = path.stat()
    except ValueError as error:  # a NUL in its name
        raise OSError(errno.ENOENT, "no such file", str(path)) from error
    _check(facts, path)
    return facts


def _check(facts: os.stat_result, path: Path) -> None:
    kind = stat.S_IFMT(facts.st_mode)
    if kind != stat.S_IFREG:
        number, word = KINDS.get(kind, (errno.EINVAL, "something else"))
        raise OSError(number, f"{word}, not a file", str(path))
