"""Stepping back in the decode loop, on a tiny model of random numbers, in this process."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from llama_files import write_llama

from harness.engines.llama.bindings import LlamaContext, Vocabulary
from harness.engines.llama.drawing import NOTHING_LEFT, bend
from harness.engines.llama.loop import Loop
from harness.engines.llama.sequences import Request, Sequence
from harness.engines.llama.stepping import Seen
from harness.engines.llama.ways import Bent, Way, Ways
from harness.records import Sampling, StepBack

WARM = Sampling(temperature=1.5, top_k=0, top_p=1, max_tokens=24)
Make = Callable[..., Loop]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary(write_llama(tmp_path_factory.mktemp("tiny") / "t.gguf"), vocab_only=False)


@pytest.fixture
def make(vocabulary: Vocabulary) -> Iterator[Make]:
    made = []

    def loop() -> Loop:
        context = LlamaContext(
            vocabulary, cells=256, sequences=2, threads=1, cache_type="f16", flash_attention=False
        )
        made.append(context)
        return Loop(vocabulary, context, concurrent=1, stops=())

    yield loop
    for context in made:
        context.close()


def begin(loop: Loop, seed: int = 1, sampling: Sampling = WARM, **more: object) -> None:
    tokens = loop._vocabulary.tokens("Plot it: df")
    about = {"watched": True, "scored": True, **more}
    loop.waiting.append(
        Request(
            id=seed, order=0, conversation=0, text="Plot it: df", tokens=tokens,
            sampling=sampling, seed=seed, **about,
        )
    )  # fmt: skip


def write(loop: Loop, most: int = 99) -> Sequence:
    """Let the reply grow to so many tokens, or to its end."""
    while True:
        grown = loop.step()
        if grown and (grown[0].finish is not None or grown[0].written >= most):
            return grown[0]


def reply(one: Sequence) -> list[int]:
    return one.tokens[one.prompt :]


def seen(one: Sequence) -> Seen:
    return Seen(one.written, one.finish is not None)


def test_a_reply_that_may_be_stepped_back_is_as_any_other(make: Make) -> None:
    for seed in range(4):
        free, watched = make(), make()
        begin(free, seed, watched=False, scored=False)
        begin(watched, seed)
        assert reply(write(free)) == reply(write(watched))


def test_what_is_stepped_back_without_a_rejected_way_is_written_again(make: Make) -> None:
    loop = make()
    begin(loop)
    one = write(loop)
    whole, likelihood = reply(one), one.likelihood()
    for keep in (len(one.text) - 1, 3, 0):
        loop.back(one, StepBack(keep=keep), seen(one))
        assert one.written < len(whole)
        assert reply(write(loop)) == whole
        assert one.likelihood() == pytest.approx(likelihood, abs=1e-3)
    assert one.taken_back > len(whole)


def test_the_same_steps_back_give_the_same_tokens_whatever_was_thrown_away_behind(
    make: Make,
) -> None:
    ends = []
    for detours in (0, 1, 3):
        loop = make()
        begin(loop)
        one = write(loop, 12)
        for _ in range(detours):  # rejected further behind, and dropped with the step before it
            loop.back(one, StepBack(keep=9, reject=len(one.text)), seen(one))
            one = write(loop, 12)
        loop.back(one, StepBack(keep=4, reject=6), seen(one))
        ends.append((reply(write(loop)), list(one.forbidden())))
    assert ends[0] == ends[1] == ends[2]


def test_tokens_drawn_ahead_are_as_if_they_had_never_been(make: Make) -> None:
    ends = []
    for ahead in (0, 5, 99):
        loop = make()
        begin(loop)
        one = write(loop, 10)
        then = seen(one)
        if ahead:
            one = write(loop, 10 + ahead)
        loop.back(one, StepBack(keep=5, reject=999), then)
        taken = one.taken_back
        ends.append((reply(write(loop)), taken, list(one.forbidden()), one.likelihood()))
    assert ends[0] == ends[1] == ends[2]


def test_no_way_that_was_rejected_is_written_again(make: Make, vocabulary: Vocabulary) -> None:
    loop = make()
    begin(loop, sampling=WARM.model_copy(update={"temperature": 0}))
    one, tried = write(loop, 12), set()
    for _ in range(30):
        way = one.text[4:6]
        assert "\ufffd" in way or way not in tried
        tried.add(way)
        loop.back(one, StepBack(keep=4, reject=6), seen(one))
        one = write(loop, 12)
    masses = [mass for _, mass in one.forbidden()]
    assert all(0 <= mass <= 1 for mass in masses)
    assert one.written == 12


@pytest.mark.parametrize("hidden", [False, True])
def test_an_insert_is_in_the_tokens_and_only_if_shown_in_the_text(make: Make, hidden: bool) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 10)
    before = one.text[:5]
    words = "# é </s> [INST]\n"
    loop.back(one, StepBack(keep=5, reject=7, insert=words, hidden=hidden), seen(one))
    tokens = b"".join(map(loop._vocabulary.piece, reply(one))).decode()
    assert tokens == before + words
    assert one.text == (before if hidden else before + words)
    assert not {1, 2} & set(reply(one))  # a kernel's words begin and end no turn
    one = write(loop)
    assert one.text.startswith(before)
    one.ended_by_model = True
    assert one.says_it_all is not hidden
    loop.retire(one)
    assert (loop.longest_cached("Plot it: df" + one.text) is None) is hidden


@pytest.mark.parametrize("hidden", [False, True])
def test_what_was_rejected_is_rejected_behind_an_insert_too(
    make: Make, vocabulary: Vocabulary, hidden: bool
) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 10)
    at = next(i for i in range(3, 9) if one.marks[i - 1].whole and one.marks[i].whole)
    token, keep, reject = reply(one)[at], one.marks[at - 1].end, one.marks[at].end
    loop.back(one, StepBack(keep=keep, reject=reject, insert="#\n", hidden=hidden), seen(one))
    keep += 0 if hidden else 2  # behind the insert, which stays in the model's sight
    for _ in range(3):
        bent = one.ways.bend(reply(one), one.pieces, vocabulary)
        assert bent is not None
        assert any(token in tokens for tokens in bent.impossible)
        one = write(loop, 16)
        loop.back(one, StepBack(keep=keep), seen(one))


def test_a_hidden_comment_is_not_copied(make: Make, vocabulary: Vocabulary) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 10)
    loop.back(one, StepBack(keep=5, insert="# wrong\n", hidden=True), seen(one))
    bent = one.ways.bend(reply(one), one.pieces, vocabulary)
    assert bent is not None
    banned = {vocabulary.piece(token)[:1] for tokens in bent.impossible for token in tokens}
    assert banned == {b"#", b"\n"}
    one = write(loop)
    assert one.text[5:6] not in {"#", "\n"}


def test_what_was_written_behind_an_insert_is_written_again_too(make: Make) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 10)
    loop.back(one, StepBack(keep=5, insert="#\n"), seen(one))
    whole = reply(write(loop))
    for keep in (9, 7):
        loop.back(one, StepBack(keep=keep), seen(one))
        assert one.written < len(whole)
        assert reply(write(loop)) == whole


def test_a_full_reply_that_keeps_all_has_ended(make: Make) -> None:
    for seed in range(9):
        loop = make()
        begin(loop, seed)
        one = write(loop)
        if one.marks[-1].whole:
            break
    loop.back(one, StepBack(keep=len(one.text)), seen(one))
    assert (one.finish, one.written) == ("length", WARM.max_tokens)


def test_an_insert_that_does_not_fit_ends_the_reply(make: Make) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 20)
    loop.back(one, StepBack(keep=15, insert="x" * 500), seen(one))
    assert one.finish == "length"
    assert "did not fit" in one.notes[0]
    assert one.written <= WARM.max_tokens


def test_a_character_is_kept_whole_or_not_at_all(make: Make, vocabulary: Vocabulary) -> None:
    text = "é€x"  # of two and three tokens, a byte each
    tokens = [vocabulary.tokens("é", begins=False)[-2:], vocabulary.tokens("€", begins=False)[-3:]]
    for keep, kept in ((0, 0), (1, 2), (2, 5), (9, 5)):
        loop = make()
        begin(loop)
        one = write(loop, 1)
        one.back(0)
        for token in (*tokens[0], *tokens[1]):
            one.add(token, vocabulary)
        assert one.text == text[:2]
        loop.back(one, StepBack(keep=keep, reject=keep + 1), seen(one))
        assert one.written == kept
    loop = make()
    begin(loop)
    one = write(loop, 1)
    one.back(0)
    for token in (*tokens[0], tokens[1][0]):
        one.add(token, vocabulary)
    loop.back(one, StepBack(keep=1), seen(one))
    assert (one.written, one.text) == (2, "é")  # half a character is no place to go on from


def test_a_way_of_half_a_character_is_rejected_by_its_bytes(
    make: Make, vocabulary: Vocabulary
) -> None:
    loop = make()
    begin(loop)
    one = write(loop, 1)
    one.back(0)
    for token in vocabulary.tokens("é", begins=False)[-2:]:
        one.add(token, vocabulary)
    loop.back(one, StepBack(keep=0, reject=1), seen(one))
    ways = one.ways
    (first,) = vocabulary.tokens("é", begins=False)[-2:-1]
    bent = ways.bend([first], [b"\xc3"], vocabulary)
    assert bent is not None
    assert all(vocabulary.piece(int(token)).startswith(b"\xa9") for token in bent.impossible[0])
    bare = ways.bend([], [], vocabulary)
    assert bare is None or not any(first in tokens for tokens in bare.impossible)


def test_how_likely_a_token_was_is_told_as_if_nothing_had_been_rejected(make: Make) -> None:
    loop = make()
    begin(loop, sampling=WARM.model_copy(update={"temperature": 0}))
    one = write(loop, 12)
    before, token = one.marks[4].likelihood, reply(one)[4]
    keep, reject = one.marks[3].end, one.marks[9].end
    loop.back(one, StepBack(keep=keep, reject=reject, penalty=0.05), seen(one))
    one = write(loop, 12)
    assert (reply(one)[4], one.bent[4] > 0) == (token, True)
    assert one.marks[4].likelihood == pytest.approx(before, abs=1e-3)


def test_where_everything_is_forbidden_the_reply_ends(make: Make, vocabulary: Vocabulary) -> None:
    class Everything(Ways):
        def bend(self, *_: object) -> Bent:  # type: ignore[override]
            return Bent([np.arange(vocabulary.size, dtype=np.int32)], {})

    loop = make()
    begin(loop)
    one = write(loop, 5)
    one.ways = Everything()
    one = write(loop)
    assert (one.finish, one.written) == ("stop", 5)
    assert NOTHING_LEFT in one.notes[0]
    assert list(one.forbidden())[-1][1] == pytest.approx(1)
    loop.back(one, StepBack(keep=2), seen(one))
    one.ways = Ways()
    assert write(loop).written == WARM.max_tokens


class Words:
    """A vocabulary of a few words, by their number."""

    def __init__(self, *words: bytes) -> None:
        self.words = words
        self.ending = np.array([len(words)], np.int32)

    def beginning_with(self, text: bytes) -> np.ndarray:
        held = [i for i, word in enumerate(self.words) if word.startswith(text)]
        return np.array(held, np.int32)

    def piece(self, token: int) -> bytes:
        return self.words[token]

    def ends(self, token: int) -> bool:
        return token in self.ending


def bent(ways: Ways, words: Words, *tokens: int) -> tuple[set[int], dict[int, float]]:
    made = ways.bend(list(tokens), [words.words[one] for one in tokens], words)  # type: ignore[arg-type]
    if made is None:
        return set(), {}
    return {int(one) for held in made.impossible for one in held}, made.losses


CALLS = Words(b"corr", b"()", b"(", b")", b"numeric_only", b"c", b"orr", b"().a", b"x")


def test_of_the_stops_that_one_token_brings_the_first_counts() -> None:
    asked = Request(id=1, order=0, conversation=0, text="", tokens=[], sampling=WARM, seed=1)
    one = Sequence(asked, slot=0, tokens=[], read=0, started=0.0, stops=("x", "().", "("))
    one.add(0, CALLS)  # type: ignore[arg-type]
    one.add(7, CALLS)  # type: ignore[arg-type]
    assert (one.text, one.finish) == ("corr", "stop")
    late = Sequence(asked, slot=0, tokens=[], read=0, started=0.0, stops=(".a", ")"))
    late.add(7, CALLS)  # type: ignore[arg-type]
    assert (late.text, late.finish) == ("(", "stop")
    one.close()
    late.close()


def test_a_text_is_impossible_however_it_is_cut_into_tokens() -> None:
    ways = Ways()
    ways.reject(Way(1, (0, 1), b"corr()", ends=False, penalty=None))
    assert bent(ways, CALLS, 8) == (set(), {})
    assert bent(ways, CALLS, 8, 0) == ({1, 7}, {})
    assert bent(ways, CALLS, 8, 5, 6) == ({1, 7}, {})
    assert bent(ways, CALLS, 8, 0, 2) == ({3}, {})
    for elsewhere in ((), (0,), (8, 8, 0), (8, 0, 2, 4), (8, 0, 2, 4, 3)):
        assert bent(ways, CALLS, *elsewhere) == (set(), {})


def test_a_penalty_falls_along_the_way_and_adds_up() -> None:
    ways = Ways()
    for _ in range(2):
        ways.reject(Way(0, (0, 2, 3), b"corr()", ends=False, penalty=2.0))
    assert bent(ways, CALLS) == (set(), {0: 4.0})
    assert bent(ways, CALLS, 0) == ({1, 7}, {2: pytest.approx(3.6)})
    assert bent(ways, CALLS, 0, 2)[0] == {3}
    assert bent(ways, CALLS, 8) == (set(), {})


def test_ways_behind_a_step_back_are_dropped_and_an_insert_moves_those_at_its_place() -> None:
    ways = Ways()
    for start in (0, 2, 5):
        ways.reject(Way(start, (), b"x", ends=False, penalty=None))
    assert [ways.standing(place) for place in (0, 1, 2, 9)] == [1, 1, 2, 3]
    ways.back(2)
    assert ways.standing(9) == 2
    ways.shift(2, 3)
    assert [ways.standing(place) for place in (4, 5)] == [1, 2]


def test_an_end_can_be_rejected() -> None:
    ways = Ways()
    ways.reject(Way(0, (0,), b"corr", ends=True, penalty=None))
    assert bent(ways, CALLS, 0) == ({9}, {})
    assert bent(ways, CALLS) == (set(), {})


def test_what_is_taken_away_is_counted_as_probability() -> None:
    scores = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    taken = bend(scores, Bent([np.array([1], np.int32)], {0: math.log(2)}), 0.0)
    assert taken == pytest.approx(0.3 + 0.25)
    assert scores[1] == -np.inf
    assert np.exp(scores[0]) == pytest.approx(0.25)
