"""What ``init --table`` and ``data add`` share: the one question, and what is said."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli import show
from harness.cli.columns import values
from harness.cli.fixes.shown import near
from harness.errors import DataError, HarnessError, UnknownNameError
from harness.project.holdouts import counting

if TYPE_CHECKING:
    from harness.project.adding import Added, Addition, Seen, Wish
    from harness.records import Task

MOST_QUIRKS = 8
MOST_CLASSES = 8
MOST_NAMES = 12


def wish_of(
    file: Path,
    *,
    target: str | None,
    task: str | None,
    positive: str | None,
    name: str | None,
    sheet: str | None,
    refer: bool,
    dictionary: Path | None,
) -> Wish:
    """The options as a wish. Raises UnknownNameError for a task that is none."""
    from harness.project.adding import Wish

    return Wish(
        file=file.expanduser(),
        target=target,
        task=_task(task),
        positive=positive,
        name=name,
        sheet=sheet,
        refer=refer,
        dictionary=dictionary,
    )


def planned(wish: Wish, project: Path | None = None) -> Addition:
    """Look at the table, say what is in it, ask for a target where that can be, and plan."""
    from harness.project import adding

    with show.reading(f"Reading {wish.file.name}") as report:
        seen = adding.look(wish.file, wish.sheet, report)
    _say_what_is_there(seen)
    asked = wish.target is None and wish.task is None and wish.positive is None
    if asked and sys.stdin.isatty() and show.out.is_terminal:
        wish = _ask(seen, wish)
    return adding.plan(seen, wish, project)


def _task(name: str | None) -> Task | None:
    from harness.records import Task

    known = [task.value for task in Task]
    if name is None:
        return None
    if name not in known:
        raise UnknownNameError("task", name, known)
    return Task(name)


def _say_what_is_there(seen: Seen) -> None:
    profile = seen.profile
    types = Counter(column.type for column in profile.columns).most_common()
    listed = ", ".join(f"{number:,} {kind}" for kind, number in types)
    size = f"{show.count(profile.rows, 'row')}, {show.count(len(profile.columns), 'column')}"
    show.info(f"{seen.file.name}: {size} ({listed})", style="bold")
    if seen.encoding is not None:
        show.info(f"! read as {seen.encoding}; a project's copy is in UTF-8", style="yellow")
    for note in profile.reading:
        show.info(f"! {note}", style="yellow")
    whose: dict[str, list[str]] = {}
    for column in profile.columns:
        for quirk in column.quirks:
            whose.setdefault(quirk, []).append(column.name)
    for quirk, names in list(whose.items())[:MOST_QUIRKS]:
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        show.info(f"! {names[0]}{more}: {quirk}", style="yellow")
    if len(whose) > MOST_QUIRKS:
        told = "harness data profile tells them"
        show.info(f"! and {len(whose) - MOST_QUIRKS:,} more remarks; {told}", style="yellow")


def _ask(seen: Seen, wish: Wish) -> Wish:
    """The wish with the target that a person chooses, by number or name, or with none."""
    from harness.project import adding

    table = show.table("", ("", "right"), "column", "type", ("values", "line"), header=False)
    for number, column in enumerate(seen.profile.columns, 1):
        table.add_row(str(number), show.clean(column.name), column.type, show.clean(values(column)))
    show.out.print(table)
    names = [column.name for column in seen.profile.columns]
    while True:
        said = str(
            typer.prompt(
                "Which column is to be predicted? [number or name; Enter for none]",
                default="",
                show_default=False,
            )
        )
        if not said.strip():
            return wish
        is_number = said not in names and said.strip().isdecimal() and 1 <= int(said) <= len(names)
        chosen = wish.model_copy(update={"target": names[int(said) - 1] if is_number else said})
        try:
            adding.task_of(seen, chosen)
        except DataError as error:
            show.error(str(error), "red")
        else:
            return chosen


def say(addition: Addition, added: Added) -> None:
    """What was guessed and why, who is held out, what was written."""
    show.facts(_facts(addition, added))
    if added.table.counts is not None:
        for doubt in counting.doubts(added.table.counts, added.profile.classes):
            show.notice(f"! {doubt}")
    for warning in addition.warnings:
        show.notice(f"! {addition.spec.target}: {warning}")
    if addition.unmatched:
        named = ", ".join(addition.unmatched[:MOST_NAMES])
        more = ", …" if len(addition.unmatched) > MOST_NAMES else ""
        show.notice(f"! the dictionary describes what the table has not: {named}{more}")


def _facts(addition: Addition, added: Added) -> Iterator[tuple[str, str]]:
    spec, guess, target = addition.spec, addition.guess, addition.target
    why = f"; {guess.why}" if guess.why else ""
    if target is None:
        yield "Task", f"{guess.task.value}{why}; to predict a column, name it with --target"
    else:
        yield "Task", f"{guess.task.value}{why} (change it with --task)"
        counts = _counts(target.counts) if spec.task.has_classes else values(target.column)
        yield "Target", f"{spec.target}: {counts}"
    if guess.positive is not None:
        said = f"{guess.positive}: {guess.why_positive} (change it with --positive)"
        yield "Positive", said
    if added.table.counts is not None:
        yield "Rows", counting.said(added.table.counts, added.profile.classes)
    elif target is not None:
        yield "Rows", "none is held out, so no model can be judged"
    described = sum(bool(meaning) for meaning in spec.columns.values())
    columns = show.count(len(spec.columns), "column")
    told = f"{described} of {columns} described" if described else f"describe its {columns} there"
    yield "Wrote", f"{near(added.folder / 'dataset.toml')}; {told}"


def _counts(counts: Sequence[tuple[str, int]]) -> str:
    listed = ", ".join(f"{show.clean(value)} {rows:,}" for value, rows in counts[:MOST_CLASSES])
    left = len(counts) - MOST_CLASSES
    return f"{listed}, and {left:,} more values" if left > 0 else listed


def refuse_alone(given: dict[str, object]) -> None:
    """Raise HarnessError for an option that describes a table, where none is given."""
    for option, value in given.items():
        if value:
            raise HarnessError(f"{option} describes a table", "Name it with --table FILE")


def next_command(project: Path, dataset: str) -> str:
    """The command that makes a first notebook of a dataset."""
    from harness.project import datasets, stages

    known = stages.names(project)
    if not known:
        return "harness new stage NAME && harness generate NAME"
    stage = "eda" if "eda" in known else known[0]
    several = len(datasets.names(project)) > 1
    return f"harness generate {stage}" + (f" --dataset {dataset}" if several else "")
