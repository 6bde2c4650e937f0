"""Structural fixes: an ast-grep rule, and what becomes of the code that it matches.

A rule is applied in one pass over the cell as it stands, so a rewrite that its own rule would match
again does not go on for ever. Rule language: https://ast-grep.github.io/reference/rule.html
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ast_grep_py import SgNode, SgRoot
from pydantic import ValidationError

from harness.errors import ConfigError
from harness.fixes import imports
from harness.fixes.matches import Match
from harness.records import Rule

TEXTS = ("rewrite", "insert-before", "insert-after")
ACTIONS = (*TEXTS, "arguments", "imports")
TABLES = "one of arguments, imports, a table"
KEYS = ("rule", "constraints", "steps", *ACTIONS)
METAVARIABLE = re.compile(r"\${1,3}[A-Z_][A-Z0-9_]*")
# No pattern worth having matches a name that nobody uses.
NONSENSE = "zq_none_such\n"


def build(body: Mapping[str, Any], path: Path, text: str) -> Rule:
    """The keys of a ``.yml`` as a rule that ast-grep accepts. Raises ConfigError with the line."""

    def wrong(key: str, message: str, hint: str = "") -> ConfigError:
        line = next((n for n, t in enumerate(text.split("\n"), 1) if t.startswith(f"{key}:")), None)
        return ConfigError(path, line, message, hint)

    action, said = _action(body)
    if said:
        raise wrong(action, said)
    try:
        rule = Rule.model_validate(dict(body))
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise wrong(key, f"{key}: {first['msg']}") from None
    if said := imports.wrong(rule.imports) or _no_arguments(rule.arguments):
        raise wrong(action, said)
    if rule.imports:
        return rule
    try:
        everything = _matches_anything(rule)
    except Exception as error:  # ast-grep raises plain exceptions, of several classes
        raise wrong("rule", f"ast-grep does not accept the rule: {_first(error)}") from None
    if everything:
        raise wrong("rule", "the rule matches any code", "Name a function, attribute or literal")
    template = rule.rewrite or rule.insert_before or rule.insert_after or ""
    if not template.isascii() and "\\ud" in ascii(template):
        raise wrong("rule", "what it writes holds half a surrogate pair")
    known = set(METAVARIABLE.findall(str(rule.rule)))
    loose = [name for name in METAVARIABLE.findall(template) if name not in known]
    if loose:
        raise wrong("rule", f"{loose[0]} is used but never bound by the rule")
    return rule


def _action(body: Mapping[str, Any]) -> tuple[str, str | None]:
    """What a rule does, and what is wrong with how that is said; None: nothing."""
    acts = [key for key in ACTIONS if key in body]
    action = acts[0] if acts else "rule"
    if len(acts) != 1 or not isinstance(body[action], str if action in TEXTS else dict):
        return "rule", f"a rule has exactly one of {', '.join(TEXTS)}, a text, or {TABLES}"
    if action.startswith("insert") and not body[action].strip():
        return action, f"{action}: nothing to insert"
    if action in ("arguments", "imports") and not body[action]:
        return action, f"{action}: names nothing"
    if action == "imports":
        odd = next((key for key in ("rule", "constraints") if key in body), None)
        return ("rule", None) if odd is None else (odd, f"{odd}: imports need none")
    return action, None if "rule" in body else "rule: is required"


def find(rule: Rule, source: str) -> list[Match]:
    """Where the rule takes hold in a cell, in order, no rewrite inside another.

    Raises ValueError where it takes hold but cannot be carried out without harm.
    """
    root = SgRoot(source, "python").root()
    found: list[Match] = []
    for node in root.find_all(_config(rule)):
        if rule.arguments:
            # A call that is an argument of another goes with that one, where it is dropped.
            end = max((match.end for match in found), default=0)
            found += [one for one in _in_call(rule.arguments, node) if one.start >= end]
            continue
        match = _match(rule, node, source)
        if rule.rewrite is not None and found and match.start < found[-1].end:
            continue
        if rule.rewrite is None and _stands(match, source):
            continue
        if (match.start, match.text) not in [(one.start, one.text) for one in found]:
            found.append(match)
    # Behind one end, what belongs to the inner block comes first.
    return sorted(found, key=lambda match: (match.start, -match.line))


def matches(rule: Rule, source: str) -> bool:
    """Whether there is anything in a cell that the rule is about."""
    return bool(rule.rule) and SgRoot(source, "python").root().find(_config(rule)) is not None


def _stands(match: Match, source: str) -> bool:
    """Whether what is to be inserted stands there already; an import, anywhere above."""
    block = match.text.strip("\n")
    if block.lstrip().startswith(("import ", "from ")):
        above = source[: match.start].split("\n")
        return block.strip() in [line.strip() for line in above]
    before, after = source[: match.start].rstrip("\n"), source[match.start :].lstrip("\n")
    return f"\n{before}".endswith(f"\n{block}") or f"{after}\n".startswith(f"{block}\n")


def present(rule: Rule, source: str) -> bool:
    """Whether what the rule writes stands in the cell already."""
    template = rule.rewrite or rule.insert_before or rule.insert_after or ""
    if not template or METAVARIABLE.fullmatch(template.strip()):  # which any code would be
        return False
    try:
        node = SgRoot(source, "python").root().find(pattern=template.strip())
    except Exception:  # a template need not be a pattern
        return False
    return node is not None


def _config(rule: Rule) -> Any:
    return {"rule": rule.rule, "constraints": rule.constraints}


def _matches_anything(rule: Rule) -> bool:
    return SgRoot(NONSENSE, "python").root().find(_config(rule)) is not None


def _match(rule: Rule, node: SgNode, source: str) -> Match:
    template = (rule.rewrite or rule.insert_before or rule.insert_after or "").rstrip("\n")
    bindings = dict(_bindings(str(rule.rule), node, source))
    loose = [name for name in METAVARIABLE.findall(template) if name not in bindings]
    if loose:
        raise ValueError(f"{loose[0]} is not bound where the rule matches")
    shown = {name.lstrip("$"): " ".join(code.split())[:60] for name, code in bindings.items()}
    line = node.range().start.line
    start, end = node.range().start.index, node.range().end.index
    if rule.rewrite is not None:
        if ("\n" in template or "#" in template) and not _is_expression(template):
            _alone(source, start, end)
        text = _filled(_indented(template, _indentation(source, start)), bindings)
        return Match(start, end, line, text, shown)
    statement = _statement(node).range()
    start, end = statement.start.index, statement.end.index
    lead = _alone(source, start, end)
    block = lead + _filled(_indented(template, lead), bindings)
    if rule.insert_before is not None:
        begins = start - len(lead)
        return Match(begins, begins, line, block + "\n", shown)
    ends = source.find("\n", end)
    ends = len(source) if ends < 0 else ends
    return Match(ends, ends, line, "\n" + block, shown)


def _no_arguments(arguments: Mapping[str, str | None]) -> str | None:
    """What is wrong with a table of arguments and their new names; None: nothing."""
    names = [name for pair in arguments.items() for name in pair if name is not None]
    odd = next((name for name in names if not name.isidentifier()), None)
    return None if odd is None else f"arguments: '{odd}' is no name of an argument"


def _in_call(arguments: Mapping[str, str | None], node: SgNode) -> Iterator[Match]:
    """New names for the arguments of a call, and what becomes of those that are dropped."""
    held = node.field("arguments")
    if node.kind() != "call" or held is None or held.kind() != "argument_list":
        return
    given = [one for one in held.children() if one.is_named() and one.kind() != "comment"]
    names = [one.field("name") if one.kind() == "keyword_argument" else None for one in given]
    spans = [(one.range().start.index, one.range().end.index) for one in given]
    known = [name.text() if name is not None else None for name in names]
    kept = [i for i, name in enumerate(known) if arguments.get(name or "", "") is not None]
    for i, (start, end) in enumerate(spans):
        name, node_of_name = known[i], names[i]
        if name not in arguments or name is None or node_of_name is None:
            continue
        line = given[i].range().start.line
        new = arguments[name]
        if new is not None:
            yield Match(start, start + len(name), line, new, {"ARGUMENT": name})
        elif any(other > i for other in kept):
            yield Match(start, spans[i + 1][0], line, "", {"ARGUMENT": name})
        elif kept:  # the last ones go with the comma before each
            yield Match(spans[i - 1][1], end, line, "", {"ARGUMENT": name})
        else:  # nothing stays, so no comma may
            last = held.range().end.index - 1
            stop = spans[i + 1][0] if i + 1 < len(spans) else last
            yield Match(start, stop, line, "", {"ARGUMENT": name})


def _filled(template: str, bindings: Mapping[str, str]) -> str:
    # Last, so that the lines of a string that is bound are not indented with the code.
    return METAVARIABLE.sub(lambda name: bindings[name.group()], template)


def _is_expression(template: str) -> bool:
    """Whether it can stand inside other code: its line breaks and comments are within brackets."""
    code = METAVARIABLE.sub("x", template)
    try:
        ast.parse(code, mode="eval")
        ast.parse(f"({code})", mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _indentation(source: str, start: int) -> str:
    line = source[source.rfind("\n", 0, start) + 1 : start]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _alone(source: str, start: int, end: int) -> str:
    """The indentation of code on lines of its own. Raises ValueError where other code is there."""
    before = source[source.rfind("\n", 0, start) + 1 : start]
    rest = source[end:].split("\n", 1)[0].strip()
    if before.strip() or (rest and not rest.startswith("#")):
        raise ValueError("it matches code that shares its line with other code")
    return before


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
