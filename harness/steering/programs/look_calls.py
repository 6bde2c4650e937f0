"""What calls take and return: signatures, annotations, classes."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import types
import typing
from typing import Any

from harness.steering.programs.look_frames import as_shape, is_series, is_table, method_of
from harness.steering.programs.look_values import (
    PARTS,
    Known,
    Method,
    Of,
    called_as,
    constant,
    evaluate,
    imported,
    installed,
    is_class,
    mro,
    pandas_class,
    space,
)

# What is annotated as one of these is often something else that behaves like it.
TOO_WIDE = (object, int, float, bool, str, bytes, complex, type, type(None))
RETURNS_SELF = re.compile(r"Returns\s*\n\s*-{3,}\s*\n\s*self\b")
MOST_WRAPPED = 5
# Wrappers that hand on all that they get, so that a signature says it all.
FAITHFUL = ("sklearn.", "contextlib", "numpy.")
PLAIN_NEW = (object.__new__, typing.Generic.__dict__.get("__new__"))


def is_library(function: Any) -> bool:
    """Whether a function or class is of an installed package."""
    module = function.__module__ if type(function) is types.FunctionType else None
    return type(module) is str and installed(module)


def called(node: ast.Call, deferred: bool, depth: int) -> Any:
    """What a call would return."""
    if isinstance(node.func, ast.Name) and node.func.id == "__import__" and node.args:
        module = imported(constant(node.args[0]) or "")
        return None if module is None else Known(module)
    function = evaluate(node.func, deferred, depth + 1)
    if isinstance(function, Known):
        if is_class(function.value):
            return made(function.value)
        return returned(function.value, None)
    if isinstance(function, Method):
        owner = as_shape(function.owner)
        if isinstance(node.func, ast.Attribute) and is_table(owner):
            found = method_of(owner, node.func.attr, node)
            if found is not NotImplemented:
                return found
        if any(one.arg == "inplace" for one in node.keywords):
            return None
        return returned(function.function, owner)
    return None


def made(cls: Any) -> Of | None:
    """An instance of a class, where calling it makes one of it and of nothing else."""
    if cls is pandas_class("DataFrame") or cls is pandas_class("Series"):
        return Of((cls,))

    if constructor(cls) is None and cls not in (list, dict, set, str, tuple):
        return None
    return Of((cls,))


def constructor(cls: Any) -> Any:
    """The function that takes what a class is called with; None where that is not sure."""
    first = next(one for one in mro(type(cls)) if "__call__" in space(one))
    if first is not type:
        return None
    new = next(space(one)["__new__"] for one in mro(cls) if "__new__" in space(one))
    init = next(space(one)["__init__"] for one in mro(cls) if "__init__" in space(one))
    new = new.__func__ if type(new) is staticmethod else new
    is_plain = type(init) is types.FunctionType or init is object.__init__
    if any(new is one for one in PLAIN_NEW) and is_plain:
        return init
    return None


def operated(node: ast.expr, deferred: bool, depth: int) -> Any:
    """What an operator gives, where a frame or a column is on one of its sides."""
    if isinstance(node, ast.BinOp):
        sides = [node.left, node.right]
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        sides = [node.operand]
    else:
        return None
    if len(sides) > 2 or any(isinstance(one, ast.In | ast.Is) for one in getattr(node, "ops", ())):
        return None
    values = [as_shape(evaluate(one, deferred, depth + 1)) for one in sides]
    plain = [
        is_series(v) or isinstance(s, ast.Constant) for v, s in zip(values, sides, strict=True)
    ]
    if all(plain) and any(map(is_series, values)):
        return Of((pandas_class("Series"),))
    if len(values) == 1 and is_table(values[0]):
        return values[0]
    return None


def returned(function: Any, owner: Any) -> Any:
    """What a function's annotation, or its documentation, says that it returns."""
    if type(function) is not types.FunctionType or not is_library(function):
        return None
    told = function.__annotations__.get("return")
    if told is None:
        says = RETURNS_SELF.search(function.__doc__ or "")
        if says is None or owner is None:
            return None
        kept = owner if isinstance(owner, Of) else Of((type(owner.value),))
        return kept._replace(columns=None)
    found = annotated(told, function, owner)
    if found is None or any(one in TOO_WIDE or is_open(one) for one in found):
        return None
    pandas_own = function.__module__.startswith("pandas")
    frame = found == (pandas_class("DataFrame"),) or found == (pandas_class("Series"),)
    return Of(found, exact=pandas_own and frame)


def is_open(cls: Any) -> bool:
    """Whether a class is only a promise that others keep."""
    return bool(getattr(cls, "_is_protocol", False)) or bool(
        space(cls).get("__abstractmethods__", ())
    )


