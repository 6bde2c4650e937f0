"""What a dataset.toml says, held against what its table holds; nothing misspelt is passed over."""

from __future__ import annotations

from pathlib import Path

from harness.checks import metrics
from harness.errors import ConfigError
from harness.profiles.columns import cut
from harness.profiles.dialects import printable
from harness.project import config
from harness.records import DatasetSpec, TableProfile, Task


def with_metrics(spec: DatasetSpec, path: Path) -> None:
    """Raise ConfigError for a threshold of what is no metric, or none of the task."""
    known = metrics.OF_TASK[spec.task]
    for name in spec.thresholds:
        if name not in known:
            message = f"no figure of the task {spec.task.value}"
            raise _wrong(path, ("thresholds", name), message, name, list(known))


def with_table(spec: DatasetSpec, profile: TableProfile, path: Path) -> None:
    """Raise ConfigError for a column or a value that the table has not."""
    columns = [column.name for column in profile.columns]
    for table, keys in (("columns", spec.columns), ("units", spec.units)):
        for name in keys:
            if name not in columns:
                raise _wrong(path, (table, name), "the table has no such column", name, columns)
    values = list(profile.classes)
    positive = (spec.positive or "").strip()
    if spec.task is Task.BINARY and values and positive not in map(str.strip, values):
        message = f"no row has the value '{cut(positive)}' in '{spec.target}'"
        raise _wrong(path, ("positive",), message, positive, values)
    if spec.task.has_classes and len(values) == 1:
        message = f"'{spec.target}' is '{cut(values[0])}' in every row"
        raise _wrong(path, ("target",), message, "", [])


def _wrong(
    path: Path, keys: tuple[str, ...], message: str, name: str, known: list[str]
) -> ConfigError:
    line = config.line_of(config.read_text(path), keys)
    hint = config.suggestion(name, known) if known else ""
    said = f"{'.'.join(keys)}: {message}"
    return ConfigError(path, line, printable(said), printable(hint))
