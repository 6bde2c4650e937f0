"""Calls a function of the project's own, and says what it returned.

The function takes what it names: ``artifacts``, ``table`` and ``held`` are paths.
"""

import importlib.util
import inspect
import json
import math
import numbers
from pathlib import Path

about = json.load(open("check.json"))
KEYS = ("name", "passed", "figure", "message")


def call():
    spec = importlib.util.spec_from_file_location("own_check", about["file"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function = getattr(module, about["function"], None)
    if not callable(function):
        raise TypeError(f"{about['file']} has no function {about['function']}")
    given = {name: Path(about[name]) for name in ("artifacts", "table", "held")}
    names = inspect.signature(function).parameters
    return function(**{name: path for name, path in given.items() if name in names})


def result(found):
    """One result, whatever its form: a dict, or a tuple of as many values as there are."""
    if isinstance(found, dict):
        values = {name: found[name] for name in KEYS if name in found}
    elif isinstance(found, tuple | list) and 2 <= len(found) <= len(KEYS):
        values = dict(zip(KEYS, found, strict=False))
    else:
        raise TypeError(f"a result is (name, passed, figure, message), not {found!r:.80}")
    if "name" not in values or "passed" not in values:
        raise TypeError(f"a result has a name and says whether it passed: {found!r:.80}")
    figure = values.get("figure")
    if figure is not None and not isinstance(figure, numbers.Real):
        raise TypeError(f"the figure of {values['name']!r:.40} is no number: {figure!r:.40}")
    return {
        "name": str(values["name"]),
        "passed": bool(values["passed"]),
        "figure": float(figure) if figure is not None and math.isfinite(figure) else None,
        "message": str(values.get("message") or ""),
    }


def answer(_question):
    try:
        found = call()
        return {"error": None, "results": [result(one) for one in found or ()]}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
