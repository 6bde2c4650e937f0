"""Makes a dataset of any table: looks at it, guesses what it asks for, and writes it down.

Nothing is written before all is known to be good; what was begun goes where it cannot be finished.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import files
from harness.checks import metrics
from harness.errors import DataError, HarnessError, StoreError
from harness.files import OnBytes
from harness.profiles import encodings, formats, tables, task
from harness.profiles.dialects import printable
from harness.profiles.formats import finder
from harness.profiles.task import Guess, Target
from harness.project import datasets, description, dictionary, names
from harness.records import DatasetSpec, Holdout, Record, TableProfile, Task
from harness.weights import cache

SHARE = 0.2  # of the rows, held out
LEAST_ROWS = 20  # with a target, below which none are held out
LONGEST_MEANINGS = 200_000  # characters of all columns together
FILE = "dataset.toml"


class Wish(Record):
    """What a person says of a table; what is None is guessed."""

    file: Path
    target: str | None = None
    task: Task | None = None
    positive: str | None = None
    name: str | None = None
    sheet: str | None = None
    refer: bool = False  # to the file where it lies
    dictionary: Path | None = None


class Seen(Record):
    """A table as it was found."""

    file: Path
    alone: Path  # the same in UTF-8, with nothing beside the table
    plain: Path  # the same for the library that reads it
    encoding: str | None  # of the file, where that is text and not in UTF-8
    profile: TableProfile  # of all its rows


class Addition(Record):
    """A dataset that can be written."""

    wish: Wish
    seen: Seen
    spec: DatasetSpec
    text: str  # of its dataset.toml
    guess: Guess
    target: Target | None
    warnings: tuple[str, ...]
    unmatched: tuple[str, ...]  # names of the dictionary that no column has


class Added(Record):
    """What was written, and whom it holds out."""

    folder: Path
    table: datasets.Table
    profile: TableProfile  # of the rows that generated code sees


def look(file: Path, sheet: str | None = None, on_bytes: OnBytes = files.ignore) -> Seen:
    """Look at a table of any format. Raises DataError, one line that says what is wrong with it."""
    from harness.profiles import profile as profiles  # noqa: PLC0415 - slow to import

    try:
        source, encoding = encodings.utf8(file)
        with formats.told_of(file, source):
            tables.glance(source)
            alone = formats.single(source, sheet)
        digest = cache.digest_of(file)
        with formats.told_of(file, alone):
            plain = formats.plain(alone)
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror})") from None
    spec = DatasetSpec(name="new", description="", task=Task.EXPLORE, file="table")
    with formats.told_of(file, alone):
        profile = profiles.profile_table(
            alone, spec, synthetic=False, sha256=digest, on_bytes=on_bytes
        )
    return Seen(file=file, alone=alone, plain=plain, encoding=encoding, profile=profile)


def task_of(seen: Seen, wish: Wish) -> tuple[Target | None, Guess]:
    """The target as it was counted, and its task. Raises DataError where it is none."""
    target = task.look(seen.plain, seen.profile, wish.target) if wish.target is not None else None
    guess = task.guess(target, wish.task, wish.positive)
    if target is not None and len(seen.profile.columns) == 1:
        raise DataError(
            f"{printable(wish.file.name)} has one column, and nothing to predict it from",
            "Leave --target out to explore it",
        )
    return target, guess


def plan(seen: Seen, wish: Wish, project: Path | None = None) -> Addition:
    """The dataset that a table makes. ``project``: where it is to go, if that is there already.

    Raises DataError where the target is none, and HarnessError where the name or file is taken.
    """
    name = names.made_of(wish.name) if wish.name is not None else _stem(wish.file)
    names.refuse_scope(name, "Choose another name with --name")
    file = _fitting(seen, names.made_of(wish.file.name, "Rename the file"))
    if project is not None:
        _refuse_taken(project, name, file, wish)
    place = project / datasets.FOLDER / name / file if project is not None else None
    encodings.refuse_to_keep(wish.file, seen.encoding, place, refer=wish.refer)
    profile = seen.profile
    target, guess = task_of(seen, wish)
    columns = [column.name for column in profile.columns]
    read = dictionary.read(wish.dictionary) if wish.dictionary is not None else ()
    matched = dictionary.match(read, columns)
    longest = max(1, LONGEST_MEANINGS // len(columns))
    few = target is not None and target.present < LEAST_ROWS
    share = 0.0 if target is None or few else SHARE
    spec = DatasetSpec(
        name=name,
        description=f"The table {printable(wish.file.name)}.",
        task=guess.task,
        target=wish.target,
        positive=guess.positive,
        file=file,
        path=Path(os.path.abspath(wish.file)) if wish.refer else None,  # noqa: PTH100 - no link
        sheet=wish.sheet,
        sha256=(profile.sha256,) if wish.refer else (),
        holdout=Holdout(share=share),
        columns={
            one: dictionary.one_line(matched.meanings.get(one, ""), longest) for one in columns
        },
        units=matched.units,
    )
    metric = next(iter(metrics.OF_TASK[guess.task]), None)
    told = (
        [f"{target.present} rows have a target, too few to hold any out"] if few and target else []
    )
    return Addition(
        wish=wish,
        seen=seen,
        spec=spec,
        text=description.text(spec, profile, metric),
        guess=guess,
        target=target,
        warnings=(*guess.warnings, *told),
        unmatched=matched.unmatched,
    )


def write(project: Path, addition: Addition, on_bytes: OnBytes = files.ignore) -> Added:
    """Write a dataset into a project. Raises DataError, StoreError, and leaves no half of one."""
    spec, folder = addition.spec, project / datasets.FOLDER / addition.spec.name
    with _whole(folder):
        files.write_atomic(folder / FILE, addition.text.encode())
        if spec.target is None:
            datasets.know(spec, addition.seen.alone, addition.seen.profile)
        datasets.import_table(
            project,
            spec,
            addition.wish.file,
            unverified=False,
            refer=spec.path is not None,
            on_bytes=on_bytes,
        )
        found = datasets.open_dataset(project, spec.name)
    return Added(folder=folder, table=found.table, profile=found.profile)


def _fitting(seen: Seen, name: str) -> str:
    """The name, or where its ending promises another format than the file's, one that fits."""
    try:
        formats.check_name(seen.alone, name)
    except DataError:
        return f"{name.partition('.')[0]}{formats.of(seen.alone).suffixes[0]}"
    return name


