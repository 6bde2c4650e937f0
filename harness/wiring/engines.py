"""The engine behind a model's identity: llama.cpp, a server or a script. Loaded on first use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ModelFileError
from harness.records import ModelIdentity
from harness.weights import cache, fit

if TYPE_CHECKING:
    from harness.engines.chat import ChatTemplate
    from harness.ports import Engine


def engine(
    identity: ModelIdentity,
    path: Path,
    *,
    vocab_only: bool = False,
    threads: int | None = None,
    concurrent: int = 1,
) -> Engine:
    """The engine for a model, for ``concurrent`` replies at a time. Nothing is loaded before use.

    Raises EngineError where it does not fit into memory.
    """
    if identity.kind == "script":
        from harness.engines.scripted import ScriptedEngine

        return ScriptedEngine(path)
    if identity.kind == "server":
        from harness.engines.openai_http import OpenAIEngine

        return OpenAIEngine(identity.server or "", identity.file, concurrent=concurrent)
    from harness.engines.llama.engine import LlamaCppEngine
    from harness.engines.llama.messages import Setup

    threads = threads or fit.cores()
    if not vocab_only:
        concurrent = fit.of(identity, path).concurrent(concurrent)
    name = fit.states_name(identity, threads)
    asked = identity.flash_attention
    quantized = identity.cache_type.startswith("q")  # llama.cpp reads such values with it only
    return LlamaCppEngine(
        Setup(
            path=path,
            template=_chat_template(identity, path),
            n_ctx=identity.n_ctx,
            threads=threads,
            concurrent=concurrent,
            cache_type=identity.cache_type,
            flash_attention=quantized if asked is None else asked,  # decision 0017
            vocab_only=vocab_only,
            # With several, what is read depends on the company: going on is not exact anyway.
            keep=cache.folder() / "states" / name if concurrent == 1 else None,
            pace=cache.folder() / "pace" / f"{name}.json",
        )
    )


def preload(engine: Engine) -> None:
    """Begin to load the model, without waiting, where loading takes time: asking loads it too."""
    from harness.engines.llama.engine import LlamaCppEngine

    if isinstance(engine, LlamaCppEngine):
        engine.load()


def conversation(engine: Engine, order: int, among: int) -> Engine:
    """The engine, for one of ``among`` conversations that begin together and in that order.

    Closing it ends the conversation and leaves the model to the others. Only llama.cpp's engine
    schedules conversations: which of its replies are written side by side shows in them.
    """
    from harness.engines.llama.engine import LlamaCppEngine

    if isinstance(engine, LlamaCppEngine):
        return engine.converse(order, among)
    return SharedEngine(engine)


class SharedEngine:
    """Does what its engine does; closing it leaves the engine to the others."""

    def __init__(self, engine: Engine) -> None:
        self.count_tokens, self.complete = engine.count_tokens, engine.complete

    def close(self) -> None:
        """Nothing: the engine is its owner's to close."""


def _chat_template(identity: ModelIdentity, path: Path) -> ChatTemplate:
    from harness.engines import chat
    from harness.weights.gguf import read_header

    if identity.chat_format is not None:
        return chat.named(identity.chat_format)
    own = read_header(path).chat_template
    if own is None:
        raise ModelFileError(
            f"{path.name} holds no chat template", "Set chat_format in models.toml"
        )
    return chat.ChatTemplate(source=own, trusted=False)
