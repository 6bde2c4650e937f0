"""What a text stands for, as far as that is sure without running any of it.

Names, chains of attributes and constant subscripts are followed through live objects by what stands
in their classes and dictionaries. A call is never made: what it would return is taken from classes,
annotations and a few methods that are known. Whatever is not sure is None.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import sys
import types
import warnings
from typing import Any, NamedTuple

DEEPEST = 40  # steps from an expression to its root
MOST_NAMES = 10_000
# Modules that do something when they are imported, beside being there.
NEVER_IMPORTED = {"antigravity", "this", "__main__", "idlelib", "turtledemo"}
# What other parts of this program answer; they put themselves here, for they need this one.
PARTS: dict[str, Any] = {}
OPERATORS = (ast.Compare, ast.BinOp, ast.UnaryOp, ast.BoolOp)


class Known(NamedTuple):
    """An object that is there."""

    value: Any


class Of(NamedTuple):
    """What will be an instance of one of these classes, or of what inherits from them."""

    classes: tuple[Any, ...]
    exact: bool = True
    columns: tuple[str, ...] | None = None  # of a frame, at most these; of a column, its labels
    levels: tuple[str, ...] | None = None  # names of its index, at most these
    rows: tuple[str, ...] | None = None  # texts among the labels of its index, at most these


class Method(NamedTuple):
    """A function of a class, bound to an instance."""

    function: Any
    owner: Any


def user_names() -> dict[str, Any]:
    """The cells' names; ``USER`` is given to programs."""
    found: dict[str, Any] = globals().get("USER", {})
    return found


def space(owner: Any) -> dict[str, Any]:
    """What stands in a class, whatever its metaclass says."""
    found: dict[str, Any] = type.__dict__["__dict__"].__get__(owner)
    return found


def mro(owner: Any) -> tuple[Any, ...]:
    """A class and what it inherits from, whatever its metaclass says."""
    found: tuple[Any, ...] = type.__dict__["__mro__"].__get__(owner)
    return found


def called_as(cls: Any) -> str:
    """A class's name and where it is from, whatever its metaclass says."""
    module = space(cls).get("__module__")
    name: str = type.__dict__["__name__"].__get__(cls)
    return f"{module if type(module) is str else 'builtins'}.{name}"


def is_class(value: Any) -> bool:
    """Whether a value is one; what it says of itself is not asked."""
    return issubclass(type(value), type)


def own_names(value: Any) -> dict[Any, Any] | None:
    """An instance's dictionary; None where its class says something else about it."""
    for owner in mro(type(value)):
        entry = space(owner).get("__dict__")
        if entry is not None:
            if type(entry) is not types.GetSetDescriptorType:
                return None
            found = entry.__get__(value)
            return found if type(found) is dict else None
    return {}


def installed(name: str) -> bool:
    """Whether a module is of Python or of an installed package, and no file of the cells."""
    top = name.partition(".")[0]
    if top in NEVER_IMPORTED:
        return False
    if top in sys.builtin_module_names:
        return True
    found = sys.modules.get(top)
    spec = getattr(found, "__spec__", None) if type(found) is types.ModuleType else None
    if spec is None:
        with_file = importlib.util.find_spec(top) if found is None else None
        spec = with_file
    where = getattr(spec, "origin", None)
    if where in ("built-in", "frozen"):
        return True
    folders = tuple({sys.prefix, sys.base_prefix})
    return isinstance(where, str) and where.startswith(folders)


def imported(name: str) -> Any:
    """A module of Python or of an installed package, imported where it was not; else None."""
    if not all(part.isidentifier() for part in name.split(".")) or not installed(name):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except Exception:
        return None


def evaluate(node: ast.expr, deferred: bool, depth: int = 0) -> Any:
    """A Known, an Of or a Method; None where nothing is sure.

    ``deferred``: the code runs later, when names may stand for other values of their kind.
    """
    if depth > DEEPEST:
        return None
    if isinstance(node, ast.Name):
        return named(node.id, deferred)
    if isinstance(node, ast.Attribute):
        owner = evaluate(node.value, deferred, depth + 1)
        return None if owner is None else attribute(owner, node.attr)
    if isinstance(node, ast.Subscript):
        owner = evaluate(node.value, deferred, depth + 1)
        return None if owner is None else subscript(owner, node.slice)
    if isinstance(node, ast.Call):
        return PARTS["called"](node, deferred, depth)
    if isinstance(node, OPERATORS):
        return PARTS["operated"](node, deferred, depth)
    return displayed(node)


def named(name: str, deferred: bool) -> Any:
    """What a name stands for now."""
    names = user_names()
    if name in names:
        value = names[name]
        lasting = type(value) in (types.ModuleType, types.FunctionType) or is_class(value)
        return Known(value) if lasting or not deferred else None
    found = vars(builtins).get(name)
    return None if found is None else Known(found)


