"""Which file is a dataset's real table, its own or one that it refers to, and how it came there."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from harness import files
from harness.errors import ConfigError, DataError
from harness.profiles import formats, tables
from harness.project import config
from harness.records import DatasetSpec
from harness.weights import cache


def real(folder: Path, spec: DatasetSpec) -> Path:
    """Where the real table of the dataset in ``folder`` lies, there or not."""
    return folder / (spec.file if spec.path is None else spec.path.expanduser())


def checked(path: Path, spec: DatasetSpec) -> Path:
    """The file, or one that holds its table alone: what rows may be held out of, and code may read.

    Raises DataError where it has gone, is no table, or goes by a name that says something else.
    """
    again = f"harness data import {spec.name} PATH --refer"
    if spec.path is not None and not os.path.lexists(path):
        what = f"dataset {spec.name} refers to {path}, which is not there"
        raise DataError(what, f"Put it back, or say where it is now: {again}")
    try:
        tables.glance(path)
        if spec.path is not None and spec.sha256 and cache.digest_of(path) not in spec.sha256:
            what = f"{path} is not the file any more that dataset {spec.name} refers to"
            raise DataError(what, f"If that is meant: {again} --unverified")
        formats.check_name(path, spec.file)
        return formats.single(path, spec.sheet)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None


def put(folder: Path, spec: DatasetSpec, source: Path, digest: str) -> None:
    """Copy a file that is known to be good in as the dataset's own. Raises DataError."""
    target = folder / spec.file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with files.Scratch(folder) as scratch:
            temporary = scratch / "table"
            if files.copy(source, temporary) != digest:
                raise DataError(f"{source} changed while it was read", "Import it again")
            temporary.chmod(0o644)
            temporary.replace(target)
        cache.remember(target, digest)
    except OSError as error:
        raise DataError(f"{target} could not be written ({error.strerror})") from error
    if spec.path is not None:
        _change(folder, {"path": None})


def refer(folder: Path, spec: DatasetSpec, source: Path, digest: str) -> None:
    """Let the dataset refer to a file that is known to be good, and to no other in its place.

    Raises ConfigError where its dataset.toml cannot be changed.
    """
    digests = [*spec.sha256, *([] if digest in spec.sha256 else [digest])]
    _change(folder, {"path": os.path.abspath(source), "sha256": digests})  # noqa: PTH100 - a link stays one


def _change(folder: Path, values: Mapping[str, Any]) -> None:
    """Set keys of dataset.toml, None takes one out; all else in it stays as written."""
    path = folder / "dataset.toml"
    text = config.read_text(path)
    document = tomlkit.parse(text)
    wanted = tomllib.loads(text)
    for key, value in values.items():
        if value is None:
            document.remove(key)
            del wanted[key]
        else:
            document[key] = wanted[key] = value
    made = tomlkit.dumps(document)
    if tomllib.loads(made) != wanted:
        said = " and ".join(f"{key} = {value!r}" for key, value in values.items())
        raise ConfigError(path, None, "could not be changed", f"Change it by hand: {said}")
    files.write_atomic(path, made.encode())
