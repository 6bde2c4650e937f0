"""Threads that do the same work, and tell what they find in their caller's own thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(
    items: Sequence[T],
    work: Callable[[Iterator[T], threading.Event], Iterator[R]],
    on_found: Callable[[R], None],
    *,
    workers: int,
    patience: float,
) -> None:
    """Let ``workers`` threads go through ``items`` together, in order, and tell all they find.

    ``work`` runs in each thread: it takes its next item where it has time for one, and yields what
    came of it. The event is set where the others were interrupted or failed; nothing is left to
    take then. Raises what one of them, or ``on_found``, raises. A thread that is at work is then
    waited for ``patience`` seconds; it ends with the process at the latest.
    """
    waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    done: queue.SimpleQueue[tuple[R] | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def left() -> Iterator[T]:
        while not stop.is_set():
            try:
                yield waiting.get_nowait()
            except queue.Empty:
                return

    def go() -> None:
        try:
            for found in work(left(), stop):
                done.put((found,))
            done.put(None)
        except BaseException as error:
            done.put(error)

    count = min(workers, len(items))
    threads = [threading.Thread(target=go, name=f"worker {n}", daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        _tell(done, count, on_found)
    finally:
        stop.set()
        for thread in threads:
            thread.join(patience)


def _tell(
    done: queue.SimpleQueue[tuple[R] | BaseException | None],
    working: int,
    on_found: Callable[[R], None],
) -> None:
    while working:
        found = done.get()
        if isinstance(found, BaseException):
            raise found
        if found is None:
            working -= 1
        else:
            on_found(found[0])
