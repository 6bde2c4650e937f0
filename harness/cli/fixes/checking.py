"""``harness fixes check``: whether every fix can be read, and is for something that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from harness.cli.options import Project, Verbosity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from harness.records import Fix


def check(_verbosity: Verbosity = None, project: Project = None) -> None:
    """Check that every fix can be read, and that some run uses it.

    The exit code is 1 where a file is wrong: its name, its header, its diff or its rule. A fix that
    no stored run uses, one that does not say for which dataset it is, or a number that two fixes
    share, is only a warning. Rules of the library that no run has used are counted: they wait for
    what may never happen here.

    Example:

    \b
      harness fixes check
    """
    from harness import fixes
    from harness.cli import show
    from harness.errors import HarnessError
    from harness.fixes import files, scope
    from harness.project import datasets, location

    folder = location.find(project)
    scope.includes_library(folder)
    used, known = _used(folder), datasets.names(folder)
    wrong = good = idle = 0
    numbers: dict[tuple[str, str], str] = {}
    for stage in fixes.names(folder):
        for path in files.files(folder, stage):
            twin = numbers.setdefault((stage, path.stem[:3]), path.name)
            if twin != path.name:
                show.info(f"! {path}: {twin} has the same number, so they are ordered by name")
            try:
                one = fixes.read(path)
            except HarnessError as error:
                wrong += 1
                show.line(f"✗ {error}", style="red")
                continue
            good += 1
            if one.stage == files.LIBRARY:
                idle += ("", one.id) not in used
            for warning in _warnings(one, used, known):
                show.info(f"! {stage}/{one.id}: {warning}")
    if idle:
        show.info(f"{show.count(idle, 'library rule')} had no case in these runs yet")
    show.line(f"{good} of {show.count(good + wrong, 'fix', 'fixes')} can be read")
    if wrong:
        raise typer.Exit(1)


def _used(folder: Path) -> set[tuple[str, str]]:
    """The fixes that some stored run uses, as (stage, id); of the library, too, as of no stage."""
    from harness.records import Verdict
    from harness.runs.store import FileStore

    found = [
        (run.stage, one.fix)
        for _, run in FileStore(folder).runs()
        for one in (run.patched.verdicts if run.patched else ())
        if one.verdict is Verdict.APPLIED
    ]
    return {*found, *(("", fix) for _, fix in found)}


def _warnings(one: Fix, used: Collection[tuple[str, str]], known: Collection[str]) -> Iterator[str]:
    from harness.fixes import files, headers
    from harness.project import config
    from harness.records import ANY

    is_shared = one.stage == files.LIBRARY
    if not is_shared and (one.stage, one.id) not in used:
        yield "no stored run uses it"
    if not is_shared and headers.line_of(config.read_text(one.path), "Dataset") is None:
        yield "it has no Dataset, so it is applied on any"
    if one.dataset not in (ANY, *known):
        yield f"its dataset, {one.dataset}, is none of this project"
