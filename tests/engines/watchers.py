"""Watchers for tests: they remember what they saw, and answer as they were told."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.records import StepBack

Answer = Callable[[str, bool], StepBack | None]


class Onlooker:
    """Answers with a function of what it sees, after so many ``seconds``."""

    def __init__(self, answer: Answer = lambda _text, _ended: None, seconds: float = 0.0) -> None:
        self._answer, self._seconds = answer, seconds
        self.seen: list[tuple[str, bool]] = []
        self.answers: list[StepBack] = []

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        self.seen.append((text, ended))
        if self._seconds:
            time.sleep(self._seconds)
        back = self._answer(text, ended)
        if back is not None:
            self.answers.append(back)
        return back


def once(answer: Answer) -> Answer:
    """The first answer that steps back, and then none."""
    given: list[StepBack] = []

    def first(text: str, ended: bool) -> StepBack | None:
        back = None if given else answer(text, ended)
        if back is not None:
            given.append(back)
        return back

    return first


def without(word: str, penalty: float | None = None) -> Answer:
    """Step back from a word wherever it was written."""

    def answer(text: str, ended: bool) -> StepBack | None:
        at = text.find(word)
        if at < 0:
            return None
        return StepBack(keep=at, reject=at + len(word), penalty=penalty)

    return answer
