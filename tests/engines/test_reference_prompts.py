"""Prompts of Code Llama and Phind, token for token as their authors' own code makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from llama_files import VOCABULARY, write_llama

from harness.engines.llama.bindings import Vocabulary
from harness.engines.llama.chat import Renderer, named
from harness.engines.llama.engine import LlamaCppEngine
from harness.engines.llama.messages import LoadModel
from harness.records import Message, Sampling

BOS, EOS = "<s>", "</s>"
# White space around what people and models write, as it may come.
DIALOG = [
    ("system", "You write Python."),
    ("user", "\n Load it.\n"),
    ("assistant", "  df = 1\n\n"),
    ("user", " Plot it.\n"),
]
LLAMA_2 = (
    "<s>[INST] <<SYS>>\nYou write Python.\n<</SYS>>\n\n\n Load it. [/INST] df = 1 </s>"
    "<s>[INST] Plot it. [/INST]"
)
LLAMA_2_PIECES = (
    "<s> ▁[ INST ] ▁<< SYS >> <0x0A> You ▁ w r it e ▁ Python . <0x0A> << / SYS >> <0x0A> <0x0A> "
    "<0x0A> ▁ Load ▁it . ▁[ / INST ] ▁df ▁= ▁1 ▁ </s> <s> ▁[ INST ] ▁Plot ▁it . ▁[ / INST ]"
)
PHIND = (
    "### System Prompt\nYou write Python.\n\n### User Message\nLoad it.\n\n### Assistant\n"
    "df = 1\n\n### User Message\nPlot it.\n\n### Assistant\n"
)


def turns(dialog: Sequence[tuple[str, str]]) -> list[Message]:
    return [Message(role=role, content=text) for role, text in dialog]


def codellama(dialog: Sequence[tuple[str, str]], encode: Callable[[str], list[int]]) -> list[int]:
    """``chat_completion`` of codellama's generation.py; ``encode`` adds neither BOS nor EOS."""
    begin, end, system, after = "[INST]", "[/INST]", "<<SYS>>\n", "\n<</SYS>>\n\n"
    texts = [text for _, text in dialog]
    if dialog[0][0] == "system":
        texts = [system + texts[0] + after + texts[1], *texts[2:]]
    made: list[int] = []
    for prompt, answer in zip(texts[::2], texts[1::2], strict=False):
        made += [1, *encode(f"{begin} {prompt.strip()} {end} {answer.strip()} "), 2]
    return [*made, 1, *encode(f"{begin} {texts[-1].strip()} {end}")]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_llama(tmp_path_factory.mktemp("weights") / "tiny.gguf")


@pytest.fixture(scope="module")
def vocabulary(weights: Path) -> Vocabulary:
    return Vocabulary(weights, vocab_only=True)


def prompt(name: str, dialog: Sequence[tuple[str, str]], vocabulary: Vocabulary) -> str:
    return Renderer(named(name)).render(turns(dialog), vocabulary.special)


def test_the_text_for_code_llama(vocabulary: Vocabulary) -> None:
    assert prompt("llama-2", DIALOG, vocabulary) == LLAMA_2


def test_the_tokens_for_code_llama(vocabulary: Vocabulary) -> None:
    made = vocabulary.tokens(prompt("llama-2", DIALOG, vocabulary))
    assert [VOCABULARY[token] for token in made] == LLAMA_2_PIECES.split()


@pytest.mark.parametrize("begin", [0, 1], ids=["with a system turn", "without one"])
@pytest.mark.parametrize("end", [2, 4], ids=["one turn", "two turns"])
def test_they_are_those_of_its_authors_code(vocabulary: Vocabulary, begin: int, end: int) -> None:
    dialog = DIALOG[begin:end]
    made = vocabulary.tokens(prompt("llama-2", dialog, vocabulary))
    assert made == codellama(dialog, lambda text: vocabulary.tokens(text, begins=False))
    asked = sum(role == "user" for role, _ in dialog)
    assert (made.count(1), made.count(2)) == (asked, asked - 1)


def test_the_text_and_tokens_for_phind(vocabulary: Vocabulary) -> None:
    dialog = [(role, text.strip()) for role, text in DIALOG]
    text = prompt("phind", dialog, vocabulary)
    assert text == PHIND
    made = vocabulary.tokens(text)
    assert made == [1, *vocabulary.tokens(PHIND, begins=False)]
    assert made.count(1) == 1


@pytest.mark.parametrize("name", ["llama-2", "phind"])
def test_a_conversation_that_goes_on_is_asked_with_these_tokens(
    tmp_path: Path, vocabulary: Vocabulary, name: str
) -> None:
    path = write_llama(tmp_path / "ends.gguf", ends=True)
    engine = LlamaCppEngine(LoadModel(path=path, template=named(name), n_ctx=1024, threads=1))
    dialog = DIALOG[:2]
    for question in ("Plot it.", "And again.\n"):
        said = engine.complete(turns(dialog), Sampling(max_tokens=99), [1], lambda _: None)[0]
        assert said.prompt_tokens == len(vocabulary.tokens(prompt(name, dialog, vocabulary)))
        dialog = [*dialog, ("assistant", said.text), ("user", question)]
    engine.close()


@pytest.mark.parametrize("name", ["llama-2", "phind"])
def test_the_engine_counts_these_tokens(weights: Path, vocabulary: Vocabulary, name: str) -> None:
    settings = LoadModel(path=weights, template=named(name), n_ctx=512, threads=1, vocab_only=True)
    engine = LlamaCppEngine(settings)
    expected = len(vocabulary.tokens(prompt(name, DIALOG, vocabulary)))
    assert engine.count_tokens(turns(DIALOG)) == expected
    engine.close()
