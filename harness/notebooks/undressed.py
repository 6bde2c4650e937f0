"""Code in other dress, for replies that give no code cell otherwise.

Prose must never become code: a cell that was never meant to run would be blamed on the model. So
text is code only where it parses as Python *and* does what prose, other languages, tables and
outputs do not: it imports a library, defines something, or calls into what is known to be there.
"""

from __future__ import annotations

import html
import json
import re
import textwrap
from collections.abc import Iterator, Sequence

from harness.notebooks import fences, pieces, statements
from harness.notebooks.fences import Fence
from harness.notebooks.marks import BLANK
from harness.records import Cell, Found

MOST_BESIDE = 4  # lines of text beside a fence that wraps a whole reply
# Labels of fences that hold code of a language that is not theirs to say.
OTHER_LANGUAGES = {
    *("bash", "sh", "shell", "zsh", "console", "terminal", "cmd", "powershell", "ps1", "bat"),
    *("json", "jsonl", "yaml", "yml", "toml", "ini", "cfg", "env", "xml", "html", "css", "csv"),
    *("sql", "r", "julia", "jl", "javascript", "js", "jsx", "typescript", "ts", "tsx", "java"),
    *("c", "cpp", "c++", "csharp", "cs", "go", "rust", "ruby", "rb", "php", "perl", "scala"),
    *("kotlin", "swift", "lua", "matlab", "octave", "sas", "stata", "dockerfile", "docker"),
    *("makefile", "cmake", "diff", "patch", "latex", "tex", "math", "mermaid", "dot", "output"),
    *("stdout", "stderr", "traceback", "error", "log", "pycon", "tree", "requirements", "http"),
}
# Tags that models were trained to put around code: how a line begins with one, and what ends it.
TAGS = (
    (re.compile(r"\[(PYTHON|CODE)\]", re.IGNORECASE), "[/{}]"),
    (re.compile(r"<(python|python_code|code|tool_code|ipython)>", re.IGNORECASE), "</{}>"),
    (re.compile(r"<(execute|execute_python|execute_ipython)>", re.IGNORECASE), "</{}>"),
    (re.compile(r"<pre><(code)(?: [^<>\n]{0,60})?>", re.IGNORECASE), "</{}>"),
    (re.compile(r"<(jupyter)_code>", re.IGNORECASE), "<{}_output>"),
    (re.compile(r"<\|(python)_tag\|>", re.IGNORECASE), "<|eom_id|>"),
    (re.compile(r"\\begin\{(code|python|lstlisting|verbatim)\}", re.IGNORECASE), "\\end{{{}}}"),
    (re.compile(r"(```)(?:python3?|py)(?= )", re.IGNORECASE), "{}"),
    (re.compile(r"(''')python", re.IGNORECASE), "{}"),
    (re.compile(r'(""")python', re.IGNORECASE), "{}"),
)
PYTHON_LIKE = re.compile(r"(?:python|ipython|py)[-_0-9]")
TAG_STARTS = set("`[<\\'\"")
MOST_TRIES = 50  # stretches between tags that are tried as code


def pieces_of(lines: Sequence[str]) -> list[Cell] | None:
    """The cells of a reply that has no Python in fences; None where it has no code at all."""
    around = list(fences.fences(lines))
    for way in (_notebook, _wrapped, _tagged, _labelled, _bare):
        cells = list(way(lines, around))
        if any(cell.kind == "code" for cell in cells):
            return cells
    return None


def _notebook(lines: Sequence[str], around: Sequence[Fence]) -> Iterator[Cell]:
    """The file of a notebook, as JSON, in a fence or by itself."""
    prose_from = 0
    for first, end, text in _texts(lines, around):
        cells = _cells_in(text)
        if cells:
            yield from pieces.prose(lines[prose_from:first])
            yield from cells
            prose_from = end
    yield from pieces.prose(lines[prose_from:])


def _texts(lines: Sequence[str], around: Sequence[Fence]) -> Iterator[tuple[int, int, str]]:
    whole = "\n".join(lines).strip()
    if whole.startswith("{"):
        yield 0, len(lines), whole
        return
    for fence in around:
        if fence.source.lstrip().startswith("{"):
            yield fence.first, fence.end, fence.source


def _cells_in(text: str) -> list[Cell]:
    try:
        held = json.loads(text)
        json.dumps(held, ensure_ascii=False).encode()  # half a character can be in no file
    except (ValueError, RecursionError):
        return []
    found = list[Cell]()
    inner = held.get("cells") if isinstance(held, dict) else None
    for cell in inner if isinstance(inner, list) else []:
        source = cell.get("source") if isinstance(cell, dict) else None
        parts = [source] if isinstance(source, str) else source
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            return []
        source = "".join(parts).rstrip("\n")
        if cell.get("cell_type") == "code":
            found += pieces.code(source, "", False, Found.NOTEBOOK)
        else:
            found += pieces.prose(source.split("\n"))
    return found


