"""How far a run of a suite has come: a bar with the time left; in a pipe, a line now and then."""

from __future__ import annotations

import threading
import time
from typing import Self

from rich.text import Text

from harness.cli import show
from harness.cli.live_display import LiveDisplay
from harness.records import Progress

BAR = 24  # columns
REFRESH_PER_SECOND = 2
LINES = 10  # of a whole run, in a pipe


class SuiteLive(LiveDisplay):
    """Use as a context manager around the work. ``kept``: how many were there before."""

    def __init__(self, noun: str, total: int, kept: int = 0) -> None:
        self._noun, self._total, self._kept, self._done = noun, total, kept, kept
        self._passed: int | None = None
        self._tokens = 0
        self._lock = threading.Lock()  # progress comes from the threads that ask
        self._started = time.monotonic()
        super().__init__(self._shown, REFRESH_PER_SECOND)

    def __enter__(self) -> Self:
        if self._kept:
            show.info(f"{self._kept} of {self._total} {self._noun} are kept from before", "yellow")
        return super().__enter__()

    def progress(self, progress: Progress) -> None:
        """A reply grew."""
        if progress.text:
            with self._lock:
                self._tokens += 1

    def replied(self, _tokens: int) -> None:
        """A reply is complete."""
        self._one_more()

    def done(self, *, passed: bool) -> None:
        """An answer is judged."""
        self._passed = (self._passed or 0) + passed
        self._one_more()

    def _one_more(self) -> None:
        self._done += 1
        step = max(1, self._total // LINES)
        if not show.out.is_terminal and (self._done % step == 0 or self._done == self._total):
            show.info(self._told())

    def _shown(self) -> Text:
        full = int(self._done / max(1, self._total) * BAR)
        bar = Text("━" * full, style="green") + Text("━" * (BAR - full), style="dim")
        return bar + Text(f" {self._told()}", no_wrap=True, overflow="ellipsis")

    def _told(self) -> str:
        spent, new = time.monotonic() - self._started, self._done - self._kept
        words = [f"{self._done} of {self._total} {self._noun}"]
        if self._passed is not None:
            words.append(f"{self._passed} passed")
        words.append(show.seconds(spent))
        if new and self._done < self._total:
            left = spent / new * (self._total - self._done)
            words.append(f"about {show.seconds(left)} left")
        if self._tokens and spent > 1:
            words.append(f"{self._tokens / spent:.1f} tokens/s")
        return " · ".join(words)
