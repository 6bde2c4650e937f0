"""Commands of a cell that would install packages: found, recorded, and made inert.

There is no network where cells run, so that such a command would fail, or wait in vain. What a
command says is read from what IPython makes of its line, and never from text in a string.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.notebooks import magics, syntax

WORDS = ("install", "add", "update", "upgrade", "create", "sync")
INSTALLERS = {
    "pip": {"install"},
    "pipx": {"install"},
    "pipenv": {"install", "update", "sync"},
    "conda": {"install", "create", "update", "upgrade"},
    "mamba": {"install", "create", "update", "upgrade"},
    "micromamba": {"install", "create", "update", "upgrade"},
    "uv": {"add", "sync"},
    "poetry": {"add", "install", "update"},
    "pdm": {"add", "install", "update", "sync"},
    "apt": {"install", "update", "upgrade"},
    "apt-get": {"install", "update", "upgrade"},
    "aptitude": {"install", "update", "upgrade"},
    "apk": {"add", "update", "upgrade"},
    "yum": {"install", "update"},
    "dnf": {"install", "update"},
    "brew": {"install", "update", "upgrade"},
    "npm": {"install", "add", "update"},
    "snap": {"install"},
    "easy_install": set(),  # all that it does is to install
}
PIP = re.compile(r"pip[0-9.]*")
PYTHON = re.compile(r"python[0-9.]*|py|\{sys\.executable\}|\$\{?PYTHON\}?")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
# Words that may stand before a command; what they do themselves is lost with it.
BEFORE = {"sudo", "env", "time", "nohup", "command", "exec", "!"}
BEFORE_TAKE_WORD = {"-u", "-g", "--user", "--group"}
# Options before the verb that take the word behind them.
TAKES_WORD = {
    *("--proxy", "--log", "--cache-dir", "--timeout", "--python", "--retries", "--cert"),
    *("--trusted-host", "--exists-action", "--client-cert", "--use-feature", "--use-deprecated"),
    *("-n", "--name", "-p", "--prefix", "-c", "-o", "-W", "-X", "-C", "--directory"),
    *("--project", "--config-file", "--index-url", "--color"),
}
# Commands that are of no use once the installation beside them is left out.
HARMLESS = {
    *("cd", "echo", "printf", "true", "false", "set", "export", "tail", "head", "grep", "cat"),
    *("tee", "sleep", "wc", ":", "source", ".", "hash", "exit", "yes", "which", "$"),
}
PARTS = {"&&", "||", ";", "|", "&", "|&", ";;", "(", ")", ");", "))"}
SHELLS = {"bash", "sh", "zsh", "system", "sx", "!"}
LONGEST = 20_000  # characters of a command that is looked into
MAGICS = {"run_line_magic", "run_cell_magic"}


class Install(NamedTuple):
    """Lines of a cell that install something, and what they are to say instead."""

    first: int  # 0-based
    last: int
    text: str  # the command on one line
    says: str  # what stands in its place, indented
    mark: str = "#"


def install_lines(source: str) -> tuple[str, ...]:
    """The commands of a cell that would install packages, each as one stripped line."""
    return tuple(found.text for found in _installs(source.split("\n")))


def runnable(source: str) -> str:
    """``source`` with its install commands made inert, so that line numbers still hold."""
    lines = source.split("\n")
    found = list(_installs(lines))
    if not found:
        return source
    for one in found:
        magics.silence(lines, one.first, one.last, f"{one.says}{one.mark} not run:", one.mark)
    return "\n".join(lines)


def _installs(lines: list[str]) -> Iterator[Install]:
    if not any(word in line for line in lines for word in WORDS):
        return
    start = magics.cell_magic(lines)
    if start is None:
        yield from _of_python(lines, 0)
        return
    words = lines[start][2:].split()
    name = words[1] if words[:1] == ["script"] and len(words) > 1 else "".join(words[:1])
    if name in magics.PYTHON_CELL_MAGICS:
        yield from _of_python(lines, start + 1)
    elif name.rpartition("/")[2] in SHELLS:
        yield from _of_shell(lines, start + 1)


def _of_python(lines: list[str], start: int) -> Iterator[Install]:
    below = [""] * start + lines[start:]
    found = {}
    for command in magics.commands(below, _is_command):
        if installs(_spoken(command.text)):
            says = command.indent + (f"{command.target} []  " if command.target else "pass  ")
            text = f"{command.target} {command.text}".strip()
            found[command.first] = Install(command.first, command.last, text, says)
    if any("get_ipython" in line for line in below):
        for one in _called(below):
            found.setdefault(one.first, one)
    yield from (found[first] for first in sorted(found))


def _is_command(line: str) -> bool:
    """Whether a statement's first line is a command, or one that lacks its ``!``."""
    if magics.is_escaped(line):
        return True
    name = line[:40].split(maxsplit=1)[:1]
    bare = name[0].rpartition("/")[2] if name else ""
    if not (bare in INSTALLERS or bare in BEFORE or PIP.fullmatch(bare) or PYTHON.fullmatch(bare)):
        return False
    text = line.rstrip().removesuffix("\\")
    return installs(text) and magics.plain_python(text) is None


