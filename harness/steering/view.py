"""An observation as the next prompt tells it: within a budget of tokens, what matters first.

The words are a template's (``_shared/kernel.md.j2``); here is what it is given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from harness.project import prompts
from harness.project.stages import KERNEL
from harness.records import Observation, Variable

NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?|True|False|None|nan")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\[[a-z]{1,3}\])?")
ALIAS = re.compile(rf"{WORD.pattern} as [A-Za-z_][A-Za-z0-9_]*")
LONGEST_WORD = 80  # characters
TABLE, COLUMN = "pandas.DataFrame", "pandas.Series"


def render(template: str, seen: Observation, longest: int, request: str) -> str:
    """What a kernel holds, in about ``longest`` tokens; empty where it holds nothing.

    What the ``request`` names comes before the rest. Raises PromptError where the template is
    wrong.
    """
    if not (seen.variables or seen.imports or seen.files or seen.variables_left):
        return ""
    values = {
        "variables": list(_told(_by_relevance(seen.variables, request))),
        "imports": [_imported(*one) for one in sorted(seen.imports.items())],
        "files": [file.model_dump() for file in seen.files],
        "left": seen.variables_left,
        "longest": longest,
    }
    return prompts.render_alone(KERNEL, template, values, {"word": word, "literal": literal})


def word(text: str) -> str:
    """A name or type as it stands where it is one, else quoted as data."""
    is_one = len(text) <= LONGEST_WORD and (WORD.fullmatch(text) or ALIAS.fullmatch(text))
    return text if is_one else prompts.as_data(text)


def literal(text: str) -> str:
    """A value that a kernel wrote as Python, as data."""
    if NUMBER.fullmatch(text):
        return text
    try:
        value = ast.literal_eval(text) if text[:1] in "\"'" else text
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = text
    return prompts.as_data(value if isinstance(value, str) else text)


def _by_relevance(variables: Iterable[Variable], request: str) -> list[Variable]:
    """Those that the request names first, and tables before what is none; else newest first."""
    named = set(re.findall(r"\w+", request))
    tables = (TABLE, COLUMN)
    return sorted(variables, key=lambda one: (one.name not in named, one.type not in tables))


def _imported(name: str, origin: str) -> str:
    same = origin == name or origin.endswith(f".{name}")
    return origin if same else f"{origin} as {name}"


def _told(variables: Iterable[Variable]) -> Iterator[dict[str, object]]:
    """As values for a template; a table with the columns of one before it names that one."""
    known: dict[tuple[tuple[str, str], ...], str] = {}
    for one in variables:
        columns = tuple((column.name, column.dtype) for column in one.columns)
        like = known.setdefault(columns, one.name) if columns else one.name
        values = one.model_dump()
        yield values | {"like": None if like == one.name or one.columns_left else like}
