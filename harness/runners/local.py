"""Worker processes on this machine, spoken to over pipes.

A worker that dies, whoever killed it, fails its own job only; another takes its place. Workers die
with the driver, however the driver ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

from harness.errors import WorkerError
from harness.ports import Happening

PR_SET_PDEATHSIG = 1  # linux/prctl.h
IDLE_SECONDS = 0.5
CLOSE_SECONDS = 10
Work = Callable[[Any, Callable[[Any], None]], Any]


class LocalRunner:
    """See ``harness.ports.Runner``. Workers are kept between calls, with what they hold in memory.

    ``make`` is called once in each worker and returns the work that it does; it must be importable.
    """

    def __init__(self, make: Callable[[], Work], workers: int) -> None:
        self._make = make
        self._workers: list[_Worker | None] = [None] * workers

    def run(self, jobs: Sequence[Any]) -> Iterator[Happening]:
        """See ``harness.ports.Runner``."""
        waiting = list(enumerate(jobs))[::-1]
        busy: dict[int, int] = {}  # worker -> job
        while waiting or busy:
            for place in range(len(self._workers)):
                if place not in busy and waiting:
                    number, job = waiting.pop()
                    busy[place] = number
                    self._worker(place).send(job)
            yield from self._hear(busy)

    def close(self) -> None:
        """End all workers and what they started."""
        for worker in filter(None, self._workers):
            worker.end()
        self._workers = [None] * len(self._workers)

    def _worker(self, place: int) -> _Worker:
        worker = self._workers[place]
        if worker is None:
            worker = self._workers[place] = _Worker(self._make)
        return worker

    def _hear(self, busy: dict[int, int]) -> Iterator[Happening]:
        pipes = {self._worker(place).pipe: place for place in busy}
        for pipe in wait(list(pipes)):
            place = pipes[pipe]  # type: ignore[index]
            number = busy[place]
            try:
                kind, value = self._worker(place).pipe.recv()
            except (EOFError, OSError):
                code = self._worker(place).end()
                self._workers[place] = None
                del busy[place]
                how = (
                    f"exit code {code}"
                    if code is None or code >= 0
                    else f"killed by signal {-code}"
                )
                yield Happening(number, place, error=WorkerError(place, how))
                continue
            if kind != "event":
                del busy[place]
            yield Happening(number, place, **{kind: value})


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, make: Callable[[], Work]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(make, theirs, os.getpid()), name="harness worker", daemon=False
        )
        self._process.start()
        theirs.close()

    def send(self, job: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # it died; the next look at the pipe says so
            self.pipe.send(job)

    def end(self) -> int | None:
        """Stop the process; returns its exit code, negative for a signal."""
        self.pipe.close()
        self._process.join(IDLE_SECONDS)  # without work it ends by itself
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(CLOSE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        return self._process.exitcode


def _serve(make: Callable[[], Work], pipe: Connection, parent: int) -> None:
    """A worker's life: jobs in, events and results out, until the pipe closes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        try:
            work = make()
            while True:
                _do(work, pipe.recv(), pipe)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is ending already


def _do(work: Work, job: Any, pipe: Connection) -> None:
    try:
        result = work(job, lambda event: pipe.send(("event", event)))
    except (EOFError, BrokenPipeError):
        raise  # the driver is gone
    except Exception as error:
        pipe.send(("error", _picklable(error)))
    else:
        pipe.send(("result", result))


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _picklable(error: Exception) -> Exception:
    import pickle  # noqa: PLC0415

    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
