"""The peers of the decoding benchmark, each in a process of its own.

``python -m benchmarks.peers bare|class|samples TOKENS`` prints tokens per second of writing, after
the prompt was read, on the embedded model.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import llama_cpp as llama

from benchmarks import measure
from harness.engines.llama.bindings import LlamaContext, Row, Vocabulary
from harness.weights.fit import cores

PROMPT = "Write a long Python module that cleans, explores and plots a table of customers."
SAMPLES = 8


def bare(tokens: int) -> float:
    """llama_decode and llama_sampler_sample in a loop, nothing else."""
    vocabulary = Vocabulary(measure.model_file(), vocab_only=False)
    context = LlamaContext(
        vocabulary,
        cells=2048,
        sequences=1,
        threads=cores(),
        cache_type="f16",
        flash_attention=False,
    )
    prompt = vocabulary.tokens(f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n")
    last = len(prompt) - 1
    context.read([Row(token, i, 0, i == last) for i, token in enumerate(prompt)])
    sampler = llama.llama_sampler_init_greedy()
    token = llama.llama_sampler_sample(sampler, context.raw, last)
    started = time.perf_counter()
    batch = llama.llama_batch_init(1, 0, 1)
    batch.n_tokens, batch.n_seq_id[0], batch.seq_id[0][0], batch.logits[0] = 1, 1, 0, True
    for i in range(tokens):
        batch.token[0], batch.pos[0] = token, len(prompt) + i
        llama.llama_decode(context.raw, batch)
        token = llama.llama_sampler_sample(sampler, context.raw, 0)
    return tokens / (time.perf_counter() - started)


def high_level(tokens: int, samples: int) -> float:
    """Llama.create_chat_completion, streamed: reading the prompt is told from writing."""
    model = llama.Llama(
        model_path=str(measure.model_file()), n_ctx=2048, n_threads=cores(), verbose=False
    )
    written, spent = 0, 0.0
    for seed in range(samples):
        stream = model.create_chat_completion(
            [{"role": "user", "content": PROMPT}],
            temperature=0.0 if samples == 1 else 0.2,
            max_tokens=tokens,
            seed=seed,
            stream=True,
        )
        started = time.perf_counter()
        for piece in stream:
            if piece["choices"][0]["delta"].get("content"):
                if samples == 1 and not written:
                    started = time.perf_counter()
                written += 1
        spent += time.perf_counter() - started
    return (written - (samples == 1)) / spent  # of one, the first token ended the reading


@contextmanager
def llama_server(program: str, path: Path, slots: int, n_ctx: int) -> Iterator[str]:
    """llama.cpp's own server with so many slots of ``n_ctx`` tokens; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "-m", str(path), "-t", str(cores()), "-np", str(slots)]
    command += ["-c", str(n_ctx * slots), "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        wait, ready = time.monotonic() + 300, False
        while time.monotonic() < wait and not ready:
            if process.poll() is not None:
                raise RuntimeError(f"{program} ended with code {process.returncode}")
            with suppress(httpx.HTTPError):
                ready = httpx.get(f"{base}/health").status_code == 200
            time.sleep(0.0 if ready else 0.2)
        yield base
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    print(bare(count) if what == "bare" else high_level(count, SAMPLES if what == "samples" else 1))
