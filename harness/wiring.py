"""Names into concrete things: the only module that knows which engine or executor is behind one.

Adapters are imported when they are asked for, so that listing things loads no model and no kernel.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness import fit, models, weights
from harness.errors import HarnessError, ModelFileError, SandboxError, UnknownNameError
from harness.files import OnBytes
from harness.models import Models
from harness.records import ModelIdentity, ModelSpec

if TYPE_CHECKING:
    from harness.engines.chat import ChatTemplate
    from harness.executors.kernels import KernelExecutor
    from harness.ports import Engine, Runner

Work = Callable[[Any, Callable[[Any], None]], Any]
RUNNERS = ["inline", "local", "ray"]
CORES_PER_MODEL = 4  # before a second model is loaded beside the first
_trying = threading.Lock()


def find_project(given: Path | None) -> Path:
    """The project folder: as given, else the nearest one upwards. Raises HarnessError."""
    if given is not None:
        if (given / models.FILE).is_file():
            return given.resolve()
        raise HarnessError(
            f"{given} is no project: it has no {models.FILE}", f"harness init {given}"
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / models.FILE).is_file():
            return folder
    raise HarnessError(
        f"no project here: {here} and the folders above it have no {models.FILE}",
        "Make one: harness init DIR, or name one: --project DIR",
    )


def choose_model(listed: Models, name: str | None, project: Path) -> tuple[ModelSpec, str | None]:
    """The model asked for, and a notice where the embedded one stands in for the default."""
    if name is not None:
        return models.find(listed, name), None
    default = listed.models[listed.default]
    if weights.available(default, project) or listed.embedded is None:
        return default, None
    notice = (
        f"{default.name} is not here: using the embedded {listed.embedded}. "
        f"Get it: harness models pull {default.name}"
    )
    return listed.models[listed.embedded], notice


def spec_of_file(path: Path, chat_format: str | None) -> ModelSpec:
    """An entry for ``--model-file``, from the file's own metadata. Raises ModelFileError."""
    from harness.gguf import read_header

    read_header(path)
    return ModelSpec(name=_name(path.stem), path=path.resolve(), chat_format=chat_format)


def spec_of_source(source: str, name: str | None, chat_format: str | None) -> ModelSpec:
    """An entry for ``models add``: a file of this machine, or OWNER/REPO/FILE on the hub."""
    path = Path(source).expanduser()
    if path.is_file() or source.startswith(("/", "./", "../", "~")):
        spec = spec_of_file(path, chat_format)
        return spec if name is None else spec.model_copy(update={"name": _name(name)})
    parts = source.removeprefix("https://huggingface.co/").replace("/resolve/main/", "/").split("/")
    if len(parts) < 3 or not parts[-1].endswith(".gguf") or ".." in parts or "" in parts:
        raise HarnessError(
            f"'{source}' is neither a file here nor OWNER/REPO/FILE.gguf on the hub",
            "For example: harness models add TheBloke/CodeLlama-7B-Instruct-GGUF/"
            "codellama-7b-instruct.Q5_K_M.gguf",
        )
    file = "/".join(parts[2:])
    return ModelSpec(
        name=_name(name or parts[-1].removesuffix(".gguf")),
        hf="/".join(parts[:2]),
        file=file,
        chat_format=chat_format,
    )


def identify(spec: ModelSpec, project: Path, on_bytes: OnBytes) -> tuple[Path, ModelIdentity]:
    """The model's file, joined if need be, and its identity. Raises ModelFileError."""
    path = weights.obtain(spec, project, on_bytes)
    return path, weights.identify(spec, path, on_bytes)


def engine(
    identity: ModelIdentity,
    path: Path,
    *,
    vocab_only: bool = False,
    threads: int | None = None,
    at_once: int = 1,
) -> Engine:
    """The engine for a model, for ``at_once`` replies side by side. Nothing is loaded before use.

    Raises EngineError where it does not fit into memory.
    """
    if identity.kind == "script":
        from harness.engines.scripted import ScriptedEngine

        return ScriptedEngine(path)
    if identity.kind == "server":
        from harness.engines.openai_http import OpenAIEngine

        return OpenAIEngine(identity.server or "", identity.file, at_once=at_once)
    from harness.engines.llama.messages import Setup
    from harness.engines.llama_cpp import LlamaCppEngine

    threads = threads or fit.cores()
    if not vocab_only:
        at_once = fit.of(identity, path).at_once(at_once)
    name = fit.states_name(identity, threads)
    asked = identity.flash_attention
    quantized = identity.cache_type.startswith("q")  # llama.cpp reads such values with it only
    return LlamaCppEngine(
        Setup(
            path=path,
            template=_chat_template(identity, path),
            n_ctx=identity.n_ctx,
            threads=threads,
            at_once=at_once,
            cache_type=identity.cache_type,
            flash_attention=quantized if asked is None else asked,  # decision 0017
            vocab_only=vocab_only,
            # With several, what is read depends on the company: going on is not exact anyway.
            keep=weights.cache() / "states" / name if at_once == 1 else None,
            pace=weights.cache() / "pace" / f"{name}.json",
        )
    )


