"""Workers on a Ray cluster: an actor each, its events streamed back as values.

Nothing is shared with the cluster but what jobs carry and what workers return. A worker that is
lost with its node is told as such, so that its job can be given to another. Ray is an extra.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # its C++ speaks past every logger

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from harness.errors import HarnessError, WorkerError, told
from harness.ports import OnWorkerEvent, WorkerEvent

THREADS = 1  # CPUs that a worker asks the cluster for
CONNECT_SECONDS = 30
KNOCK_SECONDS = 5
WAIT_SECONDS = 1.0
Work = Callable[[Any, Callable[[Any], None]], Any]


def connect(address: str | None) -> tuple[int, int]:
    """Join a running cluster; returns (workers that fit, nodes). Raises HarnessError."""
    where = address or "this machine"
    hint = "Start one with: ray start --head, or give --address HOST:PORT"
    if address is not None:
        _knock(address, hint)
    found: list[BaseException | None] = []

    def join() -> None:
        try:
            ray.init(
                address=address or "auto",
                ignore_reinit_error=True,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
            found.append(None)
        except BaseException as error:
            found.append(error)

    # Ray waits for minutes for an address that does not answer.
    thread = threading.Thread(target=join, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not found:
        raise HarnessError(f"no Ray cluster at {where} within {CONNECT_SECONDS} s", hint)
    if found[0] is not None:
        said = str(found[0]).splitlines()[0][:120]
        raise HarnessError(f"no Ray cluster at {where} ({said})", hint)
    nodes = [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    cpus = sum(node["Resources"].get("CPU", 0) for node in nodes)
    return max(1, int(cpus // THREADS)), len(nodes)


def _knock(address: str, hint: str) -> None:
    # Ray itself waits long, and its C++ complains past every logger.
    host, _, port = address.rpartition("/")[2].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=KNOCK_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise HarnessError(f"no Ray cluster at {address} ({error})", hint) from None


class RayRunner:
    """See ``harness.ports.Runner``; ``connect`` comes first."""

    def __init__(self, make: Callable[[], Work], workers: int, pack: Callable[[Any], Any]) -> None:
        self._make, self._pack = make, pack
        self._hands: list[Any] = [None] * workers
        self._lost: set[int] = set()

    def run(self, jobs: Sequence[Any], on_event: OnWorkerEvent) -> None:
        """See ``harness.ports.Runner``."""
        waiting = list(enumerate(jobs))[::-1]
        streams: dict[Any, tuple[int, int]] = {}  # stream -> (job, worker)
        while waiting or streams:
            busy = {place for _, place in streams.values()}
            for place in self._places():
                if place not in busy and waiting:
                    number, job = waiting.pop()
                    streams[self._hand(place).do.remote(self._pack(job))] = (number, place)
            ready, _ = ray.wait(list(streams), num_returns=1, timeout=WAIT_SECONDS)
            for stream in ready:
                number, place = streams[stream]
                event = self._next(stream, number, place)
                if event is not None and event.event is None:
                    del streams[stream]
                if event is not None:
                    on_event(event)

    def close(self) -> None:
        """End the workers and leave the cluster; its nodes stay."""
        for hand in filter(None, self._hands):
            ray.kill(hand)
        self._hands = [None] * len(self._hands)
        ray.shutdown()

    def _places(self) -> list[int]:
        """Workers to use. One that was lost is made anew only where no other is left.

        A cluster takes a while to see that a node is gone, and would wait for it for ever.
        """
        held = [place for place, hand in enumerate(self._hands) if hand is not None]
        new = [place for place in range(len(self._hands)) if place not in (*held, *self._lost)]
        return held + new or [0]

    def _hand(self, place: int) -> Any:
        if self._hands[place] is None:
            remote = ray.remote(_Hand).options(num_cpus=THREADS, max_restarts=0)
            self._hands[place] = remote.remote(self._make)
        return self._hands[place]

    def _next(self, stream: Any, number: int, place: int) -> WorkerEvent | None:
        try:
            kind, value = ray.get(next(stream))
        except StopIteration:
            return None
        except RayTaskError as error:
            return WorkerEvent(number, place, error=RuntimeError(str(error.cause)[:300]))
        except (RayActorError, RayError) as error:
            self._hands[place] = None
            self._lost.add(place)
            how = str(error).splitlines()[0][:120]
            return WorkerEvent(number, place, error=WorkerError(place, how, lost=True))
        return WorkerEvent(number, place, **{kind: value})


class _Hand:
    """A worker: turns the calls that its work makes into a stream."""

    def __init__(self, make: Callable[[], Work]) -> None:
        self._work = make()

    def do(self, job: Any) -> Iterator[tuple[str, Any]]:
        said: queue.Queue[tuple[str, Any]] = queue.Queue()

        def perform() -> None:
            try:
                said.put(("result", self._work(job, lambda event: said.put(("event", event)))))
            except BaseException as error:  # a panic of compiled code is no Exception
                said.put(("error", told(error)))

        threading.Thread(target=perform, daemon=True).start()
        while True:
            kind, value = said.get()
            yield kind, value
            if kind != "event":
                return
