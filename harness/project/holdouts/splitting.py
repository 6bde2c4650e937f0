"""A table in two files of its own format, remembered in the cache by what determines them."""

from __future__ import annotations

from pathlib import Path

from harness import files
from harness.errors import ConfigError, StoreError, UnknownNameError
from harness.files import OnBytes
from harness.profiles import formats
from harness.profiles.formats import Format
from harness.profiles.tables import open_table
from harness.project import config
from harness.project.holdouts.choice import RULE, chosen
from harness.records import HeldCounts, Holdout, Record
from harness.weights import cache

COUNTS = "counts.json"
CHOOSING = 0.6  # of the time that a split takes, as measured
OTHERS = bytes([1, *(0 for _ in range(255))])  # a mask's complement, by bytes.translate


class Split(Record):
    """A table in two files with the same header. ``held`` is None where nothing is held out."""

    visible: Path
    held: Path | None
    holdout_rule: int | None  # likewise
    counts: HeldCounts | None  # likewise


def split(
    table: Path,
    holdout: Holdout,
    target: str | None,
    *,
    sheet: str | None = None,
    salt: str = "",
    described: Path | None = None,
    on_bytes: OnBytes = files.ignore,
) -> Split:
    """The table's split, remembered in the cache by its digest. With another ``salt``, other rows.

    ``described`` is the dataset.toml, for a ConfigError that names its line where the holdout names
    a column that the table lacks; without it, that is an UnknownNameError. Raises DataError,
    StoreError, OSError.
    """
    if holdout.share == 0:
        return Split(visible=table, held=None, holdout_rule=None, counts=None)
    kind = formats.of(table)
    about = files.text_digest(f"{holdout.model_dump_json()}\0{target}\0{sheet}\0{RULE}{salt}")[:12]
    folder = cache.folder() / "splits" / f"{cache.digest_of(table)[:32]}-{about}"
    if not folder.is_dir():
        plain = formats.plain(table, sheet)
        try:
            with (
                formats.told_of(table, plain),
                open_table(plain) as opened,
                opened.watched(files.part(on_bytes, 0, CHOOSING)),
            ):
                mask, counts = chosen(opened, holdout, target, salt)
        except UnknownNameError as error:
            if described is None:
                raise
            key = "by" if holdout.by else "group"
            line = config.line_of(config.read_text(described), ("holdout", key))
            message = f"holdout.{key}: {error.message}"
            raise ConfigError(described, line, message, error.hint) from None
        _write(table, kind, mask, counts, folder, sheet)
        size = table.stat().st_size
        on_bytes(size, size)
    visible, held = (folder / f"{part}{kind.suffixes[0]}" for part in ("visible", "held"))
    try:
        counts = HeldCounts.model_validate_json((folder / COUNTS).read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder} is not whole", "Remove this folder; it is made anew") from error
    return Split(visible=visible, held=held, holdout_rule=RULE, counts=counts)


def _write(
    table: Path, kind: Format, mask: bytearray, counts: HeldCounts, folder: Path, sheet: str | None
) -> None:
    """Both parts and their counts, all or nothing."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with files.Scratch(folder.parent) as scratch:
            for part, keep in (("visible", mask.translate(OTHERS)), ("held", mask)):
                kind.write_rows(table, keep, scratch / f"{part}{kind.suffixes[0]}", sheet)
            (scratch / COUNTS).write_text(counts.model_dump_json())
            scratch.rename(folder)
    except FileExistsError:
        return  # another process was quicker, with the same result
    except OSError as error:
        if folder.is_dir():
            return
        raise StoreError(f"{folder} could not be written ({error.strerror})") from error
