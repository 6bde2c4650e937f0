"""``harness regenerate``: every stage, again, against one model or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.run_options import Manner, makes_runs

if TYPE_CHECKING:
    from harness.batch.request import RunRequest


@makes_runs
def regenerate(request: RunRequest, manner: Manner) -> None:
    """Generate, run, patch and check every stage against every model given, and compare.

    Takes the same options as generate; without a stage it means all of them. Finished runs are
    skipped; after an interruption the same command goes on. A run that fails does not stop the
    others.

    Examples:

    \b
      harness regenerate --model-file ~/models/new-coder.Q4_K_M.gguf
      harness regenerate --samples 5 --context schema,blind
    """
    from harness.cli.make_runs import make_runs

    make_runs(request, manner)
