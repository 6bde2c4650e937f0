"""Sentences of docstrings that say what became of a name."""

NOTES = re.compile(r"deprecat|renam|remov|replac|instead|versionchanged", re.IGNORECASE)
LONGEST_DOC = 60_000


def sentences(doc, word):
    """Stretches of a docstring that speak of the word and of what became of it."""
    if not isinstance(doc, str) or word not in doc[:LONGEST_DOC]:
        return
    spoken = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])")
    for part in re.split(r"\n\s*\n|(?=\.\. )", doc[:LONGEST_DOC]):
        if spoken.search(part) and NOTES.search(part):
            yield " ".join(part.split())[: LONGEST * 2]


def documented(owner, word):
    """Of an owner's attributes those whose docstrings tell of the word."""
    for name in dir(owner)[:2000]:
        if isinstance(name, str) and not name.startswith("_"):
            held = inspect.getattr_static(owner, name, None)
            for said in sentences(getattr(getattr(held, "__func__", held), "__doc__", None), word):
                yield [f"{typed(owner)}.{name}", [said]]
                break


def answer(message):
    error = failed()
    frame, node = place()
    word = getattr(error, "name", None)
    owner = getattr(error, "obj", None)
    if isinstance(word, str) and owner is not None:
        own = getattr(owner if inspect.ismodule(owner) else type(owner), "__doc__", None)
        said = [[typed(owner), [one]] for one in sentences(own, word)]
        return [*said, *documented(owner, word)][:3]
    wanted = re.search(r"argument '(\w+)'", message)
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)] if node else []
    if not wanted:
        return []
    for call in calls:
        called = value(call.func, frame)
        said = [
            [ast.unparse(call.func)[:LONGEST], [one]]
            for one in sentences(getattr(called, "__doc__", None), wanted[1])
        ]
        if said:
            return said[:2]
    return []
