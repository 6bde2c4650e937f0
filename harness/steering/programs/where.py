"""Where the last cell failed: the innermost expression that was at work in the cell's own code."""

from __future__ import annotations

import linecache
import sys
from typing import Any

LONGEST = 100_000  # characters of a source


def answer(question: dict[str, Any]) -> dict[str, Any] | None:
    """Lines from 1, columns in bytes from 0; ``ran``: whether anything of the cell did.

    ``inner`` is the same place in code of an earlier cell that was at work in the end: its source
    and a place.
    """
    shell = sys.modules["IPython"].get_ipython()
    result = shell.last_execution_result
    error = result.error_in_exec
    if error is None:
        return {"ran": False, "place": of_syntax(result.error_before_exec)}
    place = inner = None
    own = None
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if own is None and code.co_filename in shell.compile._filename_map:
            own = code.co_filename  # the first cell on the way is the one that was run
        if own is not None and code.co_filename in shell.compile._filename_map:
            at = list(code.co_positions())[trace.tb_lasti // 2]
            if code.co_filename == own:
                place, inner = at, None
            else:
                inner = [code.co_filename, at]
        trace = trace.tb_next
    if place is None:
        return {"ran": True, "place": of_syntax(error)}
    told = {"ran": True, "place": in_order(place)}
    if inner is not None:
        source = "".join(linecache.getlines(inner[0]))
        told["inner"] = [source[:LONGEST], *in_order(inner[1])]
    return told


def in_order(position: Any) -> list[Any]:
    """CPython's order is first line, last line, first column, last column."""
    first, last, start, end = position
    return [first, start, last, end]


def of_syntax(error: Any) -> list[Any] | None:
    """Where a text is no Python; its columns are characters from 1."""
    if not isinstance(error, SyntaxError):
        return None
    line, at = error.lineno, error.offset or 1
    text = error.text or ""
    last, end = error.end_lineno or line, error.end_offset or at
    start = len(text[: at - 1].encode("utf-8", "replace"))
    end = len(text[: end - 1].encode("utf-8", "replace")) if last == line else end - 1
    return [line, start, last, max(start + (last == line), end)]
