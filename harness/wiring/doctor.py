"""Is this machine ready? One finding per thing that a run needs, each with how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil

from harness import files, machine, wiring
from harness.errors import HarnessError
from harness.project import models
from harness.records import Limits, Record, SteeringKind, Workspace
from harness.weights import cache, identities, sources, splits
from harness.weights.gguf import read_header

SLOW_TO_IMPORT = ("IPython", "pandas", "matplotlib", "sklearn")
ENOUGH_DISK = 5e9  # bytes: the embedded weights, a pulled model's margin, notebooks
VECTOR_FLAGS = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")

STEERED = {
    SteeringKind.TOKENS: "stepped back within a reply, and kept from what failed",
    SteeringKind.PREFIX: "cut where a statement fails, and asked to go on from there",
    SteeringKind.NONE: "cannot be stepped back",
}


class Finding(Record):
    """One line of the doctor's report."""

    what: str
    state: Literal["ok", "note", "problem"]
    found: str
    mend: str = ""


def findings(project: Path | None) -> Iterator[Finding]:
    """All findings, in order; each is made only when it is asked for, as some take seconds."""
    facts = machine.facts()
    yield Finding(
        what="machine",
        state="ok",
        found=f"{facts['processor']}, {facts['cores']} cores, "
        f"{int(facts['memory']) / 1e9:.0f} GB memory, Python {facts['python']}",
    )
    yield _engine()
    yield _processor()
    if project is not None:
        yield from _weights(project)
        yield from _steering(project)
    problem = wiring.sandbox_problem()
    if problem is None:
        yield Finding(
            what="sandbox", state="ok", found="level 3 bwrap, its promises checked inside"
        )
    else:
        yield Finding(
            what="sandbox",
            state="problem",
            found=problem,
            mend="Install it: sudo apt-get install bubblewrap (as root in a container: allow "
            "user namespaces)",
        )
    yield _kernel(sandboxed=problem is None)
    yield _packages()
    yield _disk(cache.folder(), "HARNESS_CACHE=/another/disk")
    if project is not None:
        yield _disk(project, "Use a project on another disk: --project")


def _engine() -> Finding:
    try:
        import llama_cpp

        version = importlib.metadata.version("llama-cpp-python")
        gpu = "GPU build" if llama_cpp.llama_supports_gpu_offload() else "CPU build"
    except (ImportError, OSError, RuntimeError) as error:
        return Finding(
            what="engine",
            state="problem",
            found=f"llama-cpp-python does not load ({error})",
            mend="make clean setup",
        )
    return Finding(what="engine", state="ok", found=f"llama-cpp-python {version}, {gpu}")


def _processor() -> Finding:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return Finding(what="processor", state="note", found="its features cannot be read here")
    line = next((row for row in text.splitlines() if row.startswith(("flags", "Features"))), "")
    flags = set(line.partition(":")[2].split())
    found = [flag for flag in VECTOR_FLAGS if flag in flags]
    if "avx2" in flags or "asimd" in flags:
        return Finding(what="processor", state="ok", found=", ".join(found) or "asimd")
    return Finding(
        what="processor",
        state="note",
        found="no AVX2: expect a few tokens per second at best",
        mend="Use a newer machine, or a smaller model",
    )


def _weights(project: Path) -> Iterator[Finding]:
    try:
        listed = models.load(project)
    except HarnessError as error:
        yield Finding(what="models.toml", state="problem", found=error.message, mend=error.hint)
        return
    memory = psutil.virtual_memory().available
    for role in dict.fromkeys((listed.default, listed.embedded)):
        if role is None:
            continue
        spec = listed.models[role]
        path = sources.locate(spec, project)
        get = f"harness models pull {role}"
        size = splits.size(path) if path is not None else 0
        if size > memory:
            found = f"{size / 1e9:.1f} GB, but {memory / 1e9:.1f} GB of memory free"
            yield Finding(what=role, state="note", found=found, mend="Close programs, or use less")
        elif path is not None:
            yield Finding(what=role, state="ok", found=str(path))
        elif sources.available(spec, project):
            yield Finding(what=role, state="ok", found="in installed packages, joined on first use")
        else:
            stands_in = role == listed.default and listed.embedded is not None
            found = "not on this machine" + (f"; {listed.embedded} stands in" if stands_in else "")
            yield Finding(
                what=role, state="note" if stands_in else "problem", found=found, mend=get
            )


