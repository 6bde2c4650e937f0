"""What a model thought before it answered: told from the answer by its tags, and folded.

Nothing of it is run, whatever fences it holds. Chat templates put the opening tag into the prompt,
and replies are cut off at ``max_tokens``, so that either tag may be missing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from harness.notebooks import fences, syntax
from harness.notebooks.marks import BLANK, PYTHON

NAMES = (
    r"(?:\w{1,20}[:_-])?(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|monologue)"
    r"(?:[:_-]\w{1,20})?|chain_of_thought|cot|seed:cot_budget_reflect"
)
# Each kind of tag: how it begins, and how it ends. Openings are bounded, so that none is slow.
KINDS = (
    (rf"<(?:{NAMES})(?:\s[^<>\n]{{0,100}})?>", rf"</(?:{NAMES})\s{{0,9}}>"),
    (r"\[THINK(?:ING)?\]", r"\[/THINK(?:ING)?\]"),
    (r"◁think▷", r"◁/think▷"),
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (r"<\|START_THINKING\|>", r"<\|END_THINKING\|>"),
    (r"<unused94>(?:thought)?", r"<unused95>"),
    (r"<\|channel>thought", r"<channel\|>"),
    (
        r"<\|channel\|>(?:analysis|commentary)[^<\n]{0,60}<\|message\|>",
        r"<\|end\|>(?=<\|start\|>)|(?:<\|end\|>)?(?:<\|start\|>assistant)?"
        r"<\|channel\|>final[^<\n]{0,60}<\|message\|>|<\|end\|>|<\|return\|>",
    ),
)
STARTS = tuple(re.compile(start, re.IGNORECASE) for start, _ in KINDS)
ENDS = tuple(re.compile(end, re.IGNORECASE) for _, end in KINDS)
START = re.compile("|".join(start for start, _ in KINDS), re.IGNORECASE)
END = re.compile("|".join(end for _, end in KINDS), re.IGNORECASE)
TAG = re.compile(f"{START.pattern}|{END.pattern}", re.IGNORECASE)
MAY_BE = re.compile(r"[<\[◁]")
MOST_PARTS = 200
MOST_LOOKED_AT = 50  # lines with an end, for a tag in the middle of a line
# What stands before an answer in the same format, and says nothing itself.
LEAD = re.compile(r"\s{0,9}(?:<\|start\|>assistant)?<\|channel\|>final[^<\n]{0,60}<\|message\|>")
# The same format where the server has left its tags out.
BARE_LEAD, BARE_END = "analysis", "assistantfinal"
QUOTES = tuple("`'\"")
FOLD = re.compile(r"<(?=/?(?:details|summary))", re.IGNORECASE)


class Part(NamedTuple):
    """A stretch of a reply."""

    lines: list[str]
    is_reasoning: bool = False
    unclosed: bool = False  # the reply ended inside this reasoning


class _Tag(NamedTuple):
    row: int
    start: int
    end: int
    kind: int
    opens: bool


def parts(lines: Sequence[str]) -> list[Part]:
    """A reply's stretches of reasoning and of answer, in order; tags are in none of them."""
    text = list(lines)
    _drop_lead(text)
    joined = "\n".join(text)
    found = _Splitter(text).parts() if END.search(joined) or START.search(joined) else [Part(text)]
    return [part for part in found if any(line.strip() for line in part.lines)]


def folded(part: Part) -> str:
    """Reasoning as Markdown that Jupyter shows folded."""
    text = FOLD.sub("&lt;", "\n".join(part.lines).strip("\n"))
    mark = fences.left_open(part.lines)
    text += f"\n{mark}" if mark else ""
    return f"<details>\n<summary>Reasoning</summary>\n\n{text}\n\n</details>"


def _drop_lead(lines: list[str]) -> None:
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return
    line = lines[first].lstrip()
    if line.startswith(BARE_LEAD) and not line[len(BARE_LEAD) :].startswith((" ", ":", ".")):
        ends = next((i for i, one in enumerate(lines) if BARE_END in one), None)
        if ends is not None:
            before, _, behind = lines[ends].partition(BARE_END)
            lines[ends : ends + 1] = [before, "</think>", behind]
            lines[first] = "<think>" + lines[first].lstrip()[len(BARE_LEAD) :]
            return
    lines[first] = _without_lead(lines[first])


def _without_lead(line: str) -> str:
    lead = LEAD.match(line)
    return line[lead.end() :] if lead else line