def annotated(told: Any, function: Any, owner: Any) -> tuple[Any, ...] | None:
    """The classes that an annotation names; None where one of them is not sure."""
    if isinstance(told, str):
        try:
            node = ast.parse(told, mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            return None
        return written(node, function, owner)
    if told is typing.Self:
        return own_class(owner)
    if is_class(told):
        return (told,)
    origin = typing.get_origin(told)
    if origin is typing.Union or origin is types.UnionType:
        parts = [annotated(one, function, owner) for one in typing.get_args(told)]
        return joined(parts)
    return (origin,) if is_class(origin) and origin in (list, dict, tuple, set) else None


def written(node: ast.expr, function: Any, owner: Any) -> tuple[Any, ...] | None:
    """The same, of an annotation that is a text."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return joined([written(one, function, owner) for one in (node.left, node.right)])
    if isinstance(node, ast.Constant):
        if node.value is None:
            return (type(None),)
        return annotated(node.value, function, owner) if isinstance(node.value, str) else None
    if isinstance(node, ast.Subscript):
        found = written(node.value, function, owner)
        return found if found is not None and found[0] in (list, dict, tuple, set) else None
    if isinstance(node, ast.Name) and node.id == "Self":
        return own_class(owner)
    found = looked_up(node, function)
    return (found,) if is_class(found) else None


def looked_up(node: ast.expr, function: Any) -> Any:
    """What a dotted name in an annotation stands for."""
    if isinstance(node, ast.Attribute):
        module = looked_up(node.value, function)
        return vars(module).get(node.attr) if type(module) is types.ModuleType else None
    if not isinstance(node, ast.Name):
        return None
    held = function.__globals__
    if node.id in held:
        return held[node.id]
    if node.id in ("list", "dict", "tuple", "set", "object", "int", "float", "bool", "str"):
        return getattr(sys.modules["builtins"], node.id)
    return pandas_class(node.id) if function.__module__.startswith("pandas") else None


def joined(parts: list[tuple[Any, ...] | None]) -> tuple[Any, ...] | None:
    """All classes of a union, but None, which has no attributes of its own."""
    found: list[Any] = []
    for part in parts:
        if part is None:
            return None
        found += [one for one in part if one is not type(None)]
    return tuple(found) or None


def own_class(owner: Any) -> tuple[Any, ...] | None:
    """The class of what a method is bound to."""
    if isinstance(owner, Of):
        return owner.classes
    if isinstance(owner, Known):
        return (owner.value,) if is_class(owner.value) else (type(owner.value),)
    return None


def signature_of(value: Any) -> dict[str, Any] | None:
    """What may be given by which name; None where that is not sure.

    ``also``: texts that a wrapper knows, which may be names that it takes. ``counted``: whether the
    number of arguments can be judged, too.
    """
    function, bound = value, 0
    if isinstance(value, Method):
        function, bound = value.function, 1
    elif isinstance(value, Known):
        function = value.value
        if is_class(function):
            function, bound = constructor(function), 1
    kind = called_as(type(function)).rpartition(".")[2]
    if kind not in ("function", "_ArrayFunctionDispatcher") and not (
        type(function) is types.BuiltinFunctionType and function.__module__ == "builtins"
    ):
        return None
    plain = type(function) is not types.FunctionType or not function.__dict__
    if type(function) is types.FunctionType and not plain and not is_library(function):
        return None
    try:
        parameters = list(inspect.signature(function).parameters.values())[bound:]
    except (ValueError, TypeError):
        return None
    faithful = str(getattr(function, "__module__", "")).startswith(FAITHFUL)
    return {
        "parameters": [[one.name, int(one.kind), one.default is one.empty] for one in parameters],
        "also": sorted(texts_of(function)),
        "counted": plain or faithful,
        "options": options_of(function),
    }


def texts_of(function: Any) -> set[str]:
    """The texts that the wrappers around a function know."""
    found: set[str] = set()
    for _ in range(MOST_WRAPPED):
        if type(function) is not types.FunctionType or "__wrapped__" not in function.__dict__:
            break
        held = [cell.cell_contents for cell in function.__closure__ or () if cell_is_full(cell)]
        for one in (*function.__code__.co_consts, *held):
            if type(one) is str:
                found.add(one)
            elif type(one) in (tuple, list, dict, set, frozenset):
                found.update(item for item in one if type(item) is str)
        function = function.__dict__["__wrapped__"]
    return {one for one in found if one.isidentifier()}


def cell_is_full(cell: Any) -> bool:
    """Whether a closure's cell holds anything."""
    try:
        cell.cell_contents  # noqa: B018 - it raises where there is nothing
    except ValueError:
        return False
    return True


def options_of(function: Any) -> dict[str, list[str]]:
    """Parameters that take one of a few texts and no other, as scikit-learn declares them."""
    if type(function) is not types.FunctionType:
        return {}
    declared = function.__dict__.get("_skl_parameter_constraints", {})
    found = {}
    if type(declared) is dict and is_library(function):
        for name, kinds in declared.items():
            texts = [one for one in kinds if type(one).__name__ in ("StrOptions", "Options")]
            others = [one for one in kinds if type(one) is str and one not in ("boolean",)]
            if type(name) is str and texts and not others:
                found[name] = [one for kind in texts for one in kind.options if type(one) is str]
    return found


PARTS.update(called=called, operated=operated, returned=returned)
