"""An engine that replays given replies: no weights, for tests, demos and bug reports."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError

from harness import files
from harness.errors import ConfigError, EngineError, PromptError
from harness.ports import OnProgress, Watcher
from harness.records import (
    Completion,
    EngineSetup,
    Message,
    Progress,
    Record,
    Sampling,
    SteeringKind,
    StepBack,
)

MOST_BYTES = 64 << 20  # of a script
MOST_BACKS = 1000  # that one reply is stepped back
WORD = re.compile(r"\S+\s*|\s+")
EXPECTED = (
    "expected a JSON list of reply texts, one per step, or an object with such a list per stage"
)


class ScriptedReply(Record):
    """A reply, and what is written instead of texts that are rejected in it.

    ``again`` are replies for when a cell of it is asked for again, each by a text that is asked.
    """

    text: str
    instead: dict[str, str] = Field(default_factory=dict)
    again: dict[str, str] = Field(default_factory=dict)


Line = str | ScriptedReply
Script = list[Line] | dict[str, list[Line]]
"""Replies for any stage, or for each of some stages by its name."""
_SCRIPT: TypeAdapter[Script] = TypeAdapter(Script)


def build(setup: EngineSetup) -> ScriptedEngine:
    """The engine of a model whose file is a script. Raises ConfigError."""
    return ScriptedEngine(setup.path)


def load_script(path: Path) -> Script:
    """The replies of a script, one per step, in order. Raises ConfigError."""
    try:
        script = json.loads(files.read(path, MOST_BYTES), object_pairs_hook=_without_twins)
    except OSError as error:
        raise ConfigError(path, None, f"the script cannot be read ({error.strerror})") from None
    except json.JSONDecodeError as error:
        raise ConfigError(path, error.lineno, f"not valid JSON: {error.msg}") from None
    except _TwiceError as error:
        raise ConfigError(path, None, f"the stage '{error}' stands there twice") from None
    except (ValueError, RecursionError) as error:  # not UTF-8, too many digits, too deep
        raise ConfigError(path, None, f"not valid JSON: {type(error).__name__}") from None
    try:
        made = _SCRIPT.validate_python(script, strict=True)
        json.dumps(script, ensure_ascii=False).encode()
    except ValidationError:
        raise ConfigError(path, 1, EXPECTED) from None
    except UnicodeEncodeError:
        raise ConfigError(path, 1, "a reply holds half a surrogate pair") from None
    return made


def check_stages(path: Path, asked: Collection[str], known: Collection[str]) -> None:
    """Raise ConfigError where a script names an unknown stage, or has nothing for one asked for.

    ``known`` are the stages of the project. A list has replies for every stage.
    """
    script = load_script(path)
    if isinstance(script, list):
        return
    for name in script:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            hint += f"Known: {', '.join(sorted(known))}"
            raise ConfigError(path, None, f"it has replies for '{name}', which is no stage", hint)
    _stages_of(path, script, asked)


def _stages_of(path: Path, script: dict[str, list[Line]], asked: Collection[str]) -> None:
    missing = [name for name in asked if name not in script]
    if missing:
        there = ",".join(script)
        raise ConfigError(
            path,
            None,
            f"it has no replies for the stage {' or '.join(missing)}",
            f"Add them, or ask only for what is there: --stage {there}" if there else "Add them",
        )


class _TwiceError(Exception):
    """A key that an object has twice."""


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


class ScriptedEngine:
    """Answers turn k of any conversation with the k-th reply; a token is a word."""

    steering = SteeringKind.TOKENS

    def __init__(self, path: Path, stage: str | None = None) -> None:
        self._path = path
        self._script = load_script(path)
        self._stage = stage

    def of_stage(self, stage: str) -> ScriptedEngine:
        """The engine, for a conversation of this stage."""
        one = copy.copy(self)  # read once: on another machine the file is gone with its first run
        one._stage = stage
        return one

    def _replies(self) -> list[Line]:
        if isinstance(self._script, list):
            return self._script
        if self._stage is None:
            raise PromptError(f"{self._path} has replies per stage, and no stage was named")
        _stages_of(self._path, self._script, [self._stage])
        return self._script[self._stage]

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """Words of the conversation."""
        return sum(len(message.content.split()) for message in conversation)

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        *,
        repeats: bool = False,
        watchers: Sequence[Watcher] = (),
    ) -> list[Completion]:
        """The same reply for every seed; where it is watched, word by word."""
        turn = sum(message.role == "user" for message in conversation)
        replies = self._replies()
        turn -= repeats  # one more for a step that was answered before
        if turn > len(replies):
            of = "" if isinstance(self._script, list) else f" for the stage {self._stage}"
            raise PromptError(f"{self._path} has {len(replies)} replies{of}; step {turn} needs one")
        reply, prompt = replies[turn - 1], self.count_tokens(conversation)
        if isinstance(reply, str):
            reply = ScriptedReply(text=reply)
        if repeats:
            reply = ScriptedReply(text=_of_asked(reply.again, conversation[-1].content))
        done = []
        for sample, seed in enumerate(seeds):
            writing = _Writing(reply, watchers[sample] if watchers else None)
            for text, kept in writing.grow():
                on_progress(
                    Progress(
                        sample=sample,
                        text=text,
                        kept=kept,
                        tokens=_words(writing.text),
                        prompt_done=prompt,
                        prompt_total=prompt,
                    )
                )
            done.append(
                Completion(
                    text=writing.text,
                    finish="stop",
                    prompt_tokens=prompt,
                    completion_tokens=_words(writing.text),
                    seconds=0.0,
                    seed=seed,
                    taken_back=writing.taken_back if watchers else None,
                )
            )
        return done

    def close(self) -> None:
        """Nothing to release."""


def _of_asked(again: Mapping[str, str], asked: str) -> str:
    """The first reply whose text is asked; an empty one where a script has none."""
    return next((reply for text, reply in again.items() if text in asked), "")


class _Writing:
    """A reply as it grows, before the eyes of its watcher if it has one."""

    def __init__(self, reply: ScriptedReply, watcher: Watcher | None) -> None:
        self._to_come, self._instead = reply.text, reply.instead
        self._watcher = watcher
        self._backs = 0
        self.text = ""
        self.taken_back = 0  # words

    def grow(self) -> Iterator[tuple[str, int | None]]:
        """What is new, and how many characters of what was there before stay, if not all."""
        if self._watcher is None:
            self.text, self._to_come = self._to_come, ""
            yield self.text, None
            return
        kept = None
        while True:
            found = WORD.match(self._to_come)
            if found is not None:
                self._to_come = self._to_come[found.end() :]
                self.text += found[0]
                yield self.text[kept if kept is not None else -len(found[0]) :], kept
                kept = None
            back = self._watcher.look(self.text, ended=found is None)
            if back is not None:
                kept = self._step_back(back)
            elif found is None:
                break
        if kept is not None:
            yield self.text[kept:], kept

    def _step_back(self, back: StepBack) -> int:
        """Go on from an earlier place, with other words for what is rejected; the place."""
        self._backs += 1
        if self._backs > MOST_BACKS:
            raise EngineError(f"a scripted reply was stepped back {MOST_BACKS:,} times")
        keep = min(back.keep, len(self.text))
        gone, to_come = self.text[keep:], self.text[keep:] + self._to_come
        if back.reject is not None:
            to_come = self._other(gone[: max(0, back.reject - keep)], to_come)
        self.taken_back += _words(gone)
        self.text = self.text[:keep] + ("" if back.hidden else back.insert)
        self._to_come = to_come
        return keep

    def _other(self, rejected: str, to_come: str) -> str:
        """What comes instead: of what is rejected, or else of the first that stands in it."""
        places = [(rejected.find(text), -len(text), text) for text in self._instead if text]
        # The longest first: what is rejected stands before all that it begins with.
        for at, _, text in sorted(place for place in places if place[0] >= 0)[:1]:
            return to_come[:at] + self._instead[text] + to_come[at + len(text) :]
        return to_come


def _words(text: str) -> int:
    return len(text.split())
