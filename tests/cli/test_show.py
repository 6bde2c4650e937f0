"""What goes to a terminal, and what to a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.cli import show

WORDS = "codellama-7b-instruct is not here: using the embedded \x1b[2J qwen2.5-coder-1.5b-instruct"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_notice_breaks_between_words_and_in_a_pipe_nowhere(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    console = Console(file=said, width=40, force_terminal=terminal, highlight=False, markup=False)
    monkeypatch.setattr(show, "err", console)
    show.notice(WORDS, "none")
    lines = said.getvalue().splitlines()
    assert "\x1b[2J" not in said.getvalue()
    assert " ".join(line.strip() for line in lines) == WORDS.replace("\x1b", "\\x1b")
    assert len(lines) == 1 or max(map(len, lines)) <= 40
    assert (len(lines) > 1) == terminal
