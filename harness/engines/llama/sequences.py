"""A reply in the making: its tokens, its sampler, its text, and when it ends."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Literal

import llama_cpp as llama

from harness.engines.llama.bindings import LlamaContext, Vocabulary
from harness.engines.llama.prompt_lookup import PromptLookup
from harness.records import Sampling

PENALTY_WINDOW = 64  # tokens that repeat_penalty looks back
Finish = Literal["stop", "length"]


@dataclass(frozen=True)
class Request:
    """What is asked, as tokens. ``text`` is the prompt that they are the tokens of."""

    id: int
    order: int  # requests are served and read in this order
    conversation: int
    text: str
    tokens: list[int]
    sampling: Sampling
    seed: int
    repeats: bool = False  # the reply is likely to repeat its prompt
    notes: tuple[str, ...] = ()  # of how the prompt was rendered


class SamplerChain:
    """llama.cpp's own samplers, in the order of llama-cpp-python."""

    def __init__(self, sampling: Sampling, seed: int) -> None:
        self._raw = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        if sampling.repeat_penalty != 1:
            penalty = sampling.repeat_penalty
            self._add(llama.llama_sampler_init_penalties(PENALTY_WINDOW, penalty, 0.0, 0.0))
        if sampling.temperature == 0:
            self._add(llama.llama_sampler_init_greedy())
            return
        if sampling.top_k > 0:
            self._add(llama.llama_sampler_init_top_k(sampling.top_k))
        self._add(llama.llama_sampler_init_top_p(sampling.top_p, 1))
        self._add(llama.llama_sampler_init_min_p(sampling.min_p, 1))
        self._add(llama.llama_sampler_init_temp(sampling.temperature))
        self._add(llama.llama_sampler_init_dist(seed & 0xFFFFFFFF))

    def _add(self, sampler: object) -> None:
        llama.llama_sampler_chain_add(self._raw, sampler)

    def draw(self, context: LlamaContext, row: int) -> int:
        """The token after a row of the last batch."""
        return int(llama.llama_sampler_sample(self._raw, context.raw, row))

    def accept(self, tokens: list[int]) -> None:
        """Let the penalties know what stands before."""
        for token in tokens[-PENALTY_WINDOW:]:
            llama.llama_sampler_accept(self._raw, token)

    def close(self) -> None:
        """Free it."""
        llama.llama_sampler_free(self._raw)


@dataclass
class Sequence:
    """One reply at work. The cache holds the first ``read`` of ``tokens``."""

    request: Request
    slot: int  # the number of llama.cpp's sequence
    tokens: list[int]
    read: int
    started: float
    stops: tuple[str, ...]
    chain: SamplerChain = field(init=False)
    lookup: PromptLookup | None = field(init=False)
    pieces: list[bytes] = field(default_factory=list)  # of the reply's tokens
    text: str = ""
    sent: int = 0  # characters of it that were reported
    finish: Finish | None = None
    ended_by_model: bool = False  # so that text and tokens say the same
    forbidden: dict[int, set[int]] = field(default_factory=dict)  # by index of the token
    evaluated: int = 0  # tokens of the prompt that were read for it
    rewinds: int = 0
    own_seconds: float = 0.0  # of each step its part among the replies at work

    def __post_init__(self) -> None:
        self.chain = SamplerChain(self.request.sampling, self.request.seed)
        self.lookup = PromptLookup() if self.request.repeats else None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def prompt(self) -> int:
        """Tokens of the prompt."""
        return len(self.request.tokens)

    @property
    def unread(self) -> int:
        """Tokens that are not in the cache."""
        return len(self.tokens) - self.read

    @property
    def written(self) -> int:
        """Tokens of the reply."""
        return len(self.pieces)

    def guess(self) -> list[int]:
        """Tokens that may come after the last one."""
        if self.lookup is None:
            return []
        self.lookup.take(self.tokens)
        return self.lookup.guess(self.request.sampling.max_tokens - self.written - 1)

    def add(self, token: int, vocabulary: Vocabulary) -> None:
        """One more token; sets ``finish`` where the reply ends with it."""
        if vocabulary.ends(token):
            self.finish, self.ended_by_model = "stop", True
            self.text += self._decoder.decode(b"", final=True)
            return
        self.tokens.append(token)
        self.pieces.append(vocabulary.piece(token))
        before = len(self.text)
        self.text += self._decoder.decode(self.pieces[-1])
        for stop in self.stops:
            found = self.text.find(stop, max(0, before - len(stop)))
            if found >= 0:
                self.text, self.finish = self.text[:found], "stop"
                return
        if self.written >= self.request.sampling.max_tokens:
            self.text += self._decoder.decode(b"", final=True)
            self.finish = "length"

    def back(self, length: int, forbid: set[int]) -> None:
        """Keep ``length`` tokens, and never write ``forbid`` as the next. Raises ValueError."""
        if not self.prompt <= length <= len(self.tokens):
            raise ValueError(f"{length} is not within the reply")
        del self.tokens[length:]
        del self.pieces[length - self.prompt :]
        self.forbidden = {at: what for at, what in self.forbidden.items() if at <= length}
        self.forbidden.setdefault(length, set()).update(forbid)
        self.read = min(self.read, length - 1)
        self._decoder.reset()
        self.text = self._decoder.decode(b"".join(self.pieces))
        self.sent = min(self.sent, len(self.text))
        self.finish = None
        self.rewinds += 1
        self.chain.close()
        self.chain = SamplerChain(self.request.sampling, self.request.seed + self.rewinds)
        self.chain.accept(self.tokens)