class _Splitter:
    """Goes through a reply once. Lines lose their beginning as parts are taken off them."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.scanner = fences.Scanner(lines)
        self.ends = [row for row, line in enumerate(lines) if END.search(line)]
        self.found: list[Part] = []
        self.shows_code = False  # a fence stands behind the last reasoning

    def parts(self) -> list[Part]:
        begin = at = 0
        while at < len(self.lines):
            fence = self.scanner.fence_at(at)
            tag = self._tag(at) if fence is None or fence.before else None
            if tag is None and fence is not None:
                tag = self._end_in(fence)
            if tag is None:
                self.shows_code = self.shows_code or fence is not None
                at = at + 1 if fence is None else fence.end
                continue
            if len(self.found) > MOST_PARTS:
                break
            before = [*self.lines[begin : tag.row], self.lines[tag.row][: tag.start]]
            end: _Tag | None = tag
            if tag.opens:
                self.found.append(Part(before))
                end = self._end_of(tag, len(self.ends))
                self.found.append(Part(self._between(tag, end), True, end is None))
            else:
                self.found.append(Part(before, True))
            if end is None:
                return self.found
            # What is behind the tag is a line of its own from here on.
            self.lines[end.row] = _without_lead(self.lines[end.row][end.end :])
            begin = at = end.row
            self.shows_code = False
        # A reply with so many parts is no answer, and may be anything.
        self.found.append(Part(self.lines[begin:], is_reasoning=at < len(self.lines)))
        return self.found

    def _tag(self, row: int) -> _Tag | None:
        """The first tag of a line outside fences that parts reasoning from an answer."""
        line = self.lines[row]
        for found in TAG.finditer(line) if MAY_BE.search(line) else ():
            opens = START.fullmatch(found.group()) is not None
            tag = _Tag(row, found.start(), found.end(), _kind(found.group()), opens)
            if _is_quoted(line, tag.start):
                continue
            if opens and (not line[: tag.start].strip(BLANK) or self._is_paired(tag)):
                return tag
            if not opens and not self._is_stray() and _is_set_off(line, tag):
                return tag
        return None

    def _is_stray(self) -> bool:
        return self.shows_code and any(part.is_reasoning for part in self.found)

    def _is_paired(self, tag: _Tag) -> bool:
        """Whether a tag in the middle of a line, and its end, are no mere mentions."""
        if not _is_set_off(self.lines[tag.row], tag):
            return False
        end = self._end_of(tag, MOST_LOOKED_AT)
        return end is not None and (end.row == tag.row or _is_set_off(self.lines[end.row], end))

    def _end_of(self, tag: _Tag, most: int) -> _Tag | None:
        first = bisect_left(self.ends, tag.row)
        for row in self.ends[first : first + most]:
            for found in ENDS[tag.kind].finditer(self.lines[row], tag.end if row == tag.row else 0):
                if not _is_quoted(self.lines[row], found.start()):
                    return _Tag(row, found.start(), found.end(), tag.kind, False)
        return None

    def _end_in(self, fence: fences.Fence) -> _Tag | None:
        """An end of reasoning inside a fence that reasoning left open: no Python, and no string."""
        first, last = bisect_left(self.ends, fence.first), bisect_left(self.ends, fence.end)
        is_python = not fence.language or fence.language in PYTHON
        if first == last or self._is_stray() or not (is_python or fence.unclosed):
            return None
        if is_python and syntax.tree(fence.source) is not None:
            return None
        for row in self.ends[first:last]:
            line = self.lines[row]
            start = len(line) - len(line.lstrip(BLANK))
            if found := END.match(line, start):
                return _Tag(row, start, found.end(), _kind(found.group()), False)
        return None

    def _between(self, tag: _Tag, end: _Tag | None) -> list[str]:
        if end is None:
            return [self.lines[tag.row][tag.end :], *self.lines[tag.row + 1 :]]
        if end.row == tag.row:
            return [self.lines[tag.row][tag.end : end.start]]
        return [
            self.lines[tag.row][tag.end :],
            *self.lines[tag.row + 1 : end.row],
            self.lines[end.row][: end.start],
        ]


def _kind(text: str) -> int:
    kinds = zip(STARTS, ENDS, strict=True)
    return next(i for i, pair in enumerate(kinds) if any(one.fullmatch(text) for one in pair))


def _is_quoted(line: str, at: int) -> bool:
    """Whether a tag is only spoken of: in quotes, or in code within a line."""
    before = line[max(at - 200, 0) : at]
    return before.endswith(QUOTES) or before.count("`") % 2 == 1


def _is_set_off(line: str, tag: _Tag) -> bool:
    """Whether a tag stands at an end of its line, or has no space around it as a word has."""
    before, behind = line[: tag.start], line[tag.end :]
    return not (before.endswith((" ", "\t")) and before.strip() and behind.startswith((" ", "\t")))
