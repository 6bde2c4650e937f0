"""Code as its tokens, so that spaces, line breaks, quotes and comments make no difference."""

from __future__ import annotations

import ast
import io
import tokenize

IDLE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENCODING, tokenize.ENDMARKER),
}
BLOCKS = {tokenize.INDENT: "⇥", tokenize.DEDENT: "⇤"}  # however deep


def words(source: str) -> tuple[str, ...]:
    """The tokens of code, which may be cut off anywhere; what is no Python comes word by word."""
    found: list[str] = []
    line = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="\n").readline):
            line = token.end[0]
            if token.type in BLOCKS:
                found.append(BLOCKS[token.type])
            elif token.type == tokenize.STRING:
                found.append(_value(token.string))
            elif token.type not in IDLE and token.string.strip():
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError, ValueError):
        found += " ".join(source.split("\n")[line:]).split()
    while found and found[-1] == BLOCKS[tokenize.DEDENT]:  # what the end of the text closes
        found.pop()
    return tuple(found)


def _value(literal: str) -> str:
    try:
        return repr(ast.literal_eval(literal))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return literal
