"""The part of the terminal that moves while something is done; nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import RenderableType
from rich.live import Live

from harness.cli import show


class LiveDisplay:
    """A context manager that shows what ``shown`` returns, again and again, and then clears it."""

    def __init__(self, shown: Callable[[], RenderableType], per_second: float) -> None:
        self._live = Live(
            get_renderable=shown,
            console=show.out,
            refresh_per_second=per_second,
            transient=True,
        )

    def __enter__(self) -> Self:
        if show.out.is_terminal and not show.is_quiet():
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
