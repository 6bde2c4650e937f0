"""Models, and how they are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from harness.records.base import Name, Record, Sha256

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_0"]
# gguf, script and server, which have keys of their own, or the name of another module of engines/.
EngineKind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
Options = dict[str, JsonValue]


Continues = Literal["llamacpp", "vllm", "never"]
"""As which server one goes on with a conversation whose last turn is the model's own."""


class Sampling(Record):
    """How tokens are drawn. The seed is not here: it belongs to a sample, not to a setting."""

    temperature: float = Field(0.2, ge=0, le=5)
    top_p: float = Field(0.95, gt=0, le=1)
    top_k: int = Field(40, ge=0)
    min_p: float = Field(0.0, ge=0, le=1)
    repeat_penalty: float = Field(1.0, gt=0, le=5)
    max_tokens: int = Field(1024, ge=1)
    # Texts before which a reply ends; they are no part of it.
    stops: tuple[str, ...] = Field((), exclude_if=lambda stops: not stops)


class ModelSpec(Record):
    """One entry of ``models.toml``: where a model comes from and how to speak to it."""

    name: Name
    hf: str | None = None  # repository on the hub, with `file`
    file: str | None = None
    revision: str = "main"
    path: Path | None = None  # a GGUF file on this machine
    parts: tuple[str, ...] = ()  # installed distributions, joined in order
    script: Path | None = None  # a JSON file of replies, replayed
    server: str | None = None  # base URL of an OpenAI-compatible server
    served: str | None = None  # the model's name there; None: the entry's own
    continues: Continues | None = None  # how it goes on with a reply; None: as it says of itself
    engine: EngineKind | None = None  # a module of engines/ that answers in llama.cpp's place
    options: Options = Field(default_factory=dict)  # what that engine makes of them
    concurrent: int = Field(16, ge=1, le=256)  # replies that are written side by side, at most
    sha256: Sha256 | None = None
    size: int | None = Field(None, gt=0)  # bytes
    chat_format: str | None = None  # None: the chat template inside the file
    n_ctx: int | None = Field(None, ge=128)  # tokens; None: what the model was trained on, capped
    cache_type: CacheType = "f16"  # of keys and values
    flash_attention: bool | None = None  # None: where the cache's type needs it
    license: str | None = None
    sampling: Sampling = Sampling()

    @property
    def kind(self) -> EngineKind:
        """Which engine answers."""
        if self.engine is not None:
            return self.engine
        if self.server is not None:
            return "server"
        return "gguf" if self.script is None else "script"


class ModelIdentity(Record):
    """What a run's replies came from.

    ``sha256`` is of the weights or the script; of a server only of its address and the model's name
    there, since which weights it holds is its word (``verified`` is False then); of another engine
    of its name, its options and its file, if it has one.
    """

    name: str
    kind: EngineKind
    verified: bool = True
    server: str | None = None
    sha256: Sha256
    size: int
    file: str
    architecture: str | None = None
    quantization: str | None = None
    chat_template_sha256: Sha256 | None = None
    chat_format: str | None = None
    n_ctx: int
    cache_type: CacheType = "f16"
    flash_attention: bool | None = None
    options: Options = Field(default_factory=dict, exclude_if=lambda options: not options)
    continues: Continues | None = Field(None, exclude_if=lambda how: how is None)  # a server


class EngineSetup(Record):
    """What an engine is built from."""

    identity: ModelIdentity
    path: Path  # of the weights or the script; the project's folder where the model has no file
    cache: Path  # a folder for what later commands can use; all in it may be deleted at any time
    threads: int
    concurrent: int = 1  # replies that are asked for side by side, at most
    n_ctx: int | None = None  # tokens there is memory for, of those that the identity asks for
    vocab_only: bool = False  # tokens are to be counted, nothing is to be written
    chat_template: str | None = None  # that the weights carry themselves
    recurrent: bool = False  # the weights carry a state along, which cannot be stepped back
