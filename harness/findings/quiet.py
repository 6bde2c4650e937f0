"""What of code only speaks to its reader: docstrings, what is printed word by word, titles."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Behind a line that ends with a colon, or at the top of a file.
DOCSTRING = re.compile(
    r"(?:\A|:[ \t]*\n)\s{0,200}[rRuU]?(?P<mark>\"{3}|'{3})(?P<text>.*?)(?:(?P=mark)|\Z)", re.DOTALL
)
# What is listed there is of parameters and of examples.
SECTIONS = re.compile(
    r"\n[ \t]*(?:Args|Arguments|Param(?:eter)?s|Returns?|Yields|Raises|Examples?|Notes?|Attributes"
    r"|Usage|References)\b[ \t]*:?[ \t]*\n|\n[ \t]*(?::param|:return|@param|>>> )"
)
# The first argument of what shows words, and arguments that are words to be shown.
WORDS = re.compile(
    r"(?:\b(?:print|title|suptitle|[xyz]label|set_title|set_[xyz]label|set_label|text|annotate"
    r"|info|debug|warning|heading|header|subheader|Markdown)\(\s{0,200}"
    r"|\b(?:title|label|[xyz]label|cbar_label|description|detail|help)=\s{0,9})"
    r"(?P<kind>[fFrRbBuU]{0,2})"
    r"(?:\"(?P<one>(?:[^\"\\\n]|\\.)*)\"|'(?P<two>(?:[^'\\\n]|\\.)*)')(?![\"'])"
)
LEAST_SHOWN = 4  # characters of words that are looked for in an output
FILLED = re.compile(r"\{[^{}\n]*\}")


def blanked(bare: str) -> str:
    """The code with spaces for its docstrings and for the words that it shows.

    What an f-string fills in stays: it is code.
    """
    text = DOCSTRING.sub(lambda found: _without(found, "text"), bare)
    return WORDS.sub(lambda found: _without(found, "one", "two"), text)


def docstrings(bare: str) -> Iterator[tuple[int, str]]:
    """What each function's says that it does, without its lists of parameters, and where.

    What stands at the top of a file tells what it is about.
    """
    for found in DOCSTRING.finditer(bare):
        if not bare[: found.start("text")].strip(" \t\n\"'rRuU"):
            continue
        yield found.start("text"), SECTIONS.split(found["text"], maxsplit=1)[0]


def shown(bare: str) -> Iterator[str]:
    """The words that code shows, without what an f-string fills in."""
    for found in WORDS.finditer(bare):
        for part in FILLED.split(found["one"] or found["two"] or ""):
            if len(part.strip()) >= LEAST_SHOWN:
                yield part


def _without(found: re.Match[str], *groups: str) -> str:
    whole = found[0]
    for group in groups:
        if found[group] is None:
            continue
        start, end = (one - found.start() for one in found.span(group))
        kept = " " * (end - start)
        if "kind" in found.re.groupindex and "f" in found["kind"].lower():
            kept = _filled(whole[start:end])
        elif "\n" in whole[start:end]:
            kept = re.sub(r"[^\n]", " ", whole[start:end])
        whole = whole[:start] + kept + whole[end:]
    return whole


def _filled(text: str) -> str:
    parts, at = [], 0
    for found in FILLED.finditer(text):
        parts += [" " * (found.start() - at), found[0]]
        at = found.end()
    return "".join([*parts, " " * (len(text) - at)])
