"""The nearest attributes of an object, and names in scope that have the one asked for."""


def answer(message):
    error = failed()
    name = getattr(error, "name", None) or next(iter(quoted(message)[1:]), None)
    owner = getattr(error, "obj", None)
    frame, node = place()
    if owner is None and isinstance(node, ast.Attribute):
        owner = value(node.value, frame)
    if not isinstance(name, str):
        return []
    made = []
    if owner is not None:
        names = [one for one in dir(owner) if isinstance(one, str) and not one.startswith("_")]
        near = nearest(name, names)
        made.append([typed(owner), [signature(owner, one) for one in near]])
    others = []
    for variable, one in list(space().items())[:MOST]:
        if isinstance(variable, str) and not variable.startswith("_") and one is not owner:
            kind = one if inspect.isclass(one) or inspect.ismodule(one) else type(one)
            if inspect.getattr_static(kind, name, None) is not None:
                others.append(f"{variable} ({typed(one)})")
    made.append([f".{name} exists for", others[:NEAREST]])
    return made
