"""Which format a row belongs to, and what the formats share."""

from __future__ import annotations

import ast
import doctest
import functools
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import jinja2.sandbox

from harness.notebooks import replies
from harness.suites.problems import Entry, Problem, Style

CLOSING = re.compile(r"^[ \t]*(?:\"{3}|'{3})[ \t]*$", re.MULTILINE)  # of a docstring
FOLDER = Path(__file__).parent
Row = Mapping[str, Any]


class Format(NamedTuple):
    """What a module of this folder offers."""

    name: str
    style: Style
    recognises: Callable[[Row], bool]
    entry: Callable[[Row], Entry]
    code: Callable[[Problem, str, Style], str]


@functools.cache
def formats() -> dict[str, Format]:
    """All formats, by name."""
    found = {}
    for one in pkgutil.iter_modules([str(FOLDER)]):
        module = importlib.import_module(f"{__package__}.{one.name}")
        if hasattr(module, "recognises"):
            parts = (module.STYLE, module.recognises, module.entry, module.code)
            found[one.name] = Format(one.name, *parts)
    return found


def of(row: Row) -> Format | None:
    """The format of a file whose first row this is."""
    return next((one for one in formats().values() if one.recognises(row)), None)


def question(name: str, **values: str) -> str:
    """The words in which a problem is asked in a chat, from the format's own template."""
    return _template(name).render(values)


def question_source(name: str) -> str:
    """The template itself: it is part of what identifies a run."""
    return (FOLDER / f"{name}.chat.j2").read_text()


@functools.cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined)
    return environment.from_string(question_source(name))


def code_of_chat(reply: str) -> str:
    """The code cells of a reply, as a notebook would hold them, one below the other."""
    cells = replies.cells_of("answer", "", reply)
    return "\n\n".join(cell.source for cell in cells if cell.kind == "code")


def imports(*sources: str) -> tuple[str, ...]:
    """The modules that programs import at their top, those of Python itself apart."""
    found: set[str] = set()
    for source in sources:
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    own = sys.stdlib_module_names
    return tuple(sorted(name for name in found if name.partition(".")[0] not in own))


def examples(prompt: str) -> tuple[str, ...]:
    """The assertions of a prompt, those that its sessions at a console amount to among them."""
    said = [line.strip() for line in prompt.split("\n") if line.lstrip().startswith("assert ")]
    try:
        shown = doctest.DocTestParser().get_examples(CLOSING.sub("", prompt))
    except ValueError:  # of a session whose lines are not indented alike
        shown = []
    said += [f"assert ({one.source.strip()}) == ({one.want.strip()})" for one in shown if one.want]
    return tuple(_importing(one) for one in said if _is_python(one))


def _importing(source: str) -> str:
    """The statement behind the import that it takes for granted."""
    return f"import math\n{source}" if "math." in source else source


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def cut(text: str, stops: Sequence[str]) -> str:
    """``text`` up to the first of ``stops``; a server may have passed over them."""
    ends = [at for at in map(text.find, stops) if at >= 0]
    return text[: min(ends)] if ends else text
