"""A whole command against the parts of it, and a batch side by side against one after another.

Writes benchmarks/batch.json, and with ``--full`` benchmarks/samples.json: eight samples of each
stage take more than an hour on two cores. Stages named after it are measured instead of all three.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import measure
from harness.engines.llama.chat import named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.records import Message
from harness.weights import fit

FULL = "--full" in sys.argv
ROUNDS = 3
STAGES = [name for name in sys.argv[1:] if not name.startswith("-")]


def project(parent: Path, name: str, concurrent: int) -> Path:
    folder = parent / name
    harness(parent, "init", name)
    path = folder / "models.toml"
    head = f'[models."{measure.MODEL}"]\n'
    path.write_text(path.read_text().replace(head, f"{head}concurrent = {concurrent}\n"))
    return folder


def harness(folder: Path, *args: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "harness", *args]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    spent = time.perf_counter() - started
    print(f"harness {' '.join(args)}, in {folder.name}: {spent:.1f} s", flush=True)
    return spent


def loading() -> float:
    """Seconds until the model is there; a command that writes cannot have it for less."""
    model = measure.model_file()
    one = LlamaCppEngine(
        LoadModel(path=model, template=named("chatml"), n_ctx=8192, threads=fit.cores())
    )
    started = time.perf_counter()
    one.count_tokens([Message(role="user", content="?")])
    spent = time.perf_counter() - started
    one.close()
    return spent


def parts(folder: Path) -> float:
    """Seconds of writing and executing, as the one record says."""
    (path,) = folder.glob("generated/*/*/*/run.json")
    run = json.loads(path.read_text())
    writing = sum(reply["completion"]["seconds"] for reply in run["replies"])
    patched = run["patched"]["execution"]["seconds"] if run["patched"]["changes"] else 0
    return writing + run["raw"]["seconds"] + patched


def one_command(scratch: Path) -> None:
    """``generate``, against what it cannot do without."""
    walls, alones, loads = [], [], []
    for number in range(ROUNDS):
        one = project(scratch, f"one{number}", 8)
        walls.append(harness(one, "generate", "--stage", "eda"))
        alones.append(parts(one))
        loads.append(loading())
    about = ("generate, wall seconds", "<= 1.03")
    whole = [alone + load for alone, load in zip(alones, loads, strict=True)]
    rows = [
        measure.row(*about, walls, "writing + executing", alones),
        measure.row(*about, walls, "loading + writing + executing", whole),
    ]
    measure.keep("batch", rows)


def samples(scratch: Path) -> None:
    """``regenerate --samples 8``, side by side and one after another."""
    batch = ["regenerate", "--samples", "8", "--model", measure.MODEL]
    batch += ["--stages", ",".join(STAGES) or "all"]
    together = harness(project(scratch, "together", 16), *batch)
    apart = harness(project(scratch, "apart", 1), *batch)
    told = ", ".join(STAGES) or "three stages"
    about = (f"regenerate --samples 8, {told}, seconds one after another", ">= 2")
    measure.keep("samples", [measure.row(*about, [apart], "side by side", [together])])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="harness-") as scratch:
        one_command(Path(scratch))
        if FULL:
            samples(Path(scratch))


if __name__ == "__main__":
    main()
