"""Structural fixes: the same whatever the variables are called."""

from __future__ import annotations

import pytest
from notebook_text import code, notebook, rule

from harness import fixes
from harness.records import FixVerdict, Verdict

MAP = "rule: {pattern: $DF.applymap($$$ARGS)}\nrewrite: $DF.map($$$ARGS)\n"


def one(body: str, *sources: str) -> tuple[FixVerdict, list[str]]:
    raw = [code(f"c{i}", source, step=f"s{i}") for i, source in enumerate(sources)]
    applied = fixes.apply_series(notebook(*raw), [], [rule(body)])
    return applied.verdicts[0], [cell.source for cell in applied.notebook.cells]


@pytest.mark.parametrize("name", ["df", "data", "telco_data", "frames['é']"])
def test_variables_are_all_the_same_to_it(name: str) -> None:
    verdict, (source,) = one(MAP, f"x = 'ü'\ny = {name}.applymap(str, na_action='ignore')")
    assert source == f"x = 'ü'\ny = {name}.map(str, na_action='ignore')"
    assert verdict.verdict is Verdict.APPLIED
    assert verdict.places[0].bindings == {"DF": name, "ARGS": "str, na_action='ignore'"}
    assert verdict.places[0].line == 2


def test_nothing_to_rewrite_is_obsolete_and_so_is_what_is_there() -> None:
    verdict, _ = one(MAP, "x = 1")
    assert (verdict.verdict, verdict.reason) == (Verdict.OBSOLETE, "nothing matches its rule")
    verdict, _ = one(MAP, "df.map(str)")
    assert verdict.reason == "what it writes is there already"


def test_nowhere_to_insert_is_a_conflict() -> None:
    verdict, _ = one("rule: {pattern: $S.optimize($$$A)}\ninsert-before: x = 1\n", "y = 2")
    assert verdict.verdict is Verdict.CONFLICT


def test_a_rule_that_matches_its_own_result_is_applied_once() -> None:
    body = "rule: {pattern: $A.map($B)}\nrewrite: $A.map($B).map($B)\n"
    _, (source,) = one(body, "x = df.map(str)")
    assert source == "x = df.map(str).map(str)"


def test_of_nested_matches_the_outer_one_is_taken() -> None:
    body = "rule: {pattern: $A.old($$$B)}\nrewrite: new($A, $$$B)\n"
    _, (source,) = one(body, "a.old(1).old(2)")
    assert source == "new(a.old(1), 2)"


def test_a_rule_that_matches_too_much_is_a_conflict() -> None:
    body = "rule: {pattern: print($$$A)}\nrewrite: show($$$A)\n"
    verdict, (source,) = one(body, "\n".join(f"print({i})" for i in range(300)))
    assert verdict.verdict is Verdict.CONFLICT
    assert "more than 200 places" in str(verdict.reason)
    assert "show" not in source


def test_lines_that_are_inserted_take_the_statements_indentation() -> None:
    body = "rule: {pattern: $S.fit($$$A)}\ninsert-before: |\n  if $S:\n      check($S)\n"
    _, (source,) = one(body, "for m in models:\n    r = m.fit(\n        x,\n    )\n    print(r)")
    added = "    if m:\n        check(m)\n"
    assert source == f"for m in models:\n{added}    r = m.fit(\n        x,\n    )\n    print(r)"
    _, (source,) = one(body.replace("before", "after"), "if a:\n    m.fit(x)\nelse:\n    pass")
    assert source == "if a:\n    m.fit(x)\n    if m:\n        check(m)\nelse:\n    pass"


def test_a_rewrite_of_several_lines_keeps_its_block() -> None:
    body = "rule: {pattern: $A = load($F)}\nrewrite: |\n  with open($F) as f:\n      $A = read(f)\n"
    _, (source,) = one(body, "if x:\n    d = load('p')\n    go(d)")
    assert source == "if x:\n    with open('p') as f:\n        d = read(f)\n    go(d)"


def test_an_expression_of_several_lines_stands_inside_other_code() -> None:
    body = (
        "rule: {pattern: load($F)}\nrewrite: |\n  read(\n      $F,  # text\n      dtype=str,\n  )\n"
    )
    verdict, (source,) = one(body, "if x:\n    d = load('p').head()\n    go(d)")
    assert verdict.verdict is Verdict.APPLIED
    read = "read(\n        'p',  # text\n        dtype=str,\n    )"
    assert source == f"if x:\n    d = {read}.head()\n    go(d)"