def _steering(project: Path) -> Iterator[Finding]:
    """How the model that is used by default can be steered."""
    try:
        listed = models.load(project)
        specs = [listed.models[role] for role in (listed.default, listed.embedded) if role]
        spec = next((one for one in specs if sources.available(one, project)), None)
        path = None if spec is None else sources.locate(spec, project) or project
        if spec is None or path is None or (path == project and sources.has_file(spec)):
            return  # not there, or not joined: said above
        if spec.kind == "gguf":
            kind = SteeringKind.NONE if read_header(path).recurrent else SteeringKind.TOKENS
        else:
            engine = wiring.engine(identities.identify(spec, path), path)
            kind = engine.steering
            engine.close()
    except HarnessError as error:
        yield Finding(what="steering", state="note", found=error.message, mend=error.hint)
        return
    state: Literal["ok", "note"] = "note" if kind is SteeringKind.NONE else "ok"
    mend = "Ask a failing cell again instead (--repair), or use another model"
    found = f"{spec.name}: {STEERED[kind]}"
    yield Finding(what="steering", state=state, found=found, mend=mend if state == "note" else "")


def _kernel(*, sandboxed: bool) -> Finding:
    # Without a sandbox this still tells whether kernels work; the one cell is our own.
    started = time.monotonic()
    with files.Scratch() as folder:
        try:
            executor = wiring.executor(unsafe=not sandboxed)
            session = executor.start(Workspace(folder=folder), Limits())
            try:
                outcome = session.run("1 + 1")
            finally:
                session.close()
        except HarnessError as error:
            return Finding(
                what="kernel", state="problem", found=error.message, mend="make clean setup"
            )
    found = f"a cell answered after {time.monotonic() - started:.1f} s, sandbox {executor.sandbox}"
    state: Literal["ok", "problem"] = "ok" if outcome.status == "ok" else "problem"
    return Finding(what="kernel", state=state, found=found)


def _packages() -> Finding:
    found = machine.workflow_packages()
    missing = {"pandas", "matplotlib", "scikit-learn", "xgboost"} - set(found)
    if missing:
        return Finding(
            what="packages",
            state="problem",
            found=f"generated code will miss {', '.join(sorted(missing))}",
            mend="make setup, or pip install 'notebook-harness[workflow]'",
        )
    listed = ", ".join(f"{name} {version}" for name, version in found.items())
    if not _compiled():
        # A kernel in the sandbox cannot write what it compiles: each one does it anew.
        told = f"{listed}; not compiled, so each kernel takes seconds to import them"
        mend = f"{sys.executable} -m compileall -q {sysconfig.get_path('purelib')}"
        return Finding(what="packages", state="note", found=told, mend=mend)
    return Finding(what="packages", state="ok", found=listed)


def _compiled() -> bool:
    """Whether what kernels import first lies there as bytecode."""
    origins = [getattr(importlib.util.find_spec(name), "origin", None) for name in SLOW_TO_IMPORT]
    return all(Path(importlib.util.cache_from_source(one)).exists() for one in origins if one)


def _disk(folder: Path, elsewhere: str) -> Finding:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    state: Literal["ok", "note"] = "ok" if free > ENOUGH_DISK else "note"
    found = f"{free / 1e9:.0f} GB free under {there}"
    return Finding(what="disk", state=state, found=found, mend=elsewhere if state != "ok" else "")
