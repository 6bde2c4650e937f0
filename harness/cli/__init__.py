"""The command line: parse, call, print; no logic.

Nothing is imported from here but ``main``. Heavy imports stand inside the commands, so that
``--help`` is quick. The smallest command to copy is ``init.py``.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from harness.cli import (
    compare,
    data,
    diff,
    doctor,
    fixes,
    generate,
    init,
    ledger,
    models,
    patch,
    prompts,
    regenerate,
    runs,
)

app = typer.Typer(
    name="harness",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help triples the time of --help
    help=(
        "How well can a model on my own machine do my data-science workflow, and what did a human "
        "have to fix?\n\n"
        "Renders prompts, lets a local GGUF model write a notebook, runs it in a sandbox, "
        "records which cells failed and why, and applies the human fixes.\n\n"
        "Start here:  harness doctor  ·  harness generate --stage eda"
    ),
)
app.command("generate", short_help="Let a model write a notebook, and run it")(generate.generate)
app.command("regenerate", short_help="Every stage, again, against one model or many")(
    regenerate.regenerate
)
app.command("patch", short_help="Apply the human fixes to a run, and run it again")(patch.patch)
app.command("diff", short_help="Show raw against patched, or a run against another")(diff.diff)
app.command("compare", short_help="Two models side by side")(compare.compare)
app.command("ledger", short_help="How much of the code is human, by model and stage")(ledger.ledger)
app.command("prompts", short_help="Print what would be sent, with token counts")(prompts.prompts)
app.command("init", short_help="Write a new project folder")(init.init)
app.command("doctor", short_help="Check this machine; say how to mend it")(doctor.doctor)
app.add_typer(runs.app, name="runs", short_help="List the runs, or show one")
app.add_typer(fixes.app, name="fixes", short_help="Capture, list, check, minimise human fixes")
app.add_typer(models.app, name="models", short_help="List, show, pull, add, verify models")
app.add_typer(data.app, name="data", short_help="List, pull, import, profile datasets")


INTERRUPTED = 130


def main() -> None:
    """Entry point. A HarnessError is one line and exit code 1; Ctrl-C and SIGTERM are 130."""
    from harness.errors import HarnessError

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except HarnessError as error:
        from harness.cli.show import clean

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


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
