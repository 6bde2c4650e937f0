"""Renders chat templates with what their authors count on, as Hugging Face's transformers has it.

Started as ``python -m harness.engines.llama.rendering``, it is the process that a model file's own
template is rendered in: work comes in and answers go out as lines of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

RENDER_BYTES = 512 << 20
LONGEST_PROMPT = 8 << 20  # characters
# Nothing in a run's id tells the day, so each day must give the same prompt. This is the day that
# Llama 3's templates fall back to where there is no clock.
TODAY = datetime(2024, 7, 26)
TOLD_DATE = f"the chat template asked for the date and was told {TODAY:%Y-%m-%d}"
FOLDED = "the chat template takes no system turn here; its text begins the first user turn"


class Rendered(NamedTuple):
    """A prompt, and in words what was done so that the template makes one."""

    text: str
    notes: tuple[str, ...]


class Generation(Extension):
    """``{% generation %}`` marks what a model wrote, for its training; its body is rendered."""

    tags = {"generation"}  # noqa: RUF012 - as the base class has it

    def parse(self, parser: Parser) -> nodes.Node:
        """The body, in a scope of its own."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


def render(
    template: str, messages: Sequence[Mapping[str, str]], special: Mapping[str, str]
) -> Rendered:
    """The prompt, the opening of the model's turn included.

    A template that refuses the conversation gets it once more without a system turn. Raises
    whatever the template does, and ValueError where it makes more text than any context holds.
    """
    notes: set[str] = set()
    compiled = _environment(notes).from_string(template)

    def made(turns: Sequence[Mapping[str, str]]) -> str:
        size, pieces = 0, []
        for piece in compiled.generate(
            messages=turns, add_generation_prompt=True, tools=None, **special
        ):
            size += len(piece)
            if size > LONGEST_PROMPT:
                raise ValueError(f"makes more than {LONGEST_PROMPT:,} characters")
            pieces.append(piece)
        return "".join(pieces)

    try:
        text = made(messages)
    except TemplateError as refusal:
        folded = _folded(messages)
        if folded == list(messages):
            raise
        try:
            text = made(folded)
        except TemplateError:
            raise refusal from None
        notes.add(FOLDED)
    return Rendered(text, tuple(sorted(notes)))


def _folded(messages: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The turns of user and model in alternation; what the system says belongs to the user's."""
    folded: list[Mapping[str, str]] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        before = folded.pop()["content"] + "\n\n" if folded and folded[-1]["role"] == role else ""
        folded.append({"role": role, "content": before + message["content"]})
    return folded


def _environment(notes: set[str]) -> Environment:
    """What templates may use; ``notes`` takes what is worth telling of that."""

    def raise_exception(message: str) -> NoReturn:
        raise TemplateError(message)

    def strftime_now(layout: str) -> str:
        notes.add(TOLD_DATE)
        return TODAY.strftime(layout)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = strftime_now
    return environment


def _serve() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (RENDER_BYTES, RENDER_BYTES))
    for line in sys.stdin.buffer:
        said: dict[str, Any]
        try:
            said = render(**json.loads(line))._asdict()
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    _serve()
