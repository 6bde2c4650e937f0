"""``python -m harness.cli.kernel FILE``: what Jupyter runs for the sandboxed kernel.

Not a command of ``harness``, since nobody types it: ``harness open`` installs it in Jupyter.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness import files
from harness.cli.visible import clean
from harness.errors import HarnessError
from harness.project import location, stages
from harness.records import Workspace
from harness.runs.environment import inputs_of
from harness.runs.store import FileStore
from harness.wiring import jupyter


def main(connection: Path) -> None:
    """Run the kernel of a notebook in this folder until it ends.

    ``connection`` is the file that Jupyter wrote for it. Raises HarnessError.
    """
    project = location.find(None)
    store = FileStore(project)
    found = store.at(Path.cwd())
    inputs = inputs_of(project, found, store)
    limits = stages.load(project, found.stage).limits
    with files.Scratch() as scratch:
        folder = scratch / "work"  # which becomes the sandbox's user's
        folder.mkdir()
        workspace = Workspace(folder=folder, inputs=inputs)
        jupyter.serve_kernel(workspace, limits, connection)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except HarnessError as error:
        sys.exit(f"harness: {clean(str(error))}")
