"""The command line: parse, call, print; no logic.

Nothing is imported from here but ``main``. Heavy imports stand inside the commands, so that
``--help`` is quick. The smallest command to copy is ``doctor.py``.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from harness import __version__
from harness.cli import (
    check,
    compare,
    data,
    diff,
    doctor,
    findings,
    fixes,
    generate,
    init,
    ladder,
    leaderboard,
    ledger,
    models,
    new,
    open_run,
    patch,
    prompts,
    regenerate,
    report,
    runs,
    suite,
)
from harness.cli.options import Verbosity
from harness.cli.visible import clean, guard

INTERRUPTED = 130

# Heading -> name -> command or group of commands, and what it is for.
COMMANDS: dict[str, dict[str, tuple[Any, str]]] = {
    "Run": {
        "generate": (generate.generate, "Let a model write a notebook, and run it"),
        "regenerate": (regenerate.regenerate, "Do so for every stage, and for several models"),
        "ladder": (ladder.ladder, "Measure what each level of telling and helping a model buys"),
        "patch": (patch.patch, "Apply the fixes to a run again, and run the result"),
        "check": (check.check, "Judge stored runs again, without a model"),
        "suite": (suite.app, "Let a model answer a public problem file, and judge it"),
        "prompts": (prompts.prompts, "Print what a model would be sent, with token counts"),
    },
    "Inspect": {
        "runs": (runs.app, "List, show, export or remove runs"),
        "open": (open_run.open_run, "Open a run's notebook in Jupyter, with a sandboxed kernel"),
        "diff": (diff.diff, "Show what humans changed, or how two runs differ"),
        "report": (report.report, "Write all runs as pages that a browser shows without a server"),
        "findings": (findings.findings, "Say what is imperfect in the notebooks of models"),
        "compare": (compare.compare, "Compare models by their runs"),
        "leaderboard": (leaderboard.leaderboard, "Rank models, of one machine or of several"),
        "ledger": (ledger.ledger, "Count how much of the code is human"),
    },
    "Fix": {
        "fixes": (fixes.app, "Capture, list, edit, check, apply or minimise human fixes"),
    },
    "Set up": {
        "init": (init.init, "Write a new project folder, about a table of your own"),
        "new": (new.app, "Write a new stage, to be changed into your own"),
        "doctor": (doctor.doctor, "Check this machine, and say how to repair it"),
        "models": (models.app, "List, show, pull, add, verify or remove models"),
        "data": (data.app, "Add, list, pull, import or profile datasets"),
    },
}


class Sections(TyperGroup):
    """Help that lists the commands under their headings."""

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        """See ``TyperGroup``."""
        width = max(map(len, self.commands))
        for heading, commands in COMMANDS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), of) for name, (_, of) in commands.items()])


app = typer.Typer(
    name="harness",
    cls=Sections,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"color": False},  # no styles but those of show's consoles
    rich_markup_mode=None,  # rich help triples the time of --help
)
for commands in COMMANDS.values():
    for name, (command, what_for) in commands.items():
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, short_help=what_for)
        else:
            app.command(name, short_help=what_for)(command)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"harness {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    _verbosity: Verbosity = None,
) -> None:
    """Let a local model write data-science notebooks, run them safely, and measure the fixes.

    harness sends the prompts of a workflow to a GGUF model on this machine, runs the notebooks that
    it writes in a sandbox, records which cells failed and why, applies human fixes, and measures
    how much of the final code they account for.

    Start here:

    \b
      harness doctor                  is this machine ready?
      harness generate --stage eda    write, run, fix and check one notebook
      harness runs                    what was made so far
    """


def main() -> None:
    """Entry point. A HarnessError is one line and exit code 1; Ctrl-C and SIGTERM are 130."""
    from harness.errors import HarnessError

    signal.signal(signal.SIGTERM, _interrupt)
    guard()
    try:
        app()
    except HarnessError as error:
        print(f"harness: {clean(str(error))}", file=sys.stderr)
        sys.exit(1)
    except SystemExit as ending:
        # Typer turns KeyboardInterrupt into this code, without a word.
        if ending.code == INTERRUPTED:
            print("harness: interrupted; what was done is kept", file=sys.stderr)
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        print(f"harness: {clean(str(error))}", file=sys.stderr)
        sys.exit(1)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
