"""One file of a repository on the Hugging Face hub: looked up, pulled, resumed, verified.

The library's own ``HF_*`` settings hold (``HF_ENDPOINT``, ``HF_TOKEN``, ``HF_HUB_OFFLINE``, …). Of
its ways to download only ``http_get`` is used: ``hf_hub_download`` and the Xet transport throw away
what arrived when they break off, and weights are too large for that.
"""
# ruff: noqa: PLC0415 - the library takes long to import, and most commands never need it

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial as bind
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any, cast

from harness.errors import (
    HubUnreachableError,
    ModelFileError,
    PullError,
    RepositoryMissingError,
)
from harness.records import Record, Sha256
from harness.weights.hub_errors import NO_HUB, Wanted, explained, quiet, reason_of, status_of

OnProgress = Callable[[int, int], None]
"""Called as bytes arrive: (bytes there, those of earlier attempts included, bytes in all)."""

SMALLEST_MARGIN = 256_000_000  # bytes to leave free on the disk; 5 % of the file where that is more


class HubFile(Record):
    """A file as the hub describes it."""

    repo: str
    file: str
    revision: str  # commit
    size: int  # bytes
    sha256: Sha256 | None = None  # None: a plain git file, for which the hub gives no such digest


def free_bytes(folder: Path) -> int:
    """What this user may still write to the folder's disk, in bytes."""
    return shutil.disk_usage(folder).free


def look_up(
    repo: str, file: str, revision: str = "main", *, endpoint: str | None = None
) -> HubFile:
    """What the hub has under this name; nothing is downloaded.

    ``endpoint`` is the hub's address; None: ``HF_ENDPOINT``. Raises GatedRepositoryError,
    RepositoryMissingError, HubUnreachableError, or PullError where the hub refuses otherwise.
    """
    from huggingface_hub import errors, get_hf_file_metadata

    wanted = _wanted(repo, file, revision, endpoint)
    try:
        with quiet():
            found = get_hf_file_metadata(wanted.url(revision), endpoint=wanted.endpoint)
    except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]
        raise explained(error, wanted) from error
    if not found.commit_hash or not found.etag or found.size is None:
        raise HubUnreachableError(f"{wanted.endpoint} answered, but not as a hub does", NO_HUB)
    digest = found.etag if re.fullmatch("[0-9a-f]{64}", found.etag) else None
    return HubFile(repo=repo, file=file, revision=found.commit_hash, size=found.size, sha256=digest)


def listing(
    repo: str, revision: str = "main", *, endpoint: str | None = None
) -> tuple[str, list[str]]:
    """The commit of a revision, and the names of its files. Raises what ``look_up`` raises."""
    from huggingface_hub import HfApi, errors

    wanted = _wanted(repo, "*", revision, endpoint)
    try:
        with quiet():
            found = HfApi(endpoint=wanted.endpoint).model_info(repo, revision=revision)
    except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]
        raise explained(error, wanted) from error
    if not found.sha or found.siblings is None:
        raise HubUnreachableError(f"{wanted.endpoint} answered, but not as a hub does", NO_HUB)
    return found.sha, [one.rfilename for one in found.siblings]