def _stem(path: Path) -> str:
    """A file's name without what says how it is written: ``houses`` of ``houses.csv.gz``."""
    stem = path.name
    known = {suffix for one in finder.formats() for suffix in one.suffixes}
    while (found := Path(stem).suffix.lower()) in known and Path(stem).stem:
        stem = stem[: -len(found)]
    return names.made_of(stem)


def _refuse_taken(project: Path, name: str, file: str, wish: Wish) -> None:
    """Raise HarnessError where a dataset or a table of this name is there already."""
    folder = project / datasets.FOLDER / name
    if (folder / FILE).exists():
        raise HarnessError(
            f"the project has a dataset named '{name}' already",
            f"Choose another name with --name, or edit {datasets.FOLDER}/{name}/{FILE}",
        )
    there = folder / file
    if os.path.lexists(there) and not _is_same(there, wish.file) and not wish.refer:
        raise HarnessError(
            f"{datasets.FOLDER}/{name}/{file} is there already",
            f"Give that file instead of {printable(str(wish.file))}, or choose another --name",
        )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """What is written into a folder meanwhile is gone again where it cannot be finished."""
    was_there = set(folder.iterdir()) if folder.is_dir() else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        _undo(folder, was_there)
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error
    except BaseException:
        _undo(folder, was_there)
        raise


def _undo(folder: Path, was_there: set[Path] | None) -> None:
    if was_there is None:
        files.clear(folder)
        return
    for one in set(folder.iterdir()) - was_there:
        files.clear(one)
