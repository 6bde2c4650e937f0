"""An engine that replays given replies: no weights, for tests, demos and bug reports."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harness import files
from harness.errors import ConfigError, PromptError
from harness.ports import OnProgress, Watcher
from harness.records import Completion, EngineSetup, Message, Progress, Sampling, SteeringKind

MOST_BYTES = 64 << 20  # of a script
EXPECTED = (
    "expected a JSON list of reply texts, one per step, or an object with such a list per stage"
)
Script = list[str] | dict[str, list[str]]
"""Replies for any stage, or for each of some stages by its name."""


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
    stages = {"": script} if isinstance(script, list) else script
    if not isinstance(stages, dict) or not all(map(_are_replies, stages.values())):
        raise ConfigError(path, 1, EXPECTED)
    try:
        "".join(text for name, replies in stages.items() for text in (name, *replies)).encode()
    except UnicodeEncodeError:
        raise ConfigError(path, 1, "a reply holds half a surrogate pair") from None
    return script  # type: ignore[no-any-return]


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


def _stages_of(path: Path, script: dict[str, list[str]], asked: Collection[str]) -> None:
    missing = [name for name in asked if name not in script]
    if missing:
        there = ",".join(script)
        raise ConfigError(
            path,
            None,
            f"it has no replies for the stage {' or '.join(missing)}",
            f"Add them, or ask only for what is there: --stage {there}" if there else "Add them",
        )


def _are_replies(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(reply, str) for reply in value)


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

    steering = SteeringKind.NONE

    def __init__(self, path: Path, stage: str | None = None) -> None:
        self._path = path
        self._script = load_script(path)
        self._stage = stage

    def of_stage(self, stage: str) -> ScriptedEngine:
        """The engine, for a conversation of this stage."""
        one = copy.copy(self)  # read once: on another machine the file is gone with its first run
        one._stage = stage
        return one

    def _replies(self) -> list[str]:
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
        """The same reply for every seed."""
        turn = sum(message.role == "user" for message in conversation)
        replies = self._replies()
        if turn > len(replies):
            of = "" if isinstance(self._script, list) else f" for the stage {self._stage}"
            raise PromptError(f"{self._path} has {len(replies)} replies{of}; step {turn} needs one")
        text, prompt = replies[turn - 1], self.count_tokens(conversation)
        done = []
        for sample, seed in enumerate(seeds):
            tokens = len(text.split())
            on_progress(
                Progress(
                    sample=sample, text=text, tokens=tokens, prompt_done=prompt, prompt_total=prompt
                )
            )
            done.append(
                Completion(
                    text=text,
                    finish="stop",
                    prompt_tokens=prompt,
                    completion_tokens=tokens,
                    seconds=0.0,
                    seed=seed,
                )
            )
        return done

    def close(self) -> None:
        """Nothing to release."""
