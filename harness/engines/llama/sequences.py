"""A reply in the making: its tokens, its sampler, its text, and when it ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from harness.engines.llama.bindings import Vocabulary
from harness.engines.llama.prompt_lookup import PromptLookup
from harness.engines.llama.samplers import Draws
from harness.engines.llama.ways import Ways
from harness.records import Sampling

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
    watched: bool = False  # each token is looked at, and the reply may be stepped back
    scored: bool = False  # how likely its tokens are is asked for
    notes: tuple[str, ...] = ()  # of how the prompt was rendered


class Mark(NamedTuple):
    """What is known of a token of a reply."""

    end: int  # characters of the reply up to its end; one that it begins is counted
    whole: bool  # no character is begun and not ended there
    likelihood: float | None = None  # the logarithm of its probability, of a drawn one


@dataclass
class Sequence:
    """One reply at work. The cache holds the first ``read`` of ``tokens``."""

    request: Request
    slot: int  # the number of llama.cpp's sequence
    tokens: list[int]
    read: int
    started: float
    stops: tuple[str, ...]
    draws: Draws = field(init=False)
    lookup: PromptLookup | None = field(init=False)
    ways: Ways = field(default_factory=Ways)
    pieces: list[bytes] = field(default_factory=list)  # of the reply's tokens; of a hidden one none
    marks: list[Mark] = field(default_factory=list)  # of the reply's tokens
    bent: dict[int, float] = field(default_factory=dict)  # by place, the probability forbidden
    text: str = ""
    finish: Finish | None = None
    ended_by_model: bool = False
    hides: bool = False  # some tokens are not in the text
    evaluated: int = 0  # tokens of the prompt that were read for it
    taken_back: int = 0  # tokens
    own_seconds: float = 0.0  # of each step its part among the replies at work
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        request = self.request
        self.draws = Draws(request.sampling, request.seed, remembers=request.watched)
        self.lookup = PromptLookup() if request.repeats else None
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

    @property
    def says_it_all(self) -> bool:
        """Whether its text is all that its tokens say, the end included."""
        return self.ended_by_model and not self.hides

    @property
    def room(self) -> int:
        """Tokens that it may still have."""
        return self.request.sampling.max_tokens - self.written

    def guess(self) -> list[int]:
        """Tokens that may come after the last one."""
        if self.lookup is None:
            return []
        self.lookup.take(self.tokens)
        return self.lookup.guess(self.room - 1)

    def add(self, token: int, vocabulary: Vocabulary, likelihood: float | None = None) -> None:
        """One more token; sets ``finish`` where the reply ends with it."""
        if vocabulary.ends(token):
            self.finish, self.ended_by_model = "stop", True
            self.text += self._decoder.decode(b"", final=True)
            return
        before = len(self.text)
        self._take(token, vocabulary.piece(token), likelihood)
        places = [self.text.find(stop, max(0, before - len(stop))) for stop in self.stops]
        found = min((place for place in places if place >= 0), default=None)
        if found is not None:
            self.text, self.finish = self.text[:found], "stop"
            return
        if self.room <= 0:
            self.text += self._decoder.decode(b"", final=True)
            self.finish = "length"

    def insert(self, tokens: list[int], vocabulary: Vocabulary, *, hidden: bool = False) -> None:
        """Tokens that nobody drew; ``hidden``: they are no part of the text.

        Where they do not fit, they are left out, and the reply ends.
        """
        if len(tokens) > self.room:
            self.notes += (f"what was to be inserted at character {len(self.text)} did not fit",)
            self.finish = "length"
            return
        self.draws.insert(self.written, tokens)
        self.hides |= hidden
        for token in tokens:
            self._take(token, b"" if hidden else vocabulary.piece(token), None)

    def back(self, place: int) -> None:
        """Be as before the reply's token ``place``. What was rejected from there on stays so."""
        del self.tokens[self.prompt + place :], self.pieces[place:], self.marks[place:]
        self.read = min(self.read, len(self.tokens) - 1)  # whose scores are wanted once more
        self.bent = {at: mass for at, mass in self.bent.items() if at < place}
        self.draws.back(place)
        self._decoder.reset()
        self.text = self._decoder.decode(b"".join(self.pieces))
        self.finish, self.ended_by_model = None, False

    def forbidden(self) -> Iterator[tuple[int, float]]:
        """Characters before each place where something was forbidden, and its probability."""
        for place, mass in sorted(self.bent.items()):
            end = self.marks[place - 1].end if place else 0
            yield min(end, len(self.text)), round(mass, 6)

    def likelihood(self) -> float | None:
        """The mean of the logarithms of its tokens' probabilities."""
        known = [mark.likelihood for mark in self.marks if mark.likelihood is not None]
        return round(sum(known) / len(known), 6) if known else None

    def close(self) -> None:
        """Free what it holds of llama.cpp."""
        self.draws.close()

    def _take(self, token: int, piece: bytes, likelihood: float | None) -> None:
        self.tokens.append(token)
        self.pieces.append(piece)
        self.text += self._decoder.decode(piece)
        begun = bool(self._decoder.getstate()[0])
        self.marks.append(Mark(len(self.text) + begun, not begun, likelihood))
