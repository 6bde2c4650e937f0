"""Turns held-out raw rows into the features that a model was trained on.

Either each feature is a function of one raw column, which is learned from the prepared table beside
the raw one, row by row; or the notebook's own preparation has been run on a table with the held-out
rows behind the visible ones, and how its visible part came out tells whether that may be relied on.
"""

import numpy as np
import pandas as pd

FEW = 60
SHARE = 0.2  # at most so many values per row: what all differ in says nothing of a function
CLOSE = 1e-6
NEAR = 0.1  # of the spread, as a root mean square, that a statistic of more rows may move a feature


def learn(raw, wanted, name):
    """(raw column, function of it) that gives what is wanted, row by row, or None.

    Raw values are texts.
    """
    named = plain(name)
    ranked = sorted(raw.columns, key=lambda column: not named.startswith(plain(column)))
    for column in ranked:
        made = _affine(raw[column], wanted) or _by_value(raw[column], wanted)
        if made is not None:
            return column, made
    return None


def plain(name):
    return "".join(filter(str.isalnum, str(name).lower()))


def _affine(column, wanted):
    """A linear function of the column's number: as it is, or scaled. Gaps have one value."""
    number = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    there = np.isfinite(number)
    if there.mean() < 0.5 or len(np.unique(number[there][:1000])) < 3:
        return None
    slope, base = line(number[there], wanted[there])
    size = max(1.0, float(np.abs(wanted[there]).max()))
    if not np.abs(slope * number[there] + base - wanted[there]).max() <= CLOSE * size:
        return None
    gaps = np.unique(wanted[~there])
    if len(gaps) > 1:
        return None
    gap = gaps[0] if len(gaps) else np.median(wanted)
    return lambda rows: (pd.to_numeric(rows, errors="coerce") * slope + base).fillna(gap)


def _by_value(column, wanted):
    """A function of the column's values: one-hot, labels, means of the target."""
    if column.nunique() > max(FEW, SHARE * len(column)):
        return None
    known = single_valued(column.to_numpy(), wanted)
    if known is None:
        return None
    # What no visible row has is 0 in a one-hot column, and elsewhere best guessed from the middle.
    other = 0.0 if set(known) <= {0.0, 1.0} else float(np.median(wanted))
    return lambda rows: rows.map(known).astype(float).fillna(other)


def single_valued(values, wanted):
    """What each value always gives, as a series by value; None where one gives several."""
    groups = pd.Series(wanted).groupby(values)
    return groups.first() if (groups.nunique(dropna=False) == 1).all() else None


def line(x, y):
    """Slope and base of the best line, from the middle out so that large numbers keep digits."""
    middle = x.mean()
    spread = ((x - middle) ** 2).sum()
    slope = ((x - middle) * (y - y.mean())).sum() / spread if spread else 0.0
    return slope, y.mean() - slope * middle


def of_one_column(raw, prepared, held, columns):
    """The held-out rows' features, each from one raw column; or why that does not hold."""
    if len(prepared) != len(raw):
        return None, f"the prepared table has {len(prepared):,} rows, the raw one {len(raw):,}"
    made = {}
    for name in columns:
        found = learn(raw, prepared[name].to_numpy(dtype=float), name)
        if found is None:
            return None, f"feature {str(name)[:80]!r} cannot be made of any one raw column"
        made[name] = found[1](held[found[0]]).astype(float)
    return pd.DataFrame(made, columns=columns), None


def of_rows_behind(made, prepared, target, columns, held):
    """The features of the held-out rows, or why they cannot be relied on.

    ``made`` is what the preparation gave for the visible rows and the held-out ones behind them,
    ``prepared`` what it gave for the visible rows alone. A statistic of all rows, such as a mean
    that a feature is scaled by, is another with more rows; so each feature is brought back to what
    it was, by what became of the visible rows.
    """
    lost = [name for name in columns if name not in made]
    if lost:
        return None, f"feature {str(lost[0])[:80]!r} does not come out"
    seen = len(prepared)
    places = _places(held, len(made) - seen)
    if places is None:
        had = f"{seen:,} rows came out of the visible rows alone"
        return None, f"{had}, and {len(made):,} with {len(held):,} held-out rows behind them"
    if target in made and target in prepared:
        first, rest = made[target].iloc[:seen], made[target].iloc[seen:]
        if not same(first.to_numpy(), prepared[target].to_numpy()) or rest.nunique() > 1:
            return None, "rows come out in another order"
    found = {}
    for name in columns:
        back = brought_back(numbers(made[name])[:seen], numbers(prepared[name]))
        if back is None:
            return None, f"feature {str(name)[:80]!r} of visible rows comes out otherwise"
        found[name] = back(numbers(made[name])[seen:])[places]
    return pd.DataFrame(found, columns=columns), None


def _places(held, count):
    """For each held-out row its place among ``count`` that came out of them; None where unknown.

    Of rows that are the same, the first one may have stayed alone.
    """
    if count == len(held):
        return np.arange(count)
    of_each = held.groupby(list(held.columns), sort=False, dropna=False).ngroup().to_numpy()
    return of_each if len(set(of_each)) == count else None


def brought_back(now, before):
    """A function that makes a feature what it was before rows were added; None where none does.

    A value that visible rows have is what it was for them; any other moves as the rest do.
    """
    if same(now, before):
        return lambda new: new
    there = np.isfinite(now)
    if not there.any() or not np.array_equal(there, np.isfinite(before)):
        return None
    now, before = now[there], before[there]
    slope, base = line(now, before)
    off = np.sqrt(np.mean((slope * now + base - before) ** 2))
    known = single_valued(now, before)
    repeats = known is not None and len(known) <= SHARE * len(now)
    if not repeats and not off <= NEAR * before.std():
        return None

    def back(new):
        moved = slope * new + base
        if known is None:
            return moved
        was = pd.Series(new).map(known).to_numpy(dtype=float)
        return np.where(np.isnan(was), moved, was)

    return back


def as_before(scores, made, before):
    """Predictions of what was made of a number, such as its logarithm, as the number itself.

    As they are where the one does not grow with the other.
    """
    order = np.argsort(made, kind="stable")
    made, before = made[order], before[order]
    grows = np.diff(made) > 0
    steps = np.diff(before)
    if same(made, before) or not (steps[grows] > 0).all() or (steps[~grows] != 0).any():
        return scores
    slope, base = line(made, before)
    if same(slope * made + base, before):
        return slope * scores + base
    return np.interp(scores, made, before)


def numbers(column):
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)


def same(one, other):
    """Whether two arrays of numbers are, but for rounding."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE, equal_nan=True))


def only_of_target(raw, prepared, target, columns, *, has_classes):
    """The first feature that the target alone gives, and no raw column; None where there is none.

    Of a target with classes, one that is constant within each; of a number, one that never falls,
    or never rises, as the target grows.
    """
    if target in columns:
        return target
    truth = numbers(prepared[target])
    for name in columns:
        feature = numbers(prepared[name])
        usual = pd.Series(feature).value_counts().iloc[:1].sum()
        if len(feature) - usual < max(5, 0.01 * len(feature)):
            continue
        if has_classes:
            explained = single_valued(truth, feature) is not None
        else:
            steps = np.diff(feature[np.lexsort((feature, truth))])
            down = np.diff(feature[np.lexsort((-feature, truth))])
            explained = (steps >= 0).all() or (down <= 0).all()
        if explained and learn(raw, feature, name) is None:
            return name
    return None
