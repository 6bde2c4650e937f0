"""The rules of a kind that is a folder: its modules that have ``find``, by being there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator

from harness.findings import steps
from harness.findings.steps import Step
from harness.findings.subject import Subject
from harness.records import Finding

Rule = Callable[[Step, Subject], Iterable[Finding]]
MOST = 100  # findings of a rule in a step: more tell nobody more


def of(package: str, path: Iterable[str]) -> tuple[Rule, ...]:
    """What finds for each rule, in the order of their modules' names."""
    modules = (
        importlib.import_module(f"{package}.{one.name}") for one in pkgutil.iter_modules(path)
    )
    return tuple(module.find for module in modules if hasattr(module, "find"))


def find(rules: Iterable[Rule], subject: Subject, *, needs_code: bool = False) -> Iterator[Finding]:
    """What they find, step after step; where code is needed, in those that have some."""
    for step in steps.of(subject):
        for rule in rules if step.code or not needs_code else ():
            for number, one in enumerate(rule(step, subject)):
                if number >= MOST:
                    break
                yield one
