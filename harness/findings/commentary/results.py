"""Results that a text says are printed, plotted or computed: which statement may do all of it.

A sentence says of one result several things at once, as "print the share per category, highest
first". That another statement sorts something else does not make it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.findings import acts
from harness.findings.acts import Act
from harness.findings.commentary import claims, known
from harness.findings.steps import Remark, Step

PRINTS = (
    r"\bprint\w*\(|pprint|\bdisplay\(|\blogg\w*\.|stdout|\.info\(|Markdown|render|to_string"
    r"|to_markdown|tabulate|\bst\.|echo|\bHTML\(|write\("
)
PLOTS = (
    r"(?<!plt\.)(?<!\w)(?!subplots?\b)\w*(?:plot|hist|scatter|bar|pie|heatmap|imshow|matshow|box"
    r"|violin|draw|chart|graph|Display|pcolor|contour|hexbin|line|stem|Figure|Grid)\w*\("
    r"|\bplt\.(?:plot|hist|scatter|barh?|pie|imshow|matshow|boxplot|violinplot|pcolor\w*|contour\w*"
    r"|hexbin|stem|step|stackplot|errorbar|fill_between)\w*\(|kind=|\.plot\b"
)
TELLS = r"(?:show|report|display|summar|log|evaluat|tell|list|echo|dump|view|inspect)\w*\("
SOME_PLOT = r"plots?|charts?|histograms?|heat ?maps?|figures?|graphs?|diagrams?|visuali[sz]ations?"
# How a text says that something is done with a result, and the statements that may do it.
VERBS = {
    "print": r"print(?:s|ed|ing)?",
    "plot": (
        r"(?<!a )(?<!the )(?<!each )(?<!this )(?<!scatter )(?<!box )(?<!bar )(?<!violin )"
        r"(?<!line )(?<!count )(?<!pair )(?<!density )plot(?:s|ted|ting)?(?! show)"
        rf"|visuali[sz](?:e|es|ed|ing)|(?:{SOME_PLOT}) (?:also |then )?show(?:s|ed)?"
    ),
    "show": r"show(?:s|n|ed|ing)?|display(?:s|ed|ing)?|list(?:s|ed|ing)|report(?:s|ed|ing)?",
    "compute": (
        r"calculat(?:e|es|ed|ing)|comput(?:e|es|ed|ing)|determin(?:e|es|ed|ing)"
        r"|(?<!value )(?<!the )(?<!and )count(?:s|ed|ing)?(?! of)"
    ),
    "": (
        r"sav(?:e|es|ed|ing)|train(?:s|ed|ing)?|encod(?:e|es|ed|ing)|fill(?:s|ed|ing)?|writ(?:e|es"
        r"|ing|ten)|drop(?:s|ped|ping)?|convert(?:s|ed|ing)?|creat(?:e|es|ed|ing)|split(?:s|ting)?"
        r"|check(?:s|ed|ing)?|load(?:s|ed|ing)?|defin(?:e|es|ed|ing)|mak(?:e|es|ing)|returns?|fit(?:s|ted)"
        r"|predict(?:s|ed|ing)?|select(?:s|ed|ing)?|us(?:e|es|ing)|evaluat(?:e|es|ed|ing)|runs?"
        r"|add(?:s|ed|ing)?|send(?:s|ing)?|sent|explor(?:e|es|ed|ing)|analy[sz](?:e|es|ed|ing)"
    ),
}
VERB = re.compile(
    "|".join(rf"(?P<v{at}>\b(?:{said})\b)" for at, said in enumerate(VERBS.values())), re.IGNORECASE
)
PASSIVE = re.compile(
    r"\b(?:is|are|was|were|being|been) (?:also |then |now |first )*$", re.IGNORECASE
)
NEXT = re.compile(r",? and\b|, (?:the|its|it|all|then)\b")
CLAUSE = re.compile(r"[;:](?!\w)|, then |\. ")


class Attribute(NamedTuple):
    """What a text may say of a result, and what in a statement may make it so."""

    said: str
    done: str
    instead: str = ""  # what the statement has to do in its place, for it to be sure
    is_result: bool = True  # and not how it is grouped, sorted or chosen


GROUPED = (
    r"group_?by|crosstab|pivot|hue|\bby=|==|unique\(|\bagg\b|GROUP BY|column=|\.loc\[|isin\(|query"
    r"|unstack|melt|resample|FacetGrid|countplot|catplot|Counter|defaultdict|classification_report"
    r"|confusion|proba"
)
CATEGORIES = r"(?:categor(?:y|ies)|groups?|levels?)"
ATTRIBUTES = [
    (re.compile(rf"\b({one.said})\b", re.IGNORECASE), one)
    for one in (
        Attribute(r"group(?:ed|ing)? by", rf"{GROUPED}|x=.*y=", is_result=False),
        Attribute(
            rf"per {CATEGORIES}|(?:for|by|in|across|between|within|among) (?:each|every|all|the"
            rf"|different)(?: of the)?(?: \w+)? ?{CATEGORIES}"
            rf"|(?:by|across|between|per|for)(?: each| every| the| all)? categorical"
            r" (?:columns?|features?|variables?)",
            rf"{GROUPED}|\bfor\b|apply\(|map\(|x=.*y=|\.items\(|box|violin|strip|swarm",
            is_result=False,
        ),
        Attribute(
            r"(?:one|two|three|four|five|six|ten|top|\d{1,2}) (?:[\w-]+ ){0,4}?(?:in which|that"
            r"|whose|which|where|with)\b[^,.;]{0,60}?\b(?:most|least|highest|largest|strongest|lowest)",
            r"nlargest|nsmallest|sort|\bmax\(|\bmin\(|rank|\[: *-?\w+\]|\[-?\w+ *:\]|head\(|tail\("
            r"|argsort|heapq|most_common|\btop|(?<!include=)(?<!exclude=)"
            r"\[\s*['\"][^\]'\"]+['\"]\s*,|iloc|> ?0\.\d",
            is_result=False,
        ),
        Attribute(
            r"(?:highest|strongest|largest|most frequent|biggest) first|descending order",
            r"sort|nlargest|value_counts|ascending|\brank|most_common|heapq|order=|reverse=|argsort",
            is_result=False,
        ),
        Attribute(
            r"(?:shares?|rates?|proportions?|percentages?|fractions?) of",
            r"normalize|/|mean\(|'mean'|\"mean\"|pct|percent|crosstab|ratio|pie|stat=|\* *100"
            r"|hue|share|rate\b|\.div\(|apply|transform|\.map\(|histnorm|density",
            r"value_counts\(\)|\.size\(\)|\.count\(\)",
        ),
        Attribute(
            r"(?:means?|averages?) of",
            r"mean|average|\bagg|describe|pivot|barplot|pointplot|estimator|crosstab|/|avg|box|\.sum",
        ),
        Attribute(r"standard deviations?", r"std|describe|\bagg|var\(|sqrt|sigma|error"),
        Attribute(
            r"first (?:few|\w+|\d+) (?:rows|records|entries|lines)",
            r"head|\[ *:|iloc|sample|tail|islice|next\(|nrows|\[0|first|limit|take|\.show\("
            r"|(?:print|display)\(\w+\)|\A\s*\w+\s*\Z",
        ),
        Attribute(r"medians? of", r"median|describe|quantile|percentile|box|\bagg|50%"),
        Attribute(r"summary statistics|descriptive statistics", r"describe|\bagg|mean|info|std|stat"
                  r"|summar|quantile|median|skim"),
        Attribute(r"skew(?:ness)?", r"skew|\bagg\b"),
        Attribute(r"kurtosis", r"kurt|\bagg\b"),
        Attribute(
            r"correlations?(?: \w+)?(?: with| between| of| matrix)",
            r"corr|pearson|spearman|kendall|cov\(|heatmap|matrix|mutual",
        ),
        Attribute(
            r"(?:count|number)s? of (?:[\w`'\"]+ ){0,6}?(?:for|in|by|per|of) each (?:categorical )?"
            r"(?:column|feature|variable|category)",
            rf"{GROUPED}|\.sum\(|nunique|\.count\(|isna|isnull|describe|info\(|apply\(|len\("
            r"|\bfor\b[^\0]*value_counts|\bfor\b[^\0]*count\(",
        ),
        Attribute(
            r"unique values|distinct values",
            r"unique|value_counts|\bset\(|distinct|describe|levels|categories|Counter",
        ),
    )
]  # fmt: skip


class Said(NamedTuple):
    """What a clause says is done with a result: ``print``, ``plot``, ``show``, ``compute``."""

    verb: str
    start: int
    end: int
    said: tuple[int, int]  # where the verb stands


def missing(step: Step, remark: Remark, there: Sequence[Act]) -> Iterator[claims.Mention]:
    """What is said of a result where no statement that may show it makes it so.

    Says nothing where one of these statements draws on what no code has.
    """
    text = claims.claims(remark)
    clauses = list(_clauses(text))
    later = _said_later(step, remark) if clauses else {}
    own = acts.block(step, remark, there) if clauses else []
    if acts.calls_elsewhere(step, "\n".join(one.own for one in own)):
        return
    for clause in clauses:
        able = [one for one in own if _may(clause.verb, one)]
        if clause.verb == "print" and not able and own and not _is_shown(remark, own, there):
            yield claims.Mention(text[slice(*clause.said)], *clause.said)
            continue
        if not own or not all(one.is_sure for one in able):
            continue
        for wanted in _wanted(text, clause, later.get(clause.verb, "")):
            if any(all(_has(said, one, clause.verb) for said, _, _ in wanted) for one in able):
                continue
            # At what nothing makes so by itself, or else at all that no statement does at once.
            alone = [w for w in wanted if not any(_has(w[0], one, clause.verb) for one in able)]
            start = (alone or wanted)[0][1]
            end = alone[0][2] if alone else wanted[-1][2]
            yield claims.Mention(text[start:end], start, end)


def _wanted(text: str, clause: Said, later: str) -> Iterator[list[tuple[Attribute, int, int]]]:
    """What one statement has to do all of: a result, and what is said of it up to the next."""
    found = sorted(
        (
            (attribute, clause.start + one.start(1), clause.start + one.end(1))
            for pattern, attribute in ATTRIBUTES
            for one in pattern.finditer(text[clause.start : clause.end])
            if not pattern.search(later)
        ),
        key=lambda one: one[1],
    )
    group: list[tuple[Attribute, int, int]] = []
    for one in found:
        if one[0].is_result and any(other[0].is_result for other in group):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _said_later(step: Step, remark: Remark) -> dict[str, str]:
    """By verb, the comments behind one in its cell: they may say of a part what it says of all."""
    found: dict[str, str] = {}
    for one in step.remarks if remark.in_code else ():
        if one.in_code and one.cell == remark.cell and one.start > remark.start:
            for verb in {clause.verb for clause in _clauses(one.text)}:
                found[verb] = f"{found.get(verb, '')}\n{one.text}"
    return found


def _clauses(text: str) -> Iterator[Said]:
    """What each verb speaks of: what is behind it, or, in the passive, what is before it."""
    verbs = [
        (list(VERBS)[int(str(found.lastgroup)[1:])], found.start(), found.end())
        for found in VERB.finditer(text)
    ]
    ends = [0, *(found.end() for found in CLAUSE.finditer(text)), len(text)]
    at = 0
    for number, (verb, start, end) in enumerate(verbs):
        begin = max(at, *(one for one in ends if one <= start))
        if PASSIVE.search(text[:start]) or _joined(text, verbs[:number], start):
            span = begin, start
            stop = next(one for one in ends if one >= end)
            if number + 1 < len(verbs) and _joined(text, verbs[: number + 1], verbs[number + 1][1]):
                at = begin
            else:
                # What stands right behind still says how: "are printed, highest first, and …"
                following = NEXT.search(text, end, stop)
                at = following.start() if following else end
                span = begin, at
        else:
            stop = min(
                next(one for one in ends if one >= end),
                verbs[number + 1][1] if number + 1 < len(verbs) else len(text),
            )
            span, at = (end, stop), end
        if verb:
            yield Said(verb, *span, (start, end))


def _joined(text: str, before: Sequence[tuple[str, int, int]], start: int) -> bool:
    """Whether a verb has the object of the one before, as in "is printed and plotted"."""
    if not before or not re.fullmatch(
        r",? (?:and |then |and then )(?:also )?", text[before[-1][2] : start]
    ):
        return False
    return PASSIVE.search(text[: before[-1][1]]) is not None or _joined(
        text, before[:-1], before[-1][1]
    )


def _may(verb: str, act: Act) -> bool:
    """Whether the statement may do what the verb says."""
    plots = known.has(PLOTS, act.text)
    prints = known.has(PRINTS, act.text) or (act.shows_value and not plots)
    return {"print": prints, "plot": plots, "show": prints or plots}.get(verb, True)


def _is_shown(remark: Remark, own: Sequence[Act], there: Sequence[Act]) -> bool:
    """Whether code further on may print, or what is called here may do it by its name."""
    behind = (one for one in there if remark.in_code and one.cell == remark.cell)
    return any(known.has(TELLS, one.text) or not one.is_sure for one in own) or any(
        _may("print", one) for one in behind if one.line >= own[0].line
    )


def _has(attribute: Attribute, act: Act, verb: str) -> bool:
    code = act.own if verb == "compute" else act.text
    return known.has(attribute.done, code) or not known.has(attribute.instead, code)
