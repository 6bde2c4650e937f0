"""What Code Llama's size costs, on files of its true shape. Writes benchmarks/codellama-SIZE.json.

``python -m benchmarks.codellama 7b|13b [--full] [memory] [speed] [cold] [resume]``: all four where
none is named, and only then the file is written. 7B takes 4.1 GB of disk and 10 GB of memory, 17
where there is as much; 13B 7.9 and 17. llama.cpp's own server is a peer where
``$HARNESS_LLAMA_SERVER`` names it. ``tiny`` tries the script itself.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from benchmarks import measure
from benchmarks.codellama_files import SHAPES, first_part, vocabulary
from benchmarks.codellama_peer import N_CTX, QUESTION
from benchmarks.peers import llama_server
from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import STATES_BYTES, LoadModel
from harness.records import Completion, Message, ModelIdentity, Progress, Sampling
from harness.weights import fit, splits
from harness.weights.gguf import read_header

FULL = "--full" in sys.argv
ROUNDS, TOKENS = (3, 96) if FULL else (2, 24)
FOUR = 4
SERVER = os.environ.get("HARNESS_LLAMA_SERVER")
ASK = [Message(role="user", content=QUESTION)]
LONG = [Message(role="user", content=" ".join([QUESTION] * 6))]  # what is kept on disk is of this
LATEST_END = 20  # tokens of the reply that is kept on disk, at least


def engine(path: Path, concurrent: int = 1, n_ctx: int = N_CTX, **more: Path) -> LlamaCppEngine:
    return LlamaCppEngine(
        LoadModel(
            path=path,
            template=named("llama-2"),
            n_ctx=n_ctx,
            threads=fit.cores(),
            concurrent=concurrent,
            **more,
        )
    )


def identity(path: Path, n_ctx: int) -> ModelIdentity:
    about = {"name": "codellama", "kind": "gguf", "sha256": "0" * 64, "file": path.name}
    return ModelIdentity.model_validate({**about, "size": splits.size(path), "n_ctx": n_ctx})


# --- memory --------------------------------------------------------------------------------------


def taken(path: Path, n_ctx: int, concurrent: int) -> float:
    """Bytes, at its most, of an engine's process that has read a prompt and written a little."""
    one = engine(path, concurrent, n_ctx)
    try:
        one.complete(ASK, Sampling(max_tokens=2), range(concurrent), lambda _: None)
        (process,) = [
            child
            for child in psutil.Process().children()
            if "harness.engines.llama.server" in child.cmdline()
        ]
        status = Path(f"/proc/{process.pid}/status").read_text()
        return 1024.0 * int(re.findall(r"VmHWM:\s+(\d+)", status)[0])
    finally:
        one.close()


def memory(path: Path) -> list[dict]:
    rows = []
    free = fit.free_bytes()
    for n_ctx, concurrent in ((1024, 1), (1024, FOUR), (4096, 1), (16384, 1)):
        estimate = fit.of(identity(path, n_ctx), path, 1 << 60).needed(concurrent)
        if estimate + (1 << 30) > free:
            print(f"{n_ctx:,} tokens, {concurrent} at once: {estimate / 1e9:.1f} GB do not fit now")
            continue
        about = f"memory of {concurrent} x {n_ctx:,} tokens, GB estimated"
        measured = [taken(path, n_ctx, concurrent) / 1e9]
        rows.append(measure.row(about, "0.9 to 1.1", [estimate / 1e9], "GB taken", measured))
        print(f"{about}: {estimate / 1e9:.3f}, taken: {measured[0]:.3f}")
    fitted = fit.of(identity(path, 16384), path, free)
    print(fit.notice("Code Llama", fitted) or "16,384 tokens fit beside the weights")
    return rows


# --- speed ---------------------------------------------------------------------------------------


def writing(path: Path, samples: int) -> float:
    """Tokens per second after all first tokens."""
    marks: list[tuple[float, int]] = []

    def note(progress: Progress) -> None:
        if progress.tokens:
            marks.append((time.perf_counter(), progress.sample))

    one = engine(path, samples)
    one.complete(ASK, Sampling(temperature=0, max_tokens=TOKENS), range(samples), note)
    one.close()
    begun = max(next(i for i, mark in enumerate(marks) if mark[1] == n) for n in range(samples))
    return (len(marks) - 1 - begun) / (marks[-1][0] - marks[begun][0])


