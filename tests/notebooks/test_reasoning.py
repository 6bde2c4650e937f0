"""Reasoning is told from the answer, kept, and never run."""

from __future__ import annotations

import pytest

from harness.notebooks.replies import cells_of
from harness.records import Cell

DRAFT = "Let me draft:\n\n```python\nx = 'wrong'\n```\n\nNo."
ANSWER = "```python\nx = 1\n```\n"


def cells(reply: str) -> list[Cell]:
    return list(cells_of("s", "p", reply)[1:])


def shape(reply: str) -> list[tuple[str, str]]:
    return [(cell.origin, cell.kind) for cell in cells(reply)]


PAIRS = [
    ("<think>", "</think>"),
    ("<Thinking>", "</Thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reasoning effort='high'>", "</reasoning>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<reasoning_content>", "</reasoning_content>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("analysis", "assistantfinal"),
]


@pytest.mark.parametrize("glue", ["\n", "\n\n", ""])
@pytest.mark.parametrize(("start", "end"), PAIRS, ids=lambda tag: tag)
def test_reasoning_is_folded_prose_and_the_fence_behind_it_is_code(
    start: str, end: str, glue: str
) -> None:
    lead = "" if start == "analysis" else glue  # its tags were dropped, and it is glued to its text
    found = cells(f"{start}{lead}{DRAFT}{glue}{end}{glue}{ANSWER}")
    assert [(cell.origin, cell.kind) for cell in found] == [
        ("reasoning", "markdown"),
        ("fence", "code"),
    ]
    assert found[0].source == (f"<details>\n<summary>Reasoning</summary>\n\n{DRAFT}\n\n</details>")
    assert found[1].source == "x = 1"


@pytest.mark.parametrize("end", ["</think>", "</reasoning>", "[/THINK]", "</thinking>"])
def test_without_an_opening_tag_all_before_the_end_is_reasoning(end: str) -> None:
    assert shape(f"{DRAFT}\n{end}\n{ANSWER}") == [("reasoning", "markdown"), ("fence", "code")]
    assert shape(f"Only words.{end}{ANSWER}") == [("reasoning", "markdown"), ("fence", "code")]


def test_without_an_end_all_of_it_is_reasoning() -> None:
    found = cells(f"<think>\n{DRAFT}\n```python\nx = ")
    assert [(cell.origin, cell.unclosed) for cell in found] == [("reasoning", True)]
    assert found[0].source.endswith("x = \n```\n\n</details>")


def test_a_draft_that_was_left_open_ends_with_the_reasoning() -> None:
    reply = f"Hm.\n```python\nx = 'wrong'\n</think>\n{ANSWER}"
    assert [cell.source for cell in cells(reply) if cell.kind == "code"] == ["x = 1"]


@pytest.mark.parametrize(
    "source",
    [
        "text = re.sub('<think>.*?</think>', '', text)",
        "text = '''\n<think>\nwords\n</think>\n'''",
        "# </think>\nif '<think>' in text:\n    pass",
    ],
)
def test_tags_in_code_are_code(source: str) -> None:
    assert [(c.origin, c.source) for c in cells(f"```python\n{source}\n```")] == [("fence", source)]


@pytest.mark.parametrize(
    "words",
    [
        "Some models write a <think> tag.",
        "The `<think>` block ends with `</think>`.",
        "Cut at the </think> tag with a regex:",
    ],
)
def test_tags_that_are_spoken_of_are_prose(words: str) -> None:
    assert shape(f"{words}\n\n{ANSWER}") == [("prose", "markdown"), ("fence", "code")]


def test_a_second_stretch_and_a_stray_end() -> None:
    reply = f"<think>a</think>\n{ANSWER}\n<think>b</think>\n{ANSWER}\n</think>\n"
    assert [origin for origin, _ in shape(reply)] == [
        *("reasoning", "fence", "reasoning", "fence"),
        "prose",
    ]


def test_empty_reasoning_makes_no_cell() -> None:
    assert shape(f"<think>\n\n</think>\n\n{ANSWER}") == [("fence", "code")]


def test_a_fold_cannot_be_left_from_inside() -> None:
    found = cells("<think>\n</details>\n<summary>x\n</think>\ny")
    assert found[0].source.count("</details>") == 1
