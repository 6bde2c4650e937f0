"""Turn what a terminal showed into an SVG picture.

Usage: tmux capture-pane -e -p | python tools/terminal_picture.py TITLE OUT.svg [COLUMNS]
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 100


def main(title: str, out: str, columns: int = COLUMNS) -> None:
    """Read ANSI text from standard input and write the picture."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(sys.stdin.read().rstrip()))
    picture = console.export_svg(title=title)
    # The page it is shown on should fetch nothing: any monospaced font will do.
    Path(out).write_text(re.sub(r"@font-face \{.*?\}\n", "", picture, flags=re.DOTALL))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:]))
