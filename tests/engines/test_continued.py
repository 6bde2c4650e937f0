"""A server that goes on from what is kept of a reply."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engines.openai_servers import COUNTS, USAGE, Server, event, serving
from engines.watchers import Onlooker, once, without

from harness.engines.openai_http.continued import LEAST_ECHO
from harness.engines.openai_http.engine import OpenAIEngine
from harness.records import Completion, Message, Progress, Sampling, SteeringKind, StepBack

ASK = [Message(role="user", content="Hello?")]
END = [event(finish="stop"), b"data: [DONE]\n\n"]


def words(*texts: str) -> list[bytes]:
    return [*map(event, texts), *END]


def owned(server: Server, owner: str) -> None:
    body = json.dumps({"data": [{"id": "m", "owned_by": owner}]}).encode()
    server.listed = lambda: (200, {}, body)  # type: ignore[method-assign]


def ask(
    server: Server, watcher: Onlooker, owner: str = "llamacpp", most: int = 9, **more: Any
) -> tuple[Completion, list[Progress]]:
    owned(server, owner)
    engine = OpenAIEngine(server.url, "m", sleep=lambda _: None, **more)
    seen: list[Progress] = []
    try:
        (done,) = engine.complete(
            ASK, Sampling(max_tokens=most), [3], seen.append, watchers=[watcher]
        )
    finally:
        engine.close()
    text = ""
    for one in seen:
        text = text[: one.kept] + one.text
    assert text == done.text
    return done, seen


@pytest.mark.parametrize(
    ("owner", "kind"),
    [("llamacpp", "prefix"), ("vllm", "prefix"), ("library", "none"), ("", "none")],
)
def test_how_it_is_steered_is_in_its_list_of_models(owner: str, kind: str) -> None:
    with serving(words("a")) as server:
        owned(server, owner)
        assert steering(server.url) == kind
        assert steering(server.url, continues="vllm") is SteeringKind.PREFIX
        assert steering(server.url, continues="never") is SteeringKind.NONE
    assert steering(server.url) is SteeringKind.NONE  # it does not answer


def steering(url: str, **more: Any) -> SteeringKind:
    engine = OpenAIEngine(url, "m", **more)
    try:
        return engine.steering
    finally:
        engine.close()


@pytest.mark.parametrize("owner", ["llamacpp", "vllm"])
def test_it_goes_on_from_what_is_kept_with_another_seed(owner: str) -> None:
    watcher = Onlooker(without("bad"))
    with serving(words("good ", "bad", " more"), words("fine", " end")) as server:
        done, _ = ask(server, watcher, owner)
    assert (done.text, done.finish, done.taken_back) == ("good fine end", "stop", 1)
    assert "1 times from what was kept" in done.notes[-1]
    first, second = server.asked
    assert [one["seed"] for one in (first, second)] == [3, 4]
    assert second["messages"] == [*first["messages"], {"role": "assistant", "content": "good "}]
    assert second["max_tokens"] == first["max_tokens"] - 1
    assert second.get("continue_final_message", False) is (owner == "vllm")
    assert second.get("add_generation_prompt", True) is (owner != "vllm")
    assert watcher.seen[-1] == ("good fine end", True)


def test_one_that_cannot_is_asked_once_and_its_watcher_never() -> None:
    watcher = Onlooker(without("bad"))
    with serving(words("good ", "bad")) as server:
        done, _ = ask(server, watcher, "library")
    assert (done.text, done.taken_back, watcher.seen) == ("good bad", None, [])


def test_an_insert_is_sent_and_a_hidden_one_only_sent() -> None:
    for hidden in (False, True):
        back = StepBack(keep=2, insert="# note\n", hidden=hidden)
        watcher = Onlooker(once(lambda text, _, back=back: back if "b" in text else None))
        with serving(words("a\n", "b\n"), words("c\n")) as server:
            done, _ = ask(server, watcher)
        assert server.asked[1]["messages"][-1]["content"] == "a\n# note\n"
        assert done.text == ("a\nc\n" if hidden else "a\n# note\nc\n")


def test_a_reply_that_ended_goes_on_and_one_of_enough_tokens_does_not() -> None:
    watcher = Onlooker(once(lambda _, ended: StepBack(keep=1) if ended else None))
    with serving(words("a", "b"), words("c")) as server:
        done, _ = ask(server, watcher)
    assert done.text == "ac"
    insert = StepBack(keep=1, insert="x")
    watcher = Onlooker(once(lambda _, ended: insert if ended else None))
    with serving(words("a", "b")) as server:
        done, _ = ask(server, watcher, most=2)
    assert (done.text, done.finish, len(server.asked)) == ("ax", "length", 1)


def test_what_was_sent_is_not_taken_twice_where_the_server_repeats_it() -> None:
    kept = "k" * LEAST_ECHO
    watcher = Onlooker(without("bad"))
    with serving(words(kept, "bad"), words(kept[:5], kept[5:] + "fi", "ne")) as server:
        done, _ = ask(server, watcher)
    assert done.text == kept + "fine"


def test_a_part_that_breaks_off_is_asked_for_again_from_its_beginning() -> None:
    watcher = Onlooker(without("bad"))
    with serving(words("a ", "bad"), [event("half"), None], words("b")) as server:
        done, _ = ask(server, watcher)
    assert done.text == "a b"
    assert [one["seed"] for one in server.asked] == [3, 4, 4]


def test_a_beginning_of_what_was_sent_is_no_repetition_where_the_reply_ends_with_it() -> None:
    kept = "k" * LEAST_ECHO
    with serving(words(kept, "bad"), words(kept[:5])) as server:
        done, _ = ask(server, Onlooker(without("bad")))
    assert done.text == kept + kept[:5]


def test_hidden_words_go_with_what_they_stand_in() -> None:
    hint = StepBack(keep=4, insert="# hint\n", hidden=True)

    def answer(text: str, _: bool) -> StepBack | None:
        return {"a\nb\nbad": hint, "a\nb\nworse": StepBack(keep=2)}.get(text)

    with serving(words("a\n", "b\n", "bad"), words("worse"), words("c")) as server:
        done, _ = ask(server, Onlooker(answer))
    told = [one["messages"][-1]["content"] for one in server.asked[1:]]
    assert (told, done.text) == (["a\nb\n# hint\n", "a\n"], "a\nc")


def test_what_the_server_counts_of_the_reply_is_no_part_of_the_prompt() -> None:
    for usage, prompt in (([USAGE], COUNTS["prompt_tokens"] - 1), ([], len(ASK[0].content) / 3.5)):
        rest = [event("fine"), event(finish="stop"), *usage, END[-1]]
        with serving(words("good ", "bad"), rest) as server:
            done, _ = ask(server, Onlooker(without("bad")))
        assert done.prompt_tokens == round(prompt)
        assert done.completion_tokens == 2
