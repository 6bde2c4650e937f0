"""``data/<name>/``: dataset.toml, the real table once it is imported, and its shipped twin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from harness import files
from harness.errors import ConfigError, DataError, HubUnreachableError, PullError, UnknownNameError
from harness.files import OnBytes
from harness.profiles import encodings, formats, tables
from harness.project import agreement, config, holdouts, table_files
from harness.project import names as naming
from harness.records import DatasetSpec, HeldCounts, Record, TableProfile, Task
from harness.weights import cache

if TYPE_CHECKING:
    import httpx

FOLDER = "data"
SPLITTING = 0.2  # of the time that it takes to split and profile a table, as measured
DOWNLOAD_SECONDS = 30  # without a byte


class Table(Record):
    """The file that stands for a dataset now, and its two parts."""

    path: Path
    synthetic: bool
    visible: Path  # what generated code gets to see
    held: Path | None  # what it never sees; None where nothing is held out
    holdout_rule: int | None  # by which the two were told apart; likewise
    counts: HeldCounts | None  # how many it never sees; likewise


class Dataset(Record):
    """A dataset with its table and what generated code sees of it, profiled."""

    spec: DatasetSpec
    table: Table
    profile: TableProfile


def open_dataset(project: Path, name: str) -> Dataset:
    """A dataset by name. Raises UnknownNameError, ConfigError, DataError, StoreError."""
    spec = load(project, name)
    return Dataset(spec=spec, table=table(project, spec), profile=profile(project, spec))


def names(project: Path) -> list[str]:
    """The datasets of a project, by name."""
    return sorted(path.parent.name for path in (project / FOLDER).glob("*/dataset.toml"))


def load(project: Path, name: str) -> DatasetSpec:
    """One dataset. Raises UnknownNameError, ConfigError with file and line, or HarnessError."""
    known = names(project)
    if name not in known:
        raise UnknownNameError("dataset", name, known, f"Datasets are folders of {FOLDER}/")
    naming.refuse_scope(name, f"Rename {FOLDER}/{name}")
    path = project / FOLDER / name / "dataset.toml"
    values = config.read_toml(path)
    spec = config.build(DatasetSpec, {**_with_task(values), "name": name}, path)
    _check(spec, path, is_given="task" in values)
    agreement.with_metrics(spec, path)
    return spec


def _with_task(values: dict[str, Any]) -> dict[str, Any]:
    """The values with a task where they leave no choice: no target to predict, or a positive."""
    if "task" in values or "target" not in values:
        return {"task": Task.EXPLORE.value, **values}
    return {"task": Task.BINARY.value, **values}


def _check(spec: DatasetSpec, path: Path, *, is_given: bool) -> None:
    """Raise ConfigError where a key is missing, or means nothing beside the others."""
    tasks = ", ".join(task.value for task in Task)

    def wrong(key: str, message: str, hint: str = "") -> ConfigError:
        line = config.line_of(config.read_text(path), (key,))
        return ConfigError(path, line, f"{key}: {message}", hint)

    if not is_given and spec.target is not None and spec.positive is None:
        hint = f"Say what the target asks for: {tasks}; a binary one has a positive value"
        raise wrong("task", "this key is required", hint)
    if spec.task is Task.EXPLORE and spec.target is not None:
        raise wrong("target", "nothing is predicted in a task of explore", "Remove it")
    if spec.task is not Task.EXPLORE and spec.target is None:
        raise wrong("target", f"this key is required for {spec.task.value}", "Name a column")
    if spec.task is Task.BINARY and spec.positive is None:
        raise wrong("positive", "this key is required for binary", "Name a value of the target")
    if spec.task is not Task.BINARY and spec.positive is not None:
        raise wrong("positive", f"it means nothing for {spec.task.value}", "Remove it")
    if spec.holdout.by is not None and spec.holdout.group is not None:
        raise wrong("holdout", "by and group exclude each other", "Give one of them")
    if spec.target is not None and spec.target in (spec.holdout.by, spec.holdout.group):
        hint = "Name another column; the rows would tell the labels"
        raise wrong("holdout", "rows are never held out by the target", hint)


def table(project: Path, spec: DatasetSpec, on_bytes: OnBytes = files.ignore) -> Table:
    """The real table where it is imported or referred to, else its twin.

    Raises DataError, StoreError, and ConfigError where it lacks a column that the holdout names.
    """
    folder = project / FOLDER / spec.name
    real = table_files.real(folder, spec)
    twin = folder / spec.synthetic if spec.synthetic else real
    # Whatever lies there was meant to be used: a link to nothing is not passed over for the twin.
    path = real if spec.path is not None or os.path.lexists(real) else twin
    if spec.path is not None or os.path.lexists(path):
        alone = table_files.checked(path, spec)
        with formats.told_of(path, alone):
            parts = _split(project, spec, alone, on_bytes)
        return Table(path=path, synthetic=path != real, **dict(parts))
    raise DataError(
        f"dataset {spec.name} has no table: {real} is not there",
        f"Get it: harness data import {spec.name} PATH"
        + (f", or harness data pull {spec.name}" if spec.url else ""),
    )


def _split(project: Path, spec: DatasetSpec, path: Path, on_bytes: OnBytes) -> holdouts.Split:
    described = project / FOLDER / spec.name / "dataset.toml"
    return holdouts.split(
        path, spec.holdout, spec.target, sheet=spec.sheet, described=described, on_bytes=on_bytes
    )


def profile(project: Path, spec: DatasetSpec, on_bytes: OnBytes = files.ignore) -> TableProfile:
    """The profile of what generated code sees of the table.

    Remembered in the cache by the digest of table and dataset.toml. Raises DataError, StoreError,
    and ConfigError where the dataset.toml speaks of what the table has not.
    """
    current = table(project, spec, files.part(on_bytes, 0, SPLITTING))
    size = current.path.stat().st_size
    made = _profile(current, spec, files.part(on_bytes, SPLITTING, 1, size))
    agreement.with_table(spec, made, project / FOLDER / spec.name / "dataset.toml")
    return made


def _profile(current: Table, spec: DatasetSpec, on_bytes: OnBytes) -> TableProfile:
    from harness.profiles import profile as profiles  # noqa: PLC0415

    digest = cache.digest_of(current.visible)
    note = _note(digest, spec, synthetic=current.synthetic)
    try:
        return TableProfile.model_validate_json(note.read_bytes())
    except (OSError, ValueError):
        pass
    made = profiles.profile_table(
        current.visible, spec, synthetic=current.synthetic, sha256=digest, on_bytes=on_bytes
    )
    # The file has another name in a work folder.
    update = {"file": spec.file, "holdout_rule": current.holdout_rule}
    made = made.model_copy(update=update)
    files.write_atomic(note, made.model_dump_json().encode())
    return made


def know(spec: DatasetSpec, alone: Path, seen: TableProfile) -> None:
    """Remember the profile of a table to explore, none of whose rows are held out, as its own.

    ``seen`` is one that was made of the rows in ``alone`` before anything was said of them.
    """
    columns = [
        one.model_copy(update={"meaning": spec.columns.get(one.name, "")}) for one in seen.columns
    ]
    digest = cache.digest_of(alone)
    update = {"dataset": spec.name, "file": spec.file, "sha256": digest, "columns": tuple(columns)}
    said = {"description": spec.description, "task": spec.task}
    made = seen.model_copy(update=update | said)
    files.write_atomic(_note(digest, spec, synthetic=False), made.model_dump_json().encode())


def _note(digest: str, spec: DatasetSpec, *, synthetic: bool) -> Path:
    from harness.profiles import profile as profiles  # noqa: PLC0415

    key = files.text_digest(f"{profiles.VERSION}{digest}{synthetic}{spec.model_dump_json()}")
    return cache.folder() / "profiles" / f"{key}.json"


def visible_digest(project: Path, spec: DatasetSpec) -> str:
    """sha256 of what generated code sees of the table. Raises DataError, StoreError."""
    return cache.digest_of(table(project, spec).visible)


def import_table(
    project: Path,
    spec: DatasetSpec,
    source: Path,
    *,
    unverified: bool,
    refer: bool = False,
    on_bytes: OnBytes = files.ignore,
) -> Table:
    """Copy a table in as the real one, or ``refer`` to it; it is used from then on.

    A copy of text is in UTF-8, whatever the source is in, where that can be told.

    What was there stays until the new one is known to be good. Raises DataError where that cannot
    be read, is not one of the accepted files, lacks its target, or can have no rows held out, and
    ConfigError where it lacks a column that is described.
    """
    place = project / FOLDER / spec.name
    text = _glance(source)
    encodings.refuse_to_keep(source, text.encoding, place / spec.file, refer=refer)
    digest = _digest(source)
    if spec.sha256 and digest not in spec.sha256 and not unverified:
        raise DataError(
            f"{source} has sha256 {digest[:12]}…, which is not one of those in "
            f"{FOLDER}/{spec.name}/dataset.toml",
            "If it is the file you mean, pass --unverified",
        )
    cache.remember(source, digest)
    with formats.told_of(source, text.path):
        alone = table_files.checked(text.path, spec.model_copy(update={"path": None}))
    with formats.told_of(source, alone):
        parts = _split(project, spec, alone, files.part(on_bytes, 0, SPLITTING))
        first = Table(path=source, synthetic=False, **dict(parts))
        # Remembered; what is wrong with the table is said here.
        made = _profile(first, spec, files.part(on_bytes, SPLITTING, 1, source.stat().st_size))
    agreement.with_table(spec, made, place / "dataset.toml")
    if refer:
        table_files.refer(place, spec, source, digest)
    else:
        table_files.put(place, spec, text.path, cache.digest_of(text.path))
    return table(project, load(project, spec.name))


def _glance(path: Path) -> encodings.Decoded:
    try:
        text = encodings.utf8(path)
        with formats.told_of(path, text.path):
            tables.glance(text.path)
        return text
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None


def _digest(path: Path) -> str:
    try:
        return files.sha256(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None


def pull_table(project: Path, spec: DatasetSpec, on_bytes: OnBytes) -> Table:
    """Download the real table from its URL and import it. Raises PullError or DataError."""
    import httpx  # noqa: PLC0415

    if spec.url is None:
        raise PullError(
            f"{FOLDER}/{spec.name}/dataset.toml gives no url", "Use harness data import"
        )
    with files.Scratch() as folder:
        target = folder / spec.file
        try:
            with (
                httpx.stream(
                    "GET", spec.url, follow_redirects=True, timeout=DOWNLOAD_SECONDS
                ) as response,
                target.open("wb") as out,
            ):
                response.raise_for_status()
                _copy(response, out, on_bytes)
        except httpx.HTTPStatusError as error:
            raise PullError(
                f"{spec.url} answered {error.response.status_code}",
                f"Download the file by other means, then: harness data import {spec.name} PATH",
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise HubUnreachableError(
                f"{spec.url} could not be reached ({type(error).__name__})",
                f"Check the network, or: harness data import {spec.name} PATH",
            ) from None
        return import_table(project, spec, target, unverified=False)


def _copy(response: httpx.Response, out: BinaryIO, on_bytes: OnBytes) -> None:
    total = int(response.headers.get("content-length", 0))
    done = 0
    for block in response.iter_bytes():
        out.write(block)
        done += len(block)
        on_bytes(done, max(total, done))
