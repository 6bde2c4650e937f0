"""Templates: ours say what the model was trained on, a file's own is hostile."""

from __future__ import annotations

import time

import pytest

from harness.engines.llama.chat import ChatTemplate, Renderer, named
from harness.errors import PromptError, UnknownNameError
from harness.records import Message

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}
TURNS = [
    Message(role="system", content="S"),
    Message(role="user", content="U1"),
    Message(role="assistant", content="A1"),
    Message(role="user", content="U2"),
]


def rendered(template: ChatTemplate, *conversations: list[Message]) -> list[str]:
    renderer = Renderer(template)
    try:
        return [renderer.render(turns, SPECIAL) for turns in conversations]
    finally:
        renderer.close()


def prompt(source: str) -> str:
    return rendered(ChatTemplate(source=source, trusted=False), TURNS)[0]


def test_llama_2() -> None:
    (text,) = rendered(named("llama-2"), TURNS)
    assert text == "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU1 [/INST] A1 </s><s>[INST] U2 [/INST]"


def test_phind() -> None:
    (text,) = rendered(named("phind"), TURNS)
    expected = "### System Prompt\nS\n\n### User Message\nU1\n\n### Assistant\nA1\n\n"
    assert text == expected + "### User Message\nU2\n\n### Assistant\n"


def test_chatml() -> None:
    (text,) = rendered(named("chatml"), TURNS[:2])
    expected = "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n"
    assert text == expected + "<|im_start|>assistant\n"


def test_a_completion_goes_on_from_the_text_itself() -> None:
    (text,) = rendered(named("completion"), [Message(role="user", content="  x = {{ 1 }}\n")])
    assert text == "  x = {{ 1 }}\n"


@pytest.mark.parametrize("name", ["llama-2", "phind", "chatml"])
def test_a_conversation_grows_on_its_own_prompt(name: str) -> None:
    # Generation keeps what it read of earlier turns only if this holds.
    first, second = rendered(named(name), TURNS[:2], TURNS)
    assert second.startswith(first)


def test_an_unknown_format_lists_those_known() -> None:
    with pytest.raises(UnknownNameError, match="chatml, completion, llama-2, phind"):
        named("chat")


def test_a_files_own_template_is_rendered() -> None:
    source = "{% for m in messages %}{{ m['role'][0] }}:{{ m.content }} {% endfor %}{{ eos_token }}"
    assert prompt(source) == "s:S u:U1 a:A1 u:U2 </s>"


TAGGED = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}" + TAGGED
)
ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}"
    "{% endif %}{% endfor %}" + TAGGED
)
FOLDED = "[user]S\n\nU1[assistant]A1[user]U2"


def noted(source: str, turns: list[Message]) -> tuple[str, tuple[str, ...]]:
    renderer = Renderer(ChatTemplate(source=source, trusted=False))
    try:
        return renderer.render(turns, SPECIAL), renderer.notes
    finally:
        renderer.close()


@pytest.mark.parametrize("source", [NO_SYSTEM, ALTERNATING])
def test_where_no_system_turn_is_taken_its_text_begins_the_first_user_turn(source: str) -> None:
    text, notes = noted(source, TURNS)
    assert text == FOLDED
    assert notes == ("the chat template takes no system turn here; its text begins the first "
                     "user turn",)  # fmt: skip
    assert noted(source, TURNS[1:]) == ("[user]U1[assistant]A1[user]U2", ())


def test_a_conversation_grows_on_its_own_prompt_where_its_system_turn_is_folded() -> None:
    first, second = rendered(ChatTemplate(source=NO_SYSTEM, trusted=False), TURNS[:2], TURNS)
    assert first
    assert second.startswith(first)


def test_a_template_that_takes_system_turns_gets_them() -> None:
    assert noted(TAGGED, TURNS) == ("[system]S[user]U1[assistant]A1[user]U2", ())


def test_notes_are_of_one_prompt() -> None:
    renderer = Renderer(ChatTemplate(source=NO_SYSTEM, trusted=False))
    renderer.render(TURNS, SPECIAL)
    renderer.render(TURNS[1:], SPECIAL)
    assert renderer.notes == ()
    renderer.close()


def test_what_marks_a_models_turns_for_training_is_rendered_as_if_it_were_not_there() -> None:
    marked = (
        "{% set x = 'out' %}{% for m in messages %}{% if m.role == 'assistant' %}"
        "{%- generation -%} {% set x = 'in' %}{{ m.content }}{{ x }}{{ loop.index }} "
        "{%- endgeneration -%}{% endif %}{% endfor %}{{ x }}"
    )
    assert prompt(marked) == "A1in3out"


@pytest.mark.parametrize("source", ["{% generation %}", "{% endgeneration %}"])
def test_a_mark_without_its_other_half_is_one_line(source: str) -> None:
    with pytest.raises(PromptError, match="TemplateSyntaxError"):
        prompt(source)


def test_every_day_is_the_same_to_a_template() -> None:
    # Else the same command would give another reply tomorrow, under the same id.
    source = "{{ strftime_now('%d %b %Y %H:%M') }}"
    text, notes = noted(source, TURNS)
    assert text == "26 Jul 2024 00:00"
    assert notes == ("the chat template asked for the date and was told 2024-07-26",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (NO_SYSTEM + "{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ raise_exception(messages[0].role) }}", "system"),
        ("{{ strftime_now(3) }}", "TypeError"),
        ("{{ strftime_now('%Y' * 10**9) }}", "failed"),
        ("{{ raise_exception('no system turn') }}", "no system turn"),
        ("{% if %}", "TemplateSyntaxError"),
        ("{{ nothing.at.all }}", "UndefinedError"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ 'x' * 10**12 }}", "failed"),
        ("{% for i in range(99999) %}{{ 'x' * 99999 }}{% endfor %}", "characters"),
    ],
)
def test_a_hostile_template_is_one_line(source: str, said: str) -> None:
    with pytest.raises(PromptError) as caught:
        prompt(source)
    assert said in str(caught.value)
    assert "chat_format" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_failure_does_not_spoil_the_next_prompt() -> None:
    picky = "{% if messages | length > 2 %}{{ 1 / 0 }}{% endif %}{{ messages | length }}"
    renderer = Renderer(ChatTemplate(source=picky, trusted=False))
    with pytest.raises(PromptError, match="ZeroDivisionError"):
        renderer.render(TURNS, SPECIAL)
    assert renderer.render(TURNS[:2], SPECIAL) == "2"
    renderer.close()


def test_a_template_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engines.llama.chat.RENDER_SECONDS", 1)
    loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    started = time.monotonic()
    with pytest.raises(PromptError, match="did not finish"):
        prompt(loops)
    assert time.monotonic() - started < 8
