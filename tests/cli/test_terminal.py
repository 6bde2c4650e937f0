"""No command lets what a model, a cell, a table or a file holds be obeyed by the terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ANSI, Cli

# A title, an old control code, a style that rich never writes, a turn of the reading direction.
HOSTILE = "\x1b]0;pwn\x07\x9b31m\x1b[7;5mPWN\u202e"
OBEYED = re.compile("\x1b[^\\[]|\x1b\\[7;5m|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202e]")
IN_TOML = "\\u001b]0;pwn\\u0007\\u009b31m\\u001b[7;5mPWN\\u202e"
REPLIES = [
    f"# Title {HOSTILE}\n\n```python\n# {HOSTILE}\nprint('\\x1b]0;pwn\\x07')\n```\n",
    f"{HOSTILE}\n```python\n# {HOSTILE}\nraise ValueError('{IN_TOML}\\r\\nX\\rLONE')\n```\n",
]
FIX = f"""Description: Why {HOSTILE}
Author: A {HOSTILE}
Date: 2026-11-24
Cause: enhancement
When: always

--- a/tiny.py
+++ b/tiny.py
@@ -1 +1,2 @@
-print('\\x1b]0;pwn\\x07')
+print('\\x1b]0;pwn\\x07')  # {HOSTILE}
+print(1)
"""
# One process for all: each command as a person would give it.
DRIVER = """
import json, os, sys
from harness.cli import main
for width, args in json.loads(sys.argv[1]):
    os.environ["COLUMNS"] = str(width)
    sys.argv = ["harness", *args]
    print("\\n$$$", flush=True)
    try:
        main()
    except SystemExit:
        pass
"""
COMMANDS = """
regenerate --stage tiny --dataset evil --dry-run
runs
runs show RUN
runs show RUN -v
runs show RUN --json
runs export -o -
diff RUN
diff RUN -o -
diff RUN --format unified -o -
diff RUN --format json -o -
diff RUN --format html -o -
ledger
ledger --csv
findings RUN -v
findings --all
compare script script
compare script script --csv
compare script script --html -
fixes list
fixes show tiny/010-a
fixes check
fixes apply RUN
fixes minimise RUN
patch RUN
check RUN
check --all
prompts --stage tiny --dataset evil
prompts --stage tiny --dataset evil --json
data list
data profile evil
data profile evil --json
data import evil HOSTILE.csv
data add HOSTILE.csv
data add data/evil/evil.csv --name again --target tHOSTILE
data add data/evil/evil.csv --name more --target HOSTILE
data add data/evil/evil.csv --name more --target tHOSTILE --positive HOSTILE
models list
models show evil
models verify evil
generate HOSTILE
runs show HOSTILE
runs --HOSTILE
HOSTILE
doctor --HOSTILE
"""


def shown(project: Path, commands: list[tuple[int, list[str]]]) -> list[str]:
    """What a terminal gets from each command."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (200, 100))
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        cwd=project,
        env={**os.environ, "TERM": "xterm", "LINES": "200", "PAGER": "cat"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    got = b""
    with contextlib.suppress(OSError):  # this is how a terminal tells that nobody writes to it
        while chunk := os.read(ours, 1 << 16):
            got += chunk
    os.close(ours)
    process.wait()
    return got.decode().split("$$$")[1:]


@pytest.fixture
def hostile(project: Path, two_steps: Path, script: Callable[..., str]) -> Path:
    """A project whose every text would rather be a command to the terminal."""
    script(REPLIES)
    with (project / "models.toml").open("a") as out:
        out.write(f'\n[models.evil]\npath = "{IN_TOML}.gguf"\n')
    stage = two_steps / "stage.toml"
    stage.write_text(stage.read_text().replace('"Tiny"', f'"Tiny {IN_TOML}"'))
    data = project / "data/evil"
    data.mkdir()
    (data / "dataset.toml").write_text(
        f'description = "Rows {IN_TOML}"\ntask = "multiclass"\ntarget = "t{IN_TOML}"\n'
        'file = "evil.csv"\n'
    )
    rows = "".join(f"{HOSTILE} {n % 3},{n},{n % 2}\n" for n in range(50))
    (data / "evil.csv").write_text(f"a{HOSTILE},b,t{HOSTILE}\n{rows}")
    fixes = project / "fixes/tiny"
    fixes.mkdir()
    (fixes / "010-a.patch").write_text(FIX)
    odd = project / f"generated/script/tiny/{HOSTILE}"
    odd.mkdir(parents=True)
    (odd / "run.json").write_text(HOSTILE)
    return project


def test_no_command_lets_a_text_speak_to_the_terminal(hostile: Path) -> None:
    (made,) = shown(hostile, [(100, ["generate", "tiny", "--dataset", "evil"])])
    (record,) = hostile.glob("generated/script/tiny/[0-9a-f]*/run.json")
    given = [
        (width, line.replace("RUN", record.parent.name).replace("HOSTILE", HOSTILE).split(" "))
        for line in COMMANDS.strip().splitlines()
        for width in ((90, 160) if line.startswith("diff") else (90,))
    ]
    outputs = dict(zip([("generate", 100), *((" ".join(a), w) for w, a in given)],
                       [made, *shown(hostile, given)], strict=True))  # fmt: skip
    for (command, width), output in outputs.items():
        where = (command, width, output[:2000])
        assert "harness/cli/__init__.py" not in output, where  # a traceback of our own
        assert not OBEYED.search(output), where
        assert "\rLONE" not in output, where
        assert "\x1b" not in ANSI.sub("", output), where
    told = [command for (command, _), output in outputs.items() if "\\x1b" in output]
    assert len(told) > len(outputs) / 2, told


def test_to_a_pipe_the_content_is_exact(hostile: Path, cli: Cli) -> None:
    assert cli("generate", "tiny", "--dataset", "evil").returncode == 0
    (record,) = hostile.glob("generated/script/tiny/[0-9a-f]*/run.json")
    run = record.parent.name
    for number, command in enumerate(
        [
            f"diff {run} --format unified -o",
            "runs export -o",
            "compare script script --html",
        ]
    ):
        file = hostile / f"file-{number}"
        assert cli(*command.split(), str(file)).returncode == 0
        printed = subprocess.run(
            [sys.executable, "-m", "harness", *command.split(), "-"],
            cwd=hostile,
            capture_output=True,
            check=True,
        )
        assert printed.stdout == file.read_bytes()
        if "unified" in command:
            assert HOSTILE.encode() in printed.stdout
