"""What watching a reply costs, and what working ahead of a slow watcher buys.

``python -m benchmarks.watching [--full]`` writes benchmarks/watching.json, on the embedded model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from benchmarks import measure
from benchmarks.peers import PROMPT
from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import MOST_AHEAD, LoadModel
from harness.records import Message, Sampling, StepBack
from harness.weights.fit import cores

FULL = "--full" in sys.argv
ROUNDS, TOKENS = (5, 192) if FULL else (3, 64)
ASK = [Message(role="user", content=PROMPT)]
PAUSE, EVERY = 0.5, 16  # seconds that the slow watcher takes, at each so many looks


class Silent:
    """Lets all pass."""

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        return None


class Slow(Silent):
    """Takes its time now and then, as a statement does that runs; a kernel sleeps or computes."""

    def __init__(self, wait: Callable[[float], None]) -> None:
        self._wait, self._looks = wait, 0

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        self._looks += 1
        if self._looks % EVERY == 0:
            self._wait(PAUSE)
        return None


def engine(concurrent: int = 1, ahead: int = MOST_AHEAD) -> LlamaCppEngine:
    settings = LoadModel(
        path=measure.model_file(),
        template=named("chatml"),
        n_ctx=2048,
        threads=cores(),
        concurrent=concurrent,
        ahead=ahead,
    )
    one = LlamaCppEngine(settings)
    one.complete(ASK, Sampling(max_tokens=1), [0], lambda _: None)
    return one


def speed(one: LlamaCppEngine, seeds: int, make: Callable[[], Silent] | None) -> float:
    """Tokens per second of replies to a prompt that was read before."""
    watchers = [make() for _ in range(seeds)] if make else []
    sampling = Sampling(temperature=0.2, max_tokens=TOKENS)
    started = time.perf_counter()
    done = one.complete(ASK, sampling, range(seeds), lambda _: None, watchers=watchers)
    return sum(reply.completion_tokens for reply in done) / (time.perf_counter() - started)


def busy(seconds: float) -> None:
    """Compute on one core, as a kernel does."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sum(range(1000))


def main() -> None:
    rows = []
    for seeds in (1, 4):
        one = engine(seeds)
        found = measure.interleaved(
            ROUNDS,
            {"watched": lambda: speed(one, seeds, Silent), "free": lambda: speed(one, seeds, None)},  # noqa: B023
        )
        one.close()
        name = "one reply, tokens/s" if seeds == 1 else f"{seeds} replies, tokens/s"
        about = (f"{name}, watched", ">= 0.97", found["watched"], "unwatched", found["free"])
        rows.append(measure.row(*about))
    ahead, lockstep = engine(), engine(ahead=0)
    for what, wait in (("sleeps", time.sleep), ("computes", busy)):
        found = measure.interleaved(
            ROUNDS,
            {
                "ahead": lambda: speed(ahead, 1, lambda: Slow(wait)),  # noqa: B023
                "lockstep": lambda: speed(lockstep, 1, lambda: Slow(wait)),  # noqa: B023
            },
        )
        about = f"one reply, tokens/s, while its watcher {what} {PAUSE} s at every {EVERY}th token"
        rows.append(measure.row(about, "> 1", found["ahead"], "lockstep", found["lockstep"]))
    for one in (ahead, lockstep):
        one.close()
    measure.keep("watching", rows)


if __name__ == "__main__":
    main()
