"""Small judges of code that has not run yet: this attribute, column, argument, name cannot be.

Each module here is one, found by being there: ``NAME``, and ``judge(code, live)``, which returns an
Alarm or None. A guard that is not sure says nothing. The smallest one to copy is ``imports.py``;
what they share is in ``support/``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

from harness.steering.guards.support import asking
from harness.steering.guards.support.code import Alarm, Code
from harness.steering.guards.support.live import Live

__all__ = ["Alarm", "Code", "Live", "find", "judge", "looker", "names"]

Judge = Callable[[Code, Live], Alarm | None]


def find(package: str, folder: Path) -> dict[str, Judge]:
    """The guards in a package's folder, by name. Raises ImportError where two have one name."""
    found: dict[str, Judge] = {}
    for _, module_name, is_package in pkgutil.iter_modules([str(folder)]):
        if is_package:
            continue
        module = importlib.import_module(f"{package}.{module_name}")
        if module.NAME in found:
            raise ImportError(f"two guards of {folder} have the name '{module.NAME}'")
        found[module.NAME] = module.judge
    return found


GUARDS = find(__name__, Path(__file__).parent)
OF_TEXT = ("apart",)  # they judge files of any kind; the others, Python


def names() -> tuple[str, ...]:
    """All guards."""
    return tuple(GUARDS)


def judge(code: Code, live: Live) -> Alarm | None:
    """The first alarm in the statement's order; one that would insert a line before others."""
    is_python = asking.prepare(code, live)
    asked = [one for name, one in GUARDS.items() if is_python or name in OF_TEXT]
    alarms = [alarm for guard in asked if (alarm := guard(code, live)) is not None]
    return min(alarms, key=lambda one: (one.at, not one.insert), default=None)


def looker(live: Live) -> Callable[[str, int, bool], Alarm | None]:
    """All guards, asked of a cell so far, where its statement begins, and whether it is whole."""
    return lambda cell, start, complete: judge(Code(cell, start, complete), live)
