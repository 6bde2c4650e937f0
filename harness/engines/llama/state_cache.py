"""States of the cache on disk, so that a command goes on upon what an earlier one has read.

A state is a file of llama.cpp's own with a note beside it, named by what it is the state of. All of
them may be deleted at any time. Reading a conversation's state back gives the very numbers that an
unbroken run had, which reading its text again would not (docs/decisions/0017-one-decode-loop.md).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from pathlib import Path

from harness.engines.llama.bindings import LlamaContext
from harness.engines.llama.loop import common_prefix
from harness.records import Record

STATE, NOTE = ".state", ".json"
STALE = 3600.0  # seconds after which nobody is still writing a file
SPARE_BYTES = 1 << 30  # of the disk, that states leave to others


class Found(Record):
    """A state that shares its beginning with a prompt."""

    path: Path
    tokens: list[int]
    text: str
    useful: int  # tokens that the prompt shares with it
    whole: bool  # the prompt goes on from all of it


class Note(Record):
    """What a state is the state of."""

    tokens: list[int]
    text: str


class StateCache:
    """A folder of states of one model under one setting.

    All states, of any model, take ``most_bytes`` at most, at any moment. ``cells``: tokens that the
    context holds.
    """

    def __init__(self, folder: Path, most_bytes: int, context: LlamaContext, cells: int) -> None:
        self._folder, self._most, self._context = folder, most_bytes, context
        self._cells = cells
        self._notes: dict[Path, Note] | None = None

    def find(self, text: str, tokens: list[int]) -> Found | None:
        """The state that most of a prompt is in."""
        best = None
        for path, note in self._known().items():
            if len(note.tokens) > self._cells:
                continue  # of a context that was larger
            whole = bool(note.text) and text.startswith(note.text)
            useful = len(note.tokens) if whole else common_prefix(note.tokens, tokens)
            if best is None or useful > best.useful:
                about = {"path": path, "useful": useful, "whole": whole}
                best = Found(tokens=note.tokens, text=note.text, **about)
        return best

    def load(self, found: Found, slot: int) -> bool:
        """Fill a sequence with it. What is of no use is deleted."""
        read = self._context.load(slot, found.path.with_suffix(STATE), len(found.tokens))
        if read != found.tokens:
            self._forget(found.path)
            return False
        with contextlib.suppress(OSError):
            os.utime(found.path.with_suffix(STATE))
        return True

    def save(self, slot: int, tokens: list[int], text: str) -> None:
        """Keep a sequence's state in place of those it goes on from.

        One that is larger than all states may be, or than the disk has room for, is not kept.
        """
        note = Note(tokens=tokens, text=text)
        name = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]
        path = self._folder / f"{name}{NOTE}"
        scratch = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            size = self._context.state_bytes(slot)
            if size > self._most or size + SPARE_BYTES > shutil.disk_usage(self._folder).free:
                return
            self._make_room(size)
            if not self._context.save(slot, scratch, tokens):
                raise OSError
            scratch.replace(path.with_suffix(STATE))
            scratch.write_text(note.model_dump_json())
            scratch.replace(path)
        except OSError:
            scratch.unlink(missing_ok=True)
            return
        for other, held in list(self._known().items()):
            if other != path and held.tokens == tokens[: len(held.tokens)]:
                self._forget(other)
        self._known()[path] = note

    def _known(self) -> dict[Path, Note]:
        if self._notes is None:
            self._notes = {}
            for path in self._folder.glob(f"*{NOTE}"):
                try:
                    self._notes[path] = Note.model_validate_json(path.read_bytes())
                except (OSError, ValueError):
                    self._forget(path)
        return self._notes

    def _forget(self, path: Path) -> None:
        if self._notes is not None:
            self._notes.pop(path, None)
        for one in (path, path.with_suffix(STATE)):
            with contextlib.suppress(OSError):
                one.unlink()

    def _make_room(self, size: int) -> None:
        """Delete the states used least recently, of any model, until the rest fits beside ``size``.

        What a process left half written when it was killed goes too.
        """
        states = []
        for path in self._folder.parent.glob("*/*"):
            with contextlib.suppress(OSError):
                if path.suffix not in (STATE, NOTE) and path.stat().st_mtime < time.time() - STALE:
                    path.unlink()
        for path in self._folder.parent.glob(f"*/*{STATE}"):
            with contextlib.suppress(OSError):
                facts = path.stat()
                states.append((path.with_suffix(NOTE), facts.st_mtime, facts.st_size))
        total = size + sum(held for _, _, held in states)
        for path, _, held in sorted(states, key=lambda one: one[1]):
            if total <= self._most:
                return
            self._forget(path)
            total -= held
