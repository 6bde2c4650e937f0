"""One fix of several hunks as a fix per hunk, in the same order and place of the series."""

from __future__ import annotations

from pathlib import Path

from unidiff.patch import PatchSet

from harness import files
from harness.errors import HarnessError
from harness.fixes import files as reading
from harness.fixes import headers, writing
from harness.project import config


def split(project: Path, path: Path) -> list[Path]:
    """Write a fix for each hunk of a diff, and take the one away; returns the new files.

    Each has the head of the old one. Raises HarnessError where there is but one hunk, or where no
    numbers are free before the next fix; ConfigError where the file is no fix.
    """
    fix = reading.read(path)
    if len(fix.hunks) < 2:
        what = "a rule, which has no hunks" if fix.rule else "a fix of one hunk"
        raise HarnessError(f"{path.name} is {what}", "Only a patch of several hunks can be split")
    text = config.read_text(path).replace("\r\n", "\n")
    texts = _texts(text, path)
    targets = _paths(project, path, len(texts))
    for target, new in zip(targets, texts, strict=True):
        reading.parse(target, new)
    written: list[Path] = []
    try:
        for target, new in zip(targets, texts, strict=True):
            files.write_atomic(target, new.encode())
            written.append(target)
        path.unlink()
    except BaseException:
        for target in written:
            target.unlink(missing_ok=True)
        raise
    return targets


def _texts(text: str, path: Path) -> list[str]:
    _, behind = headers.split(text, path)
    lines = text.split("\n")
    (changed,) = PatchSet("\n".join(lines[behind:]))
    first = next(i for i, line in enumerate(lines) if i >= behind and line.startswith("@@ "))
    found, grown = [], 0
    for hunk in changed:
        # Those before it are fixes of their own now, applied to the text that this one is for.
        start = hunk.source_start + grown
        counts = f"-{start},{hunk.source_length} +{start},{hunk.target_length}"
        head = f"@@ {counts} @@ {hunk.section_header}".rstrip()
        body = [f"{line.line_type}{line.value}".removesuffix("\n") for line in hunk]
        found.append("\n".join([*lines[:first], head, *body]) + "\n")
        grown += hunk.target_length - hunk.source_length
    return found


def _paths(project: Path, path: Path, count: int) -> list[Path]:
    """Names from the fix's own number on, before that of the next fix."""
    stage = path.parent.name
    number = int(path.stem[:3])
    later = [int(one.stem[:3]) for one in reading.files(project, stage) if one.name > path.name]
    free = min(later, default=min(number + writing.STEP * count, writing.LAST + 1)) - number
    step = min(free // count, writing.STEP)
    if step < 1:
        raise HarnessError(
            f"there is no room for {count} fixes between {path.name} and the next one",
            "Give the next one a higher number",
        )
    slug = path.stem[4 : reading.LONGEST_ID - len(f"-{count}")].rstrip("-")
    return [
        path.with_name(f"{number + i * step:03}-{slug}-{i + 1}{path.suffix}") for i in range(count)
    ]
