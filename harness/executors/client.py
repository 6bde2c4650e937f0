"""nbclient, which executes cells, with a count of what each of them shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbclient import NotebookClient

from harness.executors import outputs

MESSAGE_OVERHEAD = 200  # bytes; a million empty messages are output too
DROPPED = "\n… output over the limit was dropped by harness\n"


class CappedClient(NotebookClient):
    """Executes cells, and keeps no more than ``cap`` bytes of what each of them shows.

    What was cleared, or replaced by an update, is not counted. All cells that ran stay known, for
    a later one may update what an earlier one shows.
    """

    cap: int = 4 << 20
    reply: outputs.KernelReply | None = None
    over_cap: bool = False  # whether the current cell has shown more than it may

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: list[_Shown] = []  # one for each cell
        self._updated: set[int] = set()
        self.on_cell_executed = self._executed

    def begin(self, cell: nbformat.NotebookNode) -> int:
        """Make ``cell`` the current one. Returns its index, at which to execute it."""
        self._forget()
        self.nb.cells.append(cell)
        self._shown.append(_Shown())
        self.reply = None
        self.over_cap = False
        return len(self.nb.cells) - 1

    def updated(self) -> dict[int, tuple[dict[str, Any], ...]]:
        """Outputs of cells, by index, that later cells have updated since the last call."""
        changed, self._updated = sorted(self._updated), set()
        return {index: outputs.shown(self.nb.cells[index].outputs) for index in changed}

    def process_message(
        self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int
    ) -> nbformat.NotebookNode | None:
        """Let nbclient take the message, cut to what fits, and count what remains of it."""
        content, size, waiting = msg["content"], msg["size"], self.clear_before_next_output
        if self.over_cap:
            return None  # the end of the cell as well: it is ended from outside
        shows = size > self.cap or msg["msg_type"] not in {"status", "clear_output"}
        if shows and not self._fits(msg, cell_index):
            self.over_cap = True
            if not isinstance(content.get("text"), str):
                return None
            room = self.cap if waiting else self.cap - self._shown[cell_index].total
            content["text"] = content["text"][: max(0, room)] + DROPPED
        output = None
        try:
            output = super().process_message(msg, cell, cell_index)
        except (nbformat.ValidationError, AttributeError, KeyError, TypeError, ValueError) as error:
            note = outputs.dropped(type(error).__name__)
            cell.outputs.append(nbformat.from_dict(note))
        shown = self._shown[cell_index]
        if not cell.outputs or (waiting and not self.clear_before_next_output):
            shown.clear()
        if len(cell.outputs) > len(shown.sizes):
            shown.append(size + MESSAGE_OVERHEAD)
        for index, places in self._places(content).items():
            for place in places:
                self._shown[index].replace(place, size + MESSAGE_OVERHEAD)
            if places and index != cell_index:
                self._updated.add(index)
        return output

    def _fits(self, msg: dict[str, Any], cell_index: int) -> bool:
        """Whether no cell shows more than ``cap`` when the message is taken."""
        size = msg["size"] + MESSAGE_OVERHEAD
        totals = {
            index: self._shown[index].total
            + sum(size - self._shown[index].sizes[place] for place in places)
            for index, places in self._places(msg["content"]).items()
        }
        if msg["msg_type"] != "update_display_data":
            kept = totals.get(cell_index, self._shown[cell_index].total)
            totals[cell_index] = size + (0 if self.clear_before_next_output else kept)
        return size <= self.cap and all(total <= self.cap for total in totals.values())

    def _places(self, content: Mapping[str, Any]) -> Mapping[int, list[int]]:
        """Where the output that a message brings or updates is shown: cell -> outputs."""
        transient = content.get("transient")
        name = transient.get("display_id") if isinstance(transient, dict) else None
        places: Mapping[int, list[int]] = (
            self._display_id_map.get(name, {}) if isinstance(name, str) else {}
        )
        return places

    def _forget(self) -> None:
        """Let go of outputs that nothing can update any more."""
        places = [cells.items() for cells in self._display_id_map.values()]
        reachable = {index for cells in places for index, where in cells if where}
        for index, cell in enumerate(self.nb.cells):
            if index not in reachable:
                cell.outputs = []

    def _executed(self, execute_reply: dict[str, Any], **_: Any) -> None:
        self.reply = execute_reply["content"].get("reply")


class _Shown:
    """The bytes of each output that a cell shows."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.total = 0

    def append(self, size: int) -> None:
        self.sizes.append(size)
        self.total += size

    def replace(self, place: int, size: int) -> None:
        self.total += size - self.sizes[place]
        self.sizes[place] = size

    def clear(self) -> None:
        self.sizes.clear()
        self.total = 0
