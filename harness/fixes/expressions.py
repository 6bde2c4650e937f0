"""Whether a regular expression may take more time or memory than any text is worth."""

from __future__ import annotations

import re

# What stands in an expression, as far as repetition goes. A class or an escape is one character.
PART = re.compile(
    r"(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<escape>\\.)"
    # A group that is called, a comment, or spaces without a meaning: all hide what repeats.
    r"|(?P<hidden>\(\?(?:R|[0-9]|&|P>|#|[A-Za-z0-9]*x))"
    r"|(?P<open>\()"
    r"|(?P<close>\))"
    r"|(?P<repeat>[*+]|\{[0-9, ]*)"
    r"|(?P<other>.)",
    re.DOTALL,
)


MOST_TIMES = 1000  # that something may be asked to repeat


def repeats_itself(pattern: str) -> bool:
    """Whether something that repeats stands in a group that repeats, or a group calls itself.

    Or a repetition is counted above ``MOST_TIMES``. All of these fill memory in no time; the rest
    takes time only, and can be stopped.
    """
    groups = [False]  # for each that is open: whether something in it repeats
    closed = False  # whether the part before is a group in which something repeats
    for part in PART.finditer(pattern):
        if part.lastgroup == "hidden" or (part.lastgroup == "repeat" and closed):
            return True
        if any(int(times) > MOST_TIMES for times in re.findall(r"[0-9]+", part["repeat"] or "")):
            return True
        closed = False
        if part.lastgroup == "open":
            groups.append(False)
        elif part.lastgroup == "close" and len(groups) > 1:
            closed = groups.pop()
            groups[-1] |= closed
        elif part.lastgroup == "repeat":
            groups[-1] = True
    return False
