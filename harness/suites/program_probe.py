"""Runs an answer as its prompt shows it, in the sandbox, and says what came of it.

``answer`` is the code, ``_about`` says what the prompt shows. What an answer leaves is told as the
message of an error, which is all that the judge hears: examples that hold, those that do not, and a
digest that is the same where another answer left the same.
"""

import contextlib
import hashlib
import io
import json
import random
import sys
import types

LONGEST = 20_000  # characters of what is left that are looked at
DIGITS = 9  # of numbers: another order of additions is no other answer


class Left(Exception):
    """What an answer left: the way out of the tests."""


def probe(answer, about):
    """Raises Left, or what the answer raises where it does not run."""
    seed()
    # Functions and classes of an answer may be looked up in its module.
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    scope = module.__dict__
    try:
        exec(compile(about["setup"], "setup.py", "exec"), scope)
    except Exception:
        raise Left(json.dumps({"runs": False})) from None  # as where data is only said to be there
    exec(compile(about["before"] + answer, "answer.py", "exec"), scope)
    held = 0
    for example in about["examples"]:
        with contextlib.suppress(Exception):
            exec(compile(example, "example.py", "exec"), scope)
            held += 1
    told = [part for name in about["leaves"] for part in left(name, scope)]
    told += drawn()
    missing = told.count("missing")
    digest = hashlib.sha256(repr(told).encode(errors="replace")).hexdigest()[:16] if told else ""
    against = len(about["examples"]) - held
    raise Left(json.dumps({"held": held, "against": against, "missing": missing, "digest": digest}))


def left(name, scope):
    """What stands under a name, or what a call gives."""
    try:
        return ["is", shown(eval(name, scope))]
    except NameError:
        return ["missing"]


def shown(value):
    """A value as text, the same for values that are the same."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        rounded = value.round(DIGITS)
        return type(value).__name__ + rounded.to_csv(lineterminator="\n")[:LONGEST]
    if hasattr(value, "toarray"):
        value = value.toarray()
    if numpy is not None and isinstance(value, numpy.ndarray):
        with contextlib.suppress(TypeError):
            value = numpy.round(value, DIGITS) + 0
        return f"{value.shape} {value.tolist()}"[:LONGEST]
    if numpy is not None and isinstance(value, numpy.generic):
        value = value.item()
    if isinstance(value, float):
        value = round(value, DIGITS) + 0.0
    return f"{type(value).__name__} {value!r}"[:LONGEST]


def drawn():
    """The picture that is open, pixel by pixel."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        return []
    picture = io.BytesIO()
    pyplot.gcf().savefig(picture, format="raw", dpi=40)
    return ["drawn", hashlib.sha256(picture.getvalue()).hexdigest()]


def seed():
    """Set-ups draw numbers; every answer shall see the same."""
    random.seed(0)
    with contextlib.suppress(ImportError):
        import numpy

        numpy.random.seed(0)
