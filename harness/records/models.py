"""Models, and how they are asked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from harness.records.base import Name, Record, Sha256

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_0"]


class Sampling(Record):
    """How tokens are drawn. The seed is not here: it belongs to a sample, not to a setting."""

    temperature: float = Field(0.2, ge=0, le=5)
    top_p: float = Field(0.95, gt=0, le=1)
    top_k: int = Field(40, ge=0)
    min_p: float = Field(0.0, ge=0, le=1)
    repeat_penalty: float = Field(1.0, gt=0, le=5)
    max_tokens: int = Field(1024, ge=1)


class ModelSpec(Record):
    """One entry of ``models.toml``: where a model comes from and how to speak to it."""

    name: Name
    hf: str | None = None  # repository on the hub, with `file`
    file: str | None = None
    revision: str = "main"
    path: Path | None = None  # a GGUF file on this machine
    parts: tuple[str, ...] = ()  # installed distributions, joined in order
    script: Path | None = None  # a JSON list of replies, replayed
    server: str | None = None  # base URL of an OpenAI-compatible server
    served: str | None = None  # the model's name there; None: the entry's own
    concurrent: int = Field(16, ge=1, le=256)  # replies that are written side by side, at most
    sha256: Sha256 | None = None
    size: int | None = Field(None, gt=0)  # bytes
    chat_format: str | None = None  # None: the chat template inside the file
    n_ctx: int | None = Field(None, ge=128)  # tokens; None: what the model was trained on, capped
    cache_type: CacheType = "f16"  # of keys and values
    flash_attention: bool | None = None  # None: where the cache's type needs it
    license: str | None = None
    sampling: Sampling = Sampling()


class ModelIdentity(Record):
    """What a run's replies came from.

    ``sha256`` is of the weights or the script; of a server only of its address and the model's name
    there, since which weights it holds is its word (``verified`` is False then).
    """

    name: str
    kind: Literal["gguf", "script", "server"]
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
