"""A step back as a person sees it, in 80 columns and in a pipe."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.batch import worker
from harness.cli import show, steered
from harness.cli.live import LiveReporter
from harness.records import Level, Progress, TakenBack


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    monkeypatch.setattr(show, "out", Console(file=shown, width=80, force_terminal=True))
    return shown


def taken(message: str, level: Level = Level.NAME, **more: object) -> TakenBack:
    given = {"at": 6, "text": "best_params_", "tried": 0, "by": "run", "error": "E", **more}
    return TakenBack.model_validate({**given, "message": message, "level": level})


def progress(text: str, kept: int | None = None) -> Progress:
    return Progress(sample=0, text=text, kept=kept, tokens=1, prompt_done=1, prompt_total=1)


def test_one_line_says_what_failed_and_what_happens(screen: io.StringIO) -> None:
    line = steered.line("load", taken("'Study' has no attribute 'best_params_'"))
    assert str(line) == "↶ load: 'Study' has no attribute 'best_params_' → back to the name"


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("message", ["x" * 5_000, "\x1b]0;pwn\x07\n\u202e", "", "長" * 200])
def test_the_line_fits_and_cannot_be_obeyed(
    screen: io.StringIO, level: Level, message: str
) -> None:
    line = steered.line("load", taken(message, level, inserted="import a as b\n"))
    assert line.cell_len <= 80
    assert not set(str(line)) & set("\x1b\x07\n\u202e")


def test_the_text_shrinks_back_and_goes_on(screen: io.StringIO) -> None:
    reporter = LiveReporter(100)
    reporter.step(1, 1, "load")
    console = Console(width=80)

    def last() -> str:
        with console.capture() as got:
            console.print(reporter._shown())
        return got.get().strip().split("\n")[-1].strip()

    reporter.progress(progress("x\nabc.best_params_"))
    assert last() == "abc.best_params_"
    worker.show(
        worker.ReporterCall(method="stepped_back", arguments={"taken": taken("no")}), reporter
    )
    reporter.progress(progress("best", kept=6))
    assert last() == "abc.best"
    assert "→ back to the name" in screen.getvalue()


def test_what_was_taken_back_counts_as_written(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = LiveReporter(100)
    reporter.step(1, 1, "load")
    for now, kept, back in ((0.0, 1, 0), (10.0, 21, 80)):
        monkeypatch.setattr("harness.cli.live.time.monotonic", lambda now=now: now)
        reporter.progress(progress("x").model_copy(update={"tokens": kept, "taken_back": back}))
    assert "21 tokens · 10.0 tokens/s · about" in str(reporter._line)
