"""Takes runs out of the store: each is gone at once, and its files are cleared after that."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from harness import files
from harness.errors import StoreError, UnknownNameError
from harness.notebooks import stored
from harness.records import Needed, RunKey
from harness.runs.store import RECORD, FileStore

# Deeper than a run lies, so that nothing in it can be taken for one.
REMOVED = (".removed", "runs", "gone")


def named(store: FileStore, beginnings: Iterable[str]) -> list[RunKey]:
    """The runs whose ids begin so, be their records broken or not.

    Raises UnknownNameError where none does, StoreError where several do.
    """
    keys = list(_keys(store))
    found: dict[RunKey, None] = {}
    for beginning in beginnings:
        matching = [key for key in keys if beginning and key.run_id.startswith(beginning)]
        if not matching:
            ids = {key.run_id for key in keys}
            raise UnknownNameError("run", beginning, ids, "List them: harness runs")
        if len({key.run_id for key in matching}) > 1:
            ids = {key.run_id for key in matching}
            raise StoreError(f"{len(ids)} runs begin with '{beginning}'", "Give more of the id")
        found |= dict.fromkeys(matching)
    return list(found)


def _keys(store: FileStore) -> Iterator[RunKey]:
    for path in sorted(store.root.glob(f"[!.]*/[!.]*/[!.]*/{RECORD}")):
        model, stage, run_id = path.parts[-4:-1]
        with contextlib.suppress(ValueError):  # no run is called so
            yield RunKey(model=model, stage=stage, run_id=run_id)


def readers(store: FileStore, keys: Collection[RunKey]) -> Mapping[str, list[RunKey]]:
    """By the id of each of these runs, the other runs that read files of it, if any."""
    gone = {key.run_id for key in keys}
    found: dict[str, list[RunKey]] = {}
    for key, run in store.runs():
        if key not in keys:
            for source in gone & {one.run_id for one in run.needs if _is_read(one)}:
                found.setdefault(source, []).append(key)
    return found


def _is_read(need: Needed) -> bool:
    return need.source in stored.FILES


def remove(store: FileStore, key: RunKey) -> None:
    """Take a run out. Raises RunLockedError where it is worked on, StoreError where it cannot be.

    Where its files cannot be cleared, or not before the command is killed, the next one does so.
    """
    folder = store.folder(key)
    aside = store.root.joinpath(*REMOVED, f"{key.run_id}-{secrets.token_hex(4)}")
    with store.lock(key):
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            folder.rename(aside)
        except OSError as error:
            raise StoreError(
                f"{folder} could not be removed ({error.strerror})", "Make generated/ writable"
            ) from error
    for empty in (folder.parent, folder.parent.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()
    clear(store.root)


def clear(root: Path) -> None:
    """Delete what was taken out, by this command or by one that was killed."""
    folder = root.joinpath(*REMOVED)
    with contextlib.suppress(OSError):
        for one in folder.iterdir():
            files.clear(one)
    for empty in (folder, folder.parent, folder.parent.parent):
        with contextlib.suppress(OSError):
            empty.rmdir()