class Room(NamedTuple):
    """How many workers fit on this machine, how many runs each does at a time, and why."""

    workers: int
    at_once: int  # replies that are written side by side in each
    threads: int  # of a model in a worker
    told: str

    @property
    def lanes(self) -> int:
        """Runs in each worker: some wait there, so that one is at hand when another ends."""
        return self.at_once if self.at_once == 1 else 2 * self.at_once


def room(models: Sequence[tuple[ModelIdentity, Path]], at_once: int, kind: str) -> Room:
    """As many workers, and runs in each, as memory and cores allow; no more threads than cores.

    ``at_once`` is the most replies that may be written side by side. Raises EngineError where a
    model does not fit into memory at all.
    """
    cores, free = fit.cores(), fit.free_bytes()
    fits = [fit.of(one, path, free) for one, path in models if one.kind == "gguf"]
    kinds = {one.kind for one, _ in models}
    workers = cores if kinds == {"script"} else 1
    if fits:
        each = max(one.needed(1) for one in fits) + fit.KERNEL_BYTES
        workers = max(1, min(cores // CORES_PER_MODEL, free // each))
    if kind == "inline":
        workers = at_once = 1
    if kinds == {"script"}:
        at_once = 1
    for one in fits:
        at_once = one._replace(free=free // workers).at_once(at_once)
    threads = max(1, cores // workers)
    told = f"{workers} worker{'s' * (workers > 1)} of {threads} threads"
    told += f", {at_once} replies at a time" if at_once > 1 else ""
    told += f": {cores} cores, {free / 1e9:.1f} GB of memory free"
    return Room(workers, at_once, threads, told)


def runner(kind: str, room: Room, make: Callable[[], Work], pack: Callable[[Any], Any]) -> Runner:
    """Who does the work of a batch. Raises UnknownNameError.

    ``make`` is called in each worker; ``pack`` makes a job fit for a machine that shares no files.
    """
    if kind == "inline":
        from harness.runners.inline import InlineRunner

        return InlineRunner(make())
    if kind == "local":
        from harness.runners.local import LocalRunner

        return LocalRunner(make, room.workers, room.lanes)
    if kind == "ray":
        from harness.runners.ray import RayRunner

        return RayRunner(make, room.workers, pack)
    raise UnknownNameError("runner", kind, RUNNERS)


def join_cluster(address: str | None) -> Room:
    """Connect to a Ray cluster, and say how many workers fit on it. Raises HarnessError."""
    if importlib.util.find_spec("ray") is None:
        raise HarnessError(
            "--runner ray needs Ray, which is not installed",
            "Install it here and on the cluster: pip install 'notebook-harness[ray]'",
        )
    from harness.runners import ray

    workers, nodes = ray.connect(address)
    told = f"{workers} worker{'s' * (workers > 1)} on {nodes} nodes of the Ray cluster"
    return Room(workers, 1, ray.THREADS, told)


def executor(*, unsafe: bool) -> KernelExecutor:
    """The safest executor that holds here. Raises SandboxError; never downgrades by itself."""
    from harness.executors import sandbox
    from harness.executors.kernels import KernelExecutor

    if unsafe:
        return KernelExecutor(sandbox.NONE)
    problem = sandbox_problem()
    if problem is not None:
        raise SandboxError(f"generated code cannot be run safely: {problem}", sandbox.INSTALL_HINT)
    return KernelExecutor(sandbox.BWRAP)


def sandbox_problem() -> str | None:
    """One line saying why the sandbox does not hold on this machine, or None where it does.

    Once it held it is not tried again: a batch asks for every run, from several threads, beside a
    model that would have to wait.
    """
    try:
        with _trying:
            _try_sandbox()
    except SandboxError as error:
        return error.message
    return None


@functools.cache  # which keeps no exceptions: what did not hold is tried again
def _try_sandbox() -> None:
    from harness.executors import sandbox

    if shutil.which("bwrap") is None:
        raise SandboxError("bubblewrap is not installed")
    with tempfile.TemporaryDirectory(prefix="harness-") as scratch:
        problem = sandbox.probe(sandbox.BWRAP, Path(scratch))
    if problem is not None:
        raise SandboxError(problem)


def _chat_template(identity: ModelIdentity, path: Path) -> ChatTemplate:
    from harness.engines import chat
    from harness.gguf import read_header

    if identity.chat_format is not None:
        return chat.named(identity.chat_format)
    own = read_header(path).chat_template
    if own is None:
        raise ModelFileError(
            f"{path.name} holds no chat template", "Set chat_format in models.toml"
        )
    return chat.ChatTemplate(source=own, trusted=False)


def _name(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100]
    if not name:
        raise HarnessError(f"'{text}' gives no name", "Use letters and digits, or pass --name")
    return name
