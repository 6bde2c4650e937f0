"""The nearest columns of the frames in the failing statement, and of any that has what is asked."""


def answer(asked_of):
    message, is_key = asked_of
    error = failed()
    asked = list(getattr(error, "args", ()))[:1]
    wanted = [one for one in asked if isinstance(one, str) and len(one) < 100] or quoted(message)
    wanted = [*quoted(message), *wanted][:5]
    if not wanted:
        return []
    near, every = frames(used()), frames(space())
    made = []
    for name, one in [*near.items(), *((k, v) for k, v in every.items() if k not in near)][:12]:
        columns = {str(column): str(kind)[:40] for column, kind in one.dtypes[:MOST].items()}
        found = [column for key in wanted for column in nearest(key, columns)]
        if not found and name in near and is_key:
            found = list(columns)[:NEAREST]
        has = any(key in columns for key in wanted)
        if found and (name in near or has):
            found = list(dict.fromkeys(found))[:NEAREST]
            made.append([name, [f"{column[:LONGEST]!r}: {columns[column]}" for column in found]])
    return made[:3]