def displayed(node: ast.expr) -> Any:
    """What a literal makes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes | int | float):
        return Of((type(node.value),))
    if isinstance(node, ast.JoinedStr):
        return Of((str,))
    for kind, made in (
        ((ast.List, ast.ListComp), list),
        ((ast.Dict, ast.DictComp), dict),
        ((ast.Set, ast.SetComp), set),
        ((ast.Tuple,), tuple),
    ):
        if isinstance(node, kind):
            return Of((made,))
    return None


def attribute(owner: Any, name: str) -> Any:
    """What a value's attribute is."""
    if isinstance(owner, Known):
        value = owner.value
        if type(value) is types.ModuleType:
            return of_module(value, name)
        if is_class(value):
            found = next((space(one)[name] for one in mro(value) if name in space(one)), None)
            return bound(found, owner, value)
        table = PARTS["shape_of"](value)
        if table is not None:
            return attribute(table, name)
        return bound(stands_for(value, name), owner, type(value))
    if not isinstance(owner, Of) or len(owner.classes) != 1:
        return None
    (cls,) = owner.classes
    found = next((space(one)[name] for one in mro(cls) if name in space(one)), None)
    if found is None and name in (owner.columns or ()) and cls is pandas_class("DataFrame"):
        return Of((pandas_class("Series"),), columns=owner.rows)
    return bound(found, owner, cls)


def stands_for(value: Any, name: str) -> Any:
    """An instance's attribute as it stands in its class or in itself; nothing of it is asked."""
    kind = type(value)
    found = next((space(one)[name] for one in mro(kind) if name in space(one)), None)
    own = own_names(value)
    if own is None or name not in own:
        return found if own is not None else None
    is_first = found is not None and any("__set__" in space(one) for one in mro(type(found)))
    return found if is_first else own[name]


def bound(found: Any, owner: Any, cls: Any) -> Any:
    """What stands in a class or an instance, as its attribute."""
    kind = type(found)
    of_class = isinstance(owner, Known) and is_class(owner.value)
    if found is None:
        return None
    if kind is types.FunctionType:
        in_class = any(found is value for one in mro(cls) for value in space(one).values())
        return Known(found) if of_class or not in_class else Method(found, owner)
    if kind is staticmethod:
        return Known(found.__func__)
    if kind is classmethod:
        return Method(found.__func__, Known(cls))
    if kind is property:
        return None if of_class else PARTS["returned"](found.fget, owner)
    says = called_as(kind)
    if says in ("pandas.core.accessor.Accessor", "pandas.core.accessor.CachedAccessor"):
        accessor = vars(found).get("_accessor")
        plain = is_class(accessor) and space(accessor).get("__new__") is None
        return Of((accessor,)) if plain else None
    if says.endswith(".AxisProperty") and cls is pandas_class("DataFrame"):
        return Of((pandas_class("Index"),), exact=False)
    if isinstance(owner, Of) or any("__get__" in space(one) for one in mro(kind)):
        return None
    return Known(found)


def of_module(module: Any, name: str) -> Any:
    """What a module holds; one that makes its names when they are asked for is asked."""
    held = vars(module)
    if name in held:
        return Known(held[name])
    own = held.get("__name__")
    if type(own) is not str or not installed(own):
        return None
    if "__getattr__" in held:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return Known(getattr(module, name))
        except Exception:
            return None
    found = sys.modules.get(f"{own}.{name}")
    return None if found is None else Known(found)


def subscript(owner: Any, index: ast.expr) -> Any:
    """What a constant key of a plain container, or a selection from a frame, gives."""
    if isinstance(owner, Known):
        value = owner.value
        table = PARTS["shape_of"](value)
        if table is not None:
            return PARTS["selected"](table, index)
        if not isinstance(index, ast.Constant) or type(index.value) not in (str, int):
            return None
        key: Any = index.value
        if type(value) in (list, tuple):
            in_range = type(key) is int and -len(value) <= key < len(value)
            return Known(value[key]) if in_range else None
        plain = type(value) is dict and all(type(one) in (str, int) for one in value)
        return Known(value[key]) if plain and key in value else None
    return PARTS["selected"](owner, index) if isinstance(owner, Of) else None


def constant(node: ast.AST | None) -> str | None:
    """A constant text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def constants(node: ast.AST | None) -> tuple[str, ...] | None:
    """A constant text, or a list of nothing else."""
    one = constant(node)
    if one is not None:
        return (one,)
    if isinstance(node, ast.List | ast.Tuple):
        found = [constant(item) for item in node.elts]
        return tuple(item for item in found if item is not None) if None not in found else None
    return None


def pandas_class(name: str) -> Any:
    """A class of pandas, where that is imported at all."""
    pandas = sys.modules.get("pandas")
    if name.endswith("GroupBy"):
        pandas = sys.modules.get("pandas.core.groupby.generic")
    return None if pandas is None else vars(pandas).get(name)
