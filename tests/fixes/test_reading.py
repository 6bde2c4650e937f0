"""Fix files: a good one is read, a bad one is one line that says where."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import ConfigError, HarnessError, UnknownNameError
from harness.fixes import files, writing
from harness.records import Cause, FixHeader, Rule, When

HEAD = "Description: Why\n more of it\nAuthor: A <a@b>\nDate: 2026-11-24\nCause: syntax\n"
DIFF = "\n--- a/eda.py\n+++ b/eda.py\n@@ -1,2 +1,2 @@ load-001\n # %%\n-x\n+y\n"
RULE = "rule:\n  pattern: $A.old()\nrewrite: $A.new()\n"
IMPORTS = HEAD.replace("\n more of it", "") + "imports:\n  a: {}\n"
YAML = HEAD.replace("\n more of it", "") + "\n" + RULE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "fixes" / "eda"
    made.mkdir(parents=True)
    return made


def save(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_patch_is_read(folder: Path) -> None:
    fix = files.read(save(folder, "010-a-b.patch", HEAD + DIFF))
    assert (fix.id, fix.stage, fix.form) == ("010-a-b", "eda", "patch")
    assert fix.description == "Why\nmore of it"
    assert (fix.author, str(fix.date), fix.cause) == ("A <a@b>", "2026-11-24", Cause.SYNTAX)
    assert fix.when == When()
    (hunk,) = fix.hunks
    assert (hunk.start, hunk.cell, hunk.old, hunk.new) == (
        1,
        "load-001",
        ["# %%", "x"],
        ["# %%", "y"],
    )


def test_crlf_is_the_same_fix(folder: Path) -> None:
    plain = files.read(save(folder, "010-a.patch", HEAD + DIFF))
    dos = files.read(save(folder, "020-a.patch", (HEAD + DIFF).replace("\n", "\r\n")))
    assert (plain.hunks, plain.description, plain.sha256) == (
        dos.hunks,
        dos.description,
        dos.sha256,
    )


def test_a_rule_is_read(folder: Path) -> None:
    fix = files.read(save(folder, "010-a.yml", YAML + "steps: [load]\n"))
    assert fix.form == "rule"
    assert fix.rule is not None
    assert (fix.rule.rewrite, fix.rule.steps) == ("$A.new()", ("load",))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("needed", When()),
        ("always", When(word="always")),
        ("fails", When(word="fails")),
        ("fails: KeyError", When(word="fails", pattern="KeyError")),
        ("fails: no attribute '.*map'", When(word="fails", pattern="no attribute '.*map'")),
    ],
)
def test_conditions(folder: Path, text: str, when: When) -> None:
    fix = files.read(save(folder, "010-a.patch", f"{HEAD}When: {text}\n{DIFF}"))
    assert fix.when == when
    assert str(fix.when) == text


def test_yaml_needs_no_quotes_around_a_condition(folder: Path) -> None:
    text = YAML.replace("Cause:", "When:\n  fails: KeyError\nCause:")
    assert files.read(save(folder, "010-a.yml", text)).when.pattern == "KeyError"


BAD_PATCHES = {
    "no head": (DIFF, "Description: is required"),
    "no cause": (HEAD.replace("Cause: syntax\n", "") + DIFF, "Cause: is required"),
    "an eighth cause": (HEAD.replace("syntax", "taste") + DIFF, ":5: Cause: 'taste' is not one of"),
    "no such date": (HEAD.replace("2026-11-24", "yesterday") + DIFF, ":4: Date:"),
    "an unknown field": ("Reviewer: me\n" + HEAD + DIFF, ":1: unknown field 'Reviewer'"),
    "a field twice": (HEAD + "Cause: syntax\n" + DIFF, ":6: Cause stands here a second time"),
    "a wrong condition": (HEAD + "When: sometimes\n" + DIFF, ":6: When: 'sometimes' is neither"),
    "a wrong expression": (HEAD + "When: fails: (\n" + DIFF, "not a regular expression"),
    "no diff": (HEAD, "0 files"),
    "words for a diff": (HEAD + "\nplease change x\n", ":7: neither 'Field: value' nor a diff"),
    "a short hunk": (HEAD + DIFF.replace("-1,2", "-1,9"), "not a unified diff"),
    "nothing changed": (
        HEAD + DIFF.replace("-x\n+y", " x\n y").replace("2 @@", "3 @@").replace("-1,2", "-1,3"),
        "changes nothing",
    ),
    "two notebooks": (HEAD + DIFF + DIFF.lstrip().replace("eda.py", "b.py"), "2 files"),
    "a path upwards": (
        HEAD + DIFF.replace("b/eda.py", "../../etc/passwd"),
        "not a notebook's name",
    ),
    "an absolute path": (HEAD + DIFF.replace("a/eda.py", "/etc/passwd"), "not a notebook's name"),
    "a new file": (HEAD + DIFF.replace("a/eda.py", "/dev/null"), "not a notebook's name"),
    "a binary diff": (
        HEAD + "\ndiff --git a/x b/x\nGIT binary patch\nliteral 3\n",
        "a binary diff",
    ),
    "uncounted lines": (HEAD + DIFF + "+z = 1\n", ":13: a line that its hunk does not count"),
    "huge numbers": (HEAD + DIFF.replace("-1,2", "-" + "1" * 5000), "not a unified diff"),
    "lone carriage returns": (HEAD + DIFF.replace("+y", "+y\rz"), "binary"),
    "binary": (b"\x00\x01" + HEAD.encode(), "binary"),
    "not UTF-8": (HEAD.encode() + b"\xff\xfe" + DIFF.encode(), ":6: not UTF-8"),
    "enormous": (HEAD + DIFF + "\n" * (2 << 20), "larger than 1 MB"),
    "many hunks": (HEAD + DIFF + "@@ -9,1 +9,1 @@\n-x\n+y\n" * 300, "301 hunks"),
}


@pytest.mark.parametrize("name", BAD_PATCHES)
def test_a_bad_patch_is_one_line_that_says_where(folder: Path, name: str) -> None:
    text, said = BAD_PATCHES[name]
    path = save(folder, "010-a.patch", text)
    with pytest.raises(ConfigError) as caught:
        files.read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


WITHOUT_ACTION = YAML.replace("rewrite: $A.new()\n", "")
BAD_RULES = {
    "not YAML": ("Description: [", "not YAML"),
    "a list": ("- a\n", "expected 'Field: value'"),
    "no rule": (YAML.replace("rule:\n  pattern: $A.old()\n", ""), "rule: is required"),
    "no text": (YAML.replace("$A.new()", ""), "exactly one of"),
    "an alias": (YAML.replace("pattern: $A.old()", "&a {all: [*a]}"), "an alias"),
    "an odd tag": (YAML.replace("Why", "!!timestamp 'x'"), "not YAML"),
    "no action": (YAML.replace("rewrite: $A.new()\n", ""), "exactly one of"),
    "two actions": (YAML + "insert-after: x = 1\n", "exactly one of"),
    "a wrong rule": (YAML.replace("pattern", "patern"), "ast-grep does not accept"),
    "a wrong indentation": (YAML + " constraints: {}\n", "not YAML"),
    "a wrong regex": (YAML + "constraints: {A: {regex: '('}}\n", "ast-grep does not accept"),
    "everything": (YAML.replace("$A.old()", "$A"), "matches any code"),
    "an unbound name": (YAML.replace("$A.new()", "$B.new()"), "$B is used but never bound"),
    "a wrong type": (YAML + "steps: 3\n", "steps:"),
    "an unknown key": (YAML + "fix: x\n", "unknown field 'fix'"),
    "a list for words": (YAML.replace("Why", "[1]"), "Description:"),
    "arguments without names": (WITHOUT_ACTION + "arguments: {}\n", "arguments: names nothing"),
    "an argument that is no name": (WITHOUT_ACTION + "arguments: {a b: c}\n", "'a b' is no name"),
    "an import of a rule": (
        YAML.replace("rewrite: $A.new()", "imports: {a: import a}"),
        "rule: imp",
    ),
    "no import": (IMPORTS.format("a.b()"), "imports.a: 'a.b()' is no import"),
    "another import": (IMPORTS.format("import b"), "does not import a, and nothing else"),
    "two imports": (IMPORTS.format("import a, b"), "does not import a, and nothing else"),
    "two statements": (IMPORTS.format("import a; b()"), "is no import"),
    "tags that run code": ("a: !!python/object/apply:os.system ['true']\n", "not YAML"),
}


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_bad_rule_is_one_line_that_says_where(folder: Path, name: str) -> None:
    text, said = BAD_RULES[name]
    with pytest.raises(ConfigError) as caught:
        files.read(save(folder, "010-a.yml", text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Stack" not in str(caught.value)


def test_the_library_holds_rules_for_any_dataset_only(tmp_path: Path) -> None:
    library = tmp_path / "fixes/library"
    library.mkdir(parents=True)
    assert files.read(save(library, "010-a.yml", YAML)).dataset == "any"
    with pytest.raises(ConfigError, match=r"010-b\.yml:\d: Dataset: .* is no library"):
        files.read(save(library, "010-b.yml", YAML.replace("Cause:", "Dataset: telco\nCause:")))
    with pytest.raises(ConfigError, match="rules only"):
        files.read(save(library, "020-c.patch", HEAD + DIFF))


@pytest.mark.parametrize("dataset", ["../other", "two words", "''"])
def test_a_dataset_is_a_name(folder: Path, dataset: str) -> None:
    with pytest.raises(ConfigError, match=r"010-a\.yml:\d: Dataset: "):
        files.read(save(folder, "010-a.yml", YAML.replace("Cause:", f"Dataset: {dataset}\nCause:")))


@pytest.mark.parametrize("name", ["a.patch", "10-a.patch", "010_a.patch", "010-A.yml", "010-.yml"])
def test_a_name_that_is_none(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="NNN-slug"):
        files.read(save(folder, name, HEAD + DIFF))


def test_a_link_is_no_fix(folder: Path, tmp_path: Path) -> None:
    (folder / "010-a.patch").symlink_to("/etc/hostname")
    with pytest.raises(ConfigError, match="a link"):
        files.load(tmp_path, "eda")


def test_order_is_that_of_names_and_one_name_is_one_fix(folder: Path, tmp_path: Path) -> None:
    save(folder, "020-b.patch", HEAD + DIFF)
    save(folder, "010-z.yml", YAML)
    save(folder, "notes.txt", "not a fix")
    assert [fix.id for fix in files.load(tmp_path, "eda")] == ["010-z", "020-b"]
    save(folder, "020-b.yml", YAML)
    with pytest.raises(ConfigError, match="same name"):
        files.load(tmp_path, "eda")


def test_a_fix_is_found_by_id_or_by_how_it_begins(folder: Path, tmp_path: Path) -> None:
    save(folder, "010-z.yml", YAML)
    save(folder, "020-b.patch", HEAD + DIFF)
    assert files.find(tmp_path, "eda/010-z").id == "010-z"
    assert files.find(tmp_path, "020").id == "020-b"
    for name in ("", "030"):
        with pytest.raises(UnknownNameError):
            files.find(tmp_path, name)
    with pytest.raises(HarnessError, match=r"2 fixes begin with '0': eda/010-z, eda/020-b"):
        files.find(tmp_path, "0")


def test_what_is_written_reads_back(folder: Path, tmp_path: Path) -> None:
    header = FixHeader(
        description="Why: it's 'odd'\n\nand more",
        author="Ä <a@b>",
        date="2026-11-24",  # type: ignore[arg-type]
        cause=Cause.SYNTAX,
        when=When(word="fails", pattern="a: b # c"),
        dataset="telco",
        from_run="abc",
    )
    text = writing.patch_text(header, "eda", "@@ -1,1 +1,1 @@ c\n-x\n+y")
    patch = files.read(writing.write(tmp_path, "eda", "010-p.patch", text))
    rule = Rule(rule={"pattern": "$A.old()"}, rewrite="$A.new()")
    yml = files.read(writing.write(tmp_path, "eda", "020-r.yml", writing.rule_text(header, rule)))
    for fix in (patch, yml):
        assert FixHeader(**{name: getattr(fix, name) for name in FixHeader.model_fields}) == header
    assert yml.rule == rule


def test_nothing_is_overwritten_and_numbers_go_on(folder: Path, tmp_path: Path) -> None:
    assert writing.next_numbers(tmp_path, "eda", 2) == [10, 20]
    save(folder, "010-z.yml", YAML)
    save(folder, "034-b.patch", HEAD + DIFF)
    assert writing.next_numbers(tmp_path, "eda", 1) == [40]
    assert writing.next_numbers(tmp_path, "eda", 98) == list(range(35, 133))
    with pytest.raises(HarnessError, match="exists already"):
        writing.write(tmp_path, "eda", "010-z.yml", YAML)
    save(folder, "999-b.patch", HEAD + DIFF)
    with pytest.raises(HarnessError, match="no number left"):
        writing.next_numbers(tmp_path, "eda", 1)


def test_an_unreadable_folder_is_told(folder: Path) -> None:
    (folder / "010-a.patch").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        files.read(folder / "010-a.patch")
    os.mkfifo(folder / "020-a.txt")
    assert [path.name for path in files.files(folder.parents[1], "eda")] == ["010-a.patch"]
