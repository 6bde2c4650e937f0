"""Numbers that a text says the code sets: arguments, how many rows are shown, how it is split."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from harness.findings.commentary.quantities import SMALL, Stated
from harness.findings.steps import Step

WORDS = "|".join(one for one in SMALL if one not in ("no", "one"))
COUNT = rf"(\d{{1,9}}|{WORDS})"
ROWS = r"(?:rows|records|entries|lines|customers|samples|observations|items|values|elements)"
FRACTIONS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1}
# As a text says what the code sets, and what sets it: arguments by their names, the first
# argument of a call "head()", the end of a slice "[:]", a format's digits ".f".
SET = {
    re.compile(said, re.IGNORECASE): names
    for said, names in {
        rf"\b{COUNT}[ -]folds?\b": ("cv", "n_splits"),
        r"(?<![\w.-])(\d{1,5}) trials\b": ("n_trials",),
        r"\brandom[ _]state`?(?: of| =| to| is|=)? ?`?(\d{1,9})\b": ("random_state",),
        r"\bseed (?:of |to |is |= ?)?(\d{1,9})\b": ("seed", "random_state", "seed()"),
        rf"\bfirst {COUNT} {ROWS}\b": ("head()", "nrows", "[:]"),
        r"\b((?-i:first)) (?:row|record|entry|line)\b": ("head()", "nrows", "[:]", "[0]"),
        rf"\blast {COUNT} {ROWS}\b": ("tail()",),
        rf"\btop[ -]{COUNT}\b": ("head()", "nlargest()", "most_common()", "[:]"),
        rf"\b(?:random )?sample of {COUNT}\b": ("sample()", "n"),
        rf"\bround(?:ed|s|ing)?(?: \w+){{0,3}} to {COUNT} (?:decimals?|digits?)\b": (
            "round()",
            ".f",
        ),
        r"\b(\d{1,4}) bins\b": ("bins",),
        r"\b(\d{1,5}) (?:trees|estimators|boosting rounds)\b": ("n_estimators", "num_boost_round"),
        rf"\b{COUNT} (?:nearest )?neighbou?rs\b": ("n_neighbors",),
        rf"\b{COUNT} clusters\b": ("n_clusters",),
        rf"\b{COUNT} (?:principal )?components\b": ("n_components",),
        r"\b(\d{1,5}) epochs\b": ("epochs", "n_epochs", "num_epochs", "max_epochs"),
        r"\b(\d{1,5}) early[ -]stopping rounds\b": ("early_stopping_rounds",),
        r"\bport (\d{2,5})\b": ("port",),
    }.items()
}
DEFAULTS = {"head()": 5, "tail()": 5}  # of a call without arguments
FOR = r"(?:is |are )?(?:used |held out |reserved |set aside |kept |left )?(?:for|as|to)(?: the| a)?"
OF = r"(?:of (?:the |all )?(?:data|rows|dataset|records|customers|samples)\w* )?"
SPLIT = [
    (re.compile(rf"\b(\d{{1,2}})% {OF}{FOR} test", re.IGNORECASE), False),
    (re.compile(rf"\b(\d{{1,2}})% {OF}{FOR} train", re.IGNORECASE), True),
    (re.compile(rf"\b(?:a|one)[ -]({'|'.join(FRACTIONS)}) {OF}{FOR} test", re.IGNORECASE), False),
    (re.compile(r"\b\d0[/:-](\d0)(?: train[-/ ]test)? split\b", re.IGNORECASE), False),
    (re.compile(r"\btest (?:set|size|split|share) (?:of|is|=) (\d{1,2})%", re.IGNORECASE), False),
]
VALUE = r"(\d{1,9}(?:\.\d{1,9})?)(?![\w%]|\.\d)"
NAMED = re.compile(
    rf"`?\b([a-z]+(?:_[a-z]+)+)`?(?: of| =| to| is| set to|=) ?`?{VALUE}"
    rf"|\b(?:the |a |an )([a-z]+ [a-z]+) (?:of|set to|to|=) {VALUE}"
)


def in_text(text: str) -> Iterator[tuple[Stated, tuple[str, ...]]]:
    """Numbers that a claim states of what the code sets, and what sets each."""
    for pattern, names in SET.items():
        for found in pattern.finditer(text):
            yield Stated(names[0], found[1], False, found.start(1), found.end(1)), names
    for pattern, is_rest in SPLIT:
        for found in pattern.finditer(text):
            shown = found[1]
            if shown.lower() in FRACTIONS:
                shown = f"{100 * FRACTIONS[shown.lower()]:.0f}"
            names = ("train_size", "1-test_size") if is_rest else ("test_size", "1-train_size")
            yield Stated(names[0], shown, True, found.start(1), found.end(1)), names
    for found in NAMED.finditer(text):
        group = 1 if found[1] else 3
        name = found[group].replace(" ", "_")
        yield Stated(name, found[group + 1], False, *found.span(group + 1)), (name,)


def in_code(one: Stated, names: tuple[str, ...], step: Step) -> list[float]:
    """The numbers that the step's code gives to what sets it; none where that is not sure.

    Of rows it is not where the number stands anywhere in the code, which may use it so.
    """
    nodes = [node for code in step.code for node in code.nodes]
    values = [value for node in nodes for value in _given(node, names)]
    if any(not name.isidentifier() for name in names) and "test_size" not in names[0]:
        numbers = [node.value for node in nodes if isinstance(node, ast.Constant)]
        if any(_is_number(number) and one.is_just(number) for number in numbers):
            return []
    return values


def _given(node: ast.AST, names: tuple[str, ...]) -> Iterator[float]:
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            value = _value(keyword.value)
            if value is not None and keyword.arg in names:
                yield value
            if value is not None and f"1-{keyword.arg}" in names and 0 < value < 1:
                yield round(1 - value, 9)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        yield from _first(node, f"{called}()", names)
    elif isinstance(node, ast.Subscript) and "[0]" in names and ast.unparse(node.slice)[:1] == "0":
        yield 1
    elif isinstance(node, ast.Slice) and "[:]" in names:
        ends = [_value(end) for end in (node.lower, node.upper) if end is not None]
        yield from (abs(end) for end in ends if end is not None)
    elif isinstance(node, ast.FormattedValue) and ".f" in names and node.format_spec is not None:
        yield from (float(one) for one in re.findall(r"\.(\d)[fg%]", ast.unparse(node.format_spec)))


def _first(call: ast.Call, name: str, names: tuple[str, ...]) -> Iterator[float]:
    """What the first argument is; of ``round(x, 2)`` the last."""
    if name not in names:
        return
    if not call.args and not call.keywords and name in DEFAULTS:
        yield DEFAULTS[name]
    elif call.args:
        value = _value(call.args[-1 if name == "round()" else 0])
        if value is not None:
            yield value


def _value(node: ast.expr) -> float | None:
    is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if is_negative and isinstance(node, ast.UnaryOp) else node
    if isinstance(inner, ast.Constant) and _is_number(inner.value):
        return -float(inner.value) if is_negative else float(inner.value)
    return None


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