def bare(path: Path, sequences: int, tokens: int = TOKENS) -> dict:
    command = [sys.executable, "-m", "benchmarks.codellama_peer"]
    command += [str(path), str(sequences), str(tokens)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def served(path: Path, samples: int) -> float:
    """Tokens per second that llama.cpp's server says it wrote with, all slots together."""
    with llama_server(str(SERVER), path, samples, N_CTX) as base:

        def ask(seed: int) -> float:
            body = {
                "messages": [{"role": "user", "content": QUESTION}],
                "temperature": 0,
                "max_tokens": TOKENS,
                "seed": seed,
                "ignore_eos": True,
            }
            made = httpx.post(f"{base}/v1/chat/completions", json=body, timeout=1200).json()
            return float(made["timings"]["predicted_per_second"])

        with ThreadPoolExecutor(samples) as pool:
            return sum(pool.map(ask, range(samples)))


def speed(path: Path) -> list[dict]:
    rows = []
    for samples in (1, FOUR):
        peers: dict[str, Callable[[], float]] = {
            "ours": lambda n=samples: writing(path, n),
            "a bare loop on llama.cpp": lambda n=samples: float(bare(path, n)["speed"]),
        }
        if SERVER and Path(SERVER).is_file():
            peers["llama-server"] = lambda n=samples: served(path, n)
        found = measure.interleaved(ROUNDS, peers)
        about = "one sequence, tokens/s" if samples == 1 else f"{samples} at once, tokens/s"
        rows += [
            measure.row(about, ">= 0.97", found["ours"], name, found[name])
            for name in peers
            if name != "ours"
        ]
    return rows


# --- the first token -----------------------------------------------------------------------------


def forget(path: Path) -> None:
    """Let the system drop what it holds of the files, as after a restart."""
    for part in splits.files(path):
        with part.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_token(one: LlamaCppEngine, turns: list[Message], started: float) -> float:
    """Seconds from ``started`` to the first token of a reply."""
    seen: list[float] = []

    def note(progress: Progress) -> None:
        if progress.tokens and not seen:
            seen.append(time.time())

    one.complete(turns, Sampling(temperature=0, max_tokens=1), [1], note)
    return seen[0] - started


def cold(path: Path) -> list[dict]:
    def ours() -> float:
        forget(path)
        started = time.time()
        one = engine(path)
        try:
            return first_token(one, ASK, started)
        finally:
            one.close()

    def theirs() -> float:
        forget(path)
        started = time.time()
        return float(bare(path, 1, 1)["first"]) - started

    found = measure.interleaved(ROUNDS, {"ours": ours, "bare": theirs})
    about = "first token from a cold file, seconds"
    return [measure.row(about, "<= 1.1", found["ours"], "a bare loop on llama.cpp", found["bare"])]


# --- going on ------------------------------------------------------------------------------------


def ending(path: Path, size: str) -> Path:
    """The same weights with another end of a reply: a token that comes first where one may end."""
    pieces: list[str] = []

    def note(progress: Progress) -> None:
        if progress.tokens:
            pieces.append(progress.text)

    one = engine(path)
    one.complete(LONG, Sampling(temperature=0, max_tokens=4 * LATEST_END), [1], note)
    one.close()
    known = {piece: token for token, piece in enumerate(vocabulary())}
    new = [i for i, piece in enumerate(pieces) if piece in known and piece not in pieces[:i]]
    at = next((i for i in new if i >= LATEST_END), new[-1])
    return first_part(size, end=known[pieces[at]])


def resume(path: Path, size: str) -> list[dict]:
    """The next reply of a conversation: from disk, and by reading all of it again."""
    path = ending(path, size)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        states = Path(folder) / "states" / "codellama"
        one = engine(path, states=states)
        sampling = Sampling(temperature=0, max_tokens=4 * LATEST_END)
        first: Completion = one.complete(LONG, sampling, [1], lambda _: None)[0]
        one.close()
        kept = list(states.glob("*.state"))
        if not kept:
            raise SystemExit("the reply did not end by itself: nothing was kept on disk")
        turns = [*LONG, Message(role="assistant", content=first.text)]
        turns.append(Message(role="user", content="Go on."))
        held = first.prompt_tokens + first.completion_tokens

        def going_on(**more: Path) -> float:
            other = engine(path, **more)
            other.count_tokens(ASK)  # loaded
            seconds = first_token(other, turns, time.time())
            other.close()
            return seconds

        found = measure.interleaved(
            ROUNDS, {"ours": lambda: going_on(states=states), "anew": going_on}
        )
        made = measure.row(
            "first token of a conversation kept on disk, seconds",
            "<= 1.0",
            found["ours"],
            "reading it again",
            found["anew"],
        )
        size_mb = kept[0].stat().st_size / 1e6
        made["note"] = (
            f"{size_mb:.0f} MB for {held} tokens; at most {STATES_BYTES / 1e9:.1f} GB are kept, "
            f"of one conversation {STATES_BYTES / kept[0].stat().st_size * held:,.0f} tokens"
        )
        return [made]


def main() -> None:
    size = next((one for one in sys.argv if one in SHAPES), "7b")
    path = first_part(size)
    print(f"{path.name}: {read_header(path).size / 1e9:.2f} GB")
    parts = {
        "memory": lambda: memory(path),
        "speed": lambda: speed(path),
        "cold": lambda: cold(path),
        "resume": lambda: resume(path, size),
    }
    chosen = [name for name in parts if name in sys.argv] or list(parts)
    rows = []
    for name in chosen:
        for one in parts[name]():
            one["measure"] = f"Code Llama {size.upper()}, {one['measure']}"
            rows.append(one)
            print(json.dumps(one))
    if size != "tiny" and len(chosen) == len(parts):
        measure.keep(f"codellama-{size}", rows)


if __name__ == "__main__":
    main()
