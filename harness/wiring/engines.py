"""The engine behind a model's identity: a module of ``engines/``, imported when it is asked for.

Such a module has a function ``build``, which makes an engine of an ``EngineSetup``. The kinds that
``models.toml`` has keys for are in ``MODULES``; any other kind is the name of its module.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from harness import engines
from harness.errors import EngineError, UnknownNameError
from harness.records import EngineSetup, ModelIdentity, SteeringKind
from harness.weights import cache, fit

if TYPE_CHECKING:
    from harness.ports import Engine

MODULES = {"gguf": "llama.engine", "script": "scripted", "server": "openai_http.engine"}
COPY = "To add one, copy harness/engines/scripted.py to a file of that name beside it"


def engine(
    identity: ModelIdentity,
    path: Path,
    *,
    vocab_only: bool = False,
    threads: int | None = None,
    concurrent: int = 1,
    free: int | None = None,
) -> Engine:
    """The engine for a model, for ``concurrent`` replies at a time. Nothing is loaded before use.

    ``free`` is how many bytes of memory there are; by default those of this machine.
    Raises UnknownNameError where there is none of that kind, and EngineError where the model does
    not fit into memory.
    """
    chat_template, n_ctx, recurrent = None, None, False
    if identity.kind == "gguf":
        from harness.weights.gguf import read_header

        header = read_header(path)
        chat_template, recurrent = header.chat_template, header.recurrent
        if not vocab_only:
            fitted = fit.of(identity, path, free)
            concurrent, n_ctx = fitted.concurrent(concurrent), fitted.n_ctx
    return _builder(identity.kind)(
        EngineSetup(
            identity=identity,
            path=path,
            cache=cache.folder(),
            threads=threads or fit.cores(),
            concurrent=concurrent,
            n_ctx=n_ctx,
            vocab_only=vocab_only,
            chat_template=chat_template,
            recurrent=recurrent,
        )
    )


def preload(engine: Engine) -> None:
    """Begin to load the model, without waiting, where loading takes time: asking loads it too."""
    from harness.engines.llama.engine import LlamaCppEngine

    if isinstance(engine, LlamaCppEngine):
        engine.load()


def conversation(
    engine: Engine, order: int, group_size: int, stage: str, *, patient: bool = False
) -> Engine:
    """The engine, for one of ``group_size`` conversations that begin together, in this order.

    ``patient``: cells run between a reply and the next request, and others wait for it. Closing it
    ends the conversation and leaves the model to the others. Only llama.cpp's engine schedules
    conversations: which of its replies are written side by side shows in them. Only a script knows
    of stages: it may have replies for each.
    """
    from harness.engines.llama.engine import LlamaCppEngine
    from harness.engines.scripted import ScriptedEngine

    if isinstance(engine, LlamaCppEngine):
        return engine.converse(order, group_size, patient=patient)
    if isinstance(engine, ScriptedEngine):
        return SharedEngine(engine.of_stage(stage))
    return SharedEngine(engine)


def check_stages(
    identity: ModelIdentity, path: Path, asked: Collection[str], known: Collection[str]
) -> None:
    """Raise ConfigError where a script is not for the stages ``asked`` of those ``known``."""
    if identity.kind == "script":
        from harness.engines import scripted

        scripted.check_stages(path, asked, known)


class SharedEngine:
    """Does what its engine does; closing it leaves the engine to the others."""

    def __init__(self, engine: Engine) -> None:
        self.count_tokens, self.complete = engine.count_tokens, engine.complete
        self._engine = engine

    @property
    def steering(self) -> SteeringKind:
        """How its engine's replies can be steered."""
        return self._engine.steering

    def close(self) -> None:
        """Nothing: the engine is its owner's to close."""


def _builder(kind: str) -> Callable[[EngineSetup], Engine]:
    built_in = {module.partition(".")[0] for module in MODULES.values()}
    others = {one.name for one in pkgutil.iter_modules(engines.__path__)} - built_in
    if kind not in {*MODULES, *others}:
        raise UnknownNameError("engine", kind, others, COPY)
    name = f"{engines.__name__}.{MODULES.get(kind, kind)}"
    try:
        build: Callable[[EngineSetup], Engine] = importlib.import_module(name).build
    except (ImportError, AttributeError) as error:
        raise EngineError(f"the engine '{kind}' cannot be used ({error})") from error
    return build
