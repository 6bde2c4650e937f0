"""Apache Parquet: typed columns, written one by one."""

from __future__ import annotations

from pathlib import Path

from harness import files
from harness.profiles.dialects import wrong
from harness.profiles.formats.finder import Mask

NAME = "Parquet"
SUFFIXES = (".parquet", ".pq")
MARK = b"PAR1"
MEMORY = "1GB"
REWRITE = "Write the file again from its source"


def is_one(path: Path, head: bytes) -> bool:
    """By the mark that it begins with, or by its name, so that it is said what is wrong with it."""
    return head.startswith(MARK) or path.suffix.lower() in SUFFIXES


def reading(_path: Path) -> tuple[str, ...]:
    """What it is."""
    return ("the file is Parquet",)


def check(path: Path) -> None:
    """Raises DataError where the mark at either end is missing. Raises OSError."""
    with path.open("rb") as source:
        if source.read(len(MARK)) != MARK:
            raise wrong(path, "is not a Parquet file, for all its name", REWRITE)
        source.seek(max(0, source.seek(0, 2) - len(MARK)))
        if source.read() != MARK:
            raise wrong(path, "is a Parquet file that was cut short", "Fetch it again")


def write_rows(path: Path, keep: Mask, out: Path, _sheet: str | None = None) -> None:
    """Those rows, in their order and with their types; see ``finder.Format``."""
    import duckdb  # noqa: PLC0415 - slow to import

    check(path)
    with files.Scratch(out.parent) as folder, duckdb.connect() as connection:
        for name, value in (("memory_limit", MEMORY), ("temp_directory", str(folder))):
            connection.execute(f"SET {name} = $1", [value])
        # The library expands patterns in names, so it is given ones that hold none.
        source, target, mask = folder / "table", folder / "out", folder / "mask.csv"
        source.symlink_to(path.resolve())
        mask.write_text("".join(f"{int(bool(one))}\n" for one in keep))
        rows = f"SELECT * FROM read_parquet('{source}', hive_partitioning = false)"  # noqa: S608
        kept = f"read_csv('{mask}', header = false, columns = {{'keep': 'INTEGER'}})"
        connection.execute(
            f"COPY (SELECT t.* FROM ({rows}) t POSITIONAL JOIN {kept} m WHERE m.keep = 1)"  # noqa: S608
            f" TO '{target}' (FORMAT parquet)"
        )
        target.replace(out)