def pull(
    repo: str,
    file: str,
    revision: str,
    folder: Path,
    on_progress: OnProgress,
    *,
    endpoint: str | None = None,
    free: Callable[[Path], int] = free_bytes,
) -> Path:
    """Download a file into ``folder``, under the last part of its name, and return its path.

    It appears there only once whole and equal to the hub's digest; until then what arrived lies
    hidden beside it, and the next call goes on from there. A file already there is returned unread.
    ``free`` gives bytes.

    Raises what ``look_up`` raises; PullError where the disk is too small or cannot be written, or
    another process pulls the same file; ModelFileError where not the file promised arrived.
    """
    from filelock import FileLock, Timeout

    wanted = _wanted(repo, file, revision, endpoint)
    target = folder / file.rsplit("/", 1)[-1]
    if target.is_file():
        return target
    found = look_up(repo, file, revision, endpoint=endpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{target.name}.lock", timeout=0) as lock:
            if not target.is_file():
                partial = _partial(found, target, free)
                on_progress(_size(partial), found.size)
                _fetch(wanted, found, partial, on_progress)
                _verify(partial, found)
                partial.replace(target)
            with suppress(OSError):  # some systems keep an open file
                Path(lock.lock_file).unlink()
    except Timeout as error:
        raise PullError(f"another process is pulling {target.name} into {folder}") from error
    except OSError as error:
        raise PullError(f"cannot write to {folder}: {error.strerror or error}") from error
    return target


def _wanted(repo: str, file: str, revision: str, endpoint: str | None) -> Wanted:
    """Refuses names that would lead out of the repository, or out of the folder here."""
    from huggingface_hub import constants, errors

    wanted = Wanted(repo, file, revision, (endpoint or constants.ENDPOINT).rstrip("/"))
    odd = "\\" in file or PureWindowsPath(file).drive or not file.isprintable()
    if odd or {"", ".", ".."} & set(file.split("/")):
        raise RepositoryMissingError(f"'{file}' cannot be a file of a repository")
    if not revision.strip("."):
        raise RepositoryMissingError(f"'{revision}' cannot be a revision", "The usual one is main")
    try:
        wanted.url(revision)
    except errors.HFValidationError as error:
        raise RepositoryMissingError(
            f"'{repo}' cannot be a repository", "Use owner/name"
        ) from error
    return wanted


def _partial(found: HubFile, target: Path, free: Callable[[Path], int]) -> Path:
    """Where the file arrives, once there is room for the rest of it."""
    # Named by content, so that what is left of one revision is never continued with another.
    content = hashlib.sha256((found.sha256 or found.revision).encode()).hexdigest()[:16]
    partial = target.with_name(f".{target.name}.{content}.incomplete")
    left = re.compile(re.escape(f".{target.name}.") + r"[0-9a-f]{16}\.incomplete")
    for path in target.parent.iterdir():
        if left.fullmatch(path.name) and (path != partial or _size(path) > found.size):
            path.unlink()
    rest = found.size - _size(partial)
    needed = rest + max(found.size // 20, SMALLEST_MARGIN)
    there = free(target.parent)
    if rest and there < needed:
        raise PullError(
            f"too little disk for {found.file}: {_human(needed)} needed, {_human(there)} free "
            f"in {target.parent}",
            "Free some space and run the same command again",
        )
    return partial


def _fetch(wanted: Wanted, found: HubFile, partial: Path, on_progress: OnProgress) -> None:
    from huggingface_hub import errors
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    try:
        with quiet(), partial.open("ab") as stream:
            http_get(
                wanted.url(found.revision),
                stream,
                resume_size=_size(partial),
                # Compressed, the ranges and lengths would not be the file's own.
                headers=build_hf_headers(headers={"Accept-Encoding": "identity"}),
                expected_size=found.size,
                tqdm_class=cast("Any", bind(_bar, on_progress, found.size)),
            )
            stream.flush()
            os.fsync(stream.fileno())
    except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]
        raise _broken_off(error, wanted, found, _size(partial)) from error
    except ValueError as error:  # above 50 GB, which the hub serves over Xet only
        raise PullError(f"{found.file} cannot be pulled: {reason_of(error)}", NO_HUB) from error


@contextmanager
def _bar(
    on_progress: OnProgress, size: int, *, initial: int = 0, **_: object
) -> Iterator[SimpleNamespace]:
    """Stands where the library expects a progress bar, and draws nothing."""
    done = initial

    def update(count: int) -> None:
        nonlocal done
        done += count
        on_progress(done, size)

    yield SimpleNamespace(update=update)


def _verify(partial: Path, found: HubFile) -> None:
    with partial.open("rb") as stream:
        actual = hashlib.file_digest(stream, "sha256").hexdigest()
    if found.sha256 not in (None, actual):
        partial.unlink()
        raise ModelFileError(
            f"{found.file} arrived with the digest {actual[:12]}, but {found.repo} promises "
            f"{str(found.sha256)[:12]}",
            "It has been deleted; try again: `harness models pull NAME`",
        )


def _broken_off(error: Exception, wanted: Wanted, found: HubFile, arrived: int) -> PullError:
    status = status_of(error)
    if status and status < 500 and status != 429:
        return explained(error, wanted)
    # A number marks an error of the disk; the library's own, such as a wrong length, have none.
    kind = PullError if isinstance(error, OSError) and error.errno else HubUnreachableError
    return kind(
        f"the download of {found.file} broke off with {_human(arrived)} of {_human(found.size)} "
        f"there: {reason_of(error)}",
        "Run the same command again: it goes on from there",
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _human(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
