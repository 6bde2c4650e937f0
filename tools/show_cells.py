"""Print notebooks of tests/data/labelled_cells as a person reads them who labels them.

Usage: python -m tools.show_cells FILE ...

Each step with its prompt, and each cell with numbered lines, what it showed, how it ended and what
the kernel warned of. Labels and findings are left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LONGEST = 1_500  # characters of what a cell showed


def show(one: dict[str, Any]) -> None:
    """Print a notebook."""
    print(f"===== {one['name']}: {one['table']}, {one['stage']}, {one['context']}")
    print(f"files beside it: {', '.join(one['files'])}")
    step = None
    for cell in one["cells"]:
        if cell["step"] != step:
            step = cell["step"]
            print(f"\n##### step {step}; its prompt:\n{_indented(one['prompts'].get(step, ''))}")
        print(f"\n--- {cell['id']} ({cell['kind']})")
        for number, line in enumerate(cell["source"].split("\n"), 1):
            print(f"{number:3} {line}")
        if shown := one["printed"].get(cell["id"]):
            print(f"... showed:\n{_indented(shown[:LONGEST])}")
        if result := one["results"].get(cell["id"]):
            print(f"... ended: {result['status']} {result.get('error') or ''}")
            if result.get("message"):
                print(_indented(result["message"][:LONGEST]))
            for warning in result.get("warnings", ()):
                print(_indented(json.dumps(warning, ensure_ascii=False)))


def _indented(text: str) -> str:
    return "\n".join(f"    | {line}" for line in text.split("\n"))


if __name__ == "__main__":
    for path in sys.argv[1:]:
        show(json.loads(Path(path).read_text()))