def test_two_matches_in_one_statement_insert_once() -> None:
    _, (source,) = one("rule: {pattern: f($A)}\ninsert-after: done()\n", "x = f(1) + f(2)")
    assert source == "x = f(1) + f(2)\ndone()"


def test_a_result_that_is_no_python_is_a_conflict() -> None:
    verdict, (source,) = one("rule: {pattern: f($A)}\nrewrite: f($A\n", "x = f(1)")
    assert (verdict.verdict, verdict.reason) == (Verdict.CONFLICT, "c0 would not be Python")
    assert source == "x = f(1)"


def test_constraints_and_steps_narrow_it() -> None:
    body = MAP + "constraints: {DF: {regex: '^a'}}\nsteps: [s1, s2]\n"
    _, sources = one(body, "ab.applymap(x)", "ab.applymap(x)", "b.applymap(x)")
    assert sources == ["ab.applymap(x)", "ab.map(x)", "b.applymap(x)"]


def test_magics_and_broken_code_are_no_obstacle() -> None:
    _, (source,) = one(MAP, "%matplotlib inline\ndf.applymap(str)\nx = (")
    assert source == "%matplotlib inline\ndf.map(str)\nx = ("


def test_an_enormous_result_is_a_conflict() -> None:
    body = f"rule: {{pattern: f($A)}}\nrewrite: f($A, '{'x' * 30_000}')\n"
    verdict, _ = one(body, "\n".join("f(1)" for _ in range(50)))
    assert verdict.verdict is Verdict.CONFLICT
    assert "more than" in str(verdict.reason)


def test_a_string_that_is_bound_keeps_its_lines() -> None:
    body = "rule: {pattern: '$DF.to_sql($Q, inplace=True)'}\nrewrite: $DF.to_sql($Q)\n"
    _, (source,) = one(body, 'if x:\n    df.to_sql("""a\nb""", inplace=True)')
    assert source == 'if x:\n    df.to_sql("""a\nb""")'


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("rule: {pattern: foo($A)}\nrewrite: '# $A'\n", "y = 1; foo(2); z = 3"),
        ("rule: {pattern: foo()}\nrewrite: |\n  a()\n  b()\n", "if x: foo()"),
        ("rule: {pattern: foo()}\nrewrite: 'bar()  # better'\n", "foo(); z = 3"),
        ("rule: {pattern: foo()}\ninsert-after: bar()\n", "if x: foo()"),
        ("rule: {pattern: foo()}\ninsert-before: bar()\n", 'x = """a\nb"""; foo()'),
    ],
)
def test_code_that_shares_its_line_is_a_conflict(body: str, source: str) -> None:
    verdict, (after,) = one(body, source)
    assert verdict.verdict is Verdict.CONFLICT
    assert "shares its line" in str(verdict.reason)
    assert after == source


def test_every_statement_gets_its_insertion() -> None:
    body = "rule: {pattern: len($A)}\ninsert-after: done($A)\n"
    _, (source,) = one(body, "for i in range(len(df)):\n    len(a)")
    assert source == "for i in range(len(df)):\n    len(a)\n    done(a)\ndone(df)"


@pytest.mark.parametrize(
    ("body", "source"),
    [
        (
            "rule: {pattern: json.dumps($A)}\ninsert-before: import json\n",
            "import json\n\njson.dumps(1)",
        ),
        ("rule: {pattern: f($A)}\ninsert-after: g($A)\n", "f(1)\ng(1)"),
        ("rule: {pattern: f($A)}\ninsert-before: g($A)\n", "x = 1\ng(1)\nf(1)"),
    ],
)
def test_what_stands_there_is_not_inserted_again(body: str, source: str) -> None:
    verdict, (after,) = one(body, source)
    assert verdict.verdict is Verdict.OBSOLETE
    assert after == source


def test_a_name_that_this_alternative_does_not_bind_is_a_conflict() -> None:
    body = "rule: {any: [pattern: f($A), pattern: g($B)]}\nrewrite: h($A)\n"
    verdict, (after,) = one(body, "g(1)")
    assert verdict.verdict is Verdict.CONFLICT
    assert "$A is not bound" in str(verdict.reason)
    assert after == "g(1)"
