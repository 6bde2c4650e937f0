"""Conversations rendered to the text a model was trained on.

The template comes from the GGUF file, or is one of the named formats in ``chat_formats/``. A file's
own template is hostile until shown otherwise: it is rendered by a child process that has a deadline
and a memory limit. To add a format, add its ``.jinja`` there.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness.errors import PromptError, UnknownNameError
from harness.records import Message, Record

FOLDER = Path(__file__).with_name("chat_formats")
# A model whose turns are marked by plain text writes the user's next turn itself; it ends there.
STOPS = {"phind": ("### User Message", "### System Prompt"), "llama-2": ("[INST]",)}
RENDER_SECONDS = 10
RENDER_BYTES = 512 << 20
LONGEST_PROMPT = 8 << 20  # characters


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


def render(
    template: ChatTemplate,
    conversations: Sequence[Sequence[Message]],
    special: Mapping[str, str],
) -> list[str]:
    """One prompt per conversation, the opening of the model's turn included.

    ``special`` holds ``bos_token`` and ``eos_token``. Raises PromptError where the template fails,
    takes over ten seconds, or makes more text than any context holds.
    """
    work = {
        "template": template.source,
        "special": dict(special),
        "conversations": [
            [{"role": m.role, "content": m.content} for m in turns] for turns in conversations
        ],
    }
    return _render(work) if template.trusted else _in_a_child(work)


def _in_a_child(work: Mapping[str, Any]) -> list[str]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "harness.engines.chat"],
            input=json.dumps(work).encode(),
            capture_output=True,
            timeout=RENDER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _fail(f"did not finish within {RENDER_SECONDS} s")
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["killed"]
        _fail(f"failed ({lines[-1][:200]})")
    prompts: list[str] = json.loads(done.stdout)
    return prompts


def _fail(what: str) -> NoReturn:
    hint = f"Set chat_format in models.toml to one of: {', '.join(formats())}"
    raise PromptError(f"the model file's own chat template {what}", hint)


def _render(work: Mapping[str, Any]) -> list[str]:
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    def raise_exception(message: str) -> NoReturn:
        raise ValueError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    environment.globals["raise_exception"] = raise_exception
    template = environment.from_string(work["template"])
    prompts = []
    for messages in work["conversations"]:
        size, pieces = 0, []
        for piece in template.generate(
            messages=messages, add_generation_prompt=True, tools=None, **work["special"]
        ):
            size += len(piece)
            if size > LONGEST_PROMPT:
                raise ValueError(f"makes more than {LONGEST_PROMPT:,} characters")
            pieces.append(piece)
        prompts.append("".join(pieces))
    return prompts


def _main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (RENDER_BYTES, RENDER_BYTES))
    try:
        json.dump(_render(json.load(sys.stdin)), sys.stdout)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