def _wrapped(lines: Sequence[str], around: Sequence[Fence]) -> Iterator[Cell]:
    """A fence of Markdown around everything, with fences or bare code inside."""
    wrapping = [one for one in around if one.language in fences.MARKDOWN]
    if len(wrapping) != 1:
        return
    fence = wrapping[0]
    before, behind = lines[: fence.first], lines[fence.end :]
    if sum(bool(line.strip()) for line in (*before, *behind)) > MOST_BESIDE:
        return
    inner = list(pieces.dressed(fence.lines))
    if not any(cell.kind == "code" for cell in inner):
        inner = list(_bare(fence.lines, list(fences.fences(fence.lines))))
    yield from pieces.prose(before)
    for cell in inner:
        yield cell.model_copy(update={"found": Found.WRAPPED} if cell.kind == "code" else {})
    yield from pieces.prose(behind)


def _tagged(lines: Sequence[str], _: object) -> Iterator[Cell]:
    """Code between tags, of which the first begins a line."""
    missing = set[str]()  # ends that are not there any more
    prose_from = at = tries = 0
    while at < len(lines) and tries < MOST_TRIES:
        column, tag = _tag(lines[at])
        if not tag or tag in missing:
            at += 1
            continue
        row, end = _place(lines, tag, at, column)
        if end < 0:
            missing.add(tag)
        tries += 1
        source = pieces.at_margin(_held(lines, at, column, row, end))
        if not (statements.are_code(source) or (tag[:2] == "[/" and pieces.acts(source))):
            at += 1
            continue
        yield from pieces.prose(lines[prose_from:at])
        yield from pieces.code(source, "", end < 0, Found.TAGS)
        yield from pieces.prose(
            [lines[row][end + len(tag) :].removeprefix("</pre>")] if end >= 0 else []
        )
        at = prose_from = row + 1
    yield from pieces.prose(lines[prose_from:])


def _tag(line: str) -> tuple[int, str]:
    """The column behind a tag that begins a line, and the tag that ends it; or nothing."""
    start = len(line) - len(line.lstrip(BLANK))
    for opening, end in TAGS if line[start : start + 1] in TAG_STARTS else ():
        if found := opening.match(line, start):
            return found.end(), end.format(found.group(1).lower())
    return 0, ""


def _place(lines: Sequence[str], tag: str, row: int, column: int) -> tuple[int, int]:
    """Row and column of an end tag; the last row and -1 where there is none."""
    for number in range(row, len(lines)):
        found = lines[number].lower().find(tag, column if number == row else 0)
        if found >= 0:
            return number, found
    return len(lines) - 1, -1


def _held(lines: Sequence[str], at: int, column: int, row: int, end: int) -> str:
    held = list(lines[at : row + 1])
    if end >= 0:
        held[-1] = held[-1][:end]
    held[0] = held[0][column:]
    text = "\n".join(held).strip("\n").rstrip()
    return html.unescape(text) if lines[at].lstrip().lower().startswith("<pre") else text


def _labelled(lines: Sequence[str], around: Sequence[Fence]) -> Iterator[Cell]:
    """Fences whose label names no other language, such as ``tool_code``."""
    prose_from = 0
    for fence in around:
        source = pieces.at_margin(fence.source)
        is_other = not fence.language or fence.language in OTHER_LANGUAGES
        says_python = PYTHON_LIKE.match(fence.language) is not None and pieces.acts(source)
        if is_other or not (says_python or statements.are_code(source)):
            continue
        yield from pieces.prose([*lines[prose_from : fence.first], fence.before])
        yield from pieces.code(source, fence.info, fence.unclosed, Found.OTHER_LABEL)
        yield from pieces.prose([fence.behind])
        prose_from = fence.end
    yield from pieces.prose(lines[prose_from:])


def _bare(lines: Sequence[str], around: Sequence[Fence]) -> Iterator[Cell]:
    """Statements among prose. What stands in fences is not looked at."""
    plain = list(lines)
    for fence in around:
        plain[fence.first : fence.end] = ["```"] * (fence.end - fence.first)
    prose_from = 0
    for first, last in statements.among_prose(plain):
        yield from pieces.prose(lines[prose_from:first])
        source = textwrap.dedent("\n".join(lines[first : last + 1]))
        yield from pieces.code(source, "", False, Found.NO_FENCE)
        prose_from = last + 1
    yield from pieces.prose(lines[prose_from:])
