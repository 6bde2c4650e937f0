"""Conversations rendered to the text a model was trained on.

The template comes from the GGUF file, or is one of the named formats in ``chat_formats/``. A file's
own template is hostile until shown otherwise: it is rendered by a process of its own that has a
deadline and a memory limit (``rendering``). To add a format, add its ``.jinja`` there.
"""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import PromptError, UnknownNameError
from harness.records import Message, Record

FOLDER = Path(__file__).with_name("chat_formats")
# A model whose turns are marked by plain text writes the user's next turn itself; it ends there.
STOPS = {"phind": ("### User Message", "### System Prompt"), "llama-2": ("[INST]",)}
RENDER_SECONDS = 10


class ChatTemplate(Record):
    """How turns become text. ``trusted``: ours, so rendered in this process."""

    source: str
    trusted: bool
    stops: tuple[str, ...] = ()


def formats() -> list[str]:
    """The named formats that ship."""
    return sorted(path.stem for path in FOLDER.glob("*.jinja"))


def named(name: str) -> ChatTemplate:
    """A format that ships. Raises UnknownNameError."""
    if name not in formats():
        raise UnknownNameError("chat_format", name, formats())
    source = (FOLDER / f"{name}.jinja").read_text()
    return ChatTemplate(source=source, trusted=True, stops=STOPS.get(name, ()))


class Renderer:
    """Renders with one template; one that is not trusted has a process, begun at once and kept.

    Not for use from several threads.
    """

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        self.notes: tuple[str, ...] = ()  # what the last prompt needs to be told of, in words
        self._process = None if template.trusted else _begin()

    def render(self, turns: Sequence[Message], special: Mapping[str, str]) -> str:
        """The prompt, the opening of the model's turn included.

        ``special`` holds ``bos_token`` and ``eos_token``. Raises PromptError where the template
        fails, takes over ten seconds, or makes more text than any context holds.
        """
        work: dict[str, Any] = {
            "template": self._template.source,
            "special": dict(special),
            "messages": [{"role": one.role, "content": one.content} for one in turns],
        }
        if self._template.trusted:
            from harness.engines.llama import rendering  # noqa: PLC0415 - few commands need it

            text, self.notes = rendering.render(**work)
        else:
            text, self.notes = self._in_a_child(work)
        return text

    def close(self) -> None:
        """End the process. Safe to call twice."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _in_a_child(self, work: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        if self._process is None:
            self._process = _begin()
        line = json.dumps(work).encode() + b"\n"
        answer = _exchange(self._process, line, time.monotonic() + RENDER_SECONDS)
        if answer is None:
            self.close()
            _fail(f"did not finish within {RENDER_SECONDS} s")
        if not answer.endswith(b"\n"):
            self.close()
            _fail("failed (its process died, of memory?)")
        said = json.loads(answer)
        if said.get("error"):
            _fail(f"failed ({said['error'][:200]})")
        return str(said["text"]), tuple(said["notes"])


def _begin() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.engines.llama.rendering"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _exchange(process: subprocess.Popen[bytes], line: bytes, deadline: float) -> bytes | None:
    """Write a line and read one; what came where the process dies, None past the deadline."""
    if process.stdin is None or process.stdout is None:
        return b""
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(line)  # it reads the whole line before it does anything else
        process.stdin.flush()
    answer = b""
    while not answer.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            return None
        piece = process.stdout.read1(1 << 20)  # type: ignore[attr-defined]
        if not piece:
            break
        answer += piece
    return answer


def _fail(what: str) -> NoReturn:
    hint = f"Set chat_format in models.toml to one of: {', '.join(formats())}"
    raise PromptError(f"the model file's own chat template {what}", hint)
