"""A bare loop on llama.cpp for any file, in a process of its own; the peer of ``codellama``.

``python -m benchmarks.codellama_peer FILE SEQUENCES TOKENS`` reads the prompt for each sequence and
writes so many tokens of each, greedily. It prints JSON: tokens per second of writing, and the
moment of the first token in seconds of the system's clock.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import llama_cpp as llama

from harness.engines.llama.bindings import N_UBATCH, LlamaContext, Row, Vocabulary
from harness.weights.fit import cores

PROMPT = "<s>[INST] {} [/INST]"
QUESTION = "Write a long Python module that cleans, explores and plots a table of customers."
N_CTX = 1024


def write(path: Path, sequences: int, tokens: int) -> dict[str, object]:
    vocabulary = Vocabulary(path, vocab_only=False)
    context = LlamaContext(
        vocabulary,
        cells=N_CTX * sequences,
        sequences=sequences,
        threads=cores(),
        cache_type="f16",
        flash_attention=False,
        unified=False,
    )
    prompt = vocabulary.tokens(PROMPT.format(QUESTION))
    sampler = llama.llama_sampler_init_greedy()
    drawn: list[list[int]] = []
    firsts: list[float] = []
    for sequence in range(sequences):
        rows = [Row(token, i, sequence, i + 1 == len(prompt)) for i, token in enumerate(prompt)]
        for start in range(0, len(rows), N_UBATCH):
            context.read(rows[start : start + N_UBATCH])
        last = (len(rows) - 1) % N_UBATCH
        drawn.append([int(llama.llama_sampler_sample(sampler, context.raw, last))])
        firsts.append(time.time())
    started = time.perf_counter()
    for i in range(tokens):
        context.read([Row(one[-1], len(prompt) + i, n, True) for n, one in enumerate(drawn)])
        for n, one in enumerate(drawn):
            one.append(int(llama.llama_sampler_sample(sampler, context.raw, n)))
    spent = time.perf_counter() - started
    return {"speed": tokens * sequences / spent, "first": firsts[0]}


if __name__ == "__main__":
    print(json.dumps(write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
