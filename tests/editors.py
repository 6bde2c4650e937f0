"""Editors that a test stands in for."""

from __future__ import annotations

from pathlib import Path


def editor(folder: Path, *commands: str) -> dict[str, str]:
    """An editor that does the next of these to its file each time that it is opened."""
    program = folder / "editor"
    cases = "".join(f"{n}) {command} ;;\n" for n, command in enumerate(commands))
    program.write_text(
        f"#!/bin/sh\nn=$(cat {folder}/n 2>/dev/null || echo 0)\necho $((n + 1)) > {folder}/n\n"
        f"case $n in\n{cases}esac\n"
    )
    program.chmod(0o755)
    return {"VISUAL": str(program), "EDITOR": str(program)}