def _spoken(text: str) -> str:
    """What a command gives to a shell, as IPython reads its line; nothing where it is no such."""
    from IPython.core.inputtransformer2 import EscapedCommand  # noqa: PLC0415 - slow to import

    if not magics.is_escaped(text):
        return text
    if len(text) > LONGEST:
        return ""
    made = EscapedCommand((1, 0)).transform([text + "\n"])  # type: ignore[no-untyped-call]
    module = magics.plain_python("".join(made))
    call = module.body[0].value if module and isinstance(module.body[0], ast.Expr) else None
    return _asked(call)


def _asked(call: ast.expr | None) -> str:
    """The shell command in ``get_ipython().system('…')`` and its kin, or nothing."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
        return ""
    shell = call.func.value.func if isinstance(call.func.value, ast.Call) else None
    if not isinstance(shell, ast.Name) or shell.id != "get_ipython":
        return ""
    words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if call.func.attr in {"system", "getoutput"}:
        return "".join(words[:1])
    return _of_magic(words[0], " ".join(words[1:])) if call.func.attr in MAGICS and words else ""


def _of_magic(name: str, rest: str) -> str:
    if name in {"time", "timeit"}:
        return _spoken(rest.strip()) if magics.is_escaped(rest.strip()) else ""
    return rest if name in SHELLS else f"{name} {rest}"


def _called(lines: list[str]) -> Iterator[Install]:
    """Calls as notebooks exported to Python have them, each a statement on lines of its own."""
    module = syntax.tree("\n".join(lines))
    for node in ast.walk(module) if module else ():
        if not isinstance(node, ast.Expr) or not installs(_asked(node.value)):
            continue
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = lines[first].encode()[: node.col_offset].decode()
        behind = lines[last].encode()[node.end_col_offset or 0 :].decode().strip()
        if not before.strip() and (not behind or behind.startswith("#")):
            text = " ".join(line.strip() for line in lines[first : last + 1])
            yield Install(first, last, text, f"{before}pass  ")


def _of_shell(lines: list[str], start: int) -> Iterator[Install]:
    """Install commands of a shell's script, up to the first line that may hold text of others."""
    row = start
    while row < len(lines):
        last = magics.end_of(lines, row)
        text = magics.joined(lines, row, last).strip()
        words = _words(text)
        if words is None or "<<" in text:
            return
        if installs(text):
            yield Install(row, last, text, ": ")
        row = last + 1


def installs(command: str) -> bool:
    """Whether a shell command installs packages, and does nothing else that would be missed."""
    if len(command) > LONGEST or not any(word in command for word in WORDS):
        return False
    words = _words(command)
    found = False
    chained = False
    for separator, part in _parts(words or []):
        if _installs_packages(part):
            found = True
        elif part and part[0] not in HARMLESS and not (chained and separator == "&&"):
            return False
        chained = found
    return found


def _words(command: str) -> list[str] | None:
    """A shell command's words, operators apart; None where a quote stays open."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split = " \t\r", True
    try:
        return list(lexer)
    except ValueError:
        return None


def _parts(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The simple commands, each with the operator before it."""
    separator, part = "", list[str]()
    for word in words:
        if word in PARTS or not word.strip("\n"):
            yield separator, part
            separator, part = word, []
        else:
            part.append(word)
    yield separator, part


def _installs_packages(words: Sequence[str]) -> bool:
    rest = list(words)
    while rest and (rest[0] in BEFORE or ASSIGNMENT.fullmatch(rest[0]) or rest[0].startswith("-")):
        rest = rest[2:] if rest[0] in BEFORE_TAKE_WORD else rest[1:]
    name = rest.pop(0).rpartition("/")[2] if rest else ""
    if PYTHON.fullmatch(name):
        module = next((i for i, word in enumerate(rest) if word.startswith("-m")), len(rest))
        if _verb(rest[:module])[0]:  # a script; what follows is for it
            return False
        glued = [word[2:] for word in rest[module : module + 1] if word != "-m"]  # -mpip
        name, *rest = [*glued, *rest[module + 1 :], ""]
    if name in SHELLS and rest[:1] == ["-c"]:
        return installs("".join(rest[1:2]))
    verb, rest = _verb(rest)
    if name == "uv" and verb in {"pip", "tool"}:
        name, (verb, rest) = "pip", _verb(rest)
    if verb == "env":  # of conda and its kin
        verb, rest = _verb(rest)
    name = "pip" if PIP.fullmatch(name) else name
    return name == "easy_install" or verb in INSTALLERS.get(name, ())


def _verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """The first word that is no option, and what is behind it."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in TAKES_WORD else rest[1:]
    return (rest[0], rest[1:]) if rest else ("", [])
