"""Our engine against its peers, on the embedded model. Writes benchmarks/decoding.json.

``--full`` takes more rounds and longer replies, and llama.cpp's own server where
``$HARNESS_LLAMA_SERVER`` names it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

from benchmarks import measure
from benchmarks.peers import PROMPT, SAMPLES, llama_server
from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.records import Completion, Message, Progress, Sampling
from harness.weights import cache
from harness.weights.fit import cores

FULL = "--full" in sys.argv
ROUNDS, TOKENS = (5, 192) if FULL else (3, 96)
SERVER = os.environ.get("HARNESS_LLAMA_SERVER")
ASK = [Message(role="user", content=PROMPT)]
CELL = (
    "df = pd.read_csv('telco.csv')\n"
    "df['TotalCharges'] = df['TotalCharges'].applymap(float)\n"
    + "".join(
        f"df['{name}'] = df['{name}'].map({{'Yes': 1, 'No': 0}})\nprint(df['{name}'].mean())\n"
        for name in ("Partner", "Dependents", "PhoneService", "PaperlessBilling", "Churn")
    )
    + "print(df.describe())\n"
)
REWRITE = [
    Message(
        role="user",
        content=f"This cell fails: Series has no attribute 'applymap'. Write the whole corrected "
        f"cell, and nothing else.\n```python\n{CELL}```",
    )
]


def engine(concurrent: int = 1) -> LlamaCppEngine:
    path = measure.model_file()
    return LlamaCppEngine(
        LoadModel(
            path=path,
            template=named("chatml"),
            n_ctx=2048,
            threads=cores(),
            concurrent=concurrent,
            timing=cache.folder() / "timing" / "benchmarks.json",
        )
    )


def writing(concurrent: int, seeds: int, tokens: int) -> float:
    """Tokens per second from the first token on; of several, from the question on."""
    marks: list[tuple[float, int]] = []

    def note(progress: Progress) -> None:
        if progress.tokens:
            marks.append((time.perf_counter(), progress.tokens))

    one = engine(concurrent)
    one.count_tokens(ASK)
    sampling = Sampling(temperature=0 if seeds == 1 else 0.2, max_tokens=tokens)
    started = time.perf_counter()
    done = one.complete(ASK, sampling, range(seeds), note)
    ended = time.perf_counter()
    one.close()
    if seeds == 1:
        return (len(marks) - 1) / (marks[-1][0] - marks[0][0])
    return sum(reply.completion_tokens for reply in done) / (ended - started)


def peer(what: str) -> float:
    command = [sys.executable, "-m", "benchmarks.peers", what, str(TOKENS)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def server() -> float:
    """llama.cpp's server with eight slots, asked for eight samples at once."""
    with llama_server(str(SERVER), measure.model_file(), SAMPLES, 2048) as base:

        def ask(seed: int) -> int:
            body = {
                "messages": [{"role": "user", "content": PROMPT}],
                "temperature": 0.2,
                "top_p": 0.95,
                "max_tokens": TOKENS,
                "seed": seed,
                "cache_prompt": True,
            }
            made = httpx.post(f"{base}/v1/chat/completions", json=body, timeout=600).json()
            return int(made["usage"]["completion_tokens"])

        started = time.perf_counter()
        with ThreadPoolExecutor(SAMPLES) as pool:
            written = sum(pool.map(ask, range(SAMPLES)))
        return written / (time.perf_counter() - started)


def rewriting(*, repeats: bool) -> tuple[float, Completion]:
    one = engine()
    first: list[float] = []

    def note(progress: Progress) -> None:
        if progress.tokens and not first:
            first.append(time.perf_counter())

    sampling = Sampling(temperature=0, max_tokens=400)
    (made,) = one.complete(REWRITE, sampling, [1], note, repeats=repeats)
    spent = time.perf_counter() - first[0]
    one.close()
    return made.completion_tokens / spent, made


def five_steps() -> tuple[int, int]:
    """Tokens of prompts that were read in five turns of one conversation, and those new in them."""
    one = engine()
    turns: list[Message] = []
    evaluated = new = before = 0
    for step in ("load the table", "count blanks", "plot churn", "correlate", "save it"):
        turns.append(Message(role="user", content=f"In pandas, {step}. Code only, few lines."))
        (made,) = one.complete(turns, Sampling(max_tokens=300), [1], lambda _: None)
        evaluated += made.evaluated or 0
        new += made.prompt_tokens - before
        before = made.prompt_tokens + made.completion_tokens
        turns.append(Message(role="assistant", content=made.text))
    one.close()
    return evaluated, new


def bandwidth() -> float:
    """Bytes per second that all threads together read from memory."""
    parts = [np.ones(32 << 20) for _ in range(cores())]  # 256 MB each
    best = 0.0
    for _ in range(5):
        started = time.perf_counter()
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(np.sum, parts))
        best = max(best, sum(part.nbytes for part in parts) / (time.perf_counter() - started))
    return best


def main() -> None:
    alone = measure.interleaved(
        ROUNDS,
        {
            "ours": lambda: writing(1, 1, TOKENS),
            "bare": lambda: peer("bare"),
            "class": lambda: peer("class"),
        },
    )
    peers = {"ours": lambda: writing(SAMPLES, SAMPLES, TOKENS), "class": lambda: peer("samples")}
    if SERVER and Path(SERVER).is_file():
        peers["server"] = server
    eight = measure.interleaved(max(2, ROUNDS // 2), peers)
    drafts = measure.interleaved(
        ROUNDS,
        {"on": lambda: rewriting(repeats=True)[0], "off": lambda: rewriting(repeats=False)[0]},
    )
    evaluated, new = five_steps()
    most = [bandwidth() / measure.model_file().stat().st_size]
    rows = [
        measure.row(*about, ours, name, theirs)
        for about, ours, name, theirs in (
            (
                ("one sequence, tokens/s", ">= 0.97"),
                alone["ours"],
                "a bare loop on llama.cpp",
                alone["bare"],
            ),
            (
                ("one sequence, tokens/s", ">= 1.05"),
                alone["ours"],
                "Llama.create_chat_completion",
                alone["class"],
            ),
            (
                ("8 samples, tokens/s", ">= 2.5"),
                eight["ours"],
                "Llama.create_chat_completion, one after another",
                eight["class"],
            ),
            (
                ("rewritten cell, tokens/s", ">= 1.8"),
                drafts["on"],
                "without guesses",
                drafts["off"],
            ),
            (
                ("prompt tokens read in a five-step stage", "<= 1.02"),
                [float(evaluated)],
                "tokens that are new",
                [float(new)],
            ),
            (
                ("one sequence, tokens/s", "reported"),
                alone["ours"],
                "memory bandwidth / bytes of the weights",
                most,
            ),
        )
    ]
    if "server" in eight:
        about = ("8 samples, tokens/s", ">= 1.1")
        name = "llama-server with 8 slots"
        rows.append(measure.row(*about, eight["ours"], name, eight["server"]))
    made = rewriting(repeats=True)[1]
    rows[3]["note"] = f"{made.accepted} of {made.drafted} guessed tokens came true"
    measure.keep("decoding", rows)


if __name__ == "__main__":
    main()
