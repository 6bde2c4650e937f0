"""What goes to a terminal, and what to a pipe; how much is said."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from harness.cli import options, show
from harness.cli.show import Level

WORDS = "codellama-7b-instruct is not here: using the embedded \x1b[2J qwen2.5-coder-1.5b-instruct"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    yield
    show.set_level(Level.NORMAL)


def consoles(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> io.StringIO:
    """Both of show's consoles write to ``stream``, of 40 columns if it is a terminal."""
    for name, value in {"COLUMNS": "40", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.setattr(show, "out", show.console(stderr=False))
    monkeypatch.setattr(show, "err", show.console(stderr=True))
    return stream


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_a_notice_breaks_between_words_and_in_a_pipe_nowhere(
    stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = consoles(monkeypatch, stream)
    show.notice(WORDS, "none")
    lines = said.getvalue().splitlines()
    assert "\x1b[2J" not in said.getvalue()
    assert " ".join(line.strip() for line in lines) == WORDS.replace("\x1b", "\\x1b")
    assert len(lines) == 1 or max(map(len, lines)) <= 40
    assert (len(lines) > 1) == stream.isatty()


def test_a_pipe_has_no_width_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = consoles(monkeypatch, io.StringIO())
    show.facts([("Failed", show.shorten("KeyError: " + "x" * 500, 20))])
    (line,) = said.getvalue().splitlines()
    assert line == "Failed    KeyError: " + "x" * 500


def test_the_width_is_that_of_where_it_goes_now(monkeypatch: pytest.MonkeyPatch) -> None:
    consoles(monkeypatch, io.StringIO())
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert show.out.width == show.NO_WIDTH
    show.out.stderr = True
    assert show.out.width == 40


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (Level.QUIET, ["result", "error"]),
        (Level.NORMAL, ["result", "info", "notice", "error"]),
        (Level.VERBOSE, ["result", "info", "notice", "error"]),
    ],
)
def test_quiet_says_only_results_and_errors(
    level: Level, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = consoles(monkeypatch, io.StringIO())
    show.set_level(level)
    show.line("result")
    show.info("info")
    show.notice("notice")
    show.error("error")
    assert stream.getvalue().split() == said
    assert show.is_verbose() == (level is Level.VERBOSE)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, None),
        ([], None),
        (["eda"], ["eda"]),
        (["eda,modeling", "eda", " deployment ,"], ["eda", "modeling", "deployment"]),
    ],
)
def test_names_are_repeated_or_joined_and_each_counts_once(
    given: list[str] | None, names: list[str] | None
) -> None:
    assert options.split(given) == names


def test_a_name_that_is_empty_does_not_mean_all() -> None:
    with pytest.raises(options.typer.BadParameter):
        options.split([""])


def test_a_file_with_a_comma_in_its_name_is_one_file(tmp_path) -> None:
    path = tmp_path / "a,b.gguf"
    path.touch()
    others = [tmp_path / "c.gguf", tmp_path / "d.gguf"]
    joined = type(path)(",".join(map(str, others)))
    assert options.split_paths([path, joined, others[0]]) == [path, *others]
