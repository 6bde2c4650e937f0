"""Writes fix files: their text, their numbers and their names."""

from __future__ import annotations

import datetime
import re
import unicodedata
from pathlib import Path

import yaml

from harness import files
from harness.errors import HarnessError
from harness.fixes import files as reading
from harness.fixes import headers
from harness.records import FixHeader, Rule

STEP = 10  # between two numbers, so that a later fix finds room
LAST = 999
SLUG_WORDS = 6
SLUG_LENGTH = 40


def patch_text(header: FixHeader, stage: str, hunk: str) -> str:
    """The text of a ``.patch``."""
    names = [f"--- a/{stage}.py", f"+++ b/{stage}.py"]
    return "\n".join([*headers.render(header), "", *names, hunk]) + "\n"


def rule_text(header: FixHeader, rule: Rule) -> str:
    """The text of a ``.yml``."""
    fields: dict[str, str | datetime.date] = {
        "Description": header.description,
        "Author": header.author,
        "Date": header.date,
        "Cause": header.cause.value,
        "When": str(header.when),
        "Dataset": header.dataset,
    }
    if header.from_run:
        fields["From-Run"] = header.from_run
    return f"{_yaml(fields)}\n{rule_body(rule)}"


def rule_body(rule: Rule) -> str:
    """The keys of a rule, without a head."""
    return _yaml(rule.model_dump(by_alias=True, exclude_defaults=True))


def slug_of(description: str) -> str:
    """A name for a fix, of the first words of its description."""
    plain = unicodedata.normalize("NFKD", description).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)[:SLUG_WORDS]
    return "-".join(words)[:SLUG_LENGTH].strip("-") or "fix"


def next_numbers(project: Path, stage: str, count: int) -> list[int]:
    """Numbers for the next fixes of a stage. Raises HarnessError where not enough are left."""
    named = (path for path in reading.files(project, stage) if reading.NAME.fullmatch(path.stem))
    last = max((int(path.stem[:3]) for path in named), default=0)
    first = (last // STEP + 1) * STEP
    found = [first + i * STEP for i in range(count)]
    if found and found[-1] > LAST:
        found = [last + 1 + i for i in range(count)]
    if found and found[-1] > LAST:
        raise HarnessError(
            f"{reading.FOLDER}/{stage} has no number left after {last}",
            "Give its files other numbers",
        )
    return found


def write(project: Path, stage: str, name: str, text: str) -> Path:
    """Write a new fix file. Raises ConfigError where ``text`` is no fix, else HarnessError."""
    path = project / reading.FOLDER / stage / name
    if path.exists():
        raise HarnessError(f"{path} exists already", "Give another name")
    reading.parse(path, text)
    files.write_atomic(path, text.encode())
    return path


def _yaml(values: dict[str, object] | dict[str, str | datetime.date]) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
