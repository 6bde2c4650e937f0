"""``harness generate``: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.run_options import Manner, makes_runs

if TYPE_CHECKING:
    from harness.batch.request import RunRequest


@makes_runs
def generate(request: RunRequest, manner: Manner) -> None:
    """Let a model write a stage's notebook, run it safely, and record what failed.

    The human fixes of fixes/STAGE/ are then applied to it, and the patched notebook is run too.
    The same command again returns at once; an interrupted one goes on where it stopped.

    Examples:

    \b
      harness generate eda
      harness generate --stage eda --context blind --again
      harness generate eda --samples 8
      harness generate eda --context live --steer
      harness generate eda --best
      harness generate eda --model-file ~/models/some-coder.Q4_K_M.gguf
    """
    from harness.cli.make_runs import make_runs
    from harness.errors import HarnessError
    from harness.project import location, stages

    if not request.stages:
        known = ", ".join(stages.names(location.find(manner.project))) or "none yet"
        raise HarnessError(
            "no stage was named", f"This project has: {known}. For all of them: harness regenerate"
        )
    make_runs(request, manner)
