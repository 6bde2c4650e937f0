"""Names as people give them: a whole name, or the beginning of only one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from harness.errors import MOST_LISTED, HarnessError, UnknownNameError
from harness.records import ANY


def full(kind: str, name: str, known: Iterable[str], hint: str = "") -> str:
    """The name among those ``known`` that is ``name``, else the only one that begins so.

    Raises UnknownNameError where none does, and HarnessError naming those that do where several do.
    """
    names = sorted(set(known))
    if name in names:
        return name
    found = [one for one in names if name and one.startswith(name)]
    if not found:
        raise UnknownNameError(kind, name, names, hint)
    if len(found) > 1:
        listed = ", ".join(found[:MOST_LISTED]) + (", …" if len(found) > MOST_LISTED else "")
        raise HarnessError(
            f"{len(found)} {kind}s begin with '{name}': {listed}", "Give more of the name"
        )
    return found[0]


def full_or_same(kind: str, name: str, known: Iterable[str]) -> str:
    """As ``full``; a name that nothing begins with stays as it is, for a filter to find nothing."""
    try:
        return full(kind, name, known)
    except UnknownNameError:
        return name


def refuse_scope(name: str, hint: str) -> None:
    """Raise HarnessError for a dataset's name that in a fix would mean all datasets."""
    if name.casefold() == ANY:
        raise HarnessError(
            f"no dataset can be called '{name}': as the scope of a fix, that means all datasets",
            hint,
        )


def made_of(text: str, hint: str = "Use letters and digits, or pass --name") -> str:
    """A name made of any text, such as a file's: letters, digits, dots, dashes and underscores.

    Letters lose their accents. Raises HarnessError where nothing is left of it.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    name = re.sub(r"-*(?=\.)|-+$", "", re.sub(r"[^A-Za-z0-9._-]+", "-", plain))
    name = name.strip("-._")[:100]
    if not name:
        raise HarnessError(f"'{text}' gives no name", hint)
    return name
