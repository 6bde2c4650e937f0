"""What generated code showed, as a page may show it: text, and still pictures as data.

Its HTML, JavaScript and SVG are not shown. Text is cut where it is long, and so are pictures.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.records import Record

MOST_TEXT = 20_000  # characters of an output
MOST_PICTURE = 2 << 20  # characters of a picture in base64
MOST_OUTPUTS = 50  # of a cell
STILL = {  # by type, how such a file begins
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}
# Colours and movements of a terminal; each alternative reads a character once.
ANSI = re.compile(r"\x1b\[[0-?]{0,50}[ -/]{0,5}[@-~]|\x1b\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)")


class Shown(Record):
    """An output as a page shows it: text, or a picture as a data URI."""

    text: str = ""
    picture: str = ""
    is_error: bool = False


def outputs_of(cells: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Shown, ...]]:
    """The outputs of a notebook's nodes, by cell id, as a page may show them."""
    return {str(cell.get("id", "")): _all(cell.get("outputs", ())) for cell in cells}


def cut(text: str, most: int = MOST_TEXT) -> str:
    """The beginning of a text, and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… {len(text) - most:,} characters more"


def settled(text: str) -> str:
    """What a terminal would show in the end: no colours, and the last state of each line."""
    plain = ANSI.sub("", text).replace("\r\n", "\n")
    if "\r" not in plain:
        return plain
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))


def _all(outputs: Any) -> tuple[Shown, ...]:
    listed = [one for one in outputs if isinstance(one, Mapping)] if _is_list(outputs) else []
    shown = [_shown(one) for one in listed[:MOST_OUTPUTS]]
    if len(listed) > MOST_OUTPUTS:
        shown.append(Shown(text=f"… {len(listed) - MOST_OUTPUTS:,} outputs more"))
    return tuple(one for one in shown if one.text or one.picture)


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


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
        if mime in data:
            return _picture(mime, data[mime]) or Shown(text=_text(data.get("text/plain", "")))
    return Shown(text=_text(data.get("text/plain", "")))


def _text(value: object) -> str:
    return cut(settled(_joined(value)))


def _joined(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _picture(mime: str, value: object) -> Shown | None:
    """A picture that is what it says it is; None where it is not."""
    text = _joined(value).replace("\n", "")
    if len(text) > MOST_PICTURE:
        return Shown(text=f"a picture of {len(text) * 3 // 4:,} bytes, too large to be shown here")
    try:
        blob = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not blob.startswith(STILL[mime]):
        return None
    return Shown(picture=f"data:{mime};base64,{text}")
