"""A server as the engine: one that behaves, and ones that do not."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from engines.openai_servers import GOOD, event, serving

from harness.engines.openai_http.engine import KEY_VARIABLE, TRIES, OpenAIEngine
from harness.errors import ConfigError, EngineError, HarnessError, PromptError
from harness.ports import OnProgress
from harness.project import config, models
from harness.records import Completion, Message, ModelSpec, Progress, Sampling
from harness.weights import identities, sources

ASK = [Message(role="system", content="Be brief."), Message(role="user", content="Hello?")]
ERROR = json.dumps({"error": {"message": "busy now"}}).encode()


def ask(
    url: str,
    seeds: tuple[int, ...] = (3,),
    watch: OnProgress = lambda progress: None,
    sleep: Callable[[float], None] = lambda seconds: None,
) -> list[Completion]:
    engine = OpenAIEngine(url, "m", sleep=sleep)
    try:
        return engine.complete(ASK, Sampling(temperature=0.5, max_tokens=9), seeds, watch)
    finally:
        engine.close()


def test_a_reply_is_streamed_and_counted_by_the_server() -> None:
    seen: list[Progress] = []
    with serving(GOOD) as server:
        (made,) = ask(server.url, watch=seen.append)
    assert (made.text, made.finish, made.seed) == ("Hello", "stop", 3)
    assert (made.prompt_tokens, made.completion_tokens) == (7, 2)
    assert [one.text for one in seen] == ["Hel", "lo"]
    (asked,) = server.asked
    assert asked["seed"] == 3
    assert asked["temperature"] == 0.5
    assert asked["max_tokens"] == 9
    assert asked["stream"] is True
    assert asked["messages"] == [m.model_dump() for m in ASK]


def test_texts_that_end_a_reply_are_sent_where_there_are_any() -> None:
    with serving(GOOD) as server:
        engine = OpenAIEngine(server.url, "m")
        for stops in ((), ("</code>",)):
            sampling = Sampling(max_tokens=9, stops=stops)
            engine.complete(ASK, sampling, [1], lambda progress: None)
        engine.close()
    assert [one.get("stop") for one in server.asked] == [None, ["</code>"]]


def test_each_seed_is_a_request() -> None:
    with serving(GOOD) as server:
        assert [one.seed for one in ask(server.url, (1, 2))] == [1, 2]
    assert [one["seed"] for one in server.asked] == [1, 2]


def test_no_more_requests_at_a_time_than_it_is_told() -> None:
    with serving([0.3, *GOOD]) as server:
        engine = OpenAIEngine(server.url, "m", concurrent=2)
        with ThreadPoolExecutor(6) as pool:
            asked = [
                pool.submit(engine.complete, ASK, Sampling(), [n], lambda _: None) for n in range(6)
            ]
            done = [one.result()[0] for one in asked]
        engine.close()
    assert [one.text for one in done] == ["Hello"] * 6
    assert server.most == 2
    assert all(one.seconds / 2 - 0.001 <= one.own_seconds <= one.seconds for one in done)
    assert min(one.own_seconds / one.seconds for one in done) < 0.8  # of two that met


def test_a_reply_that_was_cut_off_says_so() -> None:
    with serving([event("Hel"), event(finish="length"), b"data: [DONE]\n\n"]) as server:
        (made,) = ask(server.url)
    assert made.finish == "length"
    assert made.completion_tokens == 1


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param((500, {}, ERROR), id="500"),
        pytest.param((503, {}, b"<html>"), id="503"),
        pytest.param((429, {"retry-after": "0.01"}, ERROR), id="429"),
        pytest.param([event("Hel"), None], id="cut stream"),
        pytest.param([event("Hel")], id="no end"),
        pytest.param([b"data: {not json\n\n"], id="no JSON"),
        pytest.param([b'data: {"error": {"message": "out of memory"}}\n\n'], id="error event"),
        pytest.param([b"data: " + b"[" * 3000 + b"\n\n"], id="deep JSON"),
    ],
)
def test_what_passes_is_tried_again_and_nothing_is_doubled(bad: object) -> None:
    with serving(bad, bad, GOOD) as server:
        (made,) = ask(server.url)
    assert made.text == "Hello"
    assert len(server.asked) == 3


def test_what_does_not_pass_ends_after_some_tries() -> None:
    with serving((500, {}, ERROR)) as server, pytest.raises(EngineError) as caught:
        ask(server.url)
    assert len(server.asked) == TRIES
    assert f"failed {TRIES} times, last: status 500, busy now" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        ((401, {}, b'{"error": "no"}'), EngineError, KEY_VARIABLE),
        ((404, {}, b'{"error": {"message": "no model m"}}'), EngineError, "no model m"),
        ((400, {}, b'{"error": {"message": "exceeds context window"}}'), PromptError, "context"),
        ([event("x", model="another")], EngineError, "answered as 'another', not as 'm'"),
        ((200, {"content-type": "text/html"}, b"<b>Log in</b>"), EngineError, "200, <b>Log in</b>"),
    ],
)
def test_what_will_not_pass_is_told_at_once(answer: object, kind: type, said: str) -> None:
    with serving(answer) as server, pytest.raises(kind) as caught:
        ask(server.url)
    assert len(server.asked) == 1
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_only_looks_like_the_end_of_a_line_cuts_no_event() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
    raw = json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=False).encode()
    with serving([b"data: " + raw + b"\r\n\r\n", *GOOD[2:]]) as server:
        (made,) = ask(server.url)
    assert made.text == text


def chunk(**choice: object) -> bytes:
    return b"data: " + json.dumps({"model": "m", "choices": [choice]}).encode() + b"\n\n"


def test_parts_of_a_message_are_joined_and_only_text_is_text() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    parts = [[{"type": "text", "text": "He"}, thinking, {"text": "l"}], ["lo"], [None, 3], "!"]
    stream = [chunk(delta={"content": one}) for one in parts]
    with serving([*stream, *GOOD[2:]]) as server:
        (made,) = ask(server.url)
    assert made.text == "Hello!"


def test_halves_of_a_character_meet_and_one_alone_can_be_stored() -> None:
    stream = [b'data: {"choices": [{"delta": {"content": "%s"}}]}\n\n' % half for half in (
        rb"\ud83d", rb"\ude00", rb"\ud83d")]  # fmt: skip
    with serving([*stream, *GOOD[2:]]) as server:
        (made,) = ask(server.url, watch=lambda progress: progress.text.encode() and None)
    assert made.text == "\N{GRINNING FACE}\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b"".join(GOOD).replace(b"\n\n", b"\n"), id="no empty lines"),
        pytest.param(b"".join(GOOD).replace(b"data: ", b"data:\ndata: "), id="empty data lines"),
        pytest.param(b"".join(GOOD).replace(b"data: ", b""), id="no frame at all"),
        pytest.param(b"".join(GOOD).replace(b"\n", b"\r"), id="CR"),
        pytest.param(b"".join(GOOD).replace(b", ", b",\ndata: "), id="over several lines"),
        pytest.param(b"event: message\nretry: 3\n: hi\nfoo: bar\n" + b"".join(GOOD), id="fields"),
        pytest.param(b"".join(GOOD).rstrip(), id="no last line end"),
        pytest.param(b"".join(GOOD) + b'data: {"error": "bye"}\n\n', id="error behind the end"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_a_stream_is_read_in_whatever_frame_and_pieces(stream: bytes, size: int) -> None:
    pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
    with serving(pieces) as server:
        (made,) = ask(server.url)
    assert (made.text, made.finish, made.prompt_tokens) == ("Hello", "stop", 7)


@pytest.mark.parametrize(
    ("tokens", "finish"), [(None, "stop"), (8, "stop"), (9, "length"), (10, "length")]
)
def test_an_end_without_a_reason_is_an_end_and_is_noted(tokens: int | None, finish: str) -> None:
    usage = {"choices": [], "usage": {"completion_tokens": tokens}}
    last = b"data: " + json.dumps(usage).encode() + b"\n\n"
    with serving([event("Hello"), last, b"data: [DONE]\n\n"]) as server:
        (made,) = ask(server.url)
    assert (made.text, made.finish) == ("Hello", finish)
    assert made.notes == ("the server did not say why the reply ended",)


def test_an_end_before_anything_is_tried_again() -> None:
    with serving([b"data: [DONE]\n\n"], GOOD) as server:
        assert ask(server.url)[0].text == "Hello"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b'error: {"code": 500, "message": "no slot free"}\n\n', "no slot free"),
        (b"error: no slot free\n\n", "no slot free"),
        (b'{"error": {"message": "no slot free"}}', "no slot free"),
        (b'{\n "error": {\n  "message": "no slot free"\n }\n}\n', "no slot free"),
        (b'data: {"error": "no slot free"}\n\n', "no slot free"),
        (b'data: "no slot free"\n\n', "no slot free"),
        (b"data: no slot free\n\n", "no slot free"),
        (b'data: {"object": "error", "message": "no slot free", "code": 500}\n\n', "no slot free"),
        (b'data: {"error": true, "message": "no slot free"}\n\n', "no slot free"),
        (b'data: {"error": {"error": {"message": "no slot free"}}}\n\n', "no slot free"),
        (b'data: {"detail": "no slot free"}\n\n', "no slot free"),
        (b'event: error\ndata: {"message": "no slot free"}\n\n', "no slot free"),
        (b"event: error\ndata: no slot free\n\n", "no slot free"),
        (chunk(delta={}, finish_reason="error", error={"message": "no slot free"}), "no slot free"),
        (b"Internal Server Error", "Internal Server Error"),
        (b'data: {"error": []}\n\n', "the stream ended before the reply did"),
        (b'data: {"error": ' + b'{"error": ' * 400 + b"1" + b"}" * 401 + b"\n\n", "an error"),
    ],
)
def test_the_servers_own_words_reach_the_user(said: bytes, words: str) -> None:
    with serving([event("Hel"), said]) as server, pytest.raises(EngineError) as caught:
        ask(server.url)
    assert re.search(f"failed {TRIES} times, last: (status 500, )?{words}", str(caught.value))


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 4096 tokens. However, you asked for max_tokens=9",
        "the request exceeds the available context size. try increasing it",
        "The decoder prompt (length 9) is longer than the maximum model length of 4",
        "Input validation error: `inputs` must have less than 1024 tokens. Given: 5000",
        "input length exceeds maximum context length",
        "Prompt too long",
    ],
)
@pytest.mark.parametrize("status", [None, 200, 400, 422, 500])
def test_a_prompt_that_does_not_fit_is_told_at_once(words: str, status: int | None) -> None:
    body = json.dumps({"object": "error", "message": words}).encode()
    answer = [b"data: " + body + b"\n\n"] if status is None else (status, {}, body)
    with serving(answer) as server, pytest.raises(PromptError) as caught:
        ask(server.url)
    assert words[:30] in str(caught.value)
    assert len(server.asked) == 1


def test_the_code_of_an_error_tells_as_well_as_its_words() -> None:
    error = {"error": {"message": "Too much.", "code": "context_length_exceeded"}}
    stream = [b"data: " + json.dumps(error).encode() + b"\n\n"]
    with serving(stream) as server, pytest.raises(PromptError, match="Too much"):
        ask(server.url)


def test_a_limit_of_tokens_a_minute_is_no_context() -> None:
    busy = (429, {}, b'{"error": {"message": "too many tokens in a minute"}}')
    with serving(busy, GOOD) as server:
        assert ask(server.url)[0].text == "Hello"


@pytest.mark.parametrize("content", ["Hello", [{"type": "text", "text": "Hello"}]])
@pytest.mark.parametrize(
    ("reason", "finish"), [("length", "length"), ("stop", "stop"), (None, "stop")]
)
@pytest.mark.parametrize("indent", [None, 1])
def test_a_server_that_does_not_stream_answers_too(
    content: object, reason: str | None, finish: str, indent: int | None
) -> None:
    message = {"role": "assistant", "content": content}
    whole = {
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    body = json.dumps(whole, indent=indent).encode()
    seen: list[Progress] = []
    with serving((200, {"content-type": "application/json"}, body)) as server:
        (made,) = ask(server.url, watch=seen.append)
    assert (made.text, made.finish) == ("Hello", finish)
    assert (made.prompt_tokens, made.completion_tokens) == (7, 2)
    assert [one.text for one in seen] == ["Hello"]


def test_an_alias_of_a_listed_model_is_taken_and_both_names_are_recorded() -> None:
    stream = [event("Hello", model="/models/m.gguf"), event(finish="stop", model="/models/m.gguf")]
    with serving(stream, models=("m", "other")) as server:
        (made,) = ask(server.url)
    assert made.notes == ("asked for 'm', the server answered as '/models/m.gguf'",)


REFUSALS = {
    "seed": {"error": {"message": "Unknown parameter: seed"}},
    "stream_options": {"detail": [
        {"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"},
        {"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"},
    ]},
    "max_tokens": {"error": {
        "message": "'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
    }},
    "temperature": {"error": {"message": "Only the default is supported", "param": "temperature"}},
}  # fmt: skip


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("field", REFUSALS)
def test_a_field_that_is_refused_is_sent_otherwise_once_and_noted(field: str, status: int) -> None:
    refusal = (status, {}, json.dumps(REFUSALS[field]).encode())
    with serving(refusal, GOOD) as server:
        first, second = ask(server.url, (1, 2))
    before, after, later = server.asked
    other = {"max_completion_tokens"} if field == "max_tokens" else set()
    assert set(before) - set(after) == {field}
    assert set(after) - set(before) == other
    assert set(later) == set(after)  # what the server does not take is not sent again
    how = "was sent as max_completion_tokens" if other else "was left out"
    assert first.notes == second.notes == (f"{field} {how}, as the server refused it",)
    assert first.seed == 1


def test_a_field_that_is_refused_again_is_told() -> None:
    refusal = (400, {}, b'{"error": {"message": "no max_tokens and no max_completion_tokens"}}')
    with serving(refusal) as server, pytest.raises(EngineError, match="no max_tokens"):
        ask(server.url)
    assert len(server.asked) == 2


def test_a_reply_as_asked_has_nothing_to_note() -> None:
    with serving(GOOD) as server:
        (made,) = ask(server.url)
    assert "notes" not in made.model_dump()


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        (None, [(0.4, 0.6), (0.8, 1.2), (1.6, 2.4), (3.2, 4.8)]),
        ("3", [(2.4, 3.6)] * 4),
        ("3600", [(16, 24)] * 4),
        ("soon", [(0.4, 0.6), (0.8, 1.2), (1.6, 2.4), (3.2, 4.8)]),
    ],
)
def test_a_server_is_given_the_time_that_it_asks_for_and_else_ever_more(
    asked: str | None, waits: list[tuple[float, float]]
) -> None:
    slept: list[float] = []
    headers = {} if asked is None else {"retry-after": asked}
    with serving((503, headers, ERROR)) as server, pytest.raises(EngineError):
        ask(server.url, sleep=slept.append)
    assert [low <= one <= high for one, (low, high) in zip(slept, waits, strict=True)] == [True] * 4


def test_nobody_there_is_told_at_once_with_what_to_do() -> None:
    slept: list[float] = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EngineError, match=r"cannot be reached .* Start the server"):
        ask(f"http://127.0.0.1:{port}/v1", sleep=slept.append)
    assert slept == []


def test_one_that_was_there_is_given_time_to_come_back() -> None:
    slept: list[float] = []
    with serving(GOOD) as server:
        engine = OpenAIEngine(server.url, "m", sleep=slept.append)
        engine.complete(ASK, Sampling(), [1], lambda _: None)
    with pytest.raises(EngineError, match=f"failed {TRIES} times, last: it cannot be reached"):
        engine.complete(ASK, Sampling(), [1], lambda _: None)
    engine.close()
    assert len(slept) == TRIES - 1


def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engines.openai_http.engine.SILENCE_SECONDS", 0.2)
    slow = [event("Hel"), 1.0, event("lo")]
    with serving(slow, slow, GOOD) as server:
        (made,) = ask(server.url)
    assert made.text == "Hello"


def test_odd_events_are_passed_over() -> None:
    odd = [
        b": a comment\n\n",
        b"event: ping\n\n",
        b"id: 7\n\n",
        b"data:\n\n",
        b"data: 3\n\n",
        b'data: {"choices": 3}\n\n',
        b'data: {"choices": [3]}\n\n',
        b'data: {"choices": [{"delta": null}]}\n\n',
        b'data: {"usage": {"prompt_tokens": "many", "completion_tokens": -1}}\n\n',
    ]
    with serving(odd + GOOD[:3]) as server:
        (made,) = ask(server.url)
    assert made.text == "Hello"
    assert made.completion_tokens == 2


def test_an_interrupt_passes_through_at_once() -> None:
    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    with serving([event("Hel"), 5.0, event("lo")]) as server:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            ask(server.url, watch=stop)
    assert time.monotonic() - started < 4


def test_the_key_is_sent_and_never_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret-key")
    with serving(GOOD) as server:
        ask(server.url)
    assert server.headers[0]["Authorization"] == "Bearer secret-key"
    spec = ModelSpec(name="m", server=server.url, served="q")
    identity = identities.identify(spec, tmp_path)
    assert (identity.kind, identity.verified, identity.file) == ("server", False, "q")
    assert "secret-key" not in identity.model_dump_json()


@pytest.mark.parametrize(
    "server", ["127.0.0.1:80", "ftp://x/v1", "http://", "http://key@host/v1", "http://[x/v1"]
)
def test_an_address_that_is_none_is_told_by_line(project: Path, server: str) -> None:
    path = project / "models.toml"
    path.write_text(f'{path.read_text()}\n[models.s]\nserver = "{server}"\n')
    with pytest.raises(ConfigError, match=r"models\.s: server is no"):
        models.load(project)
    path.write_text(path.read_text().replace(server, "http://h/v1") + 'path = "x.gguf"\n')
    with pytest.raises(ConfigError, match="a server has no weights beside it"):
        models.load(project)
    assert config.read_text(path)


@pytest.fixture(scope="module")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """llama-cpp-python's own server, in a child process, with the small test model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_CACHE", str(tmp_path_factory.mktemp("cache")))
        listed = models.load(Path(__file__).parents[2])
        spec = models.find(listed, "smollm2-135m-instruct")
        path = sources.obtain(spec, Path())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--model", str(path), "--model_alias", "small", "--n_ctx", "1024"]
    process = subprocess.Popen(
        [sys.executable, "-m", "llama_cpp.server", *options, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOST": "127.0.0.1"},
    )
    url = f"http://127.0.0.1:{port}/v1"
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None
            assert time.monotonic() < deadline
            try:
                if httpx.get(f"{url}/models").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.all_cores
def test_a_real_server_answers_the_same_for_the_same_seed(llama_server: str) -> None:
    engine = OpenAIEngine(llama_server, "small")
    seen: list[Progress] = []
    sampling = Sampling(temperature=0.8, max_tokens=12)
    first, again, other = engine.complete(ASK, sampling, [5, 5, 6], seen.append)
    engine.close()
    assert first.text == again.text
    assert first.text
    assert len([one for one in seen if one.sample == 0]) > 1
    assert first.completion_tokens <= 12
    assert (first.seed, other.seed) == (5, 6)


@pytest.mark.all_cores
def test_a_real_server_with_another_model_is_told(llama_server: str) -> None:
    engine = OpenAIEngine(llama_server, "another")
    with pytest.raises(HarnessError):
        engine.complete(ASK, Sampling(max_tokens=4), [1], lambda progress: None)
    engine.close()
