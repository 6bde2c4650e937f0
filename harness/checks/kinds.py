"""The kinds of check, found by being there: every package beside this module is one."""

from __future__ import annotations

import importlib
import operator
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_args

from pydantic import Field

from harness.checks.answers import Ask
from harness.checks.evidence import Evidence
from harness.records import CheckOptions, CheckResult


class Kind(NamedTuple):
    """What the folder of a kind holds; its functions take a record of its own options."""

    options: type[CheckOptions]
    files: Callable[[Any, Mapping[str, bytes], Evidence], dict[str, bytes]]
    judge: Callable[[Any, Ask, Evidence], Iterator[CheckResult]]
    program: Path


def find(package: str, folder: Path) -> dict[str, Kind]:
    """The kinds in a package's folder, by name. Raises ImportError where two have one name."""
    found: dict[str, Kind] = {}
    for _, module_name, is_package in pkgutil.iter_modules([str(folder)]):
        if is_package:
            module = importlib.import_module(f"{package}.{module_name}")
            (name,) = get_args(module.Options.model_fields["kind"].annotation)
            if name in found:
                raise ImportError(f"two folders of {folder} are the kind of check '{name}'")
            program = folder / module_name / "program.py"
            found[name] = Kind(module.Options, module.files, module.judge, program)
    return found


KINDS = find("harness.checks", Path(__file__).parent)

if TYPE_CHECKING:
    AnyCheck = CheckOptions  # of a kind that is found only when the program runs
else:
    _OPTIONS = reduce(operator.or_, (kind.options for kind in KINDS.values()))
    AnyCheck = Annotated[_OPTIONS, Field(discriminator="kind")]
