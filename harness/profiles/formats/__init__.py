"""How tables are written: CSV, Parquet and others; each module but ``finder`` is one format.

A format is found by being there. Its module holds ``NAME``, ``SUFFIXES``, ``is_one``,
``write_rows`` and, where duckdb cannot read such a file as it is, ``plain``; see
``finder.Format``. Import ``of`` and ``plain`` from here. The smallest to copy is ``gzip_file.py``.
"""

from harness.profiles.formats.finder import (
    Format,
    Mask,
    check_name,
    of,
    plain,
    single,
    told_of,
)

__all__ = ["Format", "Mask", "check_name", "of", "plain", "single", "told_of"]
