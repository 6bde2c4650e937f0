"""Applies a stage's fixes, one after another, to a raw notebook; each gets a verdict.

A fix takes hold whole or not at all. It never turns Python into something that is none, and it
never touches a cell that its ``When`` leaves out (see ``conditions``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.fixes import attribution, imports, matches, rules, unified
from harness.fixes.attribution import AttributedText
from harness.fixes.conditions import Conditions, Usable
from harness.fixes.matches import Match
from harness.notebooks import percent, stored, syntax
from harness.notebooks.notebook import Notebook
from harness.notebooks.percent import Line
from harness.records import (
    Cell,
    CellResult,
    CheckResult,
    Fix,
    FixVerdict,
    Place,
    Rule,
    Run,
    Verdict,
)


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
    """``apply_series`` on what the model wrote in a stored run, its own repairs included.

    Raises EditedError where that was not executed.
    """
    _, notebook, done = stored.base(run)
    return apply_series(notebook, done.cells, fixes, without, done.checks)


def apply_series(
    raw: Notebook,
    results: Iterable[CellResult],
    fixes: Iterable[Fix],
    without: Collection[str] = (),
    checks: Iterable[CheckResult] = (),
) -> Applied:
    """The ``raw`` notebook with ``fixes``, save ``without``.

    Its cells ended as ``results``, and what they made was judged by ``checks``.
    """
    attributed = attribution.begin(raw)
    conditions = Conditions(raw, results, checks)
    verdicts: list[FixVerdict] = []
    touched: dict[str, list[str]] = {}
    for fix in fixes:
        done = (
            _Outcome(None, Verdict.SKIPPED, reason="left out on request")
            if fix.id in without
            else _one(attributed, fix, conditions)
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


def _one(attributed: AttributedText, fix: Fix, conditions: Conditions) -> _Outcome:
    usable = conditions.usable(fix.when)
    if usable.is_slow:
        return _Outcome(None, Verdict.CONFLICT, reason="its When takes too long to search for")
    if usable.reason is not None:
        return _Outcome(None, Verdict.OBSOLETE, reason=usable.reason)
    done = (
        _by_rule(attributed, fix, fix.rule, usable, conditions.outcomes)
        if fix.rule
        else _by_hunks(attributed, fix, usable)
    )
    if done.attributed is None:
        return done
    broken = _broken(attributed, done.attributed)
    if broken is not None:
        return _Outcome(None, Verdict.CONFLICT, done.places, f"{broken} would not be Python")
    return done


def _by_hunks(attributed: AttributedText, fix: Fix, usable: Usable) -> _Outcome:
    changed, shift, least = attributed, 0, 0
    places: list[Place] = []
    there = 0

    def allowed(start: int, end: int) -> bool:
        return usable.may_touch(unified.heads(changed.lines, start, end))

    for hunk in fix.hunks:
        spot = unified.find(changed.lines, hunk, shift, least, allowed)
        if isinstance(spot, unified.Miss):
            if spot.there:
                there += 1
                continue
            if usable.spares and not isinstance(
                unified.find(changed.lines, hunk, shift, least, _anywhere), unified.Miss
            ):
                return _Outcome(None, Verdict.OBSOLETE, reason="its place is in a cell that works")
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


def _anywhere(start: int, end: int) -> bool:
    return True


def _place(lines: Sequence[Line], at: int, spot: unified.Spot) -> Place:
    opening = next((i for i in range(at, -1, -1) if i < len(lines) and lines[i].head), 0)
    head = lines[opening].head if lines else None
    name = head.id if head is not None else ""
    return Place(cell=name, line=at - opening, how=spot.how, amount=spot.amount)


def _by_rule(
    attributed: AttributedText,
    fix: Fix,
    rule: Rule,
    usable: Usable,
    outcomes: Mapping[str, CellResult],
) -> _Outcome:
    changed, places = attributed, list[Place]()
    there = spared = False
    for cell in attributed.notebook.code:
        if rule.steps and cell.step not in rule.steps:
            continue
        if cell.id not in usable:
            spared = spared or rules.matches(rule, cell.source)
            continue
        there = there or rules.present(rule, cell.source)
        try:
            found = (
                _imports(attributed, cell, rule, outcomes.get(cell.id), places)
                if rule.imports
                else rules.find(rule, cell.source)
            )
            if len(places) + len(found) > matches.MOST_MATCHES:
                raise ValueError(f"it matches more than {matches.MOST_MATCHES} places")
            after = cell.model_copy(update={"source": matches.replaced(cell.source, found)})
        except ValueError as error:
            return _Outcome(None, Verdict.CONFLICT, (), f"{cell.id}: {error}")
        if found:
            changed = _rewritten(changed, cell, after, fix.id)
            places += [
                Place(cell=cell.id, line=match.line + 1, how="rule", bindings=match.bindings)
                for match in found
            ]
    if places and changed.lines != attributed.lines:
        return _Outcome(changed, Verdict.APPLIED, tuple(places))
    if there or places:
        return _Outcome(None, Verdict.OBSOLETE, reason="what it writes is there already")
    if spared and usable.spares:
        return _Outcome(None, Verdict.OBSOLETE, reason="it matches only cells that work")
    # What is to be rewritten is not there; what is to be inserted is, but nowhere to put it.
    inserts = rule.insert_before is not None or rule.insert_after is not None
    verdict = Verdict.CONFLICT if inserts else Verdict.OBSOLETE
    return _Outcome(None, verdict, (), "nothing matches its rule")


def _imports(
    attributed: AttributedText,
    cell: Cell,
    rule: Rule,
    result: CellResult | None,
    places: Sequence[Place],
) -> list[Match]:
    code = attributed.notebook.code
    above = [one.source for one in code[: code.index(cell)]]
    given = {place.bindings["NAME"] for place in places}
    return imports.find(rule.imports, cell.source, result, above, given)


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
