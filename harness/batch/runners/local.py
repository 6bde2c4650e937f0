"""Worker processes on this machine, spoken to over pipes.

Each has lanes, threads that share what the process holds in memory, such as a model. A worker that
dies, whoever killed it, fails the jobs of its own lanes only; another takes its place. Workers die
with the driver, however the driver ends; their temporary folders go where it ends by itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NoReturn

from harness import files
from harness.errors import HarnessError, WorkerError, told
from harness.ports import OnWorkerEvent, WorkerEvent

PR_SET_PDEATHSIG = 1  # linux/prctl.h
IDLE_SECONDS = 0.5
CLOSE_SECONDS = 10
Work = Callable[[Any, Callable[[Any], None]], Any]


class LocalRunner:
    """See ``harness.ports.Runner``. Workers are kept between calls, with what they hold in memory.

    ``make`` is called once in each worker and returns the work that it does; it must be importable,
    and with more than one lane its work must bear being called from several threads.
    """

    def __init__(self, make: Callable[[], Work], workers: int, lanes: int = 1) -> None:
        self._make = make
        self._workers: list[_Worker | None] = [None] * workers
        self._lanes = lanes

    def run(self, jobs: Sequence[Any], on_event: OnWorkerEvent) -> None:
        """See ``harness.ports.Runner``."""
        waiting = list(enumerate(jobs))[::-1]
        busy: dict[int, int] = {}  # job -> place: a lane of a worker, counted through
        places = [
            worker * self._lanes + lane
            for lane in range(self._lanes)
            for worker in range(len(self._workers))
        ]
        while waiting or busy:
            for place in [one for one in places if one not in busy.values()]:
                if waiting:
                    number, job = waiting.pop()
                    busy[number] = place
                    try:
                        self._worker(place // self._lanes).send(number, job)
                    except Exception as error:  # no process, or a job that is no value
                        del busy[number]
                        on_event(WorkerEvent(number, place, error=told(error)))
            for event in self._hear(busy) if busy else ():
                on_event(event)

    def close(self) -> None:
        """End all workers and what they started."""
        for worker in filter(None, self._workers):
            worker.end()
        self._workers = [None] * len(self._workers)

    def _worker(self, index: int) -> _Worker:
        worker = self._workers[index]
        if worker is None:
            worker = self._workers[index] = _Worker(self._make)
        return worker

    def _hear(self, busy: dict[int, int]) -> Iterator[WorkerEvent]:
        pipes = {self._worker(index).pipe: index for index in self._at_work(busy)}
        for pipe in wait(list(pipes)):
            index = pipes[pipe]  # type: ignore[index]
            try:
                number, kind, value = self._worker(index).pipe.recv()
            except (EOFError, OSError):
                yield from self._bury(index, busy)
                continue
            place = busy[number]
            if kind != "event":
                del busy[number]
            yield WorkerEvent(number, place, **{kind: value})

    def _at_work(self, busy: dict[int, int]) -> set[int]:
        return {place // self._lanes for place in busy.values()}

    def _bury(self, index: int, busy: dict[int, int]) -> Iterator[WorkerEvent]:
        code = self._worker(index).end()
        self._workers[index] = None
        how = f"exit code {code}" if code is None or code >= 0 else f"killed by signal {-code}"
        for number, place in list(busy.items()):
            if place // self._lanes == index:
                del busy[number]
                yield WorkerEvent(number, place, error=WorkerError(index, how))


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, make: Callable[[], Work]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._scratch = files.Scratch()
        self._scratch.path.chmod(0o711)  # the sandbox's user must get through
        self._process = context.Process(
            target=_serve,
            args=(make, theirs, os.getpid(), str(self._scratch.path)),
            name="harness worker",
            daemon=False,
        )
        self._process.start()
        theirs.close()

    def send(self, number: int, job: Any) -> None:
        with contextlib.suppress(BrokenPipeError):  # it died; the next look at the pipe says so
            self.pipe.send((number, job))

    def end(self) -> int | None:
        """Stop the process and remove its files; returns its exit code, negative for a signal."""
        self.pipe.close()
        self._process.join(IDLE_SECONDS)  # it ends by itself when the pipe does
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(CLOSE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._scratch.close()
        return self._process.exitcode


def _serve(make: Callable[[], Work], pipe: Connection, parent: int, scratch: str) -> None:
    """A worker's life: jobs in, events and results out, until the pipe closes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    signal.signal(signal.SIGTERM, _stop)
    tempfile.tempdir = scratch
    said = threading.Lock()

    def say(number: int, kind: str, value: Any) -> None:
        with said:
            pipe.send((number, kind, value))

    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        work = make()
        while True:
            number, job = pipe.recv()
            threading.Thread(target=_do, args=(work, number, job, say), daemon=True).start()
    # Nobody listens any more: what the lanes still do, kernels and models included, ends with us.
    os._exit(0)


def _do(work: Work, number: int, job: Any, say: Callable[[int, str, Any], None]) -> None:
    try:
        result = work(job, lambda event: say(number, "event", event))
    except BaseException as error:  # a panic of compiled code is no Exception; the driver waits
        with contextlib.suppress(OSError):  # the driver may be gone
            say(number, "error", _picklable(error))
    else:
        with contextlib.suppress(OSError):
            say(number, "result", result)


def _stop(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _picklable(error: BaseException) -> HarnessError:
    import pickle  # noqa: PLC0415

    known = told(error)
    try:
        pickle.loads(pickle.dumps(known))  # noqa: S301 - our own bytes
    except Exception:
        return HarnessError(known.message, known.hint)
    return known
