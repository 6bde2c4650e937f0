"""Of the columns of frames those that hold text which is no number, and a few of these values."""


def answer(message):
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return []
    wanted = set(quoted(message))
    found = []
    for name, one in list((frames(used()) or frames(space())).items())[:6]:
        for column, kind in list(one.dtypes.items())[:500]:
            if kind.kind not in "OSU" and str(kind) not in ("category", "string", "str"):
                continue
            texts = one[column].iloc[:200_000].dropna().astype(str)
            odd = texts[pandas.to_numeric(texts, errors="coerce").isna()]
            if len(odd):
                few = odd.drop_duplicates().iloc[:1000].tolist()
                hit = bool(wanted & set(few))
                shown = [
                    repr(text[:60])
                    for text in (
                        few[:3]
                        if not hit
                        else [*(text for text in few if text in wanted), *few][:3]
                    )
                ]
                told = f"{name}: {str(column)[:LONGEST]!r} ({kind}, {len(odd)} of {len(one)} rows)"
                found.append((not hit, len(odd) / len(one), [told, list(dict.fromkeys(shown))]))
    found.sort(key=lambda one: one[:2])
    hits = [one for one in found if not one[0]]
    return [fact for _, _, fact in (hits or found)[:3]]
