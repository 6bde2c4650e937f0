"""What the terminal shows: never a control character of a model, a cell or a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import dumps

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

out = Console(highlight=False, emoji=False, markup=False)
err = Console(highlight=False, emoji=False, markup=False, stderr=True)

STATUS_STYLE = {
    "ok": "green",
    "raw": "green",
    "patched": "green",
    "error": "red",
    "failed": "red",
    "killed": "red",
    "timeout": "red",
    "not run": "dim",
    "incomplete": "yellow",
    "done": "dim",
}


def clean(text: str) -> str:
    """``text`` on one line, with control, format and surrogate characters shown as ``\\xNN``."""
    return clean_line(" ".join(text.split()))


def table(title: str, *columns: str | tuple[str, str]) -> Table:
    """A table in the house style; a column is a name, or a name and ``right``."""
    made = Table(
        title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False
    )
    for column in columns:
        name, side = column if isinstance(column, tuple) else (column, "left")
        made.add_column(
            Text(name),
            justify="right" if side == "right" else "left",
            header_style="bold",
            no_wrap=side == "right",
        )
    return made


def status(word: str) -> Text:
    """An outcome's word in its colour."""
    return Text(word, style=STATUS_STYLE.get(word, ""))


def shorten(text: str, width: int) -> Text:
    """Cleaned, and cut with an ellipsis where longer than ``width`` columns."""
    shown = Text(clean(text))
    shown.truncate(max(width, 1), overflow="ellipsis")
    return shown


def shorten_text(text: Text, width: int) -> Text:
    """A styled text, cut with an ellipsis where longer than ``width`` columns."""
    text.truncate(max(width, 1), overflow="ellipsis")
    return text


def seconds(value: float) -> str:
    """A duration for people: 0.4 s, 12 s, 3:05, 1:02:03."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int | None) -> str:
    """Bytes for people."""
    if count is None:
        return ""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def visible(text: str) -> str:
    """Like ``clean``, but line breaks and tabs stay."""
    return "\n".join("    ".join(map(clean_line, line.split("\t"))) for line in text.split("\n"))


def clean_line(line: str) -> str:
    """One line with its spaces kept and its control characters shown."""
    return "".join(
        char if not unicodedata.category(char).startswith("C") else repr(char)[1:-1]
        for char in line
    )


def notice(text: str, style: str = "yellow") -> None:
    """A line on standard error; a terminal has it broken between words, a pipe in one piece."""
    err.print(clean(text), style=style, soft_wrap=not err.is_terminal)


def block(title: str, text: str) -> None:
    """A titled text of several lines."""
    out.print(Text(clean(title), style="bold"))
    out.print(Text(visible(text)), soft_wrap=True)
    out.print()


def json(value: object) -> None:
    """JSON to standard output, unstyled; control characters are escaped by JSON itself."""
    print(dumps(value, indent=2, ensure_ascii=True))


@contextmanager
def working(label: str) -> Iterator[None]:
    """A spinner in a terminal while something without a measure goes on; nothing in a pipe."""
    if not err.is_terminal:
        yield
        return
    with err.status(Text(clean(label))):
        yield


@contextmanager
def bytes_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with speed and time left; it appears with the first report, and not in a pipe."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    task = None

    def report(done: int, total: int) -> None:
        nonlocal task
        if task is None:
            bar.start()
            task = bar.add_task(clean(label), total=total)
            if not err.is_terminal:
                err.print(f"{clean(label)} ({size(total)})")
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()
