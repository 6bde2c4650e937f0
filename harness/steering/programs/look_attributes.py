"""Which attributes a value can have at all."""

from __future__ import annotations

import dis
import pkgutil
import types
from typing import Any

from harness.steering.programs.look_frames import as_shape
from harness.steering.programs.look_values import (
    MOST_NAMES,
    Known,
    Of,
    called_as,
    installed,
    is_class,
    mro,
    own_names,
    pandas_class,
    space,
)

STORE_ATTR, EXTENDED = "STORE_ATTR", "EXTENDED_ARG"
MOST_SUBCLASSES = 200
# Where a class of C looks attributes up as every other does.
PLAIN_LOOKUP = ("builtins", "collections", "datetime", "numpy", "decimal", "re", "_io", "pandas")
# They may set what their arguments name, and such names are those of parameters.
SETTERS = {
    *("set_params", "__setstate__", "__setattr__", "__init__", "__init_subclass__"),
    *("__sklearn_clone__", "_doc_link_template", "set_callbacks", "_get_metadata_request"),
}
LABELLED = ("DataFrame", "Series", "DataFrameGroupBy")


def attributes_of(value: Any) -> tuple[set[str] | None, set[str] | None]:
    """All names that a value may have as attributes, and all that may be called.

    None where nobody can tell. A frame's columns are attributes too, but they cannot be called.
    """
    value = as_shape(value)
    if isinstance(value, Known):
        found = of_live(value.value)
        return found, found
    if not isinstance(value, Of):
        return None, None
    attributes: set[str] | None = set(value.columns or ())
    called: set[str] = set()
    for cls in value.classes:
        family = [cls] if value.exact else [cls, *below(cls)]
        if len(family) > MOST_SUBCLASSES:
            return None, None
        for one in family:
            names = of_instances(one)
            if names is None or sets_names(one):
                return None, None
            called |= names
            if is_labelled(one) and (value.columns is None or len(value.classes) > 1):
                attributes = None
    return None if attributes is None else attributes | called, called


def is_labelled(cls: Any) -> bool:
    """Whether labels that an instance holds are attributes of it too."""
    return any(cls is pandas_class(name) for name in LABELLED)


def of_live(value: Any) -> set[str] | None:
    """The same, of an object that is there."""
    if type(value) is types.ModuleType:
        return of_module_names(value)
    if is_class(value):
        return of_class(value)
    if type(value) in (types.FunctionType, types.BuiltinFunctionType, types.MethodType):
        return None
    names = of_instances(type(value))
    own = own_names(value)
    if names is None or own is None or len(own) > MOST_NAMES:
        return None
    return names | {one for one in own if type(one) is str}


def of_class(cls: Any) -> set[str] | None:
    """Attributes of a class itself."""
    kind = type(cls)
    if any(hook in space(one) for one in mro(kind) for hook in ("__getattr__",)) or any(
        "__getattribute__" in space(one) for one in mro(kind) if one not in (type, object)
    ):
        return None
    found = {name for one in (*mro(cls), *mro(kind)) for name in space(one)}
    return {one for one in found if type(one) is str}


def of_instances(cls: Any) -> set[str] | None:
    """Attributes of a class's instances: what stands in it, and what its methods set."""
    found: set[str] = set()
    labelled = is_labelled(cls)
    for one in mro(cls):
        held = space(one)
        if "__getattr__" in held and not labelled:
            return None
        own = held.get("__getattribute__")
        if own is not None and one is not object:
            root = called_as(one).partition(".")[0]
            if type(own) is not types.WrapperDescriptorType or root not in PLAIN_LOOKUP:
                return None
        found |= {name for name in held if type(name) is str}
        if not labelled:
            for function in functions_in(held):
                found |= set(stored(function.__code__))
    return found


def functions_in(held: dict[str, Any]) -> list[Any]:
    """The functions of a class, out of what they are wrapped in."""
    found = []
    for value in list(held.values()):
        parts = [value]
        if type(value) is property:
            parts = [value.fget, value.fset]
        elif type(value) in (staticmethod, classmethod):
            parts = [value.__func__]
        for part in parts:
            for _ in range(5):
                if type(part) is not types.FunctionType:
                    break
                found.append(part)
                part = part.__dict__.get("__wrapped__")  # noqa: PLW2901
    return found


def stored(code: Any) -> list[str]:
    """The attributes that a function's code sets, of whatever object."""
    store, extended = dis.opmap[STORE_ATTR], dis.opmap[EXTENDED]
    found, high, raw = [], 0, code.co_code
    for at in range(0, len(raw), 2):
        if raw[at] == extended:
            high = (high | raw[at + 1]) << 8
            continue
        if raw[at] == store:
            index = high | raw[at + 1]
            if index < len(code.co_names):
                found.append(code.co_names[index])
        high = 0
    for one in code.co_consts:
        if type(one) is types.CodeType:
            found += stored(one)
    return found


def sets_names(cls: Any) -> bool:
    """Whether a class's own methods set attributes by names that nobody can read off."""
    if is_labelled(cls):
        return False
    for one in mro(cls):
        for function in functions_in(space(one)):
            names = function.__code__.co_names
            sets = "setattr" in names or ("__dict__" in names and "update" in names)
            if sets and function.__name__ not in SETTERS:
                return True
    return False


def below(cls: Any) -> list[Any]:
    """The classes that inherit from one, as far as they are there."""
    found: list[Any] = []
    waiting = [cls]
    while waiting and len(found) <= MOST_SUBCLASSES:
        for one in type.__subclasses__(waiting.pop()):
            if one not in found:
                found.append(one)
                waiting.append(one)
    return found


def of_module_names(module: Any) -> set[str] | None:
    """What a module of a library has, and what lies below it as a module of its own."""
    held = vars(module)
    own = held.get("__name__")
    if type(own) is not str or not installed(own):
        return None
    found = {name for name in held if type(name) is str}
    hook = held.get("__getattr__")
    if hook is not None:
        lister = held.get("__dir__")
        if type(hook) is not types.FunctionType:
            return None
        told = told_by(hook) if lister is None else set(dir(module))
        if told is None:
            return None
        found |= told
    path = held.get("__path__")
    if path is not None:
        found |= {one.name for one in pkgutil.iter_modules(list(path))}
    exported = held.get("__all__")
    if type(exported) in (list, tuple):
        found |= {one for one in exported if type(one) is str}
    return found


def told_by(hook: Any) -> set[str] | None:
    """The names that a module's ``__getattr__`` speaks of; None where it may know any."""
    if "import_module" in hook.__code__.co_names:
        return None
    found = {one for one in hook.__code__.co_consts if type(one) is str}
    for name in hook.__code__.co_names:
        held = hook.__globals__.get(name)
        if type(held) in (dict, set, frozenset, list, tuple):
            found |= {one for one in held if type(one) is str}
        elif type(held) is types.FunctionType:
            return None
    return found
