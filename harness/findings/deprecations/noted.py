"""What was noted of a call, by whoever noted it; and of several notes of one call, one finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from harness.findings.places import Span
from harness.records import Finding, FindingKind, Severity

LONGEST = 300  # characters of what is told


@dataclass(frozen=True)
class Noted:
    """A call that is going or gone. ``name``: the method, function or argument, by itself."""

    cell: str
    span: Span
    name: str
    evidence: str
    of: str = ""  # of an argument, what it is given to
    gone: bool = False
    since: str = ""  # the release that deprecated it or took it out
    until: str = ""  # the one that will take it out
    replacement: str | None = None

    @property
    def message(self) -> str:
        """What is so, in a sentence."""
        told = f"'{self.name}'" if self.name else "What this line calls"
        given = f" of {self.of}" if self.of else ""
        since = f" since {self.since}" if self.since else ""
        until = f", and goes with {self.until}" if self.until else ""
        if self.gone:
            return f"{told}{given} is gone{since}."
        return f"{told}{given} is deprecated{since}{until}."

    @property
    def finding(self) -> Finding:
        """The finding that it is."""
        return Finding(
            kind=FindingKind.DEPRECATIONS,
            rule="removed" if self.gone else "deprecated",
            cell=self.cell,
            **self.span._asdict(),
            severity=Severity.ERROR if self.gone else Severity.WARNING,
            message=self.message,
            evidence=self.evidence,
            replacement=self.replacement,
        )


def merged(every: Iterable[Noted]) -> Iterator[Noted]:
    """One for each call: the first that noted it, with what the others know beside.

    Two notes are of one call where they name the same on the same line, or where one of them names
    nothing on a line that another one names something of.
    """
    found: dict[tuple[str, int, str], Noted] = {}
    for one in every:
        key = (one.cell, one.span.line, one.name)
        found[key] = _both(found[key], one) if key in found else one
    named = {(cell, line) for cell, line, name in found if name}
    for (cell, line, name), one in found.items():
        if name or (cell, line) not in named:
            yield one


def _both(first: Noted, other: Noted) -> Noted:
    evidence = first.evidence
    if other.evidence not in evidence:
        evidence = f"{evidence} {other.evidence}"
    return replace(
        first,
        evidence=evidence,
        of=first.of or other.of,
        gone=first.gone or other.gone,
        since=first.since or other.since,
        until=first.until or other.until,
        replacement=first.replacement or other.replacement,
    )


def short(text: str) -> str:
    """A message on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
