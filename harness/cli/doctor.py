"""``harness doctor``: is this machine ready?"""

from __future__ import annotations

import typer

from harness.cli.options import AsJson, Project

MARK = {"ok": ("✓", "green"), "note": ("!", "yellow"), "problem": ("✗", "red")}


def doctor(as_json: AsJson = False, project: Project = None) -> None:
    """Check engine, processor, weights, sandbox, kernel, packages and disk; say how to mend each.

    Exits with 1 where something must be mended before generate can work.
    """
    from rich.text import Text

    from harness.cli import show
    from harness.errors import HarnessError
    from harness.project import location
    from harness.wiring import doctor

    try:
        folder = location.find(project)
    except HarnessError:
        if project is not None:
            raise
        folder = None
    found = []
    for finding in doctor.findings(folder):
        found.append(finding)
        if as_json:
            continue
        mark, style = MARK[finding.state]
        line = Text.assemble((mark, style), " ", (show.clean(finding.what), "bold"), "  ")
        show.out.print(line.append(show.clean(finding.found)), soft_wrap=True)
        if finding.mend:
            show.out.print(Text(f"    → {show.clean(finding.mend)}"), soft_wrap=True)
    if as_json:
        show.json([finding.model_dump() for finding in found])
    elif folder is None:
        show.out.print("! no project here: weights were not checked", style="yellow")
    if any(finding.state == "problem" for finding in found):
        raise typer.Exit(1)
