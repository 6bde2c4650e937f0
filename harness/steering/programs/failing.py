"""Finds where a cell failed: the exception, the frame of the notebook's own code, the expression.

Runs inside the kernel, beside whatever a model wrote there, so it leans on nothing of its making
and bounds what it looks at. The programs that find evidence are laid behind it.
"""

import ast
import difflib
import inspect
import linecache
import re
import sys

NEAREST, LONGEST, MOST = 8, 160, 20000
QUOTED = re.compile(r"'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"|`([^`\n]{1,200})`")


def space():
    return USER


def failed():
    """The exception of the last cell that failed; None where there is none."""
    found = getattr(sys, "last_value", None)
    return found if isinstance(found, BaseException) else None


def place():
    """The innermost frame of the notebook's code, and the node that failed in it, or None."""
    error, frame, at = failed(), None, None
    trace = error.__traceback__ if error is not None else None
    while trace is not None:
        if trace.tb_frame.f_globals is USER:
            frame, at = trace.tb_frame, trace
        trace = trace.tb_next
    if frame is None or not frame.f_code.co_filename or frame.f_code.co_filename.startswith("<"):
        return None, None
    where = list(frame.f_code.co_positions())[at.tb_lasti // 2]
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError):
        return frame, None
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        spans = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
        if spans == where:
            return frame, node
    line = at.tb_lineno
    inside = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.stmt) and one.lineno <= line <= one.end_lineno
    ]
    return frame, inside[-1] if inside else None


def statement(frame, node):
    """The smallest statement around a node."""
    tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    around = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.stmt) and one.lineno <= node.lineno <= one.end_lineno
    ]
    return around[-1] if around else node


def value(node, frame):
    """What an expression stands for, where that can be told without running anything."""
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, vars(sys.modules["builtins"])):
            if node.id in names:
                return names[node.id]
    if isinstance(node, ast.Attribute):
        owner = value(node.value, frame)
        if owner is not None:
            try:
                found = inspect.getattr_static(owner, node.attr)
            except AttributeError:
                return None
            if isinstance(found, staticmethod | classmethod):
                return found.__func__
            return None if isinstance(found, property) else found
    if isinstance(node, ast.Call):
        made = value(node.func, frame)  # of a class: what its instances have
        return made if inspect.isclass(made) else None
    return None


def nearest(word, names, most=NEAREST):
    """The names that are most like a word, or share its parts; the nearest first."""
    word = str(word)[:LONGEST]
    names = [one for one in names if isinstance(one, str) and len(one) <= LONGEST][:MOST]
    low, parts = word.lower(), {one for one in re.split(r"[\W_]+", word.lower()) if len(one) > 2}
    ranked = []
    for name in names:
        other = name.lower()
        shared = parts & set(re.split(r"[\W_]+", other))
        begins = other.startswith(low) or (low.startswith(other) and len(other) > 2)
        ratio = difflib.SequenceMatcher(None, low, other).quick_ratio()
        if ratio > 0.6:
            ratio = difflib.SequenceMatcher(None, low, other).ratio()
        score = ratio + 0.3 * bool(begins) + 0.2 * len(shared)
        if score >= 0.6:
            ranked.append((-score, name))
    return [name for _, name in sorted(ranked)[:most]]


def signature(owner, name):
    """``name(parameters)`` of what an owner's attribute can be called with; else the name."""
    try:
        found = inspect.getattr_static(owner, name)
        if isinstance(found, property) or not (callable(found) or hasattr(found, "__func__")):
            return name
        said = parameters(getattr(found, "__func__", found))
    except Exception:
        return name
    return f"{name}({', '.join(said)})"[:LONGEST]


def parameters(function):
    """What a function takes, a text each, without what types say. Raises as ``signature``."""
    found = inspect.signature(function).parameters.values()
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        marks.get(one.kind, "")
        + one.name
        + ("" if one.default is inspect.Parameter.empty else f"={short(one.default)}")
        for one in found
        if one.name not in ("self", "cls")
    ]


def short(default):
    """A default as Python writes it, where that is short; a class by its name."""
    said = default.__name__ if inspect.isclass(default) else repr(default)
    return said if len(said) <= 40 else "..."


def typed(one):
    """A type's name as people write it."""
    kind = one if inspect.isclass(one) else type(one)
    if inspect.ismodule(one):
        return str(one.__name__)[:LONGEST]
    return str(kind.__name__)[:LONGEST]


def frames(names):
    """Those of some names that are pandas frames."""
    pandas = sys.modules.get("pandas")
    kind = getattr(pandas, "DataFrame", None)
    if not inspect.isclass(kind):
        return {}
    found = {k: v for k, v in list(names.items()) if isinstance(k, str) and isinstance(v, kind)}
    return {name: one for name, one in found.items() if not name.startswith("_")}


def used():
    """What the names of the failing statement stand for."""
    frame, node = place()
    if frame is None or node is None:
        return {}
    names = [one.id for one in ast.walk(statement(frame, node)) if isinstance(one, ast.Name)]
    known = {**frame.f_globals, **frame.f_locals}
    return {name: known[name] for name in dict.fromkeys(names) if name in known}


def quoted(message):
    """Texts in quotes."""
    return [next(filter(None, found)) for found in QUOTED.findall(message[:2000])]
