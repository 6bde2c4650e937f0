"""Applies a stage's fixes, one after another, to a raw notebook; each gets a verdict.

A fix takes hold whole or not at all. It never turns Python into something that is none, and it
never touches a cell whose raw outcome is not the one that its ``When`` names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import regex

from harness.fixes import attribution, rules, unified
from harness.fixes.attribution import AttributedText
from harness.notebooks import percent, stored, syntax
from harness.notebooks.notebook import Notebook
from harness.notebooks.percent import Line
from harness.records import Cell, CellResult, Fix, FixVerdict, Place, Rule, Run, Verdict, When

REGEX_SECONDS = 0.5  # of the processor, for one expression and one text
LONGEST_TEXT = 4000  # characters of an error that an expression is searched for in
ERROR_NAME = re.compile(r"[A-Z]\w*")  # a class's name is compared, not searched for

_slow: set[str | None] = set()  # expressions that took too long once


class Applied(NamedTuple):
    """The patched text and notebook, and what became of every fix."""

    attributed: AttributedText
    notebook: Notebook  # of that text; its cells say which fixes touched them
    verdicts: tuple[FixVerdict, ...]


class _Outcome(NamedTuple):
    attributed: AttributedText | None  # None: nothing was changed
    verdict: Verdict
    places: tuple[Place, ...] = ()
    reason: str | None = None
    nearest: str | None = None


def apply_to_run(run: Run, fixes: Iterable[Fix], without: Collection[str] = ()) -> Applied:
    """``apply_series`` on a stored run. Raises EditedError where its notebook was not executed."""
    results = stored.executed(run).cells
    return apply_series(stored.raw(run), results, fixes, without)


def apply_series(
    raw: Notebook,
    results: Iterable[CellResult],
    fixes: Iterable[Fix],
    without: Collection[str] = (),
) -> Applied:
    """The ``raw`` notebook, whose cells ended as ``results``, with ``fixes``, save ``without``."""
    attributed = attribution.begin(raw)
    outcomes = {result.cell: result for result in results}
    verdicts: list[FixVerdict] = []
    touched: dict[str, list[str]] = {}
    for fix in fixes:
        done = (
            _Outcome(None, Verdict.SKIPPED, reason="left out on request")
            if fix.id in without
            else _one(attributed, fix, outcomes)
        )
        if done.attributed is not None:
            for cell in _changed(attributed, done.attributed):
                touched.setdefault(cell.id, []).append(fix.id)
            attributed = done.attributed
        verdicts.append(_verdict(fix, done))
    patched = (
        cell.model_copy(update={"fixes": tuple(touched.get(cell.id, ()))})
        for cell in attributed.notebook.cells
    )
    return Applied(attributed, Notebook(tuple(patched)), tuple(verdicts))


def condition_holds(when: When, result: CellResult | None) -> bool:
    """Whether a fix may be used on a cell with this raw outcome."""
    if not when.fails:
        return True
    if result is None or not result.failed:
        return False
    if when.pattern is None or when.pattern == result.error:
        return True
    if ERROR_NAME.fullmatch(when.pattern):
        return False
    return _found(when.pattern, f"{result.error}: {result.message or ''}"[:LONGEST_TEXT])


def _found(pattern: str, text: str) -> bool:
    if pattern in _slow:
        return False
    try:
        return regex.search(pattern, text, timeout=REGEX_SECONDS) is not None
    except (TimeoutError, MemoryError):
        _slow.add(pattern)
        return False


def _one(attributed: AttributedText, fix: Fix, outcomes: Mapping[str, CellResult]) -> _Outcome:
    usable = {name for name, result in outcomes.items() if condition_holds(fix.when, result)}
    if fix.when.pattern in _slow:
        return _Outcome(None, Verdict.CONFLICT, reason="its When takes too long to search for")
    if fix.when.fails and not usable:
        return _Outcome(
            None, Verdict.OBSOLETE, reason=f"no raw cell failed with this error ({fix.when})"
        )
    done = (
        _by_rule(attributed, fix, fix.rule, usable)
        if fix.rule
        else _by_hunks(attributed, fix, usable)
    )
    if done.attributed is None:
        return done
    broken = _broken(attributed, done.attributed)
    if broken is not None:
        return _Outcome(None, Verdict.CONFLICT, done.places, f"{broken} would not be Python")
    return done


def _by_hunks(attributed: AttributedText, fix: Fix, usable: Collection[str]) -> _Outcome:
    changed, shift, least = attributed, 0, 0
    places: list[Place] = []
    there = 0

    def allowed(start: int, end: int) -> bool:
        inside = unified.heads(changed.lines, start, end)
        return not fix.when.fails or any(head.id in usable for head in inside)

    for hunk in fix.hunks:
        spot = unified.find(changed.lines, hunk, shift, least, allowed)
        if isinstance(spot, unified.Miss):
            if spot.there:
                there += 1
                continue
            where = f" (of {hunk.cell})" if hunk.cell else ""
            return _Outcome(None, Verdict.CONFLICT, (), spot.reason + where, nearest=spot.nearest)
        before = changed
        edits = unified.apply(hunk, spot)
        for start, end, texts in edits:
            changed = changed.replace(start, end, texts, fix.id)
        first, _, written = edits[-1]
        places.append(_place((changed if written else before).lines, first, spot))
        grown = len(changed.lines) - len(before.lines)
        least = spot.start + (spot.stop - spot.skip) + grown
        shift = spot.start - spot.skip - max(hunk.start - 1, 0) + grown
    if not places:
        return _Outcome(None, Verdict.OBSOLETE, reason="its lines are there already")
    if changed.lines and changed.lines[0].head is None:
        return _Outcome(None, Verdict.CONFLICT, (), "code before the first cell")
    return _Outcome(changed, Verdict.APPLIED, tuple(places))


def _place(lines: Sequence[Line], at: int, spot: unified.Spot) -> Place:
    opening = next((i for i in range(at, -1, -1) if i < len(lines) and lines[i].head), 0)
    head = lines[opening].head if lines else None
    name = head.id if head is not None else ""
    return Place(cell=name, line=at - opening, how=spot.how, amount=spot.amount)


def _by_rule(attributed: AttributedText, fix: Fix, rule: Rule, usable: Collection[str]) -> _Outcome:
    changed, places, there = attributed, list[Place](), False
    for cell in attributed.notebook.code:
        elsewhere = bool(rule.steps) and cell.step not in rule.steps
        if elsewhere or (fix.when.fails and cell.id not in usable):
            continue
        try:
            matches = rules.find(rule, cell.source)
        except ValueError as error:
            return _Outcome(None, Verdict.CONFLICT, (), f"{cell.id}: {error}")
        there = there or rules.present(rule, cell.source)
        if len(places) + len(matches) > rules.MOST_MATCHES:
            return _Outcome(
                None, Verdict.CONFLICT, (), f"it matches more than {rules.MOST_MATCHES} places"
            )
        if not matches:
            continue
        try:
            after = cell.model_copy(update={"source": rules.replaced(cell.source, matches)})
        except ValueError as error:
            return _Outcome(None, Verdict.CONFLICT, (), str(error))
        changed = _rewritten(changed, cell, after, fix.id)
        places += [
            Place(cell=cell.id, line=match.line + 1, how="rule", bindings=match.bindings)
            for match in matches
        ]
    if places and changed.lines != attributed.lines:
        return _Outcome(changed, Verdict.APPLIED, tuple(places))
    if there or places:
        return _Outcome(None, Verdict.OBSOLETE, reason="what it writes is there already")
    # What is to be rewritten is not there; what is to be inserted is, but nowhere to put it.
    verdict = Verdict.OBSOLETE if rule.rewrite is not None else Verdict.CONFLICT
    return _Outcome(None, verdict, (), "nothing matches its rule")


def _rewritten(attributed: AttributedText, before: Cell, after: Cell, fix: str) -> AttributedText:
    opening = next(
        i for i, line in enumerate(attributed.lines) if line.head and line.head.id == before.id
    )
    edits = attribution.edits(percent.encode(before), percent.encode(after))
    for start, end, texts in reversed(edits):
        attributed = attributed.replace(opening + 1 + start, opening + 1 + end, texts, fix)
    return attributed


def _broken(before: AttributedText, after: AttributedText) -> str | None:
    """The first cell that a change would leave without being Python, though it was before."""
    old = before.notebook.sources
    for cell in _changed(before, after):
        if cell.kind != "code" or syntax.parses(cell.source):
            continue
        if cell.id not in old or syntax.parses(old[cell.id]):
            return cell.id
    return None


def _changed(before: AttributedText, after: AttributedText) -> list[Cell]:
    """The cells of ``after`` that are new, or in which something else is written."""
    old = before.notebook.sources
    return [cell for cell in after.notebook.cells if old.get(cell.id) != cell.source]


def _verdict(fix: Fix, done: _Outcome) -> FixVerdict:
    return FixVerdict(
        fix=fix.id,
        sha256=fix.sha256,
        form=fix.form,
        description=fix.description,
        author=fix.author,
        cause=fix.cause,
        verdict=done.verdict,
        places=done.places,
        reason=done.reason,
        nearest=done.nearest,
    )
