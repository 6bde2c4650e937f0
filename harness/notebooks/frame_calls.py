"""What of a call on a pandas frame names columns, by pandas' own signatures."""

from __future__ import annotations

from collections.abc import Mapping

# Of each method, what names columns: a place among the arguments, or a name.
NAMES_COLUMNS: Mapping[str, tuple[int | str, ...]] = {
    "groupby": (0, "by"),
    "sort_values": (0, "by"),
    "drop_duplicates": (0, "subset"),
    "duplicated": (0, "subset"),
    "dropna": ("subset",),
    "value_counts": (0, "subset"),
    "set_index": (0, "keys"),
    "pop": (0, "item"),
    "explode": (0, "column"),
    "nlargest": (1, "columns"),
    "nsmallest": (1, "columns"),
    "pivot_table": ("index", "columns", "values"),
    "pivot": ("index", "columns", "values"),
    "melt": ("id_vars", "value_vars"),
    "hist": (0, "column", "by"),
    "boxplot": (0, "column", "by"),
}
