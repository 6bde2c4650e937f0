"""A reply's text, turned into cells by a CommonMark parser.

Decided outcomes (each has a test):

- a fence that says python, python3, py, ipython…: a code cell
- a fence that says nothing: a code cell where it parses as Python statements, else prose
- any other language, and code indented by four spaces: stays in the prose around it
- fences inside lists or quotes: a code cell, dedented, as if they stood at the margin
- a fence inside a longer fence: text of the outer one
- a fence that never closes: closes at the reply's end, and is marked
- ``>>>`` prompts: only the statements are kept, the answers shown below them are not
- lines that install packages: kept in the cell, recorded, never run
"""

from __future__ import annotations

import ast
import doctest
import re
from collections.abc import Iterator

from harness.notebooks import syntax
from harness.notebooks.installs import install_lines
from harness.records import Cell, Name

PYTHON = {"python", "python3", "py", "py3", "ipython", "ipython3", "pycon", "jupyter"}


def cells_of(step: Name, prompt: str, reply: str) -> tuple[Cell, ...]:
    """The step's prompt, then the reply as cells, in order. Ids are stable: step and position."""
    found = [_prompt_cell(step, prompt)]
    for piece in _pieces(reply):
        found.append(piece.model_copy(update={"id": f"{step}-{len(found):03d}", "step": step}))
    return tuple(found)


def _prompt_cell(step: Name, prompt: str) -> Cell:
    quoted = "\n".join(f"> {line}".rstrip() for line in prompt.splitlines())
    source = f"**Prompt: {step}**\n\n{quoted}"
    return Cell(id=f"{step}-000", kind="markdown", source=source, step=step, origin="prompt")


def _pieces(reply: str) -> Iterator[Cell]:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - slow to import, and not always needed

    lines = _lines(reply)
    prose_from = 0
    for token in MarkdownIt("commonmark").parse("\n".join(lines)):
        if token.type != "fence" or token.map is None:
            continue
        start, end = token.map
        source = _code(token.info, token.content)
        if source is None:
            continue
        yield from _prose(lines[prose_from:start])
        prose_from = end
        if not source.strip():
            continue
        yield Cell(
            id="x",
            kind="code",
            source=source,
            step="x",
            origin="fence",
            language=token.info.strip()[:40],
            unclosed=not _closed(lines, start, end, token.markup),
            installs=install_lines(source),
        )
    yield from _prose(lines[prose_from:])


def _lines(reply: str) -> list[str]:
    # The parser knows these line ends only, and its line numbers must be ours.
    return re.split(r"\r\n|\r|\n", reply)


def _prose(lines: list[str]) -> Iterator[Cell]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield Cell(id="x", kind="markdown", source=text, step="x", origin="prose")


def _code(info: str, content: str) -> str | None:
    """The source that a fence holds, or None where it is no Python."""
    language = re.split(r"[\s,{}.:=]+", info.strip().lower().lstrip("{."))[0]
    source = content.rstrip("\n")
    if language not in PYTHON and language != "":
        return None
    if re.match(r"\s*>>>", source):
        return _without_prompts(source)
    if language == "" and source.strip() and not _is_statements(source):
        return None
    return source


def _without_prompts(source: str) -> str:
    try:
        examples = doctest.DocTestParser().get_examples(source)
    except ValueError:
        return source
    return "".join(example.source for example in examples).rstrip("\n")


def _is_statements(source: str) -> bool:
    module = syntax.tree(source)
    # A table or a number shown as an example often parses; it says nothing to do.
    inert = (ast.Constant, ast.Name, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp, ast.Compare)
    return module is not None and any(
        not (isinstance(s, ast.Expr) and isinstance(s.value, inert)) for s in module.body
    )


def _closed(lines: list[str], start: int, end: int, markup: str) -> bool:
    last = lines[end - 1].lstrip(" >\t") if end - 1 > start else ""
    return last.startswith(markup) and not last.strip(markup[0] + " \t")
