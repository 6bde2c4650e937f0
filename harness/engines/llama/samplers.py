"""How a token is drawn from a row's scores: llama.cpp's own samplers, and whose random numbers."""

from __future__ import annotations

import hashlib

import llama_cpp as llama

from harness.engines.llama.bindings import LlamaContext
from harness.records import Sampling

PENALTY_WINDOW = 64  # tokens that repeat_penalty looks back


class SamplerChain:
    """llama.cpp's own samplers, in the order of llama-cpp-python."""

    def __init__(self, sampling: Sampling, seed: int) -> None:
        self._penalizes = sampling.repeat_penalty != 1
        self._raw = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        if self._penalizes:
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
        if self._penalizes:
            for token in tokens[-PENALTY_WINDOW:]:
                llama.llama_sampler_accept(self._raw, token)

    def copy(self) -> SamplerChain:
        """One that draws what this one will."""
        other = object.__new__(SamplerChain)
        other._penalizes = self._penalizes
        other._raw = llama.llama_sampler_clone(self._raw)
        return other

    def close(self) -> None:
        """Free it. Safe to call twice."""
        if self._raw is not None:
            llama.llama_sampler_free(self._raw)
            self._raw = None


class Draws:
    """Whose random numbers a reply's tokens are drawn with, by the place of each.

    As long as nothing is rejected they come one after another from the seed, as in any reply. From
    the first place on at which something is, each draw has a number of its own, of the seed, the
    place, and how many ways stand rejected at or before it. So what was thrown away behind a place
    never shows in what is drawn there. ``remembers``: the reply may be stepped back.
    """

    def __init__(self, sampling: Sampling, seed: int, *, remembers: bool) -> None:
        self._sampling, self._seed, self._remembers = sampling, seed, remembers
        self._chain = SamplerChain(sampling, seed)
        self._before: list[SamplerChain] = []  # the chain as it was before each place

    def draw(self, context: LlamaContext, row: int, reply: list[int], rejected: int) -> int:
        """The token that comes after ``reply`` where so many ways stand rejected."""
        if not rejected:
            self._remember(len(reply))
            return self._chain.draw(context, row)
        name = f"{self._seed} {len(reply)} {rejected}".encode()
        seed = int.from_bytes(hashlib.blake2b(name, digest_size=4).digest())
        chain = SamplerChain(self._sampling, seed)
        chain.accept(reply)
        token = chain.draw(context, row)
        chain.close()
        return token

    def insert(self, place: int, tokens: list[int]) -> None:
        """Tokens that nobody drew stand at that place."""
        for i, token in enumerate(tokens):
            self._remember(place + i)
            self._chain.accept([token])

    def back(self, place: int) -> None:
        """Be as before that place."""
        if place < len(self._before):
            self._chain.close()
            self._chain, *later = self._before[place:]
            del self._before[place:]
            for chain in later:
                chain.close()

    def close(self) -> None:
        """Free all. Safe to call twice."""
        for chain in (self._chain, *self._before):
            chain.close()
        self._before = []

    def _remember(self, place: int) -> None:
        # Behind the first place at which something is rejected this chain is not drawn from.
        if self._remembers and len(self._before) == place:
            self._before.append(self._chain.copy())
