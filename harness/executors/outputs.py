"""What comes back from a kernel, made into an outcome: joined, checked, and judged by its reply."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import nbformat

from harness.records import CellOutcome, CellStatus, Record

ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
WARNING = re.compile(r"^\S+:\d+: (\w*Warning: .*)$", re.MULTILINE)
LONGEST_TRACEBACK = 20_000  # characters
LONGEST_MESSAGE = 2_000
LONGEST_NAME = 200
MOST_FRAMES = 1_000  # lines of a traceback, each of which may have many
MOST_WARNINGS = 50
STREAMS = ("stdout", "stderr")


class KernelReply(Record):
    """What a kernel answered to a cell. A cell can forge it, as it can its outputs."""

    ok: bool
    name: str = ""  # the exception's class
    message: str = ""
    traceback: tuple[str, ...] = ()
    asked_to_exit: bool = False


def reply_of(content: object) -> KernelReply:
    """A kernel's reply in plain, short text. What is not a reply that says ``ok`` is an error."""
    found = content if isinstance(content, dict) else {}
    payload = found.get("payload")
    asked_to_exit = isinstance(payload, list) and any(
        isinstance(item, dict) and item.get("source") == "ask_exit" for item in payload
    )
    if found.get("status") == "ok":
        return KernelReply(ok=True, asked_to_exit=asked_to_exit)
    name = "" if found.get("ename") == "NoneType" else _text(found.get("ename"), LONGEST_NAME)
    message = _text(found.get("evalue"), LONGEST_MESSAGE)
    if not name:
        status = _text(found.get("status"), LONGEST_NAME) or "nothing"
        name = "AbortedError" if status == "aborted" else "KernelError"
        message = message or f"the kernel's reply says {status}, and names no error"
    lines = found.get("traceback")
    lines = lines[-MOST_FRAMES:] if isinstance(lines, list) else []
    return KernelReply(
        ok=False,
        name=name,
        message=message,
        traceback=tuple(_text(line, LONGEST_TRACEBACK) for line in lines if isinstance(line, str)),
        asked_to_exit=asked_to_exit,
    )


def outcome(
    outputs: Sequence[Any],
    seconds: float,
    reply: KernelReply | None,
    status: CellStatus | None = None,
    reason: str | None = None,
) -> CellOutcome:
    """The outcome of an executed cell, from the kernel's ``reply``, or a ``status`` that the
    harness gave because it ended the kernel.

    A reply that says ``error`` where no error was shown adds one to the outputs. An error that
    was shown is one whatever the reply says: a figure that cannot be drawn is reported so.
    """
    kept = shown(outputs)
    failure = next((output for output in kept if output["output_type"] == "error"), None)
    if failure is None and status is None and reply is not None and not reply.ok:
        failure = _error(reply)
        kept = (*kept, failure)
    text = "\n".join(o["text"] for o in kept if o["output_type"] == "stream")
    warnings = tuple(dict.fromkeys(WARNING.findall(ANSI.sub("", text))))[:MOST_WARNINGS]
    if status is None:
        status = CellStatus.OK if failure is None else CellStatus.ERROR
    error = message = traceback = None
    if failure is not None:
        error = failure["ename"][:LONGEST_NAME] or "Error"
        message = ANSI.sub("", failure["evalue"])[:LONGEST_MESSAGE]
        lines = "\n".join(failure["traceback"])[-2 * LONGEST_TRACEBACK :]
        traceback = ANSI.sub("", lines)[-LONGEST_TRACEBACK:] or f"{error}: {message}"
    elif status is CellStatus.TIMEOUT:
        error, message = "CellTimeout", reason
    elif status is CellStatus.KILLED:
        error, message = "KernelKilled", reason
    return CellOutcome(
        status=status,
        seconds=seconds,
        error=error,
        message=message,
        traceback=traceback,
        reason=reason,
        warnings=warnings,
        outputs=kept,
    )


def shown(outputs: Iterable[Any]) -> tuple[dict[str, Any], ...]:
    """A cell's outputs as a notebook holds them: streams joined, each output checked."""
    return checked(_joined(outputs))


def checked(outputs: list[Any]) -> tuple[dict[str, Any], ...]:
    """Outputs as plain JSON that nbformat accepts; each other one becomes a note in its place.

    Cells can send any bundle they like, and one bad bundle makes a whole notebook unwritable.
    """
    try:
        return _plain(outputs)
    except (ValueError, TypeError, RecursionError, nbformat.ValidationError) as error:
        problem = type(error).__name__
    if len(outputs) > 1:
        return tuple(output for one in outputs for output in checked([one]))
    return (dropped(problem),)


def dropped(problem: str) -> dict[str, Any]:
    """What stands in the place of an output that no notebook can hold."""
    note = f"[harness dropped an output that no notebook can hold: {problem}]\n"
    return {"output_type": "stream", "name": "stderr", "text": note}


def _plain(outputs: list[Any]) -> tuple[dict[str, Any], ...]:
    text = json.dumps(outputs, allow_nan=False, ensure_ascii=False)
    # A lone surrogate cannot be written to any file.
    plain: list[dict[str, Any]] = json.loads(text.encode(errors="replace"))
    cell = nbformat.v4.new_code_cell("", id="check", outputs=[nbformat.from_dict(o) for o in plain])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    return tuple(plain)


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """Neighbouring pieces of a stream as one, so that prints and figures keep their order.

    Between two figures standard output comes before standard error: how their pieces mix
    depends on when the kernel sent them, and would differ from run to run.
    """
    joined: list[Any] = []
    for is_stream, pieces in itertools.groupby(outputs, _is_stream):
        if not is_stream:
            joined += pieces
            continue
        texts: dict[str, list[str]] = {name: [] for name in STREAMS}
        for piece in pieces:
            texts[piece["name"]].append(piece["text"])
        joined += [
            {"output_type": "stream", "name": name, "text": _overwritten("".join(text))}
            for name, text in texts.items()
            if text
        ]
    return joined


def _is_stream(output: Any) -> bool:
    return (
        output.get("output_type") == "stream"
        and output.get("name") in STREAMS
        and isinstance(output.get("text"), str)
    )


def _overwritten(text: str) -> str:
    """``text`` as a terminal shows it, where a carriage return begins the line again."""
    return "\n".join(_last(line) for line in text.split("\n")) if "\r" in text else text


def _last(line: str) -> str:
    body = line.rstrip("\r")
    return body.rpartition("\r")[2] + line[len(body) :]


def _error(reply: KernelReply) -> dict[str, Any]:
    return {
        "output_type": "error",
        "ename": reply.name,
        "evalue": reply.message,
        "traceback": list(reply.traceback),
    }


def _text(value: object, longest: int) -> str:
    text = value if isinstance(value, str) else ""
    # backslashreplace keeps what a lone surrogate was; "replace" would hide it.
    return text[:longest].encode(errors="backslashreplace").decode()
