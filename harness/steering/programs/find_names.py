"""The nearest names in scope, and imports that would bind the one that is missing."""

import importlib.util


def imports(name):
    """Statements that bind the name, by what loaded modules hold under it; the shortest first."""
    found = set()
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        found.add(f"import {name}")
    for path, module in list(sys.modules.items()):
        held = vars(module).get(name) if inspect.ismodule(module) else None
        if held is None or any(part.startswith("_") for part in path.split(".")):
            continue
        if inspect.ismodule(held):
            if not held.__name__.partition(".")[0].startswith("_"):
                found.add(f"import {held.__name__} as {name}")
        elif callable(held) and getattr(held, "__module__", "").split(".")[0] == path.split(".")[0]:
            found.add(f"from {path} import {name}")
    return sorted(found, key=lambda one: (one.count("."), len(one)))[:3]


def answer(message):
    name = getattr(failed(), "name", None) or next(iter(quoted(message)), None)
    if not isinstance(name, str) or not name.isidentifier():
        return []
    names = [one for one in list(space()) if isinstance(one, str) and not one.startswith("_")]
    near = [f"{one} ({typed(space()[one])})" for one in nearest(name, names)]
    return [["imports", imports(name)], ["names", near]]
