"""Turn what a terminal showed into an SVG picture.

Usage: tmux capture-pane -e -p | python tools/terminal_picture.py TITLE OUT.svg [COLUMNS]
"""

import io
import sys

from rich.console import Console
from rich.text import Text

COLUMNS = 100


def main(title: str, out: str, columns: int = COLUMNS) -> None:
    """Read ANSI text from standard input and write the picture."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(sys.stdin.read().rstrip()))
    console.save_svg(out, title=title)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:]))
