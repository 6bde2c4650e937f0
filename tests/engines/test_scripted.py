"""A script that is watched: it is stepped back, and says something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engines.watchers import Onlooker, once, without

from harness.engines.scripted import MOST_BACKS, ScriptedEngine
from harness.errors import ConfigError, EngineError
from harness.records import Completion, Message, Progress, Sampling, StepBack

ASK = [Message(role="user", content="Go on.")]
TEXT = "```python\nimport pandas as pd\ntable.corr()\nprint(1)\n```\n"


def answer(
    folder: Path, reply: Any, watcher: Onlooker | None = None
) -> tuple[Completion, list[Progress]]:
    path = folder / "script.json"
    path.write_text(json.dumps([reply]))
    seen: list[Progress] = []
    watchers = [watcher] if watcher else []
    (done,) = ScriptedEngine(path).complete(ASK, Sampling(), [1], seen.append, watchers=watchers)
    text = ""
    for one in seen:
        text = text[: one.kept] + one.text
    assert text == done.text
    return done, seen


def test_it_is_fed_word_by_word_and_once_at_its_end(tmp_path: Path) -> None:
    watcher = Onlooker()
    done, _ = answer(tmp_path, TEXT, watcher)
    assert done.text == TEXT
    assert done.taken_back == 0
    assert [ended for _, ended in watcher.seen] == [False] * len(TEXT.split()) + [True]
    assert watcher.seen[1][0] == "```python\nimport "


def test_unwatched_it_comes_at_once(tmp_path: Path) -> None:
    done, seen = answer(tmp_path, {"text": TEXT, "instead": {"a": "b"}})
    assert (done.text, len(seen), done.taken_back) == (TEXT, 1, None)


@pytest.mark.parametrize("word", ["corr()", "table.corr()\n"])
def test_what_is_rejected_is_said_otherwise(tmp_path: Path, word: str) -> None:
    reply = {"text": TEXT, "instead": {"corr()": "corr(numeric_only=True)"}}
    done, _ = answer(tmp_path, reply, Onlooker(without(word)))
    assert done.text == TEXT.replace("corr()", "corr(numeric_only=True)")
    assert done.taken_back == 1


def test_other_words_can_be_rejected_too(tmp_path: Path) -> None:
    reply = {"text": "a b c", "instead": {"b": "d", "d": "e"}}
    watcher = Onlooker(lambda text, ended: without("b")(text, ended) or without("d")(text, ended))
    done, _ = answer(tmp_path, reply, watcher)
    assert done.text == "a e c"


def test_the_longest_of_two_texts_counts_and_nothing_may_come_instead(tmp_path: Path) -> None:
    reply = {"text": "a b.c", "instead": {"b": "x", "b.c": ""}}
    done, _ = answer(tmp_path, reply, Onlooker(without("b.c")))
    assert (done.text, done.taken_back) == ("a ", 1)


def test_an_insert_is_written_and_a_hidden_one_is_not(tmp_path: Path) -> None:
    for hidden in (False, True):
        back = StepBack(keep=10, insert="import numpy\n", hidden=hidden)
        watcher = Onlooker(once(lambda text, _, back=back: back if "table" in text else None))
        done, _ = answer(tmp_path, TEXT, watcher)
        assert done.text == TEXT[:10] + ("" if hidden else "import numpy\n") + TEXT[10:]


def test_a_reply_that_ended_goes_on(tmp_path: Path) -> None:
    watcher = Onlooker(once(lambda _, ended: StepBack(keep=2, reject=4) if ended else None))
    done, _ = answer(tmp_path, {"text": "a bb", "instead": {"bb": "cc dd"}}, watcher)
    assert done.text == "a cc dd"


def test_a_script_is_not_stepped_back_for_ever(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=f"{MOST_BACKS:,} times"):
        answer(tmp_path, "a b", Onlooker(lambda _text, _ended: StepBack(keep=0, reject=1)))


@pytest.mark.parametrize("reply", [{"text": 1}, {"instead": {}}, {"text": "a", "else": {}}, 7])
def test_what_is_no_reply_is_refused(tmp_path: Path, reply: object) -> None:
    with pytest.raises(ConfigError, match="expected a JSON list of reply texts"):
        answer(tmp_path, reply)
