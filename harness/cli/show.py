"""What the terminal shows: never a control character of a model, a cell or a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from typing import IO

from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.segment import Segment
from rich.text import Text

from harness import files
from harness.cli.fitted import FittedTable
from harness.cli.visible import SUSPECT, clean, clean_line, clean_lines, unguarded

__all__ = ["clean", "clean_line"]  # beside what is defined here

NO_WIDTH = 1_000_000  # columns
LARGE = 64 << 20  # bytes of a file that takes a while
LABEL = 8  # columns of a label, so that labels stand below each other


class Level(Enum):
    """How much is said: results and errors, or what goes with them too, or everything."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class _Chosen:
    """What -q and -v chose, for the whole program."""

    level = Level.NORMAL


class _Console(Console):
    """As wide as its terminal; in a pipe, which has no edge to break lines at, without a width.

    Whatever it draws is visible: styles are its own, and never those of a text.
    """

    @property  # type: ignore[misc]  # rich's can be set, too
    def size(self) -> ConsoleDimensions:
        """See ``Console``."""
        found = super().size
        return found if self.is_terminal else found._replace(width=NO_WIDTH)

    @property  # type: ignore[misc]
    def file(self) -> IO[str]:
        """See ``Console``."""
        return unguarded(super().file)  # type: ignore[no-any-return]

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """See ``Console``."""
        for segment in super().render(renderable, options):
            if segment.control is None and SUSPECT.search(segment.text):
                yield segment._replace(text=clean_lines(segment.text))
            else:
                yield segment


def console(*, stderr: bool) -> Console:
    """A console in the house style, for standard output or standard error."""
    return _Console(highlight=False, emoji=False, markup=False, stderr=stderr)


out = console(stderr=False)
err = console(stderr=True)

STATUS_STYLE = {
    "ok": "green",
    "raw": "green",
    "repaired": "green",
    "patched": "green",
    "error": "red",
    "failed": "red",
    "killed": "red",
    "timeout": "red",
    "not run": "dim",
    "incomplete": "yellow",
    "done": "dim",
}


def set_level(level: Level) -> None:
    """Say as much as this from now on."""
    _Chosen.level = level


def is_verbose() -> bool:
    """Whether -v asked for everything."""
    return _Chosen.level is Level.VERBOSE


def is_quiet() -> bool:
    """Whether -q asked for results and errors alone."""
    return _Chosen.level is Level.QUIET


def line(text: str, style: str = "") -> None:
    """A result in one line; a terminal wraps it itself, so that a copied path is whole."""
    out.print(clean_line(text), style=style, soft_wrap=True)


def info(what: RenderableType = "", style: str = "") -> None:
    """What goes with results: progress, and what to do next. -q leaves it out."""
    if not is_quiet():
        out.print(clean_line(what) if isinstance(what, str) else what, style=style)


def notice(text: str, style: str = "yellow") -> None:
    """A warning on standard error. -q leaves it out."""
    if not is_quiet():
        error(text, style)


def error(text: str, style: str = "") -> None:
    """A line on standard error; a terminal has it broken between words, a pipe in one piece."""
    err.print(clean(text), style=style)


def table(title: str, *columns: str | tuple[str, ...], header: bool = True) -> FittedTable:
    """An empty table in the house style; ``FittedTable`` says how columns are set."""
    return FittedTable(title, *columns, header=header)


def facts(rows: Iterable[tuple[str, str | Text]]) -> None:
    """Labelled lines, one below the other."""
    made = table("", "label", ("fact", "text"), header=False)
    for label, fact in rows:
        made.add_row(label.ljust(LABEL), fact)
    out.print(made)


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 check``, ``2 checks``; ``plural`` where an s is not enough."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def status(word: str) -> Text:
    """A status or an outcome in its colour."""
    return Text(word, style=STATUS_STYLE.get(word, ""))


def shorten(text: str, width: int) -> Text:
    """Cleaned, and in a terminal cut with an ellipsis where longer than ``width`` columns."""
    shown = Text(clean(text))
    if out.is_terminal:
        shown.truncate(max(width, 1), overflow="ellipsis")
    return shown


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
    if count < 1e5:
        return f"{count / 1e3:.1f} kB"
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def visible(text: str) -> str:
    """Like ``clean``, but line breaks and tabs stay."""
    return "\n".join("    ".join(map(clean_line, line.split("\t"))) for line in text.split("\n"))


def block(title: str, text: str) -> None:
    """A titled text of several lines."""
    out.print(Text(clean(title), style="bold"))
    out.print(Text(visible(text)), soft_wrap=True)
    out.print()


def json(value: object) -> None:
    """JSON to standard output, unstyled; control characters are escaped by JSON itself."""
    print(files.to_json(value, indent=2, ascii_only=True))


def exactly(blob: bytes) -> None:
    """A file's content to standard output, to the byte; in a terminal, made visible."""
    if sys.stdout.isatty():
        print(clean_lines(blob.decode(errors="replace")), end="")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(blob)
    sys.stdout.flush()


@contextmanager
def working(label: str) -> Iterator[None]:
    """A spinner in a terminal while something without a measure goes on; nothing in a pipe."""
    if not err.is_terminal or is_quiet():
        yield
        return
    with err.status(Text(clean(label))):
        yield


@contextmanager
def reading(label: str) -> Iterator[Callable[[int, int], None]]:
    """A spinner, and a bar with the time left once a large file is reported."""
    with ExitStack() as shown:
        shown.enter_context(working(label))
        bar: Callable[[int, int], None] | None = None

        def report(done: int, total: int) -> None:
            nonlocal bar
            if total < LARGE:
                return
            if bar is None:
                shown.close()  # a terminal shows one of them at a time
                bar = shown.enter_context(bytes_bar(label))
            bar(done, total)

        yield report


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
        disable=not err.is_terminal or is_quiet(),
    )
    task = None

    def report(done: int, total: int) -> None:
        nonlocal task
        if task is None:
            bar.start()
            task = bar.add_task(clean(label), total=total)
            if not err.is_terminal:
                notice(f"{label} ({size(total)})", "none")
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()
