"""Structural fixes: an ast-grep rule, and what becomes of the code that it matches.

A rule is applied in one pass over the cell as it stands, so a rewrite that its own rule would match
again does not go on for ever. Rule language: https://ast-grep.github.io/reference/rule.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ast_grep_py import SgNode, SgRoot
from pydantic import ValidationError

from harness.errors import ConfigError
from harness.records import Rule

ACTIONS = ("rewrite", "insert-before", "insert-after")
KEYS = ("rule", "constraints", "steps", *ACTIONS)
METAVARIABLE = re.compile(r"\${1,3}[A-Z_][A-Z0-9_]*")
MOST_MATCHES = 200  # in one notebook; a rule that matches more says too little
LONGEST_RESULT = 1 << 20  # characters of a cell
# No pattern worth having matches a name that nobody uses.
NONSENSE = "zq_none_such\n"


class Match(NamedTuple):
    """A place in a cell, what replaces it, and what the metavariables stand for."""

    start: int  # character of the source
    end: int
    line: int  # 0-based
    text: str
    bindings: dict[str, str]


def build(body: Mapping[str, Any], path: Path, text: str) -> Rule:
    """The keys of a ``.yml`` as a rule that ast-grep accepts. Raises ConfigError with the line."""

    def wrong(key: str, message: str, hint: str = "") -> ConfigError:
        line = next((n for n, t in enumerate(text.split("\n"), 1) if t.startswith(f"{key}:")), None)
        return ConfigError(path, line, message, hint)

    if sum(key in body for key in ACTIONS) != 1:
        raise wrong("rule", f"a rule has exactly one of {', '.join(ACTIONS)}")
    try:
        rule = Rule.model_validate(dict(body))
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise wrong(key, f"{key}: {first['msg']}") from None
    try:
        everything = _matches_anything(rule)
    except Exception as error:  # ast-grep raises plain exceptions, of several classes
        raise wrong("rule", f"ast-grep does not accept the rule: {_first(error)}") from None
    if everything:
        raise wrong("rule", "the rule matches any code", "Name a function, attribute or literal")
    template = rule.rewrite or rule.insert_before or rule.insert_after or ""
    known = set(METAVARIABLE.findall(str(rule.rule)))
    loose = [name for name in METAVARIABLE.findall(template) if name not in known]
    if loose:
        raise wrong("rule", f"{loose[0]} is used but never bound by the rule")
    return rule


def find(rule: Rule, source: str) -> list[Match]:
    """Where the rule takes hold in a cell, in order, none inside another."""
    root = SgRoot(source, "python").root()
    found: list[Match] = []
    end = 0
    for node in root.find_all(_config(rule)):
        match = _match(rule, node, source)
        # Inside the last one, or a second insertion at the same statement.
        if found and (match.start < end or (match.start, match.end) == found[-1][:2]):
            continue
        found.append(match)
        end = match.end
    return found


def present(rule: Rule, source: str) -> bool:
    """Whether what the rule writes stands in the cell already."""
    template = rule.rewrite or rule.insert_before or rule.insert_after or ""
    try:
        node = SgRoot(source, "python").root().find(pattern=template.strip())
    except Exception:  # a template need not be a pattern
        return False
    return node is not None


def replaced(source: str, matches: list[Match]) -> str:
    """``source`` with every match replaced. Raises ValueError where it grows beyond reason."""
    pieces: list[str] = []
    at = 0
    for match in matches:
        pieces += [source[at : match.start], match.text]
        at = match.end
    text = "".join([*pieces, source[at:]])
    if len(text) > LONGEST_RESULT:
        raise ValueError(f"the cell would have more than {LONGEST_RESULT:,} characters")
    return text


def _config(rule: Rule) -> Any:
    return {"rule": rule.rule, "constraints": rule.constraints}


def _matches_anything(rule: Rule) -> bool:
    return SgRoot(NONSENSE, "python").root().find(_config(rule)) is not None


def _match(rule: Rule, node: SgNode, source: str) -> Match:
    template = rule.rewrite or rule.insert_before or rule.insert_after or ""
    bindings = dict(_bindings(str(rule.rule), node, source))
    text = METAVARIABLE.sub(lambda name: bindings.get(name.group(), name.group()), template)
    shown = {name.lstrip("$"): " ".join(code.split())[:60] for name, code in bindings.items()}
    line = node.range().start.line
    if rule.rewrite is not None:
        start, end = node.range().start.index, node.range().end.index
        lead = source[source.rfind("\n", 0, start) + 1 : start]
        text = _indented(text.rstrip("\n"), lead if not lead.strip() else "")
        return Match(start, end, line, text, shown)
    statement = _statement(node).range()
    begins = source.rfind("\n", 0, statement.start.index) + 1
    lead = re.match(r"[ \t]*", source[begins:]).group()  # type: ignore[union-attr]
    block = lead + _indented(text.rstrip("\n"), lead)
    if rule.insert_before is not None:
        return Match(begins, begins, line, block + "\n", shown)
    ends = source.find("\n", statement.end.index)
    ends = len(source) if ends < 0 else ends
    return Match(ends, ends, line, "\n" + block, shown)


def _bindings(rule: str, node: SgNode, source: str) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(METAVARIABLE.findall(rule)):
        bare = name.lstrip("$")
        if name.startswith("$$$"):
            nodes = node.get_multiple_matches(bare)
            if nodes:
                span = nodes[0].range().start.index, nodes[-1].range().end.index
                yield name, source[span[0] : span[1]]
            else:
                yield name, ""
        elif (one := node.get_match(bare)) is not None:
            yield name, one.text()


def _statement(node: SgNode) -> SgNode:
    """The statement that a node is in: the nearest one that stands in a block or the module."""
    current = node
    while (parent := current.parent()) is not None and parent.kind() not in ("module", "block"):
        current = parent
    return current


def _indented(text: str, lead: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(lead + line if line.strip() else line for line in rest)])


def _first(error: Exception) -> str:
    lines = [line.strip(" 0123456789:") for line in str(error).splitlines()]
    told = [line for line in lines if line and not line.startswith(("Caused by", "cannot get"))]
    causes = told[: next((i for i, t in enumerate(told) if t.startswith("Stack")), len(told))]
    return causes[-1] if causes else type(error).__name__
