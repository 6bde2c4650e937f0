"""The nearest attributes of an object, and names in scope that have one of that name, or nearly."""

PLAIN = (int, float, complex, bool, str, bytes, list, dict, set, tuple, type(None))
MOST_NAMES = 300


def sought(message):
    """The name that is missing, and what should have had it."""
    error = failed()
    if isinstance(error, ImportError):
        found = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", message)
        return (found[1], sys.modules.get(found[2])) if found else (None, None)
    name = getattr(error, "name", None) or next(iter(quoted(message)[1:]), None)
    owner = getattr(error, "obj", None)
    frame, node = place()
    if owner is None and isinstance(node, ast.Attribute):
        owner = value(node.value, frame)
    return name, owner


def others(name, owner):
    """Attributes of what names in scope stand for that are called so, or begin so."""
    found = []
    for variable, one in list(space().items())[-MOST_NAMES:]:
        if not isinstance(variable, str) or variable.startswith("_") or one is owner:
            continue
        if inspect.ismodule(one) or inspect.isroutine(one) or isinstance(one, PLAIN):
            continue
        kind = one if inspect.isclass(one) else type(one)
        for attribute in dir(kind):
            if attribute == name or attribute.startswith(f"{name}_"):
                found.append(f"{variable}.{signature(kind, attribute)}")
    return found[:NEAREST]


def answer(message):
    name, owner = sought(message)
    if not isinstance(name, str):
        return []
    made = []
    if owner is not None:
        names = [one for one in dir(owner) if isinstance(one, str) and not one.startswith("_")]
        made.append([typed(owner), [signature(owner, one) for one in nearest(name, names, 5)]])
    made.append([name, others(name, owner)])
    return made
