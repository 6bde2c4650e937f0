"""An engine that replays given replies: no weights, for tests, demos and bug reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from harness import files
from harness.errors import ConfigError, PromptError
from harness.ports import OnProgress
from harness.records import Completion, EngineSetup, Message, Progress, Sampling

MOST_BYTES = 64 << 20  # of a script


def build(setup: EngineSetup) -> ScriptedEngine:
    """The engine of a model whose file is a script. Raises ConfigError."""
    return ScriptedEngine(setup.path)


def load_script(path: Path) -> list[str]:
    """A JSON list of reply texts, one per step, in order. Raises ConfigError."""
    try:
        replies = json.loads(files.read(path, MOST_BYTES))
    except OSError as error:
        raise ConfigError(path, None, f"the script cannot be read ({error.strerror})") from None
    except json.JSONDecodeError as error:
        raise ConfigError(path, error.lineno, f"not valid JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(path, None, f"not valid JSON: {type(error).__name__}") from None
    if not isinstance(replies, list) or not all(isinstance(reply, str) for reply in replies):
        raise ConfigError(path, 1, "expected a JSON list of reply texts, one per step")
    try:
        "".join(replies).encode()
    except UnicodeEncodeError:
        raise ConfigError(path, 1, "a reply holds half a surrogate pair") from None
    return replies


class ScriptedEngine:
    """Answers turn k of any conversation with the k-th reply; a token is a word."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._replies = load_script(path)

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
    ) -> list[Completion]:
        """The same reply for every seed."""
        turn = sum(message.role == "user" for message in conversation)
        if turn > len(self._replies):
            raise PromptError(
                f"{self._path} has {len(self._replies)} replies; step {turn} needs one"
            )
        text, prompt = self._replies[turn - 1], self.count_tokens(conversation)
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
