"""What comes back from a kernel: counted, capped and checked before it is believed."""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbclient import NotebookClient

from harness.records import CellOutcome, CellStatus

ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
WARNING = re.compile(r"^\S+:\d+: (\w*Warning: .*)$", re.MULTILINE)
LONGEST_TRACEBACK = 20_000  # characters
LONGEST_MESSAGE = 2_000
MOST_WARNINGS = 50
MESSAGE_OVERHEAD = 200  # bytes; a million empty messages are output too
DROPPED = "\n… output over the limit was dropped by harness\n"


class CappedClient(NotebookClient):
    """nbclient, counting the bytes that a cell shows and keeping no more than ``cap``."""

    cap: int = 4 << 20
    shown: int = 0
    asked_to_exit: bool = False

    @property
    def over_cap(self) -> bool:
        """Whether the current cell has shown more than it may."""
        return self.shown > self.cap

    def begin(self, cell: nbformat.NotebookNode) -> None:
        """Make ``cell`` the only cell; call before executing it at index 0."""
        self.nb.cells = [cell]
        self._display_id_map = {}
        self.shown = 0
        self.asked_to_exit = False
        self.on_cell_executed = self._executed

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Count, then let nbclient take the message, cut to what fits."""
        before = self.shown
        content = msg.get("content")
        if isinstance(content, dict) and msg.get("msg_type") != "status":
            self.shown += _bytes(content) + MESSAGE_OVERHEAD
        if self.over_cap and isinstance(content, dict):
            if before > self.cap:
                return None
            text = content.get("text")
            if not isinstance(text, str):
                return None
            content["text"] = text[: self.cap - before] + DROPPED
        return super().process_message(msg, cell, cell_index)

    def _executed(self, execute_reply: dict[str, Any], **_: Any) -> None:
        payload = execute_reply.get("content", {}).get("payload") or []
        self.asked_to_exit = any(
            isinstance(item, dict) and item.get("source") == "ask_exit" for item in payload
        )


def _bytes(content: dict[str, Any]) -> int:
    text = content.get("text")
    if isinstance(text, str):
        return len(text)
    try:
        return len(json.dumps(content, default=str))
    except (ValueError, RecursionError):
        return 1 << 40  # too deep to count is too much to keep


def outcome(
    cell: nbformat.NotebookNode, seconds: float, status: CellStatus | None, reason: str | None
) -> CellOutcome:
    """The outcome of an executed cell. ``status`` None: read it from the outputs."""
    kept = checked(list(cell.outputs))
    failure = next((output for output in kept if output["output_type"] == "error"), None)
    text = "\n".join(o["text"] for o in kept if o["output_type"] == "stream")
    warnings = tuple(dict.fromkeys(WARNING.findall(ANSI.sub("", text))))[:MOST_WARNINGS]
    if status is None:
        status = CellStatus.OK if failure is None else CellStatus.ERROR
    error = message = traceback = None
    if failure is not None:
        error = failure["ename"][:200] or "Error"
        message = ANSI.sub("", failure["evalue"])[:LONGEST_MESSAGE]
        traceback = ANSI.sub("", "\n".join(failure["traceback"]))[-LONGEST_TRACEBACK:]
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


def checked(outputs: list[Any]) -> tuple[dict[str, Any], ...]:
    """Outputs as plain JSON that nbformat accepts; each other one becomes a note in its place.

    Cells can send any bundle they like, and one bad bundle makes a whole notebook unwritable.
    """
    problem = _problem(outputs)
    if problem is None:
        plain: list[dict[str, Any]] = json.loads(json.dumps(outputs))
        return tuple(plain)
    if len(outputs) > 1:
        return tuple(output for one in outputs for output in checked([one]))
    note = f"[harness dropped an output that no notebook can hold: {problem}]\n"
    return ({"output_type": "stream", "name": "stderr", "text": note},)


def _problem(outputs: list[Any]) -> str | None:
    try:
        text = json.dumps(outputs, allow_nan=False, ensure_ascii=False)
        text.encode()  # a lone surrogate cannot be written to any file
        plain = [nbformat.from_dict(output) for output in json.loads(text)]
        cell = nbformat.v4.new_code_cell("", id="check", outputs=plain)
        nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    except (ValueError, TypeError, RecursionError, nbformat.ValidationError) as error:
        return type(error).__name__
    return None
