"""Records as pages that a browser opens by themselves: no script, no request, nothing that acts.

What generated code printed is shown as text and as still pictures; its HTML, JavaScript and SVG are
not. A content security policy in the page says the same to the browser.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records import CellDiff, FixVerdict, Record

if TYPE_CHECKING:
    import jinja2

MOST_TEXT = 20_000  # characters of an output
STILL = ("image/png", "image/jpeg", "image/gif")


class Shown(Record):
    """An output as a page shows it: text, or a picture as a data URI."""

    text: str = ""
    picture: str = ""
    is_error: bool = False


class Side(Record):
    """One of the two notebooks: what it is called, and its outputs by cell."""

    title: str
    about: str
    outputs: Mapping[str, tuple[Shown, ...]]


def diff_page(
    left: Side, right: Side, cells: Iterable[CellDiff], fixes: Iterable[FixVerdict], share: str
) -> str:
    """Two notebooks side by side, each hunk under its fix, outputs beneath."""
    by_id = {one.fix: one for one in fixes}
    return _template("diff.html.j2").render(
        left=left, right=right, cells=list(cells), fixes=by_id, share=share, paired=paired
    )


def compare_page(
    models: Sequence[str], tables: Iterable[tuple[str, list[tuple[str, ...]], Sequence[str]]]
) -> str:
    """Models side by side: per piece of work its name, rows of cells, and what is said of it.

    The first row is the header.
    """
    return _template("compare.html.j2").render(models=models, tables=list(tables))


def outputs_of(cells: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Shown, ...]]:
    """The outputs of a notebook's nodes, by cell id, as a page may show them."""
    return {
        str(cell.get("id", "")): tuple(_shown(one) for one in cell.get("outputs", ()))
        for cell in cells
    }


def paired(rows: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Rows of a hunk as they stand side by side: (left or None, right or None)."""
    made: list[tuple[Any, Any]] = []
    removed: list[Any] = []
    added: list[Any] = []

    def flush() -> None:
        for i in range(max(len(removed), len(added))):
            made.append(
                (removed[i] if i < len(removed) else None, added[i] if i < len(added) else None)
            )
        removed.clear()
        added.clear()

    for row in rows:
        if row.tag == "-":
            if added:
                flush()
            removed.append(row)
        elif row.tag == "+":
            added.append(row)
        else:
            flush()
            made.append((row, row))
    flush()
    return made


def _template(name: str) -> jinja2.Template:
    import jinja2  # noqa: PLC0415 - not needed to print in the terminal

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _shown(output: Mapping[str, Any]) -> Shown:
    kind = output.get("output_type")
    if kind == "stream":
        return Shown(text=_text(output.get("text", "")))
    if kind == "error":
        told = f"{output.get('ename', '')}: {output.get('evalue', '')}"
        return Shown(text=_text(told), is_error=True)
    data = output.get("data")
    data = data if isinstance(data, Mapping) else {}
    for mime in STILL:
        if mime in data and (picture := _picture(data[mime])):
            return Shown(picture=f"data:{mime};base64,{picture}")
    return Shown(text=_text(data.get("text/plain", "")))


def _text(value: object) -> str:
    text = "".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n…"


def _picture(value: object) -> str:
    text = ("".join(map(str, value)) if isinstance(value, list) else str(value)).replace("\n", "")
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return text
