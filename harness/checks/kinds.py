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

from harness.checks.evidence import Evidence
from harness.records import CheckOptions, CheckResult

HERE = Path(__file__).parent


class Kind(NamedTuple):
    """What the folder of a kind holds; its functions take a record of its own options."""

    options: type[CheckOptions]
    files: Callable[[Any, Mapping[str, bytes], Evidence], dict[str, bytes]]
    judge: Callable[[Any, Mapping[str, Any], Evidence], Iterator[CheckResult]]
    program: str


def _found() -> Iterator[tuple[str, Kind]]:
    for _, folder, is_package in pkgutil.iter_modules([str(HERE)]):
        if is_package:
            module = importlib.import_module(f"{__package__}.{folder}")
            program = (HERE / folder / "program.py").read_text()
            (name,) = get_args(module.Options.model_fields["kind"].annotation)
            yield name, Kind(module.Options, module.files, module.judge, program)


KINDS = dict(_found())

if TYPE_CHECKING:
    AnyCheck = CheckOptions
else:  # the kinds are known only once the program runs
    _OPTIONS = reduce(operator.or_, (kind.options for kind in KINDS.values()))
    AnyCheck = Annotated[_OPTIONS, Field(discriminator="kind")]
